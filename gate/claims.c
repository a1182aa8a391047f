/* SPDX-License-Identifier: Apache-2.0 */
/* Which claims count: the signature is checked over the bytes, then the signer against the trust root, then the text is read. */
#include <errno.h>
#include <stdarg.h>
#include "assay/ckd.h"
#include "gate/candidate.h"

#define KEYS_AT_ONCE 64       /* what ay_envelope_verify takes */

static void wipe(struct ay_claim *c)
{
	if (c->has_oms)
		ay_oms_free(&c->oms);
	if (c->has_st)
		ay_statement_free(&c->st);
	if (c->has_env)
		ay_envelope_free(&c->env);
	c->has_oms = c->has_st = c->has_env = false;
}

void ay_claims_free(struct ay_claim_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		wipe(&l->v[i]);
		free(l->v[i].name);
		free(l->v[i].bytes);
	}
	free(l->v);
	*l = (struct ay_claim_list){ 0 };
}

static int add_one(struct ay_claim_list *l, const char *name, const void *bytes, size_t len, uint64_t log_index, struct ay_error *e)
{
	struct ay_sha256 id = ay_sha256_of(bytes, len);
	struct ay_claim *c;

	for (size_t i = 0; i < l->n; i++) {
		if (!ay_sha256_eq(&l->v[i].id, &id))
			continue;
		if (l->v[i].log_index == UINT64_MAX)
			l->v[i].log_index = log_index;
		return 0;
	}
	if (l->n == AY_LIMIT_CLAIMS_PER_ARTIFACT)
		return ay_error_set(e, AY_ELIMIT, "more than %d claims for one artifact", AY_LIMIT_CLAIMS_PER_ARTIFACT);
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 4;
		struct ay_claim *v = realloc(l->v, cap * sizeof(*v));

		if (!v)
			return ay_error_set(e, -ENOMEM, "out of memory");
		l->v = v;
		l->cap = cap;
	}
	c = &l->v[l->n];
	*c = (struct ay_claim){ .name = strdup(name), .bytes = malloc(len + 1), .len = len, .id = id, .log_index = log_index };
	if (!c->name || !c->bytes) {
		free(c->name);
		free(c->bytes);
		return ay_error_set(e, -ENOMEM, "out of memory");
	}
	memcpy(c->bytes, bytes, len);
	c->bytes[len] = 0;
	l->n++;
	return 0;
}

/* JSON Lines hold an envelope a line, and mean nothing as a whole; anything else is one claim. */
int ay_claims_add(struct ay_claim_list *l, const char *name, const void *bytes, size_t len, uint64_t log_index, struct ay_error *e)
{
	const char *p = bytes, *end = p + len;
	size_t n = strlen(name);

	if (n < 6 || strcmp(name + n - 6, ".jsonl") != 0)
		return add_one(l, name, bytes, len, log_index, e);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t line = (size_t)((nl ? nl : end) - p);
		int rc = line ? add_one(l, name, p, line, log_index, e) : 0;

		if (rc)
			return rc;
		p += line + 1;
	}
	return 0;
}

/* Does not count, and why. The first reason stands. */
static void AY_PRINTF(3, 4) refuse(struct ay_claim *c, const char *rule, const char *fmt, ...)
{
	char msg[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	c->rule = rule;
	c->counts = false;
	ay_error_set(&c->why, AY_ETRUST, "%s", msg);
	ay_error_where(&c->why, "%s", c->name);
}

static void try_role(struct ay_claim *c, const struct ay_trust *t, const struct ay_pubkey *k, enum ay_role role, const struct ay_ref *ref)
{
	struct ay_error e;

	if (c->nsigners && c->role != role)
		return;
	for (size_t i = 0; i < c->nsigners; i++)
		if (ay_sha256_eq(&c->signers[i], &k->id))
			return;
	if (ay_trust_allows(t, &k->id, role, ref->name, c->log_index, &e)) {
		if (!c->nsigners && !c->rule) {
			char hex[AY_SHA256_HEX];

			ay_sha256_hex(&k->id, hex);
			c->rule = "signature.untrusted";
			ay_error_set(&c->why, AY_ETRUST, "signed by key %.12s, which is not trusted as %s for %s: %s",
				     hex, ay_role_name(role), ref->name, e.msg);
			ay_error_where(&c->why, "%s", c->name);
		}
		return;
	}
	if (c->nsigners < AY_CLAIM_SIGNERS)
		c->signers[c->nsigners++] = k->id;
	c->role = role;
}

/* Which roles may make this kind of claim; 0 ends the list. */
static void roles_for(const struct ay_claim *c, const struct ay_rules *r, enum ay_role out[5])
{
	size_t n = 0;

	switch (c->kind) {
	case AY_CLAIM_SIGNATURE:
		out[n++] = r->signature.role ? r->signature.role : AY_ROLE_PUBLISHER;
		break;
	case AY_CLAIM_PROVENANCE:
		out[n++] = AY_ROLE_BUILDER;
		if (r->provenance.kind == AY_PROV_SOURCE)
			out[n++] = AY_ROLE_PUBLISHER;
		break;
	case AY_CLAIM_OTHER:
		out[n++] = AY_ROLE_PUBLISHER;
		out[n++] = AY_ROLE_BUILDER;
		out[n++] = AY_ROLE_SCANNER;
		out[n++] = AY_ROLE_CURATOR;
		break;
	}
	out[n] = 0;
}

struct found { const struct ay_pubkey *key[AY_CLAIM_SIGNERS]; size_t n; };

/* Keys of the trust root, revoked ones too, whose signature is on the envelope. */
static void find_keys(const struct ay_envelope *env, const struct ay_trust *t, struct found *f)
{
	for (size_t i = 0; env->hint[0] && env->nsigs == 1 && i < t->nkeys; i++) {
		char hint[AY_SHA256_HEX];
		uint64_t mask = 0;

		ay_pubkey_hint(&t->keys[i], hint);
		if (strcmp(hint, env->hint) == 0 && ay_envelope_verify(env, &t->keys[i], 1, &mask, NULL) == 0 && mask) {
			f->key[f->n++] = &t->keys[i];
			return;
		}
	}
	for (size_t at = 0; at < t->nkeys; at += KEYS_AT_ONCE) {
		size_t n = t->nkeys - at < KEYS_AT_ONCE ? t->nkeys - at : KEYS_AT_ONCE;
		uint64_t mask = 0;

		if (ay_envelope_verify(env, t->keys + at, n, &mask, NULL))
			continue;
		for (size_t i = 0; i < n && f->n < AY_CLAIM_SIGNERS; i++)
			if (mask >> i & 1)
				f->key[f->n++] = &t->keys[at + i];
	}
}

static enum ay_claim_kind kind_of(const char *predicate_type)
{
	if (strcmp(predicate_type, AY_PREDICATE_OMS) == 0)
		return AY_CLAIM_SIGNATURE;
	return strcmp(predicate_type, AY_PREDICATE_SLSA) == 0 ? AY_CLAIM_PROVENANCE : AY_CLAIM_OTHER;
}

static void read_oms(struct ay_claim *c, const struct ay_rules *r, const struct ay_ref *ref)
{
	struct ay_error e;

	if (ay_oms_parse(&c->st, &c->oms, &e)) {
		refuse(c, "signature.malformed", "the signed file list cannot be read: %s", e.msg);
		return;
	}
	c->has_oms = true;
	if (!c->oms.digests_are_sha256)
		refuse(c, "signature.unsupported", "the signature lists shards or digests other than SHA-256");
	else if (r->signature.bind_ref && strcmp(c->oms.name, ref->text) != 0)
		refuse(c, "signature.reference", "signed as %s, not as %s", c->oms.name, ref->text);
}

static void verify_one(struct ay_claim *c, const struct ay_trust *t, const struct ay_rules *r, const struct ay_ref *ref)
{
	struct found f = { .n = 0 };
	enum ay_role roles[5];
	struct ay_error e;

	wipe(c);
	c->kind = AY_CLAIM_OTHER;
	c->counts = c->proves = false;
	c->rule = NULL;
	c->nsigners = 0;
	if (ay_envelope_parse(c->bytes, c->len, &c->env, &e)) {
		refuse(c, "signature.malformed", "%s", e.msg);
		return;
	}
	c->has_env = true;
	if (strcmp(c->env.payload_type, AY_PAYLOAD_INTOTO) != 0) {
		refuse(c, "signature.malformed", "the payload type is %s, not " AY_PAYLOAD_INTOTO, c->env.payload_type);
		return;
	}
	find_keys(&c->env, t, &f);
	if (!f.n) {
		/* Nothing in an unverified text is believed, but its kind says which gate misses it. */
		refuse(c, "signature.untrusted", "signed by a key that the trust root does not know, or altered (hint %.12s)",
		       c->env.hint[0] ? c->env.hint : "none");
		if (ay_statement_parse(c->env.payload, c->env.payload_len, &c->st, NULL) == 0) {
			c->kind = kind_of(c->st.predicate_type);
			ay_statement_free(&c->st);
		}
		return;
	}
	if (ay_statement_parse(c->env.payload, c->env.payload_len, &c->st, &e)) {
		refuse(c, "signature.malformed", "%s", e.msg);
		return;
	}
	c->has_st = true;
	c->kind = kind_of(c->st.predicate_type);
	roles_for(c, r, roles);
	for (size_t k = 0; k < f.n; k++)
		for (size_t i = 0; roles[i]; i++)
			try_role(c, t, f.key[k], roles[i], ref);
	c->counts = c->nsigners > 0;
	if (c->counts)
		c->rule = NULL;
	if (c->counts && c->kind == AY_CLAIM_SIGNATURE)
		read_oms(c, r, ref);
}

void ay_claims_verify(struct ay_claim_list *l, const struct ay_trust *t, const struct ay_rules *r, const struct ay_ref *ref)
{
	for (size_t i = 0; i < l->n; i++)
		verify_one(&l->v[i], t, r, ref);
}

static bool same_files(const struct ay_oms *a, const struct ay_oms *b)
{
	if (a->files.n != b->files.n)
		return false;
	for (size_t i = 0; i < a->files.n; i++)
		if (strcmp(a->files.v[i].path, b->files.v[i].path) != 0 || !ay_sha256_eq(&a->files.v[i].sha256, &b->files.v[i].sha256))
			return false;
	return true;
}

static bool is_signature(const struct ay_claim *c)
{
	return c->counts && c->kind == AY_CLAIM_SIGNATURE;
}

const struct ay_oms *ay_claims_manifest(const struct ay_claim_list *l, bool *conflict_out)
{
	const struct ay_oms *first = NULL;

	*conflict_out = false;
	for (size_t i = 0; i < l->n; i++) {
		if (!is_signature(&l->v[i]))
			continue;
		if (!first)
			first = &l->v[i].oms;
		else if (!same_files(first, &l->v[i].oms))
			*conflict_out = true;
	}
	return first;
}

static bool seen_before(const struct ay_claim_list *l, size_t claim, size_t signer)
{
	const struct ay_sha256 *id = &l->v[claim].signers[signer];

	for (size_t i = 0; i <= claim; i++) {
		if (!is_signature(&l->v[i]))
			continue;
		for (size_t k = 0; k < l->v[i].nsigners && (i < claim || k < signer); k++)
			if (ay_sha256_eq(&l->v[i].signers[k], id))
				return true;
	}
	return false;
}

unsigned ay_claims_signers(const struct ay_claim_list *l)
{
	unsigned n = 0;

	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; is_signature(&l->v[i]) && k < l->v[i].nsigners; k++)
			n += !seen_before(l, i, k);
	return n;
}

bool ay_claims_provenance(const struct ay_claim_list *l, const struct ay_sha256 *root, const struct ay_sha256 *alias)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct ay_claim *c = &l->v[i];

		if (c->counts && c->kind == AY_CLAIM_PROVENANCE &&
		    (ay_statement_has_subject(&c->st, root) || ay_statement_has_subject(&c->st, alias)))
			return true;
	}
	return false;
}

int ay_claims_signers_text(const struct ay_claim_list *l, struct ay_buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct ay_claim *c = &l->v[i];
		char hex[AY_SHA256_HEX];

		for (size_t k = 0; c->counts && c->kind != AY_CLAIM_OTHER && k < c->nsigners; k++) {
			ay_sha256_hex(&c->signers[k], hex);
			ay_buf_addf(out, "%s %s %s %llu\n", c->kind == AY_CLAIM_SIGNATURE ? "signature" : "provenance",
				    ay_role_name(c->role), hex, (unsigned long long)c->log_index);
		}
	}
	return out->err;
}
