/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz_scan.h"

#include "assay/schema.h"
#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_hdf5, &ay_scanner_pickle, &ay_scanner_torch_legacy)

/* libhdf5 1.14 loses memory over damaged files. Its process judges one file and ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libhdf5";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_buf proposal = ay_buf_new(1 * MIB);
	struct ay_source in = ay_source_memory(data, size);
	struct ay_budget budget;
	struct ay_error e;

	fuzz_scan(data, size, "a.h5");
	/* Once more with its rows read. */
	ay_budget_init(&budget, size);
	(void)!ay_schema_infer(&in, "a.h5", &budget, &proposal, &e);
	ay_buf_free(&proposal);
	return 0;
}
