/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "cli/cli.h"

static void help(const struct cli *c, const struct cli_opt *opts)
{
	printf("usage: assay %s [options] %s\n%s\n\n", c->verb->name, c->verb->args, c->verb->summary);
	for (const struct cli_opt *o = opts; o && o->name; o++) {
		char left[64];

		snprintf(left, sizeof(left), "%s%s%s%s", o->name[1] ? "--" : "-", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		printf("  %-28s %s\n", left, o->help);
	}
	printf("  %-28s %s\n", "--store DIR", "the store; else ASSAY_STORE, else found from a path in a mount");
	printf("  %-28s %s\n", "--format text|json|sarif", "form of the output");
	printf("  %-28s %s\n", "--json", "short for --format json");
	printf("  %-28s %s\n", "--help", "this text");
}

static int set_format(struct cli *c, const char *value)
{
	static const char *const names[] = { "text", "json", "sarif" };

	for (int i = 0; i < 3; i++)
		if (strcmp(value, names[i]) == 0) {
			c->format = (enum cli_format)i;
			return 0;
		}
	return -1;
}

static int apply(struct cli *c, const struct cli_opt *o, const char *value)
{
	if (o->kind == CLI_FLAG) {
		*(bool *)o->dest = true;
	} else if (o->kind == CLI_TEXT_OPT) {
		*(const char **)o->dest = value;
	} else {
		struct cli_list *l = o->dest;

		/* The last place stays NULL. */
		if (l->n == AY_ARRAY_LEN(l->v) - 1)
			return cli_usage(c, "too many --%s", o->name);
		l->v[l->n++] = value;
	}
	return 0;
}

/* One "--name[=value]"; used_out: whether the next word was its value. */
static int one(struct cli *c, const char *word, const char *following, const struct cli_opt *opts, bool *used_out)
{
	const struct cli_opt common[] = {
		{ "store", CLI_TEXT_OPT, &c->store, "DIR", NULL },
		{ "format", CLI_TEXT_OPT, NULL, "F", NULL },
		{ "json", CLI_FLAG, NULL, NULL, NULL },
		{ NULL, 0, NULL, NULL, NULL }
	};
	const char *name = word + 2, *eq = strchr(name, '=');
	size_t len = eq ? (size_t)(eq - name) : strlen(name);
	const struct cli_opt *o = NULL;

	for (const struct cli_opt *t = opts; t && t->name && !o; t++)
		if (strlen(t->name) == len && strncmp(t->name, name, len) == 0)
			o = t;
	for (const struct cli_opt *t = common; t->name && !o; t++)
		if (strlen(t->name) == len && strncmp(t->name, name, len) == 0)
			o = t;
	*used_out = false;
	if (!o)
		return cli_usage(c, "unknown option %s", word);
	if (o->kind == CLI_FLAG && eq)
		return cli_usage(c, "--%s takes no value", o->name);
	const char *value = eq ? eq + 1 : NULL;

	if (o->kind != CLI_FLAG && !value) {
		if (!following)
			return cli_usage(c, "--%s needs a value: %s", o->name, o->arg);
		value = following;
		*used_out = true;
	}
	if (strcmp(o->name, "json") == 0 && !o->dest) {
		c->format = CLI_JSON;
		return 0;
	}
	if (strcmp(o->name, "format") == 0 && !o->dest)
		return set_format(c, value) == 0 ? 0 : cli_usage(c, "--format takes text, json or sarif");
	return apply(c, o, value);
}

int cli_parse(struct cli *c, int argc, char **argv, const struct cli_opt *opts, int min, int max, int *status)
{
	int n = 0;
	bool only_words = false;

	*status = 64;
	for (int i = 1; i < argc; i++) {
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else if (!only_words && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
			help(c, opts);
			*status = 0;
			return -1;
		} else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
			bool used;

			if (one(c, argv[i], i + 1 < argc ? argv[i + 1] : NULL, opts, &used) != 0)
				return -1;
			i += used;
		} else if (!only_words && argv[i][0] == '-' && argv[i][1]) {
			/* Single letters stand in the same table. */
			bool used;
			char longer[8];

			snprintf(longer, sizeof(longer), "--%.4s", argv[i] + 1);
			if (strlen(argv[i]) != 2 || one(c, longer, i + 1 < argc ? argv[i + 1] : NULL, opts, &used) != 0)
				return -1;
			i += used;
		} else {
			argv[n++] = argv[i];
		}
	}
	if (n < min || n > max) {
		cli_usage(c, "expected: assay %s %s", c->verb->name, c->verb->args);
		return -1;
	}
	return n;
}

int cli_usage(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "assay %s: ", c->verb->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; next: assay %s --help\n", c->verb->name);
	return 64;
}
