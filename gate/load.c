/* SPDX-License-Identifier: Apache-2.0 */
/* The trust root in force, by walking every version from the first; and the policy in force, signed by an owner of one of them. */
#include <errno.h>
#include "gate/core.h"

static void key_be64(uint8_t out[8], uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

static int add_owner(struct ay_gate *g, const struct ay_sha256 *key)
{
	struct ay_sha256 *v;

	for (size_t i = 0; i < g->nowners; i++)
		if (ay_sha256_eq(&g->owners[i], key))
			return 0;
	v = realloc(g->owners, (g->nowners + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	g->owners = v;
	g->owners[g->nowners++] = *key;
	return 0;
}

static int add_owners(struct ay_gate *g, const struct ay_trust *t)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->ngrants; i++)
		if (t->grants[i].role == AY_ROLE_ROOT)
			rc = add_owner(g, &t->grants[i].key);
	return rc;
}

static int read_version(struct ay_gate *g, uint64_t version, struct ay_buf *out)
{
	uint8_t key[8];
	struct ay_txn *t;
	int rc = ay_read_begin(g->store, &t);

	if (rc)
		return rc;
	key_be64(key, version);
	ay_buf_clear(out);
	rc = ay_doc_get(t, AY_TABLE_TRUST, key, sizeof(key), out);
	ay_read_end(t);
	return rc;
}

/* g->owners grows under g->lock only while others may look: at open, and in a reload. */
int ay_load_trust(struct ay_gate *g, struct ay_trust **out, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_TRUST_ROOT);
	struct ay_trust *prev = NULL;
	uint64_t version;
	int rc = 0;

	for (version = 1; rc == 0; version++) {
		struct ay_trust *next;

		rc = read_version(g, version, &b);
		if (rc)
			break;
		next = calloc(1, sizeof(*next));
		rc = next ? ay_trust_load(b.data, b.len, prev, next, e) : -ENOMEM;
		if (rc) {
			free(next);
			break;
		}
		if (prev) {
			ay_trust_free(prev);
			free(prev);
		}
		prev = next;
		pthread_mutex_lock(&g->lock);
		rc = add_owners(g, next);
		pthread_mutex_unlock(&g->lock);
	}
	ay_buf_free(&b);
	if (rc == AY_ENOTFOUND && prev) {
		*out = prev;
		return 0;
	}
	if (prev) {
		ay_trust_free(prev);
		free(prev);
	}
	if (rc == AY_ENOTFOUND)
		return ay_error_set(e, AY_ECORRUPT, "the store has no trust root");
	ay_error_where(e, "trust root version %llu", (unsigned long long)version);
	return rc;
}

/* A retired owner's policy stands until a newer one is signed; a compromised owner's does not. */
static bool compromised(const struct ay_trust *t, const struct ay_sha256 *key)
{
	for (size_t i = 0; i < t->nrevoked; i++)
		if (t->revoked[i].compromised && ay_sha256_eq(&t->revoked[i].key, key))
			return true;
	return false;
}

static bool owner_signed(struct ay_gate *g, const struct ay_trust *t, const struct ay_envelope *env)
{
	bool yes = false;

	for (size_t i = 0; !yes && i < t->nkeys; i++) {
		const struct ay_pubkey *k = &t->keys[i];
		bool owner = false;
		uint64_t mask = 0;

		pthread_mutex_lock(&g->lock);
		for (size_t o = 0; o < g->nowners; o++)
			owner |= ay_sha256_eq(&g->owners[o], &k->id);
		pthread_mutex_unlock(&g->lock);
		yes = owner && !compromised(t, &k->id) && ay_envelope_verify(env, k, 1, &mask, NULL) == 0 && mask;
	}
	return yes;
}

int ay_load_policy(struct ay_gate *g, const struct ay_trust *t, struct ay_policy **out, uint64_t *version_out, struct ay_error *e)
{
	struct ay_buf key = ay_buf_new(64), val = ay_buf_new(16 * AY_LIMIT_POLICY), yaml = ay_buf_new(AY_LIMIT_POLICY);
	struct ay_envelope env;
	struct ay_statement st;
	struct ay_txn *txn;
	int rc = ay_read_begin(g->store, &txn);

	if (rc)
		return ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	rc = ay_doc_last(txn, AY_TABLE_POLICY, NULL, 0, &key, &val);
	ay_read_end(txn);
	if (rc) {
		ay_error_set(e, rc, "the store has no policy");
		goto out;
	}
	rc = ay_envelope_parse(val.data, val.len, &env, e);
	if (rc)
		goto out;
	if (!owner_signed(g, t, &env))
		rc = ay_error_set(e, AY_ETRUST, "the policy in force is not signed by an owner of this store");
	if (rc == 0)
		rc = ay_statement_parse(env.payload, env.payload_len, &st, e);
	ay_envelope_free(&env);
	if (rc)
		goto out;
	if (strcmp(st.predicate_type, AY_PREDICATE_PREFIX "policy/v1") != 0)
		rc = ay_error_set(e, AY_EFORMAT, "the record of the policy in force is of type %s", st.predicate_type);
	else
		rc = ay_policy_payload(&st, &yaml, version_out, e);
	ay_statement_free(&st);
	if (rc == 0)
		rc = ay_policy_parse(yaml.data, yaml.len, out, e);
out:
	ay_buf_free(&key);
	ay_buf_free(&val);
	ay_buf_free(&yaml);
	return rc;
}
