/* SPDX-License-Identifier: Apache-2.0 */
/* Admission by put: what is admitted, what is refused and with which reason, and what a change of trust or policy does to it. */
#include <errno.h>
#include "assay/text.h"
#include "tests/unit/gate_lib.h"

static const struct tree_file two[] = { { "config.json", "{}" }, { "sub/weights.bin", "weights" } };
static const struct tree_file tampered[] = { { "config.json", "{}" }, { "sub/weights.bin", "Weights" } };
static const struct tree_file three[] = { { "config.json", "{}" }, { "extra.txt", "x" }, { "sub/weights.bin", "weights" } };

#define TREE(r, list) .ref = (r), .v = (list), .n = AY_ARRAY_LEN(list)

static bool says(const struct ay_error *e, const char *text)
{
	if (strstr(e->msg, text))
		return true;
	printf("# said: %s\n", e->msg);
	return false;
}

static void admitted(struct fixture *f)
{
	struct tree t = { TREE("models/a@v1", two), .key = f->alice };
	struct ay_buf report = ay_buf_new(AY_LIMIT_REPORT);
	struct ay_artifact a;
	struct ay_error e;
	struct ay_txn *txn;
	struct ay_node n;
	unsigned scans;

	is_int(tree_put(f, &t, &report, &e), 0, "a signed tree is admitted (%s)", e.msg);
	ok(strstr(ay_buf_str(&report), "\"verdict\":\"pass\""), "and its report says pass");
	is_int(state_of(f, "models/a@v1", &a), AY_ADMITTED, "the record says admitted");
	is_int(a.files, 2, "two files");
	ok(a.log_index != UINT64_MAX && a.top, "the verdict is in the log and the tree in the catalogue");
	ok(readable(f, "models/a@v1", &e), "it can be opened (%s)", e.msg);
	if (ay_read_begin(f->g->store, &txn))
		abort();
	is_int(ay_node_by_path(txn, a.top, "sub/weights.bin", &n), 0, "its file is there");
	ok(ay_log_size(txn) >= a.log_index + 1, "INV-8: the log holds the verdict");
	is_int(ay_log_check(txn, &e), 0, "the log is consistent");
	ay_read_end(txn);
	is_int(ay_gate_may_open_object(f->g, &n.sha256, &f->me, &e), 0, "its object can be opened");

	scans = fake_scans;
	is_int(tree_put(f, &t, &report, &e), 0, "the same content again succeeds");
	is_int(fake_scans, scans, "without a scan");
	t.v = tampered;
	is_int(tree_put(f, &t, NULL, &e), AY_EEXISTS, "other content under the same version is refused");
	ay_buf_free(&report);
}

static void refused(struct fixture *f)
{
	struct ay_error e;
	struct tree unsigned_ = { TREE("models/r@v1", two) };
	struct tree untrusted = { TREE("models/r@v2", two), .key = f->eve };
	struct tree wrong_ref = { TREE("models/r@v3", two), .key = f->alice, .as = "models/a@v1" };
	struct tree changed = { TREE("models/r@v4", tampered), .key = f->alice, .signed_v = two, .signed_n = 2 };
	struct tree extra = { TREE("models/r@v5", three), .key = f->alice, .signed_v = two, .signed_n = 2 };
	struct tree missing = { TREE("models/r@v6", two), .key = f->alice, .signed_v = three, .signed_n = 3 };
	static const struct tree_file evil[] = { { "m.pkl", "EVIL pickle" } };
	struct tree bad = { TREE("models/r@v7", evil), .key = f->alice };
	struct tree nowhere = { TREE("code/x@v1", two), .key = f->alice };
	struct tree empty = { .ref = "models/r@v8", .key = f->alice, .v = two, .n = 0, .signed_v = two, .signed_n = 2 };

	is_int(tree_put(f, &unsigned_, NULL, &e), AY_EPOLICY, "unsigned is refused");
	ok(says(&e, "signature.missing"), "as signature.missing");
	is_int(state_of(f, "models/r@v1", NULL), AY_REJECTED, "and recorded as rejected");
	ok(!readable(f, "models/r@v1", NULL), "INV-1: it cannot be opened");
	is_int(tree_put(f, &untrusted, NULL, &e), AY_EPOLICY, "a stranger's signature is refused");
	ok(says(&e, "signature.untrusted"), "as signature.untrusted");
	is_int(tree_put(f, &wrong_ref, NULL, &e), AY_EPOLICY, "a signature over another reference is refused");
	ok(says(&e, "signed as models/a@v1"), "and says which");
	is_int(tree_put(f, &changed, NULL, &e), AY_EPOLICY, "a changed file is refused");
	ok(says(&e, "integrity.digest: sub/weights.bin"), "as integrity.digest with its path");
	is_int(tree_put(f, &extra, NULL, &e), AY_EPOLICY, "an extra file is refused");
	ok(says(&e, "integrity.extra: extra.txt"), "as integrity.extra");
	is_int(tree_put(f, &missing, NULL, &e), AY_EPOLICY, "a missing file is refused");
	ok(says(&e, "integrity.missing: extra.txt"), "as integrity.missing");
	is_int(tree_put(f, &bad, NULL, &e), AY_EPOLICY, "a bad pickle is refused");
	ok(says(&e, "pickle.call.denied: m.pkl"), "with the scanner's rule");
	is_int(tree_put(f, &empty, NULL, &e), AY_EPOLICY, "no file at all is refused");
	is_int(tree_put(f, &nowhere, NULL, &e), AY_EPOLICY, "a name without a rule is refused");

	unsigned_.key = f->alice;
	is_int(tree_put(f, &unsigned_, NULL, &e), 0, "a rejected version may be published once it is right (%s)", e.msg);
}

static void two_keys(struct fixture *f)
{
	struct tree one = { TREE("models/two/x@v1", two), .key = f->alice };
	struct tree twice = { TREE("models/two/x@v2", two), .key = f->alice, .key2 = f->alice };
	struct tree both = { TREE("models/two/x@v3", two), .key = f->alice, .key2 = f->bob };
	struct tree_file other[3] = { two[0], two[1], { "model.sig", NULL } };
	struct tree conflict = { TREE("models/c@v1", other), .key = f->alice };
	struct ay_buf b = ay_buf_new(MIB);
	struct ay_error e;

	is_int(fixture_threshold(f, "models/two/**", 2, &e), 0, "a threshold of two (%s)", e.msg);
	is_int(tree_put(f, &one, NULL, &e), AY_EPOLICY, "one signature is not enough");
	ok(says(&e, "1 of 2"), "and says so");
	is_int(tree_put(f, &twice, NULL, &e), AY_EPOLICY, "the same key twice is one key");
	is_int(tree_put(f, &both, NULL, &e), 0, "two keys are two (%s)", e.msg);

	sign_files(three, 3, "models/c@v1", f->bob, &b);
	other[2].text = ay_buf_str(&b);
	conflict.signed_v = two;
	conflict.signed_n = 2;
	is_int(tree_put(f, &conflict, NULL, &e), AY_EPOLICY, "two signatures over different files are refused");
	ok(says(&e, "signature.conflict"), "as a conflict");
	ay_buf_free(&b);
}

static void held(struct fixture *f)
{
	static const struct tree_file sick[] = { { "a.bin", "SICK bytes" } };
	struct tree t = { TREE("models/h@v1", sick), .key = f->alice };
	struct ay_intake *in;
	struct ay_error e;

	fake_sick = 1;
	is_int(tree_put(f, &t, NULL, &e), AY_ESTATE, "INV-6: a dead worker holds the artifact");
	is_int(state_of(f, "models/h@v1", NULL), AY_HELD, "it is held");
	ok(!readable(f, "models/h@v1", NULL), "and cannot be opened");
	if (ay_intake_find(f->g, "models/h@v1", &in))
		abort();
	is_int(ay_intake_retry(in, &e), AY_ESTATE, "a retry with the same worker holds it again");
	fake_sick = 0;
	is_int(ay_intake_retry(in, &e), 0, "a retry with a healthy one admits it (%s)", e.msg);
	ay_intake_unref(in);
	ok(readable(f, "models/h@v1", &e), "then it can be opened (%s)", e.msg);
}

static void provenance(struct fixture *f)
{
	struct tree data = { TREE("datasets/d@v1", two), .key = f->alice };
	struct tree t = { TREE("models/built/m@v1", two), .key = f->alice };
	struct ay_prov_input in = { "dataset", "assay:datasets/d@v1", { { 0 } } };
	struct ay_prov_pair param = { "epochs", "3" };
	struct ay_provenance p = {
		.form = AY_PROV_FORM_TRAINING, .code_uri = "git+https://git.example/x", .code_commit = "0123456789abcdef0123456789abcdef01234567",
		.params = &param, .nparams = 1, .initiator = "alice@example.org", .inputs = &in, .ninputs = 1,
	}, bad;
	struct ay_artifact a;
	struct ay_error e;

	is_int(tree_put(f, &data, NULL, &e), 0, "a dataset without a baseline is admitted (%s)", e.msg);
	is_int(state_of(f, "datasets/d@v1", &a), AY_ADMITTED, "with a warning");
	ok(strstr(a.reason, "baseline.none"), "that names baseline.none (%s)", a.reason);
	is_int(tree_put(f, &t, NULL, &e), AY_EPOLICY, "a model without provenance is refused");
	ok(says(&e, "provenance.missing"), "as provenance.missing");
	t.prov = &p;
	is_int(tree_put(f, &t, NULL, &e), AY_EPOLICY, "a dataset with another digest is refused");
	ok(says(&e, "provenance.unknown-input"), "as an unknown input");
	in.digest = a.root;
	bad = p;
	bad.initiator = NULL;
	t.prov = &bad;
	is_int(tree_put(f, &t, NULL, &e), AY_EPOLICY, "no initiator is refused");
	ok(says(&e, "initiator"), "and named");
	bad = p;
	bad.ref = "models/built/other@v1";
	is_int(tree_put(f, &t, NULL, &e), AY_EPOLICY, "provenance of another reference is refused");
	ok(says(&e, "provenance.reference"), "as provenance.reference");
	t.prov = &p;
	t.prov_key = f->eve;
	is_int(tree_put(f, &t, NULL, &e), AY_EPOLICY, "a stranger's provenance is refused");
	ok(says(&e, "provenance.untrusted"), "as provenance.untrusted");
	t.prov_key = NULL;
	is_int(tree_put(f, &t, NULL, &e), 0, "complete provenance is admitted (%s)", e.msg);
}

static void waived(struct fixture *f)
{
	struct tree t = { TREE("models/w@v1", three), .key = f->alice, .signed_v = two, .signed_n = 2 };
	struct ay_artifact a;
	struct ay_error e;

	is_int(fixture_waive(f, "models/w@v1", "pickle.call.denied", ay_time_now() + 3600, f->alice, &e), AY_EPOLICY,
	       "what means code execution cannot be waived");
	is_int(fixture_waive(f, "models/w@v1", "integrity.extra", ay_time_now() + 3600, f->bob, &e), AY_ETRUST, "only a curator waives");
	is_int(fixture_waive(f, "models/w@v1", "integrity.extra", ay_time_now() - 1, f->alice, &e), 0, "a waiver that has ended");
	is_int(tree_put(f, &t, NULL, &e), AY_EPOLICY, "waives nothing");
	is_int(fixture_waive(f, "models/w@v1", "integrity.extra", ay_time_now() + 3600, f->alice, &e), 0, "a waiver");
	is_int(tree_put(f, &t, NULL, &e), 0, "lets the rule warn (%s)", e.msg);
	is_int(state_of(f, "models/w@v1", &a), AY_ADMITTED, "it is admitted");
	ok(strstr(a.reason, "integrity.extra"), "and the reason names the rule (%s)", a.reason);
}

struct heard { char ref[64]; enum ay_state state; int n; };

static void hear(void *arg, const char *ref, enum ay_state state)
{
	struct heard *h = arg;

	snprintf(h->ref, sizeof(h->ref), "%s", ref);
	h->state = state;
	h->n++;
}

static void changes(struct fixture *f)
{
	struct tree t = { TREE("models/k@v1", two), .key = f->bob };
	struct tree none = { TREE("models/k@v2", two), .key = f->bob };
	struct heard h = { .n = 0 };
	struct ay_error e;
	char stricter[4096];
	const char *at;

	is_int(tree_put(f, &t, NULL, &e), 0, "bob publishes (%s)", e.msg);
	ok(readable(f, "models/k@v1", NULL), "readable");
	ay_gate_set_hook(f->g, hear, &h);
	is_int(fixture_revoke(f, f->bob, false, &e), 0, "bob's key is retired (%s)", e.msg);
	ok(readable(f, "models/k@v1", &e), "what was logged before still counts (%s)", e.msg);
	is_int(h.n, 0, "and the mount hears nothing");
	is_int(tree_put(f, &none, NULL, &e), AY_EPOLICY, "new signatures do not");
	h.n = 0;
	is_int(fixture_revoke(f, f->bob, true, &e), 0, "bob's key is compromised (%s)", e.msg);
	ok(!readable(f, "models/k@v1", &e), "INV-1: nothing of his can be opened");
	ok(h.n >= 1, "and the mount hears of it");
	ok(!readable(f, "models/two/x@v3", NULL), "a threshold that he helped to meet is not met any more");
	ok(readable(f, "models/a@v1", &e), "alice's can (%s)", e.msg);
	ay_gate_set_hook(f->g, NULL, NULL);

	/* A policy that asks for provenance of all models. */
	at = strstr(gate_policy, "gates: [integrity, signature, deserialization, format]\n    signature: {role: publisher, threshold: 1, bind: ref}\n    deserialization");
	if (!at)
		abort();
	snprintf(stricter, sizeof(stricter), "%.*sgates: [integrity, signature, provenance, deserialization, format]\n"
		 "    provenance: {kind: training, require: [code]}%s", (int)(at - gate_policy), gate_policy, strchr(at, '\n'));
	is_int(fixture_policy(f, stricter, &e), 0, "a stricter policy (%s)", e.msg);
	ok(!readable(f, "models/a@v1", &e), "cuts what does not meet it");
	ok(readable(f, "models/built/m@v1", &e), "not what does (%s)", e.msg);
	is_int(fixture_policy(f, gate_policy, &e), 0, "the old policy again (%s)", e.msg);
	ok(readable(f, "models/a@v1", &e), "restores it (%s)", e.msg);
}

static void reopened(struct fixture *f)
{
	struct ay_gate_options o = { .store = f->store };
	struct ay_highwater now;
	struct ay_error e = { 0 };
	struct ay_gate *g;

	fixture_close(f);
	fixture_open(f);
	ok(readable(f, "models/a@v1", &e), "readable after a restart (%s)", e.msg);
	if (ay_highwater_now(f->g, &now))
		abort();
	fixture_close(f);
	now.trust++;
	is_int(ay_highwater_save(f->store, &now, &e), 0, "this machine has seen a newer trust root");
	is_int(ay_gate_open(&o, &g, &e), AY_EROLLBACK, "then the older store is refused");
	o.accept_rollback = true;
	is_int(ay_gate_open(&o, &g, &e), 0, "unless that is accepted (%s)", e.msg);
	ay_gate_close(g);
	o.accept_rollback = false;
	is_int(ay_gate_open(&o, &g, &e), 0, "for good (%s)", e.msg);
	ay_gate_close(g);
	fixture_open(f);
}

int main(void)
{
	struct fixture f;

	fixture_make(&f, NULL);
	admitted(&f);
	refused(&f);
	two_keys(&f);
	held(&f);
	provenance(&f);
	waived(&f);
	changes(&f);
	reopened(&f);
	fixture_free(&f);
	return done_testing();
}
