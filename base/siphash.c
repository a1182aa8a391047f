/* SPDX-License-Identifier: Apache-2.0 */
#include "base/siphash.h"

#include <endian.h>
#include <string.h>

static uint64_t rotl(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

static void rounds(uint64_t v[4], int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] = rotl(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] = rotl(v[2], 32);
	}
}

static uint64_t load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/* Fewer than 8 bytes. The first and the last four of them may overlap, which costs less than a copy of any length. */
static uint64_t load_rest(const uint8_t *p, size_t len)
{
	uint32_t low, high;

	if (len < 4)
		return len ? p[0] | (uint64_t)p[len / 2] << (8 * (len / 2)) | (uint64_t)p[len - 1] << (8 * (len - 1)) : 0;
	memcpy(&low, p, sizeof(low));
	memcpy(&high, p + len - 4, sizeof(high));
	return le32toh(low) | (uint64_t)le32toh(high) << (8 * (len - 4));
}

static uint64_t finish(uint64_t v[4], uint64_t *part, uint64_t mark)
{
	*part ^= mark;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Up to the first half of the result. */
static uint64_t absorb(const struct ay_sipkey *key, const void *bytes, size_t len, uint64_t v[4])
{
	const uint8_t *p = bytes;
	uint64_t m;

	v[0] = key->k0 ^ 0x736f6d6570736575ull;
	v[1] = key->k1 ^ 0x646f72616e646f6dull ^ 0xee;
	v[2] = key->k0 ^ 0x6c7967656e657261ull;
	v[3] = key->k1 ^ 0x7465646279746573ull;
	size_t left = len;

	for (; left >= 8; p += 8, left -= 8) {
		m = load(p);
		v[3] ^= m;
		rounds(v, 2);
		v[0] ^= m;
	}
	m = load_rest(p, left) | (uint64_t)len << 56;
	v[3] ^= m;
	rounds(v, 2);
	v[0] ^= m;
	return finish(v, &v[2], 0xee);
}

void ay_siphash128(const struct ay_sipkey *key, const void *bytes, size_t len, uint64_t out[2])
{
	uint64_t v[4];

	out[0] = absorb(key, bytes, len, v);
	out[1] = finish(v, &v[1], 0xdd);
}

uint64_t ay_siphash128_half(const struct ay_sipkey *key, const void *bytes, size_t len)
{
	uint64_t v[4];

	return absorb(key, bytes, len, v);
}
