/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

#define SPLIT(index) "{\"border\": 0.5, \"float_feature_index\": 0, \"split_index\": " index ", \"split_type\": \"FloatFeature\"}"
#define TREES(index, leaves) "\"oblivious_trees\": [{\"leaf_values\": " leaves ", \"leaf_weights\": [1, 2], \"splits\": [" SPLIT(index) "]}]"
#define FEATURE(index) "{\"borders\": [0.5, 1.5], \"feature_index\": " index ", \"flat_feature_index\": 0, \"has_nans\": false," \
	" \"nan_value_treatment\": \"AsIs\", \"feature_id\": \"x\"}"
#define INFO "\"features_info\": {\"float_features\": [" FEATURE("0") "]}"
#define TABLE(kind, map, stride) "\"ctr_data\": {\"{\\\"identifier\\\":[{\\\"cat_feature_index\\\":0}],\\\"type\\\":\\\"" kind "\\\"}\": " \
	"{\"counter_denominator\": 4, \"hash_map\": " map ", \"hash_stride\": " stride "}}"
#define GOOD "{" INFO ", \"model_info\": {\"params\": {\"a\": [1, {\"b\": null}]}, \"x\": \"y\"}, " TREES("1", "[0.5, 1]") ", \"scale_and_bias\": [1, [0]]}"

static void test_trees(void)
{
	scan_is("m.json", GOOD, "pass", "a model");
	is_str(scan_case_result.format, "catboost-json", "is CatBoost's");
	scan_is("m.json", "{" INFO ", " TREES("2", "[1, 2]") "}", "catboost.tree", "a split one beyond the borders");
	scan_is("m.json", "{" INFO ", " TREES("-1", "[1, 2]") "}", "catboost.tree", "a negative one");
	scan_is("m.json", "{" INFO ", " TREES("9223372036854775808", "[1, 2]") "}", "catboost.malformed", "2^63");
	scan_is("m.json", "{" INFO ", " TREES("1", "[1]") "}", "catboost.tree", "a leaf too few");
	scan_is("m.json", "{" INFO ", " TREES("1", "[1, 2, 3]") "}", "catboost.tree", "one too many");
	scan_is("m.json", "{" INFO ", " TREES("1", "[]") "}", "catboost.tree", "none");
	scan_is("m.json", "{" INFO ", " TREES("1", "[1, 2, 3, 4]") ", \"scale_and_bias\": [1, [0, 0]]}", "pass", "two dimensions");
	scan_is("m.json", "{" INFO ", " TREES("1", "[1, 2, 3, 4]") ", \"scale_and_bias\": [1, [0, 0, 0]]}", "catboost.tree", "a bias of three");
	scan_is("m.json", "{" INFO "}", "catboost.tree", "no trees");
	scan_is("m.json", "{" INFO ", \"trees\": [], " TREES("1", "[1, 2]") "}", "catboost.tree", "of both kinds");
	scan_is("m.json", "{" INFO ", \"x\": 1, " TREES("1", "[1, 2]") "}", "catboost.malformed", "a key of its own");
	scan_is("m.json", "{\"x\": 1, " INFO ", " TREES("1", "[1, 2]") "}", "catboost.malformed", "which comes first");
	scan_is("m.json", "{\"model_info\": {}, " TREES("2", "[1, 2]") ", " INFO "}", "catboost.tree", "in another order");
	scan_is("m.json", "{\"model_info\": {}, " TREES("1", "[1, 2]") ", " INFO "}", "pass", "a good one in it");
	scan_is("m.json", "{\"features_info\": {\"float_features\": [" FEATURE("1") ", " FEATURE("1") "]}, " TREES("1", "[1, 2]") "}", "catboost.tree", "a feature twice");
	scan_is("m.json", "{\"features_info\": {\"text_features\": []}, " TREES("1", "[1, 2]") "}", "catboost.malformed", "features of texts");
	scan_is("m.json", "{\"features_info\": {}, " TREES("0", "[1, 2]") "}", "catboost.tree", "no features");
	scan_is("m.json", GOOD " {}", "catboost.malformed", "a second document");
}

#define NESTED(tree) "{" INFO ", \"trees\": [" tree "]}"
#define LEFT "{\"split\": " SPLIT("0") ", \"left\": {\"value\": 1}, \"right\": "

static void test_nested(void)
{
	static const char begin[] = "{" INFO ", \"trees\": [";
	char text[32768];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", begin);

	scan_is("m.json", NESTED("{\"split\": " SPLIT("1") ", \"left\": {\"value\": 1, \"weight\": 2}, \"right\": {\"value\": 2, \"weight\": 0}}"), "pass", "nested");
	scan_is("m.json", NESTED("{\"value\": [1, 2]}, {\"value\": [1, 2]}"), "pass", "of leaves alone");
	scan_is("m.json", NESTED("{\"value\": [1, 2]}, {\"value\": 1}"), "catboost.tree", "of other dimensions");
	scan_is("m.json", NESTED("{\"value\": []}"), "catboost.tree", "of no value");
	scan_is("m.json", NESTED("{\"split\": " SPLIT("1") ", \"left\": {\"value\": 1}}"), "catboost.tree", "one side");
	scan_is("m.json", NESTED("{\"split\": " SPLIT("1") ", \"left\": {\"value\": 1}, \"right\": {\"value\": 1}, \"value\": 1}"), "catboost.tree", "leaf and split");
	scan_is("m.json", NESTED("{}"), "catboost.tree", "nothing");
	scan_is("m.json", NESTED("{\"split\": " SPLIT("2") ", \"left\": {\"value\": 1}, \"right\": {\"value\": 1}}"), "catboost.tree", "beyond the borders");
	for (int i = 0; i < 50; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", LEFT);
	is_str(scan_case_with("m.json", text, used, NULL), "catboost.tree", "too deep");
}

#define TABLED(kind, map, stride) "{" TABLE(kind, map, stride) ", " INFO ", " TREES("1", "[1, 2]") "}"

static void test_tables(void)
{
	scan_is("m.json", TABLED("Borders", "[\"18446744073709551615\", 1, 2, \"5\", 3, 4]", "3"), "pass", "a table");
	scan_is("m.json", TABLED("Counter", "[\"1\", 1, \"5\", 3]", "2"), "pass", "of counts");
	scan_is("m.json", TABLED("Counter", "[\"1\", 1, 1, \"5\", 3, 3]", "3"), "catboost.tree", "with rows of another kind");
	scan_is("m.json", TABLED("Counter", "[\"1\", 1, \"5\", 3]", "0"), "catboost.tree", "a length of 0, by which CatBoost divides");
	scan_is("m.json", TABLED("Counter", "[\"1\", 1, \"5\", 3]", "-2"), "catboost.tree", "a negative one");
	scan_is("m.json", TABLED("Counter", "[\"1\", 1, \"5\"]", "2"), "catboost.tree", "half a row");
	scan_is("m.json", TABLED("Borders", "[\"1\", 1, \"5\", 3, 4]", "2"), "catboost.tree", "a longer row");
	scan_is("m.json", TABLED("Borders", "[1, 1]", "2"), "catboost.tree", "no hash");
	scan_is("m.json", TABLED("Borders", "[\"x\", 1]", "2"), "catboost.malformed", "a hash that is a word");
	scan_is("m.json", TABLED("Mine", "[\"1\", 1]", "2"), "catboost.malformed", "a kind of its own");
	scan_is("m.json", "{\"ctr_data\": null, " INFO ", " TREES("1", "[1, 2]") "}", "pass", "none");
}

static void test_every_cut(void)
{
	bool passed = false;

	for (size_t n = 1; n < sizeof(GOOD) - 1; n++)
		passed = passed || strcmp(scan_case_with("m.json", GOOD, n, NULL), "pass") == 0;
	ok(!passed, "no shorter one passes");
}

int main(void)
{
	test_trees();
	test_nested();
	test_tables();
	test_every_cut();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
