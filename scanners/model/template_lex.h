/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the inside of one Jinja tag. */
#ifndef ASSAY_SCANNERS_TEMPLATE_LEX_H
#define ASSAY_SCANNERS_TEMPLATE_LEX_H

#include "assay/cursor.h"
#include "scanners/model/template_names.h"

enum ay_template_kind { AY_TOK_CLOSE, AY_TOK_NAME, AY_TOK_STRING, AY_TOK_NUMBER, AY_TOK_OP };

struct ay_template_lexer {
	struct ay_cursor c;
	uint64_t start;
	int close;                        /* '}' or '%' */
	unsigned open;                    /* brackets: a tag does not end inside them */
	const char *danger;               /* the first one, and where; then all tokens are AY_TOK_CLOSE */
	size_t danger_at;
	enum ay_template_kind kind;       /* the current token */
	char text[AY_TEMPLATE_NAME];      /* of a string: its beginning */
	bool whole;
};

void ay_template_next(struct ay_template_lexer *l);
void ay_template_refuse(struct ay_template_lexer *l, const char *why);
/* The current token is this operator or name. */
bool ay_template_is_op(const struct ay_template_lexer *l, const char *op);
bool ay_template_is_name(const struct ay_template_lexer *l, const char *name);
/* The first byte behind the current token and white space, or -1. */
int ay_template_behind(const struct ay_template_lexer *l, size_t *at_out);

#endif
