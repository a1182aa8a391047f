/* SPDX-License-Identifier: Apache-2.0 */
/* WebP: a RIFF of exactly the file's size, known chunks, zero padding. */
#include "scanners/formats/image.h"
#include "scanners/registry.h"

static unsigned webp_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	if (!ay_cursor_starts(&head, "RIFF", 4))
		return 0;
	ay_cursor_skip(&head, 8);
	return ay_cursor_starts(&head, "WEBP", 4) ? 64 : 0;
}

static uint32_t le24(struct ay_cursor *c)
{
	uint32_t low = ay_cursor_le16(c);

	return low | (uint32_t)ay_cursor_u8(c) << 16;
}

/* Sizes in the first bytes of the chunk that has them. */
static int read_vp8(struct ay_image *w, struct ay_cursor c)
{
	ay_cursor_skip(&c, 3);
	bool start = ay_cursor_accept(&c, "\x9d\x01\x2a", 3);
	uint16_t width = ay_cursor_le16(&c) & 0x3FFF, height = ay_cursor_le16(&c) & 0x3FFF;

	return c.err || !start ? ay_image_bad(w, c.off, "the VP8 frame header is not valid") : ay_image_size(w, width, height);
}

static int read_vp8l(struct ay_image *w, struct ay_cursor c)
{
	uint8_t signature = ay_cursor_u8(&c);
	uint32_t bits = ay_cursor_le32(&c);

	if (c.err || signature != 0x2F || bits >> 29)
		return ay_image_bad(w, c.off, "the VP8L header is not valid");
	return ay_image_size(w, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
}

static int read_vp8x(struct ay_image *w, struct ay_cursor c)
{
	uint8_t flags = ay_cursor_u8(&c);
	uint32_t reserved = le24(&c), width = le24(&c), height = le24(&c);

	if (c.err || flags & 0xC1 || reserved || c.left)
		return ay_image_bad(w, c.off, "the VP8X header is not valid");
	return ay_image_size(w, (uint64_t)width + 1, (uint64_t)height + 1);
}

static bool known_chunk(const struct ay_cursor *c)
{
	static const char *const known[] = {"VP8 ", "VP8L", "VP8X", "ANIM", "ANMF", "ALPH", "ICCP", "EXIF", "XMP "};

	for (size_t i = 0; i < AY_ARRAY_LEN(known); i++)
		if (ay_cursor_starts(c, known[i], 4))
			return true;
	return false;
}

static int read_head(struct ay_image *w, const struct ay_cursor *type, uint32_t len)
{
	bool vp8 = ay_cursor_starts(type, "VP8 ", 4), vp8l = ay_cursor_starts(type, "VP8L", 4), vp8x = ay_cursor_starts(type, "VP8X", 4);
	uint64_t start = w->off;
	struct ay_cursor c;

	if (!vp8 && !vp8l && !vp8x)
		return 0;
	if (!len)
		return ay_image_bad(w, start, "an empty image chunk");
	int err = ay_image_take(w, len < 10 ? len : 10, &c);

	w->off = start;
	if (err)
		return err;
	if (vp8x && len != 10)
		return ay_image_bad(w, start, "the VP8X header is not valid");
	return vp8 ? read_vp8(w, c) : vp8l ? read_vp8l(w, c) : read_vp8x(w, c);
}

static int read_chunk(struct ay_image *w, bool first, bool *image)
{
	uint8_t room[8];
	struct ay_cursor c;
	int err = ay_image_take(w, sizeof(room), &c);

	if (err)
		return err;
	ay_cursor_copy(&c, room, sizeof(room));
	struct ay_cursor type = ay_cursor_of(room, sizeof(room), w->off - 8);

	c = type;
	ay_cursor_skip(&c, 4);
	uint32_t len = ay_cursor_le32(&c);
	bool data = ay_cursor_starts(&type, "VP8 ", 4) || ay_cursor_starts(&type, "VP8L", 4) || ay_cursor_starts(&type, "ANMF", 4);

	if (!known_chunk(&type))
		return ay_image_bad(w, type.off, "an unknown chunk");
	if (first && !ay_cursor_starts(&type, "VP8", 3))
		return ay_image_bad(w, type.off, "the first chunk is not an image");
	*image |= data;
	err = read_head(w, &type, len);
	if (!err)
		err = ay_image_skip(w, len);
	if (err || !(len & 1))
		return err;
	err = ay_image_take(w, 1, &c);
	return err ? err : ay_cursor_u8(&c) ? ay_image_bad(w, w->off - 1, "padding that is not zero") : 0;
}

static int webp_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_image w = ay_image_of(s, in);
	bool image = false, first = true;
	struct ay_cursor c;
	int err = ay_image_take(&w, 12, &c);

	if (!err) {
		ay_cursor_skip(&c, 4);
		uint32_t size = ay_cursor_le32(&c);

		if (size + 8ull != in->size)
			err = ay_image_bad(&w, 4, "the RIFF size is %u, the file needs %llu", (unsigned)size, (unsigned long long)in->size - 8);
	}
	for (; !err && w.off < in->size; first = false)
		err = read_chunk(&w, first, &image);
	if (!err && !image)
		err = ay_image_bad(&w, w.off, "there is no image data");
	return ay_image_done(&w, err);
}

const struct ay_scanner ay_scanner_webp = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "webp", .version = 2, .bid = webp_bid, .scan = webp_scan
};
