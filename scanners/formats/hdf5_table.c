/* SPDX-License-Identifier: Apache-2.0 */
/* Datasets of HDF5 as columns of the file's one table, and against the shapes that a schema asks for. */
#include "assay/ckd.h"
#include "scanners/data/array_set.h"
#include "scanners/driver.h"
#include "scanners/formats/hdf5.h"

#define CHUNK_ROWS_MAX (32 * MIB)      /* bytes of the rows that one row of chunks holds */

static uint8_t kind_of(const struct ay_hdf5_array *a)
{
	static const struct { uint8_t size, exponent, mantissa; } ieee[] = {{2, 5, 10}, {4, 8, 23}, {8, 11, 52}};

	if (a->kind == AY_HDF5_TEXT)
		return 'S';
	if (a->kind == AY_HDF5_HEAPED)
		return 'O';
	if (a->kind == AY_HDF5_TRUTH)
		return 'b';
	if (a->kind == AY_HDF5_WHOLE)
		return a->is_signed ? 'i' : 'u';
	for (size_t i = 0; a->kind == AY_HDF5_REAL && i < AY_ARRAY_LEN(ieee); i++)
		if (ieee[i].size == a->size && ieee[i].exponent == a->exponent && ieee[i].mantissa == a->mantissa &&
		    a->bias == (1u << (a->exponent - 1)) - 1)
			return 'f';
	return 'V';
}

/* NULL: no memory left, or too many. */
static struct ay_hdf5_named *one_more(struct ay_budget *b, struct ay_hdf5_items *t)
{
	if (t->n == AY_ARRAY_COLUMNS)
		return NULL;
	if (t->n == t->room) {
		size_t room = t->room ? 2 * t->room : 8;
		void *fresh = ay_budget_realloc(b, t->v, room * sizeof(*t->v));

		if (!fresh)
			return NULL;
		t->v = fresh;
		t->room = room;
	}
	return &t->v[t->n++];
}

int ay_hdf5_item(struct ay_budget *b, struct ay_hdf5_items *t, const struct ay_hdf5_array *a, const char *name, size_t at, uint64_t several)
{
	for (uint64_t i = 0; i < (several ? several : 1); i++) {
		struct ay_hdf5_named *k = one_more(b, t);
		int len = 0;

		if (!k)
			return AY_ELIMIT;
		k->named = name != NULL;
		k->column = (struct ay_array_column){ .at = at + i * a->size, .size = (uint32_t)a->size, .kind = kind_of(a), .swap = a->big_endian,
						     .texts = a->kind == AY_HDF5_HEAPED ? t->texts : NULL };
		if (several)
			len = snprintf(k->name, sizeof(k->name), "%s.%llu", name ? name : "", (unsigned long long)i);
		else if (name)
			len = snprintf(k->name, sizeof(k->name), "%s", name);
		if (len >= (int)sizeof(k->name))
			k->column.kind = 'V';
	}
	return 0;
}

/* Why it is no table; NULL: it is one. */
static const char *why_no_table(const struct ay_hdf5_rows *d, const struct ay_hdf5_items *t)
{
	uint64_t columns = d->dims == 2 ? d->shape[1] : 1;

	if (d->dims < 1 || d->dims > 2)
		return "has not one or two dimensions";
	for (size_t i = 0; i < t->n; i++)
		if (!ay_array_reads(&t->v[i].column))
			return t->v[i].named ? "has fields that are no numbers or texts" : "has items that are no numbers or texts";
	if (d->dims == 2 && (t->n != 1 || t->v[0].named))
		return "has fields and two dimensions";
	if (!t->n || !columns || columns > AY_ARRAY_COLUMNS || columns * d->item > AY_ARRAY_ROW)
		return "has no columns, or more than are read";
	if (d->unread)
		return d->unread;
	return d->chunk_rows > CHUNK_ROWS_MAX / (columns * d->item) ? "is stored in chunks that are too large: write smaller ones" : NULL;
}

static int judge_table(struct ay_scan *s, struct ay_hdf5_rows *d, const struct ay_hdf5_items *t)
{
	struct ay_budget *b = ay_scan_budget(s);
	size_t columns = d->dims == 2 ? (size_t)d->shape[1] : t->n;
	struct ay_array_part part = { .in = &d->source, .count = columns };
	struct ay_array_table table = { .parts = &part, .part_count = 1, .count = columns, .rows = d->shape[0], .at_least = d->chunk_rows };
	int rc;

	part.stride = d->stride = d->dims == 2 ? columns * d->item : d->item;
	if (ay_ckd_mul_u64(d->stride, table.rows, &d->source.size)) {
		ay_array_refuse(s, "has more bytes than 64 bits count");
		return 0;
	}
	table.columns = ay_budget_alloc(b, table.count * sizeof(*table.columns));
	if (!table.columns) {
		ay_scan_find(s, "limit.memory", AY_NO_OFFSET, "no memory left for the columns of a dataset");
		return AY_ELIMIT;
	}
	for (size_t i = 0; i < table.count; i++) {
		table.columns[i] = t->v[d->dims == 2 ? 0 : i].column;
		if (d->dims == 2)
			table.columns[i].at = i * table.columns[i].size;
		else if (t->v[i].named)
			table.columns[i].name = t->v[i].name;
	}
	rc = ay_array_judge(s, &table);
	ay_budget_free(b, table.columns);
	return rc;
}

/* PyTables' indexes lie beside its tables. */
static bool is_index(const char *path)
{
	const char *at = strstr(path, "/_i_");

	return at && strchr(at + 1, '/');
}

int ay_hdf5_rows(struct ay_scan *s, const char *path, struct ay_hdf5_rows *d, const struct ay_hdf5_items *t)
{
	struct ay_scan_frame frame;
	int rc = is_index(path) ? AY_EUNSUPPORTED : ay_scan_enter(s, path + 1, &frame);

	if (rc)
		return rc == AY_EUNSUPPORTED ? 0 : rc;
	const char *dtype = t->n == 1 && !t->v[0].named ? ay_shape_dtype((char)t->v[0].column.kind, t->v[0].column.kind == 'S' ? 0 : t->v[0].column.size) : "void";
	const char *why = why_no_table(d, t);

	rc = ay_shape_judge(s, dtype, d->shape, d->dims);
	if (!rc && why)
		ay_array_refuse(s, "%s", why);
	else if (!rc)
		rc = judge_table(s, d, t);
	ay_scan_leave(s, &frame);
	return rc;
}
