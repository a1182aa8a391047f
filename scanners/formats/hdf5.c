/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HDF5: weights and models of Keras 1 and 2, the weights in a .keras archive,
 * tables of PyTables and pandas, plain data. What is read of them before
 * libhdf5 is asked.
 */
#include "scanners/formats/hdf5.h"
#include "scanners/registry.h"

static bool lacking;

bool ay_scanners_lacking(void)
{
	bool was = lacking;

	lacking = false;
	return was;
}

/* Not without the library; then the scan ends, for another program must begin it anew. */
static int judge(struct ay_scan *s, struct ay_source *in)
{
	if (!ay_hdf5_library) {
		lacking = true;
		ay_scan_find(s, "scan.error", AY_NO_OFFSET, "hdf5: this program is not linked with libhdf5");
		return AY_EUNSUPPORTED;
	}
	int rc = ay_hdf5_library->prepare();

	return rc ? rc : ay_hdf5_library->judge(s, in);
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_hdf5_super super;
	struct ay_cursor head;
	struct ay_buf b = ay_buf_new(AY_HDF5_SIGNATURE_LEN);
	int rc = ay_source_load(in, 0, in->size < AY_HDF5_SIGNATURE_LEN ? (size_t)in->size : AY_HDF5_SIGNATURE_LEN, &b, &head);

	if (rc == 0 && !ay_cursor_starts(&head, AY_HDF5_SIGNATURE, AY_HDF5_SIGNATURE_LEN)) {
		ay_scan_find(s, "hdf5.layout", 0, "the file does not begin with the signature of HDF5");
		rc = AY_EFORMAT;
	}
	ay_buf_free(&b);
	if (rc == 0)
		rc = ay_hdf5_superblock(s, in, &super);
	if (rc == 0)
		rc = ay_hdf5_check(s, in, &super);
	if (rc == 0)
		rc = judge(s, in);
	return rc == AY_EFORMAT ? 0 : rc;
}

/* HDF5 looks for its signature at 0, 512, 1024, 2048 and so on, twice as far each time: what stands before is a user block. */
static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)path;
	if (ay_cursor_starts(&head, AY_HDF5_SIGNATURE, AY_HDF5_SIGNATURE_LEN))
		return 8 * AY_HDF5_SIGNATURE_LEN;
	for (uint64_t off = 512; off < in->size && in->size - off >= AY_HDF5_SIGNATURE_LEN && off < AY_LIMIT_FILE_BYTES; off *= 2) {
		struct ay_buf b = ay_buf_new(AY_HDF5_SIGNATURE_LEN);
		struct ay_cursor c;
		int rc = ay_source_load(in, off, AY_HDF5_SIGNATURE_LEN, &b, &c);
		bool found = rc == 0 && ay_cursor_starts(&c, AY_HDF5_SIGNATURE, AY_HDF5_SIGNATURE_LEN);

		ay_buf_free(&b);
		if (rc < 0 || found)
			return found ? 8 * AY_HDF5_SIGNATURE_LEN : 0;
	}
	return 0;
}

const struct ay_scanner ay_scanner_hdf5 = {
	.abi = AY_SCAN_ABI, .name = "hdf5", .version = 5, .bid = bid, .scan = scan,
};
