/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XGBoost models: one judgement for both documents (JSON and UBJSON), and the
 * shape of a tree, which the old binary form shares.
 */
#ifndef ASSAY_SCANNERS_XGBOOST_H
#define ASSAY_SCANNERS_XGBOOST_H

#include "scanners/formats/doc.h"
#include "scanners/formats/ints.h"

#define AY_XGB_DEPTH 16
#define AY_XGB_MAJOR 3               /* newest version that is known */
#define AY_XGB_DELETED INT32_MAX     /* split index of a node that pruning took out */

/* Reads the whole document. Reports; negative only to stop the scan. */
AY_MUSTCHECK int ay_xgb_judge(struct ay_scan *s, const struct ay_doc *d);

/* The same for a document that is an objective alone. */
AY_MUSTCHECK int ay_xgb_judge_objective(struct ay_scan *s, const struct ay_doc *d);
/* JSON text of an objective in the middle of a file, at c->off. */
AY_MUSTCHECK int ay_xgb_objective_text(struct ay_scan *s, struct ay_cursor c);

/* ---- one tree (xgboost_tree.c) ---- */

enum { AY_XGB_LEFT, AY_XGB_RIGHT, AY_XGB_PARENTS, AY_XGB_INDEXES, AY_XGB_TYPES, AY_XGB_CATS, AY_XGB_CAT_NODES, AY_XGB_CAT_AT,
       AY_XGB_CAT_SIZES, AY_XGB_INT_ARRAYS };
enum { AY_XGB_LOSSES, AY_XGB_HESSIANS, AY_XGB_WEIGHTS, AY_XGB_CONDITIONS, AY_XGB_DEFAULTS, AY_XGB_LEAF_WEIGHTS, AY_XGB_LEAF_CHILDREN,
       AY_XGB_FLOAT_ARRAYS };

struct ay_xgb_tree {
	struct ay_ints ints[AY_XGB_INT_ARRAYS];
	uint64_t floats[AY_XGB_FLOAT_ARRAYS];    /* how many */
	int64_t id;
	uint64_t nodes, deleted, features, width;
	int64_t max_index;                       /* of a feature that a split asks for; -1: there is no split */
	uint64_t leaves;
};

void ay_xgb_tree_free(struct ay_scan *s, struct ay_xgb_tree *t);
/* Forgets the content and keeps the memory. */
void ay_xgb_tree_reset(struct ay_xgb_tree *t);
/*
 * Every node hangs below node 0 exactly once, or is deleted. NULL and *err_out 0, or why not; fills max_index and leaves.
 * Children, parents and indexes must have the same length.
 */
const char *ay_xgb_tree_shape(struct ay_scan *s, struct ay_xgb_tree *t, int *err_out);
/* A tree object of the document. */
AY_MUSTCHECK int ay_xgb_tree_take(struct ay_doc_reader *r, struct ay_xgb_tree *t);

#endif
