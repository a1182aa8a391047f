/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NumPy's array file, versions 1 to 3. NumPy reads the header as any Python
 * literal and hands the type to numpy.dtype(); here only what NumPy writes is
 * read: one dict of three keys. Arrays that hold objects are a pickle after the
 * header; all others must have exactly the bytes that type and shape give.
 */
#include <inttypes.h>

#include "assay/ckd.h"
#include "assay/extract.h"
#include "scanners/data/array_table.h"
#include "scanners/data/shape.h"
#include "scanners/driver.h"
#include "scanners/registry.h"

#define MAGIC "\x93NUMPY"
#define PREFIX_SIZE 12                  /* magic, version, the longer of the two lengths */
#define MAX_DEPTH 16
#define MAX_DIMS 64
#define FIELDS 256
#define FIELD_NAME 64

/* What the header says of one element. */
struct dtype {
	uint64_t size;                      /* bytes */
	bool objects;
	uint8_t kind, order;                /* of a plain type; 0 for others */
	uint8_t unit;                       /* of dates, as in array_table.h */
};

/* What it says of the array. */
struct array {
	struct dtype item;
	uint64_t shape[MAX_DIMS], bytes;
	unsigned dims;
	bool columns;                       /* column-major */
};

/* The fields of a structure that is the element itself; n beyond FIELDS: too many, or with names that are too long. */
struct fields {
	struct ay_array_column v[FIELDS];
	char names[FIELDS][FIELD_NAME];
	size_t n;
};

/* Reads over the header; the cursor's error is the parser's. */
struct parser {
	struct ay_cursor c;
	unsigned depth;
	struct fields *fields;
};

static void fail(struct parser *p)
{
	ay_cursor_fail(&p->c, AY_EFORMAT);
}

static void skip_space(struct parser *p)
{
	while (ay_cursor_accept(&p->c, " ", 1))
		;
}

/* The next token is this character. */
static bool accept(struct parser *p, const char *ch)
{
	skip_space(p);
	return ay_cursor_accept(&p->c, ch, 1);
}

static void expect(struct parser *p, const char *ch)
{
	if (!accept(p, ch))
		fail(p);
}

/* A quoted string without escapes, as a cursor over its text: Latin-1, in version 3 UTF-8, which are only ever names. */
static struct ay_cursor take_string(struct parser *p)
{
	struct ay_cursor text;
	size_t len = 0;
	int quote;

	skip_space(p);
	quote = ay_cursor_u8(&p->c);
	for (;; len++) {
		int ch = ay_cursor_peek(&p->c, len);

		if (ch == quote)
			break;
		if (ch < 0x20 || ch == '\\' || ch == 0x7f) {
			fail(p);
			break;
		}
	}
	if (quote != '\'' && quote != '"')
		fail(p);
	text = ay_cursor_sub(&p->c, len);
	ay_cursor_skip(&p->c, 1);
	return text;
}

static bool is_digit(int ch)
{
	return ch >= '0' && ch <= '9';
}

static uint64_t take_number(struct ay_cursor *c)
{
	uint64_t v = 0;

	if (!is_digit(ay_cursor_peek(c, 0)))
		ay_cursor_fail(c, AY_EFORMAT);
	while (is_digit(ay_cursor_peek(c, 0)))
		if (ay_ckd_mul_u64(v, 10, &v) || ay_ckd_add_u64(v, (uint64_t)(ay_cursor_u8(c) - '0'), &v))
			ay_cursor_fail(c, AY_EFORMAT);
	return v;
}

static bool one_of(uint64_t v, const uint8_t sizes[])
{
	for (size_t i = 0; sizes[i]; i++)
		if (v == sizes[i])
			return true;
	return false;
}

#define UNIT_OTHER 254

static uint8_t known_unit(struct ay_cursor c)
{
	static const struct { char text[5]; uint8_t unit; } units[] = {
		{ "[D]", AY_ARRAY_DAYS }, { "[s]", 0 }, { "[ms]", 3 }, { "[us]", 6 }, { "[ns]", 9 },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(units); i++)
		if (c.left == strlen(units[i].text) && ay_cursor_starts(&c, units[i].text, c.left))
			return units[i].unit;
	return UNIT_OTHER;
}

/* The unit of dates and durations: "[ns]", "[25s]", or nothing. */
static uint8_t take_unit(struct ay_cursor *c)
{
	uint8_t unit = known_unit(*c);

	if (c->left == 0)
		return unit;
	if (!ay_cursor_accept(c, "[", 1))
		ay_cursor_fail(c, AY_EFORMAT);
	while (c->left > 1) {
		int ch = ay_cursor_u8(c);

		if (!is_digit(ch) && !(ch >= 'A' && ch <= 'Z') && !(ch >= 'a' && ch <= 'z') && ch != '/')
			ay_cursor_fail(c, AY_EFORMAT);
	}
	if (!ay_cursor_accept(c, "]", 1))
		ay_cursor_fail(c, AY_EFORMAT);
	return unit;
}

/* "<f4", "|O", "<M8[ns]": byte order, kind, bytes. */
static struct dtype take_scalar(struct parser *p)
{
	struct ay_cursor c = take_string(p);
	struct dtype d = { 0 };
	uint8_t order = ay_cursor_u8(&c);
	uint8_t kind = ay_cursor_u8(&c);
	bool good;

	if (kind == 'O' && c.left == 0)
		d.size = 8;
	else
		d.size = take_number(&c);
	switch (kind) {
	case 'b': good = d.size == 1; break;
	case 'i': case 'u': good = one_of(d.size, (const uint8_t[]){ 1, 2, 4, 8, 0 }); break;
	case 'f': good = one_of(d.size, (const uint8_t[]){ 2, 4, 8, 12, 16, 0 }); break;
	case 'c': good = one_of(d.size, (const uint8_t[]){ 8, 16, 24, 32, 0 }); break;
	case 'M': case 'm': good = d.size == 8; d.unit = take_unit(&c); break;
	case 'S': case 'V': good = true; break;
	case 'U': good = !ay_ckd_mul_u64(d.size, 4, &d.size); break;
	case 'O': good = one_of(d.size, (const uint8_t[]){ 4, 8, 0 }); d.objects = true; break;
	default: good = false;
	}
	if (!good || (order != '<' && order != '>' && order != '|') || ay_cursor_end(&c) < 0)
		fail(p);
	d.kind = kind;
	d.order = order;
	return d;
}

/* "(3, 4)", "(3,)", "()" as the product of its numbers; they go to a when it is not NULL. */
static uint64_t take_shape(struct parser *p, struct array *a)
{
	uint64_t product = 1, n;
	unsigned dims = 0;

	expect(p, "(");
	while (!p->c.err && !accept(p, ")")) {
		skip_space(p);
		n = take_number(&p->c);
		if (a && dims < MAX_DIMS)
			a->shape[dims] = n;
		if (++dims > MAX_DIMS || ay_ckd_mul_u64(product, n, &product))
			fail(p);
		if (!accept(p, ",") && (skip_space(p), ay_cursor_peek(&p->c, 0) != ')'))
			fail(p);
	}
	if (a)
		a->dims = dims;
	return product;
}

static struct dtype take_dtype(struct parser *p);

static void repeat(struct parser *p, struct dtype *d)
{
	if (ay_ckd_mul_u64(d->size, take_shape(p, NULL), &d->size))
		fail(p);
	d->kind = 0;
}

/* One "('name', dtype)" or "('name', dtype, shape)"; the name may be "('title', 'name')". */
static struct dtype take_field(struct parser *p, struct ay_cursor *name)
{
	struct dtype d;

	expect(p, "(");
	if (accept(p, "(")) {
		take_string(p);
		expect(p, ",");
		*name = take_string(p);
		expect(p, ")");
	} else {
		*name = take_string(p);
	}
	expect(p, ",");
	d = take_dtype(p);
	if (accept(p, ",") && !accept(p, ")")) {
		repeat(p, &d);
		accept(p, ",");
		expect(p, ")");
	} else {
		expect(p, ")");
	}
	return d;
}

static struct ay_array_column column_of(const struct dtype *d)
{
	return (struct ay_array_column){ .kind = d->kind, .size = d->size > UINT32_MAX ? UINT32_MAX : (uint32_t)d->size, .unit = d->unit,
					 .swap = d->order == '>' };
}

static void note_field(struct parser *p, struct ay_cursor name, uint64_t at, const struct dtype *d)
{
	struct fields *f = p->fields;
	size_t len = (size_t)name.left;

	if (f->n >= FIELDS || !len || len >= FIELD_NAME) {
		f->n = FIELDS + 1;
		return;
	}
	ay_cursor_copy(&name, f->names[f->n], len);
	f->names[f->n][len] = 0;
	f->v[f->n] = column_of(d);
	f->v[f->n].name = f->names[f->n];
	f->v[f->n].at = at;
	f->n++;
}

static struct dtype take_struct(struct parser *p)
{
	struct dtype d = { 0 };

	while (!p->c.err && !accept(p, "]")) {
		struct ay_cursor name;
		struct dtype field = take_field(p, &name);

		if (p->depth == 1)
			note_field(p, name, d.size, &field);
		d.objects = d.objects || field.objects;
		if (ay_ckd_add_u64(d.size, field.size, &d.size))
			fail(p);
		if (!accept(p, ",") && (skip_space(p), ay_cursor_peek(&p->c, 0) != ']'))
			fail(p);
	}
	return d;
}

/* Recursion is bounded by MAX_DEPTH. */
static struct dtype take_dtype(struct parser *p)
{
	struct dtype d = { 0 };

	if (++p->depth > MAX_DEPTH) {
		fail(p);
	} else if (accept(p, "[")) {
		d = take_struct(p);
	} else if (accept(p, "(")) {
		d = take_dtype(p);
		expect(p, ",");
		repeat(p, &d);
		accept(p, ",");
		expect(p, ")");
	} else {
		d = take_scalar(p);
	}
	p->depth--;
	return d;
}

static bool take_bool(struct parser *p)
{
	skip_space(p);
	if (ay_cursor_accept(&p->c, "True", 4))
		return true;
	if (!ay_cursor_accept(&p->c, "False", 5))
		fail(p);
	return false;
}

/* The whole dict. a->bytes is the length of the data when there are no objects. */
static int take_header(struct parser *p, struct array *a)
{
	enum { DESCR = 1, ORDER = 2, SHAPE = 4 };
	uint64_t count = 0;
	unsigned seen = 0;

	expect(p, "{");
	while (!p->c.err && !accept(p, "}")) {
		struct ay_cursor key = take_string(p);
		unsigned which = ay_cursor_accept(&key, "descr", 5) ? DESCR : ay_cursor_accept(&key, "fortran_order", 13) ? ORDER :
				 ay_cursor_accept(&key, "shape", 5) ? SHAPE : 0;

		if (ay_cursor_end(&key) < 0 || which == 0 || (seen & which))
			fail(p);
		seen |= which;
		expect(p, ":");
		if (which == DESCR)
			a->item = take_dtype(p);
		else if (which == ORDER)
			a->columns = take_bool(p);
		else if (which == SHAPE)
			count = take_shape(p, a);
		if (!accept(p, ",") && (skip_space(p), ay_cursor_peek(&p->c, 0) != '}'))
			fail(p);
	}
	skip_space(p);
	ay_cursor_accept(&p->c, "\n", 1);
	if (seen != (DESCR | ORDER | SHAPE) || ay_ckd_mul_u64(a->item.size, count, &a->bytes))
		fail(p);
	return ay_cursor_end(&p->c);
}

static unsigned bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, MAGIC, 6) ? 48 : 0;
}

static int scan_objects(struct ay_scan *s, struct ay_source *in, uint64_t off)
{
	struct ay_source_window w;
	struct ay_source pickle;
	int rc = ay_source_sub(in, off, in->size - off, &w, &pickle);

	return rc < 0 ? rc : ay_scan_member_in(s, "objects", &pickle, "pickle");
}

static enum ay_dtype dtype_of(const struct dtype *d)
{
	static const struct { uint8_t kind, size, dtype; } types[] = {
		{ 'b', 1, AY_DTYPE_BOOL }, { 'u', 1, AY_DTYPE_U8 }, { 'i', 1, AY_DTYPE_I8 }, { 'u', 2, AY_DTYPE_U16 }, { 'i', 2, AY_DTYPE_I16 },
		{ 'f', 2, AY_DTYPE_F16 }, { 'u', 4, AY_DTYPE_U32 }, { 'i', 4, AY_DTYPE_I32 }, { 'f', 4, AY_DTYPE_F32 },
		{ 'u', 8, AY_DTYPE_U64 }, { 'i', 8, AY_DTYPE_I64 }, { 'f', 8, AY_DTYPE_F64 },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(types); i++)
		if (types[i].kind == d->kind && types[i].size == d->size)
			return (enum ay_dtype)types[i].dtype;
	return AY_DTYPE_NONE;
}

/* The key that an archive gives the array, or the file's name. */
static void array_name(struct ay_scan *s, char *out, size_t size)
{
	const char *member = ay_scan_member(s), *inner = ay_scan_depth(s) > 1 ? strchr(member, '!') : NULL;

	/* Of an archive inside of a model's archive, the key alone. */
	member = inner ? inner + 1 : member;
	size_t len = strlen(member);

	if (*member)
		snprintf(out, size, "%.*s", (int)(len > 4 ? len - 4 : len), member);
	else
		ay_scan_inner_name(s, out, size);
}

static int extract(struct ay_scan *s, struct ay_source *in, uint64_t off, const struct array *a)
{
	struct ay_layout l = { .dtype = dtype_of(&a->item), .swap = a->item.order == '>', .dims = (uint8_t)a->dims };
	char name[AY_LIMIT_PATH + 8];
	struct ay_source_window w;
	struct ay_source data;

	array_name(s, name, sizeof(name));
	if (!a->item.kind || strchr("SUVMmO", a->item.kind)) {
		ay_extract_leave_out(s, name, "an array of texts, dates, structures or objects");
		return 0;
	}
	if (l.dtype == AY_DTYPE_NONE || a->dims > AY_LIMIT_TENSOR_DIMS) {
		ay_extract_refuse(s, off, "%s has type %c%u or more dimensions than safetensors can represent", name, a->item.kind,
				  (unsigned)a->item.size);
		return 0;
	}
	for (unsigned i = 0; i < a->dims; i++)
		l.shape[i] = a->shape[i];
	if (!ay_layout_dense(&l, a->columns) || ay_source_sub(in, off, a->bytes, &w, &data) < 0) {
		ay_extract_refuse(s, off, "the items of %s cannot be counted", name);
		return 0;
	}
	return ay_extract_tensor(s, name, &l, &data);
}

/* Why it is no table that can be read; NULL: it is one. */
static const char *why_no_table(const struct array *a, const struct fields *f)
{
	struct ay_array_column item = column_of(&a->item);
	uint64_t columns = a->dims == 2 ? a->shape[1] : 1;

	if (a->item.objects)
		return "holds Python objects";
	if (f->n > FIELDS)
		return "has more than 256 fields, or names of more than 63 bytes";
	for (size_t i = 0; i < f->n; i++)
		if (!ay_array_reads(&f->v[i]))
			return "has fields that are no numbers, texts or dates";
	if (f->n && a->dims != 1)
		return "has fields and not one dimension";
	if (a->dims < 1 || a->dims > 2)
		return "has not one or two dimensions";
	if (!f->n && !ay_array_reads(&item))
		return "has items that are no numbers, texts or dates";
	if (!columns || columns > AY_ARRAY_COLUMNS)
		return "has no columns or more than 4096";
	return columns * a->item.size > AY_ARRAY_ROW ? "has rows of more than a MiB" : NULL;
}

/* In Fortran order each column is a part, else all are one. */
static void lay_out(const struct array *a, uint64_t off, const struct fields *f, struct ay_array_table *t)
{
	struct ay_array_column item = column_of(&a->item);
	bool apart = t->part_count > 1;

	for (size_t i = 0; i < t->count && !f->n; i++) {
		t->columns[i] = item;
		t->columns[i].at = apart ? 0 : i * a->item.size;
	}
	for (size_t i = 0; i < t->part_count; i++) {
		t->parts[i].off = off + i * t->rows * a->item.size;
		t->parts[i].stride = apart || f->n ? a->item.size : t->count * a->item.size;
		t->parts[i].first = i;
		t->parts[i].count = apart ? 1 : t->count;
	}
}

static int judge_table(struct ay_scan *s, struct ay_source *in, uint64_t off, const struct array *a, struct fields *f)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct ay_array_table t = { .rows = a->shape[0], .count = f->n ? f->n : a->dims == 2 ? (size_t)a->shape[1] : 1 };
	const char *why = why_no_table(a, f);
	int rc = AY_ELIMIT;

	if (why) {
		ay_array_refuse(s, "%s", why);
		return 0;
	}
	t.part_count = a->columns && a->dims == 2 && t.rows > 1 ? t.count : 1;
	t.in_file = t.part_count == 1;
	t.parts = ay_budget_alloc(b, t.part_count * sizeof(*t.parts));
	t.columns = f->n ? f->v : ay_budget_alloc(b, t.count * sizeof(*t.columns));
	if (t.parts && t.columns) {
		lay_out(a, off, f, &t);
		for (size_t i = 0; i < t.part_count; i++)
			t.parts[i].in = in;
		rc = ay_array_judge(s, &t);
	} else {
		ay_scan_find(s, "limit.memory", AY_NO_OFFSET, "no memory left for the columns of an array");
	}
	ay_budget_free(b, t.parts);
	if (!f->n)
		ay_budget_free(b, t.columns);
	return rc;
}

static int scan_array(struct ay_scan *s, struct ay_source *in, uint64_t off, struct ay_cursor header)
{
	struct fields fields = { .n = 0 };
	struct parser p = { .c = header, .fields = &fields };
	struct array a = { .bytes = 0 };
	uint64_t data_off = off + header.left;

	if (take_header(&p, &a) < 0) {
		ay_scan_find(s, "npy.malformed", off, "the header is not one that NumPy writes");
		return 0;
	}
	int rc = ay_shape_judge(s, ay_shape_dtype((char)a.item.kind, a.item.kind == 'U' ? 0 : a.item.size), a.shape, a.dims);

	if (rc)
		return rc;
	if (a.item.objects && ay_scan_extract(s))
		return extract(s, in, data_off, &a);
	if (a.item.objects) {
		ay_array_refuse(s, "%s", why_no_table(&a, &fields));
		return scan_objects(s, in, data_off);
	}
	if (in->size - data_off < a.bytes)
		ay_scan_find(s, "npy.truncated", data_off, "type and shape ask for %" PRIu64 " bytes and %" PRIu64 " are there", a.bytes,
			     in->size - data_off);
	else if (in->size - data_off > a.bytes)
		ay_scan_find(s, "npy.trailing", data_off + a.bytes, "type and shape ask for %" PRIu64 " bytes and %" PRIu64 " are there",
			     a.bytes, in->size - data_off);
	else if (ay_scan_extract(s))
		return extract(s, in, data_off, &a);
	else
		return judge_table(s, in, data_off, &a, &fields);
	return 0;
}

static int scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_buf prefix = ay_buf_new(PREFIX_SIZE), header = ay_buf_new(AY_LIMIT_NPY_HEADER);
	uint8_t major = 0, minor = 0;
	struct ay_cursor c;
	uint64_t off, len;
	int rc = ay_source_load(in, 0, in->size < PREFIX_SIZE ? (size_t)in->size : PREFIX_SIZE, &prefix, &c);

	if (rc < 0)
		goto out;
	if (!ay_cursor_accept(&c, MAGIC, 6)) {
		ay_scan_find(s, "npy.malformed", 0, "this is no NumPy array");
		goto out;
	}
	major = ay_cursor_u8(&c);
	minor = ay_cursor_u8(&c);
	len = major == 1 ? ay_cursor_le16(&c) : ay_cursor_le32(&c);
	off = c.off;
	if (c.err)
		ay_scan_find(s, "npy.truncated", 0, "the header is cut");
	else if (major < 1 || major > 3 || minor != 0)
		ay_scan_find(s, "format.unsupported", 6, "NumPy format version %d.%d is not known", major, minor);
	else if (len > AY_LIMIT_NPY_HEADER)
		ay_scan_find(s, "npy.malformed", 8, "the header has %" PRIu64 " bytes; at most %d are read", len, AY_LIMIT_NPY_HEADER);
	else if (ay_source_load(in, off, (size_t)len, &header, &c) < 0)
		ay_scan_find(s, "npy.truncated", off, "the header is cut");
	else
		rc = scan_array(s, in, off, c);
out:
	ay_buf_free(&prefix);
	ay_buf_free(&header);
	return rc;
}

const struct ay_scanner ay_scanner_npy = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_CONTAINER, .name = "npy", .version = 4, .bid = bid, .scan = scan,
};
