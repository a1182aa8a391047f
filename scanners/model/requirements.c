/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/requirements.h"

#include <strings.h>

#include "scanners/formats/bytes.h"

static const char elsewhere[] = "a package is taken from a URL, a repository or a path, and installing it runs its code";
static const char option[] = "an option changes from where, or how, packages are installed";

static bool is_space(int ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\f' || ch == '\v';
}

static bool is_alnum(int ch)
{
	return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

static void skip_spaces(struct ay_cursor *c)
{
	while (is_space(ay_cursor_peek(c, 0)))
		ay_cursor_skip(c, 1);
}

static bool is(struct ay_cursor c, const char *text)
{
	return c.left == strlen(text) && ay_cursor_starts(&c, text, c.left);
}

/* Cuts a comment, which begins where the line does or after white space, and the white space before it. */
static struct ay_cursor trimmed(struct ay_cursor c)
{
	size_t len = 0;
	bool space = true;

	skip_spaces(&c);
	for (size_t i = 0; i < c.left; i++) {
		int ch = ay_cursor_peek(&c, i);

		if (ch == '#' && space)
			break;
		space = is_space(ch);
		if (!space)
			len = i + 1;
	}
	return ay_cursor_sub(&c, len);
}

/* What may follow a name: extras, versions, an environment marker, digests; no other option. */
static bool is_plain_tail(struct ay_cursor c)
{
	for (int before = 'a'; c.left;) {
		int ch = ay_cursor_u8(&c);

		if (ch == '-' && is_space(before) && !ay_cursor_starts(&c, "-hash=", 6))
			return false;
		if (!is_alnum(ch) && !is_space(ch) && !strchr("[],=<>!~.*+-_();'\":", ch))
			return false;
		before = ch;
	}
	return true;
}

bool ay_requirement_commented(struct ay_cursor line)
{
	bool space = true;

	for (; line.left; ay_cursor_skip(&line, 1)) {
		int ch = ay_cursor_peek(&line, 0);

		if (ch == '#' && space)
			return true;
		space = is_space(ch);
	}
	return false;
}

const char *ay_requirement_judge(struct ay_cursor line)
{
	struct ay_cursor c = trimmed(line);
	size_t name = 0;

	if (c.left == 0)
		return NULL;
	if (ay_cursor_peek(&c, 0) == '-')
		return is(c, "--require-hashes") ? NULL : option;
	while (is_alnum(ay_cursor_peek(&c, name)) || (name && ay_cursor_peek(&c, name) > 0 && strchr("._-", ay_cursor_peek(&c, name))))
		name++;
	ay_cursor_skip(&c, name);
	return name && is_plain_tail(c) ? NULL : elsewhere;
}

bool ay_requirement_is_environment(const char *path)
{
	static const char *const names[] = {"conda.yaml", "conda.yml", "environment.yaml", "environment.yml", "python_env.yaml", "python_env.yml"};

	for (size_t i = 0; i < AY_ARRAY_LEN(names); i++)
		if (strcasecmp(ay_path_base(path), names[i]) == 0)
			return true;
	return false;
}

/* An option as an item of a list: "- -r", "- --index-url", "[-e", "'-e"; a list's own mark is followed by a space. */
static bool has_option(struct ay_cursor c)
{
	for (int before = ' '; c.left; ay_cursor_skip(&c, 1)) {
		int ch = ay_cursor_peek(&c, 0), next = ay_cursor_peek(&c, 1);

		if (ch == '-' && (is_alnum(next) || next == '-') && (is_space(before) || strchr("[,'\"", before)))
			return true;
		before = ch;
	}
	return false;
}

const char *ay_requirement_judge_environment(struct ay_cursor line)
{
	/* A quoted text may hold what looks like a comment. */
	bool quoted = line.left && (memchr(line.p, '"', line.left) || memchr(line.p, '\'', line.left));
	struct ay_cursor c = quoted ? line : trimmed(line);

	/* "conda env export" ends with where the environment was, which nothing reads; MLflow's list names the one that is judged. */
	if (c.left == 0 || is(c, "---") || ay_cursor_starts(&line, "prefix: /", 9) || is(c, "- -r requirements.txt"))
		return NULL;
	if (memchr(c.p, '/', c.left) || memchr(c.p, '\\', c.left) || memchr(c.p, '@', c.left))
		return elsewhere;
	return has_option(c) ? option : NULL;
}
