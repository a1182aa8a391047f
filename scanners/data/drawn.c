/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/drawn.h"

#include <stdlib.h>

#include "assay/cursor.h"

/* ---- places ---- */

/* Values by the number that stands for them in a sample (ay_profiled_number). */
struct entry { double number; uint16_t at; };

static int by_number(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

size_t ay_places_count(const struct ay_reference *ref, size_t column)
{
	const struct ay_profiled *c = &ref->columns[column];

	return c->numeric ? ay_numbers_bins(&c->numbers) + 1 : c->values.used + 2;
}

/* values: the column's, by number; NULL where it is of numbers. */
static uint16_t place_of(const struct ay_profiled *c, const struct entry *values, size_t missing, double number)
{
	const struct entry key = {.number = number};

	if (number != number)
		return (uint16_t)missing;
	if (c->numeric)
		return (uint16_t)ay_numbers_bin(&c->numbers, number);
	const struct entry *e = bsearch(&key, values, c->values.used, sizeof(key), by_number);

	return e ? e->at : (uint16_t)(missing - 1);
}

static int place_column(struct ay_reference *ref, size_t column)
{
	const struct ay_profiled *c = &ref->columns[column];
	const struct ay_sample *s = &ref->sample;
	size_t missing = ay_places_count(ref, column) - 1, n = c->numeric ? 0 : c->values.used;
	struct entry *values = ay_budget_alloc(ref->budget, (n + 1) * sizeof(*values));
	int rc = values ? 0 : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < n; i++)
		values[i] = (struct entry){(double)(uint32_t)c->values.entries[i].hash[0], (uint16_t)i};
	if (rc == 0 && n)
		qsort(values, n, sizeof(*values), by_number);
	for (size_t i = 0; rc == 0 && i < s->used; i++)
		ref->placed[i * ref->count + column] = place_of(c, values, missing, s->rows[s->heap[i].at * s->width + column]);
	ay_budget_free(ref->budget, values);
	return rc;
}

int ay_reference_place(struct ay_reference *ref)
{
	size_t rows = ref->sample.width ? ref->sample.used : 0;
	int rc = 0;

	if (ref->placed)
		return 0;
	ref->placed = ay_budget_alloc(ref->budget, (rows * ref->count + 1) * sizeof(*ref->placed));
	if (!ref->placed)
		return AY_ELIMIT;
	for (size_t c = 0; rc == 0 && rows && c < ref->count; c++)
		rc = place_column(ref, c);
	if (rc) {
		ay_budget_free(ref->budget, ref->placed);
		ref->placed = NULL;
	}
	return rc;
}

/* Into rising ones; one more than max is not kept. */
static void note_place(uint16_t place, size_t max, uint16_t *out, size_t *n)
{
	size_t at = *n;

	while (at && out[at - 1] >= place)
		at--;
	if ((at < *n && out[at] == place) || *n > max)
		return;
	if ((*n)++ == max)
		return;
	for (size_t i = *n - 1; i > at; i--)
		out[i] = out[i - 1];
	out[at] = place;
}

int ay_label_places(struct ay_reference *ref, size_t column, size_t max, uint16_t *out, size_t *n)
{
	uint16_t missing = (uint16_t)(ay_places_count(ref, column) - 1);
	int rc = ay_reference_place(ref);

	*n = 0;
	for (size_t i = 0; rc == 0 && ref->sample.width && i < ref->sample.used && *n <= max; i++) {
		uint16_t place = ay_reference_row(ref, i)[column];

		if (place != missing)
			note_place(place, max, out, n);
	}
	return rc;
}

/* ---- rows ---- */

int ay_drawn_init(struct ay_drawn *d, struct ay_budget *b, const struct ay_reference *ref)
{
	size_t n = ref->count, cap = n ? AY_DRAWN_BYTES / (n * sizeof(uint16_t)) : 0;

	*d = (struct ay_drawn){.budget = b};
	if (!n)
		return 0;
	return ay_drawn_start(d, b, ref->columns[0].numeric ? &ref->columns[0].numbers.key : &ref->columns[0].values.key, n,
			      cap > AY_DRAWN_ROWS ? AY_DRAWN_ROWS : cap);
}

int ay_drawn_start(struct ay_drawn *d, struct ay_budget *b, const struct ay_sipkey *key, size_t width, size_t cap)
{
	*d = (struct ay_drawn){.budget = b, .key = *key, .width = width, .cap = cap};
	d->heap = ay_budget_alloc(b, cap * sizeof(*d->heap));
	d->places = ay_budget_alloc(b, cap * width * sizeof(*d->places));
	if (d->heap && d->places)
		return 0;
	ay_drawn_free(d);
	return AY_ELIMIT;
}

/* Equal numbers in several files have one order; then the files decide. */
static int compare(const struct ay_drawn_row *a, const struct ay_drawn_row *b)
{
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static void swap(struct ay_drawn_row *a, struct ay_drawn_row *b)
{
	struct ay_drawn_row keep = *a;

	*a = *b;
	*b = keep;
}

static void sink(struct ay_drawn *d)
{
	for (size_t i = 0;;) {
		size_t top = i, left = 2 * i + 1;

		for (size_t k = left; k < left + 2 && k < d->used; k++)
			if (compare(&d->heap[k], &d->heap[top]) > 0)
				top = k;
		if (top == i)
			return;
		swap(&d->heap[i], &d->heap[top]);
		i = top;
	}
}

static void rise(struct ay_drawn *d)
{
	for (size_t i = d->used - 1; i && compare(&d->heap[i], &d->heap[(i - 1) / 2]) > 0; i = (i - 1) / 2)
		swap(&d->heap[i], &d->heap[(i - 1) / 2]);
}

static void offer(struct ay_drawn *d, struct ay_drawn_row one, const uint16_t *places)
{
	if (d->used == d->cap) {
		if (compare(&one, &d->heap[0]) >= 0)
			return;
		one.at = d->heap[0].at;
		d->heap[0] = one;
		sink(d);
	} else {
		one.at = (uint32_t)d->used;
		d->heap[d->used++] = one;
		rise(d);
	}
	for (size_t i = 0; i < d->width; i++)
		d->places[one.at * d->width + i] = places[i];
}

bool ay_drawn_next(struct ay_drawn *d, uint64_t row, uint64_t *order)
{
	uint8_t bytes[8];

	if (!d->width)
		return false;
	d->seen++;
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(row >> (8 * i));
	*order = ay_siphash128_half(&d->key, bytes, sizeof(bytes));
	return d->used < d->cap || *order <= d->heap[0].order;
}

void ay_drawn_keep(struct ay_drawn *d, uint64_t order, uint64_t row, const uint16_t *places)
{
	offer(d, (struct ay_drawn_row){.order = order, .row = row}, places);
}

void ay_drawn_set_file(struct ay_drawn *d, uint32_t file)
{
	for (size_t i = 0; i < d->used; i++)
		d->heap[i].file = file;
}

int ay_drawn_merge(struct ay_drawn *d, const struct ay_drawn *other)
{
	if (d->width != other->width || d->cap != other->cap || d->key.k0 != other->key.k0 || d->key.k1 != other->key.k1)
		return AY_EUSAGE;
	if (other->seen > AY_PROFILE_ROWS_MAX - d->seen)
		return AY_ELIMIT;
	d->seen += other->seen;
	for (size_t i = 0; i < other->used; i++)
		offer(d, other->heap[i], other->places + other->heap[i].at * other->width);
	return 0;
}

/* ---- bytes ---- */

static int greatest_first(const void *x, const void *y)
{
	return compare(y, x);
}

/* Sorted from the greatest on, which is a heap too. */
void ay_drawn_encode(struct ay_drawn *d, struct ay_buf *out)
{
	if (d->used)
		qsort(d->heap, d->used, sizeof(*d->heap), greatest_first);
	ay_buf_le64(out, d->seen);
	ay_buf_le32(out, (uint32_t)d->used);
	for (size_t i = 0; i < d->used; i++) {
		ay_buf_le64(out, d->heap[i].order);
		ay_buf_le64(out, d->heap[i].row);
		for (size_t k = 0; k < d->width; k++)
			ay_buf_le16(out, d->places[d->heap[i].at * d->width + k]);
	}
}

int ay_drawn_read(struct ay_cursor *in, struct ay_drawn *out)
{
	out->seen = ay_cursor_le64(in);
	size_t n = (size_t)ay_cursor_check_count(in, ay_cursor_le32(in), 16 + out->width * sizeof(uint16_t), out->cap);

	for (size_t i = 0; i < n && !in->err; i++) {
		struct ay_drawn_row *e = &out->heap[out->used++];

		*e = (struct ay_drawn_row){.order = ay_cursor_le64(in), .at = (uint32_t)i};
		e->row = ay_cursor_le64(in);
		for (size_t k = 0; k < out->width; k++)
			out->places[i * out->width + k] = ay_cursor_le16(in);
		if (i && compare(e - 1, e) < 0)
			ay_cursor_fail(in, AY_EFORMAT);
	}
	if (!in->err && (out->seen < n || out->seen > AY_PROFILE_ROWS_MAX))
		ay_cursor_fail(in, AY_EFORMAT);
	if (in->err)
		ay_drawn_free(out);
	return in->err;
}

int ay_drawn_decode(struct ay_cursor *in, struct ay_budget *b, const struct ay_reference *like, struct ay_drawn *out)
{
	int rc = ay_drawn_init(out, b, like);

	if (!rc)
		rc = ay_drawn_read(in, out);
	for (size_t i = 0; rc == 0 && i < out->used; i++)
		for (size_t k = 0; rc == 0 && k < out->width; k++)
			if (out->places[i * out->width + k] >= ay_places_count(like, k)) {
				ay_drawn_free(out);
				rc = AY_EFORMAT;
			}
	return rc;
}

void ay_drawn_free(struct ay_drawn *d)
{
	ay_budget_free(d->budget, d->heap);
	ay_budget_free(d->budget, d->places);
	d->heap = NULL;
	d->places = NULL;
	d->used = 0;
}
