/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What some images of a table look like, drawn by a keyed hash of their row: 3,000 of them take a megabyte, whatever the table.
 * They are the drawn rows of a table with the label and two bytes of a look in each of its columns.
 */
#ifndef ASSAY_SCANNERS_LOOKS_H
#define ASSAY_SCANNERS_LOOKS_H

#include "scanners/data/drawn.h"
#include "scanners/data/look.h"

#define AY_IMAGE_LABEL "label"           /* the column of the labels of images */
#define AY_LOOK_ROWS 3000
#define AY_LOOK_WIDTH (1 + sizeof(struct ay_look) / 2)
#define AY_LOOK_NO_LABEL UINT16_MAX

/* Empty. The digest of a reference is the key of its batches; a reference itself is drawn without any. */
AY_MUSTCHECK int ay_looks_init(struct ay_drawn *d, struct ay_budget *b, const struct ay_sha256 *digest);
/* Of the cell of a label, in its column of a reference, or NULL: its place, AY_LOOK_NO_LABEL when there is none. */
uint16_t ay_looks_place(const struct ay_profiled *column, const struct ay_cell *label);
/* label: such a place. */
void ay_looks_add(struct ay_drawn *d, uint64_t row, uint16_t label, const struct ay_look *look);
/* Of the i-th of them, in the order of the heap; the look is borrowed. */
uint16_t ay_looks_label(const struct ay_drawn *d, size_t i);
const struct ay_look *ay_looks_get(const struct ay_drawn *d, size_t i);

#endif
