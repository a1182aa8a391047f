/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of texts as words. */
#ifndef ASSAY_SCANNERS_WORDS_H
#define ASSAY_SCANNERS_WORDS_H

#include <endian.h>
#include <stdbool.h>
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

/* Of at most 8 bytes, the others 0. Loads that overlap spare a branch for each length. */
static inline uint64_t ay_word_short(const char *text, size_t len)
{
	const unsigned char *byte = (const unsigned char *)text;
	uint32_t low, high;

	if (len >= 4) {
		memcpy(&low, text, sizeof(low));    /* own: the first and the last four bytes */
		memcpy(&high, text + len - 4, sizeof(high));    /* own: see above */
		return le32toh(low) | (uint64_t)le32toh(high) << (8 * (len - 4));
	}
	if (!len)
		return 0;
	return byte[0] | (uint64_t)byte[len / 2] << (8 * (len / 2)) | (uint64_t)byte[len - 1] << (8 * (len - 1));    /* own: 1 to 3 bytes */
}

#define AY_WORDS_MAX 16

/* A text of at most AY_WORDS_MAX bytes: equal exactly when the texts are. */
struct ay_words { uint64_t word[2]; size_t len; };
/* What no text is. */
#define AY_WORDS_NONE ((struct ay_words){{0, 0}, SIZE_MAX})

static inline struct ay_words ay_words_of(const char *text, size_t len)
{
	if (len < 8)
		return (struct ay_words){{ay_word_short(text, len), 0}, len};
	return (struct ay_words){{ay_word_load(text), ay_word_load(text + len - 8)}, len};
}

static inline bool ay_words_eq(const struct ay_words *a, const struct ay_words *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->len == b->len;
}

/* Its place among a power of two of them, at most 2^32. */
static inline size_t ay_words_slot(const struct ay_words *w, size_t slots)
{
	return (size_t)(((w->word[0] ^ w->word[1] << 1 ^ w->len) * 0x9e3779b97f4a7c15ull) >> 32) & (slots - 1);
}

#endif
