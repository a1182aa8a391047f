/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of our own kind (docs/format-signing.md): what a person signs to
 * change a store. predicateType is AY_PREDICATE_PREFIX plus the kind; each
 * appends a whole in-toto Statement to out.
 */
#ifndef ASSAY_CHANGE_H
#define ASSAY_CHANGE_H

#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/buf.h"
#include "assay/digest.h"
#include "assay/json.h"

/* Signed by the owner. */
AY_MUSTCHECK int ay_policy_statement(uint64_t version, const void *yaml, size_t len, struct ay_buf *out);
/* Signed by a curator of the name. */
AY_MUSTCHECK int ay_waiver_statement(const char *ref, const char *rule, int64_t until_s, const char *reason, struct ay_buf *out);
AY_MUSTCHECK int ay_baseline_statement(const char *name, uint64_t version, const char *schema_json, struct ay_buf *out);
/* seq: one more than the tag's last, so that an old move cannot be replayed. root: of the artifact it names. */
AY_MUSTCHECK int ay_tag_statement(const char *name, const char *tag, const char *version, uint64_t seq, const struct ay_sha256 *root, struct ay_buf *out);
AY_MUSTCHECK int ay_retire_statement(const char *ref, const struct ay_sha256 *root, const char *reason, struct ay_buf *out);
AY_MUSTCHECK int ay_revoke_statement(const char *ref, const struct ay_sha256 *root, const char *reason, struct ay_buf *out);

#endif
