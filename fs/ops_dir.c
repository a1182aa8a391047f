/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listing. An admitted directory is read from the catalogue entry by entry,
 * however long it is, and the kernel may keep what it read; a staged one is the
 * real directory; everything else is listed whole at opendir.
 */
#include "fs/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "assay/fd.h"

#define LIST_ROOM (64 * MIB)    /* names of one directory listed whole */

struct ay_dir {
	pthread_mutex_t lock;        /* two readdirs of one handle: guards what follows */
	uint64_t node;               /* admitted: its id, else 0 */
	char last[AY_LIMIT_COMPONENT + 1]; /* admitted: name at last_off */
	off_t last_off;
	DIR *real;                   /* staged */
	struct ay_buf list;          /* others: type byte, name, NUL; an offset is a position in it */
};

static void add(struct ay_buf *list, mode_t type, const char *name)
{
	ay_buf_addc(list, (uint8_t)(type >> 12));
	ay_buf_add(list, name, strlen(name) + 1);
}

struct names_list {
	struct ay_mount *m;
	struct ay_txn *t;
	struct ay_buf *list;
	const char *path;
	size_t path_len;
	uint32_t uid;
};

/* What is not admitted is listed for its writer alone. */
static int add_name(const char *component, bool is_version, void *arg)
{
	struct names_list *l = arg;
	char ref[AY_PATH_ROOM];
	struct ay_artifact a;

	if (is_version) {
		snprintf(ref, sizeof(ref), "%s/%s", l->path, component);
		if (ay_artifact_get(l->t, ref, &a) || a.state == AY_RETIRED)
			return 0;
		if (a.state != AY_ADMITTED && a.state != AY_REVOKED && a.uid != l->uid)
			return 0;
	}
	add(l->list, S_IFDIR, component);
	return 0;
}

static int add_tag(const struct ay_tag *tag, void *arg)
{
	struct names_list *l = arg;
	char name[AY_LIMIT_REF + AY_LIMIT_VERSION + 2];
	const char *last = tag->name + l->path_len + 1;

	if (strchr(last, '/'))
		return 0;
	snprintf(name, sizeof(name), "%s@%s", last, tag->tag);
	add(l->list, S_IFLNK, name);
	return 0;
}

static void add_made(const char *name, void *arg)
{
	struct names_list *l = arg;
	char path[AY_PATH_ROOM];

	snprintf(path, sizeof(path), "%s/%s", l->path, name);
	if (!ay_names_exist(l->m, path))
		add(l->list, S_IFDIR, name);
}

static int list_names(struct ay_mount *m, struct ay_inode *in, uint32_t uid, struct ay_buf *list)
{
	struct names_list l = {.m = m, .list = list, .uid = uid};
	char path[AY_PATH_ROOM], prefix[AY_PATH_ROOM + 1];
	int err = ay_inode_path(&m->inodes, in, path, sizeof(path));

	if (!err)
		err = ay_read_begin(m->store, &l.t);
	if (err)
		return err;
	l.path = path;
	l.path_len = strlen(path);
	snprintf(prefix, sizeof(prefix), "%s/", path);
	err = ay_name_each(l.t, path, NULL, add_name, &l);
	if (!err)
		err = ay_tag_each(l.t, prefix, add_tag, &l);
	ay_read_end(l.t);
	if (!err)
		ay_inode_each_made(&m->inodes, in->id, add_made, &l);
	return err;
}

static int add_view(const struct ay_view_entry *v, void *arg)
{
	add(arg, v->dir ? S_IFDIR : S_IFREG, v->name);
	return 0;
}

static int list_view(struct ay_mount *m, struct ay_inode *in, const struct ay_cred *c, struct ay_buf *list)
{
	char path[AY_PATH_ROOM];
	int err = ay_inode_path(&m->inodes, in, path, sizeof(path));

	return err ? err : ay_view_list(m->gate, path, c, add_view, list);
}

static int list_whole(struct ay_mount *m, const struct ay_place *p, const struct ay_cred *c, struct ay_buf *list)
{
	struct ay_inode *in = p->inode;
	int err = 0;

	add(list, S_IFDIR, ".");
	add(list, S_IFDIR, "..");
	switch (p->kind) {
	case AY_INODE_ROOT:
		for (size_t i = 0; ay_root_entry(i); i++)
			add(list, S_IFDIR, ay_root_entry(i));
		break;
	case AY_INODE_NAMES: err = list_names(m, in, c->uid, list); break;
	case AY_INODE_VIEW_DIR: err = list_view(m, in, c, list); break;
	case AY_INODE_OBJECTS: add(list, S_IFDIR, "sha256"); break;
	case AY_INODE_SHA256: case AY_INODE_GHOST_DIR: break;
	case AY_INODE_TAG: case AY_INODE_VIEW_FILE: case AY_INODE_OBJECT: case AY_INODE_STAGED_DIR: case AY_INODE_STAGED_FILE:
	case AY_INODE_GHOST_FILE: case AY_INODE_CLAIM:
		err = -ENOTDIR;
	}
	return err ? err : list->err;
}

static int open_real(struct ay_mount *m, const struct ay_place *p, DIR **out)
{
	struct ay_intake *in;
	char path[AY_PATH_ROOM];
	int fd, err = ay_inode_path(&m->inodes, p->inode, path, sizeof(path));

	if (err)
		return err;
	in = ay_staged_begin(p->inode->staged);
	if (!in)
		return -ESTALE;
	fd = ay_open_beneath(ay_intake_tree_fd(in), *path ? path : ".", O_RDONLY | O_DIRECTORY, 0);
	ay_staged_end(p->inode->staged);
	if (fd < 0)
		return fd;
	*out = fdopendir(fd);
	if (*out)
		return 0;
	err = -errno;
	close(fd);
	return err;
}

static void free_dir(struct ay_dir *d)
{
	if (d->real)
		closedir(d->real);
	ay_buf_free(&d->list);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

void ay_op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_cred c = ay_req_cred(req);
	struct ay_dir *d = calloc(1, sizeof(*d));
	struct ay_place p;
	int err = d ? ay_place(m, ino, &p) : -ENOMEM;

	if (err) {
		free(d);
		ay_reply_code(req, err);
		return;
	}
	pthread_mutex_init(&d->lock, NULL);
	d->list = ay_buf_new(LIST_ROOM);
	err = ay_place_enter(&p, c.uid);
	if (!err && p.admitted) {
		d->node = p.node.id;
		fi->cache_readdir = fi->keep_cache = 1;
	} else if (!err && p.staged) {
		err = open_real(m, &p, &d->real);
	} else if (!err) {
		err = list_whole(m, &p, &c, &d->list);
	}
	ay_place_end(m, &p);
	if (err) {
		free_dir(d);
		ay_reply_code(req, err);
		return;
	}
	fi->fh = (uintptr_t)d;
	if (fuse_reply_open(req, fi) < 0)
		free_dir(d);
}

void ay_op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	free_dir((struct ay_dir *)(uintptr_t)fi->fh);
	fuse_reply_err(req, 0);
}

/* One reply being filled. */
struct reply {
	fuse_req_t req;
	struct ay_mount *m;
	struct ay_dir *dir;
	char *buf;
	size_t len, size;
	bool plus;
	off_t off;                   /* of the last entry that fits */
	off_t skip;                  /* admitted: entries to pass over first */
};

/* False when it does not fit any more. node: attributes for readdirplus, or NULL for none. */
static bool put(struct reply *r, const char *name, mode_t type, const struct ay_node *node, off_t next)
{
	struct fuse_entry_param e = {.attr = {.st_mode = type, .st_ino = 1}};
	size_t n;

	if (node) {
		ay_stat_node(r->m, node, &e.attr);
		e.ino = node->id;
		e.attr_timeout = e.entry_timeout = AY_FOREVER_S;
	}
	if (r->plus)
		n = fuse_add_direntry_plus(r->req, r->buf + r->len, r->size - r->len, name, &e, next);
	else
		n = fuse_add_direntry(r->req, r->buf + r->len, r->size - r->len, name, &e.attr, next);
	if (n > r->size - r->len)
		return false;
	r->len += n;
	r->off = next;
	return true;
}

static int put_node(const char *name, const struct ay_node *n, void *arg)
{
	struct reply *r = arg;

	if (r->skip > 0) {
		r->skip--;
		r->off++;
		return 0;
	}
	if (!put(r, name, 0, n, r->off + 1))
		return 1;
	snprintf(r->dir->last, sizeof(r->dir->last), "%s", name);
	r->dir->last_off = r->off;
	return 0;
}

/* Offsets 1 and 2 are "." and "..", then one an entry. Reading goes on after the last name; a seek elsewhere counts from the start. */
static int read_admitted(struct reply *r, off_t off)
{
	struct ay_dir *d = r->dir;
	const char *after = NULL;
	struct ay_txn *t;
	int err;

	r->off = off;
	if (off < 1 && !put(r, ".", S_IFDIR, NULL, 1))
		return 0;
	if (off < 2 && !put(r, "..", S_IFDIR, NULL, 2))
		return 0;
	if (off > 2 && off == d->last_off) {
		after = d->last;
	} else if (off > 2) {
		r->skip = off - 2;
		r->off = 2;
	}
	err = ay_read_begin(r->m->store, &t);
	if (err)
		return err;
	err = ay_node_each(t, d->node, after, put_node, r);
	ay_read_end(t);
	return err < 0 ? err : 0;
}

static int read_real(struct reply *r, off_t off)
{
	DIR *real = r->dir->real;
	struct dirent *e;

	if (off)
		seekdir(real, off);
	else
		rewinddir(real);
	for (;;) {
		errno = 0;
		e = readdir(real);
		if (!e)
			return r->len ? 0 : -errno;
		if (!put(r, e->d_name, e->d_type == DT_DIR ? S_IFDIR : S_IFREG, NULL, telldir(real)))
			return 0;
	}
}

static int read_list(struct reply *r, off_t off)
{
	const struct ay_buf *l = &r->dir->list;
	size_t at = (size_t)off, next;

	while (at < l->len) {
		const char *name = (const char *)l->data + at + 1;

		next = at + strlen(name) + 2;
		if (!put(r, name, (mode_t)l->data[at] << 12, NULL, (off_t)next))
			break;
		at = next;
	}
	return 0;
}

static void read_dir(fuse_req_t req, size_t size, off_t off, struct fuse_file_info *fi, bool plus)
{
	struct reply r = {.req = req, .m = ay_req_mount(req), .dir = (struct ay_dir *)(uintptr_t)fi->fh, .size = size, .plus = plus};
	int err = -ENOMEM;

	r.buf = malloc(size);
	if (r.buf) {
		pthread_mutex_lock(&r.dir->lock);
		if (r.dir->node)
			err = read_admitted(&r, off);
		else if (r.dir->real)
			err = read_real(&r, off);
		else
			err = read_list(&r, off);
		pthread_mutex_unlock(&r.dir->lock);
	}
	if (err)
		ay_reply_code(req, err);
	else
		fuse_reply_buf(req, r.buf, r.len);
	free(r.buf);
}

void ay_op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)ino;
	read_dir(req, size, off, fi, false);
}

void ay_op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)ino;
	read_dir(req, size, off, fi, true);
}

void ay_op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct ay_dir *d = (struct ay_dir *)(uintptr_t)fi->fh;

	(void)ino;
	(void)datasync;
	fuse_reply_err(req, d->real && fsync(dirfd(d->real)) < 0 ? errno : 0);
}

void ay_op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct ay_mount *m = ay_req_mount(req);
	char path[AY_PATH_ROOM], target[AY_LIMIT_REF + AY_LIMIT_VERSION + 2];
	struct ay_inode *in = ay_inode_get(&m->inodes, ino);
	struct ay_tag tag;
	struct ay_txn *t;
	char *at;
	int err = in && in->kind == AY_INODE_TAG ? ay_inode_path(&m->inodes, in, path, sizeof(path)) : -EINVAL;

	ay_inode_put(&m->inodes, in);
	if (!err)
		err = ay_read_begin(m->store, &t);
	if (!err) {
		at = strrchr(path, '@');
		*at = '\0';
		err = ay_tag_get(t, path, at + 1, &tag);
		ay_read_end(t);
	}
	if (err) {
		ay_reply_code(req, err);
		return;
	}
	snprintf(target, sizeof(target), "%s@%s", strrchr(tag.name, '/') + 1, tag.version);
	fuse_reply_readlink(req, target);
}
