/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/cursor.h"

#include <endian.h>
#include <string.h>

#include "assay/error.h"

int ay_cursor_fail(struct ay_cursor *c, int err)
{
	if (!c->err) {
		c->err = err ? err : AY_EINTERNAL;
		c->left = 0;
	}
	return c->err;
}

bool ay_cursor_starts(const struct ay_cursor *c, const void *bytes, size_t len)
{
	return !c->err && len <= c->left && (len == 0 || memcmp(c->p, bytes, len) == 0);
}

bool ay_cursor_accept(struct ay_cursor *c, const void *bytes, size_t len)
{
	if (!ay_cursor_starts(c, bytes, len))
		return false;
	ay_cursor_move(c, len);
	return true;
}

/* len <= 8 bytes as a number; 0 on failure. */
static uint64_t read_le(struct ay_cursor *c, size_t len)
{
	const uint8_t *p = ay_cursor_take(c, len);
	uint64_t v = 0;

	for (size_t i = len; p && i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static uint64_t read_be(struct ay_cursor *c, size_t len)
{
	const uint8_t *p = ay_cursor_take(c, len);
	uint64_t v = 0;

	for (size_t i = 0; p && i < len; i++)
		v = v << 8 | p[i];
	return v;
}

uint16_t ay_cursor_le16(struct ay_cursor *c)
{
	return (uint16_t)read_le(c, 2);
}

uint32_t ay_cursor_le32(struct ay_cursor *c)
{
	return (uint32_t)read_le(c, 4);
}

/* Of these there are many: whole. */
uint64_t ay_cursor_le64(struct ay_cursor *c)
{
	const uint8_t *p = ay_cursor_take(c, 8);
	uint64_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));    /* own: taken */
	return le64toh(v);
}

uint16_t ay_cursor_be16(struct ay_cursor *c)
{
	return (uint16_t)read_be(c, 2);
}

uint32_t ay_cursor_be32(struct ay_cursor *c)
{
	return (uint32_t)read_be(c, 4);
}

uint64_t ay_cursor_be64(struct ay_cursor *c)
{
	return read_be(c, 8);
}

static double to_f64(uint64_t bits)
{
	double d;

	_Static_assert(sizeof(d) == sizeof(bits), "binary64");
	memcpy(&d, &bits, sizeof(d));
	return d;
}

double ay_cursor_be_f64(struct ay_cursor *c)
{
	return to_f64(read_be(c, 8));
}

double ay_cursor_le_f64(struct ay_cursor *c)
{
	return to_f64(read_le(c, 8));
}

void ay_cursor_copy(struct ay_cursor *c, void *dst, size_t len)
{
	const uint8_t *p = ay_cursor_take(c, len);

	if (p)
		memcpy(dst, p, len);
	else if (len)
		memset(dst, 0, len);
}

const uint8_t *ay_cursor_until(struct ay_cursor *c, uint8_t delimiter, size_t max, size_t *len_out)
{
	size_t window = c->left < max ? c->left : max;
	const uint8_t *found = window ? memchr(c->p, delimiter, window) : NULL;

	*len_out = 0;
	if (c->err)
		return NULL;
	if (!found) {
		ay_cursor_fail(c, window == c->left ? AY_ETRUNC : AY_ELIMIT);
		return NULL;
	}
	*len_out = (size_t)(found - c->p);
	return ay_cursor_move(c, *len_out + 1);
}

uint64_t ay_cursor_check_count(struct ay_cursor *c, uint64_t count, size_t elem_min, uint64_t max)
{
	if (c->err)
		return 0;
	if (count > max)
		ay_cursor_fail(c, AY_ELIMIT);
	else if (elem_min && count > c->left / elem_min)
		ay_cursor_fail(c, AY_ETRUNC);
	return c->err ? 0 : count;
}

uint64_t ay_cursor_count64(struct ay_cursor *c, size_t elem_min, uint64_t max)
{
	uint64_t count = ay_cursor_le64(c);

	return ay_cursor_check_count(c, count, elem_min, max);
}

struct ay_cursor ay_cursor_sub(struct ay_cursor *c, size_t len)
{
	struct ay_cursor child = {.p = c->p, .off = c->off, .err = c->err};

	if (!c->err && len > c->left)
		child.err = ay_cursor_fail(c, AY_ETRUNC);
	if (!c->err) {
		child.left = len;
		ay_cursor_move(c, len);
	}
	return child;
}

int ay_cursor_end(struct ay_cursor *c)
{
	if (!c->err && c->left)
		ay_cursor_fail(c, AY_EFORMAT);
	return c->err;
}
