/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite, as far as Python's dbm.sqlite3 uses it: one table, Dict(key, value), made by exactly the statement of that module and indexed by
 * its key alone (sqlite.org/fileformat2.html; section numbers below are of it). With this schema a lookup answers the second field of a row
 * of the table's tree and nothing else, so all rows of that tree are judged. Other databases are refused: views, triggers and generated
 * columns compute what no row holds.
 */
#include <inttypes.h>

#include "scanners/formats/dbm.h"
#include "scanners/registry.h"
#include "scanners/spool.h"

#define MAGIC "SQLite format 3\0"
#define HEADER 100
#define DEPTH_MAX 20               /* BTCURSOR_MAX_DEPTH: SQLite goes no deeper */
#define PAYLOAD_MAX 0x7fffffffu
#define ROW_HEAD 32                 /* more than the header of a row of two fields */
#define SCHEMA_ROW 512
#define STATEMENT "CREATETABLEDict(keyBLOBUNIQUENOTNULL,valueBLOBNOTNULL)"    /* without its white space */

enum page_type { INTERIOR = 0x05, LEAF = 0x0d };
enum field_type { NOTHING = 0, ZERO = 8, ONE = 9, BLOB = 12, TEXT = 13 };

struct sqlite {
	struct ay_scan *scan;
	struct ay_budget *budget;
	struct ay_source *in;
	uint32_t page_size, pages, root;
	uint64_t read;              /* pages of trees so far: more than there are is a circle */
	bool has_table, has_index;
	int (*row)(struct sqlite *q, struct ay_source *row, uint64_t at);
};

static int refuse(struct sqlite *q, uint64_t off, const char *why)
{
	return ay_dbm_bad(q->scan, off, why);
}

static uint64_t place(const struct sqlite *q, uint32_t page)
{
	return (uint64_t)(page - 1) * q->page_size;
}

/* 1.6: seven bits a byte. Only in the shortest form and below 2^31: readers cut off larger ones in different ways. */
static uint32_t varint(struct ay_cursor *c)
{
	uint64_t v = 0;
	uint8_t byte;

	do {
		byte = ay_cursor_u8(c);
		if (byte == 0x80 && v == 0)
			ay_cursor_fail(c, AY_EFORMAT);
		v = v << 7 | (byte & 0x7f);
		if (v > PAYLOAD_MAX)
			ay_cursor_fail(c, AY_EFORMAT);
	} while (byte & 0x80);
	return c->err ? 0 : (uint32_t)v;
}

static void skip_rowid(struct ay_cursor *c)
{
	for (int i = 0; i < 8; i++)
		if (!(ay_cursor_u8(c) & 0x80))
			return;
	ay_cursor_skip(c, 1);
}

/* ---- rows ---- */

static uint32_t field_size(uint32_t type)
{
	static const uint8_t fixed[] = { 0, 1, 2, 3, 4, 6, 8, 8, 0, 0 };

	return type < sizeof(fixed) ? fixed[type] : (type - BLOB) / 2;
}

/* 2.1: the types of exactly n fields; *c moves to the first field. False when the row is not so. */
static bool take_types(struct ay_cursor *c, uint64_t size, uint32_t *types, size_t n)
{
	size_t before = c->left;
	uint64_t sum = varint(c);
	uint64_t head = sum;

	for (size_t i = 0; i < n; i++) {
		types[i] = varint(c);
		sum += field_size(types[i]);
	}
	return !c->err && head == before - c->left && sum == size;
}

static int judge_row(struct sqlite *q, struct ay_source *row, uint64_t at)
{
	uint8_t bytes[ROW_HEAD], key[128];
	uint32_t types[2];
	struct ay_source_window w;
	struct ay_source value;
	size_t len = row->size < sizeof(bytes) ? (size_t)row->size : sizeof(bytes);
	int rc = ay_source_read_full(row, 0, bytes, len);
	struct ay_cursor c = ay_cursor_of(bytes, len, at);

	if (rc < 0)
		return rc;
	if (!take_types(&c, row->size, types, 2) || types[0] < BLOB || types[0] % 2 || types[1] < BLOB || types[1] % 2)
		return refuse(q, at, "a row is not a key and a value");
	uint64_t start = c.off - at;
	uint32_t key_size = field_size(types[0]);
	size_t shown = key_size <= sizeof(key) ? key_size : 0;

	rc = ay_source_read_full(row, start, key, shown);
	if (rc == 0)
		rc = ay_source_sub(row, start + key_size, field_size(types[1]), &w, &value);
	return rc < 0 ? rc : ay_dbm_value(q->scan, ay_cursor_of(key, shown, 0), at, &value);
}

static bool text_is(struct ay_cursor *c, uint32_t type, const char *text)
{
	struct ay_cursor field = ay_cursor_sub(c, field_size(type));

	return type >= TEXT && type % 2 && field.left == strlen(text) && ay_cursor_starts(&field, text, field.left);
}

static bool is_statement(struct ay_cursor c)
{
	const char *want = STATEMENT;

	while (c.left) {
		uint8_t byte = ay_cursor_u8(&c);

		if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r')
			continue;
		if (byte != (uint8_t)*want++)
			return false;
	}
	return *want == '\0';
}

/* 2.6: type, name, table, root page, statement. */
static int read_schema_row(struct sqlite *q, struct ay_source *row, uint64_t at)
{
	uint8_t bytes[SCHEMA_ROW];
	uint32_t types[5];

	if (row->size > sizeof(bytes))
		return ay_dbm_other(q->scan, at, "an SQLite database with a longer schema than a shelf has");
	int rc = ay_source_read_full(row, 0, bytes, (size_t)row->size);
	struct ay_cursor c = ay_cursor_of(bytes, (size_t)row->size, at);

	if (rc < 0)
		return rc;
	if (!take_types(&c, row->size, types, 5) || types[3] < 1 || types[3] > 4)
		return ay_dbm_other(q->scan, at, "an SQLite database whose schema is not that of a shelf");
	bool table = text_is(&c, types[0], "table");

	/* text_is moves to the next field in any case. */
	bool named = text_is(&c, types[1], table ? "Dict" : "sqlite_autoindex_Dict_1");

	named = text_is(&c, types[2], "Dict") && named;
	uint32_t root = 0;

	for (uint32_t i = field_size(types[3]); i > 0; i--)
		root = root << 8 | ay_cursor_u8(&c);
	if (table && named && types[4] >= TEXT && types[4] % 2 && is_statement(c) && !q->has_table) {
		q->root = root;
		q->has_table = true;
		return 0;
	}
	if (!table && named && types[4] == NOTHING && !q->has_index) {
		q->has_index = true;
		return 0;
	}
	return ay_dbm_other(q->scan, at, "an SQLite database with other tables than a shelf has, or made by another statement");
}

/* ---- trees ---- */

/* 1.6: what does not fit on the page lies on a chain of others. */
static int join_chain(struct sqlite *q, uint32_t page, uint64_t len, struct ay_spool *out)
{
	uint8_t *buf = ay_budget_alloc(q->budget, q->page_size);
	int rc = buf ? 0 : AY_ELIMIT;

	while (len > 0 && rc == 0) {
		size_t part = len < q->page_size - 4 ? (size_t)len : q->page_size - 4;

		rc = ay_budget_tick(q->budget);
		if (rc == 0 && (page < 2 || page > q->pages))
			rc = refuse(q, AY_NO_OFFSET, "a long row leaves its pages");
		if (rc == 0)
			rc = ay_source_read_full(q->in, place(q, page), buf, part + 4);
		if (rc < 0)
			break;
		struct ay_cursor c = ay_cursor_of(buf, part + 4, place(q, page));

		page = ay_cursor_be32(&c);
		rc = ay_spool_write(out, c.p, part);
		len -= part;
	}
	if (rc == 0 && page != 0)
		rc = refuse(q, AY_NO_OFFSET, "a long row has more pages than it needs");
	ay_budget_free(q->budget, buf);
	return rc;
}

static int take_row(struct sqlite *q, struct ay_cursor *c)
{
	uint64_t at = c->off;
	uint32_t len = varint(c), most = q->page_size - 35, least = (q->page_size - 12) * 32 / 255 - 23, local;
	struct ay_spool spool;
	struct ay_source row;

	skip_rowid(c);
	local = len <= most ? len : least + (len - least) % (q->page_size - 4);
	local = local <= most ? local : least;
	struct ay_cursor here = ay_cursor_sub(c, local);

	if (c->err || len > q->in->size)
		return refuse(q, at, "a row is longer than its page");
	if (local == len) {
		row = ay_source_memory(here.p, here.left);
		return q->row(q, &row, here.off);
	}
	uint32_t page = ay_cursor_be32(c);

	if (c->err)
		return refuse(q, at, "a row is longer than its page");
	ay_spool_begin(&spool, q->scan, q->in->size);
	int rc = ay_spool_write(&spool, here.p, local);

	if (rc == 0)
		rc = join_chain(q, page, len - local, &spool);
	if (rc == 0) {
		row = ay_spool_source(&spool);
		rc = q->row(q, &row, here.off);
	}
	ay_spool_free(&spool);
	return rc;
}

static int walk(struct sqlite *q, uint32_t page, unsigned depth);

/* whole: the page, which the caller holds while its children are walked; skip: bytes before its own header. */
static int walk_cells(struct sqlite *q, struct ay_cursor whole, size_t skip, unsigned depth)
{
	struct ay_cursor c = whole;
	uint32_t right = 0;
	int rc = 0;

	ay_cursor_skip(&c, skip);
	uint8_t type = ay_cursor_u8(&c);

	ay_cursor_skip(&c, 2);
	uint16_t cells = ay_cursor_be16(&c);

	ay_cursor_skip(&c, 3);
	if (type == INTERIOR)
		right = ay_cursor_be32(&c);
	if ((type != INTERIOR && type != LEAF) || cells > c.left / 2)
		return refuse(q, whole.off + skip, "a page is not one of a table");
	size_t content = whole.left - c.left + 2u * cells;

	for (unsigned i = 0; i < cells && rc == 0; i++) {
		uint16_t start = ay_cursor_be16(&c);
		struct ay_cursor cell = whole;

		if (start < content || start >= whole.left)
			return refuse(q, c.off - 2, "a cell lies outside of its page");
		ay_cursor_skip(&cell, start);
		if (type == LEAF)
			rc = take_row(q, &cell);
		else
			rc = cell.left < 4 ? refuse(q, cell.off, "a cell is cut off") : walk(q, ay_cursor_be32(&cell), depth + 1);
	}
	return rc == 0 && type == INTERIOR ? walk(q, right, depth + 1) : rc;
}

static int walk(struct sqlite *q, uint32_t page, unsigned depth)
{
	int rc = ay_budget_tick(q->budget);

	if (rc < 0)
		return rc;
	if (page < 1 || page > q->pages || depth >= DEPTH_MAX || ++q->read > q->pages)
		return refuse(q, AY_NO_OFFSET, "the pages of a table go in a circle or leave the database");
	uint8_t *bytes = ay_budget_alloc(q->budget, q->page_size);

	if (!bytes)
		return AY_ELIMIT;
	rc = ay_source_read_full(q->in, place(q, page), bytes, q->page_size);
	if (rc == 0)
		rc = walk_cells(q, ay_cursor_of(bytes, q->page_size, place(q, page)), page == 1 ? HEADER : 0, depth);
	ay_budget_free(q->budget, bytes);
	return rc;
}

/* 1.3 */
static int read_header(struct sqlite *q)
{
	uint8_t bytes[HEADER];

	if (q->in->size < HEADER)
		return refuse(q, q->in->size, "the database ends within its header");
	int rc = ay_source_read_full(q->in, 0, bytes, HEADER);

	if (rc < 0)
		return rc;
	struct ay_cursor c = ay_cursor_of(bytes, HEADER, 0);

	ay_cursor_skip(&c, sizeof(MAGIC) - 1);
	q->page_size = ay_cursor_be16(&c);
	q->page_size = q->page_size == 1 ? 65536 : q->page_size;
	uint8_t writes = ay_cursor_u8(&c), reads = ay_cursor_u8(&c), reserved = ay_cursor_u8(&c);

	ay_cursor_skip(&c, 7);
	q->pages = ay_cursor_be32(&c);
	ay_cursor_skip(&c, 20);
	uint32_t largest_root = ay_cursor_be32(&c), encoding = ay_cursor_be32(&c);

	if (q->page_size < 512 || q->page_size & (q->page_size - 1))
		return refuse(q, 16, "a page has a size that is not a power of two");
	if (writes < 1 || writes > 2 || reads < 1 || reads > 2 || reserved || largest_root || encoding != 1)
		return ay_dbm_other(q->scan, 18, "an SQLite database with features that dbm.sqlite3 does not use");
	if (q->pages == 0 || q->in->size != (uint64_t)q->pages * q->page_size)
		return refuse(q, 28, "the database is longer or shorter than its pages");
	return 0;
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, MAGIC, sizeof(MAGIC) - 1) ? 8 * (sizeof(MAGIC) - 1) : 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct sqlite q = { .scan = s, .budget = ay_scan_budget(s), .in = in, .row = read_schema_row };
	int rc = read_header(&q);

	if (rc == 0)
		rc = walk(&q, 1, 0);
	if (rc == 0 && !(q.has_table && q.has_index))
		rc = ay_dbm_other(s, AY_NO_OFFSET, "an SQLite database without the table of a shelf");
	if (rc == 0) {
		q.row = judge_row;
		rc = walk(&q, q.root, 0);
	}
	return ay_dbm_answer(rc);
}

static const char *const refines[] = { "refused", NULL };

const struct ay_scanner ay_scanner_dbm_sqlite = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "dbm-sqlite", .version = 1, .refines = refines, .bid = bid, .scan = scan,
};
