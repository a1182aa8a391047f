/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/columns.h"

#include <math.h>
#include <stdio.h>

#include "assay/error.h"

const char *ay_column_type_name(enum ay_column_type t)
{
	static const char *const names[] = {
		"boolean", "integer", "unsigned", "number", "decimal", "date", "time", "timestamp", "text", "bytes", "null"
	};

	return names[t];
}

int ay_columns_begin(const struct ay_columns *k, const struct ay_column *c)
{
	return k && k->begin ? k->begin(k->arg, c) : 0;
}

int ay_columns_null(const struct ay_columns *k, uint64_t n)
{
	return k && k->null ? k->null(k->arg, n) : 0;
}

int ay_columns_i64(const struct ay_columns *k, const int64_t *v, size_t n)
{
	return k && k->i64 ? k->i64(k->arg, v, n) : 0;
}

int ay_columns_f64(const struct ay_columns *k, const double *v, size_t n)
{
	return k && k->f64 ? k->f64(k->arg, v, n) : 0;
}

int ay_columns_bytes(const struct ay_columns *k, struct ay_cursor value)
{
	return k && k->bytes ? k->bytes(k->arg, value) : 0;
}

int ay_columns_end(const struct ay_columns *k, uint64_t rows)
{
	return k && k->end ? k->end(k->arg, rows) : 0;
}

bool ay_columns_stored(uint64_t *unstored, uint64_t n, uint64_t bytes, uint64_t file_size, char why[AY_COLUMNS_WHY])
{
	const uint64_t sizes = (UINT64_MAX - AY_LIMIT_TABLE_UNSTORED) / AY_LIMIT_SCAN_RATIO;
	uint64_t more = n / 8 > bytes ? n - 8 * bytes : 0;
	uint64_t most = AY_LIMIT_TABLE_UNSTORED + AY_LIMIT_SCAN_RATIO * (file_size < sizes ? file_size : sizes);

	*unstored = more > UINT64_MAX - *unstored ? UINT64_MAX : *unstored + more;
	if (*unstored <= most)
		return true;
	snprintf(why, AY_COLUMNS_WHY, "with it the table has %llu values that take no bytes; a file of %llu bytes may have %llu", (unsigned long long)*unstored,
		 (unsigned long long)file_size, (unsigned long long)most);
	return false;
}

/* ---- counting ---- */

static int grow(struct ay_column_counts *c, size_t count)
{
	struct ay_column_stats *fresh = ay_budget_realloc(c->budget, c->columns, count * sizeof(*fresh));

	if (!fresh)
		return AY_ELIMIT;
	memset(fresh + c->count, 0, (count - c->count) * sizeof(*fresh));
	c->columns = fresh;
	c->count = count;
	return 0;
}

static int counts_begin(void *arg, const struct ay_column *column)
{
	struct ay_column_counts *c = arg;
	size_t room = strlen(column->name) + 1;
	struct ay_column_stats *s;

	if (column->index >= c->count && grow(c, column->index + 1) < 0)
		return AY_ELIMIT;
	s = c->now = &c->columns[column->index];
	if (s->name)
		return 0;
	s->name = ay_budget_alloc(c->budget, room);
	if (!s->name)
		return AY_ELIMIT;
	snprintf(s->name, room, "%s", column->name);
	s->type = column->type;
	s->scale = column->scale;
	s->repeated = column->repeated;
	return 0;
}

static int counts_null(void *arg, uint64_t n)
{
	struct ay_column_counts *c = arg;

	c->now->nulls += n;
	return 0;
}

static void add(struct ay_column_stats *s, int64_t high, uint64_t low)
{
	uint64_t was = s->sum_low;

	s->sum_low += low;
	s->sum_high += high + (s->sum_low < was);
}

static bool less(const struct ay_column_stats *s, int64_t a, int64_t b)
{
	return s->type == AY_COLUMN_UNSIGNED ? (uint64_t)a < (uint64_t)b : a < b;
}

static int counts_i64(void *arg, const int64_t *v, size_t n)
{
	struct ay_column_stats *s = ((struct ay_column_counts *)arg)->now;    /* own: the sink's argument */

	for (size_t i = 0; i < n; i++) {
		if (!s->values || less(s, v[i], s->min_i64))
			s->min_i64 = v[i];
		if (!s->values || less(s, s->max_i64, v[i]))
			s->max_i64 = v[i];
		add(s, s->type != AY_COLUMN_UNSIGNED && v[i] < 0 ? -1 : 0, (uint64_t)v[i]);
		s->values++;
	}
	return 0;
}

static int counts_f64(void *arg, const double *v, size_t n)
{
	struct ay_column_stats *s = ((struct ay_column_counts *)arg)->now;    /* own: the sink's argument */

	for (size_t i = 0; i < n; i++) {
		bool first = s->values == s->nans;

		s->values++;
		if (isnan(v[i])) {
			s->nans++;
			continue;
		}
		s->min_f64 = first || v[i] < s->min_f64 ? v[i] : s->min_f64;
		s->max_f64 = first || v[i] > s->max_f64 ? v[i] : s->max_f64;
		s->sum_f64 += v[i];
	}
	return 0;
}

static int order(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	int cmp = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return cmp ? cmp : (a_len > b_len) - (a_len < b_len);
}

static int counts_bytes(void *arg, struct ay_cursor value)
{
	struct ay_column_stats *s = ((struct ay_column_counts *)arg)->now;    /* own: the sink's argument */
	uint8_t head[AY_COLUMN_PREFIX] = {0};
	size_t len = value.left < sizeof(head) ? value.left : sizeof(head);

	add(s, 0, value.left);
	ay_cursor_copy(&value, head, len);
	if (!s->values || order(head, len, s->min_bytes, s->min_len) < 0) {
		memcpy(s->min_bytes, head, sizeof(head));    /* own: both ours */
		s->min_len = len;
	}
	if (!s->values || order(head, len, s->max_bytes, s->max_len) > 0) {
		memcpy(s->max_bytes, head, sizeof(head));    /* own: both ours */
		s->max_len = len;
	}
	s->values++;
	return 0;
}

static int counts_end(void *arg, uint64_t rows)
{
	struct ay_column_counts *c = arg;

	c->now->rows += rows;
	return 0;
}

struct ay_columns ay_column_counts_sink(struct ay_column_counts *c)
{
	return (struct ay_columns){
		.arg = c, .begin = counts_begin, .null = counts_null, .i64 = counts_i64, .f64 = counts_f64, .bytes = counts_bytes, .end = counts_end
	};
}

void ay_column_counts_free(struct ay_column_counts *c)
{
	for (size_t i = 0; i < c->count; i++)
		ay_budget_free(c->budget, c->columns[i].name);
	ay_budget_free(c->budget, c->columns);
	*c = (struct ay_column_counts){.budget = c->budget};
}
