/* SPDX-License-Identifier: Apache-2.0 */
/* The packed forms of small numbers that levels, indexes and deltas are made of. */
#include "scanners/formats/parquet.h"

#include "scanners/formats/thrift.h"

#define MAX_PADDING 255          /* numbers behind the last one: DuckDB packs 256 at a time */
#define MAX_BLOCK 65536          /* deltas in one block: writers make 128 to 1024 */

uint64_t ay_pq_bits_take(struct ay_pq_bits *b, unsigned width)
{
	uint64_t low;

	if (width > 32) {
		low = ay_pq_bits_take(b, 32);
		return low | ay_pq_bits_take(b, width - 32) << 32;
	}
	while (b->have < width) {
		bool four = b->c.left >= 4;

		b->held |= (uint64_t)(four ? ay_cursor_le32(&b->c) : ay_cursor_u8(&b->c)) << b->have;
		b->have += four ? 32 : 8;
		if (b->c.err)
			return 0;
	}
	low = b->held & ((1ull << width) - 1);
	b->held >>= width;
	b->have -= width;
	return low;
}

/* ---- hybrid ---- */

void ay_pq_runs_open(struct ay_pq_runs *r, struct ay_cursor c, unsigned width)
{
	*r = (struct ay_pq_runs){.c = c, .width = width};
}

static uint32_t run_value(struct ay_pq_runs *r)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < (r->width + 7) / 8; i++)
		v |= (uint32_t)ay_cursor_u8(&r->c) << (8 * i);
	if (r->width < 32 && v >> r->width)
		ay_cursor_fail(&r->c, AY_EFORMAT);
	return v;
}

/* Some writers leave out the padding of the last group: its bytes may be fewer than its count says. */
static void next_run(struct ay_pq_runs *r)
{
	uint64_t head = ay_thrift_varint(&r->c), len;

	r->packed = head & 1;
	r->left = head >> 1;
	if (!r->left || r->left > UINT32_MAX)
		ay_cursor_fail(&r->c, AY_EFORMAT);
	if (r->c.err)
		return;
	if (!r->packed) {
		r->value = run_value(r);
		return;
	}
	len = r->left * r->width;
	r->left *= 8;
	r->bits = (struct ay_pq_bits){.c = ay_cursor_sub(&r->c, len < r->c.left ? (size_t)len : r->c.left)};
}

int ay_pq_runs_take(struct ay_pq_runs *r, uint32_t *out, size_t n)
{
	while (n > 0) {
		if (!r->left)
			next_run(r);
		if (r->c.err)
			return AY_EFORMAT;
		size_t some = r->left < n ? (size_t)r->left : n;

		for (size_t i = 0; i < some; i++)
			out[i] = r->packed ? (uint32_t)ay_pq_bits_take(&r->bits, r->width) : r->value;
		if (r->bits.c.err)
			return AY_EFORMAT;
		out += some;
		n -= some;
		r->left -= some;
	}
	return 0;
}

int ay_pq_runs_end(const struct ay_pq_runs *r)
{
	return !r->c.err && !r->c.left && r->left <= (r->packed ? MAX_PADDING : 0) ? 0 : AY_EFORMAT;
}

/* ---- deltas ---- */

void ay_pq_delta_open(struct ay_pq_delta *d, struct ay_cursor c, uint64_t max, unsigned max_width)
{
	*d = (struct ay_pq_delta){.c = c, .max_width = max_width};
	uint64_t block = ay_thrift_varint(&d->c);

	d->minis = ay_thrift_varint(&d->c);
	d->left = ay_thrift_varint(&d->c);
	d->last = (uint64_t)ay_thrift_zigzag(&d->c);
	if (d->c.err)
		return;
	if (block == 0 || block > MAX_BLOCK || d->minis == 0 || d->minis > block || block % d->minis || block / d->minis % 32 || d->left > max) {
		ay_cursor_fail(&d->c, AY_EFORMAT);
		return;
	}
	d->mini_size = block / d->minis;
}

/* The next miniblock, and the head of its block when it is the first. Those that hold no value are not there. */
static void next_mini(struct ay_pq_delta *d)
{
	if (!d->minis_left) {
		d->min = (uint64_t)ay_thrift_zigzag(&d->c);
		d->widths = ay_cursor_sub(&d->c, (size_t)d->minis);
		d->minis_left = d->minis;
	}
	d->width = ay_cursor_u8(&d->widths);
	if (!d->c.err && d->width > d->max_width)
		ay_cursor_fail(&d->c, AY_EFORMAT);
	d->bits = (struct ay_pq_bits){.c = ay_cursor_sub(&d->c, (size_t)(d->mini_size / 8 * d->width))};
	d->minis_left--;
	d->mini_left = d->mini_size;
}

uint64_t ay_pq_delta_next(struct ay_pq_delta *d)
{
	if (!d->left)
		ay_cursor_fail(&d->c, AY_EFORMAT);
	if (d->c.err)
		return 0;
	d->left--;
	if (!d->started) {
		d->started = true;
		return d->last;
	}
	if (!d->mini_left)
		next_mini(d);
	if (d->c.err)
		return 0;
	d->mini_left--;
	d->last += d->min + ay_pq_bits_take(&d->bits, d->width);
	return d->last;
}

int ay_pq_delta_behind(const struct ay_pq_delta *d, struct ay_budget *b, struct ay_cursor *out)
{
	struct ay_pq_delta at = *d;
	uint64_t left = at.left ? at.left - 1 : 0;

	while (left > 0 && !at.c.err) {
		int err = ay_budget_tick(b);

		if (err)
			return err;
		next_mini(&at);
		left -= left < at.mini_size ? left : at.mini_size;
	}
	*out = at.c;
	return at.c.err;
}
