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
	uint8_t head[AY_LZMA_RAW_HEAD];     /* of the raw form */
	size_t head_len;
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

/* What the head says, as liblzma's chain: a filter comes before the coder. */
static int start_raw(struct state *st)
{
	struct ay_cursor c = ay_cursor_of(st->head, sizeof(st->head), 0);
	uint8_t filter = ay_cursor_u8(&c), coder = ay_cursor_u8(&c), properties[5];
	lzma_options_delta delta = { .type = LZMA_DELTA_TYPE_BYTE };
	lzma_filter chain[3];
	size_t n = 0;
	lzma_ret rc;

	delta.dist = ay_cursor_u8(&c) + 1u;
	ay_cursor_copy(&c, properties, sizeof(properties));
	if (filter == AY_LZMA_RAW_X86)
		chain[n++] = (lzma_filter){ .id = LZMA_FILTER_X86 };
	else if (filter == AY_LZMA_RAW_DELTA)
		chain[n++] = (lzma_filter){ .id = LZMA_FILTER_DELTA, .options = &delta };
	chain[n] = (lzma_filter){ .id = coder == AY_LZMA_RAW_2 ? LZMA_FILTER_LZMA2 : LZMA_FILTER_LZMA1EXT };
	rc = lzma_properties_decode(&chain[n], &st->allocator, properties, coder == AY_LZMA_RAW_2 ? 1 : sizeof(properties));
	if (rc != LZMA_OK)
		return rc == LZMA_MEM_ERROR ? AY_ELIMIT : AY_EFORMAT;
	chain[n + 1] = (lzma_filter){ .id = LZMA_VLI_UNKNOWN };
	if (coder != AY_LZMA_RAW_2) {
		lzma_options_lzma *o = chain[n].options;

		o->ext_flags = LZMA_LZMA1EXT_ALLOW_EOPM;
		lzma_set_ext_size(*o, ay_cursor_le64(&c));
	}
	rc = lzma_raw_decoder_memusage(chain) > DECODER_MEMORY ? LZMA_MEMLIMIT_ERROR : lzma_raw_decoder(&st->stream, chain);
	x_free(st->allocator.opaque, chain[n].options);
	return rc == LZMA_OK ? 0 : rc == LZMA_MEM_ERROR || rc == LZMA_MEMLIMIT_ERROR ? AY_ELIMIT : AY_EFORMAT;
}

static void *open_raw(struct ay_budget *b)
{
	return new_state(b);
}

static int step_raw(void *state, const uint8_t *in, size_t *in_len, uint8_t *out, size_t *out_len)
{
	struct state *st = state;
	struct ay_cursor c = ay_cursor_of(in, *in_len, 0);
	size_t used;
	int rc = 0;

	if (st->head_len == sizeof(st->head))
		return step(state, in, in_len, out, out_len);
	while (c.left > 0 && st->head_len < sizeof(st->head))
		st->head[st->head_len++] = ay_cursor_u8(&c);
	used = *in_len - c.left;
	if (st->head_len == sizeof(st->head))
		rc = start_raw(st);
	if (rc < 0 || st->head_len < sizeof(st->head)) {
		*in_len = used;
		*out_len = 0;
		return rc;
	}
	*in_len = c.left;
	rc = step(state, c.p, in_len, out, out_len);
	*in_len += used;
	return rc;
}

const struct ay_codec ay_codec_lzma_raw = { .name = "lzma", .open = open_raw, .step = step_raw, .close = close_state };
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
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER | AY_SCANNER_STREAM, .name = "xz", .version = 1, .bid = bid_xz, .scan = scan_xz,
};
const struct ay_scanner ay_scanner_lzma = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER | AY_SCANNER_STREAM, .name = "lzma", .version = 1, .bid = bid_lzma, .scan = scan_lzma,
};
