/* SPDX-License-Identifier: Apache-2.0 */
/* Batches one after the other, with a fixed seed: slow poisoning is seen by the sum or the trend, honest sequences pass. */
#include "scanners/data/drift_trend.h"

#include <math.h>

#include "scanners/data/drift.h"
#include "tests/lib/made.h"
#include "tests/lib/tap.h"

enum { REF_ROWS = 20000, BATCHES = 10, COLUMNS = 6 };

static struct ay_budget budget;
static const struct ay_sipkey key = {.k0 = 3, .k1 = 5};
static void must(int err)
{
	if (err)
		ok(false, "error %d", err);
}

static void reference(struct ay_numbers *ref)
{
	static double v[REF_ROWS], edges[AY_PROFILE_EDGES_MAX];

	for (size_t i = 0; i < REF_ROWS; i++)
		v[i] = normal();
	qsort(v, REF_ROWS, sizeof(*v), by_value);
	must(ay_numbers_init(ref, &budget, &key, edges, ay_numbers_edges(v, REF_ROWS, 256, edges)));
	for (size_t i = 0; i < REF_ROWS; i++)
		must(ay_numbers_add(ref, v[i]));
}

static void add(struct ay_numbers *c, size_t rows, double shift)
{
	for (size_t i = 0; i < rows; i++)
		must(ay_numbers_add(c, normal() + shift));
}

/* A sequence of batches, as the gate sees it: each alone, what came added up, and its trend. */
struct sequence {
	struct ay_numbers *ref, together[COLUMNS];
	double series[COLUMNS * 2][BATCHES];
	int alone, sum, trend;           /* the first batch at which it was seen, or 0 */
};

static int judged(const struct ay_numbers *ref, const struct ay_numbers *c, size_t n, bool together)
{
	struct ay_drift_column columns[COLUMNS];
	struct ay_drift_result r[COLUMNS];
	struct ay_drift_limits sum;
	enum ay_drift_state worst;

	ay_drift_limits_together(&ay_drift_limits_default, false, &sum);
	for (size_t i = 0; i < n; i++)
		columns[i] = (struct ay_drift_column){.ref_numbers = ref, .numbers = &c[i], .limits = together ? &sum : &ay_drift_limits_default};
	must(ay_drift_judge(&budget, columns, n, together ? 0.001 / BATCHES : 0.001, r, &worst));
	return worst == AY_DRIFT_FOUND;
}

static int trend_of(struct sequence *s, size_t n, size_t k)
{
	struct ay_trend_result r[COLUMNS * 2];
	double v[COLUMNS * 2 * BATCHES];
	size_t found = 0;

	if (k < AY_TREND_LEAST)
		return 0;
	for (size_t i = 0; i < 2 * n; i++)
		for (size_t j = 0; j < k; j++)
			v[i * k + j] = s->series[i][j];
	must(ay_trend_judge(&budget, v, 2 * n, k, 0.001, AY_TREND_FLOOR, r, &found));
	return found > 0;
}

/* The first column moves by step a batch. */
static void play(struct sequence *s, struct ay_numbers *ref, size_t n, size_t rows, double step)
{
	struct ay_numbers c[COLUMNS];

	*s = (struct sequence){.ref = ref};
	for (size_t i = 0; i < n; i++)
		must(ay_numbers_init(&s->together[i], &budget, &key, ref->edges, ref->edge_count));
	for (int b = 0; b < BATCHES; b++) {
		for (size_t i = 0; i < n; i++) {
			double out[AY_TREND_SERIES];

			must(ay_numbers_init(&c[i], &budget, &key, ref->edges, ref->edge_count));
			add(&c[i], rows, i ? 0 : step * (b + 1));
			must(ay_numbers_merge(&s->together[i], &c[i]));
			must(ay_trend_of_numbers(ref, &c[i], out) == 2 ? 0 : -1);
			s->series[2 * i][b] = out[0];
			s->series[2 * i + 1][b] = out[1];
		}
		if (!s->alone && judged(ref, c, n, false))
			s->alone = b + 1;
		if (b && !s->sum && judged(ref, s->together, n, true))
			s->sum = b + 1;
		if (!s->trend && trend_of(s, n, (size_t)b + 1))
			s->trend = b + 1;
		for (size_t i = 0; i < n; i++)
			ay_numbers_free(&c[i]);
	}
	for (size_t i = 0; i < n; i++)
		ay_numbers_free(&s->together[i]);
}

static void sequences(struct ay_numbers *ref)
{
	struct sequence s;
	int honest = 0, caught = 0, by_trend = 0, by_sum = 0, by_both = 0;

	for (int i = 0; i < 300; i++) {
		play(&s, ref, COLUMNS, 1000, 0);
		honest += !s.alone && !s.sum && !s.trend;
	}
	ok(honest >= 297, "honest sequences of ten batches of 1,000 rows and 6 columns pass: %d of 300", honest);
	for (int i = 0; i < 60; i++) {
		play(&s, ref, COLUMNS, 1000, 0.03);
		caught += s.alone || s.sum || s.trend;
		by_trend += s.trend > 0;
		by_sum += s.sum > 0;
	}
	is_int(caught, 60, "a ramp to 0.3 sigma in one of six columns is caught by the tenth batch of 1,000");
	ok(by_sum >= 57, "by the sum: %d of 60", by_sum);
	ok(by_trend >= 30, "by the trend: %d of 60", by_trend);
	caught = by_trend = 0;
	for (int i = 0; i < 30; i++) {
		play(&s, ref, COLUMNS, 2000, 0.03);
		caught += s.alone || s.sum || s.trend;
		by_trend += s.trend > 0;
	}
	is_int(caught, 30, "and of 2,000");
	ok(by_trend >= 25, "by the trend: %d of 30", by_trend);
	caught = by_trend = by_both = 0;
	for (int i = 0; i < 50; i++) {
		play(&s, ref, 1, 200, 0.03);
		by_both += s.sum || s.trend;
	}
	ok(by_both >= 25, "of 200 rows half are seen in ten batches: %d of 50", by_both);
}

/* A constant shift below the floor of one batch is seen in the sum. */
static void constant(struct ay_numbers *ref)
{
	struct ay_numbers c;
	int alone = 0, sum = 0;

	for (int i = 0; i < 50; i++) {
		must(ay_numbers_init(&c, &budget, &key, ref->edges, ref->edge_count));
		add(&c, 1000, 0.17);
		alone += judged(ref, &c, 1, false);
		add(&c, 9000, 0.17);
		sum += judged(ref, &c, 1, true);
		ay_numbers_free(&c);
	}
	ok(alone <= 25 && sum >= 48, "0.17 sigma in every batch: %d of 50 alone, %d of 50 in the sum of ten", alone, sum);
}

static void values(void)
{
	static const char *const names[] = {"a", "b", "c"};
	struct ay_values ref, c;
	double out[AY_TREND_SERIES], v[5 * BATCHES];
	struct ay_trend_result r[5];
	size_t found, series = 0;

	must(ay_values_init(&ref, &budget, &key));
	for (int i = 0; i < 10000; i++)
		must(ay_values_add(&ref, names[i % 10 < 5 ? 0 : i % 10 < 8 ? 1 : 2], 1));
	for (size_t b = 0; b < BATCHES; b++) {
		must(ay_values_like(&c, &budget, &ref));
		for (int i = 0; i < 1000; i++) {
			double u = uniform();

			must(u < 0.008 * (double)(b + 1) ? ay_values_add(&c, "z", 1) : ay_values_add(&c, names[u < 0.5 ? 0 : u < 0.8 ? 1 : 2], 1));
		}
		series = ay_trend_of_values(&ref, &c, out);
		for (size_t i = 0; i < series; i++)
			v[i * BATCHES + b] = out[i];
		ay_values_free(&c);
	}
	is_int((long long)series, 5, "missing, unseen, and three values");
	must(ay_trend_judge(&budget, v, series, BATCHES, 0.001, AY_TREND_FLOOR, r, &found));
	ok(r[1].found && r[1].change > 0.05, "unseen values that grow are found: %.3f, p %.1e", r[1].change, r[1].adjusted);
	ok(!r[0].found && !r[0].tested && r[0].adjusted == 1, "none is missing");
	is_str(ay_trend_name(false, 1), "the share of unseen values", "named");
	is_str(ay_trend_name(true, 0), "its place by rank", "numbers too");
	ay_values_free(&ref);
}

static void edges(struct ay_numbers *ref)
{
	const double rising[] = {0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.10};
	double down[10], back[10];
	struct ay_trend_result r;
	struct ay_numbers empty;
	size_t found;

	for (int i = 0; i < 10; i++) {
		down[i] = -rising[i];
		back[i] = -rising[9 - i];
	}
	must(ay_trend_judge(&budget, rising, 1, 10, 0.001, 0.05, &r, &found));
	ok(found == 1 && fabs(r.change - 0.09) < 1e-12 && fabs(r.end - 0.1) < 1e-12 && r.test.exact, "a straight line: %.3f to %.3f", r.change, r.end);
	ok(fabs(r.test.p - 2 / 3628800.0) < 1e-15, "p is two of all orders of ten");
	must(ay_trend_judge(&budget, down, 1, 10, 0.001, 0.05, &r, &found));
	is_int((long long)found, 1, "downwards as well");
	must(ay_trend_judge(&budget, back, 1, 10, 0.001, 0.05, &r, &found));
	is_int((long long)found, 0, "not back to the reference");
	must(ay_trend_judge(&budget, rising, 1, 10, 0.001, 0.09, &r, &found));
	is_int((long long)found, 0, "not by the floor itself");
	must(ay_trend_judge(&budget, rising, 1, 6, 0.001, 0.01, &r, &found));
	is_int((long long)found, 0, "six batches in order may be chance: p %.4f", r.test.p);
	must(ay_trend_judge(&budget, rising, 1, 7, 0.001, 0.05, &r, &found));
	is_int((long long)found, 1, "seven are not");
	is_int(ay_trend_judge(&budget, rising, 1, 3, 0.001, 0.05, &r, &found), AY_EUSAGE, "three are too few");
	is_int(ay_trend_judge(&budget, rising, 1, 10, 0, 0.05, &r, &found), AY_EUSAGE, "alpha 0");
	struct ay_budget none = budget;

	none.alloc_left = 40;
	is_int(ay_trend_judge(&none, rising, 1, 10, 0.001, 0.05, &r, &found), AY_ELIMIT, "no memory");

	must(ay_numbers_init(&empty, &budget, &key, ref->edges, ref->edge_count));
	ok(ay_trend_place(ref, &empty) == 0, "no rows have no place");
	must(ay_numbers_add(&empty, 1e9));
	ok(fabs(ay_trend_place(ref, &empty) - 0.5) < 1e-9, "above all");
	ok(fabs(ay_trend_place(ref, ref)) < 1e-9, "the reference is at its own place");
	ay_numbers_free(&empty);
}

int main(void)
{
	made_state = 0x9e3779b97f4a7c15ull;
	struct ay_numbers ref;

	ay_budget_init(&budget, 1 << 20);
	uint64_t whole = budget.alloc_left;

	budget.deadline_ms = INT64_MAX;      /* the machine may be slow */

	reference(&ref);
	sequences(&ref);
	constant(&ref);
	values();
	edges(&ref);
	ay_numbers_free(&ref);
	is_int((long long)budget.alloc_left, (long long)whole, "all memory is given back");
	return done_testing();
}
