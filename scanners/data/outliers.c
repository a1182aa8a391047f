/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/outliers.h"

#include <math.h>
#include <stdlib.h>

#include "scanners/data/outlier_model.h"
#include "scanners/data/sort.h"
#include "scanners/data/stat_test.h"

#define FAR 3.5                           /* robust standard deviations: Iglewicz and Hoaglin 1993 */
#define MAD_OF_SIGMA 0.6745               /* of a normal distribution, in standard deviations */
#define IQR_OF_SIGMA 1.349
#define MEAN_OF_SIGMA 0.79788             /* mean absolute deviation: 1/1.2533 */
#define FENCES 3.0
#define TAIL_SHARE 0.01                   /* of the values on one side of the median that tell its tail, */
#define TAIL_LEAST 10                     /* but not fewer */
#define TAIL_MOST 100                     /* nor more */
#define TAIL_ODDS 10000.0                 /* a value beyond the limit is so much rarer than one beyond all of the reference */
#define TAIL_HEAVIEST 1.0                 /* tails heavier than Cauchy's hide nothing more */
#define VARIED 30                         /* values off the most frequent one, from which on a column knows its range */

const char *ay_outlier_method_name(enum ay_outlier_method m)
{
	static const char *const names[] = {"HBOS", "Mahalanobis", "isolation forest"};

	return m < AY_OUTLIER_METHODS ? names[m] : "none";
}

/* ---- columns ---- */

/* MAD; where most values are equal the interquartile range, then the mean deviation; 0 when none differs. Rearranges sorted. */
static double scale_of(double *sorted, size_t n, uint64_t *spare, double median, double iqr)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		sorted[i] = fabs(sorted[i] - median);
		sum += sorted[i] / (double)n;
	}
	ay_sort_numbers(sorted, n, spare);
	double mad = ay_stat_quantile(sorted, n, 0.5);

	return mad > 0 ? mad / MAD_OF_SIGMA : iqr > 0 ? iqr / IQR_OF_SIGMA : sum / MEAN_OF_SIGMA;
}

/* Of the whole reference, to its ends. */
static void measure_range(const struct ay_numbers *c, struct ay_outlier_limits *l)
{
	uint64_t most = 0, off;

	for (size_t i = 0; i < ay_numbers_bins(c); i++)
		most = c->counts[i] > most ? c->counts[i] : most;
	off = c->moments.n - most;
	l->least = c->min;
	l->greatest = c->max;
	l->range = c->max > c->min ? c->max - c->min : fmax(1, fabs(c->max));
	if (off < VARIED)
		l->range *= (double)VARIED / (double)(off ? off : 1);
}

/*
 * How far beyond the median values may lie on one side, from the distances of the sampled ones, the greatest first. Hill's estimate
 * of the tail's index, the mean of ln(distance / least of the tail), says by which power of the odds a tail goes on.
 */
static double reach(const double *sorted, size_t n, double median, int side, double farthest)
{
	const double *at = side > 0 ? sorted + n - 1 : sorted;
	size_t beyond = 0, k;
	double sum = 0;

	while (beyond < n && side * (at[-side * (ptrdiff_t)beyond] - median) > 0)
		beyond++;
	k = (size_t)fmin(fmax(TAIL_SHARE * (double)beyond, TAIL_LEAST), TAIL_MOST);
	if (beyond <= k)
		return 0;
	for (size_t i = 0; i < k; i++)
		sum += log((at[-side * (ptrdiff_t)i] - median) / (at[-side * (ptrdiff_t)k] - median));
	return farthest * pow(TAIL_ODDS, fmin(sum / (double)k, TAIL_HEAVIEST));
}

/* From the sampled values of a column. */
static void measure(const struct ay_numbers *c, double *v, size_t n, uint64_t *spare, struct ay_outlier_limits *l)
{
	*l = (struct ay_outlier_limits){.far_low = -HUGE_VAL, .far_high = HUGE_VAL, .fence_low = -HUGE_VAL, .fence_high = HUGE_VAL, .rows = n};
	measure_range(c, l);
	l->tail_low = l->least;
	l->tail_high = l->greatest;
	if (!n)
		return;
	ay_sort_numbers(v, n, spare);
	double q1 = ay_stat_quantile(v, n, 0.25), q3 = ay_stat_quantile(v, n, 0.75);

	l->median = ay_stat_quantile(v, n, 0.5);
	l->tail_low = l->median - reach(v, n, l->median, -1, l->median - l->least);
	l->tail_high = l->median + reach(v, n, l->median, 1, l->greatest - l->median);
	l->fence_low = q1 - FENCES * (q3 - q1);
	l->fence_high = q3 + FENCES * (q3 - q1);
	l->scale = scale_of(v, n, spare, l->median, q3 - q1);
	if (!isfinite(l->scale))
		l->scale = 0;
	l->far_low = l->median - FAR * l->scale;
	l->far_high = l->median + FAR * l->scale;
}

static bool is_far(const struct ay_outlier_limits *l, double v)
{
	return v < l->far_low || v > l->far_high;
}

static bool is_fenced(const struct ay_outlier_limits *l, double v)
{
	return v < l->fence_low || v > l->fence_high;
}

void ay_outlier_bounds(const struct ay_outlier_limits *c, double ranges, bool tails, double *low, double *high)
{
	*low = c->least - ranges * c->range;
	*high = c->greatest + ranges * c->range;
	if (tails) {
		*low = fmin(*low, c->tail_low);
		*high = fmax(*high, c->tail_high);
	}
}

static int measure_columns(struct ay_outlier_model *m, const struct ay_outlier_rows *rows)
{
	double *v = ay_budget_alloc(m->budget, (rows->count + 1) * sizeof(*v));
	uint64_t *spare = ay_budget_alloc(m->budget, (2 * rows->count + 1) * sizeof(*spare));
	int rc = v && spare ? 0 : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < rows->width; i++) {
		struct ay_outlier_limits *l = &m->columns[i];
		size_t n = 0;

		rc = ay_budget_tick(m->budget);
		*l = (struct ay_outlier_limits){.rows = 0};
		if (!m->ref->columns[i].numeric)
			continue;
		for (size_t r = 0; r < rows->count; r++)
			if (isfinite(ay_outlier_rows_at(rows, r)[i].number))
				v[n++] = ay_outlier_rows_at(rows, r)[i].number;
		measure(&m->ref->columns[i].numbers, v, n, spare, l);
		for (size_t r = 0; r < rows->count; r++) {
			double x = ay_outlier_rows_at(rows, r)[i].number;

			l->far += isfinite(x) && is_far(l, x);
			l->fenced += isfinite(x) && is_fenced(l, x);
		}
	}
	ay_budget_free(m->budget, v);
	ay_budget_free(m->budget, spare);
	return rc;
}

/* ---- the sampled rows of the reference ---- */

struct known { uint32_t hash, entry; };

static int by_hash(const void *x, const void *y)
{
	const struct known *a = x, *b = y;

	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

/* A sampled value is known by its hash alone. */
static int place_values(const struct ay_values *c, struct ay_budget *b, struct ay_placed *cells, size_t n, size_t stride)
{
	struct known *known = ay_budget_alloc(b, (c->used + 1) * sizeof(*known));

	if (!known)
		return AY_ELIMIT;
	for (size_t i = 0; i < c->used; i++)
		known[i] = (struct known){.hash = (uint32_t)c->entries[i].hash[0], .entry = (uint32_t)i};
	qsort(known, c->used, sizeof(*known), by_hash);
	for (size_t i = 0; i < n; i++) {
		struct ay_placed *cell = &cells[i * stride];
		bool whole = cell->number >= 0 && cell->number <= UINT32_MAX;
		const struct known key = {.hash = whole ? (uint32_t)cell->number : 0};
		const struct known *at = whole && c->used ? bsearch(&key, known, c->used, sizeof(*known), by_hash) : NULL;

		cell->at = (uint32_t)(at ? at->entry : isnan(cell->number) ? c->used + 1 : c->used);
	}
	ay_budget_free(b, known);
	return 0;
}

static int by_order(const void *x, const void *y)
{
	const struct ay_sampled *a = x, *b = y;

	for (int i = 0; i < 2; i++)
		if (a->order[i] != b->order[i])
			return a->order[i] < b->order[i] ? -1 : 1;
	return 0;
}

/*
 * In the order of their keyed hashes, every second one first: those that the model is built of; the rest are scored, so that a
 * threshold is of rows which the model has not seen.
 */
static int place_rows(const struct ay_reference *ref, struct ay_budget *b, struct ay_placed **out)
{
	const struct ay_sample *s = &ref->sample;
	struct ay_sampled *order = ay_budget_alloc(b, (s->used + 1) * sizeof(*order));
	struct ay_placed *cells = *out = ay_budget_alloc(b, (s->used * s->width + 1) * sizeof(*cells));
	int rc = order && cells ? 0 : AY_ELIMIT;

	if (!rc && s->used) {
		memcpy(order, s->heap, s->used * sizeof(*order));    /* own: of that many */
		qsort(order, s->used, sizeof(*order), by_order);
	}
	for (size_t i = 0; rc == 0 && i < s->used; i++) {
		struct ay_placed *to = cells + (i % 2 ? (s->used + 1) / 2 + i / 2 : i / 2) * s->width;

		for (size_t k = 0; k < s->width; k++) {
			double v = s->rows[order[i].at * s->width + k];

			to[k].number = v;
			to[k].at = ref->columns[k].numeric ? (uint32_t)ay_numbers_bin(&ref->columns[k].numbers, v) : 0;
		}
	}
	for (size_t k = 0; rc == 0 && k < s->width; k++)
		if (!ref->columns[k].numeric)
			rc = place_values(&ref->columns[k].values, b, cells + k, s->used, s->width);
	ay_budget_free(b, order);
	return rc;
}

/* ---- thresholds ---- */

/* The score of the row of this rank: more is rarer than the share. */
static void set_threshold(struct ay_outlier_threshold *t, double *scores, size_t n, uint64_t *spare)
{
	size_t rank = (size_t)((double)n * AY_OUTLIER_SHARE + 0.5);

	rank = rank ? rank : 1;
	ay_sort_numbers(scores, n, spare);
	*t = (struct ay_outlier_threshold){.known = true, .score = scores[n - rank], .rows = n, .above = rank};
}

static void score_rows(const struct ay_outlier_model *m, enum ay_outlier_method method, const struct ay_placed *rows, size_t n, double *out)
{
	if (method == AY_OUTLIER_FOREST)
		ay_forest_scores(m->forest, rows, n, out);
	for (size_t i = 0; method != AY_OUTLIER_FOREST && i < n; i++)
		out[i] = ay_outlier_score(m, method, rows + i * m->ref->count);
}

static int set_thresholds(struct ay_outlier_model *m, const struct ay_outlier_rows *rows, size_t built)
{
	double *scores = ay_budget_alloc(m->budget, (rows->count + 1) * sizeof(*scores));
	uint64_t *spare = ay_budget_alloc(m->budget, (2 * rows->count + 1) * sizeof(*spare));
	int rc = scores && spare ? 0 : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < rows->count; i++) {
		scores[i] = ay_hbos_score_without(m->hbos, m->ref, ay_outlier_rows_at(rows, i));
		rc = ay_budget_tick(m->budget);
	}
	if (!rc)
		set_threshold(&m->threshold[AY_OUTLIER_HBOS], scores, rows->count, spare);
	for (int k = AY_OUTLIER_MAHALANOBIS; k < AY_OUTLIER_METHODS && rc == 0; k++) {
		if (k == AY_OUTLIER_MAHALANOBIS && !m->mahalanobis)
			continue;
		for (size_t i = built; rc == 0 && i < rows->count; i += AY_FOREST_TOGETHER) {
			size_t left = rows->count - i;

			score_rows(m, (enum ay_outlier_method)k, ay_outlier_rows_at(rows, i), left < AY_FOREST_TOGETHER ? left : AY_FOREST_TOGETHER,
				   scores + i - built);
			rc = ay_budget_tick(m->budget);
		}
		if (!rc)
			set_threshold(&m->threshold[k], scores, rows->count - built, spare);
	}
	ay_budget_free(m->budget, scores);
	ay_budget_free(m->budget, spare);
	return rc;
}

/* ---- the model ---- */

static int build(struct ay_outlier_model *m, const struct ay_placed *cells)
{
	const struct ay_reference *ref = m->ref;
	struct ay_outlier_rows all = {.cells = cells, .count = ref->sample.used, .width = ref->count}, half = all;
	int rc = measure_columns(m, &all);

	half.count = (all.count + 1) / 2;
	if (!rc)
		rc = ay_hbos_new(ref, m->columns, &all, m->budget, &m->hbos);
	if (rc || all.count < AY_OUTLIER_ROWS_MIN)
		return rc;
	rc = ay_mahalanobis_new(ref, &half, m->budget, &m->mahalanobis);
	if (rc == AY_ENOTFOUND) {
		m->threshold[AY_OUTLIER_MAHALANOBIS].empty = true;
		rc = 0;
	}
	if (!rc)
		rc = ay_forest_new(ref, m->columns, &half, m->budget, &m->forest);
	return rc ? rc : set_thresholds(m, &all, half.count);
}

int ay_outlier_model_new(const struct ay_reference *ref, struct ay_budget *b, struct ay_outlier_model **out)
{
	struct ay_outlier_model *m = *out = ay_budget_alloc(b, sizeof(*m));
	struct ay_placed *cells = NULL;
	int rc;

	if (!m)
		return AY_ELIMIT;
	*m = (struct ay_outlier_model){.budget = b, .ref = ref};
	m->columns = ay_budget_alloc(b, (ref->count + 1) * sizeof(*m->columns));
	rc = m->columns ? place_rows(ref, b, &cells) : AY_ELIMIT;
	if (!rc)
		rc = build(m, cells);
	ay_budget_free(b, cells);
	if (rc) {
		ay_outlier_model_free(m);
		*out = NULL;
	}
	return rc;
}

void ay_outlier_model_free(struct ay_outlier_model *m)
{
	if (!m)
		return;
	ay_hbos_free(m->hbos);
	ay_mahalanobis_free(m->mahalanobis);
	ay_forest_free(m->forest);
	ay_budget_free(m->budget, m->columns);
	ay_budget_free(m->budget, m);
}

double ay_outlier_score(const struct ay_outlier_model *m, enum ay_outlier_method method, const struct ay_placed *row)
{
	switch (method) {
	case AY_OUTLIER_HBOS:
		return ay_hbos_score(m->hbos, row);
	case AY_OUTLIER_MAHALANOBIS:
		return ay_mahalanobis_score(m->mahalanobis, row);
	case AY_OUTLIER_FOREST:
		return ay_forest_score(m->forest, row);
	case AY_OUTLIER_METHODS:
		break;
	}
	return 0;
}
