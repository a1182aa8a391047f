/* SPDX-License-Identifier: Apache-2.0 */
/* What a model says of the rows, in columns that the policy names by how they begin: predictions, and activations. */
#include "gate/poison_parts.h"

#include "scanners/data/confident.h"

/* The column of a label's probability is named by the prefix and the label. */
static size_t column_of(const struct ay_poisoning *k, const char *prefix, const char *label)
{
	size_t len = strlen(prefix), i = 0;

	while (i < k->ref->count && (strncmp(k->ref->columns[i].name, prefix, len) != 0 || strcmp(k->ref->columns[i].name + len, label) != 0))
		i++;
	return i < k->ref->count && k->ref->columns[i].numeric ? i : k->ref->count;
}

/* False after a finding that says which column there is not. */
static bool find_predicted(struct ay_poisoning *k, size_t label, const char *prefix, struct ay_predicted *out)
{
	char text[64], why[256];
	int rc = ay_label_places(k->ref, label, AY_CONFIDENT_CLASSES, out->place, &out->n);

	if (rc || out->n > AY_CONFIDENT_CLASSES) {
		ay_poison_cannot(k, "predictions", rc ? ay_strerror(rc) : "the label has too many different values to be one");
		return false;
	}
	for (size_t i = 0; i < out->n; i++) {
		ay_poison_name_place(&k->ref->columns[label], out->place[i], text, sizeof(text));
		out->column[i] = column_of(k, prefix, text);
		if (out->column[i] == k->ref->count) {
			snprintf(why, sizeof(why), "the reference has no numbers %.64s%.64s, which would be the probability of that label", prefix, text);
			ay_poison_cannot(k, "predictions", why);
			return false;
		}
	}
	return true;
}

static void report(const struct ay_poisoning *k, size_t label, const char *what, const struct ay_predicted *by, const struct ay_confident_result *r)
{
	const struct ay_profiled *c = &k->ref->columns[label];
	struct ay_buf rows = ay_buf_new(1024);
	char value[32], limit[32];

	for (size_t i = 0; i < r->nworst; i++) {
		char given[48], expected[48], where[128];

		ay_poison_name_place(c, by->place[r->worst[i].given], given, sizeof(given));
		ay_poison_name_place(c, by->place[r->worst[i].expected], expected, sizeof(expected));
		ay_poison_name_row(k, r->worst[i].file, r->worst[i].row, where, sizeof(where));
		ay_buf_addf(&rows, "; %s says %s, the model %s", where, given, expected);
	}
	snprintf(value, sizeof(value), "%.3g", r->share);
	snprintf(limit, sizeof(limit), "%.3g", k->c->rules->poisoning.labels);
	ay_gate_find(k->c, AY_GATE_POISONING, "poison.predictions", NULL, value, limit,
		     "label %s, %s: predictions contradict %llu of %llu, %llu of %llu in the reference; p %.1g%s", c->name, what,
		     (unsigned long long)r->issues, (unsigned long long)r->rows, (unsigned long long)r->ref_issues, (unsigned long long)r->ref_rows, r->p,
		     rows.err ? "" : ay_buf_str(&rows));
	ay_buf_free(&rows);
}

static void judge_predictions(struct ay_poisoning *k, size_t label, const struct ay_batch *batch, const char *what)
{
	struct ay_predicted by = {.n = 0};
	struct ay_confident_result r;

	if (!find_predicted(k, label, k->c->rules->poisoning.predictions, &by))
		return;
	int rc = ay_confident_judge(k->ref, label, &by, &batch->poison.rows, AY_POISON_ALPHA, k->c->rules->poisoning.labels, &k->budget, &r);

	if (rc)
		ay_poison_cannot(k, what, ay_strerror(rc));
	else if (!r.judged)
		ay_poison_cannot(k, what, "there are too few rows with a label to judge them by predictions");
	else if (r.found)
		report(k, label, what, &by, &r);
}

static void judge_activations(struct ay_poisoning *k, size_t label, const struct ay_batch *batch, const char *what)
{
	const char *prefix = k->c->rules->poisoning.activations;
	bool *only = ay_budget_alloc(&k->budget, (k->ref->count + 1) * sizeof(*only));
	size_t n = 0;

	for (size_t i = 0; only && i < k->ref->count; i++) {
		only[i] = k->ref->columns[i].numeric && strncmp(k->ref->columns[i].name, prefix, strlen(prefix)) == 0;
		n += only[i];
	}
	if (!only || n < 2)
		ay_poison_cannot(k, "activations", only ? "the reference has no two columns of numbers that begin so" : "out of memory");
	else
		ay_poison_spectrum(k, label, only, batch, what);
	ay_budget_free(&k->budget, only);
}

void ay_poison_model(struct ay_poisoning *k, size_t label, const struct ay_batch *batch, const char *what)
{
	if (k->c->rules->poisoning.predictions)
		judge_predictions(k, label, batch, what);
	if (k->c->rules->poisoning.activations)
		judge_activations(k, label, batch, what);
}
