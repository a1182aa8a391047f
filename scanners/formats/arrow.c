/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrow IPC. A stream is a row of messages: a marker, a length, a FlatBuffer,
 * and a body. A file is such a stream between magic words, with a footer that
 * says where the messages lie; both ways to read it must lead to the same.
 */
#include "scanners/formats/arrow.h"

#include <inttypes.h>

#include "scanners/data/judge.h"
#include "scanners/formats/bytes.h"
#include "scanners/registry.h"

#define FILE_MAGIC "ARROW1"
#define HEAD 8                       /* of a file: magic and padding */
#define TAIL 10                      /* length of the footer and magic */
#define PREFIX 8                     /* of a message: marker and length */
#define MARKER 0xffffffffu
#define V4 3                         /* of the metadata: since 0.8 */
#define V5 4

/* Fields of the tables. */
enum { MESSAGE_VERSION, MESSAGE_TYPE, MESSAGE_HEADER, MESSAGE_BODY };
enum { FOOTER_VERSION, FOOTER_SCHEMA, FOOTER_DICTIONARIES, FOOTER_BATCHES };
enum { M_SCHEMA = 1, M_DICTIONARY, M_BATCH };

/* Where a message lies, as the footer says it. */
struct block {
	uint64_t off, meta, body;
};

struct blocks {
	struct block *at;
	size_t count, room;
};

struct messages {
	struct ay_arrow r;
	struct blocks dictionaries, batches;
	uint64_t end;                    /* where they must end */
	bool ended;                      /* the mark of the end was there */
	unsigned schemas;                /* messages */
};

/* So that the sink knows the columns of a table without rows. */
static int name_columns(const struct ay_arrow *r)
{
	int rc = 0;

	for (size_t i = 0; i < r->count && !rc; i++) {
		const struct ay_arrow_node *n = &r->nodes[i];
		struct ay_column out = {.name = n->path, .index = i, .type = n->type, .scale = n->scale, .repeated = n->repeated,
					.list_len = n->list_len};

		if (n->kind == AY_ARROW_STRUCT || n->kind == AY_ARROW_LIST || n->kind == AY_ARROW_FIXED_LIST)
			continue;
		rc = ay_columns_begin(r->sink, &out);
		if (!rc)
			rc = ay_columns_end(r->sink, 0);
	}
	return rc;
}

static int malformed(struct ay_arrow *r, const char *why)
{
	return ay_arrow_refuse(r, "arrow.malformed", "%s", why);
}

static int note(struct messages *m, struct blocks *b, struct block at)
{
	if (b->count == b->room) {
		size_t room = b->room ? b->room * 2 : 64;
		struct block *fresh = ay_budget_realloc(m->r.budget, b->at, room * sizeof(*fresh));

		if (!fresh)
			return AY_ELIMIT;
		b->at = fresh;
		b->room = room;
	}
	b->at[b->count++] = at;
	return 0;
}

/* A string of a FlatBuffer lies in one piece, so the metadata can be searched: no part of it is left out. */
static int check_extension(struct ay_arrow *r, uint64_t off, uint64_t len)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_ARROW_METADATA);
	struct ay_cursor c;
	int rc = len > AY_LIMIT_ARROW_METADATA ? AY_ELIMIT : ay_source_load(r->in, off, (size_t)len, &b, &c);

	if (!rc && ay_arrow_names_pickle(c))
		rc = ay_arrow_refuse(r, "arrow.extension", "a column has the type arrow.py_extension_type, which is a pickle that runs when read");
	ay_buf_free(&b);
	return rc;
}

/* ---- messages ---- */

/* In a file the footer's schema has been read before: this one must be the same. Without a footer it is the first message. */
static int read_schema(struct messages *m, struct ay_flat *f, const struct ay_flat_table *t, struct block at)
{
	struct ay_arrow again = {.scan = m->r.scan, .in = m->r.in, .budget = m->r.budget, .off = at.off};
	int rc = m->schemas++ ? malformed(&m->r, "a second schema") : check_extension(&m->r, at.off + PREFIX, at.meta - PREFIX);

	if (rc)
		return rc;
	if (!m->r.has_schema) {
		rc = ay_arrow_schema_read(&m->r, f, t);
		return rc ? rc : name_columns(&m->r);
	}
	rc = ay_arrow_schema_read(&again, f, t);
	m->r.reported |= again.reported;
	if (!rc && !ay_arrow_schema_same(&m->r, &again))
		rc = malformed(&m->r, "the footer has another schema than the message");
	ay_arrow_schema_free(&again);
	return rc;
}

static int read_header(struct messages *m, struct ay_flat *f, struct block at)
{
	struct ay_arrow *r = &m->r;
	struct ay_flat_table root = ay_flat_root(f), header = ay_flat_sub(f, &root, MESSAGE_HEADER);
	uint64_t version = ay_flat_scalar(f, &root, MESSAGE_VERSION, 2, 0), type = ay_flat_scalar(f, &root, MESSAGE_TYPE, 1, 0);
	int rc;

	if (f->err)
		return ay_arrow_flat_error(r, f);
	if (version != V4 && version != V5)
		return ay_arrow_refuse(r, "format.unsupported", "an Arrow table of metadata version %" PRIu64 ", which is not judged", version + 1);
	if (!header.at)
		return malformed(r, "a message has no header");
	if (type == M_SCHEMA)
		return at.body ? malformed(r, "a schema has a body") : read_schema(m, f, &header, at);
	if (type != M_DICTIONARY && type != M_BATCH)
		return ay_arrow_refuse(r, "format.unsupported", "an Arrow message of type %" PRIu64 " (a tensor or newer), which is not judged", type);
	if (!r->has_schema)
		return malformed(r, "the first message is no schema");
	rc = note(m, type == M_BATCH ? &m->batches : &m->dictionaries, at);
	if (rc)
		return rc;
	if (type == M_BATCH)
		return ay_arrow_batch_read(r, f, &header, at.off + at.meta, at.body);
	return ay_arrow_dict_read(r, f, &header, at.off + at.meta, at.body);
}

/* The metadata of one message as a FlatBuffer of its own, so that no offset in it leads out. */
static int read_metadata(struct messages *m, struct block *at)
{
	struct ay_source_window window;
	struct ay_source meta;
	struct ay_flat f;
	int rc = ay_source_sub(m->r.in, at->off + PREFIX, at->meta - PREFIX, &window, &meta);

	if (!rc)
		rc = ay_flat_open(&f, &meta, m->r.budget);
	if (rc)
		return rc;
	struct ay_flat_table root = ay_flat_root(&f);

	at->body = ay_flat_scalar(&f, &root, MESSAGE_BODY, 8, 0);
	if (f.err)
		rc = ay_arrow_flat_error(&m->r, &f);
	else if (at->body > m->end - at->off - at->meta)
		rc = ay_arrow_refuse(&m->r, "arrow.truncated", "the body of a message is longer than what is left of the file");
	else if (at->body % 8)
		rc = malformed(&m->r, "the body of a message is no multiple of eight bytes");
	if (!rc)
		rc = read_header(m, &f, *at);
	ay_flat_close(&f);
	return rc;
}

/* The message at *off, which moves behind it. */
static int read_message(struct messages *m, uint64_t *off)
{
	uint8_t bytes[PREFIX];
	struct ay_cursor c = ay_cursor_of(bytes, sizeof(bytes), *off);
	struct block at = {.off = *off};
	uint64_t left = m->end - *off;
	uint32_t marker, len;
	int rc;

	m->r.off = *off;
	if (left < PREFIX)
		return ay_arrow_refuse(&m->r, "arrow.truncated", "the file ends within the head of a message");
	rc = ay_source_read_full(m->r.in, *off, bytes, sizeof(bytes));
	if (rc)
		return rc;
	marker = ay_cursor_le32(&c);
	len = ay_cursor_le32(&c);
	if (marker != MARKER)
		return malformed(&m->r, "a message does not begin with its marker");
	*off += PREFIX;
	if (len == 0) {
		m->ended = true;
		return 0;
	}
	if (len % 8)
		return malformed(&m->r, "the length of a message is no multiple of eight bytes");
	if (len > left - PREFIX)
		return ay_arrow_refuse(&m->r, "arrow.truncated", "a message is longer than what is left of the file");
	at.meta = PREFIX + (uint64_t)len;
	rc = read_metadata(m, &at);
	*off = at.off + at.meta + at.body;
	return rc;
}

static int read_messages(struct messages *m, uint64_t off)
{
	int rc = 0;

	while (!rc && off < m->end && !m->ended) {
		rc = ay_budget_tick(m->r.budget);
		if (!rc)
			rc = read_message(m, &off);
	}
	m->r.off = off;
	if (!rc && !m->r.has_schema)
		rc = malformed(&m->r, "there is no schema");
	/* Without a footer nothing else tells a whole stream from one that was cut between two batches. */
	if (!rc && !m->ended && m->end == m->r.in->size)
		rc = ay_arrow_refuse(&m->r, "arrow.truncated", "the stream has no end mark");
	return !rc && off < m->end ? malformed(&m->r, "bytes follow the last message") : rc;
}

/* ---- footer ---- */

/* Blocks are structs of 24 bytes: a place, a length with padding, a length. */
static int check_blocks(struct messages *m, struct ay_flat *f, const struct ay_flat_table *footer, unsigned field, const struct blocks *have)
{
	struct ay_flat_vector v = ay_flat_list(f, footer, field, 24);

	if (!f->err && v.count != have->count)
		return malformed(&m->r, "the footer has another number of messages than the file");
	for (uint32_t i = 0; i < v.count && !f->err; i++) {
		const struct block *b = &have->at[i];
		uint64_t at = v.at + 24 * (uint64_t)i;
		int rc = ay_budget_tick(m->r.budget);

		if (rc)
			return rc;
		if (ay_arrow_long(f, at) != b->off || ay_flat_number(f, at + 8, 4) != b->meta || ay_arrow_long(f, at + 16) != b->body)
			return malformed(&m->r, "the footer names another place for a message than where it lies");
	}
	return f->err ? ay_arrow_flat_error(&m->r, f) : 0;
}

/* The footer's schema comes first: some writers have no other. */
static int read_footer(struct messages *m, struct ay_flat *f)
{
	struct ay_flat_table root = ay_flat_root(f), schema = ay_flat_sub(f, &root, FOOTER_SCHEMA);
	int rc;

	if (f->err)
		return ay_arrow_flat_error(&m->r, f);
	if (!schema.at)
		return malformed(&m->r, "the footer has no schema");
	rc = ay_arrow_schema_read(&m->r, f, &schema);
	if (!rc)
		rc = name_columns(&m->r);
	if (!rc)
		rc = read_messages(m, HEAD);
	m->r.off = m->end;
	if (!rc)
		rc = check_blocks(m, f, &root, FOOTER_DICTIONARIES, &m->dictionaries);
	return rc ? rc : check_blocks(m, f, &root, FOOTER_BATCHES, &m->batches);
}

static int find_footer(struct messages *m, uint32_t *len)
{
	struct ay_source *in = m->r.in;
	uint8_t tail[TAIL] = {0};
	struct ay_cursor c = ay_cursor_of(tail, sizeof(tail), 0);
	int rc = in->size < HEAD + TAIL ? AY_ETRUNC : ay_source_read_full(in, in->size - TAIL, tail, TAIL);

	if (rc)
		return rc;
	m->r.off = in->size - TAIL;
	*len = ay_cursor_le32(&c);
	if (!ay_cursor_starts(&c, FILE_MAGIC, 6))
		return ay_arrow_refuse(&m->r, "arrow.truncated", "the file does not end with ARROW1 as it begins");
	if (*len > in->size - HEAD - TAIL)
		return ay_arrow_refuse(&m->r, "arrow.truncated", "the footer is longer than the file");
	m->end = m->r.off = in->size - TAIL - *len;
	return 0;
}

static int read_file(struct messages *m)
{
	struct ay_source_window window;
	struct ay_source part;
	struct ay_flat f;
	uint32_t len = 0;
	int rc = find_footer(m, &len);

	if (!rc)
		rc = check_extension(&m->r, m->end, len);
	if (!rc)
		rc = ay_source_sub(m->r.in, m->end, len, &window, &part);
	if (!rc)
		rc = ay_flat_open(&f, &part, m->r.budget);
	if (rc)
		return rc;
	rc = read_footer(m, &f);
	ay_flat_close(&f);
	return rc;
}

static bool is_file(struct ay_source *in)
{
	uint8_t head[HEAD];

	return in->size >= HEAD && ay_source_read_full(in, 0, head, HEAD) == 0 && memcmp(head, FILE_MAGIC "\0\0", HEAD) == 0;
}

int ay_arrow_read(struct ay_scan *s, struct ay_source *in, const struct ay_columns *sink)
{
	struct messages m = {.r = {.scan = s, .in = in, .budget = ay_scan_budget(s), .sink = sink}, .end = in->size};
	struct ay_error e;
	int rc = is_file(in) ? read_file(&m) : read_messages(&m, 0);

	if (rc && !m.r.reported) {
		ay_error_at(&e, rc, m.r.off, "%s", rc == AY_ELIMIT ? "a part of it is larger than a scan may hold, or time ran out" : ay_strerror(rc));
		ay_scan_find_error(s, "arrow", rc, &e);
	}
	ay_arrow_batch_free(&m.r);
	ay_arrow_schema_free(&m.r);
	ay_budget_free(m.r.budget, m.dictionaries.at);
	ay_budget_free(m.r.budget, m.batches.at);
	return rc;
}

/* ---- scanner ---- */

/* A stream has no magic: its first message must be a schema. */
static bool is_stream(struct ay_cursor head, struct ay_source *in)
{
	struct ay_source_window window;
	struct ay_source part;
	struct ay_budget budget;
	struct ay_flat f;
	bool mine;
	uint32_t marker = ay_cursor_le32(&head), len = ay_cursor_le32(&head);

	if (head.err || marker != MARKER || len == 0 || len % 8 || ay_source_sub(in, PREFIX, len, &window, &part) < 0)
		return false;
	ay_budget_init(&budget, in->size);
	if (ay_flat_open(&f, &part, &budget) < 0)
		return false;
	struct ay_flat_table root = ay_flat_root(&f);

	mine = ay_flat_scalar(&f, &root, MESSAGE_TYPE, 1, 0) == M_SCHEMA && ay_flat_scalar(&f, &root, MESSAGE_VERSION, 2, 0) <= V5 && !f.err;
	ay_flat_close(&f);
	return mine;
}

static unsigned arrow_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	if (ay_cursor_starts(&head, FILE_MAGIC "\0\0", HEAD))
		return 64;
	if (is_stream(head, in))
		return 56;
	/* What is cut off or from before the marker is refused as what it is named. */
	return ay_cursor_starts(&head, "\xff\xff\xff\xff", 4) && (ay_path_ends(path, ".arrow") || ay_path_ends(path, ".arrows")) ? 32 : 0;
}

static int arrow_scan(struct ay_scan *s, struct ay_source *in)
{
	return ay_judge_columns(s, in, ay_arrow_read);
}

const struct ay_scanner ay_scanner_arrow = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "arrow", .version = 4, .bid = arrow_bid, .scan = arrow_scan
};
