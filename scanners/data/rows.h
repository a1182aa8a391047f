/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table, whatever its format, and as often as it is asked for: each value once, and rows. Formats by row hand over a row
 * cell by cell and then whole. Formats by column come in parts (row groups, batches): each part column after column, then
 * its rows, all of them when they fit into memory and else a choice (scanners/data/pieces.h).
 */
#ifndef ASSAY_SCANNERS_ROWS_H
#define ASSAY_SCANNERS_ROWS_H

#include "assay/scan.h"
#include "scanners/data/value.h"

enum ay_cell_kind { AY_CELL_MISSING, AY_CELL_TEXT, AY_CELL_NUMBER };

/* Valid for the call that hands it over. Booleans are the texts "true" and "false"; dates and times of formats that have types are numbers. */
struct ay_cell {
	enum ay_cell_kind kind;
	bool typed;                  /* the format says what it is: a text is then no number, however it looks */
	bool whole;                  /* NUMBER: integer is exactly its value */
	enum ay_value_type is;       /* when typed */
	uint32_t nanos;              /* of dates and times */
	double number;               /* of NUMBER; NaN and infinities too */
	int64_t integer;             /* typed as date: days since 1970-01-01; as time and datetime: whole seconds, in UTC */
	const char *text;            /* of TEXT, UTF-8, not NUL-terminated; of NUMBER as it was written, or NULL */
	size_t len;
};

void ay_cell_put_whole(struct ay_cell *c, enum ay_value_type is, int64_t v);
/* Times: units of a tenth of a second to the power of scale, at most 9. */
void ay_cell_put_clock(struct ay_cell *c, enum ay_value_type is, int64_t v, unsigned scale);
/* A text that is a boolean ("True", "0") is written as formats that have types write it; another cell stays as it is. */
void ay_cell_put_boolean(struct ay_cell *c);

struct ay_block;
/* Callbacks return 0, or a negative code that ends the reading; NULL ones are not called. */
struct ay_rows_sink {
	void *arg;
	int (*columns)(void *arg, const char *const *names, size_t n);          /* once, before the rows */
	/* A format by column: this column holds lists, whose values are not handed over. After columns(). */
	int (*list)(void *arg, size_t column);
	/* Each value of the table, missing ones too; rows count from 1. */
	int (*value)(void *arg, size_t column, uint64_t row, const struct ay_cell *cell);
	/* As many cells as columns. What is judged of columns is judged by value() alone. */
	int (*row)(void *arg, uint64_t row, const struct ay_cell *cells);
	/* Rows together, from readers that can, in the place of value() and row() of each. */
	int (*rows)(void *arg, const struct ay_block *rows);
};
/* One row of a format by row: its values, then itself. */
static inline int ay_rows_give(const struct ay_rows_sink *sink, uint64_t row, const struct ay_cell *cells, size_t n)
{
	int rc = 0;

	for (size_t i = 0; sink->value && rc == 0 && i < n; i++)
		rc = sink->value(sink->arg, i, row, &cells[i]);
	return rc == 0 && sink->row ? sink->row(sink->arg, row, cells) : rc;
}

struct ay_counting;
struct ay_rows {
	void *arg;
	/* The whole table to the sink. 0, the sink's code, or that of the reader: AY_EFORMAT when the table is refused. */
	int (*each)(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink);
	bool by_row;                 /* the format is by row */
	bool unordered;              /* and its columns have no order of their own: they stand as the schema has them */
	/* Where the row at hand begins in its file, while the sink is called; NULL: rows have no place of their own. */
	const uint64_t *off;
	/* After the rows: tells a counting what some of them look like. NULL: they are no images. */
	void (*looks)(void *arg, struct ay_counting *k);
};

/* Of a CSV table, whose empty cells are missing. scan: told why a table is refused; may be NULL. Borrows the struct. */
struct ay_rows_csv { struct ay_source *in; char delimiter; struct ay_scan *scan; };
struct ay_rows ay_rows_csv(struct ay_rows_csv *table);

#endif
