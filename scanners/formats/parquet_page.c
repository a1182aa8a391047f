/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of one column chunk: a header each, then levels and values, compressed or not. One page is in memory at a time. */
#include <inttypes.h>

#include "assay/text.h"
#include "scanners/formats/codec.h"
#include "scanners/formats/inflate.h"
#include "scanners/formats/parquet.h"
#include "scanners/formats/thrift.h"

#define BATCH 1024
#define FIRST_HEADER 4096
#define MAX_HEADER (4 * MIB)     /* statistics hold values */

enum { DATA = 0, INDEX = 1, DICTIONARY = 2, DATA_V2 = 3 };
enum { NONE = 0, SNAPPY = 1, GZIP = 2, ZSTD = 6, LZ4_RAW = 7 };

struct ay_pq_batch {
	uint32_t def[BATCH], rep[BATCH];
	uint64_t raw[BATCH];
	int64_t i64[BATCH];
	double f64[BATCH];
};

struct header {
	int32_t type, plain, packed;
	bool has_crc;
	int32_t crc;
	int32_t num_values, encoding, def_encoding, rep_encoding;
	int32_t nulls, rows, def_len, rep_len;
	bool compressed, has_data;
};

/* One chunk under way. */
struct chunk {
	struct ay_pq *r;
	const struct ay_pq_chunk *at;
	const struct ay_pq_leaf *leaf;
	struct ay_pq_dict dict;
	struct ay_pq_values values;
	uint64_t off;                /* of the page at hand, for messages */
	uint64_t seen, rows, nulls;  /* slots, rows begun, slots without value */
	uint64_t looked;             /* bytes that no tick stands for yet */
};

static int refuse(struct chunk *k, const char *rule, const char *why)
{
	char name[128];

	return ay_pq_refuse(k->r, rule, k->off, "column %s: %s", ay_escape_str(name, sizeof(name), k->leaf->path), why);
}

static int malformed(struct chunk *k, const char *why)
{
	return refuse(k, "parquet.malformed", why);
}

/* ---- headers ---- */

static void read_data_header(struct ay_cursor *c, struct ay_budget *b, struct header *h)
{
	struct ay_thrift_field f = {.id = 0};

	while (ay_thrift_next(c, &f)) {
		switch (f.id) {
		case 1: h->num_values = ay_thrift_i32(c, &f); break;
		case 2: h->encoding = ay_thrift_i32(c, &f); break;
		case 3: h->def_encoding = ay_thrift_i32(c, &f); break;
		case 4: h->rep_encoding = ay_thrift_i32(c, &f); break;
		default: ay_thrift_skip(c, b, &f);
		}
	}
}

/* Field 3 says whether it is sorted, which nobody uses. */
static void read_dictionary_header(struct ay_cursor *c, struct ay_budget *b, struct header *h)
{
	struct ay_thrift_field f = {.id = 0};

	while (ay_thrift_next(c, &f)) {
		switch (f.id) {
		case 1: h->num_values = ay_thrift_i32(c, &f); break;
		case 2: h->encoding = ay_thrift_i32(c, &f); break;
		default: ay_thrift_skip(c, b, &f);
		}
	}
}

static void read_data_header_v2(struct ay_cursor *c, struct ay_budget *b, struct header *h)
{
	struct ay_thrift_field f = {.id = 0};

	while (ay_thrift_next(c, &f)) {
		switch (f.id) {
		case 1: h->num_values = ay_thrift_i32(c, &f); break;
		case 2: h->nulls = ay_thrift_i32(c, &f); break;
		case 3: h->rows = ay_thrift_i32(c, &f); break;
		case 4: h->encoding = ay_thrift_i32(c, &f); break;
		case 5: h->def_len = ay_thrift_i32(c, &f); break;
		case 6: h->rep_len = ay_thrift_i32(c, &f); break;
		case 7: h->compressed = ay_thrift_bool(c, &f); break;
		default: ay_thrift_skip(c, b, &f);
		}
	}
}

/* The header for the type of the page, which must come once; those of other types are no business of its readers. */
static void read_part(struct ay_cursor *c, struct ay_budget *b, const struct ay_thrift_field *f, struct header *h)
{
	static const int32_t type_of[] = {DATA, INDEX, DICTIONARY, DATA_V2};

	if (h->type != type_of[f->id - 5]) {
		ay_thrift_skip(c, b, f);
		return;
	}
	ay_thrift_struct(c, f);
	h->has_data = true;
	if (h->type == DATA_V2)
		read_data_header_v2(c, b, h);
	else if (h->type == DICTIONARY)
		read_dictionary_header(c, b, h);
	else
		read_data_header(c, b, h);
}

static int read_header(struct ay_cursor *c, struct ay_budget *b, struct header *h)
{
	struct ay_thrift_field f = {.id = 0};

	*h = (struct header){.type = -1, .plain = -1, .packed = -1, .num_values = -1, .encoding = -1, .def_encoding = -1, .rep_encoding = -1,
			     .nulls = -1, .rows = -1, .compressed = true};
	while (ay_thrift_next(c, &f)) {
		switch (f.id) {
		case 1: h->type = ay_thrift_i32(c, &f); break;
		case 2: h->plain = ay_thrift_i32(c, &f); break;
		case 3: h->packed = ay_thrift_i32(c, &f); break;
		case 4:
			h->has_crc = true;
			h->crc = ay_thrift_i32(c, &f);
			break;
		case 5: case 6: case 7: case 8: read_part(c, b, &f, h); break;
		default: ay_thrift_skip(c, b, &f);
		}
	}
	return c->err;
}

/* The header at k->off; *len_out is its length. A larger piece is loaded when it does not fit into the first. */
static int load_header(struct chunk *k, struct header *h, uint64_t *len_out)
{
	struct ay_buf b = ay_buf_new(MAX_HEADER);
	uint64_t left = k->at->end - k->off;
	size_t want = left < FIRST_HEADER ? (size_t)left : FIRST_HEADER;
	struct ay_cursor c;
	int rc;

	for (;;) {
		ay_buf_clear(&b);
		rc = ay_budget_tick(k->r->budget);
		if (!rc)
			rc = ay_source_load(k->r->in, k->off, want, &b, &c);
		if (rc)
			break;
		rc = read_header(&c, k->r->budget, h);
		*len_out = c.off - k->off;
		if (rc != AY_ETRUNC || want == left || want == MAX_HEADER)
			break;
		want = left < MAX_HEADER ? (size_t)left : MAX_HEADER;
	}
	ay_buf_free(&b);
	return rc == AY_ETRUNC || rc == AY_EFORMAT ? malformed(k, "the header of a page is damaged") : rc;
}

static int check_header(struct chunk *k, const struct header *h, uint64_t len)
{
	uint64_t left = k->at->end - k->off - len;

	if (h->type < DATA || h->type > DATA_V2)
		return malformed(k, "the type of a page is unknown");
	if (h->plain < 0 || h->packed < 0)
		return malformed(k, "the size of a page is negative or not there");
	if ((uint64_t)h->packed > left)
		return malformed(k, "a page is longer than the column chunk");
	if ((uint64_t)h->plain > AY_LIMIT_PARQUET_PAGE || (uint64_t)h->packed > AY_LIMIT_PARQUET_PAGE)
		return refuse(k, "limit.memory", "a page is larger than a scan may hold");
	if (h->type == INDEX)
		return 0;
	if (!h->has_data || h->num_values < 0 || h->encoding < 0)
		return malformed(k, "the header of a page lacks the number or the encoding of its values");
	if (h->type == DATA_V2 && (h->nulls < 0 || h->rows < 0 || h->def_len < 0 || h->rep_len < 0 ||
				   (int64_t)h->def_len + h->rep_len > (h->packed < h->plain ? h->packed : h->plain)))
		return malformed(k, "the counts and lengths of a page do not fit");
	return 0;
}

/* ---- bytes of a page ---- */

static int load_body(struct chunk *k, uint64_t off, const struct header *h, uint8_t **out)
{
	size_t len = (size_t)h->packed;
	uint8_t *body = *out = ay_budget_alloc(k->r->budget, len + 1);
	int rc = body ? 0 : AY_ELIMIT;

	for (size_t at = 0; at < len && !rc; at += AY_LIMIT_IO) {
		rc = ay_budget_tick(k->r->budget);
		if (!rc)
			rc = ay_source_read_full(k->r->in, off + at, body + at, len - at < AY_LIMIT_IO ? len - at : AY_LIMIT_IO);
	}
	if (!rc && h->has_crc && ay_crc32(0, body, len) != (uint32_t)h->crc)
		return refuse(k, "parquet.checksum", "the bytes of a page do not have the checksum that its header says");
	return rc;
}

static int unpack(struct chunk *k, struct ay_cursor in, uint8_t *out, size_t len)
{
	int rc = AY_EFORMAT;

	switch (k->at->codec) {
	case SNAPPY: rc = ay_snappy_block(in, out, len); break;
	case GZIP: rc = ay_gzip_block(in.p, in.left, out, len); break;
	case ZSTD: rc = ay_zstd_block(in.p, in.left, out, len); break;
	case LZ4_RAW: rc = ay_lz4_block(in.p, in.left, out, len); break;
	default: break;
	}
	return rc == AY_EFORMAT ? malformed(k, "the compressed bytes of a page are damaged, or expand to another length") : rc;
}

/* Replaces the body of a page by its plain form. The levels of version 2 stand before it and are never compressed. */
static int expand(struct chunk *k, const struct header *h, uint8_t **body)
{
	struct ay_budget *b = k->r->budget;
	struct ay_cursor c = ay_cursor_of(*body, (size_t)h->packed, 0);
	size_t levels = h->type == DATA_V2 ? (size_t)(h->def_len + h->rep_len) : 0, len = (size_t)h->plain;
	uint8_t *plain;
	int rc;

	if (k->at->codec == NONE || (h->type == DATA_V2 && !h->compressed))
		return h->plain == h->packed ? 0 : malformed(k, "a page that is not compressed has two sizes");
	if (len > b->expanded_left)
		return refuse(k, "limit.expanded", "the pages expand to more than a scan may read");
	b->expanded_left -= len;
	plain = ay_budget_alloc(b, len + 1);
	if (!plain)
		return AY_ELIMIT;
	ay_cursor_copy(&c, plain, levels);
	/* Some writers compress nothing to nothing. */
	rc = levels == len && !c.left ? 0 : unpack(k, c, plain + levels, len - levels);
	if (!rc)
		rc = ay_codec_tick(b, len, &k->looked);
	ay_budget_free(b, *body);
	*body = plain;
	return rc;
}

/* ---- levels ---- */

struct levels {
	unsigned max, width;
	bool there;                  /* some writers of version 2 write levels that can only be zero */
	bool packed;                 /* the older form: most significant bit first, without runs */
	struct ay_pq_runs runs;
	struct ay_cursor bits;
	unsigned byte, have;
};

static unsigned bits_of(unsigned max)
{
	unsigned width = 0;

	for (; max; max >>= 1)
		width++;
	return width;
}

/* Of a page of version 1: in front of the values, with their length when they are runs. */
static int open_levels(struct chunk *k, struct levels *l, struct ay_cursor *c, unsigned max, const struct header *h, int32_t encoding, int32_t len)
{
	*l = (struct levels){.max = max, .width = bits_of(max)};
	if (h->type == DATA_V2) {
		l->there = max || len;
		ay_pq_runs_open(&l->runs, ay_cursor_sub(c, (size_t)len), l->width);
		return 0;
	}
	l->there = max;
	if (!max)
		return 0;
	if (encoding == AY_PQ_BIT_PACKED) {
		l->packed = true;
		l->bits = ay_cursor_sub(c, (size_t)(((uint64_t)h->num_values * l->width + 7) / 8));
	} else if (encoding == AY_PQ_RLE) {
		ay_pq_runs_open(&l->runs, ay_cursor_sub(c, ay_cursor_le32(c)), l->width);
	} else {
		return malformed(k, "the encoding of levels is unknown");
	}
	return c->err ? malformed(k, "the levels are longer than their page") : 0;
}

static uint32_t packed_level(struct levels *l)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < l->width; i++) {
		if (!l->have) {
			l->byte = ay_cursor_u8(&l->bits);
			l->have = 8;
		}
		v = v << 1 | (l->byte >> --l->have & 1);
	}
	return v;
}

static int take_levels(struct chunk *k, struct levels *l, uint32_t *out, size_t n)
{
	int rc = 0;

	if (!l->there)
		memset(out, 0, n * sizeof(*out));
	else if (l->packed)
		for (size_t i = 0; i < n; i++)
			out[i] = packed_level(l);
	else
		rc = ay_pq_runs_take(&l->runs, out, n);
	for (size_t i = 0; i < n && !rc; i++)
		if (out[i] > l->max)
			rc = AY_EFORMAT;
	return rc || l->bits.err ? malformed(k, "the levels are damaged, or beyond what the schema has") : 0;
}

static bool levels_end(const struct levels *l)
{
	return !l->there || l->packed || ay_pq_runs_end(&l->runs) == 0;
}

/* ---- values to the sink ---- */

static int decoded(struct chunk *k, int rc)
{
	return rc == AY_EFORMAT ? malformed(k, k->values.why) : rc;
}

static int meant(struct chunk *k, const char *why)
{
	return why ? refuse(k, "parquet.value", why) : 0;
}

/* Readers skip what the statistics rule out. */
static int check_bounds(struct chunk *k, size_t n)
{
	const struct ay_pq_batch *b = k->r->batch;
	uint64_t flip = k->leaf->logical == AY_PQ_INT && !k->leaf->is_signed ? 0 : 1ull << 63;
	uint64_t least = (uint64_t)k->at->least ^ flip, greatest = (uint64_t)k->at->greatest ^ flip;

	for (size_t i = 0; i < n; i++) {
		uint64_t v = (uint64_t)b->i64[i] ^ flip;

		if (v < least || v > greatest)
			return malformed(k, "a value is less or greater than the statistics say");
	}
	return 0;
}

static int give_numbers(struct chunk *k, size_t n)
{
	struct ay_pq_batch *b = k->r->batch;
	int rc = decoded(k, ay_pq_values_raw(&k->values, b->raw, n));

	if (rc)
		return rc;
	if (k->leaf->form == AY_PQ_AS_F64) {
		ay_pq_mean_f64(k->leaf, b->raw, b->f64, n);
		return ay_columns_f64(k->r->sink, b->f64, n);
	}
	rc = meant(k, ay_pq_mean_i64(k->leaf, b->raw, b->i64, n));
	if (!rc && k->at->bounded)
		rc = check_bounds(k, n);
	return rc ? rc : ay_columns_i64(k->r->sink, b->i64, n);
}

static int give_wide(struct chunk *k, size_t n)
{
	struct ay_pq_batch *b = k->r->batch;
	enum ay_pq_form form = k->leaf->form;

	for (size_t i = 0; i < n; i++) {
		struct ay_cursor value;
		int rc = decoded(k, ay_pq_values_bytes(&k->values, &value));

		/* One large value can be referred to again and again. */
		if (!rc)
			rc = ay_codec_tick(k->r->budget, value.left, &k->looked);
		if (!rc)
			rc = meant(k, form == AY_PQ_AS_BYTES ? ay_pq_mean_bytes(k->leaf, value) :
							       ay_pq_mean_wide(k->leaf, value, &b->i64[i], &b->f64[i]));
		if (!rc && form == AY_PQ_AS_BYTES)
			rc = ay_columns_bytes(k->r->sink, value);
		if (rc)
			return rc;
	}
	return form == AY_PQ_AS_BYTES ? 0 : form == AY_PQ_AS_I64 ? ay_columns_i64(k->r->sink, b->i64, n) : ay_columns_f64(k->r->sink, b->f64, n);
}

static int give(struct chunk *k, size_t n)
{
	enum ay_pq_type t = k->leaf->type;

	if (k->leaf->logical == AY_PQ_NULL)
		return refuse(k, "parquet.value", "a column of nulls has a value");
	return t == AY_PQ_BYTES || t == AY_PQ_FIXED || t == AY_PQ_INT96 ? give_wide(k, n) : give_numbers(k, n);
}

/* A run of slots of the batch that are alike. */
static int give_run(struct chunk *k, size_t from, size_t n)
{
	struct ay_pq_batch *b = k->r->batch;
	uint64_t nulls = 0;

	if (b->def[from] == k->leaf->max_def)
		return give(k, n);
	for (size_t i = from; i < from + n; i++)
		nulls += b->def[i] >= k->leaf->list_def;
	k->nulls += n;
	return nulls ? ay_columns_null(k->r->sink, nulls) : 0;
}

static int give_batch(struct chunk *k, size_t n)
{
	struct ay_pq_batch *b = k->r->batch;
	int rc = 0;

	if (k->seen == 0 && b->rep[0] != 0)
		return malformed(k, "the first value continues a row");
	for (size_t i = 0; i < n; i++)
		k->rows += b->rep[i] == 0;
	k->seen += n;
	for (size_t i = 0, run; i < n && !rc; i += run) {
		bool there = b->def[i] == k->leaf->max_def;

		for (run = 1; i + run < n && (b->def[i + run] == k->leaf->max_def) == there;)
			run++;
		rc = give_run(k, i, run);
	}
	return rc;
}

/* ---- pages ---- */

static int read_values(struct chunk *k, const struct header *h, struct levels *rep, struct levels *def)
{
	struct ay_pq_batch *b = k->r->batch;

	for (uint64_t left = (uint64_t)h->num_values, n; left > 0; left -= n) {
		int rc = ay_budget_tick(k->r->budget);

		n = left < BATCH ? left : BATCH;
		if (!rc)
			rc = take_levels(k, rep, b->rep, n);
		if (!rc)
			rc = take_levels(k, def, b->def, n);
		if (!rc)
			rc = give_batch(k, n);
		if (rc)
			return rc;
	}
	return 0;
}

static int check_page_end(struct chunk *k, const struct header *h, const struct levels *rep, const struct levels *def, uint64_t rows,
			  uint64_t nulls, uint64_t seen)
{
	if (h->num_values > 0 && (!levels_end(rep) || !levels_end(def)))
		return malformed(k, "there are more levels than the page says");
	if (h->type == DATA_V2 && (k->rows - rows != (uint64_t)h->rows || k->nulls - nulls != (uint64_t)h->nulls))
		return malformed(k, "a page has another number of rows or nulls than its header says");
	/* A page without values need not say where they would be. */
	if (k->nulls - nulls == k->seen - seen)
		return 0;
	return decoded(k, ay_pq_values_end(&k->values));
}

static int read_data(struct chunk *k, const struct header *h, struct ay_cursor c)
{
	uint64_t rows = k->rows, nulls = k->nulls, seen = k->seen;
	struct levels rep, def;
	char why[AY_COLUMNS_WHY];
	int rc = open_levels(k, &rep, &c, k->leaf->max_rep, h, h->rep_encoding, h->rep_len);

	if ((uint64_t)h->num_values > k->at->num_values - k->seen)
		return malformed(k, "the pages have more values than the footer says");
	if (!ay_columns_stored(&k->r->unstored, (uint64_t)h->num_values, (uint64_t)h->plain, k->r->in->size, why))
		return refuse(k, "limit.expanded", why);
	if (!rc)
		rc = open_levels(k, &def, &c, k->leaf->max_def, h, h->def_encoding, h->def_len);
	if (rc)
		return rc;
	k->values.budget = k->r->budget;
	if (h->encoding == 1 || h->encoding > AY_PQ_SPLIT)
		return ay_pq_refuse(k->r, "format.unsupported", k->off, "a Parquet table with the encoding %d, which is not judged", h->encoding);
	rc = decoded(k, ay_pq_values_open(&k->values, k->leaf, (enum ay_pq_encoding)h->encoding, &k->dict, c, (uint64_t)h->num_values));
	if (!rc)
		rc = read_values(k, h, &rep, &def);
	return rc ? rc : check_page_end(k, h, &rep, &def, rows, nulls, seen);
}

static int read_dictionary(struct chunk *k, const struct header *h, uint8_t **body)
{
	uint8_t *page = *body;
	int rc;

	if (k->dict.there || k->seen > 0)
		return malformed(k, "a second dictionary, or one behind values");
	if (h->encoding != AY_PQ_PLAIN && h->encoding != AY_PQ_PLAIN_DICTIONARY)
		return malformed(k, "the encoding of a dictionary is not plain");
	*body = NULL;
	rc = ay_pq_dict_open(&k->dict, k->leaf, k->r->budget, page, (size_t)h->plain, (uint32_t)h->num_values);
	return rc == AY_EFORMAT ? malformed(k, "the dictionary has not the values that its header says") : rc;
}

static int read_page(struct chunk *k)
{
	struct header h;
	uint8_t *body = NULL;
	uint64_t len = 0;
	int rc = load_header(k, &h, &len);

	if (!rc)
		rc = check_header(k, &h, len);
	if (!rc)
		rc = load_body(k, k->off + len, &h, &body);
	if (!rc && h.type != INDEX)
		rc = expand(k, &h, &body);
	if (!rc && h.type == DICTIONARY)
		rc = read_dictionary(k, &h, &body);
	else if (!rc && h.type != INDEX)
		rc = read_data(k, &h, ay_cursor_of(body, (size_t)h.plain, 0));
	ay_budget_free(k->r->budget, body);
	if (!rc)
		k->off += len + (uint64_t)h.packed;
	return rc;
}

static int check_chunk(struct chunk *k)
{
	if (k->seen != k->at->num_values)
		return malformed(k, "the pages have fewer values than the footer says");
	/* Readers answer from the statistics. What they count in lists differs from writer to writer. */
	if (k->at->nulls >= 0 && !k->leaf->max_rep && k->nulls != (uint64_t)k->at->nulls)
		return malformed(k, "the column has another number of nulls than its statistics say");
	if (k->rows != k->r->group_rows)
		return malformed(k, "the column has another number of rows than its row group");
	return 0;
}

int ay_pq_chunk_read(struct ay_pq *r, size_t column, const struct ay_pq_chunk *at)
{
	struct chunk k = {.r = r, .at = at, .leaf = &r->leaves[column], .off = at->begin};
	int rc = 0;

	if (at->codec != NONE && at->codec != SNAPPY && at->codec != GZIP && at->codec != ZSTD && at->codec != LZ4_RAW)
		return ay_pq_refuse(r, "format.unsupported", k.off, "a Parquet table with the compression %d (%s), which is not judged", at->codec,
				    at->codec == 3 ? "LZO" : at->codec == 4 ? "Brotli" : at->codec == 5 ? "LZ4 with Hadoop's frames" : "unknown");
	if (!r->batch)
		r->batch = ay_budget_alloc(r->budget, sizeof(*r->batch));
	if (!r->batch)
		return AY_ELIMIT;
	while (!rc && k.off < at->end)
		rc = read_page(&k);
	if (!rc)
		rc = check_chunk(&k);
	k.values.budget = r->budget;
	ay_pq_values_close(&k.values);
	ay_pq_dict_close(&k.dict, r->budget);
	return rc;
}

void ay_pq_batch_free(struct ay_pq *r)
{
	ay_budget_free(r->budget, r->batch);
	r->batch = NULL;
}
