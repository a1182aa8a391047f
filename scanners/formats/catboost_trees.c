/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Features and trees of a CatBoost model. A split is an index into the
 * conditions that all features offer together, a symmetric tree of depth d has
 * 2^d leaves in a common array, and the nodes of other trees say how far their
 * children are. Nothing of it is checked when a model is applied.
 */
#include "scanners/formats/catboost.h"

#include "assay/ckd.h"

#define PER_BUCKET 254           /* conditions that one byte tells apart */
#define MAX_DEPTH 30
#define MAX_DIMENSION 65536
#define NO_LEAF UINT32_MAX

enum { T_DIMENSION, T_SPLITS, T_SIZES, T_STARTS, T_CATEGORICAL, T_FLOAT, T_ONE_HOT, T_STATISTICS, T_LEAVES, T_WEIGHTS, T_STEPS,
       T_LEAF_IDS, T_TEXT, T_ESTIMATED, T_SCALE, T_BIAS, T_BIASES, T_REPACKED, T_EMBEDDING, T_FIELDS };

struct trees {
	uint32_t dimension;
	struct ay_flat_vector splits, sizes, starts, steps, leaf_ids;
	uint64_t leaves, used;       /* values of leaves, and those that symmetric trees have taken */
};

static bool tick(struct ay_cb *r)
{
	if (!r->f.err && ay_budget_tick(ay_scan_budget(r->s)) != 0)
		ay_flat_fail(&r->f, AY_ELIMIT, 0, "the scan did not end in its time");
	return !r->f.err;
}

/* ---- features ---- */

static void offer(struct ay_cb *r, uint32_t count)
{
	r->splits += count;
	r->buckets += (count + PER_BUCKET - 1) / PER_BUCKET;
}

/* An index that rises from feature to feature: the last one says how many values a caller must bring. */
static int64_t check_index(struct ay_cb *r, const struct ay_flat_table *t, unsigned field, int64_t before)
{
	int32_t index = (int32_t)(uint32_t)ay_flat_scalar(&r->f, t, field, 4, UINT32_MAX);
	int32_t flat = (int32_t)(uint32_t)ay_flat_scalar(&r->f, t, field + 1, 4, UINT32_MAX);

	if (!r->f.err && (index <= before || flat < 0))
		ay_cb_tree(r, t->at, "the indexes of features do not rise from zero");
	return index;
}

static void check_float_features(struct ay_cb *r, const struct ay_flat_vector *v)
{
	int64_t before = -1;

	for (uint32_t i = 0; i < v->count && tick(r); i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, v, i);

		ay_cb_known(r, &t, 6);
		before = check_index(r, &t, 1, before);
		offer(r, ay_flat_list(&r->f, &t, 3, 4).count);
		ay_flat_list(&r->f, &t, 4, 1);
		if (ay_flat_scalar(&r->f, &t, 5, 1, 0) > 2)
			ay_cb_malformed(r, t.at, "a feature treats what is missing in an unknown way");
	}
}

static void check_categorical_features(struct ay_cb *r, const struct ay_flat_vector *v)
{
	int64_t before = -1;

	for (uint32_t i = 0; i < v->count && tick(r); i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, v, i);

		ay_cb_known(r, &t, 4);
		before = check_index(r, &t, 0, before);
		ay_flat_list(&r->f, &t, 2, 1);
	}
}

static void check_one_hot(struct ay_cb *r, const struct ay_flat_vector *v, const struct ay_flat_vector *categorical)
{
	for (uint32_t i = 0; i < v->count && tick(r); i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, v, i);
		uint64_t index = ay_flat_scalar(&r->f, &t, 0, 4, UINT32_MAX);
		uint32_t values = ay_flat_list(&r->f, &t, 1, 4).count, texts = ay_flat_list(&r->f, &t, 2, 4).count;
		bool found = false;

		ay_cb_known(r, &t, 3);
		for (uint32_t j = 0; j < categorical->count && !found && tick(r); j++) {
			struct ay_flat_table c = ay_flat_at(&r->f, categorical, j);

			found = ay_flat_scalar(&r->f, &c, 0, 4, UINT32_MAX) == index;
		}
		if (!r->f.err && !found)
			ay_cb_tree(r, t.at, "a list of values belongs to no categorical feature");
		if (!r->f.err && texts && texts != values)
			ay_cb_malformed(r, t.at, "a feature has more or fewer texts than values");
		offer(r, values);
	}
}

unsigned ay_cb_statistic(struct ay_cb *r, const struct ay_flat_table *base)
{
	struct ay_flat_table combination = ay_flat_sub(&r->f, base, 0);
	uint64_t kind = ay_flat_scalar(&r->f, base, 1, 1, 0);

	ay_cb_known(r, base, 3);
	ay_cb_known(r, &combination, 3);
	ay_flat_list(&r->f, &combination, 0, 4);
	ay_flat_list(&r->f, &combination, 1, 8);
	ay_flat_list(&r->f, &combination, 2, 8);
	if (!r->f.err && (!base->at || !combination.at))
		ay_cb_malformed(r, base->at, "a target statistic names no features");
	if (!r->f.err && kind >= AY_CB_KINDS)
		ay_cb_malformed(r, base->at, "a target statistic is of an unknown kind");
	return r->f.err ? 0 : (unsigned)kind;
}

static void check_statistics(struct ay_cb *r, const struct ay_flat_vector *v)
{
	for (uint32_t i = 0; i < v->count && tick(r); i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, v, i), ctr = ay_flat_sub(&r->f, &t, 0), base = ay_flat_sub(&r->f, &ctr, 0);
		unsigned kind = ay_cb_statistic(r, &base);
		uint64_t border = ay_flat_scalar(&r->f, &ctr, 1, 4, 0);

		ay_cb_known(r, &t, 2);
		ay_cb_known(r, &ctr, 6);
		if (!r->f.err && border >= INT32_MAX)
			ay_cb_tree(r, ctr.at, "a target border lies below zero");
		if (!r->f.err && border >= r->max_border[kind])
			r->max_border[kind] = (uint32_t)border + 1;
		offer(r, ay_flat_list(&r->f, &t, 1, 4).count);
	}
}

/* Those of texts and embeddings are computed by further parts of the file. */
static void check_features(struct ay_cb *r, const struct ay_flat_table *t)
{
	struct ay_flat_vector floats = ay_flat_list(&r->f, t, T_FLOAT, 4), categorical = ay_flat_list(&r->f, t, T_CATEGORICAL, 4);
	struct ay_flat_vector one_hot = ay_flat_list(&r->f, t, T_ONE_HOT, 4), statistics = ay_flat_list(&r->f, t, T_STATISTICS, 4);

	if (ay_flat_list(&r->f, t, T_TEXT, 4).count || ay_flat_list(&r->f, t, T_EMBEDDING, 4).count ||
	    ay_flat_list(&r->f, t, T_ESTIMATED, 4).count)
		ay_cb_unsupported(r, t->at, "a CatBoost model with features of texts or embeddings, which are not judged");
	check_float_features(r, &floats);
	check_categorical_features(r, &categorical);
	check_one_hot(r, &one_hot, &categorical);
	check_statistics(r, &statistics);
	if (!r->f.err && statistics.count && !r->statistics)
		ay_cb_malformed(r, t->at, "splits ask for target statistics, and the file has none");
}

/* ---- trees ---- */

static uint32_t number_at(struct ay_cb *r, const struct ay_flat_vector *v, uint64_t i)
{
	return i < v->count ? (uint32_t)ay_flat_number(&r->f, v->at + 4 * i, 4) : 0;
}

static void check_splits(struct ay_cb *r, const struct trees *x)
{
	bool marks = x->steps.count > 0;    /* a leaf has split 0, whatever features there are */

	for (uint32_t i = 0; i < x->splits.count && tick(r); i++) {
		uint32_t split = number_at(r, &x->splits, i);

		if (!r->f.err && split >= r->splits && !(marks && split == 0))
			ay_cb_tree(r, x->splits.at + 4 * (uint64_t)i, "a split is by a condition that no feature offers");
	}
}

static void check_symmetric(struct ay_cb *r, struct trees *x, uint32_t depth)
{
	if (depth > MAX_DEPTH)
		return ay_cb_tree(r, x->sizes.at, "a tree is deeper than any that CatBoost makes");
	x->used += ((uint64_t)x->dimension << depth);
	if (x->used > x->leaves)
		ay_cb_tree(r, x->sizes.at, "the trees have more leaves than there are values");
}

/* Nodes [begin, begin + size): where a step is zero, the way ends at the node's leaf. */
static void check_steps(struct ay_cb *r, const struct trees *x, uint64_t begin, uint32_t size)
{
	for (uint32_t i = 0; i < size && tick(r); i++) {
		uint64_t at = x->steps.at + 4 * (begin + i);
		uint32_t left = (uint32_t)ay_flat_number(&r->f, at, 2), right = (uint32_t)ay_flat_number(&r->f, at + 2, 2);
		uint32_t leaf = number_at(r, &x->leaf_ids, begin + i);

		if (r->f.err)
			return;
		if (left >= size - i || right >= size - i)
			return ay_cb_tree(r, at, "a child lies beyond its tree");
		if (left && right)
			continue;
		if (leaf % x->dimension || (uint64_t)leaf + x->dimension > x->leaves)
			return ay_cb_tree(r, at, "a leaf has no value of its own");
	}
}

static void check_trees(struct ay_cb *r, struct trees *x)
{
	uint64_t begin = 0;

	if (x->sizes.count != x->starts.count)
		return ay_cb_tree(r, x->sizes.at, "there are more or fewer starts of trees than sizes");
	for (uint32_t i = 0; i < x->sizes.count && tick(r); i++) {
		uint32_t size = number_at(r, &x->sizes, i), start = number_at(r, &x->starts, i);

		if (r->f.err)
			return;
		if (start != begin || size > x->splits.count - begin)
			return ay_cb_tree(r, x->sizes.at + 4 * (uint64_t)i, "the trees do not follow each other in the list of splits");
		if (x->steps.count)
			check_steps(r, x, begin, size);
		else
			check_symmetric(r, x, size);
		begin += size;
	}
	if (!r->f.err && begin != x->splits.count)
		ay_cb_tree(r, x->splits.at, "splits follow the last tree");
	if (!r->f.err && !x->steps.count && x->used != x->leaves)
		ay_cb_tree(r, x->sizes.at, "there are more values than the trees have leaves");
}

/* A copy of the splits in the form in which they are applied. */
static void check_repacked(struct ay_cb *r, const struct ay_flat_vector *v, const struct trees *x)
{
	if (!r->f.err && v->count && v->count != x->splits.count)
		ay_cb_tree(r, v->at, "there are more or fewer repacked splits than splits");
	for (uint32_t i = 0; i < v->count && tick(r); i++) {
		uint64_t bucket = ay_flat_number(&r->f, v->at + 4 * (uint64_t)i, 2);

		if (!r->f.err && bucket > 0 && bucket >= r->buckets)
			ay_cb_tree(r, v->at + 4 * (uint64_t)i, "a repacked split is by a feature that is not there");
	}
}

void ay_cb_model(struct ay_cb *r, const struct ay_flat_table *t)
{
	uint64_t dimension = ay_flat_scalar(&r->f, t, T_DIMENSION, 4, 0);
	struct trees x = {.dimension = (uint32_t)dimension};
	struct ay_flat_vector leaves = ay_flat_list(&r->f, t, T_LEAVES, 8), weights = ay_flat_list(&r->f, t, T_WEIGHTS, 8);
	struct ay_flat_vector biases = ay_flat_list(&r->f, t, T_BIASES, 8), repacked = ay_flat_list(&r->f, t, T_REPACKED, 4);

	x.splits = ay_flat_list(&r->f, t, T_SPLITS, 4);
	x.sizes = ay_flat_list(&r->f, t, T_SIZES, 4);
	x.starts = ay_flat_list(&r->f, t, T_STARTS, 4);
	x.steps = ay_flat_list(&r->f, t, T_STEPS, 4);
	x.leaf_ids = ay_flat_list(&r->f, t, T_LEAF_IDS, 4);
	x.leaves = leaves.count;
	ay_cb_known(r, t, T_FIELDS);
	if (!r->f.err && (dimension < 1 || dimension > MAX_DIMENSION))
		ay_cb_malformed(r, t->at, "the model answers with an impossible number of values");
	check_features(r, t);
	if (r->f.err)
		return;
	if (x.steps.count && (x.steps.count != x.splits.count || x.leaf_ids.count != x.splits.count))
		return ay_cb_tree(r, t->at, "there are more or fewer nodes than splits");
	if ((weights.count && weights.count != leaves.count / dimension) || (biases.count && biases.count != dimension))
		return ay_cb_tree(r, t->at, "there are more or fewer weights or biases than leaves or answers");
	check_splits(r, &x);
	check_repacked(r, &repacked, &x);
	check_trees(r, &x);
}
