/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open handles. A descriptor is held per handle at most, none per known file;
 * in passthrough mode the kernel holds the backing file and we hold nothing.
 */
#include "fs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "assay/fd.h"

int32_t ay_tgid_of(int32_t tid)
{
	char path[32], text[1024];
	AY_CLEANUP_FD int fd = -1;
	const char *line;
	ssize_t n;

	if (tid <= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* Name: comes first and has control bytes escaped, so that a line of this name is the kernel's. */
	line = strstr(text, "\nTgid:\t");
	return line ? (int32_t)strtol(line + 7, NULL, 10) : 0;
}

bool ay_handle_by_opener(const struct ay_handle *h, int32_t tid)
{
	if (tid <= 0 || h->opener_tgid <= 0)
		return false;
	return tid == h->opener_tgid || tid == h->opener_tid || ay_tgid_of(tid) == h->opener_tgid;
}

struct ay_handle *ay_handle_new(enum ay_handle_kind kind, fuse_req_t req)
{
	struct ay_handle *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->kind = kind;
	h->fd = -1;
	h->cred = ay_req_cred(req);
	h->buf = ay_buf_new(AY_LIMIT_CLAIM);
	pthread_mutex_init(&h->lock, NULL);
	if (kind == AY_HANDLE_WRITE || kind == AY_HANDLE_CLAIM) {
		h->opener_tid = h->cred.pid;
		h->opener_tgid = ay_tgid_of(h->cred.pid);
	}
	return h;
}

void ay_handle_free(struct ay_mount *m, struct ay_handle *h)
{
	if (!h)
		return;
	if (h->kind == AY_HANDLE_CLAIM)
		__atomic_sub_fetch(&m->claim_bytes, h->buf.len, __ATOMIC_RELAXED);
	ay_close(&h->fd);
	ay_buf_free(&h->buf);
	ay_inode_put(&m->inodes, h->inode);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

/* ---- streams ---- */

struct ay_stream *ay_stream_get(struct ay_inodes *t, struct ay_inode *in)
{
	struct ay_stream *s;

	pthread_mutex_lock(&t->lock);
	s = in->stream;
	if (!s) {
		s = calloc(1, sizeof(*s));
		if (s) {
			pthread_mutex_init(&s->lock, NULL);
			pthread_cond_init(&s->moved, NULL);
			in->stream = s;
		}
	}
	if (s)
		s->users++;
	pthread_mutex_unlock(&t->lock);
	return s;
}

void ay_stream_put(struct ay_inodes *t, struct ay_inode *in)
{
	struct ay_stream *s = NULL;

	pthread_mutex_lock(&t->lock);
	if (--in->stream->users == 0) {
		s = in->stream;
		in->stream = NULL;
	}
	pthread_mutex_unlock(&t->lock);
	if (!s)
		return;
	if (s->hash)
		ay_hash_free(s->hash);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->moved);
	free(s);
}

void ay_stream_disorder(struct ay_stream *s)
{
	/* The hash is freed when nobody adds to it any more: at restart, or with the stream. */
	s->expect = UINT64_MAX;
	s->digest_known = false;
}

void ay_stream_restart(struct ay_stream *s)
{
	while (s->busy || s->turn != s->next_turn)
		pthread_cond_wait(&s->moved, &s->lock);
	if (s->hash)
		ay_hash_free(s->hash);
	s->hash = ay_hash_new();
	s->digest_known = false;
	s->expect = s->hash ? 0 : UINT64_MAX;
	__atomic_store_n(&s->size, 0, __ATOMIC_RELAXED);
}

/* ---- backings ---- */

/* How one node of the catalogue, or one object, is being read. Lives while handles are open. */
struct ay_backing {
	uint64_t node;
	int32_t id;                  /* of the kernel; 0: the daemon reads */
	unsigned handles;
	struct ay_backing *next;
};

int ay_backings_init(struct ay_backings *b)
{
	memset(b, 0, sizeof(*b));
	for (size_t i = 0; i < AY_BACKING_STRIPES; i++)
		pthread_mutex_init(&b->stripe[i].lock, NULL);
	return 0;
}

void ay_backings_free(struct ay_backings *b)
{
	for (size_t i = 0; i < AY_BACKING_STRIPES; i++) {
		struct ay_backing *v = b->stripe[i].first, *next;

		for (; v; v = next) {
			next = v->next;
			free(v);
		}
		pthread_mutex_destroy(&b->stripe[i].lock);
	}
}

static struct ay_backing **find(struct ay_backings *b, uint64_t node)
{
	struct ay_backing **p = &b->stripe[node % AY_BACKING_STRIPES].first;

	while (*p && (*p)->node != node)
		p = &(*p)->next;
	return p;
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

int ay_backing_open(struct ay_mount *m, fuse_req_t req, uint64_t node, uint64_t artifact, const struct ay_sha256 *d, struct ay_handle *h,
		    struct fuse_file_info *fi)
{
	pthread_mutex_t *lock = &m->backings.stripe[node % AY_BACKING_STRIPES].lock;
	struct ay_backing **p, *b;
	AY_CLEANUP_FD int fd = -1;
	int err = 0;

	pthread_mutex_lock(lock);
	p = find(&m->backings, node);
	b = *p;
	if (!b || !b->id) {
		fd = ay_gate_object_open(m->gate, artifact, d, NULL);
		err = fd < 0 ? fd : 0;
	}
	if (!err && !b) {
		b = calloc(1, sizeof(*b));
		if (b) {
			b->node = node;
			b->id = passthrough_id(m, req, fd);
			b->next = *p;
			*p = b;
		} else {
			err = -ENOMEM;
		}
	}
	if (!err) {
		b->handles++;
		fill(b, h, fi);
	}
	pthread_mutex_unlock(lock);
	if (!err && h->kind == AY_HANDLE_READ) {
		h->fd = fd;
		fd = -1;
	}
	return err;
}

void ay_backing_close(struct ay_mount *m, struct ay_handle *h)
{
	pthread_mutex_t *lock = &m->backings.stripe[h->node % AY_BACKING_STRIPES].lock;
	struct ay_backing **p, *b;

	pthread_mutex_lock(lock);
	p = find(&m->backings, h->node);
	b = *p;
	if (--b->handles == 0) {
		*p = b->next;
		if (b->id)
			passthrough_drop(m, b->id);
		free(b);
	}
	pthread_mutex_unlock(lock);
}
