/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/formats/image.h"

#include "scanners/data/shape.h"

#include <stdarg.h>

#include "scanners/driver.h"

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

static bool fits(const struct ay_image *w)
{
	return w->width <= AY_LIMIT_IMAGE_SIDE && w->height <= AY_LIMIT_IMAGE_SIDE && w->width <= AY_LIMIT_IMAGE_PIXELS / w->height;
}

int ay_image_size(struct ay_image *w, uint64_t width, uint64_t height)
{
	if (!width || !height)
		return ay_image_bad(w, w->off, "the image has no width or no height");
	/* What comes first is the whole image, not one of its frames. */
	if (!w->width) {
		const uint64_t shape[] = {height, width};
		int rc = ay_shape_judge(w->s, NULL, shape, 2);

		if (rc)
			return rc;
	}
	w->width = width;
	w->height = height;
	if (!fits(w))
		ay_scan_find(w->s, "image.too-large", w->off, "%llu x %llu pixels, the limit is %llu in all and %d a side", (unsigned long long)width,
			     (unsigned long long)height, (unsigned long long)AY_LIMIT_IMAGE_PIXELS, AY_LIMIT_IMAGE_SIDE);
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

int ay_image_measure(struct ay_image *w, int code, unsigned sample_bytes, ay_image_decoder decode)
{
	struct ay_pixels_seen seen;

	if (code || !fits(w))
		return ay_image_done(w, code);
	uint64_t decoded = w->width * w->height * sample_bytes;

	if (decoded > AY_LIMIT_IMAGE_RATIO_FREE && decoded / AY_LIMIT_SCAN_RATIO > w->in->size) {
		ay_scan_find(w->s, "image.bomb", 0, "%llu bytes become %llu when decoded, more than %d times as many",
			     (unsigned long long)w->in->size, (unsigned long long)decoded, AY_LIMIT_SCAN_RATIO);
		return ay_image_done(w, 0);
	}
	code = decode(ay_scan_budget(w->s), w->in, &seen, &w->e);
	if (!code)
		code = ay_scan_image(w->s, &seen);
	return ay_image_done(w, code);
}
