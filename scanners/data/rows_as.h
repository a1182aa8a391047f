/* SPDX-License-Identifier: Apache-2.0 */
/* A table whose cells are taken as something else than the reader has them: a text "NA" as a missing value, "True" as true. */
#ifndef ASSAY_SCANNERS_ROWS_AS_H
#define ASSAY_SCANNERS_ROWS_AS_H

#include "scanners/data/rows.h"

struct ay_rows_as {
	const struct ay_rows *in;
	/* Changes a copy of the cell. */
	void (*take)(void *arg, size_t column, struct ay_cell *cell);
	void *arg;
};
/* Borrows the struct. Rows come one by one; of images there are no looks. */
struct ay_rows ay_rows_as(struct ay_rows_as *table);

#endif
