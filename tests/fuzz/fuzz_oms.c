/* SPDX-License-Identifier: Apache-2.0 */
/* Model signatures. Whatever list is taken is sorted, unique and of plain paths. */
#include <string.h>

#include "assay/claim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ay_statement st;
	struct ay_oms o;
	struct ay_error e;

	if (ay_statement_parse(data, size, &st, &e) < 0)
		return 0;
	if (ay_oms_parse(&st, &o, &e) == 0) {
		for (size_t i = 0; i < o.files.n; i++) {
			if (ay_path_check(o.files.v[i].path, strlen(o.files.v[i].path), &e) < 0)
				ay_bug("a path that is not plain: %s", e.msg);
			if (i && strcmp(o.files.v[i - 1].path, o.files.v[i].path) >= 0)
				ay_bug("not sorted or not unique at %zu", i);
		}
		ay_oms_free(&o);
	}
	ay_statement_free(&st);
	return 0;
}
