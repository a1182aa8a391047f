/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/profile_code.h"

#include "assay/ckd.h"

int ay_sample_init(struct ay_sample *s, struct ay_budget *b, const struct ay_sipkey *key, size_t width, size_t cap)
{
	*s = (struct ay_sample){.budget = b, .key = *key, .width = width, .cap = cap};
	if (!width || width > AY_PROFILE_SAMPLE_WIDTH || !cap || cap > AY_PROFILE_SAMPLE_MAX)
		return AY_ELIMIT;
	s->heap = ay_budget_alloc(b, cap * sizeof(*s->heap));
	s->rows = ay_budget_alloc(b, cap * width * sizeof(*s->rows));
	if (!s->heap || !s->rows) {
		ay_sample_free(s);
		return AY_ELIMIT;
	}
	return 0;
}

static int compare(const struct ay_sampled *a, const struct ay_sampled *b)
{
	for (int i = 0; i < 2; i++)
		if (a->order[i] != b->order[i])
			return a->order[i] < b->order[i] ? -1 : 1;
	return 0;
}

static void swap(struct ay_sampled *a, struct ay_sampled *b)
{
	struct ay_sampled keep = *a;

	*a = *b;
	*b = keep;
}

static void sink(struct ay_sample *s, size_t i)
{
	for (;;) {
		size_t top = i, left = 2 * i + 1;

		for (size_t k = left; k < left + 2 && k < s->used; k++)
			if (compare(&s->heap[k], &s->heap[top]) > 0)
				top = k;
		if (top == i)
			return;
		swap(&s->heap[i], &s->heap[top]);
		i = top;
	}
}

static void rise(struct ay_sample *s, size_t i)
{
	while (i && compare(&s->heap[i], &s->heap[(i - 1) / 2]) > 0) {
		swap(&s->heap[i], &s->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static void offer(struct ay_sample *s, const uint64_t order[2], const double *numbers)
{
	struct ay_sampled one = {.order = {order[0], order[1]}, .at = s->used};

	if (s->used == s->cap) {
		if (compare(&one, &s->heap[0]) >= 0)
			return;
		one.at = s->heap[0].at;
		s->heap[0] = one;
		sink(s, 0);
	} else {
		s->heap[s->used++] = one;
		rise(s, s->used - 1);
	}
	for (size_t i = 0; i < s->width; i++)
		s->rows[one.at * s->width + i] = numbers[i] + 0.0;
}

void ay_sample_add(struct ay_sample *s, const uint8_t object[32], uint64_t row, const double *numbers)
{
	uint8_t where[40];
	uint64_t order[2];

	memcpy(where, object, 32);    /* own: a digest */
	for (int i = 0; i < 8; i++)
		where[32 + i] = (uint8_t)(row >> (8 * i));
	ay_siphash128(&s->key, where, sizeof(where), order);
	offer(s, order, numbers);
}

int ay_sample_merge(struct ay_sample *s, const struct ay_sample *other)
{
	if (s->width != other->width || s->cap != other->cap || s->key.k0 != other->key.k0 || s->key.k1 != other->key.k1)
		return AY_EUSAGE;
	for (size_t i = 0; i < other->used; i++)
		offer(s, other->heap[i].order, other->rows + other->heap[i].at * other->width);
	return 0;
}

static int greatest_first(const void *x, const void *y)
{
	return compare(y, x);
}

#define SAMPLE_VERSION 1

/* Sorted from the greatest on, which is a heap too. A row that two merged parts both had stands once. */
void ay_sample_encode(struct ay_sample *s, struct ay_buf *b)
{
	size_t kept = 0;

	qsort(s->heap, s->used, sizeof(*s->heap), greatest_first);
	for (size_t i = 0; i < s->used; i++)
		if (!kept || compare(&s->heap[kept - 1], &s->heap[i]))
			swap(&s->heap[kept++], &s->heap[i]);
	s->used = kept;
	ay_buf_addc(b, 's');
	ay_buf_addc(b, SAMPLE_VERSION);
	ay_buf_le64(b, s->key.k0);
	ay_buf_le64(b, s->key.k1);
	ay_buf_le32(b, (uint32_t)s->width);
	ay_buf_le32(b, (uint32_t)s->cap);
	ay_buf_le32(b, (uint32_t)s->used);
	for (size_t i = 0; i < s->used; i++) {
		for (int k = 0; k < 2; k++)
			ay_buf_le64(b, s->heap[i].order[k]);
		for (size_t k = 0; k < s->width; k++)
			ay_profile_put(b, s->rows[s->heap[i].at * s->width + k]);
	}
}

int ay_sample_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_sample *out)
{
	uint8_t kind = ay_cursor_u8(in), version = ay_cursor_u8(in);
	struct ay_sipkey key = {.k0 = ay_cursor_le64(in), .k1 = 0};
	int err;

	key.k1 = ay_cursor_le64(in);
	size_t width = ay_cursor_le32(in), cap = ay_cursor_le32(in);

	*out = (struct ay_sample){.budget = b};
	if (in->err || kind != 's' || version != SAMPLE_VERSION)
		return in->err ? in->err : AY_EFORMAT;
	err = ay_sample_init(out, b, &key, width, cap);
	if (err)
		return err;
	size_t n = (size_t)ay_cursor_check_count(in, ay_cursor_le32(in), (2 + width) * sizeof(uint64_t), cap);

	for (size_t i = 0; i < n && !in->err; i++) {
		struct ay_sampled *e = &out->heap[out->used++];

		e->at = i;
		e->order[0] = ay_cursor_le64(in);
		e->order[1] = ay_cursor_le64(in);
		for (size_t k = 0; k < width; k++)
			out->rows[i * width + k] = ay_profile_take(in);
		if (i && compare(&out->heap[i - 1], e) <= 0)
			ay_cursor_fail(in, AY_EFORMAT);
	}
	if (!in->err)
		return 0;
	ay_sample_free(out);
	return in->err;
}

void ay_sample_free(struct ay_sample *s)
{
	ay_budget_free(s->budget, s->heap);
	ay_budget_free(s->budget, s->rows);
	s->heap = NULL;
	s->rows = NULL;
	s->used = 0;
}
