/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/outlier_model.h"

#include <math.h>

#define PSEUDO 0.5                        /* rows added to each bin: none is impossible */
#define ROWS_MIN 8                        /* of the reference: fewer do not tell a density, and neighbouring bins count as one */
#define RESOLUTION 32                     /* bins narrower than this part of the scale count as that wide: a single value is no density */
#define WIDTH_MAX 1e100

static double unit_of(const struct ay_outlier_limits *l)
{
	return l->scale > 0 ? l->scale / RESOLUTION : 1;
}

/* The inner bins first..last as one. */
static void join(const struct ay_numbers *c, const struct ay_outlier_limits *l, size_t first, size_t last, struct ay_hbos_bin *out)
{
	struct ay_hbos_bin b = {.rows = 0};

	for (size_t i = first; i <= last; i++)
		b.rows += (double)c->counts[i];
	/* Halves: the width of the whole axis is not a double. */
	b.width = fmin(fmax((c->edges[last] / 2 - c->edges[first - 1] / 2) / unit_of(l) * 2, 1), WIDTH_MAX);
	for (size_t i = first; i <= last; i++)
		out[i] = b;
}

static void read_numbers(const struct ay_numbers *c, const struct ay_outlier_limits *l, struct ay_hbos_bin *out)
{
	double beyond = fmin(fmax(l->range / unit_of(l), 1), WIDTH_MAX);
	size_t first = 1, before = 1;
	uint64_t rows = 0;

	out[0] = (struct ay_hbos_bin){.rows = (double)c->counts[0] + (double)c->minus_infinity, .width = beyond};
	out[c->edge_count] = (struct ay_hbos_bin){.rows = (double)c->counts[c->edge_count] + (double)c->plus_infinity, .width = beyond};
	out[c->edge_count + 1] = (struct ay_hbos_bin){.rows = (double)c->null + (double)c->nan, .width = 1};
	for (size_t i = 1; i < c->edge_count; i++) {
		rows += c->counts[i];
		if (rows < ROWS_MIN)
			continue;
		join(c, l, first, i, out);
		before = first;
		first = i + 1;
		rows = 0;
	}
	if (first < c->edge_count)              /* what is left is too little: with the ones before */
		join(c, l, before, c->edge_count - 1, out);
}

static void read_values(const struct ay_values *c, struct ay_hbos_bin *out)
{
	for (size_t i = 0; i < c->used; i++)
		out[i] = (struct ay_hbos_bin){.rows = (double)c->entries[i].count, .width = 1};
	out[c->used] = (struct ay_hbos_bin){.rows = (double)c->unseen, .width = 1};
	out[c->used + 1] = (struct ay_hbos_bin){.rows = (double)c->null, .width = 1};
}

static double rows_of(const struct ay_profiled *c)
{
	return (double)(c->numeric ? c->numbers.rows : c->values.rows);
}

/* less: rows of this bin that are left out. */
static double term_of(const struct ay_profiled *c, const struct ay_hbos_bin *b, double less)
{
	double all = rows_of(c) - less + PSEUDO * (double)(ay_profiled_missing(c) + 1);

	return log(b->width) - log((fmax(b->rows - less, 0) + PSEUDO) / fmax(all, PSEUDO));
}

/* Is the value that of one sampled row alone? Then none of the others reaches so far. */
static bool is_lone(const struct ay_outlier_rows *rows, size_t column, double v)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->count && n < 2; i++)
		n += ay_outlier_rows_at(rows, i)[column].number == v;
	return n == 1;
}

static void fill(struct ay_hbos *h, const struct ay_reference *ref, const struct ay_outlier_limits *limits, const struct ay_outlier_rows *rows)
{
	for (size_t i = 0; i < ref->count; i++) {
		const struct ay_profiled *c = &ref->columns[i];
		struct ay_hbos_bin *bins = h->bin + h->first[i];

		if (c->numeric)
			read_numbers(&c->numbers, &limits[i], bins);
		else
			read_values(&c->values, bins);
		h->lone_least[i] = c->numeric && is_lone(rows, i, c->numbers.min);
		h->lone_greatest[i] = c->numeric && is_lone(rows, i, c->numbers.max);
		h->usual[i] = 0;
		for (size_t k = 0; k <= ay_profiled_missing(c); k++)
			h->term[h->first[i] + k] = (float)term_of(c, &bins[k], 0);
		/* Of the sampled rows: joined bins share their rows. */
		for (size_t r = 0; r < rows->count; r++)
			h->usual[i] += (double)h->term[h->first[i] + ay_outlier_rows_at(rows, r)[i].at] / (double)rows->count;
	}
}

int ay_hbos_new(const struct ay_reference *ref, const struct ay_outlier_limits *limits, const struct ay_outlier_rows *rows, struct ay_budget *b,
		struct ay_hbos **out)
{
	struct ay_hbos *h = *out = ay_budget_alloc(b, sizeof(*h));
	size_t n = ref->count + 1, bins = 0;

	if (!h)
		return AY_ELIMIT;
	*h = (struct ay_hbos){.budget = b, .width = ref->count};
	h->first = ay_budget_alloc(b, n * sizeof(*h->first));
	h->usual = ay_budget_alloc(b, n * sizeof(*h->usual));
	h->lone_least = ay_budget_alloc(b, n * sizeof(*h->lone_least));
	h->lone_greatest = ay_budget_alloc(b, n * sizeof(*h->lone_greatest));
	for (size_t i = 0; h->first && i < ref->count; i++) {
		h->first[i] = bins;
		bins += (size_t)ay_profiled_missing(&ref->columns[i]) + 1;
	}
	h->term = ay_budget_alloc(b, (bins + 1) * sizeof(*h->term));
	h->bin = ay_budget_alloc(b, (bins + 1) * sizeof(*h->bin));
	if (!h->first || !h->usual || !h->lone_least || !h->lone_greatest || !h->term || !h->bin) {
		ay_hbos_free(h);
		*out = NULL;
		return AY_ELIMIT;
	}
	fill(h, ref, limits, rows);
	return 0;
}

double ay_hbos_score_without(const struct ay_hbos *h, const struct ay_reference *ref, const struct ay_placed *row)
{
	double sum = 0;

	for (size_t i = 0; i < ref->count; i++) {
		const struct ay_profiled *c = &ref->columns[i];
		const struct ay_hbos_bin *bins = h->bin + h->first[i];

		/* Without the row that reaches furthest, it lies beyond the others. */
		if (h->lone_least[i] && row[i].number == c->numbers.min)
			sum += (double)(float)term_of(c, &bins[0], 0);
		else if (h->lone_greatest[i] && row[i].number == c->numbers.max)
			sum += (double)(float)term_of(c, &bins[c->numbers.edge_count], 0);
		else
			sum += (double)(float)term_of(c, &bins[row[i].at], 1);
	}
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
	ay_budget_free(h->budget, h->lone_least);
	ay_budget_free(h->budget, h->lone_greatest);
	ay_budget_free(h->budget, h->bin);
	ay_budget_free(h->budget, h->term);
	ay_budget_free(h->budget, h);
}
