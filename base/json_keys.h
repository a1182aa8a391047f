/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of all open objects of a JSON document, to refuse duplicates. Holds
 * 128 bits of a keyed hash for each key instead of its text: memory does not
 * depend on the length of keys, and with a secret key two different keys
 * collide with a probability below 2^-80 for any document.
 */
#ifndef ASSAY_BASE_JSON_KEYS_H
#define ASSAY_BASE_JSON_KEYS_H

#include "assay/attr.h"
#include "base/siphash.h"

struct ay_json_keys {
	struct ay_sipkey secret;
	struct { uint64_t high, low; } *slots;   /* open addressing; both zero: free */
	uint32_t *order;                         /* slot of each key, oldest first */
	size_t nslots, count, max;
};

/* max 0: nothing is tracked. */
AY_MUSTCHECK int ay_json_keys_init(struct ay_json_keys *k, size_t max);
void ay_json_keys_free(struct ay_json_keys *k);
/* AY_EFORMAT: this object (named by its depth) has the key already. AY_ELIMIT: more than max keys. */
AY_MUSTCHECK int ay_json_keys_add(struct ay_json_keys *k, size_t depth, const void *key, size_t len);
/* Forgets all but the oldest count keys: the objects that they belong to are closed. */
void ay_json_keys_drop(struct ay_json_keys *k, size_t count);

#endif
