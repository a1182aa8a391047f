/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows a table has, without the rows: of the hashes of all whole rows the least 4096 different ones, each with how often it
 * came. Up to as many different rows this is all of them, and beyond a fair sample of the different rows, the same one for every
 * table: two sketches have the rows below the smaller of their bounds in common exactly when the tables do.
 *
 * The key is fixed and public, so that tables of different datasets and stores compare. Who makes rows whose hashes collide makes
 * rows that count as repeated, against nobody but himself. What a public key does give away: beyond 4096 different rows anybody can
 * compute which of them the sketch has.
 */
#ifndef ASSAY_SCANNERS_ROW_SKETCH_H
#define ASSAY_SCANNERS_ROW_SKETCH_H

#include "scanners/data/block.h"

#define AY_ROW_SKETCH 4096

struct ay_row_seen {
	uint64_t hash[2];
	uint64_t row;                    /* the first that has it, from 1 */
	uint32_t count, file;            /* file: of the version, of the first; not encoded */
};
struct ay_row_sketch {
	struct ay_budget *budget;        /* borrowed */
	uint64_t rows;
	struct ay_row_seen *seen;        /* 2 * AY_ROW_SKETCH of them; the least are in front after ay_row_sketch_sort */
	size_t used;
	uint16_t *slots;                 /* entry + 1, or 0 */
	bool full;                       /* rows were left out: only those below bound are all there */
	uint64_t bound[2];
};
AY_MUSTCHECK int ay_row_sketch_init(struct ay_row_sketch *s, struct ay_budget *b);
/* Texts as they are written, numbers of formats that have them by their value, what is missing as such; in the order of the columns. */
void ay_row_sketch_add(struct ay_row_sketch *s, const struct ay_block *rows);
void ay_row_sketch_set_file(struct ay_row_sketch *s, uint32_t file);
AY_MUSTCHECK int ay_row_sketch_merge(struct ay_row_sketch *s, const struct ay_row_sketch *other);
/* Least hash first, at most AY_ROW_SKETCH of them. */
void ay_row_sketch_sort(struct ay_row_sketch *s);
/* Canonical; sticky errors of out. */
void ay_row_sketch_encode(struct ay_row_sketch *s, struct ay_buf *out);
/* Trusts nothing. *out is to be freed after success only. */
AY_MUSTCHECK int ay_row_sketch_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_row_sketch *out);
void ay_row_sketch_free(struct ay_row_sketch *s);

/* ---- what sketches say; both are sorted first ---- */

/* Share of rows that repeat an earlier one, and how far chance may have moved it (standard error). 0 without rows. */
double ay_row_sketch_repeated(struct ay_row_sketch *s, double *error);
/* The same for so many of its rows drawn at random, at most all of them. */
double ay_row_sketch_expected(struct ay_row_sketch *s, uint64_t rows);
/* The chance of one more row to be among so many others, as the rows of s say. */
double ay_row_sketch_met(struct ay_row_sketch *s, uint64_t rows);
/* How many of the different rows that both could have are in s, and how many of them in other too; *first: such a row of s, or NULL. */
void ay_row_sketch_shared(struct ay_row_sketch *s, struct ay_row_sketch *other, uint64_t *rows, uint64_t *shared, const struct ay_row_seen **first);

#endif
