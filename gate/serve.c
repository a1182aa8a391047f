/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the verbs: one JSON document in, one out. */
#include "gate/serve.h"

static int serve_status(struct serve *s)
{
	ay_jw_kstr(s->w, "version", PACKAGE_VERSION);
	ay_jw_kstr(s->w, "store", ay_store_dir(ay_gate_store(s->g)));
	ay_jw_ki64(s->w, "pid", getpid());
	return 0;
}

static const struct { const char *verb; int (*run)(struct serve *s); } handlers[] = {
	{ "status", serve_status },         { "ls", serve_ls },                 { "show", serve_show },
	{ "wait", serve_wait },             { "judge", serve_judge },           { "retry", serve_retry },
	{ "rm", serve_rm },                 { "resolve", serve_resolve },       { "files", serve_files },
	{ "view", serve_view },             { "claims", serve_claims },         { "trust.get", serve_trust_get },
	{ "policy.get", serve_policy_get }, { "change", serve_change },         { "baseline", serve_baseline },
	{ "log.show", serve_log_show },     { "log.prove", serve_log_prove },   { "log.verify", serve_log_verify },
	{ "gc", serve_gc },                 { "fsck", serve_fsck },             { "stats", serve_stats },
	{ "backup", serve_backup },         { "verify", serve_verify },
	{ "staged", serve_staged },
};

const char *serve_text_opt(const struct serve *s, const char *key)
{
	return ay_json_str(ay_json_get(s->q, key), NULL);
}

const char *serve_text(struct serve *s, const char *key)
{
	const char *text = serve_text_opt(s, key);

	if (!text)
		ay_error_set(&s->e, AY_EUSAGE, "the request lacks '%s'", key);
	return text;
}

int serve_owner_only(struct serve *s)
{
	if (s->cred->uid == 0 || s->cred->uid == geteuid())
		return 0;
	return ay_error_set(&s->e, AY_EACCESS, "only root and the user who owns the store may do this");
}

static void write_error(struct ay_buf *reply, int code, const struct ay_error *e)
{
	ay_buf_clear(reply);
	struct ay_jw w = ay_jw_new(reply, false);

	ay_jw_object(&w);
	ay_jw_kbool(&w, "ok", false);
	ay_jw_ki64(&w, "code", code);
	ay_jw_key(&w, "error");
	ay_jw_object(&w);
	ay_jw_kstr(&w, "message", e->msg[0] ? e->msg : ay_strerror(code));
	if (e->where[0])
		ay_jw_kstr(&w, "where", e->where);
	if (e->next[0])
		ay_jw_kstr(&w, "next", e->next);
	if (e->off != AY_NO_OFFSET)
		ay_jw_ku64(&w, "offset", e->off);
	ay_jw_object_end(&w);
	ay_jw_object_end(&w);
}

void ay_serve(struct ay_gate *g, const struct ay_cred *c, const struct ay_json *request, struct ay_buf *reply)
{
	struct ay_jw w = ay_jw_new(reply, false);
	struct serve s = { .g = g, .cred = c, .q = request, .w = &w, .e = { .off = AY_NO_OFFSET } };
	const char *verb = ay_json_str(ay_json_get(request, "verb"), NULL);
	int r = AY_EUSAGE;

	ay_jw_object(&w);
	ay_jw_kbool(&w, "ok", true);
	ay_error_set(&s.e, AY_EUSAGE, "unknown request '%s'", verb ? verb : "");
	for (size_t i = 0; verb && i < AY_ARRAY_LEN(handlers); i++) {
		if (strcmp(handlers[i].verb, verb) != 0)
			continue;
		s.e = (struct ay_error){ .off = AY_NO_OFFSET };
		r = handlers[i].run(&s);
		break;
	}
	ay_jw_object_end(&w);
	if (r == 0 && reply->err) {
		r = AY_ELIMIT;
		ay_error_set(&s.e, r, "the answer is larger than %llu bytes", (unsigned long long)reply->max);
	}
	if (r < 0)
		write_error(reply, r, &s.e);
}
