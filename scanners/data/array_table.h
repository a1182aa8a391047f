/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays as a table: rows are those of the first dimension. Columns lie side by side in the rows of one array, or each by itself, as in an
 * array in Fortran order, or in several arrays of equally many rows.
 */
#ifndef ASSAY_SCANNERS_ARRAY_TABLE_H
#define ASSAY_SCANNERS_ARRAY_TABLE_H

#include "assay/scan.h"

#define AY_ARRAY_COLUMNS 4096
#define AY_ARRAY_TEXT 65536          /* bytes of one text */
#define AY_ARRAY_ROW (1 * MIB)       /* of all columns of a row */
#define AY_ARRAY_DAYS 255            /* unit of dates */

/* Texts that lie elsewhere: fetch answers with the one whose place is given, valid until the next; as scan() of a scanner. */
struct ay_array_texts { int (*fetch)(void *arg, struct ay_cursor *place, struct ay_cursor *text); void *arg; };

/* A column in the rows of its part: where, and of NumPy's type. */
struct ay_array_column {
	const char *name;                /* NULL: by its number */
	uint64_t at;
	uint32_t size;                   /* bytes */
	uint8_t kind;                    /* 'b', 'i', 'u', 'f', 'M', 'S', 'U', 'O': the place of a text in texts */
	uint8_t unit;                    /* of 'M': AY_ARRAY_DAYS, or digits of a second's fraction */
	bool swap;                       /* the most significant byte is first */
	const struct ay_array_texts *texts;
};
/* Columns that lie in one row: row i is the stride bytes from off + i * stride on, all of which are there. */
struct ay_array_part { struct ay_source *in; uint64_t off, stride; size_t first, count; };
struct ay_array_table {
	struct ay_array_part *parts;     /* in the order of the columns, all of which are in one */
	size_t part_count;
	struct ay_array_column *columns;
	size_t count;
	uint64_t rows;
	uint64_t at_least;               /* so many rows are best read at once: what is compressed together */
	bool unordered;                  /* columns have no order of their own */
	bool in_file;                    /* one part, and rows have an offset that says something */
};
/* Whether values of this type can be read. */
bool ay_array_reads(const struct ay_array_column *k);
/*
 * Judges the table by the schema of tables that there is, or proposes one; nothing when there is neither. Columns without names have those
 * of the schema where it has as many, else their numbers, from 0; a schema of one table that has another number is not about them. As
 * scan() of a scanner. count > 0, strides > 0. Inside of an archive whose arrays are one table (scanners/data/array_set.h) it becomes a
 * part of that; its sources must then outlive it.
 */
AY_MUSTCHECK int ay_array_judge(struct ay_scan *s, struct ay_array_table *t);
/* There is an array that is no such table: why ("x has 3 dimensions") is said where it had to be. */
void ay_array_refuse(struct ay_scan *s, const char *fmt, ...) AY_PRINTF(2, 3);

struct ay_schema;
/* The table itself, by this schema or, where it is NULL, for a proposal. */
AY_MUSTCHECK int ay_array_judge_by(struct ay_scan *s, const struct ay_array_table *t, const struct ay_schema *schema);

#endif
