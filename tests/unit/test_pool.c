/* SPDX-License-Identifier: Apache-2.0 */
/* Monitor, pool and sandbox with the real assay-worker. INV-6: a worker's failure is never a pass. */
#include "assay/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

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

int main(void)
{
	struct ay_monitor *m;
	struct ay_pool *p;
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_scan_result r;
	static const char text[] = "hello, world\n";
	int fd = temp_file(text, sizeof(text) - 1);

	test_results();
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
	/* A size that is not the file's: whatever the worker makes of it, it is not a pass. */
	job.size = 1 << 20;
	if (ay_pool_scan(p, &job, &r, &e) == 0) {
		ok(r.verdict > AY_WARN, "a file shorter than said does not pass");
		ay_scan_result_free(&r);
	} else {
		ok(true, "a file shorter than said is not judged");
	}
	ay_pool_free(p);
	is_int(answered, 200, "every job is answered once");
	is_int(judged, 200, "and judged");
	struct monitor_worker w = { .sock = -1 };

	is_int(monitor_start_worker(m, AY_LIMIT_WORKER_MEMORY, NULL, &w), 0, "a worker by itself");
	monitor_kill_worker(m, &w);
	ok(w.sock == -1 && w.pid == 0, "is killed");
	ay_monitor_stop(m);
	is_int(ay_monitor_start("/nonexistent", &m, &e), -ENOENT, "a worker program that is not there is said so");
	close(fd);
	return done_testing();
}
