/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables `node`, `entry` and `object_use`: the trees of admitted artifacts.
 * A tree's ids are consecutive and in the order of its sorted paths, parents first.
 */
#include <errno.h>

#include "assay/text.h"
#include "store/internal.h"

#define STOP 1

static int get_record(struct ay_txn *t, uint64_t id, struct ay_node_record *out)
{
	uint8_t key[8], raw[AY_CODEC_MAX];
	size_t len = 0;
	int rc;

	ay_put_be64(key, id);
	rc = ay_ix_read(t, AY_IX_NODE, key, sizeof(key), raw, sizeof(raw), &len);
	if (rc)
		return rc;
	if (ay_node_decode(id, raw, len, out))
		return ay_txn_fail(t, AY_ECORRUPT, "node %llu does not decode", (unsigned long long)id);
	return 0;
}

int ay_node_get(struct ay_txn *t, uint64_t id, struct ay_node *out)
{
	struct ay_node_record r;
	int rc = get_record(t, id, &r);

	if (!rc)
		*out = r.n;
	return rc;
}

static size_t entry_key(uint64_t dir, const char *name, size_t name_len, uint8_t key[8 + AY_LIMIT_COMPONENT])
{
	ay_put_be64(key, dir);
	memcpy(key + 8, name, name_len);
	return 8 + name_len;
}

/* The node that an entry's value names; an entry that leads nowhere is damage. */
static int entry_node(struct ay_txn *t, uint64_t dir, const uint8_t *val, size_t val_len, struct ay_node *out)
{
	int rc = val_len == 8 ? ay_node_get(t, ay_get_le64(val), out) : AY_ENOTFOUND;

	if (rc == AY_ENOTFOUND || (!rc && out->parent != dir))
		return ay_txn_fail(t, AY_ECORRUPT, "an entry of directory %llu leads nowhere", (unsigned long long)dir);
	return rc;
}

static int lookup(struct ay_txn *t, uint64_t dir, const char *name, size_t name_len, struct ay_node *out)
{
	uint8_t key[8 + AY_LIMIT_COMPONENT], val[8];
	size_t len = 0;
	int rc;

	if (name_len == 0 || name_len > AY_LIMIT_COMPONENT)
		return AY_ENOTFOUND;
	rc = ay_ix_read(t, AY_IX_ENTRY, key, entry_key(dir, name, name_len, key), val, sizeof(val), &len);
	return rc ? rc : entry_node(t, dir, val, len, out);
}

int ay_node_lookup(struct ay_txn *t, uint64_t dir, const char *name, struct ay_node *out)
{
	return lookup(t, dir, name, strlen(name), out);
}

int ay_node_by_path(struct ay_txn *t, uint64_t top, const char *path, struct ay_node *out)
{
	int rc = ay_node_get(t, top, out);

	while (!rc && *path) {
		size_t len = strcspn(path, "/");

		rc = lookup(t, out->id, path, len, out);
		path += len;
		if (*path == '/' && *++path == '\0')
			return AY_ENOTFOUND;
	}
	return rc;
}

struct each {
	struct ay_txn *t;
	uint64_t dir;
	int (*fn)(const char *name, const struct ay_node *n, void *arg);
	void *arg;
};

static int each_entry(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct each *w = arg;
	char name[AY_LIMIT_COMPONENT + 1];
	struct ay_node n;
	int rc = entry_node(w->t, w->dir, val, val_len, &n);

	if (rc)
		return rc;
	if (key_len - 8 > AY_LIMIT_COMPONENT)
		return ay_txn_fail(w->t, AY_ECORRUPT, "an entry of directory %llu has too long a name", (unsigned long long)w->dir);
	memcpy(name, (const uint8_t *)key + 8, key_len - 8);
	name[key_len - 8] = '\0';
	return w->fn(name, &n, w->arg);
}

int ay_node_each(struct ay_txn *t, uint64_t dir, const char *after, int (*fn)(const char *name, const struct ay_node *n, void *arg), void *arg)
{
	struct each w = { t, dir, fn, arg };
	uint8_t prefix[8], from[8 + AY_LIMIT_COMPONENT + 1];
	size_t after_len = after ? strlen(after) : 0;

	if (after_len > AY_LIMIT_COMPONENT)
		return AY_EUSAGE;
	ay_put_be64(prefix, dir);
	memcpy(from, prefix, 8);
	if (!after_len)
		return ay_ix_each(t, AY_IX_ENTRY, prefix, sizeof(prefix), NULL, 0, each_entry, &w);
	memcpy(from + 8, after, after_len);
	from[8 + after_len] = '\0'; /* no name holds it: the smallest key after this one */
	return ay_ix_each(t, AY_IX_ENTRY, prefix, sizeof(prefix), from, 8 + after_len + 1, each_entry, &w);
}

int ay_node_path(struct ay_txn *t, uint64_t id, struct ay_buf *out)
{
	char path[AY_LIMIT_PATH + 1];
	size_t at = sizeof(path) - 1;
	struct ay_node_record r;
	int rc;

	path[at] = '\0';
	for (;;) {
		rc = get_record(t, id, &r);
		if (rc)
			return rc;
		if (r.n.parent == 0)
			break;
		size_t len = strlen(r.name), sep = path[at] != '\0';

		if (len + sep > at)
			return ay_txn_fail(t, AY_ECORRUPT, "the path of node %llu is too long", (unsigned long long)id);
		if (sep)
			path[--at] = '/';
		at -= len;
		memcpy(path + at, r.name, len);
		id = r.n.parent;
	}
	ay_buf_clear(out);
	return ay_buf_adds(out, path + at);
}

/* The writer thread takes ids like every other record: what is returned was committed. */
struct reserve {
	uint64_t n, first;
};

static int reserve_ids(struct ay_txn *t, void *arg)
{
	struct reserve *r = arg;

	return ay_counter_take(t, "next_node", AY_NODE_FIRST, r->n, &r->first);
}

int ay_node_reserve(struct ay_store *s, uint64_t n, uint64_t *first_out)
{
	struct reserve r = { n, 0 };
	int rc = ay_commit(s, reserve_ids, &r, NULL);

	if (!rc)
		*first_out = r.first;
	return rc;
}

/* ---- walking a tree in the order of its ids ---- */

struct walk {
	struct ay_txn *t;
	uint64_t top, artifact;
	struct { uint64_t id; size_t path_len; } dir[AY_LIMIT_PATH_DEPTH + 1];
	size_t depth;
	struct ay_buf path;           /* of the node at hand */
	int (*fn)(const struct ay_node_record *r, const char *path, void *arg);
	void *arg;
};

static int walk_node(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct walk *w = arg;
	struct ay_node_record r;
	uint64_t id = key_len == 8 ? ay_get_be64(key) : 0;

	if (ay_node_decode(id, val, val_len, &r))
		return ay_txn_fail(w->t, AY_ECORRUPT, "node %llu does not decode", (unsigned long long)id);
	if (r.n.artifact != w->artifact || (r.n.parent == 0 && id != w->top))
		return STOP;
	while (w->depth && w->dir[w->depth - 1].id != r.n.parent)
		w->depth--;
	if ((w->depth == 0) != (id == w->top) || w->depth > AY_LIMIT_PATH_DEPTH)
		return ay_txn_fail(w->t, AY_ECORRUPT, "node %llu is outside of its tree", (unsigned long long)id);
	w->path.len = w->depth ? w->dir[w->depth - 1].path_len : 0;
	if (w->path.len)
		ay_buf_addc(&w->path, '/');
	ay_buf_adds(&w->path, r.name);
	if (w->path.err)
		return ay_txn_fail(w->t, w->path.err, "the path of node %llu", (unsigned long long)id);
	if (r.n.kind == AY_NODE_DIR) {
		w->dir[w->depth].id = id;
		w->dir[w->depth++].path_len = w->path.len;
	}
	return w->fn(&r, ay_buf_str(&w->path), w->arg);
}

static int walk_tree(struct ay_txn *t, uint64_t top, int (*fn)(const struct ay_node_record *r, const char *path, void *arg), void *arg)
{
	struct walk w = { .t = t, .top = top, .path = ay_buf_new(AY_LIMIT_PATH + 1), .fn = fn, .arg = arg };
	struct ay_node n;
	uint8_t from[8];
	int rc = ay_node_get(t, top, &n);

	if (rc)
		return rc;
	if (n.parent)
		return AY_EUSAGE;
	w.artifact = n.artifact;
	ay_put_be64(from, top);
	rc = ay_ix_each(t, AY_IX_NODE, NULL, 0, from, sizeof(from), walk_node, &w);
	ay_buf_free(&w.path);
	return rc == STOP ? 0 : rc;
}

static int list_file(const struct ay_node_record *r, const char *path, void *arg)
{
	struct ay_file_list *l = arg;
	int rc;

	if (r->n.kind != AY_NODE_FILE)
		return 0;
	rc = ay_file_list_add(l, path, r->n.size, &r->n.sha256);
	if (rc)
		return rc;
	struct ay_file *f = &l->v[l->n - 1];

	f->executable = r->n.executable;
	f->mtime_s = r->n.mtime_s;
	f->mtime_ns = r->n.mtime_ns;
	f->ino = r->n.ino;
	return 0;
}

int ay_node_list(struct ay_txn *t, uint64_t top, struct ay_file_list *out)
{
	return walk_tree(t, top, list_file, out);
}

/* ---- writing and dropping trees ---- */

static void use_key(const struct ay_sha256 *d, uint64_t artifact, uint8_t key[40])
{
	memcpy(key, d->b, 32);
	ay_put_be64(key + 32, artifact);
}

static int drop_node(const struct ay_node_record *r, const char *path, void *arg)
{
	struct ay_txn *t = arg;
	uint8_t id[8], entry[8 + AY_LIMIT_COMPONENT], use[40];
	int rc;

	(void)path;
	ay_put_be64(id, r->n.id);
	rc = ay_ix_del(t, AY_IX_NODE, id, sizeof(id));
	if (!rc && r->n.parent)
		rc = ay_ix_del(t, AY_IX_ENTRY, entry, entry_key(r->n.parent, r->name, strlen(r->name), entry));
	if (!rc && r->n.kind == AY_NODE_FILE) {
		use_key(&r->n.sha256, r->n.artifact, use);
		rc = ay_ix_del(t, AY_IX_OBJECT_USE, use, sizeof(use));
		if (!rc || rc == AY_ENOTFOUND) /* a tree may hold one object twice */
			rc = ay_object_unref(t, &r->n.sha256);
		ay_txn_tally(t, AY_TALLY_FILES, -1);
	}
	return rc == AY_ENOTFOUND ? ay_txn_fail(t, AY_ECORRUPT, "node %llu is not linked as it should be", (unsigned long long)r->n.id) : rc;
}

int ay_nodes_drop(struct ay_txn *t, uint64_t top)
{
	return walk_tree(t, top, drop_node, t);
}

/* Length of the directories, with their last '/', that both paths share. */
static size_t shared_dirs(const char *a, const char *b)
{
	size_t shared = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++) {
		if (a[i] == '/')
			shared = i + 1;
	}
	return shared;
}

static size_t count_slashes(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += s[i] == '/';
	return n;
}

/* Nodes of the whole tree; refuses lists that are unsorted, have duplicates or bad paths. */
static int count_nodes(struct ay_txn *t, const struct ay_file_list *files, uint64_t *n_out)
{
	const char *before = "";

	*n_out = 1;
	for (size_t i = 0; i < files->n; i++) {
		const char *path = files->v[i].path;
		size_t len = strlen(path), shared = shared_dirs(before, path);
		int rc = ay_path_check(path, len, NULL);

		if (rc)
			return ay_txn_fail(t, rc, "file %zu has a path that is not allowed", i);
		if (count_slashes(path, len) >= AY_LIMIT_PATH_DEPTH)
			return ay_txn_fail(t, AY_ELIMIT, "file %zu is more than %d directories deep", i, AY_LIMIT_PATH_DEPTH);
		if (strcmp(before, path) >= 0)
			return ay_txn_fail(t, AY_EUSAGE, "file %zu is out of order or listed twice", i);
		*n_out += 1 + count_slashes(path + shared, len - shared);
		before = path;
	}
	return 0;
}

struct builder {
	struct ay_txn *t;
	uint64_t artifact, next;
	int64_t now;
	uint64_t dir[AY_LIMIT_PATH_DEPTH + 1];
	struct ay_buf value;
};

static int put_node(struct builder *w, struct ay_node_record *r, const char *name, size_t name_len)
{
	uint8_t id[8], entry[8 + AY_LIMIT_COMPONENT], val[8];
	int rc;

	memcpy(r->name, name, name_len);
	r->name[name_len] = '\0';
	r->n.id = w->next++;
	r->n.artifact = w->artifact;
	if (!r->n.ino)
		r->n.ino = r->n.id;
	ay_put_be64(id, r->n.id);
	ay_buf_clear(&w->value);
	if (ay_node_encode(&w->value, r))
		return ay_txn_fail(w->t, w->value.err, "a node record");
	rc = ay_ix_put(w->t, AY_IX_NODE, id, sizeof(id), w->value.data, w->value.len);
	if (rc || !r->n.parent)
		return rc;
	ay_put_le64(val, r->n.id);
	return ay_ix_put(w->t, AY_IX_ENTRY, entry, entry_key(r->n.parent, name, name_len, entry), val, sizeof(val));
}

static int put_dir(struct builder *w, size_t depth, const char *name, size_t name_len)
{
	struct ay_node_record r = { .n = { .kind = AY_NODE_DIR, .mtime_s = w->now } };
	uint8_t entry[8 + AY_LIMIT_COMPONENT];
	int rc;

	if (depth) {
		r.n.parent = w->dir[depth - 1];
		/* A file of this name sorts before the files below the directory. */
		rc = ay_ix_has(w->t, AY_IX_ENTRY, entry, entry_key(r.n.parent, name, name_len, entry));
		if (rc != AY_ENOTFOUND)
			return rc ? rc : ay_txn_fail(w->t, AY_EUSAGE, "a path is both a file and a directory");
	}
	w->dir[depth] = w->next;
	return put_node(w, &r, name, name_len);
}

static int put_file(struct builder *w, size_t depth, const struct ay_file *f, const char *name)
{
	struct ay_node_record r = { .n = {
		.parent = w->dir[depth], .kind = AY_NODE_FILE, .executable = f->executable, .mtime_s = f->mtime_s,
		.mtime_ns = f->mtime_ns, .ino = f->ino, .size = f->size, .sha256 = f->sha256,
	} };
	uint8_t use[40];

	use_key(&f->sha256, w->artifact, use);
	int rc = ay_ix_put(w->t, AY_IX_OBJECT_USE, use, sizeof(use), NULL, 0);

	return rc ? rc : put_node(w, &r, name, strlen(name));
}

static int put_path(struct builder *w, const char *before, const struct ay_file *f)
{
	size_t shared = shared_dirs(before, f->path), depth = count_slashes(f->path, shared);
	const char *name = f->path + shared, *slash;

	while ((slash = strchr(name, '/'))) {
		int rc = put_dir(w, ++depth, name, (size_t)(slash - name));

		if (rc)
			return rc;
		name = slash + 1;
	}
	return put_file(w, depth, f, name);
}

int ay_nodes_put(struct ay_txn *t, uint64_t artifact, const struct ay_file_list *files, uint64_t *top_out)
{
	struct builder w = { .t = t, .artifact = artifact, .now = ay_time_now(), .value = ay_buf_new(AY_CODEC_MAX) };
	const char *before = "";
	uint64_t n;
	int rc = count_nodes(t, files, &n);

	if (!rc)
		rc = ay_counter_take(t, "next_node", AY_NODE_FIRST, n, &w.next);
	if (rc)
		return rc;
	*top_out = w.next;
	rc = put_dir(&w, 0, "", 0);
	for (size_t i = 0; i < files->n && !rc; i++) {
		rc = put_path(&w, before, &files->v[i]);
		before = files->v[i].path;
	}
	ay_txn_tally(t, AY_TALLY_FILES, (int64_t)files->n);
	ay_buf_free(&w.value);
	return rc;
}
