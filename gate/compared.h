/* SPDX-License-Identifier: Apache-2.0 */
/* One column, the batch against the reference, as reports and `assay compare` tell it in JSON; gate/page.h makes a picture of it. */
#ifndef ASSAY_GATE_COMPARED_H
#define ASSAY_GATE_COMPARED_H

#include "assay/json.h"
#include "scanners/data/batch.h"
#include "scanners/data/drift.h"

/* All borrowed. */
struct ay_compared {
	const char *what;                     /* "new rows", "all rows"; NULL: there is one comparison */
	const struct ay_profiled *ref, *batch;   /* batch NULL: its counts are gone, and there is no picture */
	const struct ay_drift_result *result;
	const struct ay_drift_limits *limits;
	double alpha;
};
/* One object. AY_ELIMIT without memory. */
AY_MUSTCHECK int ay_compared_column(struct ay_jw *w, const struct ay_compared *c);
/* The limit that the deciding effect had to exceed: its floor, or what sampling alone gives where that is more. */
double ay_compared_limit(const struct ay_drift_result *r, const struct ay_drift_limits *l);
/* An array of the rows that are least like the reference's, each once, with the method that says so and the columns to blame. */
void ay_compared_worst(struct ay_jw *w, const struct ay_reference *ref, const struct ay_outliers *o);

#endif
