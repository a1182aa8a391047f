/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of the encoding that the kinds of columns share. */
#ifndef ASSAY_SCANNERS_PROFILE_CODE_H
#define ASSAY_SCANNERS_PROFILE_CODE_H

#include "scanners/data/profile.h"

/* One NaN, one zero. */
static inline void ay_profile_put(struct ay_buf *b, double v)
{
	union { double number; uint64_t bits; } word = {.number = v + 0.0};

	ay_buf_le64(b, v != v ? 0x7ff8000000000000ull : word.bits);
}

/* Only what the encoder writes: no other zero, no other NaN. */
static inline double ay_profile_take(struct ay_cursor *in)
{
	union { uint64_t bits; double number; } word = {.bits = ay_cursor_le64(in)};

	if ((word.number == 0 && word.bits) || (word.number != word.number && word.bits != 0x7ff8000000000000ull))
		ay_cursor_fail(in, AY_EFORMAT);
	return word.number;
}

static inline void ay_profile_take_distinct(struct ay_cursor *in, struct ay_distinct *d)
{
	ay_cursor_copy(in, d->rank, sizeof(d->rank));
	for (size_t i = 0; i < sizeof(d->rank); i++)
		if (d->rank[i] > 53)                    /* 64 hash bits less 12, and one */
			ay_cursor_fail(in, AY_EFORMAT);
}

#endif
