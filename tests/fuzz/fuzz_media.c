/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_flac, &ay_scanner_ogg, &ay_scanner_mp3, &ay_scanner_mp4)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_scan(data, size, "a.bin");
	return 0;
}
