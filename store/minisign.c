/* SPDX-License-Identifier: Apache-2.0 */
/*
 * minisign files. Ours are of the hashed kind, "ED": over BLAKE2b-512 of the
 * file. The key number is the first 8 bytes of the key's id: it only helps tools
 * to find a key, so a foreign one is not compared.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "assay/claim.h"
#include "assay/cursor.h"
#include "assay/fd.h"
#include "assay/limits.h"
#include "assay/text.h"

#define COMMENT_MAX 8192
#define KEYNUM 8
#define TRUSTED "trusted comment: "

static bool printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return ay_utf8_check(text, len) == len;
}

int ay_minisign_pub(const struct ay_pubkey *k, struct ay_buf *out)
{
	uint8_t raw[2 + KEYNUM + 32] = { 'E', 'd' };

	if (k->type != AY_KEY_ED25519)
		return AY_EUSAGE;
	memcpy(raw + 2, k->id.b, KEYNUM);
	memcpy(raw + 2 + KEYNUM, k->ed25519, 32);
	/* People read the number as a little-endian integer. */
	ay_buf_adds(out, "untrusted comment: minisign public key ");
	for (int i = KEYNUM - 1; i >= 0; i--)
		ay_buf_addf(out, "%02X", k->id.b[i]);
	ay_buf_adds(out, "\n");
	ay_base64_encode(out, raw, sizeof(raw));
	return ay_buf_adds(out, "\n");
}

int ay_minisign_sign(const struct ay_key *ed25519, const uint8_t blake2b512[64], const char *trusted_comment, struct ay_buf *out)
{
	const struct ay_pubkey *pub = ay_key_public(ed25519);
	size_t comment_len = strlen(trusted_comment), sig_len = 64, global_len = 64;
	uint8_t raw[2 + KEYNUM + 64] = { 'E', 'D' }, global[64];
	struct ay_buf bound = ay_buf_new(64 + COMMENT_MAX);
	int r;

	if (pub->type != AY_KEY_ED25519 || comment_len > COMMENT_MAX - strlen(TRUSTED) - 1 || !printable(trusted_comment, comment_len))
		return AY_EUSAGE;
	memcpy(raw + 2, pub->id.b, KEYNUM);
	r = ay_sign(ed25519, blake2b512, 64, raw + 2 + KEYNUM, &sig_len);
	ay_buf_add(&bound, raw + 2 + KEYNUM, 64);
	ay_buf_adds(&bound, trusted_comment);
	if (r == 0)
		r = bound.err ? bound.err : ay_sign(ed25519, bound.data, bound.len, global, &global_len);
	ay_buf_free(&bound);
	if (r < 0)
		return r;
	ay_buf_adds(out, "untrusted comment: signature of an Assay store\n");
	ay_base64_encode(out, raw, sizeof(raw));
	ay_buf_addf(out, "\n" TRUSTED "%s\n", trusted_comment);
	ay_base64_encode(out, global, sizeof(global));
	return ay_buf_adds(out, "\n");
}

struct minisig {
	bool hashed;
	uint8_t sig[64], global[64];
	const char *comment; size_t comment_len;
};

static int take_base64(struct ay_cursor *c, uint8_t *out, size_t len)
{
	struct ay_buf raw = ay_buf_new(128);
	size_t text_len = 0;
	const uint8_t *text = ay_cursor_until(c, '\n', 256, &text_len);
	int r = text ? ay_base64_decode(&raw, (const char *)text, text_len, false) : AY_ETRUNC;

	if (r == 0 && raw.len != len)
		r = AY_EFORMAT;
	if (r == 0)
		memcpy(out, raw.data, len);
	ay_buf_free(&raw);
	return r;
}

static int parse(const void *bytes, size_t len, struct minisig *out)
{
	static const char untrusted[] = "untrusted comment: ";
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
	uint8_t raw[2 + KEYNUM + 64];
	size_t skipped = 0;
	int r;

	if (!ay_cursor_accept(&c, untrusted, strlen(untrusted)))
		return AY_EFORMAT;
	ay_cursor_until(&c, '\n', 1024, &skipped);
	r = take_base64(&c, raw, sizeof(raw));
	if (r < 0)
		return r;
	if (memcmp(raw, "ED", 2) != 0 && memcmp(raw, "Ed", 2) != 0)
		return AY_EUNSUPPORTED;
	out->hashed = raw[1] == 'D';
	memcpy(out->sig, raw + 2 + KEYNUM, 64);
	if (!ay_cursor_accept(&c, TRUSTED, strlen(TRUSTED)))
		return AY_EFORMAT;
	out->comment = (const char *)ay_cursor_until(&c, '\n', COMMENT_MAX, &out->comment_len);
	if (!out->comment || !printable(out->comment, out->comment_len))
		return AY_EFORMAT;
	r = take_base64(&c, out->global, sizeof(out->global));
	return r < 0 ? r : ay_cursor_end(&c);
}

/* The signature over msg, and that over signature and trusted comment. */
static int verify(const struct ay_pubkey *k, const struct minisig *s, const void *msg, size_t len, struct ay_error *e)
{
	struct ay_buf bound = ay_buf_new(64 + COMMENT_MAX);
	int r;

	if (!ay_verify(k, msg, len, s->sig, sizeof(s->sig)))
		return ay_error_set(e, AY_ESIGNATURE, "the minisign signature does not verify");
	ay_buf_add(&bound, s->sig, sizeof(s->sig));
	r = ay_buf_add(&bound, s->comment, s->comment_len);
	if (r == 0 && !ay_verify(k, bound.data, bound.len, s->global, sizeof(s->global)))
		r = ay_error_set(e, AY_ESIGNATURE, "the minisign trusted comment was changed");
	ay_buf_free(&bound);
	return r;
}

static int start(const struct ay_pubkey *k, const void *sig_file, size_t len, struct minisig *s, struct ay_error *e)
{
	int r;

	if (k->type != AY_KEY_ED25519)
		return ay_error_set(e, AY_EUSAGE, "minisign needs an Ed25519 key");
	r = parse(sig_file, len, s);
	return r < 0 ? ay_error_set(e, r, "not a minisign signature") : 0;
}

int ay_minisign_verify(const struct ay_pubkey *k, const void *sig_file, size_t len, const uint8_t blake2b512[64], struct ay_error *e)
{
	struct minisig s;
	int r = start(k, sig_file, len, &s, e);

	if (r < 0)
		return r;
	if (!s.hashed)
		return ay_error_set(e, AY_EUNSUPPORTED, "a legacy minisign signature covers the file itself, not its hash");
	return verify(k, &s, blake2b512, 64, e);
}

static int verify_legacy(const struct ay_pubkey *k, const struct minisig *s, int fd, struct ay_error *e)
{
	struct stat st;
	uint8_t *bytes;
	int r;

	if (fstat(fd, &st) < 0)
		return ay_error_errno(e, "cannot look at the signed file");
	if ((uint64_t)st.st_size > AY_LIMIT_CLAIM)
		return ay_error_set(e, AY_ELIMIT, "a legacy minisign signature over %lld bytes: at most %llu",
				    (long long)st.st_size, AY_LIMIT_CLAIM);
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return ay_error_set(e, -ENOMEM, "no memory for the signed file");
	r = ay_pread_full(fd, bytes, (size_t)st.st_size, 0);
	r = r < 0 ? ay_error_set(e, r, "cannot read the signed file") : verify(k, s, bytes, (size_t)st.st_size, e);
	free(bytes);
	return r;
}

int ay_minisign_verify_fd(const struct ay_pubkey *k, const void *sig_file, size_t len, int fd, struct ay_error *e)
{
	struct minisig s;
	uint8_t digest[64];
	int r = start(k, sig_file, len, &s, e);

	if (r < 0)
		return r;
	if (!s.hashed)
		return verify_legacy(k, &s, fd, e);
	r = ay_blake2b_fd(fd, digest);
	return r < 0 ? ay_error_set(e, r, "cannot read the signed file") : verify(k, &s, digest, sizeof(digest), e);
}
