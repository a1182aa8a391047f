/* SPDX-License-Identifier: Apache-2.0 */
/* What was counted of tables: added up, and as bytes. */
#include <stdlib.h>

#include "assay/ckd.h"
#include "scanners/data/outliers.h"
#include "scanners/data/profile_code.h"

#define SUMS_VERSION 1
#define COLUMN_BYTES (3 * 8 + 2 * 20)
#define ROW_BYTES (8 + 8 + 4 + 2 * AY_OUTLIER_BLAMED)

int ay_outliers_init(struct ay_outliers *o, struct ay_budget *b, const struct ay_reference *ref)
{
	*o = (struct ay_outliers){.budget = b, .count = ref->count};
	o->columns = ay_budget_alloc(b, (ref->count + 1) * sizeof(*o->columns));
	if (!o->columns)
		return AY_ELIMIT;
	for (size_t i = 0; i < ref->count; i++)
		o->columns[i] = (struct ay_outlier_column){.far = 0};
	return 0;
}

void ay_outliers_set_file(struct ay_outliers *o, uint32_t file)
{
	for (size_t i = 0; i < o->count; i++)
		o->columns[i].least.file = o->columns[i].greatest.file = file;
	for (int m = 0; m < AY_OUTLIER_METHODS; m++)
		for (size_t i = 0; i < o->worst_count[m]; i++)
			o->worst[m][i].file = file;
}

static int worst_first(const void *x, const void *y)
{
	const struct ay_outlier_row *a = x, *b = y;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static void merge_worst(struct ay_outliers *o, const struct ay_outliers *other, int m)
{
	struct ay_outlier_row both[2 * AY_OUTLIER_WORST];
	size_t n = 0;

	for (size_t i = 0; i < o->worst_count[m]; i++)
		both[n++] = o->worst[m][i];
	for (size_t i = 0; i < other->worst_count[m]; i++)
		both[n++] = other->worst[m][i];
	qsort(both, n, sizeof(*both), worst_first);
	o->worst_count[m] = n < AY_OUTLIER_WORST ? n : AY_OUTLIER_WORST;
	for (size_t i = 0; i < o->worst_count[m]; i++)
		o->worst[m][i] = both[i];
}

static void merge_column(struct ay_outlier_column *c, const struct ay_outlier_column *other)
{
	c->far += other->far;
	c->fenced += other->fenced;
	c->beyond += other->beyond;
	if (other->least.row && (!c->least.row || other->least.value < c->least.value))
		c->least = other->least;
	if (other->greatest.row && (!c->greatest.row || other->greatest.value > c->greatest.value))
		c->greatest = other->greatest;
}

int ay_outliers_merge(struct ay_outliers *o, const struct ay_outliers *other)
{
	if (o->count != other->count)
		return AY_EUSAGE;
	if (other->rows > AY_PROFILE_ROWS_MAX - o->rows)
		return AY_ELIMIT;
	o->rows += other->rows;
	for (size_t i = 0; i < o->count; i++)
		merge_column(&o->columns[i], &other->columns[i]);
	for (int m = 0; m < AY_OUTLIER_METHODS; m++) {
		for (int p = 0; p < AY_OUTLIER_PARTS; p++) {
			o->tally[m][p].rows += other->tally[m][p].rows;
			o->tally[m][p].above += other->tally[m][p].above;
		}
		merge_worst(o, other, m);
	}
	return 0;
}

/* ---- bytes ---- */

static void encode_value(const struct ay_outlier_value *v, struct ay_buf *out)
{
	ay_profile_put(out, v->value);
	ay_buf_le64(out, v->row);
	ay_buf_le32(out, v->file);
}

void ay_outliers_encode(struct ay_outliers *o, struct ay_buf *out)
{
	ay_buf_addc(out, 'o');
	ay_buf_addc(out, SUMS_VERSION);
	ay_buf_le32(out, (uint32_t)o->count);
	ay_buf_le64(out, o->rows);
	for (size_t i = 0; i < o->count; i++) {
		const struct ay_outlier_column *c = &o->columns[i];

		ay_buf_le64(out, c->far);
		ay_buf_le64(out, c->fenced);
		ay_buf_le64(out, c->beyond);
		encode_value(&c->least, out);
		encode_value(&c->greatest, out);
	}
	for (int m = 0; m < AY_OUTLIER_METHODS; m++) {
		for (int p = 0; p < AY_OUTLIER_PARTS; p++) {
			ay_buf_le64(out, o->tally[m][p].rows);
			ay_buf_le64(out, o->tally[m][p].above);
		}
		qsort(o->worst[m], o->worst_count[m], sizeof(o->worst[m][0]), worst_first);
		ay_buf_le32(out, (uint32_t)o->worst_count[m]);
		for (size_t i = 0; i < o->worst_count[m]; i++) {
			const struct ay_outlier_row *r = &o->worst[m][i];

			ay_profile_put(out, r->score);
			ay_buf_le64(out, r->row);
			ay_buf_le32(out, r->file);
			for (int k = 0; k < AY_OUTLIER_BLAMED; k++)
				ay_buf_le16(out, r->blamed[k]);
		}
	}
}

static void decode_value(struct ay_cursor *in, uint64_t rows, struct ay_outlier_value *v)
{
	v->value = ay_profile_take(in);
	v->row = ay_cursor_le64(in);
	v->file = ay_cursor_le32(in);
	if (v->value != v->value || v->row > rows || (!v->row && v->value != 0))
		ay_cursor_fail(in, AY_EFORMAT);
}

static void decode_columns(struct ay_cursor *in, struct ay_outliers *o)
{
	for (size_t i = 0; i < o->count && !in->err; i++) {
		struct ay_outlier_column *c = &o->columns[i];

		c->far = ay_cursor_le64(in);
		c->fenced = ay_cursor_le64(in);
		c->beyond = ay_cursor_le64(in);
		decode_value(in, AY_PROFILE_ROWS_MAX, &c->least);
		decode_value(in, AY_PROFILE_ROWS_MAX, &c->greatest);
		if (c->far > AY_PROFILE_ROWS_MAX || c->fenced > AY_PROFILE_ROWS_MAX || c->beyond > AY_PROFILE_ROWS_MAX)
			ay_cursor_fail(in, AY_EFORMAT);
	}
}

static void decode_method(struct ay_cursor *in, struct ay_outliers *o, int m)
{
	uint64_t rows = 0, above = 0;

	for (int p = 0; p < AY_OUTLIER_PARTS; p++) {
		struct ay_outlier_tally *t = &o->tally[m][p];

		t->rows = ay_cursor_le64(in);
		t->above = ay_cursor_le64(in);
		if (t->above > t->rows || ay_ckd_add_u64(rows, t->rows, &rows) || rows > o->rows)
			ay_cursor_fail(in, AY_EFORMAT);
		above += t->above;
	}
	size_t n = (size_t)ay_cursor_check_count(in, ay_cursor_le32(in), ROW_BYTES, AY_OUTLIER_WORST);

	if (n != (above < AY_OUTLIER_WORST ? above : AY_OUTLIER_WORST))
		ay_cursor_fail(in, AY_EFORMAT);
	for (size_t i = 0; i < n && !in->err; i++) {
		struct ay_outlier_row *r = &o->worst[m][i];

		r->score = ay_profile_take(in);
		r->row = ay_cursor_le64(in);
		r->file = ay_cursor_le32(in);
		for (int k = 0; k < AY_OUTLIER_BLAMED; k++) {
			r->blamed[k] = ay_cursor_le16(in);
			if (r->blamed[k] > o->count)
				ay_cursor_fail(in, AY_EFORMAT);
		}
		if (r->score != r->score || !r->row || (i && worst_first(&o->worst[m][i - 1], r) >= 0))
			ay_cursor_fail(in, AY_EFORMAT);
		o->worst_count[m] = i + 1;
	}
}

int ay_outliers_decode(struct ay_cursor *in, struct ay_budget *b, struct ay_outliers *out)
{
	uint8_t kind = ay_cursor_u8(in), version = ay_cursor_u8(in);

	*out = (struct ay_outliers){.budget = b};
	if (in->err || kind != 'o' || version != SUMS_VERSION)
		return in->err ? in->err : AY_EFORMAT;
	out->count = ay_cursor_le32(in);
	out->rows = ay_cursor_le64(in);
	if (out->rows > AY_PROFILE_ROWS_MAX)
		ay_cursor_fail(in, AY_EFORMAT);
	out->count = (size_t)ay_cursor_check_count(in, out->count, COLUMN_BYTES, AY_REFERENCE_COLUMNS);
	if (in->err)
		return in->err;
	out->columns = ay_budget_alloc(b, (out->count + 1) * sizeof(*out->columns));
	if (!out->columns)
		return AY_ELIMIT;
	decode_columns(in, out);
	for (int m = 0; m < AY_OUTLIER_METHODS && !in->err; m++)
		decode_method(in, out, m);
	if (!in->err)
		return 0;
	ay_outliers_free(out);
	return in->err;
}

void ay_outliers_free(struct ay_outliers *o)
{
	ay_budget_free(o->budget, o->columns);
	*o = (struct ay_outliers){.budget = o->budget};
}
