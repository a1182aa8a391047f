/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/zarr_names.h"

#include <stdlib.h>
#include <string.h>

#include "assay/attr.h"

#define PREFIX "numcodecs."
#define DIGITS "0123456789"

static const char *const codecs2[] = {
	"adler32", "astype", "base64", "bitround", "blosc", "bz2", "crc32", "crc32c", "delta", "fixedscaleoffset", "fletcher32", "gzip",
	"jenkins_lookup3", "lz4", "lzma", "packbits", "pcodec", "quantize", "shuffle", "zfpy", "zlib", "zstd"
};

static const char *const codecs3[] = {"blosc", "bytes", "crc32c", "gzip", "sharding_indexed", "transpose", "zstd"};

static const char *const types3[] = {
	"bfloat16", "bool", "complex128", "complex64", "fixed_length_utf32", "float16", "float32", "float64", "float8_e4m3", "float8_e4m3fn",
	"float8_e5m2", "int16", "int32", "int4", "int64", "int8", "null_terminated_bytes", "numpy.datetime64", "numpy.timedelta64", "raw_bytes",
	"uint16", "uint32", "uint4", "uint64", "uint8"
};

static bool among(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

static const char *without_prefix(const char *name)
{
	return strncmp(name, PREFIX, sizeof(PREFIX) - 1) == 0 ? name + sizeof(PREFIX) - 1 : name;
}

const char *ay_zarr_object_codec(const char *name)
{
	static const char *const objects[] = {
		"categorize", "json", "json2", "msgpack", "msgpack2", "variable_length_bytes", "vlen-array", "vlen-bytes", "vlen-utf8"
	};

	name = without_prefix(name);
	if (strcmp(name, "pickle") == 0)
		return "unpickles the chunks, which runs what is in them";
	return among(name, objects, AY_ARRAY_LEN(objects)) ? "makes Python objects of the chunks" : NULL;
}

bool ay_zarr_codec2(const char *name)
{
	return among(name, codecs2, AY_ARRAY_LEN(codecs2));
}

bool ay_zarr_codec3(const char *name)
{
	return among(name, codecs3, AY_ARRAY_LEN(codecs3)) || (without_prefix(name) != name && ay_zarr_codec2(without_prefix(name)));
}

static const char *without_order(const char *dtype)
{
	return *dtype && strchr("<>|=", *dtype) ? dtype + 1 : dtype;
}

bool ay_zarr_is_object(const char *dtype)
{
	dtype = without_order(dtype);
	return strncmp(dtype, "object", 6) == 0 || (dtype[0] == 'O' && strspn(dtype + 1, DIGITS) == strlen(dtype + 1));
}

bool ay_zarr_dtype2(const char *dtype)
{
	static const char unit_chars[] = DIGITS "YMWDhmsunpfa";
	const char *p = without_order(dtype);
	char kind = *p;

	if (!kind || !strchr("biufcmMSUV", kind))
		return false;
	size_t digits = strspn(++p, DIGITS);

	if (digits == 0 || digits > 9)
		return false;
	p += digits;
	if ((kind == 'm' || kind == 'M') && *p == '[') {
		size_t unit = strspn(++p, unit_chars);

		return unit > 0 && strcmp(p + unit, "]") == 0;
	}
	return *p == '\0';
}

bool ay_zarr_type3(const char *name)
{
	/* Raw bits: r8, r16 and so on. */
	if (name[0] == 'r' && name[1] >= '1' && name[1] <= '9')
		return strlen(name) < 8 && strspn(name + 1, DIGITS) == strlen(name + 1);
	return among(name, types3, AY_ARRAY_LEN(types3));
}

uint64_t ay_zarr_size2(const char *dtype)
{
	const char *p = without_order(dtype);

	if (!ay_zarr_dtype2(dtype))
		return 0;
	return strtoul(p + 1, NULL, 10) * (*p == 'U' ? 4 : 1);
}

uint64_t ay_zarr_size3(const char *name)
{
	static const char *const bits[] = {"bfloat", "complex", "float", "int", "r", "uint"};
	size_t letters = strcspn(name, DIGITS), digits = strspn(name + letters, DIGITS);

	if (strcmp(name, "bool") == 0)
		return 1;
	if (!digits || digits > 6 || name[letters + digits])
		return 0;
	for (size_t i = 0; i < AY_ARRAY_LEN(bits); i++)
		if (strlen(bits[i]) == letters && strncmp(name, bits[i], letters) == 0)
			return strtoul(name + letters, NULL, 10) / 8;
	return 0;
}

bool ay_zarr_keeps_size(const char *name)
{
	return strcmp(name, "bytes") == 0 || strcmp(name, "transpose") == 0;
}

bool ay_zarr_chunk_name(const char *name)
{
	size_t n;

	if (strcmp(name, "c") == 0)
		return true;
	for (name += strncmp(name, "c.", 2) == 0 ? 2 : 0;; name += n + 1) {
		n = strspn(name, DIGITS);
		if (!n || (n > 1 && *name == '0'))
			return false;
		if (name[n] != '.')
			return !name[n];
	}
}
