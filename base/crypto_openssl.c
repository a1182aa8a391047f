/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only file that includes OpenSSL. Caveats at this door:
 * - EVP_sha256() looks its implementation up anew at each init, which costs more
 *   than hashing a Merkle node: the fetched EVP_MD is kept for the life of the
 *   process.
 * - ECDSA verification compares the signature with its own re-encoding, so only
 *   DER counts, without trailing bytes; test_crypto holds libcrypto to that. High
 *   S is legal: cosign and OpenSSL emit it.
 * - An EVP_PKEY lives in ordinary heap memory, so private scalars stay in locked
 *   memory (key.c) and an EVP_PKEY exists only while it signs; freeing it clears
 *   its numbers.
 * - The error queue is per thread and grows stale: it is cleared where a failure
 *   is an ordinary answer.
 */
#include "base/crypto_doors.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "assay/digest.h"
#include "assay/error.h"

#define HASH_READ (256u << 10)   /* stays in a second-level cache between reading and hashing */

/* ---- SHA-256 ---- */

static EVP_MD *sha256_md;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void sha256_fetch(void)
{
	sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256_md)
		ay_bug("libcrypto has no SHA-256");
}

struct ay_sha256 ay_sha256_of(const void *bytes, size_t len)
{
	struct ay_sha256 d;
	unsigned int got = 0;

	pthread_once(&sha256_once, sha256_fetch);
	if (!EVP_Digest(len ? bytes : "", len, d.b, &got, sha256_md, NULL) || got != sizeof(d.b))
		ay_bug("libcrypto: SHA-256 failed");
	return d;
}

static void wide(const EVP_MD *md, const void *bytes, size_t len, uint8_t *out)
{
	if (!EVP_Digest(len ? bytes : "", len, out, NULL, md, NULL))
		ay_bug("libcrypto: %s failed", EVP_MD_get0_name(md));
}

void ay_sha384_of(const void *bytes, size_t len, uint8_t out[48])
{
	wide(EVP_sha384(), bytes, len, out);
}

void ay_sha512_of(const void *bytes, size_t len, uint8_t out[64])
{
	wide(EVP_sha512(), bytes, len, out);
}

struct ay_hash { EVP_MD_CTX *ctx; };

struct ay_hash *ay_hash_new(void)
{
	struct ay_hash *h = malloc(sizeof(*h));

	if (!h)
		return NULL;
	pthread_once(&sha256_once, sha256_fetch);
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || !EVP_DigestInit_ex2(h->ctx, sha256_md, NULL)) {
		ay_hash_free(h);
		return NULL;
	}
	return h;
}

void ay_hash_add(struct ay_hash *h, const void *bytes, size_t len)
{
	if (len && !EVP_DigestUpdate(h->ctx, bytes, len))
		ay_bug("libcrypto: SHA-256 failed");
}

struct ay_sha256 ay_hash_final(struct ay_hash *h)
{
	struct ay_sha256 d;
	unsigned int got = 0;

	if (!EVP_DigestFinal_ex(h->ctx, d.b, &got) || got != sizeof(d.b))
		ay_bug("libcrypto: SHA-256 failed");
	return d;
}

void ay_hash_free(struct ay_hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

static int hash_fd(int fd, struct ay_hash *h, uint8_t *buf, uint64_t *size_out, struct ay_error *e)
{
	uint64_t off = 0;

	for (;;) {
		ssize_t got = pread(fd, buf, HASH_READ, (off_t)off);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ay_error_errno(e, "cannot read at byte %llu", (unsigned long long)off);
		if (got == 0)
			break;
		/* Of a small file there is nothing to read ahead. */
		if (off == 0 && got == HASH_READ)
			posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
		ay_hash_add(h, buf, (size_t)got);
		off += (uint64_t)got;
	}
	*size_out = off;
	return 0;
}

int ay_sha256_fd(int fd, struct ay_sha256 *out, uint64_t *size_out, struct ay_error *e)
{
	struct ay_hash *h = ay_hash_new();
	uint8_t *buf = malloc(HASH_READ);
	uint64_t size = 0;
	int r = h && buf ? 0 : ay_error_set(e, -ENOMEM, "no memory to hash a file");

	if (r == 0)
		r = hash_fd(fd, h, buf, &size, e);
	if (r == 0) {
		*out = ay_hash_final(h);
		if (size_out)
			*size_out = size;
	}
	free(buf);
	ay_hash_free(h);
	return r;
}

/* ---- elliptic curves ---- */

static const char *group_name(enum ay_key_type type)
{
	switch (type) {
	case AY_KEY_P256: return "P-256";
	case AY_KEY_P384: return "P-384";
	case AY_KEY_P521: return "P-521";
	case AY_KEY_ED25519: break;
	}
	return NULL;
}

static const EVP_MD *group_hash(enum ay_key_type type)
{
	switch (type) {
	case AY_KEY_P256: return EVP_sha256();
	case AY_KEY_P384: return EVP_sha384();
	case AY_KEY_P521: return EVP_sha512();
	case AY_KEY_ED25519: break;
	}
	return NULL;
}

/* secret may be NULL: a public key. NULL on any failure. */
static EVP_PKEY *ec_key(enum ay_key_type type, const uint8_t *point, size_t point_len, const BIGNUM *secret)
{
	const char *group = group_name(type);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (group && bld && ctx &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, point_len) &&
	    (!secret || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, secret)))
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return key;
}

bool ay_ec_point_ok(enum ay_key_type type, const uint8_t *point, size_t len)
{
	/* Import alone checks that the point is on the curve; the cofactor of these curves is 1. */
	EVP_PKEY *key = ec_key(type, point, len, NULL);
	bool ok = key != NULL;

	EVP_PKEY_free(key);
	return ok;
}

bool ay_ec_verify(enum ay_key_type type, const uint8_t *point, size_t point_len, const void *msg, size_t len,
		  const uint8_t *sig, size_t sig_len)
{
	EVP_PKEY *key = ec_key(type, point, point_len, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = key && ctx && EVP_DigestVerifyInit(ctx, NULL, group_hash(type), NULL, key) == 1 &&
		  EVP_DigestVerify(ctx, sig, sig_len, len ? msg : "", len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

bool ay_p256_verify_digest(const uint8_t *point, const struct ay_sha256 *digest, const uint8_t *sig, size_t sig_len)
{
	EVP_PKEY *key = ec_key(AY_KEY_P256, point, AY_P256_POINT, NULL);
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
	bool ok = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
		  EVP_PKEY_verify(ctx, sig, sig_len, digest->b, sizeof(digest->b)) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

int ay_p256_generate(uint8_t secret[AY_SECRET_BYTES])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIGNUM *scalar = NULL;
	int r = -ENOMEM;

	if (key && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 &&
	    BN_bn2binpad(scalar, secret, AY_SECRET_BYTES) == AY_SECRET_BYTES)
		r = 0;
	BN_clear_free(scalar);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return r;
}

int ay_p256_public(const uint8_t secret[AY_SECRET_BYTES], uint8_t point[AY_P256_POINT])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *q = group ? EC_POINT_new(group) : NULL;
	BIGNUM *scalar = BN_secure_new();
	int r = -ENOMEM;

	if (q && scalar && BN_bin2bn(secret, AY_SECRET_BYTES, scalar)) {
		BN_set_flags(scalar, BN_FLG_CONSTTIME);
		if (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0)
			r = AY_EFORMAT;
		else if (EC_POINT_mul(group, q, scalar, NULL, NULL, NULL) == 1 &&
			 EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, point, AY_P256_POINT, NULL) == AY_P256_POINT)
			r = 0;
	}
	BN_clear_free(scalar);
	EC_POINT_free(q);
	EC_GROUP_free(group);
	ERR_clear_error();
	return r;
}

int ay_p256_sign(const uint8_t secret[AY_SECRET_BYTES], const uint8_t point[AY_P256_POINT],
		 const void *msg, size_t len, uint8_t *sig, size_t *sig_len)
{
	BIGNUM *scalar = BN_secure_new();
	EVP_PKEY *key = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[80];
	size_t der_len = sizeof(der);
	int r = -ENOMEM;

	if (scalar && BN_bin2bn(secret, AY_SECRET_BYTES, scalar))
		key = ec_key(AY_KEY_P256, point, AY_P256_POINT, scalar);
	if (key && ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, der, &der_len, len ? msg : "", len) == 1)
		r = der_len <= *sig_len ? 0 : AY_ELIMIT;
	if (r == 0) {
		memcpy(sig, der, der_len);
		*sig_len = der_len;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	BN_clear_free(scalar);
	ERR_clear_error();
	return r;
}
