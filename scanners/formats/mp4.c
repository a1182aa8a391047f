/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MP4 and QuickTime (ISO 14496-12): boxes that are known, each within the one around it and together the whole of it, no other
 * file referred to, no encryption. No sample is decoded.
 */
#include "scanners/formats/image.h"
#include "scanners/registry.h"

#define DEPTH_MAX 8

struct box {
	char type[5];
	uint64_t at, end;
};

struct mp4 {
	struct ay_image w;
	bool movie;
};

enum place { TOP, INSIDE, PARENT };

static const struct { char type[5]; uint8_t place; } boxes[] = {
	{"moov", TOP}, {"moof", TOP}, {"mfra", TOP}, {"mdat", TOP}, {"styp", TOP}, {"sidx", TOP},
	{"trak", PARENT}, {"mdia", PARENT}, {"minf", PARENT}, {"stbl", PARENT}, {"edts", PARENT}, {"dinf", PARENT}, {"mvex", PARENT}, {"traf", PARENT},
	{"mvhd", INSIDE}, {"tkhd", INSIDE}, {"mdhd", INSIDE}, {"hdlr", INSIDE}, {"vmhd", INSIDE}, {"smhd", INSIDE}, {"nmhd", INSIDE}, {"elst", INSIDE},
	{"dref", INSIDE}, {"stsd", INSIDE}, {"stts", INSIDE}, {"ctts", INSIDE}, {"cslg", INSIDE}, {"stsc", INSIDE}, {"stsz", INSIDE}, {"stz2", INSIDE},
	{"stco", INSIDE}, {"co64", INSIDE}, {"stss", INSIDE}, {"sdtp", INSIDE}, {"sgpd", INSIDE}, {"sbgp", INSIDE}, {"subs", INSIDE}, {"udta", INSIDE},
	{"trex", INSIDE}, {"mehd", INSIDE}, {"mfhd", INSIDE}, {"tfhd", INSIDE}, {"tfdt", INSIDE}, {"trun", INSIDE}, {"tfra", INSIDE}, {"mfro", INSIDE},
	{"iods", INSIDE}, {"tapt", INSIDE}, {"gmhd", INSIDE},
};

static bool among(const char *type, const char (*names)[5], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(type, names[i], 4) == 0)
			return true;
	return false;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	ay_cursor_skip(&head, 4);
	return ay_cursor_starts(&head, "ftyp", 4) ? 32 : 0;
}

/* The head of the next box, which ends at end at the latest. */
static int read_head(struct mp4 *m, uint64_t end, bool top, struct box *b)
{
	struct ay_cursor c;
	int err;

	*b = (struct box){.at = m->w.off};
	if (end - b->at < 8)
		return ay_image_bad(&m->w, b->at, "%llu bytes are left over after the last box", (unsigned long long)(end - b->at));
	err = ay_image_take(&m->w, 8, &c);
	if (err)
		return err;
	uint64_t len = ay_cursor_be32(&c);

	ay_cursor_copy(&c, b->type, 4);
	if (len == 1) {
		err = ay_image_take(&m->w, 8, &c);
		if (err)
			return err;
		len = ay_cursor_be64(&c);
	} else if (len == 0 && top && memcmp(b->type, "mdat", 4) == 0) {
		len = end - b->at;
	}
	if (len < m->w.off - b->at)
		return ay_image_bad(&m->w, b->at, "a box is shorter than its own head");
	if (len > end - b->at && end == m->w.in->size)
		return ay_error_at(&m->w.e, AY_ETRUNC, b->at, "a box reaches beyond the end of the file");
	if (len > end - b->at)
		return ay_image_bad(&m->w, b->at, "a box reaches beyond the box around it");
	b->end = b->at + len;
	return 0;
}

static int read_brand(struct mp4 *m)
{
	static const char known[][5] = {
		"isom", "iso2", "iso3", "iso4", "iso5", "iso6", "iso7", "iso8", "iso9", "mp41", "mp42", "avc1", "M4A ", "M4V ", "qt  ",
		"dash", "MSNV", "3gp4", "3gp5", "3gp6", "f4v ",
	};
	struct ay_cursor c;
	struct box b;
	int err = read_head(m, m->w.in->size, true, &b);
	uint64_t len = err ? 0 : b.end - m->w.off;

	if (!err && (len < 8 || len > 256 || len % 4))
		return ay_image_bad(&m->w, 0, "the first box is not a list of brands");
	err = err ? err : ay_image_take(&m->w, (size_t)len, &c);
	if (!err && !among((const char *)c.p, known, AY_ARRAY_LEN(known)))
		return ay_error_at(&m->w.e, AY_EUNSUPPORTED, 8, "this is a HEIF or AVIF image or another file of boxes, which is not judged");
	return err;
}

/* Where the samples are: only in this file itself. Anything else makes a player open a path or an address. */
static int read_references(struct mp4 *m, const struct box *b)
{
	struct ay_cursor c;
	int err = b->end - m->w.off > 1024 ? ay_image_bad(&m->w, b->at, "a table of references of more than a KiB")
					    : ay_image_take(&m->w, (size_t)(b->end - m->w.off), &c);

	if (err)
		return err;
	ay_cursor_skip(&c, 4);
	uint32_t count = ay_cursor_be32(&c);

	for (uint32_t i = 0; i < count && !c.err; i++)
		if (!ay_cursor_accept(&c, "\0\0\0\x0curl \0\0\0\1", 12) && !ay_cursor_accept(&c, "\0\0\0\x0c" "alis\0\0\0\1", 12)) {
			ay_scan_find(m->w.s, "video.external", c.off, "the samples of a track lie in another file or at an address");
			return 0;
		}
	return ay_cursor_end(&c) ? ay_image_bad(&m->w, b->at, "the table of references does not have the length its count asks for") : 0;
}

/* What the samples are coded with. */
static int read_codecs(struct mp4 *m, const struct box *b)
{
	static const char known[][5] = {
		"avc1", "avc3", "hvc1", "hev1", "vp08", "vp09", "av01", "mp4v", "jpeg", "mjpa", "png ", "apch", "apcn", "apcs", "apco", "ap4h", "raw ", "h263",
		"s263", "mp4a", "Opus", "fLaC", "alac", "ac-3", "ec-3", "samr", "sawb", "twos", "sowt", "lpcm", "in24", "in32", "fl32", "fl64", "ulaw", "alaw",
		"ipcm", "fpcm", ".mp3",
	};
	struct ay_cursor c;
	struct box entry;
	int err = b->end - m->w.off < 8 ? ay_image_bad(&m->w, b->at, "a table of codecs without its count") : ay_image_take(&m->w, 8, &c);

	if (err)
		return err;
	ay_cursor_skip(&c, 4);
	uint32_t count = ay_cursor_be32(&c);

	while (m->w.off < b->end) {
		err = read_head(m, b->end, false, &entry);
		if (err)
			return err;
		if (!count-- || entry.end - entry.at > MIB)
			return ay_image_bad(&m->w, entry.at, "the table of codecs is longer than its count says");
		if (!among(entry.type, known, AY_ARRAY_LEN(known)))
			return ay_image_bad(&m->w, entry.at, "a codec that is not known, or encrypted samples");
		err = ay_image_skip(&m->w, entry.end - m->w.off);
		if (err)
			return err;
	}
	return count ? ay_image_bad(&m->w, b->at, "the table of codecs is shorter than its count says") : 0;
}

/* One box; *enter says that those inside of it come next. */
static int read_box(struct mp4 *m, const struct box *b, bool top, bool *enter)
{
	uint64_t len = b->end - m->w.off;

	*enter = false;
	if (memcmp(b->type, "free", 4) == 0 || memcmp(b->type, "skip", 4) == 0 || memcmp(b->type, "wide", 4) == 0)
		return len > AY_IMAGE_PIECE ? ay_image_bad(&m->w, b->at, "unused space of %llu bytes", (unsigned long long)len) : ay_image_skip(&m->w, len);
	size_t i = 0;

	while (i < AY_ARRAY_LEN(boxes) && memcmp(b->type, boxes[i].type, 4) != 0)
		i++;
	if (i == AY_ARRAY_LEN(boxes) || top != (boxes[i].place == TOP))
		return ay_image_bad(&m->w, b->at, "an unknown or misplaced box");
	if (memcmp(b->type, "moov", 4) == 0) {
		if (m->movie)
			return ay_image_bad(&m->w, b->at, "a second description of the movie");
		m->movie = *enter = true;
	}
	*enter |= boxes[i].place == PARENT || memcmp(b->type, "moof", 4) == 0 || memcmp(b->type, "mfra", 4) == 0;
	if (*enter)
		return 0;
	if (memcmp(b->type, "dref", 4) == 0)
		return read_references(m, b);
	if (memcmp(b->type, "stsd", 4) == 0)
		return read_codecs(m, b);
	if (memcmp(b->type, "udta", 4) == 0 && len > AY_IMAGE_PIECE)
		return ay_image_bad(&m->w, b->at, "tags of %llu bytes: a picture or an attachment", (unsigned long long)len);
	return ay_image_skip(&m->w, len);
}

static int read_boxes(struct mp4 *m)
{
	uint64_t ends[DEPTH_MAX + 1] = {m->w.in->size};
	unsigned depth = 0;
	struct box b;
	bool enter;

	for (;;) {
		while (depth && m->w.off == ends[depth])
			depth--;
		if (m->w.off == ends[depth])
			return 0;
		int err = read_head(m, ends[depth], depth == 0, &b);

		if (!err)
			err = read_box(m, &b, depth == 0, &enter);
		if (err)
			return err;
		if (!enter && m->w.off != b.end)
			m->w.off = b.end;
		if (enter && depth == DEPTH_MAX)
			return ay_image_bad(&m->w, b.at, "boxes in each other deeper than %d", DEPTH_MAX);
		if (enter)
			ends[++depth] = b.end;
	}
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct mp4 m = { .w = ay_image_of(s, in) };
	int err = read_brand(&m);

	if (!err)
		err = read_boxes(&m);
	if (!err && !m.movie)
		err = ay_error_at(&m.w.e, AY_ETRUNC, m.w.off, "there is no description of the movie");
	if (err)
		ay_scan_find_error(s, "video", err, &m.w.e);
	ay_buf_free(&m.w.buf);
	return 0;
}

const struct ay_scanner ay_scanner_mp4 = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "mp4", .version = 1, .bid = bid, .scan = scan,
};
