/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the virtual tree: views.c takes the path apart, the others know one top directory each. */
#ifndef ASSAY_GATE_VIEWS_H
#define ASSAY_GATE_VIEWS_H

#include "gate/candidate.h"

typedef int (*ay_view_fn)(const struct ay_view_entry *v, void *arg);

/* rest: the path below the top directory, "" for itself. read: AY_ENOTFOUND for what is no file. */
AY_MUSTCHECK int ay_view_attest_list(struct ay_gate *g, const char *rest, const struct ay_cred *c, ay_view_fn fn, void *arg);
AY_MUSTCHECK int ay_view_attest_stat(struct ay_gate *g, const char *rest, const struct ay_cred *c, bool *dir_out);
AY_MUSTCHECK int ay_view_attest_read(struct ay_gate *g, const char *rest, const struct ay_cred *c, struct ay_buf *out, struct ay_error *e);
AY_MUSTCHECK int ay_view_trust_list(struct ay_gate *g, const char *rest, ay_view_fn fn, void *arg);
AY_MUSTCHECK int ay_view_trust_read(struct ay_gate *g, const char *rest, struct ay_buf *out, struct ay_error *e);
AY_MUSTCHECK int ay_view_log_list(struct ay_gate *g, const char *rest, ay_view_fn fn, void *arg);
AY_MUSTCHECK int ay_view_log_read(struct ay_gate *g, const char *rest, struct ay_buf *out, struct ay_error *e);

/* Calls fn for a NULL-terminated list of names; those that end in '/' are directories. */
AY_MUSTCHECK int ay_view_names(const char *const *names, ay_view_fn fn, void *arg);

/* status.c */
AY_MUSTCHECK int ay_status_artifact(struct ay_gate *g, const struct ay_artifact *a, struct ay_buf *out);
AY_MUSTCHECK int ay_status_store(struct ay_gate *g, struct ay_buf *out);
AY_MUSTCHECK int ay_status_metrics(struct ay_gate *g, struct ay_buf *out);

/* html.c */
AY_MUSTCHECK int ay_report_html(const struct ay_json *report, struct ay_buf *out);

#endif
