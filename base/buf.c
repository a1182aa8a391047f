/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/error.h"

#define FIRST_CAP 64

struct ay_buf ay_buf_new(size_t max)
{
	/* One byte is always kept for the NUL. */
	return (struct ay_buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
}

void ay_buf_free(struct ay_buf *b)
{
	if (!b)
		return;
	free(b->data);
	*b = ay_buf_new(b->max);
}

void ay_buf_clear(struct ay_buf *b)
{
	b->len = 0;
	b->err = 0;
	if (b->data)
		b->data[0] = '\0';
}

/* Allocation that holds need bytes and the NUL: doubled, but never beyond max + 1. need <= max. */
static int grow(struct ay_buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : FIRST_CAP;
	uint8_t *data;

	while (cap <= need)
		cap = cap > SIZE_MAX / 2 ? SIZE_MAX : cap * 2;
	if (cap > b->max + 1)
		cap = b->max + 1;
	data = realloc(b->data, cap);
	if (!data)
		return b->err = -ENOMEM;
	b->data = data;
	b->cap = cap;
	return 0;
}

uint8_t *ay_buf_reserve(struct ay_buf *b, size_t len)
{
	if (b->err)
		return NULL;
	if (len > b->max - b->len) {
		b->err = AY_ELIMIT;
		return NULL;
	}
	if (b->len + len >= b->cap && grow(b, b->len + len) != 0)
		return NULL;
	b->data[b->len] = '\0';
	return b->data + b->len;
}

void ay_buf_grew(struct ay_buf *b, size_t len)
{
	if (b->err)
		return;
	if (!b->data || len > b->cap - 1 - b->len)
		ay_bug("ay_buf_grew beyond what was reserved");
	b->len += len;
	b->data[b->len] = '\0';
}

int ay_buf_add(struct ay_buf *b, const void *bytes, size_t len)
{
	/* What has room already is the usual case, and never beyond max. */
	if ((b->err || b->cap - b->len <= len) && !ay_buf_reserve(b, len))
		return b->err;
	if (len)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int ay_buf_adds(struct ay_buf *b, const char *text)
{
	return ay_buf_add(b, text, strlen(text));
}

int ay_buf_addc(struct ay_buf *b, uint8_t byte)
{
	return ay_buf_add(b, &byte, 1);
}

int ay_buf_addf(struct ay_buf *b, const char *fmt, ...)
{
	char *room;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		if (!b->err)
			b->err = AY_EINTERNAL;
		return b->err;
	}
	room = (char *)ay_buf_reserve(b, (size_t)n);
	if (!room)
		return b->err;
	va_start(ap, fmt);
	vsnprintf(room, (size_t)n + 1, fmt, ap);
	va_end(ap);
	ay_buf_grew(b, (size_t)n);
	return 0;
}

static int add_le(struct ay_buf *b, uint64_t v, size_t len)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(v >> (8 * i));
	return ay_buf_add(b, bytes, len);
}

static int add_be(struct ay_buf *b, uint64_t v, size_t len)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	return ay_buf_add(b, bytes, len);
}

int ay_buf_le16(struct ay_buf *b, uint16_t v)
{
	return add_le(b, v, 2);
}

int ay_buf_le32(struct ay_buf *b, uint32_t v)
{
	return add_le(b, v, 4);
}

int ay_buf_le64(struct ay_buf *b, uint64_t v)
{
	return add_le(b, v, 8);
}

int ay_buf_be16(struct ay_buf *b, uint16_t v)
{
	return add_be(b, v, 2);
}

int ay_buf_be32(struct ay_buf *b, uint32_t v)
{
	return add_be(b, v, 4);
}

int ay_buf_be64(struct ay_buf *b, uint64_t v)
{
	return add_be(b, v, 8);
}

const char *ay_buf_str(const struct ay_buf *b)
{
	return b->data ? (const char *)b->data : "";
}

uint8_t *ay_buf_steal(struct ay_buf *b, size_t *len_out)
{
	uint8_t *data;

	if (len_out)
		*len_out = 0;
	/* Also gives an empty buffer its allocation, so that NULL always means an error. */
	if (!ay_buf_reserve(b, 0))
		return NULL;
	data = b->data;
	if (len_out)
		*len_out = b->len;
	*b = ay_buf_new(b->max);
	return data;
}
