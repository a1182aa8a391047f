/* SPDX-License-Identifier: Apache-2.0 */
/* Forward reading of a source in bounded memory: windows, and lines on top of them. */
#ifndef ASSAY_SCANNERS_STREAM_H
#define ASSAY_SCANNERS_STREAM_H

#include "assay/scan.h"

struct ay_stream {
	struct ay_source *in;
	struct ay_budget *budget;
	uint8_t *buf;
	size_t cap, have;
	uint64_t off;        /* of buf[0] in the source */
};
/* Borrows in and budget. AY_ELIMIT when the budget has no cap bytes left. */
AY_MUSTCHECK int ay_stream_open(struct ay_stream *st, struct ay_source *in, struct ay_budget *budget, size_t cap);
/*
 * The next window: the last keep bytes of the one before, then new ones. 1, or 0 when the source
 * has no more, or a negative code. The cursor is valid until the next call. keep < cap.
 */
AY_MUSTCHECK int ay_stream_next(struct ay_stream *st, size_t keep, struct ay_cursor *out);
void ay_stream_close(struct ay_stream *st);

struct ay_lines {
	struct ay_stream st;
	size_t max;
	struct ay_cursor rest;
	bool at_end;
};
/* Lines of at most max bytes, line feed included. */
AY_MUSTCHECK int ay_lines_open(struct ay_lines *l, struct ay_source *in, struct ay_budget *budget, size_t max);
/* The next line without its LF or CRLF: 1, 0 at the end, AY_ELIMIT for a line that is too long, or another negative code. */
AY_MUSTCHECK int ay_lines_next(struct ay_lines *l, struct ay_cursor *line_out);
void ay_lines_close(struct ay_lines *l);

#endif
