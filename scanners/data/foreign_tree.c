/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign keys over the files of an artifact, and into other datasets. */
#include "scanners/data/foreign.h"

#include <errno.h>

#include "assay/digest.h"
#include "assay/json.h"
#include "assay/text.h"
#include "scanners/data/schema.h"

#define MAX_TARGETS (16 * MIB)   /* keys of all files of a target */
#define MAX_SOUGHT (8 * MIB)     /* keys of all files that another dataset is to have; half as many can be too many */
#define ROUND 100000             /* of them that are looked for at once */

/* Keys, sorted when sort_keys was called. */
struct key_set {
	uint8_t *v;
	size_t n, room;
};

static bool grow_keys(struct key_set *k, size_t most)
{
	size_t room = k->room ? 2 * k->room : 1024;
	uint8_t *more = room > most ? NULL : realloc(k->v, room * AY_FOREIGN_KEY);

	if (!more)
		return false;
	k->v = more;
	k->room = room;
	return true;
}

static bool add_key(struct key_set *k, const uint8_t key[AY_FOREIGN_KEY], size_t most)
{
	if (k->n == k->room && !grow_keys(k, most))
		return false;
	memcpy(k->v + AY_FOREIGN_KEY * k->n++, key, AY_FOREIGN_KEY);    /* own: room made above */
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, AY_FOREIGN_KEY);
}

/* Each once. */
static void sort_keys(struct key_set *k)
{
	size_t n = 0;

	if (k->n)
		qsort(k->v, k->n, AY_FOREIGN_KEY, by_bytes);
	for (size_t i = 0; i < k->n; i++) {
		const uint8_t *key = k->v + i * AY_FOREIGN_KEY;

		if (n && memcmp(k->v + (n - 1) * AY_FOREIGN_KEY, key, AY_FOREIGN_KEY) == 0)
			continue;
		if (n < i)
			memcpy(k->v + n * AY_FOREIGN_KEY, key, AY_FOREIGN_KEY);    /* own: further to the front */
		n++;
	}
	k->n = n;
}

static bool has_key(const struct key_set *k, const uint8_t key[AY_FOREIGN_KEY])
{
	return k->n && bsearch(key, k->v, k->n, AY_FOREIGN_KEY, by_bytes);
}

/* One key that a file refers to or holds. False ends it. */
typedef bool (*key_fn)(void *arg, size_t file, const uint8_t key[AY_FOREIGN_KEY], uint64_t row, const char *text);

/* Calls fn for each key of one foreign key and side that a file has. False: they cannot be read, or fn said so. */
static bool each_key(const struct ay_foreign_file *file, size_t index, uint32_t id, enum ay_foreign_role role, key_fn fn, void *arg)
{
	struct ay_cursor c = ay_cursor_of(file->keys, file->keys_len, 0);

	while (c.left && !c.err) {
		uint32_t set = ay_cursor_le32(&c);
		enum ay_foreign_role its = ay_cursor_u8(&c) ? AY_FOREIGN_HOLDS : AY_FOREIGN_REFERS;
		uint64_t n = ay_cursor_le64(&c);

		for (uint64_t i = 0; i < n && !c.err; i++) {
			char text[AY_FOREIGN_SHOWN + 1] = "";
			uint8_t key[AY_FOREIGN_KEY];
			uint64_t row = 0;

			ay_cursor_copy(&c, key, AY_FOREIGN_KEY);
			if (its == AY_FOREIGN_REFERS) {
				row = ay_cursor_le64(&c);
				uint8_t len = ay_cursor_u8(&c);

				if (len > AY_FOREIGN_SHOWN)
					ay_cursor_fail(&c, AY_EFORMAT);
				else
					ay_cursor_copy(&c, text, len);
			}
			if (!c.err && set == id && its == role && !fn(arg, index, key, row, text))
				return false;
		}
	}
	return !c.err;
}

/* ---- within an artifact ---- */

struct comparing {
	const struct ay_schema *s;
	const struct ay_foreign_file *files;
	size_t n;
	const char *where;       /* the other table, for people */
	ay_foreign_fn fn;
	void *arg;
	struct key_set targets;
};

static bool add_target(void *arg, size_t file, const uint8_t key[AY_FOREIGN_KEY], uint64_t row, const char *text)
{
	struct comparing *k = arg;

	(void)file;
	(void)row;
	(void)text;
	return add_key(&k->targets, key, MAX_TARGETS);
}

static bool compare_key(void *arg, size_t file, const uint8_t key[AY_FOREIGN_KEY], uint64_t row, const char *text)
{
	struct comparing *k = arg;
	char msg[160 + AY_LIMIT_REF];

	if (has_key(&k->targets, key))
		return true;
	snprintf(msg, sizeof(msg), "row %llu refers to %s, which no row of %s has", (unsigned long long)row, text, k->where);
	k->fn(k->arg, file, "schema.foreign-key", text, msg);
	return true;
}

static void cannot(struct comparing *k, size_t file, const char *why)
{
	k->fn(k->arg, file, "schema.foreign-key-unknown", NULL, why);
}

static const struct ay_schema *part_of(const struct ay_schema *s, const char *path)
{
	int i;

	if (!s->resource_count)
		return s;
	i = ay_schema_resource_of(s, path);
	return i < 0 ? NULL : s->resources[i].schema;
}

/* The targets are known: what refers to none of them? */
static void compare_files(struct comparing *k, const struct ay_schema *own, const struct ay_schema_foreign *f)
{
	sort_keys(&k->targets);
	for (size_t i = 0; i < k->n; i++)
		if (part_of(k->s, k->files[i].path) == own && k->files[i].keys &&
		    !each_key(&k->files[i], i, f->id, AY_FOREIGN_REFERS, compare_key, k))
			cannot(k, i, "what this table refers to cannot be read");
}

static void compare_one(struct comparing *k, const struct ay_schema *own, const struct ay_schema_foreign *f)
{
	const struct ay_schema *target = k->s->resource_count ? k->s->resources[f->resource].schema : k->s;

	k->targets.n = 0;
	for (size_t i = 0; i < k->n; i++)
		if (part_of(k->s, k->files[i].path) == target && k->files[i].keys &&
		    !each_key(&k->files[i], i, f->id, AY_FOREIGN_HOLDS, add_target, k))
			cannot(k, i, "the keys of this table are too many, or cannot be read");
	compare_files(k, own, f);
}

void ay_foreign_check(const struct ay_schema *s, const struct ay_foreign_file *files, size_t n, ay_foreign_fn fn, void *arg)
{
	struct comparing k = {.s = s, .files = files, .n = n, .where = "the other table", .fn = fn, .arg = arg};

	/* In a schema of one table, files that are none have no keys. */
	for (size_t i = 0; s->resource_count && i < n; i++) {
		const struct ay_schema *part = part_of(s, files[i].path);

		if (part && part->foreign_count + part->wanted_count && !files[i].keys)
			cannot(&k, i, "the keys of this table are not known, so that foreign keys cannot be compared");
	}
	for (size_t p = 0; p < (s->resource_count ? s->resource_count : 1); p++) {
		const struct ay_schema *own = s->resource_count ? s->resources[p].schema : s;

		for (size_t i = 0; i < own->foreign_count; i++)
			if (!own->foreign[i].package)
				compare_one(&k, own, &own->foreign[i]);
	}
	free(k.targets.v);
}

/* ---- into other datasets ---- */

struct ay_foreign_package {
	struct comparing k;
	const struct ay_schema *own;
	const struct ay_schema_foreign *f;
	struct key_set sought;
	size_t asked;            /* of them, in earlier rounds */
	bool unread;             /* some file's keys cannot be read, or there are too many */
};

static bool add_sought(void *arg, size_t file, const uint8_t key[AY_FOREIGN_KEY], uint64_t row, const char *text)
{
	struct ay_foreign_package *p = arg;

	(void)file;
	(void)row;
	(void)text;
	/* Sorting must free half of the room, or the next few keys would have all of them sorted again. */
	if (p->sought.n == p->sought.room) {
		sort_keys(&p->sought);
		if (p->sought.n > p->sought.room / 2 && !grow_keys(&p->sought, MAX_SOUGHT))
			return false;
	}
	return add_key(&p->sought, key, MAX_SOUGHT);
}

/* The index-th of all foreign keys that have a package. */
static const struct ay_schema_foreign *find_package(const struct ay_schema *s, size_t index, const struct ay_schema **own)
{
	for (size_t r = 0; r < (s->resource_count ? s->resource_count : 1); r++) {
		*own = s->resource_count ? s->resources[r].schema : s;
		for (size_t i = 0; i < (*own)->foreign_count; i++)
			if ((*own)->foreign[i].package && index-- == 0)
				return &(*own)->foreign[i];
	}
	return NULL;
}

int ay_foreign_package_new(const struct ay_schema *s, size_t index, const struct ay_foreign_file *files, size_t n, ay_foreign_fn fn, void *arg,
			   struct ay_foreign_package **out)
{
	const struct ay_schema *own;
	const struct ay_schema_foreign *f = find_package(s, index, &own);
	struct ay_foreign_package *p = *out = f ? calloc(1, sizeof(*p)) : NULL;

	if (!p)
		return f ? -ENOMEM : AY_ENOTFOUND;
	*p = (struct ay_foreign_package){.k = {.s = s, .files = files, .n = n, .fn = fn, .arg = arg}, .own = own, .f = f};
	for (size_t i = 0; i < n; i++)
		if (part_of(s, files[i].path) == own && files[i].keys)
			p->unread = !each_key(&files[i], i, f->id, AY_FOREIGN_REFERS, add_sought, p) || p->unread;
	sort_keys(&p->sought);
	return 0;
}

void ay_foreign_package_free(struct ay_foreign_package *p)
{
	if (!p)
		return;
	free(p->k.targets.v);
	free(p->sought.v);
	free(p);
}

const char *ay_foreign_package_ref(const struct ay_foreign_package *p)
{
	return p->f->package;
}

const char *ay_foreign_package_path(const struct ay_foreign_package *p)
{
	return p->f->path;
}

size_t ay_foreign_package_sought(const struct ay_foreign_package *p)
{
	return p->sought.n;
}

static void write_fields(struct ay_jw *w, const struct ay_foreign_package *p)
{
	ay_jw_key(w, "fields");
	ay_jw_array(w);
	for (size_t i = 0; i < p->f->count; i++) {
		ay_jw_object(w);
		ay_jw_kstr(w, "name", p->f->names[i]);
		ay_jw_kstr(w, "type", ay_value_type_name(p->own->fields[p->f->fields[i]].type));
		ay_jw_object_end(w);
	}
	ay_jw_array_end(w);
	ay_jw_key(w, "missingValues");
	ay_jw_array(w);
	for (size_t i = 0; i < p->own->missing_count; i++)
		ay_jw_strn(w, p->own->missing[i].text, p->own->missing[i].len);
	ay_jw_array_end(w);
}

int ay_foreign_package_ask(struct ay_foreign_package *p, struct ay_buf *schema)
{
	size_t n = p->sought.n - p->asked < ROUND ? p->sought.n - p->asked : ROUND;
	struct ay_buf text = ay_buf_new(2 * ROUND * AY_FOREIGN_KEY);
	struct ay_jw w = ay_jw_new(schema, false);

	if (!n)
		return 0;
	ay_base64_encode(&text, p->sought.v + p->asked * AY_FOREIGN_KEY, n * AY_FOREIGN_KEY);
	ay_jw_object(&w);
	write_fields(&w, p);
	ay_jw_kstr(&w, AY_SCHEMA_SOUGHT, ay_buf_str(&text));
	ay_jw_object_end(&w);
	p->asked += n;

	int err = text.err ? text.err : schema->err;

	ay_buf_free(&text);
	return err ? err : 1;
}

int ay_foreign_package_take(struct ay_foreign_package *p, const uint8_t *keys, size_t len)
{
	const struct ay_foreign_file answer = {.keys = keys, .keys_len = len};

	return each_key(&answer, 0, 0, AY_FOREIGN_HOLDS, add_target, &p->k) ? 0 : AY_EFORMAT;
}

void ay_foreign_package_judge(struct ay_foreign_package *p, const char *version)
{
	if (p->unread) {
		ay_foreign_package_cannot(p, "this table refers to more keys than can be compared, or they cannot be read");
		return;
	}
	p->k.where = version;
	compare_files(&p->k, p->own, p->f);
}

void ay_foreign_package_cannot(struct ay_foreign_package *p, const char *why)
{
	for (size_t i = 0; i < p->k.n; i++)
		if (part_of(p->k.s, p->k.files[i].path) == p->own && p->k.files[i].keys)
			cannot(&p->k, i, why);
}
