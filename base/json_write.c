/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/error.h"
#include "assay/text.h"

#define DEPTH_MAX 64

struct ay_jw ay_jw_new(struct ay_buf *b, bool pretty)
{
	return (struct ay_jw){.b = b, .pretty = pretty};
}

static void new_line(struct ay_jw *w)
{
	ay_buf_addc(w->b, '\n');
	for (int i = 0; i < w->depth; i++)
		ay_buf_adds(w->b, "  ");
}

/* What stands between the last item and this one. */
static void separate(struct ay_jw *w)
{
	uint64_t bit;

	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->depth == 0)
		return;
	bit = 1ull << (w->depth - 1);
	if (w->has_items & bit)
		ay_buf_addc(w->b, ',');
	w->has_items |= bit;
	if (w->pretty)
		new_line(w);
}

static void open_container(struct ay_jw *w, uint8_t bracket)
{
	separate(w);
	if (w->depth == DEPTH_MAX) {
		if (!w->b->err)
			w->b->err = AY_ELIMIT;
		return;
	}
	ay_buf_addc(w->b, bracket);
	w->has_items &= ~(1ull << w->depth++);
}

static void close_container(struct ay_jw *w, uint8_t bracket)
{
	bool items;

	/* After an error an opening may not have counted. */
	if (w->b->err)
		return;
	if (w->depth == 0)
		ay_bug("JSON container closed that was not open");
	items = w->has_items >> --w->depth & 1;
	if (items && w->pretty)
		new_line(w);
	ay_buf_addc(w->b, bracket);
}

void ay_jw_object(struct ay_jw *w)
{
	open_container(w, '{');
}

void ay_jw_object_end(struct ay_jw *w)
{
	close_container(w, '}');
}

void ay_jw_array(struct ay_jw *w)
{
	open_container(w, '[');
}

void ay_jw_array_end(struct ay_jw *w)
{
	close_container(w, ']');
}

/* Valid UTF-8 in quotes, with the escapes of RFC 8785: the short ones, \u00xx for other control characters, and no more. */
static void add_quoted(struct ay_buf *b, const uint8_t *p, size_t len)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	size_t done = 0;

	ay_buf_addc(b, '"');
	for (size_t i = 0; i < len; i++) {
		const char *at;

		if (p[i] >= 0x20 && p[i] != '"' && p[i] != '\\')
			continue;
		ay_buf_add(b, p + done, i - done);
		done = i + 1;
		at = p[i] ? strchr(from, p[i]) : NULL;
		if (at)
			ay_buf_addf(b, "\\%c", to[at - from]);
		else
			ay_buf_addf(b, "\\u%04x", p[i]);
	}
	ay_buf_add(b, p + done, len - done);
	ay_buf_addc(b, '"');
}

static void add_text(struct ay_buf *b, const void *text, size_t len)
{
	struct ay_buf safe;

	if (ay_utf8_check(text, len) == len) {
		add_quoted(b, text, len);
		return;
	}
	safe = ay_buf_new(b->max);
	ay_escape(&safe, text, len);
	if (safe.err && !b->err)
		b->err = safe.err;
	add_quoted(b, (const uint8_t *)ay_buf_str(&safe), safe.len);
	ay_buf_free(&safe);
}

void ay_jw_key(struct ay_jw *w, const char *key)
{
	separate(w);
	add_text(w->b, key, strlen(key));
	ay_buf_adds(w->b, w->pretty ? ": " : ":");
	w->after_key = true;
}

void ay_jw_str(struct ay_jw *w, const char *text)
{
	if (text)
		ay_jw_strn(w, text, strlen(text));
	else
		ay_jw_null(w);
}

void ay_jw_strn(struct ay_jw *w, const void *text, size_t len)
{
	separate(w);
	add_text(w->b, text, len);
}

void ay_jw_u64(struct ay_jw *w, uint64_t v)
{
	separate(w);
	ay_buf_addf(w->b, "%llu", (unsigned long long)v);
}

void ay_jw_i64(struct ay_jw *w, int64_t v)
{
	separate(w);
	ay_buf_addf(w->b, "%lld", (long long)v);
}

void ay_jw_f64(struct ay_jw *w, double v)
{
	char text[32];

	if (!isfinite(v)) {
		ay_jw_str(w, isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity");
		return;
	}
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, v);
		if (strtod(text, NULL) == v)
			break;
	}
	separate(w);
	ay_buf_adds(w->b, text);
}

void ay_jw_bool(struct ay_jw *w, bool v)
{
	separate(w);
	ay_buf_adds(w->b, v ? "true" : "false");
}

void ay_jw_null(struct ay_jw *w)
{
	separate(w);
	ay_buf_adds(w->b, "null");
}

void ay_jw_raw(struct ay_jw *w, const char *json, size_t len)
{
	separate(w);
	ay_buf_add(w->b, json, len);
}

void ay_jw_kstr(struct ay_jw *w, const char *key, const char *text)
{
	ay_jw_key(w, key);
	ay_jw_str(w, text);
}

void ay_jw_ku64(struct ay_jw *w, const char *key, uint64_t v)
{
	ay_jw_key(w, key);
	ay_jw_u64(w, v);
}

void ay_jw_ki64(struct ay_jw *w, const char *key, int64_t v)
{
	ay_jw_key(w, key);
	ay_jw_i64(w, v);
}

void ay_jw_kbool(struct ay_jw *w, const char *key, bool v)
{
	ay_jw_key(w, key);
	ay_jw_bool(w, v);
}

/* ---- canonical form of a tree ---- */

struct member {
	const char *key;
	const struct ay_json *value;
};

/* RFC 8785 sorts by UTF-16 code units: as UTF-8 bytes, but four-byte characters (surrogate pairs) come before U+E000..U+FFFF. */
static int compare_members(const void *a, const void *b)
{
	const uint8_t *x = (const uint8_t *)((const struct member *)a)->key, *y = (const uint8_t *)((const struct member *)b)->key;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	if (*x >= 0xee && *y >= 0xee && (*x >= 0xf0) != (*y >= 0xf0))
		return *x >= 0xf0 ? -1 : 1;
	return *x - *y;
}

static void write_object(struct ay_jw *w, const struct ay_json *j)
{
	size_t n = ay_json_count(j);
	struct member *members = n ? calloc(n, sizeof(*members)) : NULL;

	ay_jw_object(w);
	if (n && !members && !w->b->err)
		w->b->err = -ENOMEM;
	for (size_t i = 0; members && i < n; i++)
		members[i] = (struct member){ay_json_key(j, i), ay_json_at(j, i)};
	if (members)
		qsort(members, n, sizeof(*members), compare_members);
	for (size_t i = 0; members && i < n && !w->b->err; i++) {
		ay_jw_key(w, members[i].key);
		ay_jw_tree(w, members[i].value);
	}
	free(members);
	ay_jw_object_end(w);
}

void ay_jw_tree(struct ay_jw *w, const struct ay_json *j)
{
	size_t len = 0;
	const char *text = ay_json_str(j, &len);

	switch (ay_json_type(j)) {
	case AY_JSON_NULL:
		ay_jw_null(w);
		break;
	case AY_JSON_BOOL:
		ay_jw_bool(w, ay_json_bool(j, false));
		break;
	case AY_JSON_NUMBER:
		if (strcmp(text, "-0") == 0)
			ay_jw_u64(w, 0);
		else
			ay_jw_raw(w, text, len);
		break;
	case AY_JSON_STRING:
		ay_jw_strn(w, text, len);
		break;
	case AY_JSON_ARRAY:
		ay_jw_array(w);
		for (size_t i = 0; i < ay_json_count(j) && !w->b->err; i++)
			ay_jw_tree(w, ay_json_at(j, i));
		ay_jw_array_end(w);
		break;
	case AY_JSON_OBJECT:
		write_object(w, j);
		break;
	}
}
