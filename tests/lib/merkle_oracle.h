/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6962 section 2.1 as it is written, slow and from the leaves alone: what the log's code is compared with. */
#ifndef ASSAY_MERKLE_ORACLE_H
#define ASSAY_MERKLE_ORACLE_H

#include <string.h>
#include "assay/digest.h"

static inline uint64_t oracle_split(uint64_t n)
{
	uint64_t k = 1;

	while (2 * k < n)
		k *= 2;
	return k;
}

static inline struct ay_sha256 oracle_pair(struct ay_sha256 a, struct ay_sha256 b)
{
	uint8_t x[65];

	x[0] = 1;
	memcpy(x + 1, a.b, 32);
	memcpy(x + 33, b.b, 32);
	return ay_sha256_of(x, 65);
}

/* MTH over leaf hashes. */
static inline struct ay_sha256 oracle_root(const struct ay_sha256 *h, uint64_t n)
{
	if (n == 0)
		return ay_sha256_of("", 0);
	if (n == 1)
		return h[0];
	uint64_t k = oracle_split(n);

	return oracle_pair(oracle_root(h, k), oracle_root(h + k, n - k));
}

/* PATH(m, D[n]); appends to out. */
static inline void oracle_path(uint64_t m, const struct ay_sha256 *h, uint64_t n, struct ay_sha256 *out, size_t *len)
{
	if (n <= 1)
		return;
	uint64_t k = oracle_split(n);

	if (m < k) {
		oracle_path(m, h, k, out, len);
		out[(*len)++] = oracle_root(h + k, n - k);
	} else {
		oracle_path(m - k, h + k, n - k, out, len);
		out[(*len)++] = oracle_root(h, k);
	}
}

/* SUBPROOF(m, D[n], whole); appends to out. */
static inline void oracle_subproof(uint64_t m, const struct ay_sha256 *h, uint64_t n, int whole, struct ay_sha256 *out, size_t *len)
{
	if (m == n) {
		if (!whole)
			out[(*len)++] = oracle_root(h, n);
		return;
	}
	uint64_t k = oracle_split(n);

	if (m <= k) {
		oracle_subproof(m, h, k, whole, out, len);
		out[(*len)++] = oracle_root(h + k, n - k);
	} else {
		oracle_subproof(m - k, h + k, n - k, 0, out, len);
		out[(*len)++] = oracle_root(h, k);
	}
}

#endif
