/* SPDX-License-Identifier: Apache-2.0 */
/* The encodings of values: whatever the encoding, a caller asks for so many numbers, or for the next bytes. */
#include "scanners/formats/parquet.h"

#include "assay/error.h"

static bool is_wide(const struct ay_pq_leaf *leaf)
{
	return leaf->type == AY_PQ_BYTES || leaf->type == AY_PQ_FIXED || leaf->type == AY_PQ_INT96;
}

/* Bytes of one value, 0 when they vary. */
static size_t width_of(const struct ay_pq_leaf *leaf)
{
	static const uint8_t widths[] = {1, 4, 8, 12, 4, 8, 0};

	return leaf->type == AY_PQ_FIXED ? leaf->width : widths[leaf->type];
}

static uint64_t number_of(struct ay_cursor *c, size_t width)
{
	return width == 8 ? ay_cursor_le64(c) : ay_cursor_le32(c);
}

/* ---- dictionary ---- */

static int dict_numbers(struct ay_pq_dict *d, const struct ay_pq_leaf *leaf, struct ay_budget *b, struct ay_cursor c)
{
	size_t width = width_of(leaf);

	d->raw = ay_budget_alloc(b, d->count * sizeof(*d->raw));
	if (!d->raw)
		return AY_ELIMIT;
	for (uint32_t i = 0; i < d->count; i++)
		d->raw[i] = number_of(&c, width);
	return c.err || c.left ? AY_EFORMAT : 0;
}

static int dict_places(struct ay_pq_dict *d, struct ay_budget *b, struct ay_cursor c)
{
	d->places = ay_budget_alloc(b, d->count * sizeof(*d->places));
	if (!d->places)
		return AY_ELIMIT;
	for (uint32_t i = 0; i < d->count; i++) {
		d->places[i] = (uint32_t)c.off;
		ay_cursor_skip(&c, ay_cursor_le32(&c));
	}
	return c.err || c.left ? AY_EFORMAT : 0;
}

int ay_pq_dict_open(struct ay_pq_dict *d, const struct ay_pq_leaf *leaf, struct ay_budget *b, uint8_t *page, size_t len, uint32_t count)
{
	struct ay_cursor c = ay_cursor_of(page, len, 0);
	size_t width = width_of(leaf);

	*d = (struct ay_pq_dict){.there = true, .count = count, .page = page, .page_len = len};
	if (leaf->type == AY_PQ_BOOLEAN || ay_cursor_check_count(&c, count, width ? width : 4, UINT32_MAX) != count)
		return AY_EFORMAT;
	if (leaf->type == AY_PQ_BYTES)
		return dict_places(d, b, c);
	if (is_wide(leaf))
		return (uint64_t)count * width == len ? 0 : AY_EFORMAT;
	return dict_numbers(d, leaf, b, c);
}

void ay_pq_dict_close(struct ay_pq_dict *d, struct ay_budget *b)
{
	ay_budget_free(b, d->raw);
	ay_budget_free(b, d->places);
	ay_budget_free(b, d->page);
	*d = (struct ay_pq_dict){.there = false};
}

static struct ay_cursor dict_bytes(const struct ay_pq_dict *d, const struct ay_pq_leaf *leaf, uint32_t index)
{
	struct ay_cursor c = ay_cursor_of(d->page, d->page_len, 0);
	size_t width = width_of(leaf);

	ay_cursor_skip(&c, d->places ? d->places[index] : (uint64_t)index * width);
	return ay_cursor_sub(&c, d->places ? ay_cursor_le32(&c) : width);
}

/* ---- opening ---- */

static int bad(struct ay_pq_values *v, const char *why)
{
	v->why = why;
	return AY_EFORMAT;
}

static bool fits(const struct ay_pq_leaf *leaf, enum ay_pq_encoding e)
{
	enum ay_pq_type t = leaf->type;

	switch (e) {
	case AY_PQ_PLAIN: return true;
	case AY_PQ_PLAIN_DICTIONARY: case AY_PQ_RLE_DICTIONARY: return t != AY_PQ_BOOLEAN;
	case AY_PQ_RLE: return t == AY_PQ_BOOLEAN;
	case AY_PQ_DELTA_BINARY: return t == AY_PQ_INT32 || t == AY_PQ_INT64;
	case AY_PQ_DELTA_LENGTH: return t == AY_PQ_BYTES;
	case AY_PQ_DELTA_BYTES: return t == AY_PQ_BYTES || t == AY_PQ_FIXED;
	case AY_PQ_SPLIT: return t != AY_PQ_BOOLEAN && t != AY_PQ_INT96 && t != AY_PQ_BYTES;
	default: return false;
	}
}

static int open_indexes(struct ay_pq_values *v)
{
	unsigned width = v->c.left ? ay_cursor_u8(&v->c) : 0;

	if (width > 32)
		return bad(v, "the indexes into the dictionary have more than 32 bits");
	ay_pq_runs_open(&v->runs, v->c, width);
	return 0;
}

/* Prefixes, then lengths, then the bytes: where each ends is known only when it has been passed over. */
static int open_delta_bytes(struct ay_pq_values *v, uint64_t max)
{
	int rc = 0;

	if (v->encoding == AY_PQ_DELTA_BYTES) {
		ay_pq_delta_open(&v->delta, v->c, max, 32);
		rc = ay_pq_delta_behind(&v->delta, v->budget, &v->c);
	}
	if (!rc) {
		ay_pq_delta_open(&v->lengths, v->c, max, 32);
		rc = ay_pq_delta_behind(&v->lengths, v->budget, &v->c);
	}
	if (rc == AY_ELIMIT)
		return rc;
	return rc ? bad(v, "the lengths of the values are damaged") : 0;
}

int ay_pq_values_open(struct ay_pq_values *v, const struct ay_pq_leaf *leaf, enum ay_pq_encoding encoding, const struct ay_pq_dict *dict,
		      struct ay_cursor c, uint64_t max)
{
	struct ay_budget *budget = v->budget;
	uint8_t *held = v->held;
	size_t room = v->held_room;

	*v = (struct ay_pq_values){.leaf = leaf, .dict = dict, .budget = budget, .encoding = encoding, .c = c, .held = held, .held_room = room};
	if (!fits(leaf, encoding))
		return bad(v, "the encoding is not one for this type");
	switch (encoding) {
	case AY_PQ_PLAIN_DICTIONARY: case AY_PQ_RLE_DICTIONARY: return open_indexes(v);
	case AY_PQ_RLE:
		if (!c.left)
			return 0;
		ay_pq_runs_open(&v->runs, ay_cursor_sub(&v->c, ay_cursor_le32(&v->c)), 1);
		return v->c.err || v->c.left ? bad(v, "the run of booleans has another length than it says") : 0;
	case AY_PQ_DELTA_BINARY:
		if (!c.left)
			return 0;
		ay_pq_delta_open(&v->delta, c, max, leaf->type == AY_PQ_INT32 ? 32 : 64);
		return v->delta.c.err ? bad(v, "the head of the deltas is damaged") : 0;
	case AY_PQ_DELTA_LENGTH: case AY_PQ_DELTA_BYTES: return c.left ? open_delta_bytes(v, max) : 0;
	case AY_PQ_SPLIT:
		v->count = c.left / width_of(leaf);
		return c.left % width_of(leaf) ? bad(v, "the split bytes are no whole number of values") : 0;
	default:
		v->bits.c = c;
		return 0;
	}
}

/* ---- numbers ---- */

static int take_indexes(struct ay_pq_values *v, uint32_t *out, size_t n)
{
	if (ay_pq_runs_take(&v->runs, out, n) < 0)
		return bad(v, "the indexes into the dictionary are damaged");
	for (size_t i = 0; i < n; i++)
		if (out[i] >= v->dict->count)
			return bad(v, v->dict->there ? "an index is beyond the end of the dictionary" : "there is no dictionary");
	return 0;
}

#define SOME 256

static int raw_by_index(struct ay_pq_values *v, uint64_t *out, size_t n)
{
	uint32_t index[SOME];

	for (size_t at = 0; at < n; at += SOME) {
		size_t some = n - at < SOME ? n - at : SOME;
		int rc;

		if (v->encoding == AY_PQ_RLE)
			rc = ay_pq_runs_take(&v->runs, index, some) < 0 ? bad(v, "the run of booleans is damaged") : 0;
		else
			rc = take_indexes(v, index, some);
		if (rc)
			return rc;
		for (size_t i = 0; i < some; i++)
			out[at + i] = v->encoding == AY_PQ_RLE ? index[i] : v->dict->raw[index[i]];
	}
	return 0;
}

/* Byte k of each value stands in stream k. */
static int split_value(struct ay_pq_values *v, uint8_t *out, size_t width)
{
	if (v->at >= v->count)
		return bad(v, "there are fewer values than the page says");
	for (size_t k = 0; k < width; k++)
		out[k] = (uint8_t)ay_cursor_peek(&v->c, (size_t)(v->at + k * v->count));
	v->at++;
	return 0;
}

static int raw_split(struct ay_pq_values *v, uint64_t *out, size_t n)
{
	size_t width = width_of(v->leaf);

	for (size_t i = 0; i < n; i++) {
		uint8_t bytes[8];
		int rc = split_value(v, bytes, width);

		if (rc)
			return rc;
		out[i] = 0;
		for (size_t k = 0; k < width; k++)
			out[i] |= (uint64_t)bytes[k] << (8 * k);
	}
	return 0;
}

static int raw_plain(struct ay_pq_values *v, uint64_t *out, size_t n)
{
	size_t width = width_of(v->leaf);

	if (v->leaf->type == AY_PQ_BOOLEAN)
		for (size_t i = 0; i < n; i++)
			out[i] = ay_pq_bits_take(&v->bits, 1);
	else
		for (size_t i = 0; i < n; i++)
			out[i] = number_of(&v->c, width);
	return v->c.err || v->bits.c.err ? bad(v, "there are fewer values than the page says") : 0;
}

int ay_pq_values_raw(struct ay_pq_values *v, uint64_t *out, size_t n)
{
	uint64_t mask = width_of(v->leaf) == 4 ? UINT32_MAX : UINT64_MAX;

	switch (v->encoding) {
	case AY_PQ_DELTA_BINARY:
		for (size_t i = 0; i < n; i++)
			out[i] = ay_pq_delta_next(&v->delta) & mask;
		return v->delta.c.err || v->delta.bits.c.err ? bad(v, "the deltas are damaged") : 0;
	case AY_PQ_SPLIT: return raw_split(v, out, n);
	case AY_PQ_PLAIN: return raw_plain(v, out, n);
	default: return raw_by_index(v, out, n);
	}
}

/* ---- bytes ---- */

static int hold(struct ay_pq_values *v, size_t len)
{
	size_t room = v->held_room ? v->held_room : 256;
	uint8_t *fresh;

	while (room < len)
		room *= 2;
	if (room == v->held_room)
		return 0;
	fresh = ay_budget_realloc(v->budget, v->held, room);
	if (!fresh)
		return AY_ELIMIT;
	v->held = fresh;
	v->held_room = room;
	return 0;
}

static int delta_bytes(struct ay_pq_values *v, struct ay_cursor *out)
{
	uint64_t prefix = ay_pq_delta_next(&v->delta), len = ay_pq_delta_next(&v->lengths);
	int rc;

	if (v->delta.c.err || v->lengths.c.err || prefix > v->held_len || len > v->c.left)
		return bad(v, "a value shares more with the one before, or is longer, than there is");
	rc = hold(v, (size_t)(prefix + len));
	if (rc)
		return rc;
	ay_cursor_copy(&v->c, v->held + prefix, (size_t)len);
	v->held_len = (size_t)(prefix + len);
	*out = ay_cursor_of(v->held, v->held_len, 0);
	return v->leaf->type == AY_PQ_FIXED && v->held_len != v->leaf->width ? bad(v, "a value has another length than its type") : 0;
}

static int split_bytes(struct ay_pq_values *v, struct ay_cursor *out)
{
	int rc = hold(v, v->leaf->width);

	if (!rc)
		rc = split_value(v, v->held, v->leaf->width);
	*out = ay_cursor_of(v->held, v->leaf->width, 0);
	return rc;
}

int ay_pq_values_bytes(struct ay_pq_values *v, struct ay_cursor *out)
{
	uint32_t index = 0;
	uint64_t len;
	int rc;

	switch (v->encoding) {
	case AY_PQ_DELTA_BYTES: return delta_bytes(v, out);
	case AY_PQ_SPLIT: return split_bytes(v, out);
	case AY_PQ_PLAIN_DICTIONARY: case AY_PQ_RLE_DICTIONARY:
		rc = take_indexes(v, &index, 1);
		if (!rc)
			*out = dict_bytes(v->dict, v->leaf, index);
		return rc;
	case AY_PQ_DELTA_LENGTH:
		len = ay_pq_delta_next(&v->lengths);
		if (v->lengths.c.err || v->lengths.bits.c.err)
			return bad(v, "the lengths of the values are damaged");
		break;
	default:
		len = v->leaf->type == AY_PQ_BYTES ? ay_cursor_le32(&v->c) : width_of(v->leaf);
	}
	if (len > v->c.left)
		return bad(v, "a value is longer than the page");
	*out = ay_cursor_sub(&v->c, (size_t)len);
	return v->c.err ? bad(v, "there are fewer values than the page says") : 0;
}

int ay_pq_values_end(struct ay_pq_values *v)
{
	bool whole;

	switch (v->encoding) {
	case AY_PQ_PLAIN_DICTIONARY: case AY_PQ_RLE_DICTIONARY: case AY_PQ_RLE: whole = ay_pq_runs_end(&v->runs) == 0; break;
	case AY_PQ_DELTA_BINARY: whole = v->delta.left == 0 && v->delta.c.left == 0; break;
	case AY_PQ_DELTA_LENGTH: whole = v->lengths.left == 0 && v->c.left == 0; break;
	case AY_PQ_DELTA_BYTES: whole = v->lengths.left == 0 && v->delta.left == 0 && v->c.left == 0; break;
	case AY_PQ_SPLIT: whole = v->at == v->count; break;
	default: whole = v->leaf->type == AY_PQ_BOOLEAN ? v->bits.c.left == 0 && v->bits.have < 8 : v->c.left == 0;
	}
	return whole ? 0 : bad(v, "bytes follow the last value");
}

void ay_pq_values_close(struct ay_pq_values *v)
{
	ay_budget_free(v->budget, v->held);
	v->held = NULL;
	v->held_room = 0;
}
