/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to liblzma, and the scanners of xz and of the older .lzma form. A
 * stream names the size of its dictionary, up to 4 GiB: the decoders get a
 * memory limit (`xz -9` needs 65 MiB). LZMA_BUF_ERROR only says that there was
 * nothing to do. Stream padding is refused as bytes that are not a stream.
 */
#include <lzma.h>

#include "scanners/formats/codec.h"
#include "scanners/registry.h"

#define DECODER_MEMORY (96 * MIB)

struct state {
	lzma_allocator allocator;
	lzma_stream stream;
};

static void *x_alloc(void *opaque, size_t items, size_t size)
{
	size_t len;

	if (__builtin_mul_overflow(items, size, &len))
		return NULL;
	return ay_budget_alloc(opaque, len);
}

static void x_free(void *opaque, void *p)
{
	ay_budget_free(opaque, p);
}

static struct state *new_state(struct ay_budget *b)
{
	struct state *st = ay_budget_alloc(b, sizeof(*st));

	if (!st)
		return NULL;
	*st = (struct state){ .allocator = { .alloc = x_alloc, .free = x_free, .opaque = b }, .stream = LZMA_STREAM_INIT };
	st->stream.allocator = &st->allocator;
	return st;
}

static void close_state(struct ay_budget *b, void *state)
{
	struct state *st = state;

	lzma_end(&st->stream);
	ay_budget_free(b, st);
}

static void *open_xz(struct ay_budget *b)
{
	struct state *st = new_state(b);

	if (st && lzma_stream_decoder(&st->stream, DECODER_MEMORY, LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK) {
		close_state(b, st);
		return NULL;
	}
	return st;
}

static void *open_alone(struct ay_budget *b)
{
	struct state *st = new_state(b);

	if (st && lzma_alone_decoder(&st->stream, DECODER_MEMORY) != LZMA_OK) {
		close_state(b, st);
		return NULL;
	}
	return st;
}

static int step(void *state, const uint8_t *in, size_t *in_len, uint8_t *out, size_t *out_len)
{
	struct state *st = state;
	size_t room = *out_len;
	lzma_ret rc;

	st->stream.next_in = in;
	st->stream.avail_in = *in_len;
	st->stream.next_out = out;
	st->stream.avail_out = room;
	rc = lzma_code(&st->stream, LZMA_RUN);
	*in_len -= st->stream.avail_in;
	*out_len = room - st->stream.avail_out;
	switch (rc) {
	case LZMA_STREAM_END: return 1;
	case LZMA_OK: case LZMA_BUF_ERROR: return 0;
	case LZMA_MEM_ERROR: case LZMA_MEMLIMIT_ERROR: return AY_ELIMIT;
	case LZMA_OPTIONS_ERROR: case LZMA_UNSUPPORTED_CHECK: return AY_EUNSUPPORTED;
	default: return AY_EFORMAT;
	}
}

static const struct ay_codec codec_xz = { .name = "xz", .several = true, .open = open_xz, .step = step, .close = close_state };
static const struct ay_codec codec_lzma = { .name = "lzma", .open = open_alone, .step = step, .close = close_state };

static unsigned bid_xz(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, "\xfd" "7zXZ\0", 6) ? 48 : 0;
}

/* There is no magic: properties byte 0x5d as every encoder writes it, a dictionary size, a plausible length, and the coder's first zero byte. */
static unsigned bid_lzma(struct ay_cursor head, struct ay_source *in, const char *path)
{
	uint8_t properties = ay_cursor_u8(&head);
	uint32_t dictionary = ay_cursor_le32(&head);
	uint64_t size = ay_cursor_le64(&head);
	uint8_t first = ay_cursor_u8(&head);

	(void)in;
	(void)path;
	if (head.err || properties != 0x5d || dictionary < 4096 || (dictionary & 0xff) != 0 || first != 0)
		return 0;
	return size == UINT64_MAX || size < 1ull << 38 ? 40 : 0;
}

static int scan_xz(struct ay_scan *s, struct ay_source *in)
{
	return ay_codec_scan(s, in, &codec_xz);
}

static int scan_lzma(struct ay_scan *s, struct ay_source *in)
{
	return ay_codec_scan(s, in, &codec_lzma);
}

const struct ay_scanner ay_scanner_xz = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "xz", .version = 1, .bid = bid_xz, .scan = scan_xz,
};
const struct ay_scanner ay_scanner_lzma = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "lzma", .version = 1, .bid = bid_lzma, .scan = scan_lzma,
};
