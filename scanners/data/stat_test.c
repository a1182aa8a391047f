/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/stat_test.h"

#include <math.h>

#include "assay/ckd.h"

const char *ay_stat_why_text(enum ay_stat_why why)
{
	switch (why) {
	case AY_STAT_OK: return "evaluated";
	case AY_STAT_NO_ROWS: return "too few rows";
	case AY_STAT_NO_SCALE: return "the reference does not vary";
	case AY_STAT_UNORDERED: return "not numbers in order";
	case AY_STAT_OVERFLOW: return "values or counts are too large";
	case AY_STAT_LIMIT: return "memory or time of the scan is exhausted";
	}
	return "not evaluated";
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

/* Steps of the two distribution functions on a common whole scale, while the least common multiple fits. */
struct steps {
	uint64_t n, m, by_n, by_m, lcm;    /* F = i by_n/lcm; lcm 0: too large, then by doubles */
};

static struct steps steps_of(uint64_t n, uint64_t m)
{
	uint64_t g = gcd(n, m);
	struct steps s = {.n = n, .m = m, .by_n = m / g, .by_m = n / g};

	if (ay_ckd_mul_u64(n / g, m, &s.lcm) || s.lcm > INT64_MAX)
		s.lcm = 0;
	return s;
}

/* |F - G| after i and j values: in whole steps, and as a number. */
static double gap_at(const struct steps *s, uint64_t i, uint64_t j, uint64_t *h)
{
	if (!s->lcm) {
		*h = 0;
		return fabs((double)i / (double)s->n - (double)j / (double)s->m);
	}
	uint64_t f = i * s->by_n, g = j * s->by_m;

	*h = f > g ? f - g : g - f;
	return (double)*h / (double)s->lcm;
}

static void ks_tail(struct ay_budget *b, const struct steps *s, uint64_t h, enum ay_stat_mode mode, struct ay_stat_ks *out)
{
	bool fits = s->lcm && s->n <= INT32_MAX && s->m <= INT32_MAX && s->by_m < INT32_MAX / s->by_n;
	int err;

	out->exact = mode == AY_STAT_EXACT ? fits : mode == AY_STAT_AUTO && s->n <= AY_STAT_EXACT_ROWS && s->m <= AY_STAT_EXACT_ROWS;
	err = out->exact ? ay_stat_ks2_exact(b, s->n, s->m, h, &out->p) : ay_stat_ks2_asymptotic(b, s->n, s->m, out->d, &out->p);
	if (err)
		*out = (struct ay_stat_ks){.why = AY_STAT_LIMIT, .p = 1};
}

/* How many values from at on are the same; 0 when they go down or are NaN. */
static size_t run_of(const double *v, size_t n, size_t at)
{
	size_t i = at;

	if (isnan(v[at]) || (at && v[at] < v[at - 1]))
		return 0;
	while (i < n && v[i] == v[at])
		i++;
	return i - at;
}

void ay_stat_ks_sorted(struct ay_budget *b, const double *ref, size_t n, const double *batch, size_t m, enum ay_stat_mode mode,
		       struct ay_stat_ks *out)
{
	uint64_t h, most = 0;
	size_t i = 0, j = 0;

	*out = (struct ay_stat_ks){.p = 1, .why = !n || !m ? AY_STAT_NO_ROWS : AY_STAT_OK};
	if (out->why)
		return;
	struct steps s = steps_of(n, m);

	while (i < n || j < m) {
		bool left = i < n && (j == m || ref[i] <= batch[j] || isnan(ref[i])), right = j < m && (i == n || !(batch[j] > ref[i]));
		double value = left ? ref[i] : batch[j];
		size_t by_i = left ? run_of(ref, n, i) : 0, by_j = right ? run_of(batch, m, j) : 0;

		if ((left && !by_i) || (right && !by_j) || ay_budget_tick(b)) {
			*out = (struct ay_stat_ks){.p = 1, .why = ay_budget_expired(b) ? AY_STAT_LIMIT : AY_STAT_UNORDERED};
			return;
		}
		i += by_i;
		j += by_j;
		double d = gap_at(&s, i, j, &h);

		if (d > out->d) {
			out->d = d;
			out->value = value;
			most = h;
		}
	}
	out->d_most = out->d;
	ks_tail(b, &s, most, mode, out);
}

/* False when the sum does not fit. */
static bool total_of(const uint64_t *counts, size_t k, uint64_t *sum)
{
	*sum = 0;
	for (size_t i = 0; i < k; i++)
		if (ay_ckd_add_u64(*sum, counts[i], sum))
			return false;
	return true;
}

/* Both totals, and what forbids to go on. Half of 64 bits leaves room for their sum. */
static enum ay_stat_why totals(const uint64_t *ref, const uint64_t *batch, size_t k, uint64_t *n, uint64_t *m)
{
	if (!total_of(ref, k, n) || !total_of(batch, k, m) || *n > INT64_MAX || *m > INT64_MAX)
		return AY_STAT_OVERFLOW;
	return *n && *m ? AY_STAT_OK : AY_STAT_NO_ROWS;
}

void ay_stat_ks_binned(struct ay_budget *b, const uint64_t *ref, const uint64_t *batch, size_t bins, enum ay_stat_mode mode,
		       struct ay_stat_ks *out)
{
	uint64_t n, m, i = 0, j = 0, h, most = 0;

	*out = (struct ay_stat_ks){.p = 1, .why = totals(ref, batch, bins, &n, &m)};
	if (out->why)
		return;
	struct steps s = steps_of(n, m);

	for (size_t k = 0; k < bins; k++) {
		double above = (double)(i + ref[k]) / (double)n - (double)j / (double)m;
		double below = (double)(j + batch[k]) / (double)m - (double)i / (double)n;

		i += ref[k];
		j += batch[k];
		double d = gap_at(&s, i, j, &h);

		out->d_most = fmax(out->d_most, fmax(above, below));
		if (d > out->d) {
			out->d = d;
			out->at = k;
			most = h;
		}
	}
	out->d_most = fmin(fmax(out->d_most, out->d), 1);
	ks_tail(b, &s, most, mode, out);
}

double ay_stat_ks_noise(double alpha, uint64_t n, uint64_t m)
{
	if (!n || !m)
		return 1;
	return fmin(1, sqrt(-log(alpha / 2) / 2) * sqrt(1 / (double)n + 1 / (double)m));
}

/* One observed count against its expectation. */
static void cell(double o, double e, bool yates, struct ay_stat_table *t)
{
	double gap = o - e, shrink = yates ? fmin(0.5, fabs(gap)) : 0;

	o -= copysign(shrink, gap);
	gap = o - e;
	t->chi2 += gap * gap / e;
	if (o > 0)
		t->g += 2 * o * log(o / e);
	t->least_expected = fmin(t->least_expected, e);
}

void ay_stat_homogeneity(const uint64_t *ref, const uint64_t *batch, size_t k, struct ay_stat_table *out)
{
	uint64_t n, m;
	double plain = 0, even = 0;
	size_t used = 0;

	*out = (struct ay_stat_table){.p = 1, .g_p = 1, .why = totals(ref, batch, k, &n, &m)};
	if (out->why)
		return;
	for (size_t i = 0; i < k; i++)
		used += ref[i] || batch[i];
	double nd = (double)n, md = (double)m, all = nd + md;

	out->df = used - 1;
	out->least_expected = fmin(nd, md);
	for (size_t i = 0; i < k && out->df; i++) {
		double a = (double)ref[i], b = (double)batch[i], c = a + b, p = a / nd, q = b / md;

		if (c == 0)
			continue;
		cell(a, nd * c / all, out->df == 1, out);
		cell(b, md * c / all, out->df == 1, out);
		plain += (p - q) * (p - q) / (c / all);      /* X2/N = n m/N^2 times this */
		even += (p - q) * (p - q) / (p + q) / 2;
	}
	plain *= nd / all * (md / all);
	out->g = fmax(out->g, 0);
	out->v = sqrt(fmin(plain, 1));
	out->v_corrected = sqrt(fmin(1, fmax(0, plain - (double)out->df / (all - 1))));
	out->v_even = sqrt(fmin(1, fmax(0, even - (double)out->df * (1 / nd + 1 / md) / 4)));
	if (out->df && (ay_stat_chi2_sf(out->df, out->chi2, &out->p) || ay_stat_chi2_sf(out->df, out->g, &out->g_p)))
		*out = (struct ay_stat_table){.p = 1, .g_p = 1, .why = AY_STAT_LIMIT};
}

double ay_stat_v_noise(double alpha, uint64_t df, uint64_t n, uint64_t m)
{
	double x;

	if (!n || !m || ay_stat_chi2_isf(df ? df : 1, alpha, &x))
		return 1;
	return fmin(1, sqrt(fmax(0, x - (double)(df ? df : 1)) * (1 / (double)n + 1 / (double)m) / 4));
}

struct rank { uint64_t total; size_t at; };

static int by_total(const void *x, const void *y)
{
	const struct rank *a = x, *b = y;

	if (a->total != b->total)
		return a->total < b->total ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* How many of the rarest must be summed, of ranks in rising order; share is that of the smaller sample. */
static size_t sparse_count(const struct rank *r, size_t k, double share)
{
	double other = 0;
	size_t low = 0;         /* so many of the rarest expect less than 5 */

	while (low < k && (double)r[low].total * share < 5)
		low++;
	for (size_t merged = 0; merged < k; merged++) {
		size_t cells = k - merged + (merged > 0), below = low > merged ? low - merged : 0;

		if ((!merged || other * share >= 1) && (double)r[merged].total * share >= 1 && below * 5 <= cells)
			return merged;
		other += (double)r[merged].total;
	}
	return k;
}

int ay_stat_merge_sparse(struct ay_budget *b, uint64_t *ref, uint64_t *batch, size_t *k)
{
	uint64_t n, m, other_ref = 0, other_batch = 0;
	size_t used = 0, kept = 0;

	if (*k < 2 || totals(ref, batch, *k, &n, &m))
		return 0;
	struct rank *r = ay_budget_alloc(b, *k * sizeof(*r));

	if (!r)
		return AY_ELIMIT;
	for (size_t i = 0; i < *k; i++)
		if (ref[i] || batch[i])
			r[used++] = (struct rank){.total = ref[i] + batch[i], .at = i};
	qsort(r, used, sizeof(*r), by_total);
	size_t merged = sparse_count(r, used, (double)(n < m ? n : m) / ((double)n + (double)m));

	for (size_t i = 0; i < merged; i++) {
		other_ref += ref[r[i].at];
		other_batch += batch[r[i].at];
		ref[r[i].at] = batch[r[i].at] = 0;
	}
	for (size_t i = 0; i < *k; i++)
		if (ref[i] || batch[i]) {
			ref[kept] = ref[i];
			batch[kept++] = batch[i];
		}
	if (merged) {
		ref[kept] = other_ref;
		batch[kept++] = other_batch;
	}
	*k = kept;
	ay_budget_free(b, r);
	return 0;
}

void ay_stat_distances(const uint64_t *ref, const uint64_t *batch, size_t k, struct ay_stat_distance *out)
{
	const double floor_share = 1e-4;
	double common = 0;
	uint64_t n, m;

	*out = (struct ay_stat_distance){.why = totals(ref, batch, k, &n, &m)};
	if (out->why)
		return;
	for (size_t i = 0; i < k; i++) {
		double p = (double)ref[i] / (double)n, q = (double)batch[i] / (double)m, mid = (p + q) / 2;
		double pf = fmax(p, floor_share), qf = fmax(q, floor_share);

		out->psi += (pf - qf) * log(pf / qf);
		if (p > 0)
			out->js += p * log2(p / mid) / 2;
		if (q > 0)
			out->js += q * log2(q / mid) / 2;
		common += sqrt(p * q);
		out->variation += fabs(p - q) / 2;
		out->largest = fmax(out->largest, fabs(p - q));
	}
	out->js = fmin(1, fmax(0, out->js));
	out->js_distance = sqrt(out->js);
	out->hellinger = sqrt(fmax(0, 1 - common));
}

double ay_stat_psi_noise(double alpha, size_t k, uint64_t n, uint64_t m)
{
	double x;

	if (k < 2 || !n || !m || ay_stat_chi2_isf(k - 1, alpha, &x))
		return HUGE_VAL;
	return x * (1 / (double)n + 1 / (double)m);
}

static double drawn(double v, double lo, double hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

static double share_outside(const double *v, size_t n, double lo, double hi)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		k += v[i] < lo || v[i] > hi;
	return (double)k / (double)n;
}

static bool in_order(const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!run_of(v, i + 1, i))
			return false;
	return true;
}

/* What cannot be measured is not 0. */
static void shift_done(struct ay_stat_shift *out)
{
	if (!isfinite(out->w))
		*out = (struct ay_stat_shift){.why = AY_STAT_OVERFLOW};
}

void ay_stat_wasserstein(const double *ref, size_t n, const double *batch, size_t m, double lo, double hi, double scale,
			 struct ay_stat_shift *out)
{
	double last = 0;
	size_t i = 0, j = 0;

	*out = (struct ay_stat_shift){.why = !n || !m ? AY_STAT_NO_ROWS : !(scale > 0) ? AY_STAT_NO_SCALE : AY_STAT_OK};
	if (!out->why && (!(lo <= hi) || !in_order(ref, n) || !in_order(batch, m)))
		out->why = AY_STAT_UNORDERED;
	if (out->why)
		return;
	while (i < n || j < m) {
		bool left = i < n && (j == m || ref[i] <= batch[j]);
		double value = drawn(left ? ref[i] : batch[j], lo, hi);

		if (i + j && value != last)
			out->w += fabs((double)i / (double)n - (double)j / (double)m) * ((value - last) / scale);
		last = value;
		i += left;
		j += !left;
	}
	out->ref_outside = share_outside(ref, n, lo, hi);
	out->batch_outside = share_outside(batch, m, lo, hi);
	if (isinf(ref[0]) || isinf(ref[n - 1]) || isinf(batch[0]) || isinf(batch[m - 1]))
		out->w = isinf(lo) || isinf(hi) ? HUGE_VAL : out->w;
	shift_done(out);
}

void ay_stat_wasserstein_binned(const uint64_t *ref, const double *ref_mean, const uint64_t *batch, const double *batch_mean,
				size_t bins, double scale, struct ay_stat_shift *out)
{
	uint64_t n, m;
	double f = 0, g = 0, last = 0;
	bool begun = false;

	*out = (struct ay_stat_shift){.why = totals(ref, batch, bins, &n, &m)};
	if (!out->why && !(scale > 0))
		out->why = AY_STAT_NO_SCALE;
	if (out->why)
		return;
	for (size_t i = 0; i < bins; i++) {
		bool ref_first = !batch[i] || (ref[i] && ref_mean[i] <= batch_mean[i]);

		for (int turn = 0; turn < 2; turn++) {
			bool of_ref = ref_first == (turn == 0);

			if (!(of_ref ? ref[i] : batch[i]))
				continue;
			double at = of_ref ? ref_mean[i] : batch_mean[i];

			if (begun)
				out->w += fabs(f - g) * ((at - last) / scale);
			begun = true;
			last = at;
			if (of_ref)
				f += (double)ref[i] / (double)n;
			else
				g += (double)batch[i] / (double)m;
		}
	}
	shift_done(out);
}

double ay_stat_quantile(const double *sorted, size_t n, double q)
{
	double at = q * (double)(n - 1), part = at - floor(at);
	size_t i = (size_t)at;

	if (i + 1 >= n || part == 0)
		return sorted[i < n ? i : n - 1];
	return sorted[i] * (1 - part) + sorted[i + 1] * part;
}

/* The deviation from mid that half of the values do not exceed: the nearest values are taken one by one from both sides. */
static double median_deviation(const double *v, size_t n, double mid)
{
	size_t hi = 0, lo;
	double low = 0, d = 0;

	while (hi < n && v[hi] < mid)
		hi++;
	lo = hi;
	for (size_t k = 0; k <= n / 2; k++) {
		low = d;
		if (lo > 0 && (hi == n || mid - v[lo - 1] <= v[hi] - mid))
			d = mid - v[--lo];
		else if (hi < n)
			d = v[hi++] - mid;
	}
	return n % 2 ? d : (low + d) / 2;
}

enum ay_stat_why ay_stat_robust_scale(const double *sorted, size_t n, double *scale)
{
	*scale = 0;
	if (!n)
		return AY_STAT_NO_ROWS;
	if (!in_order(sorted, n))
		return AY_STAT_UNORDERED;
	double lo = ay_stat_quantile(sorted, n, 0.0005), hi = ay_stat_quantile(sorted, n, 0.9995), mean = 0, square = 0;

	for (size_t i = 0; i < n; i++) {
		double v = drawn(sorted[i], lo, hi), by = v - mean;

		mean += by / (double)(i + 1);
		square += by * (v - mean);
	}
	double iqr = ay_stat_quantile(sorted, n, 0.75) - ay_stat_quantile(sorted, n, 0.25);
	double mad = median_deviation(sorted, n, ay_stat_quantile(sorted, n, 0.5));

	*scale = fmax(fmax(iqr / 1.349, 1.4826 * mad), sqrt(square / (double)n));
	if (!isfinite(square) || !isfinite(iqr) || !isfinite(mad)) {
		*scale = 0;
		return AY_STAT_OVERFLOW;
	}
	return *scale > 0 ? AY_STAT_OK : AY_STAT_NO_SCALE;
}

struct p_rank { double p; size_t at; };

static int by_p(const void *x, const void *y)
{
	const struct p_rank *a = x, *b = y;

	if (a->p != b->p)
		return a->p < b->p ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static struct p_rank *ranks_of(struct ay_budget *b, const double *p, size_t n)
{
	size_t bytes;

	if (ay_ckd_mul_size(n, sizeof(struct p_rank), &bytes))
		return NULL;
	struct p_rank *r = ay_budget_alloc(b, bytes);

	if (!r)
		return NULL;
	for (size_t i = 0; i < n; i++)
		r[i] = (struct p_rank){.p = p[i], .at = i};
	qsort(r, n, sizeof(*r), by_p);
	return r;
}

int ay_stat_holm(struct ay_budget *b, const double *p, size_t n, double *adjusted)
{
	struct p_rank *r = n ? ranks_of(b, p, n) : NULL;
	double least = 0;

	if (n && !r)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++) {
		least = fmax(least, fmin(1, (double)(n - i) * r[i].p));
		adjusted[r[i].at] = least;
	}
	ay_budget_free(b, r);
	return 0;
}
