/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where it came from: a provenance claim that counts, about this tree and this
 * reference, whose every input is admitted here with that content. Of several,
 * one that holds is enough, unless another of them contradicts it. The
 * fields are those of docs/provenance.md; an unknown field is refused, because
 * what nobody checks must not look checked.
 */
#include "assay/provenance.h"
#include "gate/candidate.h"

#define K AY_GATE_PROVENANCE

struct view {
	struct ay_candidate *c;
	const char *name;                     /* of the claim, for messages */
	const struct ay_json *def, *params, *deps, *run;
	size_t code, datasets, inputs;
};

static const char *text(const struct ay_json *j)
{
	const char *s = ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, NULL) : NULL;

	return s && s[0] ? s : NULL;
}

static void need(struct view *v, bool wanted, bool there, const char *field)
{
	if (wanted && !there)
		ay_gate_find(v->c, K, "provenance.field", v->name, NULL, field, "the required field %s is absent or empty", field);
}

static void known_keys(struct view *v, const struct ay_json *object, const char *where, const char *const *known)
{
	for (size_t i = 0; i < ay_json_count(object); i++) {
		const char *key = ay_json_key(object, i);
		size_t k = 0;

		while (known[k] && strcmp(known[k], key) != 0)
			k++;
		if (!known[k])
			ay_gate_find(v->c, K, "provenance.field", v->name, key, where, "unknown field %s in %s", key, where);
	}
}

static bool hex_of(const struct ay_json *digest, const char *algorithm, size_t a, size_t b)
{
	const char *s = text(ay_json_get(digest, algorithm));
	size_t n = s ? strlen(s) : 0;

	return s && (n == a || n == b) && strspn(s, "0123456789abcdef") == n;
}

/* Is this reference admitted here, still standing, and is its root the one named? */
static bool admitted(struct ay_candidate *c, const char *ref, const struct ay_sha256 *root, char why[256])
{
	struct ay_artifact a;
	struct ay_error e;
	struct ay_txn *t;
	int rc = ay_read_begin(c->g->store, &t);

	if (rc) {
		snprintf(why, 256, "the catalogue cannot be read: %s", ay_strerror(rc));
		return false;
	}
	rc = ay_artifact_get(t, ref, &a);
	if (rc == 0 && a.state == AY_ADMITTED) {
		rc = ay_standing(c->g, t, c->policy, c->trust, &a, &e);
		if (rc)
			snprintf(why, 256, "%.100s no longer meets the policy: %.120s", ref, e.msg);
		else if (!ay_sha256_eq(&a.root, root) && !ay_sha256_eq(&a.root_alias, root)) {
			rc = AY_EDIGEST;
			snprintf(why, 256, "%.200s has other content here", ref);
		}
	} else {
		snprintf(why, 256, "%.200s is %s here", ref, rc ? "not known" : ay_state_name(a.state));
		rc = AY_ENOTFOUND;
	}
	ay_read_end(t);
	return rc == 0;
}

static void input(struct view *v, const struct ay_json *dep, const char *uri)
{
	const char *hex = text(ay_json_path(dep, "digest.sha256"));
	struct ay_sha256 root;
	char why[256];

	if (!hex || ay_sha256_parse(hex, strlen(hex), &root)) {
		ay_gate_find(v->c, K, "provenance.field", v->name, uri, NULL, "the input has no SHA-256 digest");
	} else if (strncmp(uri, "assay:", 6) == 0) {
		if (!admitted(v->c, uri + 6, &root, why))
			ay_gate_find(v->c, K, "provenance.unknown-input", v->name, uri, NULL, "%s", why);
	} else if (!v->c->rules->provenance.external) {
		ay_gate_find(v->c, K, "provenance.external", v->name, uri, NULL, "the input is outside this store");
	}
}

static void dependency(struct view *v, const struct ay_json *dep)
{
	const char *name = text(ay_json_get(dep, "name")), *uri = text(ay_json_get(dep, "uri"));
	const struct ay_json *digest = ay_json_get(dep, "digest");

	if (!uri) {
		ay_gate_find(v->c, K, "provenance.field", v->name, NULL, "resolvedDependencies.uri", "an input has no address");
	} else if (name && strcmp(name, "code") == 0) {
		if (hex_of(digest, "gitCommit", 40, 64))
			v->code++;
		else
			ay_gate_find(v->c, K, "provenance.field", v->name, uri, "digest.gitCommit", "the code has no commit");
	} else if (name && (strcmp(name, "dataset") == 0 || strcmp(name, "base") == 0 || strcmp(name, "input") == 0)) {
		v->datasets += strcmp(name, "dataset") == 0;
		v->inputs++;
		input(v, dep, uri);
	} else {
		ay_gate_find(v->c, K, "provenance.field", v->name, name, "resolvedDependencies.name",
			     "an input is none of code, dataset, base, input");
	}
}

static void builder(struct view *v)
{
	const char *const *allowed = v->c->rules->provenance.builders;
	const char *id = text(ay_json_path(v->run, "builder.id"));
	size_t i = 0;

	need(v, true, id, "runDetails.builder.id");
	if (!allowed || !id)
		return;
	while (allowed[i] && strcmp(allowed[i], id) != 0)
		i++;
	if (!allowed[i])
		ay_gate_find(v->c, K, "provenance.builder", v->name, id, NULL, "the builder is not one that the policy allows");
}

static void kind(struct view *v)
{
	const char *type = text(ay_json_get(v->def, "buildType"));
	const char *want = v->c->rules->provenance.kind == AY_PROV_TRAINING ? AY_BUILD_TRAINING : AY_BUILD_SOURCE;

	if (v->c->rules->provenance.kind != AY_PROV_NONE && (!type || strcmp(type, want) != 0))
		ay_gate_find(v->c, K, "provenance.kind", v->name, type, want, "the policy asks for another kind of provenance");
}

static void check(struct ay_candidate *c, const struct ay_claim *k)
{
	static const char *const parameters[] = { "ref", "initiator", "parameters", "source", "collector", NULL };
	struct view v = {
		.c = c, .name = k->name,
		.def = ay_json_get(k->st.predicate, "buildDefinition"), .run = ay_json_get(k->st.predicate, "runDetails"),
	};
	const struct ay_rules *r = c->rules;
	const char *ref;

	v.params = ay_json_get(v.def, "externalParameters");
	v.deps = ay_json_get(v.def, "resolvedDependencies");
	ref = text(ay_json_get(v.params, "ref"));
	if (!ref || strcmp(ref, c->art.ref.text) != 0)
		ay_gate_find(c, K, "provenance.reference", k->name, ref, c->art.ref.text, "the provenance is about %s", ref ? ref : "no reference");
	kind(&v);
	known_keys(&v, v.params, "externalParameters", parameters);
	for (size_t i = 0; i < ay_json_count(v.deps); i++)
		dependency(&v, ay_json_at(v.deps, i));
	builder(&v);
	need(&v, r->provenance.code, v.code, "code (resolvedDependencies, gitCommit)");
	need(&v, r->provenance.datasets, v.datasets, "datasets (resolvedDependencies)");
	need(&v, r->provenance.parameters, ay_json_count(ay_json_get(v.params, "parameters")), "parameters");
	need(&v, r->provenance.initiator, text(ay_json_get(v.params, "initiator")), "initiator");
	need(&v, r->provenance.uri, text(ay_json_path(v.params, "source.uri")), "source.uri");
	need(&v, r->provenance.collector, text(ay_json_get(v.params, "collector")), "collector");
}

static bool about_this(const struct ay_candidate *c, const struct ay_claim *k)
{
	return ay_statement_has_subject(&k->st, &c->root) || ay_statement_has_subject(&k->st, &c->alias);
}

/* What this claim alone is worth. The caller frees what it found. */
static struct ay_gate_result alone(struct ay_candidate *c, const struct ay_claim *k)
{
	struct ay_gate_result saved = c->judged.gate[K], own;

	c->judged.gate[K] = (struct ay_gate_result){ .verdict = AY_PASS };
	check(c, k);
	own = c->judged.gate[K];
	c->judged.gate[K] = saved;
	return own;
}

static bool considered(const struct ay_candidate *c, const struct ay_claim *k)
{
	return k->kind == AY_CLAIM_PROVENANCE && k->counts && about_this(c, k);
}

bool ay_provenance_holds(struct ay_candidate *c, const struct ay_claim *k)
{
	struct ay_gate_result own;
	bool yes;

	if (!considered(c, k))
		return false;
	own = alone(c, k);
	yes = own.verdict <= AY_WARN;
	ay_gate_result_free(&own);
	return yes;
}

static const struct ay_json *dependencies(const struct ay_claim *k)
{
	return ay_json_path(k->st.predicate, "buildDefinition.resolvedDependencies");
}

static bool same_text(const struct ay_json *a, const struct ay_json *b)
{
	const char *x = text(a), *y = text(b);

	return x && y && strcmp(x, y) == 0;
}

static bool same_digest(const struct ay_json *a, const struct ay_json *b, const char *algorithm)
{
	const struct ay_json *x = ay_json_get(a, algorithm), *y = ay_json_get(b, algorithm);

	return !x || !y || same_text(x, y);
}

/* Two trusted stories of one artifact: the same input under the same address, with other content. */
static const char *contradiction(const struct ay_claim *a, const struct ay_claim *b)
{
	const struct ay_json *da = dependencies(a), *db = dependencies(b);

	for (size_t i = 0; i < ay_json_count(da); i++)
		for (size_t k = 0; k < ay_json_count(db); k++) {
			const struct ay_json *x = ay_json_at(da, i), *y = ay_json_at(db, k);
			const struct ay_json *dx = ay_json_get(x, "digest"), *dy = ay_json_get(y, "digest");

			if (same_text(ay_json_get(x, "name"), ay_json_get(y, "name")) && same_text(ay_json_get(x, "uri"), ay_json_get(y, "uri")) &&
			    !(same_digest(dx, dy, "sha256") && same_digest(dx, dy, "gitCommit")))
				return text(ay_json_get(x, "uri"));
		}
	return NULL;
}

static void contradictions(struct ay_candidate *c)
{
	for (size_t i = 0; i < c->claims.n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct ay_claim *a = &c->claims.v[k], *b = &c->claims.v[i];
			const char *uri = considered(c, a) && considered(c, b) ? contradiction(a, b) : NULL;

			if (uri)
				ay_gate_find(c, K, "provenance.conflict", b->name, uri, NULL, "%s and %s name different content of %s", a->name,
					     b->name, uri);
		}
}

/* Why none holds: the findings of the claims that count, else what is wrong with those that do not. */
static void why_not(struct ay_candidate *c)
{
	for (size_t i = 0; i < c->claims.n; i++)
		if (considered(c, &c->claims.v[i]))
			check(c, &c->claims.v[i]);
	for (size_t i = 0; !c->judged.gate[K].total && i < c->claims.n; i++) {
		const struct ay_claim *k = &c->claims.v[i];

		if (k->kind == AY_CLAIM_PROVENANCE && !k->counts)
			ay_gate_find(c, K, "provenance.untrusted", k->name, NULL, NULL, "%s", k->why.msg);
		else if (k->kind == AY_CLAIM_PROVENANCE)
			ay_gate_find(c, K, "provenance.subject", k->name, NULL, NULL, "the provenance is about other files");
	}
	if (!c->judged.gate[K].total)
		ay_gate_find(c, K, "provenance.missing", NULL, NULL, NULL, "no provenance claim is about these files");
}

/* A claim that does not hold cannot spoil one that does: removing it must not turn a no into a yes. */
void ay_gate_provenance(struct ay_candidate *c)
{
	bool any = false;

	for (size_t i = 0; i < c->claims.n; i++) {
		c->claims.v[i].proves = ay_provenance_holds(c, &c->claims.v[i]);
		any |= c->claims.v[i].proves;
	}
	if (!any)
		why_not(c);
	contradictions(c);
}
