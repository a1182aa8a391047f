/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values and rows unlike those of the reference. A model is derived from the reference alone, the same everywhere; what is new is
 * counted against it in one pass, and whether there is too much of it is judged by rates, never by a guess of contamination.
 *
 * Of each column of numbers: values far from its median by a robust scale, values beyond three interquartile ranges, and values
 * beyond the least or greatest of the reference by several ranges, of which one is too many. Of rows: unlikely values taken
 * together (HBOS on the reference's bins), unlikely combinations of numbers (Mahalanobis), and rows that few random cuts set
 * apart (isolation forest).
 */
#ifndef ASSAY_SCANNERS_OUTLIERS_H
#define ASSAY_SCANNERS_OUTLIERS_H

#include "scanners/data/reference.h"

#define AY_OUTLIER_RANGES 3.0            /* beyond the ends of the reference: a value is refused */
#define AY_OUTLIER_WORST 10              /* rows that are named for each method */
#define AY_OUTLIER_BLAMED 3              /* columns that are named for a row: those that contribute most */
#define AY_OUTLIER_SHARE 0.001           /* of the reference's rows whose scores exceed the threshold */
#define AY_OUTLIER_ROWS_MIN 50           /* of the reference, below which rows are not judged */
/*
 * Rows of a table that Mahalanobis and the forest look at: the first ones all, of those after them a share that is drawn by a
 * keyed hash of the row's number. The two are counted apart, so that each is a fair sample of its part.
 */
#define AY_OUTLIER_ALL_ROWS 20000u
#define AY_OUTLIER_ONE_OF 32u

enum ay_outlier_method { AY_OUTLIER_HBOS, AY_OUTLIER_MAHALANOBIS, AY_OUTLIER_FOREST, AY_OUTLIER_METHODS };
/* "HBOS", "Mahalanobis", "isolation forest". Static. */
const char *ay_outlier_method_name(enum ay_outlier_method m);

enum ay_outlier_part { AY_OUTLIER_FIRST, AY_OUTLIER_DRAWN, AY_OUTLIER_PARTS };

/* ---- sums of tables ---- */

/* One value with where it stands. row 0: there is none. */
struct ay_outlier_value { double value; uint64_t row; uint32_t file; };

struct ay_outlier_column {
	uint64_t far, fenced;                    /* beyond the robust scale's limit, beyond three interquartile ranges */
	uint64_t beyond;                         /* several ranges beyond the reference */
	struct ay_outlier_value least, greatest; /* of those below the reference's least, above its greatest value */
};

struct ay_outlier_row {
	double score;
	uint64_t row;                            /* of its file, from 1 */
	uint32_t file;
	uint16_t blamed[AY_OUTLIER_BLAMED];      /* columns of the reference; its number of columns where there are fewer */
};

struct ay_outlier_tally { uint64_t rows, above; };

struct ay_outliers {
	struct ay_budget *budget;                /* borrowed */
	size_t count;                            /* columns of the reference */
	struct ay_outlier_column *columns;
	uint64_t rows;                           /* that were seen whole */
	struct ay_outlier_tally tally[AY_OUTLIER_METHODS][AY_OUTLIER_PARTS];
	struct ay_outlier_row worst[AY_OUTLIER_METHODS][AY_OUTLIER_WORST];   /* above the threshold; the worst first once merged */
	size_t worst_count[AY_OUTLIER_METHODS];
};
/* Empty. */
AY_MUSTCHECK int ay_outliers_init(struct ay_outliers *o, struct ay_budget *b, const struct ay_reference *ref);
/* Says which file of a version these sums are of; before they are merged. */
void ay_outliers_set_file(struct ay_outliers *o, uint32_t file);
/* AY_EUSAGE when the two are not of one reference. */
AY_MUSTCHECK int ay_outliers_merge(struct ay_outliers *o, const struct ay_outliers *other);
/* Canonical; sticky errors of out. */
void ay_outliers_encode(struct ay_outliers *o, struct ay_buf *out);
/* Trusts nothing. *out is to be freed after success only. */
AY_MUSTCHECK int ay_outliers_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_outliers *out);
void ay_outliers_free(struct ay_outliers *o);

/* ---- the model ---- */

struct ay_hbos;
struct ay_mahalanobis;
struct ay_forest;

/* Of a column of numbers; of others usual is all that is known. */
struct ay_outlier_limits {
	double median, scale;                    /* robust; scale 0: the reference does not vary */
	double far_low, far_high;                /* of what is not far */
	double fence_low, fence_high;
	double range;                            /* of the reference, as far as it is known: see ay_outlier_bounds */
	double least, greatest;
	double tail_low, tail_high;              /* that values of tails like the reference's hardly exceed */
	uint64_t rows, far, fenced;              /* of the sampled rows of the reference */
};

struct ay_outlier_threshold {
	bool known;                              /* else the method cannot be evaluated, or has nothing to look at */
	bool empty;                              /* it has nothing to look at: there are no such columns */
	double score;
	uint64_t rows, above;                    /* rows of the reference that were scored; the threshold is the score of the one of this rank */
};

struct ay_outlier_model {
	struct ay_budget *budget;
	const struct ay_reference *ref;          /* borrowed */
	struct ay_outlier_limits *columns;
	struct ay_outlier_threshold threshold[AY_OUTLIER_METHODS];
	struct ay_hbos *hbos;
	struct ay_mahalanobis *mahalanobis;
	struct ay_forest *forest;
};
/* Borrows ref. *out is NULL after an error. */
AY_MUSTCHECK int ay_outlier_model_new(const struct ay_reference *ref, struct ay_budget *b, struct ay_outlier_model **out);
void ay_outlier_model_free(struct ay_outlier_model *m);
/*
 * What lies this many ranges beyond the ends of the reference is refused. A column that hardly varies does not know its range:
 * below 30 values that differ from the most frequent one, the number of ranges grows in inverse proportion. tails: where those of
 * the reference are heavy, so that its next value may lie far beyond all before, the limit is as much further out as they say; not
 * where a person chose the number.
 */
void ay_outlier_bounds(const struct ay_outlier_limits *c, double ranges, bool tails, double *low, double *high);
/* The score of a row; AY_OUTLIER_HBOS needs where the cells were counted, the others their numbers. */
double ay_outlier_score(const struct ay_outlier_model *m, enum ay_outlier_method method, const struct ay_placed *row);

/* ---- counting one table ---- */

struct ay_outlier_counting;
/* Borrows m and sums. *out is NULL after an error. */
AY_MUSTCHECK int ay_outlier_counting_new(const struct ay_outlier_model *m, struct ay_outliers *sums, struct ay_budget *b,
					 struct ay_outlier_counting **out);
/* The table does not have this column of the reference: it tells nothing about any row. Before the first one. */
void ay_outlier_counting_absent(struct ay_outlier_counting *k, size_t column);
/* Of one column of the reference, each value of the table, n of them from this row on; rows count from 1. */
void ay_outlier_counting_values(struct ay_outlier_counting *k, size_t column, uint64_t row, const struct ay_placed *cells, size_t n);
/* What is judged of rows alone, of all of them or a fair choice. cells: of each column of the reference, room of them. At most AY_BLOCK_ROWS. */
void ay_outlier_counting_rows(struct ay_outlier_counting *k, uint64_t first, size_t rows, const struct ay_placed *cells, size_t room);
/* Names the columns to blame; before the sums are read. */
void ay_outlier_counting_end(struct ay_outlier_counting *k);
void ay_outlier_counting_free(struct ay_outlier_counting *k);

#endif
