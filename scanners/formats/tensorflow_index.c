/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of a TensorFlow checkpoint (tensor_bundle): a table in the format
 * of LevelDB, whose first entry is a header and whose others say where in the
 * shards beside it each tensor lies. Every block has its checksum, every byte
 * of the file is in a block, and the keys rise from the first to the last.
 */
#include <inttypes.h>

#include "assay/ckd.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/codec.h"
#include "scanners/formats/crc32c.h"
#include "scanners/formats/tensorflow.h"
#include "scanners/formats/text.h"
#include "scanners/registry.h"

#define FOOTER 48
#define TRAILER 5                 /* behind each block: how it is compressed, and its checksum */
#define MAGIC 0xdb4775248b80fb57ull
#define MAX_BLOCK (4 * MIB)
#define MAX_KEY 4096
#define MAX_VALUE (1 * MIB)
#define MAX_DEPTH 8
#define STRING 7
#define RESOURCE 20
#define VARIANT 21

/* Bytes of an element by type; 0: no fixed size. */
static const uint8_t type_bytes[] = {
	0, 4, 8, 4, 1, 2, 1, 0, 8, 8, 1, 1, 1, 4, 2, 2, 2, 2, 16, 2, 0, 0, 4, 8, 1, 1, 1, 1, 1, 1, 1, 1, 1
};

struct handle { uint64_t off, size; };

struct reader {
	struct ay_scan *s;
	struct ay_source *in;
	struct ay_budget *budget;
	struct content { struct ay_buf stored, plain; } index, block;
	char key[MAX_KEY], last[MAX_KEY];
	size_t key_len, last_len;        /* last: of the entries of data, over all blocks */
	uint64_t entries, next;          /* next: where the next block must be */
	uint64_t *ends;                  /* of each shard: how much of it the tensors need */
	uint64_t shards;
	uint64_t bad_off;
	const char *why;
};

typedef int (*entry_fn)(struct reader *r, const struct ay_cursor *value, uint64_t off);

static int bad(struct reader *r, uint64_t off, const char *why)
{
	r->bad_off = off;
	r->why = why;
	return AY_EFORMAT;
}

/* ---- the table ---- */

static int take_handle(struct ay_cursor *c, struct handle *h)
{
	h->off = ay_pb_varint(c);
	h->size = ay_pb_varint(c);
	return c->err;
}

/* What a compressed block unpacks to. */
static int unpack(struct reader *r, struct ay_cursor stored, struct ay_buf *plain, struct ay_cursor *out)
{
	struct ay_cursor c = stored;
	uint64_t size = ay_pb_varint(&c);
	uint8_t *room;

	if (c.err)
		return bad(r, stored.off, "a compressed block does not say its size");
	if (size > MAX_BLOCK)
		return AY_ELIMIT;
	ay_buf_clear(plain);
	room = ay_buf_reserve(plain, (size_t)size + 1);
	if (!room)
		return AY_ELIMIT;
	if (ay_snappy_block(stored, room, (size_t)size))
		return bad(r, stored.off, "a compressed block is damaged");
	*out = ay_cursor_of(room, (size_t)size, stored.off);
	return 0;
}

static int load_block(struct reader *r, struct handle h, struct content *b, struct ay_cursor *out)
{
	uint64_t end = r->in->size - FOOTER;
	struct ay_cursor all, trailer;

	r->bad_off = h.off;
	r->why = "a block ends beyond the file";
	if (h.off > end || end - h.off < TRAILER || h.size > end - h.off - TRAILER)
		return AY_ETRUNC;
	if (h.off != r->next)
		return bad(r, h.off, "a block does not follow the one before it");
	r->next = h.off + h.size + TRAILER;
	if (h.size > MAX_BLOCK)
		return AY_ELIMIT;
	int err = ay_source_load(r->in, h.off, (size_t)h.size + TRAILER, &b->stored, &all);

	if (err)
		return err;
	trailer = all;
	ay_cursor_skip(&trailer, h.size);
	uint8_t type = ay_cursor_u8(&trailer);
	uint32_t crc = ay_cursor_le32(&trailer);

	if (type > 1)
		return bad(r, h.off, "a block is compressed in an unknown way");
	if (crc != ay_crc32c_masked(ay_crc32c(ay_cursor_of(b->stored.data, (size_t)h.size + 1, h.off))))
		return bad(r, h.off, "the checksum of a block is wrong");
	*out = ay_cursor_of(b->stored.data, (size_t)h.size, h.off);
	return type == 1 ? unpack(r, *out, &b->plain, out) : 0;
}

/* One entry: its key into r->key, its value. */
static int take_entry(struct reader *r, struct ay_cursor *c, bool restart, struct ay_cursor *value)
{
	uint64_t off = c->off, shared = ay_pb_varint(c), rest = ay_pb_varint(c), size = ay_pb_varint(c);

	if (c->err || rest > c->left || size > c->left - rest)
		return bad(r, off, "an entry ends beyond its block");
	if (shared > r->key_len || (restart && shared) || rest >= MAX_KEY - shared || size > MAX_VALUE)
		return bad(r, off, "the key of an entry is not made of the one before it, or too long");
	ay_cursor_copy(c, r->key + shared, (size_t)rest);
	r->key_len = (size_t)(shared + rest);
	*value = *c;
	value->left = (size_t)size;
	ay_cursor_skip(c, size);
	return 0;
}

/* Where the entries end: before the offsets of those with a whole key, and their number. */
static int find_restarts(struct reader *r, struct ay_cursor block, struct ay_cursor *entries, struct ay_cursor *restarts, uint64_t *count)
{
	struct ay_cursor tail = block;
	size_t size = block.left;

	ay_cursor_skip(&tail, size < 4 ? size + 1 : size - 4);
	*count = ay_cursor_le32(&tail);
	if (tail.err || *count == 0 || *count > (size - 4) / 4)
		return bad(r, block.off, "the end of a block is not in its form");
	size -= 4 + 4 * (size_t)*count;
	*entries = block;
	entries->left = size;
	*restarts = block;
	ay_cursor_skip(restarts, size);
	restarts->left = 4 * (size_t)*count;
	return 0;
}

static int compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order ? order : a_len < b_len ? -1 : a_len > b_len;
}

static int walk_block(struct reader *r, struct ay_cursor block, entry_fn fn)
{
	struct ay_cursor c, restarts, value;
	uint64_t count, seen = 0, next;
	int err = find_restarts(r, block, &c, &restarts, &count);

	r->key_len = 0;
	next = err ? 0 : ay_cursor_le32(&restarts);
	while (!err && c.left) {
		uint64_t off = c.off;
		bool restart = seen < count && off - block.off == next;

		err = ay_budget_tick(r->budget);
		if (!err)
			err = take_entry(r, &c, restart, &value);
		if (!err && restart && ++seen < count)
			next = ay_cursor_le32(&restarts);
		if (!err)
			err = fn(r, &value, off);
	}
	if (!err && (seen != count && !(count == 1 && next == 0 && block.left == 8)))
		return bad(r, block.off, "a block has no entry where it says that one starts");
	return err;
}

/* ---- what the entries say ---- */

static int walk_message(struct reader *r, struct ay_pb *pb, struct ay_pb_message m, unsigned message, unsigned depth)
{
	struct ay_pb_field f;
	int rc;

	if (depth > MAX_DEPTH)
		return AY_ELIMIT;
	while ((rc = ay_pb_next(pb, &m, &f)) == 1) {
		const struct ay_tf_field *k = ay_tf_field(message, &f);
		int err = k->kind == AY_TF_UNKNOWN ? AY_EFORMAT : k->kind == AY_TF_SUB ? walk_message(r, pb, f.body, k->sub, depth + 1) : 0;

		if (err)
			return err;
	}
	return rc;
}

struct entry {
	uint64_t type, shard, off, size, elements;
	bool sliced, unknown;
};

static int take_shape(struct ay_pb *pb, struct ay_pb_message shape, struct entry *e)
{
	struct ay_pb_field dim, f;
	int rc;

	e->elements = 1;
	while ((rc = ay_pb_next(pb, &shape, &dim)) == 1) {
		uint64_t size = 0;

		if (dim.number == 3)
			e->unknown = e->unknown || dim.value != 0;
		if (dim.number != 2)
			continue;
		while ((rc = ay_pb_next(pb, &dim.body, &f)) == 1)
			size = f.number == 1 ? f.value : size;
		if (rc < 0)
			return rc;
		if (size > INT64_MAX || ay_ckd_mul_u64(e->elements, size, &e->elements))
			return AY_EFORMAT;
	}
	return rc;
}

static int take_fields(struct ay_pb *pb, struct entry *e)
{
	struct ay_pb_message m = ay_pb_whole(pb);
	struct ay_pb_field f;
	int rc;

	while ((rc = ay_pb_next(pb, &m, &f)) == 1) {
		int err = 0;

		switch (f.number) {
		case 1: e->type = f.value; break;
		case 2: err = take_shape(pb, f.body, e); break;
		case 3: e->shard = f.value; break;
		case 4: e->off = f.value; break;
		case 5: e->size = f.value; break;
		case 7: e->sliced = true; break;
		default: break;
		}
		if (err)
			return err;
	}
	return rc;
}

static int judge_tensor(struct reader *r, struct entry *e, uint64_t off)
{
	uint64_t end, want;

	if (e->type == 0 || e->type >= sizeof(type_bytes) || e->type == RESOURCE || e->unknown)
		return bad(r, off, "a tensor has no type that a checkpoint holds, or no shape");
	if (e->type == VARIANT) {
		ay_scan_find(r->s, "tf-index.variant", off, "the variant %.200s is read by the code that its data names", r->key);
		return 0;
	}
	if (e->sliced)
		return 0;
	if (e->shard >= r->shards)
		return bad(r, off, "a tensor lies in a shard that is not there");
	if (ay_ckd_add_u64(e->off, e->size, &end) || end > INT64_MAX)
		return bad(r, off, "a tensor lies beyond 2^63 bytes");
	if (e->type != STRING && (ay_ckd_mul_u64(e->elements, type_bytes[e->type], &want) || want != e->size))
		return bad(r, off, "the shape and type of a tensor ask for another number of bytes than it has");
	if (e->type == STRING && e->elements > e->size)
		return bad(r, off, "a tensor has more strings than bytes");
	if (end > r->ends[e->shard])
		r->ends[e->shard] = end;
	return 0;
}

static int judge_header(struct reader *r, struct ay_pb *pb, uint64_t off)
{
	struct ay_pb_message m = ay_pb_whole(pb);
	struct ay_pb_field f;
	uint64_t big = 0;
	int rc;

	while ((rc = ay_pb_next(pb, &m, &f)) == 1) {
		r->shards = f.number == 1 ? f.value : r->shards;
		big = f.number == 2 ? f.value : big;
	}
	if (rc < 0)
		return rc;
	if (r->shards == 0 || r->shards > AY_LIMIT_SIBLINGS || big > 1)
		return bad(r, off, "the header has no shards, more than 4096, or an unknown order of bytes");
	r->ends = ay_budget_alloc(r->budget, (size_t)r->shards * sizeof(*r->ends));
	if (!r->ends)
		return AY_ELIMIT;
	memset(r->ends, 0, (size_t)r->shards * sizeof(*r->ends));
	return 0;
}

static int judge_entry(struct reader *r, const struct ay_cursor *value, uint64_t off)
{
	struct ay_source in = ay_source_memory(value->p, value->left);
	struct entry e = {.elements = 1};
	bool first = r->entries++ == 0;
	struct ay_pb pb;
	int err;

	if (first ? r->key_len != 0 : compare(r->key, r->key_len, r->last, r->last_len) <= 0)
		return bad(r, off, first ? "the first entry is no header" : "the keys do not rise");
	r->key[r->key_len] = 0;
	ay_pb_open(&pb, &in, r->budget, AY_TF_NAME);
	err = walk_message(r, &pb, ay_pb_whole(&pb), first ? AY_TF_BUNDLE_HEADER : AY_TF_BUNDLE_ENTRY, 0);
	if (err)
		err = err == AY_ELIMIT ? err : bad(r, off, "an entry is no message of known fields");
	else if (first)
		err = judge_header(r, &pb, off);
	else if (take_fields(&pb, &e))
		err = bad(r, off, "the shape of a tensor has more elements than 64 bits can count");
	else
		err = judge_tensor(r, &e, off);
	ay_pb_close(&pb);
	snprintf(r->last, sizeof(r->last), "%s", "");
	for (size_t i = 0; i < r->key_len; i++)
		r->last[i] = r->key[i];
	r->last_len = r->key_len;
	return err;
}

/* An entry of the index: no key of its block is greater, and each of the next is. */
static int judge_block(struct reader *r, const struct ay_cursor *value, uint64_t off)
{
	char bound[MAX_KEY];
	size_t bound_len = r->key_len;
	struct ay_cursor c = *value, block;
	struct handle h;
	int err = take_handle(&c, &h);

	if (err || c.left)
		return bad(r, off, "an entry of the index is no place of a block");
	if (r->entries && compare(r->key, r->key_len, r->last, r->last_len) < 0)
		return bad(r, off, "the keys of the index do not rise");
	for (size_t i = 0; i < bound_len; i++)
		bound[i] = r->key[i];
	err = load_block(r, h, &r->block, &block);
	if (!err)
		err = walk_block(r, block, judge_entry);
	if (!err && compare(r->last, r->last_len, bound, bound_len) > 0)
		err = bad(r, off, "a block holds keys beyond what the index says");
	for (size_t i = 0; i < bound_len; i++) {
		r->key[i] = bound[i];
		r->last[i] = bound[i];
	}
	r->key_len = bound_len;
	if (r->entries)
		r->last_len = bound_len;
	return err;
}

static int no_entry(struct reader *r, const struct ay_cursor *value, uint64_t off)
{
	(void)value;
	return bad(r, off, "a block of metadata, which no checkpoint has");
}

static int read_footer(struct reader *r, struct handle *meta, struct handle *index)
{
	struct ay_buf b = ay_buf_new(FOOTER);
	struct ay_cursor c;
	uint64_t off = r->in->size - FOOTER;
	int err = ay_source_load(r->in, off, FOOTER, &b, &c);

	if (!err && (take_handle(&c, meta) || take_handle(&c, index) || c.left < 8))
		err = bad(r, off, "the end of the file names no blocks");
	while (!err && c.left > 8)
		if (ay_cursor_u8(&c) != 0)
			err = bad(r, off, "the end of the file is not filled with zeros");
	ay_buf_free(&b);
	return err;
}

/* Index entries are read while their blocks are: blocks lie before the index, so where they end is known at its start. */
static int read_table(struct reader *r)
{
	struct handle meta, index;
	struct ay_cursor block;
	int err = read_footer(r, &meta, &index);

	if (err)
		return err;
	r->next = index.off;
	err = load_block(r, index, &r->index, &block);
	if (!err && r->next != r->in->size - FOOTER)
		err = bad(r, index.off, "there are bytes between the index and the end");
	r->next = 0;
	if (!err)
		err = walk_block(r, block, judge_block);
	if (!err)
		err = load_block(r, meta, &r->block, &block);
	if (!err)
		err = walk_block(r, block, no_entry);
	if (!err && r->next != index.off)
		err = bad(r, meta.off, "there are bytes between the blocks and the index");
	if (!err && r->entries == 0)
		err = bad(r, 0, "there is no header");
	return err;
}

/* The shards lie beside the index, and carry its name. */
static int need_shards(struct reader *r)
{
	const char *name = ay_path_base(ay_scan_name(r->s));
	size_t len = strlen(name);

	if (len < 6 || !ay_path_ends(name, ".index")) {
		ay_scan_find(r->s, "tf-index.name", AY_NO_OFFSET, "the name %s does not end in .index, so nothing says which shards it means", name);
		return 0;
	}
	for (uint64_t i = 0; i < r->shards; i++) {
		char shard[AY_LIMIT_PATH];

		snprintf(shard, sizeof(shard), "%.*s.data-%05" PRIu64 "-of-%05" PRIu64, (int)(len - 6), name, i, r->shards);
		int err = ay_scan_need_bare(r->s, shard, r->ends[i], AY_NO_OFFSET);

		if (err)
			return err;
	}
	return 0;
}

static unsigned index_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	struct ay_buf b = ay_buf_new(8);
	struct ay_cursor c;
	bool mine = false;

	(void)head;
	(void)path;
	if (in->size > FOOTER && ay_source_load(in, in->size - 8, 8, &b, &c) == 0)
		mine = ay_cursor_le64(&c) == MAGIC;
	ay_buf_free(&b);
	return mine ? 64 : 0;
}

static struct content content_new(void)
{
	return (struct content){ay_buf_new(MAX_BLOCK + TRAILER), ay_buf_new(MAX_BLOCK + TRAILER)};
}

static void content_free(struct content *c)
{
	ay_buf_free(&c->stored);
	ay_buf_free(&c->plain);
}

static int index_scan(struct ay_scan *s, struct ay_source *in)
{
	struct reader *r = ay_budget_alloc(ay_scan_budget(s), sizeof(*r));
	struct ay_error e;
	int err;

	if (!r) {
		ay_scan_find_error(s, "tf-index", AY_ELIMIT, NULL);
		return 0;
	}
	*r = (struct reader){.s = s, .in = in, .budget = ay_scan_budget(s), .index = content_new(), .block = content_new(),
			     .why = "the index of a checkpoint is too large"};
	err = read_table(r);
	if (err)
		ay_scan_find_error(s, "tf-index", ay_error_at(&e, err, r->bad_off, "%s", r->why), &e);
	else
		err = need_shards(r);
	content_free(&r->index);
	content_free(&r->block);
	ay_budget_free(r->budget, r->ends);
	ay_budget_free(r->budget, r);
	return 0;
}

static const char *const refines[] = {"refused", NULL};

const struct ay_scanner ay_scanner_tf_index = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "tf-index", .version = 3, .refines = refines, .bid = index_bid,
	.scan = index_scan
};
