/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission. One struct ay_gate exists in the process that owns the store; the
 * mount and the verbs both speak through it. Thread-safe unless said otherwise.
 * Invariants 1, 2, 4, 6, 7 and 8 are held here.
 */
#ifndef ASSAY_GATE_H
#define ASSAY_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/error.h"
#include "assay/json.h"
#include "assay/policy.h"
#include "assay/scan.h"
#include "assay/store.h"
#include "assay/trust.h"
#include "assay/worker.h"

struct ay_gate;

/* Who asks; from FUSE's context or SO_PEERCRED. */
struct ay_cred { uint32_t uid, gid; int32_t pid; };

struct ay_gate_options {
	const char *store;                 /* directory */
	struct ay_monitor *monitor;        /* already started; may be NULL for verbs that never judge */
	bool accept_rollback;              /* --accept-rollback, logged */
	unsigned workers;                  /* 0: one per core */
};
/* Opens the store as its owner, loads keys, trust root and policy, checks high-water marks kept outside (AY_EROLLBACK), resumes artifacts that a crash left open. */
AY_MUSTCHECK int ay_gate_open(const struct ay_gate_options *o, struct ay_gate **out, struct ay_error *e);
void ay_gate_close(struct ay_gate *g);
struct ay_store *ay_gate_store(struct ay_gate *g);
/* Snapshots with a reference; release when done. */
const struct ay_policy *ay_gate_policy(struct ay_gate *g);
void ay_gate_policy_release(struct ay_gate *g, const struct ay_policy *p);
const struct ay_trust *ay_gate_trust(struct ay_gate *g);
void ay_gate_trust_release(struct ay_gate *g, const struct ay_trust *t);
/* Makes a new store with keys, trust root 1 signed by owner, policy 1, log. solo: a public key that also becomes publisher, builder and curator. */
AY_MUSTCHECK int ay_gate_init(const char *dir, const struct ay_key *owner, const struct ay_pubkey *solo, const char *user, struct ay_error *e);
/* Reload after a signed change was committed (gate's own handlers call it); re-judges the claims that it touches and fires the hook for each artifact whose readability changes. */
AY_MUSTCHECK int ay_gate_reload(struct ay_gate *g, struct ay_error *e);

/* Told to the mount: names below this reference changed (admitted, rejected, revoked, removed). Called from any thread without locks held. */
typedef void (*ay_gate_changed)(void *arg, const char *ref, enum ay_state state);
void ay_gate_set_hook(struct ay_gate *g, ay_gate_changed fn, void *arg);

/* ---- rights ---- */

/* Groups by getgrouplist, cached 60 s. Root is not special for reading what is not admitted. */
bool ay_gate_may(struct ay_gate *g, const struct ay_cred *c, const char *name, enum ay_right right);
/* On some name below directory dir, maybe: for making directories on the way to it. */
bool ay_gate_may_below(struct ay_gate *g, const struct ay_cred *c, const char *dir, enum ay_right right);

/*
 * INV-1: may this admitted artifact be opened now? Admitted, not revoked, under
 * the trust root and policy in force, and cred has the read right. One hash
 * look-up when nothing changed since the last answer.
 */
AY_MUSTCHECK int ay_gate_may_open(struct ay_gate *g, uint64_t artifact, const struct ay_cred *c, struct ay_error *e);
/* The same for objects/sha256/HEX: some admitted artifact that holds it and that cred may read. */
AY_MUSTCHECK int ay_gate_may_open_object(struct ay_gate *g, const struct ay_sha256 *d, const struct ay_cred *c, struct ay_error *e);

/*
 * Content that the caller may open (asked before): like ay_object_open; where the policy says verify: open, also hashed at its
 * first open by this gate. artifact 0: by content. AY_ECORRUPT when it is not what was sealed.
 */
AY_MUSTCHECK int ay_gate_object_open(struct ay_gate *g, uint64_t artifact, const struct ay_sha256 *d, struct ay_error *e);
/* Grows whenever an answer about who may read, or how objects are verified, may have changed. */
uint64_t ay_gate_generation(struct ay_gate *g);

/* ---- intake: an artifact on its way in ---- */

/* Referenced handle; the same artifact always gives the same object while referenced. */
/* The rules of all gates, then those of the scanners; NULL beyond the last. */
const struct ay_rule *ay_rule_at(size_t i);
/* One of them by its id, or NULL. */
const struct ay_rule *ay_gate_rule(const char *id);

struct ay_intake;

/* New open artifact: publish right, a policy rule, a free VERSION, no tag of that name, quotas. AY_EEXISTS, AY_EACCESS, AY_EPOLICY, AY_ELIMIT. */
AY_MUSTCHECK int ay_intake_create(struct ay_gate *g, const char *ref, const struct ay_cred *c, struct ay_intake **out, struct ay_error *e);
/* AY_ENOTFOUND when there is no artifact in state open, held or rejected of that reference. */
AY_MUSTCHECK int ay_intake_find(struct ay_gate *g, const char *ref, struct ay_intake **out);
void ay_intake_unref(struct ay_intake *in);
/* Snapshot of the record. */
void ay_intake_artifact(struct ay_intake *in, struct ay_artifact *out);
/* O_PATH directory of the staged tree; borrowed, lives as long as the reference. */
int ay_intake_tree_fd(struct ay_intake *in);

enum ay_change { AY_CHANGE_CREATE, AY_CHANGE_WRITE_OPEN, AY_CHANGE_UNLINK, AY_CHANGE_RENAME, AY_CHANGE_MKDIR, AY_CHANGE_FSYNC, AY_CHANGE_ATTR };
/*
 * May the writer do this now? Only the writer's uid; AY_ESTATE while judged,
 * held (unlink too) or after a rejected file until it is removed (creates,
 * write-opens and fsyncs). e says which path offends. A yes to anything but
 * fsync holds judging off until ay_intake_done: what is judged cannot be
 * renamed or opened between the answer and the act (INV-2).
 */
AY_MUSTCHECK int ay_intake_may(struct ay_intake *in, const struct ay_cred *c, enum ay_change what, const char *path, struct ay_error *e);
void ay_intake_done(struct ay_intake *in);
/*
 * The mount tells what happened, after it happened in the tree. ino: st_ino of
 * the file. Thread-safe; none blocks on a gate.
 */
void ay_intake_opened(struct ay_intake *in, const char *path, uint64_t ino);        /* a write handle opened */
void ay_intake_released(struct ay_intake *in, const char *path);                    /* and gone (RELEASE) */
void ay_intake_removed(struct ay_intake *in, const char *path);
void ay_intake_renamed(struct ay_intake *in, const char *from, const char *to);     /* file or directory */
AY_MUSTCHECK int ay_intake_charge(struct ay_intake *in, int64_t bytes, struct ay_error *e);   /* quota; AY_ELIMIT */

/*
 * The mount refused to make or move name inside, with an errno that says nothing: the reason of an open artifact tells
 * it from now on, with what to do instead.
 */
void ay_intake_refused(struct ay_intake *in, const char *name, const char *why);
/* 0 admitted, held or still open; AY_EPOLICY rejected (the file or the artifact). */
typedef void (*ay_verdict_done)(void *arg, int code);
/*
 * The opener closed a handle that wrote. digest: when the mount hashed all of
 * the file as it streamed in, else NULL. Scans the file; settles when
 * everything is there; done is called once, maybe before return, maybe from
 * another thread. ticket_out: for ay_intake_forget.
 */
void ay_intake_closed(struct ay_intake *in, const char *path, const struct ay_sha256 *digest, ay_verdict_done done, void *arg, uint64_t *ticket_out);
/* The waiter was interrupted: done is called with -EINTR unless it was called already; the gates run on. */
void ay_intake_forget(struct ay_intake *in, uint64_t ticket);
/* Settle without a waiter: after a rename, after RELEASE with pid 0. */
void ay_intake_poke(struct ay_intake *in);
/* Bytes that one file may have under the policy in force; a write beyond is refused by the mount. */
uint64_t ay_gate_file_limit(struct ay_gate *g);
/* Judge now: what is absent fails. Blocks. */
AY_MUSTCHECK int ay_intake_judge(struct ay_intake *in, struct ay_error *e);
/* A held artifact again, without cached errors. Blocks. */
AY_MUSTCHECK int ay_intake_retry(struct ay_intake *in, struct ay_error *e);
/* Payload and digests of an open artifact, sorted, for its writer to sign. Waits for hashing; AY_ESTATE while a file is being written. */
AY_MUSTCHECK int ay_intake_files(struct ay_intake *in, const struct ay_cred *c, struct ay_file_list *out, struct ay_error *e);
/* Discards. */
AY_MUSTCHECK int ay_intake_discard(struct ay_intake *in, const struct ay_cred *c, struct ay_error *e);
/* A claim by file (attest/REF/NAME or the top of an admitted artifact). Writer or attest right. */
AY_MUSTCHECK int ay_gate_add_claim(struct ay_gate *g, const char *ref, const struct ay_cred *c, const char *name,
				   const void *bytes, size_t len, struct ay_error *e);
/*
 * Blocks while gates run, and fills the record. timeout_ms 0: no longer than that; else also while the artifact is open,
 * waiting for a file or a claim: at most so many milliseconds, -1 for ever.
 */
AY_MUSTCHECK int ay_gate_wait(struct ay_gate *g, const char *ref, int timeout_ms, struct ay_artifact *out, struct ay_error *e);
/* Is this top-level name a claim's ("model.sig", "*.sigstore.json", "*.intoto.jsonl")? */
bool ay_claim_name(const char *name);

/* ---- put: straight into the store ---- */

struct ay_put_file { const char *path; int fd; /* O_RDONLY regular file; put closes it */ };
struct ay_put {
	const char *ref;
	struct ay_cred cred;
	/* Next file; 0 with *out filled, 1 at the end, or negative. Claims at the top first: a path that they list is never ignored. */
	int (*next)(void *arg, struct ay_put_file *out, struct ay_error *e);
	/* Begins again from the first file, when a collector took what was placed. NULL: put fails then with AY_ECORRUPT. */
	void (*rewind)(void *arg);
	/* After all files are hashed: signs if asked, by adding claims (names as ay_claim_name). May be NULL. */
	int (*sign)(void *arg, const struct ay_file_list *sorted, int (*add)(void *add_arg, const char *name, const void *bytes, size_t len),
		    void *add_arg, struct ay_error *e);
	void (*progress)(void *arg, uint64_t files, uint64_t bytes);
	void *arg;
	const char *from;                /* REF to start from (nothing is copied), or NULL */
	const char *const *remove;       /* paths to leave out of from; NULL-terminated or NULL */
};
/* 0 admitted (or identical content is there already); AY_EPOLICY rejected; AY_ESTATE held. report: JSON of DESIGN 2.4. */
AY_MUSTCHECK int ay_gate_put(struct ay_gate *g, const struct ay_put *p, struct ay_buf *report, struct ay_error *e);

/* ---- views: the virtual files of the mount, and what the verbs print ---- */

struct ay_view_entry { const char *name; bool dir; uint64_t size; /* 0 when made on demand */ };
/* path: "attest/models/x@v1", "trust", "trust/keys", "log/tile/0", ".assay" ... AY_ENOTFOUND. cred decides about artifacts that are not admitted. */
AY_MUSTCHECK int ay_view_list(struct ay_gate *g, const char *path, const struct ay_cred *c, int (*fn)(const struct ay_view_entry *v, void *arg), void *arg);
/* 0 with *dir_out, or AY_ENOTFOUND. */
AY_MUSTCHECK int ay_view_stat(struct ay_gate *g, const char *path, const struct ay_cred *c, bool *dir_out);
AY_MUSTCHECK int ay_view_read(struct ay_gate *g, const char *path, const struct ay_cred *c, struct ay_buf *out, struct ay_error *e);

/* ---- requests: verbs over STORE/run/sock or in process ---- */

/*
 * One JSON request ({"verb": "ls", ...}) gives one JSON reply
 * ({"ok": true, ...} or {"ok": false, "code": N, "error": {...}}); gate/serve.c
 * has the table of verbs. Never fails: errors are replies.
 */
void ay_serve(struct ay_gate *g, const struct ay_cred *c, const struct ay_json *request, struct ay_buf *reply);
/* Listens on STORE/run/sock, a thread a connection, until stopped. mount_point goes into the reply of "status"; may be NULL. */
struct ay_server;
AY_MUSTCHECK int ay_server_start(struct ay_gate *g, const char *mount_point, struct ay_server **out, struct ay_error *e);
void ay_server_stop(struct ay_server *s);
/* Client side: sends a request to the owner of this store. AY_ENOTFOUND when nobody listens. */
AY_MUSTCHECK int ay_ask(const char *store_dir, const struct ay_buf *request, struct ay_buf *reply, struct ay_error *e);

/* ---- reports ---- */

/* SARIF 2.1.0 from a report document. */
AY_MUSTCHECK int ay_report_sarif(const struct ay_json *report, struct ay_buf *out);

#endif
