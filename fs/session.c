/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threads that serve requests. One of them, the leader, reads from the
 * kernel; the others sleep. What only touches memory and the catalogue the
 * leader answers itself and reads on: no other thread has to wake, which costs
 * more than such an answer. Before what may block it hands the lead to the
 * thread that fell asleep last, whose caches are the warmest, and joins the
 * sleepers afterwards. So a request is always answered by the thread that read it.
 *
 * The kernel's tables may be slow for once (a page of the catalogue on disk, an
 * object that is verified at its first open). The main thread looks every
 * 10 ms, while there is work, whether the leader is still at the same request,
 * and then gives the lead to another.
 */
#include "fs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MIN_THREADS 4
#define MAX_THREADS 64
#define TICK_NS 10000000L
#define WAKE_SIGNAL SIGUSR1     /* to the server's threads only, at the end */

struct server {
	pthread_t thread;
	struct ay_serving *all;
	pthread_cond_t wake;
	bool leads;                  /* all->lock */
	bool receives;               /* atomic */
	struct fuse_buf buf;
	struct server *next;         /* asleep */
};

struct ay_serving {
	struct fuse_session *session;
	pthread_mutex_t lock;
	struct server *asleep;       /* the last to fall asleep first; lock */
	struct server *leader;       /* NULL: none is free, the next that becomes free leads; lock */
	bool stop;                   /* lock */
	int err;                     /* lock */
	sem_t main;                  /* the main thread has something to look at */
	uint64_t taken;              /* requests read by leaders; atomic */
	bool busy;                   /* the leader is at a request; atomic */
	bool resting;                /* the main thread looks no more until there is work; atomic */
	unsigned n;
	struct server server[MAX_THREADS];
};

/* ---- which requests may block ---- */

static bool reads_only(uint32_t flags)
{
	return (flags & O_ACCMODE) == O_RDONLY && !(flags & O_TRUNC);
}

/* The kernel's bytes: fields lie at fixed places behind the header. */
static bool may_block(const struct fuse_buf *buf)
{
	struct fuse_in_header head;
	struct fuse_open_in open_in;
	struct fuse_release_in release_in;
	const char *body = (const char *)buf->mem + sizeof(head);

	if ((buf->flags & FUSE_BUF_IS_FD) || buf->size < sizeof(head))
		return true;
	memcpy(&head, buf->mem, sizeof(head));
	switch (head.opcode) {
	case FUSE_LOOKUP: case FUSE_FORGET: case FUSE_BATCH_FORGET: case FUSE_GETATTR: case FUSE_READLINK: case FUSE_ACCESS:
	case FUSE_OPENDIR: case FUSE_READDIR: case FUSE_READDIRPLUS: case FUSE_RELEASEDIR: case FUSE_STATFS: case FUSE_GETXATTR:
	case FUSE_LISTXATTR: case FUSE_INTERRUPT:
		return false;
	case FUSE_OPEN:
		if (buf->size < sizeof(head) + sizeof(open_in))
			return true;
		memcpy(&open_in, body, sizeof(open_in));
		return !reads_only(open_in.flags);
	case FUSE_RELEASE:                  /* of a writer: may settle */
		if (buf->size < sizeof(head) + sizeof(release_in))
			return true;
		memcpy(&release_in, body, sizeof(release_in));
		return !reads_only(release_in.flags);
	}
	return true;
}

/* ---- the lead ---- */

/* lock: to the thread that fell asleep last, or to nobody. */
static void pass_lead(struct ay_serving *v)
{
	struct server *next = v->asleep;

	v->leader = next;
	if (!next)
		return;
	v->asleep = next->next;
	next->leads = true;
	pthread_cond_signal(&next->wake);
}

/* False at the end. */
static bool wait_for_lead(struct server *me)
{
	struct ay_serving *v = me->all;
	bool go;

	pthread_mutex_lock(&v->lock);
	if (!v->leader && !v->stop) {
		v->leader = me;
		me->leads = true;
	} else if (!me->leads) {
		me->next = v->asleep;
		v->asleep = me;
	}
	while (!me->leads && !v->stop)
		pthread_cond_wait(&me->wake, &v->lock);
	go = !v->stop;
	pthread_mutex_unlock(&v->lock);
	return go;
}

/* Gives the lead away, unless the main thread did already. */
static void resign(struct server *me)
{
	struct ay_serving *v = me->all;

	pthread_mutex_lock(&v->lock);
	if (me->leads) {
		me->leads = false;
		pass_lead(v);
	}
	pthread_mutex_unlock(&v->lock);
}

static void end(struct ay_serving *v, int err)
{
	pthread_mutex_lock(&v->lock);
	v->stop = true;
	if (!v->err)
		v->err = err;
	pthread_mutex_unlock(&v->lock);
	fuse_session_exit(v->session);
	sem_post(&v->main);
}

/* Reads one request; false when there will be none. */
static bool receive(struct server *me)
{
	struct ay_serving *v = me->all;
	int n;

	for (;;) {
		__atomic_store_n(&me->receives, true, __ATOMIC_RELAXED);
		n = fuse_session_receive_buf(v->session, &me->buf);
		__atomic_store_n(&me->receives, false, __ATOMIC_RELAXED);
		if (n > 0 && !fuse_session_exited(v->session))
			return true;
		if ((n == -EINTR || n == -EAGAIN) && !fuse_session_exited(v->session))
			continue;
		end(v, n < 0 && n != -EINTR && n != -EAGAIN && n != -ENODEV ? n : 0);
		return false;
	}
}

/* The request is answered: is the lead still here? Whoever leads by now says for itself whether it is busy. */
static bool still_leads(struct server *me)
{
	struct ay_serving *v = me->all;
	bool yes;

	pthread_mutex_lock(&v->lock);
	yes = me->leads;
	if (yes)
		__atomic_store_n(&v->busy, false, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&v->lock);
	return yes;
}

/* As leader, until the lead is gone. False at the end. */
static bool lead(struct server *me)
{
	struct ay_serving *v = me->all;

	do {
		if (!receive(me))
			return false;
		if (may_block(&me->buf)) {
			resign(me);
			fuse_session_process_buf(v->session, &me->buf);
			return true;
		}
		__atomic_add_fetch(&v->taken, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&v->busy, true, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&v->resting, __ATOMIC_SEQ_CST) && __atomic_exchange_n(&v->resting, false, __ATOMIC_SEQ_CST))
			sem_post(&v->main);
		fuse_session_process_buf(v->session, &me->buf);
	} while (still_leads(me));
	return true;
}

static void *serve(void *arg)
{
	struct server *me = arg;

	while (wait_for_lead(me) && lead(me))
		;
	return NULL;
}

/* ---- the main thread ---- */

static void depose(struct ay_serving *v)
{
	pthread_mutex_lock(&v->lock);
	if (v->leader && v->asleep && __atomic_load_n(&v->busy, __ATOMIC_SEQ_CST)) {
		v->leader->leads = false;
		__atomic_store_n(&v->busy, false, __ATOMIC_SEQ_CST);
		pass_lead(v);
	}
	pthread_mutex_unlock(&v->lock);
}

static struct timespec in_a_tick(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += TICK_NS;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

/* Signals interrupt sem_wait and sem_timedwait; both are then simply asked again. */
static void watch(struct ay_serving *v)
{
	uint64_t seen = 0, taken;
	struct timespec until;
	bool busy;

	while (!fuse_session_exited(v->session)) {
		taken = __atomic_load_n(&v->taken, __ATOMIC_RELAXED);
		busy = __atomic_load_n(&v->busy, __ATOMIC_SEQ_CST);
		if (taken == seen && busy)
			depose(v);
		if (taken == seen && !busy) {
			__atomic_store_n(&v->resting, true, __ATOMIC_SEQ_CST);
			if (!__atomic_load_n(&v->busy, __ATOMIC_SEQ_CST))
				sem_wait(&v->main);
			__atomic_store_n(&v->resting, false, __ATOMIC_SEQ_CST);
		}
		seen = taken;
		until = in_a_tick();
		sem_timedwait(&v->main, &until);
	}
}

static unsigned thread_count(unsigned wanted)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = wanted ? wanted : 2 * (unsigned)(cpus > 0 ? cpus : 1) + MIN_THREADS;

	return n < 2 ? 2 : n > MAX_THREADS ? MAX_THREADS : n;
}

static int start_all(struct ay_serving *v, unsigned n)
{
	sigset_t all, old;
	int err = 0;

	sigfillset(&all);
	sigdelset(&all, WAKE_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (!err && v->n < n) {
		struct server *s = &v->server[v->n];

		s->all = v;
		pthread_cond_init(&s->wake, NULL);
		err = pthread_create(&s->thread, NULL, serve, s);
		if (err)
			pthread_cond_destroy(&s->wake);
		else
			v->n++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return v->n ? 0 : -err;             /* fewer serve as well */
}

/* By a signal, again and again, because it may come before the read that it is to end. Cancelling would leave sanitizers confused. */
static void join(struct server *s)
{
	struct timespec until;

	do {
		if (__atomic_load_n(&s->receives, __ATOMIC_RELAXED))
			pthread_kill(s->thread, WAKE_SIGNAL);
		until = in_a_tick();
	} while (pthread_timedjoin_np(s->thread, NULL, &until) == ETIMEDOUT);
}

static void stop_all(struct ay_serving *v)
{
	pthread_mutex_lock(&v->lock);
	v->stop = true;
	for (unsigned i = 0; i < v->n; i++)
		pthread_cond_signal(&v->server[i].wake);
	pthread_mutex_unlock(&v->lock);
	for (unsigned i = 0; i < v->n; i++) {
		join(&v->server[i]);
		pthread_cond_destroy(&v->server[i].wake);
		free(v->server[i].buf.mem);
	}
}

static void only_interrupts(int sig) { (void)sig; }

int ay_session_serve(struct ay_mount *m)
{
	struct sigaction wake = {.sa_handler = only_interrupts}, old;
	struct ay_serving *v = calloc(1, sizeof(*v));
	int err;

	if (!v)
		return -ENOMEM;
	v->session = m->session;
	pthread_mutex_init(&v->lock, NULL);
	sem_init(&v->main, 0, 0);
	sigaction(WAKE_SIGNAL, &wake, &old);
	err = start_all(v, thread_count(m->options->threads));
	if (!err) {
		watch(v);
		stop_all(v);
		err = v->err;
	}
	sigaction(WAKE_SIGNAL, &old, NULL);
	sem_destroy(&v->main);
	pthread_mutex_destroy(&v->lock);
	free(v);
	return err;
}
