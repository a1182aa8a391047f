/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two halves of the pattern compiler. */
#ifndef ASSAY_SCANNERS_PATTERN_AST_H
#define ASSAY_SCANNERS_PATTERN_AST_H

#include "assay/error.h"

#include <stddef.h>
#include <stdint.h>

#define AY_PATTERN_NO_MAX (-1)
#define AY_PATTERN_MAX_REPEAT 1000

struct ay_pattern_range { uint32_t lo, hi; };    /* code points, both included */

enum ay_pattern_kind { AY_PATTERN_EMPTY, AY_PATTERN_CLASS, AY_PATTERN_CAT, AY_PATTERN_ALT, AY_PATTERN_REPEAT };

struct ay_pattern_node {
	enum ay_pattern_kind kind;
	uint32_t a, b;             /* CAT, ALT: nodes; REPEAT: a; CLASS: first range and their number */
	int min, max;              /* REPEAT */
};

struct ay_pattern_ast {
	struct ay_pattern_node *nodes;
	size_t node_count, node_room;
	struct ay_pattern_range *ranges;
	size_t range_count, range_room;
	uint32_t root;
};

AY_MUSTCHECK int ay_pattern_parse(const char *text, size_t len, struct ay_pattern_ast *out, struct ay_error *e);
void ay_pattern_ast_free(struct ay_pattern_ast *ast);

#endif
