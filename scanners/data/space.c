/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/space.h"

#include <math.h>
#include <string.h>

/* Values that differ are as far apart as numbers of two rows are at the median: one deviation. */
#define MISMATCH 1.0f

/* What each place of a column of numbers stands for; a missing one for the mean. */
static int scale_column(struct ay_space *s, size_t column, float **out)
{
	const struct ay_numbers *c = &s->ref->columns[column].numbers;
	size_t bins = ay_numbers_bins(c);
	double *means = ay_budget_alloc(s->budget, bins * sizeof(*means));
	const struct ay_moments m = ay_numbers_moments(c);
	double sd = m.n > 1 && !m.overflow ? sqrt(m.m2 / (double)m.n) : 0;

	*out = ay_budget_alloc(s->budget, (bins + 1) * sizeof(**out));
	if (means && *out) {
		ay_numbers_means(c, means);
		for (size_t i = 0; i < bins; i++)
			(*out)[i] = sd > 0 ? (float)((means[i] - m.mean) / sd) : 0;
		(*out)[bins] = 0;
	}
	ay_budget_free(s->budget, means);
	return means && *out ? 0 : AY_ELIMIT;
}

int ay_space_init(struct ay_space *s, struct ay_budget *b, const struct ay_reference *ref, size_t without)
{
	size_t values = 0;
	int rc = 0;

	*s = (struct ay_space){.budget = b, .ref = ref};
	s->columns = ay_budget_alloc(b, (ref->count + 1) * sizeof(*s->columns));
	s->scaled = ay_budget_alloc(b, (ref->count + 1) * sizeof(*s->scaled));
	if (!s->columns || !s->scaled)
		rc = AY_ELIMIT;
	for (size_t i = 0; s->scaled && i < ref->count; i++)
		s->scaled[i] = NULL;
	for (size_t i = 0; rc == 0 && i < ref->count; i++) {
		if (i == without || !ref->columns[i].numeric)
			continue;
		s->columns[s->numbers] = (uint16_t)i;
		rc = scale_column(s, i, &s->scaled[s->numbers++]);
	}
	for (size_t i = 0; rc == 0 && i < ref->count && values < AY_SPACE_VALUES; i++)
		if (i != without && !ref->columns[i].numeric)
			s->columns[s->numbers + values++] = (uint16_t)i;
	s->values = values;
	s->dims = s->numbers > AY_SPACE_NUMBERS ? AY_SPACE_NUMBERS : s->numbers;
	if (rc)
		ay_space_free(s);
	return rc;
}

void ay_space_numbers(const struct ay_space *s, const uint16_t *places, float *out)
{
	for (size_t i = 0; i < s->numbers; i++)
		out[i] = s->scaled[i][places[s->columns[i]]];
}

/* Whether column i adds to dimension d or is taken from it: as good as a coin, the same everywhere. */
static float sign_of(size_t i, size_t d)
{
	uint64_t z = (uint64_t)i * AY_SPACE_NUMBERS + d + 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) & 1 ? 1.0f : -1.0f;
}

void ay_space_point(const struct ay_space *s, const uint16_t *places, float *out)
{
	if (s->dims == s->numbers) {
		ay_space_numbers(s, places, out);
	} else {
		const float shrink = 1 / sqrtf((float)AY_SPACE_NUMBERS);

		for (size_t d = 0; d < s->dims; d++)
			out[d] = 0;
		for (size_t i = 0; i < s->numbers; i++) {
			float v = s->scaled[i][places[s->columns[i]]] * shrink;

			for (size_t d = 0; d < s->dims; d++)
				out[d] += v * sign_of(i, d);
		}
	}
	for (size_t i = 0; i < s->values; i++)
		out[s->dims + i] = (float)places[s->columns[s->numbers + i]];
}

void ay_space_free(struct ay_space *s)
{
	for (size_t i = 0; s->scaled && i < s->numbers; i++)
		ay_budget_free(s->budget, s->scaled[i]);
	ay_budget_free(s->budget, s->scaled);
	ay_budget_free(s->budget, s->columns);
	s->scaled = NULL;
	s->columns = NULL;
	s->numbers = 0;
}

/* ---- points ---- */

static size_t width_of(const struct ay_points *p)
{
	return p->space->dims + p->space->values;
}

int ay_points_init(struct ay_points *p, const struct ay_space *s, size_t cap)
{
	size_t blocks = (cap + AY_SPACE_BLOCK - 1) / AY_SPACE_BLOCK, width = s->dims + s->values;

	*p = (struct ay_points){.budget = s->budget, .space = s};
	p->v = ay_budget_alloc(s->budget, (blocks * width * AY_SPACE_BLOCK + 1) * sizeof(*p->v));
	if (!p->v)
		return AY_ELIMIT;
	for (size_t i = 0; i < blocks * width * AY_SPACE_BLOCK; i++)
		p->v[i] = 0;
	return 0;
}

void ay_points_add(struct ay_points *p, const float *point)
{
	size_t width = width_of(p);
	float *block = p->v + p->n / AY_SPACE_BLOCK * width * AY_SPACE_BLOCK;

	for (size_t d = 0; d < width; d++)
		block[d * AY_SPACE_BLOCK + p->n % AY_SPACE_BLOCK] = point[d];
	p->n++;
}

void ay_points_get(const struct ay_points *p, size_t i, float *point)
{
	size_t width = width_of(p);
	const float *block = p->v + i / AY_SPACE_BLOCK * width * AY_SPACE_BLOCK;

	for (size_t d = 0; d < width; d++)
		point[d] = block[d * AY_SPACE_BLOCK + i % AY_SPACE_BLOCK];
}

/*
 * Sixteen points at a time, their sums in registers; the compiler makes of this what the processor has. Each sum is added up in the
 * order of the dimensions, so that it is the same everywhere.
 */
#define LANES (AY_SPACE_TILE / 4)
#define STEP 8                           /* dimensions between two looks at the limit */
_Static_assert(AY_SPACE_BLOCK % AY_SPACE_TILE == 0 && AY_SPACE_BLOCK / AY_SPACE_TILE <= 32, "a block is whole tiles, with a bit for each");

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t masks __attribute__((vector_size(LANES * sizeof(int32_t))));
struct tile { lanes a, b, c, d; };
_Static_assert(sizeof(struct tile) == AY_SPACE_TILE * sizeof(float), "a tile is its points");

static lanes load(const float *v)
{
	lanes out;

	memcpy(&out, v, sizeof(out));    /* own: a whole tile is there */
	return out;
}

static void add_number(struct tile *t, const float *v, float x)
{
	lanes a = load(v) - x, b = load(v + LANES) - x, c = load(v + 2 * LANES) - x, d = load(v + 3 * LANES) - x;

	t->a += a * a;
	t->b += b * b;
	t->c += c * c;
	t->d += d * d;
}

/* Where a comparison holds its mask is -1. */
static lanes mismatch(const float *v, float x)
{
	return __builtin_convertvector(load(v) != x, lanes) * -MISMATCH;
}

static void add_value(struct tile *t, const float *v, float x)
{
	t->a += mismatch(v, x);
	t->b += mismatch(v + LANES, x);
	t->c += mismatch(v + 2 * LANES, x);
	t->d += mismatch(v + 3 * LANES, x);
}

static bool any_below(const struct tile *t, float limit)
{
	masks m = (t->a < limit) | (t->b < limit) | (t->c < limit) | (t->d < limit);
	uint64_t bits[2];

	memcpy(bits, &m, sizeof(bits));  /* own: as large */
	return bits[0] | bits[1];
}

uint32_t ay_points_measure(const struct ay_points *p, size_t block, const float *point, float limit, float out[AY_SPACE_BLOCK])
{
	size_t width = width_of(p), dims = p->space->dims;
	uint32_t near = 0;

	for (size_t at = 0; at < AY_SPACE_BLOCK; at += AY_SPACE_TILE) {
		const float *v = p->v + block * width * AY_SPACE_BLOCK + at;
		struct tile t = {0};
		bool below = true;

		for (size_t d = 0; d < width && below;) {
			size_t end = width - d < STEP ? width : d + STEP;

			for (; d < end && d < dims; d++, v += AY_SPACE_BLOCK)
				add_number(&t, v, point[d]);
			for (; d < end; d++, v += AY_SPACE_BLOCK)
				add_value(&t, v, point[d]);
			below = any_below(&t, limit);
		}
		near |= (uint32_t)below << at / AY_SPACE_TILE;
		memcpy(out + at, &t, sizeof(t)); /* own: the tile's place in out */
	}
	return near;
}

void ay_points_free(struct ay_points *p)
{
	ay_budget_free(p->budget, p->v);
	p->v = NULL;
	p->n = 0;
}
