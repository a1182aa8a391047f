/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/spectral.h"

#include <math.h>
#include <stdlib.h>

#include "scanners/data/space.h"
#include "scanners/data/stat_dist.h"

#define DIMS AY_SPACE_NUMBERS
#define SHRINK_MIN 0.01       /* towards unit spread: what never varied in a class must not be infinitely strange */
#define STEPS 100             /* of the power iteration */

/* Rows of one class as points, in halves: every other one. */
struct side { float *v; uint32_t *row; size_t n; };
static const float *point_of(const struct side *s, size_t dims, size_t i) { return s->v + i * dims; }

struct judging {
	struct ay_budget *budget;
	struct ay_reference *ref;
	const struct ay_drawn *rows;
	struct ay_space space;
	size_t label, dims, places;      /* places: of the label, without that of missing cells */
	bool projected;                  /* more numbers than dimensions, none of them chosen */
	size_t used[DIMS];               /* else: which of the space's numbers are looked at */
	struct side side[2];             /* the reference, the batch; of the class at hand */
	uint16_t *ref_class;             /* place of the label of each row of the sample */
	float *ref_points;
	double mean[DIMS], lower[DIMS][DIMS];    /* of the class at hand: where it lies, and the Cholesky factor of its spread */
	double alpha, limit;
	struct ay_spectral_result *out;
};
/* Where rows are strange: looked for in the rows of one half, from `half` on every other one. */
struct fold { size_t half; double direction[DIMS], value, at; int sign; };
/* What is counted of both halves. */
struct tally { uint64_t beyond, rows, ref_beyond, ref_rows; double far[DIMS]; struct ay_spectral_found found; };

/* ---- the rows of a class ---- */

static void read_point(const struct judging *k, const uint16_t *places, float *out)
{
	float all[AY_REFERENCE_COLUMNS], point[DIMS + AY_SPACE_VALUES];

	if (k->projected)
		ay_space_point(&k->space, places, point);
	else
		ay_space_numbers(&k->space, places, all);
	for (size_t d = 0; d < k->dims; d++)
		out[d] = k->projected ? point[d] : all[k->used[d]];
}

static int read_reference(struct judging *k)
{
	int rc = ay_reference_place(k->ref);

	for (size_t i = 0; rc == 0 && i < k->ref->sample.used; i++) {
		const uint16_t *row = ay_reference_row(k->ref, i);

		read_point(k, row, k->ref_points + i * k->dims);
		k->ref_class[i] = row[k->label];
		rc = ay_budget_tick(k->budget);
	}
	return rc;
}

static void take_class(struct judging *k, uint16_t class)
{
	struct side *r = &k->side[0], *b = &k->side[1];

	r->n = b->n = 0;
	for (size_t i = 0; i < k->ref->sample.used; i++)
		for (size_t d = 0; k->ref_class[i] == class && d < k->dims; d++) {
			r->v[r->n * k->dims + d] = k->ref_points[i * k->dims + d];
			r->n += d + 1 == k->dims;
		}
	for (size_t i = 0; i < k->rows->used; i++) {
		const uint16_t *places = k->rows->places + k->rows->heap[i].at * k->rows->width;

		if (places[k->label] != class)
			continue;
		read_point(k, places, b->v + b->n * k->dims);
		b->row[b->n++] = (uint32_t)i;
	}
}

/* ---- whitening, by one half of the reference's rows ---- */

static void add_product(double m[DIMS][DIMS], const double *y, size_t dims)
{
	for (size_t i = 0; i < dims; i++)
		for (size_t j = 0; j <= i; j++)
			m[i][j] += y[i] * y[j];
}

static bool factorise(struct judging *k)
{
	for (size_t i = 0; i < k->dims; i++)
		for (size_t c = 0; c <= i; c++) {
			double left = k->lower[i][c];

			for (size_t j = 0; j < c; j++)
				left -= k->lower[i][j] * k->lower[c][j];
			if (c == i && !(left > 0))
				return false;
			k->lower[i][c] = c == i ? sqrt(left) : left / k->lower[c][c];
		}
	return true;
}

static size_t half_count(const struct side *s, size_t half)
{
	return (s->n + 1 - half) / 2;
}

static bool whiten(struct judging *k, size_t half)
{
	const struct side *r = &k->side[0];
	double n = (double)half_count(r, half), shrink = fmax((double)k->dims / ((double)k->dims + n), SHRINK_MIN), y[DIMS];

	for (size_t i = 0; i < k->dims; i++) {
		k->mean[i] = 0;
		for (size_t j = 0; j < k->dims; j++)
			k->lower[i][j] = 0;
	}
	for (size_t i = half; i < r->n; i += 2)
		for (size_t d = 0; d < k->dims; d++)
			k->mean[d] += point_of(r, k->dims, i)[d] / n;
	for (size_t i = half; i < r->n; i += 2) {
		for (size_t d = 0; d < k->dims; d++)
			y[d] = point_of(r, k->dims, i)[d] - k->mean[d];
		add_product(k->lower, y, k->dims);
	}
	for (size_t i = 0; i < k->dims; i++)
		for (size_t j = 0; j <= i; j++)
			k->lower[i][j] = (1 - shrink) * k->lower[i][j] / n + (i == j ? shrink : 0);
	return factorise(k);
}

/* L y = x - mean, in place of the points. */
static void whiten_side(const struct judging *k, struct side *s)
{
	for (size_t i = 0; i < s->n; i++) {
		float *x = s->v + i * k->dims;

		for (size_t d = 0; d < k->dims; d++) {
			double left = x[d] - k->mean[d];

			for (size_t j = 0; j < d; j++)
				left -= k->lower[d][j] * x[j];
			x[d] = (float)(left / k->lower[d][d]);
		}
	}
}

/* ---- the direction of the greatest spread ---- */

/* Of the rows of a half, where chosen is given only of those; returns the greatest eigenvalue. */
static double spread(const struct judging *k, const struct side *s, size_t half, const bool *chosen, double *v)
{
	double m[DIMS][DIMS] = {{0}}, next[DIMS], value = 0, n = 0;
	size_t widest = 0;

	for (size_t i = half; i < s->n; i += 2) {
		double y[DIMS];

		if (chosen && !chosen[i])
			continue;
		for (size_t d = 0; d < k->dims; d++)
			y[d] = point_of(s, k->dims, i)[d];
		add_product(m, y, k->dims);
		n++;
	}
	for (size_t i = 1; i < k->dims; i++)
		if (m[i][i] > m[widest][widest])
			widest = i;
	for (size_t i = 0; i < k->dims; i++)
		v[i] = i == widest ? 1 : 1e-3;
	for (int step = 0; step < STEPS && n > 0; step++) {
		double sum = 0, before = value;

		for (size_t i = 0; i < k->dims; i++) {
			next[i] = 0;
			for (size_t j = 0; j < k->dims; j++)
				next[i] += (i >= j ? m[i][j] : m[j][i]) * v[j];
			sum += next[i] * next[i];
		}
		value = sqrt(sum);
		for (size_t i = 0; i < k->dims; i++)
			v[i] = value > 0 ? next[i] / value : 0;
		if (fabs(value - before) <= 1e-6 * value)
			break;
	}
	return n > 0 ? value / n : 0;
}

static uint64_t mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* The greatest of what as many rows of the reference's other half give; the same ones every time. */
static int usual_spread(const struct judging *k, size_t half, double *out)
{
	const struct side *r = &k->side[0];
	size_t all = half_count(r, 1 - half), rows = half_count(&k->side[1], half);
	bool *chosen = ay_budget_alloc(k->budget, (r->n + 1) * sizeof(*chosen));
	double v[DIMS];
	int rc = chosen ? 0 : AY_ELIMIT;

	*out = 0;
	for (uint64_t draw = 0; rc == 0 && draw < AY_SPECTRAL_DRAWS; draw++) {
		size_t want = rows < all ? rows : all, left = all;

		for (size_t i = 1 - half; i < r->n; i += 2, left--) {
			chosen[i] = mix(draw << 32 | i) % left < want;
			want -= chosen[i];
		}
		*out = fmax(*out, spread(k, r, 1 - half, chosen, v));
		rc = ay_budget_tick(k->budget);
	}
	ay_budget_free(k->budget, chosen);
	return rc;
}

static double project(const struct judging *k, const struct side *s, size_t i, const double *v)
{
	double sum = 0;

	for (size_t d = 0; d < k->dims; d++)
		sum += point_of(s, k->dims, i)[d] * v[d];
	return sum;
}

/* ---- a fold ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;    /* own: scores */

	return x < y ? -1 : x > y;
}

static uint64_t count_beyond(const struct judging *k, const struct side *s, size_t half, const struct fold *f)
{
	uint64_t n = 0;

	for (size_t i = half; i < s->n; i += 2)
		n += f->sign * project(k, s, i, f->direction) > f->at;
	return n;
}

/* Which end, and from where on: where the half that may be looked at has most beyond its due. scores: sorted, of the reference's. */
static void choose_end(const struct judging *k, const double *scores, size_t n, struct fold *f)
{
	static const double shares[] = {0.1, 0.05, 0.02, 0.01, 0.005};
	double best = -1e300, rows = (double)half_count(&k->side[1], f->half);
	struct fold at = *f;

	for (int sign = -1; sign <= 1; sign += 2)
		for (size_t i = 0; i < AY_ARRAY_LEN(shares); i++) {
			size_t out = (size_t)(shares[i] * (double)n);
			double share = ((double)out + 1) / ((double)n + 1);

			at.sign = sign;
			at.at = sign > 0 ? scores[n - 1 - out] : -scores[out];
			double more = ((double)count_beyond(k, &k->side[1], f->half, &at) - share * rows) / sqrt(share * rows);

			if (more > best) {
				best = more;
				f->sign = sign;
				f->at = at.at;
			}
		}
}

/* What one half of each side says of where to look. Its class's rows are white afterwards. */
static int look(struct judging *k, uint16_t class, size_t half, struct fold *f)
{
	const struct side *r = &k->side[0];
	size_t n = 0;
	double *scores;

	take_class(k, class);
	if (!whiten(k, half))
		return AY_EINTERNAL;
	whiten_side(k, &k->side[0]);
	whiten_side(k, &k->side[1]);
	scores = ay_budget_alloc(k->budget, (r->n + 1) * sizeof(*scores));
	if (!scores)
		return AY_ELIMIT;
	*f = (struct fold){.half = half};
	f->value = spread(k, &k->side[1], half, NULL, f->direction);
	for (size_t i = half; i < r->n; i += 2)
		scores[n++] = project(k, r, i, f->direction);
	qsort(scores, n, sizeof(*scores), by_value);
	choose_end(k, scores, n, f);
	ay_budget_free(k->budget, scores);
	return ay_budget_tick(k->budget);
}

/* ---- what is told ---- */

static void name_row(const struct ay_drawn_row *row, double score, struct ay_spectral_found *out)
{
	size_t at = out->nworst;

	while (at && score > out->worst[at - 1].score)
		at--;
	if (at == AY_SPECTRAL_ROWS)
		return;
	out->nworst += out->nworst < AY_SPECTRAL_ROWS;
	for (size_t j = out->nworst - 1; j > at; j--)
		out->worst[j] = out->worst[j - 1];
	out->worst[at].row = row->row;
	out->worst[at].file = row->file;
	out->worst[at].score = score;
}

/* The half that had no say. */
static void count_other(const struct judging *k, const struct fold *f, struct tally *t)
{
	const struct side *b = &k->side[1];
	float point[DIMS];

	t->rows += half_count(b, 1 - f->half);
	t->ref_rows += half_count(&k->side[0], 1 - f->half);
	t->ref_beyond += count_beyond(k, &k->side[0], 1 - f->half, f);
	for (size_t i = 1 - f->half; i < b->n; i += 2) {
		const struct ay_drawn_row *row = &k->rows->heap[b->row[i]];
		double score = f->sign * project(k, b, i, f->direction);

		if (score <= f->at)
			continue;
		t->beyond++;
		name_row(row, score, &t->found);
		read_point(k, k->rows->places + row->at * k->rows->width, point);
		for (size_t d = 0; d < k->dims; d++)
			t->far[d] += point[d] - k->mean[d];
	}
}

/* Columns in which rows beyond lie farthest from their class, in standard deviations of the whole reference. */
static void name_columns(const struct judging *k, struct tally *t)
{
	struct ay_spectral_found *out = &t->found;

	for (; !k->projected && out->ncolumns < AY_SPECTRAL_COLUMNS && out->ncolumns < k->dims; out->ncolumns++) {
		size_t most = 0;

		for (size_t d = 1; d < k->dims; d++)
			if (fabs(t->far[d]) > fabs(t->far[most]))
				most = d;
		out->columns[out->ncolumns] = k->space.columns[k->used[most]];
		t->far[most] = 0;
	}
}

static int judge_class(struct judging *k, uint16_t class)
{
	struct tally t = {.found = {.class = class}};
	struct ay_spectral_found *found = &t.found;
	struct fold f;
	int rc = 0;

	for (size_t half = 2; rc == 0 && half-- > 0;) {
		rc = look(k, class, half, &f);
		if (!rc)
			count_other(k, &f, &t);
	}
	if (!rc)
		rc = ay_stat_hypergeometric_sf(t.rows + t.ref_rows, t.beyond + t.ref_beyond, t.rows, t.beyond, &found->p);
	if (rc)
		return rc;
	found->p = fmin(1, found->p * (double)k->out->classes);
	found->rows = t.rows;
	found->ref_rows = t.ref_rows;
	found->share = (double)t.beyond / (double)t.rows;
	found->ref_share = (double)t.ref_beyond / (double)t.ref_rows;
	found->value = f.value;
	if (found->p >= k->alpha || found->share - found->ref_share <= k->limit)
		return 0;
	rc = usual_spread(k, f.half, &found->usual);
	if (rc || found->value <= found->usual)
		return rc;
	name_columns(k, &t);
	k->out->total++;
	if (k->out->n < AY_SPECTRAL_LISTED)
		k->out->v[k->out->n++] = *found;
	return 0;
}

static bool enough(struct judging *k, uint16_t class)
{
	size_t n[2] = {0, 0};

	for (size_t i = 0; i < k->ref->sample.used; i++)
		n[0] += k->ref_class[i] == class;
	for (size_t i = 0; i < k->rows->used; i++)
		n[1] += k->rows->places[k->rows->heap[i].at * k->rows->width + k->label] == class;
	return n[0] >= AY_SPECTRAL_ROWS_MIN && n[0] > 2 * k->dims && n[1] >= AY_SPECTRAL_ROWS_MIN;
}

static int judge_classes(struct judging *k)
{
	uint16_t classes[AY_SPECTRAL_CLASSES], large[AY_SPECTRAL_CLASSES];
	size_t n;
	int rc = ay_label_places(k->ref, k->label, AY_SPECTRAL_CLASSES, classes, &n);

	for (size_t i = 0; rc == 0 && n <= AY_SPECTRAL_CLASSES && i < n; i++)
		if (enough(k, classes[i]))
			large[k->out->classes++] = classes[i];
	for (size_t i = 0; rc == 0 && i < k->out->classes; i++)
		rc = judge_class(k, large[i]);
	return rc;
}

static int make_sides(struct judging *k)
{
	size_t n[2] = {k->ref->sample.used, k->rows->used};

	for (size_t i = 0; i < 2; i++) {
		k->side[i].v = ay_budget_alloc(k->budget, (n[i] * k->dims + 1) * sizeof(*k->side[i].v));
		k->side[i].row = ay_budget_alloc(k->budget, (n[i] + 1) * sizeof(*k->side[i].row));
		if (!k->side[i].v || !k->side[i].row)
			return AY_ELIMIT;
	}
	k->ref_points = ay_budget_alloc(k->budget, (n[0] * k->dims + 1) * sizeof(*k->ref_points));
	k->ref_class = ay_budget_alloc(k->budget, (n[0] + 1) * sizeof(*k->ref_class));
	return k->ref_points && k->ref_class ? 0 : AY_ELIMIT;
}

/* Of more chosen columns than dimensions the first. */
static void choose_dims(struct judging *k, const bool *only)
{
	k->projected = !only && k->space.numbers > DIMS;
	for (size_t i = 0; i < k->space.numbers && k->dims < DIMS; i++)
		if (!only || only[k->space.columns[i]])
			k->used[k->dims++] = i;
}

int ay_spectral_judge(struct ay_reference *ref, size_t label, const bool *only, const struct ay_drawn *rows, double alpha, double limit,
		      struct ay_budget *b, struct ay_spectral_result *out)
{
	struct judging k = {.budget = b, .ref = ref, .rows = rows, .label = label, .alpha = alpha, .limit = limit, .out = out};

	*out = (struct ay_spectral_result){.classes = 0};
	if (!ref->sample.width || !rows->width)
		return 0;
	int rc = ay_space_init(&k.space, b, ref, label);

	if (rc)
		return rc;
	choose_dims(&k, only);
	if (k.dims >= 2) {
		rc = make_sides(&k);
		if (!rc)
			rc = read_reference(&k);
		if (!rc)
			rc = judge_classes(&k);
	}
	for (size_t i = 0; i < 2; i++) {
		ay_budget_free(b, k.side[i].v);
		ay_budget_free(b, k.side[i].row);
	}
	ay_budget_free(b, k.ref_points);
	ay_budget_free(b, k.ref_class);
	ay_space_free(&k.space);
	return rc;
}
