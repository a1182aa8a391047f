/* SPDX-License-Identifier: Apache-2.0 */
/* The compiler of row rules: a lexer, and a descent by strength of operators whose depth is capped. */
#include "scanners/data/row_rule.h"

#include <errno.h>
#include <stdarg.h>
#include "assay/attr.h"

#define NO_CONST SIZE_MAX

enum token { END, NUMBER, TEXT, NAME, QUOTED, WORD, SYMBOL };

struct compiler {
	const char *text;                   /* in the rule's own copy */
	size_t len, at;                     /* at: behind the token at hand */
	size_t start;                       /* of the token at hand */
	enum token token;
	const char *value;                  /* of a text or quoted name, unescaped */
	size_t value_len;
	char *spare;                        /* where unescaped texts go */
	const struct ay_row_columns *columns;
	struct ay_row_rule *rule;
	struct ay_error *e;
	unsigned depth, stack;
	bool failed;
};

/* What an operand is, and where its text stands when it is a bare constant. */
struct operand {
	enum ay_row_type type;
	size_t constant;
};

static const struct operand nothing = {AY_ROW_OTHER, NO_CONST};

static void fail(struct compiler *p, size_t off, const char *fmt, ...) AY_PRINTF(3, 4);
static void fail(struct compiler *p, size_t off, const char *fmt, ...)
{
	char msg[160];
	va_list ap;

	if (p->failed)
		return;
	p->failed = true;
	p->token = END;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	ay_error_at(p->e, AY_EFORMAT, off, "%s", msg);
}

/* ---- tokens ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Is the word at hand this one, in letters of either case? */
static bool word_is(const struct compiler *p, const char *word)
{
	size_t n = strlen(word);

	if (p->token != WORD || p->at - p->start != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((p->text[p->start + i] | 0x20) != word[i])
			return false;
	return true;
}

static bool is_reserved(const struct compiler *p)
{
	static const char *const words[] = {"and", "or", "not", "in", "is", "null", "true", "false"};

	for (size_t i = 0; i < AY_ARRAY_LEN(words); i++)
		if (word_is(p, words[i]))
			return true;
	return false;
}

static void lex_quoted(struct compiler *p, char quote)
{
	p->token = quote == '"' ? QUOTED : TEXT;
	p->value = p->spare;
	for (p->at++; p->at < p->len; p->at++) {
		if (p->text[p->at] == quote) {
			if (p->at + 1 < p->len && p->text[p->at + 1] == quote) {
				p->at++;
			} else {
				p->at++;
				p->value_len = (size_t)(p->spare - p->value);
				*p->spare++ = 0;
				return;
			}
		}
		*p->spare++ = p->text[p->at];
	}
	fail(p, p->start, "the quote is not closed");
}

static void lex_number(struct compiler *p)
{
	p->token = NUMBER;
	while (p->at < p->len && (is_digit(p->text[p->at]) || p->text[p->at] == '.'))
		p->at++;
	if (p->at < p->len && (p->text[p->at] | 0x20) == 'e') {
		p->at++;
		if (p->at < p->len && (p->text[p->at] == '+' || p->text[p->at] == '-'))
			p->at++;
		while (p->at < p->len && is_digit(p->text[p->at]))
			p->at++;
	}
	if (p->at < p->len && is_letter(p->text[p->at]))
		fail(p, p->at, "a number ends here with a letter");
}

static void lex_symbol(struct compiler *p)
{
	static const char *const two[] = {"==", "!=", "<>", "<=", ">="};
	char c = p->text[p->at];

	p->token = SYMBOL;
	for (size_t i = 0; i < AY_ARRAY_LEN(two); i++) {
		if (p->at + 1 < p->len && c == two[i][0] && p->text[p->at + 1] == two[i][1]) {
			p->at += 2;
			return;
		}
	}
	p->at++;
	if (c == 0 || !strchr("+-*/=<>(),", c))
		fail(p, p->start, "no operator begins with this character");
}

static void next(struct compiler *p)
{
	if (p->failed)
		return;
	while (p->at < p->len && (p->text[p->at] == ' ' || p->text[p->at] == '\t' || p->text[p->at] == '\n' || p->text[p->at] == '\r'))
		p->at++;
	p->start = p->at;
	if (p->at == p->len) {
		p->token = END;
		return;
	}
	char c = p->text[p->at];

	if (c == '\'' || c == '"') {
		lex_quoted(p, c);
	} else if (is_digit(c) || (c == '.' && p->at + 1 < p->len && is_digit(p->text[p->at + 1]))) {
		lex_number(p);
	} else if (is_letter(c)) {
		p->token = WORD;
		while (p->at < p->len && (is_letter(p->text[p->at]) || is_digit(p->text[p->at])))
			p->at++;
	} else {
		lex_symbol(p);
	}
}

static bool symbol_is(const struct compiler *p, const char *s)
{
	return p->token == SYMBOL && p->at - p->start == strlen(s) && memcmp(p->text + p->start, s, strlen(s)) == 0;
}

static bool accept_symbol(struct compiler *p, const char *s)
{
	if (!symbol_is(p, s))
		return false;
	next(p);
	return true;
}

static bool accept_word(struct compiler *p, const char *word)
{
	if (!word_is(p, word))
		return false;
	next(p);
	return true;
}

static void expect_symbol(struct compiler *p, const char *s)
{
	if (!accept_symbol(p, s))
		fail(p, p->start, "'%s' is missing here", s);
}

/* ---- operations ---- */

/* pushes: by how many values the stack grows. Arrays have room for one of each a byte of text. */
static void emit(struct compiler *p, enum ay_row_code code, size_t arg, size_t count, int pushes)
{
	if (p->failed)
		return;
	p->stack = (unsigned)((int)p->stack + pushes);
	if (p->stack > AY_ROW_RULE_STACK) {
		fail(p, p->start, "the rule needs more than %d values at once", AY_ROW_RULE_STACK);
		return;
	}
	p->rule->ops[p->rule->op_count++] = (struct ay_row_op){(uint8_t)code, (uint16_t)arg, (uint16_t)count};
}

static const char *type_name(enum ay_row_type t)
{
	static const char *const names[] = {"a number", "a text", "true or false", "a date", "a datetime", "a time", "a column of type any"};

	return names[t];
}

static enum ay_row_type row_type(enum ay_value_type t)
{
	switch (t) {
	case AY_VALUE_INTEGER:
	case AY_VALUE_NUMBER:
	case AY_VALUE_YEAR:
		return AY_ROW_NUMBER;
	case AY_VALUE_STRING:
		return AY_ROW_TEXT;
	case AY_VALUE_BOOLEAN:
		return AY_ROW_BOOL;
	case AY_VALUE_DATE:
		return AY_ROW_DATE;
	case AY_VALUE_DATETIME:
		return AY_ROW_DATETIME;
	case AY_VALUE_TIME:
		return AY_ROW_TIME;
	case AY_VALUE_ANY:
		break;
	}
	return AY_ROW_OTHER;
}

static void need(struct compiler *p, size_t off, struct operand have, enum ay_row_type want, const char *what)
{
	if (have.type != want)
		fail(p, off, "%s needs %s, this is %s", what, type_name(want), type_name(have.type));
}

/* A bare text beside a date, datetime or time is one. */
static void read_as(struct compiler *p, size_t off, struct operand *text, enum ay_row_type want)
{
	static const enum ay_value_type types[] = {
		[AY_ROW_DATE] = AY_VALUE_DATE, [AY_ROW_DATETIME] = AY_VALUE_DATETIME, [AY_ROW_TIME] = AY_VALUE_TIME
	};
	struct ay_value *v = text->constant == NO_CONST ? NULL : &p->rule->consts[text->constant];

	if (p->failed || !v || text->type != AY_ROW_TEXT || (want != AY_ROW_DATE && want != AY_ROW_DATETIME && want != AY_ROW_TIME))
		return;
	if (!ay_value_parse(types[want], v->text, v->len, v))
		fail(p, off, "the text is not %s", type_name(want));
	text->type = want;
}

/* ---- operands ---- */

static struct operand constant(struct compiler *p, struct ay_value v)
{
	size_t at = p->rule->const_count;

	if (p->failed)
		return nothing;
	p->rule->consts[p->rule->const_count++] = v;
	return (struct operand){row_type(v.type), at};
}

static struct operand number(struct compiler *p, size_t start, size_t end)
{
	struct ay_value v;

	if (!ay_value_parse(AY_VALUE_INTEGER, p->text + start, end - start, &v) &&
	    !ay_value_parse(AY_VALUE_NUMBER, p->text + start, end - start, &v)) {
		fail(p, start, "this is no number");
		return nothing;
	}
	return constant(p, v);
}

static struct operand column(struct compiler *p, const char *name, size_t len, size_t off)
{
	struct ay_row_rule *r = p->rule;
	size_t i = 0, k = 0;

	if (p->failed)
		return nothing;
	while (i < p->columns->count) {
		const char *have = p->columns->name(p->columns->arg, i);

		if (strlen(have) == len && memcmp(have, name, len) == 0)
			break;
		i++;
	}
	if (i == p->columns->count) {
		fail(p, off, "there is no column of this name");
		return nothing;
	}
	while (k < r->column_count && r->columns[k] != i)
		k++;
	if (k == r->column_count)
		r->columns[r->column_count++] = (uint32_t)i;
	emit(p, AY_ROW_COLUMN, k, 0, 1);
	return (struct operand){row_type(p->columns->type(p->columns->arg, i)), NO_CONST};
}

/* A constant: number with or without a sign, text, true, false. */
static bool literal(struct compiler *p, struct operand *out)
{
	size_t start = p->start, end;

	if (symbol_is(p, "-") && p->at < p->len && (is_digit(p->text[p->at]) || p->text[p->at] == '.')) {
		next(p);
		if (p->token != NUMBER) {
			fail(p, start, "this is no number");
			return true;
		}
	}
	end = p->at;
	if (p->token == NUMBER) {
		next(p);
		*out = number(p, start, end);
	} else if (p->token == TEXT) {
		*out = constant(p, ay_value_of_text(p->value, p->value_len));
		next(p);
	} else if (word_is(p, "true") || word_is(p, "false")) {
		*out = constant(p, ay_value_of(AY_VALUE_BOOLEAN, word_is(p, "true"), 0));
		next(p);
	} else {
		return false;
	}
	return true;
}

/* Recursion is bounded by AY_ROW_RULE_DEPTH. */
static struct operand disjunction(struct compiler *p);

static bool deeper(struct compiler *p)
{
	if (++p->depth > AY_ROW_RULE_DEPTH)
		fail(p, p->start, "the rule is nested more than %d deep", AY_ROW_RULE_DEPTH);
	return !p->failed;
}

static struct operand call(struct compiler *p, size_t off, size_t len)
{
	static const struct { const char *name; enum ay_row_code code; enum ay_row_type takes, gives; } functions[] = {
		{"abs", AY_ROW_ABS, AY_ROW_NUMBER, AY_ROW_NUMBER},
		{"len", AY_ROW_LEN, AY_ROW_TEXT, AY_ROW_NUMBER},
		{"lower", AY_ROW_LOWER, AY_ROW_TEXT, AY_ROW_TEXT},
	};
	size_t arg_off = p->start;
	struct operand arg = disjunction(p);

	expect_symbol(p, ")");
	for (size_t i = 0; i < AY_ARRAY_LEN(functions); i++) {
		if (strlen(functions[i].name) != len || memcmp(functions[i].name, p->text + off, len) != 0)
			continue;
		need(p, arg_off, arg, functions[i].takes, functions[i].name);
		emit(p, functions[i].code, 0, 0, 0);
		return (struct operand){functions[i].gives, NO_CONST};
	}
	fail(p, off, "there is no function of this name; there are abs, len and lower");
	return nothing;
}

static struct operand primary(struct compiler *p)
{
	struct operand out = nothing;
	size_t off = p->start, len = p->at - p->start;

	if (!deeper(p))
		return nothing;
	if (accept_symbol(p, "(")) {
		out = disjunction(p);
		expect_symbol(p, ")");
	} else if (p->token == QUOTED) {
		out = column(p, p->value, p->value_len, off);
		next(p);
	} else if (p->token == WORD && !is_reserved(p)) {
		next(p);
		out = accept_symbol(p, "(") ? call(p, off, len) : column(p, p->text + off, len, off);
	} else if (literal(p, &out)) {
		emit(p, AY_ROW_CONST, out.constant, 0, 1);
	} else {
		fail(p, off, p->token == END ? "the rule ends where a value must stand" : "a value must stand here");
	}
	p->depth--;
	return out;
}

static struct operand signed_value(struct compiler *p)
{
	struct operand out;
	size_t off = p->start;

	/* The sign belongs to a number, so that the smallest ones can be written. */
	if (!symbol_is(p, "-") || (p->at < p->len && is_digit(p->text[p->at])))
		return primary(p);
	if (!deeper(p))
		return nothing;
	next(p);
	out = signed_value(p);
	need(p, off, out, AY_ROW_NUMBER, "-");
	emit(p, AY_ROW_NEG, 0, 0, 0);
	p->depth--;
	return (struct operand){AY_ROW_NUMBER, NO_CONST};
}

static struct operand product(struct compiler *p)
{
	size_t off = p->start;
	struct operand left = signed_value(p);

	while (symbol_is(p, "*") || symbol_is(p, "/")) {
		const char *op = symbol_is(p, "*") ? "*" : "/";

		need(p, off, left, AY_ROW_NUMBER, op);
		next(p);
		off = p->start;
		need(p, off, signed_value(p), AY_ROW_NUMBER, op);
		emit(p, *op == '*' ? AY_ROW_MUL : AY_ROW_DIV, 0, 0, -1);
		left.constant = NO_CONST;
	}
	return left;
}

static struct operand sum(struct compiler *p)
{
	size_t off = p->start;
	struct operand left = product(p);

	while (symbol_is(p, "+") || symbol_is(p, "-")) {
		const char *op = symbol_is(p, "+") ? "+" : "-";

		need(p, off, left, AY_ROW_NUMBER, op);
		next(p);
		off = p->start;
		need(p, off, product(p), AY_ROW_NUMBER, op);
		emit(p, *op == '+' ? AY_ROW_ADD : AY_ROW_SUB, 0, 0, -1);
		left.constant = NO_CONST;
	}
	return left;
}

/* ---- conditions ---- */

static const struct { const char *symbol; enum ay_row_code code; } comparisons[] = {
	{"==", AY_ROW_EQ}, {"=", AY_ROW_EQ}, {"!=", AY_ROW_NE}, {"<>", AY_ROW_NE},
	{"<=", AY_ROW_LE}, {"<", AY_ROW_LT}, {">=", AY_ROW_GE}, {">", AY_ROW_GT},
};

static bool take_comparison(struct compiler *p, enum ay_row_code *out)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(comparisons); i++) {
		if (symbol_is(p, comparisons[i].symbol)) {
			*out = comparisons[i].code;
			return true;
		}
	}
	return false;
}

static void compare(struct compiler *p, size_t off, struct operand left, enum ay_row_code code)
{
	size_t right_off;
	struct operand right;

	next(p);
	right_off = p->start;
	right = sum(p);
	read_as(p, right_off, &right, left.type);
	read_as(p, off, &left, right.type);
	if (left.type != right.type)
		fail(p, right_off, "%s cannot be compared with %s", type_name(left.type), type_name(right.type));
	else if (left.type == AY_ROW_OTHER)
		fail(p, off, "%s can only be tested with is null", type_name(left.type));
	else if (code != AY_ROW_EQ && code != AY_ROW_NE && (left.type == AY_ROW_TEXT || left.type == AY_ROW_BOOL))
		fail(p, off, "%s has no order", type_name(left.type));
	emit(p, code, 0, 0, -1);
}

static void membership(struct compiler *p, struct operand left)
{
	size_t first = p->rule->const_count, count = 0;

	expect_symbol(p, "(");
	do {
		size_t off = p->start;
		struct operand item = nothing;

		if (!literal(p, &item)) {
			fail(p, off, "a number, a text, true or false must stand here");
			return;
		}
		read_as(p, off, &item, left.type);
		if (item.type != left.type)
			fail(p, off, "%s cannot be compared with %s", type_name(left.type), type_name(item.type));
		count++;
	} while (accept_symbol(p, ","));
	expect_symbol(p, ")");
	emit(p, AY_ROW_IN, first, count, 0);
}

static struct operand condition(struct compiler *p)
{
	size_t off = p->start;
	struct operand left = sum(p);
	enum ay_row_code code;
	bool no = false;

	if (take_comparison(p, &code)) {
		compare(p, off, left, code);
	} else if (accept_word(p, "is")) {
		no = accept_word(p, "not");
		if (!accept_word(p, "null"))
			fail(p, p->start, "null must stand here");
		emit(p, AY_ROW_IS_NULL, 0, 0, 0);
	} else if (word_is(p, "in") || word_is(p, "not")) {
		no = accept_word(p, "not");
		if (!accept_word(p, "in"))
			fail(p, p->start, "in must stand here");
		membership(p, left);
	} else {
		return left;
	}
	if (no)
		emit(p, AY_ROW_NOT, 0, 0, 0);
	if (take_comparison(p, &code) || word_is(p, "is") || word_is(p, "in"))
		fail(p, p->start, "comparisons cannot follow each other; write a < b and b < c");
	return (struct operand){AY_ROW_BOOL, NO_CONST};
}

static struct operand negation(struct compiler *p)
{
	size_t off = p->start;

	if (!word_is(p, "not"))
		return condition(p);
	if (!deeper(p))
		return nothing;
	next(p);
	off = p->start;
	need(p, off, negation(p), AY_ROW_BOOL, "not");
	emit(p, AY_ROW_NOT, 0, 0, 0);
	p->depth--;
	return (struct operand){AY_ROW_BOOL, NO_CONST};
}

static struct operand conjunction(struct compiler *p)
{
	size_t off = p->start;
	struct operand left = negation(p);

	while (word_is(p, "and")) {
		need(p, off, left, AY_ROW_BOOL, "and");
		next(p);
		off = p->start;
		need(p, off, negation(p), AY_ROW_BOOL, "and");
		emit(p, AY_ROW_AND, 0, 0, -1);
	}
	return left;
}

static struct operand disjunction(struct compiler *p)
{
	size_t off = p->start;
	struct operand left;

	if (!deeper(p))
		return nothing;
	left = conjunction(p);
	while (word_is(p, "or")) {
		need(p, off, left, AY_ROW_BOOL, "or");
		next(p);
		off = p->start;
		need(p, off, conjunction(p), AY_ROW_BOOL, "or");
		emit(p, AY_ROW_OR, 0, 0, -1);
	}
	p->depth--;
	return left;
}

/* ---- the whole ---- */

static int compile(struct compiler *p)
{
	next(p);
	struct operand root = disjunction(p);

	if (p->token != END)
		fail(p, p->start, "the rule should end here");
	need(p, 0, root, AY_ROW_BOOL, "a rule");
	if (p->rule->column_count == 0)
		fail(p, 0, "the rule names no column");
	return p->failed ? AY_EFORMAT : 0;
}

int ay_row_rule_compile(const char *text, size_t len, const struct ay_row_columns *columns, struct ay_row_rule **out, struct ay_error *e)
{
	struct ay_row_rule *r = calloc(1, sizeof(*r));
	struct compiler p = {.len = len, .columns = columns, .rule = r, .e = e};
	int rc = -ENOMEM;

	*out = NULL;
	if (len == 0 || len > AY_ROW_RULE_TEXT) {
		free(r);
		return ay_error_at(e, AY_EFORMAT, 0, "a rule has 1 to %d bytes", AY_ROW_RULE_TEXT);
	}
	if (r) {
		/* A token of n bytes makes at most n operations, constants and columns, and n - 1 bytes of unescaped text with its end. */
		r->text = malloc(2 * len + 2);
		r->ops = malloc(2 * len * sizeof(*r->ops));
		r->consts = malloc(len * sizeof(*r->consts));
		r->columns = malloc(len * sizeof(*r->columns));
	}
	if (r && r->text && r->ops && r->consts && r->columns) {
		memcpy(r->text, text, len);    /* own: room just made */
		r->text[len] = 0;
		r->text_len = len;
		p.text = r->text;
		p.spare = r->text + len + 1;
		rc = compile(&p);
	} else {
		ay_error_set(e, rc, "out of memory");
	}
	if (rc)
		ay_row_rule_free(r);
	else
		*out = r;
	return rc;
}

void ay_row_rule_free(struct ay_row_rule *r)
{
	if (!r)
		return;
	free(r->text);
	free(r->ops);
	free(r->consts);
	free(r->columns);
	free(r);
}
