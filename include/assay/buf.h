/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growable byte buffer with a maximum at birth. Errors stick (AY_ELIMIT or
 * -ENOMEM): append freely, check b->err once. data is always NUL-terminated
 * one byte beyond len, so text may be used as a C string when it holds no NUL.
 */
#ifndef ASSAY_BUF_H
#define ASSAY_BUF_H

#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"

struct ay_buf {
	uint8_t *data;       /* NULL until the first append */
	size_t len, cap, max;
	int err;
};

struct ay_buf ay_buf_new(size_t max);
/* Frees and returns to the state of ay_buf_new with the same max. NULL-safe. */
void ay_buf_free(struct ay_buf *b);
void ay_buf_clear(struct ay_buf *b);
int ay_buf_add(struct ay_buf *b, const void *bytes, size_t len);
int ay_buf_adds(struct ay_buf *b, const char *text);
int ay_buf_addc(struct ay_buf *b, uint8_t byte);
int ay_buf_addf(struct ay_buf *b, const char *fmt, ...) AY_PRINTF(2, 3);
int ay_buf_le16(struct ay_buf *b, uint16_t v);
int ay_buf_le32(struct ay_buf *b, uint32_t v);
int ay_buf_le64(struct ay_buf *b, uint64_t v);
int ay_buf_be16(struct ay_buf *b, uint16_t v);
int ay_buf_be32(struct ay_buf *b, uint32_t v);
int ay_buf_be64(struct ay_buf *b, uint64_t v);
/* Room for len more bytes: pointer to write at, then ay_buf_grew(n <= len). NULL on failure. */
uint8_t *ay_buf_reserve(struct ay_buf *b, size_t len);
void ay_buf_grew(struct ay_buf *b, size_t len);
/* The bytes as a C string; "" when empty. Borrowed, valid until the next append. */
const char *ay_buf_str(const struct ay_buf *b);
/* Moves the memory to the caller, who frees it; NULL on a sticky error. len_out may be NULL. */
uint8_t *ay_buf_steal(struct ay_buf *b, size_t *len_out) AY_MUSTCHECK;

#endif
