/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of payload files, and the OMS root over them. */
#include <errno.h>

#include "assay/ckd.h"
#include "assay/store.h"

int ay_file_list_add(struct ay_file_list *l, const char *path, uint64_t size, const struct ay_sha256 *sha)
{
	if (l->n >= AY_LIMIT_FILES)
		return AY_ELIMIT;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap + l->cap / 2 : 16, bytes;

		if (ay_ckd_mul_size(cap, sizeof(*l->v), &bytes))
			return -ENOMEM;
		struct ay_file *v = realloc(l->v, bytes);

		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	struct ay_file f = { .path = strdup(path), .size = size };

	if (!f.path)
		return -ENOMEM;
	if (sha)
		f.sha256 = *sha;
	l->v[l->n++] = f;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct ay_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

void ay_file_list_sort(struct ay_file_list *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), by_path);
}

const struct ay_file *ay_file_list_find(const struct ay_file_list *sorted, const char *path)
{
	const struct ay_file key = { .path = (char *)path };

	return sorted->n ? bsearch(&key, sorted->v, sorted->n, sizeof(*sorted->v), by_path) : NULL;
}

void ay_file_list_free(struct ay_file_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].path);
	free(l->v);
	*l = (struct ay_file_list){0};
}

/* Compares tuples of components: a '/' is less than every byte that a name may hold. */
static int compare_components(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	int x = *a == '/' ? 0 : *a ? (unsigned char)*a : -1;
	int y = *b == '/' ? 0 : *b ? (unsigned char)*b : -1;

	return x - y;
}

static int by_components(const void *a, const void *b)
{
	const struct ay_file *const *x = a, *const *y = b;

	return compare_components((*x)->path, (*y)->path);
}

static struct ay_sha256 hash_digests(struct ay_hash *h, const struct ay_file_list *l, const struct ay_file **order)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct ay_file *f = order ? order[i] : &l->v[i];

		ay_hash_add(h, f->sha256.b, sizeof(f->sha256.b));
	}
	return ay_hash_final(h);
}

static bool orders_agree(const struct ay_file_list *l)
{
	for (size_t i = 1; i < l->n; i++) {
		if (compare_components(l->v[i - 1].path, l->v[i].path) > 0)
			return false;
	}
	return true;
}

int ay_oms_roots(const struct ay_file_list *sorted, struct ay_sha256 *spec_out, struct ay_sha256 *component_out)
{
	struct ay_hash *spec = ay_hash_new(), *component = ay_hash_new();
	const struct ay_file **order = NULL;
	bool agree = orders_agree(sorted);

	if (!agree)
		order = ay_alloc_array(sorted->n, sizeof(*order), SIZE_MAX);
	if (!spec || !component || (!agree && !order)) {
		ay_hash_free(spec);
		ay_hash_free(component);
		free(order);
		*spec_out = *component_out = (struct ay_sha256){0};
		return -ENOMEM;
	}
	*spec_out = *component_out = hash_digests(spec, sorted, NULL);
	if (!agree) {
		for (size_t i = 0; i < sorted->n; i++)
			order[i] = &sorted->v[i];
		qsort(order, sorted->n, sizeof(*order), by_components);
		*component_out = hash_digests(component, sorted, order);
	}
	ay_hash_free(spec);
	ay_hash_free(component);
	free(order);
	return 0;
}
