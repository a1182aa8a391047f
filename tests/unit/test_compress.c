/* SPDX-License-Identifier: Apache-2.0 */
/* Each codec on its smallest stream, cut and extended everywhere; and the spool that holds what comes out. */
#include "scanners/formats/inflate.h"
#include "scanners/spool.h"
#include "tests/lib/tap.h"
#include "tests/unit/scan_check.h"

/* Compressed nothing, as gzip -n, zlib.compress, bzip2, xz --check=crc32, xz --format=lzma, lz4 --no-frame-crc and zstd write it. */
static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	bool several;                       /* streams may follow each other */
} empties[] = {
	{ "gzip", "\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0", 20, true },
	{ "zlib", "\x78\x9c\x03\0\0\0\0\x01", 8, false },
	{ "bzip2", "BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0", 14, true },
	{ "xz", "\xfd" "7zXZ\0\0\x01\x69\x22\xde\x36\0\0\0\0\x1c\xdf\x44\x21\x90\x42\x99\x0d\x01\0\0\0\0\x01YZ", 32, true },
	{ "lzma", "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x83\xff\xfb\xff\xff\xc0\0\0\0", 23, false },
	{ "lz4", "\x04\x22\x4d\x18\x60\x40\x82\0\0\0\0", 11, false },
	{ "zstd", "\x28\xb5\x2f\xfd\x24\x00\x01\0\0\x99\xe9\xd8\x51", 13, true },
};

static void test_empties(void)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(empties); i++) {
		struct ay_buf longer = ay_buf_new(4096);
		unsigned passed = 0;

		is_int(judge_bytes(empties[i].bytes, empties[i].len, NULL), AY_PASS, "%s of nothing passes", empties[i].name);
		for (size_t len = 1; len < empties[i].len; len++)
			passed += judge_bytes(empties[i].bytes, len, NULL) <= AY_WARN;
		is_int(passed, 0, "%s: no proper prefix does", empties[i].name);
		ay_buf_add(&longer, empties[i].bytes, empties[i].len);
		ay_buf_addc(&longer, 0);
		is_int(judge_bytes(longer.data, longer.len, NULL), AY_FAIL, "%s: nor with a zero byte after it", empties[i].name);
		ay_buf_clear(&longer);
		ay_buf_add(&longer, empties[i].bytes, empties[i].len);
		ay_buf_add(&longer, empties[i].bytes, empties[i].len);
		is_int(judge_bytes(longer.data, longer.len, NULL), empties[i].several ? AY_PASS : AY_FAIL, "%s: two streams", empties[i].name);
		ay_buf_free(&longer);
	}
}

/* A scanner's place to test the spool from: the driver gives it a scan. */
static int (*body)(struct ay_scan *s);

static int run_body(struct ay_scan *s, struct ay_source *in)
{
	(void)in;
	return body(s);
}

static unsigned bid_all(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, "spool", 5) ? 40 : 0;
}

static const struct ay_scanner spooler = { .abi = AY_SCAN_ABI, .name = "spooler", .bid = bid_all, .scan = run_body };
extern const struct ay_scanner ay_scanner_gzip, ay_scanner_zlib, ay_scanner_bzip2, ay_scanner_xz, ay_scanner_lzma, ay_scanner_lz4, ay_scanner_zstd;
const struct ay_scanner *const ay_scanners[] = {
	&spooler, &ay_scanner_gzip, &ay_scanner_zlib, &ay_scanner_bzip2, &ay_scanner_xz, &ay_scanner_lzma, &ay_scanner_lz4, &ay_scanner_zstd,
};
const size_t ay_scanners_count = AY_ARRAY_LEN(ay_scanners);

const struct ay_scanner *ay_scanner_find(const char *name)
{
	for (size_t i = 0; i < ay_scanners_count; i++)
		if (strcmp(ay_scanners[i]->name, name) == 0)
			return ay_scanners[i];
	return NULL;
}

static uint8_t chunk[1 << 20];

static int spool_ratio(struct ay_scan *s)
{
	struct ay_spool sp;

	ay_spool_begin(&sp, s, 10);
	is_int(ay_spool_announce(&sp, AY_LIMIT_SCAN_RATIO_FREE + 10 * AY_LIMIT_SCAN_RATIO - 1), 0, "just below the ratio");
	is_int(ay_spool_announce(&sp, AY_LIMIT_SCAN_RATIO_FREE + 10 * AY_LIMIT_SCAN_RATIO), AY_ELIMIT, "at the ratio");
	is_int(ay_spool_write(&sp, chunk, sizeof(chunk)), 0, "the first MiB is free");
	is_int(ay_spool_write(&sp, chunk, 2000), AY_ELIMIT, "writing obeys the ratio too");
	ay_spool_free(&sp);
	return 0;
}

/* Writes 64 MiB of numbered MiBs and reads them back. */
static int spool_large(struct ay_scan *s)
{
	struct ay_spool outer, inner;
	struct ay_source in;
	unsigned wrong = 0;

	ay_spool_begin(&outer, s, 64 * MIB);
	for (unsigned i = 0; i < 64; i++) {
		chunk[0] = (uint8_t)i;
		wrong += ay_spool_write(&outer, chunk, sizeof(chunk)) != 0;
	}
	ok(outer.in_scratch, "64 MiB go to the scratch file");
	ay_spool_begin(&inner, s, 64 * MIB);
	for (unsigned i = 0; i < 40; i++)
		wrong += ay_spool_write(&inner, chunk, sizeof(chunk)) != 0;
	in = ay_spool_source(&outer);
	for (unsigned i = 0; i < 64; i++) {
		uint8_t first = 0xff;

		wrong += ay_source_read_full(&in, i * sizeof(chunk), &first, 1) != 0 || first != i;
	}
	is_int(ay_source_read_full(&in, 64 * MIB - 1, chunk, 2), AY_ETRUNC, "reading beyond the end is refused");
	is_int(wrong, 0, "a nested spool leaves the outer one alone");
	ay_spool_free(&inner);
	ay_spool_free(&outer);
	return 0;
}

static int spool_without_scratch(struct ay_scan *s)
{
	struct ay_spool sp;
	int rc = 0;

	ay_spool_begin(&sp, s, 64 * MIB);
	for (unsigned i = 0; i < 64 && rc == 0; i++)
		rc = ay_spool_write(&sp, chunk, sizeof(chunk));
	is_int(rc, AY_ELIMIT, "without a scratch file 64 MiB are too much");
	ay_spool_free(&sp);
	is_int((long long)ay_scan_budget(s)->alloc_left, AY_LIMIT_SCAN_ALLOC, "and nothing stays allocated");
	return 0;
}

static void test_spool(void)
{
	FILE *scratch = tmpfile();
	const char *rule = NULL;

	body = spool_ratio;
	is_int(judge_bytes("spool", 5, &rule), AY_FAIL, "a bomb fails");
	is_str(rule, "limit.ratio", "by its ratio");
	body = spool_without_scratch;
	is_int(judge_bytes("spool", 5, &rule), AY_INCONCLUSIVE, "what does not fit is not judged");
	is_str(rule, "limit.memory", "for lack of memory");
	if (!scratch)
		return;
	ay_scratch_fd(fileno(scratch));
	body = spool_large;
	is_int(judge_bytes("spool", 5, NULL), AY_PASS, "with a scratch file it is");
	fseek(scratch, 0, SEEK_END);
	is_int(ftell(scratch), 0, "which is empty again afterwards");
	ay_scratch_fd(-1);
	fclose(scratch);
}

static void test_inflate(void)
{
	char out[8];

	is_int(ay_crc32(0, "123456789", 9), 0xcbf43926, "CRC-32 of the check string");
	is_int(ay_crc32(ay_crc32(0, "1234", 4), "56789", 5), 0xcbf43926, "also in two parts");
	is_int(ay_inflate_whole("\x01\x03\0\xfc\xff" "abc", 8, out, 3), 0, "a stored block");
	is_int(ay_inflate_whole("\x01\x03\0\xfc\xff" "abcd", 9, out, 3), AY_EFORMAT, "a byte too many");
	is_int(ay_inflate_whole("\x01\x03\0\xfc\xff" "abc", 8, out, 4), AY_EFORMAT, "too little output");
	is_int(ay_inflate_whole("\x01\x03\0\xfc\xff" "abc", 8, out, 2), AY_EFORMAT, "too much output");
}

int main(void)
{
	test_empties();
	test_spool();
	test_inflate();
	return done_testing();
}
