/* SPDX-License-Identifier: Apache-2.0 */
/* Reports for people: what failed first, where, and what to do next. */
#include "assay/scan.h"
#include "assay/text.h"
#include "cli/cli.h"

static const char *text_of(const struct ay_json *j, const char *key)
{
	return ay_json_str(ay_json_get(j, key), NULL);
}

static void put_finding(const struct ay_json *f, const char *path)
{
	const char *rule_id = text_of(f, "rule"), *member = text_of(f, "member"), *message = text_of(f, "message");
	const char *row = text_of(f, "row"), *column = text_of(f, "column"), *offset = text_of(f, "offset");
	const struct ay_rule *rule = rule_id ? ay_rule_find(rule_id) : NULL;

	printf("      %s: ", rule_id ? rule_id : "?");
	cli_put(message ? message : "");
	if (path && path[0]) {
		fputs("\n        in ", stdout);
		cli_put(path);
		if (member && member[0]) {
			fputs(" > ", stdout);
			cli_put(member);
		}
	} else if (member && member[0]) {
		fputs("\n        in ", stdout);
		cli_put(member);
	}
	if (row)
		printf(", row %s", row);
	if (column) {
		fputs(", column ", stdout);
		cli_put(column);
	}
	if (offset)
		printf(", byte %s", offset);
	if (text_of(f, "value")) {
		fputs(", value ", stdout);
		cli_put(text_of(f, "value"));
	}
	if (text_of(f, "limit")) {
		fputs(", limit ", stdout);
		cli_put(text_of(f, "limit"));
	}
	const char *next = text_of(f, "next");

	if (!next && rule)
		next = rule->next;
	if (next && next[0]) {
		fputs("\n        next: ", stdout);
		cli_put(next);
	}
	putchar('\n');
}

void cli_findings(const struct ay_json *file)
{
	const struct ay_json *found = ay_json_get(file, "findings");

	for (size_t k = 0; k < ay_json_count(found) && k < 10; k++)
		put_finding(ay_json_at(found, k), NULL);
	if (ay_json_count(found) > 10)
		printf("      and %zu more; --json lists them\n", ay_json_count(found) - 10);
}

static bool bad(const char *verdict)
{
	return verdict && strcmp(verdict, "pass") != 0;
}

/* Does the file have findings of its own in the report? */
static bool listed(const struct ay_json *files, const char *path)
{
	for (size_t i = 0; path && path[0] && i < ay_json_count(files); i++) {
		const struct ay_json *f = ay_json_at(files, i);
		const char *own = text_of(f, "path");

		if (own && strcmp(own, path) == 0)
			return bad(text_of(f, "verdict")) && ay_json_count(ay_json_get(f, "findings"));
	}
	return false;
}

static void put_profiles(const struct ay_json *profiles, const char *rules)
{
	if (!ay_json_count(profiles))
		return;
	fputs("      would pass with deserialization profiles: [", stdout);
	for (size_t i = 0; i < ay_json_count(profiles); i++)
		printf("%s%s", i ? ", " : "", ay_json_str(ay_json_at(profiles, i), NULL));
	printf("] in the policy's rule %s\n", rules ? rules : "of that name");
}

static void put_text(const struct ay_json *report)
{
	const struct ay_json *gates = ay_json_get(report, "gates"), *files = ay_json_get(report, "files");

	for (size_t i = 0; i < ay_json_count(gates); i++) {
		const struct ay_json *g = ay_json_at(gates, i), *found = ay_json_get(g, "findings");
		const char *verdict = text_of(g, "verdict"), *name = text_of(g, "gate");

		printf("  %-16s %s\n", name ? name : "?", verdict ? verdict : "?");
		for (size_t k = 0, shown = 0; k < ay_json_count(found) && shown < 10; k++) {
			const char *path = text_of(ay_json_at(found, k), "path");

			/* With its file below it has row and offset too. */
			if (listed(files, path))
				continue;
			put_finding(ay_json_at(found, k), path);
			shown++;
		}
	}
	for (size_t i = 0; i < ay_json_count(files); i++) {
		const struct ay_json *f = ay_json_at(files, i);

		if (!bad(text_of(f, "verdict")))
			continue;
		printf("    %s  ", text_of(f, "verdict"));
		cli_put(text_of(f, "path") ? text_of(f, "path") : "?");
		putchar('\n');
		cli_findings(f);
		put_profiles(ay_json_get(f, "would_pass_with"), text_of(report, "rules"));
	}
}

int cli_report(const struct cli *c, const struct ay_json *report)
{
	const char *verdict = text_of(report, "verdict");

	if (c->format == CLI_SARIF) {
		struct ay_buf b = ay_buf_new(256 * MIB);

		if (ay_report_sarif(report, &b) == 0)
			puts(ay_buf_str(&b));
		ay_buf_free(&b);
	} else if (c->format == CLI_JSON) {
		cli_print_json(report);
	} else {
		put_text(report);
	}
	if (!verdict)
		return 2;
	if (strcmp(verdict, "pass") == 0 || strcmp(verdict, "warn") == 0)
		return 0;
	return strcmp(verdict, "fail") == 0 ? 1 : 2;
}
