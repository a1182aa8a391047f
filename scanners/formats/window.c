/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/window.h"

int ay_window_look(struct ay_window *w, uint64_t off, size_t want, struct ay_cursor *out)
{
	*out = ay_cursor_of(NULL, 0, off);
	if (off > w->in->size)
		return AY_ETRUNC;
	uint64_t left = w->in->size - off;

	if (want > left)
		want = (size_t)left;
	if (off < w->off || off + want > w->off + w->len) {
		size_t fill = left < sizeof(w->bytes) ? (size_t)left : sizeof(w->bytes);
		int err = ay_source_read_full(w->in, off, w->bytes, fill);

		w->len = 0;
		if (err)
			return err;
		w->off = off;
		w->len = fill;
	}
	size_t at = (size_t)(off - w->off);

	*out = ay_cursor_of(w->bytes + at, w->len - at, off);
	return 0;
}
