/* SPDX-License-Identifier: Apache-2.0 */
/* A schema proposed from a table: the narrowest types and bounds that every row satisfies. */
#include "assay/schema.h"

#include "assay/json.h"
#include "assay/scan.h"
#include "assay/text.h"
#include "scanners/data/reference.h"
#include "scanners/data/uniq.h"
#include "scanners/data/value.h"
#include "scanners/formats/csv.h"

#define MAX_ENUM 20              /* more distinct values are no set */
#define MAX_ENUM_TEXT 64         /* bytes of one */
#define ENUM_REPEATS 5           /* each value of a set stands so often on average */
#define UNIQUE_ROWS 20           /* fewer rows say nothing about uniqueness */
#define MAX_BOUND 64             /* bytes of a minimum or maximum */

/* Narrow first: the type of a column is the first that all its values have. */
static const enum ay_value_type order[] = {
	AY_VALUE_INTEGER, AY_VALUE_NUMBER, AY_VALUE_BOOLEAN, AY_VALUE_DATE, AY_VALUE_DATETIME, AY_VALUE_TIME, AY_VALUE_STRING
};
#define TYPES AY_ARRAY_LEN(order)

struct text { char bytes[MAX_BOUND]; size_t len; };

struct column {
	size_t type;                 /* index in order; TYPES before the first value */
	bool bounded;                /* min and max are known */
	bool small_set, unique;
	uint64_t values, missing;
	struct text min, max;
	struct text set[MAX_ENUM];
	size_t set_count;
	struct ay_uniq seen;
};

struct inference {
	struct ay_csv *table;
	struct ay_uniq_pool pool;
	struct column *columns;
	size_t count;
	uint64_t rows;
};

static void keep(struct column *c, struct text *to, const struct ay_csv_field *cell)
{
	if (cell->len > sizeof(to->bytes)) {
		c->bounded = false;
		return;
	}
	memcpy(to->bytes, cell->text, cell->len);    /* own: length checked above */
	to->len = cell->len;
}

/* Widens the type until the cell and the bounds so far fit. */
static void widen(struct column *c, const struct ay_csv_field *cell)
{
	struct ay_value v;
	size_t was = c->type;

	if (was == TYPES)
		c->type = 0;
	while (order[c->type] != AY_VALUE_STRING) {
		enum ay_value_type t = order[c->type];

		if (ay_value_parse(t, cell->text, cell->len, &v) &&
		    (was == TYPES || was == c->type || (order[was] == AY_VALUE_INTEGER && t == AY_VALUE_NUMBER)))
			break;
		c->type++;
	}
	c->bounded = was == TYPES ? ay_value_type_ordered(order[c->type]) : c->bounded && ay_value_type_ordered(order[c->type]);
	if (was == TYPES && c->bounded) {
		keep(c, &c->min, cell);
		keep(c, &c->max, cell);
	}
}

static void note_bounds(struct column *c, const struct ay_csv_field *cell)
{
	enum ay_value_type t = order[c->type];
	struct ay_value v, min, max;

	if (!c->bounded)
		return;
	if (!ay_value_parse(t, cell->text, cell->len, &v) || !ay_value_parse(t, c->min.bytes, c->min.len, &min) ||
	    !ay_value_parse(t, c->max.bytes, c->max.len, &max)) {
		c->bounded = false;
		return;
	}
	if (ay_value_compare(&v, &min) < 0)
		keep(c, &c->min, cell);
	if (ay_value_compare(&v, &max) > 0)
		keep(c, &c->max, cell);
}

static void note_set(struct column *c, const struct ay_csv_field *cell)
{
	if (!c->small_set)
		return;
	for (size_t i = 0; i < c->set_count; i++)
		if (c->set[i].len == cell->len && memcmp(c->set[i].bytes, cell->text, cell->len) == 0)
			return;
	c->small_set = c->set_count < MAX_ENUM && cell->len <= MAX_ENUM_TEXT;
	if (!c->small_set)
		return;
	memcpy(c->set[c->set_count].bytes, cell->text, cell->len);    /* own: length checked above */
	c->set[c->set_count++].len = cell->len;
}

/* By text, which is enough for a proposal; a column that cannot be held is not proposed as unique. */
static void note_unique(struct column *c, const struct ay_csv_field *cell)
{
	struct ay_uniq_state h;

	if (!c->unique)
		return;
	ay_uniq_start(&h);
	ay_uniq_part(&h, cell->text, cell->len);
	c->unique = ay_uniq_add(&c->seen, ay_uniq_finish(&h)) == 1;
	if (!c->unique)
		ay_uniq_free(&c->seen);
}

static void note_cell(struct column *c, const struct ay_csv_field *cell)
{
	if (cell->len == 0) {
		c->missing++;
		return;
	}
	c->values++;
	widen(c, cell);
	note_bounds(c, cell);
	note_set(c, cell);
	note_unique(c, cell);
}

static void write_bound(struct ay_jw *w, const char *key, enum ay_value_type t, const struct text *text)
{
	ay_jw_key(w, key);
	/* Integers of JSON have no plus sign and no leading zeros, and others keep their text too. */
	if (t == AY_VALUE_INTEGER && text->len <= 15 && text->bytes[0] != '+' && (text->bytes[0] != '0' || text->len == 1) &&
	    !(text->len > 1 && text->bytes[0] == '-' && text->bytes[1] == '0'))
		ay_jw_raw(w, text->bytes, text->len);
	else
		ay_jw_strn(w, text->bytes, text->len);
}

static void write_column(struct ay_jw *w, const struct inference *inf, size_t i)
{
	const struct column *c = &inf->columns[i];
	enum ay_value_type t = c->values ? order[c->type] : AY_VALUE_ANY;
	bool set = t == AY_VALUE_STRING && c->small_set && c->values >= c->set_count * ENUM_REPEATS;

	ay_jw_object(w);
	ay_jw_kstr(w, "name", ay_csv_name(inf->table, i));
	ay_jw_kstr(w, "type", ay_value_type_name(t));
	ay_jw_key(w, "constraints");
	ay_jw_object(w);
	if (inf->rows && !c->missing)
		ay_jw_kbool(w, "required", true);
	if (c->unique && !c->missing && inf->rows >= UNIQUE_ROWS && (t == AY_VALUE_INTEGER || t == AY_VALUE_STRING))
		ay_jw_kbool(w, "unique", true);
	if (c->values && c->bounded) {
		write_bound(w, "minimum", t, &c->min);
		write_bound(w, "maximum", t, &c->max);
	}
	if (set) {
		ay_jw_key(w, "enum");
		ay_jw_array(w);
		for (size_t k = 0; k < c->set_count; k++)
			ay_jw_strn(w, c->set[k].bytes, c->set[k].len);
		ay_jw_array_end(w);
	}
	ay_jw_object_end(w);
	ay_jw_object_end(w);
}

/* Columns of keys and of dates are not compared: they go on by nature. */
static int build_reference(const struct inference *inf, struct ay_source *in, char delimiter, struct ay_budget *b, struct ay_buf *out)
{
	enum ay_value_type *types = ay_budget_alloc(b, inf->count * sizeof(*types));
	bool *wanted = ay_budget_alloc(b, inf->count * sizeof(*wanted));
	struct ay_rows_csv table = {in, delimiter};
	const struct ay_rows rows = ay_rows_csv(&table);
	struct ay_reference ref;
	int rc = types && wanted ? 0 : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < inf->count; i++) {
		const struct column *c = &inf->columns[i];

		types[i] = c->values ? order[c->type] : AY_VALUE_ANY;
		wanted[i] = !(c->unique && !c->missing && inf->rows >= UNIQUE_ROWS && (types[i] == AY_VALUE_INTEGER || types[i] == AY_VALUE_STRING));
	}
	if (!rc)
		rc = ay_reference_build(&rows, types, wanted, inf->count, b, &ref);
	if (!rc) {
		ay_reference_encode(&ref, out);
		ay_reference_free(&ref);
	}
	ay_budget_free(b, types);
	ay_budget_free(b, wanted);
	return rc;
}

static void write_schema(const struct inference *inf, const struct ay_buf *reference, struct ay_buf *out)
{
	struct ay_buf text = ay_buf_new(2 * AY_LIMIT_REFERENCE);
	struct ay_jw w = ay_jw_new(out, true);

	ay_jw_object(&w);
	ay_jw_key(&w, "fields");
	ay_jw_array(&w);
	for (size_t i = 0; i < inf->count; i++)
		write_column(&w, inf, i);
	ay_jw_array_end(&w);
	ay_jw_key(&w, "missingValues");
	ay_jw_array(&w);
	ay_jw_str(&w, "");
	ay_jw_array_end(&w);
	ay_jw_kstr(&w, "fieldsMatch", "exact");
	if (reference->len && ay_base64_encode(&text, reference->data, reference->len) == 0)
		ay_jw_kstr(&w, AY_REFERENCE_NOTE, ay_buf_str(&text));
	ay_buf_free(&text);
	ay_jw_object_end(&w);
	ay_buf_addc(out, '\n');
}

static int read_rows(struct inference *inf, struct ay_budget *b)
{
	const struct ay_csv_field *cells;
	int rc;

	inf->count = ay_csv_columns(inf->table);
	inf->columns = ay_budget_alloc(b, inf->count * sizeof(*inf->columns));
	if (!inf->columns)
		return AY_ELIMIT;
	for (size_t i = 0; i < inf->count; i++) {
		inf->columns[i] = (struct column){.type = TYPES, .small_set = true, .unique = true};
		ay_uniq_init(&inf->columns[i].seen, &inf->pool);
	}
	while ((rc = ay_csv_next(inf->table, &cells)) > 0) {
		inf->rows++;
		for (size_t i = 0; i < inf->count; i++)
			note_cell(&inf->columns[i], &cells[i]);
	}
	return rc;
}

int ay_schema_infer(struct ay_source *in, const char *path, struct ay_budget *b, struct ay_buf *out, struct ay_error *e)
{
	struct inference inf = {.pool = {.budget = b, .left = AY_LIMIT_CSV_UNIQUE}};
	struct ay_buf reference = ay_buf_new(AY_LIMIT_REFERENCE);
	int delimiter = ay_csv_delimiter_of(path);
	int rc = ay_csv_open(in, b, delimiter > 0 ? (char)delimiter : 0, &inf.table);

	if (!rc)
		rc = read_rows(&inf, b);
	for (size_t i = 0; inf.columns && i < inf.count; i++)
		ay_uniq_free(&inf.columns[i].seen);
	if (!rc && inf.rows)
		rc = build_reference(&inf, in, delimiter > 0 ? (char)delimiter : 0, b, &reference);
	if (!rc && reference.err)
		rc = reference.err;
	if (rc == AY_EFORMAT)
		ay_error_at(e, rc, ay_csv_fault(inf.table)->off, "%s", ay_csv_fault(inf.table)->message);
	else if (rc)
		ay_error_set(e, rc, "the table cannot be read to its end: %s", ay_strerror(rc));
	else
		write_schema(&inf, &reference, out);
	ay_buf_free(&reference);
	ay_budget_free(b, inf.columns);
	ay_csv_free(inf.table);
	return rc ? rc : out->err;
}
