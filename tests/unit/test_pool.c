/* SPDX-License-Identifier: Apache-2.0 */
/* Monitor, pool and sandbox with the real assay-worker. INV-6: a worker's failure is never a pass. */
#include "assay/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "assay/fd.h"
#include "gate/monitor.h"
#include "gate/proto.h"
#include "tests/lib/tap.h"

static int temp_file(const char *bytes, size_t len)
{
	char path[] = "/tmp/assay-pool-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	if (fd >= 0 && ay_write_full(fd, bytes, len) < 0)
		return -1;
	return fd;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned answered, judged;

static void count(void *arg, int code, struct ay_scan_result *r, const struct ay_error *e)
{
	(void)arg;
	(void)e;
	pthread_mutex_lock(&lock);
	answered++;
	judged += code == 0 && r != NULL;
	pthread_mutex_unlock(&lock);
}

static void test_results(void)
{
	const struct ay_rule *rule = &ay_rule_table[0];
	struct ay_found found = { .rule = rule, .member = (char *)"m", .message = (char *)"text", .off = 7, .row = 3 };
	struct ay_scan_result r = { .verdict = AY_FAIL, .format = "zip", .found = &found, .found_count = 1, .found_total = 9 }, back;
	struct ay_buf b = ay_buf_new(64 * KIB);
	struct ay_error e;

	is_int(proto_encode_result(&r, &b), 0, "a result is encoded");
	is_int(proto_decode_result(b.data, b.len, &back, &e), 0, "and decoded");
	ok(back.verdict == AY_FAIL && back.found_count == 1 && back.found_total == 9, "with its numbers");
	ok(back.found_count && back.found[0].rule == rule && back.found[0].off == 7 && strcmp(back.found[0].message, "text") == 0 &&
	   !back.found[0].value, "and its finding");
	ay_scan_result_free(&back);
	int bad = 0;

	for (size_t n = 0; n < b.len; n++)
		bad += proto_decode_result(b.data, n, &back, &e) == AY_EWORKER;
	is_int(bad, (long long)b.len, "cut anywhere it is refused");
	ay_buf_addc(&b, 0);
	is_int(proto_decode_result(b.data, b.len, &back, &e), AY_EWORKER, "a byte too many is refused");
	if (rule->verdict > AY_PASS) {
		b.data[0] = AY_PASS;
		is_int(proto_decode_result(b.data, b.len - 1, &back, &e), AY_EWORKER, "a pass beside a failing finding is refused");
	}
	ay_buf_free(&b);
}

static int open_hdf5(uint64_t *size)
{
	char path[4096];
	struct stat st = { .st_size = 0 };

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/hdf5/wide_latest.h5", getenv("top_srcdir") ? getenv("top_srcdir") : ".");
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ok(fd >= 0 && fstat(fd, &st) == 0, "a file of HDF5");
	*size = (uint64_t)st.st_size;
	return fd;
}

/* Each goes to a process of its own, beside small files that come in batches. */
static void test_hdf5(struct ay_pool *p, struct ay_job text)
{
	struct ay_job job = { .options = { .profiles = AY_PROFILE_WEIGHTS, .path = "w.h5" } };
	struct ay_buf schema = ay_buf_new(64 * KIB);
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_scan_result r = { 0 };

	job.fd = open_hdf5(&job.size);
	is_int(ay_pool_scan(p, &job, &r, &e), 0, "HDF5 is judged (%s)", e.msg);
	ok(r.verdict == AY_PASS && strcmp(r.format, "hdf5") == 0, "by libhdf5");
	ay_scan_result_free(&r);
	for (unsigned i = 0; i < 60; i++)
		if (ay_pool_submit(p, i % 3 ? &text : &job, count, NULL, &e) < 0)
			break;
	is_int(ay_pool_scan(p, &job, &r, &e), 0, "and again");
	ay_scan_result_free(&r);
	is_int(ay_pool_infer(p, &job, &schema, &e), AY_EFORMAT, "it is no table");
	ay_buf_free(&schema);
	close(job.fd);
}

/* ---- schemas ---- */

static void test_given(void)
{
	struct ay_buf b = ay_buf_new(64 * KIB);
	struct proto_request q;
	int bad = 0;

	is_int(proto_encode_given(7, "{}", 2, &b), 0, "a schema is encoded");
	ok(proto_decode_request(b.data, b.len, &q) == 0 && q.kind == PROTO_SCHEMA && q.options.schema_serial == 7 && q.options.schema_len == 2 &&
	   memcmp(q.options.schema_json, "{}", 2) == 0, "and decoded");
	for (size_t n = 0; n < b.len; n++)
		bad += proto_decode_request(b.data, n, &q) < 0;
	is_int(bad, (long long)b.len, "cut anywhere it is refused");
	ay_buf_clear(&b);
	is_int(proto_encode_given(0, "{}", 2, &b), 0, "one without a serial");
	ok(proto_decode_request(b.data, b.len, &q) < 0, "is refused");
	ay_buf_free(&b);
}

static unsigned as_asked;

static void compare(void *arg, int code, struct ay_scan_result *r, const struct ay_error *e)
{
	const enum ay_verdict *want = arg;

	(void)e;
	pthread_mutex_lock(&lock);
	answered++;
	judged += code == 0 && r != NULL;
	as_asked += code == 0 && r->verdict == *want;
	pthread_mutex_unlock(&lock);
}

/* Jobs with several schemas, one of them large, and with none: each file is judged by its own. */
static void test_schemas(struct ay_pool *p)
{
	static const char table[] = "a\nx\n";
	static enum ay_verdict pass = AY_PASS, fail = AY_FAIL;
	struct ay_buf large = ay_buf_new(4 * MIB);
	int fd = temp_file(table, sizeof(table) - 1);
	struct ay_job job = { .fd = fd, .size = sizeof(table) - 1, .options = { .profiles = AY_PROFILE_WEIGHTS, .path = "t.csv" } };
	struct ay_scan_result r;
	struct ay_error e;

	ay_buf_adds(&large, "{\"fields\": [{\"name\": \"a\", \"type\": \"integer\"}], \"title\": \"");
	for (size_t i = 0; i < 2 * MIB; i++)
		ay_buf_addc(&large, 'x');
	ay_buf_adds(&large, "\"}");
	const char *const schemas[] = { "{\"fields\": [{\"name\": \"a\", \"type\": \"string\"}]}",
					"{\"fields\": [{\"name\": \"a\", \"type\": \"integer\"}]}", NULL, ay_buf_str(&large) };

	for (unsigned i = 0; i < 400; i++) {
		unsigned k = i < 200 ? i / 10 % 4 : i % 4;

		job.options.schema_json = schemas[k];
		job.options.schema_len = schemas[k] ? strlen(schemas[k]) : 0;
		if (ay_pool_submit(p, &job, compare, k % 2 ? &fail : &pass, &e) < 0)
			break;
	}
	is_int(ay_pool_scan(p, &job, &r, &e), 0, "one more, waited for");
	ay_scan_result_free(&r);
	close(fd);
	ay_buf_free(&large);
}

static void test_no_hdf5(int fd, uint64_t size)
{
	char dir[] = "/tmp/assay-pool-XXXXXX", alone[64];
	const char *real = getenv("ASSAY_WORKER");
	struct ay_monitor *m;
	struct ay_pool *p;
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_scan_result r;

	if (!real) {
		skip("ASSAY_WORKER is not set");
		return;
	}
	ok(mkdtemp(dir) != NULL, "a folder");
	snprintf(alone, sizeof(alone), "%s/worker", dir);
	is_int(symlink(real, alone), 0, "with a worker alone");
	is_int(ay_monitor_start(alone, &m, &e), 0, "a monitor starts without the worker for HDF5");
	struct ay_pool_options o = { .workers = 1 };
	struct ay_job text = { .fd = fd, .size = size, .options = { .profiles = AY_PROFILE_WEIGHTS, .path = "README.txt" } }, job = text;

	job.fd = open_hdf5(&job.size);
	is_int(ay_pool_new(m, &o, &p, &e), 0, "and a pool");
	is_int(ay_pool_scan(p, &job, &r, &e), AY_EWORKER, "HDF5 is not judged");
	ok(strstr(e.msg, "assay-worker-hdf5"), "and it says what is missing: %s", e.msg);
	is_int(ay_pool_scan(p, &text, &r, &e), 0, "other files are");
	ay_scan_result_free(&r);
	ay_pool_free(p);
	ay_monitor_stop(m);
	unlink(alone);
	rmdir(dir);
	close(job.fd);
}

/* A worker starts before there is a job. */
static void test_ready(struct ay_monitor *m, const struct ay_job *job)
{
	struct ay_pool_options o = { .workers = 2 };
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_scan_result r;
	struct ay_pool *p;

	is_int(ay_pool_new(m, &o, &p, &e), 0, "a pool");
	ay_pool_free(p);
	is_int(ay_pool_new(m, &o, &p, &e), 0, "ends without a job, and another one");
	is_int(ay_pool_scan(p, job, &r, &e), 0, "scans");
	ay_scan_result_free(&r);
	ay_pool_free(p);
}

int main(void)
{
	struct ay_monitor *m;
	struct ay_pool *p;
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_scan_result r;
	static const char text[] = "hello, world\n";
	int fd = temp_file(text, sizeof(text) - 1);

	test_results();
	test_given();
	is_int(ay_monitor_start(NULL, &m, &e), 0, "the monitor starts");
	int self = ay_pool_selftest(m, &e);

	if (self == AY_EUNSUPPORTED)
		skip("a sanitized build has no sandbox");
	else
		is_int(self, 0, "inside a worker open, socket, exec, fork, ptrace, 4 GiB and executable memory fail (%s)", e.msg);
	struct ay_pool_options o = { .workers = 2 };

	is_int(ay_pool_new(m, &o, &p, &e), 0, "the pool starts");
	struct ay_job job = { .fd = fd, .size = sizeof(text) - 1, .options = { .profiles = AY_PROFILE_WEIGHTS, .path = "README.txt" } };

	is_int(ay_pool_scan(p, &job, &r, &e), 0, "a file is scanned");
	ay_scan_result_free(&r);
	for (unsigned i = 0; i < 200; i++) {
		job.uid = i % 3;
		if (ay_pool_submit(p, &job, count, NULL, &e) < 0)
			break;
	}
	test_hdf5(p, job);
	test_schemas(p);
	/* A size that is not the file's: whatever the worker makes of it, it is not a pass. */
	job.size = 1 << 20;
	if (ay_pool_scan(p, &job, &r, &e) == 0) {
		ok(r.verdict > AY_WARN, "a file shorter than said does not pass");
		ay_scan_result_free(&r);
	} else {
		ok(true, "a file shorter than said is not judged");
	}
	ay_pool_free(p);
	job.size = sizeof(text) - 1;
	test_ready(m, &job);
	is_int(answered, 660, "every job is answered once");
	is_int(judged, 660, "and judged");
	is_int(as_asked, 400, "by its own schema");
	struct monitor_worker w = { .sock = -1 };

	is_int(monitor_start_worker(m, MONITOR_WORKER, AY_LIMIT_WORKER_MEMORY, NULL, &w), 0, "a worker by itself");
	monitor_kill_worker(m, &w);
	ok(w.sock == -1 && w.pid == 0, "is killed");
	ay_monitor_stop(m);
	test_no_hdf5(fd, sizeof(text) - 1);
	is_int(ay_monitor_start("/nonexistent", &m, &e), -ENOENT, "a worker program that is not there is said so");
	close(fd);
	return done_testing();
}
