/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles with proofs as a store makes them: signed, logged in a commit, proved
 * under the checkpoint of that commit. Writes stored-N.json for each claim, with
 * stored.pub, stored_root.json and log.vkey beside.
 */
#include "tests/integration/interop.h"

#include "assay/fd.h"
#include "assay/store.h"
#include "assay/text.h"

#define HOST "log.assay.example"
#define CLAIMS 3

static void must(int r, const struct ay_error *e)
{
	if (r >= 0)
		return;
	fprintf(stderr, "interop_store: %s\n", e && *e->msg ? e->msg : ay_strerror(r));
	exit(2);
}

struct claim { struct ay_buf bundle, leaf; uint64_t index; };

static int append(struct ay_txn *t, void *arg)
{
	struct claim *c = arg;

	return ay_log_append(t, c->leaf.data, c->leaf.len, &c->index);
}

static void put(int dirfd, const char *name, const struct ay_buf *b)
{
	struct ay_error e = { .msg = "" };

	must(b->err, NULL);
	must(ay_write_file(dirfd, name, b->data, b->len, 0644, &e), &e);
}

static void make_claim(const struct ay_key *k, const struct ay_buf *statement, struct claim *c)
{
	struct ay_envelope env;
	struct ay_buf pae = ay_buf_new(1 << 20);
	struct ay_error e = { .msg = "" };

	c->bundle = ay_buf_new(1 << 20);
	c->leaf = ay_buf_new(65536);
	must(ay_bundle_sign(k, statement->data, statement->len, &c->bundle), NULL);
	must(ay_envelope_parse(c->bundle.data, c->bundle.len, &env, &e), &e);
	must(ay_dsse_pae(env.payload_type, env.payload, env.payload_len, &pae), NULL);
	must(ay_log_leaf(ay_key_public(k), pae.data, pae.len, env.sigs[0].sig, env.sigs[0].sig_len, &c->leaf), NULL);
	ay_envelope_free(&env);
	ay_buf_free(&pae);
}

static void prove(int dirfd, struct ay_store *s, const struct ay_pubkey *log_pub, struct claim *c)
{
	struct ay_sha256 proof[AY_LIMIT_PROOF_HASHES];
	size_t n = AY_LIMIT_PROOF_HASHES;
	struct ay_buf note = ay_buf_new(AY_LIMIT_CHECKPOINT), out = ay_buf_new(1 << 20);
	struct ay_txn *t;
	char name[64];

	must(ay_read_begin(s, &t), NULL);
	must(ay_log_checkpoint(t, &note), NULL);
	must(ay_log_inclusion(t, c->index, ay_log_size(t), proof, &n), NULL);
	ay_read_end(t);
	must(ay_bundle_with_proof(c->bundle.data, c->bundle.len, log_pub, HOST, c->index, c->leaf.data, c->leaf.len, proof, n, note.data, note.len,
				  &out), NULL);
	snprintf(name, sizeof(name), "stored-%llu.json", (unsigned long long)c->index);
	put(dirfd, name, &out);
	ay_buf_free(&note);
	ay_buf_free(&out);
}

int interop_store(int dirfd, const char *dir)
{
	struct claim claims[CLAIMS];
	struct ay_key *signer, *log_key;
	struct ay_pubkey log_pub;
	struct ay_store *s;
	struct ay_error e = { .msg = "" };
	struct ay_buf b = ay_buf_new(1 << 20);
	struct ay_sha256 d = ay_sha256_of("hello weights", 13);
	char path[4096], hex[AY_SHA256_HEX];

	snprintf(path, sizeof(path), "%s/store", dir);
	must(ay_key_generate(AY_KEY_P256, &signer, &e), &e);
	must(ay_key_generate(AY_KEY_ED25519, &log_key, &e), &e);
	log_pub = *ay_key_public(log_key);
	must(ay_store_create(path, &e), &e);
	must(ay_store_open(path, &s, &e), &e);
	must(ay_log_open(s, log_key, HOST, &e), &e);
	for (int i = 0; i < CLAIMS; i++) {
		ay_buf_clear(&b);
		ay_sha256_hex(&d, hex);
		ay_buf_addf(&b, "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"weights.bin\",\"digest\":{\"sha256\":\"%s\"}}],"
				"\"predicateType\":\"" AY_PREDICATE_SLSA "\",\"predicate\":{\"run\":%d}}", hex, i);
		make_claim(signer, &b, &claims[i]);
		must(ay_commit(s, append, &claims[i], &e), &e);
		prove(dirfd, s, &log_pub, &claims[i]);
		ay_buf_free(&claims[i].bundle);
		ay_buf_free(&claims[i].leaf);
	}
	ay_store_close(s);
	ay_buf_clear(&b);
	ay_pubkey_pem(ay_key_public(signer), &b);
	put(dirfd, "stored.pub", &b);
	ay_buf_clear(&b);
	must(ay_trusted_root_json(&log_pub, HOST, 1767225600, &b), NULL);
	put(dirfd, "stored_root.json", &b);
	ay_buf_clear(&b);
	must(ay_vkey_format(HOST, &log_pub, &b), NULL);
	put(dirfd, "log.vkey", &b);
	ay_key_free(signer);
	ay_buf_free(&b);
	return 0;
}
