/* SPDX-License-Identifier: Apache-2.0 */
#include "assay/log.h"

#include "assay/text.h"
#include "store/index.h"
#include "store/tile.h"
#include "tests/lib/merkle_oracle.h"
#include "tests/lib/store_fixture.h"

#define ORIGIN "assay.local/0123456789ab"
#define MOST 66000

static struct ay_pubkey log_pub;
static struct ay_buf key_text;
static struct ay_sha256 *hashes;
static uint64_t made;

static void open_log(void)
{
	struct ay_key *k;
	struct ay_error e;

	if (ay_key_load(key_text.data, key_text.len, NULL, &k, &e) < 0)
		ay_bug("no key");
	is_int(ay_log_open(fixture, k, ORIGIN, &e), 0, "log opened");
}

struct batch { uint64_t n, first, last; bool abort; };

static int append(struct ay_txn *t, void *arg)
{
	struct batch *b = arg;

	b->first = UINT64_MAX;
	for (uint64_t i = 0; i < b->n; i++) {
		char leaf[32];
		int len = snprintf(leaf, sizeof(leaf), "entry %llu", (unsigned long long)(made + i));
		int r = ay_log_append(t, leaf, (size_t)len, &b->last);

		if (r < 0)
			return r;
		if (i == 0)
			b->first = b->last;
		if (!b->abort)
			hashes[made + i] = ay_merkle_leaf(leaf, (size_t)len);
	}
	return b->abort ? AY_EPOLICY : 0;
}

static void append_n(uint64_t n)
{
	struct batch b = { .n = n };

	fixture_commit(append, &b);
	if (b.first != made || b.last != made + n - 1)
		ok(false, "indexes of a batch at %llu", (unsigned long long)made);
	made += n;
}

static struct ay_checkpoint head(struct ay_txn *t)
{
	struct ay_buf note = ay_buf_new(AY_LIMIT_CHECKPOINT);
	struct ay_checkpoint c = { .size = UINT64_MAX };
	struct ay_error e = { .msg = "" };

	if (ay_log_checkpoint(t, &note) < 0 || ay_checkpoint_verify(note.data, note.len, ORIGIN, &log_pub, &c, &e) < 0)
		printf("# no checkpoint: %s\n", e.msg);
	ay_buf_free(&note);
	return c;
}

static struct ay_txn *reading(void)
{
	struct ay_txn *t;

	if (ay_read_begin(fixture, &t) < 0)
		ay_bug("no read transaction");
	return t;
}

static int nothing(struct ay_txn *t, void *arg)
{
	(void)t;
	(void)arg;
	return 0;
}

static void test_first(void)
{
	struct ay_txn *t = reading();
	struct ay_buf note = ay_buf_new(1000);
	struct ay_checkpoint c;

	is_int(ay_log_checkpoint(t, &note), AY_ENOTFOUND, "no checkpoint before the first commit");
	is_int(ay_log_check(t, NULL), 0, "which is no damage");
	ay_read_end(t);
	fixture_commit(nothing, NULL);
	t = reading();
	c = head(t);
	ok(c.size == 0, "the empty log has a checkpoint after it");
	is_int((long long)ay_log_size(t), 0, "size 0");
	is_int(ay_log_check(t, NULL), 0, "check");
	ay_read_end(t);
	ay_buf_free(&note);
}

/* Every size up to 300, one entry a commit at first, then in uneven batches. */
static void test_sizes(void)
{
	bool roots = true, paths = true, chains = true;

	while (made < 300) {
		struct ay_txn *t;
		struct ay_checkpoint c;
		struct ay_sha256 root, proof[AY_LIMIT_PROOF_HASHES], want[70];

		append_n(made < 40 ? 1 : made % 7 + 1);
		t = reading();
		c = head(t);
		root = oracle_root(hashes, made);
		roots &= c.size == made && ay_sha256_eq(&c.root, &root);
		for (uint64_t i = 0; i < made; i += made > 64 ? 5 : 1) {
			size_t n = AY_ARRAY_LEN(proof), want_n = 0;

			oracle_path(i, hashes, made, want, &want_n);
			paths &= ay_log_inclusion(t, i, made, proof, &n) == 0 && n == want_n && memcmp(proof, want, n * 32) == 0;
			n = AY_ARRAY_LEN(proof);
			want_n = 0;
			oracle_subproof(i + 1, hashes, made, 1, want, &want_n);
			chains &= ay_log_consistency(t, i + 1, made, proof, &n) == 0 && n == want_n && memcmp(proof, want, n * 32) == 0;
		}
		ay_read_end(t);
	}
	ok(roots, "checkpoints of growing sizes");
	ok(paths, "inclusion proofs");
	ok(chains, "consistency proofs");
}

static void test_edges(void)
{
	struct ay_sha256 proof[AY_LIMIT_PROOF_HASHES];
	size_t n = AY_ARRAY_LEN(proof);
	struct batch aborted = { .n = 3, .abort = true };
	struct ay_error e;
	struct ay_txn *t;

	is_int(ay_commit(fixture, append, &aborted, &e), AY_EPOLICY, "an aborted transaction");
	t = reading();
	ok(ay_log_size(t) == made && head(t).size == made, "leaves nothing in the log");
	is_int(ay_log_inclusion(t, made, made, proof, &n), AY_ENOTFOUND, "no proof of what is not there");
	n = AY_ARRAY_LEN(proof);
	is_int(ay_log_inclusion(t, 0, made + 1, proof, &n), AY_ENOTFOUND, "nor in a tree that is not there");
	n = 1;
	is_int(ay_log_inclusion(t, 0, made, proof, &n), AY_ELIMIT, "nor without room");
	n = AY_ARRAY_LEN(proof);
	is_int(ay_log_consistency(t, made + 1, made, proof, &n), AY_ENOTFOUND, "no shrinking");
	n = AY_ARRAY_LEN(proof);
	is_int(ay_log_consistency(t, 0, made, proof, &n), 0, "from nothing");
	is_int((long long)n, 0, "there is nothing to prove");
	ay_read_end(t);
}

static int append_large(struct ay_txn *t, void *arg)
{
	size_t len = *(size_t *)arg;
	uint8_t *leaf = calloc(1, len);
	uint64_t index;
	int r = leaf ? ay_log_append(t, leaf, len, &index) : -ENOMEM;

	if (r == 0)
		hashes[index] = ay_merkle_leaf(leaf, len);
	free(leaf);
	return r;
}

static void test_large_leaf(void)
{
	size_t len = 65535, more = 65536;
	struct ay_error e;

	is_int(ay_commit(fixture, append_large, &more, &e), AY_ELIMIT, "a leaf of 65536 bytes is refused");
	is_int(ay_commit(fixture, append_large, &len, &e), 0, "one of 65535 is not");
	made++;
}

/* Flips a byte of each record in turn, inside one transaction. */
struct flips { unsigned int tried, missed; };
struct record { enum ay_ix table; uint8_t key[16]; size_t key_len; };
struct records { struct record v[1000]; size_t n; enum ay_ix table; };

static int note_record(const void *key, size_t key_len, const void *val, size_t val_len, void *arg)
{
	struct records *rs = arg;

	(void)val;
	(void)val_len;
	rs->v[rs->n].table = rs->table;
	memcpy(rs->v[rs->n].key, key, key_len);
	rs->v[rs->n++].key_len = key_len;
	return 0;
}

static int flip_all(struct ay_txn *t, void *arg)
{
	static const enum ay_ix tables[] = { AY_IX_LOG_LEAF, AY_IX_LOG_TILE, AY_IX_LOG_STATE };
	static struct records rs;
	struct flips *f = arg;
	struct ay_buf val = ay_buf_new(1 << 20);
	int r = 0;

	rs.n = 0;
	for (size_t i = 0; r == 0 && i < AY_ARRAY_LEN(tables); i++) {
		rs.table = tables[i];
		r = ay_ix_each(t, tables[i], "", 0, NULL, 0, note_record, &rs);
	}
	for (size_t i = 0; r == 0 && i < rs.n; i++) {
		struct record *rec = &rs.v[i];

		r = ay_ix_get(t, rec->table, rec->key, rec->key_len, &val);
		for (size_t at = 0; r == 0 && at < val.len; at += val.len > 1000 ? 1 + val.len / 97 : 1) {
			val.data[at] ^= 0x04;
			r = ay_ix_put(t, rec->table, rec->key, rec->key_len, val.data, val.len);
			f->tried++;
			if (r == 0 && ay_log_check(t, NULL) != AY_ECORRUPT) {
				f->missed++;
				printf("# table %d, record %zu, byte %zu\n", (int)rec->table, i, at);
			}
			val.data[at] ^= 0x04;
			if (r == 0)
				r = ay_ix_put(t, rec->table, rec->key, rec->key_len, val.data, val.len);
		}
		if (r == 0 && rec->table == AY_IX_LOG_TILE) {
			r = ay_ix_del(t, rec->table, rec->key, rec->key_len);
			f->missed += ay_log_check(t, NULL) != AY_ECORRUPT;
			if (r == 0)
				r = ay_ix_put(t, rec->table, rec->key, rec->key_len, val.data, val.len);
		}
	}
	ay_buf_free(&val);
	return r ? r : ay_log_check(t, NULL);
}

/* A checkpoint that the log key did sign, over another tree. */
static int lie(struct ay_txn *t, void *arg)
{
	struct ay_buf note = ay_buf_new(AY_LIMIT_CHECKPOINT), truth = ay_buf_new(AY_LIMIT_CHECKPOINT);
	struct ay_key *k;
	int *checked = arg, r = ay_log_checkpoint(t, &truth);

	if (ay_key_load(key_text.data, key_text.len, NULL, &k, NULL) < 0)
		ay_bug("no key");
	if (r == 0)
		r = ay_checkpoint_sign(k, ORIGIN, made, &hashes[0], &note);
	if (r == 0)
		r = ay_ix_put(t, AY_IX_LOG_STATE, "checkpoint", 10, note.data, note.len);
	*checked = ay_log_check(t, NULL);
	if (r == 0)
		r = ay_ix_put(t, AY_IX_LOG_STATE, "checkpoint", 10, truth.data, truth.len);
	ay_key_free(k);
	ay_buf_free(&note);
	ay_buf_free(&truth);
	return r;
}

static void test_flips(void)
{
	struct flips f = { 0 };

	fixture_commit(flip_all, &f);
	int checked = 0;

	fixture_commit(lie, &checked);
	is_int(checked, AY_ECORRUPT, "and a checkpoint over another tree");
	ok(f.tried > 3000 && f.missed == 0, "the check finds %u of %u flipped bytes", f.tried - f.missed, f.tried);
}

static bool tile_is(struct ay_txn *t, const char *path, const struct ay_sha256 *want, size_t n)
{
	struct ay_buf b = ay_buf_new(1 << 20);
	bool same = ay_log_tile(t, path, &b) == 0 && b.len == n * 32 && memcmp(b.data, want, b.len) == 0;

	ay_buf_free(&b);
	return same;
}

static int tile_code(struct ay_txn *t, const char *path)
{
	struct ay_buf b = ay_buf_new(64 << 20);
	int r = ay_log_tile(t, path, &b);

	ay_buf_free(&b);
	return r;
}

static void test_tiles(void)
{
	struct ay_sha256 level1[256], level2, entry;
	struct ay_buf b = ay_buf_new(64 << 20);
	struct ay_txn *t;

	append_n(MOST - made);
	t = reading();
	ok(tile_is(t, "tile/0/000", hashes, 256) && tile_is(t, "tile/0/255", hashes + 255 * 256, 256), "full tiles");
	ok(tile_is(t, "tile/0/257.p/208", hashes + 257 * 256, 208), "the last, partial tile");
	ok(tile_is(t, "tile/0/257.p/1", hashes + 257 * 256, 1), "an older state of it");
	is_int(tile_code(t, "tile/0/257.p/209"), AY_ENOTFOUND, "no newer one");
	is_int(tile_code(t, "tile/0/257"), AY_ENOTFOUND, "nor the whole");
	is_int(tile_code(t, "tile/0/258.p/1"), AY_ENOTFOUND, "nor the next");
	for (size_t i = 0; i < 256; i++)
		level1[i] = oracle_root(hashes + i * 256, 256);
	ok(tile_is(t, "tile/1/000", level1, 256), "level 1");
	level2 = oracle_root(hashes, 65536);
	ok(tile_is(t, "tile/2/000.p/1", &level2, 1), "level 2");
	is_int(tile_code(t, "tile/3/000.p/1"), AY_ENOTFOUND, "no level 3");
	is_int(ay_log_tile(t, "tile/entries/257.p/208", &b), 0, "entries");
	entry = ay_merkle_leaf(b.data + 2, 11);
	ok(b.data[0] == 0 && b.data[1] == 11 && ay_sha256_eq(&entry, &hashes[257 * 256]), "are prefixed by their length");
	is_int(tile_code(t, "tile/entries/257.p/209"), AY_ENOTFOUND, "no more of them");
	is_int(tile_code(t, "tile/entries/255"), 0, "a full tile of entries");
	static const char *const bad[] = { "tile/0/0", "tile/0/0000", "tile/00/000", "tile/0/x000/001", "tile/0/000/", "tile/0/000.p/0",
		"tile/0/000.p/256", "tile/0/000.p/01", "tile/8/000", "tile/64/000", "tile/-1/000", "tile/0/x001", "tile//000", "tile/entries/",
		"tile/0/x099/x999/x999/x999/x999/x999/x999/999", "checkpoint", "", "tile/0/000 ", "tile/0/../000" };
	for (size_t i = 0; i < AY_ARRAY_LEN(bad); i++)
		is_int(tile_code(t, bad[i]), AY_ENOTFOUND, "no tile \"%s\"", bad[i]);
	ay_read_end(t);
	ay_buf_free(&b);
}

static void test_paths(void)
{
	static const struct { const char *text; struct ay_tile_path p; } t[] = {
		{ "tile/0/x001/x234/067", { false, 0, 1234067, 256 } },
		{ "tile/0/x001/000", { false, 0, 1000, 256 } },
		{ "tile/63/999.p/255", { false, 63, 999, 255 } },
		{ "tile/entries/x018/x446/x744/x073/x709/x551/615.p/1", { true, 0, UINT64_MAX, 1 } },
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(t); i++) {
		struct ay_tile_path p;
		char again[96];

		is_int(ay_tile_path_parse(t[i].text, &p), 0, "%s", t[i].text);
		ok(p.entries == t[i].p.entries && p.level == t[i].p.level && p.number == t[i].p.number && p.width == t[i].p.width, "its parts");
		ok(ay_tile_path_format(&p, again, sizeof(again)) == 0 && strcmp(again, t[i].text) == 0, "and back");
	}
}

static void test_deep(void)
{
	struct ay_txn *t = reading();
	struct ay_checkpoint c = head(t);
	struct ay_sha256 proof[AY_LIMIT_PROOF_HASHES], old_root;
	static const uint64_t at[] = { 0, 255, 256, 65535, 65536, 65999 };
	bool included = true, consistent = true;
	struct ay_buf file = ay_buf_new(1 << 20);
	struct ay_sha256 root = oracle_root(hashes, made);

	ok(ay_sha256_eq(&root, &c.root), "the root of %llu entries", (unsigned long long)made);
	for (size_t i = 0; i < AY_ARRAY_LEN(at); i++) {
		size_t n = AY_ARRAY_LEN(proof);

		included &= ay_log_inclusion(t, at[i], made, proof, &n) == 0 &&
			    ay_merkle_inclusion_ok(at[i], made, &hashes[at[i]], proof, n, &c.root);
		n = AY_ARRAY_LEN(proof);
		old_root = oracle_root(hashes, at[i] + 1);
		consistent &= ay_log_consistency(t, at[i] + 1, made, proof, &n) == 0 &&
			      ay_merkle_consistency_ok(at[i] + 1, &old_root, made, &c.root, proof, n);
	}
	ok(included, "inclusion across three levels");
	ok(consistent, "consistency across three levels");
	is_int(ay_log_proof_file(t, 65535, &file), 0, "a proof file");
	ok(strncmp(ay_buf_str(&file), "c2sp.org/tlog-proof@v1\nindex 65535\n", 35) == 0, "its head");
	const char *note = strstr(ay_buf_str(&file), "\n\n");
	struct ay_checkpoint again;

	is_int(note ? ay_checkpoint_verify(note + 2, strlen(note + 2), ORIGIN, &log_pub, &again, NULL) : -1, 0, "its checkpoint");
	is_int(ay_log_check(t, NULL), 0, "the whole log checks");
	ay_read_end(t);
	ay_buf_free(&file);
}

static void test_reopen(void)
{
	struct ay_key *k = NULL;
	struct ay_error e;
	struct ay_txn *t;

	fixture_close();
	fixture_open();
	if (ay_key_generate(AY_KEY_ED25519, &k, NULL) < 0)
		ay_bug("no key");
	is_int(ay_log_open(fixture, k, ORIGIN, &e), AY_ECORRUPT, "another key does not continue the log");
	ay_key_free(k);
	if (ay_key_load(key_text.data, key_text.len, NULL, &k, &e) < 0)
		ay_bug("no key");
	is_int(ay_log_open(fixture, k, "assay.local/another", &e), AY_ECORRUPT, "nor another name");
	ay_key_free(k);
	open_log();
	append_n(3);
	t = reading();
	struct ay_sha256 root = oracle_root(hashes, made);
	struct ay_checkpoint c = head(t);

	ok(c.size == made && ay_sha256_eq(&c.root, &root), "the same key continues it");
	ay_read_end(t);
}

int main(void)
{
	struct ay_key *k;

	hashes = calloc(MOST + 10, sizeof(*hashes));
	key_text = ay_buf_new(4096);
	if (!hashes || ay_key_generate(AY_KEY_ED25519, &k, NULL) < 0 || ay_key_save(k, NULL, &key_text) < 0)
		ay_bug("no key");
	log_pub = *ay_key_public(k);
	ay_key_free(k);
	fixture_make();
	open_log();
	test_first();
	test_sizes();
	test_edges();
	test_flips();
	test_large_leaf();
	test_tiles();
	test_deep();
	test_paths();
	test_reopen();
	fixture_remove();
	ay_buf_free(&key_text);
	free(hashes);
	return done_testing();
}
