/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/thrift.h"

#include "tests/lib/tap.h"

#define BYTES(literal) ay_cursor_of(literal, sizeof(literal) - 1, 0)

static struct ay_budget budget;

static void varint_is(const char *bytes, size_t len, uint64_t want, int err)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
	uint64_t got = ay_thrift_varint(&c);

	ok(got == want && c.err == err, "a varint of %zu bytes: %llu, code %d", len, (unsigned long long)got, c.err);
}

#define V(literal, want, err) varint_is(literal, sizeof(literal) - 1, want, err)

static void test_varints(void)
{
	V("\x00", 0, 0);
	V("\x7f", 127, 0);
	V("\x80\x01", 128, 0);
	V("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", UINT64_MAX, 0);
	V("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 0, AY_EFORMAT);
	V("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 0, AY_EFORMAT);
	V("\x80", 0, AY_ETRUNC);
	V("", 0, AY_ETRUNC);

	struct ay_cursor c = BYTES("\x00\x01\x02\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");

	is_int(ay_thrift_zigzag(&c), 0, "zigzag 0");
	is_int(ay_thrift_zigzag(&c), -1, "zigzag 1");
	is_int(ay_thrift_zigzag(&c), 1, "zigzag 2");
	is_int(ay_thrift_zigzag(&c), -2, "zigzag 3");
	ok(ay_thrift_zigzag(&c) == INT64_MIN, "zigzag 2^64 - 1");
}

/* Skips everything; the code, and all bytes used. */
static int skip_all(struct ay_cursor c, size_t *left)
{
	struct ay_thrift_field f = {.id = 0};

	while (ay_thrift_next(&c, &f))
		ay_thrift_skip(&c, &budget, &f);
	*left = c.left;
	return c.err;
}

static void skip_is(struct ay_cursor c, int want, const char *what)
{
	size_t left;

	is_int(skip_all(c, &left), want, "%s", what);
	is_int((long long)left, 0, "%s: nothing is left", what);
}

static void test_fields(void)
{
	struct ay_cursor c = BYTES("\x11\x12\x15\x03\x16\x04\x18\x02hi\x09\x14\x15\x04\x00");
	struct ay_thrift_field f = {.id = 0};

	ok(ay_thrift_next(&c, &f) && f.id == 1 && ay_thrift_bool(&c, &f), "true is in the head");
	ok(ay_thrift_next(&c, &f) && f.id == 2 && !ay_thrift_bool(&c, &f), "so is false");
	ok(ay_thrift_next(&c, &f) && f.id == 3 && ay_thrift_i32(&c, &f) == -2, "a number of 32 bits");
	ok(ay_thrift_next(&c, &f) && f.id == 4 && ay_thrift_i64(&c, &f) == 2, "a number of 64 bits");
	ok(ay_thrift_next(&c, &f) && f.id == 5, "bytes come");
	struct ay_cursor text = ay_thrift_binary(&c, &f);

	ok(text.left == 2 && ay_cursor_starts(&text, "hi", 2), "and are these");
	ok(ay_thrift_next(&c, &f) && f.id == 10 && f.type == AY_THRIFT_LIST, "a field number in the long form");
	is_int(ay_thrift_list(&c, &f, AY_THRIFT_I32), 1, "a list of one");
	is_int(ay_thrift_elem_i32(&c), 2, "and its element");
	ok(!ay_thrift_next(&c, &f) && c.err == 0 && c.left == 0, "the end");

	c = BYTES("\x15\x80\x80\x80\x80\x10\x00");
	f = (struct ay_thrift_field){.id = 0};
	ok(ay_thrift_next(&c, &f), "a number beyond 32 bits comes");
	(void)ay_thrift_i32(&c, &f);
	is_int(c.err, AY_EFORMAT, "and is refused");
	c = BYTES("\x16\x02\x00");
	f = (struct ay_thrift_field){.id = 0};
	ok(ay_thrift_next(&c, &f), "a number of 64 bits where 32 are due");
	(void)ay_thrift_i32(&c, &f);
	is_int(c.err, AY_EFORMAT, "is refused");
}

static void test_skips(void)
{
	skip_is(BYTES("\x13\x05\x14\x02\x17" "12345678" "\x1d" "0123456789abcdef" "\x00"), 0, "a byte, a short, a double and a UUID");
	skip_is(BYTES("\x19\x21\x01\x02\x1a\x18\x01x\x1b\x00\x1b\x01\x58\x02\x01y\x1c\x15\x02\x00\x00"), 0, "lists, maps and a struct");
	skip_is(BYTES("\x15\x02\x05\x02\x02\x00"), AY_EFORMAT, "a field number twice");
	skip_is(BYTES("\x25\x02\x05\x02\x02\x00"), AY_EFORMAT, "a field number that falls");
	skip_is(BYTES("\x05\x01\x02\x00"), AY_EFORMAT, "a negative field number");
	skip_is(BYTES("\x1e\x00"), AY_EFORMAT, "an unknown type");
	skip_is(BYTES("\x10\x00"), AY_EFORMAT, "a field of type stop");
	skip_is(BYTES("\x19\x1e\x00\x00"), AY_EFORMAT, "a list of an unknown type");
	skip_is(BYTES("\x1b\x01\x5e\x02\x00\x00"), AY_EFORMAT, "a map with values of an unknown type");
	skip_is(BYTES("\x19\x35\x02\x02"), AY_ETRUNC, "a list longer than the input");
	skip_is(BYTES("\x19\xf5\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"), AY_ELIMIT, "a list of 2^64 - 1");
	skip_is(BYTES("\x18\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01\x00"), AY_ETRUNC, "bytes of length 2^63");
	skip_is(BYTES("\x18\x03" "ab"), AY_ETRUNC, "bytes that are one too many");
	skip_is(BYTES("\x1b\x02\x55\x02"), AY_ETRUNC, "a map longer than the input");
}

static void test_depth(void)
{
	char nested[200];
	size_t left;

	memset(nested, 0x1c, sizeof(nested));
	is_int(skip_all(ay_cursor_of(nested, sizeof(nested), 0), &left), AY_ELIMIT, "structs in structs without end");
	memset(nested, 0x19, sizeof(nested));
	is_int(skip_all(ay_cursor_of(nested, sizeof(nested), 0), &left), AY_ELIMIT, "lists in lists without end");
	memset(nested, 0, sizeof(nested));
	memset(nested, 0x1c, AY_THRIFT_DEPTH + 1);
	is_int(skip_all(ay_cursor_of(nested, 2 * (AY_THRIFT_DEPTH + 1) + 1, 0), &left), 0, "the last depth");
	memset(nested, 0x1c, AY_THRIFT_DEPTH + 2);
	is_int(skip_all(ay_cursor_of(nested, sizeof(nested), 0), &left), AY_ELIMIT, "one beyond");
}

static void test_cuts(void)
{
	static const char whole[] = "\x11\x13\x05\x15\x03\x16\x04\x17" "12345678" "\x18\x02hi\x19\x25\x02\x02\x1b\x01\x58\x02\x01y\x1c\x15\x02\x00";
	unsigned passed = 0;
	size_t left;

	for (size_t len = 0; len < sizeof(whole) - 1; len++)
		passed += skip_all(ay_cursor_of(len ? whole : "", len, 0), &left) == 0;
	is_int(passed, 0, "no proper prefix is whole");
	is_int(skip_all(ay_cursor_of(whole, sizeof(whole), 0), &left), 0, "the whole is");
}

int main(void)
{
	ay_budget_init(&budget, 1 * MIB);
	test_varints();
	test_fields();
	test_skips();
	test_depth();
	test_cuts();
	return done_testing();
}
