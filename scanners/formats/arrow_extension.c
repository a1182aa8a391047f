/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extension types of Arrow that are a Python pickle. pyarrow before 14.0.1
 * loads them whenever it reads a schema: from IPC files, from streams, and from
 * the copy of the schema that Parquet carries (CVE-2023-47248).
 */
#include "scanners/formats/arrow.h"

#include "scanners/formats/bytes.h"

#define PICKLED "arrow.py_extension_type"

static int base64_digit(int c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes all of it; false when it is not strict base64. out has room for it. */
static bool decode(struct ay_cursor c, uint8_t *out, size_t *len_out)
{
	size_t pad = 0, len = c.left;
	uint32_t held = 0;

	if (len % 4)
		return false;
	while (pad < 2 && pad < len && ay_cursor_peek(&c, len - 1 - pad) == '=')
		pad++;
	*len_out = 0;
	for (size_t i = 0; i < len; i++) {
		int digit = i < len - pad ? base64_digit(ay_cursor_peek(&c, i)) : 0;

		if (digit < 0)
			return false;
		held = held << 6 | (uint32_t)digit;
		for (unsigned k = 0; i % 4 == 3 && k < 3 - (i + 1 == len ? pad : 0); k++)
			out[(*len_out)++] = (uint8_t)(held >> (16 - 8 * k));
	}
	return true;
}

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
	struct ay_budget *b = ay_scan_budget(s);
	uint8_t *bytes = ay_budget_alloc(b, text.left + 1);
	size_t len = 0;
	int rc = 0;

	if (!bytes)
		return AY_ELIMIT;
	if (!decode(text, bytes, &len)) {
		ay_scan_find(s, "arrow.malformed", text.off, "the copy of the Arrow schema is not base64");
		rc = AY_EFORMAT;
	} else if (ay_arrow_names_pickle(ay_cursor_of(bytes, len, 0))) {
		ay_scan_find(s, "arrow.extension", text.off, "the Arrow schema has a column of type " PICKLED ", which is a pickle that runs when read");
		rc = AY_EFORMAT;
	}
	ay_budget_free(b, bytes);
	return rc;
}
