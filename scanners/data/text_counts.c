/* SPDX-License-Identifier: Apache-2.0 */
/* A batch's side of columns of texts: tokens that are not usual, by label. */
#include "assay/cursor.h"
#include "scanners/data/profile.h"
#include "scanners/data/texts.h"

#define TOKENS 8192           /* of a column */
#define COUNTS 131072         /* of tokens by label, of a column */
#define BYTES (96 * KIB)      /* encoded tokens of all columns */
#define TOKEN_BYTES 22        /* encoded, without its text and its classes */
#define CLASS_BYTES 5

int ay_text_counts_start(struct ay_text_counts *t, const struct ay_prose *ref, struct ay_budget *b, size_t classes)
{
	size_t cap = classes && COUNTS / classes < TOKENS ? COUNTS / classes : TOKENS;
	int rc = 0;

	*t = (struct ay_text_counts){.budget = b, .classes = classes};
	if (!classes || classes > AY_TEXT_CLASSES)
		return AY_EUSAGE;
	t->v = ay_budget_alloc(b, (ref->n + 1) * sizeof(*t->v));
	if (!t->v)
		return AY_ELIMIT;
	for (size_t i = 0; rc == 0 && i < ref->n; i++) {
		t->v[i] = (struct ay_text_count){.rows = 0};
		t->n = i + 1;
		rc = ay_tokens_init(&t->v[i].tokens, b, &ref->v[i].key, cap, classes);
	}
	return rc;
}

void ay_text_counts_free(struct ay_text_counts *t)
{
	for (size_t i = 0; i < t->n; i++)
		ay_tokens_free(&t->v[i].tokens);
	ay_budget_free(t->budget, t->v);
	*t = (struct ay_text_counts){.budget = t->budget};
}

void ay_text_counts_set_file(struct ay_text_counts *t, uint32_t file)
{
	for (size_t i = 0; i < t->n; i++)
		ay_tokens_set_file(&t->v[i].tokens, file);
}

/* Empty, for what other counts. */
static int start_like(struct ay_text_counts *t, const struct ay_text_counts *other)
{
	struct ay_text keys[AY_TEXT_COLUMNS] = {0};
	const struct ay_prose ref = {.v = keys, .n = other->n};

	for (size_t i = 0; i < other->n; i++)
		keys[i].key = other->v[i].tokens.key;
	return ay_text_counts_start(t, &ref, t->budget, other->classes);
}

int ay_text_counts_merge(struct ay_text_counts *t, const struct ay_text_counts *other)
{
	int rc = 0;

	if (!t->n && other->n)
		rc = start_like(t, other);
	if (!rc && (t->n != other->n || t->classes != other->classes))
		return AY_EUSAGE;
	for (size_t i = 0; rc == 0 && i < t->n; i++) {
		struct ay_text_count *a = &t->v[i];
		const struct ay_text_count *b = &other->v[i];

		if (b->rows > AY_PROFILE_ROWS_MAX - a->rows)
			return AY_ELIMIT;
		a->rows += b->rows;
		for (size_t c = 0; c < t->classes; c++)
			a->of[c] += b->of[c];
		rc = ay_tokens_merge(&a->tokens, &b->tokens);
	}
	return rc;
}

/* ---- bytes ---- */

static size_t classes_of(const struct ay_tokens *t, size_t i)
{
	size_t n = 0;

	for (size_t c = 0; c < t->classes; c++)
		n += t->of[i * t->classes + c] != 0;
	return n;
}

static size_t bytes_of(const struct ay_tokens *t, size_t i)
{
	return TOKEN_BYTES + t->v[i].len + CLASS_BYTES * classes_of(t, i);
}

/* The first of the sorted tokens that have room. */
static size_t fitting(const struct ay_tokens *t, size_t room)
{
	size_t n = 0;

	while (n < t->used && bytes_of(t, n) <= room)
		room -= bytes_of(t, n++);
	return n;
}

static void encode_tokens(struct ay_tokens *t, size_t room, struct ay_buf *out)
{
	ay_tokens_sort(t);
	ay_tokens_cut(t, fitting(t, room));
	ay_buf_le64(out, t->key.k0);
	ay_buf_le64(out, t->key.k1);
	ay_buf_le64(out, t->missed);
	ay_buf_le64(out, t->added);
	ay_buf_le32(out, (uint32_t)t->used);
	for (size_t i = 0; i < t->used; i++) {
		const struct ay_token *e = &t->v[i];

		ay_buf_le64(out, e->hash);
		ay_buf_le64(out, e->row);
		ay_buf_le32(out, e->count);
		ay_buf_addc(out, (char)e->len);
		ay_buf_add(out, e->text, e->len);
		ay_buf_addc(out, (char)classes_of(t, i));
		for (size_t c = 0; c < t->classes; c++) {
			if (!t->of[i * t->classes + c])
				continue;
			ay_buf_addc(out, (char)c);
			ay_buf_le32(out, t->of[i * t->classes + c]);
		}
	}
	ay_tokens_index(t);
}

void ay_text_counts_encode(struct ay_text_counts *t, struct ay_buf *out)
{
	ay_buf_addc(out, (char)t->n);
	if (t->n)
		ay_buf_addc(out, (char)t->classes);
	for (size_t i = 0; i < t->n; i++) {
		ay_buf_le64(out, t->v[i].rows);
		for (size_t c = 0; c < t->classes; c++)
			ay_buf_le64(out, t->v[i].of[c]);
		encode_tokens(&t->v[i].tokens, BYTES / t->n, out);
	}
}

static void decode_classes(struct ay_cursor *in, struct ay_tokens *t, size_t i)
{
	size_t n = ay_cursor_u8(in), next = 0;
	uint64_t sum = 0;

	if (n > t->classes)
		ay_cursor_fail(in, AY_EFORMAT);
	for (size_t k = 0; k < n && !in->err; k++) {
		size_t c = ay_cursor_u8(in);
		uint32_t rows = ay_cursor_le32(in);

		sum += rows;
		if (in->err || c < next || c >= t->classes || !rows || sum > t->v[i].count) {
			ay_cursor_fail(in, AY_EFORMAT);
			return;
		}
		t->of[i * t->classes + c] = rows;
		next = c + 1;
	}
}

static void decode_token(struct ay_cursor *in, struct ay_tokens *t, uint64_t rows)
{
	size_t i = t->used;
	struct ay_token *e = &t->v[i];

	*e = (struct ay_token){.hash = ay_cursor_le64(in)};
	e->row = ay_cursor_le64(in);
	e->count = ay_cursor_le32(in);
	e->len = ay_cursor_u8(in);
	if (e->len > AY_TOKEN_TEXT) {
		ay_cursor_fail(in, AY_EFORMAT);
		return;
	}
	ay_cursor_copy(in, e->text, e->len);
	for (size_t c = 0; c < t->classes; c++)
		t->of[i * t->classes + c] = 0;
	decode_classes(in, t, i);
	if (!e->len || !e->row || e->row > AY_PROFILE_ROWS_MAX || !e->count || e->count > rows)
		ay_cursor_fail(in, AY_EFORMAT);
	t->used++;
}

/* Sorted, all different, and all that has room. */
static bool has_one_form(struct ay_tokens *t, size_t room)
{
	for (size_t i = 1; i < t->used; i++) {
		const struct ay_token *a = &t->v[i - 1], *b = &t->v[i];

		if (a->count < b->count || (a->count == b->count && a->hash >= b->hash))
			return false;
	}
	return fitting(t, room) == t->used && ay_tokens_index(t);
}

static int decode_count(struct ay_cursor *in, struct ay_budget *b, size_t classes, size_t room, struct ay_text_count *out)
{
	struct ay_sipkey key;
	uint64_t sum = 0, rows = ay_cursor_le64(in);

	*out = (struct ay_text_count){.rows = rows};
	for (size_t c = 0; c < classes; c++) {
		out->of[c] = ay_cursor_le64(in);
		if (out->of[c] > rows - sum || rows > AY_PROFILE_ROWS_MAX)
			ay_cursor_fail(in, AY_EFORMAT);
		sum += in->err ? 0 : out->of[c];
	}
	key.k0 = ay_cursor_le64(in);
	key.k1 = ay_cursor_le64(in);
	uint64_t missed = ay_cursor_le64(in), added = ay_cursor_le64(in);
	size_t n = (size_t)ay_cursor_check_count(in, ay_cursor_le32(in), TOKEN_BYTES, TOKENS);
	int rc = in->err ? in->err : ay_tokens_init(&out->tokens, b, &key, TOKENS < COUNTS / classes ? TOKENS : COUNTS / classes, classes);

	if (!rc && (n > out->tokens.cap || n > added || missed > AY_PROFILE_ROWS_MAX || added > UINT64_MAX / 2))
		rc = AY_EFORMAT;
	out->tokens.missed = missed;
	out->tokens.added = added;
	for (size_t i = 0; rc == 0 && i < n && !in->err; i++)
		decode_token(in, &out->tokens, rows);
	return rc ? rc : in->err ? in->err : has_one_form(&out->tokens, room) ? 0 : AY_EFORMAT;
}

int ay_text_counts_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_text_counts *out)
{
	size_t n = ay_cursor_u8(in), classes = n && !in->err ? ay_cursor_u8(in) : 0;
	int rc = in->err;

	*out = (struct ay_text_counts){.budget = b, .classes = classes};
	if (!rc && (n > AY_TEXT_COLUMNS || classes > AY_TEXT_CLASSES || (n && !classes)))
		rc = AY_EFORMAT;
	if (rc || !n)
		return rc;
	out->v = ay_budget_alloc(b, n * sizeof(*out->v));
	if (!out->v)
		return AY_ELIMIT;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = decode_count(in, b, classes, BYTES / n, &out->v[i]);
		out->n = i + 1;
	}
	return rc;
}

/* ---- counting ---- */

/* Hash 0 marks a free slot, and is no usual token. */
static bool is_usual(const struct ay_text_counting *k, size_t i, uint64_t hash, size_t *slot)
{
	size_t n = k->slots[i], at = (size_t)(hash & (n - 1));

	while (k->usual[i][at] && k->usual[i][at] != hash)
		at = (at + 1) & (n - 1);
	*slot = at;
	return k->usual[i][at] == hash && hash;
}

static int list_usual(struct ay_text_counting *k, size_t i)
{
	const struct ay_text *t = &k->ref->v[i];
	size_t n = 0, slots = 64, at;

	for (size_t w = 0; w < t->n; w++)
		n += (double)t->words[w].rows > AY_TEXT_USUAL * (double)t->rows;
	while (slots < 4 * n)
		slots *= 2;
	k->usual[i] = ay_budget_alloc(k->budget, slots * sizeof(**k->usual));
	if (!k->usual[i])
		return AY_ELIMIT;
	k->slots[i] = slots;
	for (at = 0; at < slots; at++)
		k->usual[i][at] = 0;
	for (size_t w = 0; w < t->n; w++)
		if ((double)t->words[w].rows > AY_TEXT_USUAL * (double)t->rows && !is_usual(k, i, t->words[w].hash, &at))
			k->usual[i][at] = t->words[w].hash;
	return 0;
}

int ay_text_counting_init(struct ay_text_counting *k, struct ay_budget *b, const struct ay_prose *ref, struct ay_text_counts *sums)
{
	int rc = 0;

	*k = (struct ay_text_counting){.budget = b, .ref = ref, .sums = sums};
	for (size_t i = 0; rc == 0 && i < ref->n; i++) {
		k->at[i] = SIZE_MAX;
		rc = list_usual(k, i);
	}
	return rc;
}

void ay_text_counting_columns(struct ay_text_counting *k, const char *const *names, size_t n)
{
	for (size_t i = 0; k->ref && i < k->ref->n; i++) {
		k->at[i] = 0;
		while (k->at[i] < n && strcmp(names[k->at[i]], k->ref->v[i].name) != 0)
			k->at[i]++;
	}
}

static void count_text(struct ay_text_counting *k, size_t i, uint64_t row, size_t class, const struct ay_cell *cell)
{
	struct ay_token_reader r = {cell->text, cell->len < AY_TOKEN_ROW_BYTES ? cell->len : AY_TOKEN_ROW_BYTES, 0};
	struct ay_text_count *c = &k->sums->v[i];
	const char *token;
	size_t len, slot;

	c->rows++;
	if (class < k->sums->classes)
		c->of[class]++;
	while (ay_token_next(&r, &token, &len)) {
		uint64_t hash = ay_tokens_hash(&c->tokens, token, len);

		if (!is_usual(k, i, hash, &slot))
			ay_tokens_add(&c->tokens, row, class, hash, token, len);
	}
}

void ay_text_counting_row(struct ay_text_counting *k, const struct ay_block *rows, size_t at, size_t class)
{
	for (size_t i = 0; i < k->ref->n; i++) {
		const struct ay_cell *cell = k->at[i] < rows->columns ? &rows->cells[k->at[i] * rows->room + at] : NULL;

		if (cell && cell->kind == AY_CELL_TEXT && k->sums->v[i].rows < AY_PROFILE_ROWS_MAX)
			count_text(k, i, rows->first + at, class, cell);
	}
}

void ay_text_counting_free(struct ay_text_counting *k)
{
	for (size_t i = 0; i < AY_TEXT_COLUMNS; i++)
		ay_budget_free(k->budget, k->usual[i]);
	*k = (struct ay_text_counting){.budget = k->budget};
}
