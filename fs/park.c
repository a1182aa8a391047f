/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The close() that may settle an artifact waits for its verdict without a
 * thread: the request is parked until the gate calls back. An interrupt answers
 * EINTR and the gates run on.
 *
 * libfuse calls the interrupt function under the request's lock, maybe while
 * the verdict arrives elsewhere. So it gets a number, never a pointer, and only
 * queues it; the notifier thread asks the gate to forget the waiter.
 */
#include "fs/internal.h"

#include <errno.h>
#include <stdlib.h>

struct ay_parked {
	uint64_t id;
	struct ay_mount *m;
	fuse_req_t req;
	struct ay_staged *staged;
	uint64_t ticket;
	bool told;                   /* the gate has it: ticket is valid */
	bool interrupted;
	struct ay_parked *next;
};

static struct ay_parked **find(struct ay_parking *k, uint64_t id)
{
	struct ay_parked **p = &k->first;

	while (*p && (*p)->id != id)
		p = &(*p)->next;
	return p;
}

/* From any thread; maybe before ay_intake_closed returns. */
static void done(void *arg, int code)
{
	struct ay_parked *p = arg, **at;
	struct ay_parking *k = &p->m->parking;

	pthread_mutex_lock(&k->lock);
	at = find(k, p->id);
	*at = p->next;
	pthread_mutex_unlock(&k->lock);
	ay_reply_code(p->req, code);
	ay_staged_unref(p->staged);
	free(p);
}

static void interrupted(fuse_req_t req, void *data)
{
	ay_notify_interrupt(fuse_req_userdata(req), (uint64_t)(uintptr_t)data);
}

void ay_park(struct ay_mount *m, fuse_req_t req, struct ay_staged *s, struct ay_intake *in, const char *path, const struct ay_sha256 *digest)
{
	struct ay_parking *k = &m->parking;
	struct ay_parked *p = calloc(1, sizeof(*p));
	uint64_t id, ticket = 0;
	bool forget = false;

	if (!p) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	p->m = m;
	p->req = req;
	p->staged = ay_staged_ref(s);
	pthread_mutex_lock(&k->lock);
	id = p->id = ++k->next;
	p->next = k->first;
	k->first = p;
	pthread_mutex_unlock(&k->lock);
	fuse_req_interrupt_func(req, interrupted, (void *)(uintptr_t)id);
	ay_intake_closed(in, path, digest, done, p, &ticket);
	pthread_mutex_lock(&k->lock);
	p = *find(k, id);
	if (p) {
		p->ticket = ticket;
		p->told = true;
		forget = p->interrupted;
	}
	pthread_mutex_unlock(&k->lock);
	if (forget)
		ay_intake_forget(in, ticket);
}

void ay_park_interrupt(struct ay_mount *m, uint64_t id)
{
	struct ay_staged *s = NULL;
	struct ay_parked *p;
	struct ay_intake *in;
	uint64_t ticket = 0;

	pthread_mutex_lock(&m->parking.lock);
	p = *find(&m->parking, id);
	if (p) {
		p->interrupted = true;
		if (p->told) {
			ticket = p->ticket;
			s = ay_staged_ref(p->staged);
		}
	}
	pthread_mutex_unlock(&m->parking.lock);
	if (!s)
		return;
	in = ay_staged_begin(s);
	if (in) {
		ay_intake_forget(in, ticket);
		ay_staged_end(s);
	}
	ay_staged_unref(s);
}

void ay_park_drain(struct ay_mount *m)
{
	uint64_t id;

	for (;;) {
		pthread_mutex_lock(&m->parking.lock);
		id = m->parking.first ? m->parking.first->id : 0;
		pthread_mutex_unlock(&m->parking.lock);
		if (!id)
			return;
		ay_park_interrupt(m, id);
		/* A verdict may be on its way in another thread at this moment. */
		usleep(1000);
	}
}
