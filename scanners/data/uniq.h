/* SPDX-License-Identifier: Apache-2.0 */
/* Set of values by 128-bit keyed hash: exact for anyone who does not know the key, and nobody does. */
#ifndef ASSAY_SCANNERS_UNIQ_H
#define ASSAY_SCANNERS_UNIQ_H

#include "assay/scan.h"

/* Shared by all sets of one scan: what may still be held. */
struct ay_uniq_pool {
	struct ay_budget *budget;
	uint64_t left;
};

struct ay_uniq_hash { uint64_t lo, hi; };
/* Running hash over several parts; parts do not run into each other. */
struct ay_uniq_state { uint64_t v[4]; uint64_t parts; };
void ay_uniq_start(struct ay_uniq_state *h);
void ay_uniq_part(struct ay_uniq_state *h, const void *bytes, size_t len);
struct ay_uniq_hash ay_uniq_finish(struct ay_uniq_state *h);

struct ay_uniq {
	struct ay_uniq_pool *pool;
	struct ay_uniq_hash *slots;     /* all-zero is free */
	size_t size, used;
};
void ay_uniq_init(struct ay_uniq *u, struct ay_uniq_pool *pool);
/* 1 when it is new, 0 when it was there, AY_ELIMIT when the pool or the budget is exhausted. */
AY_MUSTCHECK int ay_uniq_add(struct ay_uniq *u, struct ay_uniq_hash h);
void ay_uniq_free(struct ay_uniq *u);

#endif
