/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that belong together. A scan sees one file, so it records which others
 * its loader reads and what must be in them; ay_siblings_check compares when
 * all of a tree are scanned.
 */
#include <errno.h>

#include "scanners/driver.h"

#include "assay/ckd.h"
#include "assay/digest.h"
#include "assay/text.h"

#define MESSAGE 384
#define DIGITS "0123456789"
#define GRID_DEPTH 65      /* folders from a chunk up to its array: one for each dimension that NumPy has, and one more */
#define SIBLING_MIN (2 + 8 + 1 + 41)    /* bytes of one in ay_siblings_encode, without its path */

bool ay_sibling_path_plain(const char *path)
{
	size_t all = strlen(path);

	if (all >= AY_LIMIT_PATH || ay_utf8_check(path, all) != all)
		return false;
	for (size_t i = 0; i < all; i++)
		if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f || path[i] == '\\')
			return false;
	for (const char *part = path; ; part++) {
		size_t len = strcspn(part, "/");

		if (len == 0 || len > AY_LIMIT_COMPONENT || (len <= 2 && strspn(part, ".") >= len))
			return false;
		part += len;
		if (!*part)
			return true;
	}
}

/* The one with this path, made in its place when it is not there: they are sorted. NULL beyond the limit or memory. */
static struct ay_sibling *sibling(struct ay_scan_result *r, const char *path)
{
	size_t lo = 0, hi = r->sibling_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(r->siblings[mid].path, path);

		if (order == 0)
			return &r->siblings[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (r->sibling_count >= AY_LIMIT_SIBLINGS)
		return NULL;
	struct ay_sibling *grown = reallocarray(r->siblings, r->sibling_count + 1, sizeof(*grown));
	char *copy = grown ? strdup(path) : NULL;

	if (grown)
		r->siblings = grown;
	if (!copy)
		return NULL;
	memmove(&grown[lo + 1], &grown[lo], (r->sibling_count - lo) * sizeof(*grown));    /* own: one more was allocated */
	grown[lo] = (struct ay_sibling){.path = copy};
	r->sibling_count++;
	return &grown[lo];
}

static void add_name(struct ay_names *n, const void *name, size_t len)
{
	struct ay_sha256 d = ay_sha256_short(name, len);
	unsigned carry = 0;

	n->known = true;
	n->count++;
	for (size_t i = sizeof(n->sum); i-- > 0; carry >>= 8) {
		carry += (unsigned)n->sum[i] + d.b[i];
		n->sum[i] = (uint8_t)carry;
	}
}

/* *out: where to note it, or NULL for a name that was refused, and inside of a container, whose members nobody compares. */
static int need(struct ay_scan *s, const char *name, uint64_t off, struct ay_sibling **out)
{
	*out = NULL;
	if (!ay_sibling_path_plain(name)) {
		ay_scan_find(s, "sibling.name", off, "%s", name);
		return 0;
	}
	if (ay_scan_depth(s) > 0)
		return 0;
	*out = sibling(ay_scan_result_of(s), name);
	if (*out)
		return 0;
	ay_scan_find(s, "limit.exceeded", off, "the file refers to more than %d others", AY_LIMIT_SIBLINGS);
	return AY_ELIMIT;
}

static int need_bytes(struct ay_scan *s, const char *name, uint64_t size, uint64_t off, enum ay_sibling_how how)
{
	struct ay_sibling *one;
	int err = need(s, name, off, &one);

	if (one) {
		one->size = one->size < size ? size : one->size;
		one->how = one->how < how ? how : one->how;
	}
	return err;
}

int ay_scan_need_sibling(struct ay_scan *s, const char *name, uint64_t size, uint64_t off)
{
	return need_bytes(s, name, size, off, AY_SIBLING_NAMED);
}

int ay_scan_need_bare(struct ay_scan *s, const char *name, uint64_t size, uint64_t off)
{
	return need_bytes(s, name, size, off, AY_SIBLING_BARE);
}

int ay_scan_need_grid(struct ay_scan *s, const char *last, uint64_t size, uint64_t off)
{
	return need_bytes(s, last, size, off, AY_SIBLING_GRID);
}

int ay_scan_need_tensor(struct ay_scan *s, const char *name, const void *tensor, size_t tensor_len, uint64_t off)
{
	struct ay_sibling *one;
	int err = need(s, name, off, &one);

	if (one)
		add_name(&one->tensors, tensor, tensor_len);
	return err;
}

int ay_scan_need_value(struct ay_scan *s, const char *name, const void *place, size_t place_len, uint64_t off)
{
	int err = need_bytes(s, name, 0, off, AY_SIBLING_VALUES);

	return err ? err : ay_scan_need_tensor(s, name, place, place_len, off);
}

void ay_scan_hold_tensor(struct ay_scan *s, const void *tensor, size_t tensor_len)
{
	struct ay_names *held = &ay_scan_result_of(s)->tensors;

	if (ay_scan_depth(s) > 0)
		return;
	held->known = true;
	if (tensor)
		add_name(held, tensor, tensor_len);
}

static void put_names(const struct ay_names *n, struct ay_buf *out)
{
	ay_buf_addc(out, n->known);
	ay_buf_le64(out, n->count);
	ay_buf_add(out, n->sum, sizeof(n->sum));
}

static void take_names(struct ay_cursor *c, struct ay_names *n)
{
	uint8_t known = ay_cursor_u8(c);

	if (known > 1)
		ay_cursor_fail(c, AY_EFORMAT);
	n->known = known == 1;
	n->count = ay_cursor_le64(c);
	ay_cursor_copy(c, n->sum, sizeof(n->sum));
}

void ay_siblings_encode(const struct ay_names *tensors, const struct ay_sibling *v, size_t n, struct ay_buf *out)
{
	put_names(tensors, out);
	ay_buf_le32(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		ay_buf_le16(out, (uint16_t)strlen(v[i].path));
		ay_buf_adds(out, v[i].path);
		ay_buf_le64(out, v[i].size);
		ay_buf_addc(out, v[i].how);
		put_names(&v[i].tensors, out);
	}
}

static int take_sibling(struct ay_cursor *c, struct ay_sibling *out)
{
	char path[AY_LIMIT_PATH] = "";
	uint16_t len = ay_cursor_le16(c);

	if (len >= sizeof(path))
		ay_cursor_fail(c, AY_EFORMAT);
	else
		ay_cursor_copy(c, path, len);
	out->size = ay_cursor_le64(c);
	uint8_t how = ay_cursor_u8(c);

	out->how = how;
	take_names(c, &out->tensors);
	if (!c->err && (how >= AY_SIBLING_HOWS || strlen(path) != len || !ay_sibling_path_plain(path)))
		ay_cursor_fail(c, AY_EFORMAT);
	out->path = c->err ? NULL : strdup(path);
	return c->err || !out->path ? AY_EFORMAT : 0;
}

int ay_siblings_decode(struct ay_cursor *c, struct ay_names *tensors, struct ay_sibling **out, size_t *n_out)
{
	*out = NULL;
	*n_out = 0;
	take_names(c, tensors);
	uint32_t count = (uint32_t)ay_cursor_check_count(c, ay_cursor_le32(c), SIBLING_MIN, AY_LIMIT_SIBLINGS);

	if (c->err || !count)
		return c->err;
	struct ay_sibling *v = ay_alloc_array(count, sizeof(*v), AY_LIMIT_SIBLINGS * sizeof(*v));

	if (!v)
		return ay_cursor_fail(c, AY_ELIMIT);
	for (uint32_t i = 0; i < count; i++) {
		if (take_sibling(c, &v[i]) != 0) {
			ay_siblings_free(v, i);
			return ay_cursor_fail(c, AY_EFORMAT);
		}
	}
	*out = v;
	*n_out = count;
	return 0;
}

void ay_siblings_free(struct ay_sibling *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i].path);
	free(v);
}

static const struct ay_sibling_file *find(const struct ay_sibling_file *files, size_t n, const char *path)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(files[mid].path, path);

		if (order == 0)
			return &files[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The same path but for its numbers, which are no larger and have no zero before them. */
static bool in_grid(const char *path, const char *last)
{
	while (*path && *last) {
		size_t n = strspn(path, DIGITS), most = strspn(last, DIGITS);

		if (n > most || (n > 1 && *path == '0') || (n == most && strncmp(path, last, n) > 0))
			return false;
		if (!n && *path++ != *last++)
			return false;
		path += n;
		last += most;
	}
	return !*path && !*last;
}

/* The chunks below a folder: its path ends with a slash, and is empty for the root. */
struct grid { const char *path; size_t len; const struct ay_sibling *last; };

static size_t folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

static int by_folder(const void *a, const void *b)
{
	const struct grid *x = a, *y = b;
	int order = memcmp(x->path, y->path, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Sorted by folder; *out is owned. -ENOMEM. */
static int gather_grids(const struct ay_sibling_file *files, size_t n, struct grid **out, size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < files[i].sibling_count; j++)
			*count += files[i].siblings[j].how == AY_SIBLING_GRID;
	*out = calloc(*count + 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0, at = 0; i < n; i++)
		for (size_t j = 0; j < files[i].sibling_count; j++)
			if (files[i].siblings[j].how == AY_SIBLING_GRID)
				(*out)[at++] = (struct grid){files[i].path, folder_of(files[i].path), &files[i].siblings[j]};
	qsort(*out, *count, sizeof(**out), by_folder);
	return 0;
}

/* The grid of a folder above a file that the file is a chunk of, or NULL. An array may have metadata of both versions. */
static const struct ay_sibling *grid_of(const struct grid *grids, size_t count, const char *path)
{
	struct grid at = {path, folder_of(path), NULL};

	for (unsigned up = 0; count && up <= GRID_DEPTH; up++) {
		const struct grid *found = bsearch(&at, grids, count, sizeof(*grids), by_folder);

		while (found && found > grids && by_folder(found - 1, &at) == 0)
			found--;
		for (; found && found < grids + count && by_folder(found, &at) == 0; found++)
			if (in_grid(path + at.len, found->last->path))
				return found->last;
		if (!at.len)
			return NULL;
		for (at.len--; at.len && path[at.len - 1] != '/';)
			at.len--;
	}
	return NULL;
}

/* Chunks have no form: an array above needs them. Whether one does; one that is too short is told of. */
static bool is_chunk(const struct grid *grids, size_t count, const struct ay_sibling_file *file, size_t i, ay_sibling_fn fn, void *arg)
{
	const struct ay_sibling *last = grid_of(grids, count, file->path);
	char message[MESSAGE];

	if (!last || (last->size && file->size > last->size))
		return false;
	if (last->size && file->size < last->size) {
		snprintf(message, sizeof(message), "the chunk has %llu bytes, its array's chunks have %llu", (unsigned long long)file->size,
			 (unsigned long long)last->size);
		fn(arg, i, "sibling.truncated", message);
	}
	return true;
}

/* What is wrong with got as the file that want describes: a rule, or NULL. */
static const char *compare(const struct ay_sibling *want, const struct ay_sibling_file *got, char message[MESSAGE])
{
	if (!got) {
		snprintf(message, MESSAGE, "%s is not there", want->path);
		return "sibling.missing";
	}
	if (got->size < want->size) {
		snprintf(message, MESSAGE, "%s has %llu bytes, needed are %llu", want->path, (unsigned long long)got->size,
			 (unsigned long long)want->size);
		return "sibling.truncated";
	}
	const struct ay_names *a = &want->tensors, *b = got->tensors;

	if (want->how == AY_SIBLING_VALUES && (!b || !b->known)) {
		snprintf(message, MESSAGE, "%s is not a file of values", want->path);
		return "sibling.values";
	}
	/* Shards that are pickles do not say what they hold. */
	if (!a->known || !b || !b->known || (a->count == b->count && memcmp(a->sum, b->sum, sizeof(a->sum)) == 0))
		return NULL;
	if (want->how == AY_SIBLING_VALUES) {
		snprintf(message, MESSAGE, "%s has %llu values, and the index says other places or another count (%llu)", want->path,
			 (unsigned long long)b->count, (unsigned long long)a->count);
		return "sibling.values";
	}
	if (a->count == b->count)
		snprintf(message, MESSAGE, "%s holds other tensors than the index says", want->path);
	else
		snprintf(message, MESSAGE, "%s holds %llu tensors, the index says %llu", want->path, (unsigned long long)b->count,
			 (unsigned long long)a->count);
	return "sibling.tensors";
}

bool ay_scan_formless(const char *format)
{
	const struct ay_scanner *s = ay_scanner_find(format);

	return s && (s->flags & AY_SCANNER_FORMLESS);
}

int ay_formless_scan(struct ay_scan *s, struct ay_source *in)
{
	(void)in;
	/* Members of a container are not compared with each other. */
	if (ay_scan_depth(s) > 0)
		ay_scan_find(s, "sibling.unnamed", AY_NO_OFFSET, "bytes without a form, in a container, where no model can name them");
	return 0;
}

int ay_siblings_check(const struct ay_sibling_file *files, size_t n, ay_sibling_fn fn, void *arg)
{
	char path[2 * AY_LIMIT_PATH], message[MESSAGE];
	bool *needed = calloc(n + 1, sizeof(*needed));
	struct grid *grids = NULL;
	size_t count;

	if (!needed || gather_grids(files, n, &grids, &count)) {
		free(needed);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < files[i].sibling_count; j++) {
			const struct ay_sibling *want = &files[i].siblings[j];

			if (want->how == AY_SIBLING_GRID)
				continue;
			snprintf(path, sizeof(path), "%.*s%s", (int)folder_of(files[i].path), files[i].path, want->path);
			const struct ay_sibling_file *got = find(files, n, path);
			const char *rule = compare(want, got, message);

			if (got && want->how == AY_SIBLING_BARE)
				needed[got - files] = true;
			if (rule)
				fn(arg, i, rule, message);
		}
	}
	for (size_t i = 0; i < n; i++)
		if (files[i].formless && !needed[i] && !is_chunk(grids, count, &files[i], i, fn, arg))
			fn(arg, i, "sibling.unnamed", "any bytes could be in this file, and no model beside it names it");
	free(grids);
	free(needed);
	return 0;
}
