/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/shape.h"

#include "scanners/data/schema.h"

static const struct { char kind; uint8_t size; const char *name; } dtypes[] = {
	{'b', 1, "bool"}, {'i', 1, "int8"}, {'i', 2, "int16"}, {'i', 4, "int32"}, {'i', 8, "int64"}, {'u', 1, "uint8"}, {'u', 2, "uint16"},
	{'u', 4, "uint32"}, {'u', 8, "uint64"}, {'f', 2, "float16"}, {'f', 4, "float32"}, {'f', 8, "float64"}, {'f', 12, "float96"},
	{'f', 16, "float128"}, {'c', 8, "complex64"}, {'c', 16, "complex128"}, {'c', 24, "complex192"}, {'c', 32, "complex256"},
	{'M', 8, "datetime64"}, {'m', 8, "timedelta64"}, {'S', 0, "bytes"}, {'U', 0, "str"}, {'O', 0, "object"}, {'V', 0, "void"},
};

const char *ay_shape_dtype(char kind, uint64_t size)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(dtypes); i++)
		if (dtypes[i].kind == kind && (dtypes[i].size == 0 || dtypes[i].size == size))
			return dtypes[i].name;
	return "void";
}

uint32_t ay_shape_dtype_bit(const char *name)
{
	for (size_t i = 0; i < AY_ARRAY_LEN(dtypes); i++)
		if (strcmp(dtypes[i].name, name) == 0)
			return 1u << i;
	return 0;
}

/* As NumPy writes it: "(60000, 28, 28)"; star: a dimension of any size. */
static void write_shape(const uint64_t *dims, const bool *any, unsigned count, char *out, size_t size)
{
	size_t len = (size_t)snprintf(out, size, "(");

	for (unsigned i = 0; i < count && len + 1 < size; i++) {
		const char *comma = i ? ", " : "";

		if (any && any[i])
			len += (size_t)snprintf(out + len, size - len, "%s*", comma);
		else
			len += (size_t)snprintf(out + len, size - len, "%s%llu", comma, (unsigned long long)dims[i]);
	}
	if (len + 1 < size)
		snprintf(out + len, size - len, ")");
}

static bool fits(const struct ay_shape *want, const uint64_t *dims, unsigned count)
{
	if (count != want->dim_count)
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!want->any[i] && want->dims[i] != dims[i])
			return false;
	return true;
}

static void judge(struct ay_scan *s, const struct ay_shape *want, const char *dtype, const uint64_t *dims, unsigned count)
{
	char value[128], limit[128];
	struct ay_finding f = {.rule = "schema.shape", .off = AY_NO_OFFSET, .value = value, .limit = limit};

	if (want->has_dims && !fits(want, dims, count)) {
		write_shape(dims, NULL, count, value, sizeof(value));
		write_shape(want->dims, want->any, want->dim_count, limit, sizeof(limit));
		snprintf(f.message, sizeof(f.message), "the shape is %s, the schema asks for %s", value, limit);
		ay_scan_find_full(s, &f);
	}
	if (want->dtypes && (!dtype || !(want->dtypes & ay_shape_dtype_bit(dtype)))) {
		snprintf(value, sizeof(value), "%s", dtype ? dtype : "none");
		f.rule = "schema.dtype";
		f.limit = NULL;
		snprintf(f.message, sizeof(f.message), "elements are of type %s, and the schema asks for another", value);
		ay_scan_find_full(s, &f);
	}
}

int ay_shape_judge(struct ay_scan *s, const char *dtype, const uint64_t *dims, unsigned count)
{
	const struct ay_schema *part;
	struct ay_schema *whole;
	int rc = ay_schema_open(s, AY_SCHEMA_OF_ARRAYS, &whole, &part);

	if (!rc && part)
		judge(s, &part->shape, dtype, dims, count);
	ay_schema_free(whole);
	return rc;
}
