/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "assay/fd.h"
#include "assay/text.h"
#include "tests/unit/gate_lib.h"

/* ---- the pool ---- */

int fake_sick;
unsigned fake_scans;

struct ay_pool { pthread_mutex_t lock; pthread_cond_t idle; unsigned running; };
struct fake_job { struct ay_pool *p; char head[4]; bool strict, unloadable; ay_job_done done; void *arg; };

int ay_pool_new(struct ay_monitor *m, const struct ay_pool_options *o, struct ay_pool **out, struct ay_error *e)
{
	(void)m;
	(void)o;
	(void)e;
	*out = calloc(1, sizeof(**out));
	pthread_mutex_init(&(*out)->lock, NULL);
	pthread_cond_init(&(*out)->idle, NULL);
	return 0;
}

void ay_pool_free(struct ay_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	while (p->running)
		pthread_cond_wait(&p->idle, &p->lock);
	pthread_mutex_unlock(&p->lock);
	free(p);
}

int ay_monitor_set_immutable(struct ay_monitor *m, const int *fds, size_t n, bool on)
{
	(void)m;
	(void)fds;
	(void)n;
	(void)on;
	return -EPERM;
}

static void *scan(void *arg)
{
	struct fake_job *j = arg;
	struct ay_scan_result r = { .verdict = AY_PASS, .format = "text" };
	char message[] = "calls os.system", member[] = "data.pkl";
	struct ay_found found = { .rule = ay_rule_find("pickle.call.denied"), .member = member, .message = message, .off = 12 };
	struct ay_error e;

	if (memcmp(j->head, "EVIL", 4) == 0) {
		r.verdict = AY_FAIL;
		r.found = &found;
		r.found_count = r.found_total = 1;
	}
	if (memcmp(j->head, "ROWS", 4) == 0 && (j->strict || j->unloadable)) {
		found.rule = ay_rule_find(j->strict ? "schema.range" : "schema.invalid");
		r.verdict = found.rule->verdict;
		r.found = &found;
		r.found_count = r.found_total = 1;
	}
	if (memcmp(j->head, "SICK", 4) == 0 && fake_sick) {
		ay_error_set(&e, AY_EWORKER, "the worker died of signal 9");
		j->done(j->arg, AY_EWORKER, NULL, &e);
	} else {
		j->done(j->arg, 0, &r, NULL);
	}
	pthread_mutex_lock(&j->p->lock);
	j->p->running--;
	pthread_cond_broadcast(&j->p->idle);
	pthread_mutex_unlock(&j->p->lock);
	free(j);
	return NULL;
}

int ay_pool_submit(struct ay_pool *p, const struct ay_job *job, ay_job_done done, void *arg, struct ay_error *e)
{
	struct fake_job *j = calloc(1, sizeof(*j));
	pthread_attr_t attr;
	pthread_t t;

	(void)e;
	*j = (struct fake_job){ .p = p, .done = done, .arg = arg };
	if (pread(job->fd, j->head, 4, 0) < 0)
		abort();
	j->strict = job->options.schema_json && strstr(job->options.schema_json, "strict");
	j->unloadable = job->options.schema_json && strstr(job->options.schema_json, "unloadable");
	pthread_mutex_lock(&p->lock);
	p->running++;
	fake_scans++;
	pthread_mutex_unlock(&p->lock);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&t, &attr, scan, j))
		abort();
	pthread_attr_destroy(&attr);
	return 0;
}

/* ---- the store ---- */

const char gate_policy[] =
	"version: 1\n"
	"on_expiry: serve\n"
	"access:\n"
	"  - {for: \"**\", publish: [everyone], read: [everyone]}\n"
	"names:\n"
	"  \"models/**\":\n"
	"    gates: [integrity, signature, deserialization, format]\n"
	"    signature: {role: publisher, threshold: 1, bind: ref}\n"
	"    deserialization: {profiles: [weights], opaque: []}\n"
	"  \"models/built/**\":\n"
	"    gates: [integrity, signature, provenance, deserialization, format]\n"
	"    signature: {role: publisher, threshold: 1, bind: ref}\n"
	"    provenance: {kind: training, require: [code, datasets, parameters, initiator], external: false}\n"
	"    deserialization: {profiles: [weights], opaque: []}\n"
	"  \"datasets/**\":\n"
	"    gates: [integrity, signature, deserialization, format, schema]\n"
	"    signature: {role: publisher, threshold: 1, bind: ref}\n"
	"    deserialization: {profiles: [weights], opaque: []}\n"
	"    baseline: optional\n"
	"ignore: [\".cache/**\", \".git*\"]\n"
	"limits: {file_bytes: 1TiB, files: 20000000, worker_memory: 512MiB, open_ttl: 24h, publisher_bytes: 10TiB, publisher_open: 64}\n";

static void die(const char *what, const struct ay_error *e)
{
	printf("Bail out! %s: %d %s (%s) next: %s\n", what, e->code, e->msg, e->where, e->next);
	exit(99);
}

static struct ay_key *new_key(enum ay_key_type type)
{
	struct ay_key *k;
	struct ay_error e = { 0 };

	if (ay_key_generate(type, &k, &e))
		die("key", &e);
	return k;
}

static int sign_trust(struct fixture *f, struct ay_trust *next, struct ay_error *e)
{
	struct ay_buf doc = ay_buf_new(AY_LIMIT_TRUST_ROOT), env = ay_buf_new(AY_LIMIT_TRUST_ROOT);
	int rc = ay_trust_document(next, &doc);

	if (rc == 0)
		rc = ay_bundle_sign(f->owner, doc.data, doc.len, &env);
	if (rc == 0)
		rc = ay_change_trust(f->g, env.data, env.len, e);
	ay_buf_free(&doc);
	ay_buf_free(&env);
	ay_trust_free(next);
	return rc;
}

static void next_trust(struct fixture *f, struct ay_trust *next)
{
	const struct ay_trust *t = ay_gate_trust(f->g);

	if (ay_trust_next(t, next))
		abort();
	ay_gate_trust_release(f->g, t);
}

static void trust_publishers(struct fixture *f)
{
	const struct ay_key *const keys[] = { f->alice, f->bob };
	struct ay_trust next;
	struct ay_error e = { 0 };
	int rc = 0;

	next_trust(f, &next);
	for (size_t i = 0; i < 2; i++) {
		const struct ay_pubkey *k = ay_key_public(keys[i]);

		rc |= ay_trust_add_key(&next, k);
		rc |= ay_trust_add_grant(&next, &k->id, AY_ROLE_PUBLISHER, "**");
		rc |= ay_trust_add_grant(&next, &k->id, AY_ROLE_BUILDER, "**");
	}
	rc |= ay_trust_add_grant(&next, &ay_key_public(f->alice)->id, AY_ROLE_CURATOR, "**");
	if (rc || sign_trust(f, &next, &e))
		die("trust", &e);
}

void fixture_open(struct fixture *f)
{
	static int monitor;
	struct ay_gate_options o = { .store = f->store, .monitor = (struct ay_monitor *)&monitor };
	struct ay_error e = { 0 };

	if (ay_gate_open(&o, &f->g, &e))
		die("open", &e);
}

void fixture_close(struct fixture *f)
{
	ay_gate_close(f->g);
	f->g = NULL;
}

void fixture_make(struct fixture *f, const char *policy)
{
	struct ay_error e = { 0 };

	*f = (struct fixture){ .me = { .uid = getuid(), .gid = getgid(), .pid = getpid() } };
	snprintf(f->base, sizeof(f->base), "/tmp/gateXXXXXX");
	if (!mkdtemp(f->base))
		abort();
	snprintf(f->store, sizeof(f->store), "%s/store", f->base);
	snprintf(f->state, sizeof(f->state), "%s/state", f->base);
	setenv("ASSAY_STATE_DIR", f->state, 1);
	if (ay_crypto_init())
		abort();
	f->owner = new_key(AY_KEY_ED25519);
	f->alice = new_key(AY_KEY_P256);
	f->bob = new_key(AY_KEY_P256);
	f->eve = new_key(AY_KEY_P256);
	if (ay_gate_init(f->store, f->owner, NULL, "root", &e))
		die("init", &e);
	fixture_open(f);
	trust_publishers(f);
	if (fixture_policy(f, policy ? policy : gate_policy, &e))
		die("policy", &e);
}

void fixture_free(struct fixture *f)
{
	int tmp = open("/tmp", O_PATH | O_DIRECTORY);

	if (f->g)
		fixture_close(f);
	if (ay_rmtree(tmp, f->base + 5))
		printf("# cannot remove %s\n", f->base);
	close(tmp);
	ay_key_free(f->owner);
	ay_key_free(f->alice);
	ay_key_free(f->bob);
	ay_key_free(f->eve);
}

int fixture_policy(struct fixture *f, const char *yaml, struct ay_error *e)
{
	struct ay_buf st = ay_buf_new(MIB), b = ay_buf_new(4 * MIB);
	int rc = ay_policy_statement(f->g->policy_version + 1, yaml, strlen(yaml), &st);

	if (rc == 0)
		rc = ay_bundle_sign(f->owner, st.data, st.len, &b);
	if (rc == 0)
		rc = ay_change_policy(f->g, b.data, b.len, e);
	ay_buf_free(&st);
	ay_buf_free(&b);
	return rc;
}

int fixture_revoke(struct fixture *f, const struct ay_key *k, bool compromised, struct ay_error *e)
{
	struct ay_trust next;
	struct ay_txn *t;
	uint64_t size;

	if (ay_read_begin(f->g->store, &t))
		abort();
	size = ay_log_size(t);
	ay_read_end(t);
	next_trust(f, &next);
	if (ay_trust_revoke_key(&next, &ay_key_public(k)->id, size, compromised, "test"))
		abort();
	return sign_trust(f, &next, e);
}

int fixture_threshold(struct fixture *f, const char *pattern, uint32_t n, struct ay_error *e)
{
	struct ay_trust next;

	next_trust(f, &next);
	if (ay_trust_set_threshold(&next, AY_ROLE_PUBLISHER, pattern, n))
		abort();
	return sign_trust(f, &next, e);
}

int fixture_curator(struct fixture *f, const struct ay_key *k, struct ay_error *e)
{
	struct ay_trust next;

	next_trust(f, &next);
	if (ay_trust_add_grant(&next, &ay_key_public(k)->id, AY_ROLE_CURATOR, "**"))
		abort();
	return sign_trust(f, &next, e);
}

int fixture_baseline(struct fixture *f, const char *name, uint64_t version, const char *schema, const struct ay_key *k, struct ay_error *e)
{
	struct ay_buf st = ay_buf_new(MIB), b = ay_buf_new(MIB);
	int rc = ay_baseline_statement(name, version, schema, &st);

	if (rc == 0)
		rc = ay_bundle_sign(k, st.data, st.len, &b);
	if (rc == 0)
		rc = ay_change_baseline(f->g, b.data, b.len, e);
	ay_buf_free(&st);
	ay_buf_free(&b);
	return rc;
}

int fixture_waive(struct fixture *f, const char *ref, const char *rule, int64_t until, const struct ay_key *k, struct ay_error *e)
{
	struct ay_buf st = ay_buf_new(MIB), b = ay_buf_new(MIB);
	int rc = ay_waiver_statement(ref, rule, until, "test", &st);

	if (rc == 0)
		rc = ay_bundle_sign(k, st.data, st.len, &b);
	if (rc == 0)
		rc = ay_change_waiver(f->g, b.data, b.len, e);
	ay_buf_free(&st);
	ay_buf_free(&b);
	return rc;
}

/* ---- trees ---- */

static void list_of(const struct tree_file *v, size_t n, struct ay_file_list *out)
{
	*out = (struct ay_file_list){ 0 };
	for (size_t i = 0; i < n; i++) {
		struct ay_sha256 d = ay_sha256_of(v[i].text, strlen(v[i].text));

		if (!ay_claim_name(v[i].path) && ay_file_list_add(out, v[i].path, strlen(v[i].text), &d))
			abort();
	}
	ay_file_list_sort(out);
}

void sign_files(const struct tree_file *v, size_t n, const char *ref, const struct ay_key *k, struct ay_buf *out)
{
	struct ay_buf st = ay_buf_new(MIB);
	struct ay_file_list l;

	list_of(v, n, &l);
	if (ay_oms_statement(ref, &l, NULL, 0, &st) || ay_bundle_sign(k, st.data, st.len, out))
		abort();
	ay_file_list_free(&l);
	ay_buf_free(&st);
}

void sign_provenance(const struct tree_file *v, size_t n, const char *ref, const struct ay_provenance *p, const struct ay_key *k, struct ay_buf *out)
{
	struct ay_buf st = ay_buf_new(MIB);
	struct ay_provenance mine = *p;
	struct ay_file_list l;
	struct ay_error e = { 0 };

	list_of(v, n, &l);
	if (ay_oms_roots(&l, &mine.root, &mine.alias))
		abort();
	if (!mine.ref)
		mine.ref = ref;
	if (ay_provenance_statement(&mine, &st, &e))
		die("provenance", &e);
	if (ay_bundle_sign(k, st.data, st.len, out))
		abort();
	ay_file_list_free(&l);
	ay_buf_free(&st);
}

static int next_file(void *arg, struct ay_put_file *out, struct ay_error *e)
{
	struct tree *t = arg;
	const struct tree_file *f;

	(void)e;
	if (t->at == t->n)
		return 1;
	f = &t->v[t->at++];
	out->path = f->path;
	out->fd = memfd_create("tree", MFD_CLOEXEC);
	if (ay_write_full(out->fd, f->text, strlen(f->text)))
		abort();
	return 0;
}

static void rewind_tree(void *arg)
{
	((struct tree *)arg)->at = 0;
}

static int sign_tree(void *arg, const struct ay_file_list *sorted, int (*add)(void *add_arg, const char *name, const void *bytes, size_t len),
		     void *add_arg, struct ay_error *e)
{
	struct tree *t = arg;
	const struct tree_file *v = t->signed_v ? t->signed_v : t->v;
	size_t n = t->signed_v ? t->signed_n : t->n;
	const char *ref = t->as ? t->as : t->ref;
	struct ay_buf b = ay_buf_new(MIB);
	int rc = 0;

	(void)sorted;
	(void)e;
	if (t->before_commit)
		t->before_commit(t);
	if (t->key) {
		sign_files(v, n, ref, t->key, &b);
		rc = add(add_arg, "model.sig", b.data, b.len);
	}
	ay_buf_clear(&b);
	if (rc == 0 && t->key2) {
		sign_files(v, n, ref, t->key2, &b);
		rc = add(add_arg, "second.sigstore.json", b.data, b.len);
	}
	ay_buf_clear(&b);
	if (rc == 0 && t->prov) {
		sign_provenance(v, n, t->ref, t->prov, t->prov_key ? t->prov_key : t->key, &b);
		rc = add(add_arg, "provenance.sigstore.json", b.data, b.len);
	}
	ay_buf_clear(&b);
	if (rc == 0 && t->prov2) {
		sign_provenance(v, n, t->ref, t->prov2, t->prov2_key ? t->prov2_key : t->key, &b);
		rc = add(add_arg, "second.intoto.jsonl", b.data, b.len);
	}
	ay_buf_free(&b);
	return rc;
}

int tree_put(struct fixture *f, struct tree *t, struct ay_buf *report, struct ay_error *e)
{
	struct ay_buf own = ay_buf_new(AY_LIMIT_REPORT);
	struct ay_put p = { .ref = t->ref, .cred = f->me, .next = next_file, .rewind = rewind_tree, .sign = sign_tree, .arg = t, .from = t->from, .remove = t->remove };
	int rc;

	t->at = 0;
	t->f = f;
	if (e)
		*e = (struct ay_error){ 0 };
	rc = ay_gate_put(f->g, &p, report ? report : &own, e);
	ay_buf_free(&own);
	return rc;
}

enum ay_state state_of(struct fixture *f, const char *ref, struct ay_artifact *out)
{
	struct ay_artifact own;
	struct ay_txn *t;
	int rc;

	if (!out)
		out = &own;
	if (ay_read_begin(f->g->store, &t))
		abort();
	rc = ay_artifact_get(t, ref, out);
	ay_read_end(t);
	return rc ? (enum ay_state)0 : out->state;
}

bool readable(struct fixture *f, const char *ref, struct ay_error *e)
{
	struct ay_artifact a;

	if (!state_of(f, ref, &a))
		return false;
	return ay_gate_may_open(f->g, a.id, &f->me, e) == 0;
}
