/* SPDX-License-Identifier: Apache-2.0 */
/* The global heap: collections of numbered objects, which texts of variable length lie in (HDF5 File Format Specification 3.0, III.E). */
#include "scanners/formats/hdf5_meta.h"

void hm_collection_free(struct hm *m)
{
	ay_buf_free(&m->collection.bytes);
	ay_budget_free(m->budget, m->collection.pieces);
	m->collection.pieces = NULL;
	m->collection.room = 0;
}

static bool make_room(struct hm *m, size_t number)
{
	struct hm_collection *k = &m->collection;
	size_t room = k->room ? k->room : 256;

	while (room <= number)
		room *= 2;
	if (room > k->room) {
		void *fresh = ay_budget_realloc(m->budget, k->pieces, room * sizeof(*k->pieces));

		if (!fresh)
			return false;
		k->pieces = fresh;
		k->room = room;
	}
	while (k->count <= number)
		k->pieces[k->count++] = (struct hm_piece){.at = 0};
	return true;
}

static int add_piece(struct hm *m, struct ay_cursor *c)
{
	struct hm_collection *k = &m->collection;
	unsigned number = ay_cursor_le16(c);
	uint64_t bytes, room;

	ay_cursor_skip(c, 6);
	bytes = ay_cursor_le64(c);
	room = bytes > c->left ? UINT64_MAX : (bytes + 7) / 8 * 8;
	/* Free space counts its own header, and ends the heap. */
	if (number == 0)
		room = bytes < 16 || bytes - 16 != c->left ? UINT64_MAX : c->left;
	if (room > c->left)
		return hm_bad(m, c->off, "an object of a global heap does not fit");
	if (number && !make_room(m, number))
		return AY_ELIMIT;
	if (number && k->pieces[number].at)
		return hm_bad(m, c->off, "two objects of a global heap have the same number");
	if (number)
		k->pieces[number] = (struct hm_piece){.at = (uint32_t)(k->bytes.len - c->left), .len = (uint32_t)bytes};
	ay_cursor_skip(c, room);
	return ay_budget_tick(m->budget);
}

static int load(struct hm *m, uint64_t addr)
{
	struct hm_collection *k = &m->collection;
	struct ay_buf b;
	struct ay_cursor c;
	uint64_t size = 0;
	int rc;

	ay_buf_free(&k->bytes);
	k->count = 0;
	rc = hm_block(m, addr, 16, "GCOL", 1, false, &b, &c);
	if (rc == 0) {
		ay_cursor_skip(&c, 3);
		size = ay_cursor_le64(&c);
		if (size < 4096)
			rc = hm_bad(m, addr, "a global heap is too small");
	}
	ay_buf_free(&b);
	if (rc == 0)
		rc = hm_load(m, addr, size, "a global heap", &k->bytes, &c);
	if (rc == 0)
		ay_cursor_skip(&c, 16);
	/* Less than a header is padding. */
	while (rc == 0 && c.left >= 16)
		rc = add_piece(m, &c);
	k->addr = addr;
	if (rc < 0)
		ay_buf_free(&k->bytes);
	return rc;
}

int hm_text(struct hm *m, struct ay_cursor *c, struct ay_cursor *out)
{
	struct hm_collection *k = &m->collection;
	uint32_t len = ay_cursor_le32(c);
	uint64_t addr = ay_cursor_le64(c);
	uint32_t number = ay_cursor_le32(c);
	int rc = hm_done(m, c, "the place of a text");

	*out = ay_cursor_of(NULL, 0, addr);
	if (rc == 0)
		rc = ay_budget_tick(m->budget);
	/* Nothing is stored of an empty text. */
	if (rc < 0 || (len == 0 && (addr == 0 || addr == HM_UNDEFINED)))
		return rc;
	if (number == 0)
		return hm_bad(m, addr, "a text has no place in its heap");
	if (!k->bytes.len || k->addr != addr)
		rc = load(m, addr);
	if (rc < 0)
		return rc;
	if (number >= k->count || !k->pieces[number].at)
		return hm_bad(m, addr, "a text is not in its global heap");
	if (k->pieces[number].len != len)
		return hm_bad(m, addr, "an object of a global heap is not of the size that its text has");
	*out = ay_cursor_of(k->bytes.data, k->bytes.len, addr);
	ay_cursor_skip(out, k->pieces[number].at);
	*out = ay_cursor_sub(out, len);
	return out->err;
}

/* ---- for tables ---- */

struct ay_hdf5_texts {
	struct hm m;                        /* of which only the heap is used */
	struct ay_array_texts column;
};

static int fetch(void *arg, struct ay_cursor *place, struct ay_cursor *text)
{
	struct ay_hdf5_texts *t = arg;
	int rc = hm_text(&t->m, place, text);
	struct ay_cursor rest = *text;
	size_t len = 0;

	if (rc < 0 || !ay_cursor_until(&rest, 0, rest.left, &len))
		return rc;
	/* Readers of C strings end there, others do not. */
	while (rest.left && ay_cursor_peek(&rest, 0) == 0)
		ay_cursor_skip(&rest, 1);
	if (rest.left)
		return hm_unusual(&t->m, text->off + len, "a text has a zero byte within");
	*text = ay_cursor_sub(text, len);
	return text->err;
}

struct ay_hdf5_texts *ay_hdf5_texts_new(struct ay_scan *s, struct ay_source *in)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct ay_hdf5_texts *t = ay_budget_alloc(b, sizeof(*t));

	if (t)
		*t = (struct ay_hdf5_texts){.m = {.scan = s, .budget = b, .in = in}, .column = {.fetch = fetch, .arg = t}};
	return t;
}

const struct ay_array_texts *ay_hdf5_texts_column(const struct ay_hdf5_texts *t)
{
	return t ? &t->column : NULL;
}

void ay_hdf5_texts_free(struct ay_hdf5_texts *t)
{
	if (!t)
		return;
	hm_collection_free(&t->m);
	ay_budget_free(t->m.budget, t);
}
