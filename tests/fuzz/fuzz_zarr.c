/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_zarr, &ay_scanner_json, &ay_scanner_text)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_scan(data, size, ".zarray");
	fuzz_scan(data, size, "zarr.json");
	fuzz_scan(data, size, ".zmetadata");
	return 0;
}
