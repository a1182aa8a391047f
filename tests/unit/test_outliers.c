/* SPDX-License-Identifier: Apache-2.0 */
/* The model of outliers and what is counted against it; the verdict is in test_outlier_judge.c. */
#include <math.h>

#include "tests/lib/outlier_case.h"
#include "scanners/data/outlier_model.h"
#include "scanners/data/stat_dist.h"

#define N 5000

static struct ay_reference ref;

static struct ay_placed where(size_t column, double v)
{
	const struct ay_profiled *c = &ref.columns[column];

	return (struct ay_placed){.number = v, .at = (uint32_t)ay_numbers_bin(&c->numbers, v)};
}

/* Every value far beyond all before is one of these some day. */
static int each_heavy(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	static const char *const name = "v";
	uint64_t state = 5;
	int rc = sink->columns(sink->arg, &name, 1);

	(void)b;
	for (uint64_t row = 1; rc == 0 && row <= 5000; row++) {
		double u = case_uniform(&state);
		const struct ay_cell cell = {.kind = AY_CELL_NUMBER, .number = *(const bool *)arg ? tan(M_PI * (u - 0.5)) : u};

		rc = ay_rows_give(sink, row, &cell, 1);
	}
	return rc;
}

static void test_tails(void)
{
	static const enum ay_value_type type = AY_VALUE_NUMBER;
	static const bool wanted = true;

	for (int heavy = 0; heavy < 2; heavy++) {
		bool arg = heavy;
		struct ay_rows in = {.arg = &arg, .each = each_heavy};
		struct ay_outlier_model *m = NULL;
		struct ay_reference r;
		double low, high;

		is_int(ay_reference_build(&in, &type, &wanted, 1, &budget, &r), 0, "a reference of one column");
		is_int(ay_outlier_model_new(&r, &budget, &m), 0, "its model");
		const struct ay_outlier_limits *l = &m->columns[0];
		double three = l->greatest + 3 * (l->greatest - l->least);

		ay_outlier_bounds(l, 3, true, &low, &high);
		if (heavy)
			ok(high > 50 * three && high < 1e4 * three && low < -50 * three, "Cauchy's tails go on: %g beside %g", high, three);
		else
			ok(fabs(high - three) < 1e-9, "a column that ends has three ranges");
		ay_outlier_bounds(l, 1e6, true, &low, &high);
		ok(high > 9e5, "ranges that a policy asks for hold where they are more");
		ay_outlier_model_free(m);
		ay_reference_free(&r);
	}
}

static void test_columns(void)
{
	struct ay_outlier_model *m = NULL;
	double low, high;

	is_int(ay_outlier_model_new(&ref, &budget, &m), 0, "a model");
	const struct ay_outlier_limits *x = &m->columns[CASE_X], *s = &m->columns[CASE_SPARSE], *k = &m->columns[CASE_CONSTANT];

	ok(fabs(x->median) < 0.1 && fabs(x->scale - 1) < 0.1, "median and scale of a normal column: %g %g", x->median, x->scale);
	ok(fabs(x->far_high - 3.5) < 0.4 && x->fence_high > 4, "its limits");
	ok(x->rows == N && x->far < 20 && x->fenced < 5, "and how many of the reference lie beyond them");
	ay_outlier_bounds(x, 3, true, &low, &high);
	ok(fabs(high - (x->greatest + 3 * (x->greatest - x->least))) < 1e-9 && low < -20, "three ranges beyond the ends");
	ok(s->scale > 0 && s->far > 0 && s->fenced > 0, "where most values are equal there is a scale none the less: %g", s->scale);
	ok(s->range > 1.2 * (s->greatest - s->least), "but the range is hardly known");
	ok(k->scale == 0 && k->range == 30 * 7.0 && k->far == 0, "and a constant has that of its size");
	for (int i = 0; i < AY_OUTLIER_METHODS; i++)
		ok(m->threshold[i].known && m->threshold[i].above == (i == AY_OUTLIER_HBOS ? 5 : 3), "a threshold: %s",
		   ay_outlier_method_name((enum ay_outlier_method)i));
	ok(strcmp(ay_outlier_method_name(AY_OUTLIER_METHODS), "none") == 0, "no other method");
	ay_outlier_model_free(m);
}

static void test_same(void)
{
	struct ay_outlier_model *a = NULL, *b = NULL;
	unsigned differ = 0;

	ok(ay_outlier_model_new(&ref, &budget, &a) == 0 && ay_outlier_model_new(&ref, &budget, &b) == 0, "two models of one reference");
	for (size_t t = 0; t < AY_FOREST_TREES * 2 * (size_t)AY_FOREST_ROWS; t += 2 * AY_FOREST_ROWS)
		differ += a->forest->nodes[t].column != b->forest->nodes[t].column || a->forest->nodes[t].cut != b->forest->nodes[t].cut;
	for (int i = 0; i < AY_OUTLIER_METHODS; i++)
		differ += a->threshold[i].score != b->threshold[i].score;
	is_int(differ, 0, "are the same");
	ay_outlier_model_free(a);
	ay_outlier_model_free(b);
}

/* Any number of rows side by side, each as alone. */
static void test_side_by_side(void)
{
	struct ay_placed rows[AY_FOREST_TOGETHER * CASE_COLUMNS];
	double score[AY_FOREST_TOGETHER], alone[AY_FOREST_TOGETHER];
	struct ay_outlier_model *m = NULL;
	uint64_t state = 11;
	unsigned differ = 0;

	is_int(ay_outlier_model_new(&ref, &budget, &m), 0, "a model");
	for (size_t i = 0; i < AY_ARRAY_LEN(rows); i++) {
		double v = 8 * case_uniform(&state) - 4;

		rows[i] = ref.columns[i % CASE_COLUMNS].numeric ? where(i % CASE_COLUMNS, v) : (struct ay_placed){.number = 1, .at = 0};
	}
	for (size_t i = 0; i < AY_FOREST_TOGETHER; i++)
		alone[i] = ay_forest_score(m->forest, rows + i * CASE_COLUMNS);
	for (size_t n = 1; n <= AY_FOREST_TOGETHER; n++) {
		ay_forest_scores(m->forest, rows, n, score);
		for (size_t i = 0; i < n; i++)
			differ += score[i] != alone[i];
	}
	is_int(differ, 0, "rows side by side score as alone");
	ok(alone[0] != alone[1] && alone[0] > 0 && alone[0] < 1, "and differ");
	ay_outlier_model_free(m);
}

static void test_rows(void)
{
	struct ay_placed row[CASE_COLUMNS], odd[CASE_COLUMNS], none[CASE_COLUMNS];
	struct ay_outlier_model *m = NULL;

	is_int(ay_outlier_model_new(&ref, &budget, &m), 0, "a model");
	for (size_t i = 0; i < CASE_COLUMNS; i++)
		row[i] = ref.columns[i].numeric ? where(i, i == CASE_CONSTANT ? 7 : 0) : (struct ay_placed){.number = 1, .at = 0};
	memcpy(odd, row, sizeof(odd));    /* own: of this size */
	memcpy(none, row, sizeof(none));  /* own: of this size */
	odd[CASE_X] = where(CASE_X, 2);
	odd[CASE_Y] = where(CASE_Y, -2);
	for (size_t i = 0; i < CASE_COLUMNS; i++)
		none[i] = (struct ay_placed){.number = NAN, .at = ay_profiled_missing(&ref.columns[i])};
	for (int i = 0; i < AY_OUTLIER_METHODS; i++) {
		enum ay_outlier_method k = (enum ay_outlier_method)i;
		double usual = ay_outlier_score(m, k, row), bad = ay_outlier_score(m, k, odd);

		ok(usual <= m->threshold[i].score && isfinite(usual), "%s: the usual row scores %g of %g", ay_outlier_method_name(k), usual,
		   m->threshold[i].score);
		ok(bad > usual, "an impossible combination %g", bad);
		ok(isfinite(ay_outlier_score(m, k, none)), "nothing but missing cells have a score");
		odd[CASE_Z] = where(CASE_Z, INFINITY);
		ok(isfinite(ay_outlier_score(m, k, odd)) && ay_outlier_score(m, k, odd) >= bad, "an infinity a higher one");
		odd[CASE_Z] = row[CASE_Z];
	}
	ok(ay_outlier_score(m, AY_OUTLIER_MAHALANOBIS, odd) > m->threshold[AY_OUTLIER_MAHALANOBIS].score, "which Mahalanobis sees");
	ay_outlier_model_free(m);
}

static void test_counting(void)
{
	struct ay_batch honest, bad;
	const struct ay_outliers *o = &honest.outliers;

	case_count(&ref, 3000, 10, CASE_HONEST, 0, &honest);
	is_int((long long)o->rows, 3000, "rows");
	for (int i = 0; i < AY_OUTLIER_METHODS; i++) {
		ok(o->tally[i][0].rows == 3000 && o->tally[i][1].rows == 0, "%s: all of them", ay_outlier_method_name((enum ay_outlier_method)i));
		ok(o->tally[i][0].above < 20, "few above the threshold: %llu", (unsigned long long)o->tally[i][0].above);
	}
	for (size_t i = 0; i < CASE_COLUMNS; i++)
		ok(o->columns[i].beyond == 0, "column %zu: nothing is beyond", i);

	case_count(&ref, 3000, 11, CASE_TWISTED, 60, &bad);
	o = &bad.outliers;
	ok(o->tally[AY_OUTLIER_MAHALANOBIS][0].above >= 60, "Mahalanobis counts twisted rows: %llu",
	   (unsigned long long)o->tally[AY_OUTLIER_MAHALANOBIS][0].above);
	is_int((long long)o->worst_count[AY_OUTLIER_MAHALANOBIS], AY_OUTLIER_WORST, "and names ten");
	unsigned named = 0, blamed = 0;

	for (size_t i = 0; i < AY_OUTLIER_WORST; i++) {
		const struct ay_outlier_row *r = &o->worst[AY_OUTLIER_MAHALANOBIS][i];

		named += r->row % 50 == 0;
		blamed += r->blamed[0] + r->blamed[1] == CASE_X + CASE_Y;
	}
	ok(named == AY_OUTLIER_WORST && blamed == AY_OUTLIER_WORST, "which are those, by the two columns: %u %u", named, blamed);
	ay_batch_free(&honest);
	ay_batch_free(&bad);

	case_count(&ref, 1000, 12, CASE_HUGE, 1, &bad);
	ok(o->columns[CASE_X].beyond == 1 && o->columns[CASE_X].greatest.value == 1e9 && o->columns[CASE_X].greatest.row == 1000,
	   "a huge value, with its row");
	ok(o->columns[CASE_X].far >= 1 && o->columns[CASE_X].fenced >= 1 && o->columns[CASE_Y].beyond == 0, "is far, too");
	ay_batch_free(&bad);

	case_count(&ref, 100000, 13, CASE_HONEST, 0, &honest);
	o = &honest.outliers;
	uint64_t drawn = o->tally[AY_OUTLIER_FOREST][AY_OUTLIER_DRAWN].rows;

	ok(o->tally[AY_OUTLIER_FOREST][AY_OUTLIER_FIRST].rows == AY_OUTLIER_ALL_ROWS && drawn > 2300 && drawn < 2700,
	   "of a large table a share is drawn: %llu", (unsigned long long)drawn);
	ok(o->tally[AY_OUTLIER_HBOS][AY_OUTLIER_FIRST].rows == 100000, "but for HBOS");
	ay_batch_free(&honest);
}

static int by_value(void *arg, size_t column, uint64_t row, const struct ay_cell *cell)
{
	return ay_counting_value(arg, column, row, cell);
}

static int whole(void *arg, uint64_t row, const struct ay_cell *cells)
{
	return ay_counting_whole(arg, row, cells);
}

static int without_word(void *arg, const char *const *names, size_t n)
{
	(void)n;
	return ay_counting_columns(arg, names, CASE_WORD);
}

/* Formats by column count the same; and a column that is not there makes no row odd. */
static void test_ways(void)
{
	struct case_table t = {.rows = 3000, .seed = 14, .kind = CASE_TWISTED, .odd = 60};
	struct ay_rows in = case_rows(&t);
	struct ay_counting *a = case_counting(&ref), *b = case_counting(&ref), *c = case_counting(&ref);
	const struct ay_rows_sink rows = {.arg = a, .columns = case_columns, .row = case_row};
	const struct ay_rows_sink values = {.arg = b, .columns = case_columns, .value = by_value, .row = whole};
	const struct ay_rows_sink less = {.arg = c, .columns = without_word, .row = case_row};
	struct ay_buf x = ay_buf_new(2 * MIB), y = ay_buf_new(2 * MIB);

	ok(in.each(in.arg, &budget, &rows) == 0 && in.each(in.arg, &budget, &values) == 0, "by rows and by values");
	ay_outliers_encode(&ay_counting_batch(a)->outliers, &x);
	ay_outliers_encode(&ay_counting_batch(b)->outliers, &y);
	ok(x.len == y.len && memcmp(x.data, y.data, x.len) == 0, "the same is counted");
	t.kind = CASE_HONEST;
	is_int(in.each(in.arg, &budget, &less), 0, "a table without a column");
	const struct ay_outliers *o = &ay_counting_batch(c)->outliers;

	ok(o->rows == 3000 && o->tally[AY_OUTLIER_HBOS][0].above < 20 && o->tally[AY_OUTLIER_FOREST][0].above < 20, "has no more odd rows: %llu %llu",
	   (unsigned long long)o->tally[AY_OUTLIER_HBOS][0].above, (unsigned long long)o->tally[AY_OUTLIER_FOREST][0].above);
	ay_counting_free(a);
	ay_counting_free(b);
	ay_counting_free(c);
	ay_buf_free(&x);
	ay_buf_free(&y);
}

static void count_by(struct ay_measure *m, struct ay_buf *out)
{
	struct case_table t = {.rows = 3000, .seed = 15, .kind = CASE_TWISTED, .odd = 60};
	struct ay_rows in = case_rows(&t);
	struct ay_counting *k;

	is_int(ay_counting_by(m, &budget, &k), 0, "counting by a measure");
	is_int(in.each(in.arg, &budget, &(struct ay_rows_sink){.arg = k, .columns = case_columns, .row = case_row}), 0, "of a table");
	struct ay_cell lacks[CASE_COLUMNS] = {{.kind = AY_CELL_NUMBER, .number = 0}};

	for (int i = 1; i < CASE_WORD; i++)
		lacks[i] = lacks[0];
	lacks[CASE_WORD].kind = AY_CELL_MISSING;
	is_int(ay_counting_row(k, 3001, lacks), 0, "with a row that lacks a value which the reference never lacks");
	ay_batch_encode(ay_counting_batch(k), out);
	ay_counting_free(k);
}

/* What one table lacks does not change how the next one is counted. */
static void test_measure(void)
{
	struct case_table t = {.rows = 300, .seed = 16};
	struct ay_rows in = case_rows(&t);
	struct ay_buf x = ay_buf_new(2 * MIB), y = ay_buf_new(2 * MIB), bytes = case_profile(&ref);
	struct ay_counting *less;
	struct ay_measure *m;

	is_int(ay_measure_new(bytes.data, bytes.len, &m), 0, "a measure");
	count_by(m, &x);
	is_int(ay_counting_by(m, &budget, &less), 0, "a second time");
	is_int(in.each(in.arg, &budget, &(struct ay_rows_sink){.arg = less, .columns = without_word, .row = case_row}), 0, "of a table without a column");
	ay_counting_free(less);
	count_by(m, &y);
	ok(x.len > 0 && x.len == y.len && memcmp(x.data, y.data, x.len) == 0, "the third one is counted as the first");
	ay_measure_free(m);
	ay_buf_free(&bytes);
	ay_buf_free(&x);
	ay_buf_free(&y);
}

static void test_sums(void)
{
	struct ay_batch a, b, again;
	struct ay_buf one = ay_buf_new(2 * MIB), two = ay_buf_new(2 * MIB);
	unsigned decoded = 0;

	case_count(&ref, 2000, 20, CASE_HUGE, 2, &a);
	case_count(&ref, 3000, 21, CASE_TWISTED, 60, &b);
	ay_outliers_set_file(&a.outliers, 4);
	ay_outliers_set_file(&b.outliers, 5);
	uint64_t far = a.outliers.columns[CASE_X].far + b.outliers.columns[CASE_X].far;

	is_int(ay_batch_merge(&a, &b), 0, "two tables add up");
	const struct ay_outliers *o = &a.outliers;

	ok(o->rows == 5000 && o->tally[AY_OUTLIER_HBOS][0].rows == 5000 && o->columns[CASE_X].far == far, "rows and values");
	ok(o->columns[CASE_X].greatest.file == 4 && o->worst[AY_OUTLIER_MAHALANOBIS][0].file == 5 &&
	   o->worst[AY_OUTLIER_MAHALANOBIS][9].file == 5, "and each keeps its file");
	for (size_t i = 1; i < AY_OUTLIER_WORST; i++)
		decoded += !(o->worst[AY_OUTLIER_MAHALANOBIS][i - 1].score >= o->worst[AY_OUTLIER_MAHALANOBIS][i].score);
	is_int(decoded, 0, "the worst rows stand first");
	ay_outliers_encode(&a.outliers, &one);
	struct ay_cursor c = ay_cursor_of(one.data, one.len, 0);

	is_int(ay_outliers_decode(&c, &budget, &again.outliers), 0, "the sums decode");
	ay_outliers_encode(&again.outliers, &two);
	ok(one.len == two.len && memcmp(one.data, two.data, one.len) == 0, "to the same bytes");
	ay_outliers_free(&again.outliers);
	for (size_t len = 0; len < one.len; len++) {
		c = ay_cursor_of(one.data, len, 0);
		if (ay_outliers_decode(&c, &budget, &again.outliers) == 0) {
			decoded++;
			ay_outliers_free(&again.outliers);
		}
	}
	is_int(decoded, 0, "no proper prefix does");
	a.outliers.count--;
	is_int(ay_outliers_merge(&a.outliers, &b.outliers), AY_EUSAGE, "sums of other columns do not add up");
	b.outliers.rows = AY_PROFILE_ROWS_MAX;
	a.outliers.count++;
	is_int(ay_outliers_merge(&a.outliers, &b.outliers), AY_ELIMIT, "nor too many rows");
	ay_batch_free(&a);
	ay_batch_free(&b);
	ay_buf_free(&one);
	ay_buf_free(&two);
}

/* Numbers that no counting gives are refused, wherever they stand. */
static void test_implausible(void)
{
	struct ay_batch a, again;
	unsigned taken = 0;

	case_count(&ref, 300, 22, CASE_TWISTED, 6, &a);
	for (int change = 0; change < 9; change++) {
		struct ay_outliers o = a.outliers;
		struct ay_buf b = ay_buf_new(2 * MIB);
		struct ay_outlier_column keep = o.columns[0];

		switch (change) {
		case 0: o.columns[0].far = AY_PROFILE_ROWS_MAX + 1; break;
		case 1: o.columns[0].fenced = AY_PROFILE_ROWS_MAX + 1; break;
		case 2: o.columns[0].beyond = AY_PROFILE_ROWS_MAX + 1; break;
		case 3: o.columns[0].least = (struct ay_outlier_value){.value = 3}; break;
		case 4: o.tally[0][0].above = 301; break;
		case 5: o.tally[1][1].rows = 1; break;
		case 6: o.worst[1][0].blamed[2] = CASE_COLUMNS + 1; break;
		case 7: o.worst_count[1]--; break;
		default: o.worst[1][0].row = 0; break;
		}
		ay_outliers_encode(&o, &b);
		o.columns[0] = keep;
		struct ay_cursor c = ay_cursor_of(b.data, b.len, 0);

		if (ay_outliers_decode(&c, &budget, &again.outliers) == 0) {
			taken |= 1u << change;
			ay_outliers_free(&again.outliers);
		}
		ay_buf_free(&b);
	}
	is_int(taken, 0, "implausible sums are refused");
	ay_batch_free(&a);
}

/* Memory that ends anywhere ends the model in order. */
static void test_memory(void)
{
	struct ay_outlier_model *m;
	unsigned wrong = 0, tried = 0;

	for (uint64_t left = 0; left < 16 * MIB; left += left < 4096 ? 512 : left / 3) {
		struct ay_budget b = budget;
		int rc;

		b.alloc_left = left;
		rc = ay_outlier_model_new(&ref, &b, &m);
		wrong += rc ? rc != AY_ELIMIT || m : !m;
		ay_outlier_model_free(m);
		wrong += b.alloc_left != left;
		tried++;
	}
	ok(tried > 20 && wrong == 0, "no budget is left out of account");
}

static void test_small(void)
{
	struct ay_reference small;
	struct ay_outlier_model *m = NULL;
	struct ay_batch b;

	case_reference(AY_OUTLIER_ROWS_MIN - 1, 3, &small);
	is_int(ay_outlier_model_new(&small, &budget, &m), 0, "a model of few rows");
	ok(!m->threshold[0].known && !m->threshold[1].known && !m->threshold[2].known && m->columns[CASE_X].rows == AY_OUTLIER_ROWS_MIN - 1,
	   "judges no rows, but values");
	ay_outlier_model_free(m);
	case_count(&small, 100, 4, CASE_HUGE, 1, &b);
	ok(b.outliers.columns[CASE_X].beyond == 1 && b.outliers.tally[0][0].rows == 0, "and counts so");
	ay_batch_free(&b);
	ay_reference_free(&small);
	case_reference(AY_OUTLIER_ROWS_MIN, 3, &small);
	is_int(ay_outlier_model_new(&small, &budget, &m), 0, "one row more");
	ok(m->threshold[0].known && m->threshold[1].known && m->threshold[2].known && m->threshold[2].rows == 25, "is enough");
	ay_outlier_model_free(m);
	ay_reference_free(&small);
}

static double tail(uint64_t all, uint64_t good, uint64_t drawn, uint64_t k)
{
	double p = -1;
	int rc = ay_stat_hypergeometric_sf(all, good, drawn, k, &p);

	return rc ? -1 : p;
}

static void test_hypergeometric(void)
{
	ok(fabs(tail(10, 5, 5, 5) - 1.0 / 252) < 1e-15, "all five of five good ones");
	ok(fabs(tail(10, 5, 5, 1) - 251.0 / 252) < 1e-15, "at least one");
	ok(tail(10, 5, 5, 0) == 1, "none or more");
	ok(tail(10, 5, 5, 6) == 0, "six of five");
	ok(tail(10, 8, 7, 5) == 1, "fewer cannot be");
	ok(tail(10, 10, 7, 7) == 1, "all are good");
	ok(tail(10, 11, 5, 1) < 0 && tail(10, 1, 11, 1) < 0, "more than there are");
	ok(tail(1ull << 50, 1, 1, 1) < 0, "too many");
}

int main(void)
{
	ay_budget_init(&budget, 0);
	case_reference(N, 1, &ref);
	test_columns();
	test_tails();
	test_same();
	test_side_by_side();
	test_rows();
	test_counting();
	test_ways();
	test_measure();
	test_sums();
	test_implausible();
	test_memory();
	test_small();
	test_hypergeometric();
	ay_reference_free(&ref);
	return done_testing();
}
