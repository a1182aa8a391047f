/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/claim.h"

#include "assay/log.h"
#include "assay/text.h"
#include "tests/lib/tap.h"

#define ORIGIN "log.example"
#define STATEMENT "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"x\",\"digest\":{\"sha256\":" \
	"\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}}],\"predicateType\":\"https://example.com/p/v1\",\"predicate\":{}}"

static struct ay_key *p256, *ed, *log_key, *other_log;

static void need(int r, const char *what)
{
	if (r < 0)
		ay_bug("%s: %s", what, ay_strerror(r));
}

static void test_pae(void)
{
	struct ay_buf b = ay_buf_new(1000);

	need(ay_dsse_pae("http://example.com/HelloWorld", "hello world", 11, &b), "pae");
	is_str(ay_buf_str(&b), "DSSEv1 29 http://example.com/HelloWorld 11 hello world", "the vector of the protocol");
	ay_buf_clear(&b);
	need(ay_dsse_pae("", "", 0, &b), "pae");
	is_str(ay_buf_str(&b), "DSSEv1 0  0 ", "nothing");
	ay_buf_free(&b);
}

/* The one shape that we write, letter for letter. */
static void test_written(void)
{
	struct ay_buf b = ay_buf_new(65536), want = ay_buf_new(65536);
	char hint[AY_SHA256_HEX];

	need(ay_bundle_sign(p256, STATEMENT, strlen(STATEMENT), &b), "sign");
	ay_pubkey_hint(ay_key_public(p256), hint);
	ay_buf_addf(&want, "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":"
			   "{\"publicKey\":{\"hint\":\"%s\"},\"tlogEntries\":[]},\"dsseEnvelope\":{\"payload\":\"", hint);
	ay_base64_encode(&want, STATEMENT, strlen(STATEMENT));
	ay_buf_adds(&want, "\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[{\"sig\":\"");
	ok(strncmp(ay_buf_str(&b), ay_buf_str(&want), want.len) == 0, "a bundle up to its signature");
	ok(b.len > 16 && strcmp(ay_buf_str(&b) + b.len - 16, "\",\"keyid\":\"\"}]}}") == 0, "and after it");
	ay_buf_free(&b);
	ay_buf_free(&want);
}

static int parse_text(const char *text)
{
	struct ay_envelope env;
	int r = ay_envelope_parse(text, strlen(text), &env, NULL);

	if (r == 0)
		ay_envelope_free(&env);
	return r;
}

static void test_shapes(void)
{
#define TYPE "\"payloadType\":\"application/vnd.in-toto+json\""
#define BUNDLE(material, envelope) "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":" material ",\"dsseEnvelope\":" envelope "}"
#define ENVELOPE "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AAAA\"}]}"
	static const struct { const char *text; int want; const char *name; } t[] = {
		{ ENVELOPE, 0, "a bare envelope" },
		{ "{\"payload\":\"e30\"," TYPE ",\"signatures\":[{\"sig\":\"AAAA\"}]}", 0, "without padding" },
		{ "{\"payload\":\"_-_-\"," TYPE ",\"signatures\":[{\"sig\":\"_-_-\",\"keyid\":null}],\"more\":1}", 0, "URL-safe, keyid null, unknown member" },
		{ "{\"payload\":\"\"," TYPE ",\"signatures\":[{\"sig\":\"AAAA\"}]}", 0, "an empty payload" },
		{ "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto.vsa+json\",\"signatures\":[{\"sig\":\"AAAA\"}]}", 0, "a more exact type" },
		{ "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-totoX+json\",\"signatures\":[{\"sig\":\"AAAA\"}]}", AY_EUNSUPPORTED, "a type that only begins like it" },
		{ "{\"payload\":\"e30=\",\"payloadType\":\"text/plain\",\"signatures\":[{\"sig\":\"AAAA\"}]}", AY_EUNSUPPORTED, "another type" },
		{ "{\"payload\":\"e30=\",\"payloadType\":1,\"signatures\":[{\"sig\":\"AAAA\"}]}", AY_EFORMAT, "a type that is no text" },
		{ "{\"payload\":\"e3!=\"," TYPE ",\"signatures\":[{\"sig\":\"AAAA\"}]}", AY_EFORMAT, "not base64" },
		{ "{\"payload\":[]," TYPE ",\"signatures\":[{\"sig\":\"AAAA\"}]}", AY_EFORMAT, "a payload that is no text" },
		{ "{" TYPE ",\"signatures\":[{\"sig\":\"AAAA\"}]}", AY_EFORMAT, "no payload" },
		{ "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[]}", AY_EFORMAT, "no signatures" },
		{ "{\"payload\":\"e30=\"," TYPE "}", AY_EFORMAT, "no list of them" },
		{ "{\"payload\":\"e30=\"," TYPE ",\"signatures\":{\"sig\":\"AAAA\"}}", AY_EFORMAT, "an object for the list" },
		{ "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"keyid\":\"x\"}]}", AY_EFORMAT, "a signature without one" },
		{ "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AAAA\",\"keyid\":7}]}", AY_EFORMAT, "a keyid that is no text" },
		{ "{\"payload\":\"e30=\",\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AAAA\"}]}", AY_EFORMAT, "a member twice" },
		{ ENVELOPE " x", AY_EFORMAT, "something after it" },
		{ "[]", AY_EFORMAT, "a list" },
		{ "{}", AY_EUNSUPPORTED, "nothing that we know" },
		{ "", AY_ETRUNC, "nothing" },
		{ BUNDLE("{\"publicKey\":{\"hint\":\"x\"}}", ENVELOPE), 0, "a bundle" },
		{ BUNDLE("{\"publicKey\":{\"rawBytes\":\"AAAA\",\"keyDetails\":\"x\"}}", ENVELOPE), 0, "an old one with the key inside" },
		{ BUNDLE("{\"publicKey\":{}}", "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AAAA\"},{\"sig\":\"AAAA\"}]}"), AY_EFORMAT, "two signatures" },
		{ BUNDLE("{}", ENVELOPE), AY_EFORMAT, "no key" },
		{ BUNDLE("{\"certificate\":{\"rawBytes\":\"AAAA\"}}", ENVELOPE), AY_EUNSUPPORTED, "a certificate" },
		{ BUNDLE("{\"publicKey\":{},\"x509CertificateChain\":{}}", ENVELOPE), AY_EUNSUPPORTED, "a certificate beside a key" },
		{ BUNDLE("{\"publicKey\":{},\"tlogEntries\":{}}", ENVELOPE), AY_EFORMAT, "entries that are no list" },
		{ BUNDLE("{\"publicKey\":{}}", "null"), AY_EFORMAT, "no envelope" },
		{ "{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=0.2\",\"verificationMaterial\":{\"publicKey\":{}},\"dsseEnvelope\":" ENVELOPE "}",
		  AY_EUNSUPPORTED, "version 0.2" },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(t); i++)
		is_int(parse_text(t[i].text), t[i].want, "%s", t[i].name);
}

static void test_who(void)
{
	struct ay_buf b = ay_buf_new(65536), more = ay_buf_new(65536);
	struct ay_envelope env;
	struct ay_pubkey keys[65];
	uint64_t mask;
	struct ay_error e;

	need(ay_envelope_sign(p256, STATEMENT, strlen(STATEMENT), &b), "sign");
	need(ay_envelope_add(b.data, b.len, ed, &more, &e), "sign");
	need(ay_envelope_parse(more.data, more.len, &env, &e), "parse");
	is_int((long long)env.nsigs, 2, "two signatures");
	keys[0] = *ay_key_public(log_key);
	keys[1] = *ay_key_public(ed);
	keys[2] = *ay_key_public(p256);
	keys[3] = keys[2];
	keys[4] = keys[1];
	is_int(ay_envelope_verify(&env, keys, 5, &mask, &e), 0, "verified");
	is_int((long long)mask, 6, "each key counts once, at its first place");
	for (size_t i = 5; i < 65; i++)
		keys[i] = keys[0];
	is_int(ay_envelope_verify(&env, keys + 1, 64, &mask, &e), 0, "64 keys");
	is_int((long long)mask, 3, "are tried");
	is_int(ay_envelope_verify(&env, keys, 65, &mask, &e), AY_EUSAGE, "65 are not");
	is_int(ay_envelope_verify(&env, keys, 0, &mask, &e), 0, "none");
	is_int((long long)mask, 0, "is nobody");
	env.payload[5] ^= 1;
	is_int(ay_envelope_verify(&env, keys, 5, &mask, &e), 0, "another payload");
	is_int((long long)mask, 0, "is signed by nobody");
	env.payload[5] ^= 1;
	memcpy(strstr(env.payload_type, "+json"), ".a+json", 8);
	is_int(ay_envelope_verify(&env, keys, 5, &mask, &e), 0, "another type");
	is_int((long long)mask, 0, "neither");
	ay_envelope_free(&env);
	ay_buf_free(&b);
	ay_buf_free(&more);
}

static void test_statement(void)
{
#define DIGEST "{\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}"
	static const struct { const char *text; int want; const char *name; } t[] = {
		{ STATEMENT, 0, "a statement" },
		{ "{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"subject\":[{\"digest\":" DIGEST "}],\"predicateType\":\"x\",\"more\":1}", 0, "of version 0.1, without predicate" },
		{ "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":" DIGEST "}],\"predicateType\":\"x\",\"predicate\":null}", 0, "an unset predicate" },
		{ "{\"_type\":\"https://in-toto.io/Statement/v2\",\"subject\":[{\"digest\":" DIGEST "}],\"predicateType\":\"x\"}", AY_EUNSUPPORTED, "version 2" },
		{ "{\"subject\":[{\"digest\":" DIGEST "}],\"predicateType\":\"x\"}", AY_EUNSUPPORTED, "no type" },
		{ "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[],\"predicateType\":\"x\"}", AY_EFORMAT, "no subject" },
		{ "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"x\"}],\"predicateType\":\"x\"}", AY_EFORMAT, "a subject without digest" },
		{ "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":" DIGEST "}],\"predicateType\":\"\"}", AY_EFORMAT, "an empty predicateType" },
		{ "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":" DIGEST "}],\"predicateType\":\"x\",\"predicate\":[]}", AY_EFORMAT, "a list as predicate" },
		{ "[]", AY_EUNSUPPORTED, "a list" },
		{ "{", AY_ETRUNC, "half of one" },
	};
	struct ay_statement st;
	struct ay_sha256 empty = ay_sha256_of("", 0), other = ay_sha256_of("x", 1);

	for (size_t i = 0; i < AY_ARRAY_LEN(t); i++) {
		int r = ay_statement_parse(t[i].text, strlen(t[i].text), &st, NULL);

		is_int(r, t[i].want, "%s", t[i].name);
		if (r == 0) {
			ok(ay_statement_has_subject(&st, &empty) && !ay_statement_has_subject(&st, &other), "its subject");
			ay_statement_free(&st);
		}
	}
}

/* A log of five entries with the bundle's signature at 2. */
static struct ay_sha256 five(const struct ay_sha256 *h)
{
	struct ay_sha256 a = ay_merkle_node(&h[0], &h[1]), b = ay_merkle_node(&h[2], &h[3]), ab = ay_merkle_node(&a, &b);

	return ay_merkle_node(&ab, &h[4]);
}

static size_t make_log(const struct ay_envelope *env, const struct ay_key *signer, struct ay_sha256 proof[3], struct ay_buf *leaf, struct ay_buf *note)
{
	struct ay_buf pae = ay_buf_new(65536);
	struct ay_sha256 h[5], root;

	need(ay_dsse_pae(env->payload_type, env->payload, env->payload_len, &pae), "pae");
	need(ay_log_leaf(ay_key_public(signer), pae.data, pae.len, env->sigs[0].sig, env->sigs[0].sig_len, leaf), "leaf");
	for (int i = 0; i < 5; i++)
		h[i] = i == 2 ? ay_merkle_leaf(leaf->data, leaf->len) : ay_merkle_leaf(&i, 1);
	root = five(h);
	need(ay_checkpoint_sign(log_key, ORIGIN, 5, &root, note), "checkpoint");
	proof[0] = h[3];
	proof[1] = ay_merkle_node(&h[0], &h[1]);
	proof[2] = h[4];
	ay_buf_free(&pae);
	return 3;
}

static void test_proof(const struct ay_key *signer)
{
	struct ay_buf b = ay_buf_new(65536), logged = ay_buf_new(65536), leaf = ay_buf_new(65536), note = ay_buf_new(65536);
	struct ay_envelope env;
	struct ay_sha256 proof[3];
	const struct ay_pubkey *pub = ay_key_public(signer), *log_pub = ay_key_public(log_key);
	uint64_t index = 99, mask;
	struct ay_error e;
	size_t n;

	need(ay_bundle_sign(signer, STATEMENT, strlen(STATEMENT), &b), "sign");
	need(ay_envelope_parse(b.data, b.len, &env, &e), "parse");
	is_int(ay_bundle_check_proof(&env, pub, log_pub, ORIGIN, &index, &e), AY_ENOTFOUND, "no proof yet");
	n = make_log(&env, signer, proof, &leaf, &note);
	ay_envelope_free(&env);
	proof[1].b[0] ^= 1;
	is_int(ay_bundle_with_proof(b.data, b.len, log_pub, ORIGIN, 2, leaf.data, leaf.len, proof, n, note.data, note.len, &logged),
	       AY_ESIGNATURE, "a proof that does not hold is not put in");
	proof[1].b[0] ^= 1;
	is_int(ay_bundle_with_proof(b.data, b.len, log_pub, ORIGIN, 2, leaf.data, leaf.len, proof, n, note.data, note.len, &logged), 0, "one that does is");
	need(ay_envelope_parse(logged.data, logged.len, &env, &e), "parse");
	is_int(ay_envelope_verify(&env, pub, 1, &mask, &e), 0, "the signature");
	is_int((long long)mask, 1, "is as it was");
	is_int(ay_bundle_check_proof(&env, pub, log_pub, ORIGIN, &index, &e), 0, "the proof checks");
	is_int((long long)index, 2, "index");
	is_int(ay_bundle_check_proof(&env, pub, log_pub, "other.example", &index, &e), AY_ESIGNATURE, "not in another log");
	is_int(ay_bundle_check_proof(&env, pub, ay_key_public(other_log), ORIGIN, &index, &e), AY_ESIGNATURE, "nor by another log key");
	is_int(ay_bundle_check_proof(&env, ay_key_public(signer == ed ? p256 : ed), log_pub, ORIGIN, &index, &e), AY_ESIGNATURE, "nor for another signer");
	is_int((long long)env.payload[3]++, STATEMENT[3], "another payload");
	is_int(ay_bundle_check_proof(&env, pub, log_pub, ORIGIN, &index, &e), AY_ESIGNATURE, "is not what was logged");
	ay_envelope_free(&env);

	/* Every byte of tlogEntries. */
	char *entries = strstr((char *)logged.data, "\"tlogEntries\":"), *end = strstr((char *)logged.data, "\"dsseEnvelope\":");
	unsigned int taken = 0;

	for (char *p = entries; p < end; p++) {
		*p ^= 1;
		if (ay_envelope_parse(logged.data, logged.len, &env, &e) == 0) {
			taken += ay_bundle_check_proof(&env, pub, log_pub, ORIGIN, &index, &e) == 0;
			ay_envelope_free(&env);
		}
		*p ^= 1;
	}
	is_int(taken, 0, "no changed byte of the entry is taken");

	/* A foreign bundle keeps what it has beside. */
	struct ay_buf again = ay_buf_new(65536);

	is_int(ay_bundle_with_proof(logged.data, logged.len, log_pub, ORIGIN, 2, leaf.data, leaf.len, proof, n, note.data, note.len, &again), 0, "put in again");
	ok(again.len == logged.len && memcmp(again.data, logged.data, again.len) == 0, "it is the same bundle");
	ay_buf_free(&again);
	ay_buf_free(&b);
	ay_buf_free(&logged);
	ay_buf_free(&leaf);
	ay_buf_free(&note);
}

static void test_trusted_root(void)
{
	struct ay_buf b = ay_buf_new(65536);

	is_int(ay_trusted_root_json(ay_key_public(log_key), ORIGIN, 1767225600, &b), 0, "trusted root");
	ok(strncmp(ay_buf_str(&b), "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\",\"tlogs\":[{\"baseUrl\":\"https://log.example\","
				   "\"hashAlgorithm\":\"SHA2_256\",\"publicKey\":{\"rawBytes\":\"MCowBQYDK2VwAyEA", 180) == 0, "its start");
	ok(strstr(ay_buf_str(&b), "\"keyDetails\":\"PKIX_ED25519\",\"validFor\":{\"start\":\"2026-01-01T00:00:00Z\"}},\"logId\":{\"keyId\":\"") != NULL, "its end");
	is_int(ay_trusted_root_json(ay_key_public(p256), ORIGIN, 0, &b), AY_EUSAGE, "a log key is Ed25519");
	ay_buf_free(&b);
}

int main(void)
{
	need(ay_key_generate(AY_KEY_P256, &p256, NULL), "key");
	need(ay_key_generate(AY_KEY_ED25519, &ed, NULL), "key");
	need(ay_key_generate(AY_KEY_ED25519, &log_key, NULL), "key");
	need(ay_key_generate(AY_KEY_ED25519, &other_log, NULL), "key");
	test_pae();
	test_written();
	test_shapes();
	test_who();
	test_statement();
	test_proof(p256);
	test_proof(ed);
	test_trusted_root();
	ok(ay_claim_name("model.sig") && ay_claim_name("a.sigstore.json") && ay_claim_name("a.intoto.jsonl"), "claim names");
	ok(!ay_claim_name("x/model.sig") && !ay_claim_name("model.sig2") && !ay_claim_name(".sigstore.json"), "others");
	ay_key_free(p256);
	ay_key_free(ed);
	ay_key_free(log_key);
	ay_key_free(other_log);
	return done_testing();
}
