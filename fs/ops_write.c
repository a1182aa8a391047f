/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing. Data comes through the daemon (direct I/O, never passthrough, whose
 * writable mappings would outlive the close) and is hashed while it streams in.
 *
 * A handle counts as closed when its opener flushes it after writing; the gate
 * may then judge the file. Whoever still writes through a duplicate must ask the
 * gate again, and writes under way are waited for, so that what is hashed and
 * scanned cannot change any more (INV-2, INV-3).
 */
#include "fs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "assay/fd.h"

#define WRITEBACK_WINDOW (32 * MIB)     /* handed to the disk as it fills, so that the sync at the end is short */

static void lock(struct ay_stream *s) { pthread_mutex_lock(&s->lock); }
static void unlock(struct ay_stream *s) { pthread_mutex_unlock(&s->lock); }
static void nobody_waits(void *arg, int code) { (void)arg; (void)code; }

/* ---- staged files ---- */

static int set_size(struct ay_mount *m, struct ay_intake *in, struct ay_stream *s, int fd, uint64_t size)
{
	int64_t delta = (int64_t)(size - s->size);
	int err = 0;

	if (size > ay_gate_file_limit(m->gate))
		return -EFBIG;
	if (size == s->size && size)
		return 0;
	if (delta)
		err = ay_intake_charge(in, delta, NULL);
	if (!err && ftruncate(fd, (off_t)size) < 0)
		err = -errno;
	if (err)
		return err;
	if (size) {
		ay_stream_disorder(s);
		__atomic_store_n(&s->size, size, __ATOMIC_RELAXED);
	} else {
		ay_stream_restart(s);
	}
	return 0;
}

/* What open finds: an empty file is hashed from its first byte. */
static int begin_stream(struct ay_mount *m, struct ay_intake *in, struct ay_handle *h, bool truncate)
{
	struct ay_stream *s = h->stream;
	struct stat st;
	int err = 0;

	if (fstat(h->fd, &st) < 0)
		return -errno;
	lock(s);
	if (!s->begun) {
		s->begun = true;
		s->size = (uint64_t)st.st_size;
		if (s->size)
			ay_stream_disorder(s);
		else
			ay_stream_restart(s);
	}
	if (truncate && s->size) {
		err = set_size(m, in, s, h->fd, 0);
		h->dirty = true;
		h->wrote = true;
	}
	unlock(s);
	return err;
}

int ay_write_open(struct ay_mount *m, fuse_req_t req, struct ay_inode *in, struct ay_intake *intake, const char *path, int flags,
		  struct ay_handle **out)
{
	struct ay_handle *h = ay_handle_new(AY_HANDLE_WRITE, req);
	struct stat st;
	int err;

	if (!h)
		return -ENOMEM;
	/* Always read-write underneath, whatever the caller asked for: hashing reads. */
	h->fd = ay_open_beneath(ay_intake_tree_fd(intake), path, O_RDWR, 0);
	/* Left linked as an object by an admission that did not come about: what may be sealed is not written (INV-3). */
	if (h->fd == -EACCES || (h->fd >= 0 && fstat(h->fd, &st) == 0 && st.st_nlink > 1)) {
		ay_close(&h->fd);
		err = ay_staging_own(m->store, ay_intake_tree_fd(intake), path, NULL);
		h->fd = err ? err : ay_open_beneath(ay_intake_tree_fd(intake), path, O_RDWR, 0);
	}
	if (h->fd < 0) {
		err = h->fd;
		ay_handle_free(m, h);
		return err;
	}
	h->inode = ay_inode_pin(&m->inodes, in);
	h->stream = ay_stream_get(&m->inodes, in);
	err = h->stream ? 0 : -ENOMEM;
	if (!err) {
		ay_intake_opened(intake, path, in->ino);
		err = begin_stream(m, intake, h, flags & O_TRUNC);
		if (err)
			ay_intake_released(intake, path);
	}
	if (err) {
		if (h->stream)
			ay_stream_put(&m->inodes, in);
		ay_handle_free(m, h);
		return err;
	}
	h->dirty = h->dirty || (flags & O_CREAT);
	*out = h;
	return 0;
}

/* A handle that counted as closed writes again: only when the gate agrees. stream->lock. */
static int reopen(struct ay_mount *m, struct ay_intake *in, struct ay_handle *h)
{
	char path[AY_PATH_ROOM];
	int err = ay_inode_path(&m->inodes, h->inode, path, sizeof(path));

	if (err == -ESTALE)
		return 0;                   /* unlinked: of no interest to the gate */
	if (!err)
		err = ay_intake_may(in, &h->cred, AY_CHANGE_WRITE_OPEN, path, NULL);
	if (err)
		return err;
	ay_intake_opened(in, path, h->inode->ino);
	ay_intake_released(in, path);
	ay_intake_done(in);
	h->counted = false;
	return 0;
}

struct turn { bool ordered; uint64_t number; };

static int write_begin(struct ay_mount *m, struct ay_intake *in, struct ay_handle *h, uint64_t off, size_t size, struct turn *t)
{
	struct ay_stream *s = h->stream;
	uint64_t end = off + size;
	int err = 0;

	if (end > ay_gate_file_limit(m->gate))
		return -EFBIG;
	lock(s);
	if (h->counted)
		err = reopen(m, in, h);
	if (!err && end > s->size)
		err = ay_intake_charge(in, (int64_t)(end - s->size), NULL);
	if (!err) {
		if (end > s->size)
			__atomic_store_n(&s->size, end, __ATOMIC_RELAXED);
		t->ordered = s->hash && off == s->expect;
		if (t->ordered) {
			t->number = s->next_turn++;
			s->expect = end;
		} else {
			ay_stream_disorder(s);
		}
		s->busy++;
		h->wrote = h->dirty = true;
	}
	unlock(s);
	return err;
}

static void write_end(struct ay_intake *in, struct ay_handle *h, int err)
{
	struct ay_stream *s = h->stream;
	struct stat st;

	lock(s);
	s->busy--;
	if (err) {
		/* Nobody knows how much arrived: count what is there. */
		ay_stream_disorder(s);
		if (fstat(h->fd, &st) == 0 && (uint64_t)st.st_size < s->size) {
			if (ay_intake_charge(in, st.st_size - (int64_t)s->size, NULL) == 0)
				__atomic_store_n(&s->size, (uint64_t)st.st_size, __ATOMIC_RELAXED);
		}
	}
	pthread_cond_broadcast(&s->moved);
	unlock(s);
}

/* After the answer, so that the writer copies its next buffer meanwhile. */
static void hash_in_turn(struct ay_stream *s, const struct turn *t, const char *buf, size_t size)
{
	if (!t->ordered)
		return;
	lock(s);
	while (s->turn != t->number)
		pthread_cond_wait(&s->moved, &s->lock);
	unlock(s);
	ay_hash_add(s->hash, buf, size);
	lock(s);
	s->turn++;
	pthread_cond_broadcast(&s->moved);
	unlock(s);
}

static void write_staged(fuse_req_t req, struct ay_handle *h, const char *buf, size_t size, uint64_t off)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_intake *in = ay_staged_begin(h->inode->staged);
	struct ay_stream *s = h->stream;
	struct turn t = {0};
	int err, fd;

	if (!in) {
		fuse_reply_err(req, EROFS);
		return;
	}
	err = write_begin(m, in, h, off, size, &t);
	if (err) {
		ay_staged_end(h->inode->staged);
		ay_reply_code(req, err);
		return;
	}
	err = ay_pwrite_full(h->fd, buf, size, off);
	fd = h->fd;
	/* A turn keeps the stream and the descriptor: release waits for it. */
	write_end(in, h, err);
	ay_staged_end(h->inode->staged);
	if (err)
		ay_reply_code(req, err);
	else
		fuse_reply_write(req, size);
	if (!err && off / WRITEBACK_WINDOW != (off + size) / WRITEBACK_WINDOW && t.ordered)
		sync_file_range(fd, (off_t)(off / WRITEBACK_WINDOW * WRITEBACK_WINDOW), WRITEBACK_WINDOW, SYNC_FILE_RANGE_WRITE);
	hash_in_turn(s, &t, buf, size);
}

/* Nobody writes by this handle any more, all is hashed; the digest when it is known and asked for. */
static const struct ay_sha256 *finish_stream(struct ay_handle *h, bool wanted, struct ay_sha256 *digest)
{
	struct ay_stream *s = h->stream;
	bool known;

	lock(s);
	h->counted = true;
	h->wrote = h->dirty = false;
	while (s->busy || s->turn != s->next_turn)
		pthread_cond_wait(&s->moved, &s->lock);
	if (wanted && s->hash && s->expect == s->size) {
		s->digest = ay_hash_final(s->hash);
		s->digest_known = true;
		s->expect = UINT64_MAX;
	}
	known = s->digest_known;
	*digest = s->digest;
	unlock(s);
	return known ? digest : NULL;
}

static void flush_staged(fuse_req_t req, struct ay_handle *h)
{
	struct ay_mount *m = ay_req_mount(req);
	char path[AY_PATH_ROOM];
	struct ay_sha256 digest;
	struct ay_staged *staged;
	struct ay_intake *in;
	bool wrote;

	lock(h->stream);
	wrote = h->wrote;
	unlock(h->stream);
	if (!wrote || !ay_handle_by_opener(h, fuse_req_ctx(req)->pid) || ay_inode_path(&m->inodes, h->inode, path, sizeof(path))) {
		fuse_reply_err(req, 0);
		return;
	}
	in = ay_staged_begin(h->inode->staged);
	if (!in) {
		fuse_reply_err(req, 0);
		return;
	}
	/* Once it is answered, RELEASE may have freed the handle. */
	staged = ay_staged_ref(h->inode->staged);
	ay_park(m, req, staged, in, path, finish_stream(h, true, &digest));
	ay_staged_end(staged);
	ay_staged_unref(staged);
}

void ay_write_close(struct ay_mount *m, struct ay_handle *h)
{
	struct ay_intake *in = ay_staged_begin(h->inode->staged);
	char path[AY_PATH_ROOM];
	struct ay_sha256 digest;
	const struct ay_sha256 *known;
	bool counted = h->counted, dirty = h->dirty;
	uint64_t ticket;

	known = finish_stream(h, dirty, &digest);
	if (in) {
		if (ay_inode_path(&m->inodes, h->inode, path, sizeof(path)) == 0) {
			if (dirty)
				ay_intake_closed(in, path, known, nobody_waits, NULL, &ticket);
			ay_intake_released(in, path);
		}
		/* It may have been the last thing that others waited for. */
		if (!counted || dirty)
			ay_intake_poke(in);
		ay_staged_end(h->inode->staged);
	}
	ay_stream_put(&m->inodes, h->inode);
	ay_handle_free(m, h);
}

int ay_write_truncate(struct ay_mount *m, struct ay_handle *h, uint64_t size)
{
	struct ay_intake *in = ay_staged_begin(h->inode->staged);
	struct ay_stream *s = h->stream;
	int err = 0;

	if (!in)
		return -EROFS;
	lock(s);
	if (h->counted && size != s->size)
		err = reopen(m, in, h);
	if (!err && size != s->size) {
		err = set_size(m, in, s, h->fd, size);
		if (!err)
			h->wrote = h->dirty = true;
	}
	unlock(s);
	ay_staged_end(h->inode->staged);
	return err;
}

void ay_handle_end(struct ay_mount *m, struct ay_handle *h)
{
	if (h->kind == AY_HANDLE_WRITE) {
		ay_write_close(m, h);
		return;
	}
	if (h->kind == AY_HANDLE_PASS || h->kind == AY_HANDLE_READ)
		ay_backing_close(m, h);
	ay_handle_free(m, h);
}

/* ---- claims and ghosts ---- */

int ay_claim_allowed(struct ay_mount *m, const char *ref, const struct ay_cred *c)
{
	struct ay_artifact a;
	struct ay_ref r;
	struct ay_txn *t;
	int err = ay_ref_parse(ref, &r, NULL);

	if (err)
		return -EPERM;
	err = ay_read_begin(m->store, &t);
	if (err)
		return err;
	err = ay_artifact_get(t, r.text, &a);
	ay_read_end(t);
	if (err)
		return err;
	return a.uid == c->uid || ay_gate_may(m->gate, c, r.name, AY_RIGHT_ATTEST) ? 0 : AY_EACCESS;
}

int ay_brought_open(struct ay_mount *m, fuse_req_t req, struct ay_inode *in, int flags, struct ay_handle **out)
{
	struct ay_handle *h = ay_handle_new(in->kind == AY_INODE_CLAIM ? AY_HANDLE_CLAIM : AY_HANDLE_GHOST, req);

	if (!h)
		return -ENOMEM;
	h->inode = ay_inode_pin(&m->inodes, in);
	if (flags & O_TRUNC)
		__atomic_store_n(&in->size, 0, __ATOMIC_RELAXED);
	ay_inode_touch(&m->inodes, in, time(NULL));
	*out = h;
	return 0;
}

static void saw_size(struct ay_inode *in, uint64_t end)
{
	if (end > __atomic_load_n(&in->size, __ATOMIC_RELAXED))
		__atomic_store_n(&in->size, end, __ATOMIC_RELAXED);
}

/* claim: h->lock. Fills a gap with zeros, as a file would. */
static int claim_put(struct ay_mount *m, struct ay_handle *h, const char *buf, size_t size, uint64_t off)
{
	struct ay_buf *b = &h->buf;
	size_t end = (size_t)off + size, grow = end > b->len ? end - b->len : 0, old = b->len;
	uint8_t *room;

	if (off > AY_LIMIT_CLAIM || end > AY_LIMIT_CLAIM)
		return -EFBIG;
	if (grow) {
		if (__atomic_add_fetch(&m->claim_bytes, grow, __ATOMIC_RELAXED) > AY_CLAIM_BUFFERS) {
			__atomic_sub_fetch(&m->claim_bytes, grow, __ATOMIC_RELAXED);
			return -ENOSPC;
		}
		room = ay_buf_reserve(b, grow);
		if (!room) {
			__atomic_sub_fetch(&m->claim_bytes, grow, __ATOMIC_RELAXED);
			return -ENOMEM;
		}
		memset(room, 0, grow);
		ay_buf_grew(b, grow);
	}
	memcpy(b->data + off, buf, size);
	saw_size(h->inode, b->len > old ? b->len : old);
	h->wrote = true;
	return 0;
}

static void write_claim(fuse_req_t req, struct ay_handle *h, const char *buf, size_t size, uint64_t off)
{
	int err;

	pthread_mutex_lock(&h->lock);
	err = claim_put(ay_req_mount(req), h, buf, size, off);
	pthread_mutex_unlock(&h->lock);
	if (err)
		ay_reply_code(req, err);
	else
		fuse_reply_write(req, size);
}

static int submit_claim(struct ay_mount *m, struct ay_handle *h)
{
	char name[AY_LIMIT_COMPONENT + 1];
	int err = 0;

	pthread_mutex_lock(&h->lock);
	if (h->wrote) {
		h->wrote = false;
		pthread_mutex_lock(&m->inodes.lock);
		ay_claim_of(h->inode->name, name);
		pthread_mutex_unlock(&m->inodes.lock);
		err = ay_gate_add_claim(m->gate, h->inode->ref, &h->cred, name, h->buf.data, h->buf.len, NULL);
	}
	pthread_mutex_unlock(&h->lock);
	return err;
}

/* ---- operations ---- */

void ay_op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct ay_handle *h = ay_handle_of(fi);

	(void)ino;
	switch (h->kind) {
	case AY_HANDLE_WRITE:
		write_staged(req, h, buf, size, (uint64_t)off);
		return;
	case AY_HANDLE_CLAIM:
		write_claim(req, h, buf, size, (uint64_t)off);
		return;
	case AY_HANDLE_GHOST:
		saw_size(h->inode, (uint64_t)off + size);
		fuse_reply_write(req, size);
		return;
	case AY_HANDLE_PASS: case AY_HANDLE_READ: case AY_HANDLE_VIEW:
		break;
	}
	fuse_reply_err(req, EBADF);
}

void ay_op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct ay_handle *h = ay_handle_of(fi);

	(void)ino;
	switch (h->kind) {
	case AY_HANDLE_WRITE:
		flush_staged(req, h);
		return;
	case AY_HANDLE_CLAIM:
		if (ay_handle_by_opener(h, fuse_req_ctx(req)->pid)) {
			ay_reply_code(req, submit_claim(ay_req_mount(req), h));
			return;
		}
		break;
	case AY_HANDLE_GHOST: case AY_HANDLE_PASS: case AY_HANDLE_READ: case AY_HANDLE_VIEW:
		break;
	}
	fuse_reply_err(req, 0);
}

void ay_op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_handle *h = ay_handle_of(fi);
	char path[AY_PATH_ROOM];
	struct ay_intake *in;
	int err = 0;

	(void)ino;
	if (h->kind != AY_HANDLE_WRITE) {
		fuse_reply_err(req, 0);
		return;
	}
	/* Durable, not published; refused while a rejected file stands in the artifact, because many programs look here and not at close(). */
	in = ay_staged_begin(h->inode->staged);
	if (in) {
		if (ay_inode_path(&m->inodes, h->inode, path, sizeof(path)) == 0)
			err = ay_intake_may(in, &h->cred, AY_CHANGE_FSYNC, path, NULL);
		ay_staged_end(h->inode->staged);
	}
	if (!err && (datasync ? fdatasync(h->fd) : fsync(h->fd)) < 0)
		err = -errno;
	ay_reply_code(req, err);
}

void ay_op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_handle *h = ay_handle_of(fi);

	(void)ino;
	if (h->kind == AY_HANDLE_CLAIM && submit_claim(m, h))
		ay_inode_unname(&m->inodes, h->inode);
	ay_handle_end(m, h);
	fuse_reply_err(req, 0);
}

/* ---- create ---- */

/* ".../attest/CLASS/NAME@VERSION": the reference, or NULL. */
static const char *attested(const char *path)
{
	return strncmp(path, "attest/", 7) == 0 && strchr(path, '@') ? path + 7 : NULL;
}

static int create_claim(struct ay_mount *m, const struct ay_place *dir, const char *name, const char *ref, const struct ay_cred *c,
			struct ay_inode **out)
{
	struct ay_inode *up = dir->admitted ? NULL : dir->inode;

	*out = ay_inode_bring(&m->inodes, up ? up->id : dir->node.id, up, name, AY_INODE_CLAIM, c->uid, ref);
	return *out ? 0 : -ENOMEM;
}

int ay_attest_create(struct ay_mount *m, const struct ay_place *dir, const char *name, const struct ay_cred *c, struct ay_inode **out)
{
	char path[AY_PATH_ROOM];
	const char *ref;
	int err = ay_inode_path(&m->inodes, dir->inode, path, sizeof(path));

	if (err)
		return err;
	ref = attested(path);
	if (!ref || !ay_claim_name(name))
		return -EPERM;
	err = ay_claim_allowed(m, ref, c);
	return err ? err : create_claim(m, dir, name, ref, c, out);
}

static int create_staged(struct ay_mount *m, fuse_req_t req, const struct ay_place *dir, const char *name, mode_t mode, int flags,
			 struct ay_inode **in_out, struct ay_handle **out)
{
	struct ay_cred c = ay_req_cred(req);
	char path[AY_PATH_ROOM];
	struct ay_intake *in;
	AY_CLEANUP_FD int fd = -1;
	int err;

	if ((flags & O_ACCMODE) == O_RDONLY)
		return AY_EACCESS;
	err = ay_staged_change(m, dir, &c, AY_CHANGE_CREATE, name, path, sizeof(path), &in);
	if (err)
		return err;
	fd = ay_open_beneath(ay_intake_tree_fd(in), path, O_RDWR | O_CREAT | O_EXCL, 0600 | (mode & 0100));
	if (fd == -EEXIST && !(flags & O_EXCL))
		flags &= ~O_CREAT;
	else if (fd < 0)
		err = fd;
	if (!err) {
		*in_out = ay_inode_make(&m->inodes, dir->inode->id, dir->inode, name, AY_INODE_STAGED_FILE, dir->inode->staged);
		err = *in_out ? 0 : -ENOMEM;
	}
	if (!err) {
		ay_inode_number(m, *in_out);
		err = ay_write_open(m, req, *in_out, in, path, flags, out);
		if (err)
			ay_inode_put(&m->inodes, *in_out);
	}
	ay_staged_changed(dir->inode->staged);
	return err;
}

static int create_extra(struct ay_mount *m, const struct ay_place *p, const char *name, const struct ay_cred *c, struct ay_inode **in)
{
	struct ay_artifact a;

	if (ay_place_extra(m, p, name, false, c->uid, &a) == AY_EXTRA_CLAIM)
		return create_claim(m, p, name, a.ref.text, c, in);
	return ay_ghost_make(m, p, name, c, false, in);
}

static int create_place(struct ay_mount *m, fuse_req_t req, const struct ay_place *p, const char *name, mode_t mode, int flags,
			struct ay_inode **in, struct ay_handle **out)
{
	struct ay_cred c = ay_req_cred(req);
	int err;

	if (p->staged) {
		err = p->art.state == AY_HELD ? AY_ESTATE : create_staged(m, req, p, name, mode, flags, in, out);
		/* Held, or judged at this moment: there is still room for what is no payload. */
		if (err != AY_ESTATE || p->art.state == AY_REJECTED || create_extra(m, p, name, &c, in))
			return err;
		err = 0;
	} else if (p->admitted) {
		err = create_extra(m, p, name, &c, in);
	} else if (p->kind == AY_INODE_GHOST_DIR) {
		err = ay_ghost_make(m, p, name, &c, false, in);
	} else if (p->kind == AY_INODE_VIEW_DIR) {
		err = ay_attest_create(m, p, name, &c, in);
	} else {
		err = -EPERM;               /* files live in artifacts */
	}
	if (err)
		return err;
	err = ay_brought_open(m, req, *in, flags, out);
	if (err)
		ay_inode_put(&m->inodes, *in);
	return err;
}

void ay_op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_handle *h = NULL;
	struct ay_inode *in = NULL;
	struct ay_place p;
	int err = ay_place(m, parent, &p);

	if (!err) {
		err = create_place(m, req, &p, name, mode, fi->flags | O_CREAT, &in, &h);
		ay_place_end(m, &p);
	}
	if (err) {
		ay_reply_code(req, err);
		return;
	}
	fi->direct_io = 1;
	fi->fh = (uintptr_t)h;
	if (!ay_reply_inode(req, in, 0, fi))
		ay_handle_end(m, h);
}
