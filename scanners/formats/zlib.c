/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to zlib, and the scanner of bare zlib streams. inflate() reports the
 * end of a stream only while it still has input or room, so a step always gives
 * it room; Z_BUF_ERROR only says that there was nothing to do. avail_in is 32 bits
 * wide: codec.c hands over chunks far below that.
 */
#include <zlib.h>

#include "scanners/formats/codec.h"
#include "scanners/registry.h"

static voidpf z_alloc(voidpf opaque, uInt items, uInt size)
{
	return ay_budget_alloc(opaque, (size_t)items * size);
}

static void z_free(voidpf opaque, voidpf p)
{
	ay_budget_free(opaque, p);
}

static void *open_bits(struct ay_budget *b, int window_bits)
{
	z_stream *z = ay_budget_alloc(b, sizeof(*z));

	if (!z)
		return NULL;
	*z = (z_stream){ .zalloc = z_alloc, .zfree = z_free, .opaque = b };
	if (inflateInit2(z, window_bits) != Z_OK) {
		ay_budget_free(b, z);
		return NULL;
	}
	return z;
}

static void *open_raw(struct ay_budget *b)
{
	return open_bits(b, -MAX_WBITS);
}

static void *open_zlib(struct ay_budget *b)
{
	return open_bits(b, MAX_WBITS);
}

static void *open_gzip(struct ay_budget *b)
{
	return open_bits(b, MAX_WBITS + 16);
}

static int step(void *state, const uint8_t *in, size_t *in_len, uint8_t *out, size_t *out_len)
{
	z_stream *z = state;
	size_t room = *out_len;
	int rc;

	z->next_in = (Bytef *)(uintptr_t)in;
	z->avail_in = (uInt)*in_len;
	z->next_out = out;
	z->avail_out = (uInt)room;
	rc = inflate(z, Z_NO_FLUSH);
	*in_len -= z->avail_in;
	*out_len = room - z->avail_out;
	switch (rc) {
	case Z_STREAM_END: return 1;
	case Z_OK: case Z_BUF_ERROR: return 0;
	case Z_NEED_DICT: return AY_EUNSUPPORTED;
	case Z_MEM_ERROR: return AY_ELIMIT;
	default: return AY_EFORMAT;
	}
}

static void close_state(struct ay_budget *b, void *state)
{
	inflateEnd(state);
	ay_budget_free(b, state);
}

const struct ay_codec ay_codec_deflate = { .name = "deflate", .open = open_raw, .step = step, .close = close_state };
const struct ay_codec ay_codec_gzip = { .name = "gzip", .several = true, .open = open_gzip, .step = step, .close = close_state };
static const struct ay_codec codec_zlib = { .name = "zlib", .open = open_zlib, .step = step, .close = close_state };

/*
 * Loaders that open zlib by themselves look for 'x', a window of 32 KiB. Text may begin with "x^" too, so the head must
 * also inflate; where it does, both claim it, for deflate can be written in letters alone. Streams that need a
 * dictionary no loader opens by itself.
 */
static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	uint8_t out[4096];
	z_stream z = { .next_in = (Bytef *)(uintptr_t)head.p, .avail_in = (uInt)head.left, .next_out = out, .avail_out = sizeof(out) };
	int first = ay_cursor_peek(&head, 0), second = ay_cursor_peek(&head, 1);
	int rc;

	(void)in;
	(void)path;
	if (first != 'x' || second < 0 || (first * 256 + second) % 31 != 0 || (second & 0x20))
		return 0;
	if (inflateInit(&z) != Z_OK)
		return 16;
	do {
		z.next_out = out;
		z.avail_out = sizeof(out);
		rc = inflate(&z, Z_NO_FLUSH);
	} while (rc == Z_OK && z.avail_out == 0);
	inflateEnd(&z);
	return rc == Z_DATA_ERROR ? 0 : 16;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	return ay_codec_scan(s, in, &codec_zlib);
}

const struct ay_scanner ay_scanner_zlib = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER | AY_SCANNER_STREAM, .name = "zlib", .version = 1, .bid = bid, .scan = scan,
};
