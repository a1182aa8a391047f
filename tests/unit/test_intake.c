/* SPDX-License-Identifier: Apache-2.0 */
/* An artifact that is written file by file: what settles it, what rejects it, who waits, and what a crash leaves. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "assay/fd.h"
#include "assay/text.h"
#include "tests/unit/gate_intake.h"

static const struct tree_file two[] = { { "config.json", "{}" }, { "sub/weights.bin", "weights" } };
static const struct tree_file evil[] = { { "good.bin", "good" }, { "m.pkl", "EVIL pickle" } };

static void settles(struct fixture *f)
{
	struct ay_intake *in = begin(f, "models/i/a@v1");
	struct ay_artifact a;
	struct ay_error e;
	struct ay_intake *again;
	struct ay_cred other = { .uid = f->me.uid + 1 };

	is_int(ay_intake_may(in, &other, AY_CHANGE_CREATE, "x", &e), AY_EACCESS, "only its writer may write");
	is_int(write_text(in, "config.json", "{}"), 0, "a first file closes at once");
	is_int(wait_state(f, "models/i/a@v1", &a), AY_OPEN, "and the artifact waits");
	ok(strstr(a.reason, "waiting: signature"), "for a signature (%s)", a.reason);
	is_int(write_signature(in, two, 2, "models/i/a@v1", f->alice), 0, "the signature closes");
	is_int(wait_state(f, "models/i/a@v1", &a), AY_OPEN, "it still waits");
	ok(strstr(a.reason, "sub/weights.bin"), "for the listed file (%s)", a.reason);
	ok(!readable(f, "models/i/a@v1", NULL), "INV-1: not readable meanwhile");
	is_int(write_text(in, ".gitignore", "x"), 0, "an ignored file closes");
	is_int(write_text(in, "sub/weights.bin", "weights"), 0, "the close that settles answers after the verdict");
	is_int(state_of(f, "models/i/a@v1", &a), AY_ADMITTED, "admitted when close returns");
	ok(readable(f, "models/i/a@v1", &e), "readable (%s)", e.msg);
	is_int(a.files, 2, "the ignored file was left out");
	is_int(ay_intake_find(f->g, "models/i/a@v1", &again), AY_ENOTFOUND, "no intake of it can be found");
	ok(ay_intake_may(in, &f->me, AY_CHANGE_CREATE, "y", &e) == AY_ESTATE, "and nothing may be written");
	ay_intake_unref(in);
	is_int(ay_intake_create(f->g, "models/i/a@v1", &f->me, &in, &e), AY_EEXISTS, "the version is taken for ever");
}

static void rejects(struct fixture *f)
{
	struct ay_intake *in = begin(f, "models/i/b@v1");
	struct ay_artifact a;
	struct ay_error e;

	is_int(write_text(in, "good.bin", "good"), 0, "a good file");
	is_int(write_text(in, "m.pkl", "EVIL pickle"), AY_EPOLICY, "a bad file fails its own close");
	is_int(state_of(f, "models/i/b@v1", &a), AY_REJECTED, "the artifact is rejected");
	ok(a.log_index != UINT64_MAX, "and the verdict is in the log");
	is_int(ay_intake_may(in, &f->me, AY_CHANGE_CREATE, "x", &e), AY_ESTATE, "creates fail");
	ok(strstr(e.where, "m.pkl"), "and name the file (%s)", e.where);
	is_int(ay_intake_may(in, &f->me, AY_CHANGE_FSYNC, "good.bin", &e), AY_ESTATE, "fsyncs fail");
	is_int(ay_intake_may(in, &f->me, AY_CHANGE_UNLINK, "m.pkl", &e), 0, "unlink does not");
	remove_file(in, "m.pkl");
	ay_intake_done(in);
	is_int(ay_intake_may(in, &f->me, AY_CHANGE_CREATE, "x", &e), 0, "removing it opens the artifact again");
	ay_intake_done(in);
	is_int(write_signature(in, evil, 1, "models/i/b@v1", f->alice), 0, "the rest is signed");
	is_int(wait_state(f, "models/i/b@v1", &a), AY_ADMITTED, "and admitted (%s)", a.reason);
	ay_intake_unref(in);

	in = begin(f, "models/i/c@v1");
	is_int(write_signature(in, two, 2, "models/i/c@v1", f->alice), 0, "a signature first");
	is_int(write_text(in, "sub/weights.bin", "Weights"), 0, "then a changed file");
	is_int(write_text(in, "config.json", "{}"), AY_EPOLICY, "the close that settles hears the rejection");
	is_int(wait_state(f, "models/i/c@v1", &a), AY_REJECTED, "rejected");
	ok(strstr(a.reason, "integrity.digest: sub/weights.bin"), "for the changed file (%s)", a.reason);
	remove_file(in, "sub/weights.bin");
	is_int(write_text(in, "sub/weights.bin", "weights"), 0, "the right file in its place is admitted");
	is_int(wait_state(f, "models/i/c@v1", &a), AY_ADMITTED, "(%s)", a.reason);
	ay_intake_unref(in);
}

static void handles(struct fixture *f)
{
	struct ay_intake *in = begin(f, "models/i/h@v1");
	struct told t = TOLD;
	uint64_t ticket;

	is_int(write_signature(in, two, 2, "models/i/h@v1", f->alice), 0, "signed");
	is_int(write_text(in, "config.json", "{}"), 0, "one file");
	write_open(in, "sub/weights.bin", "weights", 7);
	write_open(in, "sub/weights.bin", "weights", 7);
	ay_intake_closed(in, "sub/weights.bin", NULL, tell, &t, &ticket);
	is_int(hear(&t), 0, "the first of two handles closes");
	is_int(wait_state(f, "models/i/h@v1", NULL), AY_OPEN, "and nothing is judged while the second is open");
	ay_intake_released(in, "sub/weights.bin");
	t.calls = 0;
	ay_intake_closed(in, "sub/weights.bin", NULL, tell, &t, &ticket);
	is_int(hear(&t), 0, "the second closes");
	ay_intake_released(in, "sub/weights.bin");
	is_int(wait_state(f, "models/i/h@v1", NULL), AY_ADMITTED, "and settles");
	ay_intake_unref(in);

	/* Written under a temporary name, as rsync does, and closed with nobody known to wait. */
	in = begin(f, "models/i/h@v2");
	is_int(write_signature(in, two, 2, "models/i/h@v2", f->alice), 0, "signed");
	is_int(write_text(in, "config.json", "{}"), 0, "one file");
	is_int(write_text(in, "sub/.weights.bin.Xy12", "weights"), 0, "a temporary name");
	if (ay_intake_may(in, &f->me, AY_CHANGE_RENAME, "sub/weights.bin", NULL) ||
	    renameat(ay_intake_tree_fd(in), "sub/.weights.bin.Xy12", ay_intake_tree_fd(in), "sub/weights.bin"))
		abort();
	ay_intake_renamed(in, "sub/.weights.bin.Xy12", "sub/weights.bin");
	ay_intake_done(in);
	is_int(wait_state(f, "models/i/h@v2", NULL), AY_ADMITTED, "a rename settles");
	ay_intake_unref(in);
}

/* The last file gets its name while a look at the tree, long enough to be overtaken, is under way. */
static void overtaken(struct fixture *f)
{
	unsigned admitted = 0;

	for (int i = 0; i < 10; i++) {
		char ref[32], name[32];

		snprintf(ref, sizeof(ref), "models/i/o%d@v1", i);
		struct ay_intake *in = begin(f, ref);
		int tree = ay_intake_tree_fd(in);

		if (write_signature(in, two, 2, ref, f->alice) || write_text(in, "config.json", "{}") || write_text(in, "sub/.w", "weights"))
			abort();
		/* Ignored, and listed before and after the one that matters. */
		for (int k = 0; k < 2000; k++) {
			snprintf(name, sizeof(name), "%s.git%d", k % 2 ? "" : "sub/", k);
			close(openat(tree, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		}
		if (wait_state(f, ref, NULL) != AY_OPEN)
			abort();
		ay_intake_poke(in);
		usleep(300 * (unsigned)(i + 1));
		if (ay_intake_may(in, &f->me, AY_CHANGE_RENAME, "sub/weights.bin", NULL) || renameat(tree, "sub/.w", tree, "sub/weights.bin"))
			abort();
		ay_intake_renamed(in, "sub/.w", "sub/weights.bin");
		ay_intake_done(in);
		admitted += wait_state(f, ref, NULL) == AY_ADMITTED;
		ay_intake_unref(in);
	}
	is_int(admitted, 10, "what is renamed during a look is seen by the next");
}

static void judged_now(struct fixture *f)
{
	struct ay_intake *in = begin(f, "models/i/j@v1");
	struct ay_buf b = ay_buf_new(MIB);
	struct ay_artifact a;
	struct ay_error e;

	is_int(write_text(in, "config.json", "{}"), 0, "one file");
	is_int(ay_intake_judge(in, &e), AY_EPOLICY, "judged now, what is absent fails");
	ok(strstr(e.msg, "signature.missing"), "as signature.missing (%s)", e.msg);
	ay_intake_unref(in);

	in = begin(f, "models/i/j@v2");
	is_int(write_text(in, "config.json", "{}"), 0, "one file");
	is_int(write_text(in, "sub/weights.bin", "weights"), 0, "two files");
	sign_files(two, 2, "models/i/j@v2", f->eve, &b);
	is_int(ay_gate_add_claim(f->g, "models/i/j@v2", &f->me, "model.sig", b.data, b.len, &e), 0, "a stranger's claim is kept");
	is_int(wait_state(f, "models/i/j@v2", &a), AY_OPEN, "but does not count");
	ok(strstr(a.reason, "model.sig"), "and the status names it (%s)", a.reason);
	ay_buf_clear(&b);
	sign_files(two, 2, "models/i/j@v2", f->alice, &b);
	is_int(ay_gate_add_claim(f->g, "models/i/j@v2", &f->me, "alice.sigstore.json", b.data, b.len, &e), 0, "alice's claim comes last");
	is_int(wait_state(f, "models/i/j@v2", &a), AY_ADMITTED, "and settles (%s)", a.reason);
	ay_buf_clear(&b);
	sign_files(two, 2, "models/i/j@v2", f->bob, &b);
	is_int(ay_gate_add_claim(f->g, "models/i/j@v2", &f->me, "bob.sigstore.json", b.data, b.len, &e), 0, "claims may come after admission");
	is_int(ay_gate_add_claim(f->g, "models/i/j@v2", &f->me, "bob.sigstore.json", b.data, b.len, &e), 0, "twice too");
	is_int(fixture_revoke(f, f->alice, true, &e), 0, "alice's key is lost");
	ok(readable(f, "models/i/j@v2", &e), "bob's claim carries it (%s)", e.msg);
	ok(!readable(f, "models/i/c@v1", &e), "what only she signed is closed");
	ay_buf_clear(&b);
	sign_files(evil, 1, "models/i/j@v2", f->bob, &b);
	is_int(ay_gate_add_claim(f->g, "models/i/j@v2", &f->me, "x.sigstore.json", b.data, b.len, &e), AY_EPOLICY, "a claim about other files is refused");
	ay_intake_unref(in);
	ay_buf_free(&b);
}

static void interrupted(struct fixture *f)
{
	struct ay_intake *in = begin(f, "models/i/n@v1");
	struct told t = TOLD;
	struct ay_error e;
	uint64_t ticket;

	write_open(in, "a.bin", "bytes", 5);
	ay_intake_closed(in, "a.bin", NULL, tell, &t, &ticket);
	ay_intake_forget(in, ticket);
	hear(&t);
	ok(t.code == -EINTR || t.code == 0, "a waiter that is interrupted is answered");
	is_int(t.calls, 1, "once");
	ay_intake_released(in, "a.bin");
	wait_state(f, "models/i/n@v1", NULL);
	is_int(ay_intake_discard(in, &f->me, &e), 0, "discard (%s)", e.msg);
	is_int(state_of(f, "models/i/n@v1", NULL), 0, "leaves nothing");
	ay_intake_unref(in);
}

static void resumed(struct fixture *f)
{
	struct ay_intake *in = begin(f, "models/i/r@v1");
	struct ay_artifact a;

	is_int(write_text(in, "config.json", "{}"), 0, "one file");
	write_open(in, "sub/weights.bin", "weights", 7);
	ay_intake_unref(in);
	fixture_close(f);
	fixture_open(f);
	is_int(wait_state(f, "models/i/r@v1", &a), AY_OPEN, "what was open is open after a restart");
	if (ay_intake_find(f->g, "models/i/r@v1", &in))
		abort();
	is_int(write_signature(in, two, 2, "models/i/r@v1", f->bob), 0, "the signature comes");
	is_int(wait_state(f, "models/i/r@v1", &a), AY_ADMITTED, "and files that were closed by the crash are judged (%s)", a.reason);
	ay_intake_unref(in);
}

/* One admission, killed at a fail-point in a child; then everything must be whole or absent, and finish by itself. */
static void crash_at(const char *point)
{
	struct ay_fsck_report report;
	struct ay_artifact a = { 0 };
	struct fixture f;
	struct ay_error e = { 0 };
	struct ay_txn *t;
	int status;
	pid_t pid;

	fixture_make(&f, NULL);
	fixture_close(&f);
	pid = fork();
	if (pid == 0) {
		struct ay_intake *in;

		setenv("ASSAY_FAILPOINT", point, 1);
		fixture_open(&f);
		in = begin(&f, "models/k@v1");
		write_signature(in, two, 2, "models/k@v1", f.alice);
		write_text(in, "config.json", "{}");
		write_text(in, "sub/weights.bin", "weights");
		ay_intake_artifact(in, &a);
		printf("# not killed: %s, %s\n", ay_state_name(a.state), a.reason);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "%s: killed there", point);
	fixture_open(&f);
	/* Resumed at open: the files are all there, so it settles by itself. */
	is_int(wait_state(&f, "models/k@v1", &a), AY_ADMITTED, "%s: INV-5: admitted after the restart (%s)", point, a.reason);
	ok(readable(&f, "models/k@v1", &e), "%s: and readable (%s)", point, e.msg);
	is_int(a.files, 2, "%s: INV-4: whole", point);
	if (ay_read_begin(f.g->store, &t))
		abort();
	is_int(ay_log_check(t, &e), 0, "%s: INV-8: the log is consistent", point);
	ok(a.log_index < ay_log_size(t), "%s: and holds the verdict", point);
	ay_read_end(t);
	is_int(ay_fsck(f.g->store, true, NULL, NULL, &report, &e), 0, "%s: fsck runs", point);
	is_int(report.problems + report.missing + report.damaged, 0, "%s: and finds nothing wrong", point);
	fixture_free(&f);
}

int main(void)
{
	static const char *const points[] = { "admit-placed", "admit-synced", "admit-before-commit", "admit-after-commit", "admit-sealed" };
	struct fixture f;

	fixture_make(&f, NULL);
	settles(&f);
	rejects(&f);
	handles(&f);
	overtaken(&f);
	judged_now(&f);
	interrupted(&f);
	resumed(&f);
	fixture_free(&f);
#ifdef ASSAY_TESTING
	for (size_t i = 0; i < AY_ARRAY_LEN(points); i++)
		crash_at(points[i]);
#else
	(void)points;
	(void)crash_at;
	skip("fail-points need --enable-testing");
#endif
	return done_testing();
}
