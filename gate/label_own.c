/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the rows of a reference fare among their own neighbours: it hangs on the reference alone and takes longer than to judge a small
 * batch, so it is remembered, in a table of fixed size, for the batches that come after.
 */
#include "gate/poison_parts.h"

#include <errno.h>

#define SLOTS 64              /* a power of two */

struct known { struct ay_sha256 reference; size_t column; struct ay_label_own own; bool used; };
struct ay_label_owns { pthread_mutex_t lock; struct known v[SLOTS]; };

int ay_label_owns_new(struct ay_label_owns **out)
{
	struct ay_label_owns *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	pthread_mutex_init(&o->lock, NULL);
	*out = o;
	return 0;
}

void ay_label_owns_free(struct ay_label_owns *o)
{
	if (!o)
		return;
	pthread_mutex_destroy(&o->lock);
	free(o);
}

static struct known *slot_of(struct ay_label_owns *o, const struct ay_reference *ref, size_t column)
{
	return &o->v[(ref->digest.b[0] + column) & (SLOTS - 1)];
}

void ay_label_owns_find(struct ay_label_owns *o, const struct ay_reference *ref, size_t column, struct ay_label_model *m)
{
	struct known *at = slot_of(o, ref, column);

	pthread_mutex_lock(&o->lock);
	if (at->used && at->column == column && ay_sha256_eq(&at->reference, &ref->digest))
		ay_label_give_own(m, &at->own);
	pthread_mutex_unlock(&o->lock);
}

void ay_label_owns_keep(struct ay_label_owns *o, const struct ay_reference *ref, size_t column, const struct ay_label_model *m)
{
	const struct ay_label_own *own = ay_label_own(m);

	if (!own)
		return;
	pthread_mutex_lock(&o->lock);
	*slot_of(o, ref, column) = (struct known){.reference = ref->digest, .column = column, .own = *own, .used = true};
	pthread_mutex_unlock(&o->lock);
}
