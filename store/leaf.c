/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of a log leaf: Rekor v2 hashedrekord 0.0.2 in canonical JSON (sorted
 * keys, no white space), over the DSSE signature of a claim. Stock cosign
 * rebuilds these bytes; it takes an Ed25519 key only under the name of the
 * prehashed variant with a SHA-512, although the signature is plain Ed25519.
 */
#include "assay/log.h"

#include "assay/error.h"
#include "assay/limits.h"
#include "assay/text.h"

int ay_log_leaf(const struct ay_pubkey *k, const void *pae, size_t pae_len, const void *sig, size_t sig_len, struct ay_buf *out)
{
	uint8_t digest[64];
	struct ay_sha256 d;
	size_t digest_len = 0;
	const char *algorithm = NULL, *details = NULL;

	switch (k->type) {
	case AY_KEY_P256:
		algorithm = "SHA2_256";
		details = "PKIX_ECDSA_P256_SHA_256";
		digest_len = 32;
		d = ay_sha256_of(pae, pae_len);
		break;
	case AY_KEY_P384:
		algorithm = "SHA2_384";
		details = "PKIX_ECDSA_P384_SHA_384";
		digest_len = 48;
		ay_sha384_of(pae, pae_len, digest);
		break;
	case AY_KEY_P521:
		algorithm = "SHA2_512";
		details = "PKIX_ECDSA_P521_SHA_512";
		digest_len = 64;
		ay_sha512_of(pae, pae_len, digest);
		break;
	case AY_KEY_ED25519:
		algorithm = "SHA2_512";
		details = "PKIX_ED25519_PH";
		digest_len = 64;
		ay_sha512_of(pae, pae_len, digest);
		break;
	}
	if (!algorithm)
		return AY_EUNSUPPORTED;
	ay_buf_addf(out, "{\"apiVersion\":\"0.0.2\",\"kind\":\"hashedrekord\",\"spec\":{\"hashedRekordV002\":{\"data\":"
			 "{\"algorithm\":\"%s\",\"digest\":\"", algorithm);
	ay_base64_encode(out, k->type == AY_KEY_P256 ? d.b : digest, digest_len);
	ay_buf_adds(out, "\"},\"signature\":{\"content\":\"");
	ay_base64_encode(out, sig, sig_len);
	ay_buf_addf(out, "\",\"verifier\":{\"keyDetails\":\"%s\",\"publicKey\":{\"rawBytes\":\"", details);
	ay_base64_encode(out, k->spki, k->spki_len);
	return ay_buf_adds(out, "\"}}}}}}");
}
