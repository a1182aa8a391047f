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

static int name_columns(struct ay_scan *s, const struct ay_csv *table, struct ay_judging *j)
{
	struct ay_budget *b = ay_scan_budget(s);
	size_t n = ay_csv_columns(table);
	const char **names = ay_budget_alloc(b, n * sizeof(*names));
	int rc = names ? 0 : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < n; i++)
		names[i] = ay_csv_name(table, i);
	if (!rc)
		rc = ay_judging_columns(j, names, n);
	ay_budget_free(b, names);
	return rc;
}

/* All rows; j may be NULL. 0 at the end of the table, or the code that ended reading. */
static int judge_rows(struct ay_scan *s, struct ay_csv *table, struct ay_judging *j)
{
	struct ay_block rows;
	unsigned ragged = 0;
	int rc = ay_block_init(&rows, ay_scan_budget(s), ay_csv_columns(table));

	while (!rc) {
		rc = ay_csv_next_rows(table, &rows);
		if (rc == AY_EFORMAT && ay_csv_may_go_on(table) && ++ragged < RAGGED_LISTED) {
			ay_scan_find_full(s, ay_csv_fault(table));
			rc = 0;
			continue;
		}
		if (rc <= 0)
			break;
		rc = j ? ay_judging_rows(j, &rows) : ay_budget_tick(ay_scan_budget(s));
	}
	ay_block_free(&rows);
	return rc;
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

static int csv_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_judging *j = NULL;
	const struct ay_schema *schema;
	struct ay_schema *whole;
	struct ay_csv *table = NULL;

	if (ay_scan_options(s)->proposal)
		return propose(s, in);
	int rc = ay_schema_open(s, AY_SCHEMA_OF_TABLE, &whole, &schema);

	if (!rc)
		rc = ay_csv_open(in, ay_scan_budget(s), (char)ay_csv_delimiter_of(ay_scan_name(s)), &table);
	if (!rc && schema)
		rc = ay_judging_new(s, schema, &j);
	if (!rc && j)
		rc = name_columns(s, table, j);
	if (!rc)
		rc = judge_rows(s, table, j);
	if (rc)
		report(s, table, rc);
	if (j)
		ay_judging_end(j, rc == 0);
	ay_judging_free(j);
	ay_csv_free(table);
	ay_schema_free(whole);
	return 0;
}

static const char *const refines[] = {"text", "json", NULL};

const struct ay_scanner ay_scanner_csv = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "csv", .version = 6, .refines = refines, .bid = csv_bid, .scan = csv_scan
};
