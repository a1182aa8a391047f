/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of single scanners: runs the driver over memory and answers by rule. */
#ifndef ASSAY_TESTS_SCAN_CHECK_H
#define ASSAY_TESTS_SCAN_CHECK_H

#include "assay/scan.h"

/* Verdict of these bytes; *rule_out, when not NULL, is the first finding's rule, or "" (static storage of the table). */
static inline enum ay_verdict judge_bytes(const void *bytes, size_t len, const char **rule_out)
{
	struct ay_scan_options o = { .profiles = AY_PROFILE_WEIGHTS, .path = "test" };
	struct ay_source in = ay_source_memory(bytes, len);
	struct ay_scan_result r;
	enum ay_verdict v;

	if (ay_scan_run(&in, &o, &r) < 0)
		return AY_ERROR;
	v = r.verdict;
	if (rule_out)
		*rule_out = r.found_count ? r.found[0].rule->id : "";
	ay_scan_result_free(&r);
	return v;
}

#endif
