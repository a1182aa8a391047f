/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image as a row of a table: what is measured of its pixels, and as its label the name of the folder it lies in (or what
 * a sample of several files says). One image is kept in this form until the table that it belongs to is known.
 */
#ifndef ASSAY_SCANNERS_IMAGE_ROW_H
#define ASSAY_SCANNERS_IMAGE_ROW_H

#include "scanners/data/batch.h"
#include "scanners/data/looks.h"
#include "scanners/data/pixels.h"

#define AY_IMAGE_COLUMN "image."           /* begins the names of all columns but the label */
#define AY_IMAGE_COLUMNS 8
extern const char *const ay_image_columns[AY_IMAGE_COLUMNS];

struct ay_image_label { const char *text; size_t len; };    /* text NULL: there is none */
/* The name of the last folder of a path inside an artifact; of a member of a container ("a.tar!cat/1.png") of that. Borrows. */
struct ay_image_label ay_image_label_of(const char *path);
void ay_image_cells(const struct ay_pixels_stats *s, struct ay_image_label label, struct ay_cell cells[AY_IMAGE_COLUMNS]);
/* A reference that has one of the measured columns. */
bool ay_image_is_reference(const struct ay_reference *ref);

/* A table of n images. looks: of some of them, by their row, from 1 on; or NULL. Borrows the struct. */
struct ay_image_row { struct ay_pixels_stats stats; struct ay_image_label label; };
struct ay_image_table { const struct ay_image_row *v; size_t n; const struct ay_drawn *looks; };
/* Without a label among them there is no such column. */
struct ay_rows ay_image_rows(struct ay_image_table *t);
/*
 * Appends a Table Schema of the columns, with these images as its reference; a proposal for a person to edit. It bounds
 * nothing: an image is not wrong for being brighter than those before, but a batch of them may be. Without labels there is
 * no such column.
 */
AY_MUSTCHECK int ay_image_infer(const struct ay_image_table *images, struct ay_budget *b, struct ay_buf *out);

/* Canonical; sticky errors of out. */
void ay_image_encode(const struct ay_pixels_seen *image, struct ay_buf *out);
/* False when these bytes are no image. */
bool ay_image_decode(const void *bytes, size_t len, struct ay_pixels_seen *out);

#endif
