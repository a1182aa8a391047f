/* SPDX-License-Identifier: Apache-2.0 */
/* What people are shown of a table, of every kind of table, and the schema that is proposed for it: a document, or a reason. The schema then judges it. */
#include "assay/schema.h"
#include "scanners/data/batch.h"
#include "tests/fuzz/fuzz_scan.h"

/* Text has no kind without a name. */
static const char *name_of(const uint8_t *data, size_t size)
{
	if (size && (data[0] == '{' || data[0] == '['))
		return data[0] == '{' ? "t.jsonl" : "t.json";
	return size && data[0] >= ' ' && data[0] < 0x7f && memchr(data, '\n', size) ? "t.csv" : "t";
}

typedef int (*asking)(struct ay_source *in, const char *path, struct ay_budget *b, struct ay_buf *out, struct ay_error *e);

static int ask(asking fn, const uint8_t *data, size_t size, struct ay_buf *out)
{
	struct ay_source in = ay_source_memory(data, size);
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_json_doc *doc = NULL;
	struct ay_budget b;

	ay_budget_init(&b, size);
	int rc = fn(&in, name_of(data, size), &b, out, &e);

	if (rc == 0 && ay_json_parse(out->data, out->len, 4000000, &doc, NULL) < 0)
		ay_bug("the document is not JSON");
	if (rc < 0 && !e.msg[0])
		ay_bug("no document, and no reason");
	if (b.alloc_left != AY_LIMIT_SCAN_ALLOC)
		ay_bug("memory was not given back");
	ay_json_free(doc);
	return rc;
}

/* ---- what a proposal and a judgement must agree in ---- */

static void same_numbers(const char *name, const struct ay_numbers *a, const struct ay_numbers *b)
{
	if (a->rows != b->rows || a->null != b->null || a->nan != b->nan || a->minus_infinity != b->minus_infinity || a->plus_infinity != b->plus_infinity ||
	    memcmp(a->counts, b->counts, ay_numbers_bins(a) * sizeof(*a->counts)) != 0)
		ay_bug("the numbers of %s count otherwise than in their own reference", name);
}

static void same_values(const char *name, const struct ay_values *a, const struct ay_values *b)
{
	if (a->rows != b->rows || a->null != b->null || (!a->crowded && b->unseen) || memcmp(a->buckets, b->buckets, sizeof(a->buckets)) != 0)
		ay_bug("the values of %s count otherwise than in their own reference", name);
	for (size_t i = 0; i < a->used && !a->crowded; i++)
		if (ay_values_count(b, &a->entries[i]) != a->entries[i].count)
			ay_bug("a value of %s counts otherwise than in its own reference", name);
}

/* The counts of a table by its own reference are those of the reference. */
static void same_counts(const struct ay_schema *schema, const struct ay_scan_result *r)
{
	size_t len;
	const uint8_t *bytes = ay_schema_profile(schema, &len);
	struct ay_reference ref;
	struct ay_batch batch;
	struct ay_budget b;

	ay_budget_init(&b, len);
	if (!bytes || !r->profile_len)
		return;
	if (ay_reference_decode(bytes, len, &b, &ref) || ay_batch_decode(r->profile, r->profile_len, &b, &batch))
		ay_bug("a reference or its counts cannot be read");
	for (size_t i = 0; i < ref.count; i++) {
		const struct ay_profiled *was = &ref.columns[i], *is = ay_reference_find(&batch.counts, was->name);

		if (!is || is->numeric != was->numeric)
			ay_bug("the column %s is not counted", was->name);
		if (was->numeric)
			same_numbers(was->name, &was->numbers, &is->numbers);
		else
			same_values(was->name, &was->values, &is->values);
	}
	ay_batch_free(&batch);
	ay_reference_free(&ref);
}

/* All rows satisfy the schema that was proposed for them. */
static void passes(const struct ay_schema *schema, const struct ay_scan_result *r)
{
	for (size_t i = 0; i < r->found_count; i++)
		if (r->found[i].rule->verdict == AY_FAIL && strncmp(r->found[i].rule->id, "schema.", 7) == 0)
			ay_bug("the table breaks its own schema: %s: %s", r->found[i].rule->id, r->found[i].message);
	if (r->verdict < AY_FAIL)
		same_counts(schema, r);
}

static const char *reference_of(const struct ay_json_doc *doc)
{
	return ay_json_str(ay_json_get(ay_json_root(doc), AY_REFERENCE_NOTE), NULL);
}

/* The reference that a schema was proposed with is the one that is counted for it. */
static void counts_again(const uint8_t *data, size_t size, const struct ay_buf *schema)
{
	struct ay_source in = ay_source_memory(data, size);
	struct ay_buf out = ay_buf_new(4 * MIB);
	struct ay_json_doc *was = NULL, *is = NULL;
	struct ay_budget b;
	struct ay_error e;

	ay_budget_init(&b, size);
	if (ay_json_parse(schema->data, schema->len, 4000000, &was, &e) || !reference_of(was)) {
		ay_json_free(was);
		ay_buf_free(&out);
		return;
	}
	if (ay_schema_reference(&in, name_of(data, size), ay_buf_str(schema), schema->len, &b, &out, &e) ||
	    ay_json_parse(out.data, out.len, 4000000, &is, &e) || !reference_of(is) || strcmp(reference_of(was), reference_of(is)) != 0)
		ay_bug("the reference is another one when it is counted again: %s", e.msg);
	if (b.alloc_left != AY_LIMIT_SCAN_ALLOC)
		ay_bug("memory was not given back");
	ay_json_free(was);
	ay_json_free(is);
	ay_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_buf shown = ay_buf_new(4 * MIB), schema = ay_buf_new(4 * MIB);
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS, .path = name_of(data, size) };
	struct ay_source in = ay_source_memory(data, size);
	struct ay_schema *loaded;
	struct ay_scan_result r;
	struct ay_error e;

	(void)ask(ay_table_describe, data, size, &shown);
	if (ask(ay_schema_infer, data, size, &schema) == 0) {
		o.schema_json = ay_buf_str(&schema);
		o.schema_len = schema.len;
		if (ay_scan_run(&in, &o, &r) < 0)
			ay_bug("the driver gave no answer");
		if (ay_schema_load(o.schema_json, o.schema_len, &loaded, &e) < 0)
			ay_bug("a proposal does not load: %s: %s", e.where, e.msg);
		passes(loaded, &r);
		ay_schema_free(loaded);
		ay_scan_result_free(&r);
		counts_again(data, size, &schema);
	}
	ay_buf_free(&shown);
	ay_buf_free(&schema);
	return 0;
}
