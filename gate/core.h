/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of gate/ share about struct ay_gate.
 *
 * Lock order, outermost first: intake->lock, gate->lock, then one of the leaf
 * locks (rights, opens, tasks, high water). No lock is held across ay_commit,
 * a wait for workers, file I/O of payload, or a call of the hook.
 */
#ifndef ASSAY_GATE_CORE_H
#define ASSAY_GATE_CORE_H

#include <pthread.h>
#include "assay/change.h"
#include "assay/claim.h"
#include "assay/gate.h"
#include "assay/log.h"

/* A policy or trust root that somebody may still be reading. */
struct ay_snap {
	void *obj;
	bool trust;
	unsigned refs;                       /* the gate's own reference counts while it is in force */
	struct ay_snap *next;
};

/* What one uid has under way. */
struct ay_quota { uint32_t uid; uint32_t open; int64_t bytes; };   /* bytes: open, held and rejected ones, and puts under way */

struct ay_rights;
struct ay_opens;
struct ay_tasks;
struct ay_verified;
struct ay_label_owns;

struct ay_gate {
	struct ay_store *store;
	struct ay_monitor *monitor;          /* borrowed; NULL: judges nothing that needs a scan */
	struct ay_pool *pool;
	struct ay_key *key;                  /* signs hallmarks: P-256 */
	struct ay_key *manifest_key;         /* signs manifest.sha256: Ed25519, minisign */
	struct ay_pubkey log_pub;
	char origin[256];
	char scanners[65];                   /* ay_scanners_version */
	struct ay_rights *rights;
	struct ay_opens *opens;
	struct ay_tasks *tasks;
	struct ay_verified *verified;
	struct ay_label_owns *label_owns;

	pthread_mutex_t lock;                /* guards what follows */
	struct ay_snap *snaps;
	const struct ay_policy *policy;      /* in force */
	const struct ay_trust *trust;
	uint64_t policy_version;
	uint64_t file_bytes;                 /* limit of one file; atomic */
	bool verifies;                       /* some name has verify: open; atomic */
	struct ay_sha256 policy_digest;
	uint64_t generation;                 /* raised when an answer of may_open may change */
	struct ay_sha256 *owners; size_t nowners;   /* keys that held the root role in some version of the chain */
	struct ay_intake *intakes;           /* open ones, and others while referenced */
	struct ay_quota *quotas; size_t nquotas;
	char **reserved; size_t nreserved;   /* references that a put is about to take */
	ay_gate_changed hook;
	void *hook_arg;
};

/* ---- gate.c ---- */

void ay_gate_fire(struct ay_gate *g, const char *ref, enum ay_state state);
/* Raises the generation: cached answers of may_open are dropped. */
void ay_gate_bump(struct ay_gate *g);
/* Reserves a reference for a put or a create; AY_EBUSY when another one has it. */
AY_MUSTCHECK int ay_gate_reserve(struct ay_gate *g, const char *ref, struct ay_error *e);
void ay_gate_unreserve(struct ay_gate *g, const char *ref);
/* Adds to what uid has under way. AY_ELIMIT beyond the policy, unless it is less than before. */
AY_MUSTCHECK int ay_gate_charge(struct ay_gate *g, uint32_t uid, int open, int64_t bytes, struct ay_error *e);
/* The same for what is there already or goes: never refused. */
void ay_gate_count(struct ay_gate *g, uint32_t uid, int open, int64_t bytes);

/* ---- change.c: signed changes of trust, policy, baselines, waivers ---- */

/* Statement of our own: predicateType AY_PREDICATE_PREFIX kind; predicate is one JSON object. */
AY_MUSTCHECK int ay_own_statement(const char *kind, const char *subject, const struct ay_sha256 *digest, const char *predicate, struct ay_buf *out);
/* Checks such a statement: kind, and a signer that trust allows in this role for this name. */
AY_MUSTCHECK int ay_own_verify(const struct ay_trust *t, enum ay_role role, const char *name, const char *kind, const void *bytes, size_t len,
			       uint64_t log_index, struct ay_statement *out, struct ay_pubkey *signer_out, struct ay_error *e);
/* A value of the tables WAIVER and BASELINE: u64be log index, then the curator's bundle. */
AY_MUSTCHECK int ay_indexed_verify(const struct ay_trust *t, const char *name, const char *kind, const void *val, size_t len,
				   struct ay_statement *out);
/* Commits a signed next version and reloads. */
AY_MUSTCHECK int ay_change_trust(struct ay_gate *g, const void *envelope, size_t len, struct ay_error *e);
AY_MUSTCHECK int ay_change_policy(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e);
AY_MUSTCHECK int ay_change_waiver(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e);
AY_MUSTCHECK int ay_change_baseline(struct ay_gate *g, const void *bundle, size_t len, struct ay_error *e);
/* The YAML text inside a signed policy, and its version. */
AY_MUSTCHECK int ay_policy_payload(const struct ay_statement *st, struct ay_buf *yaml_out, uint64_t *version_out, struct ay_error *e);

/* ---- load.c: the chain of trust roots and the policy from the catalogue ---- */

AY_MUSTCHECK int ay_load_trust(struct ay_gate *g, struct ay_trust **out, struct ay_error *e);
AY_MUSTCHECK int ay_load_policy(struct ay_gate *g, const struct ay_trust *t, struct ay_policy **out, uint64_t *version_out, struct ay_error *e);

/* ---- leaf.c ---- */

/* Log leaf of an envelope and the key that signed it. */
AY_MUSTCHECK int ay_envelope_leaf(const struct ay_envelope *env, const struct ay_pubkey *k, struct ay_buf *out);
/* The same from the bytes of a bundle. */
AY_MUSTCHECK int ay_bundle_leaf(const void *bytes, size_t len, const struct ay_pubkey *k, struct ay_buf *out);

/* ---- rights.c ---- */

AY_MUSTCHECK int ay_rights_new(struct ay_rights **out);
void ay_rights_free(struct ay_rights *r);
void ay_rights_forget(struct ay_rights *r);

/* ---- opens.c ---- */

AY_MUSTCHECK int ay_opens_new(struct ay_opens **out);
void ay_opens_free(struct ay_opens *o);
/* Is this admitted artifact readable by anybody under this trust root and policy? 0, AY_EPOLICY or AY_ETRUST with the reason. */
AY_MUSTCHECK int ay_standing(struct ay_gate *g, struct ay_txn *t, const struct ay_policy *p, const struct ay_trust *tr,
			     const struct ay_artifact *a, struct ay_error *e);

/* ---- verified.c: what was hashed since this gate was opened ---- */

AY_MUSTCHECK int ay_verified_new(struct ay_verified **out);
void ay_verified_free(struct ay_verified *v);

/* ---- label_own.c: what was found out about references since this gate was opened ---- */

AY_MUSTCHECK int ay_label_owns_new(struct ay_label_owns **out);
void ay_label_owns_free(struct ay_label_owns *o);

/* ---- tasks.c: two threads for judging and hashing ---- */

AY_MUSTCHECK int ay_tasks_new(struct ay_gate *g, struct ay_tasks **out, struct ay_error *e);
/* Runs what is queued, then stops; what is added later is dropped by free. */
void ay_tasks_stop(struct ay_tasks *t);
void ay_tasks_free(struct ay_tasks *t);
void ay_tasks_add(struct ay_tasks *t, void (*run)(struct ay_gate *g, void *arg), void *arg);

/* ---- highwater.c ---- */

struct ay_highwater { struct ay_sha256 root_key; uint64_t trust, policy, log; };
/* AY_EROLLBACK when a mark is above what the store has. */
AY_MUSTCHECK int ay_highwater_check(const char *store_dir, const struct ay_highwater *now, struct ay_error *e);
AY_MUSTCHECK int ay_highwater_save(const char *store_dir, const struct ay_highwater *now, struct ay_error *e);
/* What the store holds at this moment. */
AY_MUSTCHECK int ay_highwater_now(struct ay_gate *g, struct ay_highwater *out);
/* Best effort after a commit. */
void ay_highwater_raise(struct ay_gate *g);

/* ---- intake.c ---- */

void ay_intake_sweep(struct ay_gate *g);              /* discards what was idle for open_ttl */
AY_MUSTCHECK int ay_intake_resume(struct ay_gate *g, struct ay_error *e);
void ay_intake_drop_all(struct ay_gate *g);

#endif
