/* SPDX-License-Identifier: Apache-2.0 */
/* What people are shown of a table, of every kind of table: a document, or a reason. */
#include "assay/schema.h"
#include "tests/fuzz/fuzz_scan.h"

/* Text has no kind without a name. */
static const char *name_of(const uint8_t *data, size_t size)
{
	if (size && (data[0] == '{' || data[0] == '['))
		return data[0] == '{' ? "t.jsonl" : "t.json";
	return size && data[0] >= ' ' && data[0] < 0x7f && memchr(data, '\n', size) ? "t.csv" : "t";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_buf out = ay_buf_new(4 * MIB);
	struct ay_source in = ay_source_memory(data, size);
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_json_doc *doc = NULL;
	struct ay_budget b;

	ay_budget_init(&b, size);
	int rc = ay_table_describe(&in, name_of(data, size), &b, &out, &e);

	if (rc == 0 && ay_json_parse(out.data, out.len, 4000000, &doc, NULL) < 0)
		ay_bug("the description is not JSON");
	if (rc < 0 && !e.msg[0])
		ay_bug("no description, and no reason");
	if (b.alloc_left != AY_LIMIT_SCAN_ALLOC)
		ay_bug("memory was not given back");
	ay_json_free(doc);
	ay_buf_free(&out);
	return 0;
}
