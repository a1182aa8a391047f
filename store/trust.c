/* SPDX-License-Identifier: Apache-2.0 */
/* The trust root: chain of signed versions, edits, and the question who may say what. INV-1, INV-9. */
#include "assay/trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assay/text.h"
#include "store/trust_doc.h"

static const struct { enum ay_role role; const char *name; } roles[] = {
	{ AY_ROLE_ROOT, "root" }, { AY_ROLE_PUBLISHER, "publisher" }, { AY_ROLE_BUILDER, "builder" },
	{ AY_ROLE_SCANNER, "scanner" }, { AY_ROLE_GATE, "gate" }, { AY_ROLE_CURATOR, "curator" },
	{ AY_ROLE_LOG, "log" }, { AY_ROLE_WITNESS, "witness" }, { AY_ROLE_MANIFEST, "manifest" },
};

const char *ay_role_name(enum ay_role r)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(roles); i++)
		if (roles[i].role == r)
			return roles[i].name;
	return "unknown";
}

int ay_role_parse(const char *name, enum ay_role *out)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(roles); i++) {
		if (strcmp(roles[i].name, name) != 0)
			continue;
		*out = roles[i].role;
		return 0;
	}
	return AY_EFORMAT;
}

/* First 12 digits of a key id, as people see it. */
static void short_id(const struct ay_sha256 *id, char out[AY_SHA256_HEX])
{
	ay_sha256_hex(id, out);
	out[12] = '\0';
}

/* ---- loading ---- */

/* Enough distinct root keys of t signed the envelope. */
static int check_root_signatures(const struct ay_envelope *env, const struct ay_trust *t, const char *whose, struct ay_error *e)
{
	const struct ay_pubkey *ptrs[64];
	struct ay_pubkey *keys;
	size_t n = ay_trust_root_keys(t, ptrs);
	uint32_t need = ay_trust_root_threshold(t), have;
	uint64_t mask = 0;
	int r;

	keys = calloc(n ? n : 1, sizeof(*keys));
	if (!keys)
		return ay_error_set(e, -ENOMEM, "no memory to verify a trust root");
	for (size_t i = 0; i < n; i++)
		keys[i] = *ptrs[i];
	r = ay_envelope_verify(env, keys, n, &mask, e);
	free(keys);
	if (r < 0)
		return r;
	have = (uint32_t)__builtin_popcountll(mask);
	if (have >= need && need > 0)
		return 0;
	r = ay_error_set(e, AY_ESIGNATURE, "the trust root is signed by %u of the root keys of %s, %u are needed", have, whose, need);
	ay_error_next(e, "assay trust sign, with the key of another owner");
	return r;
}

static bool still_revoked(const struct ay_trust *t, const struct ay_revocation *old)
{
	for (size_t i = 0; i < t->nrevoked; i++) {
		const struct ay_revocation *v = &t->revoked[i];

		if (ay_sha256_eq(&v->key, &old->key) && v->since_log_index <= old->since_log_index && v->compromised >= old->compromised)
			return true;
	}
	return false;
}

static int check_succession(const struct ay_trust *prev, const struct ay_trust *t, struct ay_error *e)
{
	char id[AY_SHA256_HEX];

	if (prev->version == UINT64_MAX || t->version != prev->version + 1)
		return ay_error_set(e, AY_EROLLBACK, "trust root version %llu cannot follow version %llu",
				    (unsigned long long)t->version, (unsigned long long)prev->version);
	for (size_t i = 0; i < prev->nrevoked; i++) {
		if (still_revoked(t, &prev->revoked[i]))
			continue;
		short_id(&prev->revoked[i].key, id);
		return ay_error_set(e, AY_ETRUST, "the new trust root takes back the revocation of key %s", id);
	}
	return 0;
}

static int load_payload(const struct ay_envelope *env, const struct ay_trust *prev, struct ay_trust *out, struct ay_error *e)
{
	struct ay_statement st;
	int r = ay_statement_parse(env->payload, env->payload_len, &st, e);

	if (r < 0)
		return r;
	r = ay_trust_read(&st, out, e);
	ay_statement_free(&st);
	if (r < 0)
		return r;
	r = check_root_signatures(env, out, "its own version", e);
	if (r == 0 && prev)
		r = check_succession(prev, out, e);
	if (r < 0)
		ay_trust_free(out);
	return r;
}

int ay_trust_load(const void *envelope, size_t len, const struct ay_trust *prev, struct ay_trust *out, struct ay_error *e)
{
	struct ay_envelope env;
	int r;

	memset(out, 0, sizeof(*out));
	if (len > AY_LIMIT_TRUST_ROOT)
		return ay_error_set(e, AY_ELIMIT, "a trust root of %zu bytes is too large", len);
	r = ay_envelope_parse(envelope, len, &env, e);
	if (r < 0)
		return r;
	/* The predecessor's keys come first: then its signers answer for the bytes that are parsed. */
	if (prev)
		r = check_root_signatures(&env, prev, "the version before", e);
	if (r == 0)
		r = load_payload(&env, prev, out, e);
	ay_envelope_free(&env);
	return r;
}

void ay_trust_free(struct ay_trust *t)
{
	free(t->keys);
	free(t->grants);
	free(t->thresholds);
	free(t->revoked);
	memset(t, 0, sizeof(*t));
}

/* ---- editing ---- */

static int copy_array(void **out, const void *from, size_t n, size_t elem)
{
	*out = NULL;
	if (n == 0)
		return 0;
	*out = calloc(n, elem);
	if (!*out)
		return -ENOMEM;
	memcpy(*out, from, n * elem);
	return 0;
}

int ay_trust_next(const struct ay_trust *t, struct ay_trust *out)
{
	int64_t life = t->expires_s - t->issued_s;
	int r;

	*out = *t;
	out->keys = NULL;
	out->grants = NULL;
	out->thresholds = NULL;
	out->revoked = NULL;
	r = copy_array((void **)&out->keys, t->keys, t->nkeys, sizeof(*t->keys));
	if (r == 0)
		r = copy_array((void **)&out->grants, t->grants, t->ngrants, sizeof(*t->grants));
	if (r == 0)
		r = copy_array((void **)&out->thresholds, t->thresholds, t->nthresholds, sizeof(*t->thresholds));
	if (r == 0)
		r = copy_array((void **)&out->revoked, t->revoked, t->nrevoked, sizeof(*t->revoked));
	if (r < 0) {
		ay_trust_free(out);
		return r;
	}
	out->version = t->version + 1;
	out->issued_s = ay_time_now();
	out->expires_s = out->issued_s + life;
	return 0;
}

/* Room for one more element; the array may move. */
static int grow(void **array, size_t n, size_t elem)
{
	void *bigger = reallocarray(*array, n + 1, elem);

	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	return 0;
}

int ay_trust_add_key(struct ay_trust *t, const struct ay_pubkey *k)
{
	int r;

	if (ay_trust_key(t, &k->id))
		return 0;
	if (t->nkeys >= AY_LIMIT_TRUST_KEYS)
		return AY_ELIMIT;
	r = grow((void **)&t->keys, t->nkeys, sizeof(*t->keys));
	if (r == 0)
		t->keys[t->nkeys++] = *k;
	return r;
}

static bool same_grant(const struct ay_grant *g, const struct ay_sha256 *key, enum ay_role role, const char *pattern)
{
	return g->role == role && ay_sha256_eq(&g->key, key) && strcmp(g->pattern, pattern) == 0;
}

int ay_trust_add_grant(struct ay_trust *t, const struct ay_sha256 *key, enum ay_role role, const char *pattern)
{
	struct ay_grant g = { .key = *key, .role = role };
	int r;

	if (!ay_trust_key(t, key))
		return AY_ENOTFOUND;
	if (*pattern == '\0' || strlen(pattern) >= sizeof(g.pattern))
		return AY_EUSAGE;
	memcpy(g.pattern, pattern, strlen(pattern) + 1);
	for (size_t i = 0; i < t->ngrants; i++)
		if (same_grant(&t->grants[i], key, role, pattern))
			return 0;
	r = grow((void **)&t->grants, t->ngrants, sizeof(*t->grants));
	if (r < 0)
		return r;
	t->grants[t->ngrants++] = g;
	/* Only what this grant could break is looked at: a root threshold may still be missing while a document is made. */
	for (size_t i = 0; i + 1 < t->ngrants; i++) {
		const struct ay_grant *old = &t->grants[i];

		if (!ay_sha256_eq(&old->key, key) || old->role == role || (!ay_role_is_alone(old->role) && !ay_role_is_alone(role)))
			continue;
		t->ngrants--;
		return AY_EUSAGE;
	}
	return 0;
}

int ay_trust_set_threshold(struct ay_trust *t, enum ay_role role, const char *pattern, uint32_t n)
{
	struct ay_threshold new = { .role = role, .n = n };
	int r;

	if (n == 0 || *pattern == '\0' || strlen(pattern) >= sizeof(new.pattern))
		return AY_EUSAGE;
	for (size_t i = 0; i < t->nthresholds; i++) {
		if (t->thresholds[i].role != role || strcmp(t->thresholds[i].pattern, pattern) != 0)
			continue;
		t->thresholds[i].n = n;
		return 0;
	}
	memcpy(new.pattern, pattern, strlen(pattern) + 1);
	r = grow((void **)&t->thresholds, t->nthresholds, sizeof(*t->thresholds));
	if (r == 0)
		t->thresholds[t->nthresholds++] = new;
	return r;
}

int ay_trust_remove_key(struct ay_trust *t, const struct ay_sha256 *key, uint64_t since_log_index)
{
	return ay_trust_revoke_key(t, key, since_log_index, false, "removed");
}

int ay_trust_revoke_key(struct ay_trust *t, const struct ay_sha256 *key, uint64_t since_log_index, bool compromised, const char *reason)
{
	struct ay_revocation v = { .key = *key, .since_log_index = since_log_index, .compromised = compromised, .at_s = ay_time_now() };
	int r;

	if (!ay_trust_key(t, key))
		return AY_ENOTFOUND;
	if (strlen(reason) >= sizeof(v.reason) || ay_utf8_check(reason, strlen(reason)) != strlen(reason))
		return AY_EUSAGE;
	memcpy(v.reason, reason, strlen(reason) + 1);
	for (size_t i = 0; i < t->nrevoked; i++) {
		struct ay_revocation *old = &t->revoked[i];

		if (!ay_sha256_eq(&old->key, key))
			continue;
		/* Only ever harsher: a second revocation cannot give back what the first took. */
		if (old->since_log_index < v.since_log_index)
			v.since_log_index = old->since_log_index;
		v.compromised |= old->compromised;
		*old = v;
		return 0;
	}
	r = grow((void **)&t->revoked, t->nrevoked, sizeof(*t->revoked));
	if (r == 0)
		t->revoked[t->nrevoked++] = v;
	return r;
}

/* ---- questions ---- */

bool ay_trust_expired(const struct ay_trust *t, int64_t now_s)
{
	return now_s >= t->expires_s;
}

uint32_t ay_trust_threshold(const struct ay_trust *t, enum ay_role role, const char *name)
{
	const struct ay_threshold *best = NULL;

	for (size_t i = 0; i < t->nthresholds; i++) {
		const struct ay_threshold *h = &t->thresholds[i];
		size_t literal = ay_glob_literal(h->pattern), best_literal = best ? ay_glob_literal(best->pattern) : 0;

		if (h->role != role || !ay_glob_match(h->pattern, name))
			continue;
		/* Two patterns of the same length: the one that asks for more. */
		if (!best || literal > best_literal || (literal == best_literal && h->n > best->n))
			best = h;
	}
	return best ? best->n : 1;
}

const struct ay_pubkey *ay_trust_key(const struct ay_trust *t, const struct ay_sha256 *id)
{
	for (size_t i = 0; i < t->nkeys; i++)
		if (ay_sha256_eq(&t->keys[i].id, id))
			return &t->keys[i];
	return NULL;
}

int ay_trust_allows(const struct ay_trust *t, const struct ay_sha256 *key, enum ay_role role, const char *name,
		    uint64_t log_index, struct ay_error *e)
{
	char id[AY_SHA256_HEX];
	bool has_role = false;
	int r;

	short_id(key, id);
	if (!ay_trust_key(t, key)) {
		r = ay_error_set(e, AY_ETRUST, "key %s is not in the trust root (version %llu)", id, (unsigned long long)t->version);
		ay_error_next(e, "assay trust add KEY.pub --role %s --for %s", ay_role_name(role), name);
		return r;
	}
	for (size_t i = 0; i < t->nrevoked; i++) {
		const struct ay_revocation *v = &t->revoked[i];

		if (!ay_sha256_eq(&v->key, key))
			continue;
		if (v->compromised)
			return ay_error_set(e, AY_ETRUST, "key %s was revoked as compromised: %s", id, v->reason);
		if (log_index >= v->since_log_index)
			return ay_error_set(e, AY_ETRUST, "key %s counts only for claims logged before entry %llu: %s", id,
					    (unsigned long long)v->since_log_index, v->reason);
	}
	for (size_t i = 0; i < t->ngrants; i++) {
		const struct ay_grant *g = &t->grants[i];

		if (g->role != role || !ay_sha256_eq(&g->key, key))
			continue;
		if (ay_glob_match(g->pattern, name))
			return 0;
		has_role = true;
	}
	r = ay_error_set(e, AY_ETRUST, has_role ? "key %s is a %s, but not for %s" : "key %s is not a %s (asked for %s)", id,
			 ay_role_name(role), name);
	if (role == AY_ROLE_ROOT)
		ay_error_next(e, "sign it with the owner's key: --owner OWNER.key");
	else
		ay_error_next(e, "assay trust add KEY.pub --role %s --for %s", ay_role_name(role), name);
	return r;
}
