/* SPDX-License-Identifier: Apache-2.0 */
/* The literals are SciPy 1.10's: kstwo.sf, chi2.sf, the exact tail of ks_2samp, smirnov. */
#include "scanners/data/stat_dist.h"

#include <float.h>
#include <math.h>

#include "tests/lib/tap.h"

static struct ay_budget budget;

static bool near(double got, double want, double rel)
{
	if (fabs(got - want) <= rel * fabs(want))
		return true;
	printf("#  got %.17g\n# want %.17g\n", got, want);
	return false;
}

static void kolmogorov(void)
{
	static const struct { uint64_t n; double x, p; } t[] = {
		{1, 0.6, 0.8}, {2, 0.5, 0.5}, {5, 0.11, 0.99999961599999998}, {10, 0.1, 0.99963712000000005},
		{10, 0.274, 0.37152038454349567}, {20, 0.2, 0.35272017362341501}, {50, 0.1, 0.66231127046581861},
		{50, 0.99, 2e-100}, {100, 0.05, 0.95321597106357248}, {100, 0.2, 0.00055519273279887749},
		{140, 0.16, 0.0013440163244194184}, {140, 0.1699, 0.00052972175235913282}, {141, 0.05, 0.85484569300966284},
		{141, 0.12, 0.031600605277584681}, {141, 0.125, 0.022254729898737478}, {1000, 0.006, 0.99999999999990652},
		{1000, 0.02, 0.81089716568955772}, {1000, 0.04, 0.079339560590002245}, {1000, 0.05, 0.013012074781090332},
		{1000, 0.3, 2.5907157057368449e-80}, {5000, 0.01, 0.69545572539138534}, {5000, 0.02, 0.036139413953256372},
		{100000, 0.001, 0.99996384079400358}, {100000, 0.005, 0.013430824977799608}, {1000000, 0.001, 0.26982107442589376},
		{1000000, 0.002, 0.00067002771036707182}, {10000000, 0.0005, 0.013471402707241351}, {10000000, 0.0001, 0.99996509328638328},
	};
	double p;

	for (size_t i = 0; i < AY_ARRAY_LEN(t); i++)
		ok(!ay_stat_kolmogorov_sf(&budget, t[i].n, t[i].x, &p) && near(p, t[i].p, 1e-9), "n %llu, D %g",
		   (unsigned long long)t[i].n, t[i].x);
	ok(!ay_stat_kolmogorov_sf(&budget, 10, 0, &p) && p == 1, "D 0 is certain");
	ok(!ay_stat_kolmogorov_sf(&budget, 10, -1, &p) && p == 1, "as is less");
	ok(!ay_stat_kolmogorov_sf(&budget, 10, 1, &p) && p == 0, "D cannot exceed 1");
	ok(!ay_stat_kolmogorov_sf(&budget, UINT64_MAX, 0.5, &p) && p == 0, "the largest n");
	is_int(ay_stat_kolmogorov_sf(&budget, 0, 0.5, &p), AY_EUSAGE, "no rows");
	is_int(ay_stat_kolmogorov_sf(&budget, 5, NAN, &p), AY_EUSAGE, "no D");
	ok(near(ay_stat_smirnov_sf(10, 0.3), 0.1354635556, 1e-12) && near(ay_stat_smirnov_sf(1000, 0.1), 1.8518435484088554e-09, 1e-10),
	   "one-sided");
	ok(near(ay_stat_smirnov_sf(1000000, 0.002), 0.00033501385518353591, 1e-9) &&
	   near(ay_stat_smirnov_sf(1000001, 0.002), 0.00033501294372892859, 1e-9), "the last exact sum and the first approximation");
	ok(ay_stat_smirnov_sf(5, 0) == 1 && ay_stat_smirnov_sf(5, 1) == 0, "one-sided ends");
	ok(near(ay_stat_kolmogorov_limit_sf(1.36), 0.049485876755377, 1e-12) && near(ay_stat_kolmogorov_limit_sf(1.18 - 1e-12),
	   ay_stat_kolmogorov_limit_sf(1.18), 1e-10) && ay_stat_kolmogorov_limit_sf(0) == 1, "the limit, both series");
	ok(ay_stat_kolmogorov_limit_sf(0.04) == 1 && ay_stat_kolmogorov_limit_sf(0.041) == 1 && ay_stat_kolmogorov_limit_sf(1e-300) == 1 &&
	   ay_stat_kolmogorov_limit_sf(5e-324) == 1, "and where no double holds what is missing to 1");
}

static void two_samples(void)
{
	static const struct { uint64_t n, m, h; double p; } t[] = {
		{1, 1, 1, 1}, {3, 3, 2, 0.6}, {5, 5, 1, 1}, {10, 10, 7, 0.012340600575894691}, {100, 100, 30, 0.00022487393174924791},
		{3, 2, 6, 0.2}, {3, 2, 1, 1}, {7, 5, 20, 0.23737373737373738}, {100, 110, 400, 1.1066031925856541e-06},
		{110, 100, 400, 1.1066031925856541e-06}, {99, 1000, 30000, 7.8886902731271799e-08},
		{1000, 1000, 90, 0.00060290056653244646}, {2000, 3001, 300150, 0.0047208159686886134},
	};
	double p;

	for (size_t i = 0; i < AY_ARRAY_LEN(t); i++)
		ok(!ay_stat_ks2_exact(&budget, t[i].n, t[i].m, t[i].h, &p) && near(p, t[i].p, 1e-13), "%llu against %llu, h %llu",
		   (unsigned long long)t[i].n, (unsigned long long)t[i].m, (unsigned long long)t[i].h);
	ok(!ay_stat_ks2_exact(&budget, 4, 6, 0, &p) && p == 1, "no difference");
	is_int(ay_stat_ks2_exact(&budget, 4, 6, 13, &p), AY_EUSAGE, "more than the whole difference");
	is_int(ay_stat_ks2_exact(&budget, 0, 6, 0, &p), AY_EUSAGE, "an empty sample");
	is_int(ay_stat_ks2_exact(&budget, 1ull << 31, 6, 0, &p), AY_EUSAGE, "too large a sample");
	ok(!ay_stat_ks2_asymptotic(&budget, 1, 1, 0.4, &p) && p == 1, "the smallest asymptotic case");
	is_int(ay_stat_ks2_asymptotic(&budget, 1, 0, 0.4, &p), AY_EUSAGE, "asymptotic, an empty sample");
	ok(!ay_stat_ks2_asymptotic(&budget, UINT64_MAX, UINT64_MAX, 0.4, &p) && p == 0, "the largest samples");

	struct ay_budget none = budget;

	none.alloc_left = 8;
	is_int(ay_stat_ks2_exact(&none, 100, 110, 400, &p), AY_ELIMIT, "no memory for the paths");
	is_int(ay_stat_kolmogorov_sf(&none, 100, 0.05, &p), AY_ELIMIT, "no memory for the matrix");
	is_int(none.alloc_left, 8, "nothing is kept");
}

static void chi_square(void)
{
	static const struct { uint64_t df; double x, p; } t[] = {
		{1, 3.84, 0.050043521248705189}, {1, 1e-10, 0.99999202115439212}, {2, 5, 0.0820849986238988}, {5, 0.1, 0.99983768338807744},
		{9, 27.877, 0.0010000633577572731}, {63, 64, 0.44117997461167985}, {63, 120, 2.0106938816501021e-05},
		{1000, 1100, 0.014614408126295192}, {4095, 4300, 0.012681412075319901}, {10000, 10000, 0.49811936596618267},
		{1000000, 1003000, 0.017016772933266328}, {1, 700, 2.990226975124623e-154}, {100, 1000, 2.3060767380354624e-148},
	};
	double p, x;

	for (size_t i = 0; i < AY_ARRAY_LEN(t); i++) {
		ok(!ay_stat_chi2_sf(t[i].df, t[i].x, &p) && near(p, t[i].p, 1e-10), "df %llu, %g", (unsigned long long)t[i].df, t[i].x);
		ok(!ay_stat_chi2_isf(t[i].df, t[i].p, &x) && near(x, t[i].x, t[i].p > 0.99 ? 1e-5 : 1e-9), "and back");
	}
	ok(!ay_stat_chi2_sf(3, 0, &p) && p == 1 && !ay_stat_chi2_sf(3, -1, &p) && p == 1, "nothing is more likely than 0");
	ok(!ay_stat_chi2_sf(3, INFINITY, &p) && p == 0 && !ay_stat_chi2_sf(3, DBL_MAX, &p) && p == 0, "nor less than infinity");
	ok(!ay_stat_chi2_sf(AY_STAT_DF_MAX, 1e8, &p) && near(p, 0.5, 1e-4), "the most degrees of freedom");
	is_int(ay_stat_chi2_sf(AY_STAT_DF_MAX + 1, 1, &p), AY_EUSAGE, "one more");
	is_int(ay_stat_chi2_sf(0, 1, &p), AY_EUSAGE, "none");
	is_int(ay_stat_chi2_sf(1, NAN, &p), AY_EUSAGE, "no statistic");
	is_int(ay_stat_chi2_isf(1, 0, &x), AY_EUSAGE, "the quantile of 0");
	is_int(ay_stat_chi2_isf(1, 1, &x), AY_EUSAGE, "the quantile of 1");
	ok(near(ay_stat_normal_sf(1.959963984540054), 0.025, 1e-14) && near(ay_stat_normal_sf(10), 7.6198530241604696e-24, 1e-13) &&
	   ay_stat_normal_sf(0) == 0.5, "normal");
}

int main(void)
{
	ay_budget_init(&budget, 1 << 20);
	kolmogorov();
	two_samples();
	chi_square();
	return done_testing();
}
