/* SPDX-License-Identifier: Apache-2.0 */
/* fsck: each kind of record is taken out once and must be missed. backup: a copy that opens. */
#include "store/index.h"
#include "tests/lib/store_fixture.h"

static const char *const texts[] = { "first file", "second file" };

struct scene {
	struct ay_artifact a;
	struct ay_file_list files;
	struct ay_sha256 claim;
	struct ay_node dir;
	char *report;
};

#define REPORT_LEN 100000

static int put_scene(struct ay_txn *t, void *arg)
{
	struct scene *c = arg;
	struct ay_tag tag = { .name = "models/fsck", .tag = "prod", .version = "1" };
	int rc = ay_artifact_put(t, &c->a);

	for (size_t i = 0; i < c->files.n && !rc; i++)
		rc = ay_object_ref(t, &c->files.v[i].sha256, c->files.v[i].size);
	rc = rc ? rc : ay_nodes_put(t, c->a.id, &c->files, &c->a.top);
	c->a.state = AY_ADMITTED;
	rc = rc ? rc : ay_artifact_put(t, &c->a);
	rc = rc ? rc : ay_record_put(t, c->a.id, "report.json", c->report, REPORT_LEN);
	rc = rc ? rc : ay_claim_put(t, "claim", 5, &c->claim);
	rc = rc ? rc : ay_claim_attach(t, c->a.id, &c->claim, "model.sig", 0);
	return rc ? rc : ay_tag_put(t, &tag);
}

static void make_scene(struct scene *c)
{
	static const char *const paths[] = { "a", "d/b" };
	struct ay_txn *t;

	memset(c, 0, sizeof(*c));
	c->a = fixture_artifact("models/fsck@1", AY_OPEN);
	c->report = calloc(1, REPORT_LEN);
	for (int i = 0; i < 2; i++) {
		struct ay_sha256 d;

		if (ay_object_put_bytes(fixture, texts[i], strlen(texts[i]), &d, NULL) || ay_file_list_add(&c->files, paths[i], strlen(texts[i]), &d))
			exit(99);
	}
	fixture_commit(put_scene, c);
	if (ay_read_begin(fixture, &t) || ay_node_by_path(t, c->a.top, "d", &c->dir))
		exit(99);
	ay_read_end(t);
}

static void keep_line(const char *line, void *arg)
{
	struct ay_buf *b = arg;

	ay_buf_adds(b, line);
	ay_buf_addc(b, '\n');
}

struct edit {
	enum ay_ix table;
	const void *key;
	size_t key_len;
	struct ay_buf val;
};

static int take_out(struct ay_txn *t, void *arg)
{
	struct edit *x = arg;
	int rc = ay_ix_get(t, x->table, x->key, x->key_len, &x->val);

	return rc ? rc : ay_ix_del(t, x->table, x->key, x->key_len);
}

static int put_back(struct ay_txn *t, void *arg)
{
	struct edit *x = arg;

	return ay_ix_put(t, x->table, x->key, x->key_len, x->val.data, x->val.len);
}

static void missed(enum ay_ix table, const void *key, size_t key_len, const char *want, const char *name)
{
	struct edit x = { table, key, key_len, ay_buf_new(1 << 20) };
	struct ay_buf lines = ay_buf_new(1 << 20);
	struct ay_fsck_report r;

	fixture_commit(take_out, &x);
	if (ay_fsck(fixture, false, keep_line, &lines, &r, NULL))
		exit(99);
	if (!ok(r.problems > 0 && strstr(ay_buf_str(&lines), want), "fsck misses %s", name))
		printf("# want: %s\n# got: %s\n", want, ay_buf_str(&lines));
	fixture_commit(put_back, &x);
	ay_buf_free(&lines);
	ay_buf_free(&x.val);
}

static long long problems(bool scrub)
{
	struct ay_buf lines = ay_buf_new(1 << 20);
	struct ay_fsck_report r;

	if (ay_fsck(fixture, scrub, keep_line, &lines, &r, NULL))
		return -1;
	if (r.problems)
		printf("# %s", ay_buf_str(&lines));
	ay_buf_free(&lines);
	return (long long)r.problems;
}

static void test_missing_records(const struct scene *c)
{
	uint8_t id[8], node[8], entry[9], attached[40];

	ay_put_be64(id, c->a.id);
	ay_put_be64(node, c->dir.id + 1);
	ay_put_be64(entry, c->a.top);
	entry[8] = 'a';
	memcpy(attached, id, 8);
	memcpy(attached + 8, c->claim.b, 32);
	is_int(problems(true), 0, "a sound store");
	missed(AY_IX_ARTIFACT_ID, id, 8, "is not in table artifact_id", "an artifact's number");
	missed(AY_IX_ARTIFACT, "models/fsck@1", 13, "disagree", "an artifact's record");
	missed(AY_IX_NODE, node, 8, "leads nowhere", "a node");
	missed(AY_IX_ENTRY, entry, 9, "does not list it", "an entry");
	missed(AY_IX_OBJECT, c->files.v[0].sha256.b, 32, "its object is not referenced", "an object's record");
	missed(AY_IX_RECORD, "\0\0\0\0\0\0\0\1report.json", 19, "uses of objects", "a long record");
	missed(AY_IX_CLAIM, c->claim.b, 32, "a claim of it", "a claim");
	missed(AY_IX_STORE, "tally", 5, "0 recorded", "the tally");
	is_int(problems(true), 0, "all is back");
}

static int file_claim_wrongly(struct ay_txn *t, void *arg)
{
	(void)arg;
	return ay_ix_put(t, AY_IX_CLAIM, "01234567890123456789012345678901", 32, "\0other", 6);
}

static int remove_wrong_claim(struct ay_txn *t, void *arg)
{
	(void)arg;
	return ay_ix_del(t, AY_IX_CLAIM, "01234567890123456789012345678901", 32);
}

static int put_bad_record(struct ay_txn *t, void *arg)
{
	(void)arg;
	return ay_ix_put(t, AY_IX_NODE, "\xff\0\0\0\0\0\0\0", 8, "\2", 1);
}

static int remove_bad_record(struct ay_txn *t, void *arg)
{
	(void)arg;
	return ay_ix_del(t, AY_IX_NODE, "\xff\0\0\0\0\0\0\0", 8);
}

static void test_wrong_things(void)
{
	char path[400];

	fixture_commit(file_claim_wrongly, NULL);
	is_int(problems(false), 1, "a claim under another digest");
	fixture_commit(remove_wrong_claim, NULL);
	fixture_commit(put_bad_record, NULL);
	is_int(problems(false), 1, "a record that does not decode");
	fixture_commit(remove_bad_record, NULL);
	snprintf(path, sizeof(path), "%s/objects/ab/readme", fixture_dir);
	close(creat(path, 0600));
	is_int(problems(false), 1, "a file that is no object");
	unlink(path);
	is_int(problems(false), 0, "sound again");
}

/* ---- backup ---- */

static bool opens(struct ay_store *s, const struct ay_sha256 *d, const char *text)
{
	char got[64];
	struct ay_error e;
	int fd = ay_object_open(s, d, &e);
	ssize_t n = fd < 0 ? -1 : read(fd, got, sizeof(got));

	if (fd < 0)
		printf("# %s\n", e.msg);
	else
		close(fd);
	return n == (ssize_t)strlen(text) && memcmp(got, text, (size_t)n) == 0;
}

static void damage(const struct ay_sha256 *d)
{
	char hex[AY_SHA256_HEX], path[500];

	ay_sha256_hex(d, hex);
	snprintf(path, sizeof(path), "%s/objects/%.2s/%s", fixture_dir, hex, hex);
	chmod(path, 0600);
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, "FIRST", 5) != 5)
		exit(99);
	close(fd);
}

static void test_backup(const struct scene *c)
{
	char dest[300], path[400];
	struct ay_fsck_report r;
	struct ay_artifact a;
	struct ay_store *copy = NULL;
	struct ay_error e;
	struct ay_txn *t;
	struct stat st;

	snprintf(dest, sizeof(dest), "%s/run/backup", fixture_dir);
	is_int(ay_write_file(ay_store_fd(fixture), "keys/gate.key", "secret", 6, 0600, &e), 0, "a key");
	is_int(ay_backup(fixture, dest, &e), 0, "backup: %s", e.msg);
	is_int(ay_backup(fixture, dest, &e), -EEXIST, "never over another");
	is_int(ay_store_open(dest, &copy, &e), 0, "it opens");
	is_int(ay_read_begin(copy, &t), 0, "read");
	is_int(ay_artifact_get(t, "models/fsck@1", &a), 0, "the artifact is there");
	is_int(a.state, AY_ADMITTED, "admitted");
	ay_read_end(t);
	is_int(ay_fsck(copy, false, NULL, NULL, &r, &e), 0, "fsck of the copy");
	is_int((long long)r.problems, 0, "finds nothing, though nothing is sealed");
	ok(opens(copy, &c->files.v[0].sha256, texts[0]) && opens(copy, &c->files.v[1].sha256, texts[1]), "the files open");
	is_int(ay_fsck(copy, true, NULL, NULL, &r, &e), 0, "scrub of the copy");
	is_int((long long)(r.problems + r.orphans), 0, "finds nothing");
	is_int((long long)r.objects, 3, "three objects");
	snprintf(path, sizeof(path), "%s/keys/gate.key", dest);
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600 && st.st_size == 6, "the key came along");
	ay_store_close(copy);
	is_int(problems(true), 0, "the original is as it was");

	damage(&c->files.v[0].sha256);
	snprintf(dest, sizeof(dest), "%s/run/second", fixture_dir);
	is_int(ay_backup(fixture, dest, &e), AY_EDIGEST, "damage is not copied: %s", e.msg);
	is_int(ay_store_open(dest, &copy, &e), AY_ENOTFOUND, "half a backup does not open");
}

int main(void)
{
	struct scene c;

	fixture_make();
	make_scene(&c);
	test_missing_records(&c);
	test_wrong_things();
	test_backup(&c);
	fixture_remove();
	ay_file_list_free(&c.files);
	free(c.report);
	return done_testing();
}
