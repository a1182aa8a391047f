/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/crc32c.h"
#include "tests/lib/scan_case.h"

static void varint(struct ay_buf *b, uint64_t v)
{
	for (; v > 127; v >>= 7)
		ay_buf_addc(b, (uint8_t)(v | 128));
	ay_buf_addc(b, (uint8_t)v);
}

/* A block of these entries, sealed, behind what b holds; its place into at. */
static void seal(struct ay_buf *b, const struct ay_buf *entries, uint32_t restarts, struct ay_buf *at)
{
	size_t start = b->len;

	ay_buf_add(b, entries->data, entries->len);
	for (uint32_t i = 0; i < restarts; i++)
		ay_buf_le32(b, 0);
	ay_buf_le32(b, restarts);
	varint(at, start);
	varint(at, b->len - start);
	ay_buf_addc(b, 0);
	ay_buf_le32(b, ay_crc32c_masked(ay_crc32c(ay_cursor_of(b->data + start, b->len - start, 0))));
}

static void entry(struct ay_buf *b, const char *key, size_t key_len, const void *value, size_t len)
{
	varint(b, 0);
	varint(b, key_len);
	varint(b, len);
	ay_buf_add(b, key, key_len);
	ay_buf_add(b, value, len);
}

/* A header and one tensor of two floats, with this size. */
static struct ay_buf table(uint64_t offset, uint64_t size, uint32_t restarts)
{
	static const char header[] = "\x08\x01\x1a\x02\x08\x01", shape[] = "\x08\x01\x12\x04\x12\x02\x08\x02";
	struct ay_buf b = ay_buf_new(4096), data = ay_buf_new(1024), value = ay_buf_new(256), at = ay_buf_new(64), meta = ay_buf_new(64);
	struct ay_buf index = ay_buf_new(256), none = ay_buf_new(1);

	ay_buf_add(&value, shape, sizeof(shape) - 1);
	ay_buf_addc(&value, 4 << 3);
	varint(&value, offset);
	ay_buf_addc(&value, 5 << 3);
	varint(&value, size);
	entry(&data, "", 0, header, sizeof(header) - 1);
	entry(&data, "w", 1, value.data, value.len);
	seal(&b, &data, restarts, &at);
	entry(&index, "w", 1, at.data, at.len);
	seal(&b, &none, 1, &meta);
	seal(&b, &index, 1, &meta);
	ay_buf_add(&b, meta.data, meta.len);
	while (meta.len < 40 && meta.err == 0) {
		ay_buf_addc(&b, 0);
		ay_buf_addc(&meta, 0);
	}
	ay_buf_le64(&b, 0xdb4775248b80fb57ull);
	for (struct ay_buf *all[] = {&data, &value, &at, &meta, &index, &none}, **one = all; one < all + 6; one++)
		ay_buf_free(*one);
	return b;
}

static void try(uint64_t offset, uint64_t size, const char *want)
{
	struct ay_buf b = table(offset, size, 1);

	is_str(scan_case_with("a.index", b.data, b.len, NULL), want, "a tensor of 8 bytes with %llu at %llu", (unsigned long long)size,
	       (unsigned long long)offset);
	ay_buf_free(&b);
}

static void test_every_byte(void)
{
	struct ay_buf b = table(0, 8, 1);
	unsigned passed = 0;

	is_str(scan_case_with("a.index", b.data, b.len, NULL), "pass", "the whole file");
	is_str(scan_case_result.format, "tf-index", "is an index");
	is_int(scan_case_result.sibling_count, 1, "of one shard");
	is_str(scan_case_result.siblings[0].path, "a.data-00000-of-00001", "by its name");
	is_int(scan_case_result.siblings[0].size, 8, "and its size");
	is_str(scan_case_with("a", b.data, b.len, NULL), "tf-index.name", "without the suffix");
	is_str(scan_case_with("index", b.data, b.len, NULL), "tf-index.name", "one byte less than the suffix");
	is_str(scan_case_with("dir/.index", b.data, b.len, NULL), "pass", "the suffix alone");
	is_str(scan_case_result.siblings[0].path, ".data-00000-of-00001", "means shards without a name");
	for (size_t len = 1; len < b.len; len++) {
		scan_case_with("a.index", b.data, len, NULL);
		passed += scan_case_result.verdict <= AY_WARN;
	}
	is_int(passed, 0, "no proper prefix of it passes");
	for (size_t i = 0; i < 8 * b.len; i++) {
		b.data[i / 8] ^= (uint8_t)(1u << i % 8);
		scan_case_with("a.index", b.data, b.len, NULL);
		b.data[i / 8] ^= (uint8_t)(1u << i % 8);
		passed += scan_case_result.verdict <= AY_WARN;
	}
	is_int(passed, 0, "nor with any bit flipped");
	ay_buf_free(&b);
}

static void test_restarts(void)
{
	struct ay_buf b = table(0, 8, 2);

	is_str(scan_case_with("a.index", b.data, b.len, NULL), "tf-index.malformed", "two starts, of which one is not there");
	ay_buf_free(&b);
	b = table(0, 8, 0);
	is_str(scan_case_with("a.index", b.data, b.len, NULL), "tf-index.malformed", "no starts");
	ay_buf_free(&b);
}

#define STATE "model_checkpoint_path: \"model.ckpt-1\"\n"

int main(void)
{
	is_int(ay_crc32c(ay_cursor_of("123456789", 9, 0)), 0xe3069283, "CRC-32C of the check string");
	test_every_byte();
	try(0, 8, "pass");
	try(0, 7, "tf-index.malformed");
	try(0, 9, "tf-index.malformed");
	try(INT64_MAX - 8, 8, "pass");
	try((uint64_t)INT64_MAX - 7, 8, "tf-index.malformed");
	try(UINT64_MAX, 8, "tf-index.malformed");
	try(0, UINT64_MAX, "tf-index.malformed");
	test_restarts();
	scan_is("checkpoint", STATE, "pass", "the state of checkpoints");
	is_str(scan_case_result.format, "tf-checkpoint", "by its name and start");
	scan_is("checkpoint", STATE "last_preserved_timestamp: 1e9\n", "pass", "with a time");
	scan_is("checkpoint", STATE "last_preserved_timestamp: \n", "tf-checkpoint.malformed", "without one");
	scan_is("checkpoint", "model_checkpoint_path: \"a/b\"", "pass", "without an end of the line");
	scan_is("checkpoint", "model_checkpoint_path: \"/a\"\n", "tf-checkpoint.path", "an absolute path");
	scan_is("checkpoint", "model_checkpoint_path: \"\"\n", "tf-checkpoint.path", "no path");
	scan_is("checkpoint", "model_checkpoint_path: \"a\"b\"\n", "tf-checkpoint.malformed", "a text in two");
	scan_is("checkpoint", "model_checkpoint_path: \"\n", "tf-checkpoint.malformed", "one quotation mark");
	scan_is("a.data-00000-of-00001", "\x01\x02\x03\xff", "pass", "a shard");
	is_str(scan_case_result.format, "tf-data", "by its name");
	scan_is("a.data-00001-of-00001", "\x01\x02\x03\xff", "format.unknown", "a shard beyond the last");
	scan_is("a.data-00000-of-000001", "\x01\x02\x03\xff", "format.unknown", "six digits");
	scan_is(".data-00000-of-00001", "\x01\x02\x03\xff", "pass", "no name");
	scan_is("data-00000-of-00001", "\x01\x02\x03\xff", "format.unknown", "one byte less");
	scan_is("a.data-00000-of-00001", "\x7f" "ELF\x02", "format.polyglot", "a program");
	return done_testing();
}
