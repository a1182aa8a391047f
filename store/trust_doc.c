/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a trust root: an in-toto Statement whose subject is the digest of
 * its predicate in canonical JSON (docs/format-signing.md "Trust root"). It is our own
 * format, so what we do not know is refused.
 */
#include "store/trust_doc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assay/ckd.h"
#include "assay/ref.h"
#include "assay/text.h"

#define ROOT_PATTERN "**"

bool ay_role_is_alone(enum ay_role r)
{
	return r == AY_ROLE_ROOT || r == AY_ROLE_GATE || r == AY_ROLE_LOG || r == AY_ROLE_WITNESS || r == AY_ROLE_MANIFEST;
}

static bool revoked(const struct ay_trust *t, const struct ay_sha256 *key)
{
	for (size_t i = 0; i < t->nrevoked; i++)
		if (ay_sha256_eq(&t->revoked[i].key, key))
			return true;
	return false;
}

size_t ay_trust_root_keys(const struct ay_trust *t, const struct ay_pubkey *out[64])
{
	size_t n = 0;

	for (size_t i = 0; i < t->ngrants && n < 64; i++) {
		const struct ay_grant *g = &t->grants[i];

		if (g->role == AY_ROLE_ROOT && !revoked(t, &g->key))
			out[n++] = ay_trust_key(t, &g->key);
	}
	return n;
}

uint32_t ay_trust_root_threshold(const struct ay_trust *t)
{
	for (size_t i = 0; i < t->nthresholds; i++)
		if (t->thresholds[i].role == AY_ROLE_ROOT)
			return t->thresholds[i].n;
	return 1;
}

/* ---- checks ---- */

static int check_grants(const struct ay_trust *t, struct ay_error *e)
{
	for (size_t i = 0; i < t->ngrants; i++) {
		const struct ay_grant *g = &t->grants[i];

		if (!ay_trust_key(t, &g->key))
			return ay_error_set(e, AY_EFORMAT, "grant %zu names a key that is not listed", i);
		if (g->role == AY_ROLE_ROOT && strcmp(g->pattern, ROOT_PATTERN) != 0)
			return ay_error_set(e, AY_EFORMAT, "the root role is for %s, not for %s", ROOT_PATTERN, g->pattern);
		for (size_t j = 0; j < i; j++) {
			const struct ay_grant *o = &t->grants[j];

			if (!ay_sha256_eq(&o->key, &g->key))
				continue;
			if (o->role == g->role && strcmp(o->pattern, g->pattern) == 0)
				return ay_error_set(e, AY_EFORMAT, "grant %zu repeats grant %zu", i, j);
			if (o->role != g->role && (ay_role_is_alone(o->role) || ay_role_is_alone(g->role)))
				return ay_error_set(e, AY_EFORMAT, "one key cannot have the roles %s and %s", ay_role_name(o->role),
						    ay_role_name(g->role));
		}
	}
	return 0;
}

static int check_thresholds(const struct ay_trust *t, struct ay_error *e)
{
	for (size_t i = 0; i < t->nthresholds; i++) {
		const struct ay_threshold *h = &t->thresholds[i];

		if (h->n == 0)
			return ay_error_set(e, AY_EFORMAT, "threshold %zu is 0", i);
		if (h->role == AY_ROLE_ROOT && strcmp(h->pattern, ROOT_PATTERN) != 0)
			return ay_error_set(e, AY_EFORMAT, "the root role is for %s, not for %s", ROOT_PATTERN, h->pattern);
		for (size_t j = 0; j < i; j++)
			if (t->thresholds[j].role == h->role && strcmp(t->thresholds[j].pattern, h->pattern) == 0)
				return ay_error_set(e, AY_EFORMAT, "threshold %zu repeats threshold %zu", i, j);
	}
	return 0;
}

static int check_revoked(const struct ay_trust *t, struct ay_error *e)
{
	for (size_t i = 0; i < t->nrevoked; i++) {
		if (!ay_trust_key(t, &t->revoked[i].key))
			return ay_error_set(e, AY_EFORMAT, "revocation %zu names a key that is not listed", i);
		for (size_t j = 0; j < i; j++)
			if (ay_sha256_eq(&t->revoked[i].key, &t->revoked[j].key))
				return ay_error_set(e, AY_EFORMAT, "revocation %zu repeats revocation %zu", i, j);
	}
	return 0;
}

int ay_trust_check(const struct ay_trust *t, struct ay_error *e)
{
	const struct ay_pubkey *root[64];
	size_t nroot;
	int r;

	if (t->version == 0)
		return ay_error_set(e, AY_EFORMAT, "trust root versions start at 1");
	if (t->expires_s <= t->issued_s)
		return ay_error_set(e, AY_EFORMAT, "the trust root expires before it is issued");
	for (size_t i = 0; i < t->nkeys; i++)
		if (ay_trust_key(t, &t->keys[i].id) != &t->keys[i])
			return ay_error_set(e, AY_EFORMAT, "key %zu is listed twice", i);
	r = check_grants(t, e);
	if (r == 0)
		r = check_thresholds(t, e);
	if (r == 0)
		r = check_revoked(t, e);
	if (r < 0)
		return r;
	nroot = ay_trust_root_keys(t, root);
	if (nroot < ay_trust_root_threshold(t))
		return ay_error_set(e, AY_EFORMAT, "%zu root keys cannot reach the root threshold of %u", nroot, ay_trust_root_threshold(t));
	return 0;
}

/* ---- writing ---- */

static void put_key_id(struct ay_jw *w, const char *key, const struct ay_sha256 *id)
{
	char hex[AY_SHA256_HEX];

	ay_sha256_hex(id, hex);
	ay_jw_kstr(w, key, hex);
}

static void put_time(struct ay_jw *w, const char *key, int64_t s)
{
	char text[24];

	ay_time_format(s, text);
	ay_jw_kstr(w, key, text);
}

/* Numbers beyond 2^53 are not safe in JSON. */
static void put_u64(struct ay_jw *w, const char *key, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	ay_jw_kstr(w, key, text);
}

static void put_keys(struct ay_jw *w, const struct ay_trust *t)
{
	ay_jw_key(w, "keys");
	ay_jw_array(w);
	for (size_t i = 0; i < t->nkeys; i++) {
		struct ay_buf pem = ay_buf_new(4096);

		ay_pubkey_pem(&t->keys[i], &pem);
		ay_jw_object(w);
		put_key_id(w, "id", &t->keys[i].id);
		ay_jw_kstr(w, "pem", ay_buf_str(&pem));
		ay_jw_object_end(w);
		if (pem.err)
			w->b->err = pem.err;
		ay_buf_free(&pem);
	}
	ay_jw_array_end(w);
}

/* Members in the order of canonical JSON: what is written is what is hashed. */
static void put_predicate(struct ay_jw *w, const struct ay_trust *t)
{
	ay_jw_object(w);
	put_time(w, "expires", t->expires_s);
	ay_jw_key(w, "grants");
	ay_jw_array(w);
	for (size_t i = 0; i < t->ngrants; i++) {
		ay_jw_object(w);
		ay_jw_kstr(w, "for", t->grants[i].pattern);
		put_key_id(w, "key", &t->grants[i].key);
		ay_jw_kstr(w, "role", ay_role_name(t->grants[i].role));
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
	put_time(w, "issued", t->issued_s);
	put_keys(w, t);
	ay_jw_kstr(w, "log", t->log_origin);
	ay_jw_key(w, "revoked");
	ay_jw_array(w);
	for (size_t i = 0; i < t->nrevoked; i++) {
		const struct ay_revocation *v = &t->revoked[i];

		ay_jw_object(w);
		put_time(w, "at", v->at_s);
		ay_jw_kbool(w, "compromised", v->compromised);
		put_key_id(w, "key", &v->key);
		ay_jw_kstr(w, "reason", v->reason);
		put_u64(w, "since_log_index", v->since_log_index);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
	ay_jw_key(w, "thresholds");
	ay_jw_array(w);
	for (size_t i = 0; i < t->nthresholds; i++) {
		ay_jw_object(w);
		ay_jw_kstr(w, "for", t->thresholds[i].pattern);
		ay_jw_ku64(w, "n", t->thresholds[i].n);
		ay_jw_kstr(w, "role", ay_role_name(t->thresholds[i].role));
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
	put_u64(w, "version", t->version);
	ay_jw_object_end(w);
}

int ay_trust_document(const struct ay_trust *t, struct ay_buf *out)
{
	struct ay_buf predicate = ay_buf_new(AY_LIMIT_TRUST_ROOT);
	struct ay_jw inner = ay_jw_new(&predicate, false), w = ay_jw_new(out, false);
	struct ay_sha256 d;
	int r = ay_trust_check(t, NULL);

	if (r < 0)
		return r;
	put_predicate(&inner, t);
	r = predicate.err;
	if (r == 0) {
		d = ay_sha256_of(predicate.data, predicate.len);
		ay_jw_object(&w);
		ay_jw_kstr(&w, "_type", "https://in-toto.io/Statement/v1");
		ay_jw_key(&w, "subject");
		ay_jw_array(&w);
		ay_jw_object(&w);
		ay_jw_kstr(&w, "name", "trust-root");
		ay_jw_key(&w, "digest");
		ay_jw_object(&w);
		put_key_id(&w, "sha256", &d);
		ay_jw_object_end(&w);
		ay_jw_object_end(&w);
		ay_jw_array_end(&w);
		ay_jw_kstr(&w, "predicateType", AY_PREDICATE_TRUST);
		ay_jw_key(&w, "predicate");
		ay_jw_raw(&w, ay_buf_str(&predicate), predicate.len);
		ay_jw_object_end(&w);
		r = out->err;
	}
	ay_buf_free(&predicate);
	return r;
}

/* ---- reading ---- */

/* Object with exactly these members, all of them. */
static bool has_exactly(const struct ay_json *j, const char *const *names, size_t n)
{
	if (!ay_json_is(j, AY_JSON_OBJECT) || ay_json_count(j) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!ay_json_get(j, names[i]))
			return false;
	return true;
}

#define HAS_EXACTLY(j, ...) \
	has_exactly(j, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static const char *get_text(const struct ay_json *j, const char *key)
{
	const struct ay_json *v = ay_json_get(j, key);

	return ay_json_is(v, AY_JSON_STRING) ? ay_json_str(v, NULL) : NULL;
}

static int get_copy(const struct ay_json *j, const char *key, char *out, size_t room)
{
	const char *text = get_text(j, key);

	if (!text || strlen(text) >= room)
		return AY_EFORMAT;
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int get_key_id(const struct ay_json *j, const char *key, struct ay_sha256 *out)
{
	const char *hex = get_text(j, key);

	return hex ? ay_sha256_parse(hex, strlen(hex), out) : AY_EFORMAT;
}

static int get_role(const struct ay_json *j, enum ay_role *out)
{
	const char *name = get_text(j, "role");

	return name ? ay_role_parse(name, out) : AY_EFORMAT;
}

static int get_time(const struct ay_json *j, const char *key, int64_t *out)
{
	const char *text = get_text(j, key);

	return text ? ay_time_parse(text, strlen(text), out) : AY_EFORMAT;
}

static int get_pattern(const struct ay_json *j, char out[AY_LIMIT_REF + 1])
{
	int r = get_copy(j, "for", out, AY_LIMIT_REF + 1);

	return r == 0 && *out == '\0' ? AY_EFORMAT : r;
}

static int read_key(const struct ay_json *j, struct ay_pubkey *k, struct ay_error *e)
{
	const char *pem = get_text(j, "pem");
	struct ay_sha256 id;

	if (!HAS_EXACTLY(j, "id", "pem") || !pem || get_key_id(j, "id", &id) < 0)
		return ay_error_set(e, AY_EFORMAT, "a key of the trust root has an id and a pem, nothing else");
	if (ay_pubkey_parse(pem, strlen(pem), k, e) < 0)
		return AY_EFORMAT;
	if (!ay_sha256_eq(&k->id, &id))
		return ay_error_set(e, AY_EFORMAT, "a key's id is not the digest of its pem");
	return 0;
}

static int read_grant(const struct ay_json *j, struct ay_grant *g)
{
	if (!HAS_EXACTLY(j, "for", "key", "role") || get_key_id(j, "key", &g->key) < 0 || get_role(j, &g->role) < 0)
		return AY_EFORMAT;
	return get_pattern(j, g->pattern);
}

static int read_threshold(const struct ay_json *j, struct ay_threshold *h)
{
	uint64_t n;

	if (!HAS_EXACTLY(j, "for", "n", "role") || get_role(j, &h->role) < 0 || ay_json_u64(ay_json_get(j, "n"), &n) < 0 || n > UINT32_MAX)
		return AY_EFORMAT;
	h->n = (uint32_t)n;
	return get_pattern(j, h->pattern);
}

static int read_revocation(const struct ay_json *j, struct ay_revocation *v)
{
	if (!HAS_EXACTLY(j, "at", "compromised", "key", "reason", "since_log_index") || get_time(j, "at", &v->at_s) < 0 ||
	    !ay_json_is(ay_json_get(j, "compromised"), AY_JSON_BOOL) || get_key_id(j, "key", &v->key) < 0 ||
	    ay_json_u64(ay_json_get(j, "since_log_index"), &v->since_log_index) < 0)
		return AY_EFORMAT;
	v->compromised = ay_json_bool(ay_json_get(j, "compromised"), true);
	return get_copy(j, "reason", v->reason, sizeof(v->reason));
}

/* An array of n elements for a JSON list of n; NULL with *n_out 0 when it is empty. */
static int make_array(const struct ay_json *list, size_t elem, void **out, size_t max, struct ay_error *e)
{
	size_t n = ay_json_count(list);

	if (!ay_json_is(list, AY_JSON_ARRAY))
		return ay_error_set(e, AY_EFORMAT, "a part of the trust root is not a list");
	if (n > max)
		return ay_error_set(e, AY_ELIMIT, "%zu entries in one list of the trust root, at most %zu", n, max);
	*out = calloc(n ? n : 1, elem);
	return *out ? 0 : ay_error_set(e, -ENOMEM, "no memory for a trust root");
}

static int read_keys(const struct ay_json *p, struct ay_trust *out, struct ay_error *e)
{
	const struct ay_json *list = ay_json_get(p, "keys");
	int r = make_array(list, sizeof(*out->keys), (void **)&out->keys, AY_LIMIT_TRUST_KEYS, e);

	for (size_t i = 0; r == 0 && i < ay_json_count(list); i++) {
		r = read_key(ay_json_at(list, i), &out->keys[i], e);
		out->nkeys += r == 0;
	}
	return r;
}

static int read_lists(const struct ay_json *p, struct ay_trust *out, struct ay_error *e)
{
	const struct ay_json *grants = ay_json_get(p, "grants"), *thresholds = ay_json_get(p, "thresholds");
	const struct ay_json *gone = ay_json_get(p, "revoked");
	int r = make_array(grants, sizeof(*out->grants), (void **)&out->grants, AY_LIMIT_TRUST_KEYS, e);

	if (r == 0)
		r = make_array(thresholds, sizeof(*out->thresholds), (void **)&out->thresholds, AY_LIMIT_TRUST_KEYS, e);
	if (r == 0)
		r = make_array(gone, sizeof(*out->revoked), (void **)&out->revoked, AY_LIMIT_TRUST_KEYS, e);
	if (r < 0)
		return r;
	for (; out->ngrants < ay_json_count(grants); out->ngrants++)
		if (read_grant(ay_json_at(grants, out->ngrants), &out->grants[out->ngrants]) < 0)
			return ay_error_set(e, AY_EFORMAT, "grant %zu of the trust root is malformed", out->ngrants);
	for (; out->nthresholds < ay_json_count(thresholds); out->nthresholds++)
		if (read_threshold(ay_json_at(thresholds, out->nthresholds), &out->thresholds[out->nthresholds]) < 0)
			return ay_error_set(e, AY_EFORMAT, "threshold %zu of the trust root is malformed", out->nthresholds);
	for (; out->nrevoked < ay_json_count(gone); out->nrevoked++)
		if (read_revocation(ay_json_at(gone, out->nrevoked), &out->revoked[out->nrevoked]) < 0)
			return ay_error_set(e, AY_EFORMAT, "revocation %zu of the trust root is malformed", out->nrevoked);
	return 0;
}

static int check_subject(const struct ay_statement *st, struct ay_error *e)
{
	struct ay_buf text = ay_buf_new(AY_LIMIT_TRUST_ROOT);
	struct ay_jw w = ay_jw_new(&text, false);
	struct ay_sha256 d;
	int r;

	ay_jw_tree(&w, st->predicate);
	r = text.err;
	if (r == 0) {
		d = ay_sha256_of(text.data, text.len);
		if (!ay_statement_has_subject(st, &d))
			r = ay_error_set(e, AY_EDIGEST, "the trust root's subject is not the digest of its content");
	} else {
		ay_error_set(e, r, "the trust root is too large");
	}
	ay_buf_free(&text);
	return r;
}

int ay_trust_read(const struct ay_statement *st, struct ay_trust *out, struct ay_error *e)
{
	int r = ay_trust_read_content(st, out, e);

	if (r == 0)
		r = check_subject(st, e);
	if (r < 0)
		ay_trust_free(out);
	return r;
}

int ay_trust_read_content(const struct ay_statement *st, struct ay_trust *out, struct ay_error *e)
{
	const struct ay_json *p = st->predicate;
	int r;

	memset(out, 0, sizeof(*out));
	if (strcmp(st->predicate_type, AY_PREDICATE_TRUST) != 0)
		return ay_error_set(e, AY_EUNSUPPORTED, "a statement of type %s is not a trust root", st->predicate_type);
	if (!HAS_EXACTLY(p, "expires", "grants", "issued", "keys", "log", "revoked", "thresholds", "version") ||
	    !HAS_EXACTLY(ay_json_root(st->doc), "_type", "subject", "predicateType", "predicate"))
		return ay_error_set(e, AY_EFORMAT, "the trust root lacks a member or has one that is not known");
	if (ay_json_u64(ay_json_get(p, "version"), &out->version) < 0 || get_time(p, "issued", &out->issued_s) < 0 ||
	    get_time(p, "expires", &out->expires_s) < 0 || get_copy(p, "log", out->log_origin, sizeof(out->log_origin)) < 0)
		return ay_error_set(e, AY_EFORMAT, "version, issued, expires or log of the trust root is malformed");
	r = read_keys(p, out, e);
	if (r == 0)
		r = read_lists(p, out, e);
	if (r == 0)
		r = ay_trust_check(out, e);
	if (r < 0)
		ay_trust_free(out);
	return r;
}
