/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/image.h"

#include <stdarg.h>

struct ay_image ay_image_of(struct ay_scan *s, struct ay_source *in)
{
	return (struct ay_image){.s = s, .in = in, .buf = ay_buf_new(AY_IMAGE_PIECE), .e = {.off = AY_NO_OFFSET}};
}

int ay_image_take(struct ay_image *w, size_t len, struct ay_cursor *out)
{
	int err = ay_budget_tick(ay_scan_budget(w->s));

	if (!err)
		err = ay_source_load(w->in, w->off, len, &w->buf, out);
	if (err)
		return ay_error_at(&w->e, err, w->off, "%s", err == AY_ETRUNC ? "the file ends inside a part" : ay_strerror(err));
	w->off += len;
	return 0;
}

int ay_image_skip(struct ay_image *w, uint64_t len)
{
	if (len > w->in->size - w->off)
		return ay_error_at(&w->e, AY_ETRUNC, w->off, "a part of %llu bytes reaches beyond the end", (unsigned long long)len);
	w->off += len;
	return ay_budget_tick(ay_scan_budget(w->s));
}

int ay_image_bad(struct ay_image *w, uint64_t off, const char *fmt, ...)
{
	char msg[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return ay_error_at(&w->e, AY_EFORMAT, off, "%s", msg);
}

int ay_image_size(struct ay_image *w, uint64_t width, uint64_t height)
{
	if (!width || !height)
		return ay_image_bad(w, w->off, "the image has no width or no height");
	if (width > AY_LIMIT_IMAGE_PIXELS / height)
		ay_scan_find(w->s, "image.too-large", w->off, "%llu x %llu pixels, the limit is %llu in all", (unsigned long long)width,
			     (unsigned long long)height, (unsigned long long)AY_LIMIT_IMAGE_PIXELS);
	return 0;
}

int ay_image_end(struct ay_image *w)
{
	if (w->off == w->in->size)
		return 0;
	return ay_image_bad(w, w->off, "%llu bytes follow the end of the image", (unsigned long long)(w->in->size - w->off));
}

int ay_image_done(struct ay_image *w, int code)
{
	if (code)
		ay_scan_find_error(w->s, "image", code, &w->e);
	ay_buf_free(&w->buf);
	return 0;
}
