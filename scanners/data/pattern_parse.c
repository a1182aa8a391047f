/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/pattern_ast.h"

#include <errno.h>

#include "assay/attr.h"
#include "assay/limits.h"
#include "assay/text.h"

#define MAX_DEPTH 200
#define LAST_CODE_POINT 0x10FFFFu

struct parser {
	const char *text;
	size_t len, pos;
	unsigned depth;
	struct ay_pattern_ast *ast;
	struct ay_error *e;
	int err;
};

/* A class while it is read. */
struct class {
	struct ay_pattern_range r[512];
	size_t n;
};

static uint32_t fail(struct parser *p, int code, const char *what)
{
	if (!p->err)
		p->err = ay_error_at(p->e, code, p->pos, "%s", what);
	return 0;
}

static int peek(const struct parser *p)
{
	return !p->err && p->pos < p->len ? (uint8_t)p->text[p->pos] : -1;
}

/* The pattern itself is valid UTF-8, so the lead byte tells the length. */
static uint32_t take_code_point(struct parser *p)
{
	uint8_t lead = (uint8_t)p->text[p->pos++];
	unsigned more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
	uint32_t cp = more ? lead & (0x3Fu >> more) : lead;

	while (more-- && p->pos < p->len)
		cp = cp << 6 | ((uint8_t)p->text[p->pos++] & 0x3Fu);
	return cp;
}

static uint32_t add_node(struct parser *p, struct ay_pattern_node n)
{
	struct ay_pattern_ast *a = p->ast;

	if (a->node_count == a->node_room) {
		size_t room = a->node_room ? a->node_room * 2 : 64;
		struct ay_pattern_node *more = realloc(a->nodes, room * sizeof(*more));

		if (!more)
			return fail(p, -ENOMEM, "out of memory");
		a->nodes = more;
		a->node_room = room;
	}
	a->nodes[a->node_count] = n;
	return (uint32_t)a->node_count++;
}

static void add_range(struct parser *p, struct class *c, uint32_t lo, uint32_t hi)
{
	if (c->n == AY_ARRAY_LEN(c->r))
		fail(p, AY_ELIMIT, "a class has too many ranges");
	else
		c->r[c->n++] = (struct ay_pattern_range){lo, hi};
}

static int compare_ranges(const void *a, const void *b)
{
	const struct ay_pattern_range *x = a, *y = b;

	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

static void merge_ranges(struct class *c)
{
	size_t to = 0;

	qsort(c->r, c->n, sizeof(c->r[0]), compare_ranges);
	for (size_t i = 0; i < c->n; i++) {
		if (to && c->r[i].lo <= c->r[to - 1].hi + 1) {
			if (c->r[i].hi > c->r[to - 1].hi)
				c->r[to - 1].hi = c->r[i].hi;
		} else {
			c->r[to++] = c->r[i];
		}
	}
	c->n = to;
}

static void negate(struct parser *p, struct class *c)
{
	struct class out = {.n = 0};
	uint32_t next = 0;

	merge_ranges(c);
	for (size_t i = 0; i < c->n; i++) {
		if (c->r[i].lo > next)
			add_range(p, &out, next, c->r[i].lo - 1);
		next = c->r[i].hi + 1;
	}
	if (next <= LAST_CODE_POINT)
		add_range(p, &out, next, LAST_CODE_POINT);
	*c = out;
}

static uint32_t add_class(struct parser *p, struct class *c)
{
	struct ay_pattern_ast *a = p->ast;

	merge_ranges(c);
	if (a->range_room - a->range_count < c->n) {
		size_t room = (a->range_room + c->n) * 2;
		struct ay_pattern_range *more = realloc(a->ranges, room * sizeof(*more));

		if (!more)
			return fail(p, -ENOMEM, "out of memory");
		a->ranges = more;
		a->range_room = room;
	}
	size_t at = a->range_count;

	for (size_t i = 0; i < c->n; i++)
		a->ranges[a->range_count++] = c->r[i];
	return add_node(p, (struct ay_pattern_node){.kind = AY_PATTERN_CLASS, .a = (uint32_t)at, .b = (uint32_t)c->n});
}

/* \d \w \s and their complements; false when it is none of them. */
static bool shorthand(struct parser *p, int letter, struct class *c)
{
	struct class own = {.n = 0};

	switch (letter | 0x20) {
	case 'd':
		add_range(p, &own, '0', '9');
		break;
	case 'w':
		add_range(p, &own, '0', '9');
		add_range(p, &own, 'A', 'Z');
		add_range(p, &own, '_', '_');
		add_range(p, &own, 'a', 'z');
		break;
	case 's':
		add_range(p, &own, '\t', '\r');
		add_range(p, &own, ' ', ' ');
		break;
	default:
		return false;
	}
	if (letter < 'a')
		negate(p, &own);
	for (size_t i = 0; i < own.n; i++)
		add_range(p, c, own.r[i].lo, own.r[i].hi);
	return true;
}

static uint32_t take_hex(struct parser *p, size_t digits)
{
	uint32_t v = 0;

	for (size_t i = 0; i < digits; i++) {
		int ch = peek(p);
		int d = ch >= '0' && ch <= '9' ? ch - '0' : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;

		if (d < 0)
			return fail(p, AY_EFORMAT, "an escape lacks hexadecimal digits");
		v = v << 4 | (uint32_t)d;
		p->pos++;
	}
	if (v >= 0xD800 && v <= 0xDFFF)
		return fail(p, AY_EUNSUPPORTED, "surrogates cannot be matched");
	return v;
}

/* Behind the backslash: one character. Letters and digits that are not listed mean something this subset lacks. */
static uint32_t escaped_char(struct parser *p)
{
	int ch = peek(p);

	if (ch < 0)
		return fail(p, AY_EFORMAT, "a backslash at the end");
	if (ch >= 0x80)
		return take_code_point(p);
	p->pos++;
	switch (ch) {
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	case 'f': return '\f';
	case 'v': return '\v';
	case 'x': return take_hex(p, 2);
	case 'u': return take_hex(p, 4);
	default: break;
	}
	if ((ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')) {
		p->pos--;
		return fail(p, AY_EUNSUPPORTED, "an escape that is not supported (backreference, boundary or property)");
	}
	return (uint32_t)ch;
}

/* One character of a class; true in *set_out when it was a shorthand, already added. */
static uint32_t class_char(struct parser *p, struct class *c, bool *set_out)
{
	*set_out = false;
	if (peek(p) == '[')
		return fail(p, AY_EUNSUPPORTED, "a bracket in a class must be escaped (class subtraction is not supported)");
	if (peek(p) != '\\')
		return take_code_point(p);
	p->pos++;
	if (peek(p) > 0 && shorthand(p, peek(p), c)) {
		p->pos++;
		*set_out = true;
		return 0;
	}
	return escaped_char(p);
}

static uint32_t parse_class(struct parser *p)
{
	struct class c = {.n = 0};
	bool negated, set;

	p->pos++;
	negated = peek(p) == '^';
	p->pos += negated;
	if (peek(p) == ']')
		return fail(p, AY_EFORMAT, "an empty class");
	while (peek(p) != ']') {
		if (peek(p) < 0)
			return fail(p, AY_EFORMAT, "a class that does not end");
		uint32_t lo = class_char(p, &c, &set), hi = lo;

		if (set || p->err)
			continue;
		if (peek(p) == '-' && p->pos + 1 < p->len && p->text[p->pos + 1] != ']') {
			p->pos++;
			hi = class_char(p, &c, &set);
			if (set || (!p->err && hi < lo))
				return fail(p, AY_EFORMAT, "a range that runs backwards or ends in a class");
		}
		add_range(p, &c, lo, hi);
	}
	p->pos++;
	if (negated)
		negate(p, &c);
	return add_class(p, &c);
}

static uint32_t one_char(struct parser *p, uint32_t cp)
{
	struct class c = {.n = 1};

	c.r[0] = (struct ay_pattern_range){cp, cp};
	return add_class(p, &c);
}

static uint32_t parse_alternatives(struct parser *p);

static uint32_t parse_group(struct parser *p)
{
	p->pos++;
	if (peek(p) == '?') {
		if (p->pos + 1 >= p->len || p->text[p->pos + 1] != ':')
			return fail(p, AY_EUNSUPPORTED, "a group with flags, a name or look-around");
		p->pos += 2;
	}
	if (++p->depth > MAX_DEPTH)
		return fail(p, AY_ELIMIT, "groups are nested too deeply");
	uint32_t inner = parse_alternatives(p);

	p->depth--;
	if (peek(p) != ')')
		return fail(p, AY_EFORMAT, "a group that does not end");
	p->pos++;
	return inner;
}

static uint32_t parse_escape(struct parser *p)
{
	struct class c = {.n = 0};

	p->pos++;
	if (peek(p) > 0 && shorthand(p, peek(p), &c)) {
		p->pos++;
		return add_class(p, &c);
	}
	return one_char(p, escaped_char(p));
}

static uint32_t parse_atom(struct parser *p)
{
	struct class dot = {.n = 0};

	switch (peek(p)) {
	case '(':
		return parse_group(p);
	case '[':
		return parse_class(p);
	case '\\':
		return parse_escape(p);
	case '.':
		p->pos++;
		add_range(p, &dot, '\n', '\n');
		add_range(p, &dot, '\r', '\r');
		negate(p, &dot);
		return add_class(p, &dot);
	case '*': case '+': case '?': case '{':
		return fail(p, AY_EFORMAT, "nothing to repeat");
	case '}': case ']':
		return fail(p, AY_EFORMAT, "a bracket that must be escaped");
	case '^': case '$':
		return fail(p, AY_EUNSUPPORTED, "^ and $ may stand only at the ends of an outer alternative");
	default:
		return one_char(p, take_code_point(p));
	}
}

static int take_count(struct parser *p)
{
	int n = 0;

	if (peek(p) < '0' || peek(p) > '9')
		return (int)fail(p, AY_EFORMAT, "a count is missing");
	while (peek(p) >= '0' && peek(p) <= '9') {
		n = n * 10 + (p->text[p->pos++] - '0');
		if (n > AY_PATTERN_MAX_REPEAT)
			return (int)fail(p, AY_ELIMIT, "a count is larger than 1000");
	}
	return n;
}

/* True with the bounds when a quantifier stands here. */
static bool take_quantifier(struct parser *p, int *min_out, int *max_out)
{
	int ch = peek(p);

	*max_out = AY_PATTERN_NO_MAX;
	*min_out = ch == '+';
	if (ch == '?')
		*max_out = 1;
	if (ch != '*' && ch != '+' && ch != '?' && ch != '{')
		return false;
	p->pos++;
	if (ch == '{') {
		*min_out = *max_out = take_count(p);
		if (peek(p) == ',') {
			p->pos++;
			*max_out = peek(p) == '}' ? AY_PATTERN_NO_MAX : take_count(p);
		}
		if (peek(p) != '}' || (*max_out != AY_PATTERN_NO_MAX && *max_out < *min_out))
			fail(p, AY_EFORMAT, "a count that does not end or runs backwards");
		p->pos++;
	}
	if (peek(p) == '?')
		p->pos++;
	return true;
}

static uint32_t parse_sequence(struct parser *p)
{
	uint32_t all = add_node(p, (struct ay_pattern_node){.kind = AY_PATTERN_EMPTY});
	int min, max;

	if (p->depth == 0 && peek(p) == '^')
		p->pos++;
	while (peek(p) >= 0 && peek(p) != '|' && peek(p) != ')') {
		bool last = p->pos + 1 == p->len || p->text[p->pos + 1] == '|';

		if (p->depth == 0 && peek(p) == '$' && last) {
			p->pos++;
			break;
		}
		uint32_t atom = parse_atom(p);

		if (!p->err && take_quantifier(p, &min, &max)) {
			if (peek(p) == '*' || peek(p) == '+' || peek(p) == '?' || peek(p) == '{')
				return fail(p, AY_EUNSUPPORTED, "a repetition of a repetition needs a group");
			atom = add_node(p, (struct ay_pattern_node){.kind = AY_PATTERN_REPEAT, .a = atom, .min = min, .max = max});
		}
		all = add_node(p, (struct ay_pattern_node){.kind = AY_PATTERN_CAT, .a = all, .b = atom});
	}
	return all;
}

static uint32_t parse_alternatives(struct parser *p)
{
	uint32_t all = parse_sequence(p);

	while (peek(p) == '|') {
		p->pos++;
		uint32_t other = parse_sequence(p);

		all = add_node(p, (struct ay_pattern_node){.kind = AY_PATTERN_ALT, .a = all, .b = other});
	}
	return all;
}

int ay_pattern_parse(const char *text, size_t len, struct ay_pattern_ast *out, struct ay_error *e)
{
	struct parser p = {.text = text, .len = len, .ast = out, .e = e};

	*out = (struct ay_pattern_ast){.root = 0};
	if (len > AY_LIMIT_PATTERN)
		return ay_error_at(e, AY_ELIMIT, 0, "the pattern has %zu bytes, the limit is %d", len, AY_LIMIT_PATTERN);
	if (ay_utf8_check(text, len) != len)
		return ay_error_at(e, AY_EFORMAT, 0, "the pattern is not UTF-8");
	out->root = parse_alternatives(&p);
	if (!p.err && p.pos < p.len)
		fail(&p, AY_EFORMAT, "a closing bracket without an opening one");
	return p.err;
}

void ay_pattern_ast_free(struct ay_pattern_ast *ast)
{
	free(ast->nodes);
	free(ast->ranges);
}
