/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/ckd.h"

#include "tests/lib/tap.h"

int main(void)
{
	uint64_t u;
	size_t z;
	int64_t i;
	char *p;

	ok(!ay_ckd_add_u64(UINT64_MAX - 1, 1, &u) && u == UINT64_MAX, "the largest sum");
	ok(ay_ckd_add_u64(UINT64_MAX, 1, &u), "one beyond");
	ok(ay_ckd_mul_u64(1ull << 32, 1ull << 32, &u), "a product that wraps to zero");
	ok(!ay_ckd_mul_u64(UINT32_MAX, UINT32_MAX, &u), "one that fits");
	ok(ay_ckd_add_size(SIZE_MAX, 1, &z) && ay_ckd_mul_size(SIZE_MAX, 2, &z), "sizes");
	ok(ay_ckd_add_i64(INT64_MAX, 1, &i) && ay_ckd_add_i64(INT64_MIN, -1, &i) && ay_ckd_mul_i64(INT64_MIN, -1, &i), "signed");
	p = ay_alloc_array(4, 4, 16);
	ok(p && p[0] == 0 && p[15] == 0, "as much as the cap, zeroed");
	free(p);
	p = ay_alloc_array(17, 1, 16);
	ok(!p, "one beyond the cap");
	p = ay_alloc_array(SIZE_MAX / 2 + 2, 2, SIZE_MAX);
	ok(!p, "a product that wraps");
	p = ay_alloc_array(0, 8, 16);
	ok(p, "nothing is not a failure");
	free(p);
	return done_testing();
}
