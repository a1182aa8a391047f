/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/block.h"

int ay_block_init(struct ay_block *b, struct ay_budget *budget, size_t columns)
{
	*b = (struct ay_block){.budget = budget, .columns = columns, .room = ay_block_room(columns)};
	b->cells = b->own = ay_budget_alloc(budget, (columns + 1) * b->room * sizeof(*b->cells));
	b->off = ay_budget_alloc(budget, b->room * sizeof(*b->off));
	if (b->cells && b->off)
		return 0;
	ay_block_free(b);
	return AY_ELIMIT;
}

void ay_block_free(struct ay_block *b)
{
	ay_budget_free(b->budget, b->own);
	ay_budget_free(b->budget, b->off);
	b->cells = b->own = NULL;
	b->off = NULL;
}
