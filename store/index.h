/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue's tables: ordered maps from bytes to bytes inside the
 * transactions of assay/store.h. docs/format.md says every key and value.
 * Every value carries a checksum over table, key and value that is made and
 * checked here: a caller sees what was put, or AY_ECORRUPT.
 *
 * AY_ENOTFOUND is an answer; every other failure sticks to the transaction.
 */
#ifndef ASSAY_STORE_INDEX_H
#define ASSAY_STORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/store.h"

#define AY_IX_KEY_MAX 511

/* Their names on disk are in index.c; the numbers are part of the checksums and never change. */
enum ay_ix {
	AY_IX_STORE = 1,
	AY_IX_ARTIFACT,
	AY_IX_ARTIFACT_ID,
	AY_IX_NODE,
	AY_IX_ENTRY,
	AY_IX_OBJECT,
	AY_IX_OBJECT_USE,
	AY_IX_RECORD,
	AY_IX_CLAIM,
	AY_IX_CLAIM_OF,
	AY_IX_CLAIM_BY_SUBJECT,
	AY_IX_ROOT_ALIAS,
	AY_IX_TAG,
	AY_IX_TRUST,
	AY_IX_POLICY,
	AY_IX_BASELINE,
	AY_IX_WAIVER,
	AY_IX_SCAN,
	AY_IX_ADMISSION,
	AY_IX_HIGH_WATER,
	AY_IX_QUOTA,
	AY_IX_LOG_LEAF,
	AY_IX_LOG_TILE,
	AY_IX_LOG_STATE,
	AY_IX_END
};

/* ---- records ---- */

/* Replaces what is in out. */
AY_MUSTCHECK int ay_ix_get(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, struct ay_buf *out);
/* The same into memory of the caller, without allocation; AY_ECORRUPT when the value is longer than room. */
AY_MUSTCHECK int ay_ix_read(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, void *val, size_t room, size_t *len_out);
AY_MUSTCHECK int ay_ix_has(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len);
/* Inserts or replaces. key_len 1..AY_IX_KEY_MAX. */
AY_MUSTCHECK int ay_ix_put(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, const void *val, size_t val_len);
AY_MUSTCHECK int ay_ix_del(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len);

/* ---- ranges, in bytewise key order ---- */

/*
 * Calls fn for every key that starts with prefix and is >= from (NULL: from the
 * prefix on); stops when fn returns non-zero and returns that. Key and value
 * are copies, valid during the call; fn may write to the table.
 */
AY_MUSTCHECK int ay_ix_each(struct ay_txn *t, enum ay_ix table, const void *prefix, size_t prefix_len,
			    const void *from, size_t from_len, int (*fn)(const void *key, size_t key_len, const void *val, size_t val_len, void *arg),
			    void *arg);
/* Smallest key >= from, of any prefix. key_out has AY_IX_KEY_MAX bytes. */
AY_MUSTCHECK int ay_ix_seek(struct ay_txn *t, enum ay_ix table, const void *from, size_t from_len, void *key_out, size_t *key_len_out);
/* Greatest key with this prefix; val_out may be NULL. */
AY_MUSTCHECK int ay_ix_last(struct ay_txn *t, enum ay_ix table, const void *prefix, size_t prefix_len, struct ay_buf *key_out, struct ay_buf *val_out);
uint64_t ay_ix_count(struct ay_txn *t, enum ay_ix table);

/* ---- transactions ---- */

/* Makes code the sticky error, with its text for the caller of ay_commit; returns code. The first one wins. */
int ay_txn_fail(struct ay_txn *t, int code, const char *fmt, ...) AY_PRINTF(3, 4);
struct ay_store *ay_txn_store(struct ay_txn *t);

/*
 * fn runs once in each batch that will commit, after its closures and before
 * the durable commit, in the writer thread, in registration order. A failure
 * fails the whole batch. Register before the first commit; never removed. done
 * (NULL: nothing to do) runs once, when the store closes.
 */
AY_MUSTCHECK int ay_store_on_commit(struct ay_store *s, int (*fn)(struct ay_txn *t, void *arg), void (*done)(void *arg), void *arg);

/* ---- integers: big-endian in keys, so that byte order is number order; little-endian in values ---- */

static inline void ay_put_be64(uint8_t out[8], uint64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (56 - 8 * i));
}

static inline void ay_put_le64(uint8_t out[8], uint64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

static inline uint64_t ay_get_le64(const uint8_t in[8])
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | in[i];
	return v;
}

static inline uint64_t ay_get_be64(const uint8_t in[8])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | in[i];
	return v;
}

#endif
