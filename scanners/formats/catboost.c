/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CatBoost models (.cbm): a mark, a FlatBuffer of features, trees and settings
 * with its size, then the parts that it names. Only tables of target
 * statistics are judged; CatBoost reads each of those as a FlatBuffer without
 * a check, and finds values through a hash index without one either.
 */
#include "scanners/formats/catboost.h"

#include "scanners/registry.h"

#define MAGIC "CBM1"
#define CORE_VERSION "FlabuffersModel_v1"
#define STATISTICS "static_provider_v1"
#define BUCKET 12                /* a hash and an index */
#define BUCKETS_AT_ONCE 4096
#define NO_HASH UINT64_MAX
#define NAME 128

enum { C_VERSION, C_TREES, C_SETTINGS, C_PARTS, C_FIELDS };
enum { V_BASE, V_INDEX, V_VALUES, V_DENOMINATOR, V_CLASSES, V_FIELDS };

void ay_cb_malformed(struct ay_cb *r, uint64_t off, const char *why)
{
	ay_flat_fail(&r->f, AY_EFORMAT, off, why);
}

void ay_cb_tree(struct ay_cb *r, uint64_t off, const char *why)
{
	if (!r->f.err)
		r->rule = "catboost.tree";
	ay_flat_fail(&r->f, AY_EFORMAT, off, why);
}

void ay_cb_unsupported(struct ay_cb *r, uint64_t off, const char *why)
{
	ay_flat_fail(&r->f, AY_EUNSUPPORTED, off, why);
}

void ay_cb_known(struct ay_cb *r, const struct ay_flat_table *t, unsigned fields)
{
	if (t->at && t->vtable_size > 4 + 2 * fields)
		ay_cb_unsupported(r, t->at, "a CatBoost model of a newer form, which is not known");
}

/* ---- the file around the FlatBuffers ---- */

/* Says once what is wrong; false. */
static bool tell(struct ay_cb *r, int err, uint64_t off, const char *why)
{
	struct ay_error e;

	if (r->rule)
		ay_scan_find(r->s, r->rule, off, "%s", why);
	else
		ay_scan_find_error(r->s, "catboost", ay_error_at(&e, err, off, "%s", why), &e);
	return false;
}

/* 32 bits, or all of them set and then 64. */
static bool take_size(struct ay_cb *r, uint64_t *out)
{
	struct ay_buf b = ay_buf_new(16);
	struct ay_cursor c;
	uint64_t left = r->in->size - r->off;
	int err = ay_source_load(r->in, r->off, left < 12 ? (size_t)left : 12, &b, &c);

	*out = err ? 0 : ay_cursor_le32(&c);
	if (!err && *out == UINT32_MAX)
		*out = ay_cursor_le64(&c);
	if (!err)
		err = c.err;
	r->off = err ? r->off : c.off;
	ay_buf_free(&b);
	return err ? tell(r, err, r->off, "the file ends within a size") : true;
}

/* Opens the FlatBuffer that comes next with its size. The source must outlive its use. */
static bool open_part(struct ay_cb *r, struct ay_source_window *window, struct ay_source *part, struct ay_flat_table *root)
{
	uint64_t size;

	if (!take_size(r, &size))
		return false;
	if (size > UINT32_MAX || ay_source_sub(r->in, r->off, size, window, part) != 0)
		return tell(r, AY_ETRUNC, r->off, "the file ends within a part of the model");
	r->base = r->off;
	r->off += size;

	int err = ay_flat_open(&r->f, part, ay_scan_budget(r->s));

	if (err)
		return tell(r, err, r->base, "there is no memory left to read the model");
	*root = ay_flat_root(&r->f);
	return true;
}

static bool close_part(struct ay_cb *r)
{
	bool fine = !r->f.err || tell(r, r->f.err, r->base + r->f.err_off, r->f.why ? r->f.why : ay_strerror(r->f.err));

	ay_flat_close(&r->f);
	return fine;
}

/* ---- target statistics ---- */

/* Bytes of the values that one index leads to. */
static uint64_t row_size(unsigned kind, uint64_t classes)
{
	switch (kind) {
	case AY_CB_BUCKETS:
		return 4 * classes;
	case AY_CB_BORDERS:
		return 4 * (classes > 2 ? classes : 2);
	case AY_CB_COUNTER: case AY_CB_FREQUENCY:
		return 4;
	default:
		return 8;
	}
}

/* Every index leads to values; a bucket without one ends each search. */
static void check_buckets(struct ay_cb *r, const struct ay_flat_vector *index, uint64_t rows)
{
	uint64_t count = index->count / BUCKET, at = index->at;
	struct ay_buf b = ay_buf_new(BUCKET * BUCKETS_AT_ONCE);
	bool empty = false;

	for (uint64_t done = 0; done < count && !r->f.err;) {
		uint64_t n = count - done < BUCKETS_AT_ONCE ? count - done : BUCKETS_AT_ONCE;
		struct ay_cursor c;
		int err = ay_source_load(r->f.in, at, (size_t)n * BUCKET, &b, &c);

		if (err)
			ay_flat_fail(&r->f, err, at, "the hash index cannot be read");
		while (!r->f.err && c.left) {
			uint64_t where = c.off, hash = ay_cursor_le64(&c);
			uint32_t to = ay_cursor_le32(&c);

			if (hash != NO_HASH && to >= rows)
				ay_cb_tree(r, where, "a hash index leads beyond its values");
			empty |= hash == NO_HASH;
			if (ay_budget_tick(ay_scan_budget(r->s)) != 0)
				ay_flat_fail(&r->f, AY_ELIMIT, where, "the scan did not end in its time");
		}
		done += n;
		at += n * BUCKET;
	}
	if (!r->f.err && !empty)
		ay_cb_tree(r, index->at, "a hash index has no empty place, at which a search ends");
	ay_buf_free(&b);
}

static void check_table(struct ay_cb *r, const struct ay_flat_table *t)
{
	struct ay_flat_table base = ay_flat_sub(&r->f, t, V_BASE);
	unsigned kind = ay_cb_statistic(r, &base);
	struct ay_flat_vector index = ay_flat_list(&r->f, t, V_INDEX, 1), values = ay_flat_list(&r->f, t, V_VALUES, 1);
	uint64_t classes = ay_flat_scalar(&r->f, t, V_CLASSES, 4, 0), places = index.count / BUCKET;
	bool by_class = kind == AY_CB_BORDERS || kind == AY_CB_BUCKETS;

	ay_cb_known(r, t, V_FIELDS);
	if (r->f.err)
		return;
	if (index.count % BUCKET || places == 0 || places & (places - 1))
		return ay_cb_tree(r, t->at, "a hash index has no size of a power of two");
	if (by_class && (classes < 1 || classes > INT32_MAX || classes < r->max_border[kind]))
		return ay_cb_tree(r, t->at, "a split asks for a class of the target that a table does not have");
	check_buckets(r, &index, values.count / row_size(kind, classes));
}

static bool take_statistics(struct ay_cb *r)
{
	uint64_t count;

	if (!take_size(r, &count))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		struct ay_source_window window;
		struct ay_source part;
		struct ay_flat_table root;

		if (ay_budget_tick(ay_scan_budget(r->s)) != 0)
			return tell(r, AY_ELIMIT, r->off, "the scan did not end in its time");
		if (!open_part(r, &window, &part, &root))
			return false;
		check_table(r, &root);
		if (!close_part(r))
			return false;
	}
	return true;
}

/* ---- the core ---- */

static void check_settings(struct ay_cb *r, const struct ay_flat_vector *v)
{
	for (uint32_t i = 0; i < v->count && !r->f.err; i++) {
		struct ay_flat_table t = ay_flat_at(&r->f, v, i);
		char name[NAME];

		ay_cb_known(r, &t, 2);
		if (!ay_flat_text(&r->f, &t, 0, name, sizeof(name)))
			ay_cb_malformed(r, t.at, "a setting has no plain name");
		if (!ay_flat_list(&r->f, &t, 1, 1).at)
			ay_cb_malformed(r, t.at, "a setting has no value");
	}
}

/* A vector of strings: each element is an offset as of a table's field. */
static void check_parts(struct ay_cb *r, const struct ay_flat_vector *v)
{
	for (uint32_t i = 0; i < v->count && !r->f.err; i++) {
		char name[NAME] = "";
		uint64_t at = v->at + 4 * (uint64_t)i, to = at + ay_flat_number(&r->f, at, 4), len = ay_flat_number(&r->f, to, 4);

		for (uint64_t j = 0; j < len && j < NAME - 1 && !r->f.err; j++)
			name[j] = (char)ay_flat_number(&r->f, to + 4 + j, 1);
		if (r->f.err)
			return;
		if (len != strlen(STATISTICS) || strcmp(name, STATISTICS) != 0)
			return ay_cb_unsupported(r, to, "a CatBoost model with a part that is not judged (texts, embeddings, or unknown)");
		if (r->statistics)
			return ay_cb_malformed(r, to, "the model names one part twice");
		r->statistics = true;
	}
}

static bool take_core(struct ay_cb *r)
{
	struct ay_source_window window;
	struct ay_source part;
	struct ay_flat_table root, trees;
	struct ay_flat_vector parts, settings;
	char version[NAME];

	if (!open_part(r, &window, &part, &root))
		return false;
	ay_cb_known(r, &root, C_FIELDS);
	if ((!ay_flat_text(&r->f, &root, C_VERSION, version, sizeof(version)) || strcmp(version, CORE_VERSION) != 0) && !r->f.err)
		ay_cb_unsupported(r, root.at, "a CatBoost model of an unknown version");
	parts = ay_flat_list(&r->f, &root, C_PARTS, 4);
	check_parts(r, &parts);
	settings = ay_flat_list(&r->f, &root, C_SETTINGS, 4);
	check_settings(r, &settings);
	trees = ay_flat_sub(&r->f, &root, C_TREES);
	if (!r->f.err && !trees.at)
		ay_cb_malformed(r, root.at, "the model has no trees");
	if (!r->f.err)
		ay_cb_model(r, &trees);
	return close_part(r);
}

/* ---- the scanner ---- */

static unsigned catboost_bid(struct ay_cursor head, struct ay_source *in, const char *path)
{
	(void)in;
	(void)path;
	return ay_cursor_starts(&head, MAGIC, strlen(MAGIC)) ? 32 : 0;
}

static int catboost_scan(struct ay_scan *s, struct ay_source *in)
{
	struct ay_cb r = {.s = s, .in = in, .off = strlen(MAGIC)};

	if (!take_core(&r) || (r.statistics && !take_statistics(&r)))
		return 0;
	if (r.off != in->size)
		tell(&r, AY_EFORMAT, r.off, "bytes follow the last part of the model");
	return 0;
}

const struct ay_scanner ay_scanner_catboost = {
	.abi = AY_SCAN_ABI, .flags = AY_SCANNER_INERT, .name = "catboost", .version = 1, .bid = catboost_bid, .scan = catboost_scan
};
