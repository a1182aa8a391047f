/* SPDX-License-Identifier: Apache-2.0 */
/* Between the reader of HDF5, which goes through libhdf5, and what judges its parts without that library. */
#ifndef ASSAY_FORMATS_HDF5_H
#define ASSAY_FORMATS_HDF5_H

#include "assay/scan.h"
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
enum ay_hdf5_kind { AY_HDF5_OTHER, AY_HDF5_WHOLE, AY_HDF5_REAL, AY_HDF5_TRUTH /* two names for 0 and 1 */ };
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

/* Whether an attribute of this name holds the configuration of a Keras model. */
bool ay_hdf5_is_config(const char *name, enum ay_keras_mode *mode_out);
/* Judges the text of such an attribute. */
AY_MUSTCHECK int ay_hdf5_config(struct ay_scan *s, const char *name, enum ay_keras_mode mode, const void *bytes, size_t len);
/* Judges the bytes of any other attribute: some loaders unpickle them. object is the path of what it belongs to. */
AY_MUSTCHECK int ay_hdf5_attribute(struct ay_scan *s, const char *object, const char *name, const void *bytes, size_t len);

#endif
