/* SPDX-License-Identifier: Apache-2.0 */
/* Cache of scan notes by digest, and many scans in flight at once. */
#include <errno.h>
#include "gate/candidate.h"

#define IN_FLIGHT 256
#define RESUME (IN_FLIGHT / 2)   /* whoever waits for room is woken once for much of it */

/* From the first dot of the last component: what may tighten a scan. */
static const char *suffix(const char *path)
{
	const char *base = strrchr(path, '/'), *dot;

	base = base ? base + 1 : path;
	dot = base[0] ? strchr(base + 1, '.') : NULL;
	return dot ? dot : "";
}

struct ay_sha256 ay_scan_key(const struct ay_gate *g, const struct ay_scan_plan *plan, const struct ay_sha256 *object, const char *path)
{
	struct ay_buf b = ay_buf_new(64 * KIB);
	struct ay_sha256 key;

	ay_buf_add(&b, object->b, sizeof(object->b));
	ay_buf_add(&b, g->scanners, sizeof(g->scanners));
	ay_buf_le32(&b, plan->profiles);
	ay_buf_add(&b, plan->schema_id.b, sizeof(plan->schema_id.b));
	for (size_t i = 0; plan->opaque && plan->opaque[i]; i++)
		ay_buf_add(&b, plan->opaque[i], strlen(plan->opaque[i]) + 1);
	ay_buf_addc(&b, 0);
	ay_buf_adds(&b, plan->by_path ? path : suffix(path));
	if (b.err)
		ay_bug("scan cache key is too long");
	key = ay_sha256_of(b.data, b.len);
	ay_buf_free(&b);
	return key;
}

int ay_scan_cached(struct ay_txn *t, const struct ay_sha256 *key, struct ay_scan_note **out)
{
	struct ay_buf b = ay_buf_new(AY_NOTE_MAX);
	int rc = ay_doc_get(t, AY_TABLE_SCAN, key->b, sizeof(key->b), &b);

	*out = NULL;
	if (rc == 0)
		rc = ay_note_decode(b.data, b.len, out);
	ay_buf_free(&b);
	/* A note that cannot be read is as good as none: the file is scanned. */
	return rc == AY_ENOTFOUND || rc == AY_ECORRUPT ? 0 : rc;
}

struct ay_scans {
	struct ay_gate *g;
	struct ay_scan_plan plan;
	uint32_t uid;
	ay_scans_done done;
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	unsigned flying;
};

struct flight { struct ay_scans *s; size_t index; };

int ay_scans_new(struct ay_gate *g, const struct ay_scan_plan *plan, uint32_t uid, ay_scans_done done, void *arg, struct ay_scans **out)
{
	struct ay_scans *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->g = g;
	s->plan = *plan;
	s->uid = uid;
	s->done = done;
	s->arg = arg;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->idle, NULL);
	*out = s;
	return 0;
}

static void landed(void *arg, int code, struct ay_scan_result *result, const struct ay_error *e)
{
	struct flight *f = arg;
	struct ay_scans *s = f->s;
	struct ay_scan_note *n = ay_note_of(code, result, e);

	if (!n)
		ay_bug("out of memory for a scan note");
	pthread_mutex_lock(&s->lock);
	s->done(s->arg, f->index, n);
	if (--s->flying == RESUME || s->flying == 0)
		pthread_cond_broadcast(&s->idle);
	pthread_mutex_unlock(&s->lock);
	free(f);
}

int ay_scans_add(struct ay_scans *s, size_t index, int fd, uint64_t size, const char *path, struct ay_error *e)
{
	struct ay_job job = {
		.fd = fd, .size = size, .uid = s->uid,
		.options = { .profiles = s->plan.profiles, .path = path, .opaque = s->plan.opaque,
			     .schema_json = s->plan.schema, .schema_len = s->plan.schema_len },
	};
	struct flight *f;
	int rc;

	if (!s->g->pool)
		return ay_error_set(e, AY_EUNSUPPORTED, "this process was started without scan workers");
	f = malloc(sizeof(*f));
	if (!f)
		return ay_error_set(e, -ENOMEM, "out of memory");
	*f = (struct flight){ s, index };
	pthread_mutex_lock(&s->lock);
	if (s->flying >= IN_FLIGHT)
		while (s->flying > RESUME)
			pthread_cond_wait(&s->idle, &s->lock);
	s->flying++;
	pthread_mutex_unlock(&s->lock);

	/* A full queue empties by itself while we have scans under way, or others do. */
	while ((rc = ay_pool_submit(s->g->pool, &job, landed, f, e)) == AY_ELIMIT) {
		struct timespec nap = { .tv_nsec = 5000000 };

		nanosleep(&nap, NULL);
	}
	if (rc) {
		free(f);
		pthread_mutex_lock(&s->lock);
		s->flying--;
		pthread_cond_broadcast(&s->idle);
		pthread_mutex_unlock(&s->lock);
	}
	return rc;
}

void ay_scans_finish(struct ay_scans *s)
{
	pthread_mutex_lock(&s->lock);
	while (s->flying)
		pthread_cond_wait(&s->idle, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

void ay_scans_free(struct ay_scans *s)
{
	if (!s)
		return;
	ay_scans_finish(s);
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
