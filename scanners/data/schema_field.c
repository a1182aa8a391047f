/* SPDX-License-Identifier: Apache-2.0 */
/* One field of a Table Schema, and its constraints. */
#include "scanners/data/schema_load.h"

#include <errno.h>

#define MAX_PATTERNS 256     /* each holds up to half a MiB */

static int load_bool(struct ay_schema_loader *l, const struct ay_json *object, const char *key, bool *out)
{
	const struct ay_json *j = ay_json_get(object, key);

	if (j && !ay_json_is(j, AY_JSON_BOOL))
		return ay_schema_bad(l, key, "must be true or false");
	*out = ay_json_bool(j, false);
	return 0;
}

/* The text of a scalar as a cell would hold it. NULL when the JSON type cannot stand for the field's. */
static const char *scalar_text(const struct ay_json *j, enum ay_value_type type, size_t *len_out)
{
	if (ay_json_is(j, AY_JSON_BOOL)) {
		*len_out = ay_json_bool(j, false) ? 4 : 5;
		return type == AY_VALUE_BOOLEAN ? (ay_json_bool(j, false) ? "true" : "false") : NULL;
	}
	if (ay_json_is(j, AY_JSON_NUMBER) && type != AY_VALUE_INTEGER && type != AY_VALUE_NUMBER && type != AY_VALUE_YEAR)
		return NULL;
	return ay_json_str(j, len_out);
}

static int load_bound(struct ay_schema_loader *l, struct ay_schema_field *f, const struct ay_json *constraints, const char *key, bool *has_out,
		      struct ay_schema_text *text_out, struct ay_value *out)
{
	const struct ay_json *j = ay_json_get(constraints, key);
	size_t len;

	if (!j)
		return 0;
	if (!ay_value_type_ordered(f->type))
		return ay_schema_bad(l, key, "a field of type %s has no order", ay_value_type_name(f->type));
	const char *text = scalar_text(j, f->type, &len);
	int err = text ? ay_schema_copy(l, text, len, text_out) : ay_schema_bad(l, key, "must be a value of type %s", ay_value_type_name(f->type));

	if (err)
		return err;
	if (!ay_value_parse(f->type, text_out->text, len, out))
		return ay_schema_bad(l, key, "is not a value of type %s", ay_value_type_name(f->type));
	*has_out = true;
	return 0;
}

static int load_length(struct ay_schema_loader *l, struct ay_schema_field *f, const struct ay_json *constraints, const char *key, bool *has_out,
		       uint64_t *out)
{
	const struct ay_json *j = ay_json_get(constraints, key);

	if (!j)
		return 0;
	if (f->type != AY_VALUE_STRING)
		return ay_schema_bad(l, key, "a field of type %s has no length", ay_value_type_name(f->type));
	if (!ay_json_is(j, AY_JSON_NUMBER) || ay_json_u64(j, out) != 0)
		return ay_schema_bad(l, key, "must be a whole number that is not negative");
	*has_out = true;
	return 0;
}

int ay_schema_text_compare(const struct ay_schema_text *a, const struct ay_schema_text *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->text, b->text, a->len);
}

static int compare_enums(const void *a, const void *b)
{
	return ay_schema_text_compare(a, b);
}

static int load_enum(struct ay_schema_loader *l, struct ay_schema_field *f, const struct ay_json *constraints)
{
	const struct ay_json *list = ay_json_get(constraints, "enum");
	uint8_t scratch[AY_VALUE_CANON];

	if (!list)
		return 0;
	if (!ay_json_is(list, AY_JSON_ARRAY) || ay_json_count(list) == 0)
		return ay_schema_bad(l, "enum", "must be a list of at least one value");
	f->enums = calloc(ay_json_count(list), sizeof(*f->enums));
	if (!f->enums)
		return ay_schema_no_memory(l);
	for (size_t i = 0; i < ay_json_count(list); i++) {
		struct ay_value v;
		size_t len;
		const char *text = scalar_text(ay_json_at(list, i), f->type, &len);

		if (!text || !ay_value_parse(f->type, text, len, &v))
			return ay_schema_bad(l, "enum", "its value %zu is not of type %s", i + 1, ay_value_type_name(f->type));
		const void *canon = ay_value_canon(&v, scratch, &len);
		int err = ay_schema_copy(l, canon, len, &f->enums[i]);

		if (err)
			return err;
		f->enum_count++;
	}
	qsort(f->enums, f->enum_count, sizeof(*f->enums), compare_enums);
	return 0;
}

static int load_pattern(struct ay_schema_loader *l, struct ay_schema_field *f, const struct ay_json *constraints)
{
	const struct ay_json *j = ay_json_get(constraints, "pattern");
	struct ay_schema_text copy = {.text = NULL};
	struct ay_error why;
	size_t len;

	if (!j)
		return 0;
	if (f->type != AY_VALUE_STRING)
		return ay_schema_bad(l, "pattern", "only strings have a pattern, this field is of type %s", ay_value_type_name(f->type));
	if (!ay_json_is(j, AY_JSON_STRING))
		return ay_schema_bad(l, "pattern", "must be a string");
	if (++l->patterns > MAX_PATTERNS)
		return ay_schema_bad(l, "pattern", "a schema may have at most %d patterns", MAX_PATTERNS);
	const char *text = ay_json_str(j, &len);
	int err = ay_pattern_compile(text, len, &f->pattern, &why);

	if (err == -ENOMEM)
		return ay_schema_no_memory(l);
	if (err)
		return ay_schema_bad(l, "pattern", "%s, at its byte %llu", why.msg, (unsigned long long)why.off);
	err = ay_schema_copy(l, text, len, &copy);
	f->pattern_text = copy.text;
	return err;
}

static int load_shares(struct ay_schema_loader *l, struct ay_schema_field *f, const struct ay_json *constraints)
{
	int err = ay_schema_load_share(l, constraints, AY_SCHEMA_MASS, &f->min_mass);

	if (!err)
		err = ay_schema_load_share(l, constraints, AY_SCHEMA_PRESENCE, &f->min_presence);
	if (err)
		return err;
	if (f->min_mass > 0 && !f->enum_count)
		return ay_schema_bad(l, AY_SCHEMA_MASS, "is about the values of enum, and there is no enum");
	if (f->min_presence > 0 && f->required)
		return ay_schema_bad(l, AY_SCHEMA_PRESENCE, "cannot stand beside required, which asks for every value");
	return 0;
}

static int load_constraints(struct ay_schema_loader *l, struct ay_schema_field *f, const struct ay_json *field)
{
	static const char *const known[] = {"required", "unique", "minimum", "maximum", "enum", "pattern", "minLength", "maxLength",
					     AY_SCHEMA_MASS, AY_SCHEMA_PRESENCE, NULL};
	const struct ay_json *c = ay_json_get(field, "constraints");
	int err;

	if (!c)
		return 0;
	if (!ay_json_is(c, AY_JSON_OBJECT))
		return ay_schema_bad(l, "constraints", "must be an object");
	size_t place = ay_schema_enter(l, "constraints");

	if ((err = ay_schema_only_keys(l, c, known, "constraints")) || (err = load_bool(l, c, "required", &f->required)) ||
	    (err = load_bool(l, c, "unique", &f->unique)) ||
	    (err = load_bound(l, f, c, "minimum", &f->has_min, &f->min_text, &f->min)) ||
	    (err = load_bound(l, f, c, "maximum", &f->has_max, &f->max_text, &f->max)) ||
	    (err = load_length(l, f, c, "minLength", &f->has_min_len, &f->min_len)) ||
	    (err = load_length(l, f, c, "maxLength", &f->has_max_len, &f->max_len)) || (err = load_enum(l, f, c)) ||
	    (err = load_pattern(l, f, c)) || (err = load_shares(l, f, c)))
		return err;
	if (f->has_min && f->has_max && ay_value_compare(&f->min, &f->max) > 0)
		return ay_schema_bad(l, "minimum", "is larger than the maximum");
	if (f->has_min_len && f->has_max_len && f->min_len > f->max_len)
		return ay_schema_bad(l, "minLength", "is larger than maxLength");
	ay_schema_leave(l, place);
	return 0;
}

int ay_schema_load_field(struct ay_schema_loader *l, const struct ay_json *field, struct ay_schema_field *f)
{
	static const char *const known[] = {"name", "type", "format", "title", "description", "constraints", AY_SCHEMA_LABEL, NULL};
	size_t len = 0;
	int err;

	if (!ay_json_is(field, AY_JSON_OBJECT))
		return ay_schema_bad(l, NULL, "must be an object");
	if ((err = ay_schema_only_keys(l, field, known, "a field")) || (err = ay_schema_load_notes(l, field)))
		return err;
	const struct ay_json *name = ay_json_get(field, "name"), *type = ay_json_get(field, "type"), *format = ay_json_get(field, "format");

	if (!ay_json_is(name, AY_JSON_STRING) || !ay_json_str(name, NULL) || !*ay_json_str(name, &len))
		return ay_schema_bad(l, "name", "must be a string that is not empty");
	if ((err = ay_schema_copy(l, ay_json_str(name, &len), len, &f->name)))
		return err;
	/* The standard's default would check nothing, so it must be said. */
	if (!ay_json_is(type, AY_JSON_STRING) || !ay_json_str(type, NULL) || !ay_value_type_find(ay_json_str(type, NULL), &f->type))
		return ay_schema_bad(l, "type", "must be string, integer, number, boolean, date, datetime, time, year or any");
	if (format && (!ay_json_is(format, AY_JSON_STRING) || strcmp(ay_json_str(format, &len), "default") != 0))
		return ay_schema_bad(l, "format", "only \"default\" is supported");
	if ((err = load_bool(l, field, AY_SCHEMA_LABEL, &f->label)))
		return err;
	return load_constraints(l, f, field);
}


void ay_schema_field_free(struct ay_schema_field *f)
{
	free(f->name.text);
	free(f->min_text.text);
	free(f->max_text.text);
	for (size_t k = 0; k < f->enum_count; k++)
		free(f->enums[k].text);
	free(f->enums);
	ay_pattern_free(f->pattern);
	free(f->pattern_text);
}
