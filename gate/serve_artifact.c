/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about artifacts. Names, sizes and states are public; content is not told here. */
#include "assay/claim.h"
#include "assay/text.h"
#include "gate/candidate.h"
#include "gate/serve.h"

static void time_field(struct serve *s, const char *key, int64_t unix_s)
{
	char text[24];

	ay_time_format(unix_s, text);
	ay_jw_kstr(s->w, key, text);
}

static void digest_field(struct serve *s, const char *key, const struct ay_sha256 *d)
{
	static const struct ay_sha256 none;
	char hex[AY_SHA256_HEX];

	if (ay_sha256_eq(d, &none))
		return;
	ay_sha256_hex(d, hex);
	ay_jw_kstr(s->w, key, hex);
}

void serve_artifact_fields(struct serve *s, const struct ay_artifact *a)
{
	ay_jw_kstr(s->w, "ref", a->ref.text);
	ay_jw_kstr(s->w, "state", ay_state_name(a->state));
	ay_jw_kstr(s->w, "reason", a->reason);
	ay_jw_ku64(s->w, "files", a->files);
	ay_jw_ku64(s->w, "bytes", a->bytes);
	ay_jw_ku64(s->w, "uid", a->uid);
	time_field(s, "created", a->created_s);
	time_field(s, "changed", a->changed_s);
	digest_field(s, "root", &a->root);
	if (!ay_sha256_eq(&a->root, &a->root_alias))
		digest_field(s, "root_component_order", &a->root_alias);
	if (a->log_index != UINT64_MAX)
		ay_jw_ku64(s->w, "log_index", a->log_index);
}

static int list_one(const struct ay_artifact *a, void *arg)
{
	struct serve *s = arg;
	const char *state = serve_text_opt(s, "state");

	if (state && strcmp(state, ay_state_name(a->state)) != 0)
		return 0;
	ay_jw_object(s->w);
	serve_artifact_fields(s, a);
	ay_jw_object_end(s->w);
	return s->w->b->err;
}

static int list_tag(const struct ay_tag *t, void *arg)
{
	struct serve *s = arg;

	ay_jw_object(s->w);
	ay_jw_kstr(s->w, "name", t->name);
	ay_jw_kstr(s->w, "tag", t->tag);
	ay_jw_kstr(s->w, "version", t->version);
	ay_jw_ku64(s->w, "seq", t->seq);
	time_field(s, "moved", t->moved_s);
	ay_jw_object_end(s->w);
	return s->w->b->err;
}

int serve_ls(struct serve *s)
{
	const char *prefix = serve_text_opt(s, "prefix");
	struct ay_txn *t;
	int r = ay_read_begin(ay_gate_store(s->g), &t);

	if (r < 0)
		return r;
	ay_jw_key(s->w, "artifacts");
	ay_jw_array(s->w);
	r = ay_artifact_each(t, prefix ? prefix : "", list_one, s);
	ay_jw_array_end(s->w);
	ay_jw_key(s->w, "tags");
	ay_jw_array(s->w);
	if (r == 0)
		r = ay_tag_each(t, prefix ? prefix : "", list_tag, s);
	ay_jw_array_end(s->w);
	ay_read_end(t);
	return r;
}

int serve_find(struct serve *s, struct ay_artifact *a)
{
	const char *text = serve_text(s, "ref");
	struct ay_ref ref;
	struct ay_txn *t;
	struct ay_tag tag;

	if (!text)
		return AY_EUSAGE;
	int r = ay_ref_parse(text, &ref, &s->e);

	if (r == 0)
		r = ay_read_begin(ay_gate_store(s->g), &t);
	if (r < 0)
		return r;
	r = ay_artifact_get(t, ref.text, a);
	if (r == AY_ENOTFOUND && ay_tag_get(t, ref.name, ref.version, &tag) == 0) {
		char whole[2 * AY_LIMIT_REF];

		snprintf(whole, sizeof(whole), "%s@%s", tag.name, tag.version);
		r = ay_artifact_get(t, whole, a);
	}
	ay_read_end(t);
	if (r == AY_ENOTFOUND) {
		ay_error_set(&s->e, r, "there is no artifact %s", ref.text);
		ay_error_next(&s->e, "assay ls %s", ref.name);
	}
	return r;
}

int serve_admitted(struct serve *s, const struct ay_artifact *a)
{
	bool undecided = a->state == AY_OPEN || a->state == AY_HELD;

	if (a->state == AY_ADMITTED)
		return 0;
	ay_error_set(&s->e, undecided ? AY_ESTATE : AY_EPOLICY, "%s is %s, not admitted", a->ref.text, ay_state_name(a->state));
	ay_error_next(&s->e, "assay why %s", a->ref.text);
	return undecided ? AY_ESTATE : AY_EPOLICY;
}

/* A record of the artifact as a JSON value; null when there is none. */
static void record(struct serve *s, struct ay_txn *t, uint64_t id, const char *name, const char *key)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_REPORT);
	struct ay_json_doc *doc = NULL;

	ay_jw_key(s->w, key);
	if (ay_record_get(t, id, name, &b) == 0 && ay_json_parse(b.data, b.len, 4000000, &doc, NULL) == 0)
		ay_jw_tree(s->w, ay_json_root(doc));
	else
		ay_jw_null(s->w);
	ay_json_free(doc);
	ay_buf_free(&b);
}

static int claim_row(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg)
{
	struct serve *s = arg;

	ay_jw_object(s->w);
	ay_jw_kstr(s->w, "name", name);
	digest_field(s, "sha256", claim);
	if (log_index != UINT64_MAX)
		ay_jw_ku64(s->w, "log_index", log_index);
	ay_jw_object_end(s->w);
	return 0;
}

/* Does the caller see why an artifact that is not admitted is not? Its writer, the store's user and root do. */
static bool may_see(const struct serve *s, const struct ay_artifact *a)
{
	return a->state == AY_ADMITTED || s->cred->uid == 0 || s->cred->uid == geteuid() || s->cred->uid == a->uid ||
	       ay_gate_may(s->g, s->cred, a->ref.name, AY_RIGHT_READ);
}

int serve_show(struct serve *s)
{
	struct ay_artifact a;
	struct ay_txn *t;
	int r = serve_find(s, &a);

	if (r == 0)
		r = ay_read_begin(ay_gate_store(s->g), &t);
	if (r < 0)
		return r;
	serve_artifact_fields(s, &a);
	ay_jw_key(s->w, "claims");
	ay_jw_array(s->w);
	r = ay_claim_each(t, a.id, claim_row, s);
	ay_jw_array_end(s->w);
	if (r == 0 && may_see(s, &a))
		record(s, t, a.id, "report.json", "report");
	ay_read_end(t);
	return r;
}

static int answer_state(struct serve *s, const struct ay_artifact *a)
{
	struct ay_txn *t;
	int r = ay_read_begin(ay_gate_store(s->g), &t);

	if (r < 0)
		return r;
	serve_artifact_fields(s, a);
	if (may_see(s, a))
		record(s, t, a->id, "report.json", "report");
	ay_read_end(t);
	return 0;
}

int serve_wait(struct serve *s)
{
	struct ay_artifact a;
	int64_t timeout_s = 0;
	const struct ay_json *timeout = ay_json_get(s->q, "timeout");
	int r = serve_find(s, &a);

	if (r < 0)
		return r;
	if (timeout && (ay_json_i64(timeout, &timeout_s) < 0 || timeout_s < 0 || timeout_s > 1000000))
		return ay_error_set(&s->e, AY_EUSAGE, "timeout is a number of seconds up to 1000000");
	/* Without a timeout it blocks only while gates run; with one it also waits for what is missing. */
	r = ay_gate_wait(s->g, a.ref.text, timeout ? (int)(timeout_s * 1000) : 0, &a, &s->e);
	return r < 0 && r != AY_EBUSY ? r : answer_state(s, &a);
}

static int writer_only(struct serve *s, const struct ay_artifact *a)
{
	if (s->cred->uid == 0 || s->cred->uid == geteuid() || s->cred->uid == a->uid)
		return 0;
	return ay_error_set(&s->e, AY_EACCESS, "%s belongs to another user", a->ref.text);
}

static int with_intake(struct serve *s, int (*run)(struct ay_intake *in, struct ay_error *e))
{
	struct ay_artifact a;
	struct ay_intake *in;
	int r = serve_find(s, &a);

	if (r == 0)
		r = writer_only(s, &a);
	if (r < 0)
		return r;
	r = ay_intake_find(s->g, a.ref.text, &in);
	if (r == AY_ENOTFOUND) {
		ay_error_set(&s->e, AY_ESTATE, "%s is %s, so there is nothing to do", a.ref.text, ay_state_name(a.state));
		ay_error_next(&s->e, "assay show %s", a.ref.text);
		return AY_ESTATE;
	}
	if (r < 0)
		return r;
	r = run(in, &s->e);
	ay_intake_unref(in);
	/* A verdict of no is an answer, not a failure of the request. */
	if (r < 0 && r != AY_EPOLICY && r != AY_ESTATE)
		return r;
	r = serve_find(s, &a);
	return r < 0 ? r : answer_state(s, &a);
}

/* What was admitted is judged again, under the trust root and policy in force. */
static int judge_again(struct serve *s, const struct ay_artifact *a)
{
	int r = writer_only(s, a);

	if (r == 0)
		r = ay_rejudge(s->g, a, &s->e);
	if (r < 0)
		return r;
	ay_gate_bump(s->g);
	return answer_state(s, a);
}

int serve_judge(struct serve *s)
{
	struct ay_artifact a;
	int r = serve_find(s, &a);

	if (r < 0 || a.state == AY_ADMITTED)
		return r < 0 ? r : judge_again(s, &a);
	return with_intake(s, ay_intake_judge);
}

int serve_retry(struct serve *s)
{
	return with_intake(s, ay_intake_retry);
}

int serve_rm(struct serve *s)
{
	struct ay_artifact a;
	struct ay_intake *in;
	int r = serve_find(s, &a);

	if (r == 0)
		r = writer_only(s, &a);
	if (r < 0)
		return r;
	r = ay_intake_find(s->g, a.ref.text, &in);
	if (r == AY_ENOTFOUND) {
		ay_error_set(&s->e, AY_ESTATE, "%s is %s; only open, held and rejected artifacts can be discarded", a.ref.text,
			     ay_state_name(a.state));
		ay_error_next(&s->e, "assay retire %s", a.ref.text);
		return AY_ESTATE;
	}
	if (r < 0)
		return r;
	/* The store's user and root act for the writer. */
	struct ay_cred writer = { .uid = a.uid, .gid = a.gid, .pid = s->cred->pid };

	r = ay_intake_discard(in, &writer, &s->e);
	ay_intake_unref(in);
	ay_jw_kstr(s->w, "ref", a.ref.text);
	return r;
}

int serve_resolve(struct serve *s)
{
	struct ay_artifact a;
	int r = serve_find(s, &a);

	if (r < 0)
		return r;
	ay_jw_kstr(s->w, "ref", a.ref.text);
	ay_jw_kstr(s->w, "state", ay_state_name(a.state));
	return 0;
}

static void list_files(struct serve *s, const struct ay_file_list *files)
{
	ay_jw_key(s->w, "list");
	ay_jw_array(s->w);
	for (size_t i = 0; i < files->n; i++) {
		ay_jw_object(s->w);
		ay_jw_kstr(s->w, "path", files->v[i].path);
		digest_field(s, "sha256", &files->v[i].sha256);
		ay_jw_ku64(s->w, "size", files->v[i].size);
		ay_jw_kbool(s->w, "executable", files->v[i].executable);
		ay_jw_object_end(s->w);
	}
	ay_jw_array_end(s->w);
}

int serve_staged(struct serve *s)
{
	struct ay_file_list files;
	struct ay_artifact a;
	struct ay_intake *in;
	int r = serve_find(s, &a);

	if (r < 0)
		return r;
	r = ay_intake_find(s->g, a.ref.text, &in);
	if (r == AY_ENOTFOUND)
		return ay_error_set(&s->e, AY_ESTATE, "%s is %s, not open", a.ref.text, ay_state_name(a.state));
	if (r < 0)
		return r;
	r = ay_intake_files(in, s->cred, &files, &s->e);
	ay_intake_unref(in);
	if (r < 0)
		return r;
	ay_jw_kstr(s->w, "ref", a.ref.text);
	list_files(s, &files);
	ay_file_list_free(&files);
	return 0;
}

int serve_files(struct serve *s)
{
	struct ay_artifact a;
	struct ay_file_list files = { 0 };
	struct ay_txn *t;
	int r = serve_find(s, &a);

	if (r == 0)
		r = serve_admitted(s, &a);
	if (r == 0)
		r = ay_gate_may_open(s->g, a.id, s->cred, &s->e);
	if (r == 0)
		r = ay_read_begin(ay_gate_store(s->g), &t);
	if (r < 0)
		return r;
	r = ay_node_list(t, a.top, &files);
	ay_read_end(t);
	serve_artifact_fields(s, &a);
	list_files(s, &files);
	ay_file_list_free(&files);
	return r;
}

static int base64_field(struct serve *s, const char *key, const struct ay_buf *bytes)
{
	struct ay_buf b64 = ay_buf_new(AY_LIMIT_REQUEST);
	int r = ay_base64_encode(&b64, bytes->data, bytes->len);

	if (r == 0)
		ay_jw_kstr(s->w, key, ay_buf_str(&b64));
	ay_buf_free(&b64);
	return r;
}

int serve_view(struct serve *s)
{
	const char *path = serve_text(s, "path");
	struct ay_buf b = ay_buf_new(AY_LIMIT_REQUEST / 2);

	if (!path)
		return AY_EUSAGE;
	int r = ay_view_read(s->g, path, s->cred, &b, &s->e);

	if (r == 0)
		r = base64_field(s, "bytes", &b);
	ay_buf_free(&b);
	return r;
}

struct claim_names { struct serve *s; struct ay_txn *t; };

static int claim_bytes(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg)
{
	struct claim_names *c = arg;
	struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
	int r = ay_claim_get(c->t, claim, &b);

	ay_jw_object(c->s->w);
	ay_jw_kstr(c->s->w, "name", name);
	if (log_index != UINT64_MAX)
		ay_jw_ku64(c->s->w, "log_index", log_index);
	if (r == 0)
		r = base64_field(c->s, "bytes", &b);
	ay_jw_object_end(c->s->w);
	ay_buf_free(&b);
	return r;
}

int serve_claims(struct serve *s)
{
	struct ay_artifact a;
	struct ay_txn *t;
	int r = serve_find(s, &a);

	if (r == 0)
		r = ay_read_begin(ay_gate_store(s->g), &t);
	if (r < 0)
		return r;
	struct claim_names c = { .s = s, .t = t };

	serve_artifact_fields(s, &a);
	ay_jw_key(s->w, "claims");
	ay_jw_array(s->w);
	r = ay_claim_each(t, a.id, claim_bytes, &c);
	ay_jw_array_end(s->w);
	ay_read_end(t);
	return r;
}
