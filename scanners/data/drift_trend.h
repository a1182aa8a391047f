/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do the batches of a name move away from their reference, each a little? A column gives a few series of numbers, one
 * number a batch: how far its place lies from the reference, and by how much the share of what is missing and of its most
 * frequent values differs. A series is found when Mann and Kendall's test, two-sided and exact without ties, adjusted by Holm over
 * all series of all columns, is below alpha; when the line of Theil and Sen through it rises or falls by more than the
 * floor; and when that line ends further from the reference than the floor, on the side that it moves to.
 */
#ifndef ASSAY_SCANNERS_DRIFT_TREND_H
#define ASSAY_SCANNERS_DRIFT_TREND_H

#include "scanners/data/profile.h"
#include "scanners/data/stat_test.h"

#define AY_TREND_SERIES 10           /* of one column */
#define AY_TREND_FLOOR 0.05          /* of places by rank, and of shares */
#define AY_TREND_LEAST 4             /* batches; fewer have no order to speak of */

/*
 * P(v > r) + P(v = r)/2 - 1/2 of a number v of the batch and r of the reference: the statistic of Mann and Whitney over
 * the number of pairs. From -1/2 to 1/2, and no single value rules. 0 when a side has no finite number.
 */
double ay_trend_place(const struct ay_numbers *ref, const struct ay_numbers *batch);

/* Numbers of one batch, 0 when it has no rows: out has room for AY_TREND_SERIES. Returns how many, the same for all batches of a reference. */
size_t ay_trend_of_numbers(const struct ay_numbers *ref, const struct ay_numbers *batch, double *out);
size_t ay_trend_of_values(const struct ay_values *ref, const struct ay_values *batch, double *out);
/* What a series is of: "place", "missing", "unseen", "value N" (the Nth most frequent of the reference). */
const char *ay_trend_name(bool numeric, size_t series);

struct ay_trend_result {
	struct ay_stat_trend test;
	double adjusted;
	double change, end;              /* of the line: from the first to the last batch, and where it ends */
	bool tested, found;
};
/*
 * v: n series of k numbers each, one after the other, oldest first. results has room for n. AY_EUSAGE unless
 * 0 < alpha < 1, AY_ELIMIT without memory. *found: how many.
 */
AY_MUSTCHECK int ay_trend_judge(struct ay_budget *b, const double *v, size_t n, size_t k, double alpha, double floor,
				struct ay_trend_result *results, size_t *found);

#endif
