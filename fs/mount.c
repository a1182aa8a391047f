/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a mount: stale ones recovered, session, negotiation, signals, end. */
#include "fs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include "assay/fd.h"

#define INO_BATCH 4096              /* st_ino reserved at once: each reservation is a durable commit */

extern char **environ;

/* One mount per process: a signal handler has no argument, and late callbacks of the gate find memory that is still there. */
static struct ay_mount the_mount;

uint64_t ay_mount_ino(struct ay_mount *m)
{
	uint64_t ino = 0;

	pthread_mutex_lock(&m->ino_lock);
	if (m->ino_next == m->ino_end && ay_node_reserve(m->store, INO_BATCH, &m->ino_next) == 0)
		m->ino_end = m->ino_next + INO_BATCH;
	if (m->ino_next != m->ino_end)
		ino = m->ino_next++;
	pthread_mutex_unlock(&m->ino_lock);
	return ino;
}

/* ---- what this machine can do ---- */

static bool has_sys_admin(void)
{
	char line[256];
	unsigned long long caps = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "CapEff:", 7) == 0)
			caps = strtoull(line + 7, NULL, 16);
	}
	if (f)
		fclose(f);
	return caps >> 21 & 1;              /* CAP_SYS_ADMIN */
}

/* NULL, or why reads cannot bypass the daemon. */
static const char *no_passthrough(void)
{
#ifdef FUSE_CAP_PASSTHROUGH
	unsigned major = 0, minor = 0;
	struct utsname u;

	if (uname(&u) < 0 || sscanf(u.release, "%u.%u", &major, &minor) != 2 || major < 6 || (major == 6 && minor < 9))
		return "the kernel is older than 6.9";
	if (!has_sys_admin())
		return "the process lacks CAP_SYS_ADMIN";
	return NULL;
#else
	(void)has_sys_admin;
	return "built with a libfuse older than 3.17 (scripts/build-libfuse.sh makes one)";
#endif
}

void ay_mount_describe(char *out, size_t size)
{
	const char *why = no_passthrough();

	if (why)
		snprintf(out, size, "daemon: %s", why);
	else
		snprintf(out, size, "passthrough: libfuse %s, kernel and capability allow it", fuse_pkgversion());
}

/* ---- session ---- */

static void set_wanted(struct fuse_conn_info *conn, unsigned flag, bool on)
{
	if (on && (conn->capable & flag))
		conn->want |= flag;
	else
		conn->want &= ~flag;
}

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	struct ay_mount *m = userdata;

	conn->max_write = AY_LIMIT_IO;
	conn->max_readahead = AY_LIMIT_IO;
	/* Bytes are hashed on their way, so they have to pass through memory. */
	set_wanted(conn, FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE, false);
	/* Pages of a node id never change: no look at mtime may drop them. */
	set_wanted(conn, FUSE_CAP_AUTO_INVAL_DATA, false);
	set_wanted(conn, FUSE_CAP_WRITEBACK_CACHE, false);
	set_wanted(conn, FUSE_CAP_ATOMIC_O_TRUNC, true);
	set_wanted(conn, FUSE_CAP_PARALLEL_DIROPS, true);
	set_wanted(conn, FUSE_CAP_READDIRPLUS, true);
	set_wanted(conn, FUSE_CAP_READDIRPLUS_AUTO, true);
#ifdef FUSE_CAP_PASSTHROUGH
	m->passthrough = m->options->passthrough && !no_passthrough() && (conn->capable & FUSE_CAP_PASSTHROUGH);
	set_wanted(conn, FUSE_CAP_PASSTHROUGH, m->passthrough);
	if (m->passthrough) {
		struct statfs st;
		bool stacked = fstatfs(ay_store_fd(m->store), &st) == 0 && st.f_type == OVERLAYFS_SUPER_MAGIC;

		/* 1 allows backing files on overlayfs, and forbids overlays on top of us. */
		conn->max_backing_stack_depth = stacked;
	}
#endif
	if (m->options->ready_fd >= 0 && write(m->options->ready_fd, "", 1) < 0)
		fuse_session_exit(m->session);      /* whoever started us is gone */
}

static const struct fuse_lowlevel_ops operations = {
	.init = op_init,
	.lookup = ay_op_lookup,
	.forget = ay_op_forget,
	.forget_multi = ay_op_forget_multi,
	.getattr = ay_op_getattr,
	.setattr = ay_op_setattr,
	.readlink = ay_op_readlink,
	.mknod = ay_op_mknod,
	.mkdir = ay_op_mkdir,
	.unlink = ay_op_unlink,
	.rmdir = ay_op_rmdir,
	.symlink = ay_op_symlink,
	.rename = ay_op_rename,
	.link = ay_op_link,
	.open = ay_op_open,
	.read = ay_op_read,
	.write = ay_op_write,
	.flush = ay_op_flush,
	.release = ay_op_release,
	.fsync = ay_op_fsync,
	.opendir = ay_op_opendir,
	.readdir = ay_op_readdir,
	.readdirplus = ay_op_readdirplus,
	.releasedir = ay_op_releasedir,
	.fsyncdir = ay_op_fsyncdir,
	.statfs = ay_op_statfs,
	.getxattr = ay_op_getxattr,
	.listxattr = ay_op_listxattr,
	.access = ay_op_access,
	.create = ay_op_create,
	/* Left out: setxattr, removexattr, fallocate and tmpfile answer EOPNOTSUPP; locks stay in the kernel. */
};

static int make_session(struct ay_mount *m, struct ay_error *e)
{
	const struct ay_mount_options *o = m->options;
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	int err = fuse_opt_add_arg(&args, "assay") || fuse_opt_add_arg(&args, "-ofsname=assay,subtype=assay,nosuid,nodev");

	if (o->read_only)
		err |= fuse_opt_add_arg(&args, "-oro");
	if (o->allow_other || geteuid() == 0)
		err |= fuse_opt_add_arg(&args, "-oallow_other");
	m->session = err ? NULL : fuse_session_new(&args, &operations, sizeof(operations), m);
	fuse_opt_free_args(&args);
	return m->session ? 0 : ay_error_set(e, -ENOMEM, "cannot make a FUSE session");
}

/* ---- signals ---- */

static void on_signal(int sig)
{
	fuse_session_exit(the_mount.session);
	/* The loop's thread has to wake up; the signal may have come to another one. */
	if (!pthread_equal(pthread_self(), the_mount.notifier.main))
		pthread_kill(the_mount.notifier.main, sig);
}

static const int end_signals[] = {SIGTERM, SIGINT, SIGHUP};

static void set_signals(struct sigaction *old)
{
	struct sigaction end = {.sa_handler = on_signal}, none = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < AY_ARRAY_LEN(end_signals); i++)
		sigaction(end_signals[i], &end, &old[i]);
	sigaction(SIGPIPE, &none, &old[AY_ARRAY_LEN(end_signals)]);
}

static void restore_signals(const struct sigaction *old)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(end_signals); i++)
		sigaction(end_signals[i], &old[i], NULL);
	sigaction(SIGPIPE, &old[AY_ARRAY_LEN(end_signals)], NULL);
}

/* ---- unmounting ---- */

static int run_fusermount(const char *mount_point, bool lazy, struct ay_error *e)
{
	const char *argv[] = {"fusermount3", "-u", lazy ? "-zq" : "-q", "--", mount_point, NULL};
	pid_t pid;
	int status, err = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ);

	if (err)
		return ay_error_set(e, -err, "cannot run fusermount3: %s", strerror(err));
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return ay_error_errno(e, "fusermount3");
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return ay_error_set(e, -EBUSY, "fusermount3 could not unmount %s", mount_point);
}

int ay_umount(const char *mount_point, bool lazy, struct ay_error *e)
{
	int err = 0;

	if (geteuid() != 0)
		err = run_fusermount(mount_point, lazy, e);
	else if (umount2(mount_point, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) < 0)
		err = ay_error_errno(e, "cannot unmount %s", mount_point);
	if (err == -EBUSY)
		ay_error_next(e, "end the programs that use it (fuser -m %s), or unmount with --lazy", mount_point);
	return err;
}

/* The mount of a daemon that died answers "Transport endpoint is not connected" until somebody removes it. */
static int recover(const char *mount_point, struct ay_error *e)
{
	struct stat st;
	int err;

	if (stat(mount_point, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 : ay_error_set(e, -ENOTDIR, "%s is not a directory", mount_point);
	if (errno != ENOTCONN)
		return ay_error_errno(e, "cannot mount on %s", mount_point);
	err = ay_umount(mount_point, true, e);
	if (err)
		return err;
	return stat(mount_point, &st) == 0 ? 0 : ay_error_errno(e, "cannot mount on %s", mount_point);
}

/* ---- life ---- */

static int start(struct ay_mount *m, struct ay_error *e)
{
	int err = ay_inodes_init(&m->inodes);

	if (err)
		return ay_error_set(e, err, "out of memory");
	ay_backings_init(&m->backings);
	err = make_session(m, e);
	if (err)
		ay_inodes_free(&m->inodes);
	return err;
}

static int serve_mounted(struct ay_mount *m, struct ay_error *e)
{
	struct sigaction old[AY_ARRAY_LEN(end_signals) + 1];
	int err = ay_notifier_start(m, e);

	if (err)
		return err;
	ay_gate_set_hook(m->gate, ay_notify_changed, m);
	set_signals(old);
	err = ay_session_serve(m);
	if (err)
		ay_error_set(e, err, "the FUSE session ended: %s", ay_strerror(err));
	ay_gate_set_hook(m->gate, NULL, NULL);
	ay_park_drain(m);
	ay_notifier_stop(m);
	restore_signals(old);
	return err;
}

int ay_mount_serve(struct ay_gate *g, const struct ay_mount_options *o, struct ay_error *e)
{
	struct ay_mount *m = &the_mount;
	int err = recover(o->mount_point, e);

	if (err)
		return err;
	*m = (struct ay_mount){.gate = g, .store = ay_gate_store(g), .options = o, .uid = geteuid(), .gid = getegid(), .started_s = time(NULL),
			       .ino_lock = PTHREAD_MUTEX_INITIALIZER, .handles_lock = PTHREAD_MUTEX_INITIALIZER,
			       .parking = {.lock = PTHREAD_MUTEX_INITIALIZER}};
	err = start(m, e);
	if (err)
		return err;
	if (fuse_session_mount(m->session, o->mount_point) < 0) {
		err = ay_error_set(e, -ENODEV, "cannot mount on %s", o->mount_point);
		ay_error_next(e, "%s", geteuid() == 0 ? "check that /dev/fuse exists (modprobe fuse)" : "check that fusermount3 is installed and /dev/fuse is accessible");
	} else {
		err = serve_mounted(m, e);
		fuse_session_unmount(m->session);
		ay_handles_abandon(m);
	}
	fuse_session_destroy(m->session);
	ay_inodes_free(&m->inodes);
	ay_backings_free(&m->backings);
	return err;
}
