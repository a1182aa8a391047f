/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker gives up before it sees the first hostile byte. */
#ifndef GATE_SANDBOX_H
#define GATE_SANDBOX_H

#include <stdint.h>
#include "assay/attr.h"

/* Between fork and exec, async-signal-safe: limits, and as root another user without groups. 0 or -errno. */
int sandbox_before_exec(uint64_t memory_bytes, uint32_t uid, uint32_t gid) AY_MUSTCHECK;
/*
 * In the worker, once, before the first request: no new privileges, Landlock
 * with no rules where the kernel has it, seccomp that kills on anything but
 * reading, writing and memory. 0 or a negative code; the worker must not go on
 * after a failure. Does nothing in sanitized builds, whose run time needs more.
 */
int sandbox_enter(void) AY_MUSTCHECK;
/* The Landlock ABI of this kernel, 0 when it has none. */
int sandbox_landlock_abi(void);

#endif
