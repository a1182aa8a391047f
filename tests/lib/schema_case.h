/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas that load, or are refused at a place. */
#ifndef ASSAY_SCHEMA_CASE_H
#define ASSAY_SCHEMA_CASE_H

#include "assay/schema.h"
#include "tests/lib/tap.h"

/* where: NULL, it loads. */
static inline void loads(const char *json, const char *where)
{
	struct ay_schema *s;
	struct ay_error e = {.where = ""};
	int err = ay_schema_load(json, strlen(json), &s, &e);

	if (where)
		ok(err == AY_EFORMAT && strcmp(e.where, where) == 0, "%s is refused at %s, says %s: %s", json, where, e.where, e.msg);
	else
		is_int(err, 0, "%s loads", json);
	ay_schema_free(s);
}

#endif
