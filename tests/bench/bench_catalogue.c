/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random ay_node_lookup in a catalogue of N files: median and 99th percentile, and the process's memory without the map.
 * Usage: bench_catalogue [FILES [DIR]]; default 1,000,000 files in $TMPDIR. Builds the catalogue first, 1,000 files a
 * directory, 100,000 files an artifact; objects are not placed, only the tree is written.
 */
#include <fcntl.h>
#include <inttypes.h>

#include "assay/fd.h"
#include "assay/store.h"
#include "assay/text.h"

#define PER_ARTIFACT 100000u
#define PER_DIR 1000u
#define LOOKUPS 200000u

struct tree {
	struct ay_artifact a;
	struct ay_file_list files;
};

static void die(const char *what, int rc)
{
	fprintf(stderr, "%s: %s\n", what, ay_strerror(rc));
	exit(2);
}

static int put_tree(struct ay_txn *t, void *arg)
{
	struct tree *w = arg;
	int rc = ay_artifact_put(t, &w->a);

	rc = rc ? rc : ay_nodes_put(t, w->a.id, &w->files, &w->a.top);
	w->a.state = AY_ADMITTED;
	return rc ? rc : ay_artifact_put(t, &w->a);
}

/* Content digests as random as real ones. */
static struct ay_sha256 digest_of(uint64_t n)
{
	return ay_sha256_of(&n, sizeof(n));
}

static uint64_t build(struct ay_store *s, unsigned artifact, unsigned files)
{
	struct tree w = { .a = { .state = AY_OPEN, .log_index = UINT64_MAX } };
	struct ay_error e;
	char path[64];

	snprintf(w.a.ref.text, sizeof(w.a.ref.text), "datasets/bench@%u", artifact);
	for (unsigned i = 0; i < files; i++) {
		struct ay_sha256 d = digest_of((uint64_t)artifact * PER_ARTIFACT + i);

		snprintf(path, sizeof(path), "part-%04u/sample-%06u.bin", i / PER_DIR, i % PER_DIR);
		if (ay_file_list_add(&w.files, path, 16384, &d))
			die("list", -1);
	}
	int rc = ay_commit(s, put_tree, &w, &e);

	if (rc)
		die(e.msg, rc);
	ay_file_list_free(&w.files);
	return w.a.top;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* xorshift: the order must not be one that caches like. */
static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* One lookup of a name in its directory, in a read transaction of its own, as the mount does it. */
static uint32_t look(struct ay_store *s, uint64_t top, unsigned i)
{
	struct ay_node dir, n;
	struct ay_txn *t;
	char name[32];
	int rc;

	snprintf(name, sizeof(name), "part-%04u", i / PER_DIR);
	rc = ay_read_begin(s, &t);
	if (!rc)
		rc = ay_node_lookup(t, top, name, &dir);
	ay_read_end(t);
	snprintf(name, sizeof(name), "sample-%06u.bin", i % PER_DIR);
	uint64_t start = now_ns();

	rc = rc ? rc : ay_read_begin(s, &t);
	if (!rc)
		rc = ay_node_lookup(t, dir.id, name, &n);
	ay_read_end(t);
	uint64_t took = now_ns() - start;

	if (rc || n.size != 16384)
		die(name, rc);
	return took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
}

/* Anonymous memory in KiB: VmRSS less the pages of mapped files. */
static long anonymous_kib(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	long kib = -1;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "RssAnon: %ld", &kib) == 1)
			break;
	}
	if (f)
		fclose(f);
	return kib;
}

int main(int argc, char **argv)
{
	unsigned files = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000;
	const char *tmp = argc > 2 ? argv[2] : getenv("TMPDIR");
	unsigned artifacts = (files + PER_ARTIFACT - 1) / PER_ARTIFACT;
	uint64_t *tops = calloc(artifacts + 1, sizeof(*tops)), x = 88172645463325252u;
	uint32_t *took = calloc(LOOKUPS, sizeof(*took));
	struct ay_store_stats st;
	struct ay_store *s;
	struct ay_error e;
	char dir[256];

	snprintf(dir, sizeof(dir), "%s/assay-bench.XXXXXX", tmp ? tmp : "/tmp");
	if (files < PER_DIR || !tops || !took || !mkdtemp(dir))
		die("usage: bench_catalogue [FILES [DIR]], at least 1000", AY_EUSAGE);
	int rc = ay_store_create(dir, &e);

	rc = rc ? rc : ay_store_open(dir, &s, &e);
	if (rc)
		die(e.msg, rc);
	uint64_t start = now_ns();

	for (unsigned i = 0; i < artifacts; i++)
		tops[i] = build(s, i, i + 1 < artifacts ? PER_ARTIFACT : files - i * PER_ARTIFACT);
	printf("files\t%u\nbuild\t%.1f s\n", files, (double)(now_ns() - start) / 1e9);
	/* As a daemon that was just started: nothing of the building is left in memory. */
	ay_store_close(s);
	rc = ay_store_open(dir, &s, &e);
	if (rc)
		die(e.msg, rc);
	for (unsigned i = 0; i < LOOKUPS; i++) {
		unsigned n = (unsigned)(next(&x) % files);

		took[i] = look(s, tops[n / PER_ARTIFACT], n % PER_ARTIFACT);
	}
	qsort(took, LOOKUPS, sizeof(*took), by_value);
	rc = ay_store_stats(s, &st);
	if (rc)
		die("stats", rc);
	printf("lookup median\t%.2f us\nlookup p99\t%.2f us\ncatalogue\t%" PRIu64 " MiB\nmemory without the map\t%ld KiB\n",
	       took[LOOKUPS / 2] / 1e3, took[LOOKUPS / 100 * 99] / 1e3, st.map_used >> 20, anonymous_kib());
	ay_store_close(s);
	free(tops);
	free(took);
	return ay_rmtree(AT_FDCWD, dir) ? 2 : 0;
}
