/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Table `object`: references, and the facts by which a sealed file is known again
 * (docs/format.md "Sealed objects"). Placement is in place.c.
 */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#include "assay/fd.h"

void ay_object_path(const struct ay_sha256 *d, char out[AY_OBJECT_PATH])
{
	ay_sha256_hex(d, out + 3);
	out[0] = out[3];
	out[1] = out[4];
	out[2] = '/';
}

int ay_object_get(struct ay_txn *t, const struct ay_sha256 *d, struct ay_object *out)
{
	uint8_t raw[AY_CODEC_MAX];
	char hex[AY_SHA256_HEX];
	size_t len = 0;
	int rc = ay_ix_read(t, AY_IX_OBJECT, d->b, sizeof(d->b), raw, sizeof(raw), &len);

	if (rc)
		return rc;
	if (ay_object_decode(raw, len, out)) {
		ay_sha256_hex(d, hex);
		return ay_txn_fail(t, AY_ECORRUPT, "the record of object %s does not decode", hex);
	}
	return 0;
}

int ay_object_set(struct ay_txn *t, const struct ay_sha256 *d, const struct ay_object *o)
{
	struct ay_buf b = ay_buf_new(AY_CODEC_MAX);
	int rc = ay_object_encode(&b, o);

	rc = rc ? ay_txn_fail(t, rc, "an object record") : ay_ix_put(t, AY_IX_OBJECT, d->b, sizeof(d->b), b.data, b.len);
	ay_buf_free(&b);
	return rc;
}

void ay_object_facts(struct ay_object *o, const struct stat *st)
{
	o->size = (uint64_t)st->st_size;
	o->ino = st->st_ino;
	o->mtime_s = st->st_mtim.tv_sec;
	o->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	o->ctime_s = st->st_ctim.tv_sec;
	o->ctime_ns = (uint32_t)st->st_ctim.tv_nsec;
}

bool ay_object_matches(const struct ay_store *s, const struct ay_object *o, const struct stat *st)
{
	struct ay_object now;

	ay_object_facts(&now, st);
	if (!S_ISREG(st->st_mode) || st->st_dev != s->dev || now.size != o->size || now.ino != o->ino ||
	    now.mtime_s != o->mtime_s || now.mtime_ns != o->mtime_ns)
		return false;
	if (o->state == AY_OBJECT_PLACED)
		return o->epoch == s->epoch;
	return now.ctime_s == o->ctime_s && now.ctime_ns == o->ctime_ns;
}

void ay_store_set_immutable_hook(struct ay_store *s, int (*set)(void *arg, const int *fds, size_t n, bool on), void *arg)
{
	s->set_immutable = set;
	s->set_immutable_arg = arg;
}

bool ay_object_flag(struct ay_store *s, const int *fds, size_t n, bool on)
{
	return !s->set_immutable || s->set_immutable(s->set_immutable_arg, fds, n, on) == 0;
}

int ay_object_unlink(struct ay_store *s, const struct ay_sha256 *d)
{
	char path[AY_OBJECT_PATH];

	ay_object_path(d, path);
	if (s->set_immutable) {
		int fd AY_CLEANUP_FD = openat(s->objects, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0)
			ay_object_flag(s, &fd, 1, false);
	}
	return unlinkat(s->objects, path, 0) == 0 || errno == ENOENT ? 0 : -errno;
}

/* ---- references ---- */

static int not_in_place(struct ay_txn *t, const struct ay_sha256 *d, const char *why)
{
	char hex[AY_SHA256_HEX];

	ay_sha256_hex(d, hex);
	return ay_txn_fail(t, AY_ECORRUPT, "object %s %s; place it again", hex, why);
}

/* What fstatat says, and whether the file is immutable already. */
static int stat_placed(const struct ay_store *s, const char *path, struct stat *st, bool *immutable)
{
	struct statx x;

	if (statx(s->objects, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &x) != 0)
		return -1;
	*st = (struct stat){
		.st_dev = makedev(x.stx_dev_major, x.stx_dev_minor), .st_ino = x.stx_ino, .st_mode = x.stx_mode, .st_nlink = x.stx_nlink,
		.st_size = (off_t)x.stx_size, .st_mtim = { .tv_sec = x.stx_mtime.tv_sec, .tv_nsec = x.stx_mtime.tv_nsec },
		.st_ctim = { .tv_sec = x.stx_ctime.tv_sec, .tv_nsec = x.stx_ctime.tv_nsec }
	};
	*immutable = x.stx_attributes & STATX_ATTR_IMMUTABLE;
	return 0;
}

/*
 * gc unlinks inside a writing transaction and this runs inside one: what is seen
 * here stays until the commit, or the object was gone before and is not referenced.
 */
int ay_object_ref(struct ay_txn *t, const struct ay_sha256 *d, uint64_t size)
{
	struct ay_store *s = ay_txn_store(t);
	char path[AY_OBJECT_PATH];
	struct ay_object o;
	struct stat st;
	bool immutable;
	int rc = ay_object_get(t, d, &o);

	if (rc && rc != AY_ENOTFOUND)
		return rc;
	ay_object_path(d, path);
	if (stat_placed(s, path, &st, &immutable) != 0)
		return errno == ENOENT ? not_in_place(t, d, "is not in place") : ay_txn_fail(t, -errno, "objects/%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_dev != s->dev || (uint64_t)st.st_size != size)
		return not_in_place(t, d, "has another size");
	if (rc == AY_ENOTFOUND) {
		/* Neither another name that goes away nor a flag that comes will move the ctime again. */
		bool final = st.st_nlink == 1 && (immutable || !s->set_immutable);

		o = (struct ay_object){ .state = final ? AY_OBJECT_SEALED : AY_OBJECT_PLACED, .epoch = s->epoch };
		ay_object_facts(&o, &st);
	} else if (!ay_object_matches(s, &o, &st)) {
		return not_in_place(t, d, "differs from what was sealed");
	}
	o.dead = false;
	if (o.refs++ == 0) {
		ay_txn_tally(t, AY_TALLY_OBJECTS, 1);
		ay_txn_tally(t, AY_TALLY_BYTES, (int64_t)size);
	}
	return ay_object_set(t, d, &o);
}

int ay_object_unref(struct ay_txn *t, const struct ay_sha256 *d)
{
	struct ay_object o;
	int rc = ay_object_get(t, d, &o);

	if (rc == AY_ENOTFOUND || (!rc && o.refs == 0))
		return not_in_place(t, d, "has no reference to drop");
	if (rc)
		return rc;
	if (--o.refs == 0) {
		ay_txn_tally(t, AY_TALLY_OBJECTS, -1);
		ay_txn_tally(t, AY_TALLY_BYTES, -(int64_t)o.size);
	}
	return ay_object_set(t, d, &o);
}

int ay_object_stat(struct ay_txn *t, const struct ay_sha256 *d, uint64_t *size_out, uint64_t *refs_out)
{
	struct ay_object o;
	int rc = ay_object_get(t, d, &o);

	if (rc)
		return rc;
	if (o.refs == 0)
		return AY_ENOTFOUND;
	*size_out = o.size;
	*refs_out = o.refs;
	return 0;
}

struct each {
	int (*fn)(uint64_t artifact, void *arg);
	void *arg;
};

static int each_use(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct each *w = arg;

	(void)val;
	(void)val_len;
	return key_len == 40 ? w->fn(ay_get_be64((const uint8_t *)key + 32), w->arg) : AY_ECORRUPT;
}

int ay_object_artifacts(struct ay_txn *t, const struct ay_sha256 *d, int (*fn)(uint64_t artifact, void *arg), void *arg)
{
	struct each w = { fn, arg };

	return ay_ix_each(t, AY_IX_OBJECT_USE, d->b, sizeof(d->b), NULL, 0, each_use, &w);
}

/* ---- opening ---- */

static int read_record(struct ay_store *s, const struct ay_sha256 *d, struct ay_object *out)
{
	struct ay_txn *t;
	int rc = ay_read_begin(s, &t);

	if (rc)
		return rc;
	rc = ay_object_get(t, d, out);
	ay_read_end(t);
	return rc;
}

static int differs(const struct ay_sha256 *d, struct ay_error *e)
{
	char hex[AY_SHA256_HEX];

	ay_sha256_hex(d, hex);
	ay_error_set(e, AY_ECORRUPT, "object %s differs from what was sealed", hex);
	ay_error_next(e, "assay fsck --scrub");
	return AY_ECORRUPT;
}

struct seal {
	const struct ay_sha256 *d;
	struct stat st;
};

static int record_seal(struct ay_txn *t, void *arg)
{
	struct seal *w = arg;
	struct ay_object o;
	int rc = ay_object_get(t, w->d, &o);

	if (rc)
		return rc;
	o.state = AY_OBJECT_SEALED;
	ay_object_facts(&o, &w->st);
	return ay_object_set(t, w->d, &o);
}

/* Hashes, then records the facts of fd as final. For objects whose ctime was not yet recorded, and for fsck. */
int ay_object_reseal(struct ay_store *s, const struct ay_sha256 *d, int fd, struct ay_error *e)
{
	struct seal w = { .d = d };
	struct ay_sha256 got;
	struct stat before;
	int rc;

	if (fstat(fd, &before) != 0)
		return ay_error_errno(e, "stat of an object");
	rc = ay_sha256_fd(fd, &got, NULL, e);
	if (rc)
		return rc;
	if (!ay_sha256_eq(&got, d))
		return differs(d, e);
	pthread_mutex_lock(&s->seal_lock);
	ay_object_flag(s, &fd, 1, true);
	if (fstat(fd, &w.st) != 0)
		rc = ay_error_errno(e, "stat of an object");
	else if (w.st.st_size != before.st_size || w.st.st_mtim.tv_sec != before.st_mtim.tv_sec || w.st.st_mtim.tv_nsec != before.st_mtim.tv_nsec)
		rc = differs(d, e);
	else
		rc = ay_commit(s, record_seal, &w, e);
	pthread_mutex_unlock(&s->seal_lock);
	return rc;
}

/* The quick comparison failed: a seal may be under way, or the object was never sealed, or it is damaged. */
static int check_slowly(struct ay_store *s, const struct ay_sha256 *d, int fd, struct ay_error *e)
{
	struct ay_object o;
	struct stat st;
	bool same = false;
	int rc;

	pthread_mutex_lock(&s->seal_lock);
	rc = read_record(s, d, &o);
	if (!rc && fstat(fd, &st) == 0)
		same = ay_object_matches(s, &o, &st);
	pthread_mutex_unlock(&s->seal_lock);
	if (rc)
		return ay_error_set(e, rc, "object: %s", ay_strerror(rc));
	if (same)
		return 0;
	if (o.dead || (o.state == AY_OBJECT_PLACED && o.epoch != s->epoch))
		return ay_object_reseal(s, d, fd, e);
	return differs(d, e);
}

int ay_object_check(struct ay_store *s, const struct ay_sha256 *d, const struct ay_object *o, int fd, struct ay_error *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ay_error_errno(e, "stat of an object");
	return ay_object_matches(s, o, &st) ? 0 : check_slowly(s, d, fd, e);
}

int ay_object_open(struct ay_store *s, const struct ay_sha256 *d, struct ay_error *e)
{
	char path[AY_OBJECT_PATH];
	struct ay_object o;
	int fd, rc = read_record(s, d, &o);

	ay_object_path(d, path);
	if (rc == AY_ENOTFOUND || (!rc && o.refs == 0))
		return ay_error_set(e, AY_ENOTFOUND, "no object %s", path + 3);
	if (rc)
		return ay_error_set(e, rc, "object %s: %s", path + 3, ay_strerror(rc));
	fd = openat(s->objects, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		if (errno != ENOENT)
			return ay_error_errno(e, "objects/%s", path);
		ay_error_set(e, AY_ECORRUPT, "object %s is referenced, but its file is gone", path + 3);
		ay_error_next(e, "assay fsck");
		return AY_ECORRUPT;
	}
	rc = ay_object_check(s, d, &o, fd, e);
	if (rc)
		ay_close(&fd);
	return rc ? rc : fd;
}
