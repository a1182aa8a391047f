/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/digest.h"

#include <string.h>

#include "assay/error.h"

void ay_sha256_hex(const struct ay_sha256 *d, char out[AY_SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(d->b); i++) {
		out[2 * i] = digits[d->b[i] >> 4];
		out[2 * i + 1] = digits[d->b[i] & 15];
	}
	out[AY_SHA256_HEX - 1] = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int ay_sha256_parse(const char *hex, size_t len, struct ay_sha256 *out)
{
	struct ay_sha256 d;

	if (len != AY_SHA256_HEX - 1)
		return AY_EFORMAT;
	for (size_t i = 0; i < sizeof(d.b); i++) {
		int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return AY_EFORMAT;
		d.b[i] = (uint8_t)(high << 4 | low);
	}
	*out = d;
	return 0;
}

bool ay_sha256_eq(const struct ay_sha256 *a, const struct ay_sha256 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
