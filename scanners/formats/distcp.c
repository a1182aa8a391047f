/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of a distributed torch checkpoint: files of torch.save in a row, one for each item, without anything between
 * them. Its loader reads each from the place that .metadata says, so the places are noted for the comparison.
 */
#include <inttypes.h>

#include "scanners/formats/bytes.h"
#include "scanners/formats/text.h"
#include "scanners/registry.h"

#define END_SIZE 22               /* end record without a comment */
#define LOCATOR_SIZE 20
#define END64_SIZE 56

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	if (!ay_path_ends(path, ".distcp"))
		return 0;
	/* Its loader reads places of a file by this name whatever lies there: nothing else may judge it. */
	return ay_cursor_starts(&head, "PK\3\4", 4) ? 32 : 1;
}

static int load(struct ay_source *in, uint64_t off, uint8_t *bytes, size_t len, struct ay_cursor *c)
{
	int rc = ay_source_read_full(in, off, bytes, len);

	*c = ay_cursor_of(bytes, rc == 0 ? len : 0, off);
	return rc;
}

/* Where the zip that ends at end begins; false when none does. Only how far it reaches: what it is, its reader says. */
static bool find_start(struct ay_source *in, uint64_t end, uint64_t *start)
{
	uint8_t bytes[END64_SIZE];
	uint64_t size, off, at = end - END_SIZE;
	struct ay_cursor c;

	if (end < END_SIZE || load(in, at, bytes, END_SIZE, &c) < 0 || !ay_cursor_accept(&c, "PK\5\6", 4))
		return false;
	ay_cursor_skip(&c, 8);
	size = ay_cursor_le32(&c);
	off = ay_cursor_le32(&c);
	if (ay_cursor_le16(&c) != 0)
		return false;
	if (at >= LOCATOR_SIZE + END64_SIZE && load(in, at - LOCATOR_SIZE, bytes, LOCATOR_SIZE, &c) == 0 && ay_cursor_accept(&c, "PK\6\7", 4)) {
		at -= LOCATOR_SIZE + END64_SIZE;
		if (load(in, at, bytes, END64_SIZE, &c) < 0 || !ay_cursor_accept(&c, "PK\6\6", 4))
			return false;
		ay_cursor_skip(&c, 36);
		size = ay_cursor_le64(&c);
		off = ay_cursor_le64(&c);
	}
	if (size > at || off > at - size)
		return false;
	*start = at - size - off;
	return true;
}

static int judge(struct ay_scan *s, struct ay_source *in, uint64_t off, uint64_t end)
{
	char name[48], place[48];
	struct ay_source_window w;
	struct ay_source one;
	int rc = ay_source_sub(in, off, end - off, &w, &one);

	if (rc < 0)
		return rc;
	snprintf(name, sizeof(name), "item@%" PRIu64, off);
	rc = ay_scan_member_in(s, name, &one, "torch-zip");
	ay_scan_hold_tensor(s, place, (size_t)snprintf(place, sizeof(place), "%" PRIu64 ":%" PRIu64, off, end - off));
	return rc;
}

/* From the last to the first: a zip says at its end where it begins. */
static int scan(struct ay_scan *s, struct ay_source *in)
{
	uint64_t end = in->size, start;
	int rc = 0;

	ay_scan_hold_tensor(s, NULL, 0);
	while (end > 0 && rc == 0) {
		if (!find_start(in, end, &start)) {
			ay_scan_find(s, "distcp.malformed", end, "no file of torch.save ends at byte %" PRIu64, end);
			return 0;
		}
		rc = judge(s, in, start, end);
		end = start;
	}
	return rc;
}

static const char *const refined[] = { "zip", "torch-zip", NULL };
const struct ay_scanner ay_scanner_distcp = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "distcp", .version = 1, .refines = refined, .bid = bid, .scan = scan,
};
