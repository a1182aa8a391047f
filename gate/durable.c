/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/durable.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "assay/fd.h"

struct chunk {
	struct ay_sha256 d[AY_FLAG_STEP];
	int fd[AY_FLAG_STEP];
	size_t n;
};

struct ay_durable {
	struct ay_store *store;
	pthread_t thread;
	pthread_mutex_t lock;        /* guards all below but filling */
	pthread_cond_t change;
	struct chunk filling;        /* the caller's */
	struct chunk waiting;        /* n 0: there is room */
	bool ended, sync, joined;
	int code;
	struct ay_error error;
};

static void flag(struct ay_store *s, struct chunk *c)
{
	ay_objects_flag(s, c->d, c->fd, c->n);
	while (c->n > 0)
		ay_close(&c->fd[--c->n]);
}

static void *work(void *arg)
{
	struct ay_durable *w = arg;
	struct chunk c;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->waiting.n && !w->ended)
			pthread_cond_wait(&w->change, &w->lock);
		if (!w->waiting.n)
			break;
		c = w->waiting;
		w->waiting.n = 0;
		pthread_cond_broadcast(&w->change);
		pthread_mutex_unlock(&w->lock);
		flag(w->store, &c);
		pthread_mutex_lock(&w->lock);
	}
	bool sync = w->sync;

	pthread_mutex_unlock(&w->lock);
	if (sync)
		w->code = ay_objects_sync(w->store, &w->error);
	return NULL;
}

int ay_durable_new(struct ay_store *s, struct ay_durable **out)
{
	struct ay_durable *w = *out = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return -ENOMEM;
	w->store = s;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->change, NULL);
	rc = pthread_create(&w->thread, NULL, work, w);
	if (rc) {
		w->joined = true;
		ay_durable_free(w);
		*out = NULL;
	}
	return -rc;
}

static void hand_over(struct ay_durable *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->waiting.n)
		pthread_cond_wait(&w->change, &w->lock);
	w->waiting = w->filling;
	w->filling.n = 0;
	pthread_cond_broadcast(&w->change);
	pthread_mutex_unlock(&w->lock);
}

void ay_durable_add(struct ay_durable *w, const struct ay_sha256 *d, int fd)
{
	w->filling.d[w->filling.n] = *d;
	w->filling.fd[w->filling.n++] = fd;
	if (w->filling.n == AY_FLAG_STEP)
		hand_over(w);
}

static void end(struct ay_durable *w, bool sync)
{
	if (w->filling.n)
		hand_over(w);
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	w->sync = w->sync || sync;
	pthread_cond_broadcast(&w->change);
	pthread_mutex_unlock(&w->lock);
}

void ay_durable_end(struct ay_durable *w)
{
	end(w, true);
}

int ay_durable_join(struct ay_durable *w, struct ay_error *e)
{
	if (!w->joined)
		pthread_join(w->thread, NULL);
	w->joined = true;
	if (w->code && e)
		*e = w->error;
	return w->code;
}

void ay_durable_free(struct ay_durable *w)
{
	if (!w)
		return;
	if (!w->joined) {
		end(w, false);
		pthread_join(w->thread, NULL);
	}
	pthread_cond_destroy(&w->change);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
