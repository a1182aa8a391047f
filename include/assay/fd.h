/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptor helpers. Every durable step goes through here, so that tests can kill or drop at each (AY_FAILPOINT). */
#ifndef ASSAY_FD_H
#define ASSAY_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "assay/attr.h"
#include "assay/buf.h"

struct ay_error;

/* Closes when >= 0, keeps errno, sets -1. */
void ay_close(int *fd);
#define AY_CLEANUP_FD __attribute__((cleanup(ay_close)))
void ay_freep(void *p);
#define AY_CLEANUP_FREE __attribute__((cleanup(ay_freep)))

/* Open below dirfd only: RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, always O_CLOEXEC. Returns fd or -errno. */
AY_MUSTCHECK int ay_open_beneath(int dirfd, const char *path, int flags, mode_t mode);
/* As many bytes as asked, or AY_ETRUNC, or -errno. */
AY_MUSTCHECK int ay_pread_full(int fd, void *buf, size_t len, uint64_t off);
AY_MUSTCHECK int ay_write_full(int fd, const void *buf, size_t len);
AY_MUSTCHECK int ay_pwrite_full(int fd, const void *buf, size_t len, uint64_t off);
/*
 * Below, a dirfd of AT_FDCWD takes any path as the user gave it (absolute, through links); any other dirfd is a
 * border, as in ay_open_beneath.
 */
/* Whole regular file into b (b->max bounds it). */
AY_MUSTCHECK int ay_read_file(int dirfd, const char *path, struct ay_buf *b, struct ay_error *e);
/* Atomic and durable: temporary name, fsync, rename, fsync of the directory. */
AY_MUSTCHECK int ay_write_file(int dirfd, const char *path, const void *bytes, size_t len, mode_t mode, struct ay_error *e);
AY_MUSTCHECK int ay_fsync(int fd);
AY_MUSTCHECK int ay_fsync_dir(int dirfd, const char *path);
AY_MUSTCHECK int ay_syncfs(int fd);
/* mkdir -p below dirfd, each 0700 unless mode says otherwise; existing is fine. */
AY_MUSTCHECK int ay_mkdirs(int dirfd, const char *path, mode_t mode);
/* Recursive removal below dirfd, never follows links. Absent is fine. */
AY_MUSTCHECK int ay_rmtree(int dirfd, const char *path);

#define AY_FDS_MAX 64    /* descriptors of one message */
/* SOCK_SEQPACKET or SOCK_STREAM with descriptors. nfds <= AY_FDS_MAX. Returns bytes or -errno; received fds are O_CLOEXEC and owned by the caller. */
ssize_t ay_send_fds(int sock, const void *bytes, size_t len, const int *fds, size_t nfds);
ssize_t ay_recv_fds(int sock, void *bytes, size_t len, int *fds, size_t max_fds, size_t *nfds_out);

/*
 * Named point before or after a durable step. In builds with --enable-testing,
 * ASSAY_FAILPOINT=name[:n] kills the process (SIGKILL) at the n-th passage; an
 * ordinary build compiles it to nothing.
 */
#ifdef ASSAY_TESTING
void ay_failpoint(const char *name);
#define AY_FAILPOINT(name) ay_failpoint(name)
#else
#define AY_FAILPOINT(name) ((void)0)
#endif

#endif
