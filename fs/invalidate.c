/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The notifier thread. It alone sends notifications to the kernel, and holds no
 * lock while it does: expiring a name takes the directory's lock in the kernel,
 * which a lookup that waits for us may hold. Only names expire, never pages: a
 * new version has new node ids.
 */
#include "fs/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A changed reference, or a parked request that was interrupted. */
struct ay_notice {
	struct ay_notice *next;
	uint64_t interrupt;
	bool withdrawn;
	char ref[];
};

static void push(struct ay_mount *m, struct ay_notice *n)
{
	struct ay_notifier *t = &m->notifier;

	pthread_mutex_lock(&t->lock);
	n->next = NULL;
	*t->tail = n;
	t->tail = &n->next;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

/* Without memory names live out their second, and an interrupt waits for its verdict. */
void ay_notify_changed(void *arg, const char *ref, enum ay_state state)
{
	size_t len = strlen(ref) + 1;
	struct ay_notice *n = calloc(1, sizeof(*n) + len);

	if (!n)
		return;
	n->withdrawn = state == AY_REVOKED || state == AY_RETIRED;
	memcpy(n->ref, ref, len);
	push(arg, n);
}

void ay_notify_interrupt(struct ay_mount *m, uint64_t id)
{
	struct ay_notice *n = calloc(1, sizeof(*n) + 1);

	if (!n)
		return;
	n->interrupt = id;
	push(m, n);
}

static void expire(struct ay_mount *m, uint64_t parent, const char *name)
{
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 17)
	int err = fuse_lowlevel_notify_expire_entry(m->session, parent, name, strlen(name));
#else
	int err = fuse_lowlevel_notify_expire_entry(m->session, parent, name, strlen(name), FUSE_LL_EXPIRE_ONLY);
#endif
	/* Kernels before 6.2. Dropping the name is rougher, but as right. */
	if (err == -ENOSYS)
		fuse_lowlevel_notify_inval_entry(m->session, parent, name, strlen(name));
}

static void changed(struct ay_mount *m, char *ref)
{
	struct ay_inode *in = ay_inode_get(&m->inodes, FUSE_ROOT_ID), *child;
	char *part = ref, *slash;

	while (in && (slash = strchr(part, '/'))) {
		*slash = '\0';
		child = ay_inode_child(&m->inodes, in->id, part);
		ay_inode_put(&m->inodes, in);
		in = child;
		part = slash + 1;
	}
	if (!in)
		return;                     /* the kernel does not know the directory */
	child = ay_inode_child(&m->inodes, in->id, part);
	if (child && child->staged)
		ay_staged_settle(m, child->staged);
	ay_inode_put(&m->inodes, child);
	expire(m, in->id, part);
	ay_inode_put(&m->inodes, in);
}

static struct ay_notice *wait_notice(struct ay_notifier *t)
{
	struct ay_notice *n;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	pthread_mutex_lock(&t->lock);
	if (!t->first && !t->stop)
		pthread_cond_timedwait(&t->wake, &t->lock, &until);
	n = t->first;
	if (n) {
		t->first = n->next;
		if (!t->first)
			t->tail = &t->first;
	}
	pthread_mutex_unlock(&t->lock);
	return n;
}

static bool stopping(struct ay_notifier *t)
{
	bool stop;

	pthread_mutex_lock(&t->lock);
	stop = t->stop;
	pthread_mutex_unlock(&t->lock);
	return stop;
}

static void *run(void *arg)
{
	struct ay_mount *m = arg;
	struct ay_notifier *t = &m->notifier;
	int64_t swept_s = 0, now_s;

	while (!stopping(t)) {
		struct ay_notice *n = wait_notice(t);

		if (n && n->interrupt)
			ay_park_interrupt(m, n->interrupt);
		else if (n)
			changed(m, n->ref);
		now_s = time(NULL);
		if (n && n->withdrawn)      /* the space of its files is wanted */
			ay_backings_end_rest(m, INT64_MAX);
		free(n);
		if (now_s - swept_s >= AY_GHOST_IDLE_S / 4) {
			ay_inode_sweep(&m->inodes, now_s);
			ay_backings_end_rest(m, now_s - AY_BACKING_REST_S);
			swept_s = now_s;
		}
		/* A signal that came between the loop's check and its wait is not lost. */
		if (fuse_session_exited(m->session))
			pthread_kill(t->main, SIGTERM);
	}
	return NULL;
}

int ay_notifier_start(struct ay_mount *m, struct ay_error *e)
{
	struct ay_notifier *t = &m->notifier;
	sigset_t all, old;
	int err;

	t->first = NULL;
	t->tail = &t->first;
	t->main = pthread_self();
	t->stop = false;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&t->thread, NULL, run, m);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	t->running = !err;
	return err ? ay_error_set(e, -err, "cannot start a thread") : 0;
}

void ay_notifier_stop(struct ay_mount *m)
{
	struct ay_notifier *t = &m->notifier;
	struct ay_notice *n;

	if (!t->running)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	t->running = false;
	while ((n = t->first)) {
		t->first = n->next;
		free(n);
	}
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
}
