/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/poison_marks.h"

#include <math.h>

#define LEVELS (256 / AY_MARK_LEVEL)
#define CLASSES 64            /* of more the first that the reference has */
#define ERRORS 6.0
#define ROWS 10               /* images that must have come */
#define PURE 0.8              /* share of one label in what came */

struct judging {
	const struct ay_drawn *side[2];          /* the reference, the batch */
	uint16_t class[CLASSES];                 /* places of the label */
	size_t classes, of[2][CLASSES];
	struct ay_mark_result *out;
};

static size_t class_of(const struct judging *k, uint16_t label)
{
	size_t at = 0;

	while (at < k->classes && k->class[at] != label)
		at++;
	return at;
}

static void count_classes(struct judging *k)
{
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k->side[s]->used; i++) {
			uint16_t label = ay_looks_label(k->side[s], i);
			size_t at = class_of(k, label);

			if (at == k->classes && label != AY_LOOK_NO_LABEL && k->classes < CLASSES) {
				k->class[k->classes++] = label;
				k->of[0][at] = k->of[1][at] = 0;
			}
			if (at < k->classes)
				k->of[s][at]++;
		}
}

static uint8_t value_of(const struct judging *k, int s, size_t i, enum ay_look_mark mark, size_t cell)
{
	return ay_looks_get(k->side[s], i)->marks[mark][cell];
}

/* How many more there are than the scaled others, and in standard errors. */
struct excess { double came, errors; };

static struct excess excess_of(double n, double ref, double scale)
{
	struct excess e = {.came = n - scale * ref};

	e.errors = e.came / sqrt(scale * (ref + 1) * (1 + scale));
	return e;
}

static void keep(struct ay_mark_result *out, const struct ay_mark_found *one)
{
	size_t at = out->n < AY_MARK_LISTED ? out->n++ : AY_MARK_LISTED;

	out->total++;
	for (; at && out->v[at - 1].errors < one->errors; at--)
		if (at < AY_MARK_LISTED)
			out->v[at] = out->v[at - 1];
	if (at < AY_MARK_LISTED)
		out->v[at] = *one;
}

/* One level of one cell: do those that came have one label, more of which there are not otherwise? */
static void judge_level(struct judging *k, enum ay_look_mark mark, size_t cell, unsigned level, struct excess all, const size_t n[2])
{
	size_t with[2][CLASSES] = {{0}}, first[CLASSES];

	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k->side[s]->used; i++) {
			size_t class = class_of(k, ay_looks_label(k->side[s], i));

			if (class < k->classes && value_of(k, s, i, mark, cell) / AY_MARK_LEVEL == level) {
				with[s][class]++;
				first[class] = i;
			}
		}
	for (size_t c = 0; c < k->classes; c++) {
		double scale = (double)k->side[1]->used / (double)k->side[0]->used;
		double pure = ((double)with[1][c] - scale * (double)with[0][c]) / all.came;
		/* An honest label that came more often brings all of its marks. */
		double own = k->of[0][c] ? (double)k->of[1][c] / (double)k->of[0][c] : scale;
		struct excess within = excess_of((double)with[1][c], (double)with[0][c], own > scale ? own : scale);

		if (pure < PURE || within.came < ROWS || within.errors < ERRORS)
			continue;
		const struct ay_drawn_row *row = &k->side[1]->heap[first[c]];

		keep(k->out, &(struct ay_mark_found){
			.mark = mark, .column = 1 + (unsigned)cell % AY_LOOK_SIDE, .line = 1 + (unsigned)cell / AY_LOOK_SIDE, .from = level * AY_MARK_LEVEL,
			.to = level * AY_MARK_LEVEL + AY_MARK_LEVEL - 1, .class = k->class[c], .share = all.came / (double)k->side[1]->used,
			.errors = all.errors, .pure = pure < 1 ? pure : 1, .images = n[1], .ref_images = n[0], .row = row->row, .file = row->file});
	}
}

static void judge_cell(struct judging *k, enum ay_look_mark mark, size_t cell)
{
	double scale = (double)k->side[1]->used / (double)k->side[0]->used;
	size_t n[LEVELS][2] = {{0}};

	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < k->side[s]->used; i++)
			n[value_of(k, s, i, mark, cell) / AY_MARK_LEVEL][s]++;
	for (unsigned level = 0; level < LEVELS; level++) {
		struct excess all = excess_of((double)n[level][1], (double)n[level][0], scale);

		if (all.came >= ROWS && all.errors >= ERRORS && all.came >= AY_MARK_SHARE * (double)k->side[1]->used)
			judge_level(k, mark, cell, level, all, n[level]);
	}
}

int ay_marks_judge(const struct ay_drawn *ref, const struct ay_drawn *batch, struct ay_budget *b, struct ay_mark_result *out)
{
	struct judging k = {.side = {ref, batch}, .out = out};

	*out = (struct ay_mark_result){.judged = ref->used >= AY_MARK_ROWS_MIN && batch->used >= AY_MARK_ROWS_MIN};
	if (!out->judged)
		return 0;
	count_classes(&k);
	for (size_t mark = 0; mark < AY_LOOK_MARKS; mark++)
		for (size_t cell = 0; cell < AY_LOOK_CELLS; cell++) {
			int rc = ay_budget_tick(b);

			if (rc)
				return rc;
			judge_cell(&k, (enum ay_look_mark)mark, cell);
		}
	return 0;
}
