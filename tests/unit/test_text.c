/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/text.h"

#include <time.h>

#include "assay/error.h"
#include "tests/lib/tap.h"

static void test_utf8(void)
{
	static const struct { const char *text; size_t len, good; } cases[] = {
		{"", 0, 0}, {"a\0b", 3, 3}, {"\xc2\x80\xdf\xbf", 4, 4}, {"\xe0\xa0\x80\xef\xbf\xbf", 6, 6},
		{"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8, 8}, {"\xed\x9f\xbf\xee\x80\x80", 6, 6},
		{"a\x80", 2, 1}, {"a\xc0\xaf", 3, 1}, {"a\xc1\xbf", 3, 1}, {"a\xe0\x9f\xbf", 4, 1}, {"a\xed\xa0\x80", 4, 1},
		{"a\xf0\x8f\xbf\xbf", 5, 1}, {"a\xf4\x90\x80\x80", 5, 1}, {"a\xf5\x80\x80\x80", 5, 1}, {"a\xff", 2, 1},
		{"a\xc3", 2, 1}, {"a\xe2\x82", 3, 1}, {"a\xf0\x9f\x98", 4, 1}, {"a\xe2\x82z", 4, 1}, {"ab\xc3\xa9\xc3", 5, 4},
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(cases); i++)
		is_int(ay_utf8_check(cases[i].text, cases[i].len), cases[i].good, "utf-8 case %zu", i);

	unsigned missed = 0;

	for (size_t len = 1; len <= 26; len++)
		for (size_t bad = 0; bad < len; bad++) {
			char text[26] = "abcdefghijklmnopqrstuvwxyz";

			text[bad] = '\x80';
			missed += ay_utf8_check(text, len) != bad;
		}
	is_int(missed, 0, "a bad byte anywhere among good ones is found");
}

static void test_hex(void)
{
	struct ay_buf b = ay_buf_new(100);
	uint8_t out[4] = {0};

	ay_hex_encode(&b, "\x00\xab\xff", 3);
	is_str(ay_buf_str(&b), "00abff", "hex");
	is_int(ay_hex_decode("00AbfF", 6, out), 0, "decodes either case");
	is_mem(out, "\x00\xab\xff", 3, "to the bytes");
	is_int(ay_hex_decode("0", 1, out), AY_EFORMAT, "odd length");
	is_int(ay_hex_decode("0g", 2, out), AY_EFORMAT, "not a digit");
	ay_buf_free(&b);
}

static void test_base64(void)
{
	static const struct { const char *plain, *text; } good[] = {
		{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
		{"\xfb\xff", "+/8="},
	};
	static const char *const bad[] = {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v=", "Zm9v====", "=", "==", "Zg==Zg==", "Zm 8=", "Zm8=\n",
					  "-_8=", "Z\xff==", "Zm9vY"};
	struct ay_buf b = ay_buf_new(100);

	for (size_t i = 0; i < AY_ARRAY_LEN(good); i++) {
		ay_buf_clear(&b);
		ay_base64_encode(&b, good[i].plain, strlen(good[i].plain));
		is_str(ay_buf_str(&b), good[i].text, "encode \"%s\"", good[i].text);
		ay_buf_clear(&b);
		is_int(ay_base64_decode(&b, good[i].text, strlen(good[i].text), false), 0, "decode \"%s\"", good[i].text);
		is_str(ay_buf_str(&b), good[i].plain, "to the same");
	}
	ay_buf_clear(&b);
	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++) {
		is_int(ay_base64_decode(&b, bad[i], strlen(bad[i]), false), AY_EFORMAT, "refuses case %zu", i);
		is_int(b.len, 0, "and adds nothing");
	}
	is_int(ay_base64_decode(&b, "-_8", 3, true), 0, "URL-safe without padding");
	is_mem(b.data, "\xfb\xff", 2, "is the same");
	is_int(ay_base64_decode(&b, "-_8=", 4, true), 0, "with padding");
	is_int(ay_base64_decode(&b, "Zh", 2, true), AY_EFORMAT, "trailing bits must be zero there too");
	is_int(ay_base64_decode(&b, "Zg=", 3, true), AY_EFORMAT, "half a padding");
	is_int(ay_base64_decode(&b, "Z", 1, true), AY_EFORMAT, "a lone digit");
	ay_buf_free(&b);
}

/* Any byte at each place of a group, and behind whole groups. */
static void test_base64_bytes(void)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct ay_buf b = ay_buf_new(100);
	size_t wrong = 0;

	for (int byte = 0; byte < 256; byte++)
		for (size_t at = 0; at < 12; at++)
			for (int url = 0; url < 2; url++) {
				char text[13] = "Zm9vYmFyZm9v";
				bool digit = byte && strchr(digits, byte), other = url && (byte == '-' || byte == '_');

				text[at] = (char)byte;
				ay_buf_clear(&b);
				int rc = ay_base64_decode(&b, text, 12, url);

				wrong += rc != (digit || other ? 0 : AY_EFORMAT);
				wrong += rc == 0 && b.len != 9;
				if (rc == 0 && digit) {
					struct ay_buf back = ay_buf_new(100);

					ay_base64_encode(&back, b.data, b.len);
					wrong += memcmp(ay_buf_str(&back), text, 12) != 0;
					ay_buf_free(&back);
				}
			}
	is_int(wrong, 0, "each byte at each place is a digit or is refused");
	ay_buf_free(&b);
}

static void test_escape(void)
{
	struct ay_buf b = ay_buf_new(1000);
	char out[16];

	ay_escape(&b, "a\0\x1b[31m\\\x7f\xc2\x9b\xff\xe2\x80\xae\xc3\xa9\xf0\x9f\x98\x80", 21);
	is_str(ay_buf_str(&b), "a\\x00\\x1b[31m\\x5c\\x7f\\xc2\\x9b\\xff\\xe2\\x80\\xae\xc3\xa9\xf0\x9f\x98\x80", "escape");
	ay_buf_free(&b);
	is_str(ay_escape_str(out, sizeof(out), "123456789012345"), "123456789012345", "text that just fits");
	is_str(ay_escape_str(out, sizeof(out), "1234567890123456"), "123456789012...", "text that is cut");
	is_str(ay_escape_str(out, sizeof(out), "12345678901\xc3\xa9xyzabc"), "12345678901...", "never inside a character");
	is_str(ay_escape_str(out, sizeof(out), "123456789\n\n\n"), "123456789...", "nor inside an escape");
	is_str(ay_escape_str(out, 5, "123456789"), "1...", "small");
	is_str(ay_escape_str(out, 3, "123456789"), "..", "tiny");
	is_str(ay_escape_str(out, 1, "1"), "", "only room for the end");
	out[0] = 'k';
	ay_escape_str(out, 0, "1");
	is_int(out[0], 'k', "no room at all");
}

static void test_glob(void)
{
	static const struct { const char *pattern, *path; bool match; } cases[] = {
		{"a", "a", true}, {"a", "b", false}, {"a", "a/b", false}, {"a/b", "a", false}, {"", "", true}, {"", "a", false},
		{"*", "abc", true}, {"*", "a/b", false}, {"a*c", "abbc", true}, {"a*c", "ac", true}, {"a*c", "acd", false}, {"*.gguf", "x.gguf", true},
		{"a*b*c", "axbxbxc", true}, {"?", "a", true}, {"?", "", false}, {"?", "/", false}, {"a?c", "a/c", false},
		{"**", "a", true}, {"**", "a/b/c", true}, {"x/**", "x", false}, {"x/**", "x/y", true}, {"x/**", "x/y/z", true}, {"x/**", "xy/z", false},
		{"**/x", "x", true}, {"**/x", "a/b/x", true}, {"**/x", "a/bx", false}, {"a/**/b", "a/b", true}, {"a/**/b", "a/x/y/b", true},
		{"a/**/b", "a/x/y/c", false}, {"a/**/b/c", "a/b/b/c", true}, {"a/**/b/**/c", "a/x/b/c", true}, {"a/**/b/**/c", "a/c/b", false},
		{"**/a/*/b", "a/a/x/b", true}, {"**/**", "a", true}, {"a**b", "axxb", true}, {"a**b", "a/b", false}, {"models/*/v", "models/x/v", true},
		{".git*", ".gitignore", true}, {"{a,b}", "a", false}, {"{a,b}", "{a,b}", true}, {"[ab]", "a", false}, {"a/*", "a/", true}, {"a/**", "a/", false},
	};
	char pattern[1001], path[4001];
	clock_t start;

	for (size_t i = 0; i < AY_ARRAY_LEN(cases); i++)
		ok(ay_glob_match(cases[i].pattern, cases[i].path) == cases[i].match, "\"%s\" %s \"%s\"", cases[i].pattern,
		   cases[i].match ? "matches" : "does not match", cases[i].path);
	is_int(ay_glob_literal("models/fraud/**"), 13, "literal prefix");
	is_int(ay_glob_literal("models/fr?ud"), 9, "up to '?'");
	is_int(ay_glob_literal("models/x"), 8, "all of it");
	start = clock();
	for (size_t i = 0; i + 1 < sizeof(pattern); i++)
		pattern[i] = i % 2 ? '*' : 'a';
	pattern[sizeof(pattern) - 2] = 'b';
	pattern[sizeof(pattern) - 1] = '\0';
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ok(!ay_glob_match(pattern, path), "many stars in a component");
	for (size_t i = 0; i + 4 <= sizeof(pattern) - 1; i += 5)
		memcpy(pattern + i, "**/a/", 5);
	pattern[sizeof(pattern) - 2] = 'b';
	for (size_t i = 1; i < sizeof(path) - 1; i += 2)
		path[i] = '/';
	path[sizeof(path) - 2] = 'c';
	ok(!ay_glob_match(pattern, path), "many double stars");
	ok(clock() - start < CLOCKS_PER_SEC, "take no exponential time");
}

static void test_time(void)
{
	static const char *const bad[] = {"", "2026-11-23", "2026-11-23T12:00:00", "2026-11-23 12:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
					  "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
					  "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00Zx",
					  "+026-01-01T00:00:00Z", "2026-01-01T00:00:00+24:00", "2026-1-01T00:00:00Z"};
	static const struct { const char *text; int64_t at; } good[] = {
		{"1970-01-01T00:00:00Z", 0}, {"2026-11-23T12:00:00Z", 1795435200}, {"2026-11-23T12:00:00.123456Z", 1795435200},
		{"2026-11-23T13:30:00+01:30", 1795435200}, {"2026-11-23T11:00:00-01:00", 1795435200}, {"2024-02-29T00:00:00Z", 1709164800},
		{"9999-12-31T23:59:59Z", 253402300799}, {"0000-01-01T00:00:00Z", -62167219200}, {"1969-12-31T23:59:59Z", -1},
	};
	char out[24];
	int64_t at;

	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++)
		is_int(ay_time_parse(bad[i], strlen(bad[i]), &at), AY_EFORMAT, "refuses \"%s\"", bad[i]);
	for (size_t i = 0; i < AY_ARRAY_LEN(good); i++) {
		is_int(ay_time_parse(good[i].text, strlen(good[i].text), &at), 0, "parses \"%s\"", good[i].text);
		is_int(at, good[i].at, "to its second");
		ay_time_format(good[i].at, out);
		ok(strlen(out) == 20 && ay_time_parse(out, 20, &at) == 0 && at == good[i].at, "and back: %s", out);
	}
	ay_time_format(INT64_MAX, out);
	is_str(out, "9999-12-31T23:59:59Z", "clamped above");
	ay_time_format(INT64_MIN, out);
	is_str(out, "0000-01-01T00:00:00Z", "and below");
	ok(ay_time_mono_ms() <= ay_time_mono_ms(), "the monotonic clock does not go back");
	ok(ay_time_now() > 1600000000, "the wall clock runs");
#ifdef ASSAY_TESTING
	setenv("ASSAY_TEST_NOW", "2026-11-23T12:00:00Z", 1);
	is_int(ay_time_now(), 1795435200, "test clock as text");
	setenv("ASSAY_TEST_NOW", "77", 1);
	is_int(ay_time_now(), 77, "test clock as seconds");
	unsetenv("ASSAY_TEST_NOW");
#endif
}

static void test_units(void)
{
	static const char *const bad_sizes[] = {"", "B", "-1", "+1", " 1", "1 ", "1 kB", "1.5GB", "1kib", "1X", "18446744073709551616", "16384PiB", "0x10"};
	static const char *const bad_durations[] = {"", "1", "h", "-1h", "1w", "1hh", "1h30m", "106751991167301d", "1.5h"};
	uint64_t v;
	int64_t s;
	char out[16];

	ok(ay_size_parse("0", &v) == 0 && v == 0, "no bytes");
	ok(ay_size_parse("4096", &v) == 0 && v == 4096, "bare number");
	ok(ay_size_parse("512MiB", &v) == 0 && v == 512ull << 20, "binary unit");
	ok(ay_size_parse("10GB", &v) == 0 && v == 10000000000, "decimal unit");
	ok(ay_size_parse("18446744073709551615B", &v) == 0 && v == UINT64_MAX, "the largest");
	ok(ay_size_parse("16383PiB", &v) == 0, "the largest with a unit");
	for (size_t i = 0; i < AY_ARRAY_LEN(bad_sizes); i++)
		is_int(ay_size_parse(bad_sizes[i], &v), AY_EFORMAT, "size \"%s\" is refused", bad_sizes[i]);
	ok(ay_duration_parse("24h", &s) == 0 && s == 86400, "hours");
	ok(ay_duration_parse("30d", &s) == 0 && s == 2592000, "days");
	ok(ay_duration_parse("90s", &s) == 0 && s == 90, "seconds");
	ok(ay_duration_parse("15m", &s) == 0 && s == 900, "minutes");
	for (size_t i = 0; i < AY_ARRAY_LEN(bad_durations); i++)
		is_int(ay_duration_parse(bad_durations[i], &s), AY_EFORMAT, "duration \"%s\" is refused", bad_durations[i]);
	is_str(ay_size_format(out, 0), "0 B", "0");
	is_str(ay_size_format(out, 999), "999 B", "999");
	is_str(ay_size_format(out, 1000), "1.0 kB", "1000");
	is_str(ay_size_format(out, 999949), "999.9 kB", "999949");
	is_str(ay_size_format(out, 999950), "1.0 MB", "999950");
	is_str(ay_size_format(out, 1400000000), "1.4 GB", "1.4 GB");
	is_str(ay_size_format(out, UINT64_MAX), "18.4 EB", "the largest");
}

int main(void)
{
	test_utf8();
	test_hex();
	test_base64();
	test_base64_bytes();
	test_escape();
	test_glob();
	test_time();
	test_units();
	return done_testing();
}
