/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about trust, policy, signed changes and upkeep. */
#include "assay/cursor.h"
#include "assay/text.h"
#include "gate/core.h"
#include "gate/serve.h"
#include "gate/withdraw.h"

/* The newest document of a table of versions, as base64. */
static int newest(struct serve *s, enum ay_table table)
{
	struct ay_buf key = ay_buf_new(64), val = ay_buf_new(AY_LIMIT_TRUST_ROOT), b64 = ay_buf_new(2 * AY_LIMIT_TRUST_ROOT);
	struct ay_txn *t;
	int r = ay_read_begin(ay_gate_store(s->g), &t);

	if (r < 0)
		return r;
	r = ay_doc_last(t, table, "", 0, &key, &val);
	uint64_t log_size = ay_log_size(t);

	ay_read_end(t);
	struct ay_cursor c = ay_cursor_of(key.data, key.len, 0);

	if (r == 0)
		r = ay_base64_encode(&b64, val.data, val.len);
	if (r == 0) {
		ay_jw_ku64(s->w, "version", ay_cursor_be64(&c));
		ay_jw_ku64(s->w, "log_size", log_size);
		ay_jw_kstr(s->w, "envelope", ay_buf_str(&b64));
	}
	ay_buf_free(&key);
	ay_buf_free(&val);
	ay_buf_free(&b64);
	return r;
}

int serve_trust_get(struct serve *s)
{
	return newest(s, AY_TABLE_TRUST);
}

int serve_policy_get(struct serve *s)
{
	return newest(s, AY_TABLE_POLICY);
}

int serve_baseline(struct serve *s)
{
	const char *name = serve_text(s, "name");
	struct ay_buf key = ay_buf_new(1 * KIB), val = ay_buf_new(AY_LIMIT_REQUEST / 4), k = ay_buf_new(1 * KIB);
	struct ay_buf b64 = ay_buf_new(AY_LIMIT_REQUEST / 2);
	struct ay_txn *t;

	if (!name)
		return AY_EUSAGE;
	int r = ay_name_parse(name, &s->e);

	if (r == 0)
		r = ay_read_begin(ay_gate_store(s->g), &t);
	if (r < 0)
		return r;
	ay_buf_add(&k, name, strlen(name) + 1);
	r = ay_doc_last(t, AY_TABLE_BASELINE, k.data, k.len, &key, &val);
	ay_read_end(t);
	if (r == AY_ENOTFOUND) {
		ay_jw_ku64(s->w, "version", 0);
		r = 0;
	} else if (r == 0) {
		struct ay_cursor c = ay_cursor_of(key.data, key.len, 0);

		ay_cursor_skip(&c, k.len);
		ay_jw_ku64(s->w, "version", ay_cursor_be64(&c));
		/* The log index at which it was taken stands before it. */
		struct ay_cursor v = ay_cursor_of(val.data, val.len, 0);
		size_t bundle_len;

		ay_jw_ku64(s->w, "log_index", ay_cursor_be64(&v));
		bundle_len = v.left;
		r = ay_base64_encode(&b64, ay_cursor_take(&v, bundle_len), bundle_len);
		ay_jw_kstr(s->w, "envelope", ay_buf_str(&b64));
	}
	ay_buf_free(&key);
	ay_buf_free(&val);
	ay_buf_free(&k);
	ay_buf_free(&b64);
	return r;
}

/*
 * A signed change. Its own signature is what allows it, so anybody may bring
 * it; "kind" says which handler verifies it.
 */
int serve_change(struct serve *s)
{
	static const struct {
		const char *kind;
		int (*apply)(struct ay_gate *g, const void *bytes, size_t len, struct ay_error *e);
	} kinds[] = {
		{ "trust", ay_change_trust },       { "policy", ay_change_policy }, { "waiver", ay_change_waiver },
		{ "baseline", ay_change_baseline }, { "tag", ay_change_tag },       { "retire", ay_change_retire },
		{ "revoke", ay_change_revoke },
	};
	const char *kind = serve_text(s, "kind"), *envelope = serve_text(s, "envelope");
	struct ay_buf bytes = ay_buf_new(AY_LIMIT_REQUEST);

	if (!kind || !envelope)
		return AY_EUSAGE;
	int r = ay_base64_decode(&bytes, envelope, strlen(envelope), false);

	if (r < 0)
		ay_error_set(&s->e, r, "the envelope is not base64");
	for (size_t i = 0; r == 0 && i <= AY_ARRAY_LEN(kinds); i++) {
		if (i == AY_ARRAY_LEN(kinds)) {
			r = ay_error_set(&s->e, AY_EUSAGE, "unknown kind of change '%s'", kind);
		} else if (strcmp(kinds[i].kind, kind) == 0) {
			r = kinds[i].apply(s->g, bytes.data, bytes.len, &s->e);
			break;
		}
	}
	ay_buf_free(&bytes);
	return r;
}

int serve_gc(struct serve *s)
{
	uint64_t objects = 0, bytes = 0;
	bool dry_run = ay_json_bool(ay_json_get(s->q, "dry_run"), false);
	int r = serve_owner_only(s);

	if (r == 0 && !dry_run)
		ay_intake_sweep(s->g);
	if (r == 0)
		r = ay_gc(ay_gate_store(s->g), dry_run, &objects, &bytes, &s->e);
	ay_jw_ku64(s->w, "objects", objects);
	ay_jw_ku64(s->w, "bytes", bytes);
	ay_jw_kbool(s->w, "dry_run", dry_run);
	return r;
}

static void collect_line(const char *line, void *arg)
{
	ay_jw_str(arg, line);
}

int serve_fsck(struct serve *s)
{
	struct ay_fsck_report report = { 0 };
	int r = serve_owner_only(s);

	if (r < 0)
		return r;
	ay_jw_key(s->w, "lines");
	ay_jw_array(s->w);
	r = ay_fsck(ay_gate_store(s->g), ay_json_bool(ay_json_get(s->q, "scrub"), false), collect_line, s->w, &report, &s->e);
	ay_jw_array_end(s->w);
	ay_jw_ku64(s->w, "artifacts", report.artifacts);
	ay_jw_ku64(s->w, "objects", report.objects);
	ay_jw_ku64(s->w, "bytes", report.bytes);
	ay_jw_ku64(s->w, "problems", report.problems);
	ay_jw_ku64(s->w, "orphans", report.orphans);
	ay_jw_ku64(s->w, "missing", report.missing);
	ay_jw_ku64(s->w, "damaged", report.damaged);
	ay_jw_ku64(s->w, "log_size", report.log_size);
	return r;
}

int serve_stats(struct serve *s)
{
	struct ay_store_stats st;
	int r = ay_store_stats(ay_gate_store(s->g), &st);

	if (r < 0)
		return r;
	ay_jw_key(s->w, "artifacts");
	ay_jw_object(s->w);
	for (int state = AY_OPEN; state <= AY_RETIRED; state++)
		ay_jw_ku64(s->w, ay_state_name((enum ay_state)state), st.artifacts[state]);
	ay_jw_object_end(s->w);
	ay_jw_ku64(s->w, "objects", st.objects);
	ay_jw_ku64(s->w, "object_bytes", st.object_bytes);
	ay_jw_ku64(s->w, "files", st.files);
	ay_jw_ku64(s->w, "catalogue_used", st.map_used);
	ay_jw_ku64(s->w, "catalogue_size", st.map_size);
	ay_jw_ku64(s->w, "log_size", st.log_size);
	return 0;
}

int serve_backup(struct serve *s)
{
	const char *dest = serve_text(s, "dest");
	int r = dest ? serve_owner_only(s) : AY_EUSAGE;

	return r < 0 ? r : ay_backup(ay_gate_store(s->g), dest, &s->e);
}
