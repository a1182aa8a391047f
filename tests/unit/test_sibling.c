/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

#define INDEX(map) "{\"weight_map\": {" map "}}"

static char told[1024];

static void tell(void *arg, size_t file, const char *rule, const char *message)
{
	size_t used = strlen(told);

	(void)arg;
	snprintf(told + used, sizeof(told) - used, "%zu %s %s;", file, rule, message);
}

static void test_paths(void)
{
	static const char *const good[] = {"a", "a/b", ".a", "...", "a.b/..c"};
	static const char *const bad[] = {"", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "./a", "a/./b", "a\\b", "a\nb", "\xff", "a\x7f"};
	char longest[AY_LIMIT_PATH + 1];

	for (size_t i = 0; i < AY_ARRAY_LEN(good); i++)
		ok(ay_sibling_path_plain(good[i]), "%s is plain", good[i]);
	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++)
		ok(!ay_sibling_path_plain(bad[i]), "bad path %zu is not", i);
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = i % 2 ? '/' : 'a';
	longest[AY_LIMIT_PATH] = '\0';
	longest[AY_LIMIT_PATH - 1] = '\0';
	ok(ay_sibling_path_plain(longest), "the longest path is plain");
	longest[AY_LIMIT_PATH - 1] = 'a';
	ok(!ay_sibling_path_plain(longest), "one byte more is not");
	memset(longest, 'a', sizeof(longest));
	longest[AY_LIMIT_COMPONENT] = '\0';
	ok(ay_sibling_path_plain(longest), "the longest name is plain");
	longest[AY_LIMIT_COMPONENT] = 'a';
	longest[AY_LIMIT_COMPONENT + 1] = '\0';
	ok(!ay_sibling_path_plain(longest), "one byte more is not");
}

/* What the index of two tensors needs, compared with shards that hold these. */
static const char *compare(const char *names, uint64_t size)
{
	struct ay_names held = {.known = names != NULL};
	struct ay_scan_result index, shard;
	char text[256];

	snprintf(text, sizeof(text), "{\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}%s}", names ? names : "");
	scan_case("d/a.index.json", INDEX("\"x\": \"s\", \"y\": \"s\""));
	index = scan_case_result;
	scan_case_result = (struct ay_scan_result){0};
	uint8_t head[8] = {(uint8_t)strlen(text)};
	struct ay_buf b = ay_buf_new(1024);

	ay_buf_add(&b, head, sizeof(head));
	ay_buf_adds(&b, text);
	is_str(scan_case_with("d/s", b.data, b.len, NULL), "pass", "the shard passes");
	shard = scan_case_result;
	scan_case_result = (struct ay_scan_result){0};
	index.siblings[0].size = 10;
	struct ay_sibling_file files[] = {
		{.path = "d/a.index.json", .siblings = index.siblings, .sibling_count = index.sibling_count},
		{.path = "d/s", .size = size, .tensors = names ? &shard.tensors : &held},
	};

	told[0] = '\0';
	is_int(ay_siblings_check(files, 2, tell, NULL), 0, "compared");
	ay_buf_free(&b);
	ay_scan_result_free(&index);
	ay_scan_result_free(&shard);
	return told;
}

#define Y ",\"y\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}"
#define Z ",\"z\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}"

static void test_check(void)
{
	is_str(compare(Y, 10), "", "the same tensors");
	is_str(compare(Y, 9), "0 sibling.truncated s has 9 bytes, needed are 10;", "one byte short");
	is_str(compare("", 10), "0 sibling.tensors s holds 1 tensors, the index says 2;", "one tensor less");
	is_str(compare(Y Z, 10), "0 sibling.tensors s holds 3 tensors, the index says 2;", "one more");
	is_str(compare(Z, 10), "0 sibling.tensors s holds other tensors than the index says;", "another one");
	is_str(compare(NULL, 10), "", "a file that does not say what it holds");
}

static void test_missing(void)
{
	struct ay_sibling want[] = {{.path = (char *)"b", .size = 1}, {.path = (char *)"e/f"}};
	struct ay_sibling_file files[] = {
		{.path = "b", .size = 1},
		{.path = "d/a", .siblings = want, .sibling_count = 2},
		{.path = "d/e/f"},
	};

	told[0] = '\0';
	is_int(ay_siblings_check(files, 3, tell, NULL), 0, "compared");
	is_str(told, "1 sibling.missing b is not there;", "one of the same name in another folder does not count");
}

static void test_formless(void)
{
	struct ay_sibling want[] = {{.path = (char *)"a.onnx.data", .size = 1, .how = AY_SIBLING_BARE}, {.path = (char *)"b.bin", .size = 1}};
	struct ay_sibling_file files[] = {
		{.path = "a.onnx.data", .size = 1, .formless = true},
		{.path = "d/a.onnx", .siblings = want, .sibling_count = 2},
		{.path = "d/a.onnx.data", .size = 1, .formless = true},
		{.path = "d/b.bin", .size = 1, .formless = true},
	};

	ok(ay_scan_formless("onnx-data") && ay_scan_formless("tf-data") && !ay_scan_formless("onnx") && !ay_scan_formless("npy+onnx-data"), "which have no form");
	is_str(scan_case_with("m.bin", "\xff\x00\x01", 3, NULL), "pass", "bytes that only a model knows");
	is_str(scan_case_result.format, "raw-weights", "have no form, too");
	is_str(scan_case_with("m.bin", "(lp0\n.", 6, NULL), "pass", "bytes that somebody knows");
	is_str(scan_case_result.format, "pickle", "are judged by him alone");
	is_str(scan_case_with("m.bim", "\xff\x00\x01", 3, NULL), "format.unknown", "under another name they are unknown");
	told[0] = '\0';
	is_int(ay_siblings_check(files, 4, tell, NULL), 0, "compared");
	is_str(told, "0 sibling.unnamed any bytes could be in this file, and no model beside it names it;"
		     "3 sibling.unnamed any bytes could be in this file, and no model beside it names it;", "a model names the bare file beside it, and no other");
}

static void test_grid(void)
{
	struct ay_sibling plain[] = {{.path = (char *)"9.12", .size = 8, .how = AY_SIBLING_GRID}}, later[] = {{.path = (char *)"c/9/12", .how = AY_SIBLING_GRID}};
	struct ay_sibling nested[] = {{.path = (char *)"c/3", .how = AY_SIBLING_GRID}};
	struct ay_sibling_file files[] = {
		{.path = "a-b/0.0", .size = 8, .formless = true},
		{.path = "a/.zarray", .siblings = plain, .sibling_count = 1},
		{.path = "a/0.0", .size = 8, .formless = true},
		{.path = "a/10.0", .size = 8, .formless = true},
		{.path = "a/9.12", .size = 7, .formless = true},
		{.path = "a/9.13", .size = 8, .formless = true},
		{.path = "a/9.2", .size = 9, .formless = true},
		{.path = "a/c/9/12", .size = 1, .formless = true},
		{.path = "a/c/9/13", .size = 1, .formless = true},
		{.path = "a/zarr.json", .siblings = later, .sibling_count = 1},
		{.path = "b/c/3", .size = 1, .formless = true},
		{.path = "b/c/4", .size = 1, .formless = true},
		{.path = "b/zarr.json", .siblings = nested, .sibling_count = 1},
	};
	struct ay_buf b = ay_buf_new(1024);
	struct ay_names tensors;
	struct ay_sibling *v;
	size_t n;

#define UNNAMED " sibling.unnamed any bytes could be in this file, and no model beside it names it;"
	told[0] = '\0';
	is_int(ay_siblings_check(files, AY_ARRAY_LEN(files), tell, NULL), 0, "compared");
	is_str(told, "0" UNNAMED "3" UNNAMED "4 sibling.truncated the chunk has 7 bytes, its array's chunks have 8;5" UNNAMED "6" UNNAMED "8" UNNAMED "11" UNNAMED,
	       "chunks of an array are needed as far as it reaches");
	ay_siblings_encode(&plain[0].tensors, plain, 1, &b);
	struct ay_cursor c = ay_cursor_of(b.data, b.len, 0);

	ok(ay_siblings_decode(&c, &tensors, &v, &n) == 0 && n == 1 && v[0].how == AY_SIBLING_GRID && v[0].size == 8, "and come out of a note as they went in");
	ay_siblings_free(v, n);
	b.data[41 + 4 + 2 + 4 + 8] = AY_SIBLING_HOWS;
	c = ay_cursor_of(b.data, b.len, 0);
	is_int(ay_siblings_decode(&c, &tensors, &v, &n), AY_EFORMAT, "a way of reading that nobody knows");
	ay_siblings_free(v, n);
	ay_buf_free(&b);
}

static void test_record(void)
{
	static const char index[] = INDEX("\"w\": \"b\", \"x\": \"a\", \"y\": \"b\", \"z\": \"c\"");
	struct ay_buf b = ay_buf_new(4096);
	struct ay_names tensors;
	struct ay_sibling *v;
	size_t n;
	unsigned decoded = 0;

	is_str(scan_case_with("m.index.json", index, sizeof(index) - 1, NULL), "pass", "an index");
	is_int(scan_case_result.sibling_count, 3, "names three files");
	is_str(scan_case_result.siblings[1].path, "b", "sorted");
	is_int(scan_case_result.siblings[1].tensors.count, 2, "each with its tensors");
	ay_siblings_encode(&scan_case_result.tensors, scan_case_result.siblings, 3, &b);
	struct ay_cursor c = ay_cursor_of(b.data, b.len, 0);

	is_int(ay_siblings_decode(&c, &tensors, &v, &n), 0, "decodes");
	ok(n == 3 && c.left == 0 && strcmp(v[2].path, "c") == 0 && v[1].tensors.count == 2, "to the same");
	ay_siblings_free(v, n);
	for (size_t len = 0; len < b.len; len++) {
		struct ay_cursor cut = ay_cursor_of(b.data, len, 0);

		decoded += ay_siblings_decode(&cut, &tensors, &v, &n) == 0;
		ay_siblings_free(v, n);
	}
	is_int(decoded, 0, "no proper prefix does");
	b.data[41 + 4 + 2] = '/';
	c = ay_cursor_of(b.data, b.len, 0);
	ok(ay_siblings_decode(&c, &tensors, &v, &n) != 0, "nor one with an absolute path");
	ay_siblings_free(v, n);
	ay_buf_free(&b);
}

static void test_many(void)
{
	struct ay_buf b = ay_buf_new(1 * MIB);

	for (unsigned files = AY_LIMIT_SIBLINGS; files <= AY_LIMIT_SIBLINGS + 1; files++) {
		ay_buf_clear(&b);
		ay_buf_adds(&b, "{\"weight_map\": {");
		for (unsigned i = 0; i < files; i++)
			ay_buf_addf(&b, "%s\"t%u\": \"s%u\"", i ? "," : "", i, i);
		ay_buf_adds(&b, "}}");
		is_str(scan_case_with("m.index.json", b.data, b.len, NULL), files == AY_LIMIT_SIBLINGS ? "pass" : "limit.exceeded", "%u shards", files);
	}
	ay_buf_free(&b);
	ay_scan_result_free(&scan_case_result);
}

int main(void)
{
	test_paths();
	test_check();
	test_missing();
	test_formless();
	test_grid();
	test_record();
	test_many();
	return done_testing();
}
