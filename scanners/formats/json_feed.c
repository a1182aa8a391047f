/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/json_feed.h"

int64_t ay_json_feed_source(void *arg, void *dst, size_t len)
{
	struct ay_json_feed *f = arg;
	int err = ay_budget_tick(f->budget);

	if (len > f->in->size - f->off)
		len = (size_t)(f->in->size - f->off);
	if (!err && len)
		err = ay_source_read_full(f->in, f->off, dst, len);
	if (err)
		return err;
	f->off += len;
	return (int64_t)len;
}

int64_t ay_json_feed_cursor(void *arg, void *dst, size_t len)
{
	struct ay_cursor *c = arg;

	if (len > c->left)
		len = c->left;
	ay_cursor_copy(c, dst, len);
	return (int64_t)len;
}
