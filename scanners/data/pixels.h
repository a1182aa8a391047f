/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is measured of one decoded image. All sums are of integers; the few operations on doubles are divisions,
 * subtractions and roots that IEEE 754 rounds in one way, so the same samples give the same bits on every machine.
 *
 *  - luma L = (19595 R + 38470 G + 7471 B + 2^15) / 2^16, the weights of ITU-R BT.601 as Pillow's convert("L") rounds
 *    them; of grey images the sample itself.
 *  - brightness: the mean of L / 255.
 *  - contrast: the standard deviation of L (of the population) / 255, known as RMS contrast (Peli, "Contrast in complex
 *    images", 1990).
 *  - saturation: the mean of S of HSV, (max - min) / max of the three samples, 0 where all are 0 (Smith, "Color gamut
 *    transform pairs", 1978); not rounded to a byte.
 *  - sharpness: the variance of the Laplacian L(x-1) + L(x+1) + L(y-1) + L(y+1) - 4 L over all pixels with four
 *    neighbours, in units of L squared (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000); 0
 *    when there are none.
 *  - dhash: the image as 9 by 8 cells of equal area, pixels on a border in proportion; a bit per horizontal pair, set where
 *    the right cell is brighter; row by row, the first pair in the highest bit (Krawetz, "Kind of like that", 2013). Images
 *    of one tone have 0.
 *
 * Samples are those of the file: no colour profile or gamma is applied, an orientation in EXIF is not followed, alpha is
 * left out, and of 16 bits the upper 8 count, as image loaders for training do by default.
 */
#ifndef ASSAY_SCANNERS_PIXELS_H
#define ASSAY_SCANNERS_PIXELS_H

#include "assay/scan.h"
#include "scanners/data/look.h"

struct ay_pixels_stats {
	uint32_t width, height;
	uint8_t channels;                /* of the file: grey 1, with alpha 2, colour or palette 3, with alpha or CMYK 4 */
	double brightness, contrast, saturation, sharpness;
	uint64_t dhash;
};

struct ay_pixels_seen { struct ay_pixels_stats stats; struct ay_look look; };

#define AY_PIXELS_CELLS_X 9
#define AY_PIXELS_CELLS_Y 8

/* Sums of an image whose rows come from the top. */
struct ay_pixels {
	struct ay_budget *budget;
	uint32_t width, height, y;
	uint8_t channels;
	uint8_t *luma;                   /* the last three rows */
	uint64_t sum, squares;           /* of L */
	uint64_t chroma[256];            /* of max - min, by max */
	int64_t edges;                   /* of the Laplacian */
	uint64_t edge_squares;
	uint64_t cells[AY_PIXELS_CELLS_Y][AY_PIXELS_CELLS_X];
	struct ay_looking looking;
};

/* Sides of 1 to 2^28 with at most AY_LIMIT_IMAGE_PIXELS in all. AY_ELIMIT without memory; nothing is to be freed then. */
AY_MUSTCHECK int ay_pixels_start(struct ay_pixels *p, struct ay_budget *b, uint32_t width, uint32_t height, uint8_t channels);
/* Counts n pixels of 1 or 3 samples each, in any order, and gives their luma. */
void ay_pixels_count(struct ay_pixels *p, uint8_t *samples, size_t n, bool colour, uint8_t *luma);
/* Where the luma of the next row belongs, width bytes; then the row is taken with ay_pixels_row. */
uint8_t *ay_pixels_place(struct ay_pixels *p);
void ay_pixels_row(struct ay_pixels *p);
/* After height rows. */
struct ay_pixels_seen ay_pixels_seen(const struct ay_pixels *p);
void ay_pixels_free(struct ay_pixels *p);

#endif
