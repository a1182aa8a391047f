/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of a fixed seed, the same on every machine, for tests of what is told of many of them. */
#ifndef ASSAY_TESTS_MADE_H
#define ASSAY_TESTS_MADE_H

#include <math.h>
#include <stdint.h>

/* A test sets its seed here. */
static uint64_t made_state = 88172645463325252ull;

/* Uniform in [0, 1), by xorshift. */
static inline double uniform(void)
{
	made_state ^= made_state << 13;
	made_state ^= made_state >> 7;
	made_state ^= made_state << 17;
	return (double)(made_state >> 11) / 9007199254740992.0;
}

/* Normal with mean 0 and deviation 1, by Box and Muller. */
static inline double normal(void)
{
	return sqrt(-2 * log(uniform() + 1e-300)) * cos(2 * M_PI * uniform());
}

/* For qsort. */
static inline int by_value(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

#endif
