/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSAY_MOUNT_H
#define ASSAY_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include "assay/attr.h"
#include "assay/error.h"

struct ay_gate;

struct ay_mount_options {
	const char *mount_point;
	bool read_only;
	bool passthrough;            /* wanted; used when library, kernel and CAP_SYS_ADMIN allow */
	bool allow_other;            /* as root always */
	unsigned threads;            /* 0: default */
	int ready_fd;                /* a byte is written when the mount answers; -1: none */
};
/*
 * What a process that will mount store holds beyond its user's rights: nothing but CAP_SYS_ADMIN, which mounting and
 * passthrough need, and CAP_DAC_OVERRIDE where store can be reached with that alone; the kernel spares it when memory
 * runs out. Call it after the monitor was started and before any thread.
 */
AY_MUSTCHECK int ay_mount_privileges(const char *store, struct ay_error *e);
/* Serves until unmounted or SIGTERM/SIGINT. Recovers a stale mount ("Transport endpoint is not connected") at the same place first. */
AY_MUSTCHECK int ay_mount_serve(struct ay_gate *g, const struct ay_mount_options *o, struct ay_error *e);
/* "passthrough" or "daemon", with the reason: for doctor. */
void ay_mount_describe(char *out, size_t size);
/* Unmounts (fusermount3 as an ordinary user); lazy when asked. */
AY_MUSTCHECK int ay_umount(const char *mount_point, bool lazy, struct ay_error *e);

#endif
