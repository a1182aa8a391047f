/* SPDX-License-Identifier: Apache-2.0 */
/* attest/CLASS/NAME@VERSION/: records of an artifact, in the encodings that other tools take. */
#include <errno.h>
#include "gate/views.h"

/* ---- which artifact, and who may see it ---- */

/* Admitted and withdrawn ones are public; others are their writer's, root's, and whoever may attest. */
static bool visible(struct ay_gate *g, const struct ay_artifact *a, const struct ay_cred *c)
{
	if (a->state == AY_ADMITTED || a->state == AY_REVOKED || a->state == AY_RETIRED)
		return true;
	return c->uid == 0 || c->uid == a->uid || ay_gate_may(g, c, a->ref.name, AY_RIGHT_ATTEST);
}

static int get(struct ay_gate *g, const char *ref, const struct ay_cred *c, struct ay_artifact *out)
{
	struct ay_txn *t;
	int rc = ay_read_begin(g->store, &t);

	if (rc)
		return rc;
	rc = ay_artifact_get(t, ref, out);
	ay_read_end(t);
	return rc || visible(g, out, c) ? rc : AY_ENOTFOUND;
}

/* Splits "models/x@v1/report.json" into reference and file; file is "" for the directory. AY_ENOTFOUND when there is no '@'. */
static int split(const char *rest, char ref[AY_LIMIT_REF + 1], const char **file)
{
	const char *at = strchr(rest, '@'), *end = at ? strchr(at, '/') : NULL;
	size_t n = at ? (end ? (size_t)(end - rest) : strlen(rest)) : 0;

	if (!at || n > AY_LIMIT_REF)
		return AY_ENOTFOUND;
	memcpy(ref, rest, n);
	ref[n] = 0;
	*file = end ? end + 1 : "";
	return 0;
}

/* ---- claims ---- */

struct found { struct ay_txn *t; struct ay_buf *out; const char *want; uint64_t log_index; bool stop; int rc; };

static bool is_kind(const struct ay_envelope *env, const char *predicate_type)
{
	struct ay_statement st;
	bool yes;

	if (ay_statement_parse(env->payload, env->payload_len, &st, NULL))
		return false;
	yes = strcmp(st.predicate_type, predicate_type) == 0;
	ay_statement_free(&st);
	return yes;
}

static int first_of_kind(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg)
{
	struct found *f = arg;
	struct ay_envelope env;
	int rc;

	(void)name;
	/* Kept for its origin's sake, not counted by us. */
	if (log_index == UINT64_MAX)
		return 0;
	ay_buf_clear(f->out);
	rc = ay_claim_get(f->t, claim, f->out);
	if (rc || ay_envelope_parse(f->out->data, f->out->len, &env, NULL))
		return rc;
	if (is_kind(&env, f->want)) {
		f->log_index = log_index;
		f->stop = true;
	}
	ay_envelope_free(&env);
	return f->stop;
}

static void add_line(struct ay_buf *out, const uint8_t *bytes, size_t len, const struct ay_json *tree)
{
	struct ay_jw w = ay_jw_new(out, false);

	/* As it was received, when that is one line. */
	if (!memchr(bytes, '\n', len))
		ay_buf_add(out, bytes, len);
	else
		ay_jw_tree(&w, tree);
	ay_buf_addc(out, '\n');
}

static int claim_line(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg)
{
	struct found *f = arg;
	struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
	struct ay_envelope env;
	int rc = ay_claim_get(f->t, claim, &b);

	(void)name;
	(void)log_index;
	if (rc == 0 && ay_envelope_parse(b.data, b.len, &env, NULL) == 0) {
		add_line(f->out, b.data, b.len, ay_json_root(env.doc));
		ay_envelope_free(&env);
	}
	ay_buf_free(&b);
	return rc;
}

/* Bare DSSE envelopes of the provenance claims. */
static int provenance_line(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg)
{
	struct found *f = arg;
	struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
	struct ay_envelope env;
	/* As above: only what counts. */
	int rc = log_index == UINT64_MAX ? 0 : ay_claim_get(f->t, claim, &b);

	(void)name;
	if (rc == 0 && ay_envelope_parse(b.data, b.len, &env, NULL) == 0) {
		if (is_kind(&env, AY_PREDICATE_SLSA)) {
			const struct ay_json *root = ay_json_root(env.doc), *dsse = ay_json_get(root, "dsseEnvelope");
			struct ay_jw w = ay_jw_new(f->out, false);

			ay_jw_tree(&w, dsse ? dsse : root);
			ay_buf_addc(f->out, '\n');
		}
		ay_envelope_free(&env);
	}
	ay_buf_free(&b);
	return rc;
}

/* A bundle with the proof that it is in our log, under the latest checkpoint; as it was when no proof can be put in. */
static int with_proof(struct ay_gate *g, struct ay_txn *t, uint64_t index, const struct ay_buf *bundle, struct ay_buf *out)
{
	struct ay_sha256 proof[AY_LIMIT_PROOF_HASHES];
	struct ay_buf leaf = ay_buf_new(AY_LIMIT_LOG_LEAF), checkpoint = ay_buf_new(AY_LIMIT_CHECKPOINT);
	size_t n = AY_LIMIT_PROOF_HASHES;
	int rc = index == UINT64_MAX ? AY_ENOTFOUND : ay_log_entry(t, index, &leaf);

	if (rc == 0)
		rc = ay_log_inclusion(t, index, ay_log_size(t), proof, &n);
	if (rc == 0)
		rc = ay_log_checkpoint(t, &checkpoint);
	if (rc == 0)
		rc = ay_bundle_with_proof(bundle->data, bundle->len, &g->log_pub, g->origin, index, leaf.data, leaf.len, proof, n,
					  checkpoint.data, checkpoint.len, out);
	if (rc) {
		ay_buf_clear(out);
		rc = ay_buf_add(out, bundle->data, bundle->len);
	}
	ay_buf_free(&leaf);
	ay_buf_free(&checkpoint);
	return rc;
}

/* ---- the files ---- */

static int read_signature(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
	struct found f = { .t = t, .out = &b, .want = AY_PREDICATE_OMS };
	int rc = ay_claim_each(t, a->id, first_of_kind, &f);

	rc = f.stop ? with_proof(g, t, f.log_index, &b, out) : rc < 0 ? rc : AY_ENOTFOUND;
	ay_buf_free(&b);
	return rc;
}

static int read_claims(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out)
{
	struct found f = { .t = t, .out = out };

	(void)g;
	return ay_claim_each(t, a->id, claim_line, &f);
}

static int read_provenance(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out)
{
	struct found f = { .t = t, .out = out };
	int rc = ay_claim_each(t, a->id, provenance_line, &f);

	(void)g;
	return rc ? rc : out->len ? 0 : AY_ENOTFOUND;
}

static int read_hallmark(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out)
{
	struct ay_buf b = ay_buf_new(8 * MIB);
	int rc = ay_record_get(t, a->id, "hallmark.sigstore.json", &b);

	if (rc == 0)
		rc = with_proof(g, t, a->log_index, &b, out);
	ay_buf_free(&b);
	return rc;
}

static int read_manifest(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out)
{
	struct ay_file_list l = { 0 };
	int rc = a->top ? ay_node_list(t, a->top, &l) : AY_ENOTFOUND;

	(void)g;
	if (rc == 0)
		rc = ay_manifest_text(&l, out);
	ay_file_list_free(&l);
	return rc;
}

static int read_minisig(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out)
{
	(void)g;
	return ay_record_get(t, a->id, "manifest.sha256.minisig", out);
}

static int read_report(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out)
{
	(void)g;
	return ay_record_get(t, a->id, "report.json", out);
}

static int from_report(struct ay_txn *t, const struct ay_artifact *a, int (*make)(const struct ay_json *report, struct ay_buf *out),
		       struct ay_buf *out)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_REPORT);
	struct ay_json_doc *doc;
	int rc = ay_record_get(t, a->id, "report.json", &b);

	if (rc == 0)
		rc = ay_json_parse(b.data, b.len, AY_LIMIT_CLAIM_NODES, &doc, NULL);
	if (rc == 0) {
		rc = make(ay_json_root(doc), out);
		ay_json_free(doc);
	}
	ay_buf_free(&b);
	return rc;
}

static int read_sarif(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out)
{
	(void)g;
	return from_report(t, a, ay_report_sarif, out);
}

static int read_html(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out)
{
	(void)g;
	return from_report(t, a, ay_report_html, out);
}

static int read_proof(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out)
{
	(void)g;
	return a->log_index == UINT64_MAX ? AY_ENOTFOUND : ay_log_proof_file(t, a->log_index, out);
}

static int add_claim(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg)
{
	struct ay_claim_list *l = ((void **)arg)[0];
	struct ay_txn *t = ((void **)arg)[1];
	struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
	int rc = ay_claim_get(t, claim, &b);

	if (rc == 0)
		rc = ay_claims_add(l, name, b.data, b.len, log_index, NULL);
	ay_buf_free(&b);
	return rc;
}

static int read_bom(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out)
{
	const struct ay_policy *p = ay_gate_policy(g);
	const struct ay_trust *tr = ay_gate_trust(g);
	struct ay_file_list files = { 0 };
	struct ay_claim_list claims = { 0 };
	void *arg[] = { &claims, t };
	const struct ay_rules *r;
	int rc = a->top ? ay_node_list(t, a->top, &files) : AY_ENOTFOUND;

	if (rc == 0)
		rc = ay_claim_each(t, a->id, add_claim, arg);
	if (rc == 0)
		rc = ay_policy_rules(p, a->ref.name, &r, NULL);
	if (rc == 0) {
		ay_claims_verify(&claims, tr, r, &a->ref);
		rc = ay_bom(a, &files, &claims, out);
	}
	ay_claims_free(&claims);
	ay_file_list_free(&files);
	ay_gate_policy_release(g, p);
	ay_gate_trust_release(g, tr);
	return rc;
}

/* admitted_only: needs a tree, so the file is not there before admission. */
static const struct view {
	const char *name;
	bool admitted_only;
	int (*read)(struct ay_gate *g, struct ay_txn *t, const struct ay_artifact *a, struct ay_buf *out);
} table[] = {
	{ "report.json", false, read_report },
	{ "report.sarif", false, read_sarif },
	{ "report.html", false, read_html },
	{ "model.sig", true, read_signature },
	{ "claims.jsonl", true, read_claims },
	{ "provenance.intoto.jsonl", true, read_provenance },
	{ "hallmark.sigstore.json", false, read_hallmark },
	{ "bom.cdx.json", true, read_bom },
	{ "manifest.sha256", true, read_manifest },
	{ "manifest.sha256.minisig", true, read_minisig },
	{ "proof.tlog-proof", false, read_proof },
};

static const struct view *find_view(const char *name, const struct ay_artifact *a)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].admitted_only && !a->top ? NULL : &table[i];
	return NULL;
}

static bool has_provenance(struct ay_txn *t, const struct ay_artifact *a)
{
	struct ay_buf b = ay_buf_new(MIB);
	bool yes = ay_record_get(t, a->id, "signers", &b) == 0 && (strncmp(ay_buf_str(&b), "provenance ", 11) == 0 ||
								  strstr(ay_buf_str(&b), "\nprovenance "));

	ay_buf_free(&b);
	return yes;
}

/* Is it there, without making it. */
static bool exists(struct ay_txn *t, const struct view *v, const struct ay_artifact *a)
{
	if (v->read == read_provenance)
		return has_provenance(t, a);
	/* Everything else comes with the verdict. */
	return a->log_index != UINT64_MAX;
}

int ay_view_attest_read(struct ay_gate *g, const char *rest, const struct ay_cred *c, struct ay_buf *out, struct ay_error *e)
{
	char ref[AY_LIMIT_REF + 1];
	const struct view *v;
	struct ay_artifact a;
	const char *file;
	struct ay_txn *t;
	int rc = split(rest, ref, &file);

	if (rc == 0)
		rc = get(g, ref, c, &a);
	if (rc)
		return rc;
	if (strcmp(file, "status.json") == 0)
		return ay_status_artifact(g, &a, out);
	v = find_view(file, &a);
	if (!v)
		return AY_ENOTFOUND;
	rc = ay_read_begin(g->store, &t);
	if (rc)
		return ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	rc = v->read(g, t, &a, out);
	ay_read_end(t);
	return rc;
}

int ay_view_attest_stat(struct ay_gate *g, const char *rest, const struct ay_cred *c, bool *dir_out)
{
	char ref[AY_LIMIT_REF + 1];
	const struct view *v;
	struct ay_artifact a;
	const char *file;
	struct ay_txn *t;
	int rc = split(rest, ref, &file);

	*dir_out = true;
	if (rc)
		return ay_view_attest_list(g, rest, c, NULL, NULL);
	rc = get(g, ref, c, &a);
	if (rc || !*file)
		return rc;
	*dir_out = false;
	if (strcmp(file, "status.json") == 0)
		return 0;
	v = find_view(file, &a);
	if (!v)
		return AY_ENOTFOUND;
	rc = ay_read_begin(g->store, &t);
	if (rc)
		return rc;
	rc = exists(t, v, &a) ? 0 : AY_ENOTFOUND;
	ay_read_end(t);
	return rc;
}

/* ---- listing ---- */

struct listing {
	struct ay_gate *g;
	struct ay_txn *t;
	const struct ay_cred *c;
	const char *dir;
	ay_view_fn fn;
	void *arg;
	bool any;
};

/* Every component once, versions only when they may be seen. */
static int one_name(const char *component, bool is_version, void *arg)
{
	struct listing *l = arg;
	char ref[2 * AY_LIMIT_REF];
	struct ay_artifact a;

	snprintf(ref, sizeof(ref), "%s/%s", l->dir, component);
	if (is_version && (ay_artifact_get(l->t, ref, &a) || !visible(l->g, &a, l->c)))
		return 0;
	l->any = true;
	return l->fn ? l->fn(&(struct ay_view_entry){ .name = component, .dir = true }, l->arg) : 1;
}

static bool in_class(const char *dir)
{
	static const char *const classes[] = { "models", "datasets", "code" };

	for (size_t i = 0; i < AY_ARRAY_LEN(classes); i++) {
		size_t n = strlen(classes[i]);

		if (strncmp(dir, classes[i], n) == 0 && (!dir[n] || dir[n] == '/'))
			return strlen(dir) <= AY_LIMIT_REF;
	}
	return false;
}

/* A class is always there, other directories while they hold something that may be seen. */
static int list_names(struct ay_gate *g, const char *dir, const struct ay_cred *c, ay_view_fn fn, void *arg)
{
	struct listing l = { g, NULL, c, dir, fn, arg, false };
	int rc = in_class(dir) ? ay_read_begin(g->store, &l.t) : AY_ENOTFOUND;

	if (rc)
		return rc;
	rc = ay_name_each(l.t, dir, NULL, one_name, &l);
	ay_read_end(l.t);
	if (rc == AY_ENOTFOUND || (rc > 0 && !fn))
		rc = 0;
	return rc ? rc : l.any || !strchr(dir, '/') ? 0 : AY_ENOTFOUND;
}

/* fn NULL: only whether the directory is there. */
int ay_view_attest_list(struct ay_gate *g, const char *rest, const struct ay_cred *c, ay_view_fn fn, void *arg)
{
	static const char *const classes[] = { "models/", "datasets/", "code/", NULL };
	char ref[AY_LIMIT_REF + 1];
	struct ay_artifact a;
	const char *file;
	struct ay_txn *t;
	int rc;

	if (!*rest)
		return fn ? ay_view_names(classes, fn, arg) : 0;
	if (split(rest, ref, &file))
		return list_names(g, rest, c, fn, arg);
	if (*file)
		return AY_ENOTFOUND;
	rc = get(g, ref, c, &a);
	if (rc || !fn)
		return rc;
	rc = ay_read_begin(g->store, &t);
	if (rc)
		return rc;
	rc = fn(&(struct ay_view_entry){ .name = "status.json" }, arg);
	for (size_t i = 0; rc == 0 && i < AY_ARRAY_LEN(table); i++)
		if (find_view(table[i].name, &a) && exists(t, &table[i], &a))
			rc = fn(&(struct ay_view_entry){ .name = table[i].name }, arg);
	ay_read_end(t);
	return rc;
}
