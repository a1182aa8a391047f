/* SPDX-License-Identifier: Apache-2.0 */
/* The hallmark: a SLSA verification summary over the tree and the claims it rests on, signed by the gate's key. */
#include "assay/text.h"
#include "gate/candidate.h"

static void digest(struct ay_jw *w, const struct ay_sha256 *d)
{
	char hex[AY_SHA256_HEX];

	ay_sha256_hex(d, hex);
	ay_jw_key(w, "digest");
	ay_jw_object(w);
	ay_jw_kstr(w, "sha256", hex);
	ay_jw_object_end(w);
}

static void subjects(struct ay_jw *w, const struct ay_candidate *c)
{
	ay_jw_key(w, "subject");
	ay_jw_array(w);
	for (int i = 0; i < (ay_sha256_eq(&c->root, &c->alias) ? 1 : 2); i++) {
		ay_jw_object(w);
		ay_jw_kstr(w, "name", c->art.ref.text);
		digest(w, i ? &c->alias : &c->root);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
}

static void inputs(struct ay_jw *w, const struct ay_candidate *c, const struct ay_sha256 *report)
{
	char uri[AY_LIMIT_REF + 320];

	ay_jw_key(w, "inputAttestations");
	ay_jw_array(w);
	for (size_t i = 0; i < c->claims.n; i++) {
		if (!c->claims.v[i].counts)
			continue;
		snprintf(uri, sizeof(uri), "assay:%s#%s", c->art.ref.text, c->claims.v[i].name);
		ay_jw_object(w);
		ay_jw_kstr(w, "uri", uri);
		digest(w, &c->claims.v[i].id);
		ay_jw_object_end(w);
	}
	snprintf(uri, sizeof(uri), "assay:%s#report.json", c->art.ref.text);
	ay_jw_object(w);
	ay_jw_kstr(w, "uri", uri);
	digest(w, report);
	ay_jw_object_end(w);
	ay_jw_array_end(w);
}

static void predicate(struct ay_jw *w, const struct ay_candidate *c, const struct ay_sha256 *report)
{
	bool passed = c->judged.verdict <= AY_WARN;
	char hex[AY_SHA256_HEX], text[AY_LIMIT_REF + 64], when[24];

	ay_jw_key(w, "predicate");
	ay_jw_object(w);
	ay_jw_key(w, "verifier");
	ay_jw_object(w);
	ay_sha256_hex(&ay_key_public(c->g->key)->id, hex);
	snprintf(text, sizeof(text), "https://assay.dev/gate/%s", hex);
	ay_jw_kstr(w, "id", text);
	ay_jw_key(w, "version");
	ay_jw_object(w);
	ay_jw_kstr(w, "assay", PACKAGE_VERSION);
	ay_jw_object_end(w);
	ay_jw_object_end(w);
	ay_time_format(c->now_s, when);
	ay_jw_kstr(w, "timeVerified", when);
	snprintf(text, sizeof(text), "assay:%s", c->art.ref.text);
	ay_jw_kstr(w, "resourceUri", text);
	ay_jw_key(w, "policy");
	ay_jw_object(w);
	ay_jw_kstr(w, "uri", "assay:policy.yaml");
	digest(w, ay_policy_digest(c->policy));
	ay_jw_object_end(w);
	inputs(w, c, report);
	ay_jw_kstr(w, "verificationResult", passed ? "PASSED" : "FAILED");
	ay_jw_key(w, "verifiedLevels");
	ay_jw_array(w);
	snprintf(text, sizeof(text), "ASSAY_%s", c->judged.verdict == AY_PASS ? "PASS" : "WARN");
	ay_jw_str(w, passed ? text : "FAILED");
	ay_jw_array_end(w);
	ay_jw_kstr(w, "slsaVersion", "1.0");
	ay_jw_object_end(w);
}

int ay_hallmark(struct ay_candidate *c, const struct ay_sha256 *report, struct ay_buf *out)
{
	struct ay_buf st = ay_buf_new(MIB);
	struct ay_jw w = ay_jw_new(&st, false);
	int rc;

	ay_jw_object(&w);
	ay_jw_kstr(&w, "_type", "https://in-toto.io/Statement/v1");
	subjects(&w, c);
	ay_jw_kstr(&w, "predicateType", AY_PREDICATE_VSA);
	predicate(&w, c, report);
	ay_jw_object_end(&w);
	rc = st.err ? st.err : ay_bundle_sign(c->g->key, st.data, st.len, out);
	ay_buf_free(&st);
	return rc;
}
