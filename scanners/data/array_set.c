/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/array_set.h"

#include <inttypes.h>
#include <stdlib.h>

#include "scanners/data/schema.h"
#include "scanners/driver.h"

#define NAME 1536              /* bytes of a column's name: a member's and a field's */

bool ay_array_set_wanted(const struct ay_scan *s)
{
	return ay_scan_options(s)->proposal || ay_scan_options(s)->schema_json;
}

void ay_array_set_begin(struct ay_array_set *set, struct ay_scan *s)
{
	struct ay_array_set **place = ay_scan_arrays(s);
	size_t len = strlen(ay_scan_member(s));

	*set = (struct ay_array_set){.scan = s, .outer = *place, .prefix = len ? len + 1 : 0};
	*place = set;
}

/* ---- its arrays ---- */

/* The member at hand, as its archive names it, without NumPy's suffix. */
static void name_of(const struct ay_array_set *set, char *out, size_t size)
{
	const char *member = ay_scan_member(set->scan);
	size_t len = strlen(member);

	member += len < set->prefix ? len : set->prefix;
	len = strlen(member);
	if (len > 4 && strcmp(member + len - 4, ".npy") == 0)
		len -= 4;
	snprintf(out, size, "%.*s", (int)len, member);
}

void ay_array_set_refuse(struct ay_array_set *set, const char *why)
{
	char name[128];

	if (*set->why)
		return;
	name_of(set, name, sizeof(name));
	snprintf(set->why, sizeof(set->why), "%.100s%s%.180s", name, *name ? " " : "", why);
}

/* NULL: no memory left, or too long. */
static char *column_name(const struct ay_array_set *set, const char *array, const struct ay_array_table *t, size_t i)
{
	struct ay_budget *b = ay_scan_budget(set->scan);
	char text[NAME];
	int len;

	if (t->columns[i].name)
		len = snprintf(text, sizeof(text), "%s.%s", array, t->columns[i].name);
	else if (t->count > 1)
		len = snprintf(text, sizeof(text), "%s.%zu", array, i);
	else
		len = snprintf(text, sizeof(text), "%s", array);
	char *name = len < (int)sizeof(text) ? ay_budget_alloc(b, (size_t)len + 1) : NULL;

	if (name)
		memcpy(name, text, (size_t)len + 1);    /* own: the room just made */
	return name;
}

/* Room for n more. */
static bool grow(struct ay_budget *b, void **v, size_t *room, size_t used, size_t n, size_t each)
{
	size_t want = *room ? *room : 16;

	if (used + n <= *room)
		return true;
	while (want < used + n)
		want *= 2;
	void *fresh = ay_budget_realloc(b, *v, want * each);

	if (!fresh)
		return false;
	*v = fresh;
	*room = want;
	return true;
}

static bool make_room(struct ay_array_set *set, const struct ay_array_table *t)
{
	struct ay_budget *b = ay_scan_budget(set->scan);
	void *parts = set->table.parts, *columns = set->table.columns, *names = set->names;
	bool good = grow(b, &parts, &set->part_room, set->table.part_count, t->part_count, sizeof(*t->parts));

	set->table.parts = parts;
	good = good && grow(b, &columns, &set->column_room, set->table.count, t->count, sizeof(*t->columns));
	set->table.columns = columns;
	good = good && grow(b, &names, &set->name_room, set->table.count, t->count, sizeof(*set->names));
	set->names = names;
	return good;
}

static int append(struct ay_array_set *set, const struct ay_array_table *t, const char *name)
{
	struct ay_array_table *to = &set->table;

	if (!make_room(set, t))
		return AY_ELIMIT;
	for (size_t i = 0; i < t->part_count; i++) {
		to->parts[to->part_count] = t->parts[i];
		to->parts[to->part_count++].first += to->count;
		set->row += (size_t)t->parts[i].stride;
	}
	if (to->at_least < t->at_least)
		to->at_least = t->at_least;
	size_t before = to->count;

	for (size_t i = 0; i < t->count; i++) {
		set->names[before + i] = column_name(set, name, t, i);
		if (!set->names[before + i])
			return AY_ELIMIT;
		to->columns[before + i] = t->columns[i];
		to->columns[before + i].name = set->names[before + i];
		to->count++;
	}
	return 0;
}

int ay_array_set_add(struct ay_array_set *set, const struct ay_array_table *t)
{
	char name[AY_LIMIT_PATH + 8], why[256];
	size_t row = set->row;

	name_of(set, name, sizeof(name));
	for (size_t i = 0; i < t->part_count; i++)
		row += (size_t)t->parts[i].stride;
	if (!set->arrays) {
		snprintf(set->first, sizeof(set->first), "%s", name);
		set->table.rows = t->rows;
		set->fields = t->columns[0].name;
	}
	if (t->rows != set->table.rows) {
		snprintf(why, sizeof(why), "has %" PRIu64 " rows, and %.80s has %" PRIu64, t->rows, set->first, set->table.rows);
		ay_array_set_refuse(set, why);
	} else if (set->table.count + t->count > AY_ARRAY_COLUMNS || row > AY_ARRAY_ROW) {
		ay_array_set_refuse(set, "makes more columns than are read");
	}
	set->arrays++;
	if (*set->why || append(set, t, name) == 0)
		return 0;
	ay_scan_find(set->scan, "limit.memory", AY_NO_OFFSET, "no memory left for the names of columns");
	return AY_ELIMIT;
}

/* ---- the table ---- */

/* One array is the table that it is without an archive. */
static void name_alone(struct ay_array_set *set)
{
	for (size_t i = 0; i < set->table.count; i++)
		set->table.columns[i].name = set->fields ? set->names[i] + strlen(set->first) + 1 : NULL;
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Fields, and columns that are named as others' numbers, may have the name of another. */
static int look_for_doubles(struct ay_array_set *set)
{
	struct ay_budget *b = ay_scan_budget(set->scan);
	size_t n = set->table.count;
	const char **names = ay_budget_alloc(b, (n + 1) * sizeof(*names));

	if (!names)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++)
		names[i] = set->names[i];
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 1; i < n && !*set->why; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			snprintf(set->why, sizeof(set->why), "two columns would have the name %.120s", names[i]);
	ay_budget_free(b, names);
	return 0;
}

static int judge_table(struct ay_array_set *set, const struct ay_schema *schema)
{
	int rc = look_for_doubles(set);

	if (rc)
		ay_scan_find(set->scan, "limit.memory", AY_NO_OFFSET, "no memory left for the names of columns");
	if (rc)
		return rc;
	if (*set->why) {
		ay_scan_find(set->scan, "schema.unsupported", AY_NO_OFFSET,
			     "all arrays in a file are columns of one table, and %s: write what is no column to a file of its own, or name it by itself "
			     "in the schema (FILE!NAME)", set->why);
		return 0;
	}
	if (set->arrays == 1)
		name_alone(set);
	set->table.unordered = set->arrays > 1;
	return ay_array_judge_by(set->scan, &set->table, schema);
}

int ay_array_set_end(struct ay_array_set *set, bool whole)
{
	struct ay_budget *b = ay_scan_budget(set->scan);
	const struct ay_schema *schema = NULL;
	struct ay_schema *all = NULL;
	int rc = 0;

	*ay_scan_arrays(set->scan) = set->outer;
	if (whole && (set->arrays || *set->why))
		rc = ay_schema_peek(set->scan, AY_SCHEMA_OF_TABLE, &all, &schema);
	if (schema)
		ay_scan_schema_met(set->scan);
	if (!rc && whole && (set->arrays || *set->why) && (schema || ay_scan_options(set->scan)->proposal))
		rc = judge_table(set, schema);
	ay_schema_free(all);
	for (size_t i = 0; i < set->table.count; i++)
		ay_budget_free(b, set->names[i]);
	ay_budget_free(b, set->names);
	ay_budget_free(b, set->table.columns);
	ay_budget_free(b, set->table.parts);
	return rc;
}
