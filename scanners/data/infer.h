/* SPDX-License-Identifier: Apache-2.0 */
/* A schema proposed from the rows of a table. */
#ifndef ASSAY_SCANNERS_INFER_H
#define ASSAY_SCANNERS_INFER_H

#include "scanners/data/rows.h"

struct ay_schema;

/*
 * Appends the schema, with its reference, to out; of a table that has one already, its reference alone; describe: instead what people are
 * shown of its columns. Codes of the reader, AY_EFORMAT, AY_ELIMIT; then e has the reason where it is not the reader's.
 */
AY_MUSTCHECK int ay_infer_rows(struct ay_budget *b, const struct ay_rows *rows, const struct ay_schema *of, bool describe, struct ay_buf *out,
			       struct ay_error *e);
/* For a scan that asks for a proposal instead of a judgement. Reports what stood in its way; as scan() of a scanner. */
AY_MUSTCHECK int ay_infer_scan(struct ay_scan *s, const struct ay_rows *rows);

#endif
