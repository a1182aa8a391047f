/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/rows_as.h"

/* One reading of the table. */
struct reading {
	const struct ay_rows_as *table;
	const struct ay_rows_sink *sink;
	struct ay_budget *budget;
	struct ay_cell *row;         /* the row at hand, as it is taken */
	size_t columns;
};

static int start(void *arg, const char *const *names, size_t n)
{
	struct reading *r = arg;

	r->row = ay_budget_alloc(r->budget, (n + 1) * sizeof(*r->row));
	r->columns = n;
	if (!r->row)
		return AY_ELIMIT;
	return r->sink->columns ? r->sink->columns(r->sink->arg, names, n) : 0;
}

static int pass_list(void *arg, size_t column)
{
	const struct reading *r = arg;

	return r->sink->list(r->sink->arg, column);
}

static int pass_value(void *arg, size_t column, uint64_t row, const struct ay_cell *cell)
{
	const struct reading *r = arg;
	struct ay_cell taken = *cell;

	r->table->take(r->table->arg, column, &taken);
	return r->sink->value(r->sink->arg, column, row, &taken);
}

static int pass_row(void *arg, uint64_t row, const struct ay_cell *cells)
{
	struct reading *r = arg;

	for (size_t i = 0; i < r->columns; i++) {
		r->row[i] = cells[i];
		r->table->take(r->table->arg, i, &r->row[i]);
	}
	return r->sink->row(r->sink->arg, row, r->row);
}

static int each(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	const struct ay_rows_as *t = arg;
	struct reading r = {.table = t, .sink = sink, .budget = b};
	const struct ay_rows_sink between = {
		.arg = &r, .columns = start, .list = sink->list ? pass_list : NULL, .value = sink->value ? pass_value : NULL,
		.row = sink->row ? pass_row : NULL,
	};
	int rc = t->in->each(t->in->arg, b, &between);

	ay_budget_free(b, r.row);
	return rc;
}

struct ay_rows ay_rows_as(struct ay_rows_as *table)
{
	return (struct ay_rows){.arg = table, .each = each, .by_row = table->in->by_row, .unordered = table->in->unordered, .off = table->in->off};
}
