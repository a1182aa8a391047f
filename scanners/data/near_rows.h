/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are nearly the same: in the same sixteenth of the reference's places in each column of numbers, and with the same values. */
#ifndef ASSAY_SCANNERS_NEAR_ROWS_H
#define ASSAY_SCANNERS_NEAR_ROWS_H

#include "scanners/data/drawn.h"

struct ay_near_rows {
	uint64_t rows;                   /* that were looked at, of the batch and of the reference each */
	double repeated, ref_repeated;   /* shares of them that are nearly the same as another one before */
	double noise;                    /* of the difference: standard error */
	uint64_t most;                   /* rows that are nearly the same as the one below */
	uint64_t row;                    /* 0: none */
	uint32_t file;
};
/* AY_ELIMIT. rows 0: the reference keeps no rows. */
AY_MUSTCHECK int ay_near_rows_judge(struct ay_reference *ref, const struct ay_drawn *rows, struct ay_budget *b, struct ay_near_rows *out);

#endif
