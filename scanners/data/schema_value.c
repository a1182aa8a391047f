/* SPDX-License-Identifier: Apache-2.0 */
/* One value against its field. */
#include "scanners/data/schema_check.h"

#include <stdarg.h>

#define UNSEEN_SHOWN 5     /* values outside of a domain that are named, of each field */

static const char *const rules[AY_SCHEMA_KINDS] = {
	"schema.type", "schema.range", "schema.length", "schema.enum", "schema.pattern", "schema.required", "schema.unique", "schema.primary-key",
	"schema.rule"
};

void ay_schema_show(const struct ay_schema_check *c, const struct ay_value *v, char out[AY_SCHEMA_SHOWN + 1])
{
	struct ay_value text = ay_value_of_text(c->cell, c->cell_len);

	ay_value_write(c->cell ? &text : v, out, AY_SCHEMA_SHOWN + 1);
}

void ay_schema_violation(struct ay_schema_check *c, enum ay_schema_kind kind, const struct ay_schema_field *f, const struct ay_value *v,
			 const char *limit, const char *fmt, ...)
{
	struct ay_finding out = {.rule = rules[kind], .off = c->off, .row = c->row, .column = f ? f->name.text : NULL, .limit = limit};
	char value[AY_SCHEMA_SHOWN + 1] = "";
	va_list ap;

	if (c->listed >= AY_SCHEMA_LISTED) {
		c->unlisted[kind]++;
		return;
	}
	c->listed++;
	if (v) {
		ay_schema_show(c, v, value);
		out.value = value;
	}
	va_start(ap, fmt);
	vsnprintf(out.message, sizeof(out.message), fmt, ap);
	va_end(ap);
	ay_scan_find_full(c->scan, &out);
}

void ay_schema_check_finish(struct ay_schema_check *c, bool whole)
{
	for (int k = 0; k < AY_SCHEMA_KINDS; k++) {
		char count[24];
		struct ay_finding f = {.rule = rules[k], .off = AY_NO_OFFSET, .value = count};

		if (!c->unlisted[k])
			continue;
		snprintf(count, sizeof(count), "%llu", (unsigned long long)c->unlisted[k]);
		snprintf(f.message, sizeof(f.message), "%s more values break this rule and are not listed, in %llu rows judged", count,
			 (unsigned long long)c->rows);
		ay_scan_find_full(c->scan, &f);
	}
	if (!whole || !c->columns_match)
		return;
	ay_schema_judge_tallies(c);
	ay_schema_judge_rule_tallies(c);
	if (c->foreign)
		ay_foreign_finish(c->foreign);
}

/* ---- one value ---- */

static uint64_t count_chars(const struct ay_value *v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->len; i++)
		n += ((uint8_t)v->text[i] & 0xC0) != 0x80;
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

static void judge_length(struct ay_schema_check *c, const struct ay_schema_field *f, const struct ay_value *v)
{
	uint64_t n = count_chars(v);
	char limit[32];

	if (f->has_min_len && n < f->min_len) {
		snprintf(limit, sizeof(limit), "%llu", (unsigned long long)f->min_len);
		ay_schema_violation(c, AY_SCHEMA_LENGTH, f, v, limit, "%llu characters are fewer than %s", (unsigned long long)n, limit);
	} else if (f->has_max_len && n > f->max_len) {
		snprintf(limit, sizeof(limit), "%llu", (unsigned long long)f->max_len);
		ay_schema_violation(c, AY_SCHEMA_LENGTH, f, v, limit, "%llu characters are more than %s", (unsigned long long)n, limit);
	}
}

/* Outside of the enum, of which a share must be inside: the first ones are named, all are counted. */
static void unseen(struct ay_schema_check *c, const struct ay_schema_field *f, struct ay_schema_tally *t, const struct ay_value *v)
{
	char value[AY_SCHEMA_SHOWN + 1];
	struct ay_finding out = {.rule = "schema.unseen", .off = c->off, .row = c->row, .column = f->name.text, .value = value};

	t->outside++;
	if (t->shown == UNSEEN_SHOWN || c->listed >= AY_SCHEMA_LISTED / 2)
		return;
	t->shown++;
	c->listed++;
	ay_schema_show(c, v, value);
	snprintf(out.message, sizeof(out.message), "the value is none of the %zu that are known; a share of them may be so", f->enum_count);
	ay_scan_find_full(c->scan, &out);
}

bool ay_schema_holds(const struct ay_schema_field *f, const struct ay_value *v)
{
	if ((f->has_min && ay_value_compare(v, &f->min) < 0) || (f->has_max && ay_value_compare(v, &f->max) > 0))
		return false;
	if (f->has_min_len || f->has_max_len) {
		uint64_t n = count_chars(v);

		if ((f->has_min_len && n < f->min_len) || (f->has_max_len && n > f->max_len))
			return false;
	}
	return (!f->enum_count || in_enum(f, v)) && (!f->pattern || ay_pattern_match(f->pattern, v->text, v->len));
}

void ay_schema_judge_value(struct ay_schema_check *c, size_t field, const struct ay_value *v)
{
	const struct ay_schema_field *f = &c->schema->fields[field];

	if (ay_schema_holds(f, v))
		return;
	if (f->has_min && ay_value_compare(v, &f->min) < 0)
		ay_schema_violation(c, AY_SCHEMA_RANGE, f, v, f->min_text.text, "the value is below the minimum");
	if (f->has_max && ay_value_compare(v, &f->max) > 0)
		ay_schema_violation(c, AY_SCHEMA_RANGE, f, v, f->max_text.text, "the value is above the maximum");
	if (f->has_min_len || f->has_max_len)
		judge_length(c, f, v);
	if (f->enum_count && !in_enum(f, v)) {
		if (f->min_mass > 0)
			unseen(c, f, &c->tallies[field], v);
		else
			ay_schema_violation(c, AY_SCHEMA_ENUM, f, v, NULL, "the value is none of the %zu that are allowed", f->enum_count);
	}
	if (f->pattern && !ay_pattern_match(f->pattern, v->text, v->len))
		ay_schema_violation(c, AY_SCHEMA_PATTERN, f, v, f->pattern_text, "the value does not match the pattern");
}

/* ---- all values of a field ---- */

bool ay_schema_share_misses(uint64_t part, uint64_t all, double share)
{
	return (double)part < share * (double)all * (1 - 1e-12);
}

static void judge_share(struct ay_schema_check *c, const struct ay_schema_field *f, const char *rule, uint64_t part, uint64_t all, double share,
			const char *what)
{
	char value[32], limit[32];
	struct ay_finding out = {.rule = rule, .off = AY_NO_OFFSET, .column = f->name.text, .value = value, .limit = limit};

	if (all == 0 || !ay_schema_share_misses(part, all, share))
		return;
	snprintf(value, sizeof(value), "%.6g", (double)part / (double)all);
	snprintf(limit, sizeof(limit), "%.6g", share);
	snprintf(out.message, sizeof(out.message), "%llu of %llu %s, a share of %s; at least %s is asked for", (unsigned long long)part,
		 (unsigned long long)all, what, value, limit);
	ay_scan_find_full(c->scan, &out);
}

void ay_schema_judge_tallies(struct ay_schema_check *c)
{
	for (size_t i = 0; i < c->schema->field_count; i++) {
		const struct ay_schema_field *f = &c->schema->fields[i];
		const struct ay_schema_tally *t = &c->tallies[i];
		uint64_t there = t->seen - t->missing;

		if (f->min_mass > 0)
			judge_share(c, f, "schema.domain-mass", there - t->outside, there, f->min_mass, "values are those that are known");
		if (f->min_presence > 0)
			judge_share(c, f, "schema.presence", there, t->seen, f->min_presence, "rows have a value");
	}
}
