/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/registry.h"

/* In place of the pickle scanner, which has a target of its own. */
static unsigned bid_never(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)head;
	(void)in;
	(void)path;
	return 0;
}

static int scan_nothing(struct ay_scan *s, struct ay_source *in)
{
	(void)s;
	(void)in;
	return 0;
}

static const struct ay_scanner pickle = { .abi = AY_SCAN_ABI, .name = "pickle", .bid = bid_never, .scan = scan_nothing };

FUZZ_SCANNERS(&ay_scanner_gzip, &ay_scanner_zlib, &ay_scanner_bzip2, &ay_scanner_xz, &ay_scanner_lzma, &ay_scanner_lz4, &ay_scanner_zstd, &ay_scanner_npy, &pickle,
	      &ay_scanner_zarr_chunk)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_scan(data, size, "a.npy.gz");
	fuzz_scan(data, size, "0.0");
	return 0;
}
