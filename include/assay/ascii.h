/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSAY_ASCII_H
#define ASSAY_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* All below 0x80. Inline, for millions of short strings. */
static inline bool ay_ascii(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t eight, all = 0;
	size_t i = 0;

	for (; len - i >= sizeof(eight); i += sizeof(eight)) {
		memcpy(&eight, p + i, sizeof(eight));
		all |= eight;
	}
	if (i < len && i > 0) {
		/* The last eight, some of them again. */
		memcpy(&eight, p + len - sizeof(eight), sizeof(eight));
		all |= eight;
	}
	for (; i == 0 && len > 0; len--)
		all |= p[len - 1];
	return !(all & 0x8080808080808080u);
}

#endif
