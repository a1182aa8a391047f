/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patches that carry a label: in one cell of many images the brightest, the darkest or the roughest pixels are the same all at once,
 * and the images that came with it have nearly all one label. A white or black square, or one of hard contrasts, is such a mark
 * wherever it is put, and whatever the image is otherwise.
 */
#ifndef ASSAY_SCANNERS_POISON_MARKS_H
#define ASSAY_SCANNERS_POISON_MARKS_H

#include "scanners/data/looks.h"

#define AY_MARK_ROWS_MIN 50          /* images, on each side */
#define AY_MARK_LEVEL 8              /* values that count as the same: 256 / 8 levels */
#define AY_MARK_SHARE 0.002          /* of the drawn images that a mark must have come with */
#define AY_MARK_LISTED 4

struct ay_mark_found {
	enum ay_look_mark mark;
	unsigned column, line;           /* of the cell, from 1 */
	unsigned from, to;               /* values */
	uint16_t class;                  /* place of the label */
	double share, errors;            /* of the drawn images that came with it, and how many standard errors that is */
	double pure;                     /* of these the share that has the class */
	uint64_t images, ref_images;     /* that have the mark */
	uint64_t row;                    /* one of them */
	uint32_t file;
};
struct ay_mark_result {
	bool judged;                     /* false: too few images are drawn */
	struct ay_mark_found v[AY_MARK_LISTED];      /* the clearest first */
	size_t n, total;
};
AY_MUSTCHECK int ay_marks_judge(const struct ay_drawn *ref, const struct ay_drawn *batch, struct ay_budget *b, struct ay_mark_result *out);

#endif
