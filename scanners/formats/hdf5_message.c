/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of an object's header that describe its data. */
#include "scanners/formats/hdf5_meta.h"

#include "assay/ckd.h"

#define RANK_MAX 32

/* ---- datatypes ---- */

static int type_in(struct hm *m, struct ay_cursor *c, unsigned depth, struct hm_type *out);

/* A name with its NUL; padded: to a multiple of eight. */
static int skip_name(struct hm *m, struct ay_cursor *c, bool padded)
{
	size_t len;

	if (!ay_cursor_until(c, 0, c->left, &len))
		return hm_bad(m, c->off, "a name in a datatype does not end");
	if (padded)
		ay_cursor_skip(c, (8 - (len + 1) % 8) % 8);
	return hm_done(m, c, "a datatype");
}

/* Bits of a number: all inside of it. */
static int bits(struct hm *m, struct ay_cursor *c, uint32_t size)
{
	unsigned offset = ay_cursor_le16(c), precision = ay_cursor_le16(c);

	if (precision == 0 || (uint64_t)offset + precision > 8ull * size)
		return hm_bad(m, c->off, "the bits of a number lie outside of it");
	return hm_done(m, c, "a datatype");
}

static int floating(struct hm *m, struct ay_cursor *c, uint32_t size, uint32_t flags)
{
	unsigned first = ay_cursor_le16(c), precision = ay_cursor_le16(c), exponent = ay_cursor_u8(c), exponent_bits = ay_cursor_u8(c);
	unsigned mantissa = ay_cursor_u8(c), mantissa_bits = ay_cursor_u8(c), sign = flags >> 8 & 0xff;

	ay_cursor_skip(c, 4);
	if (precision == 0 || (uint64_t)first + precision > 8ull * size || exponent_bits == 0 || mantissa_bits == 0 || sign >= first + precision ||
	    exponent + exponent_bits > first + precision || mantissa + mantissa_bits > first + precision)
		return hm_bad(m, c->off, "the bits of a floating-point number lie outside of it");
	return hm_done(m, c, "a datatype");
}

static unsigned offset_bytes(uint32_t size)
{
	return size < 1u << 8 ? 1 : size < 1u << 16 ? 2 : size < 1u << 24 ? 3 : 4;
}

/* Only scalars: arrays within a member came to have a class of their own. */
static bool old_dimensions(struct ay_cursor *c)
{
	unsigned rank = ay_cursor_u8(c);

	ay_cursor_skip(c, 3 + 4 + 4 + 16);
	return rank == 0;
}

static int compound(struct hm *m, struct ay_cursor *c, unsigned version, uint32_t size, uint32_t members, unsigned depth)
{
	int rc = members ? 0 : hm_bad(m, c->off, "a compound datatype has no members");

	for (uint32_t i = 0; i < members && rc == 0; i++) {
		struct hm_type member = { .size = 0 };
		uint64_t offset;

		rc = ay_budget_tick(m->budget);
		if (rc == 0)
			rc = skip_name(m, c, version < 3);
		if (rc < 0)
			return rc;
		offset = hm_le(c, version < 3 ? 4 : offset_bytes(size));
		if (version == 1 && !old_dimensions(c))
			return hm_unusual(m, c->off, "a member of a compound datatype is an array of the oldest kind");
		rc = type_in(m, c, depth + 1, &member);
		if (rc == 0 && (offset > size || member.size > size - offset))
			rc = hm_bad(m, c->off, "a member lies outside of its compound datatype");
	}
	return rc;
}

static int enumeration(struct hm *m, struct ay_cursor *c, unsigned version, uint32_t size, uint32_t members, unsigned depth)
{
	struct hm_type base = { .size = 0 };
	int rc = type_in(m, c, depth + 1, &base);

	for (uint32_t i = 0; i < members && rc == 0; i++) {
		rc = ay_budget_tick(m->budget);
		if (rc == 0)
			rc = skip_name(m, c, version < 3);
	}
	if (rc < 0)
		return rc;
	if (base.class != 0 || base.size != size || members == 0)
		return hm_bad(m, c->off, "an enumeration is not of integers of its own size");
	ay_cursor_skip(c, (uint64_t)members * base.size);
	return hm_done(m, c, "an enumeration");
}

static int array(struct hm *m, struct ay_cursor *c, unsigned version, uint32_t size, unsigned depth)
{
	struct hm_type base = { .size = 0 };
	unsigned rank = ay_cursor_u8(c);
	uint64_t count = 1, bytes;
	int rc;

	ay_cursor_skip(c, version < 3 ? 3 : 0);
	if (rank == 0 || rank > RANK_MAX)
		return hm_bad(m, c->off, "an array datatype has no or too many dimensions");
	for (unsigned i = 0; i < rank; i++)
		if (ay_ckd_mul_u64(count, ay_cursor_le32(c), &count))
			return hm_bad(m, c->off, "an array datatype has more elements than 64 bits count");
	ay_cursor_skip(c, version < 3 ? 4ull * rank : 0);
	rc = type_in(m, c, depth + 1, &base);
	if (rc == 0 && (ay_ckd_mul_u64(count, base.size, &bytes) || bytes != size))
		rc = hm_bad(m, c->off, "the size of an array datatype is not that of its elements");
	return rc;
}

static int variable(struct hm *m, struct ay_cursor *c, uint32_t flags, unsigned depth, struct hm_type *out)
{
	struct hm_type base = { .size = 0 };
	int rc;

	out->text = (flags & 0xf) == 1;
	if (out->size != 16)
		return hm_bad(m, c->off, "a datatype of variable length is not of sixteen bytes");
	rc = type_in(m, c, depth + 1, &base);
	return rc == 0 && out->text && base.size != 1 ? hm_bad(m, c->off, "the characters of a text are not of one byte") : rc;
}

static int type_in(struct hm *m, struct ay_cursor *c, unsigned depth, struct hm_type *out)
{
	unsigned head = ay_cursor_u8(c), version = head >> 4;
	uint32_t flags = (uint32_t)hm_le(c, 3);

	out->class = head & 15;
	out->size = ay_cursor_le32(c);
	if (c->err)
		return hm_done(m, c, "a datatype");
	if (depth > HM_DEPTH)
		return hm_unusual(m, c->off, "a datatype is nested too deeply");
	/* Version 4 (libhdf5 1.12) has new kinds of references, which are refused below, and else the encoding of version 3. */
	if (version < 1 || version > 4 || out->size == 0)
		return hm_unusual(m, c->off, "a datatype is of an unknown version, or has no size");
	switch (out->class) {
	case 0:
	case 4:
		return bits(m, c, out->size);
	case 1:
		return floating(m, c, out->size, flags);
	case 3:
		return (flags & 0xf) > 2 || (flags >> 4 & 0xf) > 1 ? hm_bad(m, c->off, "a text has an unknown padding or encoding") : 0;
	case 5:
		ay_cursor_skip(c, flags & 0xff);
		return hm_done(m, c, "a datatype");
	case 6:
		return compound(m, c, version, out->size, flags & 0xffff, depth);
	case 7:
		return (flags & 0xf) > 1 || out->size != ((flags & 0xf) ? 12 : 8) ? hm_bad(m, c->off, "a reference of an unknown kind") : 0;
	case 8:
		return enumeration(m, c, version, out->size, flags & 0xffff, depth);
	case 9:
		return variable(m, c, flags, depth, out);
	case 10:
		return version < 2 ? hm_bad(m, c->off, "an array datatype of before they were there") : array(m, c, version, out->size, depth);
	default:
		return hm_unusual(m, c->off, "a datatype of a class that is not judged");
	}
}

int hm_type(struct hm *m, struct ay_cursor *c, struct hm_type *out)
{
	return type_in(m, c, 0, out);
}

/* ---- dataspaces, layouts, fill values, filters ---- */

int hm_space(struct hm *m, struct ay_cursor *c, struct hm_object *o)
{
	unsigned version = ay_cursor_u8(c), rank = ay_cursor_u8(c), flags = ay_cursor_u8(c), kind = rank ? 1 : 0;
	uint64_t dims[RANK_MAX] = { 0 };

	if (version == 1)
		ay_cursor_skip(c, 5);
	else
		kind = ay_cursor_u8(c);
	if (c->err)
		return hm_done(m, c, "a dataspace");
	if (version < 1 || version > 2 || rank > RANK_MAX || flags > 1 || kind > 2 || (kind == 1) != (rank > 0))
		return hm_bad(m, c->off, "a dataspace has an unknown version, kind or rank");
	o->has_space = true;
	o->points = kind == 2 ? 0 : 1;
	for (unsigned i = 0; i < rank; i++) {
		dims[i] = ay_cursor_le64(c);
		if (ay_ckd_mul_u64(o->points, dims[i], &o->points))
			return hm_bad(m, c->off, "a dataspace has more elements than 64 bits count");
	}
	for (unsigned i = 0; flags && i < rank; i++)
		if (ay_cursor_le64(c) < dims[i])
			return hm_bad(m, c->off, "a dataspace is larger than its own maximum");
	return hm_done(m, c, "a dataspace");
}

static int inside(struct hm *m, struct ay_cursor *c, uint64_t off, uint64_t size)
{
	int rc = hm_done(m, c, "a layout");

	if (rc < 0 || off == HM_UNDEFINED)
		return rc;
	if (off > m->in->size || size > m->in->size - off) {
		ay_scan_find(m->scan, "hdf5.layout", c->off, "the data of an object lies outside of the file");
		return AY_EFORMAT;
	}
	return 0;
}

/* The dimensions of a chunk are those of the data, and one more for the size of an element. */
static int chunk_rank(struct hm *m, struct ay_cursor *c, unsigned rank, unsigned bytes)
{
	if (rank < 2 || rank > RANK_MAX + 1 || bytes < 1 || bytes > 8)
		return hm_bad(m, c->off, "a chunk has no or too many dimensions");
	for (unsigned i = 0; i < rank; i++) {
		uint64_t dim = hm_le(c, bytes);

		if (dim == 0 || dim > UINT32_MAX)
			return hm_bad(m, c->off, "a chunk is empty or too large in one dimension");
	}
	return hm_done(m, c, "a layout");
}

static int chunks_v3(struct hm *m, struct ay_cursor *c, struct hm_object *o)
{
	unsigned rank = ay_cursor_u8(c);
	uint64_t tree = ay_cursor_le64(c);
	int rc = chunk_rank(m, c, rank, 4);

	return rc < 0 || tree == HM_UNDEFINED ? rc : hm_chunks(m, tree, rank, &o->stored);
}

/* The newer indexes are not walked: nothing here asks the library for what they lead to. */
static int chunks_v4(struct hm *m, struct ay_cursor *c, struct hm_object *o)
{
	static const unsigned parameters[] = { 0, 0, 0, 1, 5, 6 };
	unsigned flags = ay_cursor_u8(c), rank = ay_cursor_u8(c), bytes = ay_cursor_u8(c), kind;
	uint64_t index;
	int rc = chunk_rank(m, c, rank, bytes);

	if (rc < 0)
		return rc;
	kind = ay_cursor_u8(c);
	if (flags > 3 || kind < 1 || kind > 5)
		return hm_bad(m, c->off, "a layout has an unknown index of chunks");
	ay_cursor_skip(c, kind == 1 && (flags & 2) ? 12 : parameters[kind]);
	index = ay_cursor_le64(c);
	o->stored = index == HM_UNDEFINED ? 0 : m->in->size;
	return inside(m, c, index, 0);
}

int hm_layout(struct hm *m, struct ay_cursor *c, struct hm_object *o)
{
	unsigned version = ay_cursor_u8(c), kind = ay_cursor_u8(c);
	uint64_t off, size;

	if (version < 3 || version > 4)
		return hm_unusual(m, c->off, "a layout of a version that is not judged");
	switch (kind) {
	case 0:
		o->stored = ay_cursor_le16(c);
		ay_cursor_skip(c, o->stored);
		return hm_done(m, c, "compact data");
	case 1:
		off = ay_cursor_le64(c);
		size = ay_cursor_le64(c);
		o->stored = off == HM_UNDEFINED ? 0 : size;
		return inside(m, c, off, size);
	case 2:
		return version == 3 ? chunks_v3(m, c, o) : chunks_v4(m, c, o);
	case 3:
		ay_scan_find(m->scan, "hdf5.external", c->off, "the data of an object is a view of datasets in other files");
		return AY_EFORMAT;
	default:
		return hm_bad(m, c->off, "a layout of an unknown kind");
	}
}

int hm_fill(struct hm *m, struct ay_cursor *c, bool old)
{
	unsigned version = old ? 0 : ay_cursor_u8(c), flags = old ? 0 : ay_cursor_u8(c);
	bool value = old;

	if (!old && (version < 1 || version > 3))
		return hm_bad(m, c->off, "a fill value of an unknown version");
	if (version == 1 || version == 2) {
		ay_cursor_skip(c, 1);
		value = ay_cursor_u8(c) != 0 || version == 1;
	} else if (version == 3) {
		value = flags & 32;
	}
	if (value) {
		uint32_t size = ay_cursor_le32(c);

		/* -1: there is none. */
		ay_cursor_skip(c, size == UINT32_MAX && !old ? 0 : size);
	}
	return hm_done(m, c, "a fill value");
}

int hm_filters(struct hm *m, struct ay_cursor *c)
{
	unsigned version = ay_cursor_u8(c), count = ay_cursor_u8(c);

	if (version == 1)
		ay_cursor_skip(c, 6);
	if (version < 1 || version > 2 || count > 32)
		return hm_bad(m, c->off, "filters of an unknown version or number");
	for (unsigned i = 0; i < count; i++) {
		unsigned id = ay_cursor_le16(c), name = version == 1 || id >= 256 ? ay_cursor_le16(c) : 0, values;

		ay_cursor_skip(c, 2);
		values = ay_cursor_le16(c);
		ay_cursor_skip(c, version == 1 ? (name + 7u) / 8 * 8 : name);
		ay_cursor_skip(c, 4ull * values + (version == 1 && values % 2 ? 4 : 0));
		if (c->err)
			break;
	}
	return hm_done(m, c, "a filter");
}

/* ---- attributes and links ---- */

/* The elements of text of variable length. */
static int texts(struct hm *m, struct ay_cursor *c, uint64_t count)
{
	struct ay_cursor text;
	int rc = 0;

	while (rc == 0 && count-- > 0)
		rc = hm_text(m, c, &text);
	return rc;
}

static int attribute_type(struct hm *m, struct ay_cursor c, bool shared, struct hm_type *out)
{
	unsigned version, kind;
	uint64_t addr;

	if (!shared)
		return hm_type(m, &c, out);
	version = ay_cursor_u8(&c);
	kind = ay_cursor_u8(&c);
	ay_cursor_skip(&c, version == 1 ? 6 : 0);
	addr = ay_cursor_le64(&c);
	if (c.err || version < 1 || version > 3 || (version == 3 && kind != 2))
		return hm_unusual(m, c.off, "an attribute shares a datatype that is not committed");
	return hm_committed_type(m, addr, out);
}

int hm_attribute(struct hm *m, struct ay_cursor *c)
{
	unsigned version = ay_cursor_u8(c), flags = ay_cursor_u8(c);
	unsigned name = ay_cursor_le16(c), type_size = ay_cursor_le16(c), space_size = ay_cursor_le16(c);
	unsigned pad = version == 1 ? 7 : 0;
	struct hm_object o = { .points = 0 };
	struct hm_type type = { .size = 0 };
	struct ay_cursor part;
	uint64_t bytes;
	size_t len;
	int rc;

	ay_cursor_skip(c, version == 3 ? 1 : 0);
	if (version < 1 || version > 3 || name == 0 || (version > 1 && flags > 1))
		return hm_bad(m, c->off, "an attribute has an unknown version or flags");
	part = ay_cursor_sub(c, name);
	if (!ay_cursor_until(&part, 0, part.left, &len) || part.left > 0)
		return hm_bad(m, c->off, "the name of an attribute does not end where it should");
	ay_cursor_skip(c, (name + pad) / (pad + 1) * (pad + 1) - name);
	part = ay_cursor_sub(c, type_size);
	ay_cursor_skip(c, (type_size + pad) / (pad + 1) * (pad + 1) - type_size);
	rc = hm_done(m, c, "an attribute");
	if (rc == 0)
		rc = attribute_type(m, part, version > 1 && (flags & 1), &type);
	if (rc < 0)
		return rc;
	part = ay_cursor_sub(c, space_size);
	ay_cursor_skip(c, (space_size + pad) / (pad + 1) * (pad + 1) - space_size);
	rc = hm_space(m, &part, &o);
	if (rc < 0)
		return rc;
	if (ay_ckd_mul_u64(o.points, type.size, &bytes) || bytes > c->left)
		return hm_bad(m, c->off, "an attribute is larger than its header");
	return type.class == 9 && type.text ? texts(m, c, o.points) : 0;
}

int hm_link(struct hm *m, struct ay_cursor *c)
{
	unsigned version = ay_cursor_u8(c), flags = ay_cursor_u8(c), kind = flags & 8 ? ay_cursor_u8(c) : 0;
	uint64_t name, addr;

	ay_cursor_skip(c, (flags & 4 ? 8u : 0u) + (flags & 16 ? 1u : 0u));
	name = hm_le(c, 1u << (flags & 3));
	if (version != 1 || flags > 31 || name == 0 || name > c->left || c->err)
		return hm_bad(m, c->off, "a link has unknown flags or no name");
	ay_cursor_skip(c, name);
	if (kind == 0) {
		addr = ay_cursor_le64(c);
		return c->err ? hm_done(m, c, "a link") : hm_push(m, addr);
	}
	ay_cursor_skip(c, ay_cursor_le16(c));
	if (kind != 1 && kind != 64)
		return hm_unusual(m, c->off, "a link of a kind that is not judged");
	return hm_done(m, c, "a link");
}
