/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests and distances of whatever numbers: the first byte says of which kind, the rest is counts or doubles of eight bytes. Every
 * chance is one, none grows with what it is a tail of, and what could not be evaluated says so.
 */
#include <math.h>

#include "assay/cursor.h"
#include "scanners/data/stat_dist.h"
#include "scanners/data/stat_test.h"
#include "tests/fuzz/fuzz_scan.h"

#define VALUES 64
#define MANY (1ull << 53)

struct values { double d[VALUES]; uint64_t u[VALUES]; size_t n; };

static void chance(double p, const char *what)
{
	if (!(p >= 0 && p <= 1))
		ay_bug("%s: a chance of %g", what, p);
}

static void number(double v, const char *what)
{
	if (isnan(v))
		ay_bug("%s is no number", what);
}

/* A tail that grew by more than rounding does. */
static void falls(double before, double after, const char *what)
{
	if (after > before * (1 + 1e-6) + 1e-9)
		ay_bug("%s: a tail of %.17g grows to %.17g", what, before, after);
}

/* ---- tails ---- */

/* Near, and as far as a double goes. */
static void step_up(double x, double out[3])
{
	out[0] = x;
	out[1] = nextafter(x, INFINITY);
	out[2] = x + fabs(x) / 16 + 0.01;
}

static void tails_of_one(const struct values *v, size_t i, struct ay_budget *b)
{
	double x[3], p[3], q;
	uint64_t df = v->u[i] % 4 ? v->u[i] % 1000 + 1 : v->u[i], n = v->u[i] % 2000 + 1;

	step_up(v->d[i], x);
	for (int k = 0; k < 3; k++) {
		chance(p[k] = ay_stat_normal_sf(x[k]), "normal");
		falls(p[k ? k - 1 : 0], p[k], "normal");
	}
	for (int k = 0; k < 3; k++) {
		chance(p[k] = ay_stat_kolmogorov_limit_sf(x[k]), "limit");
		falls(p[k ? k - 1 : 0], p[k], "limit");
	}
	for (int k = 0; k < 3; k++) {
		chance(p[k] = ay_stat_smirnov_sf(n, x[k]), "smirnov");
		falls(p[k ? k - 1 : 0], p[k], "smirnov");
	}
	for (int k = 0; k < 3 && ay_stat_kolmogorov_sf(b, n, x[k], &p[k]) == 0; k++) {
		chance(p[k], "kolmogorov");
		falls(p[k ? k - 1 : 0], p[k], "kolmogorov");
	}
	for (int k = 0; k < 3 && ay_stat_chi2_sf(df, x[k], &p[k]) == 0; k++) {
		chance(p[k], "chi-square");
		falls(p[k ? k - 1 : 0], p[k], "chi-square");
	}
	if (ay_stat_chi2_isf(df % 100000 + 1, v->d[i], &q) == 0)
		number(q, "a quantile");
}

static void tails(const struct values *v, struct ay_budget *b)
{
	for (size_t i = 0; i < v->n; i++)
		tails_of_one(v, i, b);
}

/* ---- two samples ---- */

static void paths(const struct values *v, struct ay_budget *b)
{
	for (size_t i = 0; i + 2 < v->n; i += 3) {
		bool small = v->u[i] % 8;
		uint64_t n = small ? v->u[i] % 300 : v->u[i], m = small ? v->u[i + 1] % 300 : v->u[i + 1], h = v->u[i + 2];
		double p[3] = {1, 1, 1};

		if (!small)
			h %= 1000;
		for (unsigned k = 0; k < 3 && small && ay_stat_ks2_exact(b, n, m, h % (n * m + 2) + k, &p[k]) == 0; k++) {
			chance(p[k], "paths");
			falls(p[k ? k - 1 : 0], p[k], "paths");
		}
		for (unsigned k = 0; k < 3 && n && m && ay_stat_ks2_asymptotic(b, n, m, v->d[i] + 0.01 * k, &p[k]) == 0; k++) {
			chance(p[k], "asymptotic");
			falls(p[k ? k - 1 : 0], p[k], "asymptotic");
		}
		for (unsigned k = 0; k < 3 && ay_stat_hypergeometric_sf(n, m, h, v->u[i] % 64 + k, &p[k]) == 0; k++) {
			chance(p[k], "hypergeometric");
			falls(p[k ? k - 1 : 0], p[k], "hypergeometric");
		}
		number(ay_stat_ks_noise(0.001, n, m), "noise of D");
		number(ay_stat_v_noise(0.001, h % 5000, n, m), "noise of V");
		number(ay_stat_psi_noise(0.001, (size_t)(h % 5000), n, m), "noise of PSI");
	}
}

static void counts(const struct values *v, struct ay_budget *b)
{
	uint64_t ref[VALUES], batch[VALUES];
	double mean[VALUES];
	size_t k = v->n / 2;
	struct ay_stat_distance d;
	struct ay_stat_shift w;
	struct ay_stat_table t;
	struct ay_stat_ks ks;

	memcpy(ref, v->u, k * sizeof(*ref));                /* own: k is half of VALUES at most */
	memcpy(batch, v->u + k, k * sizeof(*batch));        /* own: the other half */
	for (size_t i = 0; i < k; i++)
		mean[i] = (double)i + 0.25;
	ay_stat_ks_binned(b, ref, batch, k, AY_STAT_AUTO, &ks);
	if (!ks.why) {
		chance(ks.p, "bins");
		chance(ks.d, "D");
		chance(ks.d_most, "the greatest D");
	}
	ay_stat_distances(ref, batch, k, &d);
	if (!d.why) {
		number(d.psi, "PSI");
		chance(d.js, "JS");
		chance(d.hellinger, "Hellinger");
		chance(d.variation, "variation");
		chance(d.largest, "the largest");
	}
	ay_stat_wasserstein_binned(ref, mean, batch, mean, k, 1.5, &w);
	if (!w.why && !(w.w >= 0))
		ay_bug("a distance of %g", w.w);
	if (ay_stat_merge_sparse(b, ref, batch, &k))
		return;
	ay_stat_homogeneity(ref, batch, k, &t);
	if (t.why)
		return;
	chance(t.p, "chi-square");
	chance(t.g_p, "G");
	chance(t.v, "V");
	number(t.v_corrected, "V corrected");
	number(t.v_even, "V at equal sizes");
	if (t.least_expected < 0)
		ay_bug("fewer than none are expected");
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void samples(const struct values *v, struct ay_budget *b)
{
	size_t half = v->n / 2, other = v->n - half;
	double ref[VALUES], batch[VALUES], scale;
	struct ay_stat_shift w;
	struct ay_stat_ks ks;

	memcpy(ref, v->d, half * sizeof(*ref));              /* own: half of VALUES */
	memcpy(batch, v->d + half, other * sizeof(*batch));  /* own: the rest */
	qsort(ref, half, sizeof(*ref), by_size);
	qsort(batch, other, sizeof(*batch), by_size);
	for (int mode = AY_STAT_AUTO; mode <= AY_STAT_ASYMPTOTIC; mode++) {
		ay_stat_ks_sorted(b, ref, half, batch, other, (enum ay_stat_mode)mode, &ks);
		if (!ks.why) {
			chance(ks.p, "samples");
			chance(ks.d, "D of samples");
		}
	}
	ay_stat_wasserstein(ref, half, batch, other, -INFINITY, INFINITY, 1, &w);
	if (!w.why && !(w.w >= 0))
		ay_bug("a distance of %g", w.w);
	ay_stat_wasserstein(ref, half, batch, other, -100, 100, 0.5, &w);
	if (!w.why && !(w.w >= 0))
		ay_bug("a drawn distance of %g", w.w);
	if (half && ay_stat_robust_scale(ref, half, &scale) == AY_STAT_OK && !(scale > 0))
		ay_bug("a scale of %g", scale);
}

/* ---- many ---- */

static void many(const struct values *v, struct ay_budget *b)
{
	double p[VALUES], adjusted[VALUES];

	for (size_t i = 0; i < v->n; i++)
		p[i] = (double)(v->u[i] % 1001) / 1000;
	if (ay_stat_holm(b, p, v->n, adjusted) == 0)
		for (size_t i = 0; i < v->n; i++)
			if (!(adjusted[i] >= p[i] && adjusted[i] <= 1))
				ay_bug("Holm makes %g of %g", adjusted[i], p[i]);
}

static void read_values(const uint8_t *data, size_t size, struct values *v)
{
	static const uint64_t edges[] = {0, 1, 2, MANY - 1, MANY, MANY + 1, UINT64_MAX / 2, UINT64_MAX};
	struct ay_cursor c = ay_cursor_of(data, size, 0);

	for (v->n = 0; v->n < VALUES && c.left >= 8; v->n++) {
		uint64_t word = ay_cursor_le64(&c);

		memcpy(&v->d[v->n], &word, sizeof(word));    /* own: a double of the same bits */
		v->u[v->n] = word >> 56 == 0xed ? edges[word % AY_ARRAY_LEN(edges)] : word;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(const struct values *v, struct ay_budget *b) = {tails, paths, counts, samples, many};
	struct ay_budget b;
	struct values v;

	if (!size)
		return 0;
	ay_budget_init(&b, size);
	uint64_t whole = b.alloc_left;

	read_values(data + 1, size - 1, &v);
	kinds[data[0] % AY_ARRAY_LEN(kinds)](&v, &b);
	if (b.alloc_left != whole)
		ay_bug("memory is left behind");
	return 0;
}
