/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GGUF 2 and 3 (ggml/docs/gguf.md): typed metadata, tensor infos, then tensors one behind the other. Nothing in it runs
 * when it is loaded but a chat template, which programs render. Lengths and offsets are held against the file, because
 * readers in C have trusted them.
 */
#include <inttypes.h>

#include "assay/ckd.h"
#include "scanners/data/uniq.h"
#include "scanners/formats/bytes.h"
#include "scanners/model/template.h"
#include "scanners/registry.h"

#define MAGIC "GGUF"
#define WINDOW (256 * KIB)
#define STRING_MAX (1 * MIB)        /* a template is the longest that models have */
#define NAME_MAX_BYTES 1024
#define DIMS_MAX 4
#define ALIGNMENT_DEFAULT 32
#define ALIGNMENT_MAX (64 * KIB)
#define UNIQUE_POOL (64 * MIB)

enum value_type { U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 };
static const uint8_t widths[] = { [U8] = 1, [I8] = 1, [U16] = 2, [I16] = 2, [U32] = 4, [I32] = 4, [F32] = 4, [BOOL] = 1,
				  [U64] = 8, [I64] = 8, [F64] = 8 };

/* Elements and bytes of one block. What never stands in a file (Q8_1, Q8_K) and what was withdrawn is not here. */
static const struct { uint16_t elements, bytes; } blocks[] = {
	[0] = { 1, 4 }, [1] = { 1, 2 }, [2] = { 32, 18 }, [3] = { 32, 20 }, [6] = { 32, 22 }, [7] = { 32, 24 }, [8] = { 32, 34 },
	[10] = { 256, 84 }, [11] = { 256, 110 }, [12] = { 256, 144 }, [13] = { 256, 176 }, [14] = { 256, 210 }, [16] = { 256, 66 },
	[17] = { 256, 74 }, [18] = { 256, 98 }, [19] = { 256, 50 }, [20] = { 32, 18 }, [21] = { 256, 110 }, [22] = { 256, 82 },
	[23] = { 256, 136 }, [24] = { 1, 1 }, [25] = { 1, 2 }, [26] = { 1, 4 }, [27] = { 1, 8 }, [28] = { 1, 8 }, [29] = { 256, 56 },
	[30] = { 1, 2 }, [34] = { 256, 54 }, [35] = { 256, 66 }, [39] = { 32, 17 },
};

struct reader {
	struct ay_scan *scan;
	struct ay_source *in;
	struct ay_buf window;
	struct ay_cursor c;
	struct ay_uniq_pool pool;
	struct ay_uniq names;
	uint64_t alignment;
	uint64_t data;                  /* bytes of the tensors so far, each padded */
	uint64_t unpadded;              /* the same, without the padding of the last */
	bool reported;
};

static int refuse(struct reader *r, const char *rule, uint64_t off, const char *why)
{
	ay_scan_find(r->scan, rule, off, "%s", why);
	r->reported = true;
	return AY_EFORMAT;
}

/* Makes the next len bytes lie in one piece behind the cursor. */
static int need(struct reader *r, uint64_t len)
{
	uint64_t left = r->in->size - r->c.off;
	int rc = ay_budget_tick(ay_scan_budget(r->scan));

	if (rc || r->c.left >= len)
		return rc;
	if (len > left)
		return refuse(r, "gguf.truncated", r->c.off, "a length reaches beyond the end of the file");
	if (left > (len < WINDOW ? WINDOW : len))
		left = len < WINDOW ? WINDOW : len;
	return ay_source_load(r->in, r->c.off, (size_t)left, &r->window, &r->c);
}

static int skip(struct reader *r, uint64_t len)
{
	uint64_t off = r->c.off;

	if (len <= r->c.left) {
		ay_cursor_skip(&r->c, len);
		return 0;
	}
	if (len > r->in->size - off)
		return refuse(r, "gguf.truncated", off, "an array reaches beyond the end of the file");
	r->c = ay_cursor_of(NULL, 0, off + len);
	return ay_budget_tick(ay_scan_budget(r->scan));
}

static int take_u32(struct reader *r, uint32_t *out)
{
	int rc = need(r, 4);

	*out = rc ? 0 : ay_cursor_le32(&r->c);
	return rc;
}

static int take_u64(struct reader *r, uint64_t *out)
{
	int rc = need(r, 8);

	*out = rc ? 0 : ay_cursor_le64(&r->c);
	return rc;
}

/* The bytes of one string; valid until the next read. */
static int take_string(struct reader *r, uint64_t max, struct ay_cursor *out)
{
	uint64_t off = r->c.off, len;
	int rc = take_u64(r, &len);

	if (rc == 0 && len > r->in->size - r->c.off)
		rc = refuse(r, "gguf.truncated", off, "a text is longer than the rest of the file");
	if (rc == 0 && len > max)
		rc = refuse(r, "gguf.malformed", off, "a text is longer than models have");
	if (rc == 0)
		rc = need(r, len);
	if (rc == 0)
		*out = ay_cursor_sub(&r->c, (size_t)len);
	return rc;
}

/* A key or a tensor's name, which must be new. It is kept in text, terminated. */
static int take_name(struct reader *r, const char *what, char text[NAME_MAX_BYTES + 1])
{
	uint64_t off = r->c.off;
	struct ay_uniq_state h;
	struct ay_cursor name;
	int rc = take_string(r, NAME_MAX_BYTES, &name);
	size_t len = rc ? 0 : name.left;

	if (rc)
		return rc;
	if (len == 0 || ay_bytes_find_bad_utf8(&name) != len)
		return refuse(r, "gguf.malformed", off, "a name is empty or not UTF-8");
	ay_cursor_copy(&name, text, len);
	text[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
			return refuse(r, "gguf.malformed", off, "a name holds a control character");
	ay_uniq_start(&h);
	ay_uniq_part(&h, what, strlen(what));
	ay_uniq_part(&h, text, len);
	rc = ay_uniq_add(&r->names, ay_uniq_finish(&h));
	if (rc == 0) {
		ay_scan_find(r->scan, "gguf.duplicate", off, "two %s are named %.200s", what, text);
		r->reported = true;
	}
	return rc == 1 ? 0 : rc == 0 ? AY_EFORMAT : rc;
}

static bool is_template(const char *key)
{
	const char *last = strrchr(key, '.');

	return last && (strncmp(last, ".chat_template", 14) == 0 || strncmp(key, "tokenizer.chat_template", 23) == 0);
}

static int take_text_value(struct reader *r, const char *key)
{
	struct ay_cursor text;
	int rc = take_string(r, STRING_MAX, &text);

	if (rc == 0 && is_template(key))
		ay_template_check(r->scan, text, text.off);
	return rc;
}

static int take_bool(struct reader *r)
{
	uint64_t off = r->c.off;
	int rc = need(r, 1);

	if (rc == 0 && ay_cursor_u8(&r->c) > 1)
		rc = refuse(r, "gguf.malformed", off, "a truth value is neither 0 nor 1");
	return rc;
}

static int take_array(struct reader *r, const char *key)
{
	uint64_t off = r->c.off, n, bytes;
	uint32_t type;
	int rc = take_u32(r, &type);

	if (rc == 0)
		rc = take_u64(r, &n);
	if (rc)
		return rc;
	if (type == ARRAY)
		return refuse(r, "gguf.malformed", off, "an array of arrays, which no model has and readers recurse into");
	if (type > F64)
		return refuse(r, "gguf.malformed", off, "an array of an unknown type");
	if (type != STRING && type != BOOL)
		return ay_ckd_mul_u64(n, widths[type], &bytes) ? refuse(r, "gguf.truncated", off, "an array is longer than a file can be") : skip(r, bytes);
	if (n > (r->in->size - r->c.off) / (type == STRING ? 8 : 1))
		return refuse(r, "gguf.truncated", off, "an array has more elements than the file has room for");
	for (uint64_t i = 0; rc == 0 && i < n; i++)
		rc = type == STRING ? take_text_value(r, key) : take_bool(r);
	return rc;
}

static int take_alignment(struct reader *r, uint32_t type)
{
	uint64_t off = r->c.off;
	uint32_t v;
	int rc = type == U32 ? take_u32(r, &v) : refuse(r, "gguf.malformed", off, "general.alignment is not a 32-bit number");

	if (rc == 0 && (v == 0 || v > ALIGNMENT_MAX || (v & (v - 1)) != 0))
		rc = refuse(r, "gguf.malformed", off, "general.alignment is not a power of two up to 65536");
	if (rc == 0)
		r->alignment = v;
	return rc;
}

static int take_pair(struct reader *r)
{
	char key[NAME_MAX_BYTES + 1];
	uint64_t off;
	uint32_t type;
	int rc = take_name(r, "keys", key);

	off = r->c.off;
	if (rc == 0)
		rc = take_u32(r, &type);
	if (rc)
		return rc;
	if (strcmp(key, "general.alignment") == 0)
		return take_alignment(r, type);
	switch (type) {
	case STRING: return take_text_value(r, key);
	case ARRAY: return take_array(r, key);
	case BOOL: return take_bool(r);
	default: break;
	}
	if (type > F64)
		return refuse(r, "gguf.malformed", off, "a value of an unknown type");
	return skip(r, widths[type]);
}

/* Elements of the shape; *first_out is the length of a row. */
static int take_shape(struct reader *r, uint64_t *first_out, uint64_t *elements_out)
{
	uint64_t off = r->c.off, dim;
	uint32_t dims;
	int rc = take_u32(r, &dims);

	*first_out = *elements_out = 1;
	if (rc == 0 && dims > DIMS_MAX)
		rc = refuse(r, "gguf.malformed", off, "a tensor has more than four dimensions");
	for (uint32_t i = 0; rc == 0 && i < dims; i++) {
		rc = take_u64(r, &dim);
		if (rc == 0 && (dim > INT64_MAX || ay_ckd_mul_u64(*elements_out, dim, elements_out) || *elements_out > INT64_MAX))
			rc = refuse(r, "gguf.layout", off, "a tensor has more elements than 63 bits can count");
		if (i == 0)
			*first_out = dim;
	}
	return rc;
}

static int take_tensor(struct reader *r)
{
	char name[NAME_MAX_BYTES + 1];
	uint64_t start = r->c.off, row, elements, off, bytes;
	uint32_t type;
	int rc = take_name(r, "tensors", name);

	if (rc == 0)
		rc = take_shape(r, &row, &elements);
	if (rc == 0)
		rc = take_u32(r, &type);
	if (rc == 0)
		rc = take_u64(r, &off);
	if (rc)
		return rc;
	if (type >= AY_ARRAY_LEN(blocks) || blocks[type].elements == 0)
		return refuse(r, "gguf.malformed", start, "a tensor has an unknown type");
	if (row % blocks[type].elements != 0)
		return refuse(r, "gguf.layout", start, "a row of a tensor does not end at a whole block of its type");
	if (ay_ckd_mul_u64(elements / blocks[type].elements, blocks[type].bytes, &bytes))
		return refuse(r, "gguf.layout", start, "a tensor has more bytes than 64 bits can count");
	if (off != r->data)
		return refuse(r, "gguf.layout", start, "a tensor does not follow the one before it: they overlap, or leave a hole");
	if (ay_ckd_add_u64(r->data, bytes, &r->unpadded) || ay_ckd_add_u64(r->unpadded, -r->unpadded & (r->alignment - 1), &r->data) ||
	    r->unpadded > r->in->size)
		return refuse(r, "gguf.truncated", start, "a tensor reaches beyond the end of the file");
	return 0;
}

/* Zeros to the first tensor, then the tensors to the end; the padding of the last may be left out. */
static int check_data(struct reader *r, uint64_t tensors)
{
	uint64_t header = r->c.off, pad = -header & (r->alignment - 1), left = r->in->size - header;
	int rc;

	if (tensors == 0 && left == 0)
		return 0;
	if (pad > left)
		return refuse(r, "gguf.truncated", header, "the file ends before its first tensor");
	rc = need(r, pad);
	for (uint64_t i = 0; rc == 0 && i < pad; i++)
		if (ay_cursor_u8(&r->c) != 0)
			return refuse(r, "gguf.layout", header + i, "bytes other than zero stand between the header and the first tensor");
	left -= pad;
	if (rc == 0 && left < r->unpadded)
		return refuse(r, "gguf.truncated", r->in->size, "the file ends before its last tensor does");
	if (rc == 0 && left != r->unpadded && left != r->data)
		return refuse(r, "gguf.layout", header + pad + r->data, "bytes follow the last tensor");
	return rc;
}

static int take_all(struct reader *r)
{
	uint64_t tensors, pairs;
	uint32_t version;
	int rc = need(r, 4);

	if (rc == 0) {
		ay_cursor_skip(&r->c, 4);
		rc = take_u32(r, &version);
	}
	if (rc == 0 && version != 2 && version != 3)
		return refuse(r, "gguf.version", 4, version == 0x02000000 || version == 0x03000000 ? "the file is big-endian" : "the version is neither 2 nor 3");
	if (rc == 0)
		rc = take_u64(r, &tensors);
	if (rc == 0)
		rc = take_u64(r, &pairs);
	if (rc)
		return rc;
	/* The shortest pair and tensor info there can be. */
	if (pairs > r->in->size / (8 + 1 + 4 + 1) || tensors > r->in->size / (8 + 1 + 4 + 4 + 8))
		return refuse(r, "gguf.truncated", 8, "there are more entries than the file has room for");
	for (uint64_t i = 0; rc == 0 && i < pairs; i++)
		rc = take_pair(r);
	for (uint64_t i = 0; rc == 0 && i < tensors; i++)
		rc = take_tensor(r);
	return rc ? rc : check_data(r, tensors);
}

static unsigned gguf_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_accept(&head, MAGIC, 4) ? 32 : 0;
}

static int gguf_scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader r = { .scan = s, .in = in, .window = ay_buf_new(STRING_MAX + WINDOW), .c = ay_cursor_of(NULL, 0, 0),
			    .pool = { ay_scan_budget(s), UNIQUE_POOL }, .alignment = ALIGNMENT_DEFAULT };
	int rc;

	ay_uniq_init(&r.names, &r.pool);
	rc = take_all(&r);
	if (rc && !r.reported) {
		struct ay_error e;

		ay_scan_find_error(s, "gguf", ay_error_at(&e, rc, r.c.off, "%s", ay_strerror(rc)), &e);
	}
	ay_uniq_free(&r.names);
	ay_buf_free(&r.window);
	return 0;
}

const struct ay_scanner ay_scanner_gguf = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "gguf", .version = 1, .bid = gguf_bid, .scan = gguf_scan
};
