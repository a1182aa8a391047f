/* SPDX-License-Identifier: Apache-2.0 */
/* The whole log again from its leaves, against the tiles and the checkpoint that are stored. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assay/error.h"
#include "assay/limits.h"
#include "assay/log.h"
#include "store/index.h"
#include "store/tile.h"

struct check {
	struct ay_txn *t;
	uint64_t tiles;               /* compared */
	struct ay_error *e;
};

static int compare_tile(unsigned int level, const struct ay_tile *tile, void *arg)
{
	struct check *c = arg;
	uint8_t key[AY_TILE_KEY], stored[AY_TILE_BYTES];
	size_t len = 0;
	int r;

	ay_tile_key(level, tile->number, key);
	r = ay_ix_read(c->t, AY_IX_LOG_TILE, key, sizeof(key), stored, sizeof(stored), &len);
	if (r < 0 && r != AY_ENOTFOUND && r != AY_ECORRUPT)
		return ay_error_set(c->e, r, "cannot read a tile of the log");
	if (r < 0 || len != (size_t)tile->width * 32 || memcmp(stored, tile->hashes, len) != 0)
		return ay_error_set(c->e, AY_ECORRUPT, "tile %llu of level %u of the log is not that of its entries",
				    (unsigned long long)tile->number, level);
	c->tiles++;
	return 0;
}

static int check_leaves(struct check *c, struct ay_tiler *tiler, uint64_t size)
{
	struct ay_buf leaf = ay_buf_new(AY_LIMIT_LOG_LEAF + 1);
	int r = 0;

	while (r == 0 && tiler->size < size) {
		r = ay_log_entry(c->t, tiler->size, &leaf);
		if (r == AY_ENOTFOUND || r == AY_ECORRUPT || r == AY_ELIMIT) {
			r = ay_error_set(c->e, AY_ECORRUPT, "entry %llu of the log is missing or damaged", (unsigned long long)tiler->size);
		} else if (r == 0) {
			struct ay_sha256 h = ay_merkle_leaf(leaf.data, leaf.len);

			r = ay_tiler_add(tiler, &h);
		}
	}
	ay_buf_free(&leaf);
	return r == 0 ? ay_tiler_flush(tiler) : r;
}

static int state_get(struct check *c, const char *name, struct ay_buf *out)
{
	int r = ay_ix_get(c->t, AY_IX_LOG_STATE, name, strlen(name), out);

	return r < 0 ? ay_error_set(c->e, r == AY_ENOTFOUND ? AY_ECORRUPT : r, "the log's %s cannot be read", name) : 0;
}

/* Verifies the checkpoint with the name and key that are stored beside it. */
static int read_head(struct check *c, struct ay_checkpoint *head)
{
	struct ay_buf origin = ay_buf_new(256), key = ay_buf_new(64), note = ay_buf_new(AY_LIMIT_CHECKPOINT);
	struct ay_pubkey pub;
	int r = state_get(c, "origin", &origin);

	if (r == 0)
		r = state_get(c, "key", &key);
	if (r == 0)
		r = state_get(c, "checkpoint", &note);
	if (r == 0 && (key.len != 32 || ay_pubkey_from_ed25519(key.data, &pub) < 0))
		r = ay_error_set(c->e, AY_ECORRUPT, "the log's key is damaged");
	if (r == 0 && ay_checkpoint_verify(note.data, note.len, ay_buf_str(&origin), &pub, head, c->e) < 0)
		r = AY_ECORRUPT;
	ay_buf_free(&origin);
	ay_buf_free(&key);
	ay_buf_free(&note);
	return r;
}

static int check_all(struct check *c, struct ay_tiler *tiler, uint64_t size)
{
	struct ay_checkpoint head;
	struct ay_sha256 root;
	int r = read_head(c, &head);

	if (r < 0)
		return r;
	if (head.size != size || ay_ix_count(c->t, AY_IX_LOG_LEAF) != size)
		return ay_error_set(c->e, AY_ECORRUPT, "the log has %llu entries and says %llu, its checkpoint %llu",
				    (unsigned long long)ay_ix_count(c->t, AY_IX_LOG_LEAF), (unsigned long long)size,
				    (unsigned long long)head.size);
	r = check_leaves(c, tiler, size);
	if (r < 0)
		return r;
	root = ay_tiler_root(tiler);
	if (!ay_sha256_eq(&root, &head.root))
		return ay_error_set(c->e, AY_ECORRUPT, "the log's entries do not have the root of its checkpoint");
	if (ay_ix_count(c->t, AY_IX_LOG_TILE) != c->tiles)
		return ay_error_set(c->e, AY_ECORRUPT, "the log has tiles that none of its entries need");
	return 0;
}

int ay_log_check(struct ay_txn *t, struct ay_error *e)
{
	struct check c = { .t = t, .e = e };
	struct ay_tiler *tiler;
	int r;

	/* A store without a log, as one is before its first commit. */
	if (ay_ix_count(t, AY_IX_LOG_STATE) == 0 && ay_ix_count(t, AY_IX_LOG_LEAF) == 0 && ay_ix_count(t, AY_IX_LOG_TILE) == 0)
		return 0;
	tiler = calloc(1, sizeof(*tiler));
	if (!tiler)
		return ay_error_set(e, -ENOMEM, "no memory to check the log");
	tiler->put = compare_tile;
	tiler->arg = &c;
	r = check_all(&c, tiler, ay_log_size(t));
	free(tiler);
	return r;
}
