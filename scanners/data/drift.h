/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Has the distribution of a batch drifted from the reference that its profile was made for? One test and one deciding
 * effect a column: numbers by Kolmogorov-Smirnov and D, values by chi-square and V at equal sizes. Where numbers may be
 * missing, the shares of null, NaN and the infinities are tested beside, as values are; all tests of all columns are one
 * family for Holm's adjustment.
 *
 * A column drifts when the adjusted p is below alpha and the effect exceeds both its floor and what sampling alone gives:
 * with many rows p rejects what nobody would call drift, with few the effect does. What sampling alone gives is known in
 * closed form for D and V, and nearly so for PSI, JS and Hellinger; an effect that lies near to it is calibrated
 * before it decides: batches of that size are drawn from the reference, and it must exceed the effect of 99 in 100 of them
 * too. For W this is the noise, since its closed form is a loose bound. When sampling alone may exceed the
 * floor, a column that does not drift is held: more rows are needed before it can pass.
 */
#ifndef ASSAY_SCANNERS_DRIFT_H
#define ASSAY_SCANNERS_DRIFT_H

#include "scanners/data/profile.h"
#include "scanners/data/stat_test.h"

#define AY_DRIFT_ALPHA 0.001     /* unless a policy says otherwise: the chance of a false alarm over all tests of a batch */

/* The worst of its columns is the batch's. */
enum ay_drift_state {
	AY_DRIFT_NONE,
	AY_DRIFT_WARN,         /* above the lower floor */
	AY_DRIFT_HELD,         /* too few rows to tell */
	AY_DRIFT_UNKNOWN,      /* could not be evaluated; why says the reason. Never a pass */
	AY_DRIFT_FOUND
};
/* "none", "warn", "held", "unknown", "drift". Static. */
const char *ay_drift_state_name(enum ay_drift_state s);

enum ay_drift_effect {
	AY_DRIFT_D,            /* of numbers */
	AY_DRIFT_V,            /* of values, and of the shares of missing numbers */
	AY_DRIFT_PSI,          /* over deciles of the reference, or over the categories, and missing ones */
	AY_DRIFT_JS,           /* distance, base 2, over the same */
	AY_DRIFT_HELLINGER,    /* over the same */
	AY_DRIFT_W,            /* of numbers, over their interquartile range / 1.349 */
	AY_DRIFT_EFFECTS
};
const char *ay_drift_effect_name(enum ay_drift_effect e);

/*
 * Floors of one column. fail 0: shown, decides nothing. D and V must decide; the others where the policy names them.
 * The defaults come from measured data without drift (quiet months, random splits); labels are stricter, because flips
 * of a few per cent move them little. hold, of D and V: sampling noise above it holds; 0: the floor itself. Labels are
 * held as other columns are: batches too small for their own floor are judged by it when they are added up.
 */
struct ay_drift_limits { double warn[AY_DRIFT_EFFECTS], fail[AY_DRIFT_EFFECTS], hold[AY_DRIFT_EFFECTS]; };
extern const struct ay_drift_limits ay_drift_limits_default, ay_drift_limits_label;
/* Of the effects that a policy may name; D and V are 0 here. */
extern const struct ay_drift_limits ay_drift_limits_named;

/*
 * Floors of batches added up, where many rows show what each batch hid: D 0.05 and V 0.05 at the defaults, 0.02 of labels,
 * in proportion where l was set otherwise; half of the other effects. Nothing warns.
 *
 * V 0.05 is what D 0.05 is of two equally frequent values: a shift of five per cent of the rows. Sampling alone exceeds
 * neither more often than alpha, whatever the floor, since an effect must exceed its noise too.
 */
void ay_drift_limits_together(const struct ay_drift_limits *l, bool label, struct ay_drift_limits *out);

/* Borrowed. Either the two numbers or the two values are set; the batch has the edges or the dictionary of the reference. */
struct ay_drift_column {
	const struct ay_numbers *ref_numbers, *numbers;
	const struct ay_values *ref_values, *values;
	const struct ay_drift_limits *limits;
};

struct ay_drift_test {
	enum ay_stat_why why;
	bool tested;           /* false: there is nothing to test, and nothing to hold against the column */
	double p, adjusted;
};
struct ay_drift_result {
	enum ay_drift_state state;
	enum ay_stat_why why;
	enum ay_drift_effect decided_by;      /* what raised the state: drift, warn, held */
	struct ay_drift_test test, missing;
	double effect[AY_DRIFT_EFFECTS], noise[AY_DRIFT_EFFECTS];
	bool calibrated;       /* noise was raised to the 99th percentile of drawn batches, that of W replaced by it */
	bool known[AY_DRIFT_EFFECTS];         /* else the effect does not apply, or could not be evaluated */
	struct ay_stat_ks ks;                 /* of numbers */
	struct ay_stat_table table;           /* of values */
	struct ay_stat_table missing_table;   /* of numbers: finite, null, NaN, -infinity, +infinity */
	double missing_noise;
	bool in_buckets;       /* values are too many: keyed buckets of them were compared */
	double outside;        /* share of the batch that the reference never had: unseen values, numbers beyond its ends */
	uint64_t ref_rows, rows;
	uint64_t rows_needed;  /* of the batch, for the deciding effect to be told from sampling; UINT64_MAX: the reference is too small */
};

/*
 * results has room for n. 0 < alpha < 1. AY_EUSAGE when a column's two profiles do not belong together or its D or V floor
 * is not above 0, AY_ELIMIT without memory; then nothing is judged. *worst is AY_DRIFT_UNKNOWN for no columns.
 */
AY_MUSTCHECK int ay_drift_judge(struct ay_budget *b, const struct ay_drift_column *columns, size_t n, double alpha,
				struct ay_drift_result *results, enum ay_drift_state *worst);

#endif
