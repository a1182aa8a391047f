/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML recipes as inert text. Nothing here decodes YAML: a line that could name
 * code to any loader (a tag outside the core schema, a %TAG directive, Hydra's
 * _target_, also when escaped or split over lines) is refused wherever it stands,
 * unless it names a class of torch that takes only numbers.
 */
#include "scanners/formats/bytes.h"
#include "scanners/formats/stream.h"
#include "scanners/formats/text.h"
#include "scanners/model/config_names.h"
#include "scanners/model/requirements.h"
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

static int hex_digit(int ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 0x20;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* An escape of a double-quoted scalar at c that spells an ASCII character: that character and its length, else -1. */
static int ascii_escape(const struct ay_cursor *c, size_t *len_out)
{
	int kind = ay_cursor_peek(c, 1);
	size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
	uint64_t v = 0;

	if (ay_cursor_peek(c, 0) != '\\' || digits == 0)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		int digit = hex_digit(ay_cursor_peek(c, 2 + i));

		if (digit < 0)
			return -1;
		v = v << 4 | (uint64_t)digit;
	}
	*len_out = 2 + digits;
	return v < 0x80 ? (int)v : -1;
}

/* Adds the line with its ASCII escapes put back to out; a backslash at its end joins the next line to it. */
static void unescape(struct ay_cursor line, struct ay_buf *out, bool *joined)
{
	if (!*joined)
		ay_buf_clear(out);
	while (*joined && (ay_cursor_peek(&line, 0) == ' ' || ay_cursor_peek(&line, 0) == '\t'))
		ay_cursor_skip(&line, 1);
	*joined = false;
	while (line.left) {
		size_t len = 1;
		int ch = ascii_escape(&line, &len);

		if (ch < 0 && ay_cursor_peek(&line, 0) == '\\' && line.left == 1) {
			*joined = true;
			return;
		}
		ay_buf_addc(out, (char)(ch < 0 ? ay_cursor_peek(&line, 0) : ch));
		ay_cursor_skip(&line, ch < 0 ? 1 : len);
	}
}

/* "_target_: NAME" alone on its line, NAME plain and on the list. */
static bool known_target(struct ay_cursor line)
{
	const char *name;
	size_t len;

	while (ay_cursor_accept(&line, " ", 1) || ay_cursor_accept(&line, "- ", 2))
		;
	if (!ay_cursor_accept(&line, "_target_: ", 10))
		return false;
	len = line.left;
	name = (const char *)ay_cursor_take(&line, len);
	return name && ay_config_hydra_target(name, len);
}

static void judge_line(struct ay_scan *s, struct ay_cursor line, struct ay_buf *scratch, bool *joined)
{
	if (ay_cursor_starts(&line, "%TAG", 4)) {
		ay_scan_find(s, "recipe.code-reference", line.off, "a YAML %%TAG directive can give a code tag another name");
		return;
	}
	if (ay_bytes_hidden_break(&line)) {
		ay_scan_find(s, "format.malformed", line.off, "a line break that only some YAML readers see can hide a key or a tag");
		return;
	}
	if (judge_tags(s, line))
		return;
	const char *wrong = ay_requirement_is_environment(ay_scan_name(s)) ? ay_requirement_judge_environment(line) : NULL;

	if (wrong)
		ay_scan_find(s, "requirements.source", line.off, "%s", wrong);
	unescape(line, scratch, joined);
	if (scratch->err || (scratch->len && memmem(scratch->data, scratch->len, "_target_", 8) && !known_target(line)))
		ay_scan_find(s, "recipe.code-reference", line.off, "a _target_ names code that Hydra imports and calls");
}

static int yaml_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_buf scratch = ay_buf_new(MIB);
	struct ay_lines lines;
	struct ay_cursor line;
	bool clean, joined = false;
	int more, err = ay_text_check(s, in, "yaml", MIB - 1, &clean);

	if (err || !clean)
		return err;
	err = ay_lines_open(&lines, in, ay_scan_budget(s), MIB);
	while (!err && (more = ay_lines_next(&lines, &line)) != 0) {
		if (more < 0)
			err = more;
		else if (line.left)
			judge_line(s, line, &scratch, &joined);
	}
	if (err)
		ay_scan_find_error(s, "yaml", err, NULL);
	ay_lines_close(&lines);
	ay_buf_free(&scratch);
	return 0;
}

static const char *const refines_text[] = {"text", NULL};

const struct ay_scanner ay_scanner_yaml = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "yaml", .version = 4, .refines = refines_text,
	.bid = yaml_bid, .scan = yaml_scan
};
