/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing bytes under their content name, and sealing them there. Placement
 * comes before the catalogue knows (INV-5): until a commit references it, a
 * placed file is an orphan that gc may take, and then ay_object_ref says so.
 */
#include <errno.h>
#include <fcntl.h>

#include "assay/fd.h"
#include "store/internal.h"

#define COPY_STEP (1u << 20)
#define SEAL_STEP 1024

/* By the descriptor where the kernel lets us (a capability, or Linux 6.10), else by its name in /proc, which costs more. */
static int link_fd(const struct ay_store *s, int fd, const char *path)
{
	char from[32];

	if (linkat(fd, "", s->objects, path, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT && errno != EPERM && errno != EINVAL)
		return -1;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, from, s->objects, path, AT_SYMLINK_FOLLOW);
}

/* A bad orphan is unlinked in the writer thread, so that nobody references it or what replaced it meanwhile. */
struct orphan {
	const struct ay_sha256 *d;
	ino_t ino;
};

static int drop_orphan(struct ay_txn *t, void *arg)
{
	struct orphan *w = arg;
	struct ay_store *s = ay_txn_store(t);
	char path[AY_OBJECT_PATH];
	struct stat st;
	int rc = ay_ix_has(t, AY_IX_OBJECT, w->d->b, sizeof(w->d->b));

	if (rc != AY_ENOTFOUND)
		return rc;
	ay_object_path(w->d, path);
	rc = fstatat(s->objects, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == w->ino ? ay_object_unlink(s, w->d) : 0;
	return rc ? ay_txn_fail(t, rc, "objects/%s: %s", path, ay_strerror(rc)) : 0;
}

enum found { FOUND_NONE, FOUND_GOOD };

/*
 * Whether the name is taken by the right bytes already. A file with a record is
 * known by its facts; one without may be what a power loss left, and is hashed,
 * unless it is the very inode that the caller wants to place (ino; 0: none).
 */
static int look(struct ay_store *s, const struct ay_sha256 *d, ino_t ino, struct ay_error *e)
{
	struct ay_sha256 got;
	struct ay_object o;
	struct ay_txn *t;
	struct stat st;
	char path[AY_OBJECT_PATH];
	int rc;

	ay_object_path(d, path);
	int fd AY_CLEANUP_FD = openat(s->objects, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? FOUND_NONE : ay_error_errno(e, "objects/%s", path);
	rc = ay_read_begin(s, &t);
	if (rc)
		return ay_error_set(e, rc, "catalogue: %s", ay_strerror(rc));
	rc = ay_object_get(t, d, &o);
	ay_read_end(t);
	if (rc == 0) {
		rc = ay_object_check(s, d, &o, fd, e);
		return rc ? rc : FOUND_GOOD;
	}
	if (rc != AY_ENOTFOUND)
		return ay_error_set(e, rc, "object %s: %s", path + 3, ay_strerror(rc));
	if (fstat(fd, &st) != 0)
		return ay_error_errno(e, "objects/%s", path);
	if (st.st_ino == ino)
		return FOUND_GOOD;
	rc = ay_sha256_fd(fd, &got, NULL, e);
	if (rc)
		return rc;
	if (ay_sha256_eq(&got, d))
		return FOUND_GOOD;
	struct orphan w = { d, st.st_ino };

	rc = ay_commit(s, drop_orphan, &w, e);
	return rc ? rc : FOUND_NONE;
}

/* Gives the file its content name, or finds that content there. */
static int link_name(struct ay_store *s, int fd, const struct ay_sha256 *d, ino_t ino, struct ay_error *e)
{
	char path[AY_OBJECT_PATH];

	ay_object_path(d, path);
	for (int tries = 0; tries < 8; tries++) {
		AY_FAILPOINT("link-before");
		if (link_fd(s, fd, path) == 0) {
			AY_FAILPOINT("link-after");
			return 0;
		}
		if (errno != EEXIST)
			return ay_error_errno(e, "placing objects/%s", path);
		int found = look(s, d, ino, e);

		if (found != FOUND_NONE)
			return found < 0 ? found : 0;
	}
	return ay_error_set(e, AY_EBUSY, "object %s comes and goes", path + 3);
}

/* ---- content without a staged file ---- */

/* A file without a name in objects/; where the file system has no O_TMPFILE, with one in staging/ that name_out tells. */
static int open_temp(struct ay_store *s, char name_out[40], struct ay_error *e)
{
	static atomic_uint serial;
	int fd = openat(s->objects, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0400);

	name_out[0] = '\0';
	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR)
		return ay_error_errno(e, "temporary file in objects/");
	snprintf(name_out, 40, "tmp-%u", atomic_fetch_add(&serial, 1));
	fd = openat(s->staging, name_out, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0400);
	return fd < 0 ? ay_error_errno(e, "temporary file in staging/") : fd;
}

static int place_temp(struct ay_store *s, int fd, const char *name, const struct ay_sha256 *d, struct ay_error *e)
{
	AY_FAILPOINT("placed-data");
	int rc = link_name(s, fd, d, 0, e);

	if (name[0])
		unlinkat(s->staging, name, 0);
	return rc;
}

/* 1 or 0, or a negative code. */
static int is_recorded(struct ay_store *s, const struct ay_sha256 *d, struct ay_error *e)
{
	struct ay_txn *t;
	int rc = ay_read_begin(s, &t);

	if (rc)
		return ay_error_set(e, rc, "catalogue: %s", ay_strerror(rc));
	rc = ay_ix_has(t, AY_IX_OBJECT, d->b, sizeof(d->b));
	ay_read_end(t);
	if (rc && rc != AY_ENOTFOUND)
		return ay_error_set(e, rc, "catalogue: %s", ay_strerror(rc));
	return rc == 0;
}

int ay_object_put_bytes(struct ay_store *s, const void *bytes, size_t len, struct ay_sha256 *d_out, struct ay_error *e)
{
	char name[40];
	int rc;

	*d_out = ay_sha256_of(bytes, len);
	/* What the catalogue does not know is rarely there, and then the link will say so. */
	rc = is_recorded(s, d_out, e);
	if (rc == 1)
		rc = look(s, d_out, 0, e);
	if (rc != FOUND_NONE)
		return rc < 0 ? rc : 0;
	int fd AY_CLEANUP_FD = open_temp(s, name, e);

	if (fd < 0)
		return fd;
	rc = ay_write_full(fd, bytes, len);
	if (rc) {
		if (name[0])
			unlinkat(s->staging, name, 0);
		return ay_error_set(e, rc, "writing an object: %s", ay_strerror(rc));
	}
	return place_temp(s, fd, name, d_out, e);
}

static int copy_hashing(int from, int to, struct ay_sha256 *d_out, uint64_t *size_out, struct ay_error *e)
{
	uint8_t *buf AY_CLEANUP_FREE = malloc(COPY_STEP);
	struct ay_hash *h = ay_hash_new();
	uint64_t off = 0;
	ssize_t n = 0;
	int rc = buf && h ? 0 : -ENOMEM;

	while (!rc && (n = pread(from, buf, COPY_STEP, (off_t)off)) != 0) {
		if (n < 0) {
			rc = errno == EINTR ? 0 : -errno;
			continue;
		}
		ay_hash_add(h, buf, (size_t)n);
		rc = ay_write_full(to, buf, (size_t)n);
		off += (uint64_t)n;
	}
	if (!rc) {
		*d_out = ay_hash_final(h);
		*size_out = off;
	}
	ay_hash_free(h);
	return rc ? ay_error_set(e, rc, "copying into the store: %s", ay_strerror(rc)) : 0;
}

int ay_object_put_fd(struct ay_store *s, int fd, struct ay_sha256 *d_out, uint64_t *size_out, struct ay_error *e)
{
	char name[40];
	int rc;
	int temp AY_CLEANUP_FD = open_temp(s, name, e);

	if (temp < 0)
		return temp;
	rc = copy_hashing(fd, temp, d_out, size_out, e);
	if (!rc)
		return place_temp(s, temp, name, d_out, e);
	if (name[0])
		unlinkat(s->staging, name, 0);
	return rc;
}

/* ---- inside a transaction ---- */

/* The name is taken: known by its facts, or by its bytes; a bad file without a record is unlinked (1: try again). */
static int take_over(struct ay_txn *t, int fd, const struct ay_sha256 *d)
{
	struct ay_store *s = ay_txn_store(t);
	char path[AY_OBJECT_PATH];
	struct ay_sha256 got;
	struct ay_object o;
	struct ay_error e;
	struct stat st;
	int known = ay_object_get(t, d, &o), rc;

	ay_object_path(d, path);
	if (known && known != AY_ENOTFOUND)
		return known;
	if (fstat(fd, &st) != 0)
		return ay_txn_fail(t, -errno, "objects/%s: %s", path, strerror(errno));
	if (!known && ay_object_matches(s, &o, &st))
		return 0;
	rc = ay_sha256_fd(fd, &got, NULL, &e);
	if (rc)
		return ay_txn_fail(t, rc, "%s", e.msg);
	if (ay_sha256_eq(&got, d)) {
		if (known)
			return 0;
		o.state = AY_OBJECT_PLACED;
		o.epoch = s->epoch;
		ay_object_facts(&o, &st);
		return ay_object_set(t, d, &o);
	}
	if (!known)
		return ay_txn_fail(t, AY_ECORRUPT, "object %s differs from what was sealed", path + 3);
	rc = ay_object_unlink(s, d);
	return rc ? ay_txn_fail(t, rc, "objects/%s: %s", path, ay_strerror(rc)) : 1;
}

static int link_new(struct ay_txn *t, const void *bytes, size_t len, const char *path)
{
	struct ay_store *s = ay_txn_store(t);
	struct ay_error e;
	char name[40];
	int fd AY_CLEANUP_FD = open_temp(s, name, &e);

	if (fd < 0)
		return ay_txn_fail(t, fd, "%s", e.msg);
	int rc = ay_write_full(fd, bytes, len);

	AY_FAILPOINT("placed-data");
	if (!rc && link_fd(s, fd, path) != 0)
		rc = -errno;
	AY_FAILPOINT("placed-link");
	if (name[0])
		unlinkat(s->staging, name, 0);
	return rc ? ay_txn_fail(t, rc, "placing objects/%s: %s", path, ay_strerror(rc)) : 0;
}

/* For the writer thread, which must wait for nobody; store.c syncs once before the batch commits. */
int ay_object_put_in(struct ay_txn *t, const void *bytes, size_t len, struct ay_sha256 *d_out)
{
	struct ay_store *s = ay_txn_store(t);
	char path[AY_OBJECT_PATH];
	int rc;

	*d_out = ay_sha256_of(bytes, len);
	ay_object_path(d_out, path);
	atomic_store(&s->unsynced, true);
	do {
		int fd AY_CLEANUP_FD = openat(s->objects, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0)
			rc = take_over(t, fd, d_out);
		else if (errno == ENOENT)
			rc = link_new(t, bytes, len, path);
		else
			rc = ay_txn_fail(t, -errno, "objects/%s: %s", path, strerror(errno));
	} while (rc == 1);
	return rc;
}

/* ---- staged files ---- */

int ay_object_link(struct ay_store *s, int fd, const struct ay_sha256 *d, struct ay_error *e)
{
	char path[AY_OBJECT_PATH];
	struct ay_sha256 got;
	struct stat st, there;
	uint64_t size;
	int rc;

	if (fstat(fd, &st) != 0)
		return ay_error_errno(e, "stat of a staged file");
	if (!S_ISREG(st.st_mode) || st.st_dev != s->dev)
		return ay_error_set(e, AY_EUSAGE, "not a staged file of this store");
	ay_object_path(d, path);
	bool here = fstatat(s->objects, path, &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_ino == st.st_ino;

	/*
	 * A second link that is not this very object is an orphan of an earlier try under another digest. Its removal by
	 * gc would move the ctime of what is sealed here, so this content gets an inode of its own.
	 */
	if (st.st_nlink > 1 && !here) {
		rc = ay_object_put_fd(s, fd, &got, &size, e);
		if (!rc && !ay_sha256_eq(&got, d))
			rc = ay_error_set(e, AY_EDIGEST, "a staged file changed while it was judged");
		return rc;
	}
	if (fchmod(fd, 0400) != 0)
		return ay_error_errno(e, "mode of a staged file");
	return link_name(s, fd, d, st.st_ino, e);
}

int ay_objects_sync(struct ay_store *s, struct ay_error *e)
{
	AY_FAILPOINT("sync-before");
	int rc = ay_syncfs(s->objects);

	AY_FAILPOINT("sync-after");
	return rc ? ay_error_set(e, rc, "sync of objects/: %s", ay_strerror(rc)) : 0;
}

/* ---- sealing ---- */

void ay_objects_flag(struct ay_store *s, const struct ay_sha256 *d, const int *fds, size_t n)
{
	int fresh[AY_FLAG_STEP];
	size_t k = 0;
	struct ay_txn *t;

	pthread_mutex_lock(&s->seal_lock);
	if (ay_read_begin(s, &t) == 0) {
		for (size_t i = 0; i < n && k < AY_FLAG_STEP; i++) {
			struct stat st;

			if (ay_ix_has(t, AY_IX_OBJECT, d[i].b, sizeof(d[i].b)) == AY_ENOTFOUND && fstat(fds[i], &st) == 0 && st.st_nlink == 1)
				fresh[k++] = fds[i];
		}
		ay_read_end(t);
	}
	if (k)
		ay_object_flag(s, fresh, k, true);
	pthread_mutex_unlock(&s->seal_lock);
}

struct batch {
	struct ay_store *s;
	size_t n;
	struct { struct ay_sha256 d; struct stat st; } v[SEAL_STEP]; /* sorted by d, which is first */
};

static int record_batch(struct ay_txn *t, void *arg)
{
	struct batch *b = arg;

	for (size_t i = 0; i < b->n; i++) {
		struct ay_object o;
		int rc = ay_object_get(t, &b->v[i].d, &o);

		if (rc == AY_ENOTFOUND || (!rc && !ay_object_matches(b->s, &o, &b->v[i].st)))
			continue;
		if (rc)
			return rc;
		o.state = AY_OBJECT_SEALED;
		ay_object_facts(&o, &b->v[i].st);
		rc = ay_object_set(t, &b->v[i].d, &o);
		if (rc)
			return rc;
	}
	return 0;
}

static bool is_placed(struct ay_txn *t, const struct ay_sha256 *d)
{
	struct ay_object o;

	return ay_object_get(t, d, &o) == 0 && o.refs && o.state == AY_OBJECT_PLACED;
}

static int by_digest(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ay_sha256));
}

/* Objects of the files that are referenced and not yet sealed, each once. */
static void find_placed(struct ay_store *s, const struct ay_file *files, size_t n, struct batch *b)
{
	struct ay_txn *t;

	b->n = 0;
	if (ay_read_begin(s, &t))
		return;
	for (size_t i = 0; i < n; i++) {
		if (is_placed(t, &files[i].sha256))
			b->v[b->n++].d = files[i].sha256;
	}
	ay_read_end(t);
	if (b->n == 0)
		return;
	qsort(b->v, b->n, sizeof(b->v[0]), by_digest);
	size_t kept = 1;

	for (size_t i = 1; i < b->n; i++) {
		if (!ay_sha256_eq(&b->v[i].d, &b->v[kept - 1].d))
			b->v[kept++].d = b->v[i].d;
	}
	b->n = kept;
}

/* Opens what can be flagged: not what has a second name still, a file of a later batch with the same content. */
static int open_to_flag(struct ay_store *s, const struct ay_sha256 *d)
{
	char path[AY_OBJECT_PATH];
	struct stat st;

	ay_object_path(d, path);
	int fd = openat(s->objects, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && (fstat(fd, &st) != 0 || st.st_nlink != 1))
		ay_close(&fd);
	return fd;
}

/* Flags each and takes its facts; drops from the batch what cannot be flagged now. */
static void flag_batch(struct batch *b)
{
	size_t kept = 0, i = 0;

	while (i < b->n) {
		int fds[AY_FLAG_STEP];
		size_t n = 0, first = kept;

		for (; i < b->n && n < AY_FLAG_STEP; i++) {
			fds[n] = open_to_flag(b->s, &b->v[i].d);
			if (fds[n] < 0)
				continue;
			b->v[first + n++].d = b->v[i].d;
		}
		if (n)
			ay_object_flag(b->s, fds, n, true);
		for (size_t k = 0; k < n; k++) {
			b->v[kept].d = b->v[first + k].d;
			if (fstat(fds[k], &b->v[kept].st) == 0)
				kept++;
			ay_close(&fds[k]);
		}
	}
	b->n = kept;
}

static void drop_staged(int tree, const struct ay_file *f)
{
	char dir[AY_LIMIT_PATH + 1];
	const char *slash = strrchr(f->path, '/');
	size_t len = slash ? (size_t)(slash - f->path) : 0;

	if (!slash) {
		unlinkat(tree, f->path, 0);
		return;
	}
	if (len >= sizeof(dir))
		return;
	memcpy(dir, f->path, len);
	dir[len] = '\0';
	int fd AY_CLEANUP_FD = ay_open_beneath(tree, dir, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0)
		unlinkat(fd, slash + 1, 0);
}

/* The links go first: an immutable file cannot be unlinked, and the flag must be the last thing that moves the ctime. */
static void seal_some(struct ay_store *s, int tree, const struct ay_file *files, size_t n, struct batch *b)
{
	pthread_mutex_lock(&s->seal_lock);
	AY_FAILPOINT("seal-unlink");
	for (size_t i = 0; i < n && tree >= 0; i++)
		drop_staged(tree, &files[i]);
	find_placed(s, files, n, b);
	AY_FAILPOINT("seal-flag");
	flag_batch(b);
	AY_FAILPOINT("seal-record");
	if (b->n && ay_commit(s, record_batch, b, NULL)) {
		/* They stay placed: compared without the ctime until a restart, hashed at the first open after it. */
		b->n = 0;
	}
	AY_FAILPOINT("sealed");
	pthread_mutex_unlock(&s->seal_lock);
}

void ay_objects_seal(struct ay_store *s, uint64_t artifact, const struct ay_file_list *files)
{
	struct batch *b = calloc(1, sizeof(*b));
	int tree AY_CLEANUP_FD = artifact ? ay_staging_tree_fd(s, artifact) : -1;

	if (!b)
		return;
	b->s = s;
	for (size_t i = 0; i < files->n; i += SEAL_STEP) {
		size_t n = files->n - i < SEAL_STEP ? files->n - i : SEAL_STEP;

		seal_some(s, tree, files->v + i, n, b);
	}
	free(b);
}
