/* SPDX-License-Identifier: Apache-2.0 */
/* What people look at: few bins of many, charts and pages. Hostile names, nothing, one bin, huge counts, no numbers. */
#include "gate/chart.h"

#include <math.h>

#include "assay/limits.h"
#include "gate/page.h"
#include "scanners/data/describe.h"
#include "tests/lib/tap.h"

static struct ay_budget budget;
static const struct ay_sipkey key = {.k0 = 3, .k1 = 5};

static _Noreturn void give_up(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(99);
}

static struct ay_numbers numbers_of(const double *sorted, size_t n)
{
	static double edges[AY_PROFILE_EDGES_MAX];
	struct ay_numbers c;

	if (ay_numbers_init(&c, &budget, &key, edges, ay_numbers_edges(sorted, n, AY_PROFILE_BINS, edges)))
		give_up("no memory");
	for (size_t i = 0; i < n; i++)
		if (ay_numbers_add(&c, sorted[i]))
			give_up("no memory");
	return c;
}

static uint64_t total(const struct ay_shown_bins *b, int side)
{
	uint64_t n = b->below[side] + b->above[side] + b->missing[side];

	for (size_t i = 0; i < b->n; i++)
		n += b->counts[i][side];
	return n;
}

/* ---- bins ---- */

static void bins_of_whole_numbers(void)
{
	double v[1300];
	struct ay_shown_bins b;
	bool even = true;

	for (size_t i = 0; i < 1300; i++)
		v[i] = (double)(i / 100);
	struct ay_numbers c = numbers_of(v, 1300);

	is_int(ay_shown_bins(&c, NULL, AY_SHOWN_BINS, &b), 0, "whole numbers");
	for (size_t i = 0; i < b.n; i++)
		even &= b.counts[i][0] == 100;
	ok(b.n == 13 && even, "each of 13 whole numbers has a bin of its own");
	ok(b.low == -0.5 && b.width == 1, "around it");
	is_int(ay_shown_bins(&c, NULL, 5, &b), 0, "few bins");
	ok(b.n == 5 && b.width == 3 && total(&b, 0) == 1300, "of equally many whole numbers, and none is lost");
	is_int(ay_shown_bins(&c, NULL, 1, &b), 0, "one bin");
	ok(b.n == 1 && b.counts[0][0] == 1300, "holds all");
	ay_numbers_free(&c);
}

static void bins_of_tenths(void)
{
	double v[400];
	struct ay_shown_bins b;

	for (size_t i = 0; i < 400; i++)
		v[i] = (43 + (double)(i / 20)) / 10;
	struct ay_numbers c = numbers_of(v, 400);

	ok(ay_shown_bins(&c, NULL, AY_SHOWN_BINS, &b) == 0 && b.n == 20 && fabs(b.width - 0.1) < 1e-12, "tenths have bins of a tenth");
	for (size_t i = 0; i < b.n && b.counts[i][0] == 20; i++)
		b.missing[1]++;
	ok(b.missing[1] == b.n, "each with the rows of its tenth");
	ay_numbers_free(&c);
}

static void bins_of_tails(void)
{
	static double v[2001];
	struct ay_shown_bins b;

	for (size_t i = 0; i < 2000; i++)
		v[i] = sqrt((double)i);
	v[2000] = 1e9;
	struct ay_numbers c = numbers_of(v, 2001), batch;

	if (ay_numbers_init(&batch, &budget, &key, c.edges, c.edge_count) || ay_numbers_add(&batch, -1e300) || ay_numbers_add(&batch, 20.5) ||
	    ay_numbers_add(&batch, NAN) || ay_numbers_add(&batch, INFINITY) || ay_numbers_add_null(&batch))
		give_up("no memory");
	ok(ay_shown_bins(&c, &batch, AY_SHOWN_BINS, &b) == 0 && b.above[0] == 1 && total(&b, 0) == 2001, "one huge value stands beside, and flattens nothing");
	ok(b.below[1] == 1 && b.missing[1] == 3, "what the batch has beyond, and what is no number");
	is_int(total(&b, 1), 5, "no row of the batch is lost");
	ay_numbers_free(&c);
	ay_numbers_free(&batch);
}

static void bins_of_one_value(void)
{
	static const double lowest[] = {-1e308, -1e308}, same[] = {0.1234567, 0.1234567, 0.1234567}, far[] = {-1.7e308, 0, 1.7e308};
	struct ay_numbers c = numbers_of(same, 3);
	struct ay_shown_bins b;

	ok(ay_shown_bins(&c, NULL, AY_SHOWN_BINS, &b) == 0 && b.n == 1 && b.counts[0][0] == 3, "one value is one bin");
	ay_numbers_free(&c);
	c = numbers_of(lowest, 2);
	ok(ay_shown_bins(&c, NULL, AY_SHOWN_BINS, &b) == 0 && total(&b, 0) == 2, "the least of numbers too");
	ay_numbers_free(&c);
	c = numbers_of(far, 3);
	ok(ay_shown_bins(&c, NULL, AY_SHOWN_BINS, &b) == 0 && total(&b, 0) == 3, "a width beyond all numbers loses nothing");
	ay_numbers_free(&c);
}

static void few_of_many_values(void)
{
	struct ay_values ref, batch;
	struct ay_shown_values shown;
	char text[16];

	if (ay_values_init(&ref, &budget, &key))
		give_up("no memory");
	for (int i = 0; i < 100; i++)
		for (int k = 0; k <= i; k++)
			if (ay_values_add(&ref, text, (size_t)snprintf(text, sizeof(text), "v%d", i)))
				give_up("no memory");
	if (ay_values_like(&batch, &budget, &ref) || ay_values_add(&batch, "v0", 2) || ay_values_add(&batch, "new", 3) || ay_values_add_null(&batch))
		give_up("no memory");
	ay_shown_values(&ref, &batch, &shown);
	ok(shown.n == AY_SHOWN_VALUES && shown.v[0].counts[1] == 1 && shown.v[0].counts[0] == 1, "a rare value that the batch has much of comes first");
	ok(shown.v[1].counts[0] == 100 && shown.v[2].counts[0] == 99, "then the frequent ones");
	uint64_t rows = shown.other[0];

	for (size_t i = 0; i < shown.n; i++)
		rows += shown.v[i].counts[0];
	ok(rows == 5050, "the rest is other");
	ok(shown.unseen[1] == 1 && shown.missing[1] == 1 && shown.other[1] == 0, "unseen and missing ones apart");
	ay_values_free(&ref);
	ay_values_free(&batch);
}

/* ---- drawing ---- */

static bool has(const struct ay_buf *b, const char *what)
{
	return strstr(ay_buf_str(b), what) != NULL;
}

static void hostile_names(void)
{
	const struct ay_chart_bar bars[] = {
		{"</text><script>alert(1)</script>", {1, 2}}, {"\" onload='x' \x1b[31m", {3, 0}}, {"\xff\xfe", {0, 1}}, {NULL, {1, 1}},
		{"&amp;&lt;", {1, 1}}, {"åäöåäöåäöåäöåäöåäöåäöåäöåäöåäöåäöåäö", {1, 1}}
	};
	const struct ay_chart c = {.id = 1, .title = "<b>&\"'", .description = "a\nb<", .bars = bars, .n = AY_ARRAY_LEN(bars), .rows = {6, 6}};
	struct ay_buf out = ay_buf_new(1 * MIB);

	ay_chart_values(&out, &c);
	ok(!out.err && !has(&out, "<script") && !has(&out, "<b>") && !has(&out, "onload='"), "markup in names and titles is escaped");
	ok(!has(&out, "\x1b") && !has(&out, "\xff"), "control bytes and broken text are made visible");
	ok(has(&out, "&lt;b&gt;&amp;&quot;&#39;") && has(&out, "&amp;amp;"), "as they stand");
	ok(has(&out, "…") && !has(&out, "\xc3…"), "long names are cut between letters");
	ok(has(&out, "<title id=\"t1\">") && has(&out, "<desc id=\"d1\">") && has(&out, "role=\"img\""), "there is a title and a description");
	ay_buf_free(&out);
}

static void no_wrong_numbers(const struct ay_chart *c, const char *what)
{
	struct ay_buf out = ay_buf_new(1 * MIB);

	ay_chart_histogram(&out, c);
	ok(!out.err && !has(&out, "nan") && !has(&out, "inf") && !has(&out, "\"-"), "%s: a histogram", what);
	ay_buf_clear(&out);
	ay_chart_values(&out, c);
	ok(!out.err && !has(&out, "nan") && !has(&out, "inf") && !has(&out, "\"-"), "%s: bars", what);
	ay_buf_free(&out);
}

static void edges_of_charts(void)
{
	static struct ay_chart_bar many[AY_CHART_BARS + 1];
	const struct ay_chart_bar one[] = {{"a", {UINT64_MAX, UINT64_MAX}}}, more[] = {{"a", {UINT64_MAX, 5}}};
	struct ay_buf out = ay_buf_new(1 * MIB);

	no_wrong_numbers(&(struct ay_chart){.low = NAN, .width = NAN, .mark = NAN}, "nothing");
	no_wrong_numbers(&(struct ay_chart){.bars = one, .n = 1, .rows = {UINT64_MAX, UINT64_MAX}, .width = 1, .mark = 0.5}, "one bar, huge counts");
	no_wrong_numbers(&(struct ay_chart){.bars = more, .n = 1, .rows = {1, 0}, .width = 1, .mark = NAN}, "more than there are rows");
	no_wrong_numbers(&(struct ay_chart){.bars = one, .n = 1, .rows = {1, 1}, .low = -INFINITY, .width = INFINITY}, "no finite place");
	no_wrong_numbers(&(struct ay_chart){.bars = one, .n = 1, .rows = {1, 1}, .low = 0, .width = 0, .mark = 3}, "no width");
	no_wrong_numbers(&(struct ay_chart){.bars = many, .n = AY_CHART_BARS + 1, .rows = {1, 1}, .width = 1, .mark = NAN}, "too many bars");
	for (size_t i = 0; i <= AY_CHART_BARS; i++)
		many[i] = (struct ay_chart_bar){i == AY_CHART_BARS ? "last" : "b", {1, 1}};
	ay_chart_values(&out, &(struct ay_chart){.bars = many, .n = AY_CHART_BARS + 1, .rows = {1, 1}});
	ok(!has(&out, "last"), "one beyond the last is not drawn");
	ay_buf_free(&out);
}

/* ---- the page ---- */

static void page_of(const char *json, struct ay_buf *out)
{
	struct ay_json_doc *doc = NULL;

	ay_buf_clear(out);
	if (ay_json_parse(json, strlen(json), 10000, &doc, NULL))
		give_up("wrong JSON in the test");
	ay_page_start(out, "<i>", "fail");
	ay_page_columns(out, ay_json_root(doc));
	ay_page_worst(out, ay_json_root(doc));
	ay_page_end(out);
	ay_json_free(doc);
}

static void pages(void)
{
	struct ay_buf out = ay_buf_new(4 * MIB);

	page_of("[]", &out);
	ok(!out.err && !has(&out, "<h2>") && !has(&out, "<i>"), "no columns, no part of the page; its title is escaped");
	ok(!has(&out, "<script") && !has(&out, "http:") && !has(&out, "https:") && !has(&out, "src="), "nothing is fetched or run");
	page_of("[{}, 5, null, {\"chart\": 3, \"effects\": \"x\"}, {\"kind\": \"numbers\", \"chart\": {\"counts\": [[], [1], \"a\", [-1, 1e99]]}}]", &out);
	ok(!out.err && has(&out, "</html>"), "what is no column as expected breaks nothing");
	page_of("[{\"column\": \"<script>\", \"verdict\": \"drift\", \"kind\": \"values\", \"alpha\": 0.001, \"reference\": {\"rows\": 3}, \"batch\": {\"rows\": 1},"
		"\"chart\": {\"values\": [{\"value\": \"</svg>\\u0000\", \"counts\": [3, 1]}, {\"value\": \"\", \"counts\": [0, 0]}], \"missing\": [0, 1]}},"
		"{\"column\": \"same\", \"verdict\": \"none\"}]", &out);
	ok(!has(&out, "<script") && has(&out, "&lt;script&gt;"), "names are escaped");
	ok(has(&out, "<details open><summary><span class=\"badge bad\">drifted"), "what drifted is open");
	ok(has(&out, "<details><summary><span class=\"badge good\">"), "what did not is closed");
	ok(has(&out, "(missing)") && has(&out, "(empty)") && !has(&out, "(other values)"), "missing values have a bar when there are some");
	ay_buf_free(&out);
}

int main(void)
{
	ay_budget_init(&budget, 0);
	bins_of_whole_numbers();
	bins_of_tenths();
	bins_of_tails();
	bins_of_one_value();
	few_of_many_values();
	hostile_names();
	edges_of_charts();
	pages();
	return done_testing();
}
