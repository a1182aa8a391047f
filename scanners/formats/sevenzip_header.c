/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers of 7z (7zFormat.txt of the LZMA SDK). Every section at most once and
 * in its order. What 7-Zip never writes, or what other readers pass over, is
 * refused: archive properties, additional streams, members that delete others,
 * data outside of the header, folders of which nothing is a member.
 */
#include "scanners/formats/sevenzip.h"

enum id {
	ID_END, ID_HEADER, ID_ARCHIVE_PROPERTIES, ID_ADDITIONAL_STREAMS, ID_MAIN_STREAMS, ID_FILES, ID_PACK, ID_UNPACK, ID_SUBSTREAMS, ID_SIZE,
	ID_CRC, ID_FOLDER, ID_UNPACK_SIZES, ID_STREAM_COUNTS, ID_EMPTY_STREAM, ID_EMPTY_FILE, ID_ANTI, ID_NAMES, ID_CREATED, ID_READ, ID_WRITTEN,
	ID_ATTRIBUTES, ID_DUMMY = 25
};

#define CODERS_MAX 2
#define ID_BYTES_MAX 15

int ay_7z_bad(struct ay_7z_header *h, const char *rule, const char *why)
{
	ay_scan_find(h->scan, rule, h->packed ? AY_NO_OFFSET : h->c.off, "%s", why);
	return AY_EFORMAT;
}

static int malformed(struct ay_7z_header *h, const char *why)
{
	return ay_7z_bad(h, "7z.malformed", why);
}

/* As many bytes follow the first as it has leading ones; its other bits are the highest. */
static uint64_t take_number(struct ay_cursor *c)
{
	uint8_t first = ay_cursor_u8(c);
	uint64_t v = 0;

	for (unsigned i = 0, mask = 0x80; i < 8; i++, mask >>= 1) {
		if (!(first & mask))
			return v | (uint64_t)(first & (mask - 1)) << (8 * i);
		v |= (uint64_t)ay_cursor_u8(c) << (8 * i);
	}
	return v;
}

/* A count of things that take at least elem_min bytes each of what is left. */
static uint64_t take_count(struct ay_cursor *c, size_t elem_min)
{
	return ay_cursor_check_count(c, take_number(c), elem_min, AY_LIMIT_SCAN_MEMBERS);
}

static bool accept_id(struct ay_cursor *c, enum id id)
{
	uint8_t byte = (uint8_t)id;

	return ay_cursor_accept(c, &byte, 1);
}

bool ay_7z_bit(const struct ay_7z_bits *bits, size_t i)
{
	int byte = bits->all ? 0xff : ay_cursor_peek(&bits->bits, i / 8);

	return byte >= 0 && (byte >> (7 - i % 8) & 1);
}

static struct ay_7z_bits take_bits(struct ay_cursor *c, size_t n)
{
	return (struct ay_7z_bits){ .bits = ay_cursor_sub(c, n / 8 + (n % 8 != 0)) };
}

/* The form that begins with a byte which says that all are set. */
static struct ay_7z_bits take_bits_or_all(struct ay_cursor *c, size_t n)
{
	if (ay_cursor_u8(c) != 0)
		return (struct ay_7z_bits){ .all = true };
	return take_bits(c, n);
}

static void *new_items(struct ay_7z_header *h, size_t n, size_t size)
{
	void *p = ay_budget_alloc(h->budget, n * size);

	if (p)
		memset(p, 0, n * size);
	return p;
}

/* ---- streams ---- */

/* The sizes of the packed streams: one for each folder, which come later. */
static int read_pack(struct ay_7z_header *h, struct ay_7z_streams *out)
{
	struct ay_7z_bits has;
	uint64_t n;

	out->pos = take_number(&h->c);
	n = take_count(&h->c, 1);
	if (h->c.err || n == 0 || !accept_id(&h->c, ID_SIZE))
		return malformed(h, "the packed streams have no sizes");
	out->folders = new_items(h, (size_t)n, sizeof(*out->folders));
	if (!out->folders)
		return AY_ELIMIT;
	out->folder_count = (size_t)n;
	for (size_t i = 0; i < n; i++) {
		out->folders[i].packed = take_number(&h->c);
		if (__builtin_add_overflow(out->packed, out->folders[i].packed, &out->packed))
			return malformed(h, "the packed streams are larger than any file");
	}
	if (accept_id(&h->c, ID_CRC)) {
		/* Of what is packed; the content has its own. */
		has = take_bits_or_all(&h->c, (size_t)n);
		for (size_t i = 0; i < n; i++)
			ay_cursor_skip(&h->c, ay_7z_bit(&has, i) ? 4 : 0);
	}
	return h->c.err || !accept_id(&h->c, ID_END) ? malformed(h, "the sizes of the packed streams do not end") : 0;
}

/* One coder of a folder, into what it does there. 0 also when it is a filter. */
static int read_coder(struct ay_7z_header *h, struct ay_7z_folder *f, bool *filter)
{
	static const struct { const char *id; size_t len; int what; bool filter; } known[] = {
		{ "\0", 1, AY_7Z_COPY, false }, { "\3\1\1", 3, AY_7Z_LZMA, false }, { "\x21", 1, AY_7Z_LZMA2, false },
		{ "\4\1\x08", 3, AY_7Z_DEFLATE, false }, { "\4\2\2", 3, AY_7Z_BZIP2, false },
		{ "\3\3\1\3", 4, AY_7Z_X86, true }, { "\4", 1, AY_7Z_X86, true }, { "\3", 1, AY_7Z_DELTA, true },
	};
	uint8_t flags = ay_cursor_u8(&h->c);
	struct ay_cursor id = ay_cursor_sub(&h->c, flags & ID_BYTES_MAX), properties;
	uint64_t len = 0;

	if (ay_cursor_starts(&id, "\6\xf1\7", 3))
		return ay_7z_bad(h, "7z.encrypted", "the content is encrypted");
	if (flags & 0x10)
		return ay_7z_bad(h, "7z.method", "a coder has several streams");
	if (flags & 0x20)
		len = take_number(&h->c);
	if (h->c.err || (flags & 0xc0) || len > h->c.left)
		return malformed(h, "a coder is not one that 7z has");
	properties = ay_cursor_sub(&h->c, (size_t)len);
	for (size_t i = 0; i < AY_ARRAY_LEN(known); i++) {
		if (id.left != known[i].len || !ay_cursor_starts(&id, known[i].id, known[i].len))
			continue;
		*filter = known[i].filter;
		if (*filter)
			f->filter = (enum ay_7z_filter)known[i].what;
		else
			f->method = (enum ay_7z_method)known[i].what;
		bool delta = *filter && f->filter == AY_7Z_DELTA;
		size_t want = delta || (!*filter && f->method == AY_7Z_LZMA2) ? 1 : !*filter && f->method == AY_7Z_LZMA ? 5 : 0;

		/* Deflate and bzip2 may say how they were made. */
		if (want ? properties.left != want : (*filter || f->method == AY_7Z_COPY) && properties.left != 0)
			return malformed(h, "a coder has properties of a wrong size");
		if (want)
			ay_cursor_copy(&properties, delta ? &f->distance : f->properties, want);
		return 0;
	}
	return ay_7z_bad(h, "7z.method", "a compression method that is not read here");
}

/* How many coders the folder has; *last_out is the one whose result is the content. */
static int read_folder(struct ay_7z_header *h, struct ay_7z_folder *f, size_t *coders_out, size_t *last_out)
{
	bool filter[CODERS_MAX] = { false };
	uint64_t n = take_number(&h->c), to = 0, from = 0;

	*last_out = 0;
	if (h->c.err || n == 0)
		return malformed(h, "a folder has no coder");
	if (n > CODERS_MAX)
		return ay_7z_bad(h, "7z.method", "a chain of coders that is not read here");
	*coders_out = (size_t)n;
	for (size_t i = 0; i < n; i++) {
		int rc = read_coder(h, f, &filter[i]);

		if (rc < 0)
			return rc;
	}
	if (n == 1)
		return filter[0] ? ay_7z_bad(h, "7z.method", "a filter without a compression") : 0;
	to = take_number(&h->c);
	from = take_number(&h->c);
	if (h->c.err || to > 1 || from > 1 || to == from)
		return malformed(h, "the coders of a folder are not tied to each other");
	*last_out = (size_t)to;
	if (!filter[to] || filter[from] || (f->method != AY_7Z_LZMA && f->method != AY_7Z_LZMA2))
		return ay_7z_bad(h, "7z.method", "a chain of coders that is not read here");
	return 0;
}

static int read_folders(struct ay_7z_header *h, struct ay_7z_streams *out)
{
	struct ay_7z_bits has = { .all = false };
	uint8_t *coders;
	int rc = 0;

	if (!accept_id(&h->c, ID_FOLDER) || take_number(&h->c) != out->folder_count || ay_cursor_u8(&h->c) != 0)
		return malformed(h, "the folders are not as many as the packed streams, or lie elsewhere");
	coders = new_items(h, out->folder_count, 1);
	if (!coders)
		return AY_ELIMIT;
	for (size_t i = 0, n, last; i < out->folder_count && rc == 0; i++) {
		rc = ay_budget_tick(h->budget);
		if (rc == 0)
			rc = read_folder(h, &out->folders[i], &n, &last);
		coders[i] = rc == 0 ? (uint8_t)n : 0;
	}
	if (rc == 0 && !accept_id(&h->c, ID_UNPACK_SIZES))
		rc = malformed(h, "the folders have no sizes");
	for (size_t i = 0; i < out->folder_count && rc == 0; i++) {
		out->folders[i].size = take_number(&h->c);
		/* Filters keep the size. */
		if (coders[i] == 2 && take_number(&h->c) != out->folders[i].size)
			rc = malformed(h, "a filter changes the size of its folder");
	}
	ay_budget_free(h->budget, coders);
	if (rc == 0 && accept_id(&h->c, ID_CRC)) {
		has = take_bits_or_all(&h->c, out->folder_count);
		for (size_t i = 0; i < out->folder_count; i++) {
			out->folders[i].has_crc = ay_7z_bit(&has, i);
			out->folders[i].crc = out->folders[i].has_crc ? ay_cursor_le32(&h->c) : 0;
		}
	}
	if (rc == 0 && (h->c.err || !accept_id(&h->c, ID_END)))
		rc = malformed(h, "the folders do not end");
	return rc;
}

static int read_stream_counts(struct ay_7z_header *h, struct ay_7z_streams *out)
{
	bool given = accept_id(&h->c, ID_STREAM_COUNTS);
	uint64_t total = 0;

	for (size_t i = 0; i < out->folder_count; i++) {
		uint64_t n = given ? take_number(&h->c) : 1;

		if (h->c.err || n == 0 || n > AY_LIMIT_SCAN_MEMBERS)
			return malformed(h, "a folder holds no member, or more than can be judged");
		out->folders[i].streams = (uint32_t)n;
		total += n;
	}
	/* All but the last one of a folder have a size. */
	if (total > AY_LIMIT_SCAN_MEMBERS || total - out->folder_count > h->c.left)
		return malformed(h, "the folders hold more members than can be judged");
	out->streams = new_items(h, (size_t)total, sizeof(*out->streams));
	out->stream_count = out->streams ? (size_t)total : 0;
	return out->streams ? 0 : AY_ELIMIT;
}

static int read_stream_sizes(struct ay_7z_header *h, struct ay_7z_streams *out)
{
	bool given = out->stream_count > out->folder_count;
	struct ay_7z_stream *s = out->streams;

	if (accept_id(&h->c, ID_SIZE) != given)
		return malformed(h, "the members of a folder have no sizes, or have them without need");
	for (size_t i = 0; i < out->folder_count; i++) {
		const struct ay_7z_folder *f = &out->folders[i];
		uint64_t left = f->size;

		for (uint32_t k = 0; k < f->streams; k++, s++) {
			s->size = k + 1 < f->streams ? take_number(&h->c) : left;
			if (h->c.err || s->size > left)
				return malformed(h, "the members of a folder are larger than it");
			left -= s->size;
		}
	}
	return 0;
}

/* Only those that have not got one as a whole folder are listed. */
static void read_stream_crcs(struct ay_7z_header *h, struct ay_7z_streams *out)
{
	struct ay_7z_bits has = { .all = false };
	size_t unknown = 0, at = 0;
	bool given = accept_id(&h->c, ID_CRC);

	for (size_t i = 0; i < out->folder_count; i++)
		unknown += out->folders[i].streams == 1 && out->folders[i].has_crc ? 0 : out->folders[i].streams;
	if (given)
		has = take_bits_or_all(&h->c, unknown);
	for (size_t i = 0, k = 0; i < out->folder_count; i++) {
		const struct ay_7z_folder *f = &out->folders[i];

		for (uint32_t n = 0; n < f->streams; n++, k++) {
			bool whole = f->streams == 1 && f->has_crc;

			out->streams[k].has_crc = whole || (given && ay_7z_bit(&has, at));
			out->streams[k].crc = whole ? f->crc : out->streams[k].has_crc ? ay_cursor_le32(&h->c) : 0;
			at += whole ? 0 : 1;
		}
	}
}

int ay_7z_read_streams(struct ay_7z_header *h, struct ay_7z_streams *out)
{
	bool substreams;
	int rc;

	if (!accept_id(&h->c, ID_PACK))
		return malformed(h, "the content has no place");
	rc = read_pack(h, out);
	if (rc == 0 && !accept_id(&h->c, ID_UNPACK))
		rc = malformed(h, "the content has no folders");
	if (rc == 0)
		rc = read_folders(h, out);
	if (rc < 0)
		return rc;
	substreams = accept_id(&h->c, ID_SUBSTREAMS);
	if (!substreams) {
		/* One member each: nothing is listed. */
		struct ay_7z_header none = *h;

		none.c = ay_cursor_of(NULL, 0, h->c.off);
		rc = read_stream_counts(&none, out);
		if (rc == 0)
			rc = read_stream_sizes(&none, out);
		if (rc == 0)
			read_stream_crcs(&none, out);
	} else {
		rc = read_stream_counts(h, out);
		if (rc == 0)
			rc = read_stream_sizes(h, out);
		if (rc == 0)
			read_stream_crcs(h, out);
	}
	if (rc == 0 && substreams && !accept_id(&h->c, ID_END))
		rc = malformed(h, "the list of members' sizes does not end");
	if (rc == 0 && (h->c.err || !accept_id(&h->c, ID_END)))
		rc = malformed(h, "the description of the content does not end");
	return rc;
}

void ay_7z_streams_free(struct ay_budget *b, struct ay_7z_streams *s)
{
	ay_budget_free(b, s->folders);
	ay_budget_free(b, s->streams);
	*s = (struct ay_7z_streams){ .pos = 0 };
}

/* ---- files ---- */

static int read_attributes(struct ay_7z_header *h, struct ay_7z_files *f, struct ay_cursor *data)
{
	f->has_attribute = take_bits_or_all(data, f->count);
	if (ay_cursor_u8(data) != 0)
		return malformed(h, "the attributes lie outside of the header");
	f->has_attributes = true;
	f->attributes = *data;
	for (size_t i = 0; i < f->count; i++)
		ay_cursor_skip(data, ay_7z_bit(&f->has_attribute, i) ? 4 : 0);
	return 0;
}

static int read_names(struct ay_7z_header *h, struct ay_7z_files *f, struct ay_cursor *data)
{
	size_t names = 0;

	if (ay_cursor_u8(data) != 0)
		return malformed(h, "the names lie outside of the header");
	f->has_names = true;
	f->names = *data;
	while (!data->err && data->left > 0)
		names += ay_cursor_le16(data) == 0;
	return names == f->count ? 0 : malformed(h, "there are not as many names as members");
}

static int check_zeros(struct ay_7z_header *h, struct ay_cursor *data)
{
	while (data->left > 0)
		if (ay_cursor_u8(data) != 0)
			return ay_7z_bad(h, "7z.layout", "bytes lie where the header has only padding");
	return 0;
}

static int read_property(struct ay_7z_header *h, struct ay_7z_files *f, uint64_t id, struct ay_cursor data)
{
	int rc = 0;

	switch (id) {
	case ID_EMPTY_STREAM:
		f->empty_stream = take_bits(&data, f->count);
		for (size_t i = 0; i < f->count; i++)
			f->empty_count += ay_7z_bit(&f->empty_stream, i);
		break;
	case ID_EMPTY_FILE:
		f->empty_file = take_bits(&data, f->empty_count);
		break;
	case ID_NAMES:
		rc = read_names(h, f, &data);
		break;
	case ID_ATTRIBUTES:
		rc = read_attributes(h, f, &data);
		break;
	case ID_DUMMY:
		rc = check_zeros(h, &data);
		break;
	case ID_CREATED: case ID_READ: case ID_WRITTEN:
		return 0;
	default:
		return malformed(h, id == ID_ANTI ? "a member deletes others" : "a property of the members that 7z does not have");
	}
	return rc == 0 && ay_cursor_end(&data) < 0 ? malformed(h, "a property of the members has a wrong size") : rc;
}

static int read_files(struct ay_7z_header *h, struct ay_7z_files *f)
{
	uint32_t seen = 0;

	/* A name is a zero of two bytes at least. */
	f->count = (size_t)take_count(&h->c, 2);
	while (!h->c.err && !accept_id(&h->c, ID_END)) {
		uint64_t id = ay_cursor_u8(&h->c), len = take_number(&h->c);
		int rc = ay_budget_tick(h->budget);

		if (rc < 0)
			return rc;
		if (h->c.err || len > h->c.left || id > ID_DUMMY || (id != ID_DUMMY && (seen & 1u << id)))
			return malformed(h, "a property of the members is there twice or ends beyond the header");
		/* The bits of empty files are as many as there are of empty streams. */
		if (id == ID_EMPTY_STREAM && (seen & 1u << ID_EMPTY_FILE))
			return malformed(h, "the properties of the members are not in their order");
		seen |= 1u << id;
		rc = read_property(h, f, id, ay_cursor_sub(&h->c, (size_t)len));
		if (rc < 0)
			return rc;
	}
	return h->c.err || (f->count > 0 && !f->has_names) ? malformed(h, "the list of members does not end, or has no names") : 0;
}

int ay_7z_read_header(struct ay_7z_header *h, struct ay_7z_streams *streams, struct ay_7z_files *files)
{
	int rc = 0;

	if (!accept_id(&h->c, ID_HEADER))
		return malformed(h, "the header is not one of 7z");
	if (ay_cursor_peek(&h->c, 0) == ID_ARCHIVE_PROPERTIES || ay_cursor_peek(&h->c, 0) == ID_ADDITIONAL_STREAMS)
		return malformed(h, "the header has a section that 7z does not write");
	if (accept_id(&h->c, ID_MAIN_STREAMS))
		rc = ay_7z_read_streams(h, streams);
	if (rc == 0 && accept_id(&h->c, ID_FILES))
		rc = read_files(h, files);
	if (rc == 0 && !accept_id(&h->c, ID_END))
		rc = malformed(h, "the header does not end where its sections do");
	if (rc == 0 && h->c.left > 0)
		rc = ay_7z_bad(h, "7z.layout", "bytes follow the end of the header");
	if (rc == 0 && files->count - files->empty_count != streams->stream_count)
		rc = malformed(h, "there are not as many contents as members that have one");
	return rc;
}
