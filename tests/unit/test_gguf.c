/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/buf.h"
#include "tests/lib/scan_case.h"
#include "tests/lib/tap.h"

static struct ay_buf file;

static void begin(uint32_t version, uint64_t tensors, uint64_t pairs)
{
	ay_buf_clear(&file);
	ay_buf_add(&file, "GGUF", 4);
	ay_buf_le32(&file, version);
	ay_buf_le64(&file, tensors);
	ay_buf_le64(&file, pairs);
}

static void text(const char *s)
{
	ay_buf_le64(&file, strlen(s));
	ay_buf_adds(&file, s);
}

static void pair(const char *key, const char *value)
{
	text(key);
	ay_buf_le32(&file, 8);
	text(value);
}

static void number(const char *key, uint32_t value)
{
	text(key);
	ay_buf_le32(&file, 4);
	ay_buf_le32(&file, value);
}

static void array(const char *key, uint32_t type, uint64_t n)
{
	text(key);
	ay_buf_le32(&file, 9);
	ay_buf_le32(&file, type);
	ay_buf_le64(&file, n);
}

static void tensor(const char *name, uint64_t a, uint64_t b, uint32_t type, uint64_t off)
{
	text(name);
	ay_buf_le32(&file, 2);
	ay_buf_le64(&file, a);
	ay_buf_le64(&file, b);
	ay_buf_le32(&file, type);
	ay_buf_le64(&file, off);
}

static void zeros(size_t n)
{
	while (n--)
		ay_buf_addc(&file, 0);
}

static void pad(size_t alignment)
{
	while (file.len % alignment)
		ay_buf_addc(&file, 0);
}

static const char *judged(void)
{
	return scan_case_with("m.gguf", file.data, file.len, NULL);
}

/* Two tensors: F32 2 x 3 = 24 bytes, Q4_0 64 x 1 = 36 bytes. */
static void good(void)
{
	begin(3, 2, 5);
	pair("general.architecture", "llama");
	number("general.alignment", 64);
	pair("tokenizer.chat_template", "{% for m in messages %}{{ m['content'] }}{% endfor %}");
	array("tokenizer.ggml.tokens", 8, 2);
	text("<s>");
	text("");
	array("tokenizer.ggml.scores", 6, 2);
	zeros(8);
	tensor("a", 2, 3, 0, 0);
	tensor("b", 64, 1, 2, 64);
	pad(64);
	zeros(64 + 36);
}

static void metadata(void)
{
	begin(2, 0, 0);
	is_str(judged(), "pass", "nothing at all, version 2");
	begin(1, 0, 0);
	is_str(judged(), "gguf.version", "version 1");
	begin(4, 0, 0);
	is_str(judged(), "gguf.version", "version 4");
	begin(0x03000000, 0, 0);
	is_str(judged(), "gguf.version", "big-endian");
	begin(3, 0, UINT64_MAX);
	is_str(judged(), "gguf.truncated", "2^64-1 pairs");
	begin(3, 1ull << 63, 0);
	is_str(judged(), "gguf.truncated", "2^63 tensors");
	begin(3, 0, 1);
	array("x", 8, UINT64_MAX);
	is_str(judged(), "gguf.truncated", "2^64-1 texts");
	begin(3, 0, 1);
	array("x", 10, 1ull << 61);
	is_str(judged(), "gguf.truncated", "an array whose size wraps");
	begin(3, 0, 1);
	array("x", 0, 5);
	zeros(4);
	is_str(judged(), "gguf.truncated", "an array of one byte more than is left");
	begin(3, 0, 1);
	array("x", 0, 5);
	zeros(5);
	is_str(judged(), "pass", "and of just what is left");
	begin(3, 0, 1);
	array("x", 9, 1);
	zeros(40);
	is_str(judged(), "gguf.malformed", "an array of arrays");
	begin(3, 0, 1);
	array("x", 13, 1);
	zeros(40);
	is_str(judged(), "gguf.malformed", "an array of an unknown type");
	begin(3, 0, 1);
	text("flag");
	ay_buf_le32(&file, 7);
	ay_buf_addc(&file, 2);
	is_str(judged(), "gguf.malformed", "a truth value of 2");
	begin(3, 0, 2);
	pair("k", "a");
	pair("k", "b");
	is_str(judged(), "gguf.duplicate", "a key twice");
	begin(3, 0, 1);
	pair("", "a");
	is_str(judged(), "gguf.malformed", "an empty key");
	begin(3, 0, 1);
	pair("tokenizer.chat_template", "{{ ''.__class__.__mro__[1].__subclasses__() }}");
	is_str(judged(), "template.dangerous", "a template that leaves its sandbox");
	begin(3, 0, 1);
	array("tokenizer.chat_template", 8, 1);
	text("{{ cycler.__init__.__globals__ }}");
	is_str(judged(), "template.dangerous", "also in an array");
	begin(3, 0, 1);
	pair("tokenizer.chat_template.tool_use", "{{ ''.__class__ }}");
	is_str(judged(), "template.dangerous", "also under a name of its own");
}

static void alignment(void)
{
	static const struct { uint32_t v; const char *rule; } cases[] = {
		{ 1, "pass" }, { 65536, "pass" }, { 0, "gguf.malformed" }, { 3, "gguf.malformed" }, { 131072, "gguf.malformed" },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(cases); i++) {
		begin(3, 0, 1);
		number("general.alignment", cases[i].v);
		is_str(judged(), cases[i].rule, "alignment %u", cases[i].v);
	}
	begin(3, 0, 1);
	pair("general.alignment", "32");
	is_str(judged(), "gguf.malformed", "alignment as text");
}

static void one_tensor(uint64_t a, uint64_t b, uint32_t type, uint64_t off, size_t bytes, const char *rule, const char *what)
{
	begin(3, 1, 0);
	tensor("t", a, b, type, off);
	pad(32);
	zeros(bytes);
	is_str(judged(), rule, "%s", what);
}

static void tensors(void)
{
	one_tensor(2, 3, 0, 0, 24, "pass", "just its bytes");
	one_tensor(2, 3, 0, 0, 32, "pass", "padded");
	one_tensor(2, 3, 0, 0, 23, "gguf.truncated", "a byte less");
	one_tensor(2, 3, 0, 0, 25, "gguf.layout", "a byte more");
	one_tensor(2, 3, 0, 0, 33, "gguf.layout", "a byte more than padded");
	one_tensor(2, 3, 0, 32, 64, "gguf.layout", "a hole before it");
	one_tensor(0, 3, 0, 0, 0, "pass", "no elements");
	one_tensor(33, 1, 2, 0, 64, "gguf.layout", "not a whole block");
	one_tensor(32, 1, 4, 0, 64, "gguf.malformed", "a type that was withdrawn");
	one_tensor(32, 1, 40, 0, 64, "gguf.malformed", "a type beyond the last");
	one_tensor(1ull << 32, 1ull << 32, 24, 0, 0, "gguf.layout", "2^64 elements");
	one_tensor(1ull << 62, 1, 0, 0, 0, "gguf.layout", "2^64 bytes");
	one_tensor(UINT64_MAX, 1, 24, 0, 0, "gguf.layout", "a dimension of -1");
	begin(3, 1, 0);
	text("t");
	ay_buf_le32(&file, 5);
	zeros(60);
	is_str(judged(), "gguf.malformed", "five dimensions");
	begin(3, 2, 0);
	tensor("t", 8, 1, 0, 0);
	tensor("t", 8, 1, 0, 32);
	pad(32);
	zeros(64);
	is_str(judged(), "gguf.duplicate", "a name twice");
	begin(3, 2, 0);
	tensor("t", 8, 1, 0, 0);
	tensor("u", 8, 1, 0, 0);
	pad(32);
	zeros(64);
	is_str(judged(), "gguf.layout", "two at one place");
	begin(3, 1, 0);
	tensor("t", 8, 1, 0, 0);
	ay_buf_addc(&file, 'x');
	pad(32);
	zeros(32);
	is_str(judged(), "gguf.layout", "something hides before the first");
}

int main(void)
{
	unsigned taken = 0;

	file = ay_buf_new(1 << 20);
	good();
	is_str(judged(), "pass", "a model");
	is_str(scan_case_result.format, "gguf", "is a gguf");
	for (size_t n = 4; n < file.len; n++)
		taken += strcmp(scan_case_with("m.gguf", file.data, n, NULL), "pass") == 0;
	is_int(taken, 0, "no part of it passes");
	metadata();
	alignment();
	tensors();
	ay_buf_free(&file);
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
