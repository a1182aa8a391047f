/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of tables that came, measured against the reference of their schema. A worker counts one table row by row;
 * the gate adds up those of a version and judges the sum.
 */
#ifndef ASSAY_SCANNERS_BATCH_H
#define ASSAY_SCANNERS_BATCH_H

#include "scanners/data/poison.h"
#include "scanners/data/outliers.h"
#include "scanners/data/reference.h"

#define AY_BATCH_ALSO 8               /* other references that the same tables are counted against */

/* Sums of tables of one reference. */
struct ay_batch {
	struct ay_budget *budget;        /* borrowed */
	struct ay_reference counts;
	struct ay_poison poison;
	struct ay_outliers outliers;
	struct ay_batch *also;           /* of the same tables against the next reference, or NULL */
};
/* Empty, of this reference. */
AY_MUSTCHECK int ay_batch_init(struct ay_batch *a, struct ay_budget *b, const struct ay_reference *ref);
/* Adds to a, and to what it is also, what other has of the same reference. AY_EUSAGE when that is nothing. */
AY_MUSTCHECK int ay_batch_merge(struct ay_batch *a, const struct ay_batch *other);
/* Canonical; sticky errors of out. */
void ay_batch_encode(struct ay_batch *a, struct ay_buf *out);
/* Trusts nothing. *out is to be freed after success only. */
AY_MUSTCHECK int ay_batch_decode(const void *bytes, size_t len, struct ay_budget *b, struct ay_batch *out);
void ay_batch_free(struct ay_batch *a);

/* ---- counting one table ---- */

/* A reference and its model of outliers, made ready once for all who measure by it, which takes longer than a small table does. Of one thread. */
struct ay_measure;
/* profile: the reference as the schema carries it. *out is NULL after an error. */
AY_MUSTCHECK int ay_measure_new(const void *profile, size_t len, struct ay_measure **out);
/* Borrowed. */
struct ay_reference *ay_measure_reference(struct ay_measure *m);
/* Likewise; made when it is first asked for. AY_ELIMIT. */
AY_MUSTCHECK int ay_measure_outliers(struct ay_measure *m, const struct ay_outlier_model **out);
void ay_measure_free(struct ay_measure *m);

struct ay_counting;
/* Borrows m. *out is NULL after an error. */
AY_MUSTCHECK int ay_counting_by(struct ay_measure *m, struct ay_budget *b, struct ay_counting **out);
/* The same with a measure of its own. */
AY_MUSTCHECK int ay_counting_new(const void *profile, size_t len, struct ay_budget *b, struct ay_counting **out);
/* Counts against another reference too, which is borrowed; k is as it was after an error. */
AY_MUSTCHECK int ay_counting_also(struct ay_counting *k, struct ay_measure *m);
/* Of each reference the first column that is one is the label. After all references. */
AY_MUSTCHECK int ay_counting_label(struct ay_counting *k, bool (*is_label)(const void *arg, const char *name), const void *arg);
/* The columns of the table in its order, before its first row. Those that the reference does not have are not counted. */
AY_MUSTCHECK int ay_counting_columns(struct ay_counting *k, const char *const *names, size_t n);
/* One value of that column of the table: for tables by column. */
AY_MUSTCHECK int ay_counting_value(struct ay_counting *k, size_t column, uint64_t row, const struct ay_cell *cell);
/* What is judged of rows and not of columns, whose values were given to ay_counting_value. One cell a column. */
AY_MUSTCHECK int ay_counting_whole(struct ay_counting *k, uint64_t row, const struct ay_cell *cells);
/* Both, for tables by row. As many columns as the table has. */
AY_MUSTCHECK int ay_counting_rows(struct ay_counting *k, const struct ay_block *rows);
AY_MUSTCHECK int ay_counting_row(struct ay_counting *k, uint64_t row, const struct ay_cell *cells);
/* What the image of this row looks like, which has this label: counted where the first reference knows looks. */
void ay_counting_look(struct ay_counting *k, uint64_t row, const struct ay_cell *label, const struct ay_look *look);
/* Valid as long as k. */
struct ay_batch *ay_counting_batch(struct ay_counting *k);
void ay_counting_free(struct ay_counting *k);

#endif
