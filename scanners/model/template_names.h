/* SPDX-License-Identifier: Apache-2.0 */
/* The names of a template: what every template may use, and what this one binds and to what kind of value. */
#ifndef ASSAY_SCANNERS_TEMPLATE_NAMES_H
#define ASSAY_SCANNERS_TEMPLATE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define AY_TEMPLATE_NAME 64       /* bytes of one name, with its NUL */
#define AY_TEMPLATE_NAMES 256
#define AY_TEMPLATE_PARAMS 16

enum {
	AY_NAME_BOUND = 1,        /* by set, for or a parameter */
	AY_NAME_MACRO = 2,
	AY_NAME_DEFINED = 4,      /* asked for with "is defined": the caller may bring it */
	AY_NAME_BUILT = 8         /* may hold text that the template itself spelled */
};

struct ay_template_name {
	char text[AY_TEMPLATE_NAME];
	unsigned flags;
	unsigned params[AY_TEMPLATE_PARAMS];    /* of a macro: indexes of names */
	unsigned param_count;
};

struct ay_template_names {
	struct ay_template_name list[AY_TEMPLATE_NAMES];
	unsigned count;
	bool changed, full;
	bool filled;       /* a list or dictionary was filled with such text: any variable may be it */
};

/* Adds flags to a name, and notes whether that is new. Its index; 0 with full when there are too many. */
unsigned ay_template_mark(struct ay_template_names *n, const char *text, unsigned flags);
unsigned ay_template_flags(const struct ay_template_names *n, const char *text);
struct ay_template_name *ay_template_find(struct ay_template_names *n, const char *text);

/* Exact lists. */
bool ay_template_variable(const char *text);     /* what chat libraries hand to a template */
bool ay_template_function(const char *text);
bool ay_template_method(const char *text);
/* Methods that change what they are called on. */
bool ay_template_mutator(const char *text);
bool ay_template_filter(const char *text);
bool ay_template_test(const char *text);
bool ay_template_test_argument(const char *text);
bool ay_template_keyword(const char *text);
/* Attributes that lead to frames, code and globals without an underscore. */
bool ay_template_banned(const char *text);
/* Variables that lead there. */
bool ay_template_denied(const char *text);
/* Filters and methods whose result is a number, a truth value, or the data's own keys. */
bool ay_template_harmless(const char *text);
/* Filters that make text of anything, or put text together. */
bool ay_template_spells(const char *text);
/* Filters that look an attribute, a filter or a test up by a name in their arguments. */
bool ay_template_by_name(const char *text);
bool ay_template_by_attribute(const char *text);
/* Special tokens: text that comes with the model. */
bool ay_template_token(const char *text);

#endif
