/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/flatbuf.h"

#define PAGE 4096
#define PAGES 64                 /* each place of the file has one slot */
#define MAX_VISITS 20000000
#define MAX_FIELDS 64            /* of one table: no schema here has more */

struct ay_flat_page {
	uint64_t number;         /* of the page, plus one; 0: empty */
	size_t len;
	uint8_t bytes[PAGE];
};

int ay_flat_open(struct ay_flat *f, struct ay_source *in, struct ay_budget *budget)
{
	*f = (struct ay_flat){.in = in, .budget = budget};
	f->pages = ay_budget_alloc(budget, PAGES * sizeof(*f->pages));
	if (!f->pages)
		return AY_ELIMIT;
	for (size_t i = 0; i < PAGES; i++)
		f->pages[i].number = 0;
	return 0;
}

void ay_flat_close(struct ay_flat *f)
{
	ay_budget_free(f->budget, f->pages);
}

void ay_flat_fail(struct ay_flat *f, int err, uint64_t off, const char *why)
{
	if (f->err)
		return;
	f->err = err;
	f->err_off = off;
	f->why = why;
}

/* The page that holds this byte of the source. */
static struct ay_flat_page *page_of(struct ay_flat *f, uint64_t off)
{
	uint64_t number = off / PAGE;
	struct ay_flat_page *p = &f->pages[number % PAGES];
	uint64_t left = f->in->size - number * PAGE;
	int err;

	if (p->number == number + 1)
		return p;
	p->number = 0;
	p->len = left < PAGE ? (size_t)left : PAGE;
	err = ay_budget_tick(f->budget);
	if (!err)
		err = ay_source_read_full(f->in, number * PAGE, p->bytes, p->len);
	if (err) {
		ay_flat_fail(f, err, off, "cannot be read");
		return NULL;
	}
	p->number = number + 1;
	return p;
}

static uint8_t byte_at(struct ay_flat *f, uint64_t off)
{
	struct ay_flat_page *p = page_of(f, off);
	struct ay_cursor c;

	if (!p)
		return 0;
	c = ay_cursor_of(p->bytes, p->len, 0);
	ay_cursor_skip(&c, off % PAGE);
	return ay_cursor_u8(&c);
}

/* [at, at + len) lies in the file. */
static bool inside(struct ay_flat *f, uint64_t at, uint64_t len, const char *why)
{
	if (f->err)
		return false;
	if (at <= f->in->size && len <= f->in->size - at)
		return true;
	ay_flat_fail(f, AY_ETRUNC, at, why);
	return false;
}

uint64_t ay_flat_number(struct ay_flat *f, uint64_t at, unsigned size)
{
	uint64_t v = 0;

	if (!inside(f, at, size, "a number lies beyond the end of the file"))
		return 0;
	if (at % size) {
		ay_flat_fail(f, AY_EFORMAT, at, "a number is not aligned");
		return 0;
	}
	for (unsigned i = 0; i < size; i++)
		v |= (uint64_t)byte_at(f, at + i) << (8 * i);
	return f->err ? 0 : v;
}

static void visit(struct ay_flat *f, uint64_t at)
{
	int err = ay_budget_tick(f->budget);

	if (err || ++f->visits > MAX_VISITS)
		ay_flat_fail(f, AY_ELIMIT, at, "there are too many tables");
}

/* Where the offset at this place leads to; 0 on failure. */
static uint64_t follow(struct ay_flat *f, uint64_t at)
{
	uint64_t by = ay_flat_number(f, at, 4);

	if (f->err)
		return 0;
	if (by == 0 || by > INT32_MAX)
		ay_flat_fail(f, AY_EFORMAT, at, "an offset is zero or negative");
	else if (by >= f->in->size - at)
		ay_flat_fail(f, AY_ETRUNC, at, "an offset leads beyond the end of the file");
	return f->err ? 0 : at + by;
}

/* The table at this place. */
static struct ay_flat_table open_table(struct ay_flat *f, uint64_t at)
{
	struct ay_flat_table t = {.at = at};
	int64_t back;

	visit(f, at);
	back = (int32_t)(uint32_t)ay_flat_number(f, at, 4);
	if (f->err)
		return (struct ay_flat_table){.at = 0};
	if ((back > 0 && (uint64_t)back > at) || back == 0) {
		ay_flat_fail(f, AY_EFORMAT, at, "the layout of a table lies before the file");
		return (struct ay_flat_table){.at = 0};
	}
	t.vtable = at - (uint64_t)back;
	t.vtable_size = (uint16_t)ay_flat_number(f, t.vtable, 2);
	t.size = (uint16_t)ay_flat_number(f, t.vtable + 2, 2);
	if (!f->err && (t.vtable_size < 4 || t.vtable_size % 2 || t.vtable_size > 4 + 2 * MAX_FIELDS || t.size < 4))
		ay_flat_fail(f, AY_EFORMAT, t.vtable, "the layout of a table has an impossible size");
	if (!inside(f, t.vtable, t.vtable_size, "the layout of a table lies beyond the end of the file") ||
	    !inside(f, at, t.size, "a table lies beyond the end of the file"))
		return (struct ay_flat_table){.at = 0};
	return t;
}

struct ay_flat_table ay_flat_root(struct ay_flat *f)
{
	uint64_t at = follow(f, 0);

	return at ? open_table(f, at) : (struct ay_flat_table){.at = 0};
}

/* Place of a field of that many bytes, or 0. */
static uint64_t field_at(struct ay_flat *f, const struct ay_flat_table *t, unsigned field, unsigned size)
{
	uint64_t slot = 4 + 2 * (uint64_t)field, off;

	if (f->err || !t->at || slot + 2 > t->vtable_size)
		return 0;
	off = ay_flat_number(f, t->vtable + slot, 2);
	if (f->err || off == 0)
		return 0;
	if (off < 4 || off + size > t->size) {
		ay_flat_fail(f, AY_EFORMAT, t->vtable + slot, "a field lies outside of its table");
		return 0;
	}
	return t->at + off;
}

uint64_t ay_flat_scalar(struct ay_flat *f, const struct ay_flat_table *t, unsigned field, unsigned size, uint64_t otherwise)
{
	uint64_t at = field_at(f, t, field, size);

	return at ? ay_flat_number(f, at, size) : otherwise;
}

struct ay_flat_table ay_flat_sub(struct ay_flat *f, const struct ay_flat_table *t, unsigned field)
{
	uint64_t at = field_at(f, t, field, 4);

	at = at ? follow(f, at) : 0;
	return at ? open_table(f, at) : (struct ay_flat_table){.at = 0};
}

struct ay_flat_vector ay_flat_list(struct ay_flat *f, const struct ay_flat_table *t, unsigned field, unsigned elem_size)
{
	struct ay_flat_vector v = {.count = 0};
	uint64_t at = field_at(f, t, field, 4);

	at = at ? follow(f, at) : 0;
	if (!at)
		return v;
	visit(f, at);
	v.count = (uint32_t)ay_flat_number(f, at, 4);
	v.at = at + 4;
	if (!inside(f, v.at, (uint64_t)v.count * elem_size, "a list is longer than the file"))
		v.count = 0;
	return v;
}

struct ay_flat_table ay_flat_at(struct ay_flat *f, const struct ay_flat_vector *v, uint32_t i)
{
	uint64_t at = i < v->count ? follow(f, v->at + 4 * (uint64_t)i) : 0;

	return at ? open_table(f, at) : (struct ay_flat_table){.at = 0};
}

bool ay_flat_text(struct ay_flat *f, const struct ay_flat_table *t, unsigned field, char *out, size_t size)
{
	struct ay_flat_vector v = ay_flat_list(f, t, field, 1);
	bool plain = v.at != 0 && v.count < size;
	size_t len = v.count < size ? v.count : size - 1;

	for (size_t i = 0; i < len && !f->err; i++) {
		uint8_t byte = byte_at(f, v.at + i);

		plain &= byte >= 0x20 && byte < 0x7f;
		out[i] = (char)(byte >= 0x20 && byte < 0x7f ? byte : '?');
	}
	out[f->err ? 0 : len] = 0;
	if (v.at && inside(f, v.at, (uint64_t)v.count + 1, "a string lies beyond the end of the file") && byte_at(f, v.at + v.count) != 0)
		ay_flat_fail(f, AY_EFORMAT, v.at + v.count, "a string does not end with zero");
	return plain && !f->err;
}
