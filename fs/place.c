/* SPDX-License-Identifier: Apache-2.0 */
/* What a node id stands for: the catalogue's node, a staged one, or one of the mount's own; its attributes and who may enter. */
#include "fs/internal.h"

#include <errno.h>
#include <string.h>

static int node_of(struct ay_mount *m, uint64_t id, struct ay_node *out)
{
	struct ay_txn *t;
	int err = ay_read_begin(m->store, &t);

	if (err)
		return err;
	err = ay_node_get(t, id, out);
	ay_read_end(t);
	return err == AY_ENOTFOUND ? -ESTALE : err;
}

/* A staged node: it stays one until its artifact is admitted, and is then answered for by the catalogue's node of the same path. */
static int place_staged(struct ay_mount *m, struct ay_inode *in, struct ay_place *out)
{
	uint64_t known = __atomic_load_n(&in->node, __ATOMIC_ACQUIRE);
	char path[AY_PATH_ROOM];
	struct ay_txn *t;
	int err;

	if (known) {
		out->admitted = true;
		return node_of(m, known, &out->node);
	}
	err = ay_staged_artifact(m, in->staged, &out->art);
	if (err)
		return err == AY_ENOTFOUND ? -ENOENT : err;
	if (out->art.state == AY_OPEN || out->art.state == AY_HELD || out->art.state == AY_REJECTED || ay_inode_gone(&m->inodes, in)) {
		out->staged = true;
		return 0;
	}
	if (out->art.state == AY_RETIRED || !out->art.top)
		return -ENOENT;
	err = ay_inode_path(&m->inodes, in, path, sizeof(path));
	if (!err)
		err = ay_read_begin(m->store, &t);
	if (err)
		return err;
	err = ay_node_by_path(t, out->art.top, path, &out->node);
	ay_read_end(t);
	if (err == AY_ENOTFOUND) {
		/* A claim, or an ignored name: not admitted, but programs still set its times and enter it. */
		out->kind = in->kind == AY_INODE_STAGED_DIR ? AY_INODE_GHOST_DIR : AY_INODE_GHOST_FILE;
		return 0;
	}
	if (err)
		return err;
	__atomic_store_n(&in->node, out->node.id, __ATOMIC_RELEASE);
	out->admitted = true;
	return 0;
}

int ay_place(struct ay_mount *m, uint64_t id, struct ay_place *out)
{
	int err = 0;

	out->inode = NULL;
	out->admitted = out->staged = false;
	if (!(id & AY_INODE_BIT) && id != FUSE_ROOT_ID) {
		out->admitted = true;
		return node_of(m, id, &out->node);
	}
	out->inode = ay_inode_get(&m->inodes, id);
	if (!out->inode)
		return -ESTALE;
	out->kind = out->inode->kind;
	if (out->kind == AY_INODE_STAGED_DIR || out->kind == AY_INODE_STAGED_FILE)
		err = place_staged(m, out->inode, out);
	if (err)
		ay_place_end(m, out);
	return err;
}

void ay_place_end(struct ay_mount *m, struct ay_place *p)
{
	ay_inode_put(&m->inodes, p->inode);
	p->inode = NULL;
}

int ay_place_enter(const struct ay_place *p, uint32_t uid)
{
	if (p->staged)
		return uid == p->art.uid ? 0 : AY_EACCESS;
	if (p->admitted)
		return 0;
	switch (p->kind) {
	case AY_INODE_GHOST_DIR: case AY_INODE_GHOST_FILE: case AY_INODE_CLAIM:
		return uid == p->inode->uid ? 0 : AY_EACCESS;
	case AY_INODE_ROOT: case AY_INODE_NAMES: case AY_INODE_TAG: case AY_INODE_VIEW_DIR: case AY_INODE_VIEW_FILE:
	case AY_INODE_OBJECTS: case AY_INODE_SHA256: case AY_INODE_OBJECT:
		return 0;
	case AY_INODE_STAGED_DIR: case AY_INODE_STAGED_FILE:
		break;                      /* staged or admitted: never here */
	}
	return AY_EINTERNAL;
}

int ay_place_artifact(struct ay_mount *m, const struct ay_place *p, struct ay_artifact *out)
{
	struct ay_txn *t;
	int err = ay_read_begin(m->store, &t);

	if (err)
		return err;
	err = ay_artifact_by_id(t, p->node.artifact, out);
	ay_read_end(t);
	return err;
}

static bool ignored(struct ay_mount *m, const struct ay_place *dir, const char *name, bool is_dir)
{
	struct ay_buf path = ay_buf_new(2 * AY_PATH_ROOM);
	char staged[AY_PATH_ROOM];
	const struct ay_policy *p;
	struct ay_txn *t;
	bool yes;

	if (dir->staged) {
		if (ay_inode_path(&m->inodes, dir->inode, staged, sizeof(staged)))
			return false;
		ay_buf_adds(&path, staged);
	} else if (dir->node.parent) {
		if (ay_read_begin(m->store, &t))
			return false;
		path.err = ay_node_path(t, dir->node.id, &path);
		ay_read_end(t);
	}
	if (path.len)
		ay_buf_addc(&path, '/');
	ay_buf_adds(&path, name);
	p = ay_gate_policy(m->gate);
	yes = !path.err && p && ay_policy_ignored(p, ay_buf_str(&path));
	/* A pattern that ends in two stars speaks of what is in the directory. */
	if (!yes && is_dir && p && !ay_buf_adds(&path, "/x"))
		yes = ay_policy_ignored(p, ay_buf_str(&path));
	if (p)
		ay_gate_policy_release(m->gate, p);
	ay_buf_free(&path);
	return yes;
}

bool ay_claim_of(const char *name, char out[AY_LIMIT_COMPONENT + 1])
{
	size_t len = strlen(name);

	snprintf(out, AY_LIMIT_COMPONENT + 1, "%s", name);
	if (ay_claim_name(name))
		return true;
	/* ".model.sig.Ab3xYz" */
	if (name[0] != '.' || len < 9 || name[len - 7] != '.')
		return false;
	snprintf(out, len - 7, "%s", name + 1);
	return ay_claim_name(out);
}

enum ay_extra ay_place_extra(struct ay_mount *m, const struct ay_place *dir, const char *name, bool is_dir, uint32_t uid,
			      struct ay_artifact *art_out)
{
	char claim[AY_LIMIT_COMPONENT + 1];

	bool top = false;

	if (dir->staged) {
		top = dir->inode->up && dir->inode->up->kind == AY_INODE_NAMES;
		*art_out = dir->art;
	} else if (!dir->admitted || ay_place_artifact(m, dir, art_out)) {
		return AY_EXTRA_NONE;
	} else {
		top = !dir->node.parent;
	}
	if (uid != art_out->uid)
		return AY_EXTRA_NONE;
	if (!is_dir && top && ay_claim_of(name, claim))
		return AY_EXTRA_CLAIM;
	return ignored(m, dir, name, is_dir) ? AY_EXTRA_IGNORED : AY_EXTRA_NONE;
}

static void set_times(struct stat *st, int64_t s, uint32_t ns)
{
	st->st_mtim = (struct timespec){.tv_sec = s, .tv_nsec = ns};
	st->st_atim = st->st_ctim = st->st_mtim;
}

static void set_size(struct stat *st, uint64_t size)
{
	st->st_size = (off_t)size;
	st->st_blocks = (blkcnt_t)((size + 511) / 512);
	st->st_blksize = 128 * KIB;
}

void ay_stat_node(const struct ay_mount *m, const struct ay_node *n, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = n->ino ? n->ino : n->id;
	st->st_uid = m->uid;
	st->st_gid = m->gid;
	if (n->kind == AY_NODE_DIR) {
		st->st_mode = S_IFDIR | 0555;
		st->st_nlink = 2;
	} else {
		st->st_mode = S_IFREG | (n->executable ? 0555 : 0444);
		st->st_nlink = 1;
	}
	set_size(st, n->size);
	set_times(st, n->mtime_s, n->mtime_ns);
}

bool ay_stat_withdrawn(struct ay_mount *m, uint64_t node, struct stat *st)
{
	struct ay_node n = {.id = node, .kind = AY_NODE_FILE};
	struct stat real;

	if (!ay_backing_stat(m, node, &real))
		return false;
	n.size = (uint64_t)real.st_size;
	n.mtime_s = real.st_mtim.tv_sec;
	n.mtime_ns = (uint32_t)real.st_mtim.tv_nsec;
	ay_stat_node(m, &n, st);
	st->st_nlink = 0;
	return true;
}

static void stat_own(const struct ay_mount *m, const struct ay_inode *in, mode_t mode, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = in->ino;
	st->st_uid = m->uid;
	st->st_gid = m->gid;
	st->st_mode = mode;
	st->st_nlink = S_ISDIR(mode) ? 2 : 1;
	set_size(st, 0);
	set_times(st, m->started_s, 0);
}

static int stat_staged(struct ay_mount *m, const struct ay_place *p, const struct ay_cred *c, struct stat *st)
{
	struct ay_inode *in = p->inode;
	char path[AY_PATH_ROOM];
	struct stat real;
	int err;

	stat_own(m, in, in->kind == AY_INODE_STAGED_DIR ? S_IFDIR | 0700 : S_IFREG | 0600, st);
	st->st_uid = p->art.uid;
	st->st_gid = p->art.gid;
	err = ay_inode_path(&m->inodes, in, path, sizeof(path));
	if (err == -ESTALE) {               /* removed while it is open */
		st->st_nlink = 0;
		pthread_mutex_lock(&m->inodes.lock);
		set_size(st, in->stream ? __atomic_load_n(&in->stream->size, __ATOMIC_RELAXED) : 0);
		pthread_mutex_unlock(&m->inodes.lock);
		return 0;
	}
	/* The top may be looked at by all: name and owner, no more. */
	if (!err && *path)
		err = ay_place_enter(p, c->uid);
	if (!err)
		err = ay_staged_stat(in->staged, path, &real);
	if (err)
		return err;
	if (S_ISREG(real.st_mode)) {
		st->st_mode |= real.st_mode & 0100;
		set_size(st, (uint64_t)real.st_size);
		st->st_blocks = real.st_blocks;
	}
	st->st_mtim = real.st_mtim;
	st->st_atim = real.st_atim;
	st->st_ctim = real.st_ctim;
	return 0;
}

static int stat_view(struct ay_mount *m, struct ay_inode *in, const struct ay_cred *c, bool sizes, struct stat *st)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_CLAIM);
	char path[AY_PATH_ROOM];
	int err;

	stat_own(m, in, in->kind == AY_INODE_VIEW_DIR ? S_IFDIR | 0555 : S_IFREG | 0444, st);
	if (in->kind == AY_INODE_VIEW_DIR || !sizes)
		return 0;
	err = ay_inode_path(&m->inodes, in, path, sizeof(path));
	if (!err)
		err = ay_view_read(m->gate, path, c, &b, NULL);
	if (!err)
		set_size(st, b.len);
	ay_buf_free(&b);
	return err;
}

static void stat_extra(const struct ay_mount *m, struct ay_inode *in, mode_t mode, struct stat *st)
{
	stat_own(m, in, mode, st);
	st->st_uid = in->uid;
	set_size(st, __atomic_load_n(&in->size, __ATOMIC_RELAXED));
}

int ay_place_stat(struct ay_mount *m, const struct ay_place *p, const struct ay_cred *c, bool sizes, struct stat *st, double *timeout_out)
{
	struct ay_inode *in = p->inode;

	*timeout_out = 0;
	if (p->admitted) {
		ay_stat_node(m, &p->node, st);
		if (in) {
			/* Owned by its writer while this session knows it from before: the kernel lets only owners reset an ACL, as cp -a does. */
			st->st_ino = in->ino;
			st->st_uid = in->staged->uid;
			st->st_gid = in->staged->gid;
		}
		*timeout_out = AY_FOREVER_S;
		return 0;
	}
	switch (p->kind) {
	case AY_INODE_ROOT:
	case AY_INODE_OBJECTS:
	case AY_INODE_SHA256:
		stat_own(m, in, S_IFDIR | 0555, st);
		*timeout_out = AY_FOREVER_S;
		return 0;
	case AY_INODE_NAMES:
		stat_own(m, in, S_IFDIR | 0755, st);
		*timeout_out = AY_FOREVER_S;
		return 0;
	case AY_INODE_OBJECT:
		stat_own(m, in, S_IFREG | 0444, st);
		set_size(st, in->size);
		*timeout_out = AY_FOREVER_S;
		return 0;
	case AY_INODE_TAG:
		stat_own(m, in, S_IFLNK | 0777, st);
		return 0;
	case AY_INODE_STAGED_DIR:
	case AY_INODE_STAGED_FILE:
		return stat_staged(m, p, c, st);
	case AY_INODE_VIEW_DIR:
	case AY_INODE_VIEW_FILE:
		return stat_view(m, in, c, sizes, st);
	case AY_INODE_GHOST_DIR:
		stat_extra(m, in, S_IFDIR | 0700, st);
		return 0;
	case AY_INODE_GHOST_FILE:
	case AY_INODE_CLAIM:
		stat_extra(m, in, S_IFREG | 0600, st);
		return 0;
	}
	return AY_EINTERNAL;
}
