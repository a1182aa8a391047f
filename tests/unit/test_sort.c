/* SPDX-License-Identifier: Apache-2.0 */
/* The sort of numbers, held to the C library's. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "scanners/data/sort.h"
#include "tests/lib/tap.h"

#define N 3000

static int by_value(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

static double number(uint64_t *state, unsigned kind)
{
	static const double odd[] = {0.0, -0.0, 1, -1, DBL_MAX, -DBL_MAX, DBL_MIN, -DBL_MIN, 5e-324, -5e-324, INFINITY, -INFINITY};
	union { uint64_t bits; double number; } word;

	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	word.bits = *state ^ *state >> 29;
	if (kind == 0)
		return odd[word.bits % AY_ARRAY_LEN(odd)];
	if (kind == 1)
		return (double)(int64_t)(word.bits % 7) - 3;
	return isfinite(word.number) ? word.number : 0.5;
}

static void test_sort(void)
{
	static const size_t sizes[] = {0, 1, 2, 3, 255, 256, N};
	static double v[N], want[N];
	static uint64_t spare[2 * N];
	uint64_t state = 3;

	for (unsigned kind = 0; kind < 3; kind++)
		for (size_t s = 0; s < AY_ARRAY_LEN(sizes); s++) {
			size_t n = sizes[s], wrong = 0;

			for (size_t i = 0; i < n; i++)
				v[i] = want[i] = number(&state, kind);
			if (n)
				qsort(want, n, sizeof(*want), by_value);
			ay_sort_numbers(v, n, spare);
			for (size_t i = 0; i < n; i++)
				wrong += v[i] != want[i] || (v[i] == 0 && signbit(v[i]));
			is_int(wrong, 0, "%zu numbers of kind %u", n, kind);
		}
}

int main(void)
{
	test_sort();
	return done_testing();
}
