/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Freeing what nothing references. Dead in the catalogue first, durably; then
 * each file is unlinked inside a writing transaction that looks again. A
 * reference is made inside a writing transaction too (ay_object_ref), so either
 * it comes first and the object lives, or it finds no file and says so.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "assay/fd.h"
#include "store/internal.h"

#define BATCH 512

struct batch {
	struct ay_store *s;
	size_t n;
	struct ay_sha256 d[BATCH];
	uint64_t objects, bytes;      /* freed, or that would be */
};

/* ---- objects with a record ---- */

struct finder {
	struct batch *b;
	struct ay_txn *t;
};

static int find_unreferenced(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct finder *f = arg;
	struct ay_object o;

	if (key_len != 32 || ay_object_decode(val, val_len, &o))
		return ay_txn_fail(f->t, AY_ECORRUPT, "an object record does not decode");
	if (o.refs)
		return 0;
	memcpy(f->b->d[f->b->n++].b, key, 32);
	f->b->objects++;
	f->b->bytes += o.size;
	return f->b->n == BATCH;
}

/* The next batch of unreferenced objects after *from; 1 when there may be more. */
static int find_batch(struct batch *b, struct ay_sha256 *from, bool first)
{
	struct finder f = { .b = b };
	uint8_t next[33];
	int rc = ay_read_begin(b->s, &f.t);

	if (rc)
		return rc;
	b->n = 0;
	memcpy(next, from->b, 32);
	next[32] = 0;
	rc = ay_ix_each(f.t, AY_IX_OBJECT, NULL, 0, first ? NULL : next, first ? 0 : sizeof(next), find_unreferenced, &f);
	ay_read_end(f.t);
	if (b->n)
		*from = b->d[b->n - 1];
	return rc;
}

static int mark_dead(struct ay_txn *t, void *arg)
{
	struct batch *b = arg;

	for (size_t i = 0; i < b->n; i++) {
		struct ay_object o;
		int rc = ay_object_get(t, &b->d[i], &o);

		if (rc == AY_ENOTFOUND || (!rc && o.refs))
			continue;
		o.dead = true;
		rc = rc ? rc : ay_object_set(t, &b->d[i], &o);
		if (rc)
			return rc;
	}
	return 0;
}

static int unlink_object(struct ay_store *s, const struct ay_sha256 *d)
{
	AY_FAILPOINT("gc-unlink");
	return ay_object_unlink(s, d);
}

static int unlink_dead(struct ay_txn *t, void *arg)
{
	struct batch *b = arg;

	b->objects = b->bytes = 0;
	for (size_t i = 0; i < b->n; i++) {
		struct ay_object o;
		int rc = ay_object_get(t, &b->d[i], &o);

		if (rc == AY_ENOTFOUND || (!rc && !o.dead))
			continue;
		if (!rc)
			rc = unlink_object(b->s, &b->d[i]);
		if (!rc)
			rc = ay_ix_del(t, AY_IX_OBJECT, b->d[i].b, 32);
		if (rc)
			return ay_txn_fail(t, rc, "unlinking an object: %s", ay_strerror(rc));
		b->objects++;
		b->bytes += o.size;
	}
	AY_FAILPOINT("gc-unlinked");
	return 0;
}

static int collect_dead(struct batch *b, bool dry_run, uint64_t *objects, uint64_t *bytes, struct ay_error *e)
{
	struct ay_sha256 from = {0};
	int more = 1;

	for (bool first = true; more == 1; first = false) {
		int rc = 0;

		b->objects = b->bytes = 0;
		more = find_batch(b, &from, first);
		if (more < 0)
			return ay_error_set(e, more, "catalogue: %s", ay_strerror(more));
		if (!dry_run && b->n) {
			rc = ay_commit(b->s, mark_dead, b, e);
			AY_FAILPOINT("gc-dead");
			if (!rc)
				rc = ay_commit(b->s, unlink_dead, b, e);
		}
		if (rc)
			return rc;
		*objects += b->objects;
		*bytes += b->bytes;
	}
	return 0;
}

/* ---- files without a record ---- */

static int unlink_orphans(struct ay_txn *t, void *arg)
{
	struct batch *b = arg;

	b->objects = b->bytes = 0;
	for (size_t i = 0; i < b->n; i++) {
		char path[AY_OBJECT_PATH];
		struct stat st;
		int rc = ay_ix_has(t, AY_IX_OBJECT, b->d[i].b, 32);

		if (rc == 0)
			continue;
		if (rc != AY_ENOTFOUND)
			return rc;
		ay_object_path(&b->d[i], path);
		if (fstatat(b->s->objects, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		rc = unlink_object(b->s, &b->d[i]);
		if (rc)
			return ay_txn_fail(t, rc, "unlinking objects/%s: %s", path, ay_strerror(rc));
		b->objects++;
		b->bytes += (uint64_t)st.st_size;
	}
	return 0;
}

/* What a dry run counts; the read transaction is short, the answer may be old a moment later. */
static int count_orphans(struct batch *b)
{
	struct ay_txn *t;
	int rc = ay_read_begin(b->s, &t);

	b->objects = b->bytes = 0;
	for (size_t i = 0; i < b->n && !rc; i++) {
		char path[AY_OBJECT_PATH];
		struct stat st;

		ay_object_path(&b->d[i], path);
		rc = ay_ix_has(t, AY_IX_OBJECT, b->d[i].b, 32);
		if (rc == AY_ENOTFOUND && fstatat(b->s->objects, path, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			b->objects++;
			b->bytes += (uint64_t)st.st_size;
		}
		rc = rc == AY_ENOTFOUND ? 0 : rc;
	}
	ay_read_end(t);
	return rc;
}

struct orphans {
	struct batch *b;
	bool dry_run;
	uint64_t *objects, *bytes;
	struct ay_error *e;
};

static int flush_orphans(struct orphans *w)
{
	int rc;

	if (!w->b->n)
		return 0;
	rc = w->dry_run ? count_orphans(w->b) : ay_commit(w->b->s, unlink_orphans, w->b, w->e);
	if (rc)
		return rc;
	*w->objects += w->b->objects;
	*w->bytes += w->b->bytes;
	w->b->n = 0;
	return 0;
}

static bool has_record(struct ay_store *s, const struct ay_sha256 *d)
{
	struct ay_txn *t;

	if (ay_read_begin(s, &t))
		return true;
	int rc = ay_ix_has(t, AY_IX_OBJECT, d->b, 32);

	ay_read_end(t);
	return rc != AY_ENOTFOUND;
}

static int see_file(const struct ay_sha256 *d, const char *path, void *arg)
{
	struct orphans *w = arg;

	(void)path;
	if (!d || has_record(w->b->s, d))
		return 0;
	w->b->d[w->b->n++] = *d;
	return w->b->n == BATCH ? flush_orphans(w) : 0;
}

int ay_objects_each_file(struct ay_store *s, int (*fn)(const struct ay_sha256 *d, const char *path, void *arg), void *arg)
{
	char path[AY_OBJECT_PATH + NAME_MAX];
	int rc = 0;

	for (int i = 0; i < 256 && !rc; i++) {
		snprintf(path, sizeof(path), "%02x", (unsigned)i);
		int fd = openat(s->objects, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		DIR *d = fd < 0 ? NULL : fdopendir(fd);
		struct dirent *de;

		if (!d) {
			rc = -errno;
			ay_close(&fd);
			return rc;
		}
		while (!rc && (errno = 0, de = readdir(d))) {
			struct ay_sha256 digest;

			if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
				continue;
			snprintf(path, sizeof(path), "%02x/%s", (unsigned)i, de->d_name);
			bool named = ay_sha256_parse(de->d_name, strlen(de->d_name), &digest) == 0 && digest.b[0] == i;

			rc = fn(named ? &digest : NULL, path, arg);
		}
		if (!rc && errno)
			rc = -errno;
		closedir(d);
	}
	return rc;
}

/* ---- staging ---- */

struct stale {
	struct ay_store *s;
	struct ay_error *e;
	bool dry_run;
};

static int see_staging(uint64_t id, void *arg)
{
	struct stale *w = arg;
	struct ay_artifact a;
	struct ay_txn *t;
	int rc = ay_read_begin(w->s, &t);

	if (rc)
		return rc;
	rc = ay_artifact_by_id(t, id, &a);
	ay_read_end(t);
	if (rc != AY_ENOTFOUND)
		return rc;
	return w->dry_run ? 0 : ay_staging_remove(w->s, id, w->e);
}

int ay_gc(struct ay_store *s, bool dry_run, uint64_t *objects_out, uint64_t *bytes_out, struct ay_error *e)
{
	struct batch *b = calloc(1, sizeof(*b));
	struct orphans w = { b, dry_run, objects_out, bytes_out, e };
	struct stale stale = { s, e, dry_run };
	int rc;

	*objects_out = *bytes_out = 0;
	if (!b)
		return ay_error_set(e, -ENOMEM, "out of memory");
	if (e)
		e->code = 0;
	b->s = s;
	pthread_mutex_lock(&s->gc_lock);
	rc = ay_staging_each(s, see_staging, &stale);
	if (!rc)
		rc = collect_dead(b, dry_run, objects_out, bytes_out, e);
	b->n = 0;
	if (!rc)
		rc = ay_objects_each_file(s, see_file, &w);
	if (!rc)
		rc = flush_orphans(&w);
	pthread_mutex_unlock(&s->gc_lock);
	free(b);
	if (rc && e && e->code != rc)
		ay_error_set(e, rc, "gc: %s", ay_strerror(rc));
	return rc;
}
