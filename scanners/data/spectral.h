/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spectral signatures (Tran, Li and Madry 2018), whitened by the reference (as SPECTRE, Hayase et al. 2021): rows that somebody added to
 * one class lie together in some direction of its numbers, where no column by itself shows them.
 *
 * Of each class one half of the reference's rows says where its rows lie and how far they spread, and one half of the batch's rows in
 * which direction it spreads most beyond that and how far out rows are strange there. The other halves, which had no say in it, are
 * counted; then the halves change places. So how often one looked does not make the test's p too small.
 */
#ifndef ASSAY_SCANNERS_SPECTRAL_H
#define ASSAY_SCANNERS_SPECTRAL_H

#include "scanners/data/drawn.h"

#define AY_SPECTRAL_CLASSES 64
#define AY_SPECTRAL_ROWS_MIN 100     /* of a class, drawn, on each side */
#define AY_SPECTRAL_DRAWS 39         /* of the reference's rows, whose greatest eigenvalue is the limit */
#define AY_SPECTRAL_LISTED 8
#define AY_SPECTRAL_ROWS 3
#define AY_SPECTRAL_COLUMNS 3

struct ay_spectral_found {
	uint16_t class;                  /* place of the label */
	double value, usual;             /* the greatest eigenvalue, and of the draws */
	double share, ref_share;         /* of the rows those beyond; of the reference's */
	double p;                        /* over all classes */
	uint64_t rows, ref_rows;
	size_t columns[AY_SPECTRAL_COLUMNS], ncolumns;       /* where rows beyond differ most; none when columns are projected */
	struct { uint64_t row; uint32_t file; double score; } worst[AY_SPECTRAL_ROWS];       /* farthest first */
	size_t nworst;
};
struct ay_spectral_result {
	size_t classes;                  /* that had rows enough */
	size_t total, n;
	struct ay_spectral_found v[AY_SPECTRAL_LISTED];
};
/*
 * limit: share of a class's rows beyond what is usual. only: columns of the reference that are looked at, of more than 64 numbers
 * the first; NULL: all numbers but the label, of more than 64 a projection. AY_ELIMIT.
 */
AY_MUSTCHECK int ay_spectral_judge(struct ay_reference *ref, size_t label, const bool *only, const struct ay_drawn *rows, double alpha,
				   double limit, struct ay_budget *b, struct ay_spectral_result *out);

#endif
