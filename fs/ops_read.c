/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and reading. INV-1 is held in ay_op_open: content is reached through
 * an admitted node or object that the gate allows at this moment, or through
 * the read-write descriptor of the writer of what is staged; nothing else.
 */
#include "fs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static bool wants_write(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
}

static int open_admitted(struct ay_mount *m, fuse_req_t req, const struct ay_place *p, struct fuse_file_info *fi, struct ay_handle **out)
{
	struct ay_cred c = ay_req_cred(req);
	struct ay_handle *h;
	int err;

	if (p->node.kind == AY_NODE_DIR)
		return -EISDIR;
	if (wants_write(fi->flags))
		return -EROFS;
	/* The node that it was while staged may still be open for direct I/O: the name leads to its own node now. */
	if (p->inode)
		return -ESTALE;
	err = ay_gate_may_open(m->gate, p->node.artifact, &c, NULL);
	if (err)
		return err;
	h = ay_handle_new(AY_HANDLE_READ, req);
	if (!h)
		return -ENOMEM;
	err = ay_backing_open(m, req, p->node.id, p->node.artifact, &p->node.sha256, h, fi);
	if (err)
		ay_handle_free(m, h);
	else
		*out = h;
	return err;
}

static int open_object(struct ay_mount *m, fuse_req_t req, struct ay_inode *in, struct fuse_file_info *fi, struct ay_handle **out)
{
	struct ay_cred c = ay_req_cred(req);
	struct ay_handle *h;
	int err;

	if (wants_write(fi->flags))
		return -EROFS;
	err = ay_gate_may_open_object(m->gate, &in->sha256, &c, NULL);
	if (err)
		return err;
	h = ay_handle_new(AY_HANDLE_READ, req);
	if (!h)
		return -ENOMEM;
	err = ay_backing_open(m, req, in->id, 0, &in->sha256, h, fi);
	if (err)
		ay_handle_free(m, h);
	else
		*out = h;
	return err;
}

static int open_staged(struct ay_mount *m, fuse_req_t req, const struct ay_place *p, struct fuse_file_info *fi, struct ay_handle **out)
{
	struct ay_cred c = ay_req_cred(req);
	char path[AY_PATH_ROOM];
	struct ay_intake *in;
	int err = ay_place_enter(p, c.uid);

	if (err)
		return err;
	if (p->inode->kind == AY_INODE_STAGED_DIR)
		return -EISDIR;
	if ((fi->flags & O_ACCMODE) == O_RDONLY)
		return AY_EACCESS;
	err = ay_inode_path(&m->inodes, p->inode, path, sizeof(path));
	if (err)
		return err;
	in = ay_staged_begin(p->inode->staged);
	if (!in)
		return -ESTALE;
	fi->direct_io = 1;
	err = ay_intake_may(in, &c, AY_CHANGE_WRITE_OPEN, path, NULL);
	if (err) {
		ay_staged_end(p->inode->staged);
		return err;
	}
	err = ay_write_open(m, req, p->inode, in, path, fi->flags & ~O_CREAT, out);
	ay_staged_changed(p->inode->staged);
	return err;
}

/* The content at this moment, whole: a report or a checkpoint is replaced under its readers. */
static int open_view(struct ay_mount *m, fuse_req_t req, struct ay_inode *in, struct fuse_file_info *fi, struct ay_handle **out)
{
	struct ay_handle *h = ay_handle_new(AY_HANDLE_VIEW, req);
	char path[AY_PATH_ROOM];
	int err;

	if (!h)
		return -ENOMEM;
	err = ay_inode_path(&m->inodes, in, path, sizeof(path));
	if (!err)
		err = ay_view_read(m->gate, path, &h->cred, &h->buf, NULL);
	if (err) {
		ay_handle_free(m, h);
		return err;
	}
	fi->direct_io = 1;
	*out = h;
	return 0;
}

/* A claim copied over a record that is there already. */
static int rewrite_view(struct ay_mount *m, fuse_req_t req, struct ay_inode *in, struct fuse_file_info *fi, struct ay_handle **out)
{
	struct ay_place dir = {.inode = in->up};
	struct ay_cred c = ay_req_cred(req);
	struct ay_inode *claim;
	int err = ay_attest_create(m, &dir, in->name, &c, &claim);

	if (err)
		return err;
	err = ay_brought_open(m, req, claim, fi->flags, out);
	ay_inode_put(&m->inodes, claim);
	fi->direct_io = 1;
	return err;
}

static int open_brought(struct ay_mount *m, fuse_req_t req, const struct ay_place *p, struct fuse_file_info *fi, struct ay_handle **out)
{
	int err = ay_place_enter(p, fuse_req_ctx(req)->uid);

	if (err)
		return err;
	fi->direct_io = 1;
	if (p->inode->kind == AY_INODE_CLAIM && !wants_write(fi->flags))
		return p->inode->up && p->inode->up->kind == AY_INODE_VIEW_DIR ? open_view(m, req, p->inode, fi, out) : AY_EACCESS;
	return ay_brought_open(m, req, p->inode, fi->flags, out);
}

static int open_place(struct ay_mount *m, fuse_req_t req, const struct ay_place *p, struct fuse_file_info *fi, struct ay_handle **out)
{
	if (p->admitted)
		return open_admitted(m, req, p, fi, out);
	if (p->staged)
		return open_staged(m, req, p, fi, out);
	switch (p->kind) {
	case AY_INODE_OBJECT: return open_object(m, req, p->inode, fi, out);
	case AY_INODE_VIEW_FILE: return wants_write(fi->flags) ? rewrite_view(m, req, p->inode, fi, out) : open_view(m, req, p->inode, fi, out);
	case AY_INODE_CLAIM: case AY_INODE_GHOST_FILE: return open_brought(m, req, p, fi, out);
	case AY_INODE_TAG: return -ELOOP;
	case AY_INODE_ROOT: case AY_INODE_NAMES: case AY_INODE_VIEW_DIR: case AY_INODE_OBJECTS: case AY_INODE_SHA256:
	case AY_INODE_GHOST_DIR: case AY_INODE_STAGED_DIR: case AY_INODE_STAGED_FILE:
		break;
	}
	return -EISDIR;
}

void ay_op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_handle *h = NULL;
	struct ay_place p;
	int err = ay_place(m, ino, &p);

	if (!err) {
		err = open_place(m, req, &p, fi, &h);
		ay_place_end(m, &p);
	}
	if (err) {
		ay_reply_code(req, err);
		return;
	}
	fi->fh = (uintptr_t)h;
	if (fuse_reply_open(req, fi) < 0)
		ay_handle_end(m, h);    /* interrupted: there will be no RELEASE */
}

static void read_buf(fuse_req_t req, const struct ay_buf *b, size_t size, off_t off)
{
	size_t at = (size_t)off;

	if (at >= b->len)
		fuse_reply_buf(req, NULL, 0);
	else
		fuse_reply_buf(req, (const char *)b->data + at, size < b->len - at ? size : b->len - at);
}

static void read_fd(fuse_req_t req, int fd, size_t size, off_t off)
{
	char *buf = malloc(size);
	ssize_t n = buf ? pread(fd, buf, size, off) : -1;

	if (!buf)
		fuse_reply_err(req, ENOMEM);
	else if (n < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_buf(req, buf, (size_t)n);
	free(buf);
}

void ay_op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct ay_handle *h = ay_handle_of(fi);

	(void)ino;
	switch (h->kind) {
	case AY_HANDLE_READ:
	case AY_HANDLE_WRITE:
		read_fd(req, h->fd, size, off);
		return;
	case AY_HANDLE_VIEW:
	case AY_HANDLE_CLAIM:
		pthread_mutex_lock(&h->lock);
		read_buf(req, &h->buf, size, off);
		pthread_mutex_unlock(&h->lock);
		return;
	case AY_HANDLE_GHOST:
		fuse_reply_buf(req, NULL, 0);
		return;
	case AY_HANDLE_PASS:                /* the kernel reads by itself */
		break;
	}
	fuse_reply_err(req, EIO);
}
