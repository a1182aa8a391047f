/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/ubjson.h"

#include "scanners/formats/bytes.h"

void ay_ubj_open(struct ay_ubj *r, struct ay_source *in, struct ay_budget *budget, size_t max_text)
{
	r->in = in;
	r->budget = budget;
	r->off = r->event_off = r->window_off = 0;
	r->why = "";
	r->depth = r->window_len = 0;
	r->begun = r->whole = false;
	r->integer = 0;
	r->text = ay_buf_new(max_text);
}

void ay_ubj_close(struct ay_ubj *r)
{
	ay_buf_free(&r->text);
}

static int refuse(struct ay_ubj *r, const char *why)
{
	r->why = why;
	return AY_EFORMAT;
}

/* The next len bytes, at most 8, taken. */
static int take(struct ay_ubj *r, size_t len, struct ay_cursor *out)
{
	int err = ay_budget_tick(r->budget);

	if (err)
		return err;
	if (r->in->size - r->off < len)
		return AY_ETRUNC;
	if (r->off < r->window_off || r->off + len > r->window_off + r->window_len) {
		uint64_t left = r->in->size - r->off;
		size_t room = left < sizeof(r->window) ? (size_t)left : sizeof(r->window);

		r->window_len = 0;
		err = ay_source_read_full(r->in, r->off, r->window, room);
		if (err)
			return err;
		r->window_off = r->off;
		r->window_len = room;
	}
	*out = ay_cursor_of(r->window, r->window_len, r->window_off);
	ay_cursor_skip(out, r->off - r->window_off);
	r->off += len;
	return out->err;
}

static int take_mark(struct ay_ubj *r, int *mark_out)
{
	struct ay_cursor c;
	int err = take(r, 1, &c);

	*mark_out = err ? 0 : ay_cursor_u8(&c);
	return err;
}

/* Bytes of a number by its mark; 0: no number. */
static size_t number_size(int mark)
{
	switch (mark) {
	case 'i': case 'U': case 'C':
		return 1;
	case 'I':
		return 2;
	case 'l': case 'd':
		return 4;
	case 'L': case 'D':
		return 8;
	default:
		return 0;
	}
}

static int take_number(struct ay_ubj *r, int mark)
{
	struct ay_cursor c;
	int err = take(r, number_size(mark), &c);

	if (err)
		return err;
	r->whole = mark != 'd' && mark != 'D';
	switch (mark) {
	case 'i': case 'C':
		r->integer = (int8_t)ay_cursor_u8(&c);
		break;
	case 'U':
		r->integer = ay_cursor_u8(&c);
		break;
	case 'I':
		r->integer = (int16_t)ay_cursor_be16(&c);
		break;
	case 'l':
		r->integer = (int32_t)ay_cursor_be32(&c);
		break;
	case 'L':
		r->integer = (int64_t)ay_cursor_be64(&c);
		break;
	default:
		r->integer = 0;
		break;
	}
	return AY_JSON_EV_NUMBER;
}

/* A length or count: not beyond what is left when each one takes elem bytes. */
static int take_count(struct ay_ubj *r, size_t elem, uint64_t *out)
{
	struct ay_cursor c;
	int mark, err = take_mark(r, &mark);

	if (!err && mark != 'L')
		return refuse(r, "a length or count is not a 64-bit number");
	if (!err)
		err = take(r, 8, &c);
	if (err)
		return err;
	*out = ay_cursor_be64(&c);
	if (*out > INT64_MAX)
		return refuse(r, "a length or count is negative");
	return *out > (r->in->size - r->off) / elem ? AY_ETRUNC : 0;
}

static int take_text(struct ay_ubj *r)
{
	struct ay_cursor c;
	uint64_t len = 0;
	int err = take_count(r, 1, &len);

	if (err)
		return err;
	ay_buf_clear(&r->text);
	if (len > r->text.max)
		return AY_ELIMIT;
	err = ay_source_load(r->in, r->off, (size_t)len, &r->text, &c);
	if (err)
		return err;
	if (ay_bytes_find_bad_utf8(&c) < c.left)
		return refuse(r, "a text is not valid UTF-8");
	r->off += len;
	return 0;
}

static int enter(struct ay_ubj *r, struct ay_ubj_level level)
{
	if (r->depth == AY_UBJ_DEPTH)
		return refuse(r, "containers are nested too deeply");
	r->levels[r->depth++] = level;
	return level.object ? AY_JSON_EV_OBJECT : AY_JSON_EV_ARRAY;
}

static int peek(struct ay_ubj *r, int *mark_out)
{
	int err = take_mark(r, mark_out);

	r->off -= err ? 0 : 1;
	return err;
}

static int enter_array(struct ay_ubj *r)
{
	struct ay_ubj_level level = {.counted = true};
	int mark, err = peek(r, &mark);

	if (!err && mark == '$') {
		err = take_mark(r, &mark);
		if (!err)
			err = take_mark(r, &mark);
		if (!err && (number_size(mark) == 0 || mark == 'C'))
			return refuse(r, "an array has a type that is none of numbers");
		level.type = (uint8_t)mark;
		if (!err)
			err = peek(r, &mark);
		if (!err && mark != '#')
			return refuse(r, "an array announces a type and no count");
	}
	if (err)
		return err;
	if (mark != '#')
		return enter(r, (struct ay_ubj_level){.counted = false});
	err = take_mark(r, &mark);
	if (!err)
		err = take_count(r, level.type ? number_size(level.type) : 1, &level.left);
	return err ? err : enter(r, level);
}

static int take_value(struct ay_ubj *r, int mark)
{
	int err;

	switch (mark) {
	case '{':
		return enter(r, (struct ay_ubj_level){.object = true});
	case '[':
		return enter_array(r);
	case 'Z':
		return AY_JSON_EV_NULL;
	case 'T':
		return AY_JSON_EV_TRUE;
	case 'F':
		return AY_JSON_EV_FALSE;
	case 'S':
		err = take_text(r);
		return err ? err : AY_JSON_EV_STRING;
	default:
		return number_size(mark) ? take_number(r, mark) : refuse(r, "a value has an unknown mark");
	}
}

static int next_in_object(struct ay_ubj *r, struct ay_ubj_level *top)
{
	int mark, err;

	if (top->value) {
		top->value = false;
		err = take_mark(r, &mark);
		return err ? err : take_value(r, mark);
	}
	err = peek(r, &mark);
	if (!err && mark == '}') {
		r->depth--;
		err = take_mark(r, &mark);
		return err ? err : AY_JSON_EV_OBJECT_END;
	}
	if (!err)
		err = take_text(r);
	top->value = true;
	return err ? err : AY_JSON_EV_KEY;
}

static int next_in_array(struct ay_ubj *r, struct ay_ubj_level *top)
{
	int mark = top->type, err = 0;

	if (top->counted && top->left == 0) {
		r->depth--;
		return AY_JSON_EV_ARRAY_END;
	}
	top->left -= top->counted;
	if (!top->type)
		err = take_mark(r, &mark);
	if (err)
		return err;
	if (!top->counted && mark == ']') {
		r->depth--;
		return AY_JSON_EV_ARRAY_END;
	}
	return take_value(r, mark);
}

int ay_ubj_next(struct ay_ubj *r)
{
	int mark, err;

	r->event_off = r->off;
	if (r->depth > 0) {
		struct ay_ubj_level *top = &r->levels[r->depth - 1];

		return top->object ? next_in_object(r, top) : next_in_array(r, top);
	}
	if (r->begun)
		return r->off == r->in->size ? (int)AY_JSON_EV_END : refuse(r, "bytes follow the document");
	r->begun = true;
	err = take_mark(r, &mark);
	return err ? err : take_value(r, mark);
}
