/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/judge.h"

#include <math.h>

#include "scanners/data/batch.h"
#include "scanners/data/infer.h"
#include "scanners/data/schema.h"
#include "scanners/driver.h"

#define NO_FIELD SIZE_MAX
#define DAY 86400

struct judging {
	struct ay_scan *scan;
	const struct ay_schema *schema;
	const struct ay_rows *rows;
	struct ay_schema_check *check;
	size_t *fields;                    /* of each column of the table: that of the schema, or NO_FIELD */
	char (*digits)[AY_VALUE_TEXT];     /* likewise: of a long integer of the row at hand */
	size_t columns;
	bool by_row;                       /* the schema has rules over whole rows */
	struct ay_counting *counts;        /* NULL: there is no reference */
	struct ay_cell *row;               /* the row at hand as it is counted, when a text in it says that it is missing */
};

/* ---- columns ---- */

static size_t field_of(const struct ay_schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->field_count; i++)
		if (strcmp(schema->fields[i].name.text, name) == 0)
			return i;
	return NO_FIELD;
}

static int on_columns(void *arg, const char *const *names, size_t n)
{
	struct judging *j = arg;
	int rc = ay_schema_check_new(j->scan, j->schema, names, n, &j->check);

	j->fields = ay_budget_alloc(ay_scan_budget(j->scan), (n + 1) * sizeof(*j->fields));
	j->digits = ay_budget_alloc(ay_scan_budget(j->scan), (n + 1) * sizeof(*j->digits));
	j->row = ay_budget_alloc(ay_scan_budget(j->scan), (n + 1) * sizeof(*j->row));
	if (!j->fields || !j->digits || !j->row)
		return AY_ELIMIT;
	j->columns = n;
	for (size_t i = 0; rc == 0 && i < n; i++)
		j->fields[i] = ay_schema_check_judges(j->check) ? field_of(j->schema, names[i]) : NO_FIELD;
	return !rc && j->counts ? ay_counting_columns(j->counts, names, n) : rc;
}

static int on_list(void *arg, size_t column)
{
	struct judging *j = arg;
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

static bool is_missing(const struct judging *j, const struct ay_cell *cell)
{
	return cell->kind == AY_CELL_MISSING || (cell->kind == AY_CELL_TEXT && ay_schema_is_missing(j->schema, cell->text, cell->len));
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

/* What a format without types has, in a column of the schema. */
static bool is_plain_text(const struct judging *j, size_t column, const struct ay_cell *cell)
{
	return j->fields[column] != NO_FIELD && cell->kind == AY_CELL_TEXT && !cell->typed;
}

static int check_cell(struct judging *j, size_t column, const struct ay_cell *cell)
{
	size_t field = j->fields[column];

	if (field == NO_FIELD)
		return 0;
	if (is_plain_text(j, column, cell))
		return ay_schema_check_text(j->check, column, cell->text, cell->len);
	/* A number that is none is a missing one, for a schema. */
	if (is_missing(j, cell) || (cell->kind == AY_CELL_NUMBER && isnan(cell->number)))
		return ay_schema_check_value(j->check, column, NULL);
	struct ay_value v = value_of(cell, j->schema->fields[field].type, j->digits[column]);

	return ay_schema_check_value(j->check, column, &v);
}

static int on_value(void *arg, size_t column, uint64_t row, const struct ay_cell *cell)
{
	static const struct ay_cell missing = {.kind = AY_CELL_MISSING};
	struct judging *j = arg;
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
	return ay_counting_value(j->counts, column, row, is_missing(j, cell) ? &missing : cell);
}

/* Texts that say that a value is missing are missing in rows as they are in columns: the same table is counted alike in each format. */
static const struct ay_cell *counted_row(struct judging *j, const struct ay_cell *cells)
{
	size_t i = 0;

	while (i < j->columns && !(cells[i].kind == AY_CELL_TEXT && is_missing(j, &cells[i])))
		i++;
	if (i == j->columns)
		return cells;
	for (i = 0; i < j->columns; i++)
		j->row[i] = is_missing(j, &cells[i]) ? (struct ay_cell){.kind = AY_CELL_MISSING} : cells[i];
	return j->row;
}

static int on_row(void *arg, uint64_t row, const struct ay_cell *cells)
{
	struct judging *j = arg;
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

static void end_judging(struct judging *j)
{
	ay_schema_check_free(j->check);
	ay_counting_free(j->counts);
	ay_budget_free(ay_scan_budget(j->scan), j->fields);
	ay_budget_free(ay_scan_budget(j->scan), j->digits);
	ay_budget_free(ay_scan_budget(j->scan), j->row);
}

static bool is_label(const void *schema, const char *name)
{
	return ay_schema_label(schema, name);
}

int ay_judge_counting(const struct ay_schema *schema, struct ay_budget *b, struct ay_counting **out)
{
	int rc = ay_counting_new(schema->profile, schema->profile_len, b, out);

	for (size_t i = 0; rc == 0 && i < schema->season_count; i++)
		rc = ay_counting_also(*out, schema->seasons[i].profile, schema->seasons[i].len);
	if (!rc)
		rc = ay_counting_label(*out, is_label, schema);
	if (rc) {
		ay_counting_free(*out);
		*out = NULL;
	}
	return rc;
}

int ay_judge_rows(struct ay_scan *s, const struct ay_schema *schema, const struct ay_rows *rows)
{
	struct judging j = {.scan = s, .schema = schema, .rows = rows};
	const struct ay_rows_sink sink = {&j, on_columns, on_list, on_value, on_row};
	unsigned before = ay_scan_count(s, AY_INCONCLUSIVE);
	int rc = 0;

	if (ay_scan_options(s)->proposal)
		return ay_infer_scan(s, rows);
	j.by_row = ay_schema_needs_rows(schema);
	if (schema->profile)
		rc = ay_judge_counting(schema, ay_scan_budget(s), &j.counts);
	if (!rc)
		rc = rows->each(rows->arg, ay_scan_budget(s), &sink);
	if (j.check)
		ay_schema_check_finish(j.check, rc == 0);
	if (!rc && j.counts)
		ay_judge_counted(s, ay_counting_batch(j.counts));
	if (rc && ay_scan_count(s, AY_INCONCLUSIVE) == before)
		ay_scan_find_error(s, "table", rc, NULL);
	end_judging(&j);
	return 0;
}

static struct ay_sipkey key_of(const struct ay_schema *schema)
{
	struct ay_sha256 d = ay_sha256_short(schema ? schema->profile : NULL, schema ? schema->profile_len : 0);
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
