/* SPDX-License-Identifier: Apache-2.0 */
/* Checked arithmetic: true means that the result did not fit. */
#ifndef ASSAY_CKD_H
#define ASSAY_CKD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"

static inline AY_MUSTCHECK bool ay_ckd_add_u64(uint64_t a, uint64_t b, uint64_t *r) { return __builtin_add_overflow(a, b, r); }
static inline AY_MUSTCHECK bool ay_ckd_mul_u64(uint64_t a, uint64_t b, uint64_t *r) { return __builtin_mul_overflow(a, b, r); }
static inline AY_MUSTCHECK bool ay_ckd_add_size(size_t a, size_t b, size_t *r) { return __builtin_add_overflow(a, b, r); }
static inline AY_MUSTCHECK bool ay_ckd_mul_size(size_t a, size_t b, size_t *r) { return __builtin_mul_overflow(a, b, r); }
static inline AY_MUSTCHECK bool ay_ckd_add_i64(int64_t a, int64_t b, int64_t *r) { return __builtin_add_overflow(a, b, r); }
static inline AY_MUSTCHECK bool ay_ckd_mul_i64(int64_t a, int64_t b, int64_t *r) { return __builtin_mul_overflow(a, b, r); }

/* calloc with a checked product and a cap in bytes; NULL when over the cap or out of memory. Zeroed, freed with free(). */
void *ay_alloc_array(size_t n, size_t elem, size_t max_bytes) AY_MUSTCHECK;

#endif
