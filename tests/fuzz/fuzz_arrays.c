/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays and archives of arrays as a table: a schema is proposed from it, and then holds for it. */
#include "assay/schema.h"
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_npy, &ay_scanner_npz, &ay_scanner_zip, &ay_scanner_pickle, &ay_scanner_torch_legacy)

static void judge(const uint8_t *data, size_t size, const char *schema)
{
	const struct ay_scan_options o = {.profiles = AY_PROFILE_WEIGHTS, .path = "a.npz", .schema_json = schema, .schema_len = strlen(schema)};
	struct ay_source in = ay_source_memory(data, size);
	struct ay_scan_result r;

	if (ay_scan_run(&in, &o, &r) < 0)
		ay_bug("the driver gave no answer");
	if (r.verdict > AY_PASS && r.found_count == 0)
		ay_bug("a verdict without a finding");
	ay_scan_result_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_buf proposal = ay_buf_new(1 * MIB);
	struct ay_source in = ay_source_memory(data, size);
	struct ay_budget budget;
	struct ay_error e;

	ay_budget_init(&budget, size);
	if (ay_schema_infer(&in, "a.npz", &budget, &proposal, &e) == 0)
		judge(data, size, ay_buf_str(&proposal));
	judge(data, size, "{\"resources\": [{\"path\": \"*!x.npy\", \"x-shape\": [null]}, {\"path\": \"*\", \"schema\": {\"fields\": ["
			  "{\"name\": \"X.0\", \"type\": \"number\", \"constraints\": {\"minimum\": 0}}, {\"name\": \"y\", \"type\": \"string\"}]}}]}");
	ay_buf_free(&proposal);
	return 0;
}
