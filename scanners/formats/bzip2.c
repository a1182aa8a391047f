/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to libbz2, and the scanner of bzip2. BZ2_bzDecompress answers BZ_OK
 * without progress when input is missing; streams that follow each other
 * (pbzip2) are one content.
 */
#include <bzlib.h>

#include "scanners/formats/codec.h"
#include "scanners/registry.h"

static void *bz_alloc(void *opaque, int items, int size)
{
	return ay_budget_alloc(opaque, (size_t)items * (size_t)size);
}

static void bz_free(void *opaque, void *p)
{
	ay_budget_free(opaque, p);
}

static void *open_state(struct ay_budget *b)
{
	bz_stream *z = ay_budget_alloc(b, sizeof(*z));

	if (!z)
		return NULL;
	*z = (bz_stream){ .bzalloc = bz_alloc, .bzfree = bz_free, .opaque = b };
	if (BZ2_bzDecompressInit(z, 0, 0) != BZ_OK) {
		ay_budget_free(b, z);
		return NULL;
	}
	return z;
}

static int step(void *state, const uint8_t *in, size_t *in_len, uint8_t *out, size_t *out_len)
{
	bz_stream *z = state;
	size_t room = *out_len;
	int rc;

	z->next_in = (char *)(uintptr_t)in;
	z->avail_in = (unsigned)*in_len;
	z->next_out = (char *)out;
	z->avail_out = (unsigned)room;
	rc = BZ2_bzDecompress(z);
	*in_len -= z->avail_in;
	*out_len = room - z->avail_out;
	switch (rc) {
	case BZ_STREAM_END: return 1;
	case BZ_OK: return 0;
	case BZ_MEM_ERROR: return AY_ELIMIT;
	default: return AY_EFORMAT;
	}
}

static void close_state(struct ay_budget *b, void *state)
{
	BZ2_bzDecompressEnd(state);
	ay_budget_free(b, state);
}

const struct ay_codec ay_codec_bzip2 = { .name = "bzip2", .several = true, .open = open_state, .step = step, .close = close_state };

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	if (!ay_cursor_accept(&head, "BZh", 3))
		return 0;
	ay_cursor_u8(&head);
	/* A block, or the end of an empty stream. */
	return ay_cursor_starts(&head, "\x31\x41\x59\x26\x53\x59", 6) || ay_cursor_starts(&head, "\x17\x72\x45\x38\x50\x90", 6) ? 72 : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	return ay_codec_scan(s, in, &ay_codec_bzip2);
}

const struct ay_scanner ay_scanner_bzip2 = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER | AY_SCANNER_STREAM, .name = "bzip2", .version = 1, .bid = bid, .scan = scan,
};
