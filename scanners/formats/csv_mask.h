/* SPDX-License-Identifier: Apache-2.0 */
/* Which of 64 bytes end a field, a row or the plain text of a CSV table: bit i says it of byte i. */
#ifndef ASSAY_SCANNERS_CSV_MASK_H
#define ASSAY_SCANNERS_CSV_MASK_H

#include "scanners/data/words.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define AY_CSV_MASK 64

/* The high bit of each byte of the word that is this byte, exactly. */
static inline uint64_t ay_csv_word_is(uint64_t word, uint8_t byte)
{
	const uint64_t low = 0x7f7f7f7f7f7f7f7full;
	uint64_t differs = word ^ byte * 0x0101010101010101ull;

	return ~(((differs & low) + low) | differs | low);
}

/* By words of eight bytes, for any machine. */
static inline uint64_t ay_csv_mask_words(const uint8_t *p, uint8_t delimiter)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < AY_CSV_MASK / 8; i++) {
		uint64_t w = ay_word_load((const char *)p + (size_t)8 * i);
		uint64_t high = ay_csv_word_is(w, delimiter) | ay_csv_word_is(w, '\n') | ay_csv_word_is(w, '\r') | ay_csv_word_is(w, '"');

		/* The product moves the eight bits together, the lowest byte's lowest. */
		mask |= ((high >> 7) * 0x0102040810204080ull >> 56) << (8 * i);
	}
	return mask;
}

#ifdef __SSE2__
static inline uint64_t ay_csv_mask_16(const uint8_t *p, __m128i delimiter)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, delimiter), _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'))),
				   _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(v, _mm_set1_epi8('"'))));

	return (uint64_t)(uint32_t)_mm_movemask_epi8(hit);
}

static inline uint64_t ay_csv_mask(const uint8_t *p, uint8_t delimiter)
{
	__m128i d = _mm_set1_epi8((char)delimiter);

	return ay_csv_mask_16(p, d) | ay_csv_mask_16(p + 16, d) << 16 | ay_csv_mask_16(p + 32, d) << 32 | ay_csv_mask_16(p + 48, d) << 48;
}
#else
static inline uint64_t ay_csv_mask(const uint8_t *p, uint8_t delimiter)
{
	return ay_csv_mask_words(p, delimiter);
}
#endif

#endif
