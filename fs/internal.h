/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of fs/ share. docs/internals-fs.md tells the story.
 *
 * The door to libfuse (low-level API). Its caveats, as far as they matter here:
 * - a request is answered exactly once, and does not exist afterwards;
 * - an interrupt function runs under the request's lock: it may not answer it;
 * - notifications may not be sent from a thread that handles a request, nor
 *   under a lock that a lookup needs: the kernel holds the directory's lock;
 * - one node id is opened either in passthrough or not; mixing gives EIO;
 * - error codes of RELEASE reach nobody;
 * - libfuse 3.14 knows no passthrough and gives notify_expire_entry one more argument.
 *
 * Lock order, outermost first: staged->lock, dir->lock or stream->lock,
 * inodes.lock; backings and the notifier have leaf locks of their own.
 */
#ifndef ASSAY_FS_INTERNAL_H
#define ASSAY_FS_INTERNAL_H

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include "assay/buf.h"
#include "assay/digest.h"
#include "assay/gate.h"
#include "assay/mount.h"
#include "assay/store.h"

/* Node ids in memory have the top bit, the catalogue's never have. */
#define AY_INODE_BIT (1ull << 63)
/* The catalogue starts above the root's id and whatever FUSE may reserve. */
#define AY_PATH_ROOM (AY_LIMIT_REF + AY_LIMIT_PATH + 300)

#define AY_FOREVER_S 86400.0        /* entries and attributes that cannot change */
#define AY_NAME_S 1.0               /* names of versions: the notifier expires them sooner */
#define AY_GHOST_IDLE_S 60          /* an accepted and dropped name is forgotten after this */
#define AY_MADE_DIRS 4096           /* directories of names made and not used yet */
#define AY_CLAIM_BUFFERS (2 * AY_LIMIT_CLAIM) /* bytes of claims being written, all handles */

struct ay_mount;

/* ---- reply.c ---- */

/* errno of a code: the only such table. */
int ay_errno(int code);
void ay_reply_code(fuse_req_t req, int code);
struct ay_cred ay_req_cred(fuse_req_t req);
static inline struct ay_mount *ay_req_mount(fuse_req_t req) { return fuse_req_userdata(req); }

/* ---- inode.c ---- */

enum ay_inode_kind {
	AY_INODE_ROOT,
	AY_INODE_NAMES,              /* a class, or a directory of names */
	AY_INODE_TAG,
	AY_INODE_VIEW_DIR, AY_INODE_VIEW_FILE,
	AY_INODE_OBJECTS, AY_INODE_SHA256, AY_INODE_OBJECT,
	AY_INODE_STAGED_DIR, AY_INODE_STAGED_FILE,
	AY_INODE_GHOST_DIR, AY_INODE_GHOST_FILE, /* accepted from the writer of an admitted artifact, and dropped */
	AY_INODE_CLAIM               /* a claim on its way in */
};

/* An artifact that is not admitted, or was not when it was first seen. */
struct ay_staged {
	pthread_rwlock_t lock;       /* guards intake */
	struct ay_intake *intake;    /* NULL once it is admitted or gone */
	uint64_t id;
	uint32_t uid, gid;
	char ref[AY_LIMIT_REF + 1];
	unsigned refs;               /* atomic */
};

struct ay_stream;

/* A node that the catalogue does not have. Fields without a note are constant. */
struct ay_inode {
	uint64_t id;
	enum ay_inode_kind kind;
	uint64_t parent;             /* id, in memory or the catalogue's; inodes.lock */
	struct ay_inode *up;         /* pinned parent when it is in memory; inodes.lock */
	char *name;                  /* inodes.lock */
	uint64_t lookups;            /* that the kernel holds; inodes.lock */
	unsigned pins;               /* inodes.lock */
	bool gone;                   /* unlinked, or replaced; inodes.lock */
	bool made;                   /* pinned by mkdir; inodes.lock */
	bool ghost;                  /* pinned until idle; inodes.lock */
	int64_t touched_s;           /* ghosts; inodes.lock */
	struct ay_staged *staged;    /* staged nodes */
	uint32_t uid;                /* staged, ghosts and claims: who brought it */
	char *ref;                   /* claims: the artifact that they speak of */
	uint64_t node;               /* directories: the catalogue's id once admitted; atomic */
	uint64_t ino;                /* st_ino */
	struct ay_stream *stream;    /* staged files with write handles; inodes.lock */
	struct ay_sha256 sha256;     /* objects */
	uint64_t size;               /* objects; ghosts and claims (atomic) */
	struct ay_inode *next_id, *next_name;
};

struct ay_inodes {
	pthread_mutex_t lock;
	struct ay_inode **by_id, **by_name;
	size_t buckets, count, made, ghosts;
	uint64_t next;
	struct ay_inode root;
};
AY_MUSTCHECK int ay_inodes_init(struct ay_inodes *t);
void ay_inodes_free(struct ay_inodes *t);
/* Both return a pinned node or NULL. */
struct ay_inode *ay_inode_get(struct ay_inodes *t, uint64_t id);
struct ay_inode *ay_inode_child(struct ay_inodes *t, uint64_t parent, const char *name);
struct ay_inode *ay_inode_pin(struct ay_inodes *t, struct ay_inode *in);
void ay_inode_put(struct ay_inodes *t, struct ay_inode *in);
/*
 * The child of that kind and artifact, made when it is missing; one that is
 * something else loses its name. up: the parent when it is in memory.
 * Pinned; NULL out of memory.
 */
struct ay_inode *ay_inode_make(struct ay_inodes *t, uint64_t parent, struct ay_inode *up, const char *name, enum ay_inode_kind kind,
			       struct ay_staged *staged);
/* The same for a ghost or a claim (ref) of this user. */
struct ay_inode *ay_inode_bring(struct ay_inodes *t, uint64_t parent, struct ay_inode *up, const char *name, enum ay_inode_kind kind,
				uint32_t uid, const char *ref);
/* The child when it is a ghost or a claim of this user; left: or a staged one. Else NULL. Pinned. */
struct ay_inode *ay_inode_brought(struct ay_inodes *t, uint64_t parent, const char *name, uint32_t uid, bool left);
/* The kernel was told of it / forgets. */
void ay_inode_looked_up(struct ay_inodes *t, struct ay_inode *in);
void ay_inode_forget(struct ay_inodes *t, uint64_t id, uint64_t n);
void ay_inode_unname(struct ay_inodes *t, struct ay_inode *in);
AY_MUSTCHECK int ay_inode_move(struct ay_inodes *t, struct ay_inode *in, uint64_t parent, struct ay_inode *up, const char *name);
bool ay_inode_gone(struct ay_inodes *t, struct ay_inode *in);
/*
 * Path from the root ("models/org"), or for staged nodes from the top of the
 * artifact ("" is the top itself). -ENAMETOOLONG, or -ESTALE when it has no name any more.
 */
AY_MUSTCHECK int ay_inode_path(struct ay_inodes *t, struct ay_inode *in, char *out, size_t size);
/* mkdir of a directory of names: AY_ELIMIT when too many are empty. */
AY_MUSTCHECK int ay_inode_keep(struct ay_inodes *t, struct ay_inode *in);
/* Its end: false when it has children. */
bool ay_inode_unkeep(struct ay_inodes *t, struct ay_inode *in);
/* Calls fn with each kept child of a directory of names, under the lock. */
void ay_inode_each_made(struct ay_inodes *t, uint64_t parent, void (*fn)(const char *name, void *arg), void *arg);
/* Pins a ghost until it is idle, or again. */
void ay_inode_touch(struct ay_inodes *t, struct ay_inode *in, int64_t now_s);
void ay_inode_sweep(struct ay_inodes *t, int64_t now_s);

/* ---- staged.c ---- */

/* Takes the reference to the intake, also on failure (NULL: out of memory). */
struct ay_staged *ay_staged_new(struct ay_intake *intake);
struct ay_staged *ay_staged_ref(struct ay_staged *s);
void ay_staged_unref(struct ay_staged *s);
/* The intake, held until ay_staged_end; NULL (and nothing held) once it is admitted or gone. */
struct ay_intake *ay_staged_begin(struct ay_staged *s);
void ay_staged_end(struct ay_staged *s);
/* The same at the end of a change that ay_intake_may allowed. */
void ay_staged_changed(struct ay_staged *s);
/* The record now. AY_ENOTFOUND when it was discarded. */
AY_MUSTCHECK int ay_staged_artifact(struct ay_mount *m, struct ay_staged *s, struct ay_artifact *out);
/* Lets the intake go when it is no longer staged. Notifier thread. */
void ay_staged_settle(struct ay_mount *m, struct ay_staged *s);
/* fstat below the staged tree. */
AY_MUSTCHECK int ay_staged_stat(struct ay_staged *s, const char *path, struct stat *out);
/* O_PATH descriptor of the directory that holds path, and the last component. */
AY_MUSTCHECK int ay_staged_parent(struct ay_intake *in, const char *path, const char **last_out);

/* ---- place.c ---- */

/* What a node id stands for at this moment. */
struct ay_place {
	struct ay_inode *inode;      /* pinned; NULL for ids of the catalogue */
	bool admitted;               /* node is filled, the catalogue answers */
	bool staged;                 /* art is filled: open, held or rejected */
	enum ay_inode_kind kind;     /* neither: what it is; staged names that were not admitted are ghosts then */
	struct ay_node node;
	struct ay_artifact art;
};
/* 0, or -ESTALE, -ENOENT. Every success needs ay_place_end. */
AY_MUSTCHECK int ay_place(struct ay_mount *m, uint64_t id, struct ay_place *out);
void ay_place_end(struct ay_mount *m, struct ay_place *p);
/* 0 when this user may enter what is staged; others, root included, may not (INV-1). */
AY_MUSTCHECK int ay_place_enter(const struct ay_place *p, uint32_t uid);
/* Record of the artifact of an admitted node. */
AY_MUSTCHECK int ay_place_artifact(struct ay_mount *m, const struct ay_place *p, struct ay_artifact *out);
/* The claim that a top-level name stands for: itself, or what rsync's temporary name of it becomes. False: none. */
bool ay_claim_of(const char *name, char out[AY_LIMIT_COMPONENT + 1]);
/* What a writer may still bring when the artifact is judged, held or admitted: claims at the top, and names that the policy ignores. */
enum ay_extra { AY_EXTRA_NONE, AY_EXTRA_CLAIM, AY_EXTRA_IGNORED };
enum ay_extra ay_place_extra(struct ay_mount *m, const struct ay_place *dir, const char *name, bool is_dir, uint32_t uid,
			      struct ay_artifact *art_out);
void ay_stat_node(const struct ay_mount *m, const struct ay_node *n, struct stat *st);
/* Of a node that was withdrawn while it is open: as an unlinked file. False when nobody has it open. */
bool ay_stat_withdrawn(struct ay_mount *m, uint64_t node, struct stat *st);
/* Attributes of a place; size of views is computed when asked. *timeout_out: seconds that they hold. */
AY_MUSTCHECK int ay_place_stat(struct ay_mount *m, const struct ay_place *p, const struct ay_cred *c, bool sizes, struct stat *st, double *timeout_out);

/* ---- open_file.c ---- */

/* What is known of the bytes of a staged file while write handles are open. */
struct ay_stream {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct ay_hash *hash;        /* NULL: not written in order, or finished */
	bool digest_known;
	struct ay_sha256 digest;
	uint64_t expect;             /* where the next write in order starts */
	uint64_t next_turn, turn;    /* buffers are hashed in the order of their turns */
	uint64_t size;               /* atomic, for those without the lock */
	unsigned busy;               /* writes under way */
	bool begun;                  /* the first handle looked at the file */
	unsigned users;              /* inodes.lock */
};
enum ay_handle_kind { AY_HANDLE_PASS, AY_HANDLE_READ, AY_HANDLE_WRITE, AY_HANDLE_VIEW, AY_HANDLE_CLAIM, AY_HANDLE_GHOST };
struct ay_handle {
	enum ay_handle_kind kind;
	int fd;                      /* read, write */
	uint64_t node;               /* pass, read: key of the backing */
	struct ay_inode *inode;      /* pinned: write, claim, ghost */
	struct ay_stream *stream;    /* write */
	struct ay_buf buf;           /* view, claim */
	pthread_mutex_t lock;        /* guards buf; held while a reply is sent from it */
	struct ay_cred cred;         /* of the opener */
	int32_t opener_tid, opener_tgid;
	bool wrote;                  /* since it last counted as closed; stream->lock */
	bool dirty;                  /* the same, and created or truncated */
	bool counted;                /* told closed to the gate: a further write must ask again */
	struct ay_handle *prev, *next; /* of all that are open; ay_mount.handles_lock */
};
struct ay_handle *ay_handle_new(enum ay_handle_kind kind, fuse_req_t req);
void ay_handle_free(struct ay_mount *m, struct ay_handle *h);
/* At the end of the session: what programs still had open. Nothing counts as closed by it. */
void ay_handles_abandon(struct ay_mount *m);
static inline struct ay_handle *ay_handle_of(const struct fuse_file_info *fi) { return (struct ay_handle *)(uintptr_t)fi->fh; }
/* Thread group of a thread id of ours or, seen from FUSE, of the caller; 0 when it is unknown. */
int32_t ay_tgid_of(int32_t tid);
/* Does the flush come from the thread group that opened? pid 0 never does. */
bool ay_handle_by_opener(const struct ay_handle *h, int32_t tid);

struct ay_stream *ay_stream_get(struct ay_inodes *t, struct ay_inode *in);
void ay_stream_put(struct ay_inodes *t, struct ay_inode *in);
/* The file is empty: hashing starts anew. */
void ay_stream_restart(struct ay_stream *s);
void ay_stream_disorder(struct ay_stream *s);

/* ---- backing.c ---- */

#define AY_BACKING_STRIPES 512
#define AY_BACKING_REST_S 60
struct ay_backing;
struct ay_backings {
	struct { pthread_mutex_t lock; struct ay_backing *first; } stripe[AY_BACKING_STRIPES];
	unsigned kept, room;         /* descriptors of backings, and at most; kept is atomic */
};
void ay_backings_init(struct ay_backings *b);
void ay_backings_free(struct ay_backings *b);
/*
 * How this node is read: all its handles alike, because the kernel refuses a
 * mix. Fills h (kind, fd, node) and fi.
 */
AY_MUSTCHECK int ay_backing_open(struct ay_mount *m, fuse_req_t req, uint64_t node, uint64_t artifact, const struct ay_sha256 *d, struct ay_handle *h,
				 struct fuse_file_info *fi);
void ay_backing_close(struct ay_mount *m, struct ay_handle *h);
/* The file that this node's handles read; false when none is open. */
bool ay_backing_stat(struct ay_mount *m, uint64_t node, struct stat *out);
/* Lets go of what nobody uses since before then. */
void ay_backings_end_rest(struct ay_mount *m, int64_t before_s);

/* ---- park.c ---- */

struct ay_parked;
struct ay_parking { pthread_mutex_t lock; struct ay_parked *first; uint64_t next; };
/* Tells the gate that path was closed; the request is answered when there is a verdict. */
void ay_park(struct ay_mount *m, fuse_req_t req, struct ay_staged *s, struct ay_intake *in, const char *path, const struct ay_sha256 *digest);
/* The interrupt of parked request id: notifier thread. */
void ay_park_interrupt(struct ay_mount *m, uint64_t id);
/* All of them, at the end. */
void ay_park_drain(struct ay_mount *m);

/* ---- invalidate.c ---- */

struct ay_notice;
struct ay_notifier {
	pthread_t thread, main;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct ay_notice *first, **tail;
	bool running, stop;
};
AY_MUSTCHECK int ay_notifier_start(struct ay_mount *m, struct ay_error *e);
void ay_notifier_stop(struct ay_mount *m);
/* An ay_gate_changed. */
void ay_notify_changed(void *arg, const char *ref, enum ay_state state);
/* A parked request was interrupted. */
void ay_notify_interrupt(struct ay_mount *m, uint64_t id);

/* ---- session.c ---- */

/* Answers requests until the session ends. */
AY_MUSTCHECK int ay_session_serve(struct ay_mount *m);

/* ---- mount.c ---- */

struct ay_mount {
	struct ay_gate *gate;
	struct ay_store *store;
	struct fuse_session *session;
	const struct ay_mount_options *options;
	uid_t uid;
	gid_t gid;
	bool passthrough;            /* negotiated */
	int64_t started_s;
	struct ay_inodes inodes;
	struct ay_backings backings;
	struct ay_parking parking;
	struct ay_notifier notifier;
	pthread_mutex_t handles_lock;
	struct ay_handle *handles;   /* handles_lock */
	pthread_mutex_t ino_lock;
	uint64_t ino_next, ino_end;  /* reserved, ino_lock */
	uint64_t claim_bytes;        /* in buffers of handles; atomic */
};
/* A reserved st_ino; 0 when the catalogue cannot be written. */
uint64_t ay_mount_ino(struct ay_mount *m);

/* ---- operations ---- */

void ay_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void ay_op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t n);
void ay_op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *v);
void ay_op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void ay_op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void ay_op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void ay_op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void ay_op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
void ay_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void ay_op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void ay_op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void ay_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent, const char *newname, unsigned int flags);
void ay_op_symlink(fuse_req_t req, const char *link, fuse_ino_t parent, const char *name);
void ay_op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname);
void ay_op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void ay_op_readlink(fuse_req_t req, fuse_ino_t ino);
void ay_op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void ay_op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi);
void ay_op_access(fuse_req_t req, fuse_ino_t ino, int mask);
void ay_op_statfs(fuse_req_t req, fuse_ino_t ino);
void ay_op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void ay_op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void ay_op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void ay_op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void ay_op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi);
void ay_op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off, struct fuse_file_info *fi);
void ay_op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void ay_op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
void ay_op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);

/* Between those files. */

/* Path of name in a staged directory. -ENAMETOOLONG, -EINVAL, -ESTALE. */
AY_MUSTCHECK int ay_place_child(struct ay_mount *m, const struct ay_place *dir, const char *name, char *path, size_t size);
/* May this user do this to name in a staged directory? On success *out is held until ay_staged_changed. -ESTALE: it was admitted meanwhile. */
AY_MUSTCHECK int ay_staged_change(struct ay_mount *m, const struct ay_place *dir, const struct ay_cred *c, enum ay_change what,
				  const char *name, char *path, size_t size, struct ay_intake **out);
/* An ignored name below a directory that is judged or admitted, or what is below one. -EROFS when it is not ignored. */
AY_MUSTCHECK int ay_ghost_make(struct ay_mount *m, const struct ay_place *dir, const char *name, const struct ay_cred *c, bool is_dir,
			       struct ay_inode **out);
/* The i-th entry of the root, or NULL. */
const char *ay_root_entry(size_t i);
/* Gives a staged node the st_ino that it keeps. */
void ay_inode_number(struct ay_mount *m, struct ay_inode *in);
/* The pinned node of an artifact that is not admitted. AY_ENOTFOUND. */
AY_MUSTCHECK int ay_names_artifact(struct ay_mount *m, struct ay_inode *dir, const char *name, const char *ref, struct ay_inode **out);
/* Is anything recorded below this directory of names? */
bool ay_names_exist(struct ay_mount *m, const char *path);

/* Answers a lookup, mkdir or create with this inode and its attributes; takes the pin. False: the kernel does not have it. */
bool ay_reply_inode(fuse_req_t req, struct ay_inode *in, double entry_s, struct fuse_file_info *created);
void ay_reply_node(fuse_req_t req, const struct ay_node *n, double entry_s);
/* A write handle of a staged file; flags of open, with O_CREAT when it was made just now. */
AY_MUSTCHECK int ay_write_open(struct ay_mount *m, fuse_req_t req, struct ay_inode *in, struct ay_intake *intake, const char *path, int flags,
			       struct ay_handle **out);
AY_MUSTCHECK int ay_write_truncate(struct ay_mount *m, struct ay_handle *h, uint64_t size);
/* Ends a write handle, as RELEASE does: nobody waits for the verdict. */
void ay_write_close(struct ay_mount *m, struct ay_handle *h);
/* Ends a handle of any kind. */
void ay_handle_end(struct ay_mount *m, struct ay_handle *h);
/* A handle of a claim on its way in, or of a ghost. */
AY_MUSTCHECK int ay_brought_open(struct ay_mount *m, fuse_req_t req, struct ay_inode *in, int flags, struct ay_handle **out);
/* May this user bring claims to ref? */
AY_MUSTCHECK int ay_claim_allowed(struct ay_mount *m, const char *ref, const struct ay_cred *c);
/* The node of a claim that is written into attest/CLASS/NAME@VERSION/. -EPERM when dir or name is another. */
AY_MUSTCHECK int ay_attest_create(struct ay_mount *m, const struct ay_place *dir, const char *name, const struct ay_cred *c,
				  struct ay_inode **out);

#endif
