/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/pixels.h"

#include <math.h>

int ay_pixels_start(struct ay_pixels *p, struct ay_budget *b, uint32_t width, uint32_t height, uint8_t channels)
{
	*p = (struct ay_pixels){.budget = b, .width = width, .height = height, .channels = channels, .looking = ay_looking_of(width, height)};
	if (!width || !height || width > AY_LIMIT_IMAGE_PIXELS / height)
		return AY_ELIMIT;
	p->luma = ay_budget_alloc(b, 3 * (size_t)width);
	return p->luma ? 0 : AY_ELIMIT;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned most(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

void ay_pixels_count(struct ay_pixels *p, uint8_t *samples, size_t n, bool colour, uint8_t *luma)
{
	for (size_t i = 0; i < n; i++) {
		unsigned l = samples[colour ? 3 * i : i];

		if (colour) {
			unsigned r = l, g = samples[3 * i + 1], b = samples[3 * i + 2], max = most(r, most(g, b));

			p->chroma[max] += max - least(r, least(g, b));
			l = (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;
		}
		p->sum += l;
		p->squares += l * l;
		luma[i] = (uint8_t)l;
	}
}

uint8_t *ay_pixels_place(struct ay_pixels *p)
{
	return p->luma + (size_t)(p->y % 3) * p->width;
}

/* The row in the middle of the last three. */
static void count_edges(struct ay_pixels *p)
{
	uint8_t *below = ay_pixels_place(p), *above = p->luma + (size_t)((p->y + 1) % 3) * p->width,
		*row = p->luma + (size_t)((p->y + 2) % 3) * p->width;

	for (size_t x = 1; x + 1 < p->width; x++) {
		int v = row[x - 1] + row[x + 1] + above[x] + below[x] - 4 * row[x];

		p->edges += v;
		p->edge_squares += (uint64_t)(v * v);
	}
	ay_looking_inner(&p->looking, p->y - 1, above, row, below);
}

/* Overlap of a pixel with a cell, both counted in parts of which a pixel has as many as there are cells. */
static uint64_t overlap(uint64_t pixel, uint64_t cell, uint64_t cells, uint64_t side)
{
	uint64_t from = pixel * cells > cell * side ? pixel * cells : cell * side,
		 to = (pixel + 1) * cells < (cell + 1) * side ? (pixel + 1) * cells : (cell + 1) * side;

	return to > from ? to - from : 0;
}

static void count_cells(struct ay_pixels *p)
{
	uint64_t across[AY_PIXELS_CELLS_X] = {0};
	uint8_t *row = ay_pixels_place(p);

	for (uint64_t i = 0; i < AY_PIXELS_CELLS_X; i++) {
		uint64_t from = i * p->width / AY_PIXELS_CELLS_X, last = ((i + 1) * p->width - 1) / AY_PIXELS_CELLS_X;

		for (uint64_t x = from + 1; x < last; x++)
			across[i] += row[x];
		across[i] = AY_PIXELS_CELLS_X * across[i] + row[from] * overlap(from, i, AY_PIXELS_CELLS_X, p->width);
		if (last > from)
			across[i] += row[last] * overlap(last, i, AY_PIXELS_CELLS_X, p->width);
	}
	for (uint64_t j = 0; j < AY_PIXELS_CELLS_Y; j++) {
		uint64_t weight = overlap(p->y, j, AY_PIXELS_CELLS_Y, p->height);

		for (size_t i = 0; weight && i < AY_PIXELS_CELLS_X; i++)
			p->cells[j][i] += weight * across[i];
	}
}

void ay_pixels_row(struct ay_pixels *p)
{
	if (p->y >= p->height)
		ay_bug("an image of %u rows got more", (unsigned)p->height);
	if (p->y >= 2)
		count_edges(p);
	count_cells(p);
	ay_looking_row(&p->looking, p->y, ay_pixels_place(p));
	p->y++;
}

/*
 * Variance from sums of integers without loss: with q the mean rounded down and r the rest, the squares about q less
 * r * r / n are a difference of two numbers that are rounded once each.
 */
static double variance(int64_t sum, uint64_t squares, int64_t n)
{
	if (!n)
		return 0;
	int64_t q = sum / n - (sum % n < 0), r = sum - q * n;
	int64_t about = (int64_t)squares - 2 * q * sum + q * q * n;
	double rest = (double)(r * r) / (double)n, square = (double)about - rest;

	return square > 0 ? square / (double)n : 0;
}

static double saturation(const struct ay_pixels *p, double n)
{
	double sum = 0;

	for (size_t max = 1; max < AY_ARRAY_LEN(p->chroma); max++) {
		double part = (double)p->chroma[max] / (double)max;

		sum += part;
	}
	return sum / n;
}

struct ay_pixels_seen ay_pixels_seen(const struct ay_pixels *p)
{
	struct ay_pixels_stats s = {.width = p->width, .height = p->height, .channels = p->channels};
	int64_t n = (int64_t)p->width * p->height, inner = p->width > 2 && p->height > 2 ? ((int64_t)p->width - 2) * ((int64_t)p->height - 2) : 0;

	if (p->y != p->height)
		ay_bug("an image of %u rows got %u", (unsigned)p->height, (unsigned)p->y);
	s.brightness = (double)p->sum / (double)(255 * n);
	s.contrast = sqrt(variance((int64_t)p->sum, p->squares, n)) / 255;
	s.saturation = saturation(p, (double)n);
	s.sharpness = variance(p->edges, p->edge_squares, inner);
	for (size_t j = 0; j < AY_PIXELS_CELLS_Y; j++)
		for (size_t i = 0; i + 1 < AY_PIXELS_CELLS_X; i++)
			s.dhash = s.dhash << 1 | (p->cells[j][i] < p->cells[j][i + 1]);
	return (struct ay_pixels_seen){s, ay_looking_end(&p->looking)};
}

void ay_pixels_free(struct ay_pixels *p)
{
	ay_budget_free(p->budget, p->luma);
	p->luma = NULL;
}
