/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/row_sketch.h"

#include <math.h>
#include <stdlib.h>

#include "assay/attr.h"
#include "assay/cursor.h"
#include "base/siphash.h"
#include "scanners/data/words.h"

#define ROOM (2 * AY_ROW_SKETCH)
#define SLOTS (4 * AY_ROW_SKETCH)
#define ROWS_MAX (1ull << 40)

static const struct ay_sipkey key = {0x61737361792d726full, 0x77736b6574636832ull};

int ay_row_sketch_init(struct ay_row_sketch *s, struct ay_budget *b)
{
	*s = (struct ay_row_sketch){.budget = b};
	s->seen = ay_budget_alloc(b, ROOM * sizeof(*s->seen));
	s->slots = ay_budget_alloc(b, SLOTS * sizeof(*s->slots));
	if (!s->seen || !s->slots) {
		ay_row_sketch_free(s);
		return AY_ELIMIT;
	}
	memset(s->slots, 0, SLOTS * sizeof(*s->slots));
	return 0;
}

static int compare(const uint64_t a[2], const uint64_t b[2])
{
	if (a[0] != b[0])
		return a[0] < b[0] ? -1 : 1;
	return a[1] < b[1] ? -1 : a[1] > b[1];
}

static int by_hash(const void *x, const void *y)
{
	return compare(((const struct ay_row_seen *)x)->hash, ((const struct ay_row_seen *)y)->hash);    /* own: the sketch */
}

/* The low bits: the high ones of what is kept are all small. */
static uint16_t *slot_of(const struct ay_row_sketch *s, const uint64_t hash[2])
{
	size_t i = hash[1] & (SLOTS - 1);

	while (s->slots[i] && compare(s->seen[s->slots[i] - 1].hash, hash) != 0)
		i = (i + 1) & (SLOTS - 1);
	return &s->slots[i];
}

static bool is_sorted(const struct ay_row_sketch *s)
{
	size_t i = 1;

	while (i < s->used && compare(s->seen[i - 1].hash, s->seen[i].hash) <= 0)
		i++;
	return i >= s->used;
}

void ay_row_sketch_sort(struct ay_row_sketch *s)
{
	if (!is_sorted(s))
		qsort(s->seen, s->used, sizeof(*s->seen), by_hash);
	if (s->used > AY_ROW_SKETCH) {
		s->used = AY_ROW_SKETCH;
		s->full = true;
	}
	if (s->full && s->used == AY_ROW_SKETCH && (!(s->bound[0] | s->bound[1]) || compare(s->seen[s->used - 1].hash, s->bound) < 0)) {
		s->bound[0] = s->seen[s->used - 1].hash[0];
		s->bound[1] = s->seen[s->used - 1].hash[1];
	}
	memset(s->slots, 0, SLOTS * sizeof(*s->slots));
	for (size_t i = 0; i < s->used; i++)
		*slot_of(s, s->seen[i].hash) = (uint16_t)(i + 1);
}

static bool is_first(const struct ay_row_seen *a, const struct ay_row_seen *b)
{
	return a->file != b->file ? a->file < b->file : a->row < b->row;
}

/* What is below the bound was below it from its first row on, so that its count is exact. */
static void offer(struct ay_row_sketch *s, const struct ay_row_seen *one)
{
	if (s->full && compare(one->hash, s->bound) > 0)
		return;
	uint16_t *slot = slot_of(s, one->hash);

	if (*slot) {
		struct ay_row_seen *e = &s->seen[*slot - 1];
		uint32_t count = e->count > UINT32_MAX - one->count ? UINT32_MAX : e->count + one->count;

		if (is_first(one, e))
			*e = *one;
		e->count = count;
		return;
	}
	s->seen[s->used++] = *one;
	*slot = (uint16_t)s->used;
	if (s->used == ROOM)
		ay_row_sketch_sort(s);
}

/* ---- rows ---- */

/* Folded products with the key: a tenth of SipHash's time for each word. */
static void mix(uint64_t h[2], uint64_t v)
{
	__uint128_t a = (__uint128_t)(h[0] ^ v ^ key.k0) * 0x9e3779b97f4a7c15ull, b = (__uint128_t)(h[1] ^ v ^ key.k1) * 0xd6e8feb86659fd93ull;
	uint64_t x = (uint64_t)a ^ (uint64_t)(a >> 64), y = (uint64_t)b ^ (uint64_t)(b >> 64);

	h[0] = x ^ (h[1] << 23 | h[1] >> 41);
	h[1] = y + x;
}

/* Words of 8 bytes, and what is left, at most 7 of them, with the length: as many words as tell all texts apart. */
static void mix_text(uint64_t h[2], const char *text, size_t len)
{
	size_t i = 0;

	for (; len - i >= 8; i += 8)
		mix(h, ay_word_load(text + i));
	mix(h, ay_word_short(text + i, len - i) | (uint64_t)len << 56);
}

static void mix_cell(uint64_t h[2], const struct ay_cell *cell)
{
	union { double number; uint64_t bits; } word = {.number = cell->number + 0.0};

	if (cell->kind == AY_CELL_MISSING)
		mix(h, 0x6d697373696e67ull);
	else if (cell->text)
		mix_text(h, cell->text, cell->len);
	else
		mix(h, word.bits);
}

void ay_row_sketch_add(struct ay_row_sketch *s, const struct ay_block *b)
{
	uint64_t h[AY_BLOCK_ROWS][2] AY_SCRATCH;

	memset(h, 0, b->rows * sizeof(h[0]));
	for (size_t c = 0; c < b->columns; c++)
		for (size_t i = 0; i < b->rows; i++)
			mix_cell(h[i], &b->cells[c * b->room + i]);
	for (size_t i = 0; i < b->rows; i++) {
		mix(h[i], b->columns);
		mix(h[i], 0);
	}
	for (size_t i = 0; i < b->rows; i++)
		if (!s->full || h[i][0] <= s->bound[0])
			offer(s, &(struct ay_row_seen){.hash = {h[i][0], h[i][1]}, .row = b->first + i, .count = 1});
	s->rows += b->rows;
}

void ay_row_sketch_set_file(struct ay_row_sketch *s, uint32_t file)
{
	for (size_t i = 0; i < s->used; i++)
		s->seen[i].file = file;
}

int ay_row_sketch_merge(struct ay_row_sketch *s, const struct ay_row_sketch *other)
{
	if (other->rows > ROWS_MAX - s->rows)
		return AY_ELIMIT;
	s->rows += other->rows;
	if (other->full && (!s->full || compare(other->bound, s->bound) < 0)) {
		size_t kept = 0;

		s->bound[0] = other->bound[0];
		s->bound[1] = other->bound[1];
		s->full = true;
		for (size_t i = 0; i < s->used; i++)
			if (compare(s->seen[i].hash, s->bound) <= 0)
				s->seen[kept++] = s->seen[i];
		s->used = kept;
		ay_row_sketch_sort(s);
	}
	for (size_t i = 0; i < other->used; i++)
		offer(s, &other->seen[i]);
	return 0;
}

/* ---- bytes ---- */

void ay_row_sketch_encode(struct ay_row_sketch *s, struct ay_buf *out)
{
	ay_row_sketch_sort(s);
	ay_buf_le64(out, s->rows);
	ay_buf_addc(out, s->full);
	ay_buf_le32(out, (uint32_t)s->used);
	for (size_t i = 0; i < s->used; i++) {
		ay_buf_le64(out, s->seen[i].hash[0]);
		ay_buf_le64(out, s->seen[i].hash[1]);
		ay_buf_le64(out, s->seen[i].row);
		ay_buf_le32(out, s->seen[i].count);
	}
}

int ay_row_sketch_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_row_sketch *out)
{
	int rc = ay_row_sketch_init(out, b);
	uint64_t sum = 0;

	if (rc)
		return rc;
	out->rows = ay_cursor_le64(in);
	uint8_t full = ay_cursor_u8(in);
	size_t n = (size_t)ay_cursor_check_count(in, ay_cursor_le32(in), 28, AY_ROW_SKETCH);

	for (size_t i = 0; i < n && !in->err; i++) {
		struct ay_row_seen *e = &out->seen[out->used++];

		*e = (struct ay_row_seen){.hash = {ay_cursor_le64(in), 0}};
		e->hash[1] = ay_cursor_le64(in);
		e->row = ay_cursor_le64(in);
		e->count = ay_cursor_le32(in);
		sum += e->count;
		if (!e->count || (i && by_hash(e - 1, e) >= 0))
			ay_cursor_fail(in, AY_EFORMAT);
	}
	if (!in->err && (full > 1 || (full && !n) || out->rows > ROWS_MAX || (full ? sum > out->rows : sum != out->rows)))
		ay_cursor_fail(in, AY_EFORMAT);
	if (in->err) {
		ay_row_sketch_free(out);
		return in->err;
	}
	out->full = full == 1;
	if (out->full) {
		out->bound[0] = out->seen[n - 1].hash[0];
		out->bound[1] = out->seen[n - 1].hash[1];
	}
	ay_row_sketch_sort(out);
	return 0;
}

void ay_row_sketch_free(struct ay_row_sketch *s)
{
	ay_budget_free(s->budget, s->seen);
	ay_budget_free(s->budget, s->slots);
	s->seen = NULL;
	s->slots = NULL;
	s->used = 0;
}

/* ---- what sketches say ---- */

/* 1 less the different rows for each row: the mean count of a fair sample of the different ones says how many rows each stands for. */
double ay_row_sketch_repeated(struct ay_row_sketch *s, double *error)
{
	double sum = 0, squares = 0, n;

	ay_row_sketch_sort(s);
	n = (double)s->used;
	*error = 0;
	if (!s->used)
		return 0;
	for (size_t i = 0; i < s->used; i++) {
		sum += s->seen[i].count;
		squares += (double)s->seen[i].count * s->seen[i].count;
	}
	double mean = sum / n;

	if (s->full)
		*error = sqrt(fmax(squares / n - mean * mean, 0) / n) / (mean * mean);
	return 1 - 1 / mean;
}

/* ln of the chance that none of count rows among all is drawn with the others. */
static double ln_undrawn(double all, double drawn, double count)
{
	if (count > all - drawn)
		return -HUGE_VAL;
	return lgamma(all - drawn + 1) - lgamma(all - drawn - count + 1) - lgamma(all + 1) + lgamma(all - count + 1);
}

/* Rarefaction: of each different row the chance to be among those drawn. */
double ay_row_sketch_expected(struct ay_row_sketch *s, uint64_t rows)
{
	double error, all = (double)s->rows, drawn = fmin((double)rows, all), different = 0, sum = 0;

	if (drawn >= all || drawn < 1)
		return drawn < 1 ? 0 : ay_row_sketch_repeated(s, &error);
	ay_row_sketch_sort(s);
	for (size_t i = 0; i < s->used; i++) {
		double count = s->seen[i].count;

		sum += count;
		different += count > 1 ? 1 - exp(ln_undrawn(all, drawn, count)) : drawn / all;
	}
	return sum > 0 ? fmax(0, 1 - different / (drawn * sum / all)) : 0;
}

double ay_row_sketch_met(struct ay_row_sketch *s, uint64_t rows)
{
	double all = (double)s->rows, sum = 0, met = 0;

	ay_row_sketch_sort(s);
	for (size_t i = 0; i < s->used && all > 1; i++) {
		double count = s->seen[i].count;

		sum += count;
		met += count * -expm1((double)rows * log1p(-fmin((count - 1) / (all - 1), 1 - 1e-12)));
	}
	return sum > 0 ? met / sum : 0;
}

void ay_row_sketch_shared(struct ay_row_sketch *s, struct ay_row_sketch *other, uint64_t *rows, uint64_t *shared, const struct ay_row_seen **first)
{
	ay_row_sketch_sort(s);
	ay_row_sketch_sort(other);
	*rows = *shared = 0;
	*first = NULL;
	for (size_t i = 0; i < s->used; i++) {
		const struct ay_row_seen *e = &s->seen[i];

		if (other->full && compare(e->hash, other->bound) > 0)
			break;
		++*rows;
		if (!*slot_of(other, e->hash))
			continue;
		++*shared;
		if (!*first || is_first(e, *first))
			*first = e;
	}
}
