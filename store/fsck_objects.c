/* SPDX-License-Identifier: Apache-2.0 */
/* Objects against the disk. Read transactions are short: keys are fetched in batches, files are read between them. */
#include <errno.h>
#include <fcntl.h>

#include "assay/fd.h"
#include "store/internal.h"

#define BATCH 256

struct batch {
	size_t n;
	struct { struct ay_sha256 d; struct ay_object o; } v[BATCH];
};

static int take(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct batch *b = arg;

	if (key_len != 32 || ay_object_decode(val, val_len, &b->v[b->n].o))
		return AY_ECORRUPT;
	memcpy(b->v[b->n++].d.b, key, 32);
	return b->n == BATCH;
}

/* Right bytes under other facts are sealed again (a store that was copied); wrong bytes are damage. */
static void scrub(struct ay_fsck *f, const struct ay_sha256 *d, const char *path, int fd)
{
	struct ay_sha256 got;
	struct ay_error e;
	struct ay_object o;
	struct ay_txn *t;
	struct stat st;
	int rc = ay_sha256_fd(fd, &got, NULL, &e);

	if (rc || !ay_sha256_eq(&got, d)) {
		f->r->damaged++;
		ay_fsck_problem(f, "objects/%s: %s; restore it from a backup or a remote", path, rc ? e.msg : "its content does not have this digest");
		return;
	}
	rc = ay_read_begin(f->s, &t);
	if (!rc) {
		rc = ay_object_get(t, d, &o);
		ay_read_end(t);
	}
	if (rc || fstat(fd, &st) != 0 || ay_object_matches(f->s, &o, &st))
		return;
	bool known = o.state == AY_OBJECT_PLACED;

	rc = ay_object_reseal(f->s, d, fd, &e);
	if (rc)
		ay_fsck_problem(f, "objects/%s: right content, but it could not be sealed: %s", path, e.msg);
	else if (!known)
		ay_fsck_problem(f, "objects/%s: its facts had changed, its content is right; it was sealed again", path);
}

static void check_object(struct ay_fsck *f, const struct ay_sha256 *d, const struct ay_object *o)
{
	char path[AY_OBJECT_PATH];
	struct stat st;

	if (!o->refs)
		return;
	f->r->objects++;
	ay_object_path(d, path);
	int fd AY_CLEANUP_FD = openat(f->s->objects, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		f->r->missing++;
		ay_fsck_problem(f, "objects/%s: missing; restore it from a backup or a remote", path);
	} else if (fd < 0 || fstat(fd, &st) != 0) {
		f->r->damaged++;
		ay_fsck_problem(f, "objects/%s: %s", path, strerror(errno));
	} else if (f->scrub) {
		scrub(f, d, path, fd);
	} else if (o->state == AY_OBJECT_PLACED && o->epoch != f->s->epoch) {
		/* Hashed at its first open; only its size is known. */
		if ((uint64_t)st.st_size != o->size) {
			f->r->damaged++;
			ay_fsck_problem(f, "objects/%s: has %llu bytes instead of %llu", path, (unsigned long long)st.st_size, (unsigned long long)o->size);
		}
	} else if (!ay_object_matches(f->s, o, &st)) {
		f->r->damaged++;
		ay_fsck_problem(f, "objects/%s: differs from what was sealed; assay fsck --scrub says whether its content is right", path);
	}
}

static int check_recorded(struct ay_fsck *f, struct batch *b)
{
	uint8_t from[33] = {0};
	size_t from_len = 0;
	int more = 1;

	while (more == 1) {
		struct ay_txn *t;
		int rc = ay_read_begin(f->s, &t);

		if (rc)
			return rc;
		b->n = 0;
		more = ay_ix_each(t, AY_IX_OBJECT, NULL, 0, from_len ? from : NULL, from_len, take, b);
		ay_read_end(t);
		for (size_t i = 0; i < b->n && more >= 0; i++)
			check_object(f, &b->v[i].d, &b->v[i].o);
		if (b->n)
			memcpy(from, b->v[b->n - 1].d.b, 32);
		from_len = sizeof(from); /* the smallest key after that one */
	}
	return more;
}

static int see_file(const struct ay_sha256 *d, const char *path, void *arg)
{
	struct ay_fsck *f = arg;
	struct ay_txn *t;
	int rc;

	if (!d) {
		ay_fsck_problem(f, "objects/%s: not an object; remove it", path);
		return 0;
	}
	rc = ay_read_begin(f->s, &t);
	if (rc)
		return rc;
	rc = ay_ix_has(t, AY_IX_OBJECT, d->b, sizeof(d->b));
	ay_read_end(t);
	f->r->orphans += rc == AY_ENOTFOUND;
	return rc == AY_ENOTFOUND ? 0 : rc;
}

int ay_fsck_objects(struct ay_fsck *f)
{
	struct batch *b = calloc(1, sizeof(*b));
	int rc = b ? check_recorded(f, b) : -ENOMEM;

	free(b);
	if (rc == AY_ECORRUPT) {
		ay_fsck_problem(f, "catalogue: an object record does not decode; restore the catalogue from a backup");
		rc = 0;
	}
	return rc ? rc : ay_objects_each_file(f->s, see_file, f);
}
