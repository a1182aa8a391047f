/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/poison_labels.h"

#include <math.h>
#include <stdlib.h>

#include "scanners/data/space.h"

struct ay_label_model {
	struct ay_budget *budget;
	struct ay_reference *ref;
	size_t label;                    /* column */
	enum ay_label_why why;
	const struct ay_drawn *looks;    /* of the reference; NULL: rows are neighbours by their columns */
	float unit[2];                   /* of means, of edges */
	struct ay_space space;
	struct ay_points points;
	uint16_t *labels;                /* of each point */
	size_t classes;                  /* that the sample has */
	float *point;
	struct ay_label_own own;
	bool counted;                    /* own is known */
};

const char *ay_label_why_text(enum ay_label_why why)
{
	static const char *const texts[] = {
		[AY_LABEL_OK] = "", [AY_LABEL_FEW_ROWS] = "there are too few rows with a label",
		[AY_LABEL_FEW_SAMPLED] = "the reference keeps too few rows with a label",
		[AY_LABEL_CLASSES_MANY] = "the label has too many different values to be one",
		[AY_LABEL_ONE_CLASS] = "all labels of the reference are the same",
		[AY_LABEL_NO_COLUMNS] = "there is no other column to judge labels by",
		[AY_LABEL_BLIND_HERE] = "neighbours say too little about the labels of this data",
	};

	return texts[why];
}

/* ---- voting ---- */

struct near { float distance; uint16_t label; };
struct votes { uint16_t best; unsigned for_best, for_given, labels; };    /* labels: that got any */

/* Sorted by distance; of equal ones the first point stays. */
static void take_near(struct near *near, size_t *n, float distance, uint16_t label)
{
	size_t at = *n < AY_LABEL_NEIGHBOURS ? (*n)++ : AY_LABEL_NEIGHBOURS - 1;

	for (; at && near[at - 1].distance > distance; at--)
		near[at] = near[at - 1];
	near[at] = (struct near){distance, label};
}

static struct votes count_votes(const struct near *near, size_t n, uint16_t given)
{
	struct votes v = {.for_best = 0};

	for (size_t i = 0; i < n; i++) {
		unsigned same = 0, before = 0;

		v.for_given += near[i].label == given;
		for (size_t j = 0; j < n; j++) {
			same += near[j].label == near[i].label;
			before += j < i && near[j].label == near[i].label;
		}
		v.labels += before == 0;
		if (same > v.for_best) {
			v.best = near[i].label;
			v.for_best = same;
		}
	}
	return v;
}

struct nearest { struct near v[AY_LABEL_NEIGHBOURS]; size_t n; float limit; };     /* limit: farther points have no vote */

/* skip: a point that does not vote, SIZE_MAX for none. */
static void take_tile(const struct ay_label_model *m, const float *distance, size_t first, size_t skip, struct nearest *out)
{
	for (size_t i = first; i < first + AY_SPACE_TILE && i < m->points.n; i++)
		if (distance[i - first] < out->limit && i != skip) {
			take_near(out->v, &out->n, distance[i - first], m->labels[i]);
			out->limit = out->n < AY_LABEL_NEIGHBOURS ? INFINITY : out->v[out->n - 1].distance;
		}
}

static struct votes vote(const struct ay_label_model *m, const float *point, uint16_t given, size_t skip)
{
	struct nearest near = {.limit = INFINITY};
	float distance[AY_SPACE_BLOCK];

	for (size_t at = 0; at < m->points.n; at += AY_SPACE_BLOCK) {
		/* Most tiles have none that is near. */
		for (uint32_t tiles = ay_points_measure(&m->points, at / AY_SPACE_BLOCK, point, near.limit, distance); tiles; tiles &= tiles - 1) {
			size_t j = (size_t)__builtin_ctz(tiles) * AY_SPACE_TILE;

			take_tile(m, distance + j, at + j, skip, &near);
		}
	}
	return count_votes(near.v, near.n, given);
}

static bool is_lost(const struct ay_label_model *m, struct votes v)
{
	return m->looks ? !v.for_given && v.for_best >= AY_LABEL_CLEAR : v.for_given < v.for_best;
}

/* ---- what images look like ---- */

static void point_of_look(const struct ay_label_model *m, const struct ay_look *look, float *out)
{
	for (size_t i = 0; i < AY_LOOK_CELLS; i++)
		out[i] = (float)look->means[i] * m->unit[0];
	for (size_t i = 0; i < AY_LOOK_EDGES; i++)
		out[AY_LOOK_CELLS + i] = (float)look->edges[i] * m->unit[1];
}

static float unit_of(uint64_t squares, size_t n)
{
	return squares ? (float)(1 / sqrt((double)squares / (double)n)) : 0;
}

static int add_looks(struct ay_label_model *m)
{
	uint64_t means = 0, edges = 0;

	for (size_t i = 0; i < m->looks->used; i++) {
		const struct ay_look *look = ay_looks_get(m->looks, i);

		for (size_t k = 0; k < AY_LOOK_CELLS; k++)
			means += (uint64_t)look->means[k] * look->means[k];
		for (size_t k = 0; k < AY_LOOK_EDGES; k++)
			edges += (uint64_t)look->edges[k] * look->edges[k];
	}
	m->unit[0] = unit_of(means, m->looks->used * AY_LOOK_CELLS);
	m->unit[1] = unit_of(edges, m->looks->used * AY_LOOK_EDGES);
	for (size_t i = 0; i < m->looks->used; i++) {
		const struct ay_look *look = ay_looks_get(m->looks, i);
		int rc = ay_budget_tick(m->budget);

		if (rc)
			return rc;
		if (ay_looks_label(m->looks, i) == AY_LOOK_NO_LABEL)
			continue;
		point_of_look(m, look, m->point);
		m->labels[m->points.n] = ay_looks_label(m->looks, i);
		ay_points_add(&m->points, m->point);
	}
	return 0;
}

/* ---- the reference ---- */

static int add_rows(struct ay_label_model *m)
{
	uint16_t missing = (uint16_t)(ay_places_count(m->ref, m->label) - 1);
	int rc = ay_reference_place(m->ref);

	for (size_t i = 0; rc == 0 && i < m->ref->sample.used; i++) {
		const uint16_t *row = ay_reference_row(m->ref, i);

		if (row[m->label] == missing)
			continue;
		ay_space_point(&m->space, row, m->point);
		m->labels[m->points.n] = row[m->label];
		ay_points_add(&m->points, m->point);
		rc = ay_budget_tick(m->budget);
	}
	return rc;
}

static size_t count_classes(const struct ay_label_model *m)
{
	uint16_t seen[AY_LABEL_CLASSES + 1];
	size_t n = 0;

	for (size_t i = 0; i < m->points.n && n <= AY_LABEL_CLASSES; i++) {
		size_t at = 0;

		while (at < n && seen[at] != m->labels[i])
			at++;
		if (at == n)
			seen[n++] = m->labels[i];
	}
	return n;
}

static enum ay_label_why can_judge(struct ay_label_model *m)
{
	m->classes = count_classes(m);
	if (m->points.n < AY_LABEL_ROWS_MIN)
		return AY_LABEL_FEW_SAMPLED;
	if (m->classes > AY_LABEL_CLASSES)
		return AY_LABEL_CLASSES_MANY;
	if (m->classes < 2)
		return AY_LABEL_ONE_CLASS;
	return m->space.dims + m->space.values ? AY_LABEL_OK : AY_LABEL_NO_COLUMNS;
}

int ay_label_model_new(struct ay_reference *ref, size_t label, struct ay_budget *b, struct ay_label_model **out)
{
	struct ay_label_model *m = *out = ay_budget_alloc(b, sizeof(*m));
	size_t cap = ref->sample.width ? ref->sample.used : 0;
	int rc = 0;

	if (!m)
		return AY_ELIMIT;
	*m = (struct ay_label_model){.budget = b, .ref = ref, .label = label};
	if (ref->looks && strcmp(ref->columns[label].name, AY_IMAGE_LABEL) == 0) {
		m->looks = ref->looks;
		m->space = (struct ay_space){.budget = b, .ref = ref, .dims = AY_LOOK_CELLS + AY_LOOK_EDGES};
		cap = m->looks->used;
	} else {
		rc = ay_space_init(&m->space, b, ref, label);
	}
	if (!rc)
		rc = ay_points_init(&m->points, &m->space, cap);
	m->labels = ay_budget_alloc(b, (cap + 1) * sizeof(*m->labels));
	m->point = ay_budget_alloc(b, (m->space.dims + m->space.values + 1) * sizeof(*m->point));
	if (!rc && (!m->labels || !m->point))
		rc = AY_ELIMIT;
	if (!rc && cap)
		rc = m->looks ? add_looks(m) : add_rows(m);
	if (!rc)
		m->why = can_judge(m);
	if (rc) {
		ay_label_model_free(m);
		*out = NULL;
	}
	return rc;
}

void ay_label_model_free(struct ay_label_model *m)
{
	if (!m)
		return;
	ay_points_free(&m->points);
	ay_space_free(&m->space);
	ay_budget_free(m->budget, m->labels);
	ay_budget_free(m->budget, m->point);
	ay_budget_free(m->budget, m);
}

/* How likely another label, each as likely, would have lost. */
static double loses_flipped(const struct ay_label_model *m, struct votes v)
{
	size_t without = m->classes - v.labels - !v.for_given;

	return v.for_best >= AY_LABEL_CLEAR ? (double)without / (double)(m->classes - 1) : 0;
}

/* Each point judged by the others; as many as a batch has rows at most. The sample lies in the order of a keyed hash. */
static int judge_reference(struct ay_label_model *m)
{
	if (m->counted)
		return 0;
	m->own = (struct ay_label_own){.rows = 0};
	for (size_t i = 0; i < m->points.n && i < AY_DRAWN_ROWS; i++) {
		ay_points_get(&m->points, i, m->point);
		struct votes v = vote(m, m->point, m->labels[i], i);
		int rc = ay_budget_tick(m->budget);

		if (rc)
			return rc;
		m->own.rows++;
		m->own.lost += is_lost(m, v);
		if (m->looks)
			m->own.flipped += loses_flipped(m, v);
	}
	m->counted = true;
	return 0;
}

const struct ay_label_own *ay_label_own(const struct ay_label_model *m)
{
	return m->counted ? &m->own : NULL;
}

void ay_label_give_own(struct ay_label_model *m, const struct ay_label_own *own)
{
	m->own = *own;
	m->counted = true;
}

/* ---- a batch ---- */

/* The clearest first. */
static void keep_worst(struct ay_label_result *out, struct ay_label_row one)
{
	size_t at = out->worst_count;

	while (at && (one.for_given < out->worst[at - 1].for_given ||
		      (one.for_given == out->worst[at - 1].for_given && one.for_expected > out->worst[at - 1].for_expected)))
		at--;
	if (at == AY_LABEL_WORST)
		return;
	out->worst_count += out->worst_count < AY_LABEL_WORST;
	for (size_t i = out->worst_count - 1; i > at; i--)
		out->worst[i] = out->worst[i - 1];
	out->worst[at] = one;
}

/* The point at hand is that of a row; its label. */
static uint16_t point_of_row(struct ay_label_model *m, const struct ay_drawn *rows, size_t i)
{
	const uint16_t *places = rows->places + rows->heap[i].at * rows->width;

	if (m->looks) {
		point_of_look(m, ay_looks_get(rows, i), m->point);
		return ay_looks_label(rows, i);
	}
	ay_space_point(&m->space, places, m->point);
	return places[m->label];
}

static int judge_rows(struct ay_label_model *m, const struct ay_drawn *rows, struct ay_label_result *out)
{
	uint16_t missing = m->looks ? AY_LOOK_NO_LABEL : (uint16_t)(ay_places_count(m->ref, m->label) - 1);

	for (size_t i = 0; i < rows->used; i++) {
		const struct ay_drawn_row *e = &rows->heap[i];
		uint16_t given = point_of_row(m, rows, i);
		int rc = ay_budget_tick(m->budget);

		if (rc)
			return rc;
		if (given == missing)
			continue;
		struct votes v = vote(m, m->point, given, SIZE_MAX);

		out->rows++;
		if (is_lost(m, v)) {
			out->lost++;
			keep_worst(out, (struct ay_label_row){e->file, e->row, given, v.best, v.for_given, v.for_best});
		}
	}
	return 0;
}

/*
 * A flip makes a row lose that won, and lets one of a few that lost win: of c classes, flipping a share f of all labels turns a
 * share d of lost votes into d + f (1 - d c/(c - 1)). Of looks, what the reference's own rows would lose is counted.
 */
static void compare(const struct ay_label_model *m, double alpha, double limit, struct ay_label_result *out)
{
	double n = (double)out->rows, r = (double)out->ref_rows, c = (double)m->classes, z, above;
	double d = (double)out->ref_lost / r, pooled = (double)(out->lost + out->ref_lost) / (n + r);
	double per_flip = m->looks ? m->own.flipped / r - d : 1 - d * c / (c - 1);
	/* Even where no vote was lost, one more row could have: else the first would be beyond all chance. */
	double spread = fmax(pooled * (1 - pooled), 1 / (n + r));
	double error = sqrt(spread * (1 / n + 1 / r));

	if (ay_stat_chi2_isf(1, 2 * alpha, &z))
		z = 20;
	above = ((double)out->lost / n - d) / error;
	out->p = ay_stat_normal_sf(above);
	out->why = per_flip < 0.05 || sqrt(z) * error / per_flip > AY_LABEL_BLIND ? AY_LABEL_BLIND_HERE : AY_LABEL_OK;
	if (per_flip < 0.05)
		return;
	out->share = ((double)out->lost / n - d) / per_flip;
	out->noise = sqrt(z) * error / per_flip;
	out->flipped = out->p < alpha && out->share > limit;
}

int ay_label_judge(struct ay_label_model *m, const struct ay_poison *batch, double alpha, double limit, struct ay_label_result *out)
{
	*out = (struct ay_label_result){.why = m->why, .p = 1};
	if (m->why)
		return 0;
	int rc = judge_reference(m);

	if (!rc)
		rc = judge_rows(m, m->looks ? &batch->looks : &batch->rows, out);
	out->ref_rows = m->own.rows;
	out->ref_lost = m->own.lost;
	if (out->rows < AY_LABEL_ROWS_MIN)
		out->why = AY_LABEL_FEW_ROWS;
	else if (!rc)
		compare(m, alpha, limit, out);
	return rc;
}
