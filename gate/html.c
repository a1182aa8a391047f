/* SPDX-License-Identifier: Apache-2.0 */
/* The report as one page for people: no scripts, nothing fetched. */
#include "assay/text.h"
#include "gate/views.h"

/* Hostile names end up here: control bytes are made visible, markup is escaped. */
static void put(struct ay_buf *out, const char *s)
{
	struct ay_buf b = ay_buf_new(64 * KIB);

	ay_escape(&b, s ? s : "", s ? strlen(s) : 0);
	for (const char *p = ay_buf_str(&b); *p; p++)
		switch (*p) {
		case '<': ay_buf_adds(out, "&lt;"); break;
		case '>': ay_buf_adds(out, "&gt;"); break;
		case '&': ay_buf_adds(out, "&amp;"); break;
		case '"': ay_buf_adds(out, "&quot;"); break;
		default: ay_buf_addc(out, (uint8_t)*p);
		}
	ay_buf_free(&b);
}

static const char *text(const struct ay_json *j, const char *key)
{
	return ay_json_str(ay_json_get(j, key), NULL);
}

static void row(struct ay_buf *out, const char *path, const struct ay_json *f)
{
	static const char *const columns[] = { "rule", "severity", "message", "member", "offset", "row", "column", "value", "limit" };

	ay_buf_adds(out, "<tr><td>");
	put(out, path);
	for (size_t i = 0; i < AY_ARRAY_LEN(columns); i++) {
		ay_buf_adds(out, "<td>");
		put(out, text(f, columns[i]));
	}
	ay_buf_adds(out, "</tr>\n");
}

static void head(struct ay_buf *out)
{
	ay_buf_adds(out, "<table><tr><th>file<th>rule<th>severity<th>message<th>member<th>offset<th>row<th>column<th>value<th>limit</tr>\n");
}

int ay_report_html(const struct ay_json *report, struct ay_buf *out)
{
	const struct ay_json *files = ay_json_get(report, "files"), *gates = ay_json_get(report, "gates");

	ay_buf_adds(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
		    "<style>body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .5em;"
		    "text-align:left}</style><title>");
	put(out, text(report, "ref"));
	ay_buf_adds(out, "</title></head><body>\n<h1>");
	put(out, text(report, "ref"));
	ay_buf_adds(out, ": ");
	put(out, text(report, "verdict"));
	ay_buf_adds(out, "</h1>\n<p>");
	put(out, text(report, "reason"));
	ay_buf_adds(out, "</p>\n");
	for (size_t i = 0; i < ay_json_count(gates); i++) {
		const struct ay_json *g = ay_json_at(gates, i), *list = ay_json_get(g, "findings");

		ay_buf_adds(out, "<h2>");
		put(out, text(g, "gate"));
		ay_buf_adds(out, ": ");
		put(out, text(g, "verdict"));
		ay_buf_adds(out, "</h2>\n");
		if (!ay_json_count(list))
			continue;
		head(out);
		for (size_t k = 0; k < ay_json_count(list); k++)
			row(out, text(ay_json_at(list, k), "path"), ay_json_at(list, k));
		ay_buf_adds(out, "</table>\n");
	}
	ay_buf_adds(out, "<h2>files</h2>\n<table><tr><th>file<th>format<th>verdict<th>bytes<th>SHA-256</tr>\n");
	for (size_t i = 0; i < ay_json_count(files); i++) {
		static const char *const columns[] = { "path", "format", "verdict", "size", "sha256" };

		ay_buf_adds(out, "<tr>");
		for (size_t k = 0; k < AY_ARRAY_LEN(columns); k++) {
			ay_buf_adds(out, "<td>");
			put(out, text(ay_json_at(files, i), columns[k]));
		}
		ay_buf_adds(out, "</tr>\n");
	}
	ay_buf_adds(out, "</table>\n</body></html>\n");
	return out->err;
}
