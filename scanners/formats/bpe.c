/* SPDX-License-Identifier: Apache-2.0 */
/* Vocabularies: vocab.txt (a token a line) and merges.txt (two tokens a line, one space between). */
#include "scanners/formats/bytes.h"
#include "scanners/formats/stream.h"
#include "scanners/formats/text.h"
#include "scanners/registry.h"

#define LINE_MAX_BYTES (64 * KIB)

static bool is_merges(const char *path)
{
	return strcmp(ay_path_base(path), "merges.txt") == 0;
}

static unsigned bpe_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	return (is_merges(path) || strcmp(ay_path_base(path), "vocab.txt") == 0) && ay_bytes_look_like_text(&head) ? 2 : 0;
}

/* Two tokens, neither empty, neither with a space. The first line may be the version comment. */
static bool good_merge(struct ay_cursor line, uint64_t row)
{
	if (row == 1 && ay_cursor_starts(&line, "#version", 8))
		return true;
	size_t space = ay_bytes_find(&line, ' ');

	if (space == 0)
		return false;
	ay_cursor_skip(&line, space);
	ay_cursor_skip(&line, 1);
	return !line.err && line.left && ay_bytes_find(&line, ' ') == line.left;
}

static void scan_merges(struct ay_scan *s, struct ay_source *in)
{
	struct ay_lines lines;
	struct ay_cursor line;
	uint64_t row = 0;
	int more = 1, err = ay_lines_open(&lines, in, ay_scan_budget(s), LINE_MAX_BYTES);

	while (!err && (more = ay_lines_next(&lines, &line)) > 0) {
		row++;
		if (good_merge(line, row))
			continue;
		ay_scan_find(s, "bpe.malformed", line.off, "line %llu is not two tokens with one space between", (unsigned long long)row);
		break;
	}
	if (err || more < 0)
		ay_scan_find_error(s, "bpe", err ? err : more, NULL);
	ay_lines_close(&lines);
}

static int bpe_scan(struct ay_scan *s, struct ay_source *in)
{
	bool clean;
	int err = ay_text_check(s, in, "bpe", LINE_MAX_BYTES - 2, &clean);

	if (!err && clean && is_merges(ay_scan_name(s)))
		scan_merges(s, in);
	return err;
}

static const char *const refines_text[] = {"text", NULL};

const struct ay_scanner ay_scanner_bpe = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "bpe", .version = 1, .refines = refines_text, .bid = bpe_bid, .scan = bpe_scan
};
