/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules over one row of a table, as "end >= start and price * count < 1e6". Operators by rising strength: or; and; not;
 * = (==) != (<>) < <= > >=, in (list), not in (list), is null, is not null; + -; * /; unary -. Functions: abs(number), len(text) in
 * characters, lower(text) of ASCII letters. Columns stand bare or in double quotes, texts in single quotes; the quote itself is
 * doubled. A text beside a date, datetime or time is read as one. Types are checked when a rule is compiled. A missing value makes
 * what is computed of it null, as does a division by zero and a number beyond a double; "null or true" is true and "null and
 * false" is false. A compiled rule is a list of operations on a small stack: its time is linear in its length and its texts.
 */
#ifndef ASSAY_SCANNERS_ROW_RULE_H
#define ASSAY_SCANNERS_ROW_RULE_H

#include "assay/error.h"
#include "scanners/data/value.h"

#define AY_ROW_RULE_TEXT 4096     /* bytes of one rule */
#define AY_ROW_RULE_STACK 64
#define AY_ROW_RULE_DEPTH 64      /* of parentheses and signs */

/* What a rule may name: column i of the table. */
struct ay_row_columns {
	size_t count;
	const char *(*name)(const void *arg, size_t i);
	enum ay_value_type (*type)(const void *arg, size_t i);
	const void *arg;
};

enum ay_row_type { AY_ROW_NUMBER, AY_ROW_TEXT, AY_ROW_BOOL, AY_ROW_DATE, AY_ROW_DATETIME, AY_ROW_TIME, AY_ROW_OTHER };
enum ay_row_code {
	AY_ROW_COLUMN, AY_ROW_CONST, AY_ROW_ADD, AY_ROW_SUB, AY_ROW_MUL, AY_ROW_DIV, AY_ROW_NEG, AY_ROW_EQ, AY_ROW_NE, AY_ROW_LT, AY_ROW_LE,
	AY_ROW_GT, AY_ROW_GE, AY_ROW_AND, AY_ROW_OR, AY_ROW_NOT, AY_ROW_IS_NULL, AY_ROW_IN, AY_ROW_ABS, AY_ROW_LEN, AY_ROW_LOWER
};

struct ay_row_op {
	uint8_t code;
	uint16_t arg;       /* column: index in columns; constant: index; in: the first constant of its list */
	uint16_t count;     /* in: constants */
};

struct ay_row_rule {
	char *text;                  /* the rule, then the unescaped texts of its constants */
	size_t text_len;             /* of the rule alone */
	struct ay_row_op *ops;
	struct ay_value *consts;
	uint32_t *columns;           /* that it names, each once, by number in the table */
	size_t op_count, const_count, column_count;
};

/* AY_EFORMAT with e->off in the text, or -ENOMEM. */
AY_MUSTCHECK int ay_row_rule_compile(const char *text, size_t len, const struct ay_row_columns *columns, struct ay_row_rule **out,
				     struct ay_error *e);
void ay_row_rule_free(struct ay_row_rule *r);

enum ay_row_answer { AY_ROW_FALSE, AY_ROW_TRUE, AY_ROW_NULL };
/* Values and missing by column of the table. */
enum ay_row_answer ay_row_rule_judge(const struct ay_row_rule *r, const struct ay_value *values, const bool *missing);

#endif
