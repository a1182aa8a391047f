/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/tap.h"
#include "tests/unit/scan_check.h"

/* A version 1 array with this header text and so many zero bytes. */
static struct ay_buf array_of(const char *header, size_t bytes)
{
	struct ay_buf b = ay_buf_new(1 * MIB);

	ay_buf_add(&b, "\x93NUMPY\1\0", 8);
	ay_buf_le16(&b, (uint16_t)(strlen(header) + 1));
	ay_buf_adds(&b, header);
	ay_buf_addc(&b, '\n');
	for (size_t i = 0; i < bytes; i++)
		ay_buf_addc(&b, 0);
	return b;
}

static void try(const char *header, size_t bytes, const char *want)
{
	struct ay_buf b = array_of(header, bytes);
	const char *rule = NULL;
	enum ay_verdict v = judge_bytes(b.data, b.len, &rule);

	is_str(rule, want, "%s with %zu bytes", header, bytes);
	is_int(v, *want ? AY_FAIL : AY_PASS, "and its verdict");
	ay_buf_free(&b);
}

#define H(descr, shape) "{'descr': " descr ", 'fortran_order': False, 'shape': " shape ", }"

static void test_headers(void)
{
	static const struct {
		const char *header;
		size_t bytes;
	} good[] = {
		{ H("'<f4'", "(3,)"), 12 }, { H("'<f4'", "()"), 4 }, { H("'|b1'", "(2, 3)"), 6 }, { H("'>i8'", "(0,)"), 0 },
		{ H("'<U3'", "(2,)"), 24 }, { H("'|S5'", "(2,)"), 10 }, { H("'|V0'", "(2,)"), 0 }, { H("'<c16'", "(1,)"), 16 },
		{ H("'<M8[ns]'", "(1,)"), 8 }, { H("'<m8[25us/4]'", "(1,)"), 8 }, { H("'<M8'", "(1,)"), 8 },
		{ H("[('a', '<f4'), ('b', '<i2', (2, 2))]", "(2,)"), 24 }, { H("[]", "(5,)"), 0 }, { H("('<f4', (2,))", "(2,)"), 16 },
		{ H("[(('title', 'a'), '<f4')]", "(1,)"), 4 }, { H("[('\xc3\xa9', '<f4')]", "(1,)"), 4 }, { "{\"shape\":(1),\"descr\":\"|u1\",\"fortran_order\":True}   ", 1 },
	};
	static const char *const bad[] = {
		H("'O'", "(1,)"), H("'<f3'", "(1,)"), H("'f4'", "(1,)"), H("'<f4,<f4'", "(1,)"), H("'<f'", "(1,)"), H("float", "(1,)"),
		H("'<f4'", "(-1,)"), H("'<f4'", "[1]"), H("'<f4'", "(1 2)"), H("'<f4'", "(1L,)"), H("'<f4'", "(18446744073709551616,)"),
		H("'<f4'", "(4611686018427387904,)"), H("'<U4611686018427387904'", "(1,)"), H("'<M8[ns'", "(1,)"), H("'<M8[n s]'", "(1,)"),
		H("'\\x3cf4'", "(1,)"), H("'<f4'", "(1,)") " x", "{'descr': '<f4', 'shape': (1,)}",
		"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
		"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "", "{", H("[[[[[[[[[[[[[[[[[[[[[[[[", "()"),
		H("(((((((((((((((((((((((((((", "()"), H("'\xc3\xa9'", "()"),
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(good); i++)
		try(good[i].header, good[i].bytes, "");
	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++)
		try(bad[i], 4, "npy.malformed");
	try(H("'<f4'", "(3,)"), 11, "npy.truncated");
	try(H("'<f4'", "(3,)"), 13, "npy.trailing");
}

static void test_every_cut(void)
{
	struct ay_buf b = array_of(H("[('a', '<f4'), ('b', '<i2', (2, 2))]", "(2,)"), 24);
	unsigned passed = 0;

	for (size_t len = 1; len < b.len; len++)
		passed += judge_bytes(b.data, len, NULL) <= AY_WARN;
	is_int(passed, 0, "no proper prefix of an array passes");
	is_int(judge_bytes(b.data, b.len, NULL), AY_PASS, "the whole does");
	ay_buf_free(&b);
}

int main(void)
{
	test_headers();
	test_every_cut();
	return done_testing();
}
