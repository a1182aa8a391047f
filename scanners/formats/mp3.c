/* SPDX-License-Identifier: Apache-2.0 */
/* MP3: tags of text only, then frames of MPEG layer III, one after the other by their headers' lengths up to the last byte. No sample is decoded. */
#include "scanners/formats/image.h"
#include "scanners/registry.h"

#define TAG_MAX (1 * MIB)       /* bytes of the tag before the frames */
#define ENTRY_MAX (64 * KIB)    /* of one text in it */

enum { ID3V1 = 128, ID3_HEADER = 10 };

struct mp3 {
	struct ay_image w;
	uint32_t same;          /* the bits of all frame headers that do not change */
	bool frames;
};

/* Bytes of a frame of layer III by its header; 0: it is none. The bit rate must be said. */
static uint32_t frame_length(uint32_t header)
{
	static const uint16_t rates[2][16] = {
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0},
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0},
	};
	static const uint16_t hertz[4] = {44100, 48000, 32000, 0};
	unsigned version = header >> 19 & 3, layer = header >> 17 & 3;
	uint32_t rate = rates[version == 3][header >> 12 & 15] * 1000u, hz = hertz[header >> 10 & 3];

	if (header >> 21 != 0x7ff || version == 1 || layer != 1 || !rate || !hz || (header & 3) == 2)
		return 0;
	hz >>= version == 3 ? 0 : version == 2 ? 1 : 2;
	return (version == 3 ? 144 : 72) * rate / hz + (header >> 9 & 1);
}

/* Two frames in a row, or one that is the whole file: one header alone is too little to tell. */
static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	uint8_t bytes[4];
	uint32_t first, len;

	(void)path;
	if (ay_cursor_starts(&head, "ID3", 3))
		return 24;
	first = ay_cursor_be32(&head);
	len = head.err ? 0 : frame_length(first);
	if (!len)
		return 0;
	if (len == in->size)
		return 18;
	if (len > in->size || in->size - len < 4 || ay_source_read_full(in, len, bytes, sizeof(bytes)))
		return 0;
	struct ay_cursor c = ay_cursor_of(bytes, sizeof(bytes), len);
	uint32_t second = ay_cursor_be32(&c);

	return frame_length(second) && !((first ^ second) & 0xfffe0c00) ? 36 : 0;
}

static uint32_t synchsafe(struct ay_cursor *c)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t b = ay_cursor_u8(c);

		if (b & 0x80)
			ay_cursor_fail(c, AY_EFORMAT);
		v = v << 7 | b;
	}
	return v;
}

/* Texts, addresses and counters. Pictures, private data and attached files are not looked into, so none may be here. */
static bool plain_entry(struct ay_cursor *id)
{
	static const char *const known[] = {"COMM", "USLT", "POPM", "PCNT", "UFID"};

	for (size_t i = 0; i < AY_ARRAY_LEN(known); i++)
		if (ay_cursor_starts(id, known[i], 4))
			return true;
	uint8_t kind = ay_cursor_u8(id);
	bool good = kind == 'T' || kind == 'W';

	while (id->left) {
		uint8_t b = ay_cursor_u8(id);

		good &= (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
	}
	return good;
}

static int read_padding(struct mp3 *m, uint64_t end)
{
	struct ay_cursor c;

	while (m->w.off < end) {
		uint64_t left = end - m->w.off;
		int err = ay_image_take(&m->w, left < AY_IMAGE_PIECE ? (size_t)left : (size_t)AY_IMAGE_PIECE, &c);

		if (err)
			return err;
		while (c.left)
			if (ay_cursor_u8(&c))
				return ay_image_bad(&m->w, c.off - 1, "padding of the tag that is not zero");
	}
	return 0;
}

static int read_entry(struct mp3 *m, unsigned version, uint64_t end)
{
	uint64_t at = m->w.off;
	struct ay_cursor c;
	int err = ay_image_take(&m->w, end - at < ID3_HEADER ? (size_t)(end - at) : ID3_HEADER, &c);

	if (err)
		return err;
	if (ay_cursor_peek(&c, 0) == 0) {
		m->w.off = at;
		return read_padding(m, end);
	}
	struct ay_cursor id = ay_cursor_sub(&c, 4);
	uint32_t len = version == 4 ? synchsafe(&c) : ay_cursor_be32(&c);
	unsigned flags = ay_cursor_be16(&c);

	if (c.err || flags & 0xff || !len || len > ENTRY_MAX || len > end - m->w.off)
		return ay_image_bad(&m->w, at, "an entry of the tag is packed, empty, too long or reaches beyond the tag");
	if (!plain_entry(&id))
		return ay_image_bad(&m->w, at, "the tag holds a picture, private data, an attached file or an unknown entry");
	return ay_image_skip(&m->w, len);
}

static int read_tag(struct mp3 *m)
{
	struct ay_cursor c;
	int err = ay_image_take(&m->w, ID3_HEADER, &c);

	if (err)
		return err;
	ay_cursor_skip(&c, 3);
	unsigned version = ay_cursor_u8(&c), revision = ay_cursor_u8(&c), flags = ay_cursor_u8(&c);
	uint32_t len = synchsafe(&c);

	if (c.err || (version != 3 && version != 4) || revision || flags || len > TAG_MAX)
		return ay_image_bad(&m->w, 3, "the tag is of a version other than 2.3 and 2.4, has flags, or is longer than %llu bytes", TAG_MAX);
	if (len > m->w.in->size - m->w.off)
		return ay_error_at(&m->w.e, AY_ETRUNC, 6, "the tag reaches beyond the end");
	uint64_t end = m->w.off + len;

	while (!err && m->w.off < end)
		err = read_entry(m, version, end);
	return err;
}

static int read_frame(struct mp3 *m, uint64_t end)
{
	uint64_t at = m->w.off;
	struct ay_cursor c;
	int err = ay_image_take(&m->w, 4, &c);

	if (err)
		return err;
	uint32_t header = ay_cursor_be32(&c), len = frame_length(header), same = header & 0xfffe0c00;

	if (!len || (m->frames && same != m->same))
		return ay_image_bad(&m->w, at, "here stands no frame of layer III of the same kind as the others");
	m->same = same;
	m->frames = true;
	if (len > end - at)
		return ay_error_at(&m->w.e, AY_ETRUNC, at, "the last frame is cut");
	m->w.off = at;
	return ay_image_skip(&m->w, len);
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct mp3 m = { .w = ay_image_of(s, in) };
	uint64_t end = in->size;
	uint8_t tag[3] = {0};
	int err = end >= 3 ? ay_source_read_full(in, 0, tag, 3) : AY_ETRUNC;

	if (!err && memcmp(tag, "ID3", 3) == 0)
		err = read_tag(&m);
	if (!err && end - m.w.off >= ID3V1) {
		err = ay_source_read_full(in, end - ID3V1, tag, 3);
		if (!err && memcmp(tag, "TAG", 3) == 0)
			end -= ID3V1;
	}
	while (!err && m.w.off < end)
		err = read_frame(&m, end);
	if (!err && !m.frames)
		err = ay_error_at(&m.w.e, AY_ETRUNC, m.w.off, "there are no samples");
	if (err)
		ay_scan_find_error(s, "audio", err, &m.w.e);
	ay_buf_free(&m.w.buf);
	return 0;
}

const struct ay_scanner ay_scanner_mp3 = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "mp3", .version = 1, .bid = bid, .scan = scan,
};
