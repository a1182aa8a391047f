/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one JSON grammar of the program. State is a stack of open containers and
 * what may come next, so nesting costs no C stack.
 */
#include "assay/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assay/error.h"
#include "assay/text.h"
#include "base/json_keys.h"

#define INPUT_SIZE 65536

enum expect {
	EXPECT_VALUE,           /* at the top, after ':' and after ',' in an array */
	EXPECT_VALUE_OR_END,    /* after '[' */
	EXPECT_KEY,             /* after ',' in an object */
	EXPECT_KEY_OR_END,      /* after '{' */
	EXPECT_COMMA_OR_END,    /* after a value in a container */
	EXPECT_NOTHING,         /* after the top value */
};

struct level {
	bool object;
	size_t keys_before;     /* keys of the enclosing objects */
};

struct ay_json_reader {
	ay_json_fill fill;
	void *arg;
	size_t in_pos, in_len;
	uint64_t in_off;        /* offset of in[0] in the document */
	bool eof;
	bool nonfinite;         /* NaN and Infinity are numbers */
	enum expect expect;
	struct level *levels;
	size_t depth, levels_cap, max_depth;
	struct ay_json_keys keys;
	struct ay_buf text;
	uint64_t token_off;     /* of the current event, or of the error */
	int err;
	const char *reason;
	uint8_t in[INPUT_SIZE];
};

int ay_json_reader_new(ay_json_fill fill, void *arg, size_t max_depth, size_t max_string, size_t max_keys, struct ay_json_reader **out)
{
	struct ay_json_reader *r = malloc(sizeof(*r));
	int rc;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	/* Without the last member, which is large and written before it is read. */
	memset(r, 0, offsetof(struct ay_json_reader, in));
	rc = ay_json_keys_init(&r->keys, max_keys);
	if (rc) {
		free(r);
		return rc;
	}
	r->fill = fill;
	r->arg = arg;
	r->max_depth = max_depth;
	r->text = ay_buf_new(max_string);
	r->reason = "";
	*out = r;
	return 0;
}

void ay_json_reader_free(struct ay_json_reader *r)
{
	if (!r)
		return;
	ay_json_keys_free(&r->keys);
	ay_buf_free(&r->text);
	free(r->levels);
	free(r);
}

void ay_json_reader_permit_nonfinite(struct ay_json_reader *r)
{
	r->nonfinite = true;
}

void ay_json_reader_reset(struct ay_json_reader *r)
{
	ay_json_keys_drop(&r->keys, 0);
	r->in_pos = r->in_len = r->depth = 0;
	r->in_off = r->token_off = 0;
	r->eof = false;
	r->expect = EXPECT_VALUE;
	r->err = 0;
	r->reason = "";
}

static uint64_t here(const struct ay_json_reader *r)
{
	return r->in_off + r->in_pos;
}

static int fail_at(struct ay_json_reader *r, int err, uint64_t off, const char *reason)
{
	r->err = err;
	r->token_off = off;
	r->reason = reason;
	return err;
}

static int fail(struct ay_json_reader *r, int err, const char *reason)
{
	return fail_at(r, err, here(r), reason);
}

#define AT_END (-1)
/* As peek(), when nothing is at hand. */
static int refill(struct ay_json_reader *r)
{
	int64_t n;

	if (r->eof)
		return AT_END;
	r->in_off += r->in_len;
	r->in_pos = r->in_len = 0;
	n = r->fill(r->arg, r->in, sizeof(r->in));
	if (n < 0)
		return fail(r, (int)n, "the input cannot be read");
	if (n > (int64_t)sizeof(r->in))
		ay_bug("a JSON source filled %lld bytes into %zu", (long long)n, sizeof(r->in));
	r->in_len = (size_t)n;
	r->eof = n == 0;
	return n ? r->in[0] : AT_END;
}

/* Next byte without taking it; -1 at the end of the document, another negative number (in r->err) on failure. */
static inline int peek(struct ay_json_reader *r)
{
	return r->in_pos < r->in_len ? r->in[r->in_pos] : refill(r);
}

/* What to answer for a byte that may not stand here: the sticky error, the end of input, or the reason given. */
static int unexpected(struct ay_json_reader *r, int c, const char *reason)
{
	if (r->err)
		return r->err;
	if (c == AT_END)
		return fail(r, AY_ETRUNC, "the document ends too early");
	return fail(r, AY_EFORMAT, reason);
}

static int skip_space(struct ay_json_reader *r)
{
	int c;

	while ((c = peek(r)) == ' ' || c == '\n' || c == '\t' || c == '\r')
		r->in_pos++;
	return c;
}

static int add_text(struct ay_json_reader *r, const void *bytes, size_t len)
{
	if (ay_buf_add(&r->text, bytes, len) != 0)
		return fail(r, r->text.err, "a string is longer than the limit");
	return 0;
}

static int read_literal(struct ay_json_reader *r, const char *word, int event)
{
	for (; *word; word++) {
		int c = peek(r);

		if (c != *word)
			return unexpected(r, c, "this is not a JSON value");
		r->in_pos++;
	}
	return event;
}

/* ---- numbers ---- */

/* Appends a run of digits; AY_EFORMAT when there is none. */
static int read_digits(struct ay_json_reader *r)
{
	bool any = false;
	int c;

	while ((c = peek(r)) >= '0' && c <= '9') {
		size_t start = r->in_pos;

		while (r->in_pos < r->in_len && r->in[r->in_pos] >= '0' && r->in[r->in_pos] <= '9')
			r->in_pos++;
		if (add_text(r, r->in + start, r->in_pos - start) != 0)
			return r->err;
		any = true;
	}
	if (r->err || !any)
		return unexpected(r, c, "a digit is missing in a number");
	return 0;
}

/* Takes the next byte into the text when it is a or b. */
static inline bool accept(struct ay_json_reader *r, char a, char b)
{
	int c = peek(r);
	uint8_t byte = (uint8_t)c;

	if (r->err || (c != a && c != b) || add_text(r, &byte, 1) != 0)
		return false;
	r->in_pos++;
	return true;
}

/* Infinity and NaN, as some writers extend JSON. */
static int read_nonfinite(struct ay_json_reader *r, const char *word)
{
	if (read_literal(r, word, AY_JSON_EV_NUMBER) < 0 || add_text(r, word, strlen(word)) != 0)
		return r->err;
	return AY_JSON_EV_NUMBER;
}

static int read_number(struct ay_json_reader *r)
{
	accept(r, '-', '-');
	if (!r->err && r->nonfinite && peek(r) == 'I')
		return read_nonfinite(r, "Infinity");
	if (!r->err && !accept(r, '0', '0') && read_digits(r) != 0)
		return r->err;
	if (accept(r, '.', '.') && read_digits(r) != 0)
		return r->err;
	if (accept(r, 'e', 'E')) {
		accept(r, '+', '-');
		if (r->err || read_digits(r) != 0)
			return r->err;
	}
	return r->err ? r->err : AY_JSON_EV_NUMBER;
}

/* ---- strings ---- */

static int read_hex4(struct ay_json_reader *r, uint32_t *code_out)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		int c = peek(r);
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			digit = (uint32_t)(c - 'A' + 10);
		else
			return unexpected(r, c, "four hexadecimal digits must follow \\u");
		v = v << 4 | digit;
		r->in_pos++;
	}
	*code_out = v;
	return 0;
}

static int add_code(struct ay_json_reader *r, uint32_t code)
{
	uint8_t b[4];
	size_t len;

	if (code < 0x80) {
		b[0] = (uint8_t)code;
		len = 1;
	} else if (code < 0x800) {
		b[0] = (uint8_t)(0xc0 | code >> 6);
		b[1] = (uint8_t)(0x80 | (code & 0x3f));
		len = 2;
	} else if (code < 0x10000) {
		b[0] = (uint8_t)(0xe0 | code >> 12);
		b[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
		b[2] = (uint8_t)(0x80 | (code & 0x3f));
		len = 3;
	} else {
		b[0] = (uint8_t)(0xf0 | code >> 18);
		b[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
		b[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
		b[3] = (uint8_t)(0x80 | (code & 0x3f));
		len = 4;
	}
	return add_text(r, b, len);
}

/* After "\u": one code unit, or a whole surrogate pair. */
static int read_unicode_escape(struct ay_json_reader *r, uint64_t start)
{
	static const char lone[] = "a surrogate stands alone";
	uint32_t high, low;
	int c;

	if (read_hex4(r, &high) != 0)
		return r->err;
	if (high < 0xd800 || high > 0xdfff)
		return add_code(r, high);
	if (high > 0xdbff)
		return fail_at(r, AY_EFORMAT, start, lone);
	for (const char *p = "\\u"; *p; p++) {
		c = peek(r);
		if (c < 0)
			return unexpected(r, c, lone);
		if (c != *p)
			return fail_at(r, AY_EFORMAT, start, lone);
		r->in_pos++;
	}
	if (read_hex4(r, &low) != 0)
		return r->err;
	if (low < 0xdc00 || low > 0xdfff)
		return fail_at(r, AY_EFORMAT, start, lone);
	return add_code(r, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
}

/* At the backslash. */
static int read_escape(struct ay_json_reader *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint64_t start = here(r);
	const char *at;
	int c;

	r->in_pos++;
	c = peek(r);
	if (c == 'u') {
		r->in_pos++;
		return read_unicode_escape(r, start);
	}
	at = c > 0 ? strchr(from, c) : NULL;
	if (!at)
		return unexpected(r, c, "there is no such escape");
	r->in_pos++;
	return add_text(r, to + (at - from), 1);
}

/* Takes the plain bytes that are in the input buffer. */
static int read_run(struct ay_json_reader *r)
{
	size_t start = r->in_pos, i = start;

	while (i < r->in_len && r->in[i] != '"' && r->in[i] != '\\' && r->in[i] >= 0x20)
		i++;
	r->in_pos = i;
	return add_text(r, r->in + start, i - start);
}

/* The plain bytes since run_start must be whole characters; escapes give whole ones by themselves. */
static int check_run(struct ay_json_reader *r, size_t run_start, uint64_t run_off)
{
	size_t len = r->text.len - run_start;
	size_t bad = len ? ay_utf8_check(r->text.data + run_start, len) : 0;

	return bad == len ? 0 : fail_at(r, AY_EFORMAT, run_off + bad, "a string is not valid UTF-8");
}

/* At the opening quote. */
static int read_string(struct ay_json_reader *r)
{
	size_t run_start = 0;
	uint64_t run_off;

	r->in_pos++;
	run_off = here(r);
	for (;;) {
		int c = peek(r);

		if (c < 0)
			return unexpected(r, c, "");
		if (c >= 0x20 && c != '"' && c != '\\') {
			if (read_run(r) != 0)
				return r->err;
			continue;
		}
		if (c < 0x20)
			return fail(r, AY_EFORMAT, "a control character in a string is not escaped");
		if (check_run(r, run_start, run_off) != 0)
			return r->err;
		if (c == '"') {
			r->in_pos++;
			return 0;
		}
		if (read_escape(r) != 0)
			return r->err;
		run_start = r->text.len;
		run_off = here(r);
	}
}

/* ---- structure ---- */

static int open_container(struct ay_json_reader *r, bool object)
{
	if (r->depth >= r->max_depth)
		return fail(r, AY_ELIMIT, "containers are nested deeper than the limit");
	if (r->depth == r->levels_cap) {
		size_t cap = r->levels_cap ? r->levels_cap * 2 : 16;
		struct level *levels = realloc(r->levels, cap * sizeof(*levels));

		if (!levels)
			return fail(r, -ENOMEM, "out of memory");
		r->levels = levels;
		r->levels_cap = cap;
	}
	r->levels[r->depth++] = (struct level){.object = object, .keys_before = r->keys.count};
	r->in_pos++;
	r->expect = object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
	return object ? AY_JSON_EV_OBJECT : AY_JSON_EV_ARRAY;
}

static void value_done(struct ay_json_reader *r)
{
	r->expect = r->depth ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
}

static int close_container(struct ay_json_reader *r)
{
	const struct level *level = &r->levels[--r->depth];
	bool object = level->object;

	ay_json_keys_drop(&r->keys, level->keys_before);
	r->in_pos++;
	value_done(r);
	return object ? AY_JSON_EV_OBJECT_END : AY_JSON_EV_ARRAY_END;
}

static int read_key(struct ay_json_reader *r, int c)
{
	int rc;

	if (c != '"')
		return unexpected(r, c, "a key in double quotes must stand here");
	if (read_string(r) != 0)
		return r->err;
	rc = ay_json_keys_add(&r->keys, r->depth, ay_buf_str(&r->text), r->text.len);
	if (rc)
		return fail_at(r, rc, r->token_off, rc == AY_EFORMAT ? "the object has this key already" :
			       rc == AY_ELIMIT ? "objects hold more keys than the limit" : "out of memory");
	c = skip_space(r);
	if (c != ':')
		return unexpected(r, c, "':' must follow a key");
	r->in_pos++;
	r->expect = EXPECT_VALUE;
	return AY_JSON_EV_KEY;
}

static int read_value(struct ay_json_reader *r, int c)
{
	int event;

	if (c == '{' || c == '[')
		return open_container(r, c == '{');
	if (c == '"')
		event = read_string(r) ? r->err : AY_JSON_EV_STRING;
	else if (c == '-' || (c >= '0' && c <= '9'))
		event = read_number(r);
	else if (c == 't')
		event = read_literal(r, "true", AY_JSON_EV_TRUE);
	else if (c == 'f')
		event = read_literal(r, "false", AY_JSON_EV_FALSE);
	else if (c == 'n')
		event = read_literal(r, "null", AY_JSON_EV_NULL);
	else if (r->nonfinite && (c == 'N' || c == 'I'))
		event = read_nonfinite(r, c == 'N' ? "NaN" : "Infinity");
	else
		event = unexpected(r, c, "this is not a JSON value");
	if (event >= 0)
		value_done(r);
	return event;
}

/* Takes the comma after a value, or answers true at the end of the container. */
static bool at_end_of_container(struct ay_json_reader *r, int *c)
{
	bool object = r->levels[r->depth - 1].object;

	if (*c == (object ? '}' : ']'))
		return true;
	if (*c != ',') {
		unexpected(r, *c, object ? "',' or '}' must stand here" : "',' or ']' must stand here");
		return false;
	}
	r->in_pos++;
	r->expect = object ? EXPECT_KEY : EXPECT_VALUE;
	*c = skip_space(r);
	return false;
}

int ay_json_next(struct ay_json_reader *r)
{
	int c;

	if (r->err)
		return r->err;
	ay_buf_clear(&r->text);
	c = skip_space(r);
	if (r->err)
		return r->err;
	if (r->expect == EXPECT_COMMA_OR_END) {
		if (at_end_of_container(r, &c)) {
			r->token_off = here(r);
			return close_container(r);
		}
		if (r->err)
			return r->err;
	}
	r->token_off = here(r);
	switch (r->expect) {
	case EXPECT_NOTHING:
		return c == AT_END ? AY_JSON_EV_END : fail(r, AY_EFORMAT, "something follows the document");
	case EXPECT_VALUE_OR_END:
		return c == ']' ? close_container(r) : read_value(r, c);
	case EXPECT_KEY_OR_END:
		return c == '}' ? close_container(r) : read_key(r, c);
	case EXPECT_KEY:
		return read_key(r, c);
	case EXPECT_VALUE:
	case EXPECT_COMMA_OR_END:
		break;
	}
	return read_value(r, c);
}

const char *ay_json_text(const struct ay_json_reader *r, size_t *len_out)
{
	if (len_out)
		*len_out = r->text.len;
	return ay_buf_str(&r->text);
}

const char *ay_json_ahead(const struct ay_json_reader *r, size_t *len_out, uint64_t *off_out)
{
	if (r->err || r->depth != 1 || r->levels[0].object || r->expect != EXPECT_COMMA_OR_END)
		return NULL;
	*len_out = r->in_len - r->in_pos;
	*off_out = here(r);
	return (const char *)r->in + r->in_pos;
}

void ay_json_take(struct ay_json_reader *r, size_t len)
{
	if (len > r->in_len - r->in_pos)
		ay_bug("more of a JSON document taken than there is");
	r->in_pos += len;
}

size_t ay_json_depth(const struct ay_json_reader *r)
{
	return r->depth;
}

uint64_t ay_json_reader_off(const struct ay_json_reader *r)
{
	return r->token_off;
}

const char *ay_json_reader_reason(const struct ay_json_reader *r)
{
	return r->reason;
}
