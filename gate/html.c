/* SPDX-License-Identifier: Apache-2.0 */
/* The report as one page for people: what failed first, then the columns of its tables, then its files. */
#include "gate/chart.h"
#include "gate/page.h"
#include "gate/views.h"

static const char *text(const struct ay_json *j, const char *key)
{
	return ay_json_str(ay_json_get(j, key), NULL);
}

/* Worst first; what is no verdict is as bad as any. */
static int rank(const struct ay_json *j)
{
	static const char *const order[] = { "error", "fail", "inconclusive", "warn", "pass" };
	const char *verdict = text(j, "verdict");

	for (size_t i = 0; verdict && i < AY_ARRAY_LEN(order); i++)
		if (strcmp(verdict, order[i]) == 0)
			return (int)i;
	return 0;
}
enum { RANK_WARN = 3, RANK_PASS = 4, RANKS = 5 };

/* ---- findings ---- */

static const char *const parts[] = { "rule", "severity", "message", "path", "member", "offset", "row", "column", "value", "limit", "next" };
#define PARTS AY_ARRAY_LEN(parts)

/* Only what one of them has gets a column. */
static void findings(struct ay_buf *out, const struct ay_json *list)
{
	bool used[PARTS] = { false };

	for (size_t i = 0; i < ay_json_count(list); i++)
		for (size_t k = 0; k < PARTS; k++)
			used[k] |= text(ay_json_at(list, i), parts[k]) != NULL;
	ay_buf_adds(out, "<div class=\"wide\"><table><tr>");
	for (size_t k = 0; k < PARTS; k++)
		if (used[k])
			ay_buf_addf(out, "<th scope=\"col\">%s</th>", strcmp(parts[k], "path") == 0 ? "file" : parts[k]);
	ay_buf_adds(out, "</tr>\n");
	for (size_t i = 0; i < ay_json_count(list); i++) {
		ay_buf_adds(out, "<tr>");
		for (size_t k = 0; k < PARTS; k++) {
			if (!used[k])
				continue;
			ay_buf_adds(out, "<td>");
			ay_page_member(out, ay_json_at(list, i), parts[k]);
			ay_buf_adds(out, "</td>");
		}
		ay_buf_adds(out, "</tr>\n");
	}
	ay_buf_adds(out, "</table></div>\n");
}

static void part(struct ay_buf *out, const struct ay_json *j, const char *name)
{
	const struct ay_json *list = ay_json_get(j, "findings");

	ay_buf_addf(out, "<details%s><summary>", rank(j) < RANK_WARN ? " open" : "");
	ay_page_badge(out, text(j, "verdict"));
	ay_buf_adds(out, " <b>");
	ay_page_member(out, j, name);
	ay_buf_adds(out, "</b></summary><div class=\"body\">\n");
	if (ay_json_count(list))
		findings(out, list);
	else
		ay_buf_adds(out, "<p class=\"soft\">Nothing was found.</p>\n");
	ay_buf_adds(out, "</div></details>\n");
}

/* It passed and has nothing to say. */
static bool quiet(const struct ay_json *j)
{
	return rank(j) == RANK_PASS && !ay_json_count(ay_json_get(j, "findings"));
}

static void gates(struct ay_buf *out, const struct ay_json *list)
{
	if (!ay_json_count(list))
		return;
	ay_buf_adds(out, "<h2>Gates</h2>\n");
	for (int r = 0; r < RANKS; r++)
		for (size_t i = 0; i < ay_json_count(list); i++)
			if (rank(ay_json_at(list, i)) == r && !quiet(ay_json_at(list, i)))
				part(out, ay_json_at(list, i), "gate");
	ay_buf_adds(out, "<p>");
	for (size_t i = 0; i < ay_json_count(list); i++) {
		if (!quiet(ay_json_at(list, i)))
			continue;
		ay_page_badge(out, "pass");
		ay_buf_adds(out, " ");
		ay_page_member(out, ay_json_at(list, i), "gate");
		ay_buf_adds(out, " &nbsp; ");
	}
	ay_buf_adds(out, "</p>\n");
}

/* ---- files ---- */

static void file_row(struct ay_buf *out, const struct ay_json *f)
{
	ay_buf_adds(out, "<tr><td>");
	ay_page_member(out, f, "path");
	ay_buf_adds(out, "</td><td>");
	ay_page_member(out, f, "format");
	ay_buf_adds(out, "</td><td>");
	ay_page_badge(out, text(f, "verdict"));
	ay_buf_adds(out, "</td><td class=\"n\">");
	ay_page_member(out, f, "size");
	ay_buf_adds(out, "</td><td>");
	ay_page_member(out, f, "sha256");
	ay_buf_adds(out, "</td></tr>\n");
}

static void files(struct ay_buf *out, const struct ay_json *list)
{
	ay_buf_adds(out, "<h2>Files</h2>\n");
	for (int r = 0; r <= RANK_WARN; r++)
		for (size_t i = 0; i < ay_json_count(list); i++)
			if (rank(ay_json_at(list, i)) == r && ay_json_count(ay_json_get(ay_json_at(list, i), "findings")))
				part(out, ay_json_at(list, i), "path");
	ay_buf_addf(out, "<details><summary>All files (%zu) and their digests</summary><div class=\"body wide\"><table><tr><th scope=\"col\">file</th>"
		    "<th scope=\"col\">format</th><th scope=\"col\">verdict</th><th scope=\"col\" class=\"n\">bytes</th>"
		    "<th scope=\"col\">SHA-256</th></tr>\n", ay_json_count(list));
	for (int r = 0; r < RANKS; r++)
		for (size_t i = 0; i < ay_json_count(list); i++)
			if (rank(ay_json_at(list, i)) == r)
				file_row(out, ay_json_at(list, i));
	ay_buf_adds(out, "</table></div></details>\n");
}

int ay_report_html(const struct ay_json *report, struct ay_buf *out)
{
	const char *ref = text(report, "ref"), *verdict = text(report, "verdict");

	ay_page_start(out, ref ? ref : "report", verdict ? verdict : "error");
	ay_buf_adds(out, "<p>");
	ay_page_member(out, report, "reason");
	ay_buf_adds(out, "</p>\n<p class=\"soft\">Judged ");
	ay_page_member(out, report, "judged");
	ay_buf_adds(out, " under the rules for ");
	ay_page_member(out, report, "rules");
	ay_buf_adds(out, ".</p>\n");
	gates(out, ay_json_get(report, "gates"));
	ay_page_columns(out, ay_json_get(report, "columns"));
	files(out, ay_json_get(report, "files"));
	ay_page_end(out);
	return out->err;
}
