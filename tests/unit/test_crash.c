/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kills a process that publishes, at every fail-point and passage, and looks at
 * what is left: whole artifacts or none (INV-4), right bytes (INV-2, INV-3),
 * nothing lost that was acknowledged (INV-5), and a store that goes on.
 */
#include "tests/lib/store_fixture.h"

#include <signal.h>
#include <sys/wait.h>

#define ARTIFACTS 6
#define FILES 3

struct job {
	struct ay_artifact a;
	struct ay_file_list files;
};

static int put_open(struct ay_txn *t, void *arg)
{
	struct job *j = arg;
	int rc = ay_artifact_get(t, j->a.ref.text, &j->a);

	return rc == AY_ENOTFOUND ? ay_artifact_put(t, &j->a) : rc;
}

static int admit(struct ay_txn *t, void *arg)
{
	static char report[70000];
	struct job *j = arg;
	int rc = 0;

	for (size_t i = 0; i < j->files.n && !rc; i++)
		rc = ay_object_ref(t, &j->files.v[i].sha256, j->files.v[i].size);
	if (!rc)
		rc = ay_nodes_put(t, j->a.id, &j->files, &j->a.top);
	if (!rc)
		rc = ay_record_put(t, j->a.id, "report.json", report, sizeof(report) - (size_t)j->a.id % 2);
	j->a.state = AY_ADMITTED;
	return rc ? rc : ay_artifact_put(t, &j->a);
}

static int retire(struct ay_txn *t, void *arg)
{
	struct job *j = arg;
	int rc = ay_artifact_get(t, j->a.ref.text, &j->a);

	if (rc || j->a.state != AY_ADMITTED)
		return rc;
	rc = ay_nodes_drop(t, j->a.top);
	j->a.top = 0;
	j->a.state = AY_RETIRED;
	return rc ? rc : ay_artifact_put(t, &j->a);
}

static void set_ref(struct job *j, int i)
{
	char ref[64];

	memset(j, 0, sizeof(*j));
	snprintf(ref, sizeof(ref), "models/crash@%d", i);
	j->a = fixture_artifact(ref, AY_OPEN);
}

/* File k of artifact i: one is shared by all artifacts, one comes twice. */
static void content(int i, int k, char out[64])
{
	if (k == 0)
		snprintf(out, 64, "shared by all");
	else
		snprintf(out, 64, "artifact %d", i);
}

static int publish(int i)
{
	static const char *const names[FILES] = { "shared", "own", "copy" };
	struct job j;
	int rc;

	set_ref(&j, i);
	rc = ay_commit(fixture, put_open, &j, NULL);
	if (rc || j.a.state != AY_OPEN)
		return rc;
	for (int k = 0; k < FILES && !rc; k++) {
		char text[64];

		content(i, k, text);
		int fd = fixture_stage(j.a.id, names[k], text);
		struct ay_sha256 d = ay_sha256_of(text, strlen(text));

		rc = ay_file_list_add(&j.files, names[k], strlen(text), &d);
		if (!rc)
			rc = ay_object_link(fixture, fd, &d, NULL);
		close(fd);
	}
	ay_file_list_sort(&j.files);
	if (!rc)
		rc = ay_objects_sync(fixture, NULL);
	if (!rc)
		rc = ay_commit(fixture, admit, &j, NULL);
	if (!rc) {
		ay_objects_seal(fixture, j.a.id, &j.files);
		rc = ay_staging_remove(fixture, j.a.id, NULL);
	}
	ay_file_list_free(&j.files);
	return rc;
}

static int flag(void *arg, const int *fds, size_t n, bool on)
{
	int rc = 0;

	(void)arg;
	for (size_t i = 0; i < n; i++)
		rc |= fchmod(fds[i], on ? 0400 : 0600);
	return rc;
}

/* Publishes all; says after each what is durable; retires the second, so that gc has work. */
static int run(int ack)
{
	uint64_t objects, bytes;
	struct ay_error e;
	struct job j;
	char c;
	int rc = 0;

	fixture_open();
	ay_store_set_immutable_hook(fixture, flag, NULL);
	for (int i = 0; i < ARTIFACTS && !rc; i++) {
		rc = publish(i);
		c = (char)('0' + i);
		if (!rc && write(ack, &c, 1) != 1)
			rc = -EIO;
		if (!rc && i == 3) {
			c = 'r'; /* from here on the second may be gone */
			if (write(ack, &c, 1) != 1)
				return -EIO;
			set_ref(&j, 1);
			rc = ay_commit(fixture, retire, &j, &e);
			if (!rc)
				rc = ay_gc(fixture, false, &objects, &bytes, &e);
			if (rc)
				fprintf(stderr, "# %s\n", e.msg);
		}
	}
	fixture_close();
	return rc;
}

/* Runs in a child that dies at the n-th passage of a fail-point; what it acknowledged goes to acks. */
static int run_until(const char *point, int n, char acks[32])
{
	int p[2], st = 0;
	size_t len = 0;
	ssize_t got;

	if (pipe(p))
		exit(99);
	pid_t pid = fork();

	if (pid == 0) {
		char armed[64];

		close(p[0]);
		if (point) {
			snprintf(armed, sizeof(armed), "%s:%d", point, n);
			setenv("ASSAY_FAILPOINT", armed, 1);
		}
		_exit(run(p[1]) ? 1 : 0);
	}
	close(p[1]);
	while (len < 31 && (got = read(p[0], acks + len, 31 - len)) > 0)
		len += (size_t)got;
	acks[len] = '\0';
	close(p[0]);
	waitpid(pid, &st, 0);
	return st;
}

static int say_count;
static void say(const char *line, void *arg)
{
	(void)arg;
	say_count++;
	printf("# %s\n", line);
}

static bool file_is(const struct ay_file *f, int i)
{
	char want[64], got[64];
	struct ay_error e;
	int fd = ay_object_open(fixture, &f->sha256, &e);

	if (fd < 0) {
		printf("# %s: %s\n", f->path, e.msg);
		return false;
	}
	ssize_t n = read(fd, got, sizeof(got));

	close(fd);
	content(i, strcmp(f->path, "shared") == 0 ? 0 : 1, want);
	return n == (ssize_t)strlen(want) && memcmp(got, want, (size_t)n) == 0;
}

/* 0 absent or not admitted, 1 admitted and whole, -1 anything else. */
static int look(int i)
{
	struct ay_file_list l = {0};
	struct ay_artifact a;
	struct ay_txn *t;
	struct job j;
	int rc, seen = 0;

	set_ref(&j, i);
	if (ay_read_begin(fixture, &t))
		return -1;
	rc = ay_artifact_get(t, j.a.ref.text, &a);
	if (!rc && a.state == AY_ADMITTED)
		rc = ay_node_list(t, a.top, &l);
	ay_read_end(t);
	if (rc || a.state != AY_ADMITTED)
		return rc == AY_ENOTFOUND || !rc ? 0 : -1;
	seen = l.n == FILES ? 1 : -1;
	for (size_t k = 0; k < l.n; k++)
		seen = file_is(&l.v[k], i) ? seen : -1;
	ay_file_list_free(&l);
	return seen;
}

static bool check(const char *acks)
{
	struct ay_fsck_report r;
	uint64_t objects, bytes;
	bool good = true;

	fixture_open();
	for (int i = 0; i < ARTIFACTS; i++) {
		bool acked = strchr(acks, '0' + i) != NULL, may_be_gone = i == 1 && strchr(acks, 'r');
		int seen = look(i);

		if (seen < 0 || (acked && !may_be_gone && seen != 1)) {
			printf("# artifact %d: %d, acknowledged: %d\n", i, seen, acked);
			good = false;
		}
	}
	good &= ay_fsck(fixture, true, say, NULL, &r, NULL) == 0 && r.problems == 0;
	good &= ay_gc(fixture, false, &objects, &bytes, NULL) == 0;
	good &= ay_fsck(fixture, true, say, NULL, &r, NULL) == 0 && r.problems == 0 && r.orphans == 0;
	fixture_close();
	return good;
}

static void fresh(void)
{
	fixture_remove();
	fixture_make();
	fixture_close();
}

static void kill_at(const char *point)
{
	char acks[32];
	int n;

	for (n = 1; n < 40; n += n < 8 ? 1 : 11) {
		fresh();
		int st = run_until(point, n, acks);

		if (WIFEXITED(st) && WEXITSTATUS(st) == 0)
			break;
		if (!WIFSIGNALED(st) || WTERMSIG(st) != SIGKILL || !check(acks)) {
			ok(false, "%s, passage %d (status %d)", point, n, st);
			return;
		}
		/* The same work again, by a process that is not killed. */
		st = run_until(NULL, 0, acks);
		if (st || !check("02345") || !check(acks)) {
			ok(false, "going on after %s, passage %d (status %d)", point, n, st);
			return;
		}
	}
	ok(n > 1, "%s, %d passages", point, n - 1);
}

static int put_long(struct ay_txn *t, void *arg)
{
	static char report[70000];

	return ay_record_put(t, *(uint64_t *)arg, "report.json", report, sizeof(report));
}

/* What a closure places itself is synced too before the batch commits. */
static void long_record_is_synced(void)
{
	uint64_t id = 1;
	int st;

	fresh();
	pid_t pid = fork();

	if (pid == 0) {
		fixture_open();
		setenv("ASSAY_FAILPOINT", "sync-before", 1);
		_exit(ay_commit(fixture, put_long, &id, NULL) ? 1 : 0);
	}
	waitpid(pid, &st, 0);
	ok(WIFSIGNALED(st), "a long record passes the sync before its commit");
}

static void kill_create(const char *point)
{
	struct ay_store *s;
	struct ay_error e;
	char dir[300];
	int st;

	fresh();
	snprintf(dir, sizeof(dir), "%s/run/new", fixture_dir);
	pid_t pid = fork();

	if (pid == 0) {
		setenv("ASSAY_FAILPOINT", point, 1);
		_exit(ay_store_create(dir, &e) ? 1 : 0);
	}
	waitpid(pid, &st, 0);
	ok(WIFSIGNALED(st), "killed at %s", point);
	is_int(ay_store_open(dir, &s, &e), AY_ENOTFOUND, "half a store does not open");
}

int main(void)
{
	static const char *const points[] = {
		"open-epoch", "opened", "placed-data", "placed-link", "link-before", "link-after", "sync-before", "sync-after", "commit-before", "commit-after",
		"seal-unlink", "seal-flag", "seal-record", "sealed", "gc-dead", "gc-unlink", "gc-unlinked", "staging-create", "staging-remove",
	};
	char acks[32];

#ifndef ASSAY_TESTING
	skip("fail-points need --enable-testing");
	return done_testing();
#endif
	/* SIGKILL keeps what the kernel holds, in memory as on a disk; and hundreds of syncs cost nothing there. */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	fixture_make();
	fixture_close();
	is_int(run_until(NULL, 0, acks), 0, "undisturbed");
	is_str(acks, "0123r45", "all is acknowledged");
	ok(check(acks), "and there");
	for (size_t i = 0; i < AY_ARRAY_LEN(points); i++)
		kill_at(points[i]);
	long_record_is_synced();
	kill_create("create-tree");
	kill_create("create-catalogue");
	fixture_remove();
	return done_testing();
}
