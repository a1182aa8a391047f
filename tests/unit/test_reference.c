/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/schema.h"
#include "scanners/data/batch.h"
#include "tests/lib/scan_case.h"

static struct ay_budget budget;

static const char table[] = "id,n,c,d,t\n1,1.5,a,2026-01-01,x\n2,2.5,b,2026-01-02,\n3,,a,2026-01-03,y\n4,1e9,a,2026-01-04,x\n";
static const enum ay_value_type types[] = {AY_VALUE_INTEGER, AY_VALUE_NUMBER, AY_VALUE_STRING, AY_VALUE_DATE, AY_VALUE_STRING};
static const bool wanted[] = {false, true, true, true, true};

static int build(const char *csv, struct ay_reference *out)
{
	struct ay_source in = ay_source_memory(csv, strlen(csv));

	struct ay_rows_csv from = {.in = &in, .delimiter = ','};
	const struct ay_rows rows = ay_rows_csv(&from);

	ay_budget_init(&budget, 0);
	return ay_reference_build(&rows, types, wanted, AY_ARRAY_LEN(types), &budget, out);
}

static int add(struct ay_reference *r, const char *column, const char *text)
{
	struct ay_cell cell = {.kind = text ? AY_CELL_TEXT : AY_CELL_MISSING, .text = text, .len = text ? strlen(text) : 0};

	return ay_profiled_add(ay_reference_find(r, column), &cell);
}

static void test_build(void)
{
	struct ay_reference r;

	is_int(build(table, &r), 0, "a reference");
	is_int((long long)r.count, 3, "of the columns that are compared: no key, no date");
	struct ay_profiled *n = ay_reference_find(&r, "n"), *c = ay_reference_find(&r, "c"), *t = ay_reference_find(&r, "t");

	ok(n && n->numeric && n->numbers.rows == 4 && n->numbers.null == 1, "numbers with one missing");
	ok(n && n->numbers.max > 9e8 && n->numbers.counts[0] == 0 && n->numbers.counts[n->numbers.edge_count] == 0, "all inside of the edges");
	ok(c && !c->numeric && c->values.used == 2 && c->values.rows == 4, "values");
	ok(t && t->values.null == 1, "an empty text is missing");
	ok(!ay_reference_find(&r, "id") && !ay_reference_find(&r, "d"), "others are not there");
	is_int((long long)r.sample.used, 4, "its rows are sampled");
	unsigned equal = 0, missing = 0;

	for (size_t i = 0; i < r.sample.used; i++) {
		const double *row = r.sample.rows + i * r.sample.width;

		equal += row[1] == ay_profiled_number(c, &(struct ay_cell){.kind = AY_CELL_TEXT, .text = "a", .len = 1});
		missing += row[0] != row[0];
	}
	ok(r.sample.width == 3 && equal == 3 && missing == 1, "as numbers, equal where the values are");
	ay_reference_free(&r);
	ok(build("n,c,d,t\n1,2,3,4\n", &r) != 0, "a table of fewer columns than types has none");
	ok(build("id,n,c,d,t\n1,2\n", &r) != 0, "nor has a ragged one");
}

static void test_bytes(void)
{
	struct ay_buf a = ay_buf_new(1 * MIB), b = ay_buf_new(1 * MIB);
	struct ay_reference r, again;
	unsigned decoded = 0;

	is_int(build(table, &r), 0, "a reference");
	ay_reference_encode(&r, &a);
	is_int(ay_reference_decode(a.data, a.len, &budget, &again), 0, "decodes");
	again.digest = r.digest;
	ay_reference_encode(&again, &b);
	ok(a.len == b.len && memcmp(a.data, b.data, a.len) == 0, "to the same bytes");
	ay_reference_free(&again);
	for (size_t len = 0; len < a.len; len += len < 300 ? 1 : 37)
		if (ay_reference_decode(a.data, len, &budget, &again) == 0) {
			decoded++;
			ay_reference_free(&again);
		}
	is_int(decoded, 0, "no proper prefix does");
	ay_buf_addc(&a, 0);
	ok(ay_reference_decode(a.data, a.len, &budget, &again) != 0, "nor with a byte more");
	ay_reference_free(&r);
	ay_buf_free(&a);
	ay_buf_free(&b);
}

static void test_batch(void)
{
	struct ay_reference r, ref, one, two, other;
	struct ay_buf b = ay_buf_new(1 * MIB);

	is_int(build(table, &r), 0, "a reference");
	ay_reference_encode(&r, &b);
	is_int(ay_reference_decode(b.data, b.len, &budget, &ref), 0, "as it is approved");
	ok(ay_reference_batch(&ref, &budget, &one) == 0 && ay_reference_batch(&ref, &budget, &two) == 0, "two batches");
	ok(add(&one, "c", "pink") == 0 && add(&two, "c", "a") == 0, "a value each");
	ok(add(&one, "n", "2") == 0 && add(&two, "n", NULL) == 0 &&
	   add(&two, "n", "no number") == 0, "and numbers");
	is_int(ay_reference_merge(&one, &two), 0, "add up");
	ok(ay_reference_find(&one, "c")->values.rows == 2 && ay_reference_find(&one, "c")->values.unseen == 1, "with what the reference never had");
	ok(ay_reference_find(&one, "n")->numbers.rows == 3 && ay_reference_find(&one, "n")->numbers.null == 2, "what is no number is missing");
	is_int(ay_reference_batch(&r, &budget, &other), 0, "a batch of the reference before it was approved");
	is_int(ay_reference_merge(&one, &other), AY_EUSAGE, "is of another");
	ay_reference_free(&r);
	ay_reference_free(&ref);
	ay_reference_free(&one);
	ay_reference_free(&two);
	ay_reference_free(&other);
	ay_buf_free(&b);
}

/* One table against two references: each finds its own counts. */
static void test_seasons(void)
{
	static const char warm[] = "id,n,c,d,t\n1,30,a,2020-01-01,x\n2,31,b,2020-01-02,y\n3,32,a,2020-01-03,z\n4,33,a,2020-01-04,\n";
	const struct ay_cell cells[] = {{.kind = AY_CELL_TEXT, .text = "31", .len = 2}, {.kind = AY_CELL_TEXT, .text = "a", .len = 1}};
	struct ay_buf first = ay_buf_new(1 * MIB), second = ay_buf_new(1 * MIB), note = ay_buf_new(1 * MIB);
	struct ay_reference r, ref;
	struct ay_batch decoded, sum;
	struct ay_measure *summer, *none;
	struct ay_counting *k;
	unsigned read = 0;

	is_int(build(table, &r), 0, "a reference");
	ay_reference_encode(&r, &first);
	ay_reference_free(&r);
	is_int(build(warm, &r), 0, "and one of the summer");
	ay_reference_encode(&r, &second);
	ay_reference_free(&r);
	is_int(ay_counting_new(first.data, first.len, &budget, &k), 0, "counting");
	is_int(ay_measure_new(second.data, second.len, &summer), 0, "the summer as a measure");
	is_int(ay_counting_also(k, summer), 0, "against both");
	ok(ay_measure_new("AYREF", 5, &none) != 0 && !none, "what is no reference is no measure");
	is_int(ay_counting_columns(k, (const char *const[]){"n", "c"}, 2), 0, "columns");
	for (uint64_t i = 1; i <= 5; i++)
		read += ay_counting_row(k, i, cells) == 0;
	read += ay_counting_value(k, 0, 6, &cells[0]) == 0;
	is_int(read, 6, "five rows and a value");
	ay_batch_encode(ay_counting_batch(k), &note);
	ay_counting_free(k);
	ay_measure_free(summer);
	is_int(ay_batch_decode(note.data, note.len, &budget, &decoded), 0, "decode");
	ok(decoded.also && !decoded.also->also, "as two");
	is_int(ay_reference_decode(second.data, second.len, &budget, &ref), 0, "the summer");
	is_int(ay_batch_init(&sum, &budget, &ref), 0, "a sum of it");
	is_int(ay_batch_merge(&sum, &decoded), 0, "takes its own");
	is_int(ay_batch_merge(&sum, &decoded), 0, "and again");
	const struct ay_numbers *n = &ay_reference_find(&sum.counts, "n")->numbers;

	ok(n->rows == 12 && n->counts[0] == 0 && n->counts[ay_numbers_bins(n) - 1] == 0, "whose ends hold it");
	ok(ay_reference_find(&decoded.counts, "n")->numbers.rows == 6 && !ay_sha256_eq(&decoded.counts.digest, &decoded.also->counts.digest),
	   "and the first has its own");
	ay_batch_free(&sum);
	ay_batch_free(&decoded);
	ay_buf_clear(&first);
	ay_buf_add(&first, note.data, note.len);
	for (int i = 0; i < AY_BATCH_ALSO / 2; i++)
		ay_buf_add(&first, note.data + 6, note.len - 6);
	ok(!first.err && ay_batch_decode(first.data, first.len, &budget, &decoded) != 0, "more than there may be are refused");
	ay_reference_free(&ref);
	ay_buf_free(&first);
	ay_buf_free(&second);
	ay_buf_free(&note);
}

/* Through the inference, the schema and a scan. */
static void test_schema(void)
{
	struct ay_source in = ay_source_memory(table, sizeof(table) - 1);
	struct ay_buf json = ay_buf_new(1 * MIB);
	struct ay_schema *s = NULL;
	struct ay_batch batch;
	struct ay_error e;
	size_t len;

	ay_budget_init(&budget, 0);
	is_int(ay_schema_infer(&in, "t.csv", &budget, &json, &e), 0, "a proposal");
	is_int(ay_schema_load(json.data, json.len, &s, &e), 0, "loads");
	ok(s && ay_schema_profile(s, &len) && len > 100, "with its reference");
	is_str(scan_case_with("t.csv", table, sizeof(table) - 1, ay_buf_str(&json)), "pass", "the table passes");
	ok(scan_case_result.profile != NULL, "and is counted");
	is_int(ay_batch_decode(scan_case_result.profile, scan_case_result.profile_len, &budget, &batch), 0, "in a form that decodes");
	struct ay_profiled *n = ay_reference_find(&batch.counts, "n");

	ok(n && n->numbers.rows == 4, "all of its rows");
	ay_batch_free(&batch);
	is_str(scan_case_with("t.csv", "a,b\n1,2\n", 8, ay_buf_str(&json)), "schema.columns", "another table does not");
	ay_schema_free(s);
	char *at = strstr((char *)json.data, "\"name\": \"n\"");

	at[9] = 'm';
	ok(ay_schema_load(json.data, json.len, &s, &e) != 0 && strstr(e.msg, "propose it again"), "a reference of a field that is gone is refused");
	is_int(ay_schema_load("{\"fields\":[{\"name\":\"n\",\"type\":\"any\"}],\"x-profile\":\"AAAA\"}", 58, &s, &e), AY_EFORMAT, "so is no reference");
	ay_buf_free(&json);
	ay_scan_result_free(&scan_case_result);
}

int main(void)
{
	test_build();
	test_bytes();
	test_batch();
	test_seasons();
	test_schema();
	return done_testing();
}
