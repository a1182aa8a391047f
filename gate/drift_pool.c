/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches that are too small to be judged alone are held, and judged together as soon as the held ones of a name have
 * enough rows, each content counted once. What makes a batch one of them is written with its verdict: the record below of
 * an artifact that is held for no other reason. The verdict that decides the pool writes the decision into the records of
 * all members in the same commit; each is then judged again by itself and finds it there. Who dies in between leaves
 * members that are held and decided, and they are judged again when the store is opened.
 *
 * A decision holds as long as the reference and the content of the member stay the same: an admitted version keeps it
 * when its name gets another policy.
 */
#include <errno.h>

#include "assay/json.h"
#include "gate/drift_parts.h"

#define RECORD "drift-pool.json"
#define RECORD_MAX (4 * MIB)
#define RECORD_NODES 100000
#define MEMBERS_MAX 1000
#define WHY_MAX 10
#define NAMES 320              /* bytes for the names of members in a finding */

static const char *const states[] = {
	[AY_POOL_NONE] = "none", [AY_POOL_WAITING] = "waiting", [AY_POOL_ADMITTED] = "admitted", [AY_POOL_REJECTED] = "rejected"
};

/* ---- the record ---- */

static int read_record(struct ay_txn *t, uint64_t artifact, struct ay_json_doc **out)
{
	struct ay_buf b = ay_buf_new(RECORD_MAX);
	int rc = ay_record_get(t, artifact, RECORD, &b);

	*out = NULL;
	if (rc == 0)
		rc = ay_json_parse(b.data, b.len, RECORD_NODES, out, NULL);
	ay_buf_free(&b);
	return rc;
}

static bool is_digest(const struct ay_json *j, const struct ay_sha256 *want)
{
	const char *hex = ay_json_str(j, NULL);
	struct ay_sha256 d;

	return hex && ay_sha256_parse(hex, strlen(hex), &d) == 0 && ay_sha256_eq(&d, want);
}

/* What the record says of this content under this reference. */
static enum ay_pool_state state_of(const struct ay_json *record, const struct ay_sha256 *reference, const struct ay_sha256 *root)
{
	const char *state = ay_json_str(ay_json_get(record, "state"), NULL);

	if (!state || !is_digest(ay_json_get(record, "reference"), reference) || !is_digest(ay_json_get(record, "root"), root))
		return AY_POOL_NONE;
	for (int i = AY_POOL_WAITING; i <= AY_POOL_REJECTED; i++)
		if (strcmp(state, states[i]) == 0)
			return (enum ay_pool_state)i;
	return AY_POOL_NONE;
}

static void put_digest(struct ay_jw *w, const char *key, const struct ay_sha256 *d)
{
	char hex[AY_SHA256_HEX];

	ay_sha256_hex(d, hex);
	ay_jw_kstr(w, key, hex);
}

/* ---- members ---- */

void ay_drift_pool_free(struct ay_drift_pool *p)
{
	free(p->members);
	*p = (struct ay_drift_pool){.members = NULL};
}

struct gathering {
	struct ay_comparing *k;
	struct ay_artifact *v;
	size_t n, cap;
};

static int note_held(const struct ay_artifact *a, void *arg)
{
	struct gathering *g = arg;

	if (a->state != AY_HELD || a->id == g->k->c->art.id || strcmp(a->ref.text, g->k->c->art.ref.text) == 0 || g->n == MEMBERS_MAX)
		return 0;
	if (g->n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : 16;
		struct ay_artifact *v = realloc(g->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		g->v = v;
		g->cap = cap;
	}
	g->v[g->n++] = *a;
	return 0;
}

static int list_held(struct ay_txn *t, struct gathering *g)
{
	char prefix[AY_LIMIT_REF + 2];

	snprintf(prefix, sizeof(prefix), "%s@", g->k->c->art.ref.name);
	return ay_artifact_each(t, prefix, note_held, g);
}

/* One table of a record: its counts as some scan left them. AY_ENOTFOUND: nothing is known of it any more. */
static int add_recorded(struct ay_txn *t, struct ay_comparing *k, const struct ay_json *table, struct ay_digests *seen, struct ay_batch *batch)
{
	const char *path = ay_json_str(ay_json_get(table, "path"), NULL), *hex = ay_json_str(ay_json_get(table, "sha256"), NULL);
	struct ay_scan_note *note = NULL;
	struct ay_sha256 object, key;
	int rc = path && hex ? ay_sha256_parse(hex, strlen(hex), &object) : AY_ECORRUPT;

	if (rc)
		return rc;
	key = ay_scan_key(k->c->g, &k->c->plan, &object, path);
	rc = ay_scan_cached(t, &key, &note);
	if (rc == 0)
		rc = note && note->profile ? ay_digests_add(seen, &object) : AY_ENOTFOUND;
	if (rc == 1)
		rc = ay_drift_add_table(k, note, path, batch);
	ay_note_unref(note);
	return rc;
}

/* All tables of one member, or none. */
static int add_member(struct ay_txn *t, struct ay_comparing *k, const struct ay_json *record, struct ay_digests *seen, struct ay_batch *batch)
{
	const struct ay_json *tables = ay_json_get(record, "tables");
	struct ay_batch own;
	int rc = ay_batch_init(&own, &k->kept->budget, k->kept->reference);

	for (size_t i = 0; rc == 0 && i < ay_json_count(tables); i++)
		rc = add_recorded(t, k, ay_json_at(tables, i), seen, &own);
	rc = ay_drift_take_images(k, rc, NULL, &own);
	if (rc == 0)
		rc = ay_batch_merge(batch, &own);
	ay_batch_free(&own);
	return rc;
}

static int add_one(struct ay_txn *t, struct ay_comparing *k, const struct ay_artifact *a, struct ay_digests *seen, struct ay_batch *batch)
{
	struct ay_drift_pool *p = &k->kept->pool;
	struct ay_pool_member *m = &p->members[p->n];
	struct ay_json_doc *doc;
	int rc = read_record(t, a->id, &doc);

	if (rc)
		return rc == AY_ENOTFOUND ? 0 : rc;
	m->id = a->id;
	m->root = a->root;
	snprintf(m->ref, sizeof(m->ref), "%s", a->ref.text);
	m->found = state_of(ay_json_root(doc), &k->kept->reference->digest, &a->root);
	if (m->found == AY_POOL_WAITING) {
		rc = add_member(t, k, ay_json_root(doc), seen, batch);
		m->counted = rc == 0;
		/* The scanners changed since: it is counted again when it is tried again. */
		p->uncounted += rc == AY_ENOTFOUND;
		p->counted += m->counted;
	}
	p->n += m->found != AY_POOL_NONE;
	ay_json_free(doc);
	return rc == AY_ENOTFOUND ? 0 : rc;
}

/* Adds the held batches of the name to batch, which has the candidate's own. */
static int gather(struct ay_comparing *k, struct ay_digests *seen, struct ay_batch *batch)
{
	struct gathering g = {.k = k};
	struct ay_txn *t;
	int rc = ay_read_begin(k->c->g->store, &t);

	if (rc)
		return rc;
	rc = list_held(t, &g);
	k->kept->pool.members = calloc(g.n + 1, sizeof(*k->kept->pool.members));
	if (!k->kept->pool.members)
		rc = -ENOMEM;
	for (size_t i = 0; rc == 0 && i < g.n; i++)
		rc = add_one(t, k, &g.v[i], seen, batch);
	ay_read_end(t);
	free(g.v);
	return rc;
}

/* ---- judging ---- */

static void name_members(const struct ay_drift_pool *p, char *out, size_t size)
{
	size_t len = 0, named = 0;

	*out = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (!p->members[i].counted || len + strlen(p->members[i].ref) + 20 > size)
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s%s", named ? ", " : "", p->members[i].ref);
		if (++named == 8)
			break;
	}
	if (named < p->counted && len < size)
		snprintf(out + len, size - len, " and %zu more", p->counted - named);
}

/* Decided earlier, by a candidate that this one was a member of. */
static bool decided(struct ay_comparing *k)
{
	struct ay_json_doc *doc = NULL;
	struct ay_txn *t;
	enum ay_pool_state state = AY_POOL_NONE;

	if (!k->c->art.id || ay_read_begin(k->c->g->store, &t))
		return false;
	if (read_record(t, k->c->art.id, &doc) == 0)
		state = state_of(ay_json_root(doc), &k->kept->reference->digest, &k->c->root);
	ay_read_end(t);
	const char *by = ay_json_str(ay_json_get(doc ? ay_json_root(doc) : NULL, "by"), NULL);
	const struct ay_json *why = ay_json_get(doc ? ay_json_root(doc) : NULL, "why");

	if (state == AY_POOL_ADMITTED)
		ay_gate_find(k->c, AY_GATE_DRIFT, "drift.pooled", NULL, NULL, NULL, "judged together with %s", by ? by : "other batches");
	for (size_t i = 0; state == AY_POOL_REJECTED && i < ay_json_count(why); i++)
		ay_gate_find(k->c, AY_GATE_DRIFT, "drift.pool", NULL, ay_json_str(ay_json_get(ay_json_at(why, i), "value"), NULL),
			     ay_json_str(ay_json_get(ay_json_at(why, i), "limit"), NULL), "judged together with %s: %s", by ? by : "other batches",
			     ay_json_str(ay_json_get(ay_json_at(why, i), "message"), NULL));
	if (state == AY_POOL_REJECTED && !ay_json_count(why))
		ay_gate_find(k->c, AY_GATE_DRIFT, "drift.pool", NULL, NULL, NULL, "judged together with %s", by ? by : "other batches");
	ay_json_free(doc);
	k->kept->pool.kept = state == AY_POOL_ADMITTED || state == AY_POOL_REJECTED;
	return k->kept->pool.kept;
}

static void judge(struct ay_comparing *k, const struct ay_batch *batch)
{
	struct ay_drift_pool *p = &k->kept->pool;
	struct ay_drift_set *set = ay_drift_compare(k, batch, "pooled rows", k->kept->limits, k->c->rules->drift.alpha);
	char names[NAMES];

	if (!set)
		return;
	name_members(p, names, sizeof(names));
	ay_drift_report(k, set, "drift.pool", set->state != AY_DRIFT_FOUND);
	p->state = set->state == AY_DRIFT_FOUND ? AY_POOL_REJECTED : set->state == AY_DRIFT_HELD ? AY_POOL_WAITING :
		   set->state == AY_DRIFT_UNKNOWN ? AY_POOL_NONE : AY_POOL_ADMITTED;
	if (p->state == AY_POOL_WAITING)
		ay_gate_find(k->c, AY_GATE_DRIFT, "drift.pooled", NULL, NULL, NULL, "counted together with %s, which is still too few", names);
	else
		ay_gate_find(k->c, AY_GATE_DRIFT, "drift.pooled", NULL, NULL, NULL, "judged together with %s", names);
}

/* The counts are those of what the set compared; the candidate's files say which contents they hold. */
static int own_digests(struct ay_comparing *k, struct ay_digests *seen)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < k->c->files.n; i++)
		if (k->kept->fresh[i])
			rc = ay_digests_add(seen, &k->c->files.v[i].sha256);
	return rc < 0 ? rc : 0;
}

bool ay_drift_pool(struct ay_comparing *k)
{
	struct ay_drift_pool *p = &k->kept->pool;
	struct ay_digests seen = {.v = NULL};
	struct ay_batch batch;

	if (decided(k) || k->c->again)
		return p->kept;
	int rc = ay_batch_init(&batch, &k->kept->budget, k->kept->reference);

	p->state = AY_POOL_WAITING;
	if (rc == 0)
		rc = ay_batch_merge(&batch, &k->kept->batch);
	if (rc == 0)
		rc = own_digests(k, &seen);
	if (rc == 0)
		rc = gather(k, &seen, &batch);
	if (rc)
		ay_drift_cannot(k, "pooled rows", ay_strerror(rc));
	else if (p->counted)
		judge(k, &batch);
	if (p->uncounted)
		ay_gate_find(k->c, AY_GATE_DRIFT, "drift.pooled", NULL, NULL, NULL, "%zu held versions are not among them until they are tried again: "
			     "assay retry REF", p->uncounted);
	ay_digests_free(&seen);
	ay_batch_free(&batch);
	return rc == 0 && p->counted;
}

/* ---- with the verdict ---- */

/* The pool speaks for the drift gate alone: with what another gate refuses, nothing is decided of others. */
static bool others_pass(const struct ay_candidate *c)
{
	for (int i = 0; i < AY_GATE_COUNT; i++)
		if (i != AY_GATE_DRIFT && c->judged.gate[i].ran && c->judged.gate[i].verdict > AY_WARN)
			return false;
	return true;
}

/* Nothing of the drift gate is worse than a warning, but for this rule. */
static bool only(const struct ay_candidate *c, const char *rule)
{
	const struct ay_gate_result *g = &c->judged.gate[AY_GATE_DRIFT];

	if (g->n != g->total)
		return false;
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].rule->verdict > AY_WARN && !g->v[i].waived && (!rule || strcmp(g->v[i].rule->id, rule) != 0))
			return false;
	return true;
}

static enum ay_pool_state settled(const struct ay_candidate *c)
{
	const struct ay_drift_pool *p = c->drift ? &c->drift->pool : NULL;

	if (!p || !others_pass(c))
		return AY_POOL_NONE;
	if (p->state == AY_POOL_WAITING)
		return c->judged.verdict == AY_INCONCLUSIVE && only(c, "drift.held") ? AY_POOL_WAITING : AY_POOL_NONE;
	if (p->state == AY_POOL_ADMITTED)
		return only(c, NULL) ? AY_POOL_ADMITTED : AY_POOL_NONE;
	return p->state == AY_POOL_REJECTED && only(c, "drift.pool") ? AY_POOL_REJECTED : AY_POOL_NONE;
}

static void begin(struct ay_jw *w, enum ay_pool_state state, const struct ay_sha256 *reference, const struct ay_sha256 *root)
{
	ay_jw_object(w);
	ay_jw_kstr(w, "state", states[state]);
	if (!reference)
		return;
	put_digest(w, "reference", reference);
	put_digest(w, "root", root);
}

static void put_tables(struct ay_jw *w, const struct ay_candidate *c)
{
	ay_jw_key(w, "tables");
	ay_jw_array(w);
	for (size_t i = 0; i < c->files.n; i++) {
		if (!c->drift->fresh[i])
			continue;
		ay_jw_object(w);
		ay_jw_kstr(w, "path", c->files.v[i].path);
		put_digest(w, "sha256", &c->files.v[i].sha256);
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
}

/* By whom and why, for those who find the decision. */
static void put_decision(struct ay_jw *w, const struct ay_candidate *c)
{
	const struct ay_gate_result *g = &c->judged.gate[AY_GATE_DRIFT];
	char names[NAMES], by[AY_LIMIT_REF + sizeof(names) + 8];
	size_t listed = 0;

	name_members(&c->drift->pool, names, sizeof(names));
	snprintf(by, sizeof(by), "%s, %s", c->art.ref.text, names);
	ay_jw_kstr(w, "by", by);
	ay_jw_key(w, "why");
	ay_jw_array(w);
	for (size_t i = 0; i < g->n && listed < WHY_MAX; i++) {
		if (strcmp(g->v[i].rule->id, "drift.pool") != 0)
			continue;
		ay_jw_object(w);
		ay_jw_kstr(w, "message", g->v[i].message);
		ay_jw_kstr(w, "value", g->v[i].value);
		ay_jw_kstr(w, "limit", g->v[i].limit);
		ay_jw_object_end(w);
		listed++;
	}
	ay_jw_array_end(w);
}

static int put_record(struct ay_txn *t, const struct ay_candidate *c, uint64_t artifact, enum ay_pool_state state, const struct ay_sha256 *root)
{
	struct ay_buf b = ay_buf_new(RECORD_MAX);
	struct ay_jw w = ay_jw_new(&b, false);

	begin(&w, state, state == AY_POOL_NONE ? NULL : &c->drift->reference->digest, root);
	if (state == AY_POOL_WAITING)
		put_tables(&w, c);
	else if (state != AY_POOL_NONE)
		put_decision(&w, c);
	ay_jw_object_end(&w);
	/* Too many tables to be one of many: it stays held for itself. */
	if (b.err == AY_ELIMIT && state == AY_POOL_WAITING) {
		ay_buf_free(&b);
		return put_record(t, c, artifact, AY_POOL_NONE, NULL);
	}
	int rc = b.err ? b.err : ay_record_put(t, artifact, RECORD, b.data, b.len);

	ay_buf_free(&b);
	return rc;
}

/* Not those that somebody judged or took away meanwhile. */
static int decide_member(struct ay_txn *t, const struct ay_candidate *c, const struct ay_pool_member *m, enum ay_pool_state state)
{
	struct ay_json_doc *doc = NULL;
	struct ay_artifact a;
	int rc = ay_artifact_by_id(t, m->id, &a);

	if (rc)
		return rc == AY_ENOTFOUND ? 0 : rc;
	if (a.state != AY_HELD)
		return 0;
	rc = read_record(t, m->id, &doc);
	if (rc == 0 && state_of(ay_json_root(doc), &c->drift->reference->digest, &m->root) == AY_POOL_WAITING)
		rc = put_record(t, c, m->id, state, &m->root);
	ay_json_free(doc);
	return rc == AY_ENOTFOUND ? 0 : rc;
}

int ay_drift_pool_write(struct ay_txn *t, struct ay_candidate *c, uint64_t artifact)
{
	enum ay_pool_state state = settled(c);
	struct ay_json_doc *doc;
	int rc;

	if (c->drift && c->drift->pool.kept)
		return 0;
	if (state == AY_POOL_NONE) {
		/* What an earlier verdict left behind does not hold any more. */
		rc = read_record(t, artifact, &doc);
		ay_json_free(doc);
		return rc == AY_ENOTFOUND ? 0 : put_record(t, c, artifact, AY_POOL_NONE, NULL);
	}
	rc = put_record(t, c, artifact, state, &c->root);
	for (size_t i = 0; rc == 0 && state != AY_POOL_WAITING && i < c->drift->pool.n; i++)
		if (c->drift->pool.members[i].counted)
			rc = decide_member(t, c, &c->drift->pool.members[i], state);
	return rc;
}

/* ---- after it ---- */

static void retry(struct ay_gate *g, void *arg)
{
	char *ref = arg;
	struct ay_intake *in;

	if (ay_intake_find(g, ref, &in) == 0) {
		/* What it comes to is written with its verdict. */
		(void)!ay_intake_retry(in, NULL);
		ay_intake_unref(in);
	}
	free(ref);
}

static void queue(struct ay_gate *g, const char *ref)
{
	char *copy = strdup(ref);

	if (!copy)
		ay_bug("out of memory for a judging task");
	ay_tasks_add(g->tasks, retry, copy);
}

static bool was_seen(const struct ay_drift_pool *p, uint64_t id)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->members[i].id == id)
			return true;
	return false;
}

/* Of two that were judged at the same time neither saw the other: who finds a new one looks again. */
static bool somebody_came(struct ay_candidate *c)
{
	struct ay_comparing k = {.c = c, .kept = c->drift};
	struct gathering g = {.k = &k};
	bool came = false;
	struct ay_txn *t;

	if (ay_read_begin(c->g->store, &t))
		return false;
	int rc = list_held(t, &g);

	for (size_t i = 0; rc == 0 && i < g.n && !came; i++) {
		struct ay_json_doc *doc = NULL;

		came = !was_seen(&c->drift->pool, g.v[i].id) && read_record(t, g.v[i].id, &doc) == 0 &&
		       state_of(ay_json_root(doc), &c->drift->reference->digest, &g.v[i].root) == AY_POOL_WAITING;
		ay_json_free(doc);
	}
	ay_read_end(t);
	free(g.v);
	return came;
}

void ay_drift_pool_after(struct ay_candidate *c)
{
	const struct ay_drift_pool *p = c->drift ? &c->drift->pool : NULL;
	enum ay_pool_state state = settled(c);

	if (!p || p->kept)
		return;
	for (size_t i = 0; i < p->n; i++)
		if (p->members[i].found != AY_POOL_WAITING || (p->members[i].counted && state >= AY_POOL_ADMITTED))
			queue(c->g, p->members[i].ref);
	if (state == AY_POOL_WAITING && somebody_came(c))
		queue(c->g, c->art.ref.text);
}

void ay_drift_pool_resume(struct ay_gate *g, const struct ay_artifact *a)
{
	struct ay_json_doc *doc = NULL;
	struct ay_txn *t;
	const char *state;

	if (a->state != AY_HELD || ay_read_begin(g->store, &t))
		return;
	if (read_record(t, a->id, &doc) == 0) {
		state = ay_json_str(ay_json_get(ay_json_root(doc), "state"), NULL);
		if (state && (strcmp(state, states[AY_POOL_ADMITTED]) == 0 || strcmp(state, states[AY_POOL_REJECTED]) == 0))
			queue(g, a->ref.text);
	}
	ay_read_end(t);
	ay_json_free(doc);
}
