/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tiles of the log: 256 hashes a tile, level L holds the roots of complete
 * subtrees of 256^L leaves. Stored as one record a tile, grown at its end: the
 * first W hashes are the partial tile of width W.
 */
#ifndef ASSAY_STORE_TILE_H
#define ASSAY_STORE_TILE_H

#include "assay/log.h"
#include "store/index.h"

#define AY_TILE_WIDTH 256
#define AY_TILE_BYTES (AY_TILE_WIDTH * 32)
#define AY_TILE_LEVELS 8
#define AY_TILE_KEY 9                 /* u8 level, u64be number */

void ay_tile_key(unsigned int level, uint64_t number, uint8_t out[AY_TILE_KEY]);

/* The open tile of one level. */
struct ay_tile { uint64_t number; uint32_t width; bool dirty; uint8_t hashes[AY_TILE_BYTES]; };

/*
 * Appends leaf hashes and grows all levels. put is called for each tile that is
 * full, and by flush for the others that changed.
 */
struct ay_tiler {
	struct ay_tile level[AY_TILE_LEVELS];
	uint64_t size;                /* leaves taken in */
	int (*put)(unsigned int level, const struct ay_tile *tile, void *arg);
	void *arg;
};
AY_MUSTCHECK int ay_tiler_add(struct ay_tiler *t, const struct ay_sha256 *leaf_hash);
AY_MUSTCHECK int ay_tiler_flush(struct ay_tiler *t);
/* Loads the open tiles of a log of size leaves. */
AY_MUSTCHECK int ay_tiler_load(struct ay_tiler *t, struct ay_txn *txn, uint64_t size);
/* Root of what was taken in. */
struct ay_sha256 ay_tiler_root(const struct ay_tiler *t);

/* ---- the tree as its tiles say ---- */

/* Root of the leaves [start, start + count); both as RFC 6962 splits produce them. count > 0. */
AY_MUSTCHECK int ay_tile_subtree(struct ay_txn *t, uint64_t start, uint64_t count, struct ay_sha256 *out);

/* ---- paths of C2SP tlog-tiles ---- */

struct ay_tile_path { bool entries; unsigned int level; uint64_t number; uint32_t width; /* 256: full */ };
/* AY_ENOTFOUND for anything that is not the one spelling of a tile. */
AY_MUSTCHECK int ay_tile_path_parse(const char *path, struct ay_tile_path *out);
int ay_tile_path_format(const struct ay_tile_path *p, char *out, size_t room);

#endif
