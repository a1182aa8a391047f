/* SPDX-License-Identifier: Apache-2.0 */
/* Judges one row by a compiled rule. */
#include "scanners/data/row_rule.h"

#include <math.h>
#include "assay/ckd.h"

/* One value on the stack. */
struct slot {
	struct ay_value v;       /* numbers: INTEGER with at most 18 digits or as it stood in the row, else NUMBER */
	bool null, lowered;
};

static bool is_short(const struct ay_value *v)
{
	return (v->type == AY_VALUE_INTEGER && v->len <= AY_VALUE_SHORT) || v->type == AY_VALUE_YEAR;
}

static void set_number(struct slot *s, double d)
{
	s->v = ay_value_of_f64(d);
	s->null = s->null || !isfinite(d);
}

static void set_whole(struct slot *s, int64_t i)
{
	s->v = ay_value_of(AY_VALUE_INTEGER, i, 0);
	/* Only what compares by i stays an integer. */
	if (i > 999999999999999999 || i < -999999999999999999)
		set_number(s, (double)i);
}

static void set_truth(struct slot *s, bool truth)
{
	s->v = ay_value_of(AY_VALUE_BOOLEAN, truth, 0);
}

/* ---- numbers ---- */

static bool whole_result(enum ay_row_code code, int64_t a, int64_t b, int64_t *out)
{
	if (code == AY_ROW_ADD)
		return !ay_ckd_add_i64(a, b, out);
	/* Short ones can change their sign. */
	if (code == AY_ROW_SUB)
		return !ay_ckd_add_i64(a, -b, out);
	return code == AY_ROW_MUL && !ay_ckd_mul_i64(a, b, out);
}

static void calculate(enum ay_row_code code, struct slot *a, const struct slot *b)
{
	int64_t whole;

	a->null = a->null || b->null;
	if (a->null)
		return;
	if (is_short(&a->v) && is_short(&b->v) && whole_result(code, a->v.i, b->v.i, &whole)) {
		set_whole(a, whole);
		return;
	}
	double x = ay_value_double(&a->v), y = ay_value_double(&b->v);

	switch (code) {
	case AY_ROW_ADD:
		set_number(a, x + y);
		break;
	case AY_ROW_SUB:
		set_number(a, x - y);
		break;
	case AY_ROW_MUL:
		set_number(a, x * y);
		break;
	default:
		/* Not by zero: infinity is a result that is none. */
		set_number(a, x / y);
		break;
	}
}

static void change_sign(struct slot *s, bool only_negative)
{
	if (s->null)
		return;
	if (is_short(&s->v)) {
		if (!only_negative || s->v.i < 0)
			set_whole(s, -s->v.i);
		return;
	}
	double d = ay_value_double(&s->v);

	if (!only_negative || d < 0)
		set_number(s, -d);
}

/* ---- texts ---- */

static char shown(const struct slot *s, size_t i)
{
	char c = s->v.text[i];

	return s->lowered && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool same_text(const struct slot *a, const struct slot *b)
{
	if (a->v.len != b->v.len)
		return false;
	if (!a->lowered && !b->lowered)
		return memcmp(a->v.text, b->v.text, a->v.len) == 0;
	for (size_t i = 0; i < a->v.len; i++)
		if (shown(a, i) != shown(b, i))
			return false;
	return true;
}

static void count_chars(struct slot *s)
{
	int64_t n = 0;

	if (s->null)
		return;
	for (size_t i = 0; i < s->v.len; i++)
		n += ((uint8_t)s->v.text[i] & 0xC0) != 0x80;
	s->lowered = false;
	set_whole(s, n);
}

/* ---- conditions ---- */

/* 0 when equal; texts and truths are otherwise just not. */
static int order_of(const struct slot *a, const struct slot *b)
{
	switch (a->v.type) {
	case AY_VALUE_STRING:
		return !same_text(a, b);
	case AY_VALUE_BOOLEAN:
		return a->v.i != b->v.i;
	case AY_VALUE_INTEGER:
	case AY_VALUE_NUMBER:
	case AY_VALUE_YEAR:
		return ay_value_compare_numbers(&a->v, &b->v);
	default:
		return ay_value_compare(&a->v, &b->v);
	}
}

static void compare(enum ay_row_code code, struct slot *a, const struct slot *b)
{
	a->null = a->null || b->null;
	if (a->null)
		return;
	int order = order_of(a, b);

	a->lowered = false;
	switch (code) {
	case AY_ROW_EQ:
		set_truth(a, order == 0);
		break;
	case AY_ROW_NE:
		set_truth(a, order != 0);
		break;
	case AY_ROW_LT:
		set_truth(a, order < 0);
		break;
	case AY_ROW_LE:
		set_truth(a, order <= 0);
		break;
	case AY_ROW_GT:
		set_truth(a, order > 0);
		break;
	default:
		set_truth(a, order >= 0);
		break;
	}
}

static void find(struct slot *s, const struct ay_value *list, size_t count)
{
	bool found = false;

	if (s->null)
		return;
	for (size_t i = 0; i < count && !found; i++) {
		struct slot item = {.v = list[i]};

		found = order_of(s, &item) == 0;
	}
	s->lowered = false;
	set_truth(s, found);
}

/* decides: the truth that needs no second one; false for and, true for or. */
static void join(struct slot *a, const struct slot *b, bool decides)
{
	bool decided = (!a->null && a->v.i == decides) || (!b->null && b->v.i == decides);

	a->null = !decided && (a->null || b->null);
	set_truth(a, decided ? decides : !decides);
}

/* ---- the row ---- */

static void single(const struct ay_row_rule *r, const struct ay_row_op *op, struct slot *s)
{
	switch ((enum ay_row_code)op->code) {
	case AY_ROW_NEG:
	case AY_ROW_ABS:
		change_sign(s, op->code == AY_ROW_ABS);
		break;
	case AY_ROW_NOT:
		set_truth(s, !s->v.i);
		break;
	case AY_ROW_IS_NULL:
		set_truth(s, s->null);
		s->null = s->lowered = false;
		break;
	case AY_ROW_IN:
		find(s, r->consts + op->arg, op->count);
		break;
	case AY_ROW_LEN:
		count_chars(s);
		break;
	default:
		s->lowered = true;
		break;
	}
}

enum ay_row_answer ay_row_rule_judge(const struct ay_row_rule *r, const struct ay_value *values, const bool *missing)
{
	struct slot stack[AY_ROW_RULE_STACK + 1];
	size_t top = 0;    /* values on it; the compiler has checked that they fit and are there */

	for (size_t i = 0; i < r->op_count; i++) {
		const struct ay_row_op *op = &r->ops[i];

		switch ((enum ay_row_code)op->code) {
		case AY_ROW_COLUMN:
			stack[top] = (struct slot){.null = missing[r->columns[op->arg]]};
			if (!stack[top].null)
				stack[top].v = values[r->columns[op->arg]];
			top++;
			break;
		case AY_ROW_CONST:
			stack[top++] = (struct slot){.v = r->consts[op->arg]};
			break;
		case AY_ROW_ADD:
		case AY_ROW_SUB:
		case AY_ROW_MUL:
		case AY_ROW_DIV:
			top--;
			calculate((enum ay_row_code)op->code, &stack[top - 1], &stack[top]);
			break;
		case AY_ROW_EQ:
		case AY_ROW_NE:
		case AY_ROW_LT:
		case AY_ROW_LE:
		case AY_ROW_GT:
		case AY_ROW_GE:
			top--;
			compare((enum ay_row_code)op->code, &stack[top - 1], &stack[top]);
			break;
		case AY_ROW_AND:
		case AY_ROW_OR:
			top--;
			join(&stack[top - 1], &stack[top], op->code == AY_ROW_OR);
			break;
		default:
			single(r, op, &stack[top - 1]);
			break;
		}
	}
	return stack[0].null ? AY_ROW_NULL : stack[0].v.i ? AY_ROW_TRUE : AY_ROW_FALSE;
}
