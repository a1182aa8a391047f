/* SPDX-License-Identifier: Apache-2.0 */
/* Life of the gate: opening and closing, the trust root and policy in force, reloading them. */
#include <errno.h>
#include "assay/fd.h"
#include "assay/text.h"
#include "gate/candidate.h"

/* ---- snapshots ---- */

static int snap_add(struct ay_gate *g, void *obj, bool trust)
{
	struct ay_snap *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*s = (struct ay_snap){ obj, trust, 1, g->snaps };
	g->snaps = s;
	return 0;
}

static void snap_destroy(struct ay_snap *s)
{
	if (s->trust) {
		ay_trust_free(s->obj);
		free(s->obj);
	} else {
		ay_policy_free(s->obj);
	}
	free(s);
}

static void snap_release(struct ay_gate *g, const void *obj)
{
	struct ay_snap *gone = NULL;

	if (!obj)
		return;
	pthread_mutex_lock(&g->lock);
	for (struct ay_snap **at = &g->snaps; *at; at = &(*at)->next) {
		if ((*at)->obj != obj)
			continue;
		if (--(*at)->refs == 0) {
			gone = *at;
			*at = gone->next;
		}
		break;
	}
	pthread_mutex_unlock(&g->lock);
	if (gone)
		snap_destroy(gone);
}

static void snap_ref(struct ay_gate *g, const void *obj)
{
	for (struct ay_snap *s = g->snaps; s; s = s->next)
		if (s->obj == obj)
			s->refs++;
}

const struct ay_policy *ay_gate_policy(struct ay_gate *g)
{
	const struct ay_policy *p;

	pthread_mutex_lock(&g->lock);
	p = g->policy;
	snap_ref(g, p);
	pthread_mutex_unlock(&g->lock);
	return p;
}

void ay_gate_policy_release(struct ay_gate *g, const struct ay_policy *p)
{
	snap_release(g, p);
}

const struct ay_trust *ay_gate_trust(struct ay_gate *g)
{
	const struct ay_trust *t;

	pthread_mutex_lock(&g->lock);
	t = g->trust;
	snap_ref(g, t);
	pthread_mutex_unlock(&g->lock);
	return t;
}

void ay_gate_trust_release(struct ay_gate *g, const struct ay_trust *t)
{
	snap_release(g, t);
}

/* ---- small state ---- */

struct ay_store *ay_gate_store(struct ay_gate *g)
{
	return g->store;
}

void ay_gate_set_hook(struct ay_gate *g, ay_gate_changed fn, void *arg)
{
	pthread_mutex_lock(&g->lock);
	g->hook = fn;
	g->hook_arg = arg;
	pthread_mutex_unlock(&g->lock);
}

void ay_gate_fire(struct ay_gate *g, const char *ref, enum ay_state state)
{
	ay_gate_changed fn;
	void *arg;

	pthread_mutex_lock(&g->lock);
	fn = g->hook;
	arg = g->hook_arg;
	pthread_mutex_unlock(&g->lock);
	if (fn)
		fn(arg, ref, state);
}

void ay_gate_bump(struct ay_gate *g)
{
	__atomic_add_fetch(&g->generation, 1, __ATOMIC_SEQ_CST);
}

uint64_t ay_gate_generation(struct ay_gate *g)
{
	return __atomic_load_n(&g->generation, __ATOMIC_SEQ_CST);
}

int ay_gate_reserve(struct ay_gate *g, const char *ref, struct ay_error *e)
{
	char **v;
	int rc = 0;

	pthread_mutex_lock(&g->lock);
	for (size_t i = 0; i < g->nreserved; i++)
		if (strcmp(g->reserved[i], ref) == 0)
			rc = AY_EBUSY;
	if (rc == 0) {
		v = realloc(g->reserved, (g->nreserved + 1) * sizeof(*v));
		if (v) {
			g->reserved = v;
			v[g->nreserved] = strdup(ref);
		}
		rc = v && v[g->nreserved] ? 0 : -ENOMEM;
		g->nreserved += rc == 0;
	}
	pthread_mutex_unlock(&g->lock);
	if (rc == AY_EBUSY) {
		ay_error_set(e, rc, "%s is being published by somebody else at this moment", ref);
		ay_error_next(e, "assay wait %s", ref);
	}
	return rc;
}

void ay_gate_unreserve(struct ay_gate *g, const char *ref)
{
	pthread_mutex_lock(&g->lock);
	for (size_t i = 0; i < g->nreserved; i++) {
		if (strcmp(g->reserved[i], ref) != 0)
			continue;
		free(g->reserved[i]);
		g->reserved[i] = g->reserved[--g->nreserved];
		break;
	}
	pthread_mutex_unlock(&g->lock);
}

static struct ay_quota *quota_of(struct ay_gate *g, uint32_t uid)
{
	struct ay_quota *v;

	for (size_t i = 0; i < g->nquotas; i++)
		if (g->quotas[i].uid == uid)
			return &g->quotas[i];
	v = realloc(g->quotas, (g->nquotas + 1) * sizeof(*v));
	if (!v)
		return NULL;
	g->quotas = v;
	v[g->nquotas] = (struct ay_quota){ .uid = uid };
	return &v[g->nquotas++];
}

static void count(struct ay_quota *q, int open, int64_t bytes)
{
	q->open = (int64_t)q->open + open > 0 ? (uint32_t)((int64_t)q->open + open) : 0;
	q->bytes = q->bytes + bytes > 0 ? q->bytes + bytes : 0;
}

int ay_gate_charge(struct ay_gate *g, uint32_t uid, int open, int64_t bytes, struct ay_error *e)
{
	const struct ay_policy_limits *lim;
	struct ay_quota *q;
	char have[16];
	int rc = 0;

	pthread_mutex_lock(&g->lock);
	lim = ay_policy_limits(g->policy);
	q = quota_of(g, uid);
	if (!q) {
		rc = ay_error_set(e, -ENOMEM, "out of memory");
	} else if (open > 0 && q->open + (uint32_t)open > lim->publisher_open) {
		rc = ay_error_set(e, AY_ELIMIT, "you have %u open artifacts, the policy allows %u", q->open, lim->publisher_open);
		ay_error_next(e, "assay ls --state open, then assay rm REF");
	} else if (bytes > 0 && (uint64_t)q->bytes + (uint64_t)bytes > lim->publisher_bytes) {
		rc = ay_error_set(e, AY_ELIMIT, "what you have open, held or rejected would be more than the %s that the policy allows",
				  ay_size_format(have, lim->publisher_bytes));
		ay_error_next(e, "assay ls --state held, --state rejected or --state open, then assay rm REF");
	} else {
		count(q, open, bytes);
	}
	pthread_mutex_unlock(&g->lock);
	return rc;
}

void ay_gate_count(struct ay_gate *g, uint32_t uid, int open, int64_t bytes)
{
	struct ay_quota *q;

	pthread_mutex_lock(&g->lock);
	q = quota_of(g, uid);
	if (q)
		count(q, open, bytes);
	pthread_mutex_unlock(&g->lock);
}

uint64_t ay_gate_file_limit(struct ay_gate *g)
{
	return __atomic_load_n(&g->file_bytes, __ATOMIC_RELAXED);
}

/* ---- reload ---- */

/* Puts new snapshots in force and returns references to the old ones. */
static int install(struct ay_gate *g, struct ay_trust *t, struct ay_policy *p, uint64_t policy_version)
{
	const struct ay_trust *old_t;
	const struct ay_policy *old_p;
	int rc;

	pthread_mutex_lock(&g->lock);
	old_t = g->trust;
	old_p = g->policy;
	rc = snap_add(g, t, true);
	if (rc == 0) {
		rc = snap_add(g, p, false);
		if (rc) {
			struct ay_snap *s = g->snaps;

			g->snaps = s->next;
			free(s);
		}
	}
	if (rc == 0) {
		g->trust = t;
		g->policy = p;
		g->policy_version = policy_version;
		g->policy_digest = *ay_policy_digest(p);
		__atomic_store_n(&g->verifies, ay_policy_verifies_opens(p), __ATOMIC_RELAXED);
		__atomic_store_n(&g->file_bytes, ay_policy_limits(p)->file_bytes, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&g->lock);
	if (rc)
		return rc;
	ay_gate_bump(g);
	snap_release(g, old_t);
	snap_release(g, old_p);
	return 0;
}

static int load(struct ay_gate *g, struct ay_error *e)
{
	struct ay_trust *t = NULL;
	struct ay_policy *p = NULL;
	uint64_t version;
	int rc = ay_load_trust(g, &t, e);

	if (rc == 0)
		rc = ay_load_policy(g, t, &p, &version, e);
	if (rc == 0) {
		rc = install(g, t, p, version);
		if (rc)
			ay_error_set(e, rc, "out of memory");
	}
	if (rc) {
		if (t)
			ay_trust_free(t);
		free(t);
		ay_policy_free(p);
	}
	return rc;
}

/* Admitted artifacts and whether they stood, read out before anything is judged: 16 bytes each. */
struct was { uint64_t id; bool stood; };
struct admitted {
	struct was *v;
	size_t n, cap;
	struct ay_gate *g;
	struct ay_txn *t;
	const struct ay_policy *p;
	const struct ay_trust *tr;
};

static int list_admitted(const struct ay_artifact *a, void *arg)
{
	struct admitted *l = arg;

	if (a->state != AY_ADMITTED)
		return 0;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;
		struct was *v = realloc(l->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = (struct was){ a->id, ay_standing(l->g, l->t, l->p, l->tr, a, NULL) == 0 };
	return 0;
}

static int list_all(struct ay_gate *g, struct admitted *l)
{
	int rc;

	l->g = g;
	l->p = ay_gate_policy(g);
	l->tr = ay_gate_trust(g);
	rc = ay_read_begin(g->store, &l->t);
	if (rc == 0) {
		rc = ay_artifact_each(l->t, "", list_admitted, l);
		ay_read_end(l->t);
	}
	ay_gate_policy_release(g, l->p);
	ay_gate_trust_release(g, l->tr);
	return rc == AY_ENOTFOUND ? 0 : rc;
}

static int stand_now(struct ay_gate *g, const struct ay_artifact *a)
{
	const struct ay_policy *p = ay_gate_policy(g);
	const struct ay_trust *tr = ay_gate_trust(g);
	struct ay_txn *t;
	int rc = ay_read_begin(g->store, &t);

	if (rc == 0) {
		rc = ay_standing(g, t, p, tr, a, NULL);
		ay_read_end(t);
	}
	ay_gate_policy_release(g, p);
	ay_gate_trust_release(g, tr);
	return rc;
}

static int find_id(struct ay_gate *g, uint64_t id, struct ay_artifact *out)
{
	struct ay_txn *t;
	int rc = ay_read_begin(g->store, &t);

	if (rc)
		return rc;
	rc = ay_artifact_by_id(t, id, out);
	ay_read_end(t);
	return rc;
}

static bool judged_under(struct ay_gate *g, const struct ay_artifact *a)
{
	const struct ay_policy *p = ay_gate_policy(g);
	const struct ay_rules *r;
	struct ay_decision d;
	struct ay_txn *t;
	/* No rule is a refusal that no judging changes. */
	bool yes = true;

	if (ay_policy_rules(p, a->ref.name, &r, NULL) == 0 && ay_read_begin(g->store, &t) == 0) {
		yes = ay_decision_get(t, a->id, &r->digest, &d) == 0;
		ay_read_end(t);
	}
	ay_gate_policy_release(g, p);
	return yes;
}

/*
 * The new documents are in force before any artifact is judged again, and one
 * that was not judged under the rules in force cannot be opened: a change never
 * lets something through that it forbids, it only takes a while to let through
 * what it still allows.
 */
int ay_gate_reload(struct ay_gate *g, struct ay_error *e)
{
	struct admitted l = { 0 };
	int rc = list_all(g, &l);

	if (rc)
		ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	else
		rc = load(g, e);
	ay_rights_forget(g->rights);
	for (size_t i = 0; rc == 0 && i < l.n; i++) {
		struct ay_artifact a;

		if (find_id(g, l.v[i].id, &a))
			continue;
		if (!judged_under(g, &a) && ay_rejudge(g, &a, NULL) == 0)
			ay_gate_bump(g);
		if ((stand_now(g, &a) == 0) != l.v[i].stood)
			ay_gate_fire(g, a.ref.text, AY_ADMITTED);
	}
	free(l.v);
	ay_gate_bump(g);
	if (rc == 0)
		ay_highwater_raise(g);
	return rc;
}

/* ---- open and close ---- */

static int read_key(struct ay_store *s, const char *name, struct ay_key **out, struct ay_error *e)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_KEY_FILE);
	int rc = ay_read_file(ay_store_fd(s), name, &b, e);

	if (rc == 0)
		rc = ay_key_load(b.data, b.len, NULL, out, e);
	if (b.data)
		ay_wipe(b.data, b.len);
	ay_buf_free(&b);
	if (rc)
		ay_error_where(e, "%s/%s", ay_store_dir(s), name);
	return rc;
}

static int open_keys(struct ay_gate *g, struct ay_error *e)
{
	struct ay_key *log = NULL;
	char hex[AY_SHA256_HEX];
	int rc = read_key(g->store, "keys/gate.key", &g->key, e);

	if (rc == 0)
		rc = read_key(g->store, "keys/manifest.key", &g->manifest_key, e);
	if (rc == 0)
		rc = read_key(g->store, "keys/log.key", &log, e);
	if (rc)
		return rc;
	g->log_pub = *ay_key_public(log);
	ay_sha256_hex(&g->log_pub.id, hex);
	snprintf(g->origin, sizeof(g->origin), "%.12s.assay.local", hex);
	rc = ay_log_open(g->store, log, g->origin, e);
	if (rc)
		ay_key_free(log);
	return rc;
}

static int set_immutable(void *arg, const int *fds, size_t n, bool on)
{
	return ay_monitor_set_immutable(arg, fds, n, on);
}

static int rollback_logged(struct ay_txn *t, void *arg)
{
	struct ay_buf *leaf = arg;
	uint64_t index;

	return ay_log_append(t, leaf->data, leaf->len, &index);
}

/* Accepting an older store is itself an event that nobody can take out of the log. */
static int accept_rollback(struct ay_gate *g, const struct ay_highwater *now, struct ay_error *e)
{
	struct ay_buf st = ay_buf_new(64 * KIB), bundle = ay_buf_new(64 * KIB), leaf = ay_buf_new(AY_LIMIT_LOG_LEAF), pred = ay_buf_new(4096);
	struct ay_sha256 d;
	char when[24];
	int rc;

	ay_time_format(ay_time_now(), when);
	ay_buf_addf(&pred, "{\"trust\":%llu,\"policy\":%llu,\"log\":%llu,\"at\":\"%s\"}", (unsigned long long)now->trust,
		    (unsigned long long)now->policy, (unsigned long long)now->log, when);
	d = ay_sha256_of(pred.data, pred.len);
	rc = ay_own_statement("rollback-accepted/v1", "store", &d, ay_buf_str(&pred), &st);
	if (rc == 0)
		rc = ay_bundle_sign(g->key, st.data, st.len, &bundle);
	if (rc == 0)
		rc = ay_bundle_leaf(bundle.data, bundle.len, ay_key_public(g->key), &leaf);
	if (rc)
		ay_error_set(e, rc, "the accepted rollback cannot be logged: %s", ay_strerror(rc));
	else
		rc = ay_commit(g->store, rollback_logged, &leaf, e);
	ay_buf_free(&pred);
	ay_buf_free(&st);
	ay_buf_free(&bundle);
	ay_buf_free(&leaf);
	return rc;
}

static int check_highwater(struct ay_gate *g, bool accept, struct ay_error *e)
{
	struct ay_highwater now;
	int rc = ay_highwater_now(g, &now);

	if (rc)
		return ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	rc = ay_highwater_check(ay_store_dir(g->store), &now, e);
	if (rc == AY_EROLLBACK && accept) {
		rc = accept_rollback(g, &now, e);
		if (rc == 0)
			rc = ay_highwater_now(g, &now);
		if (rc == 0)
			rc = ay_highwater_save(ay_store_dir(g->store), &now, e);
	}
	return rc;
}

static int start(struct ay_gate *g, const struct ay_gate_options *o, struct ay_error *e)
{
	const struct ay_policy_limits *lim;
	struct ay_pool_options po = { .workers = o->workers };
	int rc = ay_rights_new(&g->rights);

	if (rc == 0)
		rc = ay_opens_new(&g->opens);
	if (rc == 0)
		rc = ay_verified_new(&g->verified);
	if (rc == 0)
		rc = ay_label_owns_new(&g->label_owns);
	if (rc)
		return ay_error_set(e, rc, "out of memory");
	rc = ay_store_open(o->store, &g->store, e);
	if (rc == 0)
		rc = open_keys(g, e);
	if (rc == 0)
		rc = load(g, e);
	if (rc == 0)
		rc = check_highwater(g, o->accept_rollback, e);
	if (rc)
		return rc;
	ay_scanners_version(g->scanners);
	if (g->monitor) {
		lim = ay_policy_limits(g->policy);
		po.memory_bytes = lim->worker_memory;
		ay_store_set_immutable_hook(g->store, set_immutable, g->monitor);
		rc = ay_pool_new(g->monitor, &po, &g->pool, e);
	}
	if (rc == 0)
		rc = ay_tasks_new(g, &g->tasks, e);
	return rc ? rc : ay_intake_resume(g, e);
}

int ay_gate_open(const struct ay_gate_options *o, struct ay_gate **out, struct ay_error *e)
{
	struct ay_gate *g = calloc(1, sizeof(*g));
	int rc;

	if (!g)
		return ay_error_set(e, -ENOMEM, "out of memory");
	g->monitor = o->monitor;
	pthread_mutex_init(&g->lock, NULL);
	rc = start(g, o, e);
	if (rc) {
		ay_gate_close(g);
		return rc;
	}
	*out = g;
	return 0;
}

void ay_gate_close(struct ay_gate *g)
{
	if (!g)
		return;
	/* Tasks submit to the pool, whose callbacks queue tasks: those stay undone, as after a crash. */
	ay_tasks_stop(g->tasks);
	ay_pool_free(g->pool);
	ay_tasks_free(g->tasks);
	ay_intake_drop_all(g);
	if (g->store && g->trust)
		ay_highwater_raise(g);
	ay_store_close(g->store);
	ay_rights_free(g->rights);
	ay_opens_free(g->opens);
	ay_verified_free(g->verified);
	ay_label_owns_free(g->label_owns);
	ay_key_free(g->key);
	ay_key_free(g->manifest_key);
	while (g->snaps) {
		struct ay_snap *s = g->snaps;

		g->snaps = s->next;
		snap_destroy(s);
	}
	free(g->owners);
	free(g->quotas);
	for (size_t i = 0; i < g->nreserved; i++)
		free(g->reserved[i]);
	free(g->reserved);
	pthread_mutex_destroy(&g->lock);
	free(g);
}
