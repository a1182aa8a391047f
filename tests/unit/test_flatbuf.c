/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

/* good.tflite of tests/corpus/gen_flat.py: one graph that adds a weight of two by two floats. */
static const uint8_t good[] = {
	24, 0, 0, 0, 84, 70, 76, 51, 14, 0, 24, 0, 4, 0, 8, 0, 12, 0, 16, 0, 20, 0, 0, 0,
	16, 0, 0, 0, 3, 0, 0, 0, 16, 0, 0, 0, 52, 0, 0, 0, 140, 1, 0, 0, 148, 1, 0, 0,
	1, 0, 0, 0, 20, 0, 0, 0, 12, 0, 16, 0, 4, 0, 0, 0, 8, 0, 12, 0, 0, 0, 0, 0,
	16, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0,
	14, 0, 24, 0, 4, 0, 8, 0, 12, 0, 16, 0, 20, 0, 0, 0, 16, 0, 0, 0, 20, 0, 0, 0,
	200, 0, 0, 0, 204, 0, 0, 0, 208, 0, 0, 0, 36, 1, 0, 0, 3, 0, 0, 0, 28, 0, 0, 0,
	80, 0, 0, 0, 132, 0, 0, 0, 12, 0, 20, 0, 4, 0, 8, 0, 12, 0, 16, 0, 0, 0, 0, 0,
	16, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0,
	2, 0, 0, 0, 2, 0, 0, 0, 6, 0, 0, 0, 119, 101, 105, 103, 104, 116, 0, 0, 12, 0, 20, 0,
	4, 0, 8, 0, 12, 0, 16, 0, 12, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	16, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 120, 0, 12, 0,
	20, 0, 4, 0, 8, 0, 12, 0, 16, 0, 0, 0, 0, 0, 0, 0, 18, 0, 0, 0, 16, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0,
	1, 0, 0, 0, 121, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,
	1, 0, 0, 0, 20, 0, 0, 0, 14, 0, 24, 0, 4, 0, 8, 0, 12, 0, 16, 0, 20, 0, 0, 0,
	16, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 24, 0, 0, 0, 11, 0, 0, 0, 36, 0, 0, 0,
	2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 6, 0, 5, 0,
	4, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 109, 97, 105, 110,
	0, 0, 0, 0, 7, 0, 0, 0, 97, 32, 109, 111, 100, 101, 108, 0, 2, 0, 0, 0, 12, 0, 0, 0,
	24, 0, 0, 0, 4, 0, 4, 0, 4, 0, 0, 0, 6, 0, 8, 0, 4, 0, 0, 0, 0, 0, 0, 0,
	12, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
};

/* Places in it. */
enum { ROOT = 0, DATA_COUNT = sizeof(good) - 20 };

static const char *changed(size_t at, uint32_t value)
{
	uint8_t copy[sizeof(good)];

	memcpy(copy, good, sizeof(good));
	for (int i = 0; i < 4; i++)
		copy[at + (size_t)i] = (uint8_t)(value >> (8 * i));
	return scan_case_with("a.tflite", copy, sizeof(copy), NULL);
}

static void cuts(void)
{
	unsigned passed = 0;

	is_str(scan_case_with("a.tflite", good, sizeof(good), NULL), "pass", "the whole file");
	is_str(scan_case_result.format, "tflite", "is TensorFlow Lite");
	for (size_t len = 1; len < sizeof(good); len++)
		passed += strcmp(scan_case_with("a.tflite", good, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix passes");
}

static void lengths(void)
{
	is_str(changed(DATA_COUNT, 16), "pass", "the buffer ends with the file");
	is_str(changed(DATA_COUNT, 17), "tflite.truncated", "one byte beyond");
	is_str(changed(DATA_COUNT, 15), "tflite.malformed", "one byte too few for its tensor");
	is_str(changed(DATA_COUNT, UINT32_MAX), "tflite.truncated", "the longest");
	is_str(changed(DATA_COUNT, 1u << 31), "tflite.truncated", "half of it");
	is_str(changed(ROOT, 0), "tflite.malformed", "a root at nothing");
	is_str(changed(ROOT, sizeof(good) - 6), "tflite.malformed", "a root that is not aligned");
	is_str(changed(ROOT, sizeof(good)), "tflite.truncated", "a root beyond the end");
	is_str(changed(ROOT, UINT32_MAX), "tflite.malformed", "a root before the file");
}

/* Whatever word is wrong, the reader ends with a verdict. */
static void words(void)
{
	static const uint32_t values[] = {0, 1, 4, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff, sizeof(good), sizeof(good) - 4};
	unsigned judged = 0;

	for (size_t at = 8; at + 4 <= sizeof(good); at += 2)
		for (size_t i = 0; i < AY_ARRAY_LEN(values); i++)
			judged += *changed(at, values[i]) != 0;
	is_int(judged, (long long)((sizeof(good) - 10) / 2 * AY_ARRAY_LEN(values)), "each has a verdict");
}

int main(void)
{
	cuts();
	lengths();
	words();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
