/* SPDX-License-Identifier: Apache-2.0 */
/* A table whose texts that say that a value is missing ("", "NA") are missing values, as a schema takes them. */
#ifndef ASSAY_SCANNERS_ROWS_MISSING_H
#define ASSAY_SCANNERS_ROWS_MISSING_H

#include "scanners/data/rows.h"

struct ay_rows_missing {
	const struct ay_rows *in;
	bool (*says)(void *arg, const char *text, size_t len);
	void *arg;
};
/* Borrows the struct. Rows come one by one; of images there are no looks. */
struct ay_rows ay_rows_missing(struct ay_rows_missing *table);

#endif
