/* SPDX-License-Identifier: Apache-2.0 */
/* DSSE v1: the bytes that are signed, envelopes of one and of several signatures, and who signed. */
#include "store/envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assay/ckd.h"
#include "assay/limits.h"
#include "assay/text.h"

int ay_dsse_pae(const char *type, const void *body, size_t len, struct ay_buf *out)
{
	ay_buf_addf(out, "DSSEv1 %zu %s %zu ", strlen(type), type, len);
	return ay_buf_add(out, body, len);
}

int ay_envelope_pae(const struct ay_envelope *env, struct ay_buf *out)
{
	return ay_dsse_pae(env->payload_type, env->payload, env->payload_len, out);
}

/* ---- reading ---- */

/* application/vnd.in-toto+json, or application/vnd.in-toto.PREDICATE+json */
static bool is_intoto(const char *type)
{
	static const char head[] = "application/vnd.in-toto", tail[] = "+json";
	size_t len = strlen(type);

	if (strcmp(type, AY_PAYLOAD_INTOTO) == 0)
		return true;
	return len > strlen(head) + 1 + strlen(tail) && strncmp(type, head, strlen(head)) == 0 && type[strlen(head)] == '.' &&
	       strcmp(type + len - strlen(tail), tail) == 0;
}

static int decode(const struct ay_json *text, size_t max, uint8_t **out, size_t *len_out)
{
	struct ay_buf b = ay_buf_new(max);
	size_t len = 0;
	const char *b64 = ay_json_is(text, AY_JSON_STRING) ? ay_json_str(text, &len) : NULL;
	int r = b64 ? ay_base64_decode(&b, b64, len, true) : AY_EFORMAT;

	/* An empty payload still is one byte of memory. */
	if (r == 0 && !b.data && !ay_buf_reserve(&b, 1))
		r = b.err;
	if (r == 0) {
		*out = ay_buf_steal(&b, len_out);
		r = *out ? 0 : -ENOMEM;
	}
	ay_buf_free(&b);
	return r;
}

static int read_signature(const struct ay_json *j, struct ay_signature *s, struct ay_error *e)
{
	const struct ay_json *keyid = ay_json_get(j, "keyid");
	const char *text = ay_json_str(keyid, NULL);
	int r = decode(ay_json_get(j, "sig"), 1024, &s->sig, &s->sig_len);

	if (r < 0)
		return ay_error_set(e, r, "a signature is not base64 of at most 1024 bytes");
	if (keyid && !ay_json_is(keyid, AY_JSON_STRING) && !ay_json_is(keyid, AY_JSON_NULL))
		return ay_error_set(e, AY_EFORMAT, "a keyid is not text");
	snprintf(s->keyid, sizeof(s->keyid), "%s", ay_json_is(keyid, AY_JSON_STRING) && text ? text : "");
	return 0;
}

int ay_dsse_read(const struct ay_json *dsse, struct ay_envelope *out, struct ay_error *e)
{
	const struct ay_json *sigs = ay_json_get(dsse, "signatures"), *type = ay_json_get(dsse, "payloadType");
	const char *text = ay_json_is(type, AY_JSON_STRING) ? ay_json_str(type, NULL) : NULL;
	size_t n = ay_json_count(sigs);
	int r;

	if (!text || strlen(text) >= sizeof(out->payload_type))
		return ay_error_set(e, AY_EFORMAT, "the envelope's payloadType is missing or too long");
	if (!is_intoto(text))
		return ay_error_set(e, AY_EUNSUPPORTED, "a payload of type %s is not an in-toto statement", text);
	memcpy(out->payload_type, text, strlen(text) + 1);
	r = decode(ay_json_get(dsse, "payload"), AY_LIMIT_CLAIM, &out->payload, &out->payload_len);
	if (r < 0)
		return ay_error_set(e, r, "the envelope's payload is not base64 of at most %llu bytes", AY_LIMIT_CLAIM);
	if (!ay_json_is(sigs, AY_JSON_ARRAY) || n == 0)
		return ay_error_set(e, AY_EFORMAT, "the envelope has no signatures");
	if (n > AY_DSSE_SIGNATURES_MAX)
		return ay_error_set(e, AY_ELIMIT, "%zu signatures in one envelope, at most %d", n, AY_DSSE_SIGNATURES_MAX);
	out->sigs = calloc(n, sizeof(*out->sigs));
	if (!out->sigs)
		return ay_error_set(e, -ENOMEM, "no memory for signatures");
	out->nsigs = n;
	for (size_t i = 0; i < n; i++) {
		r = read_signature(ay_json_at(sigs, i), &out->sigs[i], e);
		if (r < 0)
			return r;
	}
	return 0;
}

void ay_envelope_free(struct ay_envelope *env)
{
	for (size_t i = 0; i < env->nsigs; i++)
		free(env->sigs[i].sig);
	free(env->sigs);
	free(env->payload);
	ay_json_free(env->doc);
	memset(env, 0, sizeof(*env));
}

/* ---- who signed ---- */

static bool seen_before(const struct ay_pubkey *keys, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (ay_sha256_eq(&keys[j].id, &keys[i].id))
			return true;
	return false;
}

int ay_envelope_verify(const struct ay_envelope *env, const struct ay_pubkey *keys, size_t n, uint64_t *mask_out, struct ay_error *e)
{
	struct ay_buf pae = ay_buf_new(AY_ENVELOPE_MAX);
	struct ay_sha256 digest;
	uint64_t mask = 0;
	int r;

	*mask_out = 0;
	if (n > 64)
		return ay_error_set(e, AY_EUSAGE, "%zu keys to try, at most 64", n);
	r = ay_envelope_pae(env, &pae);
	if (r < 0) {
		ay_buf_free(&pae);
		return ay_error_set(e, r, "no memory to verify a claim");
	}
	digest = ay_sha256_of(pae.data, pae.len);
	for (size_t i = 0; i < n; i++) {
		/* One key listed twice is one signer. */
		if (seen_before(keys, i))
			continue;
		for (size_t s = 0; s < env->nsigs && !(mask >> i & 1); s++) {
			const struct ay_signature *sig = &env->sigs[s];

			if (keys[i].type == AY_KEY_P256 ? ay_verify_digest(&keys[i], &digest, sig->sig, sig->sig_len) :
							  ay_verify(&keys[i], pae.data, pae.len, sig->sig, sig->sig_len))
				mask |= UINT64_C(1) << i;
		}
	}
	ay_buf_free(&pae);
	*mask_out = mask;
	return 0;
}

/* ---- writing ---- */

static int sign_payload(const struct ay_key *k, const char *type, const void *payload, size_t len, uint8_t sig[96], size_t *sig_len)
{
	struct ay_buf pae = ay_buf_new(AY_ENVELOPE_MAX);
	int r = ay_dsse_pae(type, payload, len, &pae);

	*sig_len = 96;
	if (r == 0)
		r = ay_sign(k, pae.data, pae.len, sig, sig_len);
	ay_buf_free(&pae);
	return r;
}

static void write_signature(const void *sig, size_t sig_len, const char *keyid, struct ay_buf *out)
{
	ay_buf_adds(out, "{\"sig\":\"");
	ay_base64_encode(out, sig, sig_len);
	ay_buf_addf(out, "\",\"keyid\":\"%s\"}", keyid);
}

int ay_dsse_write(const struct ay_key *k, const char *keyid, const void *payload, size_t len, struct ay_buf *out)
{
	uint8_t sig[96];
	size_t sig_len;
	int r = sign_payload(k, AY_PAYLOAD_INTOTO, payload, len, sig, &sig_len);

	if (r < 0)
		return r;
	ay_buf_adds(out, "{\"payload\":\"");
	ay_base64_encode(out, payload, len);
	ay_buf_adds(out, "\",\"payloadType\":\"" AY_PAYLOAD_INTOTO "\",\"signatures\":[");
	write_signature(sig, sig_len, keyid, out);
	return ay_buf_adds(out, "]}");
}

int ay_envelope_sign(const struct ay_key *k, const void *statement, size_t len, struct ay_buf *out)
{
	char hint[AY_SHA256_HEX];

	ay_pubkey_hint(ay_key_public(k), hint);
	return ay_dsse_write(k, hint, statement, len, out);
}

/* A keyid of others is carried along only when it is plain text that needs no escaping. */
static const char *plain_keyid(const char *keyid)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=:._-";

	return strspn(keyid, plain) == strlen(keyid) ? keyid : "";
}

int ay_envelope_add(const void *envelope, size_t len, const struct ay_key *k, struct ay_buf *out, struct ay_error *e)
{
	struct ay_envelope env;
	struct ay_buf pae = ay_buf_new(AY_ENVELOPE_MAX);
	char hint[AY_SHA256_HEX];
	uint8_t sig[96];
	size_t sig_len = sizeof(sig);
	uint64_t mask = 0;
	int r = ay_envelope_parse(envelope, len, &env, e);

	if (r < 0)
		return r;
	if (env.is_bundle)
		r = ay_error_set(e, AY_EUSAGE, "a bundle has room for one signature: make a second bundle");
	else if (env.nsigs >= AY_DSSE_SIGNATURES_MAX)
		r = ay_error_set(e, AY_ELIMIT, "the envelope has %zu signatures already", env.nsigs);
	if (r == 0)
		r = ay_envelope_verify(&env, ay_key_public(k), 1, &mask, e);
	if (r == 0 && mask)
		r = ay_error_set(e, AY_EEXISTS, "this key has signed the document already");
	if (r == 0) {
		r = sign_payload(k, env.payload_type, env.payload, env.payload_len, sig, &sig_len);
		if (r < 0)
			ay_error_set(e, r, "cannot sign");
	}
	if (r == 0) {
		ay_pubkey_hint(ay_key_public(k), hint);
		ay_buf_adds(out, "{\"payload\":\"");
		ay_base64_encode(out, env.payload, env.payload_len);
		ay_buf_addf(out, "\",\"payloadType\":\"%s\",\"signatures\":[", plain_keyid(env.payload_type));
		for (size_t i = 0; i < env.nsigs; i++) {
			write_signature(env.sigs[i].sig, env.sigs[i].sig_len, plain_keyid(env.sigs[i].keyid), out);
			ay_buf_addc(out, ',');
		}
		write_signature(sig, sig_len, hint, out);
		r = ay_buf_adds(out, "]}");
		if (r < 0)
			ay_error_set(e, r, "no memory for the envelope");
	}
	ay_buf_free(&pae);
	ay_envelope_free(&env);
	return r;
}
