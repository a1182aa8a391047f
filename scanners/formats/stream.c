/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/stream.h"

#include "scanners/formats/bytes.h"

#define FIRST_WINDOW (256 * KIB)

int ay_stream_open(struct ay_stream *st, struct ay_source *in, struct ay_budget *budget, size_t cap)
{
	*st = (struct ay_stream){.in = in, .budget = budget, .cap = cap};
	st->buf = ay_budget_alloc(budget, cap);
	return st->buf ? 0 : AY_ELIMIT;
}

int ay_stream_next(struct ay_stream *st, size_t keep, struct ay_cursor *out)
{
	int err = ay_budget_tick(st->budget);

	if (err)
		return err;
	if (keep > st->have || keep >= st->cap)
		return AY_EINTERNAL;
	size_t drop = st->have - keep;
	uint64_t next = st->off + st->have;

	if (next >= st->in->size)
		return 0;
	memmove(st->buf, st->buf + drop, keep);    /* own: inside the window */
	st->off += drop;
	st->have = keep;
	size_t want = st->cap - keep;

	if (want > st->in->size - next)
		want = (size_t)(st->in->size - next);
	err = ay_source_read_full(st->in, next, st->buf + keep, want);
	if (err)
		return err;
	st->have += want;
	*out = ay_cursor_of(st->buf, st->have, st->off);
	return 1;
}

void ay_stream_close(struct ay_stream *st)
{
	ay_budget_free(st->budget, st->buf);
	st->buf = NULL;
}

int ay_lines_open(struct ay_lines *l, struct ay_source *in, struct ay_budget *budget, size_t max)
{
	*l = (struct ay_lines){.max = max};
	return ay_stream_open(&l->st, in, budget, max < FIRST_WINDOW ? max : FIRST_WINDOW);
}

/* Room for a longer line. */
static int widen(struct ay_lines *l)
{
	size_t cap = l->st.cap < l->max / 2 ? l->st.cap * 2 : l->max;
	uint8_t *buf = cap > l->st.cap ? ay_budget_realloc(l->st.budget, l->st.buf, cap) : NULL;

	if (!buf)
		return AY_ELIMIT;
	l->st.buf = buf;
	l->st.cap = cap;
	return 0;
}

/* Shortens a line by its carriage return. */
static struct ay_cursor line_of(struct ay_cursor *from, size_t len)
{
	bool cr = len > 0 && ay_cursor_peek(from, len - 1) == '\r';
	struct ay_cursor line = ay_cursor_sub(from, cr ? len - 1 : len);

	ay_cursor_skip(from, cr ? 1 : 0);
	return line;
}

int ay_lines_next(struct ay_lines *l, struct ay_cursor *line_out)
{
	for (;;) {
		size_t len = ay_bytes_find(&l->rest, '\n');

		if (len < l->rest.left) {
			*line_out = line_of(&l->rest, len);
			ay_cursor_skip(&l->rest, 1);
			return 1;
		}
		if (l->at_end) {
			if (!l->rest.left)
				return 0;
			*line_out = line_of(&l->rest, l->rest.left);
			return 1;
		}
		int more = l->rest.left >= l->st.cap ? widen(l) : 0;

		if (more)
			return more;
		more = ay_stream_next(&l->st, l->rest.left, &l->rest);

		if (more < 0)
			return more;
		l->at_end = more == 0;
	}
}

void ay_lines_close(struct ay_lines *l)
{
	ay_stream_close(&l->st);
}
