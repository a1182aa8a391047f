/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/page.h"

#include <math.h>

#include "assay/limits.h"
#include "gate/chart.h"

static const char style[] =
	":root{color-scheme:light dark;--page:#fff;--text:#1c2126;--soft:#57606a;--rule:#d0d7de;--raised:#f6f8fa;--ref:#b4c0cc;--batch:#b3400b;"
	"--bad:#b42318;--badbg:#fdeceb;--odd:#7a4d00;--oddbg:#fdf3dc;--good:#1a6b34;--goodbg:#e6f4ea;--focus:#0b57d0}\n"
	"@media(prefers-color-scheme:dark){:root{--page:#14171a;--text:#e4e7ea;--soft:#a0a9b2;--rule:#373e46;--raised:#1d2227;--ref:#566472;"
	"--batch:#ff9d5c;--bad:#ff9b91;--badbg:#4a1a17;--odd:#f5c969;--oddbg:#43330d;--good:#86d69c;--goodbg:#163a22;--focus:#8ab4f8}}\n"
	"body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;max-width:62em;padding:1.5em;background:var(--page);color:var(--text)}\n"
	"h1{font-size:1.5em;line-height:1.25;overflow-wrap:anywhere}h2{font-size:1.15em;margin:1.8em 0 .5em}\n"
	"p{margin:.5em 0}.soft{color:var(--soft)}.wide{overflow-x:auto}\n"
	"table{border-collapse:collapse;font-size:.9em;margin:.6em 0}caption{text-align:left;color:var(--soft);padding:.2em 0}\n"
	"td,th{border-bottom:1px solid var(--rule);padding:.25em .9em .25em 0;text-align:left;vertical-align:top;overflow-wrap:break-word}\n"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	"details{border:1px solid var(--rule);border-radius:6px;margin:.6em 0;background:var(--page)}details details{border:0;margin:0}\n"
	"summary{cursor:pointer;padding:.5em .8em;background:var(--raised);border-radius:6px;overflow-wrap:anywhere}\n"
	"details details>summary{background:none;padding:.3em 0;color:var(--soft)}.body{padding:.2em .8em .6em}\n"
	":focus-visible{outline:3px solid var(--focus);outline-offset:2px}\n"
	".badge{display:inline-block;border-radius:4px;padding:0 .5em;font-weight:600;font-size:.85em}\n"
	".bad{color:var(--bad);background:var(--badbg)}.odd{color:var(--odd);background:var(--oddbg)}.good{color:var(--good);background:var(--goodbg)}\n"
	"figure{margin:.6em 0}figcaption{font-size:.85em;color:var(--soft)}svg{width:100%;max-width:44em;height:auto;display:block}\n"
	"svg text{fill:var(--soft);font:12px system-ui,sans-serif}svg .small{font-size:10px}\n"
	"svg .ref{fill:var(--ref)}svg .batch{fill:var(--batch)}svg .line{fill:none;stroke:var(--batch);stroke-width:2}\n"
	"svg .axis,svg .grid{stroke:var(--rule);fill:none}svg .mark{stroke:var(--soft);stroke-dasharray:4 3;fill:none}\n"
	".key{margin-left:.6em}.key.ref{color:var(--ref)}.key.batch{color:var(--batch)}.pair{display:flex;flex-wrap:wrap;gap:0 3em}\n"
	"@media print{details{break-inside:avoid}}\n";

static const char *text(const struct ay_json *j, const char *key)
{
	return ay_json_str(ay_json_get(j, key), NULL);
}

static double num(const struct ay_json *j, const char *key)
{
	return ay_json_num(ay_json_get(j, key), NAN);
}

static bool is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

static void number(struct ay_buf *out, double v)
{
	char b[32];

	if (!isfinite(v))
		snprintf(b, sizeof(b), "–");
	else if (v == floor(v) && fabs(v) < 1e15)
		snprintf(b, sizeof(b), "%.0f", v);
	else
		snprintf(b, sizeof(b), "%.4g", v);
	ay_buf_adds(out, b);
}

void ay_page_member(struct ay_buf *out, const struct ay_json *object, const char *key)
{
	const struct ay_json *j = ay_json_get(object, key);

	if (ay_json_is(j, AY_JSON_STRING))
		ay_chart_text(out, ay_json_str(j, NULL));
	else if (j && !ay_json_is(j, AY_JSON_NULL))
		number(out, ay_json_num(j, NAN));
}

/* ---- the frame ---- */

void ay_page_badge(struct ay_buf *out, const char *state)
{
	static const struct { const char *state, *class, *word; } words[] = {
		{"fail", "bad", "failed"}, {"error", "bad", "error"}, {"drift", "bad", "drifted"},
		{"inconclusive", "odd", "could not be judged"}, {"unknown", "odd", "could not be evaluated"}, {"held", "odd", "too few rows"},
		{"warn", "odd", "warning"}, {"pass", "good", "passed"}, {"none", "good", "as the reference"},
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(words); i++)
		if (is(state, words[i].state)) {
			ay_buf_addf(out, "<span class=\"badge %s\">%s</span>", words[i].class, words[i].word);
			return;
		}
	ay_buf_adds(out, "<span class=\"badge odd\">");
	ay_chart_text(out, state ? state : "not judged");
	ay_buf_adds(out, "</span>");
}

void ay_page_start(struct ay_buf *out, const char *title, const char *verdict)
{
	ay_buf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	ay_chart_text(out, title);
	ay_buf_adds(out, ": ");
	ay_chart_text(out, verdict);
	ay_buf_adds(out, "</title>\n<style>\n");
	ay_buf_adds(out, style);
	ay_buf_adds(out, "</style></head>\n<body><main>\n<h1>");
	ay_chart_text(out, title);
	ay_buf_adds(out, " ");
	ay_page_badge(out, verdict);
	ay_buf_adds(out, "</h1>\n");
}

void ay_page_end(struct ay_buf *out)
{
	ay_buf_adds(out, "</main></body></html>\n");
}

/* ---- the picture of a column ---- */

static void counts_of(const struct ay_json *pair, uint64_t out[2])
{
	for (size_t s = 0; s < 2; s++) {
		out[s] = 0;
		(void)!ay_json_u64(ay_json_at(pair, s), &out[s]);
	}
}

static void rows_of(const struct ay_json *col, uint64_t rows[2])
{
	rows[0] = rows[1] = 0;
	(void)!ay_json_u64(ay_json_get(ay_json_get(col, "reference"), "rows"), &rows[0]);
	(void)!ay_json_u64(ay_json_get(ay_json_get(col, "batch"), "rows"), &rows[1]);
}

static size_t value_bars(const struct ay_json *chart, struct ay_chart_bar bars[AY_CHART_BARS])
{
	static const struct { const char *key, *label; } rest[] = {
		{"other", "(other values)"}, {"unseen", "(not in the reference)"}, {"missing", "(missing)"}
	};
	const struct ay_json *values = ay_json_get(chart, "values");
	size_t n = 0;

	for (size_t i = 0; i < ay_json_count(values) && n < AY_CHART_BARS - AY_ARRAY_LEN(rest); i++) {
		counts_of(ay_json_get(ay_json_at(values, i), "counts"), bars[n].counts);
		bars[n].label = text(ay_json_at(values, i), "value");
		if (is(bars[n].label, ""))
			bars[n].label = "(empty)";
		n++;
	}
	for (size_t i = 0; i < AY_ARRAY_LEN(rest); i++) {
		counts_of(ay_json_get(chart, rest[i].key), bars[n].counts);
		bars[n].label = rest[i].label;
		n += bars[n].counts[0] || bars[n].counts[1];
	}
	return n;
}

static size_t number_bars(const struct ay_json *chart, struct ay_chart_bar bars[AY_CHART_BARS])
{
	const struct ay_json *counts = ay_json_get(chart, "counts");
	size_t n = ay_json_count(counts) < AY_CHART_BARS ? ay_json_count(counts) : AY_CHART_BARS;

	for (size_t i = 0; i < n; i++) {
		counts_of(ay_json_at(counts, i), bars[i].counts);
		bars[i].label = "";
	}
	return n;
}

static void number_row(struct ay_buf *out, const char *name, const struct ay_json *col, const char *key, bool always)
{
	double a = num(ay_json_get(col, "reference"), key), b = num(ay_json_get(col, "batch"), key);

	if ((isnan(a) && isnan(b)) || (!always && a == 0 && b == 0))
		return;
	ay_buf_addf(out, "<tr><th scope=\"row\">%s</th><td class=\"n\">", name);
	number(out, a);
	ay_buf_adds(out, "</td><td class=\"n\">");
	number(out, b);
	ay_buf_adds(out, "</td></tr>\n");
}

static void bars_table(struct ay_buf *out, const struct ay_chart *c)
{
	ay_buf_adds(out, "<details><summary>The counts of the picture</summary><div class=\"wide\"><table>"
		    "<tr><th scope=\"col\">values</th><th scope=\"col\" class=\"n\">reference</th><th scope=\"col\" class=\"n\">batch</th></tr>\n");
	if (c->width > 0)
		ay_buf_addf(out, "<tr><th scope=\"row\">below %.6g</th><td class=\"n\">%llu</td><td class=\"n\">%llu</td></tr>\n", c->low,
			    (unsigned long long)c->below[0], (unsigned long long)c->below[1]);
	for (size_t i = 0; i < c->n; i++) {
		ay_buf_adds(out, "<tr><th scope=\"row\">");
		if (c->width > 0)
			ay_buf_addf(out, "%.6g to %.6g", c->low + c->width * (double)i, c->low + c->width * (double)(i + 1));
		else
			ay_chart_text(out, c->bars[i].label);
		ay_buf_addf(out, "</th><td class=\"n\">%llu</td><td class=\"n\">%llu</td></tr>\n", (unsigned long long)c->bars[i].counts[0],
			    (unsigned long long)c->bars[i].counts[1]);
	}
	if (c->width > 0)
		ay_buf_addf(out, "<tr><th scope=\"row\">above %.6g</th><td class=\"n\">%llu</td><td class=\"n\">%llu</td></tr>\n",
			    c->low + c->width * (double)c->n, (unsigned long long)c->above[0], (unsigned long long)c->above[1]);
	ay_buf_adds(out, "</table></div></details>\n");
}

static void describe(struct ay_buf *b, const struct ay_json *col, const struct ay_chart *c)
{
	bool numbers = is(text(col, "kind"), "numbers");

	ay_buf_addf(b, "Shares of %llu rows of the reference and %llu of the batch", (unsigned long long)c->rows[0], (unsigned long long)c->rows[1]);
	if (numbers)
		ay_buf_addf(b, " in %zu bins of equal width from %.4g; median %.4g against %.4g.", c->n, c->low,
			    num(ay_json_get(col, "reference"), "median"), num(ay_json_get(col, "batch"), "median"));
	else
		ay_buf_addf(b, " by value.");
}

static void picture(struct ay_buf *out, const struct ay_json *col, unsigned id)
{
	const struct ay_json *chart = ay_json_get(col, "chart");
	struct ay_chart_bar bars[AY_CHART_BARS] = {{.label = NULL}};
	struct ay_chart c = {.id = id, .bars = bars, .low = num(chart, "low"), .width = num(chart, "width"), .mark = num(col, "at")};
	struct ay_buf title = ay_buf_new(64 * KIB), description = ay_buf_new(64 * KIB);
	bool numbers = is(text(col, "kind"), "numbers");

	if (!chart)
		return;
	c.n = numbers ? number_bars(chart, bars) : value_bars(chart, bars);
	rows_of(col, c.rows);
	counts_of(ay_json_get(chart, "below"), c.below);
	counts_of(ay_json_get(chart, "above"), c.above);
	ay_buf_addf(&title, "%s: reference and batch", text(col, "column") ? text(col, "column") : "");
	describe(&description, col, &c);
	c.title = ay_buf_str(&title);
	c.description = ay_buf_str(&description);
	ay_buf_adds(out, "<figure>");
	if (numbers)
		ay_chart_histogram(out, &c);
	else
		ay_chart_values(out, &c);
	ay_buf_adds(out, "<figcaption><span class=\"key ref\" aria-hidden=\"true\">■</span> reference <span class=\"key batch\" aria-hidden=\"true\">■</span> batch, shares of the rows");
	if (numbers)
		ay_buf_adds(out, "; outermost bars: beyond the range that is drawn");
	if (numbers && isfinite(c.mark))
		ay_buf_adds(out, "; dashed: where D is");
	ay_buf_adds(out, "</figcaption></figure>\n");
	bars_table(out, &c);
	ay_buf_free(&title);
	ay_buf_free(&description);
}

/* ---- the numbers of a column ---- */

static void test_row(struct ay_buf *out, const char *name, const struct ay_json *test)
{
	double p = num(test, "p"), adjusted = num(test, "adjusted");

	if (isnan(p))
		return;
	ay_buf_addf(out, "<p class=\"soft\">%s: p %.3g, adjusted over all columns (Holm) %.3g.</p>\n", name, p, adjusted);
}

static void effects(struct ay_buf *out, const struct ay_json *col)
{
	static const char *const parts[] = {"value", "fail", "warn", "noise"};
	const struct ay_json *list = ay_json_get(col, "effects");

	ay_buf_adds(out, "<div class=\"wide\"><table><caption>effects; those without a floor decide nothing</caption>"
		    "<tr><th scope=\"col\">effect</th><th scope=\"col\" class=\"n\">measured</th><th scope=\"col\" class=\"n\">floor</th>"
		    "<th scope=\"col\" class=\"n\">warning floor</th><th scope=\"col\" class=\"n\">sampling noise</th></tr>\n");
	for (size_t i = 0; i < ay_json_count(list); i++) {
		const struct ay_json *e = ay_json_at(list, i);

		ay_buf_adds(out, "<tr><th scope=\"row\">");
		ay_page_member(out, e, "effect");
		ay_buf_adds(out, "</th>");
		for (size_t k = 0; k < AY_ARRAY_LEN(parts); k++) {
			ay_buf_adds(out, "<td class=\"n\">");
			number(out, num(e, parts[k]));
			ay_buf_adds(out, "</td>");
		}
		ay_buf_adds(out, "</tr>\n");
	}
	ay_buf_adds(out, "</table></div>\n");
}

static void summary_table(struct ay_buf *out, const struct ay_json *col)
{
	static const struct { const char *key, *name; bool always; } rows[] = {
		{"rows", "rows", true}, {"null", "missing", true}, {"nan", "NaN", false}, {"infinite", "infinite", false},
		{"unseen", "not in the reference", false}, {"distinct", "distinct values, estimated", true}, {"min", "least", true},
		{"q1", "first quartile", true}, {"median", "median", true}, {"q3", "third quartile", true}, {"max", "greatest", true},
		{"mean", "mean, far values drawn in", true}, {"std", "standard deviation, likewise", true}
	};

	ay_buf_adds(out, "<div class=\"wide\"><table><caption>the column</caption><tr><td></td><th scope=\"col\" class=\"n\">reference</th>"
		    "<th scope=\"col\" class=\"n\">batch</th></tr>\n");
	for (size_t i = 0; i < AY_ARRAY_LEN(rows); i++)
		number_row(out, rows[i].name, col, rows[i].key, rows[i].always);
	ay_buf_adds(out, "</table></div>\n");
}

static void sentence(struct ay_buf *out, const struct ay_json *col)
{
	const char *verdict = text(col, "verdict"), *effect = text(col, "effect");

	if (is(verdict, "unknown")) {
		ay_chart_text(out, text(col, "why"));
		return;
	}
	if (is(verdict, "held")) {
		double needed = num(col, "rows_needed");

		number(out, num(col, "rows"));
		ay_buf_adds(out, isfinite(needed) ? " rows, about " : " rows; the reference is too small to tell");
		if (isfinite(needed)) {
			number(out, needed);
			ay_buf_adds(out, " are needed");
		}
		return;
	}
	if (effect) {
		ay_chart_text(out, effect);
		ay_buf_adds(out, " ");
		number(out, num(col, "value"));
		ay_buf_adds(out, ", limit ");
		number(out, num(col, "limit"));
	}
}

static void column(struct ay_buf *out, const struct ay_json *col, unsigned id)
{
	const char *verdict = text(col, "verdict"), *what = text(col, "what"), *method = text(col, "method");
	double outside = num(col, "outside");

	ay_buf_addf(out, "<details%s><summary>", is(verdict, "none") ? "" : " open");
	ay_page_badge(out, verdict);
	ay_buf_adds(out, " <b>");
	ay_page_member(out, col, "column");
	ay_buf_adds(out, "</b> <span class=\"soft\">");
	if (what) {
		ay_chart_text(out, what);
		ay_buf_adds(out, ": ");
	}
	sentence(out, col);
	ay_buf_adds(out, "</span></summary><div class=\"body\">\n");
	picture(out, col, id);
	ay_buf_adds(out, "<div class=\"pair\">\n");
	effects(out, col);
	summary_table(out, col);
	ay_buf_adds(out, "</div>\n");
	test_row(out, method ? method : "test", ay_json_get(col, "test"));
	test_row(out, "chi-square of missing, NaN and infinite values", ay_json_get(col, "missing"));
	if (outside > 0)
		ay_buf_addf(out, "<p>%.3g%% of the batch is nothing that the reference had.</p>\n", outside * 100);
	ay_buf_adds(out, "</div></details>\n");
}

void ay_page_columns(struct ay_buf *out, const struct ay_json *columns)
{
	if (!ay_json_count(columns))
		return;
	ay_buf_adds(out, "<h2>Columns against the reference</h2>\n<p class=\"soft\">A column drifts when its adjusted p is below ");
	number(out, num(ay_json_at(columns, 0), "alpha"));
	ay_buf_adds(out, " and its effect exceeds both the floor and what sampling alone gives.</p>\n");
	for (size_t i = 0; i < ay_json_count(columns); i++)
		column(out, ay_json_at(columns, i), (unsigned)i);
}

/* ---- rows ---- */

void ay_page_worst(struct ay_buf *out, const struct ay_json *rows)
{
	if (!ay_json_count(rows))
		return;
	ay_buf_adds(out, "<h2>Rows least like the reference</h2>\n<div class=\"wide\"><table><tr><th scope=\"col\" class=\"n\">row</th>"
		    "<th scope=\"col\">method</th><th scope=\"col\" class=\"n\">score</th><th scope=\"col\">columns</th></tr>\n");
	for (size_t i = 0; i < ay_json_count(rows); i++) {
		const struct ay_json *r = ay_json_at(rows, i), *columns = ay_json_get(r, "columns");

		ay_buf_adds(out, "<tr><td class=\"n\">");
		ay_page_member(out, r, "row");
		ay_buf_adds(out, "</td><td>");
		ay_page_member(out, r, "method");
		ay_buf_adds(out, "</td><td class=\"n\">");
		number(out, num(r, "score"));
		ay_buf_adds(out, "</td><td>");
		for (size_t k = 0; k < ay_json_count(columns); k++) {
			ay_buf_adds(out, k ? ", " : "");
			ay_chart_text(out, ay_json_str(ay_json_at(columns, k), NULL));
		}
		ay_buf_adds(out, "</td></tr>\n");
	}
	ay_buf_adds(out, "</table></div>\n");
}
