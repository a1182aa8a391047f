/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image looks like, in as many bytes whatever its size: of integers alone, so the same on every machine. The image is
 * laid out in 8 by 8 cells, in each the pixels whose place times 8 over the side falls there.
 *
 *  - means: the mean luma of each cell.
 *  - edges: histograms of gradients by direction, as in HOG (Dalal and Triggs, 2005), of 4 by 4 cells and four directions (0, 45,
 *    90 and 135 degrees): with g the sum of |L(x+1) - L(x-1)| + |L(y+1) - L(y-1)| over the n pixels of a cell, sqrt(128 g / n).
 *  - marks: of the 3 by 3 pixels around each pixel of a cell the greatest and the least mean, and the greatest |Laplacian| / 4. A
 *    small patch that somebody put there is one of them unless the image itself has more; the place within the cell is left out.
 *
 * Cells of images that have too few pixels for them have 0, and 255 where the least is meant. JPEG moves each by a little.
 */
#ifndef ASSAY_SCANNERS_LOOK_H
#define ASSAY_SCANNERS_LOOK_H

#include <stddef.h>
#include <stdint.h>

#define AY_LOOK_SIDE 8
#define AY_LOOK_CELLS (AY_LOOK_SIDE * AY_LOOK_SIDE)
#define AY_LOOK_EDGE_SIDE 4
#define AY_LOOK_DIRECTIONS 4
#define AY_LOOK_EDGES (AY_LOOK_EDGE_SIDE * AY_LOOK_EDGE_SIDE * AY_LOOK_DIRECTIONS)

enum ay_look_mark { AY_LOOK_BRIGHT, AY_LOOK_DARK, AY_LOOK_ROUGH, AY_LOOK_MARKS };

struct ay_look {
	uint8_t means[AY_LOOK_CELLS];
	uint8_t edges[AY_LOOK_EDGES];                    /* the directions of a cell side by side */
	uint8_t marks[AY_LOOK_MARKS][AY_LOOK_CELLS];
};

/* Sums of an image whose rows come from the top. */
struct ay_looking {
	uint32_t width, height;
	uint64_t means[AY_LOOK_CELLS], edges[AY_LOOK_EDGES];
	uint16_t marks[AY_LOOK_MARKS][AY_LOOK_CELLS];    /* sums of nine; |Laplacian| */
};
struct ay_looking ay_looking_of(uint32_t width, uint32_t height);
void ay_looking_row(struct ay_looking *l, uint32_t y, uint8_t *row);
/* The row y, which is neither the first nor the last, between its neighbours. */
void ay_looking_inner(struct ay_looking *l, uint32_t y, uint8_t *above, uint8_t *row, uint8_t *below);
struct ay_look ay_looking_end(const struct ay_looking *l);

#endif
