/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Not a Jinja parser: inside {{ }} and {% %} it lexes words and string
 * literals, and refuses what templates of models do not need and every known
 * escape from a template does. Literal text outside the tags says nothing.
 */
#include "scanners/model/template.h"

#include "assay/text.h"

static const char *const banned_words[] = {
	"attr", "xmlattr", "import", "include", "extends", "from", "raw", "popen", "subprocess", "eval", "exec", "getattr", "setattr",
	"globals", "builtins", "lipsum", "cycler", "joiner", "func_globals", "gi_frame", "gi_code", "cr_frame", "cr_code", "ag_frame",
	"ag_code", "f_globals", "f_builtins", "tb_frame", "mro"
};

/* Parts of a dunder name whose underscores were split off. */
static const char *const dunder_stems[] = {
	"class", "bases", "base", "mro", "subclasses", "globals", "builtins", "init", "import", "getattribute", "code", "dict", "func",
	"module", "self", "call", "reduce", "getitem", "new"
};

struct lexer {
	struct ay_cursor c;
	uint64_t start;
	const char *danger;
	uint64_t at;
};

static bool is_word(int ch)
{
	return ch == '_' || (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch >= 0x80;
}

static void refuse(struct lexer *l, const char *why)
{
	if (!l->danger) {
		l->danger = why;
		l->at = l->c.off - l->start;
	}
}

static bool in_list(const char *word, size_t len, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == len && memcmp(list[i], word, len) == 0)
			return true;
	return false;
}

/* A name or literal with its outer underscores off is part of a dunder name, and had some. */
static bool split_dunder(const char *text, size_t len)
{
	size_t from = 0, to = len;

	while (from < to && text[from] == '_')
		from++;
	while (to > from && text[to - 1] == '_')
		to--;
	if (to - from == len)
		return false;
	return from == to || in_list(text + from, to - from, dunder_stems, AY_ARRAY_LEN(dunder_stems));
}

static bool has_double_underscore(const char *text, size_t len)
{
	return len >= 2 && memmem(text, len, "__", 2) != NULL;
}

static void lex_word(struct lexer *l)
{
	char word[64];
	size_t len = 0;

	while (is_word(ay_cursor_peek(&l->c, len)))
		len++;
	size_t keep = len < sizeof(word) ? len : sizeof(word);
	struct ay_cursor whole = l->c;

	ay_cursor_copy(&whole, word, keep);
	if (has_double_underscore(word, keep) || len > sizeof(word))
		refuse(l, len > sizeof(word) ? "a name longer than 64 bytes" : "a name with a double underscore");
	else if (in_list(word, keep, banned_words, AY_ARRAY_LEN(banned_words)))
		refuse(l, "a name that leaves the template, such as attr, import or popen");
	ay_cursor_skip(&l->c, len);
}

/* One string literal. Escapes other than of quotes, backslash and white space can spell any name, so they are refused. */
static void lex_string(struct lexer *l, int quote)
{
	char text[64];
	size_t len = 0;
	int prev = 0, ch;

	ay_cursor_skip(&l->c, 1);
	while ((ch = ay_cursor_peek(&l->c, 0)) >= 0 && ch != quote) {
		if (ch == '\\') {
			int next = ay_cursor_peek(&l->c, 1);

			if (next < 0 || !memchr("nrt\\\"'", next, 6))
				refuse(l, "an escape sequence that can spell a hidden name");
			ay_cursor_skip(&l->c, 1);
		} else if (ch == '_' && prev == '_') {
			refuse(l, "a string with a double underscore");
		} else if (ch == 'c' && prev == '%') {
			refuse(l, "a format that spells characters");
		}
		prev = ch == '\\' ? 0 : ch;
		if (len < sizeof(text))
			text[len++] = (char)ch;
		ay_cursor_skip(&l->c, 1);
	}
	if (ch < 0)
		return refuse(l, "a string that does not end");
	if (len < sizeof(text) && split_dunder(text, len))
		refuse(l, "a part of a name with underscores, to be joined");
	ay_cursor_skip(&l->c, 1);
}

/* From behind the opening to the closing bracket of one tag. */
static void lex_tag(struct lexer *l, int close)
{
	size_t open = 0;    /* brackets: a tag does not end inside them */

	while (l->c.left && !l->danger) {
		int ch = ay_cursor_peek(&l->c, 0);

		if (!open && ch == close && ay_cursor_peek(&l->c, 1) == '}') {
			ay_cursor_skip(&l->c, 2);
			return;
		}
		if (ch == '"' || ch == '\'') {
			lex_string(l, ch);
		} else if (is_word(ch)) {
			lex_word(l);
		} else {
			if (ch == '(' || ch == '[' || ch == '{')
				open++;
			else if (open && (ch == ')' || ch == ']' || ch == '}'))
				open--;
			ay_cursor_skip(&l->c, 1);
		}
	}
}

static void skip_comment(struct lexer *l)
{
	const uint8_t *end = l->c.left ? memmem(l->c.p, l->c.left, "#}", 2) : NULL;

	ay_cursor_skip(&l->c, end ? (size_t)(end - l->c.p) + 2 : l->c.left);
}

const char *ay_template_danger(struct ay_cursor text, size_t *at_out)
{
	struct lexer l = {.c = text, .start = text.off};

	while (l.c.left && !l.danger) {
		const uint8_t *brace = memchr(l.c.p, '{', l.c.left);

		if (!brace)
			break;
		ay_cursor_skip(&l.c, (size_t)(brace - l.c.p) + 1);
		int kind = ay_cursor_peek(&l.c, 0);

		if (kind != '{' && kind != '%' && kind != '#')
			continue;
		ay_cursor_skip(&l.c, 1);
		if (kind == '#')
			skip_comment(&l);
		else
			lex_tag(&l, kind == '{' ? '}' : '%');
	}
	*at_out = (size_t)l.at;
	return l.danger;
}

void ay_template_check(struct ay_scan *s, struct ay_cursor text, uint64_t off)
{
	size_t at;
	const char *danger = ay_template_danger(text, &at);

	if (danger)
		ay_scan_find(s, "template.dangerous", off == AY_NO_OFFSET ? off : off + at,
			     "the template holds %s, at its byte %zu", danger, at);
}
