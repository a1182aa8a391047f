/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

/* A zip of one stored member. */
static const char *judge(const char *name, const char *schema)
{
	struct ay_buf b = ay_buf_new(64 * KIB);
	uint32_t crc = 0xFFFFFFFF, size = (uint32_t)strlen(schema), at, len;

	for (size_t i = 0; i < size; i++) {
		crc ^= (uint8_t)schema[i];
		for (unsigned k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
	}
	for (int central = 0; central < 2; central++) {
		at = central ? (uint32_t)b.len : 0;
		ay_buf_add(&b, central ? "PK\1\2\x14\3\x14\0\0\0\0\0\0\0\x21\0" : "PK\3\4\x14\0\0\0\0\0\0\0\x21\0", central ? 16 : 14);
		ay_buf_le32(&b, ~crc);
		ay_buf_le32(&b, size);
		ay_buf_le32(&b, size);
		ay_buf_le16(&b, (uint16_t)strlen(name));
		ay_buf_add(&b, "\0\0\0\0\0\0\0\0\0\0\x80\1\0\0\0\0", central ? 16 : 2);
		ay_buf_adds(&b, name);
		if (!central)
			ay_buf_adds(&b, schema);
	}
	len = (uint32_t)b.len - at;
	ay_buf_add(&b, "PK\5\6\0\0\0\0\1\0\1\0", 12);
	ay_buf_le32(&b, len);
	ay_buf_le32(&b, at);
	ay_buf_le16(&b, 0);
	const char *rule = scan_case_with("a.skops", b.data, b.len, NULL);

	ay_buf_free(&b);
	return rule;
}

#define NODE(module, class, loader) "{\"__class__\": \"" class "\", \"__module__\": \"" module "\", \"__loader__\": \"" loader "\"}"
#define ID(id, class, loader) "{\"__class__\": \"" class "\", \"__module__\": \"builtins\", \"__loader__\": \"" loader "\", \"__id__\": " id "}"
#define is_rule(schema, rule, what) is_str(judge("schema.json", schema), rule, what)

int main(void)
{
	is_rule(NODE("builtins", "dict", "DictNode"), "pass", "a dict");
	is_str(scan_case_result.format, "skops", "is of skops");
	is_rule("[]", "pass", "a document without a node");
	is_rule("[" NODE("os", "system", "FunctionNode") ", 1, 2, 3]", "skops.code", "a function before other things");
	is_int((long long)scan_case_result.found[0].off, sizeof("[" NODE("os", "system", "FunctionNode")) - 2, "told at its closing brace");
	is_rule(NODE("builtins", "list", "DictNode"), "skops.class", "a list by the loader of dicts");
	is_rule("{\"__class__\": \"ndarray\", \"__module__\": \"numpy\", \"__loader__\": \"NdArrayNode\", \"file\": \"x.npy\"}", "skops.malformed",
		"a member that is not there");
	is_rule("{\"__class__\": \"ndarray\", \"__module__\": \"numpy\", \"__loader__\": \"NdArrayNode\", \"file\": \"schema.json\"}", "pass",
		"one that is");
	is_rule("[" ID("1", "dict", "DictNode") ", " ID("1", "dict", "DictNode") ", " ID("2", "list", "ListNode") "]", "pass", "the same object twice");
	is_rule("[" ID("1", "dict", "DictNode") ", " ID("2", "dict", "DictNode") ", " ID("1", "list", "ListNode") "]", "skops.malformed", "an object of another class");
	is_rule(ID("18446744073709551615", "dict", "DictNode"), "pass", "the largest number");
	is_rule(ID("18446744073709551616", "dict", "DictNode"), "skops.malformed", "one beyond");
	is_rule(ID("\"1\"", "dict", "DictNode"), "skops.malformed", "a text");
	is_rule(ID("-1", "dict", "DictNode"), "skops.malformed", "a negative one");
	is_rule(NODE("os", "system", "FunctionNode"), "skops.code", "a function");
	is_rule(NODE("numpy", "dot", "FunctionNode"), "skops.code", "a harmless function too");
	is_rule(NODE("operator", "attrgetter", "OperatorFuncNode"), "skops.code", "an operator");
	is_rule(NODE("builtins", "x", "NoNode"), "skops.loader", "an unknown loader");
	is_rule(NODE("numpy", "float64", "NdArrayNode"), "pass", "a scalar");
	is_rule(NODE("numpy", "memmap", "NdArrayNode"), "skops.class", "a file as an array");
	is_rule(NODE("torch.storage", "_load_from_bytes", "NdArrayNode"), "skops.class", "an array that is unpickled");
	is_rule(NODE("torch.storage", "_load_from_bytes", "LossNode"), "skops.class", "bytes that are unpickled");
	is_rule(NODE("_codecs", "encode", "LossNode"), "skops.class", "a function that pickles may call");
	is_rule(NODE("copyreg", "_reconstructor", "LossNode"), "skops.class", "one that makes objects");
	is_rule(NODE("numpy", "float64", "LossNode"), "skops.class", "a scalar as a loss");
	is_rule(NODE("numpy", "float64", "ListNode"), "skops.class", "a scalar as a list");
	is_rule(NODE("numpy", "float64", "DictNode"), "skops.class", "a scalar as a dict");
	is_rule(NODE("builtins", "x", "ConstructorFromReduceNode"), "skops.loader", "a constructor with arguments");
	is_rule("{\"__loader__\": \"DictNode\"}", "skops.malformed", "a node without a class");
	is_rule("{\"__class__\": \"dict\", \"__module__\": \"builtins\", \"__loader__\": [\"DictNode\"]}", "skops.loader", "a loader in a list");
	is_rule("{\"__class__\": \"dict\\u0000x\", \"__module__\": \"builtins\", \"__loader__\": \"DictNode\"}", "skops.class", "a class with a NUL");
	is_rule("{\"content\": {\"a\": [" NODE("os", "system", "TypeNode") "]}}", "skops.class", "a node deep inside");
	is_rule("{\"__module__\": \"builtins\", \"content\": " NODE("os", "popen", "ObjectNode") ", \"__class__\": \"dict\", \"__loader__\": \"DictNode\"}",
		"skops.class", "a node between the parts of another");
	is_rule("{\"__class__\": \"dict\", \"__class__\": \"dict\"}", "skops.malformed", "a key twice");
	is_rule("{\"a\": ", "skops.truncated", "half a document");
	is_str(judge("other.json", "{}"), "skops.malformed", "no schema.json");
	struct ay_buf b = ay_buf_new(64 * KIB);

	for (unsigned depth = 512; depth <= 513; depth++) {
		ay_buf_clear(&b);
		for (unsigned i = 0; i < depth; i++)
			ay_buf_addc(&b, '[');
		for (unsigned i = 0; i < depth; i++)
			ay_buf_addc(&b, ']');
		is_str(judge("schema.json", ay_buf_str(&b)), depth == 512 ? "pass" : "limit.exceeded", "%u lists in each other", depth);
	}
	ay_buf_free(&b);
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
