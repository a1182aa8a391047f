/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner of CSV tables: the strict reader, and the schema when there is one. */
#include "scanners/data/batch.h"
#include "scanners/data/infer.h"
#include "scanners/data/judge.h"
#include "scanners/data/schema.h"
#include "scanners/driver.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/csv.h"
#include "scanners/formats/text.h"
#include "scanners/registry.h"

#define RAGGED_LISTED 20

static unsigned csv_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	return ay_csv_delimiter_of(path) >= 0 && ay_bytes_look_like_text(&head) ? 4 : 0;
}

/* The table as its reference counts it, when its schema has one. */
struct counting {
	struct ay_counting *counts;
	const struct ay_schema *schema;
	struct ay_cell *cells;
	size_t columns;
};

static int count_start(struct ay_scan *s, const struct ay_schema *schema, const struct ay_csv *table, struct counting *k)
{
	struct ay_budget *b = ay_scan_budget(s);
	size_t n = ay_csv_columns(table);
	const char **names = ay_budget_alloc(b, n * sizeof(*names));
	int rc = names ? ay_judge_counting(schema, b, &k->counts) : AY_ELIMIT;

	k->schema = schema;
	k->columns = n;
	if (!rc && !(k->cells = ay_budget_alloc(b, n * sizeof(*k->cells))))
		rc = AY_ELIMIT;
	for (size_t i = 0; rc == 0 && i < n; i++)
		names[i] = ay_csv_name(table, i);
	if (!rc)
		rc = ay_counting_columns(k->counts, names, n);
	ay_budget_free(b, names);
	return rc;
}

/* check: has judged the row; or NULL. */
static int count_row(struct counting *k, const struct ay_schema_check *check, const struct ay_csv_field *fields, uint64_t row)
{
	if (!k->counts)
		return 0;
	for (size_t i = 0; i < k->columns; i++) {
		k->cells[i] = (struct ay_cell){.kind = AY_CELL_TEXT, .text = fields[i].text, .len = fields[i].len};
		if (!(check && ay_schema_checked(check, i, &k->cells[i])) && ay_schema_is_missing(k->schema, fields[i].text, fields[i].len))
			k->cells[i].kind = AY_CELL_MISSING;
	}
	return ay_counting_row(k->counts, row, k->cells);
}

/* whole: every row was counted. */
static void count_end(struct ay_scan *s, struct counting *k, bool whole)
{
	if (k->counts && whole)
		ay_judge_counted(s, ay_counting_batch(k->counts));
	ay_counting_free(k->counts);
	ay_budget_free(ay_scan_budget(s), k->cells);
}

static int check_row(struct ay_schema_check *check, const struct ay_csv_field *fields, size_t columns, uint64_t row, uint64_t off)
{
	int rc = 0;

	if (!ay_schema_check_judges(check))
		return 0;
	ay_schema_check_begin(check, row, off);
	for (size_t i = 0; rc == 0 && i < columns; i++)
		rc = ay_schema_check_text(check, i, fields[i].text, fields[i].len);
	return rc ? rc : ay_schema_check_end(check);
}

/* All rows. 0 at the end of the table, or the code that ended reading. */
static int judge_rows(struct ay_scan *s, struct ay_csv *table, struct ay_schema_check *check, struct counting *counting)
{
	const struct ay_csv_field *fields;
	size_t columns = ay_csv_columns(table);
	unsigned ragged = 0;
	int rc;

	for (;;) {
		rc = ay_csv_next(table, &fields);
		if (rc == AY_EFORMAT && ay_csv_may_go_on(table) && ++ragged < RAGGED_LISTED) {
			ay_scan_find_full(s, ay_csv_fault(table));
			continue;
		}
		if (rc <= 0)
			return rc;
		rc = ay_budget_tick(ay_scan_budget(s));
		if (!rc && check)
			rc = check_row(check, fields, columns, ay_csv_row(table), ay_csv_row_off(table));
		if (!rc)
			rc = count_row(counting, check, fields, ay_csv_row(table));
		if (rc)
			return rc;
	}
}

static void report(struct ay_scan *s, const struct ay_csv *table, int code)
{
	struct ay_error e;

	if (code == AY_EFORMAT && table) {
		ay_scan_find_full(s, ay_csv_fault(table));
		return;
	}
	if (code == AY_ELIMIT && table)
		ay_error_at(&e, code, AY_NO_OFFSET, "a row or field is too long, or memory or time ran out, after row %llu",
			    (unsigned long long)ay_csv_row(table));
	else
		ay_error_set(&e, code, "%s", ay_strerror(code));
	ay_scan_find_error(s, "csv", code, &e);
}

/* The table says itself what it is refused for. */
static int propose(struct ay_scan *s, struct ay_source *in)
{
	struct ay_rows_csv table = {.in = in, .delimiter = (char)ay_csv_delimiter_of(ay_scan_name(s)), .scan = s};
	const struct ay_rows rows = ay_rows_csv(&table);

	return ay_infer_scan(s, &rows);
}

static int check_start(struct ay_scan *s, const struct ay_schema *schema, const struct ay_csv *table, struct ay_schema_check **out)
{
	size_t n = ay_csv_columns(table);
	const char **names = ay_budget_alloc(ay_scan_budget(s), n * sizeof(*names));
	int rc = AY_ELIMIT;

	if (names) {
		for (size_t i = 0; i < n; i++)
			names[i] = ay_csv_name(table, i);
		rc = ay_schema_check_new(s, schema, names, n, out);
	}
	ay_budget_free(ay_scan_budget(s), names);
	return rc;
}

static int csv_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_schema_check *check = NULL;
	struct counting counting = {.counts = NULL};
	const struct ay_schema *schema;
	struct ay_schema *whole;
	struct ay_csv *table = NULL;

	if (ay_scan_options(s)->proposal)
		return propose(s, in);
	int rc = ay_schema_open(s, AY_SCHEMA_OF_TABLE, &whole, &schema);

	if (!rc)
		rc = ay_csv_open(in, ay_scan_budget(s), (char)ay_csv_delimiter_of(ay_scan_name(s)), &table);

	if (!rc && schema)
		rc = check_start(s, schema, table, &check);
	if (!rc && schema && schema->profile)
		rc = count_start(s, schema, table, &counting);
	if (!rc)
		rc = judge_rows(s, table, check, &counting);
	count_end(s, &counting, rc == 0);
	if (rc)
		report(s, table, rc);
	if (check)
		ay_schema_check_finish(check, rc == 0);
	ay_schema_check_free(check);
	ay_csv_free(table);
	ay_schema_free(whole);
	return 0;
}

static const char *const refines[] = {"text", "json", NULL};

const struct ay_scanner ay_scanner_csv = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "csv", .version = 5, .refines = refines, .bid = csv_bid, .scan = csv_scan
};
