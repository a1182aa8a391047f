/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSAY_SCANNERS_TEXT_H
#define ASSAY_SCANNERS_TEXT_H

#include "assay/scan.h"

/*
 * Reads the whole source as text: strict UTF-8, control bytes only TAB, LF,
 * CR, FF, lines of at most max_line bytes. Reports "FORMAT.malformed" and the
 * like; 0 when judged, *clean_out telling, or negative to stop the scan.
 */
AY_MUSTCHECK int ay_text_check(struct ay_scan *s, struct ay_source *in, const char *format, uint64_t max_line, bool *clean_out);

/* The name that suffix rules go by: of the member, or of the file itself. Never NULL. */
const char *ay_scan_name(const struct ay_scan *s);

#endif
