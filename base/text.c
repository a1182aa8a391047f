/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, and text that is safe to print. */
#include "assay/text.h"

#include <stdio.h>
#include <string.h>

/* Length of the well-formed sequence at p (Unicode table 3-7), or 0. left > 0. */
static size_t sequence_len(const uint8_t *p, size_t left, uint32_t *code_out)
{
	uint8_t low = 0x80, high = 0xbf;
	uint32_t code;
	size_t len;

	if (p[0] < 0x80) {
		*code_out = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len > left)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	code = p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	*code_out = code;
	return len;
}

size_t ay_utf8_check(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	size_t i = 0, step;
	uint32_t code;

	while (i < len) {
		/* Most text is ASCII, and eight bytes of it are looked at together. */
		if (p[i] < 0x80) {
			uint64_t eight = 0;

			if (len - i >= sizeof(eight))
				memcpy(&eight, p + i, sizeof(eight));    /* own: so many are left */
			i += len - i >= sizeof(eight) && !(eight & 0x8080808080808080u) ? sizeof(eight) : 1;
			continue;
		}
		step = sequence_len(p + i, len - i, &code);
		if (!step)
			return i;
		i += step;
	}
	return len;
}

/* Control characters (C0, DEL, C1), the escape's own backslash, bidi controls, and line and paragraph separators. */
static bool unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == '\\' || code == 0x061c || code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

#define PIECE_MAX 17 /* four escaped bytes and the NUL */

/* Printable form of the first character of p in piece; returns the number of bytes of p that it stands for. left > 0. */
static size_t escape_one(const uint8_t *p, size_t left, char piece[PIECE_MAX], size_t *piece_len)
{
	uint32_t code = 0;
	size_t len = sequence_len(p, left, &code);

	if (len && !unsafe(code)) {
		memcpy(piece, p, len);
		*piece_len = len;
		return len;
	}
	len = len ? len : 1;
	for (size_t i = 0; i < len; i++)
		snprintf(piece + 4 * i, 5, "\\x%02x", p[i]);
	*piece_len = 4 * len;
	return len;
}

int ay_escape(struct ay_buf *b, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	char piece[PIECE_MAX];
	size_t n;

	for (size_t i = 0; i < len && !b->err;) {
		i += escape_one(p + i, len - i, piece, &n);
		ay_buf_add(b, piece, n);
	}
	return b->err;
}

char *ay_escape_str(char *out, size_t out_size, const char *text)
{
	static const char dots[] = "...";
	const size_t ndots = sizeof(dots) - 1;
	const uint8_t *p = (const uint8_t *)text;
	size_t left = strlen(text), pos = 0, cut = 0, n;
	char piece[PIECE_MAX];

	if (out_size == 0)
		return out;
	while (left) {
		size_t used = escape_one(p, left, piece, &n);

		if (pos + n >= out_size) {
			/* cut is the last position after which the dots still fit. */
			n = out_size - 1 - cut < ndots ? out_size - 1 - cut : ndots;
			memcpy(out + cut, dots, n);
			pos = cut + n;
			break;
		}
		memcpy(out + pos, piece, n);
		pos += n;
		if (pos + ndots < out_size)
			cut = pos;
		p += used;
		left -= used;
	}
	out[pos] = '\0';
	return out;
}
