/* SPDX-License-Identifier: Apache-2.0 */
/* One scan of the input, and what must hold of any result. A target may bring a scanner table of its own to stay with its format. */
#ifndef ASSAY_TESTS_FUZZ_SCAN_H
#define ASSAY_TESTS_FUZZ_SCAN_H

#include "assay/json.h"
#include "assay/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* schema: NULL, or what the input is judged by. */
static inline void fuzz_scan_by(const uint8_t *data, size_t size, const char *path, const char *schema)
{
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS, .path = path, .schema_json = schema, .schema_len = schema ? strlen(schema) : 0 };
	struct ay_source in = ay_source_memory(data, size);
	struct ay_buf text = ay_buf_new(AY_LIMIT_REPORT);
	struct ay_json_doc *doc = NULL;
	struct ay_scan_result r;

	if (ay_scan_run(&in, &o, &r) < 0)
		ay_bug("the driver gave no answer");
	if (r.verdict > AY_PASS && r.found_count == 0)
		ay_bug("a verdict without a finding");
	ay_scan_result_json(&r, path, size, &text);
	if (text.err || ay_json_parse(text.data, text.len, 100000, &doc, NULL) < 0)
		ay_bug("the result is not JSON");
	ay_json_free(doc);
	ay_buf_free(&text);
	ay_scan_result_free(&r);
}

static inline void fuzz_scan(const uint8_t *data, size_t size, const char *path)
{
	fuzz_scan_by(data, size, path, NULL);
}

/* The table of a target's own: scanners/registry.c is then not linked. */
#define FUZZ_SCANNERS(...) \
	const struct ay_scanner *const ay_scanners[] = { __VA_ARGS__ }; \
	const size_t ay_scanners_count = AY_ARRAY_LEN(ay_scanners); \
	const struct ay_scanner *ay_scanner_find(const char *name) \
	{ \
		for (size_t i = 0; i < ay_scanners_count; i++) \
			if (strcmp(ay_scanners[i]->name, name) == 0) \
				return ay_scanners[i]; \
		return NULL; \
	}

#endif
