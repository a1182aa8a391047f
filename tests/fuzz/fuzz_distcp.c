/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says whether the rest is the index of a distributed checkpoint or a part of it. */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_zip, &ay_scanner_torch_zip, &ay_scanner_pickle, &ay_scanner_torch_legacy, &ay_scanner_distcp, &ay_scanner_dcp_metadata)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size)
		fuzz_scan(data + 1, size - 1, data[0] & 1 ? ".metadata" : "__0_0.distcp");
	return 0;
}
