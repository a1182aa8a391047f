/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chunk of a Zarr array, by its name. What codecs make of the bytes is an array of numbers, whatever they are, so it passes where an
 * array's metadata lies above it. Names like "0" say little, so whoever knows the bytes judges them alone, also when they are compressed.
 */
#include "scanners/driver.h"
#include "scanners/formats/bytes.h"
#include "scanners/model/zarr_names.h"
#include "scanners/registry.h"

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)head;
	(void)in;
	return ay_zarr_chunk_name(ay_path_base(path)) ? 1 : 0;
}

/* What a stream holds that has a chunk's name is the chunk. */
static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_scan_result *r = ay_scan_result_of(s);
	const struct ay_scanner *outer = ay_scan_depth(s) == 1 ? ay_scanner_find(r->format) : NULL;

	if (!outer || !(outer->flags & AY_SCANNER_STREAM))
		return ay_formless_scan(s, in);
	snprintf(r->format, sizeof(r->format), "%s", ay_scanner_zarr_chunk.name);
	return 0;
}

const struct ay_scanner ay_scanner_zarr_chunk = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT | AY_SCANNER_FORMLESS | AY_SCANNER_YIELDS, .name = "zarr-chunk", .version = 1, .bid = bid, .scan = scan,
};
