/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSAY_DIGEST_H
#define ASSAY_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"

struct ay_error;

struct ay_sha256 { uint8_t b[32]; };
#define AY_SHA256_HEX 65              /* with NUL */

void ay_sha256_hex(const struct ay_sha256 *d, char out[AY_SHA256_HEX]);
/* Exactly 64 lower-case hex digits, else AY_EFORMAT. */
AY_MUSTCHECK int ay_sha256_parse(const char *hex, size_t len, struct ay_sha256 *out);
bool ay_sha256_eq(const struct ay_sha256 *a, const struct ay_sha256 *b);

/* One-shot. Aborts only when libcrypto itself fails. */
struct ay_sha256 ay_sha256_of(const void *bytes, size_t len);
/* The same without libcrypto, whose first use opens files: for short input in the sandbox. */
struct ay_sha256 ay_sha256_short(const void *bytes, size_t len);
/* The wider ones, which log leaves of other key types ask for. */
void ay_sha384_of(const void *bytes, size_t len, uint8_t out[48]);
void ay_sha512_of(const void *bytes, size_t len, uint8_t out[64]);

/* Streaming; not thread-safe. new returns NULL out of memory. final leaves the context ready for free only. */
struct ay_hash;
struct ay_hash *ay_hash_new(void);
void ay_hash_add(struct ay_hash *h, const void *bytes, size_t len);
struct ay_sha256 ay_hash_final(struct ay_hash *h);
void ay_hash_free(struct ay_hash *h);

/* Hashes the whole file from offset 0 with positioned reads; size_out may be NULL. */
AY_MUSTCHECK int ay_sha256_fd(int fd, struct ay_sha256 *out, uint64_t *size_out, struct ay_error *e);

#endif
