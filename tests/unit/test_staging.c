/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/store_fixture.h"

static int put_artifact(struct ay_txn *t, void *arg)
{
	return ay_artifact_put(t, arg);
}

static bool exists(uint64_t id, const char *part)
{
	char path[400];
	struct stat st;

	snprintf(path, sizeof(path), "%s/staging/%llu%s", fixture_dir, (unsigned long long)id, part);
	return lstat(path, &st) == 0;
}

static void test_list(void)
{
	static const char *const names[] = { "z", "a-b", "sub/x", "sub/deep/y" };
	struct ay_file_list l = {0};
	struct ay_error e;
	char text[10];

	is_int(ay_staging_list(fixture, 9, &l, &e), AY_ENOTFOUND, "no such tree");
	is_int(ay_staging_tree_fd(fixture, 9), AY_ENOTFOUND, "no descriptor of it");
	is_int(ay_staging_create(fixture, 9, &e), 0, "create");
	is_int(ay_staging_create(fixture, 9, &e), 0, "again is fine");
	int tree = ay_staging_tree_fd(fixture, 9), claims = ay_staging_claims_fd(fixture, 9);

	ok(tree >= 0 && claims >= 0, "descriptors");
	ok(openat(tree, ".", O_RDONLY | O_DIRECTORY) >= 0, "that others are opened from");
	is_int(ay_mkdirs(tree, "sub/deep/empty", 0700), 0, "directories");
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "%.*s", i + 1, "xxxxx");
		close(fixture_stage(9, names[i], text));
	}
	is_int(fchmodat(tree, "z", 0700, 0), 0, "an executable file");
	is_int(ay_staging_list(fixture, 9, &l, &e), 0, "list");
	is_int((long long)l.n, 4, "four files");
	is_str(l.v[0].path, "a-b", "sorted");
	is_str(l.v[1].path, "sub/deep/y", "bytewise");
	is_int((long long)l.v[1].size, 4, "with their sizes");
	ok(l.v[3].executable && !l.v[0].executable, "and the executable bit");
	ok(l.v[0].mtime_s > 1000000000, "and their time");
	ay_file_list_free(&l);

	is_int(symlinkat("z", tree, "link"), 0, "a symbolic link");
	is_int(ay_staging_list(fixture, 9, &l, &e), AY_ECORRUPT, "is damage");
	is_str(e.where, "link", "and named");
	ay_file_list_free(&l);
	unlinkat(tree, "link", 0);
	is_int(mkfifoat(tree, "sub/fifo", 0600), 0, "a fifo");
	is_int(ay_staging_list(fixture, 9, &l, &e), AY_ECORRUPT, "is damage");
	is_str(e.where, "sub/fifo", "and named");
	ay_file_list_free(&l);
	unlinkat(tree, "sub/fifo", 0);
	close(fixture_stage(9, "\xff", "x"));
	ok(ay_staging_list(fixture, 9, &l, &e) != 0, "a name that is not UTF-8 is refused");
	ay_file_list_free(&l);
	is_int(ay_staging_remove(fixture, 9, &e), 0, "remove");
	is_int(ay_staging_remove(fixture, 9, &e), 0, "again is fine");
	ok(!exists(9, ""), "gone");
	close(tree);
	close(claims);
}

static void test_recovery(void)
{
	struct ay_artifact open = fixture_artifact("models/a@open", AY_OPEN), done = fixture_artifact("models/a@done", AY_RETIRED);
	uint64_t objects, bytes;
	struct ay_error e;
	char path[400];

	fixture_commit(put_artifact, &open);
	fixture_commit(put_artifact, &done);
	close(fixture_stage(open.id, "f", "kept"));
	close(fixture_stage(done.id, "f", "done with"));
	close(fixture_stage(777, "f", "nobody's"));
	snprintf(path, sizeof(path), "%s/staging/tmp-3", fixture_dir);
	close(creat(path, 0600));
	snprintf(path, sizeof(path), "%s/staging/lost+found", fixture_dir);
	mkdir(path, 0700);
	fixture_close();
	fixture_open();
	ok(exists(open.id, "/tree/f"), "what is open keeps its files over a restart");
	ok(!exists(done.id, ""), "what was decided leaves nothing: its claims are in the catalogue");
	ok(!exists(777, ""), "what has no record goes");
	ok(access(path, F_OK) == 0, "what is not ours stays");
	snprintf(path, sizeof(path), "%s/staging/tmp-3", fixture_dir);
	ok(access(path, F_OK) != 0, "unfinished placements go");
	close(fixture_stage(888, "f", "nobody's"));
	is_int(ay_gc(fixture, true, &objects, &bytes, &e), 0, "gc, dry");
	ok(exists(888, ""), "removes nothing");
	is_int(ay_gc(fixture, false, &objects, &bytes, &e), 0, "gc");
	ok(!exists(888, "") && exists(open.id, "/tree/f"), "removes what has no record");
}

/* INV-3: a file that an unfinished admission left linked as an object is not the one that its writer goes on writing. */
static void test_own(void)
{
	struct ay_sha256 d = ay_sha256_of("sealed", 6);
	char hex[AY_SHA256_HEX], path[400], text[8] = "";
	struct stat object, staged;
	struct ay_error e;
	is_int(ay_staging_create(fixture, 21, &e), 0, "create");
	int tree = ay_staging_tree_fd(fixture, 21);

	is_int(ay_mkdirs(tree, "sub", 0700), 0, "a directory");
	int fd = fixture_stage(21, "sub/f", "sealed");

	is_int(ay_object_link(fixture, fd, &d, &e), 0, "placed, and then nothing came of it");
	close(fd);
	is_int(ay_staging_own(fixture, tree, "sub/f", &e), 0, "own");
	fd = openat(tree, "sub/f", O_RDWR);
	ay_sha256_hex(&d, hex);
	snprintf(path, sizeof(path), "%s/objects/%.2s/%s", fixture_dir, hex, hex);
	ok(fd >= 0 && fstat(fd, &staged) == 0 && stat(path, &object) == 0 && staged.st_ino != object.st_ino, "an inode of its own");
	ok(pread(fd, text, sizeof(text), 0) == 6 && memcmp(text, "sealed", 6) == 0 && (staged.st_mode & 0777) == 0600, "the same bytes, to write");
	ok(pwrite(fd, "change", 6, 0) == 6, "which are changed");
	close(fd);
	fd = open(path, O_RDONLY);
	ok(pread(fd, text, sizeof(text), 0) == 6 && memcmp(text, "sealed", 6) == 0, "and the object is not");
	close(fd);
	is_int(ay_staging_own(fixture, tree, "sub/f", &e), 0, "again is nothing");
	is_int(ay_staging_own(fixture, tree, "none", &e), -ENOENT, "a file that is not there");
	close(tree);
}

int main(void)
{
	fixture_make();
	test_list();
	test_own();
	test_recovery();
	fixture_remove();
	return done_testing();
}
