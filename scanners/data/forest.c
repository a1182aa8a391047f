/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/outlier_model.h"

#include <math.h>
#include <stdlib.h>

#include "assay/attr.h"

#define NODES ((size_t)2 * AY_FOREST_ROWS)
#define Z_MAX 1e30
#define EULER 0.57721566490153286061
#define SIDE_BY_SIDE 4                    /* rows that go down a tree at the same time: a step waits for two loads */

double ay_forest_usual_path(size_t n)
{
	double less = (double)n - 1;

	if (n < 3)
		return n == 2 ? 1 : 0;
	return 2 * (log(less) + EULER) - 2 * less / (double)n;
}

/* ---- a row as the trees see it ---- */

/* Of values the share of the dictionary that is more frequent: what is rare stands at one end. */
static void read_row(const struct ay_forest *f, const struct ay_placed *row, float *out)
{
	for (size_t i = 0; i < f->ref->count; i++) {
		const struct ay_outlier_limits *l = &f->limits[i];
		double v = row[i].number;

		if (!f->ref->columns[i].numeric) {
			size_t used = f->ref->columns[i].values.used;

			v = row[i].at < used ? f->rank[i][row[i].at] / (double)used : row[i].at == used ? 1 : 0;
		} else {
			v = (v - l->median) / (l->scale > 0 ? l->scale : 1);
			v = isnan(v) ? 0 : v;
		}
		out[i] = (float)(v > Z_MAX ? Z_MAX : v < -Z_MAX ? -Z_MAX : v);
	}
}

/* In the order of the floats; the two zeros are one. */
static uint32_t key_of(float v)
{
	union { float number; uint32_t bits; } word = {.number = v + 0.0F};

	return word.bits ^ (word.bits >> 31 ? UINT32_MAX : 1u << 31);
}

static void read_keys(const struct ay_forest *f, const struct ay_placed *row, uint32_t *out)
{
	float v[AY_REFERENCE_COLUMNS] AY_SCRATCH;

	read_row(f, row, v);
	for (size_t i = 0; i < f->ref->count; i++)
		out[i] = key_of(v[i]);
}

struct ranked { uint64_t count, hash; uint32_t entry; };

static int by_count(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

static int rank_values(struct ay_forest *f, size_t column)
{
	const struct ay_values *v = &f->ref->columns[column].values;
	struct ranked *order = ay_budget_alloc(f->budget, (v->used + 1) * sizeof(*order));
	uint32_t *rank = f->rank[column] = ay_budget_alloc(f->budget, (v->used + 1) * sizeof(*rank));

	if (!order || !rank) {
		ay_budget_free(f->budget, order);
		return AY_ELIMIT;
	}
	for (size_t i = 0; i < v->used; i++)
		order[i] = (struct ranked){.count = v->entries[i].count, .hash = v->entries[i].hash[0], .entry = (uint32_t)i};
	qsort(order, v->used, sizeof(*order), by_count);
	for (size_t i = 0; i < v->used; i++)
		rank[order[i].entry] = (uint32_t)i;
	ay_budget_free(f->budget, order);
	return 0;
}

/* ---- growing ---- */

struct growing {
	struct ay_forest *f;
	const float *all;                 /* the reference's rows, width each */
	size_t count, width;
	uint64_t seed;
	uint32_t *order;                  /* of all rows: the first ones are the tree's */
	uint16_t *columns;                /* in an order of which each node draws a new beginning */
	struct ay_forest_node *nodes;     /* of the tree that grows */
	float *path;
	size_t used;
};

/* SplitMix64, seeded by the reference: the same forest everywhere. */
static uint64_t draw(struct growing *g)
{
	uint64_t z = g->seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t draw_below(struct growing *g, size_t n)
{
	return (size_t)((__uint128_t)draw(g) * n >> 64);
}

static float at(const struct growing *g, size_t i, size_t column)
{
	return g->all[g->order[i] * g->width + column];
}

struct cut { float at; uint16_t column; };

/* A column that varies among the rows from..to, drawn evenly, and a cut between its ends; false when none does. */
static bool choose_cut(struct growing *g, size_t from, size_t to, struct cut *out)
{
	for (size_t left = g->width; left > 0; left--) {
		size_t k = draw_below(g, left);
		uint16_t column = g->columns[k];
		float low = at(g, from, column), high = low;

		g->columns[k] = g->columns[left - 1];
		g->columns[left - 1] = column;
		for (size_t i = from + 1; i < to; i++) {
			float v = at(g, i, column);

			low = v < low ? v : low;
			high = v > high ? v : high;
		}
		if (!(low < high))
			continue;
		double share = (double)(draw(g) >> 11) * 0x1p-53;
		float cut = (float)((double)low + share * ((double)high - (double)low));

		*out = (struct cut){.at = cut < high ? cut : low, .column = column};
		return true;
	}
	return false;
}

/* Rows that are not greater than the cut first. Returns where the others begin. */
static size_t part(struct growing *g, size_t from, size_t to, const struct cut *n)
{
	size_t middle = from;

	for (size_t i = from; i < to; i++)
		if (!(at(g, i, n->column) > n->at)) {
			uint32_t keep = g->order[middle];

			g->order[middle++] = g->order[i];
			g->order[i] = keep;
		}
	return middle;
}

/* At most depth levels, of which a forest has eight. */
static void grow(struct growing *g, size_t node, size_t from, size_t to, size_t depth)
{
	struct cut n;

	if (depth == g->f->depth || to - from < 2 || !choose_cut(g, from, to, &n)) {
		g->nodes[node] = (struct ay_forest_node){.cut = key_of(INFINITY), .left = (uint16_t)node};
		g->path[node] = (float)((double)depth + ay_forest_usual_path(to - from));
		return;
	}
	size_t middle = part(g, from, to, &n), left = g->used;

	g->used += 2;
	g->nodes[node] = (struct ay_forest_node){.cut = key_of(n.at), .column = n.column, .left = (uint16_t)left};
	g->path[node] = 0;
	grow(g, left, from, middle, depth + 1);
	grow(g, left + 1, middle, to, depth + 1);
}

static void grow_tree(struct growing *g, size_t tree)
{
	g->nodes = g->f->nodes + tree * NODES;
	g->path = g->f->path + tree * NODES;
	g->used = 1;
	for (size_t i = 0; i < g->f->rows; i++) {
		size_t k = i + draw_below(g, g->count - i);
		uint32_t keep = g->order[i];

		g->order[i] = g->order[k];
		g->order[k] = keep;
	}
	grow(g, 0, 0, g->f->rows, 0);
}

static int grow_all(struct ay_forest *f, const struct ay_outlier_rows *rows)
{
	struct growing g = {.f = f, .count = rows->count, .width = f->ref->count, .seed = f->ref->sample.key.k0};
	float *all = ay_budget_alloc(f->budget, rows->count * g.width * sizeof(*all));
	int rc;

	g.all = all;
	g.order = ay_budget_alloc(f->budget, rows->count * sizeof(*g.order));
	g.columns = ay_budget_alloc(f->budget, g.width * sizeof(*g.columns));
	rc = all && g.order && g.columns ? 0 : AY_ELIMIT;
	for (size_t i = 0; rc == 0 && i < rows->count; i++) {
		g.order[i] = (uint32_t)i;
		read_row(f, ay_outlier_rows_at(rows, i), all + i * g.width);
	}
	for (size_t i = 0; rc == 0 && i < g.width; i++)
		g.columns[i] = (uint16_t)i;
	for (size_t t = 0; rc == 0 && t < f->trees; t++) {
		grow_tree(&g, t);
		rc = ay_budget_tick(f->budget);
	}
	ay_budget_free(f->budget, all);
	ay_budget_free(f->budget, g.order);
	ay_budget_free(f->budget, g.columns);
	return rc;
}

int ay_forest_new(const struct ay_reference *ref, const struct ay_outlier_limits *limits, const struct ay_outlier_rows *rows,
		  struct ay_budget *b, struct ay_forest **out)
{
	struct ay_forest *f = *out = ay_budget_alloc(b, sizeof(*f));
	int rc = 0;

	if (!f)
		return AY_ELIMIT;
	*f = (struct ay_forest){.budget = b, .ref = ref, .limits = limits, .trees = AY_FOREST_TREES, .rows = rows->count};
	if (f->rows > AY_FOREST_ROWS)
		f->rows = AY_FOREST_ROWS;
	while ((size_t)1 << f->depth < f->rows)
		f->depth++;
	f->nodes = ay_budget_alloc(b, f->trees * NODES * sizeof(*f->nodes));
	f->path = ay_budget_alloc(b, f->trees * NODES * sizeof(*f->path));
	f->rank = ay_budget_alloc(b, (ref->count + 1) * sizeof(*f->rank));
	f->scratch = ay_budget_alloc(b, (ref->count + 1) * AY_FOREST_TOGETHER * sizeof(*f->scratch));
	if (!f->nodes || !f->path || !f->rank || !f->scratch)
		rc = AY_ELIMIT;
	else
		memset(f->scratch, 0, ref->count * AY_FOREST_TOGETHER * sizeof(*f->scratch));
	for (size_t i = 0; f->rank && i < ref->count; i++)
		f->rank[i] = NULL;
	for (size_t i = 0; rc == 0 && i < ref->count; i++)
		rc = ref->columns[i].numeric ? 0 : rank_values(f, i);
	if (!rc)
		rc = grow_all(f, rows);
	if (rc) {
		ay_forest_free(f);
		*out = NULL;
	}
	return rc;
}

/* ---- scores ---- */

static inline size_t step(const struct ay_forest_node *nodes, size_t at, const uint32_t *row)
{
	return nodes[at].left + (size_t)(nodes[at].cut < row[nodes[at].column]);
}

/* As many steps for each row, so that no branch is guessed. */
static void add_paths(const struct ay_forest *f, size_t tree, const uint32_t *rows, double *out)
{
	const struct ay_forest_node *nodes = f->nodes + tree * NODES;
	const float *path = f->path + tree * NODES;
	size_t width = f->ref->count, a = 0, b = 0, c = 0, d = 0;

	for (size_t level = 0; level < f->depth; level++) {
		a = step(nodes, a, rows);
		b = step(nodes, b, rows + width);
		c = step(nodes, c, rows + 2 * width);
		d = step(nodes, d, rows + 3 * width);
	}
	out[0] += (double)path[a];
	out[1] += (double)path[b];
	out[2] += (double)path[c];
	out[3] += (double)path[d];
}

/* The last ones side by side are rows that nobody asked for: what lies in scratch. */
static void score_scratch(const struct ay_forest *f, size_t n, double *out)
{
	double sum[AY_FOREST_TOGETHER] = {0};

	for (size_t t = 0; t < f->trees; t++)
		for (size_t r = 0; r < n; r += SIDE_BY_SIDE)
			add_paths(f, t, f->scratch + r * f->ref->count, sum + r);
	for (size_t r = 0; r < n; r++)
		out[r] = exp2(-sum[r] / (double)f->trees / ay_forest_usual_path(f->rows));
}

void ay_forest_scores(const struct ay_forest *f, const struct ay_placed *rows, size_t n, double *out)
{
	for (size_t r = 0; r < n; r++)
		read_keys(f, rows + r * f->ref->count, f->scratch + r * f->ref->count);
	score_scratch(f, n, out);
}

double ay_forest_score(const struct ay_forest *f, const struct ay_placed *row)
{
	double score;

	ay_forest_scores(f, row, 1, &score);
	return score;
}

void ay_forest_shares(const struct ay_forest *f, const struct ay_placed *row, double *share)
{
	double whole = ay_forest_score(f, row), without;

	for (size_t i = 0; i < f->ref->count; i++) {
		uint32_t keep = f->scratch[i];

		f->scratch[i] = key_of(0);
		score_scratch(f, 1, &without);
		share[i] = whole - without;
		f->scratch[i] = keep;
	}
}

void ay_forest_free(struct ay_forest *f)
{
	if (!f)
		return;
	for (size_t i = 0; f->rank && i < f->ref->count; i++)
		ay_budget_free(f->budget, f->rank[i]);
	ay_budget_free(f->budget, f->rank);
	ay_budget_free(f->budget, f->nodes);
	ay_budget_free(f->budget, f->path);
	ay_budget_free(f->budget, f->scratch);
	ay_budget_free(f->budget, f);
}
