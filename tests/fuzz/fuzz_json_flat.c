/* SPDX-License-Identifier: Apache-2.0 */
/* A row that is taken at once must be what the reader of JSON reads, event by event. */
#include <math.h>

#include "assay/json.h"
#include "scanners/data/json_flat.h"
#include "scanners/formats/json_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"a", "id", "a.b", "longer name", "longer than sixteen bytes", "", "q\"", "na\xc3\xafve", "seven77", "eight888"};
#define COLUMNS (sizeof(names) / sizeof(*names))
#define STEP 3

static void check(bool is)
{
	if (!is)
		__builtin_trap();
}

static void check_value(int event, const char *text, size_t len, const struct ay_cell *c)
{
	struct ay_value v;

	if (event == AY_JSON_EV_NULL) {
		check(c->kind == AY_CELL_MISSING);
		return;
	}
	check(c->typed);
	if (event == AY_JSON_EV_TRUE || event == AY_JSON_EV_FALSE) {
		check(c->is == AY_VALUE_BOOLEAN && c->integer == (event == AY_JSON_EV_TRUE));
		return;
	}
	check(c->len == len && memcmp(c->text, text, len) == 0);
	if (event == AY_JSON_EV_STRING) {
		check(c->kind == AY_CELL_TEXT && c->is == AY_VALUE_STRING);
		return;
	}
	check(event == AY_JSON_EV_NUMBER);
	if (ay_value_parse(AY_VALUE_INTEGER, text, len, &v) && v.len <= AY_VALUE_SHORT)
		check(c->kind == AY_CELL_NUMBER && c->whole && c->is == AY_VALUE_INTEGER && c->integer == v.i);
	else if (ay_value_parse(AY_VALUE_NUMBER, text, len, &v))
		check(c->kind == AY_CELL_NUMBER && !c->whole && memcmp(&c->number, &v.d, sizeof(v.d)) == 0);
	else
		check(c->kind == AY_CELL_TEXT && c->is == AY_VALUE_ANY);
}

/* The same by the reader. */
static void read_again(const uint8_t *row, size_t len, const struct ay_json_names *n, const struct ay_cell *cells)
{
	struct ay_cursor c = ay_cursor_of(row, len, 0);
	bool given[COLUMNS] = {false};
	struct ay_json_reader *r;
	int event;

	if (ay_json_reader_new(ay_json_feed_cursor, &c, 64, MIB, 1000, &r) < 0)
		return;
	check(ay_json_next(r) == AY_JSON_EV_OBJECT);
	while ((event = ay_json_next(r)) == AY_JSON_EV_KEY) {
		size_t text_len;
		const char *text = ay_json_text(r, &text_len);
		size_t column = ay_json_names_find(n, text, text_len);

		check(column < COLUMNS && !given[column]);
		given[column] = true;
		event = ay_json_next(r);
		text = ay_json_text(r, &text_len);
		check_value(event, text, text_len, &cells[column * STEP]);
	}
	check(event == AY_JSON_EV_OBJECT_END && ay_json_next(r) == AY_JSON_EV_END);
	for (size_t i = 0; i < COLUMNS; i++)
		check(given[i] || cells[i * STEP].kind == AY_CELL_MISSING);
	ay_json_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_cell cells[COLUMNS * STEP] = {{.kind = AY_CELL_NUMBER}};
	struct ay_json_names n = {.budget = NULL};
	struct ay_json_flat f;
	struct ay_budget b;
	const uint8_t *end = data + size;

	ay_budget_init(&b, size);
	n.budget = &b;
	for (size_t i = 0; i < COLUMNS; i++)
		check(ay_json_names_add(&n, names[i], strlen(names[i])) == 0);
	check(ay_json_flat_init(&f, &b, &n) == 0);
	for (uint64_t row = 1; data < end; row++) {
		const uint8_t *feed = memchr(data, '\n', (size_t)(end - data));
		const uint8_t *line_end = feed ? feed : end;
		size_t used = ay_json_flat_read(&f, row, (const char *)data, (size_t)(line_end - data), (const char *)data, cells, STEP);

		check(used <= (size_t)(line_end - data));
		if (used)
			read_again(data, used, &n, cells);
		data = feed ? feed + 1 : end;
	}
	ay_json_flat_free(&f);
	ay_json_names_free(&n);
	check(b.alloc_left == AY_LIMIT_SCAN_ALLOC);
	return 0;
}
