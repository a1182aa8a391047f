/* SPDX-License-Identifier: Apache-2.0 */
/* CatBoost models: the parts of one reader. */
#ifndef ASSAY_SCANNERS_CATBOOST_H
#define ASSAY_SCANNERS_CATBOOST_H

#include "scanners/formats/flatbuf.h"

/* Kinds of target statistics. */
enum { AY_CB_BORDERS, AY_CB_BUCKETS, AY_CB_BINARY_MEAN, AY_CB_FLOAT_MEAN, AY_CB_COUNTER, AY_CB_FREQUENCY, AY_CB_KINDS };

struct ay_cb {
	struct ay_scan *s;
	struct ay_source *in;
	uint64_t off;                      /* of the next byte outside of any FlatBuffer */
	struct ay_flat f;                  /* of the part at hand */
	uint64_t base;                     /* where it begins in the file */
	const char *rule;                  /* of the first failure, when it is no plain one */
	uint64_t splits, buckets;          /* that features offer: conditions, and bytes of quantised features */
	uint32_t max_border[AY_CB_KINDS];  /* highest target border that a split asks for, plus one */
	bool statistics;                   /* their tables follow the core */
};

/* A failure of the format's own rules, and of those about trees. */
void ay_cb_malformed(struct ay_cb *r, uint64_t off, const char *why);
void ay_cb_tree(struct ay_cb *r, uint64_t off, const char *why);
void ay_cb_unsupported(struct ay_cb *r, uint64_t off, const char *why);
/* No field beyond those that are known. */
void ay_cb_known(struct ay_cb *r, const struct ay_flat_table *t, unsigned fields);

/* ModelTrees of the core. */
void ay_cb_model(struct ay_cb *r, const struct ay_flat_table *t);
/* The base of a target statistic: its kind. */
unsigned ay_cb_statistic(struct ay_cb *r, const struct ay_flat_table *base);

#endif
