/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes placed files durable, beside the thread that places more of them: it makes them immutable as they come, and at
 * the end syncs all of them while the version is judged.
 */
#ifndef ASSAY_GATE_DURABLE_H
#define ASSAY_GATE_DURABLE_H

#include "assay/store.h"

struct ay_durable;

/* -ENOMEM or the code of a thread that does not start. */
AY_MUSTCHECK int ay_durable_new(struct ay_store *s, struct ay_durable **out);
/* A file that was placed under d. Takes fd, which is O_RDONLY. Waits when too many of them wait. */
void ay_durable_add(struct ay_durable *w, const struct ay_sha256 *d, int fd);
/* All have been placed: the sync begins. */
void ay_durable_end(struct ay_durable *w);
/* After ay_durable_end: waits for the sync, and says what came of it. */
AY_MUSTCHECK int ay_durable_join(struct ay_durable *w, struct ay_error *e);
/* At any time; NULL-safe. */
void ay_durable_free(struct ay_durable *w);

#endif
