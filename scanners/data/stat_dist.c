/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/stat_dist.h"

#include <math.h>

#define HALF_LOG_2PI 0.91893853320467274178
#define SMIRNOV_EXACT_MAX 1000000       /* terms of the one-sided sum: SciPy gives up there too, and results agree */
#define SERIES_EPS 1e-17

/* u - ln(1 + u) without cancellation near 0. */
static double log_gap(double u)
{
	double term = u * u, sum = 0;

	if (fabs(u) > 0.1)
		return u - log1p(u);
	for (int k = 2; k < 40; k++) {
		double next = sum + term / k;

		if (next == sum)
			break;
		sum = next;
		term *= -u;
	}
	return sum;
}

double ay_stat_stirling_error(double a)
{
	double e = 0;

	for (; a < 16; a += 1)
		e += (a + 0.5) * log1p(1 / a) - 1;
	double r = 1 / (a * a);

	return e + (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680 - r * (1.0 / 1188 - r * 691.0 / 360360))))) / a;
}

static double clip(double p)
{
	return p < 0 ? 0 : p > 1 ? 1 : p;
}

double ay_stat_normal_sf(double z)
{
	return isnan(z) ? 0 : 0.5 * erfc(z * M_SQRT1_2);
}

/* x^a e^-x / Gamma(a + 1), by the deviance, so that large a keeps its digits. */
static double gamma_weight(double a, double x)
{
	return exp(-ay_stat_stirling_error(a) - a * log_gap((x - a) / a)) / sqrt(2 * M_PI * a);
}

/* The sum is 1 + x/(a+1) + x^2/((a+1)(a+2)) + ... */
static double gamma_series(double a, double x, uint64_t rounds)
{
	double term = 1, sum = 1;

	for (uint64_t k = 1; k < rounds && term > sum * SERIES_EPS; k++) {
		term *= x / (a + (double)k);
		sum += term;
	}
	return sum;
}

static double gamma_fraction(double a, double x, uint64_t rounds)
{
	const double tiny = 1e-300;
	double b = x + 1 - a, c = 1 / tiny, d = 1 / b, f = d;

	for (uint64_t k = 1; k < rounds; k++) {
		double an = -(double)k * ((double)k - a);

		b += 2;
		d = an * d + b;
		c = b + an / c;
		if (fabs(d) < tiny)
			d = tiny;
		if (fabs(c) < tiny)
			c = tiny;
		d = 1 / d;
		f *= d * c;
		if (fabs(d * c - 1) < 1e-16)
			break;
	}
	return f;
}

int ay_stat_chi2_sf(uint64_t df, double x, double *p)
{
	double a = (double)df / 2, half = x / 2;
	uint64_t rounds = 500 + 30 * (uint64_t)sqrt(a);

	*p = 1;
	if (!df || df > AY_STAT_DF_MAX || isnan(x))
		return AY_EUSAGE;
	if (half <= 0)
		return 0;
	if (isinf(half))
		*p = 0;
	else if (half < a + 1)
		*p = clip(1 - gamma_weight(a, half) * gamma_series(a, half, rounds));
	else
		*p = clip(a * gamma_weight(a, half) * gamma_fraction(a, half, rounds));
	return 0;
}

int ay_stat_chi2_isf(uint64_t df, double p, double *x)
{
	double lo = 0, hi = (double)df + 1, tail;

	*x = 0;
	if (!df || df > AY_STAT_DF_MAX || !(p > 0 && p < 1))
		return AY_EUSAGE;
	for (int i = 0; i < 1100; i++, hi *= 2)
		if (ay_stat_chi2_sf(df, hi, &tail) || tail < p)
			break;
	for (int i = 0; i < 200; i++) {
		double mid = lo + (hi - lo) / 2;

		if (mid <= lo || mid >= hi || ay_stat_chi2_sf(df, mid, &tail))
			break;
		if (tail > p)
			lo = mid;
		else
			hi = mid;
	}
	*x = hi;
	return 0;
}

double ay_stat_kolmogorov_limit_sf(double x)
{
	double sum = 0;

	/* Here and below the sum is less than any double; nearer to 0 it would be 0 times infinity. */
	if (!(x > 0.04))
		return 1;
	if (x >= 1.18) {
		for (int k = 1; k < 8; k++)
			sum += (k & 1 ? 2 : -2) * exp(-2.0 * k * k * x * x);
		return clip(sum);
	}
	for (int k = 1; k < 12; k += 2)
		sum += exp(-(double)(k * k) * M_PI * M_PI / (8 * x * x));
	return clip(1 - sqrt(2 * M_PI) / x * sum);
}

/*
 * x sum_j C(n, j) (x + j/n)^(j-1) (1 - x - j/n)^(n-j). The two powers' bases add up to 1, so each term is a binomial
 * probability times x/(x + j/n); all are positive.
 */
double ay_stat_smirnov_sf(uint64_t n, double x)
{
	double nd = (double)n, t = nd * x, sum;

	if (!(x > 0))
		return 1;
	if (x >= 1)
		return 0;
	if (n > SMIRNOV_EXACT_MAX)
		return exp(-(6 * t + 1) * (6 * t + 1) / (18 * nd));
	sum = exp(nd * log1p(-x));
	double whole = ay_stat_stirling_error(nd);

	for (uint64_t j = 1; j < n; j++) {
		double jd = (double)j, k = (double)(n - j);

		if (k <= t)
			break;
		sum += t / (t + jd) * sqrt(nd / (2 * M_PI * jd * k)) *
		       exp(whole - ay_stat_stirling_error(jd) - ay_stat_stirling_error(k) - jd * log_gap(t / jd) - k * log_gap(-t / k));
	}
	return clip(sum);
}

/* out = a b, square of side m. */
static void multiply(const double *a, const double *b, double *out, size_t m)
{
	for (size_t i = 0; i < m; i++) {
		double *row = out + i * m;

		for (size_t j = 0; j < m; j++)
			row[j] = 0;
		for (size_t k = 0; k < m; k++) {
			double f = a[i * m + k];

			for (size_t j = 0; f != 0 && j < m; j++)
				row[j] += f * b[k * m + j];
		}
	}
}

/* Durbin's matrix H for n d = k - h: (h + n d is whole). */
static void durbin_matrix(double *mat, size_t m, double h)
{
	double factorial = 1, power = 1;

	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < m; j++)
			mat[i * m + j] = 0;
	for (size_t gap = 0; gap <= m; gap++) {         /* 1/gap! along the diagonal i - j + 1 = gap */
		if (gap)
			factorial /= (double)gap;
		for (size_t i = gap ? gap - 1 : 0; i < m; i++)
			if (i + 1 - gap < m)
				mat[i * m + i + 1 - gap] = factorial;
		if (gap) {                              /* (1 - h^gap)/gap! down the first column and mirrored in the last row */
			power *= h;
			mat[(gap - 1) * m] = mat[(m - 1) * m + m - gap] = (1 - power) * factorial;
		}
	}
	double corner = 1 - 2 * power;                  /* power is h^m now, factorial 1/m! */

	if (2 * h > 1)
		corner += pow(2 * h - 1, (double)m);
	mat[(m - 1) * m] = corner * factorial;
}

/* Keeps the middle element near 1; returns what was taken out, as a power of two. */
static int rescale(double *mat, size_t m, size_t k)
{
	double mid = mat[(k - 1) * m + k - 1];
	int shift;

	if (mid <= 1e100 && mid >= 1e-100)
		return 0;
	frexp(mid, &shift);
	for (size_t i = 0; i < m * m; i++)
		mat[i] = ldexp(mat[i], -shift);
	return shift;
}

/* P(D_n < x): n!/n^n times the middle of H^n. */
static int durbin_cdf(struct ay_budget *b, uint64_t n, double x, double *cdf)
{
	double t = (double)n * x, kd = ceil(t);
	size_t k = (size_t)kd, m = 2 * k - 1, cells = m * m;
	double *mem = ay_budget_alloc(b, 3 * cells * sizeof(*mem));
	int64_t out_shift = 0, base_shift = 0;

	if (!mem)
		return AY_ELIMIT;
	double *base = mem, *out = mem + cells, *spare = mem + 2 * cells, *swap;

	durbin_matrix(base, m, kd - t);
	for (size_t i = 0; i < cells; i++)
		out[i] = i % (m + 1) == 0;
	for (uint64_t left = n; left; left >>= 1) {
		if (ay_budget_tick(b)) {
			ay_budget_free(b, mem);
			return AY_ELIMIT;
		}
		if (left & 1) {
			multiply(out, base, spare, m);
			swap = out, out = spare, spare = swap;
			out_shift += base_shift + rescale(out, m, k);
		}
		multiply(base, base, spare, m);
		swap = base, base = spare, spare = swap;
		base_shift = 2 * base_shift + rescale(base, m, k);
	}
	double mid = out[(k - 1) * m + k - 1], nd = (double)n;

	ay_budget_free(b, mem);
	*cdf = mid > 0 ? clip(exp(log(mid) + (double)out_shift * M_LN2 + ay_stat_stirling_error(nd) - nd + HALF_LOG_2PI + log(nd) / 2)) : 0;
	return 0;
}

/* P(D_n < x) = K0(z) + K1(z)/sqrt n + K2(z)/n + K3(z)/n^1.5, z = x sqrt n. */
static double pelz_good_cdf(double n, double x)
{
	double z = x * sqrt(n), z2 = z * z, z4 = z2 * z2, z6 = z4 * z2, z8 = z4 * z4, pi2 = M_PI * M_PI;
	double k0 = 0, k1 = 0, k2 = 0, k3 = 0, whole2 = 0, whole3 = 0;

	if (pi2 / (8 * z2) > 708)
		return 0;
	int last = (int)ceil(16 * z / M_PI) + 1;

	for (int k = last; k >= 0; k--) {
		double u = pi2 * (k + 0.5) * (k + 0.5), w = exp(-u / (2 * z2));

		k0 += w;
		k1 += (u - z2) * w;
		k2 += (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * u + (1 - 2 * z2) * u * u) * w;
		k3 += (-30 * z6 - 90 * z8 + (135 * z4 - 96 * z6) * u + (212 * z4 - 60 * z2) * u * u + (5 - 30 * z2) * u * u * u) * w;
		u = pi2 * k * k;
		w = exp(-u / (2 * z2));
		whole2 += u * w;
		whole3 += (3 * z2 - u) * u * w;
	}
	double r = sqrt(n), c = sqrt(2 * M_PI);         /* both halves of each sum over all whole k */

	return clip(c * (k0 / z + k1 / (6 * z4) / r + (k2 / (72 * z6 * z) - whole2 / (36 * z2 * z)) / n +
			 (k3 / (6480 * z8 * z2) + whole3 / (216 * z6)) / (n * r)));
}

int ay_stat_kolmogorov_sf(struct ay_budget *b, uint64_t n, double x, double *p)
{
	double nd = (double)n, t = nd * x, t2 = t * x, cdf;
	int err = 0;

	*p = 1;
	if (!n || isnan(x))
		return AY_EUSAGE;
	if (t <= 0.5)
		return 0;
	if (x >= 1) {
		*p = 0;
	} else if (t <= 1) {
		*p = clip(1 - exp(ay_stat_stirling_error(nd) + HALF_LOG_2PI + log(nd) / 2 - nd + nd * log(2 * t - 1)));
	} else if (t >= nd - 1) {
		*p = clip(2 * exp(nd * log1p(-x)));
	} else if (n > 140 && t2 >= 370) {
		*p = 0;
	} else if (x >= 0.5 || t2 > 4 || (n > 140 && t2 >= 2.2)) {
		*p = clip(2 * ay_stat_smirnov_sf(n, x));
	} else if (n <= 140 || (n <= 100000 && t * sqrt(x) <= 1.4)) {
		err = durbin_cdf(b, n, x, &cdf);
		*p = err ? 1 : clip(1 - cdf);
	} else {
		*p = clip(1 - pelz_good_cdf(nd, x));
	}
	return err;
}

/* Share of the paths of 2n steps that leave the band of half width h, by a Horner scheme over the reflections. */
static double paths_equal(uint64_t n, uint64_t h)
{
	double p = 0;

	for (uint64_t k = n / h + 1; k-- > 0;) {
		double part = 1;

		for (uint64_t j = 0; j < h; j++)
			part = ((double)n - (double)(k * h) - (double)j) * part / ((double)n + (double)(k * h) + (double)j + 1);
		p = part * (1 - p);
	}
	return clip(2 * p);
}

struct band {
	int64_t ng, mg, h, n, m;
};

/* Columns that a path may pass inside of the band after k steps: [*lo, *hi). */
static void band_at(const struct band *s, int64_t k, int64_t *lo, int64_t *hi)
{
	int64_t all = s->ng + s->mg, below = s->ng * k - s->h, above = s->ng * k + s->h;
	int64_t first = (below >= 0 ? below / all : -((-below + all - 1) / all)) + 1, least = k > s->m ? k - s->m : 0;
	int64_t end = (above + all - 1) / all, most = (k < s->n ? k : s->n) + 1;

	*lo = first < least ? least : first;
	*hi = end < most ? end : most;
}

/* Numbers with fewer digits are slow, and a result that they could change would have none either. */
#define NO_SHARE 1e-290

/*
 * now[j] is the share of the paths of k steps, j of them to the right, that have left the band before; outside of it all have. All paths
 * of one length at a time: no cell waits for its neighbour, and one division serves them all.
 */
static int paths_unequal(struct ay_budget *b, const struct band *s, double *p)
{
	size_t cells = (size_t)s->n + 3;
	double *both = ay_budget_alloc(b, 2 * cells * sizeof(*both)), *now, *next;
	int64_t lo, hi;

	if (!both)
		return AY_ELIMIT;
	now = both + 1;             /* one before the first and one behind the last, which lie outside */
	next = now + cells;
	now[-1] = now[1] = 1;
	now[0] = 0;
	for (int64_t k = 1; k <= s->n + s->m; k++) {
		if (ay_budget_tick(b)) {
			ay_budget_free(b, both);
			return AY_ELIMIT;
		}
		band_at(s, k, &lo, &hi);
		if (hi <= lo) {
			ay_budget_free(b, both);
			*p = 1;
			return 0;
		}
		double steps = (double)k, share = 1 / steps, right = (double)lo;

		for (int64_t j = lo; j < hi; j++, right++) {
			double left = (now[j] * (steps - right) + now[j - 1] * right) * share;

			next[j] = left < NO_SHARE ? 0 : left;
		}
		next[lo - 1] = next[hi] = 1;
		double *old = now;

		now = next;
		next = old;
	}
	*p = clip(now[s->n]);
	ay_budget_free(b, both);
	return 0;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t r = a % b;

		a = b;
		b = r;
	}
	return a;
}

int ay_stat_ks2_exact(struct ay_budget *b, uint64_t n, uint64_t m, uint64_t h, double *p)
{
	*p = 1;
	if (!n || !m || n > INT32_MAX || m > INT32_MAX)
		return AY_EUSAGE;
	uint64_t g = gcd(n, m), big = n > m ? n : m, small = n > m ? m : n;

	if (h > n / g * m)
		return AY_EUSAGE;
	if (!h)
		return 0;
	if (n == m) {
		*p = paths_equal(n, h);
		return 0;
	}
	struct band s = {.ng = (int64_t)(small / g), .mg = (int64_t)(big / g), .h = (int64_t)h, .n = (int64_t)small, .m = (int64_t)big};

	return paths_unequal(b, &s, p);
}

int ay_stat_ks2_asymptotic(struct ay_budget *b, uint64_t n, uint64_t m, double d, double *p)
{
	double nd = (double)n, md = (double)m, en = n && m ? rint(md / (nd + md) * nd) : 0;

	*p = 1;
	if (!n || !m)
		return AY_EUSAGE;
	return ay_stat_kolmogorov_sf(b, en < 1 ? 1 : (uint64_t)en, d, p);
}

/* ln of C(n, x) p^x (1 - p)^(n - x), 0 <= x <= n, 0 < p < 1. */
static double binomial_log(double x, double n, double p)
{
	if (x == 0)
		return n * log1p(-p);
	if (x == n)
		return n * log(p);
	double rest = n - x;

	return ay_stat_stirling_error(n) - ay_stat_stirling_error(x) - ay_stat_stirling_error(rest) - x * log_gap((n * p - x) / x) -
	       rest * log_gap((n * (1 - p) - rest) / rest) + 0.5 * log(n / (2 * M_PI * x * rest));
}

/* Sums from k on away from the mean: terms fall faster than a geometric series from there. */
static double hypergeometric_sum(double all, double good, double drawn, double k, double step)
{
	double bad = all - good, p = drawn / all, sum = 0;
	double term = exp(binomial_log(k, good, p) + binomial_log(drawn - k, bad, p) - binomial_log(drawn, all, p));

	for (double x = k; term > 0 && term > sum * SERIES_EPS; x += step) {
		double left = drawn - x;

		sum += term;
		term *= step > 0 ? (good - x) * left / ((x + 1) * (bad - left + 1)) : x * (bad - left) / ((good - x + 1) * (left + 1));
	}
	return sum;
}

int ay_stat_hypergeometric_sf(uint64_t all, uint64_t good, uint64_t drawn, uint64_t k, double *p)
{
	if (good > all || drawn > all || all >= 1ull << 50)
		return AY_EUSAGE;
	uint64_t least = good + drawn > all ? good + drawn - all : 0, most = good < drawn ? good : drawn;

	if (k <= least || k > most)
		*p = k <= least;
	else if ((double)k >= (double)good * ((double)drawn / (double)all))
		*p = clip(hypergeometric_sum((double)all, (double)good, (double)drawn, (double)k, 1));
	else
		*p = clip(1 - hypergeometric_sum((double)all, (double)good, (double)drawn, (double)(k - 1), -1));
	return 0;
}
