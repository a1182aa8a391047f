/* SPDX-License-Identifier: Apache-2.0 */
/* pip's requirements file (pip 24, "Requirements File Format"): logical lines are judged by scanners/model/requirements.h. */
#include "scanners/formats/bytes.h"
#include "scanners/formats/stream.h"
#include "scanners/formats/text.h"
#include "scanners/model/requirements.h"
#include "scanners/registry.h"

#include "assay/buf.h"

#define MAX_LINE (64 * KIB)

static unsigned requirements_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	const char *base = ay_path_base(path);
	bool named = strcasestr(base, "requirement") || strcasestr(base, "constraints");

	(void)in;
	return named && (ay_path_ends(base, ".txt") || ay_path_ends(base, ".in")) && ay_bytes_look_like_text(&head) ? 3 : 0;
}

/* A comment by which pip takes another encoding, in which the bytes say something else. */
static bool names_encoding(struct ay_cursor line)
{
	return ay_cursor_peek(&line, 0) == '#' && (memmem(line.p, line.left, "coding:", 7) || memmem(line.p, line.left, "coding=", 7));
}

/* Adds the line to the logical one; true while a backslash at its end joins the next to it, which one in a comment does not. */
static bool join(struct ay_buf *logical, struct ay_cursor line)
{
	bool more = line.left && ay_cursor_peek(&line, line.left - 1) == '\\' && !ay_requirement_commented(line);
	size_t len = line.left - more;

	ay_buf_add(logical, ay_cursor_take(&line, len), len);
	return more;
}

static void judge(struct ay_scan *s, struct ay_buf *logical, uint64_t off)
{
	const char *wrong = logical->err ? "a line that goes on for too long" : ay_requirement_judge(ay_cursor_of(logical->data, logical->len, off));

	if (wrong)
		ay_scan_find(s, "requirements.source", off, "%s", wrong);
	ay_buf_clear(logical);
}

static int requirements_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_buf logical = ay_buf_new(MAX_LINE);
	struct ay_lines lines;
	struct ay_cursor line;
	uint64_t number = 0, begin = 0;
	bool clean, joined = false;
	int more, err = ay_text_check(s, in, "text", MAX_LINE - 1, &clean);

	if (err || !clean)
		return err;
	more = ay_lines_open(&lines, in, ay_scan_budget(s), MAX_LINE);
	while (more >= 0 && (more = ay_lines_next(&lines, &line)) > 0) {
		begin = joined ? begin : line.off;
		if (ay_bytes_hidden_break(&line))
			ay_scan_find(s, "format.malformed", line.off, "a line break that only some readers see can hide what is installed");
		else if (++number <= 2 && names_encoding(line))
			ay_scan_find(s, "requirements.source", line.off, "a comment names an encoding in which the list reads otherwise");
		joined = join(&logical, line);
		if (!joined)
			judge(s, &logical, begin);
		more = ay_budget_tick(ay_scan_budget(s));
	}
	judge(s, &logical, begin);
	if (more < 0)
		ay_scan_find_error(s, "text", more, NULL);
	ay_lines_close(&lines);
	ay_buf_free(&logical);
	return 0;
}

static const char *const refines_text[] = {"text", NULL};

const struct ay_scanner ay_scanner_requirements = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "requirements", .version = 2, .refines = refines_text,
	.bid = requirements_bid, .scan = requirements_scan
};
