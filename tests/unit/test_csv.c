/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/csv.h"
#include "scanners/formats/csv_mask.h"
#include "tests/lib/scan_case.h"

static void good(void)
{
	scan_is("t.csv", "a,b\n1,2\n", "pass", "two columns");
	is_str(scan_case_result.format, "csv", "are csv");
	scan_is("t.csv", "a,b\n1,2", "pass", "no final newline");
	scan_is("t.csv", "a;b\r\n\"1;\"\"x\"\"\r\n\";2\r\n", "pass", "semicolon, CR LF, quotes, newline in quotes");
	scan_is("t.csv", "\xef\xbb\xbf" "a,b\n1,2\n", "pass", "a BOM");
	scan_is("t.tsv", "a\tb\n1,1\t2\n", "pass", "tabs");
	scan_is("t.csv", "a\n\"\"\n", "pass", "one column with an empty value");
	scan_is("t.csv", "a,b\n", "pass", "a header alone");
	scan_is("t.csv", "\"a,x\",b\n1,2\n", "pass", "a delimiter in a quoted name");
	scan_is("t.csv", "{a,b\n1,2\n", "pass", "a name that starts like JSON");
}

static void bad(void)
{
	scan_is("t.csv", "a,b\n1\n", "csv.ragged", "too few");
	is_int((long long)scan_case_result.found[0].row, 1, "in row 1");
	is_int((long long)scan_case_result.found[0].off, 4, "at byte 4");
	scan_is("t.csv", "a,b\n1,2\n1,2,3\n4,5\n6,7,\n", "csv.ragged", "too many");
	is_int((long long)scan_case_result.found_count, 2, "each ragged row is listed");
	is_int((long long)scan_case_result.found[1].row, 4, "the second is row 4");
	scan_is("t.csv", "a,b\nx\"y,2\n", "csv.quote", "a bare quote");
	scan_is("t.csv", "a,b\n\"x\"y,2\n", "csv.quote", "text behind a quote");
	scan_is("t.csv", "a,b\n\"x,2\n", "csv.quote", "a quote that does not end");
	scan_is("t.csv", "a,b\n \"x\",2\n", "csv.quote", "a space before a quote");
	scan_is("t.csv", "a,b\n1,2\n\n", "csv.blank-line", "a blank line");
	scan_is("t.csv", "a\n1\n\n2\n", "csv.blank-line", "a blank line in one column");
	scan_is("t.csv", "a,b\r\n1,2\n", "csv.line-end", "mixed line ends");
	scan_is("t.csv", "a,b\n1,2\r\n", "csv.line-end", "mixed the other way");
	scan_is("t.csv", "a,b\n1\r,2\n", "csv.line-end", "a lone CR");
	scan_is("t.csv", "a,b\n\"1\r\",2\n", "csv.line-end", "a lone CR in quotes");
	scan_is("t.csv", "a,b\n1,2\r", "csv.line-end", "a lone CR at the end");
	scan_is("t.csv", "a,a\n1,2\n", "csv.header", "a name twice");
	scan_is("t.csv", ",a\n0,2\n", "csv.header", "an empty name");
	scan_is("t.csv", "a;b,c\n1\n", "csv.delimiter", "two delimiters");
	scan_is("t.csv", "a,b\n1,\xff\n", "format.unknown", "not UTF-8 in the head");
	scan_is("t.csv", "a,b\n1,\f\n", "csv.encoding", "a form feed");
	is_str(scan_case_with("t.csv", "", 0, "{}"), "schema.invalid", "an empty file under a schema is judged");
}

/* A row, a quoted field and a fault at every place around the end of a window. */
static void windows(void)
{
	size_t len = 1024 * 1024 + 64;
	char *t = malloc(len);

	if (!t)
		abort();
	for (int shift = -12; shift <= 4; shift++) {
		size_t at = 1024 * 1024 + (size_t)shift;

		memset(t, 'x', len);
		memcpy(t, "a,b\n", 4);
		memcpy(t + at, "\xe2\x82\xac,\"q\"\"\n\"", 10);
		is_str(scan_case_with("t.csv", t, len - (len - at - 10), NULL), "pass", "a row across windows, shifted by %d", shift);
		memcpy(t + at, "\xe2\x82\xac,\"q\"\"\n\"z", 11);
		is_str(scan_case_with("t.csv", t, len, NULL), "csv.quote", "and a bad one");
	}
	memset(t, 'x', len);
	memcpy(t, "a,b\n", 4);
	t[len - 1] = 0;
	is_str(scan_case_with("t.csv", t, len, NULL), "csv.encoding", "a NUL far behind");
	is_int((long long)scan_case_result.found[0].off, (long long)len - 1, "is found where it is");
	free(t);
}

static void reader(void)
{
	static const char text[] = "n,\"q\"\"\"\n1,\"a\"\"b\"\n,\n";
	struct ay_source in = ay_source_memory(text, sizeof(text) - 1);
	const struct ay_csv_field *f;
	struct ay_budget b;
	struct ay_csv *r;

	ay_budget_init(&b, in.size);
	uint64_t before = b.alloc_left;

	is_int(ay_csv_open(&in, &b, 0, &r), 0, "opens");
	is_int((long long)ay_csv_columns(r), 2, "two columns");
	is_str(ay_csv_name(r, 1), "q\"", "doubled quotes of a name are halved");
	is_int(ay_csv_next(r, &f), 1, "row 1");
	ok(f[0].len == 1 && f[0].text[0] == '1' && f[1].len == 3 && memcmp(f[1].text, "a\"b", 3) == 0, "its fields");
	is_int((long long)ay_csv_row_off(r), 8, "its offset");
	is_int(ay_csv_next(r, &f), 1, "row 2");
	ok(f[0].len == 0 && f[1].len == 0, "two empty fields");
	is_int((long long)ay_csv_row(r), 2, "is row 2");
	is_int(ay_csv_next(r, &f), 0, "the end");
	is_int(ay_csv_next(r, &f), 0, "stays the end");
	ay_csv_free(r);
	ok(b.alloc_left == before, "all memory is given back");
}

static uint64_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

/* What the processor compares at once, and what words do, is what a loop over bytes says. */
static void masks(void)
{
	static const char some[] = ",;\t\n\r\"a0\xac\x0c\x8a\x8d\xa2\x2d\x2b";
	unsigned wrong = 0;
	uint64_t state = 1;

	for (int round = 0; round < 20000; round++) {
		uint8_t text[AY_CSV_MASK], delimiter = (uint8_t)some[round % 3];
		uint64_t want = 0;

		for (size_t i = 0; i < sizeof(text); i++) {
			text[i] = round % 2 ? (uint8_t)some[draw(&state) % (sizeof(some) - 1)] : (uint8_t)draw(&state);
			want |= (uint64_t)(text[i] == delimiter || text[i] == '\n' || text[i] == '\r' || text[i] == '"') << i;
		}
		wrong += ay_csv_mask(text, delimiter) != want || ay_csv_mask_words(text, delimiter) != want;
	}
	is_int(wrong, 0, "20000 masks are what a loop says");
}

/* A table of odd fields, of which some are quoted; fault: a row in some hundred is not one. */
static void odd_table(struct ay_buf *t, uint64_t *state, bool crlf, bool quotes, bool fault)
{
	ay_buf_clear(t);
	ay_buf_addf(t, "a,b,c%s", crlf ? "\r\n" : "\n");
	for (int row = 0; row < 900; row++) {
		size_t columns = fault && draw(state) % 300 == 0 ? 2 + 2 * (draw(state) % 2) : 3;

		for (size_t c = 0; c < columns; c++) {
			bool quoted = quotes && draw(state) % 40 == 0;
			size_t len = draw(state) % (draw(state) % 9 == 0 ? 90 : 9);

			ay_buf_addf(t, "%s%s%.*s%s", c ? "," : "", quoted ? "\"x,\"\"" : "", (int)len,
				    "0123456789.0123456789e0123456789-012345678901234567890123456789012345678901234567890123456789", quoted ? "\"" : "");
		}
		ay_buf_adds(t, fault && draw(state) % 900 == 0 ? "\r" : crlf ? "\r\n" : "\n");
	}
}

static bool same_text(const struct ay_cell *cell, const struct ay_csv_field *f)
{
	return cell->kind == AY_CELL_TEXT && !cell->typed && cell->len == f->len && memcmp(cell->text, f->text, f->len) == 0;
}

/* Rows in blocks are the rows one by one: the same texts and places, and the same fault. */
static unsigned blocks_differ(const char *t, size_t len)
{
	struct ay_source in = ay_source_memory(t, len);
	const struct ay_csv_field *f;
	struct ay_budget b;
	struct ay_csv *one, *many;
	struct ay_block rows;
	unsigned differ = 0;
	int rc, other = 0;

	ay_budget_init(&b, in.size);
	if (ay_csv_open(&in, &b, 0, &one) || ay_csv_open(&in, &b, 0, &many) || ay_block_init(&rows, &b, ay_csv_columns(many)))
		abort();
	do {
		rc = ay_csv_next_rows(many, &rows);
		for (size_t i = 0; rc == 1 && i < rows.rows; i++) {
			other = ay_csv_next(one, &f);
			differ += other != 1 || ay_csv_row_off(one) != rows.off[i] || ay_csv_row(one) != rows.first + i;
			for (size_t c = 0; other == 1 && c < rows.columns; c++)
				differ += !same_text(&rows.own[c * rows.room + i], &f[c]);
		}
		if (rc != 1) {
			other = ay_csv_next(one, &f);
			differ += other != rc || ay_csv_row(one) != ay_csv_row(many);
		}
		if (rc < 0)
			differ += ay_csv_fault(one)->off != ay_csv_fault(many)->off || strcmp(ay_csv_fault(one)->rule, ay_csv_fault(many)->rule) != 0 ||
				  strcmp(ay_csv_fault(one)->message, ay_csv_fault(many)->message) != 0;
	} while (rc == 1 || (rc == AY_EFORMAT && ay_csv_may_go_on(many)));
	ay_block_free(&rows);
	ay_csv_free(one);
	ay_csv_free(many);
	return differ;
}

static void blocks(void)
{
	struct ay_buf t = ay_buf_new(MIB);
	uint64_t state = 7;

	for (int kind = 0; kind < 8; kind++) {
		unsigned differ = 0;

		for (int round = 0; round < 30; round++) {
			odd_table(&t, &state, kind & 1, kind & 2, kind & 4);
			differ += blocks_differ(ay_buf_str(&t), t.len);
		}
		is_int(differ, 0, "blocks are rows: %s%s%s", kind & 1 ? "CR LF" : "LF", kind & 2 ? ", quotes" : "", kind & 4 ? ", faults" : "");
	}
	ay_buf_free(&t);
}

int main(void)
{
	good();
	bad();
	windows();
	reader();
	masks();
	blocks();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
