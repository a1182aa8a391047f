/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by dsse.c, bundle.c and bundle_proof.c. */
#ifndef ASSAY_STORE_ENVELOPE_H
#define ASSAY_STORE_ENVELOPE_H

#include "assay/claim.h"

/* Room for the JSON of the largest claim: base64 grows it by a third. */
#define AY_ENVELOPE_MAX (AY_LIMIT_CLAIM + AY_LIMIT_CLAIM / 2)
#define AY_DSSE_SIGNATURES_MAX 16

/* Fills payload, payload_type and sigs from a DSSE object. What it allocated is in out, also on failure. */
AY_MUSTCHECK int ay_dsse_read(const struct ay_json *dsse, struct ay_envelope *out, struct ay_error *e);
/* PAE of the envelope's own payload. */
AY_MUSTCHECK int ay_envelope_pae(const struct ay_envelope *env, struct ay_buf *out);
/* {"payload":...,"payloadType":in-toto,"signatures":[{"sig":...,"keyid":keyid}]} */
AY_MUSTCHECK int ay_dsse_write(const struct ay_key *k, const char *keyid, const void *payload, size_t len, struct ay_buf *out);

#endif
