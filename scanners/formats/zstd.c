/* SPDX-License-Identifier: Apache-2.0 */
/* zstd is known by name and refused: an opaque suffix does not admit it. */
#include "scanners/registry.h"

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, "\x28\xb5\x2f\xfd", 4) ? 32 : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	(void)in;
	ay_scan_find(s, "format.unsupported", 0, "zstd streams are not judged; decompress it, or use gzip, bzip2, xz or lz4");
	return 0;
}

const struct ay_scanner ay_scanner_zstd = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "zstd", .version = 1, .bid = bid, .scan = scan,
};
