/* SPDX-License-Identifier: Apache-2.0 */
#include "store/index.h"

#include <pthread.h>

#include "tests/lib/store_fixture.h"

static int put_text(struct ay_txn *t, const char *key, const char *val)
{
	return ay_ix_put(t, AY_IX_HIGH_WATER, key, strlen(key), val, strlen(val));
}

static int put_some(struct ay_txn *t, void *arg)
{
	(void)arg;
	int rc = put_text(t, "a", "1");

	rc = rc ? rc : put_text(t, "ab", "");
	rc = rc ? rc : put_text(t, "ac", "3");
	rc = rc ? rc : put_text(t, "b", "4");
	return rc ? rc : put_text(t, "\xff\xff", "5");
}

static int collect(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct ay_buf *b = arg;

	ay_buf_add(b, key, key_len);
	ay_buf_addc(b, '=');
	ay_buf_add(b, val, val_len);
	return ay_buf_addc(b, ' ');
}

static const char *range(struct ay_txn *t, const char *prefix, const char *from, struct ay_buf *b)
{
	ay_buf_clear(b);
	int rc = ay_ix_each(t, AY_IX_HIGH_WATER, prefix, strlen(prefix), from, from ? strlen(from) : 0, collect, b);

	return rc ? "failed" : ay_buf_str(b);
}

static void test_ranges(void)
{
	struct ay_buf b = ay_buf_new(1000), key = ay_buf_new(600), val = ay_buf_new(600);
	char at[AY_IX_KEY_MAX], small[1];
	struct ay_txn *t;
	size_t len = 0;

	fixture_commit(put_some, NULL);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_str(range(t, "a", NULL, &b), "a=1 ab= ac=3 ", "a prefix");
	is_str(range(t, "a", "ab", &b), "ab= ac=3 ", "a prefix from a key");
	is_str(range(t, "a", "b", &b), "", "from beyond the prefix");
	is_str(range(t, "", NULL, &b), "a=1 ab= ac=3 b=4 \xff\xff=5 ", "everything");
	is_str(range(t, "c", NULL, &b), "", "nothing");
	is_int(ay_ix_last(t, AY_IX_HIGH_WATER, "a", 1, &key, &val), 0, "last of a prefix");
	is_str(ay_buf_str(&key), "ac", "is its greatest key");
	is_int(ay_ix_last(t, AY_IX_HIGH_WATER, "\xff", 1, &key, &val), 0, "last of the greatest prefix");
	is_str(ay_buf_str(&val), "5", "is the end of the table");
	is_int(ay_ix_last(t, AY_IX_HIGH_WATER, "c", 1, &key, NULL), AY_ENOTFOUND, "no last");
	is_int(ay_ix_last(t, AY_IX_QUOTA, "", 0, &key, NULL), AY_ENOTFOUND, "no last of an empty table");
	is_int(ay_ix_seek(t, AY_IX_HIGH_WATER, "aa", 2, at, &len), 0, "seek");
	is_int((int)len, 2, "finds the next key");
	is_int(ay_ix_seek(t, AY_IX_HIGH_WATER, "\xff\xff\xff", 3, at, &len), AY_ENOTFOUND, "seek beyond the end");
	is_int((int)ay_ix_count(t, AY_IX_HIGH_WATER), 5, "count");
	is_int(ay_ix_read(t, AY_IX_HIGH_WATER, "ab", 2, small, 0, &len), 0, "a value that just fits");
	is_int(ay_ix_read(t, AY_IX_HIGH_WATER, "a", 1, small, 0, &len), AY_ECORRUPT, "one byte beyond");
	is_int(ay_ix_get(t, AY_IX_HIGH_WATER, "b", 1, &val), AY_ECORRUPT, "the error sticks");
	ay_read_end(t);
	is_int(ay_read_begin(fixture, &t), 0, "a renewed reader");
	is_int(ay_ix_get(t, AY_IX_HIGH_WATER, "b", 1, &val), 0, "starts without it");
	ay_read_end(t);
	ay_buf_free(&b);
	ay_buf_free(&key);
	ay_buf_free(&val);
}

static int put_key_of(struct ay_txn *t, void *arg)
{
	char key[AY_IX_KEY_MAX + 1] = "k";

	return ay_ix_put(t, AY_IX_QUOTA, key, *(size_t *)arg, "v", 1);
}

static int put_then_fail(struct ay_txn *t, void *arg)
{
	int rc = put_text(t, "failed", "x");

	return rc ? rc : *(int *)arg;
}

static int ignore_an_error(struct ay_txn *t, void *arg)
{
	(void)arg;
	int rc = put_text(t, "ignored", "x");

	ay_txn_fail(t, AY_EPOLICY, "no, because");
	ay_txn_fail(t, AY_EBUSY, "later");
	return rc;
}

static int has(const char *key)
{
	struct ay_txn *t;

	if (ay_read_begin(fixture, &t))
		return -1;
	int rc = ay_ix_has(t, AY_IX_HIGH_WATER, key, strlen(key));

	ay_read_end(t);
	return rc;
}

static void test_failures(void)
{
	size_t most = AY_IX_KEY_MAX, beyond = most + 1, none = 0;
	int code = AY_ESTATE;
	struct ay_error e;

	is_int(ay_commit(fixture, put_key_of, &most, &e), 0, "the longest key");
	is_int(ay_commit(fixture, put_key_of, &beyond, &e), AY_EINTERNAL, "one byte beyond");
	is_int(ay_commit(fixture, put_key_of, &none, &e), AY_EINTERNAL, "no key");
	is_int(ay_commit(fixture, put_then_fail, &code, &e), AY_ESTATE, "a closure's own code");
	is_int(has("failed"), AY_ENOTFOUND, "nothing of it is written");
	is_int(ay_commit(fixture, ignore_an_error, NULL, &e), AY_EPOLICY, "the first error sticks");
	is_str(e.msg, "no, because", "and its text comes out");
	is_int(has("ignored"), AY_ENOTFOUND, "commit became abort");
}

/* ---- many writers, good and bad, in shared batches ---- */

#define WRITERS 8
#define ROUNDS 50

static int hooks_run, batches_seen;

static int count_hook(struct ay_txn *t, void *arg)
{
	(void)t;
	(void)arg;
	hooks_run++;
	return 0;
}

struct op {
	char key[32];
	bool bad;
};

static int write_op(struct ay_txn *t, void *arg)
{
	struct op *o = arg;
	int rc = put_text(t, o->key, "v");

	return rc ? rc : o->bad ? AY_EPOLICY : 0;
}

static void *writer(void *arg)
{
	long id = (long)arg, wrong = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct op o = { .bad = i % 3 == 0 };

		snprintf(o.key, sizeof(o.key), "w%ld-%d", id, i);
		wrong += ay_commit(fixture, write_op, &o, NULL) != (o.bad ? AY_EPOLICY : 0);
		wrong += has(o.key) != (o.bad ? AY_ENOTFOUND : 0);
	}
	return (void *)wrong;
}

static void test_batches(void)
{
	pthread_t th[WRITERS];
	long wrong = 0;

	is_int(ay_store_on_commit(fixture, count_hook, NULL, NULL), 0, "hook");
	for (long i = 0; i < WRITERS; i++)
		pthread_create(&th[i], NULL, writer, (void *)i);
	for (int i = 0; i < WRITERS; i++) {
		void *r;

		pthread_join(th[i], &r);
		wrong += (long)r;
	}
	is_int(wrong, 0, "each writer got its own answer and saw its own write");
	batches_seen = hooks_run;
	ok(batches_seen > 0 && batches_seen < WRITERS * ROUNDS * 2 / 3, "commits were shared: %d batches", batches_seen);
	int code = AY_EPOLICY;

	is_int(ay_commit(fixture, put_then_fail, &code, NULL), AY_EPOLICY, "a batch of nothing but failures");
	is_int(hooks_run, batches_seen, "runs no hook");
}

static int failing_hook(struct ay_txn *t, void *arg)
{
	return *(bool *)arg ? ay_txn_fail(t, AY_ESIGNATURE, "the log cannot sign") : 0;
}

static void test_hook_failure(void)
{
	static bool fail = true;
	struct op o = { .key = "hooked" };
	struct ay_error e;

	is_int(ay_store_on_commit(fixture, failing_hook, NULL, &fail), 0, "hook");
	is_int(ay_commit(fixture, write_op, &o, &e), AY_ESIGNATURE, "a failing hook fails the batch");
	is_str(e.msg, "the log cannot sign", "with its text");
	is_int(has("hooked"), AY_ENOTFOUND, "and nothing is written");
	fail = false;
	is_int(ay_commit(fixture, write_op, &o, &e), 0, "the store goes on");
}

static int commit_inside(struct ay_txn *t, void *arg)
{
	(void)t;
	return ay_commit(fixture, put_some, arg, NULL);
}

static int delete_each(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	(void)val;
	(void)val_len;
	return ay_ix_del(arg, AY_IX_HIGH_WATER, key, key_len);
}

static int delete_all(struct ay_txn *t, void *arg)
{
	(void)arg;
	return ay_ix_each(t, AY_IX_HIGH_WATER, "w", 1, NULL, 0, delete_each, t);
}

static void test_writing_ranges(void)
{
	struct ay_buf b = ay_buf_new(100000);
	struct ay_txn *t;

	is_int(ay_commit(fixture, commit_inside, NULL, NULL), AY_EINTERNAL, "a commit inside a commit is refused");
	fixture_commit(delete_all, NULL);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_str(range(t, "w", NULL, &b), "", "a range may delete what it is shown");
	is_str(range(t, "h", NULL, &b), "hooked=v ", "and nothing else");
	ay_read_end(t);
	ay_buf_free(&b);
}

static void test_bad_checksum(void)
{
	/* The map is in data.mdb as it is: find the value and change one byte. */
	char path[512];
	struct ay_buf b = ay_buf_new(64 << 20), val = ay_buf_new(100);
	struct ay_txn *t;
	struct op o = { .key = "checksum-me" };

	fixture_commit(write_op, &o);
	fixture_close();
	snprintf(path, sizeof(path), "%s/catalogue/data.mdb", fixture_dir);
	is_int(ay_read_file(AT_FDCWD, path, &b, NULL), 0, "read the map");
	int fd = open(path, O_WRONLY), hits = 0;

	for (size_t i = 0; i + 12 < b.len; i++) {
		if (memcmp(b.data + i, "checksum-mev", 12) == 0) {
			hits++;
			ok(pwrite(fd, "w", 1, (off_t)(i + 11)) == 1, "damage");
		}
	}
	close(fd);
	ok(hits > 0, "the record is there");
	fixture_open();
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_int(ay_ix_get(t, AY_IX_HIGH_WATER, o.key, strlen(o.key), &val), AY_ECORRUPT, "a changed byte is noticed");
	ay_read_end(t);
	ay_buf_free(&b);
	ay_buf_free(&val);
}

/* ---- a full map ---- */

#ifdef ASSAY_TESTING
static int put_big(struct ay_txn *t, void *arg)
{
	static char block[60000];
	char key[32];
	int rc = 0;

	snprintf(key, sizeof(key), "big-%d", *(int *)arg);
	for (int i = 0; i < 4 && !rc; i++) {
		key[0] = (char)('b' + i);
		rc = ay_ix_put(t, AY_IX_SCAN, key, strlen(key), block, sizeof(block));
	}
	return rc;
}

static void test_map_full(void)
{
	struct ay_error e = {0};
	int n = 0, rc;

	fixture_remove();
	setenv("ASSAY_TEST_MAP_BYTES", "4194304", 1);
	fixture_make();
	is_int(ay_store_room(fixture, 1000, &e), 0, "there is room");
	is_int(ay_store_room(fixture, 4194304, &e), AY_ELIMIT, "not for as much as the map");
	while ((rc = ay_commit(fixture, put_big, &n, &e)) == 0 && n < 100)
		n++;
	is_int(rc, AY_ELIMIT, "a full map is a limit, after %d writes", n);
	ok(strncmp(e.msg, "catalogue full", 14) == 0, "and says so: %s", e.msg);
	is_int(ay_store_room(fixture, 300000, &e), AY_ELIMIT, "room says no");
	struct ay_txn *t;

	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_int((long long)ay_ix_count(t, AY_IX_SCAN), 4 * n, "nothing of the failed write is there");
	ay_read_end(t);
	struct op o = { .key = "small" };

	is_int(ay_commit(fixture, write_op, &o, &e), 0, "a small write still goes in");
	unsetenv("ASSAY_TEST_MAP_BYTES");
}
#endif

int main(void)
{
	fixture_make();
	test_ranges();
	test_failures();
	test_batches();
	test_hook_failure();
	test_writing_ranges();
	test_bad_checksum();
#ifdef ASSAY_TESTING
	test_map_full();
#else
	skip("a small map needs --enable-testing");
#endif
	fixture_remove();
	return done_testing();
}
