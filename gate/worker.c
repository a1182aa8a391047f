/* SPDX-License-Identifier: Apache-2.0 */
/* assay-worker: enters the sandbox, then answers one scan request after another until the socket closes. */
#include "assay/worker.h"

#include <errno.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <fcntl.h>

#include "assay/buf.h"
#include "assay/fd.h"
#include "assay/schema.h"
#include "gate/proto.h"
#include "gate/sandbox.h"

#define SMALL (256 * KIB)
#define ANSWERS (32 * KIB)

/* Answers on their way: those of small files that come together are written together, so that the reader wakes once. */
static struct ay_buf answers;

static int flush_answers(void)
{
	int err = answers.err ? answers.err : ay_write_full(PROTO_SOCKET, answers.data, answers.len);

	ay_buf_free(&answers);
	return err;
}

static int answer(const struct ay_buf *b, bool more)
{
	if (!answers.max)
		answers = ay_buf_new(ANSWERS + AY_LIMIT_EXTRACT_ANSWER);
	ay_buf_le32(&answers, (uint32_t)b->len);
	ay_buf_add(&answers, b->data, b->len);
	return more && answers.len < ANSWERS ? 0 : flush_answers();
}

static int do_scan(struct ay_source *in, const struct ay_scan_options *o, struct ay_buf *out)
{
	struct ay_scan_result result;
	int r = ay_scan_run(in, o, &result);

	if (r < 0)
		return r;
	r = proto_encode_result(&result, out);
	ay_scan_result_free(&result);
	return r;
}

static int do_infer(struct ay_source *in, const struct ay_scan_options *o, bool describe, struct ay_buf *out)
{
	struct ay_buf schema = ay_buf_new(AY_LIMIT_SCHEMA);
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_budget budget;

	ay_budget_init(&budget, in->size);
	int code = describe ? ay_table_describe(in, o->path, &budget, &schema, &e) :
		   o->schema_json ? ay_schema_reference(in, o->path, o->schema_json, o->schema_len, &budget, &schema, &e) :
				    ay_schema_infer(in, o->path, &budget, &schema, &e);
	int r = proto_encode_schema(code, &schema, &e, out);

	ay_buf_free(&schema);
	return r;
}

/* second: takes what must be brought into order. */
static int do_extract(struct ay_source *in, const struct ay_scan_options *o, int second, struct ay_buf *out)
{
	struct ay_extract x = { .fd = second, .room = AY_LIMIT_EXTRACT_EXPANDED };
	struct ay_scan_result result;
	int r = ay_extract_run(in, o, &x, &result);

	if (r < 0)
		return r;
	r = proto_encode_extract(&result, &x, out);
	ay_scan_result_free(&result);
	ay_extract_free(&x);
	return r;
}

static int read_full(void *dst, size_t len)
{
	uint8_t *p = dst;

	while (len) {
		ssize_t n = read(PROTO_SOCKET, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? AY_ETRUNC : -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A small file is read once: scanners look at many places of it. What cannot be read so is left for them to say. */
static struct ay_source source_of(int fd, uint64_t size)
{
	static uint8_t whole[SMALL];

	if (size <= SMALL && ay_pread_full(fd, whole, (size_t)size, 0) == 0)
		return ay_source_memory(whole, (size_t)size);
	return ay_source_fd(fd, size);
}

static int serve(const struct proto_request *q, int fd, int second, struct ay_buf *out)
{
	struct ay_source in = source_of(fd, q->size);

	/* A second descriptor for a job that needs none is not held. */
	if ((q->kind == PROTO_EXTRACT) != (second >= 0))
		return AY_EFORMAT;
	switch (q->kind) {
	case PROTO_INFER: return do_infer(&in, &q->options, false, out);
	case PROTO_DESCRIBE: return do_infer(&in, &q->options, true, out);
	case PROTO_EXTRACT: return do_extract(&in, &q->options, second, out);
	default: return do_scan(&in, &q->options, out);
	}
}

/* The schema of the requests that come, with the frame that it came in. */
static struct { struct ay_buf frame; const char *json; size_t len; uint64_t serial; } given;

static void keep_schema(struct ay_buf *frame, const struct ay_scan_options *o)
{
	ay_buf_free(&given.frame);
	given.frame = *frame;
	*frame = (struct ay_buf){ 0 };
	given.json = o->schema_json;
	given.len = o->schema_len;
	given.serial = o->schema_serial;
}

static int use_schema(struct ay_scan_options *o)
{
	if (!o->schema_serial)
		return 0;
	o->schema_json = given.json;
	o->schema_len = given.len;
	return o->schema_serial == given.serial ? 0 : AY_EFORMAT;
}

/* One request: its length with the job's descriptors, then the body. 1 when the pool hung up. */
static int serve_one(void)
{
	int fds[2] = { -1, -1 };
	size_t nfds = 0;
	uint8_t head[4];
	ssize_t n = ay_recv_fds(PROTO_SOCKET, head, sizeof(head), fds, 2, &nfds);
	AY_CLEANUP_FD int fd = fds[0];
	AY_CLEANUP_FD int second = fds[1];

	if (n == 0)
		return 1;
	if (n != (ssize_t)sizeof(head) || nfds < 1)
		return AY_EFORMAT;
	struct ay_cursor c = ay_cursor_of(head, sizeof(head), 0);
	uint32_t len = ay_cursor_le32(&c);
	bool more = len & PROTO_MORE;

	len &= ~PROTO_MORE;
	if (len > PROTO_REQUEST_MAX)
		return AY_ELIMIT;
	struct ay_buf body = ay_buf_new(PROTO_REQUEST_MAX);
	uint8_t *p = ay_buf_reserve(&body, len);
	struct proto_request request;
	int r = p ? read_full(p, len) : -ENOMEM;

	if (r == 0)
		r = proto_decode_request(p, len, &request);
	if (r == 0 && request.kind == PROTO_SCHEMA) {
		keep_schema(&body, &request.options);
		return 0;
	}
	if (r == 0)
		r = use_schema(&request.options);
	if (r == 0) {
		struct ay_buf out = ay_buf_new(request.kind == PROTO_EXTRACT ? AY_LIMIT_EXTRACT_ANSWER : AY_LIMIT_WORKER_ANSWER);

		r = serve(&request, fd, second, &out);
		/* Nothing is said of such a file: see PROTO_LACKING. */
		if (ay_scanners_lacking()) {
			ay_buf_free(&out);
			r = 0;
		}
		if (r == 0)
			r = answer(&out, more);
		ay_buf_free(&out);
		proto_request_free(&request);
	}
	ay_buf_free(&body);
	return r == 0 ? ay_scratch_clear() : r;
}

static void say(char c)
{
	if (write(PROTO_SOCKET, &c, 1) != 1)
		_exit(1);
}

/*
 * Tries what must be impossible. 'R' (ready) was sent before; 'S' says that it
 * succeeded, 'F' that it failed politely; a kill says nothing.
 */
static int selftest(const char *what)
{
	bool worked = false;

	say('R');
	if (strcmp(what, "open") == 0)
		worked = open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
	else if (strcmp(what, "socket") == 0)
		worked = socket(AF_INET, SOCK_STREAM, 0) >= 0;
	else if (strcmp(what, "exec") == 0)
		worked = execl("/bin/true", "true", (char *)NULL) == 0;
	else if (strcmp(what, "fork") == 0) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		worked = pid > 0;
	} else if (strcmp(what, "ptrace") == 0)
		worked = ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
	else if (strcmp(what, "memory") == 0)
		worked = mmap(NULL, 4 * GIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
	else if (strcmp(what, "code") == 0)
		worked = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
#ifdef ASSAY_TESTING
	else if (strcmp(what, "hang") == 0)
		for (;;)
			(void)clock();
#endif
	say(worked ? 'S' : 'F');
	return 0;
}

/* What the scan of a small file has freed stays for that of the next; what is larger goes back. */
static void keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, MIB);
	mallopt(M_TRIM_THRESHOLD, 4 * MIB);
	mallopt(M_TOP_PAD, MIB);
}

int ay_worker_main(int argc, char **argv)
{
	keep_memory();
	int r = ay_scanners_prepare();

	/* Then it refuses its own format, and nothing else. */
	if (r < 0)
		fprintf(stderr, "assay-worker: a library does not start: %s\n", ay_strerror(r));
	r = sandbox_enter();
	if (r < 0) {
		fprintf(stderr, "assay-worker: sandbox: %s\n", ay_strerror(r));
		return 2;
	}
	if (argc == 3 && strcmp(argv[1], "--selftest") == 0)
		return selftest(argv[2]);
	ay_scratch_fd(PROTO_SCRATCH);
	while ((r = serve_one()) == 0)
		;
	return r == 1 ? 0 : 2;
}
