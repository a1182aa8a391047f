/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tails of the distributions that the data gate's tests need. Pure functions of their arguments; every result is a
 * probability in [0, 1] and never NaN. Sources: data gate's formulas for two-sample tests, and where named the papers.
 */
#ifndef ASSAY_SCANNERS_STAT_DIST_H
#define ASSAY_SCANNERS_STAT_DIST_H

#include "assay/scan.h"

/* Degrees of freedom up to which the chi-square tail is evaluated: the work grows with their square root. */
#define AY_STAT_DF_MAX 100000000ull
/* Both samples up to this size: the two-sample tail is counted exactly, as SciPy's ks_2samp does by default. */
#define AY_STAT_EXACT_ROWS 10000

/* ln Gamma(a + 1) less Stirling's formula (a + 1/2) ln a - a + ln(2 pi)/2; a > 0. Loader 2000. */
double ay_stat_stirling_error(double a);

/* P(Z >= z) of the standard normal; 0 where z is none, so that what cannot be compared is not taken for usual. */
double ay_stat_normal_sf(double z);

/*
 * P(X >= x) of chi-square = Q(df/2, x/2): the series of P below a + 1, Lentz's continued fraction of Q above. AY_EUSAGE
 * for df 0, beyond AY_STAT_DF_MAX, or an x that is NaN. Negative x gives 1.
 */
AY_MUSTCHECK int ay_stat_chi2_sf(uint64_t df, double x, double *p);
/* The x with P(X >= x) = p, 0 < p < 1, by bisection to the last digits. */
AY_MUSTCHECK int ay_stat_chi2_isf(uint64_t df, double p, double *x);

/* P(sup |B(t)| >= x) of the Brownian bridge: the limit of sqrt(n) D_n. */
double ay_stat_kolmogorov_limit_sf(double x);
/* P(D+_n >= x), one-sided, exactly (Birnbaum-Tingey 1951) up to n of a million, then Maag-Dicaire 1971; n > 0. */
double ay_stat_smirnov_sf(uint64_t n, double x);
/*
 * P(D_n >= x), two-sided, one sample of n > 0: what SciPy calls kstwo.sf. The regions are those of Simard and L'Ecuyer
 * 2011: Ruben-Gambino at the ends, the matrix of Durbin as Marsaglia, Tsang and Wang 2003 scale it, Pelz-Good 1976 for
 * large n, and twice the one-sided tail where it is small. AY_ELIMIT when the budget is exhausted.
 */
AY_MUSTCHECK int ay_stat_kolmogorov_sf(struct ay_budget *b, uint64_t n, double x, double *p);

/*
 * P(D_{n,m} >= h/lcm(n, m)) of two samples without ties, by counting lattice paths: the product of Gnedenko and Korolyuk
 * for n = m, Hodges 1958 as Viehmann 2021 (arXiv 2102.08037) makes it stable otherwise. Work n * m. n, m > 0 and at most
 * INT32_MAX, lcm below 2^63, else AY_EUSAGE.
 */
AY_MUSTCHECK int ay_stat_ks2_exact(struct ay_budget *b, uint64_t n, uint64_t m, uint64_t h, double *p);
/* The same by the one-sample tail at round(n m / (n + m)), which SciPy calls asymp. */
AY_MUSTCHECK int ay_stat_ks2_asymptotic(struct ay_budget *b, uint64_t n, uint64_t m, double d, double *p);

/*
 * P(X >= k) of the hypergeometric: drawn balls of all, of which good are good, without replacement; k of them good. The weights are
 * Loader's saddle points. k beyond what can be drawn gives 0. AY_EUSAGE when good or drawn exceed all, or all is 2^50 or more.
 */
AY_MUSTCHECK int ay_stat_hypergeometric_sf(uint64_t all, uint64_t good, uint64_t drawn, uint64_t k, double *p);

#endif
