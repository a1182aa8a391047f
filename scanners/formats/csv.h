/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict streaming CSV (RFC 4180), rows on demand in bounded memory. What two
 * readers could read in two ways is a fault: a bare quote, a ragged or blank
 * row, a lone CR, mixed line ends, duplicate or empty column names, bytes that
 * are not UTF-8, control bytes, two delimiters in the header.
 */
#ifndef ASSAY_SCANNERS_CSV_H
#define ASSAY_SCANNERS_CSV_H

#include "assay/scan.h"
#include "scanners/data/block.h"

/* Unquoted and unescaped; not NUL-terminated; valid until the next call on the reader. */
struct ay_csv_field {
	const char *text;
	size_t len;
};

struct ay_csv;

/*
 * Reads the header. delimiter: ',' ';' '\t', or 0 to take the one that the header has. Borrows in and budget.
 * AY_EFORMAT: see ay_csv_fault, the reader exists and must be freed; other codes: *out may be NULL.
 */
AY_MUSTCHECK int ay_csv_open(struct ay_source *in, struct ay_budget *budget, char delimiter, struct ay_csv **out);
void ay_csv_free(struct ay_csv *r);
size_t ay_csv_columns(const struct ay_csv *r);
/* NUL-terminated; valid until free. */
const char *ay_csv_name(const struct ay_csv *r, size_t column);
/* Next data row: 1 with ay_csv_columns fields in *fields_out, 0 at the end, AY_EFORMAT with ay_csv_fault, or another negative code. */
AY_MUSTCHECK int ay_csv_next(struct ay_csv *r, const struct ay_csv_field **fields_out);
/*
 * The same of as many rows as stand in the window and fit into the block, which has a column for each of the table: their cells are texts,
 * empty ones too, valid until the next call on the reader. What is wrong with a row is said by the call that it is the first row of.
 */
AY_MUSTCHECK int ay_csv_next_rows(struct ay_csv *r, struct ay_block *rows);
/* Of the current row: 1-based number among data rows, and its byte offset. */
uint64_t ay_csv_row(const struct ay_csv *r);
uint64_t ay_csv_row_off(const struct ay_csv *r);

/* The last AY_EFORMAT: rule id, place and sentence. The reader may go on behind a "csv.ragged" row, not behind others. */
const struct ay_finding *ay_csv_fault(const struct ay_csv *r);
bool ay_csv_may_go_on(const struct ay_csv *r);

/* ".tsv" and ".tab" are tab-separated; ".csv" is found out; -1 when the name is no table's. */
int ay_csv_delimiter_of(const char *path);

#endif
