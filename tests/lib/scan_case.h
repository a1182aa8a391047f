/* SPDX-License-Identifier: Apache-2.0 */
/* One scan of bytes in memory, for table-driven tests of scanners. */
#ifndef ASSAY_SCAN_CASE_H
#define ASSAY_SCAN_CASE_H

#include "assay/scan.h"
#include "tests/lib/tap.h"

static struct ay_scan_result scan_case_result;

/* The rule of the first finding, or "pass"; the result stays in scan_case_result until the next call. */
static inline const char *scan_case_with(const char *path, const void *bytes, size_t len, const char *schema)
{
	/* An allocation of its exact size, so that a sanitizer sees one byte too many. */
	uint8_t *exact = malloc(len ? len : 1);
	struct ay_scan_options o = {.profiles = AY_PROFILE_WEIGHTS, .path = path, .schema_json = schema,
				    .schema_len = schema ? strlen(schema) : 0};

	if (!exact)
		abort();
	memcpy(exact, bytes, len);
	struct ay_source in = ay_source_memory(exact, len);

	ay_scan_result_free(&scan_case_result);
	if (ay_scan_run(&in, &o, &scan_case_result) != 0)
		abort();
	free(exact);
	return scan_case_result.found_count ? scan_case_result.found[0].rule->id : "pass";
}

#define scan_case(path, literal) scan_case_with(path, literal, sizeof(literal) - 1, NULL)
#define scan_is(path, literal, rule, ...) is_str(scan_case(path, literal), rule, __VA_ARGS__)

#endif
