/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/pieces.h"

#include <inttypes.h>

#include "assay/error.h"

#define SCRATCH 64            /* bytes of a number written out */
#define NO_COLUMN SIZE_MAX
#define NO_ROOM 1             /* until rows are let go */

enum tag { MISSING, WHOLE, REAL, BYTES };

/* One column of the table, and its values of the rows that are kept. */
struct column {
	char *name;
	struct ay_column of;
	char scratch[SCRATCH];
	uint8_t *tags;
	uint64_t *values;            /* bits, or where the text begins in the arena */
	size_t used, room;
};

struct ay_pieces {
	struct ay_budget *budget;
	struct ay_sipkey key;
	const struct ay_rows_sink *sink;
	struct column *columns;
	size_t count, room;
	size_t *place;               /* of each column of the file */
	size_t places, place_room;
	size_t index;                /* in the file, of the column that came last */
	struct ay_cell *cells;
	bool named;
	/* The part at hand. */
	struct column *now;          /* NULL: its values are not handed over */
	uint64_t before;             /* rows of the parts before */
	uint64_t row;                /* in the part, of the value that came last; from 1 */
	uint64_t rows;               /* that its first column had */
	uint64_t *kept;              /* their rows in the part */
	size_t kept_used, kept_room;
	const struct column *first;  /* the column that says which rows there are */
	uint64_t below;              /* rows with a smaller hash are kept */
	size_t cell_count;
	uint8_t *text;
	size_t text_used, text_room;
	uint64_t left_out;
};

/* ---- cells ---- */


/* Beyond what a double holds exactly, the digits are read as those of a text would be. */
static double scaled(int64_t v, unsigned scale, char *scratch)
{
	static const double tens[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
	};
	struct ay_value parsed;

	if (v <= (1ll << 53) && v >= -(1ll << 53) && scale < AY_ARRAY_LEN(tens))
		return (double)v / tens[scale];
	int n = snprintf(scratch, SCRATCH, "%" PRId64 "e-%u", v, scale);

	return ay_value_parse(AY_VALUE_NUMBER, scratch, (size_t)n, &parsed) ? parsed.d : 0;
}

static struct ay_cell whole_cell(struct column *k, int64_t v)
{
	struct ay_cell c = {.kind = AY_CELL_NUMBER, .typed = true};

	switch (k->of.type) {
	case AY_COLUMN_BOOLEAN:
		c = (struct ay_cell){.kind = AY_CELL_TEXT, .typed = true, .is = AY_VALUE_BOOLEAN, .integer = v != 0, .text = v ? "true" : "false"};
		c.len = v ? 4 : 5;
		break;
	case AY_COLUMN_UNSIGNED:
		ay_cell_put_whole(&c, AY_VALUE_INTEGER, v);
		if (v < 0) {
			c.whole = false;
			c.number = (double)(uint64_t)v;
			c.len = (size_t)snprintf(k->scratch, sizeof(k->scratch), "%" PRIu64, (uint64_t)v);
			c.text = k->scratch;
		}
		break;
	case AY_COLUMN_DECIMAL:
		if (k->of.scale == 0) {
			ay_cell_put_whole(&c, AY_VALUE_INTEGER, v);
			break;
		}
		c.is = AY_VALUE_NUMBER;
		c.number = scaled(v, k->of.scale, k->scratch);
		break;
	case AY_COLUMN_DATE: ay_cell_put_whole(&c, AY_VALUE_DATE, v); break;
	case AY_COLUMN_TIME: ay_cell_put_clock(&c, AY_VALUE_TIME, v, k->of.scale); break;
	case AY_COLUMN_TIMESTAMP: ay_cell_put_clock(&c, AY_VALUE_DATETIME, v, k->of.scale); break;
	default: ay_cell_put_whole(&c, AY_VALUE_INTEGER, v); break;
	}
	return c;
}

static struct ay_cell real_cell(double v)
{
	return (struct ay_cell){.kind = AY_CELL_NUMBER, .typed = true, .is = AY_VALUE_NUMBER, .number = v};
}

static struct ay_cell bytes_cell(const struct column *k, struct ay_cursor value)
{
	enum ay_value_type is = k->of.type == AY_COLUMN_TEXT ? AY_VALUE_STRING : AY_VALUE_ANY;

	return (struct ay_cell){.kind = AY_CELL_TEXT, .typed = true, .is = is, .text = value.left ? (const char *)value.p : "", .len = value.left};
}

/* A value of one that is kept. */
static struct ay_cell kept_cell(const struct ay_pieces *p, struct column *k, size_t i)
{
	struct ay_cursor text;
	double v;

	if (i >= k->used)
		return (struct ay_cell){.kind = AY_CELL_MISSING};
	switch ((enum tag)k->tags[i]) {
	case WHOLE:
		return whole_cell(k, (int64_t)k->values[i]);
	case REAL:
		memcpy(&v, &k->values[i], sizeof(v));    /* own: a double as its bits */
		return real_cell(v);
	case BYTES:
		text = ay_cursor_of(p->text, p->text_used, 0);
		ay_cursor_skip(&text, (size_t)k->values[i]);
		text.left = ay_cursor_le32(&text);
		return bytes_cell(k, text);
	case MISSING:
		break;
	}
	return (struct ay_cell){.kind = AY_CELL_MISSING};
}

/* ---- which rows are kept ---- */

static bool is_kept(const struct ay_pieces *p, uint64_t row)
{
	uint64_t hash[2];

	if (p->below == UINT64_MAX)
		return true;
	row += p->before;
	ay_siphash128(&p->key, &row, sizeof(row), hash);
	return hash[0] < p->below;
}

static void keep_of(struct column *k, const bool *stays, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n && i < k->used; i++) {
		if (!stays[i])
			continue;
		k->tags[to] = k->tags[i];
		k->values[to++] = k->values[i];
	}
	k->used = to;
}

/* The texts that are left move to the front: in the order of columns and rows, as they stand. */
static void pack_text(struct ay_pieces *p)
{
	size_t to = 0;

	for (size_t c = 0; c < p->count; c++) {
		struct column *k = &p->columns[c];

		for (size_t i = 0; i < k->used; i++) {
			if (k->tags[i] != BYTES)
				continue;
			struct ay_cursor at = ay_cursor_of(p->text, p->text_used, 0);

			ay_cursor_skip(&at, (size_t)k->values[i]);
			size_t len = 4 + (size_t)ay_cursor_le32(&at);

			memmove(p->text + to, p->text + k->values[i], len);    /* own: to the front of the arena */
			k->values[i] = to;
			to += len;
		}
	}
	p->text_used = to;
}

/* Lets half of the rows go. */
static int narrow(struct ay_pieces *p)
{
	bool *stays = ay_budget_alloc(p->budget, (p->kept_used + 1) * sizeof(*stays));
	size_t to = 0;

	if (!stays)
		return AY_ELIMIT;
	p->below /= 2;
	for (size_t i = 0; i < p->kept_used; i++)
		stays[i] = is_kept(p, p->kept[i]);
	for (size_t c = 0; c < p->count; c++)
		keep_of(&p->columns[c], stays, p->kept_used);
	for (size_t i = 0; i < p->kept_used; i++)
		if (stays[i])
			p->kept[to++] = p->kept[i];
	p->kept_used = to;
	p->cell_count = 0;
	for (size_t c = 0; c < p->count; c++)
		p->cell_count += p->columns[c].used;
	pack_text(p);
	ay_budget_free(p->budget, stays);
	return 0;
}

/* ---- keeping a value ---- */

static int grow_column(struct ay_pieces *p, struct column *k)
{
	size_t room = k->room ? k->room * 2 : 1024;
	uint8_t *tags = ay_budget_realloc(p->budget, k->tags, room);

	if (!tags)
		return AY_ELIMIT;
	k->tags = tags;
	uint64_t *values = ay_budget_realloc(p->budget, k->values, room * sizeof(*values));

	if (!values)
		return AY_ELIMIT;
	k->values = values;
	k->room = room;
	return 0;
}

static int keep_row(struct ay_pieces *p)
{
	if (p->kept_used == p->kept_room) {
		size_t room = p->kept_room ? p->kept_room * 2 : 1024;
		uint64_t *kept = ay_budget_realloc(p->budget, p->kept, room * sizeof(*kept));

		if (!kept)
			return AY_ELIMIT;
		p->kept = kept;
		p->kept_room = room;
	}
	p->kept[p->kept_used++] = p->row;
	return 0;
}

static int keep_text(struct ay_pieces *p, struct ay_cursor value, uint64_t *out)
{
	size_t need = 4 + value.left;

	if (value.left > AY_LIMIT_CSV_FIELD)
		return AY_ELIMIT;
	while (need > p->text_room - p->text_used) {
		size_t room = p->text_room ? p->text_room * 2 : 64 * KIB;
		uint8_t *text;

		if (room > AY_PIECES_TEXT)
			return NO_ROOM;
		text = ay_budget_realloc(p->budget, p->text, room);
		if (!text)
			return AY_ELIMIT;
		p->text = text;
		p->text_room = room;
	}
	*out = p->text_used;
	for (size_t i = 0; i < 4; i++)
		p->text[p->text_used++] = (uint8_t)(value.left >> (8 * i));
	ay_cursor_copy(&value, p->text + p->text_used, value.left);
	p->text_used += need - 4;
	return 0;
}

/* The value that came last, when its row is among those that are kept. */
static int keep(struct ay_pieces *p, enum tag tag, uint64_t bits, struct ay_cursor value)
{
	struct column *k = p->now;
	int rc = 0;

	if (!p->sink->row || !is_kept(p, p->row))
		return 0;
	if (k == p->first)
		rc = keep_row(p);
	while (rc == 0 && (p->cell_count == AY_PIECES_CELLS || (tag == BYTES && (rc = keep_text(p, value, &bits)) == NO_ROOM))) {
		rc = narrow(p);
		if (rc == 0 && !is_kept(p, p->row))
			return 0;
	}
	if (rc == 0 && k->used == k->room)
		rc = grow_column(p, k);
	if (rc)
		return rc;
	k->tags[k->used] = (uint8_t)tag;
	k->values[k->used++] = bits;
	p->cell_count++;
	return 0;
}

/* ---- parts ---- */

static void clear_part(struct ay_pieces *p)
{
	for (size_t c = 0; c < p->count; c++)
		p->columns[c].used = 0;
	p->first = NULL;
	p->kept_used = p->cell_count = p->text_used = 0;
	p->below = UINT64_MAX;
}

static int give_rows(struct ay_pieces *p)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->kept_used; i++) {
		for (size_t c = 0; c < p->count; c++)
			p->cells[c] = kept_cell(p, &p->columns[c], i);
		rc = ay_budget_tick(p->budget);
		if (!rc)
			rc = p->sink->row(p->sink->arg, p->before + p->kept[i], p->cells);
	}
	return rc;
}

static int end_part(struct ay_pieces *p)
{
	int rc = p->sink->row ? give_rows(p) : 0;

	if (p->first && p->sink->row)
		p->left_out += p->rows - p->kept_used;
	p->before += p->rows;
	p->rows = 0;
	clear_part(p);
	return rc;
}

/* ---- columns ---- */

static int add_column(struct ay_pieces *p, const struct ay_column *of, size_t len)
{
	if (p->count == p->room) {
		size_t room = p->room ? p->room * 2 : 16;
		struct column *columns = ay_budget_realloc(p->budget, p->columns, room * sizeof(*columns));

		if (!columns)
			return AY_ELIMIT;
		p->columns = columns;
		p->room = room;
	}
	struct column *k = &p->columns[p->count];

	*k = (struct column){.of = *of, .name = ay_budget_alloc(p->budget, len + 1)};
	if (!k->name)
		return AY_ELIMIT;
	snprintf(k->name, len + 1, "%s", of->name);
	p->count++;
	return 0;
}

/* All that lies below one list is one column. */
static int name_column(struct ay_pieces *p, const struct ay_column *of)
{
	size_t len = of->repeated ? of->list_len : strlen(of->name);
	const struct column *last = p->count ? &p->columns[p->count - 1] : NULL;
	bool same = last && last->of.repeated && of->repeated && strlen(last->name) == len && memcmp(last->name, of->name, len) == 0;

	if (of->index >= p->places) {
		size_t places = of->index + 1;

		if (places > p->place_room) {
			size_t *place = ay_budget_realloc(p->budget, p->place, places * 2 * sizeof(*place));

			if (!place)
				return AY_ELIMIT;
			p->place = place;
			p->place_room = places * 2;
		}
		for (size_t i = p->places; i < places; i++)
			p->place[i] = NO_COLUMN;
		p->places = places;
	}
	int rc = same ? 0 : add_column(p, of, len);

	p->place[of->index] = p->count - 1;
	return rc;
}

static int start(struct ay_pieces *p)
{
	const char **names = ay_budget_alloc(p->budget, (p->count + 1) * sizeof(*names));
	int rc = names ? 0 : AY_ELIMIT;

	p->cells = ay_budget_alloc(p->budget, (p->count + 1) * sizeof(*p->cells));
	if (!p->cells)
		rc = AY_ELIMIT;
	for (size_t i = 0; rc == 0 && i < p->count; i++)
		names[i] = p->columns[i].name;
	if (!rc && p->sink->columns)
		rc = p->sink->columns(p->sink->arg, names, p->count);
	for (size_t i = 0; rc == 0 && p->sink->list && i < p->count; i++)
		if (p->columns[i].of.repeated)
			rc = p->sink->list(p->sink->arg, i);
	ay_budget_free(p->budget, names);
	p->named = true;
	return rc;
}

/* ---- what the reader calls ---- */

static int on_begin(void *arg, const struct ay_column *of)
{
	struct ay_pieces *p = arg;
	int rc = 0;

	/* An index that does not rise is that of the first part. */
	if (!p->named && of->index < p->places)
		rc = start(p);
	p->now = NULL;
	p->row = 0;
	p->index = of->index;
	if (rc || !p->named)
		return rc ? rc : name_column(p, of);
	if (of->index >= p->places || p->place[of->index] == NO_COLUMN)
		return AY_EFORMAT;
	struct column *k = &p->columns[p->place[of->index]];

	if (k->of.repeated)
		return 0;
	p->now = k;
	if (!p->first)
		p->first = k;
	return 0;
}

static int give(struct ay_pieces *p, const struct ay_cell *cell)
{
	p->row++;
	return p->sink->value ? p->sink->value(p->sink->arg, (size_t)(p->now - p->columns), p->before + p->row, cell) : 0;
}

static int on_null(void *arg, uint64_t n)
{
	static const struct ay_cell missing = {.kind = AY_CELL_MISSING};
	struct ay_pieces *p = arg;
	int rc = 0;

	for (uint64_t i = 0; p->now && rc == 0 && i < n; i++) {
		rc = give(p, &missing);
		if (!rc)
			rc = keep(p, MISSING, 0, (struct ay_cursor){.left = 0});
		if (!rc)
			rc = ay_budget_tick(p->budget);
	}
	return rc;
}

static int on_i64(void *arg, const int64_t *v, size_t n)
{
	struct ay_pieces *p = arg;
	int rc = 0;

	for (size_t i = 0; p->now && rc == 0 && i < n; i++) {
		struct ay_cell cell = whole_cell(p->now, v[i]);

		rc = give(p, &cell);
		if (!rc)
			rc = keep(p, WHOLE, (uint64_t)v[i], (struct ay_cursor){.left = 0});
	}
	return rc;
}

static int on_f64(void *arg, const double *v, size_t n)
{
	struct ay_pieces *p = arg;
	uint64_t bits;
	int rc = 0;

	for (size_t i = 0; p->now && rc == 0 && i < n; i++) {
		struct ay_cell cell = real_cell(v[i]);

		memcpy(&bits, &v[i], sizeof(bits));    /* own: a double as its bits */
		rc = give(p, &cell);
		if (!rc)
			rc = keep(p, REAL, bits, (struct ay_cursor){.left = 0});
	}
	return rc;
}

static int on_bytes(void *arg, struct ay_cursor value)
{
	struct ay_pieces *p = arg;

	if (!p->now)
		return 0;
	struct ay_cell cell = bytes_cell(p->now, value);
	int rc = give(p, &cell);

	return rc ? rc : keep(p, BYTES, 0, value);
}

static int on_end(void *arg, uint64_t rows)
{
	struct ay_pieces *p = arg;

	if (!p->named)
		return 0;
	/* The readers compare both; rows of two lengths would be no rows. */
	if (p->now && p->row != rows)
		return AY_EFORMAT;
	p->rows = rows;
	return p->index + 1 == p->places ? end_part(p) : 0;
}

int ay_pieces_new(struct ay_budget *b, const struct ay_sipkey *key, const struct ay_rows_sink *sink, struct ay_pieces **out)
{
	struct ay_pieces *p = *out = ay_budget_alloc(b, sizeof(*p));

	if (!p)
		return AY_ELIMIT;
	*p = (struct ay_pieces){.budget = b, .key = *key, .sink = sink, .below = UINT64_MAX};
	return 0;
}

struct ay_columns ay_pieces_sink(struct ay_pieces *p)
{
	return (struct ay_columns){
		.arg = p, .begin = on_begin, .null = on_null, .i64 = on_i64, .f64 = on_f64, .bytes = on_bytes, .end = on_end
	};
}

int ay_pieces_finish(struct ay_pieces *p)
{
	return p->named ? 0 : start(p);
}

uint64_t ay_pieces_left_out(const struct ay_pieces *p)
{
	return p->left_out;
}

void ay_pieces_free(struct ay_pieces *p)
{
	if (!p)
		return;
	struct ay_budget *b = p->budget;

	for (size_t c = 0; c < p->count; c++) {
		ay_budget_free(b, p->columns[c].name);
		ay_budget_free(b, p->columns[c].tags);
		ay_budget_free(b, p->columns[c].values);
	}
	ay_budget_free(b, p->columns);
	ay_budget_free(b, p->place);
	ay_budget_free(b, p->cells);
	ay_budget_free(b, p->kept);
	ay_budget_free(b, p->text);
	ay_budget_free(b, p);
}


/* ---- a whole table ---- */

static int each_part(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	struct ay_rows_columns *t = arg;
	struct ay_pieces *p;
	int rc = ay_pieces_new(b, &t->key, sink, &p);

	if (rc)
		return rc;
	const struct ay_columns columns = ay_pieces_sink(p);

	rc = t->read(t->scan, t->in, &columns);
	if (!rc)
		rc = ay_pieces_finish(p);
	t->left_out = ay_pieces_left_out(p);
	ay_pieces_free(p);
	return rc;
}

struct ay_rows ay_rows_columns(struct ay_rows_columns *table)
{
	return (struct ay_rows){.arg = table, .each = each_part};
}
