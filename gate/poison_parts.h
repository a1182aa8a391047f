/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the poisoning gate share. */
#ifndef ASSAY_GATE_POISON_PARTS_H
#define ASSAY_GATE_POISON_PARTS_H

#include "gate/drift_parts.h"
#include "scanners/data/poison_labels.h"

#define AY_POISON_ALPHA 0.001
#define AY_POISON_ERRORS 3.09        /* standard errors that chance exceeds with this probability */

struct ay_poisoning {
	struct ay_candidate *c;
	struct ay_budget budget;
	struct ay_reference *ref;        /* the schema's */
	bool *label;                     /* of each column of the reference */
	size_t marked;                   /* the first one that the schema marks: texts are counted by it; ref.count: none */
	struct ay_label_model **model;   /* of each label, once it was asked for */
	bool *old;                       /* of each file: the newest admitted version has it */
	struct ay_comparing images;      /* counts those that are files themselves */
	uint32_t *image_files;           /* of each of these: its file */
};

/* The finding poison.unknown. */
void ay_poison_cannot(const struct ay_poisoning *k, const char *what, const char *why);
/* Path and row, as text. */
void ay_poison_name_row(const struct ay_poisoning *k, uint32_t file, uint64_t row, char *out, size_t size);

/* What stands at a place of a column. */
void ay_poison_name_place(const struct ay_profiled *c, uint16_t place, char *out, size_t size);

/* ---- label_own.c ---- */

/* Gives m what is known already of this label of the reference, if anything; keeps what m has found out. */
void ay_label_owns_find(struct ay_label_owns *o, const struct ay_reference *ref, size_t column, struct ay_label_model *m);
void ay_label_owns_keep(struct ay_label_owns *o, const struct ay_reference *ref, size_t column, const struct ay_label_model *m);

/* ---- poison_classes.c ---- */

/* The classes of a label: their shares, what moved within one of them, and values that carry one. */
void ay_poison_classes(struct ay_poisoning *k, size_t label, const struct ay_batch *batch, const char *what);

/* ---- poison_images.c ---- */

/* Adds the image that is this file to those that wait for ay_drift_take_images. */
AY_MUSTCHECK int ay_poison_add_image(struct ay_poisoning *k, uint32_t file);
/* Patches of images that carry a label. */
void ay_poison_marks(struct ay_poisoning *k, size_t label, const struct ay_batch *batch, const char *what);

/* ---- poison_tokens.c ---- */

/* Words that came up in columns of texts and carry a label. */
void ay_poison_tokens(struct ay_poisoning *k, const struct ay_batch *batch, const char *what);

/* ---- poison_spectrum.c ---- */

/* Rows of one class that lie together where the reference has none. only: of each column, whether it is looked at; NULL: all numbers. */
void ay_poison_spectrum(struct ay_poisoning *k, size_t label, const bool *only, const struct ay_batch *batch, const char *what);

/* ---- poison_model.c ---- */

/* Predictions and activations of a model, in columns that the policy names. */
void ay_poison_model(struct ay_poisoning *k, size_t label, const struct ay_batch *batch, const char *what);

/* ---- poison_rows.c ---- */

/* Rows that a batch repeats, exactly or nearly, more than the reference does; of new rows, too, those that the reference has. */
void ay_poison_duplicates(struct ay_poisoning *k, struct ay_batch *batch, const char *what, bool fresh);
/* Rows of the datasets that the policy names. */
void ay_poison_leaks(struct ay_poisoning *k, struct ay_batch *batch);

#endif
