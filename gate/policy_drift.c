/* SPDX-License-Identifier: Apache-2.0 */
/* "drift" of a name: how much a column may move, which effects decide, and how far back is looked. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/policy_parts.h"
#include "scanners/data/drift.h"
#include "scanners/data/reference.h"

#define HISTORY 10
#define HISTORY_MAX 64
#define SEASONS_MAX 8
#define WHERE_SIZE 640        /* a pattern, the keys around it and a column */

/* As enum ay_drift_effect counts them; the first two decide always. */
static const char *const effects[AY_POLICY_EFFECTS] = {"d", "v", "psi", "js", "hellinger", "w"};
enum { NAMED = 2 };

/* What is read, with what must be known at its end. */
struct drafting {
	struct ay_entry *entry;
	bool history, trend;
};

static int read_alpha(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	static const char *const names[] = {"0.05", "0.01", "0.001", "0.0001"};
	static const double alphas[] = {0.05, 0.01, 0.001, 0.0001};
	struct drafting *d = into;
	unsigned i = 0;
	int rc = ay_policy_read_choice(v, where, names, AY_ARRAY_LEN(names), &i, e);

	d->entry->rules.drift.alpha = alphas[i];
	return rc;
}

static int read_small(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	static const char *const names[] = {"hold", "warn"};
	struct drafting *d = into;
	unsigned i = 0;
	int rc = ay_policy_read_choice(v, where, names, AY_ARRAY_LEN(names), &i, e);

	d->entry->rules.drift.small_warns = i == 1;
	return rc;
}

static int read_history(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct drafting *d = into;
	uint64_t n = 0;
	int rc = ay_policy_read_number(v, where, 0, HISTORY_MAX, &n, e);

	d->history = true;
	d->entry->rules.drift.history = (uint32_t)n;
	return rc;
}

static int read_trend(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	static const char *const names[] = {"off", "on"};
	struct drafting *d = into;
	unsigned i = 0;
	int rc = ay_policy_read_choice(v, where, names, AY_ARRAY_LEN(names), &i, e);

	d->trend = true;
	d->entry->rules.drift.trend = i == 1;
	return rc;
}

static int read_decide(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct drafting *d = into;
	int rc = ay_policy_check_list(v, where, e);

	for (size_t i = 0; i < v->nkids && !rc; i++) {
		unsigned k = 0;

		rc = ay_policy_read_choice(&v->kids[i], where, effects + NAMED, AY_POLICY_EFFECTS - NAMED, &k, e);
		if (!rc && (d->entry->rules.drift.decide & 1u << (k + NAMED)))
			rc = ay_error_set(e, AY_EFORMAT, "line %u: %s lists '%s' twice", v->kids[i].line, where, effects[k + NAMED]);
		d->entry->rules.drift.decide |= 1u << (k + NAMED);
	}
	return rc;
}

static int read_column(const struct ay_yaml *v, const char *where, struct ay_policy_column *out, struct ay_error *e)
{
	if (v->kind != AY_YAML_MAP || v->nkids == 0)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be floors, as in {d: 0.2, w: 0.3}", v->line, where);
	out->name = strdup(v->key);
	if (!out->name)
		return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
	for (size_t i = 0; i < v->nkids; i++) {
		const struct ay_yaml *kid = &v->kids[i];
		char place[WHERE_SIZE + 16];
		size_t k = 0;

		while (k < AY_POLICY_EFFECTS && strcmp(kid->key, effects[k]) != 0)
			k++;
		if (k == AY_POLICY_EFFECTS)
			return ay_error_set(e, AY_EFORMAT, "line %u: unknown key '%s' in %s; known: d, v, psi, js, hellinger, w", kid->line, kid->key, where);
		snprintf(place, sizeof(place), "%.*s.%s", WHERE_SIZE, where, effects[k]);
		/* Distances are at most 1, but for PSI and W. */
		int rc = ay_policy_read_decimal(kid, place, strcmp(kid->key, "psi") == 0 || strcmp(kid->key, "w") == 0 ? 1000 : 1, &out->limit[k], e);

		if (rc)
			return rc;
	}
	return 0;
}

static int read_columns(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct drafting *d = into;
	struct ay_entry *entry = d->entry;

	if (v->kind != AY_YAML_MAP)
		return ay_error_set(e, AY_EFORMAT, "line %u: %s must be columns with floors, as in {price: {d: 0.2}}", v->line, where);
	if (v->nkids > AY_REFERENCE_COLUMNS)
		return ay_error_set(e, AY_ELIMIT, "line %u: %s has more than %d columns", v->line, where, AY_REFERENCE_COLUMNS);
	entry->columns = calloc(v->nkids + 1, sizeof(*entry->columns));
	if (!entry->columns)
		return ay_error_set(e, -ENOMEM, "out of memory while the policy is read");
	for (size_t i = 0; i < v->nkids; i++) {
		char place[WHERE_SIZE];

		snprintf(place, sizeof(place), "%s.\"%s\"", where, v->kids[i].key);
		int rc = read_column(&v->kids[i], place, &entry->columns[i], e);

		entry->ncolumns = i + 1;
		if (rc)
			return rc;
	}
	return 0;
}

static int read_seasonal(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e)
{
	struct drafting *d = into;
	int rc = ay_policy_read_texts(v, where, &d->entry->seasons, e);

	if (!rc && (d->entry->seasons.n == 0 || d->entry->seasons.n > SEASONS_MAX))
		rc = ay_error_set(e, AY_EFORMAT, "line %u: %s must name 1 to %d references by tag; leave it out where there are no seasons", v->line, where,
				  SEASONS_MAX);
	return rc;
}

static const struct ay_policy_key keys[] = {
	{"alpha", read_alpha}, {"small", read_small}, {"history", read_history}, {"trend", read_trend}, {"decide", read_decide},
	{"columns", read_columns}, {"seasonal", read_seasonal},
};

int ay_policy_read_drift(const struct ay_yaml *v, const char *where, struct ay_entry *entry, struct ay_error *e)
{
	struct drafting d = {.entry = entry};
	int rc = ay_policy_read_keys(v, where, keys, AY_ARRAY_LEN(keys), &d, e);

	if (!d.history)
		entry->rules.drift.history = HISTORY;
	if (!d.trend)
		entry->rules.drift.trend = true;
	if (!rc && d.trend && entry->rules.drift.trend && !entry->rules.drift.history)
		rc = ay_error_set(e, AY_EFORMAT, "line %u: %s.trend is inapplicable: no batches are looked back at, because history is 0", v->line, where);
	return rc;
}

void ay_policy_finish_drift(struct ay_entry *entry, bool given)
{
	struct ay_rules *r = &entry->rules;

	if (r->drift.alpha == 0)
		r->drift.alpha = AY_DRIFT_ALPHA;
	if (!given) {
		r->drift.history = HISTORY;
		r->drift.trend = true;
	}
	r->drift.columns = entry->columns;
	r->drift.ncolumns = entry->ncolumns;
	r->drift.seasons = (const char *const *)entry->seasons.list;
}

void ay_policy_digest_drift(const struct ay_rules *r, struct ay_jw *w)
{
	ay_jw_f64(w, r->drift.alpha);
	ay_jw_bool(w, r->drift.small_warns);
	ay_jw_u64(w, r->drift.history);
	ay_jw_bool(w, r->drift.trend);
	ay_jw_u64(w, r->drift.decide);
	ay_jw_array(w);
	for (size_t i = 0; i < r->drift.ncolumns; i++) {
		ay_jw_str(w, r->drift.columns[i].name);
		for (size_t k = 0; k < AY_POLICY_EFFECTS; k++)
			ay_jw_f64(w, r->drift.columns[i].limit[k]);
	}
	ay_jw_array_end(w);
	ay_jw_array(w);
	for (size_t i = 0; r->drift.seasons && r->drift.seasons[i]; i++)
		ay_jw_str(w, r->drift.seasons[i]);
	ay_jw_array_end(w);
}
