/* SPDX-License-Identifier: Apache-2.0 */
/* The decoders of images. Each is called when the structure of the whole file is good and its size within the limits. */
#ifndef ASSAY_SCANNERS_FORMATS_PIXELS_H
#define ASSAY_SCANNERS_FORMATS_PIXELS_H

#include "scanners/data/pixels.h"

/* AY_EFORMAT and AY_ETRUNC: the pixels are damaged; AY_EUNSUPPORTED: a kind that the library does not decode; AY_ELIMIT. */
AY_MUSTCHECK int ay_pixels_png(struct ay_budget *b, struct ay_source *in, struct ay_pixels_seen *out, struct ay_error *e);
AY_MUSTCHECK int ay_pixels_jpeg(struct ay_budget *b, struct ay_source *in, struct ay_pixels_seen *out, struct ay_error *e);

#endif
