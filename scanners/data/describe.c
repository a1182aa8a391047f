/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/describe.h"

#include <math.h>
#include <stdlib.h>

#define TAIL 3.0                 /* interquartile ranges beyond the quartiles that are shown */
#define RARE 0.005               /* share of each end that is not shown where the quartiles are one */
#define STRAYS 20                /* one edge in so many may stand beside a grid */
#define PLACES 4                 /* decimals of the finest grid */
#define GRID_MAX 1e9             /* steps: beyond, doubles are too coarse to tell */

/* ---- numbers ---- */

static uint64_t missing_of(const struct ay_numbers *c)
{
	return c->null + c->nan + c->minus_infinity + c->plus_infinity;
}

/* The coarsest of 1, 0.1, ... that the values are whole multiples of; 0: none. The edges are values, or the last double before one. */
static double grid_of(const struct ay_numbers *c)
{
	double scale = 1;

	for (int k = 0; k <= PLACES; k++, scale *= 10) {
		size_t strays = 0;

		for (size_t i = 0; i < c->edge_count; i++) {
			double at = c->edges[i] * scale;

			strays += fabs(at) > GRID_MAX || fabs(at - round(at)) > 1e-6;
		}
		if (strays * STRAYS <= c->edge_count)
			return 1 / scale;
	}
	return 0;
}

static void choose_range(const struct ay_numbers *c, double *low, double *high)
{
	double q1 = ay_numbers_quantile(c, 0.25), q3 = ay_numbers_quantile(c, 0.75), tail = TAIL * (q3 - q1);

	*low = tail > 0 ? q1 - tail : ay_numbers_quantile(c, RARE);
	*high = tail > 0 ? q3 + tail : ay_numbers_quantile(c, 1 - RARE);
	if (!(*low >= c->min))
		*low = c->min;
	if (!(*high <= c->max))
		*high = c->max;
}

static void choose_bins(const struct ay_numbers *c, size_t most, struct ay_shown_bins *out)
{
	double low, high, step = grid_of(c);

	choose_range(c, &low, &high);
	if (step > 0) {
		low = ceil(low / step - 1e-6) * step;
		high = floor(high / step + 1e-6) * step;
	}
	double places = step > 0 ? round((high - low) / step) + 1 : 0;

	if (!(high > low) || !isfinite(high - low)) {
		*out = (struct ay_shown_bins){.low = low - (step > 0 ? step : 1) / 2, .width = step > 0 ? step : 1, .n = 1};
	} else if (step > 0) {
		double each = ceil(places / (double)most);

		*out = (struct ay_shown_bins){.low = low - step / 2, .width = each * step, .n = (size_t)ceil(places / each)};
	} else {
		*out = (struct ay_shown_bins){.low = low, .width = (high - low) / (double)most, .n = most};
	}
}

/* Each fine bin goes where the mean of its values lies. The outer ones hold what the reference never had. */
static void add_counts(const struct ay_numbers *c, const double *means, int side, struct ay_shown_bins *out)
{
	size_t bins = ay_numbers_bins(c);
	double slack = out->width * 1e-9, high = out->low + out->width * (double)out->n;

	for (size_t i = 0; i < bins; i++) {
		if (!c->counts[i])
			continue;
		if (i == 0 || means[i] < out->low - slack) {
			out->below[side] += c->counts[i];
		} else if (i == bins - 1 || means[i] > high + slack) {
			out->above[side] += c->counts[i];
		} else {
			double at = (means[i] - out->low) / out->width;
			size_t bin = at > 0 ? (size_t)at : 0;

			out->counts[bin < out->n ? bin : out->n - 1][side] += c->counts[i];
		}
	}
	out->missing[side] = missing_of(c);
}

int ay_shown_bins(const struct ay_numbers *ref, const struct ay_numbers *batch, size_t most, struct ay_shown_bins *out)
{
	double *means = calloc(ay_numbers_bins(ref), sizeof(*means));

	if (!means)
		return AY_ELIMIT;
	choose_bins(ref, most < AY_SHOWN_BINS ? most : AY_SHOWN_BINS, out);
	ay_numbers_means(ref, means);
	add_counts(ref, means, 0, out);
	if (batch && batch->edge_count == ref->edge_count) {
		ay_numbers_means(batch, means);
		add_counts(batch, means, 1, out);
	}
	free(means);
	return 0;
}

/* ---- values ---- */

static double share(uint64_t n, uint64_t rows)
{
	return rows ? (double)n / (double)rows : 0;
}

/* Into the list by its larger share; the last one falls out. */
static void place_value(struct ay_shown_values *out, double *shares, const struct ay_shown_value *v, double s)
{
	size_t at = out->n;

	while (at > 0 && shares[at - 1] < s)
		at--;
	if (at == AY_SHOWN_VALUES)
		return;
	if (out->n < AY_SHOWN_VALUES)
		out->n++;
	for (size_t i = out->n - 1; i > at; i--) {
		out->v[i] = out->v[i - 1];
		shares[i] = shares[i - 1];
	}
	out->v[at] = *v;
	shares[at] = s;
}

void ay_shown_values(const struct ay_values *ref, const struct ay_values *batch, struct ay_shown_values *out)
{
	const struct ay_values *side[2] = {ref, batch};
	double shares[AY_SHOWN_VALUES] = {0};

	*out = (struct ay_shown_values){.n = 0};
	for (size_t i = 0; i < ref->used; i++) {
		const struct ay_counted *e = &ref->entries[i];
		struct ay_shown_value v = {e, {e->count, batch ? ay_values_count(batch, e) : 0}};
		double a = share(v.counts[0], ref->rows), b = batch ? share(v.counts[1], batch->rows) : 0;

		if (v.counts[0] || v.counts[1])
			place_value(out, shares, &v, a > b ? a : b);
	}
	for (int s = 0; s < 2 && side[s]; s++) {
		uint64_t rest = side[s]->rows - side[s]->null;

		out->missing[s] = side[s]->null;
		out->unseen[s] = side[s]->unseen;
		rest -= rest < side[s]->unseen ? rest : side[s]->unseen;
		for (size_t i = 0; i < out->n; i++)
			rest -= rest < out->v[i].counts[s] ? rest : out->v[i].counts[s];
		out->other[s] = rest;
	}
}

/* ---- as JSON ---- */

void ay_describe_number(struct ay_jw *w, const char *key, double v)
{
	ay_jw_key(w, key);
	if (isfinite(v))
		ay_jw_f64(w, v);
	else
		ay_jw_null(w);
}

static void pair(struct ay_jw *w, const char *key, const uint64_t counts[2], bool both)
{
	if (key)
		ay_jw_key(w, key);
	ay_jw_array(w);
	ay_jw_u64(w, counts[0]);
	if (both)
		ay_jw_u64(w, counts[1]);
	ay_jw_array_end(w);
}

/* Values that were counted without it: of wide tables it is not kept. */
static void distinct(struct ay_jw *w, const struct ay_distinct *d, uint64_t values)
{
	double estimate = ay_distinct_estimate(d);

	ay_describe_number(w, "distinct", values && estimate == 0 ? NAN : round(estimate));
}

static void describe_numbers(struct ay_jw *w, const struct ay_numbers *c)
{
	const struct ay_moments all = ay_numbers_moments(c), *m = &all;
	uint64_t finite = c->rows - missing_of(c);
	bool known = finite > 0;

	ay_jw_ku64(w, "rows", c->rows);
	ay_jw_ku64(w, "null", c->null);
	ay_jw_ku64(w, "nan", c->nan);
	ay_jw_ku64(w, "infinite", c->minus_infinity + c->plus_infinity);
	distinct(w, &c->distinct, ay_numbers_moments(c).n);
	ay_describe_number(w, "min", known ? c->min : NAN);
	ay_describe_number(w, "q1", known ? ay_numbers_quantile(c, 0.25) : NAN);
	ay_describe_number(w, "median", known ? ay_numbers_quantile(c, 0.5) : NAN);
	ay_describe_number(w, "q3", known ? ay_numbers_quantile(c, 0.75) : NAN);
	ay_describe_number(w, "max", known ? c->max : NAN);
	ay_describe_number(w, "mean", known && !m->overflow ? m->mean : NAN);
	ay_describe_number(w, "std", m->n > 1 && !m->overflow ? sqrt(m->m2 / (double)(m->n - 1)) : NAN);
}

void ay_describe_column(struct ay_jw *w, const struct ay_profiled *c)
{
	ay_jw_object(w);
	if (c->numeric) {
		describe_numbers(w, &c->numbers);
	} else {
		ay_jw_ku64(w, "rows", c->values.rows);
		ay_jw_ku64(w, "null", c->values.null);
		ay_jw_ku64(w, "unseen", c->values.unseen);
		distinct(w, &c->values.distinct, c->values.rows - c->values.null);
	}
	ay_jw_object_end(w);
}

/* What was too long to keep is known by its hash. */
static void label(struct ay_jw *w, const struct ay_counted *e)
{
	size_t len = e->len;
	char hash[40];

	ay_jw_key(w, "value");
	if (!e->bytes) {
		snprintf(hash, sizeof(hash), "(%u bytes, %08llx)", e->len, (unsigned long long)e->hash[0] >> 32);
		ay_jw_str(w, hash);
		return;
	}
	if (len > AY_SHOWN_LABEL)
		for (len = AY_SHOWN_LABEL; len > AY_SHOWN_LABEL - 4 && (e->bytes[len] & 0xc0) == 0x80; len--)
			;
	ay_jw_strn(w, e->bytes, len);
	if (len < e->len)
		ay_jw_ku64(w, "bytes", e->len);
}

static int chart_of_numbers(struct ay_jw *w, const struct ay_numbers *ref, const struct ay_numbers *batch, size_t most)
{
	struct ay_shown_bins bins;
	int rc = ay_shown_bins(ref, batch, most, &bins);

	if (rc)
		return rc;
	ay_describe_number(w, "low", bins.low);
	ay_describe_number(w, "width", bins.width);
	pair(w, "below", bins.below, batch != NULL);
	ay_jw_key(w, "counts");
	ay_jw_array(w);
	for (size_t i = 0; i < bins.n; i++)
		pair(w, NULL, bins.counts[i], batch != NULL);
	ay_jw_array_end(w);
	pair(w, "above", bins.above, batch != NULL);
	pair(w, "missing", bins.missing, batch != NULL);
	return 0;
}

static void chart_of_values(struct ay_jw *w, const struct ay_values *ref, const struct ay_values *batch)
{
	struct ay_shown_values shown;

	ay_shown_values(ref, batch, &shown);
	ay_jw_key(w, "values");
	ay_jw_array(w);
	for (size_t i = 0; i < shown.n; i++) {
		ay_jw_object(w);
		label(w, shown.v[i].entry);
		pair(w, "counts", shown.v[i].counts, batch != NULL);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
	pair(w, "other", shown.other, batch != NULL);
	pair(w, "unseen", shown.unseen, batch != NULL);
	pair(w, "missing", shown.missing, batch != NULL);
}

int ay_describe_chart(struct ay_jw *w, const struct ay_profiled *ref, const struct ay_profiled *batch, size_t most)
{
	int rc = 0;

	ay_jw_object(w);
	if (ref->numeric)
		rc = chart_of_numbers(w, &ref->numbers, batch ? &batch->numbers : NULL, most);
	else
		chart_of_values(w, &ref->values, batch ? &batch->values : NULL);
	ay_jw_object_end(w);
	return rc;
}
