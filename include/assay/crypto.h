/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and signatures. P-256 (ECDSA over SHA-256, DER) by libcrypto in
 * base/crypto_openssl.c; Ed25519, Argon2id, secretbox, BLAKE2b and random by
 * libsodium in base/crypto_sodium.c. Private keys live in ay_key only: there is
 * no accessor that returns their bytes except ay_key_save, and free wipes.
 */
#ifndef ASSAY_CRYPTO_H
#define ASSAY_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/digest.h"

struct ay_error;

/* Call once at start of each program (sodium_init). */
AY_MUSTCHECK int ay_crypto_init(void);

enum ay_key_type { AY_KEY_P256 = 1, AY_KEY_ED25519 = 2, AY_KEY_P384 = 3, AY_KEY_P521 = 4 /* the last two verify only */ };

/* A public key. Plain value; compare by id. */
struct ay_pubkey {
	enum ay_key_type type;
	struct ay_sha256 id;         /* SHA-256 of the DER SubjectPublicKeyInfo: the key id everywhere */
	uint8_t spki[192];           /* DER, canonical re-encoding */
	size_t spki_len;
	uint8_t ed25519[32];         /* raw, Ed25519 only */
};

/* PEM "PUBLIC KEY" (one; leading text ignored), DER SPKI, or a minisign/signify .pub; anything else AY_EFORMAT. Points must be uncompressed, curves named. */
AY_MUSTCHECK int ay_pubkey_parse(const void *bytes, size_t len, struct ay_pubkey *out, struct ay_error *e);
AY_MUSTCHECK int ay_pubkey_from_ed25519(const uint8_t raw[32], struct ay_pubkey *out);
/* Canonical PEM, 64-character lines, trailing newline. */
int ay_pubkey_pem(const struct ay_pubkey *k, struct ay_buf *out);
/* The OMS hint: lower-case hex SHA-256 of that PEM text. */
void ay_pubkey_hint(const struct ay_pubkey *k, char out[AY_SHA256_HEX]);

/* True when sig is a strict signature of this key over msg (DER ECDSA; raw 64 bytes Ed25519). */
bool ay_verify(const struct ay_pubkey *k, const void *msg, size_t len, const void *sig, size_t sig_len);
/* P-256 only, over a digest of the message that was made before: many keys against one large message. false for other types. */
bool ay_verify_digest(const struct ay_pubkey *k, const struct ay_sha256 *digest, const void *sig, size_t sig_len);

/* A private key in locked memory. Not thread-safe for free; ay_sign may run from several threads. */
struct ay_key;
AY_MUSTCHECK int ay_key_generate(enum ay_key_type type, struct ay_key **out, struct ay_error *e);
void ay_key_free(struct ay_key *k);
const struct ay_pubkey *ay_key_public(const struct ay_key *k);
/* P-256: DER, at most 72 bytes; Ed25519: 64 bytes. *sig_len in: room, out: length. */
AY_MUSTCHECK int ay_sign(const struct ay_key *k, const void *msg, size_t len, uint8_t *sig, size_t *sig_len);
/*
 * Key file text (docs/format.md "Key files"): Argon2id + XChaCha20-Poly1305 when passphrase is
 * not NULL, else unencrypted. load: AY_EACCESS for a wrong passphrase or when one is needed and NULL.
 */
AY_MUSTCHECK int ay_key_save(const struct ay_key *k, const char *passphrase, struct ay_buf *out);
AY_MUSTCHECK int ay_key_load(const void *bytes, size_t len, const char *passphrase, struct ay_key **out, struct ay_error *e);
bool ay_key_file_encrypted(const void *bytes, size_t len);
/* Reads a key file from disk: refuses (AY_EACCESS) modes with group or other bits. path "env://VAR" reads the variable. */
AY_MUSTCHECK int ay_key_read(const char *path, const char *passphrase, struct ay_key **out, struct ay_error *e);

void ay_random(void *out, size_t len);
void ay_wipe(void *p, size_t len);
void ay_blake2b(const void *bytes, size_t len, uint8_t *out, size_t out_len);
/* Streaming BLAKE2b-512 of a file descriptor from offset 0 (minisign). */
AY_MUSTCHECK int ay_blake2b_fd(int fd, uint8_t out[64]);
/* The same of len bytes from off; AY_ETRUNC when the file is shorter. */
AY_MUSTCHECK int ay_blake2b_range(int fd, uint64_t off, uint64_t len, uint8_t out[64]);

#endif
