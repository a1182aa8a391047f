/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Label issues by confident learning (Northcutt, Jiang and Chuang 2021): where predictions of a model come with the rows, a row whose
 * probability of another label is at least what rows of that label have on average, and above that of its own, is an issue. The
 * reference says what the average is, and how many issues are usual.
 */
#ifndef ASSAY_SCANNERS_CONFIDENT_H
#define ASSAY_SCANNERS_CONFIDENT_H

#include "scanners/data/drawn.h"

#define AY_CONFIDENT_CLASSES 64
#define AY_CONFIDENT_ROWS_MIN 50     /* on each side */
#define AY_CONFIDENT_WORST 3

/* Of each label its place and the column of the reference that has its probability. */
struct ay_predicted { uint16_t place[AY_CONFIDENT_CLASSES]; size_t column[AY_CONFIDENT_CLASSES]; size_t n; };
struct ay_confident_row { uint64_t row; uint32_t file; size_t given, expected; double margin; };     /* given, expected: of the labels */
struct ay_confident_result {
	bool judged;                     /* false: too few rows */
	bool found;
	uint64_t rows, issues, ref_rows, ref_issues;
	double share, p;                 /* share of issues beyond what is usual */
	struct ay_confident_row worst[AY_CONFIDENT_WORST];
	size_t nworst;
};
/* limit: share of rows. AY_ELIMIT. */
AY_MUSTCHECK int ay_confident_judge(struct ay_reference *ref, size_t label, const struct ay_predicted *by, const struct ay_drawn *rows,
				    double alpha, double limit, struct ay_budget *b, struct ay_confident_result *out);

#endif
