/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the drift gate share, and what a report shows of it. */
#ifndef ASSAY_GATE_DRIFT_PARTS_H
#define ASSAY_GATE_DRIFT_PARTS_H

#include "assay/schema.h"
#include "gate/candidate.h"
#include "scanners/data/batch.h"
#include "scanners/data/drift.h"

/* One comparison of counts with the reference. */
struct ay_drift_set {
	const char *what;                    /* "new rows", "all rows"; static */
	enum ay_drift_state state;           /* the worst of its columns */
	struct ay_drift_result *results;     /* one a column of the reference */
	struct ay_drift_limits *limits;      /* that each was judged by */
	bool *absent;                        /* a label that the tables do not have: not judged */
};

#define AY_DRIFT_SETS 4

enum ay_pool_state { AY_POOL_NONE, AY_POOL_WAITING, AY_POOL_ADMITTED, AY_POOL_REJECTED };

/* A held version of the name whose record names the same reference. */
struct ay_pool_member {
	uint64_t id;
	char ref[AY_LIMIT_REF + 1];
	struct ay_sha256 root;
	enum ay_pool_state found;            /* as it was found: waiting, or decided and not yet judged again */
	bool counted;                        /* its rows are in the pool */
};

struct ay_drift_pool {
	enum ay_pool_state state;            /* what the candidate's own verdict makes of the pool */
	bool kept;                           /* it was decided by an earlier verdict */
	struct ay_pool_member *members;
	size_t n, counted, uncounted;
};

/* Stays with the candidate until its report is written. */
struct ay_drift_kept {
	struct ay_budget budget;
	const struct ay_reference *reference;    /* the schema's; NULL: there is none, nor what follows */
	bool *label;                         /* of each column of the reference */
	struct ay_drift_limits *limits;      /* likewise */
	struct ay_drift_set set[AY_DRIFT_SETS];
	size_t nsets;
	struct ay_batch batch;               /* the counts of set[0] */
	bool counted;                        /* they are there */
	bool *fresh;                         /* of each file: its table is among those counts */
	struct ay_drift_pool pool;
	const char *season;                  /* of the reference; NULL: there are none. The policy's */
};

/* While the gate runs. */
struct ay_comparing {
	struct ay_candidate *c;
	struct ay_drift_kept *kept;
	bool *old;                           /* of each file: the newest admitted version has it */
	bool increment;                      /* some table is old, some new */
	const struct ay_schema *schema;           /* that has the reference */
	bool images;                         /* the rows of the reference are images */
	struct ay_counting *waiting;         /* images that are counted and not yet in a batch */
	uint64_t waiting_rows;
};

/* ---- gate_drift.c ---- */

/* Judges counts and keeps the results; NULL after a finding that says why they could not be judged. limits: one a column. */
struct ay_drift_set *ay_drift_compare(struct ay_comparing *k, const struct ay_batch *batch, const char *what,
				      const struct ay_drift_limits *limits, double alpha);
/* One finding for each column that is not as the reference is. found: the rule of those that drift; held: those too that have too few rows. */
void ay_drift_report(const struct ay_comparing *k, const struct ay_drift_set *set, const char *found, bool held);
/* Those that drift alone. */
void ay_drift_report_found(const struct ay_comparing *k, const struct ay_drift_set *set, const char *rule);
/* Adds the counts of one table, or an image to those that wait. */
AY_MUSTCHECK int ay_drift_add_table(struct ay_comparing *k, const struct ay_scan_note *n, const char *path, struct ay_batch *batch);
/* Which files the newest admitted version has; reads c and fills old and increment alone. */
AY_MUSTCHECK int ay_drift_mark_old(struct ay_comparing *k);
void ay_drift_cannot(const struct ay_comparing *k, const char *what, const char *why);

/*
 * ---- drift_images.c: images as rows of a table ----
 *
 * They are counted here and not by a worker, because a note is kept by content and the label is the folder.
 */

bool ay_drift_is_image(const struct ay_scan_note *n);
/* It is a table, or an image where the reference is of images. NULL-safe on n. */
bool ay_drift_counts(const struct ay_comparing *k, const struct ay_scan_note *n);
AY_MUSTCHECK int ay_drift_add_image(struct ay_comparing *k, const struct ay_scan_note *n, const char *path);
/*
 * Moves those that wait into batch; drops them when code, which is then returned, is not 0. files: of each, in the order in which they
 * were added, the file that it is; NULL: nobody asks.
 */
AY_MUSTCHECK int ay_drift_take_images(struct ay_comparing *k, int code, const uint32_t *files, struct ay_batch *batch);

/* ---- drift_past.c: digests and versions ---- */

/* A set of digests. */
struct ay_digests { struct ay_sha256 *v; bool *used; size_t n, cap; };
/* 1: it is new; 0: it was there; or a negative code. */
AY_MUSTCHECK int ay_digests_add(struct ay_digests *d, const struct ay_sha256 *digest);
bool ay_digests_have(const struct ay_digests *d, const struct ay_sha256 *digest);
void ay_digests_free(struct ay_digests *d);

/* The newest admitted versions of the candidate's name, those before it when it is admitted itself: newest first, at most max. */
struct ay_versions { struct ay_artifact *v; size_t n; };
AY_MUSTCHECK int ay_versions_list(struct ay_txn *t, const struct ay_candidate *c, size_t max, struct ay_versions *out);
void ay_versions_free(struct ay_versions *l);

/* ---- drift_pool.c: held batches that are judged together ---- */

/* The candidate's rows are too few. True when findings say what became of the pool; false: it is held alone. */
bool ay_drift_pool(struct ay_comparing *k);
void ay_drift_pool_free(struct ay_drift_pool *p);

/* ---- drift_history.c: the last admitted batches with this one ---- */
void ay_drift_history(struct ay_comparing *k);

#endif
