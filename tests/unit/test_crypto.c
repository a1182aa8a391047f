/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "assay/error.h"
#include "assay/text.h"
#include "tests/lib/tap.h"

static void hex_is(const uint8_t *bytes, size_t len, const char *want, const char *name)
{
	struct ay_buf b = ay_buf_new(4096);

	ay_hex_encode(&b, bytes, len);
	is_str(ay_buf_str(&b), want, "%s", name);
	ay_buf_free(&b);
}

static void test_digest(void)
{
	struct ay_sha256 d = ay_sha256_of("", 0), again;
	struct ay_hash *h = ay_hash_new();
	char hex[AY_SHA256_HEX], path[] = "/tmp/assay-crypto.XXXXXX";
	uint64_t size = 0;
	uint8_t out[64];
	int fd = mkstemp(path);

	hex_is(d.b, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "SHA-256 of nothing");
	d = ay_sha256_of("abc", 3);
	ay_sha256_hex(&d, hex);
	is_str(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "SHA-256 of abc");
	ay_hash_add(h, "a", 1);
	ay_hash_add(h, "", 0);
	ay_hash_add(h, "bc", 2);
	again = ay_hash_final(h);
	ok(ay_sha256_eq(&d, &again), "streamed alike");
	ay_hash_free(h);
	again = ay_sha256_short("abc", 3);
	ok(ay_sha256_eq(&d, &again), "without libcrypto alike");
	is_int(ay_sha256_parse(hex, 64, &again), 0, "hex parses");
	ok(ay_sha256_eq(&d, &again), "to the same");
	is_int(ay_sha256_parse(hex, 63, &again), AY_EFORMAT, "63 digits do not");
	is_int(ay_sha256_parse(hex, 65, &again), AY_EFORMAT, "nor 65");
	hex[5] = 'B';
	is_int(ay_sha256_parse(hex, 64, &again), AY_EFORMAT, "nor upper case");

	uint8_t *big = calloc(1, (2u << 20) + 1);

	big[1u << 20] = 7;
	ok(write(fd, big, (2u << 20) + 1) == (2 << 20) + 1, "a file of two reads and one byte");
	is_int(ay_sha256_fd(fd, &again, &size, NULL), 0, "file hashed");
	is_int((long long)size, (2 << 20) + 1, "size");
	d = ay_sha256_of(big, (2u << 20) + 1);
	ok(ay_sha256_eq(&d, &again), "the same as in memory");
	is_int(ay_blake2b_fd(fd, out), 0, "BLAKE2b of a file");
	uint8_t want[64];

	ay_blake2b(big, (2u << 20) + 1, want, 64);
	is_mem(out, want, 64, "the same as in memory");
	ay_blake2b("abc", 3, out, 64);
	hex_is(out, 64, "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
			"7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923", "BLAKE2b-512 of abc");
	close(fd);
	ok(ay_sha256_fd(fd, &again, NULL, NULL) < 0, "a closed descriptor is an error");
	unlink(path);
	free(big);
}

static void test_ed25519_vector(void)
{
	/* RFC 8032 7.1, test 2. */
	static const char *pub = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
	static const char *sig = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
				 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
	uint8_t raw[32], s[64], msg = 0x72;
	struct ay_pubkey k;

	ok(ay_hex_decode(pub, 64, raw) == 0 && ay_hex_decode(sig, 128, s) == 0, "vector");
	is_int(ay_pubkey_from_ed25519(raw, &k), 0, "key");
	ok(ay_verify(&k, &msg, 1, s, 64), "RFC 8032 vector verifies");
	ok(!ay_verify(&k, &msg, 1, s, 63) && !ay_verify(&k, &msg, 0, s, 64), "cut signature or message does not");
	/* S + L: the same signature to a lax reader. */
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
					   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };
	unsigned int carry = 0;

	for (int i = 0; i < 32; i++) {
		carry += (unsigned int)s[32 + i] + order[i];
		s[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	ok(!ay_verify(&k, &msg, 1, s, 64), "S + L does not");
	memset(raw, 0, 32);
	ok(ay_pubkey_from_ed25519(raw, &k) < 0, "a small-order key is refused");
	raw[0] = 1;
	ok(ay_pubkey_from_ed25519(raw, &k) < 0, "the neutral element too");
}

static void test_sign(enum ay_key_type type)
{
	struct ay_key *k = NULL, *other = NULL;
	uint8_t sig[96];
	size_t len = sizeof(sig), small = 10;
	struct ay_error e;

	is_int(ay_key_generate(type, &k, &e), 0, "key of type %d", (int)type);
	is_int(ay_key_generate(type, &other, &e), 0, "another");
	ok(!ay_sha256_eq(&ay_key_public(k)->id, &ay_key_public(other)->id), "they differ");
	is_int(ay_sign(k, "hello", 5, sig, &len), 0, "signed");
	ok(len <= 72, "%zu bytes", len);
	ok(ay_verify(ay_key_public(k), "hello", 5, sig, len), "verifies");
	ok(!ay_verify(ay_key_public(k), "hellp", 5, sig, len), "not over other bytes");
	ok(!ay_verify(ay_key_public(other), "hello", 5, sig, len), "not by another key");
	ok(!ay_verify(ay_key_public(k), "hello", 5, sig, len - 1) && !ay_verify(ay_key_public(k), "hello", 5, sig, 0), "not cut");
	sig[len] = 0;
	ok(!ay_verify(ay_key_public(k), "hello", 5, sig, len + 1), "not with a byte more");
	is_int(ay_sign(k, "hello", 5, sig, &small), AY_ELIMIT, "too little room");
	bool refused = true;

	for (size_t i = 0; i < len * 8; i++) {
		sig[i / 8] ^= (uint8_t)(1u << i % 8);
		refused &= !ay_verify(ay_key_public(k), "hello", 5, sig, len);
		sig[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	ok(refused, "no flipped bit verifies");
	len = sizeof(sig);
	ok(ay_sign(k, "", 0, sig, &len) == 0 && ay_verify(ay_key_public(k), "", 0, sig, len), "the empty message can be signed");
	ay_key_free(other);
	ay_key_free(k);
}

/* The same r and s with a long-form length: BER, not DER. */
static void test_strict_der(void)
{
	struct ay_key *k = NULL;
	uint8_t sig[80], ber[90];
	struct ay_sha256 d;
	size_t len = sizeof(sig);

	if (ay_key_generate(AY_KEY_P256, &k, NULL) < 0 || ay_sign(k, "m", 1, sig, &len) < 0)
		ay_bug("no key");
	ber[0] = 0x30;
	ber[1] = 0x81;
	memcpy(ber + 2, sig + 1, len - 1);
	d = ay_sha256_of("m", 1);
	ok(ay_verify_digest(ay_key_public(k), &d, sig, len), "the signature verifies over the digest too");
	ok(!ay_verify_digest(ay_key_public(k), &d, sig, len - 1) && !ay_verify_digest(ay_key_public(k), &d, sig, 0), "not cut");
	ok(!ay_verify(ay_key_public(k), "m", 1, ber, len + 1), "a long-form length is refused");
	ok(!ay_verify_digest(ay_key_public(k), &d, ber, len + 1), "also over the digest");
	/* A padded r: 02 len+1 00 r. */
	ber[0] = 0x30;
	ber[1] = (uint8_t)(sig[1] + 1);
	ber[2] = 0x02;
	ber[3] = (uint8_t)(sig[3] + 1);
	ber[4] = 0;
	memcpy(ber + 5, sig + 4, len - 4);
	ok(!ay_verify(ay_key_public(k), "m", 1, ber, len + 1), "a padded integer is refused");
	ok(!ay_verify_digest(ay_key_public(k), &d, ber, len + 1), "also over the digest");
	sig[len] = 0;
	ok(!ay_verify_digest(ay_key_public(k), &d, sig, len + 1), "and a byte more");
	d.b[0] ^= 1;
	ok(!ay_verify_digest(ay_key_public(k), &d, sig, len), "and another digest");
	ay_key_free(k);
}

static void test_wide_curves(void)
{
	/* Made once with `openssl ecparam -genkey` and `openssl dgst -sha384 | -sha512 -sign` over "hello". */
	static const char *pem384 =
		"-----BEGIN PUBLIC KEY-----\n"
		"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEC2bu6vqqBuuWmeKTmvxApg4AVSA0Cu/9\n"
		"8Nxe3Vb2TXV2qZQpqG/Yu8/VA5Kn8D9XVep2SxiJfe462jt3PibZOHy0AoS+fTBh\n"
		"7DdtJRwe0AS1HRD0NZKClJfoNg08MfIV\n"
		"-----END PUBLIC KEY-----\n";
	static const char *sig384 = "MGUCMGwgBJI57vAC9TsYBkLUEmBUcAejFDMpNLTw44jQaFmp5Wcliie71Q26w0C7t6uheAIxANnGyj4Y"
				    "f0at2FuU03OrOyCTkKdzbcX6ineyPSyTuik2/qvKo2U4Pg9rfyIzfeYmRQ==";
	static const char *pem521 =
		"-----BEGIN PUBLIC KEY-----\n"
		"MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAWL1tYNKchlI0dFaXRM0d2LO18vsj\n"
		"Em+S281hEHiyX0DVY6h6mBy0c/Y2rlfFIwNWIrhpnLA5FCAC7wD76/n5hBIBoN3O\n"
		"/TJxTWLr8Kxd3WAd0xG0JITBMqifongNSS+H2/OqHL7dEQUiy4o1YZHfGgCoadoP\n"
		"Z0LeJycI4iqh7eyUudY=\n"
		"-----END PUBLIC KEY-----\n";
	static const char *sig521 = "MIGIAkIAo8AcLWM4oXcl/dapVKD0NupdFtrolUBcJyr68z39zOGpgT8QcbhjIJiXS/ELe+A9it12Feh6"
				    "k5PtMW0w3iR0+8gCQgG1UZ+qwT2q9TuFeGsAla627EKPeH5kfeh9bO78t7TTCUDuo5t7oqjDdNnvt6XxAWHRj+VFwkDBxQ/jrZfJb2hTAg==";
	const struct { const char *pem, *sig; enum ay_key_type type; } all[] = {
		{ pem384, sig384, AY_KEY_P384 }, { pem521, sig521, AY_KEY_P521 } };

	for (size_t i = 0; i < AY_ARRAY_LEN(all); i++) {
		struct ay_pubkey k;
		struct ay_buf sig = ay_buf_new(4096);

		is_int(ay_pubkey_parse(all[i].pem, strlen(all[i].pem), &k, NULL), 0, "wide key parses");
		is_int(k.type, all[i].type, "type");
		is_int(ay_base64_decode(&sig, all[i].sig, strlen(all[i].sig), false), 0, "signature");
		ok(ay_verify(&k, "hello", 5, sig.data, sig.len), "verifies");
		ok(!ay_verify(&k, "hellO", 5, sig.data, sig.len), "not over other bytes");
		ay_buf_free(&sig);
	}
}

static void test_pubkey(void)
{
	struct ay_key *k = NULL;
	struct ay_pubkey a, b;
	struct ay_buf pem = ay_buf_new(4096), text = ay_buf_new(8192);
	char hint[AY_SHA256_HEX], want[AY_SHA256_HEX];
	struct ay_sha256 d;
	struct ay_error e;

	if (ay_key_generate(AY_KEY_P256, &k, NULL) < 0)
		ay_bug("no key");
	a = *ay_key_public(k);
	is_int(ay_pubkey_pem(&a, &pem), 0, "PEM");
	d = ay_sha256_of(pem.data, pem.len);
	ay_sha256_hex(&d, want);
	ay_pubkey_hint(&a, hint);
	is_str(hint, want, "the hint is the digest of the PEM text");
	ay_buf_adds(&text, "some words\nabout the key\r\n");
	ay_buf_add(&text, pem.data, pem.len);
	is_int(ay_pubkey_parse(text.data, text.len, &b, &e), 0, "leading text is ignored");
	ok(ay_sha256_eq(&a.id, &b.id) && memcmp(a.spki, b.spki, sizeof(a.spki)) == 0, "the same key");
	ay_buf_add(&text, pem.data, pem.len);
	is_int(ay_pubkey_parse(text.data, text.len, &b, &e), AY_EFORMAT, "two keys in one file are not");
	is_int(ay_pubkey_parse(a.spki, a.spki_len, &b, &e), 0, "DER");
	is_int(ay_pubkey_parse(a.spki, a.spki_len - 1, &b, &e), AY_EFORMAT, "cut DER");
	a.spki[a.spki_len] = 0;
	is_int(ay_pubkey_parse(a.spki, a.spki_len + 1, &b, &e), AY_EFORMAT, "DER with leftovers");
	a.spki[a.spki_len - 1] ^= 1;
	is_int(ay_pubkey_parse(a.spki, a.spki_len, &b, &e), AY_EFORMAT, "a point off the curve");
	is_int(ay_pubkey_parse(pem.data, pem.len - 10, &b, &e), AY_ETRUNC, "PEM without its end");
	is_int(ay_pubkey_parse("", 0, &b, &e), AY_ETRUNC, "nothing");
	is_int(ay_pubkey_parse("-----BEGIN PRIVATE KEY-----\n", 28, &b, &e), AY_EFORMAT, "a private key");
	ok(strstr(e.msg, "private") != NULL, "is named so");
	ay_buf_free(&text);
	ay_buf_free(&pem);
	ay_key_free(k);
}

static void test_key_file(enum ay_key_type type)
{
	struct ay_key *k = NULL, *again = NULL;
	struct ay_buf plain = ay_buf_new(4096), locked = ay_buf_new(4096);
	struct ay_error e;
	uint8_t sig[96];
	size_t len = sizeof(sig);
	int64_t start;

	if (ay_key_generate(type, &k, NULL) < 0)
		ay_bug("no key");
	is_int(ay_key_save(k, NULL, &plain), 0, "saved plain");
	ok(!ay_key_file_encrypted(plain.data, plain.len), "says so");
	is_int(ay_key_load(plain.data, plain.len, NULL, &again, &e), 0, "loaded");
	ok(again && ay_sign(again, "x", 1, sig, &len) == 0 && ay_verify(ay_key_public(k), "x", 1, sig, len), "signs as before");
	ay_key_free(again);
	bool refused = true;

	for (size_t i = 0; i < plain.len; i++) {
		plain.data[i] ^= 1;
		refused &= ay_key_load(plain.data, plain.len, NULL, &again, NULL) < 0;
		plain.data[i] ^= 1;
	}
	ok(refused, "a changed byte anywhere is refused");
	for (size_t i = 0; i < plain.len; i++)
		refused &= ay_key_load(plain.data, i, NULL, &again, NULL) < 0;
	ok(refused, "every cut too");

	start = ay_time_mono_ms();
	is_int(ay_key_save(k, "correct horse", &locked), 0, "saved under a passphrase");
	printf("# Argon2id took %lld ms\n", (long long)(ay_time_mono_ms() - start));
	ok(ay_key_file_encrypted(locked.data, locked.len), "says so");
	is_int(ay_key_load(locked.data, locked.len, "correct horse", &again, &e), 0, "opens with it");
	ay_key_free(again);
	is_int(ay_key_load(locked.data, locked.len, "wrong", &again, &e), AY_EACCESS, "not with another");
	ok(again == NULL, "and gives nothing");
	is_int(ay_key_load(locked.data, locked.len, NULL, &again, &e), AY_EACCESS, "nor without");
	/* The id's line is outside the box but authenticated with it. */
	char *id = strstr((char *)locked.data, "id ");

	id[3] = id[3] == '0' ? '1' : '0';
	is_int(ay_key_load(locked.data, locked.len, "correct horse", &again, &e), AY_EACCESS, "a changed header does not open");
	ay_wipe(plain.data, plain.len);
	ay_buf_free(&plain);
	ay_buf_free(&locked);
	ay_key_free(k);
}

static void test_key_read(void)
{
	struct ay_key *k = NULL, *again = NULL;
	struct ay_buf plain = ay_buf_new(4096);
	char path[] = "/tmp/assay-key.XXXXXX";
	struct ay_error e;
	int fd = mkstemp(path);

	if (ay_key_generate(AY_KEY_P256, &k, NULL) < 0 || ay_key_save(k, NULL, &plain) < 0)
		ay_bug("no key");
	ok(write(fd, plain.data, plain.len) == (ssize_t)plain.len, "a key file");
	is_int(ay_key_read(path, NULL, &again, &e), 0, "0600 is read");
	ay_key_free(again);
	for (mode_t bit = 1; bit <= 040; bit <<= 1) {
		fchmod(fd, 0600 | bit);
		is_int(ay_key_read(path, NULL, &again, &e), AY_EACCESS, "mode %04o is not", 0600 | bit);
	}
	ok(strstr(e.next, "chmod 600") != NULL, "and says what to do");
	setenv("ASSAY_TEST_KEY", ay_buf_str(&plain), 1);
	is_int(ay_key_read("env://ASSAY_TEST_KEY", NULL, &again, &e), 0, "from the environment");
	ay_key_free(again);
	is_int(ay_key_read("env://ASSAY_TEST_KEX", NULL, &again, &e), AY_ENOTFOUND, "an unset variable");
	is_int(ay_key_read("/nonexistent/key", NULL, &again, &e), -ENOENT, "no file");
	close(fd);
	unlink(path);
	ay_buf_free(&plain);
	ay_key_free(k);
}

int main(void)
{
	is_int(ay_crypto_init(), 0, "init");
	test_digest();
	test_ed25519_vector();
	test_sign(AY_KEY_P256);
	test_sign(AY_KEY_ED25519);
	test_strict_der();
	test_wide_curves();
	test_pubkey();
	test_key_file(AY_KEY_P256);
	test_key_file(AY_KEY_ED25519);
	test_key_read();
	return done_testing();
}
