/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only file that includes seccomp.h. libseccomp's caveats: rules on
 * arguments compare 64-bit registers, so masks must cover the whole register;
 * seccomp_load also sets no_new_privs unless told otherwise; memory of the
 * filter is freed by seccomp_release only.
 */
#include "gate/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#ifdef HAVE_LINUX_LANDLOCK_H
#include <linux/landlock.h>
#endif

#include "assay/buf.h"
#include "assay/error.h"
#include "assay/limits.h"
#include "assay/worker.h"

#define SCRATCH_BYTES (8 * GIB)

static int limit(int what, uint64_t value)
{
	struct rlimit r = { value, value };

	return setrlimit(what, &r) == 0 ? 0 : -errno;
}

int sandbox_before_exec(uint64_t memory_bytes, uint32_t uid, uint32_t gid)
{
	int r;

	if ((r = limit(RLIMIT_CORE, 0)) < 0 || (r = limit(RLIMIT_FSIZE, SCRATCH_BYTES)) < 0 || (r = limit(RLIMIT_NOFILE, 16)) < 0)
		return r;
#ifndef ASSAY_SANITIZED
	if ((r = limit(RLIMIT_AS, memory_bytes)) < 0)
		return r;
#else
	(void)memory_bytes;
#endif
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return -errno;
	return limit(RLIMIT_NPROC, 0);
}

int sandbox_landlock_abi(void)
{
#ifdef HAVE_LINUX_LANDLOCK_H
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
#else
	return 0;
#endif
}

#ifndef ASSAY_SANITIZED
static int enter_landlock(void)
{
#ifdef HAVE_LINUX_LANDLOCK_H
	int abi = sandbox_landlock_abi();

	if (abi == 0)
		return 0;
	/* All rights of the first ABI plus refer (2) and truncate (3): handled and granted nowhere. */
	struct landlock_ruleset_attr attr = { .handled_access_fs = (1ull << 13) - 1 };

	if (abi >= 2)
		attr.handled_access_fs |= 1ull << 13;
	if (abi >= 3)
		attr.handled_access_fs |= 1ull << 14;
	long fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);

	if (fd < 0)
		return -errno;
	int r = syscall(SYS_landlock_restrict_self, (int)fd, 0) == 0 ? 0 : -errno;

	close((int)fd);
	return r;
#else
	return 0;
#endif
}

static int enter_seccomp(void)
{
	static const int allowed[] = {
		SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64),
		SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(close), SCMP_SYS(lseek),
		SCMP_SYS(fstat), SCMP_SYS(ftruncate), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
		SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
		/* glibc's qsort asks how much memory there is, for arrays beyond 1 KiB. */
		SCMP_SYS(sysinfo),
		/* libhdf5 waits a nanosecond after metadata with a wrong checksum. */
		SCMP_SYS(clock_nanosleep),
	};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r = f ? 0 : -ENOMEM;

	for (size_t i = 0; i < AY_ARRAY_LEN(allowed) && r == 0; i++)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	/* Memory, but none that can be executed. */
	if (r == 0)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_load(f);
	if (f)
		seccomp_release(f);
	return r;
}
#endif

int sandbox_enter(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return -errno;
#ifdef ASSAY_SANITIZED
	return 0;
#else
	int r = enter_landlock();

	return r < 0 ? r : enter_seccomp();
#endif
}

int ay_sandbox_describe(struct ay_buf *out)
{
#ifdef ASSAY_SANITIZED
	return ay_buf_adds(out, "none: this is a sanitized build");
#else
	int abi = sandbox_landlock_abi();

	if (abi)
		ay_buf_addf(out, "landlock %d, ", abi);
	else
		ay_buf_adds(out, "no landlock in this kernel, ");
	ay_buf_adds(out, "seccomp (kill by default), ");
	return ay_buf_addf(out, "%s, no network, memory and time limits", geteuid() == 0 ? "own user" : "same user");
#endif
}
