/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_png, &ay_scanner_jpeg, &ay_scanner_gif, &ay_scanner_webp)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_scan(data, size, "image.png");
	return 0;
}
