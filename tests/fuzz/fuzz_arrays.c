/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays and archives of arrays as a table: a schema is proposed from it, and then holds for it. */
#include "assay/schema.h"
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_npy, &ay_scanner_npz, &ay_scanner_zip, &ay_scanner_pickle, &ay_scanner_torch_legacy)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_buf proposal = ay_buf_new(1 * MIB);
	struct ay_source in = ay_source_memory(data, size);
	struct ay_budget budget;
	struct ay_error e;

	ay_budget_init(&budget, size);
	if (ay_schema_infer(&in, "a.npz", &budget, &proposal, &e) == 0)
		fuzz_scan_by(data, size, "a.npz", ay_buf_str(&proposal));
	fuzz_scan_by(data, size, "a.npz", "{\"resources\": [{\"path\": \"*!x.npy\", \"x-shape\": [null]}, {\"path\": \"*\", \"schema\": {\"fields\": ["
		     "{\"name\": \"X.0\", \"type\": \"number\", \"constraints\": {\"minimum\": 0}}, {\"name\": \"y\", \"type\": \"string\"}]}}]}");
	fuzz_scan_by(data, size, "a.npy", "{\"resources\": [{\"path\": \"*\", \"x-shape\": [null, 2], \"x-dtype\": [\"float32\", \"int64\"]}]}");
	ay_buf_free(&proposal);
	return 0;
}
