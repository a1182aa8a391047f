/* SPDX-License-Identifier: Apache-2.0 */
/* What a publisher may have lying here and for how long; put beside a collector and from another version; what a crash leaves. */
#include <errno.h>
#include <sys/wait.h>
#include "assay/text.h"
#include "gate/intake.h"
#include "store/internal.h"
#include "tests/unit/gate_intake.h"

static const struct tree_file two[] = { { "config.json", "{}" }, { "sub/weights.bin", "weights" } };
static const struct tree_file sick[] = { { "a.bin", "SICK bytes" } };

#define TREE(r, list) .ref = (r), .v = (list), .n = AY_ARRAY_LEN(list)

static void set_policy(struct fixture *f, const char *old, const char *now)
{
	const char *at = strstr(gate_policy, old);
	struct ay_error e = { 0 };
	char policy[8192];

	if (!at)
		abort();
	snprintf(policy, sizeof(policy), "%.*s%s%s", (int)(at - gate_policy), gate_policy, now, at + strlen(old));
	is_int(fixture_policy(f, policy, &e), 0, "policy: %s (%s)", now, e.msg);
}

static int64_t bytes_of(struct fixture *f)
{
	int64_t n = 0;

	pthread_mutex_lock(&f->g->lock);
	for (size_t i = 0; i < f->g->nquotas; i++)
		n += f->g->quotas[i].bytes;
	pthread_mutex_unlock(&f->g->lock);
	return n;
}

static void discard(struct fixture *f, const char *ref)
{
	struct ay_intake *in;

	if (ay_intake_find(f->g, ref, &in) || ay_intake_discard(in, &f->me, NULL))
		abort();
	ay_intake_unref(in);
}

/* As the mount does: charged, then written. */
static int charged(struct ay_intake *in, const char *path, const char *text)
{
	if (ay_intake_charge(in, (int64_t)strlen(text), NULL))
		return AY_ELIMIT;
	return write_text(in, path, text);
}

/* ---- quotas ---- */

static void open_ones(struct fixture *f)
{
	struct ay_intake *a, *b, *c, *d;
	struct ay_error e;

	set_policy(f, "publisher_open: 64", "publisher_open: 2");
	a = begin(f, "models/q/a@v1");
	b = begin(f, "models/q/b@v1");
	is_int(ay_intake_create(f->g, "models/q/c@v1", &f->me, &c, &e), AY_ELIMIT, "a third open artifact is refused");
	ok(strstr(e.msg, "2") && strstr(e.next, "assay rm"), "with figures and the next step");
	write_text(a, "m.pkl", "EVIL pickle");
	is_int(state_of(f, "models/q/a@v1", NULL), AY_REJECTED, "one is rejected");
	c = begin(f, "models/q/c@v1");
	remove_file(a, "m.pkl");
	wait_state(f, "models/q/a@v1", NULL);
	is_int(ay_intake_create(f->g, "models/q/d@v1", &f->me, &d, &e), AY_ELIMIT, "going back to open is counted");
	ay_intake_unref(a);
	ay_intake_unref(b);
	ay_intake_unref(c);
	discard(f, "models/q/a@v1");
	discard(f, "models/q/b@v1");
	discard(f, "models/q/c@v1");
	a = begin(f, "models/q/a@v1");
	b = begin(f, "models/q/b@v1");
	is_int(ay_intake_create(f->g, "models/q/c@v1", &f->me, &c, &e), AY_ELIMIT, "after all are gone two may be open again");
	ay_intake_unref(a);
	ay_intake_unref(b);
	fixture_close(f);
	fixture_open(f);
	is_int(ay_intake_create(f->g, "models/q/c@v1", &f->me, &c, &e), AY_ELIMIT, "also after a restart");
	discard(f, "models/q/a@v1");
	discard(f, "models/q/b@v1");
}

static void bytes(struct fixture *f)
{
	struct tree held = { TREE("models/q/held@v1", sick), .key = f->alice }, big = { TREE("models/q/big@v1", two), .key = f->alice };
	struct ay_intake *in, *other;
	struct ay_error e;

	set_policy(f, "publisher_bytes: 10TiB", "publisher_bytes: 30");
	is_int(bytes_of(f), 0, "nothing lies here");
	in = begin(f, "models/q/r@v1");
	is_int(charged(in, "m.pkl", "EVIL pickle"), AY_EPOLICY, "a rejected file");
	is_int(bytes_of(f), 11, "counts");
	fake_sick = 1;
	is_int(tree_put(f, &held, NULL, &e), AY_ESTATE, "a held put");
	fake_sick = 0;
	is_int(bytes_of(f), 21, "counts too");
	is_int(tree_put(f, &big, NULL, &e), 0, "nine bytes more may be put (%s)", e.msg);
	is_int(bytes_of(f), 21, "and what is admitted does not count");
	other = begin(f, "models/q/o@v1");
	is_int(charged(other, "a.bin", "0123456789"), AY_ELIMIT, "ten may not be written");
	big.ref = "models/q/big@v2";
	is_int(charged(other, "a.bin", "x"), 0, "one may");
	is_int(tree_put(f, &big, NULL, &e), AY_ELIMIT, "then nine may not be put");
	ok(strstr(e.next, "assay rm"), "and the next step is said");
	is_int(bytes_of(f), 22, "which leaves nothing counted");
	ay_intake_unref(in);
	ay_intake_unref(other);
	fixture_close(f);
	fixture_open(f);
	is_int(bytes_of(f), 22, "a restart counts the same");
	discard(f, "models/q/r@v1");
	is_int(bytes_of(f), 11, "a rejected one that is discarded counts no more");
	if (ay_intake_find(f->g, "models/q/held@v1", &in))
		abort();
	is_int(ay_intake_retry(in, &e), 0, "the held one is admitted (%s)", e.msg);
	ay_intake_unref(in);
	is_int(bytes_of(f), 1, "and counts no more");
	discard(f, "models/q/o@v1");
	is_int(bytes_of(f), 0, "nothing is left");
	is_int(fixture_policy(f, gate_policy, &e), 0, "the old policy again");
}

static void sizes(struct fixture *f)
{
	struct tree t = { TREE("models/q/s@v1", two), .key = f->alice };
	struct ay_intake *in;
	struct ay_error e;

	set_policy(f, "file_bytes: 1TiB", "file_bytes: 6");
	is_int((int)ay_gate_file_limit(f->g), 6, "the mount is told the limit of a file");
	is_int(tree_put(f, &t, NULL, &e), AY_ELIMIT, "a file beyond it is refused");
	ok(strstr(e.where, "sub/weights.bin") && strstr(e.msg, "7") && strstr(e.msg, "6"), "with its name, size and the limit");
	set_policy(f, "files: 20000000", "files: 1");
	is_int(tree_put(f, &t, NULL, &e), AY_ELIMIT, "a second file beyond files is refused");
	in = begin(f, "models/q/s@v2");
	is_int(write_text(in, "a.bin", "a"), 0, "the first file");
	is_int(ay_intake_may(in, &f->me, AY_CHANGE_CREATE, "b.bin", &e), AY_ELIMIT, "a second is refused by the mount too");
	is_int(ay_intake_may(in, &f->me, AY_CHANGE_WRITE_OPEN, "a.bin", &e), 0, "the first may be written again");
	ay_intake_done(in);
	ay_intake_unref(in);
	discard(f, "models/q/s@v2");
	is_int(fixture_policy(f, gate_policy, &e), 0, "the old policy again");
}

static void idle(struct fixture *f)
{
	struct ay_intake *a = begin(f, "models/t/a@v1"), *b = begin(f, "models/t/b@v1"), *c = begin(f, "models/t/c@v1");
	int64_t ttl = ay_policy_limits(f->g->policy)->open_ttl_s;

	write_text(a, "a.bin", "a");
	wait_state(f, "models/t/a@v1", NULL);
	a->touched_s -= ttl + 1;
	b->touched_s -= ttl + 1;
	c->touched_s -= ttl - 100;
	ay_intake_sweep(f->g);
	is_int(state_of(f, "models/t/a@v1", NULL), 0, "idle for longer than open_ttl: discarded");
	is_int(state_of(f, "models/t/b@v1", NULL), 0, "all of them in one sweep");
	is_int(state_of(f, "models/t/c@v1", NULL), AY_OPEN, "not one that was touched since");
	ay_intake_unref(a);
	ay_intake_unref(b);
	ay_intake_unref(c);
}

static int make_old(struct ay_txn *t, void *arg)
{
	struct ay_artifact *a = arg;

	a->changed_s -= 3 * 86400;
	return ay_artifact_put(t, a);
}

/* Begun long ago, written to just before the daemon ended: the files say so, the record does not. */
static void written_lately(struct fixture *f)
{
	struct ay_intake *in = begin(f, "models/t/d@v1");
	struct ay_artifact a;

	write_text(in, "a.bin", "a");
	wait_state(f, "models/t/d@v1", NULL);
	state_of(f, "models/t/d@v1", &a);
	if (ay_commit(f->g->store, make_old, &a, NULL))
		abort();
	ay_intake_unref(in);
	fixture_close(f);
	fixture_open(f);
	ay_intake_sweep(f->g);
	is_int(state_of(f, "models/t/d@v1", NULL), AY_OPEN, "a restart does not make idle what was written lately");
	discard(f, "models/t/d@v1");
}

/* ---- put ---- */

static void from_another(struct fixture *f)
{
	static const struct tree_file added[] = { { "config.json", "{\"a\": 1}" }, { "new.bin", "new" } };
	static const struct tree_file result[] = { { "config.json", "{\"a\": 1}" }, { "new.bin", "new" } };
	static const char *const gone[] = { "sub/weights.bin", NULL };
	struct tree first = { TREE("models/f@v1", two), .key = f->alice };
	struct tree next = { TREE("models/f@v2", added), .key = f->alice, .from = "models/f@v1", .remove = gone, .signed_v = result, .signed_n = 2 };
	struct tree same = { .ref = "models/f@v3", .v = two, .n = 0, .key = f->alice, .from = "models/f@v1", .signed_v = two, .signed_n = 2 };
	struct tree none = { .ref = "models/f@v4", .v = two, .n = 0, .key = f->alice, .from = "models/f@v9", .signed_v = two, .signed_n = 2 };
	struct ay_artifact a, b;
	struct ay_error e;
	unsigned scans;

	is_int(tree_put(f, &first, NULL, &e), 0, "a first version (%s)", e.msg);
	is_int(tree_put(f, &next, NULL, &e), 0, "another from it, one file replaced, one added, one left out (%s)", e.msg);
	state_of(f, "models/f@v2", &a);
	is_int(a.files, 2, "has what was asked for");
	is_int(tree_put(f, &next, NULL, &e), 0, "identical content again succeeds (%s)", e.msg);
	scans = fake_scans;
	is_int(tree_put(f, &same, NULL, &e), 0, "a version from all of it (%s)", e.msg);
	is_int(fake_scans, scans, "reads and scans nothing");
	state_of(f, "models/f@v1", &a);
	state_of(f, "models/f@v3", &b);
	ok(ay_sha256_eq(&a.root, &b.root), "and has the same root");
	is_int(tree_put(f, &none, NULL, &e), AY_ENOTFOUND, "what is not there cannot be started from");
	ok(strstr(e.msg, "models/f@v9"), "and is named");
}

static int collections;

/* A collector that comes when everything is placed and nothing is committed. */
static void collect(struct tree *t)
{
	uint64_t objects, n;

	if (!collections)
		return;
	collections--;
	if (ay_gc(t->f->g->store, false, &objects, &n, NULL))
		abort();
	is_int(objects, 1, "the collector takes what was placed");
}

static void collected(struct fixture *f)
{
	static const struct tree_file one[] = { { "z.bin", "nobody has this" } }, another[] = { { "z.bin", "nor this" } };
	struct tree t = { TREE("models/z@v1", one), .key = f->alice, .before_commit = collect };
	struct ay_error e;

	collections = 1;
	is_int(tree_put(f, &t, NULL, &e), 0, "put places again and is admitted (%s)", e.msg);
	ok(readable(f, "models/z@v1", &e), "readable (%s)", e.msg);
	t.ref = "models/z@v2";
	t.v = another;
	collections = 100;
	is_int(tree_put(f, &t, NULL, &e), AY_ECORRUPT, "a collector that never stops is reported, not waited for");
	is_int(collections, 96, "after four attempts");
	collections = 0;
	is_int(bytes_of(f), 0, "and nothing stays counted");
}

/* ---- verify: open ---- */

struct facts { const struct ay_sha256 *d; struct stat st; };

static int accept_facts(struct ay_txn *t, void *arg)
{
	struct facts *f = arg;
	struct ay_object o;
	int rc = ay_object_get(t, f->d, &o);

	if (rc == 0)
		ay_object_facts(&o, &f->st);
	return rc ? rc : ay_object_set(t, f->d, &o);
}

/* Other bytes behind the same facts: what a failing disk gives, and what comparing facts does not see. */
static void damage(struct fixture *f, const struct ay_sha256 *d, const char *text)
{
	char hex[AY_SHA256_HEX], path[256];
	struct facts facts = { .d = d };
	int fd;

	ay_sha256_hex(d, hex);
	snprintf(path, sizeof(path), "%s/objects/%.2s/%s", f->store, hex, hex);
	if (chmod(path, 0600))
		abort();
	fd = open(path, O_WRONLY);
	if (fd < 0 || pwrite(fd, text, strlen(text), 0) < 0 || fstat(fd, &facts.st))
		abort();
	close(fd);
	if (ay_commit(f->g->store, accept_facts, &facts, NULL))
		abort();
}

static void verified(struct fixture *f)
{
	static const struct tree_file good[] = { { "v.bin", "verified bytes" } };
	struct tree t = { TREE("models/v@v1", good), .key = f->alice };
	struct ay_sha256 d = ay_sha256_of("verified bytes", 14);
	struct ay_artifact a;
	struct ay_error e;
	int fd;

	is_int(tree_put(f, &t, NULL, &e), 0, "published (%s)", e.msg);
	state_of(f, "models/v@v1", &a);
	ok(!f->g->verifies, "verify: ingest is the default");
	set_policy(f, "  \"models/**\":\n", "  \"models/**\":\n    verify: open\n");
	fd = ay_gate_object_open(f->g, a.id, &d, &e);
	ok(fd >= 0, "verify: open opens what is whole (%s)", e.msg);
	close(fd);
	damage(f, &d, "Verified bytes");
	fd = ay_gate_object_open(f->g, a.id, &d, &e);
	ok(fd >= 0, "which is hashed once for a mount");
	close(fd);
	fixture_close(f);
	fixture_open(f);
	is_int(ay_gate_object_open(f->g, a.id, &d, &e), AY_ECORRUPT, "INV-2: the next mount refuses what changed");
	ok(strstr(e.next, "fsck"), "and says what to do");
	is_int(ay_gate_object_open(f->g, 0, &d, &e), AY_ECORRUPT, "by content too");
	is_int(fixture_policy(f, gate_policy, &e), 0, "verify: ingest again");
	fd = ay_gate_object_open(f->g, a.id, &d, &e);
	ok(fd >= 0, "trusts the facts");
	close(fd);
}

/* ---- verdict: async ---- */

static void asynchronous(struct fixture *f)
{
	struct ay_intake *in;
	struct ay_artifact a;
	struct ay_error e;

	set_policy(f, "  \"models/**\":\n", "  \"models/**\":\n    verdict: async\n");
	in = begin(f, "models/y@v1");
	is_int(write_text(in, "m.pkl", "EVIL pickle"), 0, "verdict: async: the close of a bad file returns at once, and the first one too");
	is_int(wait_state(f, "models/y@v1", &a), AY_REJECTED, "and wait tells the verdict");
	ay_intake_unref(in);
	discard(f, "models/y@v1");
	is_int(fixture_policy(f, gate_policy, &e), 0, "the old policy again");
}

/* ---- retry of what is held in staging ---- */

static void held(struct fixture *f)
{
	struct ay_intake *in = begin(f, "models/h@v1");
	struct ay_artifact a;
	struct ay_error e;

	fake_sick = 1;
	write_text(in, "a.bin", "SICK bytes");
	write_signature(in, sick, 1, "models/h@v1", f->alice);
	is_int(wait_state(f, "models/h@v1", &a), AY_HELD, "INV-6: a dead worker holds it (%s)", a.reason);
	is_int(ay_intake_may(in, &f->me, AY_CHANGE_CREATE, "b.bin", &e), AY_ESTATE, "nothing may be added");
	ok(strstr(e.next, "assay retry"), "and the next step is a retry");
	is_int(ay_intake_retry(in, &e), AY_ESTATE, "which holds it again");
	ay_intake_unref(in);
	fixture_close(f);
	fixture_open(f);
	is_int(state_of(f, "models/h@v1", NULL), AY_HELD, "also over a restart");
	if (ay_intake_find(f->g, "models/h@v1", &in))
		abort();
	fake_sick = 0;
	is_int(ay_intake_retry(in, &e), 0, "a retry with a healthy worker admits it (%s)", e.msg);
	ay_intake_unref(in);
	ok(readable(f, "models/h@v1", &e), "readable (%s)", e.msg);
	is_int(bytes_of(f), 0, "and nothing stays counted");
	pthread_mutex_lock(&f->g->lock);
	for (size_t i = 0; i < f->g->nquotas; i++)
		is_int(f->g->quotas[i].open, 0, "nor open");
	pthread_mutex_unlock(&f->g->lock);
}

#ifdef ASSAY_TESTING
/* Killed between the commit of an admission and the removal of its staged tree. */
static void left_behind(void)
{
	struct fixture f;
	struct ay_artifact a;
	char path[160];
	int status;
	pid_t pid;

	fixture_make(&f, NULL);
	fixture_close(&f);
	pid = fork();
	if (pid == 0) {
		struct ay_intake *in;

		setenv("ASSAY_FAILPOINT", "admit-after-commit", 1);
		fixture_open(&f);
		in = begin(&f, "models/k@v1");
		write_signature(in, two, 2, "models/k@v1", f.alice);
		write_text(in, "config.json", "{}");
		write_text(in, "sub/weights.bin", "weights");
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "killed after the commit");
	fixture_open(&f);
	is_int(state_of(&f, "models/k@v1", &a), AY_ADMITTED, "it is admitted");
	snprintf(path, sizeof(path), "%s/staging/%llu", f.store, (unsigned long long)a.id);
	ok(access(path, F_OK) != 0, "and nothing is left in staging");
	ok(readable(&f, "models/k@v1", NULL), "and it can be read");
	fixture_free(&f);
}
#endif

int main(void)
{
	struct fixture f;

	fixture_make(&f, NULL);
	open_ones(&f);
	bytes(&f);
	sizes(&f);
	idle(&f);
	written_lately(&f);
	fixture_free(&f);
	fixture_make(&f, NULL);
	from_another(&f);
	collected(&f);
	held(&f);
	asynchronous(&f);
	verified(&f);
	fixture_free(&f);
#ifdef ASSAY_TESTING
	left_behind();
#else
	skip("fail-points need --enable-testing");
#endif
	return done_testing();
}
