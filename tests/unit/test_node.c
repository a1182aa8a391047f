/* SPDX-License-Identifier: Apache-2.0 */
/* File lists, OMS roots and trees of nodes. */
#include "tests/lib/store_fixture.h"

static struct ay_file_list list_of(const char *const *paths, size_t n)
{
	struct ay_file_list l = {0};

	for (size_t i = 0; i < n; i++) {
		struct ay_sha256 d = ay_sha256_of(paths[i], strlen(paths[i]));

		if (ay_file_list_add(&l, paths[i], strlen(paths[i]), &d))
			exit(99);
	}
	ay_file_list_sort(&l);
	return l;
}

static void test_file_list(void)
{
	static const char *const paths[] = { "b", "a/b", "a-b", "a/a/a", "B" };
	struct ay_file_list l = list_of(paths, AY_ARRAY_LEN(paths)), none = {0};

	is_str(l.v[0].path, "B", "bytewise");
	is_str(l.v[1].path, "a-b", "'-' before '/'");
	is_str(l.v[2].path, "a/a/a", "then the directory");
	is_str(ay_file_list_find(&l, "a/b")->path, "a/b", "find");
	ok(!ay_file_list_find(&l, "a"), "a directory is no file");
	ok(!ay_file_list_find(&none, "a"), "nothing in nothing");
	ay_file_list_free(&l);
	is_int((long long)l.n, 0, "freed");
}

/* The roots of sub.bin and sub/a.b, concatenated by hand in both orders. */
static void test_roots(void)
{
	static const char *const paths[] = { "sub/a.b", "sub.bin" }, *const plain[] = { "a", "b/c", "b/d" };
	struct ay_sha256 spec, component, want;
	struct ay_file_list l = list_of(paths, 2);
	uint8_t cat[96];

	is_int(ay_oms_roots(&l, &spec, &component), 0, "roots");
	memcpy(cat, ay_sha256_of("sub.bin", 7).b, 32);
	memcpy(cat + 32, ay_sha256_of("sub/a.b", 7).b, 32);
	want = ay_sha256_of(cat, 64);
	ok(ay_sha256_eq(&spec, &want), "spec: code points of the whole name");
	memcpy(cat, ay_sha256_of("sub/a.b", 7).b, 32);
	memcpy(cat + 32, ay_sha256_of("sub.bin", 7).b, 32);
	want = ay_sha256_of(cat, 64);
	ok(ay_sha256_eq(&component, &want), "reference: tuples of components");
	ay_file_list_free(&l);
	l = list_of(plain, 3);
	is_int(ay_oms_roots(&l, &spec, &component), 0, "roots");
	ok(ay_sha256_eq(&spec, &component), "mostly they agree");
	ay_file_list_free(&l);
	is_int(ay_oms_roots(&l, &spec, &component), 0, "of nothing");
	want = ay_sha256_of("", 0);
	ok(ay_sha256_eq(&spec, &want), "is the digest of nothing");
}

/* ---- trees ---- */

struct tree {
	struct ay_artifact a;
	struct ay_file_list files;
};

/* Objects are placed before; here each is referenced, and the tree written. */
static int put_tree(struct ay_txn *t, void *arg)
{
	struct tree *w = arg;
	int rc = w->a.id ? 0 : ay_artifact_put(t, &w->a);

	for (size_t i = 0; i < w->files.n && !rc; i++)
		rc = ay_object_ref(t, &w->files.v[i].sha256, w->files.v[i].size);
	rc = rc ? rc : ay_nodes_put(t, w->a.id, &w->files, &w->a.top);
	if (rc)
		return rc;
	w->a.state = AY_ADMITTED;
	return ay_artifact_put(t, &w->a);
}

static int drop_tree(struct ay_txn *t, void *arg)
{
	struct tree *w = arg;
	int rc = ay_nodes_drop(t, w->a.top);

	w->a.top = 0;
	w->a.state = AY_RETIRED;
	return rc ? rc : ay_artifact_put(t, &w->a);
}

static void place(const struct ay_file_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct ay_sha256 d;

		if (ay_object_put_bytes(fixture, l->v[i].path, l->v[i].size, &d, NULL) || !ay_sha256_eq(&d, &l->v[i].sha256))
			exit(99);
	}
	if (ay_objects_sync(fixture, NULL))
		exit(99);
}

static int add_entry(const char *name, const struct ay_node *n, void *arg)
{
	return ay_buf_addf(arg, "%s%s ", name, n->kind == AY_NODE_DIR ? "/" : "");
}

static const char *entries(struct ay_txn *t, uint64_t dir, const char *after, struct ay_buf *b)
{
	ay_buf_clear(b);
	return ay_node_each(t, dir, after, add_entry, b) ? "failed" : ay_buf_str(b);
}

static void test_tree(void)
{
	static const char *const paths[] = { "a-b", "a/b/c", "a/b/d", "a/e", "a.d/x", "z", "a/b-c/y" };
	struct tree w = { .a = fixture_artifact("models/tree@1", AY_OPEN), .files = list_of(paths, AY_ARRAY_LEN(paths)) };
	struct ay_buf b = ay_buf_new(10000);
	struct ay_file_list back = {0};
	struct ay_node n, m;
	struct ay_txn *t;
	bool same = true;

	w.files.v[0].executable = true;
	w.files.v[0].mtime_s = -3;
	w.files.v[0].mtime_ns = 999999999;
	w.files.v[0].ino = 77;
	place(&w.files);
	fixture_commit(put_tree, &w);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_str(entries(t, w.a.top, NULL, &b), "a/ a-b a.d/ z ", "entries in name order");
	is_str(entries(t, w.a.top, "a-b", &b), "a.d/ z ", "after one");
	is_str(entries(t, w.a.top, "zz", &b), "", "after all");
	is_int(ay_node_lookup(t, w.a.top, "a", &n), 0, "lookup");
	is_int(n.kind, AY_NODE_DIR, "of a directory");
	is_str(entries(t, n.id, NULL, &b), "b/ b-c/ e ", "its entries");
	is_int(ay_node_lookup(t, w.a.top, "b", &m), AY_ENOTFOUND, "lookup of what is not there");
	is_int(ay_node_by_path(t, w.a.top, "a/b-c/y", &m), 0, "by path");
	is_int((long long)m.size, 7, "its size");
	is_int(ay_node_path(t, m.id, &b), 0, "path of a node");
	is_str(ay_buf_str(&b), "a/b-c/y", "is the same");
	is_int(ay_node_by_path(t, w.a.top, "", &m), 0, "the empty path");
	is_int((long long)m.id, (long long)w.a.top, "is the top");
	is_int(ay_node_path(t, w.a.top, &b), 0, "path of the top");
	is_str(ay_buf_str(&b), "", "is empty");
	is_int(ay_node_by_path(t, w.a.top, "a/", &m), AY_ENOTFOUND, "no trailing slash");
	is_int(ay_node_by_path(t, w.a.top, "z/q", &m), AY_ENOTFOUND, "nothing below a file");
	is_int(ay_node_lookup(t, w.a.top, "", &m), AY_ENOTFOUND, "no empty name");
	is_int(ay_node_lookup(t, w.a.top, "a-b", &m), 0, "a file");
	ok(m.executable && m.mtime_s == -3 && m.mtime_ns == 999999999 && m.ino == 77 && m.parent == w.a.top && m.artifact == w.a.id, "with every field");
	is_int(ay_node_list(t, w.a.top, &back), 0, "list");
	is_int((long long)back.n, (long long)w.files.n, "all files");
	for (size_t i = 0; i < back.n; i++)
		same &= strcmp(back.v[i].path, w.files.v[i].path) == 0 && ay_sha256_eq(&back.v[i].sha256, &w.files.v[i].sha256);
	ok(same, "in order");
	is_int(ay_node_list(t, n.id, &back), AY_EUSAGE, "only a top can be listed");
	ay_read_end(t);
	ay_file_list_free(&back);
	ay_file_list_free(&w.files);
	ay_buf_free(&b);
}

/* Every byte that a name may hold, one after the other, and names at the limits. */
static void test_names(void)
{
	struct tree w = { .a = fixture_artifact("models/names@1", AY_OPEN) };
	struct ay_file_list back = {0};
	char path[AY_LIMIT_PATH + 1];
	struct ay_txn *t;
	bool same = true;

	for (int c = 1; c < 128; c++) {
		snprintf(path, sizeof(path), "d%c/x%cy", c == '/' ? '_' : c, c == '/' ? '~' : c);
		same &= ay_file_list_add(&w.files, path, strlen(path), &(struct ay_sha256){0}) == 0;
	}
	memset(path, 'n', AY_LIMIT_COMPONENT);
	path[AY_LIMIT_COMPONENT] = '\0';
	same &= ay_file_list_add(&w.files, path, strlen(path), &(struct ay_sha256){0}) == 0;
	for (int i = 0; i < AY_LIMIT_PATH; i++)
		path[i] = i % 17 == 16 ? '/' : 'p';
	path[AY_LIMIT_PATH] = '\0';
	same &= ay_file_list_add(&w.files, path, strlen(path), &(struct ay_sha256){0}) == 0;
	same &= ay_file_list_add(&w.files, "\xf0\x9f\x8d\x8b/\xc3\xa9", 7, &(struct ay_sha256){0}) == 0;
	ok(same, "a list");
	/* '_' and '~' stand for '/' and come twice. */
	ay_file_list_sort(&w.files);
	for (size_t i = 0; i < w.files.n; i++)
		w.files.v[i].sha256 = ay_sha256_of(w.files.v[i].path, w.files.v[i].size = strlen(w.files.v[i].path));
	place(&w.files);
	fixture_commit(put_tree, &w);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_int(ay_node_list(t, w.a.top, &back), 0, "list");
	is_int((long long)back.n, (long long)w.files.n, "all");
	for (size_t i = 0; i < back.n && same; i++) {
		struct ay_node n;

		same = strcmp(back.v[i].path, w.files.v[i].path) == 0 && ay_node_by_path(t, w.a.top, back.v[i].path, &n) == 0;
	}
	ok(same, "each under its own name");
	ay_read_end(t);
	ay_file_list_free(&back);
	ay_file_list_free(&w.files);
}

static void refused(const char *const *paths, size_t n, bool sort, int want, const char *name)
{
	struct tree w = { .a = fixture_artifact("models/refused@1", AY_OPEN) };
	struct ay_error e;

	for (size_t i = 0; i < n; i++) {
		struct ay_sha256 d = ay_sha256_of(paths[i], strlen(paths[i]));

		if (ay_file_list_add(&w.files, paths[i], strlen(paths[i]), &d))
			exit(99);
	}
	if (sort)
		ay_file_list_sort(&w.files);
	place(&w.files);
	is_int(ay_commit(fixture, put_tree, &w, &e), want, "%s", name);
	ay_file_list_free(&w.files);
}

static void test_refusals(void)
{
	static const char *const twice[] = { "a", "a" }, *const unsorted[] = { "b", "a" }, *const both[] = { "a", "a-", "a/b" };
	static const char *const dots[] = { "a/../b" }, *const absolute[] = { "/a" }, *const bad_utf8[] = { "\xff" };
	char deep[2 * AY_LIMIT_PATH_DEPTH + 4];
	const char *too_deep[] = { deep };

	refused(twice, 2, true, AY_EUSAGE, "a path listed twice");
	refused(unsorted, 2, false, AY_EUSAGE, "an unsorted list");
	refused(both, 3, true, AY_EUSAGE, "a file that is a directory too");
	for (size_t i = 0; i < sizeof(deep) - 1; i++)
		deep[i] = i % 2 ? '/' : 'd';
	deep[sizeof(deep) - 1] = '\0';
	refused(too_deep, 1, true, AY_ELIMIT, "too deep");
	struct tree w = { .a = fixture_artifact("models/refused@1", AY_OPEN) };

	for (int i = 0; i < 3; i++) {
		const char *path = i == 0 ? dots[0] : i == 1 ? absolute[0] : bad_utf8[0];
		struct ay_sha256 d = ay_sha256_of(path, strlen(path));

		ok(ay_file_list_add(&w.files, path, strlen(path), &d) == 0, "a list");
		place(&w.files);
		ok(ay_commit(fixture, put_tree, &w, NULL) != 0, "bad path %d is refused", i);
		w.a.id = 0;
		ay_file_list_free(&w.files);
	}
}

static int count_use(uint64_t artifact, void *arg)
{
	*(uint64_t *)arg = *(uint64_t *)arg * 1000 + artifact;
	return 0;
}

static void test_drop(void)
{
	static const char *const paths[] = { "same", "d/other" };
	struct tree w = { .a = fixture_artifact("models/drop@1", AY_OPEN), .files = list_of(paths, 2) };
	struct tree v = { .a = fixture_artifact("models/drop@2", AY_OPEN), .files = list_of(paths, 2) };
	struct ay_store_stats before, after;
	uint64_t used = 0, size, refs = 0;
	struct ay_txn *t;
	struct ay_node n;

	/* Both files of the first tree have the same content. */
	w.files.v[0].sha256 = w.files.v[1].sha256;
	w.files.v[0].size = w.files.v[1].size;
	place(&v.files);
	is_int(ay_store_stats(fixture, &before), 0, "stats");
	fixture_commit(put_tree, &w);
	fixture_commit(put_tree, &v);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_int(ay_object_stat(t, &w.files.v[1].sha256, &size, &refs), 0, "stat");
	is_int((long long)refs, 3, "three files hold it");
	is_int(ay_object_artifacts(t, &w.files.v[1].sha256, count_use, &used), 0, "artifacts");
	is_int((long long)used, (long long)(w.a.id * 1000 + v.a.id), "two of them");
	ay_read_end(t);
	uint64_t top = w.a.top;

	fixture_commit(drop_tree, &w);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_int(ay_node_get(t, top, &n), AY_ENOTFOUND, "the tree is gone");
	is_int(ay_node_by_path(t, v.a.top, "d/other", &n), 0, "the other is there");
	is_int(ay_object_stat(t, &w.files.v[1].sha256, &size, &refs), 0, "stat");
	is_int((long long)refs, 1, "one reference is left");
	ay_read_end(t);
	fixture_commit(drop_tree, &v);
	is_int(ay_store_stats(fixture, &after), 0, "stats");
	is_int((long long)(after.files - before.files), 0, "files are counted back");
	is_int((long long)(after.object_bytes - before.object_bytes), 0, "bytes too");
	ay_file_list_free(&w.files);
	ay_file_list_free(&v.files);
}

static void test_reserve(void)
{
	uint64_t a = 0, b = 0, c = 0;

	is_int(ay_node_reserve(fixture, 10, &a), 0, "reserve");
	is_int(ay_node_reserve(fixture, 1, &b), 0, "again");
	is_int((long long)b, (long long)a + 10, "ids are consecutive");
	fixture_close();
	fixture_open();
	is_int(ay_node_reserve(fixture, 1, &c), 0, "after a restart");
	is_int((long long)c, (long long)b + 1, "none is given twice");
}

static void say(const char *line, void *arg)
{
	(void)arg;
	printf("# %s\n", line);
}

int main(void)
{
	struct ay_fsck_report r;

	fixture_make();
	test_file_list();
	test_roots();
	test_tree();
	test_names();
	test_refusals();
	test_drop();
	test_reserve();
	is_int(ay_fsck(fixture, true, say, NULL, &r, NULL), 0, "fsck");
	is_int((long long)r.problems, 0, "finds nothing");
	fixture_remove();
	return done_testing();
}
