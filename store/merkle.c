/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6962 section 2.1: hashes, and the two proofs as a client checks them. Pure functions. */
#include "assay/log.h"

#include <string.h>

#include "assay/error.h"

struct ay_sha256 ay_merkle_leaf(const void *bytes, size_t len)
{
	struct ay_hash *h = ay_hash_new();
	struct ay_sha256 d;

	if (!h)
		ay_bug("no memory to hash a leaf");
	ay_hash_add(h, "\x00", 1);
	ay_hash_add(h, bytes, len);
	d = ay_hash_final(h);
	ay_hash_free(h);
	return d;
}

struct ay_sha256 ay_merkle_node(const struct ay_sha256 *left, const struct ay_sha256 *right)
{
	uint8_t both[65] = { 0x01 };

	memcpy(both + 1, left->b, 32);
	memcpy(both + 33, right->b, 32);
	return ay_sha256_of(both, sizeof(both));
}

/*
 * Climbs from node index (at some height) of a tree whose last node at that
 * height is last. *fold and, when it is not NULL, *fold_old take the siblings
 * in; the old root takes only left ones. True when the proof ends exactly at
 * the root.
 */
static bool climb(uint64_t index, uint64_t last, const struct ay_sha256 *proof, size_t proof_len,
		  struct ay_sha256 *fold, struct ay_sha256 *fold_old)
{
	for (size_t i = 0; i < proof_len; i++) {
		if (last == 0)
			return false;
		if ((index & 1) || index == last) {
			if (fold_old)
				*fold_old = ay_merkle_node(&proof[i], fold_old);
			*fold = ay_merkle_node(&proof[i], fold);
			while (!(index & 1) && index != 0) {
				index >>= 1;
				last >>= 1;
			}
		} else {
			*fold = ay_merkle_node(fold, &proof[i]);
		}
		index >>= 1;
		last >>= 1;
	}
	return last == 0;
}

bool ay_merkle_inclusion_ok(uint64_t index, uint64_t size, const struct ay_sha256 *leaf_hash,
			    const struct ay_sha256 *proof, size_t proof_len, const struct ay_sha256 *root)
{
	struct ay_sha256 fold = *leaf_hash;

	if (index >= size)
		return false;
	return climb(index, size - 1, proof, proof_len, &fold, NULL) && ay_sha256_eq(&fold, root);
}

bool ay_merkle_consistency_ok(uint64_t old_size, const struct ay_sha256 *old_root, uint64_t new_size, const struct ay_sha256 *new_root,
			      const struct ay_sha256 *proof, size_t proof_len)
{
	uint64_t index, last;
	struct ay_sha256 fold, fold_old, empty;

	if (old_size > new_size)
		return false;
	if (old_size == new_size)
		return proof_len == 0 && ay_sha256_eq(old_root, new_root);
	if (old_size == 0) {
		empty = ay_sha256_of("", 0);
		return proof_len == 0 && ay_sha256_eq(old_root, &empty);
	}
	index = old_size - 1;
	last = new_size - 1;
	while (index & 1) {
		index >>= 1;
		last >>= 1;
	}
	/* An old tree that is one complete subtree is its own starting point. */
	if (index == 0) {
		fold = fold_old = *old_root;
	} else {
		if (proof_len == 0)
			return false;
		fold = fold_old = *proof++;
		proof_len--;
	}
	return climb(index, last, proof, proof_len, &fold, &fold_old) && ay_sha256_eq(&fold_old, old_root) &&
	       ay_sha256_eq(&fold, new_root);
}
