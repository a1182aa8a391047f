/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/claim.h"

#include "tests/lib/tap.h"

static struct ay_key *key, *other;
static uint8_t digest[64];

static int verify(const struct ay_buf *b, size_t len)
{
	return ay_minisign_verify(ay_key_public(key), b->data, len, digest, NULL);
}

int main(void)
{
	struct ay_buf sig = ay_buf_new(65536), pub = ay_buf_new(65536), more = ay_buf_new(65536);
	struct ay_key *p256;
	struct ay_pubkey again;
	struct ay_error e;
	char longest[8300];
	size_t comment;
	bool refused = true;

	if (ay_key_generate(AY_KEY_ED25519, &key, NULL) < 0 || ay_key_generate(AY_KEY_ED25519, &other, NULL) < 0 ||
	    ay_key_generate(AY_KEY_P256, &p256, NULL) < 0)
		ay_bug("no keys");
	ay_blake2b("bytes", 5, digest, 64);
	is_int(ay_minisign_sign(key, digest, "origin=x seq=1", &sig), 0, "signed");
	is_int(verify(&sig, sig.len), 0, "verifies");
	is_int(ay_minisign_verify(ay_key_public(other), sig.data, sig.len, digest, &e), AY_ESIGNATURE, "not by another key");
	is_int(ay_minisign_verify(ay_key_public(p256), sig.data, sig.len, digest, &e), AY_EUSAGE, "nor by one of another type");
	digest[3] ^= 1;
	is_int(verify(&sig, sig.len), AY_ESIGNATURE, "nor over other bytes");
	digest[3] ^= 1;
	/* The untrusted comment and the key number may differ; nothing else. */
	comment = (size_t)(strchr(ay_buf_str(&sig), '\n') - ay_buf_str(&sig)) + 1;
	for (size_t i = comment + 16; i < sig.len; i++) {
		sig.data[i] ^= 1;
		refused &= verify(&sig, sig.len) < 0;
		sig.data[i] ^= 1;
		refused &= verify(&sig, i) < 0;
	}
	ok(refused, "no changed byte of what is signed, and no cut");
	ay_buf_add(&more, sig.data, sig.len);
	ay_buf_adds(&more, "x");
	is_int(ay_minisign_verify(ay_key_public(key), more.data, more.len, digest, &e), AY_EFORMAT, "nothing may follow");
	sig.data[comment + 1] = 'X';
	is_int(verify(&sig, sig.len), AY_EUNSUPPORTED, "another algorithm");

	is_int(ay_minisign_pub(ay_key_public(key), &pub), 0, "public key");
	is_int(ay_pubkey_parse(pub.data, pub.len, &again, &e), 0, "is read back");
	ok(ay_sha256_eq(&again.id, &ay_key_public(key)->id), "as the same key");
	is_int(ay_pubkey_parse(pub.data, pub.len - 2, &again, &e), AY_ETRUNC, "a cut one is not");
	ay_buf_adds(&pub, "x");
	is_int(ay_pubkey_parse(pub.data, pub.len, &again, &e), AY_EFORMAT, "nor one with leftovers");
	is_int(ay_minisign_sign(key, digest, "two\nlines", &more), AY_EUSAGE, "a comment is one line");
	is_int(ay_minisign_sign(p256, digest, "x", &more), AY_EUSAGE, "a P-256 key cannot");
	memset(longest, 'a', sizeof(longest));
	longest[8192 - 17 - 1] = '\0';
	ay_buf_clear(&sig);
	is_int(ay_minisign_sign(key, digest, longest, &sig), 0, "the longest comment");
	is_int(verify(&sig, sig.len), 0, "verifies");
	longest[8192 - 17 - 1] = 'a';
	longest[8192 - 17] = '\0';
	is_int(ay_minisign_sign(key, digest, longest, &sig), AY_EUSAGE, "one byte more is refused");
	ay_buf_clear(&sig);
	is_int(ay_minisign_sign(key, digest, "", &sig), 0, "an empty comment");
	is_int(verify(&sig, sig.len), 0, "verifies");
	ay_key_free(p256);
	ay_key_free(other);
	ay_key_free(key);
	ay_buf_free(&sig);
	ay_buf_free(&pub);
	ay_buf_free(&more);
	return done_testing();
}
