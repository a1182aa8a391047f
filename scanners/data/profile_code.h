/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of the encoding that the kinds of columns share. */
#ifndef ASSAY_SCANNERS_PROFILE_CODE_H
#define ASSAY_SCANNERS_PROFILE_CODE_H

#include "scanners/data/profile.h"
#include "scanners/formats/protobuf.h"

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

/* Counts are small more often than not. Read by ay_pb_varint. */
static inline void ay_profile_put_count(struct ay_buf *b, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		ay_buf_addc(b, (uint8_t)(v | 0x80));
	ay_buf_addc(b, (uint8_t)v);
}

/* keep false: it is left out. Read by ay_profile_take_distinct, which leaves it at nothing then. */
void ay_profile_put_distinct(struct ay_buf *b, const struct ay_distinct *d, bool keep);
void ay_profile_take_distinct(struct ay_cursor *in, struct ay_distinct *d);

#endif
