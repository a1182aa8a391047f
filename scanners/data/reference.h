/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles of the columns of a table: of the reference, which a person approves with the schema, and of a table that came,
 * counted in the reference's bins and dictionaries. A schema carries its reference as the note "x-profile", in base64.
 */
#ifndef ASSAY_SCANNERS_REFERENCE_H
#define ASSAY_SCANNERS_REFERENCE_H

#include "assay/digest.h"
#include "scanners/data/profile.h"
#include "scanners/data/row_sketch.h"
#include "scanners/data/rows.h"
#include "scanners/data/texts.h"
#include "scanners/data/value.h"

#define AY_REFERENCE_NOTE "x-profile"
#define AY_REFERENCE_SEASONS "x-seasons"   /* tag -> what x-profile is */
#define AY_REFERENCE_COLUMNS 2048
#define AY_REFERENCE_SAMPLE (768 * KIB)    /* of the numbers of the sampled rows */
#define AY_REFERENCE_DISTINCT 256          /* columns beyond which nobody estimates their distinct values */

struct ay_drawn;

struct ay_profiled {
	char *name;
	bool numeric;                 /* numbers, else values */
	struct ay_numbers numbers;
	struct ay_values values;
};

struct ay_reference {
	struct ay_budget *budget;     /* borrowed */
	struct ay_sha256 digest;      /* of a reference's encoding; of a batch: that of its reference */
	struct ay_profiled *columns;
	size_t count;
	/*
	 * Rows of a reference, each with one number a column (ay_profiled_number), for what is judged of rows and not of columns.
	 * width 0: none; a batch has none.
	 */
	struct ay_sample sample;
	uint16_t *placed;             /* of the sample, once somebody asked: ay_reference_place (scanners/data/drawn.h); else NULL */
	struct ay_row_sketch whole;   /* of a reference: all of its rows; else without entries */
	struct ay_prose texts;        /* of a reference: columns of texts, which are no columns of it */
	struct ay_drawn *looks;       /* of a reference of images: what some of them look like (scanners/data/looks.h); else NULL */
};

/*
 * Reads the table twice. types and wanted have one entry a column of the table: numbers and integers are profiled as
 * numbers, dates and times not at all, because they go on by nature. AY_EFORMAT when the table is refused or has another number
 * of columns, AY_ELIMIT.
 */
AY_MUSTCHECK int ay_reference_build(const struct ay_rows *in, const enum ay_value_type *types, const bool *wanted, size_t columns,
				    struct ay_budget *b, struct ay_reference *out);
/* The same with texts of many values, of which the most frequent are kept: to be shown, not to be approved. */
AY_MUSTCHECK int ay_reference_build_whole(const struct ay_rows *in, const enum ay_value_type *types, const bool *wanted, size_t columns,
					  struct ay_budget *b, struct ay_reference *out);
/* Gives a reference its looks, empty ones. */
AY_MUSTCHECK int ay_reference_looks(struct ay_reference *r, const struct ay_sha256 *digest);
/* Empty, in the bins and dictionaries of ref. */
AY_MUSTCHECK int ay_reference_batch(const struct ay_reference *ref, struct ay_budget *b, struct ay_reference *out);
/* The column of this name, or NULL. */
struct ay_profiled *ay_reference_find(const struct ay_reference *r, const char *name);
/* What is not of the column's type is missing: the schema refuses it elsewhere. */
AY_MUSTCHECK int ay_profiled_add(struct ay_profiled *c, const struct ay_cell *cell);
/*
 * The same of n cells, at most AY_BLOCK_ROWS, and for what is judged of rows: the number that stands for the cell, and where it was counted. Of numbers the bin, or
 * one beyond the last for what is missing; of values the entry, one beyond the last when it is unseen, two when it is missing.
 */
struct ay_placed { double number; uint32_t at; };
AY_MUSTCHECK int ay_profiled_place(struct ay_profiled *c, const struct ay_cell *cells, size_t n, struct ay_placed *out);
/* Where it would be counted. */
struct ay_placed ay_profiled_where(const struct ay_profiled *c, const struct ay_cell *cell);
/* Where a missing cell stands. */
uint32_t ay_profiled_missing(const struct ay_profiled *c);
/* The number that stands for a cell among others of its column: a number itself, of a value its keyed hash; NaN: missing. */
double ay_profiled_number(const struct ay_profiled *c, const struct ay_cell *cell);
/* AY_EUSAGE when the two are not of one reference. */
AY_MUSTCHECK int ay_reference_merge(struct ay_reference *r, const struct ay_reference *other);
/* Canonical; sticky errors of out. */
void ay_reference_encode(struct ay_reference *r, struct ay_buf *out);
/* Trusts nothing. *out is to be freed after success only. parse: without the digest of a reference, which takes as long as the rest. */
AY_MUSTCHECK int ay_reference_parse(const void *bytes, size_t len, struct ay_budget *b, struct ay_reference *out);
AY_MUSTCHECK int ay_reference_decode(const void *bytes, size_t len, struct ay_budget *b, struct ay_reference *out);
void ay_reference_free(struct ay_reference *r);

#endif
