/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of the tables of a batch, drawn by a keyed hash of their number, for what is judged of rows together. A cell is kept as
 * the place where the reference counts it: the bin of a number, the entry of a value. So rows of the batch and of the
 * reference's own sample compare without their scale, no value however large rules, and a cell takes two bytes.
 */
#ifndef ASSAY_SCANNERS_DRAWN_H
#define ASSAY_SCANNERS_DRAWN_H

#include "scanners/data/reference.h"

#define AY_DRAWN_ROWS 5000
#define AY_DRAWN_BYTES (320 * KIB)       /* of the places of all rows */

/* ---- places ---- */

/*
 * Finds out where the cells of the reference's sample lie, once; what judges rows together does it first. Numbers: the bin; values: the
 * entry, one beyond the last for what the reference never had. One more: missing. AY_ELIMIT.
 */
AY_MUSTCHECK int ay_reference_place(struct ay_reference *ref);
/* Row i of the sample, a place for each column; after ay_reference_place. */
static inline const uint16_t *ay_reference_row(const struct ay_reference *ref, size_t i)
{
	return ref->placed + i * ref->count;
}
/* How many places a column has: the last is that of missing cells. */
size_t ay_places_count(const struct ay_reference *ref, size_t column);
/*
 * Which places of the column the rows of the reference's sample have, without that of missing cells, in rising order: what labels there
 * are. *n is max + 1 when there are more.
 */
AY_MUSTCHECK int ay_label_places(struct ay_reference *ref, size_t column, size_t max, uint16_t *out, size_t *n);

/* ---- rows ---- */

struct ay_drawn_row {
	uint64_t order;                      /* keyed hash: the least are kept */
	uint64_t row;                        /* from 1, in its file */
	uint32_t file;                       /* of the version; not encoded */
	uint32_t at;                         /* its places start at at * width */
};
struct ay_drawn {
	struct ay_budget *budget;            /* borrowed */
	struct ay_sipkey key;
	size_t width, cap, used;             /* width 0: the reference has no columns, and nothing is drawn */
	uint64_t seen;                       /* rows that they were drawn from */
	struct ay_drawn_row *heap;           /* the greatest order first */
	uint16_t *places;
};
/* Empty; as many rows as a batch of this reference keeps. */
AY_MUSTCHECK int ay_drawn_init(struct ay_drawn *d, struct ay_budget *b, const struct ay_reference *ref);
/* Empty, of rows that are no reference's: at most cap of them, of width places each. */
AY_MUSTCHECK int ay_drawn_start(struct ay_drawn *d, struct ay_budget *b, const struct ay_sipkey *key, size_t width, size_t cap);
/* Counts a row; true when it is to be kept, with the order to keep it by. */
bool ay_drawn_next(struct ay_drawn *d, uint64_t row, uint64_t *order);
void ay_drawn_keep(struct ay_drawn *d, uint64_t order, uint64_t row, const uint16_t *places);
/* Says which file of a version all these rows are of; before they are merged. */
void ay_drawn_set_file(struct ay_drawn *d, uint32_t file);
/* AY_EUSAGE when the two are not of one reference. */
AY_MUSTCHECK int ay_drawn_merge(struct ay_drawn *d, const struct ay_drawn *other);
/* Canonical; sticky errors of out. */
void ay_drawn_encode(struct ay_drawn *d, struct ay_buf *out);
/* Trusts nothing but the reference, whose columns the places must fit. *out is to be freed after success only. */
AY_MUSTCHECK int ay_drawn_decode(struct ay_cursor *in, struct ay_budget *b, const struct ay_reference *like, struct ay_drawn *out);
/* Into an empty one, whose places may be any; it is freed after an error. */
AY_MUSTCHECK int ay_drawn_read(struct ay_cursor *in, struct ay_drawn *out);
void ay_drawn_free(struct ay_drawn *d);

#endif
