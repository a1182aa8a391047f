/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 7z: its frame, and its members as the header lists them. The packed bytes
 * must fill the file from its first header to its last one, so nothing lies
 * beside the members. A folder is expanded as a whole and its members are
 * windows of it. Read here and not by an archive library, so that all memory
 * is charged and what such a library passes over is seen.
 */
#include "scanners/formats/sevenzip.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "scanners/formats/codec.h"
#include "scanners/formats/inflate.h"
#include "scanners/formats/member_names.h"
#include "scanners/registry.h"

#define MAGIC "7z\xbc\xaf\x27\x1c"
#define START 32
#define HEADER_MAX AY_LIMIT_ZIP_DIRECTORY
#define PACKED_HEADER 23

#define ATTRIBUTE_FOLDER 0x10u
#define ATTRIBUTE_REPARSE 0x400u
#define ATTRIBUTE_UNIX 0x8000u      /* the mode is in the upper half */

struct archive {
	struct ay_scan *scan;
	struct ay_budget *budget;
	struct ay_source *in;
	struct ay_7z_header h;
	uint64_t header_off, header_len; /* in the file */
	uint32_t header_crc;
	uint8_t *header;                 /* budget memory */
	struct ay_7z_streams streams;
	struct ay_7z_files files;
	struct ay_member_names names;
	/* The walk: what comes next of each list. */
	size_t folder, stream, attribute;
	uint64_t packed_off;             /* of the folder, in the file */
	uint64_t inside;                 /* of the next member, in the open folder */
	uint32_t left;                   /* members of it */
	struct ay_spool spool;
	struct ay_source_window window;
	struct ay_source content;        /* of the open folder */
};

static int refuse(struct archive *a, const char *rule, uint64_t off, const char *why)
{
	ay_scan_find(a->scan, rule, off, "%s", why);
	return AY_EFORMAT;
}

/* ---- content ---- */

/* Own bytes, then those of another source. */
struct joined {
	uint8_t head[AY_LZMA_RAW_HEAD];
	struct ay_source *rest;
};

static int64_t joined_read(struct ay_source *s, uint64_t off, void *dst, size_t len)
{
	struct joined *j = s->arg;

	if (off >= sizeof(j->head))
		return j->rest->read(j->rest, off - sizeof(j->head), dst, len);

	struct ay_cursor c = ay_cursor_of(j->head, sizeof(j->head), 0);
	int64_t more = 0;

	ay_cursor_skip(&c, off);
	off = len < c.left ? len : c.left;
	ay_cursor_copy(&c, dst, (size_t)off);
	if (len > off)
		more = j->rest->read(j->rest, 0, (uint8_t *)dst + off, len - (size_t)off);
	return more < 0 ? more : (int64_t)off + more;
}

static int expand_lzma(struct archive *a, const struct ay_7z_folder *f, struct ay_source *packed, struct ay_spool *out)
{
	struct joined j = { .rest = packed };
	struct ay_source in = { .size = packed->size + sizeof(j.head), .read = joined_read, .arg = &j };

	j.head[0] = f->filter == AY_7Z_X86 ? AY_LZMA_RAW_X86 : f->filter == AY_7Z_DELTA ? AY_LZMA_RAW_DELTA : AY_LZMA_RAW_PLAIN;
	j.head[1] = f->method == AY_7Z_LZMA2 ? AY_LZMA_RAW_2 : AY_LZMA_RAW_1;
	j.head[2] = f->distance;
	for (size_t i = 0; i < sizeof(f->properties); i++)
		j.head[3 + i] = f->properties[i];
	for (size_t i = 0; i < 8; i++)
		j.head[8 + i] = (uint8_t)(f->size >> (8 * i));
	return ay_codec_expand(a->scan, &in, &ay_codec_lzma_raw, "7z", out, NULL);
}

static int check_crc(struct archive *a, struct ay_source *content, uint32_t want, const char *why)
{
	uint8_t *buf = ay_budget_alloc(a->budget, 64 * KIB);
	uint32_t crc = 0;
	int rc = buf ? 0 : AY_ELIMIT;

	for (uint64_t off = 0; rc == 0 && off < content->size;) {
		size_t part = content->size - off < 64 * KIB ? (size_t)(content->size - off) : 64 * KIB;

		rc = ay_budget_tick(a->budget);
		if (rc == 0)
			rc = ay_source_read_full(content, off, buf, part);
		crc = rc == 0 ? ay_crc32(crc, buf, part) : crc;
		off += part;
	}
	ay_budget_free(a->budget, buf);
	if (rc < 0)
		ay_scan_find_error(a->scan, "7z", rc, NULL);
	return rc < 0 ? rc : crc == want ? 0 : refuse(a, "7z.malformed", AY_NO_OFFSET, why);
}

/* The folder whose packed bytes begin at off of the file; content lasts until the spool is freed. */
static int open_folder(struct archive *a, const struct ay_7z_folder *f, uint64_t off)
{
	struct ay_source_window w;
	struct ay_source packed;
	int rc = ay_source_sub(a->in, off, f->packed, f->method == AY_7Z_COPY ? &a->window : &w, &packed);

	ay_spool_begin(&a->spool, a->scan, f->packed);
	if (rc < 0)
		return rc;
	if (f->method == AY_7Z_COPY) {
		a->content = packed;
		if (f->size != f->packed)
			return refuse(a, "7z.malformed", off, "stored content has another size than its folder");
	} else {
		rc = ay_spool_announce(&a->spool, f->size);
		if (rc == 0 && (f->method == AY_7Z_LZMA || f->method == AY_7Z_LZMA2))
			rc = expand_lzma(a, f, &packed, &a->spool);
		else if (rc == 0)
			rc = ay_codec_expand(a->scan, &packed, f->method == AY_7Z_DEFLATE ? &ay_codec_deflate : &ay_codec_bzip2, "7z", &a->spool, NULL);
		if (rc < 0)
			return rc;
		a->content = ay_spool_source(&a->spool);
		if (a->content.size != f->size)
			return refuse(a, "7z.malformed", off, "a folder expands to another size than the header says");
	}
	return f->has_crc ? check_crc(a, &a->content, f->crc, "a folder has another checksum than the header says") : 0;
}

/* ---- the frame ---- */

static int load_header(struct archive *a, struct ay_source *from, uint64_t off, uint64_t len)
{
	int rc;

	if (len > HEADER_MAX) {
		ay_scan_find(a->scan, "limit.exceeded", off, "the header has %" PRIu64 " bytes", len);
		return AY_ELIMIT;
	}
	ay_budget_free(a->budget, a->header);
	a->header = ay_budget_alloc(a->budget, (size_t)len);
	rc = a->header ? ay_source_read_full(from, off, a->header, (size_t)len) : AY_ELIMIT;
	if (rc < 0) {
		ay_scan_find_error(a->scan, "7z", rc, NULL);
		return rc;
	}
	a->h = (struct ay_7z_header){ .scan = a->scan, .budget = a->budget, .packed = from != a->in, .c = ay_cursor_of(a->header, (size_t)len, off) };
	return 0;
}

static int read_start(struct archive *a)
{
	uint8_t start[START];
	struct ay_cursor c, sum;
	uint64_t off;

	if (a->in->size < START)
		return refuse(a, "7z.truncated", a->in->size, "the archive ends within its first header");
	int rc = ay_source_read_full(a->in, 0, start, START);

	if (rc < 0) {
		ay_scan_find_error(a->scan, "7z", rc, NULL);
		return rc;
	}
	c = ay_cursor_of(start, START, 0);
	ay_cursor_skip(&c, 6);
	if (ay_cursor_u8(&c) != 0)
		return refuse(a, "7z.malformed", 6, "the archive is of a version that 7-Zip never wrote");
	ay_cursor_skip(&c, 1);
	uint32_t crc = ay_cursor_le32(&c);

	sum = c;
	if (ay_crc32(0, sum.p, sum.left) != crc)
		return refuse(a, "7z.malformed", 8, "the first header has a wrong checksum");
	off = ay_cursor_le64(&c);
	a->header_len = ay_cursor_le64(&c);
	a->header_crc = ay_cursor_le32(&c);
	if (off > a->in->size - START || a->header_len > a->in->size - START - off)
		return refuse(a, "7z.truncated", a->in->size, "the archive ends before its last header does");
	a->header_off = START + off;
	return a->header_off + a->header_len == a->in->size ? 0 : refuse(a, "7z.layout", a->header_off + a->header_len, "bytes follow the end of the archive");
}

/* The packed streams begin at the start and end where the header begins, or its packed form. */
static int check_layout(struct archive *a, const struct ay_7z_streams *s, uint64_t begin, uint64_t end)
{
	bool whole = s->pos == begin && s->packed == end - begin;

	return whole ? 0 : refuse(a, "7z.layout", START + begin, "the packed content does not fill the archive between its headers");
}

/* The header is itself packed: *end_out is where its packed form begins. */
static int unpack_header(struct archive *a, uint64_t *end_out)
{
	struct ay_7z_streams s = { .pos = 0 };
	int rc;

	ay_cursor_skip(&a->h.c, 1);
	rc = ay_7z_read_streams(&a->h, &s);
	if (rc == 0 && (a->h.c.left > 0 || s.folder_count != 1 || s.stream_count != 1))
		rc = ay_7z_bad(&a->h, "7z.malformed", "the header is not packed as one");
	if (rc == 0 && s.pos > *end_out)
		rc = ay_7z_bad(&a->h, "7z.layout", "the header is packed elsewhere");
	if (rc == 0)
		rc = check_layout(a, &s, s.pos, *end_out);
	if (rc == 0) {
		rc = open_folder(a, &s.folders[0], START + s.pos);
		if (rc == 0 && s.streams[0].has_crc)
			rc = check_crc(a, &a->content, s.streams[0].crc, "the packed header has another checksum than the last header says");
		if (rc == 0)
			rc = load_header(a, &a->content, 0, a->content.size);
		ay_spool_free(&a->spool);
		*end_out = s.pos;
	}
	ay_7z_streams_free(a->budget, &s);
	return rc;
}

static int read_headers(struct archive *a)
{
	uint64_t end = 0;
	int rc = read_start(a);

	if (rc < 0)
		return rc;
	if (a->header_len == 0)
		return a->header_off == START ? 0 : refuse(a, "7z.layout", START, "the archive has content and no header");
	end = a->header_off - START;
	rc = load_header(a, a->in, a->header_off, a->header_len);
	if (rc == 0 && ay_crc32(0, a->h.c.p, a->h.c.left) != a->header_crc)
		rc = refuse(a, "7z.malformed", a->header_off, "the last header has a wrong checksum");
	if (rc == 0 && ay_cursor_peek(&a->h.c, 0) == PACKED_HEADER)
		rc = unpack_header(a, &end);
	if (rc == 0)
		rc = ay_7z_read_header(&a->h, &a->streams, &a->files);
	return rc < 0 ? rc : check_layout(a, &a->streams, 0, end);
}

/* ---- members ---- */

/* False when it cannot be written in UTF-8 or is too long; all of it is consumed in any case. */
static bool take_name(struct ay_cursor *c, struct ay_buf *out)
{
	bool good = true;
	uint32_t unit;

	ay_buf_clear(out);
	while ((unit = ay_cursor_le16(c)) != 0) {
		struct ay_cursor low = *c;

		if (unit >= 0xd800 && unit <= 0xdbff) {
			uint32_t next = ay_cursor_le16(&low);

			good = good && next >= 0xdc00 && next <= 0xdfff;
			unit = good ? 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00) : '?';
			if (good)
				*c = low;
		} else if (unit >= 0xdc00 && unit <= 0xdfff) {
			good = false;
		}
		if (unit >= 0x10000)
			ay_buf_addf(out, "%c%c%c%c", (int)(0xf0 | unit >> 18), (int)(0x80 | (unit >> 12 & 0x3f)), (int)(0x80 | (unit >> 6 & 0x3f)), (int)(0x80 | (unit & 0x3f)));
		else if (unit >= 0x800)
			ay_buf_addf(out, "%c%c%c", (int)(0xe0 | unit >> 12), (int)(0x80 | (unit >> 6 & 0x3f)), (int)(0x80 | (unit & 0x3f)));
		else if (unit >= 0x80)
			ay_buf_addf(out, "%c%c", (int)(0xc0 | unit >> 6), (int)(0x80 | (unit & 0x3f)));
		else
			ay_buf_addc(out, (uint8_t)unit);
	}
	return good && !out->err;
}

/* What is wrong with the attributes, or NULL. folder: the lists say that the member is one. */
static const char *bad_attributes(struct archive *a, size_t i, bool folder)
{
	uint32_t v, type;

	if (!a->files.has_attributes || !ay_7z_bit(&a->files.has_attribute, i))
		return NULL;
	v = ay_cursor_le32(&a->files.attributes);
	type = v & ATTRIBUTE_UNIX ? v >> 16 & S_IFMT : 0;
	if (v & ATTRIBUTE_REPARSE || type == S_IFLNK)
		return "is a link";
	if (type && type != S_IFREG && type != S_IFDIR)
		return "is a device or a pipe";
	if (folder != ((v & ATTRIBUTE_FOLDER) != 0) || (type && folder != (type == S_IFDIR)))
		return "is a folder by one field and a file by another";
	return NULL;
}

static int next_content(struct archive *a, struct ay_source_window *w, struct ay_source *out)
{
	const struct ay_7z_stream *s = &a->streams.streams[a->stream];
	int rc = 0;

	if (a->left == 0) {
		const struct ay_7z_folder *f = &a->streams.folders[a->folder++];

		ay_spool_free(&a->spool);
		rc = open_folder(a, f, a->packed_off);
		a->packed_off += f->packed;
		a->left = f->streams;
		a->inside = 0;
	}
	a->left--;
	a->stream++;
	if (rc == 0)
		rc = ay_source_sub(&a->content, a->inside, s->size, w, out);
	a->inside += s->size;
	return rc == 0 && s->has_crc ? check_crc(a, out, s->crc, "a member has another checksum than the header says") : rc;
}

static int judge_member(struct archive *a, size_t i, size_t *empty_inout, struct ay_buf *name)
{
	bool empty = ay_7z_bit(&a->files.empty_stream, i);
	bool folder = empty && !ay_7z_bit(&a->files.empty_file, (*empty_inout)++);
	struct ay_source_window w;
	struct ay_source content = ay_source_memory("", 0);
	bool good = take_name(&a->files.names, name);
	const char *why = bad_attributes(a, i, folder);
	int rc;

	*empty_inout -= empty ? 0 : 1;
	if (why) {
		ay_scan_find(a->scan, "7z.special", AY_NO_OFFSET, "%s %s", ay_buf_str(name), why);
		return AY_EFORMAT;
	}
	why = good ? ay_member_name_bad(ay_buf_str(name)) : "is too long or not Unicode";
	if (why)
		ay_scan_find(a->scan, "7z.name", AY_NO_OFFSET, "the name \"%s\" %s", ay_buf_str(name), why);
	rc = ay_member_names_add(&a->names, ay_buf_str(name), AY_NO_OFFSET);
	if (rc < 0) {
		ay_scan_find_error(a->scan, "7z", rc, NULL);
		return rc;
	}
	if (folder)
		return 0;
	if (!empty)
		rc = next_content(a, &w, &content);
	return rc < 0 ? rc : ay_scan_member_in(a->scan, ay_buf_str(name), &content, NULL);
}

static int walk(struct archive *a)
{
	struct ay_buf name = ay_buf_new(AY_LIMIT_PATH + 2);
	size_t empty = 0;
	int rc = 0;

	a->packed_off = START;
	for (size_t i = 0; i < a->files.count && rc == 0; i++) {
		rc = ay_budget_tick(a->budget);
		if (rc < 0)
			ay_scan_find_error(a->scan, "7z", rc, NULL);
		else
			rc = judge_member(a, i, &empty, &name);
	}
	ay_buf_free(&name);
	ay_spool_free(&a->spool);
	return rc;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, MAGIC, sizeof(MAGIC) - 1) ? 8 * (sizeof(MAGIC) - 1) : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct archive a = { .scan = s, .budget = ay_scan_budget(s), .in = in, .names.budget = ay_scan_budget(s) };
	int rc;

	ay_spool_begin(&a.spool, s, 0);
	rc = read_headers(&a);
	if (rc == 0)
		rc = walk(&a);
	ay_spool_free(&a.spool);
	ay_member_names_check(s, &a.names, "7z.duplicate-name", "7z.case-fold");
	ay_member_names_free(&a.names);
	ay_7z_streams_free(a.budget, &a.streams);
	ay_budget_free(a.budget, a.header);
	return rc == AY_EFORMAT || rc == AY_EUNSUPPORTED || rc == AY_ETRUNC ? 0 : rc;
}

const struct ay_scanner ay_scanner_7z = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "7z", .version = 1, .bid = bid, .scan = scan,
};
