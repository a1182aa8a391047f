/* SPDX-License-Identifier: Apache-2.0 */
/* Every document is judged as JSON and, written anew, as UBJSON: the answer must be the same. */
#include "assay/json.h"
#include "tests/lib/scan_case.h"

/* ---- a model in pieces ---- */

struct pieces {
	const char *attributes, *names, *types, *booster, *param, *objective, *version, *more;
	/* of the one tree, when booster is NULL */
	const char *left, *right, *parents, *indexes, *conditions, *cats, *tree_param, *tree_more, *model_more;
};

static const struct pieces good = {
	.attributes = "{\"best_iteration\":\"1\"}", .names = "[\"a\",\"b\"]", .types = "[\"float\",\"c\"]",
	.param = "{\"base_score\":\"5E-1\",\"boost_from_average\":\"1\",\"num_class\":\"0\",\"num_feature\":\"2\",\"num_target\":\"1\"}",
	.objective = "{\"name\":\"reg:squarederror\",\"reg_loss_param\":{\"scale_pos_weight\":\"1\"}}", .version = "[1,7,4]", .more = "",
	.left = "[1,3,-1,-1,-1]", .right = "[2,4,-1,-1,-1]", .parents = "[2147483647,0,0,1,1]", .indexes = "[0,1,0,0,0]",
	.conditions = "[5E-1,1,0.25,-1E-3,2]",
	.cats = "\"categories\":[],\"categories_nodes\":[],\"categories_segments\":[],\"categories_sizes\":[],\"split_type\":[0,0,0,0,0]",
	.tree_param = "{\"num_deleted\":\"0\",\"num_feature\":\"2\",\"num_nodes\":\"5\",\"size_leaf_vector\":\"0\"}",
	.tree_more = "", .model_more = "",
};

static char text[8192];

static const char *document(const struct pieces *p)
{
	char tree[4096];

	snprintf(tree, sizeof(tree),
		 "{\"model\":{\"gbtree_model_param\":{\"num_parallel_tree\":\"1\",\"num_trees\":\"1\",\"size_leaf_vector\":\"0\"},"
		 "\"tree_info\":[0],\"trees\":[{\"base_weights\":[1,1,1,1,1],%s,\"default_left\":[1,0,0,0,0],\"id\":0,\"left_children\":%s,"
		 "\"loss_changes\":[1,2,0,0,0],\"parents\":%s,\"right_children\":%s,\"split_conditions\":%s,\"split_indices\":%s,"
		 "\"sum_hessian\":[5,3,2,2,1],\"tree_param\":%s%s}]%s},\"name\":\"gbtree\"}",
		 p->cats, p->left, p->parents, p->right, p->conditions, p->indexes, p->tree_param, p->tree_more, p->model_more);
	snprintf(text, sizeof(text),
		 "{\"learner\":{\"attributes\":%s,\"feature_names\":%s,\"feature_types\":%s,\"gradient_booster\":%s,"
		 "\"learner_model_param\":%s,\"objective\":%s},\"version\":%s%s}",
		 p->attributes, p->names, p->types, p->booster ? p->booster : tree, p->param, p->objective, p->version, p->more);
	return text;
}

/* ---- the same as UBJSON ---- */

static void be(struct ay_buf *b, char mark, uint64_t v)
{
	ay_buf_addc(b, (uint8_t)mark);
	ay_buf_be64(b, v);
}

static bool whole(const char *t)
{
	return !strpbrk(t, ".eE");
}

static void to_ubj(struct ay_buf *b, const struct ay_json *j);

/* Numbers of one kind go with their type in front. */
static void array_to_ubj(struct ay_buf *b, const struct ay_json *j)
{
	size_t n = ay_json_count(j), ints = 0, numbers = 0;

	for (size_t i = 0; i < n; i++) {
		numbers += ay_json_is(ay_json_at(j, i), AY_JSON_NUMBER);
		ints += ay_json_is(ay_json_at(j, i), AY_JSON_NUMBER) && whole(ay_json_str(ay_json_at(j, i), NULL));
	}
	ay_buf_adds(b, n && ints == n ? "[$L#" : "[#");
	be(b, 'L', n);
	for (size_t i = 0; i < n; i++)
		if (ints == n)
			ay_buf_be64(b, (uint64_t)strtoll(ay_json_str(ay_json_at(j, i), NULL), NULL, 10));
		else
			to_ubj(b, ay_json_at(j, i));
}

static void to_ubj(struct ay_buf *b, const struct ay_json *j)
{
	size_t len = 0;
	const char *t = ay_json_str(j, &len);

	switch (ay_json_type(j)) {
	case AY_JSON_NULL:
		ay_buf_addc(b, 'Z');
		break;
	case AY_JSON_BOOL:
		ay_buf_addc(b, ay_json_bool(j, false) ? 'T' : 'F');
		break;
	case AY_JSON_NUMBER:
		be(b, whole(t) ? 'L' : 'D', whole(t) ? (uint64_t)strtoll(t, NULL, 10) : 0);
		break;
	case AY_JSON_STRING:
		ay_buf_addc(b, 'S');
		be(b, 'L', len);
		ay_buf_add(b, t, len);
		break;
	case AY_JSON_ARRAY:
		array_to_ubj(b, j);
		break;
	case AY_JSON_OBJECT:
		ay_buf_addc(b, '{');
		for (size_t i = 0; i < ay_json_count(j); i++) {
			be(b, 'L', strlen(ay_json_key(j, i)));
			ay_buf_adds(b, ay_json_key(j, i));
			to_ubj(b, ay_json_at(j, i));
		}
		ay_buf_addc(b, '}');
		break;
	}
}

static struct ay_buf as_ubj(const char *json)
{
	struct ay_buf b = ay_buf_new(1 * MIB);
	struct ay_json_doc *doc;
	struct ay_error e;

	if (ay_json_parse(json, strlen(json), 10000, &doc, &e) != 0)
		abort();
	to_ubj(&b, ay_json_root(doc));
	ay_json_free(doc);
	return b;
}

static void try(const char *json, const char *rule, const char *what)
{
	struct ay_buf b = as_ubj(json);

	is_str(scan_case_with("m.json", json, strlen(json), NULL), rule, "%s", what);
	is_str(scan_case_with("m.ubj", b.data, b.len, NULL), rule, "%s as UBJSON", what);
	ay_buf_free(&b);
}

/* One piece is another than in the good model. */
#define WITH(field, value, rule) \
	do { \
		struct pieces p = good; \
		p.field = value; \
		try(document(&p), rule, #field " " value); \
	} while (0)

/* ---- trees ---- */

static void test_trees(void)
{
	try(document(&good), "pass", "a good model");
	WITH(parents, "[-1,0,0,1,1]", "pass");
	WITH(parents, "[0,0,0,1,1]", "xgboost.tree");
	WITH(left, "[1,4,-1,-1,-1]", "xgboost.tree");
	WITH(left, "[1,5,-1,-1,-1]", "xgboost.tree");
	WITH(left, "[1,-2,-1,-1,-1]", "xgboost.tree");
	WITH(left, "[1,0,-1,-1,-1]", "xgboost.tree");
	WITH(left, "[1,-1,-1,-1,-1]", "xgboost.tree");
	WITH(left, "[1,3,-1,-1]", "xgboost.tree");
	WITH(left, "[1,3,-1,-1,-1,-1]", "xgboost.tree");
	WITH(left, "[1,3,-1,-1,2147483648]", "xgboost.malformed");
	WITH(left, "[1,3,-1,-1,0.5]", "xgboost.malformed");
	WITH(left, "[1,3,-1,-1,\"1\"]", "xgboost.malformed");
	WITH(left, "{}", "xgboost.malformed");
	WITH(right, "[2,2,-1,-1,-1]", "xgboost.tree");
	WITH(right, "[2,4,-1,-1,4]", "xgboost.tree");
	WITH(right, "[2147483647,4,-1,-1,-1]", "xgboost.tree");
	WITH(parents, "[2147483647,0,0,1,2]", "xgboost.tree");
	WITH(parents, "[2147483647,0,0,1,99]", "xgboost.tree");
	WITH(indexes, "[0,2,0,0,0]", "xgboost.tree");
	WITH(indexes, "[0,-1,0,0,0]", "xgboost.tree");
	WITH(indexes, "[0,2147483647,0,0,0]", "xgboost.tree");
	WITH(indexes, "[0,1,9,9,9]", "pass");
	WITH(conditions, "[1,1,1,1]", "xgboost.tree");
	WITH(conditions, "[1,1,1,1,null]", "xgboost.malformed");
	WITH(tree_param, "{\"num_feature\":\"2\",\"num_nodes\":\"5\",\"size_leaf_vector\":\"0\"}", "pass");
	WITH(tree_param, "{\"num_feature\":\"2\",\"num_nodes\":\"6\",\"size_leaf_vector\":\"0\"}", "xgboost.tree");
	WITH(tree_param, "{\"num_feature\":\"2\",\"num_nodes\":\"0\",\"size_leaf_vector\":\"0\"}", "xgboost.tree");
	WITH(tree_param, "{\"num_feature\":\"2\",\"num_nodes\":\"-5\",\"size_leaf_vector\":\"0\"}", "xgboost.malformed");
	WITH(tree_param, "{\"num_feature\":\"2\",\"num_nodes\":\"\",\"size_leaf_vector\":\"0\"}", "xgboost.malformed");
	WITH(tree_param, "{\"num_feature\":\"2\",\"num_nodes\":\"18446744073709551616\",\"size_leaf_vector\":\"0\"}", "xgboost.malformed");
	WITH(tree_param, "{\"num_feature\":\"2\",\"num_nodes\":5,\"size_leaf_vector\":\"0\"}", "xgboost.malformed");
	WITH(tree_param, "{\"num_feature\":\"2\",\"size_leaf_vector\":\"0\"}", "xgboost.malformed");
	WITH(tree_more, ",\"code\":\"x\"", "xgboost.malformed");
	WITH(tree_more, ",\"leaf_weights\":[1]", "xgboost.tree");
}

/* Nodes 3 and 4 taken out by pruning; a cycle beside the tree. */
static void test_deleted(void)
{
	struct pieces p = good;

	p.left = "[1,-1,-1,-1,-1]", p.right = "[2,-1,-1,-1,-1]", p.indexes = "[0,0,0,2147483647,2147483647]";
	p.tree_param = "{\"num_deleted\":\"2\",\"num_feature\":\"2\",\"num_nodes\":\"5\",\"size_leaf_vector\":\"0\"}";
	try(document(&p), "pass", "two deleted nodes");
	p.tree_param = good.tree_param;
	try(document(&p), "xgboost.tree", "two deleted nodes that are not announced");
	p.indexes = good.indexes;
	try(document(&p), "xgboost.tree", "two nodes that hang nowhere");
	p = good;
	p.left = "[-1,2,1,-1,-1]", p.right = "[-1,3,4,-1,-1]", p.parents = "[-1,2,1,1,2]";
	try(document(&p), "xgboost.tree", "two nodes that are each other's parent");
}

static void test_categories(void)
{
#define CATS(c, n, a, s, t) "\"categories\":" c ",\"categories_nodes\":" n ",\"categories_segments\":" a ",\"categories_sizes\":" s ",\"split_type\":" t
	WITH(cats, CATS("[0,2,1]", "[0,1]", "[0,2]", "[2,1]", "[1,1,0,0,0]"), "pass");
	WITH(cats, CATS("[0,2,16777215]", "[0,1]", "[0,2]", "[2,1]", "[1,1,0,0,0]"), "pass");
	WITH(cats, CATS("[0,2,16777216]", "[0,1]", "[0,2]", "[2,1]", "[1,1,0,0,0]"), "xgboost.tree");
	WITH(cats, CATS("[0,2,-1]", "[0,1]", "[0,2]", "[2,1]", "[1,1,0,0,0]"), "xgboost.tree");
	WITH(cats, CATS("[0,2,1]", "[0,1]", "[0,2]", "[2,2]", "[1,1,0,0,0]"), "xgboost.tree");
	WITH(cats, CATS("[0,2,1]", "[0,1]", "[0,2]", "[2,0]", "[1,1,0,0,0]"), "xgboost.tree");
	WITH(cats, CATS("[0,2,1]", "[0,1]", "[0,1]", "[2,1]", "[1,1,0,0,0]"), "xgboost.tree");
	WITH(cats, CATS("[0,2,1]", "[1,0]", "[0,2]", "[2,1]", "[1,1,0,0,0]"), "xgboost.tree");
	WITH(cats, CATS("[0,2,1]", "[0,5]", "[0,2]", "[2,1]", "[1,1,0,0,0]"), "xgboost.tree");
	WITH(cats, CATS("[0,2,1]", "[-1,1]", "[0,2]", "[2,1]", "[1,1,0,0,0]"), "xgboost.tree");
	WITH(cats, CATS("[0,2,1]", "[0]", "[0]", "[3]", "[1,1,0,0,0]"), "xgboost.tree");
	WITH(cats, CATS("[0,2,1]", "[0,1]", "[0,2]", "[2,1]", "[1,1,0,0]"), "xgboost.tree");
	WITH(cats, CATS("[0,2,1]", "[0,1]", "[0,2]", "[2,1]", "[1,2,0,0,0]"), "xgboost.tree");
	WITH(cats, CATS("[0,2,1,9]", "[0,1]", "[0,2]", "[2,1]", "[1,1,0,0,0]"), "xgboost.tree");
	WITH(model_more, ",\"cats\":{\"enc\":[],\"feature_segments\":[],\"sorted_idx\":[]}", "pass");
#define NEW(e, f, s) ",\"cats\":{\"enc\":" e ",\"feature_segments\":" f ",\"sorted_idx\":" s "}"
#define NAMES "[{\"offsets\":[0,1,3],\"values\":[97,98,99]},{\"type\":6,\"values\":[7]}]"
	WITH(model_more, NEW(NAMES, "[0,2,3]", "[0,1,2]"), "pass");
	WITH(model_more, NEW("[{\"offsets\":[0,1,4],\"values\":[97,98,99]},{\"type\":6,\"values\":[7]}]", "[0,2,3]", "[0,1,2]"), "xgboost.malformed");
	WITH(model_more, NEW("[{\"offsets\":[0,4,3],\"values\":[97,98,99]},{\"type\":6,\"values\":[7]}]", "[0,2,3]", "[0,1,2]"), "xgboost.malformed");
	WITH(model_more, NEW("[{\"offsets\":[-1,1,3],\"values\":[97,98,99]},{\"type\":6,\"values\":[7]}]", "[0,2,3]", "[0,1,2]"), "xgboost.malformed");
	WITH(model_more, NEW("[{\"type\":10,\"values\":[7]}]", "[0,2,3]", "[0,1,2]"), "xgboost.malformed");
	WITH(model_more, NEW("[{\"type\":6,\"values\":[7]}]", "[0,2,3]", "[0,1,2]"), "xgboost.tree");
	WITH(model_more, NEW(NAMES, "[0,2,3]", "[0,1,3]"), "xgboost.malformed");
	WITH(model_more, NEW(NAMES, "[0,2,3]", "[0,1]"), "xgboost.malformed");
	WITH(model_more, NEW(NAMES, "[0,2,1]", "[0]"), "xgboost.malformed");
	WITH(model_more, NEW(NAMES, "[0,2,3]", "[0,1,-1]"), "xgboost.malformed");
}

/* ---- the rest of the model ---- */

static void test_learner(void)
{
	WITH(names, "[]", "pass");
	WITH(names, "[\"a\"]", "xgboost.tree");
	WITH(names, "[\"a\",1]", "xgboost.malformed");
	WITH(types, "[]", "pass");
	WITH(types, "[\"float\",\"float\",\"float\"]", "xgboost.tree");
	WITH(types, "[\"float\",\"code\"]", "xgboost.malformed");
	WITH(attributes, "{\"a\":1}", "xgboost.malformed");
	WITH(attributes, "{\"a\":{}}", "xgboost.malformed");
	WITH(version, "[3,0,2]", "pass");
	WITH(version, "[4,0,0]", "format.unsupported");
	WITH(version, "[1,7]", "xgboost.malformed");
	WITH(version, "[1,7,4,0]", "xgboost.malformed");
	WITH(version, "\"1.7.4\"", "xgboost.malformed");
	WITH(more, ",\"other\":1", "xgboost.malformed");
	WITH(more, ",\"Config\":{}", "format.unsupported");
	WITH(objective, "{\"name\":\"my:own\"}", "xgboost.component");
	WITH(objective, "{}", "xgboost.component");
	WITH(objective, "{\"name\":\"reg:squarederror\\u0000\"}", "xgboost.malformed");
	WITH(objective, "{\"name\":\"multi:softprob\",\"softmax_multiclass_param\":{\"num_class\":\"3\"}}", "pass");
	WITH(objective, "{\"name\":\"rank:ndcg\",\"lambdarank_param\":{\"lambdarank_unbiased\":\"1\"},\"ti+\":[1,1.5],\"tj-\":[1]}", "pass");
	WITH(objective, "{\"name\":\"rank:ndcg\",\"lambdarank_param\":{\"path\":\"/etc/passwd\"}}", "xgboost.malformed");
	WITH(objective, "{\"name\":\"rank:ndcg\",\"own_param\":{}}", "xgboost.malformed");
	WITH(param, "{\"base_score\":\"[5E-1,2E0]\",\"num_class\":\"0\",\"num_feature\":\"2\"}", "pass");
	WITH(param, "{\"base_score\":\"__import__\",\"num_class\":\"0\",\"num_feature\":\"2\"}", "xgboost.malformed");
	WITH(param, "{\"base_score\":\"\",\"num_class\":\"0\",\"num_feature\":\"2\"}", "xgboost.malformed");
	WITH(param, "{\"base_score\":\"1\",\"num_class\":\"0\"}", "xgboost.malformed");
	WITH(param, "{\"base_score\":\"1\",\"num_class\":\"0\",\"num_feature\":\"3\"}", "xgboost.tree");
	WITH(model_more, ",\"iteration_indptr\":[0,1]", "pass");
	WITH(model_more, ",\"iteration_indptr\":[0,2]", "xgboost.tree");
	WITH(model_more, ",\"iteration_indptr\":[1,1]", "xgboost.malformed");
	WITH(model_more, ",\"iteration_indptr\":[0,2,1]", "xgboost.malformed");
	WITH(model_more, ",\"weight_drop\":[0.5]", "pass");
	WITH(model_more, ",\"weight_drop\":[0.5,1]", "xgboost.tree");
	WITH(model_more, ",\"weights\":[0.5,1]", "xgboost.malformed");
	WITH(model_more, ",\"other\":[]", "xgboost.malformed");
}

#define NO_TREES "{\"gbtree_model_param\":{\"num_trees\":\"0\",\"size_leaf_vector\":\"0\"},\"tree_info\":[],\"trees\":[]}"

static void test_boosters(void)
{
	WITH(booster, "{\"model\":" NO_TREES ",\"name\":\"gbtree\"}", "pass");
	WITH(booster, "{\"name\":\"gbtree\",\"model\":" NO_TREES "}", "pass");
	WITH(booster, "{\"model\":" NO_TREES ",\"name\":\"gbother\"}", "xgboost.component");
	WITH(booster, "{\"model\":" NO_TREES ",\"name\":\"gblinear\"}", "xgboost.component");
	WITH(booster, "{\"gbtree\":{\"model\":" NO_TREES ",\"name\":\"gbtree\"},\"name\":\"dart\",\"weight_drop\":[]}", "pass");
	WITH(booster, "{\"gbtree\":{\"model\":" NO_TREES ",\"name\":\"dart\"},\"name\":\"dart\",\"weight_drop\":[]}", "xgboost.component");
	WITH(booster, "{\"gbtree\":{\"model\":" NO_TREES ",\"name\":\"gbtree\"},\"name\":\"dart\",\"weight_drop\":[1]}", "xgboost.tree");
	WITH(booster, "{\"gbtree\":{\"model\":" NO_TREES ",\"name\":\"gbtree\"},\"model\":" NO_TREES ",\"name\":\"dart\"}", "xgboost.malformed");
	WITH(booster, "{\"name\":\"gbtree\"}", "xgboost.malformed");
	WITH(booster, "{\"model\":{\"boosted_rounds\":2,\"weights\":[1,2,0.5]},\"name\":\"gblinear\"}", "pass");
	WITH(booster, "{\"model\":{\"weights\":[1,2]},\"name\":\"gblinear\"}", "xgboost.tree");
	WITH(booster, "{\"model\":{\"boosted_rounds\":2},\"name\":\"gblinear\"}", "xgboost.malformed");
	WITH(booster, "{\"model\":{},\"name\":\"gbtree\"}", "xgboost.malformed");
	WITH(booster, "{\"model\":{\"gbtree_model_param\":{\"num_trees\":\"1\"},\"tree_info\":[],\"trees\":[]},\"name\":\"gbtree\"}", "xgboost.tree");
	WITH(booster, "{\"model\":{\"gbtree_model_param\":{\"num_trees\":\"0\"},\"tree_info\":[0],\"trees\":[]},\"name\":\"gbtree\"}", "xgboost.tree");
	WITH(booster, "{\"model\":{\"gbtree_model_param\":{\"num_trees\":\"0\"},\"tree_info\":[-1],\"trees\":[]},\"name\":\"gbtree\"}", "xgboost.malformed");
	WITH(booster, "{\"model\":{\"gbtree_model_param\":{\"num_trees\":\"1\"},\"tree_info\":[0],\"trees\":[1]},\"name\":\"gbtree\"}", "xgboost.malformed");
}

static void test_several_targets(void)
{
	struct pieces p = good;

	p.tree_param = "{\"num_feature\":\"2\",\"num_nodes\":\"5\",\"size_leaf_vector\":\"2\"}";
	p.tree_more = ",\"leaf_weights\":[1,1,1,1,1,1]", p.right = "[2,4,0,1,2]";
	try(document(&p), "pass", "a tree of three leaves for two targets");
	p.right = "[2,4,0,1,3]";
	try(document(&p), "xgboost.tree", "a leaf beyond the weights");
	p.right = "[2,4,0,1,-1]";
	try(document(&p), "xgboost.tree", "a leaf without weights");
	p.right = "[2,4,0,1,2]", p.tree_more = ",\"leaf_weights\":[1,1,1,1,1]";
	try(document(&p), "xgboost.tree", "too few weights");
	p.tree_more = "";
	try(document(&p), "xgboost.tree", "numbers of leaves and no weights");
	p.right = good.right;
	try(document(&p), "pass", "the older form without leaf_weights");
}

/* ---- what only one of the forms can do ---- */

static void test_json(void)
{
	struct pieces p = good;

	p.conditions = "[NaN,Infinity,-Infinity,1,1]";
	is_str(scan_case_with("m.json", document(&p), strlen(document(&p)), NULL), "pass", "conditions that are no finite numbers");
	p.conditions = "[NaN1,1,1,1,1]";
	is_str(scan_case_with("m.json", document(&p), strlen(document(&p)), NULL), "xgboost.malformed", "NaN and more");
	p.conditions = "[-NaN,1,1,1,1]";
	is_str(scan_case_with("m.json", document(&p), strlen(document(&p)), NULL), "xgboost.malformed", "a negative NaN");
	p = good;
	p.left = "[NaN,3,-1,-1,-1]";
	is_str(scan_case_with("m.json", document(&p), strlen(document(&p)), NULL), "xgboost.malformed", "a child that is no number");
	scan_is("m.json", "{\"learner\":{\"generic_param\":{\"device\":\"cpu\"},\"gradient_booster\":{\"name\":\"gbtree\"}},\"version\":[1,7,4]}", "pass",
		"a configuration is JSON");
	scan_is("m.json", "{\"a\":0,\"learner\":{\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{}}}}", "json.model", "a model in hiding");
	scan_is("m.json", "{\"learner\":{\"b\":0,\"gradient_booster\":{\"gbtree\":{\"name\":\"\",\"model\":{}}}}}", "json.model", "and one of dart");
	scan_is("m.json", "{\"learner\":{\"b\":{\"model\":1}},\"gradient_booster\":{\"model\":{}},\"x\":{\"y\":{\"model\":1}}}", "pass", "others are none");
	scan_is("m.json", "{\"Config\":{\"learner\":{}},\"Model\":{}}", "format.unsupported", "a snapshot");
	scan_is("m.json", "{\"version\":[1,7,4],\"learner\":{\"objective\":{}}}", "xgboost.component", "the version may come first");
	scan_is("m.txt", "{\"learner\":{\"attributes\":{}}}", "xgboost.malformed", "whatever its suffix");
	scan_is("m.json", "{\"learner\":{\"attributes\":{\"a\":\"\",\"a\":\"\"}}}", "xgboost.malformed", "a key twice");
	scan_is("m.json", "{\"learner\":{\"attributes\":{},\"attributes\":{}}}", "xgboost.malformed", "a known key twice");
}

static void test_cuts(void)
{
	const char *json = document(&good);
	struct ay_buf b = as_ubj(json);
	unsigned passed = 0;

	for (size_t len = 1; len < strlen(json); len++)
		passed += strcmp(scan_case_with("m.json", json, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix of a JSON model passes");
	/* Two bytes are text. */
	for (size_t len = 3; len < b.len; len++)
		passed += strcmp(scan_case_with("m.ubj", b.data, len, NULL), "pass") == 0;
	is_int(passed, 0, "nor one of an UBJSON model");
	ay_buf_addc(&b, 'Z');
	is_str(scan_case_with("m.ubj", b.data, b.len, NULL), "xgboost.malformed", "nor one with a byte more");
	ay_buf_free(&b);
}

/* So much white space that nobody sees the first key, under a name that is none of JSON. */
static void test_hidden(void)
{
	struct ay_buf t = ay_buf_new(64 * KIB);

	ay_buf_adds(&t, "{");
	for (int i = 0; i < 600; i++)
		ay_buf_addc(&t, ' ');
	ay_buf_adds(&t, document(&good) + 1);
	is_str(scan_case_with("model.txt", t.data, t.len, NULL), "json.model", "a model behind white space in a text");
	is_str(scan_case_with("model.json", t.data, t.len, NULL), "json.model", "and in JSON");
	ay_buf_free(&t);
	scan_is("notes.md", "{{ braces }} in a text", "pass", "a text that begins with a brace");
}

/* The start of each model up to feature_names, then bytes of the test's own. */
static void try_ubj(const char *bytes, size_t len, const char *rule, const char *what)
{
	struct ay_buf b = ay_buf_new(1 * MIB);

	ay_buf_adds(&b, "{");
	be(&b, 'L', 7);
	ay_buf_adds(&b, "learner{");
	be(&b, 'L', 13);
	ay_buf_adds(&b, "feature_names");
	ay_buf_add(&b, bytes, len);
	is_str(scan_case_with("m.ubj", b.data, b.len, NULL), rule, "%s", what);
	ay_buf_free(&b);
}

#define UBJ(bytes, rule, what) try_ubj(bytes, sizeof(bytes) - 1, rule, what)
#define L(n) "L\0\0\0\0\0\0\0" n

static void test_ubj(void)
{
	UBJ("[#L\xff\xff\xff\xff\xff\xff\xff\xff", "xgboost.malformed", "a count of 2^64-1");
	UBJ("[#L\x80\0\0\0\0\0\0\0", "xgboost.malformed", "a count of 2^63");
	UBJ("[#L\x7f\xff\xff\xff\xff\xff\xff\xff", "xgboost.truncated", "a count of 2^63-1");
	UBJ("[#" L("\x02") "Z", "xgboost.truncated", "one element more than there are bytes");
	UBJ("[$d#" L("\x02") "\0\0\0\0\0\0\0", "xgboost.truncated", "one byte less than two floats have");
	UBJ("[$d#" L("\x02") "\0\0\0\0\0\0\0\0", "xgboost.malformed", "floats are no names");
	UBJ("[#" L("\x01") "S" L("\x02") "a", "xgboost.truncated", "a text with one byte less");
	UBJ("[#" L("\x01") "S" L("\x01") "\xff}", "xgboost.malformed", "a text that is no UTF-8");
	UBJ("[#" L("\x01") "Si\x01" "a", "xgboost.malformed", "a length of one byte");
	UBJ("[$S#" L("\x01") L("\x01") "a", "xgboost.malformed", "an array of texts by type");
	UBJ("[$Z#L\x10\0\0\0\0\0\0\0", "xgboost.malformed", "very many nulls");
	UBJ("[$i" L("\x01") "a", "xgboost.malformed", "a type without a count");
	UBJ("[N]", "xgboost.malformed", "a no-op");
	UBJ("[HL\0\0\0\0\0\0\0\x01" "1]", "xgboost.malformed", "a number as text");
	UBJ("[[[[[[[[[[[[[[[[[[[[[[[[", "xgboost.malformed", "too deep");
	UBJ("{#" L("\x01"), "xgboost.malformed", "an object with a count");
	UBJ("[S" L("\x01") "a]" L("\x03") "abc", "xgboost.malformed", "an array without a count, then an unknown key");
}

int main(void)
{
	test_trees();
	test_deleted();
	test_categories();
	test_learner();
	test_boosters();
	test_several_targets();
	test_json();
	test_cuts();
	test_hidden();
	test_ubj();
	return done_testing();
}
