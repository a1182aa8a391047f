/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

#define P "m.msgpack"
#define A1 "\x81\xa1" "a"
#define ARRAY(shape, type, data) "\x93" shape type data

int main(void)
{
	scan_is(P, "\x80", "pass", "an empty map");
	scan_is(P, "\x90", "pass", "an empty list");
	scan_is(P, "\x80\x80", "msgpack.malformed", "something behind it");
	scan_is(P, A1 "\xc0", "pass", "nothing");
	scan_is(P, A1 "\xc1", "msgpack.malformed", "a byte that is never used");
	scan_is(P, A1 "\xcb\0\0\0\0\0\0\0\0", "pass", "a float");
	scan_is(P, A1 "\xcb\0\0\0\0\0\0\0", "msgpack.truncated", "cut");
	scan_is(P, "\x81\x01\x02", "msgpack.malformed", "a key that is no text");
	scan_is(P, "\x81\xa1\xff\x02", "msgpack.malformed", "a key that is not UTF-8");
	scan_is(P, "\x82\xa1" "a\1\xa1" "a\2", "msgpack.malformed", "a key twice");
	scan_is(P, "\x82\xa1" "a\1\xd9\1" "a\2", "msgpack.malformed", "in two spellings of its length");
	scan_is(P, "\x82\xa1" "a\1\xa2" "ab\2", "pass", "a longer one");
	scan_is(P, "\x92\x81\xa1" "a\1\x81\xa1" "a\1", "pass", "in two maps");
	scan_is(P, "\x81\xa1" "a\x81\xa1" "a\1", "pass", "in a map and one inside");
	scan_is(P, "\x9f\1\2\3", "msgpack.truncated", "a list longer than the file");
	scan_is(P, "\xdd\xff\xff\xff\xff\1", "msgpack.truncated", "of 2^32 - 1 elements");
	scan_is(P, "\xdf\x80\0\0\0\xa1" "a\1", "msgpack.truncated", "a map of 2^31 pairs");
	scan_is(P, A1 "\xc6\0\0\0\2xy", "pass", "bytes");
	scan_is(P, A1 "\xc6\0\0\0\3xy", "msgpack.truncated", "one more than there is");
	scan_is(P, A1 "\xd4\5x", "msgpack.extension", "an extension of somebody's own");
	scan_is(P, A1 "\xd6\xff\0\0\0\0", "msgpack.extension", "a time");
	scan_is(P, A1 "\xc7\x0f\1" ARRAY("\x91\2", "\xa5uint8", "\xc4\2xy") "zz", "msgpack.malformed", "an array shorter than its extension");
	scan_is(P, A1 "\xc7\x0d\1" ARRAY("\x91\2", "\xa5uint8", "\xc4\2xy"), "pass", "an array");
	scan_is(P, A1 "\xc7\x0d\1" ARRAY("\x91\3", "\xa5uint8", "\xc4\2xy"), "msgpack.malformed", "of another shape");
	scan_is(P, A1 "\xc7\x0c\1" ARRAY("\x91\2", "\xa5uint8", "\xc4\2xy"), "msgpack.truncated", "longer than its extension");
	scan_is(P, A1 "\xc7\x0e\1" ARRAY("\x91\2", "\xa6object", "\xc4\2xy"), "msgpack.malformed", "of objects");
	scan_is(P, A1 "\xc7\x0d\1" ARRAY("\x91\xff", "\xa5uint8", "\xc4\2xy"), "msgpack.malformed", "of a negative shape");
	scan_is(P, A1 "\xc7\x1e\1" ARRAY("\x92\xcf\x80\0\0\0\0\0\0\0\xcf\0\0\0\0\0\0\0\2", "\xa5uint8", "\xc4\2xy"), "msgpack.malformed",
		"of 2^64 elements");
	scan_is(P, A1 "\xc7\x0b\3" ARRAY("\x90", "\xa5uint8", "\xc4\1x"), "pass", "a scalar");
	scan_is(P, A1 "\xc7\x0d\3" ARRAY("\x91\2", "\xa5uint8", "\xc4\2xy"), "msgpack.malformed", "with a shape");
	scan_is(P, A1 "\xc7\3\2\x92\1\2", "pass", "a complex number");
	scan_is(P, A1 "\xc7\4\2\x93\1\2\3", "msgpack.malformed", "of three parts");
	scan_case("m.bim", "\x80");
	is_str(scan_case_result.format, "unknown", "without its name it is nothing");
	scan_case(P, "\x80\x02" "cos\nsystem\nX\4\0\0\0true\x85R.");
	is_str(scan_case_result.format, "pickle+msgpack", "a pickle under its name is two things");
	struct ay_buf b = ay_buf_new(1024);

	for (unsigned depth = 128; depth <= 129; depth++) {
		ay_buf_clear(&b);
		for (unsigned i = 0; i < depth; i++)
			ay_buf_addc(&b, 0x91);
		ay_buf_addc(&b, 0xc0);
		is_str(scan_case_with(P, b.data, b.len, NULL), depth == 128 ? "pass" : "limit.exceeded", "%u lists in each other", depth);
	}
	ay_buf_free(&b);
	static const char good[] = "\x82\xa1" "a" "\xc7\x0d\1" ARRAY("\x91\2", "\xa5uint8", "\xc4\2xy") "\xa1" "b\x92\xca\0\0\0\0\xd9\1x";
	unsigned passed = 0;

	is_str(scan_case_with(P, good, sizeof(good) - 1, NULL), "pass", "a whole file");
	for (size_t len = 1; len < sizeof(good) - 1; len++)
		passed += strcmp(scan_case_with(P, good, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix passes");
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
