/* SPDX-License-Identifier: Apache-2.0 */
/* TFRecord, whose checksums are put right, so that what is inside is reached; once judged, once read as rows. */
#include "assay/schema.h"
#include "scanners/formats/crc32c.h"
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

FUZZ_SCANNERS(&ay_scanner_tfrecord)

static void seal(uint8_t *p, size_t len)
{
	uint32_t crc = ay_crc32c_masked(ay_crc32c(ay_cursor_of(p, len, 0)));

	for (size_t i = 0; i < 4; i++)
		p[len + i] = (uint8_t)(crc >> 8 * i);
}

/* The first byte of each length is the length. */
static void mend(uint8_t *p, size_t size)
{
	for (size_t off = 0; size - off >= 16;) {
		size_t len = p[off] < size - off - 16 ? p[off] : size - off - 16;

		p[off] = (uint8_t)len;
		for (size_t i = 1; i < 8; i++)
			p[off + i] = 0;
		seal(p + off, 8);
		seal(p + off + 12, len);
		off += len + 16;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *own = malloc(size + 1);
	struct ay_buf proposal = ay_buf_new(1 * MIB);
	struct ay_budget budget;
	struct ay_error e;

	if (!own)
		return 0;
	for (size_t i = 0; i < size; i++)
		own[i] = data[i];
	if (size > 1 && size % 4)
		mend(own, size);
	fuzz_scan(own, size, "a.tfrecord");
	struct ay_source in = ay_source_memory(own, size);

	ay_budget_init(&budget, size);
	(void)!ay_schema_infer(&in, "a.tfrecord", &budget, &proposal, &e);
	ay_buf_free(&proposal);
	free(own);
	return 0;
}
