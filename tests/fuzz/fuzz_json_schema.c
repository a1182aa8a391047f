/* SPDX-License-Identifier: Apache-2.0 */
/* A schema, a line feed, a document. */
#include "scanners/data/json_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	struct ay_json_doc *doc = NULL, *value = NULL;
	struct ay_json_schema *s = NULL;
	struct ay_json_fault fault;
	struct ay_budget b;
	struct ay_uniq_pool pool = {.budget = &b, .left = MIB};
	struct ay_error e;

	ay_budget_init(&b, size);
	if (ay_json_parse(data, len, 10000, &doc, &e) == 0 && ay_json_schema_load(ay_json_root(doc), &s, &e) == 0 && end &&
	    ay_json_parse(end + 1, size - len - 1, 10000, &value, &e) == 0)
		(void)!ay_json_schema_judge(s, ay_json_root(value), &pool, &fault);
	ay_json_schema_free(s);
	ay_json_free(doc);
	ay_json_free(value);
	if (b.alloc_left != AY_LIMIT_SCAN_ALLOC)
		__builtin_trap();
	return 0;
}
