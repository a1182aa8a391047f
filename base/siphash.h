/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4 with 128 bits of output: a hash for tables whose keys an attacker chooses. Not a digest. */
#ifndef ASSAY_BASE_SIPHASH_H
#define ASSAY_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct ay_sipkey {
	uint64_t k0, k1;
};

void ay_siphash128(const struct ay_sipkey *key, const void *bytes, size_t len, uint64_t out[2]);
/* Its first half alone, in two thirds of the time. */
uint64_t ay_siphash128_half(const struct ay_sipkey *key, const void *bytes, size_t len);

#endif
