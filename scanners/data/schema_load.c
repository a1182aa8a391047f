/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/schema_load.h"

#include <errno.h>
#include <stdarg.h>

#include "assay/limits.h"
#include "assay/text.h"
#include "scanners/data/batch.h"
#include "scanners/data/json_schema.h"

#define MAX_NODES 1000000
#define SEASON_TAG 64
#define PROPOSE_AGAIN "propose it again: assay baseline propose NAME --from FILE --schema SCHEMA"

/* Names that are checked; a key that is nearly one of them is a slip, not a note. */
static const char *const notes_with_meaning[] = {
	AY_SCHEMA_MASS, AY_SCHEMA_PRESENCE, AY_SCHEMA_LABEL, AY_SCHEMA_RULES, AY_SCHEMA_NULL, AY_SCHEMA_JSON, AY_SCHEMA_SHAPE, AY_SCHEMA_DTYPE,
	AY_SCHEMA_SOUGHT, AY_REFERENCE_NOTE, AY_REFERENCE_SEASONS, "x-unchecked", "x-optional", NULL
};

int ay_schema_bad(struct ay_schema_loader *l, const char *key, const char *fmt, ...)
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

int ay_schema_no_memory(struct ay_schema_loader *l)
{
	return ay_error_set(l->e, -ENOMEM, "out of memory");
}

int ay_schema_copy(struct ay_schema_loader *l, const char *text, size_t len, struct ay_schema_text *out)
{
	out->text = malloc(len + 1);
	if (!out->text)
		return ay_schema_no_memory(l);
	memcpy(out->text, text, len);    /* own: room just made */
	out->text[len] = 0;
	out->len = len;
	return 0;
}

size_t ay_schema_enter(struct ay_schema_loader *l, const char *fmt, ...)
{
	size_t place = strlen(l->place);
	va_list ap;

	if (place + 2 > sizeof(l->place))
		return place;
	l->place[place] = '/';
	va_start(ap, fmt);
	vsnprintf(l->place + place + 1, sizeof(l->place) - place - 1, fmt, ap);
	va_end(ap);
	return place;
}

void ay_schema_leave(struct ay_schema_loader *l, size_t place)
{
	l->place[place] = 0;
}

/* Is a made of b by at most two changes of one letter? Both are short. */
static bool nearly(const char *a, const char *b)
{
	unsigned row[64], n = (unsigned)strlen(b);

	if (n + 1 > AY_ARRAY_LEN(row) || strlen(a) > n + 2)
		return false;
	for (unsigned i = 0; i <= n; i++)
		row[i] = i;
	for (unsigned k = 1; a[k - 1]; k++) {
		unsigned before = row[0];

		row[0] = k;
		for (unsigned i = 1; i <= n; i++) {
			unsigned here = row[i], best = before + (a[k - 1] != b[i - 1]);

			if (here + 1 < best)
				best = here + 1;
			if (row[i - 1] + 1 < best)
				best = row[i - 1] + 1;
			row[i] = best;
			before = here;
		}
	}
	return row[n] <= 2;
}

int ay_schema_only_keys(struct ay_schema_loader *l, const struct ay_json *object, const char *const *known, const char *what)
{
	for (size_t i = 0; i < ay_json_count(object); i++) {
		const char *key = ay_json_key(object, i);
		size_t k = 0;

		while (known[k] && strcmp(known[k], key) != 0)
			k++;
		if (known[k])
			continue;
		if (strncmp(key, "x-", 2) != 0)
			return ay_schema_bad(l, key, "%s has no key of this name that could be checked", what);
		for (k = 0; notes_with_meaning[k]; k++)
			if (nearly(key, notes_with_meaning[k]))
				return ay_schema_bad(l, key, "%s has no such key, and as a note it looks like %s", what, notes_with_meaning[k]);
	}
	return 0;
}

int ay_schema_load_share(struct ay_schema_loader *l, const struct ay_json *object, const char *key, double *out)
{
	const struct ay_json *j = ay_json_get(object, key);
	double share = ay_json_is(j, AY_JSON_NUMBER) ? ay_json_num(j, 2) : 2;

	if (!j)
		return 0;
	if (!(share > 0 && share <= 1))
		return ay_schema_bad(l, key, "must be a share, more than 0 and at most 1");
	*out = share;
	return 0;
}

int ay_schema_load_notes(struct ay_schema_loader *l, const struct ay_json *object)
{
	static const char *const notes[] = {"title", "description"};

	for (size_t i = 0; i < AY_ARRAY_LEN(notes); i++)
		if (ay_json_get(object, notes[i]) && !ay_json_is(ay_json_get(object, notes[i]), AY_JSON_STRING))
			return ay_schema_bad(l, notes[i], "must be a string");
	return 0;
}

int ay_schema_find_field(const struct ay_schema *s, const char *name, size_t *out)
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

static int refuse_twins(struct ay_schema_loader *l)
{
	struct ay_schema *s = l->schema;
	const struct ay_schema_field **sorted = calloc(s->field_count, sizeof(*sorted));
	int err = 0;

	if (!sorted)
		return ay_schema_no_memory(l);
	for (size_t i = 0; i < s->field_count; i++)
		sorted[i] = &s->fields[i];
	qsort(sorted, s->field_count, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < s->field_count && !err; i++)
		if (strcmp(sorted[i - 1]->name.text, sorted[i]->name.text) == 0)
			err = ay_schema_bad(l, "fields", "two fields have the same name");
	free(sorted);
	return err;
}

static int load_fields(struct ay_schema_loader *l, const struct ay_json *root)
{
	const struct ay_json *list = ay_json_get(root, "fields");
	size_t count = ay_json_count(list);

	if (!ay_json_is(list, AY_JSON_ARRAY) || count == 0 || count > AY_LIMIT_CSV_COLUMNS)
		return ay_schema_bad(l, "fields", "must be a list of 1 to %d fields", AY_LIMIT_CSV_COLUMNS);
	l->schema->fields = calloc(count, sizeof(*l->schema->fields));
	if (!l->schema->fields)
		return ay_schema_no_memory(l);
	for (size_t i = 0; i < count; i++) {
		size_t place = ay_schema_enter(l, "fields/%zu", i);

		l->schema->field_count++;
		int err = ay_schema_load_field(l, ay_json_at(list, i), &l->schema->fields[i]);

		if (err)
			return err;
		ay_schema_leave(l, place);
	}
	return refuse_twins(l);
}

static int load_missing(struct ay_schema_loader *l, const struct ay_json *root)
{
	const struct ay_json *list = ay_json_get(root, "missingValues");
	size_t count = list ? ay_json_count(list) : 1, len;

	if (list && !ay_json_is(list, AY_JSON_ARRAY))
		return ay_schema_bad(l, "missingValues", "must be a list of strings");
	l->schema->missing = calloc(count ? count : 1, sizeof(*l->schema->missing));
	if (!l->schema->missing)
		return ay_schema_no_memory(l);
	for (size_t i = 0; i < count; i++) {
		const struct ay_json *j = ay_json_at(list, i);

		if (list && !ay_json_is(j, AY_JSON_STRING))
			return ay_schema_bad(l, "missingValues", "must be a list of strings");
		const char *text = list ? ay_json_str(j, &len) : "";
		int err = ay_schema_copy(l, text, list ? len : 0, &l->schema->missing[i]);

		if (err)
			return err;
		l->schema->missing_count++;
	}
	return 0;
}

static int load_key(struct ay_schema_loader *l, const struct ay_json *root)
{
	const struct ay_json *j = ay_json_get(root, "primaryKey");
	bool one = ay_json_is(j, AY_JSON_STRING);
	size_t count = one ? 1 : ay_json_count(j);

	if (!j)
		return 0;
	if ((!one && !ay_json_is(j, AY_JSON_ARRAY)) || count == 0)
		return ay_schema_bad(l, "primaryKey", "must be the name of a field or a list of names");
	l->schema->key = calloc(count, sizeof(*l->schema->key));
	if (!l->schema->key)
		return ay_schema_no_memory(l);
	for (size_t i = 0; i < count; i++) {
		const struct ay_json *item = one ? j : ay_json_at(j, i);
		const char *name = ay_json_is(item, AY_JSON_STRING) ? ay_json_str(item, NULL) : NULL;

		if (!name || ay_schema_find_field(l->schema, name, &l->schema->key[i]) != 0)
			return ay_schema_bad(l, "primaryKey", "names something that is not a field");
		for (size_t k = 0; k < i; k++)
			if (l->schema->key[k] == l->schema->key[i])
				return ay_schema_bad(l, "primaryKey", "names a field twice");
		l->schema->key_count++;
	}
	return 0;
}

/* What is refused is no reference; a limit that was reached while it was read says nothing about it. */
static int unread_reference(struct ay_schema_loader *l, const char *key, int rc)
{
	if (rc == AY_EFORMAT || rc == AY_ETRUNC)
		return ay_schema_bad(l, key, "is not a reference that baseline propose wrote");
	ay_error_set(l->e, rc, "the reference could not be read: %s", ay_strerror(rc));
	ay_error_where(l->e, "%s/%s", l->place, key);
	return rc;
}

/* Does the column count a text as a value? Of numbers, as the least or the greatest: which of those between were counted nobody knows. */
static bool counts(const struct ay_profiled *c, const struct ay_schema_text *text)
{
	const struct ay_cell cell = {.kind = AY_CELL_TEXT, .text = text->text, .len = text->len};
	const struct ay_numbers *n = &c->numbers;
	struct ay_value v;

	if (!c->numeric)
		return ay_profiled_where(c, &cell).at < c->values.used;
	return n->rows > n->null + n->nan + n->minus_infinity + n->plus_infinity && ay_value_parse(AY_VALUE_NUMBER, text->text, text->len, &v) &&
	       (v.d == n->min || v.d == n->max);
}

/* Each column that the reference has must be a field of the kind that it was made of: else it would never be compared. */
static int check_reference(struct ay_schema_loader *l, const char *key, const uint8_t *profile, size_t len)
{
	struct ay_schema *s = l->schema;
	struct ay_reference ref;
	struct ay_budget b;
	int err = 0;

	ay_budget_init(&b, len);
	err = ay_reference_parse(profile, len, &b, &ref);
	if (err)
		return unread_reference(l, key, err);
	for (size_t i = 0; i < ref.count && !err; i++) {
		size_t at;
		bool there = ay_schema_find_field(s, ref.columns[i].name, &at) == 0;
		bool numeric = there && (s->fields[at].type == AY_VALUE_INTEGER || s->fields[at].type == AY_VALUE_NUMBER);

		if (!there || numeric != ref.columns[i].numeric)
			err = ay_schema_bad(l, key, "has the column %.80s, which is no field of this schema, or of another kind; " PROPOSE_AGAIN,
				  ref.columns[i].name);
		for (size_t k = 0; k < s->missing_count && !err; k++)
			if (counts(&ref.columns[i], &s->missing[k]))
				err = ay_schema_bad(l, key, "counts \"%.30s\" of %.60s as a value, and missingValues says that it is missing; " PROPOSE_AGAIN,
						    s->missing[k].text, ref.columns[i].name);
	}
	ay_reference_free(&ref);
	return err;
}

static int decode_reference(struct ay_schema_loader *l, const char *key, const struct ay_json *j, uint8_t **out, size_t *out_len)
{
	struct ay_buf b = ay_buf_new(AY_LIMIT_REFERENCE);
	size_t len = 0;
	const char *text = ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, &len) : NULL;

	int rc = text ? ay_base64_decode(&b, text, len, false) : AY_EFORMAT;

	if (rc == 0)
		rc = b.err ? b.err : b.len ? 0 : AY_EFORMAT;
	if (rc < 0) {
		ay_buf_free(&b);
		return unread_reference(l, key, rc);
	}
	*out = ay_buf_steal(&b, out_len);
	ay_buf_free(&b);
	return *out ? check_reference(l, key, *out, *out_len) : ay_schema_no_memory(l);
}

static bool is_tag(const char *tag)
{
	size_t len = strspn(tag, "abcdefghijklmnopqrstuvwxyz0123456789-_.");

	return len && len <= SEASON_TAG && !tag[len];
}

static int load_seasons(struct ay_schema_loader *l, const struct ay_json *root)
{
	const struct ay_json *map = ay_json_get(root, AY_REFERENCE_SEASONS);
	struct ay_schema *s = l->schema;
	int err = 0;

	if (!map)
		return 0;
	if (!ay_json_is(map, AY_JSON_OBJECT) || !ay_json_count(map) || ay_json_count(map) > AY_BATCH_ALSO)
		return ay_schema_bad(l, AY_REFERENCE_SEASONS, "must be 1 to %d references by tag", AY_BATCH_ALSO);
	if (!s->profile)
		return ay_schema_bad(l, AY_REFERENCE_SEASONS, "needs " AY_REFERENCE_NOTE " beside it, the reference of names whose policy names no season");
	s->seasons = calloc(ay_json_count(map), sizeof(*s->seasons));
	if (!s->seasons)
		return ay_schema_no_memory(l);
	size_t place = ay_schema_enter(l, AY_REFERENCE_SEASONS);

	for (size_t i = 0; i < ay_json_count(map) && !err; i++) {
		struct ay_schema_season *season = &s->seasons[s->season_count++];

		if (!is_tag(ay_json_key(map, i)))
			return ay_schema_bad(l, NULL, "a tag has 1 to %d of a-z, 0-9, '-', '_' and '.'", SEASON_TAG);
		season->tag = strdup(ay_json_key(map, i));
		err = season->tag ? decode_reference(l, season->tag, ay_json_at(map, i), &season->profile, &season->len) : ay_schema_no_memory(l);
	}
	if (!err)
		ay_schema_leave(l, place);
	return err;
}

static int load_reference(struct ay_schema_loader *l, const struct ay_json *root)
{
	const struct ay_json *j = ay_json_get(root, AY_REFERENCE_NOTE);
	int err = j ? decode_reference(l, AY_REFERENCE_NOTE, j, &l->schema->profile, &l->schema->profile_len) : 0;

	if (!err)
		err = load_seasons(l, root);
	if (err || !l->schema->profile)
		return err;
	l->schema->measures = calloc(l->schema->season_count + 1, sizeof(*l->schema->measures));
	return l->schema->measures ? 0 : ay_schema_no_memory(l);
}

/* What a gate asks of a table of another dataset: fields by their names, whatever else is there. */
static int load_question(struct ay_schema_loader *l, const struct ay_json *root)
{
	int err = load_fields(l, root);

	if (!err)
		err = load_missing(l, root);
	return err ? err : ay_schema_load_sought(l, root);
}

int ay_schema_load_table(struct ay_schema_loader *l, const struct ay_json *root)
{
	static const char *const known[] = {"fields", "missingValues", "primaryKey", "foreignKeys", "fieldsMatch", "title", "description",
					     AY_REFERENCE_NOTE, AY_REFERENCE_SEASONS, AY_SCHEMA_RULES, NULL};
	const struct ay_json *match = ay_json_get(root, "fieldsMatch");
	int err;

	if (!ay_json_is(root, AY_JSON_OBJECT))
		return ay_schema_bad(l, NULL, "must be an object");
	if (l->may_seek && ay_json_get(root, AY_SCHEMA_SOUGHT))
		return load_question(l, root);
	if ((err = ay_schema_only_keys(l, root, known, "a schema")) || (err = ay_schema_load_notes(l, root)))
		return err;
	if (match && (!ay_json_is(match, AY_JSON_STRING) || !ay_json_str(match, NULL) || strcmp(ay_json_str(match, NULL), "exact") != 0))
		return ay_schema_bad(l, "fieldsMatch", "only \"exact\" is supported");
	if ((err = load_fields(l, root)) || (err = load_missing(l, root)))
		return err;
	if ((err = load_key(l, root)) || (err = ay_schema_load_rules(l, root)))
		return err;
	return load_reference(l, root);
}

int ay_schema_load_documents(struct ay_schema_loader *l, const struct ay_json *schema)
{
	struct ay_error why = {.where = ""};
	int err = ay_json_schema_load(schema, &l->schema->documents, &why);

	l->schema->of = AY_SCHEMA_OF_DOCUMENTS;
	if (err != AY_EFORMAT)
		return err == -ENOMEM ? ay_schema_no_memory(l) : err;
	ay_error_set(l->e, err, "%s", why.msg);
	ay_error_where(l->e, "%s%s", l->place, why.where);
	return err;
}

static int load_shape(struct ay_schema_loader *l, const struct ay_json *list, struct ay_shape *out)
{
	size_t count = ay_json_count(list);

	if (!ay_json_is(list, AY_JSON_ARRAY) || count > AY_SHAPE_DIMS)
		return ay_schema_bad(l, AY_SCHEMA_SHAPE, "must be a list of at most %d sizes, null for any", AY_SHAPE_DIMS);
	for (size_t i = 0; i < count; i++) {
		const struct ay_json *j = ay_json_at(list, i);

		out->any[i] = ay_json_is(j, AY_JSON_NULL);
		if (!out->any[i] && (!ay_json_is(j, AY_JSON_NUMBER) || ay_json_u64(j, &out->dims[i]) != 0))
			return ay_schema_bad(l, AY_SCHEMA_SHAPE, "must be a list of sizes, null for any");
	}
	out->dim_count = (unsigned)count;
	out->has_dims = true;
	return 0;
}

static int load_dtypes(struct ay_schema_loader *l, const struct ay_json *j, struct ay_shape *out)
{
	bool list = ay_json_is(j, AY_JSON_ARRAY);

	for (size_t i = 0; i < (list ? ay_json_count(j) : 1); i++) {
		const struct ay_json *item = list ? ay_json_at(j, i) : j;
		const char *name = ay_json_is(item, AY_JSON_STRING) ? ay_json_str(item, NULL) : NULL;
		uint32_t bit = name ? ay_shape_dtype_bit(name) : 0;

		if (!bit)
			return ay_schema_bad(l, AY_SCHEMA_DTYPE, "must be a type of NumPy, as \"uint8\", or a list of types");
		out->dtypes |= bit;
	}
	return out->dtypes ? 0 : ay_schema_bad(l, AY_SCHEMA_DTYPE, "must be a type of NumPy, as \"uint8\", or a list of types");
}

int ay_schema_load_arrays(struct ay_schema_loader *l, const struct ay_json *object)
{
	const struct ay_json *shape = ay_json_get(object, AY_SCHEMA_SHAPE), *dtype = ay_json_get(object, AY_SCHEMA_DTYPE);
	int err = shape ? load_shape(l, shape, &l->schema->shape) : 0;

	l->schema->of = AY_SCHEMA_OF_ARRAYS;
	return !err && dtype ? load_dtypes(l, dtype, &l->schema->shape) : err;
}

/* A JSON Schema stands alone, or as the one thing that is asked for. */
static int load_root(struct ay_schema_loader *l, const struct ay_json *root)
{
	static const char *const known[] = {AY_SCHEMA_JSON, "title", "description", NULL};
	static const char *const of_arrays[] = {AY_SCHEMA_SHAPE, AY_SCHEMA_DTYPE, "title", "description", NULL};
	int err;

	if (ay_json_get(root, "resources"))
		return ay_schema_load_files(l, root);
	if (ay_json_get(root, "$schema"))
		return ay_schema_load_documents(l, root);
	if (ay_json_get(root, AY_SCHEMA_SHAPE) || ay_json_get(root, AY_SCHEMA_DTYPE)) {
		err = ay_schema_only_keys(l, root, of_arrays, "a schema of arrays");
		return err || (err = ay_schema_load_notes(l, root)) ? err : ay_schema_load_arrays(l, root);
	}
	if (!ay_json_get(root, AY_SCHEMA_JSON))
		return ay_schema_load_table(l, root);
	if ((err = ay_schema_only_keys(l, root, known, "a schema of documents")) || (err = ay_schema_load_notes(l, root)))
		return err;
	ay_schema_enter(l, AY_SCHEMA_JSON);
	return ay_schema_load_documents(l, ay_json_get(root, AY_SCHEMA_JSON));
}

static int load(const void *json, size_t len, bool may_seek, struct ay_schema **out, struct ay_error *e)
{
	struct ay_schema_loader l = {.e = e, .place = "", .may_seek = may_seek};
	struct ay_json_doc *doc = NULL;
	int err;

	*out = NULL;
	if (len > AY_LIMIT_SCHEMA)
		return ay_error_set(e, AY_ELIMIT, "the schema has %zu bytes, the limit is %llu", len, (unsigned long long)AY_LIMIT_SCHEMA);
	err = ay_json_parse(json, len, MAX_NODES, &doc, e);
	if (err)
		return err;
	l.schema = calloc(1, sizeof(*l.schema));
	if (l.schema)
		l.schema->refs = 1;
	err = l.schema ? load_root(&l, ay_json_root(doc)) : ay_schema_no_memory(&l);
	if (!err)
		err = ay_schema_load_foreign(&l, ay_json_root(doc));
	ay_json_free(doc);
	if (err)
		ay_schema_free(l.schema);
	else
		*out = l.schema;
	return err;
}

int ay_schema_load(const void *json, size_t len, struct ay_schema **out, struct ay_error *e)
{
	return load(json, len, false, out, e);
}

int ay_schema_load_job(const void *json, size_t len, struct ay_schema **out, struct ay_error *e)
{
	return load(json, len, true, out, e);
}

void ay_schema_free(struct ay_schema *s)
{
	if (!s || --s->refs > 0)
		return;
	for (size_t i = 0; i < s->field_count; i++)
		ay_schema_field_free(&s->fields[i]);
	for (size_t i = 0; i < s->missing_count; i++)
		free(s->missing[i].text);
	ay_schema_files_free(s);
	ay_schema_rules_free(s);
	ay_schema_foreign_free(s);
	ay_json_schema_free(s->documents);
	free(s->fields);
	free(s->missing);
	free(s->key);
	free(s->profile);
	for (size_t i = 0; s->measures && i < s->season_count + 1; i++)
		ay_measure_free(s->measures[i]);
	free(s->measures);
	for (size_t i = 0; i < s->season_count; i++) {
		free(s->seasons[i].tag);
		free(s->seasons[i].profile);
	}
	free(s->seasons);
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

bool ay_schema_is_missing(const struct ay_schema *s, const char *text, size_t len)
{
	for (size_t i = 0; i < s->missing_count; i++)
		if (s->missing[i].len == len && memcmp(s->missing[i].text, text, len) == 0)
			return true;
	return false;
}

const uint8_t *ay_schema_profile(const struct ay_schema *s, size_t *len_out)
{
	s = ay_schema_referenced(s);
	*len_out = s->profile_len;
	return s->profile;
}

bool ay_schema_label(const struct ay_schema *s, const char *name)
{
	size_t at;

	s = ay_schema_referenced(s);
	return ay_schema_find_field(s, name, &at) == 0 && s->fields[at].label;
}

static const struct ay_schema_season *find_season(const struct ay_schema *s, const char *tag)
{
	for (size_t i = 0; i < s->season_count; i++)
		if (strcmp(s->seasons[i].tag, tag) == 0)
			return &s->seasons[i];
	return NULL;
}

int ay_schema_measure(const struct ay_schema *s, const char *season, struct ay_measure **out)
{
	*out = NULL;
	s = ay_schema_referenced(s);
	const struct ay_schema_season *of = season ? find_season(s, season) : NULL;

	if (!s->profile || (season && !of))
		return AY_ENOTFOUND;
	struct ay_measure **at = of ? &s->measures[1 + (of - s->seasons)] : &s->measures[0];
	int rc = *at ? 0 : ay_measure_new(of ? of->profile : s->profile, of ? of->len : s->profile_len, at);

	*out = *at;
	return rc;
}
