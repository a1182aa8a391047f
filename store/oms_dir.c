/* SPDX-License-Identifier: Apache-2.0 */
/* A directory against a model signature: every listed file as it was signed, and nothing else. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "assay/fd.h"
#include "assay/limits.h"
#include "store/oms_list.h"

#define READ_BYTES (1u << 20)

struct walk {
	const struct ay_oms_list *list;
	bool *seen;                   /* one an item */
	int root;
	uint8_t *buf;                 /* READ_BYTES, for shards */
	struct ay_error *e;
};

static int sha256_range(struct walk *w, int fd, uint64_t start, uint64_t end, uint8_t out[32])
{
	struct ay_hash *h = ay_hash_new();
	struct ay_sha256 d;
	int r = h ? 0 : -ENOMEM;

	while (r == 0 && start < end) {
		size_t n = end - start < READ_BYTES ? (size_t)(end - start) : READ_BYTES;

		r = ay_pread_full(fd, w->buf, n, start);
		if (r == 0)
			ay_hash_add(h, w->buf, n);
		start += n;
	}
	if (r == 0) {
		d = ay_hash_final(h);
		memcpy(out, d.b, sizeof(d.b));
	}
	ay_hash_free(h);
	return r;
}

static int hash_item(struct walk *w, int fd, const struct ay_oms_item *item, uint8_t out[64])
{
	struct ay_sha256 d;
	int r;

	if (w->list->blake2b)
		return w->list->shards ? ay_blake2b_range(fd, item->start, item->end - item->start, out) : ay_blake2b_fd(fd, out);
	if (w->list->shards)
		return sha256_range(w, fd, item->start, item->end, out);
	r = ay_sha256_fd(fd, &d, NULL, NULL);
	if (r == 0)
		memcpy(out, d.b, sizeof(d.b));
	return r;
}

static bool same_path(const struct ay_oms_item *a, const struct ay_oms_item *b)
{
	return a->path_len == b->path_len && memcmp(a->name, b->name, a->path_len) == 0;
}

/* All items of one path against the open file. */
static int check_items(struct walk *w, int fd, const char *path, const struct ay_oms_item *item, uint64_t size)
{
	const struct ay_oms_item *stop = w->list->v + w->list->n, *first = item;
	size_t digest_len = w->list->blake2b ? 64 : 32;
	uint64_t end = 0;

	for (; item < stop && same_path(first, item); item++) {
		uint8_t want[64], got[64];
		int r = hash_item(w, fd, item, got);

		if (r < 0 && r != AY_ETRUNC)
			return ay_error_set(w->e, r, "cannot read %s", path);
		ay_oms_item_digest(w->list, item, want);
		if (r == AY_ETRUNC || memcmp(want, got, digest_len) != 0)
			return ay_error_set(w->e, AY_EDIGEST, "%s is not what was signed", path);
		end = item->end;
		w->seen[item - w->list->v] = true;
	}
	if (w->list->shards && size != end)
		return ay_error_set(w->e, AY_EDIGEST, "%s has %llu bytes, %llu were signed", path, (unsigned long long)size,
				    (unsigned long long)end);
	return 0;
}

static int check_file(struct walk *w, const char *path, const struct ay_oms_item *item)
{
	struct stat st;
	int r, fd = ay_open_beneath(w->root, path, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0)
		return ay_error_set(w->e, fd, "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		r = ay_error_errno(w->e, "cannot look at %s", path);
	else if (!S_ISREG(st.st_mode))
		r = ay_error_set(w->e, AY_EPOLICY, "%s is not a regular file", path);
	else
		r = check_items(w, fd, path, item, (uint64_t)st.st_size);
	ay_close(&fd);
	return r;
}

static int walk_dir(struct walk *w, const char *dir, unsigned int depth);

static int visit(struct walk *w, const char *path, bool top, const struct stat *st, unsigned int depth)
{
	const struct ay_oms_item *item = ay_oms_list_find(w->list, path);
	int r;

	if (item)
		return S_ISREG(st->st_mode) ? check_file(w, path, item) :
					      ay_error_set(w->e, AY_EPOLICY, "%s is signed as a file and is none", path);
	if (S_ISDIR(st->st_mode) && (!ay_oms_list_ignored(w->list, path) || ay_oms_list_below(w->list, path)))
		return walk_dir(w, path, depth + 1);
	if (ay_oms_list_ignored(w->list, path))
		return 0;
	if (!S_ISREG(st->st_mode))
		return ay_error_set(w->e, AY_EPOLICY, "%s is not a regular file: links and devices cannot be signed", path);
	if ((top && ay_claim_name(path)) || (w->list->shards && st->st_size == 0))
		return 0;
	r = ay_error_set(w->e, AY_EPOLICY, "%s is not part of what was signed", path);
	ay_error_next(w->e, "remove it, or sign the directory again");
	return r;
}

static int visit_entry(struct walk *w, int fd, const char *dir, const char *name, unsigned int depth)
{
	char path[AY_LIMIT_PATH + 1];
	struct stat st;
	int len = snprintf(path, sizeof(path), "%s%s%s", dir, *dir ? "/" : "", name);

	if (len < 0 || (size_t)len >= sizeof(path))
		return ay_error_set(w->e, AY_ELIMIT, "a path below %s has more than %d bytes", dir, AY_LIMIT_PATH);
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return ay_error_errno(w->e, "cannot look at %s", path);
	return visit(w, path, *dir == '\0', &st, depth);
}

static int walk_dir(struct walk *w, const char *dir, unsigned int depth)
{
	int r = 0, fd;
	struct dirent *de;
	DIR *d;

	if (depth > AY_LIMIT_PATH_DEPTH)
		return ay_error_set(w->e, AY_ELIMIT, "%s is deeper than %d directories", dir, AY_LIMIT_PATH_DEPTH);
	fd = ay_open_beneath(w->root, *dir ? dir : ".", O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return ay_error_set(w->e, fd, "cannot open the directory %s", *dir ? dir : "to verify");
	d = fdopendir(fd);
	if (!d) {
		ay_close(&fd);
		return ay_error_set(w->e, -ENOMEM, "cannot list %s", dir);
	}
	while (r == 0) {
		errno = 0;
		de = readdir(d);
		if (!de) {
			r = errno ? ay_error_errno(w->e, "cannot list %s", dir) : 0;
			break;
		}
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			r = visit_entry(w, fd, dir, de->d_name, depth);
	}
	closedir(d);
	return r;
}

static int all_seen(const struct walk *w)
{
	for (size_t i = 0; i < w->list->n; i++)
		if (!w->seen[i])
			return ay_error_set(w->e, AY_EPOLICY, "%.*s was signed and is missing", (int)w->list->v[i].path_len,
					    w->list->v[i].name);
	return 0;
}

int ay_oms_check_dir(const struct ay_statement *st, int dirfd, struct ay_error *e)
{
	struct ay_oms_list list;
	struct walk w = { .list = &list, .root = dirfd, .e = e };
	int r = ay_oms_list_read(st, &list, e);

	if (r < 0)
		return r;
	w.seen = calloc(list.n, sizeof(*w.seen));
	w.buf = malloc(READ_BYTES);
	r = w.seen && w.buf ? walk_dir(&w, "", 0) : ay_error_set(e, -ENOMEM, "no memory to verify %zu files", list.n);
	if (r == 0)
		r = all_seen(&w);
	free(w.seen);
	free(w.buf);
	ay_oms_list_free(&list);
	return r;
}
