/* SPDX-License-Identifier: Apache-2.0 */
/* What people are shown of a table, of every kind of table, and the schema that is proposed for it: a document, or a reason. The schema then judges it. */
#include "assay/schema.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_buf shown = ay_buf_new(4 * MIB), schema = ay_buf_new(4 * MIB);
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS, .path = name_of(data, size) };
	struct ay_source in = ay_source_memory(data, size);
	struct ay_scan_result r;

	(void)ask(ay_table_describe, data, size, &shown);
	if (ask(ay_schema_infer, data, size, &schema) == 0) {
		o.schema_json = ay_buf_str(&schema);
		o.schema_len = schema.len;
		if (ay_scan_run(&in, &o, &r) < 0)
			ay_bug("the driver gave no answer");
		ay_scan_result_free(&r);
	}
	ay_buf_free(&shown);
	ay_buf_free(&schema);
	return 0;
}
