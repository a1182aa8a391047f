/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/schema.h"

#include <errno.h>
#include <stdarg.h>

#include "assay/json.h"
#include "assay/limits.h"
#include "assay/text.h"
#include "scanners/data/reference.h"

#define MAX_NODES 1000000
#define MAX_PATTERNS 256     /* each holds up to half a MiB */

/* Where we are: the schema, the error, and the JSON pointer of the value at hand. */
struct loader {
	struct ay_schema *schema;
	struct ay_error *e;
	char place[160];
	unsigned patterns;
};

static int bad(struct loader *l, const char *key, const char *fmt, ...) AY_PRINTF(3, 4);
static int bad(struct loader *l, const char *key, const char *fmt, ...)
{
	char msg[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	ay_error_set(l->e, AY_EFORMAT, "%s", msg);
	ay_error_where(l->e, "%s%s%s", l->place, key ? "/" : *l->place ? "" : "/", key ? key : "");
	return AY_EFORMAT;
}

static int out_of_memory(struct loader *l)
{
	return ay_error_set(l->e, -ENOMEM, "out of memory");
}

static int copy_text(struct loader *l, const char *text, size_t len, struct ay_schema_text *out)
{
	out->text = malloc(len + 1);
	if (!out->text)
		return out_of_memory(l);
	memcpy(out->text, text, len);    /* own: room just made */
	out->text[len] = 0;
	out->len = len;
	return 0;
}

/* Every key is in the list or starts with "x-". */
static int only_keys(struct loader *l, const struct ay_json *object, const char *const *known, const char *what)
{
	for (size_t i = 0; i < ay_json_count(object); i++) {
		const char *key = ay_json_key(object, i);
		size_t k = 0;

		while (known[k] && strcmp(known[k], key) != 0)
			k++;
		if (!known[k] && strncmp(key, "x-", 2) != 0)
			return bad(l, key, "%s has no key of this name that could be checked", what);
	}
	return 0;
}

static int load_bool(struct loader *l, const struct ay_json *object, const char *key, bool *out)
{
	const struct ay_json *j = ay_json_get(object, key);

	if (j && !ay_json_is(j, AY_JSON_BOOL))
		return bad(l, key, "must be true or false");
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

static int load_bound(struct loader *l, struct ay_schema_field *f, const struct ay_json *constraints, const char *key, bool *has_out,
		      struct ay_schema_text *text_out, struct ay_value *out)
{
	const struct ay_json *j = ay_json_get(constraints, key);
	size_t len;

	if (!j)
		return 0;
	if (!ay_value_type_ordered(f->type))
		return bad(l, key, "a field of type %s has no order", ay_value_type_name(f->type));
	const char *text = scalar_text(j, f->type, &len);
	int err = text ? copy_text(l, text, len, text_out) : bad(l, key, "must be a value of type %s", ay_value_type_name(f->type));

	if (err)
		return err;
	if (!ay_value_parse(f->type, text_out->text, len, out))
		return bad(l, key, "is not a value of type %s", ay_value_type_name(f->type));
	*has_out = true;
	return 0;
}

static int load_length(struct loader *l, struct ay_schema_field *f, const struct ay_json *constraints, const char *key, bool *has_out,
		       uint64_t *out)
{
	const struct ay_json *j = ay_json_get(constraints, key);

	if (!j)
		return 0;
	if (f->type != AY_VALUE_STRING)
		return bad(l, key, "a field of type %s has no length", ay_value_type_name(f->type));
	if (!ay_json_is(j, AY_JSON_NUMBER) || ay_json_u64(j, out) != 0)
		return bad(l, key, "must be a whole number that is not negative");
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

static int load_enum(struct loader *l, struct ay_schema_field *f, const struct ay_json *constraints)
{
	const struct ay_json *list = ay_json_get(constraints, "enum");
	uint8_t scratch[AY_VALUE_CANON];

	if (!list)
		return 0;
	if (!ay_json_is(list, AY_JSON_ARRAY) || ay_json_count(list) == 0)
		return bad(l, "enum", "must be a list of at least one value");
	f->enums = calloc(ay_json_count(list), sizeof(*f->enums));
	if (!f->enums)
		return out_of_memory(l);
	for (size_t i = 0; i < ay_json_count(list); i++) {
		struct ay_value v;
		size_t len;
		const char *text = scalar_text(ay_json_at(list, i), f->type, &len);

		if (!text || !ay_value_parse(f->type, text, len, &v))
			return bad(l, "enum", "its value %zu is not of type %s", i + 1, ay_value_type_name(f->type));
		const void *canon = ay_value_canon(&v, scratch, &len);
		int err = copy_text(l, canon, len, &f->enums[i]);

		if (err)
			return err;
		f->enum_count++;
	}
	qsort(f->enums, f->enum_count, sizeof(*f->enums), compare_enums);
	return 0;
}

static int load_pattern(struct loader *l, struct ay_schema_field *f, const struct ay_json *constraints)
{
	const struct ay_json *j = ay_json_get(constraints, "pattern");
	struct ay_schema_text copy = {.text = NULL};
	struct ay_error why;
	size_t len;

	if (!j)
		return 0;
	if (f->type != AY_VALUE_STRING)
		return bad(l, "pattern", "only strings have a pattern, this field is of type %s", ay_value_type_name(f->type));
	if (!ay_json_is(j, AY_JSON_STRING))
		return bad(l, "pattern", "must be a string");
	if (++l->patterns > MAX_PATTERNS)
		return bad(l, "pattern", "a schema may have at most %d patterns", MAX_PATTERNS);
	const char *text = ay_json_str(j, &len);
	int err = ay_pattern_compile(text, len, &f->pattern, &why);

	if (err == -ENOMEM)
		return out_of_memory(l);
	if (err)
		return bad(l, "pattern", "%s, at its byte %llu", why.msg, (unsigned long long)why.off);
	err = copy_text(l, text, len, &copy);
	f->pattern_text = copy.text;
	return err;
}

static int load_constraints(struct loader *l, struct ay_schema_field *f, const struct ay_json *field)
{
	static const char *const known[] = {"required", "unique", "minimum", "maximum", "enum", "pattern", "minLength", "maxLength", NULL};
	const struct ay_json *c = ay_json_get(field, "constraints");
	size_t place = strlen(l->place);
	int err;

	if (!c)
		return 0;
	if (!ay_json_is(c, AY_JSON_OBJECT))
		return bad(l, "constraints", "must be an object");
	snprintf(l->place + place, sizeof(l->place) - place, "/constraints");
	if ((err = only_keys(l, c, known, "constraints")) || (err = load_bool(l, c, "required", &f->required)) ||
	    (err = load_bool(l, c, "unique", &f->unique)) ||
	    (err = load_bound(l, f, c, "minimum", &f->has_min, &f->min_text, &f->min)) ||
	    (err = load_bound(l, f, c, "maximum", &f->has_max, &f->max_text, &f->max)) ||
	    (err = load_length(l, f, c, "minLength", &f->has_min_len, &f->min_len)) ||
	    (err = load_length(l, f, c, "maxLength", &f->has_max_len, &f->max_len)) || (err = load_enum(l, f, c)) ||
	    (err = load_pattern(l, f, c)))
		return err;
	if (f->has_min && f->has_max && ay_value_compare(&f->min, &f->max) > 0)
		return bad(l, "minimum", "is larger than the maximum");
	if (f->has_min_len && f->has_max_len && f->min_len > f->max_len)
		return bad(l, "minLength", "is larger than maxLength");
	l->place[place] = 0;
	return 0;
}

static int load_notes(struct loader *l, const struct ay_json *object)
{
	static const char *const notes[] = {"title", "description"};

	for (size_t i = 0; i < AY_ARRAY_LEN(notes); i++)
		if (ay_json_get(object, notes[i]) && !ay_json_is(ay_json_get(object, notes[i]), AY_JSON_STRING))
			return bad(l, notes[i], "must be a string");
	return 0;
}

static int load_field(struct loader *l, const struct ay_json *field, struct ay_schema_field *f)
{
	static const char *const known[] = {"name", "type", "format", "title", "description", "constraints", NULL};
	size_t len = 0;
	int err;

	if (!ay_json_is(field, AY_JSON_OBJECT))
		return bad(l, NULL, "must be an object");
	if ((err = only_keys(l, field, known, "a field")) || (err = load_notes(l, field)))
		return err;
	const struct ay_json *name = ay_json_get(field, "name"), *type = ay_json_get(field, "type"), *format = ay_json_get(field, "format");

	if (!ay_json_is(name, AY_JSON_STRING) || !ay_json_str(name, NULL) || !*ay_json_str(name, &len))
		return bad(l, "name", "must be a string that is not empty");
	if ((err = copy_text(l, ay_json_str(name, &len), len, &f->name)))
		return err;
	/* The standard's default would check nothing, so it must be said. */
	if (!ay_json_is(type, AY_JSON_STRING) || !ay_json_str(type, NULL) || !ay_value_type_find(ay_json_str(type, NULL), &f->type))
		return bad(l, "type", "must be string, integer, number, boolean, date, datetime, time, year or any");
	if (format && (!ay_json_is(format, AY_JSON_STRING) || strcmp(ay_json_str(format, &len), "default") != 0))
		return bad(l, "format", "only \"default\" is supported");
	if ((err = load_bool(l, field, "x-label", &f->label)))
		return err;
	return load_constraints(l, f, field);
}

static int find_field(const struct ay_schema *s, const char *name, size_t *out)
{
	for (size_t i = 0; i < s->field_count; i++) {
		if (strcmp(s->fields[i].name.text, name) == 0) {
			*out = i;
			return 0;
		}
	}
	return AY_ENOTFOUND;
}

static int compare_names(const void *a, const void *b)
{
	const struct ay_schema_field *const *x = a, *const *y = b;

	return strcmp((*x)->name.text, (*y)->name.text);
}

static int refuse_twins(struct loader *l)
{
	struct ay_schema *s = l->schema;
	const struct ay_schema_field **sorted = calloc(s->field_count, sizeof(*sorted));
	int err = 0;

	if (!sorted)
		return out_of_memory(l);
	for (size_t i = 0; i < s->field_count; i++)
		sorted[i] = &s->fields[i];
	qsort(sorted, s->field_count, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < s->field_count && !err; i++)
		if (strcmp(sorted[i - 1]->name.text, sorted[i]->name.text) == 0)
			err = bad(l, "fields", "two fields have the same name");
	free(sorted);
	return err;
}

static int load_fields(struct loader *l, const struct ay_json *root)
{
	const struct ay_json *list = ay_json_get(root, "fields");
	size_t count = ay_json_count(list);

	if (!ay_json_is(list, AY_JSON_ARRAY) || count == 0 || count > AY_LIMIT_CSV_COLUMNS)
		return bad(l, "fields", "must be a list of 1 to %d fields", AY_LIMIT_CSV_COLUMNS);
	l->schema->fields = calloc(count, sizeof(*l->schema->fields));
	if (!l->schema->fields)
		return out_of_memory(l);
	for (size_t i = 0; i < count; i++) {
		snprintf(l->place, sizeof(l->place), "/fields/%zu", i);
		l->schema->field_count++;
		int err = load_field(l, ay_json_at(list, i), &l->schema->fields[i]);

		if (err)
			return err;
	}
	l->place[0] = 0;
	return refuse_twins(l);
}

static int load_missing(struct loader *l, const struct ay_json *root)
{
	const struct ay_json *list = ay_json_get(root, "missingValues");
	size_t count = list ? ay_json_count(list) : 1, len;

	if (list && !ay_json_is(list, AY_JSON_ARRAY))
		return bad(l, "missingValues", "must be a list of strings");
	l->schema->missing = calloc(count ? count : 1, sizeof(*l->schema->missing));
	if (!l->schema->missing)
		return out_of_memory(l);
	for (size_t i = 0; i < count; i++) {
		const struct ay_json *j = ay_json_at(list, i);

		if (list && !ay_json_is(j, AY_JSON_STRING))
			return bad(l, "missingValues", "must be a list of strings");
		const char *text = list ? ay_json_str(j, &len) : "";
		int err = copy_text(l, text, list ? len : 0, &l->schema->missing[i]);

		if (err)
			return err;
		l->schema->missing_count++;
	}
	return 0;
}

static int load_key(struct loader *l, const struct ay_json *root)
{
	const struct ay_json *j = ay_json_get(root, "primaryKey");
	bool one = ay_json_is(j, AY_JSON_STRING);
	size_t count = one ? 1 : ay_json_count(j);

	if (!j)
		return 0;
	if ((!one && !ay_json_is(j, AY_JSON_ARRAY)) || count == 0)
		return bad(l, "primaryKey", "must be the name of a field or a list of names");
	l->schema->key = calloc(count, sizeof(*l->schema->key));
	if (!l->schema->key)
		return out_of_memory(l);
	for (size_t i = 0; i < count; i++) {
		const struct ay_json *item = one ? j : ay_json_at(j, i);
		const char *name = ay_json_is(item, AY_JSON_STRING) ? ay_json_str(item, NULL) : NULL;

		if (!name || find_field(l->schema, name, &l->schema->key[i]) != 0)
			return bad(l, "primaryKey", "names something that is not a field");
		for (size_t k = 0; k < i; k++)
			if (l->schema->key[k] == l->schema->key[i])
				return bad(l, "primaryKey", "names a field twice");
		l->schema->key_count++;
	}
	return 0;
}

/* Each column that the reference has must be a field of the kind that it was made of: else it would never be compared. */
static int check_reference(struct loader *l)
{
	struct ay_schema *s = l->schema;
	struct ay_reference ref;
	struct ay_budget b;
	int err = 0;

	ay_budget_init(&b, s->profile_len);
	if (ay_reference_decode(s->profile, s->profile_len, &b, &ref) != 0)
		return bad(l, AY_REFERENCE_NOTE, "is not a reference that baseline propose wrote");
	for (size_t i = 0; i < ref.count && !err; i++) {
		size_t at;
		bool there = find_field(s, ref.columns[i].name, &at) == 0;
		bool numeric = there && (s->fields[at].type == AY_VALUE_INTEGER || s->fields[at].type == AY_VALUE_NUMBER);

		if (!there || numeric != ref.columns[i].numeric)
			err = bad(l, AY_REFERENCE_NOTE, "has the column %.80s, which is no field of this schema, or of another kind; propose it again",
				  ref.columns[i].name);
	}
	ay_reference_free(&ref);
	return err;
}

static int load_reference(struct loader *l, const struct ay_json *root)
{
	const struct ay_json *j = ay_json_get(root, AY_REFERENCE_NOTE);
	struct ay_buf b = ay_buf_new(AY_LIMIT_REFERENCE);
	size_t len = 0;
	const char *text = ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, &len) : NULL;

	if (!j)
		return 0;
	if (!text || ay_base64_decode(&b, text, len, false) < 0 || b.err || !b.len) {
		ay_buf_free(&b);
		return bad(l, AY_REFERENCE_NOTE, "is not a reference that baseline propose wrote");
	}
	l->schema->profile = ay_buf_steal(&b, &l->schema->profile_len);
	ay_buf_free(&b);
	return l->schema->profile ? check_reference(l) : out_of_memory(l);
}

static int load_root(struct loader *l, const struct ay_json *root)
{
	static const char *const known[] = {"fields", "missingValues", "primaryKey", "fieldsMatch", "title", "description", NULL};
	const struct ay_json *match = ay_json_get(root, "fieldsMatch");
	int err;

	if (!ay_json_is(root, AY_JSON_OBJECT))
		return bad(l, NULL, "must be an object");
	if ((err = only_keys(l, root, known, "a schema")) || (err = load_notes(l, root)))
		return err;
	if (match && (!ay_json_is(match, AY_JSON_STRING) || !ay_json_str(match, NULL) || strcmp(ay_json_str(match, NULL), "exact") != 0))
		return bad(l, "fieldsMatch", "only \"exact\" is supported");
	if ((err = load_fields(l, root)) || (err = load_missing(l, root)))
		return err;
	err = load_key(l, root);
	return err ? err : load_reference(l, root);
}

int ay_schema_load(const void *json, size_t len, struct ay_schema **out, struct ay_error *e)
{
	struct loader l = {.e = e, .place = ""};
	struct ay_json_doc *doc = NULL;
	int err;

	*out = NULL;
	if (len > AY_LIMIT_SCHEMA)
		return ay_error_set(e, AY_ELIMIT, "the schema has %zu bytes, the limit is %llu", len, (unsigned long long)AY_LIMIT_SCHEMA);
	err = ay_json_parse(json, len, MAX_NODES, &doc, e);
	if (err)
		return err;
	l.schema = calloc(1, sizeof(*l.schema));
	err = l.schema ? load_root(&l, ay_json_root(doc)) : out_of_memory(&l);
	ay_json_free(doc);
	if (err)
		ay_schema_free(l.schema);
	else
		*out = l.schema;
	return err;
}

void ay_schema_free(struct ay_schema *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->field_count; i++) {
		struct ay_schema_field *f = &s->fields[i];

		free(f->name.text);
		free(f->min_text.text);
		free(f->max_text.text);
		for (size_t k = 0; k < f->enum_count; k++)
			free(f->enums[k].text);
		free(f->enums);
		ay_pattern_free(f->pattern);
		free(f->pattern_text);
	}
	for (size_t i = 0; i < s->missing_count; i++)
		free(s->missing[i].text);
	free(s->fields);
	free(s->missing);
	free(s->key);
	free(s->profile);
	free(s);
}

size_t ay_schema_fields(const struct ay_schema *s)
{
	return s->field_count;
}

const char *ay_schema_field_name(const struct ay_schema *s, size_t i)
{
	return s->fields[i].name.text;
}

const char *ay_schema_field_type(const struct ay_schema *s, size_t i)
{
	return ay_value_type_name(s->fields[i].type);
}

bool ay_schema_label(const struct ay_schema *s, const char *name)
{
	size_t at;

	return find_field(s, name, &at) == 0 && s->fields[at].label;
}

bool ay_schema_is_missing(const struct ay_schema *s, const char *text, size_t len)
{
	for (size_t i = 0; i < s->missing_count; i++)
		if (s->missing[i].len == len && memcmp(s->missing[i].text, text, len) == 0)
			return true;
	return false;
}

const uint8_t *ay_schema_profile(const struct ay_schema *s, size_t *len_out)
{
	*len_out = s->profile_len;
	return s->profile;
}
