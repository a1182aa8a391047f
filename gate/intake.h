/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about an artifact on its way in share. Fields are guarded by lock unless said otherwise. */
#ifndef ASSAY_GATE_INTAKE_H
#define ASSAY_GATE_INTAKE_H

#include "gate/candidate.h"

/* One file of the staged tree: the only thing kept per file while an artifact is open. */
struct ay_intake_file {
	struct ay_intake_file *next;         /* in its bucket */
	uint64_t ino, size;
	uint32_t opened, flushed;            /* write handles; those of them that were flushed for good */
	uint32_t turn;                       /* raised by every write-open: what was found out before is void */
	bool busy;                           /* queued, being hashed or scanned */
	bool hashed;
	bool failed;                         /* its own scan says fail */
	bool cached;                         /* the note came from the cache */
	struct ay_sha256 sha256, key;
	struct ay_scan_note *note;
	char path[];
};

struct ay_intake_table { struct ay_intake_file **v; size_t nbuckets, n; };
struct ay_intake_file *ay_table_find(const struct ay_intake_table *t, const char *path);
/* Finds or makes; NULL out of memory. */
struct ay_intake_file *ay_table_make(struct ay_intake_table *t, const char *path);
void ay_table_remove(struct ay_intake_table *t, const char *path);
/* Moves path, or all below it when it is a directory. */
AY_MUSTCHECK int ay_table_rename(struct ay_intake_table *t, const char *from, const char *to);
void ay_table_free(struct ay_intake_table *t);

/* Policy, trust root and scan plan that files are judged with; replaced when the gate's generation changes. */
struct ay_context { unsigned refs; uint64_t generation; struct ay_candidate *c; };

struct ay_waiter {
	uint64_t ticket;
	ay_verdict_done done;
	void *arg;
	bool verdict;                        /* waits for the artifact, else for its file */
	uint32_t turn;
	struct ay_waiter *next;
	char path[];
};

struct ay_intake {
	struct ay_gate *g;
	struct ay_intake *next;              /* g->lock */
	unsigned refs;                       /* g->lock; the list itself counts as one */
	bool listed;                         /* g->lock */
	int tree_fd;                         /* const */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct ay_artifact art;
	struct ay_intake_table files;
	struct ay_context *context;
	unsigned handles;                    /* write handles open and not flushed */
	unsigned busy, failed;
	unsigned changing;                   /* changes of the tree that were allowed and are under way */
	bool judging, settling, gone;
	bool again;                          /* asked to settle while a look was under way */
	bool claims_dirty;
	struct ay_claim_list claims;         /* verified under context; replaced whole, and only while settling or judging */
	const struct ay_oms *manifest;       /* of claims */
	struct ay_waiter *waiters;
	uint64_t next_ticket;
	int64_t bytes, touched_s;
	char refused[128];                   /* what the mount would not make; "": nothing */
};

void ay_intake_ref(struct ay_intake *in);
/* Out of the gate's list: later finds do not see it. */
void ay_intake_unlist(struct ay_intake *in);
/* Writes the record as it is now. */
AY_MUSTCHECK int ay_intake_save(struct ay_intake *in, struct ay_error *e);
/* Context under the policy in force; with a reference. */
AY_MUSTCHECK int ay_intake_context(struct ay_intake *in, struct ay_context **out, struct ay_error *e);
void ay_context_unref(struct ay_context *c);
/* Lock held. Changes state, quota and reason. */
void ay_intake_state(struct ay_intake *in, enum ay_state state, const char *reason);
/* Lock held: takes out the waiters that match (path NULL: those for the verdict). Called without it: answers them. */
struct ay_waiter *ay_waiters_take(struct ay_intake *in, const char *path, uint32_t turn);
void ay_waiters_answer(struct ay_waiter *list, int code);

/* intake_scan.c: a file that was closed. Takes over a reference. */
void ay_intake_process(struct ay_intake *in, const char *path, uint32_t turn, const struct ay_sha256 *digest);
/* intake_judge.c: queues a look at whether everything is there. Lock held; false when it cannot be now. */
bool ay_intake_settle(struct ay_intake *in);
/* Reads the claim files of staging. */
AY_MUSTCHECK int ay_intake_claims(struct ay_intake *in, struct ay_claim_list *out, struct ay_error *e);

#endif
