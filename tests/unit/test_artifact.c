/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts, names, records, claims, roots, tags, documents: every kind of record out and in again. */
#include "assay/text.h"
#include "tests/lib/store_fixture.h"

static int put_artifact(struct ay_txn *t, void *arg)
{
	return ay_artifact_put(t, arg);
}

static int remove_artifact(struct ay_txn *t, void *arg)
{
	return ay_artifact_remove(t, *(uint64_t *)arg);
}

static void test_round_trip(void)
{
	struct ay_artifact a = fixture_artifact("models/org/llama@v1", AY_OPEN), b;
	struct ay_txn *t;
	struct ay_error e;

	a.files = 3;
	a.bytes = UINT64_MAX;
	a.created_s = -5;
	a.root.b[0] = 1;
	a.root_alias.b[31] = 2;
	memset(a.reason, 'r', sizeof(a.reason) - 1);
	fixture_commit(put_artifact, &a);
	is_int((long long)a.id, 1, "the first id");
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_int(ay_artifact_get(t, "models/org/llama@v1", &b), 0, "get");
	ok(memcmp(&a, &b, sizeof(a)) == 0, "every field comes back");
	memset(&b, 0, sizeof(b));
	is_int(ay_artifact_by_id(t, 1, &b), 0, "by id");
	is_str(b.ref.name, "models/org/llama", "with its name");
	is_int(ay_artifact_get(t, b.ref.text, &b), 0, "a record may be read again into itself");
	is_int(ay_artifact_get(t, "models/org/llama@v2", &b), AY_ENOTFOUND, "another version");
	is_int(ay_artifact_get(t, "", &b), AY_ENOTFOUND, "no reference");
	is_int(ay_artifact_by_id(t, 2, &b), AY_ENOTFOUND, "another id");
	ay_read_end(t);

	b = fixture_artifact("models/org/llama@v1", AY_OPEN);
	is_int(ay_commit(fixture, put_artifact, &b, &e), AY_EEXISTS, "a version is taken once");
	b = fixture_artifact("models/org/llama@v2", AY_OPEN);
	b.id = 1;
	is_int(ay_commit(fixture, put_artifact, &b, &e), AY_ENOTFOUND, "an id keeps its reference");
	b = fixture_artifact("models/../x@v1", AY_OPEN);
	is_int(ay_commit(fixture, put_artifact, &b, &e), AY_EUSAGE, "a bad reference");
	b = fixture_artifact("models/x@v1", (enum ay_state)9);
	is_int(ay_commit(fixture, put_artifact, &b, &e), AY_EUSAGE, "a bad state");
}

static void test_states(void)
{
	struct ay_store_stats st;
	struct ay_artifact a = fixture_artifact("models/a@1", AY_OPEN), b = fixture_artifact("models/b@1", AY_OPEN);
	struct ay_error e;
	uint64_t gone;

	fixture_commit(put_artifact, &a);
	a.state = AY_ADMITTED;
	fixture_commit(put_artifact, &a);
	is_int(ay_store_stats(fixture, &st), 0, "stats");
	is_int((long long)st.artifacts[AY_ADMITTED], 1, "one admitted");
	is_int((long long)st.artifacts[AY_OPEN], 1, "one open");
	is_int(ay_commit(fixture, remove_artifact, &a.id, &e), AY_ESTATE, "an admitted one is not removed");
	fixture_commit(put_artifact, &b);
	gone = b.id;
	fixture_commit(remove_artifact, &gone);
	is_int(ay_commit(fixture, remove_artifact, &gone, &e), AY_ENOTFOUND, "an open one is, once");
	b = fixture_artifact("models/b@1", AY_OPEN);
	fixture_commit(put_artifact, &b);
	ok(b.id > gone, "its id is not given again");
	is_int(ay_store_stats(fixture, &st), 0, "stats");
	is_int((long long)st.artifacts[AY_OPEN], 2, "two open");
	is_str(ay_state_name(AY_RETIRED), "retired", "name of a state");
	is_str(ay_state_name((enum ay_state)0), "unknown", "no state");
}

/* ---- names ---- */

static int add_name(const char *component, bool is_version, void *arg)
{
	ay_buf_addf(arg, "%s%s ", component, is_version ? "" : "/");
	return 0;
}

static int stop_at_first(const char *component, bool is_version, void *arg)
{
	add_name(component, is_version, arg);
	return 42;
}

static int add_ref(const struct ay_artifact *a, void *arg)
{
	return ay_buf_addf(arg, "%s ", a->ref.text);
}

static const char *names(struct ay_txn *t, const char *dir, const char *after, struct ay_buf *b)
{
	ay_buf_clear(b);
	return ay_name_each(t, dir, after, add_name, b) ? "failed" : ay_buf_str(b);
}

static void test_names(void)
{
	static const char *const refs[] = {
		"datasets/x@1", "datasets/x@2", "datasets/x/a@1", "datasets/x/b/c@1", "datasets/x-y@1", "datasets/x.z@1", "datasets/x0@1", "datasets/xy@1",
	};
	struct ay_buf b = ay_buf_new(10000);
	struct ay_txn *t;

	for (size_t i = 0; i < AY_ARRAY_LEN(refs); i++) {
		struct ay_artifact a = fixture_artifact(refs[i], AY_OPEN);

		fixture_commit(put_artifact, &a);
	}
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_str(names(t, "datasets", NULL, &b), "x-y@1 x.z@1 x/ x0@1 x@1 x@2 xy@1 ", "components of a directory, each once");
	is_str(names(t, "datasets", "x", &b), "x0@1 x@1 x@2 xy@1 ", "after a directory");
	is_str(names(t, "datasets", "x@1", &b), "x@2 xy@1 ", "after a version");
	is_str(names(t, "datasets", "xy@1", &b), "", "after the last");
	is_str(names(t, "datasets/x", NULL, &b), "a@1 b/ ", "deeper");
	is_str(names(t, "datasets/x/a", NULL, &b), "", "below a version there is nothing");
	is_str(names(t, "data", NULL, &b), "", "half a component is none");
	is_str(names(t, "", NULL, &b), "datasets/ models/ ", "classes");
	ay_buf_clear(&b);
	is_int(ay_name_each(t, "datasets", NULL, stop_at_first, &b), 42, "what fn returns stops and comes back");
	is_str(ay_buf_str(&b), "x-y@1 ", "after the first");
	ay_buf_clear(&b);
	is_int(ay_artifact_each(t, "datasets/x/", add_ref, &b), 0, "artifacts with a prefix");
	is_str(ay_buf_str(&b), "datasets/x/a@1 datasets/x/b/c@1 ", "in order");
	ay_read_end(t);
	ay_buf_free(&b);
}

static int put_many(struct ay_txn *t, void *arg)
{
	int rc = 0;

	(void)arg;
	for (int i = 0; i < 20000 && !rc; i++) {
		struct ay_artifact a = fixture_artifact("", AY_OPEN);

		snprintf(a.ref.text, sizeof(a.ref.text), "datasets/many/deep/x@%d", i);
		rc = ay_artifact_put(t, &a);
	}
	return rc;
}

/* 2,000 listings of a directory above 20,000 artifacts: a scan would look at 40 million records. */
static void test_seeking(void)
{
	struct ay_buf b = ay_buf_new(10000);
	struct ay_txn *t;
	bool same = true;

	fixture_commit(put_many, NULL);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	int64_t start = ay_time_mono_ms();

	for (int i = 0; i < 2000 && same; i++)
		same = strcmp(names(t, "datasets/many", NULL, &b), "deep/ ") == 0;
	ok(same, "one name above many artifacts");
	ok(ay_time_mono_ms() - start < 3000, "is found by seeking, %lld ms", (long long)(ay_time_mono_ms() - start));
	ay_read_end(t);
	ay_buf_free(&b);
}

/* ---- records and claims ---- */

#define LONG_LEN (AY_LIMIT_RECORD_INLINE + 1)

struct records {
	uint64_t artifact;
	struct ay_sha256 small, large, subject;
	uint8_t *bytes;
};

static int put_records(struct ay_txn *t, void *arg)
{
	struct records *r = arg;
	int rc = ay_record_put(t, r->artifact, "empty", "", 0);

	rc = rc ? rc : ay_record_put(t, r->artifact, "report.json", r->bytes, AY_LIMIT_RECORD_INLINE);
	rc = rc ? rc : ay_record_put(t, r->artifact, "long", r->bytes, LONG_LEN);
	rc = rc ? rc : ay_claim_put(t, "{\"a\":1}", 7, &r->small);
	rc = rc ? rc : ay_claim_put(t, "{\"a\":1}", 7, &r->small);
	rc = rc ? rc : ay_claim_put(t, r->bytes, 2 * LONG_LEN, &r->large);
	rc = rc ? rc : ay_claim_attach(t, r->artifact, &r->small, "model.sig", 12);
	rc = rc ? rc : ay_claim_attach(t, r->artifact, &r->large, "big.intoto.jsonl", UINT64_MAX);
	rc = rc ? rc : ay_claim_index_subject(t, &r->subject, &r->small);
	rc = rc ? rc : ay_claim_index_subject(t, &r->subject, &r->large);
	return rc ? rc : ay_root_index(t, &r->subject, r->artifact);
}

static int replace_long(struct ay_txn *t, void *arg)
{
	struct records *r = arg;

	return ay_record_put(t, r->artifact, "long", "short", 5);
}

static int add_record(const char *name, uint64_t size, void *arg)
{
	return ay_buf_addf(arg, "%s:%llu ", name, (unsigned long long)size);
}

static int add_claim(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg)
{
	(void)claim;
	return ay_buf_addf(arg, "%s:%lld ", name, (long long)log_index);
}

static int count_claim(const struct ay_sha256 *claim, void *arg)
{
	(void)claim;
	++*(int *)arg;
	return 0;
}

static int count_artifact(uint64_t artifact, void *arg)
{
	(void)artifact;
	++*(int *)arg;
	return 0;
}

static void test_records(void)
{
	struct ay_artifact a = fixture_artifact("models/records@1", AY_OPEN);
	struct records r = { .subject = { { 9 } } };
	struct ay_buf b = ay_buf_new(1 << 20);
	uint64_t size = 0, refs = 0, objects, bytes;
	struct ay_sha256 long_digest;
	struct ay_error e;
	struct ay_txn *t;
	int n = 0;

	r.bytes = malloc(2 * LONG_LEN);
	for (size_t i = 0; i < 2 * LONG_LEN; i++)
		r.bytes[i] = (uint8_t)(i * 7 + i / 251);
	fixture_commit(put_artifact, &a);
	r.artifact = a.id;
	fixture_commit(put_records, &r);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_int(ay_record_each(t, a.id, add_record, &b), 0, "records");
	is_str(ay_buf_str(&b), "empty:0 long:65537 report.json:65536 ", "with their sizes");
	is_int(ay_record_get(t, a.id, "empty", &b), 0, "an empty one");
	is_int((long long)b.len, 0, "is empty");
	is_int(ay_record_get(t, a.id, "report.json", &b), 0, "the longest inline");
	ok(b.len == AY_LIMIT_RECORD_INLINE && memcmp(b.data, r.bytes, b.len) == 0, "same bytes");
	is_int(ay_record_get(t, a.id, "long", &b), 0, "one byte beyond");
	ok(b.len == LONG_LEN && memcmp(b.data, r.bytes, b.len) == 0, "same bytes");
	long_digest = ay_sha256_of(r.bytes, LONG_LEN);
	is_int(ay_object_stat(t, &long_digest, &size, &refs), 0, "is an object");
	is_int((long long)refs, 1, "with one reference");
	is_int(ay_record_get(t, a.id, "none", &b), AY_ENOTFOUND, "no such record");
	is_int(ay_claim_get(t, &r.small, &b), 0, "a claim");
	is_str(ay_buf_str(&b), "{\"a\":1}", "byte for byte");
	is_int(ay_claim_get(t, &r.large, &b), 0, "a long claim");
	ok(b.len == 2 * LONG_LEN && memcmp(b.data, r.bytes, b.len) == 0, "byte for byte");
	ay_buf_clear(&b);
	is_int(ay_claim_each(t, a.id, add_claim, &b), 0, "attached claims");
	ok(strstr(ay_buf_str(&b), "model.sig:12 ") && strstr(ay_buf_str(&b), "big.intoto.jsonl:-1 "), "names and leaves: %s", ay_buf_str(&b));
	is_int(ay_claim_by_subject(t, &r.subject, count_claim, &n), 0, "by subject");
	is_int(n, 2, "two");
	n = 0;
	is_int(ay_root_artifacts(t, &r.subject, count_artifact, &n), 0, "by root");
	is_int(n, 0, "tells admitted artifacts only");
	ay_read_end(t);

	fixture_commit(replace_long, &r);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_int(ay_object_stat(t, &long_digest, &size, &refs), AY_ENOTFOUND, "what was replaced is not referenced");
	ay_read_end(t);
	fixture_commit(put_records, &r);
	fixture_commit(remove_artifact, &a.id);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_int(ay_object_stat(t, &long_digest, &size, &refs), AY_ENOTFOUND, "removal drops the references of long records");
	ay_buf_clear(&b);
	is_int(ay_claim_each(t, a.id, add_claim, &b), 0, "claims of what is gone");
	is_str(ay_buf_str(&b), "", "none");
	is_int(ay_claim_get(t, &r.small, &b), 0, "but the claim is kept");
	ay_read_end(t);
	is_int(ay_gc(fixture, false, &objects, &bytes, &e), 0, "gc");
	is_int((long long)objects, 1, "frees the long record");
	is_int((long long)bytes, LONG_LEN, "and its bytes");
	ay_buf_free(&b);
	free(r.bytes);
}

/* ---- tags and documents ---- */

static int put_tag(struct ay_txn *t, void *arg)
{
	return ay_tag_put(t, arg);
}

static int add_tag(const struct ay_tag *tag, void *arg)
{
	return ay_buf_addf(arg, "%s@%s=%s ", tag->name, tag->tag, tag->version);
}

static void test_tags(void)
{
	struct ay_tag tag = { .name = "models/a", .tag = "prod", .version = "1", .seq = 3, .moved_s = -1 }, got;
	struct ay_buf b = ay_buf_new(1000);
	struct ay_error e;
	struct ay_txn *t;

	fixture_commit(put_tag, &tag);
	snprintf(tag.tag, sizeof(tag.tag), "dev");
	fixture_commit(put_tag, &tag);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	is_int(ay_tag_get(t, "models/a", "dev", &got), 0, "get");
	ok(memcmp(&tag, &got, sizeof(tag)) == 0, "every field comes back");
	is_int(ay_tag_get(t, "models/a", "de", &got), AY_ENOTFOUND, "no such tag");
	is_int(ay_tag_each(t, "models/", add_tag, &b), 0, "all");
	is_str(ay_buf_str(&b), "models/a@dev=1 models/a@prod=1 ", "in order");
	ay_read_end(t);
	snprintf(tag.tag, sizeof(tag.tag), "a/b");
	is_int(ay_commit(fixture, put_tag, &tag, &e), AY_EUSAGE, "a bad tag");
	memset(tag.name, 'x', AY_LIMIT_REF - 1);
	memcpy(tag.name, "models/", 7);
	is_int(ay_commit(fixture, put_tag, &tag, &e), AY_ELIMIT, "too long a name");
	ay_buf_free(&b);
}

static int put_docs(struct ay_txn *t, void *arg)
{
	static const enum ay_table tables[] = {
		AY_TABLE_TRUST, AY_TABLE_POLICY, AY_TABLE_BASELINE, AY_TABLE_WAIVER, AY_TABLE_SCAN, AY_TABLE_ADMISSION, AY_TABLE_HIGH_WATER, AY_TABLE_QUOTA,
	};
	uint8_t key[8] = {0};
	int rc = 0;

	(void)arg;
	for (size_t i = 0; i < AY_ARRAY_LEN(tables) && !rc; i++) {
		for (key[7] = 1; key[7] < 4 && !rc; key[7]++)
			rc = ay_doc_put(t, tables[i], key, sizeof(key), &key[7], 1);
	}
	return rc;
}

static int count_doc(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	(void)key;
	(void)key_len;
	*(int *)arg += val_len == 1 ? *(const uint8_t *)val : 100;
	return 0;
}

static void test_docs(void)
{
	struct ay_buf key = ay_buf_new(100), val = ay_buf_new(100);
	struct ay_txn *t;
	int sum = 0;

	fixture_commit(put_docs, NULL);
	is_int(ay_read_begin(fixture, &t), 0, "read");
	for (int i = AY_TABLE_TRUST; i <= AY_TABLE_QUOTA; i++) {
		is_int(ay_doc_last(t, (enum ay_table)i, "", 0, &key, &val), 0, "last of table %d", i);
		ok(val.len == 1 && val.data[0] == 3 && key.len == 8 && key.data[7] == 3, "is version 3");
	}
	is_int(ay_doc_each(t, AY_TABLE_QUOTA, "\0", 1, count_doc, &sum), 0, "each");
	is_int(sum, 6, "of all three");
	is_int(ay_doc_get(t, AY_TABLE_POLICY, "\0\0\0\0\0\0\0\2", 8, &val), 0, "get");
	is_int(ay_doc_get(t, AY_TABLE_POLICY, "\0\0\0\0\0\0\0\4", 8, &val), AY_ENOTFOUND, "get of one that is not there");
	ay_read_end(t);
	ay_buf_free(&key);
	ay_buf_free(&val);
}

static void say(const char *line, void *arg)
{
	(void)arg;
	printf("# %s\n", line);
}

int main(void)
{
	struct ay_fsck_report r;
	struct ay_error e;

	fixture_make();
	test_round_trip();
	test_states();
	test_names();
	test_seeking();
	test_records();
	test_tags();
	test_docs();
	is_int(ay_fsck(fixture, true, say, NULL, &r, &e), 0, "fsck");
	/* models/a@1 was called admitted without a tree, and rightly stands out. */
	is_int((long long)r.problems, 1, "finds the one record that does not fit");
	fixture_remove();
	return done_testing();
}
