/* SPDX-License-Identifier: Apache-2.0 */
/* An array of numbers as a table: its rows are those of its first dimension. */
#ifndef ASSAY_SCANNERS_ARRAY_TABLE_H
#define ASSAY_SCANNERS_ARRAY_TABLE_H

#include "assay/scan.h"

#define AY_ARRAY_COLUMNS 4096

/* NumPy's letter of the type ('b', 'i', 'u', 'f') and bytes; swap: the most significant byte is first. */
struct ay_array_column { const char *name; uint64_t at; uint8_t kind, size; bool swap; };    /* at: in its row; name NULL: by its number */
struct ay_array_table {
	struct ay_source *in;            /* exactly rows * stride bytes */
	struct ay_array_column *columns;
	size_t count;
	uint64_t rows, stride;
};
/* Whether values of this type can be read. */
bool ay_array_reads(uint8_t kind, uint64_t size);
/*
 * Judges the table by the schema of tables that there is, or proposes one; nothing when there is neither. Columns without names have those
 * of the schema where it has as many, else their numbers, from 0; a schema of one table that has another number is not about them. As
 * scan() of a scanner. count > 0, stride > 0.
 */
AY_MUSTCHECK int ay_array_judge(struct ay_scan *s, struct ay_array_table *t);

#endif
