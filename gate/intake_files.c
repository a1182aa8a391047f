/* SPDX-License-Identifier: Apache-2.0 */
/* The file table of an open artifact: a hash table by path. */
#include <errno.h>
#include "gate/intake.h"

static uint64_t hash(const char *path)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *path; path++)
		h = (h ^ (uint8_t)*path) * 0x100000001b3ull;
	return h ^ h >> 29;
}

static struct ay_intake_file **slot(const struct ay_intake_table *t, const char *path)
{
	struct ay_intake_file **at = &t->v[hash(path) & (t->nbuckets - 1)];

	while (*at && strcmp((*at)->path, path) != 0)
		at = &(*at)->next;
	return at;
}

struct ay_intake_file *ay_table_find(const struct ay_intake_table *t, const char *path)
{
	return t->n ? *slot(t, path) : NULL;
}

static int grow(struct ay_intake_table *t)
{
	struct ay_intake_table bigger = { .nbuckets = t->nbuckets ? t->nbuckets * 2 : 16, .n = t->n };

	bigger.v = calloc(bigger.nbuckets, sizeof(struct ay_intake_file *));
	if (!bigger.v)
		return -ENOMEM;
	for (size_t i = 0; i < t->nbuckets; i++)
		while (t->v[i]) {
			struct ay_intake_file *f = t->v[i], **to;

			t->v[i] = f->next;
			to = &bigger.v[hash(f->path) & (bigger.nbuckets - 1)];
			f->next = *to;
			*to = f;
		}
	free(t->v);
	*t = bigger;
	return 0;
}

struct ay_intake_file *ay_table_make(struct ay_intake_table *t, const char *path)
{
	size_t len = strlen(path);
	struct ay_intake_file *f, **at;

	if (t->n >= t->nbuckets && grow(t))
		return NULL;
	at = slot(t, path);
	if (*at)
		return *at;
	f = calloc(1, sizeof(*f) + len + 1);
	if (!f)
		return NULL;
	memcpy(f->path, path, len + 1);
	*at = f;
	t->n++;
	return f;
}

static void destroy(struct ay_intake_file *f)
{
	ay_note_unref(f->note);
	free(f);
}

void ay_table_remove(struct ay_intake_table *t, const char *path)
{
	struct ay_intake_file **at, *f;

	if (!t->n)
		return;
	at = slot(t, path);
	f = *at;
	if (!f)
		return;
	*at = f->next;
	t->n--;
	destroy(f);
}

static int move_one(struct ay_intake_table *t, const char *from, const char *to)
{
	struct ay_intake_file *f = ay_table_find(t, from), *n;
	struct ay_intake_file *next;

	if (!f)
		return 0;
	ay_table_remove(t, to);
	n = ay_table_make(t, to);
	if (!n)
		return -ENOMEM;
	next = n->next;
	memcpy(n, f, offsetof(struct ay_intake_file, path));
	n->next = next;
	f->note = NULL;
	/* A result still under way was asked for under the old name. */
	n->turn++;
	ay_table_remove(t, from);
	return 0;
}

int ay_table_rename(struct ay_intake_table *t, const char *from, const char *to)
{
	size_t len = strlen(from), n = 0, cap = 0;
	char **below = NULL;
	int rc = 0;

	if (ay_table_find(t, from))
		return move_one(t, from, to);
	/* The names first: moving one may move buckets. */
	for (size_t i = 0; rc == 0 && i < t->nbuckets; i++)
		for (const struct ay_intake_file *f = t->v[i]; f; f = f->next) {
			if (strncmp(f->path, from, len) != 0 || f->path[len] != '/')
				continue;
			if (n == cap) {
				char **v = realloc(below, (cap = cap ? cap * 2 : 16) * sizeof(*v));

				if (!v) {
					rc = -ENOMEM;
					break;
				}
				below = v;
			}
			below[n] = strdup(f->path);
			if (!below[n++])
				rc = -ENOMEM;
		}
	for (size_t i = 0; i < n; i++) {
		char path[AY_LIMIT_PATH * 2];

		if (rc == 0) {
			snprintf(path, sizeof(path), "%s%s", to, below[i] + len);
			rc = move_one(t, below[i], path);
		}
		free(below[i]);
	}
	free(below);
	return rc;
}

void ay_table_free(struct ay_intake_table *t)
{
	for (size_t i = 0; i < t->nbuckets; i++)
		while (t->v[i]) {
			struct ay_intake_file *f = t->v[i];

			t->v[i] = f->next;
			destroy(f);
		}
	free(t->v);
	*t = (struct ay_intake_table){ 0 };
}
