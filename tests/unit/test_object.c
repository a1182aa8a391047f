/* SPDX-License-Identifier: Apache-2.0 */
/* Placement, sealing, opening, damage. */
#include "tests/lib/store_fixture.h"

#include <sys/wait.h>

#include "store/internal.h"

struct file {
	struct ay_sha256 d;
	uint64_t size;
};

static struct file file_of(const char *text)
{
	return (struct file){ ay_sha256_of(text, strlen(text)), strlen(text) };
}

static int ref_file(struct ay_txn *t, void *arg)
{
	struct file *f = arg;

	return ay_object_ref(t, &f->d, f->size);
}

static int unref_file(struct ay_txn *t, void *arg)
{
	struct file *f = arg;

	return ay_object_unref(t, &f->d);
}

static struct ay_object record_of(const struct ay_sha256 *d)
{
	struct ay_object o = {0};
	struct ay_txn *t;

	if (ay_read_begin(fixture, &t))
		exit(99);
	if (ay_object_get(t, d, &o))
		o = (struct ay_object){0};
	ay_read_end(t);
	return o;
}

static struct stat stat_of(const struct ay_sha256 *d)
{
	char path[AY_OBJECT_PATH];
	struct stat st = {0};

	ay_object_path(d, path);
	if (fstatat(fixture->objects, path, &st, AT_SYMLINK_NOFOLLOW))
		st.st_nlink = 0;
	return st;
}

/* Opens, compares the text, closes; the code when it does not open. */
static int opens_as(const struct ay_sha256 *d, const char *text)
{
	char buf[100] = "";
	struct ay_error e;
	int fd = ay_object_open(fixture, d, &e);

	if (fd < 0)
		return fd;
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	return n == (ssize_t)strlen(text) && memcmp(buf, text, (size_t)n) == 0 ? 0 : AY_EDIGEST;
}

/* Changes the file behind the store's back, as root or its owner could. */
static void tamper(const struct ay_sha256 *d, const char *text, bool truncate)
{
	char path[AY_OBJECT_PATH];

	ay_object_path(d, path);
	if (fchmodat(fixture->objects, path, 0600, 0))
		exit(99);
	int fd = openat(fixture->objects, path, O_WRONLY | (truncate ? O_TRUNC : 0));

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		exit(99);
	close(fd);
}

static void test_bytes(void)
{
	struct file f = file_of("small"), none = file_of("none"), wrong = { f.d, f.size + 1 };
	struct ay_sha256 d;
	struct ay_error e;

	is_int(ay_object_put_bytes(fixture, "small", 5, &d, &e), 0, "put");
	ok(ay_sha256_eq(&d, &f.d), "digest");
	is_int(opens_as(&d, "small"), AY_ENOTFOUND, "nothing opens before a commit references it");
	is_int(ay_object_put_bytes(fixture, "small", 5, &d, &e), 0, "put again");
	is_int(ay_commit(fixture, ref_file, &wrong, &e), AY_ECORRUPT, "a reference of another size");
	is_int(ay_commit(fixture, ref_file, &none, &e), AY_ECORRUPT, "a reference to what is not placed");
	fixture_commit(ref_file, &f);
	fixture_commit(ref_file, &f);
	is_int(opens_as(&d, "small"), 0, "it opens");
	is_int(stat_of(&d).st_mode & 07777, 0400, "mode 0400");
	is_int(record_of(&d).state, AY_OBJECT_SEALED, "with one link it is sealed at once");
	is_int((long long)record_of(&d).refs, 2, "two references");
	fixture_commit(unref_file, &f);
	is_int(opens_as(&d, "small"), 0, "one is enough");
	fixture_commit(unref_file, &f);
	is_int(opens_as(&d, "small"), AY_ENOTFOUND, "without any it does not open");
	is_int(ay_commit(fixture, unref_file, &f, &e), AY_ECORRUPT, "no reference to drop");
}

static void test_copy(void)
{
	struct ay_sha256 d, want;
	struct ay_error e;
	uint64_t size = 0;
	char *big = malloc(3000000);

	for (int i = 0; i < 3000000; i++)
		big[i] = (char)(i * 31 + i / 4096);
	want = ay_sha256_of(big, 3000000);
	FILE *tmp = tmpfile();

	fwrite(big, 1, 3000000, tmp);
	fflush(tmp);
	is_int(ay_object_put_fd(fixture, fileno(tmp), &d, &size, &e), 0, "copy");
	ok(ay_sha256_eq(&d, &want) && size == 3000000, "digest and size");
	struct stat first = stat_of(&d);

	is_int(ay_object_put_fd(fixture, fileno(tmp), &d, &size, &e), 0, "copy again");
	ok(stat_of(&d).st_ino == first.st_ino, "the first file stays");
	fclose(tmp);
	free(big);
}

static struct ay_file_list one_file(const char *path, const struct file *f)
{
	struct ay_file_list l = {0};

	if (ay_file_list_add(&l, path, f->size, &f->d))
		exit(99);
	return l;
}

static int flag_calls;
static size_t most_at_once;

static int count_flag(void *arg, const int *fds, size_t n, bool on)
{
	int rc = 0;

	(void)arg;
	most_at_once = n > most_at_once ? n : most_at_once;
	for (size_t i = 0; i < n; i++) {
		flag_calls += on ? 1 : 1000;
		rc |= fchmod(fds[i], on ? 0400 : 0600); /* like the real flag, it moves the ctime */
	}
	return rc;
}

/* More than one message of descriptors: all are flagged, and known by what they are after it. */
static void test_seal_many(void)
{
	enum { FILES = 2 * AY_FLAG_STEP + 3 };
	struct ay_file_list l = {0};
	struct file f[FILES];
	struct ay_error e;
	int sealed = 0, opened = 0;
	char text[32];

	ay_store_set_immutable_hook(fixture, count_flag, NULL);
	for (int i = 0; i < FILES; i++) {
		snprintf(text, sizeof(text), "many %d", i);
		f[i] = file_of(text);
		if (ay_object_put_bytes(fixture, text, strlen(text), &f[i].d, &e) || ay_file_list_add(&l, text, f[i].size, &f[i].d))
			exit(99);
		fixture_commit(ref_file, &f[i]);
	}
	flag_calls = 0;
	ay_objects_seal(fixture, 0, &l);
	ay_store_set_immutable_hook(fixture, NULL, NULL);
	for (int i = 0; i < FILES; i++) {
		snprintf(text, sizeof(text), "many %d", i);
		sealed += record_of(&f[i].d).state == AY_OBJECT_SEALED;
		opened += opens_as(&f[i].d, text) == 0;
	}
	is_int(flag_calls, FILES, "every flag was set");
	is_int((long long)most_at_once, AY_FLAG_STEP, "as many at once as one message takes");
	is_int(sealed, FILES, "all are sealed");
	is_int(opened, FILES, "and open");
	ay_file_list_free(&l);
}

static void test_link_and_seal(void)
{
	struct file f = file_of("staged");
	struct ay_file_list l = one_file("f", &f), none = {0};
	struct ay_error e;
	int fd = fixture_stage(50, "f", "staged");

	is_int(ay_object_link(fixture, fd, &f.d, &e), 0, "link");
	is_int((long long)stat_of(&f.d).st_nlink, 2, "the staged name is still there");
	is_int(ay_object_link(fixture, fd, &f.d, &e), 0, "a second try");
	fixture_commit(ref_file, &f);
	is_int(record_of(&f.d).state, AY_OBJECT_PLACED, "placed");
	is_int(opens_as(&f.d, "staged"), 0, "and it opens");
	ay_store_set_immutable_hook(fixture, count_flag, NULL);
	ay_objects_seal(fixture, 50, &l);
	is_int(flag_calls, 1, "the flag was set");
	is_int((long long)stat_of(&f.d).st_nlink, 1, "the staged name is gone");
	is_int(record_of(&f.d).state, AY_OBJECT_SEALED, "sealed");
	is_int(opens_as(&f.d, "staged"), 0, "and it opens");
	ay_objects_seal(fixture, 50, &l);
	is_int(flag_calls, 1, "sealing again does nothing");
	is_int(ay_staging_list(fixture, 50, &none, &e), 0, "staging");
	is_int((long long)none.n, 0, "is empty");
	close(fd);

	/* The same content staged again is not linked, only dropped. */
	fd = fixture_stage(51, "f", "staged");
	is_int(ay_object_link(fixture, fd, &f.d, &e), 0, "dedup");
	is_int((long long)stat_of(&f.d).st_nlink, 1, "no new link");
	fixture_commit(ref_file, &f);
	ay_objects_seal(fixture, 51, &l);
	is_int(opens_as(&f.d, "staged"), 0, "it still opens");
	is_int(ay_staging_list(fixture, 51, &none, &e), 0, "staging");
	is_int((long long)none.n, 0, "is empty");
	close(fd);
	ay_store_set_immutable_hook(fixture, NULL, NULL);
	ay_file_list_free(&l);
}

/* A crash left an object's name on a staged inode that was written again and has now other content. */
static void test_stale_link(void)
{
	struct file was = file_of("before"), is = file_of("after!");
	uint64_t objects, bytes;
	struct ay_error e;
	int fd = fixture_stage(52, "f", "before");

	is_int(ay_object_link(fixture, fd, &was.d, &e), 0, "link, never referenced");
	tamper(&was.d, "after!", false);
	is_int(ay_object_link(fixture, fd, &is.d, &e), 0, "link as what it is now");
	ok(stat_of(&is.d).st_ino != stat_of(&was.d).st_ino, "its content got an inode of its own");
	fixture_commit(ref_file, &is);
	is_int(ay_object_put_bytes(fixture, "before", 6, &was.d, &e), 0, "the old content comes again");
	fixture_commit(ref_file, &was);
	is_int(opens_as(&was.d, "before"), 0, "and is not what the orphan held");
	is_int(ay_gc(fixture, false, &objects, &bytes, &e), 0, "gc");
	is_int(opens_as(&is.d, "after!"), 0, "both stay");
	is_int(opens_as(&was.d, "before"), 0, "as they were");
	close(fd);
}

static uint64_t scrub_damage(bool scrub)
{
	struct ay_fsck_report r;

	if (ay_fsck(fixture, scrub, NULL, NULL, &r, NULL))
		exit(99);
	return r.damaged + r.missing;
}

static void test_damage(void)
{
	struct file a = file_of("same size"), b = file_of("shorter"), c = file_of("gone"), t = file_of("touched");
	struct ay_fsck_report r;
	struct ay_sha256 d;
	struct ay_error e;
	char path[AY_OBJECT_PATH];

	is_int(ay_object_put_bytes(fixture, "same size", 9, &d, &e), 0, "put");
	is_int(ay_object_put_bytes(fixture, "shorter", 7, &d, &e), 0, "put");
	is_int(ay_object_put_bytes(fixture, "gone", 4, &d, &e), 0, "put");
	is_int(ay_object_put_bytes(fixture, "touched", 7, &d, &e), 0, "put");
	fixture_commit(ref_file, &a);
	fixture_commit(ref_file, &b);
	fixture_commit(ref_file, &c);
	fixture_commit(ref_file, &t);
	uint64_t before = scrub_damage(false);

	usleep(20000);
	tamper(&a.d, "same SIZE", false);
	/* Even with the old mtime: nobody sets a ctime. */
	struct ay_object o = record_of(&a.d);
	struct timespec times[2] = { { o.mtime_s, o.mtime_ns }, { o.mtime_s, o.mtime_ns } };

	ay_object_path(&a.d, path);
	utimensat(fixture->objects, path, times, 0);
	tamper(&b.d, "", true);
	ay_object_path(&c.d, path);
	unlinkat(fixture->objects, path, 0);
	ay_object_path(&t.d, path);
	is_int(fchmodat(fixture->objects, path, 0444, 0), 0, "touch");
	is_int(opens_as(&a.d, "same size"), AY_ECORRUPT, "changed bytes do not open");
	is_int(opens_as(&b.d, "shorter"), AY_ECORRUPT, "nor a truncated file");
	is_int(opens_as(&c.d, "gone"), AY_ECORRUPT, "nor a missing one");
	is_int(opens_as(&t.d, "touched"), AY_ECORRUPT, "nor one whose ctime moved");
	is_int((long long)(scrub_damage(false) - before), 4, "fsck finds all four");
	is_int((long long)(scrub_damage(true) - before), 3, "scrub finds three damaged");
	is_int(opens_as(&t.d, "touched"), 0, "and seals the fourth again, whose bytes are right");
	is_int(opens_as(&a.d, "same size"), AY_ECORRUPT, "but not the others");
	is_int(ay_object_put_bytes(fixture, "same size", 9, &d, &e), AY_ECORRUPT, "damaged content is not re-used");
	is_int(ay_commit(fixture, ref_file, &a, &e), AY_ECORRUPT, "nor referenced again");
	is_int(ay_fsck(fixture, true, NULL, NULL, &r, &e), 0, "fsck");
	is_int((long long)r.problems, 4, "three objects, and references that no tree explains");
}

/* The same bytes damaged while nobody looks at the ctime: between a crash and the next opening. */
static void test_unsealed_damage(void)
{
	struct file good = file_of("good bytes"), bad = file_of("bad  bytes");
	struct ay_error e;
	int fd = fixture_stage(60, "g", "good bytes"), fd2 = fixture_stage(60, "b", "bad  bytes");

	is_int(ay_object_link(fixture, fd, &good.d, &e), 0, "link");
	is_int(ay_object_link(fixture, fd2, &bad.d, &e), 0, "link");
	fixture_commit(ref_file, &good);
	fixture_commit(ref_file, &bad);
	close(fd);
	close(fd2);
	fixture_close(); /* as after a crash: not sealed */
	fixture_open();
	tamper(&bad.d, "BAD", false);
	is_int(record_of(&good.d).state, AY_OBJECT_PLACED, "not sealed");
	is_int(opens_as(&good.d, "good bytes"), 0, "hashed at its first open");
	is_int(record_of(&good.d).state, AY_OBJECT_SEALED, "and sealed");
	is_int(opens_as(&bad.d, "bad  bytes"), AY_ECORRUPT, "wrong bytes are not");
}

static void test_life(void)
{
	struct ay_store *second = NULL;
	struct ay_error e;
	char sub[300], want[64];
	int st;

	is_int(ay_store_create(fixture_dir, &e), -EEXIST, "no store over a store");
	snprintf(want, sizeof(want), "the store belongs to process %ld", (long)getpid());
	is_int(ay_store_open(fixture_dir, &second, &e), AY_EBUSY, "not twice in one process");
	is_str(e.msg, want, "and it says whose");
	pid_t pid = fork();

	if (pid == 0)
		_exit(ay_store_open(fixture_dir, &second, &e) == AY_EBUSY && strcmp(e.msg, want) == 0 ? 0 : 1);
	waitpid(pid, &st, 0);
	is_int(st, 0, "nor in another");
	snprintf(sub, sizeof(sub), "%s/none", fixture_dir);
	ok(ay_store_open(sub, &second, &e) < 0, "not a directory");
	snprintf(sub, sizeof(sub), "%s/run", fixture_dir);
	is_int(ay_store_open(sub, &second, &e), AY_ENOTFOUND, "not a store");
	snprintf(sub, sizeof(sub), "%s/run/format", fixture_dir);
	int fd = open(sub, O_CREAT | O_WRONLY, 0600);

	ok(write(fd, "assay-store 2\n", 14) == 14, "another format");
	close(fd);
	snprintf(sub, sizeof(sub), "%s/run", fixture_dir);
	is_int(ay_store_open(sub, &second, &e), AY_EUNSUPPORTED, "is refused");
}

static void test_no_link(void)
{
	struct file f = file_of("outside");
	struct ay_error e;
	int shm = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);

	if (shm < 0) {
		skip("no second file system");
		return;
	}
	is_int(ay_object_link(fixture, shm, &f.d, &e), AY_EUSAGE, "a file of another file system is no staged file");
	close(shm);
}

int main(void)
{
	fixture_make();
	test_bytes();
	test_copy();
	test_link_and_seal();
	test_seal_many();
	test_stale_link();
	test_damage();
	test_unsealed_damage();
	test_life();
	test_no_link();
	fixture_remove();
	return done_testing();
}
