/* SPDX-License-Identifier: Apache-2.0 */
/* An artifact on its way in: handles, rights of its writer, what the mount tells, waiters. Judging is in intake_judge.c. */
#include <errno.h>
#include "assay/fd.h"
#include "assay/text.h"
#include "gate/intake.h"

/* ---- references ---- */

void ay_intake_ref(struct ay_intake *in)
{
	pthread_mutex_lock(&in->g->lock);
	in->refs++;
	pthread_mutex_unlock(&in->g->lock);
}

static void destroy(struct ay_intake *in)
{
	if (in->context)
		ay_context_unref(in->context);
	ay_claims_free(&in->claims);
	ay_table_free(&in->files);
	ay_close(&in->tree_fd);
	pthread_cond_destroy(&in->changed);
	pthread_mutex_destroy(&in->lock);
	free(in);
}

/* g->lock held. */
static void unlink_from_list(struct ay_intake *in)
{
	for (struct ay_intake **at = &in->g->intakes; *at; at = &(*at)->next)
		if (*at == in) {
			*at = in->next;
			break;
		}
	in->listed = false;
	in->refs--;
}

void ay_intake_unref(struct ay_intake *in)
{
	struct ay_gate *g = in->g;
	bool gone;

	pthread_mutex_lock(&g->lock);
	in->refs--;
	/* An open artifact stays in memory: its table is what makes the next close cheap. Others are read again when asked for. */
	if (in->listed && in->refs == 1 && __atomic_load_n(&in->art.state, __ATOMIC_RELAXED) != AY_OPEN)
		unlink_from_list(in);
	gone = in->refs == 0;
	pthread_mutex_unlock(&g->lock);
	if (gone)
		destroy(in);
}

void ay_intake_unlist(struct ay_intake *in)
{
	pthread_mutex_lock(&in->g->lock);
	if (in->listed)
		unlink_from_list(in);
	pthread_mutex_unlock(&in->g->lock);
}

void ay_context_unref(struct ay_context *c)
{
	if (__atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL))
		return;
	ay_candidate_free(c->c);
	free(c);
}

int ay_intake_context(struct ay_intake *in, struct ay_context **out, struct ay_error *e)
{
	uint64_t generation = ay_gate_generation(in->g);
	struct ay_context *old, *fresh;
	int rc;

	pthread_mutex_lock(&in->lock);
	if (in->context && in->context->generation == generation) {
		*out = in->context;
		__atomic_add_fetch(&in->context->refs, 1, __ATOMIC_RELAXED);
		pthread_mutex_unlock(&in->lock);
		return 0;
	}
	pthread_mutex_unlock(&in->lock);

	fresh = calloc(1, sizeof(*fresh));
	if (!fresh)
		return ay_error_set(e, -ENOMEM, "out of memory");
	rc = ay_candidate_new(in->g, &in->art.ref, &fresh->c, e);
	if (rc) {
		free(fresh);
		return rc;
	}
	fresh->generation = generation;
	fresh->refs = 2;
	pthread_mutex_lock(&in->lock);
	old = in->context;
	in->context = fresh;
	/* Other keys may count now. */
	in->claims_dirty = true;
	pthread_mutex_unlock(&in->lock);
	if (old)
		ay_context_unref(old);
	*out = fresh;
	return 0;
}

static int write_record(struct ay_txn *t, void *arg)
{
	struct ay_intake *in = arg;
	struct ay_artifact a;

	pthread_mutex_lock(&in->lock);
	a = in->art;
	pthread_mutex_unlock(&in->lock);
	return ay_artifact_put(t, &a);
}

int ay_intake_save(struct ay_intake *in, struct ay_error *e)
{
	return ay_commit(in->g->store, write_record, in, e);
}

static void save(struct ay_gate *g, void *arg)
{
	struct ay_intake *in = arg;

	(void)g;
	/* When this fails the record says rejected while memory says open: after a restart the writer removes once more. */
	if (ay_intake_save(in, NULL) == 0)
		ay_gate_fire(in->g, in->art.ref.text, AY_OPEN);
	ay_intake_unref(in);
}

void ay_intake_state(struct ay_intake *in, enum ay_state state, const char *reason)
{
	int open = (state == AY_OPEN) - (in->art.state == AY_OPEN);
	/* What is held or rejected still lies here. */
	bool keeps = state == AY_OPEN || state == AY_HELD || state == AY_REJECTED;

	in->art.state = state;
	in->art.changed_s = ay_time_now();
	if (reason != in->art.reason)
		snprintf(in->art.reason, sizeof(in->art.reason), "%s", reason);
	/* Going back to open is never refused: nothing new is begun by it. */
	ay_gate_count(in->g, in->art.uid, open, keeps ? 0 : -in->bytes);
	if (!keeps)
		in->bytes = 0;
	pthread_cond_broadcast(&in->changed);
}

/* ---- making and finding ---- */

static struct ay_intake *find_listed(struct ay_gate *g, const char *ref)
{
	for (struct ay_intake *in = g->intakes; in; in = in->next)
		if (strcmp(in->art.ref.text, ref) == 0)
			return in;
	return NULL;
}

static int make(struct ay_gate *g, const struct ay_artifact *a, struct ay_intake **out)
{
	struct ay_intake *in = calloc(1, sizeof(*in));
	pthread_condattr_t attr;
	int fd;

	if (!in)
		return -ENOMEM;
	fd = ay_staging_tree_fd(g->store, a->id);
	if (fd == -ENOENT || fd == AY_ENOTFOUND) {
		/* A verdict that put recorded has no staged tree; the mount and rm expect one. */
		int rc = ay_staging_create(g->store, a->id, NULL);

		fd = rc ? rc : ay_staging_tree_fd(g->store, a->id);
	}
	if (fd < 0) {
		free(in);
		return fd;
	}
	in->g = g;
	in->art = *a;
	in->tree_fd = fd;
	in->touched_s = a->changed_s;
	in->claims_dirty = true;
	pthread_mutex_init(&in->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&in->changed, &attr);
	pthread_condattr_destroy(&attr);
	in->refs = 2;
	in->listed = true;
	*out = in;
	return 0;
}

/* What is in the staged tree, closed and not looked at. */
static int fill(struct ay_intake *in)
{
	struct ay_file_list l = { 0 };
	int64_t now = ay_time_now();
	int rc = ay_staging_list(in->g->store, in->art.id, &l, NULL);

	/* A held tree that put left is in the catalogue. */
	in->bytes = in->art.top ? (int64_t)in->art.bytes : 0;
	for (size_t i = 0; rc == 0 && i < l.n; i++) {
		struct ay_intake_file *f = ay_table_make(&in->files, l.v[i].path);

		if (!f) {
			rc = -ENOMEM;
			break;
		}
		f->ino = l.v[i].ino;
		f->size = l.v[i].size;
		in->bytes += (int64_t)l.v[i].size;
		/* The record does not say when something was last written; a copied time may lie in the past or in the future. */
		if (l.v[i].mtime_s > in->touched_s && l.v[i].mtime_s <= now)
			in->touched_s = l.v[i].mtime_s;
	}
	ay_file_list_free(&l);
	return rc;
}

int ay_intake_find(struct ay_gate *g, const char *ref, struct ay_intake **out)
{
	struct ay_intake *in, *other;
	struct ay_artifact a;
	struct ay_txn *t;
	int rc;

	pthread_mutex_lock(&g->lock);
	in = find_listed(g, ref);
	if (in)
		in->refs++;
	pthread_mutex_unlock(&g->lock);
	if (in) {
		*out = in;
		return 0;
	}
	rc = ay_read_begin(g->store, &t);
	if (rc)
		return rc;
	rc = ay_artifact_get(t, ref, &a);
	ay_read_end(t);
	if (rc)
		return rc;
	if (a.state != AY_OPEN && a.state != AY_HELD && a.state != AY_REJECTED)
		return AY_ENOTFOUND;
	rc = make(g, &a, &in);
	if (rc)
		return rc;
	rc = fill(in);
	if (rc) {
		destroy(in);
		return rc;
	}
	pthread_mutex_lock(&g->lock);
	other = find_listed(g, ref);
	if (other) {
		other->refs++;
	} else {
		in->next = g->intakes;
		g->intakes = in;
	}
	pthread_mutex_unlock(&g->lock);
	if (other)
		destroy(in);
	*out = other ? other : in;
	return 0;
}

static int write_new(struct ay_txn *t, void *arg)
{
	struct ay_artifact *a = arg, other;
	struct ay_tag tag;
	int rc = ay_artifact_get(t, a->ref.text, &other);

	if (rc == 0)
		return AY_EEXISTS;
	if (rc == AY_ENOTFOUND)
		rc = ay_tag_get(t, a->ref.name, a->ref.version, &tag);
	if (rc == 0)
		return AY_EEXISTS;
	return rc == AY_ENOTFOUND ? ay_artifact_put(t, a) : rc;
}

static int forget_record(struct ay_txn *t, void *arg)
{
	return ay_artifact_remove(t, *(uint64_t *)arg);
}

static int create(struct ay_gate *g, struct ay_artifact *a, struct ay_intake **out, struct ay_error *e)
{
	struct ay_intake *in;
	int rc = ay_commit(g->store, write_new, a, e);

	if (rc == AY_EEXISTS)
		ay_error_set(e, rc, "%s exists already, as a version or as a tag", a->ref.text);
	if (rc)
		return rc;
	rc = ay_staging_create(g->store, a->id, e);
	if (rc == 0) {
		rc = make(g, a, &in);
		if (rc)
			ay_error_set(e, rc, "the staged tree cannot be opened: %s", ay_strerror(rc));
	}
	if (rc) {
		if (ay_commit(g->store, forget_record, &a->id, NULL))
			return rc;
		return rc;
	}
	pthread_mutex_lock(&g->lock);
	in->next = g->intakes;
	g->intakes = in;
	pthread_mutex_unlock(&g->lock);
	*out = in;
	return 0;
}

int ay_intake_create(struct ay_gate *g, const char *ref, const struct ay_cred *c, struct ay_intake **out, struct ay_error *e)
{
	struct ay_artifact a = { .state = AY_OPEN, .uid = c->uid, .gid = c->gid, .created_s = ay_time_now(), .log_index = UINT64_MAX };
	const struct ay_policy *p;
	const struct ay_rules *r;
	int rc = ay_ref_parse(ref, &a.ref, e);

	if (rc)
		return rc;
	a.changed_s = a.created_s;
	snprintf(a.reason, sizeof(a.reason), "waiting: a signature and the files that it lists");
	if (!ay_gate_may(g, c, a.ref.name, AY_RIGHT_PUBLISH)) {
		ay_error_set(e, AY_EACCESS, "the policy gives uid %u no right to publish %s", c->uid, a.ref.name);
		ay_error_next(e, "ask the owner for a publish entry under access: in the policy");
		return AY_EACCESS;
	}
	p = ay_gate_policy(g);
	rc = ay_policy_rules(p, a.ref.name, &r, e);
	ay_gate_policy_release(g, p);
	if (rc == 0)
		rc = ay_store_room(g->store, 64 * MIB, e);
	if (rc == 0)
		rc = ay_gate_charge(g, c->uid, 1, 0, e);
	if (rc)
		return rc;
	rc = ay_gate_reserve(g, ref, e);
	if (rc == 0) {
		rc = create(g, &a, out, e);
		ay_gate_unreserve(g, ref);
	}
	if (rc)
		ay_gate_count(g, c->uid, -1, 0);
	return rc;
}

void ay_intake_artifact(struct ay_intake *in, struct ay_artifact *out)
{
	pthread_mutex_lock(&in->lock);
	*out = in->art;
	if (in->art.state == AY_OPEN) {
		out->files = in->files.n;
		out->bytes = (uint64_t)(in->bytes > 0 ? in->bytes : 0);
	}
	pthread_mutex_unlock(&in->lock);
}

int ay_intake_tree_fd(struct ay_intake *in)
{
	return in->tree_fd;
}

/* ---- may the writer ---- */

static int offends(struct ay_intake *in, struct ay_error *e)
{
	for (size_t i = 0; i < in->files.nbuckets; i++)
		for (const struct ay_intake_file *f = in->files.v[i]; f; f = f->next)
			if (f->failed) {
				ay_error_set(e, AY_ESTATE, "%s was rejected: %.300s", f->path, in->art.reason);
				ay_error_where(e, "%s", f->path);
				ay_error_next(e, "remove %.150s, or assay why %s", f->path, in->art.ref.text);
				return AY_ESTATE;
			}
	ay_error_set(e, AY_ESTATE, "%s was rejected: %.300s", in->art.ref.text, in->art.reason);
	ay_error_next(e, "remove what offends (assay why %s), or assay rm %s", in->art.ref.text, in->art.ref.text);
	return AY_ESTATE;
}

static int may(struct ay_intake *in, enum ay_change what, const char *path, struct ay_error *e)
{
	bool claim = path && ay_claim_name(path);

	if (in->gone)
		return ay_error_set(e, AY_ENOTFOUND, "%s was discarded", in->art.ref.text);
	/* Times too: an object whose mtime moves while it is placed looks damaged later. */
	if (in->judging) {
		ay_error_set(e, AY_ESTATE, "%s is being judged", in->art.ref.text);
		ay_error_next(e, "assay wait %s", in->art.ref.text);
		return AY_ESTATE;
	}
	/* Times and modes are not judged, and cp sets them last. */
	if (what == AY_CHANGE_ATTR)
		return 0;
	switch (in->art.state) {
	case AY_OPEN:
		/* A file that failed rejects a moment later, when its verdict is in the log. */
		return in->failed && what != AY_CHANGE_UNLINK ? offends(in, e) : 0;
	case AY_REJECTED:
		return what == AY_CHANGE_UNLINK ? 0 : offends(in, e);
	case AY_HELD:
		if (claim && (what == AY_CHANGE_CREATE || what == AY_CHANGE_WRITE_OPEN || what == AY_CHANGE_FSYNC))
			return 0;
		ay_error_set(e, AY_ESTATE, "%s is held: %.200s", in->art.ref.text, in->art.reason);
		ay_error_next(e, "assay retry %s, or assay rm %s", in->art.ref.text, in->art.ref.text);
		return AY_ESTATE;
	default:
		return ay_error_set(e, AY_ESTATE, "%s is %s", in->art.ref.text, ay_state_name(in->art.state));
	}
}

static int one_more(struct ay_intake *in, struct ay_error *e)
{
	uint64_t limit;

	pthread_mutex_lock(&in->g->lock);
	limit = ay_policy_limits(in->g->policy)->files;
	pthread_mutex_unlock(&in->g->lock);
	if (in->files.n < limit)
		return 0;
	ay_error_set(e, AY_ELIMIT, "%s has %zu files, the policy allows %llu", in->art.ref.text, in->files.n, (unsigned long long)limit);
	ay_error_next(e, "pack small files together, or ask the owner to raise files: under limits: in the policy");
	return AY_ELIMIT;
}

int ay_intake_may(struct ay_intake *in, const struct ay_cred *c, enum ay_change what, const char *path, struct ay_error *e)
{
	int rc;

	if (c->uid != in->art.uid)
		return ay_error_set(e, AY_EACCESS, "only uid %u, who began %s, may write to it", in->art.uid, in->art.ref.text);
	pthread_mutex_lock(&in->lock);
	in->touched_s = ay_time_now();
	rc = may(in, what, path, e);
	if (rc == 0 && what == AY_CHANGE_CREATE)
		rc = one_more(in, e);
	if (rc == 0 && what != AY_CHANGE_FSYNC)
		in->changing++;
	pthread_mutex_unlock(&in->lock);
	return rc;
}

void ay_intake_done(struct ay_intake *in)
{
	struct ay_waiter *rest = NULL;

	pthread_mutex_lock(&in->lock);
	in->changing--;
	pthread_cond_broadcast(&in->changed);
	if (!in->changing && !ay_intake_settle(in))
		rest = ay_waiters_take(in, NULL, 0);
	pthread_mutex_unlock(&in->lock);
	ay_waiters_answer(rest, 0);
}

/* ---- what the mount tells ---- */

/* Lock held. What was found out about the file is void; a scan under way answers to an older turn. */
static void renew(struct ay_intake *in, struct ay_intake_file *f)
{
	f->turn++;
	if (f->busy)
		in->busy--;
	if (f->failed)
		in->failed--;
	f->busy = f->hashed = f->failed = f->cached = false;
	ay_note_unref(f->note);
	f->note = NULL;
}

void ay_intake_opened(struct ay_intake *in, const char *path, uint64_t ino)
{
	struct ay_intake_file *f;

	pthread_mutex_lock(&in->lock);
	in->touched_s = ay_time_now();
	f = ay_table_make(&in->files, path);
	if (!f)
		ay_bug("out of memory for an open file");
	f->ino = ino;
	renew(in, f);
	f->opened++;
	in->handles++;
	if (ay_claim_name(path))
		in->claims_dirty = true;
	pthread_mutex_unlock(&in->lock);
}

void ay_intake_released(struct ay_intake *in, const char *path)
{
	struct ay_intake_file *f;

	pthread_mutex_lock(&in->lock);
	in->touched_s = ay_time_now();
	f = ay_table_find(&in->files, path);
	if (f && f->opened) {
		f->opened--;
		if (f->flushed)
			f->flushed--;
		else
			in->handles--;
	}
	/* RELEASE of the last write handle settles, with nobody waiting. */
	ay_intake_settle(in);
	pthread_mutex_unlock(&in->lock);
}

void ay_intake_refused(struct ay_intake *in, const char *name, const char *why)
{
	char shown[60];

	pthread_mutex_lock(&in->lock);
	snprintf(in->refused, sizeof(in->refused), "; %s was refused: %s", ay_escape_str(shown, sizeof(shown), name), why);
	ay_intake_settle(in);
	pthread_mutex_unlock(&in->lock);
}

/* Lock held. Taking something away makes a rejected artifact open again, unless another file is still bad. */
static bool reopened(struct ay_intake *in)
{
	if (in->art.state != AY_REJECTED || in->failed || in->gone)
		return false;
	ay_intake_state(in, AY_OPEN, "waiting: what was removed after the rejection");
	return true;
}

void ay_intake_removed(struct ay_intake *in, const char *path)
{
	struct ay_intake_file *f;
	bool again;

	pthread_mutex_lock(&in->lock);
	in->touched_s = ay_time_now();
	f = ay_table_find(&in->files, path);
	if (f) {
		renew(in, f);
		in->handles -= f->opened - f->flushed;
		ay_table_remove(&in->files, path);
	}
	if (ay_claim_name(path))
		in->claims_dirty = true;
	again = reopened(in);
	ay_intake_settle(in);
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
	if (again) {
		ay_intake_ref(in);
		ay_tasks_add(in->g->tasks, save, in);
	}
}

void ay_intake_renamed(struct ay_intake *in, const char *from, const char *to)
{
	struct ay_intake_file *f;

	pthread_mutex_lock(&in->lock);
	in->touched_s = ay_time_now();
	/* A file that was there before gives way. */
	f = ay_table_find(&in->files, to);
	if (f && strcmp(from, to) != 0) {
		renew(in, f);
		in->handles -= f->opened - f->flushed;
		ay_table_remove(&in->files, to);
	}
	f = ay_table_find(&in->files, from);
	/* Scans depend on the name's suffix, and a result under way would miss the file: both are done again. */
	if (f) {
		bool hashed = f->hashed;

		renew(in, f);
		f->hashed = hashed;
	}
	if (strcmp(from, to) != 0 && ay_table_rename(&in->files, from, to))
		ay_bug("out of memory for a renamed file");
	if (ay_claim_name(from) || ay_claim_name(to))
		in->claims_dirty = true;
	pthread_mutex_unlock(&in->lock);
}

int ay_intake_charge(struct ay_intake *in, int64_t bytes, struct ay_error *e)
{
	int rc = ay_gate_charge(in->g, in->art.uid, 0, bytes, e);

	if (rc == 0) {
		pthread_mutex_lock(&in->lock);
		in->bytes += bytes;
		pthread_mutex_unlock(&in->lock);
	}
	return rc;
}

/* ---- waiters ---- */

struct ay_waiter *ay_waiters_take(struct ay_intake *in, const char *path, uint32_t turn)
{
	struct ay_waiter *out = NULL;

	for (struct ay_waiter **at = &in->waiters; *at;) {
		struct ay_waiter *w = *at;
		bool match = path ? !w->verdict && w->turn == turn && strcmp(w->path, path) == 0 : w->verdict;

		if (!match) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->next = out;
		out = w;
	}
	return out;
}

void ay_waiters_answer(struct ay_waiter *list, int code)
{
	while (list) {
		struct ay_waiter *next = list->next;

		list->done(list->arg, code);
		free(list);
		list = next;
	}
}

static struct ay_waiter *waiter_new(struct ay_intake *in, const char *path, uint32_t turn, ay_verdict_done done, void *arg)
{
	size_t len = strlen(path);
	struct ay_waiter *w = calloc(1, sizeof(*w) + len + 1);

	if (!w)
		ay_bug("out of memory for a waiter");
	w->ticket = ++in->next_ticket;
	w->done = done;
	w->arg = arg;
	w->turn = turn;
	memcpy(w->path, path, len + 1);
	w->next = in->waiters;
	in->waiters = w;
	return w;
}

/* verdict: async */
static bool answers_at_once(struct ay_intake *in)
{
	struct ay_context *ctx;
	bool yes;

	if (ay_intake_context(in, &ctx, NULL))
		return false;
	yes = ctx->c->rules->async_verdict;
	ay_context_unref(ctx);
	return yes;
}

void ay_intake_closed(struct ay_intake *in, const char *path, const struct ay_sha256 *digest, ay_verdict_done done, void *arg,
		      uint64_t *ticket_out)
{
	struct ay_intake_file *f;
	struct ay_waiter *now = NULL, *w;
	bool process = false, async = answers_at_once(in);
	uint32_t turn = 0;

	pthread_mutex_lock(&in->lock);
	in->touched_s = ay_time_now();
	f = ay_table_find(&in->files, path);
	if (f && f->opened > f->flushed) {
		f->flushed++;
		in->handles--;
	}
	if (ticket_out)
		*ticket_out = 0;
	/* Another handle still writes to it: its close is the one that counts. */
	if (f && f->opened == f->flushed && !f->busy && !f->hashed && !in->judging && !in->gone) {
		f->busy = true;
		in->busy++;
		turn = f->turn;
		process = true;
	}
	w = waiter_new(in, path, turn, done, arg);
	if (ticket_out)
		*ticket_out = w->ticket;
	if (!process || async) {
		w->verdict = true;
		now = w;
		in->waiters = w->next;
		w->next = NULL;
	}
	pthread_mutex_unlock(&in->lock);
	ay_waiters_answer(now, 0);
	if (process) {
		ay_intake_ref(in);
		ay_intake_process(in, path, turn, digest);
	}
}

void ay_intake_forget(struct ay_intake *in, uint64_t ticket)
{
	struct ay_waiter *found = NULL;

	pthread_mutex_lock(&in->lock);
	for (struct ay_waiter **at = &in->waiters; *at; at = &(*at)->next)
		if ((*at)->ticket == ticket) {
			found = *at;
			*at = found->next;
			found->next = NULL;
			break;
		}
	pthread_mutex_unlock(&in->lock);
	ay_waiters_answer(found, -EINTR);
}

void ay_intake_poke(struct ay_intake *in)
{
	pthread_mutex_lock(&in->lock);
	ay_intake_settle(in);
	pthread_mutex_unlock(&in->lock);
}

/* ---- life of the gate ---- */

void ay_intake_drop_all(struct ay_gate *g)
{
	while (g->intakes) {
		struct ay_intake *in = g->intakes;

		g->intakes = in->next;
		destroy(in);
	}
}
