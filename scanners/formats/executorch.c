/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ExecuTorch programs (.pte): a FlatBuffer of the published schema, then data
 * segments that an extended header points to. Kernels come from the namespaces
 * that the runtime itself has; a delegate is a blob for code of another vendor,
 * so only that of XNNPACK, which the runtime brings, is admitted.
 */
#include <inttypes.h>

#include "assay/ckd.h"
#include "scanners/formats/flatbuf.h"
#include "scanners/registry.h"

#define HEADER_OFF 8
#define HEADER_MIN 24
#define MAX_DIMS 16
#define MAX_PADDING 4096
#define NAME 128

/* Bits of an element by scalar type; 0: none that a program may hold. */
static const uint8_t type_bits[] = {
	8, 8, 16, 32, 64, 16, 32, 64, 0, 64, 128, 8, 8, 8, 32, 16, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8, 16, 32, 64
};

enum value { VALUE_NONE, VALUE_NULL, VALUE_INT, VALUE_BOOL, VALUE_DOUBLE, VALUE_TENSOR, VALUE_STRING, VALUE_INT_LIST, VALUE_DOUBLE_LIST,
	     VALUE_BOOL_LIST, VALUE_TENSOR_LIST, VALUE_OPTIONAL_LIST, VALUES };
enum call { CALL_NONE, CALL_KERNEL, CALL_DELEGATE, CALL_MOVE, CALL_JUMP, CALL_FREE, CALLS };

struct reader {
	struct ay_scan *s;
	struct ay_source *in;
	struct ay_flat f;
	uint64_t base;                     /* of the segments in the file; 0: there are none */
	struct ay_flat_vector buffers, inline_data, segments, offsets;
	uint64_t constant_segment;
	struct ay_flat_vector values, operators, delegates;
};

static unsigned executorch_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	ay_cursor_skip(&head, 4);
	return !head.err && ay_cursor_starts(&head, "ET12", 4) ? 40 : 0;
}

static void layout(struct reader *r, uint64_t off, const char *why)
{
	ay_flat_fail(&r->f, AY_EFORMAT, off, why);
}

static bool plain_word(const char *text)
{
	for (; *text; text++)
		if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9') || *text == '_' || *text == '.'))
			return false;
	return true;
}

/* "aten::add": a namespace of the runtime's own kernels, and a plain name. */
static bool known_kernel(const char *name)
{
	static const char *const spaces[] = {"aten::", "dim_order_ops::", "executorch_prim::", "quantized_decomposed::"};

	for (size_t i = 0; i < AY_ARRAY_LEN(spaces); i++) {
		size_t n = strlen(spaces[i]);

		if (strncmp(name, spaces[i], n) == 0)
			return name[n] != 0 && plain_word(name + n);
	}
	return false;
}

/* Segment i in the file. */
static uint64_t segment_size(struct reader *r, uint64_t i)
{
	struct ay_flat_table t = i < r->segments.count ? ay_flat_at(&r->f, &r->segments, (uint32_t)i) : (struct ay_flat_table){.at = 0};

	return ay_flat_scalar(&r->f, &t, 1, 8, 0);
}

static void check_segments(struct reader *r)
{
	uint64_t end = r->base;

	if (r->segments.count && !r->base)
		layout(r, r->segments.at, "there are segments and no extended header that says where");
	for (uint32_t i = 0; i < r->segments.count && !r->f.err; i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, &r->segments, i);
		uint64_t off = ay_flat_scalar(&r->f, &t, 0, 8, 0), size = ay_flat_scalar(&r->f, &t, 1, 8, 0);

		if (r->f.err)
			return;
		if (off > r->in->size - r->base || size > r->in->size - r->base - off)
			return ay_flat_fail(&r->f, AY_ETRUNC, t.at, "a segment lies beyond the end of the file");
		if (size && r->base + off < end)
			return layout(r, t.at, "two segments overlap");
		if (size)
			end = r->base + off + size;
	}
	if (r->base && !r->f.err && r->in->size - end >= MAX_PADDING)
		layout(r, end, "bytes follow the last segment");
}

/* A constant's bytes must be where its index says. */
static void check_constant(struct reader *r, const struct ay_flat_table *t, uint64_t index, uint64_t bytes)
{
	if (r->offsets.count) {
		uint64_t off = index < r->offsets.count ? ay_flat_number(&r->f, r->offsets.at + 8 * index, 8) : UINT64_MAX;
		uint64_t size = segment_size(r, r->constant_segment);

		if (!r->f.err && (off > size || bytes > size - off))
			layout(r, t->at, "a constant lies outside of its segment");
	} else if (index < r->buffers.count) {
		struct ay_flat_table b = ay_flat_at(&r->f, &r->buffers, (uint32_t)index);

		if (ay_flat_list(&r->f, &b, 0, 1).count < bytes)
			layout(r, t->at, "a constant needs more bytes than its buffer has");
	} else {
		layout(r, t->at, "a tensor names a buffer that is not there");
	}
}

static void check_tensor(struct reader *r, const struct ay_flat_table *t)
{
	uint64_t type = ay_flat_scalar(&r->f, t, 0, 1, 0), index = ay_flat_scalar(&r->f, t, 5, 4, 0), bits;
	struct ay_flat_vector sizes = ay_flat_list(&r->f, t, 2, 4), order = ay_flat_list(&r->f, t, 3, 1);
	struct ay_flat_table planned = ay_flat_sub(&r->f, t, 6), extra = ay_flat_sub(&r->f, t, 9);
	uint32_t seen = 0;

	if (r->f.err)
		return;
	if (type >= sizeof(type_bits) || !type_bits[type])
		return layout(r, t->at, "a tensor has an unknown type");
	if (sizes.count > MAX_DIMS || order.count != sizes.count)
		return layout(r, t->at, "a tensor has too many dimensions, or another number of places for them");
	bits = type_bits[type];
	for (uint32_t i = 0; i < sizes.count && !r->f.err; i++) {
		uint64_t dim = ay_flat_number(&r->f, sizes.at + 4 * (uint64_t)i, 4), place = ay_flat_number(&r->f, order.at + i, 1);

		if (dim > INT32_MAX || ay_ckd_mul_u64(bits, dim, &bits) || bits > INT64_MAX)
			return layout(r, t->at, "a tensor has a negative size, or one that 64 bits cannot count");
		if (place >= sizes.count || (seen >> place & 1))
			return layout(r, t->at, "the order of a tensor's dimensions is none");
		seen |= 1u << place;
	}
	if (ay_flat_scalar(&r->f, t, 1, 4, 0) != 0)
		return layout(r, t->at, "a tensor begins inside its storage");
	if (ay_flat_scalar(&r->f, &extra, 2, 1, 0) != 0)
		ay_scan_find(r->s, "executorch.external", t->at, "a tensor's data lies in another file");
	else if (index && !planned.at)
		check_constant(r, t, index, bits / 8);
}

/* Indexes below limit. */
static void check_indexes(struct reader *r, const struct ay_flat_table *t, unsigned field, uint32_t limit, bool optional)
{
	struct ay_flat_vector v = ay_flat_list(&r->f, t, field, 4);

	for (uint32_t i = 0; i < v.count && !r->f.err; i++) {
		int32_t one = (int32_t)(uint32_t)ay_flat_number(&r->f, v.at + 4 * (uint64_t)i, 4);

		if (one < (optional ? -1 : 0) || one >= (int64_t)limit)
			layout(r, v.at + 4 * (uint64_t)i, "an index of a value is out of range");
	}
}

static void check_index(struct reader *r, const struct ay_flat_table *t, unsigned field, uint64_t limit)
{
	if (ay_flat_scalar(&r->f, t, field, 4, 0) >= limit)
		layout(r, t->at, "an index is out of range");
}

static void check_value(struct reader *r, const struct ay_flat_table *e)
{
	uint64_t kind = ay_flat_scalar(&r->f, e, 0, 1, 0);
	struct ay_flat_table t = ay_flat_sub(&r->f, e, 1);

	if (r->f.err)
		return;
	if (kind >= VALUES || (kind != VALUE_NONE && !t.at))
		return layout(r, e->at, "a value is of an unknown kind, or absent");
	if (kind == VALUE_TENSOR)
		check_tensor(r, &t);
	else if (kind == VALUE_STRING || kind == VALUE_BOOL_LIST)
		(void)ay_flat_list(&r->f, &t, 0, 1);
	else if (kind == VALUE_DOUBLE_LIST)
		(void)ay_flat_list(&r->f, &t, 0, 8);
	else if (kind == VALUE_INT_LIST)
		(void)ay_flat_list(&r->f, &t, 0, 8);
	else if (kind == VALUE_TENSOR_LIST || kind == VALUE_OPTIONAL_LIST)
		check_indexes(r, &t, 0, r->values.count, kind == VALUE_OPTIONAL_LIST);
}

static void check_instruction(struct reader *r, const struct ay_flat_table *e, uint32_t count)
{
	uint64_t kind = ay_flat_scalar(&r->f, e, 0, 1, 0);
	struct ay_flat_table t = ay_flat_sub(&r->f, e, 1);

	if (r->f.err)
		return;
	if (kind == CALL_NONE || kind >= CALLS || !t.at)
		return layout(r, e->at, "an instruction is of an unknown kind, or absent");
	if (kind == CALL_KERNEL || kind == CALL_DELEGATE) {
		check_index(r, &t, 0, kind == CALL_KERNEL ? r->operators.count : r->delegates.count);
		return check_indexes(r, &t, 1, r->values.count, false);
	}
	check_index(r, &t, 0, r->values.count);
	if (kind != CALL_FREE)
		check_index(r, &t, 1, kind == CALL_MOVE ? r->values.count : (uint64_t)count + 1);
}

static void check_operator(struct reader *r, const struct ay_flat_table *t)
{
	char name[NAME] = "", overload[NAME] = "";
	bool plain = ay_flat_text(&r->f, t, 0, name, sizeof(name));

	if (ay_flat_list(&r->f, t, 1, 1).at)
		plain &= ay_flat_text(&r->f, t, 1, overload, sizeof(overload)) && plain_word(overload);
	if (!r->f.err && (!plain || !known_kernel(name)))
		ay_scan_find(r->s, "executorch.operator", t->at, "the kernel %s is not one of the runtime", name);
}

static void check_delegate(struct reader *r, const struct ay_flat_table *t)
{
	struct ay_flat_table data = ay_flat_sub(&r->f, t, 1);
	char id[NAME] = "";
	bool plain = ay_flat_text(&r->f, t, 0, id, sizeof(id));

	if (r->f.err)
		return;
	if (!plain || strcmp(id, "XnnpackBackend") != 0)
		ay_scan_find(r->s, "executorch.delegate", t->at, "the delegate %s runs a program that is not judged", id);
	check_index(r, &data, 1, ay_flat_scalar(&r->f, &data, 0, 1, 0) ? r->segments.count : r->inline_data.count);
}

static void check_chain(struct reader *r, const struct ay_flat_table *chain)
{
	struct ay_flat_vector list = ay_flat_list(&r->f, chain, 2, 4);

	check_indexes(r, chain, 0, r->values.count, false);
	check_indexes(r, chain, 1, r->values.count, false);
	for (uint32_t i = 0; i < list.count && !r->f.err; i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, &list, i);

		check_instruction(r, &t, list.count);
	}
}

/* Each table of a list. */
static void each(struct reader *r, const struct ay_flat_vector *v, void (*check)(struct reader *, const struct ay_flat_table *))
{
	for (uint32_t i = 0; i < v->count && !r->f.err; i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, v, i);

		check(r, &t);
	}
}

static void check_plan(struct reader *r, const struct ay_flat_table *plan)
{
	struct ay_flat_vector chains = ay_flat_list(&r->f, plan, 5, 4);
	char name[NAME];

	(void)ay_flat_text(&r->f, plan, 0, name, sizeof(name));
	r->values = ay_flat_list(&r->f, plan, 2, 4);
	r->operators = ay_flat_list(&r->f, plan, 6, 4);
	r->delegates = ay_flat_list(&r->f, plan, 7, 4);
	each(r, &r->operators, check_operator);
	each(r, &r->delegates, check_delegate);
	each(r, &r->values, check_value);
	check_indexes(r, plan, 3, r->values.count, false);
	check_indexes(r, plan, 4, r->values.count, false);
	each(r, &chains, check_chain);
	(void)ay_flat_list(&r->f, plan, 8, 8);
}

static void check_program(struct reader *r)
{
	struct ay_flat_table program = ay_flat_root(&r->f), constants = ay_flat_sub(&r->f, &program, 5);
	struct ay_flat_vector plans = ay_flat_list(&r->f, &program, 1, 4);

	r->buffers = ay_flat_list(&r->f, &program, 2, 4);
	r->inline_data = ay_flat_list(&r->f, &program, 3, 4);
	r->segments = ay_flat_list(&r->f, &program, 4, 4);
	r->constant_segment = ay_flat_scalar(&r->f, &constants, 0, 4, 0);
	r->offsets = ay_flat_list(&r->f, &constants, 1, 8);
	if (!r->f.err && ay_flat_scalar(&r->f, &program, 0, 4, 0) != 0)
		layout(r, program.at, "the schema has another version than 0");
	if (!r->f.err && plans.count == 0)
		layout(r, program.at, "the program has no method");
	check_segments(r);
	each(r, &plans, check_plan);
}

/* The extended header says where the program ends and the segments begin. Without one the file is the program. */
static int read_header(struct ay_source *in, uint64_t *program_out, uint64_t *base_out)
{
	uint8_t bytes[HEADER_OFF + HEADER_MIN];
	struct ay_cursor c;
	uint32_t len;

	*program_out = in->size;
	*base_out = 0;
	if (in->size < sizeof(bytes))
		return 0;
	int err = ay_source_read_full(in, 0, bytes, sizeof(bytes));

	c = ay_cursor_of(bytes, sizeof(bytes), 0);
	ay_cursor_skip(&c, HEADER_OFF);
	if (err || !ay_cursor_accept(&c, "eh00", 4))
		return err;
	len = ay_cursor_le32(&c);
	*program_out = ay_cursor_le64(&c);
	*base_out = ay_cursor_le64(&c);
	if (c.err || len < HEADER_MIN || len > 256 || (*base_out && *base_out < *program_out))
		return AY_EFORMAT;
	return *program_out > in->size || *base_out > in->size ? AY_ETRUNC : 0;
}

static int executorch_scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader r = {.s = s, .in = in};
	struct ay_source_window window;
	struct ay_source part;
	struct ay_error e;
	uint64_t size;
	int err = read_header(in, &size, &r.base);

	if (!err)
		err = ay_source_sub(in, 0, size, &window, &part);
	if (!err)
		err = ay_flat_open(&r.f, &part, ay_scan_budget(s));
	if (err) {
		ay_scan_find_error(s, "executorch", err, NULL);
		return 0;
	}
	check_program(&r);
	if (r.f.err) {
		ay_error_at(&e, r.f.err, r.f.err_off, "%s", r.f.why);
		ay_scan_find_error(s, "executorch", r.f.err, &e);
	}
	ay_flat_close(&r.f);
	return 0;
}

static const char *const refines[] = {"refused", NULL};

const struct ay_scanner ay_scanner_executorch = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "executorch", .version = 1, .refines = refines,
	.bid = executorch_bid, .scan = executorch_scan
};
