/* SPDX-License-Identifier: Apache-2.0 */
/* TensorProto (onnx.proto3): type, shape and the one field that holds the data, here or in another file. */
#include "scanners/formats/onnx.h"

#include "assay/ckd.h"

enum { FLOAT_DATA = 4, INT32_DATA = 5, STRING_DATA = 6, INT64_DATA = 7, RAW_DATA = 9, DOUBLE_DATA = 10, UINT64_DATA = 11 };
#define DATA_FIELDS (1 << FLOAT_DATA | 1 << INT32_DATA | 1 << STRING_DATA | 1 << INT64_DATA | 1 << RAW_DATA | 1 << DOUBLE_DATA | 1 << UINT64_DATA)
#define DEFAULT_LOCATION 0
#define EXTERNAL_LOCATION 1
#define INT64 7

/* By TensorProto.DataType: bits of an element, the field of typed data, and how many elements one value of it holds, or values an element. */
static const struct { uint8_t bits, field, per_value, values; } types[] = {
	[1] = {32, FLOAT_DATA, 1, 1}, [2] = {8, INT32_DATA, 1, 1}, [3] = {8, INT32_DATA, 1, 1}, [4] = {16, INT32_DATA, 1, 1},
	[5] = {16, INT32_DATA, 1, 1}, [6] = {32, INT32_DATA, 1, 1}, [7] = {64, INT64_DATA, 1, 1}, [8] = {0, STRING_DATA, 1, 1},
	[9] = {8, INT32_DATA, 1, 1}, [10] = {16, INT32_DATA, 1, 1}, [11] = {64, DOUBLE_DATA, 1, 1}, [12] = {32, UINT64_DATA, 1, 1},
	[13] = {64, UINT64_DATA, 1, 1}, [14] = {64, FLOAT_DATA, 1, 2}, [15] = {128, DOUBLE_DATA, 1, 2}, [16] = {16, INT32_DATA, 1, 1},
	[17] = {8, INT32_DATA, 1, 1}, [18] = {8, INT32_DATA, 1, 1}, [19] = {8, INT32_DATA, 1, 1}, [20] = {8, INT32_DATA, 1, 1},
	[21] = {4, INT32_DATA, 2, 1}, [22] = {4, INT32_DATA, 2, 1}, [23] = {4, INT32_DATA, 2, 1}, [24] = {8, INT32_DATA, 1, 1},
	[25] = {2, INT32_DATA, 4, 1}, [26] = {2, INT32_DATA, 4, 1},
};

void ay_onnx_tensor_dim(struct ay_onnx_tensor *t, uint64_t dim)
{
	if (dim > INT64_MAX || ay_ckd_mul_u64(t->elements, dim, &t->elements))
		t->too_many = true;
}

/* Digits alone, at most 18. */
static bool number(const char *text, uint64_t *out)
{
	size_t len = strspn(text, "0123456789");

	if (!len || len > 18 || text[len])
		return false;
	for (*out = 0; *text; text++)
		*out = *out * 10 + (uint64_t)(*text - '0');
	return true;
}

bool ay_onnx_tensor_external(struct ay_onnx_tensor *t, const char *key, const char *value)
{
	t->has_external = true;
	if (strcmp(key, "location") == 0 && !t->has_file && strlen(value) < sizeof(t->file)) {
		t->has_file = true;
		snprintf(t->file, sizeof(t->file), "%s", value);
		return true;
	}
	if (strcmp(key, "length") == 0 && !t->has_length) {
		t->has_length = true;
		return number(value, &t->file_length);
	}
	if (strcmp(key, "offset") == 0 && !t->has_offset) {
		t->has_offset = true;
		return number(value, &t->file_offset);
	}
	return strcmp(key, "checksum") == 0;
}

/* Bytes as raw data; false when they do not fit 64 bits. */
static bool byte_size(const struct ay_onnx_tensor *t, uint64_t *out)
{
	uint64_t bits;

	if (ay_ckd_mul_u64(t->elements, types[t->data_type].bits, &bits))
		return false;
	*out = bits / 8 + (bits % 8 != 0);
	return true;
}

static int judge_external(struct ay_scan *s, const struct ay_onnx_tensor *t, uint64_t bytes)
{
	uint64_t end;

	if (!t->has_file || (t->fields & DATA_FIELDS) || t->data_type == 8)
		ay_scan_find(s, "onnx.tensor", t->off, "external data without a location, or beside data in the model, or of strings");
	else if (t->has_length && t->file_length != bytes)
		ay_scan_find(s, "onnx.tensor", t->off, "shape and type ask for %llu bytes, external_data for %llu", (unsigned long long)bytes,
			     (unsigned long long)t->file_length);
	else if (ay_ckd_add_u64(t->file_offset, bytes, &end))
		ay_scan_find(s, "onnx.tensor", t->off, "the external data ends beyond 64 bits");
	else
		return ay_scan_need_bare(s, t->file, end, t->off);
	return 0;
}

static void judge_inside(struct ay_scan *s, const struct ay_onnx_tensor *t, uint64_t bytes)
{
	unsigned field = types[t->data_type].field, there = t->fields & DATA_FIELDS;
	uint64_t per_value = types[t->data_type].per_value, want = t->elements / per_value + (t->elements % per_value != 0);

	if (t->has_external) {
		ay_scan_find(s, "onnx.tensor", t->off, "external_data of a tensor that lies in the model");
	} else if (there == 1u << RAW_DATA && t->data_type != 8) {
		if (t->raw != bytes)
			ay_scan_find(s, "onnx.tensor", t->off, "shape and type ask for %llu bytes, there are %llu", (unsigned long long)bytes,
				     (unsigned long long)t->raw);
	} else if ((there & ~(1u << field)) != 0) {
		ay_scan_find(s, "onnx.tensor", t->off, "the data lies in a field of another type, or in two");
	} else if (ay_ckd_mul_u64(want, types[t->data_type].values, &want) || t->counts[field] != want) {
		ay_scan_find(s, "onnx.tensor", t->off, "shape and type ask for %llu values, there are %llu", (unsigned long long)want,
			     (unsigned long long)t->counts[field]);
	}
}

int ay_onnx_tensor_judge(struct ay_scan *s, const struct ay_onnx_tensor *t)
{
	uint64_t bytes;

	if (t->data_type == 0 || t->data_type >= AY_ARRAY_LEN(types))
		ay_scan_find(s, "onnx.tensor", t->off, "data type %llu is unknown", (unsigned long long)t->data_type);
	else if (t->too_many || !byte_size(t, &bytes))
		ay_scan_find(s, "onnx.tensor", t->off, "the shape has a negative dimension, or more elements than 64 bits can count");
	else if (t->location == EXTERNAL_LOCATION)
		return judge_external(s, t, bytes);
	else if (t->location != DEFAULT_LOCATION)
		ay_scan_find(s, "onnx.tensor", t->off, "data_location %llu is unknown", (unsigned long long)t->location);
	else
		judge_inside(s, t, bytes);
	return 0;
}

void ay_onnx_sparse_take(struct ay_onnx_sparse *p, bool indices, const struct ay_onnx_tensor *t)
{
	if (indices) {
		p->indices = t->elements;
		p->index_type = t->data_type;
		p->index_dims = t->counts[1];
	} else {
		p->values = t->elements;
		p->value_dims = t->counts[1];
	}
	p->odd = p->odd || t->too_many;
}

void ay_onnx_sparse_judge(struct ay_scan *s, const struct ay_onnx_sparse *p, uint64_t off)
{
	uint64_t want = p->values;

	if (p->odd || p->value_dims != 1 || p->index_type != INT64)
		ay_scan_find(s, "onnx.tensor", off, "a sparse tensor whose values are not a list, or whose indices are not 64-bit integers");
	else if (p->index_dims != 1 && (p->index_dims != 2 || ay_ckd_mul_u64(want, p->dims, &want)))
		ay_scan_find(s, "onnx.tensor", off, "the indices of a sparse tensor are neither a list nor a table");
	else if (p->indices != want)
		ay_scan_find(s, "onnx.tensor", off, "a sparse tensor of %llu values needs %llu indices and has %llu", (unsigned long long)p->values,
			     (unsigned long long)want, (unsigned long long)p->indices);
}
