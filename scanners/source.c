/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/scan.h"

#include <errno.h>

static int64_t fd_read(struct ay_source *s, uint64_t off, void *dst, size_t len)
{
	int fd = (int)(intptr_t)s->arg;
	size_t got = 0;

	if (off >= s->size)
		return 0;
	if (len > s->size - off)
		len = (size_t)(s->size - off);
	while (got < len) {
		ssize_t n = pread(fd, (uint8_t *)dst + got, len - got, (off_t)(off + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (int64_t)got;
}

struct ay_source ay_source_fd(int fd, uint64_t size)
{
	return (struct ay_source){ .size = size, .read = fd_read, .arg = (void *)(intptr_t)fd };
}

static int64_t memory_read(struct ay_source *s, uint64_t off, void *dst, size_t len)
{
	struct ay_cursor c = ay_cursor_of(s->arg, (size_t)s->size, 0);

	if (off >= s->size)
		return 0;
	ay_cursor_skip(&c, off);
	if (len > c.left)
		len = c.left;
	ay_cursor_copy(&c, dst, len);
	return (int64_t)len;
}

struct ay_source ay_source_memory(const void *bytes, size_t len)
{
	return (struct ay_source){ .size = len, .read = memory_read, .arg = (void *)(uintptr_t)bytes };
}

static int64_t window_read(struct ay_source *s, uint64_t off, void *dst, size_t len)
{
	struct ay_source_window *w = s->arg;

	if (off >= s->size)
		return 0;
	if (len > s->size - off)
		len = (size_t)(s->size - off);
	return w->parent->read(w->parent, w->off + off, dst, len);
}

int ay_source_sub(struct ay_source *parent, uint64_t off, uint64_t len, struct ay_source_window *storage, struct ay_source *out)
{
	if (off > parent->size || len > parent->size - off)
		return AY_ETRUNC;
	*storage = (struct ay_source_window){ .parent = parent, .off = off };
	*out = (struct ay_source){ .size = len, .read = window_read, .arg = storage };
	return 0;
}

uint64_t ay_source_place(const struct ay_source *s, const struct ay_source *root)
{
	uint64_t off = 0;

	while (s != root) {
		/* A window's copy of the root is the root too. */
		if (s->read == root->read && s->arg == root->arg)
			return off;
		if (s->read != window_read)
			return AY_NO_OFFSET;
		const struct ay_source_window *w = s->arg;

		off += w->off;
		s = w->parent;
	}
	return off;
}

int ay_source_read_full(struct ay_source *s, uint64_t off, void *dst, size_t len)
{
	int64_t n;

	if (off > s->size || len > s->size - off)
		return AY_ETRUNC;
	n = s->read(s, off, dst, len);
	if (n < 0)
		return (int)n;
	return (uint64_t)n == len ? 0 : AY_ETRUNC;
}

int ay_source_load(struct ay_source *s, uint64_t off, size_t len, struct ay_buf *b, struct ay_cursor *out)
{
	uint8_t *room;
	int rc;

	*out = ay_cursor_of(NULL, 0, off);
	if (off > s->size || len > s->size - off)
		return AY_ETRUNC;
	ay_buf_clear(b);
	room = ay_buf_reserve(b, len);
	if (!room)
		return b->err ? b->err : AY_ELIMIT;
	rc = ay_source_read_full(s, off, room, len);
	if (rc < 0)
		return rc;
	ay_buf_grew(b, len);
	*out = ay_cursor_of(b->data, b->len, off);
	return 0;
}
