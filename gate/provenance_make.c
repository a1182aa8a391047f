/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the provenance statement of docs/provenance.md. The reader is gate_provenance.c. */
#include "assay/claim.h"
#include "assay/provenance.h"
#include "assay/text.h"

static void digest(struct ay_jw *w, const char *algorithm, const char *hex)
{
	ay_jw_key(w, "digest");
	ay_jw_object(w);
	ay_jw_kstr(w, algorithm, hex);
	ay_jw_object_end(w);
}

static void sha256(struct ay_jw *w, const struct ay_sha256 *d)
{
	char hex[AY_SHA256_HEX];

	ay_sha256_hex(d, hex);
	digest(w, "sha256", hex);
}

static void subjects(struct ay_jw *w, const struct ay_provenance *p)
{
	ay_jw_key(w, "subject");
	ay_jw_array(w);
	for (int i = 0; i < (ay_sha256_eq(&p->root, &p->alias) ? 1 : 2); i++) {
		ay_jw_object(w);
		ay_jw_kstr(w, "name", p->ref);
		sha256(w, i ? &p->alias : &p->root);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
}

static void pairs(struct ay_jw *w, const struct ay_prov_pair *v, size_t n)
{
	ay_jw_object(w);
	for (size_t i = 0; i < n; i++)
		ay_jw_kstr(w, v[i].key, v[i].value);
	ay_jw_object_end(w);
}

static void external(struct ay_jw *w, const struct ay_provenance *p)
{
	ay_jw_key(w, "externalParameters");
	ay_jw_object(w);
	ay_jw_kstr(w, "ref", p->ref);
	if (p->initiator)
		ay_jw_kstr(w, "initiator", p->initiator);
	if (p->form == AY_PROV_FORM_SOURCE) {
		ay_jw_key(w, "source");
		ay_jw_object(w);
		ay_jw_kstr(w, "uri", p->source_uri ? p->source_uri : "");
		if (p->source_revision)
			ay_jw_kstr(w, "revision", p->source_revision);
		ay_jw_object_end(w);
		if (p->collector)
			ay_jw_kstr(w, "collector", p->collector);
	}
	ay_jw_key(w, "parameters");
	pairs(w, p->params, p->nparams);
	ay_jw_object_end(w);
}

static void dependencies(struct ay_jw *w, const struct ay_provenance *p)
{
	ay_jw_key(w, "resolvedDependencies");
	ay_jw_array(w);
	if (p->code_uri && p->code_commit) {
		ay_jw_object(w);
		ay_jw_kstr(w, "name", "code");
		ay_jw_kstr(w, "uri", p->code_uri);
		digest(w, "gitCommit", p->code_commit);
		ay_jw_object_end(w);
	}
	for (size_t i = 0; i < p->ninputs; i++) {
		ay_jw_object(w);
		ay_jw_kstr(w, "name", p->inputs[i].role);
		ay_jw_kstr(w, "uri", p->inputs[i].uri);
		sha256(w, &p->inputs[i].digest);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
}

static void run_details(struct ay_jw *w, const struct ay_provenance *p)
{
	char when[24];

	ay_jw_key(w, "runDetails");
	ay_jw_object(w);
	ay_jw_key(w, "builder");
	ay_jw_object(w);
	ay_jw_kstr(w, "id", p->builder ? p->builder : AY_BUILDER_LOCAL);
	ay_jw_object_end(w);
	ay_jw_key(w, "metadata");
	ay_jw_object(w);
	if (p->started_s) {
		ay_time_format(p->started_s, when);
		ay_jw_kstr(w, "startedOn", when);
	}
	if (p->finished_s) {
		ay_time_format(p->finished_s, when);
		ay_jw_kstr(w, "finishedOn", when);
	}
	ay_jw_object_end(w);
	if (p->nmetrics) {
		ay_jw_key(w, "byproducts");
		ay_jw_array(w);
		ay_jw_object(w);
		ay_jw_kstr(w, "name", "metrics");
		ay_jw_key(w, "annotations");
		pairs(w, p->metrics, p->nmetrics);
		ay_jw_object_end(w);
		ay_jw_array_end(w);
	}
	ay_jw_object_end(w);
}

static int check(const struct ay_provenance *p, struct ay_error *e)
{
	size_t n = p->code_commit ? strlen(p->code_commit) : 40;

	if (!p->ref || (p->form != AY_PROV_FORM_TRAINING && p->form != AY_PROV_FORM_SOURCE))
		return ay_error_set(e, AY_EUSAGE, "provenance needs a reference and a form");
	if ((n != 40 && n != 64) || (p->code_commit && strspn(p->code_commit, "0123456789abcdef") != n))
		return ay_error_set(e, AY_EUSAGE, "a commit is 40 or 64 lower-case hex digits, not \"%.80s\"", p->code_commit);
	if (p->code_commit && !p->code_uri)
		return ay_error_set(e, AY_EUSAGE, "a commit needs the address of its repository");
	return 0;
}

int ay_provenance_statement(const struct ay_provenance *p, struct ay_buf *out, struct ay_error *e)
{
	struct ay_jw w = ay_jw_new(out, false);
	int rc = check(p, e);

	if (rc)
		return rc;
	ay_jw_object(&w);
	ay_jw_kstr(&w, "_type", "https://in-toto.io/Statement/v1");
	subjects(&w, p);
	ay_jw_kstr(&w, "predicateType", AY_PREDICATE_SLSA);
	ay_jw_key(&w, "predicate");
	ay_jw_object(&w);
	ay_jw_key(&w, "buildDefinition");
	ay_jw_object(&w);
	ay_jw_kstr(&w, "buildType", p->form == AY_PROV_FORM_TRAINING ? AY_BUILD_TRAINING : AY_BUILD_SOURCE);
	external(&w, p);
	dependencies(&w, p);
	ay_jw_object_end(&w);
	run_details(&w, p);
	ay_jw_object_end(&w);
	ay_jw_object_end(&w);
	return out->err ? ay_error_set(e, out->err, "the provenance statement is too long") : 0;
}
