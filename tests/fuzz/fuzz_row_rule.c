/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/row_rule.h"

#include "assay/attr.h"

static const struct { const char *name, *cell; enum ay_value_type type; } table[] = {
	{"n", "7", AY_VALUE_INTEGER}, {"x", "2.5", AY_VALUE_NUMBER}, {"s", "Ab", AY_VALUE_STRING}, {"b", "true", AY_VALUE_BOOLEAN},
	{"d", "2024-02-29", AY_VALUE_DATE}, {"t", "2024-02-29T12:00:00Z", AY_VALUE_DATETIME}, {"c", "12:00:00", AY_VALUE_TIME},
	{"y", "1999", AY_VALUE_YEAR}, {"a", "any", AY_VALUE_ANY}, {"l", "-12345678901234567890", AY_VALUE_INTEGER}, {"m", NULL, AY_VALUE_INTEGER},
};

static const char *name_of(const void *arg, size_t i)
{
	(void)arg;
	return table[i].name;
}

static enum ay_value_type type_of(const void *arg, size_t i)
{
	(void)arg;
	return table[i].type;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ay_row_columns columns = {AY_ARRAY_LEN(table), name_of, type_of, NULL};
	struct ay_value values[AY_ARRAY_LEN(table)];
	bool missing[AY_ARRAY_LEN(table)];
	struct ay_row_rule *r;
	struct ay_error e;

	if (ay_row_rule_compile((const char *)data, size, &columns, &r, &e) != 0)
		return 0;
	for (size_t i = 0; i < AY_ARRAY_LEN(table); i++) {
		missing[i] = !table[i].cell;
		if (!missing[i] && !ay_value_parse(table[i].type, table[i].cell, strlen(table[i].cell), &values[i]))
			__builtin_trap();
	}
	(void)ay_row_rule_judge(r, values, missing);
	ay_row_rule_free(r);
	return 0;
}
