/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/profile.h"

#include <float.h>
#include <math.h>

#include "assay/ckd.h"
#include "scanners/data/profile_code.h"

#define PLACES 16777216.0      /* steps across a bin: 2^24 times AY_PROFILE_ROWS_MAX fits 64 bits */
#define HLL_BITS 12
#define AT_ONCE 256

void ay_distinct_add(struct ay_distinct *d, uint64_t hash)
{
	uint64_t rest = hash >> HLL_BITS;
	uint8_t rank = (uint8_t)(rest ? __builtin_ctzll(rest) + 1 : 64 - HLL_BITS + 1);
	uint8_t *at = &d->rank[hash & (sizeof(d->rank) - 1)];

	if (*at < rank)
		*at = rank;
}

void ay_distinct_merge(struct ay_distinct *d, const struct ay_distinct *other)
{
	for (size_t i = 0; i < sizeof(d->rank); i++)
		if (d->rank[i] < other->rank[i])
			d->rank[i] = other->rank[i];
}

static double sigma(double x)
{
	double y = 1, z = x, before;

	if (x == 1)
		return HUGE_VAL;
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

static double tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x == 0 || x == 1)
		return 0;
	do {
		x = sqrt(x);
		before = z;
		y /= 2;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

double ay_distinct_estimate(const struct ay_distinct *d)
{
	const double m = sizeof(d->rank);
	double have[64 - HLL_BITS + 2] = {0};

	for (size_t i = 0; i < sizeof(d->rank); i++)
		have[d->rank[i]]++;
	double z = m * tau(1 - have[64 - HLL_BITS + 1] / m);

	for (int k = 64 - HLL_BITS; k >= 1; k--)
		z = (z + have[k]) / 2;
	z += m * sigma(have[0] / m);
	return m * m / (2 * M_LN2 * z);
}

static void moments_check(struct ay_moments *m)
{
	if (m->overflow || !isfinite(m->mean) || !isfinite(m->m2) || !isfinite(m->m3) || !isfinite(m->m4))
		*m = (struct ay_moments){.n = m->n, .overflow = true};
}

#define LANES 4

static inline void add_powers(double gap, double *m2, double *m3, double *m4)
{
	double square = gap * gap;

	*m2 += square;
	*m3 += square * gap;
	*m4 += square * square;
}

/* In four lanes, which do not wait for each other. From the first value on, so that no sum of huge ones overflows that need not. */
struct ay_moments ay_moments_of(const double *v, size_t n)
{
	double sum[LANES] = {0}, m2[LANES] = {0}, m3[LANES] = {0}, m4[LANES] = {0};
	struct ay_moments m = {.n = n};
	size_t i = 0;

	if (!n)
		return m;
	for (; i + LANES <= n; i += LANES)
		for (size_t k = 0; k < LANES; k++)
			sum[k] += v[i + k] - v[0];
	for (; i < n; i++)
		sum[0] += v[i] - v[0];
	m.mean = v[0] + ((sum[0] + sum[1]) + (sum[2] + sum[3])) / (double)n;
	for (i = 0; i + LANES <= n; i += LANES)
		for (size_t k = 0; k < LANES; k++)
			add_powers(v[i + k] - m.mean, &m2[k], &m3[k], &m4[k]);
	for (; i < n; i++)
		add_powers(v[i] - m.mean, &m2[0], &m3[0], &m4[0]);
	m.m2 = (m2[0] + m2[1]) + (m2[2] + m2[3]);
	m.m3 = (m3[0] + m3[1]) + (m3[2] + m3[3]);
	m.m4 = (m4[0] + m4[1]) + (m4[2] + m4[3]);
	moments_check(&m);
	return m;
}

void ay_moments_merge(struct ay_moments *m, const struct ay_moments *other)
{
	double a = (double)m->n, b = (double)other->n, n = a + b;

	if (!other->n)
		return;
	if (!m->n) {
		*m = *other;
		return;
	}
	double gap = other->mean - m->mean, part = gap / n, square = gap * part * a * b;

	m->m4 += other->m4 + square * part * part * (a * a - a * b + b * b) + 6 * part * part * (a * a * other->m2 + b * b * m->m2) +
		 4 * part * (a * other->m3 - b * m->m3);
	m->m3 += other->m3 + square * part * (a - b) + 3 * part * (a * other->m2 - b * m->m2);
	m->m2 += other->m2 + square;
	m->mean += part * b;
	m->n += other->n;
	m->overflow |= other->overflow;
	moments_check(m);
}

static int by_value(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

/* The value that share k/parts of the sorted ones does not exceed: always one of them. */
static double anchor(const double *sorted, size_t n, uint64_t k, uint64_t parts)
{
	uint64_t at = (uint64_t)(((__uint128_t)n * k + parts - 1) / parts);

	return sorted[at ? (at <= n ? at - 1 : n - 1) : 0] + 0.0;
}

size_t ay_numbers_edges(const double *sorted, size_t n, size_t bins, double *out)
{
	static const uint64_t tails[] = {1000, 10000, 100000};
	size_t k = 0, kept = 0;

	if (!n || !bins || bins > AY_PROFILE_BINS)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!isfinite(sorted[i]) || (i && sorted[i] < sorted[i - 1]))
			return 0;
	out[k++] = nextafter(sorted[0] + 0.0, -HUGE_VAL);
	out[k++] = sorted[n - 1] + 0.0;
	for (size_t i = 0; i < AY_ARRAY_LEN(tails); i++) {
		out[k++] = anchor(sorted, n, 1, tails[i]);
		out[k++] = anchor(sorted, n, tails[i] - 1, tails[i]);
	}
	double last = 0;

	for (size_t i = 1; i < bins; i++) {
		double v = anchor(sorted, n, i, bins);

		if (i > 1 && v == last) {
			if (out[k - 1] == v)            /* the second time: below it another edge, once */
				out[k++] = nextafter(v, -HUGE_VAL);
			continue;
		}
		out[k++] = v;
		last = v;
	}
	qsort(out, k, sizeof(*out), by_value);
	for (size_t i = 0; i < k; i++)
		if (isfinite(out[i]) && (!kept || out[i] > out[kept - 1]))
			out[kept++] = out[i] + 0.0;
	return kept;
}

/* Never falls as v rises, rounding or not: an edge in an earlier cell than v is less than v. */
static inline size_t cell_of(const struct ay_numbers *c, double v)
{
	double at = (v - c->cells_from) * c->cells_per;

	at = at > 0 ? at : 0;
	return (size_t)(int)(at < AY_PROFILE_CELLS - 1 ? at : AY_PROFILE_CELLS - 1);
}

/* Cells of several, two at a time: written with masks, since the compiler makes branches of it that are often guessed wrong. */
static void cells_of(const struct ay_numbers *c, const double *v, size_t n, uint32_t *cell)
{
	typedef double pair __attribute__((vector_size(16)));
	typedef int64_t mask __attribute__((vector_size(16)));
	typedef int32_t narrow __attribute__((vector_size(8)));
	const double last = AY_PROFILE_CELLS - 1;
	const pair most = {last, last};
	size_t i = 0;

	for (; i + 2 <= n; i += 2) {
		pair at = (((pair){v[i], v[i + 1]}) - c->cells_from) * c->cells_per;

		at = (pair)((mask)at & (at > 0));
		mask below = at < most;

		at = (pair)(((mask)at & below) | ((mask)most & ~below));
		narrow out = __builtin_convertvector(at, narrow);

		cell[i] = (uint32_t)out[0];
		cell[i + 1] = (uint32_t)out[1];
	}
	if (i < n)
		cell[i] = (uint32_t)cell_of(c, v[i]);
}

/* Until one is left. */
static unsigned halvings(size_t n)
{
	unsigned steps = 0;

	for (; n > 1; n -= n / 2)
		steps++;
	return steps;
}

/* Cells over what lies between the outer edges, of which there may be a few far away: those share the first and the last cell. */
static void lay_cells(struct ay_numbers *c)
{
	size_t out = c->edge_count / 32, at = 0, most = 0;
	double from = c->edges[out], per = AY_PROFILE_CELLS / (c->edges[c->edge_count - 1 - out] - from);

	c->cells_from = from;
	c->cells_per = isfinite(per) ? per : 0;
	for (size_t i = 0; i <= AY_PROFILE_CELLS; i++) {
		while (at < c->edge_count && cell_of(c, c->edges[at]) < i)
			at++;
		c->cells[i] = (uint16_t)at;
	}
	for (size_t i = 1; i + 1 < AY_PROFILE_CELLS; i++) {
		size_t here = (size_t)c->cells[i + 1] - c->cells[i];

		most = here > most ? here : most;
	}
	c->cell_steps = halvings(most);
	most = (size_t)c->cells[AY_PROFILE_CELLS] - c->cells[AY_PROFILE_CELLS - 1];
	c->outer_steps = halvings(most > c->cells[1] ? most : c->cells[1]);
}

int ay_numbers_init(struct ay_numbers *c, struct ay_budget *b, const struct ay_sipkey *key, const double *edges, size_t edge_count)
{
	*c = (struct ay_numbers){.budget = b, .key = *key, .edge_count = edge_count};
	if (!edge_count || edge_count > AY_PROFILE_EDGES_MAX)
		return AY_ELIMIT;
	for (size_t i = 0; i < edge_count; i++)
		if (!isfinite(edges[i]) || (i && edges[i] <= edges[i - 1]))
			return AY_EFORMAT;
	c->edges = ay_budget_alloc(b, (edge_count + 1) * sizeof(*c->edges));
	c->counts = ay_budget_alloc(b, (edge_count + 1) * sizeof(*c->counts));
	c->places = ay_budget_alloc(b, (edge_count + 1) * sizeof(*c->places));
	if (!c->edges || !c->counts || !c->places) {
		ay_numbers_free(c);
		return AY_ELIMIT;
	}
	for (size_t i = 0; i <= edge_count; i++)
		c->counts[i] = c->places[i] = 0;
	for (size_t i = 0; i < edge_count; i++)
		c->edges[i] = edges[i] + 0.0;
	c->edges[edge_count] = INFINITY;
	lay_cells(c);
	return 0;
}

/* How many edges are less than v, of which the n behind the first `at` are in doubt. An infinity ends the edges. */
static inline size_t search(const double *edges, size_t at, size_t n, unsigned steps, double v)
{
	for (; steps; steps--) {
		size_t half = n / 2;

		at += half & -(size_t)(edges[at + half] < v);
		n -= half;
	}
	return at + (edges[at] < v);
}

/*
 * Without a branch that depends on v: it would be guessed wrong. Steps that the cell of v does not need change nothing. An edge in a
 * later cell is greater, so that the last comparison holds where the cell of v has no edge, too.
 */
static inline size_t bin_in(const struct ay_numbers *c, size_t cell, unsigned steps, double v)
{
	size_t at = c->cells[cell];

	return search(c->edges, at, c->cells[cell + 1] - at, steps, v);
}

static bool is_outer(size_t cell)
{
	return cell == 0 || cell == AY_PROFILE_CELLS - 1;
}

static size_t bin_of(const struct ay_numbers *c, double v)
{
	size_t cell = cell_of(c, v);

	return bin_in(c, cell, is_outer(cell) ? c->outer_steps : c->cell_steps, v);
}

size_t ay_numbers_bin(const struct ay_numbers *c, double v)
{
	return isnan(v) ? ay_numbers_bins(c) : bin_of(c, v);
}

struct ay_moments ay_numbers_moments(const struct ay_numbers *c)
{
	struct ay_moments m = c->moments, last = ay_moments_of(c->pending, c->pending_count);

	m.n -= last.n;
	ay_moments_merge(&m, &last);
	return m;
}

static void add_moments(struct ay_numbers *c, const double *v, size_t n)
{
	double lo = c->edges[0], hi = c->edges[c->edge_count - 1];

	while (n) {
		size_t room = AY_PROFILE_PENDING - c->pending_count, take = n < room ? n : room;
		double *to = c->pending + c->pending_count;

		for (size_t i = 0; i < take; i++) {
			double least = v[i] < lo ? lo : v[i];

			to[i] = least > hi ? hi : least;
		}
		c->pending_count += take;
		c->moments.n += take;
		v += take;
		n -= take;
		if (take < room)
			return;
		c->moments = ay_numbers_moments(c);
		c->pending_count = 0;
	}
}

/*
 * Folded products with the key: a tenth of SipHash's time for each number. What it feeds is an estimate that is shown
 * and that no verdict rests on.
 */
static uint64_t number_hash(const struct ay_sipkey *key, double v)
{
	union { double number; uint64_t bits; } word = {.number = v + 0.0};    /* the two zeros are one */
	__uint128_t m = (__uint128_t)(word.bits ^ key->k0) * 0x9e3779b97f4a7c15ull;

	m = (__uint128_t)((uint64_t)m ^ (uint64_t)(m >> 64) ^ key->k1) * 0xd6e8feb86659fd93ull;
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static void count_finite(struct ay_numbers *c, double v, size_t bin)
{
	c->counts[bin]++;
	if (!bin || bin == c->edge_count)
		return;
	/* Halves: the width of the whole axis is not a double. */
	double from = c->edges[bin - 1] / 2, width = c->edges[bin] / 2 - from;
	double part = width > 0 ? (v / 2 - from) / width : 1;

	c->places[bin] += (uint64_t)(int64_t)((part < 1 ? part : 1) * PLACES + 0.5);
}

static inline void bins_in(const struct ay_numbers *c, const double *v, size_t n, unsigned steps, uint32_t *bin)
{
	for (size_t i = 0; i < n; i++)
		bin[i] = (uint32_t)bin_in(c, bin[i], steps, v[i]);
}

/* Most lie in the inner cells, and as many steps as the fullest of these takes do for them. The others are put right. */
static void bins_of(const struct ay_numbers *c, const double *v, size_t n, uint32_t *bin)
{
	struct { uint16_t at, cell; } outer[AT_ONCE] AY_SCRATCH;
	size_t outers = 0;

	cells_of(c, v, n, bin);
	for (size_t i = 0; i < n; i++) {
		outer[outers].at = (uint16_t)i;
		outer[outers].cell = (uint16_t)bin[i];
		outers += is_outer(bin[i]);
	}
	switch (c->cell_steps) {
	case 0: bins_in(c, v, n, 0, bin); break;
	case 1: bins_in(c, v, n, 1, bin); break;
	case 2: bins_in(c, v, n, 2, bin); break;
	default: bins_in(c, v, n, c->cell_steps, bin);
	}
	for (size_t i = 0; i < outers; i++)
		bin[outer[i].at] = (uint32_t)bin_in(c, outer[i].cell, c->outer_steps, v[outer[i].at]);
}

/* Step by step, so that the steps of one value do not wait for those of another. n <= AT_ONCE. */
static void place_some(struct ay_numbers *c, const double *v, size_t n, uint32_t *bin)
{
	double least = c->moments.n ? c->min : v[0], greatest = c->moments.n ? c->max : v[0];

	bins_of(c, v, n, bin);
	for (size_t i = 0; i < n; i++)
		count_finite(c, v[i], bin[i]);
	for (size_t i = 0; i < n; i++)
		ay_distinct_add(&c->distinct, number_hash(&c->key, v[i]));
	for (size_t i = 0; i < n; i++) {
		least = v[i] < least ? v[i] : least;
		greatest = v[i] > greatest ? v[i] : greatest;
	}
	c->min = least + 0.0;
	c->max = greatest + 0.0;
	add_moments(c, v, n);
}

static void place_finite(struct ay_numbers *c, const double *v, size_t n, uint32_t *bin)
{
	for (size_t at = 0; at < n; at += AT_ONCE)
		place_some(c, v + at, n - at < AT_ONCE ? n - at : AT_ONCE, bin + at);
}

static void place_odd(struct ay_numbers *c, double v, uint32_t *bin)
{
	if (isfinite(v)) {
		place_finite(c, &v, 1, bin);
	} else if (isnan(v)) {
		c->nan++;
		*bin = (uint32_t)ay_numbers_bins(c);
	} else {
		ay_distinct_add(&c->distinct, number_hash(&c->key, v));
		v > 0 ? c->plus_infinity++ : c->minus_infinity++;
		*bin = v > 0 ? (uint32_t)c->edge_count : 0;
	}
}

int ay_numbers_place(struct ay_numbers *c, const double *v, size_t n, uint32_t *bin)
{
	bool finite = n > 0;

	if (n > AY_PROFILE_ROWS_MAX - c->rows)
		return AY_ELIMIT;
	c->rows += n;
	for (size_t i = 0; i < n; i++)
		finite &= fabs(v[i]) <= DBL_MAX;
	if (finite)
		place_finite(c, v, n, bin);
	for (size_t i = 0; !finite && i < n; i++)
		place_odd(c, v[i], &bin[i]);
	return 0;
}

int ay_numbers_add(struct ay_numbers *c, double v)
{
	uint32_t bin;

	return ay_numbers_place(c, &v, 1, &bin);
}

int ay_numbers_add_null(struct ay_numbers *c)
{
	if (c->rows >= AY_PROFILE_ROWS_MAX)
		return AY_ELIMIT;
	c->rows++;
	c->null++;
	return 0;
}

int ay_numbers_merge(struct ay_numbers *c, const struct ay_numbers *other)
{
	if (c->edge_count != other->edge_count || c->key.k0 != other->key.k0 || c->key.k1 != other->key.k1)
		return AY_EUSAGE;
	for (size_t i = 0; i < c->edge_count; i++)
		if (c->edges[i] != other->edges[i])
			return AY_EUSAGE;
	if (other->rows > AY_PROFILE_ROWS_MAX - c->rows)
		return AY_ELIMIT;
	if (other->moments.n) {
		c->min = c->moments.n ? fmin(c->min, other->min) : other->min;
		c->max = c->moments.n ? fmax(c->max, other->max) : other->max;
	}
	for (size_t i = 0; i <= c->edge_count; i++) {
		c->counts[i] += other->counts[i];
		c->places[i] += other->places[i];
	}
	c->rows += other->rows;
	c->null += other->null;
	c->nan += other->nan;
	c->minus_infinity += other->minus_infinity;
	c->plus_infinity += other->plus_infinity;
	c->moments = ay_numbers_moments(c);
	c->pending_count = 0;
	const struct ay_moments moments = ay_numbers_moments(other);

	ay_moments_merge(&c->moments, &moments);
	ay_distinct_merge(&c->distinct, &other->distinct);
	return 0;
}

void ay_numbers_means(const struct ay_numbers *c, double *out)
{
	out[0] = c->edges[0];
	for (size_t i = 1; i < c->edge_count; i++) {
		double part = c->counts[i] ? (double)c->places[i] / (PLACES * (double)c->counts[i]) : 0;

		out[i] = c->edges[i - 1] * (1 - part) + c->edges[i] * part;
	}
	out[c->edge_count] = c->edges[c->edge_count - 1];
}

double ay_numbers_quantile(const struct ay_numbers *c, double q)
{
	double left = q * (double)c->moments.n;

	for (size_t i = 0; i <= c->edge_count; i++) {
		double have = (double)c->counts[i], part;

		if (have > 0 && left <= have) {
			double lo = i ? fmax(c->edges[i - 1], c->min) : c->min, hi = i < c->edge_count ? fmin(c->edges[i], c->max) : c->max;

			part = left / have;
			return lo * (1 - part) + hi * part;
		}
		left -= have;
	}
	return c->max;
}

/*
 * Registers as nibbles above the least of them, and those beyond in full behind. A least one that no register has says that there
 * are none.
 */
#define NO_DISTINCT 0xff
#define RANK_MAX 53              /* 64 hash bits less 12, and one */

static uint8_t least_rank(const struct ay_distinct *d)
{
	uint8_t least = d->rank[0];

	for (size_t i = 1; i < sizeof(d->rank); i++)
		least = d->rank[i] < least ? d->rank[i] : least;
	return least;
}

static bool is_empty(const struct ay_distinct *d)
{
	for (size_t i = 0; i < sizeof(d->rank); i++)
		if (d->rank[i])
			return false;
	return true;
}

static uint8_t nibble(const struct ay_distinct *d, size_t i, uint8_t least)
{
	return d->rank[i] - least < 15 ? (uint8_t)(d->rank[i] - least) : 15;
}

void ay_profile_put_distinct(struct ay_buf *b, const struct ay_distinct *d, bool keep)
{
	uint8_t least = least_rank(d);

	keep = keep && !is_empty(d);
	ay_buf_addc(b, keep ? least : NO_DISTINCT);
	if (!keep)
		return;
	for (size_t i = 0; i < sizeof(d->rank); i += 2)
		ay_buf_addc(b, (uint8_t)(nibble(d, i, least) | nibble(d, i + 1, least) << 4));
	for (size_t i = 0; i < sizeof(d->rank); i++)
		if (nibble(d, i, least) == 15)
			ay_buf_addc(b, d->rank[i]);
}

void ay_profile_take_distinct(struct ay_cursor *in, struct ay_distinct *d)
{
	uint8_t least = ay_cursor_u8(in);

	*d = (struct ay_distinct){.rank = {0}};
	if (in->err || least == NO_DISTINCT)
		return;
	for (size_t i = 0; i < sizeof(d->rank); i += 2) {
		uint8_t two = ay_cursor_u8(in);

		d->rank[i] = two & 15;
		d->rank[i + 1] = two >> 4;
	}
	for (size_t i = 0; i < sizeof(d->rank) && !in->err; i++) {
		bool whole = d->rank[i] == 15;
		unsigned rank = whole ? ay_cursor_u8(in) : least + d->rank[i];

		if (rank > RANK_MAX || (whole && rank < least + 15u))
			ay_cursor_fail(in, AY_EFORMAT);
		d->rank[i] = (uint8_t)rank;
	}
	if (!in->err && (least_rank(d) != least || is_empty(d)))
		ay_cursor_fail(in, AY_EFORMAT);
}

#define NUMBERS_VERSION 2

void ay_numbers_encode(const struct ay_numbers *c, bool distinct, struct ay_buf *b)
{
	const struct ay_moments m = ay_numbers_moments(c);
	const uint64_t sums[] = {c->rows, c->null, c->nan, c->minus_infinity, c->plus_infinity, m.n};
	const double numbers[] = {c->min, c->max, m.mean, m.m2, m.m3, m.m4};

	ay_buf_addc(b, 'n');
	ay_buf_addc(b, NUMBERS_VERSION);
	ay_buf_le64(b, c->key.k0);
	ay_buf_le64(b, c->key.k1);
	ay_buf_le32(b, (uint32_t)c->edge_count);
	for (size_t i = 0; i < c->edge_count; i++)
		ay_profile_put(b, c->edges[i]);
	for (size_t i = 0; i <= c->edge_count; i++)
		ay_profile_put_count(b, c->counts[i]);
	for (size_t i = 0; i <= c->edge_count; i++)
		ay_profile_put_count(b, c->places[i]);
	for (size_t i = 0; i < AY_ARRAY_LEN(sums); i++)
		ay_profile_put_count(b, sums[i]);
	for (size_t i = 0; i < AY_ARRAY_LEN(numbers); i++)
		ay_profile_put(b, numbers[i]);
	ay_buf_addc(b, m.overflow);
	ay_profile_put_distinct(b, &c->distinct, distinct);
}

/* Sums that only adding rows can have made. */
static bool numbers_plausible(const struct ay_numbers *c)
{
	const struct ay_moments *m = &c->moments;
	uint64_t finite = 0, rows = c->null;

	for (size_t i = 0; i <= c->edge_count; i++) {
		bool inner = i && i < c->edge_count;

		if (ay_ckd_add_u64(finite, c->counts[i], &finite) || finite > AY_PROFILE_ROWS_MAX ||
		    c->places[i] > (inner ? c->counts[i] * (uint64_t)PLACES : 0))
			return false;
	}
	if (ay_ckd_add_u64(rows, c->nan, &rows) || ay_ckd_add_u64(rows, c->minus_infinity, &rows) ||
	    ay_ckd_add_u64(rows, c->plus_infinity, &rows) || ay_ckd_add_u64(rows, finite, &rows))
		return false;
	bool zero = m->mean == 0 && m->m2 == 0 && m->m3 == 0 && m->m4 == 0;

	if ((m->overflow || !finite) && !zero)
		return false;
	return rows == c->rows && rows <= AY_PROFILE_ROWS_MAX && m->n == finite && (finite || (c->min == 0 && c->max == 0 && !m->overflow)) &&
	       isfinite(c->min) && isfinite(c->max) && c->min <= c->max && isfinite(m->mean) && isfinite(m->m3) && m->m2 >= 0 && m->m4 >= 0 &&
	       isfinite(m->m2) && isfinite(m->m4);
}

int ay_numbers_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_numbers *out)
{
	uint8_t kind = ay_cursor_u8(in), version = ay_cursor_u8(in);
	struct ay_sipkey key = {.k0 = ay_cursor_le64(in), .k1 = 0};
	int err;

	key.k1 = ay_cursor_le64(in);
	*out = (struct ay_numbers){.budget = b};
	size_t n = (size_t)ay_cursor_check_count(in, ay_cursor_le32(in), sizeof(double) + 2, AY_PROFILE_EDGES_MAX);

	if (in->err || kind != 'n' || version != NUMBERS_VERSION)
		return in->err ? in->err : AY_EFORMAT;
	double *edges = ay_budget_alloc(b, (n + 1) * sizeof(*edges));

	if (!edges)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++)
		edges[i] = ay_profile_take(in);
	err = in->err ? in->err : ay_numbers_init(out, b, &key, edges, n);
	ay_budget_free(b, edges);
	if (err)
		return err;
	for (size_t i = 0; i <= n; i++)
		out->counts[i] = ay_pb_varint(in);
	for (size_t i = 0; i <= n; i++)
		out->places[i] = ay_pb_varint(in);
	uint64_t *sums[] = {&out->rows, &out->null, &out->nan, &out->minus_infinity, &out->plus_infinity, &out->moments.n};
	double *numbers[] = {&out->min, &out->max, &out->moments.mean, &out->moments.m2, &out->moments.m3, &out->moments.m4};

	for (size_t i = 0; i < AY_ARRAY_LEN(sums); i++)
		*sums[i] = ay_pb_varint(in);
	for (size_t i = 0; i < AY_ARRAY_LEN(numbers); i++)
		*numbers[i] = ay_profile_take(in);
	uint8_t overflow = ay_cursor_u8(in);

	out->moments.overflow = overflow;
	ay_profile_take_distinct(in, &out->distinct);
	if (!in->err && overflow <= 1 && numbers_plausible(out))
		return 0;
	ay_numbers_free(out);
	return in->err ? in->err : AY_EFORMAT;
}

void ay_numbers_free(struct ay_numbers *c)
{
	ay_budget_free(c->budget, c->edges);
	ay_budget_free(c->budget, c->counts);
	ay_budget_free(c->budget, c->places);
	c->edges = NULL;
	c->counts = c->places = NULL;
	c->edge_count = 0;
}
