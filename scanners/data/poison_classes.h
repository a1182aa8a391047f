/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classes that are not what they were: labels in other shares, rows of one class that moved in one column, and values that came
 * up and nearly always carry one label, as a trigger does.
 */
#ifndef ASSAY_SCANNERS_POISON_CLASSES_H
#define ASSAY_SCANNERS_POISON_CLASSES_H

#include "scanners/data/drawn.h"

#define AY_CLASSES 64                /* more are no classes */
#define AY_CLASS_ROWS_MIN 50         /* of a class, drawn, on each side; smaller ones are not looked at */
#define AY_CLASS_PRIOR 0.03          /* V of the shares of labels */
#define AY_CLASS_DRIFT 0.15          /* V of one column within a class */
#define AY_CLASS_TRIGGER 0.002       /* share of drawn rows that a trigger added */
#define AY_CLASS_LISTED 8

enum ay_class_sign { AY_CLASS_SIGN_PRIOR, AY_CLASS_SIGN_DRIFT, AY_CLASS_SIGN_TRIGGER };

struct ay_class_found {
	enum ay_class_sign sign;
	size_t column;                   /* DRIFT, TRIGGER */
	uint16_t class, place;           /* places: of the label; TRIGGER: of the value */
	double effect, p;                /* TRIGGER: share of drawn rows that came with it, and how many standard errors that is */
	double pure, ref_pure;           /* TRIGGER: of what came, and of the reference's rows with the value, the share that has the class */
	uint64_t rows, ref_rows;
	uint64_t row;                    /* TRIGGER: one of them */
	uint32_t file;
};
struct ay_class_result {
	bool judged;                     /* false: the label has no classes, or too few rows are drawn */
	struct ay_class_found v[AY_CLASS_LISTED];
	size_t n, total;
};
/* counts: the batch's, of all rows. AY_ELIMIT. */
AY_MUSTCHECK int ay_classes_judge(struct ay_reference *ref, size_t label, const struct ay_reference *counts, const struct ay_drawn *rows,
				  double alpha, struct ay_budget *b, struct ay_class_result *out);

#endif
