/* SPDX-License-Identifier: Apache-2.0 */
/* The reference's side of columns of texts: its tokens, and how they are made. */
#include "scanners/data/texts.h"

#include <stdlib.h>

#include "assay/cursor.h"
#include "scanners/data/profile.h"

#define NAME_MAX_BYTES 1024
#define LOOKED 1000           /* values that say whether a column is one of texts */
#define CANDIDATES 8          /* columns that may turn out to be none */
#define MAKING 16384          /* tokens that are counted to find the frequent ones */

uint64_t ay_text_rows(const struct ay_text *t, uint64_t hash)
{
	size_t lo = 0, hi = t->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (t->words[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < t->n && t->words[lo].hash == hash ? t->words[lo].rows : t->rest;
}

void ay_prose_free(struct ay_prose *t)
{
	for (size_t i = 0; t->v && i < t->n; i++) {
		ay_budget_free(t->budget, t->v[i].name);
		ay_budget_free(t->budget, t->v[i].words);
	}
	ay_budget_free(t->budget, t->v);
	*t = (struct ay_prose){.budget = t->budget};
}

static int make_texts(struct ay_prose *t, struct ay_budget *b)
{
	*t = (struct ay_prose){.budget = b};
	t->v = ay_budget_alloc(b, AY_TEXT_COLUMNS * sizeof(*t->v));
	for (size_t i = 0; t->v && i < AY_TEXT_COLUMNS; i++)
		t->v[i] = (struct ay_text){.name = NULL};
	return t->v ? 0 : AY_ELIMIT;
}

static char *copy_name(struct ay_budget *b, const char *name, size_t len)
{
	char *out = ay_budget_alloc(b, len + 1);

	if (out) {
		memcpy(out, name, len);    /* own: room just made */
		out[len] = 0;
	}
	return out;
}

/* ---- bytes ---- */

void ay_prose_encode(const struct ay_prose *t, struct ay_buf *out)
{
	ay_buf_addc(out, (char)t->n);
	for (size_t i = 0; i < t->n; i++) {
		const struct ay_text *e = &t->v[i];

		ay_buf_le16(out, (uint16_t)strlen(e->name));
		ay_buf_adds(out, e->name);
		ay_buf_le64(out, e->key.k0);
		ay_buf_le64(out, e->key.k1);
		ay_buf_le64(out, e->rows);
		ay_buf_le32(out, e->rest);
		ay_buf_le32(out, (uint32_t)e->n);
		for (size_t w = 0; w < e->n; w++) {
			ay_buf_le64(out, e->words[w].hash);
			ay_buf_le32(out, e->words[w].rows);
		}
	}
}

static int decode_text(struct ay_cursor *in, struct ay_budget *b, struct ay_text *out)
{
	char name[NAME_MAX_BYTES] = "";
	uint16_t len = ay_cursor_le16(in);

	if (len >= sizeof(name))
		return AY_EFORMAT;
	ay_cursor_copy(in, name, len);
	out->key.k0 = ay_cursor_le64(in);
	out->key.k1 = ay_cursor_le64(in);
	out->rows = ay_cursor_le64(in);
	out->rest = ay_cursor_le32(in);
	out->n = (size_t)ay_cursor_check_count(in, ay_cursor_le32(in), 12, AY_TEXT_WORDS);
	if (in->err || strlen(name) != len || out->rows > AY_PROFILE_ROWS_MAX)
		return in->err ? in->err : AY_EFORMAT;
	out->name = copy_name(b, name, len);
	out->words = ay_budget_alloc(b, (out->n + 1) * sizeof(*out->words));
	if (!out->name || !out->words)
		return AY_ELIMIT;
	for (size_t w = 0; w < out->n && !in->err; w++) {
		out->words[w].hash = ay_cursor_le64(in);
		out->words[w].rows = ay_cursor_le32(in);
		if ((w && out->words[w].hash <= out->words[w - 1].hash) || !out->words[w].rows)
			ay_cursor_fail(in, AY_EFORMAT);
	}
	return in->err;
}

int ay_prose_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_prose *out)
{
	uint8_t n = ay_cursor_u8(in);
	int rc = in->err ? in->err : n > AY_TEXT_COLUMNS ? AY_EFORMAT : 0;

	*out = (struct ay_prose){.budget = b};
	if (rc || !n)
		return rc;
	rc = make_texts(out, b);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		out->n = i + 1;
		rc = decode_text(in, b, &out->v[i]);
	}
	return rc;
}

/* ---- making ---- */

struct looked { char *name; uint32_t values, tokens; };      /* name: of columns of strings, else NULL */
struct candidate { size_t column; uint64_t rows; struct ay_tokens tokens; };
struct ay_prose_making {
	struct ay_budget *budget;
	size_t columns, chosen;
	struct looked *looked;
	struct candidate v[CANDIDATES];
};

int ay_prose_making_new(struct ay_budget *b, const char *const *names, const enum ay_value_type *types, size_t columns,
			struct ay_prose_making **out)
{
	struct ay_prose_making *m = *out = ay_budget_alloc(b, sizeof(*m));
	int rc = 0;

	if (!m)
		return AY_ELIMIT;
	*m = (struct ay_prose_making){.budget = b};
	m->looked = ay_budget_alloc(b, (columns + 1) * sizeof(*m->looked));
	if (!m->looked)
		rc = AY_ELIMIT;
	for (size_t i = 0; rc == 0 && i < columns; i++) {
		bool may = types[i] == AY_VALUE_STRING && strlen(names[i]) < NAME_MAX_BYTES;

		m->looked[i] = (struct looked){.name = may ? copy_name(b, names[i], strlen(names[i])) : NULL};
		m->columns = i + 1;
		if (may && !m->looked[i].name)
			rc = AY_ELIMIT;
	}
	if (rc) {
		ay_prose_making_free(m);
		*out = NULL;
	}
	return rc;
}

void ay_prose_making_free(struct ay_prose_making *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->chosen; i++)
		ay_tokens_free(&m->v[i].tokens);
	for (size_t i = 0; i < m->columns; i++)
		ay_budget_free(m->budget, m->looked[i].name);
	ay_budget_free(m->budget, m->looked);
	ay_budget_free(m->budget, m);
}

void ay_prose_look(struct ay_prose_making *m, size_t column, const struct ay_cell *cell)
{
	struct looked *l = &m->looked[column];
	struct ay_token_reader r = {cell->text, cell->len, 0};
	const char *token;
	size_t len;

	if (!l->name || l->values == LOOKED || cell->kind != AY_CELL_TEXT)
		return;
	l->values++;
	for (int i = 0; i < 64 && ay_token_next(&r, &token, &len); i++)
		l->tokens++;
}

int ay_prose_choose(struct ay_prose_making *m, const struct ay_sipkey *key)
{
	for (size_t i = 0; i < m->columns && m->chosen < CANDIDATES; i++) {
		struct candidate *c = &m->v[m->chosen];

		if (!m->looked[i].values || m->looked[i].tokens < 2 * m->looked[i].values)
			continue;
		int rc = ay_tokens_init(&c->tokens, m->budget, key, MAKING, 0);

		if (rc)
			return rc;
		c->column = i;
		m->chosen++;
	}
	return 0;
}

void ay_prose_count(struct ay_prose_making *m, size_t column, uint64_t row, const struct ay_cell *cell)
{
	struct ay_token_reader r = {cell->text, cell->len < AY_TOKEN_ROW_BYTES ? cell->len : AY_TOKEN_ROW_BYTES, 0};
	struct candidate *c = m->v;
	const char *token;
	size_t len;

	while (c < m->v + m->chosen && c->column != column)
		c++;
	if (c == m->v + m->chosen || cell->kind != AY_CELL_TEXT)
		return;
	c->rows++;
	while (ay_token_next(&r, &token, &len))
		ay_tokens_add(&c->tokens, row, 0, ay_tokens_hash(&c->tokens, token, len), token, len);
}

static int by_hash(const void *x, const void *y)
{
	const struct ay_word *a = x, *b = y;

	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

static int list_words(struct candidate *c, const char *name, struct ay_budget *b, struct ay_text *out)
{
	struct ay_tokens *t = &c->tokens;

	ay_tokens_sort(t);
	ay_tokens_cut(t, AY_TEXT_WORDS);
	uint32_t missed = t->missed < UINT32_MAX / 2 ? (uint32_t)t->missed : UINT32_MAX / 2;

	*out = (struct ay_text){.key = t->key, .rows = c->rows, .rest = missed, .n = t->used};
	out->name = copy_name(b, name, strlen(name));
	out->words = ay_budget_alloc(b, (t->used + 1) * sizeof(*out->words));
	if (!out->name || !out->words)
		return AY_ELIMIT;
	for (size_t i = 0; i < t->used; i++)
		out->words[i] = (struct ay_word){t->v[i].hash, t->v[i].count < UINT32_MAX - missed ? t->v[i].count + missed : UINT32_MAX};
	qsort(out->words, out->n, sizeof(*out->words), by_hash);
	return 0;
}

int ay_prose_made(struct ay_prose_making *m, bool (*skip)(void *arg, const char *name), void *arg, struct ay_prose *out)
{
	int rc = make_texts(out, m->budget);

	for (size_t i = 0; rc == 0 && i < m->chosen && out->n < AY_TEXT_COLUMNS; i++) {
		const char *name = m->looked[m->v[i].column].name;

		if (!skip(arg, name))
			rc = list_words(&m->v[i], name, m->budget, &out->v[out->n++]);
	}
	return rc;
}
