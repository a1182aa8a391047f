/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes that a worker, or an approved schema, hands over as a profile. */
#include "scanners/data/reference.h"
#include "tests/fuzz/fuzz_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ay_cell one = {.kind = AY_CELL_TEXT, .text = "1", .len = 1};
	struct ay_budget b;
	struct ay_reference r, batch;
	struct ay_buf again = ay_buf_new(16 * MIB);

	ay_budget_init(&b, size);
	if (ay_reference_decode(data, size, &b, &r) == 0) {
		struct ay_sha256 digest = r.digest;

		ay_reference_encode(&r, &again);
		r.digest = digest;
		if (ay_reference_batch(&r, &b, &batch) == 0) {
			for (size_t i = 0; i < batch.count; i++)
				if (ay_profiled_add(&batch.columns[i], &one) != 0)
					break;
			if (ay_reference_merge(&batch, &r) == 0 && batch.count == 0 && r.count != 0)
				ay_bug("a merge lost columns");
			ay_reference_free(&batch);
		}
		ay_reference_free(&r);
	}
	ay_buf_free(&again);
	return 0;
}
