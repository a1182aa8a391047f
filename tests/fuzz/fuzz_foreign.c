/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of two files as a worker that was taken over might hand them over: the first byte says where one ends. They are compared with
 * each other, and with what another dataset is asked for.
 */
#include "scanners/data/foreign.h"

#include "scanners/data/schema_load.h"
#include "scanners/registry.h"
#include "tests/fuzz/fuzz_scan.h"

#define FIELDS "\"fields\":[{\"name\":\"x\",\"type\":\"any\"}]"

FUZZ_SCANNERS(&ay_scanner_text, &ay_scanner_csv)

static void ignore(void *arg, size_t file, const char *rule, const char *value, const char *message)
{
	unsigned *told = arg;

	(void)file;
	(void)rule;
	(void)value;
	*told += strlen(message) > 0;
}

/* What is asked of the other dataset is a schema; the second file is the answer. */
static void package(struct ay_foreign_package *p, const struct ay_foreign_file *answer)
{
	static const char rows[] = "z\na\nb\n\nb\n";
	struct ay_buf ask = ay_buf_new(16 * MIB);
	struct ay_schema *asked;
	struct ay_error e;
	int rc;

	if (!ay_foreign_package_ref(p) || !ay_foreign_package_path(p))
		ay_bug("a package without its name");
	while ((rc = ay_foreign_package_ask(p, &ask)) == 1) {
		if (ay_schema_load_job(ask.data, ask.len, &asked, &e) != 0)
			ay_bug("what is asked does not load");
		ay_schema_free(asked);
		/* A table of the other dataset is asked. */
		fuzz_scan_by((const uint8_t *)rows, sizeof(rows) - 1, "t/a.csv", ay_buf_str(&ask)); /* own: text as bytes */
		ay_buf_clear(&ask);
	}
	if (rc)
		ay_bug("not everything is asked");
	if (ay_foreign_package_take(p, answer->keys, answer->keys_len) == 0)
		ay_foreign_package_judge(p, "datasets/y@v1");
	ay_foreign_package_cannot(p, "nobody looked");
	ay_buf_free(&ask);
}

static void check(const char *json, const struct ay_foreign_file *files, size_t n)
{
	struct ay_foreign_package *p;
	struct ay_schema *s;
	struct ay_error e;
	unsigned told = 0;

	if (ay_schema_load(json, strlen(json), &s, &e) != 0 || !ay_foreign_any(s))
		ay_bug("the schema does not load");
	ay_foreign_check(s, files, n, ignore, &told);
	for (size_t i = 0; ay_foreign_package_new(s, i, files, n, ignore, &told, &p) == 0; i++) {
		if (ay_foreign_package_sought(p))
			package(p, &files[1]);
		ay_foreign_package_judge(p, "datasets/y@v2");
		ay_foreign_package_free(p);
	}
	ay_schema_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char several[] =
		"{\"resources\":[{\"path\":\"a.csv\",\"schema\":{" FIELDS ",\"foreignKeys\":[{\"fields\":\"x\",\"reference\":"
		"{\"resource\":\"b\",\"fields\":\"y\"}}]}},{\"path\":\"b.csv\",\"name\":\"b\",\"schema\":{\"fields\":[{\"name\":\"y\",\"type\":\"any\"}]}}]}";
	static const char into[] = "{" FIELDS ",\"missingValues\":[\"\",\"NA\"],\"foreignKeys\":[{\"fields\":\"x\",\"reference\":{\"fields\":\"x\"}},{\"fields\":"
				   "\"x\",\"reference\":{\"package\":\"assay:datasets/y@v1\",\"resource\":\"t/*.csv\",\"fields\":\"z\"}}]}";
	size_t cut = size ? data[0] < size - 1 ? data[0] : size - 1 : 0;

	if (!size)
		return 0;
	struct ay_foreign_file files[] = {{"a.csv", data + 1, cut}, {"b.csv", data + 1 + cut, size - 1 - cut}, {"c.csv", NULL, 0}};

	check(several, files, 3);
	check(into, files, 3);
	return 0;
}
