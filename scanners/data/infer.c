/* SPDX-License-Identifier: Apache-2.0 */
/* A schema proposed from a table: the narrowest types and bounds that every row satisfies. Or the reference alone, for a schema that is there. */
#include "scanners/data/infer.h"

#include <math.h>

#include "assay/json.h"
#include "assay/schema.h"
#include "assay/text.h"
#include "scanners/data/describe.h"
#include "scanners/data/reference.h"
#include "scanners/data/rows_as.h"
#include "scanners/data/schema.h"
#include "scanners/data/uniq.h"
#include "scanners/driver.h"

#define MAX_ENUM 20              /* more distinct values are no set */
#define MAX_ENUM_TEXT 64         /* bytes of one */
#define ENUM_REPEATS 5           /* each value of a set stands so often: of one that does not, more may come */
#define ENUM_SHARE 0.001         /* and is so much of them: where one is rarer, others that are as rare were not met yet */
#define BOUND_REPEATS 10         /* so many rows lie on a bound: an extreme that a few reach is an accident, and the next batch goes beyond */
#define BOUND_SHARE 0.01         /* and so much of them: values pile up there, else it is where the tail of a long table ends */
#define UNIQUE_ROWS 20           /* fewer rows say nothing about uniqueness */
#define DESCRIBED_BINS 20        /* of a histogram in one line */
#define MAX_BOUND 64             /* bytes of a minimum or maximum */

/* Narrow first: the type of a column is the first that all its values have. */
static const enum ay_value_type order[] = {
	AY_VALUE_INTEGER, AY_VALUE_NUMBER, AY_VALUE_BOOLEAN, AY_VALUE_DATE, AY_VALUE_DATETIME, AY_VALUE_TIME, AY_VALUE_STRING, AY_VALUE_ANY
};
#define TYPES AY_ARRAY_LEN(order)

/*
 * Texts that programs write where a value is missing. The first always says so; another when it stands among values that are no
 * texts: "NA" is missing between numbers, and may be Namibia between names.
 */
static const char *const said[] = {"", "NA", "N/A", "n/a", "<NA>", "#N/A", "NULL", "null", "None", "nan", "-", ".", "?"};
#define LONGEST_SAID 4
#define SAID_ALL ((1u << AY_ARRAY_LEN(said)) - 1)

struct text { char bytes[MAX_BOUND]; size_t len; };
/* A minimum or maximum: as written, and as a value of the column's type. */
struct bound { struct text text; struct ay_value v; uint64_t rows; };

struct column {
	char *name;
	size_t type;                 /* index in order; TYPES before the first value */
	enum ay_value_type as;       /* what it is counted as, once all was noted */
	bool only_texts;             /* no value has a type that a text has not */
	bool bounded;                /* min and max are known */
	bool small_set, unique;
	bool strange;                /* it has values of no type but any: lists, and bytes that are no text */
	uint64_t values, missing;
	uint32_t said;               /* bit i: said[i] stood for a missing value */
	struct bound min, max;
	struct text set[MAX_ENUM];
	uint64_t set_rows[MAX_ENUM];
	size_t set_count;
	struct ay_uniq seen;
};

struct inference {
	struct ay_budget *budget;
	struct ay_uniq_pool pool;
	struct column *columns;
	size_t count;
	uint64_t rows;
	uint32_t missing;            /* bit i: said[i] says that a value is missing */
	const struct ay_schema *of;  /* that the reference is for; NULL: a schema is proposed */
};

/* ---- what a cell may be ---- */

/* A value that has a type, as one of type t. */
static bool typed_as(const struct ay_cell *cell, enum ay_value_type t, struct ay_value *v)
{
	*v = (struct ay_value){.type = t, .text = cell->text, .len = cell->len, .i = cell->integer, .nanos = cell->nanos, .d = cell->number};
	if (cell->is == AY_VALUE_STRING)
		return t == AY_VALUE_STRING || ((t == AY_VALUE_DATE || t == AY_VALUE_DATETIME || t == AY_VALUE_TIME) &&
						ay_value_parse(t, cell->text, cell->len, v));
	if (cell->is == AY_VALUE_INTEGER && t == AY_VALUE_INTEGER && !cell->whole)
		return cell->text && ay_value_parse(t, cell->text, cell->len, v);
	if (cell->is == AY_VALUE_INTEGER && t == AY_VALUE_INTEGER)
		v->len = 1;    /* no digits are looked at */
	/* Infinity is no number of a schema. */
	return (cell->is == t || (cell->is == AY_VALUE_INTEGER && t == AY_VALUE_NUMBER)) && (t != AY_VALUE_NUMBER || isfinite(cell->number));
}

static bool cell_as(const struct column *c, const struct ay_cell *cell, enum ay_value_type t, struct ay_value *v)
{
	if (t == AY_VALUE_ANY)
		return true;
	if (t == AY_VALUE_STRING && !c->only_texts)
		return false;
	return cell->typed ? typed_as(cell, t, v) : ay_value_parse(t, cell->text, cell->len, v);
}

/* ---- bounds ---- */

/* v of the cell becomes a bound. */
static void keep(struct column *c, struct bound *to, const struct ay_cell *cell, const struct ay_value *v)
{
	struct text *text = &to->text;

	if (cell->text && cell->len <= sizeof(text->bytes)) {
		memcpy(text->bytes, cell->text, cell->len);    /* own: length checked above */
		text->len = cell->len;
	} else if (!cell->text) {
		text->len = ay_value_write(v, text->bytes, sizeof(text->bytes));
	} else {
		c->bounded = false;
		return;
	}
	to->v = *v;
	to->rows = 1;
	/* Long digits are compared as such, where they are kept. */
	if (cell->text && v->text)
		to->v.text = text->bytes + (v->text - cell->text);
}

static void bound_as(struct column *c, struct bound *b, enum ay_value_type t)
{
	c->bounded = c->bounded && ay_value_parse(t, b->text.bytes, b->text.len, &b->v);
}

/* Widens the type until the cell and the bounds so far fit. */
static void widen(struct column *c, const struct ay_cell *cell, struct ay_value *v)
{
	size_t was = c->type;

	if (cell->kind != AY_CELL_TEXT || (cell->typed && cell->is != AY_VALUE_STRING))
		c->only_texts = false;
	if (was == TYPES)
		c->type = 0;
	while (!cell_as(c, cell, order[c->type], v) ||
	       !(was == TYPES || was == c->type || (order[was] == AY_VALUE_INTEGER && order[c->type] == AY_VALUE_NUMBER) ||
		 order[c->type] == AY_VALUE_STRING || order[c->type] == AY_VALUE_ANY))
		c->type++;
	if (was == c->type)
		return;
	c->bounded = (was == TYPES || c->bounded) && ay_value_type_ordered(order[c->type]);
	if (was != TYPES && c->bounded) {
		bound_as(c, &c->min, order[c->type]);
		bound_as(c, &c->max, order[c->type]);
	}
}

static void note_bounds(struct column *c, const struct ay_cell *cell, const struct ay_value *v)
{
	if (!c->bounded)
		return;
	int low = c->values == 1 ? -1 : ay_value_compare(v, &c->min.v), high = c->values == 1 ? 1 : ay_value_compare(v, &c->max.v);

	c->min.rows += low == 0;
	c->max.rows += high == 0;
	if (low < 0)
		keep(c, &c->min, cell, v);
	if (high > 0 && c->bounded)
		keep(c, &c->max, cell, v);
}

/* ---- sets and keys ---- */

static void note_set(struct column *c, const struct ay_cell *cell)
{
	if (!c->small_set)
		return;
	c->small_set = cell->kind == AY_CELL_TEXT;
	for (size_t i = 0; c->small_set && i < c->set_count; i++)
		if (c->set[i].len == cell->len && memcmp(c->set[i].bytes, cell->text, cell->len) == 0) {
			c->set_rows[i]++;
			return;
		}
	c->small_set = c->small_set && c->set_count < MAX_ENUM && cell->len <= MAX_ENUM_TEXT;
	if (!c->small_set)
		return;
	memcpy(c->set[c->set_count].bytes, cell->text, cell->len);    /* own: length checked above */
	c->set_rows[c->set_count] = 1;
	c->set[c->set_count++].len = cell->len;
}

static bool is_bound(const struct column *c, const struct bound *b)
{
	return c->values && c->bounded && b->rows >= BOUND_REPEATS && (double)b->rows >= BOUND_SHARE * (double)c->values;
}

static bool is_set(const struct column *c)
{
	bool often = c->small_set;

	for (size_t i = 0; i < c->set_count; i++)
		often = often && c->set_rows[i] >= ENUM_REPEATS && (double)c->set_rows[i] >= ENUM_SHARE * (double)c->values;
	return often;
}

/* By text, which is enough for a proposal; a column that cannot be held is not proposed as unique. */
static void note_unique(struct column *c, const struct ay_cell *cell)
{
	struct ay_uniq_state h;

	if (!c->unique)
		return;
	ay_uniq_start(&h);
	if (cell->text)
		ay_uniq_part(&h, cell->text, cell->len);
	else if (cell->whole)
		ay_uniq_part(&h, &cell->integer, sizeof(cell->integer));
	else
		ay_uniq_part(&h, &cell->number, sizeof(cell->number));
	c->unique = ay_uniq_add(&c->seen, ay_uniq_finish(&h)) == 1;
	if (!c->unique)
		ay_uniq_free(&c->seen);
}

/* Its bit, of a schema any; 0: it is a value. */
static uint32_t said_by(const struct inference *inf, const char *text, size_t len)
{
	if (inf->of)
		return ay_schema_is_missing(inf->of, text, len);
	for (size_t i = 0; len <= LONGEST_SAID && i < AY_ARRAY_LEN(said); i++)
		if (inf->missing & 1u << i && strlen(said[i]) == len && memcmp(text, said[i], len) == 0)
			return 1u << i;
	return 0;
}

/* As the schema will take it. */
static void take_cell(void *arg, size_t column, struct ay_cell *cell)
{
	const struct inference *inf = arg;

	if (cell->kind == AY_CELL_TEXT && said_by(inf, cell->text, cell->len))
		*cell = (struct ay_cell){.kind = AY_CELL_MISSING};
	else if (inf->columns[column].as == AY_VALUE_BOOLEAN)
		ay_cell_put_boolean(cell);
}

static int note_cell(void *arg, size_t column, uint64_t row, const struct ay_cell *cell)
{
	struct inference *inf = arg;
	struct column *c = &inf->columns[column];
	uint32_t bit = cell->kind == AY_CELL_TEXT ? said_by(inf, cell->text, cell->len) : 0;
	bool strange = cell->kind != AY_CELL_MISSING && cell->typed && cell->is == AY_VALUE_ANY;
	struct ay_value v;

	inf->rows = row > inf->rows ? row : inf->rows;
	c->said |= bit;
	c->strange |= strange;
	/* What is no number is missing, for a schema. */
	if (bit || strange || cell->kind == AY_CELL_MISSING || (cell->kind == AY_CELL_NUMBER && isnan(cell->number))) {
		c->missing++;
		return 0;
	}
	c->values++;
	widen(c, cell, &v);
	note_bounds(c, cell, &v);
	note_set(c, cell);
	note_unique(c, cell);
	return 0;
}

/* ---- writing ---- */

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
	enum ay_value_type t = c->as;

	ay_jw_object(w);
	ay_jw_kstr(w, "name", c->name);
	ay_jw_kstr(w, "type", ay_value_type_name(t));
	ay_jw_key(w, "constraints");
	ay_jw_object(w);
	if (inf->rows && !c->missing)
		ay_jw_kbool(w, "required", true);
	if (c->unique && !c->missing && inf->rows >= UNIQUE_ROWS && (t == AY_VALUE_INTEGER || t == AY_VALUE_STRING))
		ay_jw_kbool(w, "unique", true);
	if (ay_value_type_ordered(t) && is_bound(c, &c->min))
		write_bound(w, "minimum", t, &c->min.text);
	if (ay_value_type_ordered(t) && is_bound(c, &c->max))
		write_bound(w, "maximum", t, &c->max.text);
	if (t == AY_VALUE_STRING && is_set(c)) {
		ay_jw_key(w, "enum");
		ay_jw_array(w);
		for (size_t k = 0; k < c->set_count; k++)
			ay_jw_strn(w, c->set[k].bytes, c->set[k].len);
		ay_jw_array_end(w);
	}
	ay_jw_object_end(w);
	ay_jw_object_end(w);
}

static enum ay_value_type type_of(const struct inference *inf, size_t i)
{
	const struct column *c = &inf->columns[i];
	size_t field;

	if (inf->of)
		return ay_schema_find_field(inf->of, c->name, &field) == 0 ? inf->of->fields[field].type : AY_VALUE_ANY;
	return c->values && !c->strange ? order[c->type] : AY_VALUE_ANY;
}

/* Columns of keys and of dates are not compared: they go on by nature. */
static int build_reference(const struct inference *inf, const struct ay_rows *rows, struct ay_buf *out)
{
	enum ay_value_type *types = ay_budget_alloc(inf->budget, (inf->count + 1) * sizeof(*types));
	bool *wanted = ay_budget_alloc(inf->budget, (inf->count + 1) * sizeof(*wanted));
	struct ay_reference ref;
	int rc = types && wanted ? 0 : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < inf->count; i++) {
		const struct column *c = &inf->columns[i];

		types[i] = c->as;
		wanted[i] = !(c->unique && !c->missing && inf->rows >= UNIQUE_ROWS && (types[i] == AY_VALUE_INTEGER || types[i] == AY_VALUE_STRING));
	}
	if (!rc)
		rc = ay_reference_build(rows, types, wanted, inf->count, inf->budget, &ref);
	if (!rc) {
		ay_reference_encode(&ref, out);
		ay_reference_free(&ref);
		rc = out->err;
	}
	ay_budget_free(inf->budget, types);
	ay_budget_free(inf->budget, wanted);
	return rc;
}

static void write_fields(struct ay_jw *w, const struct inference *inf)
{
	ay_jw_key(w, "fields");
	ay_jw_array(w);
	for (size_t i = 0; i < inf->count; i++)
		write_column(w, inf, i);
	ay_jw_array_end(w);
	ay_jw_key(w, "missingValues");
	ay_jw_array(w);
	for (size_t i = 0; i < AY_ARRAY_LEN(said); i++)
		if (inf->missing & 1u << i)
			ay_jw_str(w, said[i]);
	ay_jw_array_end(w);
	ay_jw_kstr(w, "fieldsMatch", "exact");
}

static void write_schema(const struct inference *inf, const struct ay_buf *reference, struct ay_buf *out)
{
	struct ay_buf text = ay_buf_new(2 * AY_LIMIT_REFERENCE);
	struct ay_jw w = ay_jw_new(out, true);

	ay_jw_object(&w);
	if (!inf->of)
		write_fields(&w, inf);
	if (reference->len && ay_base64_encode(&text, reference->data, reference->len) == 0)
		ay_jw_kstr(&w, AY_REFERENCE_NOTE, ay_buf_str(&text));
	ay_buf_free(&text);
	ay_jw_object_end(&w);
	ay_buf_addc(out, '\n');
}

static int start_columns(void *arg, const char *const *names, size_t n)
{
	struct inference *inf = arg;

	inf->columns = ay_budget_alloc(inf->budget, (n + 1) * sizeof(*inf->columns));
	if (!inf->columns)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(names[i]) + 1;
		struct column *c = &inf->columns[i];

		*c = (struct column){.type = TYPES, .only_texts = true, .small_set = true, .unique = true, .name = ay_budget_alloc(inf->budget, len)};
		ay_uniq_init(&c->seen, &inf->pool);
		inf->count = i + 1;
		if (!c->name)
			return AY_ELIMIT;
		memcpy(c->name, names[i], len);    /* own: room just made */
	}
	return 0;
}

/* ---- describing ---- */

/* A column that is not profiled has its bounds, where they are known. */
static int describe_column(struct ay_jw *w, const struct inference *inf, size_t i, struct ay_reference *ref)
{
	const struct column *c = &inf->columns[i];
	const struct ay_profiled *p = ay_reference_find(ref, c->name);
	enum ay_value_type t = c->as;
	int rc = 0;

	ay_jw_object(w);
	ay_jw_kstr(w, "name", c->name);
	ay_jw_kstr(w, "type", ay_value_type_name(t));
	ay_jw_ku64(w, "rows", inf->rows);
	ay_jw_ku64(w, "missing", inf->rows - c->values);
	if (c->values && c->bounded && t != AY_VALUE_INTEGER && t != AY_VALUE_NUMBER) {
		write_bound(w, "minimum", t, &c->min.text);
		write_bound(w, "maximum", t, &c->max.text);
	}
	if (p) {
		ay_jw_key(w, "summary");
		ay_describe_column(w, p);
		ay_jw_key(w, "chart");
		rc = ay_describe_chart(w, p, NULL, DESCRIBED_BINS);
	}
	ay_jw_object_end(w);
	return rc;
}

static int describe(const struct inference *inf, struct ay_reference *ref, struct ay_buf *out)
{
	struct ay_jw w = ay_jw_new(out, false);
	size_t i = 0;
	int rc = 0;

	ay_jw_object(&w);
	ay_jw_ku64(&w, "rows", inf->rows);
	ay_jw_key(&w, "columns");
	ay_jw_array(&w);
	for (; i < inf->count && i < AY_REFERENCE_COLUMNS && rc == 0; i++)
		rc = describe_column(&w, inf, i, ref);
	ay_jw_array_end(&w);
	ay_jw_ku64(&w, "columns_omitted", inf->count - i);
	ay_jw_object_end(&w);
	return rc;
}

/* With keys and texts, which a proposal leaves out. */
static int describe_rows(const struct inference *inf, const struct ay_rows *rows, struct ay_buf *out)
{
	enum ay_value_type *types = ay_budget_alloc(inf->budget, (inf->count + 1) * sizeof(*types));
	bool *wanted = ay_budget_alloc(inf->budget, (inf->count + 1) * sizeof(*wanted));
	struct ay_reference ref = {.count = 0};
	int rc = types && wanted ? 0 : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < inf->count; i++) {
		types[i] = inf->columns[i].as;
		wanted[i] = true;
	}
	if (!rc)
		rc = ay_reference_build_whole(rows, types, wanted, inf->count, inf->budget, &ref);
	if (!rc) {
		rc = describe(inf, &ref, out);
		ay_reference_free(&ref);
	}
	ay_budget_free(inf->budget, types);
	ay_budget_free(inf->budget, wanted);
	return rc;
}

/* A column that nobody counts would never be compared, so that a table of too many columns has no reference at all. */
static int propose(const struct inference *inf, const struct ay_rows *rows, struct ay_buf *out, struct ay_error *e)
{
	struct ay_buf reference = ay_buf_new(AY_LIMIT_REFERENCE);

	if (inf->count > AY_REFERENCE_COLUMNS)
		return ay_error_set(e, AY_ELIMIT, "the table has %zu columns, and a reference has at most %d: split the table by columns", inf->count,
				    AY_REFERENCE_COLUMNS);
	int rc = inf->rows ? build_reference(inf, rows, &reference) : 0;

	if (reference.err)
		ay_error_set(e, rc, "the reference of its %zu columns would have more than %llu MiB: split the table by columns", inf->count,
			     (unsigned long long)(AY_LIMIT_REFERENCE / MIB));
	if (!rc)
		write_schema(inf, &reference, out);
	ay_buf_free(&reference);
	return rc;
}

static void forget_columns(struct inference *inf)
{
	for (size_t i = 0; i < inf->count; i++) {
		ay_uniq_free(&inf->columns[i].seen);
		ay_budget_free(inf->budget, inf->columns[i].name);
	}
	ay_budget_free(inf->budget, inf->columns);
	inf->columns = NULL;
	inf->count = 0;
	inf->rows = 0;
}

static int note_table(struct inference *inf, const struct ay_rows *rows, uint32_t missing)
{
	const struct ay_rows_sink sink = {.arg = inf, .columns = start_columns, .value = note_cell};

	inf->missing = missing;
	return rows->each(rows->arg, inf->budget, &sink);
}

/* A second time where what was taken for missing stands only among texts. */
static int note_columns(struct inference *inf, const struct ay_rows *rows)
{
	int rc = note_table(inf, rows, inf->of ? 1 : SAID_ALL);
	uint32_t met = 1, meant = 1;

	for (size_t i = 0; i < inf->count; i++) {
		const struct column *c = &inf->columns[i];

		met |= c->said;
		meant |= c->values && !c->strange && order[c->type] != AY_VALUE_STRING && order[c->type] != AY_VALUE_ANY ? c->said : 0;
	}
	inf->missing = meant;
	if (rc || met == meant)
		return rc;
	forget_columns(inf);
	return note_table(inf, rows, meant);
}

static bool has_column(const struct inference *inf, const char *name)
{
	for (size_t i = 0; i < inf->count; i++)
		if (strcmp(inf->columns[i].name, name) == 0)
			return true;
	return false;
}

int ay_infer_rows(struct ay_budget *b, const struct ay_rows *rows, const struct ay_schema *of, bool describe, struct ay_buf *out, struct ay_error *e)
{
	struct inference inf = {.budget = b, .pool = {.budget = b, .left = AY_LIMIT_CSV_UNIQUE}, .of = of};
	struct ay_rows_as taken = {.in = rows, .take = take_cell, .arg = &inf};
	const struct ay_rows as_taken = ay_rows_as(&taken);
	int rc = note_columns(&inf, rows);

	for (size_t i = 0; i < inf.count; i++) {
		ay_uniq_free(&inf.columns[i].seen);
		inf.columns[i].as = type_of(&inf, i);
	}
	if (rc == 0 && !describe && !inf.count)
		rc = ay_error_set(e, AY_EFORMAT, "the table has no columns; next: name one that has, for a schema is of its columns");
	/* JSON has keys without a text, which no field of a schema can name. */
	for (size_t i = 0; rc == 0 && !describe && i < inf.count; i++)
		if (!*inf.columns[i].name)
			rc = ay_error_set(e, AY_EFORMAT, "column %zu has no name; next: name it, for a schema has its columns by name", i + 1);
	for (size_t i = 0; rc == 0 && of && i < of->field_count; i++)
		if (!has_column(&inf, of->fields[i].name.text))
			rc = ay_error_set(e, AY_EFORMAT, "the table has no column %.80s, which is a field of the schema", of->fields[i].name.text);
	if (!rc)
		rc = describe ? describe_rows(&inf, &as_taken, out) : propose(&inf, &as_taken, out, e);
	forget_columns(&inf);
	return rc ? rc : out->err;
}

/* ---- as a scan ---- */

int ay_infer_scan(struct ay_scan *s, const struct ay_rows *rows)
{
	struct ay_buf *out = ay_scan_options(s)->proposal;
	unsigned before = ay_scan_count(s, AY_INCONCLUSIVE);

	if (out->len) {
		ay_scan_find(s, "schema.unsupported", AY_NO_OFFSET, "there is more than one table, and a schema is proposed from one");
		return 0;
	}
	const struct ay_schema *of;
	struct ay_schema *whole;
	struct ay_error e = {.msg = ""};
	int rc = ay_schema_open(s, AY_SCHEMA_OF_TABLE, &whole, &of);

	if (!rc && !of && ay_scan_options(s)->schema_json)
		rc = ay_error_set(&e, AY_EFORMAT, "the schema is not that of one table");
	if (!rc)
		rc = ay_infer_rows(ay_scan_budget(s), rows, of, ay_scan_options(s)->describe, out, &e);
	ay_schema_free(whole);
	if (rc && ay_scan_count(s, AY_INCONCLUSIVE) > before)
		return 0;
	if (rc && *e.msg)
		ay_scan_find(s, "schema.unsupported", AY_NO_OFFSET, "%s", e.msg);
	else if (rc)
		ay_scan_find(s, "schema.unsupported", AY_NO_OFFSET, "the table cannot be read to its end: %s", ay_strerror(rc));
	return 0;
}

/* The first of the worst findings says why there is none. */
static int refusal(const struct ay_scan_result *r, struct ay_error *e)
{
	for (size_t i = 0; i < r->found_count; i++) {
		const struct ay_found *f = &r->found[i];

		if (f->rule->verdict < r->verdict)
			continue;
		ay_error_at(e, AY_EFORMAT, f->off, "%s", f->message);
		return AY_EFORMAT;
	}
	return AY_EFORMAT;
}

static int infer(struct ay_source *in, const struct ay_scan_options *o, struct ay_budget *b, struct ay_buf *out, struct ay_error *e)
{
	struct ay_scan_result r;
	int rc = ay_scan_run_within(in, o, b, &r);

	if (!rc && r.verdict >= AY_INCONCLUSIVE) {
		rc = refusal(&r, e);
		ay_buf_clear(out);
	} else if (!rc && !out->len) {
		rc = AY_EUNSUPPORTED;
		ay_error_set(e, rc, "no table of rows and columns was found in it; those of CSV, JSON lines, Parquet and Arrow are read%s",
			     o->describe ? "" : ", and Croissant");
	}
	ay_scan_result_free(&r);
	return rc ? rc : out->err;
}

int ay_schema_infer(struct ay_source *in, const char *path, struct ay_budget *b, struct ay_buf *out, struct ay_error *e)
{
	const struct ay_scan_options o = {.profiles = AY_PROFILE_WEIGHTS, .path = path, .proposal = out};

	return infer(in, &o, b, out, e);
}

int ay_schema_reference(struct ay_source *in, const char *path, const char *schema, size_t len, struct ay_budget *b, struct ay_buf *out,
			struct ay_error *e)
{
	const struct ay_scan_options o = {.profiles = AY_PROFILE_WEIGHTS, .path = path, .proposal = out, .schema_json = schema, .schema_len = len};

	return infer(in, &o, b, out, e);
}

int ay_table_describe(struct ay_source *in, const char *path, struct ay_budget *b, struct ay_buf *out, struct ay_error *e)
{
	const struct ay_scan_options o = {.profiles = AY_PROFILE_WEIGHTS, .path = path, .proposal = out, .describe = true};

	return infer(in, &o, b, out, e);
}
