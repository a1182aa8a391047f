/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

/* good.pte of tests/corpus/gen_flat.py: one method that adds a constant of two by two floats, kept in a segment. */
static const uint8_t good[] = {
	48, 0, 0, 0, 69, 84, 49, 50, 101, 104, 48, 48, 24, 0, 0, 0, 208, 2, 0, 0, 0, 0, 0, 0,
	208, 2, 0, 0, 0, 0, 0, 0, 16, 0, 20, 0, 4, 0, 8, 0, 0, 0, 0, 0, 12, 0, 16, 0,
	16, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 60, 2, 0, 0, 104, 2, 0, 0, 1, 0, 0, 0,
	32, 0, 0, 0, 22, 0, 32, 0, 4, 0, 0, 0, 8, 0, 12, 0, 16, 0, 20, 0, 24, 0, 0, 0,
	28, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28, 0, 0, 0, 36, 0, 0, 0, 48, 1, 0, 0,
	52, 1, 0, 0, 56, 1, 0, 0, 172, 1, 0, 0, 224, 1, 0, 0, 7, 0, 0, 0, 102, 111, 114, 119,
	97, 114, 100, 0, 3, 0, 0, 0, 24, 0, 0, 0, 100, 0, 0, 0, 168, 0, 0, 0, 8, 0, 12, 0,
	4, 0, 8, 0, 0, 0, 0, 0, 12, 0, 0, 0, 5, 0, 0, 0, 24, 0, 0, 0, 16, 0, 20, 0,
	4, 0, 0, 0, 8, 0, 12, 0, 0, 0, 16, 0, 0, 0, 0, 0, 20, 0, 0, 0, 6, 0, 0, 0,
	12, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0,
	2, 0, 0, 0, 0, 1, 8, 0, 12, 0, 4, 0, 8, 0, 0, 0, 10, 0, 0, 0, 5, 0, 0, 0,
	16, 0, 0, 0, 12, 0, 16, 0, 4, 0, 0, 0, 8, 0, 12, 0, 12, 0, 0, 0, 6, 0, 0, 0,
	8, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0,
	0, 1, 8, 0, 12, 0, 4, 0, 8, 0, 0, 0, 0, 0, 0, 0, 14, 0, 0, 0, 5, 0, 0, 0,
	24, 0, 0, 0, 18, 0, 20, 0, 4, 0, 0, 0, 8, 0, 12, 0, 0, 0, 0, 0, 16, 0, 0, 0,
	20, 0, 0, 0, 6, 0, 0, 0, 12, 0, 0, 0, 20, 0, 0, 0, 32, 0, 0, 0, 2, 0, 0, 0,
	2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 1, 8, 0, 12, 0, 4, 0, 8, 0, 0, 0,
	10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
	2, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 10, 0, 16, 0, 4, 0, 8, 0, 12, 0, 0, 0,
	12, 0, 0, 0, 12, 0, 0, 0, 16, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
	1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 8, 0, 12, 0, 4, 0, 8, 0,
	8, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 8, 0, 12, 0, 4, 0, 8, 0, 0, 0, 0, 0,
	12, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
	2, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 8, 0, 12, 0, 4, 0, 8, 0, 0, 0, 0, 0,
	12, 0, 0, 0, 8, 0, 0, 0, 20, 0, 0, 0, 9, 0, 0, 0, 97, 116, 101, 110, 58, 58, 97, 100,
	100, 0, 0, 0, 3, 0, 0, 0, 111, 117, 116, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	16, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 8, 0, 24, 0, 8, 0, 16, 0,
	8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0,
	8, 0, 12, 0, 4, 0, 8, 0, 8, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

enum { LENGTH = 12, PROGRAM_SIZE = 16, BASE = 24, SEGMENT = sizeof(good) - 16 };

static const char *changed(size_t at, uint64_t value, int bytes)
{
	uint8_t copy[sizeof(good)];

	memcpy(copy, good, sizeof(good));
	for (int i = 0; i < bytes; i++)
		copy[at + (size_t)i] = (uint8_t)(value >> (8 * i));
	return scan_case_with("a.pte", copy, sizeof(copy), NULL);
}

static void cuts(void)
{
	unsigned passed = 0;

	is_str(scan_case_with("a.pte", good, sizeof(good), NULL), "pass", "the whole file");
	is_str(scan_case_result.format, "executorch", "is ExecuTorch");
	for (size_t len = 1; len < sizeof(good); len++)
		passed += strcmp(scan_case_with("a.pte", good, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix passes");
}

static void header(void)
{
	is_str(changed(LENGTH, 23, 4), "executorch.malformed", "a header that is too short");
	is_str(changed(LENGTH, 32, 4), "pass", "a longer one has more fields");
	is_str(changed(PROGRAM_SIZE, SEGMENT + 1, 8), "executorch.malformed", "a program that reaches into the segments");
	is_str(changed(PROGRAM_SIZE, UINT64_MAX, 8), "executorch.malformed", "one of the longest size");
	is_str(changed(PROGRAM_SIZE, 8, 8), "executorch.truncated", "one that ends before its root");
	is_str(changed(BASE, SEGMENT + 1, 8), "executorch.truncated", "segments one byte too far");
	is_str(changed(BASE, 1ull << 63, 8), "executorch.truncated", "segments far away");
	is_str(changed(BASE, UINT64_MAX, 8), "executorch.truncated", "segments at the end of all numbers");
	is_str(changed(BASE, 0, 8), "executorch.malformed", "no segments");
}

/* Up to a page may pad the last segment. */
static void tail(void)
{
	static uint8_t longer[sizeof(good) + 4096];

	memcpy(longer, good, sizeof(good));
	is_str(scan_case_with("a.pte", longer, sizeof(longer) - 1, NULL), "pass", "the longest padding");
	is_str(scan_case_with("a.pte", longer, sizeof(longer), NULL), "executorch.malformed", "one byte beyond");
}

/* Whatever word is wrong, the reader ends with a verdict. */
static void words(void)
{
	static const uint32_t values[] = {0, 1, 4, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff, sizeof(good), sizeof(good) - 4};
	unsigned judged = 0;

	for (size_t at = 8; at + 4 <= sizeof(good); at += 2)
		for (size_t i = 0; i < AY_ARRAY_LEN(values); i++)
			judged += *changed(at, values[i], 4) != 0;
	is_int(judged, (long long)((sizeof(good) - 10) / 2 * AY_ARRAY_LEN(values)), "each has a verdict");
}

int main(void)
{
	cuts();
	header();
	tail();
	words();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
