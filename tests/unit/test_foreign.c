/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/foreign.h"

#include "assay/schema.h"
#include "tests/lib/scan_case.h"
#include "tests/lib/schema_case.h"

/* Two integers and a text. */
#define FOREIGN(list) "{\"fields\": [{\"name\": \"a\", \"type\": \"integer\"}, {\"name\": \"b\", \"type\": \"integer\"}, {\"name\": \"c\", \"type\": \"string\"}], " \
		      "\"foreignKeys\": [" list "]}"

/* The same with a key into another dataset. */
#define INTO(fields, package, theirs) \
	FOREIGN("{\"fields\": " fields ", \"reference\": {\"package\": " package ", \"fields\": " theirs "}}")

/* ---- loading ---- */

static void loading(void)
{
	loads(FOREIGN("{\"fields\": \"a\", \"reference\": {\"fields\": \"b\"}}"), NULL);
	loads(FOREIGN("{\"fields\": [\"a\"], \"reference\": {\"resource\": \"\", \"fields\": [\"b\"]}}"), NULL);
	loads(FOREIGN("7"), "/foreignKeys/0");
	loads(FOREIGN("{\"reference\": {\"fields\": \"b\"}}"), "/foreignKeys/0/fields");
	loads(FOREIGN("{\"fields\": \"x\", \"reference\": {\"fields\": \"b\"}}"), "/foreignKeys/0/fields");
	loads(FOREIGN("{\"fields\": \"a\"}"), "/foreignKeys/0/reference");
	loads(FOREIGN("{\"fields\": \"a\", \"reference\": {\"fields\": \"x\"}}"), "/foreignKeys/0/reference/fields");
	loads(FOREIGN("{\"fields\": \"a\", \"reference\": {\"fields\": \"c\"}}"), "/foreignKeys/0/reference/fields");
	loads(FOREIGN("{\"fields\": \"a\", \"reference\": {\"fields\": [\"a\", \"b\"]}}"), "/foreignKeys/0/reference/fields");
	loads(FOREIGN("{\"fields\": \"a\", \"reference\": {\"resource\": \"other\", \"fields\": \"b\"}}"), "/foreignKeys/0/reference/resource");
	loads(FOREIGN("{\"fields\": \"a\", \"reference\": {\"resource\": \"datasets/x@v1\", \"fields\": \"b\"}}"), "/foreignKeys/0/reference/resource");
	loads(FOREIGN("{\"fields\": \"a\", \"reference\": {\"fields\": \"b\"}, \"onDelete\": 1}"), "/foreignKeys/0/onDelete");
	loads(INTO("\"a\"", "\"assay:datasets/x\", \"resource\": \"t/*.csv\"", "\"any name\""), NULL);
	loads(INTO("[\"a\", \"c\"]", "\"assay:datasets/x@v1\"", "[\"p\", \"q\"]"), NULL);
	loads(INTO("\"a\"", "\"https://data.example/datapackage.json\"", "\"p\""), "/foreignKeys/0/reference/package");
	loads(INTO("\"a\"", "\"assay:x\"", "\"p\""), "/foreignKeys/0/reference/package");
	loads(INTO("\"a\"", "\"assay:datasets/x@\"", "\"p\""), "/foreignKeys/0/reference/package");
	loads(INTO("\"a\"", "7", "\"p\""), "/foreignKeys/0/reference/package");
	loads(INTO("\"a\"", "\"assay:datasets/x\", \"resource\": \"\"", "\"p\""), "/foreignKeys/0/reference/resource");
	loads(INTO("\"a\"", "\"assay:datasets/x\"", "[]"), "/foreignKeys/0/reference/fields");
	loads(INTO("\"a\"", "\"assay:datasets/x\"", "[\"p\", \"q\"]"), "/foreignKeys/0/reference/fields");
	loads(INTO("[\"a\", \"c\"]", "\"assay:datasets/x\"", "[\"p\", \"p\"]"), "/foreignKeys/0/reference/fields");
	loads(INTO("\"a\"", "\"assay:datasets/x\"", "\"\""), "/foreignKeys/0/reference/fields");
}

/* ---- within an artifact ---- */

#define ORDERS "{\"path\": \"orders/*.csv\", \"schema\": {\"fields\": [{\"name\": \"id\", \"type\": \"integer\"}, {\"name\": \"who\", \"type\": \"string\"}, " \
	       "{\"name\": \"where\", \"type\": \"integer\"}], \"foreignKeys\": [{\"fields\": [\"who\", \"where\"], \"reference\": {\"resource\": \"people\", " \
	       "\"fields\": [\"name\", \"town\"]}}]}}"
#define PEOPLE "{\"path\": \"people*.csv\", \"name\": \"people\", \"schema\": {\"fields\": [{\"name\": \"town\", \"type\": \"integer\"}, " \
	       "{\"name\": \"name\", \"type\": \"string\"}]}}"

struct told { unsigned n; size_t file; char rule[64], value[64]; };

static void tell(void *arg, size_t file, const char *rule, const char *value, const char *message)
{
	struct told *t = arg;

	(void)message;
	t->n++;
	t->file = file;
	snprintf(t->rule, sizeof(t->rule), "%s", rule);
	snprintf(t->value, sizeof(t->value), "%s", value ? value : "");
}

/* Scans the files, of which texts has one each, and compares their keys. */
static struct told tree(const char *schema, const char *const *paths, const char *const *texts, size_t n)
{
	struct ay_foreign_file files[4];
	uint8_t *keys[4] = {NULL};
	struct told t = {.n = 0};
	struct ay_schema *s;
	struct ay_error e;

	if (ay_schema_load(schema, strlen(schema), &s, &e) != 0) {
		printf("# %s: %s\n", e.where, e.msg);
		t.n = 99;
		return t;
	}
	for (size_t i = 0; i < n; i++) {
		scan_case_with(paths[i], texts[i], strlen(texts[i]), schema);
		keys[i] = scan_case_result.keys;
		files[i] = (struct ay_foreign_file){paths[i], keys[i], scan_case_result.keys_len};
		scan_case_result.keys = NULL;
	}
	ay_foreign_check(s, files, n, tell, &t);
	for (size_t cut = 0; n && cut < files[0].keys_len; cut++) {
		struct told other = {.n = 0};
		uint8_t *exact = malloc(cut ? cut : 1);
		struct ay_foreign_file first = {paths[0], exact, cut};

		if (!exact)
			abort();
		memcpy(exact, keys[0], cut);
		ay_foreign_check(s, &first, 1, tell, &other);
		free(exact);
	}
	for (size_t i = 0; i < n; i++)
		free(keys[i]);
	ay_schema_free(s);
	return t;
}

static void foreign_keys(void)
{
	static const char schema[] = "{\"resources\": [" ORDERS ", " PEOPLE "]}";
	static const char self[] = FOREIGN("{\"fields\": \"b\", \"reference\": {\"fields\": \"a\"}}");
	static const char *const paths[] = {"orders/1.csv", "people1.csv", "people2.csv"};
	const char *good[] = {"id,who,where\n1,ann,7\n2,bob,7\n3,,7\n4,ann,\n", "town,name\n7,ann\n", "town,name\n07,bob\n"};
	const char *swapped[] = {"id,who,where\n1,ann,7\n2,bob,8\n", "town,name\n7,ann\n8,ann\n7,bob\n"};
	const char *empty[] = {"id,who,where\n1,ann,7\n", "town,name\n"};
	const char *wrong[] = {"id,who,where\n1,ann,7\n", "name,town\nann,7\n"};
	const char *chain[] = {"a,b,c\n1,,x\n2,1,x\n3,+2,x\n", ""}, *broken[] = {"a,b,c\n1,,x\n2,5,x\n"};
	static const char *const table[] = {"t.csv"};

	is_int(tree(schema, paths, good, 3).n, 0, "keys in two files, equal by value; missing parts refer to nothing");
	struct told t = tree(schema, paths, swapped, 2);

	ok(t.n == 1 && t.file == 0 && strcmp(t.rule, "schema.foreign-key") == 0, "parts that are there, but not in one row: %s", t.rule);
	is_str(t.value, "bob, 8", "by its value");
	t = tree(schema, paths, empty, 2);
	ok(t.n == 1 && strcmp(t.rule, "schema.foreign-key") == 0, "a target without rows has no key: %s", t.rule);
	t = tree(schema, paths, empty, 1);
	ok(t.n == 1 && strcmp(t.rule, "schema.foreign-key") == 0, "nor has one that is not there: %s", t.rule);
	t = tree(schema, paths, wrong, 2);
	ok(t.n == 2 && t.file == 0, "a target that was refused has none that is known: %u", t.n);
	is_int(tree(self, table, chain, 1).n, 0, "a table that refers to itself");
	t = tree(self, table, broken, 1);
	ok(t.n == 1 && strcmp(t.value, "5") == 0, "and one that fails to: %s", t.value);
}

/* ---- into another dataset ---- */

/* What the tables of another dataset have of the keys that a table refers to; each is scanned by what the keys ask for. */
static struct told package(const char *schema, const char *text, const char *const *paths, const char *const *theirs, size_t n)
{
	struct told t = {.n = 0};
	struct ay_foreign_package *p;
	struct ay_foreign_file file;
	struct ay_schema *s;
	struct ay_error e;

	if (ay_schema_load(schema, strlen(schema), &s, &e) != 0)
		return (struct told){.n = 99};
	scan_case_with("t.csv", text, strlen(text), schema);
	uint8_t *keys = scan_case_result.keys;

	file = (struct ay_foreign_file){"t.csv", keys, scan_case_result.keys_len};
	scan_case_result.keys = NULL;
	is_int(ay_foreign_package_new(s, 0, &file, 1, tell, &t, &p), 0, "a key into a package");
	for (int more = 1; more > 0;) {
		struct ay_buf ask = ay_buf_new(AY_LIMIT_SCHEMA);

		more = ay_foreign_package_ask(p, &ask);
		for (size_t i = 0; more > 0 && i < n; i++) {
			scan_case_with(paths[i], theirs[i], strlen(theirs[i]), ay_buf_str(&ask));
			for (size_t cut = 1; cut < scan_case_result.keys_len; cut++)
				ok(ay_foreign_package_take(p, scan_case_result.keys, cut) != 0 || cut == 0, "an answer that is cut at %zu", cut);
			if (scan_case_result.keys)
				is_int(ay_foreign_package_take(p, scan_case_result.keys, scan_case_result.keys_len), 0, "what %s has", paths[i]);
		}
		ay_buf_free(&ask);
	}
	ay_foreign_package_judge(p, "datasets/x@v1");
	ay_foreign_package_free(p);
	is_int(ay_foreign_package_new(s, 1, &file, 1, tell, &t, &p), AY_ENOTFOUND, "there is one");
	free(keys);
	ay_schema_free(s);
	return t;
}

static void packages(void)
{
	static const char one[] = INTO("\"a\"", "\"assay:datasets/x\"", "\"id\"");
	static const char two[] = INTO("[\"a\", \"c\"]", "\"assay:datasets/x\"", "[\"id\", \"name\"]");
	static const char *const paths[] = {"1.csv", "2.csv"}, *const json[] = {"t.jsonl"};
	const char *ids[] = {"more,id\nx,1\nx,\n", "id\n+2\nno number\n"}, *none[] = {"other\n1\n"};
	const char *pairs[] = {"name,id\nann,1\nbob,2\n"}, *lines[] = {"{\"id\": 1, \"z\": [1]}\n{\"z\": {\"y\": 1}}\n{\"id\": 2}\n"};

	is_int(package(one, "a,b,c\n1,,\n02,,\n,,\n", paths, ids, 2).n, 0, "keys of two tables, equal by value, among other columns");
	struct told t = package(one, "a,b,c\n1,,\n3,,\n", paths, ids, 2);

	ok(t.n == 1 && strcmp(t.rule, "schema.foreign-key") == 0 && strcmp(t.value, "3") == 0, "one that is in neither: %u %s", t.n, t.value);
	is_int(package(one, "a,b,c\n1,,\n2,,\n", json, lines, 1).n, 0, "documents, among other keys");
	is_int(package(two, "a,b,c\n1,,ann\n2,,bob\n", paths, pairs, 1).n, 0, "keys of two fields, in another order there");
	t = package(two, "a,b,c\n1,,bob\n", paths, pairs, 1);
	ok(t.n == 1 && strcmp(t.value, "1, bob") == 0, "parts of different rows: %s", t.value);
	is_int(package(one, "a,b,c\n,,\n", paths, ids, 2).n, 0, "no key is asked for");
	t = package(one, "a,b,c\n1,,\n", paths, none, 1);
	is_int(t.n, 1, "a table without the column has none");
}

/* Files that refer to the same keys, which fill the room for them over and over. */
static void repeated_keys(void)
{
	static const char one[] = INTO("\"a\"", "\"assay:datasets/x\"", "\"id\"");
	enum { KEYS = 1500, FILES = 4 };
	struct ay_foreign_file files[FILES];
	struct ay_foreign_package *p;
	struct ay_buf keys = ay_buf_new(MIB);
	struct told t = {.n = 0};
	struct ay_schema *s;
	struct ay_error e;

	if (ay_schema_load(one, strlen(one), &s, &e) != 0)
		return;
	ay_buf_le32(&keys, 0);
	ay_buf_addc(&keys, AY_FOREIGN_REFERS);
	ay_buf_le64(&keys, KEYS);
	for (uint64_t i = 0; i < KEYS; i++) {
		ay_buf_le64(&keys, i * 7919);
		ay_buf_le64(&keys, 0);
		ay_buf_le64(&keys, i + 1);
		ay_buf_addc(&keys, 0);
	}
	for (size_t i = 0; i < FILES; i++)
		files[i] = (struct ay_foreign_file){"t.csv", keys.data, keys.len};
	is_int(ay_foreign_package_new(s, 0, files, FILES, tell, &t, &p), 0, "four files with the same keys");
	is_int((long long)ay_foreign_package_sought(p), KEYS, "each is looked for once");
	ay_foreign_package_free(p);
	ay_buf_free(&keys);
	ay_schema_free(s);
}

/* More keys than are kept: not judged. */
static void many_keys(void)
{
	static const char self[] = FOREIGN("{\"fields\": \"b\", \"reference\": {\"fields\": \"a\"}}");
	struct ay_buf b = ay_buf_new(16 * MIB);

	ay_buf_adds(&b, "a,b,c\n");
	for (int i = 0; i < 140000; i++)
		ay_buf_addf(&b, "%d,,x\n", i);
	is_str(scan_case_with("t.csv", b.data, b.len, self), "schema.foreign-key-unknown", "too many keys");
	is_int(scan_case_result.verdict, AY_ERROR, "are not judged");
	ok(!scan_case_result.keys, "and not handed over");
	ay_buf_free(&b);
}

int main(void)
{
	loading();
	foreign_keys();
	packages();
	repeated_keys();
	many_keys();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
