/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/thrift.h"

#include "assay/error.h"

uint64_t ay_thrift_varint(struct ay_cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint64_t byte = ay_cursor_u8(c);

		if (c->err)
			return 0;
		if (shift == 63 && byte > 1)
			break;
		v |= (byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	ay_cursor_fail(c, AY_EFORMAT);
	return 0;
}

int64_t ay_thrift_zigzag(struct ay_cursor *c)
{
	uint64_t v = ay_thrift_varint(c);

	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static int64_t number(struct ay_cursor *c, int64_t min, int64_t max)
{
	int64_t v = ay_thrift_zigzag(c);

	if (!c->err && (v < min || v > max))
		ay_cursor_fail(c, AY_EFORMAT);
	return c->err ? 0 : v;
}

/* The cursor has failed unless the field has this type. */
static bool is_of(struct ay_cursor *c, const struct ay_thrift_field *f, enum ay_thrift_type type)
{
	if (!c->err && f->type != type)
		ay_cursor_fail(c, AY_EFORMAT);
	return !c->err;
}

bool ay_thrift_next(struct ay_cursor *c, struct ay_thrift_field *f)
{
	uint8_t head = ay_cursor_u8(c);
	int64_t id;

	if (c->err || head == 0)
		return false;
	f->type = head & 0x0f;
	id = head >> 4 ? f->id + (head >> 4) : number(c, INT16_MIN, INT16_MAX);
	if (!c->err && (f->type == 0 || f->type > AY_THRIFT_UUID || id <= f->id || id > INT16_MAX))
		ay_cursor_fail(c, AY_EFORMAT);
	f->id = c->err ? f->id : (int16_t)id;
	return !c->err;
}

bool ay_thrift_bool(struct ay_cursor *c, const struct ay_thrift_field *f)
{
	if (!c->err && f->type != AY_THRIFT_TRUE && f->type != AY_THRIFT_FALSE)
		ay_cursor_fail(c, AY_EFORMAT);
	return !c->err && f->type == AY_THRIFT_TRUE;
}

int32_t ay_thrift_elem_i32(struct ay_cursor *c)
{
	return (int32_t)number(c, INT32_MIN, INT32_MAX);
}

int32_t ay_thrift_i32(struct ay_cursor *c, const struct ay_thrift_field *f)
{
	return is_of(c, f, AY_THRIFT_I32) ? ay_thrift_elem_i32(c) : 0;
}

int64_t ay_thrift_i64(struct ay_cursor *c, const struct ay_thrift_field *f)
{
	return is_of(c, f, AY_THRIFT_I64) ? ay_thrift_zigzag(c) : 0;
}

struct ay_cursor ay_thrift_elem_binary(struct ay_cursor *c)
{
	uint64_t len = ay_cursor_check_count(c, ay_thrift_varint(c), 1, SIZE_MAX);

	return ay_cursor_sub(c, (size_t)len);
}

struct ay_cursor ay_thrift_binary(struct ay_cursor *c, const struct ay_thrift_field *f)
{
	return is_of(c, f, AY_THRIFT_BINARY) ? ay_thrift_elem_binary(c) : (struct ay_cursor){.err = c->err};
}

void ay_thrift_struct(struct ay_cursor *c, const struct ay_thrift_field *f)
{
	(void)is_of(c, f, AY_THRIFT_STRUCT);
}

/* The head of a list or set. Every element takes a byte at least: an empty struct its end, a boolean its value. */
static uint32_t list_head(struct ay_cursor *c, uint8_t *elem_out)
{
	uint8_t head = ay_cursor_u8(c);
	uint64_t count = head >> 4 == 15 ? ay_thrift_varint(c) : head >> 4;

	*elem_out = head & 0x0f;
	if (!c->err && (*elem_out == 0 || *elem_out > AY_THRIFT_UUID))
		ay_cursor_fail(c, AY_EFORMAT);
	return (uint32_t)ay_cursor_check_count(c, count, 1, UINT32_MAX);
}

uint32_t ay_thrift_list(struct ay_cursor *c, const struct ay_thrift_field *f, enum ay_thrift_type elem)
{
	uint8_t type = 0;
	uint32_t count = is_of(c, f, AY_THRIFT_LIST) ? list_head(c, &type) : 0;

	if (!c->err && count > 0 && type != elem && !(elem == AY_THRIFT_TRUE && type == AY_THRIFT_FALSE))
		ay_cursor_fail(c, AY_EFORMAT);
	return c->err ? 0 : count;
}

static void skip_value(struct ay_cursor *c, struct ay_budget *b, uint8_t type, bool elem, unsigned depth);

static void skip_many(struct ay_cursor *c, struct ay_budget *b, uint8_t type, uint64_t count, unsigned depth)
{
	for (uint64_t i = 0; i < count && !c->err; i++)
		skip_value(c, b, type, true, depth);
}

static void skip_map(struct ay_cursor *c, struct ay_budget *b, unsigned depth)
{
	uint64_t count = ay_cursor_check_count(c, ay_thrift_varint(c), 2, UINT32_MAX);
	uint8_t types = count ? ay_cursor_u8(c) : 0;

	for (uint64_t i = 0; i < count && !c->err; i++) {
		skip_value(c, b, types >> 4, true, depth);
		skip_value(c, b, types & 0x0f, true, depth);
	}
}

static void skip_struct(struct ay_cursor *c, struct ay_budget *b, unsigned depth)
{
	struct ay_thrift_field f = {.id = 0};

	while (ay_thrift_next(c, &f))
		skip_value(c, b, f.type, false, depth);
}

static void skip_value(struct ay_cursor *c, struct ay_budget *b, uint8_t type, bool elem, unsigned depth)
{
	uint8_t inner = 0;
	int err = depth > AY_THRIFT_DEPTH ? AY_ELIMIT : ay_budget_tick(b);

	if (err)
		ay_cursor_fail(c, err);
	if (c->err)
		return;
	switch (type) {
	case AY_THRIFT_TRUE: case AY_THRIFT_FALSE:
		ay_cursor_skip(c, elem ? 1 : 0);
		break;
	case AY_THRIFT_I8: ay_cursor_skip(c, 1); break;
	case AY_THRIFT_I16: case AY_THRIFT_I32: case AY_THRIFT_I64: (void)ay_thrift_varint(c); break;
	case AY_THRIFT_DOUBLE: ay_cursor_skip(c, 8); break;
	case AY_THRIFT_BINARY: (void)ay_thrift_elem_binary(c); break;
	case AY_THRIFT_LIST: case AY_THRIFT_SET: {
		uint32_t count = list_head(c, &inner);

		skip_many(c, b, inner, count, depth + 1);
		break;
	}
	case AY_THRIFT_MAP: skip_map(c, b, depth + 1); break;
	case AY_THRIFT_STRUCT: skip_struct(c, b, depth + 1); break;
	case AY_THRIFT_UUID: ay_cursor_skip(c, 16); break;
	default: ay_cursor_fail(c, AY_EFORMAT);
	}
}

void ay_thrift_skip(struct ay_cursor *c, struct ay_budget *b, const struct ay_thrift_field *f)
{
	skip_value(c, b, f->type, false, 0);
}
