/* SPDX-License-Identifier: Apache-2.0 */
/* Between the reader of HDF5, which goes through libhdf5, and what judges its parts without that library. */
#ifndef ASSAY_FORMATS_HDF5_H
#define ASSAY_FORMATS_HDF5_H

#include "assay/scan.h"
#include "scanners/data/array_table.h"
#include "scanners/data/shape.h"
#include "scanners/model/keras_config.h"

#define AY_HDF5_SIGNATURE "\x89HDF\r\n\x1a\n"
#define AY_HDF5_SIGNATURE_LEN 8

/* What goes through libhdf5: NULL in programs that are not linked with it. */
struct ay_hdf5_library {
	/*
	 * Starts it; once, before the process gives up its rights. The reader does it itself where nobody did.
	 * AY_EUNSUPPORTED: the library does not start.
	 */
	int (*prepare)(void);
	/* Judges a file whose metadata was found sound. */
	int (*judge)(struct ay_scan *s, struct ay_source *in);
};
extern const struct ay_hdf5_library *const ay_hdf5_library;

/* What the superblock says. */
struct ay_hdf5_super {
	uint64_t root;                  /* header of the root group */
	bool cached;                    /* it names the root's tree and heap too */
	uint64_t tree, heap;
	unsigned leaf_k, group_k, chunk_k;   /* half the entries of a symbol table, of a node of groups, of a node of chunks */
};
/* The superblock, before the library sees it. 0: filled, AY_EFORMAT: reported. */
AY_MUSTCHECK int ay_hdf5_superblock(struct ay_scan *s, struct ay_source *in, struct ay_hdf5_super *out);
/* All metadata that leads to objects, before the library sees it. 0: sound, AY_EFORMAT: reported. */
AY_MUSTCHECK int ay_hdf5_check(struct ay_scan *s, struct ay_source *in, const struct ay_hdf5_super *super);

/* What ended the judgement; untold: no finding says it yet. */
void ay_hdf5_report(struct ay_scan *s, int code, bool no_memory, const char *path, const char *why, bool untold);

/* Addresses that were met. */
struct ay_hdf5_set {
	uint64_t *slots;                /* address + 1, by hash; 0 is free */
	size_t count, room;
};
/* 1: new, 0: known, AY_ELIMIT: too many or no memory. */
AY_MUSTCHECK int ay_hdf5_set_add(struct ay_budget *b, struct ay_hdf5_set *set, uint64_t addr);
void ay_hdf5_set_free(struct ay_budget *b, struct ay_hdf5_set *set);

#define AY_HDF5_PATH 512            /* room for a path; one that fills it may be cut */

/* One dataset, for extractions. */
enum ay_hdf5_kind {
	AY_HDF5_OTHER, AY_HDF5_WHOLE, AY_HDF5_REAL, AY_HDF5_TRUTH /* two names for 0 and 1 */, AY_HDF5_TEXT /* of fixed length */,
	AY_HDF5_HEAPED                      /* text of variable length, whose place is AY_HDF5_PLACE bytes */
};
#define AY_HDF5_PLACE 16

struct ay_hdf5_array {
	enum ay_hdf5_kind kind;
	size_t size, exponent, mantissa, bias;    /* of an item: bytes, bits, bits; 0 when the fields do not fill it in the usual order */
	bool is_signed, big_endian;
	bool contiguous;                    /* all bytes lie at off */
	unsigned dims;
	uint64_t shape[AY_LIMIT_TENSOR_DIMS];
	uint64_t off, bytes;
};
AY_MUSTCHECK int ay_hdf5_tensor(struct ay_scan *s, struct ay_source *in, const char *path, const struct ay_hdf5_array *a);

/* What one item of a dataset is: itself, or named fields. */
struct ay_hdf5_named { struct ay_array_column column; bool named; char name[128]; };
struct ay_hdf5_items { struct ay_hdf5_named *v; size_t n, room; const struct ay_array_texts *texts; /* of those that are AY_HDF5_HEAPED */ };
/* One more; name: of a field, or NULL; several: it is so many, one behind the other, or 0. AY_ELIMIT. */
AY_MUSTCHECK int ay_hdf5_item(struct ay_budget *b, struct ay_hdf5_items *t, const struct ay_hdf5_array *a, const char *name, size_t at, uint64_t several);
/* A dataset whose rows can be read. */
struct ay_hdf5_rows {
	struct ay_source source;            /* whole rows of stride bytes at multiples of it; valid until the tables of the file were judged */
	uint64_t shape[AY_SHAPE_DIMS], item, chunk_rows;    /* item: bytes; chunk_rows: 0: they are not stored in chunks */
	unsigned dims;
	const char *unread;                 /* why rows are not read ("is too long"), NULL: they are */
	uint64_t stride;                    /* of ay_hdf5_rows: bytes of a row */
};
/* The schema's rules for shapes, and its columns as a part of the file's table. */
AY_MUSTCHECK int ay_hdf5_rows(struct ay_scan *s, const char *path, struct ay_hdf5_rows *d, const struct ay_hdf5_items *t);

/* Texts of variable length, which libhdf5 never fetches: their places are read as bytes, and the heap by hdf5_collection.c. */
struct ay_hdf5_texts;
/* The source must outlive it. NULL: no memory left. */
struct ay_hdf5_texts *ay_hdf5_texts_new(struct ay_scan *s, struct ay_source *in);
const struct ay_array_texts *ay_hdf5_texts_column(const struct ay_hdf5_texts *t);
void ay_hdf5_texts_free(struct ay_hdf5_texts *t);

/* Whether an attribute of this name holds the configuration of a Keras model. */
bool ay_hdf5_is_config(const char *name, enum ay_keras_mode *mode_out);
/* Whether it is the first part of the configuration of a Keras model, cut into NAME0, NAME1 ...; base: NAME. */
bool ay_hdf5_cut_config(const char *name, char *base, size_t room);
/*
 * Judges an attribute: the configuration of a Keras model, or bytes, which some loaders unpickle. object is the path of what it belongs
 * to, base the name of what was cut, or NULL.
 */
AY_MUSTCHECK int ay_hdf5_attribute(struct ay_scan *s, const char *object, const char *name, const char *base, bool text, const struct ay_buf *b);

#endif
