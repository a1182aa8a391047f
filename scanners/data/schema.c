/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/schema.h"

#include <stdarg.h>

#include "assay/text.h"
#include "scanners/data/uniq.h"

#define SHOWN 64     /* bytes of a cell in a finding */

enum kind { TYPE, RANGE, LENGTH, ENUM, PATTERN, REQUIRED, UNIQUE, PRIMARY_KEY, KINDS };

static const char *const rules[KINDS] = {
	"schema.type", "schema.range", "schema.length", "schema.enum", "schema.pattern", "schema.required", "schema.unique", "schema.primary-key"
};

/* Room is left for the sums. */
#define LISTED (AY_LIMIT_FINDINGS_PER_FILE - KINDS)

struct ay_schema_check {
	struct ay_scan *scan;
	const struct ay_schema *schema;
	bool columns_match;
	bool labelled;                   /* the table has the columns of all fields; else all but those of labels that may be absent */
	struct ay_uniq_pool pool;
	struct ay_uniq *unique;          /* per field; used where the field is unique */
	struct ay_uniq key;
	struct ay_value *values;         /* of the row at hand */
	bool *missing;
	const struct ay_csv_field **cells;   /* likewise; NULL where the table has no such column */
	uint64_t row, off;
	unsigned listed;
	uint64_t unlisted[KINDS];
	uint64_t judged_rows;
};

/* ---- reporting ---- */

static void violation(struct ay_schema_check *c, enum kind kind, const struct ay_schema_field *f, const struct ay_csv_field *cell,
		      const char *limit, const char *fmt, ...) AY_PRINTF(6, 7);
static void violation(struct ay_schema_check *c, enum kind kind, const struct ay_schema_field *f, const struct ay_csv_field *cell,
		      const char *limit, const char *fmt, ...)
{
	struct ay_finding out = {.rule = rules[kind], .off = c->off, .row = c->row, .column = f ? f->name.text : NULL, .limit = limit};
	char value[SHOWN + 1] = "";
	va_list ap;

	if (c->listed >= LISTED) {
		c->unlisted[kind]++;
		return;
	}
	c->listed++;
	if (cell) {
		size_t len = cell->len < SHOWN ? cell->len : SHOWN;

		/* Not in the middle of a character. */
		while (len < cell->len && len > 0 && ((uint8_t)cell->text[len] & 0xC0) == 0x80)
			len--;
		memcpy(value, cell->text, len);    /* own: cut to the room above */
		out.value = value;
	}
	va_start(ap, fmt);
	vsnprintf(out.message, sizeof(out.message), fmt, ap);
	va_end(ap);
	ay_scan_find_full(c->scan, &out);
}

void ay_schema_check_finish(struct ay_schema_check *c)
{
	for (int k = 0; k < KINDS; k++) {
		char count[24];
		struct ay_finding f = {.rule = rules[k], .off = AY_NO_OFFSET, .value = count};

		if (!c->unlisted[k])
			continue;
		snprintf(count, sizeof(count), "%llu", (unsigned long long)c->unlisted[k]);
		snprintf(f.message, sizeof(f.message), "%s more values break this rule and are not listed, in %llu rows judged", count,
			 (unsigned long long)c->judged_rows);
		ay_scan_find_full(c->scan, &f);
	}
}

/* ---- columns ---- */

static bool may_be_absent(const struct ay_schema_field *f)
{
	return f->label && !f->required;
}

/* The columns are those of the schema without its labels: data to be labelled, or to be predicted. */
static bool is_unlabelled(const struct ay_schema *s, const struct ay_csv *table)
{
	size_t at = 0, have = ay_csv_columns(table);

	for (size_t i = 0; i < s->field_count; i++) {
		if (may_be_absent(&s->fields[i]))
			continue;
		if (at == have || strcmp(ay_csv_name(table, at), s->fields[i].name.text) != 0)
			return false;
		at++;
	}
	return at == have;
}

static void judge_columns(struct ay_schema_check *c, const struct ay_csv *table)
{
	size_t have = ay_csv_columns(table), want = c->schema->field_count;
	struct ay_finding f = {.rule = "schema.columns", .off = 0};
	char value[24], limit[24];
	char shown[SHOWN];

	c->labelled = have >= want;
	if (!c->labelled && is_unlabelled(c->schema, table)) {
		c->columns_match = true;
		return;
	}
	for (size_t i = 0; i < have && i < want; i++) {
		const char *name = ay_csv_name(table, i);

		if (strcmp(name, c->schema->fields[i].name.text) == 0)
			continue;
		f.column = name;
		f.value = name;
		f.limit = c->schema->fields[i].name.text;
		snprintf(f.message, sizeof(f.message), "column %zu is named %s, the schema has another name there", i + 1,
			 ay_escape_str(shown, sizeof(shown), name));
		ay_scan_find_full(c->scan, &f);
		return;
	}
	c->columns_match = have == want;
	if (c->columns_match)
		return;
	snprintf(value, sizeof(value), "%zu", have);
	snprintf(limit, sizeof(limit), "%zu", want);
	f.value = value;
	f.limit = limit;
	snprintf(f.message, sizeof(f.message), "the table has %zu columns, the schema has %zu", have, want);
	ay_scan_find_full(c->scan, &f);
}

int ay_schema_check_new(struct ay_scan *s, const struct ay_schema *schema, const struct ay_csv *table, struct ay_schema_check **out)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct ay_schema_check *c = *out = ay_budget_alloc(b, sizeof(*c));
	size_t n = schema->field_count;

	if (!c)
		return AY_ELIMIT;
	*c = (struct ay_schema_check){.scan = s, .schema = schema, .pool = {.budget = b, .left = AY_LIMIT_CSV_UNIQUE}};
	c->unique = ay_budget_alloc(b, n * sizeof(*c->unique));
	c->values = ay_budget_alloc(b, n * sizeof(*c->values));
	c->missing = ay_budget_alloc(b, n * sizeof(*c->missing));
	c->cells = ay_budget_alloc(b, n * sizeof(*c->cells));
	if (!c->unique || !c->values || !c->missing || !c->cells)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++)
		ay_uniq_init(&c->unique[i], &c->pool);
	ay_uniq_init(&c->key, &c->pool);
	judge_columns(c, table);
	return 0;
}

void ay_schema_check_free(struct ay_schema_check *c)
{
	if (!c)
		return;
	struct ay_budget *b = c->pool.budget;

	for (size_t i = 0; c->unique && i < c->schema->field_count; i++)
		ay_uniq_free(&c->unique[i]);
	ay_uniq_free(&c->key);
	ay_budget_free(b, c->unique);
	ay_budget_free(b, c->values);
	ay_budget_free(b, c->missing);
	ay_budget_free(b, c->cells);
	ay_budget_free(b, c);
}

/* ---- cells ---- */

static uint64_t count_chars(const struct ay_csv_field *cell)
{
	uint64_t n = 0;

	for (size_t i = 0; i < cell->len; i++)
		n += ((uint8_t)cell->text[i] & 0xC0) != 0x80;
	return n;
}

static bool in_enum(const struct ay_schema_field *f, const struct ay_value *v)
{
	uint8_t scratch[AY_VALUE_CANON];
	struct ay_schema_text want;
	size_t lo = 0, hi = f->enum_count;

	/* Compared, not changed. */
	want.text = (char *)(uintptr_t)ay_value_canon(v, scratch, &want.len);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = ay_schema_text_compare(&want, &f->enums[mid]);

		if (order == 0)
			return true;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

static void judge_length(struct ay_schema_check *c, const struct ay_schema_field *f, const struct ay_csv_field *cell)
{
	uint64_t n = count_chars(cell);
	char limit[32];

	if (f->has_min_len && n < f->min_len) {
		snprintf(limit, sizeof(limit), "%llu", (unsigned long long)f->min_len);
		violation(c, LENGTH, f, cell, limit, "%llu characters are fewer than %s", (unsigned long long)n, limit);
	} else if (f->has_max_len && n > f->max_len) {
		snprintf(limit, sizeof(limit), "%llu", (unsigned long long)f->max_len);
		violation(c, LENGTH, f, cell, limit, "%llu characters are more than %s", (unsigned long long)n, limit);
	}
}

static void judge_cell(struct ay_schema_check *c, const struct ay_schema_field *f, const struct ay_csv_field *cell, struct ay_value *v)
{
	if (!ay_value_parse(f->type, cell->text, cell->len, v)) {
		v->type = AY_VALUE_ANY;    /* still counts as itself for uniqueness */
		violation(c, TYPE, f, cell, ay_value_type_name(f->type), "the value is not of type %s", ay_value_type_name(f->type));
		return;
	}
	if (f->has_min && ay_value_compare(v, &f->min) < 0)
		violation(c, RANGE, f, cell, f->min_text.text, "the value is below the minimum");
	if (f->has_max && ay_value_compare(v, &f->max) > 0)
		violation(c, RANGE, f, cell, f->max_text.text, "the value is above the maximum");
	if (f->has_min_len || f->has_max_len)
		judge_length(c, f, cell);
	if (f->enum_count && !in_enum(f, v))
		violation(c, ENUM, f, cell, NULL, "the value is none of the %zu that are allowed", f->enum_count);
	if (f->pattern && !ay_pattern_match(f->pattern, cell->text, cell->len))
		violation(c, PATTERN, f, cell, f->pattern_text, "the value does not match the pattern");
}

static void hash_value(struct ay_uniq_state *h, const struct ay_value *v)
{
	uint8_t scratch[AY_VALUE_CANON];
	size_t len;
	const void *canon = ay_value_canon(v, scratch, &len);

	ay_uniq_part(h, canon, len);
}

static int not_unique_any_more(struct ay_schema_check *c, int err)
{
	ay_scan_find(c->scan, "limit.memory", c->off, "uniqueness of more values than fit in %llu MiB cannot be proved, at row %llu",
		     (unsigned long long)(AY_LIMIT_CSV_UNIQUE / MIB), (unsigned long long)c->row);
	return err;
}

static int judge_unique(struct ay_schema_check *c, size_t i, const struct ay_csv_field *cell)
{
	struct ay_uniq_state h;

	ay_uniq_start(&h);
	hash_value(&h, &c->values[i]);
	int fresh = ay_uniq_add(&c->unique[i], ay_uniq_finish(&h));

	if (fresh < 0)
		return not_unique_any_more(c, fresh);
	if (!fresh)
		violation(c, UNIQUE, &c->schema->fields[i], cell, NULL, "the value stands in an earlier row too");
	return 0;
}

static int judge_key(struct ay_schema_check *c)
{
	const struct ay_schema *s = c->schema;
	struct ay_uniq_state h;

	ay_uniq_start(&h);
	for (size_t k = 0; k < s->key_count; k++) {
		if (c->missing[s->key[k]]) {
			violation(c, PRIMARY_KEY, &s->fields[s->key[k]], NULL, NULL, "a part of the primary key is missing");
			return 0;
		}
		hash_value(&h, &c->values[s->key[k]]);
	}
	int fresh = ay_uniq_add(&c->key, ay_uniq_finish(&h));

	if (fresh < 0)
		return not_unique_any_more(c, fresh);
	if (!fresh)
		violation(c, PRIMARY_KEY, &s->fields[s->key[0]], c->cells[s->key[0]], NULL, "the primary key stands in an earlier row too");
	return 0;
}

int ay_schema_check_row(struct ay_schema_check *c, const struct ay_csv_field *fields, uint64_t row, uint64_t off)
{
	const struct ay_schema *s = c->schema;
	size_t at = 0;

	if (!c->columns_match)
		return 0;
	c->row = row;
	c->off = off;
	c->judged_rows++;
	for (size_t i = 0; i < s->field_count; i++) {
		const struct ay_schema_field *f = &s->fields[i];
		const struct ay_csv_field *cell = c->labelled || !may_be_absent(f) ? &fields[at++] : NULL;

		c->cells[i] = cell;
		c->missing[i] = !cell || ay_schema_is_missing(s, cell->text, cell->len);
		if (c->missing[i]) {
			if (f->required)
				violation(c, REQUIRED, f, NULL, NULL, "a required value is missing");
			continue;
		}
		judge_cell(c, f, cell, &c->values[i]);
		int err = f->unique ? judge_unique(c, i, cell) : 0;

		if (err)
			return err;
	}
	return s->key_count ? judge_key(c) : 0;
}
