/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row as most JSON rows are: one flat object whose keys are names of columns, each at most once, whose values are null, booleans,
 * numbers and texts without escapes. What such a row means is plain from its bytes, so it is taken at once, by the keys of the row
 * before it. All else, faults among it, is left to the reader of JSON.
 */
#ifndef ASSAY_SCANNERS_JSON_FLAT_H
#define ASSAY_SCANNERS_JSON_FLAT_H

#include "scanners/data/json_table.h"

struct ay_json_key;
struct ay_json_flat {
	struct ay_budget *budget;
	const struct ay_json_names *names;    /* borrowed; they stay as they are */
	struct ay_json_key *keys;             /* of each name */
	size_t *next;                         /* of each column, and of the start of a row: the column that came after it last */
	uint64_t *given;                      /* of each column: the row that gave it last */
};
/* To be freed after an error too. */
AY_MUSTCHECK int ay_json_flat_init(struct ay_json_flat *f, struct ay_budget *b, const struct ay_json_names *names);
/*
 * The object that starts at bytes; returns its length, 0 when it is left to the reader. Column c goes to cells[c * step]; what
 * cells have of texts is where the object's bytes will lie. Rows count from 1; none is asked for twice.
 */
size_t ay_json_flat_read(struct ay_json_flat *f, uint64_t row, const char *bytes, size_t len, const char *will_lie, struct ay_cell *cells, size_t step);
void ay_json_flat_free(struct ay_json_flat *f);

/* A number of JSON's grammar. */
struct ay_cell ay_json_number_cell(const char *text, size_t len);
static inline struct ay_cell ay_json_bool_cell(bool is)
{
	return (struct ay_cell){.kind = AY_CELL_TEXT, .typed = true, .is = AY_VALUE_BOOLEAN, .integer = is, .text = is ? "true" : "false", .len = is ? 4 : 5};
}

#endif
