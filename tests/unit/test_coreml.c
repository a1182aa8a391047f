/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

#include "scanners/model/coreml.h"

/* Version 7, a description with one input "x", and then one field whose number is two bytes as a tag. */
#define MODEL(tag, body) "\x08\x07" "\x12\x05" "\x0a\x03\x0a\x01x" tag body
#define IDENTITY "\xa2\x38" "\x00"

static void test_whole(void)
{
	static const char good[] = MODEL("\xe2\x12", "\x0e" "\x0a\x0a\x0a\x08" "\0\0\0\0\0\0\xf0\x3f" "\x18\x01");
	unsigned passed = 0, named = 0;

	is_str(scan_case_with("m.mlmodel", good, sizeof(good) - 1, NULL), "pass", "a regression");
	is_str(scan_case_result.format, "coreml", "by its content");
	is_str(scan_case_with("m", good, sizeof(good) - 1, NULL), "pass", "under any name");
	for (size_t len = 1; len < sizeof(good) - 1; len++) {
		passed += strcmp(scan_case_with("m.mlmodel", good, len, NULL), "pass") == 0;
		named += len > 9 && strcmp(scan_case_result.found[0].rule->id, "coreml.truncated") == 0;
	}
	is_int(passed, 0, "no prefix of it is one");
	is_int(named, sizeof(good) - 1 - 10, "and its end is missed");
	scan_is("m.mlmodel", MODEL("", IDENTITY), "pass", "the identity");
	scan_is("m.mlmodel", MODEL("", IDENTITY "\x50\x01"), "pass", "that can be trained");
	scan_is("m.mlmodel", MODEL("", IDENTITY "\x50\x01\x50\x00"), "coreml.malformed", "the same field twice");
	scan_is("m.mlmodel", MODEL("", IDENTITY IDENTITY), "coreml.malformed", "two of a type");
	scan_is("m.mlmodel", MODEL("\xe2\x12", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "coreml.truncated", "a length of 2^64 - 1");
	scan_is("m.mlmodel", MODEL("\xe2\x12", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), "coreml.truncated", "a length of 2^63");
	scan_is("m.mlmodel", MODEL("\xa2\x38", "\x01"), "coreml.truncated", "one byte more than there is");
}

static void test_outside(void)
{
	scan_is("m", MODEL("\xda\x22", "\x06" "R\x04" "Evil"), "coreml.custom", "a custom model");
	is_str(scan_case_result.found[0].message, "the class Evil of the application is a model", "with its class");
	scan_is("m", MODEL("\xda\x22", "\x00"), "coreml.custom", "without one");
	scan_is("m", MODEL("\xa2\x1f", "\x0b" "\x0a\x09" "\xa2\x1f\x06" "R\x04" "Evil"), "coreml.custom", "a custom layer");
	is_str(scan_case_result.found[0].message, "the class Evil of the application is a layer", "with its class");
	scan_is("m", MODEL("\xe2\x22", "\x00"), "coreml.linked", "a link");
	scan_is("m", MODEL("\xba\x3e", "\x00"), "coreml.type", "the type 999");
	scan_is("m", MODEL("\xda\x0c", "\x00"), "coreml.type", "and 203");
	scan_is("m", MODEL("\xba\x0c", "\x00"), "format.unknown", "199, which no type has");
	scan_is("m", MODEL("\xda\x0c", ""), "format.unknown", "a cut one under another name");
	scan_is("m", MODEL("\x82\x7d", "\x02" "\xa2\x06"), "format.unsupported", "bytes that are not judged");
	scan_is("m", MODEL("\xd2\x0c", "\x04" "\x0a\x02\x08\x07"), "coreml.type", "a model without a type in a pipeline");
}

/* A program with one function "m", its set of operators, a block of it, and one operator. */
#define PROGRAM(len, flen, fvlen, opset, slen, blen, op) \
	MODEL("\xb2\x1f", len "\x08\x01" "\x12" flen "\x0a\x01m" "\x12" fvlen opset "\x1a" slen "\x0a\x01s" "\x12" blen op)
#define RELU PROGRAM("\x25", "\x21", "\x1c", "\x12\x07" "CoreML7", "\x11", "\x0c", "\x1a\x0a" "\x0a\x04relu" "\x1a\x02\x0a\x00")

static void test_program(void)
{
	scan_is("m", RELU, "pass", "one operator");
	scan_is("m", PROGRAM("\x25", "\x21", "\x1c", "\x12\x07" "CoreML7", "\x11", "\x0c", "\x1a\x0a" "\x0a\x04" "evil" "\x1a\x02\x0a\x00"), "coreml.operator", "another");
	scan_is("m", PROGRAM("\x25", "\x21", "\x1c", "\x12\x07" "CoreML7", "\x11", "\x0c", "\x1a\x0a" "\x0a\x04rel\0" "\x1a\x02\x0a\x00"), "coreml.malformed", "a zero byte");
	scan_is("m", PROGRAM("\x25", "\x21", "\x1c", "\x12\x07" "CoreML4", "\x11", "\x0c", "\x1a\x0a" "\x0a\x04relu" "\x1a\x02\x0a\x00"), "coreml.operator", "a set before the first");
	scan_is("m", PROGRAM("\x25", "\x21", "\x1c", "\x12\x07" "CoreML:", "\x11", "\x0c", "\x1a\x0a" "\x0a\x04relu" "\x1a\x02\x0a\x00"), "coreml.operator", "and one behind the last");
	scan_is("m", PROGRAM("\x1b", "\x17", "\x12", "\x12\x07" "CoreML7", "\x07", "\x02", "\x1a\x00"), "coreml.operator", "an operator without a name");
}

/* One blob of two floats. */
#define HEAD(count, layout) count "\0\0\0" layout "\0\0\0" ZEROS(56)
#define ZEROS(n) ZEROS_##n
#define ZEROS_8 "\0\0\0\0\0\0\0\0"
#define ZEROS_32 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8
#define ZEROS_40 ZEROS_32 ZEROS_8
#define ZEROS_56 ZEROS_40 ZEROS_8 ZEROS_8
#define BLOB(type, size, off) "\xef\xbe\xad\xde" type "\0\0\0" size off "\0\0\0\0\0\0\0" ZEROS_40
#define SIZE(n) n "\0\0\0\0\0\0\0"
#define FLOATS HEAD("\x01", "\x02") BLOB("\x02", SIZE("\x08"), "\x80") "01234567"

static void test_weights(void)
{
	static const char good[] = FLOATS;
	unsigned passed = 0;

	is_str(scan_case_with("weight.bin", good, sizeof(good) - 1, NULL), "pass", "two floats");
	is_str(scan_case_result.format, "coreml-weights", "by their mark");
	for (size_t len = 1; len < sizeof(good) - 1; len++)
		passed += strcmp(scan_case_with("weight.bin", good, len, NULL), "pass") == 0 && strcmp(scan_case_result.format, "coreml-weights") == 0;
	is_int(passed, 0, "no prefix of it passes");
	scan_is("weight.bin", HEAD("\0", "\x02"), "pass", "no blob at all");
	scan_case("weight.bin", HEAD("\0", "\x02") "\0");
	is_str(scan_case_result.format, "raw-weights", "and one byte: bare ones, which a Core ML model does not name");
	scan_case("weight.bin", HEAD("\x01", "\x01") BLOB("\x02", SIZE("\x08"), "\x80") "01234567");
	is_str(scan_case_result.format, "raw-weights", "the older layout");
	scan_is("weight.bin", HEAD("\x01", "\x02") BLOB("\x11", SIZE("\x08"), "\x80") "01234567", "pass", "the last type");
	scan_is("weight.bin", HEAD("\x01", "\x02") BLOB("\x12", SIZE("\x08"), "\x80") "01234567", "coreml-weights.malformed", "one beyond");
	scan_is("weight.bin", HEAD("\x01", "\x02") BLOB("\0", SIZE("\x08"), "\x80") "01234567", "coreml-weights.malformed", "and one before the first");
	scan_is("weight.bin", HEAD("\x01", "\x02") BLOB("\x03", SIZE("\x09"), "\x80") "01234567", "coreml-weights.truncated", "a byte more than there is");
	scan_is("weight.bin", HEAD("\x01", "\x02") BLOB("\x03", SIZE("\x07"), "\x80") "01234567", "coreml-weights.malformed", "a byte less");
	scan_is("weight.bin", HEAD("\x01", "\x02") BLOB("\x03", "\xff\xff\xff\xff\xff\xff\xff\xff", "\x80") "01234567", "coreml-weights.truncated", "2^64 - 1");
	scan_is("weight.bin", HEAD("\x01", "\x02") BLOB("\x03", "\0\0\0\0\0\0\0\x80", "\x80") "01234567", "coreml-weights.truncated", "2^63");
	scan_is("weight.bin", HEAD("\x01", "\x02") BLOB("\x03", SIZE("\x08"), "\x7f") "01234567", "coreml-weights.malformed", "a blob elsewhere");
}

/* What the reader takes the table for. */
static void test_table(void)
{
	unsigned unsorted = 0, lost = 0;

	for (size_t i = 0; i < ay_coreml_messages_count; i++) {
		const char *name = ay_coreml_messages[i].name;

		unsorted += i > 0 && strcmp(ay_coreml_messages[i - 1].name, name) >= 0;
		lost += ay_coreml_message_find(name, strlen(name)) != i;
	}
	is_int(unsorted, 0, "messages are sorted");
	is_int(lost, 0, "each is found");
	ok(ay_coreml_message_find("Mode", 4) == AY_COREML_NONE, "no beginning of a name is");
	ok(ay_coreml_message_find("Modelx", 6) == AY_COREML_NONE, "nor one that goes on");
	ok(ay_coreml_message_find("Modelx", 5) != AY_COREML_NONE, "only its length counts");
}

int main(void)
{
	test_table();
	test_whole();
	test_outside();
	test_program();
	test_weights();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
