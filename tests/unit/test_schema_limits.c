/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas that are too large for what one scan may take, in memory or in time. */
#include "assay/schema.h"

#include "assay/text.h"
#include "tests/lib/scan_case.h"

/* Each of many files has its columns among many: who wrote that down is not waited for. */
static void endless_croissant(void)
{
	struct ay_buf json = ay_buf_new(8 * MIB), out = ay_buf_new(AY_LIMIT_SCHEMA);
	const char *between = "";
	struct ay_budget b;
	struct ay_error e;

	ay_buf_adds(&json, "{\"conformsTo\": \"croissant\", \"distribution\": [");
	for (int i = 0; i < 20000; i++, between = ",")
		ay_buf_addf(&json, "%s{\"@id\":\"f%d\"}", between, i);
	ay_buf_adds(&json, "], \"recordSet\": [{\"field\": [");
	between = "";
	for (int i = 0; i < 40000; i++, between = ",")
		ay_buf_addf(&json, "%s{\"source\":{\"fileObject\":\"f0\",\"extract\":{\"column\":\"%d\"}}}", between, i);
	ay_buf_adds(&json, "]}]}");
	struct ay_source in = ay_source_memory(json.data, json.len);

	ay_budget_init(&b, json.len);
	b.deadline_ms = ay_time_mono_ms() + 300;
	ok(!json.err && ay_schema_infer(&in, "croissant.json", &b, &out, &e) < 0, "metadata that would take for ever are given up");
	ay_buf_free(&json);
	ay_buf_free(&out);
}

/* A limit says nothing about what the schema holds: not that it is none, and not that a table passes. */
static void limits(void)
{
	static const char head[] = "{\"fields\": [{\"name\": \"a\", \"type\": \"any\"}], \"x-profile\": \"", tail[] = "\"}";
	size_t fill = AY_LIMIT_REFERENCE / 3 * 4 + 4, len = sizeof(head) - 1 + fill + sizeof(tail) - 1;
	char *json = malloc(len + 1);
	struct ay_error e = {.where = ""};
	struct ay_schema *s;

	if (!json)
		abort();
	memcpy(json, head, sizeof(head) - 1);
	memset(json + sizeof(head) - 1, 'A', fill);
	memcpy(json + sizeof(head) - 1 + fill, tail, sizeof(tail));
	is_int(ay_schema_load(json, len, &s, &e), AY_ELIMIT, "a reference beyond the limit is refused as such: %s", e.msg);
	is_str(e.where, "/x-profile", "at its place");
	is_str(scan_case_with("t.csv", "a\n1\n", 4, json), "limit.exceeded", "and no table is judged by it");
	json[sizeof(head) - 1] = '!';
	is_int(ay_schema_load(json, len, &s, &e), AY_ELIMIT, "before anything of it is looked at");
	memcpy(json + sizeof(head) - 1 + 8, tail, sizeof(tail));
	is_int(ay_schema_load(json, strlen(json), &s, &e), AY_EFORMAT, "what is no base64 is no reference: %s", e.msg);
	is_str(scan_case_with("t.csv", "a\n1\n", 4, json), "schema.invalid", "and is the schema's fault");
	free(json);
}

int main(void)
{
	endless_croissant();
	limits();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
