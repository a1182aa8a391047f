/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/ckd.h"

#include <stdlib.h>

void *ay_alloc_array(size_t n, size_t elem, size_t max_bytes)
{
	size_t bytes;

	if (ay_ckd_mul_size(n, elem, &bytes) || bytes > max_bytes)
		return NULL;
	/* calloc(0) may answer NULL, which would look like a failure. */
	return calloc(1, bytes ? bytes : 1);
}
