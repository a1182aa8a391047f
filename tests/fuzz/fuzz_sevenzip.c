/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "scanners/formats/inflate.h"
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_7z, &ay_scanner_json, &ay_scanner_text)

static uint64_t le64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static void put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* Most checksums are made right: no input that is changed at random has them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (size >= 32 && (size & 15) != 0) {
		uint64_t off = le64(copy + 12), len = le64(copy + 20);

		if (off <= size - 32 && len <= size - 32 - off)
			put_le32(copy + 28, ay_crc32(0, copy + 32 + off, (size_t)len));
		put_le32(copy + 8, ay_crc32(0, copy + 12, 20));
	}
	fuzz_scan(copy, size, "a.7z");
	free(copy);
	return 0;
}
