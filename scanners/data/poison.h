/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of tables that came to tell whether somebody tampered with them: labels that were flipped, rows that were
 * repeated or that others must not have, triggers that carry a label. A worker keeps what a table has; the gate adds up and judges.
 */
#ifndef ASSAY_SCANNERS_POISON_H
#define ASSAY_SCANNERS_POISON_H

#include "scanners/data/drawn.h"
#include "scanners/data/looks.h"
#include "scanners/data/row_sketch.h"

struct ay_poison {
	struct ay_drawn rows;
	struct ay_row_sketch whole;
	struct ay_text_counts texts;
	struct ay_drawn looks;               /* of images; width 0: the reference has none */
};
/* Empty, of this reference. */
AY_MUSTCHECK int ay_poison_init(struct ay_poison *p, struct ay_budget *b, const struct ay_reference *ref);
/* Says which file of a version this is of; before it is merged. */
void ay_poison_set_file(struct ay_poison *p, uint32_t file);
/* Says that each row is a file of its own: of row i, from 1 on, files[i - 1]. */
void ay_poison_set_files(struct ay_poison *p, const uint32_t *files);
/* AY_EUSAGE when the two are not of one reference. */
AY_MUSTCHECK int ay_poison_merge(struct ay_poison *p, const struct ay_poison *other);
/* Canonical; sticky errors of out. */
void ay_poison_encode(struct ay_poison *p, struct ay_buf *out);
/* like: the counts of the same batch. Trusts nothing else. *out is to be freed after success only. */
AY_MUSTCHECK int ay_poison_decode(struct ay_cursor *in, struct ay_budget *b, const struct ay_reference *like, struct ay_poison *out);
void ay_poison_free(struct ay_poison *p);

/* ---- counting one table ---- */

struct ay_poison_counting {
	struct ay_budget *budget;
	size_t columns;                      /* of the reference */
	struct ay_poison *sums;              /* borrowed */
	uint16_t *row;
	size_t label;                        /* column of the reference that texts are counted by; only where texts.ref is set */
	uint16_t classes[AY_TEXT_CLASSES];   /* its places that are labels */
	struct ay_text_counting texts;
};
AY_MUSTCHECK int ay_poison_counting_init(struct ay_poison_counting *k, struct ay_budget *b, const struct ay_reference *ref, struct ay_poison *sums);
/* Texts are counted by the label in this column of the reference, if it is one. */
AY_MUSTCHECK int ay_poison_counting_label(struct ay_poison_counting *k, struct ay_reference *ref, size_t label);
/* placed: of each column of the reference, room of them. */
void ay_poison_counting_rows(struct ay_poison_counting *k, const struct ay_block *rows, const struct ay_placed *placed, size_t room);
void ay_poison_counting_free(struct ay_poison_counting *k);

#endif
