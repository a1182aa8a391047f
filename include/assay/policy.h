/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy of DESIGN 4.5, read from YAML (libyaml, gate/policy.c only). An
 * unknown, misplaced, duplicate or not yet built key is an error with its line.
 * A parsed policy is immutable and may be read from any thread.
 */
#ifndef ASSAY_POLICY_H
#define ASSAY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/digest.h"
#include "assay/error.h"
#include "assay/trust.h"

enum ay_gate_kind {
	AY_GATE_INTEGRITY, AY_GATE_SIGNATURE, AY_GATE_PROVENANCE, AY_GATE_DESERIALIZATION, AY_GATE_FORMAT, AY_GATE_SCHEMA, AY_GATE_DRIFT,
	AY_GATE_OUTLIERS,
	/* known by name, refused in a policy as "not yet built" until they are: */
	AY_GATE_POISONING, AY_GATE_CODE, AY_GATE_MODEL_TESTS,
	AY_GATE_COUNT
};
const char *ay_gate_name(enum ay_gate_kind g);     /* "integrity" ... "model-tests" */

/* A column whose values are judged by another number of ranges; 0: not at all. */
struct ay_outlier_override { char *column; uint32_t ranges; };

/* Floors of one column for the drift gate: D, V, PSI, JS, Hellinger, W; 0: not given. */
#define AY_POLICY_EFFECTS 6
struct ay_policy_column { char *name; double limit[AY_POLICY_EFFECTS]; };

/* Effective rules of one name: the whole of the most specific entry. Borrowed from the policy. */
struct ay_rules {
	const char *pattern;                  /* that decided */
	uint32_t gates;                       /* bit per ay_gate_kind */
	struct { enum ay_role role; uint32_t threshold; bool bind_ref; } signature;
	struct {
		enum { AY_PROV_NONE, AY_PROV_TRAINING, AY_PROV_SOURCE } kind;
		bool code, datasets, parameters, initiator, uri, collector, builder;   /* required fields */
		bool external;                /* URI#sha256: counts as a dataset or base */
		const char *const *builders;  /* allowed builder ids, NULL-terminated; NULL: any */
	} provenance;
	struct { uint32_t profiles; const char *const *opaque; } deserialization;
	bool baseline_required;
	struct {
		double alpha;                 /* chance of a false alarm over all columns of a batch */
		bool small_warns;             /* too few rows warn, not hold */
		uint32_t history;             /* admitted batches that are looked back at; 0: none */
		bool trend;
		uint32_t decide;              /* bit per effect that decides beside D and V */
		const struct ay_policy_column *columns; size_t ncolumns;
		const char *const *seasons;   /* tags of the references of which one must fit, NULL-terminated; NULL: x-profile alone */
	} drift;
	struct {
		double alpha;                 /* chance of a false alarm over all tests of a batch */
		uint32_t methods;             /* that decide: bits AY_OUTLIER_BY_... */
		const struct ay_outlier_override *columns; size_t ncolumns;
	} outliers;
	struct {
		const char *label;            /* that the schema does not mark, or NULL */
		double labels;                /* share of flipped labels */
		const char *predictions;      /* how columns begin that have the probability of a label, or NULL */
		const char *activations;      /* how columns of a model's activations begin, or NULL */
		double spectral;              /* share of a class's rows that lie together far out, beyond what the reference has */
		double tokens;                /* share of texts with a word that carries a label */
		double duplicates;            /* share of repeated rows, beyond what the reference has */
		const char *const *not_in;    /* names whose rows must not be there, NULL-terminated, or NULL */
	} poisoning;
	enum { AY_VERIFY_INGEST, AY_VERIFY_OPEN } verify;
	bool async_verdict;                   /* verdict: async */
	struct ay_sha256 digest;              /* of the canonical form: what admission is keyed by */
};

struct ay_policy_limits {
	uint64_t file_bytes, files, worker_memory, publisher_bytes;
	int64_t open_ttl_s;
	uint32_t publisher_open;
};

enum ay_right { AY_RIGHT_PUBLISH = 1, AY_RIGHT_READ = 2, AY_RIGHT_ATTEST = 4 };

struct ay_policy;
AY_MUSTCHECK int ay_policy_parse(const void *yaml, size_t len, struct ay_policy **out, struct ay_error *e);
void ay_policy_free(struct ay_policy *p);
/* AY_EPOLICY "policy.no-rule" when nothing matches; a tie of specificity was refused when the policy was parsed. */
AY_MUSTCHECK int ay_policy_rules(const struct ay_policy *p, const char *name, const struct ay_rules **out, struct ay_error *e);
const struct ay_policy_limits *ay_policy_limits(const struct ay_policy *p);
bool ay_policy_verifies_opens(const struct ay_policy *p);               /* some entry says verify: open */
bool ay_policy_expiry_denies(const struct ay_policy *p);                /* on_expiry: deny */
/* One pattern of an ignore list: it may match the path or a directory above it; when no directory leads it (one name, or all below one), at any depth. */
bool ay_ignore_match(const char *pattern, const char *path);
bool ay_policy_ignored(const struct ay_policy *p, const char *path);    /* by the "ignore" list */
/* Digest of the YAML bytes. */
const struct ay_sha256 *ay_policy_digest(const struct ay_policy *p);
/* Does the access list give uid this right on name? The group check is a callback, so that the caller can cache getgrouplist. */
bool ay_policy_access(const struct ay_policy *p, const char *name, enum ay_right right, uint32_t uid,
		      bool (*in_group)(const char *group, void *arg), void *arg);
/* Does some entry that can match a name below directory dir give it? A more specific entry may still deny each single name. */
bool ay_policy_may_below(const struct ay_policy *p, const char *dir, enum ay_right right, uint32_t uid,
			 bool (*in_group)(const char *group, void *arg), void *arg);
/* Lines for people: gates that a more specific entry drops against a broader one. */
int ay_policy_warnings(const struct ay_policy *p, struct ay_buf *out);
/* The policy that init writes, as YAML text. user: name that may publish. */
int ay_policy_default(const char *user, struct ay_buf *out);

#endif
