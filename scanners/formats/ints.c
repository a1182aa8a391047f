/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/ints.h"

#define FIRST 256

int ay_ints_add(struct ay_scan *s, struct ay_ints *a, int32_t v)
{
	if (a->n == a->room) {
		size_t room = a->room ? a->room * 2 : FIRST;
		int32_t *fresh = a->n < AY_LIMIT_TREE_NODES ? ay_budget_realloc(ay_scan_budget(s), a->v, room * sizeof(*fresh)) : NULL;

		if (!fresh)
			return AY_ELIMIT;
		a->v = fresh;
		a->room = room;
	}
	a->v[a->n++] = v;
	return 0;
}

void ay_ints_free(struct ay_scan *s, struct ay_ints *a)
{
	ay_budget_free(ay_scan_budget(s), a->v);
	*a = (struct ay_ints){.n = 0};
}
