/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the bundles that were tried on cosign, model_signing and sigstore-js, by
 * hand rather than through the code under test wherever Assay itself would write
 * only one of the shapes.
 */
#include "tests/integration/interop.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "assay/fd.h"
#include "assay/text.h"
#include "tests/lib/merkle_oracle.h"

#define ORIGIN "log.interop.example"
#define LEAVES 11
#define AT 7

static const struct { const char *path, *text; } model[] = {
	{ "config.json", "{}" }, { "sub.bin", "y" }, { "sub/a.b", "x" }, { "weights.bin", "hello weights" } };
#define NFILES AY_ARRAY_LEN(model)
#define IGNORE "[\".git\",\".gitattributes\",\".github\",\".gitignore\"]"

static int out_dir;
static struct ay_key *p256, *ed, *cosign, *log_key;

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "interop_gen: %s: %s\n", what, ay_strerror(r));
	exit(2);
}

static void put(const char *name, const struct ay_buf *b)
{
	struct ay_error e;

	must(b->err, name);
	must(ay_write_file(out_dir, name, b->data, b->len, 0644, &e), name);
}

static void put_text(const char *name, const char *text)
{
	struct ay_error e;

	must(ay_write_file(out_dir, name, text, strlen(text), 0644, &e), name);
}

/* ---- statements ---- */

/* Options of a model signature; order holds indexes into model. */
struct list { int order[NFILES]; bool blake2b, reference_shards, pretty, extra; unsigned int shard; };

static void digest_hex(const struct list *l, const char *bytes, size_t len, struct ay_hash *root, struct ay_buf *hex)
{
	uint8_t d[64];
	struct ay_sha256 s = ay_sha256_of(bytes, len);
	size_t d_len = l->blake2b ? 64 : 32;

	if (l->blake2b)
		ay_blake2b(bytes, len, d, 64);
	else
		memcpy(d, s.b, 32);
	ay_hash_add(root, d, d_len);
	ay_buf_clear(hex);
	ay_hex_encode(hex, d, d_len);
}

static void one_resource(const struct list *l, const char *name, const char *bytes, size_t len, struct ay_hash *root, struct ay_buf *out)
{
	struct ay_buf hex = ay_buf_new(1000);
	char algorithm[64];

	snprintf(algorithm, sizeof(algorithm), "%s", l->blake2b ? "blake2b" : "sha256");
	if (l->reference_shards)
		snprintf(algorithm, sizeof(algorithm), "sha256-sharded-%u", l->shard);
	digest_hex(l, bytes, len, root, &hex);
	ay_buf_addf(out, "%s{\"name\":\"%s\",\"algorithm\":\"%s\",\"digest\":\"%s\"%s}", out->len ? "," : "", name, algorithm, ay_buf_str(&hex),
		    l->extra && !out->len ? ",\"annotations\":{\"a\":1}" : "");
	ay_buf_free(&hex);
}

static struct ay_buf model_statement(const struct list *l)
{
	struct ay_buf out = ay_buf_new(1 << 20), resources = ay_buf_new(1 << 20);
	struct ay_hash *root = ay_hash_new();
	struct ay_sha256 d;
	char hex[AY_SHA256_HEX], shards[64] = "";

	for (size_t i = 0; i < NFILES; i++) {
		const char *path = model[l->order[i]].path, *text = model[l->order[i]].text;
		size_t len = strlen(text);

		if (!l->shard) {
			one_resource(l, path, text, len, root, &resources);
			continue;
		}
		for (size_t at = 0; at < len; at += l->shard) {
			size_t end = at + l->shard < len ? at + l->shard : len;
			char name[128];

			snprintf(name, sizeof(name), "%s:%zu:%zu", path, at, end);
			one_resource(l, name, text + at, end - at, root, &resources);
		}
	}
	d = ay_hash_final(root);
	ay_hash_free(root);
	ay_sha256_hex(&d, hex);
	if (l->shard)
		snprintf(shards, sizeof(shards), ",\"shard_size\":%u", l->shard);
	ay_buf_addf(&out, "{%s\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"my-model\",\"digest\":{\"sha256\":\"%s\"}}],"
			  "\"predicateType\":\"" AY_PREDICATE_OMS "\",\"predicate\":{\"serialization\":{\"method\":\"%s\",\"hash_type\":\"%s\","
			  "\"allow_symlinks\":false,\"ignore_paths\":" IGNORE "%s},\"resources\":[%s]%s}}",
		    l->pretty ? "\n  " : "", hex, l->shard ? "shards" : "files", l->blake2b ? "blake2b" : "sha256", shards,
		    ay_buf_str(&resources), l->extra ? ",\"x_ours\":{\"k\":1}" : "");
	ay_buf_free(&resources);
	return out;
}

static struct ay_buf statement(const char *version, const char *type, const char *predicate)
{
	struct ay_buf out = ay_buf_new(1 << 20);
	struct ay_sha256 d = ay_sha256_of(model[3].text, strlen(model[3].text));
	char hex[AY_SHA256_HEX];

	ay_sha256_hex(&d, hex);
	ay_buf_addf(&out, "{\"_type\":\"https://in-toto.io/Statement/%s\", \"subject\":[{\"name\":\"weights.bin\", \"digest\":{\"sha256\":\"%s\"}}], "
			  "\"predicateType\":\"%s\", \"predicate\":%s}", version, hex, type, predicate);
	return out;
}

/* ---- bundles ---- */

#define NO_ENTRIES ((const char *)-1)    /* no tlogEntries member at all */

struct shape { const struct ay_key *key; const char *media, *hint, *keyid, *entries; bool two; const struct ay_buf *sig; };

static struct ay_buf signature(const struct ay_key *k, const char *type, const struct ay_buf *payload)
{
	struct ay_buf pae = ay_buf_new(1 << 20), sig = ay_buf_new(200);
	uint8_t raw[96];
	size_t len = sizeof(raw);

	must(ay_dsse_pae(type, payload->data, payload->len, &pae), "pae");
	must(ay_sign(k, pae.data, pae.len, raw, &len), "sign");
	ay_buf_add(&sig, raw, len);
	ay_buf_free(&pae);
	return sig;
}

static void envelope(struct ay_buf *out, const char *type, const struct ay_buf *payload, const struct ay_buf *sig, const char *keyid, bool two)
{
	ay_buf_adds(out, "{\"payload\":\"");
	ay_base64_encode(out, payload->data, payload->len);
	ay_buf_addf(out, "\",\"payloadType\":\"%s\",\"signatures\":[", type);
	for (int i = 0; i < (two ? 2 : 1); i++) {
		ay_buf_addf(out, "%s{\"sig\":\"", i ? "," : "");
		ay_base64_encode(out, sig->data, sig->len);
		ay_buf_addf(out, "\",\"keyid\":\"%s\"}", keyid);
	}
	ay_buf_adds(out, "]}");
}

static void bundle(const char *name, const struct ay_buf *payload, struct shape s)
{
	struct ay_buf out = ay_buf_new(1 << 20), sig = ay_buf_new(200);
	char hint[AY_SHA256_HEX];

	ay_pubkey_hint(ay_key_public(s.key), hint);
	if (s.sig)
		ay_buf_add(&sig, s.sig->data, s.sig->len);
	else
		sig = signature(s.key, AY_PAYLOAD_INTOTO, payload);
	ay_buf_addf(&out, "{\"mediaType\":\"%s\",\"verificationMaterial\":{\"publicKey\":{\"hint\":\"%s\"}",
		    s.media ? s.media : "application/vnd.dev.sigstore.bundle.v0.3+json", s.hint ? s.hint : hint);
	if (s.entries != NO_ENTRIES)
		ay_buf_addf(&out, ",\"tlogEntries\":[%s]", s.entries ? s.entries : "");
	ay_buf_adds(&out, "},\"dsseEnvelope\":");
	envelope(&out, AY_PAYLOAD_INTOTO, payload, &sig, s.keyid ? s.keyid : "", s.two);
	ay_buf_adds(&out, "}");
	put(name, &out);
	ay_buf_free(&sig);
	ay_buf_free(&out);
}

static void add_base64(struct ay_buf *b, const void *bytes, size_t len)
{
	ay_base64_encode(b, bytes, len);
}

/* The leaf that a log without knowledge of cosign's ways would make of an Ed25519 signature. */
static struct ay_buf plain_ed_leaf(const struct ay_buf *pae, const struct ay_buf *sig)
{
	struct ay_buf out = ay_buf_new(65536);
	struct ay_sha256 d = ay_sha256_of(pae->data, pae->len);
	const struct ay_pubkey *pub = ay_key_public(ed);

	ay_buf_adds(&out, "{\"apiVersion\":\"0.0.2\",\"kind\":\"hashedrekord\",\"spec\":{\"hashedRekordV002\":{\"data\":"
			  "{\"algorithm\":\"SHA2_256\",\"digest\":\"");
	add_base64(&out, d.b, 32);
	ay_buf_adds(&out, "\"},\"signature\":{\"content\":\"");
	add_base64(&out, sig->data, sig->len);
	ay_buf_adds(&out, "\",\"verifier\":{\"keyDetails\":\"PKIX_ED25519\",\"publicKey\":{\"rawBytes\":\"");
	add_base64(&out, pub->spki, pub->spki_len);
	ay_buf_adds(&out, "\"}}}}}}");
	return out;
}

static struct ay_sha256 log_id(void)
{
	uint8_t text[256];
	size_t n = strlen(ORIGIN);

	memcpy(text, ORIGIN "\n\x01", n + 2);
	memcpy(text + n + 2, ay_key_public(log_key)->ed25519, 32);
	return ay_sha256_of(text, n + 34);
}

enum spoil { FINE, BAD_HASH, PLAIN_ED };

/* Signs payload, logs the signature at AT of LEAVES and writes the bundle. */
static void logged(const char *name, const struct ay_key *k, const struct ay_buf *payload, enum spoil spoil)
{
	struct ay_buf sig = signature(k, AY_PAYLOAD_INTOTO, payload), pae = ay_buf_new(1 << 20), leaf = ay_buf_new(65536);
	struct ay_buf note = ay_buf_new(65536), entry = ay_buf_new(1 << 20), escaped = ay_buf_new(65536);
	struct ay_sha256 h[LEAVES], path[64], root, id = log_id();
	size_t n = 0;

	must(ay_dsse_pae(AY_PAYLOAD_INTOTO, payload->data, payload->len, &pae), "pae");
	if (spoil == PLAIN_ED)
		leaf = plain_ed_leaf(&pae, &sig);
	else
		must(ay_log_leaf(ay_key_public(k), pae.data, pae.len, sig.data, sig.len, &leaf), "leaf");
	for (int i = 0; i < LEAVES; i++) {
		char other[32];

		snprintf(other, sizeof(other), "other entry %d", i);
		h[i] = i == AT ? ay_merkle_leaf(leaf.data, leaf.len) : ay_merkle_leaf(other, strlen(other));
	}
	root = oracle_root(h, LEAVES);
	oracle_path(AT, h, LEAVES, path, &n);
	if (spoil == BAD_HASH)
		path[1].b[3] ^= 1;
	must(ay_checkpoint_sign(log_key, ORIGIN, LEAVES, &root, &note), "checkpoint");
	ay_buf_addf(&entry, "{\"logIndex\":\"%d\",\"logId\":{\"keyId\":\"", AT);
	add_base64(&entry, id.b, 32);
	ay_buf_addf(&entry, "\"},\"kindVersion\":{\"kind\":\"hashedrekord\",\"version\":\"0.0.2\"},\"inclusionProof\":{\"logIndex\":\"%d\",\"rootHash\":\"", AT);
	add_base64(&entry, root.b, 32);
	ay_buf_addf(&entry, "\",\"treeSize\":\"%d\",\"hashes\":[", LEAVES);
	for (size_t i = 0; i < n; i++) {
		ay_buf_adds(&entry, i ? ",\"" : "\"");
		add_base64(&entry, path[i].b, 32);
		ay_buf_adds(&entry, "\"");
	}
	for (size_t i = 0; i < note.len; i++)
		if (note.data[i] == '\n')
			ay_buf_adds(&escaped, "\\n");
		else
			ay_buf_addc(&escaped, note.data[i]);
	ay_buf_addf(&entry, "],\"checkpoint\":{\"envelope\":\"%s\"}},\"canonicalizedBody\":\"", ay_buf_str(&escaped));
	add_base64(&entry, leaf.data, leaf.len);
	ay_buf_adds(&entry, "\"}");
	must(entry.err, "entry");
	bundle(name, payload, (struct shape){ .key = k, .entries = ay_buf_str(&entry), .sig = &sig });
	if (strcmp(name, "logged-p256.sig") == 0)
		put("logged-p256.sig.checkpoint", &note);
	ay_buf_free(&sig);
	ay_buf_free(&pae);
	ay_buf_free(&leaf);
	ay_buf_free(&note);
	ay_buf_free(&entry);
	ay_buf_free(&escaped);
}

/* ---- everything ---- */

static void put_keys(void)
{
	const struct { const char *name; const struct ay_key *k; } all[] = { { "p256.pub", p256 }, { "ed.pub", ed }, { "cosign.pub", cosign } };
	struct ay_buf b = ay_buf_new(65536);

	for (size_t i = 0; i < AY_ARRAY_LEN(all); i++) {
		ay_buf_clear(&b);
		ay_pubkey_pem(ay_key_public(all[i].k), &b);
		put(all[i].name, &b);
	}
	ay_buf_clear(&b);
	must(ay_vkey_format(ORIGIN, ay_key_public(log_key), &b), "vkey");
	put("log.vkey", &b);
	ay_buf_clear(&b);
	must(ay_trusted_root_json(ay_key_public(log_key), ORIGIN, 1767225600, &b), "trusted root");
	put("our_trusted_root.json", &b);
	ay_buf_free(&b);
}

static void put_model(void)
{
	char path[256];

	must(ay_mkdirs(out_dir, "my-model/sub", 0755), "my-model");
	for (size_t i = 0; i < NFILES; i++) {
		snprintf(path, sizeof(path), "my-model/%s", model[i].path);
		put_text(path, model[i].text);
	}
}

static void put_model_signatures(void)
{
	struct list spec = { .order = { 0, 1, 2, 3 } }, reference = { .order = { 0, 2, 1, 3 }, .pretty = true }, reversed = { .order = { 3, 2, 1, 0 } };
	struct list blake = spec, shards = spec, sharded = spec, extra = spec;
	struct ay_buf plain = model_statement(&spec), t;
	struct ay_sha256 der = ay_sha256_of(ay_key_public(p256)->spki, ay_key_public(p256)->spki_len);
	struct ay_buf der_hint = ay_buf_new(100);
	char hint[AY_SHA256_HEX];

	blake.blake2b = true;
	shards.shard = sharded.shard = 4;
	sharded.reference_shards = true;
	extra.extra = true;
	ay_pubkey_hint(ay_key_public(p256), hint);
	add_base64(&der_hint, der.b, 32);
	bundle("oms-p256-empty-pem.sig", &plain, (struct shape){ .key = p256 });
	bundle("oms-p256-hint-pem.sig", &plain, (struct shape){ .key = p256, .keyid = hint });
	bundle("oms-p256-hint-der.sig", &plain, (struct shape){ .key = p256, .hint = ay_buf_str(&der_hint) });
	bundle("oms-ed-empty-pem.sig", &plain, (struct shape){ .key = ed });
	bundle("twosig.sig", &plain, (struct shape){ .key = p256, .two = true });
	bundle("notlog.sig", &plain, (struct shape){ .key = p256, .entries = NO_ENTRIES });
	bundle("nohint.sig", &plain, (struct shape){ .key = p256, .hint = "" });
	bundle("mt.sig", &plain, (struct shape){ .key = p256, .media = "application/vnd.dev.sigstore.bundle+json;version=0.3" });
	logged("logged-p256.sig", p256, &plain, FINE);
	logged("logged-bad.sig", p256, &plain, BAD_HASH);
	logged("logged-ed-ph.sig", ed, &plain, FINE);
	logged("logged-ed.sig", ed, &plain, PLAIN_ED);
	ay_buf_free(&plain);
	const struct { const char *name; const struct list *l; } more[] = { { "ref.sig", &reference }, { "rev.sig", &reversed },
		{ "b2.sig", &blake }, { "sh.sig", &shards }, { "sh2.sig", &sharded }, { "ext.sig", &extra } };
	for (size_t i = 0; i < AY_ARRAY_LEN(more); i++) {
		t = model_statement(more[i].l);
		bundle(more[i].name, &t, (struct shape){ .key = p256 });
		ay_buf_free(&t);
	}
	ay_buf_free(&der_hint);
}

static void put_attestations(void)
{
	static const char test[] = "{\"result\":\"PASSED\",\"configuration\":[],\"passedTests\":[\"pickle-scan\"]}";
	static const char provenance[] = "{\"buildDefinition\":{\"buildType\":\"https://interop.example/train/v1\",\"externalParameters\":{\"dataset\":\"cats@7\"}},"
					 "\"runDetails\":{\"builder\":{\"id\":\"https://interop.example/builders/gpu1\"}}}";
	static const char vsa[] = "{\"verifier\":{\"id\":\"https://interop.example/gate\"},\"verificationResult\":\"PASSED\"}";
	static const char bom[] = "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\"}";
	struct ay_buf t = statement("v1", AY_PREDICATE_TEST, test), out = ay_buf_new(1 << 20), sig;
	struct ay_sha256 der = ay_sha256_of(ay_key_public(cosign)->spki, ay_key_public(cosign)->spki_len);
	struct ay_buf der_hint = ay_buf_new(100);
	char hint[AY_SHA256_HEX];

	ay_pubkey_hint(ay_key_public(p256), hint);
	bundle("att-p256-empty-pem.json", &t, (struct shape){ .key = p256 });
	bundle("att-p256-hint-pem.json", &t, (struct shape){ .key = p256, .keyid = hint });
	bundle("att-ed-empty-pem.json", &t, (struct shape){ .key = ed });
	ay_buf_free(&t);
	const struct { const char *name, *type, *predicate; } all[] = { { "prov.logged.json", AY_PREDICATE_SLSA, provenance },
		{ "vsa.logged.json", AY_PREDICATE_VSA, vsa }, { "bom.logged.json", AY_PREDICATE_CYCLONEDX, bom } };
	for (size_t i = 0; i < AY_ARRAY_LEN(all); i++) {
		t = statement("v1", all[i].type, all[i].predicate);
		logged(all[i].name, p256, &t, FINE);
		ay_buf_free(&t);
	}
	t = statement("v0.1", AY_PREDICATE_TEST, test);
	add_base64(&der_hint, der.b, 32);
	bundle("cos.json", &t, (struct shape){ .key = cosign, .hint = ay_buf_str(&der_hint), .entries = NO_ENTRIES });
	ay_buf_free(&t);
	ay_pubkey_hint(ay_key_public(ed), hint);
	t = statement("v0.1", "https://witness.testifysec.com/attestation-collection/v0.1", "{\"name\":\"scan\",\"attestations\":[]}");
	sig = signature(ed, AY_PAYLOAD_INTOTO, &t);
	envelope(&out, AY_PAYLOAD_INTOTO, &t, &sig, hint, false);
	put("wit.att.json", &out);
	ay_buf_free(&sig);
	ay_buf_clear(&out);
	sig = signature(ed, "https://witness.testifysec.com/policy/v0.1", &t);
	envelope(&out, "https://witness.testifysec.com/policy/v0.1", &t, &sig, hint, false);
	put("wit.policy.json", &out);
	ay_buf_free(&sig);
	ay_buf_free(&out);
	ay_buf_free(&t);
	ay_buf_free(&der_hint);
}

int interop_gen(int dirfd)
{
	out_dir = dirfd;
	must(ay_key_generate(AY_KEY_P256, &p256, NULL), "key");
	must(ay_key_generate(AY_KEY_ED25519, &ed, NULL), "key");
	must(ay_key_generate(AY_KEY_P256, &cosign, NULL), "key");
	must(ay_key_generate(AY_KEY_ED25519, &log_key, NULL), "key");
	put_keys();
	put_model();
	put_model_signatures();
	put_attestations();
	ay_key_free(p256);
	ay_key_free(ed);
	ay_key_free(cosign);
	ay_key_free(log_key);
	return 0;
}
