/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of texts as words. */
#ifndef ASSAY_SCANNERS_WORDS_H
#define ASSAY_SCANNERS_WORDS_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The first byte is the lowest. */
static inline uint64_t ay_word_load(const char *text)
{
	uint64_t w;

	memcpy(&w, text, sizeof(w));    /* own: a word as its bytes; the caller has that many */
	return le64toh(w);
}

/* Of at most 8 bytes, the others 0. Two loads that overlap spare a branch for each length. */
static inline uint64_t ay_word_short(const char *text, size_t len)
{
	uint64_t w = 0;
	uint32_t low, high;

	if (len >= 4) {
		memcpy(&low, text, sizeof(low));    /* own: the first and the last four bytes */
		memcpy(&high, text + len - 4, sizeof(high));    /* own: see above */
		return le32toh(low) | (uint64_t)le32toh(high) << (8 * (len - 4));
	}
	for (size_t i = 0; i < len; i++)
		w |= (uint64_t)(unsigned char)text[i] << (8 * i);
	return w;
}

#endif
