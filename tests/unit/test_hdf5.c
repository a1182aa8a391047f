/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before libhdf5: superblocks, and attributes as text. Whole files, good and bad, are in tests/corpus/gen_keras.py. */
#include "scanners/formats/hdf5.h"
#include "tests/lib/scan_case.h"

/* A superblock of version 2 and nothing else: the library finds no root group. */
struct fields {
	unsigned version, address_bytes, length_bytes, status;
	uint64_t base, extension, end, root;
};
#define PLAIN { .version = 2, .address_bytes = 8, .length_bytes = 8, .extension = UINT64_MAX, .end = 48, .root = 48 }

static struct ay_buf file_of(const struct fields *f)
{
	struct ay_buf b = ay_buf_new(4096);

	ay_buf_add(&b, AY_HDF5_SIGNATURE, AY_HDF5_SIGNATURE_LEN);
	ay_buf_addc(&b, (char)f->version);
	ay_buf_addc(&b, (char)f->address_bytes);
	ay_buf_addc(&b, (char)f->length_bytes);
	ay_buf_addc(&b, (char)f->status);
	ay_buf_le64(&b, f->base);
	ay_buf_le64(&b, f->extension);
	ay_buf_le64(&b, f->end);
	ay_buf_le64(&b, f->root);
	ay_buf_le32(&b, 0);
	return b;
}

static void superblock_is(struct fields f, const char *rule, const char *what)
{
	struct ay_buf b = file_of(&f);

	is_str(scan_case_with("x.h5", b.data, b.len, NULL), rule, "%s", what);
	ay_buf_free(&b);
}

static void test_superblocks(void)
{
	struct fields plain = PLAIN, f;

	superblock_is(plain, "hdf5.malformed", "a superblock alone, with a wrong checksum");
	f = plain, f.version = 4;
	superblock_is(f, "hdf5.unusual", "a version that is not known");
	f = plain, f.address_bytes = 4;
	superblock_is(f, "hdf5.unusual", "short addresses");
	f = plain, f.length_bytes = 16;
	superblock_is(f, "hdf5.unusual", "long lengths");
	f = plain, f.status = 1;
	superblock_is(f, "hdf5.malformed", "a file still open for writing");
	f = plain, f.base = 512;
	superblock_is(f, "hdf5.layout", "a base elsewhere");
	f = plain, f.extension = 48;
	superblock_is(f, "hdf5.unusual", "an extension");
	f = plain, f.end = 47;
	superblock_is(f, "hdf5.layout", "a byte more than the superblock says");
	f = plain, f.end = 49;
	superblock_is(f, "hdf5.truncated", "a byte less");
	f = plain, f.end = UINT64_MAX;
	superblock_is(f, "hdf5.truncated", "an end beyond all files");
	f = plain, f.end = 1ull << 63;
	superblock_is(f, "hdf5.truncated", "an end of 2^63");
}

static void test_cuts(void)
{
	struct fields plain = PLAIN;
	struct ay_buf b = file_of(&plain);

	for (size_t len = 1; len < b.len; len++)
		if (strcmp(scan_case_with("x.h5", b.data, len, NULL), "pass") == 0)
			ok(false, "%zu bytes pass", len);
	ok(strcmp(scan_case_with("x.h5", b.data, AY_HDF5_SIGNATURE_LEN, NULL), "hdf5.truncated") == 0, "the signature alone");
	ay_buf_free(&b);
}

static void test_user_blocks(void)
{
	for (size_t off = 512; off <= 8192; off *= 2) {
		struct ay_buf b = ay_buf_new(64 * KIB);

		for (size_t i = 0; i < off; i++)
			ay_buf_addc(&b, (char)(i ? 1 : 2));
		ay_buf_add(&b, AY_HDF5_SIGNATURE, AY_HDF5_SIGNATURE_LEN);
		is_str(scan_case_with("x", b.data, b.len, NULL), "hdf5.layout", "the signature at %zu", off);
		ay_buf_free(&b);
	}
}

int main(void)
{
	enum ay_keras_mode mode;

	test_superblocks();
	test_cuts();
	test_user_blocks();
	ok(ay_hdf5_is_config("model_config", &mode) && mode == AY_KERAS_LEGACY, "a model's configuration by its name");
	ok(ay_hdf5_is_config("training_config", &mode) && mode == AY_KERAS_TRAINING, "that of its training");
	ok(!ay_hdf5_is_config("model_configs", &mode), "and no other");
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
