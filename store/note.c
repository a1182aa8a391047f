/* SPDX-License-Identifier: Apache-2.0 */
/* C2SP signed-note and checkpoint, Ed25519 keys (type 0x01). */
#include "store/note.h"

#include <string.h>

#include "assay/cursor.h"
#include "assay/error.h"
#include "assay/limits.h"
#include "assay/text.h"

#define NOTE_KEY_TYPE 0x01
#define NOTE_KEYID 4
#define NOTE_SIGNATURES_MAX 64
#define DASH "\xe2\x80\x94 "           /* U+2014, space */

bool ay_origin_ok(const char *origin)
{
	size_t len = strlen(origin);

	return len >= 1 && len <= 255 &&
	       strspn(origin, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-/:_") == len;
}

struct ay_sha256 ay_note_key_hash(const char *origin, const struct ay_pubkey *k)
{
	uint8_t text[256 + 2 + 32];
	size_t len = strlen(origin);

	if (len > 255)
		ay_bug("log name of %zu bytes", len);
	memcpy(text, origin, len);
	text[len] = '\n';
	text[len + 1] = NOTE_KEY_TYPE;
	memcpy(text + len + 2, k->ed25519, 32);
	return ay_sha256_of(text, len + 2 + 32);
}

int ay_vkey_format(const char *origin, const struct ay_pubkey *k, struct ay_buf *out)
{
	struct ay_sha256 id;
	uint8_t typed[33] = { NOTE_KEY_TYPE };

	if (k->type != AY_KEY_ED25519 || !ay_origin_ok(origin))
		return AY_EUSAGE;
	id = ay_note_key_hash(origin, k);
	memcpy(typed + 1, k->ed25519, 32);
	ay_buf_addf(out, "%s+", origin);
	ay_hex_encode(out, id.b, NOTE_KEYID);
	ay_buf_addc(out, '+');
	return ay_base64_encode(out, typed, sizeof(typed));
}

int ay_checkpoint_sign(const struct ay_key *k, const char *origin, uint64_t size, const struct ay_sha256 *root, struct ay_buf *out)
{
	const struct ay_pubkey *pub = ay_key_public(k);
	size_t start = out->len, sig_len = 64;
	uint8_t signature[NOTE_KEYID + 64];
	struct ay_sha256 id;
	int r;

	if (pub->type != AY_KEY_ED25519 || !ay_origin_ok(origin))
		return AY_EUSAGE;
	ay_buf_addf(out, "%s\n%llu\n", origin, (unsigned long long)size);
	ay_base64_encode(out, root->b, sizeof(root->b));
	ay_buf_adds(out, "\n");
	if (out->err)
		return out->err;
	id = ay_note_key_hash(origin, pub);
	memcpy(signature, id.b, NOTE_KEYID);
	r = ay_sign(k, out->data + start, out->len - start, signature + NOTE_KEYID, &sig_len);
	if (r < 0)
		return r;
	ay_buf_addf(out, "\n" DASH "%s ", origin);
	ay_base64_encode(out, signature, sizeof(signature));
	return ay_buf_adds(out, "\n");
}

/* ---- verification ---- */

/* The text ends where the last blank line begins; sigs is what follows it. */
static int split_note(const uint8_t *note, size_t len, size_t *text_len_out, struct ay_cursor *sigs_out)
{
	for (size_t i = 0; i < len; i++)
		if (note[i] < 0x20 && note[i] != '\n')
			return AY_EFORMAT;
	if (len < 2 || note[len - 1] != '\n' || ay_utf8_check(note, len) != len)
		return AY_EFORMAT;
	for (size_t i = len - 1; i >= 1; i--) {
		if (note[i] != '\n' || note[i - 1] != '\n')
			continue;
		*text_len_out = i;
		*sigs_out = ay_cursor_of(note + i + 1, len - i - 1, i + 1);
		return 0;
	}
	return AY_EFORMAT;
}

/* Counts good signatures of this key; any that is of this key and bad refuses the note. */
static int check_signatures(struct ay_cursor c, const uint8_t *text, size_t text_len, const char *origin,
			    const struct ay_pubkey *key, size_t *good_out)
{
	struct ay_sha256 id = ay_note_key_hash(origin, key);
	struct ay_buf raw = ay_buf_new(AY_LIMIT_CHECKPOINT);
	size_t origin_len = strlen(origin), lines = 0;
	int r = 0;

	while (r == 0 && c.left) {
		size_t name_len = 0, b64_len = 0;
		const uint8_t *name, *b64;

		if (++lines > NOTE_SIGNATURES_MAX) {
			r = AY_ELIMIT;
			break;
		}
		if (!ay_cursor_accept(&c, DASH, strlen(DASH))) {
			r = AY_EFORMAT;
			break;
		}
		name = ay_cursor_until(&c, ' ', 256, &name_len);
		b64 = ay_cursor_until(&c, '\n', AY_LIMIT_CHECKPOINT, &b64_len);
		ay_buf_clear(&raw);
		if (!name || !b64 || name_len == 0 || memchr(name, '+', name_len) || memchr(name, '\n', name_len) ||
		    ay_base64_decode(&raw, (const char *)b64, b64_len, false) < 0 || raw.len <= NOTE_KEYID) {
			r = AY_EFORMAT;
			break;
		}
		if (name_len != origin_len || memcmp(name, origin, name_len) != 0 || memcmp(raw.data, id.b, NOTE_KEYID) != 0)
			continue;
		if (!ay_verify(key, text, text_len, raw.data + NOTE_KEYID, raw.len - NOTE_KEYID))
			r = AY_ESIGNATURE;
		(*good_out)++;
	}
	ay_buf_free(&raw);
	return r;
}

static int parse_size(const uint8_t *digits, size_t len, uint64_t *out)
{
	uint64_t v = 0;

	if (len == 0 || len > 20 || (digits[0] == '0' && len > 1))
		return AY_EFORMAT;
	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(digits[i] - '0'), &v))
			return AY_EFORMAT;
	}
	*out = v;
	return 0;
}

static int parse_text(const uint8_t *text, size_t len, struct ay_checkpoint *out)
{
	struct ay_cursor c = ay_cursor_of(text, len, 0);
	struct ay_buf root = ay_buf_new(64);
	size_t origin_len = 0, size_len = 0, root_len = 0;
	const uint8_t *origin = ay_cursor_until(&c, '\n', sizeof(out->origin), &origin_len);
	const uint8_t *size = ay_cursor_until(&c, '\n', 21, &size_len);
	const uint8_t *b64 = ay_cursor_until(&c, '\n', 64, &root_len);
	int r = c.err ? AY_EFORMAT : 0;

	if (r == 0 && (origin_len == 0 || parse_size(size, size_len, &out->size) < 0 ||
		       ay_base64_decode(&root, (const char *)b64, root_len, false) < 0 || root.len != 32))
		r = AY_EFORMAT;
	/* Extension lines are legal and mean nothing here; an empty one is not a line of a checkpoint. */
	while (r == 0 && c.left) {
		size_t extension_len = 0;

		if (!ay_cursor_until(&c, '\n', AY_LIMIT_CHECKPOINT, &extension_len) || extension_len == 0)
			r = AY_EFORMAT;
	}
	if (r == 0) {
		memcpy(out->origin, origin, origin_len);
		out->origin[origin_len] = '\0';
		memcpy(out->root.b, root.data, 32);
	}
	ay_buf_free(&root);
	return r;
}

int ay_checkpoint_verify(const void *note, size_t len, const char *origin, const struct ay_pubkey *log_key, struct ay_checkpoint *out, struct ay_error *e)
{
	struct ay_cursor sigs;
	struct ay_checkpoint c = { 0 };
	struct ay_sha256 empty = ay_sha256_of("", 0);
	size_t text_len = 0, good = 0;
	int r;

	if (log_key->type != AY_KEY_ED25519 || !ay_origin_ok(origin))
		return ay_error_set(e, AY_EUSAGE, "a log has an Ed25519 key and a name of plain characters");
	if (len > AY_LIMIT_CHECKPOINT)
		return ay_error_set(e, AY_ELIMIT, "a checkpoint of %zu bytes is too large", len);
	r = split_note(note, len, &text_len, &sigs);
	if (r == 0)
		r = check_signatures(sigs, note, text_len, origin, log_key, &good);
	if (r == AY_ESIGNATURE)
		return ay_error_set(e, r, "the checkpoint's signature by %s does not verify", origin);
	if (r < 0)
		return ay_error_set(e, r, "not a signed note");
	if (good == 0)
		return ay_error_set(e, AY_ESIGNATURE, "the checkpoint has no signature by the key of %s", origin);
	r = parse_text(note, text_len, &c);
	if (r < 0)
		return ay_error_set(e, r, "not a checkpoint");
	if (strcmp(c.origin, origin) != 0)
		return ay_error_set(e, AY_ESIGNATURE, "a checkpoint of the log %s, not of %s", c.origin, origin);
	if (c.size == 0 && !ay_sha256_eq(&c.root, &empty))
		return ay_error_set(e, AY_EFORMAT, "the root of an empty log is wrong");
	*out = c;
	return 0;
}
