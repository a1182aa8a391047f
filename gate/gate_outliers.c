/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outliers: of what is new in a version, and of all of it, the values and rows that are unlike those of the approved reference.
 * Workers counted them; here the counts are added up and their rates compared with the reference's.
 */
#include <math.h>

#include "gate/drift_parts.h"
#include "scanners/data/outlier_judge.h"
#include "scanners/data/schema.h"

#define NAMED 5                      /* rows in a message */

struct judging {
	struct ay_candidate *c;
	struct ay_budget budget;
	const char *season;                  /* that the drift gate found the rows to be of; NULL: there are none */
	const struct ay_reference *reference;    /* the schema's, like the model */
	const struct ay_outlier_model *model;
	struct ay_outlier_rule *rules;       /* one a column of the reference, like the two below */
	struct ay_outlier_judged *columns;
	bool *label;
};

static void cannot(const struct judging *k, const char *what, const char *why)
{
	ay_gate_find(k->c, AY_GATE_OUTLIERS, "outlier.unknown", NULL, NULL, NULL, "%s cannot be judged: %s", what, why);
}

static const char *path_of(const struct judging *k, uint32_t file)
{
	return file < k->c->files.n ? k->c->files.v[file].path : "?";
}

/* ---- findings ---- */

static void report_value(const struct judging *k, size_t i, const struct ay_outlier_value *v, double limit, const struct ay_outliers *sums)
{
	const struct ay_outlier_limits *l = &k->model->columns[i];
	char value[32], text[32];

	snprintf(value, sizeof(value), "%.6g", v->value);
	snprintf(text, sizeof(text), "%.6g", limit);
	ay_gate_find(k->c, AY_GATE_OUTLIERS, "outlier.value", path_of(k, v->file), value, text,
		     "column %s, row %llu: %s lies beyond %s; the reference has %.6g to %.6g, and %llu values lie more than %g of its ranges beyond that",
		     k->reference->columns[i].name, (unsigned long long)v->row, value, text, l->least, l->greatest,
		     (unsigned long long)sums->columns[i].beyond, AY_OUTLIER_RANGES);
}

/* Of the two, which tell the same in most cases, the one that is further beyond its limit. */
static void report_rate(const struct judging *k, size_t i, const char *what)
{
	const struct ay_outlier_limits *l = &k->model->columns[i];
	const struct ay_outlier_judged *j = &k->columns[i];
	bool fenced = j->fenced.found && !(j->far.found && j->far.rate / j->far.limit >= j->fenced.rate / j->fenced.limit);
	const struct ay_outlier_test *t = fenced ? &j->fenced : &j->far;
	char value[32], limit[32];

	if (!t->found)
		return;
	snprintf(value, sizeof(value), "%.4g", t->rate);
	snprintf(limit, sizeof(limit), "%.4g", t->limit);
	ay_gate_find(k->c, AY_GATE_OUTLIERS, "outlier.rate", NULL, value, limit,
		     "column %s, %s: %.3g %% of the values lie outside of %.6g to %.6g (%s), the limit is %.3g %%; the reference has %.3g %%, p %.2g over %llu "
		     "values",
		     k->reference->columns[i].name, what, 100 * t->rate, fenced ? l->fence_low : l->far_low, fenced ? l->fence_high : l->far_high,
		     fenced ? "3 interquartile ranges" : "3.5 robust standard deviations", 100 * t->limit,
		     100 * (double)t->ref_above / (double)t->ref_rows, t->adjusted, (unsigned long long)t->rows);
}

/* "t.csv row 17 (height, weight), row 90 (weight)" */
static void name_rows(const struct judging *k, const struct ay_outliers *sums, int method, struct ay_buf *out)
{
	for (size_t i = 0; i < sums->worst_count[method] && i < NAMED; i++) {
		const struct ay_outlier_row *r = &sums->worst[method][i];

		if (!i || r->file != sums->worst[method][i - 1].file)
			ay_buf_addf(out, "%s%s ", i ? "; " : "", path_of(k, r->file));
		else
			ay_buf_adds(out, ", ");
		ay_buf_addf(out, "row %llu", (unsigned long long)r->row);
		for (int b = 0; b < AY_OUTLIER_BLAMED && r->blamed[b] < k->reference->count; b++)
			ay_buf_addf(out, "%s%.24s", b ? ", " : " (", k->reference->columns[r->blamed[b]].name);
		if (r->blamed[0] < k->reference->count)
			ay_buf_addc(out, ')');
	}
}

static void report_rows(const struct judging *k, int method, const struct ay_outlier_test *t, const struct ay_outliers *sums, const char *what)
{
	struct ay_buf names = ay_buf_new(4096);
	const char *path = sums->worst_count[method] ? path_of(k, sums->worst[method][0].file) : NULL;
	char value[32], limit[32];

	name_rows(k, sums, method, &names);
	snprintf(value, sizeof(value), "%.4g", t->rate);
	snprintf(limit, sizeof(limit), "%.4g", t->limit);
	ay_gate_find(k->c, AY_GATE_OUTLIERS, "outlier.rows", path, value, limit,
		     "%s, by %s: %.3g %% are unlike the reference, the limit is %.3g %%; the reference has %.3g %%, p %.2g over %llu rows. The worst: %s", what,
		     ay_outlier_method_name((enum ay_outlier_method)method), 100 * t->rate, 100 * t->limit,
		     100 * (double)t->ref_above / (double)t->ref_rows, t->adjusted, (unsigned long long)t->rows, ay_buf_str(&names));
	ay_buf_free(&names);
}

static void report(const struct judging *k, const struct ay_outlier_verdict *v, const struct ay_batch *batch, const char *what)
{
	const struct ay_outliers *sums = &batch->outliers;

	for (size_t i = 0; i < k->reference->count; i++) {
		if (k->columns[i].low)
			report_value(k, i, &sums->columns[i].least, k->columns[i].low_limit, sums);
		if (k->columns[i].high)
			report_value(k, i, &sums->columns[i].greatest, k->columns[i].high_limit, sums);
		report_rate(k, i, what);
	}
	for (int m = 0; m < AY_OUTLIER_METHODS; m++) {
		char name[64];

		snprintf(name, sizeof(name), "%s, by %s:", what, ay_outlier_method_name((enum ay_outlier_method)m));
		if (v->unknown[m])
			cannot(k, name, "the reference has too few rows");
		for (int part = AY_OUTLIER_PARTS - 1; part >= 0; part--)
			if (v->rows[m][part].found) {
				report_rows(k, m, &v->rows[m][part], sums, what);
				break;
			}
	}
}

/* ---- adding up ---- */

static uint64_t rows_of(const struct ay_profiled *c)
{
	return c->numeric ? c->numbers.rows : c->values.rows;
}

/* A table without a column says nothing of it; one that is no label must not be left out. */
static void look_for_columns(const struct judging *k, const struct ay_batch *one, uint32_t file)
{
	uint64_t most = 0;

	for (size_t i = 0; i < k->reference->count; i++)
		most = rows_of(&one->counts.columns[i]) > most ? rows_of(&one->counts.columns[i]) : most;
	for (size_t i = 0; i < k->reference->count; i++)
		if (rows_of(&one->counts.columns[i]) != most && rows_of(&k->reference->columns[i]) && !k->label[i])
			ay_gate_find(k->c, AY_GATE_OUTLIERS, "outlier.unknown", path_of(k, file), NULL, NULL,
				     "the table does not have the column %s, which the reference has", k->reference->columns[i].name);
}

static int add_table(const struct judging *k, uint32_t file, bool look, struct ay_batch *batch)
{
	const struct ay_scan_note *n = k->c->notes[file];
	struct ay_batch one, *counted = &one;
	struct ay_budget *b = batch->budget;
	int rc = ay_batch_decode(n->profile, n->profile_len, b, &one);

	if (rc)
		return rc;
	while (counted && !ay_sha256_eq(&counted->counts.digest, &k->reference->digest))
		counted = counted->also;
	if (counted)
		ay_outliers_set_file(&counted->outliers, file);
	rc = ay_batch_merge(batch, &one);
	if (!rc && counted && look)
		look_for_columns(k, counted, file);
	ay_batch_free(&one);
	return rc;
}

/* Adds up the tables, but not the old ones when there is a list of them. Returns how many there were, or a negative code. */
static int add_up(struct judging *k, const bool *old, bool look, struct ay_batch *batch)
{
	struct ay_digests seen = {.v = NULL};
	int tables = 0, rc = ay_batch_init(batch, &k->budget, k->reference);

	if (rc)
		return rc;
	for (size_t i = 0; rc == 0 && i < k->c->files.n; i++) {
		const struct ay_scan_note *n = k->c->notes ? k->c->notes[i] : NULL;

		if (!n || !n->profile || (old && old[i]))
			continue;
		rc = ay_digests_add(&seen, &k->c->files.v[i].sha256);
		if (rc == 1) {
			rc = add_table(k, (uint32_t)i, look, batch);
			tables++;
		}
	}
	ay_digests_free(&seen);
	if (rc)
		ay_batch_free(batch);
	return rc ? rc : tables;
}

/* last: what is too much or not there wherever it stands is said now, and only once. */
static void judge(struct judging *k, const bool *old, bool last, const char *what)
{
	const struct ay_rules *r = k->c->rules;
	unsigned methods = last ? r->outliers.methods : r->outliers.methods & ~AY_OUTLIER_BY_VALUE;
	struct ay_outlier_verdict v;
	struct ay_batch batch;
	int tables = add_up(k, old, last, &batch), rc;

	if (tables < 0) {
		cannot(k, what, ay_strerror(tables));
		return;
	}
	if (tables > 0) {
		rc = ay_outlier_judge(k->model, &batch, r->outliers.alpha, methods, k->rules, k->columns, &v);
		if (rc)
			cannot(k, what, ay_strerror(rc));
		else
			report(k, &v, &batch, what);
	} else if (last) {
		cannot(k, what, "there is no table that was counted");
	}
	ay_batch_free(&batch);
}

/* Tables that no worker counted must not pass beside those that were. */
static void refuse_uncounted(struct judging *k)
{
	static const char *const formats[] = {"csv", "parquet", "arrow", "jsonl", "npy", "npz", "hdf5"};
	const struct ay_schema *schema = ay_candidate_schema(k->c, NULL);

	for (size_t i = 0; i < k->c->files.n; i++) {
		const struct ay_scan_note *n = k->c->notes ? k->c->notes[i] : NULL;

		if (schema && !ay_schema_counts(schema, k->c->files.v[i].path))
			continue;
		for (size_t f = 0; n && !n->profile && f < AY_ARRAY_LEN(formats); f++)
			if (strcmp(n->format, formats[f]) == 0)
				ay_gate_find(k->c, AY_GATE_OUTLIERS, "outlier.unknown", k->c->files.v[i].path, NULL, NULL,
					     "the rows of this table, of the format %s, were not counted against the reference", n->format);
	}
}

/* ---- the reference, and what the policy and the schema say of its columns ---- */

static double as_double(const struct ay_value *v)
{
	char text[64];

	if (v->type == AY_VALUE_NUMBER)
		return v->d;
	/* Beyond 18 digits an integer is kept as text. */
	snprintf(text, sizeof(text), "%s%.*s", v->negative ? "-" : "", (int)(v->len < 60 ? v->len : 60), v->text ? v->text : "0");
	return v->len > 18 ? strtod(text, NULL) : (double)v->i;
}

static void bound_by_schema(struct judging *k, const struct ay_schema *schema)
{
	schema = ay_schema_referenced(schema);
	for (size_t f = 0; f < schema->field_count; f++) {
		const struct ay_schema_field *field = &schema->fields[f];
		const struct ay_profiled *c = ay_reference_find(k->reference, field->name.text);
		struct ay_outlier_rule *r = c ? &k->rules[c - k->reference->columns] : NULL;

		if (!r || !c->numeric)
			continue;
		r->has_least = field->has_min;
		r->has_greatest = field->has_max;
		if (field->has_min)
			r->least = as_double(&field->min);
		if (field->has_max)
			r->greatest = as_double(&field->max);
	}
}

static void override(struct judging *k)
{
	const struct ay_rules *rules = k->c->rules;

	for (size_t i = 0; i < rules->outliers.ncolumns; i++) {
		const struct ay_outlier_override *o = &rules->outliers.columns[i];
		const struct ay_profiled *c = ay_reference_find(k->reference, o->column);

		if (!c) {
			ay_gate_find(k->c, AY_GATE_OUTLIERS, "outlier.unknown", NULL, NULL, NULL,
				     "the policy names the column %s, which the reference does not have", o->column);
			continue;
		}
		k->rules[c - k->reference->columns].ranges = o->ranges;
		k->rules[c - k->reference->columns].tails = false;
		k->rules[c - k->reference->columns].rated = o->ranges != 0;
	}
}

static int prepare(struct judging *k, const struct ay_schema *schema, struct ay_measure *measure)
{
	size_t n = k->reference->count;
	int rc = ay_measure_outliers(measure, &k->model);

	k->rules = calloc(n + 1, sizeof(*k->rules));
	k->columns = calloc(n + 1, sizeof(*k->columns));
	k->label = calloc(n + 1, sizeof(*k->label));
	if (rc)
		return rc;
	if (!k->rules || !k->columns || !k->label)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++) {
		k->rules[i] = (struct ay_outlier_rule){.ranges = AY_OUTLIER_RANGES, .tails = true, .rated = true};
		k->label[i] = ay_schema_label(schema, k->reference->columns[i].name);
	}
	bound_by_schema(k, schema);
	override(k);
	return 0;
}

/* False after its report. */
static bool load(struct judging *k)
{
	const struct ay_schema *schema = ay_candidate_schema(k->c, NULL);
	struct ay_measure *measure = NULL;
	int rc = schema ? ay_schema_measure(schema, k->season, &measure) : AY_ENOTFOUND;

	if (rc == AY_ENOTFOUND) {
		ay_gate_find(k->c, AY_GATE_OUTLIERS, "outlier.no-reference", NULL, NULL, NULL, "no reference is approved for %s", k->c->art.ref.name);
		return false;
	}
	if (rc == 0) {
		k->reference = ay_measure_reference(measure);
		rc = k->reference->count ? prepare(k, schema, measure) : AY_ENOTFOUND;
	}
	if (rc)
		cannot(k, "the reference", rc == AY_ENOTFOUND ? "it has no column" : ay_strerror(rc));
	return rc == 0;
}

void ay_gate_outliers(struct ay_candidate *c)
{
	struct judging k = {.c = c};
	struct ay_comparing files = {.c = c, .old = calloc(c->files.n + 1, sizeof(bool))};

	ay_budget_init(&k.budget, 0);
	if ((c->rules->gates >> AY_GATE_DRIFT & 1) && c->drift)
		k.season = c->drift->season;
	if (!files.old) {
		cannot(&k, "the version", "out of memory");
		return;
	}
	if (load(&k)) {
		int rc = ay_drift_mark_old(&files);

		if (rc) {
			cannot(&k, "the version", ay_strerror(rc));
		} else {
			/* The whole of a dataset that grows over the seasons is of none of them. */
			bool alone = files.increment && k.season;

			if (files.increment)
				judge(&k, files.old, alone, "new rows");
			if (!alone)
				judge(&k, NULL, true, "all rows");
			refuse_uncounted(&k);
		}
	}
	free(k.rules);
	free(k.columns);
	free(k.label);
	free(files.old);
}
