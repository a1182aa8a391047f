/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/sort.h"

#include <stdbool.h>

#define BYTES 8
#define BELOW ((uint64_t)1 << 63)

/* Bits in the order of the numbers. */
static uint64_t key_of(double v)
{
	union { double number; uint64_t bits; } word = {.number = v + 0.0};

	return word.bits ^ (word.bits & BELOW ? UINT64_MAX : BELOW);
}

static double number_of(uint64_t key)
{
	union { uint64_t bits; double number; } word = {.bits = key ^ (key & BELOW ? BELOW : UINT64_MAX)};

	return word.number;
}

/* By one byte of the keys. false: it is the same in all, and nothing was moved. */
static bool by_byte(const uint64_t *from, uint64_t *to, size_t n, unsigned byte, const uint32_t count[256])
{
	uint32_t at[256], sum = 0;

	if (count[from[0] >> (8 * byte) & 0xff] == n)
		return false;
	for (unsigned i = 0; i < 256; i++) {
		at[i] = sum;
		sum += count[i];
	}
	for (size_t i = 0; i < n; i++)
		to[at[from[i] >> (8 * byte) & 0xff]++] = from[i];
	return true;
}

void ay_sort_numbers(double *v, size_t n, uint64_t *spare)
{
	uint64_t *from = spare, *to = spare + n, *keep;
	uint32_t count[BYTES][256] = {{0}};

	for (size_t i = 0; i < n; i++) {
		from[i] = key_of(v[i]);
		for (unsigned byte = 0; byte < BYTES; byte++)
			count[byte][from[i] >> (8 * byte) & 0xff]++;
	}
	for (unsigned byte = 0; n && byte < BYTES; byte++)
		if (by_byte(from, to, n, byte, count[byte])) {
			keep = from;
			from = to;
			to = keep;
		}
	for (size_t i = 0; i < n; i++)
		v[i] = number_of(from[i]);
}
