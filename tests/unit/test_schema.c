/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/schema.h"

#include <math.h>

#include "scanners/data/value.h"
#include "tests/lib/scan_case.h"
#include "tests/lib/schema_case.h"

#define FIELD(type, constraints) "{\"fields\": [{\"name\": \"a\", \"type\": \"" type "\", \"constraints\": {" constraints "}}]}"

/* ---- loading ---- */

static void loading(void)
{
	loads(FIELD("integer", "\"minimum\": 1, \"maximum\": \"9\", \"unique\": true"), NULL);
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\", \"x-note\": 1, \"format\": \"default\"}], \"fieldsMatch\": \"exact\"}", NULL);
	loads("[]", "/");
	loads("{}", "/fields");
	loads("{\"fields\": []}", "/fields");
	loads("{\"fields\": [7]}", "/fields/0");
	loads("{\"fields\": [{\"type\": \"any\"}]}", "/fields/0/name");
	loads("{\"fields\": [{\"name\": \"a\"}]}", "/fields/0/type");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"float\"}]}", "/fields/0/type");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"date\", \"format\": \"%d/%m\"}]}", "/fields/0/format");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"number\", \"decimalChar\": \",\"}]}", "/fields/0/decimalChar");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}, {\"name\": \"a\", \"type\": \"any\"}]}", "/fields");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"fieldsMatch\": \"subset\"}", "/fieldsMatch");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"foreignKeys\": []}", "/foreignKeys");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"x-sought\": \"AAAAAAAAAAAAAAAAAAAAAA==\"}", "/x-sought");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"primaryKey\": \"b\"}", "/primaryKey");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"primaryKey\": [\"a\", \"a\"]}", "/primaryKey");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"missingValues\": \"\"}", "/missingValues");
	loads(FIELD("string", "\"minimum\": \"a\""), "/fields/0/constraints/minimum");
	loads(FIELD("integer", "\"minimum\": 1.5"), "/fields/0/constraints/minimum");
	loads(FIELD("integer", "\"minimum\": 5, \"maximum\": 4"), "/fields/0/constraints/minimum");
	loads(FIELD("integer", "\"pattern\": \"a\""), "/fields/0/constraints/pattern");
	loads(FIELD("string", "\"pattern\": \"(\""), "/fields/0/constraints/pattern");
	loads(FIELD("string", "\"pattern\": \"(a)\\\\1\""), "/fields/0/constraints/pattern");
	loads(FIELD("number", "\"minLength\": 1"), "/fields/0/constraints/minLength");
	loads(FIELD("string", "\"minLength\": -1"), "/fields/0/constraints/minLength");
	loads(FIELD("string", "\"required\": 1"), "/fields/0/constraints/required");
	loads(FIELD("string", "\"enum\": []"), "/fields/0/constraints/enum");
	loads(FIELD("integer", "\"enum\": [1, \"x\"]"), "/fields/0/constraints/enum");
	loads(FIELD("boolean", "\"minimum\": true"), "/fields/0/constraints/minimum");
	loads(FIELD("string", "\"exclusiveMinimum\": 1"), "/fields/0/constraints/exclusiveMinimum");
}

/* ---- values ---- */

static void value_is(enum ay_value_type t, const char *text, bool good)
{
	struct ay_value v;

	is_int(ay_value_parse(t, text, strlen(text), &v), good, "%s %s %s", text, good ? "is of type" : "is not of type", ay_value_type_name(t));
}

static int compare(enum ay_value_type t, const char *a, const char *b)
{
	struct ay_value x, y;

	if (!ay_value_parse(t, a, strlen(a), &x) || !ay_value_parse(t, b, strlen(b), &y))
		return 99;
	int order = ay_value_compare(&x, &y);

	return order < 0 ? -1 : order > 0;
}

static void values(void)
{
	static const char *const not_numbers[] = {"", "-", ".", "1e", "1e+", "0x1", "nan", "inf", "Infinity", "1,5", "1_0", " 1", "1 ", "1e999", "--1", "1.2.3"};
	static const char *const numbers[] = {"0", "-0", "+1", ".5", "5.", "1e5", "1E-5", "1.7976931348623157e308", "1e-999", "00.1"};

	for (size_t i = 0; i < AY_ARRAY_LEN(not_numbers); i++)
		value_is(AY_VALUE_NUMBER, not_numbers[i], false);
	for (size_t i = 0; i < AY_ARRAY_LEN(numbers); i++)
		value_is(AY_VALUE_NUMBER, numbers[i], true);
	value_is(AY_VALUE_INTEGER, "1.0", false);
	value_is(AY_VALUE_INTEGER, "-007", true);
	value_is(AY_VALUE_INTEGER, "123456789012345678901234567890", true);
	value_is(AY_VALUE_INTEGER, "0123456789012345678901", false);
	value_is(AY_VALUE_BOOLEAN, "yes", false);
	value_is(AY_VALUE_DATE, "2024-02-29", true);
	value_is(AY_VALUE_DATE, "2023-02-29", false);
	value_is(AY_VALUE_DATE, "1900-02-29", false);
	value_is(AY_VALUE_DATE, "2000-13-01", false);
	value_is(AY_VALUE_DATE, "2000-1-1", false);
	value_is(AY_VALUE_TIME, "23:59:60", true);
	value_is(AY_VALUE_TIME, "24:00:00", false);
	value_is(AY_VALUE_TIME, "12:00:00.", false);
	value_is(AY_VALUE_TIME, "12:00:00.1234567890", false);
	value_is(AY_VALUE_DATETIME, "2024-01-01T00:00:00.5+02:00", true);
	value_is(AY_VALUE_DATETIME, "2024-01-01 00:00:00", true);
	value_is(AY_VALUE_DATETIME, "2024-01-01", false);
	value_is(AY_VALUE_YEAR, "1999", true);
	value_is(AY_VALUE_YEAR, "99", false);
	is_int(compare(AY_VALUE_INTEGER, "9223372036854775808", "9223372036854775807"), 1, "beyond 2^63");
	is_int(compare(AY_VALUE_INTEGER, "-9223372036854775809", "-9223372036854775808"), -1, "and below");
	is_int(compare(AY_VALUE_INTEGER, "-99999999999999999999", "1"), -1, "long against short");
	is_int(compare(AY_VALUE_INTEGER, "99999999999999999999", "-1"), 1, "and the other way");
	is_int(compare(AY_VALUE_INTEGER, "-0", "0"), 0, "minus zero");
	is_int(compare(AY_VALUE_NUMBER, "0.1", "1e-1"), 0, "two spellings");
	is_int(compare(AY_VALUE_NUMBER, "9007199254740993", "9007199254740992"), 0, "as doubles");
	is_int(compare(AY_VALUE_NUMBER, "0.30000000000000004", "0.3"), 1, "the last bit");
	is_int(compare(AY_VALUE_DATETIME, "2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00Z"), 0, "one instant in two zones");
	is_int(compare(AY_VALUE_DATE, "1969-12-31", "1970-01-01"), -1, "before the epoch");
}

/* The fast path against the C library, over many shapes. */
static void doubles(void)
{
	unsigned bad = 0;
	uint64_t x = 88172645463325252ull;

	for (int i = 0; i < 200000; i++) {
		char text[64];
		struct ay_value v;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		snprintf(text, sizeof(text), "%s%llu.%0*llue%d", x & 1 ? "-" : "", (unsigned long long)(x >> 8) % (1ull << (x >> 3) % 50),
			 (int)((x >> 4) % 6) + 1, (unsigned long long)(x >> 20) % 1000, (int)((x >> 9) % 60) - 30);
		bad += !ay_value_parse(AY_VALUE_NUMBER, text, strlen(text), &v) || v.d != strtod(text, NULL);
	}
	is_int(bad, 0, "200000 numbers are what strtod makes of them");
}

/* As people and programs write them, with every digit at every place, the point anywhere and one byte that may be none of these. */
static size_t plain_number(char *text, uint64_t *state)
{
	static const char odd[] = "/:;.-+eE \t\"0";
	size_t len = 1 + (size_t)(*state >> 40) % 22, point = (size_t)(*state >> 20) % (len + 3), at = 0;

	if (*state & 1)
		text[at++] = '-';
	for (size_t i = 0; i < len; i++) {
		*state = *state * 6364136223846793005ull + 1442695040888963407ull;
		text[at++] = i == point ? '.' : (char)('0' + (*state >> 33) % 10);
	}
	if (*state >> 60 == 0)
		text[(*state >> 50) % at] = odd[(*state >> 40) % (sizeof(odd) - 1)];
	text[at] = 0;
	return at;
}

/* Beyond these strtod takes spaces in front, hexadecimal and words, of which only the first are made here, and makes infinities of what is too large. */
static bool is_number(const char *text, size_t len, double *d)
{
	char *end;

	*d = strtod(text, &end);
	return len && end == text + len && text[0] != ' ' && text[0] != '\t' && isfinite(*d);
}

static void plain_numbers(void)
{
	union { double number; uint64_t bits; } want;
	uint64_t state = 9;
	unsigned bad = 0;

	for (int i = 0; i < 1000000; i++) {
		char text[64], *exact;
		struct ay_value v;
		size_t len = plain_number(text, &state);
		bool number = is_number(text, len, &want.number);

		if (i % 4 == 0) {
			want.bits = state & 0x4fffffffffffffffull;
			len = (size_t)snprintf(text, sizeof(text), "%.17g", want.number);
			number = is_number(text, len, &want.number);
		}
		exact = malloc(len);    /* a sanitizer sees what is read beyond it */
		if (!exact)
			abort();
		memcpy(exact, text, len);
		bool read = ay_value_parse(AY_VALUE_NUMBER, exact, len, &v);

		bad += read != number || (number && (v.d != want.number || signbit(v.d) != signbit(want.number)));
		free(exact);
	}
	is_int(bad, 0, "a million plain numbers are what strtod makes of them, and nothing else is one");
}

/* ---- rows ---- */

static void rows_are(const char *schema, const char *rows, const char *rule, const char *what)
{
	char table[512];

	snprintf(table, sizeof(table), "a\n%s", rows);
	is_str(scan_case_with("t.csv", table, strlen(table), schema), rule, "%s", what);
}

static void constraints(void)
{
	rows_are(FIELD("integer", "\"minimum\": -1, \"maximum\": 9"), "-1\n9\n", "pass", "bounds belong to the range");
	rows_are(FIELD("integer", "\"minimum\": -1, \"maximum\": 9"), "-2\n", "schema.range", "one below");
	rows_are(FIELD("integer", "\"minimum\": -1, \"maximum\": 9"), "9\n10\n", "schema.range", "one above");
	is_int((long long)scan_case_result.found[0].row, 2, "in row 2");
	is_str(scan_case_result.found[0].column, "a", "of column a");
	is_str(scan_case_result.found[0].value, "10", "with its value");
	is_str(scan_case_result.found[0].limit, "9", "and the limit");
	rows_are(FIELD("integer", ""), "1.5\n", "schema.type", "no integer");
	rows_are(FIELD("integer", "\"required\": true"), "\"\"\n", "schema.required", "missing");
	rows_are(FIELD("integer", "\"minimum\": 1"), "\"\"\n", "pass", "a missing value has no range");
	rows_are(FIELD("string", "\"enum\": [\"x\", \"y\"]"), "x\ny\n", "pass", "of the set");
	rows_are(FIELD("string", "\"enum\": [\"x\", \"y\"]"), "x\nz\n", "schema.enum", "not of the set");
	rows_are(FIELD("number", "\"enum\": [1, \"2.5\"]"), "1.0\n25e-1\n", "pass", "equal by value");
	rows_are(FIELD("string", "\"pattern\": \"[a-z]+\""), "abc\nabC\n", "schema.pattern", "no match");
	rows_are(FIELD("string", "\"minLength\": 2, \"maxLength\": 3"), "\xc3\xa4\xc3\xa4\nabc\n", "pass", "lengths in characters");
	rows_are(FIELD("string", "\"minLength\": 2"), "\xc3\xa4\n", "schema.length", "too short");
	rows_are(FIELD("string", "\"maxLength\": 3"), "abcd\n", "schema.length", "too long");
	rows_are(FIELD("string", "\"unique\": true"), "a\nb\na\n", "schema.unique", "twice");
	rows_are(FIELD("number", "\"unique\": true"), "1\n1.0\n", "schema.unique", "twice by value");
	rows_are(FIELD("number", "\"unique\": true"), "1\n2\n-1\n1.0000000000000002\n", "pass", "different numbers");
	rows_are(FIELD("number", "\"unique\": true"), "0\n-0.0\n", "schema.unique", "zero has no sign");
	rows_are(FIELD("integer", "\"unique\": true"), "-12345678901234567890\n12345678901234567890\n", "pass", "long integers of either sign");
	rows_are(FIELD("integer", "\"unique\": true"), "+12345678901234567890\n12345678901234567890\n", "schema.unique", "a plus sign changes nothing");
	rows_are(FIELD("integer", "\"unique\": true"), "\"\"\n\"\"\n", "pass", "missing twice");
	rows_are(FIELD("date", "\"minimum\": \"2020-01-01\""), "2019-12-31\n", "schema.range", "too early");
	rows_are(FIELD("boolean", "\"required\": true"), "true\n0\n", "pass", "booleans");
	rows_are("{\"fields\": [{\"name\": \"b\", \"type\": \"any\"}]}", "1\n", "schema.columns", "another name");
	rows_are("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}, {\"name\": \"b\", \"type\": \"any\"}]}", "1\n", "schema.columns", "a column less");
	rows_are("{\"fields\": [{\"name\": \"a\", \"type\": \"integer\"}], \"missingValues\": [\"NA\"]}", "NA\n\"\"\n", "schema.type", "only NA is missing");
	is_int((long long)scan_case_result.found[0].row, 2, "in row 2");
	is_str(scan_case_with("t.csv", "", 0, FIELD("any", "")), "csv.header", "an empty file has no columns");
	rows_are("{", "1\n", "schema.invalid", "a schema that does not load");
	is_int(scan_case_result.verdict, AY_ERROR, "holds");
}

#define LABEL(constraints) "{\"fields\": [{\"name\": \"a\", \"type\": \"integer\"}, {\"name\": \"b\", \"type\": \"integer\", \"x-label\": true, " \
	"\"constraints\": {" constraints "}}, {\"name\": \"c\", \"type\": \"integer\", \"constraints\": {\"unique\": true, \"maximum\": 9}}]}"

static void labels(void)
{
	struct ay_schema *s;

	is_str(scan_case_with("t.csv", "a,b,c\n1,2,3\n", 12, LABEL("\"maximum\": 2")), "pass", "with its label");
	is_str(scan_case_with("t.csv", "a,b,c\n1,3,3\n", 12, LABEL("\"maximum\": 2")), "schema.range", "which is checked");
	is_str(scan_case_with("t.csv", "a,c\n1,2\n", 8, LABEL("\"maximum\": 2")), "pass", "without the label");
	is_str(scan_case_with("t.csv", "a,c\n1,12\n", 9, LABEL("")), "schema.range", "the columns behind it are checked as themselves");
	is_str(scan_case_with("t.csv", "a,c\n1,2\n1,2\n", 12, LABEL("")), "schema.unique", "and are unique as themselves");
	is_str(scan_case_with("t.csv", "a,c\n1,2\n", 8, LABEL("\"required\": true")), "schema.columns", "a label that is required is not left out");
	is_str(scan_case_with("t.csv", "a,b\n1,2\n", 8, LABEL("")), "schema.columns", "nor are other columns");
	is_str(scan_case_with("t.csv", "c,a\n1,2\n", 8, LABEL("")), "schema.columns", "nor is their order free");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\", \"x-label\": 1}]}", "/fields/0/x-label");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"x-seasons\": {\"winter\": \"AAAA\"}}", "/x-seasons");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"x-seasons\": []}", "/x-seasons");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"x-seasons\": {}}", "/x-seasons");
	is_int(ay_schema_load(LABEL(""), strlen(LABEL("")), &s, NULL), 0, "loads");
	ok(ay_schema_label(s, "b") && !ay_schema_label(s, "a") && !ay_schema_label(s, "z"), "b is the label");
	ay_schema_free(s);
}

static void keys(void)
{
	static const char schema[] = "{\"fields\": [{\"name\": \"a\", \"type\": \"string\"}, {\"name\": \"b\", \"type\": \"string\"}], \"primaryKey\": [\"a\", \"b\"]}";

	is_str(scan_case_with("t.csv", "a,b\nx,yz\nxy,z\n", 14, schema), "pass", "parts do not run into each other");
	is_str(scan_case_with("t.csv", "a,b\nx,y\nx,z\nx,y\n", 16, schema), "schema.primary-key", "a key twice");
	is_str(scan_case_with("t.csv", "a,b\nx,\n", 7, schema), "schema.primary-key", "a part missing");
}

#define MASS "\"enum\": [\"x\", \"y\"], \"x-min-domain-mass\": 0.75"

static void shares(void)
{
	loads(FIELD("string", "\"x-min-domain-mass\": 0.9"), "/fields/0/constraints/x-min-domain-mass");
	loads(FIELD("string", "\"enum\": [\"x\"], \"x-min-domain-mass\": 0"), "/fields/0/constraints/x-min-domain-mass");
	loads(FIELD("string", "\"enum\": [\"x\"], \"x-min-domain-mass\": 1.01"), "/fields/0/constraints/x-min-domain-mass");
	loads(FIELD("string", "\"enum\": [\"x\"], \"x-min-domain-mass\": \"1\""), "/fields/0/constraints/x-min-domain-mass");
	loads(FIELD("string", "\"x-min-presence\": 1"), NULL);
	loads(FIELD("string", "\"x-min-presence\": 0.5, \"required\": true"), "/fields/0/constraints/x-min-presence");
	loads(FIELD("string", "\"x-min-presense\": 0.5"), "/fields/0/constraints/x-min-presense");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\", \"x-min-presence\": 0.5}]}", "/fields/0/x-min-presence");
	rows_are(FIELD("string", MASS), "x\ny\nx\ny\n", "pass", "all known");
	rows_are(FIELD("string", MASS), "x\ny\nx\nz\n", "schema.unseen", "three of four");
	is_int(scan_case_result.verdict, AY_WARN, "are enough, and it is said");
	is_int((long long)scan_case_result.found[0].row, 4, "of row 4");
	rows_are(FIELD("string", MASS), "x\ny\nz\n", "schema.unseen", "two of three");
	is_int(scan_case_result.verdict, AY_FAIL, "are not");
	is_str(scan_case_result.found[scan_case_result.found_count - 1].rule->id, "schema.domain-mass", "by the share");
	is_str(scan_case_result.found[scan_case_result.found_count - 1].value, "0.666667", "which is named");
	rows_are(FIELD("string", MASS), "x\ny\nx\nz\n\"\"\n\"\"\n", "schema.unseen", "missing values");
	is_int(scan_case_result.verdict, AY_WARN, "belong to no side");
	rows_are(FIELD("string", MASS), "", "pass", "no row at all");
	rows_are(FIELD("string", "\"x-min-presence\": 0.5"), "x\n\"\"\n", "pass", "half of the rows");
	rows_are(FIELD("string", "\"x-min-presence\": 0.5"), "x\n\"\"\n\"\"\n", "schema.presence", "less than half");
	is_str(scan_case_result.found[0].limit, "0.5", "the limit is named");
	rows_are(FIELD("string", "\"x-min-presence\": 1"), "x\n\"\"\n", "schema.presence", "all but one");
}

/* Values as readers of other formats than CSV have them. */
static void typed(void)
{
	static const struct { int64_t i; const char *text; } whole[] = {
		{0, "0"}, {-1, "-1"}, {999999999999999999, "999999999999999999"}, {1000000000000000000, "1000000000000000000"},
		{INT64_MAX, "9223372036854775807"}, {INT64_MIN, "-9223372036854775808"}
	};
	char scratch[AY_VALUE_TEXT], shown[AY_VALUE_TEXT];
	struct ay_value v, w;

	for (size_t i = 0; i < AY_ARRAY_LEN(whole); i++) {
		v = ay_value_of_i64(whole[i].i, scratch);
		ay_value_write(&v, shown, sizeof(shown));
		is_str(shown, whole[i].text, "written");
		ok(ay_value_parse(AY_VALUE_INTEGER, whole[i].text, strlen(whole[i].text), &w) && ay_value_compare(&v, &w) == 0, "as it is read");
	}
	v = ay_value_of_u64(UINT64_MAX, scratch);
	ay_value_write(&v, shown, sizeof(shown));
	is_str(shown, "18446744073709551615", "2^64 - 1");
	ok(ay_value_as(&v, AY_VALUE_NUMBER, &w) && w.d == 18446744073709551615.0, "as a number");
	ok(!ay_value_as(&v, AY_VALUE_STRING, &w) && !ay_value_as(&v, AY_VALUE_YEAR, &w), "not as a text or a year");
	v = ay_value_of_f64(NAN);
	ok(!ay_value_as(&v, AY_VALUE_NUMBER, &w) && !ay_value_as(&v, AY_VALUE_ANY, &w), "NaN is of no type");
	v = ay_value_of_f64(INFINITY);
	ok(!ay_value_as(&v, AY_VALUE_NUMBER, &w) && ay_value_as(&v, AY_VALUE_ANY, &w), "infinity is no number, and a value");
	v = ay_value_of_f64(0.1);
	ay_value_write(&v, shown, sizeof(shown));
	is_str(shown, "0.1", "the shortest that is read back");
	ok(!ay_value_as(&v, AY_VALUE_INTEGER, &w), "a number is no integer");
	v = ay_value_of_text("2024-02-30", 10);
	ok(!ay_value_as(&v, AY_VALUE_DATE, &w), "a text that is no date");
	v = ay_value_of_text("2024-02-29", 10);
	ok(ay_value_as(&v, AY_VALUE_DATE, &w) && w.i == 19782 && !ay_value_as(&v, AY_VALUE_NUMBER, &w), "and one that is");
	ay_value_write(&w, shown, sizeof(shown));
	is_str(shown, "2024-02-29", "written");
	v = ay_value_of(AY_VALUE_DATE, -719468, 0);
	ay_value_write(&v, shown, sizeof(shown));
	is_str(shown, "0000-03-01", "the first of an era");
	v = ay_value_of(AY_VALUE_DATETIME, -1, 500000000);
	ay_value_write(&v, shown, sizeof(shown));
	is_str(shown, "1969-12-31T23:59:59.500000000", "before the epoch");
	v = ay_value_of_text("a\xc3\xa4", 3);
	is_int((long long)ay_value_write(&v, shown, 3), 1, "no half of a character");
}

/* More violations than are listed. */
static void sums(void)
{
	struct ay_buf b = ay_buf_new(MIB);

	ay_buf_adds(&b, "a\n");
	for (int i = 0; i < 1000; i++)
		ay_buf_adds(&b, "x\n");
	is_str(scan_case_with("t.csv", b.data, b.len, FIELD("integer", "")), "schema.type", "a thousand");
	ok(scan_case_result.found_count <= AY_LIMIT_FINDINGS_PER_FILE, "are not all listed");
	const struct ay_found *last = &scan_case_result.found[scan_case_result.found_count - 1];

	ok(last->row == 0 && strstr(last->message, "more values") != NULL, "the rest is summed: %s", last->message);
	ay_buf_free(&b);
}

/* ---- several files ---- */

#define TABLE "\"schema\": {\"fields\": [{\"name\": \"a\", \"type\": \"integer\"}]}"
#define FILES(list) "{\"resources\": [" list "]}"

static void file_is(const char *schema, const char *path, const char *text, const char *rule, const char *what)
{
	is_str(scan_case_with(path, text, strlen(text), schema), rule, "%s: %s", path, what);
}

/* ---- metadata of datasets ---- */

static void croissant(void)
{
	static const char good[] =
		"{\"@type\": \"sc:Dataset\", \"conformsTo\": \"http://mlcommons.org/croissant/1.0\", \"name\": \"flowers\", \"distribution\": ["
		"{\"@type\": \"cr:FileObject\", \"@id\": \"repo\", \"contentUrl\": \"https://x.example/r\", \"encodingFormat\": \"git+https\", \"sha256\": \"main\"},"
		"{\"@type\": \"cr:FileObject\", \"@id\": \"iris\", \"contentUrl\": \"https://x.example/d/iris.csv?v=1\", \"encodingFormat\": \"text/csv\", "
		"\"contentSize\": \"12 B\", \"sha256\": \"ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789\"},"
		"{\"@type\": \"cr:FileObject\", \"@id\": \"zip\", \"contentUrl\": \"./data/all.zip\", \"encodingFormat\": \"application/zip\", \"contentSize\": \"3 MB\"},"
		"{\"@type\": \"cr:FileSet\", \"@id\": \"parts\", \"containedIn\": {\"@id\": \"repo\"}, \"includes\": [\"train/*.csv\", \"test/*.csv\"]},"
		"{\"@type\": \"cr:FileSet\", \"@id\": \"inner\", \"containedIn\": {\"@id\": \"zip\"}, \"includes\": \"*.csv\"}],"
		"\"recordSet\": [{\"field\": ["
		"{\"dataType\": \"sc:Float\", \"source\": {\"fileObject\": {\"@id\": \"iris\"}, \"extract\": {\"column\": \"a\"}}},"
		"{\"dataType\": [\"cr:Label\", \"https://schema.org/Text\"], \"source\": {\"fileObject\": {\"@id\": \"iris\"}, \"extract\": {\"column\": \"b\"}}},"
		"{\"dataType\": \"sc:Text\", \"source\": {\"fileObject\": {\"@id\": \"iris\"}, \"extract\": {\"column\": \"b\"}}},"
		"{\"dataType\": \"sc:Date\", \"source\": {\"fileSet\": {\"@id\": \"parts\"}, \"extract\": {\"column\": \"day\"}}}]}]}";
	static const char *const bad[] = {
		"{}", "7", "[]", "{\"distribution\": []}", "{\"conformsTo\": \"http://mlcommons.org/croissant/1.0\", \"distribution\": 7}",
		"{\"conformsTo\": \"http://mlcommons.org/croissant/1.0\", \"distribution\": [{\"@id\": \"a\", \"contentUrl\": \"../a.csv\"}]}",
		"{\"conformsTo\": \"x\", \"distribution\": [{\"@id\": \"a\"}]}"
	};
	struct ay_source in = ay_source_memory(good, sizeof(good) - 1);
	struct ay_buf out = ay_buf_new(MIB);
	struct ay_budget b;
	struct ay_schema *s;
	struct ay_error e;
	uint64_t bytes;

	ay_budget_init(&b, sizeof(good));
	is_int(ay_schema_infer(&in, "croissant.json", &b, &out, &e), 0, "a schema is proposed from metadata");
	is_int(ay_schema_load(out.data, out.len, &s, &e), 0, "it loads");
	is_int((long long)ay_schema_resources(s), 6, "the repository is no file");
	int iris = ay_schema_resource_of(s, "iris.csv");

	is_str(ay_schema_resource_sha256(s, (size_t)iris), "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789", "its digest");
	ok(ay_schema_resource_bytes(s, (size_t)iris, &bytes) && bytes == 12, "its size");
	ok(!ay_schema_resource_bytes(s, (size_t)ay_schema_resource_of(s, "data/all.zip"), &bytes), "a rounded size is none");
	ok(ay_schema_resource_of(s, "train/1.csv") >= 0 && ay_schema_resource_of(s, "test/1.csv") >= 0, "both patterns of a set");
	ok(ay_schema_resource_of(s, "data/all.zip!x.csv") >= 0, "inside of an archive");
	ok(ay_schema_resource_of(s, "croissant.json") >= 0, "the metadata itself");
	ok(strstr(ay_buf_str(&out), "\"number\"") && strstr(ay_buf_str(&out), "\"string\"") && strstr(ay_buf_str(&out), "\"date\""), "types");
	ay_schema_free(s);
	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++) {
		in = ay_source_memory(bad[i], strlen(bad[i]));
		out.len = 0;
		ok(ay_schema_infer(&in, "croissant.json", &b, &out, &e) < 0, "%s: %s", bad[i], e.msg);
	}
	ay_buf_free(&out);
}

static void several_files(void)
{
	static const char schema[] = FILES("{\"path\": \"train/*.csv\", " TABLE "}, {\"path\": \"**/*.csv\", \"schema\": {\"fields\": [{\"name\": \"b\", \"type\": \"any\"}]}}, "
					   "{\"path\": \"raw/**\", \"x-unchecked\": true}, {\"path\": \"t/*\", " TABLE "}");

	loads(schema, NULL);
	loads(FILES(""), "/resources");
	loads(FILES("7"), "/resources/0");
	loads(FILES("{" TABLE "}"), "/resources/0/path");
	loads(FILES("{\"path\": \"a.csv\"}"), "/resources/0/schema");
	loads(FILES("{\"path\": \"a.csv\", \"x-unchecked\": true, " TABLE "}"), "/resources/0/schema");
	loads(FILES("{\"path\": \"a.csv\", \"x-uncheked\": true}"), "/resources/0/x-uncheked");
	loads(FILES("{\"path\": \"/a.csv\", " TABLE "}"), "/resources/0/path");
	loads(FILES("{\"path\": \"a/../b\", " TABLE "}"), "/resources/0/path");
	loads(FILES("{\"path\": \"./a\", " TABLE "}"), "/resources/0/path");
	loads(FILES("{\"path\": \"a//b\", " TABLE "}"), "/resources/0/path");
	loads(FILES("{\"path\": \"a/\", " TABLE "}"), "/resources/0/path");
	loads(FILES("{\"path\": \"\", " TABLE "}"), "/resources/0/path");
	loads(FILES("{\"path\": \"..a/b.\", " TABLE "}"), NULL);
	loads(FILES("{\"path\": \"a\", " TABLE "}, {\"path\": \"a\", " TABLE "}"), "/resources");
	loads(FILES("{\"path\": \"a\", \"name\": \"n\", " TABLE "}, {\"path\": \"b\", \"name\": \"n\", " TABLE "}"), "/resources");
	loads(FILES("{\"path\": \"*.csv\", \"bytes\": 3, " TABLE "}"), "/resources/0/bytes");
	loads(FILES("{\"path\": \"a.csv\", \"bytes\": -3, " TABLE "}"), "/resources/0/bytes");
	loads(FILES("{\"path\": \"a.csv\", \"hash\": \"md5:00\", " TABLE "}"), "/resources/0/hash");
	loads(FILES("{\"path\": \"a.csv\", \"hash\": \"sha256:00\", " TABLE "}"), "/resources/0/hash");
	loads(FILES("{\"path\": \"a.csv\", \"schema\": {\"fields\": [{\"name\": \"a\", \"type\": \"float\"}]}}"), "/resources/0/schema/fields/0/type");
	loads("{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"resources\": []}", "/fields");
	file_is(schema, "train/x.csv", "a\n1\n", "pass", "the first pattern");
	file_is(schema, "train/x.csv", "a\nx\n", "schema.type", "its fields");
	file_is(schema, "test/x.csv", "b\nx\n", "pass", "the second");
	file_is(schema, "test/x.csv", "a\n1\n", "schema.columns", "and its fields");
	file_is(schema, "x.tsv", "a\n1\n", "schema.unnamed", "no pattern");
	is_int(scan_case_result.verdict, AY_FAIL, "is refused");
	file_is(schema, "x.txt", "words\n", "schema.unnamed", "nor for a text");
	file_is(schema, "README.md", "words\n", "pass", "what is about the data");
	file_is(schema, "sub/LICENSE", "words\n", "pass", "wherever it stands");
	file_is(schema, "README.csv", "b\n1\n", "pass", "a table by any name is a table");
	file_is(schema, "README.tsv", "b\n1\n", "schema.unnamed", "and must be named");
	file_is(schema, "raw/x.tsv", "a\nx\n", "pass", "not compared, as the schema says");
	file_is(schema, "t/x.txt", "a\n1\n", "schema.unsupported", "named as a table, read as a text");
	is_int(scan_case_result.verdict, AY_ERROR, "is not clean");
	file_is(schema, "t/x.csv", "", "csv.header", "an empty file is no table");
	file_is("{\"\\u0072esources\": []}", "x.txt", "words\n", "schema.invalid", "an escaped letter hides nothing");
}

/* ---- arrays and images ---- */

/* An array of NumPy: header and as many zeros as the shape asks for. */
static const char *array_is(const char *schema, const char *path, const char *dtype, const char *shape, size_t bytes)
{
	static char file[4096];
	int n = snprintf(file + 10, 200, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", dtype, shape);

	memcpy(file, "\x93NUMPY\1\0", 8);
	while ((n + 11) % 64)
		file[10 + n++] = ' ';
	file[10 + n++] = '\n';
	file[8] = (char)n;
	file[9] = 0;
	memset(file + 10 + n, 0, bytes);
	return scan_case_with(path, file, 10 + (size_t)n + bytes, schema);
}

static void arrays(void)
{
	static const char images[] = "{\"x-shape\": [null, 2, 3], \"x-dtype\": [\"uint8\", \"float32\"]}";
	static const char files[] = FILES("{\"path\": \"train*\", \"x-shape\": [2]}, {\"path\": \"*.csv\", \"x-dtype\": \"int8\"}");
	static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDAT\x78\x9c\x63\x60\0\0\0\2\0\1\x48\xaf\xa4\x71\0\0\0\0IEND\xae\x42\x60\x82";

	loads(images, NULL);
	loads("{\"x-shape\": []}", NULL);
	loads("{\"x-shape\": 3}", "/x-shape");
	loads("{\"x-shape\": [-1]}", "/x-shape");
	loads("{\"x-shape\": [1.5]}", "/x-shape");
	loads("{\"x-shape\": [2], \"x-dtypes\": \"uint8\"}", "/x-dtypes");
	loads("{\"x-dtype\": \"u1\"}", "/x-dtype");
	loads("{\"x-dtype\": []}", "/x-dtype");
	loads("{\"x-shape\": [2], \"fields\": []}", "/fields");
	loads(FILES("{\"path\": \"a.npy\", \"x-shape\": [2], \"x-json-schema\": true}"), "/resources/0/schema");
	is_str(array_is(images, "a.npy", "|u1", "(4, 2, 3)", 24), "pass", "an array as it must be");
	is_str(array_is(images, "a.npy", "<f4", "(0, 2, 3)", 0), "pass", "of the other type, without a row");
	is_str(array_is(images, "a.npy", "|u1", "(4, 2, 2)", 16), "schema.shape", "another size");
	is_str(scan_case_result.found[0].value, "(4, 2, 2)", "which is named");
	is_str(scan_case_result.found[0].limit, "(*, 2, 3)", "beside what it must be");
	is_str(array_is(images, "a.npy", "|u1", "(6,)", 6), "schema.shape", "fewer dimensions");
	is_str(array_is(images, "a.npy", "|u1", "(1, 2, 3, 1)", 6), "schema.shape", "more");
	is_str(array_is(images, "a.npy", "|u1", "(1, 2, 3, 0)", 0), "schema.shape", "also of none");
	is_str(array_is(images, "a.npy", "|i1", "(1, 2, 3)", 6), "schema.dtype", "another type");
	is_str(array_is(images, "a.npy", "|S3", "(1, 2, 3)", 18), "schema.dtype", "texts");
	is_str(array_is(files, "train.npy", "|u1", "(2,)", 2), "pass", "by its pattern");
	is_str(array_is(files, "train.npy", "|u1", "(3,)", 3), "schema.shape", "and the shape there");
	is_str(array_is(files, "test.npy", "|u1", "(3,)", 3), "schema.unnamed", "no pattern");
	file_is(files, "t.csv", "a\n1\n", "schema.unsupported", "a table is no array");
	is_str(scan_case_with("a.png", png, sizeof(png) - 1, "{\"x-shape\": [1, 1]}"), "pass", "an image of one pixel");
	is_str(scan_case_with("a.png", png, sizeof(png) - 1, "{\"x-shape\": [1, 2]}"), "schema.shape", "that should have two");
	is_str(scan_case_with("a.png", png, sizeof(png) - 1, "{\"x-dtype\": \"uint8\"}"), "schema.dtype", "an image has no element type");
}

/* ---- texts that say that a value is missing ---- */

/* The members of a schema as a schema, with the reference of the table. The caller frees it. */
static char *with_reference(const char *members, const struct ay_buf *table)
{
	struct ay_source in = ay_source_memory(table->data, table->len);
	struct ay_buf out = ay_buf_new(MIB);
	struct ay_budget budget;
	struct ay_error e;
	char *bare, *whole;

	ay_budget_init(&budget, table->len);
	if (asprintf(&bare, "{%s}", members) < 0)
		ay_bug("no memory");
	is_int(ay_schema_reference(&in, "t.csv", bare, strlen(bare), &budget, &out, &e), 0, "the reference of a schema");
	ok(budget.alloc_left == AY_LIMIT_SCAN_ALLOC, "all memory is given back");
	if (asprintf(&whole, "{%s, %s", members, strchr(ay_buf_str(&out), '"')) < 0)
		ay_bug("no memory");
	free(bare);
	ay_buf_free(&out);
	return whole;
}

static void missing_texts(void)
{
	struct ay_buf csv = ay_buf_new(MIB), lines = ay_buf_new(MIB);

	ay_buf_adds(&csv, "n,kind,done\n");
	for (int i = 0; i < 200; i++) {
		const char *kind = i % 7 == 0 ? "NA" : i % 3 ? "x" : "y";

		static const char *const written[] = {"True", "FALSE", "1", "false", "true", "0"};

		ay_buf_addf(&csv, "%d,%s,%s\n", i % 9, kind, written[i % 6]);
		ay_buf_addf(&lines, "{\"n\": %d, \"kind\": \"%s\", \"done\": %s}\n", i % 9, kind, i % 2 ? "false" : "true");
	}
	char *schema = with_reference("\"fields\": [{\"name\": \"n\", \"type\": \"integer\"}, {\"name\": \"kind\", \"type\": \"string\"}, "
				      "{\"name\": \"done\", \"type\": \"boolean\"}], \"missingValues\": [\"\", \"NA\"]", &csv);

	is_str(scan_case_with("t.csv", csv.data, csv.len, schema), "pass", "the table keeps it");
	size_t len = scan_case_result.profile_len;
	uint8_t *profile = scan_case_result.profile;

	scan_case_result.profile = NULL;
	scan_case_with("t.jsonl", lines.data, lines.len, schema);
	ok(profile && len == scan_case_result.profile_len && memcmp(profile, scan_case_result.profile, len) == 0,
	   "what is marked as missing, and booleans, are counted alike in formats with types and without, as value and as row");
	free(profile);
	free(schema);
	ay_buf_free(&csv);
	ay_buf_free(&lines);
}

/* ---- inference ---- */

/* The schema that is proposed has this text. table is freed. */
static bool infers(struct ay_buf *table, const char *what)
{
	struct ay_source in = ay_source_memory(table->data, table->len);
	struct ay_buf out = ay_buf_new(MIB);
	struct ay_error e;
	struct ay_budget budget;

	ay_budget_init(&budget, table->len);
	is_int(ay_schema_infer(&in, "t.csv", &budget, &out, &e), 0, "a schema of a long table");
	bool has = strstr(ay_buf_str(&out), what) != NULL;

	ay_buf_free(&out);
	ay_buf_free(table);
	return has;
}

/* Of 10,000 rows, so many have the greatest number, and so many the rare text. */
static struct ay_buf long_table(int greatest, int rare)
{
	struct ay_buf table = ay_buf_new(MIB);

	for (int i = 0; i < 10000; i++)
		ay_buf_addf(&table, "%s%d,%s\n", i ? "" : "n,s\n", i < greatest ? 9999 : 3000 + i % 500, i < rare ? "rare" : i % 2 ? "one" : "two");
	return table;
}

static void inferred_from_many(void)
{
	struct ay_buf few = long_table(99, 10), enough = long_table(100, 9);

	ok(!infers(&few, "9999") && infers(&enough, "9999"), "a bound is where one row in a hundred lies");
	few = long_table(100, 9);
	enough = long_table(99, 10);
	ok(!infers(&few, "\"enum\"") && infers(&enough, "\"enum\""), "a set has no text that is rarer than one in a thousand");
}

static void inference(void)
{
	struct ay_buf table = ay_buf_new(MIB), out = ay_buf_new(MIB);
	struct ay_schema *s;
	struct ay_error e;
	struct ay_budget budget;

	/* Ten rows lie on the lowest price, nine on the highest; four say "rare". */
	ay_buf_adds(&table, "id,price,day,kind,note,empty,seldom\n");
	for (int i = 0; i < 40; i++)
		ay_buf_addf(&table, "%d,%d.5,2024-01-%02d,%s,%s,,%s\n", i + 100, i < 10 ? 9 : i > 31 ? 31 : i, i % 28 + 1, i % 2 ? "x" : "y",
			    i % 3 ? "t" : "", i < 4 ? "rare" : "often");
	struct ay_source in = ay_source_memory(table.data, table.len);

	ay_budget_init(&budget, table.len);
	is_int(ay_schema_infer(&in, "t.csv", &budget, &out, &e), 0, "a schema is proposed");
	const char *text = ay_buf_str(&out);

	ok(budget.alloc_left == AY_LIMIT_SCAN_ALLOC, "all memory is given back");
	is_int(ay_schema_load(text, out.len, &s, &e), 0, "it loads");
	is_str(ay_schema_field_type(s, 0), "integer", "integer");
	is_str(ay_schema_field_type(s, 1), "number", "number");
	is_str(ay_schema_field_type(s, 2), "date", "date");
	is_str(ay_schema_field_type(s, 3), "string", "string");
	is_str(ay_schema_field_type(s, 5), "any", "nothing known");
	ok(strstr(text, "\"unique\"") != NULL, "uniqueness");
	ok(strstr(text, "\"minimum\": \"9.5\"") && !strstr(text, "31.5") && !strstr(text, "100") && !strstr(text, "139"), "a bound that ten rows reach, and no other");
	ok(strstr(text, "\"enum\"") && strstr(text, "\"x\"") && !strstr(text, "rare"), "a set of what is not rare");
	is_str(scan_case_with("t.csv", table.data, table.len, text), "pass", "the table passes its own schema");
	ay_buf_adds(&table, "99,9.5,2024-01-01,z,,,often\n");
	is_str(scan_case_with("t.csv", table.data, table.len, text), "schema.enum", "another does not");
	ay_schema_free(s);
	in = ay_source_memory("a,a\n", 4);
	is_int(ay_schema_infer(&in, "t.csv", &budget, &out, &e), AY_EFORMAT, "no schema from a bad table");
	ay_buf_free(&table);
	ay_buf_free(&out);
}

/* The proposal of a table of 40 rows, whose column v has this text now and then and else numbers; text stands in a column w of texts too. */
static struct ay_buf proposed_with(const char *name, const char *text, bool json, bool numbers, struct ay_buf *table)
{
	struct ay_buf out = ay_buf_new(MIB);
	struct ay_budget budget;
	struct ay_error e;

	*table = ay_buf_new(MIB);
	ay_buf_adds(table, json ? "" : "v,w\n");
	for (int i = 0; i < 40; i++) {
		const char *quote = json ? "\"" : "", *w = i % 4 ? "yes" : text;

		ay_buf_adds(table, json ? "{\"v\": " : "");
		if (numbers && i % 3)
			ay_buf_addf(table, "%d", i * i);
		else
			ay_buf_addf(table, "%s%s%s", quote, i % 3 ? "red" : text, quote);
		ay_buf_addf(table, json ? ", \"w\": \"%s\"}\n" : ",%s\n", w);
	}
	struct ay_source in = ay_source_memory(table->data, table->len);

	ay_budget_init(&budget, table->len);
	is_int(ay_schema_infer(&in, name, &budget, &out, &e), 0, "%s of %s with \"%s\"", name, numbers ? "numbers" : "texts", text);
	ok(budget.alloc_left == AY_LIMIT_SCAN_ALLOC, "all memory is given back");
	is_str(scan_case_with(name, table->data, table->len, ay_buf_str(&out)), "pass", "the table passes its own schema");
	return out;
}

static void inferred_missing(void)
{
	static const char *const said[] = {"NA", "N/A", "<NA>", "NULL", "null", "None", "nan", "-", ".", "?"};
	struct ay_buf table, out;

	for (size_t i = 0; i < AY_ARRAY_LEN(said); i++) {
		out = proposed_with(i % 2 ? "t.csv" : "t.jsonl", said[i], i % 2 == 0, true, &table);
		char want[64];

		snprintf(want, sizeof(want), "\"missingValues\": [\n    \"\",\n    \"%s\"\n  ]", said[i]);
		ok(strstr(ay_buf_str(&out), want) && strstr(ay_buf_str(&out), "\"integer\"") && !strstr(ay_buf_str(&out), "\"required\""),
		   "\"%s\" between numbers is missing, and in a column of texts beside them: %.300s", said[i], ay_buf_str(&out));
		ay_buf_free(&table);
		ay_buf_free(&out);
	}
	out = proposed_with("t.csv", "NA", false, false, &table);
	ok(strstr(ay_buf_str(&out), "\"missingValues\": [\n    \"\"\n  ]") && strstr(ay_buf_str(&out), "\"NA\",") &&
	   strstr(ay_buf_str(&out), "\"required\""), "where there are only texts it is one of them");
	ay_buf_free(&table);
	ay_buf_free(&out);
	static const char lists[] = "{\"a\": 1, \"b\": \"x\"}\n{\"a\": [1], \"b\": [\"y\"]}\n";
	struct ay_source in = ay_source_memory(lists, sizeof(lists) - 1);
	struct ay_budget budget;
	struct ay_error e;

	out = ay_buf_new(MIB);
	ay_budget_init(&budget, sizeof(lists));
	is_int(ay_schema_infer(&in, "t.jsonl", &budget, &out, &e), 0, "lists among values");
	is_str(scan_case_with("t.jsonl", lists, sizeof(lists) - 1, ay_buf_str(&out)), "pass", "are of type any");
	ay_buf_free(&out);
	out = proposed_with("t.jsonl", "", true, false, &table);
	ok(!strstr(ay_buf_str(&out), "\"required\""), "an empty text of JSON is missing, as the schema takes it");
	/* The reference counts as the schema does. */
	ay_buf_adds(&table, "{\"v\": null, \"w\": null}\n");
	is_str(scan_case_with("t.jsonl", table.data, table.len, ay_buf_str(&out)), "pass", "and so is null");
	ay_buf_free(&table);
	ay_buf_free(&out);
}

/* The text with a part of it in the place of another. */
static char *with(const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);
	char *out = NULL;

	if (!at || asprintf(&out, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) < 0)
		ay_bug("no %s in it", old);
	return out;
}

/* A reference that counts what the schema takes for missing is refused, and can be counted again. */
static void counted_again(void)
{
	struct ay_buf table = ay_buf_new(MIB), proposal = ay_buf_new(MIB), out = ay_buf_new(MIB);
	struct ay_budget budget;
	struct ay_schema *s;
	struct ay_error e;

	ay_buf_adds(&table, "v,w\n");
	for (int i = 0; i < 60; i++)
		ay_buf_addf(&table, "%d,%s\n", i % 5 ? i % 30 : -999, i % 4 ? i % 2 ? "1.5" : "2.5" : "unknown");
	struct ay_source in = ay_source_memory(table.data, table.len);

	ay_budget_init(&budget, table.len);
	is_int(ay_schema_infer(&in, "t.csv", &budget, &proposal, &e), 0, "a proposal");
	char *text = with(ay_buf_str(&proposal), "\"missingValues\": [", "\"missingValues\": [\"unknown\", ");
	ok(ay_schema_load(text, strlen(text), &s, &e) == AY_EFORMAT && strstr(e.msg, "counts \"unknown\" of w") && strcmp(e.where, "/x-profile") == 0,
	   "a text that the reference counts: %s: %s", e.where, e.msg);
	free(text);
	text = with(ay_buf_str(&proposal), "\"missingValues\": [", "\"missingValues\": [\"-999\", ");
	ok(ay_schema_load(text, strlen(text), &s, &e) == AY_EFORMAT && strstr(e.msg, "counts \"-999\" of v"), "a number that it counts: %s", e.msg);
	free(text);
	text = with(ay_buf_str(&proposal), "\"missingValues\": [", "\"missingValues\": [\"absent\", \"77\", ");
	is_int(ay_schema_load(text, strlen(text), &s, &e), 0, "what it does not count may be missing");
	ay_schema_free(s);
	free(text);

	text = with_reference("\"fields\": [{\"name\": \"v\", \"type\": \"integer\"}, {\"name\": \"w\", \"type\": \"number\"}], "
			      "\"missingValues\": [\"unknown\", \"-999\"]", &table);
	is_int(ay_schema_load(text, strlen(text), &s, &e), 0, "counted again it is that of the schema");
	ay_schema_free(s);
	is_str(scan_case_with("t.csv", table.data, table.len, text), "pass", "the table passes");
	free(text);

	static const char other[] = "{\"fields\": [{\"name\": \"u\", \"type\": \"any\"}]}", several[] = "{\"resources\": []}";

	in = ay_source_memory("v\n1\n", 4);
	ay_buf_clear(&out);
	is_int(ay_schema_reference(&in, "t.csv", other, sizeof(other) - 1, &budget, &out, &e), AY_EFORMAT, "no such column");
	ok(strstr(e.msg, "no column u") != NULL, "is named: %s", e.msg);
	is_int(ay_schema_reference(&in, "t.csv", several, sizeof(several) - 1, &budget, &out, &e), AY_EFORMAT, "no schema of one table");
	ay_buf_free(&table);
	ay_buf_free(&proposal);
	ay_buf_free(&out);
}

int main(void)
{
	loading();
	values();
	doubles();
	plain_numbers();
	constraints();
	labels();
	keys();
	shares();
	typed();
	sums();
	several_files();
	croissant();
	arrays();
	missing_texts();
	inferred_from_many();
	inference();
	inferred_missing();
	counted_again();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
