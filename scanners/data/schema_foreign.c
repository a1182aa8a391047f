/* SPDX-License-Identifier: Apache-2.0 */
/* Loading of foreignKeys, and of what they ask of their targets. */
#include "scanners/data/schema_load.h"

#include "assay/limits.h"
#include "assay/ref.h"
#include "assay/text.h"
#include "scanners/data/foreign.h"

#define MAX_FOREIGN 64       /* of one table */
#define SCHEME "assay:"      /* of references into the store, as in provenance */

/* Names of fields of s: a string, or a list of strings. */
static int load_names(struct ay_schema_loader *l, const struct ay_json *object, const char *key, const struct ay_schema *s, size_t **out, size_t *count_out)
{
	const struct ay_json *j = ay_json_get(object, key);
	bool one = ay_json_is(j, AY_JSON_STRING);
	size_t count = one ? 1 : ay_json_count(j);

	if ((!one && !ay_json_is(j, AY_JSON_ARRAY)) || count == 0 || count > s->field_count)
		return ay_schema_bad(l, key, "must be the name of a field or a list of names");
	*out = calloc(count, sizeof(**out));
	if (!*out)
		return ay_schema_no_memory(l);
	*count_out = count;
	for (size_t i = 0; i < count; i++) {
		const struct ay_json *item = one ? j : ay_json_at(j, i);
		const char *name = ay_json_is(item, AY_JSON_STRING) ? ay_json_str(item, NULL) : NULL;

		if (!name || ay_schema_find_field(s, name, &(*out)[i]) != 0)
			return ay_schema_bad(l, key, "names something that is not a field");
	}
	return 0;
}

static const struct ay_schema *resource_of(const struct ay_schema *all, const struct ay_schema *own, const char *name, size_t *index_out)
{
	*index_out = 0;
	for (size_t i = 0; i < all->resource_count; i++) {
		const struct ay_schema_resource *r = &all->resources[i];

		if (*name ? r->name.text && strcmp(r->name.text, name) == 0 : r->schema == own) {
			*index_out = i;
			return r->schema;
		}
	}
	return *name ? NULL : own;
}

/* A string that is not empty, or NULL. */
static const char *string(const struct ay_json *j)
{
	const char *text = ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, NULL) : NULL;

	return text && *text ? text : NULL;
}

/* Names of fields that only the other dataset's tables have. */
static int load_their_names(struct ay_schema_loader *l, const struct ay_json *j, struct ay_schema_foreign *f)
{
	bool one = ay_json_is(j, AY_JSON_STRING);
	size_t count = one ? 1 : ay_json_count(j);

	if ((!one && !ay_json_is(j, AY_JSON_ARRAY)) || count != f->count)
		return ay_schema_bad(l, "fields", "must be as many as the fields that refer to them");
	f->names = calloc(count, sizeof(*f->names));
	if (!f->names)
		return ay_schema_no_memory(l);
	for (size_t i = 0; i < count; i++) {
		const char *name = string(one ? j : ay_json_at(j, i));

		for (size_t k = 0; name && k < i; k++)
			if (strcmp(f->names[k], name) == 0)
				return ay_schema_bad(l, "fields", "names a field twice");
		if (!name)
			return ay_schema_bad(l, "fields", "must be the name of a field or a list of names");
		if (!(f->names[i] = strdup(name)))
			return ay_schema_no_memory(l);
	}
	return 0;
}

/* A key into another dataset of the store. */
static int load_package(struct ay_schema_loader *l, const struct ay_json *ref, struct ay_schema_foreign *f)
{
	const char *package = string(ay_json_get(ref, "package")), *path = string(ay_json_get(ref, "resource"));
	struct ay_ref parsed;

	if (!package || strncmp(package, SCHEME, strlen(SCHEME)) != 0 ||
	    (strchr(package, '@') ? ay_ref_parse(package + strlen(SCHEME), &parsed, NULL) : ay_name_parse(package + strlen(SCHEME), NULL)) != 0)
		return ay_schema_bad(l, "package", "must be \"" SCHEME "CLASS/NAME\", with @VERSION or @TAG where it is not to be the newest, as \"" SCHEME "datasets/users@v3\"");
	if (ay_json_get(ref, "resource") && !path)
		return ay_schema_bad(l, "resource", "must be a pattern of the paths of that dataset's files");
	f->package = strdup(package + strlen(SCHEME));
	f->path = path ? strdup(path) : NULL;
	if (!f->package || (path && !f->path))
		return ay_schema_no_memory(l);
	return load_their_names(l, ay_json_get(ref, "fields"), f);
}

static int load_reference(struct ay_schema_loader *l, const struct ay_json *object, const struct ay_schema *all, struct ay_schema *own,
			  struct ay_schema_foreign *f)
{
	static const char *const known[] = {"package", "resource", "fields", NULL};
	const struct ay_json *ref = ay_json_get(object, "reference"), *resource = ay_json_get(ref, "resource");
	const char *name = resource ? ay_json_is(resource, AY_JSON_STRING) ? ay_json_str(resource, NULL) : NULL : "";
	size_t count = 0;
	int err;

	if (!ay_json_is(ref, AY_JSON_OBJECT))
		return ay_schema_bad(l, "reference", "must be an object with fields, and the resource where it is another");
	size_t place = ay_schema_enter(l, "reference");

	if ((err = ay_schema_only_keys(l, ref, known, "a reference")))
		return err;
	if (ay_json_get(ref, "package")) {
		err = load_package(l, ref, f);
		if (!err)
			ay_schema_leave(l, place);
		return err;
	}
	if (name && strchr(name, '@'))
		return ay_schema_bad(l, "resource", "is of the same artifact; another dataset is named by \"package\": \"" SCHEME "CLASS/NAME\"");
	const struct ay_schema *target = name ? resource_of(all, own, name, &f->resource) : NULL;

	if (!target || target->of != AY_SCHEMA_OF_TABLE)
		return ay_schema_bad(l, "resource", "must be the name of a resource that is a table, or empty for the table itself");
	if ((err = load_names(l, ref, "fields", target, &f->target, &count)))
		return err;
	if (count != f->count)
		return ay_schema_bad(l, "fields", "must be as many as the fields that refer to them");
	for (size_t i = 0; i < count; i++)
		if (target->fields[f->target[i]].type != own->fields[f->fields[i]].type)
			return ay_schema_bad(l, "fields", "its field %.60s is of type %s, and what refers to it of type %s", target->fields[f->target[i]].name.text,
					     ay_value_type_name(target->fields[f->target[i]].type), ay_value_type_name(own->fields[f->fields[i]].type));
	ay_schema_leave(l, place);
	return 0;
}

static int load_one(struct ay_schema_loader *l, const struct ay_json *object, const struct ay_schema *all, struct ay_schema *own,
		    struct ay_schema_foreign *f)
{
	static const char *const known[] = {"fields", "reference", NULL};
	int err;

	if (!ay_json_is(object, AY_JSON_OBJECT))
		return ay_schema_bad(l, NULL, "must be an object with fields and a reference");
	if ((err = ay_schema_only_keys(l, object, known, "a foreign key")) || (err = load_names(l, object, "fields", own, &f->fields, &f->count)))
		return err;
	return load_reference(l, object, all, own, f);
}

static int load_table(struct ay_schema_loader *l, const struct ay_json *table, struct ay_schema *all, struct ay_schema *own)
{
	const struct ay_json *list = ay_json_get(table, "foreignKeys");
	size_t count = ay_json_count(list);
	int err = 0;

	if (!list)
		return 0;
	if (!ay_json_is(list, AY_JSON_ARRAY) || count == 0 || count > MAX_FOREIGN)
		return ay_schema_bad(l, "foreignKeys", "must be a list of 1 to %d objects", MAX_FOREIGN);
	own->foreign = calloc(count, sizeof(*own->foreign));
	if (!own->foreign)
		return ay_schema_no_memory(l);
	for (size_t i = 0; i < count && !err; i++) {
		size_t place = ay_schema_enter(l, "foreignKeys/%zu", i);

		own->foreign[i].id = all->foreign_ids++;
		own->foreign_count++;
		err = load_one(l, ay_json_at(list, i), all, own, &own->foreign[i]);
		if (!err)
			ay_schema_leave(l, place);
	}
	return err;
}

/* What one table asks of another, beside that other. */
static int want(struct ay_schema_loader *l, struct ay_schema *target, const struct ay_schema_foreign *f)
{
	struct ay_schema_wanted *more = realloc(target->wanted, (target->wanted_count + 1) * sizeof(*more));

	if (!more)
		return ay_schema_no_memory(l);
	target->wanted = more;
	more[target->wanted_count++] = (struct ay_schema_wanted){f->id, f->target, f->count};
	return 0;
}

static int ask_targets(struct ay_schema_loader *l, struct ay_schema *all, const struct ay_schema *own)
{
	int err = 0;

	for (size_t i = 0; i < own->foreign_count && !err; i++) {
		const struct ay_schema_foreign *f = &own->foreign[i];

		if (!f->package)
			err = want(l, all->resource_count ? all->resources[f->resource].schema : all, f);
	}
	return err;
}

int ay_schema_load_foreign(struct ay_schema_loader *l, const struct ay_json *root)
{
	struct ay_schema *all = l->schema;
	int err = all->resource_count ? 0 : load_table(l, root, all, all);

	for (size_t i = 0; i < all->resource_count && !err; i++) {
		const struct ay_json *table = ay_json_get(ay_json_at(ay_json_get(root, "resources"), i), "schema");
		size_t place = ay_schema_enter(l, "resources/%zu/schema", i);

		err = load_table(l, table, all, all->resources[i].schema);
		if (!err)
			ay_schema_leave(l, place);
	}
	if (!err && !all->resource_count)
		err = ask_targets(l, all, all);
	for (size_t i = 0; i < all->resource_count && !err; i++)
		err = ask_targets(l, all, all->resources[i].schema);
	return err;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, AY_FOREIGN_KEY);
}

/* The one thing that is asked of all fields, in their order: a key that stands for nothing else. */
int ay_schema_load_sought(struct ay_schema_loader *l, const struct ay_json *root)
{
	struct ay_schema *s = l->schema;
	const char *text = string(ay_json_get(root, AY_SCHEMA_SOUGHT));
	struct ay_buf b = ay_buf_new(AY_LIMIT_KEYS);
	size_t len;

	if (!text || ay_base64_decode(&b, text, strlen(text), false) < 0 || b.err || !b.len || b.len % AY_FOREIGN_KEY) {
		ay_buf_free(&b);
		return ay_schema_bad(l, AY_SCHEMA_SOUGHT, "must be keys in base64");
	}
	s->sought = ay_buf_steal(&b, &len);
	s->asked = calloc(s->field_count, sizeof(*s->asked));
	s->wanted = calloc(1, sizeof(*s->wanted));
	if (!s->sought || !s->asked || !s->wanted)
		return ay_schema_no_memory(l);
	s->sought_count = len / AY_FOREIGN_KEY;
	qsort(s->sought, s->sought_count, AY_FOREIGN_KEY, by_bytes);
	for (size_t i = 0; i < s->field_count; i++)
		s->asked[i] = i;
	s->wanted[s->wanted_count++] = (struct ay_schema_wanted){.id = 0, .fields = s->asked, .count = s->field_count};
	return 0;
}

void ay_schema_foreign_free(struct ay_schema *s)
{
	for (size_t i = 0; i < s->foreign_count; i++) {
		struct ay_schema_foreign *f = &s->foreign[i];

		for (size_t k = 0; f->names && k < f->count; k++)
			free(f->names[k]);
		free(f->names);
		free(f->package);
		free(f->path);
		free(f->fields);
		free(f->target);
	}
	free(s->foreign);
	free(s->wanted);
	free(s->asked);
	free(s->sought);
}

bool ay_foreign_any(const struct ay_schema *s)
{
	return s->foreign_ids > 0;
}
