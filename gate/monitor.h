/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATE_MONITOR_H
#define GATE_MONITOR_H

#include <stdint.h>
#include <sys/types.h>
#include "assay/attr.h"
#include "assay/worker.h"

/* A started worker: its end of the socket (owned by the caller) and its pid, which only monitor_kill_worker may use. */
struct monitor_worker { int sock; pid_t pid; };
enum monitor_program { MONITOR_WORKER, MONITOR_WORKER_HDF5 /* the same with libhdf5 */ };
/* selftest NULL: a serving worker; else "open", "socket" ... as gate/worker.c knows them. */
int monitor_start_worker(struct ay_monitor *m, enum monitor_program program, uint64_t memory_bytes, const char *selftest,
			 struct monitor_worker *out) AY_MUSTCHECK;
/* Kills (SIGKILL) and reaps; closes the socket. */
void monitor_kill_worker(struct ay_monitor *m, struct monitor_worker *w);

#endif
