/* SPDX-License-Identifier: Apache-2.0 */
/* What all verbs share: options, the way to the store's owner, speech, keys, local trees. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/crypto.h"
#include "assay/error.h"
#include "assay/gate.h"
#include "assay/json.h"
#include "assay/store.h"

enum cli_format { CLI_TEXT, CLI_JSON, CLI_SARIF };

struct cli {
	const struct cli_verb *verb;
	enum cli_format format;
	const char *store;           /* --store, $ASSAY_STORE or found from a path inside a mount; may be NULL */
	struct ay_monitor *monitor;  /* started on demand */
	struct ay_gate *gate;        /* open when this process owns the store */
};

enum { CLI_FLAG, CLI_TEXT_OPT, CLI_LIST };
/* One option of a verb. FLAG: bool *, TEXT: const char **, LIST: struct cli_list *. */
struct cli_opt { const char *name; int kind; void *dest; const char *arg, *help; };
struct cli_list { const char *v[256]; size_t n; };

struct cli_verb {
	const char *name, *args, *summary;
	/* Returns an exit status. argv[0] is the verb. */
	int (*run)(struct cli *c, int argc, char **argv);
};
extern const struct cli_verb cli_verbs[];

/*
 * Parses options anywhere before "--"; the positional arguments are moved to
 * argv[0..n). opts ends with a NULL name; may be NULL. Returns n, or -1 after it
 * spoke (then *status is the exit status: 0 after --help, 64 after an error).
 */
int cli_parse(struct cli *c, int argc, char **argv, const struct cli_opt *opts, int min, int max, int *status);

/* ---- speech ---- */
AY_PRINTF(1, 2) void cli_say(const char *fmt, ...);       /* stderr, "assay: ..." */
/* Prints an error with where, offset and next; gives the exit status for its code. */
int cli_fail(const struct cli *c, const struct ay_error *e, int code);
int cli_usage(const struct cli *c, const char *fmt, ...) AY_PRINTF(2, 3);
/* text escaped for a terminal, to stdout. */
void cli_put(const char *text);
bool cli_is_tty(void);                                    /* stderr is a terminal: progress is shown */
AY_PRINTF(1, 2) void cli_progress(const char *fmt, ...);  /* one line, overwritten; silent in a pipe */
void cli_progress_end(void);

/* ---- the owner of the store ---- */

/* When path lies in a mount, its store is meant. */
void cli_store_near(struct cli *c, const char *path);
/* The reference that a path lies in, when it is inside the owner's mount; false otherwise. member_out: the rest of the path, or NULL. */
bool cli_mounted_ref(struct cli *c, const char *path, char out[AY_LIMIT_REF + 1], const char **member_out);
/* The store's directory, or NULL after it spoke. */
const char *cli_store(struct cli *c);
/* c->gate by these options; waits some seconds for a command that is at it, or a mount that ends. AY_EBUSY when another process keeps it. */
int cli_open_gate(struct cli *c, const struct ay_gate_options *o, struct ay_error *e) AY_MUSTCHECK;
/* Opens the store in this process. judge: a monitor and workers are needed. AY_EBUSY when another process owns it. */
int cli_own(struct cli *c, bool judge, struct ay_error *e) AY_MUSTCHECK;
/*
 * Sends the request to the owner, or serves it here when nobody owns the store.
 * 0: *doc_out is the reply with "ok": true. Negative: e holds what the reply said.
 */
int cli_ask(struct cli *c, const struct ay_buf *request, bool judge, struct ay_json_doc **doc_out, struct ay_error *e) AY_MUSTCHECK;
/* The mount point of the owner, or "" when it is not mounted. */
int cli_mount_point(struct cli *c, char *out, size_t size) AY_MUSTCHECK;
void cli_close(struct cli *c);
/* Prints the reply as one JSON document (with "ok" left out). */
void cli_print_json(const struct ay_json *reply);
/* Simple request {"verb": verb, "ref": ref}. ref may be NULL. */
int cli_ask_ref(struct cli *c, const char *verb, const char *ref, bool judge, struct ay_json_doc **doc_out, struct ay_error *e) AY_MUSTCHECK;

/* ---- keys ---- */

/* --key: asks for the passphrase on the terminal or takes ASSAY_PASSWORD. */
int cli_key(const char *path, struct ay_key **out, struct ay_error *e) AY_MUSTCHECK;
/* The owner's key: --owner, else the one in the user's configuration folder. */
int cli_owner_key(const char *path, struct ay_key **out, struct ay_error *e) AY_MUSTCHECK;
/* The key that init --solo made, for who gives no --key; NULL when there is none. Good until the next call. */
const char *cli_solo_key(void);
/* A curator's key: path, else that of init --solo. */
int cli_curator_key(const char *path, struct ay_key **out, struct ay_error *e) AY_MUSTCHECK;
/* CONFIG/assay, made when absent. */
int cli_config_dir(char *out, size_t size, struct ay_error *e) AY_MUSTCHECK;
/* Writes NAME.key (0600) and NAME.pub; refuses to overwrite. */
int cli_write_key(const struct ay_key *k, const char *name, const char *passphrase, struct ay_error *e) AY_MUSTCHECK;
/* Asks twice; NULL-terminated into out. */
int cli_new_passphrase(char *out, size_t size, struct ay_error *e) AY_MUSTCHECK;
/* Signs a statement (assay/change.h) and brings it to the owner as a change of this kind. */
int cli_change(struct cli *c, const struct ay_key *k, const char *kind, const struct ay_buf *statement, struct ay_error *e) AY_MUSTCHECK;
/* Brings an envelope that is signed already. */
int cli_bring(struct cli *c, const char *kind, const struct ay_buf *envelope, struct ay_error *e) AY_MUSTCHECK;

/* ---- local trees ---- */

struct cli_file { char *path, *source; uint64_t size; };
struct cli_tree {
	struct cli_file *v;
	size_t n, cap;
	char *top;                   /* real path of the given directory or file */
	size_t ignored;
	uint64_t bytes;
};
/*
 * Regular files below DIR (or the one FILE), sorted by path. Links are followed
 * only when their target lies inside the tree or in the same Hugging Face cache
 * (blobs beside snapshots). ignore: patterns; claims: also top-level claim files.
 */
int cli_tree(const char *path, const struct cli_list *ignore, bool claims, struct cli_tree *out, struct ay_error *e) AY_MUSTCHECK;
/* Without claim files. What is listed (sorted) is ignored by none of cli_default_ignore. */
int cli_tree_listed(const char *path, const struct cli_list *ignore, const struct ay_file_list *listed, struct cli_tree *out, struct ay_error *e) AY_MUSTCHECK;
/* The claim files at the top of a directory; of a single file none. */
int cli_tree_claims(const char *path, struct cli_tree *out, struct ay_error *e) AY_MUSTCHECK;
void cli_tree_free(struct cli_tree *t);
int cli_tree_hash(const struct cli_tree *t, struct ay_file_list *out, struct ay_error *e) AY_MUSTCHECK;
extern const char *const cli_default_ignore[];

/* ---- tables ---- */

struct ay_job;
struct ay_pool;
/* A worker's job about the file at path; *pool is started when it is NULL. job->fd is then the caller's to close. */
int cli_table_job(struct cli *c, const char *path, struct ay_pool **pool, struct ay_job *job, struct ay_error *e) AY_MUSTCHECK;
/* text (or NULL) escaped, cut to width letters, filled up with blanks when pad, to stdout. Returns the letters written. */
size_t cli_put_fit(const char *text, size_t width, bool pad);

/* ---- signing a tree ---- */

struct cli_sign {
	const char *key, *code, *base, *builder, *source, *revision, *initiator;
	struct cli_list datasets, inputs, params, metrics;
	bool dirty;
};
/* Option rows shared by sign, put and import; fills up to 16 rows, returns how many. */
size_t cli_sign_options(struct cli_sign *s, struct cli_opt *rows);
/* Makes the claims and hands each to add(name, bytes). */
int cli_make_claims(struct cli *c, const struct cli_sign *s, const char *ref, const struct ay_file_list *files,
		    int (*add)(void *arg, const char *name, const void *bytes, size_t len), void *arg, struct ay_error *e) AY_MUSTCHECK;

/* Prints a report document (DESIGN 2.4) as text, JSON or SARIF; returns the exit status of its verdict. */
/* The findings of one "files" element, indented. */
void cli_findings(const struct ay_json *file);
int cli_report(const struct cli *c, const struct ay_json *report);
/* Prints the rules of all gates. */
int cli_rules(const struct cli *c);

/* Prints state, reason and (when it is not admitted) the report of a reply; returns the exit status. */
int cli_verdict(const struct cli *c, const struct ay_json *reply);

/* verbs */
int cmd_init(struct cli *c, int argc, char **argv);
int cmd_keygen(struct cli *c, int argc, char **argv);
int cmd_trust(struct cli *c, int argc, char **argv);
int cmd_policy(struct cli *c, int argc, char **argv);
int cmd_sign(struct cli *c, int argc, char **argv);
int cmd_put(struct cli *c, int argc, char **argv);
int cmd_import(struct cli *c, int argc, char **argv);
int cmd_wait(struct cli *c, int argc, char **argv);
int cmd_judge(struct cli *c, int argc, char **argv);
int cmd_retry(struct cli *c, int argc, char **argv);
int cmd_rm(struct cli *c, int argc, char **argv);
int cmd_get(struct cli *c, int argc, char **argv);
int cmd_ls(struct cli *c, int argc, char **argv);
int cmd_show(struct cli *c, int argc, char **argv);
int cmd_why(struct cli *c, int argc, char **argv);
int cmd_diff(struct cli *c, int argc, char **argv);
int cmd_resolve(struct cli *c, int argc, char **argv);
int cmd_verify(struct cli *c, int argc, char **argv);
int cmd_scan(struct cli *c, int argc, char **argv);
int cmd_convert(struct cli *c, int argc, char **argv);
int cmd_baseline(struct cli *c, int argc, char **argv);
int cmd_profile(struct cli *c, int argc, char **argv);
int cmd_compare(struct cli *c, int argc, char **argv);
int cmd_tag(struct cli *c, int argc, char **argv);
int cmd_retire(struct cli *c, int argc, char **argv);
int cmd_revoke(struct cli *c, int argc, char **argv);
int cmd_waive(struct cli *c, int argc, char **argv);
int cmd_log(struct cli *c, int argc, char **argv);
int cmd_bom(struct cli *c, int argc, char **argv);
int cmd_mount(struct cli *c, int argc, char **argv);
int cmd_umount(struct cli *c, int argc, char **argv);
int cmd_gc(struct cli *c, int argc, char **argv);
int cmd_fsck(struct cli *c, int argc, char **argv);
int cmd_stats(struct cli *c, int argc, char **argv);
int cmd_doctor(struct cli *c, int argc, char **argv);
int cmd_backup(struct cli *c, int argc, char **argv);
int cmd_restore(struct cli *c, int argc, char **argv);

#endif
