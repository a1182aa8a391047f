/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded reader over borrowed bytes. The first failure sticks: later calls
 * return zero and move nothing, so a caller reads several fields and checks
 * once, but must check c->err before any branch, loop bound or allocation that
 * depends on a value just read. Not thread-safe; copyable (a copy is a
 * bookmark).
 */
#ifndef ASSAY_CURSOR_H
#define ASSAY_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/error.h"

struct ay_cursor {
	const uint8_t *p;    /* next byte */
	size_t left;         /* bytes that remain; 0 after a failure */
	uint64_t off;        /* offset of p in the whole input, for error messages */
	int err;             /* 0, or the first AY_E code */
};

/* What runs for each byte or opcode of large inputs is inline. */
static inline struct ay_cursor ay_cursor_of(const void *bytes, size_t len, uint64_t base_off)
{
	return (struct ay_cursor){.p = bytes, .left = bytes ? len : 0, .off = base_off};
}
/* First failure sticks; returns c->err. */
int ay_cursor_fail(struct ay_cursor *c, int err);
/* The one place where the cursor moves. len <= c->left was checked by the caller. */
static inline const uint8_t *ay_cursor_move(struct ay_cursor *c, size_t len)
{
	const uint8_t *p = c->p;

	if (len == 0)
		return p;
	c->p += len;
	c->left -= len;
	c->off += len;
	return p;
}
/* Borrowed pointer to the next len bytes, or NULL on failure or len == 0 (err tells which). Valid as long as the input. */
static inline const uint8_t *ay_cursor_take(struct ay_cursor *c, size_t len)
{
	if (c->err || len == 0)
		return NULL;
	if (len > c->left) {
		ay_cursor_fail(c, AY_ETRUNC);
		return NULL;
	}
	return ay_cursor_move(c, len);
}
static inline void ay_cursor_skip(struct ay_cursor *c, uint64_t len)
{
	if (c->err)
		return;
	if (len > c->left)
		ay_cursor_fail(c, AY_ETRUNC);
	else
		ay_cursor_move(c, (size_t)len);
}
/* Look at byte at + i without moving; -1 when it is beyond the end. Never fails. */
static inline int ay_cursor_peek(const struct ay_cursor *c, size_t at)
{
	return at < c->left ? c->p[at] : -1;
}
/* True and moves past it when the input continues with these bytes; false and unmoved otherwise. */
bool ay_cursor_accept(struct ay_cursor *c, const void *bytes, size_t len);
bool ay_cursor_starts(const struct ay_cursor *c, const void *bytes, size_t len);

static inline uint8_t ay_cursor_u8(struct ay_cursor *c)
{
	const uint8_t *p = ay_cursor_take(c, 1);

	return p ? *p : 0;
}
uint16_t ay_cursor_le16(struct ay_cursor *c);
uint32_t ay_cursor_le32(struct ay_cursor *c);
uint64_t ay_cursor_le64(struct ay_cursor *c);
uint16_t ay_cursor_be16(struct ay_cursor *c);
uint32_t ay_cursor_be32(struct ay_cursor *c);
uint64_t ay_cursor_be64(struct ay_cursor *c);
/* IEEE 754 binary64, big-endian as in pickle's BINFLOAT, and little-endian. */
double ay_cursor_be_f64(struct ay_cursor *c);
double ay_cursor_le_f64(struct ay_cursor *c);
/* Copies len bytes out; zeroes dst on failure. */
void ay_cursor_copy(struct ay_cursor *c, void *dst, size_t len);
/* Bytes up to, not including, the delimiter, which is consumed; NULL when it is not among the next max bytes. */
const uint8_t *ay_cursor_until(struct ay_cursor *c, uint8_t delimiter, size_t max, size_t *len_out);
/* A le64 count that is <= max AND whose elements of at least elem_min bytes can still fit. */
uint64_t ay_cursor_count64(struct ay_cursor *c, size_t elem_min, uint64_t max);
/* Checks a count that was read by other means in the same way; returns it or 0 with err set. */
uint64_t ay_cursor_check_count(struct ay_cursor *c, uint64_t count, size_t elem_min, uint64_t max);
/* Child window of len bytes; the parent moves past it; a failure marks both. */
struct ay_cursor ay_cursor_sub(struct ay_cursor *c, size_t len);
/* AY_EFORMAT when bytes are left over, else c->err. */
AY_MUSTCHECK int ay_cursor_end(struct ay_cursor *c);

#endif
