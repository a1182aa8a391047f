/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/tap.h"
#include "tests/unit/scan_check.h"

/* Two samples of 16 bits, one channel, 8000 a second. */
#define FORMAT "fmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0"
#define DATA "data\4\0\0\0\1\2\3\4"

static const char *rule_of(const char *chunks, size_t len, int surplus)
{
	struct ay_buf b = ay_buf_new(4096);
	static const char *rule;

	ay_buf_adds(&b, "RIFF");
	ay_buf_le32(&b, (uint32_t)(len + 4) + (uint32_t)surplus);
	ay_buf_adds(&b, "WAVE");
	ay_buf_add(&b, chunks, len);
	judge_bytes(b.data, b.len, &rule);
	ay_buf_free(&b);
	return rule;
}

#define is_rule(chunks, rule, what) is_str(rule_of(chunks, sizeof(chunks) - 1, 0), rule, what)

static void test_chunks(void)
{
	is_rule(FORMAT DATA, "", "a recording");
	is_rule(FORMAT "LIST\4\0\0\0INFO" DATA, "", "with tags");
	is_rule(FORMAT "LIST\5\0\0\0INFOx\0" DATA, "", "with padding");
	is_rule(FORMAT "LIST\5\0\0\0INFOxx" DATA, "audio.malformed", "padding that is not zero");
	is_rule(FORMAT "data\0\0\0\0", "", "no sample");
	is_rule(FORMAT, "audio.malformed", "no data chunk");
	is_rule(DATA FORMAT, "audio.malformed", "data before the format");
	is_rule(FORMAT FORMAT DATA, "audio.malformed", "two formats");
	is_rule(FORMAT DATA DATA, "audio.malformed", "two data chunks");
	is_rule(FORMAT "evil\0\0\0\0" DATA, "audio.malformed", "an unknown chunk");
	is_rule(FORMAT "data\3\0\0\0\1\2\3\0", "audio.malformed", "half a sample");
	is_rule(FORMAT "data\6\0\0\0\1\2\3\4", "audio.truncated", "data beyond the end");
	is_rule(FORMAT "data\xfe\xff\xff\xff\1\2\3\4", "audio.truncated", "data of almost 4 GiB");
	is_rule(FORMAT DATA "data", "audio.truncated", "half a chunk header");
	is_rule("fmt \x10\0\0\0\2\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0" DATA, "audio.malformed", "compressed samples");
	is_rule("fmt \x10\0\0\0\1\0\2\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0" DATA, "audio.malformed", "a frame too small for its channels");
	is_rule("fmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x81\x3e\0\0\2\0\x10\0" DATA, "audio.malformed", "a wrong byte rate");
	is_str(rule_of(FORMAT DATA, sizeof(FORMAT DATA) - 1, 1), "audio.malformed", "a RIFF size one too large");
	is_str(rule_of(FORMAT DATA, sizeof(FORMAT DATA) - 1, -1), "audio.malformed", "a RIFF size one too small");
}

static void test_every_cut(void)
{
	static const char good[] = "RIFF\x28\0\0\0WAVE" FORMAT DATA;
	unsigned passed = 0;

	is_int(judge_bytes(good, sizeof(good) - 1, NULL), AY_PASS, "the whole passes");
	/* Up to five bytes it is text. */
	for (size_t len = 6; len < sizeof(good) - 1; len++)
		passed += judge_bytes(good, len, NULL) <= AY_WARN;
	is_int(passed, 0, "no proper prefix does");
}

int main(void)
{
	test_chunks();
	test_every_cut();
	return done_testing();
}
