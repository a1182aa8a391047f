/* SPDX-License-Identifier: Apache-2.0 */
/* What every format of tables is scanned for: its schema, and the counts against its reference. */
#ifndef ASSAY_SCANNERS_JUDGE_H
#define ASSAY_SCANNERS_JUDGE_H

#include "scanners/data/block.h"
#include "scanners/data/pieces.h"
#include "scanners/data/rows.h"

struct ay_batch;
struct ay_counting;
struct ay_schema;
/* ---- a table whose reader hands over blocks ---- */

struct ay_judging;
/* *out is to be freed after an error too. */
AY_MUSTCHECK int ay_judging_new(struct ay_scan *s, const struct ay_schema *schema, struct ay_judging **out);
/* Before the rows; once. */
AY_MUSTCHECK int ay_judging_columns(struct ay_judging *j, const char *const *names, size_t n);
/* What cells are read as is written to them. As many columns as were named. */
AY_MUSTCHECK int ay_judging_rows(struct ay_judging *j, const struct ay_block *rows);
/* whole: every row was judged. */
void ay_judging_end(struct ay_judging *j, bool whole);
void ay_judging_free(struct ay_judging *j);

/* ---- other tables ---- */

/* A table that reports itself what it is refused for; schema: NULL when one is to be proposed. As scan() of a scanner. */
AY_MUSTCHECK int ay_judge_rows(struct ay_scan *s, const struct ay_schema *schema, const struct ay_rows *rows);
/* The counts of a table that was read to its end, for the gate; reports what stood in their way. Batch is changed. */
void ay_judge_counted(struct ay_scan *s, struct ay_batch *batch);
/* Counts against all references of the schema, which has one. *out is NULL after an error. */
AY_MUSTCHECK int ay_judge_counting(const struct ay_schema *schema, struct ay_budget *b, struct ay_counting **out);
/* By column. As scan() of a scanner. */
AY_MUSTCHECK int ay_judge_columns(struct ay_scan *s, struct ay_source *in, ay_columns_reader read);

#endif
