/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/crc32c.h"
#include "scanners/registry.h"
#include "tests/lib/scan_case.h"

/* ---- writing ---- */

static struct ay_buf file;

static uint32_t masked(const void *bytes, size_t len)
{
	return ay_crc32c_masked(ay_crc32c(ay_cursor_of(bytes, len, 0)));
}

static void put_head(uint64_t len)
{
	size_t at = file.len;

	ay_buf_le64(&file, len);
	ay_buf_le32(&file, masked(file.data + at, 8));
}

static void put(const void *bytes, size_t len)
{
	put_head(len);
	ay_buf_add(&file, bytes, len);
	ay_buf_le32(&file, masked(bytes, len));
}

static const char *judged(void)
{
	return scan_case_with("a.tfrecord", file.data, file.len, NULL);
}

/* The rule for a file of one record. */
static const char *rule_of(const void *bytes, size_t len)
{
	ay_buf_clear(&file);
	put(bytes, len);
	return judged();
}

#define is_rule(bytes, rule, what) is_str(rule_of(bytes, sizeof(bytes) - 1), rule, what)

/* A map's entry of one letter and a feature of len bytes. */
#define ENTRY(letter, entry_len, len) "\x0a" entry_len "\x0a\1" letter "\x12" len
/* An example of: a, the integer 5. */
#define INT "\x0a\x0c" ENTRY("a", "\x0a", "\5") "\x1a\3\x0a\1\5"
#define FLOAT "\x0a\x0f" ENTRY("a", "\x0d", "\x08") "\x12\6\x0a\4\0\0\0\x40"
#define BYTES "\x0a\x0d" ENTRY("a", "\x0b", "\6") "\x0a\4\x0a\2hi"

/* ---- tests ---- */

static void test_examples(void)
{
	is_rule("", "pass", "no features");
	is_rule(INT, "pass", "an integer");
	is_str(scan_case_result.format, "tfrecord", "by the scanner of TFRecord");
	is_rule(FLOAT, "pass", "a float");
	is_rule(BYTES, "pass", "a byte string");
	is_rule("\x0a\x0b" ENTRY("a", "\x09", "\4") "\x1a\2\x08\5", "pass", "an integer that is not packed");
	is_rule("\x0a\x07" ENTRY("a", "\5", "\0"), "pass", "a feature without a list");
	is_rule("\x12\x0e" "\x0a\x0c\x0a\1" "a\x12\7\x0a\5\x1a\3\x0a\1\5", "pass", "a sequence");
	is_rule("\x0a\x0b" ENTRY("a", "\x0a", "\5") "\x1a\3\x0a\1", "tfrecord.malformed", "a list that is longer than its feature");
	is_rule(INT "\x18\1", "tfrecord.malformed", "a field that no example has");
	is_rule(INT INT, "tfrecord.malformed", "features twice");
	is_rule("\x0a\x0c" ENTRY("a", "\x0a", "\5") "\x12\3\x0a\1\5", "tfrecord.malformed", "a float of one byte");
	is_rule("\x0a\x0c" ENTRY("a", "\x0a", "\5") "\x1a\3\x12\1\5", "tfrecord.malformed", "another field of a list");
	is_rule("\x0a\x0c" ENTRY("a", "\x0a", "\5") "\x22\3\x0a\1\5", "tfrecord.malformed", "a fourth kind of list");
	is_rule("\x0a\x0c" ENTRY("\xff", "\x0a", "\5") "\x1a\3\x0a\1\5", "tfrecord.malformed", "a name that is not UTF-8");
	is_rule("\x0a\x18" ENTRY("a", "\x0a", "\5") "\x1a\3\x0a\1\5" ENTRY("a", "\x0a", "\5") "\x1a\3\x0a\1\5", "tfrecord.duplicate", "a feature twice");
	is_rule("\x0a\x18" ENTRY("a", "\x0a", "\5") "\x1a\3\x0a\1\5" ENTRY("b", "\x0a", "\5") "\x1a\3\x0a\1\5", "pass", "two features");
	ay_buf_clear(&file);
	put(INT, sizeof(INT) - 1);
	put(FLOAT, sizeof(FLOAT) - 1);
	is_str(judged(), "tfrecord.kind", "a feature that changes its kind");
}

static void test_lengths(void)
{
	static const uint64_t huge[] = {INT32_MAX + 1ull, 1ull << 63, UINT64_MAX, UINT64_MAX - 11, UINT64_MAX - 15};
	unsigned passed = 0, flipped = 0;

	ay_buf_clear(&file);
	put(INT, sizeof(INT) - 1);
	put("", 0);
	put(INT, sizeof(INT) - 1);
	is_str(judged(), "pass", "three records");
	for (size_t n = 1; n < file.len; n++)
		passed += n != 30 && n != 46 && strcmp(scan_case_with("a.tfrecord", file.data, n, NULL), "pass") == 0;
	is_int(passed, 0, "cut inside a record it does not pass");
	for (size_t i = 0; i < 8 * file.len; i++) {
		file.data[i / 8] ^= (uint8_t)(1 << i % 8);
		flipped += strcmp(judged(), "pass") == 0;
		file.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	is_int(flipped, 0, "nor with any bit changed");
	for (size_t i = 0; i < AY_ARRAY_LEN(huge); i++) {
		ay_buf_clear(&file);
		put_head(huge[i]);
		ay_buf_add(&file, INT, sizeof(INT) - 1);
		is_str(judged(), "tfrecord.malformed", "a record of %llu bytes", (unsigned long long)huge[i]);
	}
	for (uint64_t more = 1; more < 6; more += 4) {
		ay_buf_clear(&file);
		put_head(sizeof(INT) - 1 + more);
		ay_buf_add(&file, INT, sizeof(INT) - 1);
		ay_buf_le32(&file, masked(INT, sizeof(INT) - 1));
		is_str(judged(), "tfrecord.truncated", "%llu bytes more than there are", (unsigned long long)more);
	}
	ay_buf_clear(&file);
	put_head(0);
	is_str(judged(), "tfrecord.truncated", "a length and nothing else");
}

/* Lengths are small numbers, whose bytes other formats begin with too. */
static void test_claims(void)
{
	uint8_t zeros[4000] = {0};
	unsigned others = 0;

	for (size_t n = 0; n < sizeof(zeros); n++) {
		ay_buf_clear(&file);
		put(zeros, n);
		for (size_t i = 0; i < ay_scanners_count; i++) {
			struct ay_source in = ay_source_memory(file.data, file.len);
			struct ay_cursor head = ay_cursor_of(file.data, file.len < AY_LIMIT_SCAN_HEAD ? file.len : AY_LIMIT_SCAN_HEAD, 0);

			if (ay_scanners[i]->bid(head, &in, "a.tfrecord") > 0 && strcmp(ay_scanners[i]->name, "tfrecord") != 0 &&
			    strcmp(ay_scanners[i]->name, "safetensors") != 0) {
				others++;
				printf("# %s claims a record of %zu bytes\n", ay_scanners[i]->name, n);
			}
		}
	}
	/* The checksum of 130 begins with a brace. */
	rule_of(zeros, 130);
	is_str(scan_case_result.format, "tfrecord", "what could be a header of safetensors is none");
	is_int(others, 0, "no other scanner claims a file for the length of its first record");
}

static void test_crc(void)
{
	struct ay_cursor c = ay_cursor_of("123456789", 9, 0), first = c, rest = c;

	is_int(ay_crc32c(c), 0xe3069283, "the check value of CRC-32C");
	first.left = 4;
	ay_cursor_skip(&rest, 4);
	is_int(ay_crc32c_more(ay_crc32c_more(0, first), rest), 0xe3069283, "in two parts");
}

int main(void)
{
	file = ay_buf_new(64 * KIB);
	test_crc();
	test_examples();
	test_lengths();
	test_claims();
	ay_buf_free(&file);
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
