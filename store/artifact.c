/* SPDX-License-Identifier: Apache-2.0 */
/* Tables `artifact` and `artifact_id`. */
#include <errno.h>

#include "store/internal.h"

const char *ay_state_name(enum ay_state s)
{
	static const char *const names[] = {
		[AY_OPEN] = "open", [AY_HELD] = "held", [AY_ADMITTED] = "admitted",
		[AY_REJECTED] = "rejected", [AY_REVOKED] = "revoked", [AY_RETIRED] = "retired",
	};

	return s >= AY_OPEN && s <= AY_RETIRED ? names[s] : "unknown";
}

int ay_artifact_get(struct ay_txn *t, const char *ref, struct ay_artifact *out)
{
	uint8_t raw[AY_CODEC_MAX];
	size_t len = 0, ref_len = strlen(ref);
	int rc;

	if (ref_len == 0 || ref_len > AY_LIMIT_REF)
		return AY_ENOTFOUND;
	rc = ay_ix_read(t, AY_IX_ARTIFACT, ref, ref_len, raw, sizeof(raw), &len);
	if (rc)
		return rc;
	if (ay_artifact_decode(ref, raw, len, out))
		return ay_txn_fail(t, AY_ECORRUPT, "the record of %s does not decode", ref);
	return 0;
}

int ay_artifact_by_id(struct ay_txn *t, uint64_t id, struct ay_artifact *out)
{
	char ref[AY_LIMIT_REF + 1];
	uint8_t key[8];
	size_t len = 0;
	int rc;

	ay_put_be64(key, id);
	rc = ay_ix_read(t, AY_IX_ARTIFACT_ID, key, sizeof(key), ref, AY_LIMIT_REF, &len);
	if (rc)
		return rc;
	ref[len] = '\0';
	rc = ay_artifact_get(t, ref, out);
	if (rc == AY_ENOTFOUND || (!rc && out->id != id))
		return ay_txn_fail(t, AY_ECORRUPT, "artifact %llu and its reference disagree", (unsigned long long)id);
	return rc;
}

static int write_record(struct ay_txn *t, const struct ay_artifact *a)
{
	struct ay_buf b = ay_buf_new(AY_CODEC_MAX);
	int rc = ay_artifact_encode(&b, a);

	rc = rc ? ay_txn_fail(t, rc, "the record of %s", a->ref.text) : ay_ix_put(t, AY_IX_ARTIFACT, a->ref.text, strlen(a->ref.text), b.data, b.len);
	ay_buf_free(&b);
	return rc;
}

static int insert(struct ay_txn *t, struct ay_artifact *a)
{
	uint8_t key[8];
	int rc = ay_counter_take(t, "next_artifact", 1, 1, &a->id);

	if (rc)
		return rc;
	ay_put_be64(key, a->id);
	return ay_ix_put(t, AY_IX_ARTIFACT_ID, key, sizeof(key), a->ref.text, strlen(a->ref.text));
}

int ay_artifact_put(struct ay_txn *t, struct ay_artifact *a)
{
	struct ay_artifact old;
	struct ay_ref ref;
	int rc;

	if (a->state < AY_OPEN || a->state > AY_RETIRED || ay_ref_parse(a->ref.text, &ref, NULL) || !memchr(a->reason, 0, sizeof(a->reason)))
		return ay_txn_fail(t, AY_EUSAGE, "not an artifact record");
	a->ref = ref;
	rc = ay_artifact_get(t, a->ref.text, &old);
	if (rc && rc != AY_ENOTFOUND)
		return rc;
	if (a->id == 0) {
		if (!rc)
			return ay_txn_fail(t, AY_EEXISTS, "%s exists already, %s", a->ref.text, ay_state_name(old.state));
		rc = insert(t, a);
		if (rc)
			return rc;
	} else if (rc || old.id != a->id) {
		return ay_txn_fail(t, AY_ENOTFOUND, "%s is not artifact %llu", a->ref.text, (unsigned long long)a->id);
	} else {
		ay_txn_tally(t, AY_TALLY_STATE + old.state, -1);
	}
	ay_txn_tally(t, AY_TALLY_STATE + a->state, 1);
	return write_record(t, a);
}

/* ---- removal ---- */

struct sweep {
	struct ay_txn *t;
	enum ay_ix table;
};

static int drop_key(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct sweep *w = arg;

	(void)val;
	(void)val_len;
	return w->table == AY_IX_RECORD ? ay_blob_del(w->t, w->table, key, key_len) : ay_ix_del(w->t, w->table, key, key_len);
}

static int drop_alias(struct ay_txn *t, const struct ay_sha256 *root, uint64_t artifact)
{
	uint8_t key[40];
	int rc;

	memcpy(key, root->b, 32);
	ay_put_be64(key + 32, artifact);
	rc = ay_ix_del(t, AY_IX_ROOT_ALIAS, key, sizeof(key));
	return rc == AY_ENOTFOUND ? 0 : rc;
}

int ay_artifact_remove(struct ay_txn *t, uint64_t id)
{
	static const enum ay_ix tables[] = { AY_IX_RECORD, AY_IX_CLAIM_OF, AY_IX_ADMISSION };
	struct ay_artifact a;
	uint8_t key[8];
	int rc = ay_artifact_by_id(t, id, &a);

	if (rc)
		return rc;
	if (a.state != AY_OPEN && a.state != AY_HELD && a.state != AY_REJECTED)
		return ay_txn_fail(t, AY_ESTATE, "%s is %s: its version stays taken", a.ref.text, ay_state_name(a.state));
	ay_put_be64(key, id);
	for (size_t i = 0; i < AY_ARRAY_LEN(tables) && !rc; i++) {
		struct sweep w = { t, tables[i] };

		rc = ay_ix_each(t, tables[i], key, sizeof(key), NULL, 0, drop_key, &w);
	}
	if (!rc && a.top)
		rc = ay_nodes_drop(t, a.top);
	if (!rc)
		rc = drop_alias(t, &a.root, id);
	if (!rc)
		rc = drop_alias(t, &a.root_alias, id);
	if (!rc)
		rc = ay_ix_del(t, AY_IX_ARTIFACT_ID, key, sizeof(key));
	if (!rc)
		rc = ay_ix_del(t, AY_IX_ARTIFACT, a.ref.text, strlen(a.ref.text));
	if (!rc)
		ay_txn_tally(t, AY_TALLY_STATE + a.state, -1);
	return rc;
}

/* ---- listing ---- */

struct each {
	struct ay_txn *t;
	int (*fn)(const struct ay_artifact *a, void *arg);
	void *arg;
};

static int each_artifact(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct each *w = arg;
	struct ay_artifact a;
	char ref[AY_IX_KEY_MAX + 1];

	memcpy(ref, key, key_len);
	ref[key_len] = '\0';
	if (ay_artifact_decode(ref, val, val_len, &a))
		return ay_txn_fail(w->t, AY_ECORRUPT, "the record of %s does not decode", ref);
	return w->fn(&a, w->arg);
}

int ay_artifact_each(struct ay_txn *t, const char *prefix, int (*fn)(const struct ay_artifact *a, void *arg), void *arg)
{
	struct each w = { t, fn, arg };

	return ay_ix_each(t, AY_IX_ARTIFACT, prefix, strlen(prefix), NULL, 0, each_artifact, &w);
}

/*
 * Where to look after component x of the directory at key[0..base): beyond every
 * "x/..." for a directory ('0' follows '/' in ASCII), beyond "x@v" for a version.
 */
static size_t beyond(char *key, size_t base, const char *component, bool is_version)
{
	size_t len = strlen(component);

	memcpy(key + base, component, len);
	key[base + len] = is_version ? '\0' : '0';
	return base + len + 1;
}

int ay_name_each(struct ay_txn *t, const char *dir, const char *after,
		 int (*fn)(const char *component, bool is_version, void *arg), void *arg)
{
	char from[AY_IX_KEY_MAX + 2], key[AY_IX_KEY_MAX + 1];
	size_t base = strlen(dir), from_len, key_len = 0;
	int rc;

	if (base > AY_LIMIT_REF || (after && base + strlen(after) > AY_LIMIT_REF))
		return 0;
	memcpy(from, dir, base);
	if (base)
		from[base++] = '/';
	from_len = after ? beyond(from, base, after, strchr(after, '@') != NULL) : base;
	while ((rc = ay_ix_seek(t, AY_IX_ARTIFACT, from, from_len, key, &key_len)) == 0) {
		if (key_len <= base || memcmp(key, from, base) != 0)
			return 0;
		key[key_len] = '\0';
		char *component = key + base, *slash = strchr(component, '/');

		if (slash)
			*slash = '\0';
		rc = fn(component, !slash, arg);
		if (rc)
			return rc;
		from_len = beyond(from, base, component, !slash);
	}
	return rc == AY_ENOTFOUND ? 0 : rc;
}
