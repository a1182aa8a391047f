/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/data/poison.h"

#include <math.h>

int ay_poison_init(struct ay_poison *p, struct ay_budget *b, const struct ay_reference *ref)
{
	return ay_drawn_init(&p->rows, b, ref);
}

void ay_poison_set_file(struct ay_poison *p, uint32_t file)
{
	ay_drawn_set_file(&p->rows, file);
}

int ay_poison_merge(struct ay_poison *p, const struct ay_poison *other)
{
	return ay_drawn_merge(&p->rows, &other->rows);
}

void ay_poison_encode(struct ay_poison *p, struct ay_buf *out)
{
	ay_drawn_encode(&p->rows, out);
}

int ay_poison_decode(struct ay_cursor *in, struct ay_budget *b, const struct ay_reference *like, struct ay_poison *out)
{
	return ay_drawn_decode(in, b, like, &out->rows);
}

void ay_poison_free(struct ay_poison *p)
{
	ay_drawn_free(&p->rows);
}

/* ---- counting ---- */

int ay_poison_counting_init(struct ay_poison_counting *k, struct ay_budget *b, const struct ay_reference *ref, struct ay_poison *sums)
{
	*k = (struct ay_poison_counting){.budget = b, .ref = ref, .sums = sums};
	int rc = ay_places_init(&k->places, b, ref);

	if (!rc && !(k->row = ay_budget_alloc(b, (ref->count + 1) * sizeof(*k->row))))
		rc = AY_ELIMIT;
	return rc;
}

int ay_poison_counting_row(struct ay_poison_counting *k, uint64_t row, const struct ay_cell *cells, const size_t *at, size_t columns)
{
	uint64_t order;

	if (!ay_drawn_next(&k->sums->rows, row, &order))
		return 0;
	for (size_t i = 0; i < k->ref->count; i++) {
		double number = at[i] < columns ? ay_profiled_number(&k->ref->columns[i], &cells[at[i]]) : NAN;

		k->row[i] = ay_place_of(&k->places, i, number);
	}
	ay_drawn_keep(&k->sums->rows, order, row, k->row);
	return 0;
}

void ay_poison_counting_free(struct ay_poison_counting *k)
{
	if (k->places.ref)
		ay_places_free(&k->places);
	ay_budget_free(k->budget, k->row);
}
