/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor: a small process that starts and kills workers and flips the
 * immutable flag, so that the daemon needs neither right. It is forked while
 * the program has one thread, reads only fixed-size requests of its parent,
 * and ends, with all workers, when that goes away.
 */
#include "gate/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "assay/fd.h"
#include "assay/privilege.h"
#include "assay/store.h"
#include "gate/proto.h"
#include "gate/sandbox.h"

enum op { OP_START = 1, OP_KILL, OP_IMMUTABLE };

struct request {
	uint32_t op;
	int32_t pid;
	uint64_t memory_bytes;
	uint32_t on;
	uint32_t program;         /* enum monitor_program */
	char selftest[16];
};

struct reply {
	int32_t result;
	int32_t pid;
};

#define WORKERS_MAX 256
#define FLAGS_MAX AY_FLAG_STEP
#define PROGRAMS (MONITOR_WORKER_HDF5 + 1)

struct ay_monitor {
	pthread_mutex_t lock;   /* one request at a time on sock */
	int sock;
	pid_t pid;
};

/* ---- in the monitor ---- */

struct state {
	int sock, program[PROGRAMS];
	uint32_t uid, gid;
	pid_t workers[WORKERS_MAX];   /* 0: free; only these may be killed */
};

static int drop_capabilities(void)
{
	uint32_t keep = 1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_KILL | 1u << CAP_LINUX_IMMUTABLE;

	return ay_capabilities_keep(keep, keep);
}

static void become_worker(const struct state *s, int sock, int scratch, const struct request *q)
{
	const char *const serve[] = { "assay-worker", NULL };
	const char *const test[] = { "assay-worker", "--selftest", q->selftest, NULL };
	/* Huge pages, where the kernel gives any: a scan that needs megabytes spends a tenth of its time on faults without them. */
	const char *envp[] = { "LC_ALL=C", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1", NULL, NULL };
#ifdef ASSAY_SANITIZED
	const char *options = getenv("ASAN_OPTIONS");
	char line[512];

	if (options) {
		snprintf(line, sizeof(line), "ASAN_OPTIONS=%s", options);
		envp[2] = line;
	}
#endif
	/* High numbers first, so that no dup2 below overwrites a descriptor still needed. */
	int a = fcntl(sock, F_DUPFD, 16), b = fcntl(scratch, F_DUPFD, 16), program = fcntl(s->program[q->program], F_DUPFD, 16);

	if (a < 0 || b < 0 || program < 0 || dup2(a, PROTO_SOCKET) < 0 || dup2(b, PROTO_SCRATCH) < 0 || dup2(program, 5) < 0)
		_exit(126);
	if (fcntl(5, F_SETFD, FD_CLOEXEC) != 0 || syscall(SYS_close_range, 6u, ~0u, 0) != 0)
		_exit(126);
	if (sandbox_before_exec(q->memory_bytes, s->uid, s->gid) < 0)
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	syscall(SYS_execveat, 5, "", q->selftest[0] ? test : serve, envp, AT_EMPTY_PATH);
	_exit(127);
}

static int open_scratch(void)
{
	const char *dirs[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };

	for (size_t i = 0; i < AY_ARRAY_LEN(dirs); i++) {
		int fd = dirs[i] ? open(dirs[i], O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600) : -1;

		if (fd >= 0)
			return fd;
	}
	return -errno;
}

static int start(struct state *s, const struct request *q, pid_t *pid_out)
{
	int pair[2], slot = 0;

	if (q->program >= PROGRAMS || s->program[q->program] < 0)
		return -ENOENT;
	while (slot < WORKERS_MAX && s->workers[slot])
		slot++;
	if (slot == WORKERS_MAX)
		return -EAGAIN;
	AY_CLEANUP_FD int scratch = open_scratch();

	if (scratch < 0)
		return scratch;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return -errno;
	pid_t pid = fork();

	if (pid == 0)
		become_worker(s, pair[1], scratch, q);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return -errno;
	}
	s->workers[slot] = pid;
	*pid_out = pid;
	return pair[0];
}

static int kill_one(struct state *s, pid_t pid)
{
	for (int i = 0; i < WORKERS_MAX; i++) {
		if (pid <= 0 || s->workers[i] != pid)
			continue;
		/* Not reaped before here, so the number still means this process. */
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		s->workers[i] = 0;
		return 0;
	}
	return -ESRCH;
}

static int set_immutable(int fd, bool on)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return -errno;
	int want = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;

	return want == flags || ioctl(fd, FS_IOC_SETFLAGS, &want) == 0 ? 0 : -errno;
}

static int set_all_immutable(const int *fds, size_t n, bool on)
{
	int first = 0;

	for (size_t i = 0; i < n; i++) {
		int r = set_immutable(fds[i], on);

		if (first == 0)
			first = r;
	}
	return first;
}

AY_NORETURN static void monitor_main(struct state *s)
{
	prctl(PR_SET_NAME, "assay-monitor");
	/* Its end is the end of its parent, whatever a terminal or a service manager sends to the group. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (geteuid() == 0 && drop_capabilities() < 0)
		_exit(1);
	for (;;) {
		struct request q;
		struct reply a = { .result = -EINVAL };
		int in[FLAGS_MAX];
		AY_CLEANUP_FD int out = -1;
		size_t nfds = 0;
		ssize_t n = ay_recv_fds(s->sock, &q, sizeof(q), in, FLAGS_MAX, &nfds);

		if (n != (ssize_t)sizeof(q))
			break;
		q.selftest[sizeof(q.selftest) - 1] = '\0';
		if (q.op == OP_START) {
			pid_t pid = 0;

			out = start(s, &q, &pid);
			a.result = out < 0 ? out : 0;
			a.pid = pid;
		} else if (q.op == OP_KILL) {
			a.result = kill_one(s, q.pid);
		} else if (q.op == OP_IMMUTABLE && nfds > 0) {
			a.result = set_all_immutable(in, nfds, q.on);
		}
		while (nfds > 0)
			ay_close(&in[--nfds]);
		if (ay_send_fds(s->sock, &a, sizeof(a), &out, out >= 0 ? 1 : 0) < 0)
			break;
	}
	for (int i = 0; i < WORKERS_MAX; i++)
		if (s->workers[i])
			kill_one(s, s->workers[i]);
	_exit(0);
}

/* ---- in the parent ---- */

static int open_program(const char *path, const char *suffix, struct ay_error *e)
{
	char full[4300];

	snprintf(full, sizeof(full), "%s%s", path, suffix);
	int fd = open(full, O_PATH | O_CLOEXEC);

	return fd >= 0 ? fd : ay_error_errno(e, "open %s", full);
}

static int open_worker_program(const char *path, const char *suffix, struct ay_error *e)
{
	char self[4096], beside[4200];

#ifdef ASSAY_TESTING
	if (!path)
		path = getenv("ASSAY_WORKER");
#endif
	if (path)
		return open_program(path, suffix, e);
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = '\0';
		char *slash = strrchr(self, '/');

		snprintf(beside, sizeof(beside), "%.*s/assay-worker", (int)(slash - self), self);
		int fd = open_program(beside, suffix, NULL);

		if (fd >= 0)
			return fd;
	}
	int fd = open_program(ASSAY_LIBEXECDIR "/assay-worker", suffix, e);

	if (fd >= 0)
		return fd;
	ay_error_next(e, "install assay-worker and assay-worker-hdf5 beside assay, or run make install");
	return AY_EWORKER;
}

/* Without the second, HDF5 alone is not judged. */
static int open_programs(struct state *s, const char *worker_path, struct ay_error *e)
{
	s->program[MONITOR_WORKER] = open_worker_program(worker_path, "", e);
	if (s->program[MONITOR_WORKER] < 0)
		return s->program[MONITOR_WORKER];
	s->program[MONITOR_WORKER_HDF5] = open_worker_program(worker_path, "-hdf5", NULL);
	return 0;
}

static void close_programs(struct state *s)
{
	for (size_t i = 0; i < PROGRAMS; i++)
		ay_close(&s->program[i]);
}

/* A user of its own where the system has one, else nobody. */
static void worker_user(struct state *s)
{
	struct passwd *pw = getpwnam("assay-worker");

	if (!pw)
		pw = getpwnam("nobody");
	s->uid = pw ? pw->pw_uid : 65534;
	s->gid = pw ? pw->pw_gid : 65534;
}

int ay_monitor_start(const char *worker_path, struct ay_monitor **out, struct ay_error *e)
{
	static struct state s;
	int pair[2];
	struct ay_monitor *m = calloc(1, sizeof(*m));

	if (!m)
		return ay_error_set(e, -ENOMEM, "out of memory");
	int r = open_programs(&s, worker_path, e);

	if (r == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		r = ay_error_errno(e, "socketpair");
		close_programs(&s);
	}
	if (r < 0) {
		free(m);
		return r;
	}
	worker_user(&s);
	fflush(NULL);
	m->pid = fork();
	if (m->pid == 0) {
		close(pair[0]);
		s.sock = pair[1];
		monitor_main(&s);
	}
	int saved = errno;

	close(pair[1]);
	close_programs(&s);
	if (m->pid < 0) {
		close(pair[0]);
		free(m);
		errno = saved;
		return ay_error_errno(e, "fork");
	}
	m->sock = pair[0];
	pthread_mutex_init(&m->lock, NULL);
	*out = m;
	return 0;
}

void ay_monitor_stop(struct ay_monitor *m)
{
	if (!m)
		return;
	close(m->sock);
	while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
		;
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static int ask(struct ay_monitor *m, const struct request *q, const int *fds_in, size_t nfds_in, int *fd_out, pid_t *pid_out)
{
	struct reply a;
	int fd = -1;
	size_t nfds = 0;

	pthread_mutex_lock(&m->lock);
	ssize_t n = ay_send_fds(m->sock, q, sizeof(*q), fds_in, nfds_in);

	if (n == (ssize_t)sizeof(*q))
		n = ay_recv_fds(m->sock, &a, sizeof(a), &fd, 1, &nfds);
	pthread_mutex_unlock(&m->lock);
	if (n != (ssize_t)sizeof(a)) {
		ay_close(&fd);
		return AY_EWORKER;
	}
	if (fd_out && a.result == 0 && nfds == 1) {
		*fd_out = fd;
		*pid_out = a.pid;
		return 0;
	}
	ay_close(&fd);
	return fd_out && a.result == 0 ? AY_EWORKER : a.result;
}

int monitor_start_worker(struct ay_monitor *m, enum monitor_program program, uint64_t memory_bytes, const char *selftest,
			 struct monitor_worker *out)
{
	struct request q = { .op = OP_START, .memory_bytes = memory_bytes, .program = program };

	snprintf(q.selftest, sizeof(q.selftest), "%s", selftest ? selftest : "");
	return ask(m, &q, NULL, 0, &out->sock, &out->pid);
}

void monitor_kill_worker(struct ay_monitor *m, struct monitor_worker *w)
{
	struct request q = { .op = OP_KILL, .pid = w->pid };

	ay_close(&w->sock);
	/* A monitor that is gone has taken its workers along. */
	(void)!ask(m, &q, NULL, 0, NULL, NULL);
	w->pid = 0;
}

int ay_monitor_set_immutable(struct ay_monitor *m, const int *fds, size_t n, bool on)
{
	struct request q = { .op = OP_IMMUTABLE, .on = on };

	return ask(m, &q, fds, n, NULL, NULL);
}
