/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches of Arrow IPC: for each node of the schema its length, its nulls and
 * its buffers, in order. Everything that a reader would follow is checked: bits
 * against the count of nulls, offsets against what they lead into, indexes
 * against their dictionary. Values go to the sink, or into a dictionary.
 */
#include <inttypes.h>

#include "assay/text.h"
#include "scanners/formats/arrow.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/codec.h"

#define BATCH 1024

/* Fields of the tables. */
enum { BATCH_LENGTH, BATCH_NODES, BATCH_BUFFERS, BATCH_COMPRESSION, BATCH_VARIADIC };
enum { DICT_ID, DICT_DATA, DICT_DELTA };

/* One batch under way, and what waits for the sink. */
struct ay_arrow_batch {
	struct ay_arrow *r;
	struct ay_flat *f;
	const struct ay_columns *sink;
	struct ay_flat_vector nodes, buffers, variadic;
	uint32_t node, buffer, view;     /* the next of each */
	uint64_t rows;
	uint64_t body, len, end;         /* of the body; where the last buffer ended */
	int codec;
	const struct ay_arrow_node *at;
	size_t held;
	uint64_t nulls;
	bool real;                       /* what is held is f64 */
	int64_t i64[BATCH];
	double f64[BATCH];
};

/* The column whose values are being read. */
struct column {
	const struct ay_arrow_node *n;
	uint64_t length;
	uint8_t *valid;                  /* bits; NULL: all */
};

static int refuse(struct ay_arrow_batch *k, const char *rule, const char *why)
{
	char name[128];

	return ay_arrow_refuse(k->r, rule, "column %s: %s", k->at && k->at->path ? ay_escape_str(name, sizeof(name), k->at->path) : "of a dictionary", why);
}

static int malformed(struct ay_arrow_batch *k, const char *why)
{
	return refuse(k, "arrow.malformed", why);
}

/* ---- to the sink ---- */

static int flush(struct ay_arrow_batch *k)
{
	int rc = k->nulls ? ay_columns_null(k->sink, k->nulls) : 0;

	if (!rc && k->held)
		rc = k->real ? ay_columns_f64(k->sink, k->f64, k->held) : ay_columns_i64(k->sink, k->i64, k->held);
	k->nulls = 0;
	k->held = 0;
	return rc;
}

static int give_null(struct ay_arrow_batch *k)
{
	int rc = k->held ? flush(k) : 0;

	k->nulls++;
	return rc;
}

static int give_number(struct ay_arrow_batch *k, int64_t i64, double f64, bool real)
{
	int rc = k->nulls || k->held == BATCH ? flush(k) : 0;

	k->real = real;
	k->i64[k->held] = i64;
	k->f64[k->held++] = f64;
	return rc;
}

static int give_bytes(struct ay_arrow_batch *k, const struct ay_arrow_node *n, struct ay_cursor value)
{
	int rc = flush(k);

	/* One large value can be referred to again and again. */
	if (!rc)
		rc = ay_codec_tick(k->r->budget, value.left, &k->r->looked);
	if (!rc && n->is_text && ay_bytes_find_bad_utf8(&value) < value.left)
		return malformed(k, "a text is not UTF-8");
	return rc ? rc : ay_columns_bytes(k->sink, value);
}

/* ---- buffers ---- */

static int open_buffer(struct ay_arrow_batch *k, struct ay_arrow_buffer *b)
{
	uint64_t at = k->buffers.at + 16 * (uint64_t)k->buffer, off, len;
	int rc;

	*b = (struct ay_arrow_buffer){.have = 0};
	if (k->buffer++ >= k->buffers.count)
		return malformed(k, "the batch has fewer buffers than the schema asks for");
	off = ay_arrow_long(k->f, at);
	len = ay_arrow_long(k->f, at + 8);
	if (k->f->err)
		return ay_arrow_flat_error(k->r, k->f);
	if (len > k->len || off > k->len - len)
		return malformed(k, "a buffer lies outside of the body");
	if (len > 0 && off < k->end)
		return malformed(k, "two buffers overlap");
	if (len > 0)
		k->end = off + len;
	rc = ay_arrow_buffer_open(k->r, b, k->body + off, len, k->codec);
	return rc == AY_EFORMAT || rc == AY_ETRUNC ? malformed(k, "a compressed buffer is damaged, or expands to another length") : rc;
}

static int get(struct ay_arrow_batch *k, struct ay_arrow_buffer *b, uint64_t off, uint64_t len, struct ay_cursor *out)
{
	int rc = ay_arrow_buffer_get(k->r, b, off, len, out);

	return rc == AY_EFORMAT || rc == AY_ETRUNC ? malformed(k, "a buffer is shorter than its values, or they lead beyond it") : rc;
}

static bool is_valid(const struct column *c, uint64_t i)
{
	return !c->valid || c->valid[i / 8] >> (i % 8) & 1;
}

/* Without bits there is none, however many values the batch says that it has. */
static uint64_t count_nulls(const struct column *c)
{
	uint64_t nulls = 0, whole = c->valid ? c->length / 8 : 0;

	for (uint64_t i = 0; i < whole; i++)
		nulls += 8 - (unsigned)__builtin_popcount(c->valid[i]);
	for (uint64_t i = whole * 8; c->valid && i < c->length; i++)
		nulls += !is_valid(c, i);
	return nulls;
}

/* The bits of a node, and of the struct that it is in: what stands under a null is null. */
static int read_validity(struct ay_arrow_batch *k, struct column *c, uint64_t nulls, const uint8_t *parent)
{
	uint64_t len = c->length / 8 + (c->length % 8 != 0);
	struct ay_arrow_buffer b;
	struct ay_cursor bits = {.left = 0};
	bool all, kept;
	int rc = open_buffer(k, &b);

	all = !rc && b.source.size == 0;
	kept = len > 0 && (!all || parent);
	if (all && nulls)
		rc = malformed(k, "there are nulls, but no bits that say where");
	if (!rc && !all && len > b.source.size)
		rc = malformed(k, "a buffer is shorter than its values, or they lead beyond it");
	if (!rc && !all)
		rc = get(k, &b, 0, len, &bits);
	/* Values without bits cost nothing here; whether there are so many is seen where they are read. */
	if (!rc && kept)
		rc = ay_codec_tick(k->r->budget, len, &k->r->looked);
	if (!rc && kept) {
		c->valid = ay_budget_alloc(k->r->budget, (size_t)len);
		rc = c->valid ? 0 : AY_ELIMIT;
	}
	if (!rc && c->valid && !all)
		ay_cursor_copy(&bits, c->valid, (size_t)len);
	else if (!rc && c->valid)
		memset(c->valid, 0xff, (size_t)len);
	ay_arrow_buffer_close(k->r, &b);
	if (!rc && count_nulls(c) != nulls)
		rc = malformed(k, "the bits say another number of nulls than the batch");
	for (uint64_t i = 0; i < len && parent && !rc; i++)
		c->valid[i] &= parent[i];    /* own: bits of the struct, in our memory */
	return rc;
}

/* ---- fixed width ---- */

static double half(uint16_t bits)
{
	int exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
	double v = exponent ? 1024 + fraction : fraction;

	if (exponent == 31)
		v = fraction ? (double)__builtin_nanf("") : (double)__builtin_inff();
	else
		v *= (double)(1ull << (exponent ? exponent : 1)) / (1 << 25);
	return bits & 0x8000 ? -v : v;
}

static int64_t take_int(struct ay_cursor *c, size_t width, bool is_signed)
{
	switch (width) {
	case 1: return is_signed ? (int8_t)ay_cursor_u8(c) : (int64_t)ay_cursor_u8(c);
	case 2: return is_signed ? (int16_t)ay_cursor_le16(c) : (int64_t)ay_cursor_le16(c);
	case 4: return is_signed ? (int32_t)ay_cursor_le32(c) : (int64_t)ay_cursor_le32(c);
	default: return (int64_t)ay_cursor_le64(c);
	}
}

static double take_real(struct ay_cursor *c, size_t width)
{
	union { uint32_t bits; float value; } f;

	if (width == 2)
		return half(ay_cursor_le16(c));
	if (width == 8)
		return ay_cursor_le_f64(c);
	f.bits = ay_cursor_le32(c);
	return (double)f.value;
}

/* Little-endian two's complement. */
static int give_decimal(struct ay_arrow_batch *k, const struct ay_arrow_node *n, struct ay_cursor c)
{
	int64_t low = n->width == 4 ? (int32_t)ay_cursor_le32(&c) : (int64_t)ay_cursor_le64(&c);
	double unit = 1, place = 18446744073709551616.0, v = n->width <= 8 ? (double)low : (double)(uint64_t)low;
	uint64_t word;

	while (c.left >= 8) {
		word = ay_cursor_le64(&c);
		if (!n->is_real && word != (low < 0 ? UINT64_MAX : 0))
			return malformed(k, "a decimal has more digits than its type");
		v += place * (c.left < 8 ? (double)(int64_t)word : (double)word);
		place *= 18446744073709551616.0;
	}
	if (!n->is_real)
		return give_number(k, low, 0, false);
	for (unsigned i = 0; i < n->scale; i++)
		unit *= 10;
	return give_number(k, 0, v / unit, true);
}

static int give_entry(struct ay_arrow_batch *k, const struct ay_arrow_dict *d, uint64_t i)
{
	union { uint64_t bits; double value; } f;
	struct ay_cursor bytes;
	uint64_t from;

	if (!d->there || i >= d->count)
		return malformed(k, "an index is beyond the end of its dictionary, or that has not come yet");
	if (d->nulls[i])
		return give_null(k);
	f.bits = d->raw[i];
	if (d->value.type != AY_COLUMN_TEXT && d->value.type != AY_COLUMN_BYTES)
		return give_number(k, (int64_t)f.bits, f.value, d->value.is_real);
	from = i ? d->raw[i - 1] : 0;
	bytes = ay_cursor_of(d->bytes, d->bytes_len, 0);
	ay_cursor_skip(&bytes, from);
	return give_bytes(k, &d->value, ay_cursor_sub(&bytes, (size_t)(d->raw[i] - from)));
}

static int give_fixed(struct ay_arrow_batch *k, const struct ay_arrow_node *n, struct ay_cursor value)
{
	int64_t day = 86400, i64;

	if (n->dict) {
		i64 = take_int(&value, n->width, n->is_signed);
		return i64 < 0 ? malformed(k, "an index into a dictionary is negative") : give_entry(k, &k->r->dicts[n->dict - 1], (uint64_t)i64);
	}
	if (n->type == AY_COLUMN_BYTES)
		return give_bytes(k, n, value);
	if (n->type == AY_COLUMN_DECIMAL)
		return give_decimal(k, n, value);
	if (n->is_real)
		return give_number(k, 0, take_real(&value, n->width), true);
	i64 = take_int(&value, n->width, n->is_signed);
	for (unsigned i = 0; i < n->scale && n->type == AY_COLUMN_TIME; i++)
		day *= 10;
	if (n->type == AY_COLUMN_TIME && (i64 < 0 || i64 > day))
		return malformed(k, "a time of day is negative or beyond 24 hours");
	return give_number(k, i64, 0, false);
}

static int read_fixed(struct ay_arrow_batch *k, const struct column *c)
{
	size_t width = c->n->width;
	uint64_t some = width < 256 ? BATCH : 1;
	struct ay_arrow_buffer b;
	int rc = open_buffer(k, &b);

	for (uint64_t at = 0; at < c->length && !rc; at += some) {
		uint64_t n = c->length - at < some ? c->length - at : some;
		struct ay_cursor all;

		rc = ay_budget_tick(k->r->budget);
		if (!rc)
			rc = get(k, &b, at * width, n * width, &all);
		for (uint64_t i = 0; i < n && !rc; i++) {
			struct ay_cursor value = ay_cursor_sub(&all, width);

			rc = is_valid(c, at + i) ? give_fixed(k, c->n, value) : give_null(k);
		}
	}
	ay_arrow_buffer_close(k->r, &b);
	return rc;
}

static int read_bits(struct ay_arrow_batch *k, const struct column *c)
{
	struct ay_arrow_buffer b;
	int rc = open_buffer(k, &b);

	for (uint64_t at = 0; at < c->length && !rc; at += BATCH) {
		uint64_t n = c->length - at < BATCH ? c->length - at : BATCH;
		struct ay_cursor bits;

		rc = ay_budget_tick(k->r->budget);
		if (!rc)
			rc = get(k, &b, at / 8, (n + 7) / 8, &bits);
		for (uint64_t i = 0; i < n && !rc; i++)
			rc = is_valid(c, at + i) ? give_number(k, ay_cursor_peek(&bits, i / 8) >> (i % 8) & 1, 0, false) : give_null(k);
	}
	ay_arrow_buffer_close(k->r, &b);
	return rc;
}

/* ---- variable width ---- */

/* Offset i of the column. */
static int get_offset(struct ay_arrow_batch *k, const struct column *c, struct ay_arrow_buffer *b, uint64_t i, int64_t *out)
{
	struct ay_cursor at;
	int rc = get(k, b, i * c->n->width, c->n->width, &at);

	if (!rc)
		*out = take_int(&at, c->n->width, true);
	return rc;
}

/* No values need no offsets, though most writers have the one zero. */
static int first_offset(struct ay_arrow_batch *k, const struct column *c, struct ay_arrow_buffer *b, int64_t *out)
{
	int rc = c->length ? get_offset(k, c, b, 0, out) : 0;

	if (c->length > UINT64_MAX / 16)
		return malformed(k, "there are more values than any file has");
	return !rc && *out < 0 ? malformed(k, "an offset is negative") : rc;
}

static int read_bytes(struct ay_arrow_batch *k, const struct column *c)
{
	struct ay_arrow_buffer offsets, data = {.have = 0};
	int64_t from = 0, to = 0;
	int rc = open_buffer(k, &offsets);

	if (!rc)
		rc = open_buffer(k, &data);
	if (!rc)
		rc = first_offset(k, c, &offsets, &from);
	for (uint64_t i = 0; i < c->length && !rc; i++) {
		struct ay_cursor value = {.left = 0};

		rc = i % BATCH ? 0 : ay_budget_tick(k->r->budget);
		if (!rc)
			rc = get_offset(k, c, &offsets, i + 1, &to);
		if (!rc && to < from)
			rc = malformed(k, "the offsets of the values do not rise");
		if (!rc)
			rc = get(k, &data, (uint64_t)from, (uint64_t)(to - from), &value);
		if (!rc)
			rc = is_valid(c, i) ? give_bytes(k, c->n, value) : give_null(k);
		from = to;
	}
	ay_arrow_buffer_close(k->r, &offsets);
	ay_arrow_buffer_close(k->r, &data);
	return rc;
}

/* A length and twelve bytes of the value, or where it lies among the buffers of its own. */
static int give_view(struct ay_arrow_batch *k, const struct ay_arrow_node *n, struct ay_cursor view, struct ay_arrow_buffer *data, uint64_t count)
{
	int32_t len = (int32_t)ay_cursor_le32(&view), buffer, off;
	struct ay_cursor value, head;
	int rc;

	if (len < 0)
		return malformed(k, "the length of a value is negative");
	if (len <= 12)
		return give_bytes(k, n, ay_cursor_sub(&view, (size_t)len));
	head = ay_cursor_sub(&view, 4);
	buffer = (int32_t)ay_cursor_le32(&view);
	off = (int32_t)ay_cursor_le32(&view);
	if (buffer < 0 || (uint64_t)buffer >= count || off < 0)
		return malformed(k, "a value lies in a buffer that is not there");
	rc = get(k, &data[buffer], (uint64_t)off, (uint64_t)len, &value);
	if (rc)
		return rc;
	if (!ay_cursor_starts(&value, head.p, 4))
		return malformed(k, "the first bytes of a value are not those of its view");
	return give_bytes(k, n, value);
}

static int read_views(struct ay_arrow_batch *k, const struct column *c)
{
	uint64_t count = 0, opened = 0;
	struct ay_arrow_buffer views, *data = NULL;
	int rc = open_buffer(k, &views);

	if (!rc && k->view >= k->variadic.count)
		rc = malformed(k, "the batch does not say how many buffers the views have");
	if (!rc)
		count = ay_arrow_long(k->f, k->variadic.at + 8 * (uint64_t)k->view++);
	if (!rc && count > k->buffers.count)
		rc = malformed(k, "the views have more buffers than the batch");
	if (!rc && !(data = ay_budget_alloc(k->r->budget, (size_t)(count + 1) * sizeof(*data))))
		rc = AY_ELIMIT;
	for (; opened < count && !rc; opened++)
		rc = open_buffer(k, &data[opened]);
	for (uint64_t i = 0; i < c->length && !rc; i++) {
		struct ay_cursor view;

		rc = i % BATCH ? 0 : ay_budget_tick(k->r->budget);
		if (!rc)
			rc = get(k, &views, 16 * i, 16, &view);
		if (!rc)
			rc = is_valid(c, i) ? give_view(k, c->n, view, data, count) : give_null(k);
	}
	for (uint64_t i = 0; i < opened; i++)
		ay_arrow_buffer_close(k->r, &data[i]);
	ay_arrow_buffer_close(k->r, &views);
	ay_budget_free(k->r->budget, data);
	return rc;
}

/* How many elements the child must have. */
static int read_list(struct ay_arrow_batch *k, const struct column *c, uint64_t *child)
{
	struct ay_arrow_buffer offsets;
	int64_t from = 0, to = 0;
	int rc = open_buffer(k, &offsets);

	if (!rc)
		rc = first_offset(k, c, &offsets, &from);
	for (uint64_t i = 0; i < c->length && !rc; i++) {
		rc = i % BATCH ? 0 : ay_budget_tick(k->r->budget);
		if (!rc)
			rc = get_offset(k, c, &offsets, i + 1, &to);
		if (!rc && to < from)
			rc = malformed(k, "the offsets of the lists do not rise");
		from = to;
	}
	ay_arrow_buffer_close(k->r, &offsets);
	*child = (uint64_t)from;
	return rc;
}

/* ---- nodes ---- */

/* Nulls of a column that can have nothing else. */
static int read_nothing(struct ay_arrow_batch *k, const struct column *c)
{
	char why[AY_COLUMNS_WHY];

	if (!ay_columns_stored(&k->r->unstored, c->length, 0, k->r->in->size, why))
		return refuse(k, "limit.expanded", why);
	k->nulls = c->length;
	return 0;
}

static int read_leaf(struct ay_arrow_batch *k, const struct column *c)
{
	struct ay_column out = {.name = c->n->path ? c->n->path : "", .index = c->n->index, .type = c->n->type, .scale = c->n->scale,
				.repeated = c->n->repeated, .list_len = c->n->list_len};
	int rc = ay_columns_begin(k->sink, &out);

	if (rc)
		return rc;
	switch (c->n->kind) {
	case AY_ARROW_NULL: rc = read_nothing(k, c); break;
	case AY_ARROW_BITS: rc = read_bits(k, c); break;
	case AY_ARROW_FIXED: rc = read_fixed(k, c); break;
	case AY_ARROW_BYTES: rc = read_bytes(k, c); break;
	default: rc = read_views(k, c);
	}
	if (!rc)
		rc = flush(k);
	return rc ? rc : ay_columns_end(k->sink, k->rows);
}

/* The next FieldNode: as many values as the parent says (at least as many, below a list). */
static int next_node(struct ay_arrow_batch *k, uint64_t length, bool exact, struct column *c, uint64_t *nulls)
{
	uint64_t at = k->nodes.at + 16 * (uint64_t)k->node;

	if (k->node++ >= k->nodes.count)
		return malformed(k, "the batch has fewer nodes than the schema asks for");
	c->length = ay_arrow_long(k->f, at);
	*nulls = ay_arrow_long(k->f, at + 8);
	if (k->f->err)
		return ay_arrow_flat_error(k->r, k->f);
	if (c->length > INT64_MAX || c->length < length || (exact && c->length != length))
		return malformed(k, "it has another number of values than what it is in");
	if (*nulls > c->length)
		return malformed(k, "it has more nulls than values, or less than none");
	return 0;
}

/* The schema limits how deep this goes. */
static int read_node(struct ay_arrow_batch *k, const struct ay_arrow_node *n, uint64_t length, bool exact, const uint8_t *parent)
{
	const struct ay_arrow_node *nodes = k->r->nodes;
	struct column c = {.n = n};
	uint64_t nulls = 0, child;
	bool list = n->kind == AY_ARROW_LIST || n->kind == AY_ARROW_FIXED_LIST;
	int rc;

	k->at = n;
	rc = next_node(k, length, exact, &c, &nulls);
	child = c.length;
	if (!rc && n->kind != AY_ARROW_NULL)
		rc = read_validity(k, &c, nulls, parent);
	if (!rc && n->kind == AY_ARROW_LIST)
		rc = read_list(k, &c, &child);
	if (!rc && n->kind == AY_ARROW_FIXED_LIST && n->width && c.length > INT64_MAX / n->width)
		rc = malformed(k, "there are more values than any file has");
	if (!rc && n->kind == AY_ARROW_FIXED_LIST)
		child = c.length * n->width;
	if (!rc && !list && n->kind != AY_ARROW_STRUCT) {
		rc = read_leaf(k, &c);
	} else {
		/* What a null list leads to is no part of it, so only structs hand down their bits. */
		for (size_t i = n->index + 1; i < n->end && !rc; i = nodes[i].end)
			rc = read_node(k, &nodes[i], child, !list, list ? NULL : c.valid);
	}
	ay_budget_free(k->r->budget, c.valid);
	return rc;
}

/* ---- batches ---- */

static int open_batch(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *t, uint64_t body, uint64_t len, struct ay_arrow_batch **out)
{
	struct ay_flat_table compression = ay_flat_sub(f, t, BATCH_COMPRESSION);
	struct ay_arrow_batch *k = *out = r->batch ? r->batch : ay_budget_alloc(r->budget, sizeof(*k));
	uint64_t codec = compression.at ? ay_flat_scalar(f, &compression, 0, 1, 0) : 0;
	uint64_t method = compression.at ? ay_flat_scalar(f, &compression, 1, 1, 0) : 0;

	r->batch = k;
	if (!k)
		return AY_ELIMIT;
	k->r = r;
	k->f = f;
	k->sink = r->sink;
	k->nodes = ay_flat_list(f, t, BATCH_NODES, 16);
	k->buffers = ay_flat_list(f, t, BATCH_BUFFERS, 16);
	k->variadic = ay_flat_list(f, t, BATCH_VARIADIC, 8);
	k->rows = ay_flat_scalar(f, t, BATCH_LENGTH, 8, 0);
	k->node = k->buffer = k->view = 0;
	k->body = body;
	k->len = len;
	k->end = k->nulls = 0;
	k->held = 0;
	k->at = NULL;
	k->codec = compression.at ? (int)codec : AY_ARROW_PLAIN;
	if (f->err)
		return ay_arrow_flat_error(r, f);
	if (codec > AY_ARROW_ZSTD || method != 0)
		return ay_arrow_refuse(r, "format.unsupported", "an Arrow table with an unknown compression, which is not judged");
	return k->rows > INT64_MAX ? malformed(k, "the number of rows is negative") : 0;
}

static int end_batch(struct ay_arrow_batch *k)
{
	if (k->node != k->nodes.count || k->buffer != k->buffers.count || k->view != k->variadic.count)
		return malformed(k, "the batch has more nodes or buffers than the schema asks for");
	return 0;
}

int ay_arrow_batch_read(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *t, uint64_t body, uint64_t len)
{
	struct ay_arrow_batch *k;
	int rc = open_batch(r, f, t, body, len, &k);

	for (size_t i = 0; i < r->count && !rc; i = r->nodes[i].end)
		rc = read_node(k, &r->nodes[i], k->rows, true, NULL);
	return rc ? rc : end_batch(k);
}

/* ---- dictionaries ---- */

/* The sink that keeps values. */
struct keeper {
	struct ay_budget *budget;
	struct ay_arrow_dict *d;
};

static int keep(struct keeper *k, uint64_t raw, bool null)
{
	struct ay_arrow_dict *d = k->d;

	if (d->count == d->room) {
		uint64_t room = d->room ? d->room * 2 : 256;
		uint64_t *fresh = ay_budget_realloc(k->budget, d->raw, (size_t)room * sizeof(*fresh));
		uint8_t *nulls;

		if (!fresh)
			return AY_ELIMIT;
		d->raw = fresh;
		nulls = ay_budget_realloc(k->budget, d->nulls, (size_t)room);
		if (!nulls)
			return AY_ELIMIT;
		d->nulls = nulls;
		d->room = room;
	}
	d->raw[d->count] = raw;
	d->nulls[d->count++] = null;
	return 0;
}

static int keep_null(void *arg, uint64_t n)
{
	struct keeper *k = arg;
	int rc = 0;

	for (; n > 0 && !rc; n--)
		rc = keep(k, k->d->bytes_len, true);
	return rc;
}

static int keep_i64(void *arg, const int64_t *v, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++)
		rc = keep(arg, (uint64_t)v[i], false);
	return rc;
}

static int keep_f64(void *arg, const double *v, size_t n)
{
	union { uint64_t bits; double value; } f;
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		f.value = v[i];
		rc = keep(arg, f.bits, false);
	}
	return rc;
}

static int keep_bytes(void *arg, struct ay_cursor value)
{
	struct keeper *k = arg;
	struct ay_arrow_dict *d = k->d;
	size_t room = d->bytes_room ? d->bytes_room : 4096, len = value.left;

	while (room - d->bytes_len < len)
		room *= 2;
	if (room != d->bytes_room) {
		uint8_t *fresh = ay_budget_realloc(k->budget, d->bytes, room);

		if (!fresh)
			return AY_ELIMIT;
		d->bytes = fresh;
		d->bytes_room = room;
	}
	ay_cursor_copy(&value, d->bytes + d->bytes_len, len);
	d->bytes_len += len;
	return keep(k, d->bytes_len, false);
}

int ay_arrow_dict_read(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *t, uint64_t body, uint64_t len)
{
	int64_t id = (int64_t)ay_flat_scalar(f, t, DICT_ID, 8, 0);
	bool delta = ay_flat_scalar(f, t, DICT_DELTA, 1, 0) != 0;
	struct ay_flat_table data = ay_flat_sub(f, t, DICT_DATA);
	struct keeper keeper = {.budget = r->budget};
	struct ay_columns sink = {.arg = &keeper, .null = keep_null, .i64 = keep_i64, .f64 = keep_f64, .bytes = keep_bytes};
	struct ay_arrow_batch *k;
	int rc;

	for (size_t i = 0; i < r->dict_count; i++)
		if (r->dicts[i].id == id)
			keeper.d = &r->dicts[i];
	if (f->err)
		return ay_arrow_flat_error(r, f);
	if (!keeper.d || !data.at)
		return ay_arrow_refuse(r, "arrow.malformed", "a dictionary that no column refers to, or without values");
	if (delta && !keeper.d->there)
		return ay_arrow_refuse(r, "arrow.malformed", "values are added to a dictionary that has not come yet");
	if (!delta)
		keeper.d->count = keeper.d->bytes_len = 0;
	rc = open_batch(r, f, &data, body, len, &k);
	if (rc)
		return rc;
	k->sink = &sink;
	rc = read_node(k, &keeper.d->value, k->rows, true, NULL);
	keeper.d->there = !rc;
	return rc ? rc : end_batch(k);
}

void ay_arrow_batch_free(struct ay_arrow *r)
{
	ay_budget_free(r->budget, r->batch);
	r->batch = NULL;
}
