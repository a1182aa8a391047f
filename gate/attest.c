/* SPDX-License-Identifier: Apache-2.0 */
/* Claims that come by themselves, before or after admission; and waiting for a verdict. */
#include <errno.h>
#include "assay/fd.h"
#include "assay/text.h"
#include "gate/intake.h"

static int may_attest(struct ay_gate *g, const struct ay_artifact *a, const struct ay_cred *c, struct ay_error *e)
{
	if (c->uid == a->uid || ay_gate_may(g, c, a->ref.name, AY_RIGHT_ATTEST))
		return 0;
	ay_error_set(e, AY_EACCESS, "only the writer of %s or a holder of the attest right may add claims", a->ref.text);
	ay_error_next(e, "ask the owner for an attest entry under access: in the policy");
	return AY_EACCESS;
}

/* ---- to what is not admitted: a file, looked at when it settles ---- */

static int stage(struct ay_gate *g, const struct ay_artifact *a, const char *name, const void *bytes, size_t len, struct ay_error *e)
{
	struct ay_intake *in;
	int rc = ay_intake_find(g, a->ref.text, &in);
	int AY_CLEANUP_FD dir = -1;

	if (rc)
		return ay_error_set(e, rc, "%s cannot be opened: %s", a->ref.text, ay_strerror(rc));
	dir = ay_staging_claims_fd(g->store, a->id);
	rc = dir < 0 ? ay_error_set(e, dir, "the staged claims cannot be opened: %s", ay_strerror(dir))
		     : ay_write_file(dir, name, bytes, len, 0600, e);
	if (rc == 0) {
		pthread_mutex_lock(&in->lock);
		in->claims_dirty = true;
		in->touched_s = ay_time_now();
		ay_intake_settle(in);
		pthread_mutex_unlock(&in->lock);
	}
	ay_intake_unref(in);
	return rc;
}

/* ---- to what is admitted: only what verifies, logged ---- */

struct adding {
	struct ay_candidate *c;              /* with the new claims only */
	struct ay_buf *leaves;
};

static int write_added(struct ay_txn *t, void *arg)
{
	struct adding *d = arg;
	struct ay_claim_list *l = &d->c->claims;
	struct ay_buf signers = ay_buf_new(MIB), more = ay_buf_new(MIB);
	int rc = ay_record_get(t, d->c->art.id, "signers", &signers);

	if (rc == AY_ENOTFOUND)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < l->n; i++) {
		struct ay_sha256 id;

		rc = ay_claim_put(t, l->v[i].bytes, l->v[i].len, &id);
		if (rc == 0)
			rc = ay_log_append(t, d->leaves[i].data, d->leaves[i].len, &l->v[i].log_index);
		if (rc == 0)
			rc = ay_claim_attach(t, d->c->art.id, &id, l->v[i].name, l->v[i].log_index);
		if (rc == 0)
			rc = ay_claim_index_subject(t, &d->c->art.root, &id);
		if (rc == 0 && l->v[i].proves)
			rc = ay_decision_add_proof(t, d->c->art.id, &d->c->rules->digest, l->v[i].log_index);
	}
	if (rc == 0)
		rc = ay_claims_signers_text(l, &more);
	ay_buf_add(&signers, more.data, more.len);
	if (rc == 0)
		rc = signers.err ? signers.err : ay_record_put(t, d->c->art.id, "signers", signers.data, signers.len);
	ay_buf_free(&signers);
	ay_buf_free(&more);
	return rc;
}

/* It must be about this very tree: a claim of other content beside an admitted artifact would only confuse. */
static int about_it(const struct ay_candidate *c, const struct ay_claim *k, struct ay_error *e)
{
	struct ay_sha256 spec, component;

	if (!k->counts) {
		ay_error_set(e, AY_ETRUST, "%.380s", k->why.msg);
		ay_error_where(e, "%s", k->name);
		return AY_ETRUST;
	}
	if (k->kind == AY_CLAIM_SIGNATURE) {
		if (ay_oms_roots(&k->oms.files, &spec, &component))
			return ay_error_set(e, -ENOMEM, "out of memory");
		if (ay_sha256_eq(&spec, &c->art.root))
			return 0;
	} else if (ay_statement_has_subject(&k->st, &c->art.root) || ay_statement_has_subject(&k->st, &c->art.root_alias)) {
		return 0;
	}
	ay_error_set(e, AY_EPOLICY, "%s is about other files than those of %s", k->name, c->art.ref.text);
	return AY_EPOLICY;
}

static int already_there(struct ay_gate *g, struct ay_candidate *c, const struct ay_claim_list *fresh)
{
	struct ay_candidate old = { .g = g, .art = c->art };
	size_t same = 0;
	int rc = ay_candidate_attached(&old, NULL);

	for (size_t i = 0; rc == 0 && i < fresh->n; i++)
		for (size_t k = 0; k < old.claims.n; k++)
			same += ay_sha256_eq(&fresh->v[i].id, &old.claims.v[k].id);
	if (rc == 0 && old.claims.n + fresh->n > AY_LIMIT_CLAIMS_PER_ARTIFACT)
		rc = AY_ELIMIT;
	ay_claims_free(&old.claims);
	return rc ? rc : same == fresh->n;
}

static int attach(struct ay_gate *g, const struct ay_artifact *a, const char *name, const void *bytes, size_t len, struct ay_error *e)
{
	struct adding d = { 0 };
	struct ay_claim_list *l;
	int rc = ay_candidate_new(g, &a->ref, &d.c, e);

	if (rc)
		return rc;
	d.c->art = *a;
	l = &d.c->claims;
	rc = ay_claims_add(l, name, bytes, len, UINT64_MAX, e);
	ay_claims_verify(l, d.c->trust, d.c->rules, &a->ref);
	d.c->root = a->root;
	d.c->alias = a->root_alias;
	for (size_t i = 0; rc == 0 && i < l->n; i++) {
		rc = about_it(d.c, &l->v[i], e);
		l->v[i].proves = rc == 0 && ay_provenance_holds(d.c, &l->v[i]);
	}
	if (rc == 0) {
		rc = already_there(g, d.c, l);
		if (rc < 0)
			ay_error_set(e, rc, rc == AY_ELIMIT ? "%s has as many claims as an artifact may have" : "the claims of %s cannot be read",
				     a->ref.text);
	}
	if (rc == 0)
		d.leaves = calloc(l->n + 1, sizeof(*d.leaves));
	for (size_t i = 0; rc == 0 && i < l->n; i++) {
		const struct ay_pubkey *signer = ay_trust_key(d.c->trust, &l->v[i].signers[0]);

		d.leaves[i] = ay_buf_new(AY_LIMIT_LOG_LEAF);
		rc = signer ? ay_envelope_leaf(&l->v[i].env, signer, &d.leaves[i]) : AY_EINTERNAL;
		if (rc)
			ay_error_set(e, rc, "the claim cannot be logged: %s", ay_strerror(rc));
	}
	if (rc == 0)
		rc = ay_commit(g->store, write_added, &d, e);
	for (size_t i = 0; d.leaves && i < l->n; i++)
		ay_buf_free(&d.leaves[i]);
	free(d.leaves);
	ay_candidate_free(d.c);
	if (rc)
		return rc < 0 ? rc : 0;
	ay_gate_bump(g);
	ay_highwater_raise(g);
	ay_gate_fire(g, a->ref.text, AY_ADMITTED);
	return 0;
}

static int get(struct ay_gate *g, const char *ref, struct ay_artifact *out, struct ay_error *e)
{
	struct ay_txn *t;
	int rc = ay_read_begin(g->store, &t);

	if (rc == 0) {
		rc = ay_artifact_get(t, ref, out);
		ay_read_end(t);
	}
	if (rc == AY_ENOTFOUND)
		return ay_error_set(e, rc, "there is no artifact %s", ref);
	return rc ? ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc)) : 0;
}

int ay_gate_add_claim(struct ay_gate *g, const char *ref, const struct ay_cred *c, const char *name, const void *bytes, size_t len,
		      struct ay_error *e)
{
	struct ay_artifact a;
	int rc = get(g, ref, &a, e);

	if (rc == 0 && !ay_claim_name(name)) {
		rc = ay_error_set(e, AY_EUSAGE, "%s is not a claim's name", name);
		ay_error_next(e, "name it model.sig, *.sigstore.json or *.intoto.jsonl");
	}
	if (rc == 0 && (!len || len > AY_LIMIT_CLAIM))
		rc = ay_error_set(e, AY_ELIMIT, "a claim has 1 to %llu bytes", (unsigned long long)AY_LIMIT_CLAIM);
	if (rc == 0)
		rc = may_attest(g, &a, c, e);
	if (rc)
		return rc;
	switch (a.state) {
	case AY_OPEN:
	case AY_HELD:
		return stage(g, &a, name, bytes, len, e);
	case AY_ADMITTED:
		return attach(g, &a, name, bytes, len, e);
	default:
		return ay_error_set(e, AY_ESTATE, "%s is %s and takes no claims", ref, ay_state_name(a.state));
	}
}

/* ---- waiting ---- */

static bool at_work(const struct ay_intake *in)
{
	return in->judging || in->settling || in->busy;
}

/* Until no gate runs; and when the caller waits for the verdict itself, until there is one. */
static void wait_for(struct ay_intake *in, int timeout_ms)
{
	int64_t end = ay_time_mono_ms() + timeout_ms;

	pthread_mutex_lock(&in->lock);
	while (!in->gone && (at_work(in) || (timeout_ms && in->art.state == AY_OPEN))) {
		struct timespec ts = { .tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000 };

		if (timeout_ms <= 0)
			pthread_cond_wait(&in->changed, &in->lock);
		else if (pthread_cond_timedwait(&in->changed, &in->lock, &ts) == ETIMEDOUT)
			break;
	}
	pthread_mutex_unlock(&in->lock);
}

int ay_gate_wait(struct ay_gate *g, const char *ref, int timeout_ms, struct ay_artifact *out, struct ay_error *e)
{
	struct ay_intake *in;
	int rc = ay_intake_find(g, ref, &in);

	if (rc)
		return get(g, ref, out, e);
	wait_for(in, timeout_ms);
	ay_intake_artifact(in, out);
	ay_intake_unref(in);
	return 0;
}
