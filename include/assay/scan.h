/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner contract. Hostile bytes in, findings out. Scanners run only in
 * assay-worker (and in fuzz targets and unit tests), hold no descriptor, never
 * seek by themselves, and allocate through the budget.
 */
#ifndef ASSAY_SCAN_H
#define ASSAY_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/cursor.h"
#include "assay/error.h"
#include "assay/limits.h"

/* ---- input ---- */

/*
 * Positioned reads from a sealed file, a container's member, or memory. read
 * returns the bytes got (short only at the end), or a negative code. Random
 * access is cheap: what was compressed lies in memory or in the scratch file.
 */
struct ay_source {
	uint64_t size;       /* bytes */
	int64_t (*read)(struct ay_source *s, uint64_t off, void *dst, size_t len);
	void *arg;
};
struct ay_source ay_source_fd(int fd, uint64_t size);                   /* borrows fd through arg */
struct ay_source ay_source_memory(const void *bytes, size_t len);       /* borrows; arg points at bytes */
/* Window [off, off+len) of parent; storage is the caller's and must outlive the result. */
struct ay_source_window { struct ay_source *parent; uint64_t off; };
AY_MUSTCHECK int ay_source_sub(struct ay_source *parent, uint64_t off, uint64_t len, struct ay_source_window *storage, struct ay_source *out);
/* Where s begins in root when it is root or windows of it, else AY_NO_OFFSET. */
uint64_t ay_source_place(const struct ay_source *s, const struct ay_source *root);
/* Exactly len bytes or AY_ETRUNC. */
AY_MUSTCHECK int ay_source_read_full(struct ay_source *s, uint64_t off, void *dst, size_t len);
/* Loads [off, off+len) into b and gives a cursor over it with the right base offset. */
AY_MUSTCHECK int ay_source_load(struct ay_source *s, uint64_t off, size_t len, struct ay_buf *b, struct ay_cursor *out);

/* ---- budget ---- */

/* Of one scan of one file, shared by all nested members. Exceeding one is AY_ELIMIT and a finding "limit.NAME". */
struct ay_budget {
	uint64_t alloc_left;      /* bytes that may still be held */
	uint64_t members_left;
	uint64_t expanded_left;   /* decompressed bytes */
	int64_t deadline_ms;      /* ay_time_mono_ms; checked by ay_budget_tick */
	uint32_t depth_left;
	uint32_t tick;
};
void ay_budget_init(struct ay_budget *b, uint64_t file_size);
/* malloc/realloc/free that are charged; NULL when the budget or memory is exhausted. */
void *ay_budget_alloc(struct ay_budget *b, size_t len) AY_MUSTCHECK;
void *ay_budget_realloc(struct ay_budget *b, void *p, size_t len) AY_MUSTCHECK;
void ay_budget_free(struct ay_budget *b, void *p);
/* Cheap; call it in every loop over input. AY_ELIMIT after the deadline. */
AY_MUSTCHECK int ay_budget_tick(struct ay_budget *b);
/* A tick has seen the deadline pass. */
bool ay_budget_expired(const struct ay_budget *b);

/* ---- findings ---- */

enum ay_verdict { AY_PASS, AY_WARN, AY_INCONCLUSIVE, AY_ERROR, AY_FAIL };   /* ordered: the worst wins */
const char *ay_verdict_name(enum ay_verdict v);    /* "pass", "warn", "inconclusive", "error", "fail" */

enum ay_severity { AY_NOTE, AY_LOW, AY_MEDIUM, AY_HIGH, AY_CRITICAL };
const char *ay_severity_name(enum ay_severity s);

/* Which gate a rule belongs to is decided by its id's first word: see scanners/rules.c, the one table of all rules. */
struct ay_finding {
	const char *rule;          /* stable id, e.g. "pickle.call.denied"; must stand in the rule table */
	uint64_t off;              /* byte offset in the member, or AY_NO_OFFSET */
	uint64_t row;              /* 1-based data row, 0 = none */
	const char *column;        /* may be NULL */
	const char *value;         /* measured value as text, may be NULL */
	const char *limit;         /* may be NULL */
	char message[384];         /* one sentence */
};

/* One row of the rule table. */
struct ay_rule {
	const char *id;
	const char *gate;          /* "deserialization", "format", "schema", "drift", "outliers", "poisoning" ... */
	enum ay_verdict verdict;   /* what one finding of it does to the file */
	enum ay_severity severity;
	bool code_execution;       /* cannot be waived */
	const char *meaning;       /* one sentence for docs and SARIF */
	const char *next;          /* what the user does about it */
};
const struct ay_rule *ay_rule_find(const char *id);       /* NULL when unknown */
extern const struct ay_rule ay_rule_table[];
extern const size_t ay_rule_table_count;

/* ---- scan ---- */

/* Bit per opt-in allowlist profile; "weights" is always on. */
enum ay_profile {
	AY_PROFILE_WEIGHTS = 1 << 0, AY_PROFILE_SKLEARN = 1 << 1, AY_PROFILE_TORCH_MODULE = 1 << 2,
	AY_PROFILE_HF_TRAINER = 1 << 3, AY_PROFILE_PANDAS = 1 << 4
};
/* "weights", "sklearn", "torch-module", "hf-trainer", "pandas"; 0 when unknown. */
uint32_t ay_profile_bit(const char *name);
const char *ay_profile_name(uint32_t bit);

/* What the caller wants judged; borrowed for the duration of the scan. */
struct ay_scan_options {
	uint32_t profiles;               /* ay_profile bits */
	const char *path;                /* path inside the artifact: its suffix may tighten; for messages */
	const char *const *opaque;       /* suffixes (".h5") that the policy admits unread; NULL-terminated or NULL */
	const char *schema_json;         /* Table Schema for data files, or NULL */
	size_t schema_len;
	uint64_t schema_serial;          /* where it is not 0, equal numbers are equal schemas: nobody compares them */
	struct ay_buf *proposal;         /* NULL, or: tables are not judged, a schema of the one table, or its reference for schema_json, is put here */
	bool describe;                   /* with proposal: what people are shown of its columns is put there instead */
};

struct ay_scan;     /* one running scan: driver state, budget, options, sink */

struct ay_budget *ay_scan_budget(struct ay_scan *s);
const struct ay_scan_options *ay_scan_options(const struct ay_scan *s);
/* Path of the member being scanned: "" for the file itself, "archive/data.pkl" inside; "a.zip!b" when nested. */
const char *ay_scan_member(const struct ay_scan *s);
/* 0 at the file itself. */
unsigned ay_scan_depth(const struct ay_scan *s);

/* Reports; severity and verdict come from the rule table. Beyond AY_LIMIT_FINDINGS_PER_FILE it only counts. */
void ay_scan_find(struct ay_scan *s, const char *rule, uint64_t off, const char *fmt, ...) AY_PRINTF(4, 5);
/* All fields. f is borrowed for the call. */
void ay_scan_find_full(struct ay_scan *s, const struct ay_finding *f);
/* Turns a reader's error into the finding it deserves: AY_ETRUNC -> "FORMAT.truncated", AY_EFORMAT -> "FORMAT.malformed", AY_ELIMIT -> "limit.exceeded", AY_EUNSUPPORTED -> "format.unsupported", other -> "scan.error". */
void ay_scan_find_error(struct ay_scan *s, const char *format, int code, const struct ay_error *e);
/* How many findings so far have a verdict of at least v. */
unsigned ay_scan_count(const struct ay_scan *s, enum ay_verdict v);
/*
 * Said by a scanner each time that it refuses something that any one of these profiles would permit. The driver then
 * looks with which of them the file passes, for profile_would_pass.
 */
void ay_scan_need_profile(struct ay_scan *s, uint32_t bits);
/*
 * Scratch file of this process for what is decompressed and too large for memory; it is truncated and written at will.
 * Borrowed until the next call. -1 (the start): there is none, and such content is limit.memory.
 */
void ay_scratch_fd(int fd);
/* Empties it when anything was written: what one scan left there is not the next one's to see. */
AY_MUSTCHECK int ay_scratch_clear(void);

/*
 * The loader of this content opens name beside it and reads at least size bytes of it (ONNX external data, the shards
 * of an index). A name that is not ay_sibling_path_plain is the finding sibling.name. Recorded once for each name, with the largest size; whoever sees the whole tree compares (ay_siblings_check). Inside of a container
 * nothing is recorded. AY_ELIMIT, reported, beyond AY_LIMIT_SIBLINGS names.
 */
AY_MUSTCHECK int ay_scan_need_sibling(struct ay_scan *s, const char *name, uint64_t size, uint64_t off);
/* The same of bytes that are copied into tensors as they are: what has no form (AY_SCANNER_FORMLESS) must be needed so. */
AY_MUSTCHECK int ay_scan_need_bare(struct ay_scan *s, const char *name, uint64_t size, uint64_t off);
/*
 * The same of the chunks of an array, of which any may lack: last is the path of the last one, "9.99" or "c/9/99"; the others have smaller
 * numbers in it. size: of each, 0 when it is not known.
 */
AY_MUSTCHECK int ay_scan_need_grid(struct ay_scan *s, const char *last, uint64_t size, uint64_t off);
/* The same, and one tensor that must be in that file. */
AY_MUSTCHECK int ay_scan_need_tensor(struct ay_scan *s, const char *sibling, const void *tensor, size_t tensor_len, uint64_t off);
/* The same of a value that the loader reads from that place of the file: a file that holds no such places is refused too. */
AY_MUSTCHECK int ay_scan_need_value(struct ay_scan *s, const char *sibling, const void *place, size_t place_len, uint64_t off);
/* This file holds tensors: none at all (NULL), or one more. Says nothing inside of a container. */
void ay_scan_hold_tensor(struct ay_scan *s, const void *tensor, size_t tensor_len);

/*
 * A container hands a member to the driver, which identifies and scans it with
 * depth + 1. hint says what the container's format demands it to be (a scanner
 * name, e.g. "pickle" for torch's data.pkl), or NULL. Returns 0 also when the
 * member failed (that is in the findings), negative only when the scan as a
 * whole must stop (AY_ELIMIT).
 */
AY_MUSTCHECK int ay_scan_member_in(struct ay_scan *s, const char *member, struct ay_source *in, const char *hint);

/*
 * A format. Const, in the table of scanners/registry.c.
 */
#define AY_SCAN_ABI 1
enum {
	AY_SCANNER_CONTAINER = 1,
	AY_SCANNER_INERT = 2,       /* cannot run code in any known loader */
	AY_SCANNER_FORMLESS = 4,    /* any bytes are as good as others: the claim rests on a name, and a model beside it must name the file */
	AY_SCANNER_YIELDS = 8,      /* its claim stands only where nobody else has one, and the policy does not admit the suffix unread */
	AY_SCANNER_STREAM = 16      /* one thing compressed, without a name of its own */
};
struct ay_scanner {
	uint32_t abi;
	uint32_t flags;
	const char *name;             /* "zip", "torch-zip", "pickle", "npy" ...: goes into reports and policy */
	uint32_t version;             /* part of the cache key: raise on every change of judgement */
	const char *const *refines;   /* names of scanners whose claim on the same bytes is not a conflict; NULL-terminated or NULL */
	/*
	 * Number of bits really checked, 0 = not mine. head is the first
	 * AY_LIMIT_SCAN_HEAD bytes (fewer when the file is shorter); in is for
	 * the few formats that must look elsewhere (zip end record), under the
	 * same scan's budget. path may only raise a bid that content supports.
	 */
	unsigned (*bid)(struct ay_cursor head, struct ay_source *in, const char *path);
	/* Judges every byte. Malformed input is findings, not an error; returns negative only to stop the scan. */
	int (*scan)(struct ay_scan *s, struct ay_source *in);
};
/*
 * Starts the libraries that read the environment or open files when they start. A process that gives up its rights
 * calls it before; elsewhere the scanners do it when they need them. Negative: a format will be refused.
 */
AY_MUSTCHECK int ay_scanners_prepare(void);
/*
 * Since the last call a scan met a format whose library this program is not linked with (libhdf5, see
 * scanners/formats/hdf5.h): its result is not to be used, and the file is for a program that has it.
 */
bool ay_scanners_lacking(void);
extern const struct ay_scanner *const ay_scanners[];
extern const size_t ay_scanners_count;
const struct ay_scanner *ay_scanner_find(const char *name);
/* Digest of (name, version) of all scanners and the rule table: what cached verdicts are keyed by. */
void ay_scanners_version(char out[65]);

/* One finding as the driver keeps it. Strings owned by the result. */
struct ay_found {
	const struct ay_rule *rule;
	char *member, *column, *value, *limit, *message;
	uint64_t off, row;
};
/* A set of names that two files are compared by. */
struct ay_names {
	bool known;
	uint64_t count;
	uint8_t sum[32];              /* of the SHA-256 of each, modulo 2^256, big-endian */
};
/*
 * How a loader reads a file: by a form of its own; without any; as chunks, of which path is the last: those whose numbers are no larger;
 * or at the places that its tensors say, so that a file which does not say them is not the one.
 */
enum ay_sibling_how { AY_SIBLING_NAMED, AY_SIBLING_BARE, AY_SIBLING_GRID, AY_SIBLING_VALUES, AY_SIBLING_HOWS };
/* A file that a loader reads beside the scanned one; path is relative to its folder. */
struct ay_sibling {
	char *path;
	uint64_t size;                /* at least; of chunks exactly, unless it is 0 */
	enum ay_sibling_how how;
	struct ay_names tensors;      /* exactly, when known */
};
struct ay_scan_result {
	enum ay_verdict verdict;
	char format[48];              /* scanner name(s), "torch-zip" */
	struct ay_found *found;
	size_t found_count;
	uint64_t found_total;         /* including those that were only counted */
	struct ay_names tensors;      /* that the file holds */
	struct ay_sibling *siblings;  /* owned; sorted by path */
	size_t sibling_count;
	uint8_t *profile;             /* owned: what the columns of a table hold, when the schema has a reference (scanners/data/profile.h); else NULL */
	size_t profile_len;
	uint8_t *keys;                /* owned: keys of a table that takes part in foreign keys (scanners/data/foreign.h); else NULL */
	size_t keys_len;
	uint32_t profile_would_pass;  /* profiles with which it passes: those asked for when it did, else the fewest found; 0: none would do */
};
/* The driver: identifies, runs all bidders, reports conflicts and unknown formats. 0 with *out filled, or negative when even that failed. */
AY_MUSTCHECK int ay_scan_run(struct ay_source *in, const struct ay_scan_options *o, struct ay_scan_result *out);
/* One pass, within the caller's budget. */
AY_MUSTCHECK int ay_scan_run_within(struct ay_source *in, const struct ay_scan_options *o, struct ay_budget *b, struct ay_scan_result *out);
void ay_scan_result_free(struct ay_scan_result *r);
/* One more finding, about the file as part of its tree. */
void ay_scan_result_find(struct ay_scan_result *r, const char *rule, const char *message);
/* The document of one file as in DESIGN 2.4 ("files" element, without sha256). */
void ay_scan_result_json(const struct ay_scan_result *r, const char *path, uint64_t size, struct ay_buf *out);

/* ---- files that belong together ---- */

/* One file of a tree, as its scan left it; borrowed. */
struct ay_sibling_file {
	const char *path;
	uint64_t size;
	const struct ay_names *tensors;       /* NULL: not known */
	const struct ay_sibling *siblings;
	size_t sibling_count;
	bool formless;                        /* ay_scan_formless of its format: one of the others must need it */
};
typedef void (*ay_sibling_fn)(void *arg, size_t file, const char *rule, const char *message);
/* Whether a scanner without a form of its own claimed the file; format as in the result of its scan. */
bool ay_scan_formless(const char *format);
/* Compares what each file needs with the others; files are sorted by path as bytes. fn is told of each difference. -ENOMEM. */
AY_MUSTCHECK int ay_siblings_check(const struct ay_sibling_file *files, size_t n, ay_sibling_fn fn, void *arg);
/* A relative path that stays below its folder: no ".", "..", empty part or backslash, UTF-8 without control characters. */
bool ay_sibling_path_plain(const char *path);
/* For what crosses from the worker, or is cached: a length of at most AY_LIMIT_PROFILE, then the bytes. */
void ay_profile_bytes_encode(const uint8_t *profile, size_t len, struct ay_buf *out);
/* *out is owned, NULL for none; fails the cursor. */
/* The same with a length of at most AY_LIMIT_KEYS. */
AY_MUSTCHECK int ay_key_bytes_decode(struct ay_cursor *c, uint8_t **out, size_t *len_out);
AY_MUSTCHECK int ay_profile_bytes_decode(struct ay_cursor *c, uint8_t **out, size_t *len_out);
/* For what crosses from the worker, or is cached. */
void ay_siblings_encode(const struct ay_names *tensors, const struct ay_sibling *v, size_t n, struct ay_buf *out);
/* Trusts nothing: fails the cursor. *out is to be freed with ay_siblings_free, also after a failure. */
AY_MUSTCHECK int ay_siblings_decode(struct ay_cursor *c, struct ay_names *tensors, struct ay_sibling **out, size_t *n_out);
void ay_siblings_free(struct ay_sibling *v, size_t n);

#endif
