/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

#define ARRAY(dtype, compressor, filters, chunks) \
	"{\"zarr_format\": 2, \"shape\": [4, 0], \"chunks\": " chunks ", \"dtype\": " dtype ", \"compressor\": " compressor \
	", \"fill_value\": 0, \"order\": \"C\", \"filters\": " filters "}"
#define NODE(type, name, codecs, more) \
	"{\"zarr_format\": 3, \"node_type\": \"array\", \"shape\": [4], \"data_type\": " type ", \"chunk_grid\": {\"name\": \"" name \
	"\", \"configuration\": {\"chunk_shape\": [2]}}, \"chunk_key_encoding\": {\"name\": \"default\"}, \"fill_value\": 0, \"codecs\": " codecs more "}"
#define BLOSC "{\"id\": \"blosc\", \"cname\": \"lz4\", \"clevel\": 5, \"shuffle\": 1}"
#define BYTES "[{\"name\": \"bytes\", \"configuration\": {\"endian\": \"little\"}}]"

static void test_types(void)
{
	static const char *const good[] = {"\"<f4\"", "\"|b1\"", "\">U16\"", "\"<M8[ns]\"", "[[\"x\", \"<f4\"], [\"y\", \"<i8\", [2]]]"};
	static const struct { const char *dtype, *rule; } bad[] = {
		{"\"|O\"", "zarr.object"}, {"[[\"x\", \"<f4\"], [\"y\", \"|O\"]]", "zarr.object"}, {"[[\"x\", [[\"y\", \"|O\"]]]]", "zarr.object"},
		{"\"\"", "zarr.malformed"}, {"\"<\"", "zarr.malformed"}, {"\"<f\"", "zarr.malformed"}, {"\"<f4x\"", "zarr.malformed"},
		{"\"<M8[\"", "zarr.malformed"}, {"\"float32\"", "zarr.malformed"},
	};
	char text[512];

	for (size_t i = 0; i < AY_ARRAY_LEN(good); i++) {
		int n = snprintf(text, sizeof(text), ARRAY("%s", BLOSC, "null", "[2, 1]"), good[i]);

		is_str(scan_case_with("a/.zarray", text, (size_t)n, NULL), "pass", "%s is a type", good[i]);
	}
	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++) {
		int n = snprintf(text, sizeof(text), ARRAY("%s", BLOSC, "null", "[2, 1]"), bad[i].dtype);

		is_str(scan_case_with("a/.zarray", text, (size_t)n, NULL), bad[i].rule, "%s is not", bad[i].dtype);
	}
}

static void test_codecs(void)
{
	scan_is("a/.zarray", ARRAY("\"<f4\"", "null", "[{\"id\": \"delta\", \"dtype\": \"<f4\"}]", "[2, 1]"), "pass", "a filter");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "null", "[{\"id\": \"pickle\"}]", "[2, 1]"), "zarr.code", "pickles");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "{\"id\": \"pickle\"}", "null", "[2, 1]"), "zarr.code", "pickles as a compressor");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "{\"\\u0069d\": \"pickl\\u0065\"}", "null", "[2, 1]"), "zarr.code", "and escaped");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "null", "[{\"id\": \"vlen-utf8\"}]", "[2, 1]"), "zarr.object", "texts as objects");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "{\"id\": \"evil\"}", "null", "[2, 1]"), "zarr.codec", "a plugin");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "null", "[{\"id\": \"delta\", \"dtype\": \"|O\"}]", "[2, 1]"), "zarr.object", "objects in a filter");
}

static void test_sizes(void)
{
	scan_is("a/.zarray", ARRAY("\"<f4\"", "null", "null", "[2, 0]"), "zarr.malformed", "a chunk of nothing");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "null", "null", "[2, -1]"), "zarr.malformed", "a negative side");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "null", "null", "[2, 1.5]"), "zarr.malformed", "half a side");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "null", "null", "[999999999999999999]"), "pass", "18 digits");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "null", "null", "[9223372036854775808]"), "zarr.malformed", "2^63");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "null", "null", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"), "pass", "16 dimensions");
	scan_is("a/.zarray", ARRAY("\"<f4\"", "null", "null", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"), "zarr.malformed", "17");
	scan_is("a/.zgroup", "{\"zarr_format\": 2}", "pass", "a group");
	scan_is("a/.zgroup", "{\"zarr_format\": 3}", "zarr.malformed", "of another version");
	scan_is("a/.zgroup", "{\"zarr_format\": 2, \"x\": 1}", "zarr.malformed", "with an unknown key");
	scan_is("a/.zgroup", "[{\"zarr_format\": 2}]", "zarr.malformed", "in a list");
}

static void test_version_3(void)
{
	scan_is("a/zarr.json", NODE("\"float32\"", "regular", BYTES, ""), "pass", "an array");
	scan_is("a/zarr.json", NODE("\"r16\"", "regular", BYTES, ", \"attributes\": {\"id\": \"pickle\", \"dtype\": \"|O\"}"), "pass", "with attributes");
	scan_is("a/zarr.json", NODE("\"r\"", "regular", BYTES, ""), "zarr.malformed", "raw bits without their number");
	scan_is("a/zarr.json", NODE("\"string\"", "regular", BYTES, ""), "zarr.object", "texts as objects");
	scan_is("a/zarr.json", NODE("{\"name\": \"evil\"}", "regular", BYTES, ""), "zarr.malformed", "an unknown type");
	scan_is("a/zarr.json", NODE("\"int8\"", "evil", BYTES, ""), "zarr.malformed", "an unknown grid");
	scan_is("a/zarr.json", NODE("\"int8\"", "regular", "[\"evil\"]", ""), "zarr.codec", "a codec by its name alone");
	scan_is("a/zarr.json", NODE("\"int8\"", "regular", "[{\"name\": \"numcodecs.pickle\"}]", ""), "zarr.code", "pickles");
	scan_is("a/zarr.json", NODE("\"int8\"", "regular", "[{\"name\": \"sharding_indexed\", \"configuration\": {\"chunk_shape\": [1], \"codecs\": [{\"name\": "
		"\"evil\"}]}}]", ""), "zarr.codec", "a codec within shards");
	scan_is("a/zarr.json", "{\"zarr_format\": 3, \"node_type\": \"group\", \"consolidated_metadata\": {\"kind\": \"inline\", \"metadata\": {\"attributes\": "
		NODE("\"int8\"", "regular", "[{\"name\": \"evil\"}]", "") "}}}", "zarr.codec", "an array with the name of the attributes");
}

static void test_all(void)
{
	scan_is(".zmetadata", "{\"zarr_consolidated_format\": 1, \"metadata\": {\".zattrs\": {\"id\": \"pickle\"}, \"x/.zarray\": "
		ARRAY("\"<f4\"", BLOSC, "null", "[2]") "}}", "pass", "all metadata in one");
	scan_is(".zmetadata", "{\"metadata\": {\".zattrs\": {}, \"x/.zarray\": " ARRAY("\"|O\"", BLOSC, "null", "[2]") "}}", "zarr.object", "one of objects");
	scan_is(".zattrs", "{\"id\": \"pickle\"}", "pass", "attributes are the user's");
}

static void test_every_cut(void)
{
	static const char good[] = NODE("\"float32\"", "regular", BYTES, "");
	unsigned passed = 0;

	for (size_t len = 1; len < sizeof(good) - 1; len++)
		passed += strcmp(scan_case_with("zarr.json", good, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix passes");
}

int main(void)
{
	test_types();
	test_codecs();
	test_sizes();
	test_version_3();
	test_all();
	test_every_cut();
	return done_testing();
}
