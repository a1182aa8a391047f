/* SPDX-License-Identifier: Apache-2.0 */
/* gzip: members may follow each other, as gzip itself and Python read them; zero padding and other bytes after them are refused. */
#include "scanners/formats/codec.h"
#include "scanners/registry.h"

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, "\x1f\x8b", 2) ? 16 : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	return ay_codec_scan(s, in, &ay_codec_gzip);
}

const struct ay_scanner ay_scanner_gzip = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER | AY_SCANNER_STREAM, .name = "gzip", .version = 1, .bid = bid, .scan = scan,
};
