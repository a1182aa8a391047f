/* SPDX-License-Identifier: Apache-2.0 */
/* Columns, rows and what several values of a row must be together. */
#include "scanners/data/schema_check.h"

#include "assay/text.h"

/* ---- columns ---- */

static bool may_be_absent(const struct ay_schema_field *f)
{
	return f->label && !f->required;
}

/* The columns are those of the schema without its labels: data to be labelled, or to be predicted. */
static bool is_unlabelled(struct ay_schema_check *c, const char *const *names, size_t have)
{
	const struct ay_schema *s = c->schema;
	size_t at = 0;

	for (size_t i = 0; i < s->field_count; i++) {
		if (may_be_absent(&s->fields[i]))
			continue;
		if (at == have || strcmp(names[at], s->fields[i].name.text) != 0)
			return false;
		c->field[at++] = i;
	}
	return at == have;
}

/* Where each field stands, among whatever other columns. */
static void find_columns(struct ay_schema_check *c, const char *const *names, size_t have)
{
	size_t found = 0;

	for (size_t i = 0; i < have; i++) {
		c->field[i] = AY_SCHEMA_NO_FIELD;
		if (ay_schema_find_field(c->schema, names[i], &c->field[i]) == 0)
			found++;
	}
	c->columns_match = found == c->schema->field_count;
	if (!c->columns_match)
		ay_scan_find(c->scan, "schema.columns", AY_NO_OFFSET, "the table lacks a column that makes the key");
}

static void judge_columns(struct ay_schema_check *c, const char *const *names, size_t have)
{
	size_t want = c->schema->field_count;
	struct ay_finding f = {.rule = "schema.columns", .off = 0};
	char value[24], limit[24];
	char shown[AY_SCHEMA_SHOWN];

	if (c->schema->sought) {
		find_columns(c, names, have);
		return;
	}
	if (have < want && is_unlabelled(c, names, have)) {
		c->columns_match = true;
		return;
	}
	for (size_t i = 0; i < want; i++)
		c->field[i] = i;
	for (size_t i = 0; i < have && i < want; i++) {
		if (strcmp(names[i], c->schema->fields[i].name.text) == 0)
			continue;
		f.column = names[i];
		f.value = names[i];
		f.limit = c->schema->fields[i].name.text;
		snprintf(f.message, sizeof(f.message), "column %zu is named %s, the schema has another name there", i + 1,
			 ay_escape_str(shown, sizeof(shown), names[i]));
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

int ay_schema_check_new(struct ay_scan *s, const struct ay_schema *schema, const char *const *names, size_t count,
			struct ay_schema_check **out)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct ay_schema_check *c = *out = ay_budget_alloc(b, sizeof(*c));
	size_t n = schema->field_count;

	if (!c)
		return AY_ELIMIT;
	*c = (struct ay_schema_check){.scan = s, .schema = schema, .pool = {.budget = b, .left = AY_LIMIT_CSV_UNIQUE}};
	c->unique = ay_budget_alloc(b, n * sizeof(*c->unique));
	c->field = ay_budget_alloc(b, (n > count ? n : count) * sizeof(*c->field));
	c->tallies = ay_budget_alloc(b, n * sizeof(*c->tallies));
	c->values = ay_budget_alloc(b, n * sizeof(*c->values));
	c->missing = ay_budget_alloc(b, n * sizeof(*c->missing));
	c->wrong = ay_budget_alloc(b, n * sizeof(*c->wrong));
	c->rules = ay_budget_alloc(b, (schema->rule_count + 1) * sizeof(*c->rules));
	for (size_t i = 0; c->unique && i < n; i++)
		ay_uniq_init(&c->unique[i], &c->pool);
	ay_uniq_init(&c->key, &c->pool);
	if (!c->unique || !c->field || !c->tallies || !c->values || !c->missing || !c->wrong || !c->rules)
		return AY_ELIMIT;
	for (size_t i = 0; i < n; i++) {
		c->tallies[i] = (struct ay_schema_tally){.seen = 0};
		/* What the table has no column of stays so. */
		c->missing[i] = true;
		c->wrong[i] = false;
	}
	for (size_t i = 0; i < schema->rule_count; i++)
		c->rules[i] = (struct ay_schema_rule_tally){.held = 0};
	c->column_count = count;
	judge_columns(c, names, count);
	return ay_foreign_new(s, schema, &c->foreign);
}

void ay_schema_check_free(struct ay_schema_check *c)
{
	if (!c)
		return;
	struct ay_budget *b = c->pool.budget;

	for (size_t i = 0; c->unique && i < c->schema->field_count; i++)
		ay_uniq_free(&c->unique[i]);
	ay_uniq_free(&c->key);
	ay_foreign_free(c->foreign);
	ay_budget_free(b, c->unique);
	ay_budget_free(b, c->field);
	ay_budget_free(b, c->tallies);
	ay_budget_free(b, c->values);
	ay_budget_free(b, c->missing);
	ay_budget_free(b, c->wrong);
	ay_budget_free(b, c->rules);
	ay_budget_free(b, c);
}

bool ay_schema_check_judges(const struct ay_schema_check *c)
{
	return c->columns_match;
}

bool ay_schema_needs_rows(const struct ay_schema *s)
{
	return s->key_count + s->rule_count + s->foreign_count + s->wanted_count > 0;
}

/* ---- uniqueness ---- */

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

static int judge_unique(struct ay_schema_check *c, size_t i)
{
	struct ay_uniq_state h;

	ay_uniq_start(&h);
	hash_value(&h, &c->values[i]);
	int fresh = ay_uniq_add(&c->unique[i], ay_uniq_finish(&h));

	if (fresh < 0)
		return not_unique_any_more(c, fresh);
	if (!fresh)
		ay_schema_violation(c, AY_SCHEMA_UNIQUE, &c->schema->fields[i], &c->values[i], NULL, "the value stands in an earlier row too");
	return 0;
}

static int judge_key(struct ay_schema_check *c)
{
	const struct ay_schema *s = c->schema;
	struct ay_uniq_state h;

	ay_uniq_start(&h);
	for (size_t k = 0; k < s->key_count; k++) {
		if (c->missing[s->key[k]]) {
			ay_schema_violation(c, AY_SCHEMA_PRIMARY_KEY, &s->fields[s->key[k]], NULL, NULL, "a part of the primary key is missing");
			return 0;
		}
		hash_value(&h, &c->values[s->key[k]]);
	}
	int fresh = ay_uniq_add(&c->key, ay_uniq_finish(&h));

	if (fresh < 0)
		return not_unique_any_more(c, fresh);
	if (!fresh)
		ay_schema_violation(c, AY_SCHEMA_PRIMARY_KEY, &s->fields[s->key[0]], &c->values[s->key[0]], NULL,
				    "the primary key stands in an earlier row too");
	return 0;
}

/* ---- rows ---- */

void ay_schema_check_begin(struct ay_schema_check *c, uint64_t row, uint64_t off)
{
	c->row = row;
	c->off = off;
	if (row > c->rows)
		c->rows = row;
}

/* The value is in c->values, or missing. */
static int take(struct ay_schema_check *c, size_t i, bool there)
{
	const struct ay_schema_field *f = &c->schema->fields[i];

	c->tallies[i].seen++;
	c->missing[i] = !there;
	/* What is no key is not this table's fault. */
	if (c->schema->sought)
		return 0;
	if (!there) {
		c->tallies[i].missing++;
		c->wrong[i] = false;
		if (f->required)
			ay_schema_violation(c, AY_SCHEMA_REQUIRED, f, NULL, NULL, "a required value is missing");
		return 0;
	}
	if (c->wrong[i])
		ay_schema_violation(c, AY_SCHEMA_TYPE, f, &c->values[i], ay_value_type_name(f->type), "the value is not of type %s",
				    ay_value_type_name(f->type));
	else
		ay_schema_judge_value(c, i, &c->values[i]);
	/* A value of another type still counts as itself. */
	return f->unique ? judge_unique(c, i) : 0;
}

int ay_schema_check_text(struct ay_schema_check *c, size_t column, const char *text, size_t len)
{
	if (!c->columns_match)
		return 0;
	size_t field = c->field[column];

	if (field == AY_SCHEMA_NO_FIELD)
		return 0;
	bool there = !ay_schema_is_missing(c->schema, text, len);

	c->cell = text;
	c->cell_len = len;
	c->wrong[field] = there && !ay_value_parse(c->schema->fields[field].type, text, len, &c->values[field]);
	if (c->wrong[field])
		c->values[field] = ay_value_of_text(text, len);
	int rc = take(c, field, there);

	c->cell = NULL;
	return rc;
}

void ay_schema_check_held(struct ay_schema_check *c, uint64_t last, uint64_t rows, const uint64_t *missing)
{
	ay_schema_check_begin(c, last, AY_NO_OFFSET);
	for (size_t i = 0; c->columns_match && i < c->column_count; i++) {
		if (c->field[i] >= c->schema->field_count)
			continue;
		c->tallies[c->field[i]].seen += rows;
		c->tallies[c->field[i]].missing += missing[i];
	}
}

bool ay_schema_checked(const struct ay_schema_check *c, size_t column, struct ay_cell *cell)
{
	if (!c->columns_match)
		return false;
	size_t field = c->field[column];

	if (field == AY_SCHEMA_NO_FIELD)
		return false;
	const struct ay_value *v = &c->values[field];
	/* Longer integers stay texts: theirs are not exact here. */
	bool whole = v->type == AY_VALUE_INTEGER && v->len <= AY_VALUE_SHORT;

	if (c->missing[field]) {
		cell->kind = AY_CELL_MISSING;
	} else if (!c->wrong[field] && (v->type == AY_VALUE_NUMBER || whole)) {
		cell->kind = AY_CELL_NUMBER;
		cell->number = whole ? (double)v->i : v->d;
	}
	return true;
}

int ay_schema_check_value(struct ay_schema_check *c, size_t column, const struct ay_value *v)
{
	if (!c->columns_match)
		return 0;
	size_t field = c->field[column];

	if (field == AY_SCHEMA_NO_FIELD)
		return 0;
	/* Numbers that are none, such as NaN, are of no type. */
	c->wrong[field] = v && !ay_value_as(v, c->schema->fields[field].type, &c->values[field]);
	if (c->wrong[field])
		c->values[field] = *v;
	return take(c, field, v != NULL);
}

int ay_schema_check_end(struct ay_schema_check *c)
{
	if (!c->columns_match)
		return 0;
	if (c->schema->rule_count)
		ay_schema_judge_rules(c);
	int rc = c->foreign ? ay_foreign_row(c->foreign, c->values, c->missing, c->wrong, c->row) : 0;

	return rc == 0 && c->schema->key_count ? judge_key(c) : rc;
}
