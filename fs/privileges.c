/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/capability.h>
#include <unistd.h>

#include "assay/fd.h"
#include "assay/mount.h"
#include "assay/privilege.h"

/* Every reader hangs on this process. Ordinary users may not ask for it, and a container may refuse it to root. */
static void spare_from_oom(void)
{
	static const char adj[] = "-900";
	AY_CLEANUP_FD int fd = geteuid() == 0 ? open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC) : -1;

	if (fd >= 0)
		(void)!write(fd, adj, sizeof(adj) - 1);
}

int ay_mount_privileges(const char *store, struct ay_error *e)
{
	const uint32_t mount = 1u << CAP_SYS_ADMIN, reach = 1u << CAP_DAC_OVERRIDE;
	int r;

	spare_from_oom();
	r = ay_capabilities_keep(mount, reach);
	if (r == 0 && faccessat(AT_FDCWD, store, R_OK | W_OK | X_OK, AT_EACCESS) == 0)
		r = ay_capabilities_keep(mount, 0);
	else if (r == 0)
		r = ay_capabilities_keep(mount | reach, 0);
	return r ? ay_error_set(e, r, "capabilities cannot be given up: %s", ay_strerror(r)) : 0;
}
