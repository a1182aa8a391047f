/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict tar: ustar, pax and GNU long names. What two readers could take in two
 * ways is refused: sparse members, global overrides, an extended header together
 * with a long name, bytes in the padding or after the end. Links and devices are
 * refused too, so every member is a plain file or a directory.
 */
#include <inttypes.h>

#include "assay/text.h"
#include "scanners/formats/member_names.h"
#include "scanners/formats/webdataset.h"
#include "scanners/formats/zip.h"
#include "scanners/images.h"
#include "scanners/registry.h"

#define BLOCK 512
#define EXTENDED_MAX (64 * KIB)         /* bytes of one extended header: two paths and small numbers */
#define NAME_FIELDS 257                 /* prefix, slash, name */
#define SIZE_FIELD_MAX 077777777777u    /* what eleven octal digits hold */
#define ZIP_END 22                      /* bytes of a zip's end record */
#define ZIP_TAIL (64 * KIB + ZIP_END)   /* readers of zip look for it no further from the end */

/* Members of the files that torch 0.1 wrote. */
enum { TORCH_PICKLE = 1, TORCH_STORAGES = 2, TORCH_TENSORS = 4, TORCH_ALL = 7 };

struct header {
	uint64_t off;                   /* of the header block */
	uint64_t size;                  /* bytes of content */
	char name[NAME_FIELDS];
	uint8_t type;
};

/* What extended headers say of the next member. */
struct pending {
	bool pax, long_name, has_size, has_path;
	uint64_t size;
	char path[AY_LIMIT_PATH + 2];   /* one longer than a name may be, so that the name check sees it */
};

struct tar {
	struct ay_scan *scan;
	struct ay_source *in;
	struct ay_budget *budget;
	uint64_t off;                   /* of the next block */
	struct pending next;
	struct ay_member_names names;
	struct ay_wds_member *files;    /* with names of names */
	size_t file_count, file_room;
	uint64_t zip_end;               /* end of the content of the last member that is a zip, or 0 */
	unsigned torch;
};

static int refuse(struct tar *t, const char *rule, uint64_t off, const char *why)
{
	ay_scan_find(t->scan, rule, off, "%s", why);
	return AY_EFORMAT;
}

/* ---- fields ---- */

/* A text field: up to a NUL, and only NULs after it. dst has len + 1 bytes. */
static bool take_text(struct ay_cursor *c, size_t len, char *dst)
{
	struct ay_cursor field = ay_cursor_sub(c, len);
	bool ended = false;

	for (size_t i = 0; i < len; i++) {
		dst[i] = (char)ay_cursor_u8(&field);
		if (ended && dst[i])
			return false;
		ended = ended || !dst[i];
	}
	dst[len] = '\0';
	return !c->err;
}

/* Octal digits, or the binary form of GNU tar for what they cannot hold. An empty field is 0. */
static bool take_number(struct ay_cursor *c, size_t len, uint64_t *out)
{
	struct ay_cursor field = ay_cursor_sub(c, len);
	int ch = ay_cursor_peek(&field, 0);

	*out = 0;
	if (ch == 0x80) {
		for (ay_cursor_skip(&field, 1); field.left > 0; *out = *out << 8 | ay_cursor_u8(&field))
			if (*out >> 55)
				return false;
		return !c->err;
	}
	while (ay_cursor_accept(&field, " ", 1))
		;
	while ((ch = ay_cursor_peek(&field, 0)) >= '0' && ch <= '7') {
		*out = *out * 8 + (uint64_t)(ch - '0');
		ay_cursor_skip(&field, 1);
	}
	while (field.left > 0) {
		ch = ay_cursor_u8(&field);
		if (ch != 0 && ch != ' ')
			return false;
	}
	return !c->err;
}

/* The sum over the block, its own field taken as spaces. */
static bool checksum_fits(struct ay_cursor block)
{
	struct ay_cursor field = block;
	uint64_t want, sum = 0;

	ay_cursor_skip(&field, 148);
	if (block.left < BLOCK || !take_number(&field, 8, &want))
		return false;
	for (size_t i = 0; i < BLOCK; i++) {
		uint8_t byte = ay_cursor_u8(&block);

		sum += i >= 148 && i < 156 ? ' ' : byte;
	}
	return sum == want;
}

static bool all_zero(struct ay_cursor c)
{
	while (c.left > 0)
		if (ay_cursor_u8(&c) != 0)
			return false;
	return true;
}

/* ---- blocks ---- */

/* len zero bytes at off, or tar.layout. */
static int check_zeros(struct tar *t, uint64_t off, uint64_t len, const char *why)
{
	struct ay_buf buf = ay_buf_new(64 * KIB);
	struct ay_cursor c;
	int rc = 0;

	while (rc == 0 && len > 0) {
		size_t part = len < 64 * KIB ? (size_t)len : 64 * KIB;

		rc = ay_budget_tick(t->budget);
		ay_buf_clear(&buf);
		if (rc == 0)
			rc = ay_source_load(t->in, off, part, &buf, &c);
		if (rc == 0 && !all_zero(c))
			rc = refuse(t, "tar.layout", off, why);
		off += part;
		len -= part;
	}
	ay_buf_free(&buf);
	return rc;
}

static int parse_header(struct tar *t, struct ay_cursor c, struct header *h)
{
	char name[101], prefix[156], magic[9], skipped[101];
	uint64_t number;
	bool good, gnu;

	h->off = c.off;
	if (!checksum_fits(c))
		return refuse(t, "tar.malformed", c.off, "the checksum of a header is wrong");
	good = take_text(&c, 100, name);
	for (int i = 0; i < 3; i++)        /* mode, owner, group */
		good = take_number(&c, 8, &number) && good;
	good = take_number(&c, 12, &h->size) && good;
	good = take_number(&c, 12, &number) && good;
	ay_cursor_skip(&c, 8);
	h->type = ay_cursor_u8(&c);
	good = take_text(&c, 100, skipped) && good;
	ay_cursor_copy(&c, magic, 8);
	magic[8] = '\0';
	gnu = strcmp(magic, "ustar  ") == 0;
	if (!gnu && (strcmp(magic, "ustar") != 0 || magic[6] != '0' || magic[7] != '0'))
		return refuse(t, "tar.malformed", h->off, "a header is of an old form without its mark, in which readers differ");
	good = take_text(&c, 32, skipped) && good;
	good = take_text(&c, 32, skipped) && good;
	ay_cursor_skip(&c, 16);
	if (!take_text(&c, 155, prefix) || !good || !all_zero(c) || (gnu && prefix[0]))
		return refuse(t, "tar.malformed", h->off, "a field of a header is not one that tar writes");
	snprintf(h->name, sizeof(h->name), "%s%s%s", prefix, prefix[0] ? "/" : "", name);
	return 0;
}

/* 1: a header; 0: the end, with all that follows it checked. */
static int next_header(struct tar *t, struct header *h)
{
	uint8_t bytes[BLOCK];
	struct ay_cursor c;
	int rc = ay_budget_tick(t->budget);

	if (rc < 0)
		return rc;
	if (t->in->size - t->off < BLOCK)
		return refuse(t, "tar.truncated", t->off, "the archive ends without its two blocks of zeros");
	rc = ay_source_read_full(t->in, t->off, bytes, BLOCK);
	if (rc < 0)
		return rc;
	c = ay_cursor_of(bytes, BLOCK, t->off);
	if (!all_zero(c)) {
		rc = parse_header(t, c, h);
		t->off += BLOCK;
		return rc < 0 ? rc : 1;
	}
	if (t->in->size - t->off < 2 * BLOCK || t->in->size % BLOCK != 0)
		return refuse(t, "tar.truncated", t->off, "the archive ends without its two blocks of zeros");
	return check_zeros(t, t->off, t->in->size - t->off, "other bytes than zeros follow the end of the archive");
}

/* Content and padding of the header just read; t->off moves behind both. */
static int take_content(struct tar *t, uint64_t size, struct ay_source_window *w, struct ay_source *out)
{
	uint64_t left = t->in->size - t->off, padding = (BLOCK - size % BLOCK) % BLOCK;
	int rc;

	if (size > left || padding > left - size)
		return refuse(t, "tar.truncated", t->off, "the content of a member ends beyond the archive");
	rc = ay_source_sub(t->in, t->off, size, w, out);
	if (rc == 0)
		rc = check_zeros(t, t->off + size, padding, "bytes lie between a member's content and the next header");
	t->off += size + padding;
	return rc;
}

/* ---- extended headers ---- */

static bool copy_path(struct tar *t, struct ay_cursor value)
{
	size_t len = value.left;

	if (len == 0 || len >= sizeof(t->next.path))
		return false;
	ay_cursor_copy(&value, t->next.path, len);
	t->next.path[len] = '\0';
	t->next.has_path = true;
	return strlen(t->next.path) == len;
}

static bool take_decimal(struct ay_cursor *c, uint64_t max, uint64_t *out)
{
	size_t digits = 0;
	int ch;

	for (*out = 0; (ch = ay_cursor_peek(c, 0)) >= '0' && ch <= '9'; digits++) {
		if (*out > (max - (uint64_t)(ch - '0')) / 10)
			return false;
		*out = *out * 10 + (uint64_t)(ch - '0');
		ay_cursor_skip(c, 1);
	}
	return digits > 0;
}

/* One "key=value"; what is wrong with it, or NULL. */
static const char *take_keyword(struct tar *t, struct ay_cursor c, bool global)
{
	static const char *const harmless[] = { "mtime=", "atime=", "ctime=", "uid=", "gid=", "uname=", "gname=" };

	if (global)
		return ay_cursor_starts(&c, "comment=", 8) ? NULL : "a global extended header changes all members that follow";
	if (ay_cursor_accept(&c, "path=", 5))
		return !t->next.has_path && copy_path(t, c) ? NULL : "an extended header has a path that is empty, too long, or there twice";
	if (ay_cursor_accept(&c, "size=", 5)) {
		bool twice = t->next.has_size;

		t->next.has_size = true;
		return !twice && take_decimal(&c, INT64_MAX, &t->next.size) && c.left == 0 ? NULL : "an extended header has a size that is no number";
	}
	for (size_t i = 0; i < AY_ARRAY_LEN(harmless); i++)
		if (ay_cursor_starts(&c, harmless[i], strlen(harmless[i])))
			return NULL;
	return ay_cursor_starts(&c, "GNU.sparse", 10) ? "a member is sparse" : "an extended header has a keyword that readers take differently";
}

/* Records of the form "LENGTH KEY=VALUE\n", where LENGTH counts all of it. */
static int take_pax(struct tar *t, struct ay_cursor c, bool global)
{
	while (c.left > 0) {
		uint64_t at = c.off, len;
		struct ay_cursor number = c, record;
		const char *why = "a record of an extended header has a wrong length";
		int rc = ay_budget_tick(t->budget);

		if (rc < 0)
			return rc;
		if (!take_decimal(&number, EXTENDED_MAX, &len) || !ay_cursor_accept(&number, " ", 1) || len > c.left || len <= number.off - at)
			return refuse(t, "tar.malformed", at, why);
		record = ay_cursor_sub(&number, (size_t)(len - (number.off - at) - 1));
		if (!ay_cursor_accept(&number, "\n", 1))
			return refuse(t, "tar.malformed", at, why);
		ay_cursor_skip(&c, len);
		why = take_keyword(t, record, global);
		if (why)
			return refuse(t, "tar.extended", at, why);
	}
	return 0;
}

/* A GNU long name: the path, ended by a NUL. */
static int take_long_name(struct tar *t, struct ay_cursor c)
{
	uint64_t at = c.off;
	struct ay_cursor path = ay_cursor_sub(&c, c.left ? c.left - 1 : 0);

	if (c.left != 1 || ay_cursor_u8(&c) != 0 || !copy_path(t, path))
		return refuse(t, "tar.malformed", at, "a long name is empty, too long, or has no end");
	return 0;
}

static int take_extended(struct tar *t, const struct header *h)
{
	struct ay_buf buf = ay_buf_new(EXTENDED_MAX);
	struct ay_source_window w;
	struct ay_source content;
	struct ay_cursor c;
	int rc;

	if (t->next.pax || t->next.long_name)
		return refuse(t, "tar.extended", h->off, "two headers in a row change one member, and readers differ about which counts");
	if (h->size == 0 || h->size > EXTENDED_MAX)
		return refuse(t, "tar.extended", h->off, "an extended header is empty or far larger than any that tar writes");
	rc = take_content(t, h->size, &w, &content);
	if (rc == 0)
		rc = ay_source_load(&content, 0, (size_t)h->size, &buf, &c);
	if (rc == 0 && h->type == 'L') {
		t->next.long_name = true;
		rc = take_long_name(t, c);
	} else if (rc == 0) {
		t->next.pax = t->next.pax || h->type == 'x';
		rc = take_pax(t, c, h->type == 'g');
	}
	ay_buf_free(&buf);
	return rc;
}

/* ---- members ---- */

static void note_kind(struct tar *t, const char *name, struct ay_source *content)
{
	char magic[4];

	if (strcmp(name, "pickle") == 0)
		t->torch |= TORCH_PICKLE;
	if (strcmp(name, "storages") == 0)
		t->torch |= TORCH_STORAGES;
	if (strcmp(name, "tensors") == 0)
		t->torch |= TORCH_TENSORS;
	if (content->size >= ZIP_END && ay_source_read_full(content, 0, magic, 4) == 0 && memcmp(magic, "PK\3\4", 4) == 0)
		t->zip_end = t->off - (BLOCK - content->size % BLOCK) % BLOCK;
}

/* The size that counts. An extended one stands for what the field cannot hold, or says the same. */
static int settle_size(struct tar *t, struct header *h)
{
	bool wide = t->next.has_size && t->next.size > SIZE_FIELD_MAX && h->size == 0;

	if (t->next.has_size && !wide && t->next.size != h->size)
		return refuse(t, "tar.extended", h->off, "an extended header gives a member another size than its own header");
	if (t->next.has_size)
		h->size = t->next.size;
	return 0;
}

static int keep_file(struct tar *t, const struct ay_wds_member *f)
{
	if (t->file_count == t->file_room) {
		size_t room = t->file_room ? 2 * t->file_room : 64;
		struct ay_wds_member *v = ay_budget_realloc(t->budget, t->files, room * sizeof(*v));

		if (!v)
			return AY_ELIMIT;
		t->files = v;
		t->file_room = room;
	}
	t->files[t->file_count++] = *f;
	return 0;
}

static int judge_plain(struct tar *t, const struct header *h, char *name)
{
	bool directory = h->type == '5';
	struct ay_source_window w;
	struct ay_source content;
	size_t len = strlen(name);
	const char *why;
	int rc;

	if (directory && len > 0 && name[len - 1] == '/')
		name[--len] = '\0';
	/* `tar -C DIR .` writes "./" before each name, and the folder itself. */
	if (directory && strcmp(name, ".") == 0)
		return h->size == 0 ? 0 : refuse(t, "tar.special", h->off, "a directory has content");
	if (strncmp(name, "./", 2) == 0)
		name += 2;
	why = ay_member_name_bad(name);
	if (why)
		ay_scan_find(t->scan, "tar.name", h->off, "the name \"%s\" %s", name, why);
	rc = ay_member_names_add(&t->names, name, h->off);
	if (rc < 0)
		return rc;
	if (directory)
		return h->size == 0 ? 0 : refuse(t, "tar.special", h->off, "a directory has content");
	rc = take_content(t, h->size, &w, &content);
	if (rc < 0)
		return rc;
	rc = keep_file(t, &(struct ay_wds_member){
		.name = t->names.seen[t->names.count - 1].name, .off = h->off, .at = w.off, .size = content.size
	});
	if (rc < 0)
		return rc;
	note_kind(t, name, &content);
	return ay_scan_member_in(t->scan, name, &content, NULL);
}

static int take_member(struct tar *t, struct header *h)
{
	char name[sizeof(t->next.path)];
	int rc = settle_size(t, h);

	snprintf(name, sizeof(name), "%s", t->next.has_path ? t->next.path : h->name);
	t->next = (struct pending){ 0 };
	if (rc < 0)
		return rc;
	switch (h->type) {
	case '0': case '\0': case '5':
		return judge_plain(t, h, name);
	case '1': case '2': case 'K':
		ay_scan_find(t->scan, "tar.special", h->off, "%s is a link", name);
		return AY_EFORMAT;
	case '3': case '4': case '6':
		ay_scan_find(t->scan, "tar.special", h->off, "%s is a device or a pipe", name);
		return AY_EFORMAT;
	case 'S':
		return refuse(t, "tar.extended", h->off, "a member is sparse");
	default:
		ay_scan_find(t->scan, "tar.special", h->off, "%s is of type 0x%02x, not a file or a directory", name, h->type);
		return AY_EFORMAT;
	}
}

static int walk(struct tar *t)
{
	struct header h;
	int rc;

	while ((rc = next_header(t, &h)) == 1) {
		if (h.type == 'x' || h.type == 'L' || h.type == 'g')
			rc = take_extended(t, &h);
		else
			rc = take_member(t, &h);
		if (rc < 0)
			return rc;
	}
	if (rc == 0 && (t->next.pax || t->next.long_name))
		return refuse(t, "tar.malformed", t->off, "an extended header has no member");
	return rc;
}

/* ---- the archive as a whole ---- */

/*
 * Readers of zip find an archive by its end, so a tar with a zip near its end is one for them too. That is harmless when
 * the end record they find is that of a member, which is judged as the zip it is.
 */
static int check_zip_view(struct tar *t)
{
	size_t len = t->in->size < ZIP_TAIL ? (size_t)t->in->size : ZIP_TAIL;
	struct ay_buf tail = ay_buf_new(ZIP_TAIL);
	uint64_t last = UINT64_MAX;
	struct ay_cursor c;
	size_t skipped;
	int rc = ay_source_load(t->in, t->in->size - len, len, &tail, &c);

	while (rc == 0 && (ay_cursor_until(&c, 'P', c.left, &skipped), !c.err))
		if (c.left >= ZIP_END - 1 && ay_cursor_starts(&c, "K\5\6", 3))
			last = c.off - 1;
	ay_buf_free(&tail);
	if (rc == 0 && last != UINT64_MAX && (t->zip_end < ZIP_END || last != t->zip_end - ZIP_END) &&
	    ay_zip_claims(ay_cursor_of(NULL, 0, 0), t->in))
		ay_scan_find(t->scan, "format.polyglot", last, "the archive is a zip too, and that zip is not one of its members");
	return rc;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct ay_cursor magic = head;

	(void)in;
	(void)path;
	ay_cursor_skip(&magic, 257);
	if (ay_cursor_starts(&magic, "ustar", 5))
		return checksum_fits(head) ? 88 : 40;
	/* The old form without a mark. */
	return checksum_fits(head) && !all_zero(head) ? 48 : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct tar t = { .scan = s, .in = in, .budget = ay_scan_budget(s), .names.budget = ay_scan_budget(s) };
	size_t first_image = ay_images_count(s);
	int rc = walk(&t);

	if (rc == AY_ETRUNC) {
		ay_scan_find_error(s, "tar", rc, NULL);
		rc = AY_EFORMAT;
	}
	if (rc == 0)
		rc = ay_wds_judge(s, in, t.files, t.file_count, first_image);
	ay_budget_free(t.budget, t.files);
	ay_member_names_check(s, &t.names, "tar.duplicate-name", "tar.case-fold");
	if (t.torch == TORCH_ALL)
		ay_scan_find(s, "format.unsupported", 0, "this is a PyTorch file in the tar form of version 0.1, which loads with an unrestricted unpickler; "
			     "load it in a trusted place and save it anew as safetensors");
	if (rc == 0)
		rc = check_zip_view(&t);
	ay_member_names_free(&t.names);
	return rc == AY_EFORMAT ? 0 : rc;
}

static const char *const refined[] = { "zip", "torch-zip", "torch-export", "npz", "keras", "skops", NULL };
const struct ay_scanner ay_scanner_tar = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "tar", .version = 3, .refines = refined, .bid = bid, .scan = scan,
};
