/* SPDX-License-Identifier: Apache-2.0 */
/* The methods that judge rows, between the files that make up the model of outliers. */
#ifndef ASSAY_SCANNERS_OUTLIER_MODEL_H
#define ASSAY_SCANNERS_OUTLIER_MODEL_H

#include "scanners/data/outliers.h"

#define AY_MAHALANOBIS_COLUMNS 64
#define AY_FOREST_TREES 100
#define AY_FOREST_TOGETHER 64
#define AY_FOREST_ROWS 256                /* of the reference in each tree */

/* Rows of the reference, each with a cell a column. */
struct ay_outlier_rows {
	const struct ay_placed *cells;
	size_t count, width;
};
static inline const struct ay_placed *ay_outlier_rows_at(const struct ay_outlier_rows *r, size_t i) { return r->cells + i * r->width; }

/* Each function below takes the row's cells, and writes to share what each column contributes to its score. */

/* ---- hbos.c: sum over columns of -ln of the density in the bin that holds the value ---- */

struct ay_hbos_bin { double rows, width; };   /* of the reference; width in parts of the column's resolution */

struct ay_hbos {
	struct ay_budget *budget;
	size_t width;
	size_t *first;                        /* of each column: its place in term and bin */
	float *term;
	struct ay_hbos_bin *bin;              /* neighbours of few rows are joined */
	double *usual;                        /* of each column: the mean over the reference */
	bool *lone_least, *lone_greatest;     /* of each column: one sampled row alone has this value of the reference */
};
AY_MUSTCHECK int ay_hbos_new(const struct ay_reference *ref, const struct ay_outlier_limits *limits, const struct ay_outlier_rows *rows,
			     struct ay_budget *b, struct ay_hbos **out);
static inline double ay_hbos_score(const struct ay_hbos *h, const struct ay_placed *row)
{
	double sum = 0;

	for (size_t i = 0; i < h->width; i++)
		sum += (double)h->term[h->first[i] + row[i].at];
	return sum;
}
/* The same as if the row were not in the reference, of which it is one. */
double ay_hbos_score_without(const struct ay_hbos *h, const struct ay_reference *ref, const struct ay_placed *row);
void ay_hbos_shares(const struct ay_hbos *h, const struct ay_placed *row, double *share);
void ay_hbos_free(struct ay_hbos *h);

/*
 * ---- mahalanobis.c: combinations, by the distance from the mean in the metric of the covariance ----
 *
 * Values are drawn to the quantiles 0.005 and 0.995 of the reference, in the rows that are scored, too: what a single value tells,
 * others tell, and the few that any reference has far out would set a threshold that hides every combination.
 */

struct ay_mahalanobis {
	struct ay_budget *budget;
	size_t n;                             /* columns that it looks at */
	size_t column[AY_MAHALANOBIS_COLUMNS];
	double low[AY_MAHALANOBIS_COLUMNS], high[AY_MAHALANOBIS_COLUMNS];    /* to which values are drawn */
	double mean[AY_MAHALANOBIS_COLUMNS], sd[AY_MAHALANOBIS_COLUMNS];     /* of such values */
	double *correlation;                  /* n x n, with what was added to its diagonal */
	double *lower;                        /* its Cholesky factor, by rows; the diagonal holds the reciprocals */
};
/* AY_ENOTFOUND when no column of numbers varies. */
AY_MUSTCHECK int ay_mahalanobis_new(const struct ay_reference *ref, const struct ay_outlier_rows *rows, struct ay_budget *b,
				    struct ay_mahalanobis **out);
double ay_mahalanobis_score(const struct ay_mahalanobis *m, const struct ay_placed *row);
void ay_mahalanobis_shares(const struct ay_mahalanobis *m, const struct ay_placed *row, size_t width, double *share);
void ay_mahalanobis_free(struct ay_mahalanobis *m);

/* ---- forest.c: how few random cuts set a row apart (Liu, Ting and Zhou 2008) ---- */

/*
 * Numbers as the trees compare them: a float's bits, in the order of the floats. What is greater than cut goes to left + 1, others to
 * left; nothing is greater than the cut of a leaf, which leads to itself.
 */
struct ay_forest_node { uint32_t cut; uint16_t column, left; };

struct ay_forest {
	struct ay_budget *budget;
	const struct ay_reference *ref;       /* borrowed */
	const struct ay_outlier_limits *limits;
	size_t trees, rows, depth;            /* rows in each tree */
	struct ay_forest_node *nodes;         /* of each tree 2 * AY_FOREST_ROWS */
	float *path;                          /* of each leaf: cuts above it, and those that its rows would need */
	uint32_t **rank;                      /* of each column of values: of its entries, the most frequent first */
	uint32_t *scratch;                    /* AY_FOREST_TOGETHER rows */
};
/* The mean path in a tree of n rows. */
double ay_forest_usual_path(size_t n);
AY_MUSTCHECK int ay_forest_new(const struct ay_reference *ref, const struct ay_outlier_limits *limits, const struct ay_outlier_rows *rows,
			       struct ay_budget *b, struct ay_forest **out);
/* 2 to the power of -(mean path)/(usual path). */
double ay_forest_score(const struct ay_forest *f, const struct ay_placed *row);
/* The same of n rows side by side, at most AY_FOREST_TOGETHER: a tree is then at hand for all of them. */
void ay_forest_scores(const struct ay_forest *f, const struct ay_placed *rows, size_t n, double *out);
/* How much the score falls when the column has its usual value. */
void ay_forest_shares(const struct ay_forest *f, const struct ay_placed *row, double *share);
void ay_forest_free(struct ay_forest *f);

#endif
