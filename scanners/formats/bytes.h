/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops that must run at the speed of memory. Each looks at what is left
 * of a cursor without moving it and answers an index <= left.
 */
#ifndef ASSAY_SCANNERS_BYTES_H
#define ASSAY_SCANNERS_BYTES_H

#include "assay/cursor.h"

/* Index of the first such byte, or left. */
size_t ay_bytes_find(const struct ay_cursor *c, uint8_t byte);
/* Index of the first byte below 0x20 other than TAB, LF, CR and FF, or left. */
size_t ay_bytes_find_control(const struct ay_cursor *c);
/* Index of the first byte of an ill-formed UTF-8 sequence, or left. */
size_t ay_bytes_find_bad_utf8(const struct ay_cursor *c);
/* True when the rest could be the start of one UTF-8 sequence that is cut off: at most three bytes. */
bool ay_bytes_cut_utf8(const struct ay_cursor *c);
/* Text as far as these bytes show: no control byte, UTF-8 but for a sequence cut off at the end. */
bool ay_bytes_look_like_text(const struct ay_cursor *c);
/*
 * A line break that only some readers see, in what others take for one line: VT, FF, a lone CR, NEL, LINE or PARAGRAPH
 * SEPARATOR. What follows it is hidden from the rest.
 */
bool ay_bytes_hidden_break(const struct ay_cursor *line);
/* ASCII case-insensitive: path ends with suffix (".csv"). */
bool ay_path_ends(const char *path, const char *suffix);
/* The last component. */
const char *ay_path_base(const char *path);

#endif
