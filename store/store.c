/* SPDX-License-Identifier: Apache-2.0 */
/* Making, opening and closing a store. */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <limits.h>
#include <sys/file.h>

#include "assay/ckd.h"
#include "assay/fd.h"
#include "store/internal.h"

#define FORMAT_TEXT "assay-store 1\n"

static int fail(struct ay_error *e, int code, const char *dir, const char *what)
{
	ay_error_set(e, code, "%s: %s", what, ay_strerror(code));
	ay_error_where(e, "%s", dir);
	return code;
}

/* ---- making ---- */

static int is_empty(int fd)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *de;
	int n = 0;

	if (!d) {
		int rc = -errno;

		ay_close(&again);
		return rc;
	}
	while ((de = readdir(d)))
		n += strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0;
	closedir(d);
	return n ? -EEXIST : 0;
}

/* Staged files become objects by a hard link: both places must be one file system that has them. */
static int try_link(int fd, struct ay_error *e)
{
	int staged = openat(fd, "staging/try", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600), rc = 0;

	if (staged < 0)
		return ay_error_errno(e, "staging/");
	close(staged);
	if (linkat(fd, "staging/try", fd, "objects/try", 0) != 0) {
		rc = ay_error_set(e, AY_EUNSUPPORTED, "objects/ and staging/ need one file system with hard links: %s", strerror(errno));
		ay_error_next(e, "choose a directory on a local file system such as ext4 or xfs");
	}
	unlinkat(fd, "objects/try", 0);
	unlinkat(fd, "staging/try", 0);
	return rc;
}

static int make_tree(int fd)
{
	static const char *const dirs[] = { "catalogue", "objects", "staging", "keys", "policy", "trust", "run" };
	char path[16];
	int rc = 0;

	for (size_t i = 0; i < AY_ARRAY_LEN(dirs) && !rc; i++)
		rc = ay_mkdirs(fd, dirs[i], 0700);
	for (int i = 0; i < 256 && !rc; i++) {
		snprintf(path, sizeof(path), "objects/%02x", i);
		rc = ay_mkdirs(fd, path, 0700);
	}
	return rc;
}

int ay_store_create(const char *dir, struct ay_error *e)
{
	struct ay_store *s;
	int rc;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return fail(e, -errno, dir, "making the store");
	int fd AY_CLEANUP_FD = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, -errno, dir, "making the store");
	rc = is_empty(fd);
	if (rc)
		return fail(e, rc, dir, "making the store");
	rc = make_tree(fd);
	if (rc)
		return fail(e, rc, dir, "making the store");
	rc = try_link(fd, e);
	if (rc)
		return rc;
	AY_FAILPOINT("create-tree");
	rc = ay_store_open_bare(dir, &s, e);
	if (rc)
		return rc;
	ay_store_close(s);
	rc = ay_syncfs(fd);
	if (rc)
		return fail(e, rc, dir, "making the store");
	AY_FAILPOINT("create-catalogue");
	return ay_write_file(fd, "format", FORMAT_TEXT, strlen(FORMAT_TEXT), 0600, e);
}

/* ---- opening ---- */

static int take_lock(struct ay_store *s, struct ay_error *e)
{
	char pid[32] = "";
	ssize_t n;

	s->lock = openat(s->fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return fail(e, -errno, s->dir, "lock");
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return fail(e, -errno, s->dir, "lock");
		n = pread(s->lock, pid, sizeof(pid) - 1, 0);
		pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
		ay_error_set(e, AY_EBUSY, "the store belongs to process %s", pid[0] ? pid : "(unknown)");
		ay_error_where(e, "%s", s->dir);
		return AY_EBUSY;
	}
	n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(s->lock, 0) != 0)
		return fail(e, -errno, s->dir, "lock");
	int rc = ay_pwrite_full(s->lock, pid, (size_t)n, 0);

	return rc ? fail(e, rc, s->dir, "lock") : 0;
}

static int open_dirs(struct ay_store *s, struct ay_error *e)
{
	struct stat st;

	s->objects = openat(s->fd, "objects", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	s->staging = openat(s->fd, "staging", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->objects < 0 || s->staging < 0 || fstat(s->objects, &st) != 0)
		return fail(e, -errno, s->dir, "objects and staging");
	s->dev = st.st_dev;
	return 0;
}

static int next_epoch(struct ay_txn *t, void *arg)
{
	struct ay_store *s = arg;

	return ay_counter_take(t, "epoch", 1, 1, &s->epoch);
}

/* Objects that were placed by closures of this batch must be on disk before the catalogue says so (INV-5). */
static int sync_placed(struct ay_txn *t, void *arg)
{
	struct ay_store *s = arg;
	struct ay_error e;
	int rc;

	if (!atomic_exchange(&s->unsynced, false))
		return 0;
	rc = ay_objects_sync(s, &e);
	return rc ? ay_txn_fail(t, rc, "%s", e.msg) : 0;
}

int ay_store_open_bare(const char *dir, struct ay_store **out, struct ay_error *e)
{
	struct ay_store *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return ay_error_set(e, -ENOMEM, "out of memory");
	s->fd = s->objects = s->staging = s->lock = -1;
	pthread_mutex_init(&s->seal_lock, NULL);
	pthread_mutex_init(&s->gc_lock, NULL);
	s->dir = realpath(dir, NULL);
	if (s->dir)
		s->fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = s->fd < 0 ? fail(e, -errno, dir, "opening the store") : 0;
	if (!rc)
		rc = take_lock(s, e);
	if (!rc)
		rc = open_dirs(s, e);
	if (!rc)
		rc = ay_index_open(s, e);
	if (!rc)
		rc = ay_store_on_commit(s, sync_placed, NULL, s);
	AY_FAILPOINT("open-epoch");
	if (!rc)
		rc = ay_commit(s, next_epoch, s, e);
	AY_FAILPOINT("opened");
	if (rc)
		ay_store_close(s);
	else
		*out = s;
	return rc;
}

static int check_format(const char *dir, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(64);
	int rc;
	int fd AY_CLEANUP_FD = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, -errno, dir, "opening the store");
	rc = ay_read_file(fd, "format", &b, e);
	if (rc == -ENOENT) {
		ay_error_set(e, AY_ENOTFOUND, "not a store: it has no format file");
		ay_error_where(e, "%s", dir);
		ay_error_next(e, "assay init %s", dir);
		rc = AY_ENOTFOUND;
	} else if (!rc && strcmp(ay_buf_str(&b), FORMAT_TEXT) != 0) {
		rc = ay_error_set(e, AY_EUNSUPPORTED, "a store of another format version");
		ay_error_where(e, "%s/format", dir);
	}
	ay_buf_free(&b);
	return rc;
}

int ay_store_open(const char *dir, struct ay_store **out, struct ay_error *e)
{
	struct ay_store *s;
	int rc = check_format(dir, e);

	if (!rc)
		rc = ay_store_open_bare(dir, &s, e);
	if (rc)
		return rc;
	rc = ay_staging_recover(s, e);
	if (rc)
		ay_store_close(s);
	else
		*out = s;
	return rc;
}

void ay_store_close(struct ay_store *s)
{
	if (!s)
		return;
	ay_index_close(s);
	ay_close(&s->staging);
	ay_close(&s->objects);
	ay_close(&s->lock);
	ay_close(&s->fd);
	pthread_mutex_destroy(&s->gc_lock);
	pthread_mutex_destroy(&s->seal_lock);
	free(s->dir);
	free(s);
}

const char *ay_store_dir(const struct ay_store *s)
{
	return s->dir;
}

int ay_store_fd(const struct ay_store *s)
{
	return s->fd;
}

/* ---- figures ---- */

/* A reserve stays for what must still be writable when ingest is not: revocations, deletions, the log. */
int ay_store_room(struct ay_store *s, uint64_t want_bytes, struct ay_error *e)
{
	uint64_t used, size, need;
	int rc = ay_index_usage(s, &used, &size);

	if (rc)
		return ay_error_set(e, rc, "catalogue: %s", ay_strerror(rc));
	if (ay_ckd_add_u64(used, want_bytes, &need) || need > size - size / 64) {
		ay_error_set(e, AY_ELIMIT, "catalogue full: %llu of %llu MiB used", (unsigned long long)(used / MIB), (unsigned long long)(size / MIB));
		ay_error_next(e, "assay gc");
		return AY_ELIMIT;
	}
	return 0;
}

int ay_store_stats(struct ay_store *s, struct ay_store_stats *out)
{
	uint64_t tally[AY_TALLY_N];
	struct ay_txn *t;
	int rc = ay_index_usage(s, &out->map_used, &out->map_size);

	if (!rc)
		rc = ay_read_begin(s, &t);
	if (rc)
		return rc;
	rc = ay_tally_get(t, tally);
	out->log_size = ay_ix_count(t, AY_IX_LOG_LEAF);
	ay_read_end(t);
	for (size_t i = 0; i < AY_ARRAY_LEN(out->artifacts); i++)
		out->artifacts[i] = tally[AY_TALLY_STATE + i];
	out->objects = tally[AY_TALLY_OBJECTS];
	out->object_bytes = tally[AY_TALLY_BYTES];
	out->files = tally[AY_TALLY_FILES];
	return rc;
}
