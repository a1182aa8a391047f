/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/zarr.h"

#define KEEP 32      /* bytes of a key that the rules look at; a longer one is none of theirs */

enum file { ARRAY_2, GROUP_2, ATTRIBUTES_2, ALL_2, NODE_3 };

static const char *const files[] = {".zarray", ".zgroup", ".zattrs", ".zmetadata", "zarr.json"};

struct level {
	char key[KEEP];     /* of an object: the key whose value is next or open */
	bool array;
	uint32_t item;      /* of an array: items so far */
};

struct ay_zarr_rules {
	struct ay_scan *s;
	enum file file;
	size_t depth;       /* open containers; the document's own is levels[1] */
	size_t attributes;  /* the user's own values are open, from this depth on; 0: none are */
	bool attributes_next;
	struct level levels[AY_LIMIT_JSON_DEPTH + 2];
};

int ay_zarr_rules_new(struct ay_scan *s, const char *base, struct ay_zarr_rules **out)
{
	size_t file = 0;

	*out = NULL;
	while (file < AY_ARRAY_LEN(files) && strcmp(base, files[file]) != 0)
		file++;
	if (file == AY_ARRAY_LEN(files) || file == ATTRIBUTES_2)
		return 0;
	*out = ay_budget_alloc(ay_scan_budget(s), sizeof(**out));
	if (!*out)
		return AY_ELIMIT;
	memset(*out, 0, sizeof(**out));
	(*out)->s = s;
	(*out)->file = (enum file)file;
	return 0;
}

void ay_zarr_rules_free(struct ay_zarr_rules *r)
{
	if (r)
		ay_budget_free(ay_scan_budget(r->s), r);
}

static bool among(const char *text, size_t len, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (len == strlen(names[i]) && memcmp(text, names[i], len) == 0)
			return true;
	return false;
}

#define AMONG(text, len, ...) among(text, len, (const char *const[]){__VA_ARGS__}, AY_ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

/* The key whose value is open or next up levels above. */
static bool key_is(const struct ay_zarr_rules *r, size_t up, const char *want)
{
	return up <= r->depth && !r->levels[r->depth - up].array && strcmp(r->levels[r->depth - up].key, want) == 0;
}

/* The innermost container is the description of an array or group. */
static bool in_node(const struct ay_zarr_rules *r)
{
	switch (r->file) {
	case ALL_2: return r->depth == 3 && key_is(r, 2, "metadata");
	case NODE_3: return r->depth == 1 || (r->depth == 4 && key_is(r, 2, "metadata") && key_is(r, 3, "consolidated_metadata"));
	default: return r->depth == 1;
	}
}

static bool ends_with(const char *text, size_t len, const char *want)
{
	size_t n = strlen(want);

	return len >= n && memcmp(text + len - n, want, n) == 0;
}

static void judge_key(struct ay_zarr_rules *r, const char *text, size_t len, uint64_t off)
{
	struct level *l = &r->levels[r->depth];

	snprintf(l->key, sizeof(l->key), "%.*s", len < KEEP ? (int)len : 0, text);
	r->attributes_next = (r->file == NODE_3 && in_node(r) && strcmp(l->key, "attributes") == 0) ||
			     (r->file == ALL_2 && r->depth == 2 && key_is(r, 1, "metadata") && ends_with(text, len, ".zattrs"));
	if (in_node(r) && !r->attributes_next &&
	    !AMONG(text, len, "zarr_format", "shape", "dtype", "fill_value", "chunks", "compressor", "filters", "order", "dimension_separator", "node_type",
		   "data_type", "chunk_grid", "chunk_key_encoding", "codecs", "storage_transformers", "dimension_names", "consolidated_metadata"))
		ay_scan_find(r->s, "zarr.malformed", off, "Zarr has no such key in the description of an array or group");
}

static void judge_codec(struct ay_zarr_rules *r, const char *text, size_t len, uint64_t off)
{
	if (len > 10 && memcmp(text, "numcodecs.", 10) == 0) {
		text += 10;
		len -= 10;
	}
	if (AMONG(text, len, "blosc", "zlib", "gzip", "zstd", "lz4", "bz2", "lzma", "bytes", "transpose", "sharding_indexed", "crc32c", "crc32", "adler32",
		  "fletcher32", "jenkins_lookup3", "delta", "fixedscaleoffset", "quantize", "bitround", "packbits", "shuffle", "astype", "pcodec", "zfpy"))
		return;
	if (AMONG(text, len, "pickle"))
		ay_scan_find(r->s, "zarr.code", off, "the chunks are pickles, which run code when the array is read");
	else if (AMONG(text, len, "json2", "msgpack2", "categorize", "vlen-utf8", "vlen-bytes", "vlen-array"))
		ay_scan_find(r->s, "zarr.object", off, "the chunks are coded as Python objects by %.*s", (int)len, text);
	else
		ay_scan_find(r->s, "zarr.codec", off, "a codec that is not known, which its reader would look up among its plugins");
}

/* A NumPy type of a fixed size: byte order, kind, size, and a unit for times. */
static void judge_dtype(struct ay_zarr_rules *r, const char *text, size_t len, uint64_t off)
{
	struct ay_cursor c = ay_cursor_of(text, len, off);
	uint8_t order = ay_cursor_u8(&c), kind = ay_cursor_u8(&c);
	bool digits = false;

	if (kind == 'O') {
		ay_scan_find(r->s, "zarr.object", off, "the elements are Python objects");
		return;
	}
	while (ay_cursor_peek(&c, 0) >= '0' && ay_cursor_peek(&c, 0) <= '9') {
		ay_cursor_skip(&c, 1);
		digits = true;
	}
	bool unit = (kind == 'm' || kind == 'M') && c.left >= 3 && c.left < 16 && ay_cursor_peek(&c, 0) == '[' && ay_cursor_peek(&c, c.left - 1) == ']';

	if (c.err || !memchr("<>|", order, 3) || !memchr("biufcmMSUV", kind, 10) || !digits || (c.left && !unit))
		ay_scan_find(r->s, "zarr.malformed", off, "the type of the elements is none of NumPy's of a fixed size");
}

static void judge_data_type(struct ay_zarr_rules *r, const char *text, size_t len, uint64_t off)
{
	bool raw = len > 1 && len < 8 && text[0] == 'r';

	for (size_t i = 1; raw && i < len; i++)
		raw = text[i] >= '0' && text[i] <= '9';
	if (AMONG(text, len, "string", "bytes", "variable_length_bytes", "variable_length_utf8"))
		ay_scan_find(r->s, "zarr.object", off, "the elements have no fixed size and are coded as objects");
	else if (!raw && !AMONG(text, len, "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
				"bfloat16", "complex64", "complex128", "numpy.datetime64", "numpy.timedelta64", "fixed_length_utf32",
				"null_terminated_bytes", "raw_bytes"))
		ay_scan_find(r->s, "zarr.malformed", off, "the type of the elements is not known");
}

static void judge_name(struct ay_zarr_rules *r, const char *text, size_t len, uint64_t off)
{
	if (key_is(r, 1, "data_type"))
		judge_data_type(r, text, len, off);
	else if (key_is(r, 1, "chunk_grid") || key_is(r, 1, "chunk_key_encoding")) {
		if (!AMONG(text, len, "regular", "default", "v2"))
			ay_scan_find(r->s, "zarr.malformed", off, "the grid or the names of the chunks are of an unknown kind");
	} else
		judge_codec(r, text, len, off);
}

/* Of a structured type: a list of [name, type] or [name, type, shape], where type may be such a list again. */
static bool in_dtype(const struct ay_zarr_rules *r)
{
	size_t up = 0;

	while (up < r->depth && r->levels[r->depth - up].array)
		up++;
	return up > 1 && key_is(r, up, "dtype");
}

static void judge_string(struct ay_zarr_rules *r, const char *text, size_t len, uint64_t off)
{
	const struct level *l = &r->levels[r->depth];

	if (l->array) {
		if (key_is(r, 1, "codecs") || key_is(r, 1, "index_codecs") || key_is(r, 1, "filters") || key_is(r, 1, "storage_transformers"))
			judge_codec(r, text, len, off);
		else if (key_is(r, 1, "dtype") || (in_dtype(r) && l->item == 1))
			judge_dtype(r, text, len, off);
	} else if (key_is(r, 0, "id") || key_is(r, 0, "compressor")) {
		judge_codec(r, text, len, off);
	} else if (key_is(r, 0, "dtype") || key_is(r, 0, "astype") || key_is(r, 0, "encode_dtype") || key_is(r, 0, "decode_dtype")) {
		judge_dtype(r, text, len, off);
	} else if (key_is(r, 0, "data_type")) {
		judge_data_type(r, text, len, off);
	} else if (key_is(r, 0, "name")) {
		judge_name(r, text, len, off);
	} else if (key_is(r, 0, "shape") || key_is(r, 0, "chunks") || key_is(r, 0, "chunk_shape") || key_is(r, 0, "zarr_format")) {
		ay_scan_find(r->s, "zarr.malformed", off, "a text where numbers must be");
	}
}

/* Sides of the array and of its chunks. */
static void judge_number(struct ay_zarr_rules *r, const char *text, size_t len, uint64_t off)
{
	const struct level *l = &r->levels[r->depth];
	bool chunks = l->array && (key_is(r, 1, "chunks") || key_is(r, 1, "chunk_shape")), whole = len > 0 && len <= 18;

	if (!l->array && key_is(r, 0, "zarr_format") && (len != 1 || *text != (r->file == NODE_3 ? '3' : '2')))
		ay_scan_find(r->s, "zarr.malformed", off, "the version of the format is not the one of files of this name");
	if (!chunks && !(l->array && key_is(r, 1, "shape")))
		return;
	for (size_t i = 0; i < len; i++)
		whole &= text[i] >= '0' && text[i] <= '9';
	if (!whole || (chunks && *text == '0'))
		ay_scan_find(r->s, "zarr.malformed", off, "a side of the array or of its chunks is negative, zero, broken or beyond all sizes");
	else if (l->item >= AY_LIMIT_TENSOR_DIMS)
		ay_scan_find(r->s, "zarr.malformed", off, "more than %d dimensions", AY_LIMIT_TENSOR_DIMS);
}

static void open_container(struct ay_zarr_rules *r, bool array, uint64_t off)
{
	if (r->depth == 0 && array)
		ay_scan_find(r->s, "zarr.malformed", off, "the metadata is not an object");
	if (r->depth + 1 < AY_ARRAY_LEN(r->levels))
		r->depth++;
	r->levels[r->depth] = (struct level){.array = array};
	if (r->attributes_next && !r->attributes)
		r->attributes = r->depth;
	r->attributes_next = false;
}

void ay_zarr_rules_event(struct ay_zarr_rules *r, enum ay_json_event ev, const char *text, size_t len, uint64_t off)
{
	bool judged = !r->attributes;

	if (ev == AY_JSON_EV_KEY) {
		if (judged)
			judge_key(r, text, len, off);
		return;
	}
	if (ev == AY_JSON_EV_ARRAY || ev == AY_JSON_EV_OBJECT) {
		open_container(r, ev == AY_JSON_EV_ARRAY, off);
		return;
	}
	if (ev == AY_JSON_EV_ARRAY_END || ev == AY_JSON_EV_OBJECT_END) {
		if (r->attributes == r->depth)
			r->attributes = 0;
		r->depth -= r->depth > 0;
	} else if (judged && !r->attributes_next && r->depth == 0) {
		ay_scan_find(r->s, "zarr.malformed", off, "the metadata is not an object");
	} else if (judged && !r->attributes_next && ev == AY_JSON_EV_STRING) {
		judge_string(r, text, len, off);
	} else if (judged && !r->attributes_next && ev == AY_JSON_EV_NUMBER) {
		judge_number(r, text, len, off);
	}
	r->attributes_next = false;
	r->levels[r->depth].item++;
}
