/* SPDX-License-Identifier: Apache-2.0 */
/* Where HDF5 keeps names, links and attributes outside of headers: heaps, and the trees that lead into them. */
#include "scanners/formats/hdf5_meta.h"

#include "assay/ckd.h"

/* ---- groups of the older kind: a tree of symbol tables over a heap of names ---- */

struct names {
	struct ay_buf b;
	struct ay_cursor c;
};

/* The free blocks: each inside, and no more of them than there is room for. */
static int free_list(struct hm *m, const struct names *n, uint64_t at, uint64_t off)
{
	for (uint64_t left = n->c.left / 16 + 1; at != 1 && at != HM_UNDEFINED; left--) {
		struct ay_cursor c = n->c;
		uint64_t size;

		ay_cursor_skip(&c, at);
		at = ay_cursor_le64(&c);
		size = ay_cursor_le64(&c);
		if (c.err || left == 0 || size < 16 || size - 16 > c.left)
			return hm_bad(m, off, "the free space of a heap of names is not in it");
	}
	return 0;
}

static int load_names(struct hm *m, uint64_t off, struct names *n)
{
	struct ay_buf b;
	struct ay_cursor c;
	uint64_t size = 0, at = 0, data = 0;
	int rc = hm_block(m, off, 32, "HEAP", 0, false, &b, &c);

	n->b = ay_buf_new(0);
	if (rc == 0) {
		ay_cursor_skip(&c, 3);
		size = ay_cursor_le64(&c);
		at = ay_cursor_le64(&c);
		data = ay_cursor_le64(&c);
		rc = hm_done(m, &c, "a heap of names");
	}
	ay_buf_free(&b);
	if (rc == 0)
		rc = hm_load(m, data, size, "a heap of names", &n->b, &n->c);
	return rc < 0 ? rc : free_list(m, n, at, off);
}

static int name_at(struct hm *m, const struct names *n, uint64_t at, uint64_t off)
{
	struct ay_cursor c = n->c;
	size_t len;

	ay_cursor_skip(&c, at);
	return c.err || !ay_cursor_until(&c, 0, c.left, &len) ? hm_bad(m, off, "a name is not in its heap") : 0;
}

static int symbols(struct hm *m, uint64_t off, const struct names *n)
{
	struct ay_buf b;
	struct ay_cursor c;
	int rc = hm_once(m, off);
	unsigned count;

	if (rc < 0)
		return rc;
	rc = hm_block(m, off, 8 + 80ull * m->super->leaf_k, "SNOD", 1, false, &b, &c);
	ay_cursor_skip(&c, rc == 0 ? 1 : 0);
	count = rc == 0 ? ay_cursor_le16(&c) : 0;
	if (count > 2 * m->super->leaf_k)
		rc = hm_bad(m, off, "a symbol table has more entries than it has room for");
	for (unsigned i = 0; i < count && rc == 0; i++) {
		uint64_t name = ay_cursor_le64(&c), object = ay_cursor_le64(&c);
		uint32_t kind = ay_cursor_le32(&c), value;

		ay_cursor_skip(&c, 4);
		value = ay_cursor_le32(&c);
		ay_cursor_skip(&c, 12);
		rc = hm_done(m, &c, "a symbol table");
		if (rc == 0)
			rc = kind > 2 ? hm_bad(m, c.off, "a symbol of an unknown kind") : name_at(m, n, name, off);
		if (rc == 0)
			rc = kind == 2 ? name_at(m, n, value, off) : hm_push(m, object);
	}
	ay_buf_free(&b);
	return rc;
}

/* What is below a leaf of a tree of the first version. */
typedef int below_fn(struct hm *m, uint64_t child, void *arg, struct ay_cursor key);

struct tree {
	unsigned kind, children;            /* at most in one node */
	size_t key;                         /* bytes */
	below_fn *below;
	void *arg;
};

/* Levels fall by one on each step down, so this ends; the first may not be beyond what any file needs. */
static int walk(struct hm *m, const struct tree *t, uint64_t off, int level)
{
	struct ay_buf b;
	struct ay_cursor c;
	unsigned kind, here, count;
	int rc = hm_once(m, off);

	if (rc < 0)
		return rc;
	rc = hm_load(m, off, 24 + t->children * (t->key + 8) + t->key, "a node of a tree", &b, &c);
	if (rc == 0 && !ay_cursor_accept(&c, "TREE", 4))
		rc = hm_bad(m, off, "there is no node of a tree where one should be");
	if (rc < 0) {
		ay_buf_free(&b);
		return rc;
	}
	kind = ay_cursor_u8(&c);
	here = ay_cursor_u8(&c);
	count = ay_cursor_le16(&c);
	ay_cursor_skip(&c, 16);
	if (kind != t->kind || count > t->children || here > HM_DEPTH || (level >= 0 && here != (unsigned)level))
		rc = hm_bad(m, off, "a node of a tree is of another kind or level, or has too many children");
	for (unsigned i = 0; i < count && rc == 0; i++) {
		struct ay_cursor key = ay_cursor_sub(&c, t->key);
		uint64_t child = ay_cursor_le64(&c);

		rc = hm_done(m, &c, "a node of a tree");
		if (rc == 0)
			rc = here > 0 ? walk(m, t, child, (int)here - 1) : t->below(m, child, t->arg, key);
	}
	ay_buf_free(&b);
	return rc;
}

static int below_group(struct hm *m, uint64_t child, void *arg, struct ay_cursor key)
{
	uint64_t name = ay_cursor_le64(&key);
	int rc = name_at(m, arg, name, child);

	return rc < 0 ? rc : symbols(m, child, arg);
}

int hm_old_group(struct hm *m, uint64_t tree, uint64_t heap)
{
	struct names n;
	struct tree t = { .kind = 0, .children = 2 * m->super->group_k, .key = 8, .below = below_group, .arg = &n };
	int rc = load_names(m, heap, &n);

	if (rc == 0)
		rc = walk(m, &t, tree, -1);
	ay_buf_free(&n.b);
	return rc;
}

static int below_chunks(struct hm *m, uint64_t child, void *arg, struct ay_cursor key)
{
	uint32_t size = ay_cursor_le32(&key);
	uint64_t *stored = arg;

	if (ay_ckd_add_u64(*stored, size, stored))
		*stored = UINT64_MAX;
	if (child > m->in->size || size > m->in->size - child) {
		ay_scan_find(m->scan, "hdf5.layout", child, "a chunk of data lies outside of the file");
		return AY_EFORMAT;
	}
	return 0;
}

int hm_chunks(struct hm *m, uint64_t tree, unsigned rank, uint64_t *stored)
{
	struct tree t = { .kind = 1, .children = 2 * m->super->chunk_k, .key = 8 + 8 * (size_t)rank, .below = below_chunks, .arg = stored };

	return walk(m, &t, tree, -1);
}

/* ---- the fractal heap: links and attributes of large objects ---- */

struct fractal {
	struct hm *m;
	uint64_t addr, root, start, direct_max, managed_max;
	unsigned width, rows, offset_bytes, length_bytes, id_bytes;
	bool sums;                          /* direct blocks have checksums */
	bool links;
	uint64_t block_addr;                /* the direct block at hand */
	struct ay_buf block;
};

static unsigned bytes_for(uint64_t v)
{
	unsigned n = 1;

	while (n < 8 && v >> 8 * n)
		n++;
	return n;
}

static bool power_of_two(uint64_t v)
{
	return v && (v & (v - 1)) == 0;
}

static int open_fractal(struct hm *m, uint64_t addr, struct fractal *f)
{
	struct ay_buf b;
	struct ay_cursor c;
	unsigned filters, flags, bits;
	int rc = hm_block(m, addr, 146, "FRHP", 0, true, &b, &c);

	*f = (struct fractal){ .m = m, .addr = addr, .block = ay_buf_new(0), .block_addr = HM_UNDEFINED };
	if (rc < 0)
		goto out;
	f->id_bytes = ay_cursor_le16(&c);
	filters = ay_cursor_le16(&c);
	flags = ay_cursor_u8(&c);
	f->managed_max = ay_cursor_le32(&c);
	ay_cursor_skip(&c, 12 * 8);
	f->width = ay_cursor_le16(&c);
	f->start = ay_cursor_le64(&c);
	f->direct_max = ay_cursor_le64(&c);
	bits = ay_cursor_le16(&c);
	ay_cursor_skip(&c, 2);
	f->root = ay_cursor_le64(&c);
	f->rows = ay_cursor_le16(&c);
	rc = hm_done(m, &c, "a fractal heap");
	if (rc == 0 && filters)
		rc = hm_unusual(m, addr, "a fractal heap is compressed");
	else if (rc == 0 && (!power_of_two(f->width) || f->width > 1024 || !power_of_two(f->start) || !power_of_two(f->direct_max) ||
			     f->start > f->direct_max || f->direct_max > HM_BLOCK_MAX || bits == 0 || bits > 64 || f->rows > 64 || flags > 3 ||
			     f->managed_max > f->direct_max || f->id_bytes > 64))
		rc = hm_bad(m, addr, "a fractal heap has impossible sizes");
	f->sums = flags & 2;
	f->offset_bytes = (bits + 7) / 8;
	f->length_bytes = bytes_for(f->managed_max);
	if (f->length_bytes > bytes_for(f->direct_max - 1))
		f->length_bytes = bytes_for(f->direct_max - 1);
out:
	ay_buf_free(&b);
	return rc;
}

static unsigned direct_rows(const struct fractal *f)
{
	unsigned rows = 2;

	for (uint64_t size = f->start; size < f->direct_max; size *= 2)
		rows++;
	return rows;
}

/* Rows double from the second on; UINT64_MAX when 64 bits do not hold it. */
static uint64_t row_size(const struct fractal *f, unsigned row)
{
	uint64_t size = f->start;

	for (unsigned i = 1; i < row; i++)
		if (ay_ckd_mul_u64(size, 2, &size))
			return UINT64_MAX;
	return size;
}

/* Loads the direct block of this size at addr, whose first byte stands at base in the heap. */
static int load_direct(struct fractal *f, uint64_t addr, uint64_t size, uint64_t base)
{
	struct hm *m = f->m;
	struct ay_cursor c;
	int rc;

	if (addr == f->block_addr)
		return 0;
	ay_buf_free(&f->block);
	f->block_addr = HM_UNDEFINED;
	/* The checksum stands in the header, over the block with zeros in its place; libhdf5 holds it against that. */
	rc = hm_block(m, addr, size, "FHDB", 0, false, &f->block, &c);
	if (rc == 0 && (ay_cursor_le64(&c) != f->addr || hm_le(&c, f->offset_bytes) != base || c.err))
		rc = hm_bad(m, addr, "a block of a fractal heap belongs elsewhere");
	if (rc == 0)
		f->block_addr = addr;
	return rc;
}

/* Finds the direct block that holds *at, going down indirect blocks, and leaves the offset inside of it in *at. */
static int find_direct(struct fractal *f, uint64_t *at, uint64_t *size_out)
{
	struct hm *m = f->m;
	uint64_t addr = f->root, base = 0, size = f->start;
	unsigned rows = f->rows, direct = direct_rows(f);

	for (unsigned depth = 0; rows > 0; depth++) {
		struct ay_buf b;
		struct ay_cursor c;
		unsigned row = 0, col;
		uint64_t row_base = 0, entries = (uint64_t)rows * f->width;
		int rc = depth > HM_DEPTH ? hm_bad(m, f->addr, "a fractal heap is nested too deeply") : 0;

		while (rc == 0 && row < rows) {
			uint64_t row_bytes;

			size = row_size(f, row);
			if (size == UINT64_MAX || ay_ckd_mul_u64(size, f->width, &row_bytes) || ay_ckd_add_u64(row_base, row_bytes, &row_bytes))
				rc = hm_bad(m, f->addr, "a fractal heap is larger than 64 bits");
			else if (*at >= row_bytes)
				row_base = row_bytes, row++;
			else
				break;
		}
		if (rc == 0 && row == rows)
			rc = hm_bad(m, f->addr, "an object lies behind the end of its fractal heap");
		if (rc < 0)
			return rc;
		col = (unsigned)((*at - row_base) / size);
		rc = hm_block(m, addr, 4 + 1 + 8 + f->offset_bytes + 8 * entries + 4, "FHIB", 0, true, &b, &c);
		if (rc == 0 && (ay_cursor_le64(&c) != f->addr || hm_le(&c, f->offset_bytes) != base))
			rc = hm_bad(m, addr, "a block of a fractal heap belongs elsewhere");
		ay_cursor_skip(&c, rc == 0 ? 8 * ((uint64_t)row * f->width + col) : 0);
		addr = rc == 0 ? ay_cursor_le64(&c) : 0;
		ay_buf_free(&b);
		if (rc < 0)
			return rc;
		*at -= row_base + col * size;
		base += row_base + col * size;
		rows = 0;
		if (row >= direct) {
			/* As many rows as fill it. */
			for (uint64_t first = f->start * f->width; first < size; first *= 2)
				rows++;
			rows++;
		}
	}
	*size_out = size;
	return *at < size ? load_direct(f, addr, size, base) : hm_bad(m, f->addr, "an object lies behind the end of its fractal heap");
}

/* One object by its ID: its message is judged like one in a header. */
static int heap_object(struct fractal *f, struct ay_cursor *id)
{
	struct hm *m = f->m;
	unsigned kind = ay_cursor_u8(id);
	uint64_t at, len, size = 0;
	struct ay_cursor c;
	int rc;

	if ((kind & 0xc0) || (kind & 0x30))
		return hm_unusual(m, f->addr, "an object of a fractal heap is kept outside of its blocks");
	at = hm_le(id, f->offset_bytes);
	len = hm_le(id, f->length_bytes);
	rc = hm_done(m, id, "the ID of an object");
	if (rc == 0)
		rc = find_direct(f, &at, &size);
	if (rc < 0)
		return rc;
	if (at < 13u + f->offset_bytes + (f->sums ? 4u : 0u) || len > size - at)
		return hm_bad(m, f->addr, "an object of a fractal heap lies across its block");
	c = ay_cursor_of(f->block.data, f->block.len, f->block_addr);
	ay_cursor_skip(&c, at);
	c = ay_cursor_sub(&c, (size_t)len);
	return f->links ? hm_link(m, &c) : hm_attribute(m, &c);
}

/* ---- trees of the second version: names and order of what is in a fractal heap ---- */

struct tree2 {
	struct fractal *heap;
	unsigned kind, record, depth;
	uint64_t node;                      /* bytes */
	uint64_t most[HM_DEPTH + 1];        /* records of one node of a level */
	unsigned sum_bytes[HM_DEPTH + 1];   /* of a number of all records below a level */
	unsigned count_bytes;
};

/* A record: where in it the ID stands, for the kinds that lead to links and attributes. */
static unsigned id_offset(unsigned kind)
{
	return kind == 5 ? 4 : kind == 6 ? 8 : 0;
}

static int record(struct tree2 *t, struct ay_cursor *c)
{
	struct ay_cursor r = ay_cursor_sub(c, t->record), id;
	unsigned flags = 0;

	ay_cursor_skip(&r, id_offset(t->kind));
	id = ay_cursor_sub(&r, t->heap->id_bytes);
	if (t->kind >= 8)
		flags = ay_cursor_u8(&r);
	if (r.err || c->err)
		return hm_bad(t->heap->m, c->off, "a record of a tree ends too early");
	if (flags & 2)
		return hm_unusual(t->heap->m, c->off, "an attribute is shared between objects");
	return heap_object(t->heap, &id);
}

/* *total grows by the records of the node and of all below it: libhdf5 makes room by what the tree says, and fills it by what is there. */
static int walk2(struct tree2 *t, uint64_t addr, uint64_t count, unsigned level, uint64_t *total)
{
	struct hm *m = t->heap->m;
	struct ay_buf b;
	struct ay_cursor c, children;
	uint64_t child_bytes = level ? 8 + t->count_bytes + (level > 1 ? t->sum_bytes[level - 1] : 0) : 0, len;
	int rc = hm_once(m, addr);

	if (rc < 0)
		return rc;
	if (count > t->most[level] || (level == 0 && count == 0))
		return hm_bad(m, addr, "a node of a tree has more records than it has room for");
	len = 6 + count * t->record + (level ? (count + 1) * child_bytes : 0) + 4;
	rc = hm_block(m, addr, len, level ? "BTIN" : "BTLF", 0, true, &b, &c);
	if (rc == 0 && ay_cursor_u8(&c) != t->kind)
		rc = hm_bad(m, addr, "a node of a tree is of another kind");
	children = c;
	ay_cursor_skip(&children, rc == 0 ? count * t->record : 0);
	for (uint64_t i = 0; i < count && rc == 0; i++) {
		rc = ay_budget_tick(m->budget);
		if (rc == 0)
			rc = record(t, &c);
	}
	for (uint64_t i = 0; level > 0 && i <= count && rc == 0; i++) {
		uint64_t child = ay_cursor_le64(&children), n = hm_le(&children, t->count_bytes), before = *total;
		uint64_t below = level > 1 ? hm_le(&children, t->sum_bytes[level - 1]) : n;

		rc = hm_done(m, &children, "a node of a tree");
		if (rc == 0)
			rc = walk2(t, child, n, level - 1, total);
		if (rc == 0 && *total - before != below)
			rc = hm_bad(m, addr, "a node of a tree has another number of records below it than it says");
	}
	*total += count;
	ay_buf_free(&b);
	return rc;
}

/* How many records the nodes of each level hold follows from the size of a node. */
static bool levels(struct tree2 *t)
{
	uint64_t below = 0;

	if (t->depth > HM_DEPTH || t->node < 32 || t->record == 0 || t->node > MIB)
		return false;
	t->most[0] = (t->node - 10) / t->record;
	t->count_bytes = bytes_for(t->most[0]);
	below = t->most[0];
	for (unsigned i = 1; i <= t->depth; i++) {
		uint64_t child = 8 + t->count_bytes + (i > 1 ? t->sum_bytes[i - 1] : 0), sum;

		if (t->node < 10 + child)
			return false;
		t->most[i] = (t->node - 10 - child) / (t->record + child);
		if (ay_ckd_mul_u64(t->most[i] + 1, below, &sum) || ay_ckd_add_u64(sum, t->most[i], &sum))
			return false;
		below = sum;
		t->sum_bytes[i] = bytes_for(sum);
	}
	return t->most[0] > 0 && t->most[t->depth] > 0;
}

static int tree2(struct fractal *f, uint64_t addr, unsigned kind, unsigned record_bytes)
{
	struct tree2 t = { .heap = f, .kind = kind };
	struct ay_buf b;
	struct ay_cursor c;
	uint64_t root = HM_UNDEFINED;
	uint64_t all = 0, total = 0;
	unsigned found = 0, count = 0;
	int rc = hm_block(f->m, addr, 38, "BTHD", 0, true, &b, &c);

	if (rc == 0) {
		found = ay_cursor_u8(&c);
		t.node = ay_cursor_le32(&c);
		t.record = ay_cursor_le16(&c);
		t.depth = ay_cursor_le16(&c);
		ay_cursor_skip(&c, 2);
		root = ay_cursor_le64(&c);
		count = ay_cursor_le16(&c);
		all = ay_cursor_le64(&c);
		rc = hm_done(f->m, &c, "a tree");
	}
	ay_buf_free(&b);
	if (rc < 0)
		return rc;
	if (found != kind || t.record != record_bytes || !levels(&t))
		return hm_bad(f->m, addr, "a tree is of another kind, or its nodes hold nothing");
	if (root != HM_UNDEFINED || count > 0)
		rc = walk2(&t, root, count, t.depth, &total);
	return rc == 0 && total != all ? hm_bad(f->m, addr, "a tree has another number of records than it says") : rc;
}

int hm_dense(struct hm *m, uint64_t heap, uint64_t names, uint64_t order, bool links)
{
	struct fractal f;
	int rc = open_fractal(m, heap, &f);

	f.links = links;
	if (rc == 0 && f.id_bytes != (links ? 7 : 8))
		rc = hm_bad(m, heap, "the IDs of a fractal heap are not of the size that HDF5 gives them");
	if (rc == 0)
		rc = tree2(&f, names, links ? 5 : 8, links ? 11 : 17);
	if (rc == 0 && order != HM_UNDEFINED)
		rc = tree2(&f, order, links ? 6 : 9, links ? 15 : 13);
	ay_buf_free(&f.block);
	return rc;
}
