/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/poison_tokens.h"

#include "scanners/data/drawn.h"
#include "scanners/data/stat_dist.h"

struct judging {
	const struct ay_reference *ref;
	const struct ay_text_counts *counts;
	double alpha, limit;
	uint16_t classes[AY_TEXT_CLASSES];
	size_t came;                     /* tokens that came up in the column at hand */
	struct ay_token_result *out;
};

/* Whether a token stands in more rows than the reference explains. Bonferroni: over every token that was ever looked at. */
static int came_up(const struct judging *k, size_t text, const struct ay_token *t, struct ay_token_found *f, bool *yes)
{
	const struct ay_text_count *c = &k->counts->v[text];
	const struct ay_text *r = &k->ref->texts.v[text];
	uint64_t known = ay_text_rows(r, t->hash);

	*yes = false;
	*f = (struct ay_token_found){.text = text, .token = t, .rows = t->count, .of = c->rows, .ref_of = r->rows};
	f->ref_rows = known < r->rows ? known : r->rows;
	if (t->count < AY_TOKEN_ROWS_MIN || (double)t->count <= k->limit * (double)c->rows)
		return 0;
	int rc = ay_stat_hypergeometric_sf(c->rows + r->rows, f->rows + f->ref_rows, c->rows, f->rows, &f->p);

	f->p *= (double)c->tokens.added;
	*yes = f->p < k->alpha;
	return rc;
}

static void keep(struct ay_token_result *out, const struct ay_token_found *f)
{
	size_t at = out->n;

	out->total++;
	while (at && f->with > out->v[at - 1].with)
		at--;
	if (at == AY_TOKEN_LISTED)
		return;
	out->n += out->n < AY_TOKEN_LISTED;
	for (size_t i = out->n - 1; i > at; i--)
		out->v[i] = out->v[i - 1];
	out->v[at] = *f;
}

/* The label that most of its rows have: whether they have it by chance, were labels dealt out blindly. */
static int judge_label(struct judging *k, const struct ay_text_count *c, struct ay_token_found *f)
{
	const uint32_t *of = c->tokens.of + (size_t)(f->token - c->tokens.v) * k->counts->classes;
	size_t class = 0;

	for (size_t i = 1; i < k->counts->classes; i++)
		if (of[i] > of[class])
			class = i;
	f->class = k->classes[class];
	f->with = of[class];
	if (f->with < AY_TOKEN_ROWS_MIN || (double)f->with <= k->limit * (double)f->of || (double)f->with < AY_TOKEN_PURE * (double)f->rows)
		return 0;
	int rc = ay_stat_hypergeometric_sf(c->rows, c->of[class], f->rows, f->with, &f->p_label);

	f->p_label *= (double)(k->came * k->counts->classes);
	if (!rc && f->p_label < k->alpha)
		keep(k->out, f);
	return rc;
}

static int judge_text(struct judging *k, size_t text, struct ay_budget *b)
{
	const struct ay_text_count *c = &k->counts->v[text];
	struct ay_token_found *came = ay_budget_alloc(b, (c->tokens.used + 1) * sizeof(*came));
	int rc = came ? 0 : AY_ELIMIT;

	k->came = 0;
	k->out->looked += c->tokens.added;
	for (size_t i = 0; rc == 0 && i < c->tokens.used; i++) {
		bool yes;

		rc = came_up(k, text, &c->tokens.v[i], &came[k->came], &yes);
		k->came += yes;
		if (!rc)
			rc = ay_budget_tick(b);
	}
	for (size_t i = 0; rc == 0 && i < k->came; i++)
		rc = judge_label(k, c, &came[i]);
	ay_budget_free(b, came);
	return rc;
}

int ay_tokens_judge(struct ay_reference *ref, size_t label, const struct ay_text_counts *counts, double alpha, double limit,
		    struct ay_budget *b, struct ay_token_result *out)
{
	struct judging k = {.ref = ref, .counts = counts, .alpha = alpha, .limit = limit, .out = out};
	size_t classes;
	int rc = ay_label_places(ref, label, AY_TEXT_CLASSES, k.classes, &classes);

	*out = (struct ay_token_result){.looked = 0};
	if (!rc && (counts->n != ref->texts.n || counts->classes != classes))
		rc = AY_EUSAGE;
	for (size_t i = 0; rc == 0 && i < counts->n; i++)
		rc = judge_text(&k, i, b);
	return rc;
}
