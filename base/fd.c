/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, writing and durability of single files. Trees are in tree.c, descriptor passing in sendfd.c. */
#include "assay/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "assay/error.h"

#define READ_STEP 65536u

void ay_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void ay_freep(void *p)
{
	free(*(void **)p);
}

int ay_open_beneath(int dirfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		/* openat2 refuses a mode that would not be used. */
		.mode = (flags & (O_CREAT | __O_TMPFILE)) ? mode & 07777 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do {
		fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return fd < 0 ? -errno : (int)fd;
}

/* AT_FDCWD stands for paths that the user named: links and absolute paths are theirs to use. */
static int open_in(int dirfd, const char *path, int flags, mode_t mode)
{
	int fd;

	if (dirfd != AT_FDCWD)
		return ay_open_beneath(dirfd, path, flags, mode);
	do {
		fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

static int check_range(size_t len, uint64_t off)
{
	return len > SSIZE_MAX || off > (uint64_t)INT64_MAX - len ? -EOVERFLOW : 0;
}

int ay_pread_full(int fd, void *buf, size_t len, uint64_t off)
{
	uint8_t *p = buf;
	int rc = check_range(len, off);

	while (!rc && len) {
		ssize_t n = pread(fd, p, len, (off_t)off);

		if (n == 0)
			return AY_ETRUNC;
		if (n < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return rc;
}

int ay_write_full(int fd, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int ay_pwrite_full(int fd, const void *buf, size_t len, uint64_t off)
{
	const uint8_t *p = buf;
	int rc = check_range(len, off);

	while (!rc && len) {
		ssize_t n = pwrite(fd, p, len, (off_t)off);

		if (n < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return rc;
}

/* Up to the end of file, not up to a size that may change meanwhile. */
static int read_to_end(int fd, struct ay_buf *b)
{
	for (;;) {
		size_t room = b->max - b->len < READ_STEP ? b->max - b->len : READ_STEP;
		uint8_t *p, beyond;
		ssize_t n;

		p = room ? ay_buf_reserve(b, room) : &beyond;
		if (!p)
			return b->err;
		n = read(fd, p, room ? room : 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (!room)
			return b->err = AY_ELIMIT;
		ay_buf_grew(b, (size_t)n);
	}
}

int ay_read_file(int dirfd, const char *path, struct ay_buf *b, struct ay_error *e)
{
	/* O_NONBLOCK: a FIFO must not hold us up before it is refused. */
	AY_CLEANUP_FD int fd = open_in(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;
	int rc;

	if (fd < 0) {
		errno = -fd;
		return ay_error_errno(e, "cannot open %s", path);
	}
	if (fstat(fd, &st) != 0)
		return ay_error_errno(e, "cannot stat %s", path);
	if (!S_ISREG(st.st_mode))
		return ay_error_set(e, S_ISDIR(st.st_mode) ? -EISDIR : AY_EUNSUPPORTED, "%s is not a regular file", path);
	rc = b->err ? b->err : read_to_end(fd, b);
	if (rc == AY_ELIMIT)
		return ay_error_set(e, rc, "%s is longer than %zu bytes", path, b->max);
	if (rc)
		return ay_error_set(e, rc, "cannot read %s: %s", path, ay_strerror(rc));
	return 0;
}

int ay_fsync(int fd)
{
	int rc;

	AY_FAILPOINT("fsync.before");
	do {
		rc = fsync(fd);
	} while (rc != 0 && errno == EINTR);
	AY_FAILPOINT("fsync.after");
	return rc ? -errno : 0;
}

int ay_fsync_dir(int dirfd, const char *path)
{
	AY_CLEANUP_FD int fd = open_in(dirfd, path && *path ? path : ".", O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? fd : ay_fsync(fd);
}

int ay_syncfs(int fd)
{
	int rc;

	AY_FAILPOINT("syncfs.before");
	rc = syncfs(fd) ? -errno : 0;
	AY_FAILPOINT("syncfs.after");
	return rc;
}

/* Opens the directory that path lies in; *base_out is the last component. */
static int open_parent(int dirfd, const char *path, const char **base_out)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	size_t len = slash ? (size_t)(slash - path) : 0;

	*base_out = slash ? slash + 1 : path;
	if (!**base_out)
		return -EISDIR;
	if (len >= sizeof(parent))
		return -ENAMETOOLONG;
	memcpy(parent, path, len);
	parent[len] = '\0';
	return open_in(dirfd, !slash ? "." : len ? parent : "/", O_RDONLY | O_DIRECTORY, 0);
}

/* Makes a file with a new random name in dirfd, writes it out and makes it durable. The name is the caller's to rename or unlink. */
static int write_temporary(int dirfd, const void *bytes, size_t len, mode_t mode, char name[32])
{
	AY_CLEANUP_FD int fd = -1;
	uint64_t tag;
	int rc;

	if (getrandom(&tag, sizeof(tag), 0) != (ssize_t)sizeof(tag))
		return -EIO;
	snprintf(name, 32, ".tmp-%016llx", (unsigned long long)tag);
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		name[0] = '\0';
		return -errno;
	}
	rc = ay_write_full(fd, bytes, len);
	/* fchmod: the mode asked for, whatever the umask. */
	if (!rc && fchmod(fd, mode) != 0)
		rc = -errno;
	AY_FAILPOINT("file.written");
	return rc ? rc : ay_fsync(fd);
}

int ay_write_file(int dirfd, const char *path, const void *bytes, size_t len, mode_t mode, struct ay_error *e)
{
	char name[32] = "";
	const char *base;
	AY_CLEANUP_FD int parent = open_parent(dirfd, path, &base);
	int rc = parent < 0 ? parent : write_temporary(parent, bytes, len, mode, name);

	if (!rc) {
		AY_FAILPOINT("file.synced");
		rc = renameat(parent, name, parent, base) ? -errno : 0;
	}
	if (rc && name[0])
		unlinkat(parent, name, 0);
	if (!rc) {
		AY_FAILPOINT("file.renamed");
		rc = ay_fsync(parent);
	}
	return rc ? ay_error_set(e, rc, "cannot write %s: %s", path, ay_strerror(rc)) : 0;
}

#ifdef ASSAY_TESTING
void ay_failpoint(const char *name)
{
	static atomic_int left = -1; /* passages until death; 0: disarmed */
	const char *armed = getenv("ASSAY_FAILPOINT");
	const char *colon = armed ? strrchr(armed, ':') : NULL;
	size_t len = colon ? (size_t)(colon - armed) : armed ? strlen(armed) : 0;
	int unset = -1;

	if (!armed || strlen(name) != len || memcmp(armed, name, len) != 0)
		return;
	atomic_compare_exchange_strong(&left, &unset, colon ? (int)strtol(colon + 1, NULL, 10) : 1);
	if (atomic_fetch_sub(&left, 1) == 1)
		kill(getpid(), SIGKILL);
}
#endif
