/* SPDX-License-Identifier: Apache-2.0 */
/* What was admitted of a name before a candidate, in the order in which it was admitted. */
#include <errno.h>

#include "gate/drift_parts.h"

/* ---- a set of digests ---- */

/* A digest is as good as random, so its first bytes are its hash. */
static size_t slot_of(const struct ay_digests *d, const struct ay_sha256 *digest)
{
	size_t at = 0;

	for (int i = 0; i < 8; i++)
		at = at << 8 | digest->b[i];
	for (at &= d->cap - 1; d->used[at] && !ay_sha256_eq(&d->v[at], digest); at = (at + 1) & (d->cap - 1))
		continue;
	return at;
}

static int grow(struct ay_digests *d)
{
	struct ay_digests more = {.cap = d->cap ? d->cap * 2 : 64, .n = d->n};

	more.v = calloc(more.cap, sizeof(*more.v));
	more.used = calloc(more.cap, sizeof(*more.used));
	if (!more.v || !more.used) {
		ay_digests_free(&more);
		return -ENOMEM;
	}
	for (size_t i = 0; i < d->cap; i++) {
		if (!d->used[i])
			continue;
		size_t at = slot_of(&more, &d->v[i]);

		more.v[at] = d->v[i];
		more.used[at] = true;
	}
	ay_digests_free(d);
	*d = more;
	return 0;
}

int ay_digests_add(struct ay_digests *d, const struct ay_sha256 *digest)
{
	if (2 * d->n >= d->cap && grow(d))
		return -ENOMEM;
	size_t at = slot_of(d, digest);

	if (d->used[at])
		return 0;
	d->used[at] = true;
	d->v[at] = *digest;
	d->n++;
	return 1;
}

bool ay_digests_have(const struct ay_digests *d, const struct ay_sha256 *digest)
{
	return d->n && d->used[slot_of(d, digest)];
}

void ay_digests_free(struct ay_digests *d)
{
	free(d->v);
	free(d->used);
	*d = (struct ay_digests){.v = NULL};
}

/* ---- versions ---- */

struct listing {
	const struct ay_candidate *c;
	struct ay_versions *out;
	size_t max;
};

/* Keeps them sorted: what was logged last stands first. */
static int keep(const struct ay_artifact *a, void *arg)
{
	struct listing *l = arg;
	struct ay_versions *out = l->out;
	size_t at = out->n;

	if (a->state != AY_ADMITTED || a->id == l->c->art.id || (l->c->again && a->log_index >= l->c->art.log_index))
		return 0;
	while (at && out->v[at - 1].log_index < a->log_index)
		at--;
	if (at == l->max)
		return 0;
	out->n += out->n < l->max;
	for (size_t i = out->n - 1; i > at; i--)
		out->v[i] = out->v[i - 1];
	out->v[at] = *a;
	return 0;
}

int ay_versions_list(struct ay_txn *t, const struct ay_candidate *c, size_t max, struct ay_versions *out)
{
	struct listing l = {c, out, max};
	char prefix[AY_LIMIT_REF + 2];

	*out = (struct ay_versions){.v = calloc(max, sizeof(*out->v))};
	if (!out->v)
		return -ENOMEM;
	snprintf(prefix, sizeof(prefix), "%s@", c->art.ref.name);
	return ay_artifact_each(t, prefix, keep, &l);
}

void ay_versions_free(struct ay_versions *l)
{
	free(l->v);
	*l = (struct ay_versions){.v = NULL};
}
