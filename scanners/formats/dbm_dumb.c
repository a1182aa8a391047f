/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dbm.dumb (Lib/dbm/dumb.py): values in NAME.dat, each from a block of 512 bytes on, and NAME.dir, whose lines say 'key', (place, size).
 * NAME.bak is the index before the last change. A lookup reads whatever place the index says, so the places of both files are compared:
 * those that an index names are those where a pickle was judged.
 */
#include <inttypes.h>

#include "scanners/driver.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/dbm.h"
#include "scanners/formats/pickle.h"
#include "scanners/formats/text.h"
#include "scanners/registry.h"

#define BLOCK 512
#define INDEX_MAX (64 * MIB)
#define DIGITS_MAX 15
#define JOBLIB "joblib"

/* As both files say it: where a value begins, and its bytes. */
static int place(char out[48], uint64_t off, uint64_t len)
{
	return snprintf(out, 48, "%" PRIu64 ":%" PRIu64, off, len);
}

/* ---- the values ---- */

/* joblib writes files of this name too: what it wrote is one pickle, and no index agrees with that. */
static unsigned bid_values(struct ay_cursor head, struct ay_source *in, const char *path)
{
	int proto = ay_cursor_peek(&head, 1);

	(void)in;
	if (!ay_path_ends(path, ".dat") || ay_cursor_peek(&head, 0) != 0x80 || proto < 2 || proto > 5)
		return 0;
	for (; head.left; ay_cursor_skip(&head, 1))
		if (ay_cursor_starts(&head, JOBLIB, sizeof(JOBLIB) - 1))
			return 0;
	return 24;
}

/* Moves to the next block; whether nothing but zeroes lie before it. */
static int skip_padding(struct ay_source *in, uint64_t *off, bool *clean)
{
	uint8_t bytes[BLOCK];
	uint64_t next = (*off + BLOCK - 1) / BLOCK * BLOCK;
	size_t len = (size_t)((next < in->size ? next : in->size) - *off);
	int rc = ay_source_read_full(in, *off, bytes, len);
	struct ay_cursor c = ay_cursor_of(bytes, rc == 0 ? len : 0, *off);

	*clean = true;
	while (c.left)
		*clean = ay_cursor_u8(&c) == 0 && *clean;
	*off += len;
	return rc;
}

static int scan_values(struct ay_scan *s, struct ay_source *in)
{
	static const struct ay_pickle_context plain = { .no_joblib = true };
	uint64_t off = 0, end;
	char at[48];
	bool clean;

	ay_scan_hold_tensor(s, NULL, 0);
	while (off < in->size) {
		int rc = ay_pickle_scan_one(s, in, off, &plain, &end);

		if (rc < 0 || end == UINT64_MAX)
			return rc;
		ay_scan_hold_tensor(s, at, (size_t)place(at, off, end - off));
		off = end;
		rc = skip_padding(in, &off, &clean);
		if (rc < 0)
			return rc;
		if (!clean) {
			ay_dbm_bad(s, end, "what follows a pickle is neither the end nor the next one in a block of its own");
			return 0;
		}
	}
	return 0;
}

/* ---- the index ---- */

/* What repr() writes of a text of Latin-1. Python reads the lines as source code: nothing else may stand there. */
static bool take_key(struct ay_cursor *c)
{
	uint8_t quote = ay_cursor_u8(c), byte;

	if (quote != '\'' && quote != '"')
		return false;
	while ((byte = ay_cursor_u8(c)) != quote) {
		if (c->err || byte < ' ' || (byte > '~' && byte < 0xa1) || byte == 0xad)
			return false;
		if (byte == '\\' && !ay_cursor_accept(c, "\\", 1) && !ay_cursor_accept(c, "'", 1) && !ay_cursor_accept(c, "n", 1) &&
		    !ay_cursor_accept(c, "r", 1) && !ay_cursor_accept(c, "t", 1)) {
			if (!ay_cursor_accept(c, "x", 1))
				return false;
			for (int i = 0; i < 2; i++) {
				byte = ay_cursor_u8(c);
				if (!(byte >= '0' && byte <= '9') && !(byte >= 'a' && byte <= 'f'))
					return false;
			}
		}
	}
	return !c->err;
}

static bool take_number(struct ay_cursor *c, uint64_t *out)
{
	int digit = ay_cursor_peek(c, 0);
	unsigned n = 0;

	*out = 0;
	if (ay_cursor_accept(c, "0", 1))
		return true;
	for (; digit >= '0' && digit <= '9' && n < DIGITS_MAX; n++) {
		*out = *out * 10 + (uint64_t)(digit - '0');
		ay_cursor_skip(c, 1);
		digit = ay_cursor_peek(c, 0);
	}
	return n > 0;
}

static int read_lines(struct ay_scan *s, struct ay_cursor c, const char *values)
{
	char at[48];
	int rc = 0;

	while (c.left && rc == 0) {
		uint64_t line = c.off, off, len;
		bool good = take_key(&c) && ay_cursor_accept(&c, ", (", 3) && take_number(&c, &off) && ay_cursor_accept(&c, ", ", 2) &&
			    take_number(&c, &len) && ay_cursor_accept(&c, ")\n", 2);

		if (!good) {
			ay_dbm_bad(s, line, "a line of the index is not 'key', (place, size)");
			return 0;
		}
		rc = ay_budget_tick(ay_scan_budget(s));
		if (rc == 0 && values)
			rc = ay_scan_need_value(s, values, at, (size_t)place(at, off, len), line);
	}
	return rc;
}

static unsigned bid_index(struct ay_cursor head, struct ay_source *in, const char *path)
{
	int first = ay_cursor_peek(&head, 0);

	(void)in;
	return (ay_path_ends(path, ".dir") || ay_path_ends(path, ".bak")) && (first == '\'' || first == '"') ? 8 : 0;
}

static int scan_index(struct ay_scan *s, struct ay_source *in)
{
	struct ay_budget *b = ay_scan_budget(s);
	char name[AY_LIMIT_PATH], values[AY_LIMIT_PATH + 8];
	uint8_t *bytes;
	int rc;

	/* Members of a container are not compared with each other. */
	if (ay_scan_depth(s) > 0) {
		ay_scan_find(s, "sibling.values", AY_NO_OFFSET, "the index of a shelf, in a container, where nobody compares it with its values");
		return 0;
	}
	if (in->size > INDEX_MAX)
		return AY_ELIMIT;
	bytes = ay_budget_alloc(b, (size_t)in->size);
	if (!bytes)
		return AY_ELIMIT;
	rc = ay_source_read_full(in, 0, bytes, (size_t)in->size);
	ay_scan_inner_name(s, name, sizeof(name));
	snprintf(values, sizeof(values), "%s.dat", name);
	if (rc == 0)
		rc = read_lines(s, ay_cursor_of(bytes, (size_t)in->size, 0), ay_path_ends(ay_scan_name(s), ".bak") ? NULL : values);
	ay_budget_free(b, bytes);
	return rc;
}

static const char *const refines_values[] = { "pickle", "refused", NULL };
static const char *const refines_index[] = { "text", "refused", NULL };

const struct ay_scanner ay_scanner_dbm_dumb = {
	.abi = AY_SCAN_ABI, .name = "dbm-dumb", .version = 1, .refines = refines_values, .bid = bid_values, .scan = scan_values,
};

const struct ay_scanner ay_scanner_dbm_dumb_index = {
	.abi = AY_SCAN_ABI, .name = "dbm-dumb-index", .version = 1, .refines = refines_index, .bid = bid_index, .scan = scan_index,
};
