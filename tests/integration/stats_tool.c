/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluates statistics for comparison with another program: each line of stdin is a question, each line of stdout its
 * numbers, or "- REASON" when there are none. Samples need not be sorted.
 *   ks auto|exact|asymp N A... M B...        D p
 *   binned N A... M B...                     D D_MOST p, of counts
 *   table K A... B...                        X2 df p G p V
 *   distance K A... B...                     PSI JS_DISTANCE HELLINGER VARIATION
 *   w1 N A... M B...                         W1
 *   chi2 DF X | kstwo N D | holm N P... | scale N V...
 */
#include <inttypes.h>
#include <stdlib.h>

#include "scanners/data/stat_test.h"

#define MOST 4000000      /* numbers of a line's sample */

static struct ay_budget budget;

static double number(void)
{
	char word[64];

	if (scanf("%63s", word) != 1)
		exit(99);
	return strtod(word, NULL);
}

static size_t sample(double **out, bool sorted_size_given, size_t n)
{
	if (!sorted_size_given)
		n = (size_t)number();
	if (n > MOST)
		exit(99);
	*out = calloc(n + 1, sizeof(**out));
	if (!*out)
		exit(99);
	for (size_t i = 0; i < n; i++)
		(*out)[i] = number();
	return n;
}

static uint64_t *counts_of(const double *v, size_t n)
{
	uint64_t *out = calloc(n + 1, sizeof(*out));

	if (!out)
		exit(99);
	for (size_t i = 0; i < n; i++)
		out[i] = (uint64_t)v[i];
	return out;
}

static int by_value(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

static void order(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
}

static bool told(enum ay_stat_why why)
{
	if (why)
		printf("- %s\n", ay_stat_why_text(why));
	return why;
}

static void two_samples(const char *what)
{
	enum ay_stat_mode mode = AY_STAT_AUTO;
	struct ay_stat_ks ks;
	struct ay_stat_shift w;
	char word[16] = "";
	double *a, *b;

	if (strcmp(what, "ks") == 0 && scanf("%15s", word) != 1)
		exit(99);
	mode = strcmp(word, "exact") == 0 ? AY_STAT_EXACT : strcmp(word, "asymp") == 0 ? AY_STAT_ASYMPTOTIC : AY_STAT_AUTO;
	size_t n = sample(&a, false, 0), m = sample(&b, false, 0);

	order(a, n);
	order(b, m);
	if (strcmp(what, "ks") == 0) {
		ay_stat_ks_sorted(&budget, a, n, b, m, mode, &ks);
		if (!told(ks.why))
			printf("%.17g %.17g\n", ks.d, ks.p);
	} else {
		ay_stat_wasserstein(a, n, b, m, -1.0 / 0.0, 1.0 / 0.0, 1, &w);
		if (!told(w.why))
			printf("%.17g\n", w.w);
	}
	free(a);
	free(b);
}

static void two_tables(const char *what)
{
	struct ay_stat_ks ks;
	struct ay_stat_table t;
	struct ay_stat_distance d;
	double *av, *bv;
	size_t k = sample(&av, false, 0);

	k = sample(&bv, strcmp(what, "binned") != 0, k);
	uint64_t *a = counts_of(av, k), *b = counts_of(bv, k);

	if (strcmp(what, "binned") == 0) {
		ay_stat_ks_binned(&budget, a, b, k, AY_STAT_AUTO, &ks);
		if (!told(ks.why))
			printf("%.17g %.17g %.17g\n", ks.d, ks.d_most, ks.p);
	} else if (strcmp(what, "table") == 0) {
		ay_stat_homogeneity(a, b, k, &t);
		if (!told(t.why))
			printf("%.17g %" PRIu64 " %.17g %.17g %.17g %.17g\n", t.chi2, t.df, t.p, t.g, t.g_p, t.v);
	} else {
		ay_stat_distances(a, b, k, &d);
		if (!told(d.why))
			printf("%.17g %.17g %.17g %.17g\n", d.psi, d.js_distance, d.hellinger, d.variation);
	}
	free(a);
	free(b);
	free(av);
	free(bv);
}

static void one_sample(const char *what)
{
	double *v, x;
	size_t n = sample(&v, false, 0);

	if (strcmp(what, "scale") == 0) {
		order(v, n);
		if (!told(ay_stat_robust_scale(v, n, &x)))
			printf("%.17g\n", x);
	} else {
		if (ay_stat_holm(&budget, v, n, v))
			exit(99);
		for (size_t i = 0; i < n; i++)
			printf("%s%.17g", i ? " " : "", v[i]);
		printf("\n");
	}
	free(v);
}

static void tail(const char *what)
{
	uint64_t n = (uint64_t)number();
	double x = number(), p;

	if (strcmp(what, "chi2") == 0 ? ay_stat_chi2_sf(n, x, &p) : ay_stat_kolmogorov_sf(&budget, n, x, &p))
		printf("- cannot\n");
	else
		printf("%.17g\n", p);
}

int main(void)
{
	char what[16];

	while (scanf("%15s", what) == 1) {
		ay_budget_init(&budget, 1ull << 40);
		if (strcmp(what, "ks") == 0 || strcmp(what, "w1") == 0)
			two_samples(what);
		else if (strcmp(what, "table") == 0 || strcmp(what, "distance") == 0 || strcmp(what, "binned") == 0)
			two_tables(what);
		else if (strcmp(what, "chi2") == 0 || strcmp(what, "kstwo") == 0)
			tail(what);
		else
			one_sample(what);
	}
	return 0;
}
