/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker counted of a table or measured of an image, as the gate reads it: it has one form, and counts add up with themselves. */
#include "scanners/data/image_row.h"
#include "tests/fuzz/fuzz_scan.h"

static void add_up(const uint8_t *data, size_t size, struct ay_budget *b, struct ay_batch *one)
{
	struct ay_batch other;

	if (ay_batch_decode(data, size, b, &other))
		return;
	uint64_t before = one->outliers.rows;

	if (ay_batch_merge(one, &other) == 0 && one->outliers.rows < before)
		ay_bug("a merge lost rows");
	ay_batch_free(&other);
}

static void image(const uint8_t *data, size_t size)
{
	struct ay_buf again = ay_buf_new(16 * MIB);
	struct ay_pixels_seen seen;

	if (ay_image_decode(data, size, &seen)) {
		ay_image_encode(&seen, &again);
		if (again.len != size || memcmp(again.data, data, size) != 0)
			ay_bug("an image has two forms");
	}
	ay_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_buf again = ay_buf_new(16 * MIB);
	struct ay_batch one;
	struct ay_budget b;

	image(data, size);
	ay_budget_init(&b, size);
	uint64_t whole = b.alloc_left;

	if (ay_batch_decode(data, size, &b, &one) == 0) {
		ay_batch_encode(&one, &again);
		if (!again.err && (again.len != size || memcmp(again.data, data, size) != 0))
			ay_bug("counts have two forms");
		add_up(data, size, &b, &one);
		ay_batch_free(&one);
	}
	if (b.alloc_left != whole)
		ay_bug("memory is left behind");
	ay_buf_free(&again);
	return 0;
}
