/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FlatBuffers: tables, vectors and strings at any place of a source, in
 * constant memory. Every offset, length and alignment is checked as its own
 * verifier does. The first failure sticks: later calls answer nothing, and
 * err and err_off say what happened where.
 */
#ifndef ASSAY_SCANNERS_FLATBUF_H
#define ASSAY_SCANNERS_FLATBUF_H

#include "assay/scan.h"

struct ay_flat_page;

struct ay_flat {
	struct ay_source *in;
	struct ay_budget *budget;
	struct ay_flat_page *pages;
	uint64_t visits;             /* tables and vectors opened: shared ones count each time */
	int err;
	uint64_t err_off;
	const char *why;
};

struct ay_flat_table {
	uint64_t at;                 /* 0: absent */
	uint64_t vtable;
	uint16_t vtable_size, size;
};

struct ay_flat_vector {
	uint64_t at;                 /* of the first element */
	uint32_t count;
};

/* Borrows in and budget. AY_ELIMIT when there is no memory left. */
AY_MUSTCHECK int ay_flat_open(struct ay_flat *f, struct ay_source *in, struct ay_budget *budget);
void ay_flat_close(struct ay_flat *f);
/* Also for the rules of a format: sticks like the errors of the reader. */
void ay_flat_fail(struct ay_flat *f, int err, uint64_t off, const char *why);

struct ay_flat_table ay_flat_root(struct ay_flat *f);
/* A number of 1, 2, 4 or 8 bytes at any place. */
uint64_t ay_flat_number(struct ay_flat *f, uint64_t at, unsigned size);
/* A scalar field of that many bytes, or otherwise. */
uint64_t ay_flat_scalar(struct ay_flat *f, const struct ay_flat_table *t, unsigned field, unsigned size, uint64_t otherwise);
/* Absent fields are a table at 0, a vector of none, and "". */
struct ay_flat_table ay_flat_sub(struct ay_flat *f, const struct ay_flat_table *t, unsigned field);
struct ay_flat_vector ay_flat_list(struct ay_flat *f, const struct ay_flat_table *t, unsigned field, unsigned elem_size);
/* Element i of a vector of tables. */
struct ay_flat_table ay_flat_at(struct ay_flat *f, const struct ay_flat_vector *v, uint32_t i);
/* A string, cut to size - 1; false when it was cut, has control characters, or is not there. */
bool ay_flat_text(struct ay_flat *f, const struct ay_flat_table *t, unsigned field, char *out, size_t size);

#endif
