/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/inflate.h"
#include "tests/lib/scan_case.h"

#define START 32
#define NAMES "\x05\1\x11\x0f\0a\0.\0j\0s\0o\0n\0\0\0"
#define STREAMS(packed, size) "\x06\0\1\x09" packed "\0\x07\x0b\1\0\1\1\0\x0c" size "\0"
/* One member, two bytes stored. */
#define HEADER "\1\4" STREAMS("\2", "\2") "\0" NAMES "\0\0"

static uint8_t file[4096];

static void put_le(size_t at, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		file[at + i] = (uint8_t)(v >> (8 * i));
}

/* The frame around content and header, its length. */
static size_t frame(const char *content, size_t content_len, const char *header, size_t header_len)
{
	memset(file, 0, sizeof(file));
	memcpy(file, "7z\xbc\xaf\x27\x1c\0\4", 8);
	memcpy(file + START, content, content_len);
	memcpy(file + START + content_len, header, header_len);
	put_le(12, content_len, 8);
	put_le(20, header_len, 8);
	put_le(28, ay_crc32(0, header, header_len), 4);
	put_le(8, ay_crc32(0, file + 12, 20), 4);
	return START + content_len + header_len;
}

static void header_is(const char *header, size_t len, const char *rule, const char *what)
{
	is_str(scan_case_with("a.7z", file, frame("{}", 2, header, len), NULL), rule, "%s", what);
}

#define header_is(header, rule, what) header_is(header, sizeof(header) - 1, rule, what)

static void test_frame(void)
{
	size_t len = frame("{}", 2, HEADER, sizeof(HEADER) - 1);
	bool passed = false;

	is_str(scan_case_with("a.7z", file, len, NULL), "pass", "one member");
	is_str(scan_case_result.format, "7z", "is of 7z");
	for (size_t n = 1; n < len; n++)
		passed = passed || strcmp(scan_case_with("a.7z", file, n, NULL), "pass") == 0;
	ok(!passed, "no shorter one passes");
	for (size_t i = 6; i < len; i++) {
		uint8_t was = file[i];

		/* The minor version says nothing, and without a checksum the content is only judged as JSON. */
		for (unsigned bit = 0; i != 7 && (i < START || i >= START + 2) && bit < 8; bit++) {
			file[i] = (uint8_t)(was ^ 1u << bit);
			passed = passed || strcmp(scan_case_with("a.7z", file, len, NULL), "pass") == 0;
		}
		file[i] = was;
	}
	ok(!passed, "nor one with another bit");
	is_str(scan_case_with("a.7z", file, len + 1, NULL), "7z.layout", "one byte more");
	is_str(scan_case_with("a.7z", file, frame("", 0, "", 0), NULL), "pass", "no member");
	is_str(scan_case_with("a.7z", file, frame("{}", 2, "", 0), NULL), "7z.layout", "content without a header");
	is_str(scan_case_with("a.7z", file, frame("{} ", 3, HEADER, sizeof(HEADER) - 1), NULL), "7z.layout", "a byte behind the content");
	is_str(scan_case_with("a.7z", file, frame("{", 1, HEADER, sizeof(HEADER) - 1), NULL), "7z.layout", "one too few");
	static const uint64_t far[] = {1ull << 63, UINT64_MAX, UINT64_MAX - START, 3};

	for (size_t i = 0; i < AY_ARRAY_LEN(far); i++) {
		len = frame("{}", 2, HEADER, sizeof(HEADER) - 1);
		put_le(12, far[i], 8);
		put_le(8, ay_crc32(0, file + 12, 20), 4);
		is_str(scan_case_with("a.7z", file, len, NULL), "7z.truncated", "a header at %llx", (unsigned long long)far[i]);
		len = frame("{}", 2, HEADER, sizeof(HEADER) - 1);
		put_le(20, far[i] == 3 ? sizeof(HEADER) : far[i], 8);
		put_le(8, ay_crc32(0, file + 12, 20), 4);
		is_str(scan_case_with("a.7z", file, len, NULL), "7z.truncated", "a header of %llx bytes", (unsigned long long)far[i]);
	}
}

#define HUGE "\xff\0\0\0\0\0\0\0\x80"
#define ALL "\xff\xff\xff\xff\xff\xff\xff\xff\xff"

static void test_streams(void)
{
	header_is("\1\4" STREAMS("\3", "\2") "\0" NAMES "\0\0", "7z.layout", "one packed byte too many");
	header_is("\1\4" STREAMS(HUGE, "\2") "\0" NAMES "\0\0", "7z.layout", "2^63 of them");
	header_is("\1\4" STREAMS(ALL, "\2") "\0" NAMES "\0\0", "7z.layout", "2^64 - 1 of them");
	header_is("\1\4" STREAMS("\2", "\3") "\0" NAMES "\0\0", "7z.malformed", "one byte more than is stored");
	header_is("\1\4" STREAMS("\2", HUGE) "\0" NAMES "\0\0", "7z.malformed", "2^63 more");
	header_is("\1\4" STREAMS("\2", "\2") NAMES "\0\0", "7z.malformed", "no end of the streams");
	header_is("\1\4\x06\0" ALL "\x09\2\0\x07\x0b\1\0\1\1\0\x0c\2\0\0" NAMES "\0\0", "7z.malformed", "2^64 - 1 packed streams");
	header_is("\1\4\x06\0\2\x09" ALL "\1\0\x07\x0b\2\0\1\1\0\1\1\0\x0c\2\2\0\0" NAMES "\0\0", "7z.malformed", "sizes that overflow");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\2\0\1\1\0\1\1\0\x0c\2\2\0\0" NAMES "\0\0", "7z.malformed", "more folders than streams");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\0\x0c\2\0\0" NAMES "\0\0", "7z.malformed", "a folder without a coder");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\3\1\0\1\0\1\0\x0c\2\0\0" NAMES "\0\0", "7z.method", "three coders");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\1\x11\0\1\1\x0c\2\0\0" NAMES "\0\0", "7z.method", "a coder with several streams");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\1\4\6\xf1\7\1\x0c\2\0\0" NAMES "\0\0", "7z.encrypted", "an encrypted one");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\1\x81\0\x0c\2\0\0" NAMES "\0\0", "7z.malformed", "a coder with alternatives");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\1\1\x21\x0c\2\0\0" NAMES "\0\0", "7z.malformed", "LZMA2 without its dictionary");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\1\x21\x21" ALL "\x08\x0c\2\0\0" NAMES "\0\0", "7z.malformed", "properties beyond the header");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\1\4\3\3\1\3\x0c\2\0\0" NAMES "\0\0", "7z.method", "a filter alone");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\2\4\3\3\1\3\x21\x21\1\x08\0\1\x0c\2\3\0\0" NAMES "\0\0", "7z.malformed", "a filter of another size");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\2\4\3\3\1\3\x21\x21\1\x08\0\0\x0c\2\2\0\0" NAMES "\0\0", "7z.malformed", "a filter tied to itself");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\2\x21\x21\1\x08\x21\x21\1\x08\0\1\x0c\2\2\0\0" NAMES "\0\0", "7z.method", "compressed twice");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\1\x21\x21\1\x29\x0c\2\0\0" NAMES "\0\0", "7z.malformed", "a dictionary beyond the largest");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\1\x21\x21\1\x28\x0c\2\0\0" NAMES "\0\0", "limit.exceeded", "the largest");
	header_is("\1\4" STREAMS("\2", "\2") "\x08\x0d" HUGE "\0\0" NAMES "\0\0", "7z.malformed", "2^63 members");
	header_is("\1\4" STREAMS("\2", "\2") "\x08\x0d\0\0\0" NAMES "\0\0", "7z.malformed", "a folder without members");
	header_is("\1\4" STREAMS("\2", "\2") "\x08\x0d\2\x09\3\0\0" NAMES "\0\0", "7z.malformed", "a member beyond its folder");
	header_is("\1\4" STREAMS("\2", "\2") "\x08\x0a\1\0\0\0\0\0\0" NAMES "\0\0", "7z.malformed", "a wrong checksum");
	header_is("\1\4" STREAMS("\2", "\2") "\x08\0\0" NAMES "\0\0", "pass", "nothing about members");
	header_is("\1\4\x06\0\1\x09\2\0\x07\x0b\1\0\1\1\0\x0c\2\x0a\1\0\0\0\0\0\0" NAMES "\0\0", "7z.malformed", "a wrong checksum of the folder");
}

static void test_files(void)
{
	header_is("\1\4" STREAMS("\2", "\2") "\0\5" ALL "\0\0", "7z.malformed", "2^64 - 1 members");
	header_is("\1\4" STREAMS("\2", "\2") "\0\5\1\0\0", "7z.malformed", "no name");
	header_is("\1\4" STREAMS("\2", "\2") "\0\5\2\x11\5\0\0\0\0\0\0\0", "7z.malformed", "a member without content");
	header_is("\1\4" STREAMS("\2", "\2") "\0\5\1\x11\3\1\0\0\0\0", "7z.malformed", "names elsewhere");
	header_is("\1\4" STREAMS("\2", "\2") "\0\5\1\x11\4\0a\0\0\0\0", "7z.malformed", "half a name");
	header_is("\1\4" STREAMS("\2", "\2") "\0\5\1\x11" ALL "\0a\0\0\0\0", "7z.malformed", "names beyond the header");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\x11\5\0b\0\0\0\0\0", "7z.malformed", "names twice");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\x15\6\1\0\x20\0\0\0\0\0", "pass", "attributes");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\x15\7\1\0\x20\0\0\0\0\0\0", "7z.malformed", "one byte too many");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\x15\5\1\0\x20\0\0\0\0", "7z.malformed", "too few");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\x15\6\1\0\x20\4\0\0\0\0", "7z.special", "a link of Windows");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\x15\6\1\0\0\x80\0\xa0\0\0", "7z.special", "a link of Unix");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\x15\6\1\0\x10\0\0\0\0\0", "7z.special", "a folder with content");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\x14\4\0\0\0\0\0\0", "pass", "times");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\x16\1\0\0\0", "7z.malformed", "a comment");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\x19\1\0\x19\1\0\0\0", "pass", "padding");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\x19\1\1\0\0", "7z.layout", "with something in it");
	header_is("\1\4" STREAMS("\2", "\2") "\0" NAMES "\0\0\0", "7z.layout", "a byte behind the end");
	header_is("\1\2\0\4" STREAMS("\2", "\2") "\0" NAMES "\0\0", "7z.malformed", "properties of the archive");
	header_is("\1\4" STREAMS("\2", "\2") "\0\5\1\x11\x09\0\x3d\xd8\0\xde" "a\0\0\0\0\0", "pass", "a name beyond 16 bits");
	header_is("\1\4" STREAMS("\2", "\2") "\0\5\1\x11\x07\0\x3d\xd8" "a\0\0\0\0\0", "7z.name", "half of one");
	header_is("\1\4" STREAMS("\2", "\2") "\0\5\1\x11\x05\0\0\xde\0\0\0\0", "7z.name", "the other half");
	header_is("\1\4" STREAMS("\2", "\2") "\0\5\1\x11\x09\0/\0a\0b\0\0\0\0\0", "7z.name", "an absolute name");
	header_is("\x17\x17", "7z.malformed", "a packed header of nothing");
}

int main(void)
{
	test_frame();
	test_streams();
	test_files();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
