/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/poison_classes.h"

#include <math.h>

#include "scanners/data/stat_test.h"

#define PARTS 10
#define COLUMNS 64            /* within classes; of more the first */
#define TRIGGER_ERRORS 6.0
#define TRIGGER_ROWS 10
#define TRIGGER_PURE 0.8      /* of the rows that came with a value */
#define TRIGGER_USUAL 0.6     /* a value that says the label already in the reference is none */

/* Both sides as places, row after row, with the class of each. */
struct side { uint16_t *places; uint8_t *class; size_t n, of[AY_CLASSES]; };
struct judging {
	struct ay_budget *budget;
	struct ay_reference *ref;
	size_t label, width;
	uint16_t classes[AY_CLASSES];    /* places of the label column */
	size_t nclasses;
	struct side side[2];             /* the reference, the batch */
	const struct ay_drawn *rows;
	double alpha;
	struct ay_class_result *out;
};

static void tell(struct judging *k, struct ay_class_found found)
{
	k->out->total++;
	if (k->out->n < AY_CLASS_LISTED)
		k->out->v[k->out->n++] = found;
}

/* ---- sides ---- */

/* The reference alone says what classes there are; AY_CLASSES: none of them. */
static size_t class_of(struct judging *k, uint16_t place, bool add)
{
	size_t known = k->nclasses < AY_CLASSES ? k->nclasses : AY_CLASSES, at = 0;

	while (at < known && k->classes[at] != place)
		at++;
	if (at < known)
		return at;
	if (!add)
		return AY_CLASSES;
	if (k->nclasses < AY_CLASSES)
		k->classes[k->nclasses] = place;
	return k->nclasses++;
}

static void add_row(struct judging *k, struct side *s, const uint16_t *places, bool ref)
{
	bool missing = places[k->label] == ay_places_count(k->ref, k->label) - 1;
	size_t class = missing ? AY_CLASSES : class_of(k, places[k->label], ref && k->nclasses <= AY_CLASSES);

	for (size_t c = 0; c < k->width; c++)
		s->places[s->n * k->width + c] = places[c];
	s->class[s->n++] = (uint8_t)(class < AY_CLASSES ? class : AY_CLASSES);
	if (class < AY_CLASSES)
		s->of[class]++;
}

static int make_side(struct judging *k, struct side *s, size_t n)
{
	s->places = ay_budget_alloc(k->budget, (n * k->width + 1) * sizeof(*s->places));
	s->class = ay_budget_alloc(k->budget, n + 1);
	return s->places && s->class ? 0 : AY_ELIMIT;
}

static int fill_sides(struct judging *k)
{
	const struct ay_sample *s = &k->ref->sample;
	int rc = ay_reference_place(k->ref);

	if (!rc)
		rc = make_side(k, &k->side[0], s->used);
	if (!rc)
		rc = make_side(k, &k->side[1], k->rows->used);
	for (size_t i = 0; rc == 0 && i < s->used; i++) {
		add_row(k, &k->side[0], ay_reference_row(k->ref, i), true);
		rc = ay_budget_tick(k->budget);
	}
	for (size_t i = 0; rc == 0 && i < k->rows->used; i++)
		add_row(k, &k->side[1], k->rows->places + k->rows->heap[i].at * k->width, false);
	return rc;
}

/* ---- shares of labels, over all rows ---- */

static int judge_prior(struct judging *k, const struct ay_reference *counts)
{
	const struct ay_profiled *a = &k->ref->columns[k->label], *b = &counts->columns[k->label];
	size_t n = ay_places_count(k->ref, k->label) - 1;
	uint64_t *ref = ay_budget_alloc(k->budget, (n + 1) * sizeof(*ref)), *batch = ay_budget_alloc(k->budget, (n + 1) * sizeof(*batch));
	struct ay_stat_table t;

	for (size_t i = 0; ref && batch && i < n; i++) {
		bool unseen = !a->numeric && i == a->values.used;

		ref[i] = a->numeric ? a->numbers.counts[i] : unseen ? a->values.unseen : a->values.entries[i].count;
		batch[i] = a->numeric ? b->numbers.counts[i] : unseen ? b->values.unseen : ay_values_count(&b->values, &a->values.entries[i]);
	}
	if (ref && batch) {
		uint64_t r = 0, m = 0;

		ay_stat_homogeneity(ref, batch, n, &t);
		for (size_t i = 0; i < n; i++) {
			r += ref[i];
			m += batch[i];
		}
		if (t.why == AY_STAT_OK && t.p < k->alpha && t.v_even > AY_CLASS_PRIOR && t.v_even > ay_stat_v_noise(k->alpha, t.df, r, m))
			tell(k, (struct ay_class_found){.sign = AY_CLASS_SIGN_PRIOR, .effect = t.v_even, .p = t.p, .rows = m, .ref_rows = r});
	}
	ay_budget_free(k->budget, ref);
	ay_budget_free(k->budget, batch);
	return ref && batch ? 0 : AY_ELIMIT;
}

/* ---- columns within classes ---- */

static void histogram(const struct judging *k, const struct side *s, size_t class, size_t column, uint64_t out[PARTS + 1])
{
	size_t places = ay_places_count(k->ref, column) - 1;

	for (size_t i = 0; i <= PARTS; i++)
		out[i] = 0;
	for (size_t i = 0; i < s->n; i++) {
		uint16_t at = s->places[i * k->width + column];

		if (s->class[i] == class)
			out[at == places ? PARTS : at * PARTS / places]++;
	}
}

struct test { struct ay_class_found found; double v_noise; };

static void test_one(const struct judging *k, size_t class, size_t column, struct test *t, double *p)
{
	uint64_t ref[PARTS + 1], batch[PARTS + 1];
	struct ay_stat_table table;

	histogram(k, &k->side[0], class, column, ref);
	histogram(k, &k->side[1], class, column, batch);
	ay_stat_homogeneity(ref, batch, PARTS + 1, &table);
	*p = table.why == AY_STAT_OK ? table.p : 1;
	*t = (struct test){
		.found = {.sign = AY_CLASS_SIGN_DRIFT, .column = column, .class = k->classes[class], .effect = table.why == AY_STAT_OK ? table.v_even : 0,
			  .rows = k->side[1].of[class], .ref_rows = k->side[0].of[class]},
		.v_noise = ay_stat_v_noise(k->alpha, table.df, k->side[0].of[class], k->side[1].of[class]),
	};
}

static int judge_columns(struct judging *k)
{
	size_t columns = k->width < COLUMNS ? k->width : COLUMNS, n = 0;
	struct test *tests = ay_budget_alloc(k->budget, (k->nclasses * columns + 1) * sizeof(*tests));
	double *p = ay_budget_alloc(k->budget, (k->nclasses * columns + 1) * sizeof(*p));
	int rc = tests && p ? 0 : AY_ELIMIT;

	for (size_t class = 0; rc == 0 && class < k->nclasses; class++) {
		if (k->side[0].of[class] < AY_CLASS_ROWS_MIN || k->side[1].of[class] < AY_CLASS_ROWS_MIN)
			continue;
		for (size_t c = 0; rc == 0 && c < columns; c++) {
			rc = ay_budget_tick(k->budget);
			if (c != k->label) {
				test_one(k, class, c, &tests[n], &p[n]);
				n++;
			}
		}
	}
	if (!rc && n)
		rc = ay_stat_holm(k->budget, p, n, p);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		tests[i].found.p = p[i];
		if (p[i] < k->alpha && tests[i].found.effect > AY_CLASS_DRIFT && tests[i].found.effect > tests[i].v_noise)
			tell(k, tests[i].found);
	}
	ay_budget_free(k->budget, tests);
	ay_budget_free(k->budget, p);
	return rc;
}

/* ---- values that carry a label ---- */

struct pair { uint32_t all[2], with[2][AY_CLASSES]; };

static void judge_value(struct judging *k, size_t column, uint16_t place, const struct pair *v)
{
	double n = (double)k->side[1].n, r = (double)k->side[0].n, scale = n / r;
	double came = v->all[1] - scale * v->all[0], error = sqrt(scale * (v->all[0] + 1) * (1 + scale));

	if (came < TRIGGER_ROWS || came < AY_CLASS_TRIGGER * n || came < TRIGGER_ERRORS * error)
		return;
	for (size_t c = 0; c < k->nclasses; c++) {
		double with = v->with[1][c] - scale * v->with[0][c], prior = (double)k->side[0].of[c] / r;
		double usual = (v->with[0][c] + prior) / (v->all[0] + 1);
		struct ay_class_found f = {
			.sign = AY_CLASS_SIGN_TRIGGER, .column = column, .class = k->classes[c], .place = place, .effect = came / n, .p = came / error,
			.pure = with / came, .ref_pure = usual, .rows = v->all[1], .ref_rows = v->all[0],
		};

		if (with < TRIGGER_PURE * came || usual > TRIGGER_USUAL)
			continue;
		for (size_t i = 0; i < k->side[1].n && !f.row; i++)
			if (k->side[1].class[i] == c && k->side[1].places[i * k->width + column] == place) {
				f.row = k->rows->heap[i].row;
				f.file = k->rows->heap[i].file;
			}
		tell(k, f);
	}
}

static int judge_values(struct judging *k, size_t column)
{
	size_t places = ay_places_count(k->ref, column);
	struct pair *v = ay_budget_alloc(k->budget, places * sizeof(*v));

	if (!v)
		return AY_ELIMIT;
	for (size_t i = 0; i < places; i++)
		v[i] = (struct pair){.all = {0, 0}};
	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < k->side[s].n; i++) {
			struct pair *at = &v[k->side[s].places[i * k->width + column]];

			at->all[s]++;
			if (k->side[s].class[i] < AY_CLASSES)
				at->with[s][k->side[s].class[i]]++;
		}
	for (size_t i = 0; i < places; i++)
		judge_value(k, column, (uint16_t)i, &v[i]);
	ay_budget_free(k->budget, v);
	return ay_budget_tick(k->budget);
}

int ay_classes_judge(struct ay_reference *ref, size_t label, const struct ay_reference *counts, const struct ay_drawn *rows, double alpha,
		     struct ay_budget *b, struct ay_class_result *out)
{
	struct judging k = {.budget = b, .ref = ref, .label = label, .width = ref->count, .rows = rows, .alpha = alpha, .out = out};

	*out = (struct ay_class_result){.judged = false};
	if (!ref->sample.width || ref->sample.used < AY_CLASS_ROWS_MIN || rows->used < AY_CLASS_ROWS_MIN)
		return 0;
	int rc = fill_sides(&k);

	if (!rc && k.nclasses >= 2 && k.nclasses <= AY_CLASSES) {
		out->judged = true;
		for (size_t c = 0; rc == 0 && c < k.width; c++)    /* first: a trigger explains what moved */
			if (c != label)
				rc = judge_values(&k, c);
		if (!rc)
			rc = judge_prior(&k, counts);
		if (!rc)
			rc = judge_columns(&k);
	}
	for (size_t s = 0; s < 2; s++) {
		ay_budget_free(b, k.side[s].places);
		ay_budget_free(b, k.side[s].class);
	}
	return rc;
}
