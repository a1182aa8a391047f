/* SPDX-License-Identifier: Apache-2.0 */
/* Open handles, and what is known of a staged file while it is written. */
#include "fs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	struct ay_mount *m = ay_req_mount(req);
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
	pthread_mutex_lock(&m->handles_lock);
	h->next = m->handles;
	if (h->next)
		h->next->prev = h;
	m->handles = h;
	pthread_mutex_unlock(&m->handles_lock);
	return h;
}

void ay_handle_free(struct ay_mount *m, struct ay_handle *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&m->handles_lock);
	*(h->prev ? &h->prev->next : &m->handles) = h->next;
	if (h->next)
		h->next->prev = h->prev;
	pthread_mutex_unlock(&m->handles_lock);
	if (h->kind == AY_HANDLE_CLAIM)
		__atomic_sub_fetch(&m->claim_bytes, h->buf.len, __ATOMIC_RELAXED);
	ay_close(&h->fd);
	/* The reader may have its reply, and close, before the thread that sends it is done with sending. */
	pthread_mutex_lock(&h->lock);
	pthread_mutex_unlock(&h->lock);
	ay_buf_free(&h->buf);
	ay_inode_put(&m->inodes, h->inode);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

void ay_handles_abandon(struct ay_mount *m)
{
	struct ay_handle *h;

	while ((h = m->handles)) {
		if (h->stream)
			ay_stream_put(&m->inodes, h->inode);
		if (h->kind == AY_HANDLE_PASS || h->kind == AY_HANDLE_READ)
			ay_backing_close(m, h);
		ay_handle_free(m, h);
	}
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
