/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool: one thread a worker process. A thread takes the next job of the
 * next uid in turn, or several small ones, hands them over, waits for each
 * answer under a deadline, and replaces a worker that failed it.
 */
#include "assay/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/sysinfo.h>
#include <sys/socket.h>

#include "assay/fd.h"
#include "assay/text.h"
#include "gate/monitor.h"
#include "gate/proto.h"

#define WORKERS_MAX 64
#define QUEUE_MAX 100000   /* jobs in all; each holds a descriptor, so RLIMIT_NOFILE usually comes first */
#define BATCH 16           /* small jobs that a worker gets at once */
#define BATCH_FILE (256 * KIB)
#define BATCH_REQUEST (2 * KIB)   /* a batch of these fits into a socket's buffer, so that nobody waits for the other to read */
#define GRACE_MS 5000      /* the worker's own deadline comes first and leaves a finding */

/* A schema that jobs have, as a frame: many have the same one, and each worker is sent it once. */
struct given {
	unsigned refs;           /* atomic */
	uint64_t serial;         /* of the pool: never re-used */
	const char *json;        /* in the frame */
	size_t len;
	struct ay_buf frame;
};

struct job {
	struct job *next;
	struct ay_buf request;
	struct given *given;     /* or NULL */
	int fds[2];              /* the file, and the second of an extraction or -1 */
	uint64_t size;
	struct ay_buf *schema;   /* of a request to infer or describe; NULL for others */
	struct ay_extract *extract;   /* of a request to extract; NULL for others */
	ay_job_done done;
	void *arg;
};

/* Jobs of one uid, in order. */
struct queue {
	struct queue *next;
	uint32_t uid;
	struct job *first, **last;
};

struct ay_pool {
	struct ay_monitor *monitor;
	uint64_t memory_bytes;
	pthread_mutex_t lock;        /* guards all below */
	pthread_cond_t work;
	struct queue *queues;        /* ring position: the head is served next, then moves to the tail */
	size_t queued;
	bool stopping;
	uint64_t serials;
	struct given *given;         /* of the last job that had one */
	bool ready;                  /* a worker was started before there was a job for it */
	unsigned threads;
	pthread_t thread[WORKERS_MAX];
};

static void given_unref(struct given *g)
{
	if (!g || __atomic_sub_fetch(&g->refs, 1, __ATOMIC_ACQ_REL))
		return;
	ay_buf_free(&g->frame);
	free(g);
}

static void job_free(struct job *j)
{
	ay_buf_free(&j->request);
	given_unref(j->given);
	ay_close(&j->fds[0]);
	ay_close(&j->fds[1]);
	free(j);
}

/* Takes the first job of the first uid and moves that uid to the end. */
static struct job *take_job(struct ay_pool *p)
{
	struct queue *q = p->queues;
	struct job *j = q->first;

	p->queues = q->next;
	q->first = j->next;
	p->queued--;
	if (!q->first) {
		free(q);
		return j;
	}
	struct queue **end = &p->queues;

	while (*end)
		end = &(*end)->next;
	*end = q;
	q->next = NULL;
	return j;
}

static bool is_small(const struct job *j)
{
	return !j->schema && !j->extract && j->size <= BATCH_FILE && j->request.len <= BATCH_REQUEST;
}

/* One job, or small ones as long as there is enough for the other workers too. */
static size_t take_jobs(struct ay_pool *p, struct job **v)
{
	size_t n = 0;

	do {
		v[n++] = take_job(p);
	} while (n < BATCH && is_small(v[n - 1]) && p->queued > p->threads && is_small(p->queues->first));
	return n;
}

/* A frame is its length, then its body; the descriptors come with the first byte. */
static int send_frame(int sock, const struct ay_buf *frame, const int *fds, size_t nfds)
{
	ssize_t n = ay_send_fds(sock, frame->data, frame->len, fds, nfds);

	if (n <= 0)
		return AY_EWORKER;
	return ay_write_full(sock, frame->data + n, frame->len - (size_t)n) < 0 ? AY_EWORKER : 0;
}

/* *has: the serial of the schema that the worker has. */
static int send_request(int sock, struct job *j, bool more, uint64_t *has)
{
	j->request.data[3] = (uint8_t)((j->request.data[3] & ~(PROTO_MORE >> 24)) | (more ? PROTO_MORE >> 24 : 0));
	if (j->given && j->given->serial != *has) {
		if (send_frame(sock, &j->given->frame, j->fds, 1) < 0)
			return AY_EWORKER;
		*has = j->given->serial;
	}
	return send_frame(sock, &j->request, j->fds, j->extract ? 2 : 1);
}

/* What came from a worker and was not yet asked for: answers to a batch of jobs come many at a time. */
struct inbox {
	size_t pos, have;
	uint64_t given;          /* serial of the schema that the worker has; 0: none */
	uint8_t bytes[64 * KIB];
};

static int fill(int sock, struct inbox *in, int64_t deadline_ms, struct ay_error *e)
{
	for (;;) {
		ssize_t got = recv(sock, in->bytes, sizeof(in->bytes), MSG_DONTWAIT);

		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
			return ay_error_set(e, AY_EWORKER, "the worker died while it scanned");
		if (got > 0) {
			in->pos = 0;
			in->have = (size_t)got;
			return 0;
		}
		int64_t left = deadline_ms - ay_time_mono_ms();
		struct pollfd fd = { .fd = sock, .events = POLLIN };

		if (left <= 0)
			return ay_error_set(e, AY_EWORKER, "the scan took longer than its time limit");
		if (poll(&fd, 1, left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR)
			return ay_error_errno(e, "poll");
	}
}

static int read_deadline(int sock, struct inbox *in, void *dst, size_t len, int64_t deadline_ms, struct ay_error *e)
{
	uint8_t *p = dst;

	while (len) {
		int rc = in->pos == in->have ? fill(sock, in, deadline_ms, e) : 0;

		if (rc)
			return rc;
		size_t n = in->have - in->pos < len ? in->have - in->pos : len;

		memcpy(p, in->bytes + in->pos, n);    /* own: the smaller of the two */
		in->pos += n;
		p += n;
		len -= n;
	}
	return 0;
}

/*
 * The answer to a request that was sent; 1: the job is for a worker with libhdf5. The deadline is the one file's: what was
 * sent with it is answered before.
 */
static int await_answer(int sock, struct inbox *in, const struct job *j, struct ay_scan_result *out, struct ay_error *e)
{
	int64_t deadline = ay_time_mono_ms() + AY_LIMIT_SCAN_TIME_MS + (int64_t)(j->size / (AY_LIMIT_SCAN_RATE / 1000)) + GRACE_MS;
	uint8_t head[4];
	int r = read_deadline(sock, in, head, sizeof(head), deadline, e);

	if (r < 0)
		return r;
	struct ay_cursor c = ay_cursor_of(head, sizeof(head), 0);
	uint32_t len = ay_cursor_le32(&c);

	uint32_t most = j->extract ? AY_LIMIT_EXTRACT_ANSWER : AY_LIMIT_WORKER_ANSWER;

	if (len == PROTO_LACKING)
		return 1;
	if (len > most)
		return ay_error_set(e, AY_EWORKER, "the worker's answer of %u bytes is over the limit", len);
	struct ay_buf b = ay_buf_new(most);
	uint8_t *p = ay_buf_reserve(&b, len);

	r = p ? read_deadline(sock, in, p, len, deadline, e) : ay_error_set(e, -ENOMEM, "out of memory");
	if (r == 0)
		r = j->schema ? proto_decode_schema(p, len, j->schema, e) :
		    j->extract ? proto_decode_extract(p, len, out, j->extract, e) : proto_decode_result(p, len, out, e);
	ay_buf_free(&b);
	return r;
}

static void finish_job(struct job *j, int r, struct ay_scan_result *result, const struct ay_error *e, bool failed)
{
	j->done(j->arg, failed ? AY_EWORKER : r, r < 0 ? NULL : result, e);
	if (r == 0)
		ay_scan_result_free(result);
	job_free(j);
}

/*
 * A process of its own for one file: libhdf5 keeps global state, which is not to be trusted after it. What was put into
 * the second file of an extraction is written over.
 */
static int ask_hdf5(struct ay_pool *p, struct job *j, struct ay_scan_result *out, struct ay_error *e)
{
	struct monitor_worker w = { .sock = -1 };
	struct inbox in;
	uint64_t none = 0;
	int r = monitor_start_worker(p->monitor, MONITOR_WORKER_HDF5, p->memory_bytes, NULL, &w);

	if (r < 0)
		return ay_error_set(e, AY_EWORKER, "no worker for HDF5 could be started, assay-worker-hdf5 belongs beside assay-worker: %s", ay_strerror(r));
	in.pos = in.have = 0;
	if (send_request(w.sock, j, false, &none) < 0)
		r = ay_error_set(e, AY_EWORKER, "the worker died before it could scan");
	else
		r = await_answer(w.sock, &in, j, out, e);
	monitor_kill_worker(p->monitor, &w);
	return r <= 0 ? r : ay_error_set(e, AY_EWORKER, "a worker with libhdf5 says that it has none");
}

/* A file that no schema fits is the file's fault, and the worker lives on. */
static bool is_failure(const struct job *j, int r)
{
	return r < 0 && !(j->schema && r == AY_EFORMAT);
}

/*
 * Sends all and takes their answers in order. A worker that fails may have kept
 * answers of earlier jobs back, so the one to blame is found by giving it those
 * without an answer one by one. Returns how many were finished; 0 for n > 1
 * only: one by one, then.
 */
static size_t serve_jobs(struct ay_pool *p, struct monitor_worker *w, struct inbox *in, struct job **v, size_t n)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_scan_result result = { 0 };
	size_t sent = 0, done = 0;
	bool failed = false;

	if (w->sock < 0)
		in->given = 0;
	/* Whoever writes a whole schema must not wait for one that answers: such a job is the first. */
	for (size_t i = 1; i < n; i++)
		if (v[i]->given && v[i]->given != v[0]->given)
			n = i;
	int r = w->sock < 0 ? monitor_start_worker(p->monitor, MONITOR_WORKER, p->memory_bytes, NULL, w) : 0;

	if (r < 0) {
		ay_error_set(&e, AY_EWORKER, "no worker could be started: %s", ay_strerror(r));
		finish_job(v[0], r, NULL, &e, true);
		return 1;
	}
	while (sent < n && send_request(w->sock, v[sent], sent + 1 < n, &in->given) == 0)
		sent++;
	while (!failed && (done < sent || sent == 0)) {
		result = (struct ay_scan_result){ 0 };
		e = (struct ay_error){ .off = AY_NO_OFFSET };
		if (sent == 0)
			r = ay_error_set(&e, AY_EWORKER, "the worker died before it could scan");
		else
			r = await_answer(w->sock, in, v[done], &result, &e);
		bool lacking = r == 1;

		if (lacking)
			r = ask_hdf5(p, v[done], &result, &e);
		failed = !lacking && is_failure(v[done], r);
		if (failed) {
			monitor_kill_worker(p->monitor, w);
			in->pos = in->have = 0;
		}
		if (failed && n > 1)
			break;
		finish_job(v[done], r, &result, &e, is_failure(v[done], r));
		done++;
	}
	return done;
}

static void *pool_thread(void *arg)
{
	struct ay_pool *p = arg;
	struct monitor_worker w = { .sock = -1 };
	struct inbox in;

	in.pos = in.have = in.given = 0;
	pthread_mutex_lock(&p->lock);
	/* One is needed in any case, and starts while the first job is still made up. */
	if (!p->ready) {
		p->ready = true;
		pthread_mutex_unlock(&p->lock);
		/* What fails now fails again, and is told, with the first job. */
		(void)!monitor_start_worker(p->monitor, MONITOR_WORKER, p->memory_bytes, NULL, &w);
		pthread_mutex_lock(&p->lock);
	}
	for (;;) {
		while (!p->queues && !p->stopping)
			pthread_cond_wait(&p->work, &p->lock);
		if (!p->queues)
			break;
		struct job *v[BATCH];
		size_t n = take_jobs(p, v);

		pthread_mutex_unlock(&p->lock);
		for (size_t i = 0; i < n;) {
			size_t done = serve_jobs(p, &w, &in, v + i, n - i);

			i += done ? done : serve_jobs(p, &w, &in, v + i, 1);
		}
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	if (w.sock >= 0)
		monitor_kill_worker(p->monitor, &w);
	return NULL;
}

int ay_pool_new(struct ay_monitor *m, const struct ay_pool_options *o, struct ay_pool **out, struct ay_error *e)
{
	struct ay_pool *p = calloc(1, sizeof(*p));
	unsigned want = o->workers ? o->workers : (unsigned)get_nprocs();

	if (!p)
		return ay_error_set(e, -ENOMEM, "out of memory");
	p->monitor = m;
	p->memory_bytes = o->memory_bytes ? o->memory_bytes : AY_LIMIT_WORKER_MEMORY;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	if (want > WORKERS_MAX)
		want = WORKERS_MAX;
	while (p->threads < want) {
		int r = pthread_create(&p->thread[p->threads], NULL, pool_thread, p);

		if (r != 0) {
			ay_pool_free(p);
			return ay_error_set(e, -r, "cannot start a pool thread: %s", ay_strerror(-r));
		}
		p->threads++;
	}
	*out = p;
	return 0;
}

void ay_pool_free(struct ay_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->threads; i++)
		pthread_join(p->thread[i], NULL);
	given_unref(p->given);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* The queue of this uid, made at the end of the ring when it has none. Called with the lock held. */
static struct queue *queue_of(struct ay_pool *p, uint32_t uid)
{
	struct queue **q = &p->queues;

	while (*q && (*q)->uid != uid)
		q = &(*q)->next;
	if (!*q && (*q = calloc(1, sizeof(**q)))) {
		(*q)->uid = uid;
		(*q)->last = &(*q)->first;
	}
	return *q;
}

static int enqueue(struct ay_pool *p, uint32_t uid, struct job *j)
{
	int r = AY_ELIMIT;

	pthread_mutex_lock(&p->lock);
	if (!p->stopping && p->queued < QUEUE_MAX) {
		struct queue *q = queue_of(p, uid);

		r = q ? 0 : -ENOMEM;
		if (q) {
			*q->last = j;
			q->last = &j->next;
			p->queued++;
			pthread_cond_signal(&p->work);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return r;
}

static void set_length(struct ay_buf *frame)
{
	for (int i = 0; i < 4; i++)
		frame->data[i] = (uint8_t)((frame->len - 4) >> (8 * i));
}

static int encode_frame(const struct ay_job *job, enum proto_kind kind, uint64_t serial, struct ay_buf *out)
{
	int r = ay_buf_le32(out, 0);

	if (r == 0)
		r = proto_encode_request(job, kind, serial, out);
	if (r == 0)
		set_length(out);
	return r;
}

/* Called with the lock held: the last one when it is the same, else it is the last one from now on. */
static int find_given(struct ay_pool *p, const struct ay_scan_options *o, struct given **out)
{
	struct given *g = p->given;

	if (!g || g->len != o->schema_len || memcmp(g->json, o->schema_json, o->schema_len) != 0) {
		g = calloc(1, sizeof(*g));
		if (!g)
			return -ENOMEM;
		*g = (struct given){ .refs = 1, .serial = ++p->serials, .len = o->schema_len, .frame = ay_buf_new(4 + PROTO_REQUEST_MAX) };
		int r = ay_buf_le32(&g->frame, 0);

		if (r == 0)
			r = proto_encode_given(g->serial, o->schema_json, o->schema_len, &g->frame);
		if (r < 0) {
			given_unref(g);
			return r;
		}
		set_length(&g->frame);
		g->json = (const char *)g->frame.data + g->frame.len - g->len;
		given_unref(p->given);
		p->given = g;
	}
	__atomic_add_fetch(&g->refs, 1, __ATOMIC_RELAXED);
	*out = g;
	return 0;
}

/* At most one of schema and extract. */
static int submit(struct ay_pool *p, const struct ay_job *job, struct ay_buf *schema, struct ay_extract *extract, ay_job_done done, void *arg,
		  struct ay_error *e)
{
	struct job *j = calloc(1, sizeof(*j));

	if (!j)
		return ay_error_set(e, -ENOMEM, "out of memory");
	j->request = ay_buf_new(4 + PROTO_REQUEST_MAX);
	j->size = job->size;
	j->schema = schema;
	j->extract = extract;
	j->done = done;
	j->arg = arg;
	j->fds[0] = fcntl(job->fd, F_DUPFD_CLOEXEC, 0);
	j->fds[1] = extract ? fcntl(extract->fd, F_DUPFD_CLOEXEC, 0) : -1;
	enum proto_kind kind = schema && job->options.describe ? PROTO_DESCRIBE : schema ? PROTO_INFER : extract ? PROTO_EXTRACT : PROTO_SCAN;
	int r = j->fds[0] < 0 || (extract && j->fds[1] < 0) ? -errno : 0;

	if (r == 0 && job->options.schema_json) {
		pthread_mutex_lock(&p->lock);
		r = find_given(p, &job->options, &j->given);
		pthread_mutex_unlock(&p->lock);
	}
	if (r == 0)
		r = encode_frame(job, kind, j->given ? j->given->serial : 0, &j->request);
	if (r == 0)
		r = enqueue(p, job->uid, j);
	if (r < 0) {
		job_free(j);
		return ay_error_set(e, r, "the scan could not be queued: %s", ay_strerror(r));
	}
	return 0;
}

int ay_pool_submit(struct ay_pool *p, const struct ay_job *job, ay_job_done done, void *arg, struct ay_error *e)
{
	return submit(p, job, NULL, NULL, done, arg, e);
}

/* ---- waiting ---- */

struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool ready;
	int code;
	struct ay_scan_result *result;
	struct ay_error *e;
};

static void wake(void *arg, int code, struct ay_scan_result *result, const struct ay_error *e)
{
	struct waiter *w = arg;

	pthread_mutex_lock(&w->lock);
	w->code = code;
	if (code == 0) {
		*w->result = *result;
		*result = (struct ay_scan_result){ 0 };
	} else if (w->e) {
		*w->e = *e;
	}
	w->ready = true;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
}

static int submit_and_wait(struct ay_pool *p, const struct ay_job *job, struct ay_scan_result *out, struct ay_buf *schema,
			   struct ay_extract *extract, struct ay_error *e)
{
	struct waiter w = { .lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER, .result = out, .e = e };
	int r = submit(p, job, schema, extract, wake, &w, e);

	if (r < 0)
		return r;
	pthread_mutex_lock(&w.lock);
	while (!w.ready)
		pthread_cond_wait(&w.cond, &w.lock);
	pthread_mutex_unlock(&w.lock);
	return w.code;
}

int ay_pool_scan(struct ay_pool *p, const struct ay_job *job, struct ay_scan_result *out, struct ay_error *e)
{
	return submit_and_wait(p, job, out, NULL, NULL, e);
}

int ay_pool_infer(struct ay_pool *p, const struct ay_job *job, struct ay_buf *schema_out, struct ay_error *e)
{
	struct ay_scan_result unused;

	return submit_and_wait(p, job, &unused, schema_out, NULL, e);
}

int ay_pool_extract(struct ay_pool *p, const struct ay_job *job, struct ay_scan_result *out, struct ay_extract *x, struct ay_error *e)
{
	return submit_and_wait(p, job, out, NULL, x, e);
}

/* ---- self-test ---- */

int ay_pool_selftest(struct ay_monitor *m, struct ay_error *e)
{
#ifdef ASSAY_SANITIZED
	(void)m;
	return ay_error_set(e, AY_EUNSUPPORTED, "a sanitized build has no sandbox to test");
#else
	static const char *const tries[] = { "open", "socket", "exec", "fork", "ptrace", "memory", "code" };

	for (size_t i = 0; i < AY_ARRAY_LEN(tries); i++) {
		struct monitor_worker w = { .sock = -1 };
		struct inbox in = { .pos = 0 };
		char ready = 0, worked = 0;
		int64_t deadline = ay_time_mono_ms() + 10000;
		int r = monitor_start_worker(m, MONITOR_WORKER, AY_LIMIT_WORKER_MEMORY, tries[i], &w);

		if (r < 0)
			return ay_error_set(e, AY_EWORKER, "no worker could be started: %s", ay_strerror(r));
		if (read_deadline(w.sock, &in, &ready, 1, deadline, NULL) < 0 || ready != 'R')
			r = ay_error_set(e, AY_EWORKER, "a worker could not enter its sandbox");
		else if (read_deadline(w.sock, &in, &worked, 1, deadline, NULL) == 0 && worked != 'F')
			r = ay_error_set(e, AY_EWORKER, "inside the sandbox, '%s' was possible", tries[i]);
		monitor_kill_worker(m, &w);
		if (r < 0)
			return r;
	}
	return 0;
#endif
}
