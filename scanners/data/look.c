/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/look.h"

#include <stdlib.h>

#define NINE_MAX (9 * 255)

struct ay_looking ay_looking_of(uint32_t width, uint32_t height)
{
	struct ay_looking l = {.width = width, .height = height};

	for (size_t i = 0; i < AY_LOOK_CELLS; i++)
		l.marks[AY_LOOK_DARK][i] = NINE_MAX;
	return l;
}

/* Where the pixels of a cell begin, of so many cells along a side. */
static uint32_t begin_of(uint64_t cell, uint64_t cells, uint64_t side)
{
	return (uint32_t)((cell * side + cells - 1) / cells);
}

static size_t cell_of(uint64_t at, uint64_t cells, uint64_t side)
{
	return (size_t)(at * cells / side);
}

/* The same without the first and the last pixel, which have not all neighbours. */
struct span { uint32_t from, to; };

static struct span inner_of(uint64_t cell, uint64_t cells, uint32_t side)
{
	struct span s = {begin_of(cell, cells, side), begin_of(cell + 1, cells, side)};

	s.from = s.from ? s.from : 1;
	s.to = s.to > side - 1 ? side - 1 : s.to;
	return s.to > s.from ? s : (struct span){0, 0};
}

void ay_looking_row(struct ay_looking *l, uint32_t y, uint8_t *row)
{
	uint64_t *means = l->means + cell_of(y, AY_LOOK_SIDE, l->height) * AY_LOOK_SIDE;

	for (size_t i = 0; i < AY_LOOK_SIDE; i++) {
		uint32_t to = begin_of(i + 1, AY_LOOK_SIDE, l->width);
		uint64_t sum = 0;

		for (uint32_t x = begin_of(i, AY_LOOK_SIDE, l->width); x < to; x++)
			sum += row[x];
		means[i] += sum;
	}
}

/* Of 0, 45, 90 and 135 degrees the nearest: 408 / 985 is the tangent of 22.5 degrees to six digits. */
static size_t direction_of(int dx, int dy)
{
	int across = abs(dx), down = abs(dy);

	if (985 * down < 408 * across)
		return 0;
	if (985 * across < 408 * down)
		return 2;
	return (dx < 0) == (dy < 0) ? 1 : 3;
}

static void add_edges(uint64_t *sums, struct span s, uint8_t *above, uint8_t *row, uint8_t *below)
{
	for (uint32_t x = s.from; x < s.to; x++) {
		int dx = row[x + 1] - row[x - 1], dy = below[x] - above[x];

		sums[direction_of(dx, dy)] += (uint64_t)(abs(dx) + abs(dy));
	}
}

static void find_marks(struct ay_looking *l, size_t cell, struct span s, uint8_t *above, uint8_t *row, uint8_t *below)
{
	int most = l->marks[AY_LOOK_BRIGHT][cell], least = l->marks[AY_LOOK_DARK][cell], rough = l->marks[AY_LOOK_ROUGH][cell];

	for (uint32_t x = s.from; x < s.to; x++) {
		int cross = above[x] + below[x] + row[x - 1] + row[x + 1];
		int nine = cross + row[x] + above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1], bend = abs(cross - 4 * row[x]);

		most = nine > most ? nine : most;
		least = nine < least ? nine : least;
		rough = bend > rough ? bend : rough;
	}
	l->marks[AY_LOOK_BRIGHT][cell] = (uint16_t)most;
	l->marks[AY_LOOK_DARK][cell] = (uint16_t)least;
	l->marks[AY_LOOK_ROUGH][cell] = (uint16_t)rough;
}

void ay_looking_inner(struct ay_looking *l, uint32_t y, uint8_t *above, uint8_t *row, uint8_t *below)
{
	size_t marks = cell_of(y, AY_LOOK_SIDE, l->height) * AY_LOOK_SIDE, edges = cell_of(y, AY_LOOK_EDGE_SIDE, l->height) * AY_LOOK_EDGE_SIDE;

	if (l->width < 3)
		return;
	for (size_t i = 0; i < AY_LOOK_SIDE; i++)
		find_marks(l, marks + i, inner_of(i, AY_LOOK_SIDE, l->width), above, row, below);
	for (size_t i = 0; i < AY_LOOK_EDGE_SIDE; i++)
		add_edges(l->edges + (edges + i) * AY_LOOK_DIRECTIONS, inner_of(i, AY_LOOK_EDGE_SIDE, l->width), above, row, below);
}

/* Rounded down. */
static uint8_t root(uint64_t v)
{
	unsigned r = 0;

	while (r < UINT8_MAX && (uint64_t)(r + 1) * (r + 1) <= v)
		r++;
	return (uint8_t)r;
}

static uint64_t length(struct span s)
{
	return s.to - s.from;
}

struct ay_look ay_looking_end(const struct ay_looking *l)
{
	struct ay_look out = {.means = {0}};

	for (size_t i = 0; i < AY_LOOK_CELLS; i++) {
		uint64_t x = i % AY_LOOK_SIDE, y = i / AY_LOOK_SIDE;
		uint64_t n = (uint64_t)(begin_of(x + 1, AY_LOOK_SIDE, l->width) - begin_of(x, AY_LOOK_SIDE, l->width)) *
			     (begin_of(y + 1, AY_LOOK_SIDE, l->height) - begin_of(y, AY_LOOK_SIDE, l->height));

		out.means[i] = (uint8_t)(n ? l->means[i] / n : 0);
		out.marks[AY_LOOK_BRIGHT][i] = (uint8_t)(l->marks[AY_LOOK_BRIGHT][i] / 9);
		out.marks[AY_LOOK_DARK][i] = (uint8_t)(l->marks[AY_LOOK_DARK][i] / 9);
		out.marks[AY_LOOK_ROUGH][i] = (uint8_t)(l->marks[AY_LOOK_ROUGH][i] / 4);
	}
	for (size_t i = 0; i < AY_LOOK_EDGES; i++) {
		uint64_t cell = i / AY_LOOK_DIRECTIONS;
		uint64_t n = length(inner_of(cell % AY_LOOK_EDGE_SIDE, AY_LOOK_EDGE_SIDE, l->width)) *
			     length(inner_of(cell / AY_LOOK_EDGE_SIDE, AY_LOOK_EDGE_SIDE, l->height));

		out.edges[i] = n ? root(128 * l->edges[i] / n) : 0;
	}
	return out;
}
