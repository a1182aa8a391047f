/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snappy's raw format: the length of the content as a varint, then literals and
 * copies of what came before. A page of Parquet is one such block and its length
 * is known, so that all goes into memory of exactly this size.
 */
#include "scanners/formats/codec.h"

#include "assay/error.h"
#include "scanners/formats/thrift.h"

#define MAX_CONTENT UINT32_MAX

/* A literal's length: up to 60 in the tag, else in the next one to four bytes. */
static uint64_t literal_length(struct ay_cursor *c, uint8_t tag)
{
	unsigned more = tag >> 2 < 60 ? 0 : (tag >> 2) - 59u;
	uint64_t len = more ? 0 : tag >> 2;

	for (unsigned i = 0; i < more; i++)
		len |= (uint64_t)ay_cursor_u8(c) << (8 * i);
	return len + 1;
}

/* Copies that overlap repeat what they make, so they go byte by byte. */
static int copy_back(uint8_t *out, size_t at, size_t out_len, uint64_t back, size_t len)
{
	if (back == 0 || back > at || len > out_len - at)
		return AY_EFORMAT;
	if (back >= len) {
		memcpy(out + at, out + at - back, len);    /* own: inside what was made */
		return 0;
	}
	for (size_t i = 0; i < len; i++)
		out[at + i] = out[at + i - back];
	return 0;
}

int ay_snappy_block(struct ay_cursor c, uint8_t *out, size_t out_len)
{
	size_t at = 0;

	if (ay_thrift_varint(&c) != out_len || c.err || out_len > MAX_CONTENT)
		return AY_EFORMAT;
	while (c.left > 0) {
		uint8_t tag = ay_cursor_u8(&c);
		uint64_t len, back;

		switch (tag & 3) {
		case 0:
			len = literal_length(&c, tag);
			if (len > out_len - at)
				return AY_EFORMAT;
			ay_cursor_copy(&c, out + at, (size_t)len);
			at += (size_t)len;
			break;
		case 1:
			len = 4 + (tag >> 2 & 7);
			back = (uint64_t)(tag >> 5) << 8 | ay_cursor_u8(&c);
			break;
		default:
			len = 1 + (tag >> 2);
			back = (tag & 3) == 2 ? ay_cursor_le16(&c) : ay_cursor_le32(&c);
		}
		if (c.err)
			return AY_EFORMAT;
		if (tag & 3) {
			if (copy_back(out, at, out_len, back, (size_t)len) < 0)
				return AY_EFORMAT;
			at += (size_t)len;
		}
	}
	return at == out_len ? 0 : AY_EFORMAT;
}
