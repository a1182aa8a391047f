/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas of several files: their resources, and which one a path belongs to. */
#include "scanners/data/schema_load.h"

#include "assay/limits.h"
#include "assay/text.h"

#define UNCHECKED "x-unchecked"
#define OPTIONAL "x-optional"

/* Relative and without parts that mean another folder. */
static bool is_plain(const char *path)
{
	for (const char *p = path; *p || p == path;) {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n + (p[n] == '/');
		if (!*p)
			return p[-1] != '/';
	}
	return false;
}

static int load_string(struct ay_schema_loader *l, const struct ay_json *object, const char *key, struct ay_schema_text *out)
{
	const struct ay_json *j = ay_json_get(object, key);
	size_t len = 0;

	if (!ay_json_is(j, AY_JSON_STRING) || !ay_json_str(j, NULL) || !*ay_json_str(j, &len))
		return ay_schema_bad(l, key, "must be a string that is not empty");
	return ay_schema_copy(l, ay_json_str(j, &len), len, out);
}

static bool is_hex(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static int load_content(struct ay_schema_loader *l, const struct ay_json *object, struct ay_schema_resource *r)
{
	const struct ay_json *hash = ay_json_get(object, "hash"), *bytes = ay_json_get(object, "bytes");
	const char *text = ay_json_is(hash, AY_JSON_STRING) ? ay_json_str(hash, NULL) : NULL;
	struct ay_schema_text digest = {.text = NULL};
	int err;

	if ((hash || bytes) && strpbrk(r->path.text, "*?"))
		return ay_schema_bad(l, hash ? "hash" : "bytes", "is about one file, and path is a pattern");
	if (hash && (!text || strncmp(text, "sha256:", 7) != 0 || !is_hex(text + 7)))
		return ay_schema_bad(l, "hash", "must be \"sha256:\" and 64 lower-case hexadecimal digits");
	if (bytes && (!ay_json_is(bytes, AY_JSON_NUMBER) || ay_json_u64(bytes, &r->bytes) != 0))
		return ay_schema_bad(l, "bytes", "must be a whole number that is not negative");
	r->has_bytes = bytes != NULL;
	if (!hash)
		return 0;
	err = ay_schema_copy(l, text + 7, 64, &digest);
	r->sha256 = digest.text;
	return err;
}

static int load_flag(struct ay_schema_loader *l, const struct ay_json *object, const char *key, bool *out)
{
	const struct ay_json *j = ay_json_get(object, key);

	if (j && !ay_json_is(j, AY_JSON_BOOL))
		return ay_schema_bad(l, key, "must be true or false");
	*out = ay_json_bool(j, false);
	return 0;
}

static int load_part(struct ay_schema_loader *l, const struct ay_json *object, struct ay_schema_resource *r)
{
	const struct ay_json *schema = ay_json_get(object, "schema"), *documents = ay_json_get(object, AY_SCHEMA_JSON);
	struct ay_schema *outer = l->schema;
	bool unchecked, arrays = ay_json_get(object, AY_SCHEMA_SHAPE) || ay_json_get(object, AY_SCHEMA_DTYPE);
	int err = load_flag(l, object, UNCHECKED, &unchecked);

	if (err)
		return err;
	if ((schema != NULL) + (documents != NULL) + arrays + unchecked != 1)
		return ay_schema_bad(l, "schema", "must be there, or " AY_SCHEMA_JSON ", or " AY_SCHEMA_SHAPE " or " AY_SCHEMA_DTYPE ", or " UNCHECKED " be true, and one of them only");
	r->schema = calloc(1, sizeof(*r->schema));
	if (!r->schema)
		return ay_schema_no_memory(l);
	r->schema->refs = 1;
	r->schema->of = unchecked ? AY_SCHEMA_OF_NOTHING : AY_SCHEMA_OF_TABLE;
	if (unchecked)
		return 0;
	if (arrays) {
		l->schema = r->schema;
		err = ay_schema_load_arrays(l, object);
		l->schema = outer;
		return err;
	}
	size_t place = ay_schema_enter(l, "%s", schema ? "schema" : AY_SCHEMA_JSON);

	l->schema = r->schema;
	err = schema ? ay_schema_load_table(l, schema) : ay_schema_load_documents(l, documents);
	l->schema = outer;
	/* What is measured of a version is measured against one reference: one that nobody compares with would promise more. */
	if (!err && r->schema->profile && ay_schema_referenced(outer) != outer && ay_schema_referenced(outer) != r->schema)
		err = ay_schema_bad(l, "x-profile", "stands in another resource already, and only the tables of one are compared with a reference");
	if (!err)
		ay_schema_leave(l, place);
	return err;
}

static int load_resource(struct ay_schema_loader *l, const struct ay_json *object, struct ay_schema_resource *r)
{
	static const char *const known[] = {"name", "path", "schema", AY_SCHEMA_JSON, AY_SCHEMA_SHAPE, AY_SCHEMA_DTYPE, "hash", "bytes", "title", "description", UNCHECKED, OPTIONAL, NULL};
	int err;

	if (!ay_json_is(object, AY_JSON_OBJECT))
		return ay_schema_bad(l, NULL, "must be an object");
	if ((err = ay_schema_only_keys(l, object, known, "a resource")) || (err = ay_schema_load_notes(l, object)) ||
	    (err = load_string(l, object, "path", &r->path)) || (err = load_flag(l, object, OPTIONAL, &r->optional)))
		return err;
	if (!is_plain(r->path.text))
		return ay_schema_bad(l, "path", "must be a path below the artifact, without empty parts, \".\" and \"..\"");
	if (ay_json_get(object, "name") && (err = load_string(l, object, "name", &r->name)))
		return err;
	err = load_content(l, object, r);
	return err ? err : load_part(l, object, r);
}

static int refuse_twins(struct ay_schema_loader *l)
{
	const struct ay_schema *s = l->schema;

	for (size_t i = 0; i < s->resource_count; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct ay_schema_resource *a = &s->resources[k], *b = &s->resources[i];

			if (strcmp(a->path.text, b->path.text) == 0)
				return ay_schema_bad(l, "resources", "two have the same path");
			if (a->name.text && b->name.text && strcmp(a->name.text, b->name.text) == 0)
				return ay_schema_bad(l, "resources", "two have the same name");
		}
	}
	return 0;
}

int ay_schema_load_files(struct ay_schema_loader *l, const struct ay_json *root)
{
	static const char *const known[] = {"resources", "name", "title", "description", NULL};
	const struct ay_json *list = ay_json_get(root, "resources");
	size_t count = ay_json_count(list);
	int err = ay_schema_only_keys(l, root, known, "a schema of several files");

	if (err || (err = ay_schema_load_notes(l, root)))
		return err;
	if (!ay_json_is(list, AY_JSON_ARRAY) || count == 0 || count > AY_LIMIT_SCHEMA_RESOURCES)
		return ay_schema_bad(l, "resources", "must be a list of 1 to %d objects", AY_LIMIT_SCHEMA_RESOURCES);
	l->schema->of = AY_SCHEMA_OF_FILES;
	l->schema->resources = calloc(count, sizeof(*l->schema->resources));
	if (!l->schema->resources)
		return ay_schema_no_memory(l);
	for (size_t i = 0; i < count; i++) {
		size_t place = ay_schema_enter(l, "resources/%zu", i);

		l->schema->resource_count++;
		err = load_resource(l, ay_json_at(list, i), &l->schema->resources[i]);
		if (err)
			return err;
		ay_schema_leave(l, place);
	}
	return refuse_twins(l);
}

void ay_schema_files_free(struct ay_schema *s)
{
	for (size_t i = 0; i < s->resource_count; i++) {
		struct ay_schema_resource *r = &s->resources[i];

		free(r->name.text);
		free(r->path.text);
		free(r->sha256);
		ay_schema_free(r->schema);
	}
	free(s->resources);
}

/* ---- questions ---- */

const struct ay_schema *ay_schema_referenced(const struct ay_schema *s)
{
	for (size_t i = 0; i < s->resource_count; i++)
		if (s->resources[i].schema && s->resources[i].schema->profile)
			return s->resources[i].schema;
	return s;
}

bool ay_schema_counts(const struct ay_schema *s, const char *path)
{
	int i = ay_schema_resource_of(s, path);

	return !s->resource_count || (i >= 0 && s->resources[i].schema->profile);
}

size_t ay_schema_resources(const struct ay_schema *s)
{
	return s->resource_count;
}

const char *ay_schema_resource_path(const struct ay_schema *s, size_t i)
{
	return s->resources[i].path.text;
}

int ay_schema_resource_of(const struct ay_schema *s, const char *path)
{
	for (size_t i = 0; i < s->resource_count; i++)
		if (ay_glob_match(s->resources[i].path.text, path))
			return (int)i;
	return -1;
}

bool ay_schema_resource_optional(const struct ay_schema *s, size_t i)
{
	return s->resources[i].optional;
}

const char *ay_schema_resource_sha256(const struct ay_schema *s, size_t i)
{
	return s->resources[i].sha256;
}

bool ay_schema_resource_bytes(const struct ay_schema *s, size_t i, uint64_t *out)
{
	*out = s->resources[i].bytes;
	return s->resources[i].has_bytes;
}
