/* SPDX-License-Identifier: Apache-2.0 */
/* The end records, the directory and the local headers of a zip: every byte outside the members' content. */
#include "scanners/formats/zip.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "scanners/formats/member_names.h"

#define SIG_LOCAL 0x04034b50u
#define SIG_CENTRAL 0x02014b50u
#define SIG_END 0x06054b50u
#define SIG_END64 0x06064b50u
#define SIG_LOCATOR 0x07064b50u
#define SIG_DESCRIPTOR 0x08074b50u
#define LOCAL_SIZE 30
#define CENTRAL_SIZE 46
#define END_SIZE 22
#define END64_SIZE 56
#define LOCATOR_SIZE 20
#define END_TAIL (END_SIZE + 65535)

/* What bids look at; the scan itself reads all. */
#define PEEK_MAX (1 * MIB)

#define FLAG_ENCRYPTED 0x0001
#define FLAG_LEVEL 0x0006               /* how hard deflate tried */
#define FLAG_DESCRIPTOR 0x0008
#define FLAG_UTF8 0x0800

#define EXTRA_ZIP64 0x0001
#define EXTRA_UNICODE_COMMENT 0x6375
#define EXTRA_UNICODE_PATH 0x7075       /* a second name */
#define EXTRA_AES 0x9901

/* What the records at the end say. */
struct end {
	uint64_t count, size, off;          /* of the directory */
	uint64_t pos;                       /* of the first end record */
};

/* One directory record, or what the local header says of the same fields. */
struct record {
	uint16_t made_by, needed, flags, method, disk;
	uint32_t crc, attributes;
	uint64_t compressed, size, off;
	uint16_t name_len, extra_len, comment_len;
};

static int malformed(struct ay_zip *z, uint64_t off, const char *rule, const char *why)
{
	ay_scan_find(z->scan, rule, off, "%s", why);
	return AY_EFORMAT;
}

static bool all_ones(uint64_t v, unsigned bytes)
{
	return v == (bytes == 2 ? UINT16_MAX : UINT32_MAX);
}

/* A field of the end record and its 64-bit twin: equal, or the small one is all ones. */
static bool twins(uint64_t small, unsigned bytes, uint64_t wide)
{
	return all_ones(small, bytes) || small == wide;
}

static int read_end64(struct ay_zip *z, struct ay_cursor locator, struct end *end)
{
	uint8_t bytes[END64_SIZE];
	struct ay_cursor c;
	uint32_t disk, disks, this_disk, start_disk;
	uint64_t pos, record_size, on_disk, count, size, off;

	ay_cursor_skip(&locator, 4);
	disk = ay_cursor_le32(&locator);
	pos = ay_cursor_le64(&locator);
	disks = ay_cursor_le32(&locator);
	if (ay_cursor_end(&locator) < 0 || disk != 0 || disks != 1 || end->pos < LOCATOR_SIZE + END64_SIZE ||
	    pos != end->pos - LOCATOR_SIZE - END64_SIZE)
		return malformed(z, end->pos - LOCATOR_SIZE, "zip.zip64", "the 64-bit end record is not where the locator must point");
	if (ay_source_read_full(z->in, pos, bytes, sizeof(bytes)) < 0)
		return malformed(z, pos, "zip.truncated", "the 64-bit end record cannot be read");
	c = ay_cursor_of(bytes, sizeof(bytes), pos);
	if (ay_cursor_le32(&c) != SIG_END64)
		return malformed(z, pos, "zip.zip64", "the 64-bit end record is missing");
	record_size = ay_cursor_le64(&c);
	ay_cursor_skip(&c, 4);
	this_disk = ay_cursor_le32(&c);
	start_disk = ay_cursor_le32(&c);
	on_disk = ay_cursor_le64(&c);
	count = ay_cursor_le64(&c);
	size = ay_cursor_le64(&c);
	off = ay_cursor_le64(&c);
	if (ay_cursor_end(&c) < 0 || record_size != END64_SIZE - 12 || this_disk != 0 || start_disk != 0 || on_disk != count ||
	    !twins(end->count, 2, count) || !twins(end->size, 4, size) || !twins(end->off, 4, off))
		return malformed(z, pos, "zip.zip64", "the 64-bit end record contradicts the end record");
	*end = (struct end){ .count = count, .size = size, .off = off, .pos = pos };
	return 0;
}

/* Offset of the last end record signature with a whole record behind it, UINT64_MAX when there is none. */
static uint64_t find_end(struct ay_source *in)
{
	struct ay_buf tail = ay_buf_new(END_TAIL);
	size_t len = in->size < END_TAIL ? (size_t)in->size : END_TAIL;
	uint64_t found = UINT64_MAX;
	struct ay_cursor c;

	if (len >= END_SIZE && ay_source_load(in, in->size - len, len, &tail, &c) == 0) {
		size_t skipped;

		while (ay_cursor_until(&c, 'P', c.left, &skipped), !c.err)
			if (c.left >= END_SIZE - 1 && ay_cursor_starts(&c, "K\5\6", 3))
				found = c.off - 1;
	}
	ay_buf_free(&tail);
	return found;
}

static int read_end(struct ay_zip *z, struct end *end)
{
	uint8_t bytes[LOCATOR_SIZE + END_SIZE];
	uint64_t size = z->in->size;
	uint64_t before = size >= sizeof(bytes) ? LOCATOR_SIZE : 0;
	uint16_t disk, start_disk, on_disk, comment;
	struct ay_cursor c, locator;

	if (size < END_SIZE)
		return malformed(z, 0, "zip.truncated", "the archive has no end record");
	if (ay_source_read_full(z->in, size - END_SIZE - before, bytes, END_SIZE + (size_t)before) < 0)
		return malformed(z, 0, "zip.truncated", "the archive cannot be read to its end");
	c = ay_cursor_of(bytes, END_SIZE + (size_t)before, size - END_SIZE - before);
	locator = ay_cursor_sub(&c, (size_t)before);
	if (ay_cursor_le32(&c) != SIG_END) {
		if (find_end(z->in) != UINT64_MAX)
			return malformed(z, find_end(z->in), "zip.layout", "a comment or other bytes follow the end record");
		return malformed(z, size, "zip.truncated", "the archive has no end record");
	}
	disk = ay_cursor_le16(&c);
	start_disk = ay_cursor_le16(&c);
	on_disk = ay_cursor_le16(&c);
	*end = (struct end){ .pos = size - END_SIZE };
	end->count = ay_cursor_le16(&c);
	end->size = ay_cursor_le32(&c);
	end->off = ay_cursor_le32(&c);
	comment = ay_cursor_le16(&c);
	if (ay_cursor_end(&c) < 0 || disk != 0 || start_disk != 0 || on_disk != end->count || comment != 0)
		return malformed(z, end->pos, "zip.malformed", "the end record has a comment or speaks of several disks");
	if (ay_cursor_starts(&locator, "PK\6\7", 4)) {
		int rc = read_end64(z, locator, end);

		if (rc < 0)
			return rc;
	} else if (all_ones(end->count, 2) || all_ones(end->size, 4) || all_ones(end->off, 4)) {
		return malformed(z, end->pos, "zip.zip64", "the 64-bit end record is missing");
	}
	if (end->off > end->pos || end->size != end->pos - end->off)
		return malformed(z, end->pos, "zip.layout", "the directory does not end where the end record begins, so something was prepended or inserted");
	if (end->count > end->size / CENTRAL_SIZE)
		return malformed(z, end->pos, "zip.malformed", "the directory is too small for the members it announces");
	return 0;
}

/* The zip64 field of a directory record: exactly the fields that are all ones, in their order. */
static bool take_zip64(struct ay_cursor c, struct record *r)
{
	if (all_ones(r->size, 4))
		r->size = ay_cursor_le64(&c);
	if (all_ones(r->compressed, 4))
		r->compressed = ay_cursor_le64(&c);
	if (all_ones(r->off, 4))
		r->off = ay_cursor_le64(&c);
	return ay_cursor_end(&c) == 0;
}

/* Splits the extra fields; *zip64_out is empty when there is no such field. Returns what is wrong with them, or NULL. */
static const char *split_extra(struct ay_cursor c, struct ay_cursor *zip64_out, bool *has_zip64)
{
	*has_zip64 = false;
	*zip64_out = ay_cursor_of(NULL, 0, c.off);
	while (c.left > 0) {
		uint16_t id = ay_cursor_le16(&c);
		uint16_t len = ay_cursor_le16(&c);
		struct ay_cursor field = ay_cursor_sub(&c, len);

		if (c.err)
			return "an extra field is cut";
		if (id == EXTRA_UNICODE_PATH || id == EXTRA_UNICODE_COMMENT || id == EXTRA_AES)
			return "an extra field gives a second name or encryption";
		if (id == EXTRA_ZIP64 && *has_zip64)
			return "two 64-bit extra fields";
		if (id == EXTRA_ZIP64) {
			*has_zip64 = true;
			*zip64_out = field;
		}
	}
	return NULL;
}

static struct record read_central(struct ay_cursor *c)
{
	struct record r = { 0 };

	r.made_by = ay_cursor_le16(c);
	r.needed = ay_cursor_le16(c);
	r.flags = ay_cursor_le16(c);
	r.method = ay_cursor_le16(c);
	ay_cursor_skip(c, 4);
	r.crc = ay_cursor_le32(c);
	r.compressed = ay_cursor_le32(c);
	r.size = ay_cursor_le32(c);
	r.name_len = ay_cursor_le16(c);
	r.extra_len = ay_cursor_le16(c);
	r.comment_len = ay_cursor_le16(c);
	r.disk = ay_cursor_le16(c);
	ay_cursor_skip(c, 2);
	r.attributes = ay_cursor_le32(c);
	r.off = ay_cursor_le32(c);
	return r;
}

static struct record read_local(struct ay_cursor *c)
{
	struct record r = { 0 };

	r.needed = ay_cursor_le16(c);
	r.flags = ay_cursor_le16(c);
	r.method = ay_cursor_le16(c);
	ay_cursor_skip(c, 4);
	r.crc = ay_cursor_le32(c);
	r.compressed = ay_cursor_le32(c);
	r.size = ay_cursor_le32(c);
	r.name_len = ay_cursor_le16(c);
	r.extra_len = ay_cursor_le16(c);
	return r;
}

/* What is wrong with a name (without a directory's slash), or NULL. */
static const char *bad_name(const char *name, size_t len, uint16_t flags)
{
	if (strlen(name) != len)
		return "has a NUL byte";
	for (const char *p = name; *p && !(flags & FLAG_UTF8); p++)
		if ((unsigned char)*p >= 0x80)
			return "is not ASCII and not marked as UTF-8";
	return ay_member_name_bad(name);
}

static void check_kind(struct ay_zip *z, struct ay_zip_entry *e, const struct record *r)
{
	uint32_t kind = (r->attributes >> 16) & S_IFMT;
	uint32_t wanted = e->directory ? S_IFDIR : S_IFREG;

	if (kind != 0 && kind != wanted)
		ay_scan_find(z->scan, "zip.special", e->off, "%s has Unix mode %06" PRIo32, e->name, r->attributes >> 16);
	if (!e->directory && (r->attributes & 0x10))
		ay_scan_find(z->scan, "zip.special", e->off, "%s is marked as a directory and is not named as one", e->name);
	if (e->directory && (e->size != 0 || e->compressed != 0 || e->method != 0))
		ay_scan_find(z->scan, "zip.special", e->off, "the directory %s has content", e->name);
}

static void check_method(struct ay_zip *z, struct ay_zip_entry *e, const struct record *r)
{
	uint16_t allowed = FLAG_DESCRIPTOR | FLAG_UTF8 | (e->method == 8 ? FLAG_LEVEL : 0);

	if (e->flags & FLAG_ENCRYPTED) {
		ay_scan_find(z->scan, "zip.encrypted", e->off, "%s is encrypted or says so", e->name);
		e->unreadable = true;
	} else if (e->flags & ~allowed) {
		ay_scan_find(z->scan, "zip.flags", e->off, "%s has flags 0x%x", e->name, e->flags);
	}
	if (e->method != 0 && e->method != 8) {
		ay_scan_find(z->scan, "format.unsupported", e->off, "%s is compressed by method %d; only stored and deflate are read", e->name, e->method);
		e->unreadable = true;
	} else if (e->method == 0 && e->compressed != e->size) {
		ay_scan_find(z->scan, "zip.malformed", e->off, "%s is stored, but its two sizes differ", e->name);
		e->unreadable = true;
	}
	if (r->needed > 45)
		ay_scan_find(z->scan, "zip.malformed", e->off, "%s needs zip version %d, newer than 4.5", e->name, r->needed);
}

/* One directory record into *e; its name goes to name_dst, which has room for it and a NUL. */
static int take_central(struct ay_zip *z, struct ay_cursor *c, char *name_dst, struct ay_zip_entry *e)
{
	uint64_t at = c->off;
	uint32_t sig = ay_cursor_le32(c);
	struct record r = read_central(c);
	struct ay_cursor name = ay_cursor_sub(c, r.name_len);
	struct ay_cursor extra = ay_cursor_sub(c, r.extra_len);
	struct ay_cursor zip64;
	size_t len = r.name_len;
	const char *why;
	bool has_zip64;

	if (c->err || sig != SIG_CENTRAL)
		return malformed(z, at, "zip.malformed", "the directory has fewer records than it announces");
	if (r.comment_len != 0 || r.disk != 0)
		return malformed(z, at, "zip.malformed", "a directory record has a comment or names another disk");
	why = split_extra(extra, &zip64, &has_zip64);
	if (why)
		return malformed(z, at, "zip.malformed", why);
	if (!take_zip64(zip64, &r))
		return malformed(z, at, "zip.zip64", "the 64-bit field of a directory record has other values than those it stands for");
	ay_cursor_copy(&name, name_dst, len);
	e->directory = len > 0 && name_dst[len - 1] == '/';
	len -= e->directory;
	name_dst[len] = '\0';
	e->name = name_dst;
	e->off = r.off;
	e->compressed = r.compressed;
	e->size = r.size;
	e->crc = r.crc;
	e->method = r.method;
	e->flags = r.flags;
	why = bad_name(e->name, len, r.flags);
	if (why)
		ay_scan_find(z->scan, "zip.name", at, "the name \"%s\" %s", e->name, why);
	check_kind(z, e, &r);
	check_method(z, e, &r);
	return 0;
}

/* A 64-bit field of a local header: PyTorch's writer puts the header's own offset there, streaming ones zeros. */
static bool local_zip64_fits(struct ay_cursor c, struct record *r, const struct ay_zip_entry *e)
{
	bool streamed = r->flags & FLAG_DESCRIPTOR;

	if (all_ones(r->size, 4))
		r->size = ay_cursor_le64(&c);
	if (all_ones(r->compressed, 4))
		r->compressed = ay_cursor_le64(&c);
	while (c.left >= 8) {
		uint64_t v = ay_cursor_le64(&c);

		if (v != e->size && v != e->compressed && v != e->off && !(v == 0 && streamed))
			return false;
	}
	return ay_cursor_end(&c) == 0;
}

static int local_differs(struct ay_zip *z, const struct ay_zip_entry *e, const char *what)
{
	ay_scan_find(z->scan, "zip.local-differs", e->off, "%s: the local header has another %s than the directory", e->name, what);
	return 0;
}

static int compare_local(struct ay_zip *z, const struct ay_zip_entry *e, const struct record *r, struct ay_cursor *name)
{
	bool streamed = r->flags & FLAG_DESCRIPTOR;
	bool blank = streamed && r->crc == 0 && r->size == 0 && r->compressed == 0;
	size_t len = strlen(e->name);

	if (name->left != len + e->directory || !ay_cursor_accept(name, e->name, len) || (e->directory && ay_cursor_u8(name) != '/'))
		return local_differs(z, e, "name");
	if (r->method != e->method)
		return local_differs(z, e, "method");
	if (r->flags != e->flags)
		return local_differs(z, e, "set of flags");
	if (!blank && (r->size != e->size || r->compressed != e->compressed))
		return local_differs(z, e, "size");
	if (!blank && r->crc != e->crc)
		return local_differs(z, e, "CRC");
	return 0;
}

/* The record after a streamed member's content, which must fill len bytes. */
static int check_descriptor(struct ay_zip *z, const struct ay_zip_entry *e, uint64_t off, uint64_t len)
{
	uint8_t bytes[24];
	struct ay_cursor c;
	uint64_t compressed, size;
	uint32_t sig, crc;

	if (len != 16 && len != 24)
		return malformed(z, off, "zip.layout", "bytes lie between a member's content and the next record");
	if (ay_source_read_full(z->in, off, bytes, (size_t)len) < 0)
		return malformed(z, off, "zip.truncated", "a data descriptor cannot be read");
	c = ay_cursor_of(bytes, (size_t)len, off);
	sig = ay_cursor_le32(&c);
	crc = ay_cursor_le32(&c);
	compressed = len == 16 ? ay_cursor_le32(&c) : ay_cursor_le64(&c);
	size = len == 16 ? ay_cursor_le32(&c) : ay_cursor_le64(&c);
	if (ay_cursor_end(&c) < 0 || sig != SIG_DESCRIPTOR)
		return malformed(z, off, "zip.layout", "bytes that are no data descriptor follow a member's content");
	if (crc != e->crc || compressed != e->compressed || size != e->size)
		ay_scan_find(z->scan, "zip.local-differs", off, "%s: the data descriptor has other values than the directory", e->name);
	return 0;
}

/* The local header at e->off and everything up to next. */
static int check_local(struct ay_zip *z, struct ay_zip_entry *e, uint64_t next)
{
	struct ay_buf variable = ay_buf_new(2 * 65535);
	uint8_t bytes[LOCAL_SIZE];
	struct ay_cursor c, name, zip64;
	struct record r;
	const char *why;
	bool has_zip64;
	int rc;

	if (e->off > next || next - e->off < LOCAL_SIZE || ay_source_read_full(z->in, e->off, bytes, sizeof(bytes)) < 0)
		return malformed(z, e->off, "zip.layout", "a local header overlaps the next record");
	c = ay_cursor_of(bytes, sizeof(bytes), e->off);
	if (ay_cursor_le32(&c) != SIG_LOCAL)
		return malformed(z, e->off, "zip.layout", "there is no local header where the directory says");
	r = read_local(&c);
	e->data_off = e->off + LOCAL_SIZE + r.name_len + r.extra_len;
	if (e->data_off > next || e->compressed > next - e->data_off)
		return malformed(z, e->off, "zip.layout", "a member's content overlaps the next record");
	rc = ay_source_load(z->in, e->off + LOCAL_SIZE, (size_t)r.name_len + r.extra_len, &variable, &c);
	name = ay_cursor_sub(&c, r.name_len);
	why = split_extra(c, &zip64, &has_zip64);
	if (rc < 0 || c.err)
		rc = malformed(z, e->off, "zip.truncated", "a local header cannot be read");
	else if (why)
		rc = malformed(z, e->off, "zip.malformed", why);
	else if (!local_zip64_fits(zip64, &r, e))
		rc = malformed(z, e->off, "zip.zip64", "the 64-bit field of a local header has values that the directory has not");
	else
		rc = compare_local(z, e, &r, &name);
	ay_buf_free(&variable);
	if (rc < 0)
		return rc;
	if (r.flags & FLAG_DESCRIPTOR)
		return check_descriptor(z, e, e->data_off + e->compressed, next - e->data_off - e->compressed);
	if (e->data_off + e->compressed != next)
		return malformed(z, e->data_off + e->compressed, "zip.layout", "bytes lie between two members that belong to none");
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct ay_zip_entry *const *x = a, *const *y = b;

	return ((*x)->off > (*y)->off) - ((*x)->off < (*y)->off);
}

static int by_folded_name(const void *a, const void *b)
{
	const struct ay_zip_entry *const *x = a, *const *y = b;

	return strcasecmp((*x)->name, (*y)->name);
}

static int check_layout(struct ay_zip *z, struct ay_zip_entry **order)
{
	qsort(order, z->count, sizeof(*order), by_offset);
	if (z->count > 0 && order[0]->off != 0)
		return malformed(z, 0, "zip.layout", "bytes lie before the first member");
	if (z->count == 0 && z->directory_off != 0)
		return malformed(z, 0, "zip.layout", "bytes lie before the directory of an empty archive");
	for (size_t i = 0; i < z->count; i++) {
		uint64_t next = i + 1 < z->count ? order[i + 1]->off : z->directory_off;
		int rc = ay_budget_tick(ay_scan_budget(z->scan));

		if (rc == 0)
			rc = check_local(z, order[i], next);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void check_names(struct ay_zip *z, struct ay_zip_entry **order)
{
	qsort(order, z->count, sizeof(*order), by_folded_name);
	for (size_t i = 1; i < z->count; i++) {
		const char *a = order[i - 1]->name, *b = order[i]->name;

		if (strcmp(a, b) == 0)
			ay_scan_find(z->scan, "zip.duplicate-name", order[i]->off, "two members are named %s", a);
		else if (strcasecmp(a, b) == 0)
			ay_scan_find(z->scan, "zip.case-fold", order[i]->off, "%s and %s differ only in case", a, b);
	}
}

static int check_entries(struct ay_zip *z)
{
	struct ay_budget *b = ay_scan_budget(z->scan);
	struct ay_zip_entry **order = ay_budget_alloc(b, z->count * sizeof(*order));
	int rc;

	if (!order)
		return malformed(z, AY_NO_OFFSET, "limit.memory", "the directory has too many records");
	for (size_t i = 0; i < z->count; i++)
		order[i] = &z->entries[i];
	check_names(z, order);
	rc = check_layout(z, order);
	ay_budget_free(b, order);
	return rc;
}

static int read_directory(struct ay_zip *z, const struct end *end, void *bytes)
{
	struct ay_cursor c = ay_cursor_of(bytes, (size_t)end->size, end->off);
	char *name = z->names;

	if (ay_source_read_full(z->in, end->off, bytes, (size_t)end->size) < 0)
		return malformed(z, end->off, "zip.truncated", "the directory cannot be read");
	for (z->count = 0; z->count < end->count; z->count++) {
		struct ay_zip_entry *e = &z->entries[z->count];
		uint64_t before = c.off;
		int rc = ay_budget_tick(ay_scan_budget(z->scan));

		if (rc == 0)
			rc = take_central(z, &c, name, e);
		if (rc < 0)
			return rc;
		/* A record is longer than its name and a NUL, so the names fit into as many bytes as the records. */
		name += c.off - before;
	}
	return ay_cursor_end(&c) < 0 ? malformed(z, c.off, "zip.layout", "bytes lie between the directory and the end record") : 0;
}

int ay_zip_open(struct ay_zip *z, struct ay_scan *s, struct ay_source *in)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct end end;
	void *bytes;
	int rc;

	*z = (struct ay_zip){ .scan = s, .in = in };
	rc = read_end(z, &end);
	if (rc < 0)
		return rc;
	if (end.count > b->members_left)
		return malformed(z, end.pos, "limit.members", "the directory has more records than a scan may read");
	if (end.size > AY_LIMIT_ZIP_DIRECTORY)
		return malformed(z, end.pos, "limit.memory", "the directory is larger than a scan may hold");
	z->directory_off = end.off;
	z->names = ay_budget_alloc(b, (size_t)end.size);
	z->entries = ay_budget_alloc(b, (size_t)end.count * sizeof(*z->entries));
	bytes = ay_budget_alloc(b, (size_t)end.size);
	if (z->names && z->entries && bytes) {
		memset(z->entries, 0, (size_t)end.count * sizeof(*z->entries));
		rc = read_directory(z, &end, bytes);
	} else {
		rc = malformed(z, end.pos, "limit.memory", "the directory is larger than a scan may hold");
	}
	ay_budget_free(b, bytes);
	return rc < 0 ? rc : check_entries(z);
}

void ay_zip_free(struct ay_zip *z)
{
	struct ay_budget *b = ay_scan_budget(z->scan);

	ay_budget_free(b, z->entries);
	ay_budget_free(b, z->names);
	z->entries = NULL;
	z->names = NULL;
	z->count = 0;
}

/* An end record that a lenient reader would follow: it has a directory before it, is of an empty archive, or has a 64-bit locator. */
static bool end_is_plausible(struct ay_source *in, uint64_t pos, uint64_t *directory_out, uint64_t *size_out)
{
	uint8_t bytes[END_SIZE], sig[4];
	struct ay_cursor c;
	uint16_t count;

	if (ay_source_read_full(in, pos, bytes, sizeof(bytes)) < 0)
		return false;
	c = ay_cursor_of(bytes, sizeof(bytes), pos);
	ay_cursor_skip(&c, 10);
	count = ay_cursor_le16(&c);
	*size_out = ay_cursor_le32(&c);
	*directory_out = pos - *size_out;
	if (pos >= LOCATOR_SIZE && ay_source_read_full(in, pos - LOCATOR_SIZE, sig, sizeof(sig)) == 0) {
		c = ay_cursor_of(sig, sizeof(sig), 0);
		if (ay_cursor_le32(&c) == SIG_LOCATOR) {
			*directory_out = pos - LOCATOR_SIZE - END64_SIZE - *size_out;
			return true;
		}
	}
	if (count == 0 && *size_out == 0)
		return true;
	if (*size_out > pos || ay_source_read_full(in, *directory_out, sig, sizeof(sig)) < 0)
		return false;
	c = ay_cursor_of(sig, sizeof(sig), 0);
	return ay_cursor_le32(&c) == SIG_CENTRAL;
}

bool ay_zip_claims(struct ay_cursor head, struct ay_source *in)
{
	uint64_t pos, directory, size;

	if (ay_cursor_starts(&head, "PK\3\4", 4))
		return true;
	pos = find_end(in);
	return pos != UINT64_MAX && end_is_plausible(in, pos, &directory, &size);
}

void ay_zip_peek(struct ay_source *in, bool (*fn)(void *arg, const char *name), void *arg)
{
	struct ay_buf directory = ay_buf_new(PEEK_MAX), name = ay_buf_new(65536);
	uint64_t pos = find_end(in), off, size;
	struct ay_cursor c;
	bool more = true;

	if (pos != UINT64_MAX && end_is_plausible(in, pos, &off, &size) && off <= in->size) {
		if (size > PEEK_MAX)
			size = PEEK_MAX;
		more = ay_source_load(in, off, (size_t)size, &directory, &c) == 0;
		while (more && ay_cursor_le32(&c) == SIG_CENTRAL) {
			struct record r = read_central(&c);
			const uint8_t *bytes = ay_cursor_take(&c, r.name_len);

			ay_buf_clear(&name);
			ay_buf_add(&name, bytes, bytes ? r.name_len : 0);
			more = !c.err && fn(arg, ay_buf_str(&name));
			ay_cursor_skip(&c, (uint64_t)r.extra_len + r.comment_len);
		}
	}
	ay_buf_free(&directory);
	ay_buf_free(&name);
}
