/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drift: what is new in a version, and all of it, against the reference that a curator approved with the schema. Workers
 * counted the tables; here the counts are added up and compared. What is new are the files that the newest admitted
 * version of the name does not have, so that a poisoned increment cannot hide in a growing dataset.
 */
#include "gate/candidate.h"

#include "assay/schema.h"
#include "scanners/data/batch.h"
#include "scanners/data/drift.h"

struct comparing {
	struct ay_candidate *c;
	struct ay_budget budget;
	struct ay_reference reference;
	bool *old;                    /* of each file: the newest admitted version has it */
	bool increment;               /* some table is old, some new */
};

static struct ay_drift_column column_of(const struct ay_profiled *ref, const struct ay_profiled *batch)
{
	struct ay_drift_column col = {.limits = &ay_drift_limits_default};

	if (ref->numeric) {
		col.ref_numbers = &ref->numbers;
		col.numbers = &batch->numbers;
	} else {
		col.ref_values = &ref->values;
		col.values = &batch->values;
	}
	return col;
}

static void report(const struct comparing *k, const struct ay_drift_result *r, const char *column, const char *what)
{
	static const char *const rules[] = {
		[AY_DRIFT_WARN] = "drift.warn", [AY_DRIFT_HELD] = "drift.held", [AY_DRIFT_UNKNOWN] = "drift.unknown", [AY_DRIFT_FOUND] = "drift.found"
	};
	const char *rule = r->state == AY_DRIFT_HELD && k->c->rules->drift.small_warns ? "drift.small" : rules[r->state];
	const char *effect = ay_drift_effect_name(r->decided_by);
	const struct ay_drift_limits *l = &ay_drift_limits_default;
	char value[32], limit[32];

	snprintf(value, sizeof(value), "%.4g", r->effect[r->decided_by]);
	snprintf(limit, sizeof(limit), "%.4g", r->state == AY_DRIFT_WARN ? l->warn[r->decided_by] : l->fail[r->decided_by]);
	if (r->state == AY_DRIFT_UNKNOWN)
		ay_gate_find(k->c, AY_GATE_DRIFT, rule, NULL, NULL, NULL, "column %s, %s: %s", column, what, ay_stat_why_text(r->why));
	else if (r->state == AY_DRIFT_HELD)
		ay_gate_find(k->c, AY_GATE_DRIFT, rule, NULL, value, limit, "column %s, %s: %llu rows, about %llu are needed", column, what,
			     (unsigned long long)r->rows, (unsigned long long)r->rows_needed);
	else
		ay_gate_find(k->c, AY_GATE_DRIFT, rule, NULL, value, limit,
			     "column %s, %s: %s is %s, the limit %s; p %.2g over %llu rows against %llu of the reference", column, what, effect, value, limit,
			     r->test.adjusted, (unsigned long long)r->rows, (unsigned long long)r->ref_rows);
}

static void cannot(const struct comparing *k, const char *what, const char *why)
{
	ay_gate_find(k->c, AY_GATE_DRIFT, "drift.unknown", NULL, NULL, NULL, "%s cannot be compared: %s", what, why);
}

static void judge(struct comparing *k, const struct ay_batch *batch, const char *what)
{
	size_t n = k->reference.count;
	struct ay_drift_column *columns = calloc(n + 1, sizeof(*columns));
	struct ay_drift_result *results = calloc(n + 1, sizeof(*results));
	enum ay_drift_state worst;

	if (!columns || !results) {
		cannot(k, what, "out of memory");
	} else {
		for (size_t i = 0; i < n; i++)
			columns[i] = column_of(&k->reference.columns[i], &batch->counts.columns[i]);
		int rc = ay_drift_judge(&k->budget, columns, n, k->c->rules->drift.alpha, results, &worst);

		if (rc)
			cannot(k, what, ay_strerror(rc));
		for (size_t i = 0; rc == 0 && i < n; i++)
			if (results[i].state != AY_DRIFT_NONE)
				report(k, &results[i], k->reference.columns[i].name, what);
	}
	free(columns);
	free(results);
}

/* Adds up the tables; with fresh, those of new files alone. Returns how many there were, or a negative code. */
static int add_up(struct comparing *k, bool fresh, struct ay_batch *batch)
{
	int tables = 0, rc = ay_batch_init(batch, &k->budget, &k->reference);

	for (size_t i = 0; rc == 0 && i < k->c->files.n; i++) {
		const struct ay_scan_note *n = k->c->notes ? k->c->notes[i] : NULL;
		struct ay_batch one;

		if (!n || !n->profile || (fresh && k->old[i]))
			continue;
		rc = ay_batch_decode(n->profile, n->profile_len, &k->budget, &one);
		if (rc)
			break;
		rc = ay_batch_merge(batch, &one);
		ay_batch_free(&one);
		tables++;
	}
	if (rc)
		ay_batch_free(batch);
	return rc ? rc : tables;
}

/* Rows in forms that are not counted yet must not pass beside those that are. */
static void refuse_uncounted(struct comparing *k)
{
	static const char *const formats[] = {"parquet", "arrow", "jsonl"};

	for (size_t i = 0; i < k->c->files.n; i++) {
		const struct ay_scan_note *n = k->c->notes ? k->c->notes[i] : NULL;

		for (size_t f = 0; n && f < AY_ARRAY_LEN(formats); f++)
			if (strcmp(n->format, formats[f]) == 0)
				ay_gate_find(k->c, AY_GATE_DRIFT, "drift.unknown", k->c->files.v[i].path, NULL, NULL,
					     "rows of the format %s cannot be compared with a reference yet", n->format);
	}
}

static void compare(struct comparing *k, bool fresh, const char *what)
{
	struct ay_batch batch;
	int tables = add_up(k, fresh, &batch);

	if (tables < 0) {
		cannot(k, what, ay_strerror(tables));
		return;
	}
	if (tables > 0)
		judge(k, &batch, what);
	else if (!fresh)
		cannot(k, what, "there is no table that was counted");
	ay_batch_free(&batch);
}

/* ---- what the newest admitted version has ---- */

struct newest { uint64_t before; struct ay_artifact art; };

static int keep_newest(const struct ay_artifact *a, void *arg)
{
	struct newest *n = arg;

	if (a->state == AY_ADMITTED && (!n->before || a->id < n->before) && a->id > n->art.id)
		n->art = *a;
	return 0;
}

static int by_digest(const void *a, const void *b)
{
	return memcmp(((const struct ay_file *)a)->sha256.b, ((const struct ay_file *)b)->sha256.b, sizeof(((const struct ay_file *)a)->sha256.b));
}

static int mark_old(struct comparing *k)
{
	struct newest n = {.before = k->c->art.id};
	struct ay_file_list list = {0};
	char prefix[AY_LIMIT_REF + 2];
	struct ay_txn *t;
	int rc = ay_read_begin(k->c->g->store, &t);

	if (rc)
		return rc;
	snprintf(prefix, sizeof(prefix), "%s@", k->c->art.ref.name);
	rc = ay_artifact_each(t, prefix, keep_newest, &n);
	if (rc == 0 && n.art.id)
		rc = ay_node_list(t, n.art.top, &list);
	ay_read_end(t);
	if (rc == 0 && list.n)
		qsort(list.v, list.n, sizeof(*list.v), by_digest);
	bool fresh = false, known = false;

	for (size_t i = 0; rc == 0 && i < k->c->files.n; i++) {
		const struct ay_scan_note *note = k->c->notes ? k->c->notes[i] : NULL;

		k->old[i] = list.n && bsearch(&k->c->files.v[i], list.v, list.n, sizeof(*list.v), by_digest);
		if (note && note->profile) {
			fresh = fresh || !k->old[i];
			known = known || k->old[i];
		}
	}
	k->increment = fresh && known;
	ay_file_list_free(&list);
	return rc;
}

/* The reference of the approved schema; false after its report. */
static bool load_reference(struct comparing *k)
{
	struct ay_schema *schema = NULL;
	const uint8_t *profile = NULL;
	size_t len = 0;

	if (k->c->plan.schema && ay_schema_load(k->c->plan.schema, k->c->plan.schema_len, &schema, NULL) == 0)
		profile = ay_schema_profile(schema, &len);
	int rc = profile ? ay_reference_decode(profile, len, &k->budget, &k->reference) : AY_ENOTFOUND;

	ay_schema_free(schema);
	if (rc == AY_ENOTFOUND)
		ay_gate_find(k->c, AY_GATE_DRIFT, "drift.no-reference", NULL, NULL, NULL, "no reference is approved for %s", k->c->art.ref.name);
	else if (rc)
		cannot(k, "the reference", ay_strerror(rc));
	return rc == 0;
}

void ay_gate_drift(struct ay_candidate *c)
{
	struct comparing k = {.c = c, .old = calloc(c->files.n + 1, sizeof(bool))};

	ay_budget_init(&k.budget, 0);
	if (!k.old) {
		cannot(&k, "the version", "out of memory");
		return;
	}
	if (load_reference(&k)) {
		int rc = mark_old(&k);

		if (rc) {
			cannot(&k, "the version", ay_strerror(rc));
		} else {
			if (k.increment)
				compare(&k, true, "new rows");
			compare(&k, false, "all rows");
			refuse_uncounted(&k);
		}
		ay_reference_free(&k.reference);
	}
	free(k.old);
}
