/* SPDX-License-Identifier: Apache-2.0 */
/* ls, show, why, resolve, diff: what the store knows. */
#include <limits.h>

#include "assay/text.h"
#include "cli/cli.h"

static const char *text_of(const struct ay_json *j, const char *key)
{
	const char *t = ay_json_str(ay_json_get(j, key), NULL);

	return t ? t : "";
}

static void list_text(const struct ay_json *reply)
{
	const struct ay_json *list = ay_json_get(reply, "artifacts"), *tags = ay_json_get(reply, "tags");

	for (size_t i = 0; i < ay_json_count(list); i++) {
		const struct ay_json *a = ay_json_at(list, i);
		uint64_t bytes = 0;
		char size[16];

		(void)!ay_json_u64(ay_json_get(a, "bytes"), &bytes);
		printf("%-9s %8s %7s files  %s", text_of(a, "state"), ay_size_format(size, bytes), text_of(a, "files"), text_of(a, "ref"));
		if (strcmp(text_of(a, "state"), "admitted") != 0) {
			fputs("  ", stdout);
			cli_put(text_of(a, "reason"));
		}
		putchar('\n');
	}
	for (size_t i = 0; i < ay_json_count(tags); i++) {
		const struct ay_json *t = ay_json_at(tags, i);

		printf("tag       %s@%s -> %s\n", text_of(t, "name"), text_of(t, "tag"), text_of(t, "version"));
	}
}

static bool state_known(const char *name)
{
	for (int s = AY_OPEN; s <= AY_RETIRED; s++)
		if (strcmp(name, ay_state_name((enum ay_state)s)) == 0)
			return true;
	return false;
}

int cmd_ls(struct cli *c, int argc, char **argv)
{
	const char *state = NULL;
	const struct cli_opt opts[] = {
		{ "state", CLI_TEXT_OPT, &state, "S", "only open, held, admitted, rejected, revoked or retired ones" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_buf q = ay_buf_new(64 * KIB);
	struct ay_json_doc *doc = NULL;
	int status, n = cli_parse(c, argc, argv, opts, 0, 1, &status);

	if (n < 0)
		return status;
	if (state && !state_known(state))
		return cli_usage(c, "there is no state '%s'", state);
	if (!cli_store(c))
		return 64;
	struct ay_jw w = ay_jw_new(&q, false);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "verb", "ls");
	if (n)
		ay_jw_kstr(&w, "prefix", argv[0]);
	if (state)
		ay_jw_kstr(&w, "state", state);
	ay_jw_object_end(&w);
	int r = cli_ask(c, &q, false, &doc, &e);

	ay_buf_free(&q);
	if (r < 0)
		return cli_fail(c, &e, r);
	if (c->format == CLI_JSON)
		cli_print_json(ay_json_root(doc));
	else
		list_text(ay_json_root(doc));
	ay_json_free(doc);
	return 0;
}

/* A reference as given, or the one that a path inside a mount lies in. */
static int ref_of(struct cli *c, const char *word, char out[AY_LIMIT_REF + 1], const char **member_out, struct ay_error *e)
{
	struct ay_ref ref;

	*member_out = NULL;
	if (ay_ref_parse(word, &ref, e) == 0) {
		snprintf(out, AY_LIMIT_REF + 1, "%s", ref.text);
		return 0;
	}
	if (cli_mounted_ref(c, word, out, member_out))
		return 0;
	ay_error_set(e, AY_EUSAGE, "%s is neither CLASS/NAME@VERSION nor a path inside a mounted artifact", word);
	ay_error_next(e, "assay ls");
	return AY_EUSAGE;
}

/* What is known about the one argument; *doc_out is NULL when the verb ends here with the status returned. */
static int ask_show(struct cli *c, int argc, char **argv, struct ay_json_doc **doc_out, const char **member_out)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	char ref[AY_LIMIT_REF + 1];
	int status;

	*doc_out = NULL;
	if (cli_parse(c, argc, argv, NULL, 1, 1, &status) < 0)
		return status;
	if (!cli_store(c))
		return 64;
	int r = ref_of(c, argv[0], ref, member_out, &e);

	if (r == 0)
		r = cli_ask_ref(c, "show", ref, false, doc_out, &e);
	return r < 0 ? cli_fail(c, &e, r) : 0;
}

int cmd_show(struct cli *c, int argc, char **argv)
{
	struct ay_json_doc *doc;
	const char *member;
	int status = ask_show(c, argc, argv, &doc, &member);

	if (!doc)
		return status;
	const struct ay_json *reply = ay_json_root(doc);

	if (c->format == CLI_JSON) {
		cli_print_json(reply);
	} else {
		static const char *const fields[] = { "ref", "state", "reason", "files", "bytes", "created", "changed", "root", "log_index" };
		const struct ay_json *claims = ay_json_get(reply, "claims"), *report = ay_json_get(reply, "report");

		for (size_t i = 0; i < AY_ARRAY_LEN(fields); i++)
			if (ay_json_get(reply, fields[i])) {
				printf("%-10s ", fields[i]);
				cli_put(text_of(reply, fields[i]));
				putchar('\n');
			}
		for (size_t i = 0; i < ay_json_count(claims); i++) {
			fputs("claim      ", stdout);
			cli_put(text_of(ay_json_at(claims, i), "name"));
			printf("  leaf %s\n", text_of(ay_json_at(claims, i), "log_index"));
		}
		if (ay_json_is(report, AY_JSON_OBJECT))
			cli_report(c, report);
	}
	ay_json_free(doc);
	return 0;
}

/* A gate's finding of that verdict; where rules do not say, the first one. */
static const struct ay_json *finding_of_gate(const struct ay_json *found, const char *verdict)
{
	for (size_t i = 0; i < ay_json_count(found); i++) {
		const struct ay_rule *r = ay_gate_rule(text_of(ay_json_at(found, i), "rule"));

		if (r && strcmp(ay_verdict_name(r->verdict), verdict) == 0)
			return ay_json_at(found, i);
	}
	return ay_json_at(found, 0);
}

/* The finding that decided: the first of the worst verdict, of a gate or a file. */
static const struct ay_json *worst_finding(const struct ay_json *report, const char *member, const char **path_out)
{
	static const char *const order[] = { "fail", "error", "inconclusive", "warn" };
	const struct ay_json *gates = ay_json_get(report, "gates"), *files = ay_json_get(report, "files");

	for (size_t v = 0; v < AY_ARRAY_LEN(order); v++) {
		for (size_t i = 0; i < ay_json_count(files); i++) {
			const struct ay_json *f = ay_json_at(files, i), *found = ay_json_get(f, "findings");

			if (strcmp(text_of(f, "verdict"), order[v]) != 0 || (member && strcmp(member, text_of(f, "path")) != 0))
				continue;
			*path_out = text_of(f, "path");
			for (size_t k = 0; k < ay_json_count(found); k++) {
				const char *verdict = text_of(ay_json_at(found, k), "verdict");

				if (!verdict[0] || strcmp(verdict, order[v]) == 0)
					return ay_json_at(found, k);
			}
		}
		for (size_t i = 0; i < ay_json_count(gates) && !member; i++) {
			const struct ay_json *g = ay_json_at(gates, i), *found = ay_json_get(g, "findings");

			if (strcmp(text_of(g, "verdict"), order[v]) != 0 || ay_json_count(found) == 0)
				continue;
			const struct ay_json *f = finding_of_gate(found, order[v]);

			*path_out = text_of(f, "path");
			return f;
		}
	}
	return NULL;
}

/* A rule's advice names no artifact; here it is known. */
static void put_next(const char *next, const char *ref)
{
	const char *at = strstr(next, " REF");

	if (at && (at[4] == ' ' || at[4] == '\0')) {
		printf("%.*s %s", (int)(at - next), next, ref);
		next = at + 4;
	}
	cli_put(next);
}

static void why_text(const struct ay_json *reply, const char *member)
{
	const char *path = "";
	const struct ay_json *f = worst_finding(ay_json_get(reply, "report"), member, &path);
	const struct ay_rule *rule = f ? ay_rule_find(text_of(f, "rule")) : NULL;
	const char *next = f ? text_of(f, "next") : "";

	printf("what:  %s is %s", text_of(reply, "ref"), text_of(reply, "state"));
	if (f) {
		printf(": %s: ", text_of(f, "rule"));
		cli_put(text_of(f, "message"));
	} else if (text_of(reply, "reason")[0]) {
		fputs(": ", stdout);
		cli_put(text_of(reply, "reason"));
	}
	fputs("\nwhere: ", stdout);
	cli_put(path[0] ? path : text_of(reply, "ref"));
	if (f && text_of(f, "member")[0]) {
		fputs(" > ", stdout);
		cli_put(text_of(f, "member"));
	}
	if (f && text_of(f, "row")[0])
		printf(", row %s", text_of(f, "row"));
	if (f && text_of(f, "column")[0]) {
		fputs(", column ", stdout);
		cli_put(text_of(f, "column"));
	}
	if (f && text_of(f, "offset")[0])
		printf(", byte %s", text_of(f, "offset"));
	if (f && text_of(f, "value")[0]) {
		fputs(", value ", stdout);
		cli_put(text_of(f, "value"));
	}
	if (f && text_of(f, "limit")[0]) {
		fputs(", limit ", stdout);
		cli_put(text_of(f, "limit"));
	}
	if (!next[0] && rule && rule->next)
		next = rule->next;
	fputs("\nnext:  ", stdout);
	if (next[0])
		put_next(next, text_of(reply, "ref"));
	else if (strcmp(text_of(reply, "state"), "admitted") == 0)
		printf("assay get %s DEST", text_of(reply, "ref"));
	else
		printf("assay show %s", text_of(reply, "ref"));
	putchar('\n');
}

int cmd_why(struct cli *c, int argc, char **argv)
{
	struct ay_json_doc *doc;
	const char *member;
	int status = ask_show(c, argc, argv, &doc, &member);

	if (!doc)
		return status;
	const struct ay_json *report = ay_json_get(ay_json_root(doc), "report");

	if (c->format != CLI_TEXT && ay_json_is(report, AY_JSON_OBJECT))
		cli_report(c, report);
	else if (c->format != CLI_TEXT)
		cli_print_json(ay_json_root(doc));
	else
		why_text(ay_json_root(doc), member);
	ay_json_free(doc);
	return 0;
}

int cmd_resolve(struct cli *c, int argc, char **argv)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_json_doc *doc = NULL;
	char mount[PATH_MAX];
	int status;

	if (cli_parse(c, argc, argv, NULL, 1, 1, &status) < 0)
		return status;
	if (!cli_store(c))
		return 64;
	int r = cli_mount_point(c, mount, sizeof(mount));

	if (r == 0)
		r = cli_ask_ref(c, "resolve", argv[0], false, &doc, &e);
	if (r < 0)
		return cli_fail(c, &e, r);
	const char *ref = text_of(ay_json_root(doc), "ref");

	if (c->format == CLI_JSON)
		cli_print_json(ay_json_root(doc));
	else
		printf("%s%s%s\n", mount, mount[0] ? "/" : "", ref);
	ay_json_free(doc);
	return 0;
}

static int files_of(struct cli *c, const char *ref, struct ay_json_doc **doc, struct ay_error *e)
{
	return cli_ask_ref(c, "files", ref, false, doc, e);
}

/* Both lists are sorted by path. Returns how many paths differ. */
static size_t print_diff(const struct ay_json *a, const struct ay_json *b)
{
	size_t i = 0, k = 0, n = 0;

	while (i < ay_json_count(a) || k < ay_json_count(b)) {
		const struct ay_json *x = i < ay_json_count(a) ? ay_json_at(a, i) : NULL, *y = k < ay_json_count(b) ? ay_json_at(b, k) : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(text_of(x, "path"), text_of(y, "path"));

		if (order == 0 && strcmp(text_of(x, "sha256"), text_of(y, "sha256")) == 0) {
			i++;
			k++;
			continue;
		}
		printf("%c ", order == 0 ? 'M' : order < 0 ? '-' : '+');
		cli_put(text_of(order <= 0 ? x : y, "path"));
		if (order == 0)
			printf("  %s -> %s bytes", text_of(x, "size"), text_of(y, "size"));
		putchar('\n');
		n++;
		i += order <= 0;
		k += order >= 0;
	}
	return n;
}

int cmd_diff(struct cli *c, int argc, char **argv)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_json_doc *a = NULL, *b = NULL;
	int status;

	if (cli_parse(c, argc, argv, NULL, 2, 2, &status) < 0)
		return status;
	if (!cli_store(c))
		return 64;
	int r = files_of(c, argv[0], &a, &e);

	if (r == 0)
		r = files_of(c, argv[1], &b, &e);
	size_t n = 0;

	if (r == 0 && c->format == CLI_JSON) {
		struct ay_buf out = ay_buf_new(256 * MIB);
		struct ay_jw w = ay_jw_new(&out, true);
		const struct ay_json *sides[] = { ay_json_root(a), ay_json_root(b) };

		ay_jw_object(&w);
		for (int i = 0; i < 2; i++) {
			ay_jw_key(&w, i ? "b" : "a");
			ay_jw_tree(&w, ay_json_get(sides[i], "list"));
		}
		ay_jw_object_end(&w);
		puts(ay_buf_str(&out));
		ay_buf_free(&out);
		n = strcmp(text_of(sides[0], "root"), text_of(sides[1], "root")) != 0;
	} else if (r == 0) {
		n = print_diff(ay_json_get(ay_json_root(a), "list"), ay_json_get(ay_json_root(b), "list"));
	}
	ay_json_free(a);
	ay_json_free(b);
	return r < 0 ? cli_fail(c, &e, r) : n ? 1 : 0;
}
