/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/reference.h"

#include <math.h>
#include <stdlib.h>

#include "assay/attr.h"
#include "assay/cursor.h"
#include "scanners/data/looks.h"

#define MAGIC "AYREF\5"
#define SAMPLE 20000          /* values of a column that set its edges */
#define SAMPLES (64 * MIB)    /* of all columns */
#define ROWS_LEAST 96         /* sampled, however wide they are */
#define NAME_MAX_BYTES 1024
#define CATEGORIES 1000       /* a column of more distinct texts is no category: its words are not compared */

/* ---- edges: a sample of each column of numbers, with its least and greatest value ---- */

struct sampled {
	double *v;
	size_t room;
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
	if (s->used < s->room) {
		s->v[s->used++] = v;
	} else {
		uint64_t at = draw(row, s->seen);

		if (at < s->room)
			s->v[at] = v;
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;    /* own: the sample */

	return x < y ? -1 : x > y;
}

static bool as_number(const struct ay_cell *cell, double *out)
{
	struct ay_value v;

	*out = cell->number;
	if (cell->kind != AY_CELL_TEXT)
		return cell->kind == AY_CELL_NUMBER;
	if (!ay_value_parse(AY_VALUE_NUMBER, cell->text, cell->len, &v))
		return false;
	*out = v.d;
	return true;
}

struct building {
	struct ay_reference *out;
	const enum ay_value_type *types;    /* of each column of the table */
	const bool *wanted;
	size_t columns;
	bool chosen;
	bool whole;                   /* texts of many values stay */
	size_t *at;                   /* column of the table of each profiled one */
	size_t *place;                /* of each column of the table: one more than its place among the profiled ones, or 0 */
	struct sampled *samples;      /* of each profiled column */
	double *row;                  /* the numbers that stand for a row's cells */
	struct ay_prose_making *texts;    /* NULL: texts of many values stay columns */
};

/* Where a column of the table stands among the profiled ones, or their number. */
static size_t place_of(const struct building *u, size_t column)
{
	return u->place[column] ? u->place[column] - 1 : u->out->count;
}

static int sample_cell(void *arg, size_t column, uint64_t row, const struct ay_cell *cell)
{
	struct building *u = arg;
	size_t i = place_of(u, column);
	double v;

	if (u->texts)
		ay_prose_look(u->texts, column, cell);
	if (i < u->out->count && u->samples[i].v && as_number(cell, &v) && isfinite(v))
		sample_value(&u->samples[i], v, row);
	return 0;
}

static int count_cell(void *arg, size_t column, uint64_t row, const struct ay_cell *cell)
{
	struct building *u = arg;
	size_t i = place_of(u, column);

	if (u->texts)
		ay_prose_count(u->texts, column, row, cell);
	return i < u->out->count ? ay_profiled_add(&u->out->columns[i], cell) : 0;
}

static int sample_row(void *arg, uint64_t row, const struct ay_cell *cells)
{
	static const uint8_t here[32];
	struct building *u = arg;
	struct ay_reference *out = u->out;
	const struct ay_block one = ay_block_of_row(row, cells, u->columns);

	for (size_t i = 0; i < out->count; i++)
		u->row[i] = ay_profiled_number(&out->columns[i], &cells[u->at[i]]);
	if (out->count)
		ay_sample_add(&out->sample, here, row, u->row);
	ay_row_sketch_add(&out->whole, &one);
	return 0;
}

static struct ay_sipkey key_from(const struct ay_buf *b)
{
	struct ay_sha256 d = ay_sha256_short(b->data, b->len);
	struct ay_cursor c = ay_cursor_of(d.b, sizeof(d.b), 0);
	struct ay_sipkey key = {.k0 = ay_cursor_le64(&c)};

	key.k1 = ay_cursor_le64(&c);
	return key;
}

/* From what the reference holds, so that nobody who does not have it can choose values that collide. */
static struct ay_sipkey key_of(const char *name, const struct sampled *s)
{
	struct ay_buf b = ay_buf_new(64 * KIB);

	ay_buf_addf(&b, "%s %llu %zu %.17g %.17g", name, (unsigned long long)s->seen, s->used, s->min, s->max);
	struct ay_sipkey key = key_from(&b);

	ay_buf_free(&b);
	return key;
}

/* D is known to one bin. All counts of a wide table together stay small enough to be sent and kept. */
static size_t bins_of(size_t columns)
{
	return columns <= 128 ? 512 : columns <= AY_REFERENCE_DISTINCT ? 256 : columns <= 512 ? 128 : 64;
}

static int start_column(struct ay_profiled *c, struct ay_budget *b, size_t bins, struct sampled *s)
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
	size_t n = ay_numbers_edges(s->v, s->used + 2, bins, edges);

	return n ? ay_numbers_init(&c->numbers, b, &key, edges, n) : AY_EINTERNAL;
}

static bool is_profiled(enum ay_value_type t)
{
	return t == AY_VALUE_INTEGER || t == AY_VALUE_NUMBER || t == AY_VALUE_STRING || t == AY_VALUE_BOOLEAN;
}

static int copy_name(struct ay_profiled *c, struct ay_budget *b, const char *name)
{
	size_t len = strlen(name);

	c->name = ay_budget_alloc(b, len + 1);
	if (!c->name)
		return AY_ELIMIT;
	snprintf(c->name, len + 1, "%s", name);
	return 0;
}

/* The columns that are profiled, at the first sight of the table. */
static int choose(void *arg, const char *const *names, size_t n)
{
	struct building *u = arg;
	struct ay_reference *out = u->out;
	size_t room = SAMPLES / sizeof(double) / (n ? n : 1);

	if (n != u->columns)
		return AY_EFORMAT;
	if (!u->chosen && !u->whole) {
		int rc = ay_prose_making_new(out->budget, names, u->types, n, &u->texts);

		if (rc)
			return rc;
	}
	for (size_t i = 0; i < n && !u->chosen; i++) {
		if (!u->wanted[i] || !is_profiled(u->types[i]) || out->count == AY_REFERENCE_COLUMNS || strlen(names[i]) >= NAME_MAX_BYTES)
			continue;
		struct ay_profiled *c = &out->columns[out->count];
		struct sampled *sample = &u->samples[out->count];
		int rc = copy_name(c, out->budget, names[i]);

		if (rc)
			return rc;
		u->at[out->count++] = i;
		u->place[i] = out->count;
		c->numeric = u->types[i] == AY_VALUE_INTEGER || u->types[i] == AY_VALUE_NUMBER;
		sample->room = room < SAMPLE ? room : SAMPLE;
		if (c->numeric && !(sample->v = ay_budget_alloc(out->budget, (sample->room + 2) * sizeof(double))))
			return AY_ELIMIT;
	}
	u->chosen = true;
	return 0;
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
static int start_columns(struct building *u)
{
	struct ay_reference *out = u->out;
	size_t kept = 0, bins = bins_of(out->count);

	for (size_t i = 0; i < out->count; i++) {
		int rc = start_column(&out->columns[i], out->budget, bins, &u->samples[i]);

		if (rc && rc != AY_ENOTFOUND)
			return rc;
		if (rc) {
			ay_budget_free(out->budget, out->columns[i].name);
			out->columns[i].name = NULL;
			u->place[u->at[i]] = 0;
			continue;
		}
		u->at[kept] = u->at[i];
		u->place[u->at[i]] = kept + 1;
		if (kept != i) {
			out->columns[kept] = out->columns[i];
			out->columns[i] = (struct ay_profiled){.name = NULL};
		}
		kept++;
	}
	out->count = kept;
	return 0;
}

/* Columns of texts, with hashes that nobody can choose who does not have the reference. */
static int start_texts(struct building *u)
{
	struct ay_buf b = ay_buf_new(64 * KIB);

	ay_buf_adds(&b, "texts");
	for (size_t i = 0; i < u->out->count; i++)
		ay_buf_le64(&b, key_of(u->out->columns[i].name, &u->samples[i]).k0);
	struct ay_sipkey key = key_from(&b);

	ay_buf_free(&b);
	return u->texts ? ay_prose_choose(u->texts, &key) : 0;
}

static bool is_column(void *arg, const char *name)
{
	return ay_reference_find(arg, name) != NULL;
}

/* As many rows as fit beside the counts. */
static int start_sample(struct building *u)
{
	struct ay_reference *out = u->out;
	size_t n = out->count, cap = n ? AY_REFERENCE_SAMPLE / (n * sizeof(double)) : 0;
	struct ay_buf b = ay_buf_new(64 * KIB);
	struct ay_sipkey key;

	if (!n)
		return 0;
	if (cap < ROWS_LEAST)
		cap = ROWS_LEAST;
	for (size_t i = 0; i < n; i++)
		ay_buf_le64(&b, out->columns[i].numeric ? out->columns[i].numbers.key.k0 : out->columns[i].values.key.k0);
	key = key_from(&b);
	ay_buf_free(&b);
	u->row = ay_budget_alloc(out->budget, n * sizeof(*u->row));
	return u->row ? ay_sample_init(&out->sample, out->budget, &key, n, cap > AY_PROFILE_SAMPLE_MAX ? AY_PROFILE_SAMPLE_MAX : cap) : AY_ELIMIT;
}

/* The rows keep their width until all that is left stands in front. */
static void move_sampled(struct ay_sample *s, size_t from, size_t to)
{
	for (size_t row = 0; row < s->used; row++)
		s->rows[row * s->width + to] = s->rows[row * s->width + from];
}

static void narrow_sample(struct ay_sample *s, size_t width)
{
	for (size_t row = 0; row < s->used; row++)
		memmove(s->rows + row * width, s->rows + row * s->width, width * sizeof(*s->rows));    /* own: to the front */
	s->width = width;
	if (!width)
		ay_sample_free(s);
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
			move_sampled(&r->sample, i, kept);
		}
		kept++;
	}
	if (kept != r->count)
		narrow_sample(&r->sample, kept);
	r->count = kept;
}

static int build(struct building *u, const struct ay_rows *in)
{
	const struct ay_rows_sink first = {.arg = u, .columns = choose, .value = sample_cell};
	const struct ay_rows_sink second = {.arg = u, .columns = choose, .value = count_cell, .row = sample_row};
	int rc = in->each(in->arg, u->out->budget, &first);

	if (!rc)
		rc = start_columns(u);
	if (!rc)
		rc = start_texts(u);
	if (!rc)
		rc = start_sample(u);
	if (!rc)
		rc = ay_row_sketch_init(&u->out->whole, u->out->budget);
	if (!rc)
		rc = in->each(in->arg, u->out->budget, &second);
	if (!rc && !u->whole) {
		drop_texts(u->out);
		rc = ay_prose_made(u->texts, is_column, u->out, &u->out->texts);
	}
	return rc;
}

static int build_from(const struct ay_rows *in, const enum ay_value_type *types, const bool *wanted, size_t columns, bool whole,
		      struct ay_budget *b, struct ay_reference *out)
{
	size_t n = columns ? columns : 1;
	struct building u = {.out = out, .types = types, .wanted = wanted, .columns = columns, .whole = whole};
	int rc = make_columns(out, b, columns);

	u.at = ay_budget_alloc(b, n * sizeof(*u.at));
	u.place = ay_budget_alloc(b, n * sizeof(*u.place));
	u.samples = ay_budget_alloc(b, n * sizeof(*u.samples));
	if (!u.at || !u.place || !u.samples)
		rc = AY_ELIMIT;
	for (size_t i = 0; u.place && i < n; i++)
		u.place[i] = 0;
	for (size_t i = 0; u.samples && i < n; i++)
		u.samples[i] = (struct sampled){.v = NULL};
	if (!rc)
		rc = build(&u, in);
	for (size_t i = 0; u.samples && i < n; i++)
		ay_budget_free(b, u.samples[i].v);
	ay_budget_free(b, u.samples);
	ay_budget_free(b, u.at);
	ay_budget_free(b, u.place);
	ay_budget_free(b, u.row);
	ay_prose_making_free(u.texts);
	if (rc)
		ay_reference_free(out);
	return rc;
}

int ay_reference_build(const struct ay_rows *in, const enum ay_value_type *types, const bool *wanted, size_t columns, struct ay_budget *b,
		       struct ay_reference *out)
{
	return build_from(in, types, wanted, columns, false, b, out);
}

int ay_reference_build_whole(const struct ay_rows *in, const enum ay_value_type *types, const bool *wanted, size_t columns,
			     struct ay_budget *b, struct ay_reference *out)
{
	return build_from(in, types, wanted, columns, true, b, out);
}

int ay_reference_looks(struct ay_reference *r, const struct ay_sha256 *digest)
{
	struct ay_drawn *looks = ay_budget_alloc(r->budget, sizeof(*looks));
	int rc = looks ? ay_looks_init(looks, r->budget, digest) : AY_ELIMIT;

	if (rc)
		ay_budget_free(r->budget, looks);
	else
		r->looks = looks;
	return rc;
}

/* ---- batches ---- */

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

struct ay_profiled *ay_reference_find(const struct ay_reference *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->columns[i].name, name) == 0)
			return &r->columns[i];
	return NULL;
}

/* The text of a cell in a column of values. */
static bool as_text(const struct ay_cell *cell, char (*own)[32], const char **text, size_t *len)
{
	if (cell->kind == AY_CELL_NUMBER && !cell->text) {
		*len = (size_t)(cell->whole ? snprintf(*own, sizeof(*own), "%lld", (long long)cell->integer)
					    : snprintf(*own, sizeof(*own), "%.17g", cell->number));
		*text = *own;
	} else {
		*text = cell->text;
		*len = cell->len;
	}
	return cell->kind != AY_CELL_MISSING;
}

uint32_t ay_profiled_missing(const struct ay_profiled *c)
{
	return (uint32_t)(c->numeric ? ay_numbers_bins(&c->numbers) : c->values.used + 1);
}

static int place_numbers(struct ay_profiled *c, const struct ay_cell *cells, size_t n, struct ay_placed *out)
{
	double v[AY_BLOCK_ROWS] AY_SCRATCH;
	uint32_t bin[AY_BLOCK_ROWS] AY_SCRATCH, missing = ay_profiled_missing(c);
	uint16_t from[AY_BLOCK_ROWS] AY_SCRATCH;
	size_t there = 0;
	int rc = 0;

	v[0] = 0;
	for (size_t i = 0; i < n; i++) {
		if (as_number(&cells[i], &v[there])) {
			from[there++] = (uint16_t)i;
			continue;
		}
		out[i] = (struct ay_placed){.number = NAN, .at = missing};
		rc = rc ? rc : ay_numbers_add_null(&c->numbers);
	}
	if (!rc)
		rc = ay_numbers_place(&c->numbers, v, there, bin);
	for (size_t i = 0; rc == 0 && i < there; i++)
		out[from[i]] = (struct ay_placed){.number = v[i], .at = bin[i]};
	return rc;
}

static int place_values(struct ay_profiled *c, const struct ay_cell *cells, size_t n, struct ay_placed *out)
{
	const char *text;
	uint64_t hash;
	char own[32];
	size_t len, at;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (as_text(&cells[i], &own, &text, &len)) {
			rc = ay_values_place(&c->values, text, len, &at, &hash);
			out[i] = (struct ay_placed){.number = rc ? NAN : (double)(uint32_t)hash, .at = (uint32_t)at};
		} else {
			rc = ay_values_add_null(&c->values);
			out[i] = (struct ay_placed){.number = NAN, .at = ay_profiled_missing(c)};
		}
	}
	return rc;
}

int ay_profiled_place(struct ay_profiled *c, const struct ay_cell *cells, size_t n, struct ay_placed *out)
{
	return c->numeric ? place_numbers(c, cells, n, out) : place_values(c, cells, n, out);
}

struct ay_placed ay_profiled_where(const struct ay_profiled *c, const struct ay_cell *cell)
{
	struct ay_placed p = {.number = NAN, .at = ay_profiled_missing(c)};
	const char *text;
	uint64_t hash;
	char own[32];
	size_t len;

	if (c->numeric && as_number(cell, &p.number)) {
		p.at = (uint32_t)ay_numbers_bin(&c->numbers, p.number);
	} else if (!c->numeric && as_text(cell, &own, &text, &len)) {
		p.at = (uint32_t)ay_values_find(&c->values, text, len, &hash);
		p.number = (double)(uint32_t)hash;
	}
	return p;
}

int ay_profiled_add(struct ay_profiled *c, const struct ay_cell *cell)
{
	struct ay_placed where;

	return ay_profiled_place(c, cell, 1, &where);
}

double ay_profiled_number(const struct ay_profiled *c, const struct ay_cell *cell)
{
	const char *text;
	uint64_t hash[2];
	char own[32];
	size_t len;
	double v;

	if (c->numeric)
		return as_number(cell, &v) ? v : NAN;
	if (!as_text(cell, &own, &text, &len))
		return NAN;
	ay_siphash128(&c->values.key, text, len, hash);
	return (double)(uint32_t)hash[0];
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
			ay_numbers_encode(&c->numbers, r->count <= AY_REFERENCE_DISTINCT, out);
		else
			ay_values_encode(&c->values, r->count <= AY_REFERENCE_DISTINCT, out);
	}
	ay_buf_addc(out, r->sample.width != 0);
	if (r->sample.width)
		ay_sample_encode(&r->sample, out);
	ay_buf_addc(out, r->whole.seen != NULL);
	if (r->whole.seen)
		ay_row_sketch_encode(&r->whole, out);
	ay_prose_encode(&r->texts, out);
	if (r->looks)
		ay_drawn_encode(r->looks, out);
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

static int decode_sample(struct ay_cursor *c, struct ay_budget *b, struct ay_reference *out)
{
	uint8_t has = ay_cursor_u8(c);
	int rc = c->err ? c->err : has > 1 ? AY_EFORMAT : 0;

	if (!rc && has)
		rc = ay_sample_decode(c, b, &out->sample);
	if (!rc && has && out->sample.width != out->count)
		rc = AY_EFORMAT;
	has = ay_cursor_u8(c);
	if (!rc && (c->err || has > 1))
		rc = c->err ? c->err : AY_EFORMAT;
	return rc || !has ? rc : ay_row_sketch_decode(c, b, &out->whole);
}

/* They end a reference that has them: those of tables, and those of images that were proposed before there were any, do not. */
static int decode_looks(struct ay_cursor *c, struct ay_reference *out)
{
	static const struct ay_sha256 none;
	int rc = ay_reference_looks(out, &none);

	if (!rc)
		rc = ay_drawn_read(c, out->looks);
	return rc;
}

int ay_reference_parse(const void *bytes, size_t len, struct ay_budget *b, struct ay_reference *out)
{
	struct ay_cursor c = ay_cursor_of(bytes, len, 0);
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
		rc = decode_sample(&c, b, out);
	if (!rc)
		rc = ay_prose_decode(&c, b, &out->texts);
	if (!rc && c.left)
		rc = decode_looks(&c, out);
	if (!rc)
		rc = ay_cursor_end(&c);
	out->digest = of;
	if (rc)
		ay_reference_free(out);
	return rc;
}

int ay_reference_decode(const void *bytes, size_t len, struct ay_budget *b, struct ay_reference *out)
{
	static const struct ay_sha256 zero;
	int rc = ay_reference_parse(bytes, len, b, out);

	if (!rc && ay_sha256_eq(&out->digest, &zero))
		out->digest = ay_sha256_short(bytes, len);
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
	ay_budget_free(r->budget, r->placed);
	ay_sample_free(&r->sample);
	ay_row_sketch_free(&r->whole);
	ay_prose_free(&r->texts);
	if (r->looks)
		ay_drawn_free(r->looks);
	ay_budget_free(r->budget, r->looks);
	*r = (struct ay_reference){.budget = r->budget};
}
