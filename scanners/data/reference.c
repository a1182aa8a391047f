/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/reference.h"

#include <stdlib.h>

#include "assay/cursor.h"
#include "scanners/formats/csv.h"

#define MAGIC "AYREF\1"
#define BINS 256              /* of numbers: D is known to a 256th */
#define SAMPLE 20000          /* values of a column that set its edges */
#define NAME_MAX_BYTES 1024
#define CATEGORIES 1000       /* a column of more distinct texts is no category: its words are not compared */

/* ---- edges: a sample of each column of numbers, with its least and greatest value ---- */

struct sampled {
	double *v;
	uint64_t seen;
	size_t used;
	double min, max;
};

/* A whole number below n that the row alone decides: the same table has the same reference everywhere. */
static uint64_t draw(uint64_t row, uint64_t n)
{
	uint64_t z = row + 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % n;
}

static void sample_value(struct sampled *s, double v, uint64_t row)
{
	if (!s->seen || v < s->min)
		s->min = v;
	if (!s->seen || v > s->max)
		s->max = v;
	s->seen++;
	if (s->used < SAMPLE) {
		s->v[s->used++] = v;
	} else {
		uint64_t at = draw(row, s->seen);

		if (at < SAMPLE)
			s->v[at] = v;
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;    /* own: the sample */

	return x < y ? -1 : x > y;
}

static bool as_number(const char *text, size_t len, double *out)
{
	struct ay_value v;

	if (!ay_value_parse(AY_VALUE_NUMBER, text, len, &v))
		return false;
	*out = v.d;
	return true;
}

/* Every row of the table to fn. */
static int each_row(struct ay_source *in, char delimiter, struct ay_budget *b, int (*fn)(void *arg, const struct ay_csv_field *cells, uint64_t row),
		    void *arg)
{
	const struct ay_csv_field *cells;
	struct ay_csv *table = NULL;
	int rc = ay_csv_open(in, b, delimiter, &table);

	while (rc == 0 && (rc = ay_csv_next(table, &cells)) == 1) {
		rc = ay_budget_tick(b);
		if (!rc)
			rc = fn(arg, cells, ay_csv_row(table));
	}
	ay_csv_free(table);
	return rc;
}

struct building {
	struct ay_reference *out;
	const size_t *at;             /* column of the table of each profiled one */
	struct sampled *samples;      /* of each profiled column */
};

static int sample_row(void *arg, const struct ay_csv_field *cells, uint64_t row)
{
	struct building *u = arg;
	double v;

	for (size_t i = 0; i < u->out->count; i++)
		if (u->samples[i].v && as_number(cells[u->at[i]].text, cells[u->at[i]].len, &v))
			sample_value(&u->samples[i], v, row);
	return 0;
}

static int count_row(void *arg, const struct ay_csv_field *cells, uint64_t row)
{
	struct building *u = arg;
	int rc = 0;

	(void)row;
	for (size_t i = 0; rc == 0 && i < u->out->count; i++) {
		const struct ay_csv_field *cell = &cells[u->at[i]];

		rc = ay_profiled_add(&u->out->columns[i], cell->len ? cell->text : NULL, cell->len);
	}
	return rc;
}

/* From what the reference holds, so that nobody who does not have it can choose values that collide. */
static struct ay_sipkey key_of(const char *name, const struct sampled *s)
{
	struct ay_buf b = ay_buf_new(64 * KIB);
	struct ay_sipkey key;

	ay_buf_addf(&b, "%s %llu %zu %.17g %.17g", name, (unsigned long long)s->seen, s->used, s->min, s->max);
	struct ay_sha256 d = ay_sha256_short(b.data, b.len);
	struct ay_cursor c = ay_cursor_of(d.b, sizeof(d.b), 0);

	key.k0 = ay_cursor_le64(&c);
	key.k1 = ay_cursor_le64(&c);
	ay_buf_free(&b);
	return key;
}

static int start_column(struct ay_profiled *c, struct ay_budget *b, struct sampled *s)
{
	struct ay_sipkey key = key_of(c->name, s);
	double edges[AY_PROFILE_EDGES_MAX];

	if (!c->numeric)
		return ay_values_init(&c->values, b, &key);
	if (!s->used)
		return AY_ENOTFOUND;
	/* The ends are not left to chance. */
	s->v[s->used] = s->min;
	s->v[s->used + 1] = s->max;
	qsort(s->v, s->used + 2, sizeof(*s->v), by_value);
	size_t n = ay_numbers_edges(s->v, s->used + 2, BINS, edges);

	return n ? ay_numbers_init(&c->numbers, b, &key, edges, n) : AY_EINTERNAL;
}

static bool is_profiled(enum ay_value_type t)
{
	return t == AY_VALUE_INTEGER || t == AY_VALUE_NUMBER || t == AY_VALUE_STRING || t == AY_VALUE_BOOLEAN;
}

static int choose(struct ay_source *in, char delimiter, const enum ay_value_type *types, const bool *wanted, size_t columns, size_t *at,
		  struct ay_reference *out)
{
	struct ay_csv *table = NULL;
	int rc = ay_csv_open(in, out->budget, delimiter, &table);

	if (rc == 0 && ay_csv_columns(table) != columns)
		rc = AY_EFORMAT;
	for (size_t i = 0; rc == 0 && i < columns; i++) {
		if (!wanted[i] || !is_profiled(types[i]) || out->count == AY_REFERENCE_COLUMNS)
			continue;
		struct ay_profiled *c = &out->columns[out->count];
		size_t len = strlen(ay_csv_name(table, i));

		if (len >= NAME_MAX_BYTES)
			continue;
		c->name = ay_budget_alloc(out->budget, len + 1);
		if (!c->name)
			rc = AY_ELIMIT;
		else
			snprintf(c->name, len + 1, "%s", ay_csv_name(table, i));
		c->numeric = types[i] == AY_VALUE_INTEGER || types[i] == AY_VALUE_NUMBER;
		at[out->count++] = i;
	}
	ay_csv_free(table);
	return rc;
}

static int make_columns(struct ay_reference *r, struct ay_budget *b, size_t n)
{
	*r = (struct ay_reference){.budget = b};
	r->columns = ay_budget_alloc(b, (n ? n : 1) * sizeof(*r->columns));
	if (!r->columns)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++)
		r->columns[i] = (struct ay_profiled){.name = NULL};
	return 0;
}

/* Drops the columns that cannot be a reference: numbers of which none is there. */
static int start_columns(struct building *u, size_t *at)
{
	struct ay_reference *out = u->out;
	size_t kept = 0;

	for (size_t i = 0; i < out->count; i++) {
		int rc = start_column(&out->columns[i], out->budget, &u->samples[i]);

		if (rc && rc != AY_ENOTFOUND)
			return rc;
		if (rc) {
			ay_budget_free(out->budget, out->columns[i].name);
			out->columns[i].name = NULL;
			continue;
		}
		at[kept] = at[i];
		if (kept != i) {
			out->columns[kept] = out->columns[i];
			out->columns[i] = (struct ay_profiled){.name = NULL};
		}
		kept++;
	}
	out->count = kept;
	return 0;
}

static void drop_texts(struct ay_reference *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct ay_profiled *c = &r->columns[i];

		if (!c->numeric && (c->values.crowded || c->values.used > CATEGORIES)) {
			ay_values_free(&c->values);
			ay_budget_free(r->budget, c->name);
			*c = (struct ay_profiled){.name = NULL};
			continue;
		}
		if (kept != i) {
			r->columns[kept] = *c;
			*c = (struct ay_profiled){.name = NULL};
		}
		kept++;
	}
	r->count = kept;
}

int ay_reference_build(struct ay_source *in, char delimiter, const enum ay_value_type *types, const bool *wanted, size_t columns,
		       struct ay_budget *b, struct ay_reference *out)
{
	size_t *at = ay_budget_alloc(b, (columns ? columns : 1) * sizeof(*at));
	struct sampled *samples = ay_budget_alloc(b, (columns ? columns : 1) * sizeof(*samples));
	struct building u = {out, at, samples};
	int rc = make_columns(out, b, columns);

	if (!at || !samples)
		rc = AY_ELIMIT;
	for (size_t i = 0; samples && i < columns; i++)
		samples[i] = (struct sampled){.v = NULL};
	if (!rc)
		rc = choose(in, delimiter, types, wanted, columns, at, out);
	for (size_t i = 0; rc == 0 && i < out->count; i++) {
		if (!out->columns[i].numeric)
			continue;
		samples[i].v = ay_budget_alloc(b, (SAMPLE + 2) * sizeof(double));
		if (!samples[i].v)
			rc = AY_ELIMIT;
	}
	if (!rc)
		rc = each_row(in, delimiter, b, sample_row, &u);
	if (!rc)
		rc = start_columns(&u, at);
	if (!rc)
		rc = each_row(in, delimiter, b, count_row, &u);
	if (!rc)
		drop_texts(out);
	for (size_t i = 0; samples && i < columns; i++)
		ay_budget_free(b, samples[i].v);
	ay_budget_free(b, samples);
	ay_budget_free(b, at);
	if (rc)
		ay_reference_free(out);
	return rc;
}

/* ---- batches ---- */

static int copy_name(struct ay_profiled *c, struct ay_budget *b, const char *name)
{
	size_t len = strlen(name);

	c->name = ay_budget_alloc(b, len + 1);
	if (!c->name)
		return AY_ELIMIT;
	snprintf(c->name, len + 1, "%s", name);
	return 0;
}

int ay_reference_batch(const struct ay_reference *ref, struct ay_budget *b, struct ay_reference *out)
{
	int rc = make_columns(out, b, ref->count);

	out->digest = ref->digest;
	for (size_t i = 0; rc == 0 && i < ref->count; i++) {
		const struct ay_profiled *from = &ref->columns[i];
		struct ay_profiled *c = &out->columns[i];

		c->numeric = from->numeric;
		rc = copy_name(c, b, from->name);
		if (!rc)
			rc = c->numeric ? ay_numbers_init(&c->numbers, b, &from->numbers.key, from->numbers.edges, from->numbers.edge_count)
					: ay_values_like(&c->values, b, &from->values);
		out->count = i + 1;
	}
	if (rc)
		ay_reference_free(out);
	return rc;
}

struct ay_profiled *ay_reference_find(struct ay_reference *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->columns[i].name, name) == 0)
			return &r->columns[i];
	return NULL;
}

int ay_profiled_add(struct ay_profiled *c, const char *text, size_t len)
{
	double v;

	if (!c->numeric)
		return text ? ay_values_add(&c->values, text, len) : ay_values_add_null(&c->values);
	return text && as_number(text, len, &v) ? ay_numbers_add(&c->numbers, v) : ay_numbers_add_null(&c->numbers);
}

int ay_reference_merge(struct ay_reference *r, const struct ay_reference *other)
{
	int rc = r->count == other->count && ay_sha256_eq(&r->digest, &other->digest) ? 0 : AY_EUSAGE;

	for (size_t i = 0; rc == 0 && i < r->count; i++) {
		struct ay_profiled *a = &r->columns[i];
		const struct ay_profiled *b = &other->columns[i];

		if (a->numeric != b->numeric || strcmp(a->name, b->name) != 0)
			rc = AY_EUSAGE;
		else
			rc = a->numeric ? ay_numbers_merge(&a->numbers, &b->numbers) : ay_values_merge(&a->values, &b->values);
	}
	return rc;
}

/* ---- bytes ---- */

void ay_reference_encode(struct ay_reference *r, struct ay_buf *out)
{
	ay_buf_add(out, MAGIC, sizeof(MAGIC) - 1);
	ay_buf_add(out, r->digest.b, sizeof(r->digest.b));
	ay_buf_le32(out, (uint32_t)r->count);
	for (size_t i = 0; i < r->count; i++) {
		struct ay_profiled *c = &r->columns[i];

		ay_buf_le16(out, (uint16_t)strlen(c->name));
		ay_buf_adds(out, c->name);
		ay_buf_addc(out, c->numeric);
		if (c->numeric)
			ay_numbers_encode(&c->numbers, out);
		else
			ay_values_encode(&c->values, out);
	}
}

static int decode_column(struct ay_cursor *c, struct ay_budget *b, struct ay_profiled *out)
{
	char name[NAME_MAX_BYTES] = "";
	uint16_t len = ay_cursor_le16(c);

	if (len >= sizeof(name))
		return AY_EFORMAT;
	ay_cursor_copy(c, name, len);
	uint8_t numeric = ay_cursor_u8(c);

	if (c->err || numeric > 1 || strlen(name) != len)
		return c->err ? c->err : AY_EFORMAT;
	out->numeric = numeric == 1;
	int rc = copy_name(out, b, name);

	if (!rc)
		rc = out->numeric ? ay_numbers_decode(c, b, &out->numbers) : ay_values_decode(c, b, &out->values);
	if (rc) {
		ay_budget_free(b, out->name);
		out->name = NULL;
	}
	return rc;
}

int ay_reference_decode(const void *bytes, size_t len, struct ay_budget *b, struct ay_reference *out)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
	static const struct ay_sha256 zero;
	struct ay_sha256 of;

	if (!ay_cursor_accept(&c, MAGIC, sizeof(MAGIC) - 1))
		return AY_EFORMAT;
	ay_cursor_copy(&c, of.b, sizeof(of.b));
	uint32_t n = (uint32_t)ay_cursor_check_count(&c, ay_cursor_le32(&c), 3, AY_REFERENCE_COLUMNS);
	int rc = c.err ? c.err : make_columns(out, b, n);

	if (rc)
		return rc;
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		rc = decode_column(&c, b, &out->columns[i]);
		out->count += rc == 0;
	}
	if (!rc)
		rc = ay_cursor_end(&c);
	out->digest = ay_sha256_eq(&of, &zero) ? ay_sha256_short(bytes, len) : of;
	if (rc)
		ay_reference_free(out);
	return rc;
}

void ay_reference_free(struct ay_reference *r)
{
	for (size_t i = 0; r->columns && i < r->count; i++) {
		ay_numbers_free(&r->columns[i].numbers);
		ay_values_free(&r->columns[i].values);
		ay_budget_free(r->budget, r->columns[i].name);
	}
	ay_budget_free(r->budget, r->columns);
	*r = (struct ay_reference){.budget = r->budget};
}
