/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the schema gate share. */
#ifndef ASSAY_GATE_SCHEMA_PARTS_H
#define ASSAY_GATE_SCHEMA_PARTS_H

#include "assay/schema.h"
#include "gate/candidate.h"

/* ---- schema_foreign.c ---- */

/* The keys of the candidate's tables, against each other and against other datasets of the store. */
void ay_schema_keys(struct ay_candidate *c, const struct ay_schema *s);

#endif
