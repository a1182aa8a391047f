/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/schema.h"
#include "scanners/data/batch.h"
#include "tests/lib/scan_case.h"

#define FIELD(name, type, constraints) "{\"name\": \"" name "\", \"type\": \"" type "\", \"constraints\": {" constraints "}}"
static const char schema[] = "{\"fields\": [" FIELD("id", "integer", "\"required\": true, \"unique\": true, \"maximum\": 100") ", "
	FIELD("x", "number", "\"minimum\": -1.5") ", " FIELD("t.word", "string", "\"enum\": [\"a\", \"b\"]") ", " FIELD("t.on", "boolean", "") ", "
	FIELD("day", "date", "") ", " FIELD("l", "any", "") "]}";

static void lines(const char *text, const char *rule, const char *name)
{
	is_str(scan_case_with("t.jsonl", text, strlen(text), schema), rule, "%s", name);
}

static void array(const char *text, const char *rule, const char *name)
{
	is_str(scan_case_with("t.json", text, strlen(text), schema), rule, "%s", name);
}

static void test_lines(void)
{
	lines("{\"id\": 1, \"x\": 2, \"t\": {\"word\": \"a\", \"on\": true}, \"day\": \"2026-01-02\", \"l\": [1, {\"id\": 2}]}\n{\"id\": 2}\n", "pass",
	      "rows in any order, with objects and lists");
	is_str(scan_case_result.format, "jsonl", "are JSON lines");
	lines("{\"l\": [], \"t\": null, \"id\": 1, \"x\": null}", "pass", "an object that is null is missing, and so is null");
	lines("{\"x\": 1}\n", "schema.required", "a key that is absent is missing");
	lines("{\"id\": 1}\n{\"id\": 1}\n", "schema.unique", "a key twice");
	is_int((long long)scan_case_result.found[0].row, 2, "in row 2");
	is_int((long long)scan_case_result.found[0].off, 10, "which has a place");
	lines("{\"id\": 101}", "schema.range", "above the maximum");
	lines("{\"id\": 1.5}", "schema.type", "a number is no integer");
	lines("{\"id\": \"1\"}", "schema.type", "a text is no integer");
	lines("{\"id\": true}", "schema.type", "nor is a boolean");
	lines("{\"id\": 1, \"x\": 1e999}", "schema.type", "what no double holds is no number");
	lines("{\"id\": 1, \"x\": [1]}", "schema.type", "a list is no number");
	lines("{\"id\": 99999999999999999999}", "schema.range", "long digits are compared");
	lines("{\"id\": 1, \"t\": {\"word\": \"c\"}}", "schema.enum", "a text of an object");
	lines("{\"id\": 1, \"t\": {\"on\": 1}}", "schema.type", "one is no boolean");
	lines("{\"id\": 1, \"day\": \"2026-02-30\"}", "schema.type", "no day of the calendar");
	lines("{\"id\": 1, \"more\": 2}", "schema.columns", "a key that the schema lacks");
	lines("{\"id\": 1, \"t\": 2}", "schema.columns", "a value where the schema has an object");
	lines("{\"id\": 1, \"t.word\": \"a\", \"t\": {\"word\": \"b\"}}", "json.row", "one column by two ways");
	lines("{\"id\": 1, \"id\": 2}", "format.malformed", "a key twice in one row");
	lines("[1]\n", "json.row", "a row that is an array");
	lines("{\"id\": 101}\n{\"id\": 1, }\n", "format.malformed", "a row that is no JSON, and");
	is_int((long long)scan_case_result.found_count, 2, "a value of a row before it are both found");
}

static void test_array(void)
{
	array("[{\"id\": 1}, {\"id\": 2, \"x\": 0.5}]", "pass", "an array of objects");
	is_str(scan_case_result.format, "json", "is JSON");
	array("[{\"id\": 1}, {\"id\": 1}]", "schema.unique", "a table too");
	array("[{\"id\": 1}, 2]", "json.row", "whose rows are all objects");
	array("[{\"id\": 1}, [{\"id\": 2}]]", "json.row", "and no arrays");
	array("[1, 2]", "pass", "an array of numbers is no table");
	array("{\"id\": \"x\"}", "pass", "nor is an object");
}

static void test_proposal(void)
{
	static const char table[] = "{\"a\": null, \"n\": {\"x\": 1}, \"s\": \"u\"}\n{\"n\": null, \"s\": \"v\", \"a\": 2.5, \"l\": [1]}\n{\"a\": 7}\n";
	struct ay_buf out = ay_buf_new(MIB);
	struct ay_source in = ay_source_memory(table, strlen(table));
	struct ay_budget budget;
	struct ay_schema *s;
	struct ay_error e;

	ay_budget_init(&budget, in.size);
	is_int(ay_schema_infer(&in, "t.jsonl", &budget, &out, &e), 0, "a schema is proposed");
	ok(budget.alloc_left == AY_LIMIT_SCAN_ALLOC, "all memory is given back");
	is_int(ay_schema_load(ay_buf_str(&out), out.len, &s, &e), 0, "it loads");
	is_int((long long)ay_schema_fields(s), 4, "columns by first appearance, but for the object's own");
	is_str(ay_schema_field_name(s, 0), "a", "first");
	is_str(ay_schema_field_type(s, 0), "number", "a number");
	is_str(ay_schema_field_name(s, 1), "n.x", "then that of the object");
	is_str(ay_schema_field_type(s, 3), "any", "a list is of no type");
	is_str(scan_case_with("t.jsonl", table, strlen(table), ay_buf_str(&out)), "pass", "the table passes");
	ok(scan_case_result.profile_len > 0, "and is counted");
	is_str(scan_case_with("t.csv", "a,n.x,s,l\n,1,u,\n2.5,,v,\n7,,,\n", 29, ay_buf_str(&out)), "pass", "as CSV too");
	ay_schema_free(s);
	ay_buf_free(&out);
	in = ay_source_memory("{\"a\": 1}\n{\"a\": {\"b\": 1}}\n", 25);
	is_int(ay_schema_infer(&in, "t.jsonl", &budget, &out, &e), AY_EFORMAT, "none from what is value and object");
	in = ay_source_memory("plain text", 10);
	is_int(ay_schema_infer(&in, "t.txt", &budget, &out, &e), AY_EUNSUPPORTED, "nor from what is no table");
	ay_buf_free(&out);
}

int main(void)
{
	test_lines();
	test_array();
	test_proposal();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
