/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of store/ share beside the tables of index.h. Private to this folder. */
#ifndef ASSAY_STORE_INTERNAL_H
#define ASSAY_STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include "assay/store.h"
#include "store/index.h"

/* Node ids below this one are the mount's own. */
#define AY_NODE_FIRST (1ull << 20)
/* "ab/" + 64 hex digits + NUL */
#define AY_OBJECT_PATH 68

struct ay_index;

struct ay_store {
	char *dir;                    /* absolute */
	int fd, objects, staging, lock;
	dev_t dev;                    /* of objects/ */
	struct ay_index *ix;
	uint64_t epoch;               /* number of this opening */
	int (*set_immutable)(void *arg, const int *fds, size_t n, bool on);
	void *set_immutable_arg;
	pthread_mutex_t seal_lock;    /* held from the first change of a ctime until the new one is committed */
	pthread_mutex_t gc_lock;      /* gc and backup exclude each other */
	atomic_bool unsynced;         /* an object was placed inside a transaction: sync before its commit */
};

/* ---- index.c ---- */

AY_MUSTCHECK int ay_index_open(struct ay_store *s, struct ay_error *e);
/* Drains the queue and stops the writer. */
void ay_index_close(struct ay_store *s);
/* Compacted copy to dir/data.mdb. */
AY_MUSTCHECK int ay_index_copy(struct ay_store *s, const char *dir, struct ay_error *e);
/* Reads every record of a table; calls bad with the key of each whose checksum is wrong. */
AY_MUSTCHECK int ay_index_check(struct ay_txn *t, enum ay_ix table, void (*bad)(const void *key, size_t key_len, void *arg), void *arg);
const char *ay_ix_name(enum ay_ix table);
/* What ay_txn_fail was told; "" when nothing sticks. */
const char *ay_txn_message(const struct ay_txn *t);
/* used: bytes of the map that hold pages, free ones not counted. */
AY_MUSTCHECK int ay_index_usage(struct ay_store *s, uint64_t *used_out, uint64_t *size_out);

/* ---- tally.c: counters kept with the records they count, and numbers that are never given twice ---- */

enum ay_tally {
	AY_TALLY_STATE = 0,           /* + enum ay_state */
	AY_TALLY_OBJECTS = 8,
	AY_TALLY_BYTES,
	AY_TALLY_FILES,
	AY_TALLY_N
};

/* Collected in the transaction, written once at its end. */
void ay_txn_tally(struct ay_txn *t, enum ay_tally which, int64_t delta);
AY_MUSTCHECK int ay_tally_flush(struct ay_txn *t, const int64_t delta[AY_TALLY_N]);
AY_MUSTCHECK int ay_tally_get(struct ay_txn *t, uint64_t out[AY_TALLY_N]);
/* Takes n numbers of a counter in table `store`; *first_out is at least `least`. */
AY_MUSTCHECK int ay_counter_take(struct ay_txn *t, const char *name, uint64_t least, uint64_t n, uint64_t *first_out);

/* ---- codec.c: records to bytes and back. Decoders take hostile bytes and refuse what an encoder would not write. ---- */

enum ay_object_state { AY_OBJECT_PLACED = 1, AY_OBJECT_SEALED };

struct ay_object {
	enum ay_object_state state;
	bool dead;                    /* gc is about to unlink it; refs is 0 */
	uint64_t refs, size, ino;
	int64_t mtime_s, ctime_s;
	uint32_t mtime_ns, ctime_ns;
	uint64_t epoch;
};

/* A small value, or where its bytes are. */
struct ay_blob {
	bool inlined;
	const uint8_t *bytes;         /* borrowed from what was decoded */
	uint64_t size;
	struct ay_sha256 object;
};

/* A node with its own name, which the public struct leaves to the directory entry. */
struct ay_node_record {
	struct ay_node n;
	char name[AY_LIMIT_COMPONENT + 1];
};

#define AY_CODEC_MAX 1024             /* no record of these is longer */

int ay_artifact_encode(struct ay_buf *b, const struct ay_artifact *a);
/* ref comes from the key. */
AY_MUSTCHECK int ay_artifact_decode(const char *ref, const void *bytes, size_t len, struct ay_artifact *out);
int ay_node_encode(struct ay_buf *b, const struct ay_node_record *r);
AY_MUSTCHECK int ay_node_decode(uint64_t id, const void *bytes, size_t len, struct ay_node_record *out);
int ay_object_encode(struct ay_buf *b, const struct ay_object *o);
AY_MUSTCHECK int ay_object_decode(const void *bytes, size_t len, struct ay_object *out);
int ay_tag_encode(struct ay_buf *b, const struct ay_tag *tag);
AY_MUSTCHECK int ay_tag_decode(const void *key, size_t key_len, const void *bytes, size_t len, struct ay_tag *out);
int ay_claim_of_encode(struct ay_buf *b, uint64_t log_index, const char *name);
AY_MUSTCHECK int ay_claim_of_decode(const void *bytes, size_t len, uint64_t *log_index_out, char name_out[AY_LIMIT_COMPONENT + 1]);
AY_MUSTCHECK int ay_blob_decode(const void *bytes, size_t len, struct ay_blob *out);

/* ---- object.c, place.c ---- */

void ay_object_path(const struct ay_sha256 *d, char out[AY_OBJECT_PATH]);
AY_MUSTCHECK int ay_object_get(struct ay_txn *t, const struct ay_sha256 *d, struct ay_object *out);
AY_MUSTCHECK int ay_object_set(struct ay_txn *t, const struct ay_sha256 *d, const struct ay_object *o);
/* Copies what identifies the file into the record, or compares: in state sealed the ctime too. */
void ay_object_facts(struct ay_object *o, const struct stat *st);
bool ay_object_matches(const struct ay_store *s, const struct ay_object *o, const struct stat *st);
/* Sets or clears the immutable flag where there is a hook for it; false when it failed. */
bool ay_object_flag(struct ay_store *s, const int *fds, size_t n, bool on);
/* Takes the file away, immutable or not. 0 when there is none. */
AY_MUSTCHECK int ay_object_unlink(struct ay_store *s, const struct ay_sha256 *d);

/* Compares fd with the record o of d: under the seal lock, or by hash, where the quick way does not do. */
AY_MUSTCHECK int ay_object_check(struct ay_store *s, const struct ay_sha256 *d, const struct ay_object *o, int fd, struct ay_error *e);
/* Hashes fd; when it is d, records its facts as final. */
AY_MUSTCHECK int ay_object_reseal(struct ay_store *s, const struct ay_sha256 *d, int fd, struct ay_error *e);
/* ay_object_put_bytes for closures of ay_commit. */
AY_MUSTCHECK int ay_object_put_in(struct ay_txn *t, const void *bytes, size_t len, struct ay_sha256 *d_out);

/* ---- blob.c: values that may be long ---- */

/* Writes table[key]; what it replaces is unreferenced. */
AY_MUSTCHECK int ay_blob_put(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, const void *bytes, size_t len);
AY_MUSTCHECK int ay_blob_get(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len, struct ay_buf *out);
AY_MUSTCHECK int ay_blob_del(struct ay_txn *t, enum ay_ix table, const void *key, size_t key_len);

/* ---- staging.c ---- */

/* Calls fn with the id of every staging tree. */
AY_MUSTCHECK int ay_staging_each(struct ay_store *s, int (*fn)(uint64_t artifact, void *arg), void *arg);
/* Removes what no open artifact needs after a restart: temporary files, trees of artifacts that are gone or admitted. */
AY_MUSTCHECK int ay_staging_recover(struct ay_store *s, struct ay_error *e);

/* ---- gc.c ---- */

/* Every file below objects/ab/; d is NULL when its name is none of an object. */
AY_MUSTCHECK int ay_objects_each_file(struct ay_store *s, int (*fn)(const struct ay_sha256 *d, const char *path, void *arg), void *arg);

/* ---- store.c ---- */

/* Opens without looking at the format file and without tidying up. */
AY_MUSTCHECK int ay_store_open_bare(const char *dir, struct ay_store **out, struct ay_error *e);

/* ---- fsck parts ---- */

struct ay_fsck {
	struct ay_store *s;
	bool scrub;
	void (*say)(const char *line, void *arg);
	void *arg;
	struct ay_fsck_report *r;
};
void ay_fsck_problem(struct ay_fsck *f, const char *fmt, ...) AY_PRINTF(2, 3);
/* Records of the catalogue against each other; objects against the disk. */
AY_MUSTCHECK int ay_fsck_catalogue(struct ay_fsck *f);
AY_MUSTCHECK int ay_fsck_objects(struct ay_fsck *f);

#endif
