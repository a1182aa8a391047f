/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two-sample tests, effect sizes and distances between a trusted reference and what is new. Every result says in its
 * member why whether it could be evaluated: what could not be is never a number that looks like agreement, and no
 * result is NaN. The reference is always the first sample.
 */
#ifndef ASSAY_SCANNERS_STAT_TEST_H
#define ASSAY_SCANNERS_STAT_TEST_H

#include "scanners/data/stat_dist.h"

enum ay_stat_why {
	AY_STAT_OK,
	AY_STAT_NO_ROWS,       /* a side is empty, or a series is too short */
	AY_STAT_NO_SCALE,      /* the reference does not vary: nothing to measure a distance in */
	AY_STAT_UNORDERED,     /* NaN, or not sorted */
	AY_STAT_OVERFLOW,      /* infinite or too large values, or more counts than 64 bits hold */
	AY_STAT_LIMIT          /* memory or time of the scan is exhausted, or the question is too large */
};
/* "too few rows" ... A phrase, static. */
const char *ay_stat_why_text(enum ay_stat_why why);

/* ---- order: Kolmogorov-Smirnov ---- */

enum ay_stat_mode {
	AY_STAT_AUTO,          /* exact up to AY_STAT_EXACT_ROWS on both sides */
	AY_STAT_EXACT,         /* exact unless the least common multiple of the sizes is 2^31 or more, as SciPy */
	AY_STAT_ASYMPTOTIC
};
struct ay_stat_ks {
	enum ay_stat_why why;
	bool exact;            /* how p was found */
	double d;              /* sup |F - G|; from bins: at the edges only, a lower bound of it */
	double d_most;         /* upper bound of it: equal to d unless from bins */
	double p;              /* two-sided, of d; with ties it is an upper bound */
	size_t at;             /* from bins: the bin at whose upper edge it is */
	double value;          /* from samples: the value at which it is */
};
/* D = h/lcm(n, m) with h counted in whole numbers; ties move both samples. Infinities are values, NaN is not. */
void ay_stat_ks_sorted(struct ay_budget *b, const double *ref, size_t n, const double *batch, size_t m, enum ay_stat_mode mode,
		       struct ay_stat_ks *out);
/*
 * From counts in the bins between edges that the reference alone set; bin i holds what is greater than edge i - 1 and not
 * greater than edge i. D at the edges is exact there, so p is never too small; the whole D lies in [d, d_most].
 */
void ay_stat_ks_binned(struct ay_budget *b, const uint64_t *ref, const uint64_t *batch, size_t bins, enum ay_stat_mode mode,
		       struct ay_stat_ks *out);
/* D that sampling alone exceeds with probability about alpha: sqrt(-ln(alpha/2)/2) sqrt((n + m)/(n m)); 1 without rows. */
double ay_stat_ks_noise(double alpha, uint64_t n, uint64_t m);

/* ---- categories ---- */

struct ay_stat_table {
	enum ay_stat_why why;
	uint64_t df;           /* categories that occur, less one; 0: both sides hold one and the same category, p is 1 */
	double chi2, p;        /* sum (O - E)^2/E over 2 x K, with Yates' correction at df 1 as SciPy */
	double g, g_p;         /* 2 sum O ln(O/E), likewise */
	double v;              /* Cramer's V = sqrt(X2/N), X2 without Yates */
	double v_corrected;    /* sqrt(max(0, X2/N - df/(N - 1))), Bergsma 2013 */
	double v_even;         /* see below */
	double least_expected;
};
/*
 * Test of homogeneity over the union of categories: those that only one side has count like all others. K categories;
 * the two arrays run in parallel.
 *
 * v_even is the bias-corrected V that the same shares give in two samples of equal size:
 * sqrt(max(0, sum (p - q)^2/(p + q)/2 - df (1/n + 1/m)/4)). V itself shrinks with the ratio of the sizes: a thousand rows
 * that share nothing with a reference of a million have V = 0.03, below every floor. For equal sizes the two agree.
 */
void ay_stat_homogeneity(const uint64_t *ref, const uint64_t *batch, size_t k, struct ay_stat_table *out);
/* v_even that sampling alone exceeds with probability about alpha: sqrt(max(0, chi2_{1-alpha, df} - df) (1/n + 1/m)/4). */
double ay_stat_v_noise(double alpha, uint64_t df, uint64_t n, uint64_t m);
/*
 * Cochran's rule for such a test: the rarest categories are summed into the last used place until at most a fifth of the
 * others expects less than 5 rows and none, nor the sum, less than 1. Changes the arrays and *k. Unseen categories are to be judged before:
 * they vanish here. AY_ELIMIT when the budget is exhausted.
 */
AY_MUSTCHECK int ay_stat_merge_sparse(struct ay_budget *b, uint64_t *ref, uint64_t *batch, size_t *k);

struct ay_stat_distance {
	enum ay_stat_why why;
	double psi;            /* sum (p - q) ln(p/q), shares below 1e-4 count as 1e-4 */
	double js;             /* Jensen-Shannon divergence in bits, at most 1 */
	double js_distance;    /* its square root: SciPy's jensenshannon(base=2) */
	double hellinger;      /* sqrt(1 - sum sqrt(p q)) */
	double variation;      /* sum |p - q|/2 */
	double largest;        /* max |p - q| */
};
void ay_stat_distances(const uint64_t *ref, const uint64_t *batch, size_t k, struct ay_stat_distance *out);
/* PSI over k bins that sampling alone exceeds with probability about alpha: chi2_{1-alpha, k-1} (1/n + 1/m). */
double ay_stat_psi_noise(double alpha, size_t k, uint64_t n, uint64_t m);

/* ---- distance along the axis ---- */

struct ay_stat_shift {
	enum ay_stat_why why;
	double w;              /* W1 = integral |F - G| dx, divided by scale */
	double ref_outside, batch_outside;   /* shares that were drawn to the ends */
};
/*
 * Wasserstein-1 of sorted samples with values drawn into [lo, hi], in units of scale, so that no single value rules.
 * lo = -inf, hi = +inf, scale = 1 is SciPy's wasserstein_distance; then infinite values are AY_STAT_OVERFLOW.
 */
void ay_stat_wasserstein(const double *ref, size_t n, const double *batch, size_t m, double lo, double hi, double scale,
			 struct ay_stat_shift *out);
/* The same of counts and means in bins: ref_mean[i] and batch_mean[i] lie in bin i; those of empty bins are not read. */
void ay_stat_wasserstein_binned(const uint64_t *ref, const double *ref_mean, const uint64_t *batch, const double *batch_mean,
				size_t bins, double scale, struct ay_stat_shift *out);
/* Value at share q of a sorted sample, linear between neighbours as numpy's default; n > 0, 0 <= q <= 1. */
double ay_stat_quantile(const double *sorted, size_t n, double q);
/*
 * Scale of a sorted sample that no rare value moves: the largest of IQR/1.349, 1.4826 times the median absolute
 * deviation, and the standard deviation of the values drawn into the quantiles 0.0005 and 0.9995.
 */
enum ay_stat_why ay_stat_robust_scale(const double *sorted, size_t n, double *scale);

/* ---- many tests ---- */

/* Holm 1979: adjusted so that the chance of any false alarm among all is p. adjusted may be p. */
AY_MUSTCHECK int ay_stat_holm(struct ay_budget *b, const double *p, size_t n, double *adjusted);

#endif
