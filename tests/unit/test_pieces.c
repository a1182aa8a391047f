/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/pieces.h"

#include <math.h>

#include "tests/lib/scan_case.h"

static struct ay_budget budget;

/* What a sink got. */
struct got {
	char names[128];
	size_t columns;
	uint64_t values, missing, rows, bad;
	uint64_t last_row;
	double sum;
};

static int on_columns(void *arg, const char *const *names, size_t n)
{
	struct got *g = arg;

	g->columns = n;
	for (size_t i = 0; i < n; i++)
		snprintf(g->names + strlen(g->names), sizeof(g->names) - strlen(g->names), "%s;", names[i]);
	return 0;
}

static int on_value(void *arg, size_t column, uint64_t row, const struct ay_cell *cell)
{
	struct got *g = arg;

	(void)column;
	(void)row;
	g->values++;
	g->missing += cell->kind == AY_CELL_MISSING;
	g->sum += cell->kind == AY_CELL_NUMBER ? cell->number : 0;
	return 0;
}

/* The columns hold the row's number: itself, as a text, and missing when it is odd. */
static int on_row(void *arg, uint64_t row, const struct ay_cell *cells)
{
	struct got *g = arg;
	char text[32];

	g->rows++;
	g->bad += row <= g->last_row;
	g->last_row = row;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)row);
	g->bad += !cells[0].whole || cells[0].integer != (int64_t)row || cells[0].is != AY_VALUE_INTEGER;
	g->bad += cells[1].kind != AY_CELL_TEXT || cells[1].len < strlen(text) || memcmp(cells[1].text, text, strlen(text)) != 0;
	g->bad += (cells[2].kind == AY_CELL_MISSING) != (row % 2 == 1);
	return 0;
}

static const struct ay_column columns[] = {
	{.name = "n", .index = 0, .type = AY_COLUMN_INTEGER},
	{.name = "t", .index = 1, .type = AY_COLUMN_TEXT},
	{.name = "l.list.element", .index = 2, .type = AY_COLUMN_INTEGER, .repeated = true, .list_len = 1},
	{.name = "r", .index = 3, .type = AY_COLUMN_NUMBER},
};

static int give_column(const struct ay_columns *k, size_t c, uint64_t before, uint64_t rows, size_t width)
{
	static char text[4096];
	int rc = ay_columns_begin(k, &columns[c]);

	for (uint64_t i = 1; rc == 0 && i <= rows; i++) {
		int64_t n = (int64_t)(before + i);
		double d = (double)n;

		if (c == 1) {
			memset(text, ' ', width);
			snprintf(text, sizeof(text), "%lld", (long long)n);
			rc = ay_columns_bytes(k, ay_cursor_of(text, width > strlen(text) ? width : strlen(text), 0));
		} else if (c == 3) {
			rc = n % 2 ? ay_columns_null(k, 1) : ay_columns_f64(k, &d, 1);
		} else {
			rc = ay_columns_i64(k, &n, 1);
		}
	}
	return rc ? rc : ay_columns_end(k, rows);
}

/* parts of rows each. Answers what the sink got. */
static struct got run(uint64_t parts, uint64_t rows, size_t width, uint64_t *left_out, int *rc_out)
{
	static const struct ay_sipkey key = {1, 2};
	struct got g = {.columns = 0};
	const struct ay_rows_sink sink = {.arg = &g, .columns = on_columns, .value = on_value, .row = on_row};
	struct ay_pieces *p;
	int rc;

	ay_budget_init(&budget, 0);
	rc = ay_pieces_new(&budget, &key, &sink, &p);
	const struct ay_columns k = ay_pieces_sink(p);

	for (size_t c = 0; rc == 0 && c < AY_ARRAY_LEN(columns); c++)
		rc = give_column(&k, c, 0, 0, width);
	for (uint64_t i = 0; rc == 0 && i < parts; i++)
		for (size_t c = 0; rc == 0 && c < AY_ARRAY_LEN(columns); c++)
			rc = give_column(&k, c, i * rows, rows, width);
	if (!rc)
		rc = ay_pieces_finish(p);
	*left_out = ay_pieces_left_out(p);
	ay_pieces_free(p);
	*rc_out = rc;
	return g;
}

static void test_rows(void)
{
	uint64_t left_out;
	int rc;
	struct got g = run(3, 1000, 8, &left_out, &rc);

	is_int(rc, 0, "three parts");
	is_str(g.names, "n;t;l;r;", "a list is one column, by its own name");
	is_int((long long)g.values, 9000, "every value but those of the list");
	is_int((long long)g.missing, 1500, "missing ones too");
	is_int((long long)g.rows, 3000, "every row");
	ok(left_out == 0 && budget.alloc_left == AY_LIMIT_SCAN_ALLOC, "nothing is left out, and no memory is kept");
	g = run(0, 0, 8, &left_out, &rc);
	ok(rc == 0 && g.columns == 4 && g.values == 0, "a table without rows has its columns");
}

static void test_choice(void)
{
	uint64_t left_out, rows = AY_PIECES_CELLS / 2;
	int rc;
	struct got g = run(1, rows, 8, &left_out, &rc);

	is_int(rc, 0, "a part that does not fit");
	is_int((long long)g.values, (long long)rows * 3, "every value");
	ok(g.rows > rows / 3 && g.rows < rows * 2 / 3, "about half of the rows: %llu", (unsigned long long)g.rows);
	ok(left_out == rows - g.rows, "the others are counted");
	g = run(2, 40000, 3000, &left_out, &rc);
	is_int(rc, 0, "texts that do not fit");
	ok(g.values == 240000 && g.rows > 2000 && g.rows < 40000 && left_out == 80000 - g.rows, "fewer rows: %llu", (unsigned long long)g.rows);
}

static void test_cells(void)
{
	static const int64_t wide[] = {INT64_MIN, -1, 150, 86399999};
	static const struct { struct ay_column of; size_t v; double number; } want[] = {
		{{.name = "a", .type = AY_COLUMN_UNSIGNED}, 1, 18446744073709551615.0},
		{{.name = "a", .type = AY_COLUMN_DECIMAL, .scale = 2}, 2, 1.5},
		{{.name = "a", .type = AY_COLUMN_DECIMAL, .scale = 3}, 0, -9223372036854775.808},
		{{.name = "a", .type = AY_COLUMN_BOOLEAN}, 2, 0},
		{{.name = "a", .type = AY_COLUMN_DATE}, 1, -1},
		{{.name = "a", .type = AY_COLUMN_TIMESTAMP, .scale = 3}, 3, 86399.999},
		{{.name = "a", .type = AY_COLUMN_TIMESTAMP, .scale = 3}, 1, -0.001},
	};
	static const struct ay_sipkey key = {1, 2};

	for (size_t i = 0; i < AY_ARRAY_LEN(want); i++) {
		struct got g = {.columns = 0};
		const struct ay_rows_sink sink = {.arg = &g, .columns = on_columns, .value = on_value};
		struct ay_pieces *p;
		int rc;

		ay_budget_init(&budget, 0);
		rc = ay_pieces_new(&budget, &key, &sink, &p);
		const struct ay_columns k = ay_pieces_sink(p);

		for (int round = 0; rc == 0 && round < 2; round++) {
			rc = ay_columns_begin(&k, &want[i].of);
			if (!rc && round)
				rc = ay_columns_i64(&k, &wide[want[i].v], 1);
			if (!rc)
				rc = ay_columns_end(&k, (uint64_t)round);
		}
		ok(rc == 0 && g.values == 1 && fabs(g.sum - want[i].number) <= 1e-9, "%s of scale %u", ay_column_type_name(want[i].of.type),
		   want[i].of.scale);
		ay_pieces_free(p);
	}
}

static void test_refused(void)
{
	static const struct ay_sipkey key = {1, 2};
	struct got g = {.columns = 0};
	const struct ay_rows_sink sink = {.arg = &g, .columns = on_columns, .value = on_value, .row = on_row};
	struct ay_pieces *p;
	int rc;

	ay_budget_init(&budget, 0);
	rc = ay_pieces_new(&budget, &key, &sink, &p);
	const struct ay_columns k = ay_pieces_sink(p);
	const int64_t one = 1;

	for (int round = 0; rc == 0 && round < 2; round++) {
		rc = ay_columns_begin(&k, &columns[0]);
		if (!rc && round)
			rc = ay_columns_i64(&k, &one, 1);
		if (!rc)
			rc = ay_columns_end(&k, (uint64_t)round * 2);
	}
	is_int(rc, AY_EFORMAT, "a column of fewer values than rows");
	is_int(ay_columns_begin(&k, &columns[1]), AY_EFORMAT, "a column that was not named");
	ay_pieces_free(p);
}

int main(void)
{
	test_rows();
	test_choice();
	test_cells();
	test_refused();
	return done_testing();
}
