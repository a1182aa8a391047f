/* SPDX-License-Identifier: Apache-2.0 */
/* trust/: the trust root in force, its keys, the policy, and what stock clients need to check our log. */
#include "gate/views.h"

static int newest(struct ay_gate *g, enum ay_table table, struct ay_buf *out)
{
	struct ay_buf key = ay_buf_new(256);
	struct ay_txn *t;
	int rc = ay_read_begin(g->store, &t);

	if (rc == 0) {
		rc = ay_doc_last(t, table, NULL, 0, &key, out);
		ay_read_end(t);
	}
	ay_buf_free(&key);
	return rc;
}

static int policy_yaml(struct ay_gate *g, struct ay_buf *out, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(16 * AY_LIMIT_POLICY);
	struct ay_envelope env;
	struct ay_statement st;
	uint64_t version;
	int rc = newest(g, AY_TABLE_POLICY, &b);

	if (rc == 0)
		rc = ay_envelope_parse(b.data, b.len, &env, e);
	ay_buf_free(&b);
	if (rc)
		return rc;
	rc = ay_statement_parse(env.payload, env.payload_len, &st, e);
	ay_envelope_free(&env);
	if (rc)
		return rc;
	rc = ay_policy_payload(&st, out, &version, e);
	ay_statement_free(&st);
	return rc;
}

/* keys/KEYID.pem, and the same two files under names that people look for. */
static int read_key(struct ay_gate *g, const char *name, struct ay_buf *out)
{
	const struct ay_trust *t;
	int rc = AY_ENOTFOUND;

	if (strcmp(name, "manifest.pub") == 0)
		return ay_minisign_pub(ay_key_public(g->manifest_key), out);
	if (strcmp(name, "gate.pem") == 0)
		return ay_pubkey_pem(ay_key_public(g->key), out);
	if (strcmp(name, "log.vkey") == 0) {
		rc = ay_vkey_format(g->origin, &g->log_pub, out);
		return rc ? rc : ay_buf_addc(out, '\n');
	}
	t = ay_gate_trust(g);
	for (size_t i = 0; i < t->nkeys; i++) {
		char hex[AY_SHA256_HEX];

		ay_sha256_hex(&t->keys[i].id, hex);
		if (strncmp(name, hex, 64) == 0 && strcmp(name + 64, ".pem") == 0) {
			rc = ay_pubkey_pem(&t->keys[i], out);
			break;
		}
	}
	ay_gate_trust_release(g, t);
	return rc;
}

int ay_view_trust_read(struct ay_gate *g, const char *rest, struct ay_buf *out, struct ay_error *e)
{
	if (strcmp(rest, "root.json") == 0)
		return newest(g, AY_TABLE_TRUST, out);
	if (strcmp(rest, "trusted_root.json") == 0)
		return ay_trusted_root_json(&g->log_pub, g->origin, 0, out);   /* 0: the key is as old as the log */
	if (strcmp(rest, "policy.yaml") == 0)
		return policy_yaml(g, out, e);
	return strncmp(rest, "keys/", 5) == 0 ? read_key(g, rest + 5, out) : AY_ENOTFOUND;
}

int ay_view_trust_list(struct ay_gate *g, const char *rest, ay_view_fn fn, void *arg)
{
	static const char *const top[] = { "root.json", "trusted_root.json", "keys/", "policy.yaml", NULL };
	static const char *const own[] = { "gate.pem", "log.vkey", "manifest.pub", NULL };
	const struct ay_trust *t;
	int rc;

	if (!*rest)
		return ay_view_names(top, fn, arg);
	if (strcmp(rest, "keys") != 0)
		return AY_ENOTFOUND;
	rc = ay_view_names(own, fn, arg);
	t = ay_gate_trust(g);
	for (size_t i = 0; rc == 0 && i < t->nkeys; i++) {
		char hex[AY_SHA256_HEX], name[AY_SHA256_HEX + 4];

		ay_sha256_hex(&t->keys[i].id, hex);
		snprintf(name, sizeof(name), "%s.pem", hex);
		rc = fn(&(struct ay_view_entry){ .name = name }, arg);
	}
	ay_gate_trust_release(g, t);
	return rc;
}
