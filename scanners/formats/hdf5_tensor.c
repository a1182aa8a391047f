/* SPDX-License-Identifier: Apache-2.0 */
/* Datasets of HDF5 as tensors: what their types are in safetensors, and names from their paths. */
#include "assay/extract.h"
#include "scanners/formats/hdf5.h"

/* IEEE's formats, and bfloat16, by where their fields lie. */
static const struct { uint8_t size, exponent, mantissa; uint16_t bias; uint8_t dtype; } floats[] = {
	{ 2, 5, 10, 15, AY_DTYPE_F16 }, { 2, 8, 7, 127, AY_DTYPE_BF16 }, { 4, 8, 23, 127, AY_DTYPE_F32 }, { 8, 11, 52, 1023, AY_DTYPE_F64 },
};
static const struct { uint8_t size; bool is_signed; uint8_t dtype; } integers[] = {
	{ 1, false, AY_DTYPE_U8 }, { 1, true, AY_DTYPE_I8 }, { 2, false, AY_DTYPE_U16 }, { 2, true, AY_DTYPE_I16 },
	{ 4, false, AY_DTYPE_U32 }, { 4, true, AY_DTYPE_I32 }, { 8, false, AY_DTYPE_U64 }, { 8, true, AY_DTYPE_I64 },
};

static enum ay_dtype dtype_of(const struct ay_hdf5_array *a)
{
	if (a->kind == AY_HDF5_TRUTH)
		return a->size == 1 ? AY_DTYPE_BOOL : AY_DTYPE_NONE;
	for (size_t i = 0; a->kind == AY_HDF5_REAL && i < AY_ARRAY_LEN(floats); i++)
		if (floats[i].size == a->size && floats[i].exponent == a->exponent && floats[i].mantissa == a->mantissa && floats[i].bias == a->bias)
			return (enum ay_dtype)floats[i].dtype;
	for (size_t i = 0; a->kind == AY_HDF5_WHOLE && i < AY_ARRAY_LEN(integers); i++)
		if (integers[i].size == a->size && integers[i].is_signed == a->is_signed)
			return (enum ay_dtype)integers[i].dtype;
	return AY_DTYPE_NONE;
}

int ay_hdf5_tensor(struct ay_scan *s, struct ay_source *in, const char *path, const struct ay_hdf5_array *a)
{
	struct ay_layout l = { .dtype = dtype_of(a), .swap = a->big_endian, .dims = (uint8_t)a->dims };
	char name[AY_LIMIT_TENSOR_NAME];
	struct ay_source_window w;
	struct ay_source data;
	size_t len = strlen(path);

	if (len < 2 || len >= AY_HDF5_PATH - 1) {
		ay_extract_refuse(s, AY_NO_OFFSET, "the path of a dataset is too long");
		return 0;
	}
	snprintf(name, sizeof(name), "%s", path + 1);
	for (char *p = strchr(name, '/'); p; p = strchr(p, '/'))
		*p = '.';
	if (a->kind == AY_HDF5_OTHER || a->kind == AY_HDF5_TEXT || a->kind == AY_HDF5_HEAPED) {
		ay_extract_leave_out(s, name, "texts, structures or references");
		return 0;
	}
	if (l.dtype == AY_DTYPE_NONE || a->dims > AY_LIMIT_TENSOR_DIMS)
		ay_extract_refuse(s, AY_NO_OFFSET, "%s has a type or more dimensions than safetensors can represent", name);
	else if (!a->contiguous)
		ay_extract_refuse(s, AY_NO_OFFSET, "%s is stored in chunks, compressed or not at all, which is not read", name);
	else if (ay_source_sub(in, a->off, a->bytes, &w, &data) < 0)
		ay_extract_refuse(s, a->off, "the data of %s is not in the file", name);
	if (ay_scan_extract(s)->refused[0])
		return 0;
	for (unsigned i = 0; i < a->dims; i++)
		l.shape[i] = a->shape[i];
	if (!ay_layout_dense(&l, false)) {
		ay_extract_refuse(s, AY_NO_OFFSET, "the items of %s cannot be counted", name);
		return 0;
	}
	return ay_extract_tensor(s, name, &l, &data);
}
