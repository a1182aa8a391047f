/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shelves: Python's shelve keeps one plain pickle for each key, in whichever dbm database it finds (Lib/shelve.py). Every value that a
 * lookup can reach is judged as a pickle; keys are bytes. Free space of a database is reached by no lookup and is not read.
 */
#ifndef ASSAY_FORMATS_DBM_H
#define ASSAY_FORMATS_DBM_H

#include "assay/scan.h"

/* Judges one value as the member KEY, or value@AT when the key is not a short name. Negative only to stop the scan. */
AY_MUSTCHECK int ay_dbm_value(struct ay_scan *s, struct ay_cursor key, uint64_t at, struct ay_source *value);
/* Reports dbm.malformed; answers AY_EFORMAT. */
int ay_dbm_bad(struct ay_scan *s, uint64_t off, const char *why);
/* Refuses a database that is no shelf, or of a kind that is not read; one whose suffix the policy admits unread is. Answers AY_EFORMAT. */
int ay_dbm_other(struct ay_scan *s, uint64_t off, const char *what);
/* What a scan() answers: AY_EFORMAT is a finding by then, others stop the scan. */
int ay_dbm_answer(int rc);

#endif
