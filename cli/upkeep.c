/* SPDX-License-Identifier: Apache-2.0 */
/* gc, fsck, stats, backup, restore. */
#include <limits.h>

#include "assay/text.h"
#include "cli/cli.h"

static int ask(struct cli *c, const char *verb, const char *key, bool flag, const char *text, struct ay_json_doc **doc)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_buf q = ay_buf_new(64 * KIB);
	struct ay_jw w = ay_jw_new(&q, false);

	ay_jw_object(&w);
	ay_jw_kstr(&w, "verb", verb);
	if (key && text)
		ay_jw_kstr(&w, key, text);
	else if (key)
		ay_jw_kbool(&w, key, flag);
	ay_jw_object_end(&w);
	/* To free an object its immutable flag has to go, which is the monitor's work. */
	int r = cli_ask(c, &q, strcmp(verb, "gc") == 0, doc, &e);

	ay_buf_free(&q);
	return r < 0 ? cli_fail(c, &e, r) : 0;
}

static uint64_t number(const struct ay_json *j, const char *key)
{
	uint64_t v = 0;

	(void)!ay_json_u64(ay_json_get(j, key), &v);
	return v;
}

int cmd_gc(struct cli *c, int argc, char **argv)
{
	bool dry_run = false;
	const struct cli_opt opts[] = {
		{ "dry-run", CLI_FLAG, &dry_run, NULL, "only say what would go" },
		{ "n", CLI_FLAG, &dry_run, NULL, "the same" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_json_doc *doc = NULL;
	int status;

	if (cli_parse(c, argc, argv, opts, 0, 0, &status) < 0)
		return status;
	if (!cli_store(c))
		return 64;
	if ((status = ask(c, "gc", "dry_run", dry_run, NULL, &doc)) != 0)
		return status;
	char size[16];

	if (c->format == CLI_JSON)
		cli_print_json(ay_json_root(doc));
	else
		printf("%s %llu objects, %s\n", dry_run ? "would remove" : "removed", (unsigned long long)number(ay_json_root(doc), "objects"),
		       ay_size_format(size, number(ay_json_root(doc), "bytes")));
	ay_json_free(doc);
	return 0;
}

int cmd_fsck(struct cli *c, int argc, char **argv)
{
	bool scrub = false;
	const struct cli_opt opts[] = {
		{ "scrub", CLI_FLAG, &scrub, NULL, "also hash every object again" },
		{ NULL, 0, NULL, NULL, NULL }
	};
	struct ay_json_doc *doc = NULL;
	int status;

	if (cli_parse(c, argc, argv, opts, 0, 0, &status) < 0)
		return status;
	if (!cli_store(c))
		return 64;
	if ((status = ask(c, "fsck", "scrub", scrub, NULL, &doc)) != 0)
		return status;
	const struct ay_json *reply = ay_json_root(doc), *lines = ay_json_get(reply, "lines");
	uint64_t problems = number(reply, "problems");
	char size[16];

	if (c->format == CLI_JSON) {
		cli_print_json(reply);
	} else {
		for (size_t i = 0; i < ay_json_count(lines); i++) {
			cli_put(ay_json_str(ay_json_at(lines, i), NULL));
			putchar('\n');
		}
		printf("%llu artifacts, %llu objects, %s, log of %llu entries: %llu problems\n", (unsigned long long)number(reply, "artifacts"),
		       (unsigned long long)number(reply, "objects"), ay_size_format(size, number(reply, "bytes")),
		       (unsigned long long)number(reply, "log_size"), (unsigned long long)problems);
	}
	ay_json_free(doc);
	return problems ? 1 : 0;
}

int cmd_stats(struct cli *c, int argc, char **argv)
{
	struct ay_json_doc *doc = NULL;
	int status;

	if (cli_parse(c, argc, argv, NULL, 0, 0, &status) < 0)
		return status;
	if (!cli_store(c))
		return 64;
	if ((status = ask(c, "stats", NULL, false, NULL, &doc)) != 0)
		return status;
	const struct ay_json *reply = ay_json_root(doc), *states = ay_json_get(reply, "artifacts");
	char size[16], used[16];

	if (c->format == CLI_JSON) {
		cli_print_json(reply);
	} else {
		for (size_t i = 0; i < ay_json_count(states); i++)
			printf("%-9s %s\n", ay_json_key(states, i), ay_json_str(ay_json_at(states, i), NULL));
		printf("objects   %llu, %s\n", (unsigned long long)number(reply, "objects"), ay_size_format(size, number(reply, "object_bytes")));
		printf("files     %llu\n", (unsigned long long)number(reply, "files"));
		printf("catalogue %s of %s\n", ay_size_format(used, number(reply, "catalogue_used")),
		       ay_size_format(size, number(reply, "catalogue_size")));
		printf("log       %llu entries\n", (unsigned long long)number(reply, "log_size"));
	}
	ay_json_free(doc);
	return 0;
}

int cmd_backup(struct cli *c, int argc, char **argv)
{
	char dest[PATH_MAX];
	struct ay_json_doc *doc = NULL;
	int status;

	if (cli_parse(c, argc, argv, NULL, 1, 1, &status) < 0)
		return status;
	if (!cli_store(c))
		return 64;
	/* The owner of the store has a working directory of its own. */
	if (argv[0][0] == '/')
		snprintf(dest, sizeof(dest), "%s", argv[0]);
	else if (!getcwd(dest, sizeof(dest)) || strlen(dest) + strlen(argv[0]) + 2 > sizeof(dest))
		return cli_usage(c, "the working directory cannot be read");
	else
		snprintf(dest + strlen(dest), sizeof(dest) - strlen(dest), "/%s", argv[0]);
	if ((status = ask(c, "backup", "dest", false, dest, &doc)) != 0)
		return status;
	ay_json_free(doc);
	if (c->format == CLI_JSON)
		puts("{}");
	else
		printf("the store is copied to %s; keys are in it: keep it as safe as the store\n", argv[0]);
	return 0;
}

int cmd_restore(struct cli *c, int argc, char **argv)
{
	struct ay_error e = { .off = AY_NO_OFFSET };
	struct ay_store *from = NULL;
	int status;

	if (cli_parse(c, argc, argv, NULL, 2, 2, &status) < 0)
		return status;
	/* A backup is a store: copying it out of itself restores it, and checks that it opens. */
	int r = ay_store_open(argv[0], &from, &e);

	if (r == 0)
		r = ay_backup(from, argv[1], &e);
	ay_store_close(from);
	if (r < 0)
		return cli_fail(c, &e, r);
	if (c->format == CLI_JSON)
		puts("{}");
	else
		printf("%s is restored; next: assay fsck --scrub --store %s\n", argv[1], argv[1]);
	return 0;
}
