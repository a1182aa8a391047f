/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/foreign.h"

#include "assay/digest.h"
#include "scanners/data/schema.h"
#include "scanners/data/uniq.h"
#include "scanners/driver.h"

#define KEY 16               /* bytes of a SHA-256 that stand for a key: nobody finds a second one to given ones */
#define SHOWN 40             /* bytes of a key's text */
#define MAX_TARGETS (16 * MIB)   /* keys of all files of a target */

enum role { REFERS, HOLDS };

/* The different keys of one foreign key on one side. */
struct side {
	uint32_t id;
	enum role role;
	const size_t *fields;
	size_t count;
	struct ay_uniq seen;
	struct ay_buf keys;
	uint64_t n;
};

struct ay_foreign {
	struct ay_scan *scan;
	struct ay_uniq_pool pool;
	struct side *sides;
	size_t side_count;
	uint64_t bytes;
	bool full;
};

int ay_foreign_new(struct ay_scan *s, const struct ay_schema *part, struct ay_foreign **out)
{
	struct ay_budget *b = ay_scan_budget(s);
	struct ay_foreign *f;

	*out = NULL;
	if (part->foreign_count + part->wanted_count == 0)
		return 0;
	f = *out = ay_budget_alloc(b, sizeof(*f));
	if (!f)
		return AY_ELIMIT;
	*f = (struct ay_foreign){.scan = s, .pool = {.budget = b, .left = AY_LIMIT_CSV_UNIQUE / 4}};
	f->sides = ay_budget_alloc(b, (part->foreign_count + part->wanted_count) * sizeof(*f->sides));
	if (!f->sides)
		return AY_ELIMIT;
	for (size_t i = 0; i < part->foreign_count; i++)
		f->sides[f->side_count++] = (struct side){.id = part->foreign[i].id, .role = REFERS, .fields = part->foreign[i].fields,
							  .count = part->foreign[i].count};
	for (size_t i = 0; i < part->wanted_count; i++)
		f->sides[f->side_count++] = (struct side){.id = part->wanted[i].id, .role = HOLDS, .fields = part->wanted[i].fields,
							  .count = part->wanted[i].count};
	for (size_t i = 0; i < f->side_count; i++) {
		f->sides[i].keys = ay_buf_new(AY_LIMIT_KEYS);
		ay_uniq_init(&f->sides[i].seen, &f->pool);
	}
	return 0;
}

void ay_foreign_free(struct ay_foreign *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->side_count; i++) {
		ay_uniq_free(&f->sides[i].seen);
		ay_buf_free(&f->sides[i].keys);
	}
	ay_budget_free(f->pool.budget, f->sides);
	ay_budget_free(f->pool.budget, f);
}

/* ---- one row ---- */

static void show(const struct side *x, const struct ay_value *values, char out[SHOWN + 1])
{
	size_t at = 0;

	out[0] = 0;
	for (size_t i = 0; i < x->count && at + 2 < SHOWN; i++) {
		if (i)
			at += (size_t)snprintf(out + at, SHOWN + 1 - at, ", ");
		at += ay_value_write(&values[x->fields[i]], out + at, SHOWN + 1 - at);
	}
}

/* Parts with their lengths, so that they do not run into each other. */
static int digest(const struct side *x, const struct ay_value *values, struct ay_sha256 *out)
{
	struct ay_buf b = ay_buf_new(2 * AY_LIMIT_CSV_FIELD);
	uint8_t scratch[AY_VALUE_CANON];

	for (size_t i = 0; i < x->count; i++) {
		size_t len;
		const void *canon = ay_value_canon(&values[x->fields[i]], scratch, &len);

		ay_buf_le64(&b, len);
		ay_buf_add(&b, canon, len);
	}
	*out = ay_sha256_short(b.data, b.len);
	int err = b.err;

	ay_buf_free(&b);
	return err;
}

static void overflow(struct ay_foreign *f, uint64_t row)
{
	f->full = true;
	ay_scan_find(f->scan, "schema.foreign-key-unknown", AY_NO_OFFSET,
		     "the table has more different keys than %llu MiB hold, at row %llu, so that its foreign keys cannot be compared",
		     (unsigned long long)(AY_LIMIT_KEYS / MIB), (unsigned long long)row);
}

static int add(struct ay_foreign *f, struct side *x, const struct ay_value *values, uint64_t row)
{
	char text[SHOWN + 1];
	struct ay_uniq_state h;
	struct ay_sha256 d;

	ay_uniq_start(&h);
	for (size_t i = 0; i < x->count; i++) {
		uint8_t scratch[AY_VALUE_CANON];
		size_t len;
		const void *canon = ay_value_canon(&values[x->fields[i]], scratch, &len);

		ay_uniq_part(&h, canon, len);
	}
	int fresh = ay_uniq_add(&x->seen, ay_uniq_finish(&h));

	if (fresh == 0)
		return 0;
	if (fresh < 0 || digest(x, values, &d) != 0) {
		overflow(f, row);
		return 0;
	}
	ay_buf_add(&x->keys, d.b, KEY);
	f->bytes += KEY;
	if (x->role == REFERS) {
		show(x, values, text);
		ay_buf_le64(&x->keys, row);
		ay_buf_addc(&x->keys, (uint8_t)strlen(text));
		ay_buf_adds(&x->keys, text);
		f->bytes += 9 + strlen(text);
	}
	x->n++;
	if (x->keys.err || f->bytes > AY_LIMIT_KEYS - 1024 * 16)
		overflow(f, row);
	return 0;
}

int ay_foreign_row(struct ay_foreign *f, const struct ay_value *values, const bool *missing, const bool *wrong, uint64_t row)
{
	int rc = 0;

	for (size_t i = 0; i < f->side_count && !f->full && !rc; i++) {
		struct side *x = &f->sides[i];
		bool whole = true;

		/* A key with a missing part refers to nothing, and nothing to it. */
		for (size_t k = 0; k < x->count; k++)
			whole = whole && !missing[x->fields[k]] && !wrong[x->fields[k]];
		if (whole)
			rc = add(f, x, values, row);
	}
	return rc;
}

void ay_foreign_finish(struct ay_foreign *f)
{
	struct ay_buf out = ay_buf_new(AY_LIMIT_KEYS);

	if (f->full)
		return;
	if (ay_scan_depth(f->scan) > 0) {
		ay_scan_find(f->scan, "schema.foreign-key-unknown", AY_NO_OFFSET, "the foreign keys of a table inside of a container are not compared");
		return;
	}
	for (size_t i = 0; i < f->side_count; i++) {
		const struct side *x = &f->sides[i];

		ay_buf_le32(&out, x->id);
		ay_buf_addc(&out, (uint8_t)x->role);
		ay_buf_le64(&out, x->n);
		ay_buf_add(&out, x->keys.data, x->keys.len);
	}
	if (out.err)
		overflow(f, 0);
	else
		ay_scan_set_keys(f->scan, &out);
	ay_buf_free(&out);
}

/* ---- over the tree ---- */

struct comparing {
	const struct ay_schema *s;
	const struct ay_foreign_file *files;
	size_t n;
	ay_foreign_fn fn;
	void *arg;
	uint8_t *targets;        /* sorted, KEY bytes each */
	size_t target_count, target_room;
};

/* One set of a file, as it was written. */
struct set {
	uint32_t id;
	enum role role;
	uint64_t n;
};

static struct set take_set(struct ay_cursor *c)
{
	struct set x = {.id = ay_cursor_le32(c)};

	x.role = ay_cursor_u8(c) ? HOLDS : REFERS;
	x.n = ay_cursor_le64(c);
	return x;
}

static bool add_target(struct comparing *k, const uint8_t key[KEY])
{
	if (k->target_count == k->target_room) {
		size_t room = k->target_room ? 2 * k->target_room : 1024;
		uint8_t *more = room > MAX_TARGETS ? NULL : realloc(k->targets, room * KEY);

		if (!more)
			return false;
		k->targets = more;
		k->target_room = room;
	}
	memcpy(k->targets + KEY * k->target_count++, key, KEY);    /* own: room made above */
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, KEY);
}

static void compare_key(struct comparing *k, size_t file, const uint8_t key[KEY], uint64_t row, const char *text)
{
	char msg[160];

	if (k->target_count && bsearch(key, k->targets, k->target_count, KEY, by_bytes))
		return;
	snprintf(msg, sizeof(msg), "row %llu refers to %s, which no row of the other table has", (unsigned long long)row, text);
	k->fn(k->arg, file, "schema.foreign-key", text, msg);
}

/* Of one file: gathers what it holds, or compares what it refers to. False: its keys cannot be read. */
static bool each_key(struct comparing *k, size_t file, uint32_t id, enum role role)
{
	struct ay_cursor c = ay_cursor_of(k->files[file].keys, k->files[file].keys_len, 0);

	while (c.left && !c.err) {
		struct set x = take_set(&c);

		for (uint64_t i = 0; i < x.n && !c.err; i++) {
			char text[SHOWN + 1] = "";
			uint8_t key[KEY];
			uint64_t row = 0;

			ay_cursor_copy(&c, key, KEY);
			if (x.role == REFERS) {
				row = ay_cursor_le64(&c);
				uint8_t len = ay_cursor_u8(&c);

				if (len > SHOWN)
					ay_cursor_fail(&c, AY_EFORMAT);
				else
					ay_cursor_copy(&c, text, len);
			}
			if (c.err || x.id != id || x.role != role)
				continue;
			if (role == REFERS)
				compare_key(k, file, key, row, text);
			else if (!add_target(k, key))
				return false;
		}
	}
	return !c.err;
}

static void cannot(struct comparing *k, size_t file, const char *why)
{
	k->fn(k->arg, file, "schema.foreign-key-unknown", NULL, why);
}

static const struct ay_schema *part_of(const struct comparing *k, size_t file)
{
	int i;

	if (!k->s->resource_count)
		return k->s;
	i = ay_schema_resource_of(k->s, k->files[file].path);
	return i < 0 ? NULL : k->s->resources[i].schema;
}

static void compare_one(struct comparing *k, const struct ay_schema *own, const struct ay_schema_foreign *f)
{
	const struct ay_schema *target = k->s->resource_count ? k->s->resources[f->resource].schema : k->s;

	k->target_count = 0;
	for (size_t i = 0; i < k->n; i++)
		if (part_of(k, i) == target && k->files[i].keys && !each_key(k, i, f->id, HOLDS))
			cannot(k, i, "the keys of this table are too many, or cannot be read");
	if (k->target_count)
		qsort(k->targets, k->target_count, KEY, by_bytes);
	for (size_t i = 0; i < k->n; i++)
		if (part_of(k, i) == own && k->files[i].keys && !each_key(k, i, f->id, REFERS))
			cannot(k, i, "what this table refers to cannot be read");
}

void ay_foreign_check(const struct ay_schema *s, const struct ay_foreign_file *files, size_t n, ay_foreign_fn fn, void *arg)
{
	struct comparing k = {.s = s, .files = files, .n = n, .fn = fn, .arg = arg};

	/* In a schema of one table, files that are none have no keys. */
	for (size_t i = 0; s->resource_count && i < n; i++) {
		const struct ay_schema *part = part_of(&k, i);

		if (part && part->foreign_count + part->wanted_count && !files[i].keys)
			cannot(&k, i, "the keys of this table are not known, so that foreign keys cannot be compared");
	}
	for (size_t p = 0; p < (s->resource_count ? s->resource_count : 1); p++) {
		const struct ay_schema *own = s->resource_count ? s->resources[p].schema : s;

		for (size_t i = 0; i < own->foreign_count; i++)
			compare_one(&k, own, &own->foreign[i]);
	}
	free(k.targets);
}
