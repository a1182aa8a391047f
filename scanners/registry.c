/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/registry.h"

const struct ay_scanner *const ay_scanners[] = {
	NULL
};
const size_t ay_scanners_count = AY_ARRAY_LEN(ay_scanners) - 1;

const struct ay_scanner *ay_scanner_find(const char *name)
{
	for (size_t i = 0; i < ay_scanners_count; i++)
		if (strcmp(ay_scanners[i]->name, name) == 0)
			return ay_scanners[i];
	return NULL;
}
