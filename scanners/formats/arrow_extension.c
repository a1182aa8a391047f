/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extension types of Arrow that are a Python pickle. pyarrow before 14.0.1
 * loads them whenever it reads a schema: from IPC files, from streams, and from
 * the copy of the schema that Parquet carries (CVE-2023-47248).
 */
#include "scanners/formats/arrow.h"

#include "assay/text.h"
#include "scanners/formats/bytes.h"

#define PICKLED "arrow.py_extension_type"

/* A string of a FlatBuffer lies in one piece, so its bytes can be looked for. */
bool ay_arrow_names_pickle(struct ay_cursor c)
{
	while (c.left > 0) {
		ay_cursor_skip(&c, ay_bytes_find(&c, 'a'));
		if (ay_cursor_starts(&c, PICKLED, sizeof(PICKLED) - 1))
			return true;
		ay_cursor_skip(&c, c.left ? 1 : 0);
	}
	return false;
}

int ay_arrow_check_base64(struct ay_scan *s, struct ay_cursor text)
{
	size_t len = text.left;

	if (len > ay_scan_budget(s)->alloc_left)
		return AY_ELIMIT;
	struct ay_buf bytes = ay_buf_new(len);
	const uint8_t *p = ay_cursor_take(&text, len);
	int rc = p ? ay_base64_decode(&bytes, (const char *)p, len, false) : 0;

	if (rc == 0 && ay_arrow_names_pickle(ay_cursor_of(bytes.data, bytes.len, 0))) {
		ay_scan_find(s, "arrow.extension", text.off - len, "the Arrow schema has a column of type " PICKLED ", which is a pickle that runs when read");
		rc = AY_EFORMAT;
	} else if (rc == AY_EFORMAT) {
		ay_scan_find(s, "arrow.malformed", text.off - len, "the copy of the Arrow schema is not base64");
	}
	ay_buf_free(&bytes);
	return rc;
}
