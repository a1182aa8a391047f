/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are there more outliers than the reference has? Two samples are compared, because the reference's rate is known from its own
 * rows only. Of values: out of all that lie beyond a limit in both, how likely are so many of the batch (Fisher's exact test)? Of
 * rows: the threshold is the score of one row of the reference, so how many of a batch exceed it has a distribution that depends on
 * neither's form, the hypergeometric one. All tests of all methods and columns are one family for Holm's adjustment. What is
 * significant is found only when the rate exceeds the reference's by an amount that matters.
 */
#ifndef ASSAY_SCANNERS_OUTLIER_JUDGE_H
#define ASSAY_SCANNERS_OUTLIER_JUDGE_H

#include "scanners/data/batch.h"

#define AY_OUTLIER_TIMES 3.0             /* the reference's rate, that a rate must exceed, */
#define AY_OUTLIER_MORE 0.005            /* and the reference's rate by so much */

/* What decides. */
#define AY_OUTLIER_BY_VALUE 1u
#define AY_OUTLIER_BY_RATE 2u
#define AY_OUTLIER_BY_ROWS(method) (4u << (method))
#define AY_OUTLIER_BY_ALL 31u

/* Of one column. */
struct ay_outlier_rule {
	double ranges;                   /* a value further beyond the reference is refused; 0: none is */
	bool tails;                      /* unless the tails of the reference go on so far */
	bool rated;                      /* the rates of its values are tested */
	bool has_least, has_greatest;    /* bounds that its schema allows */
	double least, greatest;
};

struct ay_outlier_test {
	bool made, found;
	uint64_t rows, above, ref_rows, ref_above;
	double rate, limit;              /* which the rate must exceed to be found */
	double p, adjusted;
};

struct ay_outlier_judged {
	struct ay_outlier_test far, fenced;
	bool low, high;                  /* the least, the greatest value is refused */
	double low_limit, high_limit;
};

struct ay_outlier_verdict {
	struct ay_outlier_test rows[AY_OUTLIER_METHODS][AY_OUTLIER_PARTS];
	bool unknown[AY_OUTLIER_METHODS];    /* is to decide and could not be evaluated */
};

/*
 * rules and columns have one entry a column of the reference. 0 < alpha < 1. AY_EUSAGE for sums of another reference, AY_EFORMAT when
 * sums contradict each other, AY_ELIMIT; then nothing is judged.
 */
AY_MUSTCHECK int ay_outlier_judge(const struct ay_outlier_model *m, const struct ay_batch *batch, double alpha, unsigned methods,
				  const struct ay_outlier_rule *rules, struct ay_outlier_judged *columns, struct ay_outlier_verdict *out);

#endif
