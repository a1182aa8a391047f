/* SPDX-License-Identifier: Apache-2.0 */
/* Counting of one table against the model of its reference. */
#include <math.h>

#include "assay/attr.h"
#include "scanners/data/block.h"
#include "scanners/data/outlier_model.h"

struct ay_outlier_counting {
	struct ay_budget *budget;
	struct ay_outliers *sums;                    /* borrowed */
	const struct ay_outlier_model *model;        /* borrowed */
	struct ay_hbos hbos;                         /* its own, with terms of this table */
	uint8_t *look;                               /* of each bin, as hbos's terms: its values may lie beyond a limit of their column */
	struct ay_placed *kept[AY_OUTLIER_METHODS];  /* of each of the worst rows its cells */
	struct ay_placed *row;                       /* the one at hand */
	struct ay_placed *waiting;                   /* rows for the forest */
	uint64_t waiting_row[AY_FOREST_TOGETHER];
	size_t waiting_count;
	double *share;
};

static bool bin_is_usual(const struct ay_numbers *c, const struct ay_outlier_limits *l, size_t bin)
{
	if (bin == 0 || bin == c->edge_count)
		return false;
	return bin > c->edge_count || (c->edges[bin - 1] >= fmax(l->far_low, l->fence_low) && c->edges[bin] <= fmin(l->far_high, l->fence_high));
}

static int mark_bins(struct ay_outlier_counting *k)
{
	const struct ay_reference *ref = k->model->ref;
	const struct ay_hbos *h = k->model->hbos;
	size_t last = ref->count - 1, n = ref->count ? h->first[last] + ay_profiled_missing(&ref->columns[last]) + 1 : 1;

	k->hbos = *h;
	k->hbos.term = ay_budget_alloc(k->budget, n * sizeof(*k->hbos.term));
	k->look = ay_budget_alloc(k->budget, n);
	if (!k->hbos.term || !k->look)
		return AY_ELIMIT;
	if (ref->count)
		memcpy(k->hbos.term, h->term, n * sizeof(*h->term));    /* own: of that many */
	memset(k->look, 0, n);
	for (size_t i = 0; i < ref->count; i++)
		for (size_t bin = 0; ref->columns[i].numeric && bin < ay_numbers_bins(&ref->columns[i].numbers); bin++)
			k->look[h->first[i] + bin] = !bin_is_usual(&ref->columns[i].numbers, &k->model->columns[i], bin);
	return 0;
}

int ay_outlier_counting_new(const struct ay_outlier_model *model, struct ay_outliers *sums, struct ay_budget *b, struct ay_outlier_counting **out)
{
	const struct ay_reference *ref = model->ref;
	struct ay_outlier_counting *k = *out = ay_budget_alloc(b, sizeof(*k));
	int rc;

	if (!k)
		return AY_ELIMIT;
	*k = (struct ay_outlier_counting){.budget = b, .sums = sums, .model = model};
	rc = mark_bins(k);
	k->row = ay_budget_alloc(b, (ref->count + 1) * sizeof(*k->row));
	k->waiting = ay_budget_alloc(b, (ref->count + 1) * AY_FOREST_TOGETHER * sizeof(*k->waiting));
	k->share = ay_budget_alloc(b, (ref->count + 1) * sizeof(*k->share));
	if (!rc && !(k->row && k->waiting && k->share))
		rc = AY_ELIMIT;
	for (int m = 0; m < AY_OUTLIER_METHODS && rc == 0; m++) {
		k->kept[m] = ay_budget_alloc(b, (ref->count + 1) * AY_OUTLIER_WORST * sizeof(*k->kept[m]));
		rc = k->kept[m] ? 0 : AY_ELIMIT;
	}
	if (rc) {
		ay_outlier_counting_free(k);
		*out = NULL;
	}
	return rc;
}

void ay_outlier_counting_absent(struct ay_outlier_counting *k, size_t column)
{
	struct ay_hbos *h = &k->hbos;

	h->term[h->first[column] + ay_profiled_missing(&k->model->ref->columns[column])] = (float)h->usual[column];
}

static void look_at(struct ay_outlier_counting *k, size_t column, uint64_t row, double v)
{
	const struct ay_outlier_limits *l = &k->model->columns[column];
	const struct ay_numbers *ref = &k->model->ref->columns[column].numbers;
	struct ay_outlier_column *c = &k->sums->columns[column];
	double low, high;

	c->far += v < l->far_low || v > l->far_high;
	c->fenced += v < l->fence_low || v > l->fence_high;
	if (isinf(v) && (v > 0 ? ref->plus_infinity : ref->minus_infinity))
		return;
	ay_outlier_bounds(l, AY_OUTLIER_RANGES, true, &low, &high);
	c->beyond += v < low || v > high;
	if (v < l->least && (!c->least.row || v < c->least.value))
		c->least = (struct ay_outlier_value){.value = v, .row = row};
	if (v > l->greatest && (!c->greatest.row || v > c->greatest.value))
		c->greatest = (struct ay_outlier_value){.value = v, .row = row};
}

/* Among the worst, whose place this takes when there is no other. */
static void keep(struct ay_outlier_counting *k, enum ay_outlier_method m, uint64_t row, double score, const struct ay_placed *cells)
{
	struct ay_outlier_row *worst = k->sums->worst[m];
	size_t n = k->sums->worst_count[m], at = n, width = k->sums->count;

	if (n == AY_OUTLIER_WORST) {
		at = 0;
		for (size_t i = 1; i < n; i++)
			if (worst[i].score < worst[at].score || (worst[i].score == worst[at].score && worst[i].row > worst[at].row))
				at = i;
		if (!(score > worst[at].score))
			return;
	} else {
		k->sums->worst_count[m]++;
	}
	worst[at] = (struct ay_outlier_row){.score = score, .row = row};
	memcpy(k->kept[m] + at * width, cells, width * sizeof(*cells));    /* own: of that width */
}

static void judge_row(struct ay_outlier_counting *k, enum ay_outlier_method m, enum ay_outlier_part part, uint64_t row, double score,
		      const struct ay_placed *cells)
{
	struct ay_outlier_tally *t = &k->sums->tally[m][part];

	t->rows++;
	if (score > k->model->threshold[m].score) {
		t->above++;
		keep(k, m, row, score, cells);
	}
}

static bool is_drawn(const struct ay_outlier_counting *k, uint64_t row)
{
	const struct ay_sipkey *key = &k->model->ref->sample.key;
	uint64_t z = (row + key->k0) * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30 ^ key->k1) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % AY_OUTLIER_ONE_OF == 0;
}

void ay_outlier_counting_values(struct ay_outlier_counting *k, size_t column, uint64_t row, const struct ay_placed *cells, size_t n)
{
	size_t first = k->model->hbos->first[column];

	for (size_t i = 0; i < n; i++)
		if (k->look[first + cells[i].at])
			look_at(k, column, row + i, cells[i].number);
}

static enum ay_outlier_part part_of(uint64_t row)
{
	return row <= AY_OUTLIER_ALL_ROWS ? AY_OUTLIER_FIRST : AY_OUTLIER_DRAWN;
}

static void judge_waiting(struct ay_outlier_counting *k)
{
	double score[AY_FOREST_TOGETHER];

	ay_forest_scores(k->model->forest, k->waiting, k->waiting_count, score);
	for (size_t i = 0; i < k->waiting_count; i++)
		judge_row(k, AY_OUTLIER_FOREST, part_of(k->waiting_row[i]), k->waiting_row[i], score[i], k->waiting + i * k->sums->count);
	k->waiting_count = 0;
}

static void count_drawn(struct ay_outlier_counting *k, uint64_t row, const struct ay_placed *cells)
{
	const struct ay_outlier_model *m = k->model;

	if (m->threshold[AY_OUTLIER_MAHALANOBIS].known)
		judge_row(k, AY_OUTLIER_MAHALANOBIS, part_of(row), row, ay_mahalanobis_score(m->mahalanobis, cells), cells);
	if (!m->threshold[AY_OUTLIER_FOREST].known)
		return;
	memcpy(k->waiting + k->waiting_count * k->sums->count, cells, k->sums->count * sizeof(*cells));    /* own: of that width */
	k->waiting_row[k->waiting_count++] = row;
	if (k->waiting_count == AY_FOREST_TOGETHER)
		judge_waiting(k);
}

void ay_outlier_counting_rows(struct ay_outlier_counting *k, uint64_t first, size_t rows, const struct ay_placed *cells, size_t room)
{
	const struct ay_hbos *h = &k->hbos;
	const struct ay_outlier_threshold *t = &k->model->threshold[AY_OUTLIER_HBOS];
	double score[AY_BLOCK_ROWS] AY_SCRATCH;

	k->sums->rows += rows;
	for (size_t i = 0; i < rows; i++)
		score[i] = 0;
	for (size_t c = 0; c < h->width; c++)
		for (size_t i = 0; i < rows; i++)
			score[i] += (double)h->term[h->first[c] + cells[c * room + i].at];
	for (size_t i = 0; i < rows; i++) {
		uint64_t row = first + i;
		bool drawn = row <= AY_OUTLIER_ALL_ROWS || is_drawn(k, row);

		if (!drawn && !(score[i] > t->score)) {
			k->sums->tally[AY_OUTLIER_HBOS][AY_OUTLIER_FIRST].rows += t->known;
			continue;
		}
		for (size_t c = 0; c < h->width; c++)
			k->row[c] = cells[c * room + i];
		if (t->known)
			judge_row(k, AY_OUTLIER_HBOS, AY_OUTLIER_FIRST, row, score[i], k->row);
		if (drawn)
			count_drawn(k, row, k->row);
	}
}

static void share_of(const struct ay_outlier_counting *k, enum ay_outlier_method method, const struct ay_placed *cells, double *share)
{
	const struct ay_outlier_model *m = k->model;

	if (method == AY_OUTLIER_HBOS)
		ay_hbos_shares(&k->hbos, cells, share);
	else if (method == AY_OUTLIER_MAHALANOBIS)
		ay_mahalanobis_shares(m->mahalanobis, cells, m->ref->count, share);
	else
		ay_forest_shares(m->forest, cells, share);
}

void ay_outlier_counting_end(struct ay_outlier_counting *k)
{
	size_t width = k->sums->count;

	if (k->waiting_count)
		judge_waiting(k);
	for (int m = 0; m < AY_OUTLIER_METHODS; m++)
		for (size_t i = 0; i < k->sums->worst_count[m]; i++) {
			struct ay_outlier_row *r = &k->sums->worst[m][i];

			share_of(k, (enum ay_outlier_method)m, k->kept[m] + i * width, k->share);
			for (int b = 0; b < AY_OUTLIER_BLAMED; b++) {
				size_t most = width;

				for (size_t c = 0; c < width; c++)
					if (k->share[c] > 0 && (most == width || k->share[c] > k->share[most]))
						most = c;
				r->blamed[b] = (uint16_t)most;
				if (most < width)
					k->share[most] = 0;
			}
		}
}

void ay_outlier_counting_free(struct ay_outlier_counting *k)
{
	if (!k)
		return;
	for (int m = 0; m < AY_OUTLIER_METHODS; m++)
		ay_budget_free(k->budget, k->kept[m]);
	ay_budget_free(k->budget, k->look);
	ay_budget_free(k->budget, k->row);
	ay_budget_free(k->budget, k->waiting);
	ay_budget_free(k->budget, k->share);
	ay_budget_free(k->budget, k->hbos.term);
	ay_budget_free(k->budget, k);
}
