/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FLAC (RFC 9639): known blocks of metadata without attachments, then frames in order up to the last byte. A frame does not
 * say its length: it ends where its CRC-16 comes out even and the next header, or the end of the file, follows.
 */
#include "scanners/formats/image.h"
#include "scanners/registry.h"

#define PIECE ((size_t)AY_IMAGE_PIECE)
#define FRAME_MAX (16 * MIB)     /* where STREAMINFO does not say: its field has 24 bits */

enum { STREAMINFO, PADDING, APPLICATION, SEEKTABLE, COMMENT };

struct flac {
	struct ay_image w;
	struct ay_cursor window;   /* of the frames */
	uint32_t block_max, frame_max;
	uint64_t total, done;      /* samples of one channel; total 0: not said */
	uint64_t frames;
	int strategy;              /* second byte of each frame */
};

struct header {
	uint64_t number;
	uint32_t block;            /* samples */
	unsigned len;
	int strategy;
};

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, "fLaC", 4) ? 32 : 0;
}

static uint32_t be24(struct ay_cursor *c)
{
	uint32_t high = ay_cursor_u8(c);

	return high << 16 | ay_cursor_be16(c);
}

static int read_info(struct flac *f, uint32_t len)
{
	struct ay_cursor c;
	uint64_t at = f->w.off;

	if (len != 34)
		return ay_image_bad(&f->w, at, "STREAMINFO has %u bytes instead of 34", (unsigned)len);
	int err = ay_image_take(&f->w, len, &c);

	if (err)
		return err;
	uint32_t block_min = ay_cursor_be16(&c);

	f->block_max = ay_cursor_be16(&c);
	uint32_t frame_min = be24(&c);

	f->frame_max = be24(&c);
	uint64_t packed = ay_cursor_be64(&c);

	f->total = packed & 0xfffffffff;
	if (block_min < 16 || f->block_max < block_min || (f->frame_max && f->frame_max < frame_min) || !(packed >> 44))
		return ay_image_bad(&f->w, at, "block sizes, frame sizes and rate of STREAMINFO contradict each other");
	if (!f->frame_max)
		f->frame_max = FRAME_MAX;
	return 0;
}

static int read_padding(struct flac *f, uint32_t len)
{
	struct ay_cursor c;

	while (len) {
		uint32_t n = len < PIECE ? len : (uint32_t)PIECE;
		int err = ay_image_take(&f->w, n, &c);

		if (err)
			return err;
		while (c.left)
			if (ay_cursor_u8(&c))
				return ay_image_bad(&f->w, c.off - 1, "padding that is not zero");
		len -= n;
	}
	return 0;
}

static int read_block(struct flac *f, bool first, bool *last)
{
	struct ay_cursor c;
	uint64_t at = f->w.off;
	int err = ay_image_take(&f->w, 4, &c);

	if (err)
		return err;
	unsigned head = ay_cursor_u8(&c), type = head & 0x7f;
	uint32_t len = be24(&c);

	*last = head & 0x80;
	if (first != (type == STREAMINFO))
		return ay_image_bad(&f->w, at, "STREAMINFO is not the first block, or comes twice");
	switch (type) {
	case STREAMINFO: return read_info(f, len);
	case PADDING: return read_padding(f, len);
	case SEEKTABLE: return len % 18 ? ay_image_bad(&f->w, at, "half an entry in the seek table") : ay_image_skip(&f->w, len);
	case COMMENT: return len > MIB ? ay_image_bad(&f->w, at, "comments of %u bytes", (unsigned)len) : ay_image_skip(&f->w, len);
	default: return ay_image_bad(&f->w, at, "a block of kind %u: an attachment or an unknown one", type);
	}
}

/* Byte at off, -1 at the end of the file, or an error below that. */
static int byte_at(struct flac *f, uint64_t off)
{
	if (off >= f->w.in->size)
		return -1;
	if (off < f->window.off || off - f->window.off >= f->window.left) {
		uint64_t left = f->w.in->size - off;

		f->w.off = off;
		int err = ay_image_take(&f->w, left < PIECE ? (size_t)left : PIECE, &f->window);

		if (err)
			return err - 1;
	}
	return ay_cursor_peek(&f->window, (size_t)(off - f->window.off));
}

static uint8_t crc8(uint8_t crc, uint8_t byte)
{
	unsigned v = crc ^ byte;

	for (int i = 0; i < 8; i++)
		v = v & 0x80 ? (v << 1 ^ 0x07) & 0xff : v << 1;
	return (uint8_t)v;
}

static uint16_t crc16(uint16_t crc, uint8_t byte)
{
	unsigned v = crc ^ (unsigned)byte << 8;

	for (int i = 0; i < 8; i++)
		v = v & 0x8000 ? (v << 1 ^ 0x8005) & 0xffff : v << 1;
	return (uint16_t)v;
}

/* The number of a frame, in UTF-8's scheme prolonged to 36 bits. */
static uint64_t take_number(struct ay_cursor *c)
{
	uint64_t v = ay_cursor_u8(c);
	unsigned more = 0;

	if (v < 0x80)
		return v;
	while (more < 7 && v & (0x80u >> more))
		more++;
	if (more < 2)
		ay_cursor_fail(c, AY_EFORMAT);
	v &= 0x7fu >> more;
	for (unsigned i = 1; i < more; i++) {
		uint8_t b = ay_cursor_u8(c);

		if ((b & 0xc0) != 0x80)
			ay_cursor_fail(c, AY_EFORMAT);
		v = v << 6 | (b & 0x3f);
	}
	return v;
}

static uint32_t take_block_size(struct ay_cursor *c, unsigned code)
{
	switch (code) {
	case 1: return 192;
	case 2: case 3: case 4: case 5: return 576u << (code - 2);
	case 6: return ay_cursor_u8(c) + 1u;
	case 7: return ay_cursor_be16(c) + 1u;
	default: return 256u << (code - 8);
	}
}

/* A whole frame header that fits the stream stands at off. */
static bool header_at(struct flac *f, uint64_t off, struct header *h)
{
	uint8_t bytes[16], crc = 0;
	size_t n = 0;

	for (int b; n < sizeof(bytes) && (b = byte_at(f, off + n)) >= 0; n++)
		bytes[n] = (uint8_t)b;
	struct ay_cursor c = ay_cursor_of(bytes, n, off);
	unsigned sync = ay_cursor_u8(&c), strategy = ay_cursor_u8(&c), sizes = ay_cursor_u8(&c), kind = ay_cursor_u8(&c);
	unsigned rate = sizes & 15;

	if (c.err || sync != 0xff || (strategy & 0xfe) != 0xf8 || !(sizes >> 4) || rate == 15 || kind >> 4 > 10 || (kind >> 1 & 7) == 3 || kind & 1)
		return false;
	h->strategy = (int)strategy;
	h->number = take_number(&c);
	h->block = take_block_size(&c, sizes >> 4);
	ay_cursor_skip(&c, rate == 12 ? 1 : rate == 13 || rate == 14 ? 2 : 0);
	h->len = (unsigned)(c.off - off) + 1;
	ay_cursor_u8(&c);
	if (c.err)
		return false;
	for (unsigned i = 0; i < h->len; i++)
		crc = crc8(crc, bytes[i]);
	return crc == 0 && h->block <= f->block_max && (!f->strategy || f->strategy == h->strategy) &&
	       h->number == (h->strategy & 1 ? f->done : f->frames);
}

static int read_frame(struct flac *f, uint64_t *off)
{
	struct header h, next;
	uint16_t crc = 0;
	uint64_t at = *off, even = 0;

	if (!header_at(f, at, &h))
		return ay_image_bad(&f->w, at, "here stands no header of frame %llu", (unsigned long long)f->frames);
	f->strategy = h.strategy;
	f->frames++;
	f->done += h.block;
	for (uint64_t n = 0; n < f->frame_max; n++) {
		int b = byte_at(f, at + n);

		if (b < -1)
			return b + 1;
		if (b < 0)
			return ay_error_at(&f->w.e, AY_ETRUNC, at, "the file ends inside a frame, or the frame is damaged");
		crc = crc16(crc, (uint8_t)b);
		even = crc == 0 ? even + 1 : 0;
		*off = at + n + 1;
		/* Zeros behind a frame leave it even. Three in a row are a frame whose checksum is itself zero. */
		if ((even == 1 || even == 3) && n > h.len + 1u && (*off == f->w.in->size || header_at(f, *off, &next)))
			return ay_budget_tick(ay_scan_budget(f->w.s));
	}
	return ay_image_bad(&f->w, at, "a frame does not end where its checksum must");
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct flac f = { .w = ay_image_of(s, in) };
	bool last = false;
	int err = ay_image_skip(&f.w, 4);

	for (bool first = true; !err && !last; first = false)
		err = read_block(&f, first, &last);
	uint64_t off = f.w.off;

	while (!err && off < in->size)
		err = read_frame(&f, &off);
	if (!err && f.total && f.done < f.total)
		err = ay_error_at(&f.w.e, AY_ETRUNC, off, "samples are missing: %llu of %llu are here", (unsigned long long)f.done, (unsigned long long)f.total);
	if (!err && f.total && f.done > f.total)
		err = ay_image_bad(&f.w, off, "there are %llu samples, STREAMINFO says %llu", (unsigned long long)f.done, (unsigned long long)f.total);
	if (!err && !f.frames)
		err = ay_error_at(&f.w.e, AY_ETRUNC, off, "there are no samples");
	if (err)
		ay_scan_find_error(s, "audio", err, &f.w.e);
	ay_buf_free(&f.w.buf);
	return 0;
}

const struct ay_scanner ay_scanner_flac = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "flac", .version = 1, .bid = bid, .scan = scan,
};
