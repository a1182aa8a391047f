/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/parquet.h"

#include <math.h>

#include "scanners/formats/codec.h"
#include "tests/lib/scan_case.h"

#define BYTES(literal) ay_cursor_of(literal, sizeof(literal) - 1, 0)

static struct ay_budget budget;

/* Columns i (three numbers) and t (a text, null, a text, by a dictionary), with checksums: written by gen_tables.py. */
static const char small[] =
	"PAR1\x15\x00\x15\x18\x15\x18\x15\xb3\xe8\xef\xb4\x0b\x1c\x15\x06\x15\x00\x15\x06\x15\x06\x00\x00\x01\x00\x00\x00"
	"\xfe\xff\xff\xff\x03\x00\x00\x00\x15\x04\x15\x16\x15\x16\x15\xe2\xc6\x85\x97\x09<\x15\x04\x15\x00\x12\x00\x00\x01"
	"\x00\x00\x00""a\x02\x00\x00\x00""bc\x15\x00\x15\x12\x15\x12\x15\xa4\xb8\x87\xc6\x0f\x1c\x15\x06\x15\x10\x15\x06"
	"\x15\x06\x00\x00\x02\x00\x00\x00\x03\x05\x01\x03\x02\x15\x02\x19<H\x06schema\x15\x04\x00\x15\x02%\x00\x18\x01i"
	"\x00\x15\x0c%\x02\x18\x01t%\x00L\x1c\x00\x00\x00\x16\x06\x19\x1c\x19,&\x08\x1c\x15\x02\x19%\x00\x06\x19\x18\x01"
	"i\x15\x00\x16\x06\x16""F\x16""F&\x08\x00\x00&N\x1c\x15\x0c\x19%\x00\x06\x19\x18\x01t\x15\x00\x16\x06\x16~\x16~"
	"&\x8c\x01&N\x00\x00\x16\xc4\x01\x16\x06\x00(\x0dgen_tables.py\x00v\x00\x00\x00PAR1";

static void test_file(void)
{
	unsigned passed = 0, cut = 0;

	is_str(scan_case_with("t.parquet", small, sizeof(small) - 1, NULL), "pass", "a small file");
	is_str(scan_case_result.format, "parquet", "is Parquet");
	is_str(scan_case_with("t.parquet", small, sizeof(small) - 1, "{\"fields\":[{\"name\":\"zz\",\"type\":\"any\"}]}"), "schema.columns", "the schema has other columns");
	is_str(scan_case_with("t.parquet", "PAR1\0\0\0\0PAR1", 12, NULL), "parquet.truncated", "a footer of no bytes");
	is_str(scan_case_with("t.parquet", "PAR1\1\0\0\0PAR1", 12, NULL), "parquet.truncated", "a footer of one byte that is not there");
	is_str(scan_case_with("t.parquet", "PAR1\xff\xff\xff\xffPAR1", 12, NULL), "parquet.truncated", "a footer of 2^32 - 1");
	/* The first bytes alone are text. */
	for (size_t len = 4; len < sizeof(small) - 1; len++) {
		scan_case_with("t.parquet", small, len, NULL);
		cut += scan_case_result.verdict <= AY_WARN;
	}
	is_int(cut, 0, "no proper prefix passes");
	for (size_t i = 4; i < 4 + 98; i++) {
		char changed[sizeof(small)];

		memcpy(changed, small, sizeof(small));
		changed[i] ^= 0x20;
		scan_case_with("t.parquet", changed, sizeof(small) - 1, NULL);
		passed += scan_case_result.verdict <= AY_WARN;
	}
	is_int(passed, 7, "of the single bits flipped in the pages only those pass that say how absent levels are encoded, or what is sorted");
}

/* ---- runs ---- */

static void runs_are(struct ay_cursor c, unsigned width, size_t n, const uint32_t *want, int end, const char *what)
{
	struct ay_pq_runs r;
	uint32_t got[64];

	ay_pq_runs_open(&r, c, width);
	int rc = ay_pq_runs_take(&r, got, n);

	if (!want) {
		is_int(rc, AY_EFORMAT, "%s: refused", what);
		return;
	}
	ok(rc == 0 && memcmp(got, want, n * sizeof(*want)) == 0, "%s", what);
	is_int(ay_pq_runs_end(&r), end, "%s: what is left", what);
}

static void test_runs(void)
{
	static const uint32_t sevens[8] = {7, 7, 7, 7, 7, 7, 7, 7}, steps[8] = {0, 1, 2, 3, 4, 5, 6, 7}, zeros[64] = {0},
			      wide[2] = {UINT32_MAX, UINT32_MAX};

	runs_are(BYTES("\x10\x07"), 3, 8, sevens, 0, "a run of eight");
	runs_are(BYTES("\x12\x07"), 3, 8, sevens, AY_EFORMAT, "a run of nine for eight");
	runs_are(BYTES("\x0e\x07"), 3, 8, NULL, 0, "a run of seven for eight");
	runs_are(BYTES("\x10\x08"), 3, 8, NULL, 0, "a value wider than its width");
	runs_are(BYTES("\x00\x07"), 3, 8, NULL, 0, "a run of none");
	runs_are(BYTES("\x10"), 3, 8, NULL, 0, "a run without its value");
	runs_are(BYTES(""), 3, 8, NULL, 0, "nothing");
	runs_are(BYTES("\x03\x88\xc6\xfa"), 3, 8, steps, 0, "a packed group");
	runs_are(BYTES("\x03\x88\xc6\xfa"), 3, 1, steps, 0, "one of a group");
	runs_are(BYTES("\x41\x88\xc6\xfa"), 3, 8, steps, 0, "32 groups for eight");
	runs_are(BYTES("\x43\x88\xc6\xfa"), 3, 8, steps, AY_EFORMAT, "33 groups for eight");
	runs_are(BYTES("\x03\x88\xc6"), 3, 5, steps, 0, "a group without its padding");
	runs_are(BYTES("\x03\x88\xc6"), 3, 8, NULL, 0, "a group without its last values");
	runs_are(BYTES("\x03\x88\xc6\xfa\x00"), 3, 8, steps, AY_EFORMAT, "a byte behind");
	runs_are(BYTES("\x80\x01"), 0, 64, zeros, 0, "numbers of no bits");
	runs_are(BYTES("\x04\xff\xff\xff\xff"), 32, 2, wide, 0, "numbers of 32 bits");
	runs_are(BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 3, 8, NULL, 0, "2^63 groups");
}

/* ---- deltas ---- */

static void deltas_are(struct ay_cursor c, uint64_t max, size_t n, const int64_t *want, const char *what)
{
	struct ay_pq_delta d;
	struct ay_cursor behind = {.left = 0};
	bool same = true;

	ay_pq_delta_open(&d, c, max, 64);
	int rc = d.c.err ? d.c.err : ay_pq_delta_behind(&d, &budget, &behind);

	for (size_t i = 0; i < n && want; i++)
		same &= (int64_t)ay_pq_delta_next(&d) == want[i];
	if (want)
		ok(!rc && same && !d.c.err && !d.bits.c.err && !d.left && behind.off == d.c.off, "%s", what);
	else
		ok(rc == AY_EFORMAT || rc == AY_ETRUNC, "%s: refused", what);
}

static void test_deltas(void)
{
	static const int64_t one[] = {-3}, fall[] = {7, 5, 3, 1, 2, 3, 4, 5};

	deltas_are(BYTES("\x80\x01\x04\x01\x05"), 1, 1, one, "one value");
	deltas_are(BYTES("\x80\x01\x04\x00\x00"), 1, 0, one, "no value");
	deltas_are(BYTES("\x80\x01\x04\x08\x0e\x03\x02\x00\x00\x00\xc0\x3f\x00\x00\x00\x00\x00\x00"), 8, 8, fall, "the sample of the format");
	deltas_are(BYTES("\x80\x01\x04\x08\x0e\x03\x02\x00\x00\x00\xc0\x3f\x00\x00\x00\x00\x00\x00"), 7, 0, NULL, "one more than may be");
	deltas_are(BYTES("\x80\x01\x04\x08\x0e\x03\x02\x00\x00\x00\xc0\x3f\x00\x00\x00\x00\x00"), 8, 0, NULL, "a byte too few");
	deltas_are(BYTES("\x80\x01\x04\x08\x0e\x03\x41\x00\x00\x00"), 8, 0, NULL, "a width of 65 bits");
	deltas_are(BYTES("\x00\x04\x01\x05"), 1, 0, NULL, "blocks of none");
	deltas_are(BYTES("\x80\x01\x00\x01\x05"), 1, 0, NULL, "no miniblocks");
	deltas_are(BYTES("\x80\x01\x03\x01\x05"), 1, 0, NULL, "miniblocks that do not divide a block");
	deltas_are(BYTES("\x80\x01\x08\x01\x05"), 1, 0, NULL, "miniblocks of 16");
	deltas_are(BYTES("\x80\x80\x80\x01\x04\x01\x05"), 1, 0, NULL, "a block that is too large");
	deltas_are(BYTES("\x80\x01"), 1, 0, NULL, "a cut head");
}

/* ---- snappy ---- */

static void snappy_is(struct ay_cursor c, const char *want, size_t len, const char *what)
{
	uint8_t *out = malloc(len + 1);

	if (!out)
		abort();
	int rc = ay_snappy_block(c, out, len);

	if (want)
		ok(rc == 0 && memcmp(out, want, len) == 0, "%s", what);
	else
		is_int(rc, AY_EFORMAT, "%s: refused", what);
	free(out);
}

static void test_snappy(void)
{
	snappy_is(BYTES("\x00"), "", 0, "nothing");
	snappy_is(BYTES("\x03\x08" "abc"), "abc", 3, "a literal");
	snappy_is(BYTES("\x03\xf0\x02" "abc"), "abc", 3, "a literal with its length behind");
	snappy_is(BYTES("\x07\x04" "ab\x01\x02\x00" "c"), "abababc", 7, "a copy that repeats itself");
	snappy_is(BYTES("\x06\x04" "ab\x0e\x02\x00"), "ababab", 6, "a copy with two bytes of distance");
	snappy_is(BYTES("\x06\x04" "ab\x0f\x02\x00\x00\x00"), "ababab", 6, "a copy with four");
	snappy_is(BYTES("\x06\x04" "ab\x0e\x03\x00"), NULL, 6, "a copy from before the start");
	snappy_is(BYTES("\x06\x04" "ab\x0e\x00\x00"), NULL, 6, "a copy from no distance");
	snappy_is(BYTES("\x05\x04" "ab\x0e\x02\x00"), NULL, 5, "a copy beyond the end");
	snappy_is(BYTES("\x07\x04" "ab\x0e\x02\x00"), NULL, 7, "less than it says");
	snappy_is(BYTES("\x06\x04" "ab\x0e\x02"), NULL, 6, "a cut copy");
	snappy_is(BYTES("\x03\x0c" "abc"), NULL, 3, "a literal beyond the end");
	snappy_is(BYTES("\x04\x08" "abc"), NULL, 3, "another length than asked for");
	snappy_is(BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), NULL, 3, "a length of 2^64 - 1");
	snappy_is(BYTES("\x03\xfc\xff\xff\xff\xff"), NULL, 3, "a literal of 2^32");
	snappy_is(BYTES(""), NULL, 0, "no length");
}

/* ---- meaning ---- */

static void test_meaning(void)
{
	struct ay_pq_leaf leaf = {.type = AY_PQ_INT32, .logical = AY_PQ_INT, .bits = 8, .is_signed = true};
	static const uint64_t edges[] = {127, 0xffffff80}, beyond[] = {128}, large[] = {UINT32_MAX};
	int64_t i64[2] = {0, 0};
	double f64 = 0;

	ok(!ay_pq_mean_i64(&leaf, edges, i64, 2) && i64[0] == 127 && i64[1] == -128, "the edges of a signed byte");
	ok(ay_pq_mean_i64(&leaf, beyond, i64, 1), "one beyond");
	leaf = (struct ay_pq_leaf){.type = AY_PQ_INT32, .logical = AY_PQ_INT, .bits = 32};
	ok(!ay_pq_mean_i64(&leaf, large, i64, 1) && i64[0] == UINT32_MAX, "the largest of 32 bits without sign");
	leaf = (struct ay_pq_leaf){.type = AY_PQ_FIXED, .width = 2, .logical = AY_PQ_FLOAT16, .form = AY_PQ_AS_F64};
	ok(!ay_pq_mean_wide(&leaf, BYTES("\x00\x3c"), i64, &f64) && f64 == 1, "half: one");
	ok(!ay_pq_mean_wide(&leaf, BYTES("\x01\x80"), i64, &f64) && f64 == -0x1p-24, "half: the least below zero");
	ok(!ay_pq_mean_wide(&leaf, BYTES("\xff\x7b"), i64, &f64) && f64 == 65504, "half: the largest");
	ok(!ay_pq_mean_wide(&leaf, BYTES("\x00\xfc"), i64, &f64) && f64 == -INFINITY, "half: minus infinity");
	ok(!ay_pq_mean_wide(&leaf, BYTES("\x01\x7c"), i64, &f64) && isnan(f64), "half: no number");
	leaf = (struct ay_pq_leaf){.type = AY_PQ_BYTES, .logical = AY_PQ_DECIMAL, .precision = 18, .form = AY_PQ_AS_I64};
	ok(!ay_pq_mean_wide(&leaf, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"), i64, &f64) && i64[0] == -2, "a decimal with spare bytes");
	ok(ay_pq_mean_wide(&leaf, BYTES("\x01\x00\x00\x00\x00\x00\x00\x00\x00"), i64, &f64), "2^64 in 18 digits");
	ok(ay_pq_mean_wide(&leaf, BYTES("\x0d\xe0\xb6\xb3\xa7\x64\x00\x00"), i64, &f64), "10^18 in 18 digits");
	ok(!ay_pq_mean_wide(&leaf, BYTES("\x0d\xe0\xb6\xb3\xa7\x63\xff\xff"), i64, &f64), "10^18 - 1 in 18 digits");
	ok(ay_pq_mean_wide(&leaf, BYTES(""), i64, &f64), "a decimal of no bytes");
}

int main(void)
{
	ay_budget_init(&budget, 1 * MIB);
	test_file();
	test_runs();
	test_deltas();
	test_snappy();
	test_meaning();
	return done_testing();
}
