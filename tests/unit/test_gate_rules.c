/* SPDX-License-Identifier: Apache-2.0 */
/* What a verdict rests on: approved baselines, several provenance claims, the trust root's end, ignored paths. */
#include <errno.h>
#include "assay/text.h"
#include "tests/unit/gate_intake.h"

/* What the worker makes of a schema is decided by a word in it. */
#define SCHEMA(word) "{\"fields\":[{\"name\":\"a\",\"type\":\"any\",\"x-word\":\"" word "\"}]}"

static const struct tree_file rows[] = { { "rows.bin", "ROWS 1" } };
static const struct tree_file two[] = { { "config.json", "{}" }, { "sub/weights.bin", "weights" } };

#define TREE(r, list) .ref = (r), .v = (list), .n = AY_ARRAY_LEN(list)

static bool says(const char *text, const char *want)
{
	if (strstr(text, want))
		return true;
	printf("# said: %s\n", text);
	return false;
}

/* The policy of gate_lib with one piece of text in place of another. */
static void with(char out[8192], const char *old, const char *now)
{
	const char *at = strstr(gate_policy, old);

	if (!at)
		abort();
	snprintf(out, 8192, "%.*s%s%s", (int)(at - gate_policy), gate_policy, now, at + strlen(old));
}

/* ---- baselines ---- */

static void baselines(struct fixture *f)
{
	struct tree before = { TREE("datasets/b@v1", rows), .key = f->alice }, good = { TREE("datasets/b@v2", two), .key = f->alice };
	struct tree bad = { TREE("datasets/b@v3", rows), .key = f->alice }, sick = { TREE("datasets/b@v4", rows), .key = f->alice };
	struct tree last = { TREE("datasets/b@v5", rows), .key = f->alice };
	struct ay_error e;

	is_int(tree_put(f, &before, NULL, &e), 0, "without a baseline it is admitted (%s)", e.msg);
	is_int(fixture_baseline(f, "datasets/b", 1, SCHEMA("strict"), f->bob, &e), AY_ETRUST, "only a curator approves");
	is_int(fixture_baseline(f, "datasets/b", 0, SCHEMA("lax"), f->alice, &e), AY_EFORMAT, "versions begin at 1");
	is_int(fixture_baseline(f, "datasets/b", 2, SCHEMA("strict"), f->alice, &e), 0, "a baseline is approved (%s)", e.msg);
	is_int(fixture_baseline(f, "datasets/b", 2, SCHEMA("lax"), f->alice, &e), AY_EEXISTS, "the same version again is refused");
	is_int(fixture_baseline(f, "datasets/b", 1, SCHEMA("lax"), f->alice, &e), AY_EEXISTS, "an older one too: it would never be used");
	ok(readable(f, "datasets/b@v1", &e), "what was admitted before stays readable (%s)", e.msg);
	is_int(tree_put(f, &good, NULL, &e), 0, "what meets it is admitted (%s)", e.msg);
	is_int(tree_put(f, &bad, NULL, &e), AY_EPOLICY, "what does not is rejected");
	ok(says(e.msg, "schema.range: rows.bin"), "by the schema's rule");

	is_int(fixture_baseline(f, "datasets/b", 3, SCHEMA("unloadable"), f->alice, &e), 0, "a schema that nobody can load");
	is_int(tree_put(f, &sick, NULL, &e), AY_ESTATE, "INV-6: holds");
	ok(says(e.msg, "schema.invalid"), "as schema.invalid");
	is_int(state_of(f, "datasets/b@v4", NULL), AY_HELD, "it is held");
	is_int(fixture_baseline(f, "datasets/b", 4, SCHEMA("lax"), f->alice, &e), 0, "a baseline that all meet");
	is_int(tree_put(f, &last, NULL, &e), 0, "affects later versions (%s)", e.msg);
}

static void pinned(struct fixture *f)
{
	char required[8192], other[8192];
	struct ay_error e;

	with(other, "deserialization: {profiles: [weights], opaque: []}\n    baseline: optional",
	     "deserialization: {profiles: [weights], opaque: [.raw]}\n    baseline: optional");
	with(required, "baseline: optional", "baseline: required");
	is_int(fixture_baseline(f, "datasets/b", 5, SCHEMA("strict"), f->alice, &e), 0, "a strict baseline comes last");
	ok(readable(f, "datasets/b@v5", &e), "what was judged by an earlier one stays readable (%s)", e.msg);
	is_int(fixture_policy(f, other, &e), 0, "other scan rules (%s)", e.msg);
	ok(readable(f, "datasets/b@v5", &e), "judge it again by the baseline of its day (%s)", e.msg);
	ok(readable(f, "datasets/b@v1", &e), "and what had none without one (%s)", e.msg);
	is_int(fixture_policy(f, required, &e), 0, "a baseline is required");
	ok(!readable(f, "datasets/b@v1", &e), "what had none is closed");
	ok(readable(f, "datasets/b@v5", &e), "what had one is not (%s)", e.msg);
	is_int(fixture_policy(f, gate_policy, &e), 0, "the old policy again");
	ok(readable(f, "datasets/b@v1", &e), "opens it (%s)", e.msg);
}

static void required(struct fixture *f)
{
	struct tree t = { TREE("datasets/q@v1", rows), .key = f->alice };
	struct ay_artifact a;
	struct ay_intake *in;
	struct ay_error e;
	char policy[8192];

	with(policy, "baseline: optional", "baseline: required");
	is_int(fixture_policy(f, policy, &e), 0, "baseline: required");
	is_int(tree_put(f, &t, NULL, &e), AY_ESTATE, "without a baseline nothing is admitted");
	ok(says(e.msg, "baseline.required"), "as baseline.required");
	is_int(state_of(f, "datasets/q@v1", NULL), AY_HELD, "it is held");
	is_int(fixture_baseline(f, "datasets/q", 1, SCHEMA("lax"), f->alice, &e), 0, "one is approved");
	if (ay_intake_find(f->g, "datasets/q@v1", &in))
		abort();
	is_int(ay_intake_retry(in, &e), 0, "then a retry admits it (%s)", e.msg);
	ay_intake_unref(in);
	is_int(state_of(f, "datasets/q@v1", &a), AY_ADMITTED, "(%s)", a.reason);
	is_int(fixture_policy(f, gate_policy, &e), 0, "the old policy again");
}

static void lost_curator(struct fixture *f)
{
	struct tree t = { TREE("datasets/l@v1", rows), .key = f->bob };
	struct ay_error e;

	is_int(fixture_curator(f, f->bob, &e), 0, "bob curates too (%s)", e.msg);
	is_int(fixture_baseline(f, "datasets/l", 1, SCHEMA("strict"), f->alice, &e), 0, "alice approves a strict one (%s)", e.msg);
	is_int(fixture_baseline(f, "datasets/l", 2, SCHEMA("lax"), f->bob, &e), 0, "bob a lax one (%s)", e.msg);
	is_int(tree_put(f, &t, NULL, &e), 0, "the newest counts (%s)", e.msg);
	is_int(fixture_revoke(f, f->bob, true, &e), 0, "bob's key is lost");
	t.key = f->alice;
	t.ref = "datasets/l@v2";
	is_int(tree_put(f, &t, NULL, &e), AY_EPOLICY, "then alice's holds again");
	ok(says(e.msg, "schema.range"), "and judges");
}

/* ---- provenance ---- */

static struct ay_prov_pair param = { "epochs", "3" };

static struct ay_provenance training(const struct ay_prov_input *in)
{
	return (struct ay_provenance){
		.form = AY_PROV_FORM_TRAINING, .code_uri = "git+https://git.example/x", .code_commit = "0123456789abcdef0123456789abcdef01234567",
		.params = &param, .nparams = 1, .initiator = "alice@example.org", .inputs = in, .ninputs = 1,
	};
}

static void several(struct fixture *f)
{
	struct tree data = { TREE("datasets/s@v1", two), .key = f->alice }, t = { TREE("models/built/s@v1", two), .key = f->alice };
	struct ay_prov_input in = { "dataset", "assay:datasets/s@v1", { { 0 } } };
	struct ay_buf b = ay_buf_new(MIB);
	struct ay_provenance good, poor, other;
	struct ay_artifact a;
	struct ay_error e;

	is_int(tree_put(f, &data, NULL, &e), 0, "a dataset (%s)", e.msg);
	state_of(f, "datasets/s@v1", &a);
	in.digest = a.root;
	good = poor = other = training(&in);
	poor.initiator = NULL;
	other.code_commit = "fedcba9876543210fedcba9876543210fedcba98";

	t.prov = &poor;
	is_int(tree_put(f, &t, NULL, &e), AY_EPOLICY, "a claim with a field missing does not hold");
	t.prov2 = &good;
	is_int(tree_put(f, &t, NULL, &e), 0, "nor does it spoil one that does (%s)", e.msg);
	t.ref = "models/built/s@v2";
	t.prov = &good;
	t.prov2 = &poor;
	is_int(tree_put(f, &t, NULL, &e), 0, "in either order (%s)", e.msg);
	t.ref = "models/built/s@v3";
	t.prov2 = &other;
	is_int(tree_put(f, &t, NULL, &e), AY_EPOLICY, "another commit of the same code contradicts");
	ok(says(e.msg, "provenance.conflict"), "as provenance.conflict");

	/* alice's claim holds, bob's misses a field: his key alone does not carry the model. */
	t.ref = "models/built/s@v4";
	t.key2 = f->bob;
	t.prov2 = &poor;
	t.prov2_key = f->bob;
	is_int(tree_put(f, &t, NULL, &e), 0, "two claims of two keys (%s)", e.msg);
	t.ref = "models/built/s@v5";
	t.prov2 = NULL;
	is_int(tree_put(f, &t, NULL, &e), 0, "one claim that holds (%s)", e.msg);
	sign_provenance(two, 2, "models/built/s@v5", &good, f->bob, &b);
	is_int(ay_gate_add_claim(f->g, "models/built/s@v5", &f->me, "late.intoto.jsonl", b.data, b.len, &e), 0, "one more after admission (%s)", e.msg);
	t.ref = "models/built/s@v6";
	is_int(tree_put(f, &t, NULL, &e), 0, "a third (%s)", e.msg);
	ay_buf_clear(&b);
	sign_provenance(two, 2, "models/built/s@v6", &poor, f->bob, &b);
	is_int(ay_gate_add_claim(f->g, "models/built/s@v6", &f->me, "late.intoto.jsonl", b.data, b.len, &e), 0, "with a poor claim after admission (%s)", e.msg);
	is_int(fixture_revoke(f, f->alice, true, &e), 0, "alice's key is lost");
	ok(!readable(f, "models/built/s@v4", &e), "a poor claim does not carry a model");
	ok(says(e.msg, "provenance"), "and that is what is said");
	ok(readable(f, "models/built/s@v5", &e), "a late one that holds does (%s)", e.msg);
	ok(!readable(f, "models/built/s@v6", &e), "a late poor one does not");
	ay_buf_free(&b);
}

static void waits(struct fixture *f)
{
	struct ay_prov_input in = { "dataset", "assay:datasets/s@v1", { { 1 } } };
	struct ay_provenance p = training(&in);
	struct ay_intake *i = begin(f, "models/built/w@v1");
	struct ay_buf b = ay_buf_new(MIB);
	struct ay_artifact a;
	struct ay_error e;

	write_text(i, "config.json", "{}");
	write_text(i, "sub/weights.bin", "weights");
	is_int(write_signature(i, two, 2, "models/built/w@v1", f->bob), 0, "signed");
	wait_state(f, "models/built/w@v1", &a);
	ok(says(a.reason, "waiting: provenance") && says(a.reason, "found none") && says(a.reason, "assay sign"), "it waits for provenance, and says how to make it");
	sign_provenance(two, 2, "models/built/w@v1", &p, f->eve, &b);
	is_int(ay_gate_add_claim(f->g, "models/built/w@v1", &f->me, "eve.intoto.jsonl", b.data, b.len, &e), 0, "a stranger's");
	wait_state(f, "models/built/w@v1", &a);
	ok(says(a.reason, "found eve.intoto.jsonl: signed by a key") && says(a.reason, "assay trust add"), "is named, with the reason and the next command");
	ay_buf_clear(&b);
	sign_provenance(two, 1, "models/built/w@v1", &p, f->bob, &b);
	is_int(ay_gate_add_claim(f->g, "models/built/w@v1", &f->me, "eve.intoto.jsonl", b.data, b.len, &e), 0, "one of other files");
	wait_state(f, "models/built/w@v1", &a);
	ok(says(a.reason, "about other files"), "is named too");
	if (ay_intake_discard(i, &f->me, NULL))
		abort();
	ay_intake_unref(i);
	ay_buf_free(&b);
}

/* ---- the end of the trust root ---- */

/* What the clock does, without waiting for it. */
static void set_expiry(struct fixture *f, int64_t when)
{
	((struct ay_trust *)f->g->trust)->expires_s = when;
	ay_gate_bump(f->g);
}

static void expired(struct fixture *f)
{
	struct tree t = { TREE("models/x@v1", two), .key = f->alice }, late = { TREE("models/x@v2", two), .key = f->alice };
	struct ay_intake *in;
	struct ay_artifact a;
	struct ay_error e;
	int64_t then = f->g->trust->expires_s;
	char deny[8192];

	is_int(tree_put(f, &t, NULL, &e), 0, "admitted while the trust root is good (%s)", e.msg);
	set_expiry(f, ay_time_now() - 1);
	is_int(tree_put(f, &late, NULL, &e), AY_EPOLICY, "nothing is admitted under an expired trust root");
	ok(says(e.msg, "signature.trust-expired"), "as signature.trust-expired");
	in = begin(f, "models/x@v3");
	write_text(in, "config.json", "{}");
	write_text(in, "sub/weights.bin", "weights");
	is_int(write_signature(in, two, 2, "models/x@v3", f->alice), 0, "a complete artifact");
	is_int(wait_state(f, "models/x@v3", &a), AY_OPEN, "waits");
	ok(says(a.reason, "the trust root has expired") && says(a.reason, "assay trust sign"), "and says for what, and what to do");
	ok(readable(f, "models/x@v1", &e), "on_expiry: serve keeps what is there readable (%s)", e.msg);
	set_expiry(f, then);
	with(deny, "on_expiry: serve", "on_expiry: deny");
	is_int(fixture_policy(f, deny, &e), 0, "on_expiry: deny (%s)", e.msg);
	ok(readable(f, "models/x@v1", &e), "readable while the trust root is good (%s)", e.msg);
	set_expiry(f, ay_time_now() + 1);
	ok(readable(f, "models/x@v1", &e), "and in its last second (%s)", e.msg);
	while (ay_time_now() <= f->g->trust->expires_s)
		usleep(50000);
	ok(!readable(f, "models/x@v1", &e), "INV-1: closed at its end, however lately it was asked");
	ok(says(e.msg, "on_expiry: deny"), "and says why");
	set_expiry(f, then);
	ay_intake_poke(in);
	is_int(wait_state(f, "models/x@v3", &a), AY_ADMITTED, "with a good trust root what waited is admitted (%s)", a.reason);
	ay_intake_unref(in);
	is_int(fixture_policy(f, gate_policy, &e), 0, "the old policy again");
}

/* ---- ignored ---- */

static void ignored(struct fixture *f)
{
	static const struct tree_file tree[] = { { "a.bin", "a" }, { "sub/.DS_Store", "x" }, { "sub/__pycache__/m.pyc", "EVIL" }, { "n/.ipynb_checkpoints/c", "x" } };
	struct tree_file given[] = { { "model.sig", NULL }, { "a.bin", "a" }, { "sub/.DS_Store", "x" }, { "sub/__pycache__/m.pyc", "ok" } };
	struct tree t = { TREE("models/g@v1", tree), .key = f->alice, .signed_v = tree, .signed_n = 1 };
	struct tree listed = { TREE("models/g@v2", given) };
	struct ay_buf b = ay_buf_new(MIB);
	struct ay_artifact a;
	struct ay_error e;
	char policy[8192];

	with(policy, "ignore: [\".cache/**\", \".git*\"]", "ignore: [\".DS_Store\", \"__pycache__/**\", \".ipynb_checkpoints/**\"]");
	is_int(fixture_policy(f, policy, &e), 0, "a policy with the usual ignore list (%s)", e.msg);
	is_int(tree_put(f, &t, NULL, &e), 0, "nested ignored names do not reject (%s)", e.msg);
	state_of(f, "models/g@v1", &a);
	is_int(a.files, 1, "and are not published");
	sign_files(given + 1, 3, "models/g@v2", f->alice, &b);
	given[0].text = ay_buf_str(&b);
	is_int(tree_put(f, &listed, NULL, &e), 0, "what the manifest lists is never ignored (%s)", e.msg);
	state_of(f, "models/g@v2", &a);
	is_int(a.files, 3, "but published");
	ay_buf_free(&b);
}

int main(void)
{
	struct fixture f;

	fixture_make(&f, NULL);
	baselines(&f);
	pinned(&f);
	required(&f);
	ignored(&f);
	expired(&f);
	waits(&f);
	several(&f);
	fixture_free(&f);
	fixture_make(&f, NULL);
	lost_curator(&f);
	fixture_free(&f);
	return done_testing();
}
