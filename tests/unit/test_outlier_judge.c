/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/outlier_judge.h"

#include "scanners/data/outlier_model.h"
#include "tests/lib/outlier_case.h"

#define N 5000
#define HONEST 120

static struct ay_reference ref;
static struct ay_outlier_model *model;
static struct ay_outlier_rule rules[CASE_COLUMNS];
static struct ay_outlier_judged columns[CASE_COLUMNS];
static struct ay_outlier_verdict verdict;

static void defaults(void)
{
	for (size_t i = 0; i < CASE_COLUMNS; i++)
		rules[i] = (struct ay_outlier_rule){.ranges = AY_OUTLIER_RANGES, .rated = true};
}

static void judge(const struct ay_batch *b, unsigned methods)
{
	is_int(ay_outlier_judge(model, b, 0.001, methods, rules, columns, &verdict), 0, "judged");
}

/* What was found, as bits of methods. */
static unsigned found(void)
{
	unsigned bits = 0;

	for (size_t i = 0; i < CASE_COLUMNS; i++)
		bits |= (columns[i].low || columns[i].high ? AY_OUTLIER_BY_VALUE : 0) |
			(columns[i].far.found || columns[i].fenced.found ? AY_OUTLIER_BY_RATE : 0);
	for (int m = 0; m < AY_OUTLIER_METHODS; m++)
		for (int part = 0; part < AY_OUTLIER_PARTS; part++)
			bits |= verdict.rows[m][part].found ? AY_OUTLIER_BY_ROWS(m) : 0;
	return bits;
}

static void test_found(void)
{
	struct ay_batch b;

	defaults();
	case_count(&ref, 3000, 31, CASE_TWISTED, 60, &b);
	judge(&b, AY_OUTLIER_BY_ALL);
	ok(found() & AY_OUTLIER_BY_ROWS(AY_OUTLIER_MAHALANOBIS), "2 %% of twisted rows are found");
	ok(!(found() & (AY_OUTLIER_BY_VALUE | AY_OUTLIER_BY_RATE)), "by no single value");
	const struct ay_outlier_test *t = &verdict.rows[AY_OUTLIER_MAHALANOBIS][0];

	ok(t->made && t->rows == 3000 && t->above >= 60 && t->ref_rows == N / 2 && t->ref_above == 3 && t->adjusted < 1e-6, "with its numbers");
	ok(fabs(t->limit - (3.0 / 2500 + AY_OUTLIER_MORE)) < 1e-12, "and its limit");
	judge(&b, AY_OUTLIER_BY_ALL & ~AY_OUTLIER_BY_ROWS(AY_OUTLIER_MAHALANOBIS) & ~AY_OUTLIER_BY_ROWS(AY_OUTLIER_FOREST));
	is_int(found(), 0, "not by the others");
	ok(!verdict.rows[AY_OUTLIER_MAHALANOBIS][0].made, "what is not to decide is not tested");
	ay_batch_free(&b);

	case_count(&ref, 10000, 32, CASE_TWISTED, 10, &b);
	judge(&b, AY_OUTLIER_BY_ALL);
	is_int(found(), 0, "one in a thousand is not too many");
	ay_batch_free(&b);

	case_count(&ref, 60000, 33, CASE_TWISTED, 1200, &b);
	judge(&b, AY_OUTLIER_BY_ALL);
	ok(verdict.rows[AY_OUTLIER_MAHALANOBIS][AY_OUTLIER_DRAWN].found && verdict.rows[AY_OUTLIER_MAHALANOBIS][AY_OUTLIER_FIRST].found,
	   "both parts of a large table are judged");
	ay_batch_free(&b);
}

static void test_values(void)
{
	struct ay_batch b;

	defaults();
	case_count(&ref, 1000, 34, CASE_HUGE, 1, &b);
	judge(&b, AY_OUTLIER_BY_ALL);
	is_int(found(), AY_OUTLIER_BY_VALUE, "one huge value is found");
	ok(columns[CASE_X].high && !columns[CASE_X].low && columns[CASE_X].high_limit < 40 && columns[CASE_X].high_limit > 20, "in its column");
	judge(&b, AY_OUTLIER_BY_ALL & ~AY_OUTLIER_BY_VALUE);
	is_int(found(), 0, "unless values do not decide");
	rules[CASE_X].ranges = 0;
	judge(&b, AY_OUTLIER_BY_ALL);
	is_int(found(), 0, "nor where the column is off");
	rules[CASE_X].ranges = 1e9;
	judge(&b, AY_OUTLIER_BY_ALL);
	is_int(found(), 0, "or has many ranges");
	defaults();
	rules[CASE_X].has_greatest = true;
	rules[CASE_X].greatest = 1e9;
	judge(&b, AY_OUTLIER_BY_ALL);
	is_int(found(), 0, "or the schema includes it");
	rules[CASE_X].greatest = nextafter(1e9, 0);
	judge(&b, AY_OUTLIER_BY_ALL);
	is_int(found(), AY_OUTLIER_BY_VALUE, "but not just so");
	b.outliers.columns[CASE_Y].least = (struct ay_outlier_value){.value = -1e9, .row = 3};
	rules[CASE_X].greatest = 1e9;
	judge(&b, AY_OUTLIER_BY_ALL);
	ok(columns[CASE_Y].low && !columns[CASE_Y].high && !columns[CASE_X].high, "a value far below, too");
	rules[CASE_Y].has_least = true;
	rules[CASE_Y].least = -1e9;
	judge(&b, AY_OUTLIER_BY_ALL);
	is_int(found(), 0, "which the schema may include");
	ay_batch_free(&b);
}

static void test_rates(void)
{
	struct ay_batch b;

	defaults();
	case_count(&ref, 2000, 35, CASE_HONEST, 0, &b);
	b.outliers.columns[CASE_Z].fenced = 40;
	judge(&b, AY_OUTLIER_BY_ALL);
	ok(found() == AY_OUTLIER_BY_RATE && columns[CASE_Z].fenced.found, "2 %% of values beyond the fences are found");
	ok(columns[CASE_Z].fenced.rate == 0.02 && columns[CASE_Z].fenced.rows == 2000, "by their rate");
	rules[CASE_Z].rated = false;
	judge(&b, AY_OUTLIER_BY_ALL);
	is_int(found(), 0, "unless rates of the column are off");
	rules[CASE_Z].rated = true;
	b.outliers.columns[CASE_Z].fenced = 10;
	judge(&b, AY_OUTLIER_BY_ALL);
	is_int(found(), 0, "half a per cent does not matter");
	b.outliers.columns[CASE_Z].far = 2001;
	is_int(ay_outlier_judge(model, &b, 0.001, AY_OUTLIER_BY_ALL, rules, columns, &verdict), AY_EFORMAT, "more than there are is refused");
	ay_batch_free(&b);
}

static void test_errors(void)
{
	struct ay_batch b;
	struct ay_budget none = {.alloc_left = 0};

	case_count(&ref, 100, 36, CASE_HONEST, 0, &b);
	is_int(ay_outlier_judge(model, &b, 0, AY_OUTLIER_BY_ALL, rules, columns, &verdict), AY_EUSAGE, "alpha 0");
	is_int(ay_outlier_judge(model, &b, 1, AY_OUTLIER_BY_ALL, rules, columns, &verdict), AY_EUSAGE, "alpha 1");
	is_int(ay_outlier_judge(model, &b, NAN, AY_OUTLIER_BY_ALL, rules, columns, &verdict), AY_EUSAGE, "no alpha");
	b.outliers.count--;
	is_int(ay_outlier_judge(model, &b, 0.001, AY_OUTLIER_BY_ALL, rules, columns, &verdict), AY_EUSAGE, "other columns");
	b.outliers.count++;
	struct ay_budget *keep = model->budget;

	model->budget = &none;
	is_int(ay_outlier_judge(model, &b, 0.001, AY_OUTLIER_BY_ALL, rules, columns, &verdict), AY_ELIMIT, "no memory");
	model->budget = keep;
	model->threshold[AY_OUTLIER_FOREST].known = false;
	judge(&b, AY_OUTLIER_BY_ALL);
	ok(verdict.unknown[AY_OUTLIER_FOREST] && !verdict.unknown[AY_OUTLIER_HBOS], "what cannot be evaluated is unknown");
	model->threshold[AY_OUTLIER_FOREST].empty = true;
	judge(&b, AY_OUTLIER_BY_ALL);
	ok(!verdict.unknown[AY_OUTLIER_FOREST], "what has nothing to look at is not");
	model->threshold[AY_OUTLIER_FOREST] = (struct ay_outlier_threshold){.known = true, .score = 2, .rows = 1, .above = 1};
	ay_batch_free(&b);
}

/* Honest batches, each of a reference of its own: at most one in a hundred may fail. */
static void test_honest(void)
{
	static const size_t sizes[] = {200, 1000, 3000};
	unsigned failed = 0;

	defaults();
	for (uint64_t i = 0; i < HONEST; i++) {
		struct ay_reference r;
		struct ay_outlier_model *m = NULL;
		struct ay_batch b;

		case_reference(i % 2 ? 2000 : 400, 1000 + i, &r);
		case_count(&r, sizes[i % 3], 5000 + i, CASE_HONEST, 0, &b);
		if (ay_outlier_model_new(&r, &budget, &m) != 0 ||
		    ay_outlier_judge(m, &b, 0.001, AY_OUTLIER_BY_ALL, rules, columns, &verdict) != 0)
			abort();
		failed += found() != 0;
		if (found())
			printf("# batch %llu: %u\n", (unsigned long long)i, found());
		ay_outlier_model_free(m);
		ay_batch_free(&b);
		ay_reference_free(&r);
	}
	ok(failed <= HONEST / 100, "of %d honest batches %u fail", HONEST, failed);
}

int main(void)
{
	ay_budget_init(&budget, 0);
	case_reference(N, 1, &ref);
	if (ay_outlier_model_new(&ref, &budget, &model) != 0)
		abort();
	test_found();
	test_values();
	test_rates();
	test_errors();
	test_honest();
	ay_outlier_model_free(model);
	ay_reference_free(&ref);
	return done_testing();
}
