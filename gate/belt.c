/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/belt.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define ITEMS 16

struct ay_belt {
	int (*place)(void *arg, struct ay_belt_item *item, struct ay_error *e);
	void *arg;
	pthread_t thread;
	pthread_mutex_t lock;         /* guards all below but the items on their way */
	pthread_cond_t sent, placed;
	size_t head, used;            /* the oldest item, and how many there are */
	bool ended;
	int code;
	struct ay_error error;        /* written before code is */
	struct ay_belt_item items[ITEMS];
};

/* 0, or the first error, which stays. */
static int place_one(struct ay_belt *b, struct ay_belt_item *item, int code)
{
	if (!code) {
		code = b->place(b->arg, item, &b->error);
		if (code)
			ay_error_where(&b->error, "%s", item->path);
	}
	free(item->path);
	item->path = NULL;
	return code;
}

static void *work(void *arg)
{
	struct ay_belt *b = arg;
	int code = 0;

	pthread_mutex_lock(&b->lock);
	for (;;) {
		while (!b->used && !b->ended)
			pthread_cond_wait(&b->sent, &b->lock);
		if (!b->used)
			break;
		struct ay_belt_item *item = &b->items[b->head];

		pthread_mutex_unlock(&b->lock);
		code = place_one(b, item, code);
		pthread_mutex_lock(&b->lock);
		b->code = code;
		b->head = (b->head + 1) % ITEMS;
		b->used--;
		/* Woken for much room at once, or for the end. */
		if (b->used == ITEMS / 2 || b->used == 0)
			pthread_cond_signal(&b->placed);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

int ay_belt_new(int (*place)(void *arg, struct ay_belt_item *item, struct ay_error *e), void *arg, struct ay_belt **out)
{
	struct ay_belt *b = *out = calloc(1, sizeof(*b));
	int rc;

	if (!b)
		return -ENOMEM;
	b->place = place;
	b->arg = arg;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->sent, NULL);
	pthread_cond_init(&b->placed, NULL);
	rc = pthread_create(&b->thread, NULL, work, b);
	if (rc) {
		free(b);
		*out = NULL;
	}
	return -rc;
}

struct ay_belt_item *ay_belt_room(struct ay_belt *b)
{
	pthread_mutex_lock(&b->lock);
	if (b->used == ITEMS)
		while (b->used > ITEMS / 2)
			pthread_cond_wait(&b->placed, &b->lock);
	struct ay_belt_item *item = b->code ? NULL : &b->items[(b->head + b->used) % ITEMS];

	pthread_mutex_unlock(&b->lock);
	return item;
}

void ay_belt_send(struct ay_belt *b)
{
	pthread_mutex_lock(&b->lock);
	if (b->used++ == 0)
		pthread_cond_signal(&b->sent);
	pthread_mutex_unlock(&b->lock);
}

int ay_belt_drain(struct ay_belt *b, struct ay_error *e)
{
	pthread_mutex_lock(&b->lock);
	while (b->used)
		pthread_cond_wait(&b->placed, &b->lock);
	int code = b->code;

	pthread_mutex_unlock(&b->lock);
	if (code && e)
		*e = b->error;
	return code;
}

void ay_belt_free(struct ay_belt *b)
{
	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	b->ended = true;
	pthread_cond_signal(&b->sent);
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->thread, NULL);
	pthread_cond_destroy(&b->placed);
	pthread_cond_destroy(&b->sent);
	pthread_mutex_destroy(&b->lock);
	free(b);
}
