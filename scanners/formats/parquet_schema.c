/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of a Parquet file: a tree, written with the parent before its children, flattened into its leaves. */
#include "scanners/formats/parquet.h"

#include "assay/text.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/thrift.h"

#define MAX_DEPTH 64

enum { REQUIRED, OPTIONAL, REPEATED };

/* One element as it is written. */
struct element {
	struct ay_cursor name;
	int32_t type, width, repetition, children, converted, scale, precision;
	unsigned logical;            /* field of the union; 0: none */
	unsigned unit, bits;         /* of it */
	bool is_signed;
};

/* A group whose children are being read. */
struct level {
	int32_t left;
	size_t path_len, list_len;
	unsigned def, rep, list_def;
};

struct tree {
	struct ay_pq *r;
	struct ay_buf path;
	struct level levels[MAX_DEPTH];
	unsigned depth;
	size_t room;
};

/* MILLIS, MICROS, NANOS are the fields 1, 2, 3 of the union. */
static unsigned read_unit(struct ay_cursor *c, struct ay_budget *b, const struct ay_thrift_field *f)
{
	struct ay_thrift_field u = {.id = 0};
	unsigned unit = 0;

	ay_thrift_struct(c, f);
	while (ay_thrift_next(c, &u)) {
		unit = 3u * (unsigned)u.id;
		ay_thrift_skip(c, b, &u);
	}
	if (unit != 3 && unit != 6 && unit != 9)
		ay_cursor_fail(c, AY_EFORMAT);
	return unit;
}

/* The one member of the union: its number, and what the types with options say. */
static void read_logical(struct ay_cursor *c, struct ay_budget *b, struct element *e)
{
	struct ay_thrift_field f = {.id = 0}, in;

	while (ay_thrift_next(c, &f)) {
		if (e->logical)
			ay_cursor_fail(c, AY_EFORMAT);
		e->logical = (unsigned)f.id;
		ay_thrift_struct(c, &f);
		for (in = (struct ay_thrift_field){.id = 0}; ay_thrift_next(c, &in);) {
			if (f.id == 5 && in.id == 1)
				e->scale = ay_thrift_i32(c, &in);
			else if (f.id == 5 && in.id == 2)
				e->precision = ay_thrift_i32(c, &in);
			else if ((f.id == 7 || f.id == 8) && in.id == 2)
				e->unit = read_unit(c, b, &in);
			else if (f.id == 10 && in.id == 1 && in.type == AY_THRIFT_I8)
				e->bits = ay_cursor_u8(c);
			else if (f.id == 10 && in.id == 2)
				e->is_signed = ay_thrift_bool(c, &in);
			else
				ay_thrift_skip(c, b, &in);
		}
	}
}

static void read_element(struct ay_cursor *c, struct ay_budget *b, struct element *e)
{
	struct ay_thrift_field f = {.id = 0};

	*e = (struct element){.type = -1, .width = -1, .repetition = -1, .children = -1, .converted = -1};
	while (ay_thrift_next(c, &f)) {
		switch (f.id) {
		case 1: e->type = ay_thrift_i32(c, &f); break;
		case 2: e->width = ay_thrift_i32(c, &f); break;
		case 3: e->repetition = ay_thrift_i32(c, &f); break;
		case 4: e->name = ay_thrift_binary(c, &f); break;
		case 5: e->children = ay_thrift_i32(c, &f); break;
		case 6: e->converted = ay_thrift_i32(c, &f); break;
		case 7: e->scale = ay_thrift_i32(c, &f); break;
		case 8: e->precision = ay_thrift_i32(c, &f); break;
		case 10:
			ay_thrift_struct(c, &f);
			read_logical(c, b, e);
			break;
		default: ay_thrift_skip(c, b, &f);
		}
	}
}

/* ---- meaning ---- */

/* The older names of the same types; they count only where no logical type stands. */
static void from_converted(struct element *e)
{
	static const uint8_t logical[] = {1, 2, 0, 3, 4, 5, 6, 7, 7, 8, 8, 10, 10, 10, 10, 10, 10, 10, 10, 12, 13, 0};

	if (e->logical || e->converted < 0 || (size_t)e->converted >= sizeof(logical))
		return;
	e->logical = logical[e->converted];
	if (e->logical == 7 || e->logical == 8)
		e->unit = e->converted == 7 || e->converted == 9 ? 3 : 6;
	if (e->logical == 10) {
		e->bits = 8u << ((e->converted - 11) & 3);
		e->is_signed = e->converted >= 15;
	}
}

static bool decimal_fits(const struct element *e)
{
	return e->precision > 0 && e->scale >= 0 && e->scale <= e->precision && e->precision <= 1000 &&
	       (e->type == AY_PQ_BYTES || e->type == AY_PQ_FIXED || (e->type == AY_PQ_INT32 && e->precision <= 9) ||
		(e->type == AY_PQ_INT64 && e->precision <= 18));
}

/* AY_EFORMAT when the logical type does not go with the stored one, AY_EUNSUPPORTED when nobody knows it. */
static int find_meaning(const struct element *e, struct ay_pq_leaf *leaf)
{
	bool ok = true;

	leaf->scale = e->type == AY_PQ_INT96 ? 6 : e->unit;
	switch (e->logical) {
	case 0: break;
	case 1: case 4: case 12:
		leaf->logical = AY_PQ_TEXT;
		ok = e->type == AY_PQ_BYTES || (e->logical == 4 && e->type == AY_PQ_FIXED);
		break;
	case 5:
		leaf->logical = AY_PQ_DECIMAL;
		leaf->scale = (unsigned)e->scale;
		leaf->precision = (unsigned)e->precision;
		ok = decimal_fits(e);
		break;
	case 6: leaf->logical = AY_PQ_DATE; ok = e->type == AY_PQ_INT32; break;
	case 7: leaf->logical = AY_PQ_TIME; ok = e->type == (e->unit == 3 ? AY_PQ_INT32 : AY_PQ_INT64); break;
	case 8: leaf->logical = AY_PQ_TIMESTAMP; ok = e->type == AY_PQ_INT64 && e->unit; break;
	case 10:
		leaf->logical = AY_PQ_INT;
		leaf->bits = e->bits;
		leaf->is_signed = e->is_signed;
		ok = e->bits == 64 ? e->type == AY_PQ_INT64 : e->type == AY_PQ_INT32 && (e->bits == 8 || e->bits == 16 || e->bits == 32);
		break;
	case 11: leaf->logical = AY_PQ_NULL; break;
	case 13: case 17: case 18: ok = e->type == AY_PQ_BYTES; break;
	case 14: leaf->logical = AY_PQ_UUID; ok = e->type == AY_PQ_FIXED && e->width == 16; break;
	case 15: leaf->logical = AY_PQ_FLOAT16; ok = e->type == AY_PQ_FIXED && e->width == 2; break;
	default: return AY_EUNSUPPORTED;
	}
	return ok ? 0 : AY_EFORMAT;
}

static enum ay_pq_form form_of(const struct ay_pq_leaf *leaf)
{
	switch (leaf->type) {
	case AY_PQ_FLOAT: case AY_PQ_DOUBLE: return AY_PQ_AS_F64;
	case AY_PQ_BYTES: case AY_PQ_FIXED:
		if (leaf->logical == AY_PQ_DECIMAL)
			return leaf->precision <= 18 ? AY_PQ_AS_I64 : AY_PQ_AS_F64;
		return leaf->logical == AY_PQ_FLOAT16 ? AY_PQ_AS_F64 : AY_PQ_AS_BYTES;
	default: return AY_PQ_AS_I64;
	}
}

/* ---- tree ---- */

static int refuse(struct tree *t, struct ay_cursor *c, const char *why)
{
	char name[128];

	return ay_pq_refuse(t->r, "parquet.malformed", c->off, "schema: %s: %s", ay_escape_str(name, sizeof(name), ay_buf_str(&t->path)), why);
}

static int append_name(struct tree *t, struct ay_cursor *c, const struct element *e)
{
	struct ay_cursor name = e->name;

	if (ay_bytes_find_bad_utf8(&name) < name.left || ay_bytes_find(&name, 0) < name.left)
		return refuse(t, c, "the name of a column is not UTF-8 or has a zero byte");
	if (t->path.len > 0)
		ay_buf_addc(&t->path, '.');
	if (name.left > 0)
		ay_buf_add(&t->path, name.p, name.left);
	return t->path.err ? refuse(t, c, "the name of a column is too long") : 0;
}

static int add_leaf(struct tree *t, struct ay_cursor *c, const struct element *e, const struct level *at)
{
	struct ay_pq *r = t->r;
	struct ay_pq_leaf *leaf;
	int rc;

	if (r->leaf_count == t->room) {
		size_t room = t->room ? t->room * 2 : 64;
		struct ay_pq_leaf *fresh = room <= AY_LIMIT_PARQUET_COLUMNS ? ay_budget_realloc(r->budget, r->leaves, room * sizeof(*fresh)) : NULL;

		if (!fresh)
			return AY_ELIMIT;
		r->leaves = fresh;
		t->room = room;
	}
	leaf = &r->leaves[r->leaf_count];
	*leaf = (struct ay_pq_leaf){.type = (enum ay_pq_type)e->type, .width = e->width > 0 ? (size_t)e->width : 0, .max_def = at->def,
				    .max_rep = at->rep, .list_def = at->list_def, .list_len = at->list_len,
				    .path_len = t->path.len};
	if (e->type < 0 || e->type > AY_PQ_FIXED)
		return refuse(t, c, "the type is unknown");
	if (e->type == AY_PQ_FIXED && (e->width <= 0 || e->width > (1 << 24)))
		return refuse(t, c, "the width of a type of fixed width is not positive, or too large");
	rc = find_meaning(e, leaf);
	if (rc == AY_EUNSUPPORTED)
		return ay_pq_refuse(r, "format.unsupported", c->off, "a Parquet table with the logical type %u, which is not judged", e->logical);
	if (rc)
		return refuse(t, c, "the logical type does not go with the type that is stored");
	leaf->form = form_of(leaf);
	leaf->path = ay_budget_alloc(r->budget, t->path.len + 1);
	if (!leaf->path)
		return AY_ELIMIT;
	memcpy(leaf->path, ay_buf_str(&t->path), t->path.len + 1);    /* own: room just made */
	r->leaf_count++;
	return 0;
}

/* A list of three levels is named by its group, whose only child is what repeats; one of one level by itself. */
static size_t list_len(const struct tree *t, const struct level *up, const struct element *e)
{
	return up->path_len > 0 && up->left == 0 && e->type < 0 ? up->path_len : t->path.len;
}

/* One element below the innermost group that still lacks children. */
static int add_element(struct tree *t, struct ay_cursor *c, const struct element *e)
{
	struct level *up = &t->levels[t->depth - 1], at = *up;
	int rc;

	up->left--;
	if (e->repetition < REQUIRED || e->repetition > REPEATED)
		return refuse(t, c, "the repetition is not required, optional or repeated");
	at.def += e->repetition != REQUIRED;
	if (e->repetition == REPEATED) {
		at.rep++;
		at.list_def = at.def;
	}
	rc = append_name(t, c, e);
	if (at.rep == 1 && !up->rep)
		at.list_len = list_len(t, up, e);
	at.path_len = t->path.len;
	at.left = e->children;
	if (rc)
		return rc;
	if (e->type < 0 && e->children > 0) {
		if (t->depth == MAX_DEPTH)
			return refuse(t, c, "groups are nested too deeply");
		t->levels[t->depth++] = at;
	} else if (e->children > 0 || e->type < 0) {
		return refuse(t, c, "a column has children, or a group has none");
	} else {
		rc = add_leaf(t, c, e, &at);
	}
	while (t->depth > 0 && t->levels[t->depth - 1].left == 0)
		t->depth--;
	if (t->depth > 0) {
		t->path.len = t->levels[t->depth - 1].path_len;
		t->path.data[t->path.len] = 0;    /* own: the path is ours */
	}
	return rc;
}

static int by_path(const void *a, const void *b)
{
	const struct ay_pq_leaf *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* Readers choose differently between two columns of one name. */
static int check_names(struct ay_pq *r, uint64_t off)
{
	const struct ay_pq_leaf **sorted = ay_budget_alloc(r->budget, (r->leaf_count + 1) * sizeof(*sorted));
	char name[128];
	int rc = 0;

	if (!sorted)
		return AY_ELIMIT;
	for (size_t i = 0; i < r->leaf_count; i++)
		sorted[i] = &r->leaves[i];
	qsort(sorted, r->leaf_count, sizeof(*sorted), by_path);
	for (size_t i = 1; i < r->leaf_count && !rc; i++)
		if (strcmp(sorted[i - 1]->path, sorted[i]->path) == 0)
			rc = ay_pq_refuse(r, "parquet.malformed", off, "schema: two columns are named %s",
					  ay_escape_str(name, sizeof(name), sorted[i]->path));
	ay_budget_free(r->budget, sorted);
	return rc;
}

static int read_tree(struct tree *t, struct ay_cursor *c, uint32_t count)
{
	struct element e;
	int rc = 0;

	read_element(c, t->r->budget, &e);
	if (c->err || e.type >= 0 || e.children < 0)
		return refuse(t, c, "the first element is no group");
	t->levels[0] = (struct level){.left = e.children};
	t->depth = e.children > 0 ? 1 : 0;
	for (uint32_t i = 1; i < count && !rc; i++) {
		rc = ay_budget_tick(t->r->budget);
		if (rc)
			return rc;
		if (t->depth == 0)
			return refuse(t, c, "there are more elements than the groups have children");
		read_element(c, t->r->budget, &e);
		from_converted(&e);
		rc = c->err ? refuse(t, c, "an element is damaged") : add_element(t, c, &e);
	}
	return !rc && t->depth > 0 ? refuse(t, c, "a group has more children than there are elements") : rc;
}

int ay_pq_schema_read(struct ay_pq *r, struct ay_cursor c)
{
	struct tree t = {.r = r, .path = ay_buf_new(AY_LIMIT_PATH)};
	struct ay_thrift_field f = {.type = AY_THRIFT_LIST};
	uint64_t off = c.off;
	uint32_t count = ay_thrift_list(&c, &f, AY_THRIFT_STRUCT);
	int rc;

	/* The path has memory even when all names are empty. */
	if (!ay_buf_reserve(&t.path, 1))
		return AY_ELIMIT;
	ay_buf_grew(&t.path, 0);
	rc = count == 0 ? refuse(&t, &c, "there is none") : read_tree(&t, &c, count);
	if (!rc)
		rc = check_names(r, off);
	ay_buf_free(&t.path);
	return rc;
}

void ay_pq_schema_free(struct ay_pq *r)
{
	for (size_t i = 0; i < r->leaf_count; i++)
		ay_budget_free(r->budget, r->leaves[i].path);
	ay_budget_free(r->budget, r->leaves);
	r->leaves = NULL;
	r->leaf_count = 0;
}

enum ay_column_type ay_pq_column_type(const struct ay_pq_leaf *leaf)
{
	switch (leaf->logical) {
	case AY_PQ_TEXT: return AY_COLUMN_TEXT;
	case AY_PQ_DECIMAL: return AY_COLUMN_DECIMAL;
	case AY_PQ_DATE: return AY_COLUMN_DATE;
	case AY_PQ_TIME: return AY_COLUMN_TIME;
	case AY_PQ_TIMESTAMP: return AY_COLUMN_TIMESTAMP;
	case AY_PQ_NULL: return AY_COLUMN_NULL;
	case AY_PQ_INT: return leaf->is_signed ? AY_COLUMN_INTEGER : AY_COLUMN_UNSIGNED;
	default: break;
	}
	if (leaf->form == AY_PQ_AS_F64)
		return AY_COLUMN_NUMBER;
	if (leaf->form == AY_PQ_AS_BYTES)
		return AY_COLUMN_BYTES;
	return leaf->type == AY_PQ_BOOLEAN ? AY_COLUMN_BOOLEAN : leaf->type == AY_PQ_INT96 ? AY_COLUMN_TIMESTAMP : AY_COLUMN_INTEGER;
}
