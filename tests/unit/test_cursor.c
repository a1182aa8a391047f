/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/cursor.h"

#include "assay/error.h"
#include "tests/lib/tap.h"

static const uint8_t bytes[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void test_numbers(void)
{
	struct ay_cursor c = ay_cursor_of(bytes, 15, 100);

	is_int(ay_cursor_u8(&c), 1, "u8");
	is_int(ay_cursor_le16(&c), 0x0302, "le16");
	is_int(ay_cursor_le32(&c), 0x07060504, "le32");
	ok(ay_cursor_le64(&c) == 0x0f0e0d0c0b0a0908ull, "le64 up to the last byte");
	is_int(c.off, 115, "offset");
	is_int(ay_cursor_end(&c), 0, "nothing is left");
	c = ay_cursor_of(bytes, 14, 0);
	is_int(ay_cursor_be16(&c), 0x0102, "be16");
	is_int(ay_cursor_be32(&c), 0x03040506, "be32");
	ok(ay_cursor_be64(&c) == 0x0708090a0b0c0d0eull, "be64");
	is_int(ay_cursor_u8(&c), 0, "one beyond is zero");
	is_int(c.err, AY_ETRUNC, "and an error");
	c = ay_cursor_of("\x40\x09\x21\xfb\x54\x44\x2d\x18\x18\x2d\x44\x54\xfb\x21\x09\x40", 16, 0);
	ok(ay_cursor_be_f64(&c) == 3.141592653589793, "big-endian double");
	ok(ay_cursor_le_f64(&c) == 3.141592653589793, "little-endian double");
}

static void test_sticky(void)
{
	struct ay_cursor c = ay_cursor_of(bytes, 3, 0), bookmark = c;
	uint8_t dst[4] = {9, 9, 9, 9};

	is_int(ay_cursor_le32(&c), 0, "a number that is cut is zero");
	is_int(c.err, AY_ETRUNC, "the error");
	is_int(c.left, 0, "nothing is left after it");
	is_int(ay_cursor_u8(&c), 0, "later reads are zero");
	is_int(ay_cursor_fail(&c, AY_EFORMAT), AY_ETRUNC, "the first failure stands");
	ay_cursor_copy(&c, dst, 4);
	ok(dst[0] == 0 && dst[3] == 0, "a failed copy zeroes");
	is_int(ay_cursor_end(&c), AY_ETRUNC, "the end repeats the error");
	is_int(ay_cursor_peek(&c, 0), -1, "nothing to see");
	ok(!ay_cursor_starts(&c, "", 0) && !ay_cursor_take(&c, 0), "not even nothing");
	is_int(ay_cursor_u8(&bookmark), 1, "a copy is a bookmark");
	is_int(ay_cursor_end(&bookmark), AY_EFORMAT, "leftovers are an error");
	c = ay_cursor_of(NULL, 5, 0);
	is_int(c.left, 0, "no bytes have no length");
}

static void test_take(void)
{
	struct ay_cursor c = ay_cursor_of(bytes, 16, 0);

	ok(ay_cursor_take(&c, 4) == bytes, "borrowed pointer");
	ok(!ay_cursor_take(&c, 0) && !c.err, "no bytes are NULL without an error");
	is_int(ay_cursor_peek(&c, 0), 5, "peek");
	is_int(ay_cursor_peek(&c, 11), 16, "the last");
	is_int(ay_cursor_peek(&c, 12), -1, "one beyond");
	is_int(ay_cursor_peek(&c, SIZE_MAX), -1, "far beyond");
	ok(ay_cursor_starts(&c, "\x05\x06", 2) && c.off == 4, "starts does not move");
	ok(!ay_cursor_accept(&c, "\x05\x07", 2) && c.off == 4, "a mismatch does not move");
	ok(ay_cursor_accept(&c, "\x05\x06", 2) && c.off == 6, "a match does");
	ay_cursor_skip(&c, 10);
	is_int(c.err, 0, "skip to the end");
	ay_cursor_skip(&c, 0);
	is_int(c.err, 0, "skip nothing there");
	ay_cursor_skip(&c, 1);
	is_int(c.err, AY_ETRUNC, "one beyond");
	c = ay_cursor_of(bytes, 16, 0);
	ay_cursor_skip(&c, UINT64_MAX);
	is_int(c.err, AY_ETRUNC, "a length that would wrap");
	c = ay_cursor_of(bytes, 16, 0);
	ok(!ay_cursor_take(&c, 17) && c.err == AY_ETRUNC, "take one beyond");
}

static void test_until(void)
{
	struct ay_cursor c = ay_cursor_of("ab\ncd\n\nef", 9, 0);
	size_t len;
	const uint8_t *p = ay_cursor_until(&c, '\n', 3, &len);

	ok(p && len == 2 && memcmp(p, "ab", 2) == 0, "text up to the delimiter");
	is_int(c.off, 3, "which is consumed");
	p = ay_cursor_until(&c, '\n', 100, &len);
	ok(p && len == 2, "the next");
	p = ay_cursor_until(&c, '\n', 100, &len);
	ok(p && len == 0, "an empty text is not NULL");
	ok(!ay_cursor_until(&c, '\n', 100, &len) && c.err == AY_ETRUNC && len == 0, "no delimiter before the end");
	c = ay_cursor_of("abc\n", 4, 0);
	ok(!ay_cursor_until(&c, '\n', 3, &len) && c.err == AY_ELIMIT, "beyond the limit");
	c = ay_cursor_of("", 0, 0);
	ok(!ay_cursor_until(&c, '\n', 3, &len) && c.err == AY_ETRUNC, "no input");
}

static void test_counts(void)
{
	uint8_t in[16] = {4};
	struct ay_cursor c = ay_cursor_of(in, 16, 0);

	is_int(ay_cursor_count64(&c, 2, 4), 4, "a count that just fits");
	c = ay_cursor_of(in, 15, 0);
	is_int(ay_cursor_count64(&c, 2, 4), 0, "elements that cannot fit");
	is_int(c.err, AY_ETRUNC, "end too early");
	c = ay_cursor_of(in, 16, 0);
	is_int(ay_cursor_count64(&c, 1, 3), 0, "over the limit");
	is_int(c.err, AY_ELIMIT, "is a limit");
	c = ay_cursor_of(in, 16, 0);
	is_int(ay_cursor_check_count(&c, UINT64_MAX, 8, UINT64_MAX), 0, "a product that would wrap");
	is_int(c.err, AY_ETRUNC, "is refused");
	c = ay_cursor_of(in, 0, 0);
	is_int(ay_cursor_check_count(&c, 7, 0, 7), 7, "elements of no size");
}

static void test_sub(void)
{
	struct ay_cursor c = ay_cursor_of(bytes, 16, 50), child;

	ay_cursor_skip(&c, 2);
	child = ay_cursor_sub(&c, 4);
	is_int(child.off, 52, "child offset");
	is_int(c.off, 56, "parent moved past");
	is_int(ay_cursor_le32(&child), 0x06050403, "child bytes");
	is_int(ay_cursor_u8(&child), 0, "the child ends");
	is_int(child.err, AY_ETRUNC, "by itself");
	is_int(ay_cursor_u8(&c), 7, "the parent goes on");
	child = ay_cursor_sub(&c, 0);
	is_int(ay_cursor_end(&child), 0, "an empty window");
	child = ay_cursor_sub(&c, 10);
	is_int(child.err, AY_ETRUNC, "a window too large");
	is_int(c.err, AY_ETRUNC, "marks both");
	is_int(child.left, 0, "and is empty");
}

int main(void)
{
	test_numbers();
	test_sticky();
	test_take();
	test_until();
	test_counts();
	test_sub();
	return done_testing();
}
