/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/protobuf.h"

#define MAX_HEAD 20    /* bytes of a tag and a length or number */

void ay_pb_open(struct ay_pb *r, struct ay_source *in, struct ay_budget *budget, size_t max_load)
{
	r->in = in;
	r->budget = budget;
	r->bad_off = AY_NO_OFFSET;
	r->window.in = in;
	r->window.off = 0;
	r->window.len = 0;
	r->content = ay_buf_new(max_load);
}

void ay_pb_close(struct ay_pb *r)
{
	ay_buf_free(&r->content);
}

struct ay_pb_message ay_pb_whole(const struct ay_pb *r)
{
	return (struct ay_pb_message){0, r->in->size};
}

uint64_t ay_pb_varint(struct ay_cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t b = ay_cursor_u8(c);

		if (c->err)
			return 0;
		if ((shift == 63 && b > 1) || (b == 0 && shift > 0))
			break;    /* too large, or longer than needed */
		v |= (uint64_t)(b & 0x7F) << shift;
		if (!(b & 0x80))
			return v;
	}
	ay_cursor_fail(c, AY_EFORMAT);
	return 0;
}

/* The bytes at off, at least MAX_HEAD or up to the end of the message. */
static int look_at(struct ay_pb *r, uint64_t off, uint64_t end, struct ay_cursor *out)
{
	uint64_t left = end - off;
	int err = ay_window_look(&r->window, off, left < MAX_HEAD ? (size_t)left : MAX_HEAD, out);

	if (!err && out->left > left)
		*out = ay_cursor_sub(out, (size_t)left);
	return err;
}

static int take_field(struct ay_cursor *c, uint64_t end, struct ay_pb_field *f)
{
	f->off = c->off;
	uint64_t tag = ay_pb_varint(c);

	if (!c->err && (tag >> 3 == 0 || tag >> 3 >= 1u << 29))
		ay_cursor_fail(c, AY_EFORMAT);
	f->number = (uint32_t)(tag >> 3);
	f->wire = tag & 7;
	f->body = (struct ay_pb_message){0, 0};
	switch (f->wire) {
	case AY_PB_VARINT: f->value = ay_pb_varint(c); break;
	case AY_PB_FIXED64: f->value = ay_cursor_le64(c); break;
	case AY_PB_FIXED32: f->value = ay_cursor_le32(c); break;
	case AY_PB_LEN:
		f->value = ay_pb_varint(c);
		if (!c->err && f->value > end - c->off)
			ay_cursor_fail(c, AY_ETRUNC);
		if (!c->err)
			f->body = (struct ay_pb_message){c->off, c->off + f->value};
		break;
	default: ay_cursor_fail(c, AY_EFORMAT);
	}
	return c->err;
}

int ay_pb_next(struct ay_pb *r, struct ay_pb_message *m, struct ay_pb_field *out)
{
	struct ay_cursor c;
	int err = ay_budget_tick(r->budget);

	if (!err && m->at >= m->end)
		return 0;
	if (!err)
		err = look_at(r, m->at, m->end, &c);
	if (!err)
		err = take_field(&c, m->end, out);
	if (err) {
		r->bad_off = m->at;
		return err;
	}
	m->at = out->wire == AY_PB_LEN ? out->body.end : c.off;
	return 1;
}

int ay_pb_next_varint(struct ay_pb *r, struct ay_pb_message *m, uint64_t *out)
{
	struct ay_cursor c;
	int err = ay_budget_tick(r->budget);

	if (!err && m->at >= m->end)
		return 0;
	if (!err)
		err = look_at(r, m->at, m->end, &c);
	if (!err) {
		*out = ay_pb_varint(&c);
		err = c.err;
	}
	if (err) {
		r->bad_off = m->at;
		return err;
	}
	m->at = c.off;
	return 1;
}

int ay_pb_load(struct ay_pb *r, const struct ay_pb_field *f, struct ay_cursor *out)
{
	r->bad_off = f->off;
	if (f->value > r->content.max)
		return AY_ELIMIT;
	return ay_source_load(r->in, f->body.at, (size_t)f->value, &r->content, out);
}
