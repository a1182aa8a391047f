/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes in memory: directories of names, views, tags, and what is staged. What
 * is admitted has persistent ids and needs no node here (INV-10). A node lives
 * while the kernel knows it (lookups) or somebody here uses it (pins); each pins
 * its parent, so that a path can always be told.
 */
#include "fs/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 1024

static size_t id_slot(const struct ay_inodes *t, uint64_t id)
{
	return (id * 0x9e3779b97f4a7c15ull >> 20) & (t->buckets - 1);
}

static size_t name_slot(const struct ay_inodes *t, uint64_t parent, const char *name)
{
	uint64_t h = parent ^ 0xcbf29ce484222325ull;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3ull;
	return (h ^ h >> 32) & (t->buckets - 1);
}

int ay_inodes_init(struct ay_inodes *t)
{
	*t = (struct ay_inodes){.buckets = FIRST_BUCKETS, .next = AY_INODE_BIT + 1};
	t->by_id = calloc(t->buckets, sizeof(*t->by_id));
	t->by_name = calloc(t->buckets, sizeof(*t->by_name));
	if (!t->by_id || !t->by_name) {
		free(t->by_id);
		free(t->by_name);
		return -ENOMEM;
	}
	pthread_mutex_init(&t->lock, NULL);
	t->root = (struct ay_inode){.id = FUSE_ROOT_ID, .kind = AY_INODE_ROOT, .pins = 1, .ino = FUSE_ROOT_ID};
	return 0;
}

static void free_inode(struct ay_inode *in)
{
	if (in->staged)
		ay_staged_unref(in->staged);
	free(in->name);
	free(in->ref);
	free(in);
}

void ay_inodes_free(struct ay_inodes *t)
{
	for (size_t i = 0; i < t->buckets; i++) {
		struct ay_inode *in = t->by_id[i], *next;

		for (; in; in = next) {
			next = in->next_id;
			free_inode(in);
		}
	}
	free(t->by_id);
	free(t->by_name);
	pthread_mutex_destroy(&t->lock);
}

static void unlink_name(struct ay_inodes *t, struct ay_inode *in)
{
	struct ay_inode **p = &t->by_name[name_slot(t, in->parent, in->name)];

	while (*p && *p != in)
		p = &(*p)->next_name;
	if (*p)
		*p = in->next_name;
}

static void link_name(struct ay_inodes *t, struct ay_inode *in)
{
	struct ay_inode **p = &t->by_name[name_slot(t, in->parent, in->name)];

	in->next_name = *p;
	*p = in;
}

static void link_id(struct ay_inodes *t, struct ay_inode *in)
{
	struct ay_inode **p = &t->by_id[id_slot(t, in->id)];

	in->next_id = *p;
	*p = in;
}

/* Doubles the tables; when there is no memory they only become slower. */
static void grow(struct ay_inodes *t)
{
	size_t old = t->buckets;
	struct ay_inode **by_id = calloc(old * 2, sizeof(*by_id)), **by_name = calloc(old * 2, sizeof(*by_name)), **ids = t->by_id;

	if (!by_id || !by_name) {
		free(by_id);
		free(by_name);
		return;
	}
	free(t->by_name);
	t->by_id = by_id;
	t->by_name = by_name;
	t->buckets = old * 2;
	for (size_t i = 0; i < old; i++) {
		struct ay_inode *in = ids[i], *next;

		for (; in; in = next) {
			next = in->next_id;
			link_id(t, in);
			if (!in->gone)
				link_name(t, in);
		}
	}
	free(ids);
}

static struct ay_inode *find_id(struct ay_inodes *t, uint64_t id)
{
	struct ay_inode *in = t->by_id[id_slot(t, id)];

	if (id == FUSE_ROOT_ID)
		return &t->root;
	while (in && in->id != id)
		in = in->next_id;
	return in;
}

static struct ay_inode *find_child(struct ay_inodes *t, uint64_t parent, const char *name)
{
	struct ay_inode *in = t->by_name[name_slot(t, parent, name)];

	while (in && (in->parent != parent || strcmp(in->name, name) != 0))
		in = in->next_name;
	return in;
}

struct ay_inode *ay_inode_get(struct ay_inodes *t, uint64_t id)
{
	struct ay_inode *in;

	pthread_mutex_lock(&t->lock);
	in = find_id(t, id);
	if (in)
		in->pins++;
	pthread_mutex_unlock(&t->lock);
	return in;
}

struct ay_inode *ay_inode_child(struct ay_inodes *t, uint64_t parent, const char *name)
{
	struct ay_inode *in;

	pthread_mutex_lock(&t->lock);
	in = find_child(t, parent, name);
	if (in)
		in->pins++;
	pthread_mutex_unlock(&t->lock);
	return in;
}

struct ay_inode *ay_inode_pin(struct ay_inodes *t, struct ay_inode *in)
{
	pthread_mutex_lock(&t->lock);
	in->pins++;
	pthread_mutex_unlock(&t->lock);
	return in;
}

/* Frees a node that nobody needs, then its parent when that was its last child. */
static void drop(struct ay_inodes *t, struct ay_inode *in)
{
	while (in && in != &t->root && !in->pins && !in->lookups) {
		struct ay_inode **p = &t->by_id[id_slot(t, in->id)], *up = in->up;

		while (*p != in)
			p = &(*p)->next_id;
		*p = in->next_id;
		if (!in->gone)
			unlink_name(t, in);
		t->count--;
		free_inode(in);
		if (up)
			up->pins--;
		in = up;
	}
}

void ay_inode_put(struct ay_inodes *t, struct ay_inode *in)
{
	if (!in)
		return;
	pthread_mutex_lock(&t->lock);
	in->pins--;
	drop(t, in);
	pthread_mutex_unlock(&t->lock);
}

static void unname(struct ay_inodes *t, struct ay_inode *in)
{
	if (in->gone)
		return;
	unlink_name(t, in);
	in->gone = true;
}

void ay_inode_unname(struct ay_inodes *t, struct ay_inode *in)
{
	pthread_mutex_lock(&t->lock);
	unname(t, in);
	pthread_mutex_unlock(&t->lock);
}

static struct ay_inode *new_inode(struct ay_inodes *t, uint64_t parent, struct ay_inode *up, const char *name, enum ay_inode_kind kind,
				  struct ay_staged *staged)
{
	struct ay_inode *in = calloc(1, sizeof(*in));

	if (!in)
		return NULL;
	in->name = strdup(name);
	if (!in->name) {
		free(in);
		return NULL;
	}
	in->id = t->next++;
	in->ino = in->id;
	in->kind = kind;
	in->parent = parent;
	in->up = up;
	if (up)
		up->pins++;
	in->staged = staged ? ay_staged_ref(staged) : NULL;
	in->uid = staged ? staged->uid : 0;
	if (++t->count > t->buckets)
		grow(t);
	link_id(t, in);
	link_name(t, in);
	return in;
}

struct ay_inode *ay_inode_make(struct ay_inodes *t, uint64_t parent, struct ay_inode *up, const char *name, enum ay_inode_kind kind,
			       struct ay_staged *staged)
{
	struct ay_inode *in;

	pthread_mutex_lock(&t->lock);
	in = find_child(t, parent, name);
	if (in && (in->kind != kind || (in->staged ? in->staged->id : 0) != (staged ? staged->id : 0))) {
		unname(t, in);
		in = NULL;
	}
	if (!in)
		in = new_inode(t, parent, up, name, kind, staged);
	if (in)
		in->pins++;
	pthread_mutex_unlock(&t->lock);
	return in;
}

static bool brought(const struct ay_inode *in)
{
	return in->kind == AY_INODE_GHOST_DIR || in->kind == AY_INODE_GHOST_FILE || in->kind == AY_INODE_CLAIM;
}

struct ay_inode *ay_inode_bring(struct ay_inodes *t, uint64_t parent, struct ay_inode *up, const char *name, enum ay_inode_kind kind,
				uint32_t uid, const char *ref)
{
	char *copy = ref ? strdup(ref) : NULL;
	struct ay_inode *in;

	if (ref && !copy)
		return NULL;
	pthread_mutex_lock(&t->lock);
	in = find_child(t, parent, name);
	if (in && (in->kind != kind || in->uid != uid)) {
		unname(t, in);
		in = NULL;
	}
	if (!in) {
		in = new_inode(t, parent, up, name, kind, NULL);
		if (in) {
			in->uid = uid;
			in->ref = copy;
			copy = NULL;
		}
	}
	if (in)
		in->pins++;
	pthread_mutex_unlock(&t->lock);
	free(copy);
	return in;
}

struct ay_inode *ay_inode_brought(struct ay_inodes *t, uint64_t parent, const char *name, uint32_t uid, bool left)
{
	struct ay_inode *in;

	pthread_mutex_lock(&t->lock);
	in = find_child(t, parent, name);
	if (in && (brought(in) || (left && in->staged)) && in->uid == uid)
		in->pins++;
	else
		in = NULL;
	pthread_mutex_unlock(&t->lock);
	return in;
}

void ay_inode_looked_up(struct ay_inodes *t, struct ay_inode *in)
{
	pthread_mutex_lock(&t->lock);
	in->lookups++;
	pthread_mutex_unlock(&t->lock);
}

void ay_inode_forget(struct ay_inodes *t, uint64_t id, uint64_t n)
{
	struct ay_inode *in;

	if (!(id & AY_INODE_BIT))
		return;
	pthread_mutex_lock(&t->lock);
	in = find_id(t, id);
	if (in) {
		in->lookups -= n < in->lookups ? n : in->lookups;
		drop(t, in);
	}
	pthread_mutex_unlock(&t->lock);
}

int ay_inode_move(struct ay_inodes *t, struct ay_inode *in, uint64_t parent, struct ay_inode *up, const char *name)
{
	char *copy = strdup(name);
	struct ay_inode *there, *old_up;

	if (!copy)
		return -ENOMEM;
	pthread_mutex_lock(&t->lock);
	there = find_child(t, parent, name);
	if (there && there != in)
		unname(t, there);
	if (!in->gone)
		unlink_name(t, in);
	in->gone = false;
	free(in->name);
	in->name = copy;
	old_up = in->up;
	in->parent = parent;
	in->up = up;
	if (up)
		up->pins++;
	link_name(t, in);
	if (old_up) {
		old_up->pins--;
		drop(t, old_up);
	}
	pthread_mutex_unlock(&t->lock);
	return 0;
}

bool ay_inode_gone(struct ay_inodes *t, struct ay_inode *in)
{
	bool gone;

	pthread_mutex_lock(&t->lock);
	gone = in->gone;
	pthread_mutex_unlock(&t->lock);
	return gone;
}

static bool path_top(const struct ay_inode *in)
{
	if (in->kind == AY_INODE_STAGED_DIR)
		return in->up && in->up->kind == AY_INODE_NAMES;
	return in->kind == AY_INODE_ROOT;
}

int ay_inode_path(struct ay_inodes *t, struct ay_inode *in, char *out, size_t size)
{
	size_t len = 0, n;
	int err = 0;

	pthread_mutex_lock(&t->lock);
	/* Written from the end backwards, then moved to the front. */
	for (; in && !path_top(in); in = in->up) {
		if (in->gone) {
			err = -ESTALE;
			break;
		}
		n = strlen(in->name);
		if (len + n + 2 > size) {
			err = -ENAMETOOLONG;
			break;
		}
		if (len)
			out[size - ++len] = '/';
		len += n;
		memcpy(out + size - len, in->name, n);
	}
	/* The top of an artifact that was discarded has lost its own name. */
	if (in && !err && in->gone)
		err = -ESTALE;
	pthread_mutex_unlock(&t->lock);
	if (err)
		return err;
	memmove(out, out + size - len, len);
	out[len] = '\0';
	return 0;
}

int ay_inode_keep(struct ay_inodes *t, struct ay_inode *in)
{
	int err = 0;

	pthread_mutex_lock(&t->lock);
	if (t->made >= AY_MADE_DIRS) {
		err = AY_ELIMIT;
	} else if (!in->made) {
		in->made = true;
		in->pins++;
		t->made++;
	}
	pthread_mutex_unlock(&t->lock);
	return err;
}

bool ay_inode_unkeep(struct ay_inodes *t, struct ay_inode *in)
{
	bool empty = true;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->buckets && empty && in->made; i++) {
		for (struct ay_inode *c = t->by_id[i]; c && empty; c = c->next_id)
			empty = !(c->up == in && c->made);
	}
	if (empty && in->made) {
		in->made = false;
		in->pins--;
		t->made--;
		unname(t, in);
	}
	pthread_mutex_unlock(&t->lock);
	return empty;
}

void ay_inode_each_made(struct ay_inodes *t, uint64_t parent, void (*fn)(const char *name, void *arg), void *arg)
{
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->buckets && t->made; i++) {
		for (struct ay_inode *in = t->by_id[i]; in; in = in->next_id) {
			if (in->made && in->parent == parent)
				fn(in->name, arg);
		}
	}
	pthread_mutex_unlock(&t->lock);
}

void ay_inode_touch(struct ay_inodes *t, struct ay_inode *in, int64_t now_s)
{
	pthread_mutex_lock(&t->lock);
	in->touched_s = now_s;
	if (!in->ghost) {
		in->ghost = true;
		in->pins++;
		t->ghosts++;
	}
	pthread_mutex_unlock(&t->lock);
}

/* One idle ghost, found under the lock; NULL when there is none left. */
static struct ay_inode *idle_ghost(struct ay_inodes *t, int64_t now_s)
{
	for (size_t i = 0; i < t->buckets && t->ghosts; i++) {
		for (struct ay_inode *in = t->by_id[i]; in; in = in->next_id) {
			if (in->ghost && now_s - in->touched_s >= AY_GHOST_IDLE_S)
				return in;
		}
	}
	return NULL;
}

void ay_inode_sweep(struct ay_inodes *t, int64_t now_s)
{
	struct ay_inode *in;

	pthread_mutex_lock(&t->lock);
	while ((in = idle_ghost(t, now_s))) {
		in->ghost = false;
		in->pins--;
		t->ghosts--;
		drop(t, in);
	}
	pthread_mutex_unlock(&t->lock);
}
