/* SPDX-License-Identifier: Apache-2.0 */
/* Sums that a worker hands over, and whatever decodes as a reference as the source of a model: all that is computed of it is a number. */
#include <math.h>

#include "scanners/data/outlier_judge.h"
#include "tests/fuzz/fuzz_scan.h"

#define COLUMNS 8

static void sums(const uint8_t *data, size_t size, struct ay_budget *b)
{
	struct ay_cursor c = ay_cursor_of(data, size, 0);
	struct ay_buf again = ay_buf_new(16 * MIB);
	struct ay_outliers o, other;

	if (ay_outliers_decode(&c, b, &o))
		return;
	ay_outliers_encode(&o, &again);
	if (again.err || again.len > size || memcmp(again.data, data, again.len) != 0)
		ay_bug("sums have two forms");
	c = ay_cursor_of(again.data, again.len, 0);
	if (ay_outliers_decode(&c, b, &other) == 0) {
		ay_outliers_set_file(&other, 3);
		if (ay_outliers_merge(&o, &other) == 0 && o.rows < other.rows)
			ay_bug("a merge lost rows");
		ay_outliers_free(&other);
	}
	ay_outliers_free(&o);
	ay_buf_free(&again);
}

static void check_verdict(const struct ay_outlier_verdict *v)
{
	for (int m = 0; m < AY_OUTLIER_METHODS; m++)
		for (int part = 0; part < AY_OUTLIER_PARTS; part++)
			if (v->rows[m][part].made && !(v->rows[m][part].p >= 0 && v->rows[m][part].adjusted <= 1))
				ay_bug("a chance is none");
}

/* Rows of numbers that a table may hold, against this reference. */
static void count(struct ay_counting *k, size_t columns)
{
	static const char *const texts[] = {"0", "1", "-1e300", "3.5", "x", ""};
	struct ay_cell cells[COLUMNS];

	for (uint64_t row = 1; row < 40; row++) {
		for (size_t i = 0; i < columns; i++) {
			const char *t = texts[(row * 7 + i) % AY_ARRAY_LEN(texts)];

			cells[i] = (struct ay_cell){.kind = *t ? AY_CELL_TEXT : AY_CELL_MISSING, .text = t, .len = strlen(t)};
			if ((row + i) % 11 == 0)
				cells[i] = (struct ay_cell){.kind = AY_CELL_NUMBER, .number = row % 2 ? INFINITY : NAN};
		}
		if (ay_counting_row(k, row, cells) != 0)
			return;
	}
}

static void judge(const struct ay_reference *ref, struct ay_outlier_model *m, const struct ay_batch *batch)
{
	struct ay_outlier_rule rules[COLUMNS];
	struct ay_outlier_judged judged[COLUMNS];
	struct ay_outlier_verdict v;

	for (size_t i = 0; i < ref->count; i++)
		rules[i] = (struct ay_outlier_rule){.ranges = AY_OUTLIER_RANGES, .rated = true};
	if (ay_outlier_judge(m, batch, 0.001, AY_OUTLIER_BY_ALL, rules, judged, &v) == 0)
		check_verdict(&v);
}

static void model(const uint8_t *data, size_t size, struct ay_budget *b)
{
	const char *names[COLUMNS];
	struct ay_outlier_model *m = NULL;
	struct ay_counting *k = NULL;
	struct ay_reference ref;
	struct ay_buf out = ay_buf_new(16 * MIB);
	struct ay_batch batch;

	if (ay_reference_decode(data, size, b, &ref))
		return;
	if (ref.count <= COLUMNS && ay_outlier_model_new(&ref, b, &m) == 0 && ay_counting_new(data, size, b, &k) == 0) {
		for (size_t i = 0; i < ref.count; i++)
			names[i] = ref.columns[i].name;
		if (ay_counting_columns(k, names, ref.count) == 0)
			count(k, ref.count);
		ay_batch_encode(ay_counting_batch(k), &out);
		if (!out.err && ay_batch_decode(out.data, out.len, b, &batch) == 0) {
			judge(&ref, m, &batch);
			ay_batch_free(&batch);
		}
	}
	ay_counting_free(k);
	ay_outlier_model_free(m);
	ay_reference_free(&ref);
	ay_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_budget b;

	ay_budget_init(&b, size);
	sums(data, size, &b);
	model(data, size, &b);
	return 0;
}
