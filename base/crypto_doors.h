/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two doors, crypto_openssl.c and crypto_sodium.c, give to pubkey.c
 * and key.c. Nobody else includes this.
 */
#ifndef ASSAY_CRYPTO_DOORS_H
#define ASSAY_CRYPTO_DOORS_H

#include "assay/crypto.h"

/* Both key types have a private part of 32 bytes: the scalar of P-256, the seed of Ed25519. */
#define AY_SECRET_BYTES 32
#define AY_P256_POINT 65              /* 0x04, X, Y */

/* pubkey.c: checks the raw point and fills the rest. AY_EFORMAT when it is not a usable point. */
AY_MUSTCHECK int ay_pubkey_from_point(enum ay_key_type type, const uint8_t *point, struct ay_pubkey *out);

/* ---- crypto_openssl.c: elliptic curves of NIST ---- */

/* The uncompressed point is on the curve. */
bool ay_ec_point_ok(enum ay_key_type type, const uint8_t *point, size_t len);
bool ay_ec_verify(enum ay_key_type type, const uint8_t *point, size_t point_len, const void *msg, size_t len,
		  const uint8_t *sig, size_t sig_len);
bool ay_p256_verify_digest(const uint8_t *point, const struct ay_sha256 *digest, const uint8_t *sig, size_t sig_len);
AY_MUSTCHECK int ay_p256_generate(uint8_t secret[AY_SECRET_BYTES]);
/* AY_EFORMAT when the scalar is not in 1..n-1. */
AY_MUSTCHECK int ay_p256_public(const uint8_t secret[AY_SECRET_BYTES], uint8_t point[AY_P256_POINT]);
AY_MUSTCHECK int ay_p256_sign(const uint8_t secret[AY_SECRET_BYTES], const uint8_t point[AY_P256_POINT],
			      const void *msg, size_t len, uint8_t *sig, size_t *sig_len);

/* ---- crypto_sodium.c ---- */

/* Locked memory, guarded, wiped by free. */
void *ay_secret_alloc(size_t len) AY_MUSTCHECK;
void ay_secret_free(void *p);
bool ay_ed25519_point_ok(const uint8_t raw[32]);
void ay_ed25519_public(const uint8_t secret[AY_SECRET_BYTES], uint8_t raw[32]);
AY_MUSTCHECK int ay_ed25519_sign(const uint8_t secret[AY_SECRET_BYTES], const void *msg, size_t len, uint8_t sig[64]);
bool ay_ed25519_verify(const uint8_t raw[32], const void *msg, size_t len, const uint8_t sig[64]);

#define AY_KDF_SALT 16
#define AY_AEAD_KEY 32
#define AY_AEAD_NONCE 24
#define AY_AEAD_TAG 16
/* What new key files ask for: about half a second and 256 MiB. */
#define AY_KDF_OPS 3
#define AY_KDF_MEM (256u << 20)
/* What a key file may ask of us at most. */
#define AY_KDF_OPS_MAX 16
#define AY_KDF_MEM_MAX (1024u << 20)

/* Argon2id 1.3; -ENOMEM when the memory cannot be had. */
AY_MUSTCHECK int ay_kdf(const char *passphrase, const uint8_t salt[AY_KDF_SALT], uint64_t ops, uint64_t mem,
			uint8_t key[AY_AEAD_KEY]);
/* XChaCha20-Poly1305 of one secret; box is AY_SECRET_BYTES + AY_AEAD_TAG long. */
void ay_seal(const uint8_t key[AY_AEAD_KEY], const uint8_t nonce[AY_AEAD_NONCE], const void *ad, size_t ad_len,
	     const uint8_t secret[AY_SECRET_BYTES], uint8_t *box);
bool ay_unseal(const uint8_t key[AY_AEAD_KEY], const uint8_t nonce[AY_AEAD_NONCE], const void *ad, size_t ad_len,
	       const uint8_t *box, uint8_t secret[AY_SECRET_BYTES]);

#endif
