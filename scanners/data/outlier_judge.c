/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/outlier_judge.h"

#include <math.h>

#include "scanners/data/stat_test.h"

struct judging {
	const struct ay_outlier_model *m;
	const struct ay_batch *batch;
	struct ay_outlier_test **tests;          /* those that were made */
	double *chance;
	size_t n;
};

/* drawn: how many lie beyond, of both, under the hypothesis; the limit may be a row of the reference, which then does not count itself. */
static int make(struct judging *k, struct ay_outlier_test *t, uint64_t drawn)
{
	int rc = 0;

	if (t->above > t->rows || t->ref_above > t->ref_rows)
		return AY_EFORMAT;
	if (!t->rows || !t->ref_rows)
		return 0;
	double usual = (double)t->ref_above / (double)t->ref_rows;

	t->made = true;
	t->p = 1;
	t->rate = (double)t->above / (double)t->rows;
	t->limit = fmax(AY_OUTLIER_TIMES * usual, usual + AY_OUTLIER_MORE);
	/* Below it nothing is found, whatever p says. */
	if (t->rate > t->limit)
		rc = ay_stat_hypergeometric_sf(t->rows + t->ref_rows, t->rows, drawn, t->above, &t->p);
	k->tests[k->n] = t;
	k->chance[k->n++] = t->p;
	return rc;
}

static int test_column(struct judging *k, size_t i, struct ay_outlier_judged *out)
{
	const struct ay_outlier_limits *l = &k->m->columns[i];
	const struct ay_outlier_column *c = &k->batch->outliers.columns[i];
	const struct ay_numbers *n = &k->batch->counts.columns[i].numbers;
	uint64_t rows = n->moments.n + n->minus_infinity + n->plus_infinity;

	out->far = (struct ay_outlier_test){.rows = rows, .above = c->far, .ref_rows = l->rows, .ref_above = l->far};
	out->fenced = (struct ay_outlier_test){.rows = rows, .above = c->fenced, .ref_rows = l->rows, .ref_above = l->fenced};
	int rc = make(k, &out->far, c->far + l->far);

	return rc ? rc : make(k, &out->fenced, c->fenced + l->fenced);
}

static int test_rows(struct judging *k, int method, struct ay_outlier_verdict *out)
{
	const struct ay_outlier_threshold *h = &k->m->threshold[method];
	int rc = 0;

	if (!h->known) {
		out->unknown[method] = !h->empty;
		return 0;
	}
	for (int part = 0; part < AY_OUTLIER_PARTS && rc == 0; part++) {
		const struct ay_outlier_tally *t = &k->batch->outliers.tally[method][part];

		out->rows[method][part] = (struct ay_outlier_test){.rows = t->rows, .above = t->above, .ref_rows = h->rows, .ref_above = h->above};
		rc = make(k, &out->rows[method][part], t->above + h->above - 1);
	}
	return rc;
}

static void judge_values(const struct ay_outlier_limits *l, const struct ay_outlier_column *c, const struct ay_outlier_rule *r,
			 struct ay_outlier_judged *out)
{
	ay_outlier_bounds(l, r->ranges, r->tails, &out->low_limit, &out->high_limit);
	out->low = c->least.row && c->least.value < out->low_limit && !(r->has_least && c->least.value >= r->least);
	out->high = c->greatest.row && c->greatest.value > out->high_limit && !(r->has_greatest && c->greatest.value <= r->greatest);
}

static int adjust(struct judging *k, double alpha)
{
	int rc = ay_stat_holm(k->m->budget, k->chance, k->n, k->chance);

	for (size_t i = 0; i < k->n && rc == 0; i++) {
		k->tests[i]->adjusted = k->chance[i];
		k->tests[i]->found = k->tests[i]->rate > k->tests[i]->limit && k->chance[i] < alpha;
	}
	return rc;
}

static int judge(struct judging *k, double alpha, unsigned methods, const struct ay_outlier_rule *rules, struct ay_outlier_judged *columns,
		 struct ay_outlier_verdict *out)
{
	int rc = 0;

	for (size_t i = 0; i < k->m->ref->count && rc == 0; i++) {
		columns[i] = (struct ay_outlier_judged){.low = false};
		if (!k->m->ref->columns[i].numeric)
			continue;
		if ((methods & AY_OUTLIER_BY_VALUE) && rules[i].ranges > 0)
			judge_values(&k->m->columns[i], &k->batch->outliers.columns[i], &rules[i], &columns[i]);
		if ((methods & AY_OUTLIER_BY_RATE) && rules[i].rated)
			rc = test_column(k, i, &columns[i]);
	}
	for (int method = 0; method < AY_OUTLIER_METHODS && rc == 0; method++)
		if (methods & AY_OUTLIER_BY_ROWS(method))
			rc = test_rows(k, method, out);
	return rc ? rc : adjust(k, alpha);
}

int ay_outlier_judge(const struct ay_outlier_model *m, const struct ay_batch *batch, double alpha, unsigned methods,
		     const struct ay_outlier_rule *rules, struct ay_outlier_judged *columns, struct ay_outlier_verdict *out)
{
	size_t n = m->ref->count, most = 2 * n + (size_t)AY_OUTLIER_METHODS * AY_OUTLIER_PARTS;
	struct judging k = {.m = m, .batch = batch};
	int rc;

	*out = (struct ay_outlier_verdict){.unknown = {false}};
	if (!(alpha > 0 && alpha < 1) || batch->outliers.count != n || batch->counts.count != n)
		return AY_EUSAGE;
	k.tests = ay_budget_alloc(m->budget, most * sizeof(*k.tests));
	k.chance = ay_budget_alloc(m->budget, most * sizeof(*k.chance));
	rc = k.tests && k.chance ? judge(&k, alpha, methods, rules, columns, out) : AY_ELIMIT;
	ay_budget_free(m->budget, k.tests);
	ay_budget_free(m->budget, k.chance);
	return rc;
}
