/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CatBoost models as JSON (save_model with format="json"). CatBoost reads keys
 * that it knows and takes sizes and indexes on trust: it divides by hash_stride,
 * follows nested trees by recursion and looks up borders by split_index. So
 * each key is known here, and each number lies within what the model has.
 */
#include <inttypes.h>

#include "assay/json.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/doc.h"
#include "scanners/formats/json_feed.h"
#include "scanners/registry.h"

#define JSON_DEPTH 128
#define TREE_DEPTH 48            /* of nested trees: CatBoost trains to 16 */
#define SPLITS_MAX 16            /* of a symmetric tree */
#define KEY_NODES 4096

struct model {
	uint64_t bins;               /* borders and values that a split can ask for */
	int64_t max_split, max_float, max_cat;   /* that something asks for; -1: none */
	int64_t last_float, last_cat;            /* index of the last feature; -1: none */
	uint64_t dimensions;         /* of a leaf; 0: no tree yet */
	uint64_t biases;
};

#define FIELDS(f) (f), AY_ARRAY_LEN(f)

static int refuse_tree(struct ay_doc_reader *r, const char *why)
{
	return ay_doc_refuse(r, "catboost.tree", "%s", why);
}

/* ---- values ---- */

/* 1: an array begins; 0: null, which is an empty one. */
static int begin_list(struct ay_doc_reader *r, const char *what)
{
	int ev = ay_doc_next(r);

	if (ev < 0 || ev == AY_JSON_EV_NULL)
		return ev < 0 ? ev : 0;
	r->pending = ev;
	ev = ay_doc_expect(r, AY_JSON_EV_ARRAY, what);
	return ev < 0 ? ev : 1;
}

static int count_numbers(struct ay_doc_reader *r, uint64_t *count_out, const char *what)
{
	int ev = ay_doc_next(r);

	*count_out = 0;
	if (ev < 0 || ev == AY_JSON_EV_NULL)
		return ev < 0 ? ev : 0;
	r->pending = ev;
	return ay_doc_numbers(r, count_out, what);
}

static int take_number(struct ay_doc_reader *r, void *to, unsigned id)
{
	(void)to;
	(void)id;
	return ay_doc_expect(r, AY_JSON_EV_NUMBER, "a number");
}

static int take_text(struct ay_doc_reader *r, void *to, unsigned id)
{
	(void)to;
	(void)id;
	return ay_doc_expect(r, AY_JSON_EV_STRING, "a text");
}

static int take_flag(struct ay_doc_reader *r, void *to, unsigned id)
{
	int ev = ay_doc_next(r);

	(void)to;
	(void)id;
	if (ev < 0 || ev == AY_JSON_EV_TRUE || ev == AY_JSON_EV_FALSE)
		return ev < 0 ? ev : 0;
	return ay_doc_refuse(r, r->malformed, "a flag is neither true nor false");
}

/* Anything: what CatBoost keeps and does not read. */
static int take_free(struct ay_doc_reader *r, void *to, unsigned id)
{
	size_t depth = 0;

	(void)to;
	(void)id;
	do {
		int ev = ay_doc_next(r);

		if (ev < 0)
			return ev;
		if (ev == AY_JSON_EV_OBJECT || ev == AY_JSON_EV_ARRAY)
			depth++;
		else if (ev == AY_JSON_EV_OBJECT_END || ev == AY_JSON_EV_ARRAY_END)
			depth--;
	} while (depth > 0);
	return 0;
}

static int take_index(struct ay_doc_reader *r, int64_t *out, const char *what)
{
	int err = ay_doc_int(r, out, what);

	return err ? err : *out >= 0 && *out < INT32_MAX ? 0 : refuse_tree(r, "an index or size is negative or beyond 31 bits");
}

/* The largest index that is asked for; to is the model. */
static int take_wanted(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int64_t v, *max = id == 0 ? &m->max_split : id == 1 ? &m->max_float : &m->max_cat;
	int err = take_index(r, &v, "an index");

	if (!err && v > *max)
		*max = v;
	return err;
}

static int take_size(struct ay_doc_reader *r, void *to, unsigned id)
{
	int64_t v;

	(void)to;
	(void)id;
	return take_index(r, &v, "an index");
}

static bool one_of(const char *text, const char *const *list)
{
	while (*list && strcmp(text, *list) != 0)
		list++;
	return *list;
}

static const char *const ctr_types[] = {"Borders", "Buckets", "BinarizedTargetMeanValue", "FloatTargetMeanValue", "Counter", "FeatureFreq", NULL};
static const char *const split_types[] = {"FloatFeature", "OneHotFeature", "OnlineCtr", NULL};
static const char *const element_types[] = {"cat_feature_value", "float_feature", "cat_feature_exact_value", NULL};
static const char *const nan_treatments[] = {"AsIs", "AsFalse", "AsTrue", NULL};

static int take_kind(struct ay_doc_reader *r, void *to, unsigned id)
{
	static const char *const *const lists[] = {ctr_types, split_types, element_types, nan_treatments};
	char text[32];
	int err = ay_doc_string(r, text, sizeof(text), "a kind");

	(void)to;
	return err ? err : one_of(text, lists[id]) ? 0 : ay_doc_refuse(r, r->malformed, "%s is no kind that CatBoost has there", text);
}

/* ---- features ---- */

static int take_position(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int64_t v, *last = id == 0 ? &m->last_float : &m->last_cat;
	int err = take_index(r, &v, "a feature's index");

	if (!err && v <= *last)
		return refuse_tree(r, "the features are not in the order of their indexes");
	*last = err ? *last : v;
	return err;
}

static int take_bins(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	uint64_t n;
	int err = count_numbers(r, &n, "borders or values");

	(void)id;
	m->bins += err ? 0 : n;
	return err;
}

static int take_texts(struct ay_doc_reader *r, void *to, unsigned id)
{
	int more = begin_list(r, "texts");

	(void)to;
	(void)id;
	while (more > 0 && (more = ay_doc_more(r)) > 0) {
		int err = take_text(r, NULL, 0);

		if (err)
			return err;
	}
	return more;
}

/* A list of objects that have these fields. */
static int take_objects(struct ay_doc_reader *r, const struct ay_doc_field *fields, size_t count, void *to, const char *what)
{
	int more = begin_list(r, what);

	while (more > 0 && (more = ay_doc_more(r)) > 0) {
		int err = ay_doc_object(r, fields, count, to, what, NULL);

		if (err)
			return err;
	}
	return more;
}

static const struct ay_doc_field float_fields[] = {
	{"feature_index", take_position, 0, true}, {"flat_feature_index", take_size, 0, true}, {"borders", take_bins, 0, true},
	{"has_nans", take_flag, 0, false}, {"nan_value_treatment", take_kind, 3, false}, {"feature_id", take_text, 0, false},
	{"feature_name", take_text, 0, false},
};
static const struct ay_doc_field cat_fields[] = {
	{"feature_index", take_position, 1, true}, {"flat_feature_index", take_size, 0, true}, {"values", take_bins, 0, false},
	{"string_values", take_texts, 0, false}, {"feature_id", take_text, 0, false}, {"feature_name", take_text, 0, false},
};
static const struct ay_doc_field element_fields[] = {
	{"combination_element", take_kind, 2, true}, {"cat_feature_index", take_wanted, 2, false}, {"float_feature_index", take_wanted, 1, false},
	{"border", take_number, 0, false}, {"value", take_number, 0, false},
};
static const struct ay_doc_field hash_fields[] = {{"hash", take_number, 0, true}, {"value", take_text, 0, true}};

static int take_elements(struct ay_doc_reader *r, void *to, unsigned id)
{
	(void)id;
	return take_objects(r, FIELDS(element_fields), to, "the elements of a combination");
}

static const struct ay_doc_field ctr_fields[] = {
	{"identifier", take_text, 0, true}, {"elements", take_elements, 0, true}, {"ctr_type", take_kind, 0, true}, {"borders", take_bins, 0, true},
	{"target_border_idx", take_size, 0, true}, {"prior_numerator", take_number, 0, true}, {"prior_denomerator", take_number, 0, true},
	{"shift", take_number, 0, true}, {"scale", take_number, 0, true},
};

static int take_list(struct ay_doc_reader *r, void *to, unsigned id)
{
	static const struct { const struct ay_doc_field *fields; size_t count; const char *what; } lists[] = {
		{FIELDS(float_fields), "the features"}, {FIELDS(cat_fields), "the categorical features"}, {FIELDS(ctr_fields), "the target statistics"},
		{FIELDS(hash_fields), "the hashes of categories"},
	};

	return take_objects(r, lists[id].fields, lists[id].count, to, lists[id].what);
}

static const struct ay_doc_field info_fields[] = {
	{"float_features", take_list, 0, false}, {"categorical_features", take_list, 1, false}, {"ctrs", take_list, 2, false},
	{"cat_features_hash", take_list, 3, false},
};

static int take_info(struct ay_doc_reader *r, void *to, unsigned id)
{
	(void)id;
	return ay_doc_object(r, FIELDS(info_fields), to, "the features", NULL);
}

/* ---- trees ---- */

static int leaf_of(struct ay_doc_reader *r, struct model *m, uint64_t dimensions)
{
	if (dimensions == 0 || (m->dimensions && m->dimensions != dimensions))
		return refuse_tree(r, "a leaf has no value, or not as many as others");
	m->dimensions = dimensions;
	return 0;
}

static const struct ay_doc_field split_fields[] = {
	{"split_index", take_wanted, 0, true}, {"split_type", take_kind, 1, true}, {"float_feature_index", take_wanted, 1, false},
	{"cat_feature_index", take_wanted, 2, false}, {"border", take_number, 0, false}, {"value", take_number, 0, false},
	{"ctr_target_border_idx", take_size, 0, false},
};

/* One that all nodes of a level share. */
struct symmetric {
	struct model *m;
	uint64_t values, weights, splits;
};

static int take_leaves(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct symmetric *t = to;

	return count_numbers(r, id == 0 ? &t->values : &t->weights, "the leaves");
}

static int take_splits(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct symmetric *t = to;
	int more = begin_list(r, "the splits");

	(void)id;
	while (more > 0 && (more = ay_doc_more(r)) > 0) {
		int err = ay_doc_object(r, FIELDS(split_fields), t->m, "a split", NULL);

		if (err)
			return err;
		if (++t->splits > SPLITS_MAX)
			return refuse_tree(r, "a symmetric tree is deeper than CatBoost trains any");
	}
	return more;
}

static int take_symmetric(struct ay_doc_reader *r, void *to, unsigned id)
{
	static const struct ay_doc_field fields[] = {
		{"leaf_values", take_leaves, 0, true}, {"leaf_weights", take_leaves, 1, false}, {"splits", take_splits, 0, true}
	};
	int more = begin_list(r, "the trees");

	(void)id;
	while (more > 0 && (more = ay_doc_more(r)) > 0) {
		struct symmetric t = {.m = to};
		int err = ay_doc_object(r, FIELDS(fields), &t, "a tree", NULL);
		uint64_t leaves = 1ull << t.splits;

		if (!err && t.values % leaves != 0)
			err = refuse_tree(r, "a tree has not as many leaves as its splits make");
		if (!err && t.weights != 0 && t.weights != leaves && t.weights != t.values)
			err = refuse_tree(r, "a tree has not as many weights as leaves");
		if (!err)
			err = leaf_of(r, to, t.values / leaves);
		if (err)
			return err;
	}
	return more;
}

/* A node of a tree whose nodes have splits of their own; to is a struct nested. */
struct nested {
	struct model *m;
	unsigned depth;
};

static int take_node(struct ay_doc_reader *r, void *to, unsigned id);

static int take_value(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct nested *n = to;
	uint64_t count = 1;
	int err, ev = ay_doc_next(r);

	(void)id;
	if (ev < 0 || ev == AY_JSON_EV_NUMBER)
		return ev < 0 ? ev : leaf_of(r, n->m, count);
	r->pending = ev;
	err = ay_doc_numbers(r, &count, "a leaf");
	return err ? err : leaf_of(r, n->m, count);
}

static int take_split(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct nested *n = to;

	(void)id;
	return ay_doc_object(r, FIELDS(split_fields), n->m, "a split", NULL);
}

static int take_node(struct ay_doc_reader *r, void *to, unsigned id)
{
	enum { SPLIT = 1, LEFT = 2, RIGHT = 4, VALUE = 8, WEIGHT = 16 };
	static const struct ay_doc_field fields[] = {
		{"split", take_split, 0, false}, {"left", take_node, 0, false}, {"right", take_node, 0, false}, {"value", take_value, 0, false},
		{"weight", take_number, 0, false},
	};
	struct nested *n = to, below = {.m = n->m, .depth = n->depth + 1};
	uint32_t seen;
	int err;

	(void)id;
	if (n->depth == TREE_DEPTH)
		return refuse_tree(r, "a tree is deeper than CatBoost trains any");
	err = ay_doc_object(r, FIELDS(fields), &below, "a node", &seen);
	if (!err && seen != (SPLIT | LEFT | RIGHT) && seen != VALUE && seen != (VALUE | WEIGHT))
		err = refuse_tree(r, "a node is neither a leaf nor a split with two nodes below");
	return err;
}

static int take_nested(struct ay_doc_reader *r, void *to, unsigned id)
{
	int more = begin_list(r, "the trees");

	(void)id;
	while (more > 0 && (more = ay_doc_more(r)) > 0) {
		struct nested n = {.m = to};
		int err = take_node(r, &n, 0);

		if (err)
			return err;
	}
	return more;
}

/* ---- target statistics ---- */

struct table {
	uint64_t count, stride;      /* of values; from one hash to the next, 0: one hash so far */
	int64_t told;                /* the stride that the file tells */
};

static bool is_hash(const char *text, size_t len)
{
	return len > 0 && len <= 20 && strspn(text, "0123456789") == len;
}

/* A hash as a text, then its numbers, and so on. */
static int take_hashes(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct table *t = to;
	int more = begin_list(r, "a table of hashes");

	(void)id;
	for (; more > 0 && (more = ay_doc_more(r)) > 0; t->count++) {
		int ev = ay_doc_next(r);
		size_t len = 0;
		bool first = t->stride ? t->count % t->stride == 0 : ev == AY_JSON_EV_STRING || t->count == 0;

		if (ev < 0)
			return ev;
		if (first && ev == AY_JSON_EV_STRING) {
			const char *text = r->d->text(r->d->arg, &len);

			if (!is_hash(text, len))
				return ay_doc_refuse(r, r->malformed, "a hash is no number");
			t->stride = t->stride ? t->stride : t->count;
		} else if (first || ev != AY_JSON_EV_NUMBER) {
			return refuse_tree(r, "a table of hashes has rows of different lengths");
		}
	}
	return more;
}

static int take_stride(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct table *t = to;

	(void)id;
	return take_index(r, &t->told, "the length of a row");
}

/* How many values a row of this kind of statistics has, 0: any; -1 when the key does not name a kind. */
static int row_of(const char *key, size_t len)
{
	struct ay_json_doc *doc = NULL;
	struct ay_error e;
	const char *type = NULL;
	int row = -1;

	if (ay_json_parse(key, len, KEY_NODES, &doc, &e) == 0)
		type = ay_json_str(ay_json_get(ay_json_root(doc), "type"), NULL);
	if (type && one_of(type, ctr_types) && ay_json_is(ay_json_get(ay_json_root(doc), "identifier"), AY_JSON_ARRAY))
		row = strstr(type, "Mean") ? 3 : strcmp(type, "Counter") == 0 || strcmp(type, "FeatureFreq") == 0 ? 2 : 0;
	ay_json_free(doc);
	return row;
}

static int take_tables(struct ay_doc_reader *r, void *to, unsigned id)
{
	static const struct ay_doc_field fields[] = {
		{"hash_map", take_hashes, 0, true}, {"hash_stride", take_stride, 0, true}, {"counter_denominator", take_number, 0, false}
	};
	int err, ev = ay_doc_next(r);

	(void)to;
	(void)id;
	if (ev < 0 || ev == AY_JSON_EV_NULL)
		return ev < 0 ? ev : 0;
	r->pending = ev;
	err = ay_doc_expect(r, AY_JSON_EV_OBJECT, "the tables of target statistics");
	while (!err && (ev = ay_doc_next(r)) != AY_JSON_EV_OBJECT_END) {
		struct table t = {.count = 0};
		size_t len = 0;
		const char *key = ev < 0 ? "" : r->d->text(r->d->arg, &len);
		int row = ev < 0 ? 0 : row_of(key, len);

		if (ev < 0)
			return ev;
		err = row < 0 ? ay_doc_refuse(r, r->malformed, "a table of target statistics has no kind that CatBoost has") :
			ay_doc_object(r, FIELDS(fields), &t, "a table", NULL);
		uint64_t stride = t.stride ? t.stride : t.count;

		if (!err && (t.told < 2 || (row && t.told != row) || (t.count && (uint64_t)t.told != stride) || t.count % (uint64_t)t.told != 0))
			err = refuse_tree(r, "a table of hashes has other rows than its length of a row says");
	}
	return err;
}

static int take_bias(struct ay_doc_reader *r, void *to, unsigned id)
{
	struct model *m = to;
	int ev, err = ay_doc_expect(r, AY_JSON_EV_ARRAY, "scale and bias");

	(void)id;
	if (!err)
		err = take_number(r, NULL, 0);
	if (err)
		return err;
	/* A number alone before version 0.24. */
	ev = ay_doc_next(r);
	if (ev < 0)
		return ev;
	m->biases = 1;
	if (ev != AY_JSON_EV_NUMBER) {
		r->pending = ev;
		err = count_numbers(r, &m->biases, "the bias");
	}
	return err ? err : ay_doc_expect(r, AY_JSON_EV_ARRAY_END, "scale and bias");
}

/* ---- the document ---- */

static const struct ay_doc_field top_fields[] = {
	{"oblivious_trees", take_symmetric, 0, false}, {"trees", take_nested, 0, false}, {"features_info", take_info, 0, true},
	{"model_info", take_free, 0, false}, {"ctr_data", take_tables, 0, false}, {"scale_and_bias", take_bias, 0, false},
};

static const char *totals_why(const struct model *m, uint32_t seen)
{
	if ((seen & 3) != 1 && (seen & 3) != 2)
		return "the model has no trees, or trees of both kinds";
	if (m->max_split >= 0 && (uint64_t)m->max_split >= m->bins)
		return "a split asks for a border that the model does not have";
	if (m->max_float > m->last_float || m->max_cat > m->last_cat)
		return "a split asks for a feature that the model does not have";
	if (m->biases > 1 && m->biases != m->dimensions)
		return "the bias has other dimensions than the leaves";
	return NULL;
}

static int judge(struct ay_scan *s, const struct ay_doc *d)
{
	struct ay_doc_reader r = {.s = s, .d = d, .malformed = "catboost.malformed", .format = "catboost", .maker = "CatBoost"};
	struct model m = {.max_split = -1, .max_float = -1, .max_cat = -1, .last_float = -1, .last_cat = -1};
	uint32_t seen = 0;
	const char *why;
	int err = ay_doc_object(&r, FIELDS(top_fields), &m, "the document", &seen);

	if (!err)
		err = ay_doc_expect(&r, AY_JSON_EV_END, "the document");
	why = err ? NULL : totals_why(&m, seen);
	if (why)
		ay_scan_find(s, "catboost.tree", AY_NO_OFFSET, "%s", why);
	ay_doc_tell(&r, err);
	return 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	return ay_doc_json(s, in, 0, JSON_DEPTH, "catboost", judge);
}

/* The keys come sorted. With others in front the scanner of JSON sees at the end what it is and has it judged here. */
static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	static const char *const keys[] = {"features_info", "oblivious_trees", "ctr_data", NULL};
	struct ay_json_reader *r;
	bool mine = false;
	size_t len;

	(void)in;
	(void)path;
	if (!ay_bytes_look_like_text(&head) || ay_json_reader_new(ay_json_feed_cursor, &head, JSON_DEPTH, AY_LIMIT_SCAN_HEAD, AY_LIMIT_SCAN_HEAD, &r) != 0)
		return 0;
	if (ay_json_next(r) == AY_JSON_EV_OBJECT && ay_json_next(r) == AY_JSON_EV_KEY) {
		const char *key = ay_json_text(r, &len);

		mine = strlen(key) == len && one_of(key, keys);
	}
	ay_json_reader_free(r);
	return mine ? 8 * 13 : 0;
}

static const char *const refines_json[] = {"json", "jsonl", "yaml", "text", NULL};

const struct ay_scanner ay_scanner_catboost_json = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "catboost-json", .version = 1, .refines = refines_json,
	.bid = bid, .scan = scan
};
