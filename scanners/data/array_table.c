/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/array_table.h"

#include <math.h>
#include <stdarg.h>

#include "assay/cursor.h"
#include "assay/text.h"
#include "scanners/data/array_set.h"
#include "scanners/data/judge.h"
#include "scanners/data/schema.h"
#include "scanners/driver.h"

#define CHUNK (256 * KIB)     /* rows are read in pieces of about as much */
#define SPREAD (4 * MIB)      /* or, where each column is read by itself, of this */
#define MOST (32 * MIB)       /* or of this, where fewer rows are decompressed again and again */
#define FETCHED (32 * MIB)    /* all texts of a row that lie elsewhere */
#define DIGITS 24

struct reading {
	const struct ay_array_table *table;
	const char **names;
	char (*numbers)[DIGITS];         /* of columns without names */
	struct ay_cell *cells;
	char **texts;                    /* of each column: room for a value that is written out */
	char *text;
	struct ay_buf fetched;           /* the row's texts from elsewhere */
	uint8_t *chunk;
	size_t stride;                   /* bytes of a row, of all parts */
	uint64_t off;                    /* of the row at hand in the source */
};

bool ay_array_reads(const struct ay_array_column *k)
{
	switch (k->kind) {
	case 'b': return k->size == 1;
	case 'i':
	case 'u': return k->size == 1 || k->size == 2 || k->size == 4 || k->size == 8;
	case 'f': return k->size == 2 || k->size == 4 || k->size == 8;
	case 'M': return k->size == 8 && (k->unit == AY_ARRAY_DAYS || k->unit <= 9);
	case 'S': return k->size > 0 && k->size <= AY_ARRAY_TEXT;
	case 'U': return k->size > 0 && k->size <= AY_ARRAY_TEXT && k->size % 4 == 0;
	case 'O': return k->texts && k->size > 0;
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

static struct ay_cell whole_cell(uint64_t bits, const struct ay_array_column *k, char *digits)
{
	struct ay_cell cell = {.kind = AY_CELL_NUMBER, .typed = true, .is = AY_VALUE_INTEGER, .whole = true};

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

/* NumPy's least is "not a time". */
static struct ay_cell time_cell(int64_t v, unsigned unit)
{
	struct ay_cell cell = {.kind = AY_CELL_NUMBER, .typed = true};

	if (v == INT64_MIN)
		return (struct ay_cell){.kind = AY_CELL_MISSING};
	if (unit == AY_ARRAY_DAYS)
		ay_cell_put_whole(&cell, AY_VALUE_DATE, v);
	else
		ay_cell_put_clock(&cell, AY_VALUE_DATETIME, v, unit);
	return cell;
}

static struct ay_cell text_cell(const void *bytes, size_t len)
{
	const char *text = bytes ? bytes : "";

	len = bytes ? len : 0;
	while (len && text[len - 1] == 0)
		len--;
	return (struct ay_cell){.kind = AY_CELL_TEXT, .typed = true, .is = ay_utf8_check(text, len) == len ? AY_VALUE_STRING : AY_VALUE_ANY, .text = text, .len = len};
}

/* 0: it is none. */
static size_t put_utf8(uint32_t c, char *out)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(n == 1 ? c : (0xf00u >> n & 0xff) | c);
	return n;
}

/* Code points of four bytes. What is no text is the bytes. */
static struct ay_cell wide_cell(struct ay_cursor *c, const struct ay_array_column *k, char *text)
{
	struct ay_cursor bytes = *c;
	size_t len = 0, n = 1;

	for (uint32_t i = 0; n && i < k->size; i += 4)
		len += n = put_utf8(k->swap ? ay_cursor_be32(c) : ay_cursor_le32(c), text + len);
	if (n)
		return text_cell(text, len);
	struct ay_cell cell = text_cell(ay_cursor_take(&bytes, k->size), k->size);

	cell.is = AY_VALUE_ANY;
	return cell;
}

static struct ay_cell cell_of(struct ay_cursor *c, const struct ay_array_column *k, char *text)
{
	uint64_t bits;

	if (k->kind == 'S')
		return text_cell(ay_cursor_take(c, k->size), k->size);
	if (k->kind == 'U')
		return wide_cell(c, k, text);
	bits = take_bits(c, k);
	if (k->kind == 'f')
		return (struct ay_cell){.kind = AY_CELL_NUMBER, .typed = true, .is = AY_VALUE_NUMBER, .number = real(bits, (uint8_t)k->size)};
	if (k->kind == 'b')
		return (struct ay_cell){.kind = AY_CELL_TEXT, .typed = true, .is = AY_VALUE_BOOLEAN, .integer = bits != 0, .text = bits ? "true" : "false",
					.len = bits ? 4 : 5};
	return k->kind == 'M' ? time_cell((int64_t)bits, k->unit) : whole_cell(bits, k, text);
}

/* A text from elsewhere is kept, behind those before; the cell has its length. */
static int fetch(struct reading *r, size_t k, struct ay_cursor *place)
{
	const struct ay_array_texts *texts = r->table->columns[k].texts;
	struct ay_cursor text;
	int rc = texts->fetch(texts->arg, place, &text);

	r->cells[k] = (struct ay_cell){.len = text.left};
	return rc ? rc : ay_buf_add(&r->fetched, text.p, text.left);
}

/* All are there and stay where they are. */
static void place_fetched(struct reading *r)
{
	struct ay_cursor all = ay_cursor_of(r->fetched.data, r->fetched.len, 0);

	for (size_t k = 0; k < r->table->count; k++)
		if (r->table->columns[k].kind == 'O') {
			size_t len = r->cells[k].len;

			r->cells[k] = text_cell(ay_cursor_take(&all, len), len);
		}
}

/* Row i of the n that the chunk holds: each part's rows one behind the other. */
static int read_row(struct reading *r, uint64_t i, uint64_t n)
{
	const struct ay_array_table *t = r->table;
	struct ay_cursor chunk = ay_cursor_of(r->chunk, (size_t)n * r->stride, 0);
	int rc = 0;

	ay_buf_clear(&r->fetched);
	for (size_t p = 0; p < t->part_count; p++) {
		const struct ay_array_part *part = &t->parts[p];
		struct ay_cursor row = ay_cursor_sub(&chunk, (size_t)(n * part->stride));

		ay_cursor_skip(&row, i * part->stride);
		row = ay_cursor_sub(&row, (size_t)part->stride);
		for (size_t k = part->first; k < part->first + part->count; k++) {
			struct ay_cursor at = row;

			ay_cursor_skip(&at, t->columns[k].at);
			if (t->columns[k].kind == 'O')
				rc = fetch(r, k, &at);
			else
				r->cells[k] = cell_of(&at, &t->columns[k], r->texts[k]);
			if (rc || at.err)
				return rc ? rc : at.err;
		}
	}
	place_fetched(r);
	return 0;
}

static int load_rows(struct reading *r, uint64_t first, uint64_t n)
{
	const struct ay_array_table *t = r->table;
	uint8_t *to = r->chunk;
	int rc = 0;

	for (size_t p = 0; rc == 0 && p < t->part_count; p++) {
		const struct ay_array_part *part = &t->parts[p];

		rc = ay_source_read_full(part->in, part->off + first * part->stride, to, (size_t)(n * part->stride));
		to += n * part->stride;
	}
	return rc;
}

static int give_rows(struct reading *r, uint64_t first, uint64_t n, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	const struct ay_array_table *t = r->table;
	int rc = load_rows(r, first, n);

	for (uint64_t i = 0; rc == 0 && i < n; i++) {
		r->off = t->parts[0].off + (first + i) * t->parts[0].stride;
		rc = read_row(r, i, n);
		if (!rc)
			rc = ay_budget_tick(b);
		if (!rc)
			rc = ay_rows_give(sink, first + i + 1, r->cells, t->count);
	}
	return rc;
}

static uint64_t rows_at_once(const struct reading *r)
{
	uint64_t bytes = r->table->part_count > 1 ? SPREAD : CHUNK, rows = r->stride < bytes ? bytes / r->stride : 1;

	if (rows < r->table->at_least)
		rows = r->table->at_least < MOST / r->stride ? r->table->at_least : MOST / r->stride;
	return rows < r->table->rows ? rows : r->table->rows + !r->table->rows;
}

static int each(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	struct reading *r = arg;
	const struct ay_array_table *t = r->table;
	uint64_t at_once = rows_at_once(r);
	int rc = sink->columns ? sink->columns(sink->arg, r->names, t->count) : 0;

	for (uint64_t row = 0; rc == 0 && row < t->rows; row += at_once)
		rc = give_rows(r, row, t->rows - row < at_once ? t->rows - row : at_once, b, sink);
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

/* What each value that is written out may need. */
static size_t room_of(const struct ay_array_column *k)
{
	return k->kind == 'U' ? k->size : k->kind == 'u' ? DIGITS : 0;
}

static int prepare(struct reading *r, struct ay_budget *b)
{
	const struct ay_array_table *t = r->table;
	size_t room = 1, at = 0;

	for (size_t i = 0; i < t->part_count; i++)
		r->stride += (size_t)t->parts[i].stride;
	for (size_t i = 0; i < t->count; i++)
		room += room_of(&t->columns[i]);
	r->names = ay_budget_alloc(b, (t->count + 1) * sizeof(*r->names));
	r->numbers = ay_budget_alloc(b, (t->count + 1) * sizeof(*r->numbers));
	r->cells = ay_budget_alloc(b, (t->count + 1) * sizeof(*r->cells));
	r->texts = ay_budget_alloc(b, (t->count + 1) * sizeof(*r->texts));
	r->text = ay_budget_alloc(b, room);
	r->chunk = ay_budget_alloc(b, (size_t)(rows_at_once(r) * r->stride));
	if (!r->names || !r->numbers || !r->cells || !r->texts || !r->text || !r->chunk)
		return AY_ELIMIT;
	for (size_t i = 0; i < t->count; i++) {
		r->texts[i] = r->text + at;
		at += room_of(&t->columns[i]);
	}
	return 0;
}

int ay_array_judge_by(struct ay_scan *s, const struct ay_array_table *t, const struct ay_schema *schema)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct reading r = {.table = t, .fetched = ay_buf_new(FETCHED)};
	const struct ay_rows rows = {.arg = &r, .each = each, .by_row = true, .unordered = t->unordered, .off = t->in_file ? &r.off : NULL};
	int rc = prepare(&r, b);

	if (!rc) {
		name_columns(&r, schema);
		rc = ay_judge_rows(s, schema, &rows);
	} else {
		ay_scan_find(s, "limit.memory", AY_NO_OFFSET, "no memory left for the rows of an array");
	}
	ay_budget_free(b, r.names);
	ay_budget_free(b, r.numbers);
	ay_budget_free(b, r.cells);
	ay_budget_free(b, r.texts);
	ay_budget_free(b, r.text);
	ay_budget_free(b, r.chunk);
	ay_buf_free(&r.fetched);
	return rc;
}

/* A schema of one table is about an array of as many columns, or of names; others may lie beside the table. */
static bool fits(const struct ay_array_table *t, const struct ay_schema *whole, const struct ay_schema *schema)
{
	return whole->of == AY_SCHEMA_OF_FILES || schema->field_count == t->count || t->columns[0].name;
}

/* The set that the array at hand is a part of, or NULL. */
static struct ay_array_set *set_at_hand(struct ay_scan *s)
{
	struct ay_array_set *set = *ay_scan_arrays(s);

	return set && !ay_schema_names_member(s) ? set : NULL;
}

int ay_array_judge(struct ay_scan *s, struct ay_array_table *t)
{
	const struct ay_schema *schema;
	struct ay_array_set *set = set_at_hand(s);
	struct ay_schema *whole;

	if (set)
		return ay_array_set_add(set, t);
	int rc = ay_schema_peek(s, AY_SCHEMA_OF_TABLE, &whole, &schema);

	if (!rc && (ay_scan_options(s)->proposal || (schema && fits(t, whole, schema)))) {
		if (schema)
			ay_scan_schema_met(s);
		rc = ay_array_judge_by(s, t, schema);
	}
	ay_schema_free(whole);
	return rc;
}

void ay_array_refuse(struct ay_scan *s, const char *fmt, ...)
{
	struct ay_array_set *set = set_at_hand(s);
	char why[192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (set)
		ay_array_set_refuse(set, why);
}
