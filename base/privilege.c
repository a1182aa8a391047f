/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

int ay_capabilities_keep(uint32_t effective, uint32_t permitted)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data) != 0)
		return -errno;
	data[0].permitted &= effective | permitted;
	data[0].effective = data[0].permitted & effective;
	data[0].inheritable = 0;
	data[1] = (struct __user_cap_data_struct){ 0 };
	return syscall(SYS_capset, &head, data) == 0 ? 0 : -errno;
}
