/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trust root: which key may say what about which names. A JSON document
 * (docs/format.md "Trust root") in a DSSE envelope signed by the owner role of
 * itself and of its predecessor.
 */
#ifndef ASSAY_TRUST_H
#define ASSAY_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/crypto.h"
#include "assay/error.h"
#include "assay/limits.h"

enum ay_role {
	AY_ROLE_ROOT = 1, AY_ROLE_PUBLISHER, AY_ROLE_BUILDER, AY_ROLE_SCANNER, AY_ROLE_GATE,
	AY_ROLE_CURATOR, AY_ROLE_LOG, AY_ROLE_WITNESS, AY_ROLE_MANIFEST /* minisign of manifests */
};
const char *ay_role_name(enum ay_role r);
int ay_role_parse(const char *name, enum ay_role *out) AY_MUSTCHECK;

struct ay_grant {
	struct ay_sha256 key;                 /* key id */
	enum ay_role role;
	char pattern[AY_LIMIT_REF + 1];       /* e.g. models/fraud/..., matched against CLASS/NAME */
};
struct ay_threshold { enum ay_role role; char pattern[AY_LIMIT_REF + 1]; uint32_t n; };
struct ay_revocation {
	struct ay_sha256 key;
	uint64_t since_log_index;             /* claims logged at or after this index do not count */
	bool compromised;                     /* then none counts, whenever it was logged */
	int64_t at_s;
	char reason[128];
};
struct ay_trust {
	uint64_t version;
	int64_t issued_s, expires_s;
	char log_origin[256];
	struct ay_pubkey *keys; size_t nkeys;
	struct ay_grant *grants; size_t ngrants;
	struct ay_threshold *thresholds; size_t nthresholds;
	struct ay_revocation *revoked; size_t nrevoked;
};

/* Verifies the envelope (root threshold of itself; and of prev, whose version must be exactly one less, when prev is not NULL), then parses. Expiry is not checked here. */
AY_MUSTCHECK int ay_trust_load(const void *envelope, size_t len, const struct ay_trust *prev, struct ay_trust *out, struct ay_error *e);
void ay_trust_free(struct ay_trust *t);
/* The document to sign for a trust root. */
AY_MUSTCHECK int ay_trust_document(const struct ay_trust *t, struct ay_buf *out);
/* Deep copy to edit for the next version: version + 1, issued now, expiring after as long as before. */
AY_MUSTCHECK int ay_trust_next(const struct ay_trust *t, struct ay_trust *out);
/* A key of role root, gate, log, witness or manifest has no other role (AY_EUSAGE). */
AY_MUSTCHECK int ay_trust_add_key(struct ay_trust *t, const struct ay_pubkey *k);
AY_MUSTCHECK int ay_trust_add_grant(struct ay_trust *t, const struct ay_sha256 *key, enum ay_role role, const char *pattern);
AY_MUSTCHECK int ay_trust_set_threshold(struct ay_trust *t, enum ay_role role, const char *pattern, uint32_t n);
/*
 * Ends new signatures of a key: what was logged before since_log_index goes on counting, so no reader is cut.
 * A retirement in the list of revocations; the root role ends at once.
 */
AY_MUSTCHECK int ay_trust_remove_key(struct ay_trust *t, const struct ay_sha256 *key, uint64_t since_log_index);
AY_MUSTCHECK int ay_trust_revoke_key(struct ay_trust *t, const struct ay_sha256 *key, uint64_t since_log_index, bool compromised, const char *reason);

bool ay_trust_expired(const struct ay_trust *t, int64_t now_s);
/* Threshold for this role and name: the most specific entry, else 1. */
uint32_t ay_trust_threshold(const struct ay_trust *t, enum ay_role role, const char *name);
/*
 * May this key speak in this role about this name, for a claim logged at
 * log_index (UINT64_MAX: not logged yet)? AY_ETRUST with a reason that a person
 * understands: unknown key, no grant for the name, revoked.
 */
AY_MUSTCHECK int ay_trust_allows(const struct ay_trust *t, const struct ay_sha256 *key, enum ay_role role, const char *name,
				 uint64_t log_index, struct ay_error *e);
const struct ay_pubkey *ay_trust_key(const struct ay_trust *t, const struct ay_sha256 *id);

#endif
