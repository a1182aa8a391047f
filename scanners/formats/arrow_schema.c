/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of Arrow IPC: fields with their children, in the order in which batches hold their nodes and buffers. */
#include <stdarg.h>

#include "assay/text.h"
#include "scanners/formats/arrow.h"
#include "scanners/formats/bytes.h"

#define MAX_DEPTH 64
#define MAX_DICTIONARIES 4096

/* Fields of the tables. */
enum { SCHEMA_ENDIANNESS, SCHEMA_FIELDS };
enum { FIELD_NAME, FIELD_NULLABLE, FIELD_TYPE_TYPE, FIELD_TYPE, FIELD_DICTIONARY, FIELD_CHILDREN };
enum { DICT_ID, DICT_INDEX };

enum {
	T_NULL = 1, T_INT, T_FLOAT, T_BINARY, T_UTF8, T_BOOL, T_DECIMAL, T_DATE, T_TIME, T_TIMESTAMP, T_INTERVAL, T_LIST, T_STRUCT, T_UNION,
	T_FIXED_BINARY, T_FIXED_LIST, T_MAP, T_DURATION, T_LARGE_BINARY, T_LARGE_UTF8, T_LARGE_LIST, T_RUNS, T_BINARY_VIEW, T_UTF8_VIEW
};

/* Where a field stands in the tree. */
struct place {
	const char *path;            /* of the parent, "" at the top */
	unsigned depth;
	bool repeated;
	size_t list_len;
};

int ay_arrow_refuse(struct ay_arrow *r, const char *rule, const char *fmt, ...)
{
	struct ay_finding f = {.rule = rule, .off = r->off};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f.message, sizeof(f.message), fmt, ap);
	va_end(ap);
	ay_scan_find_full(r->scan, &f);
	r->reported = true;
	return AY_EFORMAT;
}

int ay_arrow_flat_error(struct ay_arrow *r, const struct ay_flat *f)
{
	if (f->err == AY_EFORMAT || f->err == AY_ETRUNC)
		return ay_arrow_refuse(r, "arrow.malformed", "the message at this place: %s", f->why);
	return f->err;
}

uint64_t ay_arrow_long(struct ay_flat *f, uint64_t at)
{
	uint64_t low = ay_flat_number(f, at, 4);

	return low | ay_flat_number(f, at + 4, 4) << 32;
}

static struct ay_arrow_node *add_node(struct ay_arrow *r)
{
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct ay_arrow_node *fresh = room <= AY_LIMIT_ARROW_COLUMNS ? ay_budget_realloc(r->budget, r->nodes, room * sizeof(*fresh)) : NULL;

		if (!fresh)
			return NULL;
		r->nodes = fresh;
		r->room = room;
	}
	r->nodes[r->count] = (struct ay_arrow_node){.kind = AY_ARROW_NULL, .index = (uint32_t)r->count};
	return &r->nodes[r->count++];
}

/* parent.name, as an allocation of the budget. */
static int path_of(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *t, const char *parent, char **out)
{
	struct ay_flat_vector v = ay_flat_list(f, t, FIELD_NAME, 1);
	size_t before = strlen(parent), dot = before ? 1 : 0;
	struct ay_cursor name;
	int rc;

	if (f->err)
		return ay_arrow_flat_error(r, f);
	if (v.count > AY_LIMIT_PATH || before > AY_LIMIT_PATH)
		return ay_arrow_refuse(r, "arrow.malformed", "the name of a column is too long");
	char *path = *out = ay_budget_alloc(r->budget, before + dot + v.count + 1);

	if (!path)
		return AY_ELIMIT;
	snprintf(path, before + dot + 1, "%s%s", parent, dot ? "." : "");
	rc = v.count ? ay_source_read_full(f->in, v.at, path + before + dot, v.count) : 0;
	path[before + dot + v.count] = 0;
	name = ay_cursor_of(path, before + dot + v.count, 0);
	if (!rc && (ay_bytes_find(&name, 0) < name.left || ay_bytes_find_bad_utf8(&name) < name.left))
		return ay_arrow_refuse(r, "arrow.malformed", "the name of a column is not UTF-8 or has a zero byte");
	return rc;
}

/* ---- types ---- */

static void set_fixed(struct ay_arrow_node *n, enum ay_column_type type, size_t width)
{
	n->kind = AY_ARROW_FIXED;
	n->type = type;
	n->width = width;
}

static bool set_int(struct ay_arrow_node *n, struct ay_flat *f, const struct ay_flat_table *t)
{
	uint64_t bits = ay_flat_scalar(f, t, 0, 4, 0);

	n->is_signed = ay_flat_scalar(f, t, 1, 1, 0) != 0;
	set_fixed(n, n->is_signed ? AY_COLUMN_INTEGER : AY_COLUMN_UNSIGNED, (size_t)(bits / 8));
	return bits == 8 || bits == 16 || bits == 32 || bits == 64;
}

static bool set_decimal(struct ay_arrow_node *n, struct ay_flat *f, const struct ay_flat_table *t)
{
	uint64_t bits = ay_flat_scalar(f, t, 2, 4, 128), precision = ay_flat_scalar(f, t, 0, 4, 0);
	int32_t scale = (int32_t)(uint32_t)ay_flat_scalar(f, t, 1, 4, 0);

	set_fixed(n, AY_COLUMN_DECIMAL, (size_t)(bits / 8));
	n->is_signed = true;
	n->precision = (unsigned)precision;
	n->is_real = precision > 18;
	n->scale = scale > 0 ? (unsigned)scale : 0;
	return (bits == 32 || bits == 64 || bits == 128 || bits == 256) && precision > 0 && precision <= 76 && scale >= 0 && scale <= 76;
}

/* SECOND, MILLISECOND, MICROSECOND, NANOSECOND. */
static bool set_time(struct ay_arrow_node *n, enum ay_column_type type, uint64_t unit, uint64_t bits)
{
	set_fixed(n, type, (size_t)(bits / 8));
	n->is_signed = true;
	n->scale = unit <= 3 ? 3 * (unsigned)unit : 0;
	return unit <= 3 && (bits == 64 || (bits == 32 && unit <= 1));
}

/* The numbers among the types. False when the options are none that there are. */
static bool set_number(struct ay_arrow_node *n, unsigned type, struct ay_flat *f, const struct ay_flat_table *t)
{
	static const uint8_t intervals[] = {4, 8, 16};
	uint64_t unit;

	switch (type) {
	case T_INT: return set_int(n, f, t);
	case T_DECIMAL: return set_decimal(n, f, t);
	case T_FLOAT:
		unit = ay_flat_scalar(f, t, 0, 2, 0);
		set_fixed(n, AY_COLUMN_NUMBER, unit <= 2 ? 2u << unit : 0);
		n->is_real = true;
		return unit <= 2;
	case T_DATE:
		unit = ay_flat_scalar(f, t, 0, 2, 1);
		n->is_signed = true;
		set_fixed(n, unit ? AY_COLUMN_TIMESTAMP : AY_COLUMN_DATE, unit ? 8 : 4);
		n->scale = unit ? 3 : 0;
		return unit <= 1;
	case T_TIME: return set_time(n, AY_COLUMN_TIME, ay_flat_scalar(f, t, 0, 2, 1), ay_flat_scalar(f, t, 1, 4, 32));
	case T_TIMESTAMP: return set_time(n, AY_COLUMN_TIMESTAMP, ay_flat_scalar(f, t, 0, 2, 0), 64);
	case T_DURATION: return set_time(n, AY_COLUMN_INTEGER, ay_flat_scalar(f, t, 0, 2, 1), 64);
	default:
		unit = ay_flat_scalar(f, t, 0, 2, 0);
		set_fixed(n, AY_COLUMN_BYTES, unit <= 2 ? intervals[unit] : 0);
		return unit <= 2;
	}
}

static void set_bytes(struct ay_arrow_node *n, enum ay_arrow_kind kind, size_t width, bool text)
{
	n->kind = kind;
	n->width = width;
	n->is_text = text;
	n->type = text ? AY_COLUMN_TEXT : AY_COLUMN_BYTES;
}

/* 0; AY_EFORMAT: impossible options; AY_EUNSUPPORTED: a type that is not judged. */
static int set_type(struct ay_arrow_node *n, unsigned type, struct ay_flat *f, const struct ay_flat_table *t)
{
	uint64_t size = 0;

	switch (type) {
	case T_NULL:
		n->type = AY_COLUMN_NULL;
		return 0;
	case T_BOOL:
		n->kind = AY_ARROW_BITS;
		n->type = AY_COLUMN_BOOLEAN;
		return 0;
	case T_BINARY: set_bytes(n, AY_ARROW_BYTES, 4, false); return 0;
	case T_UTF8: set_bytes(n, AY_ARROW_BYTES, 4, true); return 0;
	case T_LARGE_BINARY: set_bytes(n, AY_ARROW_BYTES, 8, false); return 0;
	case T_LARGE_UTF8: set_bytes(n, AY_ARROW_BYTES, 8, true); return 0;
	case T_BINARY_VIEW: set_bytes(n, AY_ARROW_VIEWS, 16, false); return 0;
	case T_UTF8_VIEW: set_bytes(n, AY_ARROW_VIEWS, 16, true); return 0;
	case T_LIST: case T_MAP: set_bytes(n, AY_ARROW_LIST, 4, false); return 0;
	case T_LARGE_LIST: set_bytes(n, AY_ARROW_LIST, 8, false); return 0;
	case T_STRUCT: n->kind = AY_ARROW_STRUCT; return 0;
	case T_FIXED_BINARY: case T_FIXED_LIST:
		size = ay_flat_scalar(f, t, 0, 4, 0);
		set_fixed(n, AY_COLUMN_BYTES, (size_t)size);
		n->kind = type == T_FIXED_LIST ? AY_ARROW_FIXED_LIST : AY_ARROW_FIXED;
		return size <= (1 << 24) && (size > 0 || type == T_FIXED_LIST) ? 0 : AY_EFORMAT;
	case T_UNION: case T_RUNS: return AY_EUNSUPPORTED;
	default:
		if (type == 0 || type > T_UTF8_VIEW)
			return AY_EUNSUPPORTED;
		return set_number(n, type, f, t) ? 0 : AY_EFORMAT;
	}
}

/* ---- dictionaries ---- */

/* The node becomes one of indexes; what it was becomes the value. */
static int make_dictionary(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *d, struct ay_arrow_node *n)
{
	struct ay_flat_table index = ay_flat_sub(f, d, DICT_INDEX);
	struct ay_arrow_dict *fresh, made = {.id = (int64_t)ay_flat_scalar(f, d, DICT_ID, 8, 0), .value = *n};
	char *path = n->path;
	size_t i = 0;

	if (f->err)
		return ay_arrow_flat_error(r, f);
	if (n->kind == AY_ARROW_LIST || n->kind == AY_ARROW_FIXED_LIST || n->kind == AY_ARROW_STRUCT || n->kind == AY_ARROW_NULL)
		return ay_arrow_refuse(r, "format.unsupported", "an Arrow table with a dictionary of lists, which is not judged");
	while (i < r->dict_count && r->dicts[i].id != made.id)
		i++;
	if (i == r->dict_count) {
		fresh = i < MAX_DICTIONARIES ? ay_budget_realloc(r->budget, r->dicts, (i + 1) * sizeof(*fresh)) : NULL;
		if (!fresh)
			return AY_ELIMIT;
		r->dicts = fresh;
		made.value.path = NULL;
		r->dicts[r->dict_count++] = made;
	} else if (r->dicts[i].value.kind != n->kind || r->dicts[i].value.width != n->width || r->dicts[i].value.type != n->type) {
		return ay_arrow_refuse(r, "arrow.malformed", "two columns of different types refer to the same dictionary");
	}
	*n = (struct ay_arrow_node){.path = path, .index = n->index, .repeated = n->repeated, .list_len = n->list_len, .dict = (uint32_t)i + 1};
	/* Without a type they are signed ones of 32 bits. */
	n->is_signed = true;
	set_fixed(n, AY_COLUMN_INTEGER, 4);
	if (index.at && !set_int(n, f, &index))
		return ay_arrow_refuse(r, "arrow.malformed", "the indexes into a dictionary are no whole numbers");
	n->type = made.value.type;
	n->scale = made.value.scale;
	return 0;
}

/* ---- tree ---- */

static int read_field(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *t, struct place at);

static int read_children(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *t, size_t parent, struct place at)
{
	struct ay_flat_vector v = ay_flat_list(f, t, FIELD_CHILDREN, 4);
	enum ay_arrow_kind kind = r->nodes[parent].kind;
	bool list = kind == AY_ARROW_LIST || kind == AY_ARROW_FIXED_LIST;
	int rc = 0;

	if (f->err)
		return ay_arrow_flat_error(r, f);
	if (list ? v.count != 1 : kind != AY_ARROW_STRUCT && v.count > 0)
		return ay_arrow_refuse(r, "arrow.malformed", "a column has another number of children than its type");
	at.path = r->nodes[parent].path;
	if (list && !at.repeated)
		at.list_len = strlen(at.path);
	at.repeated |= list;
	at.depth++;
	for (uint32_t i = 0; i < v.count && !rc; i++) {
		struct ay_flat_table child = ay_flat_at(f, &v, i);

		rc = f->err ? ay_arrow_flat_error(r, f) : read_field(r, f, &child, at);
	}
	return rc;
}

static int read_field(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *t, struct place at)
{
	struct ay_arrow_node *n = at.depth < MAX_DEPTH ? add_node(r) : NULL;
	size_t i = r->count - 1;
	unsigned type = (unsigned)ay_flat_scalar(f, t, FIELD_TYPE_TYPE, 1, 0);
	struct ay_flat_table body = ay_flat_sub(f, t, FIELD_TYPE), dict = ay_flat_sub(f, t, FIELD_DICTIONARY);
	int rc;

	if (!n)
		return at.depth < MAX_DEPTH ? AY_ELIMIT : ay_arrow_refuse(r, "arrow.malformed", "columns are nested too deeply");
	n->repeated = at.repeated;
	n->list_len = at.list_len;
	rc = path_of(r, f, t, at.path, &n->path);
	if (rc)
		return rc;
	rc = body.at ? set_type(n, type, f, &body) : AY_EFORMAT;
	if (f->err)
		return ay_arrow_flat_error(r, f);
	if (rc == AY_EUNSUPPORTED)
		return ay_arrow_refuse(r, "format.unsupported", "an Arrow table with a column of type %u (union, runs or newer), which is not judged", type);
	if (rc)
		return ay_arrow_refuse(r, "arrow.malformed", "a column has no type, or one with impossible options");
	if (dict.at && (rc = make_dictionary(r, f, &dict, n)) < 0)
		return rc;
	rc = read_children(r, f, t, i, at);
	r->nodes[i].end = (uint32_t)r->count;
	return rc;
}

static int by_path(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Readers choose differently between two columns of one name. */
static int check_names(struct ay_arrow *r)
{
	const char **sorted = ay_budget_alloc(r->budget, (r->count + 1) * sizeof(*sorted));
	char name[128];
	int rc = 0;

	if (!sorted)
		return AY_ELIMIT;
	for (size_t i = 0; i < r->count; i++)
		sorted[i] = r->nodes[i].path;
	qsort(sorted, r->count, sizeof(*sorted), by_path);
	for (size_t i = 1; i < r->count && !rc; i++)
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			rc = ay_arrow_refuse(r, "arrow.malformed", "two columns are named %s", ay_escape_str(name, sizeof(name), sorted[i]));
	ay_budget_free(r->budget, sorted);
	return rc;
}

int ay_arrow_schema_read(struct ay_arrow *r, struct ay_flat *f, const struct ay_flat_table *t)
{
	struct ay_flat_vector v = ay_flat_list(f, t, SCHEMA_FIELDS, 4);
	uint64_t endianness = ay_flat_scalar(f, t, SCHEMA_ENDIANNESS, 2, 0);
	int rc = 0;

	if (!f->err && endianness != 0)
		return ay_arrow_refuse(r, "format.unsupported", "an Arrow table with big-endian numbers, which is not judged");
	for (uint32_t i = 0; i < v.count && !rc && !f->err; i++) {
		struct ay_flat_table field = ay_flat_at(f, &v, i);

		if (!f->err)
			rc = read_field(r, f, &field, (struct place){.path = ""});
	}
	if (f->err)
		return r->reported ? AY_EFORMAT : ay_arrow_flat_error(r, f);
	r->has_schema = true;
	return rc ? rc : check_names(r);
}

bool ay_arrow_schema_same(const struct ay_arrow *a, const struct ay_arrow *b)
{
	if (a->count != b->count || a->dict_count != b->dict_count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct ay_arrow_node *x = &a->nodes[i], *y = &b->nodes[i];

		if (strcmp(x->path, y->path) != 0 || x->kind != y->kind || x->width != y->width || x->end != y->end || x->type != y->type ||
		    x->scale != y->scale || x->precision != y->precision || x->is_signed != y->is_signed || x->dict != y->dict)
			return false;
	}
	for (size_t i = 0; i < a->dict_count; i++)
		if (a->dicts[i].id != b->dicts[i].id || a->dicts[i].value.kind != b->dicts[i].value.kind ||
		    a->dicts[i].value.width != b->dicts[i].value.width || a->dicts[i].value.type != b->dicts[i].value.type)
			return false;
	return true;
}

void ay_arrow_schema_free(struct ay_arrow *r)
{
	for (size_t i = 0; i < r->count; i++)
		ay_budget_free(r->budget, r->nodes[i].path);
	for (size_t i = 0; i < r->dict_count; i++) {
		ay_budget_free(r->budget, r->dicts[i].raw);
		ay_budget_free(r->budget, r->dicts[i].nulls);
		ay_budget_free(r->budget, r->dicts[i].bytes);
	}
	ay_budget_free(r->budget, r->nodes);
	ay_budget_free(r->budget, r->dicts);
}
