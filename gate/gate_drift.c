/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drift: what is new in a version, and all of it, against the reference that a curator approved with the schema. Workers
 * counted the tables; here the counts are added up and compared, those of equal content once. What is new are the files
 * that the newest admitted version of the name does not have, so that a poisoned increment cannot hide in a growing dataset.
 */
#include "gate/compared.h"
#include "gate/drift_parts.h"

#include "scanners/data/image_row.h"

/* ---- what is kept ---- */

static void set_free(struct ay_drift_set *s)
{
	free(s->results);
	free(s->limits);
	free(s->absent);
}

/* All that was compared with a reference. */
static void forget(struct ay_drift_kept *k)
{
	for (size_t i = 0; i < k->nsets; i++)
		set_free(&k->set[i]);
	k->nsets = 0;
	if (k->counted)
		ay_batch_free(&k->batch);
	k->counted = false;
	k->reference = NULL;
	free(k->label);
	free(k->limits);
	k->label = NULL;
	k->limits = NULL;
}

void ay_drift_kept_free(struct ay_drift_kept *k)
{
	if (!k)
		return;
	forget(k);
	free(k->fresh);
	ay_drift_pool_free(&k->pool);
	free(k);
}

/* ---- findings ---- */

void ay_drift_cannot(const struct ay_comparing *k, const char *what, const char *why)
{
	ay_gate_find(k->c, AY_GATE_DRIFT, "drift.unknown", NULL, NULL, NULL, "%s cannot be compared: %s", what, why);
}

/* Its reference has so few rows that no number of new ones would tell. */
static bool is_hopeless(const struct ay_drift_result *r)
{
	return r->state == AY_DRIFT_HELD && r->rows_needed == UINT64_MAX;
}

static void report_column(const struct ay_comparing *k, const struct ay_drift_set *set, size_t i, const char *found)
{
	const struct ay_drift_result *r = &set->results[i];
	const struct ay_drift_limits *l = &set->limits[i];
	const char *const rules[] = {
		[AY_DRIFT_WARN] = "drift.warn", [AY_DRIFT_UNKNOWN] = "drift.unknown", [AY_DRIFT_FOUND] = found
	};
	const char *rule = r->state != AY_DRIFT_HELD ? rules[r->state] : k->c->rules->drift.small_warns ? "drift.small" :
			   is_hopeless(r) ? "drift.reference-small" : "drift.held";
	const char *column = k->kept->reference->columns[i].name, *what = set->what;
	char value[32] = "", limit[32] = "";

	if (r->decided_by < AY_DRIFT_EFFECTS) {
		snprintf(value, sizeof(value), "%.4g", r->effect[r->decided_by]);
		snprintf(limit, sizeof(limit), "%.4g", ay_compared_limit(r, l));
	}
	if (r->state == AY_DRIFT_UNKNOWN)
		ay_gate_find(k->c, AY_GATE_DRIFT, rule, NULL, NULL, NULL, "column %s, %s: %s", column, what, ay_stat_why_text(r->why));
	else if (is_hopeless(r))
		ay_gate_find(k->c, AY_GATE_DRIFT, rule, NULL, value, limit, "column %s, %s: %llu rows; the reference of %llu rows is too small to tell",
			     column, what, (unsigned long long)r->rows, (unsigned long long)r->ref_rows);
	else if (r->state == AY_DRIFT_HELD)
		ay_gate_find(k->c, AY_GATE_DRIFT, rule, NULL, value, limit, "column %s, %s: %llu rows, about %llu are needed", column, what,
			     (unsigned long long)r->rows, (unsigned long long)r->rows_needed);
	else
		ay_gate_find(k->c, AY_GATE_DRIFT, rule, NULL, value, limit,
			     "column %s, %s: %s is %s, the limit %s; p %.2g over %llu rows against %llu of the reference", column, what,
			     ay_drift_effect_name(r->decided_by), value, limit, r->test.adjusted, (unsigned long long)r->rows,
			     (unsigned long long)r->ref_rows);
}

void ay_drift_report(const struct ay_comparing *k, const struct ay_drift_set *set, const char *found, bool held)
{
	for (size_t i = 0; i < k->kept->reference->count; i++) {
		if (set->absent[i])
			ay_gate_find(k->c, AY_GATE_DRIFT, "drift.not-applicable", NULL, NULL, NULL, "column %s, %s: the tables do not have this label",
				     k->kept->reference->columns[i].name, set->what);
		else if (set->results[i].state != AY_DRIFT_NONE && (held || set->results[i].state != AY_DRIFT_HELD))
			report_column(k, set, i, found);
	}
}

void ay_drift_report_found(const struct ay_comparing *k, const struct ay_drift_set *set, const char *rule)
{
	for (size_t i = 0; i < k->kept->reference->count; i++)
		if (set->results[i].state == AY_DRIFT_FOUND)
			report_column(k, set, i, rule);
}

/* ---- comparing ---- */

static struct ay_drift_column column_of(const struct ay_profiled *ref, const struct ay_profiled *batch, const struct ay_drift_limits *limits)
{
	struct ay_drift_column col = {.limits = limits};

	if (ref->numeric) {
		col.ref_numbers = &ref->numbers;
		col.numbers = &batch->numbers;
	} else {
		col.ref_values = &ref->values;
		col.values = &batch->values;
	}
	return col;
}

static uint64_t rows_of(const struct ay_profiled *p)
{
	return p->numeric ? p->numbers.rows : p->values.rows;
}

/* Labels that no table of the batch has, though it has rows. */
static void find_absent(const struct ay_drift_kept *kept, const struct ay_batch *batch, bool *absent)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < kept->reference->count; i++)
		if (rows_of(&batch->counts.columns[i]) > rows)
			rows = rows_of(&batch->counts.columns[i]);
	for (size_t i = 0; i < kept->reference->count; i++)
		absent[i] = rows && kept->label[i] && !rows_of(&batch->counts.columns[i]);
}

/* Judges the columns that are there; the results of the others stay empty. */
static int judge(struct ay_comparing *k, const struct ay_batch *batch, double alpha, struct ay_drift_set *set)
{
	const struct ay_reference *ref = k->kept->reference;
	struct ay_drift_column *columns = calloc(ref->count + 1, sizeof(*columns));
	struct ay_drift_result *results = calloc(ref->count + 1, sizeof(*results));
	size_t n = 0;
	int rc = columns && results ? 0 : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < ref->count; i++)
		if (!set->absent[i])
			columns[n++] = column_of(&ref->columns[i], &batch->counts.columns[i], &set->limits[i]);
	if (!rc)
		rc = ay_drift_judge(&k->kept->budget, columns, n, alpha, results, &set->state);
	n = 0;
	for (size_t i = 0; rc == 0 && i < ref->count; i++)
		if (!set->absent[i])
			set->results[i] = results[n++];
	free(columns);
	free(results);
	return rc;
}

struct ay_drift_set *ay_drift_compare(struct ay_comparing *k, const struct ay_batch *batch, const char *what, const struct ay_drift_limits *limits,
				      double alpha)
{
	size_t n = k->kept->reference->count;
	struct ay_drift_set s = {
		.what = what, .results = calloc(n + 1, sizeof(*s.results)), .limits = calloc(n + 1, sizeof(*s.limits)), .absent = calloc(n + 1, sizeof(bool)),
	};
	int rc = s.results && s.limits && s.absent && k->kept->nsets < AY_DRIFT_SETS ? 0 : AY_ELIMIT;

	if (rc == 0) {
		memcpy(s.limits, limits, n * sizeof(*limits));    /* own: room just made */
		find_absent(k->kept, batch, s.absent);
		rc = judge(k, batch, alpha, &s);
	}
	if (rc) {
		ay_drift_cannot(k, what, ay_strerror(rc));
		set_free(&s);
		return NULL;
	}
	k->kept->set[k->kept->nsets] = s;
	return &k->kept->set[k->kept->nsets++];
}

/* ---- adding up ---- */

int ay_drift_add_table(struct ay_comparing *k, const struct ay_scan_note *n, const char *path, struct ay_batch *batch)
{
	struct ay_batch one;

	if (ay_drift_is_image(n))
		return ay_drift_add_image(k, n, path);
	int rc = ay_batch_decode(n->profile, n->profile_len, &k->kept->budget, &one);

	if (rc)
		return rc;
	rc = ay_batch_merge(batch, &one);
	ay_batch_free(&one);
	return rc;
}

/* Adds up the tables; with fresh, those of new files alone. Returns how many there were, or a negative code. */
static int add_up(struct ay_comparing *k, bool fresh, struct ay_batch *batch)
{
	struct ay_digests seen = {.v = NULL};
	int tables = 0, rc = ay_batch_init(batch, &k->kept->budget, k->kept->reference);

	for (size_t i = 0; rc == 0 && i < k->c->files.n; i++) {
		const struct ay_scan_note *n = k->c->notes ? k->c->notes[i] : NULL;

		if (!ay_drift_counts(k, n) || (fresh && k->old[i]))
			continue;
		rc = ay_digests_add(&seen, &k->c->files.v[i].sha256);
		if (rc == 1) {
			rc = ay_drift_add_table(k, n, k->c->files.v[i].path, batch);
			tables++;
		}
	}
	ay_digests_free(&seen);
	rc = ay_drift_take_images(k, rc, NULL, batch);
	if (rc)
		ay_batch_free(batch);
	return rc ? rc : tables;
}

/* Rows in forms that are not counted must not pass beside those that are. All arrays of a file are one table, which was counted or not. */
static void refuse_uncounted(struct ay_comparing *k)
{
	static const char *const formats[] = {"hdf5", "npy", "npz", "gif", "webp"};
	const size_t count = AY_ARRAY_LEN(formats) - (k->images ? 0 : 2);

	for (size_t i = 0; i < k->c->files.n; i++) {
		const struct ay_scan_note *n = k->c->notes ? k->c->notes[i] : NULL;

		if (!ay_schema_counts(k->schema, k->c->files.v[i].path))
			continue;
		for (size_t f = 0; n && !n->profile && f < count; f++)
			if (strcmp(n->format, formats[f]) == 0)
				ay_gate_find(k->c, AY_GATE_DRIFT, "drift.unknown", k->c->files.v[i].path, NULL, NULL,
					     "rows of the format %s cannot be compared with a reference yet", n->format);
	}
}

/* The counts of the first comparison are kept, with the files that they are of. */
static void keep(struct ay_comparing *k, bool fresh, struct ay_batch *batch)
{
	if (k->kept->counted) {
		ay_batch_free(batch);
		return;
	}
	k->kept->batch = *batch;
	k->kept->counted = true;
	for (size_t i = 0; i < k->c->files.n; i++)
		k->kept->fresh[i] = k->c->notes && ay_drift_counts(k, k->c->notes[i]) && !(fresh && k->old[i]);
}

static enum ay_drift_state compare(struct ay_comparing *k, bool fresh, const char *what)
{
	struct ay_drift_set *set = NULL;
	struct ay_batch batch;
	int tables = add_up(k, fresh, &batch);

	if (tables < 0) {
		ay_drift_cannot(k, what, ay_strerror(tables));
		return AY_DRIFT_UNKNOWN;
	}
	if (tables > 0)
		set = ay_drift_compare(k, &batch, what, k->kept->limits, k->c->rules->drift.alpha);
	else
		ay_drift_cannot(k, what, "there is no table that was counted");
	keep(k, fresh, &batch);
	return set ? set->state : AY_DRIFT_UNKNOWN;
}

/* What is new, and all of it: says the worst. The whole of a dataset that grows over the seasons is like none of them. */
static enum ay_drift_state compare_tables(struct ay_comparing *k)
{
	enum ay_drift_state fresh = k->increment ? compare(k, true, "new rows") : AY_DRIFT_NONE;

	if (k->increment && k->kept->season)
		return fresh;
	enum ay_drift_state all = compare(k, false, "all rows");

	return fresh > all ? fresh : all;
}

/* More rows may tell: what is held can wait for them. */
static bool may_pool(const struct ay_comparing *k)
{
	for (size_t s = 0; s < k->kept->nsets; s++)
		for (size_t i = 0; i < k->kept->reference->count; i++)
			if (is_hopeless(&k->kept->set[s].results[i]))
				return false;
	return !k->c->rules->drift.small_warns;
}

static void compare_all(struct ay_comparing *k)
{
	enum ay_drift_state worst = compare_tables(k);
	size_t n = k->kept->nsets;
	bool pooled = worst == AY_DRIFT_HELD && may_pool(k) && ay_drift_pool(k);

	for (size_t i = 0; i < n; i++)
		ay_drift_report(k, &k->kept->set[i], "drift.found", !pooled && worst != AY_DRIFT_FOUND);
	if (worst != AY_DRIFT_FOUND)
		ay_drift_history(k);
}

/* ---- what the newest admitted version has ---- */

static int list_newest(struct ay_comparing *k, struct ay_digests *have)
{
	struct ay_versions newest = {.v = NULL};
	struct ay_file_list list = {0};
	struct ay_txn *t;
	int rc = ay_read_begin(k->c->g->store, &t);

	if (rc)
		return rc;
	rc = ay_versions_list(t, k->c, 1, &newest);
	if (rc == 0 && newest.n)
		rc = ay_node_list(t, newest.v[0].top, &list);
	ay_read_end(t);
	for (size_t i = 0; rc >= 0 && i < list.n; i++)
		rc = ay_digests_add(have, &list.v[i].sha256);
	ay_file_list_free(&list);
	ay_versions_free(&newest);
	return rc < 0 ? rc : 0;
}

int ay_drift_mark_old(struct ay_comparing *k)
{
	struct ay_digests have = {.v = NULL};
	bool fresh = false, known = false;
	int rc = list_newest(k, &have);

	for (size_t i = 0; rc == 0 && i < k->c->files.n; i++) {
		const struct ay_scan_note *note = k->c->notes ? k->c->notes[i] : NULL;

		k->old[i] = ay_digests_have(&have, &k->c->files.v[i].sha256);
		if (ay_drift_counts(k, note)) {
			fresh = fresh || !k->old[i];
			known = known || k->old[i];
		}
	}
	k->increment = fresh && known;
	ay_digests_free(&have);
	return rc;
}

/* ---- the reference ---- */

/* What the policy says beside the defaults. A floor that it sets decides, and warns at its half. */
static void set_by_policy(const struct ay_rules *r, const char *column, struct ay_drift_limits *l)
{
	_Static_assert(AY_POLICY_EFFECTS == AY_DRIFT_EFFECTS && AY_DRIFT_D == 0 && AY_DRIFT_V == 1 && AY_DRIFT_PSI == 2 && AY_DRIFT_JS == 3 &&
		       AY_DRIFT_HELLINGER == 4 && AY_DRIFT_W == 5, "the policy counts the effects likewise");
	for (int e = 0; e < AY_DRIFT_EFFECTS; e++)
		if (r->drift.decide >> e & 1) {
			l->fail[e] = ay_drift_limits_named.fail[e];
			l->warn[e] = ay_drift_limits_named.warn[e];
		}
	for (size_t i = 0; i < r->drift.ncolumns; i++)
		for (int e = 0; e < AY_DRIFT_EFFECTS && strcmp(r->drift.columns[i].name, column) == 0; e++)
			if (r->drift.columns[i].limit[e] > 0) {
				l->fail[e] = r->drift.columns[i].limit[e];
				l->warn[e] = l->fail[e] / 2;
			}
}

/* A floor that rules nothing is a mistake: the column that was meant would be judged by another. */
static void refuse_strangers(struct ay_comparing *k)
{
	const struct ay_rules *r = k->c->rules;

	for (size_t i = 0; i < r->drift.ncolumns; i++)
		if (!ay_reference_find(k->kept->reference, r->drift.columns[i].name))
			ay_gate_find(k->c, AY_GATE_DRIFT, "drift.column", NULL, NULL, NULL,
				     "the policy sets floors for the column %s, which the reference of %s does not have", r->drift.columns[i].name,
				     k->c->art.ref.name);
}

/* Which of its columns are labels, and what each may move. */
static int set_limits(struct ay_drift_kept *kept, const struct ay_rules *rules, const struct ay_schema *schema)
{
	size_t n = kept->reference->count;

	kept->label = calloc(n + 1, sizeof(*kept->label));
	kept->limits = calloc(n + 1, sizeof(*kept->limits));
	if (!kept->label || !kept->limits)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++) {
		kept->label[i] = ay_schema_label(schema, kept->reference->columns[i].name);
		kept->limits[i] = kept->label[i] ? ay_drift_limits_label : ay_drift_limits_default;
		set_by_policy(rules, kept->reference->columns[i].name, &kept->limits[i]);
	}
	return 0;
}

/* 0, AY_ENOTFOUND, or why it cannot be read. */
static int load(struct ay_comparing *k, const struct ay_schema *schema, const char *season)
{
	struct ay_measure *measure;
	int rc = ay_schema_measure(schema, season, &measure);

	if (rc)
		return rc;
	k->kept->reference = ay_measure_reference(measure);
	k->kept->season = season;
	k->images = ay_image_is_reference(k->kept->reference);
	rc = set_limits(k->kept, k->c->rules, schema);
	return rc ? rc : ay_drift_mark_old(k);
}

/* ---- seasons ---- */

/* How far a batch lies from a reference: its verdict, then its worst column in terms of what that may. */
struct distance { enum ay_drift_state state; double most; size_t column; };

static struct distance distance_of(const struct ay_drift_kept *kept)
{
	struct distance d = {.state = AY_DRIFT_NONE};

	for (size_t s = 0; s < kept->nsets; s++) {
		const struct ay_drift_set *set = &kept->set[s];

		d.state = set->state > d.state ? set->state : d.state;
		for (size_t i = 0; i < kept->reference->count; i++)
			for (int e = 0; e < AY_DRIFT_EFFECTS; e++) {
				double share = set->results[i].known[e] && set->limits[i].fail[e] > 0 ? set->results[i].effect[e] / set->limits[i].fail[e] : 0;

				if (share > d.most) {
					d.most = share;
					d.column = i;
				}
			}
	}
	if (!kept->nsets)
		d.state = AY_DRIFT_UNKNOWN;
	return d;
}

static bool is_nearer(struct distance a, struct distance b)
{
	return a.state != b.state ? a.state < b.state : a.most < b.most;
}

/* Loads the reference that the batch comes nearest to, of those that the policy names. */
static int load_nearest(struct ay_comparing *k, const struct ay_schema *schema)
{
	const char *const *seasons = k->c->rules->drift.seasons, *best = NULL;
	struct distance least = {.most = 0};
	char column[80] = "";
	size_t n = 0;

	for (size_t i = 0; seasons[i]; i++) {
		int rc = load(k, schema, seasons[i]);

		if (rc) {
			ay_gate_find(k->c, AY_GATE_DRIFT, "drift.season", NULL, NULL, NULL, "the policy names the season %s, and its reference %s", seasons[i],
				     rc == AY_ENOTFOUND ? "is not in the approved schema" : ay_strerror(rc));
			forget(k->kept);
			continue;
		}
		compare_tables(k);
		struct distance d = distance_of(k->kept);

		n++;
		if (!best || is_nearer(d, least)) {
			best = seasons[i];
			least = d;
			snprintf(column, sizeof(column), "%.79s", k->kept->reference->count ? k->kept->reference->columns[d.column].name : "");
		}
		forget(k->kept);
	}
	if (!best)
		return AY_ENOTFOUND;
	ay_gate_find(k->c, AY_GATE_DRIFT, "drift.nearest", NULL, NULL, NULL, "of %zu seasons the rows come nearest to %s, whose column %s uses %.2g of what it may move",
		     n, best, column, least.most);
	return load(k, schema, best);
}

/* The reference of the approved schema; false after its report. */
static bool load_reference(struct ay_comparing *k)
{
	int rc = AY_ENOTFOUND;

	k->schema = ay_candidate_schema(k->c, NULL);
	if (k->schema)
		rc = k->c->rules->drift.seasons ? load_nearest(k, k->schema) : load(k, k->schema, NULL);
	if (rc == AY_ENOTFOUND)
		ay_gate_find(k->c, AY_GATE_DRIFT, "drift.no-reference", NULL, NULL, NULL, "no reference is approved for %s", k->c->art.ref.name);
	else if (rc)
		ay_drift_cannot(k, "the reference", ay_strerror(rc));
	return rc == 0;
}

void ay_gate_drift(struct ay_candidate *c)
{
	struct ay_comparing k = {.c = c, .kept = calloc(1, sizeof(*k.kept)), .old = calloc(c->files.n + 1, sizeof(bool))};

	ay_drift_kept_free(c->drift);
	c->drift = k.kept;
	if (k.kept)
		k.kept->fresh = calloc(c->files.n + 1, sizeof(bool));
	if (!k.old || !k.kept || !k.kept->fresh) {
		ay_drift_cannot(&k, "the version", "out of memory");
		free(k.old);
		return;
	}
	ay_budget_init(&k.kept->budget, 0);
	if (load_reference(&k)) {
		refuse_strangers(&k);
		compare_all(&k);
		refuse_uncounted(&k);
	}
	free(k.old);
}
