/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From columns to rows: a sink for readers by column (scanners/data/columns.h) that hands over each value, and at the end of
 * each part of the table its rows. Rows wait in memory for the columns that come last. When that is more than
 * AY_PIECES_CELLS cells or AY_PIECES_TEXT bytes, half of the rows are let go, by a keyed hash of their number, and again
 * until the rest fits: nobody without the key knows which are looked at, and the same are in all columns.
 */
#ifndef ASSAY_SCANNERS_PIECES_H
#define ASSAY_SCANNERS_PIECES_H

#include "base/siphash.h"
#include "scanners/data/columns.h"
#include "scanners/data/rows.h"

#define AY_PIECES_CELLS (4 * MIB)      /* of 9 bytes */
#define AY_PIECES_TEXT (32 * MIB)

/* A reader by column: what it refuses a file for is reported, and the code returned. */
typedef int (*ay_columns_reader)(struct ay_scan *s, struct ay_source *in, const struct ay_columns *sink);

/* A table in such a format. Borrows the struct. */
struct ay_rows_columns {
	struct ay_scan *scan;
	struct ay_source *in;
	ay_columns_reader read;
	struct ay_sipkey key;
	uint64_t left_out;           /* rows that the sink did not get, after each() */
};
struct ay_rows ay_rows_columns(struct ay_rows_columns *table);

struct ay_pieces;
/* Borrows the sink. *out is NULL after an error. */
AY_MUSTCHECK int ay_pieces_new(struct ay_budget *b, const struct ay_sipkey *key, const struct ay_rows_sink *sink, struct ay_pieces **out);
/* What the reader is given. It names all columns first, as parts of no rows. */
struct ay_columns ay_pieces_sink(struct ay_pieces *p);
/* After the reader: a table without rows has columns too. */
AY_MUSTCHECK int ay_pieces_finish(struct ay_pieces *p);
/* Rows that were let go. */
uint64_t ay_pieces_left_out(const struct ay_pieces *p);
void ay_pieces_free(struct ay_pieces *p);

#endif
