/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions of Jinja: every name, attribute, method, filter and test is looked up on the lists. */
#ifndef ASSAY_SCANNERS_TEMPLATE_EXPR_H
#define ASSAY_SCANNERS_TEMPLATE_EXPR_H

#include "scanners/model/template_lex.h"

struct ay_template_parser {
	struct ay_template_lexer l;
	struct ay_template_names *names;
	unsigned depth;
	bool judging;      /* all names are known by now */
	bool number;       /* the last operand is a number for certain */
};

/*
 * Each reads one expression from the current token on and answers whether its value may be text that the template
 * spelled itself: such text must not become the name of an attribute.
 */
bool ay_template_expr(struct ay_template_parser *p);
/* Without "x if y else z": what stands behind "in" of a for. */
bool ay_template_or(struct ay_template_parser *p);
/* Expressions with commas. */
bool ay_template_tuple(struct ay_template_parser *p);

/* Moves past this operator or name when it is the current token. */
bool ay_template_accept_op(struct ay_template_parser *p, const char *op);
bool ay_template_accept_name(struct ay_template_parser *p, const char *name);
/* The same, and refuses the template when it is another. */
void ay_template_expect_op(struct ay_template_parser *p, const char *op);

#endif
