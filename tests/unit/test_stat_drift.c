/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts on made columns, with a fixed seed: honest ones pass, each attack is found, and what is too small is held. */
#include "scanners/data/drift.h"

#include <math.h>

#include "scanners/data/drift_draw.h"
#include "tests/lib/made.h"
#include "tests/lib/tap.h"

#define REF_ROWS 20000

static struct ay_budget budget;
static const struct ay_sipkey key = {.k0 = 7, .k1 = 9};
static void must(int err)
{
	if (err)
		ok(false, "error %d", err);
}

/* Reference of normal numbers, a share of which is null. */
static void reference(struct ay_numbers *ref, double null)
{
	static double v[REF_ROWS], edges[AY_PROFILE_EDGES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < REF_ROWS; i++)
		if (uniform() >= null)
			v[n++] = normal();
	qsort(v, n, sizeof(*v), by_value);
	must(ay_numbers_init(ref, &budget, &key, edges, ay_numbers_edges(v, n, AY_PROFILE_BINS, edges)));
	for (size_t i = 0; i < n; i++)
		must(ay_numbers_add(ref, v[i]));
	for (size_t i = n; i < REF_ROWS; i++)
		must(ay_numbers_add_null(ref));
}

static void batch_of(struct ay_numbers *c, const struct ay_numbers *ref, size_t rows, double null, double shift, double scale)
{
	must(ay_numbers_init(c, &budget, &key, ref->edges, ref->edge_count));
	for (size_t i = 0; i < rows; i++)
		must(uniform() < null ? ay_numbers_add_null(c) : ay_numbers_add(c, normal() * scale + shift));
}

static enum ay_drift_state judge(const struct ay_numbers *ref, const struct ay_numbers *c, const struct ay_drift_limits *l, struct ay_drift_result *r)
{
	struct ay_drift_column column = {.ref_numbers = ref, .numbers = c, .limits = l ? l : &ay_drift_limits_default};
	enum ay_drift_state worst;

	must(ay_drift_judge(&budget, &column, 1, 0.001, r, &worst));
	is_int(worst, r->state, "the batch is as its only column");
	return worst;
}

/* How many batches have that verdict; a warning passes too. */
static int rate(const struct ay_numbers *ref, enum ay_drift_state want, int batches, size_t rows, double null, double shift, double scale)
{
	struct ay_drift_column column = {.ref_numbers = ref, .limits = &ay_drift_limits_default};
	struct ay_drift_result r;
	enum ay_drift_state worst;
	struct ay_numbers c;
	int hits = 0;

	for (int i = 0; i < batches; i++) {
		batch_of(&c, ref, rows, null, shift, scale);
		column.numbers = &c;
		must(ay_drift_judge(&budget, &column, 1, 0.001, &r, &worst));
		hits += worst == want || (want == AY_DRIFT_NONE && worst == AY_DRIFT_WARN);
		ay_numbers_free(&c);
	}
	return hits;
}

static void numbers(void)
{
	struct ay_numbers ref, c;
	struct ay_drift_result r;

	reference(&ref, 0);
	is_int(rate(&ref, AY_DRIFT_NONE, 300, 1000, 0, 0, 1), 300, "honest batches of 1,000 pass");
	is_int(rate(&ref, AY_DRIFT_NONE, 50, 10000, 0, 0, 1), 50, "and of 10,000");
	is_int(rate(&ref, AY_DRIFT_HELD, 300, 200, 0, 0, 1), 300, "of 200 they are held");
	int found = rate(&ref, AY_DRIFT_FOUND, 200, 2000, 0, 0.3, 1);

	ok(found >= 190, "a shift of 0.3 sigma is found at 2,000 rows: %d of 200", found);
	is_int(rate(&ref, AY_DRIFT_FOUND, 100, 200, 0, 1, 1), 100, "a shift of one sigma even at 200");
	is_int(rate(&ref, AY_DRIFT_FOUND, 50, 2000, 0, 0, 2), 50, "and double the spread");
	is_int(rate(&ref, AY_DRIFT_FOUND, 50, 2000, 0.1, 0, 1), 50, "and a tenth of nulls where there was none");

	batch_of(&c, &ref, 2000, 0, 1, 1);
	must(ay_numbers_add(&c, 1e9));
	must(ay_numbers_add(&c, 1e308));
	is_int(judge(&ref, &c, NULL, &r), AY_DRIFT_FOUND, "a shift with one huge value");
	ok(r.decided_by == AY_DRIFT_D && r.ks.d > 0.35, "one huge value hides nothing: D %.3f", r.ks.d);
	ok(r.known[AY_DRIFT_W] && fabs(r.effect[AY_DRIFT_W] - 1) < 0.1 && r.effect[AY_DRIFT_PSI] > 0.7, "nor from W %.3f and PSI %.3f",
	   r.effect[AY_DRIFT_W], r.effect[AY_DRIFT_PSI]);
	ay_numbers_free(&c);

	batch_of(&c, &ref, 2000, 0, 0.18, 1);
	is_int(judge(&ref, &c, NULL, &r), AY_DRIFT_WARN, "a shift of 0.18 sigma warns");
	is_int(r.decided_by, AY_DRIFT_D, "by D %.3f", r.ks.d);
	struct ay_drift_limits by_psi = ay_drift_limits_default;

	by_psi.fail[AY_DRIFT_PSI] = 0.02;
	is_int(judge(&ref, &c, &by_psi, &r), AY_DRIFT_FOUND, "and fails where the policy names PSI");
	ok(r.decided_by == AY_DRIFT_PSI && r.noise[AY_DRIFT_PSI] < 0.02, "by PSI %.4f", r.effect[AY_DRIFT_PSI]);
	ok(judge(&ref, &c, &ay_drift_limits_label, &r) == AY_DRIFT_FOUND, "or where it is a label");
	ay_numbers_free(&c);

	batch_of(&c, &ref, 0, 0, 0, 1);
	ok(judge(&ref, &c, NULL, &r) == AY_DRIFT_HELD && r.why == AY_STAT_NO_ROWS, "no rows are held");
	ay_numbers_free(&c);
	batch_of(&c, &ref, 1000, 1, 0, 1);
	ok(judge(&ref, &c, NULL, &r) == AY_DRIFT_FOUND && r.decided_by == AY_DRIFT_V && !r.test.tested, "all null is drift");
	ay_numbers_free(&c);
	batch_of(&c, &ref, 100, 0, 0, 1);
	is_int(judge(&ref, &c, NULL, &r), AY_DRIFT_HELD, "a hundred rows are held");
	ok(r.rows_needed > 380 && r.rows_needed < 400, "and %llu are needed", (unsigned long long)r.rows_needed);
	ay_numbers_free(&c);
	batch_of(&c, &ref, 1000, 0, 0, 1);
	for (int i = 0; i < 400; i++)
		must(ay_numbers_add(&c, i % 2 ? NAN : INFINITY));
	ok(judge(&ref, &c, NULL, &r) == AY_DRIFT_FOUND, "NaN and infinity are drift");
	ay_numbers_free(&c);
	ay_numbers_free(&ref);

	reference(&ref, 0.9);
	is_int(rate(&ref, AY_DRIFT_NONE, 200, 1000, 0.9, 0, 1), 200, "honest columns that are mostly null pass");
	is_int(rate(&ref, AY_DRIFT_FOUND, 50, 2000, 0.9, 1, 1), 50, "a shift of what is not null is found");
	ay_numbers_free(&ref);
}

static const char *const colours[] = {"red", "green", "blue", "white", "black"};

/* Colours with falling shares; extra moves that share of rows to another value. */
static void add_values(struct ay_values *c, size_t rows, double extra, const char *to, int ids)
{
	char text[24];

	for (size_t i = 0; i < rows; i++) {
		double u = uniform();
		const char *v = colours[(int)(5 * u * u)];

		if (ids) {
			snprintf(text, sizeof(text), "id%d", (int)(uniform() * ids));
			v = text;
		}
		if (uniform() < extra)
			v = to;
		must(v ? ay_values_add(c, v, strlen(v)) : ay_values_add_null(c));
	}
}

static enum ay_drift_state judge_values(const struct ay_values *ref, size_t rows, double extra, const char *to, int ids,
					const struct ay_drift_limits *l, struct ay_drift_result *r)
{
	struct ay_values c;
	struct ay_drift_column column = {.ref_values = ref, .values = &c, .limits = l};
	enum ay_drift_state worst;

	must(ay_values_like(&c, &budget, ref));
	add_values(&c, rows, extra, to, ids);
	must(ay_drift_judge(&budget, &column, 1, 0.001, r, &worst));
	ay_values_free(&c);
	return worst;
}

static void values(void)
{
	const struct ay_drift_limits *l = &ay_drift_limits_default;
	struct ay_drift_result r;
	struct ay_values ref;
	int passed = 0, held = 0;

	must(ay_values_init(&ref, &budget, &key));
	add_values(&ref, 1000000, 0, NULL, 0);
	for (int i = 0; i < 200; i++) {
		passed += judge_values(&ref, 1000, 0, NULL, 0, l, &r) == AY_DRIFT_NONE;
		held += judge_values(&ref, 50, 0, NULL, 0, l, &r) == AY_DRIFT_HELD;
	}
	is_int(passed, 200, "honest values pass at 1,000 rows");
	ok(held >= 199, "and are held at 50: %d of 200", held);
	is_int(judge_values(&ref, 1000, 0.1, "purple", 0, l, &r), AY_DRIFT_FOUND, "a tenth of unseen values");
	ok(r.decided_by == AY_DRIFT_V && fabs(r.outside - 0.1) < 0.03, "and their share is told");
	is_int(judge_values(&ref, 1000, 0.1, NULL, 0, l, &r), AY_DRIFT_FOUND, "a tenth of nulls");
	is_int(judge_values(&ref, 1000, 0.5, "black", 0, l, &r), AY_DRIFT_FOUND, "half of the rows moved to another category");
	ok(r.table.v < 0.1 && r.table.v_even > 0.15, "which V of a thousand rows beside a million would not show: %.3f, at equal sizes %.3f", r.table.v,
	   r.table.v_even);
	is_int(judge_values(&ref, 10000, 0.05, "black", 0, l, &r), AY_DRIFT_NONE, "a twentieth is below the floor");
	is_int(judge_values(&ref, 10000, 0.05, "black", 0, &ay_drift_limits_label, &r), AY_DRIFT_FOUND, "but not for labels");
	is_int(judge_values(&ref, 1000, 0, NULL, 0, &ay_drift_limits_label, &r), AY_DRIFT_NONE, "a thousand labels pass below what they can tell");
	is_int(judge_values(&ref, 50, 0, NULL, 0, &ay_drift_limits_label, &r), AY_DRIFT_HELD, "fifty are held");
	ay_values_free(&ref);

	must(ay_values_init(&ref, &budget, &key));
	add_values(&ref, 50000, 0, NULL, 30000);
	passed = 0;
	for (int i = 0; i < 100; i++)
		passed += judge_values(&ref, 2000, 0, NULL, 30000, l, &r) == AY_DRIFT_NONE;
	ok(passed == 100 && r.in_buckets, "honest identifiers pass, by buckets: %d of 100", passed);
	is_int(judge_values(&ref, 2000, 0.3, "id7", 30000, l, &r), AY_DRIFT_FOUND, "one of them too often is found");
	ay_values_free(&ref);

	must(ay_values_init(&ref, &budget, &key));
	add_values(&ref, 20000, 0, NULL, 900);
	passed = 0;
	for (int i = 0; i < 100; i++)
		passed += judge_values(&ref, 4000, 0, NULL, 900, l, &r) == AY_DRIFT_NONE;
	ok(passed == 100 && !r.in_buckets, "hundreds of values pass, each for itself: %d of 100", passed);
	ay_values_free(&ref);
	must(ay_values_init(&ref, &budget, &key));
	is_int(judge_values(&ref, 100, 0, NULL, 0, l, &r), AY_DRIFT_HELD, "an empty reference holds");
	is_int(r.why, AY_STAT_NO_ROWS, "and says why");
	ok(r.rows_needed == UINT64_MAX, "no batch is large enough for it");
	ay_values_free(&ref);
}

/* Each of the three conditions decides where the others hold. */
static void conditions(void)
{
	enum { COLUMNS = 40, ROWS = 400 };
	struct ay_drift_column columns[COLUMNS];
	struct ay_drift_result r[COLUMNS];
	enum ay_drift_state worst;
	struct ay_numbers ref, c;
	struct ay_values known, batch;
	char text[24];
	int passed = 0;

	reference(&ref, 0);
	must(ay_numbers_init(&c, &budget, &key, ref.edges, ref.edge_count));
	for (int i = 0; i < ROWS; i++)
		must(ay_numbers_add(&c, ay_numbers_quantile(&ref, 0.11 + 0.89 * (i + 0.5) / ROWS)));
	for (int i = 0; i < COLUMNS; i++)
		columns[i] = (struct ay_drift_column){.ref_numbers = &ref, .numbers = i ? &ref : &c, .limits = &ay_drift_limits_default};
	must(ay_drift_judge(&budget, columns, 1, 0.001, r, &worst));
	is_int(worst, AY_DRIFT_FOUND, "D %.3f of one column is drift", r[0].ks.d);
	must(ay_drift_judge(&budget, columns, COLUMNS, 0.001, r, &worst));
	is_int(worst, AY_DRIFT_NONE, "as one of forty it may be chance: p %.1e", r[0].test.adjusted);
	ay_numbers_free(&c);

	batch_of(&c, &ref, 997, 0, 0, 1);
	for (int i = 0; i < 3; i++)
		must(ay_numbers_add_null(&c));
	must(ay_values_init(&known, &budget, &key));
	add_values(&known, REF_ROWS, 0, NULL, 0);
	must(ay_values_like(&batch, &budget, &known));
	add_values(&batch, 997, 0, NULL, 0);
	for (int i = 0; i < 3; i++)
		must(ay_values_add(&batch, "purple", 6));
	columns[0] = (struct ay_drift_column){.ref_numbers = &ref, .numbers = &c, .limits = &ay_drift_limits_label};
	must(ay_drift_judge(&budget, columns, 1, 0.001, r, &worst));
	ok(worst == AY_DRIFT_NONE && r[0].missing.adjusted < 0.001 && r[0].effect[AY_DRIFT_V] > 0.03 && r[0].effect[AY_DRIFT_V] < r[0].noise[AY_DRIFT_V],
	   "three rows, however unlikely, are no effect above that of sampling");
	columns[0] = (struct ay_drift_column){.ref_values = &known, .values = &batch, .limits = &ay_drift_limits_default};
	must(ay_drift_judge(&budget, columns, 1, 0.001, r, &worst));
	is_int(worst, AY_DRIFT_NONE, "nor are three unseen values");
	ay_values_free(&known);
	ay_values_free(&batch);
	ay_numbers_free(&c);
	ay_numbers_free(&ref);

	for (int round = 0; round < 20; round++) {      /* one row in 25 has a value of its own, in both */
		must(ay_values_init(&known, &budget, &key));
		for (int side = 0; side < 2; side++)
			for (int i = 0; i < 2000; i++) {
				snprintf(text, sizeof(text), i % 25 ? "c%d" : "once%d-%d-%d", i % 25 ? i % 3 : side, round, i);
				if (side && !i)
					must(ay_values_like(&batch, &budget, &known));
				must(ay_values_add(side ? &batch : &known, text, i % 25 ? 2 : strlen(text)));
			}
		columns[0].limits = &ay_drift_limits_default;
		must(ay_drift_judge(&budget, columns, 1, 0.001, r, &worst));
		passed += worst == AY_DRIFT_NONE && !r[0].in_buckets && r[0].outside > 0.03;
		ay_values_free(&known);
		ay_values_free(&batch);
	}
	is_int(passed, 20, "values that occur once are as unseen in the reference as in the batch");
}

static void binomial(uint64_t n, double p)
{
	struct ay_draw d = ay_draw_new(&key, n);
	double sum = 0, squares = 0;
	uint64_t most = 0;

	for (int i = 0; i < 20000; i++) {
		uint64_t k = ay_draw_binomial(&d, n, p);

		sum += (double)k;
		squares += ((double)k - (double)n * p) * ((double)k - (double)n * p);
		most = k > most ? k : most;
	}
	double mean = sum / 20000, sd = sqrt((double)n * p * (1 - p));

	ok(most <= n && fabs(mean - (double)n * p) <= 5 * sd / sqrt(20000) + 0.01 && fabs(sqrt(squares / 20000) - sd) <= 0.03 * sd + 0.01,
	   "binomial of %llu by %g: mean %.3f, deviation %.3f", (unsigned long long)n, p, mean, sqrt(squares / 20000));
}

static void drawing(void)
{
	struct ay_draw d = ay_draw_new(&key, 1), same = ay_draw_new(&key, 1), other = ay_draw_new(&key, 2);
	struct ay_numbers ref, c;
	struct ay_values values, v;
	uint64_t sum = 0;

	binomial(10, 0.5);
	binomial(1000, 0.3);
	binomial(1000, 0.001);
	binomial(1000, 0.999);
	binomial(1ull << 40, 1e-11);
	binomial(1ull << 40, 0.25);
	ok(ay_draw_binomial(&d, 0, 0.5) == 0 && ay_draw_binomial(&d, 9, 0) == 0 && ay_draw_binomial(&d, 9, 1) == 9, "nothing to draw draws nothing");
	ok(ay_draw_uniform(&d) == ay_draw_uniform(&same) && ay_draw_uniform(&d) != ay_draw_uniform(&other), "the key and the rows decide");

	reference(&ref, 0.1);
	must(ay_numbers_init(&c, &budget, &key, ref.edges, ref.edge_count));
	ay_draw_numbers(&d, &ref, 5000, &c);
	for (size_t i = 0; i < ay_numbers_bins(&c); i++)
		sum += c.counts[i];
	ok(sum == c.moments.n && sum + c.null == 5000 && c.null > 400 && c.null < 600, "a drawn batch has its rows: %llu and %llu null",
	   (unsigned long long)sum, (unsigned long long)c.null);
	ay_numbers_free(&c);
	ay_numbers_free(&ref);
	must(ay_values_init(&values, &budget, &key));
	add_values(&values, 20000, 0.01, NULL, 0);
	must(ay_values_add(&values, "once", 4));
	must(ay_values_like(&v, &budget, &values));
	ay_draw_values(&d, &values, 5000, &v);
	sum = v.null + v.unseen;
	for (size_t i = 0; i < v.used; i++)
		sum += v.entries[i].count;
	ok(sum == 5000 && v.unseen <= 5, "of values too");
	ay_values_free(&v);
	ay_values_free(&values);
}

static void calibration(void)
{
	struct ay_drift_limits by_w = ay_drift_limits_default;
	struct ay_drift_result r, again;
	struct ay_numbers ref, c;
	int honest = 0;

	by_w.fail[AY_DRIFT_W] = 0.03;
	reference(&ref, 0);
	batch_of(&c, &ref, 10000, 0, 0.1, 1);
	is_int(judge(&ref, &c, &by_w, &r), AY_DRIFT_FOUND, "a shift of 0.1 sigma in 10,000 rows where W decides at 0.03");
	ok(r.calibrated && r.decided_by == AY_DRIFT_W && r.noise[AY_DRIFT_W] < 0.05, "which the drawn batches do not reach: %.3f against %.3f",
	   r.noise[AY_DRIFT_W], r.effect[AY_DRIFT_W]);
	is_int(judge(&ref, &c, &by_w, &again), AY_DRIFT_FOUND, "again");
	ok(memcmp(r.noise, again.noise, sizeof(r.noise)) == 0, "with the same limits");
	ay_numbers_free(&c);
	for (int i = 0; i < 200; i++) {
		batch_of(&c, &ref, 1000, 0, 0, 1);
		struct ay_drift_column column = {.ref_numbers = &ref, .numbers = &c, .limits = &by_w};
		enum ay_drift_state worst;

		must(ay_drift_judge(&budget, &column, 1, 0.001, &r, &worst));
		honest += worst == AY_DRIFT_NONE;
		ay_numbers_free(&c);
	}
	ok(honest >= 199, "honest batches of 1,000 pass there: %d of 200", honest);
	batch_of(&c, &ref, 2000, 0, 2, 1);
	ok(judge(&ref, &c, NULL, &r) == AY_DRIFT_FOUND && !r.calibrated, "what is far above needs no calibration");
	ay_numbers_free(&c);
	ay_numbers_free(&ref);
}

static void families(void)
{
	enum { COLUMNS = 40 };
	struct ay_numbers ref, c[COLUMNS];
	struct ay_drift_column columns[COLUMNS];
	struct ay_drift_result r[COLUMNS];
	enum ay_drift_state worst;
	double floors = 0.001;
	struct ay_drift_limits strict = ay_drift_limits_default;

	strict.fail[AY_DRIFT_D] = strict.warn[AY_DRIFT_D] = floors;
	reference(&ref, 0);
	for (int i = 0; i < COLUMNS; i++) {
		batch_of(&c[i], &ref, 2000, 0, i == 7 ? 0.5 : 0, 1);
		columns[i] = (struct ay_drift_column){.ref_numbers = &ref, .numbers = &c[i], .limits = &ay_drift_limits_default};
	}
	must(ay_drift_judge(&budget, columns, COLUMNS, 0.001, r, &worst));
	int drifting = 0;

	for (int i = 0; i < COLUMNS; i++)
		drifting += r[i].state == AY_DRIFT_FOUND;
	ok(worst == AY_DRIFT_FOUND && drifting == 1 && r[7].state == AY_DRIFT_FOUND, "one column of forty fails the batch, and only it drifts");
	ok(r[7].test.adjusted == fmin(1, 40 * r[7].test.p) && r[0].test.adjusted >= r[0].test.p, "Holm over all columns");

	columns[3].limits = &strict;
	must(ay_drift_judge(&budget, columns, 4, 0.001, r, &worst));
	is_int(worst, AY_DRIFT_HELD, "a floor below what rows can tell holds");
	columns[3].limits = NULL;
	is_int(ay_drift_judge(&budget, columns, 4, 0.001, r, &worst), AY_EUSAGE, "no limits");
	strict.fail[AY_DRIFT_D] = 0;
	columns[3].limits = &strict;
	is_int(ay_drift_judge(&budget, columns, 4, 0.001, r, &worst), AY_EUSAGE, "a floor of nothing");
	is_int(ay_drift_judge(&budget, columns, 2, 0, r, &worst), AY_EUSAGE, "alpha 0");
	is_int(ay_drift_judge(&budget, columns, 2, NAN, r, &worst), AY_EUSAGE, "no alpha");
	ok(!ay_drift_judge(&budget, columns, 0, 0.001, r, &worst) && worst == AY_DRIFT_UNKNOWN, "no columns are not a pass");
	columns[0].numbers = NULL;
	is_int(ay_drift_judge(&budget, columns, 1, 0.001, r, &worst), AY_EUSAGE, "no batch");
	columns[0].numbers = &c[0];
	c[0].edges[5] = nextafter(c[0].edges[5], INFINITY);
	is_int(ay_drift_judge(&budget, columns, 1, 0.001, r, &worst), AY_EUSAGE, "other edges");
	struct ay_budget none = budget;

	none.alloc_left = 100;
	ok(ay_drift_judge(&none, columns + 1, 1, 0.001, r, &worst) == AY_ELIMIT && worst == AY_DRIFT_UNKNOWN, "no memory is not a pass");
	for (int i = 0; i < COLUMNS; i++)
		ay_numbers_free(&c[i]);
	ay_numbers_free(&ref);
}

int main(void)
{
	ay_budget_init(&budget, 1 << 20);
	uint64_t whole = budget.alloc_left;

	budget.deadline_ms = INT64_MAX;      /* the machine may be slow */

	numbers();
	values();
	conditions();
	families();
	drawing();
	calibration();
	ok(strcmp(ay_drift_state_name(AY_DRIFT_FOUND), "drift") == 0 && strcmp(ay_drift_effect_name(AY_DRIFT_W), "W") == 0 &&
	   strcmp(ay_drift_effect_name(AY_DRIFT_EFFECTS), "none") == 0, "names");
	is_int(budget.alloc_left, whole, "all memory is given back");
	return done_testing();
}
