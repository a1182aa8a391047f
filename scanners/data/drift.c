/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/drift.h"

#include <math.h>
#include <stdlib.h>

#include "scanners/data/drift_draw.h"

#define GROUPS 10                /* coarse bins of numbers for PSI and its like */
#define MANY_VALUES 1000         /* distinct values beyond which buckets are compared */
#define DRAWS 200                /* batches from the reference that a calibration looks at */
#define DRAWS_BEYOND 2           /* of which so many lie above its 99th percentile */
#define NO_NOISE 0               /* alpha of a measurement whose noise nobody wants */
#define FAR 2                    /* times the noise in closed form: what is beyond is above any calibration */
#define MANY_SHARE 0.05          /* of the rows, likewise */

const struct ay_drift_limits ay_drift_limits_default = {
	.fail = {[AY_DRIFT_D] = 0.10, [AY_DRIFT_V] = 0.15},
	.warn = {[AY_DRIFT_D] = 0.05, [AY_DRIFT_V] = 0.10},
};
const struct ay_drift_limits ay_drift_limits_label = {
	.fail = {[AY_DRIFT_D] = 0.03, [AY_DRIFT_V] = 0.03},
	.warn = {[AY_DRIFT_D] = 0.02, [AY_DRIFT_V] = 0.02},
	.hold = {[AY_DRIFT_D] = 0.10, [AY_DRIFT_V] = 0.15},
};

const struct ay_drift_limits ay_drift_limits_named = {
	.fail = {[AY_DRIFT_PSI] = 0.2, [AY_DRIFT_JS] = 0.2, [AY_DRIFT_HELLINGER] = 0.17, [AY_DRIFT_W] = 0.25},
	.warn = {[AY_DRIFT_PSI] = 0.1, [AY_DRIFT_JS] = 0.1, [AY_DRIFT_HELLINGER] = 0.08, [AY_DRIFT_W] = 0.10},
};

void ay_drift_limits_together(const struct ay_drift_limits *l, bool label, struct ay_drift_limits *out)
{
	const struct ay_drift_limits *usual = label ? &ay_drift_limits_label : &ay_drift_limits_default;
	double floor = label ? 0.02 : 0.05;

	*out = (struct ay_drift_limits){.fail = {0}};
	for (int e = 0; e < AY_DRIFT_EFFECTS; e++)
		out->fail[e] = e <= AY_DRIFT_V ? floor * l->fail[e] / usual->fail[e] : l->fail[e] / 2;
}

const char *ay_drift_state_name(enum ay_drift_state s)
{
	static const char *const names[] = {"none", "warn", "held", "unknown", "drift"};

	return names[s];
}

const char *ay_drift_effect_name(enum ay_drift_effect e)
{
	static const char *const names[] = {"D", "V", "PSI", "JS", "Hellinger", "W"};

	return e < AY_DRIFT_EFFECTS ? names[e] : "none";
}

static void note(struct ay_drift_result *r, enum ay_drift_effect e, double effect, double noise)
{
	r->effect[e] = effect;
	r->noise[e] = noise;
	r->known[e] = true;
}

/*
 * Distances over k categories and what sampling gives. Near agreement all are multiples of chi-square: PSI is
 * (1/n + 1/m) of it, the squares of Jensen-Shannon's distance (in bits) and Hellinger's an eighth of that.
 */
static void note_distances(struct ay_drift_result *r, const uint64_t *ref, const uint64_t *batch, size_t k, double alpha)
{
	struct ay_stat_distance d;
	size_t used = 0;

	for (size_t i = 0; i < k; i++)
		used += ref[i] || batch[i];
	ay_stat_distances(ref, batch, k, &d);
	if (d.why)
		return;
	double noise = used > 1 && alpha > 0 ? ay_stat_psi_noise(alpha, used, r->ref_rows, r->rows) : 0;

	note(r, AY_DRIFT_PSI, d.psi, noise);
	note(r, AY_DRIFT_JS, d.js_distance, fmin(1, sqrt(noise / (8 * M_LN2))));
	note(r, AY_DRIFT_HELLINGER, d.hellinger, fmin(1, sqrt(noise / 8)));
}

/* Sums neighbouring bins into about GROUPS of equal share of the reference. Returns how many. */
static size_t coarsen(const uint64_t *ref, const uint64_t *batch, size_t bins, uint64_t *ref_out, uint64_t *batch_out)
{
	uint64_t total = 0, sum = 0;
	double next = 1;               /* share at which a group ends, in GROUPS; a full bin may pass several */
	size_t k = 0;

	for (size_t i = 0; i < bins; i++)
		total += ref[i];
	ref_out[0] = batch_out[0] = 0;
	for (size_t i = 0; i < bins; i++) {
		ref_out[k] += ref[i];
		batch_out[k] += batch[i];
		sum += ref[i];
		double share = total ? (double)sum * GROUPS / (double)total : 0;

		if (share >= next && sum < total) {
			next = floor(share) + 1;
			k++;
			ref_out[k] = batch_out[k] = 0;
		}
	}
	return k + 1;
}

/*
 * W from the means of the bins. Sampling moves F at each place by less than z sqrt(F (1 - F) (1/n + 1/m)), and twice the
 * factor of Kolmogorov's noise bounds the normal quantile z.
 */
static int note_shift(struct ay_budget *b, const struct ay_drift_column *c, double alpha, struct ay_drift_result *r)
{
	const struct ay_numbers *ref = c->ref_numbers, *batch = c->numbers;
	size_t bins = ay_numbers_bins(ref);
	double scale = (ay_numbers_quantile(ref, 0.75) - ay_numbers_quantile(ref, 0.25)) / 1.349, noise = 0, f = 0;
	double *means = ay_budget_alloc(b, 2 * bins * sizeof(*means));
	struct ay_stat_shift w;

	if (!means)
		return AY_ELIMIT;
	ay_numbers_means(ref, means);
	ay_numbers_means(batch, means + bins);
	ay_stat_wasserstein_binned(ref->counts, means, batch->counts, means + bins, bins, scale, &w);
	ay_budget_free(b, means);
	for (size_t i = 0; i + 1 < ref->edge_count && !w.why; i++) {
		f += (double)ref->counts[i] / (double)ref->moments.n;
		noise += sqrt(fmax(0, f * (1 - f))) * ((ref->edges[i + 1] - ref->edges[i]) / scale);
	}
	if (!w.why && !(alpha > 0))
		note(r, AY_DRIFT_W, w.w, 0);
	else if (!w.why && isfinite(noise))
		note(r, AY_DRIFT_W, w.w, noise * ay_stat_ks_noise(alpha, ref->moments.n, batch->moments.n) * 2);
	return 0;
}

/* What there is beside finite numbers, as values are tested. */
static void test_missing(const struct ay_numbers *ref, const struct ay_numbers *batch, double alpha, struct ay_drift_result *r)
{
	const uint64_t a[] = {ref->moments.n, ref->null, ref->nan, ref->minus_infinity, ref->plus_infinity};
	const uint64_t b[] = {batch->moments.n, batch->null, batch->nan, batch->minus_infinity, batch->plus_infinity};

	ay_stat_homogeneity(a, b, AY_ARRAY_LEN(a), &r->missing_table);
	r->missing.why = r->missing_table.why;
	r->missing.tested = r->missing_table.why || r->missing_table.df;
	r->missing.p = r->missing_table.p;
	r->missing_noise = !(alpha > 0) ? 0 : ay_stat_v_noise(alpha, r->missing_table.df, r->ref_rows, r->rows);
	if (!r->missing.why && r->missing.tested)
		note(r, AY_DRIFT_V, r->missing_table.v_even, r->missing_noise);
}

/* -infinity, the bins, +infinity. */
static void lay_out(const struct ay_numbers *c, uint64_t *out)
{
	size_t bins = ay_numbers_bins(c);

	out[0] = c->minus_infinity;
	for (size_t i = 0; i < bins; i++)
		out[i + 1] = c->counts[i];
	out[bins + 1] = c->plus_infinity;
}

/* p decides nothing below the lower floor, and then the exact one is not worth its time. */
static void test_order(struct ay_budget *b, const uint64_t *ref, const uint64_t *batch, size_t bins, double floor, struct ay_drift_result *r)
{
	ay_stat_ks_binned(b, ref, batch, bins, AY_STAT_ASYMPTOTIC, &r->ks);
	if (!r->ks.why && r->ks.d > floor)
		ay_stat_ks_binned(b, ref, batch, bins, AY_STAT_AUTO, &r->ks);
	r->test.why = r->ks.why == AY_STAT_NO_ROWS ? AY_STAT_OK : r->ks.why;
	r->test.tested = r->ks.why != AY_STAT_NO_ROWS;      /* then the shares of what is missing tell */
	r->test.p = r->ks.p;
}

static int measure_numbers(struct ay_budget *b, const struct ay_drift_column *c, double alpha, struct ay_drift_result *r)
{
	const struct ay_numbers *ref = c->ref_numbers, *batch = c->numbers;
	size_t bins = ay_numbers_bins(ref) + 2, k;
	uint64_t coarse_ref[GROUPS + 2], coarse[GROUPS + 2];

	if (batch->edge_count != ref->edge_count || memcmp(batch->edges, ref->edges, ref->edge_count * sizeof(*ref->edges)) != 0)
		return AY_EUSAGE;
	uint64_t *laid = ay_budget_alloc(b, 2 * bins * sizeof(*laid));

	if (!laid)
		return AY_ELIMIT;
	lay_out(ref, laid);
	lay_out(batch, laid + bins);
	r->ref_rows = ref->rows;
	r->rows = batch->rows;
	r->outside = batch->rows ? (double)(batch->counts[0] + batch->counts[bins - 3]) / (double)batch->rows : 0;
	test_order(b, laid, laid + bins, bins, c->limits->warn[AY_DRIFT_D], r);
	k = coarsen(laid, laid + bins, bins, coarse_ref, coarse);
	ay_budget_free(b, laid);
	if (!r->ks.why)
		note(r, AY_DRIFT_D, r->ks.d, !(alpha > 0) ? 0 : ay_stat_ks_noise(alpha, ref->rows - ref->null - ref->nan, batch->rows - batch->null - batch->nan));
	coarse_ref[k] = ref->null;
	coarse[k++] = batch->null;
	coarse_ref[k] = ref->nan;
	coarse[k++] = batch->nan;
	note_distances(r, coarse_ref, coarse, k, alpha);
	test_missing(ref, batch, alpha, r);
	return ref->moments.n && batch->moments.n ? note_shift(b, c, alpha, r) : 0;
}

/*
 * Counts of the values that the reference knows, in parallel. A value that it has once would be unseen had that row been
 * in the batch instead: it is counted so, else each honest batch shows more unseen values than a reference can have.
 */
static size_t known_values(const struct ay_values *ref, const struct ay_values *batch, uint64_t *a, uint64_t *b, uint64_t *once)
{
	*once = 0;
	for (size_t i = 0; i < ref->used; i++) {
		bool single = ref->entries[i].count == 1;

		*once += single;
		a[i] = single ? 0 : ref->entries[i].count;
		b[i] = ay_values_count(batch, &ref->entries[i]);
	}
	return ref->used;
}

static int measure_values(struct ay_budget *b, const struct ay_drift_column *c, double alpha, struct ay_drift_result *r)
{
	const struct ay_values *ref = c->ref_values, *batch = c->values;
	size_t most = (ref->used > AY_PROFILE_BUCKETS ? ref->used : AY_PROFILE_BUCKETS) + 2, k;

	if (!batch->fixed || batch->crowded != ref->crowded || batch->used != ref->used || batch->key.k0 != ref->key.k0 || batch->key.k1 != ref->key.k1)
		return AY_EUSAGE;
	uint64_t *ref_counts = ay_budget_alloc(b, 2 * most * sizeof(*ref_counts)), once = 0;

	if (!ref_counts)
		return AY_ELIMIT;
	uint64_t *counts = ref_counts + most;

	r->ref_rows = ref->rows;
	r->rows = batch->rows;
	r->outside = batch->rows && !ref->crowded ? (double)batch->unseen / (double)batch->rows : 0;
	r->in_buckets = ref->crowded || ref->used > MANY_VALUES || (double)ref->used > fmax(AY_PROFILE_BUCKETS, MANY_SHARE * (double)ref->rows);
	if (r->in_buckets)
		for (k = 0; k < AY_PROFILE_BUCKETS; k++) {
			ref_counts[k] = ref->buckets[k];
			counts[k] = batch->buckets[k];
		}
	else
		k = known_values(ref, batch, ref_counts, counts, &once);
	int err = ay_stat_merge_sparse(b, ref_counts, counts, &k);

	if (!r->in_buckets) {
		ref_counts[k] = once;
		counts[k++] = batch->unseen;
	}
	ref_counts[k] = ref->null;
	counts[k++] = batch->null;
	ay_stat_homogeneity(ref_counts, counts, k, &r->table);
	note_distances(r, ref_counts, counts, k, alpha);
	ay_budget_free(b, ref_counts);
	r->test = (struct ay_drift_test){.why = r->table.why, .tested = true, .p = r->table.p};
	if (!r->table.why)
		note(r, AY_DRIFT_V, r->table.v_even, !(alpha > 0) ? 0 : ay_stat_v_noise(alpha, r->table.df, ref->rows, batch->rows));
	return err;
}

/* ---- calibration ---- */

static int measure(struct ay_budget *b, const struct ay_drift_column *c, double alpha, struct ay_drift_result *r)
{
	return c->ref_numbers ? measure_numbers(b, c, alpha, r) : measure_values(b, c, alpha, r);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;    /* own: effects */

	return x < y ? -1 : x > y;
}

/*
 * Effects of batches that have no drift: [effect][draw]. The reference stands for what it was drawn from, so its own sampling
 * error goes into the size of the batch: 1/n + 1/m is that of m n/(n + m) rows.
 */
static int draw(struct ay_budget *b, const struct ay_drift_column *c, const struct ay_drift_result *of, double (*out)[DRAWS])
{
	static const struct ay_drift_limits no_exact_p = {.warn = {[AY_DRIFT_D] = 2}};
	struct ay_draw d = ay_draw_new(c->ref_numbers ? &c->ref_numbers->key : &c->ref_values->key, of->rows);
	uint64_t rows = (uint64_t)ceil(1 / (1 / (double)of->ref_rows + 1 / (double)of->rows));
	struct ay_numbers numbers = {.budget = b};
	struct ay_values values = {.budget = b};
	struct ay_drift_column drawn = {.ref_numbers = c->ref_numbers, .ref_values = c->ref_values, .limits = &no_exact_p};
	int rc = c->ref_numbers ? ay_numbers_init(&numbers, b, &c->ref_numbers->key, c->ref_numbers->edges, c->ref_numbers->edge_count)
				: ay_values_like(&values, b, c->ref_values);

	drawn.numbers = c->ref_numbers ? &numbers : NULL;
	drawn.values = c->ref_numbers ? NULL : &values;
	for (size_t i = 0; rc == 0 && i < DRAWS; i++) {
		struct ay_drift_result r = {.decided_by = AY_DRIFT_EFFECTS};

		if (c->ref_numbers)
			ay_draw_numbers(&d, c->ref_numbers, rows, &numbers);
		else
			ay_draw_values(&d, c->ref_values, rows, &values);
		rc = measure(b, &drawn, NO_NOISE, &r);
		for (int e = 0; e < AY_DRIFT_EFFECTS; e++)
			out[e][i] = r.known[e] ? r.effect[e] : 0;
	}
	ay_numbers_free(&numbers);
	ay_values_free(&values);
	return rc;
}

static int calibrate(struct ay_budget *b, const struct ay_drift_column *c, struct ay_drift_result *r)
{
	double (*effects)[DRAWS] = ay_budget_alloc(b, AY_DRIFT_EFFECTS * sizeof(*effects));
	int rc = effects ? draw(b, c, r, effects) : AY_ELIMIT;

	for (int e = 0; rc == 0 && e < AY_DRIFT_EFFECTS; e++) {
		qsort(effects[e], DRAWS, sizeof(effects[e][0]), by_size);
		double q99 = effects[e][DRAWS - 1 - DRAWS_BEYOND];

		r->noise[e] = e == AY_DRIFT_W ? q99 : fmax(r->noise[e], q99);
	}
	r->calibrated = rc == 0;
	ay_budget_free(b, effects);
	return rc;
}

/* ---- verdict ---- */

static void raise(struct ay_drift_result *r, enum ay_drift_state state, enum ay_drift_effect by)
{
	if (state > r->state) {
		r->state = state;
		r->decided_by = by;
	}
}

/* Which of the column's two tests speaks for an effect. */
static const struct ay_drift_test *test_of(const struct ay_drift_column *c, const struct ay_drift_result *r, enum ay_drift_effect e)
{
	if (c->ref_values || e == AY_DRIFT_D || e == AY_DRIFT_W)
		return &r->test;
	if (e == AY_DRIFT_V)
		return &r->missing;
	return r->missing.tested && (!r->test.tested || r->missing.adjusted < r->test.adjusted) ? &r->missing : &r->test;
}

/* Sampling noise of rows as many as these is noise at (1/n + 1/m): it shrinks with the root. */
static uint64_t rows_needed(double noise, double floor, uint64_t n, uint64_t m)
{
	if (!n || !m)
		return UINT64_MAX;
	double sizes = 1 / (double)n + 1 / (double)m, allowed = sizes * (floor / noise) * (floor / noise) - 1 / (double)n;

	return allowed > 0 && 1 / allowed < 1e15 ? (uint64_t)ceil(1 / allowed) : UINT64_MAX;
}

/* Could a drift of the size of the floor be told? Numbers by all rows: a column that is mostly null stays judgeable. */
static void power(const struct ay_drift_column *c, double alpha, struct ay_drift_result *r)
{
	enum ay_drift_effect e = c->ref_values ? AY_DRIFT_V : AY_DRIFT_D;
	double noise = e == AY_DRIFT_V ? r->noise[AY_DRIFT_V] : ay_stat_ks_noise(alpha, r->ref_rows, r->rows);
	double most = fmax(c->limits->hold[e], c->limits->fail[e]);

	if (!r->ref_rows || !r->rows)
		noise = 1;
	r->rows_needed = noise > 0 ? rows_needed(noise, most, r->ref_rows, r->rows) : 0;
	if (noise > most)
		raise(r, AY_DRIFT_HELD, e);
}

/* Does an effect that decides lie above its floor, and near to what sampling gives? That is then worth a closer look. */
static bool is_near(const struct ay_drift_column *c, double alpha, const struct ay_drift_result *r)
{
	for (int e = 0; e < AY_DRIFT_EFFECTS; e++) {
		const struct ay_drift_test *t = test_of(c, r, (enum ay_drift_effect)e);
		double least = c->limits->warn[e] > 0 ? fmin(c->limits->warn[e], c->limits->fail[e]) : c->limits->fail[e];

		if (c->limits->fail[e] > 0 && r->known[e] && t->tested && !t->why && t->adjusted < alpha && r->effect[e] > least &&
		    (e == AY_DRIFT_W || r->effect[e] < FAR * r->noise[e]))
			return true;
	}
	return false;
}

static void decide(const struct ay_drift_column *c, double alpha, struct ay_drift_result *r)
{
	r->decided_by = AY_DRIFT_EFFECTS;
	for (int e = 0; e < AY_DRIFT_EFFECTS; e++) {
		const struct ay_drift_test *t = test_of(c, r, (enum ay_drift_effect)e);
		double fail = c->limits->fail[e], warn = c->limits->warn[e];

		if (!(fail > 0) || (!r->known[e] && e <= AY_DRIFT_V))
			continue;
		if (!r->known[e]) {                     /* the policy asks for it: not evaluated is not passed */
			if (c->ref_numbers || e != AY_DRIFT_W)
				raise(r, r->rows && r->ref_rows ? AY_DRIFT_UNKNOWN : AY_DRIFT_HELD, (enum ay_drift_effect)e);
			continue;
		}
		if (!t->tested || t->why || !(t->adjusted < alpha) || !(r->effect[e] > r->noise[e]))
			continue;
		if (r->effect[e] > fail)
			raise(r, AY_DRIFT_FOUND, (enum ay_drift_effect)e);
		else if (warn > 0 && r->effect[e] > warn)
			raise(r, AY_DRIFT_WARN, (enum ay_drift_effect)e);
	}
	r->why = r->test.why ? r->test.why : r->missing.why;
	if (r->why == AY_STAT_NO_ROWS)
		raise(r, AY_DRIFT_HELD, c->ref_values ? AY_DRIFT_V : AY_DRIFT_D);
	else if (r->why)
		raise(r, AY_DRIFT_UNKNOWN, AY_DRIFT_EFFECTS);
	power(c, alpha, r);
}

static bool counts_in(const struct ay_drift_test *t)
{
	return t->tested && !t->why;
}

/* One family: each test that was made, of whatever column. */
static int adjust(struct ay_budget *b, struct ay_drift_result *r, size_t n)
{
	double *p = ay_budget_alloc(b, (2 * n + 1) * sizeof(*p));
	size_t k = 0;
	int err;

	if (!p)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++) {
		if (counts_in(&r[i].test))
			p[k++] = r[i].test.p;
		if (counts_in(&r[i].missing))
			p[k++] = r[i].missing.p;
	}
	err = ay_stat_holm(b, p, k, p);
	k = 0;
	for (size_t i = 0; i < n && !err; i++) {
		r[i].test.adjusted = counts_in(&r[i].test) ? p[k++] : 1;
		r[i].missing.adjusted = counts_in(&r[i].missing) ? p[k++] : 1;
	}
	ay_budget_free(b, p);
	return err;
}

static bool column_ok(const struct ay_drift_column *c)
{
	bool numbers = c->ref_numbers && c->numbers && !c->ref_values && !c->values;
	bool values = c->ref_values && c->values && !c->ref_numbers && !c->numbers;

	return (numbers || values) && c->limits && c->limits->fail[AY_DRIFT_D] > 0 && c->limits->fail[AY_DRIFT_V] > 0;
}

int ay_drift_judge(struct ay_budget *b, const struct ay_drift_column *columns, size_t n, double alpha,
		   struct ay_drift_result *results, enum ay_drift_state *worst)
{
	int err = 0;

	*worst = AY_DRIFT_UNKNOWN;
	if (!(alpha > 0 && alpha < 1))
		return AY_EUSAGE;
	for (size_t i = 0; i < n && !err; i++) {
		results[i] = (struct ay_drift_result){.test.p = 1, .missing.p = 1, .decided_by = AY_DRIFT_EFFECTS};
		if (!column_ok(&columns[i]))
			return AY_EUSAGE;
		err = measure(b, &columns[i], alpha, &results[i]);
	}
	if (!err)
		err = adjust(b, results, n);
	for (size_t i = 0; i < n && !err; i++)
		if (is_near(&columns[i], alpha, &results[i]))
			err = calibrate(b, &columns[i], &results[i]);
	if (err || !n)
		return err;
	*worst = AY_DRIFT_NONE;
	for (size_t i = 0; i < n; i++) {
		decide(&columns[i], alpha, &results[i]);
		if (results[i].state > *worst)
			*worst = results[i].state;
	}
	return 0;
}
