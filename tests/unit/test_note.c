/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/log.h"

#include "assay/error.h"
#include "assay/text.h"
#include "tests/lib/tap.h"

#define ORIGIN "log.example"

static struct ay_key *key, *other;
static struct ay_sha256 root;

static int verify(const void *note, size_t len)
{
	struct ay_checkpoint c;

	return ay_checkpoint_verify(note, len, ORIGIN, ay_key_public(key), &c, NULL);
}

static int verify_text(const char *head, const struct ay_buf *note, const char *tail)
{
	struct ay_buf b = ay_buf_new(1 << 20);
	int r;

	ay_buf_adds(&b, head);
	ay_buf_add(&b, note->data, note->len);
	ay_buf_adds(&b, tail);
	r = verify(b.data, b.len);
	ay_buf_free(&b);
	return r;
}

static void test_round_trip(struct ay_buf *note)
{
	struct ay_checkpoint c;
	struct ay_error e;

	is_int(ay_checkpoint_sign(key, ORIGIN, 18446744073709551615ull, &root, note), 0, "the greatest size is signed");
	is_int(ay_checkpoint_verify(note->data, note->len, ORIGIN, ay_key_public(key), &c, &e), 0, "and verifies");
	ok(c.size == UINT64_MAX && ay_sha256_eq(&c.root, &root), "size and root");
	is_str(c.origin, ORIGIN, "origin");
	is_int(ay_checkpoint_verify(note->data, note->len, ORIGIN, ay_key_public(other), &c, &e), AY_ESIGNATURE, "not by another key");
	is_int(ay_checkpoint_verify(note->data, note->len, "log.example2", ay_key_public(key), &c, &e), AY_ESIGNATURE, "not of another log");
	bool refused = true;

	for (size_t i = 0; i < note->len; i++) {
		note->data[i] ^= 1;
		refused &= verify(note->data, note->len) < 0;
		note->data[i] ^= 1;
		refused &= verify(note->data, i) < 0;
	}
	ok(refused, "no changed byte and no cut verifies");
}

static void test_lines(const struct ay_buf *note)
{
	static const char witness[] = "\xe2\x80\x94 witness.example AAAAAAAAAAAAAAAAAAAAAA==\n";
	struct ay_buf many = ay_buf_new(1 << 20), two = ay_buf_new(1 << 20);
	char *bad_line;

	is_int(verify_text("", note, witness), 0, "unknown signers are passed over");
	for (int i = 0; i < 16; i++)
		ay_buf_adds(&many, witness);
	is_int(verify_text("", note, ay_buf_str(&many)), 0, "sixteen of them too");
	for (int i = 0; i < 64; i++)
		ay_buf_adds(&many, witness);
	is_int(verify_text("", note, ay_buf_str(&many)), AY_ELIMIT, "eighty are too many");
	is_int(verify_text("", note, "\xe2\x80\x94 witness.example AAAA\n"), AY_EFORMAT, "a key id alone is no signature");
	is_int(verify_text("", note, "\xe2\x80\x94 wit+ness AAAAAAAAAAAA\n"), AY_EFORMAT, "a name has no plus");
	is_int(verify_text("", note, "- witness.example AAAAAAAAAAAA\n"), AY_EFORMAT, "a hyphen is not a dash");
	is_int(verify_text("", note, "\n"), AY_ESIGNATURE, "after a last blank line no signature is left");
	is_int(verify_text("", note, "x"), AY_EFORMAT, "a note ends with a newline");
	is_int(verify_text("\r", note, ""), AY_EFORMAT, "no control bytes");
	is_int(verify_text("\xff", note, ""), AY_EFORMAT, "no invalid UTF-8");
	is_int(verify_text("x", note, ""), AY_ESIGNATURE, "another text");
	/* A second line of the same key with a signature over something else. */
	ay_buf_add(&two, note->data, note->len);
	bad_line = strstr(ay_buf_str(&two), "\n\n") + 2;
	ay_buf_clear(&many);
	ay_buf_adds(&many, bad_line);
	many.data[many.len - 10] = many.data[many.len - 10] == 'A' ? 'B' : 'A';      /* base64 still */
	is_int(verify_text("", note, ay_buf_str(&many)), AY_ESIGNATURE, "a known key with one bad signature refuses the note");
	ay_buf_free(&many);
	ay_buf_free(&two);
}

/* Signs any text as a note of this log. */
static int verify_signed_text(const char *text)
{
	struct ay_buf note = ay_buf_new(1 << 20), vkey = ay_buf_new(1000);
	uint8_t raw[68];
	size_t len = 64;
	unsigned int id[4];
	int r;

	/* The key id as the vkey spells it. */
	if (ay_vkey_format(ORIGIN, ay_key_public(key), &vkey) < 0 ||
	    sscanf(strchr(ay_buf_str(&vkey), '+') + 1, "%2x%2x%2x%2x", &id[0], &id[1], &id[2], &id[3]) != 4 ||
	    ay_sign(key, text, strlen(text), raw + 4, &len) < 0)
		return -1;
	for (int i = 0; i < 4; i++)
		raw[i] = (uint8_t)id[i];
	ay_buf_adds(&note, text);
	ay_buf_adds(&note, "\n\xe2\x80\x94 " ORIGIN " ");
	ay_base64_encode(&note, raw, sizeof(raw));
	ay_buf_adds(&note, "\n");
	r = verify(note.data, note.len);
	ay_buf_free(&note);
	ay_buf_free(&vkey);
	return r;
}

static void test_strict_text(void)
{
	static const char zero[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	static const char empty[] = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
	const struct { const char *size, *root, *rest; int want; const char *name; } t[] = {
		{ "1", zero, "", 0, "size 1" },
		{ "0", empty, "", 0, "the empty log" },
		{ "0", zero, "", AY_EFORMAT, "the empty log with another root" },
		{ "01", zero, "", AY_EFORMAT, "a leading zero" },
		{ "", zero, "", AY_EFORMAT, "no size" },
		{ "-1", zero, "", AY_EFORMAT, "a negative size" },
		{ "1 ", zero, "", AY_EFORMAT, "a space" },
		{ "18446744073709551616", zero, "", AY_EFORMAT, "a size beyond 64 bits" },
		{ "1", "AAAA", "", AY_EFORMAT, "a short root" },
		{ "1", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", "", AY_EFORMAT, "a root with loose bits" },
		{ "1", zero, "extension\n", 0, "an extension line" },
		{ "1", zero, "a\n\nb\n", AY_EFORMAT, "an empty extension line" },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(t); i++) {
		char text[512];

		snprintf(text, sizeof(text), ORIGIN "\n%s\n%s\n%s", t[i].size, t[i].root, t[i].rest);
		is_int(verify_signed_text(text), t[i].want, "%s", t[i].name);
	}
	is_int(verify_signed_text("other.example\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), AY_ESIGNATURE,
	       "this key's signature under another log's name in the text");
	is_int(verify_signed_text(ORIGIN "\n1\n"), AY_EFORMAT, "no root");
}

int main(void)
{
	struct ay_buf note = ay_buf_new(4096), vkey = ay_buf_new(1000);
	struct ay_key *p256;

	if (ay_key_generate(AY_KEY_ED25519, &key, NULL) < 0 || ay_key_generate(AY_KEY_ED25519, &other, NULL) < 0 ||
	    ay_key_generate(AY_KEY_P256, &p256, NULL) < 0)
		ay_bug("no keys");
	root = ay_sha256_of("x", 1);
	test_round_trip(&note);
	test_lines(&note);
	test_strict_text();
	is_int(ay_vkey_format(ORIGIN, ay_key_public(key), &vkey), 0, "vkey");
	is_int((long long)vkey.len, (long long)strlen(ORIGIN) + 10 + 44, "its length");
	is_int(ay_vkey_format("has space", ay_key_public(key), &vkey), AY_EUSAGE, "a name with a space");
	is_int(ay_vkey_format("a+b", ay_key_public(key), &vkey), AY_EUSAGE, "or a plus");
	is_int(ay_vkey_format(ORIGIN, ay_key_public(p256), &vkey), AY_EUSAGE, "or a P-256 key");
	is_int(ay_checkpoint_sign(p256, ORIGIN, 1, &root, &vkey), AY_EUSAGE, "which does not sign checkpoints");
	ay_buf_free(&note);
	ay_buf_free(&vkey);
	ay_key_free(p256);
	ay_key_free(other);
	ay_key_free(key);
	return done_testing();
}
