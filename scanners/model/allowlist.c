/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/allowlist.h"

const struct ay_allow_table *const ay_allow_tables[] = {
	&ay_allow_core, &ay_allow_torch, &ay_allow_torch_modules, &ay_allow_sklearn, &ay_allow_pandas, &ay_allow_trainer, NULL
};

struct pair { const char *module, *name; };

static int compare(const void *key, const void *row)
{
	const struct pair *k = key;
	const struct ay_allow *r = row;
	int order = strcmp(k->module, r->module);

	return order ? order : strcmp(k->name, r->name);
}

const struct ay_allow *ay_allow_find(const char *module, const char *name)
{
	static const char moved[] = "numpy._core.";
	char old[256];
	struct pair key = { module, name };

	if (strncmp(module, moved, sizeof(moved) - 1) == 0) {
		if (snprintf(old, sizeof(old), "numpy.core.%s", module + sizeof(moved) - 1) >= (int)sizeof(old))
			return NULL;
		key.module = old;
	}
	for (size_t i = 0; ay_allow_tables[i]; i++) {
		const struct ay_allow_table *t = ay_allow_tables[i];
		const struct ay_allow *found = bsearch(&key, t->rows, t->count, sizeof(*t->rows), compare);

		if (found)
			return found;
	}
	return NULL;
}
