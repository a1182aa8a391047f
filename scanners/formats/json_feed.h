/* SPDX-License-Identifier: Apache-2.0 */
/* Where a JSON reader takes its bytes from: a source read forward, or bytes at hand. Both are an ay_json_fill. */
#ifndef ASSAY_FORMATS_JSON_FEED_H
#define ASSAY_FORMATS_JSON_FEED_H

#include "assay/json.h"
#include "assay/scan.h"

/* All borrowed; off starts at 0. */
struct ay_json_feed {
	struct ay_source *in;
	struct ay_budget *budget;
	uint64_t off;
};
/* arg: struct ay_json_feed. Ticks the budget. */
int64_t ay_json_feed_source(void *arg, void *dst, size_t len);
/* arg: struct ay_cursor, which moves. */
int64_t ay_json_feed_cursor(void *arg, void *dst, size_t len);

#endif
