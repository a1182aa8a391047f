/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/tap.h"
#include "tests/unit/scan_check.h"

#define BLOCK 512

static uint8_t file[64 * BLOCK];
static size_t used;

/* Text at a place of the block that begins at file[at]. */
static void put(size_t at, size_t where, const char *text)
{
	for (size_t i = 0; text[i]; i++)
		file[at + where + i] = (uint8_t)text[i];
}

static void seal(size_t at)
{
	unsigned sum = 0;
	char text[8];

	put(at, 148, "        ");
	for (size_t i = 0; i < BLOCK; i++)
		sum += file[at + i];
	snprintf(text, sizeof(text), "%06o", sum & 0777777);
	put(at, 148, text);
	file[at + 154] = 0;
}

static void start(void)
{
	memset(file, 0, sizeof(file));
	used = 0;
}

/* A header and its content, padded. */
static size_t member(const char *name, char type, const char *content)
{
	size_t at = used, len = strlen(content);
	char size[24];

	put(at, 0, name);
	put(at, 100, "0000644");
	put(at, 108, "0000000");
	put(at, 116, "0000000");
	snprintf(size, sizeof(size), "%011zo", len);
	put(at, 124, size);
	put(at, 136, "00000000000");
	file[at + 156] = (uint8_t)type;
	put(at, 257, "ustar");
	put(at, 263, "00");
	seal(at);
	put(at, BLOCK, content);
	used = at + BLOCK + (len + BLOCK - 1) / BLOCK * BLOCK;
	return at;
}

static void want(size_t len, const char *rule, const char *what)
{
	uint8_t *exact = malloc(len);
	const char *got = NULL;
	enum ay_verdict v;

	if (!exact)
		abort();
	memcpy(exact, file, len);
	v = judge_bytes(exact, len, &got);
	free(exact);
	is_str(got, rule, "%s", what);
	is_int(v, *rule ? AY_FAIL : AY_PASS, "and its verdict");
}

static void one(const char *name, char type, const char *content, const char *rule)
{
	start();
	member(name, type, content);
	want(used + 2 * BLOCK, rule, name);
}

static void test_names(void)
{
	one("a.txt", '0', "hello\n", "");
	one("./a.txt", '0', "hello\n", "");
	one("dir/", '5', "", "");
	one("./", '5', "", "");
	one("/a.txt", '0', "hello\n", "tar.name");
	one("../a.txt", '0', "hello\n", "tar.name");
	one("a/../../b", '0', "hello\n", "tar.name");
	one("a//b", '0', "hello\n", "tar.name");
	one("a/./b", '0', "hello\n", "tar.name");
	one("././b", '0', "hello\n", "tar.name");
	one("a\x1b[1m", '0', "hello\n", "tar.name");
	one("a\\b", '0', "hello\n", "tar.name");
	one("c:b", '0', "hello\n", "tar.name");
	one("a\xff", '0', "hello\n", "tar.name");
	one("a/", '0', "hello\n", "tar.name");
	one("", '0', "hello\n", "tar.name");
	one("..", '5', "", "tar.name");
}

static void test_types(void)
{
	one("link", '2', "", "tar.special");
	one("link", '1', "", "tar.special");
	one("tty", '3', "", "tar.special");
	one("sda", '4', "", "tar.special");
	one("pipe", '6', "", "tar.special");
	one("dense", '7', "", "tar.special");
	one("volume", 'V', "", "tar.special");
	one("long link", 'K', "x", "tar.special");
	one("sparse", 'S', "", "tar.extended");
	one("dir", '5', "content", "tar.special");
}

static void test_pairs(void)
{
	start();
	member("a", '0', "hello\n");
	member("b", '0', "hello\n");
	want(used + 2 * BLOCK, "", "two members");
	start();
	member("a", '0', "hello\n");
	member("./a", '0', "hello\n");
	want(used + 2 * BLOCK, "tar.duplicate-name", "the same name twice");
	start();
	member("a", '0', "hello\n");
	member("A", '0', "hello\n");
	want(used + 2 * BLOCK, "tar.case-fold", "names that differ in case");
	start();
	member("pickle", '0', "hello\n");
	member("storages", '0', "hello\n");
	member("tensors", '0', "hello\n");
	want(used + 2 * BLOCK, "format.unsupported", "the old form of torch");
	start();
	member("a", '0', "cposix\nsystem\n(S'true'\ntR.");
	want(used + 2 * BLOCK, "pickle.call.denied", "a member is judged");
}

static void extended(char type, const char *content, const char *size, const char *rule)
{
	start();
	member("x", type, content);
	size_t at = member("a", '0', "hello\n");

	if (size) {
		put(at, 124, size);
		seal(at);
	}
	want(used + 2 * BLOCK, rule, content);
}

static void test_extended(void)
{
	extended('x', "12 path=abc\n", NULL, "");
	extended('x', "16 path=../../x\n", NULL, "tar.name");
	extended('x', "11 path=/x\n", NULL, "tar.name");
	extended('x', "12 path=abc\n12 path=abd\n", NULL, "tar.extended");
	extended('x', "9 path=ab\n", NULL, "tar.malformed");
	extended('x', "13 path=abc\n", NULL, "tar.malformed");
	extended('x', "0 path=abc\n", NULL, "tar.malformed");
	extended('x', "18446744073709551615 path=abc\n", NULL, "tar.malformed");
	extended('x', " 12 path=abc\n", NULL, "tar.malformed");
	extended('x', "12 path=abc\nx", NULL, "tar.malformed");
	extended('x', "9 size=6\n", NULL, "");
	extended('x', "10 size=6\n", NULL, "");
	extended('x', "10 size=7\n", NULL, "tar.extended");
	extended('x', "11 size=6x\n", NULL, "tar.extended");
	extended('x', "10 size=-\n", NULL, "tar.extended");
	extended('x', "29 size=9223372036854775808\n", NULL, "tar.malformed");
	extended('x', "28 size=9223372036854775808\n", NULL, "tar.extended");
	extended('x', "28 size=9223372036854775807\n", NULL, "tar.extended");
	extended('x', "28 size=9223372036854775807\n", "00000000000", "tar.truncated");
	extended('x', "19 size=8589934592\n", "00000000000", "tar.truncated");
	extended('x', "19 size=8589934591\n", "00000000000", "tar.extended");
	extended('x', "22 GNU.sparse.major=1\n", NULL, "tar.extended");
	extended('x', "21 hdrcharset=BINARY\n", NULL, "tar.extended");
	extended('x', "18 linkpath=/etc/\n", NULL, "tar.extended");
	extended('x', "12 mtime=1.\n", NULL, "");
	extended('g', "17 comment=abcde\n", NULL, "");
	extended('g', "12 path=abc\n", NULL, "tar.extended");
	extended('g', "10 size=6\n", NULL, "tar.extended");
	start();
	member("x", 'x', "12 path=abc\n");
	member("x", 'x', "12 path=abd\n");
	member("a", '0', "hello\n");
	want(used + 2 * BLOCK, "tar.extended", "two extended headers for one member");
	start();
	member("x", 'x', "12 path=abc\n");
	member("x", 'g', "17 comment=abcde\n");
	member("a", '0', "hello\n");
	want(used + 2 * BLOCK, "tar.extended", "a global header between an extended one and its member");
	start();
	member("a", '0', "hello\n");
	member("x", 'x', "12 path=abc\n");
	want(used + 2 * BLOCK, "tar.malformed", "an extended header without a member");
}

static void test_long_name(void)
{
	start();
	size_t at = member("././@LongLink", 'L', "long/name.txt");

	put(at, 124, "00000000016");
	seal(at);
	member("a", '0', "hello\n");
	want(used + 2 * BLOCK, "", "a long name");
	put(at, 124, "00000000015");
	seal(at);
	want(used + 2 * BLOCK, "tar.malformed", "a long name without its end");
	put(at, 124, "00000000017");
	seal(at);
	want(used + 2 * BLOCK, "tar.malformed", "a long name with two ends");
}

static void size_is(const uint8_t *field, const char *rule, const char *what)
{
	start();
	size_t at = member("a", '0', "hello\n");

	memcpy(file + at + 124, field, 12);
	seal(at);
	want(used + 2 * BLOCK, rule, what);
}

static void test_sizes(void)
{
	size_is((const uint8_t *)"\x80\0\0\0\0\0\0\0\0\0\0\6", "", "a binary size");
	size_is((const uint8_t *)"\x80\0\0\0\x80\0\0\0\0\0\0\0", "tar.malformed", "a binary size of 2^63");
	size_is((const uint8_t *)"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", "tar.truncated", "a binary size of 2^63-1");
	size_is((const uint8_t *)"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", "tar.malformed", "a binary size of 2^64-1");
	size_is((const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "tar.malformed", "a negative size");
	size_is((const uint8_t *)"00000000008\0", "tar.malformed", "a digit beyond 7");
	size_is((const uint8_t *)"-0000000006\0", "tar.malformed", "a sign");
	size_is((const uint8_t *)"00000003001\0", "tar.truncated", "one byte more than there is");
	size_is((const uint8_t *)"00000000005\0", "tar.layout", "one byte less than there is");
}

static void test_owner(void)
{
	start();
	size_t at = member("a", '0', "hello\n");

	memcpy(file + at + 108, "\x80\0\0\0\x7f\xff\xff\xff", 8);
	seal(at);
	want(used + 2 * BLOCK, "", "an owner's number in binary, as it is too large for octal digits");
	memcpy(file + at + 108, "0000x00\0", 8);
	seal(at);
	want(used + 2 * BLOCK, "tar.malformed", "an owner's number that is none");
}

static void test_layout(void)
{
	start();
	size_t at = member("a", '0', "hello\n");

	want(used + 2 * BLOCK, "", "two zero blocks");
	want(used + 20 * BLOCK, "", "many zero blocks");
	want(used + BLOCK, "tar.truncated", "one zero block");
	want(used, "tar.truncated", "no zero block");
	want(used + 2 * BLOCK + 1, "tar.truncated", "part of a block after the end");
	file[used + 2 * BLOCK] = 1;
	want(used + 3 * BLOCK, "tar.layout", "a byte after the end");
	file[used + 2 * BLOCK] = 0;
	file[at + BLOCK + 6] = 1;
	want(used + 2 * BLOCK, "tar.layout", "a byte in the padding");
	file[at + BLOCK + 6] = 0;
	file[at + 511] = 1;
	seal(at);
	want(used + 2 * BLOCK, "tar.malformed", "a byte at the end of a header");
	file[at + 511] = 0;
	put(at, 257, "xstar");
	seal(at);
	want(used + 2 * BLOCK, "tar.malformed", "the old form");
	put(at, 257, "ustar");
	want(used + 2 * BLOCK, "tar.malformed", "a wrong checksum");
}

static void test_every_cut(void)
{
	unsigned passed = 0;

	start();
	member("x", 'x', "12 path=abc\n");
	member("a", '0', "hello\n");
	for (size_t len = 1; len < used + 2 * BLOCK; len++)
		passed += judge_bytes(file, len, NULL) <= AY_WARN && len > 1;
	is_int(passed, 0, "no proper prefix of an archive passes");
	for (size_t i = 2 * BLOCK; i < 3 * BLOCK; i++) {
		file[i] ^= 0x10;
		passed += judge_bytes(file, used + 2 * BLOCK, NULL) <= AY_WARN;
		file[i] ^= 0x10;
	}
	is_int(passed, 1, "of all these bits of a header only that which makes a leading zero of the checksum a space");
}

/* Members "NAME CONTENT", and the rule that the archive of them gets; "" when it passes. */
static void samples(const char *const *members, const char *rule, const char *what)
{
	char name[100];

	start();
	for (; *members; members++) {
		size_t n = strcspn(*members, " ");

		snprintf(name, sizeof(name), "%.*s", (int)n, *members);
		member(name, '0', *members + n + 1);
	}
	want(used + 2 * BLOCK, rule, what);
}

#define SAMPLES(rule, what, ...) samples((const char *const[]){__VA_ARGS__, NULL}, rule, what)

static void test_samples(void)
{
	SAMPLES("", "two samples of a WebDataset", "1.ten x", "1.cls 3", "2.ten y", "2.cls -4\n");
	SAMPLES("webdataset.set", "one lacks a label", "1.ten x", "1.cls 3", "2.ten y", "2.cls 4", "3.ten z");
	SAMPLES("", "one sample is none", "1.ten x", "1.cls 3", "3.ten z");
	SAMPLES("webdataset.set", "one has a text more", "1.ten x", "1.cls 3", "2.ten y", "2.cls 4", "2.txt z");
	SAMPLES("webdataset.label", "a label is a word", "1.ten x", "1.cls cat", "2.ten y", "2.cls 4");
	SAMPLES("webdataset.label", "a label has 19 digits", "1.ten x", "1.cls 1234567890123456789", "2.ten y", "2.cls 4");
	SAMPLES("", "a label has 18", "1.ten x", "1.cls 123456789012345678", "2.ten y", "2.cls 4");
	SAMPLES("webdataset.label", "a label has two lines", "1.ten x", "1.cls 1\n\n", "2.ten y", "2.cls 4");
	SAMPLES("webdataset.apart", "a sample lies in two places", "1.ten x", "1.cls 3", "2.ten y", "2.cls 4", "3.ten y", "4.ten y", "4.cls 4", "3.cls 4");
	SAMPLES("webdataset.duplicate", "a kind is there twice but for case", "1.ten x", "1.cls 3", "1.CLS 4", "2.ten y", "2.cls 4");
	SAMPLES("webdataset.text", "JSON that is nothing", "1.ten x", "1.json ", "2.ten y", "2.json {}");
	SAMPLES("", "names without dots, and hidden ones, are no samples", "README x", "1.ten x", "1.cls 3", ".hidden x", "2.ten y", "2.cls 4");
	SAMPLES("", "the folder is part of the name", "a/1.ten x", "a/1.cls 3", "b/1.ten x", "b/1.cls 3");
}

int main(void)
{
	test_samples();
	test_names();
	test_types();
	test_pairs();
	test_extended();
	test_long_name();
	test_sizes();
	test_owner();
	test_layout();
	test_every_cut();
	return done_testing();
}
