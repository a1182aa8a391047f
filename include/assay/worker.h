/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scan workers (DESIGN 4.3). The monitor is forked before any thread exists;
 * it starts and kills assay-worker processes and flips the immutable flag. The
 * pool hands jobs to idle workers, at most one each, fair between uids.
 */
#ifndef ASSAY_WORKER_H
#define ASSAY_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/error.h"
#include "assay/extract.h"
#include "assay/scan.h"

struct ay_monitor;
/* worker_path NULL: $ASSAY_WORKER in testing builds, else the installed or build-tree assay-worker beside this program. Call while single-threaded. */
AY_MUSTCHECK int ay_monitor_start(const char *worker_path, struct ay_monitor **out, struct ay_error *e);
void ay_monitor_stop(struct ay_monitor *m);
/* FS_IMMUTABLE_FL on at most 16 descriptors, by the monitor; the first failure is told, the others are still set. -EPERM where that is not possible. Thread-safe. */
AY_MUSTCHECK int ay_monitor_set_immutable(struct ay_monitor *m, const int *fds, size_t n, bool on);

struct ay_pool_options { unsigned workers; uint64_t memory_bytes; /* 0: limits.h */ };
struct ay_pool;
AY_MUSTCHECK int ay_pool_new(struct ay_monitor *m, const struct ay_pool_options *o, struct ay_pool **out, struct ay_error *e);
/* Waits for running jobs, kills workers. */
void ay_pool_free(struct ay_pool *p);

/* What the worker is asked; all borrowed until submit returns, fd is duplicated. */
struct ay_job {
	int fd;                          /* O_RDONLY of the sealed or frozen file */
	uint64_t size;
	uint32_t uid;                    /* queue it counts to */
	struct ay_scan_options options;
};
/*
 * code 0: result is valid; it is the pool's and gone after done returns, which
 * may move it out and leave zeros.
 * AY_EWORKER: the worker died, hung, or answered nonsense; e says which: the
 * file is not judged. AY_ELIMIT: queue full. Called once, from a pool thread.
 */
typedef void (*ay_job_done)(void *arg, int code, struct ay_scan_result *result, const struct ay_error *e);
AY_MUSTCHECK int ay_pool_submit(struct ay_pool *p, const struct ay_job *job, ay_job_done done, void *arg, struct ay_error *e);
/* Submits and waits; result is then owned by the caller (ay_scan_result_free). */
AY_MUSTCHECK int ay_pool_scan(struct ay_pool *p, const struct ay_job *job, struct ay_scan_result *out, struct ay_error *e);

/*
 * Table Schema that all rows of the table satisfy (assay/schema.h), inferred by a worker. Waits. options.describe: what people are shown
 * of its columns instead (ay_table_describe); options.schema_json: its reference for that schema (ay_schema_reference).
 */
AY_MUSTCHECK int ay_pool_infer(struct ay_pool *p, const struct ay_job *job, struct ay_buf *schema_out, struct ay_error *e);

/*
 * Judges the file and says where its tensors lie (assay/extract.h). x->fd, a file of the caller open for reading and
 * writing, is lent to the worker for what must be brought into order. Waits. What comes back has consistent types,
 * shapes and lengths; places are to be checked against both files. out and x are then owned by the caller.
 */
AY_MUSTCHECK int ay_pool_extract(struct ay_pool *p, const struct ay_job *job, struct ay_scan_result *out, struct ay_extract *x, struct ay_error *e);

/* What this machine gives the sandbox: "landlock 4, seccomp, own uid, no network, rlimits". For doctor. */
int ay_sandbox_describe(struct ay_buf *out);
/* Runs the worker's self-test: from inside, open, socket, exec, fork, ptrace and a 4 GiB allocation must all fail. 0, or AY_EWORKER naming what did not. */
AY_MUSTCHECK int ay_pool_selftest(struct ay_monitor *m, struct ay_error *e);

/* The worker's main after exec; socket is fd 3, scratch fd 4. Returns an exit status. */
int ay_worker_main(int argc, char **argv);

#endif
