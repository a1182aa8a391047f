/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/tokens.h"

#include <stdlib.h>

#include "scanners/data/words.h"

#define CAP_MAX 32768
#define KNOWN 1024
#define COUNTED 256               /* rows up to which the search for the rarer half tells counts apart */

/* A short token and its hash. */
struct ay_token_known {
	struct ay_words token;
	uint64_t hash;
};

int ay_tokens_init(struct ay_tokens *t, struct ay_budget *b, const struct ay_sipkey *key, size_t cap, size_t classes)
{
	*t = (struct ay_tokens){.budget = b, .key = *key, .cap = cap, .classes = classes};
	if (!cap || cap > CAP_MAX)
		return AY_EUSAGE;
	t->v = ay_budget_alloc(b, cap * sizeof(*t->v));
	t->of = ay_budget_alloc(b, (cap * classes + 1) * sizeof(*t->of));
	t->slots = ay_budget_alloc(b, 2 * cap * sizeof(*t->slots));
	t->known = ay_budget_alloc(b, KNOWN * sizeof(*t->known));
	if (!t->v || !t->of || !t->slots || !t->known) {
		ay_tokens_free(t);
		return AY_ELIMIT;
	}
	for (size_t i = 0; i < KNOWN; i++)
		t->known[i].token = AY_WORDS_NONE;
	ay_tokens_index(t);
	return 0;
}

void ay_tokens_free(struct ay_tokens *t)
{
	ay_budget_free(t->budget, t->v);
	ay_budget_free(t->budget, t->of);
	ay_budget_free(t->budget, t->slots);
	ay_budget_free(t->budget, t->known);
	*t = (struct ay_tokens){.budget = t->budget};
}

/* Where it stands, or the free slot where it would. */
static size_t slot_of(const struct ay_tokens *t, uint64_t hash)
{
	size_t n = 2 * t->cap, at = (size_t)((hash >> 32) * n >> 32);

	while (t->slots[at] && t->v[t->slots[at] - 1].hash != hash)
		at = at + 1 == n ? 0 : at + 1;
	return at;
}

bool ay_tokens_index(struct ay_tokens *t)
{
	for (size_t i = 0; i < 2 * t->cap; i++)
		t->slots[i] = 0;
	for (size_t i = 0; i < t->used; i++) {
		size_t at = slot_of(t, t->v[i].hash);

		if (t->slots[at])
			return false;
		t->slots[at] = (uint16_t)(i + 1);
	}
	return true;
}

static void move(struct ay_tokens *t, size_t from, size_t to)
{
	t->v[to] = t->v[from];
	for (size_t c = 0; c < t->classes; c++)
		t->of[to * t->classes + c] = t->of[from * t->classes + c];
}

/* The rarer half goes, and all that are as frequent as its most frequent one. */
static void drop_rare(struct ay_tokens *t)
{
	size_t at[COUNTED] = {0}, kept = 0, below = 0;
	uint32_t limit = 0, most = 0;

	for (size_t i = 0; i < t->used; i++)
		at[t->v[i].count < COUNTED ? t->v[i].count : COUNTED - 1]++;
	while (limit < COUNTED - 1 && 2 * below < t->used)
		below += at[++limit];
	for (size_t i = 0; i < t->used; i++) {
		/* Beyond what is told apart are frequent ones, of which every other one stays. */
		bool keep = (limit < COUNTED - 1 ? t->v[i].count > limit : t->v[i].hash & 1) && kept < t->cap / 4 * 3;

		if (keep)
			move(t, i, kept++);
		else if (t->v[i].count > most)
			most = t->v[i].count;
	}
	t->used = kept;
	t->missed += most;
	ay_tokens_index(t);
}

/* A new one at the end, without rows. */
static struct ay_token *append(struct ay_tokens *t, uint64_t hash)
{
	if (t->used == t->cap)
		drop_rare(t);
	struct ay_token *e = &t->v[t->used];

	*e = (struct ay_token){.hash = hash};
	for (size_t c = 0; c < t->classes; c++)
		t->of[t->used * t->classes + c] = 0;
	t->slots[slot_of(t, hash)] = (uint16_t)++t->used;
	return e;
}

void ay_tokens_add(struct ay_tokens *t, uint64_t row, size_t class, uint64_t hash, const char *text, size_t len)
{
	size_t at = t->slots[slot_of(t, hash)];
	struct ay_token *e = at ? &t->v[at - 1] : append(t, hash);

	if (!at) {
		e->row = row;
		e->len = (uint8_t)(len < AY_TOKEN_TEXT ? len : AY_TOKEN_TEXT);
		memcpy(e->text, text, e->len);    /* own: bounded above */
		t->added++;
	}
	if (e->last == row || e->count == UINT32_MAX)
		return;
	e->last = row;
	e->count++;
	if (class < t->classes)
		t->of[(size_t)(e - t->v) * t->classes + class]++;
}

void ay_tokens_set_file(struct ay_tokens *t, uint32_t file)
{
	for (size_t i = 0; i < t->used; i++)
		t->v[i].file = file;
}

static uint32_t sum(uint32_t a, uint32_t b)
{
	return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

int ay_tokens_merge(struct ay_tokens *t, const struct ay_tokens *other)
{
	if (t->classes != other->classes || t->key.k0 != other->key.k0 || t->key.k1 != other->key.k1)
		return AY_EUSAGE;
	for (size_t i = 0; i < other->used; i++) {
		const struct ay_token *from = &other->v[i];
		size_t at = t->slots[slot_of(t, from->hash)];
		struct ay_token *e = at ? &t->v[at - 1] : append(t, from->hash);
		size_t to = (size_t)(e - t->v);

		if (!at) {
			*e = *from;
			e->last = 0;
			e->count = 0;
		}
		e->count = sum(e->count, from->count);
		for (size_t c = 0; c < t->classes; c++)
			t->of[to * t->classes + c] = sum(t->of[to * t->classes + c], other->of[i * t->classes + c]);
	}
	t->missed += other->missed;
	t->added += other->added;
	return 0;
}

static int most_first(const void *x, const void *y)
{
	const struct ay_token *a = x, *b = y;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

/* Their classes go along: each token remembers in `last` where they stand. */
void ay_tokens_sort(struct ay_tokens *t)
{
	for (size_t i = 0; i < t->used; i++)
		t->v[i].last = i;
	qsort(t->v, t->used, sizeof(*t->v), most_first);
	for (size_t i = 0; i < t->used; i++) {
		size_t from = (size_t)t->v[i].last;

		while (from < i)
			from = (size_t)t->v[from].last;    /* it was swapped away from there */
		for (size_t c = 0; c < t->classes && from != i; c++) {
			uint32_t keep = t->of[i * t->classes + c];

			t->of[i * t->classes + c] = t->of[from * t->classes + c];
			t->of[from * t->classes + c] = keep;
		}
		t->v[i].last = from;
	}
	for (size_t i = 0; i < t->used; i++)
		t->v[i].last = 0;
}

void ay_tokens_cut(struct ay_tokens *t, size_t n)
{
	if (n >= t->used)
		return;
	t->missed += t->v[n].count;
	t->used = n;
}

/* ---- reading a text ---- */

enum sign { OTHER, SPACE, WORD, ALONE };

static enum sign sign_of(unsigned char c)
{
	static const uint8_t ascii[0x80] = {
		[' '] = SPACE, ['\t'] = SPACE, ['\n'] = SPACE, ['\r'] = SPACE,
		['0' ... '9'] = WORD, ['A' ... 'Z'] = WORD, ['a' ... 'z'] = WORD, ['_'] = WORD
	};

	/* Letters of most alphabets lie below U+2000; beyond stand signs that cannot be seen, emoji, and letters that are words. */
	if (c >= 0x80)
		return c >= 0xc3 && c <= 0xe1 ? WORD : ALONE;
	return (enum sign)ascii[c];
}

/* Bytes of the character at s. */
static size_t char_len(const char *s, size_t left)
{
	unsigned char c = (unsigned char)*s;
	size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1, n = 1;

	while (n < len && n < left && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

bool ay_token_next(struct ay_token_reader *r, const char **token, size_t *len)
{
	while (r->at < r->len && sign_of((unsigned char)r->text[r->at]) == SPACE)
		r->at++;
	if (r->at >= r->len)
		return false;
	const char *start = *token = r->text + r->at;
	enum sign sign = sign_of((unsigned char)*start);
	size_t left = r->len - r->at, n = char_len(start, left);

	while (sign != ALONE && n < left && sign_of((unsigned char)start[n]) == sign)
		n += char_len(start + n, left - n);
	r->at += n;
	*len = n;
	return true;
}

uint64_t ay_token_hash(const struct ay_sipkey *key, const char *token, size_t len)
{
	return ay_siphash128_half(key, token, len);
}

uint64_t ay_tokens_hash(struct ay_tokens *t, const char *token, size_t len)
{
	if (len > AY_WORDS_MAX)
		return ay_token_hash(&t->key, token, len);
	struct ay_words words = ay_words_of(token, len);
	struct ay_token_known *known = &t->known[ay_words_slot(&words, KNOWN)];

	if (!ay_words_eq(&known->token, &words))
		*known = (struct ay_token_known){words, ay_token_hash(&t->key, token, len)};
	return known->hash;
}
