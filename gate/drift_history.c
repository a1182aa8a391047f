/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slow poisoning: batches that each stay below the floor. The last admitted batches of the name are added up with the new
 * one and judged by lower floors, and each column's place in them is tested for a trend. A batch is what its version
 * brought: the tables that the version before it did not have, each content once. Only versions that were judged by the
 * same reference count, whatever their schema said otherwise.
 */
#include <errno.h>

#include "assay/fd.h"
#include "assay/schema.h"
#include "gate/drift_parts.h"
#include "scanners/data/drift_trend.h"

#define RECORD "drift-reference"

/* One remembered version. */
struct past {
	const struct ay_artifact *art;
	struct ay_file_list files;
	bool judged;                  /* by the candidate's reference */
};

struct remembering {
	struct ay_comparing *k;
	struct ay_versions versions;  /* newest first; the last only says what is not new in the one before */
	struct past *past;            /* one a version */
	struct ay_digests seen;
	struct ay_batch sum;
	bool begun;                   /* sum is there */
	struct ay_trend *trends;      /* AY_TREND_SERIES for each column of the reference */
	size_t batches;
	struct ay_error why;
};

/* ---- the versions ---- */

/* What a version was judged by is written with its verdict: of seasons, it is one of several that its schema has. */
int ay_drift_reference_write(struct ay_txn *t, const struct ay_candidate *c, uint64_t artifact)
{
	if (!c->drift || !c->drift->reference || c->art.state != AY_ADMITTED)
		return 0;
	return ay_record_put(t, artifact, RECORD, c->drift->reference->digest.b, sizeof(c->drift->reference->digest.b));
}

/* 1: by the candidate's, 0: by another one, AY_ENOTFOUND: that is not written. */
static int was_judged_by(struct ay_txn *t, const struct ay_comparing *k, uint64_t artifact)
{
	struct ay_buf b = ay_buf_new(256);
	int rc = ay_record_get(t, artifact, RECORD, &b);

	if (rc == 0)
		rc = b.len == sizeof(struct ay_sha256) && memcmp(b.data, k->kept->reference->digest.b, b.len) == 0;
	ay_buf_free(&b);
	return rc;
}

/* The same reference, perhaps in another version of the schema. */
static bool same_reference(struct ay_comparing *k, uint64_t version)
{
	struct ay_schema *s = NULL;
	const uint8_t *profile;
	size_t len;
	char *text = NULL;
	uint64_t got;
	bool same = false;

	if (version == k->c->baseline_version)
		return true;
	if (ay_baseline_load(k->c->g, k->c->trust, k->c->art.ref.name, &version, &text, &got) == 0 && ay_schema_load(text, strlen(text), &s, NULL) == 0) {
		struct ay_sha256 d;

		profile = ay_schema_profile(s, &len);
		d = profile ? ay_sha256_short(profile, len) : (struct ay_sha256){{0}};
		same = ay_sha256_eq(&d, &k->kept->reference->digest);
	}
	ay_schema_free(s);
	free(text);
	return same;
}

static int list(struct remembering *r)
{
	uint64_t *baseline;
	struct ay_txn *t;
	int rc = ay_read_begin(r->k->c->g->store, &t);

	if (rc)
		return rc;
	rc = ay_versions_list(t, r->k->c, (size_t)r->k->c->rules->drift.history + 1, &r->versions);
	r->past = calloc(r->versions.n + 1, sizeof(*r->past));
	baseline = calloc(r->versions.n + 1, sizeof(*baseline));
	if (!r->past || !baseline)
		rc = -ENOMEM;
	for (size_t i = 0; rc == 0 && i < r->versions.n; i++) {
		r->past[i].art = &r->versions.v[i];
		int by = was_judged_by(t, r->k, r->versions.v[i].id);

		r->past[i].judged = by == 1;
		rc = ay_node_list(t, r->versions.v[i].top, &r->past[i].files);
		if (rc == 0 && by < 0)
			rc = ay_decision_baseline(t, r->versions.v[i].id, &baseline[i]);
		if (rc == AY_ENOTFOUND)
			rc = 0;
	}
	ay_read_end(t);
	for (size_t i = 0; rc == 0 && i < r->versions.n; i++)
		if (baseline[i])
			r->past[i].judged = same_reference(r->k, baseline[i]);
	free(baseline);
	return rc;
}

/* ---- their tables ---- */

struct fetching { struct ay_candidate *c; const struct ay_file_list *files; struct ay_scan_note **notes; };

static void scanned(void *arg, size_t i, struct ay_scan_note *note)
{
	struct fetching *f = arg;
	struct ay_sha256 key = ay_scan_key(f->c->g, &f->c->plan, &f->files->v[i].sha256, f->files->v[i].path);

	f->notes[i] = note;
	ay_candidate_fresh(f->c, &key, note);
}

/* What is known of a file, or its scan is begun: under the plan of the candidate, so that it is counted as that is. */
static int fetch_one(struct fetching *f, size_t i, struct ay_scans *s, struct ay_error *e)
{
	const struct ay_file *file = &f->files->v[i];
	struct ay_sha256 key = ay_scan_key(f->c->g, &f->c->plan, &file->sha256, file->path);
	struct ay_txn *t;
	int rc = ay_read_begin(f->c->g->store, &t);

	if (rc)
		return ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	rc = ay_scan_cached(t, &key, &f->notes[i]);
	ay_read_end(t);
	if (rc || f->notes[i])
		return rc;
	AY_CLEANUP_FD int fd = ay_object_open(f->c->g->store, &file->sha256, e);

	return fd < 0 ? fd : ay_scans_add(s, i, fd, file->size, file->path, e);
}

static int fetch(struct remembering *r, const struct ay_file_list *files, const bool *wanted, struct ay_scan_note **notes)
{
	struct fetching f = {r->k->c, files, notes};
	struct ay_scans *s;
	int rc = ay_scans_new(r->k->c->g, &r->k->c->plan, r->k->c->art.uid, scanned, &f, &s);

	if (rc)
		return rc;
	for (size_t i = 0; rc == 0 && i < files->n; i++)
		if (wanted[i])
			rc = fetch_one(&f, i, s, &r->why);
	ay_scans_free(s);
	for (size_t i = 0; rc == 0 && i < files->n; i++)
		if (wanted[i] && notes[i]->code)
			rc = ay_error_set(&r->why, AY_ESTATE, "%s: %s", files->v[i].path, notes[i]->why ? notes[i]->why : "it could not be counted");
	return rc;
}

/* ---- a batch ---- */

static int take_batch(struct remembering *r, const struct ay_batch *batch)
{
	const struct ay_reference *ref = r->k->kept->reference;

	r->batches++;
	for (size_t i = 0; i < ref->count; i++) {
		const struct ay_profiled *a = &ref->columns[i], *b = &batch->counts.columns[i];
		struct ay_trend *t = r->trends + i * AY_TREND_SERIES;

		if (a->numeric)
			ay_trend_add_numbers(t, &a->numbers, &b->numbers, r->batches);
		else
			ay_trend_add_values(t, &a->values, &b->values, r->batches);
	}
	return ay_batch_merge(&r->sum, batch);
}

static uint64_t rows_of(const struct ay_batch *b)
{
	uint64_t most = 0;

	for (size_t i = 0; i < b->counts.count; i++) {
		const struct ay_profiled *p = &b->counts.columns[i];
		uint64_t rows = p->numeric ? p->numbers.rows : p->values.rows;

		most = rows > most ? rows : most;
	}
	return most;
}

static int add_tables(struct remembering *r, const struct ay_file_list *files, const bool *wanted, struct ay_scan_note **notes)
{
	struct ay_batch batch;
	int rc = ay_batch_init(&batch, &r->k->kept->budget, r->k->kept->reference);

	for (size_t i = 0; rc == 0 && i < files->n; i++)
		if (wanted[i] && ay_drift_counts(r->k, notes[i]))
			rc = ay_drift_add_table(r->k, notes[i], files->v[i].path, &batch);
	rc = ay_drift_take_images(r->k, rc, NULL, &batch);
	if (rc == 0 && rows_of(&batch))
		rc = take_batch(r, &batch);
	ay_batch_free(&batch);
	return rc;
}

/* What version i brought. */
static int add_version(struct remembering *r, size_t i)
{
	const struct ay_file_list *files = &r->past[i].files;
	struct ay_scan_note **notes = calloc(files->n + 1, sizeof(struct ay_scan_note *));
	bool *wanted = calloc(files->n + 1, sizeof(bool));
	struct ay_digests before = {.v = NULL};
	int rc = notes && wanted ? 0 : -ENOMEM;

	for (size_t f = 0; rc >= 0 && i + 1 < r->versions.n && f < r->past[i + 1].files.n; f++)
		rc = ay_digests_add(&before, &r->past[i + 1].files.v[f].sha256);
	for (size_t f = 0; rc >= 0 && f < files->n; f++) {
		if (ay_digests_have(&before, &files->v[f].sha256))
			continue;
		rc = ay_digests_add(&r->seen, &files->v[f].sha256);
		wanted[f] = rc == 1;
	}
	if (rc >= 0)
		rc = fetch(r, files, wanted, notes);
	if (rc == 0)
		rc = add_tables(r, files, wanted, notes);
	if (rc && !r->why.msg[0])
		ay_error_set(&r->why, rc, "%s", ay_strerror(rc));
	for (size_t f = 0; notes && f < files->n; f++)
		ay_note_unref(notes[f]);
	free(notes);
	free(wanted);
	ay_digests_free(&before);
	return rc;
}

/* ---- judging ---- */

/* Every batch is looked at as often as batches are remembered. */
static double alpha_of(const struct remembering *r)
{
	return r->k->c->rules->drift.alpha / r->k->c->rules->drift.history;
}

static void judge_sum(struct remembering *r, const struct ay_drift_limits *limits)
{
	struct ay_drift_set *set = ay_drift_compare(r->k, &r->sum, "the last batches added up", limits, alpha_of(r));

	if (set)
		ay_drift_report_found(r->k, set, "drift.cumulative");
}

static void report_trend(struct remembering *r, const struct ay_profiled *column, size_t series, const struct ay_trend_result *t, double floor)
{
	char value[32], limit[32];

	snprintf(value, sizeof(value), "%.4g", t->end);
	snprintf(limit, sizeof(limit), "%.4g", floor);
	ay_gate_find(r->k->c, AY_GATE_DRIFT, "drift.trend", NULL, value, limit,
		     "column %s: %s %s: at the last of %zu batches it lies %.4g from the reference by the line that begins there, the limit %s; "
		     "z %.2f, p %.2g",
		     column->name, ay_trend_name(column->numeric, series), t->end > 0 ? "rises" : "falls", r->batches, t->end, limit, t->z, t->adjusted);
}

/* By the floors of the sum: where no batch differs from another, the line says what that says. */
static void judge_trend(struct remembering *r, const struct ay_drift_limits *limits)
{
	const struct ay_reference *ref = r->k->kept->reference;
	struct ay_budget *b = &r->k->kept->budget;
	size_t n = ref->count * AY_TREND_SERIES, found = 0;
	double *floors = ay_budget_alloc(b, (n + 1) * sizeof(*floors));
	struct ay_trend_result *results = ay_budget_alloc(b, (n + 1) * sizeof(*results));
	int rc = floors && results ? 0 : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		size_t column = i / AY_TREND_SERIES;

		floors[i] = limits[column].fail[ref->columns[column].numeric && i % AY_TREND_SERIES == AY_TREND_PLACE ? AY_DRIFT_D : AY_DRIFT_V];
	}
	if (rc == 0)
		rc = ay_trend_judge(b, r->trends, n, r->batches, alpha_of(r), floors, results, &found);
	if (rc)
		ay_drift_cannot(r->k, "the trend of the last batches", ay_strerror(rc));
	for (size_t i = 0; rc == 0 && found && i < n; i++)
		if (results[i].found)
			report_trend(r, &ref->columns[i / AY_TREND_SERIES], i % AY_TREND_SERIES, &results[i], floors[i]);
	ay_budget_free(b, floors);
	ay_budget_free(b, results);
}

static void judge(struct remembering *r)
{
	struct ay_comparing *k = r->k;
	size_t n = k->kept->reference->count;
	struct ay_drift_limits *limits = calloc(n + 1, sizeof(*limits));

	for (size_t i = 0; limits && i < n; i++)
		ay_drift_limits_together(&k->kept->limits[i], k->kept->label[i], &limits[i]);
	if (!limits)
		ay_drift_cannot(k, "the last batches", "out of memory");
	if (limits)
		judge_sum(r, limits);
	if (limits && k->c->rules->drift.trend)
		judge_trend(r, limits);
	free(limits);
}

/* The candidate's own, which is the newest: contents that an earlier batch has are not new. */
static int add_own(struct remembering *r)
{
	struct ay_candidate *c = r->k->c;
	bool *wanted = calloc(c->files.n + 1, sizeof(bool));
	int rc = wanted ? 0 : -ENOMEM;
	size_t before = r->batches;

	for (size_t i = 0; rc >= 0 && i < c->files.n; i++) {
		if (!r->k->kept->fresh[i])
			continue;
		rc = ay_digests_add(&r->seen, &c->files.v[i].sha256);
		wanted[i] = rc == 1;
	}
	if (rc >= 0)
		rc = add_tables(r, &c->files, wanted, c->notes);
	free(wanted);
	return rc < 0 ? rc : r->batches > before;
}

static int remember(struct remembering *r)
{
	const struct ay_drift_kept *kept = r->k->kept;
	const size_t history = (size_t)r->k->c->rules->drift.history;
	int rc = list(r);

	if (rc || !r->versions.n)
		return rc;
	r->trends = calloc(kept->reference->count * AY_TREND_SERIES + 1, sizeof(*r->trends));
	rc = r->trends ? ay_batch_init(&r->sum, &r->k->kept->budget, kept->reference) : -ENOMEM;
	r->begun = rc == 0;
	/* The oldest first. */
	for (size_t i = r->versions.n < history ? r->versions.n : history; rc == 0 && i-- > 0;)
		if (r->past[i].judged)
			rc = add_version(r, i);
	if (rc || !r->batches)
		return rc;
	rc = add_own(r);
	if (rc <= 0)
		return rc;
	judge(r);
	return 0;
}

void ay_drift_history(struct ay_comparing *k)
{
	struct remembering r = {.k = k};

	if (!k->c->rules->drift.history || !k->kept->counted)
		return;
	int rc = remember(&r);

	if (rc)
		ay_drift_cannot(k, "the last batches", r.why.msg[0] ? r.why.msg : ay_strerror(rc));
	for (size_t i = 0; r.past && i < r.versions.n; i++)
		ay_file_list_free(&r.past[i].files);
	if (r.begun)
		ay_batch_free(&r.sum);
	free(r.past);
	free(r.trends);
	ay_digests_free(&r.seen);
	ay_versions_free(&r.versions);
}
