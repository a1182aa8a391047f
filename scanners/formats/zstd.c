/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to libzstd, and the scanner of zstd. ZSTD_decompressStream answers 0
 * when a frame is decoded and handed out, and passes over skippable frames
 * without a word, so the magic of each frame is looked at here: what only some
 * readers skip would hide bytes. It allocates by itself up to the window, which
 * is limited to what the zstd tool itself admits; a frame's checksum is verified
 * where it has one.
 */
#include <zstd.h>
#include <zstd_errors.h>

#include "scanners/formats/codec.h"
#include "scanners/registry.h"

#define WINDOW_LOG_MAX 27
#define DECODER_MEMORY ((1ull << WINDOW_LOG_MAX) + 2 * MIB)

struct state {
	ZSTD_DCtx *ctx;
	unsigned seen;                      /* bytes of the frame's magic */
};

static void close_state(struct ay_budget *b, void *state)
{
	struct state *st = state;

	ZSTD_freeDCtx(st->ctx);
	ay_budget_free(b, st);
}

/* The library's own memory is not charged, so there must be room for it: one decompressor is open at a time. */
static void *open_state(struct ay_budget *b)
{
	struct state *st = b->alloc_left >= DECODER_MEMORY ? ay_budget_alloc(b, sizeof(*st)) : NULL;

	if (!st)
		return NULL;
	*st = (struct state){ .ctx = ZSTD_createDCtx() };
	if (!st->ctx || ZSTD_isError(ZSTD_DCtx_setParameter(st->ctx, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
		close_state(b, st);
		return NULL;
	}
	return st;
}

static int check_magic(struct state *st, struct ay_cursor c)
{
	static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

	for (; c.left > 0 && st->seen < sizeof(magic); st->seen++) {
		uint8_t byte = ay_cursor_u8(&c);

		if (byte != magic[st->seen])
			return st->seen == 0 && (byte & 0xf0) == 0x50 ? AY_EUNSUPPORTED : AY_EFORMAT;
	}
	return 0;
}

static int code_of(size_t rc)
{
	switch (ZSTD_getErrorCode(rc)) {
	case ZSTD_error_memory_allocation: case ZSTD_error_frameParameter_windowTooLarge: return AY_ELIMIT;
	case ZSTD_error_dictionary_wrong: case ZSTD_error_frameParameter_unsupported: return AY_EUNSUPPORTED;
	default: return AY_EFORMAT;
	}
}

static int step(void *state, const uint8_t *in, size_t *in_len, uint8_t *out, size_t *out_len)
{
	struct state *st = state;
	ZSTD_inBuffer from = { .src = in, .size = *in_len };
	ZSTD_outBuffer to = { .dst = out, .size = *out_len };
	int bad = check_magic(st, ay_cursor_of(in, *in_len, 0));
	size_t rc = bad ? 0 : ZSTD_decompressStream(st->ctx, &to, &from);

	*in_len = from.pos;
	*out_len = to.pos;
	if (bad)
		return bad;
	if (ZSTD_isError(rc)) {
		*out_len = 0;
		return code_of(rc);
	}
	return rc == 0 ? 1 : 0;
}

static const struct ay_codec codec = { .name = "zstd", .several = true, .open = open_state, .step = step, .close = close_state };

/* With room for everything the library keeps no window. It would pass over skippable frames here too. */
int ay_zstd_block(const void *in, size_t in_len, void *out, size_t out_len)
{
	struct ay_cursor c = ay_cursor_of(in, in_len, 0);
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	size_t at = 0;
	int rc = ctx ? 0 : AY_ELIMIT;

	do {
		struct state magic = { .seen = 0 };
		size_t len = rc ? 0 : ZSTD_findFrameCompressedSize(c.p, c.left);
		size_t made;

		if (!rc && (ZSTD_isError(len) || check_magic(&magic, c) < 0))
			rc = AY_EFORMAT;
		if (rc)
			break;
		made = ZSTD_decompressDCtx(ctx, (uint8_t *)out + at, out_len - at, c.p, len);
		rc = ZSTD_isError(made) ? code_of(made) : 0;
		at += rc ? 0 : made;
		ay_cursor_skip(&c, len);
	} while (!rc && c.left > 0);
	ZSTD_freeDCtx(ctx);
	return rc ? rc : at == out_len ? 0 : AY_EFORMAT;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	int first = ay_cursor_peek(&head, 0);

	(void)in;
	(void)path;
	/* A skippable frame too, which zstd's own reader would begin with. */
	if (first >= 0x50 && first <= 0x5f) {
		ay_cursor_skip(&head, 1);
		return ay_cursor_starts(&head, "\x2a\x4d\x18", 3) ? 28 : 0;
	}
	return ay_cursor_starts(&head, "\x28\xb5\x2f\xfd", 4) ? 32 : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	return ay_codec_scan(s, in, &codec);
}

const struct ay_scanner ay_scanner_zstd = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER | AY_SCANNER_STREAM, .name = "zstd", .version = 2, .bid = bid, .scan = scan,
};
