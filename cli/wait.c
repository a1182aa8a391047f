/* SPDX-License-Identifier: Apache-2.0 */
/* wait, judge, retry, rm. */
#include "cli/cli.h"

static int status_of(const char *state)
{
	if (strcmp(state, "admitted") == 0)
		return 0;
	return strcmp(state, "rejected") == 0 || strcmp(state, "revoked") == 0 || strcmp(state, "retired") == 0 ? 1 : 2;
}

int cli_verdict(const struct cli *c, const struct ay_json *reply)
{
	const char *state = ay_json_str(ay_json_get(reply, "state"), NULL), *reason = ay_json_str(ay_json_get(reply, "reason"), NULL);
	const char *ref = ay_json_str(ay_json_get(reply, "ref"), NULL);
	const struct ay_json *report = ay_json_get(reply, "report");

	if (!state || !ref)
		return 2;
	if (c->format == CLI_SARIF && ay_json_is(report, AY_JSON_OBJECT)) {
		cli_report(c, report);
	} else if (c->format != CLI_TEXT) {
		cli_print_json(reply);
	} else {
		printf("%s %s", state, ref);
		if (reason && reason[0]) {
			fputs(": ", stdout);
			cli_put(reason);
		}
		putchar('\n');
		if (strcmp(state, "rejected") == 0 || strcmp(state, "held") == 0) {
			if (ay_json_is(report, AY_JSON_OBJECT))
				cli_report(c, report);
			printf("next: assay %s %s\n", strcmp(state, "held") == 0 ? "retry" : "why", ref);
		} else if (strcmp(state, "open") == 0) {
			printf("next: assay judge %s\n", ref);
		}
	}
	return status_of(state);
}

static int simple(struct cli *c, const char *verb, const char *ref, const char *timeout, bool judge)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_buf q = ay_buf_new(64 * KIB);
	struct ay_json_doc *doc = NULL;
	struct ay_jw w = ay_jw_new(&q, false);

	if (!cli_store(c))
		return 64;
	ay_jw_object(&w);
	ay_jw_kstr(&w, "verb", verb);
	ay_jw_kstr(&w, "ref", ref);
	if (timeout)
		ay_jw_ku64(&w, "timeout", strtoull(timeout, NULL, 10));
	ay_jw_object_end(&w);
	int r = cli_ask(c, &q, judge, &doc, &e);

	ay_buf_free(&q);
	if (r < 0)
		return cli_fail(c, &e, r);
	int status = cli_verdict(c, ay_json_root(doc));

	ay_json_free(doc);
	return status;
}

int cmd_wait(struct cli *c, int argc, char **argv)
{
	const char *timeout = NULL;
	const struct cli_opt opts[] = {
		{ "timeout", CLI_TEXT_OPT, &timeout, "S", "keep waiting this many seconds for what is missing" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	int status;

	if (cli_parse(c, argc, argv, opts, 1, 1, &status) < 0)
		return status;
	if (timeout && (!timeout[0] || strspn(timeout, "0123456789") != strlen(timeout)))
		return cli_usage(c, "--timeout is a number of seconds");
	return simple(c, "wait", argv[0], timeout, true);
}

int cmd_judge(struct cli *c, int argc, char **argv)
{
	int status;

	return cli_parse(c, argc, argv, NULL, 1, 1, &status) < 0 ? status : simple(c, "judge", argv[0], NULL, true);
}

int cmd_retry(struct cli *c, int argc, char **argv)
{
	int status;

	return cli_parse(c, argc, argv, NULL, 1, 1, &status) < 0 ? status : simple(c, "retry", argv[0], NULL, true);
}

int cmd_rm(struct cli *c, int argc, char **argv)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_json_doc *doc = NULL;
	int status;

	if (cli_parse(c, argc, argv, NULL, 1, 1, &status) < 0)
		return status;
	if (!cli_store(c))
		return 64;
	int r = cli_ask_ref(c, "rm", argv[0], true, &doc, &e);

	if (r < 0)
		return cli_fail(c, &e, r);
	if (c->format == CLI_JSON)
		cli_print_json(ay_json_root(doc));
	else
		printf("discarded %s\n", argv[0]);
	ay_json_free(doc);
	return 0;
}
