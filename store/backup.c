/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy that opens as a store. The catalogue is copied first, in one snapshot;
 * then every object it references, hashed on the way where it is copied. gc
 * waits meanwhile: the snapshot may reference what today's catalogue does not.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "assay/fd.h"
#include "store/internal.h"

#define BATCH 256

struct backup {
	struct ay_store *from, *to;
	struct ay_error *e;
	size_t n;
	struct { struct ay_sha256 d; struct ay_object o; } v[BATCH];
};

static int take(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct backup *b = arg;

	if (key_len != 32 || ay_object_decode(val, val_len, &b->v[b->n].o))
		return AY_ECORRUPT;
	memcpy(b->v[b->n++].d.b, key, 32);
	return b->n == BATCH;
}

/* Shares the blocks where the file system can, then hashes; else copies while hashing. */
static int copy_object(struct backup *b, const struct ay_sha256 *d)
{
	char path[AY_OBJECT_PATH];
	struct ay_sha256 got;
	uint64_t size;
	int rc;

	ay_object_path(d, path);
	int from AY_CLEANUP_FD = openat(b->from->objects, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (from < 0)
		return ay_error_errno(b->e, "backup of objects/%s", path);
	int clone AY_CLEANUP_FD = openat(b->to->objects, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0400);

	if (clone < 0)
		return ay_error_errno(b->e, "backup of objects/%s", path);
	if (ioctl(clone, FICLONE, from) == 0)
		return 0;
	unlinkat(b->to->objects, path, 0);
	rc = ay_object_put_fd(b->to, from, &got, &size, b->e);
	if (!rc && !ay_sha256_eq(&got, d))
		rc = ay_error_set(b->e, AY_EDIGEST, "object %s is damaged: its content does not have this digest", path + 3);
	return rc;
}

/* In the copy nothing is sealed yet: epoch 0 is before every opening. */
static int unseal(struct ay_txn *t, void *arg)
{
	struct backup *b = arg;
	int rc = 0;

	for (size_t i = 0; i < b->n && !rc; i++) {
		b->v[i].o.state = AY_OBJECT_PLACED;
		b->v[i].o.epoch = 0;
		rc = b->v[i].o.refs ? ay_object_set(t, &b->v[i].d, &b->v[i].o) : ay_ix_del(t, AY_IX_OBJECT, b->v[i].d.b, 32);
	}
	return rc;
}

static int copy_objects(struct backup *b)
{
	uint8_t from[33] = {0};
	size_t from_len = 0;
	int more = 1;

	while (more == 1) {
		struct ay_txn *t;
		int rc = ay_read_begin(b->to, &t);

		if (rc)
			return ay_error_set(b->e, rc, "backup: %s", ay_strerror(rc));
		b->n = 0;
		more = ay_ix_each(t, AY_IX_OBJECT, NULL, 0, from_len ? from : NULL, from_len, take, b);
		ay_read_end(t);
		if (more < 0)
			return ay_error_set(b->e, more, "backup: %s", ay_strerror(more));
		for (size_t i = 0; i < b->n && !rc; i++)
			rc = b->v[i].o.refs ? copy_object(b, &b->v[i].d) : 0;
		if (!rc && b->n) {
			memcpy(from, b->v[b->n - 1].d.b, 32);
			from_len = sizeof(from);
			rc = ay_commit(b->to, unseal, b, b->e);
		}
		if (rc)
			return rc;
	}
	return 0;
}

/* Regular files of keys/, policy/, trust/: small, flat. */
static int copy_folder(struct ay_store *s, int dest, const char *name, struct ay_error *e)
{
	int from = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = 0;
	int to AY_CLEANUP_FD = openat(dest, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = from < 0 ? NULL : fdopendir(from);
	struct dirent *de;

	if (!d || to < 0) {
		rc = ay_error_errno(e, "backup of %s/", name);
		if (d)
			closedir(d);
		else
			ay_close(&from);
		return rc;
	}
	while (!rc && (de = readdir(d))) {
		struct ay_buf b = ay_buf_new(AY_LIMIT_TRUST_ROOT);
		struct stat st;

		if (fstatat(from, de->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		rc = ay_read_file(from, de->d_name, &b, e);
		if (!rc)
			rc = ay_write_file(to, de->d_name, b.data, b.len, st.st_mode & 0777, e);
		ay_wipe(b.data, b.len);
		ay_buf_free(&b);
	}
	closedir(d);
	return rc;
}

/* The snapshot takes the place of the empty catalogue that create made. */
static int copy_catalogue(struct ay_store *s, const char *dest, int fd, struct ay_error *e)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/catalogue", dest) >= (int)sizeof(path))
		return ay_error_set(e, -ENAMETOOLONG, "the path of the backup is too long");
	if (unlinkat(fd, "catalogue/data.mdb", 0) != 0 || unlinkat(fd, "catalogue/lock.mdb", 0) != 0)
		return ay_error_errno(e, "backup of the catalogue");
	return ay_index_copy(s, path, e);
}

static int copy_all_objects(struct ay_store *s, const char *dest, struct ay_error *e)
{
	struct backup *b = calloc(1, sizeof(*b));
	int rc;

	if (!b)
		return ay_error_set(e, -ENOMEM, "out of memory");
	b->from = s;
	b->e = e;
	rc = ay_store_open_bare(dest, &b->to, e);
	if (!rc)
		rc = copy_objects(b);
	ay_store_close(b->to);
	free(b);
	return rc;
}

static int back_up(struct ay_store *s, const char *dest, struct ay_error *e)
{
	static const char *const folders[] = { "keys", "policy", "trust" };
	int rc = ay_store_create(dest, e);

	if (rc)
		return rc;
	int fd AY_CLEANUP_FD = open(dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return ay_error_errno(e, "backup");
	/* Until everything is there it is not a store. */
	if (renameat(fd, "format", fd, "format.unfinished") != 0)
		return ay_error_errno(e, "backup");
	for (size_t i = 0; i < AY_ARRAY_LEN(folders) && !rc; i++)
		rc = copy_folder(s, fd, folders[i], e);
	if (!rc)
		rc = copy_catalogue(s, dest, fd, e);
	if (!rc)
		rc = copy_all_objects(s, dest, e);
	if (!rc)
		rc = ay_syncfs(fd);
	if (!rc && renameat(fd, "format.unfinished", fd, "format") != 0)
		rc = -errno;
	if (!rc)
		rc = ay_fsync(fd);
	return rc;
}

int ay_backup(struct ay_store *s, const char *dest, struct ay_error *e)
{
	int rc;

	if (e)
		e->code = 0;
	pthread_mutex_lock(&s->gc_lock);
	rc = back_up(s, dest, e);
	pthread_mutex_unlock(&s->gc_lock);
	if (rc && e && e->code != rc)
		ay_error_set(e, rc, "backup: %s", ay_strerror(rc));
	return rc;
}
