/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/schema.h"

#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_text, &ay_scanner_csv)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char table[] = "a,b\n1,x\n2.5,2024-01-01\n,true\n1,x\n";
	struct ay_scan_options o = {.profiles = AY_PROFILE_WEIGHTS, .path = "t.csv", .schema_json = (const char *)data, .schema_len = size};
	struct ay_source in = ay_source_memory(table, sizeof(table) - 1);
	struct ay_scan_result r;

	if (ay_scan_run(&in, &o, &r) == 0)
		ay_scan_result_free(&r);
	return 0;
}
