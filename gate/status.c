/* SPDX-License-Identifier: Apache-2.0 */
/* What is going on: status.json of an artifact and of the store, and metrics for Prometheus. */
#include "assay/text.h"
#include "gate/intake.h"
#include "gate/views.h"

static int put_claim(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg)
{
	struct ay_jw *w = arg;
	char hex[AY_SHA256_HEX];

	ay_sha256_hex(claim, hex);
	ay_jw_object(w);
	ay_jw_kstr(w, "name", name);
	ay_jw_kstr(w, "sha256", hex);
	if (log_index != UINT64_MAX)
		ay_jw_ku64(w, "log_index", log_index);
	ay_jw_object_end(w);
	return 0;
}

static void when(struct ay_jw *w, const char *key, int64_t s)
{
	char text[24];

	ay_time_format(s, text);
	ay_jw_kstr(w, key, text);
}

static int standing(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_error *e)
{
	const struct ay_policy *p = ay_gate_policy(g);
	const struct ay_trust *tr = ay_gate_trust(g);
	int rc = ay_standing(g, t, p, tr, a, e);

	ay_gate_policy_release(g, p);
	ay_gate_trust_release(g, tr);
	return rc;
}

int ay_status_artifact(struct ay_gate *g, const struct ay_artifact *stored, struct ay_buf *out)
{
	struct ay_jw w = ay_jw_new(out, true);
	struct ay_artifact a = *stored;
	char hex[AY_SHA256_HEX];
	struct ay_intake *in;
	struct ay_error e;
	struct ay_txn *t;
	int rc;

	/* What it waits for is known to the intake only. */
	if (a.state == AY_OPEN && ay_intake_find(g, a.ref.text, &in) == 0) {
		ay_intake_artifact(in, &a);
		ay_intake_unref(in);
	}
	rc = ay_read_begin(g->store, &t);
	if (rc)
		return rc;
	ay_jw_object(&w);
	ay_jw_kstr(&w, "ref", a.ref.text);
	ay_jw_kstr(&w, "state", ay_state_name(a.state));
	ay_jw_kstr(&w, "reason", a.reason);
	ay_jw_ku64(&w, "uid", a.uid);
	ay_jw_ku64(&w, "files", a.files);
	ay_jw_ku64(&w, "bytes", a.bytes);
	when(&w, "created", a.created_s);
	when(&w, "changed", a.changed_s);
	if (a.state == AY_ADMITTED) {
		ay_sha256_hex(&a.root, hex);
		ay_jw_kstr(&w, "root", hex);
		rc = standing(g, t, &a, &e);
		ay_jw_kbool(&w, "readable", rc == 0);
		if (rc)
			ay_jw_kstr(&w, "unreadable_because", e.msg);
	}
	if (a.log_index != UINT64_MAX)
		ay_jw_ku64(&w, "log_index", a.log_index);
	ay_jw_key(&w, "claims");
	ay_jw_array(&w);
	rc = ay_claim_each(t, a.id, put_claim, &w);
	ay_jw_array_end(&w);
	ay_jw_object_end(&w);
	ay_buf_addc(out, '\n');
	ay_read_end(t);
	return rc && rc != AY_ENOTFOUND ? rc : out->err;
}

int ay_status_store(struct ay_gate *g, struct ay_buf *out)
{
	const struct ay_trust *tr = ay_gate_trust(g);
	struct ay_jw w = ay_jw_new(out, true);
	struct ay_store_stats s;
	char hex[AY_SHA256_HEX];
	int rc = ay_store_stats(g->store, &s);

	if (rc == 0) {
		ay_jw_object(&w);
		ay_jw_kstr(&w, "assay", PACKAGE_VERSION);
		ay_jw_kstr(&w, "store", ay_store_dir(g->store));
		ay_jw_kstr(&w, "log_origin", g->origin);
		ay_jw_ku64(&w, "log_size", s.log_size);
		ay_jw_ku64(&w, "trust_version", tr->version);
		when(&w, "trust_expires", tr->expires_s);
		pthread_mutex_lock(&g->lock);
		ay_jw_ku64(&w, "policy_version", g->policy_version);
		ay_sha256_hex(&g->policy_digest, hex);
		pthread_mutex_unlock(&g->lock);
		ay_jw_kstr(&w, "policy_sha256", hex);
		ay_jw_key(&w, "artifacts");
		ay_jw_object(&w);
		for (int i = AY_OPEN; i <= AY_RETIRED; i++)
			ay_jw_ku64(&w, ay_state_name((enum ay_state)i), s.artifacts[i]);
		ay_jw_object_end(&w);
		ay_jw_ku64(&w, "objects", s.objects);
		ay_jw_ku64(&w, "object_bytes", s.object_bytes);
		ay_jw_ku64(&w, "catalogue_used", s.map_used);
		ay_jw_ku64(&w, "catalogue_size", s.map_size);
		ay_jw_object_end(&w);
		ay_buf_addc(out, '\n');
	}
	ay_gate_trust_release(g, tr);
	return rc ? rc : out->err;
}

static void metric(struct ay_buf *out, const char *name, const char *help, uint64_t v)
{
	ay_buf_addf(out, "# HELP assay_%s %s\n# TYPE assay_%s gauge\nassay_%s %llu\n", name, help, name, name, (unsigned long long)v);
}

int ay_status_metrics(struct ay_gate *g, struct ay_buf *out)
{
	const struct ay_trust *tr = ay_gate_trust(g);
	int64_t left = tr->expires_s - ay_time_now();
	struct ay_store_stats s;
	int rc = ay_store_stats(g->store, &s);

	if (rc == 0) {
		ay_buf_adds(out, "# HELP assay_artifacts Artifacts by state.\n# TYPE assay_artifacts gauge\n");
		for (int i = AY_OPEN; i <= AY_RETIRED; i++)
			ay_buf_addf(out, "assay_artifacts{state=\"%s\"} %llu\n", ay_state_name((enum ay_state)i), (unsigned long long)s.artifacts[i]);
		metric(out, "objects", "Sealed objects.", s.objects);
		metric(out, "object_bytes", "Bytes of sealed objects.", s.object_bytes);
		metric(out, "log_size", "Leaves of the transparency log.", s.log_size);
		metric(out, "catalogue_used_bytes", "Bytes of the catalogue in use.", s.map_used);
		metric(out, "catalogue_size_bytes", "Bytes that the catalogue may grow to.", s.map_size);
		metric(out, "trust_version", "Version of the trust root in force.", tr->version);
		metric(out, "trust_seconds_left", "Seconds until the trust root expires; 0 when it has.", left > 0 ? (uint64_t)left : 0);
	}
	ay_gate_trust_release(g, tr);
	return rc ? rc : out->err;
}
