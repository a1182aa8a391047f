/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/protobuf.h"
#include "tests/lib/tap.h"

static struct ay_budget budget;
static struct ay_source in;
static struct ay_pb r;
static struct ay_pb_message m;
static struct ay_pb_field f;

/* The answer for the first field of these bytes. */
static int first(const void *bytes, size_t len)
{
	ay_pb_close(&r);
	ay_budget_init(&budget, len);
	in = ay_source_memory(bytes, len);
	ay_pb_open(&r, &in, &budget, 16);
	m = ay_pb_whole(&r);
	return ay_pb_next(&r, &m, &f);
}

#define first_is(bytes, rc, what) is_int(first(bytes, sizeof(bytes) - 1), rc, what)

static void test_fields(void)
{
	first_is("", 0, "nothing");
	first_is("\x08\x00", 1, "a varint");
	ok(f.number == 1 && f.wire == AY_PB_VARINT && f.value == 0 && f.off == 0, "with its parts");
	first_is("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 1, "the largest varint");
	ok(f.value == UINT64_MAX, "is whole");
	first_is("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", AY_EFORMAT, "one bit beyond");
	first_is("\x08\x80\x00", AY_EFORMAT, "a needless byte");
	first_is("\x08\x80", AY_ETRUNC, "half a varint");
	first_is("\x08", AY_ETRUNC, "a tag alone");
	first_is("\x00\x00", AY_EFORMAT, "field 0");
	first_is("\xf8\xff\xff\xff\x0f\x00", 1, "the last field number");
	ok(f.number == (1u << 29) - 1, "is 2^29 - 1");
	first_is("\x80\x80\x80\x80\x10\x00", AY_EFORMAT, "one beyond");
	first_is("\x09\x01\x02\x03\x04\x05\x06\x07\x08", 1, "64 bits");
	ok(f.value == 0x0807060504030201, "in their order");
	first_is("\x09\x01\x02\x03\x04\x05\x06\x07", AY_ETRUNC, "a byte less");
	first_is("\x0d\x01\x02\x03\x04", 1, "32 bits");
	first_is("\x0b", AY_EFORMAT, "a group");
	first_is("\x0e\x00", AY_EFORMAT, "wire type 6");
	first_is("\x0a\x03" "abc", 1, "bytes");
	ok(f.body.at == 2 && f.body.end == 5 && f.value == 3, "with their place");
	first_is("\x0a\x04" "abc", AY_ETRUNC, "one byte more than there is");
	first_is("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", AY_ETRUNC, "2^64 - 1 bytes");
	first_is("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", AY_ETRUNC, "2^63 - 1 bytes");
}

static void test_nested(void)
{
	static const char bytes[] = "\x0a\x04\x08\x01\x08\x05\x10\x02";
	struct ay_pb_field inner;

	is_int(first(bytes, sizeof(bytes) - 1), 1, "a message");
	struct ay_pb_message body = f.body;

	ok(ay_pb_next(&r, &body, &inner) == 1 && ay_pb_next(&r, &body, &inner) == 1 && inner.value == 5, "has two fields");
	is_int(ay_pb_next(&r, &body, &inner), 0, "and ends where its length says");
	ok(ay_pb_next(&r, &m, &f) == 1 && f.number == 2 && f.off == 6, "the outer one goes on behind it");
	is_int(first("\x0a\x02\x0a\x01", 4), 1, "an inner length beyond the inner message");
	body = f.body;
	is_int(ay_pb_next(&r, &body, &inner), AY_ETRUNC, "is refused although the file goes on");
	is_int((long long)r.bad_off, 2, "with its place");
}

static void test_load(void)
{
	struct ay_cursor c;

	is_int(first("\x0a\x10" "0123456789abcdef", 18), 1, "as many bytes as may be loaded");
	ok(ay_pb_load(&r, &f, &c) == 0 && c.left == 16 && c.off == 2, "are");
	is_int(first("\x0a\x11" "0123456789abcdefg", 19), 1, "one more");
	is_int(ay_pb_load(&r, &f, &c), AY_ELIMIT, "is not");
}

static void test_long(void)
{
	struct ay_buf b = ay_buf_new(1 * MIB);
	unsigned fields = 0;
	uint64_t v, sum = 0;

	/* Fields of every length lie across the edges of the window. */
	for (unsigned i = 0; i < 3000; i++) {
		ay_buf_addc(&b, 0x0a);
		ay_buf_addc(&b, (uint8_t)(i % 100));
		for (unsigned k = 0; k < i % 100; k++)
			ay_buf_addc(&b, (uint8_t)i);
	}
	for (int rc = first(b.data, b.len); rc == 1; rc = ay_pb_next(&r, &m, &f))
		fields += f.value == fields % 100;
	is_int(fields, 3000, "3000 fields over 150 KB");
	ay_buf_clear(&b);
	ay_buf_add(&b, "\x0a\xc0\xbb\x01", 4);    /* 24000 bytes */
	for (unsigned i = 0; i < 8000; i++)
		ay_buf_add(&b, "\x81\x80\x01", 3);
	is_int(first(b.data, b.len), 1, "a packed field");
	struct ay_pb_message packed = f.body;

	while (ay_pb_next_varint(&r, &packed, &v) == 1)
		sum += v;
	ok(sum == 8000 * (uint64_t)(1 + (1 << 14)), "of 8000 numbers");
	is_int(first("\x0a\x01\x80\x00", 4), 1, "a packed field that ends inside a number");
	is_int(ay_pb_next_varint(&r, &f.body, &v), AY_ETRUNC, "is refused");
	ay_buf_free(&b);
}

int main(void)
{
	test_fields();
	test_nested();
	test_load();
	test_long();
	ay_pb_close(&r);
	return done_testing();
}
