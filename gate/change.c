/* SPDX-License-Identifier: Apache-2.0 */
/* Signed changes: each is checked, written with its log leaf in one commit, and then takes effect by a reload. */
#include <errno.h>
#include "assay/cursor.h"
#include "assay/text.h"
#include "gate/candidate.h"

static void key_be64(uint8_t out[8], uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

int ay_own_statement(const char *kind, const char *subject, const struct ay_sha256 *digest, const char *predicate, struct ay_buf *out)
{
	struct ay_jw w = ay_jw_new(out, false);
	char hex[AY_SHA256_HEX], type[128];

	ay_sha256_hex(digest, hex);
	snprintf(type, sizeof(type), AY_PREDICATE_PREFIX "%s", kind);
	ay_jw_object(&w);
	ay_jw_kstr(&w, "_type", "https://in-toto.io/Statement/v1");
	ay_jw_key(&w, "subject");
	ay_jw_array(&w);
	ay_jw_object(&w);
	ay_jw_kstr(&w, "name", subject);
	ay_jw_key(&w, "digest");
	ay_jw_object(&w);
	ay_jw_kstr(&w, "sha256", hex);
	ay_jw_object_end(&w);
	ay_jw_object_end(&w);
	ay_jw_array_end(&w);
	ay_jw_kstr(&w, "predicateType", type);
	ay_jw_key(&w, "predicate");
	ay_jw_raw(&w, predicate, strlen(predicate));
	ay_jw_object_end(&w);
	return out->err;
}

/* The first key of the trust root whose signature is on it and that is allowed; else the reason of the last one tried. */
static int find_signer(const struct ay_trust *t, enum ay_role role, const char *name, const struct ay_envelope *env, uint64_t log_index,
		       struct ay_pubkey *signer_out, struct ay_error *e)
{
	bool known = false;
	int rc = AY_ETRUST;

	for (size_t i = 0; i < t->nkeys; i++) {
		uint64_t mask = 0;

		if (ay_envelope_verify(env, &t->keys[i], 1, &mask, NULL) || !mask)
			continue;
		known = true;
		rc = ay_trust_allows(t, &t->keys[i].id, role, name, log_index, e);
		if (rc == 0) {
			*signer_out = t->keys[i];
			return 0;
		}
	}
	if (!known)
		ay_error_set(e, rc, "signed by a key that the trust root does not know, or altered");
	return rc;
}

int ay_own_verify(const struct ay_trust *t, enum ay_role role, const char *name, const char *kind, const void *bytes, size_t len,
		  uint64_t log_index, struct ay_statement *out, struct ay_pubkey *signer_out, struct ay_error *e)
{
	struct ay_envelope env;
	char type[128];
	int rc = ay_envelope_parse(bytes, len, &env, e);

	if (rc)
		return rc;
	rc = find_signer(t, role, name, &env, log_index, signer_out, e);
	if (rc == 0)
		rc = ay_statement_parse(env.payload, env.payload_len, out, e);
	ay_envelope_free(&env);
	if (rc)
		return rc;
	snprintf(type, sizeof(type), AY_PREDICATE_PREFIX "%s", kind);
	if (strcmp(out->predicate_type, type) != 0) {
		rc = ay_error_set(e, AY_EFORMAT, "a statement of type %s, not %s", out->predicate_type, type);
		ay_statement_free(out);
	}
	return rc;
}

int ay_policy_statement(uint64_t version, const void *yaml, size_t len, struct ay_buf *out)
{
	struct ay_sha256 d = ay_sha256_of(yaml, len);
	struct ay_buf b = ay_buf_new(8 * AY_LIMIT_POLICY);
	struct ay_jw w = ay_jw_new(&b, false);
	int rc;

	ay_jw_object(&w);
	ay_jw_ku64(&w, "version", version);
	ay_jw_key(&w, "yaml");
	ay_jw_strn(&w, yaml, len);
	ay_jw_object_end(&w);
	rc = b.err ? b.err : ay_own_statement("policy/v1", "policy", &d, ay_buf_str(&b), out);
	ay_buf_free(&b);
	return rc;
}

int ay_waiver_statement(const char *ref, const char *rule, int64_t until_s, const char *reason, struct ay_buf *out)
{
	struct ay_sha256 d = ay_sha256_of(ref, strlen(ref));
	struct ay_buf b = ay_buf_new(8192);
	struct ay_jw w = ay_jw_new(&b, false);
	char until[24];
	int rc;

	ay_time_format(until_s, until);
	ay_jw_object(&w);
	ay_jw_kstr(&w, "ref", ref);
	ay_jw_kstr(&w, "rule", rule);
	ay_jw_kstr(&w, "until", until);
	ay_jw_kstr(&w, "reason", reason);
	ay_jw_object_end(&w);
	rc = b.err ? b.err : ay_own_statement("waiver/v1", ref, &d, ay_buf_str(&b), out);
	ay_buf_free(&b);
	return rc;
}

int ay_baseline_statement(const char *name, uint64_t version, const char *schema_json, struct ay_buf *out)
{
	struct ay_sha256 d = ay_sha256_of(schema_json, strlen(schema_json));
	struct ay_buf b = ay_buf_new(strlen(schema_json) + 8192);
	struct ay_jw w = ay_jw_new(&b, false);
	int rc;

	ay_jw_object(&w);
	ay_jw_kstr(&w, "name", name);
	ay_jw_ku64(&w, "version", version);
	ay_jw_key(&w, "schema");
	ay_jw_raw(&w, schema_json, strlen(schema_json));
	ay_jw_object_end(&w);
	rc = b.err ? b.err : ay_own_statement("baseline/v1", name, &d, ay_buf_str(&b), out);
	ay_buf_free(&b);
	return rc;
}

int ay_policy_payload(const struct ay_statement *st, struct ay_buf *yaml_out, uint64_t *version_out, struct ay_error *e)
{
	size_t n = 0;
	const char *yaml = ay_json_str(ay_json_get(st->predicate, "yaml"), &n);
	struct ay_sha256 d;

	if (!yaml || ay_json_u64(ay_json_get(st->predicate, "version"), version_out))
		return ay_error_set(e, AY_EFORMAT, "a signed policy has a version and its text");
	d = ay_sha256_of(yaml, n);
	if (!ay_statement_has_subject(st, &d))
		return ay_error_set(e, AY_EDIGEST, "the signed policy's text is not its subject");
	return ay_buf_add(yaml_out, yaml, n);
}

/* ---- commits ---- */

struct doc {
	enum ay_table table;
	const void *key; size_t key_len;
	const void *val; size_t val_len;
	struct ay_buf leaf;
	bool fresh, indexed;
};

static int write_doc(struct ay_txn *t, void *arg)
{
	struct doc *d = arg;
	struct ay_buf b = ay_buf_new(d->val_len + AY_LIMIT_TRUST_ROOT);
	uint64_t index = 0;
	int rc = d->fresh ? ay_doc_get(t, d->table, d->key, d->key_len, &b) : AY_ENOTFOUND;

	if (rc == 0)
		rc = AY_EEXISTS;
	else if (rc == AY_ENOTFOUND)
		rc = ay_log_append(t, d->leaf.data, d->leaf.len, &index);
	if (rc == 0) {
		ay_buf_clear(&b);
		if (d->indexed)
			ay_buf_be64(&b, index);
		ay_buf_add(&b, d->val, d->val_len);
		rc = b.err ? b.err : ay_doc_put(t, d->table, d->key, d->key_len, b.data, b.len);
	}
	ay_buf_free(&b);
	return rc;
}

/* What a curator signed says under which log index it was taken: a key that is retired later does not undo it. */
int ay_indexed_verify(const struct ay_trust *t, const char *name, const char *kind, const void *val, size_t len, struct ay_statement *out)
{
	struct ay_cursor c = ay_cursor_of(val, len, 0);
	uint64_t index = ay_cursor_be64(&c);
	size_t left = c.left;
	const uint8_t *bundle = ay_cursor_take(&c, left);
	struct ay_pubkey signer;

	return bundle ? ay_own_verify(t, AY_ROLE_CURATOR, name, kind, bundle, left, index, out, &signer, NULL) : AY_ECORRUPT;
}

/* fresh: the key must not exist, because two writers may have had the same idea. */
static int commit_doc(struct ay_gate *g, enum ay_table table, const void *key, size_t key_len, const void *val, size_t val_len,
		      const struct ay_pubkey *signer, bool fresh, struct ay_error *e)
{
	struct doc d = { table, key, key_len, val, val_len, ay_buf_new(AY_LIMIT_LOG_LEAF), fresh,
			 table == AY_TABLE_WAIVER || table == AY_TABLE_BASELINE };
	int rc = ay_bundle_leaf(val, val_len, signer, &d.leaf);

	if (rc)
		ay_error_set(e, rc, "the change cannot be logged: %s", ay_strerror(rc));
	else
		rc = ay_commit(g->store, write_doc, &d, e);
	ay_buf_free(&d.leaf);
	return rc ? rc : ay_gate_reload(g, e);
}

int ay_change_trust(struct ay_gate *g, const void *envelope, size_t len, struct ay_error *e)
{
	const struct ay_trust *now = ay_gate_trust(g);
	struct ay_pubkey signer;
	struct ay_envelope env;
	struct ay_trust next;
	uint8_t key[8];
	int rc = ay_trust_load(envelope, len, now, &next, e);

	if (rc == 0) {
		key_be64(key, next.version);
		rc = ay_envelope_parse(envelope, len, &env, e);
		if (rc == 0) {
			rc = find_signer(&next, AY_ROLE_ROOT, "trust", &env, UINT64_MAX, &signer, e);
			if (rc == AY_ETRUST)
				rc = find_signer(now, AY_ROLE_ROOT, "trust", &env, UINT64_MAX, &signer, e);
			ay_envelope_free(&env);
		}
		ay_trust_free(&next);
	}
	ay_gate_trust_release(g, now);
	return rc ? rc : commit_doc(g, AY_TABLE_TRUST, key, sizeof(key), envelope, len, &signer, true, e);
}

int ay_change_policy(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e)
{
	const struct ay_trust *trust = ay_gate_trust(g);
	struct ay_buf yaml = ay_buf_new(AY_LIMIT_POLICY);
	struct ay_policy *p = NULL;
	struct ay_statement st;
	struct ay_pubkey signer;
	uint64_t version = 0, have;
	uint8_t key[8];
	int rc = ay_own_verify(trust, AY_ROLE_ROOT, "policy", "policy/v1", bundle, len, UINT64_MAX, &st, &signer, e);

	if (rc == 0) {
		rc = ay_policy_payload(&st, &yaml, &version, e);
		ay_statement_free(&st);
	}
	if (rc == 0)
		rc = ay_policy_parse(yaml.data, yaml.len, &p, e);
	ay_policy_free(p);
	pthread_mutex_lock(&g->lock);
	have = g->policy_version;
	pthread_mutex_unlock(&g->lock);
	if (rc == 0 && version != have + 1)
		rc = ay_error_set(e, AY_EEXISTS, "policy version %llu does not follow %llu", (unsigned long long)version, (unsigned long long)have);
	key_be64(key, version);
	if (rc == 0)
		rc = commit_doc(g, AY_TABLE_POLICY, key, sizeof(key), bundle, len, &signer, true, e);
	ay_buf_free(&yaml);
	ay_gate_trust_release(g, trust);
	return rc;
}

int ay_change_waiver(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e)
{
	const struct ay_trust *trust = ay_gate_trust(g);
	struct ay_envelope env = { 0 };
	struct ay_statement st = { 0 }, unread;
	struct ay_pubkey signer;
	const struct ay_rule *r;
	const char *ref, *rule;
	struct ay_ref parsed;
	char key[AY_LIMIT_REF + 72];
	size_t n;
	int rc = ay_envelope_parse(bundle, len, &env, e);

	/* The name that the curator must be allowed for stands inside: read, then verified with it. */
	if (rc == 0)
		rc = ay_statement_parse(env.payload, env.payload_len, &unread, e);
	ay_envelope_free(&env);
	if (rc)
		goto out;
	ref = ay_json_str(ay_json_get(unread.predicate, "ref"), NULL);
	rc = ay_ref_parse(ref ? ref : "", &parsed, e);
	ay_statement_free(&unread);
	if (rc == 0)
		rc = ay_own_verify(trust, AY_ROLE_CURATOR, parsed.name, "waiver/v1", bundle, len, UINT64_MAX, &st, &signer, e);
	if (rc)
		goto out;
	rule = ay_json_str(ay_json_get(st.predicate, "rule"), NULL);
	r = rule ? ay_gate_rule(rule) : NULL;
	if (!r || strlen(rule) >= 64)
		rc = ay_error_set(e, AY_EUSAGE, "there is no rule \"%s\"", rule ? rule : "");
	else if (r->code_execution)
		rc = ay_error_set(e, AY_EPOLICY, "%s means that loading the file can run code; it cannot be waived", rule);
	if (rc == 0) {
		n = (size_t)snprintf(key, sizeof(key), "%s%c%s", parsed.text, 0, rule);
		rc = commit_doc(g, AY_TABLE_WAIVER, key, n, bundle, len, &signer, false, e);
	}
	ay_statement_free(&st);
out:
	ay_gate_trust_release(g, trust);
	return rc;
}

/* The newest version is the one in force, so an older number would be approved and never used. */
static int follows(struct ay_gate *g, const uint8_t *name, size_t len, uint64_t version, struct ay_error *e)
{
	struct ay_buf key = ay_buf_new(AY_LIMIT_REF + 16), val = ay_buf_new(32 * MIB);
	struct ay_cursor c;
	struct ay_txn *t;
	uint64_t have = 0;
	int rc = ay_read_begin(g->store, &t);

	if (rc == 0) {
		rc = ay_doc_last(t, AY_TABLE_BASELINE, name, len, &key, &val);
		ay_read_end(t);
	}
	if (rc == 0) {
		c = ay_cursor_of(key.data, key.len, 0);
		ay_cursor_skip(&c, len);
		have = ay_cursor_be64(&c);
	}
	ay_buf_free(&key);
	ay_buf_free(&val);
	if (rc && rc != AY_ENOTFOUND)
		return ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	if (version > have)
		return 0;
	return ay_error_set(e, AY_EEXISTS, "baseline version %llu does not follow %llu", (unsigned long long)version, (unsigned long long)have);
}

int ay_change_baseline(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e)
{
	const struct ay_trust *trust = ay_gate_trust(g);
	struct ay_envelope env;
	struct ay_statement st, unread;
	struct ay_pubkey signer;
	uint64_t version = 0;
	char name[AY_LIMIT_REF + 1];
	uint8_t key[AY_LIMIT_REF + 9];
	size_t n;
	int rc = ay_envelope_parse(bundle, len, &env, e);

	if (rc == 0) {
		rc = ay_statement_parse(env.payload, env.payload_len, &unread, e);
		ay_envelope_free(&env);
	}
	if (rc == 0) {
		const char *s = ay_json_str(ay_json_get(unread.predicate, "name"), NULL);

		rc = ay_name_parse(s ? s : "", e);
		if (rc == 0)
			snprintf(name, sizeof(name), "%s", s);
		ay_statement_free(&unread);
	}
	if (rc == 0)
		rc = ay_own_verify(trust, AY_ROLE_CURATOR, name, "baseline/v1", bundle, len, UINT64_MAX, &st, &signer, e);
	if (rc == 0) {
		rc = ay_json_u64(ay_json_get(st.predicate, "version"), &version);
		if (rc || !version || !ay_json_is(ay_json_get(st.predicate, "schema"), AY_JSON_OBJECT))
			rc = ay_error_set(e, AY_EFORMAT, "a baseline has a version, from 1, and a schema");
		ay_statement_free(&st);
	}
	if (rc == 0) {
		n = strlen(name) + 1;
		memcpy(key, name, n);
		key_be64(key + n, version);
		rc = follows(g, key, n, version, e);
	}
	if (rc == 0) {
		rc = commit_doc(g, AY_TABLE_BASELINE, key, n + 8, bundle, len, &signer, true, e);
	}
	ay_gate_trust_release(g, trust);
	return rc;
}
