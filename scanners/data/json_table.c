/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/json_table.h"

#include <stdarg.h>

#include "assay/json.h"
#include "assay/text.h"
#include "base/siphash.h"
#include "scanners/data/block.h"
#include "scanners/data/json_flat.h"

#define UNKNOWN_LISTED 20
#define NO_COLUMN SIZE_MAX
#define NO_PLACE SIZE_MAX
#define ROW_BYTES ((size_t)(64 * KIB))    /* of a row that is taken at once */
#define TEXTS (2 * ROW_BYTES)             /* of rows that wait: there is room for another while half of it is free */

/* ---- names ---- */

static uint64_t hash_of(const char *name, size_t len)
{
	static const struct ay_sipkey key = {0x6a736f6e, 0x726f7773};
	uint64_t h[2];

	ay_siphash128(&key, name, len, h);
	return h[0];
}

static bool is_name(const char *have, const char *name, size_t len)
{
	return strncmp(have, name, len) == 0 && have[len] == 0;
}

size_t ay_json_names_find(const struct ay_json_names *n, const char *name, size_t len)
{
	if (!n->slot_count)
		return NO_COLUMN;
	for (size_t i = hash_of(name, len) & (n->slot_count - 1);; i = (i + 1) & (n->slot_count - 1)) {
		if (!n->slots[i])
			return NO_COLUMN;
		if (is_name(n->v[n->slots[i] - 1], name, len))
			return n->slots[i] - 1;
	}
}

static void put_slot(struct ay_json_names *n, size_t place)
{
	size_t i = hash_of(n->v[place], strlen(n->v[place])) & (n->slot_count - 1);

	while (n->slots[i])
		i = (i + 1) & (n->slot_count - 1);
	n->slots[i] = (uint32_t)place + 1;
}

/* Slots stay half empty. */
static int grow_names(struct ay_json_names *n)
{
	size_t room = n->room ? n->room * 2 : 32;
	char **v = room <= AY_LIMIT_CSV_COLUMNS ? ay_budget_realloc(n->budget, n->v, room * sizeof(*v)) : NULL;

	if (!v)
		return AY_ELIMIT;
	n->v = v;
	uint32_t *slots = ay_budget_realloc(n->budget, n->slots, room * 2 * sizeof(*slots));

	if (!slots)
		return AY_ELIMIT;
	n->slots = slots;
	n->room = room;
	n->slot_count = room * 2;
	for (size_t i = 0; i < n->slot_count; i++)
		slots[i] = 0;
	for (size_t i = 0; i < n->count; i++)
		put_slot(n, i);
	return 0;
}

int ay_json_names_add(struct ay_json_names *n, const char *name, size_t len)
{
	int rc = 0;

	if (ay_json_names_find(n, name, len) != NO_COLUMN)
		return 0;
	if (n->count == n->room)
		rc = grow_names(n);
	char *copy = rc ? NULL : ay_budget_alloc(n->budget, len + 1);

	if (!copy)
		return AY_ELIMIT;
	memcpy(copy, name, len);    /* own: room just made */
	copy[len] = 0;
	n->v[n->count] = copy;
	put_slot(n, n->count++);
	return 0;
}

/* Drops those that are in other too. */
static void drop_names(struct ay_json_names *n, const struct ay_json_names *other)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->count; i++) {
		if (ay_json_names_find(other, n->v[i], strlen(n->v[i])) == NO_COLUMN)
			n->v[kept++] = n->v[i];
		else
			ay_budget_free(n->budget, n->v[i]);
	}
	n->count = kept;
	for (size_t i = 0; i < n->slot_count; i++)
		n->slots[i] = 0;
	for (size_t i = 0; i < n->count; i++)
		put_slot(n, i);
}

void ay_json_names_free(struct ay_json_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		ay_budget_free(n->budget, n->v[i]);
	ay_budget_free(n->budget, n->v);
	ay_budget_free(n->budget, n->slots);
	*n = (struct ay_json_names){.budget = n->budget};
}

/* ---- rows ---- */

struct ay_json_table {
	struct ay_scan *scan;
	struct ay_budget *budget;
	struct ay_json_names *names;
	const struct ay_rows_sink *sink;
	bool lines, in_row, refused;
	bool open;                   /* the array around the rows */
	unsigned lists;              /* open arrays, and objects in them, of a row */
	struct ay_buf path;          /* of the key that came last */
	size_t parents[AY_LIMIT_JSON_DEPTH];    /* lengths of the paths of the open objects */
	unsigned depth;              /* open objects of the row */
	uint64_t row, row_off;
	struct ay_cell *cells;       /* of the row */
	size_t *places;              /* in text, of those cells; NO_PLACE: the cell's text stays */
	uint64_t *given;             /* of each column: the row that gave it last */
	size_t column;               /* that came last */
	struct ay_buf text;
	struct ay_json_names structs;    /* looking for names: those that are objects somewhere */
	unsigned unknown;
	struct ay_json_flat flat;
	struct ay_block waiting;     /* rows that are handed over together; without cells: rows go one by one */
	char *texts;                 /* theirs, TEXTS bytes */
	size_t texts_len;
};

static int refuse(struct ay_json_table *t, uint64_t off, const char *fmt, ...) AY_PRINTF(3, 4);
static int refuse(struct ay_json_table *t, uint64_t off, const char *fmt, ...)
{
	struct ay_finding f = {.rule = "json.row", .off = off, .row = t->row};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f.message, sizeof(f.message), fmt, ap);
	va_end(ap);
	ay_scan_find_full(t->scan, &f);
	t->refused = true;
	return AY_EFORMAT;
}

static void report_unknown(struct ay_json_table *t, const char *name, uint64_t off)
{
	struct ay_finding f = {.rule = "schema.columns", .off = off, .row = t->row, .column = name};
	char shown[64];

	if (t->unknown++ >= UNKNOWN_LISTED)
		return;
	snprintf(f.message, sizeof(f.message), "the schema has no column %s", ay_escape_str(shown, sizeof(shown), name));
	ay_scan_find_full(t->scan, &f);
}

/* A struct that is null as a whole has no columns of its own. */
static bool is_struct(const struct ay_json_table *t, const char *name, size_t len)
{
	for (size_t i = 0; i < t->names->count; i++)
		if (strncmp(t->names->v[i], name, len) == 0 && t->names->v[i][len] == '.')
			return true;
	return false;
}

/* The column of the path, most often the one behind the last; NO_COLUMN after its report. */
static size_t find_column(struct ay_json_table *t, bool null, uint64_t off)
{
	const char *name = ay_buf_str(&t->path);
	size_t len = t->path.len, next = t->column + 1 < t->names->count ? t->column + 1 : 0;

	if (t->names->count && is_name(t->names->v[next], name, len))
		return next;
	next = ay_json_names_find(t->names, name, len);
	if (next == NO_COLUMN && !t->names->among_others && !(null && is_struct(t, name, len)))
		report_unknown(t, name, off);
	return next;
}

static struct ay_cell cell_of(int event, const char *text, size_t len)
{
	struct ay_cell c = {.kind = AY_CELL_TEXT, .typed = true, .is = AY_VALUE_STRING, .text = text, .len = len};

	switch (event) {
	case AY_JSON_EV_NULL: return (struct ay_cell){.kind = AY_CELL_MISSING};
	case AY_JSON_EV_NUMBER: return ay_json_number_cell(text, len);
	case AY_JSON_EV_STRING: return c;
	case AY_JSON_EV_ARRAY: c.text = "[]"; c.len = 2; c.is = AY_VALUE_ANY; return c;
	default: return ay_json_bool_cell(event == AY_JSON_EV_TRUE);
	}
}

/* The text is the reader's and goes with its next event; what we say ourselves stays. */
static int keep_cell(struct ay_json_table *t, size_t column, const struct ay_cell *c, bool own)
{
	t->cells[column] = *c;
	t->places[column] = own || !c->text ? NO_PLACE : t->text.len;
	return t->places[column] == NO_PLACE ? 0 : ay_buf_add(&t->text, c->text, c->len);
}

static int take_value(struct ay_json_table *t, int event, const char *text, size_t len, uint64_t off)
{
	char shown[64];

	if (!t->sink)
		return ay_json_names_add(t->names, ay_buf_str(&t->path), t->path.len);
	size_t column = find_column(t, event == AY_JSON_EV_NULL, off);

	if (column == NO_COLUMN)
		return 0;
	if (t->given[column] == t->row)
		return refuse(t, off, "a row gives the column %s two values: \"a.b\" and b within a are the same column",
			      ay_escape_str(shown, sizeof(shown), t->names->v[column]));
	struct ay_cell c = cell_of(event, text, len);

	t->given[column] = t->row;
	t->column = column;
	return keep_cell(t, column, &c, event != AY_JSON_EV_NUMBER && event != AY_JSON_EV_STRING);
}

static int begin_row(struct ay_json_table *t, uint64_t off)
{
	t->in_row = true;
	t->row++;
	t->row_off = off;
	t->depth = 1;
	t->parents[0] = 0;
	t->column = NO_COLUMN;
	ay_buf_clear(&t->text);
	return 0;
}

/* ---- rows that wait ---- */

int ay_json_table_flush(struct ay_json_table *t)
{
	int rc = t->waiting.rows ? t->sink->rows(t->sink->arg, &t->waiting) : 0;

	t->waiting.rows = t->texts_len = 0;
	return rc;
}

/* For one more row, whose texts have at most so many bytes. */
static int make_room(struct ay_json_table *t, size_t texts)
{
	return t->waiting.rows == t->waiting.room || texts > TEXTS - t->texts_len ? ay_json_table_flush(t) : 0;
}

/* The row's cells lie in their places, and its texts behind the others. */
static void row_waits(struct ay_json_table *t, size_t texts)
{
	struct ay_block *w = &t->waiting;

	if (!w->rows)
		w->first = t->row;
	w->off[w->rows++] = t->row_off;
	t->texts_len += texts;
}

int ay_json_table_row(struct ay_json_table *t, const char *bytes, size_t len, uint64_t off, size_t *used_out)
{
	struct ay_block *w = &t->waiting;
	size_t most = len < ROW_BYTES ? len : ROW_BYTES;

	*used_out = 0;
	if (!w->own)
		return 0;
	int rc = make_room(t, most);
	size_t used = rc ? 0 : ay_json_flat_read(&t->flat, t->row + 1, bytes, most, t->texts + t->texts_len, w->own + w->rows, w->room);

	if (!used || (t->lines && used < len))
		return rc;
	memcpy(t->texts + t->texts_len, bytes, used);    /* own: room was made */
	t->row++;
	t->row_off = off;
	row_waits(t, used);
	*used_out = used;
	return 0;
}

/* Longer ones go by themselves. */
static int keep_row(struct ay_json_table *t)
{
	struct ay_block *w = &t->waiting;
	size_t n = t->names->count, len = t->text.len;
	int rc = make_room(t, len);

	if (rc || len > TEXTS)
		return rc ? rc : ay_rows_give(t->sink, t->row, t->cells, n);
	if (len)
		memcpy(t->texts + t->texts_len, t->text.data, len);    /* own: room was made */
	for (size_t i = 0; i < n; i++) {
		struct ay_cell *cell = &w->own[i * w->room + w->rows];

		*cell = t->cells[i];
		if (cell->kind != AY_CELL_MISSING && t->places[i] != NO_PLACE)
			cell->text = t->texts + t->texts_len + t->places[i];
	}
	row_waits(t, len);
	return 0;
}

static int wait_for_rows(struct ay_json_table *t)
{
	int rc = ay_json_flat_init(&t->flat, t->budget, t->names);

	t->texts = ay_budget_alloc(t->budget, TEXTS);
	if (!t->texts)
		return AY_ELIMIT;
	return rc ? rc : ay_block_init(&t->waiting, t->budget, t->names->count);
}

/* ---- rows by their events ---- */

static int end_row(struct ay_json_table *t)
{
	size_t n = t->names->count;

	t->in_row = false;
	if (!t->sink)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (t->given[i] != t->row)
			t->cells[i] = (struct ay_cell){.kind = AY_CELL_MISSING};
		else if (t->places[i] != NO_PLACE)
			t->cells[i].text = ay_buf_str(&t->text) + t->places[i];
	}
	return t->waiting.own ? keep_row(t) : ay_rows_give(t->sink, t->row, t->cells, n);
}

static int take_key(struct ay_json_table *t, const char *text, size_t len, uint64_t off)
{
	t->path.len = t->parents[t->depth - 1];
	if (t->path.len)
		ay_buf_addc(&t->path, '.');
	ay_buf_add(&t->path, text, len);
	if (len && memchr(text, 0, len))
		return refuse(t, off, "the name of a column has a zero byte");
	return t->path.err ? refuse(t, off, "the name of a column is longer than %d bytes", AY_LIMIT_PATH) : 0;
}

static int open_object(struct ay_json_table *t, uint64_t off)
{
	int rc = 0;

	if (!t->in_row)
		return begin_row(t, off);
	if (t->depth == AY_LIMIT_JSON_DEPTH)
		return AY_ELIMIT;
	t->parents[t->depth++] = t->path.len;
	if (!t->sink)
		rc = ay_json_names_add(&t->structs, ay_buf_str(&t->path), t->path.len);
	return rc;
}

int ay_json_table_event(struct ay_json_table *t, int event, const char *text, size_t len, uint64_t off)
{
	bool opens = event == AY_JSON_EV_ARRAY || event == AY_JSON_EV_OBJECT;

	if (t->lists) {
		t->lists += opens;
		t->lists -= event == AY_JSON_EV_ARRAY_END || event == AY_JSON_EV_OBJECT_END;
		return 0;
	}
	if (event == AY_JSON_EV_OBJECT)
		return open_object(t, off);
	if (event == AY_JSON_EV_OBJECT_END)
		return --t->depth ? 0 : end_row(t);
	if (t->in_row && event == AY_JSON_EV_KEY)
		return take_key(t, text, len, off);
	if (t->in_row) {
		t->lists = event == AY_JSON_EV_ARRAY;
		return take_value(t, event, text, len, off);
	}
	/* The array around the rows. */
	if (!t->lines && event == (t->open ? AY_JSON_EV_ARRAY_END : AY_JSON_EV_ARRAY)) {
		t->open = true;
		return 0;
	}
	t->row++;
	return refuse(t, off, "a row is not an object");
}

int ay_json_table_new(struct ay_scan *s, struct ay_json_names *names, bool lines, const struct ay_rows_sink *sink, struct ay_json_table **out)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct ay_json_table *t = *out = ay_budget_alloc(b, sizeof(*t));
	size_t n = names->count + 1;

	if (!t)
		return AY_ELIMIT;
	*t = (struct ay_json_table){.scan = s, .budget = b, .names = names, .sink = sink, .lines = lines, .path = ay_buf_new(AY_LIMIT_PATH),
				    .text = ay_buf_new(2 * AY_LIMIT_JSON_STRING), .structs = {.budget = b},
				    .flat = {.budget = b}, .waiting = {.budget = b}};
	t->cells = ay_budget_alloc(b, n * sizeof(*t->cells));
	t->places = ay_budget_alloc(b, n * sizeof(*t->places));
	t->given = ay_budget_alloc(b, n * sizeof(*t->given));
	if (!t->cells || !t->places || !t->given) {
		ay_json_table_free(t);
		*out = NULL;
		return AY_ELIMIT;
	}
	for (size_t i = 0; i < n; i++)
		t->given[i] = 0;
	int rc = sink && sink->columns ? sink->columns(sink->arg, (const char *const *)names->v, names->count) : 0;

	return !rc && sink && sink->rows ? wait_for_rows(t) : rc;
}

void ay_json_table_end(struct ay_json_table *t)
{
	if (!t->sink)
		drop_names(t->names, &t->structs);
}

const uint64_t *ay_json_table_off(const struct ay_json_table *t)
{
	return &t->row_off;
}

bool ay_json_table_refused(const struct ay_json_table *t)
{
	return t->refused;
}

void ay_json_table_free(struct ay_json_table *t)
{
	if (!t)
		return;
	ay_buf_free(&t->path);
	ay_buf_free(&t->text);
	ay_json_names_free(&t->structs);
	ay_json_flat_free(&t->flat);
	ay_block_free(&t->waiting);
	ay_budget_free(t->budget, t->texts);
	ay_budget_free(t->budget, t->cells);
	ay_budget_free(t->budget, t->places);
	ay_budget_free(t->budget, t->given);
	ay_budget_free(t->budget, t);
}
