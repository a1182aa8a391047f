/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transparency log: RFC 6962 tree over Rekor-v2 hashedrekord leaves, C2SP
 * checkpoint and tlog-tiles (docs/format.md). Appending happens inside the
 * transaction of what is logged (INV-8).
 */
#ifndef ASSAY_LOG_H
#define ASSAY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/crypto.h"
#include "assay/digest.h"
#include "assay/store.h"

/* ---- pure Merkle functions, RFC 6962 section 2.1 ---- */

struct ay_sha256 ay_merkle_leaf(const void *bytes, size_t len);
struct ay_sha256 ay_merkle_node(const struct ay_sha256 *left, const struct ay_sha256 *right);
/* True when the proof leads from the leaf hash to root. */
bool ay_merkle_inclusion_ok(uint64_t index, uint64_t size, const struct ay_sha256 *leaf_hash,
			    const struct ay_sha256 *proof, size_t proof_len, const struct ay_sha256 *root);
bool ay_merkle_consistency_ok(uint64_t old_size, const struct ay_sha256 *old_root, uint64_t new_size, const struct ay_sha256 *new_root,
			      const struct ay_sha256 *proof, size_t proof_len);

/* ---- leaf ---- */

/* Canonical Rekor v2 body over a DSSE signature: pae_sha256 and pae_sha512 of the PAE (the latter for Ed25519 keys only). */
AY_MUSTCHECK int ay_log_leaf(const struct ay_pubkey *k, const void *pae, size_t pae_len, const void *sig, size_t sig_len, struct ay_buf *out);

/* ---- signed notes (C2SP signed-note, checkpoint, vkey) ---- */

/* Writes the checkpoint text for (origin, size, root) and its Ed25519 note signature. */
AY_MUSTCHECK int ay_checkpoint_sign(const struct ay_key *k, const char *origin, uint64_t size, const struct ay_sha256 *root, struct ay_buf *out);
struct ay_checkpoint { char origin[256]; uint64_t size; struct ay_sha256 root; };
/* Strict; a known key whose signature fails refuses the whole note. */
AY_MUSTCHECK int ay_checkpoint_verify(const void *note, size_t len, const char *origin, const struct ay_pubkey *log_key, struct ay_checkpoint *out, struct ay_error *e);
/* "origin+hex+base64" */
int ay_vkey_format(const char *origin, const struct ay_pubkey *k, struct ay_buf *out);

/* ---- the store's log ---- */

/* Before any commit; origin is the log's name, a host name without a path ("<12 hex of the log key id>.assay.local"): other verifiers read it as one. Takes k on success. */
AY_MUSTCHECK int ay_log_open(struct ay_store *s, struct ay_key *k, const char *origin, struct ay_error *e);
/* Appends within a writing transaction; index is final if that transaction commits. */
AY_MUSTCHECK int ay_log_append(struct ay_txn *t, const void *leaf, size_t len, uint64_t *index_out);
uint64_t ay_log_size(struct ay_txn *t);
/* Latest signed checkpoint note. */
AY_MUSTCHECK int ay_log_checkpoint(struct ay_txn *t, struct ay_buf *out);
AY_MUSTCHECK int ay_log_entry(struct ay_txn *t, uint64_t index, struct ay_buf *out);
/* Inclusion proof of index in the tree of size. */
AY_MUSTCHECK int ay_log_inclusion(struct ay_txn *t, uint64_t index, uint64_t size, struct ay_sha256 *proof, size_t *proof_len /* in: room >= 63 */);
AY_MUSTCHECK int ay_log_consistency(struct ay_txn *t, uint64_t old_size, uint64_t new_size, struct ay_sha256 *proof, size_t *proof_len);
/* Bytes of a tile path as in C2SP tlog-tiles ("tile/0/x001/067", "tile/entries/000.p/5"); AY_ENOTFOUND when it does not exist. */
AY_MUSTCHECK int ay_log_tile(struct ay_txn *t, const char *path, struct ay_buf *out);
/* C2SP tlog-proof file of a leaf under the latest checkpoint. */
AY_MUSTCHECK int ay_log_proof_file(struct ay_txn *t, uint64_t index, struct ay_buf *out);
/* Recomputes the tree from the leaves and compares with checkpoint and tiles. */
AY_MUSTCHECK int ay_log_check(struct ay_txn *t, struct ay_error *e);

#endif
