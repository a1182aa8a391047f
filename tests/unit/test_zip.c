/* SPDX-License-Identifier: Apache-2.0 */
/* Strictness by exhaustion: nothing but the original of a small archive passes. The attacks are in tests/corpus/gen_containers.py. */
#include "tests/lib/tap.h"
#include "tests/lib/zip_case.h"
#include "tests/unit/scan_check.h"

#define ARRAY_HEADER "{'descr': '|u1', 'fortran_order': False, 'shape': (4,)}\n"

/* An array of four bytes. */
static void add_array(struct zip_case *a, const char *name, bool streamed)
{
	struct ay_buf data = ay_buf_new(4096);

	ay_buf_add(&data, "\x93NUMPY\1\0", 8);
	ay_buf_le16(&data, sizeof(ARRAY_HEADER) - 1);
	ay_buf_adds(&data, ARRAY_HEADER);
	ay_buf_adds(&data, "abcd");
	zip_add(a, name, data.data, data.len, streamed);
	ay_buf_free(&data);
}

static const char *rule_of(const struct zip_case *a)
{
	const char *rule = NULL;

	judge_bytes(a->bytes.data, a->bytes.len, &rule);
	return rule;
}

static void test_good(void)
{
	struct zip_case a = zip_begin();

	zip_finish(&a);
	is_str(rule_of(&a), "", "an empty archive");
	ay_buf_free(&a.bytes);
	a = zip_begin();
	add_array(&a, "a.npy", false);
	add_array(&a, "dir/b.npy", true);
	add_array(&a, "c.npy", false);
	zip_finish(&a);
	is_str(rule_of(&a), "", "three arrays");
	ay_buf_free(&a.bytes);
}

static void test_names(void)
{
	static const struct {
		const char *name, *rule;
	} names[] = {
		{ "..a.npy", "" }, { "a..b/c.npy", "" }, { ".hidden/a.npy", "" }, { "../a.npy", "zip.name" }, { "a/./b.npy", "zip.name" },
		{ "/a.npy", "zip.name" }, { "a//b.npy", "zip.name" }, { "a\\b.npy", "zip.name" }, { "c:a.npy", "zip.name" },
		{ "a\x7f.npy", "zip.name" }, { "\xc3\xa9.npy", "zip.name" },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(names); i++) {
		struct zip_case a = zip_begin();

		add_array(&a, names[i].name, false);
		zip_finish(&a);
		is_str(rule_of(&a), names[i].rule, "name %zu", i);
		ay_buf_free(&a.bytes);
	}
}

static void test_pairs(void)
{
	static const struct {
		const char *one, *two, *rule;
	} pairs[] = {
		{ "a.npy", "b.npy", "" }, { "a.npy", "a.npy", "zip.duplicate-name" }, { "a.npy", "A.npy", "zip.case-fold" },
		{ "x/a.npy", "X/a.npy", "zip.case-fold" }, { "a.npy", "a.npyx.npy", "" },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(pairs); i++) {
		struct zip_case a = zip_begin();

		add_array(&a, pairs[i].one, false);
		add_array(&a, pairs[i].two, false);
		zip_finish(&a);
		is_str(rule_of(&a), pairs[i].rule, "%s and %s", pairs[i].one, pairs[i].two);
		ay_buf_free(&a.bytes);
	}
}

/* Where a changed byte is nobody's business: time and versions of the records, internal and some external attributes, and the case of a name's only letters is not one of them. */
static bool is_free(const struct zip_case *a, size_t i, size_t directory)
{
	size_t in_local = i, in_central = i - directory;

	if (i < 30)
		return in_local == 4 || in_local == 5 || (in_local >= 10 && in_local < 14);
	if (i < directory || i >= a->bytes.len - 22)
		return false;
	return (in_central >= 4 && in_central < 8) || (in_central >= 12 && in_central < 16) || in_central == 36 || in_central == 37 ||
	       (in_central >= 38 && in_central < 42);
}

static void test_every_byte(bool streamed)
{
	struct zip_case a = zip_begin();
	unsigned cut = 0, changed = 0, inserted = 0;
	size_t directory;

	add_array(&a, "a.npy", streamed);
	directory = a.bytes.len;
	zip_finish(&a);
	/* "P" and "PK" alone are text. */
	for (size_t len = 3; len < a.bytes.len; len++)
		cut += judge_bytes(a.bytes.data, len, NULL) <= AY_WARN;
	is_int(judge_bytes(a.bytes.data, a.bytes.len, NULL), AY_PASS, "the whole %s archive passes", streamed ? "streamed" : "plain");
	is_int(cut, 0, "no proper prefix does");
	for (size_t i = 0; i < a.bytes.len; i++) {
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			a.bytes.data[i] ^= (uint8_t)bit;
			if (!is_free(&a, i, directory) && judge_bytes(a.bytes.data, a.bytes.len, NULL) <= AY_WARN) {
				changed++;
				printf("# byte %zu bit %u\n", i, bit);
			}
			a.bytes.data[i] ^= (uint8_t)bit;
		}
	}
	is_int(changed, 0, "no archive with one bit changed passes");
	for (size_t i = 0; i <= a.bytes.len; i++) {
		struct ay_buf b = ay_buf_new(64 * KIB);

		ay_buf_add(&b, a.bytes.data, i);
		ay_buf_addc(&b, 0);
		ay_buf_add(&b, a.bytes.data + i, a.bytes.len - i);
		inserted += judge_bytes(b.data, b.len, NULL) <= AY_WARN;
		ay_buf_free(&b);
	}
	is_int(inserted, 0, "none with one byte inserted passes");
	ay_buf_free(&a.bytes);
}

int main(void)
{
	test_good();
	test_names();
	test_pairs();
	test_every_byte(false);
	test_every_byte(true);
	return done_testing();
}
