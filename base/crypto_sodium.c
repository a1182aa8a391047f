/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only file that includes libsodium. Caveats at this door:
 * - sodium_init must have run; ay_crypto_init does, once, and everything else
 *   calls it too, because tests and libraries forget.
 * - Verification refuses small-order keys, non-canonical S and non-canonical
 *   points: exactly the strictness that we promise.
 * - sodium_malloc locks pages: RLIMIT_MEMLOCK can make it weaker (unlocked),
 *   never fail; guard pages cost 3 pages a key.
 * - crypto_pwhash takes its memory at once and answers -1 without errno when it
 *   cannot have it.
 */
#include "base/crypto_doors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "assay/error.h"

#define HASH_READ (1u << 20)

_Static_assert(crypto_pwhash_SALTBYTES == AY_KDF_SALT, "salt size");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == AY_AEAD_KEY, "key size");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == AY_AEAD_NONCE, "nonce size");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == AY_AEAD_TAG, "tag size");

int ay_crypto_init(void)
{
	return sodium_init() < 0 ? AY_EINTERNAL : 0;
}

struct ay_sha256 ay_sha256_short(const void *bytes, size_t len)
{
	struct ay_sha256 d;

	_Static_assert(sizeof(d.b) == crypto_hash_sha256_BYTES, "digest size");
	crypto_hash_sha256(d.b, bytes, len);
	return d;
}

static void need_sodium(void)
{
	if (sodium_init() < 0)
		ay_bug("libsodium does not start");
}

void *ay_secret_alloc(size_t len)
{
	need_sodium();
	return sodium_malloc(len);
}

void ay_secret_free(void *p)
{
	sodium_free(p);
}

bool ay_ed25519_point_ok(const uint8_t raw[32])
{
	need_sodium();
	return crypto_core_ed25519_is_valid_point(raw) == 1;
}

void ay_ed25519_public(const uint8_t secret[AY_SECRET_BYTES], uint8_t raw[32])
{
	uint8_t full[crypto_sign_SECRETKEYBYTES];

	need_sodium();
	crypto_sign_seed_keypair(raw, full, secret);
	sodium_memzero(full, sizeof(full));
}

int ay_ed25519_sign(const uint8_t secret[AY_SECRET_BYTES], const void *msg, size_t len, uint8_t sig[64])
{
	uint8_t raw[32], full[crypto_sign_SECRETKEYBYTES];
	int r;

	need_sodium();
	crypto_sign_seed_keypair(raw, full, secret);
	r = crypto_sign_detached(sig, NULL, msg, len, full) == 0 ? 0 : AY_EINTERNAL;
	sodium_memzero(full, sizeof(full));
	return r;
}

bool ay_ed25519_verify(const uint8_t raw[32], const void *msg, size_t len, const uint8_t sig[64])
{
	need_sodium();
	return crypto_sign_verify_detached(sig, msg, len, raw) == 0;
}

int ay_kdf(const char *passphrase, const uint8_t salt[AY_KDF_SALT], uint64_t ops, uint64_t mem, uint8_t key[AY_AEAD_KEY])
{
	need_sodium();
	if (crypto_pwhash(key, AY_AEAD_KEY, passphrase, strlen(passphrase), salt, ops, (size_t)mem,
			  crypto_pwhash_ALG_ARGON2ID13) != 0)
		return -ENOMEM;
	return 0;
}

void ay_seal(const uint8_t key[AY_AEAD_KEY], const uint8_t nonce[AY_AEAD_NONCE], const void *ad, size_t ad_len,
	     const uint8_t secret[AY_SECRET_BYTES], uint8_t *box)
{
	crypto_aead_xchacha20poly1305_ietf_encrypt(box, NULL, secret, AY_SECRET_BYTES, ad, ad_len, NULL, nonce, key);
}

bool ay_unseal(const uint8_t key[AY_AEAD_KEY], const uint8_t nonce[AY_AEAD_NONCE], const void *ad, size_t ad_len,
	       const uint8_t *box, uint8_t secret[AY_SECRET_BYTES])
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt(secret, NULL, NULL, box, AY_SECRET_BYTES + AY_AEAD_TAG,
							  ad, ad_len, nonce, key) == 0;
}

void ay_random(void *out, size_t len)
{
	need_sodium();
	randombytes_buf(out, len);
}

void ay_wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}

void ay_blake2b(const void *bytes, size_t len, uint8_t *out, size_t out_len)
{
	need_sodium();
	if (crypto_generichash(out, out_len, bytes, len, NULL, 0) != 0)
		ay_bug("BLAKE2b of %zu bytes was asked for", out_len);
}

/* Up to want bytes from off; *done_out says how many there were. */
static int blake2b_read(int fd, uint64_t off, uint64_t want, uint8_t out[64], uint64_t *done_out)
{
	crypto_generichash_state state;
	uint8_t *buf = malloc(HASH_READ);
	uint64_t done = 0;
	int r = 0;

	if (!buf)
		return -ENOMEM;
	need_sodium();
	crypto_generichash_init(&state, NULL, 0, 64);
	while (done < want) {
		size_t ask = want - done < HASH_READ ? (size_t)(want - done) : HASH_READ;
		ssize_t got = pread(fd, buf, ask, (off_t)(off + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			r = got < 0 ? -errno : 0;
			break;
		}
		crypto_generichash_update(&state, buf, (unsigned long long)got);
		done += (uint64_t)got;
	}
	crypto_generichash_final(&state, out, 64);
	free(buf);
	*done_out = done;
	return r;
}

int ay_blake2b_fd(int fd, uint8_t out[64])
{
	uint64_t done;

	return blake2b_read(fd, 0, UINT64_MAX, out, &done);
}

int ay_blake2b_range(int fd, uint64_t off, uint64_t len, uint8_t out[64])
{
	uint64_t done = 0;
	int r = blake2b_read(fd, off, len, out, &done);

	return r == 0 && done < len ? AY_ETRUNC : r;
}
