/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML recipes as inert text. Nothing here decodes YAML: a line that could name
 * code to any loader (a tag outside the core schema, a %TAG directive, Hydra's
 * _target_, also when its underscores are escaped) is refused wherever it stands.
 */
#include "scanners/formats/bytes.h"
#include "scanners/formats/stream.h"
#include "scanners/formats/text.h"
#include "scanners/registry.h"

#include "assay/buf.h"

static unsigned yaml_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	return (ay_path_ends(path, ".yaml") || ay_path_ends(path, ".yml")) && ay_bytes_look_like_text(&head) ? 2 : 0;
}

/* The characters of "!!name" and "!name" as YAML allows them, flow indicators excluded. */
static bool is_tag_char(int ch)
{
	return ch > ' ' && ch < 0x7f && !memchr(",[]{}", ch, 5);
}

static bool core_tag(const char *tag)
{
	static const char *const core[] = {
		"!!str", "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq", "!!set", "!!omap", "!!pairs", "!!binary", "!!timestamp", "!!merge"
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(core); i++)
		if (strcmp(tag, core[i]) == 0)
			return true;
	return false;
}

/* A tag at c: after it stands a name. A lone '!' or "!!!" of prose is none. */
static bool foreign_tag(struct ay_cursor c, bool starts_value)
{
	char tag[24] = "";
	size_t len = 0;
	int first = ay_cursor_peek(&c, 1) == '!' ? ay_cursor_peek(&c, 2) : ay_cursor_peek(&c, 1);
	bool secondary = ay_cursor_peek(&c, 1) == '!';

	if (first < 0 || !(first == '%' || first == '<' || (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z')))
		return false;
	while (is_tag_char(ay_cursor_peek(&c, len)))
		len++;
	if (len < sizeof(tag)) {
		ay_cursor_copy(&c, tag, len);
		if (core_tag(tag))
			return false;
	}
	return secondary || starts_value || first == '<';
}

/* Reports at most one thing a line. True when something was found. */
static bool judge_tags(struct ay_scan *s, struct ay_cursor line)
{
	int prev = '\n';             /* last byte that is not white space */
	bool after_space = true;

	for (; line.left; ay_cursor_skip(&line, 1)) {
		int ch = ay_cursor_peek(&line, 0);
		bool flow = prev == '[' || prev == '{' || prev == ',';

		if (ch == '#' && after_space)
			return false;
		if (ch == '!' && (after_space || flow) &&
		    foreign_tag(line, flow || prev == '\n' || prev == ':' || prev == '-' || prev == '?')) {
			ay_scan_find(s, "recipe.code-reference", line.off, "a YAML tag outside the core schema can build any object");
			return true;
		}
		after_space = ch == ' ' || ch == '\t';
		if (!after_space)
			prev = ch;
	}
	return false;
}

/* The line with \x5f, \u005f and \U0000005f put back to '_'. */
static void unescape_underscores(struct ay_cursor line, struct ay_buf *out)
{
	static const char *const escapes[] = {"\\x5f", "\\u005f", "\\U0000005f", "\\x5F", "\\u005F", "\\U0000005F"};

	ay_buf_clear(out);
	while (line.left) {
		size_t i = 0;

		while (i < AY_ARRAY_LEN(escapes) && !ay_cursor_accept(&line, escapes[i], strlen(escapes[i])))
			i++;
		ay_buf_addc(out, i < AY_ARRAY_LEN(escapes) ? '_' : ay_cursor_u8(&line));
	}
}

static void judge_line(struct ay_scan *s, struct ay_cursor line, struct ay_buf *scratch)
{
	if (ay_cursor_starts(&line, "%TAG", 4)) {
		ay_scan_find(s, "recipe.code-reference", line.off, "a YAML %%TAG directive can give a code tag another name");
		return;
	}
	if (judge_tags(s, line))
		return;
	if (!memmem(line.p, line.left, "target", 6))
		return;
	unescape_underscores(line, scratch);
	if (scratch->err || memmem(scratch->data, scratch->len, "_target_", 8))
		ay_scan_find(s, "recipe.code-reference", line.off, "a _target_ names code that Hydra imports and calls");
}

static int yaml_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_buf scratch = ay_buf_new(MIB);
	struct ay_lines lines;
	struct ay_cursor line;
	bool clean;
	int more, err = ay_text_check(s, in, "yaml", MIB - 1, &clean);

	if (err || !clean)
		return err;
	err = ay_lines_open(&lines, in, ay_scan_budget(s), MIB);
	while (!err && (more = ay_lines_next(&lines, &line)) != 0) {
		if (more < 0)
			err = more;
		else if (line.left)
			judge_line(s, line, &scratch);
	}
	if (err)
		ay_scan_find_error(s, "yaml", err, NULL);
	ay_lines_close(&lines);
	ay_buf_free(&scratch);
	return 0;
}

static const char *const refines_text[] = {"text", NULL};

const struct ay_scanner ay_scanner_yaml = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "yaml", .version = 1, .refines = refines_text,
	.bid = yaml_bid, .scan = yaml_scan
};
