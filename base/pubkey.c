/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys: one canonical SubjectPublicKeyInfo per key, so that its digest
 * names it. There is one DER encoding that we take for each type: a fixed
 * prefix and the raw point. Compressed points and explicit curve parameters
 * would give one key several names.
 */
#include "assay/crypto.h"

#include <string.h>

#include "assay/cursor.h"
#include "assay/error.h"
#include "assay/text.h"
#include "base/crypto_doors.h"

#define PEM_BEGIN "-----BEGIN PUBLIC KEY-----"
#define PEM_END "-----END PUBLIC KEY-----"
#define PEM_LINE 64
#define PUBKEY_TEXT_MAX (64u << 10)

static const uint8_t ed25519_prefix[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
static const uint8_t p256_prefix[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00
};
static const uint8_t p384_prefix[] = {
	0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00
};
static const uint8_t p521_prefix[] = {
	0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00
};

static const struct spki_shape {
	enum ay_key_type type;
	const uint8_t *prefix;
	size_t prefix_len, point_len;
} shapes[] = {
	{ AY_KEY_ED25519, ed25519_prefix, sizeof(ed25519_prefix), 32 },
	{ AY_KEY_P256, p256_prefix, sizeof(p256_prefix), AY_P256_POINT },
	{ AY_KEY_P384, p384_prefix, sizeof(p384_prefix), 97 },
	{ AY_KEY_P521, p521_prefix, sizeof(p521_prefix), 133 },
};

static const struct spki_shape *shape_of(enum ay_key_type type)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(shapes); i++)
		if (shapes[i].type == type)
			return &shapes[i];
	ay_bug("key type %d", (int)type);
}

static void fill(const struct spki_shape *shape, const uint8_t *point, struct ay_pubkey *out)
{
	memset(out, 0, sizeof(*out));
	out->type = shape->type;
	memcpy(out->spki, shape->prefix, shape->prefix_len);
	memcpy(out->spki + shape->prefix_len, point, shape->point_len);
	out->spki_len = shape->prefix_len + shape->point_len;
	out->id = ay_sha256_of(out->spki, out->spki_len);
	if (shape->type == AY_KEY_ED25519)
		memcpy(out->ed25519, point, 32);
}

int ay_pubkey_from_point(enum ay_key_type type, const uint8_t *point, struct ay_pubkey *out)
{
	const struct spki_shape *shape = shape_of(type);

	if (type == AY_KEY_ED25519 ? !ay_ed25519_point_ok(point) : !ay_ec_point_ok(type, point, shape->point_len))
		return AY_EFORMAT;
	fill(shape, point, out);
	return 0;
}

int ay_pubkey_from_ed25519(const uint8_t raw[32], struct ay_pubkey *out)
{
	return ay_pubkey_from_point(AY_KEY_ED25519, raw, out);
}

static int parse_der(const uint8_t *der, size_t len, struct ay_pubkey *out, struct ay_error *e)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(shapes); i++) {
		const struct spki_shape *s = &shapes[i];

		if (len != s->prefix_len + s->point_len || memcmp(der, s->prefix, s->prefix_len) != 0)
			continue;
		if (ay_pubkey_from_point(s->type, der + s->prefix_len, out) < 0)
			return ay_error_set(e, AY_EFORMAT, "the public key is not a point that may be used on its curve");
		return 0;
	}
	return ay_error_set(e, AY_EFORMAT, "not a P-256, P-384, P-521 or Ed25519 public key in canonical form "
					   "(named curve, uncompressed point)");
}

static int parse_pem(const uint8_t *text, size_t len, const uint8_t *begin, struct ay_pubkey *out, struct ay_error *e)
{
	const uint8_t *body = begin + strlen(PEM_BEGIN), *end;
	struct ay_buf packed = ay_buf_new(PUBKEY_TEXT_MAX), der = ay_buf_new(PUBKEY_TEXT_MAX);
	int r;

	end = memmem(body, len - (size_t)(body - text), PEM_END, strlen(PEM_END));
	if (!end)
		return ay_error_set(e, AY_ETRUNC, "the PEM block has no end line");
	if (memmem(end, len - (size_t)(end - text), PEM_BEGIN, strlen(PEM_BEGIN)))
		return ay_error_set(e, AY_EFORMAT, "more than one public key in one file");
	for (const uint8_t *p = body; p < end; p++)
		if (*p != '\n' && *p != '\r')
			ay_buf_addc(&packed, *p);
	r = packed.err ? packed.err : ay_base64_decode(&der, ay_buf_str(&packed), packed.len, false);
	if (r < 0)
		ay_error_set(e, r, "the PEM block is not base64");
	else
		r = parse_der(der.data ? der.data : (const uint8_t *)"", der.len, out, e);
	ay_buf_free(&packed);
	ay_buf_free(&der);
	return r;
}

/* minisign and signify: a comment line, then base64 of "Ed", 8 bytes of key number, 32 bytes of key. */
static int parse_minisign(const uint8_t *text, size_t len, struct ay_pubkey *out, struct ay_error *e)
{
	struct ay_cursor c = ay_cursor_of(text, len, 0);
	struct ay_buf raw = ay_buf_new(64);
	const uint8_t *line;
	size_t line_len = 0;
	int r;

	ay_cursor_until(&c, '\n', 1024, &line_len);
	line = ay_cursor_take(&c, 56);
	r = line ? ay_base64_decode(&raw, (const char *)line, 56, false) : AY_ETRUNC;
	ay_cursor_accept(&c, "\n", 1);
	if (r == 0 && (c.left || raw.len != 42 || memcmp(raw.data, "Ed", 2) != 0))
		r = AY_EFORMAT;
	if (r == 0)
		r = ay_pubkey_from_ed25519(raw.data + 10, out);
	ay_buf_free(&raw);
	return r < 0 ? ay_error_set(e, r, "not a minisign or signify public key") : 0;
}

int ay_pubkey_parse(const void *bytes, size_t len, struct ay_pubkey *out, struct ay_error *e)
{
	static const char comment[] = "untrusted comment:";
	const uint8_t *text = bytes, *begin;

	if (len > PUBKEY_TEXT_MAX)
		return ay_error_set(e, AY_ELIMIT, "%zu bytes are too many for a public key", len);
	if (len == 0)
		return ay_error_set(e, AY_ETRUNC, "an empty file is not a public key");
	if (text[0] == 0x30)
		return parse_der(text, len, out, e);
	if (len > sizeof(comment) && memcmp(text, comment, sizeof(comment) - 1) == 0)
		return parse_minisign(text, len, out, e);
	begin = memmem(text, len, PEM_BEGIN, strlen(PEM_BEGIN));
	if (begin && (begin == text || begin[-1] == '\n'))
		return parse_pem(text, len, begin, out, e);
	if (memmem(text, len, "PRIVATE KEY-----", 16))
		return ay_error_set(e, AY_EFORMAT, "this is a private key, a public one is wanted");
	return ay_error_set(e, AY_EFORMAT, "neither a PEM public key, nor DER, nor a minisign public key");
}

int ay_pubkey_pem(const struct ay_pubkey *k, struct ay_buf *out)
{
	struct ay_buf text = ay_buf_new(PUBKEY_TEXT_MAX);

	ay_base64_encode(&text, k->spki, k->spki_len);
	ay_buf_adds(out, PEM_BEGIN "\n");
	for (size_t at = 0; at < text.len; at += PEM_LINE) {
		ay_buf_add(out, text.data + at, text.len - at < PEM_LINE ? text.len - at : PEM_LINE);
		ay_buf_addc(out, '\n');
	}
	ay_buf_adds(out, PEM_END "\n");
	if (text.err)
		out->err = text.err;
	ay_buf_free(&text);
	return out->err;
}

void ay_pubkey_hint(const struct ay_pubkey *k, char out[AY_SHA256_HEX])
{
	struct ay_buf pem = ay_buf_new(PUBKEY_TEXT_MAX);
	struct ay_sha256 d;

	if (ay_pubkey_pem(k, &pem) < 0)
		ay_bug("no memory for a public key's PEM text");
	d = ay_sha256_of(pem.data, pem.len);
	ay_sha256_hex(&d, out);
	ay_buf_free(&pem);
}

bool ay_verify(const struct ay_pubkey *k, const void *msg, size_t len, const void *sig, size_t sig_len)
{
	const struct spki_shape *shape = shape_of(k->type);

	if (k->type == AY_KEY_ED25519)
		return sig_len == 64 && ay_ed25519_verify(k->ed25519, msg, len, sig);
	return ay_ec_verify(k->type, k->spki + shape->prefix_len, shape->point_len, msg, len, sig, sig_len);
}

bool ay_verify_digest(const struct ay_pubkey *k, const struct ay_sha256 *digest, const void *sig, size_t sig_len)
{
	return k->type == AY_KEY_P256 && ay_p256_verify_digest(k->spki + k->spki_len - AY_P256_POINT, digest, sig, sig_len);
}
