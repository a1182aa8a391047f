/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that a passthrough file system can be: a flat directory whose files
 * the kernel reads by itself. One OPEN is answered with a backing id, nothing is
 * checked, looked up or counted beyond that. The bench holds Assay's reads
 * against it: what is left between the two is Assay's own.
 *
 *   passthrough_example DIRECTORY MOUNT_POINT [cached]      serves until it is unmounted
 *
 * cached: without passthrough; the kernel keeps what it read once. The least that a reader's own pages can cost.
 */
#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef FUSE_CAP_PASSTHROUGH
#define FOREVER_S 86400.0
#define MAX_FILES 1000000

struct file { char *name; int backing; unsigned opens; };

static int source;
static struct file files[MAX_FILES];     /* node id minus 2 */
static size_t nfiles;
static bool cached;

static void op_init(void *arg, struct fuse_conn_info *conn)
{
	(void)arg;
	if (cached)
		return;
	conn->want |= conn->capable & FUSE_CAP_PASSTHROUGH;
	conn->max_backing_stack_depth = 0;
}

static int stat_of(fuse_ino_t ino, struct stat *st)
{
	int err = ino == FUSE_ROOT_ID ? fstat(source, st) : fstatat(source, files[ino - 2].name, st, AT_SYMLINK_NOFOLLOW);

	return err < 0 ? errno : 0;
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = {.attr_timeout = FOREVER_S, .entry_timeout = FOREVER_S};
	size_t i = 0;

	if (parent != FUSE_ROOT_ID || fstatat(source, name, &e.attr, AT_SYMLINK_NOFOLLOW) < 0 || nfiles == MAX_FILES) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	for (i = 0; i < nfiles && strcmp(files[i].name, name) != 0;)
		i++;
	if (i == nfiles)
		files[nfiles++].name = strdup(name);
	e.ino = i + 2;
	fuse_reply_entry(req, &e);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;
	int err = stat_of(ino, &st);

	(void)fi;
	if (err)
		fuse_reply_err(req, err);
	else
		fuse_reply_attr(req, &st, FOREVER_S);
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct file *f = &files[ino - 2];
	int fd;

	fi->noflush = 1;
	if (cached) {
		fd = openat(source, f->name, O_RDONLY | O_CLOEXEC);
		fi->fh = (uint64_t)fd;
		fi->keep_cache = 1;
		if (fd < 0)
			fuse_reply_err(req, EIO);
		else
			fuse_reply_open(req, fi);
		return;
	}
	if (!f->opens) {
		fd = openat(source, f->name, O_RDONLY | O_CLOEXEC);
		f->backing = fd < 0 ? 0 : fuse_passthrough_open(req, fd);
		close(fd);
	}
	if (f->backing <= 0) {
		fuse_reply_err(req, EIO);
		return;
	}
	f->opens++;
	fi->backing_id = f->backing;
	fuse_reply_open(req, fi);
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct file *f = &files[ino - 2];

	if (cached)
		close((int)fi->fh);
	else if (--f->opens == 0)
		fuse_passthrough_close(req, f->backing);
	fuse_reply_err(req, 0);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct fuse_bufvec b = FUSE_BUFVEC_INIT(size);

	(void)ino;
	b.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	b.buf[0].fd = (int)fi->fh;
	b.buf[0].pos = off;
	fuse_reply_data(req, &b, 0);
}

static const struct fuse_lowlevel_ops operations = {
	.init = op_init, .lookup = op_lookup, .getattr = op_getattr, .open = op_open, .read = op_read, .release = op_release,
};

int main(int argc, char **argv)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_session *se;
	int err;

	if (argc != 3 && (argc != 4 || strcmp(argv[3], "cached") != 0))
		return 64;
	cached = argc == 4;
	source = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (source < 0 || fuse_opt_add_arg(&args, argv[0]) || fuse_opt_add_arg(&args, "-oallow_other,fsname=passthrough_example"))
		return 2;
	se = fuse_session_new(&args, &operations, sizeof(operations), NULL);
	if (!se || fuse_set_signal_handlers(se) < 0 || fuse_session_mount(se, argv[2]) < 0)
		return 2;
	puts("ready");
	fflush(stdout);
	err = fuse_session_loop(se);
	fuse_session_unmount(se);
	fuse_session_destroy(se);
	return err < 0 ? 2 : 0;
}
#else
int main(void)
{
	fputs("passthrough_example: this libfuse knows no passthrough\n", stderr);
	return 77;
}
#endif
