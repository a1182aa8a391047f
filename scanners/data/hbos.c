/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/outlier_model.h"

#include <math.h>

#define PSEUDO 0.5                        /* rows added to each bin: none is impossible */
#define RESOLUTION 32                     /* bins narrower than this part of the scale count as that wide: a single value is no density */
#define WIDTH_MAX 1e100

struct bin { double rows, width; };       /* width in parts of the resolution */

static struct bin bin_of_numbers(const struct ay_numbers *c, const struct ay_outlier_limits *l, size_t at)
{
	double unit = l->scale > 0 ? l->scale / RESOLUTION : 1, width;
	struct bin b = {.width = 1};

	if (at > c->edge_count) {
		b.rows = (double)c->null + (double)c->nan;
		return b;
	}
	b.rows = (double)c->counts[at] + (at == 0 ? (double)c->minus_infinity : at == c->edge_count ? (double)c->plus_infinity : 0);
	/* Halves: the width of the whole axis is not a double. */
	width = at && at < c->edge_count ? (c->edges[at] / 2 - c->edges[at - 1] / 2) / unit * 2 : l->range / unit;
	b.width = fmin(fmax(width, 1), WIDTH_MAX);
	return b;
}

static struct bin bin_of(const struct ay_profiled *c, const struct ay_outlier_limits *l, size_t at)
{
	const struct ay_values *v = &c->values;
	struct bin b = {.width = 1};

	if (c->numeric)
		return bin_of_numbers(&c->numbers, l, at);
	b.rows = at < v->used ? (double)v->entries[at].count : at == v->used ? (double)v->unseen : (double)v->null;
	return b;
}

static size_t bins_of(const struct ay_profiled *c)
{
	return (size_t)ay_profiled_missing(c) + 1;
}

static double rows_of(const struct ay_profiled *c)
{
	return (double)(c->numeric ? c->numbers.rows : c->values.rows);
}

/* less: rows of this bin that are left out. */
static double term_of(const struct ay_profiled *c, const struct ay_outlier_limits *l, size_t at, double less)
{
	struct bin b = bin_of(c, l, at);
	double all = rows_of(c) - less + PSEUDO * (double)bins_of(c);

	return log(b.width) - log((fmax(b.rows - less, 0) + PSEUDO) / fmax(all, PSEUDO));
}

static void fill(struct ay_hbos *h, const struct ay_reference *ref, const struct ay_outlier_limits *limits)
{
	size_t at = 0;

	for (size_t i = 0; i < ref->count; i++) {
		const struct ay_profiled *c = &ref->columns[i];
		double all = fmax(rows_of(c), 1);

		h->first[i] = at;
		h->usual[i] = 0;
		for (size_t k = 0; k < bins_of(c); k++) {
			double t = term_of(c, &limits[i], k, 0);

			h->term[at++] = (float)t;
			h->usual[i] += t * bin_of(c, &limits[i], k).rows / all;
		}
	}
}

int ay_hbos_new(const struct ay_reference *ref, const struct ay_outlier_limits *limits, struct ay_budget *b, struct ay_hbos **out)
{
	struct ay_hbos *h = *out = ay_budget_alloc(b, sizeof(*h));
	size_t bins = 0;

	if (!h)
		return AY_ELIMIT;
	for (size_t i = 0; i < ref->count; i++)
		bins += bins_of(&ref->columns[i]);
	*h = (struct ay_hbos){.budget = b, .width = ref->count};
	h->first = ay_budget_alloc(b, (ref->count + 1) * sizeof(*h->first));
	h->usual = ay_budget_alloc(b, (ref->count + 1) * sizeof(*h->usual));
	h->term = ay_budget_alloc(b, (bins + 1) * sizeof(*h->term));
	if (!h->first || !h->usual || !h->term) {
		ay_hbos_free(h);
		*out = NULL;
		return AY_ELIMIT;
	}
	fill(h, ref, limits);
	return 0;
}

double ay_hbos_score_without(const struct ay_reference *ref, const struct ay_outlier_limits *limits, const struct ay_placed *row)
{
	double sum = 0;

	for (size_t i = 0; i < ref->count; i++)
		sum += (double)(float)term_of(&ref->columns[i], &limits[i], row[i].at, 1);
	return sum;
}

void ay_hbos_shares(const struct ay_hbos *h, const struct ay_placed *row, double *share)
{
	for (size_t i = 0; i < h->width; i++)
		share[i] = (double)h->term[h->first[i] + row[i].at] - h->usual[i];
}

void ay_hbos_free(struct ay_hbos *h)
{
	if (!h)
		return;
	ay_budget_free(h->budget, h->first);
	ay_budget_free(h->budget, h->usual);
	ay_budget_free(h->budget, h->term);
	ay_budget_free(h->budget, h);
}
