/* SPDX-License-Identifier: Apache-2.0 */
/* Making and removing directory trees. */
#include "assay/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RMTREE_DEPTH 256 /* one descriptor and one stack frame a level */

static int open_dir(int dirfd, const char *path, bool beneath)
{
	int fd;

	if (beneath)
		return ay_open_beneath(dirfd, path, O_PATH | O_DIRECTORY, 0);
	fd = openat(dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int ay_mkdirs(int dirfd, const char *path, mode_t mode)
{
	const bool beneath = dirfd != AT_FDCWD;
	AY_CLEANUP_FD int at = open_dir(dirfd, !beneath && path[0] == '/' ? "/" : ".", beneath);
	char component[NAME_MAX + 1];

	while (at >= 0) {
		size_t len;
		int next;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 0)
			return 0;
		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(component, path, len);
		component[len] = '\0';
		path += len;
		if (mkdirat(at, component, mode ? mode : 0700) != 0 && errno != EEXIST)
			return -errno;
		next = open_dir(at, component, beneath);
		ay_close(&at);
		at = next;
	}
	return at;
}

static int remove_entry(int dirfd, const char *name, int depth);

static int empty_dir(int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *de;
	int rc = 0;

	if (!dir) {
		rc = -errno;
		ay_close(&fd);
		return rc;
	}
	while (!rc && (errno = 0, de = readdir(dir))) {
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			rc = remove_entry(dirfd(dir), de->d_name, depth);
	}
	if (!rc && errno)
		rc = -errno;
	closedir(dir);
	return rc;
}

/* name is one component, or a path that the caller has resolved up to its last. */
static int remove_entry(int dirfd, const char *name, int depth)
{
	int fd, rc;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	rc = -errno;
	if (depth >= RMTREE_DEPTH)
		return -ELOOP;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOTDIR ? rc : -errno;
	rc = empty_dir(fd, depth + 1);
	if (!rc && unlinkat(dirfd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		rc = -errno;
	return rc;
}

int ay_rmtree(int dirfd, const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	size_t len = slash ? (size_t)(slash - path) : 0;
	AY_CLEANUP_FD int at = -1;

	if (!*path || (slash && !slash[1]) || len >= sizeof(parent))
		return -EINVAL;
	if (!slash)
		return remove_entry(dirfd, path, 0);
	memcpy(parent, path, len);
	parent[len] = '\0';
	at = open_dir(dirfd, len ? parent : "/", dirfd != AT_FDCWD);
	if (at < 0)
		return at == -ENOENT ? 0 : at;
	return remove_entry(at, slash + 1, 0);
}
