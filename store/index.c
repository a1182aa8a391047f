/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only door to LMDB. What to know about it:
 * - The map size is fixed at open and sparse; a full map fails the write that does not fit, and everything published stays.
 * - A reader that lives long keeps old pages from being re-used: read transactions here are short and pooled.
 *   MDB_NOTLS ties a reader to its transaction, not to its thread.
 * - The environment must not be used after fork, nor opened twice in one process, nor over a network; STORE/lock sees to that.
 * - Values point into the map until the next write: they are copied out.
 * - Children of a writing transaction may fail without harm to it: each closure of a batch gets one.
 * - Never NOSYNC (a power loss could corrupt), never WRITEMAP (a stray write could).
 */
#include "store/internal.h"

#include <errno.h>
#include <limits.h>
#include <lmdb.h>
#include <signal.h>
#include <stdarg.h>

#include "assay/fd.h"
#include "assay/limits.h"

#define SUM_SIZE 4
#define HOOKS_MAX 8
#define POOL_MAX 64

static const char *const table_names[AY_IX_END] = {
	[AY_IX_STORE] = "store", [AY_IX_ARTIFACT] = "artifact", [AY_IX_ARTIFACT_ID] = "artifact_id", [AY_IX_NODE] = "node",
	[AY_IX_ENTRY] = "entry", [AY_IX_OBJECT] = "object", [AY_IX_OBJECT_USE] = "object_use", [AY_IX_RECORD] = "record",
	[AY_IX_CLAIM] = "claim", [AY_IX_CLAIM_OF] = "claim_of", [AY_IX_CLAIM_BY_SUBJECT] = "claim_by_subject",
	[AY_IX_ROOT_ALIAS] = "root_alias", [AY_IX_TAG] = "tag", [AY_IX_TRUST] = "trust", [AY_IX_POLICY] = "policy",
	[AY_IX_BASELINE] = "baseline", [AY_IX_WAIVER] = "waiver", [AY_IX_SCAN] = "scan", [AY_IX_ADMISSION] = "admission",
	[AY_IX_HIGH_WATER] = "high_water", [AY_IX_QUOTA] = "quota", [AY_IX_LOG_LEAF] = "log_leaf",
	[AY_IX_LOG_TILE] = "log_tile", [AY_IX_LOG_STATE] = "log_state",
};

struct ay_txn {
	struct ay_index *ix;
	MDB_txn *mdb;
	bool writes;
	int err;
	struct ay_error detail;       /* of err */
	int64_t tally[AY_TALLY_N];
	struct ay_txn *next;          /* in the pool */
};

/* One ay_commit, on its caller's stack. */
struct job {
	int (*fn)(struct ay_txn *t, void *arg);
	void *arg;
	int rc;
	bool done;
	struct ay_error detail;       /* code 0: fn's own business */
	struct job *next;
};

struct hook { int (*fn)(struct ay_txn *t, void *arg); void (*done)(void *arg); void *arg; };

struct ay_index {
	struct ay_store *store;
	MDB_env *env;
	MDB_dbi dbi[AY_IX_END];
	pthread_mutex_t pool_lock;
	struct ay_txn *pool;          /* reset read transactions */
	size_t pooled;
	pthread_mutex_t lock;         /* of what follows */
	pthread_cond_t work, done;
	struct job *head, **tail;
	bool stop, started;
	struct hook hooks[HOOKS_MAX];
	size_t nhooks;
	pthread_t writer;
};

const char *ay_ix_name(enum ay_ix table)
{
	return table_names[table];
}

/* ---- errors ---- */

static int code_of(int mdb_rc)
{
	switch (mdb_rc) {
	case 0:
		return 0;
	case MDB_NOTFOUND:
		return AY_ENOTFOUND;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
		return AY_ELIMIT;
	case MDB_READERS_FULL:
		return AY_EBUSY;
	case MDB_VERSION_MISMATCH:
		return AY_EUNSUPPORTED;
	default:
		return mdb_rc > 0 ? -mdb_rc : AY_ECORRUPT;
	}
}

int ay_txn_fail(struct ay_txn *t, int code, const char *fmt, ...)
{
	char text[sizeof(t->detail.msg)];
	va_list ap;

	if (!t->err) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		t->err = ay_error_set(&t->detail, code, "%s", text);
		if (code == AY_ECORRUPT)
			ay_error_next(&t->detail, "assay fsck");
	}
	return code;
}

static int fail_mdb(struct ay_txn *t, int mdb_rc, enum ay_ix table)
{
	int code = code_of(mdb_rc);

	if (code == AY_ELIMIT) {
		ay_txn_fail(t, code, "catalogue full: its map is limited to %zu MiB", (size_t)(AY_LIMIT_CATALOGUE_BYTES / MIB));
		ay_error_next(&t->detail, "assay gc");
		return code;
	}
	return ay_txn_fail(t, code, "catalogue, table %s: %s", table_names[table], mdb_strerror(mdb_rc));
}

const char *ay_txn_message(const struct ay_txn *t)
{
	return t->err ? t->detail.msg : "";
}

struct ay_store *ay_txn_store(struct ay_txn *t)
{
	return t->ix->store;
}

void ay_txn_tally(struct ay_txn *t, enum ay_tally which, int64_t delta)
{
	t->tally[which] += delta;
}

/* ---- records ---- */

static uint32_t checksum(enum ay_ix table, const MDB_val *key, const uint8_t *val, size_t len)
{
	const uint64_t prime = 0x100000001b3ull;
	const uint8_t *k = key->mv_data;
	uint64_t h = (0xcbf29ce484222325ull ^ (uint8_t)table) * prime;

	for (size_t i = 0; i < key->mv_size; i++)
		h = (h ^ k[i]) * prime;
	for (size_t i = 0; i < len; i++)
		h = (h ^ val[i]) * prime;
	return (uint32_t)(h ^ h >> 32);
}

/* Takes the checksum off val. */
static bool checksum_ok(enum ay_ix table, const MDB_val *key, MDB_val *val)
{
	const uint8_t *p = val->mv_data;

	if (val->mv_size < SUM_SIZE)
		return false;
	val->mv_size -= SUM_SIZE;
	p += val->mv_size;
	uint32_t want = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

	return checksum(table, key, val->mv_data, val->mv_size) == want;
}

static int bad_sum(struct ay_txn *t, enum ay_ix table)
{
	return ay_txn_fail(t, AY_ECORRUPT, "a record of table %s has a wrong checksum", table_names[table]);
}

static int fetch(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, MDB_val *val)
{
	MDB_val k = { key_len, (void *)key };
	int rc;

	if (t->err)
		return t->err;
	rc = mdb_get(t->mdb, t->ix->dbi[table], &k, val);
	if (rc == MDB_NOTFOUND)
		return AY_ENOTFOUND;
	if (rc)
		return fail_mdb(t, rc, table);
	return checksum_ok(table, &k, val) ? 0 : bad_sum(t, table);
}

int ay_ix_get(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, struct ay_buf *out)
{
	MDB_val val;
	int rc = fetch(t, table, key, key_len, &val);

	if (rc)
		return rc;
	ay_buf_clear(out);
	ay_buf_add(out, val.mv_data, val.mv_size);
	return out->err;
}

int ay_ix_read(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, void *val, size_t room, size_t *len_out)
{
	MDB_val v;
	int rc = fetch(t, table, key, key_len, &v);

	if (rc)
		return rc;
	if (v.mv_size > room)
		return ay_txn_fail(t, AY_ECORRUPT, "a record of table %s is too long", table_names[table]);
	memcpy(val, v.mv_data, v.mv_size);
	*len_out = v.mv_size;
	return 0;
}

int ay_ix_has(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len)
{
	MDB_val val;

	return fetch(t, table, key, key_len, &val);
}

int ay_ix_put(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, const void *val, size_t val_len)
{
	MDB_val k = { key_len, (void *)key }, v = { val_len + SUM_SIZE, NULL };
	int rc;

	if (t->err)
		return t->err;
	if (!t->writes || key_len == 0 || key_len > AY_IX_KEY_MAX)
		return ay_txn_fail(t, AY_EINTERNAL, "table %s: bad write of a key of %zu bytes", table_names[table], key_len);
	rc = mdb_put(t->mdb, t->ix->dbi[table], &k, &v, MDB_RESERVE);
	if (rc)
		return fail_mdb(t, rc, table);
	uint32_t sum = checksum(table, &k, val, val_len);
	uint8_t *p = v.mv_data;

	if (val_len)
		memcpy(p, val, val_len);
	for (int i = 0; i < SUM_SIZE; i++)
		p[val_len + (size_t)i] = (uint8_t)(sum >> (8 * i));
	return 0;
}

int ay_ix_del(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len)
{
	MDB_val k = { key_len, (void *)key };
	int rc;

	if (t->err)
		return t->err;
	rc = mdb_del(t->mdb, t->ix->dbi[table], &k, NULL);
	return rc && rc != MDB_NOTFOUND ? fail_mdb(t, rc, table) : code_of(rc);
}

/* ---- ranges ---- */

static bool has_prefix(const MDB_val *key, const void *prefix, size_t len)
{
	return key->mv_size >= len && (len == 0 || memcmp(key->mv_data, prefix, len) == 0);
}

/* First record at or after from; MDB_FIRST when from is empty, which LMDB takes for no key. */
static int seek_cursor(MDB_cursor *cur, const void *from, size_t from_len, MDB_val *key, MDB_val *val)
{
	key->mv_data = (void *)from;
	key->mv_size = from_len;
	return mdb_cursor_get(cur, key, val, from_len ? MDB_SET_RANGE : MDB_FIRST);
}

/* Moves on from the key that was copied. After a write the cursor may be anywhere, so a writer looks its place up again. */
static int step_cursor(struct ay_txn *t, MDB_cursor *cur, const uint8_t *at, size_t at_len, MDB_val *key, MDB_val *val)
{
	int rc = 0;

	if (t->writes) {
		rc = seek_cursor(cur, at, at_len, key, val);
		if (rc || key->mv_size != at_len || memcmp(key->mv_data, at, at_len) != 0)
			return rc;
	}
	return mdb_cursor_get(cur, key, val, MDB_NEXT);
}

int ay_ix_each(struct ay_txn *t, enum ay_ix table, const void *prefix, size_t prefix_len, const void *from, size_t from_len,
	       int (*fn)(const void *key, size_t key_len, const void *val, size_t val_len, void *arg), void *arg)
{
	struct ay_buf copy = ay_buf_new(SIZE_MAX / 2);
	uint8_t at[AY_IX_KEY_MAX];
	MDB_cursor *cur;
	MDB_val key, val;
	int rc, fn_rc = 0;

	if (t->err)
		return t->err;
	rc = mdb_cursor_open(t->mdb, t->ix->dbi[table], &cur);
	if (rc)
		return fail_mdb(t, rc, table);
	rc = from ? seek_cursor(cur, from, from_len, &key, &val) : seek_cursor(cur, prefix, prefix_len, &key, &val);
	while (!rc && has_prefix(&key, prefix, prefix_len)) {
		size_t at_len = key.mv_size;

		memcpy(at, key.mv_data, at_len);
		if (!checksum_ok(table, &key, &val)) {
			fn_rc = bad_sum(t, table);
			break;
		}
		ay_buf_clear(&copy);
		if (ay_buf_add(&copy, val.mv_data, val.mv_size)) {
			fn_rc = ay_txn_fail(t, copy.err, "copying a record of table %s", table_names[table]);
			break;
		}
		fn_rc = fn(at, at_len, ay_buf_str(&copy), copy.len, arg);
		if (fn_rc || t->err)
			break;
		rc = step_cursor(t, cur, at, at_len, &key, &val);
	}
	mdb_cursor_close(cur);
	ay_buf_free(&copy);
	if (fn_rc || t->err)
		return fn_rc ? fn_rc : t->err;
	return rc && rc != MDB_NOTFOUND ? fail_mdb(t, rc, table) : 0;
}

int ay_ix_seek(struct ay_txn *t, enum ay_ix table, const void *from, size_t from_len, void *key_out, size_t *key_len_out)
{
	MDB_cursor *cur;
	MDB_val key, val;
	int rc;

	if (t->err)
		return t->err;
	rc = mdb_cursor_open(t->mdb, t->ix->dbi[table], &cur);
	if (rc)
		return fail_mdb(t, rc, table);
	rc = seek_cursor(cur, from, from_len, &key, &val);
	if (!rc) {
		memcpy(key_out, key.mv_data, key.mv_size);
		*key_len_out = key.mv_size;
	}
	mdb_cursor_close(cur);
	return rc && rc != MDB_NOTFOUND ? fail_mdb(t, rc, table) : code_of(rc);
}

/* Smallest key greater than all that start with prefix; 0 when there is none. */
static size_t prefix_end(const void *prefix, size_t len, uint8_t out[AY_IX_KEY_MAX])
{
	if (len)
		memcpy(out, prefix, len);
	while (len && out[len - 1] == 0xff)
		len--;
	if (len)
		out[len - 1]++;
	return len;
}

int ay_ix_last(struct ay_txn *t, enum ay_ix table, const void *prefix, size_t prefix_len, struct ay_buf *key_out, struct ay_buf *val_out)
{
	uint8_t end[AY_IX_KEY_MAX];
	size_t end_len = prefix_len <= sizeof(end) ? prefix_end(prefix, prefix_len, end) : 0;
	MDB_cursor *cur;
	MDB_val key, val;
	int rc;

	if (t->err)
		return t->err;
	rc = mdb_cursor_open(t->mdb, t->ix->dbi[table], &cur);
	if (rc)
		return fail_mdb(t, rc, table);
	rc = end_len ? seek_cursor(cur, end, end_len, &key, &val) : MDB_NOTFOUND;
	if (rc == 0)
		rc = mdb_cursor_get(cur, &key, &val, MDB_PREV);
	else if (rc == MDB_NOTFOUND)
		rc = mdb_cursor_get(cur, &key, &val, MDB_LAST);
	if (!rc && !has_prefix(&key, prefix, prefix_len))
		rc = MDB_NOTFOUND;
	if (rc) {
		rc = rc == MDB_NOTFOUND ? AY_ENOTFOUND : fail_mdb(t, rc, table);
	} else if (!checksum_ok(table, &key, &val)) {
		rc = bad_sum(t, table);
	} else {
		ay_buf_clear(key_out);
		rc = ay_buf_add(key_out, key.mv_data, key.mv_size);
		if (val_out) {
			ay_buf_clear(val_out);
			ay_buf_add(val_out, val.mv_data, val.mv_size);
			rc = rc ? rc : val_out->err;
		}
	}
	mdb_cursor_close(cur);
	return rc;
}

uint64_t ay_ix_count(struct ay_txn *t, enum ay_ix table)
{
	MDB_stat st;

	return !t->err && mdb_stat(t->mdb, t->ix->dbi[table], &st) == 0 ? st.ms_entries : 0;
}

int ay_index_check(struct ay_txn *t, enum ay_ix table, void (*bad)(const void *key, size_t key_len, void *arg), void *arg)
{
	MDB_cursor *cur;
	MDB_val key, val;
	int rc = mdb_cursor_open(t->mdb, t->ix->dbi[table], &cur);

	if (rc)
		return fail_mdb(t, rc, table);
	rc = mdb_cursor_get(cur, &key, &val, MDB_FIRST);
	while (!rc) {
		if (!checksum_ok(table, &key, &val))
			bad(key.mv_data, key.mv_size, arg);
		rc = mdb_cursor_get(cur, &key, &val, MDB_NEXT);
	}
	mdb_cursor_close(cur);
	return rc == MDB_NOTFOUND ? 0 : fail_mdb(t, rc, table);
}

/* ---- reading ---- */

int ay_read_begin(struct ay_store *s, struct ay_txn **out)
{
	struct ay_index *ix = s->ix;
	struct ay_txn *t;
	int rc;

	pthread_mutex_lock(&ix->pool_lock);
	t = ix->pool;
	if (t) {
		ix->pool = t->next;
		ix->pooled--;
	}
	pthread_mutex_unlock(&ix->pool_lock);
	if (t) {
		rc = mdb_txn_renew(t->mdb);
	} else {
		t = calloc(1, sizeof(*t));
		if (!t)
			return -ENOMEM;
		t->ix = ix;
		rc = mdb_txn_begin(ix->env, NULL, MDB_RDONLY, &t->mdb);
	}
	if (rc) {
		if (t->mdb)
			mdb_txn_abort(t->mdb);
		free(t);
		return code_of(rc);
	}
	t->err = 0;
	*out = t;
	return 0;
}

void ay_read_end(struct ay_txn *t)
{
	struct ay_index *ix = t->ix;

	mdb_txn_reset(t->mdb);
	pthread_mutex_lock(&ix->pool_lock);
	if (ix->pooled < POOL_MAX) {
		t->next = ix->pool;
		ix->pool = t;
		ix->pooled++;
		t = NULL;
	}
	pthread_mutex_unlock(&ix->pool_lock);
	if (t) {
		mdb_txn_abort(t->mdb);
		free(t);
	}
}

/* ---- writing ---- */

/* Runs one function in a child of outer, so that its failure leaves outer as it was. */
static int run_child(struct ay_index *ix, MDB_txn *outer, int (*fn)(struct ay_txn *t, void *arg), void *arg, struct ay_error *detail)
{
	struct ay_txn t = { .ix = ix, .writes = true };
	int rc = mdb_txn_begin(ix->env, outer, 0, &t.mdb);

	detail->code = 0;
	if (rc) {
		rc = fail_mdb(&t, rc, AY_IX_STORE);
		*detail = t.detail;
		return rc;
	}
	rc = fn(&t, arg);
	if (!rc && !t.err)
		rc = ay_tally_flush(&t, t.tally);
	if (!rc)
		rc = t.err;
	if (rc) {
		mdb_txn_abort(t.mdb);
	} else {
		rc = mdb_txn_commit(t.mdb);
		rc = rc ? fail_mdb(&t, rc, AY_IX_STORE) : 0;
	}
	if (rc && rc == t.err)
		*detail = t.detail;
	return rc;
}

/* Hooks, then the durable commit. */
static int finish_batch(struct ay_index *ix, MDB_txn *outer, struct ay_error *detail)
{
	struct ay_txn t = { .ix = ix, .mdb = outer, .writes = true };
	int rc = 0;

	for (size_t i = 0; i < ix->nhooks && !rc; i++) {
		rc = ix->hooks[i].fn(&t, ix->hooks[i].arg);
		rc = rc ? rc : t.err;
	}
	if (!rc)
		rc = ay_tally_flush(&t, t.tally);
	if (rc) {
		mdb_txn_abort(outer);
		*detail = t.detail;
		if (rc != t.err)
			ay_error_set(detail, rc, "before the commit: %s", ay_strerror(rc));
		return rc;
	}
	AY_FAILPOINT("commit-before");
	rc = mdb_txn_commit(outer);
	rc = rc ? fail_mdb(&t, rc, AY_IX_STORE) : 0;
	*detail = t.detail;
	AY_FAILPOINT("commit-after");
	return rc;
}

static void run_batch(struct ay_index *ix, struct job *jobs)
{
	struct ay_txn t = { .ix = ix };
	struct ay_error detail;
	MDB_txn *outer;
	bool any = false;
	int rc = mdb_txn_begin(ix->env, NULL, 0, &outer);

	if (rc) {
		rc = fail_mdb(&t, rc, AY_IX_STORE);
		detail = t.detail;
	} else {
		for (struct job *j = jobs; j; j = j->next) {
			j->rc = run_child(ix, outer, j->fn, j->arg, &j->detail);
			any |= !j->rc;
		}
		if (!any) {
			mdb_txn_abort(outer);
			return;
		}
		rc = finish_batch(ix, outer, &detail);
	}
	for (struct job *j = jobs; rc && j; j = j->next) {
		if (!j->rc) {
			j->rc = rc;
			j->detail = detail;
		}
	}
}

static void *writer_main(void *arg)
{
	struct ay_index *ix = arg;

	pthread_mutex_lock(&ix->lock);
	for (;;) {
		while (!ix->head && !ix->stop)
			pthread_cond_wait(&ix->work, &ix->lock);
		struct job *jobs = ix->head;

		if (!jobs)
			break;
		ix->head = NULL;
		ix->tail = &ix->head;
		pthread_mutex_unlock(&ix->lock);
		run_batch(ix, jobs);
		pthread_mutex_lock(&ix->lock);
		for (struct job *j = jobs; j; j = j->next)
			j->done = true;
		pthread_cond_broadcast(&ix->done);
	}
	pthread_mutex_unlock(&ix->lock);
	return NULL;
}

int ay_commit(struct ay_store *s, int (*fn)(struct ay_txn *t, void *arg), void *arg, struct ay_error *e)
{
	struct ay_index *ix = s->ix;
	struct job j = { .fn = fn, .arg = arg };

	if (pthread_equal(pthread_self(), ix->writer))
		return ay_error_set(e, AY_EINTERNAL, "a commit inside a commit");
	if (e)
		e->code = 0;
	pthread_mutex_lock(&ix->lock);
	*ix->tail = &j;
	ix->tail = &j.next;
	pthread_cond_signal(&ix->work);
	while (!j.done)
		pthread_cond_wait(&ix->done, &ix->lock);
	pthread_mutex_unlock(&ix->lock);
	if (j.rc && e) {
		if (j.detail.code)
			*e = j.detail;
		else if (e->code != j.rc)
			ay_error_set(e, j.rc, "%s", ay_strerror(j.rc));
	}
	return j.rc;
}

int ay_store_on_commit(struct ay_store *s, int (*fn)(struct ay_txn *t, void *arg), void (*done)(void *arg), void *arg)
{
	struct ay_index *ix = s->ix;
	int rc = 0;

	pthread_mutex_lock(&ix->lock);
	if (ix->nhooks == HOOKS_MAX)
		rc = AY_EINTERNAL;
	else
		ix->hooks[ix->nhooks++] = (struct hook){ fn, done, arg };
	pthread_mutex_unlock(&ix->lock);
	return rc;
}

/* ---- life ---- */

static size_t map_bytes(void)
{
#ifdef ASSAY_TESTING
	const char *small = getenv("ASSAY_TEST_MAP_BYTES");

	if (small)
		return strtoul(small, NULL, 10);
#endif
	return AY_LIMIT_CATALOGUE_BYTES;
}

static int open_tables(struct ay_index *ix)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(ix->env, NULL, 0, &txn);

	if (rc)
		return rc;
	for (int i = AY_IX_STORE; i < AY_IX_END && !rc; i++)
		rc = mdb_dbi_open(txn, table_names[i], MDB_CREATE, &ix->dbi[i]);
	if (!rc)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

static int open_env(struct ay_index *ix, const char *path)
{
	int dead, rc = mdb_env_create(&ix->env);

	if (!rc)
		rc = mdb_env_set_mapsize(ix->env, map_bytes());
	if (!rc)
		rc = mdb_env_set_maxdbs(ix->env, AY_IX_END);
	if (!rc)
		rc = mdb_env_set_maxreaders(ix->env, AY_LIMIT_READERS);
	if (!rc)
		rc = mdb_env_open(ix->env, path, MDB_NOTLS, 0600);
	if (!rc)
		rc = mdb_reader_check(ix->env, &dead);
	return rc ? rc : open_tables(ix);
}

static int start_writer(struct ay_index *ix)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&ix->writer, NULL, writer_main, ix);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	ix->started = rc == 0;
	return rc;
}

int ay_index_open(struct ay_store *s, struct ay_error *e)
{
	struct ay_index *ix = calloc(1, sizeof(*ix));
	char path[PATH_MAX];
	int rc;

	if (!ix)
		return ay_error_set(e, -ENOMEM, "out of memory");
	ix->store = s;
	ix->tail = &ix->head;
	pthread_mutex_init(&ix->pool_lock, NULL);
	pthread_mutex_init(&ix->lock, NULL);
	pthread_cond_init(&ix->work, NULL);
	pthread_cond_init(&ix->done, NULL);
	s->ix = ix;
	if (snprintf(path, sizeof(path), "%s/catalogue", s->dir) >= (int)sizeof(path))
		rc = ENAMETOOLONG;
	else
		rc = open_env(ix, path);
	if (!rc)
		rc = start_writer(ix);
	if (!rc)
		return 0;
	ay_error_set(e, code_of(rc), "catalogue: %s", mdb_strerror(rc));
	ay_error_where(e, "%s", path);
	ay_index_close(s);
	return code_of(rc);
}

void ay_index_close(struct ay_store *s)
{
	struct ay_index *ix = s->ix;

	if (!ix)
		return;
	if (ix->started) {
		pthread_mutex_lock(&ix->lock);
		ix->stop = true;
		pthread_cond_signal(&ix->work);
		pthread_mutex_unlock(&ix->lock);
		pthread_join(ix->writer, NULL);
	}
	for (size_t i = 0; i < ix->nhooks; i++)
		if (ix->hooks[i].done)
			ix->hooks[i].done(ix->hooks[i].arg);
	for (struct ay_txn *t = ix->pool, *next; t; t = next) {
		next = t->next;
		mdb_txn_abort(t->mdb);
		free(t);
	}
	if (ix->env)
		mdb_env_close(ix->env);
	pthread_cond_destroy(&ix->done);
	pthread_cond_destroy(&ix->work);
	pthread_mutex_destroy(&ix->lock);
	pthread_mutex_destroy(&ix->pool_lock);
	free(ix);
	s->ix = NULL;
}

int ay_index_copy(struct ay_store *s, const char *dir, struct ay_error *e)
{
	int rc = mdb_env_copy2(s->ix->env, dir, MDB_CP_COMPACT);

	if (!rc)
		return 0;
	ay_error_set(e, code_of(rc), "copy of the catalogue: %s", mdb_strerror(rc));
	ay_error_where(e, "%s", dir);
	return code_of(rc);
}

/* ---- room ---- */

/* Pages on the free list; each of its records starts with their number. */
static int count_free(struct ay_txn *t, uint64_t *pages_out)
{
	MDB_cursor *cur;
	MDB_val key, val;
	size_t n;
	int rc = mdb_cursor_open(t->mdb, 0, &cur);

	if (rc)
		return fail_mdb(t, rc, AY_IX_STORE);
	*pages_out = 0;
	while ((rc = mdb_cursor_get(cur, &key, &val, MDB_NEXT)) == 0) {
		if (val.mv_size < sizeof(n))
			break;
		memcpy(&n, val.mv_data, sizeof(n));
		*pages_out += n;
	}
	mdb_cursor_close(cur);
	return rc && rc != MDB_NOTFOUND ? fail_mdb(t, rc, AY_IX_STORE) : 0;
}

int ay_index_usage(struct ay_store *s, uint64_t *used_out, uint64_t *size_out)
{
	struct ay_txn *t;
	MDB_envinfo info;
	MDB_stat st;
	uint64_t free_pages = 0;
	int rc = ay_read_begin(s, &t);

	if (rc)
		return rc;
	rc = count_free(t, &free_pages);
	ay_read_end(t);
	if (rc)
		return rc;
	mdb_env_info(s->ix->env, &info);
	mdb_env_stat(s->ix->env, &st);
	*size_out = info.me_mapsize;
	*used_out = ((uint64_t)info.me_last_pgno + 1 - free_pages) * st.ms_psize;
	return 0;
}
