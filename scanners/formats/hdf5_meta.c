/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/hdf5_meta.h"

#include <inttypes.h>

#include "assay/ckd.h"

#define FIRST 1024

enum { NIL = 0, SPACE = 1, LINK_INFO = 2, TYPE = 3, OLD_FILL = 4, FILL = 5, LINK = 6, EXTERNAL = 7, LAYOUT = 8, GROUP_INFO = 10, FILTERS = 11,
	ATTRIBUTE = 12, COMMENT = 13, OLD_TIME = 14, CONTINUED = 16, TABLE = 17, TIME = 18, ATTRIBUTE_INFO = 21, REFERENCES = 22 };

enum { SHARED = 2 };

/* ---- shared ---- */

int hm_bad(struct hm *m, uint64_t off, const char *why)
{
	ay_scan_find(m->scan, "hdf5.malformed", off, "%s", why);
	return AY_EFORMAT;
}

int hm_unusual(struct hm *m, uint64_t off, const char *why)
{
	ay_scan_find(m->scan, "hdf5.unusual", off, "%s", why);
	return AY_EFORMAT;
}

int hm_done(struct hm *m, const struct ay_cursor *c, const char *what)
{
	if (c->err == 0)
		return 0;
	ay_scan_find(m->scan, "hdf5.malformed", c->off, "%s ends too early", what);
	return AY_EFORMAT;
}

int hm_load(struct hm *m, uint64_t off, uint64_t len, const char *what, struct ay_buf *b, struct ay_cursor *out)
{
	int rc = ay_budget_tick(m->budget);

	*b = ay_buf_new(HM_BLOCK_MAX);
	if (rc < 0)
		return rc;
	if (off > m->in->size || len > m->in->size - off) {
		ay_scan_find(m->scan, "hdf5.malformed", off, "%s lies outside of the file", what);
		return AY_EFORMAT;
	}
	if (len > HM_BLOCK_MAX) {
		ay_scan_find(m->scan, "hdf5.unusual", off, "%s is larger than this program reads", what);
		return AY_EFORMAT;
	}
	return ay_source_load(m->in, off, (size_t)len, b, out);
}

static uint32_t turn(uint32_t x, unsigned by)
{
	return (x << by) | (x >> (32 - by));
}

static void mix(uint32_t v[3])
{
	static const unsigned turns[] = { 4, 6, 8, 16, 19, 4 };

	for (unsigned i = 0; i < 6; i++) {
		uint32_t *x = &v[i % 3], *z = &v[(i + 2) % 3];

		*x -= *z;
		*x ^= turn(*z, turns[i]);
		*z += v[(i + 1) % 3];
	}
}

static void finish(uint32_t v[3])
{
	static const unsigned turns[] = { 14, 11, 25, 16, 4, 14, 24 };

	for (unsigned i = 0; i < 7; i++) {
		uint32_t *x = &v[(i + 2) % 3], y = v[(i + 1) % 3];

		*x ^= y;
		*x -= turn(y, turns[i]);
	}
}

/* Bob Jenkins' lookup3, as HDF5 uses it. */
static uint32_t sum_of(struct ay_cursor c)
{
	uint32_t v[3];

	v[0] = v[1] = v[2] = 0xdeadbeef + (uint32_t)c.left;
	if (c.left == 0)
		return v[2];
	for (; c.left > 12; mix(v))
		for (unsigned i = 0; i < 3; i++)
			v[i] += ay_cursor_le32(&c);
	for (unsigned i = 0; c.left > 0; i++)
		v[i / 4] += (uint32_t)ay_cursor_u8(&c) << 8 * (i % 4);
	finish(v);
	return v[2];
}

bool hm_sum_holds(struct ay_cursor c)
{
	struct ay_cursor body;

	if (c.left < 4)
		return false;
	body = ay_cursor_sub(&c, c.left - 4);
	return sum_of(body) == ay_cursor_le32(&c);
}

int hm_block(struct hm *m, uint64_t off, uint64_t len, const char *signature, unsigned version, bool sum, struct ay_buf *b, struct ay_cursor *out)
{
	struct ay_cursor c;
	int rc = hm_load(m, off, len, "a block", b, &c);

	if (rc < 0)
		return rc;
	if (sum && !hm_sum_holds(c))
		return hm_bad(m, off, "a block has a wrong checksum");
	if (!ay_cursor_accept(&c, signature, 4) || ay_cursor_u8(&c) != version)
		return hm_bad(m, off, "a block is not of the kind and version that leads to it");
	*out = sum ? ay_cursor_sub(&c, c.left - 4) : c;
	return hm_done(m, out, "a block");
}

int hm_once(struct hm *m, uint64_t off)
{
	int rc = ay_hdf5_set_add(m->budget, &m->blocks, off);

	return rc == 0 ? hm_bad(m, off, "a block of metadata has two parents") : rc < 0 ? rc : 0;
}

uint64_t hm_le(struct ay_cursor *c, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)ay_cursor_u8(c) << 8 * i;
	return v;
}

int hm_push(struct hm *m, uint64_t addr)
{
	int rc = ay_hdf5_set_add(m->budget, &m->objects, addr);

	if (rc <= 0)
		return rc;
	if (m->work_count == m->work_room) {
		size_t room = m->work_room ? 2 * m->work_room : FIRST;
		uint64_t *grown = ay_budget_realloc(m->budget, m->work, room * sizeof(*grown));

		if (!grown)
			return AY_ELIMIT;
		m->work = grown;
		m->work_room = room;
	}
	m->work[m->work_count++] = addr;
	return 0;
}

/* ---- one header ---- */

struct header {
	unsigned version;
	bool order;                 /* messages of version 2 carry their creation order */
	uint64_t next[64][2];       /* blocks to come: offset, length */
	unsigned next_count, read;
};

/* Where a message lies that another header holds. */
static int shared_addr(struct hm *m, struct ay_cursor *c, uint64_t *out)
{
	unsigned version = ay_cursor_u8(c), kind = ay_cursor_u8(c);

	if (version == 1)
		ay_cursor_skip(c, 6);
	*out = ay_cursor_le64(c);
	if (c->err || version < 1 || version > 3 || (version == 3 && kind != 2))
		return hm_unusual(m, c->off, "a shared message that is no committed datatype");
	return 0;
}

static int link_info(struct hm *m, struct ay_cursor *c, bool links)
{
	unsigned version = ay_cursor_u8(c), flags = ay_cursor_u8(c);
	uint64_t heap, names, order = HM_UNDEFINED;
	int rc;

	if (flags & 1)
		ay_cursor_skip(c, links ? 8 : 2);
	heap = ay_cursor_le64(c);
	names = ay_cursor_le64(c);
	if (flags & 2)
		order = ay_cursor_le64(c);
	rc = hm_done(m, c, "a message about links or attributes");
	if (rc == 0 && (version != 0 || flags > 3))
		rc = hm_bad(m, c->off, "a message about links or attributes has unknown flags");
	if (rc < 0 || (heap == HM_UNDEFINED && names == HM_UNDEFINED))
		return rc;
	return hm_dense(m, heap, names, order, links);
}

static int table(struct hm *m, struct ay_cursor *c, struct hm_object *o)
{
	uint64_t tree = ay_cursor_le64(c), heap = ay_cursor_le64(c);
	int rc = hm_done(m, c, "a symbol table");

	if (rc < 0)
		return rc;
	if (o->has_table)
		return hm_bad(m, c->off, "a group has two symbol tables");
	o->has_table = true;
	if (o->addr == m->super->root && m->super->cached && (tree != m->super->tree || heap != m->super->heap))
		return hm_bad(m, c->off, "the superblock and the root group have different symbol tables");
	return hm_old_group(m, tree, heap);
}

/* Small messages of a fixed form that lead nowhere. */
static int plain(struct hm *m, struct ay_cursor *c, unsigned type)
{
	unsigned version, flags;

	switch (type) {
	case GROUP_INFO:
		version = ay_cursor_u8(c);
		flags = ay_cursor_u8(c);
		ay_cursor_skip(c, (flags & 1 ? 4u : 0u) + (flags & 2 ? 4u : 0u));
		if (version != 0 || flags > 3)
			return hm_bad(m, c->off, "a message about groups has unknown flags");
		break;
	case COMMENT: {
		size_t len;

		if (!ay_cursor_until(c, 0, c->left, &len))
			return hm_bad(m, c->off, "a comment does not end");
		break;
	}
	case OLD_TIME:
		ay_cursor_skip(c, 14);
		break;
	case TIME:
		version = ay_cursor_u8(c);
		ay_cursor_skip(c, 7);
		if (version != 1)
			return hm_bad(m, c->off, "a time of an unknown version");
		break;
	default:
		version = ay_cursor_u8(c);
		ay_cursor_skip(c, 4);
		if (version != 0)
			return hm_bad(m, c->off, "a count of references of an unknown version");
	}
	return hm_done(m, c, "a message");
}

static int object_type(struct hm *m, struct ay_cursor *c, unsigned flags, struct hm_object *o)
{
	uint64_t addr;
	int rc;

	if (o->has_type)
		return hm_bad(m, c->off, "an object has two datatypes");
	o->has_type = true;
	if (!(flags & SHARED))
		return hm_type(m, c, &o->type);
	rc = shared_addr(m, c, &addr);
	return rc < 0 ? rc : hm_committed_type(m, addr, &o->type);
}

static int continued(struct hm *m, struct ay_cursor *c, struct header *h)
{
	uint64_t off = ay_cursor_le64(c), len = ay_cursor_le64(c);
	int rc = hm_done(m, c, "a continuation");

	if (rc < 0)
		return rc;
	if (len < 12)
		return hm_bad(m, c->off, "a header continues in an empty block");
	if (h->next_count == AY_ARRAY_LEN(h->next))
		return hm_unusual(m, c->off, "a header continues in more blocks than this program follows");
	h->next[h->next_count][0] = off;
	h->next[h->next_count++][1] = len;
	return hm_once(m, off);
}

static int message(struct hm *m, struct ay_cursor *c, unsigned type, unsigned flags, struct header *h, struct hm_object *o)
{
	if ((flags & SHARED) && type != TYPE && type != NIL)
		return hm_unusual(m, c->off, "a message is shared between objects");
	switch (type) {
	case NIL:
		return 0;
	case SPACE:
		return o->has_space ? hm_bad(m, c->off, "an object has two dataspaces") : hm_space(m, c, o);
	case LINK_INFO:
		o->has_links = true;
		return link_info(m, c, true);
	case ATTRIBUTE_INFO:
		return link_info(m, c, false);
	case TYPE:
		return object_type(m, c, flags, o);
	case OLD_FILL:
	case FILL:
		return hm_fill(m, c, type == OLD_FILL);
	case LINK:
		return hm_link(m, c);
	case EXTERNAL:
		ay_scan_find(m->scan, "hdf5.external", c->off, "the data of an object is in another file");
		return AY_EFORMAT;
	case LAYOUT:
		if (o->has_layout)
			return hm_bad(m, c->off, "an object has two layouts");
		o->has_layout = true;
		return hm_layout(m, c, o);
	case FILTERS:
		return hm_filters(m, c);
	case ATTRIBUTE:
		return hm_attribute(m, c);
	case CONTINUED:
		return continued(m, c, h);
	case TABLE:
		return table(m, c, o);
	case GROUP_INFO:
	case COMMENT:
	case OLD_TIME:
	case TIME:
	case REFERENCES:
		return plain(m, c, type);
	default:
		return hm_unusual(m, c->off, "a header has a message of a kind that is not judged");
	}
}

static int messages(struct hm *m, struct ay_cursor *c, struct header *h, struct hm_object *o)
{
	size_t least = h->version == 1 ? 8 : h->order ? 6 : 4;
	int rc = 0;

	while (rc == 0 && c->left >= least) {
		unsigned type = h->version == 1 ? ay_cursor_le16(c) : ay_cursor_u8(c), size = ay_cursor_le16(c), flags = ay_cursor_u8(c);
		struct ay_cursor body;

		ay_cursor_skip(c, least - (h->version == 1 ? 5 : 4));
		body = ay_cursor_sub(c, size);
		rc = hm_done(m, c, "a header");
		if (rc == 0)
			rc = ay_budget_tick(m->budget);
		if (rc == 0)
			rc = message(m, &body, type, flags, h, o);
	}
	if (rc == 0 && h->version == 1 && c->left > 0)
		rc = hm_bad(m, c->off, "a header has bytes behind its messages");
	return rc;
}

static int continue_header(struct hm *m, struct header *h, struct hm_object *o)
{
	int rc = 0;

	while (rc == 0 && h->read < h->next_count) {
		uint64_t off = h->next[h->read][0], len = h->next[h->read][1];
		struct ay_buf b = ay_buf_new(0);
		struct ay_cursor c;

		h->read++;
		if (h->version == 1) {
			rc = hm_load(m, off, len, "the continuation of a header", &b, &c);
		} else {
			rc = hm_load(m, off, len, "the continuation of a header", &b, &c);
			if (rc == 0 && (!hm_sum_holds(c) || !ay_cursor_accept(&c, "OCHK", 4)))
				rc = hm_bad(m, off, "the continuation of a header has a wrong checksum or signature");
			if (rc == 0)
				c = ay_cursor_sub(&c, c.left - 4);
		}
		if (rc == 0)
			rc = messages(m, &c, h, o);
		ay_buf_free(&b);
	}
	return rc;
}

/* The size of the first block and where its messages begin. */
static int prefix(struct hm *m, uint64_t addr, struct header *h, uint64_t *start, uint64_t *size)
{
	uint64_t len = m->in->size - addr < 32 ? m->in->size - addr : 32;
	struct ay_buf b;
	struct ay_cursor c;
	int rc = hm_load(m, addr, len, "a header", &b, &c);

	if (rc == 0 && ay_cursor_accept(&c, "OHDR", 4)) {
		unsigned version = ay_cursor_u8(&c), flags = ay_cursor_u8(&c);

		h->version = 2;
		h->order = flags & 4;
		ay_cursor_skip(&c, (flags & 32 ? 16u : 0u) + (flags & 16 ? 4u : 0u));
		*size = hm_le(&c, 1u << (flags & 3));
		*start = c.off;
		if (version != 2 || (flags & 0xc0))
			rc = hm_bad(m, addr, "a header has unknown flags");
	} else if (rc == 0) {
		h->version = ay_cursor_u8(&c);
		ay_cursor_skip(&c, 7);
		*size = ay_cursor_le32(&c);
		ay_cursor_skip(&c, 4);
		*start = c.off;
		if (h->version != 1)
			rc = hm_bad(m, addr, "there is no header of an object where one should be");
	}
	if (rc == 0)
		rc = hm_done(m, &c, "a header");
	ay_buf_free(&b);
	return rc;
}

static int read_header(struct hm *m, struct hm_object *o)
{
	struct header h = { .version = 0 };
	struct ay_buf b = ay_buf_new(0);
	uint64_t start = 0, size = 0, head;
	struct ay_cursor c;
	int rc = o->addr < m->in->size ? prefix(m, o->addr, &h, &start, &size) : hm_bad(m, o->addr, "an object lies outside of the file");

	if (rc < 0)
		return rc;
	if (size < 8 || size > HM_BLOCK_MAX - 64)
		return hm_bad(m, o->addr, "a header is empty or too large");
	head = start - o->addr;
	rc = hm_load(m, o->addr, head + size + (h.version == 2 ? 4 : 0), "a header", &b, &c);
	if (rc == 0 && h.version == 2 && !hm_sum_holds(c))
		rc = hm_bad(m, o->addr, "a header has a wrong checksum");
	if (rc == 0) {
		ay_cursor_skip(&c, head);
		c = ay_cursor_sub(&c, (size_t)size);
		rc = messages(m, &c, &h, o);
	}
	if (rc == 0)
		rc = continue_header(m, &h, o);
	ay_buf_free(&b);
	return rc;
}

/*
 * Only the datatype counts here: what else the header holds is judged when the object itself is met. A committed
 * datatype is never shared itself, so this does not nest.
 */
int hm_committed_type(struct hm *m, uint64_t addr, struct hm_type *out)
{
	struct header h = { .version = 0 };
	struct ay_buf b = ay_buf_new(0);
	uint64_t start = 0, size = 0;
	struct ay_cursor c;
	bool found = false;
	int rc = addr < m->in->size ? prefix(m, addr, &h, &start, &size) : hm_bad(m, addr, "a datatype lies outside of the file");

	if (rc == 0)
		rc = hm_load(m, start, size, "a header", &b, &c);
	while (rc == 0 && !found && c.left >= 8) {
		unsigned type = h.version == 1 ? ay_cursor_le16(&c) : ay_cursor_u8(&c), len = ay_cursor_le16(&c), flags = ay_cursor_u8(&c);
		struct ay_cursor body;

		ay_cursor_skip(&c, h.version == 1 ? 3 : h.order ? 2 : 0);
		body = ay_cursor_sub(&c, len);
		rc = hm_done(m, &c, "a header");
		found = rc == 0 && type == TYPE && !(flags & SHARED);
		if (found)
			rc = hm_type(m, &body, out);
	}
	if (rc == 0 && !found)
		rc = hm_unusual(m, addr, "a shared datatype is not where it should be");
	ay_buf_free(&b);
	return rc == 0 ? hm_push(m, addr) : rc;
}

/* What a reader would allocate, against what the file has. */
static int sizes(struct hm *m, const struct hm_object *o)
{
	uint64_t bytes;

	if (!(o->has_type && o->has_space))
		return hm_bad(m, o->addr, "a dataset has no datatype or no dataspace");
	if (ay_ckd_mul_u64(o->points, o->type.size, &bytes))
		bytes = UINT64_MAX;
	if (o->stored > m->in->size)
		ay_scan_find(m->scan, "hdf5.layout", o->addr, "%" PRIu64 " bytes of a dataset are stored, says its index, in a file of %" PRIu64,
			     o->stored, m->in->size);
	else if (bytes > AY_LIMIT_HDF5_SPARSE && bytes / AY_LIMIT_SCAN_RATIO > o->stored)
		ay_scan_find(m->scan, "hdf5.size", o->addr, "a dataset has %" PRIu64 " bytes when it is read, of which %" PRIu64 " are stored", bytes,
			     o->stored);
	else
		return 0;
	return AY_EFORMAT;
}

int ay_hdf5_check(struct ay_scan *s, struct ay_source *in, const struct ay_hdf5_super *super)
{
	struct hm m = { .scan = s, .budget = ay_scan_budget(s), .in = in, .super = super };
	int rc = hm_push(&m, super->root);

	while (rc == 0 && m.work_count > 0) {
		struct hm_object o = { .addr = m.work[--m.work_count] };

		rc = read_header(&m, &o);
		if (rc == 0 && o.has_layout)
			rc = sizes(&m, &o);
		else if (rc == 0 && !(o.has_table || o.has_links || (o.has_type && o.addr != super->root)))
			rc = hm_bad(&m, o.addr, "an object is no group, no dataset and no datatype");
	}
	ay_budget_free(m.budget, m.work);
	ay_hdf5_set_free(m.budget, &m.objects);
	ay_hdf5_set_free(m.budget, &m.blocks);
	hm_collection_free(&m);
	return rc;
}
