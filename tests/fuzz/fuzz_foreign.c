/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of two files as a worker that was taken over might hand them over: the first byte says where one ends. */
#include "scanners/data/foreign.h"

#include "assay/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *arg, size_t file, const char *rule, const char *value, const char *message)
{
	unsigned *told = arg;

	(void)file;
	(void)rule;
	(void)value;
	*told += strlen(message) > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char json[] =
		"{\"resources\":[{\"path\":\"a.csv\",\"schema\":{\"fields\":[{\"name\":\"x\",\"type\":\"any\"}],\"foreignKeys\":[{\"fields\":\"x\",\"reference\":"
		"{\"resource\":\"b\",\"fields\":\"y\"}}]}},{\"path\":\"b.csv\",\"name\":\"b\",\"schema\":{\"fields\":[{\"name\":\"y\",\"type\":\"any\"}]}}]}";
	size_t cut = size ? data[0] < size - 1 ? data[0] : size - 1 : 0;
	struct ay_schema *s;
	struct ay_error e;
	unsigned told = 0;

	if (!size)
		return 0;
	struct ay_foreign_file files[] = {{"a.csv", data + 1, cut}, {"b.csv", data + 1 + cut, size - 1 - cut}};

	if (ay_schema_load(json, sizeof(json) - 1, &s, &e) != 0)
		__builtin_trap();
	ay_foreign_check(s, files, 2, ignore, &told);
	ay_schema_free(s);
	return 0;
}
