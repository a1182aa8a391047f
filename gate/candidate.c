/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and frees candidates; builds one from a tree that is in the catalogue. */
#include <errno.h>
#include "assay/fd.h"
#include "assay/text.h"
#include "gate/candidate.h"

#include "assay/schema.h"

#define IGNORED_LISTED 100

static bool content_gate(const struct ay_rules *r)
{
	return r->gates & (1u << AY_GATE_DESERIALIZATION | 1u << AY_GATE_FORMAT | 1u << AY_GATE_SCHEMA);
}

static bool by_path(const char *schema, size_t len)
{
	struct ay_schema *s;
	bool yes = ay_schema_load(schema, len, &s, NULL) != 0 || ay_schema_resources(s) > 0;

	ay_schema_free(s);
	return yes;
}

/* The baseline is known even where no gate asks for it: a policy that does so later still judges by this version. */
static int load_plan(struct ay_candidate *c, const uint64_t *pinned)
{
	char *schema;
	int rc;

	c->plan.profiles = c->rules->deserialization.profiles;
	c->plan.opaque = c->rules->deserialization.opaque;
	c->plan.wanted = content_gate(c->rules);
	rc = ay_baseline_load(c->g, c->trust, c->art.ref.name, pinned, &schema, &c->baseline_version);
	if (rc)
		return rc == AY_ENOTFOUND ? 0 : rc;
	if (!(c->rules->gates >> AY_GATE_SCHEMA & 1)) {
		free(schema);
		return 0;
	}
	c->plan.schema = schema;
	c->plan.schema_len = strlen(schema);
	c->plan.schema_id = ay_sha256_of(schema, c->plan.schema_len);
	c->plan.by_path = by_path(schema, c->plan.schema_len);
	c->baseline = true;
	return 0;
}

static int make(struct ay_gate *g, const struct ay_ref *ref, const uint64_t *pinned, struct ay_candidate **out, struct ay_error *e)
{
	struct ay_candidate *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return ay_error_set(e, -ENOMEM, "out of memory");
	c->g = g;
	c->art.ref = *ref;
	c->art.log_index = UINT64_MAX;
	c->now_s = ay_time_now();
	c->policy = ay_gate_policy(g);
	c->trust = ay_gate_trust(g);
	rc = ay_policy_rules(c->policy, ref->name, &c->rules, e);
	if (rc == 0) {
		rc = load_plan(c, pinned);
		if (rc)
			ay_error_set(e, rc, "the approved schema of %s cannot be read: %s", ref->name, ay_strerror(rc));
	}
	if (rc == 0) {
		rc = ay_waivers_load(g, c->trust, ref, &c->waivers);
		if (rc)
			ay_error_set(e, rc, "the waivers of %s cannot be read: %s", ref->text, ay_strerror(rc));
	}
	if (rc) {
		ay_candidate_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

int ay_candidate_new(struct ay_gate *g, const struct ay_ref *ref, struct ay_candidate **out, struct ay_error *e)
{
	return make(g, ref, NULL, out, e);
}

const struct ay_schema *ay_candidate_schema(struct ay_candidate *c, struct ay_error *e)
{
	if (!c->schema && c->plan.schema && ay_schema_load(c->plan.schema, c->plan.schema_len, &c->schema, e) != 0)
		c->schema = NULL;
	return c->schema;
}

void ay_candidate_free(struct ay_candidate *c)
{
	if (!c)
		return;
	for (size_t i = 0; c->notes && i < c->files.n; i++)
		ay_note_unref(c->notes[i]);
	free(c->notes);
	ay_file_list_free(&c->files);
	ay_claims_free(&c->claims);
	ay_judgement_free(&c->judged);
	ay_drift_kept_free(c->drift);
	ay_waivers_free(c->waivers);
	ay_schema_free(c->schema);
	free(c->plan.schema);
	for (size_t i = 0; i < c->nignored; i++)
		free(c->ignored[i]);
	free(c->ignored);
	for (size_t i = 0; i < c->fresh.n; i++)
		ay_note_unref(c->fresh.note[i]);
	free(c->fresh.key);
	free(c->fresh.note);
	ay_gate_policy_release(c->g, c->policy);
	ay_gate_trust_release(c->g, c->trust);
	free(c);
}

void ay_candidate_ignored(struct ay_candidate *c, const char *path)
{
	char **v;

	c->ignored_total++;
	if (c->nignored == IGNORED_LISTED)
		return;
	v = realloc(c->ignored, (c->nignored + 1) * sizeof(*v));
	if (!v)
		return;
	c->ignored = v;
	c->ignored[c->nignored] = strdup(path);
	if (c->ignored[c->nignored])
		c->nignored++;
}

/* Losing one only costs a scan later, so running out of memory is no error. */
void ay_candidate_fresh(struct ay_candidate *c, const struct ay_sha256 *key, struct ay_scan_note *n)
{
	if (n->code)
		return;
	if (c->fresh.n == c->fresh.cap) {
		size_t cap = c->fresh.cap ? c->fresh.cap * 2 : 64;
		struct ay_sha256 *k = realloc(c->fresh.key, cap * sizeof(*k));
		struct ay_scan_note **v;

		if (k)
			c->fresh.key = k;
		v = k ? realloc(c->fresh.note, cap * sizeof(struct ay_scan_note *)) : NULL;
		if (!v)
			return;
		c->fresh.note = v;
		c->fresh.cap = cap;
	}
	c->fresh.key[c->fresh.n] = *key;
	c->fresh.note[c->fresh.n++] = ay_note_ref(n);
}

struct collecting { struct ay_txn *t; struct ay_candidate *c; struct ay_error *e; };

static int collect_claim(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg)
{
	struct collecting *k = arg;
	struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
	int rc = ay_claim_get(k->t, claim, &b);

	if (rc == 0)
		rc = ay_claims_add(&k->c->claims, name, b.data, b.len, log_index, k->e);
	ay_buf_free(&b);
	return rc;
}

int ay_candidate_attached(struct ay_candidate *c, struct ay_error *e)
{
	struct collecting k = { .c = c, .e = e };
	int rc = ay_read_begin(c->g->store, &k.t);

	if (rc)
		return ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	rc = ay_claim_each(k.t, c->art.id, collect_claim, &k);
	ay_read_end(k.t);
	return rc == AY_ENOTFOUND ? 0 : rc;
}

static void scanned(void *arg, size_t i, struct ay_scan_note *note)
{
	struct ay_candidate *c = arg;
	struct ay_sha256 key = ay_scan_key(c->g, &c->plan, &c->files.v[i].sha256, c->files.v[i].path);

	ay_note_unref(c->notes[i]);
	c->notes[i] = note;
	ay_candidate_fresh(c, &key, note);
}

static int scan_missing(struct ay_candidate *c, struct ay_error *e)
{
	struct ay_scans *s;
	int rc = ay_scans_new(c->g, &c->plan, c->art.uid, scanned, c, &s);

	for (size_t i = 0; rc == 0 && i < c->files.n; i++) {
		const struct ay_file *f = &c->files.v[i];
		int AY_CLEANUP_FD fd = -1;

		if (c->notes[i])
			continue;
		fd = ay_object_open(c->g->store, &f->sha256, e);
		rc = fd < 0 ? fd : ay_scans_add(s, i, fd, f->size, f->path, e);
	}
	ay_scans_free(s);
	return rc;
}

/* What is admitted keeps the baseline of that day: a new one affects later versions only. */
static int for_tree(struct ay_gate *g, const struct ay_artifact *a, struct ay_candidate **out, struct ay_error *e)
{
	uint64_t version = 0;
	struct ay_txn *t;
	int rc;

	if (a->state != AY_ADMITTED)
		return make(g, &a->ref, NULL, out, e);
	rc = ay_read_begin(g->store, &t);
	if (rc == 0) {
		rc = ay_decision_baseline(t, a->id, &version);
		ay_read_end(t);
	}
	if (rc)
		return ay_error_set(e, rc, "the decision about %s cannot be read: %s", a->ref.text, ay_strerror(rc));
	return make(g, &a->ref, &version, out, e);
}

int ay_candidate_from_tree(struct ay_gate *g, const struct ay_artifact *a, bool cached_scans, struct ay_candidate **out, struct ay_error *e)
{
	struct collecting k = { .e = e };
	struct ay_candidate *c;
	int rc = for_tree(g, a, &c, e);

	if (rc)
		return rc;
	c->art = *a;
	c->again = a->state == AY_ADMITTED;
	k.c = c;
	rc = ay_read_begin(g->store, &k.t);
	if (rc == 0) {
		rc = ay_node_list(k.t, a->top, &c->files);
		if (rc == 0)
			rc = ay_claim_each(k.t, a->id, collect_claim, &k);
		c->notes = c->files.n ? calloc(c->files.n, sizeof(struct ay_scan_note *)) : NULL;
		if (rc == 0 && c->files.n && !c->notes)
			rc = -ENOMEM;
		for (size_t i = 0; rc == 0 && cached_scans && c->plan.wanted && i < c->files.n; i++) {
			struct ay_sha256 key = ay_scan_key(g, &c->plan, &c->files.v[i].sha256, c->files.v[i].path);

			rc = ay_scan_cached(k.t, &key, &c->notes[i]);
		}
		ay_read_end(k.t);
	}
	if (rc)
		ay_error_set(e, rc, "the records of %s cannot be read: %s", a->ref.text, ay_strerror(rc));
	if (rc == 0 && c->plan.wanted)
		rc = scan_missing(c, e);
	if (rc) {
		ay_candidate_free(c);
		return rc;
	}
	*out = c;
	return 0;
}
