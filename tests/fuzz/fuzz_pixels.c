/* SPDX-License-Identifier: Apache-2.0 */
/* The decoders of images behind the structure checks: checksums of PNG are put right, so that what is inside is reached. */
#include "scanners/formats/inflate.h"
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_png, &ay_scanner_jpeg)

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void mend(uint8_t *p, size_t size)
{
	for (size_t off = 8; size >= 12 && off <= size - 12;) {
		size_t len = be32(p + off);

		if (len > size - 12 - off)
			return;
		uint32_t crc = ay_crc32(0, p + off + 4, len + 4);

		for (int i = 0; i < 4; i++)
			p[off + 8 + len + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
		off += len + 12;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *own = malloc(size + 1);

	if (!own)
		return 0;
	for (size_t i = 0; i < size; i++)
		own[i] = data[i];
	if (size && own[0] == 0x89)
		mend(own, size);
	fuzz_scan(own, size, "image.png");
	free(own);
	return 0;
}
