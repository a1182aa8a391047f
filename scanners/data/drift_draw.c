/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/drift_draw.h"

#include <math.h>

#define BY_INVERSION 30       /* expected successes up to which they are counted one by one */

/* SplitMix64 spreads the key over the state of xorshift128+, which is then not zero. */
static uint64_t spread(uint64_t *z)
{
	uint64_t x = *z += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

struct ay_draw ay_draw_new(const struct ay_sipkey *key, uint64_t rows)
{
	uint64_t z = key->k0 ^ rows, y = key->k1;
	struct ay_draw d = {{spread(&z) ^ spread(&y), spread(&z) + spread(&y)}};

	d.s[0] |= 1;
	return d;
}

static uint64_t next(struct ay_draw *d)
{
	uint64_t x = d->s[0], y = d->s[1];

	d->s[0] = y;
	x ^= x << 23;
	d->s[1] = x ^ y ^ (x >> 17) ^ (y >> 26);
	return d->s[1] + y;
}

double ay_draw_uniform(struct ay_draw *d)
{
	return (double)(next(d) >> 11) / 9007199254740992.0;
}

static double normal(struct ay_draw *d)
{
	return sqrt(-2 * log(1 - ay_draw_uniform(d))) * cos(2 * M_PI * ay_draw_uniform(d));
}

/* The distribution function is added up until it passes a uniform number. */
static uint64_t by_inversion(struct ay_draw *d, uint64_t n, double p)
{
	double odds = p / (1 - p), term = exp((double)n * log1p(-p)), u = ay_draw_uniform(d);
	uint64_t k = 0;

	while (u > term && k < n && k < 100 * BY_INVERSION) {
		u -= term;
		k++;
		term *= odds * (double)(n - k + 1) / (double)k;
	}
	return k;
}

uint64_t ay_draw_binomial(struct ay_draw *d, uint64_t n, double p)
{
	double mean = (double)n * p;

	if (!(p > 0) || !n)
		return 0;
	if (p >= 1)
		return n;
	if (p > 0.5)
		return n - ay_draw_binomial(d, n, 1 - p);
	if (mean < BY_INVERSION)
		return by_inversion(d, n, p);
	double k = round(mean + sqrt(mean * (1 - p)) * normal(d));

	return k < 0 ? 0 : k > (double)n ? n : (uint64_t)k;
}

/* Draws cells one after the other out of what is left of the rows and of the reference's. */
struct urn { struct ay_draw *d; uint64_t rows, left; };

static uint64_t cell(struct urn *u, uint64_t of_reference)
{
	uint64_t k = u->left ? ay_draw_binomial(u->d, u->rows, (double)of_reference / (double)u->left) : 0;

	u->rows -= k;
	u->left -= of_reference < u->left ? of_reference : u->left;
	return k;
}

void ay_draw_numbers(struct ay_draw *d, const struct ay_numbers *ref, uint64_t rows, struct ay_numbers *batch)
{
	struct urn u = {d, rows, ref->rows};

	batch->rows = rows;
	batch->null = cell(&u, ref->null);
	batch->nan = cell(&u, ref->nan);
	batch->minus_infinity = cell(&u, ref->minus_infinity);
	batch->plus_infinity = cell(&u, ref->plus_infinity);
	batch->moments = (struct ay_moments){.n = u.rows};
	for (size_t i = 0; i < ay_numbers_bins(ref); i++) {
		batch->counts[i] = cell(&u, ref->counts[i]);
		/* Where they lie in the bin is as in the reference. */
		batch->places[i] = ref->counts[i] ? (uint64_t)((double)ref->places[i] * ((double)batch->counts[i] / (double)ref->counts[i])) : 0;
	}
}

/* What the reference has once would be unseen: it is drawn so. */
void ay_draw_values(struct ay_draw *d, const struct ay_values *ref, uint64_t rows, struct ay_values *batch)
{
	struct urn u = {d, rows, ref->rows}, buckets;
	uint64_t once = 0;

	batch->rows = rows;
	batch->null = cell(&u, ref->null);
	buckets = u;
	for (size_t i = 0; i < ref->used; i++) {
		bool single = ref->entries[i].count == 1;

		once += single;
		batch->entries[i].count = single ? 0 : cell(&u, ref->entries[i].count);
	}
	batch->unseen = cell(&u, once);
	for (size_t i = 0; i < AY_PROFILE_BUCKETS; i++)
		batch->buckets[i] = cell(&buckets, ref->buckets[i]);
}
