/* SPDX-License-Identifier: Apache-2.0 */
/* The input is the one block of a checkpoint's index, or of the index of that: checksums and places are made right around it. */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/formats/crc32c.h"
#include "scanners/registry.h"

FUZZ_SCANNERS(&ay_scanner_tf_index)

static void varint(struct ay_buf *b, uint64_t v)
{
	for (; v > 127; v >>= 7)
		ay_buf_addc(b, (uint8_t)(v | 128));
	ay_buf_addc(b, (uint8_t)v);
}

static void seal(struct ay_buf *b, const void *block, size_t len, uint8_t kind, struct ay_buf *at)
{
	size_t start = b->len;

	varint(at, start);
	varint(at, len);
	ay_buf_add(b, block, len);
	ay_buf_addc(b, kind);
	ay_buf_le32(b, ay_crc32c_masked(ay_crc32c(ay_cursor_of(b->data + start, len + 1, 0))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char none[] = "\0\0\0\0\1\0\0";
	struct ay_buf b = ay_buf_new(1 * MIB), at = ay_buf_new(64), index = ay_buf_new(256), ends = ay_buf_new(64);

	if (size < 2 || size > 256 * KIB)
		return 0;
	seal(&b, data + 1, size - 1, data[0] & 1, &at);
	/* One entry, for any key: "\xff". */
	ay_buf_add(&index, "\0\1", 2);
	varint(&index, at.len);
	ay_buf_addc(&index, 0xff);
	ay_buf_add(&index, at.data, at.len);
	ay_buf_add(&index, none, sizeof(none));
	seal(&b, none, sizeof(none), 0, &ends);
	if (data[0] & 2)
		seal(&b, data + 1, size - 1, data[0] & 1, &ends);
	else
		seal(&b, index.data, index.len, 0, &ends);
	while (ends.len < 40)
		ay_buf_addc(&ends, 0);
	ay_buf_add(&b, ends.data, ends.len);
	ay_buf_le64(&b, 0xdb4775248b80fb57ull);
	if (!b.err && !ends.err)
		fuzz_scan(b.data, b.len, "a.index");
	for (struct ay_buf *all[] = {&b, &at, &index, &ends}, **one = all; one < all + 4; one++)
		ay_buf_free(*one);
	return 0;
}
