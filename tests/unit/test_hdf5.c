/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before libhdf5: superblocks, headers, heaps and trees. Whole files, good and bad, are in tests/corpus/gen_keras.py. */
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

/* A file of the older layout: a root group with the dataset "x", two numbers of four bytes, and an attribute of text. */
struct parts {
	uint64_t tree, heap, names, names_size, free_at, symbols, object, name_at, dim, data, data_size;
	unsigned entries, symbol_entries, level, type_size, attribute_size, messages;
	const char *name, *text;
};
enum { TREE = 136, HEAP = 680, NAMES = 712, SYMBOLS = 744, OBJECT = 1072, DATA = 1264, END = 1272 };

static const struct parts good = {
	.tree = TREE, .heap = HEAP, .names = NAMES, .names_size = 32, .free_at = 1, .symbols = SYMBOLS, .object = OBJECT, .name_at = 8, .dim = 2,
	.data = DATA, .data_size = 8, .entries = 1, .symbol_entries = 1, .type_size = 4, .attribute_size = 32, .messages = 176, .name = "note",
	.text = "A text of up to thirty-one bytes"
};

static void pad(struct ay_buf *b, size_t to)
{
	while (b->len < to)
		ay_buf_addc(b, 0);
}

static void message(struct ay_buf *b, unsigned type, unsigned size)
{
	ay_buf_le16(b, (uint16_t)type);
	ay_buf_le16(b, (uint16_t)size);
	ay_buf_le32(b, 0);
}

static void group(struct ay_buf *b, const struct parts *p)
{
	ay_buf_add(b, AY_HDF5_SIGNATURE "\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0", 24);
	ay_buf_le64(b, 0);
	ay_buf_le64(b, UINT64_MAX);
	ay_buf_le64(b, END);
	ay_buf_le64(b, UINT64_MAX);
	ay_buf_le64(b, 0);
	ay_buf_le64(b, 96);
	ay_buf_le64(b, 0);
	pad(b, 96);
	ay_buf_add(b, "\x01\0\x01\0\x01\0\0\0\x18\0\0\0\0\0\0\0", 16);
	message(b, 17, 16);
	ay_buf_le64(b, p->tree);
	ay_buf_le64(b, p->heap);
	ay_buf_add(b, "TREE\0", 5);
	ay_buf_addc(b, (char)p->level);
	ay_buf_le16(b, (uint16_t)p->entries);
	ay_buf_le64(b, UINT64_MAX);
	ay_buf_le64(b, UINT64_MAX);
	ay_buf_le64(b, 0);
	ay_buf_le64(b, p->symbols);
	ay_buf_le64(b, 8);
	pad(b, HEAP);
	ay_buf_add(b, "HEAP\0\0\0", 8);
	ay_buf_le64(b, p->names_size);
	ay_buf_le64(b, p->free_at);
	ay_buf_le64(b, p->names);
	ay_buf_add(b, "\0\0\0\0\0\0\0\0x", 9);
	pad(b, SYMBOLS);
	ay_buf_add(b, "SNOD\x01", 6);
	ay_buf_le16(b, (uint16_t)p->symbol_entries);
	ay_buf_le64(b, p->name_at);
	ay_buf_le64(b, p->object);
	pad(b, OBJECT);
}

static struct ay_buf whole(const struct parts *p)
{
	struct ay_buf b = ay_buf_new(64 * KIB);

	group(&b, p);
	ay_buf_add(&b, "\x01\0\x05\0\x01\0\0\0", 8);
	ay_buf_le32(&b, p->messages);
	ay_buf_le32(&b, 0);
	message(&b, 1, 16);
	ay_buf_add(&b, "\x01\x01\0\0\0\0\0\0", 8);
	ay_buf_le64(&b, p->dim);
	message(&b, 3, 16);
	ay_buf_add(&b, "\x10\x08\0\0", 4);
	ay_buf_le32(&b, p->type_size);
	ay_buf_add(&b, "\0\0\x20\0\0\0\0\0", 8);
	message(&b, 5, 8);
	ay_buf_add(&b, "\x02\x02\x02\0\0\0\0\0", 8);
	message(&b, 8, 24);
	ay_buf_add(&b, "\x03\x01", 2);
	ay_buf_le64(&b, p->data);
	ay_buf_le64(&b, p->data_size);
	pad(&b, OBJECT + 16 + 24 + 24 + 16 + 32);
	/* name and type take multiples of eight bytes, the extent of one text eight */
	message(&b, 12, 8 + 8 + 8 + 8 + 40);
	ay_buf_add(&b, "\x01\0\x05\0\x08\0\x08\0", 8);
	ay_buf_adds(&b, p->name);
	pad(&b, OBJECT + 16 + 96 + 8 + 8 + 8);
	ay_buf_add(&b, "\x13\0\0\0", 4);
	ay_buf_le32(&b, p->attribute_size);
	ay_buf_add(&b, "\x01\0\0\0\0\0\0\0", 8);
	ay_buf_adds(&b, p->text);
	pad(&b, DATA);
	pad(&b, END);
	return b;
}

static const char *part_is(struct parts p)
{
	struct ay_buf b = whole(&p);
	const char *rule = scan_case_with("x.h5", b.data, b.len, NULL);

	ay_buf_free(&b);
	return rule;
}

#define PART(field, value, rule) \
	do { \
		struct parts part_ = good; \
		part_.field = value; \
		is_str(part_is(part_), rule, "%s is %s", #field, #value); \
	} while (0)

static void test_parts(void)
{
	is_str(part_is(good), "pass", "a file made by hand");
	PART(tree, END, "hdf5.malformed");
	PART(tree, UINT64_MAX, "hdf5.malformed");
	PART(tree, 1ull << 63, "hdf5.malformed");
	PART(tree, HEAP, "hdf5.malformed");
	PART(heap, TREE, "hdf5.malformed");
	PART(level, 1, "hdf5.malformed");
	PART(level, 255, "hdf5.malformed");
	PART(entries, 33, "hdf5.malformed");
	PART(names, END - 31, "hdf5.malformed");
	PART(names_size, END - NAMES + 1, "hdf5.malformed");
	PART(names_size, UINT64_MAX, "hdf5.malformed");
	PART(free_at, 17, "hdf5.malformed");
	PART(free_at, 16, "hdf5.malformed");
	PART(name_at, 8 + 1, "hdf5.malformed");
	PART(name_at, 32, "hdf5.malformed");
	PART(symbols, TREE, "hdf5.malformed");
	PART(symbol_entries, 9, "hdf5.malformed");
	PART(object, 96, "pass");
	PART(object, END, "hdf5.malformed");
	PART(object, TREE, "hdf5.malformed");
	PART(dim, 1, "hdf5.layout");
	PART(dim, 1ull << 62, "hdf5.size");
	PART(type_size, 0, "hdf5.unusual");
	PART(type_size, 3, "hdf5.malformed");
	PART(data, END - 7, "hdf5.layout");
	PART(data, 1ull << 63, "hdf5.layout");
	PART(data_size, 9, "hdf5.layout");
	PART(data_size, UINT64_MAX, "hdf5.layout");
	PART(attribute_size, 41, "hdf5.malformed");
	PART(attribute_size, UINT32_MAX, "hdf5.malformed");
	PART(messages, 0, "hdf5.malformed");
	PART(messages, 175, "hdf5.malformed");
	PART(messages, UINT32_MAX, "hdf5.malformed");
	PART(name, "not", "hdf5.malformed");
	PART(name, "notes", "hdf5.malformed");
	PART(text, "cposix\nsystem\n(S'true'\ntR.", "pickle.call.denied");
}

static void test_every_cut(void)
{
	struct ay_buf b = whole(&good);
	unsigned passed = 0;

	for (size_t len = 1; len < b.len; len++)
		passed += strcmp(scan_case_with("x.h5", b.data, len, NULL), "pass") == 0;
	is_int(passed, 0, "no cut of it passes");
	passed = 0;
	for (size_t len = 1; len < b.len; len++) {
		/* With an end that agrees. */
		for (unsigned i = 0; i < 8; i++)
			b.data[40 + i] = (uint8_t)(len >> 8 * i);
		passed += strcmp(scan_case_with("x.h5", b.data, len, NULL), "pass") == 0;
	}
	is_int(passed, 0, "nor does one that the superblock agrees with");
	ay_buf_free(&b);
}

int main(void)
{
	enum ay_keras_mode mode;

	test_superblocks();
	test_cuts();
	test_user_blocks();
	test_parts();
	test_every_cut();
	ok(ay_hdf5_is_config("model_config", &mode) && mode == AY_KERAS_LEGACY, "a model's configuration by its name");
	ok(ay_hdf5_is_config("training_config", &mode) && mode == AY_KERAS_TRAINING, "that of its training");
	ok(!ay_hdf5_is_config("model_configs", &mode), "and no other");
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
