/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_keys.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "assay/error.h"

#define FIRST_SLOTS 64

/* Of the process: asking the kernel for each document costs more than a small one. */
static struct ay_sipkey secret;
static int secret_err;
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;

static void make_secret(void)
{
	if (getrandom(&secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
		secret_err = -EIO;
}

int ay_json_keys_init(struct ay_json_keys *k, size_t max)
{
	pthread_once(&secret_once, make_secret);
	*k = (struct ay_json_keys){.secret = secret, .max = max < UINT32_MAX / 4 ? max : UINT32_MAX / 4};
	return secret_err;
}

void ay_json_keys_free(struct ay_json_keys *k)
{
	free(k->slots);
	free(k->order);
	*k = (struct ay_json_keys){0};
}

/* Slot that holds this hash, or the free one where it belongs. */
static size_t find(const struct ay_json_keys *k, uint64_t high, uint64_t low)
{
	size_t i = low & (k->nslots - 1);

	while ((k->slots[i].high | k->slots[i].low) && (k->slots[i].high != high || k->slots[i].low != low))
		i = (i + 1) & (k->nslots - 1);
	return i;
}

/* Twice the slots. Entries go in again in their old order, which ay_json_keys_drop relies on. */
static int grow(struct ay_json_keys *k)
{
	struct ay_json_keys bigger = *k;
	size_t nslots = k->nslots ? k->nslots * 2 : FIRST_SLOTS;
	uint32_t *order = realloc(k->order, nslots / 2 * sizeof(*order));

	if (!order)
		return -ENOMEM;
	k->order = bigger.order = order;
	bigger.nslots = nslots;
	bigger.slots = calloc(nslots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < k->count; i++) {
		uint64_t high = k->slots[order[i]].high, low = k->slots[order[i]].low;
		size_t slot = find(&bigger, high, low);

		bigger.slots[slot].high = high;
		bigger.slots[slot].low = low;
		order[i] = (uint32_t)slot;
	}
	free(k->slots);
	*k = bigger;
	return 0;
}

int ay_json_keys_add(struct ay_json_keys *k, size_t depth, const void *key, size_t len)
{
	uint64_t hash[2], high, low;
	size_t slot;

	if (!k->max)
		return 0;
	if (k->count >= k->max)
		return AY_ELIMIT;
	if (k->count >= k->nslots / 2) {
		int rc = grow(k);

		if (rc)
			return rc;
	}
	ay_siphash128(&k->secret, key, len, hash);
	high = hash[1] ^ depth;
	low = hash[0] | !(high | hash[0]);
	slot = find(k, high, low);
	if (k->slots[slot].high | k->slots[slot].low)
		return AY_EFORMAT;
	k->slots[slot].high = high;
	k->slots[slot].low = low;
	k->order[k->count++] = (uint32_t)slot;
	return 0;
}

void ay_json_keys_drop(struct ay_json_keys *k, size_t count)
{
	/* Newest first: no entry that stays was ever pushed past one that goes, so its slot may simply be freed. */
	while (k->count > count)
		memset(&k->slots[k->order[--k->count]], 0, sizeof(*k->slots));
}
