/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays and images against the shape and element type that the schema asks for. */
#ifndef ASSAY_SCANNERS_SHAPE_H
#define ASSAY_SCANNERS_SHAPE_H

#include "assay/scan.h"

#define AY_SHAPE_DIMS 64

/* "x-shape" and "x-dtype" of a resource. */
struct ay_shape {
	uint64_t dims[AY_SHAPE_DIMS];
	bool any[AY_SHAPE_DIMS];         /* of a dimension: every size */
	unsigned dim_count;
	bool has_dims;
	uint32_t dtypes;                 /* bit per name; 0: any */
};

/* NumPy's name of an element type: its kind ('f', 'u' ...) and bytes; "void" for structures. */
const char *ay_shape_dtype(char kind, uint64_t size);
/* The bit of a name, or 0. */
uint32_t ay_shape_dtype_bit(const char *name);

/* The array or image at hand, when a schema is about it. dtype NULL: it has none, as an image. */
AY_MUSTCHECK int ay_shape_judge(struct ay_scan *s, const char *dtype, const uint64_t *dims, unsigned count);

#endif
