/* SPDX-License-Identifier: Apache-2.0 */
/* Tags that move, versions that are withdrawn: what a curator signs about artifacts that are here. */
#include "gate/withdraw.h"

#include "assay/change.h"
#include "assay/text.h"
#include "gate/core.h"

/* ---- statements ---- */

static int finish_statement(const char *kind, const char *subject, const struct ay_sha256 *root, struct ay_jw *w, struct ay_buf *out)
{
	ay_jw_object_end(w);
	int r = w->b->err ? w->b->err : ay_own_statement(kind, subject, root, ay_buf_str(w->b), out);

	ay_buf_free(w->b);
	return r;
}

int ay_tag_statement(const char *name, const char *tag, const char *version, uint64_t seq, const struct ay_sha256 *root, struct ay_buf *out)
{
	struct ay_buf b = ay_buf_new(16 * KIB);
	struct ay_jw w = ay_jw_new(&b, false);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "name", name);
	ay_jw_kstr(&w, "tag", tag);
	ay_jw_kstr(&w, "version", version);
	ay_jw_ku64(&w, "seq", seq);
	return finish_statement("tag/v1", name, root, &w, out);
}

static int withdraw_statement(const char *kind, const char *ref, const struct ay_sha256 *root, const char *reason, struct ay_buf *out)
{
	struct ay_buf b = ay_buf_new(16 * KIB);
	struct ay_jw w = ay_jw_new(&b, false);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "ref", ref);
	ay_jw_kstr(&w, "reason", reason);
	return finish_statement(kind, ref, root, &w, out);
}

int ay_retire_statement(const char *ref, const struct ay_sha256 *root, const char *reason, struct ay_buf *out)
{
	return withdraw_statement("retire/v1", ref, root, reason, out);
}

int ay_revoke_statement(const char *ref, const struct ay_sha256 *root, const char *reason, struct ay_buf *out)
{
	return withdraw_statement("revoke/v1", ref, root, reason, out);
}

/* ---- verification ---- */

/* The name that the curator must be allowed for stands inside the statement: read first, then verified with it. */
static int unread_text(const void *bundle, size_t len, const char *field, char out[AY_LIMIT_REF + 1], struct ay_error *e)
{
	struct ay_envelope env;
	struct ay_statement st;
	int r = ay_envelope_parse(bundle, len, &env, e);

	if (r < 0)
		return r;
	r = ay_statement_parse(env.payload, env.payload_len, &st, e);
	ay_envelope_free(&env);
	if (r < 0)
		return r;
	const char *text = ay_json_str(ay_json_get(st.predicate, field), NULL);

	if (!text || strlen(text) > AY_LIMIT_REF)
		r = ay_error_set(e, AY_EFORMAT, "the change does not say its %s", field);
	else
		snprintf(out, AY_LIMIT_REF + 1, "%s", text);
	ay_statement_free(&st);
	return r;
}

static int verify(struct ay_gate *g, const char *name, const char *kind, const void *bundle, size_t len, struct ay_statement *st,
		  struct ay_buf *leaf, struct ay_error *e)
{
	const struct ay_trust *trust = ay_gate_trust(g);
	struct ay_pubkey signer;
	int r = ay_own_verify(trust, AY_ROLE_CURATOR, name, kind, bundle, len, UINT64_MAX, st, &signer, e);

	ay_gate_trust_release(g, trust);
	if (r < 0)
		return r;
	r = ay_bundle_leaf(bundle, len, &signer, leaf);
	if (r < 0) {
		ay_statement_free(st);
		ay_error_set(e, r, "the change cannot be logged: %s", ay_strerror(r));
	}
	return r;
}

/* ---- tag ---- */

struct move {
	struct ay_tag tag;
	const struct ay_statement *st;
	struct ay_buf *leaf;
	struct ay_error e;
};

static int commit_move(struct ay_txn *t, void *arg)
{
	struct move *m = arg;
	struct ay_artifact a;
	struct ay_tag old;
	char ref[2 * AY_LIMIT_REF];
	uint64_t index;

	snprintf(ref, sizeof(ref), "%s@%s", m->tag.name, m->tag.tag);
	if (ay_artifact_get(t, ref, &a) == 0) {
		ay_error_set(&m->e, AY_EEXISTS, "%s is a version; a tag and a version may not share a name", ref);
		ay_error_next(&m->e, "choose another tag");
		return AY_EEXISTS;
	}
	snprintf(ref, sizeof(ref), "%s@%s", m->tag.name, m->tag.version);
	int r = ay_artifact_get(t, ref, &a);

	if (r < 0)
		return ay_error_set(&m->e, r, "there is no artifact %s", ref);
	if (a.state != AY_ADMITTED)
		return ay_error_set(&m->e, AY_ESTATE, "%s is %s; a tag points to what is admitted", ref, ay_state_name(a.state));
	if (!ay_statement_has_subject(m->st, &a.root))
		return ay_error_set(&m->e, AY_EDIGEST, "the change was signed for other content than %s has", ref);
	uint64_t last = ay_tag_get(t, m->tag.name, m->tag.tag, &old) == 0 ? old.seq : 0;

	if (m->tag.seq != last + 1)
		return ay_error_set(&m->e, AY_EEXISTS, "move %llu of the tag does not follow %llu", (unsigned long long)m->tag.seq,
				    (unsigned long long)last);
	r = ay_log_append(t, m->leaf->data, m->leaf->len, &index);
	return r < 0 ? r : ay_tag_put(t, &m->tag);
}

static int read_tag(const struct ay_statement *st, const char *name, struct ay_tag *tag, struct ay_error *e)
{
	const char *text = ay_json_str(ay_json_get(st->predicate, "tag"), NULL);
	const char *version = ay_json_str(ay_json_get(st->predicate, "version"), NULL);

	if (!text || !version || !ay_component_ok(text, strlen(text)) || !ay_component_ok(version, strlen(version)) ||
	    strlen(text) > AY_LIMIT_VERSION || strlen(version) > AY_LIMIT_VERSION ||
	    ay_json_u64(ay_json_get(st->predicate, "seq"), &tag->seq) < 0)
		return ay_error_set(e, AY_EFORMAT, "a tag has a name, a version and a sequence number");
	snprintf(tag->name, sizeof(tag->name), "%s", name);
	snprintf(tag->tag, sizeof(tag->tag), "%s", text);
	snprintf(tag->version, sizeof(tag->version), "%s", version);
	tag->moved_s = ay_time_now();
	return 0;
}

int ay_change_tag(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e)
{
	struct ay_buf leaf = ay_buf_new(AY_LIMIT_LOG_LEAF);
	struct ay_statement st;
	struct move m = { .st = &st, .leaf = &leaf, .e = { .off = AY_NO_OFFSET } };
	char name[AY_LIMIT_REF + 1], ref[2 * AY_LIMIT_REF];
	int r = unread_text(bundle, len, "name", name, e);

	if (r == 0)
		r = ay_name_parse(name, e);
	if (r == 0)
		r = verify(g, name, "tag/v1", bundle, len, &st, &leaf, e);
	if (r < 0)
		goto out;
	r = read_tag(&st, name, &m.tag, e);
	if (r == 0) {
		r = ay_commit(g->store, commit_move, &m, e);
		if (r < 0 && m.e.msg[0] && e)
			*e = m.e;
	}
	ay_statement_free(&st);
	if (r == 0) {
		snprintf(ref, sizeof(ref), "%s@%s", m.tag.name, m.tag.tag);
		ay_highwater_raise(g);
		ay_gate_fire(g, ref, AY_ADMITTED);
	}
out:
	ay_buf_free(&leaf);
	return r;
}

/* ---- retire and revoke ---- */

struct withdrawal {
	const char *ref, *reason;
	enum ay_state to;
	const struct ay_statement *st;
	struct ay_buf *leaf;
	struct ay_error e;
};

static int commit_withdrawal(struct ay_txn *t, void *arg)
{
	struct withdrawal *w = arg;
	struct ay_artifact a;
	uint64_t index;
	int r = ay_artifact_get(t, w->ref, &a);

	if (r < 0)
		return ay_error_set(&w->e, r, "there is no artifact %s", w->ref);
	/* What is revoked may still be retired, to give its space back. */
	if (a.state != AY_ADMITTED && !(a.state == AY_REVOKED && w->to == AY_RETIRED)) {
		bool discard = a.state == AY_OPEN || a.state == AY_HELD || a.state == AY_REJECTED;

		ay_error_set(&w->e, AY_ESTATE, "%s is %s, so it cannot be %s", w->ref, ay_state_name(a.state), ay_state_name(w->to));
		ay_error_next(&w->e, discard ? "assay rm %s" : "assay show %s", w->ref);
		return AY_ESTATE;
	}
	if (!ay_statement_has_subject(w->st, &a.root))
		return ay_error_set(&w->e, AY_EDIGEST, "the change was signed for other content than %s has", w->ref);
	r = ay_log_append(t, w->leaf->data, w->leaf->len, &index);
	if (r == 0 && w->to == AY_RETIRED && a.top) {
		r = ay_nodes_drop(t, a.top);
		a.top = 0;
	}
	a.state = w->to;
	a.changed_s = ay_time_now();
	snprintf(a.reason, sizeof(a.reason), "%s", w->reason);
	return r < 0 ? r : ay_artifact_put(t, &a);
}

static int change_state(struct ay_gate *g, const char *kind, enum ay_state to, const void *bundle, size_t len, struct ay_error *e)
{
	struct ay_buf leaf = ay_buf_new(AY_LIMIT_LOG_LEAF);
	struct ay_statement st;
	char text[AY_LIMIT_REF + 1];
	struct ay_ref ref;
	int r = unread_text(bundle, len, "ref", text, e);

	if (r == 0)
		r = ay_ref_parse(text, &ref, e);
	if (r == 0)
		r = verify(g, ref.name, kind, bundle, len, &st, &leaf, e);
	if (r == 0) {
		const char *reason = ay_json_str(ay_json_get(st.predicate, "reason"), NULL);
		struct withdrawal w = { .ref = ref.text, .reason = reason ? reason : "", .to = to, .st = &st, .leaf = &leaf,
					.e = { .off = AY_NO_OFFSET } };

		r = ay_commit(g->store, commit_withdrawal, &w, e);
		if (r < 0 && w.e.msg[0] && e)
			*e = w.e;
		ay_statement_free(&st);
	}
	if (r == 0) {
		/* INV-1: from here on no open succeeds; names follow. */
		ay_gate_bump(g);
		ay_highwater_raise(g);
		ay_gate_fire(g, ref.text, to);
	}
	ay_buf_free(&leaf);
	return r;
}

int ay_change_retire(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e)
{
	return change_state(g, "retire/v1", AY_RETIRED, bundle, len, e);
}

int ay_change_revoke(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e)
{
	return change_state(g, "revoke/v1", AY_REVOKED, bundle, len, e);
}
