/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/croissant.h"

#include "assay/json.h"
#include "assay/schema.h"
#include "scanners/data/value.h"
#include "scanners/formats/bytes.h"
#include "scanners/formats/text.h"

#define MAX_FILE (16 * MIB)
#define MAX_NODES 500000

struct import {
	const struct ay_json *root;
	struct ay_budget *budget;
	struct ay_jw w;
	int err;             /* sticky: the time is over */
};

/* Lists are looked through again for each entry of others: hostile ones would take for ever. */
static bool goes_on(struct import *m)
{
	if (!m->err)
		m->err = ay_budget_tick(m->budget);
	return !m->err;
}

/* Values of JSON-LD may stand alone or in a list. */
static size_t count_of(const struct ay_json *j)
{
	return ay_json_is(j, AY_JSON_ARRAY) ? ay_json_count(j) : j ? 1 : 0;
}

static const struct ay_json *item_of(const struct ay_json *j, size_t i)
{
	return ay_json_is(j, AY_JSON_ARRAY) ? ay_json_at(j, i) : j;
}

static const char *text_of(const struct ay_json *object, const char *key)
{
	const struct ay_json *j = item_of(ay_json_get(object, key), 0);

	return ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, NULL) : NULL;
}

/* What a reference {"@id": ...}, or in older files a plain name, names. */
static const char *id_of(const struct ay_json *j)
{
	j = item_of(j, 0);
	return ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, NULL) : text_of(j, "@id");
}

static const char *own_id(const struct ay_json *object)
{
	const char *id = text_of(object, "@id");

	return id ? id : text_of(object, "name");
}

static bool is_type(const struct ay_json *object, const char *type)
{
	const char *have = text_of(object, "@type");
	size_t n = have ? strlen(have) : 0, m = strlen(type);

	return n >= m && strcmp(have + n - m, type) == 0;
}

static const struct ay_json *find_file(struct import *m, const char *id)
{
	const struct ay_json *list = ay_json_get(m->root, "distribution");

	for (size_t i = 0; id && i < count_of(list) && goes_on(m); i++) {
		const char *have = own_id(item_of(list, i));

		if (have && strcmp(have, id) == 0)
			return item_of(list, i);
	}
	return NULL;
}

/* The path below the dataset: that of a relative address, else its last part. */
static void path_of(const struct ay_json *file, char *out, size_t size)
{
	const char *url = text_of(file, "contentUrl"), *id = own_id(file);
	const char *scheme = url ? strstr(url, "://") : NULL, *start = url;

	if (!url || !*url)
		start = id ? id : "";
	else if (scheme)
		for (const char *p = scheme + 3; *p && *p != '?' && *p != '#'; p++)
			start = *p == '/' ? p + 1 : start;
	while (strncmp(start, "./", 2) == 0)
		start += 2;
	snprintf(out, size, "%.*s", (int)strcspn(start, scheme ? "?#" : ""), start);
}

/* ---- columns ---- */

static const char *type_of(const struct ay_json *field)
{
	static const struct { const char *end; enum ay_value_type type; } types[] = {
		{"Integer", AY_VALUE_INTEGER}, {"Int8", AY_VALUE_INTEGER}, {"Int16", AY_VALUE_INTEGER}, {"Int32", AY_VALUE_INTEGER},
		{"Int64", AY_VALUE_INTEGER}, {"UInt8", AY_VALUE_INTEGER}, {"UInt16", AY_VALUE_INTEGER}, {"UInt32", AY_VALUE_INTEGER},
		{"UInt64", AY_VALUE_INTEGER}, {"Float", AY_VALUE_NUMBER}, {"Float16", AY_VALUE_NUMBER}, {"Float32", AY_VALUE_NUMBER},
		{"Float64", AY_VALUE_NUMBER}, {"Number", AY_VALUE_NUMBER}, {"Text", AY_VALUE_STRING}, {"URL", AY_VALUE_STRING},
		{"Boolean", AY_VALUE_BOOLEAN}, {"Date", AY_VALUE_DATE}, {"DateTime", AY_VALUE_DATETIME}, {"Time", AY_VALUE_TIME},
	};
	const struct ay_json *list = ay_json_get(field, "dataType");

	if (ay_json_bool(ay_json_get(field, "repeated"), false) || ay_json_get(field, "subField") || ay_json_get(field, "isArray"))
		return ay_value_type_name(AY_VALUE_ANY);
	for (size_t k = 0; k < count_of(list); k++) {
		const struct ay_json *j = item_of(list, k);
		const char *name = ay_json_is(j, AY_JSON_STRING) ? ay_json_str(j, NULL) : NULL;
		size_t n = name ? strlen(name) : 0;

		/* "sc:Integer", "https://schema.org/Integer" */
		while (n > 0 && name[n - 1] != ':' && name[n - 1] != '/')
			n--;
		for (size_t i = 0; name && i < AY_ARRAY_LEN(types); i++)
			if (strcmp(name + n, types[i].end) == 0)
				return ay_value_type_name(types[i].type);
	}
	return ay_value_type_name(AY_VALUE_ANY);
}

/* The column of this file that a field is taken from, or NULL. */
static const char *column_of(const struct ay_json *field, const char *file)
{
	const struct ay_json *source = ay_json_get(field, "source");
	const char *id = id_of(ay_json_get(source, "fileObject")), *column = text_of(ay_json_get(source, "extract"), "column");

	if (!id)
		id = id_of(ay_json_get(source, "fileSet"));
	return id && strcmp(id, file) == 0 ? column : NULL;
}

/* Calls with write count nothing twice: a schema names each column once. */
static size_t columns(struct import *m, const char *file, bool write)
{
	const struct ay_json *sets = ay_json_get(m->root, "recordSet");
	const char *seen[256];
	size_t n = 0;

	for (size_t i = 0; i < count_of(sets) && goes_on(m); i++) {
		const struct ay_json *fields = ay_json_get(item_of(sets, i), "field");

		for (size_t k = 0; k < count_of(fields) && goes_on(m); k++) {
			const char *column = column_of(item_of(fields, k), file);
			bool twice = false;

			for (size_t x = 0; column && x < n; x++)
				twice = twice || strcmp(seen[x], column) == 0;
			if (!column || !*column || twice || n == AY_ARRAY_LEN(seen))
				continue;
			seen[n++] = column;
			if (!write)
				continue;
			ay_jw_object(&m->w);
			ay_jw_kstr(&m->w, "name", column);
			ay_jw_kstr(&m->w, "type", type_of(item_of(fields, k)));
			ay_jw_object_end(&m->w);
		}
	}
	return n;
}

/* ---- files ---- */

static void write_content(struct import *m, const struct ay_json *file)
{
	const char *sha256 = text_of(file, "sha256"), *size = text_of(file, "contentSize");
	char hash[72];
	char *end;

	if (sha256 && strlen(sha256) == 64 && strspn(sha256, "0123456789abcdefABCDEF") == 64) {
		snprintf(hash, sizeof(hash), "sha256:%s", sha256);
		for (char *p = hash + 7; *p; p++)
			*p = *p >= 'A' && *p <= 'F' ? (char)(*p | 0x20) : *p;
		ay_jw_kstr(&m->w, "hash", hash);
	}
	/* "1234 B": other units are rounded. */
	if (size && *size >= '0' && *size <= '9') {
		unsigned long long bytes = strtoull(size, &end, 10);

		if (strcmp(end, " B") == 0 && bytes < 1ull << 53)
			ay_jw_ku64(&m->w, "bytes", bytes);
	}
}

/* named: no other resource has this name; one: it is one file, of which content is known. */
static void write_file(struct import *m, const struct ay_json *file, const char *path, bool named, bool one)
{
	const char *id = own_id(file);

	ay_jw_object(&m->w);
	if (named && id && *id)
		ay_jw_kstr(&m->w, "name", id);
	ay_jw_kstr(&m->w, "path", path);
	if (one && !strpbrk(path, "*?"))
		write_content(m, file);
	if (id && columns(m, id, false)) {
		ay_jw_key(&m->w, "schema");
		ay_jw_object(&m->w);
		ay_jw_key(&m->w, "fields");
		ay_jw_array(&m->w);
		columns(m, id, true);
		ay_jw_array_end(&m->w);
		ay_jw_object_end(&m->w);
	} else {
		ay_jw_kbool(&m->w, "x-unchecked", true);
	}
	ay_jw_object_end(&m->w);
}

/* A file, or each pattern of a set; inside of an archive by its path. */
static void write_entry(struct import *m, const struct ay_json *entry)
{
	const struct ay_json *outer = find_file(m, id_of(ay_json_get(entry, "containedIn"))), *includes = ay_json_get(entry, "includes");
	char archive[AY_LIMIT_PATH], path[2 * AY_LIMIT_PATH];
	bool set = is_type(entry, "FileSet"), inside = outer && text_of(outer, "encodingFormat") && strstr(text_of(outer, "encodingFormat"), "git") == NULL;

	archive[0] = 0;
	if (inside)
		path_of(outer, archive, sizeof(archive));
	for (size_t i = 0; i < (set ? count_of(includes) : 1); i++) {
		const struct ay_json *pattern = item_of(includes, i);
		char inner[AY_LIMIT_PATH];

		if (set)
			snprintf(inner, sizeof(inner), "%s", ay_json_is(pattern, AY_JSON_STRING) && ay_json_str(pattern, NULL) ? ay_json_str(pattern, NULL) : "");
		else
			path_of(entry, inner, sizeof(inner));
		snprintf(path, sizeof(path), "%s%s%s", archive, inside ? "!" : "", inner);
		if (*inner)
			write_file(m, entry, path, i == 0, !set && !inside);
	}
}

static bool is_croissant(const struct ay_json *root)
{
	const char *conforms = id_of(ay_json_get(root, "conformsTo"));

	return ay_json_is(ay_json_get(root, "distribution"), AY_JSON_ARRAY) && conforms && strstr(conforms, "croissant");
}

/* metadata: its own name, which may lie beside the data. */
static int write_schema(const struct ay_json *root, const char *metadata, struct ay_budget *b, struct ay_buf *out, struct ay_error *e)
{
	struct import m = {.root = root, .budget = b, .w = ay_jw_new(out, true)};
	const struct ay_json *list = ay_json_get(root, "distribution");
	struct ay_schema *loaded = NULL;
	size_t start = out->len;

	ay_jw_object(&m.w);
	if (text_of(root, "name"))
		ay_jw_kstr(&m.w, "title", text_of(root, "name"));
	ay_jw_key(&m.w, "resources");
	ay_jw_array(&m.w);
	for (size_t i = 0; i < count_of(list) && goes_on(&m); i++) {
		const char *format = text_of(item_of(list, i), "encodingFormat");

		/* A repository is where the files came from, not one of them. */
		if (!format || !strstr(format, "git+"))
			write_entry(&m, item_of(list, i));
	}
	ay_jw_object(&m.w);
	ay_jw_kstr(&m.w, "path", metadata);
	ay_jw_kbool(&m.w, "x-unchecked", true);
	ay_jw_kbool(&m.w, "x-optional", true);
	ay_jw_object_end(&m.w);
	ay_jw_array_end(&m.w);
	ay_jw_object_end(&m.w);
	ay_buf_addc(out, '\n');
	int rc = m.err ? m.err : out->err ? out->err : ay_schema_load(out->data + start, out->len - start, &loaded, e);

	ay_schema_free(loaded);
	return rc;
}

int ay_croissant_propose(struct ay_scan *s, struct ay_source *in)
{
	struct ay_buf b = ay_buf_new(MAX_FILE);
	struct ay_json_doc *doc = NULL;
	struct ay_error e = {.where = ""};
	struct ay_cursor c;
	int rc = in->size > MAX_FILE ? AY_ELIMIT : ay_source_load(in, 0, (size_t)in->size, &b, &c);

	if (!rc)
		rc = ay_json_parse(b.data, b.len, MAX_NODES, &doc, &e);
	if (!rc && !is_croissant(ay_json_root(doc)))
		ay_scan_find(s, "schema.unsupported", AY_NO_OFFSET, "the document is neither a table nor the metadata of a dataset by Croissant");
	else if (!rc)
		rc = write_schema(ay_json_root(doc), ay_path_base(ay_scan_name(s)), ay_scan_budget(s), ay_scan_options(s)->proposal, &e);
	if (rc)
		ay_scan_find(s, "schema.unsupported", AY_NO_OFFSET, "no schema can be made of the metadata: %s %.200s", e.where, *e.msg ? e.msg : ay_strerror(rc));
	ay_json_free(doc);
	ay_buf_free(&b);
	return 0;
}
