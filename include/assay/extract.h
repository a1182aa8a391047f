/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tensors out of a file of weights. The file is judged as by ay_scan_run, and scanners that understand its tensors also
 * say where each one lies. Nothing is executed: what only a call would make is left out and listed.
 */
#ifndef ASSAY_EXTRACT_H
#define ASSAY_EXTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "assay/attr.h"
#include "assay/limits.h"
#include "assay/scan.h"

/* Types that safetensors has and the formats read here too. The numbers go over the wire. */
enum ay_dtype {
	AY_DTYPE_NONE, AY_DTYPE_BOOL, AY_DTYPE_U8, AY_DTYPE_I8, AY_DTYPE_F8_E5M2, AY_DTYPE_F8_E4M3, AY_DTYPE_U16, AY_DTYPE_I16,
	AY_DTYPE_F16, AY_DTYPE_BF16, AY_DTYPE_U32, AY_DTYPE_I32, AY_DTYPE_F32, AY_DTYPE_U64, AY_DTYPE_I64, AY_DTYPE_F64, AY_DTYPE_COUNT
};
/* As safetensors spells it; NULL for NONE and for numbers that are none. */
const char *ay_dtype_name(unsigned dtype);
/* Bytes of an item, a power of two; 0 for NONE and for numbers that are none. */
unsigned ay_dtype_size(unsigned dtype);

/* One tensor, its bytes in row-major order, little-endian. */
struct ay_tensor {
	char *name;                  /* owned */
	uint8_t dtype, dims;
	bool expanded;               /* bytes lie in the second file, not in the input */
	uint64_t shape[AY_LIMIT_TENSOR_DIMS];
	uint64_t off, len;           /* bytes */
};
/* Something in the file that is no tensor. */
struct ay_left_out { char *name, *why; };

/* Zero-initialised but for fd and room. */
struct ay_extract {
	int fd;                      /* takes what does not lie in the input as it must be: strided, compressed, big-endian */
	uint64_t room;               /* bytes that may be written to it */
	uint64_t expanded;           /* bytes that were */
	uint64_t total;              /* bytes of all tensors */
	struct ay_tensor *tensors;
	size_t count, cap;
	struct ay_left_out *left;
	size_t left_count, left_cap;
	uint64_t left_total;         /* including those that were only counted */
	uint64_t refused_off;
	char refused[384];           /* why the file cannot be converted; "" when it can */
};
void ay_extract_free(struct ay_extract *x);
/* Bytes that the tensors of a file of this size may take in all. */
uint64_t ay_extract_most(uint64_t size);

/* 0 with *out and *x filled, or negative when even that failed. o's profiles are not used: what is refused is left out. */
AY_MUSTCHECK int ay_extract_run(struct ay_source *in, const struct ay_scan_options *o, struct ay_extract *x, struct ay_scan_result *out);

/* ---- for scanners ---- */

/* How a tensor lies in its storage; all in items. */
struct ay_layout {
	enum ay_dtype dtype;
	bool swap;                   /* items are big-endian */
	uint8_t dims;
	uint64_t shape[AY_LIMIT_TENSOR_DIMS], stride[AY_LIMIT_TENSOR_DIMS];
	uint64_t first;
};
/* Sets the strides of a row-major (or, reversed, a column-major) array. False when its items cannot be counted. */
bool ay_layout_dense(struct ay_layout *l, bool reversed);

/* Where tensors go, or NULL when the file is only judged. */
struct ay_extract *ay_scan_extract(struct ay_scan *s);
/* A tensor in storage. 0 also when it had to be refused; negative only to stop the scan. */
AY_MUSTCHECK int ay_extract_tensor(struct ay_scan *s, const char *name, const struct ay_layout *l, struct ay_source *storage);
void ay_extract_leave_out(struct ay_scan *s, const char *name, const char *fmt, ...) AY_PRINTF(3, 4);
/* The first reason is kept. */
void ay_extract_refuse(struct ay_scan *s, uint64_t off, const char *fmt, ...) AY_PRINTF(3, 4);

#endif
