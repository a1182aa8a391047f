/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One tree of a LightGBM model. Splits and leaves are indexes into arrays that
 * predictors follow unchecked; a child below zero is leaf -1 - child.
 */
#include "scanners/formats/lightgbm.h"

#define MAX_DECISION 11             /* categorical, default to the left, and three ways to treat what is missing */
#define CATEGORICAL 1

/* How long an array must be. */
enum length { LEN_ONE, LEN_NODES, LEN_LEAVES, LEN_OTHER };

/* What is only counted has no array to go to. */
#define COUNTED AY_LGB_ARRAYS

enum { K_LEAVES, K_CATS, K_LINEAR, K_SHRINKAGE, K_VALUE, K_FEATURE, K_LEFT, K_RIGHT, K_THRESHOLD, K_DECISION, K_BOUNDARIES, K_CAT_THRESHOLD,
       K_LINEAR_CONST, K_LINEAR_COUNTS, K_LINEAR_FEATURES, K_LINEAR_COEFF, K_GAIN, K_LEAF_WEIGHT, K_LEAF_COUNT, K_NODE_VALUE, K_NODE_WEIGHT,
       K_NODE_COUNT, KEYS };

static const struct {
	const char *name;
	enum length length;
	uint8_t array;
	bool optional;
} keys[KEYS] = {
	[K_LEAVES] = {"num_leaves", LEN_ONE, COUNTED, false}, [K_CATS] = {"num_cat", LEN_ONE, COUNTED, false},
	[K_LINEAR] = {"is_linear", LEN_ONE, COUNTED, true}, [K_SHRINKAGE] = {"shrinkage", LEN_ONE, COUNTED, true},
	[K_VALUE] = {"leaf_value", LEN_LEAVES, COUNTED, false}, [K_FEATURE] = {"split_feature", LEN_NODES, AY_LGB_FEATURES, false},
	[K_LEFT] = {"left_child", LEN_NODES, AY_LGB_LEFT, false}, [K_RIGHT] = {"right_child", LEN_NODES, AY_LGB_RIGHT, false},
	[K_THRESHOLD] = {"threshold", LEN_NODES, AY_LGB_THRESHOLDS, false}, [K_DECISION] = {"decision_type", LEN_NODES, AY_LGB_DECISIONS, false},
	[K_BOUNDARIES] = {"cat_boundaries", LEN_OTHER, AY_LGB_BOUNDARIES, true}, [K_CAT_THRESHOLD] = {"cat_threshold", LEN_OTHER, COUNTED, true},
	[K_LINEAR_CONST] = {"leaf_const", LEN_LEAVES, COUNTED, true}, [K_LINEAR_COUNTS] = {"num_features", LEN_LEAVES, AY_LGB_LINEAR_COUNTS, true},
	[K_LINEAR_FEATURES] = {"leaf_features", LEN_OTHER, AY_LGB_LINEAR_FEATURES, true},
	[K_LINEAR_COEFF] = {"leaf_coeff", LEN_OTHER, COUNTED, true}, [K_GAIN] = {"split_gain", LEN_NODES, COUNTED, true},
	[K_LEAF_WEIGHT] = {"leaf_weight", LEN_LEAVES, COUNTED, true}, [K_LEAF_COUNT] = {"leaf_count", LEN_LEAVES, COUNTED, true},
	[K_NODE_VALUE] = {"internal_value", LEN_NODES, COUNTED, true}, [K_NODE_WEIGHT] = {"internal_weight", LEN_NODES, COUNTED, true},
	[K_NODE_COUNT] = {"internal_count", LEN_NODES, COUNTED, true},
};

struct section {
	struct ay_lgb_tree *t;
	uint64_t counts[KEYS];
	int64_t leaves, cats, linear;
	uint32_t seen;
};

void ay_lgb_tree_free(struct ay_scan *s, struct ay_lgb_tree *t)
{
	for (size_t i = 0; i < AY_LGB_ARRAYS; i++)
		ay_ints_free(s, &t->ints[i]);
}

static bool has(const struct section *x, unsigned key)
{
	return x->seen >> key & 1;
}

/* ---- lines ---- */

/* Fractions become -1: a categorical split has the number of its list as threshold, all others are not looked at. */
static int take_thresholds(struct ay_lgb *r, struct ay_cursor c, struct ay_ints *out)
{
	struct ay_cursor token;
	int err = 0;

	while (!err && ay_lgb_token(&c, &token)) {
		int64_t v;

		if (!ay_lgb_number(token))
			return ay_lgb_refuse(r, "lightgbm.malformed", "a threshold is no number");
		if (!ay_lgb_whole(token, &v) || v < 0 || v > INT32_MAX)
			v = -1;
		err = ay_ints_add(r->s, out, (int32_t)v);
		if (!err)
			err = ay_budget_tick(ay_scan_budget(r->s));
	}
	return err;
}

static int take_scalar(struct ay_lgb *r, struct ay_cursor c, int64_t *out)
{
	return ay_lgb_whole(c, out) && *out >= 0 && *out <= INT32_MAX ? 0 :
	       ay_lgb_refuse(r, "lightgbm.malformed", "a tree has a number of leaves or categories that is none");
}

static int take_value(struct ay_lgb *r, struct section *x, unsigned key, struct ay_cursor c)
{
	int err;

	if (key == K_LEAVES || key == K_CATS || key == K_LINEAR)
		return take_scalar(r, c, key == K_LEAVES ? &x->leaves : key == K_CATS ? &x->cats : &x->linear);
	if (keys[key].array == COUNTED)
		return ay_lgb_numbers(r, c, &x->counts[key], keys[key].name);

	struct ay_ints *a = &x->t->ints[keys[key].array];

	err = key == K_THRESHOLD ? take_thresholds(r, c, a) : ay_lgb_ints(r, c, a, keys[key].name);
	x->counts[key] = a->n;
	return err;
}

static int take_line(struct ay_lgb *r, struct section *x)
{
	struct ay_cursor c = r->line;
	char name[AY_LGB_KEY];

	if (!ay_lgb_key(&c, name))
		return ay_lgb_refuse(r, "lightgbm.malformed", "a line of a tree is none of key and value");
	for (unsigned key = 0; key < KEYS; key++) {
		if (strcmp(keys[key].name, name) != 0)
			continue;
		if (has(x, key))
			return ay_lgb_refuse(r, "lightgbm.malformed", "a tree has %s twice", name);
		x->seen |= 1u << key;
		return take_value(r, x, key, c);
	}
	return ay_lgb_refuse(r, "lightgbm.malformed", "a tree has a key that is not known: %s", name);
}

/* ---- what the lines say of each other ---- */

static const char *lengths_why(const struct section *x)
{
	uint64_t leaves = (uint64_t)x->leaves;

	if (leaves < 1)
		return "a tree has no leaves";
	for (unsigned key = 0; key < KEYS; key++) {
		uint64_t want = keys[key].length == LEN_NODES ? leaves - 1 : leaves;

		if (!has(x, key) && (keys[key].optional || (leaves == 1 && keys[key].length == LEN_NODES)))
			continue;
		if (!has(x, key))
			return "a tree lacks leaves, children, features or thresholds";
		if (keys[key].length == LEN_OTHER || (keys[key].length == LEN_ONE && key != K_SHRINKAGE))
			continue;
		if (key == K_SHRINKAGE)
			want = 1;
		/* A tree of one leaf has only its value. */
		if (x->counts[key] != want && !(leaves == 1 && key != K_VALUE && x->counts[key] == 0))
			return "an array of a tree is longer or shorter than its leaves ask for";
	}
	return NULL;
}

static const char *categories_why(const struct section *x)
{
	const struct ay_ints *at = &x->t->ints[AY_LGB_BOUNDARIES];

	if (x->cats == 0)
		return at->n || x->counts[K_CAT_THRESHOLD] ? "a tree without categorical splits has categories" : NULL;
	if (at->n != (uint64_t)x->cats + 1 || at->v[0] != 0 || (uint64_t)at->v[at->n - 1] != x->counts[K_CAT_THRESHOLD])
		return "cat_boundaries do not go from zero to the end of cat_threshold";
	for (size_t i = 1; i < at->n; i++)
		if (at->v[i] < at->v[i - 1])
			return "cat_boundaries do not rise";
	return NULL;
}

static const char *splits_why(const struct section *x, int64_t features)
{
	const struct ay_ints *ints = x->t->ints;

	for (size_t i = 0; i < ints[AY_LGB_FEATURES].n; i++) {
		int32_t feature = ints[AY_LGB_FEATURES].v[i], decision = ints[AY_LGB_DECISIONS].v[i];

		if (feature < 0 || feature >= features)
			return "a split asks for a feature that is not there";
		if (decision < 0 || decision > MAX_DECISION)
			return "a split is of an unknown type";
		if ((decision & CATEGORICAL) && (ints[AY_LGB_THRESHOLDS].v[i] < 0 || ints[AY_LGB_THRESHOLDS].v[i] >= x->cats))
			return "a categorical split has no list of categories";
	}
	return NULL;
}

static const char *linear_why(const struct section *x, int64_t features)
{
	const struct ay_ints *counts = &x->t->ints[AY_LGB_LINEAR_COUNTS], *used = &x->t->ints[AY_LGB_LINEAR_FEATURES];
	uint64_t sum = 0;

	if (x->linear > 1)
		return "is_linear is neither 0 nor 1";
	if (!x->linear)
		return has(x, K_LINEAR_CONST) || counts->n || used->n || x->counts[K_LINEAR_COEFF] ? "a tree of constants has linear leaves" : NULL;
	if (!has(x, K_LINEAR_CONST) || !has(x, K_LINEAR_COUNTS))
		return "a linear tree lacks its constants or the numbers of its features";
	for (size_t i = 0; i < counts->n; i++) {
		if (counts->v[i] < 0)
			return "a leaf has less than no features";
		sum += (uint64_t)counts->v[i];
	}
	if (used->n != sum || x->counts[K_LINEAR_COEFF] != sum)
		return "the leaves have more or fewer features or coefficients than num_features says";
	for (size_t i = 0; i < used->n; i++)
		if (used->v[i] < 0 || used->v[i] >= features)
			return "a leaf asks for a feature that is not there";
	return NULL;
}

/* Marks where child leads: node c at c, leaf l behind all nodes. Nodes are numbered downwards, so there is no cycle. */
static const char *mark(struct section *x, int32_t node, int32_t child)
{
	struct ay_ints *marks = &x->t->ints[AY_LGB_MARKS];
	int64_t nodes = x->leaves - 1, at = child >= 0 ? child : nodes - 1 - (int64_t)child;

	if (child >= 0 && (child <= node || child >= nodes))
		return "a child is no node below its parent";
	if (child < 0 && at >= nodes + x->leaves)
		return "a child is a leaf that is not there";
	if (marks->v[at])
		return "a node or leaf has two parents";
	marks->v[at] = 1;
	return NULL;
}

/* With every place marked once at most, as many marks as places but the root mean that all hang together. */
static const char *shape_why(struct ay_lgb *r, struct section *x, int *err_out)
{
	const struct ay_ints *ints = x->t->ints;
	const char *why = NULL;

	*err_out = 0;
	for (int64_t i = 0; i < 2 * x->leaves - 1 && !*err_out; i++)
		*err_out = ay_ints_add(r->s, &x->t->ints[AY_LGB_MARKS], 0);
	for (size_t i = 0; i < ints[AY_LGB_LEFT].n && !why && !*err_out; i++) {
		why = mark(x, (int32_t)i, ints[AY_LGB_LEFT].v[i]);
		if (!why)
			why = mark(x, (int32_t)i, ints[AY_LGB_RIGHT].v[i]);
		*err_out = ay_budget_tick(ay_scan_budget(r->s));
	}
	return why;
}

static int check(struct ay_lgb *r, struct section *x)
{
	const char *why = lengths_why(x);
	int err = 0;

	if (!why)
		why = categories_why(x);
	if (!why)
		why = splits_why(x, r->features);
	if (!why)
		why = linear_why(x, r->features);
	if (!why)
		why = shape_why(r, x, &err);
	return why ? ay_lgb_refuse(r, "lightgbm.tree", "%s", why) : err;
}

int ay_lgb_tree(struct ay_lgb *r, struct ay_lgb_tree *t)
{
	struct section x = {.t = t};
	int more, err = 0;

	for (size_t i = 0; i < AY_LGB_ARRAYS; i++)
		t->ints[i].n = 0;
	while (!err && (more = ay_lgb_line(r)) != 0) {
		if (more < 0)
			return more;
		if (r->line.left == 0)
			return check(r, &x);
		err = take_line(r, &x);
	}
	return err ? err : AY_ETRUNC;
}
