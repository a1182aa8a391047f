/* SPDX-License-Identifier: Apache-2.0 */
/* STORE/staging: the files of artifacts that are not admitted, under their own names. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "assay/fd.h"
#include "assay/text.h"
#include "store/internal.h"

static void part_path(uint64_t artifact, const char *part, char out[40])
{
	snprintf(out, 40, "%llu%s", (unsigned long long)artifact, part);
}

static int fail(struct ay_error *e, int code, const char *path)
{
	ay_error_set(e, code, "staging: %s", ay_strerror(code));
	ay_error_where(e, "staging/%s", path);
	return code;
}

int ay_staging_create(struct ay_store *s, uint64_t artifact, struct ay_error *e)
{
	char path[40];
	int rc;

	AY_FAILPOINT("staging-create");
	part_path(artifact, "/tree", path);
	rc = ay_mkdirs(s->staging, path, 0700);
	if (!rc) {
		part_path(artifact, "/claims", path);
		rc = ay_mkdirs(s->staging, path, 0700);
	}
	return rc ? fail(e, rc, path) : 0;
}

static int open_part(struct ay_store *s, uint64_t artifact, const char *part)
{
	char path[40];
	int fd;

	part_path(artifact, part, path);
	fd = ay_open_beneath(s->staging, path, O_PATH | O_DIRECTORY, 0);
	return fd == -ENOENT ? AY_ENOTFOUND : fd;
}

int ay_staging_tree_fd(struct ay_store *s, uint64_t artifact)
{
	return open_part(s, artifact, "/tree");
}

int ay_staging_claims_fd(struct ay_store *s, uint64_t artifact)
{
	return open_part(s, artifact, "/claims");
}

int ay_staging_remove(struct ay_store *s, uint64_t artifact, struct ay_error *e)
{
	char path[40];
	int rc;

	AY_FAILPOINT("staging-remove");
	part_path(artifact, "", path);
	rc = ay_rmtree(s->staging, path);
	return rc ? fail(e, rc, path) : 0;
}

/* ---- listing a tree ---- */

struct lister {
	struct ay_file_list *out;
	struct ay_buf path;
	struct ay_error *e;
};

static int list_dir(struct lister *w, int fd, size_t depth);

static int refuse(struct lister *w, int code, const char *why)
{
	char shown[160];

	ay_error_set(w->e, code, "%s", why);
	ay_error_where(w->e, "%s", ay_escape_str(shown, sizeof(shown), ay_buf_str(&w->path)));
	return code;
}

static int list_entry(struct lister *w, int dir, const char *name, size_t depth)
{
	struct stat st;
	int rc;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return refuse(w, -errno, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		return fd < 0 ? refuse(w, -errno, strerror(errno)) : list_dir(w, fd, depth + 1);
	}
	if (!S_ISREG(st.st_mode))
		return refuse(w, AY_ECORRUPT, "neither a file nor a directory");
	rc = ay_path_check(ay_buf_str(&w->path), w->path.len, w->e);
	if (!rc)
		rc = ay_file_list_add(w->out, ay_buf_str(&w->path), (uint64_t)st.st_size, NULL);
	if (rc)
		return rc;
	struct ay_file *f = &w->out->v[w->out->n - 1];

	f->executable = (st.st_mode & 0111) != 0;
	f->mtime_s = st.st_mtim.tv_sec;
	f->mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
	return 0;
}

/* Takes fd. */
static int list_dir(struct lister *w, int fd, size_t depth)
{
	DIR *d = fdopendir(fd);
	size_t base = w->path.len;
	struct dirent *de;
	int rc = 0;

	if (!d) {
		close(fd);
		return refuse(w, -ENOMEM, "out of memory");
	}
	if (depth > AY_LIMIT_PATH_DEPTH)
		rc = refuse(w, AY_ELIMIT, "too many directories deep");
	while (!rc && (errno = 0, de = readdir(d))) {
		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		w->path.len = base;
		if (base)
			ay_buf_addc(&w->path, '/');
		rc = ay_buf_adds(&w->path, de->d_name) ? refuse(w, AY_ELIMIT, "the path is too long") : list_entry(w, dirfd(d), de->d_name, depth);
	}
	if (!rc && errno)
		rc = refuse(w, -errno, strerror(errno));
	closedir(d);
	return rc;
}

int ay_staging_list(struct ay_store *s, uint64_t artifact, struct ay_file_list *out, struct ay_error *e)
{
	struct lister w = { .out = out, .path = ay_buf_new(AY_LIMIT_PATH + AY_LIMIT_COMPONENT), .e = e };
	char path[40];
	int fd, rc;

	part_path(artifact, "/tree", path);
	fd = ay_open_beneath(s->staging, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fail(e, fd == -ENOENT ? AY_ENOTFOUND : fd, path);
	rc = list_dir(&w, fd, 0);
	ay_buf_free(&w.path);
	ay_file_list_sort(out);
	return rc;
}

/* ---- all of staging ---- */

/* Decimal without leading zero, as part_path writes it. */
static bool parse_id(const char *name, uint64_t *out)
{
	char again[40], *end;

	errno = 0;
	*out = strtoull(name, &end, 10);
	part_path(*out, "", again);
	return !errno && !*end && strcmp(again, name) == 0;
}

/* Calls fn with each name in staging/. */
static int each_name(struct ay_store *s, int (*fn)(const char *name, void *arg), void *arg)
{
	int fd = openat(s->staging, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d) {
		rc = -errno;
		ay_close(&fd);
		return rc;
	}
	while (!rc && (errno = 0, de = readdir(d))) {
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			rc = fn(de->d_name, arg);
		else
			errno = 0;
	}
	if (!rc && errno)
		rc = -errno;
	closedir(d);
	return rc;
}

struct each {
	int (*fn)(uint64_t artifact, void *arg);
	void *arg;
};

static int each_id(const char *name, void *arg)
{
	struct each *w = arg;
	uint64_t id;

	return parse_id(name, &id) ? w->fn(id, w->arg) : 0;
}

int ay_staging_each(struct ay_store *s, int (*fn)(uint64_t artifact, void *arg), void *arg)
{
	struct each w = { fn, arg };

	return each_name(s, each_id, &w);
}

struct recovery {
	struct ay_store *s;
	struct ay_txn *t;
};

/* The tree of an admitted artifact is in objects/ already, and its claims are in the catalogue. */
static int recover_name(const char *name, void *arg)
{
	struct recovery *w = arg;
	struct ay_artifact a;
	uint64_t id;
	int rc;

	if (strncmp(name, "tmp-", 4) == 0)
		return unlinkat(w->s->staging, name, 0) == 0 || errno == ENOENT ? 0 : -errno;
	if (!parse_id(name, &id))
		return 0;
	rc = ay_artifact_by_id(w->t, id, &a);
	if (rc == AY_ENOTFOUND)
		return ay_rmtree(w->s->staging, name);
	if (rc || a.state == AY_OPEN || a.state == AY_HELD || a.state == AY_REJECTED)
		return rc;
	return ay_rmtree(w->s->staging, name);
}

int ay_staging_recover(struct ay_store *s, struct ay_error *e)
{
	struct recovery w = { .s = s };
	int rc = ay_read_begin(s, &w.t);

	if (rc)
		return ay_error_set(e, rc, "catalogue: %s", ay_strerror(rc));
	rc = each_name(s, recover_name, &w);
	ay_read_end(w.t);
	return rc ? fail(e, rc, "") : 0;
}

static int copy_bytes(int from, int to)
{
	static const size_t step = 1 * MIB;
	uint64_t off = 0;
	uint8_t *piece = malloc(step);
	ssize_t n = -1;
	int rc = piece ? 0 : -ENOMEM;

	while (rc == 0 && (n = pread(from, piece, step, (off_t)off)) > 0) {
		rc = ay_pwrite_full(to, piece, (size_t)n, off);
		off += (uint64_t)n;
	}
	if (rc == 0 && n < 0)
		rc = -errno;
	free(piece);
	return rc;
}

int ay_staging_own(struct ay_store *s, int tree_fd, const char *path, struct ay_error *e)
{
	const char *slash = strrchr(path, '/');
	char dir[AY_LIMIT_PATH + 1], name[48];
	struct stat st;
	AY_CLEANUP_FD int from = ay_open_beneath(tree_fd, path, O_RDONLY, 0);

	if (from < 0)
		return fail(e, from, path);
	if (fstat(from, &st) != 0)
		return ay_error_errno(e, "staging");
	if (st.st_nlink == 1)
		return fchmod(from, 0600) == 0 ? 0 : ay_error_errno(e, "staging: mode of %s", path);
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	AY_CLEANUP_FD int parent = ay_open_beneath(tree_fd, dir, O_RDONLY | O_DIRECTORY, 0);

	if (parent < 0)
		return fail(e, parent, path);
	snprintf(name, sizeof(name), "tmp-own-%llu", (unsigned long long)st.st_ino);
	unlinkat(s->staging, name, 0);
	AY_CLEANUP_FD int to = ay_open_beneath(s->staging, name, O_RDWR | O_CREAT | O_EXCL, 0600);
	int rc = to < 0 ? to : copy_bytes(from, to);

	if (rc == 0 && renameat(s->staging, name, parent, slash ? slash + 1 : path) != 0)
		rc = -errno;
	if (rc < 0) {
		unlinkat(s->staging, name, 0);
		return fail(e, rc, path);
	}
	return 0;
}
