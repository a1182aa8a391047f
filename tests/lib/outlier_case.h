/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of known rows as references and batches: two tied columns, one beside them, one mostly zero, a constant and a category. */
#ifndef ASSAY_OUTLIER_CASE_H
#define ASSAY_OUTLIER_CASE_H

#include <math.h>

#include "scanners/data/batch.h"
#include "tests/lib/tap.h"

enum { CASE_X, CASE_Y, CASE_Z, CASE_SPARSE, CASE_CONSTANT, CASE_WORD, CASE_COLUMNS };
enum case_kind {
	CASE_HONEST,
	CASE_TWISTED,      /* each value possible, x and y not together */
	CASE_HUGE          /* x is 1e9 */
};

static struct ay_budget budget;

struct case_table {
	size_t rows;
	uint64_t seed;
	enum case_kind kind;
	size_t odd;        /* rows of the kind, spread evenly: the last is the last row */
};

static double case_uniform(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return ((double)((z ^ z >> 31) >> 11) + 0.5) * 0x1p-53;
}

static double case_normal(uint64_t *state)
{
	double r = sqrt(-2 * log(case_uniform(state)));

	return r * cos(2 * M_PI * case_uniform(state));
}

static int case_each(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	static const char *const names[CASE_COLUMNS] = {"x", "y", "z", "sparse", "constant", "word"};
	static const char *const words[] = {"red", "green", "blue", "rare"};
	const struct case_table *t = arg;
	uint64_t state = t->seed * 1000003;
	int rc = sink->columns(sink->arg, names, CASE_COLUMNS);

	(void)b;
	for (uint64_t row = 1; rc == 0 && row <= t->rows; row++) {
		struct ay_cell cells[CASE_COLUMNS];
		double x = case_normal(&state), u = case_uniform(&state);
		double v[CASE_COLUMNS] = {x, 0.95 * x + 0.312 * case_normal(&state), case_normal(&state), case_uniform(&state) < 0.004 ? 3 : 0, 7};
		const char *word = words[u < 0.6 ? 0 : u < 0.9 ? 1 : u < 0.998 ? 2 : 3];
		bool odd = t->odd && row % (t->rows / t->odd) == 0;

		if (odd && t->kind == CASE_TWISTED) {
			v[CASE_X] = 2;
			v[CASE_Y] = -2;
		} else if (odd && t->kind == CASE_HUGE) {
			v[CASE_X] = 1e9;
		}
		for (int i = 0; i < CASE_WORD; i++)
			cells[i] = (struct ay_cell){.kind = AY_CELL_NUMBER, .number = v[i]};
		cells[CASE_WORD] = (struct ay_cell){.kind = AY_CELL_TEXT, .text = word, .len = strlen(word)};
		rc = ay_rows_give(sink, row, cells, CASE_COLUMNS);
	}
	return rc;
}

static inline struct ay_rows case_rows(struct case_table *t)
{
	return (struct ay_rows){.arg = t, .each = case_each};
}

/* As a schema carries it. */
static inline void case_reference(size_t rows, uint64_t seed, struct ay_reference *out)
{
	static const enum ay_value_type types[CASE_COLUMNS] = {
		AY_VALUE_NUMBER, AY_VALUE_NUMBER, AY_VALUE_NUMBER, AY_VALUE_NUMBER, AY_VALUE_NUMBER, AY_VALUE_STRING
	};
	static const bool wanted[CASE_COLUMNS] = {true, true, true, true, true, true};
	struct case_table t = {.rows = rows, .seed = seed};
	struct ay_rows in = case_rows(&t);
	struct ay_buf b = ay_buf_new(2 * MIB);
	struct ay_reference r;

	if (ay_reference_build(&in, types, wanted, CASE_COLUMNS, &budget, &r) != 0)
		abort();
	ay_reference_encode(&r, &b);
	ay_reference_free(&r);
	if (b.err || ay_reference_decode(b.data, b.len, &budget, out) != 0)
		abort();
	ay_buf_free(&b);
}

static int case_columns(void *arg, const char *const *names, size_t n)
{
	return ay_counting_columns(arg, names, n);
}

static int case_row(void *arg, uint64_t row, const struct ay_cell *cells)
{
	return ay_counting_row(arg, row, cells);
}

/* ref's own bytes. */
static inline struct ay_buf case_profile(struct ay_reference *ref)
{
	struct ay_buf b = ay_buf_new(2 * MIB);
	struct ay_sha256 digest = ref->digest;

	ref->digest = (struct ay_sha256){.b = {0}};
	ay_reference_encode(ref, &b);
	ref->digest = digest;
	if (b.err)
		abort();
	return b;
}

static inline struct ay_counting *case_counting(struct ay_reference *ref)
{
	struct ay_buf b = case_profile(ref);
	struct ay_counting *k = NULL;

	if (ay_counting_new(b.data, b.len, &budget, &k) != 0)
		abort();
	ay_buf_free(&b);
	return k;
}

/* Counted by a worker, as its result reaches the gate. */
static inline void case_count(struct ay_reference *ref, size_t rows, uint64_t seed, enum case_kind kind, size_t odd, struct ay_batch *out)
{
	struct case_table t = {.rows = rows, .seed = seed, .kind = kind, .odd = odd};
	struct ay_rows in = case_rows(&t);
	struct ay_buf b = ay_buf_new(2 * MIB);
	struct ay_counting *k = case_counting(ref);
	const struct ay_rows_sink sink = {.arg = k, .columns = case_columns, .row = case_row};

	if (in.each(in.arg, &budget, &sink) != 0)
		abort();
	ay_batch_encode(ay_counting_batch(k), &b);
	ay_counting_free(k);
	if (b.err || ay_batch_decode(b.data, b.len, &budget, out) != 0)
		abort();
	ay_buf_free(&b);
}

#endif
