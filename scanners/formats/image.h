/* SPDX-License-Identifier: Apache-2.0 */
/* What the image readers share: a walk over the source, how its end is reported, and how pixels are measured after it. */
#ifndef ASSAY_SCANNERS_IMAGE_H
#define ASSAY_SCANNERS_IMAGE_H

#include "scanners/formats/pixels.h"

struct ay_image {
	struct ay_scan *s;
	struct ay_source *in;
	struct ay_buf buf;
	uint64_t off;            /* next byte */
	uint64_t width, height;
	struct ay_error e;
};

struct ay_image ay_image_of(struct ay_scan *s, struct ay_source *in);
/* The next len bytes, at most AY_IMAGE_PIECE; valid until the next call. AY_ETRUNC when the file ends before. */
#define AY_IMAGE_PIECE (64 * KIB)
AY_MUSTCHECK int ay_image_take(struct ay_image *w, size_t len, struct ay_cursor *out);
AY_MUSTCHECK int ay_image_skip(struct ay_image *w, uint64_t len);
/* AY_EFORMAT with a sentence about the byte at off. */
int ay_image_bad(struct ay_image *w, uint64_t off, const char *fmt, ...) AY_PRINTF(3, 4);
/* AY_EFORMAT when a side is zero; reports "image.too-large" and goes on otherwise. Says how large the image is. */
AY_MUSTCHECK int ay_image_size(struct ay_image *w, uint64_t width, uint64_t height);
/* AY_EFORMAT when bytes follow. */
AY_MUSTCHECK int ay_image_end(struct ay_image *w);
/* Reports code, frees, and gives what scan() returns. */
int ay_image_done(struct ay_image *w, int code);

typedef int (*ay_image_decoder)(struct ay_budget *b, struct ay_source *in, struct ay_pixels_seen *out, struct ay_error *e);
/*
 * Like ay_image_done, and decodes what is whole and within the limits: reports damaged pixels and "image.bomb", and hands
 * what is measured to ay_scan_image. sample_bytes are those of one pixel as it is decoded.
 */
int ay_image_measure(struct ay_image *w, int code, unsigned sample_bytes, ay_image_decoder decode);

#endif
