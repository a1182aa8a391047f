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
	test_bid();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
