/* SPDX-License-Identifier: Apache-2.0 */
/* Words in columns of texts that came up and carry a label. */
#include "gate/poison_parts.h"

#include "assay/text.h"
#include "scanners/data/poison_tokens.h"

static void report(const struct ay_poisoning *k, const char *what, const struct ay_token_found *f, uint64_t looked)
{
	const struct ay_profiled *l = &k->ref->columns[k->marked];
	char token[4 * AY_TOKEN_TEXT + 1], text[AY_TOKEN_TEXT + 1], class[64], value[32], limit[32], row[160];

	snprintf(text, sizeof(text), "%.*s", (int)f->token->len, f->token->text);
	ay_escape_str(token, sizeof(token), text);
	ay_poison_name_place(l, f->class, class, sizeof(class));
	ay_poison_name_row(k, f->token->file, f->token->row, row, sizeof(row));
	snprintf(value, sizeof(value), "%.3g", (double)f->with / (double)f->of);
	snprintf(limit, sizeof(limit), "%.3g", k->c->rules->poisoning.tokens);
	ay_gate_find(k->c, AY_GATE_POISONING, "poison.token", NULL, value, limit,
		     "column %s, %s: '%s' stands in %llu of %llu texts, in at most %llu of %llu of the reference (p %.1g over %llu tokens), and %llu of its "
		     "rows have %s %s (p %.1g); the first is %s", k->ref->texts.v[f->text].name, what, token, (unsigned long long)f->rows,
		     (unsigned long long)f->of, (unsigned long long)f->ref_rows, (unsigned long long)f->ref_of, f->p, (unsigned long long)looked,
		     (unsigned long long)f->with, l->name, class, f->p_label, row);
}

void ay_poison_tokens(struct ay_poisoning *k, const struct ay_batch *batch, const char *what)
{
	const struct ay_text_counts *counts = &batch->poison.texts;
	struct ay_token_result r;

	if (!k->ref->texts.n)
		return;
	if (!counts->n) {
		ay_gate_find(k->c, AY_GATE_POISONING, "poison.not-applicable", NULL, NULL, NULL,
			     "column %s, %s: the schema marks no label of few values, so its words were not looked at", k->ref->texts.v[0].name, what);
		return;
	}
	int rc = ay_tokens_judge(k->ref, k->marked, counts, AY_POISON_ALPHA, k->c->rules->poisoning.tokens, &k->budget, &r);

	if (rc)
		ay_poison_cannot(k, what, ay_strerror(rc));
	for (size_t i = 0; rc == 0 && i < r.n; i++)
		report(k, what, &r.v[i], r.looked);
}
