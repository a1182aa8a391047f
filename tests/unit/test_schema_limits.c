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

int main(void)
{
	endless_croissant();
	ay_scan_result_free(&scan_case_result);
	return done_testing();
}
