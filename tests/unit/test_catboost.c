/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/lib/scan_case.h"

/* ---- a FlatBuffer, written forwards: each field has eight bytes of its own ---- */

static struct ay_buf b;
static size_t base;      /* of the FlatBuffer at hand */

static void set(size_t at, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		b.data[base + at + i] = (uint8_t)(v >> (8 * i));
}

static size_t here(void)
{
	return b.len - base;
}

static void align(size_t to, size_t rest)
{
	while (here() % to != rest)
		ay_buf_addc(&b, 0);
}

static size_t field(size_t table, unsigned i)
{
	return table + 8 * (1 + (size_t)i);
}

/* With fields 0 to n - 1. */
static size_t table(unsigned n)
{
	size_t vtable, at;

	align(8, 0);
	vtable = here();
	ay_buf_le16(&b, (uint16_t)(4 + 2 * n));
	ay_buf_le16(&b, (uint16_t)(8 + 8 * n));
	for (unsigned i = 0; i < n; i++)
		ay_buf_le16(&b, (uint16_t)(8 + 8 * i));
	align(8, 0);
	at = here();
	ay_buf_le64(&b, at - vtable);
	for (unsigned i = 0; i < n; i++)
		ay_buf_le64(&b, 0);
	return at;
}

/* Takes a field out of the layout. */
static void drop(size_t t, unsigned i)
{
	size_t vtable = t - b.data[base + t];

	set(vtable + 4 + 2 * i, 0, 2);
}

static void lead(size_t from, size_t to)
{
	set(from, to - from, 4);
}

/* Linked from a field; the place of the first element. */
static size_t list(size_t from, unsigned elem, uint32_t count)
{
	align(8, 4);
	lead(from, here());
	ay_buf_le32(&b, count);
	for (size_t i = 0; i < (size_t)elem * count; i++)
		ay_buf_addc(&b, 0);
	return here() - (size_t)elem * count;
}

static void string(size_t from, const char *text)
{
	list(from, 1, (uint32_t)strlen(text));
	b.len -= strlen(text);
	ay_buf_adds(&b, text);
	ay_buf_addc(&b, 0);
}

static size_t sub(size_t from, unsigned n)
{
	size_t t = table(n);

	lead(from, t);
	return t;
}

/* ---- a model ---- */

enum place { AT_CORE_SIZE, AT_ROOT, AT_DIMENSION, AT_SPLITS, AT_SIZES, AT_STARTS, AT_STEPS, AT_LEAF_IDS, AT_FLOAT, AT_NAN_MODE, AT_CATEGORICAL, AT_ONE_HOT, AT_BORDER, AT_KIND, AT_COUNT,
	     AT_TABLE_SIZE, AT_CLASSES, AT_TABLE_KIND, AT_INDEX, AT_PLACES };
/* In the file. */
static size_t where[AT_PLACES];

static struct shape {
	const char *version, *part, *setting;
	bool steps, no_trees, text;
	uint32_t splits, sizes, starts, leaves, weights, biases, repacked, leaf_ids, texts, buckets, values;
} shape;

static const struct shape good = {.version = "FlabuffersModel_v1", .part = "static_provider_v1", .setting = "params", .splits = 3, .sizes = 2, .starts = 2,
				  .leaves = 6, .buckets = 4, .values = 16};

static void mark(enum place p, size_t at)
{
	where[p] = base + at;
}

static void numbers(size_t at, unsigned size, const uint32_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		set(at + size * i, values[i], size);
}

/* The base of a statistic of the first categorical feature and one split. */
static size_t add_base(size_t from)
{
	size_t base_table = sub(from, 3), combination = sub(field(base_table, 0), 3);

	list(field(combination, 0), 4, 1);
	list(field(combination, 1), 8, 1);
	drop(combination, 2);
	return field(base_table, 1);
}

static void add_features(size_t trees)
{
	size_t v = list(field(trees, 5), 4, 2), t;

	for (unsigned i = 0; i < 2; i++) {
		t = sub(v + 4 * i, 6);
		set(field(t, 1), i, 4);
		set(field(t, 2), i, 4);
		list(field(t, 3), 4, 2 - i);
		string(field(t, 4), "height");
		if (i == 1)
			mark(AT_FLOAT, field(t, 1));
		mark(AT_NAN_MODE, field(t, 5));
	}
	t = sub(list(field(trees, 4), 4, 1), 4);
	set(field(t, 1), 2, 4);
	drop(t, 2);
	mark(AT_CATEGORICAL, field(t, 0));
	t = sub(list(field(trees, 6), 4, 1), 3);
	list(field(t, 1), 4, 1);
	if (shape.texts)
		list(field(t, 2), 4, shape.texts);
	else
		drop(t, 2);
	mark(AT_ONE_HOT, field(t, 0));
	t = sub(list(field(trees, 7), 4, 1), 2);
	list(field(t, 1), 4, 1);
	t = sub(field(t, 0), 6);
	mark(AT_BORDER, field(t, 1));
	mark(AT_KIND, add_base(field(t, 0)));
}

/* Two symmetric trees, or one with two leaves and one that is a leaf. */
static void add_trees(size_t trees)
{
	static const uint32_t symmetric[] = {0, 3, 4}, sizes[] = {2, 1}, starts[] = {0, 2};
	static const uint32_t step_splits[] = {1, 0, 0, 0}, step_sizes[] = {3, 1}, step_starts[] = {0, 3}, ids[] = {UINT32_MAX, 0, 1, 2};
	size_t v = list(field(trees, 1), 4, shape.splits);

	numbers(v, 4, shape.steps ? step_splits : symmetric, shape.splits < 3 ? shape.splits : 3);
	mark(AT_SPLITS, v);
	v = list(field(trees, 2), 4, shape.sizes);
	numbers(v, 4, shape.steps ? step_sizes : sizes, shape.sizes);
	mark(AT_SIZES, v);
	v = list(field(trees, 3), 4, shape.starts);
	numbers(v, 4, shape.steps ? step_starts : starts, shape.starts);
	mark(AT_STARTS, v);
	list(field(trees, 8), 8, shape.leaves);
	if (!shape.steps)
		return;
	v = list(field(trees, 10), 4, 4);
	set(v, 1, 2);
	set(v + 2, 2, 2);
	mark(AT_STEPS, v);
	v = list(field(trees, 11), 4, shape.leaf_ids);
	numbers(v, 4, ids, shape.leaf_ids);
	mark(AT_LEAF_IDS, v);
}

static void add_core(void)
{
	static const uint8_t unused[] = {9, 10, 11, 12, 13, 16, 17, 18};
	size_t root, trees, t;

	ay_buf_adds(&b, "CBM1");
	ay_buf_le32(&b, 0);
	base = b.len;
	ay_buf_le32(&b, 0);
	root = table(4);
	lead(0, root);
	string(field(root, 0), shape.version);
	trees = sub(field(root, 1), 19);
	for (size_t i = 0; i < sizeof(unused); i++)
		if (!(shape.steps && (unused[i] == 10 || unused[i] == 11)))
			drop(trees, unused[i]);
	set(field(trees, 0), 1, 4);
	add_features(trees);
	add_trees(trees);
	t = sub(list(field(root, 2), 4, 1), 2);
	string(field(t, 0), shape.setting);
	string(field(t, 1), "{\"depth\": 6}");
	if (shape.part)
		string(list(field(root, 3), 4, 1), shape.part);
	else
		drop(root, 3);
	if (shape.no_trees)
		drop(root, 1);
	mark(AT_ROOT, 0);
	mark(AT_DIMENSION, field(trees, 0));
	where[AT_CORE_SIZE] = 4;
	uint32_t size = (uint32_t)here();

	base = 4;
	set(0, size, 4);
}

static void add_statistics(void)
{
	static const uint32_t hashes[] = {5, UINT32_MAX, 7, UINT32_MAX};
	size_t t, v;

	base = b.len;
	ay_buf_le32(&b, 1);
	ay_buf_le32(&b, 0);
	mark(AT_COUNT, 0);
	mark(AT_TABLE_SIZE, 4);
	base = b.len;
	ay_buf_le32(&b, 0);
	t = table(5);
	lead(0, t);
	mark(AT_TABLE_KIND, add_base(field(t, 0)));
	v = list(field(t, 1), 1, 12 * shape.buckets);
	for (unsigned i = 0; i < shape.buckets; i++) {
		uint32_t hash = hashes[i % 4];

		set(v + 12 * i, hash == UINT32_MAX ? UINT64_MAX : hash, 8);
		set(v + 12 * i + 8, hash == UINT32_MAX ? 0 : i / 2, 4);
	}
	mark(AT_INDEX, v);
	list(field(t, 2), 1, shape.values);
	set(field(t, 4), 2, 4);
	mark(AT_CLASSES, field(t, 4));
	uint32_t size = (uint32_t)here();

	base -= 4;
	set(0, size, 4);
}

static void build(void)
{
	ay_buf_clear(&b);
	add_core();
	if (shape.part)
		add_statistics();
}

static void is_rule(const char *rule, const char *what)
{
	is_str(scan_case_with("m.cbm", b.data, b.len, NULL), rule, "%s", what);
}

#define WITH(rule, what, ...) \
	do { \
		shape = good; \
		__VA_ARGS__; \
		build(); \
		is_rule(rule, what); \
	} while (0)

/* The good model with a number of that size at a place, some bytes on. */
static void changed(enum place p, size_t by, uint64_t value, unsigned size, const char *rule, const char *what)
{
	build();
	base = where[p];
	set(by, value, size);
	is_rule(rule, what);
}

static void test_core(void)
{
	WITH("pass", "a good model");
	WITH("pass", "texts of categories", shape.texts = 1);
	WITH("catboost.malformed", "more texts than values", shape.texts = 2);
	WITH("format.unsupported", "another version", shape.version = "FlabuffersModel_v2");
	WITH("format.unsupported", "texts to be processed", shape.part = "text_processing_collection_v1");
	WITH("format.unsupported", "an unknown part", shape.part = "static_provider_v11");
	WITH("catboost.malformed", "statistics that are asked for and not there", shape.part = NULL);
	WITH("catboost.malformed", "no trees", shape.no_trees = true);
	WITH("catboost.malformed", "a setting with a strange name", shape.setting = "a\nb");
	shape = good;
	changed(AT_CORE_SIZE, 0, 0, 4, "catboost.truncated", "a core of no bytes");
	changed(AT_CORE_SIZE, 0, 0x7fffffff, 4, "catboost.truncated", "a core beyond the end");
	changed(AT_CORE_SIZE, 0, UINT32_MAX, 4, "catboost.truncated", "a core of a 64-bit size");
	changed(AT_ROOT, 0, 0, 4, "catboost.malformed", "a root at nowhere");
	changed(AT_ROOT, 0, 0x7fffffff, 4, "catboost.truncated", "a root beyond the end");
	changed(AT_DIMENSION, 0, 0, 4, "catboost.malformed", "no answers");
	changed(AT_DIMENSION, 0, 2, 4, "catboost.tree", "more answers than values");
	changed(AT_DIMENSION, 0, UINT32_MAX, 4, "catboost.malformed", "less than no answers");
}

static void test_features(void)
{
	shape = good;
	changed(AT_FLOAT, 0, 0, 4, "catboost.tree", "two features of one index");
	changed(AT_FLOAT, 0, UINT32_MAX, 4, "catboost.tree", "an index below zero");
	changed(AT_FLOAT, 0, 9, 4, "pass", "features that are not used");
	changed(AT_NAN_MODE, 0, 2, 1, "pass", "what is missing is true");
	changed(AT_NAN_MODE, 0, 3, 1, "catboost.malformed", "what is missing is unknown");
	changed(AT_CATEGORICAL, 0, UINT32_MAX, 4, "catboost.tree", "a categorical feature below zero");
	changed(AT_ONE_HOT, 0, 1, 4, "catboost.tree", "values of a feature that is not there");
	changed(AT_BORDER, 0, 1, 4, "pass", "the second class");
	changed(AT_BORDER, 0, 2, 4, "catboost.tree", "a class that the table does not have");
	changed(AT_BORDER, 0, UINT32_MAX, 4, "catboost.tree", "a class below zero");
	changed(AT_KIND, 0, 5, 1, "pass", "frequencies");
	changed(AT_KIND, 0, 6, 1, "catboost.malformed", "an unknown kind of statistic");
}

static void test_trees(void)
{
	WITH("catboost.tree", "a split too many", shape.splits = 4);
	WITH("catboost.tree", "a split too few", shape.splits = 2);
	WITH("catboost.tree", "a tree too few", shape.sizes = 1, shape.starts = 1);
	WITH("catboost.tree", "a start too few", shape.starts = 1);
	WITH("catboost.tree", "a leaf too few", shape.leaves = 5);
	WITH("catboost.tree", "a leaf too many", shape.leaves = 7);
	shape = good;
	changed(AT_SPLITS, 8, 4, 4, "pass", "the last condition");
	changed(AT_SPLITS, 8, 5, 4, "catboost.tree", "one beyond");
	changed(AT_SPLITS, 0, UINT32_MAX, 4, "catboost.tree", "a condition below zero");
	changed(AT_SIZES, 4, 31, 4, "catboost.tree", "a tree of two billion leaves");
	changed(AT_SIZES, 0, UINT32_MAX, 4, "catboost.tree", "a tree below zero");
	changed(AT_STARTS, 4, 1, 4, "catboost.tree", "trees that overlap");
	changed(AT_STARTS, 4, 3, 4, "catboost.tree", "a hole between trees");
}

static void test_steps(void)
{
	WITH("pass", "trees of nodes", shape.steps = true, shape.splits = 4, shape.leaves = 3, shape.leaf_ids = 4);
	struct shape nodes = shape;

	changed(AT_STEPS, 2, 3, 2, "catboost.tree", "a child in the next tree");
	changed(AT_STEPS, 0, 0xffff, 2, "catboost.tree", "a child beyond all");
	changed(AT_STEPS, 4, 1, 2, "pass", "a node with one child");
	changed(AT_STEPS, 8, 1, 2, "catboost.tree", "a last node with a child");
	changed(AT_STEPS, 0, 0, 4, "catboost.tree", "a root that is a leaf without a value");
	changed(AT_LEAF_IDS, 4, 2, 4, "pass", "the last value");
	changed(AT_LEAF_IDS, 4, 3, 4, "catboost.tree", "one beyond");
	changed(AT_LEAF_IDS, 4, UINT32_MAX, 4, "catboost.tree", "a leaf without a value");
	changed(AT_LEAF_IDS, 0, 7, 4, "pass", "a node with children needs none");
	shape = nodes;
	shape.leaf_ids = 3;
	build();
	is_rule("catboost.tree", "a leaf too few in the list");
}

static void test_statistics(void)
{
	WITH("catboost.tree", "no buckets", shape.buckets = 0);
	WITH("catboost.tree", "three buckets", shape.buckets = 3);
	WITH("catboost.tree", "one bucket, which is full", shape.buckets = 1);
	WITH("catboost.tree", "values of one row", shape.values = 8);
	WITH("catboost.tree", "a byte too few", shape.values = 15);
	shape = good;
	changed(AT_INDEX, 8, 1, 4, "pass", "the last row");
	changed(AT_INDEX, 8, 2, 4, "catboost.tree", "one beyond");
	changed(AT_INDEX, 20, 99, 4, "pass", "an empty bucket leads nowhere");
	changed(AT_INDEX, 12, 0, 4, "pass", "a bucket less that is empty");
	build();
	base = where[AT_INDEX];
	set(12, 1, 8);
	set(36, 2, 8);
	is_rule("catboost.tree", "no empty bucket");
	changed(AT_CLASSES, 0, 3, 4, "catboost.tree", "more classes than values");
	changed(AT_CLASSES, 0, 0, 4, "catboost.tree", "no classes");
	changed(AT_CLASSES, 0, UINT32_MAX, 4, "catboost.tree", "less than no classes");
	changed(AT_TABLE_KIND, 0, 6, 1, "catboost.malformed", "an unknown kind");
	changed(AT_TABLE_KIND, 0, 2, 1, "pass", "means");
	changed(AT_COUNT, 0, 0, 4, "catboost.malformed", "a table too many");
	changed(AT_COUNT, 0, 2, 4, "catboost.truncated", "a table too few");
	changed(AT_COUNT, 0, UINT32_MAX, 4, "catboost.truncated", "a 64-bit number of tables");
	changed(AT_TABLE_SIZE, 0, 0, 4, "catboost.truncated", "a table of no bytes");
	changed(AT_TABLE_SIZE, 0, 0x7fffffff, 4, "catboost.truncated", "a table beyond the end");
}

static void test_cuts(void)
{
	unsigned passed = 0;

	shape = good;
	build();
	/* Four bytes are text. */
	for (size_t len = 5; len < b.len; len++)
		passed += strcmp(scan_case_with("m.cbm", b.data, len, NULL), "pass") == 0;
	is_int(passed, 0, "no proper prefix passes");
	ay_buf_addc(&b, 0);
	is_rule("catboost.malformed", "a byte behind");
}

int main(void)
{
	b = ay_buf_new(64 * KIB);
	test_core();
	test_features();
	test_trees();
	test_steps();
	test_statistics();
	test_cuts();
	ay_buf_free(&b);
	return done_testing();
}
