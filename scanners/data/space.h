/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows as points: numbers in standard deviations of the reference from its mean, values equal or not. What is judged of rows by
 * their neighbours measures distances here.
 */
#ifndef ASSAY_SCANNERS_SPACE_H
#define ASSAY_SCANNERS_SPACE_H

#include "scanners/data/drawn.h"

#define AY_SPACE_NUMBERS 64      /* dimensions of numbers; more columns are projected at random */
#define AY_SPACE_VALUES 64       /* columns of values; of more, the first ones */
#define AY_SPACE_BLOCK 256       /* rows that are measured at once */
#define AY_SPACE_TILE 16         /* of them, rows that are told of together */

struct ay_space {
	struct ay_budget *budget;
	const struct ay_reference *ref;  /* borrowed */
	size_t numbers;              /* columns of numbers that are looked at */
	size_t dims, values;         /* a point: dims numbers, then values places */
	uint16_t *columns;           /* the columns of numbers, then those of values */
	float **scaled;              /* of each column of numbers: what each place stands for */
};
/* Leaves out one column: the label. AY_ELIMIT. */
AY_MUSTCHECK int ay_space_init(struct ay_space *s, struct ay_budget *b, const struct ay_reference *ref, size_t without);
/* The point of a row: s->dims + s->values numbers. */
void ay_space_point(const struct ay_space *s, const uint16_t *places, float *out);
/* The numbers of a row without any projection: s->numbers of them. */
void ay_space_numbers(const struct ay_space *s, const uint16_t *places, float *out);
void ay_space_free(struct ay_space *s);

/* Points, laid out for measuring. */
struct ay_points {
	struct ay_budget *budget;
	const struct ay_space *space;
	size_t n;
	float *v;                    /* blocks of AY_SPACE_BLOCK: all first numbers, all second ones ... */
};
/* Room for cap points. */
AY_MUSTCHECK int ay_points_init(struct ay_points *p, const struct ay_space *s, size_t cap);
void ay_points_add(struct ay_points *p, const float *point);
/*
 * Squared distances of the block's rows from a point; of those that are not below the limit perhaps only a part that is not below it
 * either. A bit for each tile of the block that has any below; rows beyond the last point lie at zero.
 */
uint32_t ay_points_measure(const struct ay_points *p, size_t block, const float *point, float limit, float out[AY_SPACE_BLOCK]);
void ay_points_get(const struct ay_points *p, size_t i, float *point);
void ay_points_free(struct ay_points *p);

#endif
