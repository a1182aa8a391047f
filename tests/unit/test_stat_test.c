/* SPDX-License-Identifier: Apache-2.0 */
/* Edges of the tests and distances; their values are compared with SciPy by tests/integration/stats_scipy.sh. */
#include "scanners/data/stat_test.h"

#include <math.h>

#include "tests/lib/tap.h"

static struct ay_budget budget;

static bool near(double got, double want, double abs)
{
	if (fabs(got - want) <= abs)
		return true;
	printf("#  got %.17g\n# want %.17g\n", got, want);
	return false;
}

static void order(void)
{
	static const double a[] = {1, 2, 2, 3}, b[] = {2, 3, 3, 3, 4}, same[] = {5, 5, 5}, down[] = {2, 1}, nan[] = {1, NAN}, first_nan[] = {NAN, 1},
		inf[] = {-INFINITY, 0, INFINITY};
	static const uint64_t ra[] = {10, 10, 10}, rb[] = {0, 5, 25}, none[] = {0, 0, 0}, huge[] = {INT64_MAX, 1, 0};
	struct ay_stat_ks k;

	ay_stat_ks_sorted(&budget, a, 4, b, 5, AY_STAT_AUTO, &k);
	ok(!k.why && k.exact && k.d == 11.0 / 20 && k.value == 2 && k.d_most == k.d, "D of 4 against 5 is 11/20 at 2");
	ay_stat_ks_sorted(&budget, same, 3, same, 3, AY_STAT_AUTO, &k);
	ok(!k.why && k.d == 0 && k.p == 1, "constants that agree");
	ay_stat_ks_sorted(&budget, same, 3, b, 5, AY_STAT_AUTO, &k);
	ok(!k.why && k.d == 1, "constants that do not");
	ay_stat_ks_sorted(&budget, inf, 3, inf, 3, AY_STAT_AUTO, &k);
	ok(!k.why && k.d == 0, "infinities are values");
	ay_stat_ks_sorted(&budget, inf, 3, a, 4, AY_STAT_ASYMPTOTIC, &k);
	ok(!k.why && !k.exact && near(k.d, 2.0 / 3, 1e-15), "as ends");
	ay_stat_ks_sorted(&budget, a, 0, b, 5, AY_STAT_AUTO, &k);
	ok(k.why == AY_STAT_NO_ROWS && k.p == 1, "an empty reference");
	ay_stat_ks_sorted(&budget, a, 4, b, 0, AY_STAT_AUTO, &k);
	ok(k.why == AY_STAT_NO_ROWS, "an empty batch");
	const struct { const double *v; size_t n; const char *name; } bad[] = {{down, 2, "not sorted"}, {nan, 2, "NaN"}, {first_nan, 2, "NaN first"}};

	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++) {
		ay_stat_ks_sorted(&budget, bad[i].v, bad[i].n, a, 4, AY_STAT_AUTO, &k);
		is_int(k.why, AY_STAT_UNORDERED, "%s in the reference", bad[i].name);
		ay_stat_ks_sorted(&budget, a, 4, bad[i].v, bad[i].n, AY_STAT_AUTO, &k);
		is_int(k.why, AY_STAT_UNORDERED, "%s in the batch", bad[i].name);
	}
	ay_stat_ks_binned(&budget, ra, rb, 3, AY_STAT_AUTO, &k);
	ok(!k.why && near(k.d, 0.5, 1e-15) && k.at == 1 && near(k.d_most, 5.0 / 6, 1e-15), "counts: D at an edge, and what it may be between");
	ay_stat_ks_binned(&budget, ra, none, 3, AY_STAT_AUTO, &k);
	is_int(k.why, AY_STAT_NO_ROWS, "counts of no rows");
	ay_stat_ks_binned(&budget, ra, huge, 3, AY_STAT_AUTO, &k);
	is_int(k.why, AY_STAT_OVERFLOW, "more rows than can be added up");
	uint64_t most[] = {INT64_MAX - 1, 1}, other[] = {1, INT64_MAX - 2};

	ay_stat_ks_binned(&budget, most, other, 2, AY_STAT_AUTO, &k);
	ok(!k.why && k.d == 1 && k.p == 0, "the most rows");
	struct ay_budget none_left = budget;

	none_left.alloc_left = 0;
	ay_stat_ks_sorted(&none_left, a, 4, b, 5, AY_STAT_AUTO, &k);
	ok(k.why == AY_STAT_LIMIT && k.p == 1, "no memory is said");
	ok(near(ay_stat_ks_noise(0.001, 1000, 1000), 1.9495 * sqrt(0.002), 1e-4) && ay_stat_ks_noise(0.001, 0, 5) == 1 &&
	   ay_stat_ks_noise(0.001, 1, 1) == 1, "noise of D");
}

static void categories(void)
{
	static const uint64_t a[] = {500, 300, 200, 0}, b[] = {50, 30, 10, 10}, one[] = {7, 0, 0, 0}, two[] = {0, 9, 0, 0}, big[] = {1000000, 0},
		small[] = {0, 1000}, none[4] = {0}, huge[] = {UINT64_MAX, 1, 0, 0};
	struct ay_stat_table t;
	struct ay_stat_distance d;

	ay_stat_homogeneity(a, b, 4, &t);
	ok(!t.why && t.df == 3 && t.p < 1e-20, "a category that only the batch has is counted");
	ay_stat_homogeneity(one, one, 4, &t);
	ok(!t.why && t.df == 0 && t.p == 1 && t.v == 0 && t.v_even == 0, "one and the same category");
	ay_stat_homogeneity(one, two, 4, &t);
	ok(!t.why && t.df == 1 && near(t.v, 1, 1e-12), "nothing in common");
	ay_stat_homogeneity(big, small, 2, &t);
	ok(!t.why && near(t.v, 1, 1e-9) && near(t.v_even, 1, 1e-3), "nothing in common, of unequal size");
	uint64_t ref[] = {990000, 10000, 0}, batch[] = {500, 10, 490};

	ay_stat_homogeneity(ref, batch, 3, &t);
	ok(t.v > 0.6 && t.v_even > 0.5, "half of the batch is new");
	uint64_t flat[] = {500000, 500000}, tilted[] = {900, 100};

	ay_stat_homogeneity(flat, tilted, 2, &t);
	ok(t.v < 0.03 && near(t.v_even, sqrt(0.5 * (0.16 / 1.4 + 0.16 / 0.6)), 1e-2), "V shrinks with the sizes, v_even does not: %.4f %.4f", t.v, t.v_even);
	ay_stat_homogeneity(a, none, 4, &t);
	ok(t.why == AY_STAT_NO_ROWS && t.p == 1, "no rows");
	ay_stat_homogeneity(a, huge, 4, &t);
	is_int(t.why, AY_STAT_OVERFLOW, "too many rows");
	ay_stat_homogeneity(a, b, 0, &t);
	is_int(t.why, AY_STAT_NO_ROWS, "no categories");
	ok(ay_stat_v_noise(0.001, 3, 0, 9) == 1 && ay_stat_v_noise(0.001, 3, 10000, 1000) < 0.07 &&
	   ay_stat_v_noise(0.001, 0, 10000, 1000) == ay_stat_v_noise(0.001, 1, 10000, 1000), "noise of V");
	ay_stat_distances(a, a, 4, &d);
	ok(!d.why && d.psi == 0 && d.js == 0 && d.hellinger < 1e-7 && d.variation == 0 && d.largest == 0, "no distance");
	ay_stat_distances(one, two, 4, &d);
	ok(!d.why && d.js == 1 && d.js_distance == 1 && d.hellinger == 1 && d.variation == 1 && isfinite(d.psi), "the greatest distance");
	ay_stat_distances(a, none, 4, &d);
	is_int(d.why, AY_STAT_NO_ROWS, "no rows, no distance");
	ok(near(ay_stat_psi_noise(0.05, 10, 5000, 200), 0.0880, 1e-3) && ay_stat_psi_noise(0.05, 1, 5, 5) == HUGE_VAL, "noise of PSI");
}

static void sparse(void)
{
	uint64_t a[] = {1000, 1, 500, 1, 0, 2}, b[] = {1000, 1, 500, 0, 1, 2}, c[] = {100, 100}, d[] = {100, 90}, e[] = {1, 1, 1}, f[] = {1, 0, 1};
	size_t k = 6;

	ok(!ay_stat_merge_sparse(&budget, a, b, &k) && k == 3, "four rare ones become one");
	ok(a[0] == 1000 && a[1] == 500 && a[2] == 4 && b[0] == 1000 && b[1] == 500 && b[2] == 4, "and none is lost");
	k = 2;
	ok(!ay_stat_merge_sparse(&budget, c, d, &k) && k == 2 && c[0] == 100 && d[1] == 90, "enough of each: nothing changes");
	k = 3;
	ok(!ay_stat_merge_sparse(&budget, e, f, &k) && k == 1 && e[0] == 3 && f[0] == 2, "all are rare");
	k = 0;
	ok(!ay_stat_merge_sparse(&budget, e, f, &k) && k == 0, "nothing to merge");
	struct ay_budget none_left = budget;

	none_left.alloc_left = 0;
	k = 2;
	is_int(ay_stat_merge_sparse(&none_left, c, d, &k), AY_ELIMIT, "no memory");
}

static void shifts(void)
{
	static const double a[] = {0, 1, 2, 3}, b[] = {1, 2, 3, 1e9}, same[] = {5, 5}, inf[] = {0, INFINITY}, nan[] = {0, NAN}, wide[] = {-1e308, 1e308};
	static const uint64_t ra[] = {2, 2}, rb[] = {0, 4}, none[] = {0, 0};
	static const double ma[] = {0.5, 2.5}, mb[] = {99, 3.5};
	struct ay_stat_shift w;
	double scale;

	ay_stat_wasserstein(a, 4, b, 4, 0, 4, 1, &w);
	ok(!w.why && near(w.w, 1, 1e-12) && w.batch_outside == 0.25 && w.ref_outside == 0, "one huge value is drawn in, and its share told");
	ay_stat_wasserstein(a, 4, b, 4, -INFINITY, INFINITY, 1, &w);
	ok(!w.why && w.w > 1e8, "without ends it rules");
	ay_stat_wasserstein(a, 4, inf, 2, -INFINITY, INFINITY, 1, &w);
	is_int(w.why, AY_STAT_OVERFLOW, "infinity without ends");
	ay_stat_wasserstein(inf, 2, inf, 2, -INFINITY, INFINITY, 1, &w);
	is_int(w.why, AY_STAT_OVERFLOW, "infinity on both sides");
	ay_stat_wasserstein(a, 4, inf, 2, 0, 4, 1, &w);
	ok(!w.why && isfinite(w.w), "infinity with ends");
	ay_stat_wasserstein(a, 4, nan, 2, 0, 4, 1, &w);
	is_int(w.why, AY_STAT_UNORDERED, "NaN");
	ay_stat_wasserstein(wide, 2, same, 2, -INFINITY, INFINITY, 1e-10, &w);
	is_int(w.why, AY_STAT_OVERFLOW, "a distance beyond double");
	ay_stat_wasserstein(a, 4, b, 4, 0, 4, 0, &w);
	is_int(w.why, AY_STAT_NO_SCALE, "no scale");
	ay_stat_wasserstein(a, 0, b, 4, 0, 4, 1, &w);
	is_int(w.why, AY_STAT_NO_ROWS, "no rows");
	ay_stat_wasserstein_binned(ra, ma, rb, mb, 2, 1, &w);
	ok(!w.why && near(w.w, 2, 1e-12), "from bins: half of the rows moved by 3, half by 1");
	ay_stat_wasserstein_binned(ra, ma, none, mb, 2, 1, &w);
	is_int(w.why, AY_STAT_NO_ROWS, "from bins without rows");
	is_int(ay_stat_robust_scale(same, 2, &scale), AY_STAT_NO_SCALE, "a constant has no scale");
	is_int(ay_stat_robust_scale(same, 0, &scale), AY_STAT_NO_ROWS, "nothing has none");
	is_int(ay_stat_robust_scale(nan, 2, &scale), AY_STAT_UNORDERED, "NaN has none");
	is_int(ay_stat_robust_scale(wide, 2, &scale), AY_STAT_OVERFLOW, "nor has what squares beyond double");
	ok(ay_stat_quantile(a, 4, 0) == 0 && ay_stat_quantile(a, 4, 1) == 3 && ay_stat_quantile(a, 4, 0.5) == 1.5 && ay_stat_quantile(a, 1, 0.7) == 0,
	   "quantiles");
}

static void many(void)
{
	double p[] = {0.01, 0.04, 0.03, 0.005}, q[4];

	ok(!ay_stat_holm(&budget, p, 4, q) && near(q[0], 0.03, 1e-15) && near(q[1], 0.06, 1e-15) && near(q[2], 0.06, 1e-15) && near(q[3], 0.02, 1e-15),
	   "Holm");
	ok(!ay_stat_holm(&budget, p, 0, p), "no tests");
	ok(!ay_stat_holm(&budget, p, 4, p) && near(p[3], 0.02, 1e-15), "in place");
	is_int(ay_stat_holm(&budget, p, SIZE_MAX / 8, q), AY_ELIMIT, "too many tests");
}

int main(void)
{
	ay_budget_init(&budget, 1 << 20);
	order();
	categories();
	sparse();
	shifts();
	many();
	for (int why = AY_STAT_OK; why <= AY_STAT_LIMIT; why++)
		ok(ay_stat_why_text(why)[0], "%s", ay_stat_why_text(why));
	return done_testing();
}
