/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chat templates: the statements of Jinja that they need, and expressions in
 * which everything is on a list. Text that a template spells itself must not
 * name an attribute; which variables may hold such text is found by reading the
 * template until nothing new is learned, and the last reading judges.
 */
#include "scanners/model/template.h"

#include <stdio.h>
#include <string.h>

#include "scanners/model/template_expr.h"

#define MAX_BLOCKS 64
#define MAX_READINGS 12

enum block { IF, FOR, MACRO, SET, GENERATION };

struct reading {
	struct ay_template_parser p;
	enum block blocks[MAX_BLOCKS];
	unsigned depth;
};

static void refuse(struct reading *r, const char *why)
{
	ay_template_refuse(&r->p.l, why);
}

static void push(struct reading *r, enum block block)
{
	if (r->depth == MAX_BLOCKS)
		return refuse(r, "statements that are nested too deep");
	r->blocks[r->depth++] = block;
}

static void pop(struct reading *r, enum block block)
{
	if (r->depth == 0 || r->blocks[r->depth - 1] != block)
		return refuse(r, "an end of a statement that is not open");
	r->depth--;
}

/* The current token becomes a variable of the template. Its index. */
static unsigned bind(struct reading *r, bool built)
{
	const char *name = r->p.l.text;
	unsigned i;

	if (r->p.l.kind != AY_TOK_NAME || ay_template_keyword(name)) {
		refuse(r, "a statement that is not well-formed");
		return 0;
	}
	if (ay_template_function(name) || ay_template_denied(name) || strcmp(name, "loop") == 0)
		refuse(r, "a variable with the name of something else");
	i = ay_template_mark(r->p.names, name, AY_NAME_BOUND | (built ? AY_NAME_BUILT : 0));
	ay_template_next(&r->p.l);
	return i;
}

/* Up to four names with commas; they are bound when it is known to what. */
struct targets {
	char names[4][AY_TEMPLATE_NAME];
	unsigned count;
};

static void take_targets(struct reading *r, struct targets *t)
{
	bool bracket = ay_template_accept_op(&r->p, "(");

	t->count = 0;
	do {
		if (t->count == AY_ARRAY_LEN(t->names))
			return refuse(r, "a statement that is not well-formed");
		snprintf(t->names[t->count++], AY_TEMPLATE_NAME, "%s", r->p.l.text);
		bind(r, false);
	} while (!r->p.l.danger && ay_template_accept_op(&r->p, ","));
	if (bracket)
		ay_template_expect_op(&r->p, ")");
}

static void mark_targets(struct reading *r, const struct targets *t, bool built)
{
	for (unsigned i = 0; built && i < t->count; i++)
		ay_template_mark(r->p.names, t->names[i], AY_NAME_BUILT);
}

static void take_for(struct reading *r)
{
	struct targets t;

	take_targets(r, &t);
	if (!ay_template_accept_name(&r->p, "in"))
		return refuse(r, "a statement that is not well-formed");
	mark_targets(r, &t, ay_template_or(&r->p));
	if (ay_template_accept_name(&r->p, "if"))
		(void)ay_template_expr(&r->p);
	push(r, FOR);
}

/* "set a = x", "set a, b = x", "set n.a = x", or the block "set a". */
static void take_set(struct reading *r)
{
	struct targets t;

	take_targets(r, &t);
	if (t.count == 1 && ay_template_accept_op(&r->p, ".")) {
		snprintf(t.names[0], AY_TEMPLATE_NAME, "%s", r->p.l.text);
		if (r->p.l.kind != AY_TOK_NAME || t.names[0][0] == '_' || ay_template_banned(t.names[0]))
			return refuse(r, "an attribute that leads out of the template");
		ay_template_next(&r->p.l);
	}
	if (r->p.l.kind == AY_TOK_CLOSE && t.count == 1) {
		mark_targets(r, &t, true);
		return push(r, SET);
	}
	ay_template_expect_op(&r->p, "=");
	mark_targets(r, &t, ay_template_tuple(&r->p));
}

/* A second macro of that name could hand its arguments on to other parameters. */
static void set_params(struct reading *r, struct ay_template_name *macro, const unsigned *params, unsigned count)
{
	bool again = macro->param_count > 0;

	if (again && macro->param_count != count)
		refuse(r, "two macros of one name");
	for (unsigned i = 0; i < count; i++) {
		if (again && macro->params[i] != params[i])
			refuse(r, "two macros of one name");
		macro->params[i] = params[i];
	}
	macro->param_count = count;
}

static void take_macro(struct reading *r)
{
	unsigned params[AY_TEMPLATE_PARAMS] = {0}, count = 0, macro;

	if (r->p.l.kind != AY_TOK_NAME || r->p.l.text[0] == '_' || ay_template_function(r->p.l.text) || ay_template_denied(r->p.l.text))
		return refuse(r, "a macro with the name of something else");
	macro = ay_template_mark(r->p.names, r->p.l.text, AY_NAME_MACRO);
	ay_template_next(&r->p.l);
	ay_template_expect_op(&r->p, "(");
	while (!r->p.l.danger && !ay_template_accept_op(&r->p, ")")) {
		if (count == AY_TEMPLATE_PARAMS)
			return refuse(r, "a macro with too many parameters");
		params[count++] = bind(r, false);
		if (ay_template_accept_op(&r->p, "=") && ay_template_expr(&r->p))
			ay_template_mark(r->p.names, r->p.names->list[params[count - 1]].text, AY_NAME_BUILT);
		if (!ay_template_is_op(&r->p.l, ")"))
			ay_template_expect_op(&r->p, ",");
	}
	set_params(r, &r->p.names->list[macro], params, count);
	push(r, MACRO);
}

static void take_else(struct reading *r, bool condition)
{
	enum block inner = r->depth ? r->blocks[r->depth - 1] : SET;

	if (inner != IF && (condition || inner != FOR))
		refuse(r, "an else without its if");
	else if (condition)
		(void)ay_template_tuple(&r->p);
}

static bool take_end(struct reading *r, const char *word)
{
	static const struct { const char *word; enum block block; } ends[] = {
		{"endif", IF}, {"endfor", FOR}, {"endmacro", MACRO}, {"endset", SET}, {"endgeneration", GENERATION}
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(ends); i++) {
		if (strcmp(word, ends[i].word) == 0) {
			pop(r, ends[i].block);
			return true;
		}
	}
	return false;
}

static bool in_loop(const struct reading *r)
{
	for (unsigned i = 0; i < r->depth; i++)
		if (r->blocks[i] == FOR)
			return true;
	return false;
}

static void take_statement(struct reading *r)
{
	char word[AY_TEMPLATE_NAME];

	snprintf(word, sizeof(word), "%s", r->p.l.kind == AY_TOK_NAME ? r->p.l.text : "");
	ay_template_next(&r->p.l);
	if (strcmp(word, "if") == 0) {
		(void)ay_template_tuple(&r->p);
		push(r, IF);
	} else if (strcmp(word, "for") == 0) {
		take_for(r);
	} else if (strcmp(word, "set") == 0) {
		take_set(r);
	} else if (strcmp(word, "macro") == 0) {
		take_macro(r);
	} else if (strcmp(word, "elif") == 0 || strcmp(word, "else") == 0) {
		take_else(r, word[2] == 'i');
	} else if (strcmp(word, "generation") == 0) {
		push(r, GENERATION);
	} else if (!take_end(r, word) && !((strcmp(word, "break") == 0 || strcmp(word, "continue") == 0) && in_loop(r))) {
		refuse(r, "a statement other than if, for, set and macro");
	}
}

/* From behind the opening to behind the closing of one tag. */
static void take_tag(struct reading *r, int kind)
{
	struct ay_template_lexer *l = &r->p.l;

	if (ay_cursor_peek(&l->c, 0) == '-' || (kind == '%' && ay_cursor_peek(&l->c, 0) == '+'))
		ay_cursor_skip(&l->c, 1);
	l->close = kind == '{' ? '}' : '%';
	l->open = 0;
	ay_template_next(l);
	if (kind == '{')
		(void)ay_template_tuple(&r->p);
	else
		take_statement(r);
	if (l->kind != AY_TOK_CLOSE)
		refuse(r, "a tag that is not well-formed");
}

static void skip_comment(struct reading *r)
{
	struct ay_cursor *c = &r->p.l.c;
	const uint8_t *end = c->left ? memmem(c->p, c->left, "#}", 2) : NULL;

	if (!end)
		return refuse(r, "a comment that does not end");
	ay_cursor_skip(c, (size_t)(end - c->p) + 2);
}

/* One reading of the whole template. */
static void read_all(struct reading *r)
{
	struct ay_cursor *c = &r->p.l.c;

	while (c->left && !r->p.l.danger) {
		const uint8_t *brace = memchr(c->p, '{', c->left);

		if (!brace)
			break;
		ay_cursor_skip(c, (size_t)(brace - c->p) + 1);
		int kind = ay_cursor_peek(c, 0);

		if (kind != '{' && kind != '%' && kind != '#')
			continue;
		ay_cursor_skip(c, 1);
		if (kind == '#')
			skip_comment(r);
		else
			take_tag(r, kind);
	}
	if (!r->p.l.danger && r->depth)
		refuse(r, "a statement that does not end");
	if (!r->p.l.danger && r->p.names->full)
		refuse(r, "too many variables");
}

const char *ay_template_danger(struct ay_cursor text, size_t *at_out)
{
	struct ay_template_names names = {.count = 0};
	struct reading r;
	unsigned readings = 0;
	bool judging = false;

	for (;;) {
		r = (struct reading){.p = {.l = {.c = text, .start = text.off}, .names = &names, .judging = judging}};
		names.changed = false;
		read_all(&r);
		*at_out = r.p.l.danger_at;
		if (r.p.l.danger || judging)
			return r.p.l.danger;
		judging = !names.changed;
		if (++readings > MAX_READINGS)
			return "variables that depend on each other too often";
	}
}

void ay_template_check(struct ay_scan *s, struct ay_cursor text, uint64_t off)
{
	size_t at;
	const char *danger = ay_template_danger(text, &at);

	if (danger)
		ay_scan_find(s, "template.dangerous", off == AY_NO_OFFSET ? off : off + at,
			     "the template holds %s, at its byte %zu", danger, at);
}
