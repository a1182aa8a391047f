/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/buf.h"

#include "assay/error.h"
#include "tests/lib/tap.h"

int main(void)
{
	struct ay_buf b = ay_buf_new(8);
	uint8_t *p;
	size_t len;

	is_str(ay_buf_str(&b), "", "a new one is empty text");
	is_int(ay_buf_adds(&b, "abcd"), 0, "add");
	is_int(ay_buf_addf(&b, "%d%s", 12, "34"), 0, "up to the maximum");
	is_str(ay_buf_str(&b), "abcd1234", "both");
	is_int(b.data[8], 0, "NUL beyond the end");
	is_int(ay_buf_add(&b, "", 0), 0, "nothing more fits still");
	is_int(ay_buf_addc(&b, 'x'), AY_ELIMIT, "one beyond");
	ok(ay_buf_addf(&b, "y") == AY_ELIMIT && ay_buf_adds(&b, "") == AY_ELIMIT && !ay_buf_reserve(&b, 0), "the error sticks");
	is_str(ay_buf_str(&b), "abcd1234", "what was there stays");
	ok(!ay_buf_steal(&b, &len) && len == 0, "nothing to steal after an error");
	ay_buf_clear(&b);
	is_int(b.err, 0, "clear forgets the error");
	is_str(ay_buf_str(&b), "", "and the bytes");
	is_int(ay_buf_addf(&b, "%s", "123456789"), AY_ELIMIT, "formatted text too long");
	is_str(ay_buf_str(&b), "", "is not half written");
	ay_buf_free(&b);
	is_int(b.max, 8, "free keeps the maximum");
	ay_buf_free(NULL);

	b = ay_buf_new(100);
	ay_buf_le16(&b, 0x0102);
	ay_buf_le32(&b, 0x01020304);
	ay_buf_le64(&b, 0x0102030405060708ull);
	ay_buf_be16(&b, 0x0102);
	ay_buf_be32(&b, 0x01020304);
	ay_buf_be64(&b, 0x0102030405060708ull);
	is_int(b.len, 28, "lengths");
	is_mem(b.data, "\x02\x01\x04\x03\x02\x01\x08\x07\x06\x05\x04\x03\x02\x01", 14, "little-endian");
	is_mem(b.data + 14, "\x01\x02\x01\x02\x03\x04\x01\x02\x03\x04\x05\x06\x07\x08", 14, "big-endian");
	ay_buf_clear(&b);
	p = ay_buf_reserve(&b, 100);
	ok(p != NULL, "reserve all");
	memset(p, 'z', 100);
	ay_buf_grew(&b, 70);
	is_int(b.len, 70, "use less");
	ok(!ay_buf_reserve(&b, 31), "reserve one too many");
	ay_buf_free(&b);

	b = ay_buf_new(SIZE_MAX);
	ay_buf_adds(&b, "x");
	ok(!ay_buf_reserve(&b, SIZE_MAX - 2) && b.err, "an absurd length is refused");
	ay_buf_clear(&b);
	p = ay_buf_steal(&b, &len);
	ok(p && len == 0 && *p == 0, "an empty steal is not an error");
	free(p);
	is_int(ay_buf_adds(&b, "again"), 0, "usable after a steal");
	p = ay_buf_steal(&b, NULL);
	is_str((char *)p, "again", "stolen text is terminated");
	free(p);
	return done_testing();
}
