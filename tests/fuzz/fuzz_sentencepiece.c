/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_sentencepiece)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_scan(data, size, "tokenizer.model");
	return 0;
}
