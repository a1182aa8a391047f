/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reference, a table that came, and all that the data gates compute of the two. The first byte chooses, the next two (little-endian)
 * say how long the first part is; the rest is the table:
 *   1        the table is JSON Lines, else CSV
 *   2        the first part is an encoded reference, else a table of which a schema is proposed
 *   4, 8     rows are repeated 1, 2, 8 or 32 times
 *   16 ...   which column is the label
 */
#include <math.h>

#include "assay/schema.h"
#include "scanners/data/confident.h"
#include "scanners/data/drift.h"
#include "scanners/data/drift_draw.h"
#include "scanners/data/drift_trend.h"
#include "scanners/data/near_rows.h"
#include "scanners/data/outlier_judge.h"
#include "scanners/data/poison_classes.h"
#include "scanners/data/poison_labels.h"
#include "scanners/data/poison_tokens.h"
#include "scanners/data/spectral.h"
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

#define JSONL 1
#define REFERENCE 2
#define ALPHA 0.001
#define LIMIT 0.02
#define COLUMNS 24
#define BATCHES 6
#define MOST (16 * KIB)     /* of repeated rows: all that is judged grows with their square */

FUZZ_SCANNERS(&ay_scanner_text, &ay_scanner_csv, &ay_scanner_json, &ay_scanner_jsonl)

struct part { const char *bytes; size_t len; };
struct input { struct part first, table; unsigned repeat, label; bool jsonl, encoded; };

static void chance(double p, const char *what)
{
	if (!(p >= 0 && p <= 1))
		ay_bug("%s", what);
}

static void number(double v, const char *what)
{
	if (isnan(v))
		ay_bug("%s", what);
}

/* ---- drift ---- */

static struct ay_drift_column drift_column(const struct ay_profiled *ref, const struct ay_profiled *batch)
{
	struct ay_drift_column c = {.limits = &ay_drift_limits_default};

	if (ref->numeric) {
		c.ref_numbers = &ref->numbers;
		c.numbers = &batch->numbers;
	} else {
		c.ref_values = &ref->values;
		c.values = &batch->values;
	}
	return c;
}

static void drift(const struct ay_reference *ref, const struct ay_reference *batch, struct ay_budget *b)
{
	struct ay_drift_column columns[COLUMNS];
	struct ay_drift_result results[COLUMNS];
	enum ay_drift_state worst;

	for (size_t i = 0; i < ref->count; i++)
		columns[i] = drift_column(&ref->columns[i], &batch->columns[i]);
	if (ay_drift_judge(b, columns, ref->count, ALPHA, results, &worst))
		return;
	for (size_t i = 0; i < ref->count; i++) {
		if (results[i].state > worst)
			ay_bug("the worst column is not the worst");
		chance(results[i].test.p, "drift has no chance");
		for (int e = 0; e < AY_DRIFT_EFFECTS; e++) {
			number(results[i].effect[e], "an effect is none");
			number(results[i].noise[e], "noise is none");
		}
	}
}

static void draw(const struct ay_reference *ref, struct ay_reference *batch, uint64_t rows)
{
	for (size_t i = 0; i < ref->count; i++) {
		const struct ay_profiled *from = &ref->columns[i];
		struct ay_profiled *to = &batch->columns[i];
		struct ay_draw d = ay_draw_new(from->numeric ? &from->numbers.key : &from->values.key, rows);

		if (from->numeric)
			ay_draw_numbers(&d, &from->numbers, rows, &to->numbers);
		else
			ay_draw_values(&d, &from->values, rows, &to->values);
		if ((to->numeric ? to->numbers.rows : to->values.rows) > rows)
			ay_bug("more rows are drawn than were asked for");
	}
}

/* The table in every second place. */
static void trend(const struct ay_profiled *ref, const struct ay_profiled *table, const struct ay_profiled *drawn, struct ay_budget *b)
{
	static const double floors[AY_TREND_SERIES] = {0.05};
	struct ay_trend series[AY_TREND_SERIES] = {{0}};
	struct ay_trend_result r[AY_TREND_SERIES];
	size_t n = 0, found;

	for (size_t k = 1; k <= BATCHES; k++) {
		const struct ay_profiled *one = k % 2 ? drawn : table;

		n = ref->numeric ? ay_trend_add_numbers(series, &ref->numbers, &one->numbers, k) : ay_trend_add_values(series, &ref->values, &one->values, k);
		if (n > AY_TREND_SERIES)
			ay_bug("a column has too many series");
	}
	if (ay_trend_judge(b, series, n, BATCHES, ALPHA, floors, r, &found))
		return;
	for (size_t i = 0; i < n; i++) {
		chance(r[i].p, "a trend has no chance");
		number(r[i].end, "a trend has no line");
		if (!ay_trend_name(ref->numeric, i))
			ay_bug("a series has no name");
	}
}

static void trends(const struct ay_reference *ref, struct ay_batch *batch, struct ay_budget *b)
{
	struct ay_reference drawn;

	if (ay_reference_batch(ref, b, &drawn))
		return;
	draw(ref, &drawn, 7);
	drift(ref, &drawn, b);
	draw(ref, &drawn, 5000);
	drift(ref, &drawn, b);
	for (size_t i = 0; i < ref->count; i++)
		trend(&ref->columns[i], &batch->counts.columns[i], &drawn.columns[i], b);
	ay_reference_free(&drawn);
}

/* ---- poisoning ---- */

static void labels(struct ay_reference *ref, size_t label, const struct ay_batch *batch, struct ay_budget *b)
{
	struct ay_label_model *m = NULL;
	struct ay_label_result r;

	if (ay_label_model_new(ref, label, b, &m) == 0 && ay_label_judge(m, &batch->poison, ALPHA, LIMIT, &r) == 0) {
		if (!ay_label_why_text(r.why) || r.lost > r.rows || r.ref_lost > r.ref_rows || r.worst_count > AY_LABEL_WORST)
			ay_bug("labels do not add up");
		if (!r.why) {
			chance(r.p, "labels have no chance");
			number(r.share, "a share of labels is none");
			number(r.noise, "noise of labels is none");
		}
	}
	ay_label_model_free(m);
}

static void classes(struct ay_reference *ref, size_t label, const struct ay_batch *batch, struct ay_budget *b)
{
	struct ay_class_result r;

	if (ay_classes_judge(ref, label, &batch->counts, &batch->poison.rows, ALPHA, b, &r))
		return;
	if (r.n > r.total || r.n > AY_CLASS_LISTED)
		ay_bug("classes do not add up");
	for (size_t i = 0; i < r.n; i++) {
		number(r.v[i].effect, "the effect of a class is none");
		number(r.v[i].p, "a class has no chance");
	}
}

static void spectrum(struct ay_reference *ref, size_t label, const struct ay_batch *batch, struct ay_budget *b)
{
	bool only[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++)
		only[i] = i % 2 == 0;
	for (int looks = 0; looks < 2; looks++) {
		struct ay_spectral_result r;

		if (ay_spectral_judge(ref, label, looks ? only : NULL, &batch->poison.rows, ALPHA, LIMIT, b, &r))
			continue;
		if (r.n > r.total || r.n > AY_SPECTRAL_LISTED)
			ay_bug("a spectrum does not add up");
		for (size_t i = 0; i < r.n; i++) {
			chance(r.v[i].p, "a spectrum has no chance");
			number(r.v[i].value, "an eigenvalue is none");
		}
	}
}

/* Predictions: the columns of numbers, as they come. */
static void confident(struct ay_reference *ref, size_t label, const struct ay_batch *batch, struct ay_budget *b)
{
	struct ay_predicted by = {.n = 0};
	struct ay_confident_result r;
	size_t at = 0;

	if (ay_label_places(ref, label, AY_CONFIDENT_CLASSES, by.place, &by.n) || by.n > AY_CONFIDENT_CLASSES)
		return;
	for (size_t i = 0; i < by.n; i++) {
		while (at < ref->count && (at == label || !ref->columns[at].numeric))
			at++;
		if (at == ref->count)
			return;
		by.column[i] = at++;
	}
	if (ay_confident_judge(ref, label, &by, &batch->poison.rows, ALPHA, LIMIT, b, &r) || !r.judged)
		return;
	chance(r.p, "predictions have no chance");
	number(r.share, "a share of issues is none");
	if (r.issues > r.rows || r.ref_issues > r.ref_rows)
		ay_bug("issues do not add up");
}

static void tokens(struct ay_reference *ref, size_t label, const struct ay_batch *batch, struct ay_budget *b)
{
	struct ay_token_result r;

	if (!ref->texts.n || !batch->poison.texts.n || ay_tokens_judge(ref, label, &batch->poison.texts, ALPHA, LIMIT, b, &r))
		return;
	for (size_t i = 0; i < r.n; i++) {
		chance(r.v[i].p, "a token has no chance");
		chance(r.v[i].p_label, "the label of a token has no chance");
		if (r.v[i].with > r.v[i].rows)
			ay_bug("tokens do not add up");
	}
}

static void repeats(struct ay_reference *ref, struct ay_batch *batch, struct ay_budget *b)
{
	struct ay_row_sketch *of = &batch->poison.whole, *was = &ref->whole;
	const struct ay_row_seen *first;
	struct ay_near_rows near;
	uint64_t rows, shared;
	double error;

	if (ay_near_rows_judge(ref, &batch->poison.rows, b, &near) == 0) {
		chance(near.repeated, "a share of rows is none");
		chance(near.ref_repeated, "a share of the reference is none");
		number(near.noise, "noise of rows is none");
	}
	if (!of->seen || !was->seen)
		return;
	ay_row_sketch_sort(of);
	ay_row_sketch_sort(was);
	chance(ay_row_sketch_repeated(of, &error), "a share that repeats is none");
	number(error, "an error is none");
	number(ay_row_sketch_expected(was, of->rows), "what is expected is none");
	number(ay_row_sketch_met(was, of->rows), "what is met is none");
	ay_row_sketch_shared(of, was, &rows, &shared, &first);
	if (shared > rows || (shared && !first))
		ay_bug("shared rows do not add up");
}

/* ---- all of it ---- */

static void outliers(const struct ay_reference *ref, const struct ay_batch *batch, struct ay_budget *b)
{
	struct ay_outlier_rule rules[COLUMNS];
	struct ay_outlier_judged judged[COLUMNS];
	struct ay_outlier_model *m = NULL;
	struct ay_outlier_verdict v;

	for (size_t i = 0; i < ref->count; i++)
		rules[i] = (struct ay_outlier_rule){.ranges = 3, .tails = i % 2, .rated = true, .has_least = i % 3 == 0, .least = -1, .has_greatest = i % 5 == 0};
	if (ay_outlier_model_new(ref, b, &m) == 0 && ay_outlier_judge(m, batch, ALPHA, AY_OUTLIER_BY_ALL, rules, judged, &v) == 0)
		for (size_t i = 0; i < ref->count; i++)
			if (judged[i].far.made)
				chance(judged[i].far.p, "an outlier has no chance");
	ay_outlier_model_free(m);
}

static void judge(struct ay_reference *ref, struct ay_batch *batch, size_t label, struct ay_budget *b)
{
	drift(ref, &batch->counts, b);
	trends(ref, batch, b);
	outliers(ref, batch, b);
	repeats(ref, batch, b);
	if (!ref->count)
		return;
	label %= ref->count;
	labels(ref, label, batch, b);
	classes(ref, label, batch, b);
	spectrum(ref, label, batch, b);
	confident(ref, label, batch, b);
	tokens(ref, label, batch, b);
}

/* The counts as the gate gets them, alone and as two files of one version. */
static void counted(const uint8_t *reference, size_t reference_len, const uint8_t *counts, size_t counts_len, size_t label)
{
	struct ay_reference ref;
	struct ay_batch one, sum;
	struct ay_budget b;

	ay_budget_init(&b, 0);
	uint64_t whole = b.alloc_left;

	if (ay_reference_decode(reference, reference_len, &b, &ref))
		return;
	if (ref.count <= COLUMNS && ay_batch_init(&sum, &b, &ref) == 0) {
		for (uint32_t file = 0; file < 2 && ay_batch_decode(counts, counts_len, &b, &one) == 0; file++) {
			ay_poison_set_file(&one.poison, file);
			ay_outliers_set_file(&one.outliers, file);
			if (ay_batch_merge(&sum, &one) == 0)
				judge(&ref, &sum, label, &b);
			ay_batch_free(&one);
		}
		ay_batch_free(&sum);
	}
	ay_reference_free(&ref);
	if (b.alloc_left != whole)
		ay_bug("memory is left behind");
}

/* ---- a reference that anybody may have written ---- */

struct labelled { struct ay_counting *counting; const struct ay_reference *ref; size_t label; };

static bool is_label(const void *arg, const char *name)
{
	const struct labelled *l = arg;

	return l->ref->count && strcmp(l->ref->columns[l->label % l->ref->count].name, name) == 0;
}

static int columns(void *arg, const char *const *names, size_t n)
{
	return ay_counting_columns(((struct labelled *)arg)->counting, names, n);
}

static int row(void *arg, uint64_t at, const struct ay_cell *cells)
{
	return ay_counting_row(((struct labelled *)arg)->counting, at, cells);
}

static void by_reference(const struct input *in, const struct ay_buf *table)
{
	const uint8_t *bytes = (const uint8_t *)in->first.bytes; /* own: bytes as bytes */
	struct ay_source source = ay_source_memory(table->data, table->len);
	struct ay_rows_csv csv = {.in = &source, .delimiter = ','};
	struct ay_buf counts = ay_buf_new(AY_LIMIT_PROFILE);
	const struct ay_rows rows = ay_rows_csv(&csv);
	struct labelled l = {.label = in->label};
	struct ay_reference ref;
	struct ay_budget b;

	ay_budget_init(&b, 0);
	if (ay_reference_decode(bytes, in->first.len, &b, &ref))
		return;
	l.ref = &ref;
	if (ref.count <= COLUMNS && ay_counting_new(bytes, in->first.len, &b, &l.counting) == 0) {
		if (ay_counting_label(l.counting, is_label, &l) == 0 &&
		    rows.each(rows.arg, &b, &(struct ay_rows_sink){.arg = &l, .columns = columns, .row = row}) == 0) {
			ay_batch_encode(ay_counting_batch(l.counting), &counts);
			if (!counts.err)
				counted(bytes, in->first.len, counts.data, counts.len, in->label);
		}
	}
	ay_counting_free(l.counting);
	ay_reference_free(&ref);
	ay_buf_free(&counts);
}

/* ---- a reference of a table ---- */

/* The proposal with a field marked as the label, as a person would. */
static void mark(const struct ay_buf *proposal, unsigned label, struct ay_buf *out)
{
	static const char name[] = "\"name\":";
	const char *text = (const char *)proposal->data, *end = text + proposal->len, *at = text, *found = NULL; /* own: JSON that we wrote */

	while (at && (at = memmem(at, (size_t)(end - at), name, sizeof(name) - 1))) {
		found = at++;
		if (label-- == 0)
			break;
	}
	ay_buf_add(out, text, (size_t)((found ? found : end) - text));
	if (found) {
		ay_buf_adds(out, "\"x-label\":true,");
		ay_buf_add(out, found, (size_t)(end - found));
	}
}

static void scan(const struct input *in, const struct ay_buf *schema, const struct ay_buf *table)
{
	struct ay_scan_options o = {.profiles = AY_PROFILE_WEIGHTS, .path = in->jsonl ? "t.jsonl" : "t.csv",
				    .schema_json = (const char *)schema->data, .schema_len = schema->len}; /* own: JSON that we wrote */
	struct ay_source source = ay_source_memory(table->data, table->len);
	struct ay_schema *loaded;
	struct ay_scan_result r;
	struct ay_error e;
	size_t len;

	if (ay_schema_load(schema->data, schema->len, &loaded, &e))
		ay_bug("a proposal with a label does not load");
	const uint8_t *reference = ay_schema_profile(loaded, &len);

	if (ay_scan_run(&source, &o, &r) < 0)
		ay_bug("the driver gave no answer");
	if (reference && r.profile)
		counted(reference, len, r.profile, r.profile_len, in->label);
	ay_scan_result_free(&r);
	ay_schema_free(loaded);
}

static void by_table(const struct input *in, const struct ay_buf *first, const struct ay_buf *table)
{
	struct ay_source source = ay_source_memory(first->data, first->len);
	struct ay_buf proposal = ay_buf_new(AY_LIMIT_SCHEMA), schema = ay_buf_new(AY_LIMIT_SCHEMA);
	struct ay_budget b;
	struct ay_error e;

	ay_budget_init(&b, first->len);
	if (ay_schema_infer(&source, in->jsonl ? "t.jsonl" : "t.csv", &b, &proposal, &e) == 0) {
		mark(&proposal, in->label, &schema);
		if (!schema.err)
			scan(in, &schema, table);
	}
	ay_buf_free(&proposal);
	ay_buf_free(&schema);
}

/* The rows again and again, the line of names once. */
static void repeat(const struct part *p, const struct input *in, struct ay_buf *out)
{
	const char *line = in->jsonl ? NULL : memchr(p->bytes, '\n', p->len);
	size_t head = line ? (size_t)(line + 1 - p->bytes) : 0;

	ay_buf_add(out, p->bytes, p->len);
	for (unsigned i = 1; i < in->repeat && (line || in->jsonl) && out->len < MOST; i++)
		ay_buf_add(out, p->bytes + head, p->len - head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_buf first = ay_buf_new(MIB), table = ay_buf_new(MIB);

	if (size < 3)
		return 0;
	const char *text = (const char *)data + 3; /* own: bytes as text */
	size_t left = size - 3, cut = (size_t)data[1] | (size_t)data[2] << 8;

	cut = cut < left ? cut : left;
	struct input in = {{text, cut}, {text + cut, left - cut}, .repeat = (unsigned[]){1, 2, 8, 32}[data[0] >> 2 & 3],
			   .label = data[0] >> 4, .jsonl = data[0] & JSONL, .encoded = data[0] & REFERENCE};

	repeat(&in.table, &in, &table);
	if (in.encoded) {
		by_reference(&in, &table);
	} else {
		repeat(&in.first, &in, &first);
		by_table(&in, &first, &table);
	}
	ay_buf_free(&first);
	ay_buf_free(&table);
	return 0;
}
