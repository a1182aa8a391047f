/* SPDX-License-Identifier: Apache-2.0 */
/* A table row by row, whatever its format, and as often as it is asked for. */
#ifndef ASSAY_SCANNERS_ROWS_H
#define ASSAY_SCANNERS_ROWS_H

#include "assay/scan.h"

enum ay_cell_kind { AY_CELL_MISSING, AY_CELL_TEXT, AY_CELL_NUMBER };

/* Valid for the call that hands it over. */
struct ay_cell {
	enum ay_cell_kind kind;
	double number;               /* of NUMBER */
	const char *text;            /* of TEXT, UTF-8, not NUL-terminated; of NUMBER as it was written, or NULL */
	size_t len;
};

/* Callbacks return 0, or a negative code that ends the reading. */
struct ay_rows_sink {
	void *arg;
	int (*columns)(void *arg, const char *const *names, size_t n);          /* once, before the rows */
	int (*row)(void *arg, uint64_t row, const struct ay_cell *cells);       /* as many cells as columns; rows count from 1 */
};

struct ay_rows {
	void *arg;
	/* The whole table to the sink. 0, the sink's code, or that of the reader: AY_EFORMAT when the table is refused. */
	int (*each)(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink);
};

/* Of a CSV table, whose empty cells are missing. Borrows the struct. */
struct ay_rows_csv { struct ay_source *in; char delimiter; };
struct ay_rows ay_rows_csv(struct ay_rows_csv *table);

#endif
