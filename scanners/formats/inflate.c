/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to libdeflate: CRC-32 with the CPU's carry-less multiplication, and
 * inflating what fits into memory. It has no streaming interface (zlib.c has),
 * and its plain call accepts unread input after the stream, so the extended one
 * is used and what was consumed is compared.
 */
#include "scanners/formats/inflate.h"

#include <errno.h>
#include <libdeflate.h>

#include "assay/error.h"
#include "scanners/formats/codec.h"

uint32_t ay_crc32(uint32_t crc, const void *bytes, size_t len)
{
	return libdeflate_crc32(crc, bytes, len);
}

int ay_inflate_whole(const void *in, size_t in_len, void *out, size_t out_len)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	size_t used = 0, made = 0;
	enum libdeflate_result result;

	if (!d)
		return -ENOMEM;
	result = libdeflate_deflate_decompress_ex(d, in, in_len, out, out_len, &used, &made);
	libdeflate_free_decompressor(d);
	return result == LIBDEFLATE_SUCCESS && used == in_len && made == out_len ? 0 : AY_EFORMAT;
}

int ay_gzip_block(const void *in, size_t in_len, void *out, size_t out_len)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	struct ay_cursor c = ay_cursor_of(in, in_len, 0);
	size_t at = 0;
	int rc = d ? 0 : -ENOMEM;

	do {
		size_t used = 0, made = 0;

		if (!rc && libdeflate_gzip_decompress_ex(d, c.p, c.left, (uint8_t *)out + at, out_len - at, &used, &made) != LIBDEFLATE_SUCCESS)
			rc = AY_EFORMAT;
		ay_cursor_skip(&c, used);
		at += made;
	} while (!rc && c.left > 0);
	if (d)
		libdeflate_free_decompressor(d);
	return rc ? rc : at == out_len ? 0 : AY_EFORMAT;
}
