/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/rows.h"

#include <string.h>

#include "scanners/formats/csv.h"

void ay_cell_put_whole(struct ay_cell *c, enum ay_value_type is, int64_t v)
{
	c->is = is;
	c->whole = true;
	c->integer = v;
	c->number = (double)v;
}

/* Seconds and what is left of one; the file's unit is a power of ten of it. */
void ay_cell_put_clock(struct ay_cell *c, enum ay_value_type is, int64_t v, unsigned scale)
{
	int64_t unit = 1;

	for (unsigned i = 0; i < scale && i < 9; i++)
		unit *= 10;
	int64_t second = v / unit, rest = v % unit;

	if (rest < 0) {
		rest += unit;
		second--;
	}
	c->is = is;
	c->integer = second;
	c->nanos = (uint32_t)(rest * (1000000000 / unit));
	c->whole = c->nanos == 0;
	c->number = (double)second + (double)c->nanos * 1e-9;
}

void ay_cell_put_boolean(struct ay_cell *c)
{
	struct ay_value v;

	if (c->kind != AY_CELL_TEXT || !ay_value_parse(AY_VALUE_BOOLEAN, c->text, c->len, &v))
		return;
	c->text = v.i ? "true" : "false";
	c->len = strlen(c->text);
}

static int each_cell_row(struct ay_csv *table, struct ay_budget *b, const struct ay_rows_sink *sink, struct ay_cell *cells)
{
	const struct ay_csv_field *fields;
	size_t n = ay_csv_columns(table);
	int rc;

	while ((rc = ay_csv_next(table, &fields)) == 1) {
		for (size_t i = 0; i < n; i++)
			cells[i] = (struct ay_cell){.kind = fields[i].len ? AY_CELL_TEXT : AY_CELL_MISSING, .text = fields[i].text, .len = fields[i].len};
		rc = ay_budget_tick(b);
		if (!rc)
			rc = ay_rows_give(sink, ay_csv_row(table), cells, n);
		if (rc)
			break;
	}
	return rc;
}

static int each_csv(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	const struct ay_rows_csv *t = arg;
	struct ay_csv *table = NULL;
	const char **names = NULL;
	struct ay_cell *cells = NULL;
	int rc = ay_csv_open(t->in, b, t->delimiter, &table);
	size_t n = rc ? 0 : ay_csv_columns(table);

	if (!rc) {
		names = ay_budget_alloc(b, n * sizeof(*names));
		cells = ay_budget_alloc(b, n * sizeof(*cells));
		rc = names && cells ? 0 : AY_ELIMIT;
	}
	for (size_t i = 0; rc == 0 && i < n; i++)
		names[i] = ay_csv_name(table, i);
	if (!rc && sink->columns)
		rc = sink->columns(sink->arg, names, n);
	if (!rc)
		rc = each_cell_row(table, b, sink, cells);
	if (rc == AY_EFORMAT && table && t->scan && ay_csv_fault(table)->rule)
		ay_scan_find_full(t->scan, ay_csv_fault(table));
	ay_budget_free(b, names);
	ay_budget_free(b, cells);
	ay_csv_free(table);
	return rc;
}

struct ay_rows ay_rows_csv(struct ay_rows_csv *table)
{
	return (struct ay_rows){.arg = table, .each = each_csv, .by_row = true};
}
