/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/columns.h"

#include <math.h>

#include "tests/lib/tap.h"

#define BYTES(literal) ay_cursor_of(literal, sizeof(literal) - 1, 0)

static struct ay_budget budget;

static void begin(const struct ay_columns *k, size_t index, const char *name, enum ay_column_type type)
{
	struct ay_column c = {.name = name, .index = index, .type = type};

	is_int(ay_columns_begin(k, &c), 0, "%s begins", name);
}

static void test_integers(void)
{
	static const int64_t edges[] = {INT64_MAX, INT64_MIN, INT64_MIN, -1}, large[] = {-1, 1, -1};
	struct ay_column_counts c = {.budget = &budget};
	struct ay_columns k = ay_column_counts_sink(&c);

	begin(&k, 1, "i", AY_COLUMN_INTEGER);
	ok(ay_columns_null(&k, 3) == 0 && ay_columns_i64(&k, edges, 4) == 0 && ay_columns_end(&k, 7) == 0, "values come");
	begin(&k, 0, "u", AY_COLUMN_UNSIGNED);
	ok(ay_columns_i64(&k, large, 3) == 0 && ay_columns_end(&k, 3) == 0, "and of another column");
	begin(&k, 1, "i", AY_COLUMN_INTEGER);
	ok(ay_columns_i64(&k, large, 1) == 0 && ay_columns_end(&k, 1) == 0, "and the rest of the first");
	is_int((long long)c.count, 2, "two columns");
	const struct ay_column_stats *i = &c.columns[1], *u = &c.columns[0];

	is_str(i->name, "i", "by name");
	ok(i->rows == 8 && i->values == 5 && i->nulls == 3, "rows, values, nulls");
	ok(i->min_i64 == INT64_MIN && i->max_i64 == INT64_MAX, "least and greatest");
	ok(i->sum_high == -1 && i->sum_low == (uint64_t)INT64_MAX - 2, "a sum below -2^63");
	ok((uint64_t)u->min_i64 == 1 && (uint64_t)u->max_i64 == UINT64_MAX, "least and greatest without sign");
	ok(u->sum_high == 1 && u->sum_low == UINT64_MAX, "a sum beyond 2^64");
	ay_column_counts_free(&c);
}

static void test_others(void)
{
	static const double reals[] = {NAN, 1.5, -INFINITY, NAN};
	static const char twice[2 * AY_COLUMN_PREFIX + 1] = "0123456789012345678901234567890123456789012345678901234567890123";
	struct ay_column_counts c = {.budget = &budget};
	struct ay_columns k = ay_column_counts_sink(&c);

	begin(&k, 0, "d", AY_COLUMN_NUMBER);
	ok(ay_columns_f64(&k, reals, 4) == 0, "numbers with NaN");
	ok(c.columns[0].nans == 2 && c.columns[0].values == 4 && c.columns[0].min_f64 == -INFINITY && c.columns[0].max_f64 == 1.5, "which count apart");
	begin(&k, 1, "t", AY_COLUMN_TEXT);
	ok(ay_columns_bytes(&k, BYTES("b")) == 0 && ay_columns_bytes(&k, BYTES("")) == 0 && ay_columns_bytes(&k, BYTES("ba")) == 0 &&
	   ay_columns_bytes(&k, BYTES(twice)) == 0, "texts");
	ok(c.columns[1].min_len == 0 && c.columns[1].max_len == 2 && memcmp(c.columns[1].max_bytes, "ba", 2) == 0, "least and greatest text");
	ok(c.columns[1].sum_low == 3 + sizeof(twice) - 1, "and their length in all");
	ay_column_counts_free(&c);
	ok(ay_columns_begin(NULL, NULL) == 0 && ay_columns_null(NULL, 1) == 0 && ay_columns_end(NULL, 1) == 0, "no sink takes everything");
	is_str(ay_column_type_name(AY_COLUMN_NULL), "null", "the last type has a name");

	struct ay_budget none = {.alloc_left = 0};
	struct ay_column column = {.name = "x"};

	c = (struct ay_column_counts){.budget = &none};
	is_int(ay_columns_begin(&k, &column), AY_ELIMIT, "without memory it says so");
}

static void test_stored(void)
{
	uint64_t unstored = 0;
	char why[AY_COLUMNS_WHY];

	ok(ay_columns_stored(&unstored, 80, 10, 0, why) && unstored == 0, "a bit for each");
	ok(ay_columns_stored(&unstored, 88, 10, 0, why) && unstored == 8, "eight have none");
	ok(ay_columns_stored(&unstored, AY_LIMIT_TABLE_UNSTORED - 8, 0, 0, why), "as many as any file may have");
	ok(ay_columns_stored(&unstored, AY_LIMIT_SCAN_RATIO, 0, 1, why), "and what a byte of it is good for");
	ok(!ay_columns_stored(&unstored, 8, 0, 1, why), "no more");
	is_str(why, "with it the table has 1073742032 values that take no bytes; a file of 1 bytes may have 1073742024", "with both figures");
	ok(!ay_columns_stored(&unstored, UINT64_MAX, 0, UINT64_MAX / AY_LIMIT_SCAN_RATIO - AY_LIMIT_TABLE_UNSTORED, why) && unstored == UINT64_MAX, "a sum beyond 2^64");
}

int main(void)
{
	ay_budget_init(&budget, 1 * MIB);
	test_integers();
	test_others();
	test_stored();
	return done_testing();
}
