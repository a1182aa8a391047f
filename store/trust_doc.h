/* SPDX-License-Identifier: Apache-2.0 */
/* Text of a trust root, for trust.c. */
#ifndef ASSAY_STORE_TRUST_DOC_H
#define ASSAY_STORE_TRUST_DOC_H

#include "assay/claim.h"
#include "assay/trust.h"

#define AY_PREDICATE_TRUST AY_PREDICATE_PREFIX "trust-root/v1"

/* Reads and checks everything but signatures. Frees on failure. */
AY_MUSTCHECK int ay_trust_read(const struct ay_statement *st, struct ay_trust *out, struct ay_error *e);
/* The same without the digest in the subject. */
AY_MUSTCHECK int ay_trust_read_content(const struct ay_statement *st, struct ay_trust *out, struct ay_error *e);
/* Is it a document that may be written or used: grants of known keys, one role for keys of special roles, a reachable root threshold ... */
AY_MUSTCHECK int ay_trust_check(const struct ay_trust *t, struct ay_error *e);
/* Keys of the root role that are not revoked: pointers into t->keys, at most 64. */
size_t ay_trust_root_keys(const struct ay_trust *t, const struct ay_pubkey *out[64]);
uint32_t ay_trust_root_threshold(const struct ay_trust *t);
/* Roles whose keys may hold no other. */
bool ay_role_is_alone(enum ay_role r);

#endif
