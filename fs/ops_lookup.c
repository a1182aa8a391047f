/* SPDX-License-Identifier: Apache-2.0 */
/* Names to nodes. */
#include "fs/internal.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const struct { const char *name; enum ay_inode_kind kind; } root_entries[] = {
	{"models", AY_INODE_NAMES}, {"datasets", AY_INODE_NAMES}, {"code", AY_INODE_NAMES},
	{"attest", AY_INODE_VIEW_DIR}, {"trust", AY_INODE_VIEW_DIR}, {"log", AY_INODE_VIEW_DIR}, {".assay", AY_INODE_VIEW_DIR},
	{"objects", AY_INODE_OBJECTS},
};

const char *ay_root_entry(size_t i)
{
	return i < AY_ARRAY_LEN(root_entries) ? root_entries[i].name : NULL;
}

bool ay_reply_inode(fuse_req_t req, struct ay_inode *in, double entry_s, struct fuse_file_info *created)
{
	struct ay_mount *m = ay_req_mount(req);
	struct fuse_entry_param e = {.ino = in->id, .entry_timeout = entry_s};
	struct ay_cred c = ay_req_cred(req);
	struct ay_place p;
	int err = ay_place(m, in->id, &p);

	if (!err) {
		err = ay_place_stat(m, &p, &c, false, &e.attr, &e.attr_timeout);
		ay_place_end(m, &p);
	}
	if (err) {
		ay_inode_put(&m->inodes, in);
		ay_reply_code(req, err);
		return false;
	}
	/* Counted before the kernel may forget it; taken back when the caller was interrupted and never learns of it. */
	ay_inode_looked_up(&m->inodes, in);
	err = created ? fuse_reply_create(req, &e, created) : fuse_reply_entry(req, &e);
	if (err)
		ay_inode_forget(&m->inodes, in->id, 1);
	ay_inode_put(&m->inodes, in);
	return !err;
}

void ay_reply_node(fuse_req_t req, const struct ay_node *n, double entry_s)
{
	struct fuse_entry_param e = {.ino = n->id, .entry_timeout = entry_s, .attr_timeout = AY_FOREVER_S};

	ay_stat_node(ay_req_mount(req), n, &e.attr);
	fuse_reply_entry(req, &e);
}

/* An answer of "not there" that the kernel may keep. */
static void reply_absent(fuse_req_t req, double entry_s)
{
	struct fuse_entry_param e = {.entry_timeout = entry_s};

	fuse_reply_entry(req, &e);
}

static void make_and_reply(fuse_req_t req, struct ay_inode *dir, const char *name, enum ay_inode_kind kind, double entry_s)
{
	struct ay_inode *in = ay_inode_make(&ay_req_mount(req)->inodes, dir->id, dir, name, kind, NULL);

	if (in)
		ay_reply_inode(req, in, entry_s, NULL);
	else
		fuse_reply_err(req, ENOMEM);
}

static void lookup_root(fuse_req_t req, struct ay_inode *dir, const char *name)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(root_entries); i++) {
		if (strcmp(root_entries[i].name, name) == 0) {
			make_and_reply(req, dir, name, root_entries[i].kind, AY_FOREVER_S);
			return;
		}
	}
	reply_absent(req, AY_FOREVER_S);
}

/* Below an admitted version. What its writer brought since is for its writer only. */
static void lookup_node(fuse_req_t req, const struct ay_place *p, const char *name)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_inode *extra;
	struct ay_node n;
	struct ay_txn *t;
	int err = ay_read_begin(m->store, &t);

	if (!err) {
		err = ay_node_lookup(t, p->node.id, name, &n);
		ay_read_end(t);
	}
	if (!err) {
		/* A directory that the kernel has known since it was staged stays that one: it may be somebody's working directory. */
		struct ay_inode *known = n.kind == AY_NODE_DIR && p->inode ? ay_inode_child(&m->inodes, p->inode->id, name) : NULL;

		if (known && known->kind == AY_INODE_STAGED_DIR)
			ay_reply_inode(req, known, AY_FOREVER_S, NULL);
		else {
			ay_inode_put(&m->inodes, known);
			ay_reply_node(req, &n, AY_FOREVER_S);
		}
		return;
	}
	if (err != AY_ENOTFOUND) {
		ay_reply_code(req, err);
		return;
	}
	extra = ay_inode_brought(&m->inodes, p->node.id, name, fuse_req_ctx(req)->uid, false);
	if (!extra && p->inode)             /* staged, and not admitted with the rest */
		extra = ay_inode_brought(&m->inodes, p->inode->id, name, fuse_req_ctx(req)->uid, true);
	if (extra)
		ay_reply_inode(req, extra, 0, NULL);
	else
		reply_absent(req, AY_FOREVER_S);
}

static void lookup_staged(fuse_req_t req, const struct ay_place *p, const char *name)
{
	struct ay_mount *m = ay_req_mount(req);
	char path[AY_PATH_ROOM];
	struct ay_inode *in;
	struct stat st;
	size_t len;
	int err = ay_place_enter(p, fuse_req_ctx(req)->uid);

	if (!err)
		err = ay_inode_path(&m->inodes, p->inode, path, sizeof(path));
	if (!err) {
		in = ay_inode_brought(&m->inodes, p->inode->id, name, p->art.uid, false);
		if (in) {
			ay_reply_inode(req, in, 0, NULL);
			return;
		}
		len = strlen(path);
		if (len + strlen(name) + 2 > sizeof(path) || len + strlen(name) + 1 > AY_LIMIT_PATH) {
			fuse_reply_err(req, ENAMETOOLONG);
			return;
		}
		snprintf(path + len, sizeof(path) - len, "%s%s", len ? "/" : "", name);
		err = ay_staged_stat(p->inode->staged, path, &st);
	}
	if (err) {
		ay_reply_code(req, err);
		return;
	}
	in = ay_inode_make(&m->inodes, p->inode->id, p->inode, name, S_ISDIR(st.st_mode) ? AY_INODE_STAGED_DIR : AY_INODE_STAGED_FILE,
			   p->inode->staged);
	if (!in) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	ay_inode_number(m, in);
	ay_reply_inode(req, in, 0, NULL);
}

void ay_inode_number(struct ay_mount *m, struct ay_inode *in)
{
	uint64_t ino;

	if (!(__atomic_load_n(&in->ino, __ATOMIC_RELAXED) & AY_INODE_BIT))
		return;
	ino = ay_mount_ino(m);
	if (ino) {
		uint64_t own = in->id;

		__atomic_compare_exchange_n(&in->ino, &own, ino, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
}

int ay_names_artifact(struct ay_mount *m, struct ay_inode *dir, const char *name, const char *ref, struct ay_inode **out)
{
	struct ay_staged *s;
	struct ay_intake *intake;
	int err = ay_intake_find(m->gate, ref, &intake);

	if (err)
		return err;
	s = ay_staged_new(intake);
	if (!s)
		return -ENOMEM;
	*out = ay_inode_make(&m->inodes, dir->id, dir, name, AY_INODE_STAGED_DIR, s);
	ay_staged_unref(s);
	if (!*out)
		return -ENOMEM;
	ay_inode_number(m, *out);
	return 0;
}

/*
 * A version. One that was seen staged keeps its directory while the kernel knows
 * it. AY_ENOTFOUND is not answered: the record may have changed meanwhile.
 */
static int lookup_version(fuse_req_t req, struct ay_inode *dir, const char *name, const struct ay_artifact *a)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_inode *in = ay_inode_child(&m->inodes, dir->id, name);
	struct ay_node top;
	struct ay_txn *t;
	int err = 0;

	if (in && in->kind == AY_INODE_STAGED_DIR && in->staged->id == a->id) {
		ay_reply_inode(req, in, a->state == AY_ADMITTED ? AY_NAME_S : 0, NULL);
		return 0;
	}
	ay_inode_put(&m->inodes, in);
	if (a->state == AY_ADMITTED || a->state == AY_REVOKED) {
		err = ay_read_begin(m->store, &t);
		if (!err) {
			err = a->top ? ay_node_get(t, a->top, &top) : AY_ENOTFOUND;
			ay_read_end(t);
		}
		if (!err)
			ay_reply_node(req, &top, AY_NAME_S);
		return err;
	}
	err = a->state == AY_RETIRED ? AY_ENOTFOUND : ay_names_artifact(m, dir, name, a->ref.text, &in);
	if (!err)
		ay_reply_inode(req, in, 0, NULL);
	return err;
}

static int artifact_or_tag(struct ay_mount *m, const struct ay_ref *ref, struct ay_artifact *a, bool *tag_out)
{
	struct ay_tag tag;
	struct ay_txn *t;
	int err = ay_read_begin(m->store, &t);

	*tag_out = false;
	if (err)
		return err;
	err = ay_artifact_get(t, ref->text, a);
	if (err == AY_ENOTFOUND && ay_tag_get(t, ref->name, ref->version, &tag) == 0) {
		*tag_out = true;
		err = 0;
	}
	ay_read_end(t);
	return err;
}

static int any(const char *component, bool is_version, void *arg)
{
	(void)component;
	(void)is_version;
	(void)arg;
	return 1;
}

bool ay_names_exist(struct ay_mount *m, const char *path)
{
	struct ay_txn *t;
	bool yes;

	if (ay_read_begin(m->store, &t))
		return false;
	yes = ay_name_each(t, path, NULL, any, NULL) == 1;
	ay_read_end(t);
	return yes;
}

static void lookup_names(fuse_req_t req, struct ay_inode *dir, const char *name)
{
	struct ay_mount *m = ay_req_mount(req);
	char path[AY_PATH_ROOM];
	const char *at = strchr(name, '@');
	struct ay_artifact a;
	struct ay_inode *in;
	struct ay_ref ref;
	size_t len;
	bool tag = false;
	int err = ay_inode_path(&m->inodes, dir, path, sizeof(path));

	if (err) {
		ay_reply_code(req, err);
		return;
	}
	len = strlen(path);
	snprintf(path + len, sizeof(path) - len, "/%s", name);
	if (!at) {
		in = ay_inode_child(&m->inodes, dir->id, name);
		if ((in && in->made) || (ay_component_ok(name, strlen(name)) && ay_names_exist(m, path)))
			make_and_reply(req, dir, name, AY_INODE_NAMES, AY_NAME_S);
		else
			fuse_reply_err(req, ENOENT);
		ay_inode_put(&m->inodes, in);
		return;
	}
	if (ay_ref_parse(path, &ref, NULL)) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	/* Twice: an artifact that is admitted between the two questions is found by the second. */
	for (int i = 0; i < 2; i++) {
		err = artifact_or_tag(m, &ref, &a, &tag);
		if (!err && tag) {
			make_and_reply(req, dir, name, AY_INODE_TAG, 0);
			return;
		}
		if (!err)
			err = lookup_version(req, dir, name, &a);
		if (err != AY_ENOTFOUND)
			break;
	}
	if (err)
		ay_reply_code(req, err);
}

static void lookup_view(fuse_req_t req, struct ay_inode *dir, const char *name)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_cred c = ay_req_cred(req);
	struct ay_inode *in = ay_inode_brought(&m->inodes, dir->id, name, c.uid, false);
	char path[AY_PATH_ROOM];
	bool is_dir;
	size_t len;
	int err;

	if (in) {                           /* being written, or a moment ago */
		ay_reply_inode(req, in, 0, NULL);
		return;
	}
	err = ay_inode_path(&m->inodes, dir, path, sizeof(path));
	if (!err) {
		len = strlen(path);
		snprintf(path + len, sizeof(path) - len, "/%s", name);
		err = ay_view_stat(m->gate, path, &c, &is_dir);
	}
	if (err)
		ay_reply_code(req, err);
	else
		make_and_reply(req, dir, name, is_dir ? AY_INODE_VIEW_DIR : AY_INODE_VIEW_FILE, 0);
}

static void lookup_object(fuse_req_t req, struct ay_inode *dir, const char *name)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_inode *in;
	struct ay_sha256 d;
	struct ay_txn *t;
	uint64_t size, refs;
	int err = ay_sha256_parse(name, strlen(name), &d) ? AY_ENOTFOUND : ay_read_begin(m->store, &t);

	if (!err) {
		err = ay_object_stat(t, &d, &size, &refs);
		ay_read_end(t);
	}
	if (err) {
		ay_reply_code(req, err);
		return;
	}
	in = ay_inode_make(&m->inodes, dir->id, dir, name, AY_INODE_OBJECT, NULL);
	if (!in) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	in->sha256 = d;
	in->size = size;
	ay_reply_inode(req, in, AY_NAME_S, NULL);
}

void ay_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct ay_mount *m = ay_req_mount(req);
	struct ay_inode *in;
	struct ay_place p;
	int err = ay_place(m, parent, &p);

	if (err) {
		ay_reply_code(req, err);
		return;
	}
	if (p.admitted || p.staged) {
		bool file = p.admitted ? p.node.kind == AY_NODE_FILE : p.inode->kind == AY_INODE_STAGED_FILE;

		if (file)
			fuse_reply_err(req, ENOTDIR);
		else if (p.admitted)
			lookup_node(req, &p, name);
		else
			lookup_staged(req, &p, name);
		ay_place_end(m, &p);
		return;
	}
	switch (p.kind) {
	case AY_INODE_ROOT: lookup_root(req, p.inode, name); break;
	case AY_INODE_NAMES: lookup_names(req, p.inode, name); break;
	case AY_INODE_VIEW_DIR: lookup_view(req, p.inode, name); break;
	case AY_INODE_OBJECTS:
		if (strcmp(name, "sha256") == 0)
			make_and_reply(req, p.inode, name, AY_INODE_SHA256, AY_FOREVER_S);
		else
			fuse_reply_err(req, ENOENT);
		break;
	case AY_INODE_SHA256: lookup_object(req, p.inode, name); break;
	case AY_INODE_GHOST_DIR:
		in = ay_inode_brought(&m->inodes, p.inode->id, name, fuse_req_ctx(req)->uid, true);
		if (in)
			ay_reply_inode(req, in, 0, NULL);
		else
			fuse_reply_err(req, ENOENT);
		break;
	case AY_INODE_TAG: case AY_INODE_VIEW_FILE: case AY_INODE_OBJECT: case AY_INODE_STAGED_DIR: case AY_INODE_STAGED_FILE:
	case AY_INODE_GHOST_FILE: case AY_INODE_CLAIM:
		fuse_reply_err(req, ENOTDIR);
		break;
	}
	ay_place_end(m, &p);
}

void ay_op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t n)
{
	ay_inode_forget(&ay_req_mount(req)->inodes, ino, n);
	fuse_reply_none(req);
}

void ay_op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *v)
{
	for (size_t i = 0; i < count; i++)
		ay_inode_forget(&ay_req_mount(req)->inodes, v[i].ino, v[i].nlookup);
	fuse_reply_none(req);
}
