/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_hdf5, &ay_scanner_pickle, &ay_scanner_torch_legacy)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_scan(data, size, "a.h5");
	return 0;
}
