/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parquet: pages of columns, and at the end a footer that says where they lie.
 * Every value of every page is decoded. What no chunk covers may only be an
 * index that the footer names, or zeros: other bytes would be seen by nobody
 * here and by somebody else perhaps.
 */
#include "scanners/formats/parquet.h"

#include <inttypes.h>
#include <stdarg.h>

#include "assay/ckd.h"
#include "assay/text.h"
#include "scanners/data/judge.h"
#include "scanners/formats/arrow.h"
#include "scanners/formats/thrift.h"
#include "scanners/registry.h"

#define MAGIC 4
#define TAIL 8                       /* length and magic */
#define FIRST_RANGES 256
#define MAX_COPY (1 * MIB)

/* What the footer says is there. */
struct range {
	uint64_t begin, end;
	/* Of a chunk: what the footer says of it, which many writers repeat behind it. */
	int32_t type, codec;
	uint64_t num_values;
};

struct footer {
	struct ay_pq pq;
	struct ay_buf bytes;
	uint64_t begin;                  /* of the footer */
	struct ay_cursor schema, groups, keys;
	bool has_schema, has_groups, has_keys, encrypted;
	int64_t num_rows;
	struct range *ranges;
	size_t count, room;
};

/* One column chunk as it is written. */
struct chunk_meta {
	struct ay_cursor path;           /* the list, from its head */
	struct ay_cursor least, greatest;    /* of the statistics */
	bool has_meta, has_path, external, encrypted;
	int32_t type, codec;
	int64_t num_values, packed, data, dictionary, nulls;
	int64_t offset_index, column_index, bloom;
	int64_t offset_index_len, column_index_len, bloom_len;
};

int ay_pq_refuse(struct ay_pq *r, const char *rule, uint64_t off, const char *fmt, ...)
{
	struct ay_finding f = {.rule = rule, .off = off};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f.message, sizeof(f.message), fmt, ap);
	va_end(ap);
	ay_scan_find_full(r->scan, &f);
	r->reported = true;
	return AY_EFORMAT;
}

/* ---- ranges ---- */

static int add_range(struct footer *t, uint64_t begin, uint64_t len, const struct ay_pq_chunk *chunk, const char *what)
{
	uint64_t end;

	if (begin < MAGIC || ay_ckd_add_u64(begin, len, &end) || end > t->begin)
		return ay_pq_refuse(&t->pq, "parquet.layout", begin, "%s lies outside of the file's data", what);
	if (len == 0)
		return 0;
	if (t->count == t->room) {
		size_t room = t->room ? t->room * 2 : FIRST_RANGES;
		struct range *fresh = ay_budget_realloc(t->pq.budget, t->ranges, room * sizeof(*fresh));

		if (!fresh)
			return AY_ELIMIT;
		t->ranges = fresh;
		t->room = room;
	}
	t->ranges[t->count++] = (struct range){.begin = begin, .end = end, .codec = -1};
	if (chunk)
		t->ranges[t->count - 1] = (struct range){begin, end, (int32_t)chunk->type, chunk->codec, chunk->num_values};
	return 0;
}

static int by_begin(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

/* Only padding may lie there. */
static int check_gap(struct footer *t, uint64_t at, uint64_t end)
{
	uint8_t piece[4096];

	while (at < end) {
		size_t len = end - at < sizeof(piece) ? (size_t)(end - at) : sizeof(piece);
		int rc = ay_budget_tick(t->pq.budget);

		if (!rc)
			rc = ay_source_read_full(t->pq.in, at, piece, len);
		if (rc)
			return rc;
		for (size_t i = 0; i < len; i++)
			if (piece[i])
				return ay_pq_refuse(&t->pq, "parquet.layout", at + i, "bytes that no column and no index of the footer covers");
		at += len;
	}
	return 0;
}

/* ---- row groups ---- */

static void read_statistics(struct ay_cursor *c, struct ay_budget *b, struct chunk_meta *m)
{
	struct ay_thrift_field f = {.id = 0};

	while (ay_thrift_next(c, &f)) {
		if (f.id == 3)
			m->nulls = ay_thrift_i64(c, &f);
		else if (f.id == 5)
			m->greatest = ay_thrift_binary(c, &f);
		else if (f.id == 6)
			m->least = ay_thrift_binary(c, &f);
		else
			ay_thrift_skip(c, b, &f);
	}
}

static void read_meta(struct ay_cursor *c, struct ay_budget *b, struct chunk_meta *m)
{
	struct ay_thrift_field f = {.id = 0};

	m->has_meta = true;
	while (ay_thrift_next(c, &f)) {
		switch (f.id) {
		case 1: m->type = ay_thrift_i32(c, &f); break;
		case 3:
			m->path = *c;
			m->has_path = f.type == AY_THRIFT_LIST;
			ay_thrift_skip(c, b, &f);
			break;
		case 4: m->codec = ay_thrift_i32(c, &f); break;
		case 5: m->num_values = ay_thrift_i64(c, &f); break;
		case 7: m->packed = ay_thrift_i64(c, &f); break;
		case 9: m->data = ay_thrift_i64(c, &f); break;
		case 11: m->dictionary = ay_thrift_i64(c, &f); break;
		case 12:
			ay_thrift_struct(c, &f);
			read_statistics(c, b, m);
			break;
		case 14: m->bloom = ay_thrift_i64(c, &f); break;
		case 15: m->bloom_len = ay_thrift_i32(c, &f); break;
		default: ay_thrift_skip(c, b, &f);
		}
	}
}

static void read_chunk_start(struct chunk_meta *m)
{
	*m = (struct chunk_meta){.type = -1, .codec = -1, .num_values = -1, .packed = -1, .data = -1, .dictionary = -1,
				 .nulls = -1, .offset_index = -1, .column_index = -1, .bloom = -1};
}

static void read_chunk(struct ay_cursor *c, struct ay_budget *b, struct chunk_meta *m)
{
	struct ay_thrift_field f = {.id = 0};

	read_chunk_start(m);
	while (ay_thrift_next(c, &f)) {
		switch (f.id) {
		case 1:
			m->external = true;
			ay_thrift_skip(c, b, &f);
			break;
		case 3:
			ay_thrift_struct(c, &f);
			read_meta(c, b, m);
			break;
		case 4: m->offset_index = ay_thrift_i64(c, &f); break;
		case 5: m->offset_index_len = ay_thrift_i32(c, &f); break;
		case 6: m->column_index = ay_thrift_i64(c, &f); break;
		case 7: m->column_index_len = ay_thrift_i32(c, &f); break;
		case 8: case 9:
			m->encrypted = true;
			ay_thrift_skip(c, b, &f);
			break;
		default: ay_thrift_skip(c, b, &f);
		}
	}
}

/* ---- what lies between ---- */

/* The repetition of what the footer says of a chunk: all of ColumnChunk, or the ColumnMetaData in it. */
static bool is_copy(struct ay_cursor *c, struct ay_budget *b, const struct range *of)
{
	struct ay_cursor start = *c;
	struct chunk_meta m;

	read_chunk(c, b, &m);
	if (c->err || !m.has_meta) {
		*c = start;
		read_chunk_start(&m);
		read_meta(c, b, &m);
	}
	return !c->err && !m.external && !m.encrypted && m.type == of->type && m.codec == of->codec && m.num_values >= 0 && m.packed >= 0 &&
	       (uint64_t)m.num_values == of->num_values && (uint64_t)m.packed == of->end - of->begin;
}

/* Where a repetition behind a chunk ends; *at stays when there is none. */
static int pass_copy(struct footer *t, const struct range *of, uint64_t end, uint64_t *at)
{
	size_t len = end - of->end < MAX_COPY ? (size_t)(end - of->end) : MAX_COPY;
	struct ay_buf b = ay_buf_new(MAX_COPY);
	struct ay_cursor c;
	int rc = 0;

	if (of->codec < 0 || end <= of->end)
		return 0;
	rc = ay_budget_tick(t->pq.budget);
	if (!rc)
		rc = ay_source_load(t->pq.in, of->end, len, &b, &c);
	if (!rc && is_copy(&c, t->pq.budget, of))
		*at = c.off;
	ay_buf_free(&b);
	return rc;
}

static int check_layout(struct footer *t)
{
	uint64_t at = MAGIC;
	int rc = 0;

	if (t->count > 0)
		qsort(t->ranges, t->count, sizeof(*t->ranges), by_begin);
	for (size_t i = 0; i < t->count && !rc; i++) {
		if (t->ranges[i].begin < at)
			return ay_pq_refuse(&t->pq, "parquet.layout", t->ranges[i].begin, "two columns or indexes overlap");
		rc = check_gap(t, at, t->ranges[i].begin);
		at = t->ranges[i].end;
		if (!rc)
			rc = pass_copy(t, &t->ranges[i], i + 1 < t->count ? t->ranges[i + 1].begin : t->begin, &at);
	}
	return rc ? rc : check_gap(t, at, t->begin);
}

/* The parts of the path, joined, are those of the leaf. */
static bool path_is(struct ay_cursor c, const struct ay_pq_leaf *leaf)
{
	struct ay_thrift_field f = {.type = AY_THRIFT_LIST};
	struct ay_cursor want = ay_cursor_of(leaf->path, leaf->path_len, 0);
	uint32_t parts = ay_thrift_list(&c, &f, AY_THRIFT_BINARY);

	for (uint32_t i = 0; i < parts; i++) {
		struct ay_cursor part = ay_thrift_elem_binary(&c);

		if (c.err || (i > 0 && !ay_cursor_accept(&want, ".", 1)) || !ay_cursor_accept(&want, part.p, part.left))
			return false;
	}
	return parts > 0 && want.left == 0;
}

static int malformed(struct footer *t, const struct ay_pq_leaf *leaf, uint64_t off, const char *why)
{
	char name[128];

	return ay_pq_refuse(&t->pq, "parquet.malformed", off, "column %s: %s", ay_escape_str(name, sizeof(name), leaf->path), why);
}

/* What is in the footer about one chunk, in itself. */
static int check_meta(struct footer *t, const struct ay_pq_leaf *leaf, const struct chunk_meta *m, uint64_t off)
{
	if (m->external)
		return ay_pq_refuse(&t->pq, "parquet.external", off, "the footer says that a column lies in another file");
	if (m->encrypted)
		return ay_pq_refuse(&t->pq, "format.unsupported", off, "this is a Parquet table with encrypted columns, which is not judged");
	if (!m->has_meta || !m->has_path || m->num_values < 0 || m->packed < 0 || m->data < 0 || m->codec < 0)
		return malformed(t, leaf, off, "its type, path, codec, counts or places are negative or not there");
	if (m->type != (int32_t)leaf->type)
		return malformed(t, leaf, off, "its type is not that of the schema");
	if (!path_is(m->path, leaf))
		return malformed(t, leaf, off, "its path is not that of the schema");
	if (m->dictionary > m->data && m->data > 0)
		return ay_pq_refuse(&t->pq, "parquet.layout", off, "the dictionary of a column lies behind its values");
	return 0;
}

/* Older writers do not say how long a Bloom filter is; its own header does. */
static int bloom_length(struct footer *t, struct chunk_meta *m)
{
	uint8_t head[256];
	uint64_t at = (uint64_t)m->bloom;
	size_t len = at < t->begin && t->begin - at < sizeof(head) ? (size_t)(t->begin - at) : sizeof(head);
	struct ay_cursor c = ay_cursor_of(head, len, 0);
	struct ay_thrift_field f = {.id = 0};
	int32_t size = -1;
	int rc = at < t->begin ? ay_source_read_full(t->pq.in, at, head, len) : 0;

	if (rc || at >= t->begin)
		return rc;
	while (ay_thrift_next(&c, &f)) {
		if (f.id == 1)
			size = ay_thrift_i32(&c, &f);
		else
			ay_thrift_skip(&c, t->pq.budget, &f);
	}
	if (c.err || size < 0)
		return ay_pq_refuse(&t->pq, "parquet.malformed", at, "the header of a Bloom filter is damaged");
	m->bloom_len = (int64_t)(c.off + (uint64_t)size);
	return 0;
}

static int add_indexes(struct footer *t, struct chunk_meta *m, uint64_t off)
{
	int rc = 0;

	if (m->offset_index_len < 0 || m->column_index_len < 0 || m->bloom_len < 0)
		return ay_pq_refuse(&t->pq, "parquet.layout", off, "the length of an index is negative");
	if (m->offset_index > 0)
		rc = add_range(t, (uint64_t)m->offset_index, (uint64_t)m->offset_index_len, NULL, "an index of pages");
	if (!rc && m->column_index > 0)
		rc = add_range(t, (uint64_t)m->column_index, (uint64_t)m->column_index_len, NULL, "an index of values");
	if (!rc && m->bloom > 0 && !m->bloom_len)
		rc = bloom_length(t, m);
	if (!rc && m->bloom > 0)
		rc = add_range(t, (uint64_t)m->bloom, (uint64_t)m->bloom_len, NULL, "a Bloom filter");
	return rc;
}

/* What the statistics say of whole numbers. Others have no order that all writers agree on. */
static bool bound_of(const struct ay_pq_leaf *leaf, struct ay_cursor c, int64_t *out)
{
	size_t width = leaf->type == AY_PQ_INT32 ? 4 : 8;
	uint64_t raw;

	if ((leaf->type != AY_PQ_INT32 && leaf->type != AY_PQ_INT64) || c.left != width)
		return false;
	raw = width == 4 ? ay_cursor_le32(&c) : ay_cursor_le64(&c);
	return !ay_pq_mean_i64(leaf, &raw, out, 1);
}

static struct ay_column column_of(const struct footer *t, size_t column)
{
	const struct ay_pq_leaf *leaf = &t->pq.leaves[column];

	return (struct ay_column){.name = leaf->path, .index = column, .type = ay_pq_column_type(leaf), .scale = leaf->scale,
				  .repeated = leaf->max_rep > 0, .list_len = leaf->list_len};
}

static int read_column(struct footer *t, struct ay_cursor *c, size_t column)
{
	const struct ay_pq_leaf *leaf = &t->pq.leaves[column];
	struct ay_pq_chunk chunk;
	struct chunk_meta m;
	uint64_t off = c->off;
	int rc;

	read_chunk(c, t->pq.budget, &m);
	if (c->err)
		return c->err;
	rc = check_meta(t, leaf, &m, off);
	if (rc)
		return rc;
	chunk = (struct ay_pq_chunk){.type = leaf->type, .codec = m.codec, .num_values = (uint64_t)m.num_values, .nulls = m.nulls,
				     .begin = (uint64_t)(m.dictionary > 0 ? m.dictionary : m.data)};
	chunk.end = chunk.begin + (uint64_t)m.packed;
	chunk.bounded = bound_of(leaf, m.least, &chunk.least) && bound_of(leaf, m.greatest, &chunk.greatest);
	if (m.packed > 0)
		rc = add_range(t, chunk.begin, (uint64_t)m.packed, &chunk, "a column chunk");
	else
		chunk.end = chunk.begin;
	if (!rc)
		rc = add_indexes(t, &m, off);
	if (rc)
		return rc;
	struct ay_column out = column_of(t, column);

	rc = ay_columns_begin(t->pq.sink, &out);
	if (!rc)
		rc = ay_pq_chunk_read(&t->pq, column, &chunk);
	return rc ? rc : ay_columns_end(t->pq.sink, t->pq.group_rows);
}

/* The number of rows stands behind the columns, so the columns are marked first and read then. */
static int read_group(struct footer *t, struct ay_cursor *c)
{
	struct ay_thrift_field f = {.id = 0}, list = {.type = AY_THRIFT_LIST};
	struct ay_cursor columns = {.left = 0};
	uint64_t off = c->off;
	int64_t rows = -1;
	int rc = 0;

	while (ay_thrift_next(c, &f)) {
		if (f.id == 1 && f.type == AY_THRIFT_LIST)
			columns = *c;
		if (f.id == 3)
			rows = ay_thrift_i64(c, &f);
		else
			ay_thrift_skip(c, t->pq.budget, &f);
	}
	if (c->err)
		return c->err;
	if (rows < 0 || ay_thrift_list(&columns, &list, AY_THRIFT_STRUCT) != t->pq.leaf_count)
		return ay_pq_refuse(&t->pq, "parquet.malformed", off, "a row group has no number of rows, or not the columns of the schema");
	t->pq.group_rows = (uint64_t)rows;
	for (size_t i = 0; i < t->pq.leaf_count && !rc; i++)
		rc = read_column(t, &columns, i);
	if (!rc && ay_ckd_add_u64(t->pq.rows, (uint64_t)rows, &t->pq.rows))
		rc = AY_EFORMAT;
	return rc;
}

/* So that the sink knows the columns of a table without rows. */
static int name_columns(struct footer *t)
{
	int rc = 0;

	for (size_t i = 0; i < t->pq.leaf_count && !rc; i++) {
		struct ay_column out = column_of(t, i);

		rc = ay_columns_begin(t->pq.sink, &out);
		if (!rc)
			rc = ay_columns_end(t->pq.sink, 0);
	}
	return rc;
}

static int read_groups(struct footer *t)
{
	struct ay_thrift_field list = {.type = AY_THRIFT_LIST};
	struct ay_cursor c = t->groups;
	uint32_t count = ay_thrift_list(&c, &list, AY_THRIFT_STRUCT);
	int rc = c.err ? c.err : name_columns(t);

	for (uint32_t i = 0; i < count && !rc; i++)
		rc = read_group(t, &c);
	if (!rc && t->pq.rows != (uint64_t)t->num_rows)
		rc = ay_pq_refuse(&t->pq, "parquet.malformed", t->begin, "the row groups have %" PRIu64 " rows, the footer says %" PRId64, t->pq.rows,
				  t->num_rows);
	return rc;
}

/* ---- footer ---- */

static int read_keys(struct footer *t)
{
	struct ay_thrift_field list = {.type = AY_THRIFT_LIST};
	struct ay_cursor c = t->keys;
	uint32_t count = ay_thrift_list(&c, &list, AY_THRIFT_STRUCT);
	int rc = c.err;

	for (uint32_t i = 0; i < count && !rc; i++) {
		struct ay_cursor key = {.left = 0}, value = {.left = 0};
		struct ay_thrift_field f = {.id = 0};

		while (ay_thrift_next(&c, &f)) {
			if (f.id == 1)
				key = ay_thrift_binary(&c, &f);
			else if (f.id == 2)
				value = ay_thrift_binary(&c, &f);
			else
				ay_thrift_skip(&c, t->pq.budget, &f);
		}
		rc = c.err;
		if (!rc && key.left == 12 && ay_cursor_starts(&key, "ARROW:schema", 12))
			rc = ay_arrow_check_base64(t->pq.scan, value);
		if (rc == AY_EFORMAT && !c.err)
			t->pq.reported = true;
	}
	return rc;
}

/* Marks the parts: the schema is needed first, wherever it stands. */
static int mark_parts(struct footer *t, struct ay_cursor c)
{
	struct ay_thrift_field f = {.id = 0};

	t->num_rows = -1;
	while (ay_thrift_next(&c, &f)) {
		bool list = f.type == AY_THRIFT_LIST;

		if (f.id == 2 && list) {
			t->schema = c;
			t->has_schema = true;
		} else if (f.id == 4 && list) {
			t->groups = c;
			t->has_groups = true;
		} else if (f.id == 5 && list) {
			t->keys = c;
			t->has_keys = true;
		}
		t->encrypted |= f.id == 8;
		if (f.id == 3)
			t->num_rows = ay_thrift_i64(&c, &f);
		else
			ay_thrift_skip(&c, t->pq.budget, &f);
	}
	if (c.err)
		return c.err;
	if (t->encrypted)
		return ay_pq_refuse(&t->pq, "format.unsupported", t->begin, "this is a Parquet table with encrypted columns, which is not judged");
	if (!t->has_schema || !t->has_groups || t->num_rows < 0)
		return ay_pq_refuse(&t->pq, "parquet.malformed", t->begin, "the footer lacks the schema, the row groups or the number of rows");
	return c.left ? ay_pq_refuse(&t->pq, "parquet.malformed", c.off, "bytes follow the footer's last field") : 0;
}

static int read_footer(struct footer *t, struct ay_cursor *out)
{
	struct ay_source *in = t->pq.in;
	uint8_t tail[TAIL];
	struct ay_cursor c;
	uint32_t len;
	int rc = in->size < MAGIC + TAIL ? AY_ETRUNC : ay_source_read_full(in, in->size - TAIL, tail, TAIL);

	if (rc)
		return rc;
	c = ay_cursor_of(tail, TAIL, in->size - TAIL);
	len = ay_cursor_le32(&c);
	if (!ay_cursor_starts(&c, "PAR1", 4))
		return ay_pq_refuse(&t->pq, "parquet.truncated", in->size, "the file does not end with PAR1 as it begins");
	if (len > in->size - MAGIC - TAIL)
		return ay_pq_refuse(&t->pq, "parquet.truncated", in->size - TAIL, "the footer is longer than the file");
	if (len > AY_LIMIT_PARQUET_FOOTER)
		return AY_ELIMIT;
	t->begin = in->size - TAIL - len;
	return ay_source_load(in, t->begin, len, &t->bytes, out);
}

static int read_file(struct footer *t)
{
	struct ay_cursor c;
	int rc = read_footer(t, &c);

	if (!rc)
		rc = mark_parts(t, c);
	if (!rc)
		rc = ay_pq_schema_read(&t->pq, t->schema);
	if (!rc && t->has_keys)
		rc = read_keys(t);
	if (!rc)
		rc = read_groups(t);
	return rc ? rc : check_layout(t);
}

int ay_parquet_read(struct ay_scan *s, struct ay_source *in, const struct ay_columns *sink)
{
	struct footer t = {.pq = {.scan = s, .in = in, .budget = ay_scan_budget(s), .sink = sink}, .bytes = ay_buf_new(AY_LIMIT_PARQUET_FOOTER)};
	struct ay_error e;
	int rc = read_file(&t);

	/* Nothing of the file itself ends early once the footer is there. */
	if (rc && !t.pq.reported) {
		ay_error_at(&e, rc, t.begin, "%s", rc == AY_ELIMIT ? "a part of it is larger than a scan may hold, or time ran out" :
						   rc == AY_ETRUNC || rc == AY_EFORMAT ? "the footer is damaged" : ay_strerror(rc));
		ay_scan_find_error(s, "parquet", rc, &e);
	}
	ay_pq_schema_free(&t.pq);
	ay_pq_batch_free(&t.pq);
	ay_budget_free(t.pq.budget, t.ranges);
	ay_buf_free(&t.bytes);
	return rc;
}

/* ---- scanner ---- */

static unsigned parquet_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	uint8_t tail[MAGIC];

	(void)path;
	if (!ay_cursor_starts(&head, "PAR1", 4))
		return 0;
	if (in->size < MAGIC + TAIL || ay_source_read_full(in, in->size - MAGIC, tail, MAGIC) < 0)
		return 32;
	return memcmp(tail, "PAR1", MAGIC) == 0 ? 64 : 32;
}

static int parquet_scan(struct ay_scan *s, struct ay_source *in)
{
	return ay_judge_columns(s, in, ay_parquet_read);
}

const struct ay_scanner ay_scanner_parquet = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "parquet", .version = 5, .bid = parquet_bid, .scan = parquet_scan
};
