/* SPDX-License-Identifier: Apache-2.0 */
/* What the databases that a shelf may lie in have in common. */
#include "scanners/formats/dbm.h"

#include <inttypes.h>

#include "scanners/driver.h"

#define KEY_SHOWN 80       /* longer keys are no names that help to find the value */

int ay_dbm_value(struct ay_scan *s, struct ay_cursor key, uint64_t at, struct ay_source *value)
{
	char name[KEY_SHOWN + 1];
	size_t len = 0;

	if (key.left < sizeof(name))
		while (key.left) {
			int c = ay_cursor_peek(&key, 0);

			if (c <= ' ' || c > '~')
				break;
			name[len++] = (char)ay_cursor_u8(&key);
		}
	name[len] = '\0';
	if (key.left || !len)
		snprintf(name, sizeof(name), "value@%" PRIu64, at);
	return ay_scan_member_in(s, name, value, "pickle");
}

int ay_dbm_bad(struct ay_scan *s, uint64_t off, const char *why)
{
	ay_scan_find(s, "dbm.malformed", off, "%s", why);
	return AY_EFORMAT;
}

int ay_dbm_other(struct ay_scan *s, uint64_t off, const char *what)
{
	if (ay_scan_is_opaque(s))
		ay_scan_find(s, "format.opaque", AY_NO_OFFSET, "this is %s, admitted unread by its suffix, as the policy says", what);
	else
		ay_scan_find(s, "format.unsupported", off, "this is %s, which is not judged", what);
	return AY_EFORMAT;
}

int ay_dbm_answer(int rc)
{
	return rc == AY_EFORMAT ? 0 : rc;
}
