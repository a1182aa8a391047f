/* SPDX-License-Identifier: Apache-2.0 */
/* What every format of tables is scanned for: its schema, and the counts against its reference. */
#ifndef ASSAY_SCANNERS_JUDGE_H
#define ASSAY_SCANNERS_JUDGE_H

#include "scanners/data/pieces.h"
#include "scanners/data/rows.h"

struct ay_batch;
struct ay_counting;
struct ay_schema;
/* A table that reports itself what it is refused for; schema: NULL when one is to be proposed. As scan() of a scanner. */
AY_MUSTCHECK int ay_judge_rows(struct ay_scan *s, const struct ay_schema *schema, const struct ay_rows *rows);
/* The counts of a table that was read to its end, for the gate; reports what stood in their way. Batch is changed. */
void ay_judge_counted(struct ay_scan *s, struct ay_batch *batch);
/* Counts against all references of the schema, which has one. *out is NULL after an error. */
AY_MUSTCHECK int ay_judge_counting(const struct ay_schema *schema, struct ay_budget *b, struct ay_counting **out);
/* By column. As scan() of a scanner. */
AY_MUSTCHECK int ay_judge_columns(struct ay_scan *s, struct ay_source *in, ay_columns_reader read);

#endif
