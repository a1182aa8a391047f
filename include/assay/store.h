/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: one directory, one owner process (STORE/lock), a catalogue in
 * LMDB and sealed files below objects/. docs/format.md says every byte.
 * All functions are thread-safe on one struct ay_store unless said otherwise.
 * Invariants 2, 3, 4, 5, 8 and 10 are held here.
 */
#ifndef ASSAY_STORE_H
#define ASSAY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/crypto.h"
#include "assay/digest.h"
#include "assay/error.h"
#include "assay/limits.h"
#include "assay/ref.h"

struct ay_store;

/* ---- life ---- */

/* Makes the directory tree of DESIGN 4.1 with an empty catalogue. -EEXIST when dir exists and is not empty; refuses (AY_EUNSUPPORTED) where staging and objects could not share a file system or hard links fail. */
AY_MUSTCHECK int ay_store_create(const char *dir, struct ay_error *e);
/* Takes STORE/lock; AY_EBUSY (with the owner's pid in msg) when another process owns it. Removes what a crash left (unfinished placements), never what was admitted. */
AY_MUSTCHECK int ay_store_open(const char *dir, struct ay_store **out, struct ay_error *e);
void ay_store_close(struct ay_store *s);
const char *ay_store_dir(const struct ay_store *s);
/* Descriptor of STORE itself, of objects/ and staging/; borrowed. */
int ay_store_fd(const struct ay_store *s);

/* ---- transactions ---- */

/*
 * A transaction. The first error sticks and turns commit into abort, so records
 * may be written straight down. Records are copied out: nothing that these
 * functions return points into the map.
 */
struct ay_txn;

/* Snapshot for reading; short: never held across a FUSE reply, a wait or I/O of others. Usable by the calling thread only. */
AY_MUSTCHECK int ay_read_begin(struct ay_store *s, struct ay_txn **out);
void ay_read_end(struct ay_txn *t);

/*
 * Runs fn in the writer thread, in a transaction that is its own, batched with
 * others into one durable commit; returns after that commit, with fn's result or
 * the commit's error. fn must not block. before_commit work of the log (tiles,
 * checkpoint) is done once a batch.
 */
AY_MUSTCHECK int ay_commit(struct ay_store *s, int (*fn)(struct ay_txn *t, void *arg), void *arg, struct ay_error *e);
/* Bytes left in the map; ingest refuses (AY_ELIMIT, "catalogue full") below the reserve. */
AY_MUSTCHECK int ay_store_room(struct ay_store *s, uint64_t want_bytes, struct ay_error *e);

/* ---- artifacts ---- */

enum ay_state { AY_OPEN = 1, AY_HELD, AY_ADMITTED, AY_REJECTED, AY_REVOKED, AY_RETIRED };
const char *ay_state_name(enum ay_state s);

struct ay_artifact {
	uint64_t id;                  /* never re-used */
	struct ay_ref ref;
	enum ay_state state;
	uint32_t uid, gid;            /* the writer */
	int64_t created_s, changed_s; /* Unix seconds */
	uint64_t top;                 /* node of its top directory; 0 before admission */
	uint64_t files, bytes;        /* payload */
	struct ay_sha256 root;        /* OMS root, spec order; zero before it is known */
	struct ay_sha256 root_alias;  /* OMS root, component order (equal to root when the orders agree) */
	uint64_t log_index;           /* leaf of the last verdict; UINT64_MAX when none */
	char reason[256];             /* why it is in this state, one sentence */
};

/* AY_ENOTFOUND when absent. */
AY_MUSTCHECK int ay_artifact_get(struct ay_txn *t, const char *ref, struct ay_artifact *out);
AY_MUSTCHECK int ay_artifact_by_id(struct ay_txn *t, uint64_t id, struct ay_artifact *out);
/* Inserts (id 0: a new id is assigned into a->id) or replaces. */
AY_MUSTCHECK int ay_artifact_put(struct ay_txn *t, struct ay_artifact *a);
/* Forgets the record, its claims links, records and nodes. For open, held, rejected ones. */
AY_MUSTCHECK int ay_artifact_remove(struct ay_txn *t, uint64_t id);
/* Calls fn for each with ref text >= from that starts with prefix, in order; stops when fn returns non-zero and returns that. */
AY_MUSTCHECK int ay_artifact_each(struct ay_txn *t, const char *prefix, int (*fn)(const struct ay_artifact *a, void *arg), void *arg);
/*
 * Distinct next name components below dir ("models/org"): fn gets "x" (a deeper
 * directory) or "x@v1". For readdir of name directories; skips, does not scan.
 */
AY_MUSTCHECK int ay_name_each(struct ay_txn *t, const char *dir, const char *after,
			      int (*fn)(const char *component, bool is_version, void *arg), void *arg);

/* ---- nodes: the tree of an admitted artifact ---- */

enum ay_node_kind { AY_NODE_DIR = 1, AY_NODE_FILE = 2 };
struct ay_node {
	uint64_t id;                  /* FUSE node id; persistent, never re-used */
	uint64_t parent;              /* 0 for a top directory */
	uint64_t artifact;
	enum ay_node_kind kind;
	bool executable;
	int64_t mtime_s; uint32_t mtime_ns;
	uint64_t ino;                 /* st_ino: what the file had while it was open */
	uint64_t size;
	struct ay_sha256 sha256;      /* files */
};
AY_MUSTCHECK int ay_node_get(struct ay_txn *t, uint64_t id, struct ay_node *out);
AY_MUSTCHECK int ay_node_lookup(struct ay_txn *t, uint64_t dir, const char *name, struct ay_node *out);
/* Entries of a directory in name order, after the given name (NULL: from the start). */
AY_MUSTCHECK int ay_node_each(struct ay_txn *t, uint64_t dir, const char *after, int (*fn)(const char *name, const struct ay_node *n, void *arg), void *arg);
/* Path of a node relative to its top. */
AY_MUSTCHECK int ay_node_path(struct ay_txn *t, uint64_t id, struct ay_buf *out);
/* A node by its path below top; "" is top itself. */
AY_MUSTCHECK int ay_node_by_path(struct ay_txn *t, uint64_t top, const char *path, struct ay_node *out);
/* Reserves n consecutive node ids for nodes of files still open (their st_ino); durable before return. */
AY_MUSTCHECK int ay_node_reserve(struct ay_store *s, uint64_t n, uint64_t *first_out);

/* One payload file, as staging, manifests and placement speak of it. */
struct ay_file {
	char *path;                   /* owned by the list */
	uint64_t size;
	struct ay_sha256 sha256;
	bool executable;
	int64_t mtime_s; uint32_t mtime_ns;
	uint64_t ino;
};
struct ay_file_list { struct ay_file *v; size_t n, cap; };
AY_MUSTCHECK int ay_file_list_add(struct ay_file_list *l, const char *path, uint64_t size, const struct ay_sha256 *sha);
void ay_file_list_sort(struct ay_file_list *l);                 /* bytewise by path */
const struct ay_file *ay_file_list_find(const struct ay_file_list *sorted, const char *path);
void ay_file_list_free(struct ay_file_list *l);
/* All files below top, sorted by path. */
AY_MUSTCHECK int ay_node_list(struct ay_txn *t, uint64_t top, struct ay_file_list *out);
/* Writes the tree's nodes and entries (files sorted); returns the top node. Each file stands for one ay_object_ref, which the caller makes. */
AY_MUSTCHECK int ay_nodes_put(struct ay_txn *t, uint64_t artifact, const struct ay_file_list *files, uint64_t *top_out);
/* Forgets the tree of a retired or revoked artifact and drops one object reference a file, so that gc may free them. The caller sets top to 0. */
AY_MUSTCHECK int ay_nodes_drop(struct ay_txn *t, uint64_t top);

/* OMS root (spec order: code points of the whole name) and the component order of the reference implementation. sorted: bytewise. -ENOMEM leaves both zero. */
int ay_oms_roots(const struct ay_file_list *sorted, struct ay_sha256 *spec_out, struct ay_sha256 *component_out);

/* ---- objects ---- */

/*
 * Placement: data is durable and under its content name before the catalogue
 * says so (INV-5). link_from links a staged file; put_bytes is for small files
 * without a staged copy. Both dedup. Neither syncs: call ay_objects_sync once
 * for the batch, then ay_commit with ay_object_ref for each.
 */
AY_MUSTCHECK int ay_object_link(struct ay_store *s, int fd, const struct ay_sha256 *d, struct ay_error *e);
AY_MUSTCHECK int ay_object_put_bytes(struct ay_store *s, const void *bytes, size_t len, struct ay_sha256 *d_out, struct ay_error *e);
/* Copies from fd, hashing, dedups; for files without a staged copy. */
AY_MUSTCHECK int ay_object_put_fd(struct ay_store *s, int fd, struct ay_sha256 *d_out, uint64_t *size_out, struct ay_error *e);
AY_MUSTCHECK int ay_objects_sync(struct ay_store *s, struct ay_error *e);
/* Adds a reference in the catalogue; re-checks that the object is alive (not being collected) and of that size, else AY_ECORRUPT: place again. */
AY_MUSTCHECK int ay_object_ref(struct ay_txn *t, const struct ay_sha256 *d, uint64_t size);
AY_MUSTCHECK int ay_object_unref(struct ay_txn *t, const struct ay_sha256 *d);
/* O_RDONLY descriptor, owned by the caller; checks device, inode, size and ctime against what was sealed (policy "ingest"). AY_ECORRUPT on a difference, AY_ENOTFOUND. */
AY_MUSTCHECK int ay_object_open(struct ay_store *s, const struct ay_sha256 *d, struct ay_error *e);
/* Size when at least one reference exists, else AY_ENOTFOUND. */
AY_MUSTCHECK int ay_object_stat(struct ay_txn *t, const struct ay_sha256 *d, uint64_t *size_out, uint64_t *refs_out);
/* Artifacts that hold this object. */
AY_MUSTCHECK int ay_object_artifacts(struct ay_txn *t, const struct ay_sha256 *d, int (*fn)(uint64_t artifact, void *arg), void *arg);
/* Called by the owner of CAP_LINUX_IMMUTABLE; NULL when there is none. set() gets at most AY_FLAG_STEP descriptors. */
void ay_store_set_immutable_hook(struct ay_store *s, int (*set)(void *arg, const int *fds, size_t n, bool on), void *arg);
#define AY_FLAG_STEP 64               /* as many descriptors as one message takes */
/*
 * Before the commit: makes files immutable that were just placed under d and that nothing references yet, so that the
 * commit can record them as sealed. fds are O_RDONLY, n at most AY_FLAG_STEP. Best effort: ay_objects_seal does what is left.
 */
void ay_objects_flag(struct ay_store *s, const struct ay_sha256 *d, const int *fds, size_t n);
/*
 * After the commit that references them: drops their names below the staging tree of
 * artifact (0: there is none), sets the immutable flag, records the final ctime. Best effort:
 * an object that is not sealed is hashed at its first open after a restart.
 */
void ay_objects_seal(struct ay_store *s, uint64_t artifact, const struct ay_file_list *files);

/* ---- staging: the tree of an artifact that is not admitted ---- */

/* STORE/staging/ID/tree/... holds the payload under its own names, STORE/staging/ID/claims/ the claim files. Paths are checked by ay_path_check and opened beneath. */
AY_MUSTCHECK int ay_staging_create(struct ay_store *s, uint64_t artifact, struct ay_error *e);
/* O_PATH|O_DIRECTORY descriptor of ID/tree; caller owns. */
AY_MUSTCHECK int ay_staging_tree_fd(struct ay_store *s, uint64_t artifact);
AY_MUSTCHECK int ay_staging_claims_fd(struct ay_store *s, uint64_t artifact);
AY_MUSTCHECK int ay_staging_remove(struct ay_store *s, uint64_t artifact, struct ay_error *e);
/* Regular files below tree with size, mode bit and mtime (digests not filled). Anything that is not a file or directory is AY_ECORRUPT. */
AY_MUSTCHECK int ay_staging_list(struct ay_store *s, uint64_t artifact, struct ay_file_list *out, struct ay_error *e);
/*
 * Before a staged file is written again: gives it an inode of its own, 0600, with the same bytes, when an admission that
 * did not come about has left it linked as an object (INV-3). Nobody may have it open for writing.
 */
AY_MUSTCHECK int ay_staging_own(struct ay_store *s, int tree_fd, const char *path, struct ay_error *e);

/* ---- small records of an artifact: report.json, hallmark ..., addressed by name ---- */

/* Large ones (> 64 KiB) go to an object of their own. */
AY_MUSTCHECK int ay_record_put(struct ay_txn *t, uint64_t artifact, const char *name, const void *bytes, size_t len);
AY_MUSTCHECK int ay_record_get(struct ay_txn *t, uint64_t artifact, const char *name, struct ay_buf *out);
AY_MUSTCHECK int ay_record_each(struct ay_txn *t, uint64_t artifact, int (*fn)(const char *name, uint64_t size, void *arg), void *arg);

/* ---- claims, byte for byte ---- */

AY_MUSTCHECK int ay_claim_put(struct ay_txn *t, const void *bytes, size_t len, struct ay_sha256 *id_out);
AY_MUSTCHECK int ay_claim_get(struct ay_txn *t, const struct ay_sha256 *id, struct ay_buf *out);
/* Attach to an artifact under the file name it came by ("model.sig"), with its log leaf. */
AY_MUSTCHECK int ay_claim_attach(struct ay_txn *t, uint64_t artifact, const struct ay_sha256 *claim, const char *name, uint64_t log_index);
AY_MUSTCHECK int ay_claim_each(struct ay_txn *t, uint64_t artifact,
			       int (*fn)(const struct ay_sha256 *claim, const char *name, uint64_t log_index, void *arg), void *arg);
AY_MUSTCHECK int ay_claim_index_subject(struct ay_txn *t, const struct ay_sha256 *subject, const struct ay_sha256 *claim);
AY_MUSTCHECK int ay_claim_by_subject(struct ay_txn *t, const struct ay_sha256 *subject, int (*fn)(const struct ay_sha256 *claim, void *arg), void *arg);
/* Admitted artifacts with this OMS root, either order. */
AY_MUSTCHECK int ay_root_artifacts(struct ay_txn *t, const struct ay_sha256 *root, int (*fn)(uint64_t artifact, void *arg), void *arg);
AY_MUSTCHECK int ay_root_index(struct ay_txn *t, const struct ay_sha256 *root, uint64_t artifact);

/* ---- tags ---- */

struct ay_tag { char name[AY_LIMIT_REF + 1]; char tag[AY_LIMIT_VERSION + 1]; char version[AY_LIMIT_VERSION + 1]; uint64_t seq; int64_t moved_s; };
AY_MUSTCHECK int ay_tag_get(struct ay_txn *t, const char *name, const char *tag, struct ay_tag *out);
AY_MUSTCHECK int ay_tag_put(struct ay_txn *t, const struct ay_tag *tag);
AY_MUSTCHECK int ay_tag_each(struct ay_txn *t, const char *name_prefix, int (*fn)(const struct ay_tag *tag, void *arg), void *arg);

/* ---- keyed documents: trust roots, policies, baselines, waivers, scan cache, admissions, quotas, high water ---- */

/* One table each; key and value are opaque to the store (docs/format.md says them). */
enum ay_table {
	AY_TABLE_TRUST = 1,    /* u64be version -> signed trust root */
	AY_TABLE_POLICY,       /* u64be version -> signed policy */
	AY_TABLE_BASELINE,     /* name text, NUL, u64be version -> signed baseline */
	AY_TABLE_WAIVER,       /* ref text, NUL, rule -> signed waiver */
	AY_TABLE_SCAN,         /* sha256 of (object, scanner version, options) -> result */
	AY_TABLE_ADMISSION,    /* u64be artifact, sha256 of effective rules, u64be trust version -> decision */
	AY_TABLE_HIGH_WATER,   /* text -> u64be */
	AY_TABLE_QUOTA         /* u32be uid -> counters */
};
AY_MUSTCHECK int ay_doc_put(struct ay_txn *t, enum ay_table table, const void *key, size_t key_len, const void *val, size_t val_len);
AY_MUSTCHECK int ay_doc_get(struct ay_txn *t, enum ay_table table, const void *key, size_t key_len, struct ay_buf *out);
AY_MUSTCHECK int ay_doc_each(struct ay_txn *t, enum ay_table table, const void *prefix, size_t prefix_len,
			     int (*fn)(const void *key, size_t key_len, const void *val, size_t val_len, void *arg), void *arg);
/* Value of the greatest key with this prefix. */
AY_MUSTCHECK int ay_doc_last(struct ay_txn *t, enum ay_table table, const void *prefix, size_t prefix_len, struct ay_buf *key_out, struct ay_buf *val_out);

/* ---- upkeep ---- */

struct ay_fsck_report {
	uint64_t artifacts, objects, bytes, problems, orphans, missing, damaged;
	uint64_t log_size;
};
/* Reads everything; scrub also re-hashes every object. Calls say for each problem, with a path and what to do. 0 even when problems were found. */
AY_MUSTCHECK int ay_fsck(struct ay_store *s, bool scrub, void (*say)(const char *line, void *arg), void *arg, struct ay_fsck_report *out, struct ay_error *e);
/* Unlinks objects that nothing references (dead in the catalogue first) and staging of artifacts that are gone. */
AY_MUSTCHECK int ay_gc(struct ay_store *s, bool dry_run, uint64_t *objects_out, uint64_t *bytes_out, struct ay_error *e);
/*
 * Consistent copy of catalogue, keys and objects (reflinked where the file system can, never
 * hard-linked: a second name would change the ctime of what was sealed) to an empty directory.
 * Restore is a plain open of it; each object is then hashed once, at its first open.
 */
AY_MUSTCHECK int ay_backup(struct ay_store *s, const char *dest, struct ay_error *e);

struct ay_store_stats { uint64_t artifacts[8]; uint64_t objects, object_bytes, files, map_used, map_size, log_size; };
AY_MUSTCHECK int ay_store_stats(struct ay_store *s, struct ay_store_stats *out);

#endif
