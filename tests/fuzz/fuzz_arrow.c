/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/formats/arrow.h"
#include "scanners/registry.h"

/* As the scanner, with a sink, so that the values are looked at too. */
static struct ay_scanner counted;

FUZZ_SCANNERS(&counted)

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_column_counts counts = {.budget = ay_scan_budget(s)};
	struct ay_columns sink = ay_column_counts_sink(&counts);
	int rc = ay_arrow_read(s, in, &sink);

	ay_column_counts_free(&counts);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	counted = ay_scanner_arrow;
	counted.scan = scan;
	fuzz_scan(data, size, "a.arrow");
	return 0;
}
