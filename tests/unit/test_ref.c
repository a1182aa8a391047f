/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/ref.h"

#include "assay/error.h"
#include "tests/lib/tap.h"

/* PREFIX followed by n times c. */
static const char *longer(const char *prefix, size_t n, char c)
{
	static char text[2048];
	size_t len = strlen(prefix);

	memcpy(text, prefix, len);
	memset(text + len, c, n);
	text[len + n] = '\0';
	return text;
}

static void test_refs(void)
{
	static const char *const bad[] = {
		"", "models", "models/", "models/x", "models/x@", "@v1", "/x@v1", "models@v1", "models/@v1", "model/x@v1", "Models/x@v1",
		"models//x@v1", "models/x/@v1", "models/.x@v1", "models/-x@v1", "models/x@.v1", "models/x@v1@v2", "models/x@v/1", "models/x y@v1",
		"models/x@v 1", "models/../x@v1", "models/x\n@v1", "models/\xc3\xa9@v1", "modelsx/y@v1", " models/x@v1", "models/x@v1 ",
	};
	struct ay_ref r;
	struct ay_error e;

	is_int(ay_ref_parse("models/org/llama-8b_x.1@v3.0-rc_1", &r, &e), 0, "a reference");
	is_str(r.text, "models/org/llama-8b_x.1@v3.0-rc_1", "whole");
	is_str(r.name, "models/org/llama-8b_x.1", "name");
	is_str(r.version, "v3.0-rc_1", "version");
	ok(ay_ref_parse("datasets/0@0", &r, &e) == 0 && ay_ref_parse("code/a@1", &r, &e) == 0, "the other classes");
	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++) {
		is_int(ay_ref_parse(bad[i], &r, &e), AY_EUSAGE, "refuses case %zu", i);
		ok(e.msg[0] != '\0' && !r.text[0], "says why, and gives nothing");
	}
	is_int(ay_ref_parse(longer("models/x@", AY_LIMIT_VERSION, 'v'), &r, &e), 0, "the longest version");
	is_int(ay_ref_parse(longer("models/x@", AY_LIMIT_VERSION + 1, 'v'), &r, &e), AY_EUSAGE, "one beyond");
	is_int(ay_name_parse(longer("models/", AY_LIMIT_COMPONENT, 'x'), &e), 0, "the longest component");
	is_int(ay_name_parse(longer("models/", AY_LIMIT_COMPONENT + 1, 'x'), &e), AY_EUSAGE, "one beyond");
	is_int(ay_ref_parse(longer("models/a@", AY_LIMIT_REF, 'v'), &r, &e), AY_EUSAGE, "a reference that is too long");
	is_int(ay_name_parse("models/a/b", &e), 0, "a name");
	is_int(ay_name_parse("models/a@v1", &e), AY_EUSAGE, "which has no version");
	is_int(ay_name_parse("models", NULL), AY_EUSAGE, "and more than a class");
}

static void test_paths(void)
{
	static const struct { const char *path; size_t len; int rc; } cases[] = {
		{"a", 1, 0}, {"a/b.c/d", 7, 0}, {"..a/b..", 7, 0}, {".hidden", 7, 0}, {"a\nb", 3, 0}, {"\xc3\xa9", 2, 0}, {"a@b c", 5, 0},
		{"", 0, AY_EFORMAT}, {"/a", 2, AY_EFORMAT}, {"a/", 2, AY_EFORMAT}, {"a//b", 4, AY_EFORMAT}, {".", 1, AY_EFORMAT},
		{"a/.", 3, AY_EFORMAT}, {"./a", 3, AY_EFORMAT}, {"..", 2, AY_EFORMAT}, {"a/../b", 6, AY_EFORMAT}, {"a\0b", 3, AY_EFORMAT},
		{"a/\xff", 3, AY_EFORMAT},
	};
	struct ay_error e;
	char path[AY_LIMIT_PATH + 1], deep[2 * AY_LIMIT_PATH_DEPTH + 2];

	for (size_t i = 0; i < AY_ARRAY_LEN(cases); i++)
		is_int(ay_path_check(cases[i].path, cases[i].len, &e), cases[i].rc, "path case %zu", i);
	is_int(ay_path_check(longer("", 255, 'x'), 255, &e), 0, "the longest component");
	is_int(ay_path_check(longer("", 256, 'x'), 256, &e), AY_ELIMIT, "one beyond");
	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = i % 2 ? '/' : 'd';
	is_int(ay_path_check(deep, 2 * AY_LIMIT_PATH_DEPTH - 1, &e), 0, "the deepest path");
	is_int(ay_path_check(deep, 2 * AY_LIMIT_PATH_DEPTH + 1, &e), AY_ELIMIT, "one deeper");
	is_int(e.off, 2 * AY_LIMIT_PATH_DEPTH, "where");
	memset(path, 'x', sizeof(path));
	for (size_t i = 200; i < sizeof(path); i += 200)
		path[i] = '/';
	is_int(ay_path_check(path, AY_LIMIT_PATH, &e), 0, "the longest path");
	is_int(ay_path_check(path, AY_LIMIT_PATH + 1, &e), AY_ELIMIT, "one longer");
}

int main(void)
{
	test_refs();
	test_paths();
	return done_testing();
}
