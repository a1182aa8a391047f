/* SPDX-License-Identifier: Apache-2.0 */
/* "names": which gates stand before a name, and what they ask for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/json.h"
#include "assay/scan.h"
#include "assay/text.h"
#include "gate/pattern.h"
#include "gate/policy_parts.h"

#define BIT(gate) (1u << (gate))
#define DEFAULT_GATES (BIT(AY_GATE_INTEGRITY) | BIT(AY_GATE_SIGNATURE) | BIT(AY_GATE_PROVENANCE) | BIT(AY_GATE_DESERIALIZATION) | \
		       BIT(AY_GATE_FORMAT))
#define GATES_BUILT AY_GATE_CODE /* this one and those after it are known by name only */
#define THRESHOLD_MAX 64
#define SUFFIX_MAX 64

/* An entry while it is read, with the lines of what can only be judged when all is known. */
struct draft {
	struct ay_entry *entry;
	unsigned signature, provenance, deserialization, baseline, drift, outliers, poisoning, builders, external;
	bool gates_given, require_given;
	unsigned require[7];         /* line on which each field of requirements[] is required */
};

static const struct requirement {
	const char *name;
	int kind;
	bool by_default;
} requirements[] = {
	{"code", AY_PROV_TRAINING, true}, {"datasets", AY_PROV_TRAINING, true}, {"parameters", AY_PROV_TRAINING, true},
	{"initiator", AY_PROV_TRAINING, true}, {"builder", AY_PROV_TRAINING, false},
	{"uri", AY_PROV_SOURCE, true}, {"collector", AY_PROV_SOURCE, true},
};
_Static_assert(AY_ARRAY_LEN(requirements) == AY_ARRAY_LEN(((struct draft *)0)->require), "a line for each requirement");

static int no_memory(struct ay_error *e)
{
	return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
}

/* ---- gates ---- */

static int read_gates(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;
	const char *names[AY_GATE_COUNT];
	int rc = ay_policy_check_list(v, where, e);

	for (unsigned g = 0; g < AY_GATE_COUNT; g++)
		names[g] = ay_gate_name((enum ay_gate_kind)g);
	d->gates_given = true;
	for (size_t i = 0; i < v->nkids && !rc; i++) {
		const struct ay_yaml *kid = &v->kids[i];
		unsigned g;

		for (g = GATES_BUILT; g < AY_GATE_COUNT; g++) {
			if (kid->kind == AY_YAML_SCALAR && strcmp(kid->text, names[g]) == 0)
				return ay_error_set(e, AY_EFORMAT, "line %u: the gate '%s' in %s is not yet built", kid->line, names[g], where);
		}
		rc = ay_policy_read_choice(kid, where, names, GATES_BUILT, &g, e);
		if (rc)
			return rc;
		if (d->entry->rules.gates & BIT(g))
			return ay_error_set(e, AY_EFORMAT, "line %u: %s lists '%s' twice", kid->line, where, names[g]);
		d->entry->rules.gates |= BIT(g);
	}
	if (!rc && !d->entry->rules.gates)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s is empty: nothing would be checked", v->line, where);
	return rc;
}

/* ---- signature ---- */

static int read_role(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	/* The other roles sign nothing that an artifact rests on. */
	static const char *const names[] = {"publisher", "builder", "curator"};
	static const enum ay_role roles[] = {AY_ROLE_PUBLISHER, AY_ROLE_BUILDER, AY_ROLE_CURATOR};
	struct draft *d = into;
	unsigned i = 0;
	int rc = ay_policy_read_choice(v, where, names, AY_ARRAY_LEN(names), &i, e);

	d->entry->rules.signature.role = roles[i];
	return rc;
}

static int read_threshold(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;
	uint64_t n = 1;
	int rc = ay_policy_read_number(v, where, 1, THRESHOLD_MAX, &n, e);

	d->entry->rules.signature.threshold = (uint32_t)n;
	return rc;
}

static int read_bind(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	static const char *const names[] = {"ref", "none"};
	struct draft *d = into;
	unsigned i = 0;
	int rc = ay_policy_read_choice(v, where, names, AY_ARRAY_LEN(names), &i, e);

	d->entry->rules.signature.bind_ref = i == 0;
	return rc;
}

static const struct ay_policy_key signature_keys[] = {{"role", read_role}, {"threshold", read_threshold}, {"bind", read_bind}};

static int read_signature(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;

	d->signature = v->line;
	return ay_policy_read_keys(v, where, signature_keys, AY_ARRAY_LEN(signature_keys), d, e);
}

/* ---- provenance ---- */

static int read_kind(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	static const char *const names[] = {"training", "source"};
	struct draft *d = into;
	unsigned i = 0;
	int rc = ay_policy_read_choice(v, where, names, AY_ARRAY_LEN(names), &i, e);

	if (!rc)
		d->entry->rules.provenance.kind = i == 0 ? AY_PROV_TRAINING : AY_PROV_SOURCE;
	return rc;
}

static int read_require(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;
	const char *names[AY_ARRAY_LEN(requirements)];
	int rc = ay_policy_check_list(v, where, e);

	for (size_t i = 0; i < AY_ARRAY_LEN(requirements); i++)
		names[i] = requirements[i].name;
	d->require_given = true;
	for (size_t i = 0; i < v->nkids && !rc; i++) {
		unsigned r;

		rc = ay_policy_read_choice(&v->kids[i], where, names, AY_ARRAY_LEN(names), &r, e);
		if (!rc && d->require[r])
			rc = ay_error_set(e, AY_EFORMAT, "line %u: %s lists '%s' twice", v->kids[i].line, where, names[r]);
		if (!rc)
			d->require[r] = v->kids[i].line;
	}
	return rc;
}

static int read_external(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;

	d->external = v->line;
	return ay_policy_read_bool(v, where, &d->entry->rules.provenance.external, e);
}

static int read_builders(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;
	int rc = ay_policy_read_texts(v, where, &d->entry->builders, e);

	d->builders = v->line;
	if (!rc && d->entry->builders.n == 0)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s is empty: no builder would be allowed; leave it out to allow any", v->line, where);
	return rc;
}

static const struct ay_policy_key provenance_keys[] = {
	{"kind", read_kind}, {"require", read_require}, {"external", read_external}, {"builders", read_builders},
};

static int read_provenance(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;

	d->provenance = v->line;
	return ay_policy_read_keys(v, where, provenance_keys, AY_ARRAY_LEN(provenance_keys), d, e);
}

/* What is asked for must be what this kind of provenance has. */
static int finish_provenance(struct draft *d, const char *where, struct ay_error *e)
{
	struct ay_rules *r = &d->entry->rules;
	bool *const wanted[] = {
		&r->provenance.code, &r->provenance.datasets, &r->provenance.parameters, &r->provenance.initiator, &r->provenance.builder,
		&r->provenance.uri, &r->provenance.collector,
	};
	unsigned training_only = d->builders ? d->builders : d->external;

	_Static_assert(AY_ARRAY_LEN(wanted) == AY_ARRAY_LEN(requirements), "a field for each requirement");
	if (r->provenance.kind == AY_PROV_NONE)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s has the gate 'provenance' but no provenance.kind (training or source)",
				    d->provenance ? d->provenance : d->entry->line, where);
	if (training_only && r->provenance.kind != AY_PROV_TRAINING)
		return ay_error_set(e, AY_EFORMAT, "line %u: '%s' in %s.provenance is inapplicable to the kind 'source'", training_only,
				    d->builders ? "builders" : "external", where);
	for (size_t i = 0; i < AY_ARRAY_LEN(requirements); i++) {
		bool fits = requirements[i].kind == (int)r->provenance.kind;

		if (d->require[i] && !fits)
			return ay_error_set(e, AY_EFORMAT, "line %u: '%s' in %s.provenance.require is inapplicable to the kind '%s'", d->require[i],
					    requirements[i].name, where, r->provenance.kind == AY_PROV_TRAINING ? "training" : "source");
		*wanted[i] = fits && (d->require_given ? d->require[i] != 0 : requirements[i].by_default);
	}
	/* Else leaving the builder out of a claim would pass where naming a wrong one fails. */
	if (d->builders)
		r->provenance.builder = true;
	return 0;
}

/* ---- deserialization ---- */

static int read_profiles(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;
	struct ay_texts names = {0};
	int rc = ay_policy_read_texts(v, where, &names, e);

	for (size_t i = 0; i < names.n && !rc; i++) {
		uint32_t bit = ay_profile_bit(names.list[i]);

		if (!bit)
			rc = ay_error_set(e, AY_EFORMAT, "line %u: %s has no profile '%s'; known: weights, sklearn, torch-module, hf-trainer, pandas",
					  v->line, where, names.list[i]);
		d->entry->rules.deserialization.profiles |= bit;
	}
	ay_texts_free(&names);
	return rc;
}

static int read_opaque(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;
	int rc = ay_policy_read_texts(v, where, &d->entry->opaque, e);

	for (size_t i = 0; i < d->entry->opaque.n && !rc; i++) {
		const char *suffix = d->entry->opaque.list[i];

		if (suffix[0] != '.' || !suffix[1] || strpbrk(suffix, "/*?") || strlen(suffix) > SUFFIX_MAX)
			rc = ay_error_set(e, AY_EFORMAT, "line %u: %s takes suffixes of file names, as \".h5\", not '%s'", v->line, where, suffix);
	}
	return rc;
}

static const struct ay_policy_key deserialization_keys[] = {{"profiles", read_profiles}, {"opaque", read_opaque}};

static int read_deserialization(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;

	d->deserialization = v->line;
	return ay_policy_read_keys(v, where, deserialization_keys, AY_ARRAY_LEN(deserialization_keys), d, e);
}

/* ---- the rest of an entry ---- */

static int read_baseline(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	static const char *const names[] = {"optional", "required"};
	struct draft *d = into;
	unsigned i = 0;
	int rc = ay_policy_read_choice(v, where, names, AY_ARRAY_LEN(names), &i, e);

	d->baseline = v->line;
	d->entry->rules.baseline_required = i == 1;
	return rc;
}

static int read_drift(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;

	d->drift = v->line;
	return ay_policy_read_drift(v, where, d->entry, e);
}

static int read_outliers(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;

	d->outliers = v->line;
	return ay_policy_read_outliers(v, where, d->entry, e);
}

static int read_poisoning(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct draft *d = into;

	d->poisoning = v->line;
	return ay_policy_read_poisoning(v, where, d->entry, e);
}

static int read_verify(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	static const char *const names[] = {"ingest", "open"};
	struct draft *d = into;
	unsigned i = 0;
	int rc = ay_policy_read_choice(v, where, names, AY_ARRAY_LEN(names), &i, e);

	d->entry->rules.verify = i == 0 ? AY_VERIFY_INGEST : AY_VERIFY_OPEN;
	return rc;
}

static int read_verdict(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	static const char *const names[] = {"sync", "async"};
	struct draft *d = into;
	unsigned i = 0;
	int rc = ay_policy_read_choice(v, where, names, AY_ARRAY_LEN(names), &i, e);

	d->entry->rules.async_verdict = i == 1;
	return rc;
}

static const struct ay_policy_key entry_keys[] = {
	{"gates", read_gates}, {"signature", read_signature}, {"provenance", read_provenance}, {"deserialization", read_deserialization},
	{"baseline", read_baseline}, {"drift", read_drift}, {"outliers", read_outliers}, {"poisoning", read_poisoning},
	{"verify", read_verify}, {"verdict", read_verdict}, {"code", NULL}, {"model-tests", NULL},
};

/* What admission rests on, in a fixed form: verify and verdict say how it is served, and are left out. */
static int digest_rules(struct ay_rules *r, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_POLICY);
	struct ay_jw w = ay_jw_new(&b, false);
	const bool flags[] = {
		r->signature.bind_ref, r->provenance.code, r->provenance.datasets, r->provenance.parameters, r->provenance.initiator,
		r->provenance.uri, r->provenance.collector, r->provenance.builder, r->provenance.external, r->baseline_required,
	};

	ay_jw_array(&w);
	ay_jw_str(&w, "assay policy rules 1");
	ay_jw_u64(&w, r->gates);
	ay_jw_u64(&w, r->signature.role);
	ay_jw_u64(&w, r->signature.threshold);
	ay_jw_u64(&w, r->provenance.kind);
	ay_jw_u64(&w, r->deserialization.profiles);
	for (size_t i = 0; i < AY_ARRAY_LEN(flags); i++)
		ay_jw_bool(&w, flags[i]);
	ay_jw_array(&w);
	for (size_t i = 0; r->provenance.builders && r->provenance.builders[i]; i++)
		ay_jw_str(&w, r->provenance.builders[i]);
	ay_jw_array_end(&w);
	ay_jw_array(&w);
	for (size_t i = 0; r->deserialization.opaque && r->deserialization.opaque[i]; i++)
		ay_jw_str(&w, r->deserialization.opaque[i]);
	ay_jw_array_end(&w);
	if (r->gates & BIT(AY_GATE_DRIFT))
		ay_policy_digest_drift(r, &w);
	if (r->gates & BIT(AY_GATE_OUTLIERS))
		ay_policy_digest_outliers(r, &w);
	if (r->gates & BIT(AY_GATE_POISONING))
		ay_policy_digest_poisoning(r, &w);
	ay_jw_array_end(&w);
	if (!b.err)
		r->digest = ay_sha256_of(b.data, b.len);
	ay_buf_free(&b);
	return b.err ? no_memory(e) : 0;
}

static int check_applicable(const struct draft *d, const char *where, struct ay_error *e)
{
	const struct { unsigned line; const char *key; enum ay_gate_kind gate; } sections[] = {
		{d->signature, "signature", AY_GATE_SIGNATURE}, {d->provenance, "provenance", AY_GATE_PROVENANCE},
		{d->deserialization, "deserialization", AY_GATE_DESERIALIZATION}, {d->baseline, "baseline", AY_GATE_SCHEMA},
		{d->drift, "drift", AY_GATE_DRIFT}, {d->outliers, "outliers", AY_GATE_OUTLIERS},
		{d->poisoning, "poisoning", AY_GATE_POISONING},
	};
	static const enum ay_gate_kind compare[] = {AY_GATE_DRIFT, AY_GATE_OUTLIERS, AY_GATE_POISONING};    /* with a reference */
	const struct ay_entry *entry = d->entry;

	for (size_t i = 0; i < AY_ARRAY_LEN(sections); i++) {
		if (sections[i].line && !(entry->rules.gates & BIT(sections[i].gate)))
			return ay_error_set(e, AY_EFORMAT, "line %u: '%s' in %s is inapplicable: the gate '%s' is not among its gates",
					    sections[i].line, sections[i].key, where, ay_gate_name(sections[i].gate));
	}
	if ((entry->rules.gates & BIT(AY_GATE_SCHEMA)) &&
	    (strncmp(entry->pattern, "models/", 7) == 0 || strncmp(entry->pattern, "code/", 5) == 0))
		return ay_error_set(e, AY_EFORMAT, "line %u: the gate 'schema' in %s is inapplicable: it is for datasets", entry->line, where);
	for (size_t i = 0; i < AY_ARRAY_LEN(compare); i++) {
		if ((entry->rules.gates & BIT(compare[i])) && !(entry->rules.gates & BIT(AY_GATE_SCHEMA)))
			return ay_error_set(e, AY_EFORMAT, "line %u: the gate '%s' in %s needs the gate 'schema', whose baseline holds its reference",
					    entry->line, ay_gate_name(compare[i]), where);
	}
	return 0;
}

static int finish_entry(struct draft *d, const char *where, struct ay_error *e)
{
	struct ay_entry *entry = d->entry;
	int rc;

	if (!d->gates_given)
		entry->rules.gates = DEFAULT_GATES;
	rc = check_applicable(d, where, e);
	if (!rc && (entry->rules.gates & BIT(AY_GATE_PROVENANCE)))
		rc = finish_provenance(d, where, e);
	if (rc)
		return rc;
	if (entry->rules.gates & BIT(AY_GATE_DESERIALIZATION))
		entry->rules.deserialization.profiles |= AY_PROFILE_WEIGHTS;
	if (entry->rules.gates & BIT(AY_GATE_DRIFT))
		ay_policy_finish_drift(entry, d->drift != 0);
	if (entry->rules.gates & BIT(AY_GATE_OUTLIERS))
		ay_policy_finish_outliers(entry);
	if (entry->rules.gates & BIT(AY_GATE_POISONING))
		ay_policy_finish_poisoning(entry);
	entry->rules.pattern = entry->pattern;
	entry->rules.provenance.builders = (const char *const *)entry->builders.list;
	entry->rules.deserialization.opaque = (const char *const *)entry->opaque.list;
	return digest_rules(&entry->rules, e);
}

static int check_tie(const struct ay_policy *p, const struct ay_entry *entry, struct ay_error *e)
{
	size_t literal = ay_glob_literal(entry->pattern);

	for (const struct ay_entry *other = p->entries; other < entry; other++) {
		if (ay_glob_literal(other->pattern) == literal && ay_patterns_meet(other->pattern, entry->pattern))
			return ay_error_set(e, AY_EFORMAT, "line %u: \"%s\" is as specific as \"%s\" on line %u, and both match some names",
					    entry->line, entry->pattern, other->pattern, other->line);
	}
	return 0;
}

static int read_entry(const struct ay_yaml *v, const char *where, struct ay_policy *p, struct ay_error *e)
{
	struct ay_entry *entry = &p->entries[p->nentries];
	struct draft d = {.entry = entry};
	const char *problem = ay_pattern_problem(v->key);
	char place[AY_LIMIT_REF + 32];
	int rc;

	if (problem)
		return ay_error_set(e, AY_EFORMAT, "line %u: the pattern \"%s\" in %s %s", v->line, v->key, where, problem);
	entry->pattern = strdup(v->key);
	if (!entry->pattern)
		return no_memory(e);
	p->nentries++;
	entry->line = v->line;
	entry->rules.signature.role = AY_ROLE_PUBLISHER;
	entry->rules.signature.threshold = 1;
	entry->rules.signature.bind_ref = true;
	snprintf(place, sizeof(place), "%s.\"%s\"", where, v->key);
	rc = ay_policy_read_keys(v, place, entry_keys, AY_ARRAY_LEN(entry_keys), &d, e);
	if (!rc)
		rc = finish_entry(&d, place, e);
	return rc ? rc : check_tie(p, entry, e);
}

int ay_policy_read_names(const struct ay_yaml *v, const char *where, void *policy, struct ay_error *e)
{
	struct ay_policy *p = policy;
	int rc = 0;

	if (v->kind != AY_YAML_MAP)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be patterns with rules", v->line, where);
	if (v->nkids > AY_POLICY_ENTRIES_MAX)
		return ay_error_set(e, AY_ELIMIT, "line %u: %s has more than %d patterns", v->line, where, AY_POLICY_ENTRIES_MAX);
	p->entries = calloc(v->nkids + 1, sizeof(*p->entries));
	if (!p->entries)
		return no_memory(e);
	for (size_t i = 0; i < v->nkids && !rc; i++)
		rc = read_entry(&v->kids[i], where, p, e);
	return rc;
}
