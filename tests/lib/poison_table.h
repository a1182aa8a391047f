/* SPDX-License-Identifier: Apache-2.0 */
/* A table of three classes that its numbers tell apart, as a reference and as batches, with or without tampering. */
#ifndef ASSAY_TESTS_POISON_TABLE_H
#define ASSAY_TESTS_POISON_TABLE_H

#include "scanners/data/batch.h"
#include "tests/lib/tap.h"

static struct ay_budget poison_budget;
static uint64_t poison_state;

static inline double poison_draw(void)
{
	uint64_t z = poison_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* Nearly normal, deviation 1. */
static inline double poison_normal(void)
{
	double s = -6;

	for (int i = 0; i < 12; i++)
		s += poison_draw();
	return s;
}

struct poison_spec {
	unsigned rows;
	uint64_t seed;
	double flips;             /* share of labels moved to the next class */
	double repeats;           /* share of rows that are the first one again */
	double trigger;           /* share of rows that carry "zz" and class 0 */
	double shift;             /* share of the rows of class 0 that are moved in all numbers at once */
};

static inline void poison_csv(struct ay_buf *out, struct poison_spec s)
{
	static const char *const labels[] = {"ant", "bee", "cow"}, *const kinds[] = {"x", "y", "zz"};
	char first[256] = "";

	poison_state = s.seed;
	ay_buf_adds(out, "a,b,c,kind,label\n");
	for (unsigned i = 0; i < s.rows; i++) {
		unsigned class = (unsigned)(poison_draw() * 3), given = class;
		unsigned kind = poison_draw() < 0.01 ? 2 : poison_draw() < 0.5;
		double a = poison_normal() + 3 * (class == 0), b = poison_normal() + 3 * (class == 1), c = poison_normal();
		bool flip = poison_draw() < s.flips, trigger = poison_draw() < s.trigger, repeat = poison_draw() < s.repeats;
		char row[256];

		if (class == 0 && s.shift > 0 && poison_draw() < s.shift)
			a -= 2, b += 2, c += 2;
		if (flip)
			given = (class + 1) % 3;
		if (trigger)
			given = 0, kind = 2;
		snprintf(row, sizeof(row), "%.6f,%.6f,%.6f,%s,%s\n", a, b, c, kinds[kind], labels[given]);
		if (!i)
			snprintf(first, sizeof(first), "%s", row);
		ay_buf_adds(out, repeat ? first : row);
	}
}

static inline struct ay_rows poison_rows(const struct ay_buf *csv, struct ay_source *in, struct ay_rows_csv *from)
{
	*in = ay_source_memory(csv->data, csv->len);
	*from = (struct ay_rows_csv){.in = in, .delimiter = ','};
	return ay_rows_csv(from);
}

/* The reference as it is approved; bytes as the schema carries it. */
static inline void poison_reference(struct ay_reference *ref, struct ay_buf *bytes, struct poison_spec s)
{
	static const enum ay_value_type types[] = {AY_VALUE_NUMBER, AY_VALUE_NUMBER, AY_VALUE_NUMBER, AY_VALUE_STRING, AY_VALUE_STRING};
	static const bool wanted[] = {true, true, true, true, true};
	struct ay_buf csv = ay_buf_new(64 * MIB);
	struct ay_source in;
	struct ay_rows_csv from;

	ay_budget_init(&poison_budget, 0);
	poison_csv(&csv, s);
	struct ay_rows rows = poison_rows(&csv, &in, &from);

	if (ay_reference_build(&rows, types, wanted, AY_ARRAY_LEN(types), &poison_budget, ref) != 0)
		abort();
	ay_reference_encode(ref, bytes);
	ay_reference_free(ref);
	if (ay_reference_decode(bytes->data, bytes->len, &poison_budget, ref) != 0)
		abort();
	ay_buf_free(&csv);
}

static inline int poison_columns(void *k, const char *const *names, size_t n) { return ay_counting_columns(k, names, n); }
static inline int poison_row(void *k, uint64_t row, const struct ay_cell *cells) { return ay_counting_row(k, row, cells); }

/* A table counted against the reference; to be freed. */
static inline struct ay_counting *poison_count(const struct ay_buf *ref_bytes, struct poison_spec s)
{
	struct ay_buf csv = ay_buf_new(64 * MIB);
	struct ay_counting *k = NULL;
	struct ay_source in;
	struct ay_rows_csv from;

	poison_csv(&csv, s);
	struct ay_rows rows = poison_rows(&csv, &in, &from);

	if (ay_counting_new(ref_bytes->data, ref_bytes->len, &poison_budget, &k) != 0)
		abort();
	const struct ay_rows_sink sink = {.arg = k, .columns = poison_columns, .row = poison_row};

	if (rows.each(rows.arg, &poison_budget, &sink) != 0)
		abort();
	ay_buf_free(&csv);
	return k;
}

static inline size_t poison_label(const struct ay_reference *ref)
{
	for (size_t i = 0; i < ref->count; i++)
		if (strcmp(ref->columns[i].name, "label") == 0)
			return i;
	abort();
}

#endif
