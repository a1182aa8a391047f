/* SPDX-License-Identifier: Apache-2.0 */
/* A look at a few bytes anywhere in a source, where most looks lie close behind each other. */
#ifndef ASSAY_FORMATS_WINDOW_H
#define ASSAY_FORMATS_WINDOW_H

#include "assay/scan.h"

#define AY_WINDOW 8192

struct ay_window {
	struct ay_source *in;     /* borrowed; set by the user, the rest zero */
	uint64_t off;
	size_t len;
	uint8_t bytes[AY_WINDOW];
};

/*
 * A cursor over what lies at off: at least want bytes (at most AY_WINDOW), or all up to the end of the source, and
 * usually more. Valid until the next look. AY_ETRUNC when off is beyond the end; a read error.
 */
AY_MUSTCHECK int ay_window_look(struct ay_window *w, uint64_t off, size_t want, struct ay_cursor *out);

#endif
