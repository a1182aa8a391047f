/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/zarr_names.h"
#include "tests/lib/scan_case.h"

#define ARRAY2(dtype, compressor, filters) \
	"{\"zarr_format\": 2, \"shape\": [4, 2], \"chunks\": [2, 2], \"dtype\": " dtype ", \"compressor\": " compressor \
	", \"fill_value\": 0, \"order\": \"C\", \"filters\": " filters "}"
#define ARRAY3(type, codecs, more) \
	"{\"zarr_format\": 3, \"node_type\": \"array\", \"shape\": [4], \"data_type\": " type ", \"chunk_grid\": {\"name\": \"regular\"," \
	" \"configuration\": {\"chunk_shape\": [2]}}, \"chunk_key_encoding\": {\"name\": \"default\"}, \"fill_value\": 0, \"codecs\": " codecs more "}"
#define BYTES "[{\"name\": \"bytes\", \"configuration\": {\"endian\": \"little\"}}]"

#define SIZES2(shape, chunks) \
	"{\"zarr_format\": 2, \"shape\": " shape ", \"chunks\": " chunks ", \"dtype\": \"<f4\", \"compressor\": null, \"fill_value\": 0, \"order\": \"C\"," \
	" \"filters\": null}"
#define GRID3(grid, keys) \
	"{\"zarr_format\": 3, \"node_type\": \"array\", \"shape\": [4], \"data_type\": \"int8\", \"chunk_grid\": " grid "," \
	" \"chunk_key_encoding\": " keys ", \"fill_value\": 0, \"codecs\": [\"bytes\"]}"
#define REGULAR(extents) "{\"name\": \"regular\", \"configuration\": {\"chunk_shape\": " extents "}}"

static void test_extents(void)
{
	scan_is(".zarray", SIZES2("[0, 4]", "[1, 1]"), "pass", "chunks of 1, of an empty array");
	scan_is(".zarray", SIZES2("[]", "[]"), "pass", "no dimension");
	scan_is(".zarray", SIZES2("[999999999999999999]", "[999999999999999999]"), "pass", "the largest");
	scan_is(".zarray", SIZES2("[1000000000000000000]", "[1]"), "zarr.malformed", "one beyond");
	scan_is(".zarray", SIZES2("[4, 4]", "[2, 0]"), "zarr.malformed", "chunks of 0");
	scan_is(".zarray", SIZES2("[4, 4]", "[2, 00]"), "zarr.malformed", "twice");
	scan_is(".zarray", SIZES2("[4, 4]", "[2, -0]"), "zarr.malformed", "with a sign");
	scan_is(".zarray", SIZES2("[4, 4]", "[2, 0.5]"), "zarr.malformed", "a fraction");
	scan_is(".zarray", SIZES2("[4, 4]", "[2, 1e3]"), "zarr.malformed", "with an exponent");
	scan_is(".zarray", SIZES2("[4, 4]", "[2, NaN]"), "zarr.malformed", "no number");
	scan_is(".zarray", SIZES2("[4, 4]", "[2, \"2\"]"), "zarr.malformed", "a text");
	scan_is(".zarray", SIZES2("[4, 4]", "[2, [2]]"), "zarr.malformed", "a list");
	scan_is(".zarray", SIZES2("[4, 4]", "[2]"), "zarr.malformed", "too few");
	scan_is(".zarray", SIZES2("[4, 4]", "2"), "zarr.malformed", "no list");
	scan_is(".zarray", SIZES2("[4, 4]", "null"), "zarr.malformed", "none");
	scan_is("zarr.json", GRID3(REGULAR("[2]"), "{\"name\": \"v2\"}"), "pass", "a grid");
	scan_is("zarr.json", GRID3(REGULAR("[0]"), "{\"name\": \"v2\"}"), "zarr.malformed", "of chunks of 0");
	scan_is("zarr.json", GRID3(REGULAR("[1, 1]"), "{\"name\": \"v2\"}"), "zarr.malformed", "of other dimensions");
	scan_is("zarr.json", GRID3(REGULAR("1"), "{\"name\": \"v2\"}"), "zarr.malformed", "of a number");
	scan_is("zarr.json", GRID3("{\"name\": \"regular\"}", "{\"name\": \"v2\"}"), "zarr.malformed", "of nothing");
	scan_is("zarr.json", GRID3("\"regular\"", "{\"name\": \"v2\"}"), "zarr.malformed", "as a text");
	scan_is("zarr.json", GRID3("{\"name\": \"regular\", \"configuration\": {}}", "{\"name\": \"v2\"}"), "zarr.malformed", "of no extents");
	scan_is("zarr.json", GRID3("{\"name\": \"mine\", \"configuration\": {\"chunk_shape\": [1]}}", "{\"name\": \"v2\"}"), "zarr.malformed", "of a package");
	scan_is("zarr.json", GRID3(REGULAR("[2]"), "{\"name\": \"mine\"}"), "zarr.malformed", "keys of a package");
	scan_is("zarr.json", GRID3(REGULAR("[2]"), "\"default\""), "pass", "keys as a text");
	scan_is("zarr.json", GRID3(REGULAR("[2]"), "\"mine\""), "zarr.malformed", "of a package");
	scan_is("zarr.json", GRID3(REGULAR("[2]"), "{}"), "zarr.malformed", "keys of nothing");
	scan_is("zarr.json", ARRAY3("\"int8\"", "[{\"name\": \"sharding_indexed\", \"configuration\": {\"chunk_shape\": [0], \"codecs\": [\"bytes\"],"
				    " \"index_codecs\": [\"bytes\"]}}]", ""), "zarr.malformed", "shards of chunks of 0");
}

/* The last chunk that an array asks for, and the bytes of each. */
static void chunks_are(const char *path, const char *text, const char *last, uint64_t size, const char *name)
{
	is_str(scan_case_with(path, text, strlen(text), NULL), "pass", "%s", name);
	is_int(scan_case_result.sibling_count, last ? 1 : 0, "%s: what it asks for", name);
	if (!last || scan_case_result.sibling_count != 1)
		return;
	is_str(scan_case_result.siblings[0].path, last, "up to the last chunk");
	is_int((long long)scan_case_result.siblings[0].size, (long long)size, "of a size");
	is_int(scan_case_result.siblings[0].how, AY_SIBLING_GRID, "as one of many");
}

static void test_chunks(void)
{
	chunks_are("a/.zarray", SIZES2("[4, 7]", "[2, 3]"), "1.2", 24, "two dimensions");
	chunks_are(".zarray", SIZES2("[]", "[]"), "0", 4, "no dimension");
	chunks_are(".zarray", SIZES2("[6]", "[3]"), "1", 12, "a whole number of chunks");
	chunks_are(".zarray", SIZES2("[7]", "[3]"), "2", 12, "and one row more");
	chunks_are(".zarray", SIZES2("[0, 4]", "[1, 1]"), NULL, 0, "nothing");
	chunks_are(".zarray", SIZES2("[9]", "[999999999999999999]"), "0", 3999999999999999996, "a chunk as long as can be said");
	chunks_are(".zarray", SIZES2("[9, 9]", "[999999999999999999, 9999]"), "0.0", 0, "longer than a number");
	chunks_are(".zarray", ARRAY2("\"<f4\"", "{\"id\": \"zstd\"}", "null"), "1.0", 0, "compressed");
	chunks_are(".zarray", ARRAY2("\"<f4\"", "null", "[{\"id\": \"delta\"}]"), "1.0", 0, "filtered");
	chunks_are(".zarray", ARRAY2("[[\"x\", \"<f4\"]]", "null", "[]"), "1.0", 0, "fields");
	chunks_are(".zmetadata", "{\"zarr_consolidated_format\": 1, \"metadata\": {\"a/.zarray\": " SIZES2("[4]", "[2]") "}}", NULL, 0, "a table of all arrays");
	chunks_are(".zgroup", "{\"zarr_format\": 2}", NULL, 0, "a group");
	chunks_are("zarr.json", GRID3(REGULAR("[3]"), "\"v2\""), "1", 3, "version 3 with keys of version 2");
	chunks_are("zarr.json", GRID3(REGULAR("[3]"), "\"default\""), "c/1", 3, "with its own");
	chunks_are("zarr.json", GRID3(REGULAR("[3]"), "{\"name\": \"default\", \"configuration\": {\"separator\": \".\"}}"), "c.1", 3, "with a point");
	chunks_are("zarr.json", ARRAY3("\"int16\"", "[{\"name\": \"sharding_indexed\", \"configuration\": {\"chunk_shape\": [1], \"codecs\": [\"bytes\"],"
				       " \"index_codecs\": [\"bytes\"]}}]", ""), "c/1", 0, "shards");
	scan_is("zarr.json", GRID3(REGULAR("[3]"), "{\"name\": \"default\", \"configuration\": {\"separator\": \"-\"}}"), "zarr.malformed", "another separator");
}

static void test_chunk_names(void)
{
	static const char *const good[] = {"0", "9", "10", "0.0", "3.14.15", "c", "c.0", "c.10.2"};
	static const char *const bad[] = {"", ".", "0.", ".0", "00", "1.02", "1x", "x", "cc", "c.", "c0x", "1..2", "-1", "c/0"};

	for (size_t i = 0; i < AY_ARRAY_LEN(good); i++)
		ok(ay_zarr_chunk_name(good[i]), "%s is a chunk's name", good[i]);
	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++)
		ok(!ay_zarr_chunk_name(bad[i]), "\"%s\" is none", bad[i]);
	is_int((long long)ay_zarr_size2("<U3"), 12, "letters have four bytes");
	is_int((long long)ay_zarr_size2("<M8[ns]"), 8, "a time");
	is_int((long long)ay_zarr_size3("complex128"), 16, "two doubles");
	is_int((long long)ay_zarr_size3("bool"), 1, "a truth");
	is_int((long long)ay_zarr_size3("float8_e4m3"), 0, "what its name does not say alone");
}

static void test_version_2(void)
{
	scan_is("x/.zarray", ARRAY2("\"<f4\"", "{\"id\": \"blosc\", \"cname\": \"lz4\", \"clevel\": 5}", "null"), "pass", "an array");
	is_str(scan_case_result.format, "zarr", "is of Zarr");
	scan_is(".zarray", ARRAY2("\"|b1\"", "null", "[]"), "pass", "without compression");
	scan_is(".zarray", ARRAY2("\"<M8[ns]\"", "null", "[{\"id\": \"delta\", \"dtype\": \"<i8\"}]"), "pass", "with a filter");
	scan_is(".zarray", ARRAY2("\"|O\"", "null", "null"), "zarr.object", "of objects");
	scan_is(".zarray", ARRAY2("\"O\"", "null", "null"), "zarr.object", "without a byte order");
	scan_is(".zarray", ARRAY2("\"\\u007cO\"", "null", "null"), "zarr.object", "with an escape");
	scan_is(".zarray", ARRAY2("\"<f4\"", "{\"id\": \"pickle\", \"protocol\": 4}", "null"), "zarr.object", "pickled chunks");
	scan_is(".zarray", ARRAY2("\"<f4\"", "null", "[{\"id\": \"vlen-utf8\"}]"), "zarr.object", "texts of any length");
	scan_is(".zarray", ARRAY2("\"<f4\"", "null", "[{\"id\": \"astype\", \"encode_dtype\": \"|O\"}]"), "zarr.object", "a filter to objects");
	scan_is(".zarray", ARRAY2("\"<f4\"", "{\"id\": \"mine\"}", "null"), "zarr.codec", "a codec that is not known");
	scan_is(".zarray", ARRAY2("\"<f4\"", "{\"id\": \"zlib\\u0000x\"}", "null"), "zarr.codec", "with a NUL");
	scan_is(".zarray", ARRAY2("\"<f4\"", "{\"level\": 1}", "null"), "zarr.malformed", "without a name");
	scan_is(".zarray", ARRAY2("\"<f4\"", "\"zlib\"", "null"), "zarr.malformed", "as a text");
	scan_is(".zarray", ARRAY2("\"<f4\"", "{\"id\": [\"zlib\"]}", "null"), "zarr.malformed", "in a list");
	scan_is(".zarray", ARRAY2("\"<f4\"", "null", "[\"delta\"]"), "zarr.malformed", "a filter as a text");
	scan_is(".zarray", ARRAY2("\"<q4\"", "null", "null"), "zarr.dtype", "a type that NumPy does not have");
	scan_is(".zarray", ARRAY2("null", "null", "null"), "zarr.malformed", "no type");
	scan_is(".zarray", ARRAY2("[[\"a\", \"<f4\"], [\"b\", [[\"c\", \"|u1\", [2]]]]]", "null", "null"), "pass", "fields");
	scan_is(".zarray", ARRAY2("[[\"a\", \"<f4\"], [\"b\", [[\"c\", \"|O\"]]]]", "null", "null"), "zarr.object", "a field of objects");
	scan_is(".zarray", ARRAY2("[[\"O\", \"<f4\"]]", "null", "null"), "pass", "a field of that name");
	scan_is(".zarray", "{\"zarr_format\": 2}", "zarr.malformed", "not all keys");
	scan_is(".zarray", "[]", "zarr.malformed", "a list");
	scan_is(".zarray", "1", "zarr.malformed", "a number");
	scan_is(".zarray", "{\"zarr_format\": 2,", "zarr.truncated", "half of it");
	scan_is(".zarray", "no JSON", "zarr.malformed", "none");
	scan_is(".zgroup", "{\"zarr_format\": 2}", "pass", "a group");
	scan_is(".zgroup", "{\"zarr_format\": 3}", "zarr.malformed", "of the other version");
	scan_is(".zgroup", "{\"zarr_format\": 2, \"run\": 1}", "zarr.malformed", "with a key of its own");
	scan_is(".zattrs", "{\"dtype\": \"|O\", \"units\": \"m\", \"_FillValue\": NaN}", "pass", "attributes are free");
	scan_is(".zattrs", "{\"_target_\": \"os.system\"}", "recipe.code-reference", "but for what names code");
	scan_is(".zmetadata", "{\"zarr_consolidated_format\": 1, \"metadata\": {\".zgroup\": {\"zarr_format\": 2}, \"a/.zarray\": "
		ARRAY2("\"<f4\"", "null", "null") ", \"a/.zattrs\": {\"x\": 1}}}", "pass", "a table of them");
	scan_is(".zmetadata", "{\"zarr_consolidated_format\": 1, \"metadata\": {\"a/.zarray\": " ARRAY2("\"|O\"", "null", "null") "}}", "zarr.object",
		"with one of objects");
	scan_is(".zmetadata", "{\"zarr_consolidated_format\": 1, \"metadata\": [" ARRAY2("\"|O\"", "null", "null") "]}", "zarr.malformed", "as a list");
}

static void test_version_3(void)
{
	scan_is("zarr.json", ARRAY3("\"float32\"", BYTES, ""), "pass", "an array");
	scan_is("zarr.json", ARRAY3("\"r16\"", "[\"bytes\", {\"name\": \"numcodecs.zlib\"}]", ", \"attributes\": {\"a\": 1}"), "pass", "with more");
	scan_is("zarr.json", ARRAY3("\"string\"", BYTES, ""), "zarr.dtype", "of texts of any length");
	scan_is("zarr.json", ARRAY3("{\"name\": \"numpy.datetime64\", \"configuration\": {\"unit\": \"s\"}}", BYTES, ""), "pass", "of times");
	scan_is("zarr.json", ARRAY3("{\"name\": \"mine\"}", BYTES, ""), "zarr.dtype", "of somebody's own");
	scan_is("zarr.json", ARRAY3("{}", BYTES, ""), "zarr.malformed", "of nothing");
	scan_is("zarr.json", ARRAY3("\"int8\"", "[{\"name\": \"numcodecs.pickle\"}]", ""), "zarr.object", "pickled");
	scan_is("zarr.json", ARRAY3("\"int8\"", "[{\"name\": \"vlen-bytes\"}]", ""), "zarr.object", "bytes of any length");
	scan_is("zarr.json", ARRAY3("\"int8\"", "[{\"name\": \"mine.codec\"}]", ""), "zarr.codec", "a codec that is not known");
	scan_is("zarr.json", ARRAY3("\"int8\"", "[\"mine\"]", ""), "zarr.codec", "as a text");
	scan_is("zarr.json", ARRAY3("\"int8\"", "{\"name\": \"bytes\"}", ""), "zarr.malformed", "not in a list");
	scan_is("zarr.json", ARRAY3("\"int8\"", "[{\"name\": \"sharding_indexed\", \"configuration\": {\"codecs\": [{\"name\": \"numcodecs.pickle\"}]}}]", ""),
		"zarr.object", "pickled in shards");
	scan_is("zarr.json", ARRAY3("\"int8\"", "[{\"name\": \"sharding_indexed\", \"configuration\": {\"index_codecs\": [\"mine\"]}}]", ""), "zarr.codec",
		"an index of shards");
	scan_is("zarr.json", ARRAY3("\"int8\"", BYTES, ", \"storage_transformers\": []"), "pass", "no transformers");
	scan_is("zarr.json", ARRAY3("\"int8\"", BYTES, ", \"storage_transformers\": [{\"name\": \"x\"}]"), "zarr.codec", "a transformer");
	scan_is("zarr.json", ARRAY3("\"int8\"", BYTES, ", \"mine\": 1"), "zarr.malformed", "a key of its own");
	scan_is("zarr.json", "{\"zarr_format\": 3, \"node_type\": \"group\"}", "pass", "a group");
	scan_is("zarr.json", "{\"zarr_format\": 3, \"node_type\": \"array\"}", "zarr.malformed", "an array without its parts");
	scan_is("zarr.json", "{\"zarr_format\": 3, \"node_type\": \"x\"}", "zarr.malformed", "neither");
	scan_is("zarr.json", "{\"zarr_format\": 3, \"node_type\": \"group\", \"consolidated_metadata\": {\"kind\": \"inline\", \"metadata\": {\"a\": "
		ARRAY3("\"int8\"", "[{\"name\": \"numcodecs.pickle\"}]", "") "}}}", "zarr.object", "an array within a group");
	scan_is("zarr.json", ARRAY3("\"int8\"", BYTES, ", \"attributes\": {\"codecs\": [{\"name\": \"pickle\"}]}"), "pass", "attributes of such names");
	scan_is("other.json", ARRAY3("\"int8\"", "[{\"name\": \"numcodecs.pickle\"}]", ""), "pass", "a file that Zarr does not read");
}

static void test_every_cut(void)
{
	static const char good[] = ARRAY2("[[\"a\", \"<f4\"]]", "{\"id\": \"zlib\"}", "[{\"id\": \"shuffle\"}]");
	unsigned passed = 0;

	for (size_t len = 1; len < sizeof(good) - 1; len++)
		passed += strcmp(scan_case_with(".zarray", good, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix passes");
}

int main(void)
{
	test_version_2();
	test_extents();
	test_chunks();
	test_chunk_names();
	test_version_3();
	test_every_cut();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
