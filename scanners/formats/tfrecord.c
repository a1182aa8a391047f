/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TFRecord (tensorflow/core/lib/io/record_writer.h): records of a length, a CRC of the length, data, and a CRC of the data,
 * where each record is a tf.Example or tf.SequenceExample. The file is read once to judge it and to learn which features
 * there are, and again as rows where somebody asks for its values: features that never have more than one value are the
 * columns, lists and long byte strings are not.
 */
#include <inttypes.h>

#include "assay/text.h"
#include "scanners/data/judge.h"
#include "scanners/data/schema.h"
#include "scanners/formats/crc32c.h"
#include "scanners/formats/tfexample.h"
#include "scanners/registry.h"

#define HEAD 12                         /* length and its CRC */
#define TAIL 4                          /* CRC of the data */
#define RECORD_MAX INT32_MAX            /* protocol buffers' own limit */
#define FEATURES_MAX 4096               /* different names */
#define PIECE (64 * KIB)

struct feature {
	char *name;
	size_t len;
	bool sequence;
	enum ay_tf_kind kind;           /* NONE: no record has values */
	bool text, wide;                /* all byte strings are UTF-8; some record has more than one value, or a long one */
	uint64_t record;                /* the last that had it */
	size_t column;                  /* in the rows; SIZE_MAX: not there */
};

struct records {
	struct ay_scan *scan;
	struct ay_source *in;
	struct ay_budget *budget;
	struct ay_pb pb;
	struct ay_tf_example example;
	struct ay_buf piece;
	bool reported;                  /* what is wrong */
	uint64_t off, record;           /* of the next record; number of the one at hand, from 1 */
	struct feature **v;             /* sorted by name */
	size_t count, room;
	size_t columns;
	struct ay_cell *cells;          /* of the row at hand */
	struct ay_buf text;             /* its texts; a cell holds the place in it until the row is whole */
};

static int refuse(struct records *r, const char *rule, uint64_t off, const char *why)
{
	r->reported = true;
	ay_scan_find(r->scan, rule, off, "record %" PRIu64 ": %s", r->record, why);
	return AY_EFORMAT;
}

/* ---- records ---- */

static bool head_fits(struct ay_cursor head)
{
	struct ay_cursor len = ay_cursor_sub(&head, 8);

	return ay_cursor_le32(&head) == ay_crc32c_masked(ay_crc32c(len)) && !head.err;
}

/* Exactly these bytes, valid until the next look. Small records lie in one window, which is not read anew for each of them. */
static int look(struct records *r, uint64_t off, size_t len, struct ay_cursor *out)
{
	if (len > AY_WINDOW / 2)
		return ay_source_load(r->in, off, len, &r->piece, out);
	int rc = ay_window_look(&r->pb.window, off, len, out);

	if (!rc)
		*out = ay_cursor_sub(out, len);
	return rc ? rc : out->err;
}

/* The CRC of the data, piece by piece. */
static int check_data(struct records *r, uint64_t off, uint64_t len)
{
	uint64_t end = off + len;
	uint32_t crc = 0;
	struct ay_cursor c;
	int rc = 0;

	while (rc == 0 && off < end) {
		size_t part = end - off < PIECE ? (size_t)(end - off) : PIECE;

		rc = ay_budget_tick(r->budget);
		if (!rc)
			rc = look(r, off, part, &c);
		if (!rc)
			crc = ay_crc32c_more(crc, c);
		off += part;
	}
	if (!rc)
		rc = look(r, end, TAIL, &c);
	if (!rc && ay_cursor_le32(&c) != ay_crc32c_masked(crc))
		rc = refuse(r, "tfrecord.crc", end, "the checksum of its data is wrong");
	return rc;
}

/* 1: the next record's data is *out; 0: there is none. */
static int next_record(struct records *r, struct ay_pb_message *out)
{
	uint64_t left = r->in->size - r->off, len;
	struct ay_cursor c;
	int rc = ay_budget_tick(r->budget);

	if (rc || !left)
		return rc;
	r->record++;
	if (left < HEAD + TAIL)
		return refuse(r, "tfrecord.truncated", r->off, "the file ends before it is whole");
	rc = look(r, r->off, HEAD, &c);
	if (rc)
		return rc;
	if (!head_fits(c))
		return refuse(r, "tfrecord.crc", r->off, "the checksum of its length is wrong");
	len = ay_cursor_le64(&c);
	if (len > RECORD_MAX)
		return refuse(r, "tfrecord.malformed", r->off, "it is longer than 2 GiB, which no reader takes");
	if (len > left - HEAD - TAIL)
		return refuse(r, "tfrecord.truncated", r->off, "the file ends before it is whole");
	*out = (struct ay_pb_message){r->off + HEAD, r->off + HEAD + len};
	r->off += HEAD + len + TAIL;
	return 1;
}

static int read_example(struct records *r, struct ay_pb_message m)
{
	int rc = ay_tf_example_read(&r->example, m);

	if (!r->reported && (rc == AY_ETRUNC || rc == AY_EFORMAT))
		rc = refuse(r, "tfrecord.malformed", r->pb.bad_off, r->example.why ? r->example.why : "it is no tf.Example: a field is damaged");
	return rc;
}

/* ---- features ---- */

static int compare(const struct feature *f, struct ay_cursor name, bool sequence)
{
	size_t n = f->len < name.left ? f->len : name.left;
	int order = memcmp(f->name, name.p, n);

	if (order == 0)
		order = (f->len > name.left) - (f->len < name.left);
	return order ? order : (int)f->sequence - (int)sequence;
}

/* Where the name is, or belongs. */
static size_t find(const struct records *r, struct ay_cursor name, bool sequence, bool *found)
{
	size_t low = 0, high = r->count;

	*found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = compare(r->v[mid], name, sequence);

		if (order == 0) {
			*found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int insert(struct records *r, size_t at, struct ay_cursor name, bool sequence)
{
	struct feature *f;

	if (r->count == FEATURES_MAX)
		return refuse(r, "limit.exceeded", AY_NO_OFFSET, "the records have more than 4,096 different features");
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 64;
		struct feature **more = ay_budget_realloc(r->budget, r->v, room * sizeof(*more));

		if (!more)
			return AY_ELIMIT;
		r->v = more;
		r->room = room;
	}
	f = ay_budget_alloc(r->budget, sizeof(*f));
	if (!f)
		return AY_ELIMIT;
	*f = (struct feature){.name = ay_budget_alloc(r->budget, name.left + 1), .len = name.left, .sequence = sequence, .text = true};
	if (!f->name) {
		ay_budget_free(r->budget, f);
		return AY_ELIMIT;
	}
	f->name[f->len] = '\0';
	ay_cursor_copy(&name, f->name, f->len);
	for (size_t i = r->count; i > at; i--)
		r->v[i] = r->v[i - 1];
	r->v[at] = f;
	r->count++;
	return 0;
}

static int two_kinds(struct records *r, const struct feature *f, enum ay_tf_kind now)
{
	char name[128];

	r->reported = true;
	ay_scan_find(r->scan, "tfrecord.kind", r->off, "record %" PRIu64 ": the feature %s is of %s, in records before it is of %s", r->record,
		     ay_escape_str(name, sizeof(name), f->name), ay_tf_kind_name(now), ay_tf_kind_name(f->kind));
	return AY_EFORMAT;
}

static int note_feature(void *arg, struct ay_cursor name, bool sequence, const struct ay_tf_feature *given)
{
	struct records *r = arg;
	bool found;
	size_t at = find(r, name, sequence, &found);
	int rc = found ? 0 : insert(r, at, name, sequence);

	if (rc)
		return rc;
	struct feature *f = r->v[at];

	if (f->record == r->record)
		return refuse(r, "tfrecord.duplicate", r->pb.bad_off, "a feature is there twice, and readers take one of them");
	f->record = r->record;
	if (given->kind && f->kind && f->kind != given->kind)
		return two_kinds(r, f, given->kind);
	if (given->kind)
		f->kind = given->kind;
	f->text = f->text && given->text;
	f->wide = f->wide || given->count > 1 || (given->kind == AY_TF_BYTES && given->count && given->bytes.value > AY_TF_VALUE);
	return 0;
}

static int judge_records(struct records *r)
{
	struct ay_pb_message m;
	int rc;

	r->example.fn = note_feature;
	r->example.names_texts = true;
	while ((rc = next_record(r, &m)) > 0) {
		rc = check_data(r, m.at, m.end - m.at);
		if (!rc)
			rc = read_example(r, m);
		if (rc)
			return rc;
	}
	return rc;
}

/* ---- rows ---- */

static int put_text(struct records *r, const struct ay_pb_field *f, struct ay_cell *cell)
{
	struct ay_cursor value;
	int rc = ay_pb_load(&r->pb, f, &value);

	if (rc)
		return rc;
	cell->len = value.left;
	cell->integer = (int64_t)r->text.len;
	return ay_buf_add(&r->text, ay_cursor_take(&value, value.left), cell->len);
}

static int put_feature(void *arg, struct ay_cursor name, bool sequence, const struct ay_tf_feature *given)
{
	struct records *r = arg;
	bool found;
	size_t at = find(r, name, sequence, &found);

	if (!found || r->v[at]->column == SIZE_MAX || !given->count)
		return 0;
	struct ay_cell *cell = &r->cells[r->v[at]->column];

	*cell = (struct ay_cell){.typed = true, .kind = AY_CELL_NUMBER};
	switch (given->kind) {
	case AY_TF_INT64:
		cell->is = AY_VALUE_INTEGER;
		cell->whole = true;
		cell->integer = given->integer;
		cell->number = (double)given->integer;
		return 0;
	case AY_TF_FLOAT:
		cell->is = AY_VALUE_NUMBER;
		cell->number = given->real;
		return 0;
	case AY_TF_BYTES:
		cell->kind = AY_CELL_TEXT;
		cell->is = r->v[at]->text ? AY_VALUE_STRING : AY_VALUE_ANY;
		return put_text(r, &given->bytes, cell);
	case AY_TF_NONE:
		break;
	}
	cell->kind = AY_CELL_MISSING;
	return 0;
}

static int give_columns(struct records *r, const struct ay_rows_sink *sink)
{
	const char **names = ay_budget_alloc(r->budget, (r->count + 1) * sizeof(*names));
	int rc = 0;

	if (!names)
		return AY_ELIMIT;
	r->columns = 0;
	for (size_t i = 0; i < r->count; i++) {
		struct feature *f = r->v[i];

		f->column = f->sequence || f->wide || !f->kind || strlen(f->name) != f->len ? SIZE_MAX : r->columns;
		if (f->column != SIZE_MAX)
			names[r->columns++] = f->name;
	}
	ay_budget_free(r->budget, r->cells);
	r->cells = ay_budget_alloc(r->budget, (r->columns + 1) * sizeof(*r->cells));
	if (!r->cells)
		rc = AY_ELIMIT;
	else if (sink->columns)
		rc = sink->columns(sink->arg, names, r->columns);
	ay_budget_free(r->budget, names);
	return rc;
}

static int give_row(struct records *r, const struct ay_rows_sink *sink, struct ay_pb_message m)
{
	for (size_t i = 0; i < r->columns; i++)
		r->cells[i] = (struct ay_cell){.kind = AY_CELL_MISSING};
	ay_buf_clear(&r->text);
	int rc = read_example(r, m);

	for (size_t i = 0; rc == 0 && i < r->columns; i++)
		if (r->cells[i].kind == AY_CELL_TEXT) {
			r->cells[i].text = r->cells[i].len ? (const char *)r->text.data + r->cells[i].integer : "";
			r->cells[i].integer = 0;
		}
	return rc ? rc : ay_rows_give(sink, r->record, r->cells, r->columns);
}

static int each(void *arg, struct ay_budget *b, const struct ay_rows_sink *sink)
{
	struct records *r = arg;
	struct ay_pb_message m;
	int rc = give_columns(r, sink);

	(void)b;
	r->off = r->record = 0;
	r->example.fn = put_feature;
	r->example.names_texts = false;
	while (rc == 0 && (rc = next_record(r, &m)) > 0)
		rc = give_row(r, sink, m);
	return rc;
}

/* ---- scanner ---- */

/* What is asked of the values beside a judgement of the file: a proposal, its schema, counts against a reference. */
static int use_rows(struct records *r)
{
	const struct ay_rows rows = {.arg = r, .each = each, .by_row = true, .unordered = true};
	const struct ay_schema *schema;
	struct ay_schema *whole;
	int rc = ay_schema_open(r->scan, AY_SCHEMA_OF_TABLE, &whole, &schema);

	if (!rc && (schema || ay_scan_options(r->scan)->proposal))
		rc = ay_judge_rows(r->scan, schema, &rows);
	ay_schema_free(whole);
	return rc;
}

static int tfrecord_scan(struct ay_scan *s, struct ay_source *in)
{
	struct records r = {.scan = s, .in = in, .budget = ay_scan_budget(s), .piece = ay_buf_new(PIECE), .text = ay_buf_new(FEATURES_MAX * AY_TF_VALUE)};

	ay_pb_open(&r.pb, in, r.budget, AY_TF_VALUE);
	r.example.pb = &r.pb;
	r.example.arg = &r;
	int rc = judge_records(&r);

	if (rc && rc != AY_EFORMAT)
		ay_scan_find_error(s, "tfrecord", rc, NULL);
	if (!rc)
		rc = use_rows(&r);
	for (size_t i = 0; i < r.count; i++) {
		ay_budget_free(r.budget, r.v[i]->name);
		ay_budget_free(r.budget, r.v[i]);
	}
	ay_budget_free(r.budget, r.v);
	ay_budget_free(r.budget, r.cells);
	ay_buf_free(&r.piece);
	ay_buf_free(&r.text);
	ay_pb_close(&r.pb);
	return rc == AY_EFORMAT ? 0 : rc;
}

static unsigned tfrecord_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return head.left >= HEAD && head_fits(ay_cursor_sub(&head, HEAD)) ? 32 : 0;
}

/* Both begin with a length. One checksum in 256 begins with a brace, but no header of safetensors is by chance the checksum of its length. */
static const char *const refines[] = {"safetensors", NULL};

const struct ay_scanner ay_scanner_tfrecord = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "tfrecord", .version = 1, .refines = refines, .bid = tfrecord_bid, .scan = tfrecord_scan
};
