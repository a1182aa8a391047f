/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/drift_trend.h"

#include <math.h>
#include <stdlib.h>

#define FREQUENT (AY_TREND_SERIES - 2)   /* values of the reference that have a series each */

/* ---- numbers of one batch ---- */

double ay_trend_place(const struct ay_numbers *ref, const struct ay_numbers *batch)
{
	double below = 0, pairs = 0, n = (double)ref->moments.n, m = (double)batch->moments.n;

	if (!ref->moments.n || !batch->moments.n)
		return 0;
	/* Within a bin the order is not known: half of the pairs count, as for equal numbers. */
	for (size_t i = 0; i < ay_numbers_bins(ref); i++) {
		pairs += (double)batch->counts[i] / m * (below + (double)ref->counts[i] / 2);
		below += (double)ref->counts[i];
	}
	return pairs / n - 0.5;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

size_t ay_trend_of_numbers(const struct ay_numbers *ref, const struct ay_numbers *batch, double *out)
{
	out[0] = ay_trend_place(ref, batch);
	out[1] = !batch->rows ? 0 : share(batch->rows - batch->moments.n, batch->rows) - share(ref->rows - ref->moments.n, ref->rows);
	return 2;
}

/* The most frequent entries of the reference; ties by their place, so that all batches agree. */
static size_t frequent(const struct ay_values *ref, size_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < ref->used; i++) {
		size_t at = n;

		while (at && ref->entries[out[at - 1]].count < ref->entries[i].count)
			at--;
		if (at == FREQUENT)
			continue;
		n += n < FREQUENT;
		for (size_t k = n - 1; k > at; k--)
			out[k] = out[k - 1];
		out[at] = i;
	}
	return n;
}

size_t ay_trend_of_values(const struct ay_values *ref, const struct ay_values *batch, double *out)
{
	size_t at[FREQUENT], n = ref->crowded ? 0 : frequent(ref, at);
	uint64_t once = 0;

	if (!batch->rows) {
		for (size_t i = 0; i < n + 2; i++)
			out[i] = 0;
		return n + 2;
	}
	/* What the reference has once would be unseen had that row been in the batch instead. */
	for (size_t i = 0; i < ref->used; i++)
		once += ref->entries[i].count == 1;
	out[0] = share(batch->null, batch->rows) - share(ref->null, ref->rows);
	out[1] = ref->crowded ? 0 : share(batch->unseen, batch->rows) - share(once, ref->rows);
	for (size_t i = 0; i < n; i++)
		out[i + 2] = share(ay_values_count(batch, &ref->entries[at[i]]), batch->rows) - share(ref->entries[at[i]].count, ref->rows);
	return n + 2;
}

const char *ay_trend_name(bool numeric, size_t series)
{
	static const char *const numbers[] = {"its place by rank", "the share of missing numbers"};
	static const char *const values[] = {
		"the share of missing values", "the share of unseen values", "the share of its most frequent value", "the share of its 2nd value",
		"the share of its 3rd value", "the share of its 4th value", "the share of its 5th value", "the share of its 6th value",
		"the share of its 7th value", "the share of its 8th value"
	};

	_Static_assert(AY_ARRAY_LEN(values) == AY_TREND_SERIES, "a name for each series");
	return numeric ? numbers[series % AY_ARRAY_LEN(numbers)] : values[series % AY_ARRAY_LEN(values)];
}

/* ---- series ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;    /* own: slopes or places */

	return x < y ? -1 : x > y;
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* The line of Theil and Sen: median of all slopes, and through the median of what they leave. */
static int line(struct ay_budget *b, const double *v, size_t k, struct ay_trend_result *r)
{
	double *work = ay_budget_alloc(b, k * (k - 1) / 2 * sizeof(*work));
	size_t n = 0;

	if (!work)
		return AY_ELIMIT;
	for (size_t i = 0; i < k; i++)
		for (size_t j = i + 1; j < k; j++)
			work[n++] = (v[j] - v[i]) / (double)(j - i);
	double slope = median(work, n);

	for (size_t i = 0; i < k; i++)
		work[i] = v[i] - slope * (double)i;
	r->change = slope * (double)(k - 1);
	r->end = median(work, k) + r->change;
	ay_budget_free(b, work);
	return 0;
}

/* A series that is one and the same number has no order to test. */
static bool varies(const double *v, size_t k)
{
	for (size_t i = 1; i < k; i++)
		if (v[i] != v[0])
			return true;
	return false;
}

int ay_trend_judge(struct ay_budget *b, const double *v, size_t n, size_t k, double alpha, double floor, struct ay_trend_result *results,
		   size_t *found)
{
	double *p = ay_budget_alloc(b, (n + 1) * sizeof(*p));
	size_t tests = 0;
	int rc = !p ? AY_ELIMIT : alpha > 0 && alpha < 1 && k >= AY_TREND_LEAST && k <= AY_STAT_TREND_MAX ? 0 : AY_EUSAGE;

	*found = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		results[i] = (struct ay_trend_result){.adjusted = 1};
		ay_stat_mann_kendall(b, v + i * k, k, &results[i].test);
		results[i].tested = !results[i].test.why && varies(v + i * k, k);
		if (results[i].tested)
			p[tests++] = results[i].test.p;
		rc = line(b, v + i * k, k, &results[i]);
	}
	if (!rc)
		rc = ay_stat_holm(b, p, tests, p);
	tests = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct ay_trend_result *r = &results[i];

		if (!r->tested)
			continue;
		r->adjusted = p[tests++];
		r->found = r->adjusted < alpha && fabs(r->change) > floor && fabs(r->end) > floor && (r->change > 0) == (r->end > 0);
		*found += r->found;
	}
	ay_budget_free(b, p);
	return rc;
}
