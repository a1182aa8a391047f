/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a whole XGBoost model may hold: known keys only, an objective and a
 * booster by name, and as many trees, groups, features and weights as its own
 * numbers announce.
 */
#include <inttypes.h>

#include "assay/ckd.h"
#include "scanners/formats/xgboost.h"
#include "scanners/model/xgboost_names.h"

#define NAME 64

struct model {
	uint64_t features, classes, targets;
	char objective[NAME], booster[NAME], inner[NAME];
	uint64_t names, types;               /* of features */
	uint64_t trees, declared_trees, groups, rounds, drops, weights;
	int64_t max_group, max_index, last_round;
	bool has_model, has_trees, has_weights, has_rounds, has_drops;
	uint64_t category_columns, category_last, category_sorted;
	int64_t category_max;
	struct ay_xgb_tree tree;
	int64_t version[3];
};

#define FIELDS(list) list, AY_ARRAY_LEN(list)

/* Only text that XGBoost would read a number, or a list of numbers, from. */
static int take_number_text(struct ay_doc_reader *r, void *to, unsigned id)
{
	size_t len;
	const char *text;
	int err = ay_doc_expect(r, AY_JSON_EV_STRING, "a number");

	(void)to;
	(void)id;
	if (err)
		return err;
	text = r->d->text(r->d->arg, &len);
	if (len == 0 || strspn(text, "0123456789+-.eE,[] naifNI") != len)
		return ay_doc_refuse(r, "xgboost.malformed", "a number has other characters than numbers have");
	return 0;
}

/* ---- gbtree, dart, gblinear ---- */

static int take_trees(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int more, err = ay_doc_expect(r, AY_JSON_EV_ARRAY, "trees");

	(void)id;
	m->has_trees = true;
	while (!err && (more = ay_doc_more(r)) != 0) {
		err = more < 0 ? more : ay_xgb_tree_take(r, &m->tree);
		if (!err && m->tree.id >= 0 && (uint64_t)m->tree.id != m->trees)
			err = ay_doc_refuse(r, "xgboost.tree", "a tree has another id than its place");
		if (m->tree.max_index > m->max_index)
			m->max_index = m->tree.max_index;
		m->trees++;
	}
	return err;
}

static int take_tree_info(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int more, err = ay_doc_expect(r, AY_JSON_EV_ARRAY, "tree_info");

	(void)id;
	while (!err && (more = ay_doc_more(r)) != 0) {
		int64_t group = 0;

		err = more < 0 ? more : ay_doc_int(r, &group, "a group of tree_info");
		if (!err && group < 0)
			err = ay_doc_refuse(r, "xgboost.malformed", "tree_info has a group below zero");
		if (group > m->max_group)
			m->max_group = group;
		m->groups++;
	}
	return err;
}

static int take_rounds(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int more, err = ay_doc_expect(r, AY_JSON_EV_ARRAY, "iteration_indptr");

	(void)id;
	m->has_rounds = true;
	while (!err && (more = ay_doc_more(r)) != 0) {
		int64_t at = 0;

		err = more < 0 ? more : ay_doc_int(r, &at, "a place of iteration_indptr");
		if (!err && (m->rounds == 0 ? at != 0 : at < m->last_round))
			err = ay_doc_refuse(r, "xgboost.malformed", "iteration_indptr does not rise from zero");
		m->last_round = at;
		m->rounds++;
	}
	return err;
}

static int take_drops(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;

	(void)id;
	if (m->has_drops)
		return ay_doc_refuse(r, "xgboost.malformed", "weight_drop stands twice");
	m->has_drops = true;
	return ay_doc_numbers(r, &m->drops, "weight_drop");
}

static int take_weights(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;

	(void)id;
	m->has_weights = true;
	return ay_doc_numbers(r, &m->weights, "weights");
}

static int take_any_int(struct ay_doc_reader *r, void *to, unsigned id)
{
	int64_t v;

	(void)to;
	(void)id;
	return ay_doc_int(r, &v, "a number");
}

static int take_any_int_text(struct ay_doc_reader *r, void *to, unsigned id)
{
	uint64_t v;

	(void)to;
	(void)id;
	return ay_doc_int_text(r, &v, "a number");
}

static int take_tree_count(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;

	(void)id;
	return ay_doc_int_text(r, &m->declared_trees, "num_trees");
}

static const struct ay_doc_field tree_model_fields[] = {
	{"num_trees", take_tree_count, 0, true},
	{"num_parallel_tree", take_any_int_text, 0, false},
	{"num_roots", take_any_int_text, 0, false},
	{"num_feature", take_any_int_text, 0, false},
	{"num_output_group", take_any_int_text, 0, false},
	{"size_leaf_vector", take_any_int_text, 0, false},
};

static int take_tree_model(struct ay_doc_reader *r, void *to, unsigned id)
{
	(void)id;
	return ay_doc_object(r, FIELDS(tree_model_fields), to, "gbtree_model_param", NULL);
}

/* ---- names of categories, which newer models bring ---- */

struct column {
	uint64_t values;
	struct ay_ints offsets;
};

static int take_column_values(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct column *c = to;

	(void)id;
	return ay_doc_numbers(r, &c->values, "the values of a category");
}

static int take_column_offsets(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct column *c = to;

	(void)id;
	return ay_doc_ints(r, &c->offsets, "the offsets of categories");
}

static int take_column_type(struct ay_doc_reader *r, void *to, unsigned id)
{
	int64_t type = 0;
	int err = ay_doc_int(r, &type, "the type of categories");

	(void)to;
	(void)id;
	return !err && (type < 0 || type > 9) ? ay_doc_refuse(r, "xgboost.malformed", "categories have an unknown type") : err;
}

static const struct ay_doc_field column_fields[] = {
	{"values", take_column_values, 0, true}, {"offsets", take_column_offsets, 0, false}, {"type", take_column_type, 0, false},
};

static int check_offsets(struct ay_doc_reader *r, const struct column *c)
{
	const struct ay_ints *o = &c->offsets;

	for (size_t i = 0; i < o->n; i++)
		if (o->v[i] < (i ? o->v[i - 1] : 0))
			return ay_doc_refuse(r, "xgboost.malformed", "the offsets of categories do not rise");
	if (o->n && (uint64_t)o->v[o->n - 1] != c->values)
		return ay_doc_refuse(r, "xgboost.malformed", "the offsets of categories do not end where their text does");
	return 0;
}

static int take_columns(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	struct column c = {.values = 0};
	int more, err = ay_doc_expect(r, AY_JSON_EV_ARRAY, "enc");

	(void)id;
	while (!err && (more = ay_doc_more(r)) != 0) {
		c.offsets.n = 0;
		err = more < 0 ? more : ay_doc_object(r, FIELDS(column_fields), &c, "a list of categories", NULL);
		if (!err)
			err = check_offsets(r, &c);
		m->category_columns++;
	}
	ay_ints_free(r->s, &c.offsets);
	return err;
}

static int take_segments(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int64_t before = 0;
	int more, err = ay_doc_expect(r, AY_JSON_EV_ARRAY, "feature_segments");

	(void)id;
	while (!err && (more = ay_doc_more(r)) != 0) {
		int64_t at = 0;

		err = more < 0 ? more : ay_doc_int(r, &at, "a segment of categories");
		if (!err && at < before)
			err = ay_doc_refuse(r, "xgboost.malformed", "feature_segments does not rise");
		before = at;
	}
	m->category_last = (uint64_t)before;
	return err;
}

static int take_sorted(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int more, err = ay_doc_expect(r, AY_JSON_EV_ARRAY, "sorted_idx");

	(void)id;
	while (!err && (more = ay_doc_more(r)) != 0) {
		int64_t at = 0;

		err = more < 0 ? more : ay_doc_int(r, &at, "an index of categories");
		if (!err && at < 0)
			err = ay_doc_refuse(r, "xgboost.malformed", "sorted_idx has an index below zero");
		if (at > m->category_max)
			m->category_max = at;
		m->category_sorted++;
	}
	return err;
}

static const struct ay_doc_field category_fields[] = {
	{"enc", take_columns, 0, true}, {"feature_segments", take_segments, 0, true}, {"sorted_idx", take_sorted, 0, true},
};

static int take_categories(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int err = ay_doc_object(r, FIELDS(category_fields), to, "cats", NULL);

	(void)id;
	if (!err && (m->category_sorted != m->category_last || (m->category_sorted && (uint64_t)m->category_max >= m->category_last)))
		err = ay_doc_refuse(r, "xgboost.malformed", "sorted_idx is no order of the categories");
	return err;
}

static const struct ay_doc_field model_fields[] = {
	{"gbtree_model_param", take_tree_model, 0, false}, {"trees", take_trees, 0, false}, {"tree_info", take_tree_info, 0, false},
	{"iteration_indptr", take_rounds, 0, false}, {"weight_drop", take_drops, 0, false}, {"cats", take_categories, 0, false},
	{"weights", take_weights, 0, false}, {"boosted_rounds", take_any_int, 0, false},
};
#define TREE_FIELDS 0x3Fu
#define TREE_NEEDS 0x07u
#define LINEAR_FIELDS 0xC0u

static int take_model(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	uint32_t seen;

	(void)id;
	if (m->has_model)
		return ay_doc_refuse(r, "xgboost.malformed", "there are two models");
	m->has_model = true;
	int err = ay_doc_object(r, FIELDS(model_fields), to, "model", &seen);

	if (err)
		return err;
	if (seen & LINEAR_FIELDS ? (seen & TREE_FIELDS) || !m->has_weights : (seen & TREE_NEEDS) != TREE_NEEDS)
		return ay_doc_refuse(r, "xgboost.malformed", "model is neither one of trees nor a linear one");
	return 0;
}

enum { BOOSTER, INNER };

static int take_booster_name(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;

	return ay_doc_string(r, id == INNER ? m->inner : m->booster, NAME, "the name of a booster");
}

static const struct ay_doc_field inner_fields[] = {{"name", take_booster_name, INNER, true}, {"model", take_model, 0, true}};

static int take_inner(struct ay_doc_reader *r, void *to, unsigned id)
{
	(void)id;
	return ay_doc_object(r, FIELDS(inner_fields), to, "gbtree", NULL);
}

static const struct ay_doc_field booster_fields[] = {
	{"name", take_booster_name, BOOSTER, true}, {"model", take_model, 0, false}, {"gbtree", take_inner, 0, false},
	{"weight_drop", take_drops, 0, false},
};

static int take_booster(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int err = ay_doc_object(r, FIELDS(booster_fields), to, "gradient_booster", NULL);

	(void)id;
	if (err)
		return err;
	if (!m->has_model)
		return ay_doc_refuse(r, "xgboost.malformed", "gradient_booster has no model");
	if (strcmp(m->booster, "gbtree") == 0 && m->has_trees && !*m->inner)
		return 0;
	if (strcmp(m->booster, "dart") == 0 && m->has_trees && (!*m->inner || strcmp(m->inner, "gbtree") == 0))
		return 0;
	if (strcmp(m->booster, "gblinear") == 0 && m->has_weights && !*m->inner && !m->has_drops)
		return 0;
	return ay_doc_refuse(r, "xgboost.component", "the booster \"%s\" is none that is known, or has another model than its name says",
			     m->booster);
}

/* ---- objective ---- */

/* The settings of a block, whatever its name. */
static int take_settings(struct ay_doc_reader *r)
{
	int ev, err = ay_doc_expect(r, AY_JSON_EV_OBJECT, "the settings of the objective");

	while (!err && (ev = ay_doc_next(r)) != AY_JSON_EV_OBJECT_END) {
		size_t len;

		if (ev < 0)
			return ev;
		const char *key = r->d->text(r->d->arg, &len);

		if (!ay_xgb_objective_setting_known(key, len))
			return ay_doc_refuse(r, "xgboost.malformed", "the objective has a setting that is not known: %.64s", key);
		err = ay_doc_expect(r, AY_JSON_EV_STRING, "a setting of the objective");
	}
	return err;
}

static bool key_is(const char *key, size_t len, const char *want)
{
	return strlen(want) == len && strcmp(key, want) == 0;
}

static int take_objective(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	uint64_t count;
	int ev, err = ay_doc_expect(r, AY_JSON_EV_OBJECT, "objective");

	(void)id;
	while (!err && (ev = ay_doc_next(r)) != AY_JSON_EV_OBJECT_END) {
		size_t len;

		if (ev < 0)
			return ev;
		const char *key = r->d->text(r->d->arg, &len);

		if (key_is(key, len, "name") && !*m->objective)
			err = ay_doc_string(r, m->objective, NAME, "the name of the objective");
		else if (ay_xgb_objective_block_known(key, len))
			err = take_settings(r);
		else if (key_is(key, len, "ti+") || key_is(key, len, "tj-"))
			err = ay_doc_numbers(r, &count, "a bias of the objective");
		else
			err = ay_doc_refuse(r, "xgboost.malformed", "objective has a key that is not known, or twice: %.64s", key);
	}
	if (!err && !ay_xgb_objective_known(m->objective))
		err = ay_doc_refuse(r, "xgboost.component", "the objective \"%s\" is none that is known", m->objective);
	return err;
}

/* ---- learner ---- */

enum { L_FEATURES, L_CLASSES, L_TARGETS };

static int take_size(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	uint64_t *const at[] = {&m->features, &m->classes, &m->targets};

	return ay_doc_int_text(r, at[id], "a number of learner_model_param");
}

static const struct ay_doc_field param_fields[] = {
	{"base_score", take_number_text, 0, true}, {"num_feature", take_size, L_FEATURES, true}, {"num_class", take_size, L_CLASSES, true},
	{"num_target", take_size, L_TARGETS, false}, {"boost_from_average", take_any_int_text, 0, false},
};

static int take_param(struct ay_doc_reader *r, void *to, unsigned id)
{
	(void)id;
	return ay_doc_object(r, FIELDS(param_fields), to, "learner_model_param", NULL);
}

/* Texts under names of the user's own. */
static int take_attributes(struct ay_doc_reader *r, void *to, unsigned id)
{
	int ev, err = ay_doc_expect(r, AY_JSON_EV_OBJECT, "attributes");

	(void)to;
	(void)id;
	while (!err && (ev = ay_doc_next(r)) != AY_JSON_EV_OBJECT_END)
		err = ev < 0 ? ev : ay_doc_expect(r, AY_JSON_EV_STRING, "an attribute");
	return err;
}

static int take_feature_names(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int more, err = ay_doc_expect(r, AY_JSON_EV_ARRAY, "feature_names");

	(void)id;
	while (!err && (more = ay_doc_more(r)) != 0) {
		err = more < 0 ? more : ay_doc_expect(r, AY_JSON_EV_STRING, "the name of a feature");
		m->names++;
	}
	return err;
}

static int take_feature_types(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int more, err = ay_doc_expect(r, AY_JSON_EV_ARRAY, "feature_types");

	(void)id;
	while (!err && (more = ay_doc_more(r)) != 0) {
		char type[NAME] = "";

		err = more < 0 ? more : ay_doc_string(r, type, sizeof(type), "the type of a feature");
		if (!err && !ay_xgb_feature_type_known(type))
			err = ay_doc_refuse(r, "xgboost.malformed", "a feature is of an unknown type");
		m->types++;
	}
	return err;
}

static const struct ay_doc_field learner_fields[] = {
	{"attributes", take_attributes, 0, false}, {"feature_names", take_feature_names, 0, false},
	{"feature_types", take_feature_types, 0, false}, {"gradient_booster", take_booster, 0, true},
	{"learner_model_param", take_param, 0, true}, {"objective", take_objective, 0, true},
};

static int take_learner(struct ay_doc_reader *r, void *to, unsigned id)
{
	(void)id;
	return ay_doc_object(r, FIELDS(learner_fields), to, "learner", NULL);
}

static int take_version(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int err = ay_doc_expect(r, AY_JSON_EV_ARRAY, "version");

	(void)id;
	for (size_t i = 0; i < AY_ARRAY_LEN(m->version) && !err; i++)
		err = ay_doc_int(r, &m->version[i], "a number of the version");
	return err ? err : ay_doc_expect(r, AY_JSON_EV_ARRAY_END, "version");
}

/* What Booster's pickles hold: the model and the settings of its training beside it. */
static int take_snapshot(struct ay_doc_reader *r, void *to, unsigned id)
{
	(void)to;
	(void)id;
	return ay_doc_refuse(r, "format.unsupported", "this is a snapshot of XGBoost's memory, which is not judged");
}

static const struct ay_doc_field top_fields[] = {
	{"learner", take_learner, 0, true}, {"version", take_version, 0, true}, {"Config", take_snapshot, 0, false},
	{"Model", take_snapshot, 0, false},
};

/* What its parts say of each other. */
static const char *totals_why(const struct model *m)
{
	uint64_t groups = m->classes > 1 ? m->classes : 1, weights;

	if (m->targets > groups)
		groups = m->targets;
	if ((m->names && m->names != m->features) || (m->types && m->types != m->features))
		return "there are more or fewer names or types of features than features";
	if (m->has_weights && m->weights &&
	    (ay_ckd_add_u64(m->features, 1, &weights) || ay_ckd_mul_u64(weights, groups, &weights) || weights != m->weights))
		return "a linear model has more or fewer weights than features and groups";
	if (!m->has_trees)
		return NULL;
	if (m->trees != m->declared_trees || m->groups != m->trees)
		return "there are more or fewer trees than num_trees or tree_info say";
	if (m->groups && (uint64_t)m->max_group >= groups)
		return "a tree belongs to a group that is not there";
	if (m->max_index >= 0 && (uint64_t)m->max_index >= m->features)
		return "a split asks for a feature that is not there";
	if (m->rounds && (uint64_t)m->last_round != m->trees)
		return "iteration_indptr does not end at the last tree";
	if (m->has_drops && m->drops > m->trees)
		return "weight_drop is longer than there are trees";
	return m->category_columns && m->category_columns != m->features ? "cats has another length than there are features" : NULL;
}

int ay_xgb_judge(struct ay_scan *s, const struct ay_doc *d)
{
	struct ay_doc_reader r = {.s = s, .d = d, .malformed = "xgboost.malformed", .format = "xgboost", .maker = "XGBoost"};
	struct model m = {.max_group = -1, .max_index = -1, .category_max = -1};
	const char *why;
	int err = ay_doc_object(&r, FIELDS(top_fields), &m, "the document", NULL);

	if (!err)
		err = ay_doc_expect(&r, AY_JSON_EV_END, "the document");
	if (!err && (m.version[0] < 0 || m.version[0] > AY_XGB_MAJOR))
		err = ay_doc_refuse(&r, "format.unsupported", "an XGBoost model of version %" PRId64 ", which is not known", m.version[0]);
	why = err ? NULL : totals_why(&m);
	if (why)
		ay_scan_find(s, "xgboost.tree", AY_NO_OFFSET, "%s", why);
	ay_doc_tell(&r, err);
	ay_xgb_tree_free(s, &m.tree);
	return 0;
}

int ay_xgb_judge_objective(struct ay_scan *s, const struct ay_doc *d)
{
	struct ay_doc_reader r = {.s = s, .d = d, .malformed = "xgboost.malformed", .format = "xgboost", .maker = "XGBoost"};
	struct model m = {.features = 0};
	int err = take_objective(&r, &m, 0);

	if (!err)
		err = ay_doc_expect(&r, AY_JSON_EV_END, "the objective");
	ay_doc_tell(&r, err);
	return 0;
}
