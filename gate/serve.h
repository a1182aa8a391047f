/* SPDX-License-Identifier: Apache-2.0 */
/* What the handlers of requests share. */
#ifndef GATE_SERVE_H
#define GATE_SERVE_H

#include "assay/gate.h"
#include "assay/json.h"

/* One request under way. w stands inside the reply's object. */
struct serve {
	struct ay_gate *g;
	const struct ay_cred *cred;
	const struct ay_json *q;
	struct ay_jw *w;
	struct ay_error e;
};
/* A text argument of the request, or NULL after an AY_EUSAGE error was set. */
const char *serve_text(struct serve *s, const char *key);
const char *serve_text_opt(const struct serve *s, const char *key);
/* Only root and the user who owns the store. */
int serve_owner_only(struct serve *s) AY_MUSTCHECK;
/* The record of the argument "ref", which may also be a tag: models/x@prod. */
int serve_find(struct serve *s, struct ay_artifact *a) AY_MUSTCHECK;
/* 0 when it is admitted; AY_ESTATE while that is undecided, AY_EPOLICY when it is not. */
int serve_admitted(struct serve *s, const struct ay_artifact *a) AY_MUSTCHECK;
/* Writes the record's fields into the object that is open. */
void serve_artifact_fields(struct serve *s, const struct ay_artifact *a);

/* Handlers: 0, or a negative code with s->e set. */
int serve_ls(struct serve *s);
int serve_show(struct serve *s);
int serve_wait(struct serve *s);
int serve_judge(struct serve *s);
int serve_retry(struct serve *s);
int serve_rm(struct serve *s);
int serve_resolve(struct serve *s);
int serve_files(struct serve *s);
int serve_verify(struct serve *s);
int serve_staged(struct serve *s);
int serve_view(struct serve *s);
int serve_claims(struct serve *s);
int serve_trust_get(struct serve *s);
int serve_policy_get(struct serve *s);
int serve_change(struct serve *s);
int serve_baseline(struct serve *s);
int serve_log_show(struct serve *s);
int serve_log_prove(struct serve *s);
int serve_log_verify(struct serve *s);
int serve_gc(struct serve *s);
int serve_fsck(struct serve *s);
int serve_stats(struct serve *s);
int serve_backup(struct serve *s);

#endif
