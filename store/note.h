/* SPDX-License-Identifier: Apache-2.0 */
/* Names of log keys in notes and in Sigstore's logId. For bundle.c and log.c. */
#ifndef ASSAY_STORE_NOTE_H
#define ASSAY_STORE_NOTE_H

#include "assay/log.h"

/* A log's name as we make and take it: 1 to 255 of letters, digits, '.', '-', '/', ':' and '_'. */
bool ay_origin_ok(const char *origin);
/* SHA-256 of origin, newline, 0x01 and the raw key: its first 4 bytes name the key in notes, all of it in logId. */
struct ay_sha256 ay_note_key_hash(const char *origin, const struct ay_pubkey *k);

#endif
