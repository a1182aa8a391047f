/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/array_table.h"

#include <math.h>
#include <stdlib.h>

#include "assay/cursor.h"
#include "scanners/data/judge.h"
#include "scanners/data/schema.h"
#include "scanners/driver.h"

#define CHUNK (256 * KIB)     /* rows are read in pieces of about as much */
#define DIGITS 24

struct reading {
	const struct ay_array_table *table;
	const char **names;
	char (*numbers)[DIGITS];         /* of columns without names */
	struct ay_cell *cells;
	char (*digits)[DIGITS];          /* of integers beyond 64 bits with sign */
	uint64_t off;                    /* of the row at hand in the source */
};

bool ay_array_reads(uint8_t kind, uint64_t size)
{
	switch (kind) {
	case 'b': return size == 1;
	case 'i':
	case 'u': return size == 1 || size == 2 || size == 4 || size == 8;
	case 'f': return size == 2 || size == 4 || size == 8;
	default: return false;
	}
}

static uint64_t take_bits(struct ay_cursor *c, const struct ay_array_column *k)
{
	switch (k->size) {
	case 1: return ay_cursor_u8(c);
	case 2: return k->swap ? ay_cursor_be16(c) : ay_cursor_le16(c);
	case 4: return k->swap ? ay_cursor_be32(c) : ay_cursor_le32(c);
	default: return k->swap ? ay_cursor_be64(c) : ay_cursor_le64(c);
	}
}

/* Half precision: 5 bits of exponent, 10 of fraction. */
static double half(uint64_t bits)
{
	int exponent = (int)(bits >> 10 & 31);
	double fraction = (double)(bits & 1023), v;

	if (exponent == 31)
		v = fraction > 0 ? NAN : INFINITY;
	else
		v = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
	return bits >> 15 & 1 ? -v : v;
}

static double real(uint64_t bits, uint8_t size)
{
	union { uint32_t bits; float number; } single = {.bits = (uint32_t)bits};
	union { uint64_t bits; double number; } whole = {.bits = bits};

	return size == 2 ? half(bits) : size == 4 ? (double)single.number : whole.number;
}

static struct ay_cell cell_of(struct ay_cursor *c, const struct ay_array_column *k, char digits[DIGITS])
{
	uint64_t bits = take_bits(c, k);
	struct ay_cell cell = {.kind = AY_CELL_NUMBER, .typed = true, .is = AY_VALUE_INTEGER, .whole = true};

	if (k->kind == 'f')
		return (struct ay_cell){.kind = AY_CELL_NUMBER, .typed = true, .is = AY_VALUE_NUMBER, .number = real(bits, k->size)};
	if (k->kind == 'b')
		return (struct ay_cell){.kind = AY_CELL_TEXT, .typed = true, .is = AY_VALUE_BOOLEAN, .integer = bits != 0, .text = bits ? "true" : "false",
					.len = bits ? 4 : 5};
	if (k->kind == 'u' && bits > INT64_MAX) {
		cell.whole = false;
		cell.number = (double)bits;
		cell.len = (size_t)snprintf(digits, DIGITS, "%llu", (unsigned long long)bits);
		cell.text = digits;
		return cell;
	}
	/* The sign of shorter ones. */
	unsigned shift = 64 - 8u * k->size;

	cell.integer = k->kind == 'u' ? (int64_t)bits : (int64_t)(bits << shift) >> shift;
	cell.number = (double)cell.integer;
	return cell;
}

static int give_rows(struct reading *r, struct ay_cursor *c, uint64_t first, uint64_t rows, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	const struct ay_array_table *t = r->table;
	int rc = 0;

	for (uint64_t i = 0; rc == 0 && i < rows; i++) {
		struct ay_cursor row = ay_cursor_sub(c, t->stride);

		r->off = row.off;
		for (size_t k = 0; k < t->count; k++) {
			struct ay_cursor at = row;

			ay_cursor_skip(&at, t->columns[k].at);
			r->cells[k] = cell_of(&at, &t->columns[k], r->digits[k]);
			if (at.err)
				return at.err;
		}
		rc = ay_budget_tick(b);
		if (!rc)
			rc = ay_rows_give(sink, first + i + 1, r->cells, t->count);
	}
	return rc;
}

static int each(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	struct reading *r = arg;
	const struct ay_array_table *t = r->table;
	uint64_t at_once = t->stride < CHUNK ? CHUNK / t->stride : 1;
	struct ay_buf chunk = ay_buf_new((size_t)(at_once * t->stride));
	int rc = sink->columns ? sink->columns(sink->arg, r->names, t->count) : 0;

	for (uint64_t row = 0; rc == 0 && row < t->rows; row += at_once) {
		uint64_t n = t->rows - row < at_once ? t->rows - row : at_once;
		struct ay_cursor c;

		ay_buf_clear(&chunk);
		rc = ay_source_load(t->in, row * t->stride, (size_t)(n * t->stride), &chunk, &c);
		if (!rc)
			rc = give_rows(r, &c, row, n, b, sink);
	}
	ay_buf_free(&chunk);
	return rc;
}

static void name_columns(struct reading *r, const struct ay_schema *schema)
{
	const struct ay_array_table *t = r->table;

	for (size_t i = 0; i < t->count; i++) {
		snprintf(r->numbers[i], sizeof(r->numbers[i]), "%zu", i);
		r->names[i] = t->columns[i].name ? t->columns[i].name
			      : schema && schema->field_count == t->count ? schema->fields[i].name.text : r->numbers[i];
	}
}

static int judge(struct ay_scan *s, const struct ay_array_table *t, const struct ay_schema *schema)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct reading r = {.table = t};
	const struct ay_rows rows = {.arg = &r, .each = each, .off = &r.off};
	int rc = AY_ELIMIT;

	r.names = ay_budget_alloc(b, (t->count + 1) * sizeof(*r.names));
	r.numbers = ay_budget_alloc(b, (t->count + 1) * sizeof(*r.numbers));
	r.cells = ay_budget_alloc(b, (t->count + 1) * sizeof(*r.cells));
	r.digits = ay_budget_alloc(b, (t->count + 1) * sizeof(*r.digits));
	if (r.names && r.numbers && r.cells && r.digits) {
		name_columns(&r, schema);
		rc = ay_judge_rows(s, schema, &rows);
	}
	ay_budget_free(b, r.names);
	ay_budget_free(b, r.numbers);
	ay_budget_free(b, r.cells);
	ay_budget_free(b, r.digits);
	return rc;
}

/* A schema of one table is about an array of as many columns, or of names; others may lie beside the table. */
static bool fits(const struct ay_array_table *t, const struct ay_schema *whole, const struct ay_schema *schema)
{
	return whole->of == AY_SCHEMA_OF_FILES || schema->field_count == t->count || t->columns[0].name;
}

int ay_array_judge(struct ay_scan *s, struct ay_array_table *t)
{
	const struct ay_schema *schema;
	struct ay_schema *whole;
	int rc = ay_schema_peek(s, AY_SCHEMA_OF_TABLE, &whole, &schema);

	if (!rc && (ay_scan_options(s)->proposal || (schema && fits(t, whole, schema)))) {
		if (schema)
			ay_scan_schema_met(s);
		rc = judge(s, t, schema);
	}
	ay_schema_free(whole);
	return rc;
}
