/* SPDX-License-Identifier: Apache-2.0 */
/* log/: checkpoint and tiles, byte for byte as C2SP tlog-tiles serves them. */
#include <stdarg.h>
#include "gate/views.h"

#define TILE 256
#define GROUP 1000

int ay_view_log_read(struct ay_gate *g, const char *rest, struct ay_buf *out, struct ay_error *e)
{
	struct ay_txn *t;
	int rc = ay_read_begin(g->store, &t);

	if (rc)
		return ay_error_set(e, rc, "the catalogue cannot be read: %s", ay_strerror(rc));
	if (strcmp(rest, "checkpoint") == 0)
		rc = ay_log_checkpoint(t, out);
	else if (strncmp(rest, "tile/", 5) == 0)
		rc = ay_log_tile(t, rest, out);
	else
		rc = AY_ENOTFOUND;
	ay_read_end(t);
	/* A path that is no tile's is only not there. */
	return rc == AY_EFORMAT || rc == AY_EUSAGE ? AY_ENOTFOUND : rc;
}

static int say(ay_view_fn fn, void *arg, bool dir, const char *name)
{
	return fn(&(struct ay_view_entry){ .name = name, .dir = dir }, arg);
}

static int AY_PRINTF(4, 5) sayf(ay_view_fn fn, void *arg, bool dir, const char *fmt, ...)
{
	char name[16];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	return say(fn, arg, dir, name);
}

/* Widths of the partial tile: every one that was ever signed can be computed, so all up to the present one are there. */
static int list_partial(uint64_t full, unsigned width, uint64_t tile, ay_view_fn fn, void *arg)
{
	int rc = 0;

	if (tile > full || (tile == full && !width))
		return AY_ENOTFOUND;
	for (unsigned w = 1; rc == 0 && w <= (tile == full ? width : TILE - 1); w++)
		rc = sayf(fn, arg, false, "%u", w);
	return rc;
}

/* Tiles are numbered in groups of three digits, all but the last with an x. value: the groups so far; depth: how many. */
static int list_group(uint64_t full, unsigned width, uint64_t value, unsigned depth, ay_view_fn fn, void *arg)
{
	uint64_t tiles = full + (width > 0);
	int rc = 0;

	if (depth && value * GROUP >= tiles)
		return AY_ENOTFOUND;
	for (unsigned d = 0; rc == 0 && d < GROUP; d++) {
		uint64_t n = value * GROUP + d;

		if (n < full)
			rc = sayf(fn, arg, false, "%03u", d);
		if (rc == 0 && n == full && width)
			rc = sayf(fn, arg, true, "%03u.p", d);
		if (rc == 0 && n && n < UINT64_MAX / GROUP && n * GROUP < tiles)
			rc = sayf(fn, arg, true, "x%03u", d);
	}
	return rc;
}

static bool digits(const char *s, unsigned *out)
{
	*out = 0;
	for (int i = 0; i < 3; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(s[i] - '0');
	}
	return true;
}

static int list_level(uint64_t leaves, const char *rest, ay_view_fn fn, void *arg)
{
	uint64_t full = leaves / TILE, value = 0;
	unsigned width = (unsigned)(leaves % TILE), depth = 0, d;

	for (; *rest == 'x'; depth++) {
		if (!digits(rest + 1, &d) || depth == 5)
			return AY_ENOTFOUND;
		value = value * GROUP + d;
		rest += rest[4] == '/' ? 5 : 4;
	}
	if (!*rest)
		return list_group(full, width, value, depth, fn, arg);
	if (digits(rest, &d) && strcmp(rest + 3, ".p") == 0)
		return list_partial(full, width, value * GROUP + d, fn, arg);
	return AY_ENOTFOUND;
}

static int list_tiles(uint64_t size, const char *rest, ay_view_fn fn, void *arg)
{
	unsigned level = 0;
	int rc = 0;

	if (!*rest) {
		for (; rc == 0 && level < 8 && size >> 8 * level; level++)
			rc = sayf(fn, arg, true, "%u", level);
		return rc || !size ? rc : say(fn, arg, true, "entries");
	}
	if (strncmp(rest, "entries", 7) == 0 && (!rest[7] || rest[7] == '/'))
		return list_level(size, rest + 7 + (rest[7] == '/'), fn, arg);
	if (*rest < '0' || *rest > '7' || (rest[1] && rest[1] != '/'))
		return AY_ENOTFOUND;
	level = (unsigned)(*rest - '0');
	if (!(size >> 8 * level))
		return AY_ENOTFOUND;
	return list_level(size >> 8 * level, rest + 1 + (rest[1] == '/'), fn, arg);
}

int ay_view_log_list(struct ay_gate *g, const char *rest, ay_view_fn fn, void *arg)
{
	static const char *const top[] = { "checkpoint", "tile/", NULL };
	struct ay_txn *t;
	uint64_t size;
	int rc;

	if (!*rest)
		return ay_view_names(top, fn, arg);
	if (strncmp(rest, "tile", 4) != 0 || (rest[4] && rest[4] != '/'))
		return AY_ENOTFOUND;
	rc = ay_read_begin(g->store, &t);
	if (rc)
		return rc;
	size = ay_log_size(t);
	ay_read_end(t);
	return list_tiles(size, rest + 4 + (rest[4] == '/'), fn, arg);
}
