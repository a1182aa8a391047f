/* SPDX-License-Identifier: Apache-2.0 */
/* Ogg (RFC 3533): one stream of Vorbis, Opus or FLAC, its pages in order with right checksums up to the last byte. No packet is decoded. */
#include "scanners/formats/image.h"
#include "scanners/registry.h"

enum { CONTINUED = 1, FIRST = 2, LAST = 4, HEADER = 27, CRC_AT = 22 };

struct ogg {
	struct ay_image w;
	uint32_t serial, pages;
	bool open;            /* the last packet goes on in the next page */
	bool ended;
};

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, "OggS", 4) ? 32 : 0;
}

/* Without reflection, and with the field itself taken as zero. */
static uint32_t page_crc(struct ay_cursor c)
{
	uint64_t field = c.off + CRC_AT;
	uint32_t crc = 0;

	while (c.left) {
		bool own = c.off >= field && c.off < field + 4;
		uint32_t byte = ay_cursor_u8(&c);

		crc ^= own ? 0 : byte << 24;
		for (int k = 0; k < 8; k++)
			crc = crc & 0x80000000 ? crc << 1 ^ 0x04c11db7 : crc << 1;
	}
	return crc;
}

static bool known_codec(const struct ay_cursor *c)
{
	return ay_cursor_starts(c, "\1vorbis", 7) || ay_cursor_starts(c, "OpusHead", 8) || ay_cursor_starts(c, "\x7f" "FLAC", 5);
}

static int judge_order(struct ogg *o, uint64_t at, unsigned flags, uint32_t serial, uint32_t number)
{
	if (!o->pages)
		o->serial = serial;
	if (o->ended)
		return ay_image_bad(&o->w, at, "another stream follows the end of the first");
	if (serial != o->serial || number != o->pages || flags & ~7u)
		return ay_image_bad(&o->w, at, "the page is not number %u of the one stream", (unsigned)o->pages);
	if (!(flags & FIRST) != (o->pages > 0) || !(flags & CONTINUED) != !o->open)
		return ay_image_bad(&o->w, at, "the flags of the page say another place in the stream than it has");
	o->ended = flags & LAST;
	return 0;
}

/* The length of the page at the offset, by its table of segments. */
static int page_length(struct ogg *o, uint64_t at, size_t *len)
{
	struct ay_cursor c;
	int err = ay_image_take(&o->w, HEADER, &c);

	if (err)
		return err;
	if (!ay_cursor_accept(&c, "OggS\0", 5))
		return ay_image_bad(&o->w, at, "here stands no page");
	ay_cursor_skip(&c, HEADER - 6);
	size_t count = ay_cursor_u8(&c);

	*len = HEADER + count;
	if (!count)
		return 0;
	err = ay_image_take(&o->w, count, &c);
	if (err)
		return err;
	uint8_t last = 0;

	while (c.left) {
		last = ay_cursor_u8(&c);
		*len += last;
	}
	o->open = last == 255;
	return 0;
}

static int read_page(struct ogg *o)
{
	uint64_t at = o->w.off;
	bool was_open = o->open;
	struct ay_cursor c;
	size_t len = 0;
	int err = page_length(o, at, &len);

	if (err)
		return err;
	o->w.off = at;
	err = ay_image_take(&o->w, len, &c);
	if (err)
		return err;
	uint32_t want = page_crc(c);

	ay_cursor_skip(&c, 5);
	unsigned flags = ay_cursor_u8(&c);

	ay_cursor_skip(&c, 8);
	uint32_t serial = ay_cursor_le32(&c), number = ay_cursor_le32(&c), crc = ay_cursor_le32(&c);
	bool open = o->open;

	if (crc != want)
		return ay_image_bad(&o->w, at, "the checksum of the page is wrong");
	o->open = was_open;
	err = judge_order(o, at, flags, serial, number);
	o->open = open;
	ay_cursor_skip(&c, ay_cursor_u8(&c));
	if (!err && !o->pages && !known_codec(&c))
		return ay_error_at(&o->w.e, AY_EUNSUPPORTED, c.off, "this Ogg stream is none of Vorbis, Opus or FLAC, and is not judged");
	o->pages++;
	return err;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct ogg o = { .w = ay_image_of(s, in) };
	int err = 0;

	while (!err && o.w.off < in->size)
		err = read_page(&o);
	if (!err && (!o.ended || o.open))
		err = ay_error_at(&o.w.e, AY_ETRUNC, o.w.off, "no page says that it is the last");
	if (err)
		ay_scan_find_error(s, "audio", err, &o.w.e);
	ay_buf_free(&o.w.buf);
	return 0;
}

const struct ay_scanner ay_scanner_ogg = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "ogg", .version = 1, .bid = bid, .scan = scan,
};
