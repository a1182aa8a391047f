/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How admitted files are read: by the kernel from a backing file, or by the
 * daemon. A node is read one way while any handle is open, because the kernel
 * refuses a mix.
 *
 * A backing that nobody uses any more rests for a while: the next open of a warm
 * file need not ask the catalogue for its object, the disk for its file and the
 * kernel for a number. What rests says nothing about who may read:
 * the gate was asked before. A file that was touched since is opened anew.
 */
#include "fs/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include "assay/fd.h"

#define REST_PER_STRIPE 8
#define KEPT_MAX (AY_BACKING_STRIPES * REST_PER_STRIPE)

struct ay_backing {
	uint64_t node;
	int32_t id;                  /* of the kernel; 0: the daemon reads */
	int fd;                      /* for a look at the file before it serves again; -1: does not rest */
	struct stat st;              /* of its file, when it was verified */
	uint64_t generation;         /* of the gate's answers, before that: another policy may verify more */
	unsigned handles;
	int64_t rests_s;             /* since, when handles is 0 */
	struct ay_backing *next;     /* used last first */
};

void ay_backings_init(struct ay_backings *b)
{
	struct rlimit r;

	memset(b, 0, sizeof(*b));
	for (size_t i = 0; i < AY_BACKING_STRIPES; i++)
		pthread_mutex_init(&b->stripe[i].lock, NULL);
	b->room = KEPT_MAX;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur / 4 < b->room)
		b->room = (unsigned)(r.rlim_cur / 4);
}

/* Its file may be held open, for resting later: one place is taken, or there is none. */
static bool take_room(struct ay_backings *b)
{
	if (__atomic_add_fetch(&b->kept, 1, __ATOMIC_RELAXED) <= b->room)
		return true;
	__atomic_sub_fetch(&b->kept, 1, __ATOMIC_RELAXED);
	return false;
}

static void free_backing(struct ay_backings *all, struct ay_backing *b)
{
	if (b->fd >= 0)
		__atomic_sub_fetch(&all->kept, 1, __ATOMIC_RELAXED);
	ay_close(&b->fd);
	free(b);
}

void ay_backings_free(struct ay_backings *b)
{
	for (size_t i = 0; i < AY_BACKING_STRIPES; i++) {
		struct ay_backing *v = b->stripe[i].first, *next;

		for (; v; v = next) {
			next = v->next;
			free_backing(b, v);
		}
		pthread_mutex_destroy(&b->stripe[i].lock);
	}
}

/* The kernel takes its own reference to the file; 0 when it cannot. */
static int32_t passthrough_id(struct ay_mount *m, fuse_req_t req, int fd)
{
#ifdef FUSE_CAP_PASSTHROUGH
	if (m->passthrough) {
		int id = fuse_passthrough_open(req, fd);

		return id > 0 ? id : 0;
	}
#endif
	(void)m;
	(void)req;
	(void)fd;
	return 0;
}

/* Not by libfuse's own function, which needs a request: an open that was interrupted has none any more. */
static void passthrough_drop(struct ay_mount *m, int32_t id)
{
	uint32_t v = (uint32_t)id;

	ioctl(fuse_session_fd(m->session), _IOW(229, 2, uint32_t), &v);   /* FUSE_DEV_IOC_BACKING_CLOSE */
}

static void fill(struct ay_backing *b, struct ay_handle *h, struct fuse_file_info *fi)
{
	h->node = b->node;
	fi->noflush = 1;
	if (b->id) {
		h->kind = AY_HANDLE_PASS;
#ifdef FUSE_CAP_PASSTHROUGH
		fi->backing_id = b->id;
#endif
	} else {
		h->kind = AY_HANDLE_READ;
		fi->keep_cache = 1;
	}
}

/* ---- stripes: under their lock ---- */

static struct ay_backing *unlink_backing(struct ay_backings *b, uint64_t node)
{
	struct ay_backing **p = &b->stripe[node % AY_BACKING_STRIPES].first, *found;

	while (*p && (*p)->node != node)
		p = &(*p)->next;
	found = *p;
	if (found)
		*p = found->next;
	return found;
}

static void link_first(struct ay_backings *b, struct ay_backing *v)
{
	struct ay_backing **first = &b->stripe[v->node % AY_BACKING_STRIPES].first;

	v->next = *first;
	*first = v;
}

static void discard(struct ay_mount *m, struct ay_backing *b)
{
	if (b->id)
		passthrough_drop(m, b->id);
	free_backing(&m->backings, b);
}

/* Ends what rests in a stripe: beyond the first n of them, and what rests since before then. */
static void end_rest(struct ay_mount *m, size_t stripe, unsigned n, int64_t before_s)
{
	struct ay_backing **p = &m->backings.stripe[stripe].first, *b;

	while ((b = *p)) {
		if (!b->handles && (!n || b->rests_s < before_s)) {
			*p = b->next;
			discard(m, b);
			continue;
		}
		if (!b->handles)
			n--;
		p = &b->next;
	}
}

/* Removed, replaced or touched: its change time tells. */
static bool touched(const struct ay_backing *b)
{
	struct stat st;

	return fstat(b->fd, &st) < 0 || st.st_size != b->st.st_size || st.st_nlink != b->st.st_nlink ||
	       st.st_ctim.tv_sec != b->st.st_ctim.tv_sec || st.st_ctim.tv_nsec != b->st.st_ctim.tv_nsec;
}

/* Takes fd when it may rest later. */
static struct ay_backing *new_backing(struct ay_mount *m, fuse_req_t req, uint64_t node, uint64_t generation, int *fd)
{
	struct ay_backing *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->node = node;
	b->generation = generation;
	b->fd = -1;
	b->id = passthrough_id(m, req, *fd);
	if (fstat(*fd, &b->st) < 0)
		b->st.st_nlink = 0;     /* never looks untouched */
	if (b->id && take_room(&m->backings)) {
		b->fd = *fd;
		*fd = -1;
	}
	return b;
}

static int open_locked(struct ay_mount *m, fuse_req_t req, uint64_t node, uint64_t artifact, const struct ay_sha256 *d, int *fd,
		       struct ay_backing **out)
{
	uint64_t generation = ay_gate_generation(m->gate);
	struct ay_backing *b = unlink_backing(&m->backings, node);
	int err = 0;

	if (b && !b->handles && (b->generation != generation || touched(b))) {
		discard(m, b);
		b = NULL;
	}
	if (!b || !b->id) {
		*fd = ay_gate_object_open(m->gate, artifact, d, NULL);
		err = *fd < 0 ? *fd : 0;
	}
	if (!err && !b) {
		b = new_backing(m, req, node, generation, fd);
		err = b ? 0 : -ENOMEM;
	}
	if (!err)
		b->handles++;
	if (b)
		link_first(&m->backings, b);
	*out = b;
	return err;
}

int ay_backing_open(struct ay_mount *m, fuse_req_t req, uint64_t node, uint64_t artifact, const struct ay_sha256 *d, struct ay_handle *h,
		    struct fuse_file_info *fi)
{
	pthread_mutex_t *lock = &m->backings.stripe[node % AY_BACKING_STRIPES].lock;
	struct ay_backing *b;
	AY_CLEANUP_FD int fd = -1;
	int err;

	pthread_mutex_lock(lock);
	err = open_locked(m, req, node, artifact, d, &fd, &b);
	if (!err)
		fill(b, h, fi);
	pthread_mutex_unlock(lock);
	if (!err && h->kind == AY_HANDLE_READ) {
		h->fd = fd;
		fd = -1;
	}
	return err;
}

bool ay_backing_stat(struct ay_mount *m, uint64_t node, struct stat *out)
{
	size_t stripe = node % AY_BACKING_STRIPES;
	struct ay_backing *b;

	pthread_mutex_lock(&m->backings.stripe[stripe].lock);
	for (b = m->backings.stripe[stripe].first; b && b->node != node; b = b->next)
		;
	bool open = b && b->handles;

	if (open)
		*out = b->st;
	pthread_mutex_unlock(&m->backings.stripe[stripe].lock);
	return open;
}

void ay_backing_close(struct ay_mount *m, struct ay_handle *h)
{
	size_t stripe = h->node % AY_BACKING_STRIPES;
	struct ay_backing *b;

	pthread_mutex_lock(&m->backings.stripe[stripe].lock);
	b = unlink_backing(&m->backings, h->node);
	if (--b->handles == 0 && b->fd < 0) {
		discard(m, b);
	} else {
		b->rests_s = time(NULL);
		link_first(&m->backings, b);
		end_rest(m, stripe, REST_PER_STRIPE, INT64_MIN);
	}
	pthread_mutex_unlock(&m->backings.stripe[stripe].lock);
}

void ay_backings_end_rest(struct ay_mount *m, int64_t before_s)
{
	for (size_t i = 0; i < AY_BACKING_STRIPES; i++) {
		pthread_mutex_lock(&m->backings.stripe[i].lock);
		end_rest(m, i, REST_PER_STRIPE, before_s);
		pthread_mutex_unlock(&m->backings.stripe[i].lock);
	}
}
