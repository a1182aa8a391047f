/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MLflow's MLmodel: the YAML that PyYAML dumps in block style, and no more of
 * YAML than that, so that a key cannot be written in a way that is not seen.
 * What it imports must be MLflow's own.
 */
#include "scanners/formats/bytes.h"
#include "scanners/formats/stream.h"
#include "scanners/formats/text.h"
#include "scanners/model/config_names.h"
#include "scanners/registry.h"

#define MAX_LINE (256 * KIB)
#define KEEP 128

struct reader {
	struct ay_scan *s;
	int quote;               /* an open quoted scalar that goes on in the next line, or 0 */
	bool plain_open;         /* a plain scalar that may go on in the next line */
	bool judged;             /* the value of the last key was judged: it must end with its line */
	bool in_flavors;
	size_t flavor_indent;    /* of the first key below flavors, 0 before it */
	size_t seen;             /* keys */
};

static unsigned mlflow_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	return strcmp(ay_path_base(path), "MLmodel") == 0 && ay_bytes_look_like_text(&head) ? 3 : 0;
}

static bool is_key_char(int ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || (ch > 0 && strchr("_.-/", ch));
}

static int malformed(struct reader *r, uint64_t off, const char *why)
{
	ay_scan_find(r->s, "mlflow.malformed", off, "%s", why);
	return AY_EFORMAT;
}

/* Moves behind the closing quote; false when the line ends before it. */
static bool skip_quoted(struct ay_cursor *c, int quote)
{
	while (c->left) {
		int ch = ay_cursor_u8(c);

		if (quote == '"' && ch == '\\')
			ay_cursor_skip(c, c->left ? 1 : 0);
		else if (ch == quote && !(quote == '\'' && ay_cursor_accept(c, "'", 1)))
			return true;
	}
	return false;
}

static void skip_spaces(struct ay_cursor *c)
{
	while (ay_cursor_accept(c, " ", 1))
		;
}

/* A scalar: quoted, or plain without anything that YAML reads as structure. */
static int take_scalar(struct reader *r, struct ay_cursor c)
{
	int first = ay_cursor_peek(&c, 0);

	r->plain_open = false;
	if (first == '\'' || first == '"') {
		ay_cursor_skip(&c, 1);
		if (!skip_quoted(&c, first)) {
			r->quote = first;
			return 0;
		}
		skip_spaces(&c);
		return c.left ? malformed(r, c.off, "text follows a quoted value") : 0;
	}
	if (first >= 0 && strchr("{[&*!|>%@`?#,]}", first) && !(c.left == 2 && (ay_cursor_starts(&c, "{}", 2) || ay_cursor_starts(&c, "[]", 2))))
		return malformed(r, c.off, "a value in flow style, an alias, a tag or a block scalar, which MLflow does not write here");
	if (memmem(c.p, c.left, ": ", 2) || memmem(c.p, c.left, " #", 2) || ay_cursor_peek(&c, c.left - 1) == ':')
		return malformed(r, c.off, "a plain value with a colon or a comment");
	r->plain_open = true;
	return 0;
}

static bool is_nothing(const char *v)
{
	return !*v || strcmp(v, "null") == 0 || strcmp(v, "~") == 0 || strcmp(v, "{}") == 0 || strcmp(v, "[]") == 0;
}

static bool is_one_of(const char *key, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(key, *list) == 0)
			return true;
	return false;
}

/* The value is cut to what fits. Reports; true when the key is one that matters. */
static bool judge_key(struct reader *r, const char *key, const char *value, uint64_t off)
{
	static const char *const code[] = {"code", "code_path", "code_paths", "model_code_path", "python_model", "model_class", "custom_objects", NULL};
	static const char *const paths[] = {"data", "pickled_model", "model_data", "model_path", "path", "model_binary", "uri", "pytorch_model", NULL};

	bool judged = is_one_of(key, code) || is_one_of(key, paths) || strcmp(key, "loader_module") == 0;

	if (is_one_of(key, code) && strcmp(value, "null") != 0)
		ay_scan_find(r->s, "mlflow.code", off, "%s names code that comes with the model", key);
	else if (strcmp(key, "loader_module") == 0 && !ay_config_mlflow_loader(value, strlen(value)))
		ay_scan_find(r->s, "mlflow.loader", off, "loader_module is %s", *value ? value : "empty");
	else if (is_one_of(key, paths) && !is_nothing(value) && !ay_config_inner_path(value, strlen(value)))
		ay_scan_find(r->s, "config.path", off, "%s leads out of the model's folder", key);
	return judged;
}

/* Keys below flavors are flavors; with the next key at the left margin they end. */
static void judge_flavor(struct reader *r, const char *key, size_t indent, uint64_t off)
{
	if (indent == 0) {
		r->in_flavors = strcmp(key, "flavors") == 0;
		r->flavor_indent = 0;
		return;
	}
	if (!r->in_flavors)
		return;
	if (!r->flavor_indent)
		r->flavor_indent = indent;
	if (indent <= r->flavor_indent && !ay_config_mlflow_flavor(key, strlen(key)))
		ay_scan_find(r->s, "mlflow.flavor", off, "the flavor %s is not known", key);
}

/* "key:" or "key: value" at c. */
static int take_pair(struct reader *r, struct ay_cursor c, size_t indent, size_t key_len)
{
	char key[KEEP] = "", value[KEEP] = "";
	uint64_t off = c.off;
	struct ay_cursor copy;
	size_t keep;

	if (key_len >= KEEP)
		return malformed(r, off, "a key is too long");
	ay_cursor_copy(&c, key, key_len);
	ay_cursor_skip(&c, 1);
	skip_spaces(&c);
	copy = c;
	keep = copy.left < KEEP - 1 ? copy.left : KEEP - 1;
	if (keep)
		ay_cursor_copy(&copy, value, keep);
	r->seen++;
	r->judged = judge_key(r, key, value, off);
	judge_flavor(r, key, indent, off);
	if (r->judged && (c.left >= KEEP || *value == '"' || *value == '\'' || !c.left))
		return malformed(r, off, "a value that matters is not plain text on its line");
	return c.left ? take_scalar(r, c) : 0;
}

/* Line breaks and separators that readers of YAML do not agree about. */
static bool has_strange_space(const struct ay_cursor *c)
{
	return memchr(c->p, '\t', c->left) || memchr(c->p, '\r', c->left) || memmem(c->p, c->left, "\xc2\x85", 2) ||
	       memmem(c->p, c->left, "\xe2\x80\xa8", 3) || memmem(c->p, c->left, "\xe2\x80\xa9", 3);
}

/* The rest of a quoted scalar that began in a line before. */
static int take_quoted_line(struct reader *r, struct ay_cursor c)
{
	if (!skip_quoted(&c, r->quote))
		return 0;
	r->quote = 0;
	skip_spaces(&c);
	return c.left ? malformed(r, c.off, "text follows a quoted value") : 0;
}

static int take_line(struct reader *r, struct ay_cursor c)
{
	size_t indent = 0, key_len = 0;
	bool item = false;

	if (has_strange_space(&c))
		return malformed(r, c.off, "a tab or a line break other than a line feed");
	if (r->quote)
		return take_quoted_line(r, c);
	for (; ay_cursor_accept(&c, " ", 1); indent++)
		;
	if (!c.left || ay_cursor_peek(&c, 0) == '#')
		return 0;
	for (; ay_cursor_accept(&c, "- ", 2); indent += 2)
		item = true;
	while (is_key_char(ay_cursor_peek(&c, key_len)))
		key_len++;
	if (key_len && ay_cursor_peek(&c, key_len) == ':' && (c.left == key_len + 1 || ay_cursor_peek(&c, key_len + 1) == ' ')) {
		r->plain_open = false;
		return take_pair(r, c, indent, key_len);
	}
	if (r->judged || (!item && !r->plain_open) || (!indent && !item))
		return malformed(r, c.off, "a line that is neither a key nor an item");
	return c.left ? take_scalar(r, c) : 0;
}

static int mlflow_scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader r = {.s = s};
	struct ay_lines lines;
	struct ay_cursor line;
	bool clean;
	int more, err = ay_text_check(s, in, "mlflow", MAX_LINE - 1, &clean);

	if (err || !clean)
		return err;
	err = ay_lines_open(&lines, in, ay_scan_budget(s), MAX_LINE);
	while (!err && (more = ay_lines_next(&lines, &line)) != 0) {
		err = more < 0 ? more : ay_budget_tick(ay_scan_budget(s));
		if (!err && line.left)
			err = take_line(&r, line);
	}
	if (!err && (r.quote || !r.seen))
		malformed(&r, in->size, r.quote ? "a quoted value does not end" : "there is no key");
	else if (err && err != AY_EFORMAT)
		ay_scan_find_error(s, "mlflow", err, NULL);
	ay_lines_close(&lines);
	return err == AY_ELIMIT ? err : 0;
}

static const char *const refines[] = {"yaml", "json", "text", NULL};

const struct ay_scanner ay_scanner_mlflow = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "mlflow", .version = 1, .refines = refines,
	.bid = mlflow_bid, .scan = mlflow_scan
};
