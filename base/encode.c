/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal and base64. Not constant-time: never for private keys outside their encrypted form. */
#include "assay/text.h"

#include "assay/error.h"

int ay_hex_encode(struct ay_buf *b, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = bytes;
	uint8_t pair[2];

	for (size_t i = 0; i < len && !b->err; i++) {
		pair[0] = (uint8_t)digits[p[i] >> 4];
		pair[1] = (uint8_t)digits[p[i] & 15];
		ay_buf_add(b, pair, 2);
	}
	return b->err;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int ay_hex_decode(const char *hex, size_t len, uint8_t *out)
{
	if (len % 2)
		return AY_EFORMAT;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_value(hex[i]), low = hex_value(hex[i + 1]);

		if (high < 0 || low < 0)
			return AY_EFORMAT;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int ay_base64_encode(struct ay_buf *b, const void *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len && !b->err; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (n > 2 ? p[i + 2] : 0);
		uint8_t quad[4] = {(uint8_t)digits[v >> 18], (uint8_t)digits[v >> 12 & 63], '=', '='};

		if (n > 1)
			quad[2] = (uint8_t)digits[v >> 6 & 63];
		if (n > 2)
			quad[3] = (uint8_t)digits[v & 63];
		ay_buf_add(b, quad, 4);
	}
	return b->err;
}

/* One more than the value of each digit. */
static const uint8_t base64_digits[256] = {
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, ['+'] = 63, ['/'] = 64
};

static int base64_value(char c, bool url_too)
{
	if (url_too && (c == '-' || c == '_'))
		return c == '-' ? 62 : 63;
	return base64_digits[(uint8_t)c] - 1;
}

/* Whole groups of four digits. Returns how many of the characters were read: others may follow. */
static size_t decode_groups(const uint8_t *text, size_t len, uint8_t *out)
{
	size_t i = 0;

	for (; len - i >= 4; i += 4, out += 3) {
		unsigned a = base64_digits[text[i]], b = base64_digits[text[i + 1]], c = base64_digits[text[i + 2]], d = base64_digits[text[i + 3]];

		if (!a || !b || !c || !d)
			break;
		uint32_t bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);

		out[0] = (uint8_t)(bits >> 16);
		out[1] = (uint8_t)(bits >> 8);
		out[2] = (uint8_t)bits;
	}
	return i;
}

/* Drops valid padding from *len; AY_EFORMAT when it is wrong, or absent though required. */
static int strip_padding(const char *text, size_t *len, bool optional)
{
	size_t n = *len, pad = 0;

	while (pad < 2 && n > 0 && text[n - 1] == '=') {
		n--;
		pad++;
	}
	if (n % 4 == 1 || (pad && (n + pad) % 4 != 0) || (!pad && n % 4 != 0 && !optional))
		return AY_EFORMAT;
	*len = n;
	return 0;
}

int ay_base64_decode(struct ay_buf *b, const char *text, size_t len, bool url_too)
{
	uint32_t bits = 0;
	uint8_t *out;
	size_t n, i;

	if (b->err)
		return b->err;
	if (strip_padding(text, &len, url_too) != 0)
		return AY_EFORMAT;
	out = ay_buf_reserve(b, len / 4 * 3 + (len % 4 ? len % 4 - 1 : 0));
	if (!out)
		return b->err;
	i = decode_groups((const uint8_t *)text, len, out);
	for (n = i / 4 * 3; i < len; i++) {
		int v = base64_value(text[i], url_too);

		if (v < 0)
			return AY_EFORMAT;
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 != 0)
			out[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	/* Bits that no byte uses must be zero, else two texts would decode to the same bytes. */
	if ((len % 4 == 2 && (bits & 15)) || (len % 4 == 3 && (bits & 3)))
		return AY_EFORMAT;
	ay_buf_grew(b, n);
	return 0;
}
