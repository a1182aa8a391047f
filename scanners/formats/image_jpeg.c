/* SPDX-License-Identifier: Apache-2.0 */
/* JPEG: marker segments, entropy-coded data, EOI as the last two bytes, and pixels that can be decoded. */
#include "scanners/formats/bytes.h"
#include "scanners/formats/image.h"
#include "scanners/registry.h"

enum { SOI = 0xD8, EOI = 0xD9, SOS = 0xDA, TEM = 0x01, RST0 = 0xD0, RST7 = 0xD7 };

struct jpeg {
	struct ay_image w;
	unsigned sample_bytes;
	bool frame, scan;
};

static unsigned jpeg_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, "\xff\xd8\xff", 3) ? 24 : 0;
}

static bool is_frame(uint8_t m)
{
	return m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC;
}

static int read_frame(struct jpeg *j, struct ay_cursor c)
{
	uint8_t precision = ay_cursor_u8(&c);
	uint16_t height = ay_cursor_be16(&c), width = ay_cursor_be16(&c);
	uint8_t parts = ay_cursor_u8(&c);

	if (c.err || precision < 2 || precision > 16 || !parts || parts > 4 || c.left != 3u * parts)
		return ay_image_bad(&j->w, j->w.off, "the frame header is not valid");
	if (j->frame)
		return ay_image_bad(&j->w, j->w.off, "a second frame");
	j->frame = true;
	j->sample_bytes = parts;
	return ay_image_size(&j->w, width, height);
}

/* A segment with a length, its marker already read. */
static int read_segment(struct jpeg *j, uint8_t marker)
{
	struct ay_cursor c;
	int err = ay_image_take(&j->w, 2, &c);

	if (err)
		return err;
	uint16_t len = ay_cursor_be16(&c);

	if (len < 2)
		return ay_image_bad(&j->w, j->w.off - 2, "a segment has an impossible length");
	if (!is_frame(marker))
		return ay_image_skip(&j->w, len - 2u);
	err = ay_image_take(&j->w, len - 2u, &c);
	return err ? err : read_frame(j, c);
}

/* Entropy-coded data up to the FF of the next marker, whose second byte is taken into *marker_out. */
static int skip_data(struct jpeg *j, uint8_t *marker_out)
{
	struct ay_cursor c;
	bool after_ff = false;

	for (;;) {
		uint64_t left = j->w.in->size - j->w.off;
		size_t piece = left < AY_IMAGE_PIECE ? (size_t)left : AY_IMAGE_PIECE;
		int err = ay_image_take(&j->w, piece ? piece : 1, &c);

		if (err)
			return err;
		while (c.left) {
			if (!after_ff)
				ay_cursor_skip(&c, ay_bytes_find(&c, 0xFF));
			if (!c.left)
				break;
			uint8_t b = ay_cursor_u8(&c);

			if (after_ff && b != 0 && b != 0xFF && !(b >= RST0 && b <= RST7)) {
				*marker_out = b;
				j->w.off = c.off;
				return 0;
			}
			after_ff = b == 0xFF;
		}
	}
}

/* FF, fill bytes FF, marker. */
static int take_marker(struct jpeg *j, uint8_t *out)
{
	struct ay_cursor c;
	int err = ay_image_take(&j->w, 1, &c);

	if (!err && ay_cursor_u8(&c) != 0xFF)
		return ay_image_bad(&j->w, j->w.off - 1, "a marker is missing");
	do {
		if (!err)
			err = ay_image_take(&j->w, 1, &c);
		*out = err ? 0 : ay_cursor_u8(&c);
	} while (*out == 0xFF);
	return err;
}

static int read_markers(struct jpeg *j)
{
	uint8_t marker;
	int err = take_marker(j, &marker);

	if (!err && marker != SOI)
		return ay_image_bad(&j->w, 0, "the first marker is not SOI");
	if (!err)
		err = take_marker(j, &marker);
	while (!err && marker != EOI) {
		if (marker == 0 || marker == SOI || marker == TEM || (marker >= RST0 && marker <= RST7))
			return ay_image_bad(&j->w, j->w.off - 1, "the marker 0x%02x stands where it may not", marker);
		if (marker == SOS && !j->frame)
			return ay_image_bad(&j->w, j->w.off - 1, "image data before the frame header");
		err = read_segment(j, marker);
		if (err)
			return err;
		j->scan |= marker == SOS;
		err = marker == SOS ? skip_data(j, &marker) : take_marker(j, &marker);
	}
	if (!err && !j->scan)
		err = ay_image_bad(&j->w, j->w.off, "there is no image data");
	return err;
}

static int jpeg_scan(struct ay_scan *s, struct ay_source *in)
{
	struct jpeg j = {.w = ay_image_of(s, in)};
	int err = read_markers(&j);

	if (!err)
		err = ay_image_end(&j.w);
	return ay_image_measure(&j.w, err, j.sample_bytes, ay_pixels_jpeg);
}

const struct ay_scanner ay_scanner_jpeg = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "jpeg", .version = 4, .bid = jpeg_bid, .scan = jpeg_scan
};
