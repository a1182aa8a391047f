/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XGBoost models: one judgement for both documents (JSON and UBJSON), and the
 * shape of a tree, which the old binary form shares.
 */
#ifndef ASSAY_SCANNERS_XGBOOST_H
#define ASSAY_SCANNERS_XGBOOST_H

#include "assay/json.h"
#include "assay/scan.h"
#include "scanners/formats/ints.h"

#define AY_XGB_DEPTH 16
#define AY_XGB_MAJOR 3               /* newest version that is known */
#define AY_XGB_DELETED INT32_MAX     /* split index of a node that pruning took out */

/* A document as events of enum ay_json_event. Texts are valid until the next event. */
struct ay_xgb_doc {
	void *arg;
	int (*next)(void *arg);
	const char *(*text)(void *arg, size_t *len_out);     /* of a KEY or STRING */
	bool (*whole)(void *arg, int64_t *out);              /* the NUMBER, when it is a whole one */
	uint64_t (*off)(void *arg);
	const char *(*reason)(void *arg);                    /* why next failed, or "" */
};

/* Reads the whole document. Reports; negative only to stop the scan. */
AY_MUSTCHECK int ay_xgb_judge(struct ay_scan *s, const struct ay_xgb_doc *d);

/* The same for a document that is an objective alone. */
AY_MUSTCHECK int ay_xgb_judge_objective(struct ay_scan *s, const struct ay_xgb_doc *d);
/* JSON text of an objective in the middle of a file, at c->off. */
AY_MUSTCHECK int ay_xgb_objective_text(struct ay_scan *s, struct ay_cursor c);

/* ---- reading (xgboost_doc.c) ---- */

struct ay_xgb_reader {
	struct ay_scan *s;
	const struct ay_xgb_doc *d;
	int pending;             /* an event that was looked at and not taken; 0: none */
	bool reported;
};

/* What stands below a key. Each key at most once; bit i of the seen set is field i. */
struct ay_xgb_field {
	const char *key;
	int (*take)(struct ay_xgb_reader *r, void *to, unsigned id);
	unsigned id;
	bool required;
};

/* Reports under the rule and answers AY_EFORMAT. */
int ay_xgb_refuse(struct ay_xgb_reader *r, const char *rule, const char *fmt, ...) AY_PRINTF(3, 4);
AY_MUSTCHECK int ay_xgb_next(struct ay_xgb_reader *r);
/* Within an array: 1 when a value follows, 0 past its end. */
AY_MUSTCHECK int ay_xgb_more(struct ay_xgb_reader *r);
AY_MUSTCHECK int ay_xgb_expect(struct ay_xgb_reader *r, enum ay_json_event wanted, const char *what);
/* The object that begins next. what is for messages. */
AY_MUSTCHECK int ay_xgb_object(struct ay_xgb_reader *r, const struct ay_xgb_field *fields, size_t count, void *to, const char *what,
			       uint32_t *seen_out);
/* The next value as a string that is copied; AY_EFORMAT when it is longer or has an inner NUL. */
AY_MUSTCHECK int ay_xgb_string(struct ay_xgb_reader *r, char *out, size_t size, const char *what);
/* Whole numbers: plain, or written as a string. */
AY_MUSTCHECK int ay_xgb_int(struct ay_xgb_reader *r, int64_t *out, const char *what);
AY_MUSTCHECK int ay_xgb_int_text(struct ay_xgb_reader *r, uint64_t *out, const char *what);

/* The next array, of whole numbers of 32 bits (true and false count as 1 and 0), or of any numbers, which are only counted. */
AY_MUSTCHECK int ay_xgb_ints(struct ay_xgb_reader *r, struct ay_ints *out, const char *what);
AY_MUSTCHECK int ay_xgb_numbers(struct ay_xgb_reader *r, uint64_t *count_out, const char *what);

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
AY_MUSTCHECK int ay_xgb_tree_take(struct ay_xgb_reader *r, struct ay_xgb_tree *t);

#endif
