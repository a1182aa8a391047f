/* SPDX-License-Identifier: Apache-2.0 */
/* Tables `record`, `claim`, `claim_of`, `claim_by_subject`, `root_alias`. */
#include "store/internal.h"

/* ---- small records of an artifact ---- */

static int record_key(uint64_t artifact, const char *name, uint8_t key[8 + AY_LIMIT_COMPONENT], size_t *len_out)
{
	size_t len = strlen(name);

	if (len == 0 || len > AY_LIMIT_COMPONENT)
		return AY_EUSAGE;
	ay_put_be64(key, artifact);
	memcpy(key + 8, name, len);
	*len_out = 8 + len;
	return 0;
}

int ay_record_put(struct ay_txn *t, uint64_t artifact, const char *name, const void *bytes, size_t len)
{
	uint8_t key[8 + AY_LIMIT_COMPONENT];
	size_t key_len;

	if (record_key(artifact, name, key, &key_len))
		return ay_txn_fail(t, AY_EUSAGE, "a record's name has 1 to %d bytes", AY_LIMIT_COMPONENT);
	return ay_blob_put(t, AY_IX_RECORD, key, key_len, bytes, len);
}

int ay_record_get(struct ay_txn *t, uint64_t artifact, const char *name, struct ay_buf *out)
{
	uint8_t key[8 + AY_LIMIT_COMPONENT];
	size_t key_len;

	return record_key(artifact, name, key, &key_len) ? AY_ENOTFOUND : ay_blob_get(t, AY_IX_RECORD, key, key_len, out);
}

struct each_record {
	struct ay_txn *t;
	int (*fn)(const char *name, uint64_t size, void *arg);
	void *arg;
};

static int each_record(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct each_record *w = arg;
	char name[AY_LIMIT_COMPONENT + 1];
	struct ay_blob b;

	if (key_len - 8 > AY_LIMIT_COMPONENT || ay_blob_decode(val, val_len, &b))
		return ay_txn_fail(w->t, AY_ECORRUPT, "a record of table record does not decode");
	memcpy(name, (const uint8_t *)key + 8, key_len - 8);
	name[key_len - 8] = '\0';
	return w->fn(name, b.size, w->arg);
}

int ay_record_each(struct ay_txn *t, uint64_t artifact, int (*fn)(const char *name, uint64_t size, void *arg), void *arg)
{
	struct each_record w = { t, fn, arg };
	uint8_t prefix[8];

	ay_put_be64(prefix, artifact);
	return ay_ix_each(t, AY_IX_RECORD, prefix, sizeof(prefix), NULL, 0, each_record, &w);
}

/* ---- claims ---- */

int ay_claim_put(struct ay_txn *t, const void *bytes, size_t len, struct ay_sha256 *id_out)
{
	int rc;

	if (len > AY_LIMIT_CLAIM)
		return ay_txn_fail(t, AY_ELIMIT, "a claim of %zu bytes, the limit is %llu", len, AY_LIMIT_CLAIM);
	*id_out = ay_sha256_of(bytes, len);
	rc = ay_ix_has(t, AY_IX_CLAIM, id_out->b, sizeof(id_out->b));
	return rc == AY_ENOTFOUND ? ay_blob_put(t, AY_IX_CLAIM, id_out->b, sizeof(id_out->b), bytes, len) : rc;
}

int ay_claim_get(struct ay_txn *t, const struct ay_sha256 *id, struct ay_buf *out)
{
	return ay_blob_get(t, AY_IX_CLAIM, id->b, sizeof(id->b), out);
}

int ay_claim_attach(struct ay_txn *t, uint64_t artifact, const struct ay_sha256 *claim, const char *name, uint64_t log_index)
{
	struct ay_buf b = ay_buf_new(AY_CODEC_MAX);
	uint8_t key[40];
	int rc;

	if (strlen(name) > AY_LIMIT_COMPONENT)
		return ay_txn_fail(t, AY_EUSAGE, "a claim's name has at most %d bytes", AY_LIMIT_COMPONENT);
	ay_put_be64(key, artifact);
	memcpy(key + 8, claim->b, sizeof(claim->b));
	rc = ay_claim_of_encode(&b, log_index, name);
	rc = rc ? ay_txn_fail(t, rc, "a claim's record") : ay_ix_put(t, AY_IX_CLAIM_OF, key, sizeof(key), b.data, b.len);
	ay_buf_free(&b);
	return rc;
}

struct each_claim {
	struct ay_txn *t;
	int (*fn)(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg);
	void *arg;
};

static int each_claim(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct each_claim *w = arg;
	char name[AY_LIMIT_COMPONENT + 1];
	struct ay_sha256 id;
	uint64_t log_index;

	if (key_len != 40 || ay_claim_of_decode(val, val_len, &log_index, name))
		return ay_txn_fail(w->t, AY_ECORRUPT, "a record of table claim_of does not decode");
	memcpy(id.b, (const uint8_t *)key + 8, sizeof(id.b));
	return w->fn(&id, name, log_index, w->arg);
}

int ay_claim_each(struct ay_txn *t, uint64_t artifact,
		  int (*fn)(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg), void *arg)
{
	struct each_claim w = { t, fn, arg };
	uint8_t prefix[8];

	ay_put_be64(prefix, artifact);
	return ay_ix_each(t, AY_IX_CLAIM_OF, prefix, sizeof(prefix), NULL, 0, each_claim, &w);
}

int ay_claim_index_subject(struct ay_txn *t, const struct ay_sha256 *subject, const struct ay_sha256 *claim)
{
	uint8_t key[64];

	memcpy(key, subject->b, 32);
	memcpy(key + 32, claim->b, 32);
	return ay_ix_put(t, AY_IX_CLAIM_BY_SUBJECT, key, sizeof(key), NULL, 0);
}

struct each_subject {
	struct ay_txn *t;
	int (*fn)(const struct ay_sha256 *claim, void *arg);
	void *arg;
};

static int each_subject(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct each_subject *w = arg;
	struct ay_sha256 id;

	(void)val;
	(void)val_len;
	if (key_len != 64)
		return ay_txn_fail(w->t, AY_ECORRUPT, "a key of table claim_by_subject has %zu bytes", key_len);
	memcpy(id.b, (const uint8_t *)key + 32, sizeof(id.b));
	return w->fn(&id, w->arg);
}

int ay_claim_by_subject(struct ay_txn *t, const struct ay_sha256 *subject, int (*fn)(const struct ay_sha256 *claim, void *arg), void *arg)
{
	struct each_subject w = { t, fn, arg };

	return ay_ix_each(t, AY_IX_CLAIM_BY_SUBJECT, subject->b, sizeof(subject->b), NULL, 0, each_subject, &w);
}

/* ---- roots ---- */

int ay_root_index(struct ay_txn *t, const struct ay_sha256 *root, uint64_t artifact)
{
	uint8_t key[40];

	memcpy(key, root->b, 32);
	ay_put_be64(key + 32, artifact);
	return ay_ix_put(t, AY_IX_ROOT_ALIAS, key, sizeof(key), NULL, 0);
}

struct each_root {
	struct ay_txn *t;
	int (*fn)(uint64_t artifact, void *arg);
	void *arg;
};

/* A root stays indexed when its artifact is withdrawn; only admitted ones are told. */
static int each_root(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct each_root *w = arg;
	struct ay_artifact a;
	int rc;

	(void)val;
	(void)val_len;
	if (key_len != 40)
		return ay_txn_fail(w->t, AY_ECORRUPT, "a key of table root_alias has %zu bytes", key_len);
	rc = ay_artifact_by_id(w->t, ay_get_be64((const uint8_t *)key + 32), &a);
	if (rc)
		return rc == AY_ENOTFOUND ? ay_txn_fail(w->t, AY_ECORRUPT, "a root names an artifact that is gone") : rc;
	return a.state == AY_ADMITTED ? w->fn(a.id, w->arg) : 0;
}

int ay_root_artifacts(struct ay_txn *t, const struct ay_sha256 *root, int (*fn)(uint64_t artifact, void *arg), void *arg)
{
	struct each_root w = { t, fn, arg };

	return ay_ix_each(t, AY_IX_ROOT_ALIAS, root->b, sizeof(root->b), NULL, 0, each_root, &w);
}
