/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HDF5's metadata as this program reads it, before libhdf5 does: every header,
 * tree and heap that leads to an object is looked at, so that the library only
 * sees files whose metadata is sound. Inner parts of hdf5_meta.c.
 */
#ifndef ASSAY_FORMATS_HDF5_META_H
#define ASSAY_FORMATS_HDF5_META_H

#include "scanners/formats/hdf5.h"

#define HM_UNDEFINED UINT64_MAX
#define HM_BLOCK_MAX (16 * MIB)         /* one block of metadata */
#define HM_DEPTH 16                     /* of a datatype in others, of trees */

struct hm_piece { uint32_t at, len; };
/* A collection of the global heap. */
struct hm_collection {
	uint64_t addr;
	struct ay_buf bytes;                /* empty: there is none */
	struct hm_piece *pieces;            /* by number; at 0: there is none */
	size_t count, room;
};

struct hm {
	struct ay_scan *scan;
	struct ay_budget *budget;
	struct ay_source *in;
	const struct ay_hdf5_super *super;
	struct ay_hdf5_set objects;         /* headers met */
	struct ay_hdf5_set blocks;          /* nodes of trees: each has one parent */
	struct hm_collection collection;    /* the last one that was met */
	uint64_t *work;                     /* headers to be read */
	size_t work_count, work_room;
};

struct hm_type {
	unsigned class, depth;
	uint32_t size;
	bool text;                          /* of variable length */
};

/* What one header says of its object. */
struct hm_object {
	uint64_t addr;
	bool has_type, has_space, has_layout, has_table, has_links;
	struct hm_type type;
	uint64_t points;                    /* UINT64_MAX: more than 64 bits hold */
	uint64_t stored;                    /* bytes of data in the file, at most */
};

/* Reports and answers AY_EFORMAT. */
int hm_bad(struct hm *m, uint64_t off, const char *why);
int hm_unusual(struct hm *m, uint64_t off, const char *why);
/* The cursor's failure, reported; 0 when there was none. */
int hm_done(struct hm *m, const struct ay_cursor *c, const char *what);
/* len bytes at off; the caller frees b. */
int hm_load(struct hm *m, uint64_t off, uint64_t len, const char *what, struct ay_buf *b, struct ay_cursor *out);
/* The same, which begins with this signature and a version byte, both skipped; sum: ends with a checksum, which is not handed out. */
int hm_block(struct hm *m, uint64_t off, uint64_t len, const char *signature, unsigned version, bool sum, struct ay_buf *b, struct ay_cursor *out);
/* 0, or AY_EFORMAT when the node was met before. */
int hm_once(struct hm *m, uint64_t off);
/* Whether the last four bytes are the checksum of those before. */
bool hm_sum_holds(struct ay_cursor c);
/* A number of n <= 8 bytes. */
uint64_t hm_le(struct ay_cursor *c, unsigned n);
/* An object's header is to be read. */
int hm_push(struct hm *m, uint64_t addr);

/* Messages (hdf5_message.c): c is one message's body. */
int hm_type(struct hm *m, struct ay_cursor *c, struct hm_type *out);
int hm_space(struct hm *m, struct ay_cursor *c, struct hm_object *o);
int hm_layout(struct hm *m, struct ay_cursor *c, struct hm_object *o);
int hm_fill(struct hm *m, struct ay_cursor *c, bool old);
int hm_filters(struct hm *m, struct ay_cursor *c);
int hm_attribute(struct hm *m, struct ay_cursor *c);
int hm_link(struct hm *m, struct ay_cursor *c);

/* The type that the header at addr holds (hdf5_meta.c). */
int hm_committed_type(struct hm *m, uint64_t addr, struct hm_type *out);

/* Heaps and trees (hdf5_heap.c). */
int hm_old_group(struct hm *m, uint64_t tree, uint64_t heap);
/* *stored grows by the size of each chunk. */
int hm_chunks(struct hm *m, uint64_t tree, unsigned rank, uint64_t *stored);
/* A fractal heap with its trees of names and of order (HM_UNDEFINED: none): links or attributes. */
int hm_dense(struct hm *m, uint64_t heap, uint64_t names, uint64_t order, bool links);

/* The global heap (hdf5_collection.c). */
/* The text of variable length whose place c says next; valid until another is asked for. */
int hm_text(struct hm *m, struct ay_cursor *c, struct ay_cursor *out);
void hm_collection_free(struct hm *m);

#endif
