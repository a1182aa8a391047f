/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of names: mkdir, rmdir, unlink, rename, and what is refused. */
#include "fs/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include "assay/fd.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

int ay_place_child(struct ay_mount *m, const struct ay_place *dir, const char *name, char *path, size_t size)
{
	size_t len;
	int err = ay_inode_path(&m->inodes, dir->inode, path, size);

	if (err)
		return err;
	len = strlen(path);
	if (len + strlen(name) + 2 > size || len + strlen(name) + 1 > AY_LIMIT_PATH)
		return -ENAMETOOLONG;
	snprintf(path + len, size - len, "%s%s", len ? "/" : "", name);
	return ay_path_check(path, strlen(path), NULL) ? -EINVAL : 0;
}

int ay_staged_change(struct ay_mount *m, const struct ay_place *dir, const struct ay_cred *c, enum ay_change what, const char *name,
		     char *path, size_t size, struct ay_intake **out)
{
	struct ay_intake *in;
	int err = ay_place_enter(dir, c->uid);

	if (!err)
		err = ay_place_child(m, dir, name, path, size);
	if (err)
		return err;
	in = ay_staged_begin(dir->inode->staged);
	if (!in)
		return -ESTALE;
	err = ay_intake_may(in, c, what, path, NULL);
	if (err)
		ay_staged_end(dir->inode->staged);
	else
		*out = in;
	return err;
}

/* ---- mkdir ---- */

/* An unrecorded directory of names: for who may publish there or below. */
static int make_names(struct ay_mount *m, struct ay_inode *dir, const char *name, const char *path, const struct ay_cred *c,
		      struct ay_inode **out)
{
	int err;

	if (!ay_component_ok(name, strlen(name)) || ay_name_parse(path, NULL))
		return -EINVAL;
	if (!ay_gate_may(m->gate, c, path, AY_RIGHT_PUBLISH) && !ay_gate_may_below(m->gate, c, path, AY_RIGHT_PUBLISH))
		return AY_EACCESS;
	if (ay_names_exist(m, path))
		return -EEXIST;
	*out = ay_inode_make(&m->inodes, dir->id, dir, name, AY_INODE_NAMES, NULL);
	if (!*out)
		return -ENOMEM;
	err = ay_inode_keep(&m->inodes, *out);
	if (err)
		ay_inode_put(&m->inodes, *out);
	return err;
}

static int make_artifact(struct ay_mount *m, struct ay_inode *dir, const char *name, const char *ref, const struct ay_cred *c,
			 struct ay_inode **out)
{
	struct ay_intake *in;
	struct ay_staged *s;
	int err = ay_intake_create(m->gate, ref, c, &in, NULL);

	if (err)
		return err;
	s = ay_staged_new(in);
	if (!s)
		return -ENOMEM;
	*out = ay_inode_make(&m->inodes, dir->id, dir, name, AY_INODE_STAGED_DIR, s);
	ay_staged_unref(s);
	if (!*out)
		return -ENOMEM;
	ay_inode_number(m, *out);
	return 0;
}

static int mkdir_names(struct ay_mount *m, struct ay_inode *dir, const char *name, const struct ay_cred *c, struct ay_inode **out)
{
	char path[AY_PATH_ROOM];
	size_t len;
	int err = ay_inode_path(&m->inodes, dir, path, sizeof(path));

	if (err)
		return err;
	len = strlen(path);
	if (len + 1 + strlen(name) > AY_LIMIT_REF)
		return -ENAMETOOLONG;
	snprintf(path + len, sizeof(path) - len, "/%s", name);
	if (strchr(name, '@'))
		return make_artifact(m, dir, name, path, c, out);
	return make_names(m, dir, name, path, c, out);
}

static int mkdir_staged(struct ay_mount *m, const struct ay_place *dir, const char *name, const struct ay_cred *c, struct ay_inode **out)
{
	char path[AY_PATH_ROOM];
	struct ay_intake *in;
	const char *last;
	AY_CLEANUP_FD int fd = -1;
	int err = ay_staged_change(m, dir, c, AY_CHANGE_MKDIR, name, path, sizeof(path), &in);

	if (err)
		return err;
	fd = ay_staged_parent(in, path, &last);
	if (fd < 0)
		err = fd;
	else if (mkdirat(fd, last, 0700) < 0)
		err = -errno;
	ay_staged_changed(dir->inode->staged);
	if (err)
		return err;
	*out = ay_inode_make(&m->inodes, dir->inode->id, dir->inode, name, AY_INODE_STAGED_DIR, dir->inode->staged);
	if (!*out)
		return -ENOMEM;
	ay_inode_number(m, *out);
	return 0;
}

int ay_ghost_make(struct ay_mount *m, const struct ay_place *dir, const char *name, const struct ay_cred *c, bool is_dir,
		  struct ay_inode **out)
{
	struct ay_inode *up = dir->admitted ? NULL : dir->inode;
	struct ay_artifact a;

	if (up && !dir->staged) {           /* a ghost directory */
		if (ay_place_enter(dir, c->uid))
			return AY_EACCESS;
	} else if (ay_place_extra(m, dir, name, is_dir, c->uid, &a) != AY_EXTRA_IGNORED) {
		return -EROFS;
	}
	*out = ay_inode_bring(&m->inodes, up ? up->id : dir->node.id, up, name,
			      is_dir ? AY_INODE_GHOST_DIR : AY_INODE_GHOST_FILE, c->uid, NULL);
	if (!*out)
		return -ENOMEM;
	ay_inode_touch(&m->inodes, *out, time(NULL));
	return 0;
}

static int mkdir_place(struct ay_mount *m, const struct ay_place *p, const char *name, const struct ay_cred *c, struct ay_inode **out)
{
	if (p->admitted)
		return ay_ghost_make(m, p, name, c, true, out);
	if (p->staged) {
		int err = mkdir_staged(m, p, name, c, out);

		/* Judged at this moment, and cp -r goes on with what nobody asked for. */
		if (err == AY_ESTATE && p->art.state == AY_OPEN && ay_ghost_make(m, p, name, c, true, out) == 0)
			err = 0;
		return err;
	}
	switch (p->kind) {
	case AY_INODE_NAMES: return mkdir_names(m, p->inode, name, c, out);
	case AY_INODE_GHOST_DIR: return ay_ghost_make(m, p, name, c, true, out);
	case AY_INODE_ROOT: case AY_INODE_VIEW_DIR: case AY_INODE_OBJECTS: case AY_INODE_SHA256:
		return -EPERM;
	case AY_INODE_TAG: case AY_INODE_VIEW_FILE: case AY_INODE_OBJECT: case AY_INODE_STAGED_DIR: case AY_INODE_STAGED_FILE:
	case AY_INODE_GHOST_FILE: case AY_INODE_CLAIM:
		break;
	}
	return -ENOTDIR;
}

void ay_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_cred c = ay_req_cred(req);
	struct ay_inode *in;
	struct ay_place p;
	int err = ay_place(m, parent, &p);

	(void)mode;
	if (!err) {
		err = mkdir_place(m, &p, name, &c, &in);
		ay_place_end(m, &p);
	}
	if (err)
		ay_reply_code(req, err);
	else
		ay_reply_inode(req, in, 0, NULL);
}

/* ---- unlink and rmdir ---- */

static bool dir_is_empty(struct ay_intake *in)
{
	int fd = openat(ay_intake_tree_fd(in), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	bool empty = true;

	if (!d) {
		ay_close(&fd);
		return false;
	}
	while (empty && (e = readdir(d)))
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	closedir(d);
	return empty;
}

/* rm -r ends with the directory of the artifact: an empty one is discarded. */
static int discard(struct ay_mount *m, struct ay_inode *top, const struct ay_cred *c)
{
	struct ay_intake *in = ay_staged_begin(top->staged);
	int err;

	if (!in)
		return -EROFS;
	if (c->uid != top->staged->uid)
		err = AY_EACCESS;
	else if (!dir_is_empty(in))
		err = -ENOTEMPTY;
	else
		err = ay_intake_discard(in, c, NULL);
	ay_staged_end(top->staged);
	if (!err) {
		ay_inode_unname(&m->inodes, top);
		ay_staged_settle(m, top->staged);
	}
	return err;
}

static int rmdir_names(struct ay_mount *m, struct ay_inode *dir, const char *name, const struct ay_cred *c)
{
	struct ay_inode *in = ay_inode_child(&m->inodes, dir->id, name);
	char path[AY_PATH_ROOM];
	int err = 0;

	if (!in)
		return strchr(name, '@') ? -EROFS : -ENOTEMPTY;
	if (in->kind == AY_INODE_STAGED_DIR)
		err = discard(m, in, c);
	else if (in->kind == AY_INODE_TAG)
		err = -ENOTDIR;
	else
		err = ay_inode_path(&m->inodes, in, path, sizeof(path));
	if (!err && in->kind == AY_INODE_NAMES) {
		if (!ay_gate_may(m->gate, c, path, AY_RIGHT_PUBLISH) && !in->made)
			err = AY_EACCESS;
		else if (ay_names_exist(m, path) || !ay_inode_unkeep(&m->inodes, in))
			err = -ENOTEMPTY;
	}
	ay_inode_put(&m->inodes, in);
	return err;
}

static void unname_child(struct ay_mount *m, uint64_t parent, const char *name)
{
	struct ay_inode *in = ay_inode_child(&m->inodes, parent, name);

	if (in)
		ay_inode_unname(&m->inodes, in);
	ay_inode_put(&m->inodes, in);
}

static int remove_staged(struct ay_mount *m, const struct ay_place *dir, const char *name, const struct ay_cred *c, bool is_dir)
{
	struct ay_inode *extra = ay_inode_brought(&m->inodes, dir->inode->id, name, c->uid, false);
	char path[AY_PATH_ROOM];
	struct ay_intake *in;
	const char *last;
	struct stat st;
	AY_CLEANUP_FD int fd = -1;
	int err;

	if (extra) {
		ay_inode_unname(&m->inodes, extra);
		ay_inode_put(&m->inodes, extra);
		return 0;
	}
	err = ay_staged_change(m, dir, c, AY_CHANGE_UNLINK, name, path, sizeof(path), &in);
	if (err)
		return err;
	fd = ay_staged_parent(in, path, &last);
	if (fd < 0)
		err = fd;
	else if (fstatat(fd, last, &st, AT_SYMLINK_NOFOLLOW) < 0 || unlinkat(fd, last, is_dir ? AT_REMOVEDIR : 0) < 0)
		err = -errno;
	if (!err) {
		unname_child(m, dir->inode->id, name);
		if (!is_dir) {
			ay_intake_removed(in, path);
			if (ay_intake_charge(in, -st.st_size, NULL))
				err = 0;    /* giving back never fails in earnest */
		}
	}
	ay_staged_changed(dir->inode->staged);
	return err;
}

static int remove_brought(struct ay_mount *m, uint64_t parent, const char *name, uint32_t uid, bool left, int otherwise)
{
	struct ay_inode *in = ay_inode_brought(&m->inodes, parent, name, uid, left);

	if (!in)
		return otherwise;
	ay_inode_unname(&m->inodes, in);
	ay_inode_put(&m->inodes, in);
	return 0;
}

/* What was brought since, or is left over from before. */
static int remove_admitted(struct ay_mount *m, const struct ay_place *dir, const char *name, uint32_t uid)
{
	int err = remove_brought(m, dir->node.id, name, uid, false, -EROFS);
	struct ay_inode *left;
	struct ay_place p;

	if (!err || !dir->inode)
		return err;
	left = ay_inode_brought(&m->inodes, dir->inode->id, name, uid, true);
	if (!left)
		return err;
	if (ay_place(m, left->id, &p) == 0) {
		if (!p.admitted && !p.staged) {
			ay_inode_unname(&m->inodes, left);
			err = 0;
		}
		ay_place_end(m, &p);
	}
	ay_inode_put(&m->inodes, left);
	return err;
}

static void remove_entry(fuse_req_t req, fuse_ino_t parent, const char *name, bool is_dir)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_cred c = ay_req_cred(req);
	struct ay_place p;
	int err = ay_place(m, parent, &p);

	if (err) {
		ay_reply_code(req, err);
		return;
	}
	if (p.admitted)
		err = remove_admitted(m, &p, name, c.uid);
	else if (p.staged)
		err = remove_staged(m, &p, name, &c, is_dir);
	else if (p.kind == AY_INODE_GHOST_DIR)
		err = remove_brought(m, p.inode->id, name, c.uid, true, -ENOENT);
	else if (p.kind == AY_INODE_NAMES && is_dir)
		err = rmdir_names(m, p.inode, name, &c);
	else
		err = remove_brought(m, p.inode->id, name, c.uid, false, -EPERM);
	ay_place_end(m, &p);
	ay_reply_code(req, err);
}

void ay_op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_entry(req, parent, name, false);
}

void ay_op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_entry(req, parent, name, true);
}

/* ---- rename ---- */

/* *freed: bytes of the file that gave way. */
static int rename_tree(struct ay_intake *in, const char *from, const char *to, unsigned flags, int64_t *freed)
{
	const char *from_last, *to_last;
	AY_CLEANUP_FD int from_fd = -1;
	AY_CLEANUP_FD int to_fd = -1;
	struct stat st;

	from_fd = ay_staged_parent(in, from, &from_last);
	if (from_fd < 0)
		return from_fd;
	to_fd = ay_staged_parent(in, to, &to_last);
	if (to_fd < 0)
		return to_fd;
	*freed = fstatat(to_fd, to_last, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
	return renameat2(from_fd, from_last, to_fd, to_last, flags) < 0 ? -errno : 0;
}

static int moved(struct ay_mount *m, const struct ay_place *from_dir, const char *from_name, const struct ay_place *to_dir, const char *to_name)
{
	struct ay_inode *in = ay_inode_child(&m->inodes, from_dir->inode->id, from_name);
	int err = 0;

	if (in)
		err = ay_inode_move(&m->inodes, in, to_dir->inode->id, to_dir->inode, to_name);
	else
		unname_child(m, to_dir->inode->id, to_name);
	ay_inode_put(&m->inodes, in);
	return err;
}

static int rename_staged(struct ay_mount *m, const struct ay_place *from_dir, const char *from_name, const struct ay_place *to_dir,
			 const char *to_name, unsigned flags, const struct ay_cred *c)
{
	char from[AY_PATH_ROOM], to[AY_PATH_ROOM];
	int64_t freed = 0;
	struct ay_intake *in;
	int err = ay_place_child(m, to_dir, to_name, to, sizeof(to));

	if (!err)
		err = ay_staged_change(m, from_dir, c, AY_CHANGE_RENAME, from_name, from, sizeof(from), &in);
	if (err)
		return err;
	err = rename_tree(in, from, to, flags, &freed);
	if (!err) {
		err = moved(m, from_dir, from_name, to_dir, to_name);
		ay_intake_renamed(in, from, to);
		if (freed && ay_intake_charge(in, -freed, NULL))
			err = 0;            /* giving back never fails in earnest */
	}
	/* A temporary name that becomes the real one settles with this; nobody waits here, because a rename that blocks stops ls. */
	ay_staged_changed(from_dir->inode->staged);
	return err;
}

/* Between ghost directories, or of a claim's temporary name at the top. */
static int rename_ghost(struct ay_mount *m, const struct ay_place *from_dir, const char *from_name, const struct ay_place *to_dir,
			const char *to_name, const struct ay_cred *c)
{
	uint64_t from_id = from_dir->admitted ? from_dir->node.id : from_dir->inode->id;
	uint64_t to_id = to_dir->admitted ? to_dir->node.id : to_dir->inode->id;
	struct ay_artifact a;
	struct ay_inode *in;
	int err;

	if (to_dir->admitted && ay_place_extra(m, to_dir, to_name, false, c->uid, &a) == AY_EXTRA_NONE)
		return -EROFS;
	if (!to_dir->admitted && ay_place_enter(to_dir, c->uid))
		return AY_EACCESS;
	in = ay_inode_brought(&m->inodes, from_id, from_name, c->uid, !from_dir->admitted);
	if (!in)
		return from_dir->admitted ? -EROFS : -ENOENT;
	err = ay_inode_move(&m->inodes, in, to_id, to_dir->admitted ? NULL : to_dir->inode, to_name);
	ay_inode_put(&m->inodes, in);
	return err;
}

/* EPERM says nothing to the user, so the artifact's reason does. */
static int refused(const struct ay_place *p, const char *name, const char *why)
{
	struct ay_staged *st = p->staged ? p->inode->staged : NULL;

	if (!st)
		return -EPERM;
	pthread_rwlock_rdlock(&st->lock);
	if (st->intake)
		ay_intake_refused(st->intake, name, why);
	pthread_rwlock_unlock(&st->lock);
	return -EPERM;
}

void ay_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent, const char *newname, unsigned int flags)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_cred c = ay_req_cred(req);
	struct ay_place from, to;
	int err;

	if (flags & ~(unsigned)RENAME_NOREPLACE) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	err = ay_place(m, parent, &from);
	if (err) {
		ay_reply_code(req, err);
		return;
	}
	err = ay_place(m, newparent, &to);
	if (!err) {
		bool ghosts = (from.admitted || (!from.staged && from.kind == AY_INODE_GHOST_DIR)) &&
			      (to.admitted || (!to.staged && to.kind == AY_INODE_GHOST_DIR));

		if (ghosts)
			err = rename_ghost(m, &from, name, &to, newname, &c);
		else if (from.staged && to.staged && from.inode->staged->id == to.inode->staged->id)
			err = rename_staged(m, &from, name, &to, newname, flags, &c);
		else
			err = refused(&to, newname, "copy it in with cp -rL, or assay put");
		ay_place_end(m, &to);
	}
	ay_place_end(m, &from);
	ay_reply_code(req, err);
}

/* ---- what an artifact cannot hold ---- */

static void refuse(fuse_req_t req, fuse_ino_t parent, const char *name, const char *why)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_place p;
	int err = ay_place(m, parent, &p);

	if (!err) {
		err = p.admitted ? -EROFS : refused(&p, name, why);
		ay_place_end(m, &p);
	}
	ay_reply_code(req, err);
}

static const char use_copies[] = "copy what links mean with cp -rL, or assay put";

void ay_op_symlink(fuse_req_t req, const char *link, fuse_ino_t parent, const char *name)
{
	(void)link;
	refuse(req, parent, name, use_copies);
}

void ay_op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname)
{
	(void)ino;
	refuse(req, newparent, newname, use_copies);
}

void ay_op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	(void)mode;
	(void)rdev;
	refuse(req, parent, name, "only regular files can be published");
}
