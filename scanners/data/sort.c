/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/sort.h"

#include <stdbool.h>

#define BITS 11                 /* of a digit: what a level of cache holds of counts */
#define DIGITS 6
#define VALUES (1u << BITS)
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

static uint32_t digit_of(uint64_t key, unsigned digit)
{
	return (uint32_t)(key >> (BITS * digit)) & (VALUES - 1);
}

/* By one digit of the keys, whose counts become places. false: it is the same in all, and nothing was moved. */
static bool by_digit(const uint64_t *from, uint64_t *to, size_t n, unsigned digit, uint32_t *count)
{
	uint32_t sum = 0;

	if (count[digit_of(from[0], digit)] == n)
		return false;
	for (unsigned i = 0; i < VALUES; i++) {
		uint32_t here = count[i];

		count[i] = sum;
		sum += here;
	}
	for (size_t i = 0; i < n; i++)
		to[count[digit_of(from[i], digit)]++] = from[i];
	return true;
}

void ay_sort_numbers(double *v, size_t n, uint64_t *spare)
{
	uint64_t *from = spare, *to = spare + n, *keep;
	uint32_t count[DIGITS][VALUES] = {{0}};

	for (size_t i = 0; i < n; i++) {
		from[i] = key_of(v[i]);
		for (unsigned digit = 0; digit < DIGITS; digit++)
			count[digit][digit_of(from[i], digit)]++;
	}
	for (unsigned digit = 0; n && digit < DIGITS; digit++)
		if (by_digit(from, to, n, digit, count[digit])) {
			keep = from;
			from = to;
			to = keep;
		}
	for (size_t i = 0; i < n; i++)
		v[i] = number_of(from[i]);
}
