/* SPDX-License-Identifier: Apache-2.0 */
#include "store/tile.h"

#include <stdio.h>
#include <string.h>

#include "assay/error.h"

void ay_tile_key(unsigned int level, uint64_t number, uint8_t out[AY_TILE_KEY])
{
	out[0] = (uint8_t)level;
	ay_put_be64(out + 1, number);
}

/* Root of a complete subtree from n = 2^k hashes; works in place. */
static struct ay_sha256 fold(struct ay_sha256 *h, size_t n)
{
	for (; n > 1; n /= 2)
		for (size_t i = 0; i < n / 2; i++)
			h[i] = ay_merkle_node(&h[2 * i], &h[2 * i + 1]);
	return h[0];
}

static struct ay_sha256 fold_bytes(const uint8_t *hashes, size_t n)
{
	struct ay_sha256 h[AY_TILE_WIDTH];

	memcpy(h, hashes, n * sizeof(*h));
	return fold(h, n);
}

/* ---- growing ---- */

int ay_tiler_add(struct ay_tiler *t, const struct ay_sha256 *leaf_hash)
{
	struct ay_sha256 hash = *leaf_hash;

	t->size++;
	for (unsigned int l = 0; l < AY_TILE_LEVELS; l++) {
		struct ay_tile *tile = &t->level[l];
		int r;

		memcpy(tile->hashes + (size_t)tile->width * 32, hash.b, 32);
		tile->dirty = true;
		if (++tile->width < AY_TILE_WIDTH)
			return 0;
		r = t->put(l, tile, t->arg);
		if (r < 0)
			return r;
		hash = fold_bytes(tile->hashes, AY_TILE_WIDTH);
		tile->number++;
		tile->width = 0;
		tile->dirty = false;
	}
	return AY_ELIMIT;
}

int ay_tiler_flush(struct ay_tiler *t)
{
	for (unsigned int l = 0; l < AY_TILE_LEVELS; l++) {
		int r = t->level[l].dirty ? t->put(l, &t->level[l], t->arg) : 0;

		if (r < 0)
			return r;
		t->level[l].dirty = false;
	}
	return 0;
}

int ay_tiler_load(struct ay_tiler *t, struct ay_txn *txn, uint64_t size)
{
	t->size = size;
	for (unsigned int l = 0; l < AY_TILE_LEVELS; l++) {
		struct ay_tile *tile = &t->level[l];
		uint64_t count = size >> (8 * l);
		uint8_t key[AY_TILE_KEY];
		size_t len = 0;
		int r;

		tile->number = count / AY_TILE_WIDTH;
		tile->width = (uint32_t)(count % AY_TILE_WIDTH);
		tile->dirty = false;
		if (tile->width == 0)
			continue;
		ay_tile_key(l, tile->number, key);
		r = ay_ix_read(txn, AY_IX_LOG_TILE, key, sizeof(key), tile->hashes, sizeof(tile->hashes), &len);
		if (r < 0)
			return r == AY_ENOTFOUND ? AY_ECORRUPT : r;
		if (len != (size_t)tile->width * 32)
			return AY_ECORRUPT;
	}
	return 0;
}

/*
 * The open tiles are, from the highest level down, the complete subtrees that
 * the tree's size splits into; they fold from the right.
 */
struct ay_sha256 ay_tiler_root(const struct ay_tiler *t)
{
	struct ay_sha256 root = ay_sha256_of("", 0);
	bool any = false;

	for (unsigned int l = 0; l < AY_TILE_LEVELS; l++) {
		const struct ay_tile *tile = &t->level[l];
		uint32_t end = tile->width;

		for (uint32_t piece = 1; piece <= end; piece <<= 1) {
			struct ay_sha256 h;

			if (!(tile->width & piece))
				continue;
			h = fold_bytes(tile->hashes + (size_t)(end - piece) * 32, piece);
			end -= piece;
			root = any ? ay_merkle_node(&h, &root) : h;
			any = true;
		}
	}
	return root;
}

/* ---- reading ---- */

/* Root of the complete subtree number index of 2^height leaves. */
static int complete(struct ay_txn *t, unsigned int height, uint64_t index, struct ay_sha256 *out)
{
	unsigned int level = height / 8, rest = height % 8;
	uint64_t first = index << rest;
	uint8_t key[AY_TILE_KEY], hashes[AY_TILE_BYTES];
	size_t at = (size_t)(first % AY_TILE_WIDTH), n = (size_t)1 << rest, len = 0;
	int r;

	ay_tile_key(level, first / AY_TILE_WIDTH, key);
	r = ay_ix_read(t, AY_IX_LOG_TILE, key, sizeof(key), hashes, sizeof(hashes), &len);
	if (r < 0)
		return r == AY_ENOTFOUND ? AY_ECORRUPT : r;
	if (len % 32 != 0 || (at + n) * 32 > len)
		return AY_ECORRUPT;
	*out = fold_bytes(hashes + at * 32, n);
	return 0;
}

int ay_tile_subtree(struct ay_txn *t, uint64_t start, uint64_t count, struct ay_sha256 *out)
{
	bool any = false;
	uint64_t end = start + count;

	/* Complete subtrees from the right end, which are the bits of count from the lowest. */
	for (unsigned int height = 0; count; height++) {
		struct ay_sha256 h;
		int r;

		if (!(count >> height & 1))
			continue;
		count &= ~(UINT64_C(1) << height);
		end -= UINT64_C(1) << height;
		r = complete(t, height, end >> height, &h);
		if (r < 0)
			return r;
		*out = any ? ay_merkle_node(&h, out) : h;
		any = true;
	}
	return any ? 0 : AY_EINTERNAL;
}

/* ---- paths ---- */

int ay_tile_path_format(const struct ay_tile_path *p, char *out, size_t room)
{
	char number[40] = "", partial[16] = "", level[16] = "entries";
	uint64_t groups[7], n = p->number;
	size_t count = 0, len = 0;
	int r;

	do {
		groups[count++] = n % 1000;
		n /= 1000;
	} while (n);
	while (count--)
		len += (size_t)snprintf(number + len, sizeof(number) - len, "%s%03u%s", count ? "x" : "", (unsigned int)groups[count],
					count ? "/" : "");
	if (p->width != AY_TILE_WIDTH)
		snprintf(partial, sizeof(partial), ".p/%u", p->width);
	if (!p->entries)
		snprintf(level, sizeof(level), "%u", p->level);
	r = snprintf(out, room, "tile/%s/%s%s", level, number, partial);
	return r < 0 || (size_t)r >= room ? AY_ELIMIT : 0;
}

static bool digits(const char **p, size_t n, uint64_t *v)
{
	for (size_t i = 0; i < n; i++, (*p)++) {
		if (**p < '0' || **p > '9' || __builtin_mul_overflow(*v, 10, v) || __builtin_add_overflow(*v, (uint64_t)(**p - '0'), v))
			return false;
	}
	return true;
}

int ay_tile_path_parse(const char *path, struct ay_tile_path *out)
{
	struct ay_tile_path t = { .width = AY_TILE_WIDTH };
	char again[96];
	const char *p = path;
	uint64_t level = 0, width = 0;
	bool more = true;

	if (strncmp(p, "tile/", 5) != 0)
		return AY_ENOTFOUND;
	p += 5;
	t.entries = strncmp(p, "entries/", 8) == 0;
	if (t.entries) {
		p += 8;
	} else {
		size_t n = strspn(p, "0123456789");

		if (n == 0 || n > 2 || !digits(&p, n, &level) || *p++ != '/')
			return AY_ENOTFOUND;
		t.level = (unsigned int)level;
	}
	while (more) {
		more = *p == 'x';
		p += more;
		if (!digits(&p, 3, &t.number) || (more && *p++ != '/'))
			return AY_ENOTFOUND;
	}
	if (strncmp(p, ".p/", 3) == 0) {
		p += 3;
		if (!digits(&p, strspn(p, "0123456789"), &width) || width == 0 || width >= AY_TILE_WIDTH)
			return AY_ENOTFOUND;
		t.width = (uint32_t)width;
	}
	/* Leading zeros and empty groups spell nothing: only the canonical path is a tile's. */
	if (*p || ay_tile_path_format(&t, again, sizeof(again)) < 0 || strcmp(again, path) != 0)
		return AY_ENOTFOUND;
	*out = t;
	return 0;
}
