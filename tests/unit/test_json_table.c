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
	in = ay_source_memory("{}\n{}\n", 6);
	is_int(ay_schema_infer(&in, "t.jsonl", &budget, &out, &e), AY_EFORMAT, "nor from rows without columns");
	ay_buf_free(&out);
}

/* ---- rows that are taken at once are judged as those that are read event by event ---- */

struct outcome { size_t count; struct { const char *rule; uint64_t row, off; } found[16]; struct ay_buf profile; };

/* extra: what the text has more than the one that it is compared with; offsets are those without. */
static uint64_t off_without(uint64_t off, const struct ay_buf *text, const char *extra)
{
	size_t len = strlen(extra), times = 0;

	for (size_t i = 0; len && off != AY_NO_OFFSET && i < off && i + len <= text->len; i++)
		times += memcmp(text->data + i, extra, len) == 0;
	return off - times * (len > 1 ? len - 1 : len);
}

static struct outcome outcome_of(const char *path, const struct ay_buf *text, const char *with, const char *extra)
{
	struct outcome o = {.profile = ay_buf_new(MIB)};

	scan_case_with(path, text->data, text->len, with);
	for (size_t i = 0; i < scan_case_result.found_count && i < 16; i++) {
		const struct ay_found *f = &scan_case_result.found[i];

		o.found[i].rule = f->rule->id;
		o.found[i].row = f->row;
		o.found[i].off = off_without(f->off, text, extra);
		o.count = i + 1;
	}
	ay_buf_add(&o.profile, scan_case_result.profile, scan_case_result.profile_len);
	return o;
}

static void same_outcome(struct outcome *a, struct outcome *b, const char *name)
{
	bool same = a->count == b->count && a->profile.len == b->profile.len && memcmp(ay_buf_str(&a->profile), ay_buf_str(&b->profile), a->profile.len) == 0;

	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->found[i].rule, b->found[i].rule) == 0 && a->found[i].row == b->found[i].row && a->found[i].off == b->found[i].off;
	ok(same, "the same outcome: %.*s", (int)strcspn(name, "\n"), name);
	for (size_t i = 0; !same && i < 16; i++)
		printf("# %s row %llu at %llu, %s row %llu at %llu\n", i < a->count ? a->found[i].rule : "-", (unsigned long long)a->found[i].row,
		     (unsigned long long)a->found[i].off, i < b->count ? b->found[i].rule : "-", (unsigned long long)b->found[i].row, (unsigned long long)b->found[i].off);
	ay_buf_free(&a->profile);
	ay_buf_free(&b->profile);
}

/* Lines of rows, as they are; with a tab behind each; as an array; and as one whose first keys hold an escape. */
static void all_ways(const char *rows, const char *with, const char *name)
{
	struct ay_buf t[4] = {ay_buf_new(MIB), ay_buf_new(MIB), ay_buf_new(MIB), ay_buf_new(MIB)};
	struct outcome o[4];

	for (const char *p = rows; *p; p++) {
		bool begins = p == rows || p[-1] == '\n', key = begins && strncmp(p, "{\"i", 3) == 0;

		for (int i = 0; i < 4; i++) {
			if (begins && i >= 2)
				ay_buf_adds(&t[i], p == rows ? "[" : " ,");
			if (key && i == 3)
				ay_buf_adds(&t[i], "{\"\\u0069");
			if (*p == '\n' && i == 1)
				ay_buf_addc(&t[i], '\t');
			if (!(key && i == 3))
				ay_buf_addc(&t[i], *p);
		}
		p += key ? 2 : 0;
		for (int i = 0; key && i < 3; i++)
			ay_buf_adds(&t[i], "\"i");
	}
	for (int i = 0; i < 4; i++) {
		if (i >= 2)
			ay_buf_addc(&t[i], ']');
		o[i] = outcome_of(i < 2 ? "t.jsonl" : "t.json", &t[i], with, i == 1 ? "\t" : i == 3 ? "\\u0069" : "");
		ay_buf_free(&t[i]);
	}
	same_outcome(&o[0], &o[1], name);
	same_outcome(&o[2], &o[3], name);
}

static void test_at_once(void)
{
	static const char good[] = "{\"id\":1,\"x\":2.5,\"t.word\":\"a\",\"day\":\"2026-01-02\"}\n";
	static const char *const rows[] = {
		"{\"id\":2,\"x\":-1,\"t.word\":\"b\",\"day\":null}\n", "{\"id\": 3 , \"day\" : \"2026-01-03\"}\n", "{\"id\":4,\"x\":-1.75}\n",
		"{\"id\":1}\n", "{\"id\":101}\n", "{\"id\":1.0}\n", "{\"id\":\"5\"}\n", "{\"id\":true}\n", "{\"id\":6,\"x\":1e999}\n",
		"{\"id\":99999999999999999999}\n", "{\"id\":7,\"t.word\":\"c\"}\n", "{\"id\":8,\"t.word\":\"\\u0061\"}\n", "{\"id\":9,\"x\":\"1\"}\n",
		"{\"id\":10,\"more\":2}\n", "{\"id\":11,\"l\":[1,{\"id\":2}]}\n", "{\"id\":12,\"t\":{\"word\":\"a\"}}\n", "{\"id\":13,\"id\":14}\n",
		"{\"id\":15,\"t.word\":\"a\",\"t\":{\"word\":\"b\"}}\n", "{\"id\":01}\n", "{\"id\":1.}\n", "{\"id\":-}\n", "{\"id\":1e}\n",
		"{\"id\":+1}\n", "{\"id\":NaN}\n", "{\"id\":nul}\n", "{\"id\":16,}\n", "{\"id\":17\n", "{\"id\"}\n", "{\"id\":}\n",
		"{\"id\":18,\"day\":\"\xff\"}\n", "{\"id\":19,\"day\":\"a\tb\"}\n", "{\"id\":20,\"l\":\"\xed\xa0\x80\"}\n",
		"{\"id\":21,\"l\":\"\\ud800\"}\n", "{\"id\":22}}\n", "{\"id\":23}{}\n", "{\"id\":24,\"l\":\"na\xc3\xafve words of some length\"}\n",
		"{\"id\":25,\"x\":-0}\n", "{\"id\":26,\"x\":1E+2}\n", "{}\n", "{\"id\":27,\"x\":truely}\n", "[1]\n", "{\"\":1}\n",
	};
	struct ay_buf many = ay_buf_new(MIB), out = ay_buf_new(MIB);

	for (size_t i = 0; i < AY_ARRAY_LEN(rows); i++) {
		struct ay_buf b = ay_buf_new(MIB);

		ay_buf_addf(&b, "%s%s%s", good, rows[i], good);
		all_ways(ay_buf_str(&b), schema, rows[i]);
		ay_buf_free(&b);
	}
	for (int i = 0; i < 2000; i++)
		ay_buf_addf(&many, "{\"id\":%d%s,\"w\":\"w%d%s\",\"x\":%d.%d,\"on\":%s}\n", i, i % 7 ? "" : ",\"l\":[1]", i % 5,
			    i % 11 ? "" : "\\u0061", i % 10 - 5, i, i % 3 ? "true" : "null");
	struct ay_source in = ay_source_memory(many.data, many.len);
	struct ay_budget budget;
	struct ay_error e;

	ay_budget_init(&budget, in.size);
	is_int(ay_schema_infer(&in, "t.jsonl", &budget, &out, &e), 0, "a schema with a reference");
	all_ways(ay_buf_str(&many), ay_buf_str(&out), "many rows");
	is_str(scan_case_with("t.jsonl", many.data, many.len, ay_buf_str(&out)), "pass", "which pass");
	ok(scan_case_result.profile_len > 0, "and are counted");
	ay_buf_free(&many);
	ay_buf_free(&out);
}

int main(void)
{
	test_at_once();
	test_lines();
	test_array();
	test_proposal();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
