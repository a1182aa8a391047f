/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSAY_ERROR_H
#define ASSAY_ERROR_H

#include <stdint.h>
#include "assay/attr.h"

/*
 * Fallible functions return 0, or a negative code: -errno for a system cause,
 * or one of these. The comment says what a caller may do next.
 */
enum ay_err {
	AY_OK = 0,
	AY_ETRUNC = -1000,   /* input ends too early; the input is bad */
	AY_EFORMAT = -1001,          /* input is malformed, ambiguous or has leftovers; the input is bad */
	AY_ELIMIT = -1002,           /* a limit of limits.h or of the policy was exceeded; retry only with other limits */
	AY_EUNSUPPORTED = -1003,     /* well-formed as far as seen, but not something we judge; never "clean" */
	AY_EDIGEST = -1004,          /* bytes do not have the digest that was expected */
	AY_ESIGNATURE = -1005,       /* a signature does not verify */
	AY_ETRUST = -1006,           /* the trust root does not allow this key to do this, is expired, or the key is revoked */
	AY_EPOLICY = -1007,          /* refused by policy, or a gate said fail: the answer is no */
	AY_EACCESS = -1008,          /* this user may not do this */
	AY_ENOTFOUND = -1009,        /* no such reference, record, key */
	AY_EEXISTS = -1010,          /* the name is taken by other content */
	AY_ESTATE = -1011,           /* not possible in the state that the artifact is in */
	AY_EBUSY = -1012,            /* another process owns the store, or a resource is exhausted for now; try later */
	AY_EUSAGE = -1013,           /* the request itself is wrong */
	AY_ECORRUPT = -1014,         /* our own disk state is inconsistent: run fsck */
	AY_EROLLBACK = -1015,        /* the store is older than what this machine has already seen */
	AY_EWORKER = -1016,          /* a worker died, hung or answered nonsense; the artifact is held */
	AY_EINTERNAL = -1017,        /* a bug */
};

/* Whose fault a code is; decides exit status and errno. */
enum ay_grade {
	AY_GRADE_OK,
	AY_GRADE_INPUT,      /* the input is bad: exit 1 */
	AY_GRADE_REFUSED,    /* refused on purpose: exit 1 */
	AY_GRADE_CANNOT,     /* could not judge or do: exit 2 */
	AY_GRADE_USAGE,      /* exit 64 */
	AY_GRADE_BUG
};

#define AY_NO_OFFSET UINT64_MAX

/*
 * Optional detail, owned by the caller, passed last; NULL is allowed
 * everywhere. No allocation, no globals. The strings are always terminated and
 * hold valid UTF-8 with control bytes escaped, so they may be printed.
 */
struct ay_error {
	int code;
	uint64_t off;        /* byte offset in the input, or AY_NO_OFFSET */
	char where[192];     /* file, member or reference concerned, may be empty */
	char msg[384];       /* one sentence, lower case, no full stop */
	char next[192];      /* one command or action that helps, may be empty */
};

/* Fills *e when e is not NULL (where and next emptied, off = AY_NO_OFFSET) and returns code. */
int ay_error_set(struct ay_error *e, int code, const char *fmt, ...) AY_PRINTF(3, 4);
int ay_error_at(struct ay_error *e, int code, uint64_t off, const char *fmt, ...) AY_PRINTF(4, 5);
/* Add to an error that was set; later calls replace. */
void ay_error_where(struct ay_error *e, const char *fmt, ...) AY_PRINTF(2, 3);
void ay_error_next(struct ay_error *e, const char *fmt, ...) AY_PRINTF(2, 3);
/* ay_error_set(e, -errno, "WHAT: strerror"). */
int ay_error_errno(struct ay_error *e, const char *fmt, ...) AY_PRINTF(2, 3);

/* Short lower-case English phrase for a code, our own or -errno. Static storage or thread-safe strerror. */
const char *ay_strerror(int code);
enum ay_grade ay_grade(int code);
/* Exit status of a command that ends with this code: 0, 1, 2 or 64. */
int ay_exit_status(int code);

/* Our own invariant is broken: says so on stderr and aborts. */
AY_NORETURN void ay_bug(const char *fmt, ...) AY_PRINTF(1, 2);

#endif
