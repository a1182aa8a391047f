/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes, access, extended attributes, space. */
#include "fs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include "assay/fd.h"

static void reply_attr(fuse_req_t req, const struct ay_place *p, bool sizes)
{
	struct ay_cred c = ay_req_cred(req);
	struct stat st;
	double timeout;
	int err = ay_place_stat(ay_req_mount(req), p, &c, sizes, &st, &timeout);

	if (err)
		ay_reply_code(req, err);
	else
		fuse_reply_attr(req, &st, timeout);
}

void ay_op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_place p;
	struct stat st;
	int err = ay_place(m, ino, &p);

	/* The kernel names no handle here. */
	(void)fi;
	if (err == -ESTALE && ay_stat_withdrawn(m, ino, &st)) {
		fuse_reply_attr(req, &st, 0);
		return;
	}
	if (err) {
		ay_reply_code(req, err);
		return;
	}
	reply_attr(req, &p, true);
	ay_place_end(m, &p);
}

/* ---- setattr ---- */

static struct timespec time_of(int to_set, int set, int now, const struct timespec *value)
{
	if (to_set & now)
		return (struct timespec){.tv_nsec = UTIME_NOW};
	return to_set & set ? *value : (struct timespec){.tv_nsec = UTIME_OMIT};
}

/* Times are kept until admission, and whether the owner may execute; owner and other modes are accepted and change nothing. */
static int set_staged(struct ay_mount *m, const struct ay_place *p, const struct ay_cred *c, const struct stat *attr, int to_set)
{
	struct timespec times[2] = {time_of(to_set, FUSE_SET_ATTR_ATIME, FUSE_SET_ATTR_ATIME_NOW, &attr->st_atim),
				    time_of(to_set, FUSE_SET_ATTR_MTIME, FUSE_SET_ATTR_MTIME_NOW, &attr->st_mtim)};
	char path[AY_PATH_ROOM];
	struct ay_intake *in;
	const char *last;
	AY_CLEANUP_FD int fd = -1;
	int err = ay_inode_path(&m->inodes, p->inode, path, sizeof(path));

	if (err || !*path)
		return err == -ESTALE ? 0 : err;    /* unlinked: nobody will ever know */
	in = ay_staged_begin(p->inode->staged);
	if (!in)
		return 0;
	err = ay_intake_may(in, c, AY_CHANGE_ATTR, path, NULL);
	if (err) {
		ay_staged_end(p->inode->staged);
		/* Judged at this moment: copying programs set times after the close, and must not fail for it. */
		return err == AY_ESTATE ? 0 : err;
	}
	fd = ay_staged_parent(in, path, &last);
	err = fd < 0 ? fd : 0;
	if (!err && (to_set & FUSE_SET_ATTR_MODE) && p->inode->kind == AY_INODE_STAGED_FILE &&
	    fchmodat(fd, last, 0600 | (attr->st_mode & 0100), 0) < 0)
		err = -errno;
	if (!err && utimensat(fd, last, times, AT_SYMLINK_NOFOLLOW) < 0)
		err = -errno;
	ay_staged_changed(p->inode->staged);
	return err;
}

static int truncate_path(struct ay_mount *m, fuse_req_t req, const struct ay_place *p, uint64_t size)
{
	struct ay_cred c = ay_req_cred(req);
	char path[AY_PATH_ROOM];
	struct ay_handle *h = NULL;
	struct ay_intake *in;
	int err = ay_inode_path(&m->inodes, p->inode, path, sizeof(path));

	if (err)
		return err;
	in = ay_staged_begin(p->inode->staged);
	if (!in)
		return -ESTALE;
	err = ay_intake_may(in, &c, AY_CHANGE_WRITE_OPEN, path, NULL);
	if (err) {
		ay_staged_end(p->inode->staged);
		return err;
	}
	err = ay_write_open(m, req, p->inode, in, path, 0, &h);
	ay_staged_changed(p->inode->staged);
	if (err)
		return err;
	err = ay_write_truncate(m, h, size);
	ay_write_close(m, h);
	return err;
}

static int setattr_staged(struct ay_mount *m, fuse_req_t req, const struct ay_place *p, const struct stat *attr, int to_set,
			  struct fuse_file_info *fi)
{
	struct ay_cred c = ay_req_cred(req);
	int err = ay_place_enter(p, c.uid);

	if (!err && (to_set & FUSE_SET_ATTR_SIZE)) {
		if (p->inode->kind == AY_INODE_STAGED_DIR)
			err = -EISDIR;
		else if (fi && ay_handle_of(fi)->kind == AY_HANDLE_WRITE)
			err = ay_write_truncate(m, ay_handle_of(fi), (uint64_t)attr->st_size);
		else
			err = truncate_path(m, req, p, (uint64_t)attr->st_size);
	}
	if (!err && (to_set & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW |
			       FUSE_SET_ATTR_MTIME_NOW)))
		err = set_staged(m, p, &c, attr, to_set);
	return err;
}

static int setattr_admitted(struct ay_mount *m, const struct ay_place *p, uint32_t uid, int to_set)
{
	struct ay_artifact a;
	int err;

	if (to_set & FUSE_SET_ATTR_SIZE)
		return -EROFS;
	if (uid == 0)
		return 0;
	err = ay_place_artifact(m, p, &a);
	if (err)
		return err;
	return a.uid == uid ? 0 : -EPERM;
}

static int setattr_own(struct ay_mount *m, const struct ay_place *p, const struct ay_cred *c, const struct stat *attr, int to_set,
		       struct fuse_file_info *fi)
{
	struct ay_inode *in = p->inode;
	char path[AY_PATH_ROOM];
	int err;

	switch (p->kind) {
	case AY_INODE_GHOST_DIR: case AY_INODE_GHOST_FILE:
		if ((to_set & FUSE_SET_ATTR_SIZE) && in->uid == c->uid)
			__atomic_store_n(&in->size, (uint64_t)attr->st_size, __ATOMIC_RELAXED);
		return ay_place_enter(p, c->uid);
	case AY_INODE_CLAIM:
		if ((to_set & FUSE_SET_ATTR_SIZE) && (uint64_t)attr->st_size != __atomic_load_n(&in->size, __ATOMIC_RELAXED))
			return -EPERM;
		return ay_place_enter(p, c->uid);
	case AY_INODE_NAMES:
		err = ay_inode_path(&m->inodes, in, path, sizeof(path));
		if (err)
			return err;
		return c->uid == 0 || in->made || ay_gate_may(m->gate, c, path, AY_RIGHT_PUBLISH) ? 0 : -EPERM;
	case AY_INODE_VIEW_FILE:
		if (to_set & FUSE_SET_ATTR_SIZE)
			return -EPERM;
		return c->uid == 0 || (fi && ay_handle_of(fi)->kind == AY_HANDLE_CLAIM) ? 0 : -EPERM;
	case AY_INODE_ROOT: case AY_INODE_TAG: case AY_INODE_VIEW_DIR: case AY_INODE_OBJECTS: case AY_INODE_SHA256: case AY_INODE_OBJECT:
	case AY_INODE_STAGED_DIR: case AY_INODE_STAGED_FILE:
		break;
	}
	return to_set & FUSE_SET_ATTR_SIZE ? -EROFS : -EPERM;
}

void ay_op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_cred c = ay_req_cred(req);
	struct ay_place p;
	int err = ay_place(m, ino, &p);

	if (err) {
		ay_reply_code(req, err);
		return;
	}
	if (p.admitted)
		err = setattr_admitted(m, &p, c.uid, to_set);
	else if (p.staged)
		err = setattr_staged(m, req, &p, attr, to_set, fi);
	else
		err = setattr_own(m, &p, &c, attr, to_set, fi);
	if (err)
		ay_reply_code(req, err);
	else
		reply_attr(req, &p, false);
	ay_place_end(m, &p);
}

/* ---- access ---- */

static int access_names(struct ay_mount *m, struct ay_inode *in, const struct ay_cred *c)
{
	char path[AY_PATH_ROOM];
	size_t len;
	int err = ay_inode_path(&m->inodes, in, path, sizeof(path) - 2);

	if (err)
		return err;
	if (ay_gate_may(m->gate, c, path, AY_RIGHT_PUBLISH))
		return 0;
	len = strlen(path);
	snprintf(path + len, sizeof(path) - len, "/x");
	return ay_gate_may(m->gate, c, path, AY_RIGHT_PUBLISH) ? 0 : AY_EACCESS;
}

static int access_place(struct ay_mount *m, const struct ay_place *p, const struct ay_cred *c, int mask)
{
	struct stat st;
	double timeout;
	int err;

	if (p->staged) {
		err = mask == F_OK ? 0 : ay_place_enter(p, c->uid);
		/* Content is for write descriptors only. */
		if (!err && p->inode->kind == AY_INODE_STAGED_FILE && (mask & (R_OK | X_OK)) && !(mask & W_OK))
			err = AY_EACCESS;
		return err;
	}
	err = ay_place_enter(p, c->uid);
	if (err || mask == F_OK)
		return err;
	if ((mask & W_OK) && !p->admitted && p->kind == AY_INODE_NAMES)
		return access_names(m, p->inode, c);
	err = ay_place_stat(m, p, c, false, &st, &timeout);
	if (err)
		return err;
	if ((mask & W_OK) && !(st.st_mode & 0200))
		return -EROFS;
	if ((mask & X_OK) && !(st.st_mode & 0111))
		return AY_EACCESS;
	return p->admitted && p->node.kind == AY_NODE_FILE ? ay_gate_may_open(m->gate, p->node.artifact, c, NULL) : 0;
}

void ay_op_access(fuse_req_t req, fuse_ino_t ino, int mask)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_cred c = ay_req_cred(req);
	struct ay_place p;
	int err = ay_place(m, ino, &p);

	if (!err) {
		err = access_place(m, &p, &c, mask);
		ay_place_end(m, &p);
	}
	ay_reply_code(req, err);
}

/* ---- extended attributes: hints, never evidence ---- */

#define XATTR_PREFIX "user.assay."

/* First line of the record: role, key id, log index, kind. */
static int signer(struct ay_mount *m, uint64_t artifact, struct ay_buf *out)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_KEY_FILE);
	const char *from, *to;
	struct ay_txn *t;
	int err = ay_read_begin(m->store, &t);

	if (err)
		return err;
	err = ay_record_get(t, artifact, "signers", &b);
	ay_read_end(t);
	if (!err) {
		from = strchr(ay_buf_str(&b), ' ');
		to = from ? strchr(from + 1, ' ') : NULL;
		err = to ? ay_buf_add(out, from + 1, (size_t)(to - from - 1)) : AY_ENOTFOUND;
	}
	ay_buf_free(&b);
	return err;
}

static int xattr(struct ay_mount *m, const struct ay_place *p, const char *name, struct ay_buf *out)
{
	char hex[AY_SHA256_HEX];
	struct ay_artifact a;
	int err;

	if (p->staged)
		a = p->art;
	err = p->staged ? 0 : ay_place_artifact(m, p, &a);
	if (err)
		return err;
	if (strcmp(name, "artifact") == 0)
		return ay_buf_adds(out, a.ref.text);
	if (strcmp(name, "state") == 0)
		return ay_buf_adds(out, ay_state_name(a.state));
	if (p->staged)
		return -ENODATA;
	if (strcmp(name, "log_index") == 0)
		return a.log_index == UINT64_MAX ? -ENODATA : ay_buf_addf(out, "%llu", (unsigned long long)a.log_index);
	if (strcmp(name, "signer") == 0)
		return signer(m, a.id, out);
	if (strcmp(name, "sha256") != 0 || p->node.kind != AY_NODE_FILE)
		return -ENODATA;
	ay_sha256_hex(&p->node.sha256, hex);
	return ay_buf_adds(out, hex);
}

void ay_op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct ay_buf out = ay_buf_new(64 * KIB);
	struct ay_mount *m = ay_req_mount(req);
	struct ay_place p;
	int err = strncmp(name, XATTR_PREFIX, strlen(XATTR_PREFIX)) == 0 ? ay_place(m, ino, &p) : -ENODATA;

	if (!err) {
		err = p.admitted || p.staged ? ay_place_enter(&p, fuse_req_ctx(req)->uid) : -ENODATA;
		if (!err)
			err = xattr(m, &p, name + strlen(XATTR_PREFIX), &out);
		ay_place_end(m, &p);
	}
	if (err == AY_ENOTFOUND)
		err = -ENODATA;
	if (!err && size && size < out.len)
		err = -ERANGE;
	if (err)
		ay_reply_code(req, err);
	else if (!size)
		fuse_reply_xattr(req, out.len);
	else
		fuse_reply_buf(req, (const char *)out.data, out.len);
	ay_buf_free(&out);
}

/* Nothing is listed, so that no copy carries a stamp that it has not earned. */
void ay_op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	(void)ino;
	if (size)
		fuse_reply_buf(req, NULL, 0);
	else
		fuse_reply_xattr(req, 0);
}

void ay_op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs st;

	(void)ino;
	if (fstatvfs(ay_store_fd(ay_req_mount(req)->store), &st) < 0) {
		fuse_reply_err(req, errno);
		return;
	}
	st.f_namemax = AY_LIMIT_COMPONENT;
	fuse_reply_statfs(req, &st);
}
