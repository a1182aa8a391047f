/* SPDX-License-Identifier: Apache-2.0 */
/* What a parsed policy is made of, between the files that read it and policy.c, which answers from it. */
#ifndef ASSAY_GATE_POLICY_PARTS_H
#define ASSAY_GATE_POLICY_PARTS_H

#include <stdatomic.h>

#include "assay/json.h"
#include "assay/policy.h"
#include "gate/policy_yaml.h"

#define AY_POLICY_ENTRIES_MAX 4096   /* of names, and of access */

/* An owned list of owned texts, NULL-terminated; NULL when empty. */
struct ay_texts {
	char **list;
	size_t n;
};

struct ay_subject {
	enum { AY_SUBJECT_EVERYONE, AY_SUBJECT_USER, AY_SUBJECT_GROUP } kind;
	char *name;
	_Atomic uint64_t uid_cache;  /* user: (seconds when looked up) << 32 | uid; 0 when never */
};

struct ay_access {
	char *pattern;
	unsigned line;
	struct ay_subject *publish, *read, *attest;
	size_t npublish, nread, nattest;
};

struct ay_entry {
	char *pattern;
	unsigned line;
	struct ay_rules rules;       /* borrows from those below */
	struct ay_texts builders, opaque, seasons, not_in;
	struct ay_policy_column *columns; size_t ncolumns;
	struct ay_outlier_override *outliers;
	size_t noutliers;
	char *label, *predictions, *activations;
};

struct ay_policy {
	bool expiry_denies;
	struct ay_policy_limits limits;
	struct ay_texts ignore;
	struct ay_access *access;
	size_t naccess;
	struct ay_entry *entries;
	size_t nentries;
	struct ay_sha256 digest;
};

void ay_texts_free(struct ay_texts *t);

/* ---- policy_keys.c: maps with known keys, and the kinds of values ---- */

struct ay_policy_key {
	const char *name;
	/* NULL: known, but what it rules is not yet built. */
	int (*read)(const struct ay_yaml *v, const char *where, void *into, struct ay_error *e);
};

/* Reads each key of a map with its own function. where is "" for the policy itself. */
AY_MUSTCHECK int ay_policy_read_keys(const struct ay_yaml *map, const char *where, const struct ay_policy_key *keys, size_t nkeys,
				     void *into, struct ay_error *e);
/* One of the names; *out is its index. */
AY_MUSTCHECK int ay_policy_read_choice(const struct ay_yaml *v, const char *where, const char *const *names, size_t nnames, unsigned *out,
				       struct ay_error *e);
AY_MUSTCHECK int ay_policy_read_bool(const struct ay_yaml *v, const char *where, bool *out, struct ay_error *e);
AY_MUSTCHECK int ay_policy_read_number(const struct ay_yaml *v, const char *where, uint64_t min, uint64_t max, uint64_t *out,
				       struct ay_error *e);
AY_MUSTCHECK int ay_policy_read_size(const struct ay_yaml *v, const char *where, uint64_t min, uint64_t max, uint64_t *out,
				     struct ay_error *e);
/* A plain decimal number above 0. */
AY_MUSTCHECK int ay_policy_read_decimal(const struct ay_yaml *v, const char *where, double max, double *out, struct ay_error *e);
/* A list of different, non-empty texts, sorted. */
AY_MUSTCHECK int ay_policy_read_texts(const struct ay_yaml *v, const char *where, struct ay_texts *out, struct ay_error *e);
AY_MUSTCHECK int ay_policy_check_list(const struct ay_yaml *v, const char *where, struct ay_error *e);
AY_MUSTCHECK int ay_policy_check_text(const struct ay_yaml *v, const char *where, struct ay_error *e);

/* ---- policy_names.c ---- */
AY_MUSTCHECK int ay_policy_read_names(const struct ay_yaml *v, const char *where, void *policy, struct ay_error *e);
/* ---- policy_poison.c ---- */
AY_MUSTCHECK int ay_policy_read_poisoning(const struct ay_yaml *v, const char *where, struct ay_entry *entry, struct ay_error *e);
/* What was not given. */
void ay_policy_finish_poisoning(struct ay_entry *entry);
void ay_policy_digest_poisoning(const struct ay_rules *r, struct ay_jw *w);

/* ---- policy_drift.c ---- */
AY_MUSTCHECK int ay_policy_read_drift(const struct ay_yaml *v, const char *where, struct ay_entry *entry, struct ay_error *e);
/* Defaults, when the gate is on. given: there was a section. */
void ay_policy_finish_drift(struct ay_entry *entry, bool given);
/* What admission rests on, in a fixed form. */
void ay_policy_digest_drift(const struct ay_rules *r, struct ay_jw *w);
/* ---- policy_access.c ---- */
AY_MUSTCHECK int ay_policy_read_access(const struct ay_yaml *v, const char *where, void *policy, struct ay_error *e);
void ay_access_free(struct ay_access *a);

/* ---- policy_outliers.c ---- */

struct ay_jw;
AY_MUSTCHECK int ay_policy_read_outliers(const struct ay_yaml *v, const char *where, struct ay_entry *entry, struct ay_error *e);
/* What is not given has its default. */
void ay_policy_finish_outliers(struct ay_entry *entry);
void ay_policy_digest_outliers(const struct ay_rules *r, struct ay_jw *w);
void ay_policy_free_outliers(struct ay_entry *entry);

#endif
