/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One tree of an XGBoost model. Its nodes are indexes into arrays of equal
 * length that predictors follow without a check of their own, so each is held
 * against the number of nodes, and the whole must be one tree.
 */
#include "scanners/formats/xgboost.h"

#define MAX_CATEGORY (1 << 24)       /* the most that XGBoost itself takes */

static int take_ints(struct ay_doc_reader *r, void *to, unsigned id);
static int take_numbers(struct ay_doc_reader *r, void *to, unsigned id);
static int take_id(struct ay_doc_reader *r, void *to, unsigned id);
static int take_param(struct ay_doc_reader *r, void *to, unsigned id);

static const struct ay_doc_field tree_fields[] = {
	{"tree_param", take_param, 0, true},
	{"left_children", take_ints, AY_XGB_LEFT, true},
	{"right_children", take_ints, AY_XGB_RIGHT, true},
	{"parents", take_ints, AY_XGB_PARENTS, true},
	{"split_indices", take_ints, AY_XGB_INDEXES, true},
	{"split_conditions", take_numbers, AY_XGB_CONDITIONS, true},
	{"default_left", take_numbers, AY_XGB_DEFAULTS, true},
	{"base_weights", take_numbers, AY_XGB_WEIGHTS, true},
	{"loss_changes", take_numbers, AY_XGB_LOSSES, false},
	{"sum_hessian", take_numbers, AY_XGB_HESSIANS, false},
	{"leaf_weights", take_numbers, AY_XGB_LEAF_WEIGHTS, false},
	{"leaf_child_counts", take_numbers, AY_XGB_LEAF_CHILDREN, false},
	{"split_type", take_ints, AY_XGB_TYPES, false},
	{"categories", take_ints, AY_XGB_CATS, false},
	{"categories_nodes", take_ints, AY_XGB_CAT_NODES, false},
	{"categories_segments", take_ints, AY_XGB_CAT_AT, false},
	{"categories_sizes", take_ints, AY_XGB_CAT_SIZES, false},
	{"id", take_id, 0, false},
};

enum { P_NODES, P_DELETED, P_FEATURES, P_WIDTH, P_OTHER };

static int take_tree_number(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct ay_xgb_tree *t = to;
	uint64_t other;
	uint64_t *const at[] = {&t->nodes, &t->deleted, &t->features, &t->width, &other};

	return ay_doc_int_text(r, at[id], "a number of tree_param");
}

static const struct ay_doc_field param_fields[] = {
	{"num_nodes", take_tree_number, P_NODES, true},
	{"num_deleted", take_tree_number, P_DELETED, false},
	{"num_feature", take_tree_number, P_FEATURES, true},
	{"size_leaf_vector", take_tree_number, P_WIDTH, true},
	{"num_roots", take_tree_number, P_OTHER, false},
};

static int take_param(struct ay_doc_reader *r, void *to, unsigned id)
{
	(void)id;
	return ay_doc_object(r, param_fields, AY_ARRAY_LEN(param_fields), to, "tree_param", NULL);
}

static int take_ints(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct ay_xgb_tree *t = to;

	return ay_doc_ints(r, &t->ints[id], "an array of a tree");
}

static int take_numbers(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct ay_xgb_tree *t = to;

	return ay_doc_numbers(r, &t->floats[id], "an array of a tree");
}

static int take_id(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct ay_xgb_tree *t = to;

	(void)id;
	return ay_doc_int(r, &t->id, "the id of a tree");
}

void ay_xgb_tree_free(struct ay_scan *s, struct ay_xgb_tree *t)
{
	for (size_t i = 0; i < AY_XGB_INT_ARRAYS; i++)
		ay_ints_free(s, &t->ints[i]);
}

void ay_xgb_tree_reset(struct ay_xgb_tree *t)
{
	struct ay_xgb_tree fresh = {.id = -1, .max_index = -1};

	for (size_t i = 0; i < AY_XGB_INT_ARRAYS; i++)
		fresh.ints[i] = (struct ay_ints){.v = t->ints[i].v, .room = t->ints[i].room};
	*t = fresh;
}

/* ---- shape ---- */

static bool is_leaf(const struct ay_xgb_tree *t, int32_t i)
{
	return t->ints[AY_XGB_LEFT].v[i] == -1;
}

/* Its own links, seen for themselves. A leaf of a tree for several targets has its number where its right child would be. */
static const char *node_why(const struct ay_xgb_tree *t, int32_t i)
{
	int32_t n = (int32_t)t->ints[AY_XGB_LEFT].n, left = t->ints[AY_XGB_LEFT].v[i], right = t->ints[AY_XGB_RIGHT].v[i];
	const int32_t *parents = t->ints[AY_XGB_PARENTS].v;

	if (left == -1)
		return right == -1 || (t->width > 1 && right >= 0 && right < n) ? NULL : "a node has one child";
	if (left < 1 || left >= n || right < 1 || right >= n)
		return "a child is no node of its tree";
	if (left == right || parents[left] != i || parents[right] != i)
		return "a node is not the parent of its children";
	return t->ints[AY_XGB_INDEXES].v[i] < 0 ? "a split asks for a feature below zero" : NULL;
}

/*
 * The nodes below the root. No node has two parents and the root has none, so this walk along children and back along
 * parents meets each at most once and ends.
 */
static const char *walk(struct ay_scan *s, struct ay_xgb_tree *t, uint64_t *met_out, int *err_out)
{
	const int32_t *left = t->ints[AY_XGB_LEFT].v, *right = t->ints[AY_XGB_RIGHT].v, *parents = t->ints[AY_XGB_PARENTS].v;
	int32_t at = 0, from = -1;

	while (*err_out == 0) {
		if (from == -1) {
			int32_t index = t->ints[AY_XGB_INDEXES].v[at];

			++*met_out;
			if (index == AY_XGB_DELETED)
				return "a deleted node hangs in the tree";
			t->leaves += is_leaf(t, at);
			if (!is_leaf(t, at) && index > t->max_index)
				t->max_index = index;
			if (!is_leaf(t, at)) {
				at = left[at];
				continue;
			}
		}
		if (from != -1 && from == left[at]) {
			at = right[at];
			from = -1;
			continue;
		}
		if (at == 0)
			break;
		from = at;
		at = parents[at];
		*err_out = ay_budget_tick(ay_scan_budget(s));
	}
	return NULL;
}

const char *ay_xgb_tree_shape(struct ay_scan *s, struct ay_xgb_tree *t, int *err_out)
{
	size_t n = t->ints[AY_XGB_LEFT].n;
	uint64_t met = 0, deleted = 0;
	const char *why = NULL;

	*err_out = 0;
	if (n == 0)
		return "a tree has no nodes";
	if (t->ints[AY_XGB_PARENTS].v[0] != -1 && t->ints[AY_XGB_PARENTS].v[0] != INT32_MAX)
		return "the first node has a parent";
	for (size_t i = 0; i < n && !why && !*err_out; i++) {
		why = node_why(t, (int32_t)i);
		deleted += t->ints[AY_XGB_INDEXES].v[i] == AY_XGB_DELETED;
		*err_out = ay_budget_tick(ay_scan_budget(s));
	}
	if (!why && !*err_out)
		why = walk(s, t, &met, err_out);
	if (!why && !*err_out && met + deleted != n)
		why = "nodes that are not deleted hang in no tree";
	if (!why && !*err_out && deleted != t->deleted)
		why = "the number of deleted nodes is another than announced";
	return why;
}

/* ---- lengths ---- */

static const char *categories_why(const struct ay_xgb_tree *t)
{
	const struct ay_ints *nodes = &t->ints[AY_XGB_CAT_NODES], *types = &t->ints[AY_XGB_TYPES], *cats = &t->ints[AY_XGB_CATS];
	size_t categorical = 0, at = 0;
	int32_t before = -1;

	if (types->n && types->n != t->nodes)
		return "split_type has another length than the tree has nodes";
	for (size_t i = 0; i < types->n; i++) {
		if (types->v[i] != 0 && types->v[i] != 1)
			return "a split is of an unknown type";
		categorical += types->v[i] == 1;
	}
	if (nodes->n != categorical || t->ints[AY_XGB_CAT_AT].n != categorical || t->ints[AY_XGB_CAT_SIZES].n != categorical)
		return "there are more or fewer lists of categories than categorical splits";
	for (size_t i = 0; i < categorical; i++) {
		int32_t node = nodes->v[i], size = t->ints[AY_XGB_CAT_SIZES].v[i];

		if (node <= before || (size_t)node >= types->n || types->v[node] != 1)
			return "a list of categories belongs to no categorical split";
		if (size < 1 || (size_t)size > cats->n - at || t->ints[AY_XGB_CAT_AT].v[i] != (int32_t)at)
			return "the lists of categories do not follow each other";
		before = node;
		at += (size_t)size;
	}
	if (at != cats->n)
		return "categories follow the last list";
	for (size_t i = 0; i < cats->n; i++)
		if (cats->v[i] < 0 || cats->v[i] >= MAX_CATEGORY)
			return "a category is below zero or too large";
	return NULL;
}

static const char *lengths_why(const struct ay_xgb_tree *t)
{
	uint64_t n = t->nodes, per = t->width > 1 ? t->width : 1;

	for (size_t i = AY_XGB_LEFT; i <= AY_XGB_INDEXES; i++)
		if (t->ints[i].n != n)
			return "an array has another length than the tree has nodes";
	if (t->floats[AY_XGB_CONDITIONS] != n || t->floats[AY_XGB_DEFAULTS] != n)
		return "an array has another length than the tree has nodes";
	/* A tree for several targets has a weight per target, or for a smaller number of targets that its splits were found with. */
	if (n == 0 || t->floats[AY_XGB_WEIGHTS] % n || t->floats[AY_XGB_WEIGHTS] / n < 1 || t->floats[AY_XGB_WEIGHTS] / n > per)
		return "base_weights has another length than nodes and targets ask for";
	return categories_why(t);
}

static bool optional_is(uint64_t count, bool there, uint64_t wanted)
{
	return !there || count == wanted;
}

static bool there(uint32_t seen, const char *key)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(tree_fields); i++)
		if (strcmp(tree_fields[i].key, key) == 0)
			return seen >> i & 1;
	return false;
}

static const char *leaves_why(const struct ay_xgb_tree *t, uint32_t seen)
{
	const struct ay_ints *left = &t->ints[AY_XGB_LEFT], *right = &t->ints[AY_XGB_RIGHT];
	bool weights = there(seen, "leaf_weights");

	if (!optional_is(t->floats[AY_XGB_LOSSES], t->width < 2 || there(seen, "loss_changes"), t->nodes) ||
	    !optional_is(t->floats[AY_XGB_HESSIANS], t->width < 2 || there(seen, "sum_hessian"), t->nodes) ||
	    !optional_is(t->floats[AY_XGB_LEAF_CHILDREN], there(seen, "leaf_child_counts"), t->nodes))
		return "an array has another length than the tree has nodes";
	if (t->width < 2)
		return weights ? "a tree for one target has leaf_weights" : NULL;
	if (weights && (t->floats[AY_XGB_LEAF_WEIGHTS] % t->width || t->floats[AY_XGB_LEAF_WEIGHTS] / t->width != t->leaves))
		return "leaf_weights has another length than leaves and targets ask for";
	for (size_t i = 0; i < left->n; i++)
		if (left->v[i] == -1 && (weights ? (uint64_t)(right->v[i] + 1) > t->leaves || right->v[i] < 0 : right->v[i] != -1))
			return "a leaf has no weights of its own";
	return NULL;
}

int ay_xgb_tree_take(struct ay_doc_reader *r, struct ay_xgb_tree *t)
{
	const char *why;
	uint32_t seen;
	int err;

	ay_xgb_tree_reset(t);
	err = ay_doc_object(r, tree_fields, AY_ARRAY_LEN(tree_fields), t, "a tree", &seen);
	if (err)
		return err;
	why = lengths_why(t);
	if (!why)
		why = ay_xgb_tree_shape(r->s, t, &err);
	if (!why && !err)
		why = leaves_why(t, seen);
	return why ? ay_doc_refuse(r, "xgboost.tree", "%s", why) : err;
}
