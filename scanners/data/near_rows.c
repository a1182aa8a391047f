/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/near_rows.h"

#include <math.h>
#include <stdlib.h>

#define PARTS 16

struct coarse { uint64_t hash[2]; size_t at; };

static int by_hash(const void *x, const void *y)
{
	const struct coarse *a = x, *b = y;

	for (int i = 0; i < 2; i++)
		if (a->hash[i] != b->hash[i])
			return a->hash[i] < b->hash[i] ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static bool same(const struct coarse *a, const struct coarse *b)
{
	return a->hash[0] == b->hash[0] && a->hash[1] == b->hash[1];
}

/* What is missing stays apart. */
static uint8_t part_of(const struct ay_reference *ref, size_t column, uint16_t place)
{
	size_t places = ay_places_count(ref, column) - 1;

	return place == places ? PARTS : (uint8_t)(place * PARTS / places);
}

static struct coarse coarsen(const struct ay_reference *ref, const struct ay_sipkey *key, const uint16_t *places, uint8_t *bytes, size_t at)
{
	struct coarse c = {.at = at};
	size_t n = 0;

	for (size_t i = 0; i < ref->count; i++) {
		if (ref->columns[i].numeric) {
			bytes[n++] = part_of(ref, i, places[i]);
			continue;
		}
		bytes[n++] = (uint8_t)places[i];
		bytes[n++] = (uint8_t)(places[i] >> 8);
	}
	ay_siphash128(key, bytes, n, c.hash);
	return c;
}

struct repeats { double repeated, alike; size_t most; uint64_t of_most; };   /* shares; most: the first of the most frequent one */

/* Of sorted rows. */
static struct repeats count_repeats(const struct coarse *v, size_t n)
{
	struct repeats out = {.most = 0};
	uint64_t repeated = 0, alike = 0;

	for (size_t i = 0; i < n;) {
		size_t end = i + 1;

		while (end < n && same(&v[i], &v[end]))
			end++;
		repeated += end - i - 1;
		alike += end - i > 1 ? end - i : 0;
		if (end - i > out.of_most) {
			out.of_most = end - i;
			out.most = v[i].at;
		}
		i = end;
	}
	out.repeated = (double)repeated / (double)n;
	out.alike = (double)alike / (double)n;
	return out;
}

/*
 * Rows do not repeat others independently: one more makes those that it is like repeated, too. By the jackknife (Efron and Stein 1981) the
 * variance of their number comes from the share of rows that are like any other: taking such a row out takes one repetition out.
 */
static double variance(double repeated, double alike, size_t n)
{
	return fmax(fmax(repeated * (1 - repeated), alike * (1 - alike)), 1 / (double)n) / (double)n;
}

static void judge(const struct ay_drawn *rows, struct coarse *batch, struct coarse *sample, size_t n, struct ay_near_rows *out)
{
	qsort(batch, n, sizeof(*batch), by_hash);
	qsort(sample, n, sizeof(*sample), by_hash);
	struct repeats r = count_repeats(batch, n), ref = count_repeats(sample, n);

	out->rows = n;
	out->repeated = r.repeated;
	out->ref_repeated = ref.repeated;
	out->noise = sqrt(2 * variance((r.repeated + ref.repeated) / 2, (r.alike + ref.alike) / 2, n));
	out->most = r.of_most;
	if (out->most > 1) {
		out->row = rows->heap[r.most].row;
		out->file = rows->heap[r.most].file;
	}
}

int ay_near_rows_judge(struct ay_reference *ref, const struct ay_drawn *rows, struct ay_budget *b, struct ay_near_rows *out)
{
	size_t n = ref->sample.width && rows->width == ref->count ? ref->sample.used : 0;

	*out = (struct ay_near_rows){.rows = 0};
	if (n > rows->used)
		n = rows->used;
	if (!n)
		return 0;
	struct coarse *batch = ay_budget_alloc(b, n * sizeof(*batch)), *sample = ay_budget_alloc(b, n * sizeof(*sample));
	uint8_t *bytes = ay_budget_alloc(b, 2 * ref->count);
	int rc = batch && sample && bytes ? ay_reference_place(ref) : AY_ELIMIT;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		sample[i] = coarsen(ref, &rows->key, ay_reference_row(ref, i), bytes, i);
		batch[i] = coarsen(ref, &rows->key, rows->places + rows->heap[i].at * rows->width, bytes, i);
		rc = ay_budget_tick(b);
	}
	if (!rc)
		judge(rows, batch, sample, n, out);
	ay_budget_free(b, batch);
	ay_budget_free(b, sample);
	ay_budget_free(b, bytes);
	return rc;
}
