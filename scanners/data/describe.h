/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people are shown of a column: its numbers in short, and counts in few bins or of few values. The many bins of a
 * profile are merged here; nothing is judged by what comes out.
 */
#ifndef ASSAY_SCANNERS_DESCRIBE_H
#define ASSAY_SCANNERS_DESCRIBE_H

#include "assay/json.h"
#include "scanners/data/reference.h"

#define AY_SHOWN_BINS 30
#define AY_SHOWN_VALUES 12
#define AY_SHOWN_LABEL 64                /* bytes of a value that are shown */

/*
 * Bins of equal width, over the reference's values without its far tails, which are counted below and above. Where the
 * values stand on a grid (whole numbers, tenths) each bin holds equally many of its places. [0] counts the reference,
 * [1] the batch.
 */
struct ay_shown_bins {
	double low, width;
	size_t n;
	uint64_t below[2], above[2], missing[2], counts[AY_SHOWN_BINS][2];
};
/* batch, in the reference's bins, may be NULL. 0 < most <= AY_SHOWN_BINS. AY_ELIMIT without memory. */
AY_MUSTCHECK int ay_shown_bins(const struct ay_numbers *ref, const struct ay_numbers *batch, size_t most, struct ay_shown_bins *out);

/* One that is frequent in either. entry is of the reference and borrowed. */
struct ay_shown_value { const struct ay_counted *entry; uint64_t counts[2]; };
struct ay_shown_values {
	struct ay_shown_value v[AY_SHOWN_VALUES];
	size_t n;
	uint64_t other[2], unseen[2], missing[2];
};
/* batch, with the reference's dictionary, may be NULL. */
void ay_shown_values(const struct ay_values *ref, const struct ay_values *batch, struct ay_shown_values *out);

/* ---- as JSON ---- */

/* null for what is not finite. */
void ay_describe_number(struct ay_jw *w, const char *key, double v);
/* One object: rows, missing ones, distinct, and of numbers least, quartiles, greatest, mean and standard deviation. */
void ay_describe_column(struct ay_jw *w, const struct ay_profiled *c);
/* One object: low, width, below, counts, above, missing of numbers; values, other, unseen, missing of others. Each count is [reference, batch] or [count]. */
AY_MUSTCHECK int ay_describe_chart(struct ay_jw *w, const struct ay_profiled *ref, const struct ay_profiled *batch, size_t most);

#endif
