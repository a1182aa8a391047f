/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/uniq.h"

#include <sys/auxv.h>

#define FIRST_SIZE 1024      /* slots; a power of two, as all sizes */

/*
 * SipHash-2-4 with 128 bits out. The key is the 16 random bytes that the
 * kernel gives each process: no system call, which the sandbox may not allow.
 */
static const struct ay_uniq_state *initial_state(void)
{
	static struct ay_uniq_state s;

	if (!s.v[3]) {
		const void *random = (const void *)getauxval(AT_RANDOM);
		uint64_t key[2] = {0, 0};

		if (!random)
			ay_bug("the kernel gave this process no random bytes");
		memcpy(key, random, sizeof(key));    /* own: the kernel's bytes */
		s.v[0] = key[0] ^ 0x736f6d6570736575ull;
		s.v[1] = key[1] ^ 0x646f72616e646f6dull ^ 0xee;
		s.v[2] = key[0] ^ 0x6c7967656e657261ull;
		s.v[3] = key[1] ^ 0x7465646279746573ull;
	}
	return &s;
}

static inline uint64_t rotl(uint64_t x, int by)
{
	return (x << by) | (x >> (64 - by));
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static inline void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

void ay_uniq_start(struct ay_uniq_state *h)
{
	*h = *initial_state();
}

/* Each part is padded to whole words, and its length follows: no two lists of parts give the same words. */
void ay_uniq_part(struct ay_uniq_state *h, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	size_t left = len;
	uint64_t word;

	for (; left >= sizeof(word); left -= sizeof(word), p += sizeof(word)) {    /* own: bounded by left */
		memcpy(&word, p, sizeof(word));    /* own: bounded by left */
		absorb(h->v, word);
	}
	word = 0;
	if (left)
		memcpy(&word, p, left);    /* own: less than a word */
	absorb(h->v, word);
	absorb(h->v, len);
	h->parts++;
}

struct ay_uniq_hash ay_uniq_finish(struct ay_uniq_state *h)
{
	struct ay_uniq_hash out;

	absorb(h->v, h->parts);
	h->v[2] ^= 0xee;
	for (int i = 0; i < 4; i++)
		sip_round(h->v);
	out.lo = h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
	h->v[1] ^= 0xdd;
	for (int i = 0; i < 4; i++)
		sip_round(h->v);
	out.hi = h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
	if (!out.lo && !out.hi)
		out.lo = 1;
	return out;
}

void ay_uniq_init(struct ay_uniq *u, struct ay_uniq_pool *pool)
{
	*u = (struct ay_uniq){.pool = pool};
}

/* The slot that holds h, or the free one where it belongs. */
static struct ay_uniq_hash *slot_of(struct ay_uniq_hash *slots, size_t size, struct ay_uniq_hash h)
{
	size_t i = (size_t)h.lo & (size - 1);

	while ((slots[i].lo || slots[i].hi) && (slots[i].lo != h.lo || slots[i].hi != h.hi))
		i = (i + 1) & (size - 1);
	return &slots[i];
}

static int grow(struct ay_uniq *u)
{
	size_t size = u->size ? u->size * 2 : FIRST_SIZE;
	uint64_t bytes = (uint64_t)size * sizeof(*u->slots);

	if (bytes > u->pool->left)
		return AY_ELIMIT;
	struct ay_uniq_hash *slots = ay_budget_alloc(u->pool->budget, (size_t)bytes);

	if (!slots)
		return AY_ELIMIT;
	memset(slots, 0, (size_t)bytes);
	for (size_t i = 0; i < u->size; i++)
		if (u->slots[i].lo || u->slots[i].hi)
			*slot_of(slots, size, u->slots[i]) = u->slots[i];
	u->pool->left -= bytes;
	ay_uniq_free(u);
	u->slots = slots;
	u->size = size;
	return 0;
}

int ay_uniq_add(struct ay_uniq *u, struct ay_uniq_hash h)
{
	if (u->used >= u->size - u->size / 8) {
		int err = grow(u);

		if (err)
			return err;
	}
	struct ay_uniq_hash *slot = slot_of(u->slots, u->size, h);

	if (slot->lo || slot->hi)
		return 0;
	*slot = h;
	u->used++;
	return 1;
}

void ay_uniq_free(struct ay_uniq *u)
{
	if (!u->slots)
		return;
	u->pool->left += (uint64_t)u->size * sizeof(*u->slots);
	ay_budget_free(u->pool->budget, u->slots);
	u->slots = NULL;
	u->size = 0;
}
