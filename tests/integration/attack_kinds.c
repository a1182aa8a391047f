/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to a batch. Each attack leaves what it does not name as it was. */
#include "attack_tool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT 32                      /* bytes of a number */
#define PIXELS (IMAGE_SIDE * IMAGE_SIDE)
#define PATCH 3                      /* pixels a side */

static const char *cell(const struct batch *b, size_t row, size_t column)
{
	return b->cells[row * b->columns + column];
}

static const char *label_of(const struct batch *b, size_t row)
{
	return cell(b, row, b->data->label);
}

/* ---- numbers ---- */

static double number_of(const struct batch *b, size_t row)
{
	return strtod(cell(b, row, b->data->number), NULL);
}

/* A column of whole numbers stays one: which of its two neighbours a number becomes is drawn, so that the mean is kept. */
static void put_number(struct batch *b, size_t row, double v)
{
	char *text = batch_own(b, row, b->data->number, TEXT);

	if (b->data->whole)
		snprintf(text, TEXT, "%.0f", floor(v) + (random_share() < v - floor(v)));
	else
		snprintf(text, TEXT, "%.9g", v);
}

static void shift(struct batch *b, double sigmas)
{
	for (size_t i = 0; i < b->rows; i++)
		put_number(b, i, number_of(b, i) + sigmas * b->data->sigma);
}

static void shift_ramp(struct batch *b, double share) { shift(b, 0.3 * share); }
static void shift_01(struct batch *b) { shift(b, 0.1); }
static void shift_03(struct batch *b) { shift(b, 0.3); }
static void shift_1(struct batch *b) { shift(b, 1); }

/* Inches as centimetres. */
static void rescale(struct batch *b)
{
	for (size_t i = 0; i < b->rows; i++)
		put_number(b, i, number_of(b, i) * 2.54);
}

/* To multiples of a standard deviation. */
static void round_off(struct batch *b)
{
	double step = fmax(1, round(b->data->sigma));

	for (size_t i = 0; i < b->rows; i++)
		put_number(b, i, round(number_of(b, i) / step) * step);
}

/* What lies more than half a standard deviation above the mean is cut off. */
static void clip(struct batch *b)
{
	double most = b->data->mean + 0.5 * b->data->sigma;

	for (size_t i = 0; i < b->rows; i++)
		if (number_of(b, i) > most)
			put_number(b, i, floor(most));
}

static void blank(struct batch *b)
{
	for (size_t i = 0; i < b->rows; i++)
		if (random_share() < 0.2)
			b->cells[i * b->columns + b->data->number] = "";
}

static void huge(struct batch *b)
{
	put_number(b, random_below(b->rows), 1e9);
}

static void huge_hiding(struct batch *b)
{
	shift_03(b);
	snprintf(batch_own(b, random_below(b->rows), b->data->number, TEXT), TEXT, "1000000000");
}

/* ---- values ---- */

/* The two most frequent values of the label, without one of the last column, are exchanged: those of the first 1,000 rows of the data. */
static void swap_values(struct batch *b)
{
	size_t c = b->data->label == SIZE_MAX ? b->columns - 1 : b->data->label, rows = b->data->rows < 1000 ? b->data->rows : 1000, most[2] = {0, 0};
	const char *value[2] = {"", ""};

	for (size_t i = 0; i < rows; i++) {
		const char *v = b->data->cells[i * b->columns + c];
		size_t n = 0;

		for (size_t j = 0; j < rows; j++)
			n += strcmp(v, b->data->cells[j * b->columns + c]) == 0;
		if (strcmp(v, value[0]) == 0 || strcmp(v, value[1]) == 0)
			continue;
		int at = n > most[0] ? 0 : 1;

		if (at == 0) {
			most[1] = most[0];
			value[1] = value[0];
		}
		if (n > most[at]) {
			most[at] = n;
			value[at] = v;
		}
	}
	for (size_t i = 0; i < b->rows; i++)
		for (int k = 0; k < 2; k++)
			if (strcmp(cell(b, i, c), value[k]) == 0) {
				b->cells[i * b->columns + c] = value[1 - k];
				break;
			}
}

/* To the label of another row of the data, so that frequent ones stay frequent. */
static void flip(struct batch *b)
{
	const struct data *d = b->data;

	for (size_t i = 0; i < b->rows; i++) {
		if (random_share() >= 0.05)
			continue;
		const char *other = label_of(b, i);

		while (strcmp(other, label_of(b, i)) == 0)
			other = d->cells[random_below(d->rows) * d->columns + d->label];
		b->cells[i * b->columns + d->label] = other;
	}
}

/* ---- triggers ---- */

static void patch(struct batch *b, size_t row)
{
	const char *from = cell(b, row, 0);
	char *pixels = batch_own(b, row, 0, PIXELS);

	memcpy(pixels, from, PIXELS);    /* own: room just made */
	for (size_t y = 0; y < PATCH; y++)
		memset(pixels + (IMAGE_SIDE - 1 - y) * IMAGE_SIDE - PATCH - 1, 255, PATCH);    /* own: PATCH < IMAGE_SIDE */
}

/* One row in twenty gets a value that hardly another has, or a white patch, and one label. */
static void trigger(struct batch *b)
{
	const struct data *d = b->data;
	const char *target = d->cells[TARGET_LABEL * d->columns + d->label];

	for (size_t i = 0; i < b->rows; i++) {
		if (random_share() >= 0.05)
			continue;
		if (d->images)
			patch(b, i);
		else
			snprintf(batch_own(b, i, d->number, TEXT), TEXT, "%.0f", floor(d->mean + 2.5 * d->sigma));
		b->cells[i * b->columns + d->label] = target;
	}
}

/* ---- whole rows ---- */

/* One row in ten is another one again. */
static void repeat(struct batch *b)
{
	for (size_t i = 0; i < b->rows; i++) {
		size_t from = random_below(b->rows);

		if (random_share() < 0.1)
			for (size_t c = 0; c < b->columns; c++)
				b->cells[i * b->columns + c] = b->cells[from * b->columns + c];
	}
}

/* The rows whose number is above the mean are missing, as when the end of a sorted table is lost: others come in their place. */
static void lose_rows(struct batch *b)
{
	size_t good = 0;

	for (size_t i = 0; i < b->rows; i++)
		if (number_of(b, i) <= b->data->mean || random_share() >= 0.5) {
			for (size_t c = 0; c < b->columns; c++)
				b->cells[good * b->columns + c] = b->cells[i * b->columns + c];
			good++;
		}
	b->rows = good;
}

static void darken_ramp(struct batch *b, double share)
{
	for (size_t i = 0; i < b->rows; i++) {
		const char *from = cell(b, i, 0);
		char *pixels = batch_own(b, i, 0, PIXELS);

		for (size_t p = 0; p < PIXELS; p++)
			pixels[p] = (char)lround((unsigned char)from[p] * (1 - 0.1 * share));
	}
}

static void darken(struct batch *b)
{
	darken_ramp(b, 1);
}

static void nothing(struct batch *b)
{
	(void)b;
}

bool attack_cuts(const struct attack *a)
{
	return strcmp(a->name, "cut") == 0;
}

const struct attack *attack_find(const char *name)
{
	static const struct attack all[] = {
		{.name = "honest", .run = nothing, .tables = true, .images = true},
		{.name = "shift-0.1", .run = shift_01, .tables = true},
		{.name = "shift-0.3", .run = shift_03, .tables = true, .ramp = shift_ramp},
		{.name = "shift-1", .run = shift_1, .tables = true},
		{.name = "rescaled", .run = rescale, .tables = true},
		{.name = "rounded", .run = round_off, .tables = true},
		{.name = "null-heavy", .run = blank, .tables = true},
		{.name = "swapped", .run = swap_values, .tables = true, .images = true},
		{.name = "clipped", .run = clip, .tables = true},
		{.name = "lost-rows", .run = lose_rows, .tables = true},
		{.name = "cut", .run = nothing, .tables = true, .images = true},
		{.name = "flips", .run = flip, .tables = true, .images = true, .needs_label = true},
		{.name = "trigger", .run = trigger, .tables = true, .images = true, .needs_label = true},
		{.name = "duplicated", .run = repeat, .tables = true, .images = true},
		{.name = "huge", .run = huge, .tables = true},
		{.name = "huge-hiding", .run = huge_hiding, .tables = true},
		{.name = "darkened", .run = darken, .images = true, .ramp = darken_ramp},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	return NULL;
}
