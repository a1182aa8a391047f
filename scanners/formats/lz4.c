/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to LZ4, and the scanner of its frame format. LZ4_decompress_safe
 * takes bare blocks, its lengths are int. LZ4F_decompress returns 0
 * at the end of a frame, otherwise a hint of how much it wants next. It
 * allocates by itself, at most about twice the frame's block size of 4 MiB.
 */
#include <lz4.h>
#include <lz4frame.h>

#include "scanners/formats/codec.h"
#include "scanners/registry.h"

static void *open_state(struct ay_budget *b)
{
	LZ4F_dctx *ctx = NULL;

	(void)b;
	return LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)) ? NULL : ctx;
}

static int step(void *state, const uint8_t *in, size_t *in_len, uint8_t *out, size_t *out_len)
{
	size_t rc = LZ4F_decompress(state, out, out_len, in, in_len, NULL);

	if (LZ4F_isError(rc)) {
		*in_len = 0;
		*out_len = 0;
		return AY_EFORMAT;
	}
	return rc == 0 ? 1 : 0;
}

static void close_state(struct ay_budget *b, void *state)
{
	(void)b;
	LZ4F_freeDecompressionContext(state);
}

static const struct ay_codec codec = { .name = "lz4", .open = open_state, .step = step, .close = close_state };

int ay_lz4_block(const void *in, size_t in_len, void *out, size_t out_len)
{
	if (in_len > INT32_MAX || out_len > INT32_MAX)
		return AY_EFORMAT;
	int made = LZ4_decompress_safe(in, out, (int)in_len, (int)out_len);

	return made >= 0 && (size_t)made == out_len ? 0 : AY_EFORMAT;
}

/* One frame. With room for everything the decoder keeps no window of its own. */
int ay_lz4_frame_block(const void *in, size_t in_len, void *out, size_t out_len)
{
	size_t used = in_len, made = out_len;
	LZ4F_dctx *ctx = NULL;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)))
		return AY_ELIMIT;
	size_t rc = LZ4F_decompress(ctx, out, &made, in, &used, NULL);

	LZ4F_freeDecompressionContext(ctx);
	return rc == 0 && used == in_len && made == out_len ? 0 : AY_EFORMAT;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, "\x04\x22\x4d\x18", 4) ? 32 : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	return ay_codec_scan(s, in, &codec);
}

const struct ay_scanner ay_scanner_lz4 = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER | AY_SCANNER_STREAM, .name = "lz4", .version = 1, .bid = bid, .scan = scan,
};
