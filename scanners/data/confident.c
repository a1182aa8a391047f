/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/confident.h"

#include <math.h>

#include "scanners/data/stat_dist.h"

struct judging {
	struct ay_budget *budget;
	struct ay_reference *ref;
	const struct ay_predicted *by;
	size_t label;
	double *means[AY_CONFIDENT_CLASSES];     /* of each label: the probability that each place of its column stands for */
	double enough[AY_CONFIDENT_CLASSES];     /* what rows of a label have on average */
};

static size_t class_of(const struct judging *k, uint16_t place)
{
	size_t i = 0;

	while (i < k->by->n && k->by->place[i] != place)
		i++;
	return i;
}

/* NaN where it is missing. */
static double probability(const struct judging *k, size_t class, const uint16_t *places)
{
	return k->means[class][places[k->by->column[class]]];
}

/* The label that the row has by its probabilities; by->n: none is likely enough. */
static size_t confident(const struct judging *k, const uint16_t *places)
{
	size_t best = k->by->n;

	for (size_t c = 0; c < k->by->n; c++) {
		double p = probability(k, c, places);

		if (p >= k->enough[c] && (best == k->by->n || p > probability(k, best, places)))
			best = c;
	}
	return best;
}

static int read_means(struct judging *k)
{
	for (size_t c = 0; c < k->by->n; c++) {
		const struct ay_numbers *n = &k->ref->columns[k->by->column[c]].numbers;
		size_t bins = ay_numbers_bins(n);

		k->means[c] = ay_budget_alloc(k->budget, (bins + 1) * sizeof(double));
		if (!k->means[c])
			return AY_ELIMIT;
		ay_numbers_means(n, k->means[c]);
		k->means[c][bins] = NAN;
	}
	return 0;
}

static void average(struct judging *k)
{
	double n[AY_CONFIDENT_CLASSES] = {0};

	for (size_t i = 0; i < k->ref->sample.used; i++) {
		const uint16_t *row = ay_reference_row(k->ref, i);
		size_t class = class_of(k, row[k->label]);
		double p = class < k->by->n ? probability(k, class, row) : NAN;

		if (isnan(p))
			continue;
		k->enough[class] += p;
		n[class]++;
	}
	for (size_t c = 0; c < k->by->n; c++)
		k->enough[c] = n[c] > 0 ? k->enough[c] / n[c] : INFINITY;
}

static int judge_reference(struct judging *k, struct ay_confident_result *out)
{
	int rc = ay_reference_place(k->ref);

	if (rc)
		return rc;
	average(k);
	for (size_t i = 0; rc == 0 && i < k->ref->sample.used; i++) {
		const uint16_t *row = ay_reference_row(k->ref, i);
		size_t given = class_of(k, row[k->label]), likely = confident(k, row);

		if (given < k->by->n) {
			out->ref_rows++;
			out->ref_issues += likely < k->by->n && likely != given;
		}
		rc = ay_budget_tick(k->budget);
	}
	return rc;
}

static void keep_worst(struct ay_confident_result *out, struct ay_confident_row one)
{
	size_t at = out->nworst;

	while (at && one.margin > out->worst[at - 1].margin)
		at--;
	if (at == AY_CONFIDENT_WORST)
		return;
	out->nworst += out->nworst < AY_CONFIDENT_WORST;
	for (size_t i = out->nworst - 1; i > at; i--)
		out->worst[i] = out->worst[i - 1];
	out->worst[at] = one;
}

static void judge_batch(const struct judging *k, const struct ay_drawn *rows, struct ay_confident_result *out)
{
	for (size_t i = 0; i < rows->used; i++) {
		const uint16_t *places = rows->places + rows->heap[i].at * rows->width;
		size_t given = class_of(k, places[k->label]), likely = confident(k, places);
		struct ay_confident_row one = {rows->heap[i].row, rows->heap[i].file, given, likely, 0};

		if (given == k->by->n)
			continue;
		out->rows++;
		if (likely == k->by->n || likely == given)
			continue;
		double own = probability(k, given, places);

		one.margin = probability(k, likely, places) - (isnan(own) ? 0 : own);
		out->issues++;
		keep_worst(out, one);
	}
}

static int compare(double alpha, double limit, struct ay_confident_result *out)
{
	out->judged = out->rows >= AY_CONFIDENT_ROWS_MIN && out->ref_rows >= AY_CONFIDENT_ROWS_MIN;
	if (!out->judged)
		return 0;
	int rc = ay_stat_hypergeometric_sf(out->rows + out->ref_rows, out->issues + out->ref_issues, out->rows, out->issues, &out->p);

	out->share = (double)out->issues / (double)out->rows - (double)out->ref_issues / (double)out->ref_rows;
	out->found = !rc && out->p < alpha && out->share > limit;
	return rc;
}

int ay_confident_judge(struct ay_reference *ref, size_t label, const struct ay_predicted *by, const struct ay_drawn *rows, double alpha,
		       double limit, struct ay_budget *b, struct ay_confident_result *out)
{
	struct judging k = {.budget = b, .ref = ref, .by = by, .label = label};
	int rc;

	*out = (struct ay_confident_result){.p = 1};
	if (!ref->sample.width || rows->width != ref->count)
		return 0;
	rc = read_means(&k);
	if (!rc)
		rc = judge_reference(&k, out);
	if (!rc) {
		judge_batch(&k, rows, out);
		rc = compare(alpha, limit, out);
	}
	for (size_t c = 0; c < by->n; c++)
		ay_budget_free(b, k.means[c]);
	return rc;
}
