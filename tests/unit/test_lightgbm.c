/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

/* A model of two trees, in pieces. */
struct pieces {
	const char *first, *version, *counts, *objective, *names, *infos, *sizes;
	const char *leaves, *cats, *features, *thresholds, *decisions, *left, *right, *values, *tree_more, *linear;
	const char *end, *importances, *parameters, *tail;
};

static const struct pieces good = {
	.first = "tree\n", .version = "version=v4\n", .counts = "num_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n",
	.objective = "objective=binary sigmoid:1\n", .names = "feature_names=height w=1\n", .infos = "feature_infos=[0:1e+300] 0:3:-1\n",
	.leaves = "num_leaves=3\n", .cats = "num_cat=1\n", .features = "split_feature=0 1\n", .thresholds = "threshold=0.5 0\n",
	.decisions = "decision_type=2 9\n", .left = "left_child=-1 -2\n", .right = "right_child=1 -3\n", .values = "leaf_value=0.5 -1e-05 nan\n",
	.tree_more = "cat_boundaries=0 1\ncat_threshold=4294967295\n", .linear = "is_linear=0\n",
	.end = "end of trees\n\n", .importances = "feature_importances:\nw=1=2\nheight=1\n\n",
	.parameters = "parameters:\n[boosting: gbdt]\n[metric: auc,binary_logloss]\n[data: ]\n[machines: ]\n[forcedsplits_filename: ]\n\nend of parameters\n",
	.tail = "",
};

static char text[8192];

static const char *document(const struct pieces *p)
{
	char trees[2][2048], sizes[64];

	for (int i = 0; i < 2; i++)
		snprintf(trees[i], sizeof(trees[i]),
			 "Tree=%d\n%s%s%ssplit_gain=1 2\n%s%s%s%s%sleaf_weight=1 2 3\nleaf_count=1 2 3\ninternal_value=0 1\ninternal_weight=0 1\n"
			 "internal_count=6 5\n%s%sshrinkage=0.1\n\n\n", i, p->leaves, p->cats, p->features, p->thresholds, p->decisions, p->left,
			 p->right, p->values, p->tree_more, p->linear);
	snprintf(sizes, sizeof(sizes), "tree_sizes=%zu %zu\n\n", strlen(trees[0]), strlen(trees[1]));
	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s%s%s%s%s%s", p->first, p->version, p->counts, p->objective, p->names, p->infos,
		 p->sizes ? p->sizes : sizes, trees[0], trees[1], p->end, p->importances, p->parameters, p->tail);
	return text;
}

static void try(const struct pieces *p, const char *rule, const char *what)
{
	const char *t = document(p);

	is_str(scan_case_with("model.txt", t, strlen(t), NULL), rule, "%s", what);
}

#define WITH(field, value, rule) \
	do { \
		struct pieces p = good; \
		p.field = value; \
		try(&p, rule, #field " " #value); \
	} while (0)

static void test_header(void)
{
	try(&good, "pass", "a good model");
	is_str(scan_case_result.format, "lightgbm", "is one of LightGBM");
	WITH(version, "version=v3\n", "pass");
	WITH(version, "version=v2\n", "pass");
	WITH(version, "version=v1\n", "format.unsupported");
	WITH(version, "version=v5\n", "format.unsupported");
	WITH(version, "version=4\n", "format.unsupported");
	WITH(version, "", "lightgbm.malformed");
	WITH(version, "version=v4\nversion=v4\n", "lightgbm.malformed");
	WITH(version, "version=v4\nload=os.system\n", "lightgbm.malformed");
	WITH(version, "version=v4\naverage_output\n", "pass");
	WITH(version, "version=v4\naverage\n", "lightgbm.malformed");
	WITH(version, "version=v4\nmonotone_constraints=1 -1\n", "pass");
	WITH(version, "version=v4\nmonotone_constraints=1\n", "lightgbm.malformed");
	WITH(objective, "", "pass");
	WITH(objective, "objective=multiclass num_class:3\n", "pass");
	WITH(objective, "objective=regression sqrt\n", "pass");
	WITH(objective, "objective=my_own\n", "lightgbm.objective");
	WITH(objective, "objective=\n", "lightgbm.objective");
	WITH(objective, "objective=binary path:1\n", "lightgbm.malformed");
	WITH(objective, "objective=binary sigmoid:x\n", "lightgbm.malformed");
	WITH(names, "feature_names=a\n", "lightgbm.malformed");
	WITH(infos, "feature_infos=none [-inf:inf]\n", "pass");
	WITH(infos, "feature_infos=none\n", "lightgbm.malformed");
	WITH(infos, "feature_infos=none $(id)\n", "lightgbm.malformed");
	WITH(counts, "num_class=0\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n", "lightgbm.malformed");
	WITH(counts, "num_class=1\nnum_tree_per_iteration=0\nlabel_index=0\nmax_feature_idx=1\n", "lightgbm.malformed");
	WITH(counts, "num_class=1\nnum_tree_per_iteration=2\nlabel_index=0\nmax_feature_idx=1\n", "pass");
	WITH(counts, "num_class=3\nnum_tree_per_iteration=3\nlabel_index=0\nmax_feature_idx=1\n", "lightgbm.sizes");
	WITH(counts, "num_class=1\nlabel_index=0\nmax_feature_idx=1\n", "pass");
	WITH(counts, "num_class=1\nlabel_index=0\nmax_feature_idx=-1\n", "lightgbm.malformed");
	WITH(counts, "num_class=1\nlabel_index=0\nmax_feature_idx=9223372036854775808\n", "lightgbm.malformed");
	WITH(counts, "num_class=1\nlabel_index=0\nmax_feature_idx=2147483647\n", "lightgbm.malformed");
	WITH(counts, "num_class=1\nlabel_index=0\n", "lightgbm.malformed");
	WITH(sizes, "tree_sizes=1 1\n\n", "lightgbm.sizes");
	WITH(sizes, "tree_sizes=\n\n", "lightgbm.sizes");
	WITH(sizes, "tree_sizes=-1 1\n\n", "lightgbm.sizes");
	WITH(sizes, "tree_sizes=1 18446744073709551615\n\n", "lightgbm.malformed");
	WITH(sizes, "\n", "lightgbm.malformed");
}

static void test_trees(void)
{
	WITH(leaves, "num_leaves=4\n", "lightgbm.tree");
	WITH(leaves, "num_leaves=0\n", "lightgbm.tree");
	WITH(leaves, "num_leaves=-3\n", "lightgbm.malformed");
	WITH(leaves, "num_leaves=2147483648\n", "lightgbm.malformed");
	WITH(leaves, "", "lightgbm.tree");
	WITH(leaves, "num_leaves=3\nnum_leaves=3\n", "lightgbm.malformed");
	WITH(features, "split_feature=0 2\n", "lightgbm.tree");
	WITH(features, "split_feature=0 -1\n", "lightgbm.tree");
	WITH(features, "split_feature=0\n", "lightgbm.tree");
	WITH(features, "split_feature=0 1 0\n", "lightgbm.tree");
	WITH(features, "split_feature=0 4294967296\n", "lightgbm.malformed");
	WITH(features, "split_feature=0 x\n", "lightgbm.malformed");
	WITH(features, "", "lightgbm.tree");
	WITH(left, "left_child=1 -2\n", "lightgbm.tree");
	WITH(left, "left_child=-2 -2\n", "lightgbm.tree");
	WITH(left, "left_child=-1 -4\n", "lightgbm.tree");
	WITH(left, "left_child=-1 2\n", "lightgbm.tree");
	WITH(left, "left_child=-1 0\n", "lightgbm.tree");
	WITH(left, "left_child=-1 1\n", "lightgbm.tree");
	WITH(left, "left_child=-1 -2147483648\n", "lightgbm.tree");
	WITH(right, "right_child=0 -3\n", "lightgbm.tree");
	WITH(right, "right_child=2147483647 -3\n", "lightgbm.tree");
	WITH(values, "leaf_value=0.5 1\n", "lightgbm.tree");
	WITH(values, "leaf_value=0.5 1 -inf\n", "pass");
	WITH(values, "leaf_value=0.5 1 0x10\n", "lightgbm.malformed");
	WITH(values, "leaf_value=0.5 1 .\n", "lightgbm.malformed");
	WITH(values, "leaf_value=0.5 1 1e\n", "lightgbm.malformed");
	WITH(decisions, "decision_type=2 12\n", "lightgbm.tree");
	WITH(decisions, "decision_type=2 -1\n", "lightgbm.tree");
	WITH(decisions, "decision_type=9 9\n", "lightgbm.tree");
	WITH(thresholds, "threshold=0.5 1\n", "lightgbm.tree");
	WITH(thresholds, "threshold=0.5 -1\n", "lightgbm.tree");
	WITH(thresholds, "threshold=0.5 0.5\n", "lightgbm.tree");
	WITH(thresholds, "threshold=0.5\n", "lightgbm.tree");
	WITH(cats, "num_cat=2\n", "lightgbm.tree");
	WITH(cats, "num_cat=0\n", "lightgbm.tree");
	WITH(tree_more, "cat_boundaries=0 2\ncat_threshold=4\n", "lightgbm.tree");
	WITH(tree_more, "cat_boundaries=1 1\ncat_threshold=4\n", "lightgbm.tree");
	WITH(tree_more, "cat_boundaries=0 -1\ncat_threshold=4\n", "lightgbm.tree");
	WITH(tree_more, "cat_boundaries=0 1\ncat_threshold=4\nhook=1\n", "lightgbm.malformed");
	WITH(tree_more, "cat_boundaries=0 1\ncat_threshold=4\nno value\n", "lightgbm.malformed");
	WITH(linear, "is_linear=2\n", "lightgbm.tree");
	WITH(linear, "is_linear=1\n", "lightgbm.tree");
	WITH(linear, "is_linear=1\nleaf_const=1 2 3\nnum_features=2 0 1\nleaf_features=0 1   0 \nleaf_coeff=1 2   3 \n", "pass");
	WITH(linear, "is_linear=1\nleaf_const=1 2 3\nnum_features=2 0 1\nleaf_features=0 1   2 \nleaf_coeff=1 2   3 \n", "lightgbm.tree");
	WITH(linear, "is_linear=1\nleaf_const=1 2 3\nnum_features=2 0 1\nleaf_features=0 1\nleaf_coeff=1 2   3 \n", "lightgbm.tree");
	WITH(linear, "is_linear=1\nleaf_const=1 2 3\nnum_features=2 -1 1\nleaf_features=0 1\nleaf_coeff=1 2\n", "lightgbm.tree");
	WITH(linear, "is_linear=0\nleaf_const=1 2 3\n", "lightgbm.tree");
	WITH(linear, "", "pass");
}

#define HEAD "tree\nversion=v4\nnum_class=1\nlabel_index=0\nmax_feature_idx=0\nfeature_names=a\nfeature_infos=none\n"
#define TAIL "end of trees\n\nfeature_importances:\n\nparameters:\nend of parameters\n"

static void test_small(void)
{
	scan_is("m.txt", HEAD "tree_sizes=\n\n" TAIL, "pass", "no trees");
	scan_is("m.txt", HEAD "tree_sizes=50\n\nTree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=1\nleaf_count=\n\n" TAIL, "lightgbm.sizes", "one leaf");
	scan_is("m.txt", HEAD "tree_sizes=57\n\nTree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=1\nleaf_count=\n\n\n" TAIL, "pass", "one leaf of its size");
	scan_is("m.txt", HEAD "tree_sizes=57\n\nTree=1\nnum_leaves=1\nnum_cat=0\nleaf_value=1\nleaf_count=\n\n\n" TAIL, "lightgbm.malformed", "tree 1 first");
	scan_is("m.txt", HEAD "tree_sizes=57\n\nTree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=\nleaf_count=1\n\n\n" TAIL, "lightgbm.tree", "one leaf without a value");
	scan_is("m.txt", "tree\nperson=1\nhouse\n", "pass", "a list of words is text");
	scan_is("m.txt", "tree\nlabel_index=0\n", "lightgbm.truncated", "any key of a header makes a model");
	scan_is("m.txt", "trees\nversion=v4\n", "pass", "another first line does not");
}

/* 600 bytes of something between the first line and the rest hide the header from who looks at the head only. */
static void test_hidden(void)
{
	char junk[601] = "";

	memset(junk, 'x', sizeof(junk) - 1);

	struct ay_buf b = ay_buf_new(64 * KIB);

	ay_buf_addf(&b, "tree\n%s\n%s", junk, document(&good) + 5);
	is_str(scan_case_with("m.txt", b.data, b.len, NULL), "text.model", "a header behind a long line");
	ay_buf_clear(&b);
	ay_buf_addf(&b, "%s\n%s", junk, document(&good));
	is_str(scan_case_with("m.txt", b.data, b.len, NULL), "pass", "text in which a model stands is no model");
	ay_buf_free(&b);
}

static void test_rest(void)
{
	WITH(end, "", "lightgbm.sizes");
	WITH(importances, "feature importances:\n", "pass");
	WITH(importances, "feature_importances:\na=-1\n", "lightgbm.malformed");
	WITH(importances, "feature_importances:\na\n", "lightgbm.malformed");
	WITH(importances, "feature_importances:\na=1.5\n", "lightgbm.malformed");
	WITH(importances, "", "lightgbm.malformed");
	WITH(parameters, "", "lightgbm.truncated");
	WITH(parameters, "parameters:\n", "lightgbm.truncated");
	WITH(parameters, "parameters:\n[data: train.csv]\nend of parameters\n", "lightgbm.path");
	WITH(parameters, "parameters:\n[output_model: LightGBM_model.txt]\nend of parameters\n", "pass");
	WITH(parameters, "parameters:\n[output_model: /etc/cron.d/x]\nend of parameters\n", "lightgbm.path");
	WITH(parameters, "parameters:\n[forcedsplits_filename: /etc/passwd]\nend of parameters\n", "lightgbm.parameter");
	WITH(parameters, "parameters:\n[machines: 10.0.0.1:80]\nend of parameters\n", "lightgbm.parameter");
	WITH(parameters, "parameters:\n[input_model: a.txt]\nend of parameters\n", "lightgbm.parameter");
	WITH(parameters, "parameters:\n[command: id]\nend of parameters\n", "lightgbm.malformed");
	WITH(parameters, "parameters:\n[metric: auc\nend of parameters\n", "lightgbm.malformed");
	WITH(parameters, "parameters:\n[metric: \x01]\nend of parameters\n", "lightgbm.malformed");
	WITH(parameters, "parameters:\n[metric: \xff]\nend of parameters\n", "lightgbm.malformed");
	WITH(parameters, "parameters:\n[metric]\nend of parameters\n", "lightgbm.malformed");
	WITH(parameters, "parameters:\n[metric:]\nend of parameters\n", "lightgbm.malformed");
	WITH(parameters, "parameters:\n[:\nend of parameters\n", "lightgbm.malformed");
	WITH(tail, "\npandas_categorical:null\n", "pass");
	WITH(tail, "\npandas_categorical:[[\"a\", \"b\"], [1, 2], []]\n", "pass");
	WITH(tail, "\npandas_categorical:[{}]\n", "lightgbm.malformed");
	WITH(tail, "\npandas_categorical:{}\n", "lightgbm.malformed");
	WITH(tail, "\npandas_categorical:[NaN]\n", "lightgbm.malformed");
	WITH(tail, "\npandas_categorical:[\n", "lightgbm.malformed");
	WITH(tail, "\npandas_categorical:\n", "lightgbm.malformed");
	WITH(tail, "\npandas_categorical:null\npandas_categorical:null\n", "lightgbm.malformed");
	WITH(tail, "\npandas_categorical:null", "lightgbm.truncated");
	WITH(tail, "\nparser:\n{\"className\":\"x\"}\nend of parser\n", "format.unsupported");
	WITH(tail, "import os\n", "lightgbm.malformed");
}

static void test_cuts(void)
{
	struct pieces p = good;

	p.tail = "\npandas_categorical:[[\"a\"]]\n";

	const char *t = document(&p);
	size_t whole = strlen(t), plain = (size_t)(strstr(t, "end of parameters\n") - t) + strlen("end of parameters\n");
	unsigned passed = 0;

	/* Shorter ones are words; what the command line writes ends at the parameters. */
	for (size_t len = sizeof("tree\nversion=") - 1; len < whole; len++)
		if (len != plain && len != plain + 1)
			passed += strcmp(scan_case_with("m.txt", t, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix passes");
}

int main(void)
{
	test_header();
	test_trees();
	test_small();
	test_hidden();
	test_rest();
	test_cuts();
	return done_testing();
}
