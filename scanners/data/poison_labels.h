/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels that were flipped: of each drawn row the ten nearest rows of the reference's sample vote, and a batch in which more
 * labels lose than among the reference's own rows was tampered with, or labelled by other means.
 *
 * Images are neighbours by what they look like, where the reference knows that: their means and edges, each in units of their
 * root mean square in the reference. Such neighbours agree so often that a label loses only when none of them has it and at least
 * half have one and the same other: a flip nearly always does that, and an honest label seldom.
 */
#ifndef ASSAY_SCANNERS_POISON_LABELS_H
#define ASSAY_SCANNERS_POISON_LABELS_H

#include "scanners/data/poison.h"
#include "scanners/data/stat_test.h"

#define AY_LABEL_NEIGHBOURS 10
#define AY_LABEL_CLASSES 64          /* more are no classes */
#define AY_LABEL_ROWS_MIN 50         /* of the batch, and of the reference's sample */
#define AY_LABEL_WORST 10
#define AY_LABEL_CLEAR 5             /* neighbours that must agree on another label, of images */
/* Share of flipped labels that has to be seen nearly always; where even this could be chance, nothing can be told. */
#define AY_LABEL_BLIND 0.5

struct ay_label_row {
	uint32_t file;
	uint64_t row;
	uint16_t given, expected;        /* places of the label column */
	unsigned for_given, for_expected;/* neighbours that have this label */
};

enum ay_label_why { AY_LABEL_OK, AY_LABEL_FEW_ROWS, AY_LABEL_FEW_SAMPLED, AY_LABEL_CLASSES_MANY, AY_LABEL_ONE_CLASS, AY_LABEL_NO_COLUMNS,
		    AY_LABEL_BLIND_HERE };
/* A phrase, static. */
const char *ay_label_why_text(enum ay_label_why why);

struct ay_label_result {
	enum ay_label_why why;           /* not OK: it could not be told */
	bool flipped;
	uint64_t rows, lost, ref_rows, ref_lost;     /* rows with a label, and those whose neighbours outvote it */
	double share;                    /* of labels flipped at random that explains the difference; may be below 0 */
	double noise;                    /* of it that sampling alone exceeds with probability alpha */
	double p;                        /* one-sided */
	struct ay_label_row worst[AY_LABEL_WORST];
	size_t worst_count;
};

/* The neighbours' votes about the reference itself: what a batch is compared with. */
struct ay_label_model;
AY_MUSTCHECK int ay_label_model_new(struct ay_reference *ref, size_t label, struct ay_budget *b, struct ay_label_model **out);
void ay_label_model_free(struct ay_label_model *m);
/* How the reference's own rows fare: the same for each model of a reference and label. NULL: no batch was judged yet. */
struct ay_label_own {
	uint64_t rows, lost;
	double flipped;                  /* how many of these would lose with another label, each as likely; of looks */
};
const struct ay_label_own *ay_label_own(const struct ay_label_model *m);
/* Spares a new model the finding out. */
void ay_label_give_own(struct ay_label_model *m, const struct ay_label_own *own);
/* limit: share of flipped labels above which a batch fails when p is below alpha too. AY_ELIMIT. */
AY_MUSTCHECK int ay_label_judge(struct ay_label_model *m, const struct ay_poison *batch, double alpha, double limit, struct ay_label_result *out);

#endif
