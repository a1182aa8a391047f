/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

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

int main(void)
{
	test_whole();
	test_bid();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
