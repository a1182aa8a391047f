/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/judge.h"

#include "scanners/data/batch.h"
#include "scanners/data/infer.h"
#include "scanners/data/schema.h"
#include "scanners/driver.h"

struct judging {
	struct ay_scan *scan;
	const struct ay_schema *schema;    /* NULL: nothing is asked of the table */
	struct ay_counting *counts;        /* NULL: there is no reference */
};

static int on_columns(void *arg, const char *const *names, size_t n)
{
	struct judging *j = arg;

	return j->counts ? ay_counting_columns(j->counts, names, n) : 0;
}

static bool is_missing(const struct judging *j, const struct ay_cell *cell)
{
	return cell->kind == AY_CELL_TEXT && ay_schema_is_missing(j->schema, cell->text, cell->len);
}

static int on_value(void *arg, size_t column, uint64_t row, const struct ay_cell *cell)
{
	static const struct ay_cell missing = {.kind = AY_CELL_MISSING};
	struct judging *j = arg;

	if (is_missing(j, cell))
		cell = &missing;
	return j->counts ? ay_counting_value(j->counts, column, row, cell) : 0;
}

static int on_row(void *arg, uint64_t row, const struct ay_cell *cells)
{
	struct judging *j = arg;

	return j->counts ? ay_counting_whole(j->counts, row, cells) : 0;
}

static void hand_over(struct judging *j)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_PROFILE);

	ay_batch_encode(ay_counting_batch(j->counts), &b);
	if (b.err)
		ay_scan_find(j->scan, "limit.exceeded", AY_NO_OFFSET, "the counts of this table against its reference are larger than %llu bytes",
			     (unsigned long long)AY_LIMIT_PROFILE);
	else
		ay_scan_set_profile(j->scan, &b);
	ay_buf_free(&b);
}

int ay_judge_schema(struct ay_scan *s, struct ay_schema **out)
{
	const struct ay_scan_options *o = ay_scan_options(s);
	struct ay_error e;

	*out = NULL;
	if (!o->schema_json)
		return 0;
	int rc = ay_schema_load(o->schema_json, o->schema_len, out, &e);

	if (rc)
		ay_scan_find(s, "schema.invalid", AY_NO_OFFSET, "the schema itself is not valid: %s: %s", e.where, e.msg);
	return rc;
}

int ay_judge_rows(struct ay_scan *s, const struct ay_schema *schema, const struct ay_rows *rows)
{
	struct judging j = {.scan = s, .schema = schema};
	const struct ay_rows_sink sink = {&j, on_columns, on_value, on_row};
	unsigned before = ay_scan_count(s, AY_INCONCLUSIVE);
	int rc = 0;

	if (schema->profile)
		rc = ay_counting_new(schema->profile, schema->profile_len, ay_scan_budget(s), &j.counts);
	if (!rc)
		rc = rows->each(rows->arg, ay_scan_budget(s), &sink);
	if (!rc && j.counts)
		hand_over(&j);
	if (rc && ay_scan_count(s, AY_INCONCLUSIVE) == before)
		ay_scan_find_error(s, "table", rc, NULL);
	ay_counting_free(j.counts);
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
	struct ay_schema *schema;
	int rc;

	if (ay_scan_options(s)->proposal)
		return ay_infer_scan(s, &rows);
	if (ay_judge_schema(s, &schema) != 0)
		return 0;
	if (!schema)
		return read(s, in, NULL);
	table.key = key_of(schema);
	rc = ay_judge_rows(s, schema, &rows);
	ay_schema_free(schema);
	return rc;
}
