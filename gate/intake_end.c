/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts that are given up: by their writer, or because nobody touched them for open_ttl. */
#include "assay/fd.h"
#include "assay/text.h"
#include "gate/intake.h"

struct discarding { uint64_t id, top; };

static int forget(struct ay_txn *t, void *arg)
{
	const struct discarding *d = arg;
	int rc = d->top ? ay_nodes_drop(t, d->top) : 0;

	return rc ? rc : ay_artifact_remove(t, d->id);
}

static int discard(struct ay_intake *in, struct ay_error *e)
{
	struct discarding d = { .id = in->art.id };
	struct ay_waiter *rest;
	struct ay_error ignored;
	int rc;

	pthread_mutex_lock(&in->lock);
	while (in->judging || in->settling)
		pthread_cond_wait(&in->changed, &in->lock);
	if (in->art.state == AY_ADMITTED)
		rc = ay_error_set(e, AY_ESTATE, "%s was admitted meanwhile", in->art.ref.text);
	else
		rc = in->gone ? ay_error_set(e, AY_ENOTFOUND, "%s was discarded already", in->art.ref.text) : 0;
	if (rc == 0) {
		in->gone = true;
		d.top = in->art.top;
	}
	pthread_mutex_unlock(&in->lock);
	if (rc)
		return rc;
	rc = ay_commit(in->g->store, forget, &d, e);
	pthread_mutex_lock(&in->lock);
	if (rc) {
		in->gone = false;
	} else {
		ay_intake_state(in, AY_RETIRED, "discarded");
	}
	for (struct ay_waiter *w = in->waiters; w; w = w->next)
		w->verdict = true;
	rest = ay_waiters_take(in, NULL, 0);
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
	ay_waiters_answer(rest, 0);
	if (rc)
		return rc;
	ay_intake_unlist(in);
	/* What cannot be removed now is taken by gc. */
	if (ay_staging_remove(in->g->store, d.id, &ignored) == 0)
		AY_FAILPOINT("discard-done");
	ay_gate_fire(in->g, in->art.ref.text, AY_RETIRED);
	return 0;
}

int ay_intake_discard(struct ay_intake *in, const struct ay_cred *c, struct ay_error *e)
{
	if (c->uid != in->art.uid && c->uid != 0)
		return ay_error_set(e, AY_EACCESS, "only uid %u, who began %s, or root may discard it", in->art.uid, in->art.ref.text);
	return discard(in, e);
}

/* The next that nobody touched for open_ttl, with a reference; NULL. */
static struct ay_intake *find_idle(struct ay_gate *g)
{
	int64_t now = ay_time_now(), ttl;
	struct ay_intake *idle;

	pthread_mutex_lock(&g->lock);
	ttl = ay_policy_limits(g->policy)->open_ttl_s;
	for (idle = g->intakes; idle; idle = idle->next) {
		bool expired;

		/* Only tried: elsewhere its lock comes before this one; and who holds it is not idle. */
		if (pthread_mutex_trylock(&idle->lock))
			continue;
		expired = idle->art.state == AY_OPEN && !idle->handles && !idle->busy && now - idle->touched_s > ttl;
		pthread_mutex_unlock(&idle->lock);
		if (expired)
			break;
	}
	if (idle)
		idle->refs++;
	pthread_mutex_unlock(&g->lock);
	return idle;
}

void ay_intake_sweep(struct ay_gate *g)
{
	struct ay_intake *idle;
	int rc = 0;

	while (rc == 0 && (idle = find_idle(g))) {
		/* What cannot be discarded now is tried again at the next sweep. */
		rc = discard(idle, NULL);
		ay_intake_unref(idle);
	}
}
