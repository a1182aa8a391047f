/* SPDX-License-Identifier: Apache-2.0 */
/* The archive and its configuration; the weights have a target of their own. */
#include "tests/fuzz/fuzz_scan.h"

#include "scanners/registry.h"

static unsigned no_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)head;
	(void)in;
	(void)path;
	return 0;
}

static int no_scan(struct ay_scan *s, struct ay_source *in)
{
	(void)s;
	(void)in;
	return 0;
}

static const struct ay_scanner weights = { .abi = AY_SCAN_ABI, .name = "hdf5", .bid = no_bid, .scan = no_scan };

FUZZ_SCANNERS(&ay_scanner_zip, &ay_scanner_keras, &ay_scanner_json, &ay_scanner_text, &ay_scanner_npz, &ay_scanner_npy, &ay_scanner_pickle, &ay_scanner_torch_legacy, &weights)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_scan(data, size, "a.keras");
	return 0;
}
