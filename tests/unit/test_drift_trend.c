/* SPDX-License-Identifier: Apache-2.0 */
/* Batches one after the other, with a fixed seed: slow poisoning is seen by the sum or the trend, honest sequences pass. */
#include "scanners/data/drift_trend.h"

#include <math.h>

#include "scanners/data/drift.h"
#include "tests/lib/made.h"
#include "tests/lib/tap.h"

#define ALPHA 0.001
#define FLOOR 0.05
enum { REF_ROWS = 20000, BATCHES = 10, COLUMNS = 6 };

static struct ay_budget budget;
static const struct ay_sipkey key = {.k0 = 3, .k1 = 5};

static void must(int err)
{
	if (err)
		ok(false, "error %d", err);
}

static void reference(struct ay_numbers *ref)
{
	static double v[REF_ROWS], edges[AY_PROFILE_EDGES_MAX];

	for (size_t i = 0; i < REF_ROWS; i++)
		v[i] = normal();
	qsort(v, REF_ROWS, sizeof(*v), by_value);
	must(ay_numbers_init(ref, &budget, &key, edges, ay_numbers_edges(v, REF_ROWS, 256, edges)));
	for (size_t i = 0; i < REF_ROWS; i++)
		must(ay_numbers_add(ref, v[i]));
}

static void add(struct ay_numbers *c, size_t rows, double shift)
{
	for (size_t i = 0; i < rows; i++)
		must(ay_numbers_add(c, normal() + shift));
}

/* A sequence of batches, as the gate sees it: each alone, what came added up, and its trend. */
struct sequence {
	struct ay_numbers *ref, together[COLUMNS];
	struct ay_trend trends[COLUMNS * AY_TREND_SERIES];
	int alone, sum, trend;           /* the first batch at which it was seen, or 0 */
};

static int judged(const struct ay_numbers *ref, const struct ay_numbers *c, size_t n, bool together)
{
	struct ay_drift_column columns[COLUMNS];
	struct ay_drift_result r[COLUMNS];
	struct ay_drift_limits sum;
	enum ay_drift_state worst;

	ay_drift_limits_together(&ay_drift_limits_default, false, &sum);
	for (size_t i = 0; i < n; i++)
		columns[i] = (struct ay_drift_column){.ref_numbers = ref, .numbers = &c[i], .limits = together ? &sum : &ay_drift_limits_default};
	must(ay_drift_judge(&budget, columns, n, together ? ALPHA / BATCHES : ALPHA, r, &worst));
	return worst == AY_DRIFT_FOUND;
}

static int trend_of(struct sequence *s, size_t n, size_t last)
{
	struct ay_trend_result r[COLUMNS * AY_TREND_SERIES];
	double floors[COLUMNS * AY_TREND_SERIES];
	size_t found = 0;

	for (size_t i = 0; i < n * AY_TREND_SERIES; i++)
		floors[i] = FLOOR;
	must(ay_trend_judge(&budget, s->trends, n * AY_TREND_SERIES, last, ALPHA / BATCHES, floors, r, &found));
	return found > 0;
}

/* The first column moves by step a batch. */
static void play(struct sequence *s, struct ay_numbers *ref, size_t n, size_t rows, double step)
{
	struct ay_numbers c[COLUMNS];

	*s = (struct sequence){.ref = ref};
	for (size_t i = 0; i < n; i++)
		must(ay_numbers_init(&s->together[i], &budget, &key, ref->edges, ref->edge_count));
	for (int b = 0; b < BATCHES; b++) {
		for (size_t i = 0; i < n; i++) {
			must(ay_numbers_init(&c[i], &budget, &key, ref->edges, ref->edge_count));
			add(&c[i], rows, i ? 0 : step * (b + 1));
			must(ay_numbers_merge(&s->together[i], &c[i]));
			must(ay_trend_add_numbers(s->trends + i * AY_TREND_SERIES, ref, &c[i], (size_t)b + 1) == 2 ? 0 : -1);
		}
		if (!s->alone && judged(ref, c, n, false))
			s->alone = b + 1;
		if (b && !s->sum && judged(ref, s->together, n, true))
			s->sum = b + 1;
		if (!s->trend && trend_of(s, n, (size_t)b + 1))
			s->trend = b + 1;
		for (size_t i = 0; i < n; i++)
			ay_numbers_free(&c[i]);
	}
	for (size_t i = 0; i < n; i++)
		ay_numbers_free(&s->together[i]);
}

/* n sequences: how many were seen at all, by the sum, by the trend. */
static void ramps(struct ay_numbers *ref, int n, size_t columns, size_t rows, double step, int seen[3])
{
	struct sequence s;

	seen[0] = seen[1] = seen[2] = 0;
	for (int i = 0; i < n; i++) {
		play(&s, ref, columns, rows, step);
		seen[0] += s.alone || s.sum || s.trend;
		seen[1] += s.sum > 0;
		seen[2] += s.trend > 0;
	}
}

static void sequences(struct ay_numbers *ref)
{
	int seen[3];

	ramps(ref, 300, COLUMNS, 1000, 0, seen);
	ok(seen[0] <= 3, "honest sequences of ten batches of 1,000 rows and 6 columns pass: %d of 300 do not, %d by the trend", seen[0], seen[2]);
	ramps(ref, 300, COLUMNS, 200, 0, seen);
	ok(seen[0] <= 3, "of 200: %d of 300 do not, %d by the trend", seen[0], seen[2]);
	ramps(ref, 60, COLUMNS, 1000, 0.03, seen);
	is_int(seen[0], 60, "a ramp to 0.3 sigma in one of six columns is caught by the tenth batch of 1,000");
	ok(seen[1] >= 57, "by the sum: %d of 60", seen[1]);
	is_int(seen[2], 60, "and each by the trend");
	ramps(ref, 60, COLUMNS, 200, 0.03, seen);
	ok(seen[2] >= 58, "of 200 rows by the trend: %d of 60, by the sum %d", seen[2], seen[1]);
	ramps(ref, 30, COLUMNS, 2000, 0.03, seen);
	is_int(seen[2], 30, "of 2,000 each");
}

/* A constant shift below the floor of one batch is seen in the sum. */
static void constant(struct ay_numbers *ref)
{
	struct ay_numbers c;
	int alone = 0, sum = 0;

	for (int i = 0; i < 50; i++) {
		must(ay_numbers_init(&c, &budget, &key, ref->edges, ref->edge_count));
		add(&c, 1000, 0.17);
		alone += judged(ref, &c, 1, false);
		add(&c, 9000, 0.17);
		sum += judged(ref, &c, 1, true);
		ay_numbers_free(&c);
	}
	ok(alone <= 25 && sum >= 48, "0.17 sigma in every batch: %d of 50 alone, %d of 50 in the sum of ten", alone, sum);
}

static void values(void)
{
	static const char *const names[] = {"a", "b", "c"};
	struct ay_values ref, c;
	struct ay_trend t[AY_TREND_SERIES] = {{0}};
	struct ay_trend_result r[AY_TREND_SERIES];
	size_t found, series = 0;
	static const double floors[] = {FLOOR, FLOOR, FLOOR, FLOOR, FLOOR};

	must(ay_values_init(&ref, &budget, &key));
	for (int i = 0; i < 10000; i++)
		must(ay_values_add(&ref, names[i % 10 < 5 ? 0 : i % 10 < 8 ? 1 : 2], 1));
	for (size_t b = 1; b <= BATCHES; b++) {
		must(ay_values_like(&c, &budget, &ref));
		for (int i = 0; i < 1000; i++) {
			double u = uniform();

			must(u < 0.008 * (double)b ? ay_values_add(&c, "z", 1) : ay_values_add(&c, names[u < 0.5 ? 0 : u < 0.8 ? 1 : 2], 1));
		}
		series = ay_trend_add_values(t, &ref, &c, b);
		ay_values_free(&c);
	}
	is_int((long long)series, 5, "missing, unseen, and three values");
	must(ay_trend_judge(&budget, t, series, BATCHES, ALPHA, floors, r, &found));
	ok(r[1].found && r[1].end > 0.07 && r[1].end < 0.09, "unseen values that grow are found: %.3f, p %.1e", r[1].end, r[1].adjusted);
	ok(r[2].found && r[2].end < -0.07, "at the cost of the first: %.3f", r[2].end);
	ok(!r[3].found && !r[4].found && r[4].tested, "the others stay: %.3f, %.3f", r[3].end, r[4].end);
	ok(!r[0].found && !r[0].tested && r[0].adjusted == 1, "none is missing");
	is_str(ay_trend_name(false, 1), "the share of unseen values", "named");
	is_str(ay_trend_name(true, 0), "its place by rank", "numbers too");
	ay_values_free(&ref);
}

/* n batches of m rows that differ by x; one row varies by a twelfth, and the reference has rows of its own. */
static struct ay_trend_result line(const double *x, size_t n, double m, double rows, double floor, double alpha)
{
	struct ay_trend t = {.variance = 1.0 / 12, .ref_rows = rows, .batches = m > 0 ? n : 0};
	struct ay_trend_result r;
	size_t found;

	for (size_t i = 0; i < n; i++) {
		double k = (double)(i + 1);

		t.mk += m * k;
		t.mkk += m * k * k;
		t.mkx += m * k * x[i];
		t.mxx += m * x[i] * x[i];
	}
	must(ay_trend_judge(&budget, &t, 1, n, alpha, &floor, &r, &found));
	ok(found == r.found, "counted");
	return r;
}

static void lines(void)
{
	static const double rising[] = {0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.10};
	double down[10], constant[10], less[10], off_and_on[10];
	struct ay_trend_result r;

	for (int i = 0; i < 10; i++) {
		down[i] = -rising[i];
		constant[i] = 0.036;
		less[i] = 0.034;
		off_and_on[i] = i % 2 ? 0.2 : 0;
	}
	r = line(rising, 10, 1000, 1e6, FLOOR, ALPHA);
	ok(r.found && fabs(r.end - 0.1) < 1e-12, "a straight line ends where its last batch lies: %.3f", r.end);
	/* S = 1000 (0.01 385) - 10/2; its variance is a twelfth of 1000 385 + (1000 55)^2/10^6. */
	ok(fabs(r.z - 3845 / sqrt((385000 + 3025) / 12.0)) < 1e-9, "z %.3f", r.z);
	ok(fabs(r.p / erfc(r.z / sqrt(2)) - 1) < 1e-9, "p is that of both sides");
	r = line(down, 10, 1000, 1e6, FLOOR, ALPHA);
	ok(r.found && r.end < -0.0999, "downwards as well");
	ok(!line(rising, 10, 1000, 1e6, 0.1001, ALPHA).found, "not by more than that");
	ok(!line(rising, 3, 1e6, 1e6, 0.001, ALPHA).tested, "three batches are too few");
	ok(line(rising, 4, 1e6, 1e6, 0.001, ALPHA).found, "four are not");
	r = line(constant, 10, 10000, 1e6, FLOOR, ALPHA);
	ok(r.found, "a constant 0.036 ends at %.4f", r.end);
	r = line(less, 10, 10000, 1e6, FLOOR, ALPHA);
	ok(!r.found && r.p < ALPHA, "0.034 at %.4f", r.end);
	r = line(rising, 10, 1000, 50, FLOOR, ALPHA);
	ok(!r.found && r.end > FLOOR, "not when the reference may be off itself: p %.2g", r.p);
	r = line(rising, 10, 20, 1e6, FLOOR, ALPHA);
	ok(!r.found && r.end > FLOOR, "nor of 20 rows a batch: p %.2g", r.p);
	ok(!line(off_and_on, 10, 1e9, 1e9, FLOOR, ALPHA / BATCHES).found, "batches that go to and fro may be off by chance, however many rows they have");
	ok(!line(rising, 10, 0, 1e6, FLOOR, ALPHA).tested, "no rows, no test");
}

static void edges(struct ay_numbers *ref)
{
	static const double floor = FLOOR;
	struct ay_trend t[AY_TREND_SERIES] = {{0}};
	struct ay_trend_result r[2];
	struct ay_numbers batch;
	size_t found;

	is_int(ay_trend_judge(&budget, t, 1, 10, 0, &floor, r, &found), AY_EUSAGE, "alpha 0");
	is_int(ay_trend_judge(&budget, t, 1, 10, 1, &floor, r, &found), AY_EUSAGE, "alpha 1");
	struct ay_budget none = budget;

	none.alloc_left = 4;
	is_int(ay_trend_judge(&none, t, 1, 10, ALPHA, &floor, r, &found), AY_ELIMIT, "no memory");

	/* Nothing is missing in the reference: one missing number in a handful is no trend yet, one in five of thousands is. */
	for (int few = 1; few >= 0; few--) {
		static const double floors[] = {FLOOR, FLOOR};
		struct ay_trend series[AY_TREND_SERIES] = {{0}};

		for (size_t k = 1; k <= 4; k++) {
			must(ay_numbers_init(&batch, &budget, &key, ref->edges, ref->edge_count));
			add(&batch, few ? 5 : 1000, 0);
			for (int i = 0; i < (few ? k == 4 : (int)k * 60); i++)
				must(ay_numbers_add_null(&batch));
			ay_trend_add_numbers(series, ref, &batch, k);
			ay_numbers_free(&batch);
		}
		must(ay_trend_judge(&budget, series, 2, 4, ALPHA / BATCHES, floors, r, &found));
		ok(r[1].end > FLOOR && r[1].found == !few, "%s: %.3f, p %.2g", few ? "one row" : "many", r[1].end, r[1].adjusted);
	}

	must(ay_numbers_init(&batch, &budget, &key, ref->edges, ref->edge_count));
	ok(ay_trend_place(ref, &batch) == 0, "no rows have no place");
	must(ay_numbers_add(&batch, 1e9));
	ok(fabs(ay_trend_place(ref, &batch) - 0.5) < 1e-9, "above all");
	ok(fabs(ay_trend_place(ref, ref)) < 1e-9, "the reference is at its own place");
	ay_numbers_free(&batch);
}

int main(void)
{
	made_state = 0x9e3779b97f4a7c15ull;
	struct ay_numbers ref;

	ay_budget_init(&budget, 1 << 20);
	uint64_t whole = budget.alloc_left;

	budget.deadline_ms = INT64_MAX;      /* the machine may be slow */

	reference(&ref);
	sequences(&ref);
	constant(&ref);
	values();
	lines();
	edges(&ref);
	ay_numbers_free(&ref);
	is_int((long long)budget.alloc_left, (long long)whole, "all memory is given back");
	return done_testing();
}
