/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do the batches of a name move away from their reference, each a little? A column gives a few series of numbers, one
 * number a batch: how far its place lies from the reference, and by how much the share of what is missing, of what is unseen and of its
 * most frequent values differs. Each is the mean of what single rows add.
 *
 * Through a series goes the straight line that is zero at the reference, before the first batch: least squares, weighted by rows. Since
 * late batches weigh most, it sees a ramp that a sum of the batches dilutes. A series is found when the line ends further from
 * the reference than its floor, and when the slope is not chance: by the normal distribution, two-sided, adjusted by Holm over all series
 * of all columns, p is below alpha. What a row varies by is taken from the reference, or from how the batches scatter about the line
 * where that is more; what the reference itself may be off by is added.
 */
#ifndef ASSAY_SCANNERS_DRIFT_TREND_H
#define ASSAY_SCANNERS_DRIFT_TREND_H

#include "scanners/data/profile.h"

#define AY_TREND_SERIES 10           /* of one column */
#define AY_TREND_PLACE 0             /* which of those of numbers is their place; all others are shares */
#define AY_TREND_LEAST 4             /* batches; fewer do not tell how they scatter */

/*
 * P(v > r) + P(v = r)/2 - 1/2 of a number v of the batch and r of the reference: the statistic of Mann and Whitney over
 * the number of pairs. From -1/2 to 1/2, and no single value rules. 0 when a side has no finite number.
 */
double ay_trend_place(const struct ay_numbers *ref, const struct ay_numbers *batch);

/* What is kept of a series; begin with zeros. x is what batch k differs by, m its rows. */
struct ay_trend {
	double variance, ref_rows;       /* of what a row adds, in the reference; rows of that */
	double mk, mkk, mkx, mxx;        /* sums of m k, m k^2, m k x, m x^2 */
	size_t batches;                  /* that have rows */
};
/*
 * Adds batch k, counted from 1, to the series of its column: t has room for AY_TREND_SERIES. Returns how many there are, the same for all
 * batches of a reference.
 */
size_t ay_trend_add_numbers(struct ay_trend *t, const struct ay_numbers *ref, const struct ay_numbers *batch, size_t k);
size_t ay_trend_add_values(struct ay_trend *t, const struct ay_values *ref, const struct ay_values *batch, size_t k);
/* What a series is of: "its place by rank", "the share of missing values" ... */
const char *ay_trend_name(bool numeric, size_t series);

struct ay_trend_result {
	double end;                      /* where the line lies at the last batch */
	double z, p, adjusted;
	bool tested, found;              /* tested: there are batches enough, and any differs */
};
/* t: n series of batches up to number last; floors has one for each. AY_EUSAGE unless 0 < alpha < 1, AY_ELIMIT without memory. *found: how many. */
AY_MUSTCHECK int ay_trend_judge(struct ay_budget *b, const struct ay_trend *t, size_t n, size_t last, double alpha, const double *floors,
				struct ay_trend_result *results, size_t *found);

#endif
