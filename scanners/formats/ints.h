/* SPDX-License-Identifier: Apache-2.0 */
/* A growing array of numbers of 32 bits: the links of one decision tree. */
#ifndef ASSAY_SCANNERS_INTS_H
#define ASSAY_SCANNERS_INTS_H

#include "assay/scan.h"

struct ay_ints {
	int32_t *v;
	size_t n, room;
};
/* Charges the budget of s. AY_ELIMIT beyond AY_LIMIT_TREE_NODES, or when the budget is exhausted. */
AY_MUSTCHECK int ay_ints_add(struct ay_scan *s, struct ay_ints *a, int32_t v);
void ay_ints_free(struct ay_scan *s, struct ay_ints *a);

#endif
