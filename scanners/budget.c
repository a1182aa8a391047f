/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/scan.h"

#include <stdalign.h>
#include <stddef.h>

#include "assay/text.h"

/* The clock is read every so many ticks: a tick stands for at most one read of AY_LIMIT_IO bytes. */
#define TICKS_PER_CLOCK 64
/* Sticks in deadline_ms once the deadline has passed. */
#define EXPIRED INT64_MIN

/* Precedes each block, so that freeing gives back what was charged. */
struct block {
	alignas(max_align_t) size_t len;
};

void ay_budget_init(struct ay_budget *b, uint64_t file_size)
{
	*b = (struct ay_budget){
		.alloc_left = AY_LIMIT_SCAN_ALLOC,
		.members_left = AY_LIMIT_SCAN_MEMBERS,
		.expanded_left = AY_LIMIT_SCAN_EXPANDED,
		.deadline_ms = ay_time_mono_ms() + AY_LIMIT_SCAN_TIME_MS + (int64_t)(file_size / (AY_LIMIT_SCAN_RATE / 1000)),
		.depth_left = AY_LIMIT_SCAN_DEPTH,
	};
}

void *ay_budget_alloc(struct ay_budget *b, size_t len)
{
	return ay_budget_realloc(b, NULL, len);
}

void *ay_budget_realloc(struct ay_budget *b, void *p, size_t len)
{
	struct block *old = p ? (struct block *)p - 1 : NULL; /* own: our header stands before the block */
	size_t had = old ? old->len : 0;
	struct block *fresh;

	if (len > had && len - had > b->alloc_left)
		return NULL;
	if (len > SIZE_MAX - sizeof(*fresh))
		return NULL;
	fresh = realloc(old, sizeof(*fresh) + len);
	if (!fresh)
		return NULL;
	fresh->len = len;
	b->alloc_left += had;
	b->alloc_left -= len;
	return fresh + 1;
}

void ay_budget_free(struct ay_budget *b, void *p)
{
	struct block *old = p ? (struct block *)p - 1 : NULL; /* own: our header stands before the block */

	if (!old)
		return;
	b->alloc_left += old->len;
	free(old);
}

int ay_budget_tick(struct ay_budget *b)
{
	if (b->deadline_ms == EXPIRED)
		return AY_ELIMIT;
	if (++b->tick % TICKS_PER_CLOCK != 0)
		return 0;
	if (ay_time_mono_ms() <= b->deadline_ms)
		return 0;
	b->deadline_ms = EXPIRED;
	return AY_ELIMIT;
}

bool ay_budget_expired(const struct ay_budget *b)
{
	return b->deadline_ms == EXPIRED;
}
