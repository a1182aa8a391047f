/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into the process that owns a store, this keeps a second copy of it that holds only what was made durable,
 * and cuts the power when told. What a process writes is in that copy after the call that promises it: content of a
 * file after fsync or fdatasync of it, the bytes of a write through a descriptor opened O_DSYNC, names of a directory
 * after fsync of that directory, everything after syncfs. Nothing else survives. Content by writable mappings is not seen.
 *
 *   LOSSY_STORE  the directory watched (its real path); it is durable when the process starts
 *   LOSSY_OUT    an empty directory; what survives is left in LOSSY_OUT/tree, the number of sync calls in LOSSY_OUT/count
 *   LOSSY_CUT    SIGKILL instead of the N-th sync call; without it at the end of the process
 *   LOSSY_NAMES  1: names survive unsynced, as when a journal is ahead of the data; content that was not synced reads as zeros
 *
 * Files are told apart by inode and birth time; two names of one file stay two names of one file.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *store, *out;
static long cut, calls;
static int names_survive;
static pid_t owner;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(ret, name, ...) ((ret (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

static void die(const char *what)
{
	fprintf(stderr, "lossy: %s: %s\n", what, strerror(errno));
	_exit(98);
}

/* What tells one file from another that later has its inode number. */
static int key_of(int dirfd, const char *name, char key[80], struct stat *st)
{
	struct statx x;

	if (statx(dirfd, name, AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH), STATX_BASIC_STATS | STATX_BTIME, &x) != 0)
		return -1;
	if (st && fstatat(dirfd, name, st, AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH)) != 0)
		return -1;
	snprintf(key, 80, "%llu-%lld.%u", (unsigned long long)x.stx_ino, (long long)x.stx_btime.tv_sec, x.stx_btime.tv_nsec);
	return 0;
}

static int in_store(int fd)
{
	char link[64], path[PATH_MAX];
	size_t len = strlen(store);
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < (ssize_t)len)
		return 0;
	path[n] = '\0';
	return memcmp(path, store, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* ---- what is durable: out/data/KEY is a file's content, out/names/KEY a directory's names ---- */

static void copy_fd(int from, const char *to)
{
	char buf[65536], tmp[PATH_MAX];
	off_t off = 0;
	ssize_t n;

	snprintf(tmp, sizeof(tmp), "%s.new", to);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		die(tmp);
	while ((n = REAL(ssize_t, pread, int, void *, size_t, off_t)(from, buf, sizeof(buf), off)) > 0) {
		if (REAL(ssize_t, write, int, const void *, size_t)(fd, buf, (size_t)n) != n)
			die(tmp);
		off += n;
	}
	close(fd);
	if (n < 0 || rename(tmp, to) != 0)
		die(to);
}

/* Through /proc, because the caller's descriptor may be for writing only. */
static void keep_file(int fd)
{
	char key[80], path[PATH_MAX], self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	int own = open(self, O_RDONLY | O_CLOEXEC);

	if (own < 0 || key_of(own, "", key, NULL) != 0)
		die("a synced file");
	snprintf(path, sizeof(path), "%s/data/%s", out, key);
	copy_fd(own, path);
	close(own);
}

/* Of a file that is written through: these bytes and no others. */
static void keep_range(int fd, off_t off, ssize_t len)
{
	char key[80], path[PATH_MAX], self[64], buf[65536];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	int from = open(self, O_RDONLY | O_CLOEXEC);

	if (from < 0 || key_of(from, "", key, NULL) != 0)
		die("a file written through");
	snprintf(path, sizeof(path), "%s/data/%s", out, key);
	int to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	for (ssize_t n; len > 0; len -= n, off += n) {
		n = pread(from, buf, (size_t)len < sizeof(buf) ? (size_t)len : sizeof(buf), off);
		if (n <= 0 || to < 0 || REAL(ssize_t, pwrite, int, const void *, size_t, off_t)(to, buf, (size_t)n, off) != n)
			die(path);
	}
	close(from);
	close(to);
}

static void keep_names(int fd)
{
	char key[80], path[PATH_MAX], child[80];
	struct dirent *de;
	struct stat st;
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own < 0 ? NULL : fdopendir(own);

	if (!d || key_of(own, "", key, NULL) != 0)
		die("a synced directory");
	snprintf(path, sizeof(path), "%s/names/%s", out, key);
	FILE *f = fopen(path, "we");

	if (!f)
		die(path);
	while ((de = readdir(d))) {
		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0 || key_of(dirfd(d), de->d_name, child, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode))
			fprintf(f, "%c %o %s %s\n", S_ISDIR(st.st_mode) ? 'd' : 'f', st.st_mode & 07777, child, de->d_name);
	}
	closedir(d);
	fclose(f);
}

static void keep_tree(int fd, int content)
{
	struct dirent *de;
	struct stat st;
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own < 0 ? NULL : fdopendir(own);

	if (!d)
		die("the store");
	keep_names(own);
	while ((de = readdir(d))) {
		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0 || fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !(S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && content)))
			continue;
		int child = openat(dirfd(d), de->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (child < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			keep_tree(child, content);
		else
			keep_file(child);
		close(child);
	}
	closedir(d);
}

/* A file without a name is written out by syncfs too. */
static void keep_nameless(void)
{
	char path[64];
	struct stat st;

	for (int fd = 3; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0 && in_store(fd) && access(path, R_OK) == 0)
			keep_file(fd);
	}
}

static void keep_all(void)
{
	int fd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die(store);
	keep_tree(fd, 1);
	keep_nameless();
	close(fd);
}

/* ---- what is left ---- */

static void build_file(const char *key, unsigned mode, const char *to, const char *live)
{
	char data[PATH_MAX], made[PATH_MAX];
	struct stat st;

	snprintf(made, sizeof(made), "%s/made/%s", out, key);
	snprintf(data, sizeof(data), "%s/data/%s", out, key);
	if (access(made, F_OK) != 0) {
		int from = open(data, O_RDONLY | O_CLOEXEC);

		if (from >= 0) {
			copy_fd(from, made);
			close(from);
		} else {
			int fd = open(made, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

			if (fd < 0 || (names_survive && stat(live, &st) == 0 && REAL(int, ftruncate, int, off_t)(fd, st.st_size) != 0))
				die(made);
			close(fd);
		}
		chmod(made, mode);
	}
	if (link(made, to) != 0)
		die(to);
}

static void build_dir(const char *key, const char *to, const char *live)
{
	char path[PATH_MAX], line[PATH_MAX + 128], child[80], name[PATH_MAX], below[PATH_MAX], live_below[PATH_MAX], kind;
	unsigned mode;

	if (mkdir(to, 0700) != 0)
		die(to);
	snprintf(path, sizeof(path), "%s/names/%s", out, key);
	FILE *f = fopen(path, "re");

	if (!f) /* a directory whose own names were never synced is empty */
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%c %o %79s %4095[^\n]", &kind, &mode, child, name) != 4)
			die("a list of names");
		if (snprintf(below, sizeof(below), "%s/%s", to, name) >= (int)sizeof(below) ||
		    snprintf(live_below, sizeof(live_below), "%s/%s", live, name) >= (int)sizeof(live_below))
			die("a long path");
		if (kind == 'd')
			build_dir(child, below, live_below);
		else
			build_file(child, mode, below, live_below);
	}
	fclose(f);
}

static void build(void)
{
	char key[80], to[PATH_MAX];
	int fd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || key_of(fd, "", key, NULL) != 0)
		die(store);
	if (names_survive)
		keep_tree(fd, 0);
	close(fd);
	snprintf(to, sizeof(to), "%s/tree", out);
	build_dir(key, to, store);
	snprintf(to, sizeof(to), "%s/count", out);
	FILE *f = fopen(to, "we");

	if (!f || fprintf(f, "%ld\n", calls) < 0 || fclose(f) != 0)
		die(to);
}

/* ---- the calls ---- */

__attribute__((constructor)) static void begin(void)
{
	const char *n = getenv("LOSSY_CUT"), *names = getenv("LOSSY_NAMES");
	char path[PATH_MAX];

	store = getenv("LOSSY_STORE");
	out = getenv("LOSSY_OUT");
	if (!store || !out) {
		store = NULL;
		return;
	}
	cut = n ? strtol(n, NULL, 10) : 0;
	names_survive = names && *names == '1';
	owner = getpid();
	unsetenv("LD_PRELOAD"); /* workers own nothing */
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", out, (const char *const[]){"data", "names", "made"}[i]);
		if (mkdir(path, 0700) != 0)
			die(path);
	}
	keep_all();
}

__attribute__((destructor)) static void end(void)
{
	if (!store || getpid() != owner)
		return;
	pthread_mutex_lock(&lock);
	build();
	pthread_mutex_unlock(&lock);
}

/* Before the call: 1 when it concerns the store, with the lock held. */
static int enter(int fd)
{
	if (!store || getpid() != owner || !in_store(fd))
		return 0;
	pthread_mutex_lock(&lock);
	if (++calls == cut) {
		build();
		kill(owner, SIGKILL);
		pause();
	}
	return 1;
}

static void leave(void)
{
	pthread_mutex_unlock(&lock);
}

static void synced(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		die("fstat");
	if (S_ISDIR(st.st_mode))
		keep_names(fd);
	else
		keep_file(fd);
}

/* The disk's own sync is left out: SIGKILL loses nothing that the kernel has. */
int fsync(int fd)
{
	if (!enter(fd))
		return REAL(int, fsync, int)(fd);
	synced(fd);
	leave();
	return 0;
}

int fdatasync(int fd)
{
	if (!enter(fd))
		return REAL(int, fdatasync, int)(fd);
	synced(fd);
	leave();
	return 0;
}

int syncfs(int fd)
{
	if (!enter(fd))
		return REAL(int, syncfs, int)(fd);
	keep_all();
	leave();
	return 0;
}

static int is_sync(int fd)
{
	int flags = store ? fcntl(fd, F_GETFL) : -1;

	return flags != -1 && (flags & O_DSYNC);
}

/* off: where it was written; -1: where the descriptor stands. */
#define WRITER(name, off, params, types, args)                                          \
	ssize_t name params                                                             \
	{                                                                               \
		if (!is_sync(fd) || !enter(fd))                                         \
			return REAL(ssize_t, name, types) args;                         \
		ssize_t done = REAL(ssize_t, name, types) args;                         \
		if (done > 0)                                                           \
			keep_range(fd, (off) < 0 ? lseek(fd, 0, SEEK_CUR) - done : (off), done); \
		leave();                                                                \
		return done;                                                            \
	}
#define TYPES(...) __VA_ARGS__
WRITER(write, -1, (int fd, const void *b, size_t n), TYPES(int, const void *, size_t), (fd, b, n))
WRITER(pwrite, at, (int fd, const void *b, size_t n, off_t at), TYPES(int, const void *, size_t, off_t), (fd, b, n, at))
WRITER(pwrite64, at, (int fd, const void *b, size_t n, off64_t at), TYPES(int, const void *, size_t, off64_t), (fd, b, n, at))
WRITER(writev, -1, (int fd, const struct iovec *v, int n), TYPES(int, const struct iovec *, int), (fd, v, n))
WRITER(pwritev, at, (int fd, const struct iovec *v, int n, off_t at), TYPES(int, const struct iovec *, int, off_t), (fd, v, n, at))
