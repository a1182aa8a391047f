/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The durable order of DESIGN 4.2: objects are placed and synced, then one
 * commit says everything at once (tree, references, claims, records, log leaves
 * for each claim and for the verdict), then objects are sealed, then the mount
 * is told. A crash before the commit leaves an open artifact, after it an
 * admitted one; nothing in between can be seen (INV-4, INV-5, INV-8).
 */
#include <errno.h>
#include "assay/fd.h"
#include "assay/text.h"
#include "gate/candidate.h"

#define PLACE_AGAIN 3

struct leaf { struct ay_buf b; };

struct verdict {
	struct ay_candidate *c;
	bool held_tree;
	struct ay_artifact art;              /* as it will be */
	struct ay_buf report, hallmark, minisig;
	struct ay_buf hallmark_leaf;
	struct leaf *leaves;                 /* one a claim; empty: logged already or does not count */
	uint64_t *claim_index;
};

static enum ay_state state_for(enum ay_verdict v)
{
	if (v <= AY_WARN)
		return AY_ADMITTED;
	return v == AY_FAIL ? AY_REJECTED : AY_HELD;
}

/* ---- what is made before the commit ---- */

static int sign_manifest(struct verdict *v)
{
	struct ay_buf text = ay_buf_new((size_t)4 * GIB);
	uint8_t hash[64];
	char comment[AY_LIMIT_REF + 64];
	int rc = ay_manifest_text(&v->c->files, &text);

	if (rc == 0) {
		ay_blake2b(text.data, text.len, hash, sizeof(hash));
		snprintf(comment, sizeof(comment), "timestamp:%lld file:manifest.sha256 ref:%s", (long long)v->c->now_s, v->art.ref.text);
		rc = ay_minisign_sign(v->c->g->manifest_key, hash, comment, &v->minisig);
	}
	ay_buf_free(&text);
	return rc;
}

static int claim_leaves(struct verdict *v)
{
	const struct ay_claim_list *l = &v->c->claims;
	int rc = 0;

	v->leaves = calloc(l->n + 1, sizeof(*v->leaves));
	v->claim_index = calloc(l->n + 1, sizeof(*v->claim_index));
	if (!v->leaves || !v->claim_index)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < l->n; i++) {
		const struct ay_claim *k = &l->v[i];
		const struct ay_pubkey *signer = k->counts ? ay_trust_key(v->c->trust, &k->signers[0]) : NULL;

		v->leaves[i].b = ay_buf_new(AY_LIMIT_LOG_LEAF);
		if (signer && k->log_index == UINT64_MAX)
			rc = ay_envelope_leaf(&k->env, signer, &v->leaves[i].b);
	}
	return rc;
}

static int prepare(struct verdict *v, struct ay_error *e)
{
	struct ay_sha256 report;
	int rc = ay_report(v->c, &v->report);

	if (rc == 0) {
		report = ay_sha256_of(v->report.data, v->report.len);
		rc = ay_hallmark(v->c, &report, &v->hallmark);
	}
	if (rc == 0)
		rc = ay_bundle_leaf(v->hallmark.data, v->hallmark.len, ay_key_public(v->c->g->key), &v->hallmark_leaf);
	if (rc == 0)
		rc = claim_leaves(v);
	if (rc == 0 && v->art.state == AY_ADMITTED)
		rc = sign_manifest(v);
	return rc ? ay_error_set(e, rc, "the verdict cannot be signed: %s", ay_strerror(rc)) : 0;
}

static void verdict_free(struct verdict *v)
{
	for (size_t i = 0; v->leaves && i < v->c->claims.n; i++)
		ay_buf_free(&v->leaves[i].b);
	free(v->leaves);
	free(v->claim_index);
	ay_buf_free(&v->report);
	ay_buf_free(&v->hallmark);
	ay_buf_free(&v->hallmark_leaf);
	ay_buf_free(&v->minisig);
}

/* ---- the commit ---- */

/* The name may have been taken since the gates began. */
static int take_name(struct ay_txn *t, struct verdict *v)
{
	struct ay_artifact other;
	struct ay_tag tag;
	int rc = ay_artifact_get(t, v->art.ref.text, &other);

	if (rc == 0 && (other.id != v->art.id || other.state == AY_ADMITTED))
		return AY_EEXISTS;
	if (rc && rc != AY_ENOTFOUND)
		return rc;
	rc = ay_tag_get(t, v->art.ref.name, v->art.ref.version, &tag);
	return rc == 0 ? AY_EEXISTS : rc == AY_ENOTFOUND ? 0 : rc;
}

static bool is_upstream(const struct ay_claim *k)
{
	return k->has_env && strncmp(k->name, "upstream-", 9) == 0;
}

static int write_claims(struct ay_txn *t, struct verdict *v)
{
	struct ay_claim_list *l = &v->c->claims;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < l->n; i++) {
		struct ay_sha256 id;

		v->claim_index[i] = l->v[i].log_index;
		if (v->leaves[i].b.len)
			rc = ay_log_append(t, v->leaves[i].b.data, v->leaves[i].b.len, &v->claim_index[i]);
		/*
		 * A rejected artifact keeps its claims where they came in. What does not count is kept with a held tree,
		 * and when import named it: it is the origin's word, not logged as ours.
		 */
		if (rc || v->art.state == AY_REJECTED ||
		    (!l->v[i].counts && !(v->art.state == AY_HELD && v->held_tree) && !is_upstream(&l->v[i])))
			continue;
		rc = ay_claim_put(t, l->v[i].bytes, l->v[i].len, &id);
		if (rc == 0)
			rc = ay_claim_attach(t, v->art.id, &id, l->v[i].name, v->claim_index[i]);
		if (rc == 0)
			rc = ay_claim_index_subject(t, &v->c->root, &id);
	}
	return rc;
}

static int write_tree(struct ay_txn *t, struct verdict *v)
{
	const struct ay_file_list *l = &v->c->files;
	bool keep = v->art.state == AY_ADMITTED || (v->art.state == AY_HELD && v->held_tree);
	int rc = 0;

	if (v->c->art.top) {
		/* The tree is in the catalogue already: a held one that is judged again. */
		v->art.top = keep ? v->c->art.top : 0;
		return keep ? 0 : ay_nodes_drop(t, v->c->art.top);
	}
	if (!keep)
		return 0;
	for (size_t i = 0; rc == 0 && i < l->n; i++)
		rc = ay_object_ref(t, &l->v[i].sha256, l->v[i].size);
	return rc ? rc : ay_nodes_put(t, v->art.id, l, &v->art.top);
}

static int write_signers(struct ay_txn *t, struct verdict *v)
{
	struct ay_claim_list *l = &v->c->claims;
	struct ay_buf b = ay_buf_new(MIB);
	int rc;

	for (size_t i = 0; i < l->n; i++)
		l->v[i].log_index = v->claim_index[i];
	rc = ay_claims_signers_text(l, &b);
	if (rc == 0)
		rc = ay_record_put(t, v->art.id, "signers", b.data, b.len);
	ay_buf_free(&b);
	return rc;
}

static int write_records(struct ay_txn *t, struct verdict *v)
{
	int rc = ay_record_put(t, v->art.id, "report.json", v->report.data, v->report.len);

	if (rc == 0)
		rc = ay_record_put(t, v->art.id, "hallmark.sigstore.json", v->hallmark.data, v->hallmark.len);
	if (rc || v->art.state != AY_ADMITTED)
		return rc;
	rc = ay_record_put(t, v->art.id, "manifest.sha256.minisig", v->minisig.data, v->minisig.len);
	if (rc == 0)
		rc = write_signers(t, v);
	if (rc == 0)
		rc = ay_root_index(t, &v->c->root, v->art.id);
	if (rc == 0 && !ay_sha256_eq(&v->c->root, &v->c->alias))
		rc = ay_root_index(t, &v->c->alias, v->art.id);
	return rc;
}

static int write_decision(struct ay_txn *t, const struct ay_candidate *c, uint64_t artifact)
{
	struct ay_decision d = { .verdict = c->judged.verdict, .baseline = c->baseline_version };
	struct ay_buf b = ay_buf_new(4096);
	uint8_t key[AY_ADMISSION_KEY];
	int rc;

	for (size_t i = 0; i < c->claims.n; i++)
		if (c->claims.v[i].proves)
			d.proof[d.nproofs++] = c->claims.v[i].log_index;
	snprintf(d.reason, sizeof(d.reason), "%s", c->judged.reason);
	ay_admission_key(artifact, &c->rules->digest, c->trust->version, key);
	rc = ay_decision_encode(&d, &b);
	if (rc == 0)
		rc = ay_doc_put(t, AY_TABLE_ADMISSION, key, sizeof(key), b.data, b.len);
	ay_buf_free(&b);
	return rc;
}

static int write_scans(struct ay_txn *t, const struct ay_candidate *c)
{
	struct ay_buf b = ay_buf_new(AY_NOTE_MAX);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->fresh.n; i++) {
		ay_buf_clear(&b);
		rc = ay_note_encode(c->fresh.note[i], &b);
		if (rc == 0)
			rc = ay_doc_put(t, AY_TABLE_SCAN, c->fresh.key[i].b, sizeof(c->fresh.key[i].b), b.data, b.len);
	}
	ay_buf_free(&b);
	return rc;
}

static int write_verdict(struct ay_txn *t, void *arg)
{
	struct verdict *v = arg;
	int rc = take_name(t, v);

	if (rc == 0)
		rc = ay_artifact_put(t, &v->art);
	if (rc == 0)
		rc = write_claims(t, v);
	if (rc == 0)
		rc = write_tree(t, v);
	if (rc == 0)
		rc = ay_log_append(t, v->hallmark_leaf.data, v->hallmark_leaf.len, &v->art.log_index);
	if (rc == 0)
		rc = write_records(t, v);
	if (rc == 0 && v->art.state == AY_ADMITTED)
		rc = write_decision(t, v->c, v->art.id);
	if (rc == 0)
		rc = write_scans(t, v->c);
	if (rc == 0)
		rc = ay_drift_reference_write(t, v->c, v->art.id);
	if (rc == 0)
		rc = ay_drift_pool_write(t, v->c, v->art.id);
	return rc ? rc : ay_artifact_put(t, &v->art);
}

static int place_all(struct ay_candidate *c, const struct ay_placer *placer, struct ay_error *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->files.n; i++)
		rc = placer->place(placer->arg, i, e);
	if (rc == 0)
		rc = ay_objects_sync(c->g->store, e);
	return rc;
}

/* Policy or trust changed while the gates ran: what was admitted under the old ones is judged again, until then it cannot be opened. */
static void catch_up(struct ay_candidate *c)
{
	const struct ay_policy *p = ay_gate_policy(c->g);

	if (p != c->policy && ay_rejudge(c->g, &c->art, NULL) == 0)
		ay_gate_bump(c->g);
	ay_gate_policy_release(c->g, p);
}

int ay_admit(struct ay_candidate *c, const struct ay_placer *placer, bool held_tree, struct ay_error *e)
{
	struct verdict v = {
		.c = c, .held_tree = held_tree,
		.report = ay_buf_new(AY_LIMIT_REPORT), .hallmark = ay_buf_new(4 * MIB), .hallmark_leaf = ay_buf_new(AY_LIMIT_LOG_LEAF),
		.minisig = ay_buf_new(64 * KIB),
	};
	int rc;

	c->art.state = state_for(c->judged.verdict);
	c->art.changed_s = c->now_s;
	snprintf(c->art.reason, sizeof(c->art.reason), "%s", c->judged.reason);
	v.art = c->art;
	rc = ay_store_room(c->g->store, (uint64_t)c->files.n * 512 + 64 * MIB, e);
	if (rc == 0)
		rc = prepare(&v, e);
	AY_FAILPOINT("admit-before-commit");
	for (int turn = 0; rc == 0; turn++) {
		uint64_t id = v.art.id;

		rc = ay_commit(c->g->store, write_verdict, &v, e);
		if (rc != AY_ECORRUPT || !placer || turn == PLACE_AGAIN)
			break;
		/* A collector took an object between its placing and the commit. */
		v.art.id = id;
		v.art.top = c->art.top;
		rc = place_all(c, placer, e);
	}
	if (rc == AY_EEXISTS) {
		ay_error_set(e, rc, "%s exists with other content; a version is taken for ever", c->art.ref.text);
		ay_error_next(e, "publish under another version");
	}
	if (rc == 0) {
		AY_FAILPOINT("admit-after-commit");
		c->art = v.art;
		for (size_t i = 0; i < c->claims.n; i++)
			c->claims.v[i].log_index = v.claim_index[i];
	}
	verdict_free(&v);
	if (rc)
		return rc;
	if (c->art.state == AY_ADMITTED)
		catch_up(c);
	ay_highwater_raise(c->g);
	ay_drift_pool_after(c);
	return 0;
}

/* ---- again, for what is admitted ---- */

static int write_rejudged(struct ay_txn *t, void *arg)
{
	struct ay_candidate *c = arg;
	int rc = write_decision(t, c, c->art.id);

	return rc ? rc : write_scans(t, c);
}

int ay_rejudge(struct ay_gate *g, const struct ay_artifact *a, struct ay_error *e)
{
	struct ay_candidate *c;
	int rc = ay_candidate_from_tree(g, a, true, &c, e);

	if (rc)
		return rc;
	rc = ay_judge(c, e);
	/* A worker that failed proves nothing either way: no decision is recorded, and the artifact stays closed. */
	if (rc == 0 && (c->judged.verdict == AY_ERROR || c->judged.verdict == AY_INCONCLUSIVE))
		rc = ay_error_set(e, AY_ESTATE, "%s: %s", a->ref.text, c->judged.reason);
	else if (rc == 0)
		rc = ay_commit(g->store, write_rejudged, c, e);
	if (rc == 0 && c->judged.verdict > AY_WARN)
		rc = ay_error_set(e, AY_EPOLICY, "%s: %s", a->ref.text, c->judged.reason);
	ay_candidate_free(c);
	return rc;
}
