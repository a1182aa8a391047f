/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of attack_tool share: data, batches drawn from it, and what is done to them. */
#ifndef ASSAY_TESTS_ATTACK_TOOL_H
#define ASSAY_TESTS_ATTACK_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/buf.h"

#define TARGET_LABEL 0               /* row of the data whose label the trigger carries */
#define IMAGE_SIDE 28

/* ---- attack_data.c ---- */

/* All rows of a table, or of a set of images whose only columns are the pixels and the label. */
struct data {
	bool images;
	char *header;                    /* of a table */
	size_t rows, columns;
	const char **cells;              /* rows * columns; of images: pixels, label */
	size_t label, number;            /* columns: the label, the first of numbers; SIZE_MAX: there is none */
	double mean, sigma;              /* of number */
	bool whole;                      /* number has no fraction */
};
/* FILE.csv:LABEL, or IMAGES:LABELS of the form idx. Ends the program when it cannot. */
void data_load(const char *spec, struct data *out);
/* Values and sigma of two tables are those of the first. */
void data_measure_as(struct data *d, const struct data *like);

void random_seed(uint64_t seed);
uint64_t random_below(uint64_t n);
double random_share(void);

/* Rows of data; cells are borrowed from it, or own where an attack wrote them. */
struct batch {
	const struct data *data;
	size_t rows, columns;
	const char **cells;
	char **own;                      /* of those cells */
	size_t owned;
};
struct batch batch_of(const struct data *d, const size_t *row, size_t n);
void batch_free(struct batch *b);
/* A cell of its own; size bytes at most. */
char *batch_own(struct batch *b, size_t row, size_t column, size_t size);
/* As a file: CSV, or a tar of PNG images with their labels (WebDataset). */
void batch_write(const struct batch *b, struct ay_buf *out);

/* ---- attack_kinds.c ---- */

struct attack {
	const char *name;
	void (*run)(struct batch *b);
	void (*ramp)(struct batch *b, double share);     /* a share of it; or NULL */
	bool tables, images, needs_label;
};
/* NULL: there is none of this name. */
const struct attack *attack_find(const char *name);
/* Cuts the last row of a file in its middle. */
bool attack_cuts(const struct attack *a);

#endif
