/* SPDX-License-Identifier: Apache-2.0 */
/* The reader against its promises, with a schema that looks at every type, and inference, whose proposal must load and pass. */
#include "assay/schema.h"
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_text, &ay_scanner_csv)

static const char schema[] =
	"{\"fields\": [{\"name\": \"a\", \"type\": \"integer\", \"constraints\": {\"unique\": true, \"minimum\": 0}},"
	"{\"name\": \"b\", \"type\": \"number\", \"constraints\": {\"enum\": [1, 2.5]}},"
	"{\"name\": \"c\", \"type\": \"string\", \"constraints\": {\"pattern\": \"(a|b)*c\", \"maxLength\": 9}},"
	"{\"name\": \"d\", \"type\": \"datetime\"}], \"primaryKey\": [\"a\", \"c\"]}";

static enum ay_verdict judge(const uint8_t *data, size_t size, const char *json)
{
	struct ay_scan_options o = {.profiles = AY_PROFILE_WEIGHTS, .path = "t.csv", .schema_json = json, .schema_len = strlen(json)};
	struct ay_source in = ay_source_memory(data, size);
	struct ay_scan_result r;

	if (ay_scan_run(&in, &o, &r) != 0)
		return AY_ERROR;
	ay_scan_result_free(&r);
	return r.verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_buf out = ay_buf_new(MIB);
	struct ay_source in = ay_source_memory(data, size);
	struct ay_budget b;

	(void)judge(data, size, schema);
	ay_budget_init(&b, size);
	if (ay_schema_infer(&in, "t.csv", &b, &out, NULL) == 0 && judge(data, size, ay_buf_str(&out)) > AY_PASS)
		abort();
	if (b.alloc_left != AY_LIMIT_SCAN_ALLOC)
		abort();
	ay_buf_free(&out);
	return 0;
}
