/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CycloneDX 1.6 ML-BOM, made from the records alone and the same byte for byte
 * each time: the serial number comes from reference and root, the time is that of the
 * verdict, arrays are sorted by path or stand in the order of the claim.
 */
#include "assay/text.h"
#include "gate/candidate.h"

struct bom { struct ay_jw *w; const struct ay_artifact *a; const struct ay_file_list *files; const struct ay_json *def, *run; };

static const char *text(const struct ay_json *j, const char *key)
{
	return ay_json_str(ay_json_get(j, key), NULL);
}

static void hash(struct ay_jw *w, const char *hex)
{
	ay_jw_key(w, "hashes");
	ay_jw_array(w);
	ay_jw_object(w);
	ay_jw_kstr(w, "alg", "SHA-256");
	ay_jw_kstr(w, "content", hex);
	ay_jw_object_end(w);
	ay_jw_array_end(w);
}

/* RFC 9562 version 8: the bits of a SHA-256 over reference and root. */
static void serial(struct ay_jw *w, const struct ay_artifact *a)
{
	struct ay_sha256 d;
	struct ay_buf b = ay_buf_new(1024);
	char out[64];

	ay_buf_adds(&b, "assay:");
	ay_buf_adds(&b, a->ref.text);
	ay_buf_add(&b, a->root.b, sizeof(a->root.b));
	d = ay_sha256_of(b.data, b.len);
	ay_buf_free(&b);
	d.b[6] = (d.b[6] & 0x0f) | 0x80;
	d.b[8] = (d.b[8] & 0x3f) | 0x80;
	snprintf(out, sizeof(out), "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d.b[0], d.b[1], d.b[2], d.b[3],
		 d.b[4], d.b[5], d.b[6], d.b[7], d.b[8], d.b[9], d.b[10], d.b[11], d.b[12], d.b[13], d.b[14], d.b[15]);
	ay_jw_kstr(w, "serialNumber", out);
}

static bool is_model(const struct ay_artifact *a)
{
	return strncmp(a->ref.name, "models/", 7) == 0;
}

static const char *type_of(const struct ay_artifact *a)
{
	if (is_model(a))
		return "machine-learning-model";
	return strncmp(a->ref.name, "datasets/", 9) == 0 ? "data" : "application";
}

static bool role_is(const struct ay_json *dep, const char *role)
{
	const char *name = text(dep, "name");

	return name && strcmp(name, role) == 0;
}

static void ref_of(char out[32], size_t i)
{
	snprintf(out, 32, "input-%zu", i);
}

/* Training parameters: CycloneDX has no field for them, so they stand as properties of the model card. */
static void model_card(struct bom *b)
{
	const struct ay_json *deps = ay_json_get(b->def, "resolvedDependencies");
	const struct ay_json *params = ay_json_path(b->def, "externalParameters.parameters");
	const struct ay_json *by = ay_json_get(b->run, "byproducts");
	struct ay_jw *w = b->w;
	char ref[32], name[300];

	ay_jw_key(w, "modelCard");
	ay_jw_object(w);
	ay_jw_kstr(w, "bom-ref", "model-card");
	ay_jw_key(w, "modelParameters");
	ay_jw_object(w);
	ay_jw_key(w, "datasets");
	ay_jw_array(w);
	for (size_t i = 0; i < ay_json_count(deps); i++)
		if (role_is(ay_json_at(deps, i), "dataset")) {
			ref_of(ref, i);
			ay_jw_object(w);
			ay_jw_kstr(w, "ref", ref);
			ay_jw_object_end(w);
		}
	ay_jw_array_end(w);
	ay_jw_object_end(w);
	ay_jw_key(w, "quantitativeAnalysis");
	ay_jw_object(w);
	ay_jw_key(w, "performanceMetrics");
	ay_jw_array(w);
	for (size_t i = 0; i < ay_json_count(by); i++) {
		const struct ay_json *m = role_is(ay_json_at(by, i), "metrics") ? ay_json_get(ay_json_at(by, i), "annotations") : NULL;

		for (size_t k = 0; k < ay_json_count(m); k++) {
			ay_jw_object(w);
			ay_jw_kstr(w, "type", ay_json_key(m, k));
			ay_jw_kstr(w, "value", ay_json_str(ay_json_at(m, k), NULL));
			ay_jw_object_end(w);
		}
	}
	ay_jw_array_end(w);
	ay_jw_object_end(w);
	ay_jw_key(w, "properties");
	ay_jw_array(w);
	for (size_t i = 0; i < ay_json_count(params); i++) {
		snprintf(name, sizeof(name), "assay:hyperparameter:%.256s", ay_json_key(params, i));
		ay_jw_object(w);
		ay_jw_kstr(w, "name", name);
		ay_jw_kstr(w, "value", ay_json_str(ay_json_at(params, i), NULL));
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
	ay_jw_object_end(w);
}

static void file_components(struct bom *b)
{
	struct ay_jw *w = b->w;
	char ref[32], hex[AY_SHA256_HEX];

	ay_jw_key(w, "components");
	ay_jw_array(w);
	for (size_t i = 0; i < b->files->n; i++) {
		const struct ay_file *f = &b->files->v[i];

		snprintf(ref, sizeof(ref), "file-%zu", i);
		ay_sha256_hex(&f->sha256, hex);
		ay_jw_object(w);
		ay_jw_kstr(w, "bom-ref", ref);
		ay_jw_kstr(w, "type", "file");
		ay_jw_kstr(w, "name", f->path);
		hash(w, hex);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
}

static void references(struct ay_jw *w)
{
	static const char *const v[][2] = {
		{ "attestation", "hallmark.sigstore.json" }, { "attestation", "claims.jsonl" }, { "digital-signature", "model.sig" },
	};

	ay_jw_key(w, "externalReferences");
	ay_jw_array(w);
	for (size_t i = 0; i < AY_ARRAY_LEN(v); i++) {
		ay_jw_object(w);
		ay_jw_kstr(w, "type", v[i][0]);
		ay_jw_kstr(w, "url", v[i][1]);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
}

static void metadata(struct bom *b)
{
	struct ay_jw *w = b->w;
	char hex[AY_SHA256_HEX], when[24];

	ay_jw_key(w, "metadata");
	ay_jw_object(w);
	ay_time_format(b->a->changed_s, when);
	ay_jw_kstr(w, "timestamp", when);
	ay_jw_key(w, "tools");
	ay_jw_object(w);
	ay_jw_key(w, "components");
	ay_jw_array(w);
	ay_jw_object(w);
	ay_jw_kstr(w, "type", "application");
	ay_jw_kstr(w, "name", "assay");
	ay_jw_kstr(w, "version", PACKAGE_VERSION);
	ay_jw_object_end(w);
	ay_jw_array_end(w);
	ay_jw_object_end(w);
	ay_jw_key(w, "component");
	ay_jw_object(w);
	ay_jw_kstr(w, "bom-ref", "artifact");
	ay_jw_kstr(w, "type", type_of(b->a));
	ay_jw_kstr(w, "name", b->a->ref.name);
	ay_jw_kstr(w, "version", b->a->ref.version);
	ay_sha256_hex(&b->a->root, hex);
	hash(w, hex);
	if (is_model(b->a))
		model_card(b);
	file_components(b);
	references(w);
	ay_jw_object_end(w);
	ay_jw_object_end(w);
}

static void inputs(struct bom *b)
{
	const struct ay_json *deps = ay_json_get(b->def, "resolvedDependencies");
	struct ay_jw *w = b->w;
	char ref[32];

	ay_jw_key(w, "components");
	ay_jw_array(w);
	for (size_t i = 0; i < ay_json_count(deps); i++) {
		const struct ay_json *d = ay_json_at(deps, i);
		const char *uri = text(d, "uri"), *sha = ay_json_str(ay_json_path(d, "digest.sha256"), NULL);
		const char *commit = ay_json_str(ay_json_path(d, "digest.gitCommit"), NULL);

		ref_of(ref, i);
		ay_jw_object(w);
		ay_jw_kstr(w, "bom-ref", ref);
		ay_jw_kstr(w, "type", role_is(d, "dataset") ? "data" : role_is(d, "base") ? "machine-learning-model" : role_is(d, "code") ? "application" : "file");
		ay_jw_kstr(w, "name", uri ? uri : "");
		if (commit)
			ay_jw_kstr(w, "version", commit);
		if (sha)
			hash(w, sha);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
	ay_jw_key(w, "dependencies");
	ay_jw_array(w);
	ay_jw_object(w);
	ay_jw_kstr(w, "ref", "artifact");
	ay_jw_key(w, "dependsOn");
	ay_jw_array(w);
	for (size_t i = 0; i < ay_json_count(deps); i++) {
		ref_of(ref, i);
		ay_jw_str(w, ref);
	}
	ay_jw_array_end(w);
	ay_jw_object_end(w);
	ay_jw_array_end(w);
}

int ay_bom(const struct ay_artifact *a, const struct ay_file_list *files, const struct ay_claim_list *claims, struct ay_buf *out)
{
	struct ay_jw w = ay_jw_new(out, false);
	struct bom b = { .w = &w, .a = a, .files = files };

	for (size_t i = 0; i < claims->n && !b.def; i++)
		if (claims->v[i].counts && claims->v[i].kind == AY_CLAIM_PROVENANCE) {
			b.def = ay_json_get(claims->v[i].st.predicate, "buildDefinition");
			b.run = ay_json_get(claims->v[i].st.predicate, "runDetails");
		}
	ay_jw_object(&w);
	ay_jw_kstr(&w, "$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
	ay_jw_kstr(&w, "bomFormat", "CycloneDX");
	ay_jw_kstr(&w, "specVersion", "1.6");
	serial(&w, a);
	ay_jw_key(&w, "version");
	ay_jw_u64(&w, 1);
	metadata(&b);
	inputs(&b);
	ay_jw_object_end(&w);
	ay_buf_addc(out, '\n');
	return out->err;
}
