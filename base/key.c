/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys and their files (docs/format-signing.md "Key files"). INV-7. */
#include "assay/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "assay/cursor.h"
#include "assay/error.h"
#include "assay/fd.h"
#include "assay/limits.h"
#include "assay/text.h"
#include "base/crypto_doors.h"

#define FILE_HEAD "assay-key 1\n"
#define ENV_SCHEME "env://"

struct ay_key {
	uint8_t secret[AY_SECRET_BYTES];
	struct ay_pubkey pub;
};

static const uint8_t *point_of(const struct ay_key *k)
{
	return k->pub.spki + k->pub.spki_len - AY_P256_POINT;
}

/* Fills pub from secret and type. */
static int derive_public(struct ay_key *k, enum ay_key_type type)
{
	uint8_t point[AY_P256_POINT];
	int r;

	if (type == AY_KEY_ED25519) {
		ay_ed25519_public(k->secret, point);
		return ay_pubkey_from_point(type, point, &k->pub);
	}
	r = ay_p256_public(k->secret, point);
	return r < 0 ? r : ay_pubkey_from_point(type, point, &k->pub);
}

int ay_key_generate(enum ay_key_type type, struct ay_key **out, struct ay_error *e)
{
	struct ay_key *k;
	int r = 0;

	*out = NULL;
	if (type != AY_KEY_P256 && type != AY_KEY_ED25519)
		return ay_error_set(e, AY_EUNSUPPORTED, "only p256 and ed25519 keys are made here");
	k = ay_secret_alloc(sizeof(*k));
	if (!k)
		return ay_error_set(e, -ENOMEM, "no locked memory for a key");
	if (type == AY_KEY_P256)
		r = ay_p256_generate(k->secret);
	else
		ay_random(k->secret, sizeof(k->secret));
	if (r == 0)
		r = derive_public(k, type);
	if (r < 0) {
		ay_key_free(k);
		return ay_error_set(e, r, "cannot make a key");
	}
	*out = k;
	return 0;
}

void ay_key_free(struct ay_key *k)
{
	if (k)
		ay_secret_free(k);
}

const struct ay_pubkey *ay_key_public(const struct ay_key *k)
{
	return &k->pub;
}

int ay_sign(const struct ay_key *k, const void *msg, size_t len, uint8_t *sig, size_t *sig_len)
{
	if (k->pub.type == AY_KEY_P256)
		return ay_p256_sign(k->secret, point_of(k), msg, len, sig, sig_len);
	if (*sig_len < 64)
		return AY_ELIMIT;
	*sig_len = 64;
	return ay_ed25519_sign(k->secret, msg, len, sig);
}

/* ---- key files ---- */

/* What a key file says, before its secret is opened. */
struct key_text {
	enum ay_key_type type;
	struct ay_sha256 id;
	bool encrypted;
	uint64_t ops, mem;
	uint8_t salt[AY_KDF_SALT], nonce[AY_AEAD_NONCE];
	uint8_t box[AY_SECRET_BYTES + AY_AEAD_TAG];
	size_t ad_len;       /* the file up to the secret's line is authenticated with it */
};

int ay_key_save(const struct ay_key *k, const char *passphrase, struct ay_buf *out)
{
	uint8_t salt[AY_KDF_SALT], nonce[AY_AEAD_NONCE], box[AY_SECRET_BYTES + AY_AEAD_TAG], key[AY_AEAD_KEY];
	char id[AY_SHA256_HEX];
	size_t start = out->len;

	/* Room at once: growing would leave copies of an unencrypted secret in the heap. */
	if (!ay_buf_reserve(out, 1024))
		return out->err;
	ay_sha256_hex(&k->pub.id, id);
	ay_buf_addf(out, FILE_HEAD "type %s\nid %s\n", k->pub.type == AY_KEY_P256 ? "p256" : "ed25519", id);
	if (!passphrase) {
		ay_buf_adds(out, "kdf none\nsecret ");
		ay_hex_encode(out, k->secret, sizeof(k->secret));
		return ay_buf_addc(out, '\n');
	}
	ay_random(salt, sizeof(salt));
	ay_random(nonce, sizeof(nonce));
	ay_buf_addf(out, "kdf argon2id %u %u ", AY_KDF_OPS, AY_KDF_MEM);
	ay_hex_encode(out, salt, sizeof(salt));
	ay_buf_adds(out, "\nnonce ");
	ay_hex_encode(out, nonce, sizeof(nonce));
	ay_buf_adds(out, "\n");
	if (!out->err)
		out->err = ay_kdf(passphrase, salt, AY_KDF_OPS, AY_KDF_MEM, key);
	if (!out->err) {
		ay_seal(key, nonce, out->data + start, out->len - start, k->secret, box);
		ay_buf_adds(out, "secret ");
		ay_hex_encode(out, box, sizeof(box));
		ay_buf_adds(out, "\n");
	}
	ay_wipe(key, sizeof(key));
	return out->err;
}

static void read_hex(struct ay_cursor *c, uint8_t *out, size_t len)
{
	const uint8_t *hex = ay_cursor_take(c, 2 * len);

	if (hex && ay_hex_decode((const char *)hex, 2 * len, out) < 0)
		ay_cursor_fail(c, AY_EFORMAT);
}

static void expect(struct ay_cursor *c, const char *text)
{
	if (!ay_cursor_accept(c, text, strlen(text)))
		ay_cursor_fail(c, c->left ? AY_EFORMAT : AY_ETRUNC);
}

/* A decimal number without leading zeros, at most max, and the space after it. */
static uint64_t read_number(struct ay_cursor *c, uint64_t max)
{
	size_t len = 0;
	const uint8_t *digits = ay_cursor_until(c, ' ', 12, &len);
	uint64_t v = 0;

	if (!digits || len == 0 || digits[0] == '0') {
		ay_cursor_fail(c, AY_EFORMAT);
		return 0;
	}
	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9') {
			ay_cursor_fail(c, AY_EFORMAT);
			return 0;
		}
		v = v * 10 + (uint64_t)(digits[i] - '0');
	}
	if (v > max)
		ay_cursor_fail(c, AY_ELIMIT);
	return v;
}

static int parse_key_text(const void *bytes, size_t len, struct key_text *t)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);

	memset(t, 0, sizeof(*t));
	expect(&c, FILE_HEAD);
	expect(&c, "type ");
	t->type = ay_cursor_accept(&c, "p256\n", 5) ? AY_KEY_P256 : AY_KEY_ED25519;
	if (t->type == AY_KEY_ED25519)
		expect(&c, "ed25519\n");
	expect(&c, "id ");
	read_hex(&c, t->id.b, sizeof(t->id.b));
	expect(&c, "\nkdf ");
	t->encrypted = !ay_cursor_accept(&c, "none\n", 5);
	if (t->encrypted) {
		expect(&c, "argon2id ");
		t->ops = read_number(&c, AY_KDF_OPS_MAX);
		t->mem = read_number(&c, AY_KDF_MEM_MAX);
		read_hex(&c, t->salt, sizeof(t->salt));
		expect(&c, "\nnonce ");
		read_hex(&c, t->nonce, sizeof(t->nonce));
		expect(&c, "\n");
	}
	t->ad_len = (size_t)c.off;
	expect(&c, "secret ");
	read_hex(&c, t->box, t->encrypted ? sizeof(t->box) : AY_SECRET_BYTES);
	expect(&c, "\n");
	return ay_cursor_end(&c);
}

static int open_box(const struct key_text *t, const void *ad, const char *passphrase, uint8_t secret[AY_SECRET_BYTES],
		    struct ay_error *e)
{
	uint8_t key[AY_AEAD_KEY];
	int r;

	if (!t->encrypted) {
		memcpy(secret, t->box, AY_SECRET_BYTES);
		return 0;
	}
	if (!passphrase)
		return ay_error_set(e, AY_EACCESS, "the key file needs a passphrase");
	r = ay_kdf(passphrase, t->salt, t->ops, t->mem, key);
	if (r < 0)
		return ay_error_set(e, r, "no %llu bytes of memory for Argon2id, or the key file asks for too little",
				    (unsigned long long)t->mem);
	if (!ay_unseal(key, t->nonce, ad, t->ad_len, t->box, secret))
		r = ay_error_set(e, AY_EACCESS, "wrong passphrase, or the key file was changed");
	ay_wipe(key, sizeof(key));
	return r;
}

int ay_key_load(const void *bytes, size_t len, const char *passphrase, struct ay_key **out, struct ay_error *e)
{
	struct key_text t;
	struct ay_key *k = NULL;
	int r;

	*out = NULL;
	r = parse_key_text(bytes, len, &t);
	if (r < 0) {
		ay_error_set(e, r, "not a key file of this program, or a damaged one");
	} else {
		k = ay_secret_alloc(sizeof(*k));
		r = k ? open_box(&t, bytes, passphrase, k->secret, e) : ay_error_set(e, -ENOMEM, "no locked memory for a key");
	}
	if (r == 0 && (derive_public(k, t.type) < 0 || !ay_sha256_eq(&k->pub.id, &t.id)))
		r = ay_error_set(e, AY_EFORMAT, "the key file's secret is not that of its id: the file is damaged");
	ay_wipe(&t, sizeof(t));
	if (r < 0) {
		ay_key_free(k);
		return r;
	}
	*out = k;
	return 0;
}

bool ay_key_file_encrypted(const void *bytes, size_t len)
{
	struct key_text t;
	bool encrypted = parse_key_text(bytes, len, &t) == 0 && t.encrypted;

	ay_wipe(&t, sizeof(t));
	return encrypted;
}

static int read_file(int fd, const char *path, const char *passphrase, struct ay_key **out, struct ay_error *e)
{
	struct stat st;
	uint8_t *text;
	int r;

	if (fstat(fd, &st) < 0)
		return ay_error_errno(e, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return ay_error_set(e, AY_EFORMAT, "%s is not a regular file", path);
	if (st.st_mode & 077) {
		r = ay_error_set(e, AY_EACCESS, "%s may be used by others (mode %04o)", path, (unsigned int)(st.st_mode & 07777));
		ay_error_next(e, "chmod 600 %s", path);
		return r;
	}
	if ((uint64_t)st.st_size > AY_LIMIT_KEY_FILE)
		return ay_error_set(e, AY_ELIMIT, "%s is too large for a key file", path);
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return ay_error_set(e, -ENOMEM, "no memory for a key file");
	r = ay_pread_full(fd, text, (size_t)st.st_size, 0);
	if (r < 0)
		ay_error_set(e, r, "cannot read %s", path);
	else
		r = ay_key_load(text, (size_t)st.st_size, passphrase, out, e);
	ay_wipe(text, (size_t)st.st_size + 1);
	free(text);
	return r;
}

int ay_key_read(const char *path, const char *passphrase, struct ay_key **out, struct ay_error *e)
{
	int fd, r;

	*out = NULL;
	if (strncmp(path, ENV_SCHEME, strlen(ENV_SCHEME)) == 0) {
		const char *name = path + strlen(ENV_SCHEME), *text = getenv(name);

		if (!text)
			return ay_error_set(e, AY_ENOTFOUND, "the environment variable %s is not set", name);
		return ay_key_load(text, strlen(text), passphrase, out, e);
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return ay_error_errno(e, "cannot open %s", path);
	r = read_file(fd, path, passphrase, out, e);
	if (r < 0 && e)
		ay_error_where(e, "%s", path);
	ay_close(&fd);
	return r;
}
