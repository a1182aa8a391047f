/* SPDX-License-Identifier: Apache-2.0 */
/* Which part of the schema is about the file at hand, and whether anybody compared it. */
#include <errno.h>
#include <stdlib.h>

#include "assay/text.h"
#include "scanners/data/schema.h"
#include "scanners/driver.h"
#include "scanners/formats/bytes.h"

/* The schema of the last scan of this thread: many files come with the same one, which takes longer to read than most of them. */
static _Thread_local struct {
	struct ay_schema *schema;
	uint64_t serial;
	char *json;                  /* where it has no serial */
	size_t len;
} last;

static void keep(struct ay_schema *schema, const struct ay_scan_options *o)
{
	char *copy = o->schema_serial ? NULL : malloc(o->schema_len + 1);

	if (!copy && !o->schema_serial)
		return;
	if (copy)
		memcpy(copy, o->schema_json, o->schema_len);    /* own: the room just made */
	ay_schema_free(last.schema);
	free(last.json);
	last.schema = schema;
	last.serial = o->schema_serial;
	last.json = copy;
	last.len = o->schema_len;
	schema->refs++;
}

static bool is_last(const struct ay_scan_options *o)
{
	if (!last.schema || last.serial != o->schema_serial)
		return false;
	return o->schema_serial || (last.len == o->schema_len && memcmp(last.json, o->schema_json, o->schema_len) == 0);
}

/* The caller frees it. That it cannot be loaded is reported. */
static int load(struct ay_scan *s, struct ay_schema **out)
{
	const struct ay_scan_options *o = ay_scan_options(s);
	struct ay_error e;

	if (is_last(o)) {
		last.schema->refs++;
		*out = last.schema;
		return 0;
	}
	int err = ay_schema_load_job(o->schema_json, o->schema_len, out, &e);

	if (err == AY_ELIMIT || err == -ENOMEM)
		ay_scan_find(s, "limit.exceeded", AY_NO_OFFSET, "the schema could not be read, so nothing was judged by it: %s: %s", e.where, e.msg);
	else if (err)
		ay_scan_find(s, "schema.invalid", AY_NO_OFFSET, "the schema itself is not valid: %s: %s", e.where, e.msg);
	else
		keep(*out, o);
	return err;
}

static const char *path_of(const struct ay_scan *s)
{
	const char *path = ay_scan_options(s)->path;

	return path ? path : "";
}

/* A member goes by "archive!member" when a pattern names it so, else with its archive. */
static int resource_at_hand(const struct ay_scan *s, const struct ay_schema *schema)
{
	char path[2 * AY_LIMIT_PATH];
	int found = -1;

	if (*ay_scan_member(s) && (size_t)snprintf(path, sizeof(path), "%s!%s", path_of(s), ay_scan_member(s)) < sizeof(path))
		found = ay_schema_resource_of(schema, path);
	return found >= 0 ? found : ay_schema_resource_of(schema, path_of(s));
}

bool ay_schema_names_member(struct ay_scan *s)
{
	struct ay_schema *whole;
	bool named = false;

	if (!*ay_scan_member(s) || !ay_scan_options(s)->schema_json || load(s, &whole) != 0)
		return false;
	if (whole->of == AY_SCHEMA_OF_FILES) {
		int i = resource_at_hand(s, whole);

		named = i >= 0 && strchr(ay_schema_resource_path(whole, (size_t)i), '!');
	}
	ay_schema_free(whole);
	return named;
}

int ay_schema_peek(struct ay_scan *s, enum ay_schema_of kind, struct ay_schema **whole, const struct ay_schema **part)
{
	*whole = NULL;
	*part = NULL;
	if (!ay_scan_options(s)->schema_json)
		return 0;
	if (load(s, whole)) {
		ay_scan_schema_met(s);
		return 0;
	}
	*part = *whole;
	if ((*whole)->of == AY_SCHEMA_OF_FILES) {
		int i = resource_at_hand(s, *whole);

		*part = i < 0 ? NULL : (*whole)->resources[i].schema;
	}
	if (*part && (*part)->of != kind)
		*part = NULL;
	return 0;
}

int ay_schema_open(struct ay_scan *s, enum ay_schema_of kind, struct ay_schema **whole, const struct ay_schema **part)
{
	int rc = ay_schema_peek(s, kind, whole, part);

	if (*part)
		ay_scan_schema_met(s);
	return rc;
}

/* What people write beside the data, as texts. */
static bool is_about_data(struct ay_scan *s)
{
	static const char *const names[] = {"README", "LICENSE", "LICENCE", "COPYING", "NOTICE", "CITATION", "CHANGELOG", ".gitattributes", ".gitignore"};
	static const char *const formats[] = {"text", "yaml", "empty"};
	const char *path = path_of(s), *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *format = ay_scan_result_of(s)->format;
	bool text = false, known = ay_path_ends(name, ".md") || ay_path_ends(name, ".rst");

	for (size_t i = 0; i < AY_ARRAY_LEN(formats); i++)
		text = text || strcmp(format, formats[i]) == 0;
	for (size_t i = 0; i < AY_ARRAY_LEN(names); i++) {
		size_t n = strlen(names[i]);

		known = known || (strncmp(name, names[i], n) == 0 && (name[n] == 0 || name[n] == '.'));
	}
	return text && known;
}

/* Data that is never read as a table: a schema of one table would pass it by in silence. */
static bool is_unread_data(struct ay_scan *s)
{
	const char *format = ay_scan_result_of(s)->format;

	return strcmp(format, "zarr") == 0 || strcmp(format, "zarr-chunk") == 0;
}

void ay_schema_judge_scope(struct ay_scan *s)
{
	struct ay_schema *schema;

	if (!ay_scan_options(s)->schema_json || load(s, &schema) != 0)
		return;
	/* A schema of one table says nothing about other files. */
	int i = schema->of == AY_SCHEMA_OF_FILES ? ay_schema_resource_of(schema, path_of(s)) : -1;

	if (schema->of == AY_SCHEMA_OF_FILES && i < 0 && !is_about_data(s))
		ay_scan_find(s, "schema.unnamed", AY_NO_OFFSET, "no resource of the schema names this file");
	else if (i >= 0 && schema->resources[i].schema->of != AY_SCHEMA_OF_NOTHING)
		ay_scan_find(s, "schema.unsupported", AY_NO_OFFSET, "this file was not compared with its resource %s of the schema",
			     ay_schema_resource_path(schema, (size_t)i));
	else if (schema->of != AY_SCHEMA_OF_FILES && is_unread_data(s))
		ay_scan_find(s, "schema.unsupported", AY_NO_OFFSET, "a Zarr array is data, but is not compared with a schema");
	ay_schema_free(schema);
}
