/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/row_rule.h"

#include "assay/buf.h"
#include "tests/lib/scan_case.h"

static const struct { const char *name; enum ay_value_type type; } table[] = {
	{"n", AY_VALUE_INTEGER}, {"x", AY_VALUE_NUMBER}, {"s", AY_VALUE_STRING}, {"b", AY_VALUE_BOOLEAN}, {"d", AY_VALUE_DATE},
	{"t", AY_VALUE_DATETIME}, {"c", AY_VALUE_TIME}, {"y", AY_VALUE_YEAR}, {"a", AY_VALUE_ANY}, {"the \"q\"", AY_VALUE_INTEGER},
	{"m", AY_VALUE_INTEGER},
};
#define COLUMNS AY_ARRAY_LEN(table)

static const char *name_of(const void *arg, size_t i)
{
	(void)arg;
	return table[i].name;
}

static enum ay_value_type type_of(const void *arg, size_t i)
{
	(void)arg;
	return table[i].type;
}

static const struct ay_row_columns columns = {COLUMNS, name_of, type_of, NULL};

/* The answer over one row; m is missing. */
static const char *answer(const char *rule, char *text, size_t size)
{
	static const char *const row[COLUMNS] = {"7", "2.5", "Ab\xc3\xa4", "true", "2024-02-29", "2024-02-29T12:00:00Z", "12:00:00", "1999", "any", "-3", ""};
	static const char *const answers[] = {"false", "true", "null"};
	struct ay_value values[COLUMNS];
	bool missing[COLUMNS];
	struct ay_row_rule *r;
	struct ay_error e = {.off = 0};

	for (size_t i = 0; i < COLUMNS; i++) {
		missing[i] = !*row[i];
		if (!missing[i] && !ay_value_parse(table[i].type, row[i], strlen(row[i]), &values[i]))
			abort();
	}
	if (ay_row_rule_compile(rule, strlen(rule), &columns, &r, &e) != 0) {
		snprintf(text, size, "%llu: %.200s", (unsigned long long)e.off, e.msg);
		return text;
	}
	enum ay_row_answer a = ay_row_rule_judge(r, values, missing);

	ay_row_rule_free(r);
	return answers[a];
}

static void is_rule(const char *rule, const char *want)
{
	char text[256];

	is_str(answer(rule, text, sizeof(text)), want, "%.80s", rule);
}

/* Refused at this byte. */
static void is_refused(const char *rule, unsigned off)
{
	char text[256];
	const char *got = answer(rule, text, sizeof(text));

	ok(got == text && strtoul(text, NULL, 10) == off, "%.60s is refused at byte %u: %s", rule, off, got);
}

static void operators(void)
{
	is_rule("n = 7", "true");
	is_rule("n == 7 and x <> 2.5", "false");
	is_rule("n != 8", "true");
	is_rule("n < 7 or n <= 7", "true");
	is_rule("n > 7 or n >= 8", "false");
	is_rule("2 + 3 * 4 = 14 and n = n", "true");
	is_rule("(2 + 3) * 4 = 20 and n = n", "true");
	is_rule("n - 1 - 1 = 5", "true");
	is_rule("n -1 = 6", "true");
	is_rule("16 / 4 / 2 = 2 and b", "true");
	is_rule("-n = -7 and - - n = 7", "true");
	is_rule("n * x = 17.5", "true");
	is_rule("n / 2 = 3.5", "true");
	is_rule("1e2 = 100 and .5 = 5e-1 and n > 0", "true");
	is_rule("not b", "false");
	is_rule("not not b", "true");
	is_rule("not n = 7 or b", "true");
	is_rule("not b = false", "true");
	is_rule("b or b and not b", "true");
	is_rule("(b or b) and not b", "false");
	is_rule("\"the \"\"q\"\"\" = -3 and abs(\"the \"\"q\"\"\") = 3", "true");
	is_rule("abs(x) = 2.5 and abs(-x) = 2.5", "true");
	is_rule("len(s) = 3", "true");
	is_rule("lower(s) = 'ab\xc3\xa4'", "true");
	is_rule("s = 'ab\xc3\xa4'", "false");
	is_rule("lower(s) in ('x', 'ab\xc3\xa4')", "true");
	is_rule("len(lower(s)) = 3", "true");
	is_rule("s = 'it''s'", "false");
	is_rule("'' = s", "false");
	is_rule("n in (1, -7, 7)", "true");
	is_rule("n not in (1, 2.5)", "true");
	is_rule("x in (1, 2.50)", "true");
	is_rule("b in (true)", "true");
	is_rule("N = 7 AND n = 7", "0: there is no column of this name");
	is_rule("n = 7 AND NOT n IN (8) Or False", "true");
	is_rule("y = 1999 and y + 1 = 2000", "true");
	is_rule("a is null", "false");
	is_rule("a is not null", "true");
}

static void times(void)
{
	is_rule("d = '2024-02-29' and '2024-02-28' < d", "true");
	is_rule("d in ('2024-03-01', '2024-02-29')", "true");
	is_rule("d >= ('2024-03-01')", "false");
	is_rule("t = '2024-02-29T14:00:00+02:00'", "true");
	is_rule("t < '2024-02-29T12:00:00.000000001Z'", "true");
	is_rule("c < '12:00:01' and c >= '12:00:00'", "true");
	is_refused("d = '2024-02-30'", 4);
	is_refused("d = t", 4);
	is_refused("t = '2024-02-29'", 4);
	is_refused("d + 1 = d", 0);
	is_refused("d = 20240229", 4);
}

static void nulls(void)
{
	is_rule("m = 1", "null");
	is_rule("not m = 1", "null");
	is_rule("m is null", "true");
	is_rule("m is not null", "false");
	is_rule("m + 1 > 0", "null");
	is_rule("m = 1 or b", "true");
	is_rule("b or m = 1", "true");
	is_rule("m = 1 or not b", "null");
	is_rule("m = 1 and not b", "false");
	is_rule("not b and m = 1", "false");
	is_rule("m = 1 and b", "null");
	is_rule("m in (1)", "null");
	is_rule("m not in (1)", "null");
	is_rule("abs(m) >= 0", "null");
	is_rule("n / 0 = 1", "null");
	is_rule("0 / (n - 7) = 1", "null");
	is_rule("(n / 0) is null", "true");
	is_rule("x * 1e307 > 0", "true");
	is_rule("x * 1e308 > 0", "null");
	is_rule("m = m", "null");
}

static void exact(void)
{
	is_rule("9007199254740993 > 9007199254740992 and b", "true");
	is_rule("9007199254740993 > 9007199254740992.0 and b", "true");
	is_rule("99999999999999999999 > 99999999999999999998 and b", "true");
	is_rule("-99999999999999999999 < n - 8", "true");
	is_rule("n - 8 < 99999999999999999999", "true");
	is_rule("999999999999999999 + 1 = 1000000000000000000 and b", "true");
	is_rule("999999999999999999 * 999999999999999999 > 0 and b", "true");
	is_rule("0.1 + 0.2 = 0.3 and b", "false");
	is_rule("-999999999999999999 - 999999999999999999 < 0 and b", "true");
}

static void refusals(void)
{
	is_refused("", 0);
	is_refused("n", 0);
	is_refused("n +", 3);
	is_refused("n = ", 4);
	is_refused("1 = 1", 0);
	is_refused("n = 7 )", 6);
	is_refused("(n = 7", 6);
	is_refused("n = 'seven'", 4);
	is_refused("s < 'b'", 0);
	is_refused("b < true", 0);
	is_refused("s + 1 = 2", 0);
	is_refused("1 + s = 2", 4);
	is_refused("n and b", 0);
	is_refused("b and n", 6);
	is_refused("b or n", 5);
	is_refused("not n", 4);
	is_refused("a = 1", 4);
	is_refused("a = a", 0);
	is_refused("-s = 1", 0);
	is_refused("abs(s) = 1", 4);
	is_refused("len(n) = 1", 4);
	is_refused("sqrt(n) = 1", 0);
	is_refused("1 < n < 9", 6);
	is_refused("n = 7 = b", 6);
	is_refused("n in ()", 6);
	is_refused("n in (1", 7);
	is_refused("n in (m)", 6);
	is_refused("n in ('x')", 6);
	is_refused("n is 7", 5);
	is_refused("n not 7", 6);
	is_refused("n = 1.2.3", 4);
	is_refused("n = 1x", 5);
	is_refused("n = 1e", 4);
	is_refused("n # 1", 2);
	is_refused("n ! 1", 2);
	is_refused("s = 'open", 4);
	is_refused("\"open = 1", 0);
	is_refused("n & 1", 2);
	is_refused("null = n", 0);
	is_refused("n = 7 b", 6);
}

static void append(struct ay_buf *b, const char *text, int times_)
{
	for (int i = 0; i < times_; i++)
		ay_buf_adds(b, text);
}

/* The last that is read and the first that is not. */
static void limits(void)
{
	struct ay_buf b = ay_buf_new(MIB);
	char text[256];
	const char *got;

	append(&b, "(", 30);
	ay_buf_adds(&b, "b");
	append(&b, ")", 30);
	is_str(answer(ay_buf_str(&b), text, sizeof(text)), "true", "30 parentheses");
	b.len = 0;
	append(&b, "(", 60);
	ay_buf_adds(&b, "b");
	append(&b, ")", 60);
	got = answer(ay_buf_str(&b), text, sizeof(text));
	ok(strstr(got, "nested") != NULL, "60 are too many: %s", got);
	b.len = 0;
	append(&b, "not ", 1000);
	ay_buf_adds(&b, "b");
	got = answer(ay_buf_str(&b), text, sizeof(text));
	ok(strstr(got, "nested") != NULL, "a thousand negations: %s", got);
	b.len = 0;
	append(&b, "- ", 1000);
	ay_buf_adds(&b, "n = 1");
	got = answer(ay_buf_str(&b), text, sizeof(text));
	ok(strstr(got, "nested") != NULL, "and signs: %s", got);
	b.len = 0;
	ay_buf_adds(&b, "n = 0");
	append(&b, "+1", (AY_ROW_RULE_TEXT - 5) / 2);
	is_str(answer(ay_buf_str(&b), text, sizeof(text)), "false", "a long sum needs no stack");
	ay_buf_adds(&b, " ");
	is_str(answer(ay_buf_str(&b), text, sizeof(text)), "false", "of %zu bytes", b.len);
	ay_buf_adds(&b, " ");
	got = answer(ay_buf_str(&b), text, sizeof(text));
	ok(strstr(got, "4096") != NULL, "one byte more: %s", got);
	ay_buf_free(&b);
}

/* ---- in a schema ---- */

#define SCHEMA(rules) "{\"fields\": [{\"name\": \"a\", \"type\": \"integer\"}, {\"name\": \"b\", \"type\": \"number\"}], \"x-rules\": [" rules "]}"

static void rows_are(const char *schema, const char *rows, const char *rule, enum ay_verdict verdict, const char *what)
{
	char text[512];

	snprintf(text, sizeof(text), "a,b\n%s", rows);
	is_str(scan_case_with("t.csv", text, strlen(text), schema), rule, "%s", what);
	is_int(scan_case_result.verdict, verdict, "its verdict");
}

static void in_schema(void)
{
	static const char half[] = SCHEMA("{\"rule\": \"a < b\", \"name\": \"order\", \"min-share\": 0.5}");

	rows_are(SCHEMA("{\"rule\": \"a < b\"}"), "1,2\n-1,0.5\n", "pass", AY_PASS, "a rule that holds");
	rows_are(SCHEMA("{\"rule\": \"a < b\"}"), "1,2\n3,2.5\n", "schema.rule", AY_FAIL, "one that does not");
	is_int((long long)scan_case_result.found[0].row, 2, "names the row");
	is_str(scan_case_result.found[0].value, "a = 3, b = 2.5", "the values");
	is_str(scan_case_result.found[0].limit, "a < b", "and the rule");
	rows_are(SCHEMA("{\"rule\": \"a < b\", \"name\": \"order\"}"), "1,\n", "schema.rule", AY_FAIL, "a missing value");
	is_str(scan_case_result.found[0].value, "a = 1, b is missing", "is named");
	ok(strstr(scan_case_result.found[0].message, "order") != NULL, "as is the rule");
	is_str(scan_case_result.found[1].rule->id, "schema.rule-null", "and counted");
	rows_are(SCHEMA("{\"rule\": \"a < b\", \"x-null\": \"pass\"}"), "1,\n1,2\n", "schema.rule-null", AY_WARN, "a missing value may be");
	rows_are(SCHEMA("{\"rule\": \"b is null or a < b\"}"), "1,\n1,2\n", "pass", AY_PASS, "or be part of the rule");
	rows_are(half, "1,2\n3,2\n", "schema.rule-row", AY_WARN, "half of the rows");
	rows_are(half, "1,2\n3,2\n4,2\n", "schema.rule-row", AY_FAIL, "less than half");
	is_str(scan_case_result.found[2].rule->id, "schema.rule-share", "by the share");
	is_str(scan_case_result.found[2].value, "0.333333", "of the rows");
	rows_are(half, "1,\n1,2\n1,2\n3,2\n", "schema.rule-row", AY_WARN, "an open row breaks it too");
	rows_are(SCHEMA("{\"rule\": \"a < b\", \"min-share\": 0.5, \"x-null\": \"pass\"}"), "1,\n1,\n1,2\n3,2\n", "schema.rule-row", AY_WARN, "unless it may");
	rows_are(SCHEMA("{\"rule\": \"a < b\"}"), "x,2\n", "schema.type", AY_FAIL, "a value that is none");
	is_int((long long)scan_case_result.found_count, 1, "is not judged again");
	rows_are(SCHEMA("{\"rule\": \"a < c\"}"), "1,2\n", "schema.invalid", AY_ERROR, "a column that is not there");
	ok(strstr(scan_case_result.found[0].message, "/x-rules/0/rule") != NULL, "where: %s", scan_case_result.found[0].message);
	rows_are(SCHEMA("{\"rule\": \"a < 'x'\"}"), "1,2\n", "schema.invalid", AY_ERROR, "a text and a number");
	rows_are(SCHEMA("{\"rule\": \"a < b\", \"min_share\": 0.5}"), "1,2\n", "schema.invalid", AY_ERROR, "an unknown key");
	rows_are(SCHEMA("{\"rule\": \"a < b\", \"min-share\": 1.5}"), "1,2\n", "schema.invalid", AY_ERROR, "more than all");
	rows_are(SCHEMA("{\"rule\": \"a < b\", \"x-null\": \"warn\"}"), "1,2\n", "schema.invalid", AY_ERROR, "an unknown way");
	rows_are(SCHEMA("{\"name\": \"a\"}"), "1,2\n", "schema.invalid", AY_ERROR, "no rule");
	rows_are(SCHEMA("\"a < b\""), "1,2\n", "schema.invalid", AY_ERROR, "no object");
	rows_are(SCHEMA(""), "1,2\n", "schema.invalid", AY_ERROR, "an empty list");
	rows_are("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"x-rule\": []}", "1,2\n", "schema.invalid", AY_ERROR, "a slip of the key");
}

int main(void)
{
	operators();
	times();
	nulls();
	exact();
	refusals();
	limits();
	in_schema();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
