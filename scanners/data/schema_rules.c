/* SPDX-License-Identifier: Apache-2.0 */
/* Row rules of a schema: loading them, and what rows say to them. */
#include "scanners/data/schema_check.h"
#include "scanners/data/schema_load.h"

#include <errno.h>

#define MAX_RULES 256
#define ROWS_SHOWN 5      /* rows named of a rule that a share of the rows may break */
#define VALUES_SHOWN 256  /* bytes of all values in one finding */

/* ---- loading ---- */

static const char *field_name(const void *arg, size_t i)
{
	return ay_schema_field_name(arg, i);
}

static enum ay_value_type field_type(const void *arg, size_t i)
{
	const struct ay_schema *s = arg;

	return s->fields[i].type;
}

static int load_null(struct ay_schema_loader *l, const struct ay_json *object, bool *passes_out)
{
	const struct ay_json *j = ay_json_get(object, AY_SCHEMA_NULL);
	const char *text = ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, NULL) : NULL;

	*passes_out = text && strcmp(text, "pass") == 0;
	if (j && !*passes_out && (!text || strcmp(text, "fail") != 0))
		return ay_schema_bad(l, AY_SCHEMA_NULL, "must be \"pass\" or \"fail\"");
	return 0;
}

static int load_rule(struct ay_schema_loader *l, const struct ay_json *object, struct ay_schema_rule *r)
{
	static const char *const known[] = {"rule", "name", "min-share", AY_SCHEMA_NULL, "title", "description", NULL};
	const struct ay_row_columns columns = {l->schema->field_count, field_name, field_type, l->schema};
	const struct ay_json *rule = ay_json_get(object, "rule"), *name = ay_json_get(object, "name");
	struct ay_error why = {.off = 0};
	size_t len = 0;
	int err;

	if (!ay_json_is(object, AY_JSON_OBJECT))
		return ay_schema_bad(l, NULL, "must be an object with a rule");
	if ((err = ay_schema_only_keys(l, object, known, "a rule")) || (err = ay_schema_load_notes(l, object)))
		return err;
	if (!ay_json_is(rule, AY_JSON_STRING))
		return ay_schema_bad(l, "rule", "must be a string");
	if (name && (!ay_json_is(name, AY_JSON_STRING) || !ay_json_str(name, NULL) || !*ay_json_str(name, NULL)))
		return ay_schema_bad(l, "name", "must be a string that is not empty");
	const char *text = ay_json_str(rule, &len);

	err = ay_row_rule_compile(text, len, &columns, &r->rule, &why);
	if (err == -ENOMEM)
		return ay_schema_no_memory(l);
	if (err)
		return ay_schema_bad(l, "rule", "%s, at its byte %llu", why.msg, (unsigned long long)why.off);
	text = name ? ay_json_str(name, &len) : text;
	r->min_share = 1;
	if ((err = ay_schema_copy(l, text, len, &r->name)) || (err = ay_schema_load_share(l, object, "min-share", &r->min_share)))
		return err;
	return load_null(l, object, &r->null_passes);
}

int ay_schema_load_rules(struct ay_schema_loader *l, const struct ay_json *root)
{
	const struct ay_json *list = ay_json_get(root, AY_SCHEMA_RULES);
	size_t count = ay_json_count(list);
	int err = 0;

	if (!list)
		return 0;
	if (!ay_json_is(list, AY_JSON_ARRAY) || count == 0 || count > MAX_RULES)
		return ay_schema_bad(l, AY_SCHEMA_RULES, "must be a list of 1 to %d rules", MAX_RULES);
	l->schema->rules = calloc(count, sizeof(*l->schema->rules));
	if (!l->schema->rules)
		return ay_schema_no_memory(l);
	for (size_t i = 0; i < count && !err; i++) {
		size_t place = ay_schema_enter(l, "%s/%zu", AY_SCHEMA_RULES, i);

		l->schema->rule_count++;
		err = load_rule(l, ay_json_at(list, i), &l->schema->rules[i]);
		if (!err)
			ay_schema_leave(l, place);
	}
	return err;
}

void ay_schema_rules_free(struct ay_schema *s)
{
	for (size_t i = 0; i < s->rule_count; i++) {
		ay_row_rule_free(s->rules[i].rule);
		free(s->rules[i].name.text);
	}
	free(s->rules);
}

/* ---- one row ---- */

/* "end = 2024-01-01, start is missing": of the columns that the rule names. */
static void show_values(const struct ay_schema_check *c, const struct ay_row_rule *r, char out[VALUES_SHOWN])
{
	size_t at = 0;

	out[0] = 0;
	for (size_t i = 0; i < r->column_count && at + 1 < VALUES_SHOWN; i++) {
		size_t k = r->columns[i];
		const char *name = c->schema->fields[k].name.text;
		char value[AY_SCHEMA_SHOWN + 1];

		if (!c->missing[k])
			ay_schema_show(c, &c->values[k], value);
		at += (size_t)snprintf(out + at, VALUES_SHOWN - at, "%s%.64s%s%s", i ? ", " : "", name, c->missing[k] ? " is missing" : " = ",
				       c->missing[k] ? "" : value);
	}
}

static void report_row(struct ay_schema_check *c, const struct ay_schema_rule *r, struct ay_schema_rule_tally *t, bool null)
{
	char values[VALUES_SHOWN];
	bool every = r->min_share >= 1;
	struct ay_finding out = {.rule = every ? "schema.rule" : "schema.rule-row", .off = c->off, .row = c->row, .value = values};

	if (every ? c->listed >= AY_SCHEMA_LISTED : t->shown == ROWS_SHOWN || c->listed >= AY_SCHEMA_LISTED / 2) {
		c->unlisted[AY_SCHEMA_RULE] += every;
		return;
	}
	t->shown++;
	c->listed++;
	show_values(c, r->rule, values);
	out.limit = r->rule->text;
	snprintf(out.message, sizeof(out.message), "%s \"%.200s\"", null ? "a missing value leaves open the rule" : "the row breaks the rule", r->name.text);
	ay_scan_find_full(c->scan, &out);
}

void ay_schema_judge_rules(struct ay_schema_check *c)
{
	for (size_t i = 0; i < c->schema->rule_count; i++) {
		const struct ay_schema_rule *r = &c->schema->rules[i];
		struct ay_schema_rule_tally *t = &c->rules[i];
		bool wrong = false;

		/* A value of another type is a finding already, and no operand. */
		for (size_t k = 0; k < r->rule->column_count; k++)
			wrong = wrong || c->wrong[r->rule->columns[k]];
		if (wrong)
			continue;
		enum ay_row_answer answer = ay_row_rule_judge(r->rule, c->values, c->missing);

		t->held += answer == AY_ROW_TRUE;
		t->broken += answer == AY_ROW_FALSE;
		t->null += answer == AY_ROW_NULL;
		if (answer == AY_ROW_FALSE || (answer == AY_ROW_NULL && !r->null_passes))
			report_row(c, r, t, answer == AY_ROW_NULL);
	}
}

/* ---- all rows ---- */

static void judge_share(struct ay_schema_check *c, const struct ay_schema_rule *r, const struct ay_schema_rule_tally *t)
{
	uint64_t all = t->held + t->broken + (r->null_passes ? 0 : t->null);
	char value[32];
	struct ay_finding out = {.rule = "schema.rule-share", .off = AY_NO_OFFSET, .value = value, .limit = r->rule->text};

	if (all == 0 || r->min_share >= 1 || !ay_schema_share_misses(t->held, all, r->min_share))
		return;
	snprintf(value, sizeof(value), "%.6g", (double)t->held / (double)all);
	snprintf(out.message, sizeof(out.message), "%llu of %llu rows keep the rule \"%.200s\", a share of %s; at least %.6g is asked for",
		 (unsigned long long)t->held, (unsigned long long)all, r->name.text, value, r->min_share);
	ay_scan_find_full(c->scan, &out);
}

void ay_schema_judge_rule_tallies(struct ay_schema_check *c)
{
	for (size_t i = 0; i < c->schema->rule_count; i++) {
		const struct ay_schema_rule *r = &c->schema->rules[i];
		const struct ay_schema_rule_tally *t = &c->rules[i];
		char value[24];
		struct ay_finding out = {.rule = "schema.rule-null", .off = AY_NO_OFFSET, .value = value, .limit = r->rule->text};

		judge_share(c, r, t);
		if (!t->null)
			continue;
		snprintf(value, sizeof(value), "%llu", (unsigned long long)t->null);
		snprintf(out.message, sizeof(out.message), "a missing value leaves open the rule \"%.200s\" in %llu of %llu rows", r->name.text,
			 (unsigned long long)t->null, (unsigned long long)(t->held + t->broken + t->null));
		ay_scan_find_full(c->scan, &out);
	}
}
