/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/looks.h"

#include "assay/cursor.h"

_Static_assert(sizeof(struct ay_look) == AY_LOOK_CELLS + AY_LOOK_EDGES + AY_LOOK_MARKS * AY_LOOK_CELLS, "a look has no holes");

int ay_looks_init(struct ay_drawn *d, struct ay_budget *b, const struct ay_sha256 *digest)
{
	struct ay_cursor c = ay_cursor_of(digest->b, sizeof(digest->b), 0);
	struct ay_sipkey key = {.k0 = ay_cursor_le64(&c)};

	key.k1 = ay_cursor_le64(&c);
	return ay_drawn_start(d, b, &key, AY_LOOK_WIDTH, AY_LOOK_ROWS);
}

uint16_t ay_looks_place(const struct ay_profiled *column, const struct ay_cell *label)
{
	uint32_t at = column ? ay_profiled_where(column, label).at : 0;

	return column && at != ay_profiled_missing(column) ? (uint16_t)at : AY_LOOK_NO_LABEL;
}

void ay_looks_add(struct ay_drawn *d, uint64_t row, uint16_t label, const struct ay_look *look)
{
	uint16_t places[AY_LOOK_WIDTH];
	uint64_t order;

	if (!ay_drawn_next(d, row, &order))
		return;
	places[0] = label;
	memcpy(places + 1, look, sizeof(*look));    /* own: as long */
	ay_drawn_keep(d, order, row, places);
}

static const uint16_t *places_of(const struct ay_drawn *d, size_t i)
{
	return d->places + d->heap[i].at * d->width;
}

uint16_t ay_looks_label(const struct ay_drawn *d, size_t i)
{
	return places_of(d, i)[0];
}

const struct ay_look *ay_looks_get(const struct ay_drawn *d, size_t i)
{
	return (const struct ay_look *)(places_of(d, i) + 1);    /* own: as ay_looks_add laid it there */
}
