/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in order, without a call for each comparison. */
#ifndef ASSAY_SCANNERS_SORT_H
#define ASSAY_SCANNERS_SORT_H

#include <stddef.h>
#include <stdint.h>

/* The least first; no NaN. The two zeros are one, and come out as 0. spare: room for 2 * n. */
void ay_sort_numbers(double *v, size_t n, uint64_t *spare);

#endif
