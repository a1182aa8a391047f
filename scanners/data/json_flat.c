/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/json_flat.h"

#include "assay/text.h"
#include "scanners/data/words.h"

#define ONES 0x0101010101010101ull
#define HIGH (0x80 * ONES)
#define WORD sizeof(uint64_t)

/* What stands in the file behind the opening quote of a key. */
struct ay_json_key {
	size_t len;              /* with the closing quote; 0: it may be written in other ways, with escapes */
	uint64_t first, last;    /* the first and the last bytes as words */
	uint64_t mask;           /* of first */
};

struct text { const char *at, *end; };

/* ---- characters ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline void skip_space(struct text *t)
{
	while (t->at < t->end && is_space(*t->at))
		t->at++;
}

static inline bool accept(struct text *t, char c)
{
	if (t->at == t->end || *t->at != c)
		return false;
	t->at++;
	return true;
}

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* High bits of bytes that are c; those above the lowest one may be wrong. */
static uint64_t bytes_that_are(uint64_t word, char c)
{
	uint64_t v = word ^ ONES * (unsigned char)c;

	return (v - ONES) & ~v & HIGH;
}

/* Likewise of all that is not plain. */
static uint64_t bytes_not_plain(uint64_t word)
{
	return ((word - ONES * 0x20) & ~word & HIGH) | bytes_that_are(word, '"') | bytes_that_are(word, '\\');
}

/* To the closing quote of a string without escapes; false: it is another one, or none. */
static inline bool pass_string(struct text *t)
{
	const char *start = t->at;
	uint64_t beyond_ascii = 0;

	for (;;) {
		if ((size_t)(t->end - t->at) < WORD) {
			while (t->at < t->end && is_plain(*t->at))
				beyond_ascii |= (unsigned char)*t->at++ & 0x80;
			break;
		}
		uint64_t word = ay_word_load(t->at), stop = bytes_not_plain(word);

		if (stop) {
			beyond_ascii |= word & HIGH & ((stop & (0 - stop)) - 1);
			t->at += (unsigned)__builtin_ctzll(stop) / 8;
			break;
		}
		beyond_ascii |= word & HIGH;
		t->at += WORD;
	}
	if (t->at == t->end || *t->at != '"')
		return false;
	size_t len = (size_t)(t->at - start);

	return !beyond_ascii || ay_utf8_check(start, len) == len;
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool pass_digits(struct text *t)
{
	const char *start = t->at;

	while (t->at < t->end && is_digit(*t->at))
		t->at++;
	return t->at > start;
}

/* By the grammar. */
static inline bool pass_number(struct text *t, bool *whole)
{
	*whole = true;
	accept(t, '-');
	if (!accept(t, '0') && !pass_digits(t))
		return false;
	if (accept(t, '.')) {
		*whole = false;
		if (!pass_digits(t))
			return false;
	}
	if (t->at < t->end && (*t->at | 0x20) == 'e') {
		*whole = false;
		t->at++;
		if (!accept(t, '+'))
			accept(t, '-');
		if (!pass_digits(t))
			return false;
	}
	return true;
}

static struct ay_cell whole_cell(const char *text, size_t len)
{
	struct ay_cell c = {.kind = AY_CELL_NUMBER, .typed = true, .is = AY_VALUE_INTEGER, .text = text, .len = len};
	bool negative = *text == '-';
	struct ay_value v;

	if (ay_value_short_integer(text + negative, len - negative, &c.integer)) {
		c.integer = negative ? -c.integer : c.integer;
		c.whole = true;
	} else if (ay_value_parse(AY_VALUE_INTEGER, text, len, &v)) {
		c.integer = v.i;
		c.whole = v.len <= AY_VALUE_SHORT;
	}
	c.number = (double)c.integer;
	return c;
}

static inline struct ay_cell cell_of_number(const char *text, size_t len, bool whole)
{
	struct ay_cell c = {.kind = AY_CELL_NUMBER, .typed = true, .is = AY_VALUE_NUMBER, .text = text, .len = len};

	if (whole) {
		c = whole_cell(text, len);
		if (c.whole)
			return c;
	}
	/* Beyond the range of a double it is no number that anything could count. */
	if (!ay_value_number(text, len, &c.number))
		c = (struct ay_cell){.kind = AY_CELL_TEXT, .typed = true, .is = AY_VALUE_ANY, .text = text, .len = len};
	return c;
}

struct ay_cell ay_json_number_cell(const char *text, size_t len)
{
	struct text t = {text, text + len};
	bool whole;

	return cell_of_number(text, len, pass_number(&t, &whole) && whole);
}

/* ---- keys ---- */

static bool is_key(const struct text *t, const struct ay_json_key *k, const char *name)
{
	size_t left = (size_t)(t->end - t->at);

	if (k->len > left || !k->len)
		return false;
	if (k->len > 2 * WORD || left < WORD)
		return memcmp(t->at, name, k->len - 1) == 0 && t->at[k->len - 1] == '"';
	return ((ay_word_load(t->at) ^ k->first) & k->mask) == 0 && (k->len <= WORD || ay_word_load(t->at + k->len - WORD) == k->last);
}

/* The column of the key behind the opening quote, and passes what closes it; false: of none, or not to be told from its bytes. */
static bool pass_key(const struct ay_json_flat *f, struct text *t, size_t expected, size_t *column)
{
	const char *start = t->at;

	if (expected < f->names->count && is_key(t, &f->keys[expected], f->names->v[expected])) {
		t->at += f->keys[expected].len;
		*column = expected;
		return true;
	}
	if (!pass_string(t))
		return false;
	*column = ay_json_names_find(f->names, start, (size_t)(t->at - start));
	return accept(t, '"') && *column < f->names->count && f->keys[*column].len;
}

/* ---- rows ---- */

static bool pass_word(struct text *t, const char *word, size_t len)
{
	if ((size_t)(t->end - t->at) < len || memcmp(t->at, word, len) != 0)
		return false;
	t->at += len;
	return true;
}

/* A string, at its quote. */
static inline bool take_string(struct text *t, const char *will_lie, struct ay_cell *out)
{
	const char *start = ++t->at;

	if (!pass_string(t))
		return false;
	*out = (struct ay_cell){.kind = AY_CELL_TEXT, .typed = true, .is = AY_VALUE_STRING, .text = will_lie + 1, .len = (size_t)(t->at - start)};
	t->at++;
	return true;
}

/* will_lie: where the bytes at t will. */
static inline bool take_value(struct text *t, const char *will_lie, struct ay_cell *out)
{
	const char *start = t->at;
	bool whole;

	if (t->at == t->end)
		return false;
	switch (*t->at) {
	case '"': return take_string(t, will_lie, out);
	case 'n': *out = (struct ay_cell){.kind = AY_CELL_MISSING}; return pass_word(t, "null", 4);
	case 't': *out = ay_json_bool_cell(true); return pass_word(t, "true", 4);
	case 'f': *out = ay_json_bool_cell(false); return pass_word(t, "false", 5);
	default: break;
	}
	if (!pass_number(t, &whole))
		return false;
	*out = cell_of_number(start, (size_t)(t->at - start), whole);
	out->text = will_lie;
	return true;
}

/* One key and its value, from the key's quote on. *last is the column before it, then its own. */
static inline bool take_pair(struct ay_json_flat *f, uint64_t row, struct text *t, const char *bytes, const char *will_lie,
			     struct ay_cell *cells, size_t step, size_t *last)
{
	size_t column;

	if (!accept(t, '"') || !pass_key(f, t, f->next[*last], &column) || f->given[column] == row)
		return false;
	f->next[*last] = column;
	f->given[column] = row;
	*last = column;
	skip_space(t);
	if (!accept(t, ':'))
		return false;
	skip_space(t);
	if (!take_value(t, will_lie + (t->at - bytes), &cells[column * step]))
		return false;
	skip_space(t);
	return true;
}

size_t ay_json_flat_read(struct ay_json_flat *f, uint64_t row, const char *bytes, size_t len, const char *will_lie, struct ay_cell *cells, size_t step)
{
	struct text t = {bytes, bytes + len};
	size_t n = f->names->count, last = n, pairs = 0;
	bool taken = accept(&t, '{');

	skip_space(&t);
	while (taken && (taken = take_pair(f, row, &t, bytes, will_lie, cells, step, &last))) {
		pairs++;
		if (accept(&t, '}'))
			break;
		taken = accept(&t, ',');
		skip_space(&t);
	}
	if (!taken)
		return 0;
	for (size_t c = 0; pairs < n && c < n; c++)
		if (f->given[c] != row)
			cells[c * step] = (struct ay_cell){.kind = AY_CELL_MISSING};
	return (size_t)(t.at - bytes);
}

/* ---- */

static struct ay_json_key key_of(const char *name)
{
	struct ay_json_key k = {.len = strlen(name) + 1};
	char words[2 * WORD] = {0};

	for (const char *c = name; *c; c++)
		if (!is_plain(*c))
			return (struct ay_json_key){.len = 0};
	if (k.len > sizeof(words))
		return k;
	memcpy(words, name, k.len - 1);    /* own: it has been measured */
	words[k.len - 1] = '"';
	k.first = ay_word_load(words);
	k.mask = ~(uint64_t)0 >> (k.len < WORD ? 8 * (WORD - k.len) : 0);
	k.last = k.len < WORD ? 0 : ay_word_load(words + k.len - WORD);
	return k;
}

int ay_json_flat_init(struct ay_json_flat *f, struct ay_budget *b, const struct ay_json_names *names)
{
	size_t n = names->count;

	*f = (struct ay_json_flat){.budget = b, .names = names};
	f->keys = ay_budget_alloc(b, (n + 1) * sizeof(*f->keys));
	f->next = ay_budget_alloc(b, (n + 1) * sizeof(*f->next));
	f->given = ay_budget_alloc(b, (n + 1) * sizeof(*f->given));
	if (!f->keys || !f->next || !f->given)
		return AY_ELIMIT;
	for (size_t c = 0; c < n; c++) {
		f->keys[c] = key_of(names->v[c]);
		f->next[c] = c + 1;
		f->given[c] = 0;
	}
	f->next[n] = 0;
	return 0;
}

void ay_json_flat_free(struct ay_json_flat *f)
{
	ay_budget_free(f->budget, f->keys);
	ay_budget_free(f->budget, f->next);
	ay_budget_free(f->budget, f->given);
	*f = (struct ay_json_flat){.budget = f->budget};
}
