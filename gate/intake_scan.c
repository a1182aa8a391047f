/* SPDX-License-Identifier: Apache-2.0 */
/* A file that was closed: hashed unless the mount did, looked up in the cache, else scanned; a fail rejects the artifact at once. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "assay/fd.h"
#include "gate/intake.h"

/* On its way through the task queue, the pool, and back. */
struct closing {
	struct ay_intake *in;                /* a reference */
	struct ay_context *ctx;
	uint32_t turn;
	bool has_digest, cached, claim, ignored;
	struct ay_sha256 sha256, key;
	uint64_t size;
	struct ay_scan_note *note;
	char path[];
};

static void closing_free(struct closing *k)
{
	if (k->ctx)
		ay_context_unref(k->ctx);
	ay_note_unref(k->note);
	ay_intake_unref(k->in);
	free(k);
}

/* The verdict about one file, logged like any other: content gates only, because the tree is not complete. */
static int reject(struct closing *k, struct ay_error *e)
{
	struct ay_file_list list = { 0 };
	struct ay_candidate *c;
	int rc = ay_candidate_new(k->in->g, &k->in->art.ref, &c, e);

	if (rc)
		return rc;
	pthread_mutex_lock(&k->in->lock);
	c->art = k->in->art;
	pthread_mutex_unlock(&k->in->lock);
	rc = ay_file_list_add(&list, k->path, k->size, &k->sha256);
	c->files = list;
	c->notes = calloc(1, sizeof(struct ay_scan_note *));
	if (rc == 0 && !c->notes)
		rc = -ENOMEM;
	if (rc == 0) {
		c->notes[0] = ay_note_ref(k->note);
		ay_candidate_fresh(c, &k->key, k->note);
		rc = ay_judge_content(c, e);
	}
	if (rc == 0 && c->judged.verdict == AY_FAIL)
		rc = ay_admit(c, NULL, false, e);
	if (rc == 0 && c->art.state == AY_REJECTED) {
		bool stands;

		pthread_mutex_lock(&k->in->lock);
		k->in->art.log_index = c->art.log_index;
		stands = k->in->failed > 0;
		if (stands)
			ay_intake_state(k->in, AY_REJECTED, c->art.reason);
		pthread_mutex_unlock(&k->in->lock);
		/* Removed while its verdict was written: the artifact is open after all. */
		if (!stands)
			rc = ay_intake_save(k->in, e);
	}
	ay_candidate_free(c);
	return rc;
}

static bool unlisted(struct ay_intake *in, const char *path)
{
	bool yes;

	pthread_mutex_lock(&in->lock);
	yes = !in->manifest || !ay_file_list_find(&in->manifest->files, path);
	pthread_mutex_unlock(&in->lock);
	return yes;
}

static void note_others(void *arg, const struct ay_rule *rule, const struct ay_json *finding)
{
	bool *others = arg;

	(void)finding;
	*others = *others || !rule || (rule->verdict == AY_FAIL && strcmp(rule->id, "schema.unnamed") != 0);
}

/* An unknown format, or a file that no pattern names, may become known with the name that a temporary file is renamed to (rsync, mv): judging decides. */
static bool nameless(struct closing *k)
{
	bool others = k->note->total > AY_LIMIT_FINDINGS_PER_FILE;

	if (strcmp(k->note->format, "unknown") == 0 && unlisted(k->in, k->path))
		return true;
	return ay_note_each(k->note, note_others, &others) == 0 && !others && unlisted(k->in, k->path);
}

static void finish(struct closing *k, int code)
{
	struct ay_intake *in = k->in;
	struct ay_waiter *now = NULL;
	bool fail = k->note && ay_note_decide(k->note, k->ctx->c->rules, k->ctx->c->waivers, k->ctx->c->now_s) == AY_FAIL && !nameless(k);
	struct ay_intake_file *f;
	bool current;

	pthread_mutex_lock(&in->lock);
	f = ay_table_find(&in->files, k->path);
	current = f && f->turn == k->turn;
	if (current) {
		f->busy = false;
		/* A rejection is work too: who waits hears of it. */
		in->busy -= !fail;
		if (code == 0 && !k->claim && !k->ignored) {
			ay_note_unref(f->note);
			f->note = ay_note_ref(k->note);
			f->sha256 = k->sha256;
			f->key = k->key;
			f->size = k->size;
			f->hashed = true;
			f->cached = k->cached;
			if (fail && !f->failed) {
				f->failed = true;
				in->failed++;
			}
		}
		if (k->claim)
			in->claims_dirty = true;
	}
	pthread_mutex_unlock(&in->lock);

	if (current && fail && reject(k, NULL) == 0)
		ay_gate_fire(in->g, in->art.ref.text, AY_REJECTED);
	pthread_mutex_lock(&in->lock);
	in->busy -= current && fail;
	pthread_cond_broadcast(&in->changed);
	if (fail || !ay_intake_settle(in)) {
		now = ay_waiters_take(in, k->path, k->turn);
	} else {
		for (struct ay_waiter *w = in->waiters; w; w = w->next)
			if (w->turn == k->turn && strcmp(w->path, k->path) == 0)
				w->verdict = true;
	}
	pthread_mutex_unlock(&in->lock);
	ay_waiters_answer(now, fail ? AY_EPOLICY : 0);
	closing_free(k);
}

static void scanned(struct ay_gate *g, void *arg)
{
	(void)g;
	finish(arg, 0);
}

static void landed(void *arg, int code, struct ay_scan_result *r, const struct ay_error *e)
{
	struct closing *k = arg;

	k->note = ay_note_of(code, r, e);
	if (!k->note)
		ay_bug("out of memory for a scan note");
	/* The verdict may have to be committed, which callbacks of the pool must not wait for. */
	ay_tasks_add(k->in->g->tasks, scanned, k);
}

static int look(struct closing *k)
{
	struct ay_txn *t;
	int rc = ay_read_begin(k->in->g->store, &t);

	if (rc)
		return rc;
	k->key = ay_scan_key(k->in->g, &k->ctx->c->plan, &k->sha256, k->path);
	rc = ay_scan_cached(t, &k->key, &k->note);
	ay_read_end(t);
	k->cached = k->note;
	return rc;
}

static void run(struct ay_gate *g, void *arg)
{
	struct closing *k = arg;
	struct ay_job job = { 0 };
	struct stat st;
	int AY_CLEANUP_FD fd = -1;
	int rc = ay_intake_context(k->in, &k->ctx, NULL);

	if (rc)
		goto done;
	k->claim = ay_claim_name(k->path) && unlisted(k->in, k->path);
	k->ignored = !k->claim && ay_policy_ignored(k->ctx->c->policy, k->path) && unlisted(k->in, k->path);
	if (k->claim || k->ignored)
		goto done;
	fd = ay_open_beneath(k->in->tree_fd, k->path, O_RDONLY, 0);
	rc = fd < 0 ? fd : fstat(fd, &st) ? -errno : 0;
	if (rc)
		goto done;
	k->size = (uint64_t)st.st_size;
	if (!k->has_digest)
		rc = ay_sha256_fd(fd, &k->sha256, NULL, NULL);
	if (rc == 0 && k->ctx->c->plan.wanted)
		rc = look(k);
	if (rc || k->note || !k->ctx->c->plan.wanted || !g->pool)
		goto done;
	job = (struct ay_job){
		.fd = fd, .size = k->size, .uid = k->in->art.uid,
		.options = { .profiles = k->ctx->c->plan.profiles, .path = k->path, .opaque = k->ctx->c->plan.opaque,
			     .schema_json = k->ctx->c->plan.schema, .schema_len = k->ctx->c->plan.schema_len },
	};
	if (ay_pool_submit(g->pool, &job, landed, k, NULL) == 0)
		return;
done:
	finish(k, rc);
}

void ay_intake_process(struct ay_intake *in, const char *path, uint32_t turn, const struct ay_sha256 *digest)
{
	size_t len = strlen(path);
	struct closing *k = calloc(1, sizeof(*k) + len + 1);

	if (!k)
		ay_bug("out of memory for a closed file");
	k->in = in;
	k->turn = turn;
	if (digest) {
		k->sha256 = *digest;
		k->has_digest = true;
	}
	memcpy(k->path, path, len + 1);
	ay_tasks_add(in->g->tasks, run, k);
}
