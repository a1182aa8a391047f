/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/judge.h"

#include <math.h>

#include "scanners/data/batch.h"
#include "scanners/data/infer.h"
#include "scanners/data/schema.h"
#include "scanners/data/words.h"
#include "scanners/driver.h"

#define NO_FIELD SIZE_MAX
#define DAY 86400

#define TEXTS (64 * KIB)            /* texts of rows that wait, and those of one row */
#define EXACT ((int64_t)1 << 53)    /* integers between -EXACT and EXACT are doubles */
#define KNOWN 64                   /* texts that are remembered of a column */

/* What a field asks for that is a number and nothing else: values that do not lie between need a closer look, and so do other fields. */
struct number_limits { bool only, integer; double least, greatest; };

struct ay_judging {
	struct ay_scan *scan;
	const struct ay_schema *schema;
	const struct ay_rows *rows;        /* NULL: rows come in blocks */
	struct ay_schema_check *check;
	size_t *fields;                    /* of each column of the table: that of the schema, or NO_FIELD */
	struct number_limits *limits;      /* likewise */
	struct ay_words **known;           /* likewise: short texts that held of late what their field asks for, or NULL */
	char (*digits)[AY_VALUE_TEXT];     /* likewise: of a long integer of the row at hand */
	size_t columns;
	bool by_row;                       /* the schema has rules over whole rows */
	bool one_by_one;                   /* or what needs each value in its turn */
	uint64_t *missing;                 /* of each column: missing ones of the block at hand */
	uint64_t missing_lengths;          /* bit n: a text of n bytes, the last bit: of more, may stand for a missing value */
	struct ay_counting *counts;        /* NULL: there is no reference */
	struct ay_cell *row;               /* the row at hand as it is counted, when a text in it says that it is missing */
	size_t *from;                      /* of each column: where the format has it; NULL: there, too */
	struct ay_block gathered;          /* rows of formats that hand over one */
	struct ay_buf texts;               /* theirs */
};

/* ---- columns ---- */

static size_t field_of(const struct ay_schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->field_count; i++)
		if (strcmp(schema->fields[i].name.text, name) == 0)
			return i;
	return NO_FIELD;
}

static struct number_limits limits_of(const struct ay_schema_field *f)
{
	struct number_limits l = {.integer = f->type == AY_VALUE_INTEGER, .least = -HUGE_VAL, .greatest = HUGE_VAL};

	l.only = (l.integer || f->type == AY_VALUE_NUMBER) && !f->enum_count && !f->pattern && !f->has_min_len && !f->has_max_len;
	if (f->has_min)
		l.least = ay_value_double(&f->min);
	if (f->has_max)
		l.greatest = ay_value_double(&f->max);
	return l;
}

/* Where it spares more than it costs. */
static int know_texts(struct ay_judging *j, size_t column)
{
	const struct ay_schema_field *f = j->fields[column] == NO_FIELD ? NULL : &j->schema->fields[j->fields[column]];
	struct ay_words *known;

	if (!f || f->type != AY_VALUE_STRING || !(f->enum_count || f->pattern || f->has_min_len || f->has_max_len))
		return 0;
	known = j->known[column] = ay_budget_alloc(ay_scan_budget(j->scan), KNOWN * sizeof(*known));
	for (size_t i = 0; known && i < KNOWN; i++)
		known[i] = AY_WORDS_NONE;
	return known ? 0 : AY_ELIMIT;
}

int ay_judging_columns(struct ay_judging *j, const char *const *names, size_t n)
{
	struct ay_budget *b = ay_scan_budget(j->scan);
	int rc = ay_schema_check_new(j->scan, j->schema, names, n, &j->check);

	j->fields = ay_budget_alloc(b, (n + 1) * sizeof(*j->fields));
	j->known = ay_budget_alloc(b, (n + 1) * sizeof(*j->known));
	j->limits = ay_budget_alloc(b, (n + 1) * sizeof(*j->limits));
	j->digits = ay_budget_alloc(b, (n + 1) * sizeof(*j->digits));
	j->missing = ay_budget_alloc(b, (n + 1) * sizeof(*j->missing));
	j->row = ay_budget_alloc(b, (n + 1) * sizeof(*j->row));
	for (size_t i = 0; j->known && i < n; i++)
		j->known[i] = NULL;
	j->columns = n;
	if (!j->fields || !j->known || !j->limits || !j->digits || !j->missing || !j->row)
		return AY_ELIMIT;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		j->fields[i] = ay_schema_check_judges(j->check) ? field_of(j->schema, names[i]) : NO_FIELD;
		j->limits[i] = j->fields[i] == NO_FIELD ? (struct number_limits){.only = false} : limits_of(&j->schema->fields[j->fields[i]]);
		rc = know_texts(j, i);
	}
	return !rc && j->counts ? ay_counting_columns(j->counts, names, n) : rc;
}

/* Where every column has a field of its own: the order of these. */
static int find_order(struct ay_judging *j, const char *const *names, size_t n)
{
	struct ay_budget *b = ay_scan_budget(j->scan);
	size_t fields = j->schema->field_count, at = 0, *of = ay_budget_alloc(b, (fields + 1) * sizeof(*of));
	bool all = true;

	j->from = ay_budget_alloc(b, (n + 1) * sizeof(*j->from));
	for (size_t f = 0; of && f < fields; f++)
		of[f] = SIZE_MAX;
	for (size_t i = 0; of && all && i < n; i++) {
		size_t f = field_of(j->schema, names[i]);

		all = f != NO_FIELD && of[f] == SIZE_MAX;
		if (all)
			of[f] = i;
	}
	for (size_t f = 0; of && j->from && all && f < fields; f++)
		if (of[f] != SIZE_MAX)
			j->from[at++] = of[f];
	for (size_t i = 0; j->from && !all && i < n; i++)
		j->from[i] = i;
	ay_budget_free(b, of);
	return of && j->from ? 0 : AY_ELIMIT;
}

static int on_columns(void *arg, const char *const *names, size_t n)
{
	struct ay_judging *j = arg;

	if (!j->rows->unordered)
		return ay_judging_columns(j, names, n);
	const char **ordered = ay_budget_alloc(ay_scan_budget(j->scan), (n + 1) * sizeof(*ordered));
	int rc = ordered ? find_order(j, names, n) : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < n; i++)
		ordered[i] = names[j->from[i]];
	if (rc == 0)
		rc = ay_judging_columns(j, ordered, n);
	ay_budget_free(ay_scan_budget(j->scan), ordered);
	return rc;
}

static int on_list(void *arg, size_t column)
{
	struct ay_judging *j = arg;
	const struct ay_schema_field *f = j->fields[column] == NO_FIELD ? NULL : &j->schema->fields[j->fields[column]];
	struct ay_finding found = {.rule = "schema.type", .off = AY_NO_OFFSET, .column = f ? f->name.text : NULL};

	if (!f)
		return 0;
	if (f->type != AY_VALUE_ANY)
		snprintf(found.message, sizeof(found.message), "the column holds lists, and is of type %s", ay_value_type_name(f->type));
	else if (f->required || f->unique)
		snprintf(found.message, sizeof(found.message), "the column holds lists, which have no constraints");
	else
		return 0;
	ay_scan_find_full(j->scan, &found);
	return 0;
}

/* ---- values ---- */

static uint64_t length_bit(size_t len)
{
	return (uint64_t)1 << (len < 63 ? len : 63);
}

static bool is_missing(const struct ay_judging *j, const struct ay_cell *cell)
{
	return cell->kind == AY_CELL_MISSING || (cell->kind == AY_CELL_TEXT && j->missing_lengths & length_bit(cell->len) &&
						 ay_schema_is_missing(j->schema, cell->text, cell->len));
}

/* Nothing, for a schema: a number that is none, too. */
static bool is_nothing(const struct ay_judging *j, const struct ay_cell *cell)
{
	return is_missing(j, cell) || (cell->kind == AY_CELL_NUMBER && isnan(cell->number));
}

/* A cell that has a type, as a value. */
static struct ay_value value_of(const struct ay_cell *c, enum ay_value_type want, char scratch[AY_VALUE_TEXT])
{
	struct ay_value v;

	switch (c->is) {
	case AY_VALUE_INTEGER:
		if (c->whole)
			return ay_value_of_i64(c->integer, scratch);
		if (c->text && ay_value_parse(AY_VALUE_INTEGER, c->text, c->len, &v))
			return v;
		break;
	case AY_VALUE_NUMBER:
		return ay_value_of_f64(c->number);
	case AY_VALUE_BOOLEAN:
	case AY_VALUE_DATE:
	case AY_VALUE_TIME:
		return ay_value_of(c->is, c->integer, c->nanos);
	case AY_VALUE_DATETIME:
		/* Many frameworks know no dates but midnights. */
		if (want == AY_VALUE_DATE && c->integer % DAY == 0 && c->nanos == 0)
			return ay_value_of(AY_VALUE_DATE, c->integer / DAY, 0);
		return ay_value_of(c->is, c->integer, c->nanos);
	case AY_VALUE_STRING:
		return ay_value_of_text(c->text, c->len);
	default:
		break;
	}
	/* What no type of a schema can hold. */
	return (struct ay_value){.type = AY_VALUE_ANY, .text = c->text ? c->text : "", .len = c->text ? c->len : 0};
}

/* What a format without types has, in a column of the schema; it may have been read as a number. */
static bool is_plain_text(const struct ay_judging *j, size_t column, const struct ay_cell *cell)
{
	return j->fields[column] != NO_FIELD && cell->kind != AY_CELL_MISSING && !cell->typed && cell->text;
}

static int check_cell(struct ay_judging *j, size_t column, const struct ay_cell *cell)
{
	size_t field = j->fields[column];

	if (field == NO_FIELD)
		return 0;
	if (is_plain_text(j, column, cell))
		return ay_schema_check_text(j->check, column, cell->text, cell->len);
	if (is_nothing(j, cell))
		return ay_schema_check_value(j->check, column, NULL);
	struct ay_value v = value_of(cell, j->schema->fields[field].type, j->digits[column]);

	return ay_schema_check_value(j->check, column, &v);
}

/* As it is counted: the same table is counted alike in each format. */
static void take(const struct ay_judging *j, size_t column, struct ay_cell *cell)
{
	size_t field = j->fields[column];

	if (is_missing(j, cell))
		*cell = (struct ay_cell){.kind = AY_CELL_MISSING};
	else if (field != NO_FIELD && j->schema->fields[field].type == AY_VALUE_BOOLEAN)
		ay_cell_put_boolean(cell);
}

static int on_value(void *arg, size_t column, uint64_t row, const struct ay_cell *cell)
{
	struct ay_judging *j = arg;
	struct ay_cell known = *cell;
	int rc = 0;

	if (!j->by_row) {
		ay_schema_check_begin(j->check, row, j->rows->off ? *j->rows->off : AY_NO_OFFSET);
		rc = check_cell(j, column, cell);
	}
	if (rc || !j->counts)
		return rc;
	if (!j->by_row && is_plain_text(j, column, cell) && ay_schema_checked(j->check, column, &known))
		return ay_counting_value(j->counts, column, row, &known);
	take(j, column, &known);
	return ay_counting_value(j->counts, column, row, &known);
}

static const struct ay_cell *counted_row(struct ay_judging *j, const struct ay_cell *cells)
{
	for (size_t i = 0; i < j->columns; i++) {
		j->row[i] = cells[i];
		take(j, i, &j->row[i]);
	}
	return j->row;
}

static int on_row(void *arg, uint64_t row, const struct ay_cell *cells)
{
	struct ay_judging *j = arg;
	int rc = 0;

	if (j->by_row) {
		ay_schema_check_begin(j->check, row, j->rows->off ? *j->rows->off : AY_NO_OFFSET);
		for (size_t i = 0; rc == 0 && i < j->columns; i++)
			rc = check_cell(j, i, &cells[i]);
		if (!rc)
			rc = ay_schema_check_end(j->check);
	}
	return !rc && j->counts ? ay_counting_whole(j->counts, row, counted_row(j, cells)) : rc;
}

/* ---- rows together ---- */

/* Is the value of its field's type, and what the field asks for? A text that is a number is one from now on. */
static bool value_holds(const struct ay_judging *j, size_t column, const struct ay_schema_field *f, struct ay_cell *c)
{
	struct ay_value v;
	bool plain = is_plain_text(j, column, c);

	if (!plain) {
		struct ay_value has = value_of(c, f->type, j->digits[column]);

		return ay_value_as(&has, f->type, &v) && ay_schema_holds(f, &v);
	}
	if (!ay_value_parse(f->type, c->text, c->len, &v) || !ay_schema_holds(f, &v))
		return false;
	if (v.type == AY_VALUE_NUMBER || (v.type == AY_VALUE_INTEGER && v.len <= AY_VALUE_SHORT)) {
		c->kind = AY_CELL_NUMBER;
		c->number = v.type == AY_VALUE_NUMBER ? v.d : (double)v.i;
	}
	return true;
}

/* The same of a text, of which the last ones of each column that held are remembered. */
static bool text_holds(const struct ay_judging *j, size_t column, const struct ay_schema_field *f, struct ay_cell *c)
{
	struct ay_words *known = j->known[column];

	if (!known || c->kind != AY_CELL_TEXT || (c->typed && c->is != AY_VALUE_STRING) || c->len > AY_WORDS_MAX)
		return value_holds(j, column, f, c);
	struct ay_words text = ay_words_of(c->text, c->len);
	struct ay_words *place = &known[ay_words_slot(&text, KNOWN)];

	if (ay_words_eq(place, &text))
		return true;
	if (!value_holds(j, column, f, c))
		return false;
	*place = text;
	return true;
}

/* Likewise of what the format says to be one: integers that a double does not hold need a closer look. */
static bool typed_number_holds(const struct number_limits *l, const struct ay_cell *c)
{
	bool integer = c->is == AY_VALUE_INTEGER;

	return c->kind == AY_CELL_NUMBER && (integer ? c->whole && c->integer > -EXACT && c->integer < EXACT : c->is == AY_VALUE_NUMBER && !l->integer) &&
	       isfinite(c->number) && c->number >= l->least && c->number <= l->greatest;
}

/* A text that is a number as most are; false: it needs a closer look. */
static bool number_holds(const struct number_limits *l, struct ay_cell *c)
{
	int64_t i;
	double d;

	if (c->typed)
		return typed_number_holds(l, c);
	if (c->kind != AY_CELL_TEXT)
		return false;
	if (l->integer) {
		if (!ay_value_short_integer(c->text, c->len, &i))
			return false;
		d = (double)i;
	} else if (!ay_value_number(c->text, c->len, &d)) {
		return false;
	}
	if (!(d >= l->least && d <= l->greatest))
		return false;
	c->kind = AY_CELL_NUMBER;
	c->number = d;
	return true;
}

/* Nothing is to be said of the cells of this column, of which so many are missing. */
static bool column_holds(const struct ay_judging *j, size_t column, const struct ay_block *b, uint64_t *missing)
{
	const struct ay_schema_field *f = &j->schema->fields[j->fields[column]];
	const struct number_limits limits = j->limits[column];
	struct ay_cell *cells = b->own + column * b->room;

	*missing = 0;
	for (size_t i = 0; i < b->rows; i++) {
		if (limits.only && !(j->missing_lengths & length_bit(cells[i].len)) && number_holds(&limits, &cells[i]))
			continue;
		bool nothing = is_nothing(j, &cells[i]);

		if (nothing ? f->required : !text_holds(j, column, f, &cells[i]))
			return false;
		*missing += nothing;
	}
	return true;
}

/* Most blocks hold nothing to be said. What is said is said row by row, so that it comes in the order of the file. */
static bool block_holds(struct ay_judging *j, const struct ay_block *b, uint64_t *missing)
{
	for (size_t c = 0; c < j->columns; c++) {
		missing[c] = 0;
		if (j->fields[c] != NO_FIELD && !column_holds(j, c, b, &missing[c]))
			return false;
	}
	return true;
}

static int check_rows(struct ay_judging *j, const struct ay_block *b)
{
	int rc = 0;

	for (size_t r = 0; rc == 0 && r < b->rows; r++) {
		ay_schema_check_begin(j->check, b->first + r, b->off[r]);
		for (size_t c = 0; rc == 0 && c < j->columns; c++) {
			struct ay_cell *cell = &b->own[c * b->room + r];

			rc = check_cell(j, c, cell);
			if (is_plain_text(j, c, cell))
				ay_schema_checked(j->check, c, cell);
		}
		if (!rc)
			rc = ay_schema_check_end(j->check);
	}
	return rc;
}

static void take_column(const struct ay_judging *j, const struct ay_block *b, size_t column)
{
	for (size_t r = 0; r < b->rows; r++)
		take(j, column, &b->own[column * b->room + r]);
}

int ay_judging_rows(struct ay_judging *j, const struct ay_block *b)
{
	int rc = 0;

	for (size_t r = 0; rc == 0 && r < b->rows; r++)
		rc = ay_budget_tick(ay_scan_budget(j->scan));
	if (rc || !b->rows)
		return rc;
	bool holds = !j->one_by_one && block_holds(j, b, j->missing);

	if (holds)
		ay_schema_check_held(j->check, b->first + b->rows - 1, b->rows, j->missing);
	else
		rc = check_rows(j, b);
	if (rc || !j->counts)
		return rc;
	for (size_t c = 0; c < j->columns; c++)
		if (!holds || j->missing[c] || j->fields[c] == NO_FIELD || j->schema->fields[j->fields[c]].type == AY_VALUE_BOOLEAN)
			take_column(j, b, c);
	return ay_counting_rows(j->counts, b);
}

/* ---- rows that come one by one ---- */

static int judge_gathered(struct ay_judging *j)
{
	struct ay_block *b = &j->gathered;
	const char *text = ay_buf_str(&j->texts);
	int rc = j->texts.err;

	/* The texts lay elsewhere while there were more to come. */
	for (size_t r = 0; r < b->rows; r++)
		for (size_t c = 0; c < b->columns; c++) {
			struct ay_cell *cell = &b->own[c * b->room + r];

			if (cell->text) {
				cell->text = text;
				text += cell->len;
			}
		}
	if (!rc)
		rc = ay_judging_rows(j, b);
	ay_buf_clear(&j->texts);
	b->rows = 0;
	return rc;
}

static int gather_row(void *arg, uint64_t row, const struct ay_cell *cells)
{
	struct ay_judging *j = arg;
	struct ay_block *b = &j->gathered;
	int rc = 0;

	if (!b->own)
		rc = ay_block_init(b, ay_scan_budget(j->scan), j->columns);
	if (!rc && b->rows && (b->rows == b->room || row != b->first + b->rows || j->texts.len > TEXTS))
		rc = judge_gathered(j);
	if (rc)
		return rc;
	if (!b->rows)
		b->first = row;
	b->off[b->rows] = j->rows->off ? *j->rows->off : AY_NO_OFFSET;
	for (size_t c = 0; c < j->columns; c++) {
		const struct ay_cell *cell = &cells[j->from ? j->from[c] : c];

		b->own[c * b->room + b->rows] = *cell;
		if (cell->text)
			rc = ay_buf_add(&j->texts, cell->text, cell->len);
	}
	b->rows++;
	return rc;
}

static int take_rows(void *arg, const struct ay_block *rows)
{
	int rc = judge_gathered(arg);

	return rc ? rc : ay_judging_rows(arg, rows);
}

/* ---- tables ---- */

/* What other tables of the file (members of an archive) were counted as. */
static int add_earlier(struct ay_scan *s, struct ay_batch *batch)
{
	const struct ay_scan_result *r = ay_scan_result_of(s);
	struct ay_batch earlier;
	int rc = r->profile ? ay_batch_decode(r->profile, r->profile_len, ay_scan_budget(s), &earlier) : AY_ENOTFOUND;

	if (rc)
		return rc == AY_ENOTFOUND ? 0 : rc;
	rc = ay_batch_merge(batch, &earlier);
	ay_batch_free(&earlier);
	return rc;
}

void ay_judge_counted(struct ay_scan *s, struct ay_batch *batch)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_PROFILE);
	int rc = add_earlier(s, batch);

	if (!rc)
		ay_batch_encode(batch, &b);
	if (b.err || rc)
		ay_scan_find(s, "limit.exceeded", AY_NO_OFFSET, "the counts of this table against its reference are larger than %llu bytes",
			     (unsigned long long)AY_LIMIT_PROFILE);
	else
		ay_scan_set_profile(s, &b);
	ay_buf_free(&b);
}

static bool is_label(const void *schema, const char *name)
{
	return ay_schema_label(schema, name);
}

int ay_judge_counting(const struct ay_schema *schema, struct ay_budget *b, struct ay_counting **out)
{
	struct ay_measure *m;
	int rc = ay_schema_measure(schema, NULL, &m);

	*out = NULL;
	if (!rc)
		rc = ay_counting_by(m, b, out);
	for (size_t i = 0; rc == 0 && i < schema->season_count; i++) {
		rc = ay_schema_measure(schema, schema->seasons[i].tag, &m);
		if (!rc)
			rc = ay_counting_also(*out, m);
	}
	if (!rc)
		rc = ay_counting_label(*out, is_label, schema);
	if (rc) {
		ay_counting_free(*out);
		*out = NULL;
	}
	return rc;
}

int ay_judging_new(struct ay_scan *s, const struct ay_schema *schema, struct ay_judging **out)
{
	struct ay_judging *j = *out = ay_budget_alloc(ay_scan_budget(s), sizeof(*j));

	if (!j)
		return AY_ELIMIT;
	*j = (struct ay_judging){.scan = s, .schema = schema, .texts = ay_buf_new(TEXTS + 2 * AY_LIMIT_JSON_STRING)};
	j->by_row = ay_schema_needs_rows(schema);
	j->one_by_one = j->by_row;
	for (size_t i = 0; i < schema->field_count; i++)
		j->one_by_one |= schema->fields[i].unique;
	for (size_t i = 0; i < schema->missing_count; i++)
		j->missing_lengths |= length_bit(schema->missing[i].len);
	return schema->profile ? ay_judge_counting(schema, ay_scan_budget(s), &j->counts) : 0;
}

void ay_judging_end(struct ay_judging *j, bool whole)
{
	if (whole && j->counts)
		ay_judge_counted(j->scan, ay_counting_batch(j->counts));
	if (j->check)
		ay_schema_check_finish(j->check, whole);
}

void ay_judging_free(struct ay_judging *j)
{
	if (!j)
		return;
	struct ay_budget *b = ay_scan_budget(j->scan);

	ay_schema_check_free(j->check);
	ay_counting_free(j->counts);
	ay_block_free(&j->gathered);
	ay_buf_free(&j->texts);
	for (size_t i = 0; j->known && i < j->columns; i++)
		ay_budget_free(b, j->known[i]);
	ay_budget_free(b, j->known);
	ay_budget_free(b, j->from);
	ay_budget_free(b, j->limits);
	ay_budget_free(b, j->fields);
	ay_budget_free(b, j->digits);
	ay_budget_free(b, j->missing);
	ay_budget_free(b, j->row);
	ay_budget_free(b, j);
}

int ay_judge_rows(struct ay_scan *s, const struct ay_schema *schema, const struct ay_rows *rows)
{
	unsigned before = ay_scan_count(s, AY_INCONCLUSIVE);
	struct ay_judging *j = NULL;

	if (ay_scan_options(s)->proposal)
		return ay_infer_scan(s, rows);
	int rc = ay_judging_new(s, schema, &j);

	if (!rc) {
		const struct ay_rows_sink by_column = {.arg = j, .columns = on_columns, .list = on_list, .value = on_value, .row = on_row};
		const struct ay_rows_sink by_row = {.arg = j, .columns = on_columns, .list = on_list, .row = gather_row, .rows = take_rows};

		j->rows = rows;
		rc = rows->each(rows->arg, ay_scan_budget(s), rows->by_row ? &by_row : &by_column);
		if ((!rc || rc == AY_EFORMAT) && j->gathered.rows) {
			int last = judge_gathered(j);

			rc = rc ? rc : last;
		}
		if (!rc && rows->looks && j->counts)
			rows->looks(rows->arg, j->counts);
		ay_judging_end(j, rc == 0);
	}
	if (rc && ay_scan_count(s, AY_INCONCLUSIVE) == before)
		ay_scan_find_error(s, "table", rc, NULL);
	ay_judging_free(j);
	return 0;
}

/* From the digest of the reference. */
static struct ay_sipkey key_of(const struct ay_schema *schema)
{
	struct ay_measure *m;
	bool known = schema && schema->profile && ay_schema_measure(schema, NULL, &m) == 0;
	struct ay_sha256 d = known ? ay_measure_reference(m)->digest : ay_sha256_short(NULL, 0);
	struct ay_cursor c = ay_cursor_of(d.b, sizeof(d.b), 0);
	struct ay_sipkey key = {.k0 = ay_cursor_le64(&c)};

	key.k1 = ay_cursor_le64(&c);
	return key;
}

int ay_judge_columns(struct ay_scan *s, struct ay_source *in, ay_columns_reader read)
{
	struct ay_rows_columns table = {.scan = s, .in = in, .read = read};
	const struct ay_rows rows = ay_rows_columns(&table);
	const struct ay_schema *schema;
	struct ay_schema *whole;
	int rc;

	rc = ay_schema_open(s, AY_SCHEMA_OF_TABLE, &whole, &schema);
	if (rc)
		return rc;
	if (schema || ay_scan_options(s)->proposal) {
		table.key = key_of(schema);
		rc = ay_judge_rows(s, schema, &rows);
	} else {
		rc = read(s, in, NULL);
		rc = rc < 0 ? 0 : rc;    /* told by its findings */
	}
	if (schema && table.left_out && ay_schema_needs_rows(schema))
		ay_scan_find(s, "schema.unsupported", AY_NO_OFFSET,
			     "the schema has rules over whole rows, and %llu rows of large row groups do not fit into memory: write smaller row groups",
			     (unsigned long long)table.left_out);
	ay_schema_free(whole);
	return rc;
}
