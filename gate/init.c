/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a store: directories, keys of its own, trust root 1, policy 1, and both in the log. */
#include <errno.h>
#include "assay/fd.h"
#include "assay/text.h"
#include "gate/core.h"

#define ROOT_VALID_S (366 * 24 * 3600ll)

struct making {
	struct ay_store *store;
	struct ay_key *gate, *manifest, *log;
	struct ay_pubkey log_pub;
	struct ay_buf trust, policy, leaf_trust, leaf_policy;
	struct ay_highwater marks;
};

static int save_key(struct making *m, const char *name, const struct ay_key *k, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_KEY_FILE);
	int rc = ay_key_save(k, NULL, &b);

	if (rc == 0)
		rc = ay_write_file(ay_store_fd(m->store), name, b.data, b.len, 0600, e);
	if (b.data)
		ay_wipe(b.data, b.len);
	ay_buf_free(&b);
	return rc;
}

static int make_keys(struct making *m, struct ay_error *e)
{
	int rc = ay_key_generate(AY_KEY_P256, &m->gate, e);

	if (rc == 0)
		rc = ay_key_generate(AY_KEY_ED25519, &m->manifest, e);
	if (rc == 0)
		rc = ay_key_generate(AY_KEY_ED25519, &m->log, e);
	if (rc == 0)
		rc = save_key(m, "keys/gate.key", m->gate, e);
	if (rc == 0)
		rc = save_key(m, "keys/manifest.key", m->manifest, e);
	if (rc == 0)
		rc = save_key(m, "keys/log.key", m->log, e);
	return rc;
}

static int grant(struct ay_trust *t, const struct ay_pubkey *k, enum ay_role role)
{
	int rc = ay_trust_key(t, &k->id) ? 0 : ay_trust_add_key(t, k);

	return rc ? rc : ay_trust_add_grant(t, &k->id, role, "**");
}

static int make_trust(struct making *m, const struct ay_key *owner, const struct ay_pubkey *solo, const char *origin, struct ay_error *e)
{
	struct ay_trust t = { .version = 1, .issued_s = ay_time_now() }, back;
	struct ay_buf doc = ay_buf_new(AY_LIMIT_TRUST_ROOT);
	int rc;

	t.expires_s = t.issued_s + ROOT_VALID_S;
	snprintf(t.log_origin, sizeof(t.log_origin), "%s", origin);
	rc = grant(&t, ay_key_public(owner), AY_ROLE_ROOT);
	if (rc == 0)
		rc = grant(&t, ay_key_public(m->gate), AY_ROLE_GATE);
	if (rc == 0)
		rc = grant(&t, ay_key_public(m->manifest), AY_ROLE_MANIFEST);
	if (rc == 0)
		rc = grant(&t, &m->log_pub, AY_ROLE_LOG);
	for (int i = 0; rc == 0 && solo && i < 3; i++)
		rc = grant(&t, solo, (enum ay_role[]){ AY_ROLE_PUBLISHER, AY_ROLE_BUILDER, AY_ROLE_CURATOR }[i]);
	if (rc == 0)
		rc = ay_trust_document(&t, &doc);
	if (rc == 0)
		rc = ay_bundle_sign(owner, doc.data, doc.len, &m->trust);
	if (rc)
		ay_error_set(e, rc, rc == AY_EUSAGE ? "the owner's key cannot be the publisher's key too" : "the trust root cannot be made: %s",
			     ay_strerror(rc));
	if (rc == 0) {
		rc = ay_trust_load(m->trust.data, m->trust.len, NULL, &back, e);
		if (rc == 0)
			ay_trust_free(&back);
	}
	if (rc == 0)
		rc = ay_bundle_leaf(m->trust.data, m->trust.len, ay_key_public(owner), &m->leaf_trust);
	m->marks = (struct ay_highwater){ .root_key = ay_key_public(owner)->id, .trust = 1, .policy = 1 };
	ay_buf_free(&doc);
	ay_trust_free(&t);
	return rc;
}

static int make_policy(struct making *m, const struct ay_key *owner, const char *user, struct ay_error *e)
{
	struct ay_buf yaml = ay_buf_new(AY_LIMIT_POLICY), st = ay_buf_new(8 * AY_LIMIT_POLICY);
	struct ay_policy *p = NULL;
	int rc = ay_policy_default(user, &yaml);

	if (rc == 0)
		rc = ay_policy_parse(yaml.data, yaml.len, &p, e);
	ay_policy_free(p);
	if (rc == 0)
		rc = ay_policy_statement(1, yaml.data, yaml.len, &st);
	if (rc == 0)
		rc = ay_bundle_sign(owner, st.data, st.len, &m->policy);
	if (rc == 0)
		rc = ay_bundle_leaf(m->policy.data, m->policy.len, ay_key_public(owner), &m->leaf_policy);
	ay_buf_free(&yaml);
	ay_buf_free(&st);
	return rc;
}

static int write_first(struct ay_txn *t, void *arg)
{
	static const uint8_t one[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	struct making *m = arg;
	uint64_t index;
	int rc = ay_doc_put(t, AY_TABLE_TRUST, one, sizeof(one), m->trust.data, m->trust.len);

	if (rc == 0)
		rc = ay_log_append(t, m->leaf_trust.data, m->leaf_trust.len, &index);
	if (rc == 0)
		rc = ay_doc_put(t, AY_TABLE_POLICY, one, sizeof(one), m->policy.data, m->policy.len);
	if (rc == 0)
		rc = ay_log_append(t, m->leaf_policy.data, m->leaf_policy.len, &index);
	m->marks.log = ay_log_size(t);
	return rc;
}

int ay_gate_init(const char *dir, const struct ay_key *owner, const struct ay_pubkey *solo, const char *user, struct ay_error *e)
{
	struct making m = {
		.trust = ay_buf_new(AY_LIMIT_TRUST_ROOT), .policy = ay_buf_new(16 * AY_LIMIT_POLICY),
		.leaf_trust = ay_buf_new(AY_LIMIT_LOG_LEAF), .leaf_policy = ay_buf_new(AY_LIMIT_LOG_LEAF),
	};
	char hex[AY_SHA256_HEX], origin[256];
	int rc = ay_store_create(dir, e);

	if (rc == 0)
		rc = ay_store_open(dir, &m.store, e);
	if (rc == 0)
		rc = make_keys(&m, e);
	if (rc == 0) {
		m.log_pub = *ay_key_public(m.log);
		ay_sha256_hex(&m.log_pub.id, hex);
		snprintf(origin, sizeof(origin), "%.12s.assay.local", hex);
		rc = make_trust(&m, owner, solo, origin, e);
	}
	if (rc == 0)
		rc = make_policy(&m, owner, user, e);
	if (rc == 0) {
		rc = ay_log_open(m.store, m.log, origin, e);
		if (rc == 0)
			m.log = NULL;
	}
	if (rc == 0)
		rc = ay_commit(m.store, write_first, &m, e);
	if (rc == 0)
		rc = ay_highwater_save(dir, &m.marks, e);
	ay_store_close(m.store);
	ay_key_free(m.gate);
	ay_key_free(m.manifest);
	ay_key_free(m.log);
	ay_buf_free(&m.trust);
	ay_buf_free(&m.policy);
	ay_buf_free(&m.leaf_trust);
	ay_buf_free(&m.leaf_policy);
	return rc;
}
