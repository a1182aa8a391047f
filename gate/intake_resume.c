/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts that were open when the daemon ended are taken up again, and what each publisher has lying here is counted. */
#include <errno.h>
#include "gate/intake.h"

struct resuming { char refs[64][AY_LIMIT_REF + 1]; size_t n; char after[AY_LIMIT_REF + 1]; };

static int resume_one(const struct ay_artifact *a, void *arg)
{
	struct resuming *r = arg;

	if ((a->state != AY_OPEN && a->state != AY_HELD && a->state != AY_REJECTED) || strcmp(a->ref.text, r->after) <= 0)
		return 0;
	snprintf(r->refs[r->n++], sizeof(r->refs[0]), "%s", a->ref.text);
	return r->n == AY_ARRAY_LEN(r->refs);
}

static int64_t staged_bytes(struct ay_gate *g, const struct ay_artifact *a)
{
	struct ay_file_list l = { 0 };
	int64_t bytes = 0;

	if (a->top)
		return (int64_t)a->bytes;
	/* A rejected put left nothing. */
	if (ay_staging_list(g->store, a->id, &l, NULL) == 0)
		for (size_t i = 0; i < l.n; i++)
			bytes += (int64_t)l.v[i].size;
	ay_file_list_free(&l);
	return bytes;
}

static void take_up(struct ay_gate *g, const char *ref)
{
	struct ay_artifact a;
	struct ay_intake *in;
	struct ay_txn *t;
	int rc = ay_read_begin(g->store, &t);

	if (rc)
		return;
	rc = ay_artifact_get(t, ref, &a);
	ay_read_end(t);
	if (rc)
		return;
	ay_gate_count(g, a.uid, a.state == AY_OPEN, staged_bytes(g, &a));
	ay_drift_pool_resume(g, &a);
	if (a.state != AY_OPEN || ay_intake_find(g, ref, &in))
		return;
	ay_intake_poke(in);
	ay_intake_unref(in);
}

int ay_intake_resume(struct ay_gate *g, struct ay_error *e)
{
	struct resuming *r = calloc(1, sizeof(*r));
	struct ay_txn *t;
	int rc = r ? 0 : -ENOMEM;

	do {
		if (rc == 0)
			rc = ay_read_begin(g->store, &t);
		if (rc)
			break;
		r->n = 0;
		rc = ay_artifact_each(t, "", resume_one, r);
		ay_read_end(t);
		if (rc == 1 || rc == AY_ENOTFOUND)
			rc = 0;
		for (size_t i = 0; rc == 0 && i < r->n; i++) {
			snprintf(r->after, sizeof(r->after), "%s", r->refs[i]);
			take_up(g, r->refs[i]);
		}
	} while (rc == 0 && r->n == AY_ARRAY_LEN(r->refs));
	free(r);
	return rc ? ay_error_set(e, rc, "open artifacts cannot be resumed: %s", ay_strerror(rc)) : 0;
}
