/* SPDX-License-Identifier: Apache-2.0 */
/* Index and parts of a distributed torch checkpoint. Whole ones are in tests/corpus/gen_picklex.py. */
#include "assay/scan.h"
#include "tests/lib/tap.h"

static struct ay_scan_result r;

static const char *run(const char *path, const void *bytes, size_t len)
{
	struct ay_source in = ay_source_memory(bytes, len);
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS, .path = path };

	ay_scan_result_free(&r);
	if (ay_scan_run(&in, &o, &r) != 0)
		return "no answer";
	return r.found_count ? r.found[0].rule->id : ay_verdict_name(r.verdict);
}

static bool has(const char *rule)
{
	for (size_t i = 0; i < r.found_count; i++)
		if (strcmp(r.found[i].rule->id, rule) == 0)
			return true;
	return false;
}

/* ---- parts: zips in a row, here of nothing but their end ---- */

static void put_end(struct ay_buf *b, uint32_t size, uint32_t off, uint16_t comment)
{
	ay_buf_add(b, "PK\5\6\0\0\0\0\0\0\0\0", 12);
	ay_buf_le32(b, size);
	ay_buf_le32(b, off);
	ay_buf_le16(b, comment);
}

static void put_end64(struct ay_buf *b, uint64_t size, uint64_t off)
{
	ay_buf_add(b, "PK\6\6", 4);
	for (int i = 0; i < 36; i++)
		ay_buf_addc(b, 0);
	ay_buf_le64(b, size);
	ay_buf_le64(b, off);
	ay_buf_add(b, "PK\6\7", 4);
	for (int i = 0; i < 16; i++)
		ay_buf_addc(b, 0);
	put_end(b, UINT32_MAX, UINT32_MAX, 0);
}

static void part(const struct ay_buf *b, bool row, uint64_t items, const char *what)
{
	run("__0_0.distcp", b->data, b->len);
	ok(has("distcp.malformed") != row && r.verdict == AY_FAIL && r.tensors.known && r.tensors.count == items, "%s", what);
}

static void parts(void)
{
	struct ay_buf b = ay_buf_new(4096);
	int bad = 0;

	put_end(&b, 0, 0, 0);
	part(&b, true, 1, "the end of one zip");
	put_end(&b, 0, 0, 0);
	put_end64(&b, 0, 0);
	part(&b, true, 3, "of three, the last with wide numbers");
	for (size_t n = 1; n < b.len; n++) {
		run("a.distcp", b.data, n);
		bad += n != 22 && n != 44 && !has("distcp.malformed");
	}
	is_int(bad, 0, "cut anywhere else it is no row");
	ay_buf_addc(&b, 0);
	part(&b, false, 0, "a byte behind it");
	static const struct { uint32_t size, off; uint16_t comment; bool row; const char *what; } ends[] = {
		{ 22, 0, 0, true, "a directory of all that is before" }, { 23, 0, 0, false, "one byte more" }, { 0, 22, 0, true, "as offset" },
		{ 0, 23, 0, false, "one byte more" }, { 11, 12, 0, false, "both together" }, { UINT32_MAX, 0, 0, false, "the largest size" },
		{ 0, UINT32_MAX, 0, false, "the largest offset" }, { UINT32_MAX, UINT32_MAX, 0, false, "both" }, { 0, 0, 1, false, "a comment" },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(ends); i++) {
		ay_buf_clear(&b);
		put_end(&b, 0, 0, 0);
		put_end(&b, ends[i].size, ends[i].off, ends[i].comment);
		part(&b, ends[i].row, ends[i].row, ends[i].what);
	}
	static const uint64_t wide[] = { 1ull << 63, UINT64_MAX, UINT64_MAX - 21, 23 };

	for (size_t i = 0; i < AY_ARRAY_LEN(wide); i++) {
		ay_buf_clear(&b);
		put_end(&b, 0, 0, 0);
		put_end64(&b, wide[i], i & 1);
		part(&b, false, 0, "a wide directory beyond the file");
		ay_buf_clear(&b);
		put_end(&b, 0, 0, 0);
		put_end64(&b, i & 1, wide[i]);
		part(&b, false, 0, "or a wide offset");
	}
	is_str(run("a.distcp", "some text\n", 10), "format.polyglot", "text by this name");
	ay_buf_free(&b);
}

/* ---- .metadata ---- */

static void text(struct ay_buf *b, const char *s)
{
	ay_buf_addc(b, 'X');
	ay_buf_le32(b, (uint32_t)strlen(s));
	ay_buf_adds(b, s);
}

static void number(struct ay_buf *b, uint64_t n)
{
	ay_buf_add(b, "\x8a\x08", 2);
	ay_buf_le64(b, n);
}

static void object(struct ay_buf *b, const char *module, const char *class)
{
	ay_buf_addf(b, "ctorch.distributed.checkpoint.%s\n%s\n)%c}(", module, class, 0x81);
}

/* A Metadata with one item. more, when not NULL, is put into the item's state as well. */
static void metadata(struct ay_buf *b, const char *file, uint64_t off, uint64_t len, const char *more)
{
	ay_buf_clear(b);
	ay_buf_add(b, "\x80\x02", 2);
	object(b, "metadata", "Metadata");
	text(b, "storage_data");
	ay_buf_adds(b, "}(K\1");
	object(b, "filesystem", "_StorageInfo");
	text(b, "relative_path");
	text(b, file);
	text(b, "offset");
	number(b, off);
	text(b, "length");
	number(b, len);
	if (more) {
		text(b, more);
		ay_buf_adds(b, "K\1");
	}
	ay_buf_adds(b, "ubuub.");
}

static const char *judge(const struct ay_buf *b)
{
	return run("x/.metadata", b->data, b->len);
}

static void indexes(void)
{
	struct ay_buf b = ay_buf_new(4096);
	int bad = 0;

	metadata(&b, "a.distcp", 7, 5, NULL);
	is_str(judge(&b), "pass", "an index");
	ok(r.sibling_count == 1 && strcmp(r.siblings[0].path, "a.distcp") == 0 && r.siblings[0].size == 12 && r.siblings[0].tensors.count == 1,
	   "needs the place in the file that it names");
	for (size_t n = 1; n < b.len; n++) {
		run(".metadata", b.data, n);
		bad += r.verdict <= AY_WARN;
	}
	is_int(bad, 0, "cut anywhere it does not pass");
	metadata(&b, "a.distcp", 7, 5, "unknown");
	is_str(judge(&b), "pass", "attributes that place nothing are its own");
	metadata(&b, "a.distcp", 7, 5, "offset");
	is_str(judge(&b), "dcp.metadata", "two offsets");
	metadata(&b, "a.distcp", 7, 5, "relative_path");
	is_str(judge(&b), "dcp.metadata", "two files");
	metadata(&b, "a.distcp", 7, 5, "transform_descriptors");
	is_str(judge(&b), "dcp.metadata", "bytes that are changed");
	metadata(&b, "a.bin", 7, 5, NULL);
	is_str(judge(&b), "dcp.metadata", "a file of another kind");
	metadata(&b, ".distcp", 7, 5, NULL);
	is_str(judge(&b), "dcp.metadata", "a file that is only a suffix");
	metadata(&b, "../a.distcp", 7, 5, NULL);
	is_str(judge(&b), "sibling.name", "a file of another folder");
	metadata(&b, "a.distcp", 1ull << 63, 5, NULL);
	is_str(judge(&b), "dcp.metadata", "a negative offset");
	metadata(&b, "a.distcp", 0, UINT64_MAX, NULL);
	is_str(judge(&b), "dcp.metadata", "a negative length");
	metadata(&b, "a.distcp", INT64_MAX, INT64_MAX, NULL);
	is_str(judge(&b), "pass", "the largest of both: no file is so long");
	ok(r.sibling_count == 1 && r.siblings[0].size == UINT64_MAX - 1, "and its end is not lost");
	static const char *const others[] = { "\x80\x02].", "\x80\x02}.", "\x80\x02K\1." };

	for (size_t i = 0; i < AY_ARRAY_LEN(others); i++)
		is_str(run(".metadata", others[i], strlen(others[i])), "dcp.metadata", "another value is no index");
	is_str(run("metadata", others[0], strlen(others[0])), "pass", "and by another name it is a pickle");
	ay_buf_free(&b);
}

int main(void)
{
	parts();
	indexes();
	ay_scan_result_free(&r);
	return done_testing();
}
