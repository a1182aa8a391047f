/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/json_schema.h"

#include "tests/lib/scan_case.h"

static void loads(const char *schema, const char *where)
{
	struct ay_json_schema *s;
	struct ay_json_doc *doc;
	struct ay_error e = {.where = ""};

	if (ay_json_parse(schema, strlen(schema), 10000, &doc, &e) != 0)
		abort();
	int rc = ay_json_schema_load(ay_json_root(doc), &s, &e);

	ay_json_free(doc);
	if (where)
		ok(rc == AY_EFORMAT && strcmp(e.where, where) == 0, "%.90s is refused at %s: %s: %s", schema, where, e.where, e.msg);
	else
		is_int(rc, 0, "%.90s loads %s", schema, rc ? e.msg : "");
	ay_json_schema_free(s);
}

static void loading(void)
{
	loads("{}", NULL);
	loads("true", NULL);
	loads("false", NULL);
	loads("[]", "");
	loads("{\"type\": \"integer\", \"minimum\": 1, \"title\": \"t\", \"examples\": [1], \"$comment\": \"c\"}", NULL);
	loads("{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"$id\": \"https://example.org/s\"}", NULL);
	loads("{\"$schema\": \"http://json-schema.org/draft-07/schema#\"}", "/$schema");
	loads("{\"items\": {\"$id\": \"x\"}}", "/items/$id");
	loads("{\"type\": \"float\"}", "/type");
	loads("{\"type\": []}", "/type");
	loads("{\"type\": [\"string\", \"string\"]}", "/type");
	loads("{\"type\": [\"string\", \"null\"], \"minLength\": 1}", NULL);
	loads("{\"type\": \"string\", \"minimum\": 1}", "/minimum");
	loads("{\"type\": [\"integer\", \"null\"], \"pattern\": \"a\"}", "/pattern");
	loads("{\"type\": \"array\", \"required\": [\"a\"]}", "/required");
	loads("{\"format\": \"date\"}", "/format");
	loads("{\"if\": true}", "/if");
	loads("{\"contains\": {}}", "/contains");
	loads("{\"unevaluatedProperties\": false}", "/unevaluatedProperties");
	loads("{\"x-note\": 1}", "/x-note");
	loads("{\"minimum\": \"1\"}", "/minimum");
	loads("{\"minimum\": 1e999}", "/minimum");
	loads("{\"multipleOf\": 0}", "/multipleOf");
	loads("{\"multipleOf\": -1}", "/multipleOf");
	loads("{\"multipleOf\": 0.1234567890123456789}", "/multipleOf");
	loads("{\"minLength\": -1}", "/minLength");
	loads("{\"minLength\": 1.5}", "/minLength");
	loads("{\"uniqueItems\": 1}", "/uniqueItems");
	loads("{\"enum\": []}", "/enum");
	loads("{\"pattern\": \"(\"}", "/pattern");
	loads("{\"pattern\": \"(a)\\\\1\"}", "/pattern");
	loads("{\"pattern\": \"(?=a)\"}", "/pattern");
	loads("{\"patternProperties\": {\"[\": true}}", "/patternProperties");
	loads("{\"properties\": []}", "/properties");
	loads("{\"properties\": {\"a\": 1}}", "/properties");
	loads("{\"properties\": {\"a\": {\"b\": {}}}}", "/properties/a/b");
	loads("{\"required\": [\"a\", \"a\"]}", "/required");
	loads("{\"required\": [1]}", "/required");
	loads("{\"pattern\": \"a)(?:b\"}", "/pattern");
	loads("{\"pattern\": \"a)|(b\"}", "/pattern");
	loads("{\"patternProperties\": {\"a)(?:b\": true}}", "/patternProperties");
	loads("{\"pattern\": \"(a[)]|\\\\))\"}", NULL);
	loads("{\"allOf\": []}", "/allOf");
	loads("{\"allOf\": {}}", "/allOf");
	loads("{\"prefixItems\": [1]}", "/prefixItems");
	loads("{\"$defs\": {\"a\": {\"typo\": 1}}}", "/$defs/a/typo");
	loads("{\"$ref\": \"https://example.org/s\"}", "/$ref");
	loads("{\"$ref\": \"#/$defs/a\"}", "/$ref");
	loads("{\"$ref\": \"#name\"}", "/$ref");
	loads("{\"$ref\": \"#/title\", \"title\": \"t\"}", "/$ref");
	loads("{\"$ref\": \"#\"}", "");
	loads("{\"$defs\": {\"a\": {\"$ref\": \"#/$defs/b\"}, \"b\": {\"anyOf\": [{\"not\": {\"$ref\": \"#/$defs/a\"}}]}}}", "/$defs/b");
	loads("{\"properties\": {\"next\": {\"$ref\": \"#\"}}}", NULL);
	loads("{\"$defs\": {\"a/b~c\": {\"type\": \"null\"}}, \"$ref\": \"#/$defs/a~1b~0c\"}", NULL);
	loads("{\"$defs\": {\"a\": {}}, \"$ref\": \"#/$defs/a~2\"}", "/$ref");
	loads("{\"$ref\": \"#/prefixItems/0/items\", \"prefixItems\": [{\"items\": {\"type\": \"null\"}}]}", NULL);
}

static struct ay_json_fault fault;

static int judge(const char *schema, const char *document)
{
	struct ay_json_schema *s;
	struct ay_json_doc *doc, *value;
	struct ay_budget budget;
	struct ay_uniq_pool pool = {.budget = &budget, .left = MIB};
	struct ay_error e;

	if (ay_json_parse(schema, strlen(schema), 100000, &doc, &e) || ay_json_schema_load(ay_json_root(doc), &s, &e)) {
		printf("# %s: %s\n", schema, e.msg);
		return -1;
	}
	if (ay_json_parse(document, strlen(document), 100000, &value, &e))
		abort();
	ay_budget_init(&budget, 1000);
	fault = (struct ay_json_fault){.where = ""};
	int rc = ay_json_schema_judge(s, ay_json_root(value), &pool, &fault);

	ok(budget.alloc_left == AY_LIMIT_SCAN_ALLOC, "all memory is given back");
	ay_json_free(value);
	ay_json_free(doc);
	ay_json_schema_free(s);
	return rc;
}

static void meets(const char *schema, const char *document)
{
	is_int(judge(schema, document), 1, "%.80s takes %.60s (%s)", schema, document, fault.message);
}

static void breaks(const char *schema, const char *document, const char *keyword)
{
	is_int(judge(schema, document), 0, "%.80s refuses %.60s", schema, document);
	is_str(fault.keyword, keyword, "by its keyword: %s", fault.message);
}

static void scalars(void)
{
	meets("true", "{}");
	breaks("false", "{}", "");
	meets("{\"type\": \"integer\"}", "1.0");
	meets("{\"type\": \"integer\"}", "1e2");
	meets("{\"type\": \"integer\"}", "123456789012345678901234567890");
	breaks("{\"type\": \"integer\"}", "1.5", "/type");
	meets("{\"type\": \"number\"}", "1");
	breaks("{\"type\": \"number\"}", "1e999", "");
	breaks("{\"type\": \"string\"}", "null", "/type");
	meets("{\"type\": [\"string\", \"null\"]}", "null");
	meets("{\"enum\": [1, \"a\", {\"x\": [1, 2], \"y\": null}]}", "{\"y\": null, \"x\": [1.0, 2e0]}");
	breaks("{\"enum\": [1, \"a\", {\"x\": [1, 2]}]}", "{\"x\": [2, 1]}", "/enum");
	breaks("{\"enum\": [0, \"\", false, null, [], {}]}", "\"0\"", "/enum");
	breaks("{\"enum\": [false]}", "0", "/enum");
	meets("{\"const\": 9007199254740993}", "9007199254740993");
	breaks("{\"const\": 9007199254740993}", "9007199254740992", "/const");
	meets("{\"const\": 9007199254740993}", "9007199254740993.0");
	meets("{\"const\": 1e20}", "100000000000000000000");
	meets("{\"const\": 0}", "-0.0e5");
	breaks("{\"type\": \"integer\"}", "9007199254740993.5", "/type");
	breaks("{\"uniqueItems\": true}", "[1e20, 100000000000000000000]", "/uniqueItems");
	breaks("{\"uniqueItems\": true}", "[[9007199254740992], [9007199254740992.0]]", "/uniqueItems");
	breaks("{\"uniqueItems\": true}", "[0, -0.0]", "/uniqueItems");
	breaks("{\"uniqueItems\": true}", "[0.1, 10e-2]", "/uniqueItems");
	meets("{\"uniqueItems\": true}", "[9007199254740992, 9007199254740993, 0.1, 0.2, 1e20, 1e21, 1e300]");
	meets("{\"minimum\": 1, \"maximum\": 3}", "1");
	meets("{\"minimum\": 1, \"maximum\": 3}", "3.0");
	breaks("{\"minimum\": 1}", "0.9999", "/minimum");
	breaks("{\"maximum\": 3}", "4", "/maximum");
	breaks("{\"maximum\": 99999999999999999998}", "99999999999999999999", "/maximum");
	breaks("{\"exclusiveMinimum\": 1}", "1", "/exclusiveMinimum");
	breaks("{\"exclusiveMaximum\": 1}", "1.0", "/exclusiveMaximum");
	meets("{\"exclusiveMinimum\": 1, \"exclusiveMaximum\": 2}", "1.5");
	meets("{\"minimum\": 1}", "\"text\"");
	meets("{\"multipleOf\": 0.1}", "0.3");
	meets("{\"multipleOf\": 0.01}", "4.02");
	breaks("{\"multipleOf\": 0.1}", "0.35", "/multipleOf");
	meets("{\"multipleOf\": 10}", "1e300");
	meets("{\"multipleOf\": 7}", "-49");
	breaks("{\"multipleOf\": 7}", "1e30", "/multipleOf");
	meets("{\"multipleOf\": 4}", "100");
	breaks("{\"multipleOf\": 8}", "100", "/multipleOf");
	breaks("{\"multipleOf\": 10}", "5", "/multipleOf");
	meets("{\"multipleOf\": 2.5}", "0");
	breaks("{\"multipleOf\": 1}", "0.1234567890123456789", "/multipleOf");
	meets("{\"multipleOf\": 1}", "1234567890123456780000000000");
	meets("{\"minLength\": 2, \"maxLength\": 2}", "\"\xc3\xa4\xc3\xb6\"");
	breaks("{\"minLength\": 2}", "\"a\"", "/minLength");
	breaks("{\"maxLength\": 2}", "\"abc\"", "/maxLength");
}

static void patterns(void)
{
	meets("{\"pattern\": \"b\"}", "\"abc\"");
	meets("{\"pattern\": \"b\"}", "\"a\\nb\\nc\"");
	breaks("{\"pattern\": \"^b\"}", "\"abc\"", "/pattern");
	breaks("{\"pattern\": \"b$\"}", "\"abc\"", "/pattern");
	meets("{\"pattern\": \"^abc$\"}", "\"abc\"");
	meets("{\"pattern\": \"^a|c$\"}", "\"xc\"");
	meets("{\"pattern\": \"^a|c$\"}", "\"ax\"");
	breaks("{\"pattern\": \"^a|c$\"}", "\"xax\"", "/pattern");
	meets("{\"pattern\": \"x|(a|b)c\"}", "\"_bc_\"");
	meets("{\"pattern\": \"[|]\"}", "\"a|\"");
	breaks("{\"pattern\": \"[|]\"}", "\"a\"", "/pattern");
	meets("{\"pattern\": \"a\\\\$\"}", "\"a$b\"");
	breaks("{\"pattern\": \"a\\\\$\"}", "\"ab\"", "/pattern");
	meets("{\"pattern\": \"\\\\|\"}", "\"a|b\"");
	meets("{\"pattern\": \"\"}", "\"anything\"");
	meets("{\"pattern\": \"^$\"}", "\"\"");
	breaks("{\"pattern\": \"^$\"}", "\"x\"", "/pattern");
}

static void arrays(void)
{
	breaks("{\"minItems\": 2}", "[1]", "/minItems");
	breaks("{\"maxItems\": 2}", "[1, 2, 3]", "/maxItems");
	meets("{\"items\": {\"type\": \"integer\"}}", "[1, 2]");
	breaks("{\"items\": {\"type\": \"integer\"}}", "[1, \"x\"]", "/items/type");
	is_str(fault.where, "/1", "where");
	meets("{\"prefixItems\": [{\"type\": \"integer\"}], \"items\": {\"type\": \"string\"}}", "[1, \"x\"]");
	breaks("{\"prefixItems\": [{\"type\": \"integer\"}], \"items\": {\"type\": \"string\"}}", "[\"x\"]", "/prefixItems/0/type");
	breaks("{\"prefixItems\": [true], \"items\": false}", "[1, 2]", "/items");
	meets("{\"prefixItems\": [true, true]}", "[1]");
	meets("{\"uniqueItems\": true}", "[1, \"1\", true, null, [], {}, [1], {\"a\": 1}]");
	breaks("{\"uniqueItems\": true}", "[1, 2, 1.0]", "/uniqueItems");
	is_str(fault.where, "/2", "the later one");
	breaks("{\"uniqueItems\": true}", "[{\"a\": 1, \"b\": [2]}, {\"b\": [2], \"a\": 1}]", "/uniqueItems");
	meets("{\"uniqueItems\": true}", "[{\"a\": 1, \"b\": 2}, {\"a\": 2, \"b\": 1}]");
	meets("{\"uniqueItems\": true}", "[[1, 2], [2, 1], [[1, 2]], \"a\", [\"a\"]]");
	meets("{\"uniqueItems\": true}", "[0, false, \"\", null]");
	meets("{\"uniqueItems\": false}", "[1, 1]");
}

static void objects(void)
{
	static const char closed[] = "{\"properties\": {\"a\": {\"type\": \"integer\"}}, \"patternProperties\": {\"^x_\": {\"type\": \"string\"}}, \"additionalProperties\": false}";

	meets(closed, "{\"a\": 1, \"x_b\": \"s\"}");
	breaks(closed, "{\"b\": 1}", "/additionalProperties");
	is_str(fault.where, "/b", "where");
	breaks(closed, "{\"x_b\": 1}", "/patternProperties/^x_/type");
	breaks(closed, "{\"a\": \"s\"}", "/properties/a/type");
	breaks("{\"required\": [\"b\", \"a\"]}", "{\"a\": 1, \"c\": 2}", "/required");
	ok(strstr(fault.message, "property b") != NULL, "which: %s", fault.message);
	meets("{\"required\": [\"b\", \"a\"]}", "{\"a\": 1, \"b\": 2}");
	breaks("{\"minProperties\": 1}", "{}", "/minProperties");
	breaks("{\"maxProperties\": 1}", "{\"a\": 1, \"b\": 2}", "/maxProperties");
	breaks("{\"properties\": {\"x_a\": {\"minLength\": 1}}, \"patternProperties\": {\"^x_\": {\"maxLength\": 2}}}", "{\"x_a\": \"abc\"}",
	       "/patternProperties/^x_/maxLength");
}

static void combined(void)
{
	static const char tree[] = "{\"type\": \"object\", \"properties\": {\"v\": {\"type\": \"integer\"}, \"next\": {\"$ref\": \"#\"}}, \"required\": [\"v\"]}";

	meets("{\"allOf\": [{\"minimum\": 1}, {\"maximum\": 2}]}", "2");
	breaks("{\"allOf\": [{\"minimum\": 1}, {\"maximum\": 2}]}", "3", "/allOf/1/maximum");
	meets("{\"anyOf\": [{\"type\": \"string\"}, {\"minimum\": 1}]}", "1");
	breaks("{\"anyOf\": [{\"type\": \"string\"}, {\"minimum\": 1}]}", "0", "/anyOf");
	meets("{\"oneOf\": [{\"minimum\": 3}, {\"multipleOf\": 2}]}", "2");
	breaks("{\"oneOf\": [{\"minimum\": 3}, {\"multipleOf\": 2}]}", "4", "/oneOf");
	breaks("{\"oneOf\": [{\"minimum\": 3}, {\"multipleOf\": 2}]}", "1", "/oneOf");
	meets("{\"not\": {\"type\": \"string\"}}", "1");
	breaks("{\"not\": {\"type\": \"string\"}}", "\"x\"", "/not");
	meets("{\"not\": {\"not\": {\"type\": \"string\"}}}", "\"x\"");
	meets(tree, "{\"v\": 1, \"next\": {\"v\": 2, \"next\": {\"v\": 3}}}");
	breaks(tree, "{\"v\": 1, \"next\": {\"v\": 2, \"next\": {}}}", "/required");
	is_str(fault.where, "/next/next", "deep inside");
	meets("{\"$defs\": {\"p\": {\"minimum\": 0}}, \"$ref\": \"#/$defs/p\", \"maximum\": 9}", "9");
	breaks("{\"$defs\": {\"p\": {\"minimum\": 0}}, \"$ref\": \"#/$defs/p\", \"maximum\": 9}", "-1", "/$defs/p/minimum");
	breaks("{\"$defs\": {\"p\": {\"minimum\": 0}}, \"$ref\": \"#/$defs/p\", \"maximum\": 9}", "10", "/maximum");
}

/* Alternatives inside of alternatives: twice the work at each level. */
static void bounded(void)
{
	static const char doubling[] = "{\"anyOf\": [{\"type\": \"array\", \"items\": {\"$ref\": \"#\"}, \"minItems\": 1}, {\"type\": \"array\", \"items\": {\"$ref\": \"#\"}, \"maxItems\": 1}], \"not\": {\"const\": 1}}";
	char deep[200];

	memset(deep, '[', 40);
	memcpy(deep + 40, "0", 1);
	memset(deep + 41, ']', 40);
	deep[81] = 0;
	is_int(judge(doubling, deep), AY_ELIMIT, "a document that takes too many steps is not judged");
}

/* ---- files ---- */

static void file_is(const char *schema, const char *path, const char *text, const char *rule, const char *what)
{
	is_str(scan_case_with(path, text, strlen(text), schema), rule, "%s", what);
}

static void files(void)
{
	static const char alone[] = "{\"x-json-schema\": {\"type\": \"object\", \"required\": [\"a\"]}}";
	static const char named[] = "{\"resources\": [{\"path\": \"*.jsonl\", \"x-json-schema\": {\"required\": [\"a\"], \"type\": \"object\"}}, {\"path\": \"one.json\", \"x-json-schema\": {\"type\": \"array\"}}, "
				    "{\"path\": \"*.csv\", \"x-json-schema\": true}]}";

	file_is(alone, "t.jsonl", "{\"a\": 1}\n{\"a\": 2}\n", "pass", "lines that meet it");
	file_is(alone, "t.jsonl", "{\"a\": 1}\n{\"b\": 2}\n", "schema.document", "one that does not");
	is_int((long long)scan_case_result.found[0].row, 2, "in row 2");
	is_int((long long)scan_case_result.found[0].off, 9, "at its offset");
	is_str(scan_case_result.found[0].limit, "/required", "by the keyword");
	is_int(scan_case_result.verdict, AY_FAIL, "fails");
	file_is(alone, "t.json", "{\"b\": 1}", "pass", "a document beside the rows is not one of them");
	file_is("{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"type\": \"object\"}", "t.jsonl", "1\n", "schema.document", "a schema by its own key");
	file_is("{\"x-json-schema\": {\"requierd\": []}}", "t.jsonl", "{}\n", "schema.invalid", "an unknown keyword");
	ok(strstr(scan_case_result.found[0].message, "/x-json-schema/requierd") != NULL, "where: %s", scan_case_result.found[0].message);
	file_is("{\"x-json-schema\": {}, \"fields\": []}", "t.jsonl", "{}\n", "schema.invalid", "documents and fields");
	file_is(named, "t.jsonl", "{}\n", "schema.document", "by its pattern");
	file_is(named, "one.json", "[1]", "pass", "a file that is one document");
	file_is(named, "one.json", "{}", "schema.document", "and breaks it");
	file_is(named, "t.csv", "a\n1\n", "schema.unsupported", "a table is no document");
	file_is(alone, "t.jsonl", "{\"\\u0000\": 1}\n", "schema.document", "a key that a schema cannot name");
}

int main(void)
{
	loading();
	scalars();
	patterns();
	arrays();
	objects();
	combined();
	bounded();
	files();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
