/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of rows are what row by row is read, wherever a window, a block or the file ends. */
#include "scanners/formats/csv.h"
#include "tests/lib/tap.h"

#define WINDOW 1048576
#define TABLE (3 * WINDOW)

static char table[TABLE];

struct both { struct ay_budget budget; struct ay_csv *one, *many; struct ay_block block; uint64_t blocks, rows; int end; };

static void open_both(struct both *k, struct ay_source *in)
{
	*k = (struct both){.rows = 0};
	ay_budget_init(&k->budget, in->size);
	if (ay_csv_open(in, &k->budget, ',', &k->one) || ay_csv_open(in, &k->budget, ',', &k->many) ||
	    ay_block_init(&k->block, &k->budget, ay_csv_columns(k->many)))
		abort();
}

static void close_both(struct both *k)
{
	ay_block_free(&k->block);
	ay_csv_free(k->one);
	ay_csv_free(k->many);
}

static bool same_row(struct both *k, size_t i)
{
	const struct ay_csv_field *f;

	if (ay_csv_next(k->one, &f) != 1 || ay_csv_row_off(k->one) != k->block.off[i] || ay_csv_row(k->one) != k->block.first + i)
		return false;
	for (size_t c = 0; c < k->block.columns; c++) {
		const struct ay_cell *cell = &k->block.cells[c * k->block.room + i];

		if (cell->kind != AY_CELL_TEXT || cell->len != f[c].len || memcmp(cell->text, f[c].text, f[c].len) != 0)
			return false;
	}
	return true;
}

static bool same_fault(struct both *k)
{
	const struct ay_finding *a = ay_csv_fault(k->one), *b = ay_csv_fault(k->many);

	return strcmp(a->rule, b->rule) == 0 && a->off == b->off && strcmp(a->message, b->message) == 0 &&
	       ay_csv_may_go_on(k->one) == ay_csv_may_go_on(k->many);
}

/* Reads the table both ways, to its end or its first fault that ends it. */
static bool same(struct both *k, const char *text, size_t len)
{
	struct ay_source in = ay_source_memory(text, len);
	const struct ay_csv_field *f;
	bool good = true;

	open_both(k, &in);
	while (good && (k->end = ay_csv_next_rows(k->many, &k->block)) != 0) {
		if (k->end == 1) {
			k->blocks++;
			k->rows += k->block.rows;
			good = k->block.rows > 0;
			for (size_t i = 0; good && i < k->block.rows; i++)
				good = same_row(k, i);
			continue;
		}
		good = ay_csv_next(k->one, &f) == k->end && (k->end != AY_EFORMAT || same_fault(k));
		if (k->end != AY_EFORMAT || !ay_csv_may_go_on(k->many))
			break;
	}
	good = good && (k->end != 0 || ay_csv_next(k->one, &f) == 0);
	close_both(k);
	return good;
}

static void text_is(const char *text, long long rows, int end, const char *what)
{
	struct both k;

	ok(same(&k, text, strlen(text)), "%s: both ways are the same", what);
	ok((long long)k.rows == rows && k.end == end, "%s: %llu rows, then %d", what, (unsigned long long)k.rows, k.end);
}

static void small(void)
{
	text_is("a,b\n", 0, 0, "no row");
	text_is("a,b\n1,2", 1, 0, "the last row without a line end");
	text_is("a,b\n1,2\n3,", 2, 0, "an empty last field without one");
	text_is("a,b\r\n1,2\r\n\"3\",4", 2, 0, "CR LF, the last row without");
	text_is("a,b\n1,2\n3,\"4", 1, AY_EFORMAT, "a quoted field that does not end, after a good row");
	text_is("a,b\n1,2\n3\n5,6\n7,8,9\n", 2, 0, "ragged rows between good ones");
	text_is("a,b\n1,2\n\n3,4\n", 1, AY_EFORMAT, "a blank line in the middle");
	text_is("a,b\n1,2\r\n", 0, AY_EFORMAT, "another line end in the first row");
	text_is("a,b\n1,2\n3,4\r", 1, AY_EFORMAT, "a carriage return at the end");
	text_is("a,b\n\"x\"\"y\",\"\"\"\"\n\"\",\"\n\"\n", 2, 0, "doubled quotes, and a line end inside");
	text_is("a,b\n1,x\"\n", 0, AY_EFORMAT, "a bare quote");
}

/* Rows about the size of a block, and columns so many that a block has few rows. */
static void blocks(void)
{
	static const size_t columns[] = {1, 2, 64, 65, 16384, 16385};
	struct both k;

	for (size_t c = 0; c < AY_ARRAY_LEN(columns); c++) {
		size_t room = ay_block_room(columns[c]), most = columns[c] > 1000 ? 2 : room + 1;

		for (size_t rows = room - 1; rows <= most; rows++) {
			size_t len = 0;

			for (size_t i = 0; i < columns[c]; i++)
				len += (size_t)snprintf(table + len, TABLE - len, "%sc%zu", i ? "," : "", i);
			for (size_t row = 0; row < rows; row++) {
				table[len++] = '\n';
				for (size_t i = 0; i < columns[c]; i++)
					len += (size_t)snprintf(table + len, TABLE - len, "%s%zu", i ? "," : "", (row * 31 + i) % 10);
			}
			ok(same(&k, table, len) && k.rows == rows && k.blocks == (rows + room - 1) / room, "%zu rows of %zu columns come in %llu blocks", rows,
			   columns[c], (unsigned long long)k.blocks);
		}
	}
}

/* tail stands so that its byte at `edge` is the first one beyond the window; rows of 16 bytes fill what is before. */
static size_t fill(const char *tail, size_t edge, const char *line_end)
{
	size_t len = (size_t)snprintf(table, TABLE, "a,b%s", line_end), start = WINDOW - edge;

	while (len < start) {
		size_t room = start - len, row = room < 32 ? room : 16, end = strlen(line_end);

		memset(table + len, 'x', row);
		table[len + 1] = ',';
		memcpy(table + len + row - end, line_end, end);
		len += row;
	}
	memcpy(table + len, tail, strlen(tail));
	return len + strlen(tail);
}

static void edges(void)
{
	static const struct { const char *tail, *line_end, *what; } cases[] = {
		{"abc,def\nghi,jkl\n", "\n", "plain rows"},
		{"abc,def\nghi,jkl", "\n", "the last row without a line end"},
		{"abc,\"d\"\"e\nf\"\n\"g\",\"\"\n", "\n", "quoted fields"},
		{"abc,def\r\nghi,jkl\r\n", "\r\n", "CR LF"},
		{"a,\"b\r\nc\"\r\n\"\"\"\",d", "\r\n", "CR LF inside of quotes"},
		{"a,\xe2\x82\xac\n\xf0\x9f\x98\x80,b\n", "\n", "characters of several bytes"},
		{"abc,def\nghi\njkl,mno\n", "\n", "a ragged row"},
		{"abc,def\n\nghi,jkl\n", "\n", "a blank line"},
		{"abc,def\nghi,\"jkl", "\n", "a quoted field that does not end"},
		{"abc,def\ngh\"i,jkl\n", "\n", "a bare quote"},
		{"abc,def\r\nghi,jkl\n", "\r\n", "another line end"},
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].tail), edge = 0;
		struct both k;

		while (edge <= len + 1 && same(&k, table, fill(cases[i].tail, edge, cases[i].line_end)))
			edge++;
		ok(edge == len + 2, "%s at every place around the end of a window", cases[i].what);
	}
}

/* A quoted field longer than the window makes it grow; then rows go on. */
static void long_field(void)
{
	size_t len = (size_t)snprintf(table, TABLE, "a,b\n1,2\n3,\"");
	struct both k;

	memset(table + len, 'y', WINDOW + 100);
	len += WINDOW + 100;
	len += (size_t)snprintf(table + len, TABLE - len, "\"\"z\"\n5,6\n");
	ok(same(&k, table, len) && k.rows == 3, "a quoted field longer than a window");
}

/* The time is over in the middle of the table: rows of the window at hand are given, then the reader stops. */
static void no_time(void)
{
	struct ay_source in = ay_source_memory(table, fill("abc,def\n", 0, "\n"));
	uint64_t rows = 0;
	struct both k;
	int rc = 0;

	open_both(&k, &in);
	k.budget.deadline_ms = 0;
	k.budget.tick = UINT32_MAX;
	for (int i = 0; i < 100000 && (rc = ay_csv_next_rows(k.many, &k.block)) == 1; i++)
		rows += k.block.rows;
	is_int(rc, AY_ELIMIT, "a table whose time is over ends");
	is_int((long long)rows, (WINDOW - 4) / 16, "behind the rows that were at hand");
	close_both(&k);
}

/* A row that needs a window beyond the memory that is left. */
static void no_memory(void)
{
	size_t len = (size_t)snprintf(table, TABLE, "a,b\n1,2\n3,\"");
	struct ay_source in;
	struct both k;

	memset(table + len, 'y', WINDOW + 100);
	in = ay_source_memory(table, len + WINDOW + 100);
	open_both(&k, &in);
	k.budget.alloc_left = WINDOW / 2;
	is_int(ay_csv_next_rows(k.many, &k.block), 1, "the row before is given");
	is_int((long long)k.block.rows, 1, "alone");
	is_int(ay_csv_next_rows(k.many, &k.block), AY_ELIMIT, "what has no room is a limit");
	is_int((long long)k.block.rows, 0, "and no row");
	close_both(&k);
}

int main(void)
{
	small();
	blocks();
	edges();
	long_field();
	no_time();
	no_memory();
	return done_testing();
}
