/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

#include "scanners/formats/onnx.h"

/* Version, a graph with one node Relu and one tensor of two floats, operator set 17. */
#define NODE "\x0a\x0c\x0a\x01x\x12\x01y\"\x04Relu"
#define TENSOR "*\x0f\x08\x02\x10\x01\x42\x01wJ\x06" "012345"
#define GRAPH(body, len) "\x08\x08" ":" len body "B\x02\x10\x11"

static void test_whole(void)
{
	static const char good[] = GRAPH(NODE, "\x0e");
	unsigned passed = 0;

	is_str(scan_case_with("m.onnx", good, sizeof(good) - 1, NULL), "pass", "a model");
	is_str(scan_case_result.format, "onnx", "by its content");
	is_str(scan_case_with("m", good, sizeof(good) - 1, NULL), "pass", "under any name");
	for (size_t len = 2; len < sizeof(good) - 5; len++)
		passed += strcmp(scan_case_with("m.onnx", good, len, NULL), "pass") == 0;
	is_int(passed, 0, "no prefix without its graph passes");
	scan_is("m.onnx", GRAPH(NODE "*\x11\x08\x02\x10\x01\x42\x01wJ\x08" "01234567", "\x21"), "pass", "a tensor of two floats");
	scan_is("m.onnx", GRAPH(NODE TENSOR, "\x1f"), "onnx.tensor", "of six bytes");
	scan_is("m.onnx", GRAPH("\x0a\x0c\x0a\x01x\x12\x01y\"\x04" "Evil", "\x0e"), "onnx.operator", "an unknown operator");
	scan_is("m.onnx", GRAPH("\x0a\x0f\x0a\x01x\x12\x01y\"\x04Relu:\x01" "d", "\x11"), "onnx.domain", "a known one of another domain");
	scan_is("m.onnx", GRAPH("\x0a\x0f\x0a\x01x\x12\x01y\"\x04Relu:\x00", "\x10"), "onnx.truncated", "a node longer than the graph");
	scan_is("m.onnx", GRAPH("\x0a\x0e\x0a\x01x\x12\x01y\"\x04Relu:\x00", "\x10"), "pass", "the empty domain");
	scan_is("m.onnx", GRAPH("\x0a\x12\x0a\x01x\x12\x01y\"\x04Relu\"\x04Relu", "\x14"), "onnx.malformed", "two operators in one node");
}

static int judged(struct ay_onnx_functions *f, const char **why)
{
	int err = ay_onnx_functions_judge(f, why);

	ay_onnx_functions_free(f);
	return err;
}

/* Functions f0 ... f(n-1), each called so often by the one before; f0 by the model. */
static struct ay_onnx_functions *chain(struct ay_budget *b, size_t n, unsigned times)
{
	struct ay_onnx_functions *f;
	int bad = ay_onnx_functions_new(b, &f) != 0;
	char name[16];

	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "f%zu", i);
		bad += ay_onnx_functions_add(f, "mine", name, "") != 0;
	}
	bad += ay_onnx_functions_end(f) != 0;
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < times; k++) {
			size_t from = i ? i - 1 : n;

			ay_onnx_functions_node(f, from);
			bad += ay_onnx_functions_call(f, from, i) != 0;
		}
	is_int(bad, 0, "%zu functions", n);
	return f;
}

static void test_functions(void)
{
	struct ay_budget b;
	struct ay_onnx_functions *f;
	const char *why;
	size_t found = 99;

	ay_budget_init(&b, 1 << 20);
	f = chain(&b, 128, 1);
	ok(ay_onnx_functions_find(f, "mine", "f0", "", &found) && found == 0 && ay_onnx_functions_find(f, "mine", "f127", "", &found) && found == 127,
	   "the first and the last are found");
	ok(!ay_onnx_functions_find(f, "mine", "f128", "", &found) && !ay_onnx_functions_find(f, "mine", "f", "", &found) &&
	   !ay_onnx_functions_find(f, "", "f0", "", &found) && !ay_onnx_functions_find(f, "mine", "f0", "x", &found), "no other is");
	ok(judged(f, &why) == 0 && !why, "128 in each other");
	ok(judged(chain(&b, 129, 1), &why) == 0 && why && strstr(why, "deep"), "129");
	ok(judged(chain(&b, 23, 2), &why) == 0 && !why, "2^24 - 2 nodes");
	ok(judged(chain(&b, 24, 2), &why) == 0 && why && strstr(why, "unfold"), "2^25 - 2");
	ok(judged(chain(&b, 128, 255), &why) == 0 && why, "255^128: nothing wraps");
	f = chain(&b, 3, 1);
	is_int(ay_onnx_functions_call(f, 2, 1), 0, "the third calls the second");
	ok(judged(f, &why) == 0 && why && strstr(why, "circle"), "a circle");
	ok(judged(chain(&b, 0, 0), &why) == 0 && !why, "none at all");
	is_int(ay_onnx_functions_new(&b, &f), 0, "two domains");
	ok(ay_onnx_functions_add(f, "a", "bc", "") == 0 && ay_onnx_functions_add(f, "ab", "c", "") == 0 && ay_onnx_functions_add(f, "a", "b", "c") == 0 &&
	   ay_onnx_functions_end(f) == 0, "names are not glued together");
	ay_onnx_functions_free(f);
	is_int(ay_onnx_functions_new(&b, &f), 0, "one domain, two names of it");
	ok(ay_onnx_functions_add(f, "ai.onnx", "F", "") == 0 && ay_onnx_functions_add(f, "", "F", "") == 0, "two functions");
	is_int(ay_onnx_functions_end(f), AY_EFORMAT, "that are one");
	ay_onnx_functions_free(f);
}

static void test_data(void)
{
	static const char bytes[] = "\x01\x02\xf0\x7f\xff\x00\x80\x3f";
	static const char *const good[] = {"m.onnx.data", "m.onnx_data", "m.onnx_data_1", "a/b.onnx_data_10"};
	static const char *const bad[] = {".onnx_data", "onnx_data", "m.onnx_data_", "m.onnx_data1", "m.onnx.data_1", "m.onnx.data.bi", "m.onnx", "m1", "_1", ""};

	for (size_t i = 0; i < AY_ARRAY_LEN(good); i++) {
		is_str(scan_case_with(good[i], bytes, sizeof(bytes) - 1, NULL), "pass", "weights called %s", good[i]);
		is_str(scan_case_result.format, "onnx-data", "by their name");
	}
	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++)
		is_str(scan_case_with(bad[i], bytes, sizeof(bytes) - 1, NULL), "format.unknown", "none called %s", bad[i]);
	scan_is("m.onnx_data", "1.5 2.5\n", "pass", "bytes that are text too");
	is_str(scan_case_with("m.onnx_data", "\x80\x04N.", 4, NULL), "format.polyglot", "a pickle");
	is_str(scan_case_with("m.onnx_data", "\x7f" "ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0>\0\1\0\0\0", 24, NULL), "format.polyglot", "a program");
}

static void test_bid(void)
{
	scan_case("m.onnx", "\x08\x08" "B\x02\x10\x11");
	is_str(scan_case_result.format, "unknown", "no graph");
	scan_case("m.onnx", "\x08\x21" ":" "\x0e" NODE);
	is_str(scan_case_result.format, "unknown", "a version that will not come soon");
	scan_case("m.onnx", "\x08\x08" ":" "\x0e" NODE "\xf8\x01\x01");
	is_str(scan_case_result.format, "unknown", "a field that no model has");
}

/* A tensor whose raw data says to have another length than it has. */
#define RAW(length, glen, tlen) "\x08\x08" ":" glen NODE "*" tlen "\x08\x02\x10\x01" "J" length "01234567"

static void test_lengths(void)
{
	scan_is("m.onnx", RAW("\x08", "\x1e", "\x0e"), "pass", "eight bytes");
	scan_is("m.onnx", RAW("\x09", "\x1e", "\x0e"), "onnx.truncated", "one more than there is");
	scan_is("m.onnx", RAW("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x27", "\x17"), "onnx.truncated", "2^64 - 1");
	scan_is("m.onnx", RAW("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", "\x27", "\x17"), "onnx.truncated", "2^63");
	scan_is("m.onnx", RAW("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "\x27", "\x17"), "onnx.malformed", "one bit beyond 64");
}

/* What one entry of external_data is taken for. */
static bool entry(const char *key, const char *value)
{
	struct ay_onnx_tensor t = {.elements = 1};

	return ay_onnx_tensor_external(&t, key, value);
}

static void test_external(void)
{
	struct ay_onnx_tensor t = {.elements = 1};
	char path[AY_LIMIT_PATH + 2];

	ok(entry("offset", "0") && entry("offset", "999999999999999999"), "numbers of one and of 18 digits");
	ok(!entry("offset", "1000000000000000000") && !entry("length", "18446744073709551616"), "none of 19 and 20");
	ok(!entry("offset", "") && !entry("offset", "-1") && !entry("length", "+1") && !entry("length", " 1") && !entry("length", "1 ") &&
	   !entry("length", "0x1") && !entry("length", "1.0"), "digits alone");
	ok(entry("checksum", "x") && !entry("basepath", "/") && !entry("", ""), "no other key");
	memset(path, 'a', sizeof(path));
	path[AY_LIMIT_PATH + 1] = '\0';
	ok(!entry("location", path), "a path beyond the limit");
	path[AY_LIMIT_PATH] = '\0';
	ok(entry("location", path), "and one as long as it");
	ok(ay_onnx_tensor_external(&t, "offset", "64") && !ay_onnx_tensor_external(&t, "offset", "0"), "one offset");
	ok(ay_onnx_tensor_external(&t, "length", "8") && !ay_onnx_tensor_external(&t, "length", "8"), "one length");
	ok(ay_onnx_tensor_external(&t, "location", "w") && !ay_onnx_tensor_external(&t, "location", "w"), "one location");
	ok(t.file_offset == 64 && t.file_length == 8, "the first of each");
}

static void test_dims(void)
{
	struct ay_onnx_tensor t = {.elements = 1};

	ay_onnx_tensor_dim(&t, INT64_MAX);
	ok(t.elements == INT64_MAX && !t.too_many, "the largest dimension");
	ay_onnx_tensor_dim(&t, 2);
	ok(!t.too_many, "twice it");
	ay_onnx_tensor_dim(&t, 2);
	ok(t.too_many, "and once more");
	t = (struct ay_onnx_tensor){.elements = 1};
	ay_onnx_tensor_dim(&t, 1ull << 63);
	ok(t.too_many, "a negative one");
}

int main(void)
{
	test_whole();
	test_lengths();
	test_external();
	test_dims();
	test_functions();
	test_data();
	test_bid();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
