/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner of CSV tables: the strict reader, and the schema when there is one. */
#include "scanners/data/schema.h"
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

/* All rows. 0 at the end of the table, or the code that ended reading. */
static int judge_rows(struct ay_scan *s, struct ay_csv *table, struct ay_schema_check *check)
{
	const struct ay_csv_field *fields;
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
			rc = ay_schema_check_row(check, fields, ay_csv_row(table), ay_csv_row_off(table));
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

/* NULL in *out when the caller gave no schema. */
static int load_schema(struct ay_scan *s, struct ay_schema **out)
{
	const struct ay_scan_options *o = ay_scan_options(s);
	struct ay_error e;

	*out = NULL;
	if (!o->schema_json)
		return 0;
	int err = ay_schema_load(o->schema_json, o->schema_len, out, &e);

	if (err)
		ay_scan_find(s, "schema.invalid", AY_NO_OFFSET, "the schema itself is not valid: %s: %s", e.where, e.msg);
	return err;
}

static int csv_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_schema_check *check = NULL;
	struct ay_schema *schema;
	struct ay_csv *table = NULL;

	if (load_schema(s, &schema) != 0)
		return 0;
	int rc = ay_csv_open(in, ay_scan_budget(s), (char)ay_csv_delimiter_of(ay_scan_name(s)), &table);

	if (!rc && schema)
		rc = ay_schema_check_new(s, schema, table, &check);
	if (!rc)
		rc = judge_rows(s, table, check);
	if (rc)
		report(s, table, rc);
	if (check)
		ay_schema_check_finish(check);
	ay_schema_check_free(check);
	ay_csv_free(table);
	ay_schema_free(schema);
	return 0;
}

static const char *const refines[] = {"text", "json", NULL};

const struct ay_scanner ay_scanner_csv = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "csv", .version = 1, .refines = refines, .bid = csv_bid, .scan = csv_scan
};
