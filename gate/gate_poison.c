/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Poisoning: signs that somebody tampered with what is new in a version, or with all of it, seen against the reference that a
 * curator approved with the schema. Workers kept what the tables have; here it is added up and judged.
 */
#include "gate/poison_parts.h"

#include "assay/schema.h"
#include "assay/text.h"
#include "scanners/data/image_row.h"

#define NAMED 3                  /* rows in one finding */

void ay_poison_cannot(const struct ay_poisoning *k, const char *what, const char *why)
{
	ay_gate_find(k->c, AY_GATE_POISONING, "poison.unknown", NULL, NULL, NULL, "%s: %s", what, why);
}

void ay_poison_name_row(const struct ay_poisoning *k, uint32_t file, uint64_t row, char *out, size_t size)
{
	char path[96];

	ay_escape_str(path, sizeof(path), file < k->c->files.n ? k->c->files.v[file].path : "?");
	snprintf(out, size, "%s row %llu", path, (unsigned long long)row);
}

/* ---- labels ---- */

void ay_poison_name_place(const struct ay_profiled *c, uint16_t place, char *out, size_t size)
{
	char text[AY_PROFILE_VALUE_LEN + 1];

	if (c->numeric) {
		double at = place < c->numbers.edge_count ? c->numbers.edges[place] : c->numbers.edges[c->numbers.edge_count - 1];

		snprintf(out, size, "%.6g", at);
	} else if (place < c->values.used && c->values.entries[place].bytes) {
		snprintf(text, sizeof(text), "%.*s", (int)c->values.entries[place].len, (const char *)c->values.entries[place].bytes);
		ay_escape_str(out, size, text);
	} else {
		snprintf(out, size, "%s", place < c->values.used ? "a long text" : "a value that the reference does not have");
	}
}

static void name_rows(const struct ay_poisoning *k, size_t column, const struct ay_label_result *r, char *out, size_t size)
{
	const struct ay_profiled *c = &k->ref->columns[column];
	struct ay_buf b = ay_buf_new(size);

	for (size_t i = 0; i < r->worst_count && i < NAMED; i++) {
		const struct ay_label_row *w = &r->worst[i];
		char given[48], expected[48], where[128];

		ay_poison_name_place(c, w->given, given, sizeof(given));
		ay_poison_name_place(c, w->expected, expected, sizeof(expected));
		ay_poison_name_row(k, w->file, w->row, where, sizeof(where));
		ay_buf_addf(&b, "%s%s says %s, %u of its %d neighbours %s", i ? "; " : "", where, given, w->for_expected, AY_LABEL_NEIGHBOURS, expected);
	}
	snprintf(out, size, "%s", b.err || !b.len ? "" : ay_buf_str(&b));
	ay_buf_free(&b);
}

static void report_labels(const struct ay_poisoning *k, size_t column, const char *what, const struct ay_label_result *r)
{
	const struct ay_profiled *c = &k->ref->columns[column];
	double limit = k->c->rules->poisoning.labels;
	char value[32], most[32], rows[360];

	if (r->why == AY_LABEL_FEW_ROWS && !r->rows) {
		ay_gate_find(k->c, AY_GATE_POISONING, "poison.not-applicable", NULL, NULL, NULL, "%s: the tables do not have the label %s", what, c->name);
		return;
	}
	if (r->why == AY_LABEL_NO_COLUMNS && k->ref->texts.n) {
		ay_gate_find(k->c, AY_GATE_POISONING, "poison.not-applicable", NULL, NULL, NULL,
			     "label %s, %s: there are only texts beside it, which have no neighbours: flipped labels were not looked for", c->name, what);
		return;
	}
	if (r->why) {
		ay_gate_find(k->c, AY_GATE_POISONING, "poison.unknown", NULL, NULL, NULL, "label %s, %s: %s (%llu rows)", c->name, what,
			     ay_label_why_text(r->why), (unsigned long long)r->rows);
		return;
	}
	if (!r->flipped)
		return;
	snprintf(value, sizeof(value), "%.3g", r->share);
	snprintf(most, sizeof(most), "%.3g", limit);
	name_rows(k, column, r, rows, sizeof(rows));
	ay_gate_find(k->c, AY_GATE_POISONING, "poison.labels", NULL, value, most,
		     "label %s, %s: %llu of %llu are outvoted by their neighbours in the reference, %llu of %llu there: as if %.1f %% were flipped, p %.1g; %s",
		     c->name, what, (unsigned long long)r->lost, (unsigned long long)r->rows, (unsigned long long)r->ref_lost,
		     (unsigned long long)r->ref_rows, 100 * r->share, r->p, rows);
}

static void judge_label(struct ay_poisoning *k, size_t column, const struct ay_batch *batch, const char *what)
{
	struct ay_label_owns *known = k->c->g->label_owns;
	struct ay_label_result r;
	int rc = 0;

	if (!k->model[column]) {
		rc = ay_label_model_new(k->ref, column, &k->budget, &k->model[column]);
		if (!rc)
			ay_label_owns_find(known, k->ref, column, k->model[column]);
	}
	if (!rc)
		rc = ay_label_judge(k->model[column], &batch->poison, AY_POISON_ALPHA, k->c->rules->poisoning.labels, &r);
	if (rc) {
		ay_poison_cannot(k, what, ay_strerror(rc));
		return;
	}
	ay_label_owns_keep(known, k->ref, column, k->model[column]);
	report_labels(k, column, what, &r);
}

/* ---- the tables ---- */

static int add_table(struct ay_poisoning *k, uint32_t file, struct ay_batch *batch)
{
	const struct ay_scan_note *n = k->c->notes[file];
	struct ay_batch one;

	if (ay_drift_is_image(n))
		return ay_poison_add_image(k, file);
	int rc = ay_batch_decode(n->profile, n->profile_len, &k->budget, &one);

	if (rc)
		return rc;
	ay_poison_set_file(&one.poison, file);
	rc = ay_batch_merge(batch, &one);
	ay_batch_free(&one);
	return rc;
}

/* Adds up the tables; with fresh, those of new files alone. Returns how many there were, or a negative code. */
static int add_up(struct ay_poisoning *k, bool fresh, struct ay_batch *batch)
{
	struct ay_digests seen = {.v = NULL};
	int tables = 0, rc = ay_batch_init(batch, &k->budget, k->ref);

	for (size_t i = 0; rc == 0 && i < k->c->files.n; i++) {
		const struct ay_scan_note *n = k->c->notes ? k->c->notes[i] : NULL;

		if (!ay_drift_counts(&k->images, n) || (fresh && k->old[i]))
			continue;
		rc = ay_digests_add(&seen, &k->c->files.v[i].sha256);
		if (rc == 1) {
			rc = add_table(k, (uint32_t)i, batch);
			tables++;
		}
	}
	ay_digests_free(&seen);
	rc = ay_drift_take_images(&k->images, rc, k->image_files, batch);
	if (rc)
		ay_batch_free(batch);
	return rc ? rc : tables;
}

static void judge(struct ay_poisoning *k, bool fresh, const char *what)
{
	struct ay_batch batch;
	int tables = add_up(k, fresh, &batch);

	if (tables < 0) {
		ay_poison_cannot(k, what, ay_strerror(tables));
		return;
	}
	if (!tables)
		ay_poison_cannot(k, what, "there is no table that was counted");
	for (size_t i = 0; tables && i < k->ref->count; i++)
		if (k->label[i]) {
			judge_label(k, i, &batch, what);
			ay_poison_classes(k, i, &batch, what);
			ay_poison_marks(k, i, &batch, what);
			ay_poison_spectrum(k, i, NULL, &batch, what);
			ay_poison_model(k, i, &batch, what);
		}
	if (tables)
		ay_poison_tokens(k, &batch, what);
	if (tables)
		ay_poison_duplicates(k, &batch, what, fresh);
	if (tables && !fresh)
		ay_poison_leaks(k, &batch);
	ay_batch_free(&batch);
}

/* ---- the reference ---- */

/* The labels that the schema marks, and the one that the policy names. */
static int find_labels(struct ay_poisoning *k, const struct ay_schema *schema)
{
	const char *named = k->c->rules->poisoning.label;
	bool any = false;

	k->label = calloc(k->ref->count + 1, sizeof(*k->label));
	k->model = calloc(k->ref->count + 1, sizeof(*k->model));
	if (!k->label || !k->model)
		return AY_ELIMIT;
	k->marked = k->ref->count;
	for (size_t i = 0; i < k->ref->count; i++) {
		if (k->marked == k->ref->count && ay_schema_label(schema, k->ref->columns[i].name))
			k->marked = i;
		k->label[i] = ay_schema_label(schema, k->ref->columns[i].name) || (named && strcmp(named, k->ref->columns[i].name) == 0);
		any = any || k->label[i];
	}
	if (named && !ay_reference_find(k->ref, named))
		ay_poison_cannot(k, "labels", "the reference does not have the label that the policy names");
	else if (!any)
		ay_gate_find(k->c, AY_GATE_POISONING, "poison.not-applicable", NULL, NULL, NULL, "neither the schema nor the policy names a label");
	return 0;
}

/* The reference of the approved schema; false after its report. */
static bool load_reference(struct ay_poisoning *k)
{
	const struct ay_schema *schema = ay_candidate_schema(k->c, NULL);
	struct ay_measure *measure = NULL;
	int rc = schema ? ay_schema_measure(schema, NULL, &measure) : AY_ENOTFOUND;

	if (rc == 0)
		k->ref = ay_measure_reference(measure);
	if (rc == 0)
		rc = find_labels(k, schema);
	if (rc == AY_ENOTFOUND)
		ay_gate_find(k->c, AY_GATE_POISONING, "poison.no-reference", NULL, NULL, NULL, "no reference is approved for %s", k->c->art.ref.name);
	else if (rc)
		ay_poison_cannot(k, "the reference", ay_strerror(rc));
	return rc == 0;
}

/* Rows in forms that are not counted must not pass beside those that are. */
static void refuse_uncounted(struct ay_poisoning *k)
{
	static const char *const formats[] = {"parquet", "arrow", "jsonl", "npy", "npz", "hdf5"};
	const struct ay_schema *schema = ay_candidate_schema(k->c, NULL);

	for (size_t i = 0; i < k->c->files.n; i++) {
		const struct ay_scan_note *n = k->c->notes ? k->c->notes[i] : NULL;

		if (schema && !ay_schema_counts(schema, k->c->files.v[i].path))
			continue;
		for (size_t f = 0; n && !n->profile && f < AY_ARRAY_LEN(formats); f++)
			if (strcmp(n->format, formats[f]) == 0)
				ay_gate_find(k->c, AY_GATE_POISONING, "poison.unknown", k->c->files.v[i].path, NULL, NULL,
					     "rows of the format %s were not counted", n->format);
	}
}

void ay_gate_poison(struct ay_candidate *c)
{
	struct ay_drift_kept none = {.season = NULL};    /* of drift nothing is kept */
	struct ay_poisoning k = {
		.c = c, .old = calloc(c->files.n + 1, sizeof(bool)), .image_files = calloc(c->files.n + 1, sizeof(uint32_t)),
		.images = {.c = c, .kept = &none, .schema = ay_candidate_schema(c, NULL)},
	};

	ay_budget_init(&k.budget, 0);
	ay_budget_init(&none.budget, 0);
	k.images.old = k.old;
	if (!k.old || !k.image_files) {
		ay_poison_cannot(&k, "the version", "out of memory");
	} else if (load_reference(&k)) {
		k.images.images = ay_image_is_reference(k.ref);
		int rc = ay_drift_mark_old(&k.images);

		if (rc)
			ay_poison_cannot(&k, "the version", ay_strerror(rc));
		if (!rc && k.images.increment)
			judge(&k, true, "new rows");
		if (!rc)
			judge(&k, false, "all rows");
		refuse_uncounted(&k);
	}
	for (size_t i = 0; k.model && i < k.ref->count; i++)
		ay_label_model_free(k.model[i]);
	free(k.model);
	free(k.label);
	free(k.old);
	free(k.image_files);
}
