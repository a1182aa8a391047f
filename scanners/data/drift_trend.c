/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/drift_trend.h"

#include <math.h>

#include "scanners/data/stat_test.h"

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

static void add(struct ay_trend *t, double variance, uint64_t ref_rows, double x, uint64_t rows, size_t k)
{
	double m = (double)rows, at = (double)k;

	t->variance = variance;
	t->ref_rows = (double)ref_rows;
	t->mk += m * at;
	t->mkk += m * at * at;
	t->mkx += m * at * x;
	t->mxx += m * x * x;
	t->batches += rows > 0;
}

/* Of a row's place, whose order within its bin is not known. */
static double variance_of_place(const struct ay_numbers *ref)
{
	double cubes = 0;

	for (size_t i = 0; i < ay_numbers_bins(ref); i++) {
		double p = share(ref->counts[i], ref->moments.n);

		cubes += p * p * p;
	}
	return (1 - cubes) / 12;
}

/* That the reference has none of a kind does not say that there are none: Laplace's rule. */
static void add_share(struct ay_trend *t, uint64_t ref_part, uint64_t ref_rows, uint64_t part, uint64_t rows, size_t k)
{
	double q = ((double)ref_part + 1) / ((double)ref_rows + 2);

	add(t, q * (1 - q), ref_rows, rows ? share(part, rows) - share(ref_part, ref_rows) : 0, rows, k);
}

size_t ay_trend_add_numbers(struct ay_trend *t, const struct ay_numbers *ref, const struct ay_numbers *batch, size_t k)
{
	add(&t[AY_TREND_PLACE], variance_of_place(ref), ref->moments.n, ay_trend_place(ref, batch), ref->moments.n ? batch->moments.n : 0, k);
	add_share(&t[1], ref->rows - ref->moments.n, ref->rows, batch->rows - batch->moments.n, batch->rows, k);
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

size_t ay_trend_add_values(struct ay_trend *t, const struct ay_values *ref, const struct ay_values *batch, size_t k)
{
	size_t at[FREQUENT], n = ref->crowded ? 0 : frequent(ref, at);
	uint64_t once = 0;

	/* What the reference has once would be unseen had that row been in the batch instead. */
	for (size_t i = 0; i < ref->used; i++)
		once += ref->entries[i].count == 1;
	add_share(&t[0], ref->null, ref->rows, batch->null, batch->rows, k);
	add_share(&t[1], ref->crowded ? 0 : once, ref->rows, ref->crowded ? 0 : batch->unseen, batch->rows, k);
	for (size_t i = 0; i < n; i++)
		add_share(&t[i + 2], ref->entries[at[i]].count, ref->rows, ay_values_count(batch, &ref->entries[at[i]]), batch->rows, k);
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

static void judge(const struct ay_trend *t, size_t last, struct ay_trend_result *r)
{
	*r = (struct ay_trend_result){.p = 1, .adjusted = 1};
	if (t->batches < AY_TREND_LEAST || !(t->mxx > 0))
		return;
	double slope = t->mkx / t->mkk, scatter = (t->mxx - slope * t->mkx) / (double)(t->batches - 1);
	double noise = sqrt(fmax(t->variance, scatter) * t->mkk + t->variance * t->mk * t->mk / t->ref_rows);
	double size = fmax(fabs(t->mkx) - (double)last / 2, 0);  /* half a row of the last batch: shares go by whole ones */

	r->tested = true;
	r->end = slope * (double)last;
	r->z = size > 0 ? size / noise : 0;
	r->p = 2 * ay_stat_normal_sf(r->z);
}

int ay_trend_judge(struct ay_budget *b, const struct ay_trend *t, size_t n, size_t last, double alpha, const double *floors,
		   struct ay_trend_result *results, size_t *found)
{
	double *p = ay_budget_alloc(b, (n + 1) * sizeof(*p));
	size_t tests = 0;
	int rc = !p ? AY_ELIMIT : alpha > 0 && alpha < 1 ? 0 : AY_EUSAGE;

	*found = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		judge(&t[i], last, &results[i]);
		if (results[i].tested)
			p[tests++] = results[i].p;
	}
	if (!rc)
		rc = ay_stat_holm(b, p, tests, p);
	tests = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct ay_trend_result *r = &results[i];

		if (!r->tested)
			continue;
		r->adjusted = p[tests++];
		r->found = r->adjusted < alpha && fabs(r->end) > floors[i];
		*found += r->found;
	}
	ay_budget_free(b, p);
	return rc;
}
