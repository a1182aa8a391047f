/* SPDX-License-Identifier: Apache-2.0 */
/* Collection against re-use, in one process with many threads: a reference that was committed is never taken away. */
#include "tests/lib/store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "assay/text.h"

#define THREADS 3
#define CONTENTS 4

struct file {
	struct ay_sha256 d;
	uint64_t size;
};

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

static atomic_bool stop;
static atomic_int placed_again, wrong, rounds;

/* Place, reference, open and compare, drop; as ingest does, placing again when the object went away in between. */
static void round_trip(int i)
{
	char text[32], got[32];
	struct ay_error e;
	struct file f;
	int rc, fd;

	snprintf(text, sizeof(text), "content %d", i % CONTENTS);
	f.size = strlen(text);
	do {
		rc = ay_object_put_bytes(fixture, text, f.size, &f.d, &e);
		if (!rc)
			rc = ay_commit(fixture, ref_file, &f, &e);
		placed_again += rc != 0;
	} while (rc == AY_ECORRUPT && !stop);
	if (rc)
		return;
	fd = ay_object_open(fixture, &f.d, &e);
	ssize_t n = fd < 0 ? -1 : read(fd, got, sizeof(got));

	if (n != (ssize_t)f.size || memcmp(got, text, f.size) != 0) {
		printf("# %s\n", fd < 0 ? e.msg : "other bytes");
		wrong++;
	}
	if (fd >= 0)
		close(fd);
	if (ay_commit(fixture, unref_file, &f, &e))
		wrong++;
	rounds++;
}

static void *ingest(void *arg)
{
	for (int i = (int)(long)arg; !stop; i++)
		round_trip(i);
	return NULL;
}

static void *collect(void *arg)
{
	uint64_t objects, bytes;

	while (!stop) {
		if (ay_gc(fixture, false, &objects, &bytes, NULL))
			wrong++;
		*(uint64_t *)arg += objects;
	}
	return NULL;
}

static void test_race(void)
{
	pthread_t th[THREADS], gc;
	uint64_t collected = 0;

	pthread_create(&gc, NULL, collect, &collected);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&th[i], NULL, ingest, (void *)i);
	for (int64_t end = ay_time_mono_ms() + 2000; ay_time_mono_ms() < end;)
		usleep(10000);
	stop = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(th[i], NULL);
	pthread_join(gc, NULL);
	is_int(wrong, 0, "what is referenced opens with its bytes");
	ok(rounds > 10 && collected > 0, "%d rounds, %llu collected, placed again %d times", rounds, (unsigned long long)collected, placed_again);
}

static void test_gc(void)
{
	struct file kept, dropped;
	uint64_t objects, bytes;
	struct ay_error e;
	struct ay_sha256 orphan;
	char path[500], hex[AY_SHA256_HEX];
	int fd;

	is_int(ay_gc(fixture, false, &objects, &bytes, &e), 0, "gc");
	kept.size = 4;
	is_int(ay_object_put_bytes(fixture, "kept", 4, &kept.d, &e), 0, "put");
	dropped.size = 7;
	is_int(ay_object_put_bytes(fixture, "dropped", 7, &dropped.d, &e), 0, "put");
	is_int(ay_object_put_bytes(fixture, "orphan", 6, &orphan, &e), 0, "put");
	fixture_commit(ref_file, &kept);
	fixture_commit(ref_file, &dropped);
	fixture_commit(unref_file, &dropped);
	is_int(ay_gc(fixture, true, &objects, &bytes, &e), 0, "dry");
	ok(objects == 2 && bytes == 13, "would free two");
	is_int(ay_gc(fixture, false, &objects, &bytes, &e), 0, "gc");
	ok(objects == 2 && bytes == 13, "frees what it said");
	is_int(ay_gc(fixture, false, &objects, &bytes, &e), 0, "again");
	is_int((long long)objects, 0, "nothing is left");
	fd = ay_object_open(fixture, &kept.d, &e);
	ok(fd >= 0, "what is referenced stays");
	close(fd);
	ay_sha256_hex(&dropped.d, hex);
	snprintf(path, sizeof(path), "%s/objects/%.2s/%s", fixture_dir, hex, hex);
	ok(access(path, F_OK) != 0, "what is not is gone");
	is_int(ay_commit(fixture, ref_file, &dropped, &e), AY_ECORRUPT, "and must be placed again");
	is_int(ay_object_put_bytes(fixture, "dropped", 7, &dropped.d, &e), 0, "placed");
	fixture_commit(ref_file, &dropped);
	fd = ay_object_open(fixture, &dropped.d, &e);
	ok(fd >= 0, "it is back");
	close(fd);
}

int main(void)
{
	fixture_make();
	test_gc();
	test_race();
	fixture_remove();
	return done_testing();
}
