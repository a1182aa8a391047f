/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zarr metadata: .zarray, .zgroup, .zattrs and .zmetadata of version 2, and
 * zarr.json of version 3 (zarr-specs.readthedocs.io). It says how the chunks
 * beside it become an array: a codec of objects runs what is in them, and one
 * that is not known is code of a package. Chunks have no form of their own:
 * what is noted here says which files are chunks (zarr_chunk.c).
 */
#include <stdlib.h>

#include "assay/ckd.h"
#include "assay/json.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/json_feed.h"
#include "scanners/formats/text.h"
#include "scanners/model/config_json.h"
#include "scanners/model/zarr_names.h"
#include "scanners/registry.h"

#define MAX_TEXT (1 * MIB)
#define KEEP 64
#define DIMENSIONS 64    /* that NumPy has at most */

/* What an open object or list is. */
enum role {
	ROLE_FREE,            /* the user's own, or numbers that say nothing about code */
	ROLE_ARRAY2, ROLE_GROUP2, ROLE_TABLE2, ROLE_MAP2, ROLE_DTYPE2, ROLE_FILTERS2, ROLE_CODEC2,
	ROLE_NODE3, ROLE_TABLE3, ROLE_MAP3, ROLE_TYPE3, ROLE_CODECS3, ROLE_CODEC3, ROLE_SETTINGS3, ROLE_EMPTY3,
	ROLE_GRID3, ROLE_GRID_SETTINGS3, ROLE_KEYS3, ROLE_KEYS_SETTINGS3,
	ROLE_SHAPE, ROLE_CHUNKS   /* extents: a reader divides by those of chunks */
};

struct level {
	enum role role;
	bool array;
	bool named;           /* a codec or type says which one it is */
	uint32_t item;        /* of a list: values so far */
	uint32_t keys;        /* of the document of an array or group: a bit for each key that it must have */
	bool group;           /* of version 3 */
	bool grid;            /* a chunk grid has its extents */
	uint32_t shape, chunks; /* 1 + the dimensions of both, or 0 */
	char key[KEEP];       /* whose value comes next */
};

/* The array whose document this file is. */
struct grid {
	uint64_t shape[DIMENSIONS], chunk[DIMENSIONS];
	size_t dimensions;
	char separator;       /* of chunk keys; '\0': as their encoding has it */
	bool plain_keys;      /* of version 3: as those of version 2 */
	bool coded;           /* a chunk's size is not that of its elements */
	uint64_t element;     /* bytes, 0: not known */
};

struct zarr {
	struct ay_scan *s;
	struct ay_json_feed from;
	struct ay_json_reader *json;
	struct ay_config_rules *rules;
	struct grid grid;
	size_t depth;         /* open; levels[0] is the document's place */
	struct level levels[AY_LIMIT_JSON_DEPTH + 2];
};

/* What an array's document must have, in the order of the bits; then what it may have. */
static const char *const array2[] = {"zarr_format", "shape", "chunks", "dtype", "compressor", "fill_value", "order", "filters", NULL, "dimension_separator", NULL};
static const char *const group2[] = {"zarr_format", NULL, NULL};
static const char *const table2[] = {"zarr_consolidated_format", "metadata", NULL, NULL};
static const char *const node3[] = {"zarr_format", "node_type", NULL, "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs",
				    "attributes", "dimension_names", "storage_transformers", "consolidated_metadata", NULL};
static const char *const more3[] = {"shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs", NULL};

static void malformed(struct zarr *z, const char *what)
{
	ay_scan_find(z->s, "zarr.malformed", ay_json_reader_off(z->json), "%s", what);
}

static struct level *top(struct zarr *z)
{
	return &z->levels[z->depth];
}

static bool key_is(struct zarr *z, const char *want)
{
	return !top(z)->array && strcmp(top(z)->key, want) == 0;
}

static const char *const *keys_of(enum role role)
{
	switch (role) {
	case ROLE_ARRAY2: return array2;
	case ROLE_GROUP2: return group2;
	case ROLE_TABLE2: return table2;
	case ROLE_NODE3: return node3;
	default: return NULL;
	}
}

/* Which of its keys a document has: a key that Zarr does not know may mean anything to a reader. */
static void see_key(struct zarr *z, const char *text, size_t len)
{
	struct level *l = top(z);
	const char *const *list = keys_of(l->role);
	bool known = !list;

	snprintf(l->key, sizeof(l->key), "%s", len < sizeof(l->key) && strlen(text) == len ? text : "?");
	if (l->role == ROLE_MAP2 || l->role == ROLE_MAP3) {
		/* Paths may be longer than what is kept: their end counts. */
		const char *base = ay_path_base(text);

		snprintf(l->key, sizeof(l->key), "%s", strlen(text) == len ? base : "?");
	}
	for (unsigned ends = 0, i = 0; list && ends < 2 && !known; i++) {
		if (!list[i])
			ends++;
		else if (strcmp(list[i], l->key) == 0)
			known = true;
		if (known && ends == 0)
			l->keys |= 1u << i;
	}
	for (unsigned i = 0; l->role == ROLE_NODE3 && more3[i]; i++)
		if (strcmp(more3[i], l->key) == 0)
			l->keys |= 4u << i;
	if (!known)
		malformed(z, "the metadata has a key that Zarr does not know");
}

static enum role document_role(const char *base)
{
	return strcmp(base, ".zarray") == 0 ? ROLE_ARRAY2 : strcmp(base, ".zgroup") == 0 ? ROLE_GROUP2 :
	       strcmp(base, ".zmetadata") == 0 ? ROLE_TABLE2 : strcmp(base, "zarr.json") == 0 ? ROLE_NODE3 : ROLE_FREE;
}

/* Of an object or list that begins under the key or in the list at hand. */
static enum role role_of(struct zarr *z, bool array)
{
	struct level *l = top(z);

	if (z->depth == 0)
		return document_role(ay_path_base(ay_scan_name(z->s)));
	switch (l->role) {
	case ROLE_ARRAY2:
		if (array && (key_is(z, "shape") || key_is(z, "chunks")))
			return key_is(z, "shape") ? ROLE_SHAPE : ROLE_CHUNKS;
		return key_is(z, "dtype") && array ? ROLE_DTYPE2 : key_is(z, "filters") && array ? ROLE_FILTERS2 :
		       key_is(z, "compressor") && !array ? ROLE_CODEC2 : ROLE_FREE;
	case ROLE_DTYPE2: return array ? ROLE_DTYPE2 : ROLE_FREE;
	case ROLE_FILTERS2: return array ? ROLE_FREE : ROLE_CODEC2;
	case ROLE_TABLE2: return key_is(z, "metadata") && !array ? ROLE_MAP2 : ROLE_FREE;
	case ROLE_MAP2: return document_role(l->key);
	case ROLE_NODE3:
		if (!array && (key_is(z, "chunk_grid") || key_is(z, "chunk_key_encoding")))
			return key_is(z, "chunk_grid") ? ROLE_GRID3 : ROLE_KEYS3;
		if (array && key_is(z, "shape"))
			return ROLE_SHAPE;
		return key_is(z, "codecs") && array ? ROLE_CODECS3 : key_is(z, "data_type") && !array ? ROLE_TYPE3 :
		       key_is(z, "consolidated_metadata") && !array ? ROLE_TABLE3 : key_is(z, "storage_transformers") && array ? ROLE_EMPTY3 : ROLE_FREE;
	case ROLE_TABLE3: return key_is(z, "metadata") && !array ? ROLE_MAP3 : ROLE_FREE;
	case ROLE_MAP3: return array ? ROLE_FREE : ROLE_NODE3;
	case ROLE_CODECS3: return array ? ROLE_FREE : ROLE_CODEC3;
	case ROLE_CODEC3: return key_is(z, "configuration") && !array ? ROLE_SETTINGS3 : ROLE_FREE;
	/* A shard has codecs of its own. */
	case ROLE_SETTINGS3:
		if (array && key_is(z, "chunk_shape"))
			return ROLE_CHUNKS;
		return array && (key_is(z, "codecs") || key_is(z, "index_codecs")) ? ROLE_CODECS3 : ROLE_FREE;
	case ROLE_KEYS3: return key_is(z, "configuration") && !array ? ROLE_KEYS_SETTINGS3 : ROLE_FREE;
	case ROLE_GRID3: return key_is(z, "configuration") && !array ? ROLE_GRID_SETTINGS3 : ROLE_FREE;
	case ROLE_GRID_SETTINGS3: return key_is(z, "chunk_shape") && array ? ROLE_CHUNKS : ROLE_FREE;
	default: return ROLE_FREE;
	}
}

/* What is under the key at hand must be an object or a list of its own. */
static bool needs_role(struct zarr *z)
{
	static const char *const array[] = {"shape", "chunks", "dtype", "compressor", "filters", NULL};
	static const char *const node[] = {"shape", "chunk_grid", "chunk_key_encoding", "codecs", "data_type", "consolidated_metadata", "storage_transformers", NULL};
	static const char *const settings[] = {"chunk_shape", "codecs", "index_codecs", NULL};
	static const char *const grid[] = {"configuration", NULL};
	static const char *const table[] = {"metadata", NULL};
	static const char *const *const of[] = {
		[ROLE_ARRAY2] = array, [ROLE_NODE3] = node, [ROLE_SETTINGS3] = settings, [ROLE_GRID3] = grid, [ROLE_GRID_SETTINGS3] = settings,
		[ROLE_TABLE2] = table, [ROLE_TABLE3] = table
	};
	enum role role = top(z)->role;

	for (const char *const *k = role < AY_ARRAY_LEN(of) ? of[role] : NULL; k && *k; k++)
		if (key_is(z, *k))
			return true;
	return false;
}

/* A value of another kind than its place takes: nobody knows what a reader makes of it. */
static void judge_place(struct zarr *z, int ev, enum role role)
{
	struct level *l = top(z);
	bool document = z->depth == 0 || l->role == ROLE_MAP2 || l->role == ROLE_MAP3;
	bool none = ev == AY_JSON_EV_NULL && (key_is(z, "compressor") || key_is(z, "filters") || key_is(z, "consolidated_metadata") ||
					      key_is(z, "storage_transformers"));
	bool text = ev == AY_JSON_EV_STRING && (key_is(z, "dtype") || key_is(z, "data_type") || key_is(z, "chunk_key_encoding"));

	if (document ? ev != AY_JSON_EV_OBJECT : needs_role(z) && role == ROLE_FREE && !none && !text)
		malformed(z, "a value of another kind than Zarr has there");
	else if (l->role == ROLE_EMPTY3)
		ay_scan_find(z->s, "zarr.codec", ay_json_reader_off(z->json), "a storage transformer");
	else if (l->role == ROLE_FILTERS2 && role != ROLE_CODEC2)
		malformed(z, "a filter that is no object");
	else if ((l->role == ROLE_SHAPE || l->role == ROLE_CHUNKS) && ev != AY_JSON_EV_NUMBER)
		malformed(z, "an extent that is no number");
}

static void judge_codec(struct zarr *z, const char *name, bool v3)
{
	const char *reason = ay_zarr_object_codec(name);

	top(z)->named = true;
	z->grid.coded |= !v3 || !ay_zarr_keeps_size(name);
	if (reason)
		ay_scan_find(z->s, "zarr.object", ay_json_reader_off(z->json), "the codec %.60s %s", name, reason);
	else if (!(v3 ? ay_zarr_codec3(name) : ay_zarr_codec2(name)))
		ay_scan_find(z->s, "zarr.codec", ay_json_reader_off(z->json), "the codec \"%.60s\" is not known", name);
}

static void judge_dtype2(struct zarr *z, const char *text)
{
	if (z->depth == 1)
		z->grid.element = ay_zarr_size2(text);
	if (ay_zarr_is_object(text))
		ay_scan_find(z->s, "zarr.object", ay_json_reader_off(z->json), "the type %.20s is of Python objects", text);
	else if (!ay_zarr_dtype2(text))
		ay_scan_find(z->s, "zarr.dtype", ay_json_reader_off(z->json), "the type \"%.60s\" is not known", text);
}

static void judge_keys3(struct zarr *z, const char *text)
{
	top(z)->named = true;
	z->grid.plain_keys |= z->depth <= 2 && strcmp(text, "v2") == 0;
	if (strcmp(text, "default") != 0 && strcmp(text, "v2") != 0)
		malformed(z, "the encoding of chunk keys is not known");
}

static void judge_separator(struct zarr *z, const char *text)
{
	if (strcmp(text, ".") != 0 && strcmp(text, "/") != 0)
		malformed(z, "chunk keys have another separator than . or /");
	else if (z->depth == 1 || (z->depth == 3 && top(z)->role == ROLE_KEYS_SETTINGS3))
		z->grid.separator = *text;
}

static void judge_type3(struct zarr *z, const char *text)
{
	if (z->depth == 1)
		z->grid.element = ay_zarr_size3(text);
	if (!ay_zarr_type3(text))
		ay_scan_find(z->s, "zarr.dtype", ay_json_reader_off(z->json), "the type \"%.60s\" is not known, or has no fixed size", text);
}

/* In a list that describes fields, the second of each row is a type, and a list there is rows again. */
static void judge_text(struct zarr *z, const char *text)
{
	struct level *l = top(z);

	if (l->role == ROLE_ARRAY2 && key_is(z, "dtype"))
		judge_dtype2(z, text);
	else if (l->role == ROLE_DTYPE2 && (l->item == 1 || (strchr("|<>=", *text) && ay_zarr_is_object(text))))
		judge_dtype2(z, text);
	else if (l->role == ROLE_CODEC2 && (key_is(z, "dtype") || key_is(z, "astype") || key_is(z, "encode_dtype") || key_is(z, "decode_dtype")))
		judge_dtype2(z, text);
	else if ((l->role == ROLE_ARRAY2 && key_is(z, "dimension_separator")) || (l->role == ROLE_KEYS_SETTINGS3 && key_is(z, "separator")))
		judge_separator(z, text);
	else if (l->role == ROLE_CODEC2 && key_is(z, "id"))
		judge_codec(z, text, false);
	else if (l->role == ROLE_CODECS3)
		judge_codec(z, text, true);
	else if (l->role == ROLE_CODEC3 && key_is(z, "name"))
		judge_codec(z, text, true);
	else if (l->role == ROLE_NODE3 && key_is(z, "data_type"))
		judge_type3(z, text);
	else if (l->role == ROLE_TYPE3 && key_is(z, "name")) {
		l->named = true;
		judge_type3(z, text);
	} else if (l->role == ROLE_GRID3 && key_is(z, "name")) {
		l->named = true;
		if (strcmp(text, "regular") != 0)
			malformed(z, "the chunk grid is not known");
	} else if ((l->role == ROLE_KEYS3 && key_is(z, "name")) || (l->role == ROLE_NODE3 && key_is(z, "chunk_key_encoding"))) {
		judge_keys3(z, text);
	} else if (l->role == ROLE_NODE3 && key_is(z, "node_type")) {
		l->group = strcmp(text, "group") == 0;
		if (!l->group && strcmp(text, "array") != 0)
			malformed(z, "a node is neither an array nor a group");
	}
}

/* Of the array that the document is of, neither of those in a table nor of shards. */
static void note_extent(struct zarr *z, uint64_t n, bool chunk)
{
	uint32_t item = top(z)->item;
	bool own = z->depth == 2 || z->levels[2].role == ROLE_GRID3;

	if (own && item < DIMENSIONS)
		(chunk ? z->grid.chunk : z->grid.shape)[item] = n;
}

/* A plain number, of chunks above 0: a reader divides by it. */
static void judge_extent(struct zarr *z, const char *text, bool chunk)
{
	size_t len = strlen(text);

	if (len == 0 || len > 18 || strspn(text, "0123456789") != len)
		malformed(z, "an extent is no whole number below 10^18");
	else if (chunk && strspn(text, "0") == len)
		malformed(z, "an extent of the chunks is 0: a reader would divide by it");
	else
		note_extent(z, strtoull(text, NULL, 10), chunk);
}

static void judge_number(struct zarr *z, const char *text)
{
	enum role role = top(z)->role;
	const char *want = role == ROLE_ARRAY2 || role == ROLE_GROUP2 ? "2" : role == ROLE_NODE3 ? "3" : NULL;

	if (role == ROLE_SHAPE || role == ROLE_CHUNKS)
		judge_extent(z, text, role == ROLE_CHUNKS);
	if (want && key_is(z, "zarr_format") && strcmp(text, want) != 0)
		ay_scan_find(z->s, "zarr.malformed", ay_json_reader_off(z->json), "the version %.20s does not belong into this file", text);
}

/* The dimensions of a list of extents go to the array that it is of: the grid's settings lie two levels below. */
static void count_dimensions(struct zarr *z)
{
	struct level *l = top(z), *up = l - 1;

	if (l->role == ROLE_SHAPE)
		up->shape = l->item + 1;
	else if (l->role == ROLE_CHUNKS && up->role == ROLE_ARRAY2)
		up->chunks = l->item + 1;
	else if (l->role == ROLE_CHUNKS && up->role == ROLE_GRID_SETTINGS3) {
		up[-2].chunks = l->item + 1;
		up[-1].grid = true;
	}
}

static void close_level(struct zarr *z)
{
	struct level *l = top(z);
	const char *const *list = keys_of(l->role);
	uint32_t need = l->role == ROLE_NODE3 && !l->group ? 0xFC : 0;

	for (unsigned i = 0; list && list[i]; i++)
		need |= 1u << i;
	if ((l->keys & need) != need)
		malformed(z, "the metadata lacks a key that it must have");

	bool names = l->role == ROLE_CODEC2 || l->role == ROLE_CODEC3 || l->role == ROLE_TYPE3 || l->role == ROLE_GRID3 || l->role == ROLE_KEYS3;

	count_dimensions(z);
	if (z->depth == 1)
		z->grid.dimensions = l->shape && l->shape == l->chunks ? l->shape - 1 : SIZE_MAX;
	if (names && !l->named)
		malformed(z, "a codec, type, grid or encoding without its name");
	if (l->role == ROLE_GRID3 && !l->grid)
		malformed(z, "a chunk grid without the shape of its chunks");
	if (l->shape && l->chunks && l->shape != l->chunks)
		malformed(z, "the chunks have other dimensions than the array");
	z->depth--;
}

/* Bytes of a chunk; 0: not known. */
static uint64_t chunk_size(const struct grid *g)
{
	uint64_t size = g->coded ? 0 : g->element;

	for (size_t i = 0; i < g->dimensions; i++)
		if (ay_ckd_mul_u64(size, g->chunk[i], &size))
			return 0;
	return size;
}

static bool has_chunks(const struct grid *g)
{
	bool any = g->dimensions <= DIMENSIONS;

	for (size_t i = 0; any && i < g->dimensions; i++)
		any = g->shape[i] > 0;
	return any;
}

/* Says what the last chunk is called. */
static int need_chunks(struct zarr *z)
{
	const struct grid *g = &z->grid;
	bool v3 = z->levels[1].role == ROLE_NODE3, prefix = v3 && !g->plain_keys;
	char separator = g->separator ? g->separator : prefix ? '/' : '.';

	if ((!v3 && z->levels[1].role != ROLE_ARRAY2) || !has_chunks(g))
		return 0;
	struct ay_buf key = ay_buf_new(2 * KIB);

	if (prefix)
		ay_buf_addc(&key, 'c');
	else if (!g->dimensions)
		ay_buf_addc(&key, '0');
	for (size_t i = 0; i < g->dimensions; i++) {
		if (key.len)
			ay_buf_addc(&key, (uint8_t)separator);
		ay_buf_addf(&key, "%llu", (unsigned long long)((g->shape[i] - 1) / g->chunk[i]));
	}
	int rc = key.err ? AY_ELIMIT : ay_scan_need_grid(z->s, ay_buf_str(&key), chunk_size(g), AY_NO_OFFSET);

	ay_buf_free(&key);
	return rc;
}

static int see(struct zarr *z, int ev)
{
	size_t len = 0;
	const char *text = ev >= AY_JSON_EV_NUMBER && ev <= AY_JSON_EV_KEY ? ay_json_text(z->json, &len) : NULL;

	ay_config_rules_event(z->rules, (enum ay_json_event)ev, text, len, ay_json_reader_off(z->json));
	if (ev == AY_JSON_EV_KEY) {
		see_key(z, text, len);
		return 0;
	}
	if (ev == AY_JSON_EV_OBJECT_END || ev == AY_JSON_EV_ARRAY_END) {
		close_level(z);
		top(z)->item++;
		return 0;
	}
	bool opens = ev == AY_JSON_EV_OBJECT || ev == AY_JSON_EV_ARRAY;
	enum role role = opens ? role_of(z, ev == AY_JSON_EV_ARRAY) : ROLE_FREE;

	judge_place(z, ev, role);
	if (opens) {
		if (z->depth + 1 == AY_ARRAY_LEN(z->levels))
			return AY_ELIMIT;
		z->levels[++z->depth] = (struct level){.role = role, .array = ev == AY_JSON_EV_ARRAY};
		return 0;
	}
	if (ev == AY_JSON_EV_STRING)
		judge_text(z, strlen(text) == len ? text : "?");
	else if (ev == AY_JSON_EV_NUMBER)
		judge_number(z, text);
	top(z)->item++;
	return 0;
}

static unsigned zarr_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	const char *base = ay_path_base(path);

	(void)in;
	return (document_role(base) || strcmp(base, ".zattrs") == 0) && ay_bytes_look_like_text(&head) ? 8 : 0;
}

static int zarr_scan(struct ay_scan *s, struct ay_source *in)
{
	struct zarr *z = ay_budget_alloc(ay_scan_budget(s), sizeof(*z));
	struct ay_error e;
	int err = z ? 0 : AY_ELIMIT, ev = 0;

	if (z) {
		*z = (struct zarr){.s = s, .from = {.in = in, .budget = ay_scan_budget(s)}};
		err = ay_config_rules_new(s, ay_path_base(ay_scan_name(s)), &z->rules);
	}
	if (!err)
		err = ay_json_reader_new(ay_json_feed_source, &z->from, AY_LIMIT_JSON_DEPTH, MAX_TEXT, AY_LIMIT_JSON_KEYS, &z->json);
	if (err) {
		ay_scan_find_error(s, "zarr", err, NULL);
	} else {
		/* Fill values among attributes are written so. */
		ay_json_reader_permit_nonfinite(z->json);
		while (!err && (ev = ay_json_next(z->json)) > 0)
			err = see(z, ev);
		if (!err && ev < 0)
			err = ev;
		if (!err && !ay_scan_count(s, AY_FAIL))
			err = need_chunks(z);
		if (err) {
			ay_error_at(&e, err, ay_json_reader_off(z->json), "not strict JSON: %s", ev < 0 ? ay_json_reader_reason(z->json) : ay_strerror(err));
			ay_scan_find_error(s, "zarr", err, &e);
		}
	}
	if (z) {
		ay_json_reader_free(z->json);
		ay_config_rules_free(z->rules);
	}
	ay_budget_free(ay_scan_budget(s), z);
	return 0;
}

static const char *const refines_json[] = {"json", "text", NULL};

const struct ay_scanner ay_scanner_zarr = {
	.abi = AY_SCAN_ABI, .name = "zarr", .version = 3, .refines = refines_json, .bid = zarr_bid, .scan = zarr_scan
};
