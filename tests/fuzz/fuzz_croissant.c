/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/schema.h"

#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_text, &ay_scanner_json)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_source in = ay_source_memory(data, size);
	struct ay_buf out = ay_buf_new(MIB);
	struct ay_schema *s = NULL;
	struct ay_budget b;
	struct ay_error e;

	ay_budget_init(&b, size);
	/* What is proposed must load. */
	if (ay_schema_infer(&in, "croissant.json", &b, &out, &e) == 0 && ay_schema_load(out.data, out.len, &s, &e) != 0)
		__builtin_trap();
	ay_schema_free(s);
	ay_buf_free(&out);
	return 0;
}
