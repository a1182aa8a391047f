/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For containers that judge a member themselves instead of handing it to
 * ay_scan_member_in: what is reported between enter and leave carries the
 * member's path.
 */
#ifndef ASSAY_SCANNERS_DRIVER_H
#define ASSAY_SCANNERS_DRIVER_H

#include "assay/scan.h"

/* What enter changed; the caller's, until leave. */
struct ay_scan_frame {
	char *outer;
};
/*
 * 0: leave must follow. AY_ELIMIT: no more members, the scan must stop.
 * AY_EUNSUPPORTED: nested too deeply, go on with the next member. Both are
 * reported.
 */
AY_MUSTCHECK int ay_scan_enter(struct ay_scan *s, const char *member, struct ay_scan_frame *f);
void ay_scan_leave(struct ay_scan *s, struct ay_scan_frame *f);

/* Name for the one thing inside a compressed stream: the file's own without its last suffix, or "content". out has out_size bytes. */
void ay_scan_inner_name(const struct ay_scan *s, char *out, size_t out_size);

/* The policy admits this suffix unread. For scanners that only recognise a format: they report "format.opaque" instead of refusing. */
bool ay_scan_is_opaque(const struct ay_scan *s);

/* scan() of what has no form (AY_SCANNER_FORMLESS): nothing is judged but where it lies; the tree is compared later. */
AY_MUSTCHECK int ay_formless_scan(struct ay_scan *s, struct ay_source *in);

/* Result side (result.c). Adds a finding to the result, keeping the worst when the list is full. */
void ay_scan_result_add(struct ay_scan_result *r, const struct ay_rule *rule, const char *member, const struct ay_finding *f);
/* Takes the bytes as the profile of the file, instead of those before. */
void ay_scan_set_profile(struct ay_scan *s, struct ay_buf *profile);
/* Takes the bytes as the keys that the file itself holds and refers to (scanners/data/foreign.h). */
void ay_scan_set_keys(struct ay_scan *s, struct ay_buf *keys);
/* The file or a member of it is compared with its schema, or why not was reported. */
void ay_scan_schema_met(struct ay_scan *s);
struct ay_pixels_seen;
/* What was measured of the image at hand: the profile of the file itself, or a row of its container's (scanners/images.h). */
AY_MUSTCHECK int ay_scan_image(struct ay_scan *s, const struct ay_pixels_seen *image);
/* The file's own result, for what is recorded beside the findings. */
struct ay_scan_result *ay_scan_result_of(struct ay_scan *s);

#endif
