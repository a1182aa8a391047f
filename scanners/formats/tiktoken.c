/* SPDX-License-Identifier: Apache-2.0 */
/* tiktoken ranks: lines of base64, one space, a decimal rank that grows from line to line. */
#include "scanners/formats/bytes.h"
#include "scanners/formats/stream.h"
#include "scanners/formats/text.h"
#include "scanners/registry.h"

#include "assay/text.h"

#define LINE_MAX_BYTES (64 * KIB)
#define RANK_DIGITS 9

/* "BASE64 RANK"; false when the line is anything else. */
static bool parse_line(struct ay_cursor line, uint32_t *rank_out)
{
	struct ay_buf token = ay_buf_new(LINE_MAX_BYTES);
	size_t len = ay_bytes_find(&line, ' ');
	const char *text = (const char *)ay_cursor_take(&line, len);
	bool good = text && ay_base64_decode(&token, text, len, false) == 0 && token.len > 0;

	ay_buf_free(&token);
	ay_cursor_skip(&line, 1);
	if (!good || !line.left || line.left > RANK_DIGITS || (line.left > 1 && ay_cursor_peek(&line, 0) == '0'))
		return false;
	*rank_out = 0;
	while (line.left) {
		uint8_t digit = ay_cursor_u8(&line);

		if (digit < '0' || digit > '9')
			return false;
		*rank_out = *rank_out * 10 + (digit - '0');
	}
	return line.err == 0;
}

static unsigned tiktoken_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	uint32_t rank;

	(void)in;
	if (!ay_path_ends(path, ".tiktoken") && !ay_path_ends(path, ".model"))
		return 0;
	if (!ay_bytes_look_like_text(&head))
		return 0;
	size_t len = ay_bytes_find(&head, '\n');
	struct ay_cursor line = ay_cursor_sub(&head, len);

	if (ay_path_ends(path, ".tiktoken"))
		return 8;
	return parse_line(line, &rank) ? 8 : 0;
}

static int tiktoken_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_lines lines;
	struct ay_cursor line;
	uint64_t row = 0;
	uint32_t rank, last = 0;
	int more = 1, err = ay_lines_open(&lines, in, ay_scan_budget(s), LINE_MAX_BYTES);

	while (!err && (more = ay_lines_next(&lines, &line)) > 0) {
		row++;
		if (!parse_line(line, &rank)) {
			ay_scan_find(s, "tiktoken.malformed", line.off, "line %llu is not base64, one space and a rank", (unsigned long long)row);
			break;
		}
		if (row > 1 && rank <= last) {
			ay_scan_find(s, "tiktoken.malformed", line.off, "line %llu has rank %u after rank %u", (unsigned long long)row,
				     (unsigned)rank, (unsigned)last);
			break;
		}
		last = rank;
	}
	if (err || more < 0)
		ay_scan_find_error(s, "tiktoken", err ? err : more, NULL);
	else if (row == 0)
		ay_scan_find(s, "tiktoken.malformed", 0, "there are no ranks");
	ay_lines_close(&lines);
	return 0;
}

static const char *const refines_text[] = {"text", NULL};

const struct ay_scanner ay_scanner_tiktoken = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "tiktoken", .version = 1, .refines = refines_text,
	.bid = tiktoken_bid, .scan = tiktoken_scan
};
