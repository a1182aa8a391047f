/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/tap.h"
#include "tests/unit/scan_check.h"

static struct ay_buf file_of(const char *header, size_t bytes)
{
	struct ay_buf b = ay_buf_new(1 * MIB);

	ay_buf_le64(&b, strlen(header));
	ay_buf_adds(&b, header);
	for (size_t i = 0; i < bytes; i++)
		ay_buf_addc(&b, 0);
	return b;
}

static void try(const char *header, size_t bytes, const char *want)
{
	struct ay_buf b = file_of(header, bytes);
	const char *rule = NULL;
	enum ay_verdict v = judge_bytes(b.data, b.len, &rule);

	is_str(rule, want, "%s with %zu bytes", header, bytes);
	is_int(v, *want ? AY_FAIL : AY_PASS, "and its verdict");
	ay_buf_free(&b);
}

#define T(name, dtype, shape, offsets) "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void test_headers(void)
{
	try("{}", 0, "");
	try("{}  ", 0, "");
	try("{" T("a", "F32", "[2,3]", "[0,24]") "}", 24, "");
	try("{" T("b", "U8", "[1]", "[8,9]") "," T("a", "C64", "[]", "[0,8]") "}", 9, "");
	try("{" T("a", "F4", "[2]", "[0,1]") "," T("b", "F6_E3M2", "[4]", "[1,4]") "}", 4, "");
	try("{" T("a", "F32", "[0]", "[0,0]") "," T("b", "U8", "[1]", "[0,1]") "}", 1, "");
	try("{\"__metadata__\":{}," T("a", "BOOL", "[1]", "[0,1]") "}", 1, "");
	try("{" T("a", "F4", "[1]", "[0,1]") "}", 1, "safetensors.layout");
	try("{" T("a", "F4", "[1]", "[0,0]") "}", 0, "safetensors.layout");
	try("{" T("a", "U8", "[1]", "[1,2]") "}", 2, "safetensors.layout");
	try("{" T("a", "U8", "[2]", "[0,2]") "," T("b", "U8", "[2]", "[1,3]") "}", 3, "safetensors.layout");
	try("{" T("a", "U8", "[2]", "[2,0]") "}", 2, "safetensors.layout");
	try("{" T("a", "U8", "[1]", "[0,1]") "}", 2, "safetensors.layout");
	try("{" T("a", "U8", "[2]", "[0,2]") "}", 1, "safetensors.truncated");
	try("{" T("a", "F64", "[2305843009213693952]", "[0,0]") "}", 0, "safetensors.layout");
	try("{" T("a", "U8", "[18446744073709551616]", "[0,0]") "}", 0, "safetensors.malformed");
	try("{" T("a", "U8", "[1.0]", "[0,1]") "}", 1, "safetensors.malformed");
	try("{" T("a", "U8", "[1]", "[0,1,1]") "}", 1, "safetensors.malformed");
	try("{" T("a", "u8", "[1]", "[0,1]") "}", 1, "safetensors.dtype");
	try("{" T("a", "U8\\u0000", "[1]", "[0,1]") "}", 1, "safetensors.dtype");
	try("{" T("", "U8", "[1]", "[0,1]") "}", 1, "safetensors.name");
	try("{" T("a\\n", "U8", "[1]", "[0,1]") "}", 1, "safetensors.name");
	try("{" T("a", "U8", "[1]", "[0,1]") "," T("a", "U8", "[1]", "[1,2]") "}", 2, "safetensors.malformed");
	try("{" T("a", "U8", "[1]", "[0,1]") "," T("\\u0061", "U8", "[1]", "[1,2]") "}", 2, "safetensors.malformed");
	try("{\"__metadata__\":{\"a\":{}}}", 0, "safetensors.metadata");
	try("{\"__metadata__\":[]}", 0, "safetensors.malformed");
	try("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "safetensors.malformed");
	try("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "safetensors.malformed");
	try("{}{}", 0, "safetensors.malformed");
	try("{} x", 0, "safetensors.malformed");
	try("{", 0, "format.unknown");
}

static void test_every_cut(void)
{
	struct ay_buf b = file_of("{" T("a", "F32", "[2,3]", "[0,24]") "}", 24);
	unsigned passed = 0;

	/* The first byte alone is text. */
	for (size_t len = 2; len < b.len; len++)
		passed += judge_bytes(b.data, len, NULL) <= AY_WARN;
	is_int(passed, 0, "no proper prefix of a file passes");
	for (size_t i = 0; i < b.len - 24; i++) {
		b.data[i] ^= 0x10;
		passed += judge_bytes(b.data, b.len, NULL) <= AY_WARN;
		b.data[i] ^= 0x10;
	}
	is_int(passed, 1, "of all single bits flipped in the header only that in the name passes");
	ay_buf_free(&b);
}

int main(void)
{
	test_headers();
	test_every_cut();
	return done_testing();
}
