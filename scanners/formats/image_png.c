/* SPDX-License-Identifier: Apache-2.0 */
/* PNG and APNG: every chunk in its place with its CRC, nothing behind IEND, and pixels that can be decoded. */
#include "scanners/formats/image.h"
#include "scanners/registry.h"
#include "scanners/formats/inflate.h"

#define SIGNATURE "\x89PNG\r\n\x1a\n"
#define SIGNATURE_LEN 8
#define TYPE(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define IHDR TYPE('I', 'H', 'D', 'R')
#define PLTE TYPE('P', 'L', 'T', 'E')
#define IDAT TYPE('I', 'D', 'A', 'T')
#define IEND TYPE('I', 'E', 'N', 'D')

struct png {
	struct ay_image w;
	uint8_t colour;
	unsigned sample_bytes;
	bool have_header, have_palette, have_data, after_data;
};

static unsigned png_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, SIGNATURE, SIGNATURE_LEN) ? 8 * SIGNATURE_LEN : 0;
}

/* Depths that a colour type may have, as a bit per depth. */
static bool good_depth(uint8_t colour, uint8_t depth)
{
	static const uint32_t grey = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8 | 1 << 16, palette = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 8,
			      direct = 1 << 8 | 1 << 16;

	if (depth > 16)
		return false;
	switch (colour) {
	case 0: return grey >> depth & 1;
	case 3: return palette >> depth & 1;
	case 2: case 4: case 6: return direct >> depth & 1;
	default: return false;
	}
}

static int read_header(struct png *p, struct ay_cursor c)
{
	uint32_t width = ay_cursor_be32(&c), height = ay_cursor_be32(&c);
	uint8_t depth = ay_cursor_u8(&c), colour = ay_cursor_u8(&c), method = ay_cursor_u8(&c), filter = ay_cursor_u8(&c),
		interlace = ay_cursor_u8(&c);

	if (ay_cursor_end(&c) != 0 || !good_depth(colour, depth) || method || filter || interlace > 1)
		return ay_image_bad(&p->w, p->w.off, "the header (IHDR) is not valid");
	p->colour = colour;
	p->sample_bytes = (depth > 8 ? 2 : 1) * (colour == 2 || colour == 3 ? 3 : colour == 6 ? 4 : colour == 4 ? 2 : 1);
	p->have_header = true;
	return ay_image_size(&p->w, width, height);
}

/* Order: IHDR, then the rest with PLTE before IDAT, all IDAT together, IEND. */
static int check_order(struct png *p, uint32_t type, uint64_t off)
{
	static const uint8_t lower = 0x20;

	if (!p->have_header && type != IHDR)
		return ay_image_bad(&p->w, off, "the first chunk is not IHDR");
	if (p->have_header && type == IHDR)
		return ay_image_bad(&p->w, off, "a second IHDR");
	if (type == PLTE && (p->have_palette || p->have_data || p->colour == 0 || p->colour == 4))
		return ay_image_bad(&p->w, off, "a palette where none may be");
	if (type == IDAT && (p->after_data || (p->colour == 3 && !p->have_palette)))
		return ay_image_bad(&p->w, off, "image data in the wrong place");
	if (type == IEND && !p->have_data)
		return ay_image_bad(&p->w, off, "there is no image data");
	if (type != IHDR && type != PLTE && type != IDAT && type != IEND && !(type >> 24 & lower))
		return ay_image_bad(&p->w, off, "an unknown critical chunk");
	p->after_data = p->have_data && type != IDAT;
	p->have_data |= type == IDAT;
	p->have_palette |= type == PLTE;
	return 0;
}

static bool is_letter(uint8_t b)
{
	return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
}

/* Content in pieces, for the CRC; the header also as fields. */
static int read_content(struct png *p, uint32_t type, uint32_t len, uint32_t *crc)
{
	struct ay_cursor c;

	if (type == IHDR && len != 13)
		return ay_image_bad(&p->w, p->w.off, "the header (IHDR) has %u bytes, not 13", (unsigned)len);
	while (len) {
		size_t piece = len < AY_IMAGE_PIECE ? len : AY_IMAGE_PIECE;
		int err = ay_image_take(&p->w, piece, &c);

		if (!err && type == IHDR)
			err = read_header(p, c);
		if (err)
			return err;
		*crc = ay_crc32(*crc, ay_cursor_take(&c, piece), piece);
		len -= (uint32_t)piece;
	}
	return 0;
}

static int read_chunk(struct png *p, uint32_t *type_out)
{
	uint64_t off = p->w.off;
	struct ay_cursor c, letters;
	int err = ay_image_take(&p->w, 8, &c);

	if (err)
		return err;
	uint32_t len = ay_cursor_be32(&c);

	letters = c;
	uint32_t crc = ay_crc32(0, ay_cursor_take(&letters, 4), 4);

	letters = c;
	for (int i = 0; i < 4; i++)
		if (!is_letter(ay_cursor_u8(&letters)))
			return ay_image_bad(&p->w, off, "the type of a chunk is not four letters");
	uint32_t type = *type_out = ay_cursor_be32(&c);

	if (len > INT32_MAX || ((type == IEND) && len) || (type == PLTE && (len == 0 || len % 3 || len > 768)))
		return ay_image_bad(&p->w, off, "a chunk has an impossible length");
	err = check_order(p, type, off);
	if (!err)
		err = read_content(p, type, len, &crc);
	if (!err)
		err = ay_image_take(&p->w, 4, &c);
	if (!err && ay_cursor_be32(&c) != crc)
		err = ay_image_bad(&p->w, off, "the CRC of a chunk is wrong");
	return err;
}

static int png_scan(struct ay_scan *s, struct ay_source *in)
{
	struct png p = {.w = ay_image_of(s, in)};
	uint32_t type = 0;
	int err = ay_image_skip(&p.w, SIGNATURE_LEN);

	while (!err && type != IEND)
		err = read_chunk(&p, &type);
	if (!err)
		err = ay_image_end(&p.w);
	return ay_image_measure(&p.w, err, p.sample_bytes, ay_pixels_png);
}

const struct ay_scanner ay_scanner_png = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "png", .version = 4, .bid = png_bid, .scan = png_scan
};
