/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where decompressed bytes wait to be judged: in memory while they are few,
 * then in the scratch file. Spools nest like the containers they come from:
 * the last one begun is the first one freed.
 */
#ifndef ASSAY_SCANNERS_SPOOL_H
#define ASSAY_SCANNERS_SPOOL_H

#include "assay/scan.h"

struct ay_spool {
	struct ay_scan *scan;
	uint8_t *memory;                    /* budget memory; NULL once the scratch file is used */
	size_t room;                        /* bytes of memory */
	uint64_t size;                      /* bytes written */
	uint64_t compressed;                /* bytes that it all comes from, for the ratio */
	uint64_t scratch_off;               /* where it begins in the scratch file */
	bool in_scratch;
};

/* compressed: the size of the input in bytes. */
void ay_spool_begin(struct ay_spool *sp, struct ay_scan *s, uint64_t compressed);
/* Appends. AY_ELIMIT, reported as limit.*, when it becomes too much; the bytes are then not judged. -errno when scratch fails. */
AY_MUSTCHECK int ay_spool_write(struct ay_spool *sp, const void *bytes, size_t len);
/* For an empty spool: len bytes of budget memory become its content; takes them always. As write otherwise. */
AY_MUSTCHECK int ay_spool_take(struct ay_spool *sp, uint8_t *bytes, size_t len);
/* Reports and answers AY_ELIMIT when a size that a header announces would not be admitted by write. */
AY_MUSTCHECK int ay_spool_announce(struct ay_spool *sp, uint64_t size);
/* Moves what was written from memory to the scratch file; only of the spool begun last. As write. */
AY_MUSTCHECK int ay_spool_put_away(struct ay_spool *sp);
/* What was written, valid until free or the next write. */
struct ay_source ay_spool_source(struct ay_spool *sp);
void ay_spool_free(struct ay_spool *sp);

#endif
