/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a table that are judged together, column by column: what belongs to one column is then at hand for all of its cells. */
#ifndef ASSAY_SCANNERS_BLOCK_H
#define ASSAY_SCANNERS_BLOCK_H

#include "scanners/data/rows.h"

#define AY_BLOCK_ROWS 252         /* no power of two: the columns of a row lie in different sets of a cache */
#define AY_BLOCK_CELLS 16384

struct ay_block {
	struct ay_budget *budget;        /* borrowed */
	size_t columns, room, rows;      /* room: of rows, of which so many are there */
	uint64_t first;                  /* number of the first row, from 1; the others follow it */
	const struct ay_cell *cells;     /* those of column c from c * room on */
	struct ay_cell *own;             /* the same, for who fills them; NULL: they are another's */
	uint64_t *off;                   /* of each row: where it begins in its file, or AY_NO_OFFSET */
};
/* Rows of a block of so many columns. */
static inline size_t ay_block_room(size_t columns)
{
	size_t room = AY_BLOCK_CELLS / (columns ? columns : 1);

	return room > AY_BLOCK_ROWS ? AY_BLOCK_ROWS : room ? room : 1;
}
/* Without rows. */
AY_MUSTCHECK int ay_block_init(struct ay_block *b, struct ay_budget *budget, size_t columns);
/* One row that lies elsewhere, where cells of a row lie side by side. */
static inline struct ay_block ay_block_of_row(uint64_t row, const struct ay_cell *cells, size_t columns)
{
	return (struct ay_block){.columns = columns, .room = 1, .rows = 1, .first = row, .cells = cells};
}
void ay_block_free(struct ay_block *b);

#endif
