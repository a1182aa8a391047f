/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MXNet's lists of arrays (.params): a header, arrays one after the other, and
 * their names, to the last byte. Sparse arrays and those of the oldest layout,
 * which has no mark of its own, are refused.
 */
#include <inttypes.h>

#include "assay/ckd.h"
#include "scanners/registry.h"

#define LIST_MAGIC 0x112
#define V1_MAGIC 0xF993FAC8u
#define V2_MAGIC 0xF993FAC9u
#define V3_MAGIC 0xF993FACAu
#define MAX_DIMS 32
#define MAX_NAME 1024
#define MAX_HEAD (4 + 4 + 4 + 8 * MAX_DIMS + 12)

/* Bytes of an element by type; 0: unknown. */
static const uint8_t type_bytes[] = {4, 8, 2, 1, 4, 1, 8, 1, 2, 2, 4, 8, 2};

struct reader {
	struct ay_scan *s;
	struct ay_source *in;
	struct ay_buf b;
	uint64_t off;
	uint64_t arrays;
	const char *why;
};

static unsigned mxnet_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_le64(&head) == LIST_MAGIC && ay_cursor_le64(&head) == 0 && !head.err ? 128 : 0;
}

static int malformed(struct reader *r, const char *why)
{
	r->why = why;
	return AY_EFORMAT;
}

/* A cursor over what is at the offset, at most max bytes. */
static int load(struct reader *r, size_t max, struct ay_cursor *out)
{
	uint64_t left = r->in->size - r->off;
	int err = ay_budget_tick(ay_scan_budget(r->s));

	if (err)
		return err;
	if (left == 0)
		return AY_ETRUNC;
	return ay_source_load(r->in, r->off, left < max ? (size_t)left : max, &r->b, out);
}

static int take_u64(struct reader *r, uint64_t *out)
{
	struct ay_cursor c;
	int err = load(r, 8, &c);

	if (err)
		return err;
	*out = ay_cursor_le64(&c);
	r->off += c.err ? 0 : 8;
	return c.err;
}

/* Dimensions, device and type; *bytes_out is what the data needs. An array without a shape has nothing behind it. */
static int take_shape(struct reader *r, struct ay_cursor *c, bool numpy, uint64_t *bytes_out)
{
	uint32_t dims = ay_cursor_le32(c), type;
	uint64_t bytes = 1;

	*bytes_out = 0;
	if (c->err || dims == (numpy ? UINT32_MAX : 0))
		return c->err;
	if (dims > MAX_DIMS)
		return malformed(r, "an array has more than 32 dimensions");
	for (uint32_t i = 0; i < dims; i++) {
		uint64_t dim = ay_cursor_le64(c);

		if (dim > INT64_MAX || ay_ckd_mul_u64(bytes, dim, &bytes))
			return malformed(r, "an array has a negative size, or one that 64 bits cannot count");
	}
	ay_cursor_skip(c, 8);
	type = ay_cursor_le32(c);
	if (c->err)
		return c->err;
	if (type >= sizeof(type_bytes) || !type_bytes[type])
		return malformed(r, "an array has an unknown type");
	if (ay_ckd_mul_u64(bytes, type_bytes[type], bytes_out))
		return malformed(r, "an array has more bytes than 64 bits can count");
	return 0;
}

static int take_array(struct reader *r)
{
	struct ay_cursor c;
	uint64_t bytes;
	int err = load(r, MAX_HEAD, &c);
	uint32_t magic = err ? 0 : ay_cursor_le32(&c);

	if (err || c.err)
		return err ? err : c.err;
	if (magic != V1_MAGIC && magic != V2_MAGIC && magic != V3_MAGIC)
		return malformed(r, "an array has no mark of a known layout");
	if (magic != V1_MAGIC && ay_cursor_le32(&c) != 0 && !c.err)
		return malformed(r, "an array is sparse, which is not judged");
	err = take_shape(r, &c, magic == V3_MAGIC, &bytes);
	if (err)
		return err;
	r->off = c.off;
	if (bytes > r->in->size - r->off)
		return AY_ETRUNC;
	r->off += bytes;
	return 0;
}

static int take_name(struct reader *r)
{
	struct ay_cursor c;
	uint64_t len;
	int err = take_u64(r, &len);

	if (err)
		return err;
	if (len > r->in->size - r->off)
		return AY_ETRUNC;
	if (len == 0 || len > MAX_NAME)
		return malformed(r, "a name is empty or too long");
	err = load(r, (size_t)len, &c);
	for (; !err && c.left; ay_cursor_skip(&c, 1))
		if (ay_cursor_peek(&c, 0) < 0x20 || ay_cursor_peek(&c, 0) >= 0x7f)
			return malformed(r, "a name has characters other than plain ones");
	r->off += len;
	return err;
}

static int take_list(struct reader *r)
{
	uint64_t names;
	int err = take_u64(r, &r->arrays);

	/* Each array takes at least its mark and two numbers, each name a length and a byte. */
	if (!err && r->arrays > (r->in->size - r->off) / 12)
		return AY_ETRUNC;
	for (uint64_t i = 0; i < r->arrays && !err; i++)
		err = take_array(r);
	if (!err)
		err = take_u64(r, &names);
	if (!err && names != 0 && names != r->arrays)
		return malformed(r, "there are more or fewer names than arrays");
	for (uint64_t i = 0; !err && i < names; i++)
		err = take_name(r);
	if (!err && r->off != r->in->size)
		return malformed(r, "bytes follow the last name");
	return err;
}

static int mxnet_scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader r = {.s = s, .in = in, .b = ay_buf_new(MAX_NAME), .off = 16, .why = NULL};
	struct ay_error e;
	int err = take_list(&r);

	if (err) {
		ay_error_at(&e, err, r.off, "%s", r.why ? r.why : ay_strerror(err));
		ay_scan_find_error(s, "mxnet", err, &e);
	}
	ay_buf_free(&r.b);
	return 0;
}

const struct ay_scanner ay_scanner_mxnet = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "mxnet", .version = 1, .bid = mxnet_bid, .scan = mxnet_scan
};
