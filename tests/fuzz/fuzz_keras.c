/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_zip, &ay_scanner_keras, &ay_scanner_json, &ay_scanner_text, &ay_scanner_npz, &ay_scanner_npy, &ay_scanner_hdf5)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_scan(data, size, "a.keras");
	return 0;
}
