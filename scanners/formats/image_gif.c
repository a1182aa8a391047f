/* SPDX-License-Identifier: Apache-2.0 */
/* GIF: screen, blocks, trailer as the last byte. */
#include "scanners/formats/image.h"
#include "scanners/registry.h"

static unsigned gif_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, "GIF87a", 6) || ay_cursor_starts(&head, "GIF89a", 6) ? 48 : 0;
}

static int take_byte(struct ay_image *w, uint8_t *out)
{
	struct ay_cursor c;
	int err = ay_image_take(w, 1, &c);

	*out = ay_cursor_u8(&c);
	return err;
}

/* The colour table that the packed byte announces. */
static int skip_table(struct ay_image *w, uint8_t packed)
{
	return packed & 0x80 ? ay_image_skip(w, 3ull << ((packed & 7) + 1)) : 0;
}

static int skip_sub_blocks(struct ay_image *w)
{
	uint8_t len;
	int err;

	do {
		err = take_byte(w, &len);
		if (!err)
			err = ay_image_skip(w, len);
	} while (!err && len);
	return err;
}

static int read_image(struct ay_image *w)
{
	struct ay_cursor c;
	uint8_t code_size;
	int err = ay_image_take(w, 9, &c);

	if (err)
		return err;
	ay_cursor_skip(&c, 4);
	uint16_t width = ay_cursor_le16(&c), height = ay_cursor_le16(&c);

	err = ay_image_size(w, width, height);
	if (!err)
		err = skip_table(w, ay_cursor_u8(&c));
	if (!err)
		err = take_byte(w, &code_size);
	if (!err && (code_size < 2 || code_size > 11))
		err = ay_image_bad(w, w->off - 1, "the code size of an image is not valid");
	return err ? err : skip_sub_blocks(w);
}

static int read_extension(struct ay_image *w)
{
	uint8_t label;
	int err = take_byte(w, &label);

	if (!err && label != 0x01 && label != 0xF9 && label != 0xFE && label != 0xFF)
		err = ay_image_bad(w, w->off - 1, "an unknown extension 0x%02x", label);
	return err ? err : skip_sub_blocks(w);
}

static int read_blocks(struct ay_image *w)
{
	bool image = false;
	uint8_t kind;

	for (;;) {
		int err = take_byte(w, &kind);

		if (err)
			return err;
		if (kind == 0x3B)
			return image ? 0 : ay_image_bad(w, w->off - 1, "there is no image in the file");
		if (kind != 0x2C && kind != 0x21)
			return ay_image_bad(w, w->off - 1, "an unknown block 0x%02x", kind);
		image |= kind == 0x2C;
		err = kind == 0x2C ? read_image(w) : read_extension(w);
		if (err)
			return err;
	}
}

static int gif_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_image w = ay_image_of(s, in);
	struct ay_cursor c;
	int err = ay_image_take(&w, 13, &c);

	if (!err) {
		ay_cursor_skip(&c, 6);
		uint16_t width = ay_cursor_le16(&c), height = ay_cursor_le16(&c);

		err = ay_image_size(&w, width, height);
	}
	if (!err)
		err = skip_table(&w, ay_cursor_u8(&c));
	if (!err)
		err = read_blocks(&w);
	if (!err)
		err = ay_image_end(&w);
	return ay_image_done(&w, err);
}

const struct ay_scanner ay_scanner_gif = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "gif", .version = 2, .bid = gif_bid, .scan = gif_scan
};
