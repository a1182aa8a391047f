/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sigstore bundles v0.3 with a public key. We write the one encoding that cosign,
 * model_signing and sigstore-js all take: P-256, DER, keyid "", hint = hex of
 * SHA-256 of the PEM text, one signature, tlogEntries present.
 */
#include "store/envelope.h"

#include <string.h>

#include "assay/limits.h"
#include "assay/text.h"

#define MEDIA_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"
#define MEDIA_TYPE_OTHER "application/vnd.dev.sigstore.bundle+json;version=0.3"

static int read_bundle(const struct ay_json *root, struct ay_envelope *out, struct ay_error *e)
{
	const char *media = ay_json_str(ay_json_get(root, "mediaType"), NULL), *hint;
	const struct ay_json *material = ay_json_get(root, "verificationMaterial"), *key = ay_json_get(material, "publicKey");
	const struct ay_json *entries = ay_json_get(material, "tlogEntries");
	int r;

	if (!media || (strcmp(media, MEDIA_TYPE) != 0 && strcmp(media, MEDIA_TYPE_OTHER) != 0))
		return ay_error_set(e, AY_EUNSUPPORTED, "a bundle of media type %s is not taken, only v0.3", media ? media : "(none)");
	if (ay_json_get(material, "certificate") || ay_json_get(material, "x509CertificateChain"))
		return ay_error_set(e, AY_EUNSUPPORTED, "bundles with certificates are not judged here, only public keys");
	if (!ay_json_is(key, AY_JSON_OBJECT))
		return ay_error_set(e, AY_EFORMAT, "the bundle has no verificationMaterial.publicKey");
	if (entries && !ay_json_is(entries, AY_JSON_ARRAY) && !ay_json_is(entries, AY_JSON_NULL))
		return ay_error_set(e, AY_EFORMAT, "tlogEntries is not a list");
	if (ay_json_get(root, "messageSignature"))
		return ay_error_set(e, AY_EUNSUPPORTED, "a bundle over a bare message says nothing that could be judged");
	r = ay_dsse_read(ay_json_get(root, "dsseEnvelope"), out, e);
	if (r < 0)
		return r;
	if (out->nsigs != 1)
		return ay_error_set(e, AY_EFORMAT, "a bundle must have exactly one signature, this has %zu", out->nsigs);
	hint = ay_json_str(ay_json_get(key, "hint"), NULL);
	snprintf(out->hint, sizeof(out->hint), "%s", hint ? hint : "");
	out->is_bundle = true;
	return 0;
}

int ay_envelope_parse(const void *bytes, size_t len, struct ay_envelope *out, struct ay_error *e)
{
	const struct ay_json *root;
	int r;

	memset(out, 0, sizeof(*out));
	if (len > AY_ENVELOPE_MAX)
		return ay_error_set(e, AY_ELIMIT, "a claim of %zu bytes is too large", len);
	r = ay_json_parse(bytes, len, AY_LIMIT_CLAIM_NODES, &out->doc, e);
	if (r < 0)
		return r;
	root = ay_json_root(out->doc);
	if (!ay_json_is(root, AY_JSON_OBJECT))
		r = ay_error_set(e, AY_EFORMAT, "a claim is a JSON object");
	else if (ay_json_get(root, "mediaType"))
		r = read_bundle(root, out, e);
	else if (ay_json_get(root, "payloadType"))
		r = ay_dsse_read(root, out, e);
	else
		r = ay_error_set(e, AY_EUNSUPPORTED, "neither a Sigstore bundle nor a DSSE envelope");
	if (r < 0)
		ay_envelope_free(out);
	return r;
}

int ay_bundle_sign(const struct ay_key *k, const void *statement, size_t len, struct ay_buf *out)
{
	char hint[AY_SHA256_HEX];
	int r;

	ay_pubkey_hint(ay_key_public(k), hint);
	ay_buf_addf(out, "{\"mediaType\":\"" MEDIA_TYPE "\",\"verificationMaterial\":{\"publicKey\":{\"hint\":\"%s\"},"
			 "\"tlogEntries\":[]},\"dsseEnvelope\":", hint);
	r = ay_dsse_write(k, "", statement, len, out);
	return r < 0 ? r : ay_buf_adds(out, "}");
}

static bool ends_with(const char *name, const char *tail)
{
	size_t len = strlen(name), tail_len = strlen(tail);

	return len > tail_len && strcmp(name + len - tail_len, tail) == 0;
}

bool ay_claim_name(const char *name)
{
	return !strchr(name, '/') &&
	       (strcmp(name, "model.sig") == 0 || ends_with(name, ".sigstore.json") || ends_with(name, ".intoto.jsonl"));
}
