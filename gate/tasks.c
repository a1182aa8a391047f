/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads that hash, settle and judge, so that neither a FUSE thread nor a
 * callback of the pool ever does. One of them also looks once a minute for
 * artifacts that nobody touched for open_ttl.
 */
#include <errno.h>
#include "assay/text.h"
#include "gate/core.h"

#define THREADS 2
#define SWEEP_MS 60000

struct task {
	void (*run)(struct ay_gate *g, void *arg);
	void *arg;
	struct task *next;
};

struct ay_tasks {
	struct ay_gate *g;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct task *head, **tail;
	bool stop;
	int64_t swept_ms;
	pthread_t threads[THREADS];
	unsigned started;
};

static void deadline(struct timespec *ts, int64_t ms)
{
	clock_gettime(CLOCK_MONOTONIC, ts);
	ts->tv_sec += ms / 1000;
}

static void *worker(void *arg)
{
	struct ay_tasks *t = arg;

	pthread_mutex_lock(&t->lock);
	for (;;) {
		struct task *task = t->head;

		if (task) {
			t->head = task->next;
			if (!t->head)
				t->tail = &t->head;
			pthread_mutex_unlock(&t->lock);
			task->run(t->g, task->arg);
			free(task);
			pthread_mutex_lock(&t->lock);
		} else if (t->stop) {
			break;
		} else if (ay_time_mono_ms() - t->swept_ms >= SWEEP_MS) {
			t->swept_ms = ay_time_mono_ms();
			pthread_mutex_unlock(&t->lock);
			ay_intake_sweep(t->g);
			pthread_mutex_lock(&t->lock);
		} else {
			struct timespec ts;

			deadline(&ts, SWEEP_MS);
			pthread_cond_timedwait(&t->wake, &t->lock, &ts);
		}
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

int ay_tasks_new(struct ay_gate *g, struct ay_tasks **out, struct ay_error *e)
{
	struct ay_tasks *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;

	if (!t)
		return ay_error_set(e, -ENOMEM, "out of memory");
	t->g = g;
	t->tail = &t->head;
	t->swept_ms = ay_time_mono_ms();
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	for (; t->started < THREADS; t->started++) {
		int rc = pthread_create(&t->threads[t->started], NULL, worker, t);

		if (rc) {
			ay_tasks_free(t);
			return ay_error_set(e, -rc, "cannot start a judging thread: %s", ay_strerror(-rc));
		}
	}
	*out = t;
	return 0;
}

void ay_tasks_stop(struct ay_tasks *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_broadcast(&t->wake);
	pthread_mutex_unlock(&t->lock);
	for (; t->started; t->started--)
		pthread_join(t->threads[t->started - 1], NULL);
}

void ay_tasks_free(struct ay_tasks *t)
{
	if (!t)
		return;
	ay_tasks_stop(t);
	while (t->head) {
		struct task *next = t->head->next;

		free(t->head);
		t->head = next;
	}
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void ay_tasks_add(struct ay_tasks *t, void (*run)(struct ay_gate *g, void *arg), void *arg)
{
	struct task *task = malloc(sizeof(*task));

	if (!task)
		ay_bug("out of memory for a judging task");
	*task = (struct task){ .run = run, .arg = arg };
	pthread_mutex_lock(&t->lock);
	*t->tail = task;
	t->tail = &task->next;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}
