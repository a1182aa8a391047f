/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

static char big[300 * 1024];

static void plain_text(void)
{
	scan_is("README.md", "# T\xc3\xa4st\n", "pass", "UTF-8 text");
	is_str(scan_case_result.format, "text", "is text");
	scan_is("a.txt", "\xef\xbb\xbfhello\r\n\t\f", "pass", "a BOM, CR, TAB and FF");
	scan_is("a.txt", "nul\0", "format.unknown", "a NUL in the head is no text");
	scan_is("a.txt", "\x1b[31mred", "format.unknown", "an escape sequence is no text");
	scan_is("a.txt", "\xc0\xaf", "format.unknown", "an overlong form is no text");
	scan_is("a.txt", "\xed\xa0\x80", "format.unknown", "a surrogate is no text");
	scan_is("a.txt", "cut \xe2\x82", "format.malformed", "a character cut off at the end");
	scan_is("model.safetensors", "<html>error", "format.unsupported", "a page saved as a model");
	scan_is("model.bin", "not found\n", "text.suffix", "text under the name of a model");
	scan_is("model.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 1\n", "text.lfs-pointer", "an LFS pointer");
	scan_is(".gitattributes", "*.bin filter=lfs\n", "pass", "a file without suffix");
}

/* Problems beyond the head and across windows of the reader. */
static void long_text(void)
{
	memset(big, 'a', sizeof(big));
	is_str(scan_case_with("a.txt", big, sizeof(big), NULL), "pass", "long text");
	big[sizeof(big) - 1] = 0;
	is_str(scan_case_with("a.txt", big, sizeof(big), NULL), "format.malformed", "a NUL as the last byte");
	is_int((long long)scan_case_result.found[0].off, sizeof(big) - 1, "is found where it is");
	big[sizeof(big) - 1] = 'a';
	for (size_t at = 256 * 1024 - 3; at <= 256 * 1024; at++) {
		memcpy(big + at, "\xe2\x82\xac", 3);
		is_str(scan_case_with("a.txt", big, sizeof(big), NULL), "pass", "a character across windows at %zu", at);
		big[at + 2] = 'x';
		is_str(scan_case_with("a.txt", big, sizeof(big), NULL), "format.malformed", "and a broken one");
		memcpy(big + at, "aaa", 3);
	}
}

static void recipes(void)
{
	scan_is("c.yaml", "a: 1\nb: [x, !!str y]\nc: hello !world\n", "pass", "plain YAML");
	is_str(scan_case_result.format, "yaml", "is yaml");
	scan_is("c.yaml", "a: !!python/object/apply:os.system [id]\n", "recipe.code-reference", "a Python tag");
	scan_is("c.yaml", "- !!python/name:os.system\n", "recipe.code-reference", "a Python name in a list");
	scan_is("c.yaml", "a: [!!python/tuple [1]]\n", "recipe.code-reference", "in a flow list");
	scan_is("c.yaml", "a: !<tag:yaml.org,2002:python/none> x\n", "recipe.code-reference", "a verbatim tag");
	scan_is("c.yaml", "a: !!%70ython/none x\n", "recipe.code-reference", "a tag with an escape");
	scan_is("c.yaml", "%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!none x\n", "recipe.code-reference", "a tag directive");
	scan_is("c.yaml", "%TAG !! tag:yaml.org,2002:python/name:\n---\na: !!str x\n", "recipe.code-reference", "one for tags of the core");
	scan_is("c.yaml", "a: !env HOME\n", "recipe.code-reference", "a private tag");
	scan_is("c.yml", "model:\n  _target_: os.system\n", "recipe.code-reference", "Hydra's target");
	scan_is("c.yml", "\"\\x5ftarget\\u005f\": os.system\n", "recipe.code-reference", "Hydra's target, escaped");
	scan_is("c.yml", "# !!python in a comment\na: great!!! stuff\n", "pass", "prose is no tag");
}

static void vocabularies(void)
{
	scan_is("a.tiktoken", "IQ== 0\nIg== 1\nIw== 5\n", "pass", "ranks");
	is_str(scan_case_result.format, "tiktoken", "are tiktoken");
	scan_is("tokenizer.model", "IQ== 0\nIg== 1\n", "pass", "also under the name of Llama 3");
	scan_is("a.tiktoken", "IQ== 0\nIg== 0\n", "tiktoken.malformed", "a rank twice");
	scan_is("a.tiktoken", "IQ==  0\n", "tiktoken.malformed", "two spaces");
	scan_is("a.tiktoken", "IR== 0\n", "tiktoken.malformed", "bits behind the base64");
	scan_is("a.tiktoken", "IQ== 01\n", "tiktoken.malformed", "a leading zero");
	scan_is("a.tiktoken", "IQ== 0000000000\n", "tiktoken.malformed", "too many digits");
	scan_is("merges.txt", "#version: 0.2\na b\nab c\n", "pass", "merges");
	is_str(scan_case_result.format, "bpe", "are bpe");
	scan_is("merges.txt", "a b c\n", "bpe.malformed", "three tokens");
	scan_is("merges.txt", "a \n", "bpe.malformed", "an empty token");
	scan_is("vocab.txt", "[PAD]\n[UNK]\n##a\n", "pass", "a vocabulary");
}

/* Lines up to the limit, past the first window, and one byte more. */
static void long_lines(void)
{
	memset(big, 'a', sizeof(big));
	memcpy(big, "{\"a\":\"", 6);
	memcpy(big + sizeof(big) - 3, "\"}\n", 3);
	is_str(scan_case_with("a.jsonl", big, sizeof(big), NULL), "pass", "a JSON line longer than a window");
	memset(big, 'a', sizeof(big));
	big[32 * 1024] = ' ';
	big[64 * 1024 - 1] = '\n';
	is_str(scan_case_with("merges.txt", big, 64 * 1024, NULL), "limit.exceeded", "a merge that is too long");
}

static void refused(void)
{
	scan_is("x", "\x7f" "ELF\2\1\1\0", "format.unsupported", "ELF");
	scan_is("x.txt", "#!/bin/sh\nid\n", "format.unsupported", "a script");
	scan_is("x", "MZ\x90\0", "format.unsupported", "PE");
	scan_is("notes.txt", "MZ is a name\n", "pass", "but not in prose");
	scan_is("x.pdf", "%PDF-1.4\n", "format.unsupported", "PDF");
	scan_is("x.gguf", "GGUF\3\0\0\0", "gguf.truncated", "a GGUF header alone");
	scan_is("x.py", "print(1)\n", "code.not-built", "Python");
	scan_is("x.py", "#!/usr/bin/python3\nprint(1)\n", "code.not-built", "Python that is a script");
	scan_is("x.ipynb", "{\"cells\": []}", "code.not-built", "a notebook");
	is_int((long long)scan_case_result.found_count, 1, "said once");
	const char *rar[] = {".rar", NULL};
	struct ay_scan_options o = {.path = "x.rar", .opaque = rar};
	struct ay_source in = ay_source_memory("Rar!\x1a\x07\1\0", 8);

	ay_scan_result_free(&scan_case_result);
	is_int(ay_scan_run(&in, &o, &scan_case_result), 0, "scanned");
	is_str(scan_case_result.found[0].rule->id, "format.opaque", "the policy may admit an archive");
	in = ay_source_memory("\x7f" "ELF\0\0\0\0", 8);
	ay_scan_result_free(&scan_case_result);
	is_int(ay_scan_run(&in, &o, &scan_case_result), 0, "scanned");
	is_str(scan_case_result.found[0].rule->id, "format.unsupported", "but no program under that suffix");
}

int main(void)
{
	plain_text();
	long_text();
	recipes();
	vocabularies();
	long_lines();
	refused();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
