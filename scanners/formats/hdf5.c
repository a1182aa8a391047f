/* SPDX-License-Identifier: Apache-2.0 */
/* HDF5 (Keras .h5, datasets): recognised, so that policy may admit it as opaque; not judged. */
#include "scanners/driver.h"
#include "scanners/registry.h"

#define SIGNATURE "\x89HDF\r\n\x1a\n"
#define SIGNATURE_LEN 8
/* A user block may stand before the signature, in sizes 512, 1024, 2048 ...; HDF5's tools write no more than these. */
#define LAST_USER_BLOCK 2048

static unsigned hdf5_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)path;
	if (ay_cursor_starts(&head, SIGNATURE, SIGNATURE_LEN))
		return 8 * SIGNATURE_LEN;
	for (uint64_t off = 512; off <= LAST_USER_BLOCK; off *= 2) {
		char got[SIGNATURE_LEN];

		if (off + SIGNATURE_LEN > in->size || ay_source_read_full(in, off, got, sizeof(got)) != 0)
			return 0;
		if (memcmp(got, SIGNATURE, sizeof(got)) == 0)
			return 8 * SIGNATURE_LEN;
	}
	return 0;
}

static int hdf5_scan(struct ay_scan *s, struct ay_source *in)
{
	(void)in;
	if (ay_scan_is_opaque(s))
		ay_scan_find(s, "format.opaque", AY_NO_OFFSET, "an HDF5 file, admitted unread by its suffix, as the policy says");
	else
		ay_scan_find(s, "format.unsupported", 0, "this is an HDF5 file, which is not judged: it can hold Keras layers with code");
	return 0;
}

const struct ay_scanner ay_scanner_hdf5 = {
	.abi = AY_SCAN_ABI, .name = "hdf5", .version = 1, .bid = hdf5_bid, .scan = hdf5_scan
};
