/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows out of the events of a JSON reader: objects, one a line or one an element of an array. Objects in a row are columns
 * of their own ("a.b"); of an array it is known that it is one. What is absent is missing.
 */
#ifndef ASSAY_SCANNERS_JSON_TABLE_H
#define ASSAY_SCANNERS_JSON_TABLE_H

#include "scanners/data/rows.h"

/* Names of columns in order, found by place or by name. */
struct ay_json_names {
	struct ay_budget *budget;
	char **v;
	size_t count, room;
	uint32_t *slots;             /* place + 1 */
	size_t slot_count;
	bool among_others;           /* keys that are none of them are passed over */
};
/* AY_ELIMIT beyond AY_LIMIT_CSV_COLUMNS. A name that is there already is not added. */
AY_MUSTCHECK int ay_json_names_add(struct ay_json_names *n, const char *name, size_t len);
/* The place of a name without zero bytes; SIZE_MAX: none. */
size_t ay_json_names_find(const struct ay_json_names *n, const char *name, size_t len);
void ay_json_names_free(struct ay_json_names *n);

struct ay_json_table;
/* Either sink: rows of these columns, and a key that is none of them is schema.columns. Or NULL: names are added to. Borrows all. */
AY_MUSTCHECK int ay_json_table_new(struct ay_scan *s, struct ay_json_names *names, bool lines, const struct ay_rows_sink *sink,
				   struct ay_json_table **out);
/* One event of the reader (enum ay_json_event), with its text. AY_EFORMAT, reported: no table. Or the sink's code. */
AY_MUSTCHECK int ay_json_table_event(struct ay_json_table *t, int event, const char *text, size_t len, uint64_t off);
/* Between rows: a row that starts at bytes; *used_out is its length, of lines all of it, 0: its events are to be given. Or the sink's code. */
AY_MUSTCHECK int ay_json_table_row(struct ay_json_table *t, const char *bytes, size_t len, uint64_t off, size_t *used_out);
/* Rows that wait go to the sink, whose code it returns. */
AY_MUSTCHECK int ay_json_table_flush(struct ay_json_table *t);
/* After the last event. */
void ay_json_table_end(struct ay_json_table *t);
/* Where the row at hand begins. */
const uint64_t *ay_json_table_off(const struct ay_json_table *t);
/* Rows are not what they must be, which is reported. */
bool ay_json_table_refused(const struct ay_json_table *t);
void ay_json_table_free(struct ay_json_table *t);

#endif
