/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's log. A leaf is appended inside the transaction of what it records;
 * tiles and the signed checkpoint follow once a batch, before its commit, so that
 * what is durable is always whole (INV-8).
 *
 * AY_IX_LOG_LEAF   u64be index -> leaf
 * AY_IX_LOG_TILE   u8 level, u64be number -> hashes
 * AY_IX_LOG_STATE  "origin", "key" (raw Ed25519), "size" (u64be), "checkpoint" (note)
 */
#include "assay/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assay/error.h"
#include "assay/limits.h"
#include "assay/text.h"
#include "store/index.h"
#include "store/note.h"
#include "store/tile.h"

struct log {
	struct ay_key *key;
	char origin[256];
};

static int state_put(struct ay_txn *t, const char *name, const void *val, size_t len)
{
	return ay_ix_put(t, AY_IX_LOG_STATE, name, strlen(name), val, len);
}

/* AY_ENOTFOUND when the store's log was never opened. */
static int state_get(struct ay_txn *t, const char *name, struct ay_buf *out)
{
	return ay_ix_get(t, AY_IX_LOG_STATE, name, strlen(name), out);
}

static int read_size(struct ay_txn *t, uint64_t *out)
{
	uint8_t be[8];
	size_t len = 0;
	int r = ay_ix_read(t, AY_IX_LOG_STATE, "size", 4, be, sizeof(be), &len);

	*out = 0;
	if (r == AY_ENOTFOUND)
		return 0;
	if (r < 0)
		return r;
	if (len != sizeof(be))
		return AY_ECORRUPT;
	*out = ay_get_be64(be);
	return 0;
}

/* Size that the latest checkpoint covers, from its second line; the note was verified when the log was opened. */
static int checkpoint_size(struct ay_txn *t, uint64_t *out)
{
	struct ay_buf note = ay_buf_new(AY_LIMIT_CHECKPOINT);
	const char *line;
	int r = state_get(t, "checkpoint", &note);

	if (r == 0) {
		line = strchr(ay_buf_str(&note), '\n');
		*out = line ? strtoull(line + 1, NULL, 10) : 0;
		r = line ? 0 : AY_ECORRUPT;
	}
	ay_buf_free(&note);
	return r;
}

/* ---- the hook ---- */

static int put_tile(unsigned int level, const struct ay_tile *tile, void *arg)
{
	uint8_t key[AY_TILE_KEY];

	ay_tile_key(level, tile->number, key);
	return ay_ix_put(arg, AY_IX_LOG_TILE, key, sizeof(key), tile->hashes, (size_t)tile->width * 32);
}

static int add_leaves(struct ay_txn *t, struct ay_tiler *tiler, uint64_t size)
{
	struct ay_buf leaf = ay_buf_new(AY_LIMIT_LOG_LEAF + 1);
	int r = 0;

	while (r == 0 && tiler->size < size) {
		r = ay_log_entry(t, tiler->size, &leaf);
		if (r == 0) {
			struct ay_sha256 h = ay_merkle_leaf(leaf.data, leaf.len);

			r = ay_tiler_add(tiler, &h);
		}
	}
	ay_buf_free(&leaf);
	return r == 0 ? ay_tiler_flush(tiler) : r;
}

static int sign_checkpoint(struct ay_txn *t, const struct log *log, uint64_t size, const struct ay_sha256 *root)
{
	struct ay_buf note = ay_buf_new(AY_LIMIT_CHECKPOINT);
	uint8_t be[8];
	int r = ay_checkpoint_sign(log->key, log->origin, size, root, &note);

	ay_put_be64(be, size);
	if (r == 0)
		r = state_put(t, "checkpoint", note.data, note.len);
	if (r == 0)
		r = state_put(t, "origin", log->origin, strlen(log->origin));
	if (r == 0)
		r = state_put(t, "key", ay_key_public(log->key)->ed25519, 32);
	if (r == 0)
		r = state_put(t, "size", be, sizeof(be));
	ay_buf_free(&note);
	return r;
}

static int before_commit(struct ay_txn *t, void *arg)
{
	const struct log *log = arg;
	struct ay_tiler *tiler;
	struct ay_sha256 root;
	uint64_t size, covered = 0;
	int r = read_size(t, &size), has = checkpoint_size(t, &covered);

	if (r < 0)
		return r;
	if (has < 0 && has != AY_ENOTFOUND)
		return has;
	if (has == 0 && covered == size)
		return 0;
	tiler = calloc(1, sizeof(*tiler));
	if (!tiler)
		return -ENOMEM;
	tiler->put = put_tile;
	tiler->arg = t;
	r = covered > size ? AY_ECORRUPT : ay_tiler_load(tiler, t, covered);
	if (r == 0)
		r = add_leaves(t, tiler, size);
	if (r == 0) {
		root = ay_tiler_root(tiler);
		r = sign_checkpoint(t, log, size, &root);
	}
	free(tiler);
	return r;
}

/* ---- opening ---- */

static void log_free(void *arg)
{
	struct log *log = arg;

	ay_key_free(log->key);
	free(log);
}

/* What is stored must be of this key and name; a fresh store has nothing. */
static int check_stored(struct ay_txn *t, const struct ay_pubkey *key, const char *origin, struct ay_error *e)
{
	struct ay_buf note = ay_buf_new(AY_LIMIT_CHECKPOINT);
	struct ay_checkpoint head;
	uint64_t size = 0;
	int r = state_get(t, "checkpoint", &note);

	if (r == AY_ENOTFOUND) {
		ay_buf_free(&note);
		return 0;
	}
	if (r == 0)
		r = read_size(t, &size);
	if (r < 0)
		ay_error_set(e, r, "cannot read the log's checkpoint");
	else if (ay_checkpoint_verify(note.data, note.len, origin, key, &head, e) < 0)
		r = AY_ECORRUPT;
	else if (head.size != size)
		r = ay_error_set(e, AY_ECORRUPT, "the log has %llu entries, its checkpoint says %llu", (unsigned long long)size,
				 (unsigned long long)head.size);
	if (r < 0)
		ay_error_next(e, "check that the log key is that of this store, then assay fsck");
	ay_buf_free(&note);
	return r;
}

int ay_log_open(struct ay_store *s, struct ay_key *k, const char *origin, struct ay_error *e)
{
	struct ay_txn *t;
	struct log *log;
	int r;

	if (ay_key_public(k)->type != AY_KEY_ED25519 || !ay_origin_ok(origin))
		return ay_error_set(e, AY_EUSAGE, "a log has an Ed25519 key and a name of plain characters");
	r = ay_read_begin(s, &t);
	if (r < 0)
		return ay_error_set(e, r, "cannot read the log");
	r = check_stored(t, ay_key_public(k), origin, e);
	ay_read_end(t);
	if (r < 0)
		return r;
	log = calloc(1, sizeof(*log));
	if (!log)
		return ay_error_set(e, -ENOMEM, "no memory for the log");
	snprintf(log->origin, sizeof(log->origin), "%s", origin);
	log->key = k;
	r = ay_store_on_commit(s, before_commit, log_free, log);
	if (r < 0) {
		free(log);
		return ay_error_set(e, r, "cannot open the log");
	}
	return 0;
}

/* ---- entries ---- */

int ay_log_append(struct ay_txn *t, const void *leaf, size_t len, uint64_t *index_out)
{
	uint8_t key[8], next[8];
	uint64_t size;
	int r = read_size(t, &size);

	if (r < 0)
		return r;
	if (len > AY_LIMIT_LOG_LEAF)
		return ay_txn_fail(t, AY_ELIMIT, "a log entry of %zu bytes, at most %d", len, AY_LIMIT_LOG_LEAF);
	ay_put_be64(key, size);
	ay_put_be64(next, size + 1);
	r = ay_ix_put(t, AY_IX_LOG_LEAF, key, sizeof(key), leaf, len);
	if (r == 0)
		r = state_put(t, "size", next, sizeof(next));
	if (r == 0)
		*index_out = size;
	return r;
}

uint64_t ay_log_size(struct ay_txn *t)
{
	uint64_t size;

	return read_size(t, &size) < 0 ? 0 : size;
}

int ay_log_checkpoint(struct ay_txn *t, struct ay_buf *out)
{
	return state_get(t, "checkpoint", out);
}

int ay_log_entry(struct ay_txn *t, uint64_t index, struct ay_buf *out)
{
	uint8_t key[8];

	ay_put_be64(key, index);
	return ay_ix_get(t, AY_IX_LOG_LEAF, key, sizeof(key), out);
}

/* ---- proofs ---- */

struct proof { struct ay_txn *t; struct ay_sha256 *hashes; size_t n, room; };

static int add_subtree(struct proof *p, uint64_t start, uint64_t count)
{
	if (p->n == p->room)
		return AY_ELIMIT;
	return ay_tile_subtree(p->t, start, count, &p->hashes[p->n++]);
}

/* Largest power of two below n; n > 1. */
static uint64_t split_of(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* PATH(m, D[start, start + n)) of RFC 6962, deepest first. */
static int path(struct proof *p, uint64_t m, uint64_t start, uint64_t n)
{
	uint64_t k;
	int r;

	if (n == 1)
		return 0;
	k = split_of(n);
	r = m < k ? path(p, m, start, k) : path(p, m - k, start + k, n - k);
	if (r < 0)
		return r;
	return m < k ? add_subtree(p, start + k, n - k) : add_subtree(p, start, k);
}

/* SUBPROOF(m, D[start, start + n), whole) of RFC 6962. */
static int subproof(struct proof *p, uint64_t m, uint64_t start, uint64_t n, bool whole)
{
	uint64_t k;
	int r;

	if (m == n)
		return whole ? 0 : add_subtree(p, start, n);
	k = split_of(n);
	r = m <= k ? subproof(p, m, start, k, whole) : subproof(p, m - k, start + k, n - k, false);
	if (r < 0)
		return r;
	return m <= k ? add_subtree(p, start + k, n - k) : add_subtree(p, start, k);
}

/* Proofs reach as far as the checkpoint: entries of the running transaction have no tiles yet. */
static int covered(struct ay_txn *t, uint64_t size)
{
	uint64_t have;
	int r = checkpoint_size(t, &have);

	if (r < 0)
		return r;
	return size <= have ? 0 : AY_ENOTFOUND;
}

int ay_log_inclusion(struct ay_txn *t, uint64_t index, uint64_t size, struct ay_sha256 *proof, size_t *proof_len)
{
	struct proof p = { .t = t, .hashes = proof, .room = *proof_len };
	int r = index < size ? covered(t, size) : AY_ENOTFOUND;

	if (r == 0)
		r = path(&p, index, 0, size);
	*proof_len = r == 0 ? p.n : 0;
	return r;
}

int ay_log_consistency(struct ay_txn *t, uint64_t old_size, uint64_t new_size, struct ay_sha256 *proof, size_t *proof_len)
{
	struct proof p = { .t = t, .hashes = proof, .room = *proof_len };
	int r = old_size <= new_size ? covered(t, new_size) : AY_ENOTFOUND;

	if (r == 0 && old_size > 0)
		r = subproof(&p, old_size, 0, new_size, true);
	*proof_len = r == 0 ? p.n : 0;
	return r;
}

int ay_log_proof_file(struct ay_txn *t, uint64_t index, struct ay_buf *out)
{
	struct ay_sha256 proof[AY_LIMIT_PROOF_HASHES];
	size_t n = AY_ARRAY_LEN(proof);
	struct ay_buf note = ay_buf_new(AY_LIMIT_CHECKPOINT);
	uint64_t size = 0;
	int r = checkpoint_size(t, &size);

	if (r == 0)
		r = ay_log_inclusion(t, index, size, proof, &n);
	if (r == 0)
		r = ay_log_checkpoint(t, &note);
	if (r == 0) {
		ay_buf_addf(out, "c2sp.org/tlog-proof@v1\nindex %llu\n", (unsigned long long)index);
		for (size_t i = 0; i < n; i++) {
			ay_base64_encode(out, proof[i].b, sizeof(proof[i].b));
			ay_buf_addc(out, '\n');
		}
		ay_buf_addc(out, '\n');
		r = ay_buf_add(out, note.data, note.len);
	}
	ay_buf_free(&note);
	return r;
}

/* ---- tiles ---- */

static int entries_tile(struct ay_txn *t, const struct ay_tile_path *p, struct ay_buf *out)
{
	struct ay_buf leaf = ay_buf_new(AY_LIMIT_LOG_LEAF + 1);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < p->width; i++) {
		r = ay_log_entry(t, p->number * AY_TILE_WIDTH + i, &leaf);
		if (r == 0) {
			ay_buf_be16(out, (uint16_t)leaf.len);
			r = ay_buf_add(out, leaf.data, leaf.len);
		}
	}
	ay_buf_free(&leaf);
	return r;
}

int ay_log_tile(struct ay_txn *t, const char *path_text, struct ay_buf *out)
{
	struct ay_buf tile = ay_buf_new(AY_TILE_BYTES);
	struct ay_tile_path p;
	uint8_t key[AY_TILE_KEY];
	uint64_t end, size = 0;
	int r = ay_tile_path_parse(path_text, &p);

	if (r < 0)
		return r;
	if (p.entries) {
		r = checkpoint_size(t, &size);
		if (r == 0 && (__builtin_mul_overflow(p.number, AY_TILE_WIDTH, &end) || __builtin_add_overflow(end, p.width, &end) ||
			       end > size))
			r = AY_ENOTFOUND;
		return r < 0 ? r : entries_tile(t, &p, out);
	}
	if (p.level >= AY_TILE_LEVELS)
		return AY_ENOTFOUND;
	ay_tile_key(p.level, p.number, key);
	r = ay_ix_get(t, AY_IX_LOG_TILE, key, sizeof(key), &tile);
	if (r == 0)
		r = tile.len >= (size_t)p.width * 32 ? ay_buf_add(out, tile.data, (size_t)p.width * 32) : AY_ENOTFOUND;
	ay_buf_free(&tile);
	return r;
}
