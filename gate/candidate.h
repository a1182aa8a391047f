/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A candidate is all that the gates may look at: the record, the payload with
 * digests, the claims with what each is worth, and the scan note of each file.
 * Built by intake, put or from an admitted tree; judged by ay_judge; admitted
 * or recorded by ay_admit. One thread at a time.
 */
#ifndef ASSAY_GATE_CANDIDATE_H
#define ASSAY_GATE_CANDIDATE_H

#include "gate/core.h"

struct ay_schema;

/* ---- scan notes ---- */

/* What a scan said of one file's bytes. Shared: files without findings point at one note per format. */
struct ay_scan_note {
	unsigned refs;                       /* atomic */
	int code;                            /* 0, or why it was not judged; such a note is never cached */
	enum ay_verdict verdict;             /* with every rule counted */
	char format[48];
	uint64_t total;                      /* findings, listed or not */
	uint32_t would_pass;                 /* profiles under which it would pass */
	char *findings;                      /* JSON array, or NULL for none */
	struct ay_names tensors;             /* that the file holds */
	struct ay_sibling *siblings;         /* files that its loader reads beside it */
	size_t sibling_count;
	uint8_t *profile;                    /* of a table, encoded; or NULL */
	size_t profile_len;
	uint8_t *keys;                       /* for foreign keys (scanners/data/foreign.h), or NULL */
	size_t keys_len;
	char *why;                           /* code != 0 */
};
#define AY_NOTE_MAX (AY_LIMIT_PROFILE + AY_LIMIT_KEYS + 6 * MIB)    /* encoded */
struct ay_scan_note *ay_note_ref(struct ay_scan_note *n);
void ay_note_unref(struct ay_scan_note *n);
/* From the pool's callback, out of whose result it moves siblings and profile; NULL out of memory. */
struct ay_scan_note *ay_note_of(int code, struct ay_scan_result *r, const struct ay_error *e);
AY_MUSTCHECK int ay_note_encode(const struct ay_scan_note *n, struct ay_buf *out);
AY_MUSTCHECK int ay_note_decode(const void *bytes, size_t len, struct ay_scan_note **out);

/* What a file is scanned for: one per candidate. */
struct ay_scan_plan {
	uint32_t profiles;
	const char *const *opaque;           /* borrowed from the policy snapshot */
	char *schema; size_t schema_len;     /* approved schema of a dataset name, owned; or NULL */
	struct ay_sha256 schema_id;          /* digest of its bytes; zero without one */
	bool by_path;                        /* what it says of a file depends on the whole path */
	bool wanted;                         /* a content gate is on */
};
/* Cache key of (object, scanners, plan, suffix of path or all of it). */
struct ay_sha256 ay_scan_key(const struct ay_gate *g, const struct ay_scan_plan *plan, const struct ay_sha256 *object, const char *path);
/* Fills *out from the cache, or NULL. */
AY_MUSTCHECK int ay_scan_cached(struct ay_txn *t, const struct ay_sha256 *key, struct ay_scan_note **out);

/* ---- claims ---- */

enum ay_claim_kind { AY_CLAIM_OTHER, AY_CLAIM_SIGNATURE, AY_CLAIM_PROVENANCE };

#define AY_CLAIM_SIGNERS 8
struct ay_claim {
	char *name;                          /* file name that it came by */
	uint8_t *bytes; size_t len;
	struct ay_sha256 id;                 /* of the bytes */
	uint64_t log_index;                  /* UINT64_MAX: not logged yet */
	enum ay_claim_kind kind;
	bool counts;                         /* verified, by a key that may say this */
	bool proves;                         /* provenance that holds; filled by ay_gate_provenance */
	const char *rule;                    /* why it does not count: a signature.* rule */
	struct ay_error why;
	enum ay_role role;                   /* that the signers hold */
	struct ay_sha256 signers[AY_CLAIM_SIGNERS]; size_t nsigners;
	struct ay_envelope env; bool has_env;
	struct ay_statement st; bool has_st;
	struct ay_oms oms; bool has_oms;
};
struct ay_claim_list { struct ay_claim *v; size_t n, cap; };
/* Takes a copy of the bytes. A second claim of the same bytes is dropped. */
AY_MUSTCHECK int ay_claims_add(struct ay_claim_list *l, const char *name, const void *bytes, size_t len, uint64_t log_index, struct ay_error *e);
void ay_claims_free(struct ay_claim_list *l);
/* Judges each claim under trust and rules; those of a trust root that has expired count too (the signature gate refuses then). */
void ay_claims_verify(struct ay_claim_list *l, const struct ay_trust *t, const struct ay_rules *r, const struct ay_ref *ref);
/* The file list that the signatures which count agree on: NULL when there is none. *conflict_out: two differ. */
const struct ay_oms *ay_claims_manifest(const struct ay_claim_list *l, bool *conflict_out);
/* Distinct keys behind the signatures that count. */
unsigned ay_claims_signers(const struct ay_claim_list *l);
/* Is there a provenance claim that counts, about this root? */
bool ay_claims_provenance(const struct ay_claim_list *l, const struct ay_sha256 *root, const struct ay_sha256 *alias);
/* Text of record "signers": one line per counting key: kind, role, key id, log index. */
AY_MUSTCHECK int ay_claims_signers_text(const struct ay_claim_list *l, struct ay_buf *out);

/* ---- verdicts ---- */

struct ay_note {                             /* a finding of a gate itself */
	const struct ay_rule *rule;
	char *path, *message, *value, *limit;
	bool waived;
};
struct ay_gate_result {
	bool ran;
	enum ay_verdict verdict;
	struct ay_note *v; size_t n;         /* listed */
	uint64_t total;
	int64_t ms;
};
/* Another version of the store that the candidate was compared with. */
struct ay_compared_with {
	char package[AY_LIMIT_REF + 1];      /* as the schema names it */
	char ref[AY_LIMIT_REF + 1];          /* the version that was found */
	struct ay_sha256 root;
};
struct ay_judgement {
	enum ay_verdict verdict;
	struct ay_gate_result gate[AY_GATE_COUNT];
	char reason[256];
	struct ay_compared_with *with; size_t nwith;
};

struct ay_waiver { char rule[64]; int64_t until_s; struct ay_waiver *next; };

struct ay_candidate {
	struct ay_gate *g;
	const struct ay_policy *policy;      /* snapshots, released by ay_candidate_free */
	const struct ay_trust *trust;
	const struct ay_rules *rules;
	struct ay_artifact art;
	struct ay_file_list files;           /* payload, sorted */
	struct ay_scan_note **notes;         /* one a file, NULL: not scanned */
	struct ay_claim_list claims;
	struct ay_scan_plan plan;
	struct ay_schema *schema;            /* plan.schema as it was loaded by ay_candidate_schema, or NULL */
	struct ay_waiver *waivers;
	char **ignored; size_t nignored;     /* left out, at most 100 names */
	uint64_t ignored_total;
	bool baseline;                       /* plan.schema is an approved one */
	uint64_t baseline_version;
	int64_t now_s;
	bool again;                          /* admitted already: an expired trust root does not undo that */
	struct ay_sha256 root, alias;        /* filled by ay_judge */
	struct ay_judgement judged;          /* filled by ay_judge */
	struct ay_drift_kept *drift;         /* what the drift gate compared (gate/drift_parts.h), or NULL */
	struct { struct ay_sha256 *key; struct ay_scan_note **note; size_t n, cap; } fresh;  /* scan results to cache with the verdict */
};
/* Snapshots, rules, waivers, baseline and scan plan for ref. */
AY_MUSTCHECK int ay_candidate_new(struct ay_gate *g, const struct ay_ref *ref, struct ay_candidate **out, struct ay_error *e);
void ay_candidate_free(struct ay_candidate *c);
/* The schema of the plan, loaded once; borrowed. NULL: there is none, or it is not valid, which e says (it may be NULL). */
const struct ay_schema *ay_candidate_schema(struct ay_candidate *c, struct ay_error *e);
void ay_candidate_ignored(struct ay_candidate *c, const char *path);
/* Remembers a new scan result, to be cached when the verdict is committed. Errors are not. */
void ay_candidate_fresh(struct ay_candidate *c, const struct ay_sha256 *key, struct ay_scan_note *n);
/* Claims that are attached to c->art in the catalogue, with their log leaves. */
AY_MUSTCHECK int ay_candidate_attached(struct ay_candidate *c, struct ay_error *e);
/* Payload, claims and cached or new scans of an artifact whose tree is in the catalogue. */
AY_MUSTCHECK int ay_candidate_from_tree(struct ay_gate *g, const struct ay_artifact *a, bool cached_scans, struct ay_candidate **out, struct ay_error *e);

/* Runs every gate that the rules ask for; what is absent fails. Fills root, alias and judged. */
AY_MUSTCHECK int ay_judge(struct ay_candidate *c, struct ay_error *e);
/* The content gates alone: a verdict about files of a tree that is not complete. */
AY_MUSTCHECK int ay_judge_content(struct ay_candidate *c, struct ay_error *e);
void ay_judgement_free(struct ay_judgement *j);
void ay_gate_result_free(struct ay_gate_result *r);
/* One finding of a gate, with the rule's verdict. path, value and limit may be NULL. */
void ay_gate_find(struct ay_candidate *c, enum ay_gate_kind k, const char *rule, const char *path, const char *value, const char *limit,
		  const char *fmt, ...) AY_PRINTF(7, 8);
/* The gate that a rule belongs to. */
enum ay_gate_kind ay_rule_gate(const struct ay_rule *r);
bool ay_waived(const struct ay_waiver *w, const struct ay_rule *r, int64_t now_s);
/* The worst that this note says to the gates which are on, waivers applied. */
enum ay_verdict ay_note_decide(const struct ay_scan_note *n, const struct ay_rules *r, const struct ay_waiver *w, int64_t now_s);
/* Calls fn for each listed finding of a note with its rule and message. */
typedef void (*ay_note_fn)(void *arg, const struct ay_rule *rule, const struct ay_json *finding);
AY_MUSTCHECK int ay_note_each(const struct ay_scan_note *n, ay_note_fn fn, void *arg);

void ay_gate_integrity(struct ay_candidate *c);
void ay_gate_signature(struct ay_candidate *c);
void ay_gate_provenance(struct ay_candidate *c);
void ay_gate_content(struct ay_candidate *c);
/* Whether files hold what others of the tree read from them; the tree is complete. */
void ay_gate_siblings(struct ay_candidate *c);
/* Whether the tree has the files that the schema names; the tree is complete. */
void ay_gate_schema(struct ay_candidate *c);
/* The tables of the tree against the approved reference: those that the newest admitted version of the name does not have, and all. */
void ay_gate_drift(struct ay_candidate *c);
/* The same tables: values and rows unlike those of the reference. */
void ay_gate_outliers(struct ay_candidate *c);
/* The same tables, for signs that somebody tampered with them. */
void ay_gate_poison(struct ay_candidate *c);
void ay_drift_kept_free(struct ay_drift_kept *k);
/* With the verdict: which reference an admitted version was judged by (gate/drift_history.c). */
AY_MUSTCHECK int ay_drift_reference_write(struct ay_txn *t, const struct ay_candidate *c, uint64_t artifact);
/* With the verdict about this artifact: that it waits for others, or what was decided of those that waited (gate/drift_pool.c). */
AY_MUSTCHECK int ay_drift_pool_write(struct ay_txn *t, struct ay_candidate *c, uint64_t artifact);
/* After it: queues those that the verdict decided, to be judged again. */
void ay_drift_pool_after(struct ay_candidate *c);
/* When the store is opened: queues it when it was decided and is held still. */
void ay_drift_pool_resume(struct ay_gate *g, const struct ay_artifact *a);
/* Does this claim say where the tree came from, with all that the rules ask for? c->root and alias are known. */
bool ay_provenance_holds(struct ay_candidate *c, const struct ay_claim *k);

/*
 * The newest admitted version of CLASS/NAME other than the candidate, or CLASS/NAME@VERSION or @TAG. standing: it meets the policy in
 * force too, so that what it holds may be relied on. Else a negative code, and why says it.
 */
AY_MUSTCHECK int ay_version_find(struct ay_candidate *c, const char *ref, bool standing, struct ay_artifact *out, char why[256]);

AY_MUSTCHECK int ay_waivers_load(struct ay_gate *g, const struct ay_trust *t, const struct ay_ref *ref, struct ay_waiver **out);
void ay_waivers_free(struct ay_waiver *w);
/* Approved schema of a dataset name: 0 with *schema (malloc), or AY_ENOTFOUND. pinned: that version (0: none) instead of the newest. */
AY_MUSTCHECK int ay_baseline_load(struct ay_gate *g, const struct ay_trust *t, const char *name, const uint64_t *pinned, char **schema,
				  uint64_t *version_out);

/* ---- scans ---- */

/* Scans many files at once; results arrive in notes of the candidate's caller. */
struct ay_scans;
typedef void (*ay_scans_done)(void *arg, size_t index, struct ay_scan_note *note);
AY_MUSTCHECK int ay_scans_new(struct ay_gate *g, const struct ay_scan_plan *plan, uint32_t uid, ay_scans_done done, void *arg, struct ay_scans **out);
/* Submits; waits while too many are in flight. done is called with a note that it owns, one call at a time. fd is borrowed. */
AY_MUSTCHECK int ay_scans_add(struct ay_scans *s, size_t index, int fd, uint64_t size, const char *path, struct ay_error *e);
/* Waits for all. */
void ay_scans_finish(struct ay_scans *s);
void ay_scans_free(struct ay_scans *s);

/* ---- admission ---- */

/* How admission finds the bytes: places file i as an object again. NULL for trees that are in the catalogue. */
struct ay_placer { int (*place)(void *arg, size_t i, struct ay_error *e); void *arg; };
/*
 * Records the verdict of a judged candidate durably and in the log, and admits
 * when it says so: c->art has the new state. Objects were placed by the caller
 * (placer places them again when a collector took one). held_tree: a held one
 * keeps its payload in the catalogue (put), else in staging.
 */
AY_MUSTCHECK int ay_admit(struct ay_candidate *c, const struct ay_placer *placer, bool held_tree, struct ay_error *e);
AY_MUSTCHECK int ay_hallmark(struct ay_candidate *c, const struct ay_sha256 *report, struct ay_buf *out);
AY_MUSTCHECK int ay_report(struct ay_candidate *c, struct ay_buf *out);
AY_MUSTCHECK int ay_manifest_text(const struct ay_file_list *files, struct ay_buf *out);
AY_MUSTCHECK int ay_bom(const struct ay_artifact *a, const struct ay_file_list *files, const struct ay_claim_list *claims, struct ay_buf *out);
/* ---- decision.c: what was decided about an admitted artifact under some rules ---- */

/* Key of AY_TABLE_ADMISSION: artifact, rules, trust version. */
#define AY_ADMISSION_KEY (8 + 32 + 8)
void ay_admission_key(uint64_t artifact, const struct ay_sha256 *rules, uint64_t trust_version, uint8_t out[AY_ADMISSION_KEY]);
struct ay_decision {
	enum ay_verdict verdict;
	uint64_t baseline;                   /* version that it was judged by; 0: there was none */
	uint64_t proof[AY_LIMIT_CLAIMS_PER_ARTIFACT]; size_t nproofs;   /* log indexes of the provenance claims that held */
	char reason[256];
};
AY_MUSTCHECK int ay_decision_encode(const struct ay_decision *d, struct ay_buf *out);
/* The newest under these rules; AY_ENOTFOUND: never judged under them. */
AY_MUSTCHECK int ay_decision_get(struct ay_txn *t, uint64_t artifact, const struct ay_sha256 *rules, struct ay_decision *out);
/* The version of the baseline when it was admitted, whatever the rules were. */
AY_MUSTCHECK int ay_decision_baseline(struct ay_txn *t, uint64_t artifact, uint64_t *version_out);
/* A provenance claim that came after admission. */
AY_MUSTCHECK int ay_decision_add_proof(struct ay_txn *t, uint64_t artifact, const struct ay_sha256 *rules, uint64_t log_index);
/* Judges an admitted artifact again under the policy in force and records the outcome. 0 when it may still be read. */
AY_MUSTCHECK int ay_rejudge(struct ay_gate *g, const struct ay_artifact *a, struct ay_error *e);

#endif
