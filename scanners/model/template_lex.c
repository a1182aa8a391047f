/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/template_lex.h"

#include <string.h>

/* Parts of a dunder name whose underscores were split off. */
static const char *const dunder_stems[] = {
	"class", "bases", "base", "mro", "subclasses", "globals", "builtins", "init", "import", "getattribute", "code", "dict", "func",
	"module", "self", "call", "reduce", "getitem", "new"
};

void ay_template_refuse(struct ay_template_lexer *l, const char *why)
{
	if (!l->danger) {
		l->danger = why;
		l->danger_at = (size_t)(l->c.off - l->start);
	}
	l->kind = AY_TOK_CLOSE;
}

static bool is_digit(int ch)
{
	return ch >= '0' && ch <= '9';
}

static bool is_word(int ch)
{
	return ch == '_' || is_digit(ch) || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch >= 0x80;
}

static bool is_space(int ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static void keep(struct ay_template_lexer *l, size_t *len, int ch)
{
	if (*len + 1 < sizeof(l->text))
		l->text[(*len)++] = (char)ch;
	else
		l->whole = false;
	l->text[*len] = 0;
}

static void lex_word(struct ay_template_lexer *l)
{
	size_t len = 0;
	bool wide = false;

	l->kind = AY_TOK_NAME;
	while (is_word(ay_cursor_peek(&l->c, 0))) {
		wide |= ay_cursor_peek(&l->c, 0) >= 0x80;
		keep(l, &len, ay_cursor_u8(&l->c));
	}
	if (!l->whole)
		ay_template_refuse(l, "a name longer than 63 bytes");
	else if (strstr(l->text, "__"))
		ay_template_refuse(l, "a name with a double underscore");
	else if (wide)
		ay_template_refuse(l, "a name with letters outside of ASCII");
}

static void lex_number(struct ay_template_lexer *l)
{
	size_t len = 0;
	int prev = 0;

	l->kind = AY_TOK_NUMBER;
	for (int ch; (ch = ay_cursor_peek(&l->c, 0)) >= 0; prev = ch) {
		bool exponent = (ch == '+' || ch == '-') && (prev == 'e' || prev == 'E');
		bool fraction = ch == '.' && is_digit(ay_cursor_peek(&l->c, 1));

		if (!is_digit(ch) && ch != '_' && ch != 'e' && ch != 'E' && !exponent && !fraction)
			break;
		keep(l, &len, ch);
		ay_cursor_skip(&l->c, 1);
	}
	if (is_word(ay_cursor_peek(&l->c, 0)))
		ay_template_refuse(l, "a number of another form than decimal");
}

/* A literal that is a dunder name's part: underscores outside, and one of their stems within. */
static bool split_dunder(const char *text)
{
	size_t from = strspn(text, "_"), to = strlen(text);

	while (to > from && text[to - 1] == '_')
		to--;
	if (to - from == strlen(text) || from == to)
		return false;
	for (size_t i = 0; i < AY_ARRAY_LEN(dunder_stems); i++)
		if (strlen(dunder_stems[i]) == to - from && strncmp(dunder_stems[i], text + from, to - from) == 0)
			return true;
	return false;
}

/* Escapes other than of quotes, backslash and white space can spell any name, so they are refused. */
static void lex_string(struct ay_template_lexer *l, int quote)
{
	size_t len = 0;
	int prev = 0, ch;

	l->kind = AY_TOK_STRING;
	ay_cursor_skip(&l->c, 1);
	while ((ch = ay_cursor_peek(&l->c, 0)) >= 0 && ch != quote) {
		if (ch == '\\') {
			int next = ay_cursor_peek(&l->c, 1);

			if (next < 0 || !memchr("nrt\\\"'", next, 6))
				return ay_template_refuse(l, "an escape sequence that can spell a hidden name");
			keep(l, &len, ch);
			ay_cursor_skip(&l->c, 1);
			ch = 0x100 | next;
		} else if (ch == '_' && prev == '_') {
			return ay_template_refuse(l, "a string with a double underscore");
		} else if (ch == 'c' && prev == '%') {
			return ay_template_refuse(l, "a format that spells characters");
		}
		keep(l, &len, ch & 0xff);
		prev = ch;
		ay_cursor_skip(&l->c, 1);
	}
	if (ch < 0)
		return ay_template_refuse(l, "a string that does not end");
	if (l->whole && split_dunder(l->text))
		return ay_template_refuse(l, "a part of a name with underscores, to be joined");
	ay_cursor_skip(&l->c, 1);
}

static void lex_operator(struct ay_template_lexer *l, int ch)
{
	static const char *const twice[] = {"==", "!=", ">=", "<=", "//", "**"};
	size_t len = 0;

	l->kind = AY_TOK_OP;
	for (size_t i = 0; i < AY_ARRAY_LEN(twice); i++) {
		if (ay_cursor_accept(&l->c, twice[i], 2)) {
			keep(l, &len, twice[i][0]);
			keep(l, &len, twice[i][1]);
			return;
		}
	}
	if (!strchr("+-*/%~()[]{}.,:|=<>", ch))
		return ay_template_refuse(l, "a character that no template needs");
	if (strchr("([{", ch))
		l->open++;
	else if (strchr(")]}", ch) && l->open == 0)
		return ay_template_refuse(l, "a bracket that was not opened");
	else if (strchr(")]}", ch))
		l->open--;
	keep(l, &len, ch);
	ay_cursor_skip(&l->c, 1);
}

static bool lex_close(struct ay_template_lexer *l)
{
	int first = ay_cursor_peek(&l->c, 0);
	size_t sign = first == '-' || (first == '+' && l->close == '%') ? 1 : 0;

	if (l->open || ay_cursor_peek(&l->c, sign) != l->close || ay_cursor_peek(&l->c, sign + 1) != '}')
		return false;
	ay_cursor_skip(&l->c, sign + 2);
	l->kind = AY_TOK_CLOSE;
	return true;
}

void ay_template_next(struct ay_template_lexer *l)
{
	int ch;

	l->text[0] = 0;
	l->whole = true;
	if (l->danger)
		return;
	while (is_space(ay_cursor_peek(&l->c, 0)))
		ay_cursor_skip(&l->c, 1);
	ch = ay_cursor_peek(&l->c, 0);
	if (ch < 0)
		ay_template_refuse(l, "a tag that does not end");
	else if (lex_close(l))
		return;
	else if (ch == '"' || ch == '\'')
		lex_string(l, ch);
	else if (is_digit(ch))
		lex_number(l);
	else if (is_word(ch))
		lex_word(l);
	else if (ch == 0)
		ay_template_refuse(l, "a character that no template needs");
	else
		lex_operator(l, ch);
}

bool ay_template_is_op(const struct ay_template_lexer *l, const char *op)
{
	return l->kind == AY_TOK_OP && strcmp(l->text, op) == 0;
}

bool ay_template_is_name(const struct ay_template_lexer *l, const char *name)
{
	return l->kind == AY_TOK_NAME && strcmp(l->text, name) == 0;
}

int ay_template_behind(const struct ay_template_lexer *l, size_t *at_out)
{
	size_t at = 0;

	while (is_space(ay_cursor_peek(&l->c, at)))
		at++;
	*at_out = at;
	return ay_cursor_peek(&l->c, at);
}
