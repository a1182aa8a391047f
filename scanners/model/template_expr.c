/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/template_expr.h"

#include <stdio.h>
#include <string.h>

#define MAX_DEPTH 96

/* Arguments of one call: which of them may be text of the template's own, and the first ones as literals. */
struct arguments {
	unsigned count;
	uint32_t built;                           /* a bit per position */
	bool any_built;
	char literal[2][AY_TEMPLATE_NAME];        /* "" when it is none */
	bool attribute_bad;                       /* a keyword "attribute" that is no plain name */
};

bool ay_template_accept_op(struct ay_template_parser *p, const char *op)
{
	if (!ay_template_is_op(&p->l, op))
		return false;
	ay_template_next(&p->l);
	return true;
}

bool ay_template_accept_name(struct ay_template_parser *p, const char *name)
{
	if (!ay_template_is_name(&p->l, name))
		return false;
	ay_template_next(&p->l);
	return true;
}

void ay_template_expect_op(struct ay_template_parser *p, const char *op)
{
	if (!ay_template_accept_op(p, op))
		ay_template_refuse(&p->l, "an expression that is not well-formed");
}

/* A name of an attribute, also with dots between, as filters take it. */
static bool plain_attribute(const char *text)
{
	bool start = true;

	for (size_t i = 0; text[i]; i++) {
		char ch = text[i];
		bool word = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');

		if (!word && (start || (ch != '_' && ch != '.' && ch != '-' && ch != ' ')))
			return false;
		start = ch == '.';
	}
	return *text && !start && !ay_template_banned(text);
}

/* The current token is a string literal and nothing is added to it. */
static bool lone_literal(const struct ay_template_parser *p, const char *ends)
{
	size_t at;
	int ch = ay_template_behind(&p->l, &at);

	return p->l.kind == AY_TOK_STRING && p->l.whole && ch > 0 && strchr(ends, ch);
}

/* NAME = of a keyword argument; "==" is none. */
static bool at_keyword(const struct ay_template_parser *p)
{
	size_t at;

	return p->l.kind == AY_TOK_NAME && ay_template_behind(&p->l, &at) == '=' && ay_cursor_peek(&p->l.c, at + 1) != '=';
}

static void keyword_argument(struct ay_template_parser *p, struct arguments *a)
{
	char key[AY_TEMPLATE_NAME];
	bool plain, built;

	snprintf(key, sizeof(key), "%s", p->l.text);
	ay_template_next(&p->l);
	ay_template_next(&p->l);
	plain = lone_literal(p, ",)") && plain_attribute(p->l.text);
	built = ay_template_expr(p);
	if (built)
		ay_template_mark(p->names, key, AY_NAME_BUILT);
	a->any_built |= built;
	if (strcmp(key, "attribute") == 0 && !plain)
		a->attribute_bad = true;
}

static void positional_argument(struct ay_template_parser *p, struct arguments *a)
{
	bool built;

	if (a->count < 2 && lone_literal(p, ",)"))
		snprintf(a->literal[a->count], sizeof(a->literal[0]), "%s", p->l.text);
	built = ay_template_expr(p);
	a->any_built |= built;
	if (a->count >= 32)
		return ay_template_refuse(&p->l, "a call with more than 32 arguments");
	if (built)
		a->built |= 1u << a->count;
	a->count++;
}

/* From behind the opening bracket to behind the closing one. */
static void take_arguments(struct ay_template_parser *p, struct arguments *a)
{
	*a = (struct arguments){.count = 0};
	while (!p->l.danger && !ay_template_accept_op(p, ")")) {
		if (at_keyword(p))
			keyword_argument(p, a);
		else
			positional_argument(p, a);
		if (!ay_template_is_op(&p->l, ")"))
			ay_template_expect_op(p, ",");
	}
}

/* A macro, or a function of the list. */
static bool call_name(struct ay_template_parser *p, const char *name)
{
	struct ay_template_name *macro = ay_template_find(p->names, name);
	struct arguments a;

	take_arguments(p, &a);
	if (ay_template_function(name))
		return strcmp(name, "range") != 0 && (a.built || strcmp(name, "namespace") != 0);
	if (!macro || !(macro->flags & AY_NAME_MACRO) || (macro->flags & AY_NAME_BOUND)) {
		if (p->judging)
			ay_template_refuse(&p->l, "a call of what is neither a macro nor a function of chat templates");
		return true;
	}
	for (unsigned i = 0; i < macro->param_count; i++)
		if (a.built >> i & 1)
			ay_template_mark(p->names, p->names->list[macro->params[i]].text, AY_NAME_BUILT);
	return true;
}

static bool call_method(struct ay_template_parser *p, const char *method, bool built)
{
	struct arguments a;

	if (!ay_template_method(method))
		ay_template_refuse(&p->l, "a call of a method that is not on the list");
	take_arguments(p, &a);
	if (a.any_built && ay_template_mutator(method) && !p->names->filled)
		p->names->filled = p->names->changed = true;
	p->number = ay_template_harmless(method);
	if (p->number)
		return false;
	if (strcmp(method, "join") == 0 || strcmp(method, "replace") == 0)
		return true;
	if (strcmp(method, "get") == 0 && *a.literal[0])
		a.any_built = (a.built & ~1u) != 0;
	return built || a.any_built;
}

/* Behind a dot. */
static bool take_attribute(struct ay_template_parser *p, bool built, bool of_loop)
{
	char name[AY_TEMPLATE_NAME];

	if (p->l.kind == AY_TOK_NUMBER) {
		ay_template_next(&p->l);
		return built;
	}
	snprintf(name, sizeof(name), "%s", p->l.text);
	if (of_loop && (strcmp(name, "previtem") == 0 || strcmp(name, "nextitem") == 0))
		built = true;
	else
		p->number = of_loop;
	if (p->l.kind != AY_TOK_NAME)
		ay_template_refuse(&p->l, "an expression that is not well-formed");
	else if (name[0] == '_')
		ay_template_refuse(&p->l, "an attribute with an underscore before it");
	else if (ay_template_banned(name))
		ay_template_refuse(&p->l, "an attribute that leads out of the template");
	ay_template_next(&p->l);
	if (ay_template_accept_op(p, "("))
		return call_method(p, name, built);
	return built || (!of_loop && p->names->filled) || (ay_template_flags(p->names, name) & AY_NAME_BUILT);
}

/* Behind an opening bracket: a literal, a value that the template did not spell, or a slice. */
static bool take_subscript(struct ay_template_parser *p, bool built)
{
	if (lone_literal(p, "]")) {
		if (!plain_attribute(p->l.text) && (p->l.text[0] == '_' || ay_template_banned(p->l.text)))
			ay_template_refuse(&p->l, "a key that leads out of the template");
		ay_template_next(&p->l);
		ay_template_expect_op(p, "]");
		return built;
	}
	for (unsigned part = 0; part < 3 && !p->l.danger; part++) {
		if (!ay_template_is_op(&p->l, ":") && !ay_template_is_op(&p->l, "]") && ay_template_expr(p) && p->judging)
			ay_template_refuse(&p->l, "a key that the template builds itself");
		if (ay_template_accept_op(p, "]"))
			return built;
		ay_template_expect_op(p, ":");
	}
	ay_template_refuse(&p->l, "an expression that is not well-formed");
	return built;
}

static void judge_lookup(struct ay_template_parser *p, const char *filter, const struct arguments *a)
{
	bool first_is_filter = strcmp(filter, "map") == 0 || strcmp(filter, "select") == 0 || strcmp(filter, "reject") == 0;

	if (a->attribute_bad)
		return ay_template_refuse(&p->l, "an attribute that is looked up by a name that is not plain");
	if (ay_template_by_attribute(filter) && a->count > (strcmp(filter, "sum") != 0))
		return ay_template_refuse(&p->l, "an attribute that is looked up by position");
	if (!ay_template_by_name(filter) || a->count == 0)
		return;
	if (first_is_filter && !ay_template_filter(a->literal[0]) && !ay_template_test(a->literal[0]))
		ay_template_refuse(&p->l, "a filter or test that is not on the list");
	else if (first_is_filter && (ay_template_by_name(a->literal[0]) || ay_template_by_attribute(a->literal[0])) && a->count > 1)
		ay_template_refuse(&p->l, "a filter that is handed names");
	else if (!first_is_filter && !plain_attribute(a->literal[0]))
		ay_template_refuse(&p->l, "an attribute that is looked up by a name that is not plain");
	else if (!first_is_filter && a->count > 1 && !ay_template_test(a->literal[1]) && strcmp(a->literal[1], "==") != 0)
		ay_template_refuse(&p->l, "a test that is not on the list");
}

/* Behind '|'. */
static bool take_filter(struct ay_template_parser *p, bool built)
{
	char name[AY_TEMPLATE_NAME];
	struct arguments a = {.count = 0};

	snprintf(name, sizeof(name), "%s", p->l.text);
	if (p->l.kind != AY_TOK_NAME || !ay_template_filter(name))
		ay_template_refuse(&p->l, "a filter that is not on the list");
	ay_template_next(&p->l);
	if (ay_template_accept_op(p, "("))
		take_arguments(p, &a);
	judge_lookup(p, name, &a);
	p->number = ay_template_harmless(name);
	return !p->number && (built || a.any_built || ay_template_spells(name));
}

static bool take_primary(struct ay_template_parser *p, char *name_out);
static bool take_operand(struct ay_template_parser *p);

/* Behind "is". name is the variable that is tested, when it is nothing more. */
static void take_test(struct ay_template_parser *p, const char *name)
{
	char test[AY_TEMPLATE_NAME];

	(void)ay_template_accept_name(p, "not");
	snprintf(test, sizeof(test), "%s", p->l.text);
	if (p->l.kind != AY_TOK_NAME || (!ay_template_test(test) && strcmp(test, "none") != 0))
		ay_template_refuse(&p->l, "a test that is not on the list");
	if ((strcmp(test, "defined") == 0 || strcmp(test, "undefined") == 0) && *name && !ay_template_denied(name))
		ay_template_mark(p->names, name, AY_NAME_DEFINED);
	ay_template_next(&p->l);
	if (ay_template_test_argument(test))
		(void)take_operand(p);
}

/* A list, tuple or dictionary from behind its opening bracket. */
static bool take_display(struct ay_template_parser *p, const char *close)
{
	bool built = false;

	while (!p->l.danger && !ay_template_accept_op(p, close)) {
		built |= ay_template_expr(p);
		if (*close == '}') {
			ay_template_expect_op(p, ":");
			built |= ay_template_expr(p);
		}
		if (!ay_template_is_op(&p->l, close))
			ay_template_expect_op(p, ",");
	}
	return built;
}

/* A variable; its value when it is not called. */
static bool take_variable(struct ay_template_parser *p, char *name_out)
{
	char name[AY_TEMPLATE_NAME];
	unsigned flags;

	snprintf(name, sizeof(name), "%s", p->l.text);
	if (ay_template_keyword(name) || name[0] == '_')
		ay_template_refuse(&p->l, "an expression that is not well-formed");
	ay_template_next(&p->l);
	if (ay_template_accept_op(p, "("))
		return call_name(p, name);
	snprintf(name_out, AY_TEMPLATE_NAME, "%s", name);
	if (strcasecmp(name, "true") == 0 || strcasecmp(name, "false") == 0 || strcasecmp(name, "none") == 0)
		return false;
	flags = ay_template_flags(p->names, name);
	if (ay_template_denied(name))
		ay_template_refuse(&p->l, "a variable that leads out of the template");
	else if (flags & AY_NAME_MACRO)
		ay_template_refuse(&p->l, "a macro that is not called");
	else if (p->judging && !flags && !ay_template_variable(name) && !ay_template_is_name(&p->l, "is"))
		ay_template_refuse(&p->l, "a variable that neither the template sets nor chat libraries do");
	return (flags & AY_NAME_BUILT) || ((flags & AY_NAME_BOUND) && p->names->filled) || ay_template_token(name);
}

static bool take_primary(struct ay_template_parser *p, char *name_out)
{
	*name_out = 0;
	if (p->l.kind == AY_TOK_NAME)
		return take_variable(p, name_out);
	if (p->l.kind == AY_TOK_NUMBER) {
		ay_template_next(&p->l);
		return false;
	}
	if (p->l.kind == AY_TOK_STRING) {
		while (p->l.kind == AY_TOK_STRING)
			ay_template_next(&p->l);
		return true;
	}
	if (ay_template_accept_op(p, "("))
		return take_display(p, ")");
	if (ay_template_accept_op(p, "["))
		return take_display(p, "]");
	if (ay_template_accept_op(p, "{"))
		return take_display(p, "}");
	ay_template_refuse(&p->l, "an expression that is not well-formed");
	return true;
}

/* A primary with signs, attributes, keys, filters and tests. */
static bool take_operand(struct ay_template_parser *p)
{
	char name[AY_TEMPLATE_NAME];
	bool built, number, bracket, filtered = false;

	if (p->depth == MAX_DEPTH) {
		ay_template_refuse(&p->l, "an expression that is nested too deep");
		return true;
	}
	p->depth++;
	while (ay_template_accept_op(p, "-") || ay_template_accept_op(p, "+"))
		;
	number = p->l.kind == AY_TOK_NUMBER;
	bracket = ay_template_is_op(&p->l, "(");
	built = take_primary(p, name);
	p->number = number || (bracket && p->number);
	while (!p->l.danger) {
		number = p->number;
		p->number = false;
		if (!filtered && ay_template_accept_op(p, ".")) {
			built = take_attribute(p, built, strcmp(name, "loop") == 0);
		} else if (!filtered && ay_template_accept_op(p, "[")) {
			built = take_subscript(p, built);
			p->number = false;
		} else if (ay_template_accept_op(p, "|")) {
			built = take_filter(p, built);
			filtered = true;
		} else if (ay_template_accept_name(p, "is")) {
			take_test(p, name);
			p->number = built = false;
			filtered = true;
		} else {
			p->number = number;
			break;
		}
		name[0] = 0;
	}
	if (ay_template_is_op(&p->l, "("))
		ay_template_refuse(&p->l, "a call of something that has no name");
	p->depth--;
	return built;
}

/* Two values that may be text spell a new one by "+", and one does by "*". */
static bool spells(const char *op, bool left_number, bool right_number)
{
	return *op == '~' || (*op == '+' && !left_number && !right_number) || (op[0] == '*' && !(left_number && right_number));
}

static bool take_arithmetic(struct ay_template_parser *p)
{
	static const char *const ops[] = {"+", "-", "~", "*", "/", "//", "%", "**"};
	bool built = take_operand(p), number = p->number, more = true;

	while (more && !p->l.danger) {
		more = false;
		for (size_t i = 0; i < AY_ARRAY_LEN(ops) && !more; i++) {
			if (!ay_template_accept_op(p, ops[i]))
				continue;
			built |= take_operand(p);
			built |= spells(ops[i], number, p->number);
			number = *ops[i] == '-' || *ops[i] == '/' || (*ops[i] == '+' && (number || p->number));
			more = true;
		}
	}
	p->number = number;
	return built;
}

static bool take_comparison_sign(struct ay_template_parser *p)
{
	static const char *const ops[] = {"==", "!=", ">", ">=", "<", "<="};

	for (size_t i = 0; i < AY_ARRAY_LEN(ops); i++)
		if (ay_template_accept_op(p, ops[i]))
			return true;
	if (ay_template_is_name(&p->l, "not")) {
		ay_template_next(&p->l);
		if (!ay_template_is_name(&p->l, "in"))
			ay_template_refuse(&p->l, "an expression that is not well-formed");
	}
	return ay_template_accept_name(p, "in");
}

static bool take_comparison(struct ay_template_parser *p)
{
	bool negated = false, built;

	while (ay_template_accept_name(p, "not"))
		negated = true;
	built = take_arithmetic(p) && !negated;
	while (!p->l.danger && take_comparison_sign(p)) {
		(void)take_arithmetic(p);
		built = false;
	}
	return built;
}

bool ay_template_or(struct ay_template_parser *p)
{
	bool built = take_comparison(p);

	while (!p->l.danger && (ay_template_accept_name(p, "or") || ay_template_accept_name(p, "and")))
		built |= take_comparison(p);
	return built;
}

bool ay_template_expr(struct ay_template_parser *p)
{
	bool built;

	if (p->depth == MAX_DEPTH) {
		ay_template_refuse(&p->l, "an expression that is nested too deep");
		return true;
	}
	p->depth++;
	built = ay_template_or(p);
	while (!p->l.danger && ay_template_accept_name(p, "if")) {
		(void)ay_template_or(p);
		if (ay_template_accept_name(p, "else"))
			built |= ay_template_expr(p);
	}
	p->depth--;
	return built;
}

bool ay_template_tuple(struct ay_template_parser *p)
{
	bool built = ay_template_expr(p);

	while (!p->l.danger && ay_template_accept_op(p, ",") && p->l.kind != AY_TOK_CLOSE)
		built |= ay_template_expr(p);
	return built;
}
