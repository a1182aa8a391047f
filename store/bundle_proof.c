/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inclusion proofs of our own log inside bundles, as stock cosign takes them with
 * a trusted root of ours: Rekor v2 entries (hashedrekord 0.0.2) with a C2SP
 * checkpoint.
 */
#include <errno.h>
#include <string.h>

#include "assay/limits.h"
#include "assay/log.h"
#include "assay/text.h"
#include "store/envelope.h"
#include "store/note.h"

static void put_base64(struct ay_jw *w, const char *key, const void *bytes, size_t len)
{
	struct ay_buf text = ay_buf_new(AY_LIMIT_REQUEST);

	ay_base64_encode(&text, bytes, len);
	ay_jw_kstr(w, key, ay_buf_str(&text));
	if (text.err)
		w->b->err = text.err;
	ay_buf_free(&text);
}

/* protobuf's int64 in JSON */
static void put_u64_text(struct ay_jw *w, const char *key, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	ay_jw_kstr(w, key, text);
}

struct entry {
	struct ay_sha256 log_id;
	uint64_t index;
	const void *leaf; size_t leaf_len;
	const struct ay_sha256 *proof; size_t proof_len;
	struct ay_checkpoint head;
	const void *checkpoint; size_t checkpoint_len;
};

static void put_entry(struct ay_jw *w, const struct entry *n)
{
	ay_jw_object(w);
	put_u64_text(w, "logIndex", n->index);
	ay_jw_key(w, "logId");
	ay_jw_object(w);
	put_base64(w, "keyId", n->log_id.b, sizeof(n->log_id.b));
	ay_jw_object_end(w);
	ay_jw_key(w, "kindVersion");
	ay_jw_object(w);
	ay_jw_kstr(w, "kind", "hashedrekord");
	ay_jw_kstr(w, "version", "0.0.2");
	ay_jw_object_end(w);
	ay_jw_key(w, "inclusionProof");
	ay_jw_object(w);
	put_u64_text(w, "logIndex", n->index);
	put_base64(w, "rootHash", n->head.root.b, sizeof(n->head.root.b));
	put_u64_text(w, "treeSize", n->head.size);
	ay_jw_key(w, "hashes");
	ay_jw_array(w);
	for (size_t i = 0; i < n->proof_len; i++) {
		char text[48];
		struct ay_buf b64 = ay_buf_new(sizeof(text));

		ay_base64_encode(&b64, n->proof[i].b, sizeof(n->proof[i].b));
		ay_jw_str(w, ay_buf_str(&b64));
		ay_buf_free(&b64);
	}
	ay_jw_array_end(w);
	ay_jw_key(w, "checkpoint");
	ay_jw_object(w);
	ay_jw_key(w, "envelope");
	ay_jw_strn(w, n->checkpoint, n->checkpoint_len);
	ay_jw_object_end(w);
	ay_jw_object_end(w);
	put_base64(w, "canonicalizedBody", n->leaf, n->leaf_len);
	ay_jw_object_end(w);
}

/* Everything of the object but its member but, in the order it had. */
static void copy_members(struct ay_jw *w, const struct ay_json *object, const char *but)
{
	for (size_t i = 0; i < ay_json_count(object); i++) {
		if (strcmp(ay_json_key(object, i), but) == 0)
			continue;
		ay_jw_key(w, ay_json_key(object, i));
		ay_jw_tree(w, ay_json_at(object, i));
	}
}

int ay_bundle_with_proof(const void *bundle, size_t len, const struct ay_pubkey *log_key, const char *origin,
			 uint64_t index, const void *leaf, size_t leaf_len, const struct ay_sha256 *proof, size_t proof_len,
			 const void *checkpoint, size_t checkpoint_len, struct ay_buf *out)
{
	struct entry n = { .index = index, .leaf = leaf, .leaf_len = leaf_len, .proof = proof, .proof_len = proof_len,
			   .checkpoint = checkpoint, .checkpoint_len = checkpoint_len };
	struct ay_sha256 leaf_hash = ay_merkle_leaf(leaf, leaf_len);
	struct ay_envelope env;
	struct ay_jw w = ay_jw_new(out, false);
	const struct ay_json *root;
	int r = ay_checkpoint_verify(checkpoint, checkpoint_len, origin, log_key, &n.head, NULL);

	if (r < 0)
		return r;
	if (proof_len > AY_LIMIT_PROOF_HASHES ||
	    !ay_merkle_inclusion_ok(index, n.head.size, &leaf_hash, proof, proof_len, &n.head.root))
		return AY_ESIGNATURE;
	r = ay_envelope_parse(bundle, len, &env, NULL);
	if (r < 0)
		return r;
	if (!env.is_bundle) {
		ay_envelope_free(&env);
		return AY_EUNSUPPORTED;
	}
	n.log_id = ay_note_key_hash(origin, log_key);
	root = ay_json_root(env.doc);
	ay_jw_object(&w);
	ay_jw_kstr(&w, "mediaType", ay_json_str(ay_json_get(root, "mediaType"), NULL));
	ay_jw_key(&w, "verificationMaterial");
	ay_jw_object(&w);
	copy_members(&w, ay_json_get(root, "verificationMaterial"), "tlogEntries");
	ay_jw_key(&w, "tlogEntries");
	ay_jw_array(&w);
	put_entry(&w, &n);
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	for (size_t i = 0; i < ay_json_count(root); i++) {
		const char *key = ay_json_key(root, i);

		if (strcmp(key, "mediaType") == 0 || strcmp(key, "verificationMaterial") == 0)
			continue;
		ay_jw_key(&w, key);
		ay_jw_tree(&w, ay_json_at(root, i));
	}
	ay_jw_object_end(&w);
	ay_envelope_free(&env);
	return out->err;
}

/* ---- checking ---- */

/* True when the member is the base64 of exactly these bytes. */
static bool base64_is(const struct ay_json *j, const void *bytes, size_t len)
{
	struct ay_buf raw = ay_buf_new(AY_LIMIT_REQUEST);
	size_t text_len = 0;
	const char *text = ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, &text_len) : NULL;
	bool same = text && ay_base64_decode(&raw, text, text_len, false) == 0 && raw.len == len &&
		    (len == 0 || memcmp(raw.data, bytes, len) == 0);

	ay_buf_free(&raw);
	return same;
}

static int read_hashes(const struct ay_json *hashes, struct ay_sha256 *proof, size_t *n_out)
{
	size_t n = ay_json_count(hashes);

	if ((hashes && !ay_json_is(hashes, AY_JSON_ARRAY)) || n > AY_LIMIT_PROOF_HASHES)
		return AY_EFORMAT;
	for (size_t i = 0; i < n; i++) {
		const struct ay_json *j = ay_json_at(hashes, i);
		struct ay_buf raw = ay_buf_new(64);
		size_t len = 0;
		const char *text = ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, &len) : NULL;
		bool good = text && ay_base64_decode(&raw, text, len, false) == 0 && raw.len == 32;

		if (good)
			memcpy(proof[i].b, raw.data, 32);
		ay_buf_free(&raw);
		if (!good)
			return AY_EFORMAT;
	}
	*n_out = n;
	return 0;
}

/* The body that this signature by this key must have in the log. */
static int expected_leaf(const struct ay_envelope *env, const struct ay_pubkey *signer, struct ay_buf *leaf, struct ay_error *e)
{
	struct ay_buf pae = ay_buf_new(AY_ENVELOPE_MAX);
	const struct ay_signature *sig = &env->sigs[0];
	int r = ay_envelope_pae(env, &pae);

	if (r == 0 && !ay_verify(signer, pae.data, pae.len, sig->sig, sig->sig_len))
		r = ay_error_set(e, AY_ESIGNATURE, "the claim is not signed by the given key");
	else if (r == 0)
		r = ay_log_leaf(signer, pae.data, pae.len, sig->sig, sig->sig_len, leaf);
	else
		ay_error_set(e, r, "no memory to check a proof");
	ay_buf_free(&pae);
	return r;
}

static int check_inclusion(const struct ay_json *entry, const struct ay_buf *leaf, const struct ay_pubkey *log_key,
			   const char *origin, uint64_t *index_out, struct ay_error *e)
{
	const struct ay_json *p = ay_json_get(entry, "inclusionProof");
	struct ay_sha256 proof[AY_LIMIT_PROOF_HASHES], leaf_hash = ay_merkle_leaf(leaf->data, leaf->len);
	struct ay_checkpoint head;
	uint64_t index, inner_index, size;
	size_t n = 0, note_len = 0;
	const struct ay_json *note = ay_json_path(p, "checkpoint.envelope");
	const char *text = ay_json_is(note, AY_JSON_STRING) ? ay_json_str(note, &note_len) : NULL;
	int r;

	if (!text || ay_json_u64(ay_json_get(entry, "logIndex"), &index) < 0 ||
	    ay_json_u64(ay_json_get(p, "logIndex"), &inner_index) < 0 || ay_json_u64(ay_json_get(p, "treeSize"), &size) < 0 ||
	    read_hashes(ay_json_get(p, "hashes"), proof, &n) < 0)
		return ay_error_set(e, AY_EFORMAT, "the bundle's inclusion proof is malformed");
	r = ay_checkpoint_verify(text, note_len, origin, log_key, &head, e);
	if (r < 0)
		return r;
	if (index != inner_index || size != head.size || !base64_is(ay_json_get(p, "rootHash"), head.root.b, sizeof(head.root.b)))
		return ay_error_set(e, AY_ESIGNATURE, "the inclusion proof does not agree with its checkpoint");
	if (!ay_merkle_inclusion_ok(index, size, &leaf_hash, proof, n, &head.root))
		return ay_error_set(e, AY_ESIGNATURE, "the inclusion proof does not lead to the log's root");
	*index_out = index;
	return 0;
}

int ay_bundle_check_proof(const struct ay_envelope *env, const struct ay_pubkey *signer, const struct ay_pubkey *log_key,
			  const char *origin, uint64_t *index_out, struct ay_error *e)
{
	const struct ay_json *entry = ay_json_at(ay_json_path(ay_json_root(env->doc), "verificationMaterial.tlogEntries"), 0);
	const char *kind = ay_json_str(ay_json_path(entry, "kindVersion.kind"), NULL);
	const char *version = ay_json_str(ay_json_path(entry, "kindVersion.version"), NULL);
	struct ay_buf leaf = ay_buf_new(AY_LIMIT_LOG_LEAF);
	struct ay_sha256 log_id;
	int r;

	if (!env->is_bundle || !entry)
		return ay_error_set(e, AY_ENOTFOUND, "the claim carries no inclusion proof");
	if (!kind || strcmp(kind, "hashedrekord") != 0 || !version || strcmp(version, "0.0.2") != 0)
		return ay_error_set(e, AY_EUNSUPPORTED, "a log entry of another kind than hashedrekord 0.0.2");
	if (log_key->type != AY_KEY_ED25519 || !ay_origin_ok(origin))
		return ay_error_set(e, AY_EUSAGE, "a log has an Ed25519 key and a name of plain characters");
	log_id = ay_note_key_hash(origin, log_key);
	if (!base64_is(ay_json_path(entry, "logId.keyId"), log_id.b, sizeof(log_id.b)))
		return ay_error_set(e, AY_ESIGNATURE, "the inclusion proof is of another log than %s", origin);
	r = expected_leaf(env, signer, &leaf, e);
	if (r == 0 && !base64_is(ay_json_get(entry, "canonicalizedBody"), leaf.data, leaf.len))
		r = ay_error_set(e, AY_ESIGNATURE, "the log entry is not of this signature");
	if (r == 0)
		r = check_inclusion(entry, &leaf, log_key, origin, index_out, e);
	ay_buf_free(&leaf);
	return r;
}

int ay_trusted_root_json(const struct ay_pubkey *log_key, const char *origin, int64_t since_s, struct ay_buf *out)
{
	struct ay_jw w = ay_jw_new(out, false);
	struct ay_sha256 log_id;
	char url[300], since[24];

	if (log_key->type != AY_KEY_ED25519 || !ay_origin_ok(origin))
		return AY_EUSAGE;
	log_id = ay_note_key_hash(origin, log_key);
	snprintf(url, sizeof(url), "https://%s", origin);
	ay_time_format(since_s, since);
	ay_jw_object(&w);
	ay_jw_kstr(&w, "mediaType", "application/vnd.dev.sigstore.trustedroot+json;version=0.1");
	ay_jw_key(&w, "tlogs");
	ay_jw_array(&w);
	ay_jw_object(&w);
	ay_jw_kstr(&w, "baseUrl", url);
	ay_jw_kstr(&w, "hashAlgorithm", "SHA2_256");
	ay_jw_key(&w, "publicKey");
	ay_jw_object(&w);
	put_base64(&w, "rawBytes", log_key->spki, log_key->spki_len);
	ay_jw_kstr(&w, "keyDetails", "PKIX_ED25519");
	ay_jw_key(&w, "validFor");
	ay_jw_object(&w);
	ay_jw_kstr(&w, "start", since);
	ay_jw_object_end(&w);
	ay_jw_object_end(&w);
	ay_jw_key(&w, "logId");
	ay_jw_object(&w);
	put_base64(&w, "keyId", log_id.b, sizeof(log_id.b));
	ay_jw_object_end(&w);
	ay_jw_object_end(&w);
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	return out->err;
}
